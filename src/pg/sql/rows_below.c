/*
 * rows_below.c - how many rows an aggregation is going to be given; see rows_below.h
 *
 * What the planner expects rests on statistics, which a mass deletion leaves far too high: it says whether to count, and what is refused
 * rests on the count, one more scan of the table.
 */
#include "postgres.h"

#include "access/tableam.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/rel.h"

#include "base/platform.h"
#include "pg/sql/array_plan.h"
#include "pg/sql/rows_below.h"

struct UpRowsBelow
{
	const Aggref *call;
	const PlanState *below;
	ScanState *scan;
};

/* What hands on all rows that it gets stands between an aggregation and its scan. */
static PlanState *
find_scan(PlanState *node)
{
	for (;;)
	{
		if (IsA(node, GatherState) || IsA(node, GatherMergeState) || IsA(node, SortState))
			node = outerPlanState(node);
		else if (up_arrays_below(node) != NULL)
			node = up_arrays_below(node);
		else
			return IsA(node, SeqScanState) && node->plan->qual == NIL ? node : NULL;
	}
}

UpRowsBelow *
up_rows_below(FunctionCallInfo fcinfo)
{
	const AggState *a = (const AggState *) fcinfo->context;
	UpRowsBelow *b = palloc0(sizeof(UpRowsBelow));
	PlanState *scan;

	if (a == NULL || !IsA(a, AggState) || a->aggstrategy != AGG_PLAIN || DO_AGGSPLIT_COMBINE(a->aggsplit))
		return NULL;
	b->call = AggGetAggref(fcinfo);
	b->below = outerPlanState(a);
	scan = find_scan(outerPlanState(a));
	if (b->call == NULL || b->call->aggfilter != NULL || b->call->aggdistinct != NIL || scan == NULL)
		return NULL;
	b->scan = (ScanState *) scan;
	return b;
}

double
up_rows_below_expected(const UpRowsBelow *b)
{
	BlockNumber blocks;
	double rows, all_visible;

	table_relation_estimate_size(b->scan->ss_currentRelation, NULL, &blocks, &rows, &all_visible);
	return rows;
}

/* ---- arguments ---- */

/* An expression over the rows of a plan as one over the table's columns. */
static Node *
over_table(Node *node, void *below)
{
	Plan *plan = below;
	const Var *v = (const Var *) node;

	if (node == NULL || !IsA(node, Var) || (v->varno != OUTER_VAR && v->varno != INDEX_VAR))
		return expression_tree_mutator(node, over_table, below);
	if (v->varno == INDEX_VAR)
		return (Node *) get_tle_by_resno(((CustomScan *) plan)->custom_scan_tlist, v->varattno)->expr;
	return over_table((Node *) get_tle_by_resno(plan->targetlist, v->varattno)->expr,
					  IsA(plan, CustomScan) ? plan : outerPlan(plan));
}

static bool
needs_a_plan(Node *node, void *context)
{
	if (node == NULL)
		return false;
	return IsA(node, Param) || IsA(node, SubPlan) || IsA(node, AlternativeSubPlan) ||
		   expression_tree_walker(node, needs_a_plan, context);
}

static bool
is_never_null(const Node *e)
{
	return IsA(e, ArrayExpr) || IsA(e, RowExpr) || (IsA(e, Var) && ((const Var *) e)->varattno == 0);
}

/* The arguments that may be NULL, ready to be evaluated; false: they cannot be. */
static bool
prepare_arguments(const UpRowsBelow *b, List **arguments)
{
	ListCell *cell;

	*arguments = NIL;
	foreach (cell, b->call->args)
	{
		Node *e = over_table((Node *) lfirst_node(TargetEntry, cell)->expr, b->below->plan);

		if (is_never_null(e) || IsA(e, Const))
			continue;
		if (needs_a_plan(e, NULL) || contain_volatile_functions(e))
			return false;
		*arguments = lappend(*arguments, ExecInitExpr((Expr *) e, NULL));
	}
	return true;
}

/* Whether the row that the context has would be collected. */
static bool
is_complete(List *arguments, const UpRowReader *reader, ExprContext *context)
{
	ListCell *cell;
	bool isnull = false;

	foreach (cell, arguments)
	{
		(void) ExecEvalExpr((ExprState *) lfirst(cell), context, &isnull);
		if (isnull)
			return false;
	}
	return reader == NULL || up_row_reader_has_label(reader, context->ecxt_scantuple);
}

/* Whether the rows that the reader has are those of the table. */
static bool
reads_table(const UpRowsBelow *b)
{
	const Node *e = over_table((Node *) linitial_node(TargetEntry, b->call->args)->expr, b->below->plan);

	return IsA(e, Var) && ((const Var *) e)->varattno == 0;
}

double
up_rows_below_count(const UpRowsBelow *b, const UpRowReader *reader)
{
	EState *estate = b->scan->ps.state;
	Relation table = b->scan->ss_currentRelation;
	TupleTableSlot *row;
	TableScanDesc scan;
	ExprContext *context;
	MemoryContext outer;
	List *arguments;
	double n = 0;

	if (!prepare_arguments(b, &arguments) || (reader != NULL && !reads_table(b)))
		return -1;
	context = CreateExprContext(estate);
	row = context->ecxt_scantuple = table_slot_create(table, NULL);
	scan = table_beginscan(table, estate->es_snapshot, 0, NULL);
	outer = MemoryContextSwitchTo(context->ecxt_per_tuple_memory);
	while (table_scan_getnextslot(scan, ForwardScanDirection, row))
	{
		up_tick();
		n += is_complete(arguments, reader, context);
		ResetExprContext(context);
	}
	MemoryContextSwitchTo(outer);
	table_endscan(scan);
	ExecDropSingleTupleTableSlot(row);
	FreeExprContext(context, true);
	return n;
}
