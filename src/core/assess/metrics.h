/*
 * metrics.h - how good predictions are
 *
 * Definitions and edge cases are scikit-learn's: a share whose denominator is 0 is 0; log loss clips probabilities to
 * [2^-52, 1 - 2^-52]; the area under the curve counts ties one half (Mann, Whitney 1947).
 */
#ifndef UPROFILE_METRICS_H
#define UPROFILE_METRICS_H

#include "assess/measure.h"
#include "base/value.h"

/*
 * Everything about a classification. actual, predicted: class numbers; proba: n × n_classes or NULL. positive: the
 * class that precision, recall, f1 and auc are about, or -1: their averages over the classes (macro). all: every metric of the
 * table that fits, not only those that it marks as reported.
 */
extern UpValue *up_metrics_classification(size_t n, const double *actual, const double *predicted,
										  const double *proba, uint32_t n_classes, const char *const *classes,
										  int positive, bool all);
/* rows, rmse, mae, r2 (NaN and left out where the actual values do not vary). */
extern UpValue *up_metrics_regression(size_t n, const double *actual, const double *predicted, bool all);

/* The same where each row counts by its weight, above 0; weights may be NULL. */
extern UpValue *up_metrics_classification_weighted(size_t n, const double *actual, const double *predicted,
												   const double *proba, uint32_t n_classes,
												   const char *const *classes, int positive, bool all,
												   const double *weights);
/* What some metrics need to know of a regression. */
typedef struct UpOfRegression
{
	int64_t n_features; /* -1: unknown */
	double quantile;    /* that it predicts; NaN: none */
} UpOfRegression;
extern UpValue *up_metrics_regression_of(size_t n, const double *actual, const double *predicted, bool all,
										 const double *weights, const UpOfRegression *of);

/* One figure of the same: of a classification, or of a regression (n_classes 0). NaN: it has no meaning, or lacks proba. */
extern double up_metrics_figure(const UpMeasure *measure, size_t n, const double *actual,
								const double *predicted, const double *proba, uint32_t n_classes, int positive);

#endif
