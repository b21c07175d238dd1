/*
 * report.c - the metrics of predictions; see report.h
 *
 * Cost: that of the metrics (O(n), scores are sorted), once for the rows, once for the constant, and once a sample.
 */
#include "assess/report.h"

#include "assess/metrics.h"

#include <math.h>
#include <string.h>

/* The rows of one part, or one sample of it. */
typedef struct Part
{
	const UpPredictions *of;
	size_t n;
	double *actual, *predicted, *proba;
	double *weights;    /* or NULL */
	int64_t n_features; /* by which it is predicted */
	bool constant;      /* the answers are those of the constant */
} Part;

static Part
part_new(const UpPredictions *p, size_t n)
{
	Part part = {.of = p, .n = n, .n_features = p->model->n_features};
	size_t width = p->proba != NULL ? p->labels->n : 0;

	up_reserve(n * (2 + width) * sizeof(double), "the rows that are measured");
	part.actual = up_alloc_array(n, sizeof(double));
	part.predicted = up_alloc_array(n, sizeof(double));
	part.weights = p->weights != NULL ? up_alloc_array(n, sizeof(double)) : NULL;
	part.proba = p->proba != NULL ? up_alloc_array(n * width, sizeof(double)) : NULL;
	return part;
}

/* places, or what chosen picks of them. */
static void
part_fill(Part *part, const size_t *places, const size_t *chosen)
{
	const UpPredictions *p = part->of;
	size_t width = p->labels->n;

	for (size_t i = 0; i < part->n; i++)
	{
		size_t from = places[chosen != NULL ? chosen[i] : i];

		part->actual[i] = p->actual[from];
		part->predicted[i] = p->predicted[from];
		if (part->weights != NULL)
			part->weights[i] = p->weights[from];
		if (part->proba != NULL)
			memcpy(part->proba + i * width, p->proba + from * width, width * sizeof(double));
	}
}

static void
part_free(Part *part)
{
	up_free(part->actual);
	up_free(part->predicted);
	up_free(part->proba);
	up_free(part->weights);
}

/* The quantile that a regression predicts, NaN if it is none. */
static double
quantile_of(const UpModel *m)
{
	const UpValue *loss = up_value_get(m->params, "loss"), *quantile = up_value_get(m->params, "quantile");

	return loss != NULL && loss->type == UP_STRING && strcmp(loss->string, "quantile") == 0 &&
				   quantile != NULL && quantile->type == UP_NUMBER
			   ? quantile->number
			   : NAN;
}

/* How many of the values lie in the model's intervals, and how wide these are. */
static void
measure_intervals(const Part *part, UpValue *metrics)
{
	const UpAdjust *a = part->of->model->adjust;
	double inside = 0, width = 0, all = 0;

	if (a == NULL || !(a->level > 0) || part->constant)
		return;
	for (size_t i = 0; i < part->n; i++)
	{
		double weight = part->weights != NULL ? part->weights[i] : 1, low, high;

		up_adjust_interval(a, part->predicted[i], &low, &high);
		inside += part->actual[i] >= low && part->actual[i] <= high ? weight : 0;
		width += weight * (high - low);
		all += weight;
	}
	up_value_set(metrics, "interval_coverage", up_value_number(inside / all));
	up_value_set(metrics, "interval_width", up_value_number(width / all));
}

/* positive: the class that precision and the like are about; -1: all of them. */
static UpValue *
measure_about(const Part *part, int positive)
{
	const UpPredictions *p = part->of;

	if (p->model->task == UP_TASK_REGRESS)
	{
		UpOfRegression of = {part->n_features, quantile_of(p->model)};

		UpValue *metrics =
			up_metrics_regression_of(part->n, part->actual, part->predicted, true, part->weights, &of);

		measure_intervals(part, metrics);
		return metrics;
	}
	return up_metrics_classification_weighted(part->n, part->actual, part->predicted, part->proba, p->labels->n,
											  (const char *const *) p->labels->texts, positive, true,
											  part->weights);
}

static UpValue *
measure(const Part *part)
{
	return measure_about(part, part->of->model->n_classes == 2 ? 1 : -1);
}

