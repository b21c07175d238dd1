/*
 * vec_places.c - where numbers stand among edges; see vec_places.h
 *
 * Every sixteenth edge is compared at once, then the sixteen before the first that is not below: two looks, without a branch or an
 * address that waits for the one before. Elsewhere by halves. O(n), no allocation.
 */
#include "num/vec_places.h"

#include "num/kernels.h"

#include <math.h>

#define LOOK 16
#define FEW  64

#ifdef __x86_64__
#include <immintrin.h>

__attribute__((target("avx512f,popcnt"))) static void
avx512_places(const double *edges, const double *v, size_t n, uint8_t *places)
{
	double last[LOOK];
	__m512d low, high;

	for (int k = 0; k < LOOK; k++)
		last[k] = edges[k * LOOK + LOOK - 1];
	low = _mm512_loadu_pd(last);
	high = _mm512_loadu_pd(last + 8);
	for (size_t i = 0; i < n; i++)
	{
		__m512d x = _mm512_set1_pd(v[i]);
		unsigned below =
			_mm512_cmp_pd_mask(low, x, _CMP_LT_OQ) | (unsigned) _mm512_cmp_pd_mask(high, x, _CMP_LT_OQ) << 8;
		unsigned place = LOOK * (unsigned) __builtin_popcount(below);
		const double *here = edges + place;

		below = _mm512_cmp_pd_mask(_mm512_loadu_pd(here), x, _CMP_LT_OQ) |
				(unsigned) _mm512_cmp_pd_mask(_mm512_loadu_pd(here + 8), x, _CMP_LT_OQ) << 8;
		place += (unsigned) __builtin_popcount(below);
		places[i] = isnan(v[i]) ? UP_PLACE_NONE : (uint8_t) place;
	}
}

__attribute__((target("avx2,popcnt"))) static inline unsigned
avx2_below(const double *edges, __m256d x)
{
	unsigned below = 0;

	for (int k = 0; k < LOOK; k += 4)
		below |= (unsigned) _mm256_movemask_pd(_mm256_cmp_pd(_mm256_loadu_pd(edges + k), x, _CMP_LT_OQ)) << k;
	return (unsigned) __builtin_popcount(below);
}

__attribute__((target("avx2,popcnt"))) static void
avx2_places(const double *edges, const double *v, size_t n, uint8_t *places)
{
	double last[LOOK];

	for (int k = 0; k < LOOK; k++)
		last[k] = edges[k * LOOK + LOOK - 1];
	for (size_t i = 0; i < n; i++)
	{
		__m256d x = _mm256_set1_pd(v[i]);
		unsigned place = LOOK * avx2_below(last, x);

		place += avx2_below(edges + place, x);
		places[i] = isnan(v[i]) ? UP_PLACE_NONE : (uint8_t) place;
	}
}
#endif

/* All values of a few in turn, since each waits for its last step. */
static void
base_places(const double *edges, const double *v, size_t n, uint8_t *places)
{
	for (size_t first = 0; first < n; first += FEW)
	{
		uint32_t below[FEW] = {0};
		size_t here = UP_MIN(FEW, n - first);

		for (uint32_t step = UP_PLACES_EDGES / 2; step > 0; step /= 2)
		{
			const double *middle = edges + step - 1;

			for (size_t i = 0; i < here; i++)
				below[i] += step & (0 - (uint32_t) (middle[below[i]] < v[first + i]));
		}
		for (size_t i = 0; i < here; i++)
			places[first + i] = isnan(v[first + i]) ? UP_PLACE_NONE : (uint8_t) below[i];
	}
}

#define HAS_AVX512 __builtin_cpu_supports("avx512f")

void
up_vec_places(const double *edges, const double *v, size_t n, uint8_t *places)
{
	UP_DISPATCH(places, edges, v, n, places);
}

bool
up_vec_places_level(int level, const double *edges, const double *v, size_t n, uint8_t *places)
{
	if (level == 2)
		base_places(edges, v, n, places);
#ifdef __x86_64__
	else if (level == 1 && UP_HAS_AVX2)
		avx2_places(edges, v, n, places);
	else if (level == 0 && HAS_AVX512)
		avx512_places(edges, v, n, places);
#endif
	else
		return false;
	return true;
}
