/*
 * watch_spec.h - what a user writes as watch, and what is to be watched by it
 *
 * auto, none, {table.column, table.(column, column), …}, or a JSON array of such strings and of objects
 * {"table": …, "key": "SELECT … FROM … JOIN changed USING (…)"}, where changed is the set of the table's changed rows. The
 * key of an object may also name columns, and it takes "form": "row" and "always": true (see UpWatchForm).
 */
#ifndef UPROFILE_WATCH_SPEC_H
#define UPROFILE_WATCH_SPEC_H

#include "pg/profiles/source_analysis.h"
#include "pg/profiles/watch.h"

typedef enum UpWatchMode
{
	UP_WATCH_AUTO,
	UP_WATCH_NONE,
	UP_WATCH_LIST
} UpWatchMode;

typedef struct UpWatchSpec
{
	UpWatchMode mode;
	List *wishes; /* of the entries as written; see watch_spec.c */
} UpWatchSpec;

/* The plan: what to watch, and why that is not enough for refreshes of single users. */
typedef struct UpWatchPlan
{
	List *entries; /* of UpWatchEntry */
	List *missing; /* of texts: tables of the source that are not watched, with the entry or GRANT to write */
	List *by_time; /* of texts: tables that nobody can watch, left to refreshes of everybody at an interval */
	List *mixed;   /* of texts: why one user's values depend on others; nothing cures that */
	bool keyed;    /* single users can be refreshed: something is watched, and neither list has an item */
} UpWatchPlan;

/* Checks the form only. */
extern UpWatchSpec *up_watch_parse(const char *text);
/*
 * Names are looked up under the current search_path; fails in words where an entry is wrong. by_time: everybody is computed
 * at an interval anyway, so that what nobody can watch need not stand in the way.
 */
extern UpWatchPlan *up_watch_plan(const UpWatchSpec *spec, const UpSourceAnalysis *source, bool by_time);
/* The key query of a watch as a query over its captured columns, given as arrays: $1, $2, … */
extern char *up_watch_key_query(const UpWatch *watch, Relation queue);

#endif
