/*
 * fn_predict.c - uprofile_predict, _predict_label, _predict_proba: of bytea and of names, for arrays and for rows, and for blocks of rows
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"

#include "pg/sql/arguments.h"
#include "pg/sql/forms.h"
#include "pg/sql/predict_block.h"
#include "pg/sql/vectors.h"

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
	uint32_t found = up_class_named(m, label);

	pfree(label);
	return found;
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

/* The one that was chosen of a row's. predicted: its class, which counts where the most likely one was. */
static double
chosen_proba(const UpModelUse *use, int32 chosen, const double *proba, uint32_t predicted)
{
	uint32_t most = 0;

	if (use->model->learner->membership == NULL)
		return chosen >= 0 ? proba_of_class(use, version_of(use), (uint32_t) chosen, proba) : proba[predicted];
	for (uint32_t c = 0; c < values_of_proba(use->model); c++)
		most = proba[c] > proba[most] ? c : most;
	return proba[chosen >= 0 ? (uint32_t) chosen : most];
}

static Datum
predict_proba(FunctionCallInfo fcinfo, const UpModelUse *use, const double *inputs)
{
	int32 chosen = choose(fcinfo, use);
	bool needs_class = chosen < 0 && use->model->learner->membership == NULL;

	all_proba(use->model, inputs, 1, use->output);
	return Float8GetDatum(
		chosen_proba(use, chosen, use->output, needs_class ? (uint32_t) predict(use, inputs) : 0));
}

UP_FORMS_OF_SCORES(uprofile_predict, predict_number)
UP_FORMS_OF_SCORES(uprofile_predict_label, predict_label)
UP_FORMS_OF_SCORES(uprofile_predict_proba, predict_proba)

/* ---- the same for blocks of rows ---- */

static uint32_t
one_number(const UpModel *m)
{
	return 1;
}

static void
tell_numbers(const UpModelUse *use, const double *numbers, size_t n, const int32 *chosen, Datum *out)
{
	check_numeric(use->model);
	for (size_t i = 0; i < n; i++)
		out[i] = number_of(use->model, numbers[i]);
}

static void
tell_labels(const UpModelUse *use, const double *numbers, size_t n, const int32 *chosen, Datum *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = label_of(use->model, numbers[i]);
}

static uint32_t
numbers_of_proba(const UpModel *m)
{
	return Max(values_of_proba(m), 1);
}

static void
tell_probas(const UpModelUse *use, const double *numbers, size_t n, const int32 *chosen, Datum *out)
{
	uint32_t width = numbers_of_proba(use->model);

	for (size_t i = 0; i < n; i++)
		out[i] = Float8GetDatum(chosen_proba(use, chosen[i], numbers + i * width, 0));
}

/* Whether the most likely class can be asked for: it is what is predicted, which need not have the highest probability. */
static bool
has_likely(const UpModel *m)
{
	return m->learner->membership == NULL && up_model_has_proba(m);
}

static uint32_t
numbers_of_likely(const UpModel *m)
{
	return numbers_of_proba(m) + has_likely(m);
}

/* Probabilities, and beyond those of all rows what is predicted. */
static void
compute_likely(const UpModel *m, const double *x, size_t n, double *numbers)
{
	if (has_likely(m))
		up_model_predict_proba(m, x, n, numbers + n * m->n_classes, numbers);
	else
		all_proba(m, x, n, numbers);
}

static void
tell_likely(const UpModelUse *use, const double *numbers, size_t n, const int32 *chosen, Datum *out)
{
	uint32_t width = numbers_of_proba(use->model);
	const double *predicted = has_likely(use->model) ? numbers + n * width : NULL;

	for (size_t i = 0; i < n; i++)
		out[i] = Float8GetDatum(
			chosen_proba(use, chosen[i], numbers + i * width, predicted != NULL ? (uint32_t) predicted[i] : 0));
}

/* uprofile_scale, uprofile_unscale and uprofile_transform return vectors. */

static Datum
transform(const UpModelUse *use, const double *x, bool inverse)
{
	ArrayType *result = up_vector_new(inverse ? use->model->n_features : up_model_width(use->model));

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
	result = up_vector_new(m->n_features);
	up_pipeline_encode(m->pipeline, x, (double *) ARR_DATA_PTR(result));
	return PointerGetDatum(result);
}

UP_FORMS_OF_MODEL_AND_INPUTS(uprofile_transform, features)

static void
compute_scaled(const UpModel *m, const double *x, size_t n, double *numbers)
{
	up_model_transform(m, x, n, numbers, false);
}

static uint32_t
numbers_of_features(const UpModel *m)
{
	return m->learner->transform != NULL ? up_model_width(m) : m->n_features;
}

