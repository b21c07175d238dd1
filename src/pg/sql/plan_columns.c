/*
 * plan_columns.c - paths and nodes of our own above others, and where the columns below hold expressions; see plan_columns.h
 */
#include "postgres.h"

#include "nodes/makefuncs.h"

#include "pg/sql/plan_columns.h"

int
up_column_number(const List *columns, const void *expr, int most)
{
	ListCell *cell;

	foreach (cell, columns)
	{
		if (foreach_current_index(cell) == most)
			break;
		if (equal(lfirst(cell), expr))
			return foreach_current_index(cell);
	}
	return -1;
}

List *
up_column_numbers(const List *columns, const List *exprs)
{
	List *numbers = NIL;
	ListCell *cell;

	foreach (cell, exprs)
	{
		int number = up_column_number(columns, lfirst(cell), list_length(columns));

		if (number < 0)
			return NIL;
		numbers = lappend_int(numbers, number);
	}
	return numbers;
}

CustomPath *
up_path_above(RelOptInfo *rel, Path *path, PathTarget *target, const CustomPathMethods *methods)
{
	CustomPath *result = makeNode(CustomPath);

	result->path = (Path){.type = T_CustomPath,
						  .pathtype = T_CustomScan,
						  .parent = rel,
						  .pathtarget = target,
						  .parallel_safe = path->parallel_safe,
						  .parallel_workers = path->parallel_workers,
						  .rows = path->rows,
						  .startup_cost = path->startup_cost,
						  .total_cost = path->total_cost,
						  .pathkeys = path->pathkeys};
#if PG_VERSION_NUM >= 180000
	result->path.disabled_nodes = path->disabled_nodes;
#endif
	result->methods = methods;
	result->custom_paths = list_make1(path);
	return result;
}

CustomScan *
up_scan_above(const CustomScanMethods *methods, List *tlist, List *plans, const List *exprs)
{
	CustomScan *scan = makeNode(CustomScan);
	ListCell *cell;

	scan->methods = methods;
	scan->scan.plan.targetlist = tlist;
	scan->custom_plans = plans;
	foreach (cell, exprs)
		scan->custom_scan_tlist =
			lappend(scan->custom_scan_tlist,
					makeTargetEntry(lfirst(cell), (AttrNumber) (foreach_current_index(cell) + 1), NULL, false));
	return scan;
}
