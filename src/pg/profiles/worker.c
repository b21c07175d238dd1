/*
 * worker.c - refreshes the continuous profiles of one database; see launcher.c for who starts it
 *
 * A visit looks at every profile whose policy says refresh = continuous: is there anything on its queue, or has time made
 * a refresh due (asked once a minute)? If so it is refreshed as its owner, in a transaction of its own. After it the
 * worker waits a moment for further changes and then ends. A profile that fails rests: 2 s, 4 s, … up to 5 minutes, until
 * it succeeds, by whomever, or is defined otherwise. One whose refresh takes long rests as long as that took, so that no
 * more than half of the time is spent on it.
 *
 * Connected as a superuser, the worker runs nothing of a user's itself: it reads the registry after the guard has looked
 * at it, calls C functions and no SQL names, and becomes the owner for all of a refresh.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_extension.h"
#include "commands/extension.h"
#include "miscadmin.h"
#include "parser/parse_func.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#include "utils/wait_event.h"

#include "pg/io/query.h"
#include "pg/models/owner.h"
#include "pg/models/registry_guard.h"
#include "pg/module.h"
#include "pg/profiles/follow.h"
#include "pg/profiles/profile.h"
#include "pg/profiles/queue.h"
#include "pg/profiles/refresh.h"
#include "pg/profiles/watch.h"
#include "pg/profiles/watch_install.h"
#include "pg/profiles/watch_read.h"
#include "pg/profiles/worker.h"
#include "pg/servers.h"
#include "pg/wake.h"

#define LINGER_MS     1500 /* that a worker waits for further changes: less than DROP DATABASE waits for it */
#define FIRST_REST_MS 2000
#define LONG_REST_MS  300000
#define MOST_REST_MS  60000 /* of a profile that does not fail */
#define LOCK_WAIT     "10s" /* for locks of others: then the profile counts as failing */

PGDLLEXPORT void uprofile_worker_main(Datum database);

/* A continuous profile, as its row says. */
typedef struct Following
{
	char *name;
	Oid owner; /* InvalidOid: gone */
	bool ready;
	uint64 identity;
	uint64 definition; /* of all that it depends on, and its last success */
} Following;

/* What the worker knows of its database. */
typedef struct Place
{
	char *schema; /* of the extension, quoted */
	Oid trigger_function;
	MemoryContext context; /* of one look */
	List *profiles;        /* of Following */
	TimestampTz next;      /* when one of them wants to be looked at */
} Place;

void
up_profile_tell_continuous(const UpProfile *p)
{
	if (!p->policy->continuous)
		return;
	if (!up_wake_is_there() || up_max_continuous_workers == 0)
		ereport(NOTICE,
				(errmsg("no background worker refreshes profile \"%s\" continuously", p->name),
				 errhint("It takes shared_preload_libraries = 'uprofile' and uprofile.max_continuous_workers "
						 "above 0. Until then refresh it, or schedule it with uprofile_schedule.")));
	else if (up_watch_list(p->schema, p->name) == NIL)
		ereport(NOTICE,
				(errmsg("profile \"%s\" watches nothing, so no change of it is seen", p->name),
				 errhint("It is refreshed when \"full_every\" of its policy has passed, or when asked for.")));
}

/* ---- transactions ------------------------------------------------------------------------------------------------- */

/* what: with the name of a profile in it, or NULL for none. */
static void
begin(const char *what, const char *name)
{
	static char text[2 * NAMEDATALEN + 64];

	snprintf(text, sizeof(text), what, name);
	SetCurrentStatementStartTimestamp();
	debug_query_string = text;
	pgstat_report_activity(STATE_RUNNING, text);
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
}

static void
end(void)
{
	PopActiveSnapshot();
	CommitTransactionCommand();
	debug_query_string = NULL;
	pgstat_report_activity(STATE_IDLE, NULL);
}

/* In PG_CATCH: the error is in the log, if it is to be told, and nothing of the transaction remains. */
static void
give_up(bool tell)
{
	HOLD_INTERRUPTS();
	if (tell)
		EmitErrorReport();
	AbortCurrentTransaction();
	FlushErrorState();
	debug_query_string = NULL;
	pgstat_report_activity(STATE_IDLE, NULL);
	RESUME_INTERRUPTS();
}

