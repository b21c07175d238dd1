/*
 * vec_points.c - products with rows that stand anywhere; see vec_points.h
 */
#include "num/vec_points.h"

#include "num/kernels.h"

#define AHEAD_BYTES 512 /* of a row that comes soon: the processor finds the rest by itself */
#define LINE_BYTES  64

#ifdef __x86_64__
#define POINTS(name)  avx512_##name
#define POINTS_TARGET __attribute__((target("avx512f,avx2,fma")))
#define LANES         8
#include "num/vec_points_kernel.h"

#define POINTS(name)  avx2_##name
#define POINTS_TARGET __attribute__((target("avx2,fma")))
#define LANES         4
#include "num/vec_points_kernel.h"
#endif

#define POINTS(name) base_##name
#define POINTS_TARGET
#define LANES 2
#include "num/vec_points_kernel.h"

#define HAS_AVX512 __builtin_cpu_supports("avx512f")

void
up_vec_points_dot(double *f, const double *const *rows, size_t n, size_t d, const double *w)
{
	UP_DISPATCH(points_dot, f, rows, n, d, w);
}

void
up_vec_points_axpy(double *u, const double *const *rows, const double *a, size_t n, size_t d)
{
	UP_DISPATCH(points_axpy, u, rows, a, n, d);
}
