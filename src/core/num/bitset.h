/*
 * bitset.h - sets of small numbers as words of 64 bits
 *
 * Lengths count words and are multiples of UP_BITSET_PAD (up_bitset_words), so that no kernel has a tail; bits beyond
 * the last number are zero. Dispatched at run time; integers, so every level gives the same result.
 */
#ifndef UPROFILE_BITSET_H
#define UPROFILE_BITSET_H

#include "base/platform.h"

#define UP_BITSET_PAD 8

/* Words of a set of n bits. */
static inline size_t
up_bitset_words(size_t n)
{
	return (n + 64 * UP_BITSET_PAD - 1) / (64 * UP_BITSET_PAD) * UP_BITSET_PAD;
}

static inline void
up_bitset_add(uint64_t *set, size_t i)
{
	set[i / 64] |= UINT64_C(1) << (i % 64);
}

extern size_t up_bitset_count(const uint64_t *a, size_t words);
/* out = a and b (out may be either); returns the number of bits. */
extern size_t up_bitset_and(uint64_t *out, const uint64_t *a, const uint64_t *b, size_t words);
/*
 * The bits of a at the places of mask's bits, pressed together: bit r of out is a's bit at the place of mask's r-th
 * bit. out has out_words words, space for all of mask's bits, filled with zeros; it may be a itself.
 */
extern void up_bitset_press(uint64_t *out, size_t out_words, const uint64_t *a, const uint64_t *mask,
							size_t words);

/* The kernels of one instruction set, for tests: levels count from 0, the best comes first; NULL: not on this machine. */
typedef struct UpBitsetLevel
{
	const char *name;
	size_t (*count)(const uint64_t *, size_t);
	size_t (*and_count)(uint64_t *, const uint64_t *, const uint64_t *, size_t);
	void (*press)(uint64_t *, size_t, const uint64_t *, const uint64_t *, size_t);
} UpBitsetLevel;
#define UP_BITSET_LEVELS 3
extern const UpBitsetLevel *up_bitset_level(int level);

#endif
