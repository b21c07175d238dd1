/*
 * vec_nearest_f32.c - the two nearest of k centres in float4; see vec_nearest_f32.h
 *
 * What can be wrong, with e = 2^-24: each value of a row by 1/2, so that a distance D of row and centre is wrong by sqrt(d) / 2; a value
 * of the centre by e of it, so that D is wrong by e |c|; the sum of d squares of differences by (d + 3) e of it, its root by half of that
 * and e. rounding and least are a quarter above what that makes of two distances, which leaves float8's own rounding far below.
 */
#include "num/vec_nearest_f32.h"

#include "num/kernels.h"

#include <math.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#define E     6e-8f
#define LEAST 1e-18f /* squares below the least float4 are lost */
#define USUAL 10     /* powers of two: of most values; 2^5 times as large ones fit */

/* Clusters whose drifts fit into a register: to look them up there takes a cycle, to gather them from memory one for each row. */
#define FEW_AVX512 16
#define FEW_AVX2   8

#ifdef __x86_64__
#define NEAREST(name)  avx512_##name
#define NEAREST_TARGET __attribute__((target("avx512f,avx512dq,avx2,fma")))
#define SQRT(v)        ((VEC) _mm512_sqrt_ps((__m512) (v)))
#define LANES          16
#define HALF           8
#define TILE_VECTORS   2
#include "num/vec_nearest_f32_kernel.h"

#define NEAREST(name)  avx2_##name
#define NEAREST_TARGET __attribute__((target("avx2,fma")))
#define SQRT(v)        ((VEC) _mm256_sqrt_ps((__m256) (v)))
#define LANES          8
#define HALF           4
#define TILE_VECTORS   2
#include "num/vec_nearest_f32_kernel.h"
#define SQRT(v) ((VEC) _mm_sqrt_ps((__m128) (v)))
#else
#define SQRT(v) ((VEC){sqrtf((v)[0]), sqrtf((v)[1]), sqrtf((v)[2]), sqrtf((v)[3])})
#endif

#define NEAREST(name) base_##name
#define NEAREST_TARGET
#define LANES        4
#define HALF         4
#define TILE_VECTORS 2
#include "num/vec_nearest_f32_kernel.h"

static size_t
base_sift(const float *kept, const uint32_t *label, const float *drift, uint32_t k, uint32_t first,
		  uint32_t *some)
{
	(void) k;
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
avx2_sift(const float *kept, const uint32_t *label, const float *drift, uint32_t k, uint32_t first,
		  uint32_t *some)
{
	float few[FEW_AVX2] = {0};
	__m256 table;
	uint32_t bits = 0;

	for (uint32_t u = 0; u < UP_MIN(k, FEW_AVX2); u++)
		few[u] = drift[u];
	table = _mm256_loadu_ps(few);
	for (int r = 0; r < UP_NEAREST_ROWS; r += 8)
	{
		__m256i l = _mm256_loadu_si256((const __m256i *) (label + r));
		__m256 low = k <= FEW_AVX2 ? _mm256_permutevar8x32_ps(table, l) : _mm256_i32gather_ps(drift, l, 4);
		__m256 below = _mm256_cmp_ps(_mm256_loadu_ps(kept + r), low, _CMP_NGT_UQ);

		bits |= (uint32_t) _mm256_movemask_ps(below) << r;
	}
	return note_bits(bits, first, some);
}

__attribute__((target("avx512f,avx512dq,avx2,fma"))) static size_t
avx512_sift(const float *kept, const uint32_t *label, const float *drift, uint32_t k, uint32_t first,
			uint32_t *some)
{
	__m512 table = _mm512_maskz_loadu_ps((__mmask16) ((1u << UP_MIN(k, FEW_AVX512)) - 1), drift);
	__m512i at = _mm512_add_epi32(_mm512_set1_epi32((int) first),
								  _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
	size_t found = 0;

	for (int r = 0; r < UP_NEAREST_ROWS; r += 16)
	{
		__m512i l = _mm512_loadu_si512(label + r);
		__m512 low = k <= FEW_AVX512 ? _mm512_permutexvar_ps(l, table) : _mm512_i32gather_ps(l, drift, 4);
		__mmask16 below = _mm512_cmp_ps_mask(_mm512_loadu_ps(kept + r), low, _CMP_NGT_UQ);

		/* To a register first: to compress into memory takes some processors a hundred cycles. */
		_mm512_storeu_si512(some + found, _mm512_maskz_compress_epi32(below, at));
		found += (size_t) __builtin_popcount(below);
		at = _mm512_add_epi32(at, _mm512_set1_epi32(16));
	}
	return found;
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
	return ldexp(1, USUAL - exponent);
}

void
up_nearest_f32_rows(const double *x, size_t n, uint32_t d, double scale, int16_t *rows)
{
	UP_DISPATCH(coarsen, x, n, d, scale, rows);
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
	c->least = 1.25f * sqrtf((float) c->d) + 4 * E * (float) longest + LEAST;
}

void
up_vec_nearest_f32(const UpNearestF32 *c, const float *x, uint32_t *label, float *gap)
{
	UP_ASSERT(c->k > 0 && c->packed != NULL);
	UP_DISPATCH(two, c, x, label, gap);
}

size_t
up_vec_sift_f32(const float *kept, const uint32_t *label, const float *drift, uint32_t k, uint32_t first,
				uint32_t *some)
{
	return UP_DISPATCH(sift, kept, label, drift, k, first, some);
}
