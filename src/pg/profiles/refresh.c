/*
 * refresh.c - uprofile_refresh: train what is due, score every user, write what changed
 *
 * The work is done in a subtransaction, as the owner of the profile, whoever starts it. If it fails, that is rolled
 * back, a row of the run says why, and the caller's transaction goes on with the old profile. What is written becomes
 * visible with the caller's transaction, so a reader sees all of it or nothing.
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/timestamp.h"

#include "pg/io/as_role.h"
#include "pg/profiles/follow.h"
#include "pg/profiles/profile.h"
#include "pg/profiles/profile_rows.h"
#include "pg/profiles/profile_table.h"
#include "pg/profiles/profile_train.h"
#include "pg/profiles/watch.h"
#include "pg/io/query.h"
#include "pg/models/registry.h"
#include "pg/io/srf.h"

#define SUCCEEDED "succeeded"
#define FAILED    "failed"
#define BUSY      "busy"

/* What the caller asks for. */
typedef struct Order
{
	UpRetrain retrain;
	bool record;        /* a failure, instead of raising it */
	double max_deleted; /* NaN: as the policy has it */
	bool wait;          /* for another session's refresh */
	bool all_users;
	Oid trigger_function;
} Order;

typedef struct Run
{
	TimestampTz started;
	TimestampTz finished;
	Oid caller;
	Oid owner;
	int64 users;
	UpWritten written;
	List *steps;        /* of UpModelStep */
	const char *mode;   /* full, keys or none */
	const char *reason; /* of the mode, or NULL */
	const char *status;
	const char *sqlstate; /* of a failure */
	const char *message;  /* of a failure, or of models that cannot be used */
} Run;

/* Reads, scores and writes the users that are to be. */
static void
compute(const UpProfile *p, const UpProfileTable *table, const UpFollow *follow, const Order *order, Run *run)
{
	const UpKeys *keys = follow->full == NULL ? &follow->keys : NULL;
	UpFreshRows *fresh;

	run->mode = keys == NULL ? "full" : keys->n > 0 ? "keys" : "none";
	run->reason = follow->full;
	run->users = Max(follow->users, 0);
	if (keys != NULL && keys->n == 0)
		return;
	fresh = up_profile_read(p, table, keys);
	run->written = up_profile_write(p, fresh, keys,
									isnan(order->max_deleted) ? p->policy->max_deleted : order->max_deleted);
	run->users = keys == NULL ? (int64) fresh->n : run->users + run->written.inserted - run->written.deleted;
	tuplestore_end(fresh->rows);
	if (keys == NULL)
		up_follow_keep(follow, p);
}

/* All that can fail because of the data: inside the subtransaction. */
static void
do_refresh(UpProfile *p, const Order *order, Run *run)
{
	UpProfileTable *table;
	UpFollow *follow;
	UpAsRole before;
	/* Nothing of a forged definition runs: its table is not its owner's. */
	Oid own = up_profile_own_table(p, RowExclusiveLock, false, NULL);

	up_as_role_begin(&before, run->owner, p->source_path);
	up_profile_resolve(p, p->definitions);
	up_profile_follow_columns(p, own);
	table = up_profile_table(p);
	follow = up_follow_take(p, order->trigger_function, table);
	run->steps = up_profile_train(p, order->retrain);
	/* What was trained just now is visible to what follows. */
	CommandCounterIncrement();
	up_follow_decide(follow, p, order->all_users);
	compute(p, table, follow, order, run);
	up_as_role_end(&before);
}

/* The user's words: what is internal to the statements of a refresh stays out. */
static void
clean_error(ErrorData *e)
{
	if (e->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE && e->message_id != NULL &&
		strstr(e->message_id, "cannot fire deferred trigger") != NULL)
		e->message =
			pstrdup("a constraint of the profile's table is deferred, which a refresh cannot wait for");
	e->context = NULL;
	e->internalpos = 0;
	e->internalquery = NULL;
	e->cursorpos = 0;
}

