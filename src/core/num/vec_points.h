/*
 * vec_points.h - products with rows that stand anywhere
 *
 * Two inner loops of a solver that passes over wide rows where they were collected, without a copy of them: each row is a pointer. As in
 * vec_syrk.h they are dispatched at run time, and the order of additions depends on the machine alone, not on where rows stand.
 */
#ifndef UPROFILE_VEC_POINTS_H
#define UPROFILE_VEC_POINTS_H

#include "base/platform.h"

/* f[i] = row i · w; d values, at least UP_ROWS_MIN. */
extern void up_vec_points_dot(double *f, const double *const *rows, size_t n, size_t d, const double *w);
/* u += sum of a[i] × row i. */
extern void up_vec_points_axpy(double *u, const double *const *rows, const double *a, size_t n, size_t d);

#endif