/* To the end of the transaction, or the given call of end_role. Nothing that is left behind may run as us later. */
static void
begin_role(Oid role, Oid *user, int *security)
{
	GetUserIdAndSecContext(user, security);
	SetUserIdAndSecContext(role, *security | SECURITY_RESTRICTED_OPERATION | SECURITY_LOCAL_USERID_CHANGE);
}

/* ---- what there is ------------------------------------------------------------------------------------------------ */

/* The extension's schema, in this memory; false if there is no extension of this version's form. */
static bool
find_extension(Place *place)
{
	UpRows r = up_query(true,
						"SELECT n.oid AS namespace, quote_ident(n.nspname) AS name FROM pg_extension e JOIN "
						"pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'uprofile'",
						0, NULL, NULL, NULL);
	Oid namespace, table, none[1];
	bool isnull;

	if (r.n == 0)
		return false;
	namespace = DatumGetObjectId(up_rows_get(&r, 0, "namespace", &isnull));
	table = get_relname_relid("uprofile_schedules", namespace);
	place->schema =
		MemoryContextStrdup(place->context, TextDatumGetCString(up_rows_get(&r, 0, "name", &isnull)));
	if (!OidIsValid(table))
		return false;
	place->trigger_function = LookupFuncName(
		list_make2(makeString(get_namespace_name(namespace)), makeString("uprofile_watch_trigger")), 0, none,
		true);
	return OidIsValid(place->trigger_function);
}

static Following *
following_of(const Place *place, const UpRows *r, uint64 row)
{
	Following *f = MemoryContextAlloc(place->context, sizeof(Following));
	bool isnull;

	f->name = MemoryContextStrdup(place->context, TextDatumGetCString(up_rows_get(r, row, "name", &isnull)));
	f->owner = up_owner_get(r, row);
	f->ready = DatumGetBool(up_rows_get(r, row, "ready", &isnull));
	f->identity = (uint64) DatumGetInt64(up_rows_get(r, row, "identity", &isnull));
	f->definition = (uint64) DatumGetInt64(up_rows_get(r, row, "definition", &isnull));
	return f;
}

/* ready: its table has the key, which a restore adds when all data are there. Before that nothing is to be written. */
static UpRows
read_profiles(const char *schema)
{
	return up_query(
		true,
		psprintf("SELECT d.name, d.owner_oid, %s AS owner_known, hashtextextended(d.identity::text, 0) AS "
				 "identity, hashtextextended(concat(d.source, d.source_path, d.watch, d.models, d.policy, "
				 "d.clean, d.owner_oid, d.table_schema, d.table_name, (SELECT l.id FROM "
				 "%s.uprofile_refresh_log l WHERE l.profile = d.name AND l.status = 'succeeded' ORDER BY "
				 "l.id DESC LIMIT 1)), 0) AS definition, EXISTS (SELECT 1 FROM pg_constraint c JOIN pg_index i "
				 "ON i.indrelid = c.conrelid WHERE i.indisprimary AND i.indisvalid AND c.conname = 'uprofile_' "
				 "|| replace(d.identity::text, '-', '')) AS ready FROM %s.uprofile_profile_definitions d WHERE "
				 "d.policy ->> 'refresh' = 'continuous' ORDER BY d.name",
				 up_owner_known(schema, "d"), schema, schema),
		0, NULL, NULL, NULL);
}

static void
list_profiles(Place *place)
{
	MemoryContext outer;
	UpRows r;

	begin("uprofile: looks for profiles to refresh continuously", NULL);
	if (find_extension(place))
	{
		up_registry_guard(place->schema, AccessShareLock);
		r = read_profiles(place->schema);
		outer = MemoryContextSwitchTo(place->context);
		for (uint64 i = 0; i < r.n; i++)
			place->profiles = lappend(place->profiles, following_of(place, &r, i));
		MemoryContextSwitchTo(outer);
	}
	end();
}

static bool
has_rows(Relation queue)
{
	TupleTableSlot *slot = table_slot_create(queue, NULL);
	TableScanDesc scan = up_table_scan(queue, GetActiveSnapshot());
	bool found = table_scan_getnextslot(scan, ForwardScanDirection, slot);

	table_endscan(scan);
	ExecDropSingleTupleTableSlot(slot);
	return found;
}

