/*
 * predict_scan.c - a plan node that predicts blocks of rows; see predict_plan.c
 *
 * Its scan tuple: columns of the plan below that are handed on as they are, then the answers to its calls. Rows are read until a
 * block is full; what is handed on is copied, what calls take they keep and answer (predict_call.c). A block ends where rows are that may not
 * be asked for (predict_whole.c).
 *
 * Where answers take long, workers compute some of them (predict_team.c). In a statement that is run in parallel mode (as one with a Gather
 * is) they stand by until the last row has come or the executor shuts the plan down; in others they start for blocks that take long by
 * themselves.
 */
#include "postgres.h"

#include "access/parallel.h"
#include "commands/explain.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/extensible.h"
#include "utils/datum.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 180000
#include "commands/explain_format.h"
#include "commands/explain_state.h"
#include "nodes/nodeFuncs.h"
#include "optimizer/clauses.h"
#endif

#include "pg/sql/predict_call.h"
#include "pg/workers.h"

#define FIRST_ROWS   1
#define LARGE_ROWS   16384         /* of a block, where that pays … */
#define START_ROWS   65536         /* … and where workers start for it alone */
#define BLOCK_BYTES  (1024 * 1024) /* of values handed on, after which a block is full */
#define SHARED_BYTES 64            /* from this size on values are compared with those of the row before */
#define SHARED_WORTH 0.1           /* seconds of answers for which workers start */
#define MOST_SHARING 8             /* nodes that share at a time; scopes beyond are for what runs within them */

typedef struct PredictScan
{
	CustomScanState css;
	PlanState *plans[2];
	int n_plans;
	UpAskedColumns asked[2]; /* of each */
	UpRowBelow below;
	bool has_first;  /* of two plans: there is a row of the first one, which those of the other go with */
	UpPlace *places; /* of all columns */
	int n_columns;   /* handed on: the first ones */
	int n_calls;
	UpBlockCall *calls;
	bool needs_memory; /* a call does, to take a row */
	Datum *values;     /* capacity × n_columns */
	bool *nulls;
	int capacity; /* rows */
	bool *byval;  /* of each column */
	int16 *len;
	MemoryContext kept;  /* calls, matrices */
	MemoryContext rows;  /* capacity of them */
	MemoryContext block; /* what this block's rows point to */
	int size;            /* of the block that is read next */
	int n;
	int at; /* the row that is handed on next */
	bool done;
	bool may_read_ahead; /* … once these have made their tables */
	List *joins;
	bool may_share;
	bool shares;  /* workers stand by */
	double n_all; /* rows so far */
} PredictScan;

static uint64 scans;

static Node *create_state(CustomScan *scan);
static void begin_scan(CustomScanState *node, EState *estate, int flags);
static TupleTableSlot *next_tuple(CustomScanState *node);
static void end_scan(CustomScanState *node);
static void rescan(CustomScanState *node);
static void shut_down(CustomScanState *node);
static void explain(CustomScanState *node, List *ancestors, ExplainState *es);

const CustomScanMethods up_predict_scan_methods = {.CustomName = "uprofile predict",
												   .CreateCustomScanState = create_state};
static const CustomExecMethods exec_methods = {.CustomName = "uprofile predict",
											   .BeginCustomScan = begin_scan,
											   .ExecCustomScan = next_tuple,
											   .EndCustomScan = end_scan,
											   .ReScanCustomScan = rescan,
											   .ShutdownCustomScan = shut_down,
											   .ExplainCustomScan = explain};

void
up_predict_scan_init(void)
{
	RegisterCustomScanMethods(&up_predict_scan_methods);
}

/* ---- the plan node ---- */

List *
up_predict_scan_private(List *plans, List *numbers, List *calls, int sharing)
{
	return list_make4(plans, numbers, calls, list_make1_int(sharing));
}

List *
up_predict_scan_call(Oid function, int kind, List *features, int model, Node *model_const, int label,
					 Node *label_const)
{
	return list_make5(list_make1_oid(function), list_make3_int(kind, model, label), features, model_const,
					  label_const);
}

/* ---- begin and end ---- */

static Node *
create_state(CustomScan *scan)
{
	PredictScan *state = (PredictScan *) newNode(sizeof(PredictScan), T_CustomScanState);

	state->css.methods = &exec_methods;
	return (Node *) state;
}

/* The plans below; the second of two is read again for each row of the first. */
static void
begin_plans(PredictScan *state, EState *estate, int flags)
{
	List *plans = ((CustomScan *) state->css.ss.ps.plan)->custom_plans;
	ListCell *cell;

	foreach (cell, plans)
	{
		PlanState *below =
			ExecInitNode(lfirst(cell), estate, state->n_plans > 0 ? flags | EXEC_FLAG_REWIND : flags);

		state->plans[state->n_plans++] = below;
		state->css.custom_ps = lappend(state->css.custom_ps, below);
	}
}

