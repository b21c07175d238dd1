/*
 * fn_predict.c - uprofile_predict, _predict_label, _predict_proba: of bytea and of names, for arrays and for rows, and for blocks of rows
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/sql/forms.h"
#include "pg/sql/predict_block.h"

#include <float.h>
#include <math.h>

static double
predict(const UpModelUse *use, const double *inputs)
{
	double out;

	up_model_predict(use->model, inputs, 1, &out);
	return out;
}

static void
check_numeric(const UpModel *m)
{
	if (m->label_kind == UP_LABEL_TEXT)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE), errmsg("the model predicts text labels"),
						errhint("Use uprofile_predict_label(model, features).")));
}

static Datum
number_of(const UpModel *m, double out)
{
	return Float8GetDatum(m->task == UP_TASK_CLASSIFY ? m->class_values[(uint32_t) out] : out);
}

static Datum
predict_number(FunctionCallInfo fcinfo, const UpModelUse *use, const double *inputs)
{
	check_numeric(use->model);
	return number_of(use->model, predict(use, inputs));
}

static Datum
label_of(const UpModel *m, double out)
{
	if (m->task == UP_TASK_CLASSIFY)
		return CStringGetTextDatum(m->classes[(uint32_t) out]);
	return CStringGetTextDatum(up_value_text(up_value_number(out)));
}

static Datum
predict_label(FunctionCallInfo fcinfo, const UpModelUse *use, const double *inputs)
{
	return label_of(use->model, predict(use, inputs));
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
proba_of_class(const UpModelUse *use, const UpModel *version, uint32_t chosen, const double *proba)
{
	int64_t found =
		version == use->model ? (int64_t) chosen : up_model_class(use->model, version->classes[chosen]);

	return found < 0 ? 0 : proba[found];
}

/* The cluster whose number the third argument is. */
static uint32_t
cluster_argument(FunctionCallInfo fcinfo, const UpModel *m)
{
	UpClusters clusters = m->learner->clusters(m->body);
	char *label = text_to_cstring(PG_GETARG_TEXT_PP(2));

	for (uint32_t c = 0; c < clusters.k; c++)
	{
		if (strcmp(label, psprintf("%u", clusters.numbers != NULL ? clusters.numbers[c] : c)) == 0)
			return c;
	}
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the model has no cluster \"%s\"", label),
					errhint("Its clusters are numbers; uprofile_show(model) tells them.")));
}

static const UpModel *
version_of(const UpModelUse *use)
{
	return use->whole != NULL ? use->whole : use->model;
}

/* Which class or cluster is asked about; -1: the most likely. */
static int32
choose(FunctionCallInfo fcinfo, const UpModelUse *use)
{
	const UpModel *version = version_of(use);

	if (use->model->learner->membership != NULL)
		return PG_NARGS() > 2 ? (int32) cluster_argument(fcinfo, use->model) : -1;
	/* Who has no classes has no probabilities, which is said when they are asked for. */
	if (PG_NARGS() > 2 && version->n_classes > 0)
		return (int32) class_argument(fcinfo, version);
	return version->n_classes == 2 ? 1 : -1;
}

static uint32_t
values_of_proba(const UpModel *m)
{
	return m->learner->membership != NULL ? m->learner->clusters(m->body).k : m->n_classes;
}

/* The probabilities of n rows; of a clustering, how much they belong to its clusters. */
static void
all_proba(const UpModel *m, const double *x, size_t n, double *out)
{
	if (m->learner->membership != NULL)
		up_model_membership(m, x, n, out);
	else
		up_model_proba(m, x, n, out);
}

/* Of one row, what was chosen. */
static double
chosen_proba(const UpModelUse *use, const double *x, int32 chosen, const double *proba)
{
	uint32_t most = 0;

	if (use->model->learner->membership == NULL)
		return chosen >= 0 ? proba_of_class(use, version_of(use), (uint32_t) chosen, proba)
						   : proba_of_class(use, use->model, (uint32_t) predict(use, x), proba);
	for (uint32_t c = 0; c < values_of_proba(use->model); c++)
		most = proba[c] > proba[most] ? c : most;
	return proba[chosen >= 0 ? (uint32_t) chosen : most];
}

