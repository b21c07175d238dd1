/*
 * evaluate.c - a model measured on the rows of a frame; see evaluate.h
 */
#include "assess/evaluate.h"

#include "assess/metrics.h"
#include "assess/predict_rows.h"
#include "assess/silhouette.h"
#include "base/rng.h"
#include "prep/step_encode.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS 1024

static int64_t
column_of(const UpFrame *f, const char *name)
{
	for (uint32_t i = 0; i < f->n_columns; i++)
	{
		if (strcmp(f->columns[i].name, name) == 0)
			return i;
	}
	return -1;
}

static double *
categories_of_codes(const UpDictionary *d, const UpStep *step)
{
	double *values = up_alloc_array((size_t) d->n + 1, sizeof(double));

	for (uint32_t i = 0; i < d->n; i++)
		values[i] = up_step_category(step, d->texts[i], strlen(d->texts[i]));
	return values;
}

/* How a column becomes the values of a step: b->values[i] is set where they are not as they are. Returns why it cannot. */
static char *
bind_column(UpBinding *b, uint32_t i, const UpColumn *c)
{
	const UpStep *step = &b->model->pipeline->steps[i];

	if (c->stored == UP_COLUMN_CATEGORY && step->kind == UP_COLUMN_CATEGORY)
		b->values[i] = categories_of_codes(c->dictionary, step);
	else if (c->stored == UP_COLUMN_CATEGORY && step->form == UP_FORM_TEXT && !c->dictionary->overflowed)
		b->values[i] = up_column_values(c, step->kind);
	else if (c->stored != step->kind)
		return up_format("column \"%s\" is a %s now, and was a %s", step->name, up_column_kind_name(c->stored),
						 up_column_kind_name(step->kind));
	else if (c->width != step->width && c->width != 0)
		return up_format("column \"%s\" has %u values now, and had %u", step->name, c->width, step->width);
	return NULL;
}

static UpBinding *
binding_new(const UpFrame *f, const UpModel *m)
{
	UpBinding *b = up_alloc0(sizeof(UpBinding));
	const UpPipeline *p = m->pipeline;

	b->frame = f;
	b->model = m;
	b->columns = up_alloc_array(UP_MAX(p->n_steps, 1), sizeof(uint32_t));
	b->values = up_alloc0(UP_MAX(p->n_steps, 1) * sizeof(double *));
	if (m->task == UP_TASK_REGRESS && f->label_kind == UP_LABEL_TEXT)
		b->label_of = up_frame_label_values(f);
	return b;
}

/* Why a step cannot be bound, or NULL. */
static char *
bind_step(UpBinding *b, uint32_t i)
{
	const UpStep *step = &b->model->pipeline->steps[i];
	int64_t column = column_of(b->frame, step->name);
	const UpValue *left_out = up_value_get(b->frame->left_out, step->name);

	if (column < 0)
		return left_out != NULL && left_out->type == UP_STRING
				   ? up_format("column \"%s\" cannot be used: %s", step->name, left_out->string)
				   : up_format("column \"%s\" is missing", step->name);
	b->columns[i] = (uint32_t) column;
	return bind_column(b, i, &b->frame->columns[column]);
}

UpBinding *
up_bind_frame(const UpFrame *f, const UpModel *m, char **why)
{
	UpBinding *b = binding_new(f, m);

	*why = NULL;
	if (!m->pipeline->by_name || !f->by_name)
	{
		*why = up_strdup("it was trained on arrays");
		return NULL;
	}
	for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
	{
		*why = bind_step(b, i);
		if (*why != NULL)
			return NULL;
	}
	return b;
}

UpBinding *
up_bind_what_fits(const UpFrame *f, const UpModel *m, char ***why)
{
	UpBinding *b = binding_new(f, m);

	*why = up_alloc0(UP_MAX(m->pipeline->n_steps, 1) * sizeof(char *));
	for (uint32_t i = 0; i < m->pipeline->n_steps; i++)
		(*why)[i] = bind_step(b, i);
	return b;
}

