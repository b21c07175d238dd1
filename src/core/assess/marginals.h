/*
 * marginals.h - classification metrics from the marginals of a confusion matrix
 *
 * How often each class occurs, is predicted, and both: all that accuracy, precision, recall, F1, Matthews' correlation and
 * Cohen's kappa need. Definitions and edge cases are scikit-learn's: a share whose denominator is 0 is 0.
 */
#ifndef UPROFILE_MARGINALS_H
#define UPROFILE_MARGINALS_H

#include "base/platform.h"

typedef struct UpClassScores
{
	double precision;
	double recall;
	double f1;
	double specificity;
	uint64_t support; /* rows of the class */
} UpClassScores;

typedef enum UpAverage
{
	UP_AVERAGE_MACRO,
	UP_AVERAGE_MICRO,
	UP_AVERAGE_WEIGHTED
} UpAverage;

typedef struct UpMarginals
{
	uint32_t n_classes;
	double n;          /* rows: whole numbers, as all of these */
	double *hits;      /* n_classes: rows of the class that are predicted as it */
	double *actual;    /* rows of the class */
	double *predicted; /* rows that are predicted as it */
} UpMarginals;

extern UpMarginals *up_marginals_new(uint32_t n_classes);
extern double up_marginals_accuracy(const UpMarginals *m);
extern UpClassScores up_marginals_class(const UpMarginals *m, uint32_t class_number);
extern UpClassScores up_marginals_average(const UpMarginals *m, UpAverage average);
/* The mean recall of the classes that occur. */
extern double up_marginals_balanced_accuracy(const UpMarginals *m);
/* (h n - sum a p) / sqrt((n^2 - sum a^2) (n^2 - sum p^2)): Gorodkin 2004; 0 where there is but one class. */
extern double up_marginals_mcc(const UpMarginals *m);
/* (accuracy - e) / (1 - e), e = sum a p / n^2: Cohen 1960; NaN where e is 1. */
extern double up_marginals_kappa(const UpMarginals *m);

#endif
