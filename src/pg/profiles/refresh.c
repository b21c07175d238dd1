/*
 * refresh.c - uprofile_refresh: train what is due, score every user, write what changed
 *
 * The work is done in a subtransaction, as the owner of the profile, whoever starts it. If it fails, that is rolled
 * back, a row of the run says why, and the caller's transaction goes on with the old profile. What is written becomes
 * visible with the caller's transaction, so a reader sees all of it or nothing.
 *
 * The life of a refresh, inside the subtransaction (do_refresh):
 *
 *   the table is looked at and locked, the owner's role, path and settings are taken   profile.c, io/as_role.c
 *   columns follow the source                                                          profile_table.c
 *   keys are taken from the queue, or everybody                                        follow.c, queue.c
 *   models that are due are trained                                                    profile_train.c
 *   users are computed, compared with what is there, and written                       profile_rows.c, profile_write.c
 *   further slices of a long queue, until it is empty or the limits are reached        compute_more
 *   watched tables and the view are mended, the role is given back                     watch_install.c, profile_view.c
 *
 * Then, outside of it, the rows of the run, its steps and its failures               refresh_run.c
 */
#include "postgres.h"

#include <math.h>

#include "access/xact.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/float.h"
#include "utils/memutils.h"

#include "pg/io/as_role.h"
#include "pg/profiles/barred.h"
#include "pg/profiles/drift_log.h"
#include "pg/profiles/failures.h"
#include "pg/profiles/follow.h"
#include "pg/profiles/history.h"
#include "pg/profiles/profile.h"
#include "pg/profiles/profile_clean.h"
#include "pg/profiles/profile_comment.h"
#include "pg/profiles/profile_grant.h"
#include "pg/profiles/profile_name.h"
#include "pg/profiles/profile_offers_train.h"
#include "pg/profiles/profile_rows.h"
#include "pg/profiles/profile_table.h"
#include "pg/profiles/profile_train.h"
#include "pg/profiles/profile_view.h"
#include "pg/profiles/held.h"
#include "pg/io/caught.h"
#include "pg/profiles/retrain_changes.h"
#include "pg/profiles/refresh.h"
#include "pg/profiles/refresh_run.h"
#include "pg/profiles/segment_log.h"
#include "pg/progress.h"
#include "pg/profiles/profile_write.h"
#include "pg/profiles/watch_read.h"
#include "pg/profiles/watch_state.h"
#include "pg/io/aside.h"
#include "pg/io/query.h"
#include "pg/io/shards.h"
#include "pg/models/registry.h"
#include "pg/io/srf.h"

#define USERS_A_STEP  1000  /* where a refresh has a time budget */
#define USERS_A_SLICE 10000 /* where uprofile_run has one */

/* What the caller asks for. */
typedef struct Order
{
	UpRetrainOrder retrain;
	bool record;        /* a failure, instead of raising it */
	double max_deleted; /* NaN: as the policy has it */
	bool wait;          /* for another session's refresh */
	bool all_users;
	int64 max_users; /* at most; 0: all */
	int64 budget;    /* microseconds, after which no more are taken; 0: no matter how long */
	Oid trigger_function;
} Order;

