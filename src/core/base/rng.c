/*
 * rng.c - seeded random numbers and stable hashes
 *
 * xoshiro256**: D. Blackman, S. Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS 47 (2021).
 * splitmix64: G. Steele, D. Lea, C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
 * Bounded draws: D. Lemire, "Fast random integer generation in an interval", ACM TOMACS 29 (2019).
 */
#include "base/rng.h"

#include <math.h>
#include <string.h>

void
up_rng_init(UpRng *rng, uint64_t seed, uint64_t stream)
{
	uint64_t x =
		up_mix64(seed + UINT64_C(0x9e3779b97f4a7c15)) ^ up_mix64(stream * UINT64_C(0xd1342543de82ef95) + 1);

	for (int i = 0; i < 4; i++)
	{
		x += UINT64_C(0x9e3779b97f4a7c15);
		rng->s[i] = up_mix64(x);
	}
}

static inline uint64_t
rotl(uint64_t x, int k)
{
	return (x << k) | (x >> (64 - k));
}

uint64_t
up_rng_next(UpRng *rng)
{
	uint64_t *s = rng->s;
	uint64_t result = rotl(s[1] * 5, 7) * 9;
	uint64_t t = s[1] << 17;

	s[2] ^= s[0];
	s[3] ^= s[1];
	s[1] ^= s[2];
	s[0] ^= s[3];
	s[2] ^= t;
	s[3] = rotl(s[3], 45);
	return result;
}

uint64_t
up_rng_below(UpRng *rng, uint64_t n)
{
	__uint128_t m = (__uint128_t) up_rng_next(rng) * n;

	UP_ASSERT(n > 0);
	if ((uint64_t) m < n)
	{
		uint64_t threshold = -n % n;

		while ((uint64_t) m < threshold)
			m = (__uint128_t) up_rng_next(rng) * n;
	}
	return (uint64_t) (m >> 64);
}

double
up_rng_double(UpRng *rng)
{
	return (double) (up_rng_next(rng) >> 11) * 0x1.0p-53;
}

double
up_rng_normal(UpRng *rng)
{
	/* Box and Muller, without a kept second value: the generator's state is all there is. */
	double u = 1.0 - up_rng_double(rng);
	double v = up_rng_double(rng);

	return sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
}

void
up_rng_shuffle(UpRng *rng, size_t *items, size_t n)
{
	for (size_t i = n; i > 1; i--)
	{
		size_t j = up_rng_below(rng, i);
		size_t t = items[i - 1];

		items[i - 1] = items[j];
		items[j] = t;
	}
}

uint64_t
up_hash_bytes(const void *bytes, size_t len, uint64_t seed)
{
	const uint8_t *p = bytes;
	uint64_t h = up_mix64(seed ^ (len * UINT64_C(0x9e3779b97f4a7c15)));

	for (; len >= 8; len -= 8, p += 8)
	{
		uint64_t word = 0;

		for (int i = 0; i < 8; i++)
			word |= (uint64_t) p[i] << (8 * i);
		h = up_mix64((h ^ word) * UINT64_C(0x9fb21c651e98df25));
	}
	if (len > 0)
	{
		uint64_t word = 0;

		for (size_t i = 0; i < len; i++)
			word |= (uint64_t) p[i] << (8 * i);
		h = up_mix64((h ^ word) * UINT64_C(0x9fb21c651e98df25));
	}
	return up_mix64(h);
}