/* Where the plans below give the columns. */
static void
begin_places(PredictScan *state, List *plans, List *numbers)
{
	Size n = (Size) Max(list_length(plans), 1);
	ListCell *plan, *number;
	int i = 0;

	state->places = palloc(sizeof(UpPlace) * n);
	state->byval = palloc(sizeof(bool) * n);
	state->len = palloc(sizeof(int16) * n);
	forboth(plan, plans, number, numbers)
	{
		UpPlace place = {lfirst_int(plan), lfirst_int(number)};
		Form_pg_attribute attribute = TupleDescAttr(ExecGetResultType(state->plans[place.plan]), place.number);

		state->places[i] = place;
		state->byval[i] = attribute->attbyval;
		state->len[i++] = attribute->attlen;
	}
}

#if PG_VERSION_NUM >= 180000
/*
 * EXPLAIN looks for the clause of a window function among the nodes that it shows, and fails where the window is below: a column that is
 * computed of one there is shown as $N, by its number. From here on only EXPLAIN reads these expressions, now and whenever the plan is run again.
 */
static void
hide_windows(CustomScan *scan)
{
	MemoryContext outer = MemoryContextSwitchTo(GetMemoryChunkContext(scan));
	ListCell *cell;

	foreach (cell, scan->custom_scan_tlist)
	{
		TargetEntry *column = lfirst_node(TargetEntry, cell);
		Param *shown;

		if (!contain_window_function((Node *) column->expr))
			continue;
		shown = makeNode(Param);
		shown->paramkind = PARAM_EXTERN;
		shown->paramid = column->resno;
		shown->paramtype = exprType((Node *) column->expr);
		shown->paramtypmod = exprTypmod((Node *) column->expr);
		shown->paramcollid = exprCollation((Node *) column->expr);
		shown->location = -1;
		column->expr = (Expr *) shown;
	}
	MemoryContextSwitchTo(outer);
}
#endif

static void
begin_scan(CustomScanState *node, EState *estate, int flags)
{
	PredictScan *state = (PredictScan *) node;
	CustomScan *scan = (CustomScan *) node->ss.ps.plan;
	List *calls = lthird(scan->custom_private);
	TupleDesc columns[2];
	int sharing = linitial_int(lfourth(scan->custom_private));
	MemoryContext outer;
	ListCell *cell;

#if PG_VERSION_NUM >= 180000
	hide_windows(scan);
#endif
	begin_plans(state, estate, flags);
	for (int i = 0; i < state->n_plans; i++)
		columns[i] = ExecGetResultType(state->plans[i]);
	state->kept = AllocSetContextCreate(CurrentMemoryContext, "uprofile predict", ALLOCSET_DEFAULT_SIZES);
	state->rows = AllocSetContextCreate(state->kept, "uprofile predict rows", ALLOCSET_DEFAULT_SIZES);
	state->block = AllocSetContextCreate(state->kept, "uprofile predict block", ALLOCSET_DEFAULT_SIZES);
	outer = MemoryContextSwitchTo(state->kept);
	begin_places(state, linitial(scan->custom_private), lsecond(scan->custom_private));
	state->calls = palloc0(sizeof(UpBlockCall) * (Size) list_length(calls));
	foreach (cell, calls)
	{
		UpBlockCall *c = &state->calls[state->n_calls];

		up_block_call_begin(c, lfirst(cell), state->places, columns, state->asked);
		up_block_call_join(state->calls, state->n_calls++, calls);
		c->block = state->block;
		c->waiting.alone = sharing == UP_SHARES_NOTHING;
		state->needs_memory |= up_block_call_needs_memory(c);
	}
	MemoryContextSwitchTo(outer);
	state->n_columns = list_length(scan->custom_scan_tlist) - state->n_calls;
	for (int i = 0; i < state->n_columns; i++)
		up_ask_column(&state->asked[state->places[i].plan], state->places[i].number, false);
	state->size = FIRST_ROWS;
	state->may_share = sharing == UP_SHARES_ALL;
	scans++;
}

uint64
up_predict_scans(void)
{
	return scans;
}

bool
up_is_predict_scan(const PlanState *node)
{
	return IsA(node, CustomScanState) && ((const CustomScanState *) node)->methods == &exec_methods;
}

bool
up_predict_scan_may_read_ahead(CustomScanState *node, bool may, List *joins)
{
	MemoryContext outer;

	if (!up_is_predict_scan(&node->ss.ps))
		return false;
	((PredictScan *) node)->may_read_ahead = may;
	outer = MemoryContextSwitchTo(node->ss.ps.state->es_query_cxt);
	((PredictScan *) node)->joins = list_copy(joins);
	MemoryContextSwitchTo(outer);
	return true;
}

