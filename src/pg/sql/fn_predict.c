/*
 * fn_predict.c - uprofile_predict, _predict_label, _predict_proba: of bytea and of names, for arrays and for rows
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/models/model_cache.h"

#include <math.h>

/* The model of argument 0 and its inputs from argument 1. */
static UpModelUse *
take_array(FunctionCallInfo fcinfo, UpModelUse *use, const double **inputs)
{
	*inputs = up_model_use_array(use, PG_GETARG_ARRAYTYPE_P(1));
	return use;
}

static UpModelUse *
take_row(FunctionCallInfo fcinfo, UpModelUse *use, const double **inputs)
{
	*inputs = up_model_use_row(use, PG_GETARG_HEAPTUPLEHEADER(1));
	return use;
}

static double
predict(const UpModelUse *use, const double *inputs)
{
	double out;

	up_model_predict(use->model, inputs, 1, &out);
	return out;
}

static Datum
predict_number(const UpModelUse *use, const double *inputs)
{
	const UpModel *m = use->model;
	double out;

	if (m->label_kind == UP_LABEL_TEXT)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("the model predicts text labels"),
						errhint("Use uprofile_predict_label(model, features).")));
	out = predict(use, inputs);
	return Float8GetDatum(m->task == UP_TASK_CLASSIFY ? m->class_values[(uint32_t) out] : out);
}

static Datum
predict_label(const UpModelUse *use, const double *inputs)
{
	const UpModel *m = use->model;
	double out = predict(use, inputs);

	if (m->task == UP_TASK_CLASSIFY)
		return CStringGetTextDatum(m->classes[(uint32_t) out]);
	return CStringGetTextDatum(up_value_text(up_value_number(out)));
}

static uint32_t
class_argument(FunctionCallInfo fcinfo, const UpModel *m)
{
	char *label = text_to_cstring(PG_GETARG_TEXT_PP(2));
	int64_t found = up_model_class(m, label);

	if (found < 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the model has no class \"%s\"", label),
				 errdetail("Its classes: %s.", up_value_text(up_value_get(up_model_info(m), "classes")))));
	pfree(label);
	return (uint32_t) found;
}

static Datum
predict_proba(FunctionCallInfo fcinfo, const UpModelUse *use, const double *inputs)
{
	const UpModel *m = use->model;
	uint32_t chosen = 0;

	up_model_proba(m, inputs, 1, use->output);
	if (PG_NARGS() > 2)
		chosen = class_argument(fcinfo, m);
	else if (m->n_classes == 2)
		chosen = 1;
	else if (m->n_classes > 2)
		chosen = (uint32_t) predict(use, inputs);
	return Float8GetDatum(use->output[chosen]);
}

/* One entry point for each model type × form. */
#define PREDICTOR(name, use, take, result)                                                                     \
	PG_FUNCTION_INFO_V1(name);                                                                                 \
	Datum name(PG_FUNCTION_ARGS)                                                                               \
	{                                                                                                          \
		const double *inputs;                                                                                  \
		UpModelUse *u = take(fcinfo, use(fcinfo, 0), &inputs);                                                 \
                                                                                                               \
		return result;                                                                                         \
	}

PREDICTOR(uprofile_predict, up_model_use_bytea, take_array, predict_number(u, inputs))
PREDICTOR(uprofile_predict_row, up_model_use_bytea, take_row, predict_number(u, inputs))
PREDICTOR(uprofile_predict_named, up_model_use_shared, take_array, predict_number(u, inputs))
PREDICTOR(uprofile_predict_named_row, up_model_use_shared, take_row, predict_number(u, inputs))

PREDICTOR(uprofile_predict_label, up_model_use_bytea, take_array, predict_label(u, inputs))
PREDICTOR(uprofile_predict_label_row, up_model_use_bytea, take_row, predict_label(u, inputs))
PREDICTOR(uprofile_predict_label_named, up_model_use_shared, take_array, predict_label(u, inputs))
PREDICTOR(uprofile_predict_label_named_row, up_model_use_shared, take_row, predict_label(u, inputs))

PREDICTOR(uprofile_predict_proba, up_model_use_bytea, take_array, predict_proba(fcinfo, u, inputs))
PREDICTOR(uprofile_predict_proba_row, up_model_use_bytea, take_row, predict_proba(fcinfo, u, inputs))
PREDICTOR(uprofile_predict_proba_named, up_model_use_shared, take_array, predict_proba(fcinfo, u, inputs))
PREDICTOR(uprofile_predict_proba_named_row, up_model_use_shared, take_row, predict_proba(fcinfo, u, inputs))

/* uprofile_scale, uprofile_unscale and uprofile_transform return vectors. */

static ArrayType *
new_vector(uint32_t n)
{
	Size size = ARR_OVERHEAD_NONULLS(1) + (Size) n * sizeof(double);
	ArrayType *array = palloc(size);

	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->dataoffset = 0;
	array->elemtype = FLOAT8OID;
	ARR_DIMS(array)[0] = (int) n;
	ARR_LBOUND(array)[0] = 1;
	return array;
}

static Datum
transform(const UpModelUse *use, const double *x, bool inverse)
{
	ArrayType *result = new_vector(use->model->n_features);

	up_model_transform(use->model, x, 1, (double *) ARR_DATA_PTR(result), inverse);
	return PointerGetDatum(result);
}

PG_FUNCTION_INFO_V1(uprofile_scale);
Datum
uprofile_scale(PG_FUNCTION_ARGS)
{
	const double *x;
	UpModelUse *use = take_array(fcinfo, up_model_use_bytea(fcinfo, 0), &x);

	return transform(use, x, false);
}

PG_FUNCTION_INFO_V1(uprofile_scale_row);
Datum
uprofile_scale_row(PG_FUNCTION_ARGS)
{
	const double *x;
	UpModelUse *use = take_row(fcinfo, up_model_use_bytea(fcinfo, 0), &x);

	return transform(use, x, false);
}

/* What the learner sees; of a transformer, what it makes of it. */
static Datum
features(const UpModelUse *use, const double *x)
{
	const UpModel *m = use->model;
	ArrayType *result;

	if (m->learner->transform != NULL)
		return transform(use, x, false);
	result = new_vector(m->n_features);
	up_pipeline_encode(m->pipeline, x, (double *) ARR_DATA_PTR(result));
	return PointerGetDatum(result);
}

PREDICTOR(uprofile_transform, up_model_use_bytea, take_array, features(u, inputs))
PREDICTOR(uprofile_transform_row, up_model_use_bytea, take_row, features(u, inputs))
PREDICTOR(uprofile_transform_named, up_model_use_shared, take_array, features(u, inputs))
PREDICTOR(uprofile_transform_named_row, up_model_use_shared, take_row, features(u, inputs))

PG_FUNCTION_INFO_V1(uprofile_unscale);
Datum
uprofile_unscale(PG_FUNCTION_ARGS)
{
	UpModelUse *use = up_model_use_bytea(fcinfo, 0);
	uint32_t n;
	const double *x = up_array_values(PG_GETARG_ARRAYTYPE_P(1), &n);

	if (n != use->model->n_features)
		ereport(ERROR,
				(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
				 errmsg("%u features were given, and the model was trained on %u", n, use->model->n_features)));
	return transform(use, x, true);
}
