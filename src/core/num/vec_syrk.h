/*
 * vec_syrk.h - dense blocks of rows: margins, weighted sums of rows, and the symmetric rank-n update
 *
 * The three inner loops of a Newton method on n rows of d columns (row-major, contiguous, d >= UP_ROWS_MIN; a caller
 * with fewer columns pads with zeros). Each is dispatched at run time to AVX-512, AVX2 or the compiler's baseline;
 * the order of additions depends on the machine alone, so results are the same in every run on it.
 *
 * Costs: rows_dot and rows_axpy n d multiply-adds, bound by memory; syrk n ld^2 / 2, bound by arithmetic.
 */
#ifndef UPROFILE_VEC_SYRK_H
#define UPROFILE_VEC_SYRK_H

#include "base/platform.h"

/* The fewest columns the row kernels take, and what the side of a Gram matrix is rounded up to. */
#define UP_ROWS_MIN    8
#define UP_SYRK_PAD(m) (((m) + 7) & ~(size_t) 7)

/* f[i] = x_i . w for the rows 0 … n - 1. */
extern void up_vec_rows_dot(double *f, const double *x, size_t n, size_t d, const double *w);
/* f[k] = x_rows[k] . w for k < n. */
extern void up_vec_rows_dot_at(double *f, const double *x, const uint32_t *rows, size_t n, size_t d,
							   const double *w);

/* u += sum over k < n of a[k] x_rows[k]. */
extern void up_vec_rows_axpy(double *u, const double *x, size_t d, const uint32_t *rows, const double *a,
							 size_t n);

/*
 * G += P'P. P: n packed rows of ld values, ld a multiple of 8. G: ld × ld, of which the upper triangle (column >=
 * row) is made; what stands below the diagonal afterwards has no meaning.
 */
extern void up_vec_syrk(double *g, size_t ld, const double *packed, size_t n);
/* The columns from … end - 1 of it alone, both multiples of 8. However rows and columns are cut, the sums are the same. */
extern void up_vec_syrk_columns(double *g, size_t ld, const double *packed, size_t n, size_t from, size_t end);
/* Where a band of columns begins, of n that have about as many products each: that after the last one where it ends. */
extern size_t up_syrk_band(size_t ld, uint32_t n, uint32_t band);

#endif
