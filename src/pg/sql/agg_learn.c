/*
 * agg_learn.c - transition, combine and final functions of every learning aggregate
 *
 * They know no algorithm: its name is the state's initial value. A NULL row, or a NULL label, is counted and passed
 * over. The array forms need nothing from the call but its arguments.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/parallel.h"
#include "catalog/pg_aggregate.h"
#include "common/hashfn.h"
#include "fmgr.h"
#include "nodes/execnodes.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "assess/out_of_fold.h"
#include "learn/update.h"
#include "pg/progress.h"
#include "pg/warnings.h"
#include "pg/sql/learn_transitions.h"
#include "pg/sql/rows_below.h"
#include "pg/sql/state.h"

#define NO_K       INT64_MIN
#define MOST_TOLD  3 /* warnings of one kind, where there are many groups */
#define KINDS_TOLD 4

PG_FUNCTION_INFO_V1(uprofile_agg_combine);

/* Whether what a call's partial aggregations collect goes to our own combine function: any role can make an aggregate with another. */
static bool
combines_here(FunctionCallInfo fcinfo)
{
	const Aggref *call = AggGetAggref(fcinfo);
	HeapTuple tuple = call != NULL ? SearchSysCache1(AGGFNOID, ObjectIdGetDatum(call->aggfnoid)) : NULL;
	Oid combine;
	FmgrInfo info;

	if (!HeapTupleIsValid(tuple))
		return false;
	combine = ((Form_pg_aggregate) GETSTRUCT(tuple))->aggcombinefn;
	ReleaseSysCache(tuple);
	if (!OidIsValid(combine))
		return false;
	fmgr_info(combine, &info);
	return info.fn_addr == uprofile_agg_combine;
}

/* Whether this is a partial aggregation, and its whole can have what it collects without a copy. */
static bool
is_partial(FunctionCallInfo fcinfo)
{
	const AggState *a = (const AggState *) fcinfo->context;

	if (a == NULL || !IsA(a, AggState) || !DO_AGGSPLIT_SKIPFINAL(a->aggsplit))
		return false;
	/* In one process, groups come one after the other, and go. */
	return (IsParallelWorker() ? a->ss.ps.state->es_query_dsa != NULL : a->aggstrategy == AGG_PLAIN) &&
		   combines_here(fcinfo);
}

/* The state of argument 0, and what this row says of the form that all of them have. */
static UpState *
begin(FunctionCallInfo fcinfo, UpStateArguments a, int params_argument)
{
	UpState *s = up_state_writable(fcinfo);
	bool first = !s->expanded.begun;

	a.params = up_expanded_params(fcinfo, params_argument);
	up_state_begin(s, &a);
	if (first)
	{
		up_expanded_note_constant(&s->expanded, fcinfo, params_argument, a.params);
		if (up_state_rows_can_stay(s) && is_partial(fcinfo))
			up_state_begin_partial(s, IsParallelWorker());
	}
	return s;
}

static int64_t
clusters_argument(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(2))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("k must not be NULL")));
	return PG_GETARG_INT32(2);
}

/* After the first row: refused is not what is collected in vain. */
static void
check_all_rows(FunctionCallInfo fcinfo, const UpState *s)
{
	uint32_t n_features = up_request_least_features(s->request, s->frame);
	const UpRowsBelow *below;
	double n;

	if (s->learner->holds == NULL || up_request_weight(s->request) != NULL)
		return;
	below = up_rows_below(fcinfo);
	if (below == NULL || up_request_fits(s->request, up_rows_below_expected(below), n_features))
		return;
	n = up_rows_below_count(below, s->reader);
	if (n >= 0)
		up_request_check_memory(s->request, n, n_features, s->by_name);
}

static bool
is_first_row(const UpState *s)
{
	return s->frame != NULL && s->frame->samples->n_rows == 1;
}

/* Adds the features of argument 1; their label, if any, is not NULL. */
static void
add_features(FunctionCallInfo fcinfo, UpState *s, double label)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(1);
	uint32_t n;
	const double *x = up_array_values(array, &n);

	up_state_add_array(s, x, n, label);
	if (unlikely(is_first_row(s)))
		check_all_rows(fcinfo, s);
	PG_FREE_IF_COPY(array, 1);
}

static void
add_unlabelled(FunctionCallInfo fcinfo, UpState *s)
{
	if (PG_ARGISNULL(1))
		s->n_null_rows++;
	else
		add_features(fcinfo, s, 0);
}

PG_FUNCTION_INFO_V1(uprofile_agg_features);
Datum
uprofile_agg_features(PG_FUNCTION_ARGS)
{
	UpState *s = begin(fcinfo, (UpStateArguments){.k = NO_K}, 2);

	add_unlabelled(fcinfo, s);
	UP_RETURN_STATE(s);
}

