/*
 * rng.h - seeded random numbers, the same on every machine
 *
 * xoshiro256** (Blackman, Vigna 2018) started by splitmix64. One generator a stream: stream numbers keep the
 * draws of e.g. different restarts or trees independent of the order in which they run.
 */
#ifndef UPROFILE_RNG_H
#define UPROFILE_RNG_H

#include "base/platform.h"

#include <string.h>

typedef struct UpRng
{
	uint64_t s[4];
} UpRng;

extern void up_rng_init(UpRng *rng, uint64_t seed, uint64_t stream);
extern uint64_t up_rng_next(UpRng *rng);
extern uint64_t up_rng_below(UpRng *rng, uint64_t n); /* uniform in [0, n), n > 0 */
extern double up_rng_double(UpRng *rng);              /* uniform in [0, 1), 53 bits */
extern double up_rng_normal(UpRng *rng);              /* mean 0, variance 1 */
extern void up_rng_shuffle(UpRng *rng, size_t *items, size_t n);

/* splitmix64's finalizer: a good 64-bit mix of one word. */
static inline uint64_t
up_mix64(uint64_t x)
{
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

/* A stable 64-bit hash of bytes (the same on every machine and in every version). */
extern uint64_t up_hash_bytes(const void *bytes, size_t len, uint64_t seed);

/* The same of a number, of its bytes from the lowest on. */
static inline uint64_t
up_hash_number(double v, uint64_t seed)
{
	uint64_t bits;

	memcpy(&bits, &v, sizeof(bits));
	bits ^= up_mix64(seed ^ (sizeof(bits) * UINT64_C(0x9e3779b97f4a7c15)));
	return up_mix64(up_mix64(bits * UINT64_C(0x9fb21c651e98df25)));
}

#endif
