/*
 * profile_prune.c - uprofile_prune: what is old is deleted: runs, history, failures, events
 *
 * Each profile is locked as by a refresh, in the order of names, so that sessions that prune wait for each other instead of
 * meeting crosswise. What is deleted goes some thousand rows at a time, and can be cancelled.
 */
#include "postgres.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

#include "pg/clean/clean_write.h"
#include "pg/io/as_role.h"
#include "pg/io/query.h"
#include "pg/io/srf.h"
#include "pg/models/registry.h"
#include "pg/models/registry_guard.h"
#include "pg/io/caught.h"
#include "pg/profiles/event_table.h"
#include "pg/profiles/history.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/profile.h"

#define AT_A_TIME "10000" /* rows that one statement deletes */

/* How old each may become, as SQL has intervals; NULL: for ever, or of the history as the policy says. */
typedef struct Ages
{
	char *runs;
	char *history;
	char *failures;
} Ages;

/*
 * What stays: the last run; those that succeeded since one left nothing on the queue, which max_deleted counts over; and those with the
 * last step, the last attempt and the last version of a model, which decide on its next training.
 */
static const char *const prune_runs =
	"WITH steps AS (SELECT max(run) AS last, max(run) FILTER (WHERE attempted) AS tried, max(run) FILTER "
	"(WHERE "
	"version IS NOT NULL) AS trained FROM %s.uprofile_refresh_steps WHERE profile = $1 GROUP BY model), kept "
	"AS "
	"(SELECT max(id) AS id FROM %s.uprofile_refresh_log WHERE profile = $1 UNION SELECT unnest(ARRAY[last, "
	"tried, "
	"trained]) FROM steps), since AS (SELECT coalesce(max(id), 0) AS id FROM %s.uprofile_refresh_log WHERE "
	"profile = $1 AND status = 'succeeded' AND remaining = 0), old AS (SELECT l.id FROM "
	"%s.uprofile_refresh_log "
	"l, since WHERE l.profile = $1 AND l.finished_at < now() - $2::interval AND NOT (l.status = 'succeeded' "
	"AND "
	"l.id >= since.id) AND NOT EXISTS (SELECT FROM kept WHERE kept.id = l.id) ORDER BY l.id LIMIT " AT_A_TIME
	") DELETE FROM %s.uprofile_refresh_log l USING old WHERE l.id = old.id";

static int64
prune_old_runs(const UpProfile *p, const char *age)
{
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(p->name), CStringGetTextDatum(age)};
	int64 deleted = 0;
	uint64 n;

	do
	{
		CHECK_FOR_INTERRUPTS();
		n = up_query(false, psprintf(prune_runs, p->schema, p->schema, p->schema, p->schema, p->schema), 2,
					 types, values, NULL)
				.processed;
		deleted += (int64) n;
	} while (n > 0);
	return deleted;
}

/* ---- failures ---------------------------------------------------------------------------------------------------- */

/* The text by which failures name a user of a row; see up_key_stored. */
static char *
key_as_text(const UpProfile *p)
{
	char *list = up_keys_list(&p->key_parts, "uprofile_row");

	return psprintf(p->key_parts.n == 1 ? "pg_catalog.format('%%s', %s)" : "pg_catalog.format('%%s', ROW(%s))",
					list);
}

/* Those of the users that the source still has. */
typedef struct Asking
{
	UpProfile *p;
	Datum users;
	ArrayType *there;
} Asking;

static void
ask_for_users(void *of)
{
	Asking *asking = of;
	UpProfile *p = asking->p;
	char *array = DatumGetCString(OidFunctionCall1(F_ARRAY_OUT, asking->users));
	int level = up_clean_text_settings();
	char *key;
	Datum *texts;
	UpRows r;

	up_profile_resolve(p, p->definitions);
	key = key_as_text(p);
	r = up_query_in_path(
		psprintf("SELECT DISTINCT %s AS k FROM (%s) uprofile_row WHERE %s OPERATOR(pg_catalog.=) ANY "
				 "(%s::pg_catalog.text[])",
				 key, p->query, key, quote_literal_cstr(array)));
	AtEOXact_GUC(true, level);
	texts = palloc(sizeof(Datum) * (Size) Max(r.n, 1));
	for (uint64 i = 0; i < r.n; i++)
	{
		bool isnull;

		texts[i] = up_rows_get(&r, i, "k", &isnull);
	}
	asking->there = construct_array(texts, (int) r.n, TEXTOID, -1, false, TYPALIGN_INT);
}

