/*
 * agg_update.c - uprofile_update and uprofile_merge: models that learn on, and models that become one
 *
 * An update collects rows as its model takes them (state.h) and shares combine and final functions with the learning
 * aggregates. A merge keeps the merged model's bytes.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "learn/combine.h"
#include "learn/update.h"
#include "pg/sql/state.h"

/* The state, its model being that of argument 1. */
static UpState *
begin(FunctionCallInfo fcinfo, int params_argument)
{
	UpState *s = up_state_writable(fcinfo);

	if (PG_ARGISNULL(1))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("the model must not be NULL")));
	up_state_begin_update(s, (struct varlena *) DatumGetPointer(PG_GETARG_DATUM(1)),
						  up_expanded_params(fcinfo, params_argument));
	return s;
}

static void
add_array(FunctionCallInfo fcinfo, UpState *s, double label)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(2);

	up_state_add_inputs(s, up_model_use_array(&s->base, array), label);
	PG_FREE_IF_COPY(array, 2);
}

static void
refuse_label(const UpModel *m, const char *found)
{
	static const char *const kinds[] = {"no label", "a boolean label", "a number as its label", "a text label"};

	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("the model was trained with %s, not with %s", kinds[m->label_kind], found)));
}

/* The state of a form with a label of this kind; *complete: features and label are there. */
static UpState *
begin_labelled(FunctionCallInfo fcinfo, UpLabelKind kind, bool *complete)
{
	static const char *const kinds[] = {"none", "a boolean", "a number", "a text"};
	UpState *s = begin(fcinfo, 4);

	if (s->base.model->label_kind != kind)
		refuse_label(s->base.model, kinds[kind]);
	*complete = up_state_is_complete(s, fcinfo, 2);
	return s;
}

PG_FUNCTION_INFO_V1(uprofile_agg_update_features);
Datum
uprofile_agg_update_features(PG_FUNCTION_ARGS)
{
	UpState *s = begin(fcinfo, 3);

	if (s->base.model->label_kind != UP_LABEL_NONE)
		refuse_label(s->base.model, "none");
	if (PG_ARGISNULL(2))
		s->n_null_rows++;
	else
		add_array(fcinfo, s, 0);
	UP_RETURN_STATE(s);
}

/* A number as a class or as a value. */
static double
number_label(const UpModel *m, double v)
{
	v = up_state_finite_label(v);
	return m->task == UP_TASK_CLASSIFY ? up_update_class_value(m, v) : v;
}

/* A transition function for labels of this kind, label being what the model calls a label that is there. */
#define LABELLED(name, kind, label)                                                                            \
	PG_FUNCTION_INFO_V1(uprofile_agg_update_##name);                                                           \
	Datum uprofile_agg_update_##name(PG_FUNCTION_ARGS)                                                         \
	{                                                                                                          \
		bool complete;                                                                                         \
		UpState *s = begin_labelled(fcinfo, kind, &complete);                                                  \
                                                                                                               \
		if (complete)                                                                                          \
			add_array(fcinfo, s, label);                                                                       \
		UP_RETURN_STATE(s);                                                                                    \
	}

LABELLED(boolean, UP_LABEL_BOOLEAN, up_update_class_value(s->base.model, PG_GETARG_BOOL(3)))
LABELLED(number, UP_LABEL_NUMBER, number_label(s->base.model, PG_GETARG_FLOAT8(3)))
LABELLED(text, UP_LABEL_TEXT, up_update_class(s->base.model, text_to_cstring(PG_GETARG_TEXT_PP(3))))

/* The label of the row that the model's reader has deformed; false where it is NULL. */
static bool
row_label(UpState *s, double *label)
{
	const UpModel *m = s->base.model;
	UpRowReader *r = s->base.reader;
	UpAttribute *a;

	*label = 0;
	if (m->label_kind == UP_LABEL_NONE)
		return true;
	r->target = up_row_reader_find(r, m->label_name, "target");
	if (r->nulls[r->target])
		return false;
	a = &r->attributes[r->target];
	if (up_attribute_label_kind(a) != m->label_kind)
		refuse_label(m, up_attribute_label_kind(a) == UP_LABEL_TEXT ? "a text" : "another type");
	if (m->label_kind == UP_LABEL_TEXT)
		*label = up_update_class(m, up_row_reader_label(r));
	else
		*label = m->label_kind == UP_LABEL_BOOLEAN
					 ? up_update_class_value(m, up_attribute_number(a, r->values[r->target]))
					 : number_label(m, up_attribute_number(a, r->values[r->target]));
	return true;
}

PG_FUNCTION_INFO_V1(uprofile_agg_update_row);
Datum
uprofile_agg_update_row(PG_FUNCTION_ARGS)
{
	UpState *s = begin(fcinfo, 3);
	const double *inputs;
	double label;

	if (!s->base.model->pipeline->by_name)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("the model was trained on arrays, not on rows"),
				 errhint("Give it an array of features, and the label.")));
	if (PG_ARGISNULL(2))
	{
		s->n_null_rows++;
		UP_RETURN_STATE(s);
	}
	inputs = up_model_use_row(&s->base, PG_GETARG_HEAPTUPLEHEADER(2));
	if (row_label(s, &label))
		up_state_add_inputs(s, inputs, label);
	else
		s->n_null_labels++;
	UP_RETURN_STATE(s);
}

/* Transition and combine function: both sides are models, or NULL. */
PG_FUNCTION_INFO_V1(uprofile_agg_merge);
Datum
uprofile_agg_merge(PG_FUNCTION_ARGS)
{
	const UpModel *a, *b;

	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
	{
		bytea *one = PG_GETARG_BYTEA_P_COPY(PG_ARGISNULL(0) ? 1 : 0);

		up_model_parse(one);
		PG_RETURN_BYTEA_P(one);
	}
	a = up_model_parse(PG_GETARG_BYTEA_PP(0));
	b = up_model_parse(PG_GETARG_BYTEA_PP(1));
	PG_RETURN_BYTEA_P(up_model_bytes(up_model_merge(a, b)));
}
