/*
 * margins.h - classification metrics from the margins of a confusion matrix
 *
 * How often each class occurs, is predicted, and both: all that accuracy, precision, recall, F1, Matthews' correlation and
 * Cohen's kappa need. Definitions and edge cases are scikit-learn's: a share whose denominator is 0 is 0.
 */
#ifndef UPROFILE_MARGINS_H
#define UPROFILE_MARGINS_H

#include "assess/metrics.h"

typedef struct UpMargins
{
	uint32_t n_classes;
	double n;          /* rows: whole numbers, as all of these */
	double *hits;      /* n_classes: rows of the class that are predicted as it */
	double *actual;    /* rows of the class */
	double *predicted; /* rows that are predicted as it */
} UpMargins;

extern UpMargins *up_margins_new(uint32_t n_classes);
extern double up_margins_accuracy(const UpMargins *m);
extern UpClassScores up_margins_class(const UpMargins *m, uint32_t class_number);
extern UpClassScores up_margins_average(const UpMargins *m, UpAverage average);
/* The mean recall of the classes that occur. */
extern double up_margins_balanced_accuracy(const UpMargins *m);
/* (h n - sum a p) / sqrt((n^2 - sum a^2) (n^2 - sum p^2)): Gorodkin 2004; 0 where there is but one class. */
extern double up_margins_mcc(const UpMargins *m);
/* (accuracy - e) / (1 - e), e = sum a p / n^2: Cohen 1960; NaN where e is 1. */
extern double up_margins_kappa(const UpMargins *m);

#endif
