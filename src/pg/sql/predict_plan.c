/*
 * predict_plan.c - plans in which predictions are made for blocks of rows
 *
 * A call a row brings all of a model into the processor's caches for each row: a forest of 40 MB comes from memory a million times.
 * So where a plan computes uprofile_predict and its like, a node of our own (predict_scan.c) takes their place: the plan below
 * computes what they take (each element of ARRAY[…] as a column, in whatever type of number it is, so that no array is built), the node collects a block of rows, and
 * the learner predicts them together. Scans of parallel workers do so within each worker. Columns are not copied on their way where that can
 * be helped: a scan gives whole rows, and a join of every row with every row, as with a table that holds the model, is done by the node.
 *
 * The planner asks the functions' support function to simplify a call, which loads this library before paths are made; a hook then
 * looks at the finished paths. Calls that may not be reached (in CASE and the like), plans that need not come to their end (LIMIT,
 * cursors, EXISTS: but what is below a sort or an aggregation there, which read all of it first), that lock rows or change them, or that
 * compute something volatile beside, are left as they are.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "nodes/extensible.h"
#include "nodes/nodeFuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/pathnode.h"
#include "optimizer/plancat.h"
#include "optimizer/planner.h"
#include "optimizer/tlist.h"
#include "utils/lsyscache.h"

#include "pg/module.h"
#include "pg/sql/plan_columns.h"
#include "pg/sql/plan_numbers.h"
#include "pg/sql/predict_block.h"

#define MOST_COMPARED 64   /* columns that are looked for among those before */
#define BLOCK_SHARE   0.1  /* of a call's cost that it has in a block */
#define SHARED_ROWS   1000 /* for which workers may be worth their start */

static create_upper_paths_hook_type next_hook;
static Oid support_function; /* as the planner called it last */

static Plan *plan_predict(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses,
						  List *plans);

static const CustomPathMethods path_methods = {.CustomName = "uprofile predict",
											   .PlanCustomPath = plan_predict};

PG_FUNCTION_INFO_V1(uprofile_predict_support);
Datum
uprofile_predict_support(PG_FUNCTION_ARGS)
{
	Node *request = (Node *) PG_GETARG_POINTER(0);

	/* That it is asked is all that is wanted: calls are simplified as those of any function. */
	if (IsA(request, SupportRequestSimplify))
		support_function = fcinfo->flinfo->fn_oid;
	PG_RETURN_POINTER(NULL);
}

/* ---- which calls ---- */

/* The form of a call that can be made for a block; NULL where the function was altered (SECURITY DEFINER, SET) as well. */
static const UpBlockForm *
form_of_call(Node *node)
{
	const FuncExpr *call = (const FuncExpr *) node;
	FmgrInfo info;

	if (!IsA(node, FuncExpr) || call->funcretset || list_length(call->args) < 2 || call->funcvariadic ||
		get_func_support(call->funcid) != support_function)
		return NULL;
	fmgr_info(call->funcid, &info);
	return up_block_form(info.fn_addr, list_length(call->args));
}

static bool
has_call(Node *node, void *unused)
{
	if (node == NULL)
		return false;
	return form_of_call(node) != NULL || expression_tree_walker(node, has_call, unused);
}

static bool
target_has_call(const PathTarget *target)
{
	return has_call((Node *) target->exprs, NULL);
}

typedef struct Parts
{
	List *columns; /* expressions that the plan below computes */
	List *calls;   /* FuncExpr */
} Parts;

/* Takes the calls out of an expression that evaluates all of its parts, and what it is made of beside; true: it is none of these. */
static bool
take_apart(Node *node, void *arg)
{
	Parts *parts = arg;

	if (node == NULL)
		return false;
	if (form_of_call(node) != NULL)
	{
		parts->calls = list_append_unique(parts->calls, node);
		return false;
	}
	switch (nodeTag(node))
	{
		case T_Var:
			parts->columns = list_append_unique(parts->columns, node);
			return false;
		case T_Const:
		case T_Param:
			return false;
		case T_List:
		case T_FuncExpr:
		case T_OpExpr:
		case T_DistinctExpr:
		case T_RelabelType:
		case T_CoerceViaIO:
		case T_CoerceToDomain:
		case T_NullTest:
		case T_ArrayExpr:
		case T_RowExpr:
		case T_NamedArgExpr:
			return expression_tree_walker(node, take_apart, arg);
		default:
			return true;
	}
}

