/*
 * vec_nearest.c - the nearest of k centres for a block of rows (see vec_nearest.h)
 *
 * A register tile of distances, 4 centres × 2 or 4 vectors of rows, stays in registers over all columns, so that a
 * loaded row serves 4 centres and a block of rows is read from memory once. Padding centres are infinitely far.
 */
#include "num/vec_nearest.h"

#include "num/kernels.h"

#include <math.h>

/* Square roots are vectors' then. No errno of theirs is read. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-math-errno")
#endif

#define GAP_ROUNDING 1e-5f  /* of both distances: they are float4 in a gap */
#define GAP_LEAST    1e-22f /* squares below the least float4 are lost */

static inline float
gap_of(float near, float far)
{
	return far - near - (far + near) * GAP_ROUNDING - GAP_LEAST;
}

#define HALF 4 /* centres of a register tile; divides UP_NEAREST_TILE */

#ifdef __x86_64__
#define NEAREST(name)  avx512_##name
#define NEAREST_TARGET __attribute__((target("avx512f,avx512dq,avx2,fma")))
#define LANES          8
#define TILE_VECTORS   4
#include "num/vec_nearest_kernel.h"

#define NEAREST(name)  avx2_##name
#define NEAREST_TARGET __attribute__((target("avx2,fma")))
#define LANES          4
#define TILE_VECTORS   2
#include "num/vec_nearest_kernel.h"
#endif

#define NEAREST(name) base_##name
#define NEAREST_TARGET
#define LANES        2
#define TILE_VECTORS 2
#include "num/vec_nearest_kernel.h"

#define HAS_AVX512 (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))

size_t
up_nearest_values(uint32_t k, uint32_t d)
{
	return ((size_t) k + UP_NEAREST_TILE - 1) / UP_NEAREST_TILE * UP_NEAREST_TILE * UP_MAX(d, 1);
}

void
up_nearest_init(UpNearest *c, uint32_t k, uint32_t d)
{
	c->k = k;
	c->d = d;
	c->packed = up_alloc_array(up_nearest_values(k, d), sizeof(double));
}

void
up_nearest_set(UpNearest *c, const double *centres, uint32_t k)
{
	size_t n = up_nearest_values(k, c->d);

	c->k = k;
	for (size_t i = 0; i < n; i++)
		c->packed[i] = INFINITY;
	for (uint32_t u = 0; u < k; u++)
		for (uint32_t j = 0; j < c->d; j++)
			c->packed[((size_t) (u / UP_NEAREST_TILE) * c->d + j) * UP_NEAREST_TILE + u % UP_NEAREST_TILE] =
				centres[(size_t) u * c->d + j];
}

void
up_nearest_free(UpNearest *c)
{
	up_free(c->packed);
	c->packed = NULL;
}

void
up_vec_nearest(const UpNearest *c, const double *x, uint32_t *label, double *distance)
{
	UP_ASSERT(c->k > 0 && c->packed != NULL);
	UP_DISPATCH(rows, c, x, label, distance);
}

void
up_vec_nearest_gaps(const UpNearest *c, const double *x, uint32_t *label, double *distance, float *gap)
{
	UP_ASSERT(c->k > 0 && c->packed != NULL);
	UP_DISPATCH(gaps, c, x, label, distance, gap);
}

uint32_t
up_vec_nearest_one(const UpNearest *c, const double *row, const double *shift)
{
	UP_ASSERT(c->k > 0 && c->packed != NULL);
	return UP_DISPATCH(one, c, row, shift);
}

void
up_vec_nearest_trials(const UpNearest *c, const double *x, double *closest, double *potential)
{
	UP_DISPATCH(trials, c, x, closest, potential);
}
