/*
 * rows_below.c - how many rows an aggregation is going to be given; see rows_below.h
 *
 * What the planner expects rests on statistics, which a mass deletion leaves far too high: it says whether to count, and what is refused
 * rests on the count, one more scan of the table, or of each partition.
 */
#include "postgres.h"

#include "access/attmap.h"
#include "access/tableam.h"
#include "executor/executor.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/optimizer.h"
#include "parser/parsetree.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "base/platform.h"
#include "pg/servers.h"
#include "pg/sql/array_plan.h"
#include "pg/sql/rows_below.h"

struct UpRowsBelow
{
	const Aggref *call;
	List *tables; /* of Scanned */
};

/* A table that is scanned, and how its rows come to the aggregation. */
typedef struct Scanned
{
	ScanState *scan;
	List *plans; /* from the one below the aggregation to the scan */
} Scanned;

/* What hands on all rows that it gets stands between an aggregation and its scans. False: it is not only such. */
static bool
find_scans(PlanState *node, List *plans, List **found)
{
	Scanned *scanned;

	plans = lappend(list_copy(plans), node->plan);
	if (IsA(node, AppendState))
	{
		AppendState *all = (AppendState *) node;

		/* Some that the plan names are left out when it runs. */
		if (all->as_prune_state != NULL)
			return false;
		for (int i = 0; i < all->as_nplans; i++)
		{
			if (!find_scans(all->appendplans[i], plans, found))
				return false;
		}
		return true;
	}
	if (IsA(node, GatherState) || IsA(node, GatherMergeState) || IsA(node, SortState))
		return find_scans(outerPlanState(node), plans, found);
	if (up_arrays_below(node) != NULL)
		return find_scans(up_arrays_below(node), plans, found);
	if (!IsA(node, SeqScanState) || node->plan->qual != NIL)
		return false;
	scanned = palloc(sizeof(Scanned));
	*scanned = (Scanned){(ScanState *) node, plans};
	*found = lappend(*found, scanned);
	return true;
}

UpRowsBelow *
up_rows_below(FunctionCallInfo fcinfo)
{
	const AggState *a = (const AggState *) fcinfo->context;
	UpRowsBelow *b = palloc0(sizeof(UpRowsBelow));

	if (a == NULL || !IsA(a, AggState) || a->aggstrategy != AGG_PLAIN || DO_AGGSPLIT_COMBINE(a->aggsplit))
		return NULL;
	b->call = AggGetAggref(fcinfo);
	if (b->call == NULL || b->call->aggfilter != NULL || b->call->aggdistinct != NIL ||
		!find_scans(outerPlanState(a), NIL, &b->tables))
		return NULL;
	return b;
}

double
up_rows_below_expected(const UpRowsBelow *b)
{
	double sum = 0;
	ListCell *cell;

	foreach (cell, b->tables)
	{
		const Scanned *s = lfirst(cell);
		BlockNumber blocks;
		double rows, all_visible;

		table_relation_estimate_size(s->scan->ss_currentRelation, NULL, &blocks, &rows, &all_visible);
		sum += rows;
	}
	return sum;
}

/* ---- arguments ---- */

/* A place among the plans that rows come through; at is where an expression's rows come from. */
typedef struct Place
{
	const List *plans;
	int at;
} Place;

/* An expression over the rows of a plan as one over the table's columns. */
static Node *
over_table(Node *node, void *place)
{
	const Place *p = place;
	const Var *v = (const Var *) node;
	Place below = *p;
	Plan *plan;

	if (node == NULL || !IsA(node, Var) || (v->varno != OUTER_VAR && v->varno != INDEX_VAR))
		return expression_tree_mutator(node, over_table, place);
	plan = list_nth(p->plans, p->at);
	if (v->varno == INDEX_VAR)
		return (Node *) get_tle_by_resno(((CustomScan *) plan)->custom_scan_tlist, v->varattno)->expr;
	below.at += !IsA(plan, CustomScan) && p->at + 1 < list_length(p->plans);
	return over_table((Node *) get_tle_by_resno(plan->targetlist, v->varattno)->expr, &below);
}

