/*
 * vec.h - vector kernels over contiguous arrays
 *
 * Reductions use 8 explicit accumulators, so their order, and with it the last bit of the result, is the same at
 * every vector width. Kernels that a benchmark shows to gain from wider vectors are dispatched at run time here and
 * in bitset.c alone.
 */
#ifndef UPROFILE_VEC_H
#define UPROFILE_VEC_H

#include "base/platform.h"

extern double up_vec_dot(const double *a, const double *b, size_t n);
extern double up_vec_sqdist(const double *a, const double *b, size_t n); /* sum (a - b)^2 */
extern double up_vec_sum(const double *a, size_t n);
extern void up_vec_axpy(double *y, double alpha, const double *x, size_t n); /* y += alpha x */
/* The same of four x, one after the other: what comes out is theirs to the bit. */
extern void up_vec_axpy4(double *y, const double alpha[4], const double *const x[4], size_t n);
extern void up_vec_scale(double *x, double alpha, size_t n); /* x *= alpha */

/* Whether no value is NaN or infinite. */
extern bool up_vec_is_finite(const double *x, size_t n);

/* exp and log of sums, stable: p[i] = exp(p[i] - max) / sum; returns log sum exp of the input. */
extern double up_vec_softmax(double *p, size_t n);
/* 1 / (1 + exp(-z)) without overflow; log(1 + exp(z)) without overflow. */
extern double up_sigmoid(double z);
extern double up_log1pexp(double z);

/* Values that are not negative, divided by their sum unless that is 0. */
extern void up_vec_to_shares(double *v, size_t n);

#endif
