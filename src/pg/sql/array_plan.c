/*
 * array_plan.c - plans in which the arrays that learning aggregates take are laid out by a node of our own
 *
 * An ARRAY[a, b, …] in an aggregate's arguments is built by the server element by element into new memory, which takes longer than to
 * learn from it where the learner keeps sums (20 elements: 200 ns; the node: 50, or 15 where they stand beside each other in tuples); longer still
 * of integers or numerics, since it is then built again as one of double precision (10 of them: 250 and 950 ns; the node: 10 and 100). So where all
 * elements are columns of the plan below, the node stands between that and the aggregation: it hands on the columns that are wanted beside, and each
 * array, whose memory is the same for all rows. The aggregation then finds the expression among its columns.
 *
 * Calls that need not be made for each row (FILTER), or whose rows are put in another order first, are left as they are.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "executor/executor.h"
#include "fmgr.h"
#include "nodes/extensible.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/cost.h"
#include "optimizer/optimizer.h"
#include "optimizer/planner.h"
#include "optimizer/tlist.h"
#include "utils/array.h"

#include "pg/module.h"
#include "pg/sql/array_plan.h"
#include "pg/sql/learn_transitions.h"
#include "pg/sql/number_columns.h"
#include "pg/sql/plan_columns.h"
#include "pg/sql/plan_numbers.h"
#include "pg/sql/vectors.h"

static create_upper_paths_hook_type next_hook;

static Plan *plan_arrays(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses,
						 List *plans);
static Node *create_state(CustomScan *scan);
static void begin_scan(CustomScanState *node, EState *estate, int flags);
static TupleTableSlot *next_tuple(CustomScanState *node);
static void end_scan(CustomScanState *node);
static void rescan(CustomScanState *node);

static const CustomPathMethods path_methods = {.CustomName = "uprofile arrays", .PlanCustomPath = plan_arrays};
static const CustomScanMethods scan_methods = {.CustomName = "uprofile arrays",
											   .CreateCustomScanState = create_state};
static const CustomExecMethods exec_methods = {.CustomName = "uprofile arrays",
											   .BeginCustomScan = begin_scan,
											   .ExecCustomScan = next_tuple,
											   .EndCustomScan = end_scan,
											   .ReScanCustomScan = rescan};

/* ---- which arrays ---- */

typedef struct Search
{
	PlannerInfo *root;
	const List *columns; /* of the plan below */
	List *arrays;        /* found so far */
} Search;

/* The columns that an array is made of; NIL: the server makes it. */
static List *
columns_of_array(Node *array, const List *columns)
{
	List *numbers = up_numbers_of_array(array);
	ListCell *cell;

	if (list_member(columns, array))
		return NIL;
	foreach (cell, numbers)
	{
		if (!IsA(lfirst(cell), Var))
			return NIL;
	}
	return numbers;
}

static bool
learns(const Search *search, const Aggref *call)
{
	const AggTransInfo *transition = list_nth(search->root->aggtransinfos, call->aggtransno);
	FmgrInfo info;

	if (call->aggfilter != NULL || call->aggorder != NIL || call->aggdistinct != NIL)
		return false;
	fmgr_info(transition->transfn_oid, &info);
	return up_learns_from_array(info.fn_addr);
}

static bool
find_arrays(Node *node, void *arg)
{
	Search *search = arg;
	ListCell *cell;

	if (node == NULL)
		return false;
	if (!IsA(node, Aggref))
		return expression_tree_walker(node, find_arrays, arg);
	foreach (cell, ((Aggref *) node)->args)
	{
		Node *argument = (Node *) lfirst_node(TargetEntry, cell)->expr;

		if (up_column_numbers(search->columns, columns_of_array(argument, search->columns)) != NIL &&
			learns(search, (Aggref *) node))
			search->arrays = list_append_unique(search->arrays, argument);
	}
	return false;
}

/* ---- paths and plans ---- */