static bool
is_of_scan(const Scanned *s, const Var *v)
{
	return v->varno == (int) ((const Scan *) s->scan->ps.plan)->scanrelid;
}

/* The number that a column of the scan's parent has in the partition. */
static AttrNumber
column_of_partition(const Scanned *s, const Var *v)
{
	Oid parent = rt_fetch(v->varno, s->scan->ps.state->es_range_table)->relid;
	char *name = get_attname(parent, v->varattno, false);
	AttrNumber number = get_attnum(RelationGetRelid(s->scan->ss_currentRelation), name);

	pfree(name);
	return number;
}

/* A node of ours above the partitions speaks of the parent's columns. */
static Node *
over_partition(Node *node, void *scanned)
{
	Var *v;

	if (node == NULL || !IsA(node, Var) || is_of_scan(scanned, (const Var *) node) ||
		((const Var *) node)->varattno <= 0)
		return expression_tree_mutator(node, over_partition, scanned);
	v = copyObjectImpl(node);
	v->varattno = column_of_partition(scanned, v);
	return (Node *) v;
}

static Node *
argument_over(const Scanned *s, const TargetEntry *argument)
{
	Place top = {s->plans, 0};

	return over_partition(over_table((Node *) argument->expr, &top), unconstify(Scanned *, s));
}

/* A whole row; that of a partition is given as one of its parent's. */
static bool
is_whole_row(const Node *e)
{
	if (IsA(e, ConvertRowtypeExpr))
		e = (const Node *) ((const ConvertRowtypeExpr *) e)->arg;
	return IsA(e, Var) && ((const Var *) e)->varattno == 0;
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
	if (IsA(e, ArrayCoerceExpr))
		e = (const Node *) ((const ArrayCoerceExpr *) e)->arg;
	return IsA(e, ArrayExpr) || IsA(e, RowExpr) || is_whole_row(e);
}

/* The arguments that may be NULL, ready to be evaluated; false: they cannot be. */
static bool
prepare_arguments(const UpRowsBelow *b, const Scanned *s, List **arguments)
{
	ListCell *cell;

	*arguments = NIL;
	foreach (cell, b->call->args)
	{
		Node *e = argument_over(s, lfirst_node(TargetEntry, cell));

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

/* Whether the rows that the reader has are those of the table, column by column. */
static bool
reads_table(const UpRowsBelow *b, const Scanned *s)
{
	const Node *e = argument_over(s, linitial_node(TargetEntry, b->call->args));
	TupleDesc parent;
	AttrMap *other;

	if (!is_whole_row(e))
		return false;
	if (IsA(e, Var))
		return is_of_scan(s, (const Var *) e);
	parent = lookup_rowtype_tupdesc(((const ConvertRowtypeExpr *) e)->resulttype, -1);
	other = build_attrmap_by_name_if_req(RelationGetDescr(s->scan->ss_currentRelation), parent
#if PG_VERSION_NUM >= 160000
										 ,
										 false
#endif
	);
	ReleaseTupleDesc(parent);
	return other == NULL;
}

/* Of one of the tables. */
static double
count_rows(const UpRowsBelow *b, const Scanned *s, const UpRowReader *reader)
{
	EState *estate = s->scan->ps.state;
	Relation table = s->scan->ss_currentRelation;
	TupleTableSlot *row;
	TableScanDesc scan;
	ExprContext *context;
	MemoryContext outer;
	List *arguments;
	double n = 0;

	if (!prepare_arguments(b, s, &arguments) || (reader != NULL && !reads_table(b, s)))
		return -1;
	context = CreateExprContext(estate);
	row = context->ecxt_scantuple = table_slot_create(table, NULL);
	scan = up_table_scan(table, estate->es_snapshot);
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

double
up_rows_below_count(const UpRowsBelow *b, const UpRowReader *reader)
{
	double sum = 0;
	ListCell *cell;

	foreach (cell, b->tables)
	{
		double n = count_rows(b, lfirst(cell), reader);

		if (n < 0)
			return -1;
		sum += n;
	}
	return sum;
}
