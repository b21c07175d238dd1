/*
 * compare.h - two models on the same rows: is one better than the other, or did the rows happen to suit it?
 *
 * The share of right answers is compared by McNemar's test (1947), which looks at the rows that one has right and the other wrong: of n of
 * them each would have half. Below UP_FEW_DISCORDANT the binomial distribution itself says how likely that is, else chi-squared with
 * Edwards' correction. Everything else is compared by a paired bootstrap (Efron 1979): rows are drawn with replacement, the same for
 * both, and p is twice the smaller share of the samples in which the difference is not above 0, or not below it (with one added to
 * each, so that it is never 0: Davison, Hinkley 1997); so is accuracy, where rows have weights.
 */
#ifndef UPROFILE_COMPARE_H
#define UPROFILE_COMPARE_H

#include "assess/evaluate.h"

#define UP_FEW_DISCORDANT 25

typedef struct UpCompared
{
	const char *metric;
	double a, b;      /* NaN: it has no meaning for this one */
	double low, high; /* of b - a: between them lie 95 % of the samples; NaN: there are too few */
	double p;         /* NaN: not tested */
	const char *test; /* NULL: not tested */
} UpCompared;

typedef struct UpComparison
{
	uint32_t n;
	UpCompared *figures;
} UpComparison;

/* Predictions of the same n > 0 rows, in the same order, by models of the same task. resamples: at least UP_RESAMPLES_LEAST. */
extern UpComparison *up_compare(const UpPredictions *a, const UpPredictions *b, uint32_t resamples,
								uint64_t seed);
/* McNemar's p for rows that one of two has right and the other wrong. */
extern double up_mcnemar(double only_a, double only_b);

#endif
