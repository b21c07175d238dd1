/*
 * stream_scan.c - a scan of a function's rows as they come; see stream_scan.h
 *
 * The planner asks a function's support function how many rows there will be. That loads this library before paths are made; a hook then
 * puts a path of our own in the place of the server's scan. It goes without one where the rows depend on a row beside them (LATERAL),
 * are numbered, or are wanted whole.
 */
#include "postgres.h"

#include "access/sysattr.h"
#include "commands/explain.h"
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#endif
#include "executor/executor.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "nodes/extensible.h"
#include "nodes/makefuncs.h"
#include "nodes/supportnodes.h"
#include "optimizer/clauses.h"
#include "optimizer/optimizer.h"
#include "optimizer/paths.h"
#include "optimizer/plancat.h"
#include "optimizer/restrictinfo.h"
#include "pgstat.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/io/stream_scan.h"
#include "pg/module.h"

typedef struct StreamScan
{
	CustomScanState css;
	SetExprState *function;
	MemoryContext context; /* of the call and its stream; NULL: not called yet */
	UpStreamCall call;
} StreamScan;

static set_rel_pathlist_hook_type next_hook;
static Oid support_function; /* as the planner called it last */

static Plan *plan_stream(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses,
						 List *plans);
static Node *create_state(CustomScan *scan);
static void begin_scan(CustomScanState *node, EState *estate, int flags);
static TupleTableSlot *next_tuple(CustomScanState *node);
static void end_scan(CustomScanState *node);
static void rescan(CustomScanState *node);
static void explain_scan(CustomScanState *node, List *ancestors, ExplainState *es);

static const CustomPathMethods path_methods = {.CustomName = "uprofile rows", .PlanCustomPath = plan_stream};
static const CustomScanMethods scan_methods = {.CustomName = "uprofile rows",
											   .CreateCustomScanState = create_state};
static const CustomExecMethods exec_methods = {.CustomName = "uprofile rows",
											   .BeginCustomScan = begin_scan,
											   .ExecCustomScan = next_tuple,
											   .EndCustomScan = end_scan,
											   .ReScanCustomScan = rescan,
											   .ExplainCustomScan = explain_scan};

/* ---- planning ---- */

/* The call, if all that is asked of this relation can be streamed. */
static FuncExpr *
streamed_call(const RelOptInfo *rel, const RangeTblEntry *rte)
{
	const RangeTblFunction *function;
	Bitmapset *columns = NULL;
	ListCell *cell;

	if (rel->reloptkind != RELOPT_BASEREL || rte->rtekind != RTE_FUNCTION || list_length(rte->functions) != 1 ||
		rte->funcordinality || !bms_is_empty(rel->lateral_relids) || list_length(rel->pathlist) != 1 ||
		!OidIsValid(support_function))
		return NULL;
	function = linitial_node(RangeTblFunction, rte->functions);
	if (!IsA(function->funcexpr, FuncExpr) || function->funccolnames != NIL ||
		get_func_support(((FuncExpr *) function->funcexpr)->funcid) != support_function ||
		contain_subplans(function->funcexpr))
		return NULL;
	pull_varattnos((Node *) rel->reltarget->exprs, rel->relid, &columns);
	foreach (cell, rel->baserestrictinfo)
		pull_varattnos((Node *) lfirst_node(RestrictInfo, cell)->clause, rel->relid, &columns);
	if (bms_is_member(InvalidAttrNumber - FirstLowInvalidHeapAttributeNumber, columns))
		return NULL;
	return (FuncExpr *) function->funcexpr;
}

static void
offer_stream(PlannerInfo *root, RelOptInfo *rel, Index rti, RangeTblEntry *rte)
{
	FuncExpr *call;
	CustomPath *path;
	const Path *before;

	if (next_hook != NULL)
		next_hook(root, rel, rti, rte);
	call = streamed_call(rel, rte);
	if (call == NULL)
		return;
	before = linitial(rel->pathlist);
	path = makeNode(CustomPath);
	path->path.pathtype = T_CustomScan;
	path->path.parent = rel;
	path->path.pathtarget = rel->reltarget;
	path->path.rows = before->rows;
	path->path.startup_cost = before->startup_cost;
	path->path.total_cost = before->total_cost;
#ifdef CUSTOMPATH_SUPPORT_PROJECTION
	path->flags = CUSTOMPATH_SUPPORT_PROJECTION;
#endif
	path->custom_private = list_make1(call);
	path->methods = &path_methods;
	rel->pathlist = list_make1(path);
}

static Plan *
plan_stream(PlannerInfo *root, RelOptInfo *rel, CustomPath *path, List *tlist, List *clauses, List *plans)
{
	CustomScan *scan = makeNode(CustomScan);

	scan->scan.plan.targetlist = tlist;
	scan->scan.plan.qual = extract_actual_clauses(clauses, false);
	scan->flags = path->flags;
	scan->custom_exprs = path->custom_private;
	scan->custom_scan_tlist = build_physical_tlist(root, rel);
	scan->methods = &scan_methods;
	return &scan->scan.plan;
}

