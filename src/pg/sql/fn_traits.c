/*
 * fn_traits.c - uprofile_sessions and uprofile_rfm_score over a source: visits by number, users by quintiles
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "base/value.h"
#include "pg/io/query.h"
#include "pg/io/rows.h"
#include "pg/io/source_query.h"
#include "pg/io/srf.h"
#include "pg/io/value_pg.h"
#include "pg/models/registry.h"
#include "pg/sql/arguments.h"
#include "pg/sql/bounds.h"

#include <math.h>

/* Fails, naming the column, where the source has none of this name. */
static void
check_columns(const char *query, const char *const *columns, const char *const *arguments, int n)
{
	UpRowReader *reader = up_row_reader_new(up_query_columns(query));

	for (int i = 0; i < n; i++)
	{
		if (columns[i] != NULL)
			up_row_reader_find(reader, columns[i], arguments[i]);
	}
}

/* ---- visits ------------------------------------------------------------------------------------------------------ */

typedef struct Visits
{
	UpSrf *srf;
	Datum gap;
	text *user; /* whose visit it is; NULL: nobody's yet */
	int64 number, events;
	TimestampTz begin, end;
} Visits;

static void
tell_visit(Visits *v)
{
	Datum values[] = {PointerGetDatum(v->user), Int64GetDatum(v->number), TimestampTzGetDatum(v->begin),
					  TimestampTzGetDatum(v->end), Int64GetDatum(v->events)};
	bool nulls[lengthof(values)] = {false};

	if (v->user != NULL)
		up_srf_row(v->srf, values, nulls);
}

static bool
is_pause(const Visits *v, TimestampTz at)
{
	Datum pause;
	int64 span;
	bool is;

	/* Longer than an interval can say. */
	if (pg_sub_s64_overflow(at, v->end, &span))
		return true;
	pause = DirectFunctionCall2(timestamp_mi, TimestampTzGetDatum(at), TimestampTzGetDatum(v->end));
	is = DatumGetBool(DirectFunctionCall2(interval_gt, pause, v->gap));
	pfree(DatumGetPointer(pause));
	return is;
}

static void
take_event(void *arg, TupleTableSlot *slot)
{
	Visits *v = arg;
	text *user;
	TimestampTz at;
	bool same;

	slot_getallattrs(slot);
	user = DatumGetTextPP(slot->tts_values[0]);
	at = DatumGetTimestampTz(slot->tts_values[1]);
	if (TIMESTAMP_NOT_FINITE(at))
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("event_time is %s", TIMESTAMP_IS_NOBEGIN(at) ? "-infinity" : "infinity"),
						errhint("Leave such rows out of the source.")));
	same = v->user != NULL && VARSIZE_ANY_EXHDR(user) == VARSIZE_ANY_EXHDR(v->user) &&
		   memcmp(VARDATA_ANY(user), VARDATA_ANY(v->user), VARSIZE_ANY_EXHDR(user)) == 0;
	if (same && !is_pause(v, at))
	{
		v->end = at;
		v->events++;
		return;
	}
	tell_visit(v);
	if (!same)
	{
		if (v->user != NULL)
			pfree(v->user);
		v->user = DatumGetTextPCopy(slot->tts_values[0]);
		v->number = 0;
	}
	v->number++;
	v->begin = v->end = at;
	v->events = 1;
}

PG_FUNCTION_INFO_V1(uprofile_sessions_of_source);
Datum
uprofile_sessions_of_source(PG_FUNCTION_ARGS)
{
	Visits v = {up_srf_begin_work(fcinfo)};
	const char *query = up_source_query(up_text_argument(fcinfo, 0, "source"));
	const char *columns[] = {up_text_argument(fcinfo, 1, "key"), up_text_argument(fcinfo, 2, "event_time")};
	const char *const arguments[] = {"key", "event_time"};
	const Interval *gap = up_interval_argument(fcinfo, 3);
	Interval zero = {0};

	if (gap == NULL ||
		!DatumGetBool(DirectFunctionCall2(interval_gt, IntervalPGetDatum(gap), IntervalPGetDatum(&zero))))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						gap == NULL ? errmsg("gap must not be NULL") : errmsg("gap must be above 0")));
	v.gap = IntervalPGetDatum(gap);
	check_columns(query, columns, arguments, lengthof(columns));
	up_query_stream(
		psprintf("SELECT s.%1$s::pg_catalog.text, s.%2$s::pg_catalog.timestamptz FROM (%3$s) AS s WHERE s.%1$s "
				 "IS NOT "
				 "NULL AND s.%2$s IS NOT NULL ORDER BY s.%1$s::pg_catalog.text COLLATE pg_catalog.\"C\", "
				 "s.%2$s::pg_catalog.timestamptz",
				 quote_identifier(columns[0]), quote_identifier(columns[1]), query),
		0, NULL, NULL, NULL, NULL, take_event, &v);
	tell_visit(&v);
	return up_srf_end_work(v.srf);
}