static bool
has_queued(const Place *place, const Following *f)
{
	bool found = false;
	ListCell *cell;

	foreach (cell, up_watch_list(place->schema, f->name))
	{
		Relation queue = up_watch_open_queue(lfirst(cell), f->owner, AccessShareLock);

		if (queue == NULL)
			continue;
		found = found || has_rows(queue);
		table_close(queue, AccessShareLock);
	}
	return found;
}

/* ---- one profile -------------------------------------------------------------------------------------------------- */

/* Whether there is something to do, as its owner; where time is asked, partitions get the triggers that they lack. */
static bool
is_due(const Place *place, const Following *f, bool ask_time)
{
	Oid user;
	int security;
	bool due;

	begin("uprofile: looks at profile %s", f->name);
	begin_role(f->owner, &user, &security);
	if (ask_time)
	{
		UpProfile *p = up_profile_load(place->schema, f->name, false);

		if (p != NULL && up_follow_mend(p, place->trigger_function))
			CommandCounterIncrement();
	}
	due = has_queued(place, f) ||
		  (ask_time && up_refresh_is_due(place->schema, f->name, place->trigger_function));
	SetUserIdAndSecContext(user, security);
	end();
	return due;
}

/* What fails here fails in the refresh as well, which keeps a record of it. */
static bool
may_be_due(const Place *place, const Following *f, bool ask_time)
{
	volatile bool due = true;

	PG_TRY();
	{
		due = is_due(place, f, ask_time);
	}
	PG_CATCH();
	{
		if (ERRCODE_TO_CATEGORY(geterrcode()) == ERRCODE_TO_CATEGORY(ERRCODE_QUERY_CANCELED))
			PG_RE_THROW();
		give_up(false);
	}
	PG_END_TRY();
	return due;
}

static UpRefreshed
refresh(const Place *place, const Following *f)
{
	Oid user;
	int security;
	UpRefreshed done;

	begin("uprofile: refreshes profile %s", f->name);
	begin_role(f->owner, &user, &security);
	done = up_refresh_slice(place->schema, f->name, place->trigger_function);
	SetUserIdAndSecContext(user, security);
	end();
	return done;
}

/* Until nothing waits, or it fails. */
static UpRefreshed
refresh_all(const Place *place, const Following *f)
{
	UpRefreshed done;

	do
	{
		CHECK_FOR_INTERRUPTS();
		done = refresh(place, f);
	} while (!done.failed && !done.busy && done.remaining > 0);
	return done;
}

static TimestampTz
in_ms(int64 ms)
{
	return TimestampTzPlusMilliseconds(GetCurrentTimestamp(), ms);
}

static void
rest(const Following *f, int failures, int64 ms)
{
	UpWakeRest r = {MyDatabaseId, f->identity, f->definition, failures, ms > 0 ? in_ms(ms) : 0};

	up_wake_set_rest(&r);
}

static void
rest_after_failure(const Following *f, int failures)
{
	int64 ms = FIRST_REST_MS;

	for (int i = 1; i < failures && ms < LONG_REST_MS; i++)
		ms *= 2;
	rest(f, failures, Min(ms, LONG_REST_MS));
}

/* Why there is no point in trying, or NULL. */
static const char *
obstacle(const Following *f)
{
	if (!OidIsValid(f->owner))
		return "its owner is gone";
	return f->ready ? NULL : "its table is gone, or is being restored";
}

/* The log says it once, as long as it is so. */
static void
pass_over(const Following *f, const char *why, bool told, int failures)
{
	if (!told)
		ereport(LOG, (errmsg("profile \"%s\" is not refreshed: %s", f->name, why)));
	rest_after_failure(f, failures + 1);
}

/* What is to be said of a refresh that ended so. */
typedef enum Outcome
{
	NOTHING, /* was due */
	DONE,
	BUSY,
	FAILED
} Outcome;

/* A failure that could not be recorded is in the log. */
static Outcome
attend(const Place *place, const Following *f, bool ask_time)
{
	volatile Outcome outcome = NOTHING;

	PG_TRY();
	{
		if (may_be_due(place, f, ask_time))
		{
			UpRefreshed r = refresh_all(place, f);

			outcome = r.failed ? FAILED : r.busy ? BUSY : DONE;
		}
	}
	PG_CATCH();
	{
		give_up(true);
		outcome = FAILED;
	}
	PG_END_TRY();
	return outcome;
}

