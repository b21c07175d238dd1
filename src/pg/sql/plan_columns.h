/*
 * plan_columns.h - paths and nodes of our own above others, and where the columns below hold expressions
 */
#ifndef UPROFILE_PLAN_COLUMNS_H
#define UPROFILE_PLAN_COLUMNS_H

#include "postgres.h"

#include "nodes/extensible.h"
#include "nodes/pathnodes.h"
#include "nodes/pg_list.h"

#define UP_MOST_COLUMNS 1600 /* that are handed on */

/* The number, from 0, of an expression among so many first columns; -1: it is none of them. */
extern int up_column_number(const List *columns, const void *expr, int most);
/* The number of each expression; NIL: not all of them are there. */
extern List *up_column_numbers(const List *columns, const List *exprs);
/* A path that computes expressions from the rows of another one. */
extern Path *up_path_of(PlannerInfo *root, Path *path, const List *exprs);
/*
 * Where a path gives columns of a table: one that gives its rows as they are, which costs less than to take columns out of them; adds the columns' numbers
 * there. NULL: it gives something else.
 */
extern Path *up_path_of_whole_rows(PlannerInfo *root, Path *path, const List *columns, List **numbers);
/* What an aggregation takes from below, without columns that only these expressions of its are made of, and the expressions. */
extern PathTarget *up_target_below(const AggPath *path, const PathTarget *below, const List *exprs);
/* A path of rel that gives target from the rows of another one, at its cost. */
extern CustomPath *up_path_above(RelOptInfo *rel, Path *path, PathTarget *target,
								 const CustomPathMethods *methods);
/* A node of these targets above the plans; the expressions are the columns that it computes targets of. */
extern CustomScan *up_scan_above(const CustomScanMethods *methods, List *tlist, List *plans, const List *exprs);

#endif