/* True if it succeeded; otherwise everything it did is undone and run says why. */
static void
try_refresh(UpProfile *p, const Order *order, Run *run)
{
	MemoryContext outer = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(outer);
	PG_TRY();
	{
		do_refresh(p, order, run);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		ErrorData *e;

		MemoryContextSwitchTo(outer);
		e = CopyErrorData();
		FlushErrorState();
		/* This also gives the caller his role and settings back. */
		RollbackAndReleaseCurrentSubTransaction();
		MemoryContextSwitchTo(outer);
		CurrentResourceOwner = owner;
		clean_error(e);
		if (!order->record || up_profile_must_rethrow(e->sqlerrcode))
			ReThrowError(e);
		run->status = FAILED;
		run->sqlstate = pstrdup(unpack_sql_state(e->sqlerrcode));
		run->message = e->message;
		run->users = 0;
		memset(&run->written, 0, sizeof(run->written));
		run->steps = NIL;
		run->mode = NULL;
		run->reason = NULL;
	}
	PG_END_TRY();
	MemoryContextSwitchTo(outer);
	CurrentResourceOwner = owner;
}

/* Says which models cannot be used, or only as they were, in the run and, where one was tried just now, as a warning. */
static void
tell_unusable(const UpProfile *p, Run *run)
{
	StringInfoData message;
	ListCell *cell;

	initStringInfo(&message);
	foreach (cell, run->steps)
	{
		const UpModelStep *step = lfirst(cell);
		const char *said;

		if (step->model->usable && step->outdated == 0)
			continue;
		said = psprintf(
			"model \"%s\" %s: %s", step->model->registered,
			step->outdated > 0
				? psprintf("goes on with version %d, trained as something else was defined", step->outdated)
				: "has no values",
			step->reason);
		appendStringInfo(&message, "%s%s", message.len > 0 ? "; " : "", said);
		if (step->attempted)
			ereport(WARNING, (errcode(ERRCODE_WARNING), errmsg("refresh of profile \"%s\": %s", p->name, said),
							  step->outdated > 0
								  ? errdetail("Its columns are what that version predicts.")
								  : errdetail("Its columns are NULL. The others are as they should be.")));
	}
	run->message = message.len > 0 ? message.data : NULL;
}

static ArrayType *
trained_models(const Run *run)
{
	Datum *names = palloc(sizeof(Datum) * Max(list_length(run->steps), 1));
	int n = 0;
	ListCell *cell;

	foreach (cell, run->steps)
	{
		const UpModelStep *step = lfirst(cell);

		if (step->version > 0)
			names[n++] = CStringGetTextDatum(step->model->registered);
	}
	return n > 0 ? construct_array(names, n, TEXTOID, -1, false, TYPALIGN_INT) : construct_empty_array(TEXTOID);
}

/* Why it was due, and why it ended so. What a failure said is asked for again, and stays alone. */
static const char *
whole_reason(const UpModelStep *step)
{
	const char *reason = step->reason;

	if (strcmp(step->decision, "failed") == 0)
		return reason;
	if (step->outdated > 0)
		reason = psprintf("%s; version %d goes on being used", reason, step->outdated);
	if (step->why == NULL || reason == NULL)
		return reason != NULL ? reason : step->why;
	return psprintf("%s; %s", step->why, reason);
}

static void
log_step(const UpProfile *p, int64 run_id, const UpModelStep *step)
{
	const char *reason = whole_reason(step);
	Oid types[] = {INT8OID, TEXTOID, TEXTOID, BOOLOID, TEXTOID, TEXTOID, INT4OID, JSONBOID};
	Datum values[] = {
		Int64GetDatum(run_id),
		CStringGetTextDatum(p->name),
		CStringGetTextDatum(step->model->registered),
		BoolGetDatum(step->attempted),
		CStringGetTextDatum(step->decision),
		reason != NULL ? CStringGetTextDatum(reason) : (Datum) 0,
		Int32GetDatum(step->version),
		step->definition != NULL ? JsonbPGetDatum(step->definition) : (Datum) 0,
	};
	char nulls[] = "        ";

	nulls[5] = reason == NULL ? 'n' : ' ';
	nulls[6] = step->version == 0 ? 'n' : ' ';
	nulls[7] = step->definition == NULL ? 'n' : ' ';
	up_query(
		false,
		psprintf("INSERT INTO %s.uprofile_refresh_steps (run, profile, model, attempted, decision, reason, "
				 "version, definition) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
				 p->schema),
		lengthof(types), types, values, nulls);
}