/* All expressions of a target; no calls: it is left as it is. */
static Parts
parts_of_target(const PathTarget *target)
{
	Parts all = {NIL, NIL};
	ListCell *cell;

	foreach (cell, target->exprs)
	{
		Node *expr = lfirst(cell);
		Parts parts = {NIL, NIL};
		bool opaque = take_apart(expr, &parts), counts = contain_volatile_functions(expr);

		/* A sequence is asked when the row is: above. */
		if (opaque && counts)
			return (Parts){NIL, NIL};
		if (opaque || (parts.calls == NIL && !counts))
			all.columns = list_length(all.columns) <= MOST_COMPARED ? list_append_unique(all.columns, expr)
																	: lappend(all.columns, expr);
		else
		{
			all.columns = list_concat_unique(all.columns, parts.columns);
			all.calls = list_concat_unique(all.calls, parts.calls);
		}
	}
	/* What calls take would be computed ahead of the row, and once for calls that are alike. */
	if (contain_volatile_functions((Node *) all.calls))
		return (Parts){NIL, NIL};
	return all;
}

/* ---- what the plan below computes ---- */

/* The number of a column; a new one where it is not among those before. */
static int
column_of(List **columns, Node *expr)
{
	int number = up_column_number(*columns, expr, MOST_COMPARED);

	if (number >= 0)
		return number;
	*columns = lappend(*columns, expr);
	return list_length(*columns) - 1;
}

/* The columns of what a call takes, and how it is told about them. */
static List *
place_call(FuncExpr *call, List **columns)
{
	Node *model = linitial(call->args), *features = lsecond(call->args);
	Node *label = list_length(call->args) > 2 ? lthird(call->args) : NULL;
	int kind = UP_FEATURES_WHOLE, model_column = -1, label_column = -1;
	List *numbers = up_numbers_of_array(features), *places = NIL;
	ListCell *cell;

	if (numbers != NIL && list_length(*columns) + list_length(numbers) <= UP_MOST_COLUMNS)
	{
		kind = UP_FEATURES_ELEMENTS;
		foreach (cell, numbers)
			places = lappend_int(places, column_of(columns, lfirst(cell)));
	}
	else
		places = list_make1_int(column_of(columns, features));
	if (!IsA(model, Const))
		model_column = column_of(columns, model);
	if (label != NULL && !IsA(label, Const))
		label_column = column_of(columns, label);
	return up_predict_scan_call(call->funcid, kind, places, model_column, model_column < 0 ? model : NULL,
								label_column, label_column < 0 ? label : NULL);
}

/* ---- the plans below ---- */

/* The plans that give columns: which of them gives each, and its number there. */
typedef struct Below
{
	List *paths;
	List *plans;
	List *numbers;
} Below;

/* A plan that gives columns; their numbers there. */
static Path *
plan_of_columns(PlannerInfo *root, Path *path, List *columns, List **numbers)
{
	Path *whole;

	*numbers = NIL;
	if (columns == NIL)
		return path;
	whole = up_path_of_whole_rows(root, path, columns, numbers);
	if (whole != NULL)
		return whole;
	/* Beside windows, what is below has the calls as well: it need not, where they are made here. */
	if (list_length(columns) <= MOST_COMPARED && !target_has_call(path->pathtarget))
		*numbers = up_column_numbers(path->pathtarget->exprs, columns);
	if (*numbers != NIL)
		return path;
	for (int i = 0; i < list_length(columns); i++)
		*numbers = lappend_int(*numbers, i);
	return up_path_of(root, path, columns);
}

/* Whether a path is a join of every outer row with every inner one; columns that are computed are computed for all pairs of them. */
static bool
is_product(PlannerInfo *root, const Path *path, List *columns)
{
	const JoinPath *join = (const JoinPath *) path;
	Relids outer;
	ListCell *cell;

	if (!IsA(path, NestPath) || join->jointype != JOIN_INNER || join->inner_unique ||
		join->joinrestrictinfo != NIL || columns == NIL)
		return false;
	outer = join->outerjoinpath->parent->relids;
	if (bms_overlap(PATH_REQ_OUTER(join->innerjoinpath), outer))
		return false;
	foreach (cell, columns)
	{
		const Var *var = lfirst(cell);

		if (!IsA(var, Var) &&
			!bms_is_subset(pull_varnos(root, lfirst(cell)), join->innerjoinpath->parent->relids))
			return false;
	}
	return true;
}