/* Reads, scores and writes the users that are to be. */
static void
compute(UpProfile *p, const UpProfileTable *table, const UpFollow *follow, UpHeld held, const Order *order,
		UpRun *run)
{
	const UpKeys *keys = follow->full == NULL ? &follow->keys : NULL;
	UpDeletable deletable = {isnan(order->max_deleted) ? p->policy->max_deleted : order->max_deleted,
							 run->written.deleted + follow->deleted};
	UpFreshRows *fresh;
	UpWritten w;

	if (keys != NULL && keys->n == 0)
	{
		if (held.rows != NULL)
			up_profile_let_go(p, held.rows);
		return;
	}
	run->mode = keys == NULL ? "full" : "keys";
	/* Other nodes do not know the models by name: they give rows, and the predictions are made here. */
	if (held.rows == NULL && (p->clean != NULL || up_reads_shards(p->query)))
		held = up_hold(p, keys);
	fresh = up_profile_read(p, table, keys, held.rows);
	w = up_profile_write(p, fresh, keys, deletable);
	run->users = keys == NULL ? (int64) fresh->n : run->users + w.inserted - w.deleted;
	run->written.inserted += w.inserted;
	run->written.updated += w.updated;
	run->written.deleted += w.deleted;
	run->failures = list_concat(run->failures, fresh->failures);
	run->keyless = run->keyless || fresh->keyless;
	if (keys == NULL && fresh->failures != NIL)
		run->users = up_profile_count(p);
	up_failures_keep(p, fresh, keys);
	tuplestore_end(fresh->rows);
	if (held.cleaned != NULL)
		up_profile_clean_keep(p, held.cleaned, keys);
	if (keys == NULL)
		up_follow_keep(follow, p);
	if (held.rows != NULL)
		up_profile_let_go(p, held.rows);
}

/* The users that one step takes. */
static int64
step_of(const Order *order, int64 done)
{
	if (order->budget == 0)
		return order->max_users;
	return order->max_users == 0 ? USERS_A_STEP : Min(order->max_users - done, USERS_A_STEP);
}

/* As many more as there is time for. */
static void
compute_more(UpProfile *p, const UpProfileTable *table, UpFollow *follow, const Order *order, UpRun *run)
{
	int64 done = follow->keys.n, changed;
	UpHeld held = {NULL};

	while (order->budget > 0 && follow->full == NULL && follow->remaining > 0 &&
		   (order->max_users == 0 || done < order->max_users) &&
		   GetCurrentTimestamp() - run->started < order->budget)
	{
		/* What was written just now is seen. */
		CommandCounterIncrement();
		up_follow_take_more(follow, p, step_of(order, done));
		if (up_retrain_counts(p))
			held = up_hold_and_note(p, table, &follow->keys, &changed);
		compute(p, table, follow, held, order, run);
		held = (UpHeld){NULL};
		done += follow->keys.n;
	}
}

/* All that can fail because of the data: inside the subtransaction. */
static void
do_refresh(UpProfile *p, const Order *order, UpRun *run)
{
	UpProfileTable *table;
	UpFollow *follow;
	UpHeld held;
	const char *offers;
	bool had_view;
	List *added;
	UpFollowLimit limit = {run->started, step_of(order, 0), order->all_users, false};
	UpWatchMembers members;
	UpAsRole before;
	/* Nothing of a forged definition runs: its table is not its owner's. */
	Oid own = up_profile_own_table(p, RowExclusiveLock, false, NULL);

	up_as_role_begin(&before, run->owner, p->source_path);
	up_profile_resolve(p, p->definitions);
	up_barred_find(p);
	up_offers_resolve(p);
	added = up_profile_follow_columns(p, own);
	up_history_keep(p, up_profile_columns(p), added);
	table = up_profile_table(p, RowExclusiveLock);
	/* A copy on other nodes can only be taken away before these have worked at several shards at once. */
	if (table->sharded && up_is_on_other_nodes(up_view_find(p)))
		(void) up_view_keep(p, table->relation);
	members = up_watch_members(p->schema, p->name);
	follow = up_follow_take(p, order->trigger_function, table, limit);
	held = up_train_due(p, table, follow, order->all_users, &order->retrain, &run->steps);
	up_follow_decide(follow, p, order->all_users);
	offers = up_offers_due(p, &order->retrain, follow->full != NULL);
	if (offers != NULL)
		run->steps = lappend(run->steps, up_offers_train(p));
	if (follow->full == NULL && up_offers_changed(p))
		follow->full = offers != NULL ? offers : "what may be offered has changed";
	/* One user filled with other values than the others would be no comparison. */
	if (held.some && follow->full != NULL)
		up_let_go(p, &held);
	if (held.cleaned != NULL && !held.some && follow->full == NULL)
		follow->full = "everybody was cleaned for the training";
	run->mode = "none";
	run->users = Max(follow->users, 0);
	compute(p, table, follow, held, order, run);
	if (follow->full != NULL)
		up_profile_comment(p, own);
	compute_more(p, table, follow, order, run);
	run->drift = up_drift_log_measure(p, strcmp(run->mode, "full") == 0, run->users,
									  run->written.inserted + run->written.updated + run->written.deleted);
	up_segment_log_keep(p, own, strcmp(run->mode, "full") == 0 || run->drift != NIL);
	up_history_retain(p);
	up_retrain_note_gone(p, run->written.deleted, run->started);
	if (follow->watched && strcmp(run->mode, "none") != 0)
		up_watch_settle(p->schema, p->name, p->owner, &members);
	run->reason = follow->full;
	run->remaining = follow->remaining;
	if (run->reason == NULL && run->remaining > 0)
		run->reason = psprintf("%lld %s for the next refresh", (long long) run->remaining,
							   run->remaining == 1 ? "key waits" : "keys wait");
	had_view = OidIsValid(up_view_find(p));
	if (up_view_keep(p, table->relation) && !had_view)
		up_profile_grant_again(p);
	if (follow->full != NULL || !had_view)
		up_profile_comment_view(p, own, up_view_find(p), !had_view);
	up_as_role_end(&before);
}

