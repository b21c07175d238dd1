/*
 * clean_stage.h - cleaning as a part of a profile's refresh: everybody's rows, or those of some users
 *
 * Rules that look at one row, or at the rows of one user, give the same for some users as for all. What others need of
 * all rows is found when all are there and used again for some: bounds of outliers, values to fill with. A rule that
 * compares users has no such short cut.
 */
#ifndef UPROFILE_CLEAN_STAGE_H
#define UPROFILE_CLEAN_STAGE_H

#include "nodes/pg_list.h"
#include "utils/tuplestore.h"

#include "pg/clean/clean_table.h"

typedef enum UpCleanScope
{
	UP_CLEAN_BY_ROW,
	UP_CLEAN_BY_USER,
	UP_CLEAN_BY_STATISTICS,
	UP_CLEAN_BY_ALL /* it compares users */
} UpCleanScope;

extern const char *const up_clean_scope_names[];

/*
 * Cleans rows. The key's columns may not be changed. statistics: of a run over all rows, or NULL: these are all. Ends
 * with rows that left as they were in the source, for the records.
 */
extern UpCleanTable *up_clean_stage(const UpCleanRules *rules, Tuplestorestate *rows, TupleDesc columns,
									const char *key, const UpValue *statistics);
/* The rules on no row: which columns they work on, and what becomes of these. Fails in words where a rule does not fit. */
extern UpCleanTable *up_clean_stage_try(const UpValue *rules, TupleDesc columns, const char *key);
/* The first step that compares users, so that single users cannot be cleaned; or NULL. */
extern const UpCleanStep *up_clean_stage_obstacle(const UpCleanTable *t);
extern UpCleanScope up_clean_scope(const UpCleanTable *t, const UpCleanStep *step);
/* The rows that stay. */
extern void up_clean_stage_rows(UpCleanTable *t, Tuplestorestate *rows, TupleDesc columns);
/*
 * What was corrected: rows of (user_key, step, rule, column_name, action, before, after, reason, original). Rows that left
 * have their first values back afterwards.
 */
extern TupleDesc up_clean_corrected(UpCleanTable *t, Tuplestorestate *rows);

#endif