static void
compute_features(const UpModel *m, const double *x, size_t n, double *numbers)
{
	if (m->learner->transform != NULL)
	{
		compute_scaled(m, x, n, numbers);
		return;
	}
	for (size_t i = 0; i < n; i++)
		up_pipeline_encode(m->pipeline, x + i * m->pipeline->n_inputs, numbers + i * m->n_features);
}

static void
tell_vectors(const UpModelUse *use, const double *numbers, size_t n, const int32 *chosen, Datum *out)
{
	uint32_t width = numbers_of_features(use->model);
	/* One after the other in one piece of memory, which is the block's. */
	Size size = MAXALIGN(up_vector_size(width));
	char *place = MemoryContextAllocHuge(CurrentMemoryContext, n * size);

	for (size_t i = 0; i < n; i++)
	{
		ArrayType *vector = up_vector_at(place + i * size, width);

		memcpy(ARR_DATA_PTR(vector), numbers + i * width, width * sizeof(double));
		out[i] = PointerGetDatum(vector);
	}
}

enum
{
	NUMBERS,
	LABELS,
	LIKELY,
	PROBAS, /* of a class that is known beforehand */
	SCALED,
	FEATURES
};

const UpBlockAnswer *
up_block_answer_of(const UpBlockForm *form, int asked, const UpModelUse *use)
{
	if ((asked & UP_ASKS_PREDICTED) != 0 && asked != UP_ASKS_PREDICTED)
		return has_likely(use->model) ? &up_block_answers[LIKELY] : NULL;
	/* Of two classes the second is asked for: of a version, as choose says, whatever its folds know. */
	if ((asked & UP_ASKS_LIKELY) != 0)
		return &up_block_answers[version_of(use)->n_classes == 2 ? PROBAS : LIKELY];
	return form->answer;
}

void
up_block_tell(const UpBlockForm *form, const UpBlockAnswer *computed, const UpModelUse *use,
			  const double *numbers, size_t n, const int32 *chosen, Datum *out)
{
	if (form->answer->asks != UP_ASKS_PREDICTED)
		computed->tell(use, numbers, n, chosen, out);
	else if (computed == &up_block_answers[LIKELY])
		form->answer->tell(use, numbers + n * numbers_of_proba(use->model), n, chosen, out);
	else
		form->answer->tell(use, numbers, n, chosen, out);
}

const UpBlockAnswer up_block_answers[] = {
	[NUMBERS] = {NULL, one_number, up_model_predict, tell_numbers, UP_ASKS_PREDICTED},
	[LABELS] = {NULL, one_number, up_model_predict, tell_labels, UP_ASKS_PREDICTED},
	[LIKELY] = {choose, numbers_of_likely, compute_likely, tell_likely, UP_ASKS_LIKELY},
	[PROBAS] = {choose, numbers_of_proba, all_proba, tell_probas, UP_ASKS_PROBA},
	[SCALED] = {NULL, up_model_width, compute_scaled, tell_vectors, 0},
	[FEATURES] = {NULL, numbers_of_features, compute_features, tell_vectors, 0},
};

#define UP_BLOCK_FORM(name, named, row, answer)                                                                \
	{                                                                                                          \
		name, named, row, &up_block_answers[answer]                                                            \
	}
#define UP_BLOCK_FORMS(name, answer)                                                                           \
	UP_BLOCK_FORM(name, false, false, answer), UP_BLOCK_FORM(name##_row, false, true, answer),                 \
		UP_BLOCK_FORM(name##_named, true, false, answer), UP_BLOCK_FORM(name##_named_row, true, true, answer)

/* By two arguments, and by three. */
static const UpBlockForm block_forms[] = {UP_BLOCK_FORMS(uprofile_predict, NUMBERS),
										  UP_BLOCK_FORMS(uprofile_predict_label, LABELS),
										  UP_BLOCK_FORMS(uprofile_predict_proba, LIKELY),
										  UP_BLOCK_FORMS(uprofile_transform, FEATURES),
										  UP_BLOCK_FORM(uprofile_scale, false, false, SCALED),
										  UP_BLOCK_FORM(uprofile_scale_row, false, true, SCALED)};
static const UpBlockForm labelled_forms[] = {UP_BLOCK_FORMS(uprofile_predict_proba, PROBAS)};

const UpBlockForm *
up_block_form(PGFunction function, int n_args)
{
	const UpBlockForm *forms = n_args > 2 ? labelled_forms : block_forms;

	for (int i = 0; i < (n_args > 2 ? lengthof(labelled_forms) : lengthof(block_forms)); i++)
	{
		if (forms[i].function == function)
			return &forms[i];
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
