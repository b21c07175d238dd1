/*
 * watch_start.c - watching begins; see watch_start.h
 */
#include "postgres.h"

#include "lib/stringinfo.h"

#include "pg/profiles/profile_offers.h"
#include "pg/profiles/source_calls.h"
#include "pg/profiles/watch.h"
#include "pg/profiles/watch_start.h"
#include "pg/profiles/watch_install.h"

char *
up_watch_join(List *texts, const char *between)
{
	StringInfoData all;
	ListCell *cell;

	initStringInfo(&all);
	foreach (cell, texts)
		appendStringInfo(&all, "%s%s", all.len > 0 ? between : "", (char *) lfirst(cell));
	return all.data;
}

List *
up_watch_obstacles(const UpWatchPlan *plan)
{
	return list_concat(list_copy(plan->missing), list_copy(plan->mixed));
}

static void
tell_not_followed(const UpWatched *p, const UpWatchSpec *spec, const UpWatchPlan *plan, bool by_default)
{
	bool told = by_default || spec->mode != UP_WATCH_AUTO;
	const char *cure = plan->mixed != NIL ? ""
					   : told             ? "Mend that and give watch to uprofile_alter; "
										  : "Mend that, or give the entries yourself; ";

	ereport(told ? NOTICE : ERROR,
			(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
			 errmsg("profile \"%s\" cannot follow its users one by one: each refresh computes all of them",
					p->name),
			 errdetail_internal("%s.", up_watch_join(up_watch_obstacles(plan), ".\n")),
			 errhint("%swatch => 'none' computes all without a notice.", cure)));
}

static void
tell_clock(const UpWatched *p, const UpSourceAnalysis *source)
{
	StringInfoData what;
	ListCell *cell;

	initStringInfo(&what);
	foreach (cell, source->clock)
	{
		UpClockUse *use = lfirst(cell);

		appendStringInfo(&what, "%s%s reads %s", what.len > 0 ? ", " : "",
						 use->column != NULL ? psprintf("column \"%s\"", use->column) : "a condition",
						 use->what);
	}
	ereport(
		NOTICE,
		(errmsg("the source of profile \"%s\" changes with time alone", p->name),
		 errdetail_internal("%s.", what.data),
		 errhint("Keep what it is computed from, and let the view compute the rest when it is read: policy => "
				 "'{\"live\": {\"days\": \"current_date - last_order\"}}'. Else each refresh computes changed "
				 "users, and "
				 "all once a day or as the policy \"full_every\" has it.")));
}

void
up_watch_start(const UpWatched *p, Oid trigger_function, bool by_default)
{
	UpWatchSpec *spec = up_watch_parse(p->watch);
	UpSourceAnalysis *source;
	UpWatchPlan *plan;

	if (spec->mode == UP_WATCH_NONE)
		return;
	source = up_source_analyse(p->query, p->key, NULL);
	if (p->offers_query != NULL)
		up_offers_analyse(p->offers_query, p->offers_basket, source);
	plan = up_watch_plan(spec, source, p->full_every);
	/* An entry that is wrong is told also where the others do not suffice. */
	if (spec->mode == UP_WATCH_LIST || p->offers_query != NULL)
		up_watch_check(&source->key, plan->entries);
	if (!plan->keyed)
	{
		if (up_watch_obstacles(plan) != NIL)
			tell_not_followed(p, spec, plan, by_default);
		return;
	}
	up_watch_install(p->schema, trigger_function, p->name, &source->key, plan->entries, p->queue_schema,
					 p->queue_base);
	if (plan->by_time != NIL)
		ereport(NOTICE,
				(errmsg("what changes in %s is seen when everybody is computed, as \"full_every\" has it",
						up_watch_join(plan->by_time, ", "))));
	if (source->clock != NIL)
		tell_clock(p, source);
}