PG_FUNCTION_INFO_V1(uprofile_agg_clusters);
Datum
uprofile_agg_clusters(PG_FUNCTION_ARGS)
{
	UpState *s = begin(fcinfo, (UpStateArguments){.k = clusters_argument(fcinfo)}, 3);

	add_unlabelled(fcinfo, s);
	UP_RETURN_STATE(s);
}

PG_FUNCTION_INFO_V1(uprofile_agg_boolean);
Datum
uprofile_agg_boolean(PG_FUNCTION_ARGS)
{
	UpState *s = begin(fcinfo, (UpStateArguments){.label_kind = UP_LABEL_BOOLEAN, .k = NO_K}, 3);

	if (up_state_is_complete(s, fcinfo, 1))
		add_features(fcinfo, s, PG_GETARG_BOOL(2));
	UP_RETURN_STATE(s);
}

PG_FUNCTION_INFO_V1(uprofile_agg_number);
Datum
uprofile_agg_number(PG_FUNCTION_ARGS)
{
	UpState *s = begin(fcinfo, (UpStateArguments){.label_kind = UP_LABEL_NUMBER, .k = NO_K}, 3);

	if (up_state_is_complete(s, fcinfo, 1))
		add_features(fcinfo, s, up_state_finite_label(PG_GETARG_FLOAT8(2)));
	UP_RETURN_STATE(s);
}

PG_FUNCTION_INFO_V1(uprofile_agg_text);
Datum
uprofile_agg_text(PG_FUNCTION_ARGS)
{
	UpState *s = begin(fcinfo, (UpStateArguments){.label_kind = UP_LABEL_TEXT, .k = NO_K}, 3);

	if (up_state_is_complete(s, fcinfo, 1))
	{
		text *label = PG_GETARG_TEXT_PP(2);
		MemoryContext outer;

		add_features(fcinfo, s, 0);
		/* The frame is there now; its last row gets the label's code. */
		outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);
		up_samples_row(s->frame->samples, s->frame->samples->n_rows - 1)[s->n_features] =
			up_frame_label(s->frame, VARDATA_ANY(label), VARSIZE_ANY_EXHDR(label));
		MemoryContextSwitchTo(outer);
	}
	UP_RETURN_STATE(s);
}

bool
up_learns_from_array(PGFunction transition)
{
	return transition == uprofile_agg_features || transition == uprofile_agg_clusters ||
		   transition == uprofile_agg_boolean || transition == uprofile_agg_number ||
		   transition == uprofile_agg_text;
}

static void
start_reader(UpState *s, HeapTupleHeader row)
{
	MemoryContext outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);
	TupleDesc desc = up_record_desc(row);

	s->reader = up_row_reader_new(desc);
	ReleaseTupleDesc(desc);
	if (s->frame == NULL)
	{
		s->frame = up_row_reader_frame(s->reader, s->target, NULL, s->request->common.prepare);
		up_row_reader_check_target(s->reader, s->request->common.task);
		s->n_features = s->frame->n_columns;
	}
	else
		up_row_reader_bind_frame(s->reader, s->frame);
	up_row_reader_mark_features(s->reader, (const UpRequest *const *) &s->request, 1, NULL);
	MemoryContextSwitchTo(outer);
}

static void
add_row(FunctionCallInfo fcinfo, UpState *s)
{
	HeapTupleHeader row;

	if (PG_ARGISNULL(1))
	{
		s->n_null_rows++;
		return;
	}
	row = PG_GETARG_HEAPTUPLEHEADER(1);
	if (s->reader == NULL || !up_row_reader_fits(s->reader, row))
		start_reader(s, row);
	up_row_reader_deform(s->reader, row);
	if (!up_state_add_row(s))
		s->n_null_labels++;
	else if (s->row_sums != NULL)
		return;
	else if (unlikely(is_first_row(s)))
		check_all_rows(fcinfo, s);
	else
		up_state_check_memory(s);
}

PG_FUNCTION_INFO_V1(uprofile_agg_row);
Datum
uprofile_agg_row(PG_FUNCTION_ARGS)
{
	UpState *s = begin(fcinfo, (UpStateArguments){.by_name = true, .k = NO_K}, 2);

	add_row(fcinfo, s);
	UP_RETURN_STATE(s);
}

PG_FUNCTION_INFO_V1(uprofile_agg_row_clusters);
Datum
uprofile_agg_row_clusters(PG_FUNCTION_ARGS)
{
	UpState *s = begin(fcinfo, (UpStateArguments){.by_name = true, .k = clusters_argument(fcinfo)}, 3);

	add_row(fcinfo, s);
	UP_RETURN_STATE(s);
}

