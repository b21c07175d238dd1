/*
 * metrics.c - accuracy, precision, recall, F1 and regression errors; see metrics.h
 */
#include "assess/metrics.h"

#include "assess/marginals.h"
#include "assess/ranking.h"

#include <math.h>

#define MANY_CLASSES 20 /* above, a report names no single classes */
#define TICK_ROWS    65536

UpConfusion *
up_confusion_new(uint32_t n_classes)
{
	UpConfusion *c = up_alloc0(sizeof(UpConfusion));

	c->n_classes = n_classes;
	up_reserve((size_t) n_classes * n_classes * sizeof(uint64_t), "the confusion matrix");
	c->counts = up_alloc0(UP_MAX((size_t) n_classes * n_classes, 1) * sizeof(uint64_t));
	return c;
}

static double
share(double part, double whole)
{
	return whole > 0 ? part / whole : 0;
}

static UpMarginals *
marginals_of(const UpConfusion *c)
{
	UpMarginals *m = up_marginals_new(c->n_classes);

	m->n = (double) c->n;
	for (uint32_t i = 0; i < c->n_classes; i++)
	{
		m->hits[i] = (double) c->counts[(size_t) i * c->n_classes + i];
		for (uint32_t j = 0; j < c->n_classes; j++)
		{
			m->actual[i] += (double) c->counts[(size_t) i * c->n_classes + j];
			m->predicted[j] += (double) c->counts[(size_t) i * c->n_classes + j];
		}
	}
	return m;
}

double
up_confusion_accuracy(const UpConfusion *c)
{
	return up_marginals_accuracy(marginals_of(c));
}

UpClassScores
up_confusion_class(const UpConfusion *c, uint32_t k)
{
	return up_marginals_class(marginals_of(c), k);
}

UpClassScores
up_confusion_average(const UpConfusion *c, UpAverage average)
{
	return up_marginals_average(marginals_of(c), average);
}

static UpConfusion *
count_pairs(size_t n, const double *actual, const double *predicted, uint32_t n_classes)
{
	UpConfusion *c = up_confusion_new(n_classes);

	for (size_t i = 0; i < n; i++)
		c->counts[(size_t) actual[i] * n_classes + (size_t) predicted[i]]++;
	c->n = n;
	return c;
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
set_classes(UpValue *report, const UpConfusion *c, const char *const *classes)
{
	UpValue *confusion = up_value_object();

	for (uint32_t i = 0; i < c->n_classes; i++)
	{
		UpValue *row = up_value_object();

		for (uint32_t j = 0; j < c->n_classes; j++)
			up_value_set(row, classes[j], up_value_number((double) c->counts[(size_t) i * c->n_classes + j]));
		up_value_set(confusion, classes[i], row);
	}
	up_value_set(report, "confusion", confusion);
}

UpValue *
up_metrics_classification(size_t n, const double *actual, const double *predicted, const double *proba,
						  uint32_t n_classes, const char *const *classes, int positive)
{
	UpValue *report = up_value_object();
	UpConfusion *c = count_pairs(n, actual, predicted, n_classes);

	up_value_set(report, "rows", up_value_number((double) n));
	up_value_set(report, "accuracy", up_value_number(up_confusion_accuracy(c)));
	if (positive >= 0)
	{
		up_value_set(report, "positive", up_value_string(classes[positive]));
		set_scores(report, up_confusion_class(c, (uint32_t) positive));
	}
	else
	{
		up_value_set(report, "average", up_value_string("macro"));
		set_scores(report, up_confusion_average(c, UP_AVERAGE_MACRO));
	}
	if (proba != NULL)
		set_probability_scores(report, n, actual, proba, n_classes, positive);
	if (n_classes <= MANY_CLASSES)
		set_classes(report, c, classes);
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
