/*
 * vec_columns.c - rows to the columns of a block; see vec_columns.h
 *
 * Squares of 4 × 4 float8 or 8 × 8 int16 values are turned round in registers; the columns that are left over, one by one.
 */
#include "num/vec_columns.h"

#include "num/kernels.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

#define WIDE   4 /* columns of a square of float8 */
#define NARROW 8 /* … of int16 */

static void
base_columns(const double *const *rows, uint32_t first, uint32_t d, double *block)
{
	for (size_t i = 0; i < UP_NEAREST_ROWS; i++)
		for (size_t j = first; j < d; j++)
			block[j * UP_NEAREST_ROWS + i] = rows[i][j];
}

static void
base_columns_i16(const int16_t *const *rows, uint32_t first, uint32_t d, float *block)
{
	for (size_t i = 0; i < UP_NEAREST_ROWS; i++)
		for (size_t j = first; j < d; j++)
			block[j * UP_NEAREST_ROWS + i] = (float) rows[i][j];
}

#ifdef __x86_64__
__attribute__((target("avx2,fma"))) static void
avx2_columns(const double *const *rows, uint32_t d, double *block)
{
	for (size_t i = 0; i < UP_NEAREST_ROWS; i += WIDE)
	{
		for (size_t j = 0; j + WIDE <= d; j += WIDE)
		{
			double *to = block + j * UP_NEAREST_ROWS + i;
			__m256d a = _mm256_loadu_pd(rows[i] + j), b = _mm256_loadu_pd(rows[i + 1] + j);
			__m256d c = _mm256_loadu_pd(rows[i + 2] + j), e = _mm256_loadu_pd(rows[i + 3] + j);
			__m256d ab_even = _mm256_unpacklo_pd(a, b), ab_odd = _mm256_unpackhi_pd(a, b);
			__m256d ce_even = _mm256_unpacklo_pd(c, e), ce_odd = _mm256_unpackhi_pd(c, e);

			_mm256_storeu_pd(to, _mm256_permute2f128_pd(ab_even, ce_even, 0x20));
			_mm256_storeu_pd(to + UP_NEAREST_ROWS, _mm256_permute2f128_pd(ab_odd, ce_odd, 0x20));
			_mm256_storeu_pd(to + 2 * UP_NEAREST_ROWS, _mm256_permute2f128_pd(ab_even, ce_even, 0x31));
			_mm256_storeu_pd(to + 3 * UP_NEAREST_ROWS, _mm256_permute2f128_pd(ab_odd, ce_odd, 0x31));
		}
	}
}

__attribute__((target("avx2,fma"))) static inline void
store_column(float *to, __m128i column)
{
	_mm256_storeu_ps(to, _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(column)));
}

__attribute__((target("avx2,fma"))) static void
avx2_columns_i16(const int16_t *const *rows, uint32_t d, float *block)
{
	for (size_t i = 0; i < UP_NEAREST_ROWS; i += NARROW)
	{
		for (size_t j = 0; j + NARROW <= d; j += NARROW)
		{
			float *to = block + j * UP_NEAREST_ROWS + i;
			__m128i r[8], two[8], four[8];

			for (int l = 0; l < 8; l++)
				r[l] = _mm_loadu_si128((const __m128i *) (rows[i + l] + j));
			/* Of two rows four columns, of four rows two, … */
			for (int l = 0; l < 8; l += 2)
			{
				two[l] = _mm_unpacklo_epi16(r[l], r[l + 1]);
				two[l + 1] = _mm_unpackhi_epi16(r[l], r[l + 1]);
			}
			for (int l = 0; l < 8; l += 4)
			{
				four[l] = _mm_unpacklo_epi32(two[l], two[l + 2]);
				four[l + 1] = _mm_unpackhi_epi32(two[l], two[l + 2]);
				four[l + 2] = _mm_unpacklo_epi32(two[l + 1], two[l + 3]);
				four[l + 3] = _mm_unpackhi_epi32(two[l + 1], two[l + 3]);
			}
			for (int l = 0; l < 4; l++)
			{
				store_column(to + 2 * l * UP_NEAREST_ROWS, _mm_unpacklo_epi64(four[l], four[l + 4]));
				store_column(to + (2 * l + 1) * UP_NEAREST_ROWS, _mm_unpackhi_epi64(four[l], four[l + 4]));
			}
		}
	}
}
#endif

void
up_vec_columns(const double *const *rows, uint32_t d, double *block)
{
	uint32_t done = 0;

#ifdef __x86_64__
	if (UP_HAS_AVX2)
	{
		avx2_columns(rows, d, block);
		done = d / WIDE * WIDE;
	}
#endif
	base_columns(rows, done, d, block);
}

void
up_vec_columns_i16(const int16_t *const *rows, uint32_t d, float *block)
{
	uint32_t done = 0;

#ifdef __x86_64__
	if (UP_HAS_AVX2)
	{
		avx2_columns_i16(rows, d, block);
		done = d / NARROW * NARROW;
	}
#endif
	base_columns_i16(rows, done, d, block);
}
