/*
 * predict_call.c - a call's rows and its answers; see predict_call.h
 *
 * What a row gives a model goes into a matrix of inputs, which is answered when it is full, when the block is, or when another model comes.
 */
#include "postgres.h"

#include "catalog/objectaccess.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "num/vec.h"
#include "pg/sql/predict_call.h"
#include "pg/sql/vectors.h"

#define LARGE_MODEL (128 * 1024) /* bytes as it is stored */

/* ---- begin ---- */

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
set_constant(UpBlockCall *c, int argument, const Const *value)
{
	if (value == NULL)
		return;
	c->fcinfo->args[argument].value = value->constvalue;
	c->is_null |= value->constisnull;
}

static void
begin_features(UpBlockCall *c, const List *features, const UpPlace *places, const TupleDesc *columns,
			   UpAskedColumns *asked)
{
	int n = list_length(features);
	UpPlace *taken = palloc(sizeof(UpPlace) * n);
	ListCell *cell;

	foreach (cell, features)
		taken[foreach_current_index(cell)] = places[lfirst_int(cell)];
	if (c->kind == UP_FEATURES_ELEMENTS)
		up_numbers_begin(&c->numbers, taken, n, columns, asked);
	else
	{
		c->whole = *taken;
		up_ask_column(&asked[taken->plan], taken->number, false);
	}
	pfree(taken);
}

/* false: the column is none. */
static bool
begin_argument(int column, const UpPlace *places, UpPlace *place, UpAskedColumns *asked)
{
	if (column < 0)
		return false;
	*place = places[column];
	up_ask_column(&asked[place->plan], place->number, false);
	return true;
}

void
up_block_call_begin(UpBlockCall *c, List *told, const UpPlace *places, const TupleDesc *columns,
					UpAskedColumns *asked)
{
	Oid function = linitial_oid(linitial(told));
	List *numbers = lsecond(told);
	const Const *label = list_nth(told, 4);
	int n_args;

	check_may_execute(function);
	fmgr_info(function, &c->function);
	c->kind = linitial_int(numbers);
	c->has_model = begin_argument(lsecond_int(numbers), places, &c->model, asked);
	c->has_label = begin_argument(lthird_int(numbers), places, &c->label, asked);
	begin_features(c, lthird(told), places, columns, asked);
	n_args = label != NULL || c->has_label ? 3 : 2;
	c->form = up_block_form(c->function.fn_addr, n_args);
	if (c->form == NULL)
		elog(ERROR, "function %u has no blocks", function);
	c->asked = c->form->answer->asks;
	c->waiting.answer = c->form->answer;
	c->waiting.context = CurrentMemoryContext;
	c->fcinfo = palloc0(SizeForFunctionCallInfo(n_args));
	InitFunctionCallInfoData(*c->fcinfo, &c->function, n_args, InvalidOid, NULL, NULL);
	set_constant(c, 0, list_nth(told, 3));
	set_constant(c, 2, label);
}

/* Whether two calls have the same model and features, and no row for which one of them alone is NULL. */
static bool
takes_the_same(const UpBlockCall *c, const List *told, const UpBlockCall *other, const List *told_other)
{
	return c->form->named == other->form->named && c->form->row == other->form->row && c->kind == other->kind &&
		   !c->has_label && !other->has_label && !c->is_null && !other->is_null &&
		   lsecond_int(lsecond(told)) == lsecond_int(lsecond(told_other)) &&
		   equal(lthird(told), lthird(told_other)) && equal(list_nth(told, 3), list_nth(told_other, 3));
}

void
up_block_call_join(UpBlockCall *calls, int number, const List *told)
{
	UpBlockCall *c = &calls[number], *last;

	for (int i = 0; i < number && c->form->answer->asks != 0 && c->first == NULL; i++)
	{
		if (calls[i].form->answer->asks != 0 && calls[i].first == NULL &&
			takes_the_same(c, list_nth(told, number), &calls[i], list_nth(told, i)))
			c->first = &calls[i];
	}
	if (c->first == NULL)
		return;
	for (last = c->first; last->next != NULL;)
		last = last->next;
	last->next = c;
	c->first->asked |= c->form->answer->asks;
}

