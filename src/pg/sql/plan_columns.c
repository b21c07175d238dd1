/*
 * plan_columns.c - paths and nodes of our own above others, and where the columns below hold expressions; see plan_columns.h
 */
#include "postgres.h"

#include "nodes/makefuncs.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/pathnode.h"
#include "optimizer/plancat.h"
#include "optimizer/tlist.h"

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

/* Whether columns are those of a table, by a scan whose slot holds its rows as they are. */
static bool
are_of_table(const Path *path, const List *columns)
{
	const RelOptInfo *rel = path->parent;
	ListCell *cell;

	if (rel->rtekind != RTE_RELATION || (path->pathtype != T_SeqScan && path->pathtype != T_SampleScan &&
										 path->pathtype != T_IndexScan && path->pathtype != T_BitmapHeapScan))
		return false;
	foreach (cell, columns)
	{
		const Var *var = lfirst(cell);

		if (!IsA(var, Var) || var->varno != rel->relid || var->varattno <= 0 || var->varlevelsup > 0)
			return false;
	}
	return true;
}

Path *
up_path_of(PlannerInfo *root, Path *path, const List *exprs)
{
	PathTarget *target = create_empty_pathtarget();
	ListCell *cell;

	foreach (cell, exprs)
		add_column_to_pathtarget(target, lfirst(cell), 0);
	return (Path *) create_projection_path(root, path->parent, path, set_pathtarget_cost_width(root, target));
}

Path *
up_path_of_whole_rows(PlannerInfo *root, Path *path, const List *columns, List **numbers)
{
	List *whole = are_of_table(path, columns) ? build_physical_tlist(root, path->parent) : NIL;
	ListCell *cell;

	if (whole == NIL)
		return NULL;
	foreach (cell, columns)
		*numbers = lappend_int(*numbers, ((const Var *) lfirst(cell))->varattno - 1);
	return up_path_of(root, path, get_tlist_exprs(whole, true));
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

typedef struct Wanted
{
	const List *exprs;
	List *vars;
} Wanted;

/* Columns that are wanted beside these expressions. */
static bool
vars_beside(Node *node, void *arg)
{
	Wanted *w = arg;

	if (node == NULL || list_member(w->exprs, node))
		return false;
	if (IsA(node, Var))
		w->vars = list_append_unique(w->vars, node);
	return expression_tree_walker(node, vars_beside, arg);
}

PathTarget *
up_target_below(const AggPath *path, const PathTarget *below, const List *exprs)
{
	PathTarget *target = create_empty_pathtarget();
	Wanted w = {exprs, NIL};
	ListCell *cell;

	vars_beside((Node *) path->path.pathtarget->exprs, &w);
	vars_beside((Node *) path->qual, &w);
	foreach (cell, below->exprs)
	{
		Index ref = get_pathtarget_sortgroupref(below, foreach_current_index(cell));

		if (ref != 0 || !IsA(lfirst(cell), Var) || list_member(w.vars, lfirst(cell)))
			add_column_to_pathtarget(target, lfirst(cell), ref);
	}
	foreach (cell, exprs)
		add_column_to_pathtarget(target, lfirst(cell), 0);
	return target;
}
