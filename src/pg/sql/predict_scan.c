/*
 * predict_scan.c - a plan node that predicts blocks of rows; see predict_plan.c
 *
 * Its scan tuple: columns of the plan below that are handed on as they are, then the answers to its calls. Rows are read until a
 * block is full; what is handed on is copied, what calls take goes into matrices of inputs. A call's matrix is answered when it is
 * full, when the block is, or when another model comes. A block ends where rows are that may not be asked for (predict_whole.c).
 */
#include "postgres.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "commands/explain.h"
#include "executor/executor.h"
#include "miscadmin.h"
#include "nodes/extensible.h"
#include "nodes/makefuncs.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/models/named_models.h"
#include "pg/sql/predict_block.h"

#define FIRST_ROWS 1
#define BLOCK_ROWS 1024
#define LARGE_ROWS                                                                                             \
	16384 /* of models that are larger than the caches: what comes from memory comes once a block */
#define LARGE_MODEL  (128 * 1024)  /* bytes as it is stored */
#define BLOCK_VALUES (512 * 1024)  /* inputs of a call, or probabilities that it needs, at most */
#define BLOCK_BYTES  (1024 * 1024) /* of values handed on, after which a block is full */
#define SHARED_BYTES 64            /* from this size on values are compared with those of the row before */

typedef struct Call
{
	const UpBlockForm *form;
	FmgrInfo function;
	FunctionCallInfo fcinfo;
	int kind; /* UP_FEATURES_… */
	int n_features;
	int *features; /* columns below */
	int model;     /* column below, or -1: what fcinfo holds */
	int label;     /* the same, -1 also where there is none */
	bool is_null;  /* a constant is */
	UpModelUse *use;
	int n; /* rows that wait for an answer */
	int most;
	int *rows; /* in the block */
	int32 *chosen;
	double *inputs;
	Size inputs_size;
	Datum *waiting; /* answers, before they go to their rows */
	Datum *out;     /* one a row of the block */
	bool *out_null;
} Call;

typedef struct PredictScan
{
	CustomScanState css;
	int n_columns; /* handed on */
	int n_calls;
	Call *calls;
	Datum *values; /* capacity × n_columns */
	bool *nulls;
	int capacity; /* rows */
	int most;     /* rows that a block grows to */
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
} PredictScan;

static uint64 scans;

static Node *create_state(CustomScan *scan);
static void begin_scan(CustomScanState *node, EState *estate, int flags);
static TupleTableSlot *next_tuple(CustomScanState *node);
static void end_scan(CustomScanState *node);
static void rescan(CustomScanState *node);

static const CustomScanMethods scan_methods = {.CustomName = "uprofile predict",
											   .CreateCustomScanState = create_state};
static const CustomExecMethods exec_methods = {.CustomName = "uprofile predict",
											   .BeginCustomScan = begin_scan,
											   .ExecCustomScan = next_tuple,
											   .EndCustomScan = end_scan,
											   .ReScanCustomScan = rescan};

void
up_predict_scan_init(void)
{
	RegisterCustomScanMethods(&scan_methods);
}

/* ---- the plan node ---- */

CustomScan *
up_predict_scan_new(List *calls)
{
	CustomScan *scan = makeNode(CustomScan);

	scan->custom_private = calls;
	scan->methods = &scan_methods;
	return scan;
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

/* As when an expression is made ready: the caller may execute it. */
static void
check_may_execute(Oid function)
{
#if PG_VERSION_NUM >= 160000
	AclResult result = object_aclcheck(ProcedureRelationId, function, GetUserId(), ACL_EXECUTE);
#else
	AclResult result = pg_proc_aclcheck(function, GetUserId(), ACL_EXECUTE);
#endif

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_FUNCTION, get_func_name(function));
	InvokeFunctionExecuteHook(function);
}

static void
set_constant(Call *c, int argument, const Const *value)
{
	if (value == NULL)
		return;
	c->fcinfo->args[argument].value = value->constvalue;
	c->is_null |= value->constisnull;
}

