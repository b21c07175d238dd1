/*
 * update.c - models that learn on from more rows; see update.h
 *
 * How columns are prepared stays as it was trained: medians, categories and scales are those of the first rows, so that old and
 * new numbers mean the same. Classes stay as well.
 */
#include "learn/update.h"

#include "learn/learners.h"

#include <math.h>
#include <string.h>

char *
up_update_learners(bool predict)
{
	char *names = up_strdup("");

	for (int i = 0; i < up_n_learners; i++)
	{
		if (up_learners[i]->update != NULL && (!predict || up_learners[i]->predict != NULL))
			names = up_format("%s%s%s", names, names[0] != '\0' ? ", " : "", up_learners[i]->name);
	}
	return names;
}

static bool
is_common(const char *name)
{
	for (int i = 0; i < up_common_params.n; i++)
	{
		if (strcmp(up_common_params.params[i].name, name) == 0)
			return true;
	}
	return false;
}

UpRequest *
up_update_request(const UpModel *base, const UpValue *given)
{
	UpValue *merged = up_value_object();
	UpRequest *request;

	if (base->learner->update == NULL)
		up_fail_with(UP_WRONG_KIND, NULL,
					 up_format("These can: %s. Others are trained anew.", up_update_learners(false)),
					 "models of algorithm \"%s\" cannot be updated", base->learner->name);
	if (up_value_get(base->params, "weight") != NULL && up_value_get(base->params, "weight")->type != UP_NULL)
		up_fail_with(UP_WRONG_KIND, NULL, "Train it anew.",
					 "a model that was trained on weighted rows cannot be updated");
	for (uint32_t i = 0; i < base->params->n; i++)
	{
		if (!is_common(base->params->keys[i]))
			up_value_set(merged, base->params->keys[i], base->params->items[i]);
	}
	for (uint32_t i = 0; given != NULL && i < given->n; i++)
	{
		if (is_common(given->keys[i]) && strcmp(given->keys[i], "seed") != 0)
			up_fail_with(UP_INVALID_PARAMETER, NULL, "Train a new model to change it.",
						 "parameter \"%s\" cannot be changed by an update", given->keys[i]);
		up_value_set(merged, given->keys[i], given->items[i]);
	}
	if (given == NULL || up_value_get(given, "seed") == NULL)
		up_value_set(merged, "seed", up_value_number((double) base->seed));
	request = up_request_parse(base->learner, merged);
	request->given = given;
	return request;
}

static void
fail_class(const UpModel *base, const char *label)
{
	char *known = up_strdup("");

	for (uint32_t i = 0; i < base->n_classes && i < 20; i++)
		known = up_format("%s%s\"%s\"", known, i > 0 ? ", " : "", base->classes[i]);
	up_fail_with(UP_INVALID_DATA, up_format("Its classes: %s%s.", known, base->n_classes > 20 ? ", …" : ""),
				 "Train a new model on rows of all classes.", "the label \"%s\" is not a class of the model",
				 label);
}

double
up_update_class(const UpModel *base, const char *text)
{
	int64_t k = up_model_class(base, text);

	if (k < 0)
		fail_class(base, text);
	return (double) k;
}

double
up_update_class_value(const UpModel *base, double value)
{
	for (uint32_t k = 0; k < base->n_classes; k++)
	{
		if (base->class_values[k] == value)
			return k;
	}
	fail_class(base, base->label_kind == UP_LABEL_BOOLEAN ? (value != 0 ? "true" : "false")
														  : up_value_text(up_value_number(value)));
	return 0;
}

static uint64_t
count_in(const UpModel *m, const char *name)
{
	const UpValue *v = up_value_get(m->summary, name);

	return v != NULL && v->type == UP_NUMBER && v->number >= 0 && v->number < 0x1p53 ? (uint64_t) v->number : 0;
}

/* A model like base, with a summary of its own that counts rows as base's does. */
static UpModel *
successor(const UpModel *base, uint64_t more_rows)
{
	UpModel *m = up_alloc(sizeof(UpModel));

	*m = *base;
	m->format = UP_MODEL_FORMAT;
	m->summary = up_value_object();
	for (uint32_t i = 0; i < base->summary->n; i++)
		up_value_set(m->summary, base->summary->keys[i], base->summary->items[i]);
	up_value_set(m->summary, "rows", up_value_number((double) (count_in(base, "rows") + more_rows)));
	return m;
}

UpModel *
up_update(const UpModel *base, const UpRequest *request, const UpFrame *rows)
{
	const UpPipeline *p = base->pipeline;
	size_t n = rows->samples->n_rows;
	UpModel *m = successor(base, n);
	size_t *order = up_alloc_array(UP_MAX(n, 1), sizeof(size_t));
	UpData data = {0};
	UpFit fit = {0};

	up_samples_canonical_order(rows->samples, order);
	data.samples = rows->samples;
	data.order = order;
	data.n_rows = n;
	data.n_features = base->n_features;
	data.n_classes = base->n_classes;
	data.pipeline = p->steps != NULL || p->selected != NULL ? p : NULL;
	data.n_values = (base->learner->abilities & UP_L_NATIVE) != 0 ? up_pipeline_n_values(p) : NULL;
	fit.data = &data;
	fit.pipeline = p;
	fit.task = base->task;
	fit.params = request->params;
	fit.seed = (uint64_t) request->common.seed;
	fit.n_features = base->n_features;
	fit.n_classes = base->n_classes;
	fit.classes = (const char *const *) base->classes;
	fit.info = m->summary;
	fit.rows_before = count_in(base, "rows");
	fit.given = request->given;
	m->body = base->learner->update(base->body, &fit);
	up_value_set(m->summary, "updates", up_value_number((double) count_in(base, "updates") + 1));
	up_value_set(m->summary, "last_update_rows", up_value_number((double) n));
	if (rows->n_null_rows > 0)
		up_value_set(m->summary, "skipped_rows",
					 up_value_number((double) (count_in(base, "skipped_rows") + rows->n_null_rows)));
	if (rows->n_null_labels > 0)
		up_value_set(m->summary, "skipped_labels",
					 up_value_number((double) (count_in(base, "skipped_labels") + rows->n_null_labels)));
	up_free(order);
	return m;
}