static Datum
predict_proba(FunctionCallInfo fcinfo, const UpModelUse *use, const double *inputs)
{
	all_proba(use->model, inputs, 1, use->output);
	return Float8GetDatum(chosen_proba(use, inputs, choose(fcinfo, use), use->output));
}

UP_FORMS_OF_SCORES(uprofile_predict, predict_number)
UP_FORMS_OF_SCORES(uprofile_predict_label, predict_label)
UP_FORMS_OF_SCORES(uprofile_predict_proba, predict_proba)

/* ---- the same for blocks of rows ---- */

static void
answer_numbers(const UpModelUse *use, const double *x, size_t n, const int32 *chosen, Datum *out)
{
	double *predicted = palloc(n * sizeof(double));

	check_numeric(use->model);
	up_model_predict(use->model, x, n, predicted);
	for (size_t i = 0; i < n; i++)
		out[i] = number_of(use->model, predicted[i]);
	pfree(predicted);
}

static void
answer_labels(const UpModelUse *use, const double *x, size_t n, const int32 *chosen, Datum *out)
{
	double *predicted = palloc(n * sizeof(double));

	up_model_predict(use->model, x, n, predicted);
	for (size_t i = 0; i < n; i++)
		out[i] = label_of(use->model, predicted[i]);
	pfree(predicted);
}

static void
answer_probas(const UpModelUse *use, const double *x, size_t n, const int32 *chosen, Datum *out)
{
	uint32_t width = Max(values_of_proba(use->model), 1);
	double *proba = palloc(n * width * sizeof(double));

	all_proba(use->model, x, n, proba);
	for (size_t i = 0; i < n; i++)
		out[i] = Float8GetDatum(
			chosen_proba(use, x + i * use->model->pipeline->n_inputs, chosen[i], proba + i * width));
	pfree(proba);
}

static const UpBlockAnswer numbers = {NULL, answer_numbers, false};
static const UpBlockAnswer labels = {NULL, answer_labels, false};
static const UpBlockAnswer probas = {choose, answer_probas, false};

/* uprofile_scale, uprofile_unscale and uprofile_transform return vectors. */

#define VECTORS_AT_ONCE 256 /* prepared together: they stay in the caches */

static Size
vector_size(uint32_t n)
{
	return ARR_OVERHEAD_NONULLS(1) + (Size) n * sizeof(double);
}

static ArrayType *
vector_at(void *place, uint32_t n)
{
	ArrayType *array = place;

	SET_VARSIZE(array, vector_size(n));
	array->ndim = 1;
	array->dataoffset = 0;
	array->elemtype = FLOAT8OID;
	ARR_DIMS(array)[0] = (int) n;
	ARR_LBOUND(array)[0] = 1;
	return array;
}

static ArrayType *
new_vector(uint32_t n)
{
	return vector_at(palloc(vector_size(n)), n);
}