bool
up_block_call_needs_memory(const UpBlockCall *c)
{
	return c->kind == UP_FEATURES_WHOLE || c->numbers.may_fail || c->form->answer->choose != NULL;
}

void
up_block_call_room(UpBlockCall *c, int capacity)
{
	Size n = (Size) capacity;

	c->capacity = capacity;
	c->rows = palloc(n * sizeof(int));
	c->chosen = palloc0(n * sizeof(int32));
	c->told = palloc(n * sizeof(Datum));
	c->out = palloc(n * sizeof(Datum));
	c->out_null = palloc(n * sizeof(bool));
}

/* ---- rows ---- */

/* Tells a call the answers to the rows that wait, of which so many at a time were computed together. */
static void
tell_rows(const UpBlockCall *computed, UpBlockCall *c, size_t a_part)
{
	size_t n = (size_t) computed->n, width = computed->waiting.answer->width(computed->use->model);

	for (size_t first = 0; first < n; first += a_part)
		up_block_tell(c->form, computed->waiting.answer, computed->use,
					  computed->waiting.numbers + first * width, Min(a_part, n - first), c->chosen + first,
					  c->told + first);
	for (size_t i = 0; i < n; i++)
		c->out[computed->rows[i]] = c->told[i];
}

void
up_block_call_answer(UpBlockCall *c)
{
	MemoryContext outer;
	size_t a_part;

	if (c->n == 0)
		return;
	outer = MemoryContextSwitchTo(c->block);
	a_part = up_waiting_compute(&c->waiting, c->use, c->n);
	tell_rows(c, c, a_part);
	for (UpBlockCall *other = c->next; c->first == NULL && c->together && other != NULL; other = other->next)
		tell_rows(c, other, a_part);
	MemoryContextSwitchTo(outer);
	c->n = 0;
}

int
up_block_call_most(const UpBlockCall *c)
{
	const UpModel *m = c->use != NULL ? c->use->model : NULL;

	if (m == NULL)
		return 1;
	return (int) Max(UP_BLOCK_VALUES /
						 Max(Max(Max(m->pipeline->n_inputs, m->n_classes), c->waiting.answer->width(m)), 1),
					 1);
}

/* Room for rows of a model that may not have been seen yet. */
static void
make_room(UpBlockCall *c, UpModelUse *use)
{
	c->use = use;
	c->waiting.answer = up_block_answer_of(c->form, c->asked, use);
	c->together = c->waiting.answer != NULL;
	if (!c->together)
		c->waiting.answer = up_block_answer_of(c->form, c->form->answer->asks, use);
	c->large |= use->bytes >= LARGE_MODEL;
	c->most = Min(up_block_call_most(c), c->capacity);
	up_waiting_room(&c->waiting, use->model, c->most, c->shares);
}

/* The columns straight into the matrix. */
static void
take_columns(const UpBlockCall *c, const UpRowBelow *below, UpModelUse *use, double *out)
{
	const UpPipeline *p = use->model->pipeline;
	bool fits = !p->by_name && p->n_inputs == (uint32_t) c->numbers.n;

	if (!fits || !up_numbers_read(&c->numbers, below->slots, below->data, out) ||
		!up_vec_is_finite(out, (size_t) c->numbers.n))
		memcpy(out, up_model_use_array(use, up_numbers_array(&c->numbers, below->slots)),
			   p->n_inputs * sizeof(double));
}

/* Whether the model is known to be that of the row before: a constant, or that of a row of the first plan that is still there. */
static bool
is_model_of_before(const UpBlockCall *c, const UpRowBelow *below)
{
	return c->use != NULL && !c->form->named &&
		   (!c->has_model || (below->firsts > 0 && c->model.plan == 0 && c->use_of == below->firsts));
}

