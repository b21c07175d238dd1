/*
 * metrics.c - the report of a model: what metrics.list marks as reported; see metrics.h
 */
#include "assess/metrics.h"

#include <math.h>

#define MANY_CLASSES 20 /* above, a report names no single classes */

/* How often each pair of classes occurs, or the sum of the weights of its rows: n_classes × n_classes, row: actual. */
static double *
count_pairs(size_t n, const double *actual, const double *predicted, uint32_t n_classes, const double *weights)
{
	size_t cells = (size_t) n_classes * n_classes;
	double *counts;

	up_reserve(cells * sizeof(double), "the confusion matrix");
	counts = up_alloc0(UP_MAX(cells, 1) * sizeof(double));
	for (size_t i = 0; i < n; i++)
	{
		UP_ASSERT(actual[i] >= 0 && actual[i] < n_classes && predicted[i] >= 0 && predicted[i] < n_classes);
		counts[(size_t) actual[i] * n_classes + (size_t) predicted[i]] += weights != NULL ? weights[i] : 1;
	}
	return counts;
}

static void
set_figure(UpValue *report, const UpMeasure *measure, double figure)
{
	if (!isnan(figure))
		up_value_set(report, measure->name, up_value_number(figure));
}

/* Labels by their class numbers. */
static UpMeasurement *
measurement_of_counts(const UpMeasure *measure, const double *counts, uint32_t n_classes, int positive)
{
	UpMeasurement *m = up_measurement_new(measure);
	UpLabelPairs *p = up_measurement_pairs(m, UP_LABEL_NUMBER);

	if (positive >= 0)
		m->positive = up_value_number(positive);
	else
		m->average = 1 + UP_AVERAGE_MACRO;
	for (uint32_t i = 0; i < n_classes; i++)
	{
		for (uint32_t j = 0; j < n_classes; j++)
		{
			double rows = counts[(size_t) i * n_classes + j];

			if (rows > 0)
			{
				uint32_t actual = up_label_pairs_number(p, i);

				up_label_pairs_add(p, actual, up_label_pairs_number(p, j), rows);
			}
		}
	}
	return m;
}

/* The figure of the scores of one class against the others. */
static double
class_figure(const UpMeasure *measure, size_t n, const double *actual, const double *proba, uint32_t n_classes,
			 uint32_t k, const double *weights)
{
	UpMeasurement *m = up_measurement_new(measure);
	size_t n_weights = weights != NULL ? n : 0;
	double figure;

	m->weighted = weights != NULL;
	m->hits = up_alloc_array(n, sizeof(double));
	m->misses = up_alloc_array(n, sizeof(double));
	m->hit_weights = up_alloc_array(n_weights, sizeof(double));
	m->miss_weights = up_alloc_array(n_weights, sizeof(double));
	for (size_t i = 0; i < n; i++)
	{
		bool hit = actual[i] == (double) k;

		if (weights != NULL)
			(hit ? m->hit_weights : m->miss_weights)[hit ? m->n_hits : m->n_misses] = weights[i];
		if (hit)
			m->hits[m->n_hits++] = proba[i * n_classes + k];
		else
			m->misses[m->n_misses++] = proba[i * n_classes + k];
	}
	figure = up_measurement_figure(m);
	up_free(m->hits);
	up_free(m->misses);
	up_free(m->hit_weights);
	up_free(m->miss_weights);
	up_free(m);
	return figure;
}

/* Of the positive class, or of several classes each against the rest, averaged. */
static double
score_figure(const UpMeasure *measure, size_t n, const double *actual, const double *proba, uint32_t n_classes,
			 int positive, const double *weights)
{
	double sum = 0, counted = 0;

	if (positive >= 0)
		return class_figure(measure, n, actual, proba, n_classes, (uint32_t) positive, weights);
	for (uint32_t k = 0; k < n_classes && n_classes <= MANY_CLASSES; k++)
	{
		double figure = class_figure(measure, n, actual, proba, n_classes, k, weights);

		sum += isnan(figure) ? 0 : figure;
		counted += !isnan(figure);
	}
	return counted > 0 ? sum / counted : NAN;
}

/* Of each class as if it were the positive one, summed. */
static double
figure_of_all_classes(const UpMeasure *measure, size_t n, const double *actual, const double *proba,
					  uint32_t n_classes, const double *weights)
{
	double *given = up_alloc_array(n, sizeof(double)), *happened = up_alloc_array(n, sizeof(double)), sum = 0;

	for (uint32_t k = 0; k < n_classes; k++)
	{
		for (size_t i = 0; i < n; i++)
		{
			given[i] = proba[i * n_classes + k];
			happened[i] = actual[i] == (double) k;
		}
		sum += up_measure_values(measure, n, happened, given, weights, NAN);
	}
	up_free(given);
	up_free(happened);
	return sum;
}

/* Of the probability given to what happened. */
static double
probability_figure(const UpMeasure *measure, size_t n, const double *actual, const double *proba,
				   uint32_t n_classes, int positive, const double *weights)
{
	double *given, *happened, figure;

	if ((measure->flags & UP_MEASURE_CLASSES) != 0 && positive < 0)
		return n_classes <= MANY_CLASSES ? figure_of_all_classes(measure, n, actual, proba, n_classes, weights)
										 : NAN;
	given = up_alloc_array(n, sizeof(double));
	happened = up_alloc_array(n, sizeof(double));
	for (size_t i = 0; i < n; i++)
	{
		given[i] = proba[i * n_classes + (size_t) actual[i]];
		happened[i] = 1;
	}
	figure = up_measure_values(measure, n, happened, given, weights, NAN);
	up_free(given);
	up_free(happened);
	return figure;
}

