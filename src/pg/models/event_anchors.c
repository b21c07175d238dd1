/*
 * event_anchors.c - the moments at which users are looked at; see events.h
 *
 * The server reckons with times and intervals, in the type of the events' column, so that months are months.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "base/params.h"
#include "pg/io/query.h"
#include "pg/models/events.h"

#define DEFAULT_ANCHORS 6
#define MOST_ANCHORS    200

/* How times are written in statements: those without a zone are added to without one. */
static const char *
type_name(const UpEvents *e)
{
	return e->time_type == TIMESTAMPTZOID ? "timestamptz" : "timestamp";
}

static TimestampTz
time_field(const UpRows *r, uint64 row, const char *column)
{
	bool isnull;
	Datum value = up_rows_get(r, row, column, &isnull);

	return isnull ? DT_NOBEGIN : DatumGetTimestampTz(value);
}

/* Whether the source is another one at each anchor: then it has no first and last event. */
static bool
moves(const UpEvents *e)
{
	return strcmp(up_anchored(e->events, 0), e->events) != 0;
}

/* What is later than now is planned, or a slip of the pen: no horizon reaches there. */
static void
find_ends(const UpEvents *e, UpAnchors *a)
{
	UpRows r = up_query_in_path(psprintf("SELECT pg_catalog.min(e.%s)::pg_catalog.timestamptz AS first, "
										 "pg_catalog.max(e.%s)::pg_catalog.timestamptz AS last FROM (%s) AS e "
										 "WHERE e.%s <= pg_catalog.now()%s",
										 e->time, e->time, e->events, e->time,
										 e->time_type == TIMESTAMPTZOID ? "" : "::pg_catalog.timestamp"));

	a->first_event = time_field(&r, 0, "first");
	a->last_event = time_field(&r, 0, "last");
	if (TIMESTAMP_IS_NOBEGIN(a->last_event))
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("there are no events up to now")));
	if (TIMESTAMP_NOT_FINITE(a->first_event) || TIMESTAMP_NOT_FINITE(a->last_event))
		ereport(ERROR,
				(errcode(ERRCODE_DATA_EXCEPTION), errmsg("event_time column %s has infinite times", e->time)));
}

static void
add_anchor(UpAnchors *a, TimestampTz t)
{
	if (a->n == MOST_ANCHORS)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("there are more than %d anchors", MOST_ANCHORS)));
	a->at[a->n++] = t;
}

static int
compare_times(const void *a, const void *b)
{
	TimestampTz x = *(const TimestampTz *) a, y = *(const TimestampTz *) b;

	return x < y ? -1 : x > y;
}

static void
sort_anchors(UpAnchors *a)
{
	int kept = 0;

	qsort(a->at, (size_t) a->n, sizeof(TimestampTz), compare_times);
	for (int i = 0; i < a->n; i++)
	{
		if (kept == 0 || a->at[kept - 1] != a->at[i])
			a->at[kept++] = a->at[i];
	}
	a->n = kept;
}

static void
take_list(const UpEvents *e, UpAnchors *a, const UpValue *given)
{
	for (uint32_t i = 0; i < given->n; i++)
	{
		const UpValue *v = given->items[i];
		Oid type = TEXTOID;
		Datum text;
		UpRows r;

		if (v->type != UP_STRING)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("an anchor must be a time as text, not %s", up_value_type_name(v))));
		text = CStringGetTextDatum(v->string);
		r = up_query(true, psprintf("SELECT $1::%s::timestamptz AS at", type_name(e)), 1, &type, &text, NULL);
		add_anchor(a, time_field(&r, 0, "at"));
	}
}

typedef struct AnchorParams
{
	int64_t last;
	UpValue *every;
	UpValue *until;
} AnchorParams;

#define UP_PARAMS_OF AnchorParams
static const UpParam anchor_params[] = {
	UP_INT_PARAM("last", last, "6", 1, MOST_ANCHORS, "how many"),
	UP_TREE_PARAM("every", every, "null", "an interval", "between them; the horizon"),
	UP_TREE_PARAM("until", until, "null", "a time", "the last; a horizon before the last event"),
};

static const char *
text_param(const UpValue *v, const char *name)
{
	if (v == NULL)
		return NULL;
	if (v->type != UP_STRING)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("parameter \"%s\" of anchors must be text, not %s", name, up_value_type_name(v))));
	return v->string;
}