static Below
below_product(PlannerInfo *root, const JoinPath *join, List *columns)
{
	Path *paths[2] = {join->outerjoinpath, join->innerjoinpath};
	List *of_plan[2] = {NIL, NIL}, *numbers[2];
	Below below = {NIL, NIL, NIL};
	ListCell *cell;
	int at[2] = {0, 0};

	foreach (cell, columns)
	{
		const Var *var = lfirst(cell);
		int plan = !IsA(var, Var) || !bms_is_member(var->varno, paths[0]->parent->relids);

		below.plans = lappend_int(below.plans, plan);
		of_plan[plan] = lappend(of_plan[plan], lfirst(cell));
	}
	for (int plan = 0; plan < 2; plan++)
		below.paths = lappend(below.paths, plan_of_columns(root, paths[plan], of_plan[plan], &numbers[plan]));
	foreach (cell, below.plans)
		below.numbers =
			lappend_int(below.numbers, list_nth_int(numbers[lfirst_int(cell)], at[lfirst_int(cell)]++));
	return below;
}

static Below
plans_below(PlannerInfo *root, Path *base, List *columns)
{
	Below below = {NIL, NIL, NIL};

	if (is_product(root, base, columns))
		return below_product(root, (const JoinPath *) base, columns);
	below.paths = list_make1(plan_of_columns(root, base, columns, &below.numbers));
	for (int i = 0; i < list_length(columns); i++)
		below.plans = lappend_int(below.plans, 0);
	return below;
}

/* What of its work a node may share out. Below a Gather others work already. */
static int
sharing_of(const PlannerInfo *root, const Path *path)
{
	if (path->parallel_workers > 0)
		return UP_SHARES_NOTHING;
	return root->glob->parallelModeOK && path->rows >= SHARED_ROWS ? UP_SHARES_ALL : UP_SHARES_BLOCKS;
}

/* A path that computes a target in blocks, in the place of path; base computes what it is computed of. */
static Path *
with_blocks(PlannerInfo *root, RelOptInfo *rel, Path *path, PathTarget *target, Path *base)
{
	Parts parts = parts_of_target(target);
	Below below;
	List *columns = list_copy(parts.columns), *calls = NIL;
	CustomPath *result;
	QualCost cost;
	Cost total;
	ListCell *cell;

	/* One row of no table stays an expression: PL/pgSQL knows such by their plan. */
	if (parts.calls == NIL || IsA(base, GroupResultPath))
		return path;
	cost_qual_eval(&cost, parts.calls, root);
	/* Where aggregates take them, the aggregation was charged for them. */
	total = path->total_cost +
			(BLOCK_SHARE - (target_has_call(path->pathtarget) ? 1 : 0)) * cost.per_tuple * path->rows;
	foreach (cell, parts.calls)
		calls = lappend(calls, place_call(lfirst(cell), &columns));
	if (list_length(columns) > UP_MOST_COLUMNS)
		return path;
	below = plans_below(root, base, columns);
	result = up_path_above(rel, path, target, &path_methods);
	result->path.total_cost = Max(total, path->startup_cost);
	result->custom_paths = below.paths;
	result->custom_private =
		list_make4(list_concat_copy(parts.columns, parts.calls), list_make2(below.plans, below.numbers), calls,
				   list_make1_int(sharing_of(root, path)));
	return &result->path;
}

static Plan *
plan_predict(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses, List *plans)
{
	List *places = lsecond(path->custom_private);
	int sharing = linitial_int(lfourth(path->custom_private));
	CustomScan *scan = up_scan_above(&up_predict_scan_methods, tlist, plans, linitial(path->custom_private));

	/* As of a Gather: the executor is in parallel mode while the plan is run. */
	root->glob->parallelModeNeeded |= sharing == UP_SHARES_ALL;
	scan->custom_private =
		up_predict_scan_private(linitial(places), lsecond(places), lthird(path->custom_private), sharing);
	return &scan->scan.plan;
}

