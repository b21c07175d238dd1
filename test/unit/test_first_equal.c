/*
 * test_first_equal.c - the first of equal hashes, against a search
 */
#include "check.h"

#include "base/rng.h"
#include "num/first_equal.h"

#define MANY 60000

static uint64_t hashes[MANY];
static size_t seen[MANY];

/* values: how many there are; every so many places are left out. */
static void
found_among(size_t n, uint64_t values, size_t without)
{
	size_t *first = up_alloc_large_array(n + 1, sizeof(size_t));
	bool right = true;

	for (size_t i = 0; i < values; i++)
		seen[i] = SIZE_MAX;
	for (size_t i = 0; i < n; i++)
	{
		hashes[i] = up_mix64(i * i % 1000003 % values);
		first[i] = without > 0 && i % without == 0 ? SIZE_MAX : i;
	}
	up_first_equal(hashes, n, first);
	for (size_t i = 0; i < n; i++)
	{
		size_t value = i * i % 1000003 % values;

		if (without > 0 && i % without == 0)
		{
			right = right && first[i] == SIZE_MAX;
			continue;
		}
		if (seen[value] == SIZE_MAX)
			seen[value] = i;
		right = right && first[i] == seen[value];
	}
	CHECK(right);
	up_free_large(first);
}

static void
first_ones_are_found(void)
{
	found_among(0, 1, 0);
	found_among(1, 1, 0);
	found_among(1, 1, 1);
	found_among(MANY, 1, 0);
	found_among(MANY, 2, 3);
	found_among(MANY, 700, 0);
	found_among(MANY, 700, 7);
	found_among(MANY, MANY, 0);
	found_among(MANY, MANY, 5);
	found_among(MANY, 1000, 1);
	found_among(8192, 4000, 0);
}

int
main(void)
{
	static const UpTest tests[] = {{"first ones are found", first_ones_are_found}};

	return up_run_tests("first equal", tests, UP_LENGTH(tests));
}
