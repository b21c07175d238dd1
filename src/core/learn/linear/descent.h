/*
 * descent.h - coordinate descent on a quadratic form with absolute-value penalties (Friedman, Hastie, Tibshirani 2010)
 */
#ifndef UPROFILE_DESCENT_H
#define UPROFILE_DESCENT_H

#include "base/platform.h"

/* Minimized is w' H w / 2 - b'w + sum over j of l1_j |w_j| + l2_j w_j^2 / 2. */
typedef struct UpDescent
{
	size_t n;
	const double *h; /* n × n, both triangles */
	bool unit;       /* whether its diagonal is 1 but for rounding */
	const double *l1;
	const double *l2;    /* or NULL: none */
	const bool *skipped; /* or NULL: none; these stay as they are */
	double enough;       /* ends when no coefficient moves by more, times the root of its curvature */
	int64_t most;        /* sweeps */
} UpDescent;

/*
 * w: the start and the result; rest: b - H w, kept up to date. Sweeps over all coefficients, then over those that are not 0 until they
 * rest. Returns the number of sweeps; *converged may be NULL.
 */
extern int64_t up_descend(const UpDescent *d, double *w, double *rest, bool *converged);

#endif
