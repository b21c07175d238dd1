/*
 * predict_whole.c - which of a plan's nodes (predict_scan.c) may read ahead; and what a run of a plan that has such is told: whether it is in parallel
 * mode for them alone, and that a table created of its rows is written many at a time
 *
 * A block of rows is read before the first of them is asked for. Where the others never are, an error in one of them would be raised
 * that nobody asked for, so a node reads ahead only where all of its rows will be asked for: by the nodes above it (a join by merging
 * and a semi-join may stop before the end, LIMIT does), and by whoever runs the plan (a cursor, a loop in PL/pgSQL and a function in SQL
 * ask for some rows at a time). The first is seen when a plan is made ready, the second when it is run.
 */
#include "postgres.h"

#include "access/xact.h"
#include "executor/execdesc.h"
#include "executor/executor.h"
#include "nodes/execnodes.h"
#include "nodes/extensible.h"
#include "nodes/nodeFuncs.h"

#include "pg/io/table_receiver.h"
#include "pg/large_memory.h"
#include "pg/sql/predict_block.h"

static ExecutorStart_hook_type next_start;
static ExecutorRun_hook_type next_run;
static uint64 wanted; /* rows that this run of the executor asks for; 0: all */
static bool alone;    /* it is in parallel mode, and has no workers of the executor's */

typedef struct Look
{
	List *whole, *part; /* CTEs that were looked at so */
	/* Hash joins above that ask for one row, and for the others once they have found rows on the other side. */
	List *joins;
} Look;

static void look_at(Look *look, PlanState *node, bool whole);

/* A CTE's rows are asked for by all that scan it. */
static void
look_at_cte(Look *look, PlanState *node, bool whole)
{
	if (list_member_ptr(look->part, node) || (whole && list_member_ptr(look->whole, node)))
		return;
	if (whole)
		look->whole = lappend(look->whole, node);
	else
		look->part = lappend(look->part, node);
	look_at(look, node, whole);
}

static void
look_at_subplans(Look *look, List *subplans)
{
	ListCell *cell;

	foreach (cell, subplans)
	{
		SubPlanState *state = lfirst(cell);

		if (state->subplan->subLinkType != CTE_SUBLINK)
			look_at(look, state->planstate,
					state->subplan->useHashTable || state->subplan->subLinkType == ARRAY_SUBLINK);
	}
}

static void
look_at_each(Look *look, PlanState **nodes, int n, bool whole)
{
	for (int i = 0; i < n; i++)
		look_at(look, nodes[i], whole);
}

static void
look_at_custom(Look *look, CustomScanState *node, bool whole)
{
	bool ours = up_predict_scan_may_read_ahead(node, whole, look->joins);
	ListCell *cell;

	/* Ours asks for all rows of the second plan with each one of the first. */
	foreach (cell, node->custom_ps)
		look_at(look, lfirst(cell), ours && whole);
}

/* Whether a join asks for all inner rows, each time it begins with them. */
static bool
reads_inner(const JoinState *join)
{
	return !join->single_match && (join->jointype == JOIN_INNER || join->jointype == JOIN_LEFT);
}

/* A hash join may take one outer row, and end where it then finds no inner ones. */
static bool
reads_outer(const HashJoinState *join)
{
	JoinType type = join->js.jointype;

	return type == JOIN_LEFT || type == JOIN_RIGHT || type == JOIN_FULL || type == JOIN_ANTI ||
		   outerPlanState(join)->plan->startup_cost >= innerPlanState(join)->plan->total_cost;
}

static bool
reads_all_first(const AggState *agg)
{
	return agg->aggstrategy == AGG_PLAIN || agg->aggstrategy == AGG_HASHED;
}

/* What is asked of the plans below a node of which all rows are asked for, or (not whole) perhaps not. */
static void
look_below(Look *look, PlanState *node, bool whole)
{
	bool outer = whole, inner = whole, first = false;
	List *joins = look->joins;

	switch (nodeTag(node))
	{
		case T_HashState:
		case T_SortState:
			outer = first = true;
			break;
		case T_AggState:
			first = reads_all_first((AggState *) node);
			outer = whole || first;
			break;
		case T_NestLoopState:
			inner = whole && reads_inner(&((NestLoopState *) node)->js);
			break;
		case T_WindowAggState:
#if PG_VERSION_NUM >= 150000
			outer = whole && ((WindowAgg *) node->plan)->runCondition == NIL;
#endif
			break;
		case T_HashJoinState:
			if (!reads_outer((HashJoinState *) node))
				look->joins = lappend(list_copy(joins), node);
			break;
		case T_ModifyTableState:
		case T_ResultState:
		case T_ProjectSetState:
		case T_GatherState:
		case T_GatherMergeState:
		case T_GroupState:
		case T_UniqueState:
		case T_MaterialState:
		case T_IncrementalSortState:
		case T_RecursiveUnionState:
			break;
		default:
			outer = inner = false;
			break;
	}
	/* Once it is asked for anything, it reads all. */
	if (first)
		look->joins = NIL;
	look_at(look, outerPlanState(node), outer);
	look->joins = joins;
	look_at(look, innerPlanState(node), inner);
}

