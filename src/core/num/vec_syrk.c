/*
 * vec_syrk.c - dense blocks of rows: margins, weighted sums, symmetric rank-n update (see vec_syrk.h)
 *
 * One register tile of G stays in registers over all packed rows: TILE_ROWS broadcasts times TILE_VECTORS loads a
 * row, as in K. Goto, R. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34 (2008). The
 * caller keeps n × ld small enough for the first or second cache.
 */
#include "num/vec_syrk.h"

#include "num/kernels.h"

#include <math.h>

#ifdef __x86_64__
#define SYRK(name)   avx512_##name
#define SYRK_TARGET  __attribute__((target("avx512f,avx2,fma")))
#define LANES        8
#define TILE_VECTORS 1
#define TILE_ROWS    8
#include "num/vec_syrk_kernel.h"

#define SYRK(name)   avx2_##name
#define SYRK_TARGET  __attribute__((target("avx2,fma")))
#define LANES        4
#define TILE_VECTORS 2
#define TILE_ROWS    4
#include "num/vec_syrk_kernel.h"
#endif

#define SYRK(name) base_##name
#define SYRK_TARGET
#define LANES        2
#define TILE_VECTORS 2
#define TILE_ROWS    4
#include "num/vec_syrk_kernel.h"

#define HAS_AVX512 __builtin_cpu_supports("avx512f")

void
up_vec_rows_dot(double *f, const double *x, size_t n, size_t d, const double *w)
{
	UP_ASSERT(d >= UP_ROWS_MIN);
	UP_DISPATCH(rows_dot, f, x, NULL, n, d, w);
}

void
up_vec_rows_dot_at(double *f, const double *x, const uint32_t *rows, size_t n, size_t d, const double *w)
{
	UP_DISPATCH(rows_dot, f, x, rows, n, d, w);
}

void
up_vec_rows_axpy(double *u, const double *x, size_t d, const uint32_t *rows, const double *a, size_t n)
{
	UP_DISPATCH(rows_axpy, u, x, d, rows, a, n);
}

void
up_vec_syrk(double *g, size_t ld, const double *packed, size_t n)
{
	UP_DISPATCH(syrk, g, ld, packed, n, 0, ld);
}

void
up_vec_syrk_columns(double *g, size_t ld, const double *packed, size_t n, size_t from, size_t end)
{
	UP_DISPATCH(syrk, g, ld, packed, n, from, end);
}

size_t
up_syrk_band(size_t ld, uint32_t n, uint32_t band)
{
	size_t at = UP_SYRK_PAD((size_t) ((double) ld * sqrt((double) band / n)));

	return band == n ? ld : UP_MIN(at, ld);
}
