/*
 * metrics.c - accuracy, precision, recall, F1 and regression errors; see metrics.h
 */
#include "assess/metrics.h"

#include "assess/marginals.h"
#include "assess/ranking.h"

#include <math.h>

#define MANY_CLASSES 20 /* above, a report names no single classes */
#define TICK_ROWS    65536

/* How often each pair of classes occurs: n_classes × n_classes, row: actual. */
static uint64_t *
count_pairs(size_t n, const double *actual, const double *predicted, uint32_t n_classes)
{
	size_t cells = (size_t) n_classes * n_classes;
	uint64_t *counts;

	up_reserve(cells * sizeof(uint64_t), "the confusion matrix");
	counts = up_alloc0(UP_MAX(cells, 1) * sizeof(uint64_t));
	for (size_t i = 0; i < n; i++)
	{
		UP_ASSERT(actual[i] >= 0 && actual[i] < n_classes && predicted[i] >= 0 && predicted[i] < n_classes);
		counts[(size_t) actual[i] * n_classes + (size_t) predicted[i]]++;
	}
	return counts;
}

static double
share(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

static UpMarginals *
marginals_of(const uint64_t *counts, size_t n, uint32_t n_classes)
{
	UpMarginals *m = up_marginals_new(n_classes);

	m->n = (double) n;
	for (uint32_t i = 0; i < n_classes; i++)
	{
		m->hits[i] = (double) counts[(size_t) i * n_classes + i];
		for (uint32_t j = 0; j < n_classes; j++)
		{
			m->actual[i] += (double) counts[(size_t) i * n_classes + j];
			m->predicted[j] += (double) counts[(size_t) i * n_classes + j];
		}
	}
	return m;
}

static void
set_scores(UpValue *report, UpClassScores s)
{
	up_value_set(report, "precision", up_value_number(s.precision));
	up_value_set(report, "recall", up_value_number(s.recall));
	up_value_set(report, "f1", up_value_number(s.f1));
}

/* The area under the curve of one class against the others; false if it has no meaning. */
static bool
class_auc(size_t n, const double *actual, const double *proba, uint32_t n_classes, uint32_t k, double *auc)
{
	double *scores = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	uint8_t *hits = up_alloc_array(UP_MAX(n, 1), sizeof(uint8_t));

	for (size_t i = 0; i < n; i++)
	{
		scores[i] = proba[i * n_classes + k];
		hits[i] = actual[i] == (double) k;
	}
	*auc = up_auc(n, scores, hits);
	up_free(scores);
	up_free(hits);
	return !isnan(*auc);
}

static void
set_probability_scores(UpValue *report, size_t n, const double *actual, const double *proba, uint32_t n_classes,
					   int positive)
{
	double loss = 0, auc, sum = 0;
	uint32_t counted = 0;

	for (size_t i = 0; i < n; i++)
		loss += up_log_loss_term(proba[i * n_classes + (size_t) actual[i]]);
	up_value_set(report, "log_loss", up_value_number(share(loss, (double) n)));
	if (positive >= 0)
	{
		if (class_auc(n, actual, proba, n_classes, (uint32_t) positive, &auc))
			up_value_set(report, "auc", up_value_number(auc));
		return;
	}
	/* Several classes: each against the rest, averaged. */
	for (uint32_t k = 0; k < n_classes && n_classes <= MANY_CLASSES; k++)
	{
		if (!class_auc(n, actual, proba, n_classes, k, &auc))
			continue;
		sum += auc;
		counted++;
	}
	if (counted > 0)
		up_value_set(report, "auc", up_value_number(sum / counted));
}

static void
set_classes(UpValue *report, const uint64_t *counts, uint32_t n_classes, const char *const *classes)
{
	UpValue *confusion = up_value_object();

	for (uint32_t i = 0; i < n_classes; i++)
	{
		UpValue *row = up_value_object();

		for (uint32_t j = 0; j < n_classes; j++)
			up_value_set(row, classes[j], up_value_number((double) counts[(size_t) i * n_classes + j]));
		up_value_set(confusion, classes[i], row);
	}
	up_value_set(report, "confusion", confusion);
}

UpValue *
up_metrics_classification(size_t n, const double *actual, const double *predicted, const double *proba,
						  uint32_t n_classes, const char *const *classes, int positive)
{
	UpValue *report = up_value_object();
	uint64_t *counts = count_pairs(n, actual, predicted, n_classes);
	UpMarginals *m = marginals_of(counts, n, n_classes);

	UP_ASSERT(positive < 0 || (uint32_t) positive < n_classes);
	up_value_set(report, "rows", up_value_number((double) n));
	up_value_set(report, "accuracy", up_value_number(up_marginals_accuracy(m)));
	if (positive >= 0)
	{
		up_value_set(report, "positive", up_value_string(classes[positive]));
		set_scores(report, up_marginals_class(m, (uint32_t) positive));
	}
	else
	{
		up_value_set(report, "average", up_value_string("macro"));
		set_scores(report, up_marginals_average(m, UP_AVERAGE_MACRO));
	}
	if (proba != NULL)
		set_probability_scores(report, n, actual, proba, n_classes, positive);
	if (n_classes <= MANY_CLASSES)
		set_classes(report, counts, n_classes, classes);
	return report;
}

UpValue *
up_metrics_regression(size_t n, const double *actual, const double *predicted)
{
	UpValue *report = up_value_object();
	double squares = 0, absolute = 0, mean = 0, total = 0;

	for (size_t i = 0; i < n; i++)
		mean += (actual[i] - mean) / (double) (i + 1);
	for (size_t i = 0; i < n; i++)
	{
		double error = actual[i] - predicted[i];

		if (i % TICK_ROWS == 0)
			up_tick();
		squares += error * error;
		absolute += fabs(error);
		total += (actual[i] - mean) * (actual[i] - mean);
	}
	up_value_set(report, "rows", up_value_number((double) n));
	if (n == 0)
		return report;
	up_value_set(report, "rmse", up_value_number(sqrt(squares / (double) n)));
	up_value_set(report, "mae", up_value_number(absolute / (double) n));
	if (total > 0)
		up_value_set(report, "r2", up_value_number(1 - squares / total));
	return report;
}