/* Of users whom the source has no more. One that cannot be read tells nothing of them. */
static int64
prune_old_failures(UpProfile *p, const char *age)
{
	Oid types[] = {TEXTOID, TEXTOID, TEXTARRAYOID, TEXTARRAYOID};
	Datum values[4] = {CStringGetTextDatum(p->name), CStringGetTextDatum(age)};
	UpRows r = up_query(false,
						psprintf("SELECT array_agg(user_key) AS users FROM %s.uprofile_refresh_failures WHERE "
								 "profile = $1 AND since < now() - $2::interval",
								 p->schema),
						2, types, values, NULL);
	Asking asking = {p};
	ErrorData *e;
	bool isnull;

	values[2] = up_rows_get(&r, 0, "users", &isnull);
	if (isnull)
		return 0;
	asking.users = values[2];
	e = up_attempt(ask_for_users, &asking);
	if (e != NULL)
	{
		ereport(WARNING, (errcode(ERRCODE_WARNING),
						  errmsg("the failures of profile \"%s\" stay: its source cannot be read: %s", p->name,
								 e->message)));
		return 0;
	}
	values[3] = PointerGetDatum(asking.there);
	return (int64) up_query(false,
							psprintf("DELETE FROM %s.uprofile_refresh_failures WHERE profile = $1 AND since < "
									 "now() - $2::interval AND user_key = ANY ($3) AND user_key <> ALL ($4)",
									 p->schema),
							4, types, values, NULL)
		.processed;
}

/* ---- all --------------------------------------------------------------------------------------------------------- */

static void
tell(UpSrf *srf, const char *what, const char *name, int64 deleted)
{
	Datum values[] = {CStringGetTextDatum(what), CStringGetTextDatum(name), Int64GetDatum(deleted)};
	bool nulls[lengthof(values)] = {false};

	if (deleted > 0)
		up_srf_row(srf, values, nulls);
}

typedef struct Pruned
{
	int64 runs, history, failures;
} Pruned;

static void
prune(UpProfile *p, const Ages *ages, Pruned *n)
{
	const char *history = ages->history != NULL ? ages->history : p->policy->history;
	UpAsRole before;

	up_as_role_begin(&before, up_profile_owner(p), p->source_path);
	if (ages->runs != NULL)
		n->runs = prune_old_runs(p, ages->runs);
	if (history != NULL)
		n->history = up_history_prune(p, quote_literal_cstr(history), 0);
	if (ages->failures != NULL)
		n->failures = prune_old_failures(p, ages->failures);
	up_as_role_end(&before);
}

static void
tell_pruned(UpSrf *srf, const char *name, const Pruned *n)
{
	tell(srf, "runs", name, n->runs);
	tell(srf, "history", name, n->history);
	tell(srf, "failures", name, n->failures);
}

/* Where all are pruned: one that cannot be, a policy that cannot be read say, holds up no other. False: a warning told why. */
static bool
apart(UpWork work, void *of, const char *what, const char *call)
{
	ErrorData *e = up_attempt(work, of);

	if (e != NULL)
		ereport(WARNING, (errcode(e->sqlerrcode), errmsg("%s is not pruned: %s", what, e->message),
						  call == NULL ? 0 : errhint("%s shows the whole error.", call)));
	return e == NULL;
}

typedef struct OneProfile
{
	const char *schema, *name;
	const Ages *ages;
	Pruned n;
} OneProfile;

static void
prune_one(void *of)
{
	OneProfile *one = of;
	UpProfile *p = up_profile_load(one->schema, one->name, true);

	if (OidIsValid(p->owner))
		prune(p, one->ages, &one->n);
}

