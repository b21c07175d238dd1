/*
 * dense.h - symmetric positive systems: Cholesky's factor, solutions and inverses
 *
 * A matrix is n × n in rows of ld doubles, of which the upper triangle (column >= row) is read and written.
 */
#ifndef UPROFILE_DENSE_H
#define UPROFILE_DENSE_H

#include "base/platform.h"

/*
 * a becomes R with R'R = a. A row whose pivot is not above tol times its diagonal is left out (a linear combination of rows
 * before it): skipped[i] is set and its row of R is zero. Returns the number of rows that count. skipped may be NULL, for matrices
 * that must be positive: then returns 0 as soon as a pivot is not.
 */
extern size_t up_dense_cholesky(double *a, size_t n, size_t ld, double tol, bool *skipped);
/* R'R x = b; x starts as b. Left out rows get 0. */
extern void up_dense_solve(const double *r, size_t n, size_t ld, const bool *skipped, double *x);
/* The diagonal of the inverse of R'R (NaN where left out). */
extern void up_dense_inverse_diagonal(const double *r, size_t n, size_t ld, const bool *skipped, double *out);
/* v' (R'R)^-1 v. v is overwritten. */
extern double up_dense_inverse_form(const double *r, size_t n, size_t ld, const bool *skipped, double *v);

#endif
