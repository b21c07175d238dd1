/*
 * explain_refresh.c - uprofile_explain_refresh: what a refresh would do now, and why
 *
 * It takes nothing, trains nothing and waits for no refresh; it plans what a refresh would read, as the owner. Whether a
 * model that is due would be deployed is known only after its training.
 */
#include "postgres.h"

#include "access/table.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"

#include "pg/io/as_role.h"
#include "pg/io/shards.h"
#include "pg/io/srf.h"
#include "pg/models/registry.h"
#include "pg/profiles/follow.h"
#include "pg/profiles/profile_offers.h"
#include "pg/profiles/profile.h"
#include "pg/profiles/profile_rows.h"
#include "pg/profiles/profile_statement.h"
#include "pg/profiles/profile_train.h"
#include "pg/profiles/refresh.h"
#include "pg/profiles/watch.h"
#include "pg/profiles/watch_read.h"

/* reason: or NULL; cost: negative for none. */
static void
add_row(UpSrf *srf, const char *part, const char *item, const char *decision, const char *reason, double cost)
{
	Datum values[] = {
		CStringGetTextDatum(part),     item != NULL ? CStringGetTextDatum(item) : (Datum) 0,
		CStringGetTextDatum(decision), reason != NULL ? CStringGetTextDatum(reason) : (Datum) 0,
		Float8GetDatum(cost),
	};
	bool nulls[] = {false, item == NULL, false, reason == NULL, cost < 0};

	up_srf_row(srf, values, nulls);
}

static void
add_models(UpSrf *srf, List *steps)
{
	ListCell *cell;

	foreach (cell, steps)
	{
		const UpModelStep *step = lfirst(cell);

		add_row(srf, "model", step->model->registered, step->why != NULL ? "train" : "keep",
				step->why != NULL ? step->why : step->reason, -1);
	}
}

static void
add_ways(UpSrf *srf, const UpProfile *p, const UpFollow *f, const char *mode)
{
	bool by_keys = strcmp(mode, "keys") == 0;
	bool one_by_one = f->keys.n > 0 && up_profile_one_by_one(p, &f->keys);

	if (f->keys.n > 0)
	{
		bool shards = up_reads_shards(p->query);

		add_row(srf, "query", "each key", by_keys && one_by_one ? "chosen" : "not chosen",
				shards ? "other nodes are not asked for each" : NULL,
				shards ? -1 : up_profile_cost(p, &f->keys, true));
		add_row(srf, "query", "set of keys", by_keys && !one_by_one ? "chosen" : "not chosen", NULL,
				up_profile_cost(p, &f->keys, false));
	}
	add_row(srf, "query", "all users", strcmp(mode, "full") == 0 ? "chosen" : "not chosen", NULL,
			up_profile_cost(p, NULL, false));
}

/* What a refresh would find, and the models that are due then. */
static UpFollow *
look(UpProfile *p, Oid trigger_function, List **steps)
{
	UpFollowLimit limit = {.look = true};
	UpFollow *f = up_follow_take(p, trigger_function, up_profile_table(p, AccessShareLock), limit);
	UpRetrainOrder order = {UP_RETRAIN_DUE};
	/* Who waits is taken for changed. */
	UpRetrainLook waiting = {.waiting = f->keys.n};

	*steps = up_profile_due(p, &order, waiting);
	up_profile_find_usable(p, *steps);
	up_follow_decide(f, p, false);
	return f;
}

static const UpModelStep *
due_model(List *steps)
{
	ListCell *cell;

	foreach (cell, steps)
	{
		if (((const UpModelStep *) lfirst(cell))->why != NULL)
			return lfirst(cell);
	}
	return NULL;
}

static void
explain(UpProfile *p, Oid trigger_function, UpSrf *srf)
{
	List *steps;
	UpFollow *f = look(p, trigger_function, &steps);
	const UpModelStep *due = due_model(steps);
	const char *mode;

	if (f->full == NULL && due != NULL)
		f->full = psprintf("model \"%s\" is trained; if no version of it is deployed, only the keys",
						   due->model->registered);
	mode = f->full != NULL ? "full" : f->keys.n > 0 ? "keys" : "none";
	add_row(srf, "mode", NULL, mode, f->full, -1);
	if (f->watched)
		add_row(srf, "queue", NULL,
				psprintf("%lld %s", (long long) f->remaining, f->remaining == 1 ? "key" : "keys"), NULL, -1);
	add_models(srf, steps);
	add_ways(srf, p, f, mode);
}

bool
up_refresh_is_due(const char *schema, const char *name, Oid trigger_function)
{
	UpProfile *p = up_profile_look(schema, name);
	UpAsRole before;
	List *steps;
	UpFollow *f;
	bool due;

	up_profile_own_table(p, AccessShareLock, false, NULL);
	up_as_role_begin(&before, up_profile_owner(p), p->source_path);
	up_profile_resolve(p, p->definitions);
	up_offers_resolve(p);
	f = look(p, trigger_function, &steps);
	due = due_model(steps) != NULL || up_follow_first(p);
	/* What is true of every refresh is no reason for one. */
	if (f->watched)
		due = due || (f->full != NULL && f->full != p->clean_obstacle);
	else
		due = due || up_follow_full_passed(p);
	up_as_role_end(&before);
	return due;
}

PG_FUNCTION_INFO_V1(uprofile_explain_refresh);
Datum
uprofile_explain_refresh(PG_FUNCTION_ARGS)
{
	UpSrf *srf = up_srf_begin(fcinfo);
	UpProfile *p =
		up_profile_look(up_schema_of_function(fcinfo->flinfo->fn_oid), text_to_cstring(PG_GETARG_TEXT_PP(0)));
	Oid owner = up_profile_owner(p);
	UpAsRole before;

	up_profile_own_table(p, AccessShareLock, false, NULL);
	up_as_role_begin(&before, owner, p->source_path);
	up_profile_resolve(p, p->definitions);
	up_offers_resolve(p);
	explain(p, up_watch_trigger_function(fcinfo->flinfo->fn_oid), srf);
	up_as_role_end(&before);
	return (Datum) 0;
}