static Datum
transform(const UpModelUse *use, const double *x, bool inverse)
{
	ArrayType *result = new_vector(inverse ? use->model->n_features : up_model_width(use->model));

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

/* Vectors of so many rows, one after the other in one piece of memory. */
static void
new_vectors(size_t n, uint32_t width, Datum *out)
{
	Size size = MAXALIGN(vector_size(width));
	char *place = MemoryContextAllocHuge(CurrentMemoryContext, n * size);

	for (size_t i = 0; i < n; i++)
		out[i] = PointerGetDatum(vector_at(place + i * size, width));
}

static double *
vector_values(Datum vector)
{
	return (double *) ARR_DATA_PTR((ArrayType *) DatumGetPointer(vector));
}

static void
answer_scaled(const UpModelUse *use, const double *x, size_t n, const int32 *chosen, Datum *out)
{
	const UpModel *m = use->model;
	uint32_t width = up_model_width(m);
	double *values = palloc(Min(n, VECTORS_AT_ONCE) * width * sizeof(double));

	new_vectors(n, width, out);
	for (size_t first = 0; first < n; first += VECTORS_AT_ONCE)
	{
		size_t rows = Min(n - first, VECTORS_AT_ONCE);

		up_model_transform(m, x + first * m->pipeline->n_inputs, rows, values, false);
		for (size_t i = 0; i < rows; i++)
			memcpy(vector_values(out[first + i]), values + i * width, width * sizeof(double));
	}
	pfree(values);
}

static void
answer_features(const UpModelUse *use, const double *x, size_t n, const int32 *chosen, Datum *out)
{
	const UpModel *m = use->model;

	if (m->learner->transform != NULL)
	{
		answer_scaled(use, x, n, chosen, out);
		return;
	}
	new_vectors(n, m->n_features, out);
	for (size_t i = 0; i < n; i++)
		up_pipeline_encode(m->pipeline, x + i * m->pipeline->n_inputs, vector_values(out[i]));
}

static const UpBlockAnswer scaled = {NULL, answer_scaled, true};
static const UpBlockAnswer vectors = {NULL, answer_features, true};

#define UP_BLOCK_FORMS(name, answer)                                                                           \
	{name, false, false, &answer}, {name##_row, false, true, &answer}, {name##_named, true, false, &answer},   \
	{                                                                                                          \
		name##_named_row, true, true, &answer                                                                  \
	}

static const UpBlockForm block_forms[] = {
	UP_BLOCK_FORMS(uprofile_predict, numbers),      UP_BLOCK_FORMS(uprofile_predict_label, labels),
	UP_BLOCK_FORMS(uprofile_predict_proba, probas), UP_BLOCK_FORMS(uprofile_transform, vectors),
	{uprofile_scale, false, false, &scaled},        {uprofile_scale_row, false, true, &scaled}};

const UpBlockForm *
up_block_form(PGFunction function)
{
	for (int i = 0; i < lengthof(block_forms); i++)
	{
		if (block_forms[i].function == function)
			return &block_forms[i];
	}
	return NULL;
}

/* uprofile_embed: real, since that is what indexes of vectors take. */
static Datum
embed(FunctionCallInfo fcinfo, const UpModelUse *use, const double *x)
{
	uint32_t n = up_model_embedding(use->model);
	double *wide = palloc(n * sizeof(double));
	Datum *values = palloc(n * sizeof(Datum));
	ArrayType *result;

	up_model_embed(use->model, x, 1, wide);
	for (uint32_t i = 0; i < n; i++)
	{
		if (!(fabs(wide[i]) <= FLT_MAX))
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("value %u of the embedding is beyond the range of real", i + 1),
							errhint("Give the features in the scale that the model was trained on.")));
		values[i] = Float4GetDatum((float4) wide[i]);
	}
	result = construct_array(values, (int) n, FLOAT4OID, sizeof(float4), true, TYPALIGN_INT);
	pfree(values);
	pfree(wide);
	PG_RETURN_ARRAYTYPE_P(result);
}

UP_FORMS_OF_MODEL_AND_INPUTS(uprofile_embed, embed)

PG_FUNCTION_INFO_V1(uprofile_unscale);
Datum
uprofile_unscale(PG_FUNCTION_ARGS)
{
	UpModelUse *use = up_model_use_bytea(fcinfo, 0);
	uint32_t n;
	const double *x = up_array_values(PG_GETARG_ARRAYTYPE_P(1), &n);

	if (use->model->learner->transform != NULL && n != up_model_width(use->model))
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("%u %s were given, and the model %s %u", n,
							   use->model->learner->width != NULL ? "components" : "features",
							   use->model->learner->width != NULL ? "has" : "was trained on",
							   up_model_width(use->model))));
	return transform(use, x, true);
}