/* ---- names of scores --------------------------------------------------------------------------------------------- */

typedef struct ScoreName
{
	const char *name;
	int least[3], most[3]; /* of recency, frequency, monetary */
} ScoreName;

typedef struct ScoreNames
{
	int n;
	const ScoreName *names;
} ScoreNames;

/* By recency and frequency, as the ten segments are told in marketing (Putler's grid); the first that fits. */
static const ScoreName usual_names[] = {
	{"champions", {5, 4, 1}, {5, 5, 5}},       {"loyal", {3, 4, 1}, {4, 5, 5}},
	{"potential loyal", {4, 2, 1}, {5, 3, 5}}, {"new", {5, 1, 1}, {5, 1, 5}},
	{"promising", {4, 1, 1}, {4, 1, 5}},       {"need attention", {3, 3, 1}, {3, 3, 5}},
	{"about to sleep", {3, 1, 1}, {3, 2, 5}},  {"cannot lose", {1, 5, 1}, {2, 5, 5}},
	{"at risk", {1, 3, 1}, {2, 4, 5}},         {"hibernating", {1, 1, 1}, {2, 2, 5}},
};

static const char *const parts[] = {"r", "f", "m"};

static void refuse_rule(const UpValue *rule) UP_NORETURN;

static void
refuse_rule(const UpValue *rule)
{
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("a rule for names of scores cannot be used: %s", up_value_text(rule)),
					errhint("For example {\"name\": \"vip\", \"r\": 5, \"f\": [4, 5]}; scores are 1 to 5.")));
}

static int
score_of(const UpValue *v, const UpValue *rule)
{
	if (v == NULL || v->type != UP_NUMBER || !(v->number >= 1 && v->number <= 5) ||
		floor(v->number) != v->number)
		refuse_rule(rule);
	return (int) v->number;
}

static void
read_rule(const UpValue *rule, ScoreName *s)
{
	const UpValue *name = rule->type == UP_OBJECT ? up_value_get(rule, "name") : NULL;

	if (name == NULL || name->type != UP_STRING)
		refuse_rule(rule);
	s->name = name->string;
	for (uint32 i = 0; i < rule->n; i++)
	{
		if (strcmp(rule->keys[i], "name") != 0 && strcmp(rule->keys[i], "r") != 0 &&
			strcmp(rule->keys[i], "f") != 0 && strcmp(rule->keys[i], "m") != 0)
			refuse_rule(rule);
	}
	for (int i = 0; i < 3; i++)
	{
		const UpValue *v = up_value_get(rule, parts[i]);

		s->least[i] = 1;
		s->most[i] = 5;
		if (v == NULL || v->type == UP_NULL)
			continue;
		if (v->type == UP_ARRAY && v->n != 2)
			refuse_rule(rule);
		s->least[i] = score_of(v->type == UP_ARRAY ? v->items[0] : v, rule);
		s->most[i] = score_of(v->type == UP_ARRAY ? v->items[1] : v, rule);
		if (s->least[i] > s->most[i])
			refuse_rule(rule);
	}
}

typedef struct RuleRows
{
	UpValue *rules;
} RuleRows;

static void
take_rule(void *arg, TupleTableSlot *slot)
{
	slot_getallattrs(slot);
	up_value_append(((RuleRows *) arg)->rules, up_value_from_jsonb(DatumGetJsonbP(slot->tts_values[0])));
}