static void
look_at(Look *look, PlanState *node, bool whole)
{
	if (node == NULL)
		return;
	look_at_subplans(look, node->initPlan);
	look_at_subplans(look, node->subPlan);
	switch (nodeTag(node))
	{
		case T_AppendState:
			look_at_each(look, ((AppendState *) node)->appendplans, ((AppendState *) node)->as_nplans, whole);
			break;
		case T_MergeAppendState:
			look_at_each(look, ((MergeAppendState *) node)->mergeplans, ((MergeAppendState *) node)->ms_nplans,
						 whole);
			break;
		case T_SubqueryScanState:
			look_at(look, ((SubqueryScanState *) node)->subplan, whole);
			break;
		case T_CteScanState:
			look_at_cte(look, ((CteScanState *) node)->cteplanstate, whole);
			break;
		case T_CustomScanState:
			look_at_custom(look, (CustomScanState *) node, whole);
			break;
		default:
			look_below(look, node, whole);
			break;
	}
}

static void
start(QueryDesc *query, int flags)
{
	uint64 before = up_predict_scans();

	if (next_start != NULL)
		next_start(query, flags);
	else
		standard_ExecutorStart(query, flags);
	if (up_predict_scans() != before)
	{
		Look look = {NIL, NIL, NIL};
		ListCell *cell;

		look_at(&look, query->planstate, true);
		/* What changes tables beside the query is run to its end. */
		foreach (cell, query->estate->es_auxmodifytables)
			look_at(&look, lfirst(cell), true);
	}
}

static bool
has_ours(PlanState *node, void *unused)
{
	if (node == NULL)
		return false;
	return up_is_predict_scan(node) || planstate_tree_walker(node, has_ours, NULL);
}

static bool
has_gather(PlanState *node, void *unused)
{
	if (node == NULL)
		return false;
	return IsA(node, GatherState) || IsA(node, GatherMergeState) ||
		   planstate_tree_walker(node, has_gather, NULL);
}

/* Whether a query that is about to run is in parallel mode for our nodes' sake alone, as are those that it runs within. */
static bool
runs_alone(const QueryDesc *query)
{
	if (!query->plannedstmt->parallelModeNeeded)
		return alone;
	return (alone || !IsInParallelMode()) && !has_gather(query->planstate, NULL);
}

#if PG_VERSION_NUM >= 180000
#define ONCE
#define ONCE_ARGUMENT
#else
#define ONCE          , bool once
#define ONCE_ARGUMENT , once
#endif

static void
run(QueryDesc *query, ScanDirection direction, uint64 count ONCE)
{
	uint64 outer = wanted;
	bool outer_alone = alone;
	DestReceiver *dest = query->dest;

	wanted = count;
	alone = runs_alone(query);
	up_large_alone(alone);
	PG_TRY();
	{
		if (dest != NULL && dest->mydest == DestIntoRel && has_ours(query->planstate, NULL))
			query->dest = up_table_receiver(dest);
		if (next_run != NULL)
			next_run(query, direction, count ONCE_ARGUMENT);
		else
			standard_ExecutorRun(query, direction, count ONCE_ARGUMENT);
	}
	PG_FINALLY();
	{
		wanted = outer;
		alone = outer_alone;
		query->dest = dest;
		up_large_alone(alone);
	}
	PG_END_TRY();
}

uint64
up_predict_wanted(const PlanState *node)
{
	const EState *estate = node->state;

	if (wanted == 0)
		return PG_UINT64_MAX;
	/* What is asked of the uppermost node is asked of the plan. */
	if (node->plan == estate->es_plannedstmt->planTree && wanted > estate->es_processed)
		return wanted - estate->es_processed;
	return 1;
}

void
up_predict_whole_init(void)
{
	next_start = ExecutorStart_hook;
	ExecutorStart_hook = start;
	next_run = ExecutorRun_hook;
	ExecutorRun_hook = run;
}
