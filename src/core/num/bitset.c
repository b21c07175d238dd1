/*
 * bitset.c - intersections and counts of bit sets (see bitset.h)
 *
 * Counting is the whole cost of mining item sets in dense data: 512 bits an instruction where vpopcntq is there, 64
 * with popcnt, else the compiler's own way.
 */
#include "num/bitset.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

/* Written out for each instruction set, whose count of bits and whose extraction it then has. */
static inline __attribute__((always_inline)) void
press(uint64_t *out, size_t out_words, const uint64_t *a, const uint64_t *mask, size_t words,
	  uint64_t (*extract)(uint64_t, uint64_t))
{
	uint64_t pending = 0;
	size_t written = 0;
	int filled = 0;

	for (size_t i = 0; i < words; i++)
	{
		uint64_t bits;
		int n = __builtin_popcountll(mask[i]);

		if (n == 0)
			continue;
		bits = extract(a[i], mask[i]);
		pending |= bits << filled;
		if (filled + n >= 64)
		{
			out[written++] = pending;
			pending = filled == 0 ? 0 : bits >> (64 - filled);
			filled -= 64;
		}
		filled += n;
	}
	if (filled > 0)
		out[written++] = pending;
	for (; written < out_words; written++)
		out[written] = 0;
}

#ifdef __x86_64__
__attribute__((target("avx512f,avx512vpopcntdq"))) static size_t
avx512_count(const uint64_t *a, size_t words)
{
	__m512i sum = _mm512_setzero_si512();

	for (size_t i = 0; i < words; i += 8)
		sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(_mm512_loadu_si512(a + i)));
	return _mm512_reduce_add_epi64(sum);
}

__attribute__((target("avx512f,avx512vpopcntdq"))) static size_t
avx512_and(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words)
{
	__m512i sum = _mm512_setzero_si512();

	for (size_t i = 0; i < words; i += 8)
	{
		__m512i both = _mm512_and_si512(_mm512_loadu_si512(a + i), _mm512_loadu_si512(b + i));

		_mm512_storeu_si512(out + i, both);
		sum = _mm512_add_epi64(sum, _mm512_popcnt_epi64(both));
	}
	return _mm512_reduce_add_epi64(sum);
}

__attribute__((target("popcnt"))) static size_t
popcnt_count(const uint64_t *a, size_t words)
{
	size_t sum[4] = {0};

	for (size_t i = 0; i < words; i += 4)
		for (int j = 0; j < 4; j++)
			sum[j] += __builtin_popcountll(a[i + j]);
	return sum[0] + sum[1] + sum[2] + sum[3];
}

__attribute__((target("popcnt"))) static size_t
popcnt_and(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words)
{
	size_t sum[4] = {0};

	for (size_t i = 0; i < words; i += 4)
		for (int j = 0; j < 4; j++)
		{
			out[i + j] = a[i + j] & b[i + j];
			sum[j] += __builtin_popcountll(out[i + j]);
		}
	return sum[0] + sum[1] + sum[2] + sum[3];
}

__attribute__((target("bmi2"))) static uint64_t
bmi2_extract(uint64_t a, uint64_t mask)
{
	return _pext_u64(a, mask);
}

__attribute__((target("bmi2,popcnt"))) static void
bmi2_press(uint64_t *out, size_t out_words, const uint64_t *a, const uint64_t *mask, size_t words)
{
	press(out, out_words, a, mask, words, bmi2_extract);
}
#endif

static size_t
base_count(const uint64_t *a, size_t words)
{
	size_t sum = 0;

	for (size_t i = 0; i < words; i++)
		sum += __builtin_popcountll(a[i]);
	return sum;
}

static size_t
base_and(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words)
{
	size_t sum = 0;

	for (size_t i = 0; i < words; i++)
	{
		out[i] = a[i] & b[i];
		sum += __builtin_popcountll(out[i]);
	}
	return sum;
}

/* The bits of a at mask's places, pressed to the right. */
static uint64_t
base_extract(uint64_t a, uint64_t mask)
{
	uint64_t out = 0;

	for (int place = 0; mask != 0; mask &= mask - 1, place++)
	{
		if ((a & mask & -mask) != 0)
			out |= UINT64_C(1) << place;
	}
	return out;
}

static void
base_press(uint64_t *out, size_t out_words, const uint64_t *a, const uint64_t *mask, size_t words)
{
	press(out, out_words, a, mask, words, base_extract);
}

const UpBitsetLevel *
up_bitset_level(int level)
{
#ifdef __x86_64__
	static const UpBitsetLevel avx512 = {"avx512", avx512_count, avx512_and, bmi2_press};
	static const UpBitsetLevel popcnt = {"popcnt", popcnt_count, popcnt_and, bmi2_press};
#endif
	static const UpBitsetLevel base = {"base", base_count, base_and, base_press};

#ifdef __x86_64__
	if (level == 0)
		return __builtin_cpu_supports("avx512vpopcntdq") && __builtin_cpu_supports("bmi2") &&
					   __builtin_cpu_supports("popcnt")
				   ? &avx512
				   : NULL;
	if (level == 1)
		return __builtin_cpu_supports("popcnt") && __builtin_cpu_supports("bmi2") ? &popcnt : NULL;
#endif
	return level == UP_BITSET_LEVELS - 1 ? &base : NULL;
}

static const UpBitsetLevel *
best(void)
{
	for (int level = 0;; level++)
	{
		const UpBitsetLevel *l = up_bitset_level(level);

		if (l != NULL)
			return l;
	}
}

size_t
up_bitset_count(const uint64_t *a, size_t words)
{
	UP_ASSERT(words % UP_BITSET_PAD == 0);
	return best()->count(a, words);
}

size_t
up_bitset_and(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words)
{
	UP_ASSERT(words % UP_BITSET_PAD == 0);
	return best()->and_count(out, a, b, words);
}

void
up_bitset_press(uint64_t *out, size_t out_words, const uint64_t *a, const uint64_t *mask, size_t words)
{
	best()->press(out, out_words, a, mask, words);
}