static int64
log_run_row(const UpProfile *p, const Run *run)
{
	Oid types[] = {TEXTOID,      TEXTOID, TIMESTAMPTZOID, TIMESTAMPTZOID, INT8OID, INT8OID, INT8OID, INT8OID,
				   TEXTARRAYOID, TEXTOID, TEXTOID,        NAMEOID,        NAMEOID, TEXTOID, TEXTOID};
	Datum values[] = {
		CStringGetTextDatum(p->name),
		CStringGetTextDatum(run->status),
		TimestampTzGetDatum(run->started),
		TimestampTzGetDatum(run->finished),
		Int64GetDatum(run->users),
		Int64GetDatum(run->written.inserted),
		Int64GetDatum(run->written.updated),
		Int64GetDatum(run->written.deleted),
		PointerGetDatum(trained_models(run)),
		run->sqlstate != NULL ? CStringGetTextDatum(run->sqlstate) : (Datum) 0,
		run->message != NULL ? CStringGetTextDatum(run->message) : (Datum) 0,
		CStringGetDatum(GetUserNameFromId(run->caller, false)),
		CStringGetDatum(GetUserNameFromId(run->owner, false)),
		CStringGetTextDatum(run->mode != NULL ? run->mode : "full"),
		run->reason != NULL ? CStringGetTextDatum(run->reason) : (Datum) 0,
	};
	char nulls[] = "               ";
	UpRows r;
	bool isnull;

	nulls[9] = run->sqlstate != NULL ? ' ' : 'n';
	nulls[10] = run->message != NULL ? ' ' : 'n';
	nulls[14] = run->reason != NULL ? ' ' : 'n';
	r = up_query(
		false,
		psprintf("INSERT INTO %s.uprofile_refresh_log (profile, status, started_at, finished_at, users, "
				 "inserted, updated, deleted, trained, sqlstate, message, run_by, run_as, mode, reason) VALUES "
				 "($1, $2, "
				 "$3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) RETURNING id",
				 p->schema),
		lengthof(types), types, values, nulls);
	return DatumGetInt64(up_rows_get(&r, 0, "id", &isnull));
}

/* Also as the owner: the registry's tables belong to somebody as well. */
static void
log_run(const UpProfile *p, const Run *run)
{
	UpAsRole before;
	ListCell *cell;
	int64 id;

	up_as_role_begin(&before, run->owner, "pg_catalog");
	id = log_run_row(p, run);
	foreach (cell, run->steps)
	{
		const UpModelStep *step = lfirst(cell);

		if (step->attempted || !step->model->usable || step->outdated > 0)
			log_step(p, id, step);
	}
	up_as_role_end(&before);
}

static int
choice_argument(const char *given, const char *what, const char *const *choices, int n)
{
	StringInfoData allowed;

	initStringInfo(&allowed);
	for (int i = 0; i < n; i++)
	{
		if (strcmp(given, choices[i]) == 0)
			return i;
		appendStringInfo(&allowed, "%s%s", i > 0 ? ", " : "", choices[i]);
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s is \"%s\"", what, given),
					errdetail("Allowed: %s.", allowed.data)));
}

static UpRetrain
take_retrain(const char *given)
{
	static const char *const choices[] = {"due", "all", "none"};

	return (UpRetrain) choice_argument(given, "retrain", choices, 3);
}

static bool
take_record(const char *given)
{
	static const char *const choices[] = {"record", "raise"};

	return choice_argument(given, "on_error", choices, 2) == 0;
}

static double
take_max_deleted(FunctionCallInfo fcinfo, int argument)
{
	double given;

	if (PG_ARGISNULL(argument))
		return get_float8_nan();
	given = PG_GETARG_FLOAT8(argument);
	if (!(given >= 0 && given <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("max_deleted must be a share from 0 to 1, not %g", given)));
	return given;
}

static void
return_run(UpSrf *srf, const char *name, const Run *run)
{
	Datum values[] = {
		CStringGetTextDatum(name),
		CStringGetTextDatum(run->status),
		Int64GetDatum(run->users),
		Int64GetDatum(run->written.inserted),
		Int64GetDatum(run->written.updated),
		Int64GetDatum(run->written.deleted),
		PointerGetDatum(trained_models(run)),
		Float8GetDatum((double) (run->finished - run->started) / USECS_PER_SEC),
		run->message != NULL ? CStringGetTextDatum(run->message) : (Datum) 0,
		run->mode != NULL ? CStringGetTextDatum(run->mode) : (Datum) 0,
		run->reason != NULL ? CStringGetTextDatum(run->reason) : (Datum) 0,
	};
	bool nulls[lengthof(values)] = {false};

	nulls[8] = run->message == NULL;
	nulls[9] = run->mode == NULL;
	nulls[10] = run->reason == NULL;
	up_srf_row(srf, values, nulls);
}