/* ---- where ---- */

/* Scans and joins compute any expression of the columns that are wanted of them. */
static bool
computes_anything(const Path *path)
{
	switch (path->pathtype)
	{
		case T_SeqScan:
		case T_SampleScan:
		case T_IndexScan:
		case T_IndexOnlyScan:
		case T_BitmapHeapScan:
		case T_SubqueryScan:
		case T_FunctionScan:
		case T_ValuesScan:
		case T_CteScan:
		case T_NamedTuplestoreScan:
		case T_NestLoop:
		case T_MergeJoin:
		case T_HashJoin:
			return !IsA(path, ProjectionPath);
		default:
			return false;
	}
}

static Path *place_blocks(PlannerInfo *root, RelOptInfo *rel, Path *path, bool whole);

/* rel NULL: partitions; the columns that they are ordered by are looked for among those of the table that each path is of. */
static void
place_in_all(PlannerInfo *root, RelOptInfo *rel, List *paths, bool whole)
{
	ListCell *cell;

	foreach (cell, paths)
		lfirst(cell) =
			place_blocks(root, rel != NULL ? rel : ((Path *) lfirst(cell))->parent, lfirst(cell), whole);
}

static Path *
place_in_projection(PlannerInfo *root, RelOptInfo *rel, ProjectionPath *path, bool whole)
{
	bool below = !computes_anything(path->subpath) && target_has_call(path->subpath->pathtarget);

	if (!below && whole && target_has_call(path->path.pathtarget))
		return with_blocks(root, rel, &path->path, path->path.pathtarget, path->subpath);
	if (below || !whole)
		path->subpath = place_blocks(root, rel, path->subpath, whole);
	return &path->path;
}

/* A window's functions need all columns of what is below; calls that they take stay with them, since they may not come to every row. */
static Path *
place_in_window(PlannerInfo *root, RelOptInfo *rel, WindowAggPath *path, bool whole)
{
	if (target_has_call(path->subpath->pathtarget))
		path->subpath = place_blocks(root, rel, path->subpath, whole);
	else if (whole && target_has_call(path->path.pathtarget))
		return with_blocks(root, rel, &path->path, path->path.pathtarget, &path->path);
	return &path->path;
}

/* Calls that aggregates take for every row. */
static bool
take_of_aggregates(Node *node, void *arg)
{
	ListCell *cell;

	if (node == NULL)
		return false;
	if (!IsA(node, Aggref))
		return expression_tree_walker(node, take_of_aggregates, arg);
	foreach (cell, ((Aggref *) node)->aggfilter == NULL ? ((Aggref *) node)->args : NIL)
	{
		Parts parts = {NIL, NIL};

		if (!take_apart((Node *) lfirst_node(TargetEntry, cell)->expr, &parts))
			((Parts *) arg)->calls = list_concat_unique(((Parts *) arg)->calls, parts.calls);
	}
	return false;
}

/* What an aggregation takes is computed below it: it finds the calls among the columns there. */
static void
place_below_aggregates(PlannerInfo *root, RelOptInfo *rel, AggPath *path, bool whole)
{
	Path *below = path->subpath = place_blocks(root, rel, path->subpath, whole);
	Parts parts = {NIL, NIL};
	PathTarget *target;

	if (!whole || DO_AGGSPLIT_COMBINE(path->aggsplit) || IsA(below, CustomPath))
		return;
	take_of_aggregates((Node *) path->path.pathtarget->exprs, &parts);
	if (parts.calls == NIL)
		return;
	target = up_target_below(path, below->pathtarget, parts.calls);
	path->subpath = with_blocks(root, rel, below, target,
								IsA(below, ProjectionPath) ? ((ProjectionPath *) below)->subpath : below);
}

static bool
reads_all_first(const AggPath *path)
{
	return path->aggstrategy == AGG_PLAIN || path->aggstrategy == AGG_HASHED;
}

/* In the path below another one: what becomes cheaper there is cheaper here, before the first row (first) or with all of them. */
static void
place_below(PlannerInfo *root, RelOptInfo *rel, Path *path, Path **below, bool first, bool whole)
{
	Cost total = (*below)->total_cost, startup = (*below)->startup_cost;

	*below = place_blocks(root, rel, *below, whole);
	total -= (*below)->total_cost;
	startup -= (*below)->startup_cost;
	path->startup_cost -= first ? total : startup;
	path->total_cost -= IsA(path, LimitPath) ? startup : total;
}