static void
set_classes(UpValue *report, const double *counts, uint32_t n_classes, const char *const *classes)
{
	UpValue *confusion = up_value_object();

	for (uint32_t i = 0; i < n_classes; i++)
	{
		UpValue *row = up_value_object();

		for (uint32_t j = 0; j < n_classes; j++)
			up_value_set(row, classes[j], up_value_number(counts[(size_t) i * n_classes + j]));
		up_value_set(confusion, classes[i], row);
	}
	up_value_set(report, "confusion", confusion);
}

static bool
is_told(const UpMeasure *m, bool all)
{
	return (m->flags & UP_MEASURE_REPORTED) != 0 || (all && (m->flags & UP_MEASURE_MATRIX) == 0);
}

UpValue *
up_metrics_classification(size_t n, const double *actual, const double *predicted, const double *proba,
						  uint32_t n_classes, const char *const *classes, int positive, bool all)
{
	return up_metrics_classification_weighted(n, actual, predicted, proba, n_classes, classes, positive, all,
											  NULL);
}

UpValue *
up_metrics_classification_weighted(size_t n, const double *actual, const double *predicted, const double *proba,
								   uint32_t n_classes, const char *const *classes, int positive, bool all,
								   const double *weights)
{
	UpValue *report = up_value_object();
	double *counts = count_pairs(n, actual, predicted, n_classes, weights);

	UP_ASSERT(positive < 0 || (uint32_t) positive < n_classes);
	up_value_set(report, "rows", up_value_number((double) n));
	if (positive >= 0)
		up_value_set(report, "positive", up_value_string(classes[positive]));
	else
		up_value_set(report, "average", up_value_string("macro"));
	for (int i = 0; i < up_n_measures && n > 0; i++)
	{
		const UpMeasure *m = &up_measures[i];

		if (!is_told(m, all))
			continue;
		if (m->family == UP_MEASURE_LABELS)
			set_figure(report, m, up_measurement_figure(measurement_of_counts(m, counts, n_classes, positive)));
		else if (m->family == UP_MEASURE_SCORES && proba != NULL)
			set_figure(report, m, score_figure(m, n, actual, proba, n_classes, positive, weights));
		else if (m->family == UP_MEASURE_PROBABILITIES && proba != NULL)
			set_figure(report, m, probability_figure(m, n, actual, proba, n_classes, positive, weights));
	}
	if (n_classes <= MANY_CLASSES)
		set_classes(report, counts, n_classes, classes);
	return report;
}

UpValue *
up_metrics_regression(size_t n, const double *actual, const double *predicted, bool all)
{
	UpOfRegression of = {-1, NAN};

	return up_metrics_regression_of(n, actual, predicted, all, NULL, &of);
}

/* What a measure needs to know of the model; false where it is not known, or the model is about something else. */
static bool
know(const UpMeasure *m, const UpOfRegression *of, double *parameter)
{
	*parameter = (m->flags & UP_MEASURE_ADJUSTED) != 0 ? (double) of->n_features : of->quantile;
	if ((m->flags & UP_MEASURE_ADJUSTED) != 0)
		return of->n_features >= 0;
	return (m->flags & UP_MEASURE_QUANTILE) == 0 || !isnan(of->quantile);
}

UpValue *
up_metrics_regression_of(size_t n, const double *actual, const double *predicted, bool all,
						 const double *weights, const UpOfRegression *of)
{
	UpValue *report = up_value_object();

	up_value_set(report, "rows", up_value_number((double) n));
	for (int i = 0; i < up_n_measures && n > 0; i++)
	{
		const UpMeasure *m = &up_measures[i];

		double parameter;

		if (m->family == UP_MEASURE_VALUES && is_told(m, all) && know(m, of, &parameter))
			set_figure(report, m, up_measure_values(m, n, actual, predicted, weights, parameter));
	}
	return report;
}

double
up_metrics_figure(const UpMeasure *measure, size_t n, const double *actual, const double *predicted,
				  const double *proba, uint32_t n_classes, int positive)
{
	double figure = NAN;
	double *counts;

	if (n == 0 || (measure->family == UP_MEASURE_VALUES) != (n_classes == 0))
		return NAN;
	switch (measure->family)
	{
		case UP_MEASURE_LABELS:
			counts = count_pairs(n, actual, predicted, n_classes, NULL);
			figure = up_measurement_figure(measurement_of_counts(measure, counts, n_classes, positive));
			up_free(counts);
			break;
		case UP_MEASURE_SCORES:
			figure = proba != NULL ? score_figure(measure, n, actual, proba, n_classes, positive, NULL) : NAN;
			break;
		case UP_MEASURE_PROBABILITIES:
			figure =
				proba != NULL ? probability_figure(measure, n, actual, proba, n_classes, positive, NULL) : NAN;
			break;
		case UP_MEASURE_VALUES:
			figure = up_measure_values(measure, n, actual, predicted, NULL, 0.5);
			break;
		case UP_MEASURE_CLUSTERS:
			break;
	}
	return figure;
}