/* A model was trained on other columns than the source has now, which its text does not tell. */
static bool
is_of_other_columns(const ErrorData *e)
{
	return e->message_id != NULL && (strstr(e->message_id, "and the model was trained on a") != NULL ||
									 strcmp(e->message_id, "column \"%s\" is missing") == 0);
}

/* The user's words: what is internal to the statements of a refresh stays out. */
static void
clean_error(const UpProfile *p, ErrorData *e)
{
	if (p->parsing && ERRCODE_TO_CATEGORY(e->sqlerrcode) ==
						  ERRCODE_TO_CATEGORY(ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION))
	{
		e->message =
			psprintf("the source cannot be read any more: %s; bring that back, or change the source with "
					 "uprofile_alter",
					 e->message);
		e->detail = e->hint = NULL;
	}
	if (is_of_other_columns(e))
		e->message = psprintf("%s; uprofile_refresh(%s, retrain => 'all') trains it on the columns as they are",
							  e->message, quote_literal_cstr(p->name));
	if (e->sqlerrcode == ERRCODE_INSUFFICIENT_PRIVILEGE && e->message_id != NULL &&
		strstr(e->message_id, "cannot fire deferred trigger") != NULL)
		e->message =
			pstrdup("a constraint of the profile's table is deferred, which a refresh cannot wait for");
	e->context = NULL;
	e->internalpos = 0;
	e->internalquery = NULL;
	e->cursorpos = 0;
}

typedef struct Attempt
{
	UpProfile *p;
	const Order *order;
	UpRun *run;
} Attempt;

static void
refresh_work(void *of)
{
	Attempt *a = of;

	do_refresh(a->p, a->order, a->run);
}

/* Where it fails everything it did is undone and run says why. */
static void
try_refresh(UpProfile *p, const Order *order, UpRun *run)
{
	Attempt attempt = {p, order, run};
	EphemeralNamedRelation offered = up_rows_offer(NULL), beside = up_rows_offer_beside(NULL);
	/* An error also gives the caller his role and settings back. */
	ErrorData *e = up_attempt_any(refresh_work, &attempt);

	(void) up_rows_offer(offered);
	(void) up_rows_offer_beside(beside);
	if (e == NULL)
		return;
	clean_error(p, e);
	if (!order->record || up_must_rethrow(e->sqlerrcode))
		ReThrowError(e);
	run->status = UP_RUN_FAILED;
	run->sqlstate = pstrdup(unpack_sql_state(e->sqlerrcode));
	run->message = up_error_told(e);
	run->users = 0;
	run->remaining = 0;
	memset(&run->written, 0, sizeof(run->written));
	run->steps = NIL;
	run->failures = NIL;
	run->drift = NIL;
	run->keyless = false;
	run->mode = NULL;
	run->reason = NULL;
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

static int64
take_max_users(FunctionCallInfo fcinfo, int argument)
{
	int64 given = PG_ARGISNULL(argument) ? 0 : PG_GETARG_INT64(argument);

	if (given < 0 || (given == 0 && !PG_ARGISNULL(argument)))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("max_users must be at least 1, not %lld", (long long) given)));
	return given;
}

