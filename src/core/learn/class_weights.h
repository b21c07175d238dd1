/*
 * class_weights.h - the parameter class_weight: "balanced", or an object of class and weight; and weights of rows
 */
#ifndef UPROFILE_CLASS_WEIGHTS_H
#define UPROFILE_CLASS_WEIGHTS_H

#include "learn/learner.h"

/* Products of four sums of weights are finite. */
#define UP_MOST_WEIGHT 1e50

static inline bool
up_is_weight(double w)
{
	return w >= 0 && w <= UP_MOST_WEIGHT;
}

/* A weight a class, or NULL where none are given; y: class numbers. owner is the noun of errors. */
extern double *up_class_weights(const UpValue *given, const UpFit *fit, const double *y, size_t n,
								const char *owner);

static inline double
up_class_weight(const double *weights, double y)
{
	return weights != NULL ? weights[(uint32_t) y] : 1;
}
/* The same a row, times what the row weighs; NULL: 1 each. */
extern double *up_row_weights(const UpValue *given, const UpFit *fit, const double *y, size_t n,
							  const char *owner);

#endif