void
up_bound_inputs(const UpBinding *b, const size_t *rows, size_t n, double *inputs)
{
	const UpPipeline *p = b->model->pipeline;

	for (size_t i = 0; i < n; i++)
	{
		const double *row = up_samples_row(b->frame->samples, rows[i]);

		for (uint32_t j = 0; j < p->n_steps; j++)
		{
			const UpColumn *c = &b->frame->columns[b->columns[j]];
			double v = c->width > 0 ? row[c->first] : NAN;

			if (b->values[j] != NULL && !isnan(v))
				v = b->values[j][(uint32_t) v];
			*inputs++ = v;
			for (uint32_t k = 1; k < p->steps[j].width; k++)
				*inputs++ = k < c->width ? row[c->first + k] : NAN;
		}
	}
}

static const char *
label_text(const UpFrame *f, double label)
{
	if (f->label_kind == UP_LABEL_TEXT && !f->labels_stored)
		return f->labels->texts[(uint32_t) label];
	if (f->label_kind == UP_LABEL_BOOLEAN)
		return label != 0 ? "true" : "false";
	return up_value_text(up_value_number(label));
}

/* Classes of the model; labels of the frame that it does not know come after them. */
static UpDictionary *
known_labels(const UpModel *m)
{
	UpDictionary *d = up_dictionary_new(UP_LABEL_LIMIT);

	for (uint32_t i = 0; i < m->n_classes; i++)
		up_dictionary_add(d, m->classes[i], strlen(m->classes[i]));
	return d;
}

static void
actual_values(const UpBinding *b, const size_t *rows, size_t n, UpDictionary *labels, double *actual)
{
	const UpFrame *f = b->frame;

	for (size_t i = 0; i < n; i++)
	{
		double label = up_samples_row(f->samples, rows[i])[f->n_values];

		if (i % BLOCK_ROWS == 0)
			up_tick();
		if (b->model->task == UP_TASK_CLASSIFY)
		{
			const char *text = label_text(f, label);

			actual[i] = (double) up_dictionary_add(labels, text, strlen(text));
		}
		else
			actual[i] = b->label_of != NULL ? b->label_of[(uint32_t) label] : label;
	}
}

size_t
up_bound_labelled(const UpBinding *b, size_t *rows, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; b->label_of != NULL && i < n; i++)
	{
		if (!isnan(b->label_of[(uint32_t) up_samples_row(b->frame->samples, rows[i])[b->frame->n_values]]))
			rows[kept++] = rows[i];
	}
	return b->label_of != NULL ? kept : n;
}

void
up_bound_labels(const UpBinding *b, const size_t *rows, size_t n, double *actual)
{
	actual_values(b, rows, n, known_labels(b->model), actual);
}

UpPredictions *
up_predictions(const UpBinding *b, const size_t *rows, size_t n)
{
	UpPredictions *p = up_alloc0(sizeof(UpPredictions));

	p->model = b->model;
	p->n = n;
	p->labels = known_labels(b->model);
	p->actual = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	p->predicted = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	actual_values(b, rows, n, p->labels, p->actual);
	if (up_model_has_proba(b->model))
	{
		up_reserve(n * p->labels->n * sizeof(double), "probabilities of the hold-out");
		p->proba = up_alloc_array(UP_MAX(n, 1) * p->labels->n, sizeof(double));
	}
	up_bound_predict(b, rows, n, p->predicted, p->proba, p->labels->n);
	return p;
}

void
up_predictions_free(UpPredictions *p)
{
	up_free(p->actual);
	up_free(p->predicted);
	up_free(p->proba);
	up_free(p);
}

UpValue *
up_evaluate(const UpBinding *b, const size_t *rows, size_t n)
{
	return up_evaluate_against(b, rows, n, NULL, NULL);
}

/* By which threshold labels were told apart; how many values were in their intervals, and how wide these are. */
static void
tell_adjusted(const UpAdjust *a, const UpPredictions *p, UpValue *metrics)
{
	double inside = 0, width = 0;

	if (a->has_threshold)
		up_value_set(metrics, "threshold", up_value_number(a->threshold));
	if (!(a->level > 0) || p->n == 0)
		return;
	for (size_t i = 0; i < p->n; i++)
	{
		double low, high;

		up_adjust_interval(a, p->predicted[i], &low, &high);
		inside += p->actual[i] >= low && p->actual[i] <= high;
		width += high - low;
	}
	up_value_set(metrics, "interval_coverage", up_value_number(inside / (double) p->n));
	up_value_set(metrics, "interval_width", up_value_number(width / (double) p->n));
}