/* The whole of a refresh, with its row among the runs. */
static Run
refresh(const char *schema, const char *name, const Order *order)
{
	Run run = {0};
	UpProfile *p;

	run.started = GetCurrentTimestamp();
	run.caller = GetUserId();
	run.status = SUCCEEDED;
	p = up_profile_load(schema, name, order->wait);
	if (p == NULL)
	{
		run.status = BUSY;
		run.message = "another session refreshes the profile";
		run.finished = GetCurrentTimestamp();
		return run;
	}
	run.owner = up_profile_owner(p);
	try_refresh(p, order, &run);
	if (run.sqlstate == NULL)
		tell_unusable(p, &run);
	run.finished = GetCurrentTimestamp();
	log_run(p, &run);
	return run;
}

/* Of the extension that the function belongs to. */
static Oid
trigger_function_of(FunctionCallInfo fcinfo)
{
	return up_watch_trigger_function(get_func_namespace(fcinfo->flinfo->fn_oid));
}

PG_FUNCTION_INFO_V1(uprofile_refresh);
Datum
uprofile_refresh(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin(fcinfo);
	const char *name;
	Order order = {0};
	Run run;

	for (int i = 0; i < PG_NARGS(); i++)
	{
		/* As for a function that is strict, but for max_deleted. */
		if (PG_ARGISNULL(i) && i != 3)
			return (Datum) 0;
	}
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	order.retrain = take_retrain(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	order.record = take_record(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	order.max_deleted = take_max_deleted(fcinfo, 3);
	order.wait = PG_GETARG_BOOL(4);
	order.all_users = PG_GETARG_BOOL(5);
	order.trigger_function = trigger_function_of(fcinfo);
	run = refresh(up_schema_of_function(fcinfo->flinfo->fn_oid), name, &order);
	if (run.sqlstate != NULL)
		ereport(WARNING,
				(errcode(ERRCODE_WARNING), errmsg("refresh of profile \"%s\" failed: %s", name, run.message),
				 errdetail("The profile is as it was before. The run is recorded in uprofile_runs.")));
	return_run(srf, name, &run);
	return (Datum) 0;
}

/* The run's row stands when the error is raised, so that a scheduler sees a failure and people see why. */
static void
commit_and_raise(const char *name, const Run *run)
{
	int sqlstate =
		MAKE_SQLSTATE(run->sqlstate[0], run->sqlstate[1], run->sqlstate[2], run->sqlstate[3], run->sqlstate[4]);

	up_commit();
	ereport(ERROR, (errcode(sqlstate), errmsg("refresh of profile \"%s\" failed: %s", name, run->message),
					errdetail("The profile is as it was before. The run is recorded in uprofile_runs.")));
}

/* New partitions get their triggers in a transaction of its own, since making one keeps writers waiting to its end. */
static void
mend(const char *schema, const char *name, const Order *order)
{
	UpProfile *p = up_profile_load(schema, name, order->wait);

	if (p != NULL && up_follow_mend(p, order->trigger_function))
		up_commit();
}

PG_FUNCTION_INFO_V1(uprofile_run);
Datum
uprofile_run(PG_FUNCTION_ARGS)
{
	bool in_block = fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
					castNode(CallContext, fcinfo->context)->atomic;
	const char *name;
	Order order = {0};
	Run run;

	for (int i = 0; i < PG_NARGS(); i++)
	{
		if (PG_ARGISNULL(i) && i != 2)
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("arguments must not be NULL")));
	}
	if (in_block)
		ereport(NOTICE, (errmsg("inside a transaction block a failure is raised and not recorded")));
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	order.retrain = take_retrain(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	order.max_deleted = take_max_deleted(fcinfo, 2);
	order.wait = PG_GETARG_BOOL(3);
	order.all_users = PG_GETARG_BOOL(4);
	order.trigger_function = trigger_function_of(fcinfo);
	order.record = !in_block;
	if (!in_block)
		mend(up_schema_of_function(fcinfo->flinfo->fn_oid), name, &order);
	run = refresh(up_schema_of_function(fcinfo->flinfo->fn_oid), name, &order);
	if (strcmp(run.status, BUSY) == 0)
		ereport(NOTICE, (errmsg("profile \"%s\" is not refreshed: %s", name, run.message)));
	if (run.sqlstate != NULL)
		commit_and_raise(name, &run);
	PG_RETURN_VOID();
}