/* What the constant answers; see report.h. */
static void
answer_constantly(Part *part)
{
	uint32_t width = part->of->labels->n, most = 0;
	double *shares, mean = 0, all = 0;

	if (part->of->model->task == UP_TASK_REGRESS)
	{
		for (size_t i = 0; i < part->n; i++)
		{
			double weight = part->weights != NULL ? part->weights[i] : 1;

			all += weight;
			mean += (part->actual[i] - mean) * weight / all;
		}
		for (size_t i = 0; i < part->n; i++)
			part->predicted[i] = mean;
		return;
	}
	shares = up_alloc0(UP_MAX(width, 1) * sizeof(double));
	for (size_t i = 0; i < part->n; i++)
	{
		double weight = part->weights != NULL ? part->weights[i] : 1;

		shares[(uint32_t) part->actual[i]] += weight;
		all += weight;
	}
	for (uint32_t k = 1; k < width; k++)
		most = shares[k] > shares[most] ? k : most;
	for (uint32_t k = 0; k < width; k++)
		shares[k] /= all;
	for (size_t i = 0; i < part->n; i++)
	{
		part->predicted[i] = most;
		if (part->proba != NULL)
			memcpy(part->proba + i * width, shares, width * sizeof(double));
	}
	up_free(shares);
}

/* ---- an object of metrics as rows ---- */

static uint32_t
count_numbers(const UpValue *v)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < v->n; i++)
		n += v->items[i]->type == UP_OBJECT ? count_numbers(v->items[i]) : v->items[i]->type == UP_NUMBER;
	return n;
}

/* Numbers of the object, and those deeper as outer[inner]. */
static void
add_numbers(UpReport *r, const UpValue *metrics, const char *outer)
{
	for (uint32_t i = 0; i < metrics->n; i++)
	{
		const UpValue *v = metrics->items[i];
		char *name = outer == NULL ? up_strdup(metrics->keys[i]) : up_format("%s[%s]", outer, metrics->keys[i]);

		if (v->type == UP_OBJECT)
			add_numbers(r, v, name);
		else if (v->type == UP_NUMBER)
			r->figures[r->n++] = (UpFigure){name, v->number, NAN, NAN, NAN};
	}
}

UpReport *
up_report_of(const UpValue *metrics)
{
	UpReport *r = up_alloc0(sizeof(UpReport));

	r->figures = up_alloc_array(UP_MAX(count_numbers(metrics), 1), sizeof(UpFigure));
	add_numbers(r, metrics, NULL);
	return r;
}

double
up_report_found(const UpValue *metrics, const char *name)
{
	const UpValue *v = strcmp(name, "rows") == 0 ? NULL : up_value_get(metrics, name);

	return v != NULL && v->type == UP_NUMBER ? v->number : NAN;
}

/* ---- intervals ---- */

/* A part whose rows are drawn. */
typedef struct Drawing
{
	const UpReport *report;
	Part *part;
	const size_t *places;
} Drawing;

static void
measure_sample(void *arg, const size_t *chosen, double *figures)
{
	const Drawing *d = arg;
	UpValue *metrics;

	part_fill(d->part, d->places, chosen);
	metrics = measure(d->part);
	for (uint32_t i = 0; i < d->report->n; i++)
		figures[i] = up_report_found(metrics, d->report->figures[i].metric);
}

static void
set_intervals(UpReport *r, Part *part, const size_t *places, uint32_t resamples, uint64_t seed)
{
	Drawing d = {r, part, places};
	double *drawn = up_resample(part->n, r->n, resamples, seed, measure_sample, &d);

	for (uint32_t i = 0; i < r->n; i++)
		(void) up_resampled_interval(drawn + (size_t) i * resamples, resamples, &r->figures[i].low,
									 &r->figures[i].high);
	up_free(drawn);
}

UpValue *
up_report_measure(const UpPredictions *p, const size_t *places, size_t n, int positive)
{
	Part part = part_new(p, n);
	UpValue *metrics;

	part_fill(&part, places, NULL);
	metrics = measure_about(&part, positive);
	part_free(&part);
	return metrics;
}

UpReport *
up_report(const UpPredictions *p, const size_t *places, size_t n, uint32_t resamples, uint64_t seed)
{
	Part part = part_new(p, n);
	const UpAdjust *a = p->model->adjust;
	UpReport *r;
	UpValue *constant, *metrics;

	part_fill(&part, places, NULL);
	metrics = measure(&part);
	/* At which labels are judged. */
	if (a != NULL && a->has_threshold)
		up_value_set(metrics, "threshold", up_value_number(a->threshold));
	r = up_report_of(metrics);
	answer_constantly(&part);
	part.constant = true;
	part.n_features = 0;
	constant = measure(&part);
	part.n_features = p->model->n_features;
	part.constant = false;
	for (uint32_t i = 0; i < r->n; i++)
		r->figures[i].baseline = up_report_found(constant, r->figures[i].metric);
	if (resamples > 0)
		set_intervals(r, &part, places, resamples, seed);
	part_free(&part);
	return r;
}