static int64
take_budget(FunctionCallInfo fcinfo, int argument)
{
	Interval *given = PG_ARGISNULL(argument) ? NULL : PG_GETARG_INTERVAL_P(argument);
	double micros;

	if (given == NULL)
		return 0;
	micros = (double) given->time + ((double) given->day + 30.0 * given->month) * USECS_PER_DAY;
	if (micros < 1)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("time_budget must be above 0")));
	return (int64) Min(micros, 1e18);
}

static void
return_run(UpSrf *srf, const char *name, const UpRun *run)
{
	Datum values[] = {
		CStringGetTextDatum(name),
		CStringGetTextDatum(run->status),
		Int64GetDatum(run->users),
		Int64GetDatum(run->written.inserted),
		Int64GetDatum(run->written.updated),
		Int64GetDatum(run->written.deleted),
		PointerGetDatum(up_run_trained(run)),
		Float8GetDatum((double) (run->finished - run->started) / USECS_PER_SEC),
		run->message != NULL ? CStringGetTextDatum(run->message) : (Datum) 0,
		run->mode != NULL ? CStringGetTextDatum(run->mode) : (Datum) 0,
		run->reason != NULL ? CStringGetTextDatum(run->reason) : (Datum) 0,
		Int64GetDatum(list_length(run->failures)),
		Int64GetDatum(run->remaining),
	};
	bool nulls[lengthof(values)] = {false};

	nulls[8] = run->message == NULL;
	nulls[9] = run->mode == NULL;
	nulls[10] = run->reason == NULL;
	up_srf_row(srf, values, nulls);
}

/* A standby has the profile as the primary has it. */
static void
refuse_to_write(const char *function)
{
	PreventCommandDuringRecovery(function);
	PreventCommandIfReadOnly(function);
}

/* The whole of a refresh, with its row among the runs. */
static UpRun
refresh(const char *schema, const char *name, Order *order)
{
	UpRun run = {0};
	UpProfile *p;
	UpCall *call = up_call_begin("uprofile_refresh", name);

	run.started = GetCurrentTimestamp();
	run.caller = GetUserId();
	run.status = UP_RUN_SUCCEEDED;
	p = up_profile_load(schema, name, order->wait);
	if (p == NULL)
	{
		run.status = UP_RUN_BUSY;
		run.message = "another session refreshes the profile";
		run.finished = GetCurrentTimestamp();
		up_call_end(call);
		return run;
	}
	run.owner = up_profile_owner(p);
	up_retrain_check_order(p, &order->retrain);
	try_refresh(p, order, &run);
	if (run.sqlstate == NULL)
		up_run_tell(p, &run);
	run.finished = GetCurrentTimestamp();
	up_run_log(p, &run);
	up_call_end(call);
	return run;
}

