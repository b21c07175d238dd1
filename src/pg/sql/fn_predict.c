/*
 * fn_predict.c - uprofile_predict, _predict_label, _predict_proba: of bytea and of names, for arrays and for rows
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/sql/forms.h"

#include <math.h>

static double
predict(const UpModelUse *use, const double *inputs)
{
	double out;

	up_model_predict(use->model, inputs, 1, &out);
	return out;
}

static Datum
predict_number(FunctionCallInfo fcinfo, const UpModelUse *use, const double *inputs)
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
predict_label(FunctionCallInfo fcinfo, const UpModelUse *use, const double *inputs)
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

/* The model of a fold may know fewer classes than the version: it gives the others no probability. */
static double
proba_of_class(const UpModelUse *use, const UpModel *version, uint32_t chosen)
{
	int64_t found =
		version == use->model ? (int64_t) chosen : up_model_class(use->model, version->classes[chosen]);

	return found < 0 ? 0 : use->output[found];
}

/* How much a row belongs to the cluster of a number, or to its own. */
static Datum
predict_membership(FunctionCallInfo fcinfo, const UpModelUse *use, const double *inputs)
{
	UpClusters clusters = use->model->learner->clusters(use->model->body);
	char *label = PG_NARGS() > 2 ? text_to_cstring(PG_GETARG_TEXT_PP(2)) : NULL;
	uint32_t most = 0;

	up_model_membership(use->model, inputs, 1, use->output);
	for (uint32_t c = 0; c < clusters.k; c++)
	{
		if (label != NULL &&
			strcmp(label, psprintf("%u", clusters.numbers != NULL ? clusters.numbers[c] : c)) == 0)
			return Float8GetDatum(use->output[c]);
		most = use->output[c] > use->output[most] ? c : most;
	}
	if (label != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the model has no cluster \"%s\"", label),
				 errhint("Its clusters are numbers; uprofile_show(model) tells them.")));
	return Float8GetDatum(use->output[most]);
}

static Datum
predict_proba(FunctionCallInfo fcinfo, const UpModelUse *use, const double *inputs)
{
	const UpModel *version = use->whole != NULL ? use->whole : use->model;
	uint32_t chosen = 0;

	if (use->model->learner->membership != NULL)
		return predict_membership(fcinfo, use, inputs);
	up_model_proba(use->model, inputs, 1, use->output);
	if (PG_NARGS() > 2)
		chosen = class_argument(fcinfo, version);
	else if (version->n_classes == 2)
		chosen = 1;
	else if (version->n_classes > 2)
		return Float8GetDatum(use->output[(uint32_t) predict(use, inputs)]);
	return Float8GetDatum(proba_of_class(use, version, chosen));
}

UP_FORMS_OF_SCORES(uprofile_predict, predict_number)
UP_FORMS_OF_SCORES(uprofile_predict_label, predict_label)
UP_FORMS_OF_SCORES(uprofile_predict_proba, predict_proba)

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

static Datum
scale(FunctionCallInfo fcinfo, const UpModelUse *use, const double *x)
{
	return transform(use, x, false);
}

UP_FORMS_OF_INPUTS(uprofile_scale, up_model_use_bytea, scale)

/* What the learner sees; of a transformer, what it makes of it. */
static Datum
features(FunctionCallInfo fcinfo, const UpModelUse *use, const double *x)
{
	const UpModel *m = use->model;
	ArrayType *result;

	if (m->learner->transform != NULL)
		return transform(use, x, false);
	result = new_vector(m->n_features);
	up_pipeline_encode(m->pipeline, x, (double *) ARR_DATA_PTR(result));
	return PointerGetDatum(result);
}

UP_FORMS_OF_MODEL_AND_INPUTS(uprofile_transform, features)

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