static void
begin_call(Call *c, List *told)
{
	Oid function = linitial_oid(linitial(told));
	List *numbers = lsecond(told), *features = lthird(told);
	const Const *label = list_nth(told, 4);
	ListCell *cell;
	int n_args;

	check_may_execute(function);
	fmgr_info(function, &c->function);
	c->form = up_block_form(c->function.fn_addr);
	if (c->form == NULL)
		elog(ERROR, "function %u has no blocks", function);
	c->kind = linitial_int(numbers);
	c->model = lsecond_int(numbers);
	c->label = lthird_int(numbers);
	n_args = label != NULL || c->label >= 0 ? 3 : 2;
	c->fcinfo = palloc0(SizeForFunctionCallInfo(n_args));
	InitFunctionCallInfoData(*c->fcinfo, &c->function, n_args, InvalidOid, NULL, NULL);
	set_constant(c, 0, list_nth(told, 3));
	set_constant(c, 2, label);
	c->features = palloc(sizeof(int) * Max(list_length(features), 1));
	foreach (cell, features)
		c->features[c->n_features++] = lfirst_int(cell);
}

static void
begin_scan(CustomScanState *node, EState *estate, int flags)
{
	PredictScan *state = (PredictScan *) node;
	CustomScan *scan = (CustomScan *) node->ss.ps.plan;
	PlanState *below = ExecInitNode(linitial(scan->custom_plans), estate, flags);
	TupleDesc desc = ExecGetResultType(below);
	MemoryContext outer;
	ListCell *cell;

	node->custom_ps = list_make1(below);
	state->kept = AllocSetContextCreate(CurrentMemoryContext, "uprofile predict", ALLOCSET_DEFAULT_SIZES);
	state->rows = AllocSetContextCreate(state->kept, "uprofile predict rows", ALLOCSET_DEFAULT_SIZES);
	state->block = AllocSetContextCreate(state->kept, "uprofile predict block", ALLOCSET_DEFAULT_SIZES);
	outer = MemoryContextSwitchTo(state->kept);
	state->calls = palloc0(sizeof(Call) * (Size) list_length(scan->custom_private));
	foreach (cell, scan->custom_private)
		begin_call(&state->calls[state->n_calls++], lfirst(cell));
	state->n_columns = list_length(scan->custom_scan_tlist) - state->n_calls;
	state->byval = palloc(sizeof(bool) * Max(state->n_columns, 1));
	state->len = palloc(sizeof(int16) * Max(state->n_columns, 1));
	for (int i = 0; i < state->n_columns; i++)
	{
		state->byval[i] = TupleDescAttr(desc, i)->attbyval;
		state->len[i] = TupleDescAttr(desc, i)->attlen;
	}
	MemoryContextSwitchTo(outer);
	state->size = FIRST_ROWS;
	state->most = BLOCK_ROWS;
	scans++;
}

uint64
up_predict_scans(void)
{
	return scans;
}

