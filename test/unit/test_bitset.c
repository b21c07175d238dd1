/*
 * test_bitset.c - bit set kernels of every level against one bit at a time
 */
#include "check.h"

#include "num/bitset.h"
#include "base/rng.h"

#define WORDS 24

static bool
has(const uint64_t *set, size_t i)
{
	return (set[i / 64] >> (i % 64) & 1) != 0;
}

/* density: of 16 bits so many are set. */
static void
fill(UpRng *rng, uint64_t *set, uint64_t density)
{
	memset(set, 0, WORDS * sizeof(uint64_t));
	for (size_t i = 0; i < WORDS * 64; i++)
	{
		if (up_rng_below(rng, 16) < density)
			up_bitset_add(set, i);
	}
}

static void
words_are_padded(void)
{
	CHECK(up_bitset_words(0) == 0);
	CHECK(up_bitset_words(1) == UP_BITSET_PAD);
	CHECK(up_bitset_words(512) == 8);
	CHECK(up_bitset_words(513) == 16);
}

static void
every_level_counts(void)
{
	UpRng rng;
	int levels = 0;

	up_rng_init(&rng, 1, 0);
	for (int level = 0; level < UP_BITSET_LEVELS; level++)
	{
		const UpBitsetLevel *l = up_bitset_level(level);

		if (l == NULL)
			continue;
		levels++;
		for (uint64_t density = 0; density <= 16; density++)
		{
			uint64_t a[WORDS], b[WORDS], both[WORDS];
			size_t n_a = 0, n_both = 0, wrong = 0;

			fill(&rng, a, density);
			fill(&rng, b, 16 - density / 2);
			CHECK(l->and_count(both, a, b, 0) == 0);
			for (size_t i = 0; i < WORDS * 64; i++)
			{
				n_a += has(a, i);
				n_both += has(a, i) && has(b, i);
			}
			CHECK(l->count(a, WORDS) == n_a);
			CHECK(l->and_count(both, a, b, WORDS) == n_both);
			for (size_t i = 0; i < WORDS * 64; i++)
				wrong += has(both, i) != (has(a, i) && has(b, i));
			CHECK(wrong == 0);
			CHECK(l->and_count(a, a, b, WORDS) == n_both);
			CHECK(memcmp(a, both, sizeof(a)) == 0);
		}
	}
	CHECK(levels >= 1);
}

static void
pressed_by(const UpBitsetLevel *l)
{
	UpRng rng;

	up_rng_init(&rng, 2, 0);
	for (uint64_t density = 0; density <= 16; density++)
	{
		uint64_t a[WORDS], mask[WORDS], out[WORDS];
		size_t rank = 0, wrong = 0, words;

		fill(&rng, a, 8);
		fill(&rng, mask, density);
		words = up_bitset_words(up_bitset_count(mask, WORDS));
		memset(out, 0xff, sizeof(out));
		l->press(out, words, a, mask, WORDS);
		for (size_t i = 0; i < WORDS * 64; i++)
		{
			if (has(mask, i))
				wrong += has(out, rank++) != has(a, i);
		}
		for (; rank < words * 64; rank++)
			wrong += has(out, rank);
		CHECK(wrong == 0);
		l->press(a, words, a, mask, WORDS);
		CHECK(memcmp(a, out, words * sizeof(uint64_t)) == 0);
	}
}

static void
pressing_keeps_the_masks_bits(void)
{
	for (int level = 0; level < UP_BITSET_LEVELS; level++)
	{
		const UpBitsetLevel *l = up_bitset_level(level);

		if (l != NULL)
			pressed_by(l);
	}
}

int
main(void)
{
	static const UpTest tests[] = {
		{"sizes are whole vectors", words_are_padded},
		{"counts and intersections of every level", every_level_counts},
		{"pressing", pressing_keeps_the_masks_bits},
	};

	return up_run_tests("bitset", tests, UP_LENGTH(tests));
}