PG_FUNCTION_INFO_V1(uprofile_stream_support);
Datum
uprofile_stream_support(PG_FUNCTION_ARGS)
{
	Node *request = (Node *) PG_GETARG_POINTER(0);

	/* That it is asked is all that is wanted: how many rows there will be is not known. */
	if (IsA(request, SupportRequestRows) || IsA(request, SupportRequestCost))
		support_function = fcinfo->flinfo->fn_oid;
	PG_RETURN_POINTER(NULL);
}

void
up_stream_init(void)
{
	RegisterCustomScanMethods(&scan_methods);
	next_hook = set_rel_pathlist_hook;
	set_rel_pathlist_hook = offer_stream;
}

/* ---- execution ---- */

static Node *
create_state(CustomScan *scan)
{
	StreamScan *state = (StreamScan *) newNode(sizeof(StreamScan), T_CustomScanState);

	state->css.methods = &exec_methods;
	return (Node *) state;
}

static void
begin_scan(CustomScanState *node, EState *estate, int flags)
{
	StreamScan *state = (StreamScan *) node;
	CustomScan *scan = (CustomScan *) node->ss.ps.plan;

	/* Sees that the caller may execute it. */
	state->function = ExecInitTableFunctionResult((Expr *) linitial(scan->custom_exprs),
												  node->ss.ps.ps_ExprContext, &node->ss.ps);
}

static void
call_function(StreamScan *state)
{
	ExprContext *econtext = state->css.ss.ps.ps_ExprContext;
	FunctionCallInfo fcinfo = state->function->fcinfo;
	ReturnSetInfo *info = &state->call.info;
	PgStat_FunctionCallUsage usage;
	MemoryContext outer;
	ListCell *cell;
	int i = 0;

	state->context =
		AllocSetContextCreate(econtext->ecxt_per_query_memory, "uprofile rows", ALLOCSET_DEFAULT_SIZES);
	outer = MemoryContextSwitchTo(state->context);
	memset(&state->call, 0, sizeof(state->call));
	info->type = T_ReturnSetInfo;
	info->econtext = econtext;
	info->expectedDesc = state->css.ss.ss_ScanTupleSlot->tts_tupleDescriptor;
	info->allowedModes = UP_SRF_STREAM;
	InitFunctionCallInfoData(*fcinfo, &state->function->func, list_length(state->function->args),
							 fcinfo->fncollation, NULL, (Node *) info);
	foreach (cell, state->function->args)
	{
		fcinfo->args[i].value = ExecEvalExpr((ExprState *) lfirst(cell), econtext, &fcinfo->args[i].isnull);
		i++;
	}
	pgstat_init_function_usage(fcinfo, &usage);
	(void) FunctionCallInvoke(fcinfo);
	pgstat_end_function_usage(&usage, true);
	MemoryContextSwitchTo(outer);
	if (state->call.stream.next == NULL)
		elog(ERROR, "function %u has no stream", state->function->func.fn_oid);
}

static TupleTableSlot *
access_next(ScanState *node)
{
	StreamScan *state = (StreamScan *) node;
	TupleTableSlot *slot = node->ss_ScanTupleSlot;
	MemoryContext outer;
	bool any;

	if (state->context == NULL)
		call_function(state);
	ExecClearTuple(slot);
	outer = MemoryContextSwitchTo(state->context);
	any = state->call.stream.next(state->call.stream.arg, slot->tts_values, slot->tts_isnull);
	MemoryContextSwitchTo(outer);
	return any ? ExecStoreVirtualTuple(slot) : slot;
}

static bool
recheck(ScanState *node, TupleTableSlot *slot)
{
	return true;
}

static TupleTableSlot *
next_tuple(CustomScanState *node)
{
	/* What ExecScan would do, where there is nothing to be seen to, without a context that is emptied for each row. */
	if (node->ss.ps.qual == NULL && node->ss.ps.ps_ProjInfo == NULL && node->ss.ps.state->es_epq_active == NULL)
	{
		CHECK_FOR_INTERRUPTS();
		return access_next(&node->ss);
	}
	return ExecScan(&node->ss, access_next, recheck);
}

static void
forget(StreamScan *state)
{
	if (state->context != NULL)
		MemoryContextDelete(state->context);
	state->context = NULL;
}

static void
end_scan(CustomScanState *node)
{
	forget((StreamScan *) node);
}

static void
rescan(CustomScanState *node)
{
	StreamScan *state = (StreamScan *) node;

	if (node->ss.ps.chgParam != NULL)
		forget(state);
	else if (state->context != NULL)
	{
		MemoryContext outer = MemoryContextSwitchTo(state->context);

		state->call.stream.rewind(state->call.stream.arg);
		MemoryContextSwitchTo(outer);
	}
	ExecScanReScan(&node->ss);
}

static void
explain_scan(CustomScanState *node, List *ancestors, ExplainState *es)
{
	StreamScan *state = (StreamScan *) node;
	const char *name = get_func_name(state->function->func.fn_oid);

	/* Dropped while a cursor was open that is explained at its end. */
	if (name != NULL)
		ExplainPropertyText("Function", name, es);
}
