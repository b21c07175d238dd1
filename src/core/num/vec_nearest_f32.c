/*
 * vec_nearest_f32.c - the two nearest of k centres in float4; see vec_nearest_f32.h
 *
 * What can be wrong, with e = 2^-24: a value is rounded by e of it, so that a distance D of row and centre is wrong by e (|x| + |c|) before
 * anything is computed; the sum of d squares of differences by (d + 3) e of it, its root by half of that and e. Since |x| <= D + |c|, that
 * is at most ((d + 3) / 2 + 2) e D + 3 e |c|; rounding and least are a quarter above it, which leaves float8's own rounding far below.
 */
#include "num/vec_nearest_f32.h"

#include "num/kernels.h"

#include <math.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

/* Square roots are vectors' then. No errno of theirs is read. */
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC optimize("no-math-errno")
#endif

#define E     6e-8f
#define LEAST 1e-18f /* squares below the least float4 are lost */
#define FAR   1000   /* powers of two that float8 has to spare */

#ifdef __x86_64__
#define NEAREST(name)  avx512_##name
#define NEAREST_TARGET __attribute__((target("avx512f,avx512dq,avx2,fma")))
#define LANES          16
#define HALF           8
#define TILE_VECTORS   2
#include "num/vec_nearest_f32_kernel.h"

#define NEAREST(name)  avx2_##name
#define NEAREST_TARGET __attribute__((target("avx2,fma")))
#define LANES          8
#define HALF           4
#define TILE_VECTORS   2
#include "num/vec_nearest_f32_kernel.h"
#endif

#define NEAREST(name) base_##name
#define NEAREST_TARGET
#define LANES        4
#define HALF         4
#define TILE_VECTORS 2
#include "num/vec_nearest_f32_kernel.h"

static size_t
base_sift(const float *kept, const uint32_t *label, const float *drift, uint32_t first, uint32_t *some)
{
	size_t found = 0;

	for (uint32_t r = 0; r < UP_NEAREST_ROWS; r++)
	{
		some[found] = first + r;
		found += !(kept[r] > drift[label[r]]);
	}
	return found;
}

#ifdef __x86_64__
/* Most blocks have few: bit by bit. */
static inline size_t
note_bits(uint32_t bits, uint32_t first, uint32_t *some)
{
	size_t found = 0;

	for (; bits != 0; bits &= bits - 1)
		some[found++] = first + (uint32_t) __builtin_ctz(bits);
	return found;
}

__attribute__((target("avx2,fma"))) static size_t
avx2_sift(const float *kept, const uint32_t *label, const float *drift, uint32_t first, uint32_t *some)
{
	uint32_t bits = 0;

	for (int r = 0; r < UP_NEAREST_ROWS; r += 8)
	{
		__m256 low = _mm256_i32gather_ps(drift, _mm256_loadu_si256((const __m256i *) (label + r)), 4);
		__m256 below = _mm256_cmp_ps(_mm256_loadu_ps(kept + r), low, _CMP_NGT_UQ);

		bits |= (uint32_t) _mm256_movemask_ps(below) << r;
	}
	return note_bits(bits, first, some);
}

__attribute__((target("avx512f,avx512dq,avx2,fma"))) static size_t
avx512_sift(const float *kept, const uint32_t *label, const float *drift, uint32_t first, uint32_t *some)
{
	uint32_t bits = 0;

	for (int r = 0; r < UP_NEAREST_ROWS; r += 16)
	{
		__m512 low = _mm512_i32gather_ps(_mm512_loadu_si512(label + r), drift, 4);

		bits |= (uint32_t) _mm512_cmp_ps_mask(_mm512_loadu_ps(kept + r), low, _CMP_NGT_UQ) << r;
	}
	return note_bits(bits, first, some);
}
#endif

#define HAS_AVX512 (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq"))

double
up_nearest_f32_scale(double mean_square)
{
	int exponent;

	if (!(mean_square > 0) || !isfinite(mean_square))
		return 1;
	(void) frexp(sqrt(mean_square), &exponent);
	return ldexp(1, UP_MAX(UP_MIN(-exponent, FAR), -FAR));
}

void
up_nearest_f32_set(UpNearestF32 *c, const double *centres, double scale)
{
	size_t n = up_nearest_values(c->k, c->d);
	double longest = 0;

	for (size_t i = 0; i < n; i++)
		c->packed[i] = INFINITY;
	for (uint32_t u = 0; u < c->k; u++)
	{
		double length = 0;

		for (uint32_t j = 0; j < c->d; j++)
		{
			double v = centres[(size_t) u * c->d + j] * scale;

			length += v * v;
			c->packed[((size_t) (u / UP_NEAREST_TILE) * c->d + j) * UP_NEAREST_TILE + u % UP_NEAREST_TILE] =
				(float) v;
		}
		longest = UP_MAX(longest, sqrt(length));
	}
	c->rounding = E * (0.75f * (float) c->d + 16);
	c->least = 8 * E * (float) longest + LEAST;
}

void
up_vec_nearest_f32(const UpNearestF32 *c, const float *x, uint32_t *label, float *near, float *far)
{
	UP_ASSERT(c->k > 0 && c->packed != NULL);
	UP_DISPATCH(two, c, x, label, near, far);
}

size_t
up_vec_sift_f32(const float *kept, const uint32_t *label, const float *drift, uint32_t first, uint32_t *some)
{
	return UP_DISPATCH(sift, kept, label, drift, first, some);
}