/* An array of rules, or a source with a rule a row; NULL: the usual ones. */
static ScoreNames
read_names(const UpValue *given)
{
	ScoreNames names = {lengthof(usual_names), usual_names};
	ScoreName *made;
	RuleRows rows = {NULL};

	if (given == NULL || given->type == UP_NULL)
		return names;
	if (given->type == UP_STRING)
	{
		rows.rules = up_value_array();
		up_query_stream(
			psprintf("SELECT pg_catalog.to_jsonb(s.*) FROM (%s) AS s", up_source_query(given->string)), 0, NULL,
			NULL, NULL, NULL, take_rule, &rows);
		given = rows.rules;
	}
	if (given->type != UP_ARRAY)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("names must be an array of rules, or a source, not %s", up_value_type_name(given)),
			 errhint("For example [{\"name\": \"vip\", \"r\": 5, \"f\": [4, 5]}, {\"name\": \"others\"}].")));
	names.n = (int) given->n;
	names.names = made = palloc0(sizeof(ScoreName) * Max(given->n, 1));
	for (uint32 i = 0; i < given->n; i++)
		read_rule(given->items[i], &made[i]);
	return names;
}

static const char *
name_of(const ScoreNames *names, const int *scores)
{
	for (int i = 0; i < names->n; i++)
	{
		const ScoreName *s = &names->names[i];
		bool fits = true;

		for (int j = 0; j < 3; j++)
			fits &= s->least[j] <= scores[j] && scores[j] <= s->most[j];
		if (fits)
			return s->name;
	}
	return NULL;
}

/* ---- scores ------------------------------------------------------------------------------------------------------ */

typedef struct Scores
{
	UpSrf *srf;
	const char *key;
	ScoreNames names;
} Scores;

static void
check_one(const Scores *s, Datum user, int64 n_rows)
{
	if (n_rows > 1)
		ereport(ERROR,
				(errcode(ERRCODE_CARDINALITY_VIOLATION),
				 errmsg("%lld rows of the source have the same \"%s\", which is the key: %s",
						(long long) n_rows, s->key, TextDatumGetCString(user)),
				 errhint("Recency, frequency and monetary are those of a row a user; rows that are events "
						 "are scored by event_time and amount.")));
}

static void
take_user(void *arg, TupleTableSlot *slot)
{
	static const char *const columns[] = {"recency", "frequency", "monetary"};
	const Scores *s = arg;
	Datum values[9];
	bool nulls[9] = {false};
	int scores[3];
	const char *name;

	slot_getallattrs(slot);
	check_one(s, slot->tts_values[0], DatumGetInt64(slot->tts_values[8]));
	for (int i = 0; i < 4; i++)
		values[i] = slot->tts_values[i];
	for (int i = 0; i < 3; i++)
	{
		double v = DatumGetFloat8(values[1 + i]);

		if (!isfinite(v))
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("%s is %s", columns[i],
								   isnan(v) ? "NaN"
								   : v > 0  ? "Infinity"
											: "-Infinity"),
							errhint("Leave such rows out of the source.")));
		scores[i] = 1 + (int) (5 * DatumGetInt64(slot->tts_values[4 + i]) / DatumGetInt64(slot->tts_values[7]));
		values[4 + i] = Int32GetDatum(scores[i]);
	}
	values[7] = Int32GetDatum(100 * scores[0] + 10 * scores[1] + scores[2]);
	name = name_of(&s->names, scores);
	nulls[8] = name == NULL;
	values[8] = nulls[8] ? (Datum) 0 : CStringGetTextDatum(name);
	up_srf_row(s->srf, values, nulls);
}