/* The path, or one that makes its predictions in blocks; whole: all of its rows are asked for. */
static Path *
place_blocks(PlannerInfo *root, RelOptInfo *rel, Path *path, bool whole)
{
	if (computes_anything(path))
		return whole && target_has_call(path->pathtarget) ? with_blocks(root, rel, path, path->pathtarget, path)
														  : path;
	switch (nodeTag(path))
	{
		case T_ProjectionPath:
			return place_in_projection(root, rel, (ProjectionPath *) path, whole);
		case T_WindowAggPath:
			return place_in_window(root, rel, (WindowAggPath *) path, whole);
		case T_GatherPath:
			place_below(root, rel, path, &((GatherPath *) path)->subpath, false, whole);
			break;
		case T_GatherMergePath:
			place_below(root, rel, path, &((GatherMergePath *) path)->subpath, false, whole);
			break;
		case T_SortPath:
			place_below(root, rel, path, &((SortPath *) path)->subpath, true, true);
			break;
		case T_IncrementalSortPath:
			place_below(root, rel, path, &((SortPath *) path)->subpath, false, whole);
			break;
		case T_AggPath:
			place_below_aggregates(root, rel, (AggPath *) path, whole || reads_all_first((AggPath *) path));
			break;
		case T_LimitPath:
			place_below(root, rel, path, &((LimitPath *) path)->subpath, false, false);
			break;
		case T_ModifyTablePath:
			place_below(root, rel, path, &((ModifyTablePath *) path)->subpath, false, whole);
			break;
		case T_AppendPath:
			place_in_all(root, NULL, ((AppendPath *) path)->subpaths, whole);
			break;
		case T_MergeAppendPath:
			place_in_all(root, NULL, ((MergeAppendPath *) path)->subpaths, whole);
			break;
		default:
			break;
	}
	return path;
}

static bool
may_change(const PlannerInfo *root)
{
	const Query *query = root->parse;

	return (query->commandType != CMD_SELECT && query->commandType != CMD_INSERT) || query->rowMarks != NIL;
}

/*
 * Whether a query, and whoever asks it, only reads rows, and nothing in the whole statement does or sees something in between. What is
 * volatile anywhere in it might.
 */
static bool
reads_alone(PlannerInfo *root)
{
	PlannerInfo *top = root;
	ListCell *cell;

	if (root->parse->hasTargetSRFs || may_change(root))
		return false;
	for (; top->parent_root != NULL; top = top->parent_root)
	{
		if (may_change(top->parent_root))
			return false;
	}
	/* Queries that have become parts of expressions are in no query any more. */
	foreach (cell, root->glob->subroots)
	{
		if (contain_volatile_functions_not_nextval((Node *) lfirst_node(PlannerInfo, cell)->parse))
			return false;
	}
	return !contain_volatile_functions_not_nextval((Node *) root->processed_tlist) &&
		   !contain_volatile_functions_not_nextval((Node *) root->parse) &&
		   !contain_volatile_functions_not_nextval((Node *) top->parse);
}

/* Whether all rows of a query are read (what of it was planned at all: joins and cursors are looked at when the plan runs). */
static bool
reads_on(const PlannerInfo *root)
{
	for (; root != NULL; root = root->parent_root)
	{
		if (root->parse->limitCount != NULL || root->tuple_fraction > 0)
			return false;
	}
	return true;
}

static void
look_at_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input, RelOptInfo *output, void *extra)
{
	bool whole;

	if (next_hook != NULL)
		next_hook(root, stage, input, output, extra);
	if (stage != UPPERREL_FINAL || !OidIsValid(support_function) || !up_block_predictions ||
		!has_call((Node *) root->processed_tlist, NULL) || !reads_alone(root))
		return;
	whole = reads_on(root);
	place_in_all(root, output, output->pathlist, whole);
	place_in_all(root, output, output->partial_pathlist, whole);
}

void
up_predict_init(void)
{
	up_predict_scan_init();
	up_predict_whole_init();
	next_hook = create_upper_paths_hook;
	create_upper_paths_hook = look_at_paths;
}