typedef struct OneTable
{
	const char *name;
	Oid function;
	int64 deleted;
} OneTable;

static void
prune_table(void *of)
{
	OneTable *one = of;

	one->deleted = up_event_table_prune(up_event_table(one->name, one->function));
}

/* An interval that is not negative, or NULL. */
static char *
age_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	Interval zero = {0};
	char *text;

	if (PG_ARGISNULL(argument))
		return NULL;
	text = DatumGetCString(DirectFunctionCall1(interval_out, PG_GETARG_DATUM(argument)));
	if (DatumGetBool(DirectFunctionCall2(interval_lt, PG_GETARG_DATUM(argument), IntervalPGetDatum(&zero))))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s is %s, which is out of range", name, text),
						errdetail("Allowed: intervals of at least 0.")));
	return text;
}

static UpRows
names_of_all(const char *schema)
{
	return up_query(false,
					psprintf("SELECT name FROM %s.uprofile_profile_definitions d WHERE EXISTS (SELECT FROM "
							 "pg_roles r WHERE r.oid = d.owner_oid) ORDER BY name",
							 schema),
					0, NULL, NULL, NULL);
}

/* The caller's tables of events. */
static void
prune_events(UpSrf *srf, const char *schema, Oid function)
{
	UpRows all = up_query(
		false,
		psprintf(
			"SELECT c.oid::regclass::text AS name FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN "
			"pg_proc p ON "
			"p.oid = t.tgfoid JOIN pg_namespace n ON n.oid = p.pronamespace WHERE t.tgname = '" UP_EVENT_TRIGGER
			"' AND "
			"t.tgparentid = 0 AND c.relkind = 'p' AND p.proname = 'uprofile_events_trigger' AND "
			"quote_ident(n.nspname) = %s "
			"AND pg_has_role(c.relowner, 'USAGE') ORDER BY 1",
			quote_literal_cstr(schema)),
		0, NULL, NULL, NULL);

	for (uint64 i = 0; i < all.n; i++)
	{
		bool isnull;
		OneTable one = {.name = TextDatumGetCString(up_rows_get(&all, i, "name", &isnull)),
						.function = function};

		if (!apart(prune_table, &one, one.name, NULL))
			continue;
		if (one.deleted < 0)
			ereport(WARNING,
					(errcode(ERRCODE_LOCK_NOT_AVAILABLE),
					 errmsg("the old events of %s stay: the table is in use", one.name),
					 errhint("They go with the next uprofile_prune() that finds it free for a moment.")));
		tell(srf, "events", one.name, one.deleted);
	}
}

PG_FUNCTION_INFO_V1(uprofile_prune);
Datum
uprofile_prune(PG_FUNCTION_ARGS)
{
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	Ages ages = {age_argument(fcinfo, 1, "runs"), age_argument(fcinfo, 2, "history"),
				 age_argument(fcinfo, 3, "failures")};
	UpSrf *srf = up_srf_begin(fcinfo);
	UpRows all;

	PreventCommandIfReadOnly("uprofile_prune()");
	up_registry_guard(schema, RowExclusiveLock);
	if (!PG_ARGISNULL(0))
	{
		UpProfile *p = up_profile_load(schema, text_to_cstring(PG_GETARG_TEXT_PP(0)), true);
		Pruned n = {0};

		prune(p, &ages, &n);
		tell_pruned(srf, p->name, &n);
		return (Datum) 0;
	}
	all = names_of_all(schema);
	for (uint64 i = 0; i < all.n; i++)
	{
		bool isnull;
		OneProfile one = {schema, TextDatumGetCString(up_rows_get(&all, i, "name", &isnull)), &ages};

		if (apart(prune_one, &one, psprintf("profile \"%s\"", one.name),
				  psprintf("SELECT * FROM uprofile_prune(%s)", quote_literal_cstr(one.name))))
			tell_pruned(srf, one.name, &one.n);
	}
	prune_events(srf, schema, fcinfo->flinfo->fn_oid);
	return (Datum) 0;
}
