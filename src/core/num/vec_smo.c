/*
 * vec_smo.c - the inner loops of kernel machines (see vec_smo.h)
 *
 * Costs: a row n d multiply-adds and n exponentials; a pass about 40 bytes a sample, bound by the cache.
 */
#include "num/vec_smo.h"

#include "num/kernels.h"

#include <math.h>
#include <string.h>

#ifdef __x86_64__
#define SMO(name)  avx512_##name
#define SMO_TARGET __attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma")))
#include "num/vec_smo_kernel.h"

#define SMO(name)  avx2_##name
#define SMO_TARGET __attribute__((target("avx2,fma")))
#include "num/vec_smo_kernel.h"
#endif

#define SMO(name) base_##name
#define SMO_TARGET
#include "num/vec_smo_kernel.h"

#define HAS_AVX512                                                                                             \
	(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&                                \
	 __builtin_cpu_supports("avx512vl"))

void
up_smo_dots(float *out, const float *xt, size_t ld, uint32_t d, const float *x, size_t n)
{
	UP_DISPATCH(dots, out, xt, ld, d, x, n);
}

void
up_smo_rbf(float *out, const float *norms, float norm, float gamma, size_t n)
{
	UP_DISPATCH(rbf, out, norms, norm, gamma, n);
}

size_t
up_smo_move(double *f, const float *ka, double a, const float *kb, double b, const double *up, size_t n,
			double *most)
{
	return UP_DISPATCH(move, f, ka, a, kb, b, up, n, most);
}

size_t
up_smo_partner(const double *f, const float *k, const float *diagonal, float di, const double *low, double most,
			   size_t n, double *least)
{
	return UP_DISPATCH(partner, f, k, diagonal, di, low, most, n, least);
}

void
up_smo_take(double *f, const float *const *rows, const double *by, size_t n_rows, size_t n)
{
	UP_DISPATCH(take, f, rows, by, n_rows, n);
}
