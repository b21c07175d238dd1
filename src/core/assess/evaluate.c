/*
 * evaluate.c - a model measured on the rows of a frame; see evaluate.h
 */
#include "assess/evaluate.h"

#include "assess/metrics.h"
#include "assess/predict_rows.h"
#include "assess/silhouette.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS 1024

/* Its place among these, which it comes to be one of. */
static double
code_of(const char *text, UpDictionary *labels)
{
	return (double) up_dictionary_add(labels, text, strlen(text));
}

static double
code_of_label(const UpFrame *f, double label, UpDictionary *labels)
{
	UpValue *number;
	char *text;
	double code;

	if (f->label_kind == UP_LABEL_TEXT && !f->labels_stored)
		return code_of(f->labels->texts[(uint32_t) label], labels);
	if (f->label_kind == UP_LABEL_BOOLEAN)
		return code_of(label != 0 ? "true" : "false", labels);
	number = up_value_number(label);
	text = up_value_text(number);
	code = code_of(text, labels);
	up_free(text);
	up_free(number);
	return code;
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

/* Labels that were met last, and their classes: to make a text of each row's label takes longer than to predict it. */
typedef struct Met
{
	bool any;
	uint64_t bits; /* of the label */
	double code;
} Met;

#define MET_BITS 8

/* Of each label in place its class, in the order of the rows: those that the model does not know are numbered as they come. */
static void
code_labels(const UpFrame *f, UpDictionary *labels, double *label, size_t n)
{
	Met met[1 << MET_BITS] = {{false, 0, 0}};

	for (size_t i = 0; i < n; i++)
	{
		uint64_t bits;
		Met *m;

		if (i % BLOCK_ROWS == 0)
			up_tick();
		memcpy(&bits, &label[i], sizeof(bits));
		m = &met[bits * UINT64_C(0x9e3779b97f4a7c15) >> (64 - MET_BITS)];
		if (!m->any || m->bits != bits)
			*m = (Met){true, bits, code_of_label(f, label[i], labels)};
		label[i] = m->code;
	}
}

static void
actual_values(const UpBinding *b, const size_t *rows, size_t n, UpDictionary *labels, double *actual)
{
	const UpFrame *f = b->frame;
	UpStanding order = up_bound_standing(b, rows, n);

	for (size_t i = 0; i < n; i++)
	{
		double label = up_samples_value(f->samples, order.rows[i], f->n_values);

		if (i % BLOCK_ROWS == 0)
			up_tick();
		actual[up_standing_place(&order, i)] = b->label_of != NULL ? b->label_of[(uint32_t) label] : label;
	}
	up_standing_free(&order);
	if (b->model->task == UP_TASK_CLASSIFY)
		code_labels(f, labels, actual, n);
}

size_t
up_bound_labelled(const UpBinding *b, size_t *rows, size_t n)
{
	size_t kept = 0;

	for (size_t i = 0; b->label_of != NULL && i < n; i++)
	{
		if (!isnan(b->label_of[(uint32_t) up_samples_value(b->frame->samples, rows[i], b->frame->n_values)]))
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

	*more_is_better = m->task == UP_TASK_CLASSIFY && m->n_classes <= 2;
	if (m->task == UP_TASK_CLASSIFY)
	{
		*name = m->n_classes <= 2 ? "auc" : "log_loss";
		v = up_value_get(metrics, *name);
		if (v == NULL || v->type != UP_NUMBER)
		{
			*name = "accuracy";
			*more_is_better = true;
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