static void
rest_after(const Following *f, Outcome outcome, TimestampTz started, int failures)
{
	int64 took = TimestampDifferenceMilliseconds(started, GetCurrentTimestamp());
	int64 ms = up_continuous_interval_ms - took;

	if (outcome == FAILED)
		rest_after_failure(f, failures + 1);
	else if (outcome == BUSY)
		rest(f, failures, up_continuous_interval_ms);
	else if (outcome == DONE)
		rest(f, 0, ms > took ? ms : Min(took, MOST_REST_MS));
	else
		rest(f, 0, 0);
}

/* Unless it rests. */
static void
visit(Place *place, const Following *f, bool ask_time)
{
	UpWakeRest before = {0};
	bool known = up_wake_get_rest(f->identity, f->definition, &before);
	TimestampTz started = GetCurrentTimestamp();

	if (!known || before.until <= started)
	{
		const char *why = obstacle(f);

		if (why != NULL)
			pass_over(f, why, before.failures > 0, before.failures);
		else
			rest_after(f, attend(place, f, ask_time || before.failures > 0), started, before.failures);
	}
	if (up_wake_get_rest(f->identity, f->definition, &before))
		place->next = Min(place->next, before.until);
}

/* ---- the process -------------------------------------------------------------------------------------------------- */

/* Looks at all profiles; false if there are none. */
static bool
look(Place *place)
{
	bool ask_time = up_wake_asks_time();
	ListCell *cell;

	MemoryContextReset(place->context);
	place->profiles = NIL;
	place->next = in_ms(UP_WAKE_VISIT_MS);
	up_wake_look();
	list_profiles(place);
	foreach (cell, place->profiles)
	{
		CHECK_FOR_INTERRUPTS();
		visit(place, lfirst(cell), ask_time);
	}
	pgstat_report_stat(true);
	return place->profiles != NIL;
}

/* The profiles' list itself could not be read: nothing is followed for a while. */
static bool
try_to_look(Place *place)
{
	volatile bool some = true;

	PG_TRY();
	{
		some = look(place);
	}
	PG_CATCH();
	{
		give_up(true);
	}
	PG_END_TRY();
	return some;
}

/*
 * Waits for a change, but not for long, or for the end of a rest that is near. What changes waits for others that change
 * in the same second.
 */
static void
linger(const Place *place, TimestampTz looked)
{
	TimestampTz until = in_ms(LINGER_MS);
	TimestampTz again = TimestampTzPlusMilliseconds(looked, Min(up_continuous_interval_ms, 1000));

	while (!up_wake_others_wait())
	{
		TimestampTz now = GetCurrentTimestamp();
		TimestampTz end = up_wake_has_changed() ? again : Min(until, place->next);

		if (now >= end)
			return;
		up_wake_sleep(TimestampDifferenceMilliseconds(now, end));
	}
}

static void
set_up(Oid database)
{
	pqsignal(SIGTERM, die);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	BackgroundWorkerUnblockSignals();
	if (!up_wake_begin(database))
		proc_exit(0);
	BackgroundWorkerInitializeConnectionByOid(database, InvalidOid, 0);
	SetConfigOption("application_name", "uprofile", PGC_USERSET, PGC_S_SESSION);
	/* Settings of the database that are meant for its users. */
	SetConfigOption("statement_timeout", "0", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("lock_timeout", LOCK_WAIT, PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_isolation", "read committed", PGC_SUSET, PGC_S_OVERRIDE);
}

void
uprofile_worker_main(Datum database)
{
	Place place = {0};

	set_up(DatumGetObjectId(database));
	place.context =
		AllocSetContextCreate(TopMemoryContext, "profiles to refresh continuously", ALLOCSET_DEFAULT_SIZES);
	for (;;)
	{
		TimestampTz looked = GetCurrentTimestamp();
		bool some = try_to_look(&place);

		if (some)
			linger(&place, looked);
		if (some && place.next <= GetCurrentTimestamp() && !up_wake_others_wait())
			continue;
		if (up_wake_leave(some ? place.next : 0))
			proc_exit(0);
	}
}