PG_FUNCTION_INFO_V1(uprofile_agg_row_target);
Datum
uprofile_agg_row_target(PG_FUNCTION_ARGS)
{
	UpStateArguments a = {.by_name = true, .k = NO_K};
	UpState *s;

	if (PG_ARGISNULL(2))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the target's name must not be NULL")));
	a.target = PG_GETARG_TEXT_PP(2);
	s = begin(fcinfo, a, 3);
	add_row(fcinfo, s);
	UP_RETURN_STATE(s);
}

Datum
uprofile_agg_combine(PG_FUNCTION_ARGS)
{
	return up_state_combine(fcinfo);
}

static UpModel *
train_state(const UpState *s)
{
	UpTraining t = {0};

	if (s->sums != NULL)
	{
		UpSumsOfRows sums = {s->sums,       s->label_kind,  s->n_features,
							 s->n_sum_rows, s->n_null_rows, s->n_null_labels};

		return up_train_from_sums(s->request, &sums);
	}
	if (s->base_bytes != NULL)
	{
		s->frame->n_null_rows = s->n_null_rows;
		s->frame->n_null_labels = s->n_null_labels;
		return up_update(s->base.model, s->request, s->frame);
	}
	t.request = s->request;
	t.frame = s->frame;
	s->frame->n_null_rows = s->n_null_rows;
	s->frame->n_null_labels = s->n_null_labels;
	if (s->row_sums != NULL && s->row_sums->n_rows > 0)
		return up_row_sums_train(s->row_sums, s->frame, false);
	return up_train_whole(&t);
}

/* Of a call site, whose groups may be many: how often it has warned with each hint. */
typedef struct Told
{
	uint32 hints[KINDS_TOLD]; /* hashed */
	int times[KINDS_TOLD];
} Told;

/* Hints for which there is no place count with the last one that has one. */
static int
count_told(Told *told, const char *hint)
{
	uint32 hash = hash_bytes((const unsigned char *) hint, (int) strlen(hint));
	int i = 0;

	while (i < KINDS_TOLD - 1 && told->times[i] > 0 && told->hints[i] != hash)
		i++;
	told->hints[i] = hash;
	return ++told->times[i];
}

static void
tell_few(void *arg, const char *hint, const char *message)
{
	const char *given = hint != NULL ? hint : "";
	int times = count_told(arg, given);

	if (times > MOST_TOLD)
		return;
	if (times == MOST_TOLD)
		hint = psprintf(
			"%s%sOf more such models nothing is said here: uprofile_model_info(model) -> 'note' tells.", given,
			given[0] != '\0' ? " " : "");
	ereport(WARNING,
			(errcode(ERRCODE_WARNING), errmsg_internal("%s", message), hint != NULL ? errhint("%s", hint) : 0));
}

static UpModel *
train_quietly(FunctionCallInfo fcinfo, const UpState *s)
{
	FmgrInfo *site = fcinfo->flinfo;
	UpModel *volatile model = NULL;
	UpHear before;

	if (site->fn_extra == NULL)
		site->fn_extra = MemoryContextAllocZero(site->fn_mcxt, sizeof(Told));
	before = up_warn_to((UpHear){tell_few, site->fn_extra});
	PG_TRY();
	{
		model = train_state(s);
	}
	PG_FINALLY();
	{
		(void) up_warn_to(before);
	}
	PG_END_TRY();
	return model;
}

/* By the aggregate's name; it ends with the current memory. */
static void
begin_call(FunctionCallInfo fcinfo)
{
	const Aggref *aggregate = AggGetAggref(fcinfo);
	char *name = aggregate != NULL ? get_func_name(aggregate->aggfnoid) : NULL;

	if (name != NULL)
		(void) up_call_begin(name, NULL);
}

PG_FUNCTION_INFO_V1(uprofile_agg_final);
Datum
uprofile_agg_final(PG_FUNCTION_ARGS)
{
	MemoryContext outer = CurrentMemoryContext, inner;
	UpState *s;
	UpModel *model;
	bytea *result;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	inner = AllocSetContextCreate(outer, "uprofile training", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(inner);
	begin_call(fcinfo);
	s = up_state_readable(PG_GETARG_DATUM(0));
	if (up_state_rows(s) == 0)
	{
		MemoryContextSwitchTo(outer);
		/* Nothing to learn from: the model stays as it is. */
		if (s->base_bytes != NULL)
		{
			result = palloc(VARSIZE(s->base_bytes));
			memcpy(result, s->base_bytes, VARSIZE(s->base_bytes));
			MemoryContextDelete(inner);
			PG_RETURN_BYTEA_P(result);
		}
		MemoryContextDelete(inner);
		PG_RETURN_NULL();
	}
	model = train_quietly(fcinfo, s);
	MemoryContextSwitchTo(outer);
	result = up_model_bytes(model);
	MemoryContextDelete(inner);
	PG_RETURN_BYTEA_P(result);
}