/* A hash join without a table may ask for one row; with one, it has found it not to be empty, or asks for all rows in any case. */
static bool
may_read_ahead(const PredictScan *state)
{
	ListCell *cell;

	foreach (cell, state->joins)
	{
		if (((const HashJoinState *) lfirst(cell))->hj_HashTable == NULL)
			return false;
	}
	return state->may_read_ahead;
}

/* No row waits now. */
static void
stop_sharing(PredictScan *state)
{
	if (!state->shares)
		return;
	for (int i = 0; i < state->n_calls; i++)
	{
		up_waiting_free(&state->calls[i].waiting);
		state->calls[i].shares = false;
	}
	up_workers_end();
	state->shares = false;
}

static void
end_scan(CustomScanState *node)
{
	PredictScan *state = (PredictScan *) node;

	stop_sharing(state);
	for (int i = 0; i < state->n_plans; i++)
		ExecEndNode(state->plans[i]);
	MemoryContextDelete(state->kept);
}

static void
shut_down(CustomScanState *node)
{
	stop_sharing((PredictScan *) node);
}

static void
explain(CustomScanState *node, List *ancestors, ExplainState *es)
{
	const PredictScan *state = (const PredictScan *) node;
	int processes = 1;

	for (int i = 0; i < state->n_calls; i++)
		processes = Max(processes, state->calls[i].waiting.processes);
	if (es->analyze && processes > 1)
		ExplainPropertyInteger("Processes", NULL, processes, es);
}

static void
forget_block(PredictScan *state)
{
	state->n = state->at = 0;
	for (int i = 0; i < state->n_calls; i++)
		state->calls[i].n = 0;
	MemoryContextReset(state->block);
}

static void
rescan(CustomScanState *node)
{
	PredictScan *state = (PredictScan *) node;

	forget_block(state);
	state->size = FIRST_ROWS;
	state->done = state->has_first = false;
	state->n_all = 0;
	for (int i = 0; i < state->n_plans && node->ss.ps.chgParam != NULL; i++)
		UpdateChangedParamSet(state->plans[i], node->ss.ps.chgParam);
	/* The second plan is, for each row of the first. */
	if (state->plans[0]->chgParam == NULL)
		ExecReScan(state->plans[0]);
}

/* ---- workers ---- */

/* The executor is in parallel mode, as for a Gather, until the plan is shut down; and all rows are asked for. */
static bool
may_have_workers(const PredictScan *state)
{
	const EState *estate = state->css.ss.ps.state;

	return estate->es_use_parallel_mode && (estate->es_top_eflags & EXEC_FLAG_BACKWARD) == 0 &&
		   !IsParallelWorker();
}

/* Starts workers where the rows that are left seem to be worth it: as many as the plan says, or as came. */
static void
start_sharing(PredictScan *state)
{
	double seconds = 0;

	/* The nodes below a MergeAppend are at work at the same time. */
	if (up_workers_depth() >= MOST_SHARING)
		return;
	for (int i = 0; i < state->n_calls; i++)
		seconds += up_waiting_pace(&state->calls[i].waiting);
	seconds *= Max(state->css.ss.ps.plan->plan_rows - state->n_all, state->n_all);
	if (seconds < SHARED_WORTH)
		return;
	up_workers_begin(seconds);
	state->may_share = up_workers() > 1;
	if (!state->may_share)
	{
		up_workers_end();
		return;
	}
	state->shares = true;
	for (int i = 0; i < state->n_calls; i++)
		state->calls[i].shares = true;
}

/* ---- blocks ---- */

/* A value as long as the block; what is the same as in the row before, as models are, is there already. */
static Datum
kept_value(Datum value, int16 len, const Datum *before)
{
	Size size = datumGetSize(value, false, len);

	if (before != NULL && size >= SHARED_BYTES && datumGetSize(*before, false, len) == size &&
		memcmp(DatumGetPointer(*before), DatumGetPointer(value), size) == 0)
		return *before;
	return datumCopy(value, false, len);
}

static void
keep_columns(PredictScan *state, int row)
{
	Datum *values = state->values + (Size) row * state->n_columns;
	bool *nulls = state->nulls + (Size) row * state->n_columns;
	MemoryContext outer = MemoryContextSwitchTo(state->block);

	for (int i = 0; i < state->n_columns; i++)
	{
		bool has_before = row > 0 && !nulls[i - state->n_columns];

		nulls[i] = up_is_null_below(&state->below, state->places[i]);
		values[i] = up_value_below(&state->below, state->places[i]);
		if (!nulls[i] && !state->byval[i])
			values[i] = kept_value(values[i], state->len[i], has_before ? &values[i - state->n_columns] : NULL);
	}
	MemoryContextSwitchTo(outer);
}

