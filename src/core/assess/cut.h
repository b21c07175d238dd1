/*
 * cut.h - where probabilities of two classes are cut, and how far values are from what was predicted
 */
#ifndef UPROFILE_CUT_H
#define UPROFILE_CUT_H

#include "learn/adjust_options.h"

/*
 * The threshold that is best on these rows: proba of the second class, y: whether a row is of it, weights: NULL: 1 each. figure: what it is
 * best by, as measured there. Of equally good ones that of the fewest positives.
 */
extern double up_best_threshold(const UpAdjustOptions *o, size_t n, const double *proba, const double *y,
								const double *weights, double *figure);

/* Fills the intervals of a; predicted and actual values of n rows. False where these are too few for the level. */
extern bool up_measure_intervals(UpAdjust *a, double level, size_t n, const double *predicted,
								 const double *actual);

#endif
