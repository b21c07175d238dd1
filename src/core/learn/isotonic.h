/*
 * isotonic.h - scores of a classifier as probabilities that never fall as the score rises
 */
#ifndef UPROFILE_ISOTONIC_H
#define UPROFILE_ISOTONIC_H

#include "base/platform.h"

/* Corners of a line: straight between two of them, level outside. */
typedef struct UpIsotonic
{
	uint32_t n;
	double *x; /* ascending */
	double *y; /* never falling */
} UpIsotonic;

#define UP_ISOTONIC_POINTS 10000000

/* n > 0 scores, each finite; y: what was so, 0 or 1; weights: of each above 0, or NULL. */
extern UpIsotonic up_isotonic_fit(size_t n, const double *scores, const double *y, const double *weights);
extern double up_isotonic_proba(const UpIsotonic *f, double score);

#endif
