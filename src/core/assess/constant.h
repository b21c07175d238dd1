/*
 * constant.h - is a model better than an answer that is always the same?
 *
 * What a constant would answer is known from the training rows: the share of each class, or the mean. Classifiers are
 * compared by log loss (by accuracy where there are no probabilities), regressions by root mean squared error; a
 * model that was told to learn something else (weights of the classes, a quantile, absolute errors) is compared by that.
 */
#ifndef UPROFILE_CONSTANT_H
#define UPROFILE_CONSTANT_H

#include "learn/model.h"

typedef struct UpConstant
{
	const UpModel *model;
	double *shares;  /* n_classes, as the model was to weigh them; they sum to 1 */
	double *weights; /* of the classes; NULL: all 1 */
	double value;    /* regression */
	double quantile; /* of which value is one; NaN: value is the mean */
} UpConstant;

typedef struct UpAgainstConstant
{
	const char *metric; /* NULL: there is nothing to compare */
	double model;
	double constant;
	bool worse;
	/*
	 * Worse by log loss, and yet the classes are told apart better than by chance (two standard errors): probabilities of 0
	 * and 1, as a tree of pure leaves has them, cost more than the labels are wrong.
	 */
	bool tells_apart;
} UpAgainstConstant;

/* labels: class numbers or values of the rows that were trained on, of which n > 0. */
extern UpConstant *up_constant_new(const UpModel *m, const double *labels, size_t n);
/* The same of a classifier, of so many rows each. */
extern UpConstant *up_constant_of_counts(const UpModel *m, const double *labels, const uint64_t *rows,
										 size_t n);
/* actual, predicted: as in up_metrics_…; proba: n × width, or NULL. */
extern UpAgainstConstant up_against_constant(const UpConstant *c, size_t n, const double *actual,
											 const double *predicted, const double *proba, uint32_t width);

#endif
