/*
 * vec_leaves.c - which leaf of a small tree each of many rows falls to; see vec_leaves.h
 *
 * Every split is asked for all rows, whether they come to it or not, a vector of codes at a time: which of the rows that are here go
 * right. These wait until the left side is done with; at a leaf its number is given to those that are here. So nothing is
 * fetched from where a row happens to be, and nothing is to be guessed but the tree's shape, which is the same for all rows. (QuickScorer,
 * Lucchese et al. 2015, asks all splits likewise, and keeps a bit a leaf for each row; here it is a bit or a byte a row.)
 *
 * Cost: O(splits) a row, each a fraction of a nanosecond: for a tree of depth six a seventh of what walking costs.
 */
#include "num/vec_leaves.h"

#include "num/kernels.h"

#include <string.h>

/* All bits, or none. */
static inline int8_t
in_subset(const uint8_t *subset, int8_t code)
{
	unsigned at = (unsigned) (code + UP_LEAVES_SIGN);

	return (int8_t) - (subset[at >> 3] >> (at & 7) & 1);
}

#define UP_LEAVES_NAME base_leaves
#define UP_LEAVES_TARGET
#define UP_LEAVES_BYTES 16
#include "num/vec_leaves_kernel.h"

#ifdef __x86_64__
#include <immintrin.h>

#define UP_LEAVES_NAME   avx2_leaves
#define UP_LEAVES_TARGET __attribute__((target("avx2")))
#define UP_LEAVES_BYTES  32
#include "num/vec_leaves_kernel.h"

#define AVX512 __attribute__((target("avx512f,avx512bw")))

/* Which codes a subset has: their bytes of it come by shuffles of its halves, the bits in them by another one. */
AVX512 static inline __mmask64
avx512_subset(const uint8_t *subset, __m512i codes)
{
	__m512i low = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *) subset));
	__m512i high = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *) (subset + 16)));
	__m512i bits = _mm512_set1_epi64((long long) UINT64_C(0x8040201008040201)), at, byte, bit;

	codes = _mm512_xor_si512(codes, _mm512_set1_epi8((char) UP_LEAVES_SIGN));
	at = _mm512_and_si512(_mm512_srli_epi16(codes, 3), _mm512_set1_epi8(31));
	byte = _mm512_mask_shuffle_epi8(_mm512_shuffle_epi8(low, at), _mm512_movepi8_mask(codes), high,
									_mm512_and_si512(at, _mm512_set1_epi8(15)));
	bit = _mm512_shuffle_epi8(bits, _mm512_and_si512(codes, _mm512_set1_epi8(7)));
	return _mm512_test_epi8_mask(byte, bit);
}

AVX512 static inline __mmask64
avx512_right(const UpLeavesSplit *s, const uint8_t *subsets, const int8_t *codes, __mmask64 here)
{
	__m512i code = _mm512_loadu_si512((const void *) (codes + s->column));

	if (s->subset >= 0)
		return here & avx512_subset(subsets + (size_t) s->subset * 32, code);
	return _mm512_mask_cmpgt_epi8_mask(here, code, _mm512_set1_epi8(s->bin));
}

/* A bit a row. */
AVX512 static void
avx512_leaves(const UpLeavesSplit *splits, uint32_t n_splits, const uint8_t *subsets, const int8_t *codes,
			  uint8_t *says)
{
	__mmask64 waiting[2 * UP_LEAVES_MOST], a = ~UINT64_C(0), b = a;
	__m512i said_a = _mm512_setzero_si512(), said_b = said_a, leaf = said_a;
	uint32_t n = 0;

	for (const UpLeavesSplit *s = splits; s < splits + n_splits; s++)
	{
		__mmask64 right_a = avx512_right(s, subsets, codes, a),
				  right_b = avx512_right(s, subsets, codes + 64, b);

		waiting[n] = right_a;
		waiting[n + 1] = right_b;
		n += 2;
		a &= ~right_a;
		b &= ~right_b;
		for (uint32_t k = s->leaves; k > 0; k--)
		{
			said_a = _mm512_mask_mov_epi8(said_a, a, leaf);
			said_b = _mm512_mask_mov_epi8(said_b, b, leaf);
			leaf = _mm512_add_epi8(leaf, _mm512_set1_epi8(1));
			if (n > 0)
			{
				n -= 2;
				a = waiting[n];
				b = waiting[n + 1];
			}
		}
	}
	_mm512_storeu_si512((void *) says, said_a);
	_mm512_storeu_si512((void *) (says + 64), said_b);
}
#endif

#define HAS_AVX512 (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw"))

void
up_vec_leaves(const UpLeavesSplit *splits, uint32_t n_splits, const uint8_t *subsets, const int8_t *codes,
			  uint8_t *says)
{
	UP_DISPATCH(leaves, splits, n_splits, subsets, codes, says);
}

bool
up_vec_leaves_level(int level, const UpLeavesSplit *splits, uint32_t n_splits, const uint8_t *subsets,
					const int8_t *codes, uint8_t *says)
{
	if (level == 2)
		base_leaves(splits, n_splits, subsets, codes, says);
#ifdef __x86_64__
	else if (level == 1 && UP_HAS_AVX2)
		avx2_leaves(splits, n_splits, subsets, codes, says);
	else if (level == 0 && HAS_AVX512)
		avx512_leaves(splits, n_splits, subsets, codes, says);
#endif
	else
		return false;
	return true;
}

uint32_t
up_vec_leaves_worth(void)
{
#ifdef __x86_64__
	if (HAS_AVX512)
		return UP_LEAVES_MOST;
	return UP_HAS_AVX2 ? 128 : 32;
#else
	return 32;
#endif
}
