/*
 * plan_columns.c - paths of our own above others, and where the columns below hold expressions; see plan_columns.h
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
up_path_above(RelOptInfo *rel, const Path *path, PathTarget *target, const CustomPathMethods *methods)
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
	return result;
}

List *
up_scan_columns(const List *exprs)
{
	List *columns = NIL;
	ListCell *cell;

	foreach (cell, exprs)
		columns = lappend(columns, makeTargetEntry(lfirst(cell), (AttrNumber) (foreach_current_index(cell) + 1),
												   NULL, false));
	return columns;
}