/* The numbers of expressions among the columns that a path gives, by the numbers that these have in the plan. */
static List *
numbers_in_plan(const Path *path, const List *exprs, const List *in_plan)
{
	List *numbers = up_column_numbers(path->pathtarget->exprs, exprs);
	ListCell *cell;

	foreach (cell, in_plan != NIL ? numbers : NIL)
		lfirst_int(cell) = list_nth_int(in_plan, lfirst_int(cell));
	return numbers;
}

/* A path that gives an aggregation what it takes of this one, and the arrays. */
static Path *
with_arrays(PlannerInfo *root, const AggPath *above, Path *path, List *arrays)
{
	PathTarget *target = up_target_below(above, path->pathtarget, arrays);
	List *in_plan = NIL, *columns, *elements = NIL;
	Path *whole = up_path_of_whole_rows(root, path, path->pathtarget->exprs, &in_plan);
	CustomPath *result;
	ListCell *cell;

	columns = list_truncate(list_copy(target->exprs), list_length(target->exprs) - list_length(arrays));
	foreach (cell, arrays)
		elements = lappend(elements, numbers_in_plan(path, up_numbers_of_array(lfirst(cell)), in_plan));
	set_pathtarget_cost_width(root, target);
	result = up_path_above(path->parent, path, target, &path_methods);
	if (whole != NULL)
		result->custom_paths = list_make1(whole);
	result->custom_private = list_make3(target->exprs, numbers_in_plan(path, columns, in_plan), elements);
	return &result->path;
}

static Plan *
plan_arrays(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses, List *plans)
{
	CustomScan *scan = up_scan_above(&scan_methods, tlist, plans, linitial(path->custom_private));

	scan->custom_private = list_make2(lsecond(path->custom_private), lthird(path->custom_private));
	return &scan->scan.plan;
}

static void
place_below_aggregates(PlannerInfo *root, AggPath *path)
{
	Search search = {.root = root, .columns = path->subpath->pathtarget->exprs};

	if (DO_AGGSPLIT_COMBINE(path->aggsplit))
		return;
	if (list_length(search.columns) <= UP_MOST_COLUMNS)
		find_arrays((Node *) path->path.pathtarget->exprs, &search);
	if (search.arrays != NIL)
		path->subpath = with_arrays(root, path, path->subpath, search.arrays);
}

/* In the aggregations of a path, which may be made in two steps. */
static void
place_arrays(PlannerInfo *root, Path *path)
{
	switch (nodeTag(path))
	{
		case T_AggPath:
			place_below_aggregates(root, (AggPath *) path);
			place_arrays(root, ((AggPath *) path)->subpath);
			break;
		case T_GatherPath:
			place_arrays(root, ((GatherPath *) path)->subpath);
			break;
		case T_GatherMergePath:
			place_arrays(root, ((GatherMergePath *) path)->subpath);
			break;
		case T_SortPath:
			place_arrays(root, ((SortPath *) path)->subpath);
			break;
		default:
			break;
	}
}

static void
look_at_paths(PlannerInfo *root, UpperRelationKind stage, RelOptInfo *input, RelOptInfo *output, void *extra)
{
	ListCell *cell;

	if (next_hook != NULL)
		next_hook(root, stage, input, output, extra);
	if (stage != UPPERREL_GROUP_AGG || !root->parse->hasAggs)
		return;
	foreach (cell, output->pathlist)
		place_arrays(root, lfirst(cell));
}

/* ---- rows ---- */

typedef struct Laid
{
	UpNumbers numbers; /* below */
	ArrayType *array;
} Laid;

typedef struct ArrayScan
{
	CustomScanState css;
	int n_columns; /* handed on */
	int *columns;  /* below, of each of them */
	int n_arrays;
	Laid *arrays;
	UpAskedColumns asked; /* below */
} ArrayScan;

static Node *
create_state(CustomScan *scan)
{
	ArrayScan *state = (ArrayScan *) newNode(sizeof(ArrayScan), T_CustomScanState);

	state->css.methods = &exec_methods;
	return (Node *) state;
}

static void
begin_columns(ArrayScan *state, const List *numbers)
{
	ListCell *cell;

	state->n_columns = list_length(numbers);
	state->columns = palloc(sizeof(int) * Max(state->n_columns, 1));
	foreach (cell, numbers)
	{
		state->columns[foreach_current_index(cell)] = lfirst_int(cell);
		up_ask_column(&state->asked, lfirst_int(cell), false);
	}
}