/* The model of a row; those that wait for another one are answered first. */
static UpModelUse *
use_of_row(UpBlockCall *c, const UpRowBelow *below, HeapTupleHeader record)
{
	UpModelUse *use;

	if (is_model_of_before(c, below))
	{
		if (c->n == 0)
			make_room(c, c->use);
		return c->use;
	}
	use = c->form->named ? up_model_use_recent_named(c->fcinfo, 0) : up_model_use_recent_bytea(c->fcinfo, 0);
	if (use == NULL)
	{
		/* To find another model may take away this one. */
		up_block_call_answer(c);
		use = c->form->named ? up_model_use_shared(c->fcinfo, 0) : up_model_use_bytea(c->fcinfo, 0);
	}
	if (c->form->named && record != NULL)
		use = up_model_use_of_user(use, record);
	if (use != c->use)
		up_block_call_answer(c);
	if (c->n == 0)
		make_room(c, use);
	c->use_of = below->firsts;
	return use;
}

static bool
get_argument(UpBlockCall *c, int argument, const UpRowBelow *below, UpPlace place)
{
	c->fcinfo->args[argument].value = up_value_below(below, place);
	return !up_is_null_below(below, place);
}

/* The row that is taken now waits for other calls as well. */
static void
take_for_others(UpBlockCall *c, UpModelUse *use)
{
	for (UpBlockCall *other = c->next; other != NULL; other = other->next)
	{
		/* Those that it took for itself, of another model. */
		up_block_call_answer(other);
		if (other->form->answer->choose != NULL)
			other->chosen[c->n] = other->form->answer->choose(other->fcinfo, use);
	}
}

/* Whether a call before has taken the row for this one. */
static bool
is_taken(UpBlockCall *c, int row)
{
	if (c->first == NULL)
		return false;
	c->out_null[row] = c->first->out_null[row];
	if (c->out_null[row])
		c->out[row] = (Datum) 0;
	/* Else it may be answered already. */
	return c->out_null[row] || c->first->together;
}

void
up_block_call_take(UpBlockCall *c, const UpRowBelow *below, int row)
{
	bool whole = c->kind == UP_FEATURES_WHOLE;
	Datum features = whole ? up_value_below(below, c->whole) : (Datum) 0;
	HeapTupleHeader record = NULL;
	UpModelUse *use;
	double *out;

	if (is_taken(c, row))
		return;
	c->out_null[row] = c->is_null || (c->has_model && !get_argument(c, 0, below, c->model)) ||
					   (c->has_label && !get_argument(c, 2, below, c->label)) ||
					   (whole && up_is_null_below(below, c->whole));
	c->out[row] = (Datum) 0;
	if (c->out_null[row])
	{
		/* What is out of range is an error beside a model that is NULL, too. */
		if (c->numbers.may_fail)
			(void) up_numbers_array(&c->numbers, below->slots);
		return;
	}
	if (c->form->row)
		record = DatumGetHeapTupleHeader(features);
	use = use_of_row(c, below, record);
	out = c->waiting.inputs + (Size) c->n * use->model->pipeline->n_inputs;
	if (!whole)
		take_columns(c, below, use, out);
	else
	{
		const double *inputs = record != NULL ? up_model_use_row(use, record)
											  : up_model_use_array(use, DatumGetArrayTypeP(features));

		memcpy(out, inputs, use->model->pipeline->n_inputs * sizeof(double));
	}
	if (c->form->answer->choose != NULL)
		c->chosen[c->n] = c->form->answer->choose(c->fcinfo, use);
	if (c->first == NULL && c->together)
		take_for_others(c, use);
	c->rows[c->n++] = row;
	if (c->n == c->most)
		up_block_call_answer(c);
}