/* Room for size rows; there are none now. */
static void
make_block(PredictScan *state)
{
	Size n = (Size) state->size, columns = (Size) Max(state->n_columns, 1);
	MemoryContext outer;

	MemoryContextReset(state->rows);
	outer = MemoryContextSwitchTo(state->rows);
	state->values = palloc(n * columns * sizeof(Datum));
	state->nulls = palloc(n * columns * sizeof(bool));
	for (int i = 0; i < state->n_calls; i++)
		up_block_call_room(&state->calls[i], state->size);
	MemoryContextSwitchTo(outer);
	state->capacity = state->size;
}

static bool
read_plan(PredictScan *state, int plan)
{
	TupleTableSlot *slot = ExecProcNode(state->plans[plan]);

	if (TupIsNull(slot))
		return false;
	state->below.data[plan] = up_take_apart(&state->asked[plan], slot);
	state->below.slots[plan] = slot;
	return true;
}

/* The next row of the plan below, or of each pair of rows; false: there is none. */
static bool
read_row(PredictScan *state)
{
	if (state->n_plans == 1)
		return read_plan(state, 0);
	for (;;)
	{
		if (!state->has_first)
		{
			if (!read_plan(state, 0))
				return false;
			state->has_first = true;
			state->below.firsts++;
			ExecReScan(state->plans[1]);
		}
		if (read_plan(state, 1))
			return true;
		state->has_first = false;
		CHECK_FOR_INTERRUPTS();
	}
}

/*
 * Rows that a block grows to. What comes from memory for a model that is larger than the caches comes once a block, and workers are waken,
 * or started, once.
 */
static int
most_rows(const PredictScan *state)
{
	int most = state->shares ? LARGE_ROWS : UP_BLOCK_ROWS;

	for (int i = 0; i < state->n_calls; i++)
	{
		const UpBlockCall *c = &state->calls[i];

		if (c->large)
			most = Max(most, LARGE_ROWS);
		if (!state->shares && up_waiting_starts(&c->waiting, Min(up_block_call_most(c), START_ROWS)))
			most = START_ROWS;
	}
	return Min(most, Max(UP_BLOCK_VALUES / Max(state->n_columns, 1), UP_BLOCK_ROWS));
}

static void
read_block(PredictScan *state)
{
	ExprContext *econtext = state->css.ss.ps.ps_ExprContext;
	MemoryContext outer = CurrentMemoryContext;
	bool ahead = may_read_ahead(state);
	uint64 wanted = ahead ? up_predict_wanted(&state->css.ss.ps) : 1;
	int size = (int) Min((uint64) state->size, wanted);

	forget_block(state);
	if (size > state->capacity)
		make_block(state);
	while (state->n < size && MemoryContextMemAllocated(state->block, false) < BLOCK_BYTES)
	{
		if (!read_row(state))
		{
			state->done = true;
			break;
		}
		if (state->needs_memory)
			ResetExprContext(econtext);
		MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
		for (int i = 0; i < state->n_calls; i++)
			up_block_call_take(&state->calls[i], &state->below, state->n);
		MemoryContextSwitchTo(outer);
		keep_columns(state, state->n++);
	}
	MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	for (int i = 0; i < state->n_calls; i++)
		up_block_call_answer(&state->calls[i]);
	MemoryContextSwitchTo(outer);
	state->n_all += state->n;
	if (ahead)
		state->size = Min(state->size * 4, most_rows(state));
	if (state->done)
		stop_sharing(state);
	else if (state->may_share && !state->shares && ahead && may_have_workers(state))
		start_sharing(state);
}

static TupleTableSlot *
next_tuple(CustomScanState *node)
{
	PredictScan *state = (PredictScan *) node;
	TupleTableSlot *slot = node->ss.ss_ScanTupleSlot;
	ProjectionInfo *projection = node->ss.ps.ps_ProjInfo;
	ExprContext *econtext = node->ss.ps.ps_ExprContext;

	if (state->at == state->n && !state->done)
		read_block(state);
	ExecClearTuple(slot);
	if (state->at == state->n)
		return projection != NULL ? ExecClearTuple(projection->pi_state.resultslot) : slot;
	for (Size i = 0, from = (Size) state->at * state->n_columns; i < state->n_columns; i++)
	{
		slot->tts_values[i] = state->values[from + i];
		slot->tts_isnull[i] = state->nulls[from + i];
	}
	for (int i = 0; i < state->n_calls; i++)
	{
		slot->tts_values[state->n_columns + i] = state->calls[i].out[state->at];
		slot->tts_isnull[state->n_columns + i] = state->calls[i].out_null[state->at];
	}
	state->at++;
	ExecStoreVirtualTuple(slot);
	if (projection == NULL)
		return slot;
	ResetExprContext(econtext);
	econtext->ecxt_scantuple = slot;
	return ExecProject(projection);
}