static void
begin_array(ArrayScan *state, Laid *laid, const List *numbers, TupleDesc below)
{
	int n = list_length(numbers);
	UpPlace *places = palloc0(sizeof(UpPlace) * n);
	ListCell *cell;

	foreach (cell, numbers)
		places[foreach_current_index(cell)].number = lfirst_int(cell);
	up_numbers_begin(&laid->numbers, places, n, &below, &state->asked);
	laid->array = up_vector_new(n);
	pfree(places);
}

static void
begin_scan(CustomScanState *node, EState *estate, int flags)
{
	ArrayScan *state = (ArrayScan *) node;
	CustomScan *scan = (CustomScan *) node->ss.ps.plan;
	PlanState *below = ExecInitNode(linitial(scan->custom_plans), estate, flags);
	List *arrays = lsecond(scan->custom_private);
	ListCell *cell;

	node->custom_ps = list_make1(below);
	begin_columns(state, linitial(scan->custom_private));
	state->arrays = palloc(sizeof(Laid) * list_length(arrays));
	foreach (cell, arrays)
		begin_array(state, &state->arrays[state->n_arrays++], lfirst(cell), ExecGetResultType(below));
}

static void
end_scan(CustomScanState *node)
{
	ExecEndNode(linitial(node->custom_ps));
}

static void
rescan(CustomScanState *node)
{
	PlanState *below = linitial(node->custom_ps);

	if (node->ss.ps.chgParam != NULL)
		UpdateChangedParamSet(below, node->ss.ps.chgParam);
	if (below->chgParam == NULL)
		ExecReScan(below);
}

static Datum
lay_out(const Laid *laid, TupleTableSlot *slot, const char *data)
{
	if (up_numbers_read(&laid->numbers, &slot, &data, (double *) ARR_DATA_PTR(laid->array)))
		return PointerGetDatum(laid->array);
	return PointerGetDatum(up_numbers_array(&laid->numbers, &slot));
}

/* The columns that are handed on, and the arrays, of a row of the plan below. */
static void
fill(const ArrayScan *state, TupleTableSlot *slot, TupleTableSlot *from)
{
	const char *data = up_take_apart(&state->asked, from);

	for (int i = 0; i < state->n_columns; i++)
	{
		slot->tts_values[i] = from->tts_values[state->columns[i]];
		slot->tts_isnull[i] = from->tts_isnull[state->columns[i]];
	}
	for (int i = 0; i < state->n_arrays; i++)
	{
		slot->tts_values[state->n_columns + i] = lay_out(&state->arrays[i], from, data);
		slot->tts_isnull[state->n_columns + i] = false;
	}
}

static TupleTableSlot *
next_tuple(CustomScanState *node)
{
	ArrayScan *state = (ArrayScan *) node;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	ProjectionInfo *projection = node->ss.ps.ps_ProjInfo;
	ExprContext *econtext = node->ss.ps.ps_ExprContext;
	TupleTableSlot *from = ExecProcNode(linitial(node->custom_ps));
	MemoryContext outer;

	ExecClearTuple(slot);
	if (TupIsNull(from))
		return projection != NULL ? ExecClearTuple(projection->pi_state.resultslot) : slot;
	ResetExprContext(econtext);
	outer = MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	fill(state, slot, from);
	MemoryContextSwitchTo(outer);
	ExecStoreVirtualTuple(slot);
	if (projection == NULL)
		return slot;
	econtext->ecxt_scantuple = slot;
	return ExecProject(projection);
}

PlanState *
up_arrays_below(PlanState *node)
{
	if (IsA(node, CustomScanState) && ((CustomScanState *) node)->methods == &exec_methods)
		return linitial(((CustomScanState *) node)->custom_ps);
	return NULL;
}

void
up_arrays_init(void)
{
	RegisterCustomScanMethods(&scan_methods);
	next_hook = create_upper_paths_hook;
	create_upper_paths_hook = look_at_paths;
}