PG_FUNCTION_INFO_V1(uprofile_refresh);
Datum
uprofile_refresh(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin(fcinfo);
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid);
	const char *name;
	Order order = {0};
	UpRun run;

	for (int i = 0; i < PG_NARGS(); i++)
	{
		/* As for a function that is strict, but for what is NULL where it is not given. */
		if (PG_ARGISNULL(i) && i != 3 && i < 6)
			return (Datum) 0;
	}
	refuse_to_write("uprofile_refresh()");
	name = up_profile_name_stored(schema, text_to_cstring(PG_GETARG_TEXT_PP(0)));
	order.retrain = up_retrain_order(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	order.record = take_record(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	order.max_deleted = take_max_deleted(fcinfo, 3);
	order.wait = PG_GETARG_BOOL(4);
	order.all_users = PG_GETARG_BOOL(5);
	order.max_users = take_max_users(fcinfo, 6);
	order.budget = take_budget(fcinfo, 7);
	order.trigger_function = up_watch_trigger_function(fcinfo->flinfo->fn_oid);
	run = refresh(schema, name, &order);
	if (run.sqlstate != NULL)
		ereport(WARNING,
				(errcode(ERRCODE_WARNING), errmsg("refresh of profile \"%s\" failed: %s", name, run.message),
				 errdetail("The profile is as it was before. The run is recorded in uprofile_runs.")));
	return_run(srf, name, &run);
	return (Datum) 0;
}

/* The run's row stands when the error is raised, so that a scheduler sees a failure and people see why. */
static void
commit_and_raise(const char *name, const UpRun *run)
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

/* Slices, each a transaction of its own, until nothing waits any more or the time is over. */
static void
run_slices(const char *schema, const char *name, Order *order, int64 budget, bool once)
{
	TimestampTz started = GetCurrentTimestamp();

	for (;;)
	{
		UpRun run = refresh(schema, name, order);

		if (strcmp(run.status, UP_RUN_BUSY) == 0)
			ereport(NOTICE, (errmsg("profile \"%s\" is not refreshed: %s", name, run.message)));
		if (run.sqlstate != NULL)
			commit_and_raise(name, &run);
		if (run.remaining == 0)
			return;
		if (once || (budget > 0 && GetCurrentTimestamp() - started >= budget))
		{
			ereport(NOTICE, (errmsg("%lld keys of profile \"%s\" wait for the next refresh",
									(long long) run.remaining, name)));
			return;
		}
		up_commit();
		/* What was ordered for all is done. */
		order->all_users = false;
		if (order->retrain.what != UP_RETRAIN_DUE)
			order->retrain.what = UP_RETRAIN_NONE;
	}
}

UpRefreshed
up_refresh_slice(const char *schema, const char *name, Oid trigger_function)
{
	Order order = {.record = true,
				   .retrain = {UP_RETRAIN_DUE},
				   .max_deleted = get_float8_nan(),
				   .max_users = USERS_A_SLICE,
				   .trigger_function = trigger_function};
	UpRun run = refresh(schema, name, &order);

	if (run.sqlstate != NULL)
		ereport(WARNING,
				(errcode(ERRCODE_WARNING), errmsg("refresh of profile \"%s\" failed: %s", name, run.message)));
	return (UpRefreshed){strcmp(run.status, UP_RUN_BUSY) == 0, run.sqlstate != NULL, run.remaining};
}

PG_FUNCTION_INFO_V1(uprofile_run);
Datum
uprofile_run(PG_FUNCTION_ARGS)
{
	bool in_block = fcinfo->context == NULL || !IsA(fcinfo->context, CallContext) ||
					castNode(CallContext, fcinfo->context)->atomic;
	const char *schema = up_schema_of_function(fcinfo->flinfo->fn_oid), *name;
	Order order = {0};
	int64 budget;

	for (int i = 0; i < PG_NARGS(); i++)
	{
		if (PG_ARGISNULL(i) && i != 2 && i < 5)
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("arguments must not be NULL")));
	}
	refuse_to_write("uprofile_run()");
	if (in_block)
		ereport(NOTICE, (errmsg("inside a transaction block a failure is raised and not recorded")));
	name = text_to_cstring(PG_GETARG_TEXT_PP(0));
	order.retrain = up_retrain_order(text_to_cstring(PG_GETARG_TEXT_PP(1)));
	order.max_deleted = take_max_deleted(fcinfo, 2);
	order.wait = PG_GETARG_BOOL(3);
	order.all_users = PG_GETARG_BOOL(4);
	order.max_users = take_max_users(fcinfo, 5);
	budget = take_budget(fcinfo, 6);
	if (budget > 0 && order.max_users == 0)
		order.max_users = USERS_A_SLICE;
	order.trigger_function = up_watch_trigger_function(fcinfo->flinfo->fn_oid);
	order.record = !in_block;
	if (!in_block)
		mend(schema, name, &order);
	run_slices(schema, name, &order, budget, in_block);
	PG_RETURN_VOID();
}
