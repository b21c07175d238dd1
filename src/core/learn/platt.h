/*
 * platt.h - scores of a classifier as probabilities
 */
#ifndef UPROFILE_PLATT_H
#define UPROFILE_PLATT_H

#include "base/platform.h"

/* P(positive | f) = 1 / (1 + exp(a f + b)) */
typedef struct UpPlatt
{
	double a;
	double b;
} UpPlatt;

/* y: -1 or 1; weights: NULL: 1 each. Fits to scores that the classifier gave to rows it was not trained on. */
extern UpPlatt up_platt_fit(size_t n, const double *scores, const double *y, const double *weights);
extern double up_platt_proba(UpPlatt p, double score);

#endif