bool
up_predict_scan_may_read_ahead(CustomScanState *node, bool may, List *joins)
{
	MemoryContext outer;

	if (node->methods != &exec_methods)
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

static void
end_scan(CustomScanState *node)
{
	PredictScan *state = (PredictScan *) node;

	ExecEndNode(linitial(node->custom_ps));
	MemoryContextDelete(state->kept);
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
	PlanState *below = linitial(node->custom_ps);

	forget_block(state);
	state->size = FIRST_ROWS;
	state->done = false;
	if (node->ss.ps.chgParam != NULL)
		UpdateChangedParamSet(below, node->ss.ps.chgParam);
	if (below->chgParam == NULL)
		ExecReScan(below);
}

/* ---- a call's rows ---- */

/* Answers the rows that wait. */
static void
answer_rows(PredictScan *state, Call *c)
{
	MemoryContext outer;

	if (c->n == 0)
		return;
	outer = MemoryContextSwitchTo(state->block);
	c->form->answer->answer(c->use, c->inputs, (size_t) c->n, c->chosen, c->waiting);
	MemoryContextSwitchTo(outer);
	for (int i = 0; i < c->n; i++)
		c->out[c->rows[i]] = c->waiting[i];
	c->n = 0;
}

/* Room for rows of a model that may not have been seen yet. */
static void
make_room(PredictScan *state, Call *c, UpModelUse *use)
{
	const UpModel *m = use->model;
	uint32_t width = Max(Max(m->pipeline->n_inputs, m->n_classes), 1);
	Size needed;

	if (m->learner->membership != NULL)
		width = Max(width, m->learner->clusters(m->body).k);
	if (c->form->answer->vectors)
		width = Max(width, m->learner->transform != NULL ? up_model_width(m) : m->n_features);
	c->use = use;
	if (use->bytes >= LARGE_MODEL)
		state->most = Min(LARGE_ROWS, Max(BLOCK_VALUES / Max(state->n_columns, 1), BLOCK_ROWS));
	c->most = (int) Max(Min(BLOCK_VALUES / width, state->capacity), 1);
	needed = (Size) c->most * Max(m->pipeline->n_inputs, 1) * sizeof(double);
	if (needed <= c->inputs_size)
		return;
	if (c->inputs != NULL)
		pfree(c->inputs);
	c->inputs_size = 0;
	c->inputs = NULL;
	c->inputs = MemoryContextAllocHuge(state->kept, needed);
	c->inputs_size = needed;
}

/* An array of these columns as the server would have made it: what is wrong with it is said where arrays are read. */
static ArrayType *
array_of_columns(const Call *c, const TupleTableSlot *slot)
{
	Datum *values = palloc(sizeof(Datum) * c->n_features);
	bool *nulls = palloc(sizeof(bool) * c->n_features);
	int n = c->n_features, first = 1;

	for (int i = 0; i < n; i++)
	{
		values[i] = slot->tts_values[c->features[i]];
		nulls[i] = slot->tts_isnull[c->features[i]];
	}
	return construct_md_array(values, nulls, 1, &n, &first, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL,
							  TYPALIGN_DOUBLE);
}

/* The columns straight into the matrix. */
static void
take_columns(const Call *c, UpModelUse *use, const TupleTableSlot *slot, double *out)
{
	const UpPipeline *p = use->model->pipeline;
	bool fine = !p->by_name && p->n_inputs == (uint32_t) c->n_features;
	double poison = 0;

	for (int i = 0; fine && i < c->n_features; i++)
	{
		int column = c->features[i];

		fine = !slot->tts_isnull[column];
		out[i] = DatumGetFloat8(slot->tts_values[column]);
		/* NaN once a value is not finite. */
		poison += out[i] * 0;
	}
	if (!fine || poison != 0)
	{
		const double *inputs = up_model_use_array(use, array_of_columns(c, slot));

		memcpy(out, inputs, p->n_inputs * sizeof(double));
	}
}

/* The model of a row; those that wait for another one are answered first. */
static UpModelUse *
use_of_row(PredictScan *state, Call *c, HeapTupleHeader record)
{
	UpModelUse *use =
		c->form->named ? up_model_use_recent_named(c->fcinfo, 0) : up_model_use_recent_bytea(c->fcinfo, 0);

	if (use == NULL)
	{
		/* To find another model may take away this one. */
		answer_rows(state, c);
		use = c->form->named ? up_model_use_shared(c->fcinfo, 0) : up_model_use_bytea(c->fcinfo, 0);
	}
	if (c->form->named && record != NULL)
		use = up_model_use_of_user(use, record);
	if (c->n > 0 && use != c->use)
		answer_rows(state, c);
	if (c->n == 0)
		make_room(state, c, use);
	return use;
}

static bool
get_argument(Call *c, int argument, int column, const TupleTableSlot *slot)
{
	if (column < 0)
		return true;
	c->fcinfo->args[argument].value = slot->tts_values[column];
	return !slot->tts_isnull[column];
}

/* What a call takes of a row of the plan below. */
static void
take_row(PredictScan *state, Call *c, const TupleTableSlot *slot, int row)
{
	Datum features = c->kind == UP_FEATURES_WHOLE ? slot->tts_values[c->features[0]] : (Datum) 0;
	HeapTupleHeader record = NULL;
	UpModelUse *use;
	double *out;

	c->out_null[row] = c->is_null || !get_argument(c, 0, c->model, slot) ||
					   !get_argument(c, 2, c->label, slot) ||
					   (c->kind == UP_FEATURES_WHOLE && slot->tts_isnull[c->features[0]]);
	c->out[row] = (Datum) 0;
	if (c->out_null[row])
		return;
	if (c->form->row)
		record = DatumGetHeapTupleHeader(features);
	use = use_of_row(state, c, record);
	out = c->inputs + (Size) c->n * use->model->pipeline->n_inputs;
	if (c->kind == UP_FEATURES_ELEMENTS)
		take_columns(c, use, slot, out);
	else
	{
		const double *inputs = record != NULL ? up_model_use_row(use, record)
											  : up_model_use_array(use, DatumGetArrayTypeP(features));

		memcpy(out, inputs, use->model->pipeline->n_inputs * sizeof(double));
	}
	if (c->form->answer->choose != NULL)
		c->chosen[c->n] = c->form->answer->choose(c->fcinfo, use);
	c->rows[c->n++] = row;
	if (c->n == c->most)
		answer_rows(state, c);
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
keep_columns(PredictScan *state, const TupleTableSlot *slot, int row)
{
	Datum *values = state->values + (Size) row * state->n_columns;
	bool *nulls = state->nulls + (Size) row * state->n_columns;
	MemoryContext outer = MemoryContextSwitchTo(state->block);

	for (int i = 0; i < state->n_columns; i++)
	{
		bool has_before = row > 0 && !nulls[i - state->n_columns];

		nulls[i] = slot->tts_isnull[i];
		values[i] = nulls[i] || state->byval[i] ? slot->tts_values[i]
												: kept_value(slot->tts_values[i], state->len[i],
															 has_before ? &values[i - state->n_columns] : NULL);
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
	{
		Call *c = &state->calls[i];

		c->rows = palloc(n * sizeof(int));
		c->chosen = palloc0(n * sizeof(int32));
		c->waiting = palloc(n * sizeof(Datum));
		c->out = palloc(n * sizeof(Datum));
		c->out_null = palloc(n * sizeof(bool));
	}
	MemoryContextSwitchTo(outer);
	state->capacity = state->size;
}

static void
read_block(PredictScan *state)
{
	PlanState *below = linitial(state->css.custom_ps);
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
		TupleTableSlot *slot = ExecProcNode(below);

		if (TupIsNull(slot))
		{
			state->done = true;
			break;
		}
		slot_getallattrs(slot);
		ResetExprContext(econtext);
		MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
		for (int i = 0; i < state->n_calls; i++)
			take_row(state, &state->calls[i], slot, state->n);
		MemoryContextSwitchTo(outer);
		keep_columns(state, slot, state->n++);
	}
	MemoryContextSwitchTo(econtext->ecxt_per_tuple_memory);
	for (int i = 0; i < state->n_calls; i++)
		answer_rows(state, &state->calls[i]);
	MemoryContextSwitchTo(outer);
	if (ahead)
		state->size = Min(state->size * 4, state->most);
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
	ResetExprContext(econtext);
	ExecClearTuple(slot);
	if (state->at == state->n)
		return projection != NULL ? ExecClearTuple(projection->pi_state.resultslot) : slot;
	memcpy(slot->tts_values, state->values + (Size) state->at * state->n_columns,
		   state->n_columns * sizeof(Datum));
	memcpy(slot->tts_isnull, state->nulls + (Size) state->at * state->n_columns,
		   state->n_columns * sizeof(bool));
	for (int i = 0; i < state->n_calls; i++)
	{
		slot->tts_values[state->n_columns + i] = state->calls[i].out[state->at];
		slot->tts_isnull[state->n_columns + i] = state->calls[i].out_null[state->at];
	}
	state->at++;
	ExecStoreVirtualTuple(slot);
	if (projection == NULL)
		return slot;
	econtext->ecxt_scantuple = slot;
	return ExecProject(projection);
}