/* Recency, frequency and monetary by user, and of how many rows: from events, or as the source has them. */
static char *
query_of_users(const char *schema, const char *query, const char *key, const char *const *columns)
{
	char *k = psprintf("s.%s", quote_identifier(key));

	if (columns[0] != NULL)
		return psprintf(
			"SELECT k::pg_catalog.text AS k, (t).recency_days AS r, (t).frequency::pg_catalog.float8 AS f, "
			"(t).monetary AS m, 1::pg_catalog.int8 AS alike FROM (SELECT %s AS k, "
			"%s.uprofile_rfm(s.%s::pg_catalog.timestamptz, "
			"s.%s::pg_catalog.float8, $1) AS t FROM (%s) AS s WHERE %s IS NOT NULL GROUP BY %s OFFSET 0) AS u "
			"WHERE (t).frequency IS NOT NULL",
			k, schema, quote_identifier(columns[0]), quote_identifier(columns[1]), query, k, k);
	return psprintf("SELECT k, r, f, m, pg_catalog.count(*) OVER (PARTITION BY k COLLATE pg_catalog.\"C\") AS "
					"alike FROM (SELECT %s::pg_catalog.text AS k, s.%s::pg_catalog.float8 AS r, "
					"s.%s::pg_catalog.float8 AS f, s.%s::pg_catalog.float8 AS m FROM (%s) AS s) AS u WHERE k "
					"IS NOT NULL AND "
					"r IS NOT NULL AND f IS NOT NULL AND m IS NOT NULL",
					k, quote_identifier(columns[2]), quote_identifier(columns[3]), quote_identifier(columns[4]),
					query);
}

/* Params without the names, for the aggregate. */
static UpValue *
without_names(const UpValue *params)
{
	UpValue *rest = up_value_object();

	for (uint32 i = 0; params != NULL && i < params->n; i++)
	{
		if (strcmp(params->keys[i], "names") != 0)
			up_value_add(rest, params->keys[i], params->items[i]);
	}
	return rest;
}

/* event_time and amount, or the other three. */
static void
check_given(const char *const *columns, const UpValue *rest)
{
	bool events = columns[0] != NULL && columns[1] != NULL && columns[2] == NULL && columns[3] == NULL &&
				  columns[4] == NULL;
	bool figures = columns[0] == NULL && columns[1] == NULL && columns[2] != NULL && columns[3] != NULL &&
				   columns[4] != NULL;

	if (!events && !figures)
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("scores are made from event_time and amount, or from recency, frequency and monetary"),
			 errhint(
				 "Name the two columns of a source of events, or the three of a source with a row a user.")));
	if (figures && rest->n > 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("parameter \"%s\" goes with event_time and amount", rest->keys[0])));
}

PG_FUNCTION_INFO_V1(uprofile_rfm_score);
Datum
uprofile_rfm_score(PG_FUNCTION_ARGS)
{
	static const char *const arguments[] = {"key", "event_time", "amount", "recency", "frequency", "monetary"};
	Scores s = {up_srf_begin_work(fcinfo), NULL, {0, NULL}};
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	const char *query = up_source_query(up_text_argument(fcinfo, 0, "source"));
	UpValue *params = PG_ARGISNULL(7) ? NULL : up_value_from_jsonb(PG_GETARG_JSONB_P(7)), *rest;
	const char *columns[6];
	Oid types[] = {JSONBOID};
	Datum values[1];

	s.key = columns[0] = up_text_argument(fcinfo, 1, "key");
	for (int i = 1; i < 6; i++)
		columns[i] = up_text_argument(fcinfo, i + 1, NULL);
	if (params != NULL && params->type != UP_OBJECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("params must be an object, not %s", up_value_type_name(params))));
	rest = without_names(params);
	check_given(columns + 1, rest);
	check_columns(query, columns, arguments, lengthof(columns));
	s.names = read_names(params != NULL ? up_value_get(params, "names") : NULL);
	values[0] = JsonbPGetDatum(up_value_to_jsonb(rest));
	up_query_stream(
		psprintf("SELECT k, r, f, m, below_r, below_f, below_m, n, alike FROM (SELECT k, r, f, m, alike, "
				 "pg_catalog.rank() OVER (ORDER BY r "
				 "DESC) - 1 AS below_r, pg_catalog.rank() OVER (ORDER BY f) - 1 AS below_f, "
				 "pg_catalog.rank() OVER (ORDER BY "
				 "m) - 1 AS below_m, pg_catalog.count(*) OVER () AS n FROM (%s) AS users) AS "
				 "ranked ORDER BY 5 * below_r / n "
				 "DESC, 5 * below_f / n DESC, 5 * below_m / n DESC, k COLLATE pg_catalog.\"C\"",
				 query_of_users(schema, query, columns[0], columns + 1)),
		columns[1] != NULL ? 1 : 0, types, values, NULL, NULL, take_user, &s);
	return up_srf_end_work(s.srf);
}