UpValue *
up_evaluate_against(const UpBinding *b, const size_t *rows, size_t n, const UpConstant *constant,
					UpAgainstConstant *against)
{
	const UpModel *m = b->model;
	UpPredictions *p = up_predictions(b, rows, n);
	UpValue *metrics;

	if (m->task == UP_TASK_CLASSIFY)
		metrics = up_metrics_classification(n, p->actual, p->predicted, p->proba, p->labels->n,
											(const char *const *) p->labels->texts, m->n_classes == 2 ? 1 : -1,
											false);
	else
		metrics = up_metrics_regression(n, p->actual, p->predicted, false);
	if (m->adjust != NULL)
		tell_adjusted(m->adjust, p, metrics);
	if (constant != NULL)
		*against = up_against_constant(constant, n, p->actual, p->predicted, p->proba, p->labels->n);
	up_predictions_free(p);
	return metrics;
}

UpValue *
up_evaluate_clusters(const UpBinding *b, const size_t *rows, size_t n)
{
	const UpModel *m = b->model;
	const UpPipeline *p = m->pipeline;
	size_t used = UP_MIN(n, UP_SILHOUETTE_ROWS);
	size_t *sample = up_alloc_array(UP_MAX(n, 1), sizeof(size_t));
	double *inputs = up_alloc_array(UP_MAX(used, 1) * p->n_inputs, sizeof(double)),
		   *x = up_alloc_array(UP_MAX(used, 1) * p->n_features, sizeof(double)),
		   *clusters = up_alloc_array(UP_MAX(used, 1), sizeof(double));
	UpValue *metrics = up_value_object();
	double silhouette, davies_bouldin, calinski_harabasz;
	uint32_t n_clusters;
	UpRng rng;

	memcpy(sample, rows, n * sizeof(size_t));
	up_rng_init(&rng, (uint64_t) m->seed, 2);
	if (used < n)
		up_rng_shuffle(&rng, sample, n);
	up_bound_inputs(b, sample, used, inputs);
	up_model_predict(m, inputs, used, clusters);
	for (size_t i = 0; i < used; i++)
		up_pipeline_encode(p, inputs + i * p->n_inputs, x + i * p->n_features);
	n_clusters = up_clusters_dense(clusters, used);
	silhouette = up_silhouette(used, p->n_features, x, clusters, n_clusters);
	up_cluster_spreads(used, p->n_features, x, clusters, n_clusters, &davies_bouldin, &calinski_harabasz);
	up_value_set(metrics, "rows", up_value_number((double) n));
	if (!isnan(silhouette))
		up_value_set(metrics, "silhouette", up_value_number(silhouette));
	if (!isnan(davies_bouldin))
	{
		up_value_set(metrics, "davies_bouldin", up_value_number(davies_bouldin));
		up_value_set(metrics, "calinski_harabasz", up_value_number(calinski_harabasz));
	}
	if (used < n)
		up_value_set(metrics, "silhouette_rows", up_value_number((double) used));
	up_free(sample);
	up_free(inputs);
	up_free(x);
	up_free(clusters);
	return metrics;
}

double
up_main_metric(const UpModel *m, const UpValue *metrics, const char **name, bool *more_is_better)
{
	UpValue *v = NULL;

	*more_is_better = m->task == UP_TASK_CLASSIFY;
	if (m->task == UP_TASK_CLASSIFY)
	{
		*name = "auc";
		v = m->n_classes == 2 ? up_value_get(metrics, *name) : NULL;
		if (v == NULL || v->type != UP_NUMBER)
		{
			*name = "accuracy";
			v = up_value_get(metrics, *name);
		}
	}
	else if (m->task == UP_TASK_REGRESS)
	{
		*name = "rmse";
		v = up_value_get(metrics, *name);
	}
	return v != NULL && v->type == UP_NUMBER ? v->number : NAN;
}