/* Those after the first event; by default they begin at midnight, where days are what is asked for. */
static void
take_steps(const UpEvents *e, UpAnchors *a, const UpValue *given)
{
	UpParamTable table = {anchor_params, UP_LENGTH(anchor_params)};
	Oid types[] = {INT8OID, TEXTOID, TEXTOID, TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID};
	Datum values[lengthof(types)];
	char nulls[] = "      ";
	const char *every, *until, *type = type_name(e);
	AnchorParams p;
	UpRows r;
	bool isnull;

	up_params_parse(&table, NULL, 0, given, "anchors", &p);
	every = text_param(p.every, "every");
	until = text_param(p.until, "until");
	values[0] = Int64GetDatum(p.last);
	values[1] = CStringGetTextDatum(every != NULL ? every : e->texts.horizon);
	values[2] = until != NULL ? CStringGetTextDatum(until) : (Datum) 0;
	nulls[2] = until != NULL ? ' ' : 'n';
	values[3] = CStringGetTextDatum(e->texts.horizon);
	values[4] = TimestampTzGetDatum(a->last_event);
	values[5] = TimestampTzGetDatum(a->first_event);
	r = up_query(
		true,
		psprintf("SELECT (coalesce($2, '') <> '' AND timestamp '2000-01-01' + $2::interval > timestamp "
				 "'2000-01-01') AS positive, "
				 "(until - i * $2::interval)::timestamptz AS at FROM (SELECT coalesce($3::%s, CASE WHEN "
				 "$4::interval >= "
				 "interval '1 day' THEN date_trunc('day', $5::%s - $4::interval) ELSE $5::%s - $4::interval "
				 "END) AS until) u, "
				 "generate_series($1 - 1, 0, -1) i WHERE (until - i * $2::interval)::timestamptz > $6 OR i = 0",
				 type, type, type),
		lengthof(types), types, values, nulls);
	if (!DatumGetBool(up_rows_get(&r, 0, "positive", &isnull)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"every\" of anchors must be longer than nothing")));
	for (uint64 i = 0; i < r.n; i++)
		add_anchor(a, time_field(&r, i, "at"));
}

static TimestampTz
end_of_horizon(const UpEvents *e, TimestampTz at)
{
	Oid types[] = {TIMESTAMPTZOID, TEXTOID};
	Datum values[] = {TimestampTzGetDatum(at), CStringGetTextDatum(e->texts.horizon)};
	UpRows r = up_query(true, psprintf("SELECT ($1::%s + $2::interval)::timestamptz AS end", type_name(e)),
						lengthof(types), types, values, NULL);

	return time_field(&r, 0, "end");
}

/* What a label says is not known before its horizon is over. */
static void
check_anchors(const UpEvents *e, const UpAnchors *a)
{
	TimestampTz end;

	if (a->n == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("there are no anchors")));
	if (a->at[0] <= a->first_event && e->texts.since == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("no event comes before the anchor %s", up_anchor_text(a->at[0])),
				 errdetail("The first one is of %s, the last one of %s, and the horizon is %s.",
						   up_anchor_text(a->first_event), up_anchor_text(a->last_event), e->texts.horizon),
				 errhint("Choose later anchors, or a shorter horizon.")));
	end = end_of_horizon(e, a->at[a->n - 1]);
	if (end > GetCurrentTransactionStartTimestamp())
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the horizon of the anchor %s is not over yet", up_anchor_text(a->at[a->n - 1])),
						errdetail("It ends %s.", up_anchor_text(end)),
						errhint("Choose earlier anchors, or a shorter horizon.")));
	/* A day, since many events bear but a date. */
	if (!TIMESTAMP_IS_NOEND(a->last_event) && end > a->last_event + USECS_PER_DAY)
		ereport(WARNING,
				(errcode(ERRCODE_WARNING),
				 errmsg("the last event is of %s, and the horizon of the anchor %s ends %s",
						up_anchor_text(a->last_event), up_anchor_text(a->at[a->n - 1]), up_anchor_text(end)),
				 errhint("If events are missing there, its labels are wrong: choose earlier anchors.")));
}

UpAnchors *
up_anchors(const UpEvents *e, const UpValue *given)
{
	UpAnchors *a = palloc0(sizeof(UpAnchors));

	a->at = palloc(sizeof(TimestampTz) * MOST_ANCHORS);
	if (moves(e) && (given == NULL || given->type != UP_ARRAY))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("anchors must be a list of times where the events depend on uprofile_anchor()")));
	a->first_event = DT_NOBEGIN;
	a->last_event = DT_NOEND;
	if (!moves(e))
		find_ends(e, a);
	if (given != NULL && given->type == UP_ARRAY)
		take_list(e, a, given);
	else if (given == NULL || given->type == UP_OBJECT)
		take_steps(e, a, given);
	else
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("anchors must be a JSON array of times, or an object, not %s",
							   up_value_type_name(given)),
						errhint("For example '[\"2026-01-01\", \"2026-02-01\"]', or '{\"last\": 6, \"every\": "
								"\"30 days\"}'.")));
	sort_anchors(a);
	check_anchors(e, a);
	return a;
}

int
up_anchor_known_at(const UpEvents *e, const UpAnchors *a, int at)
{
	int found = -1;

	for (int i = 0; i < at && end_of_horizon(e, a->at[i]) <= a->at[at]; i++)
		found = i;
	return found;
}
