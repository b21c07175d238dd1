/*
 * test_order_statistics.c - values selected at their place, against those of sorted ones
 */
#include "check.h"

#include "base/rng.h"
#include "num/moments.h"
#include "num/order_statistics.h"
#include "num/sort.h"

#define MANY 50000

static double values[MANY], sorted[MANY], space[MANY];

static double
shaped(UpRng *rng, int shape, size_t i, size_t n)
{
	double v = up_rng_normal(rng);

	switch (shape)
	{
		case 0:
			return v;
		case 1:
			return (double) i;
		case 2:
			return (double) (n - i);
		case 3:
			return rint(v);
		case 4:
			return 7;
		case 5: /* the sample sees none of these */
			return i % (n / 1024 + 1) == 0 ? 1e9 : v;
		case 6:
			return i % 2 == 0 ? 3 : exp(9 * v);
		default: /* few are known */
			return i % 50 == 0 ? v : NAN;
	}
}

/* The known ones of the values, in order; their number. */
static size_t
sort_values(size_t n)
{
	size_t known = up_known_values(values, n, sorted);

	up_sort_doubles(sorted, known, NULL);
	return known;
}

static void
selected_as_if_sorted(void)
{
	static const size_t sizes[] = {1, 2, 3, 100, 8191, 8192, 12345, MANY};
	UpRng rng;

	up_rng_init(&rng, 5, 0);
	for (size_t s = 0; s < UP_LENGTH(sizes); s++)
	{
		for (int shape = 0; shape < 8; shape++)
		{
			size_t n = sizes[s], known;

			for (size_t i = 0; i < n; i++)
				values[i] = shaped(&rng, shape, i, n);
			known = sort_values(n);
			for (int share = 0; share <= 20; share++)
			{
				size_t k = UP_MIN((size_t) (share * (double) known / 20), known - 1);
				double two[2];

				up_select(values, n, known, k, space, two);
				CHECK(two[0] == sorted[k] && two[1] == sorted[UP_MIN(k + 1, known - 1)]);
				if (known == n)
					CHECK(up_quantile(values, n, share / 20.0, space) ==
						  up_sorted_quantile(sorted, n, share / 20.0));
			}
		}
	}
}

static void
zeros_have_no_sign(void)
{
	for (size_t i = 0; i < MANY; i++)
		values[i] = i % 3 == 0 ? -0.0 : 0.0;
	CHECK(!signbit(up_quantile(values, MANY, 0.5, space)));
	CHECK(!signbit(up_quantile(values, 1, 1, space)));
}

/* What lies between them is a number, if not their distance. */
static void
values_far_apart(void)
{
	static const double v[] = {-1.5e308, 1.5e308};

	for (int share = 0; share <= 4; share++)
	{
		double wanted = (share - 2) * 7.5e307;

		CHECK(up_quantile(v, 2, share / 4.0, space) == wanted);
		CHECK(up_sorted_quantile(v, 2, share / 4.0) == wanted);
	}
}

int
main(void)
{
	static const UpTest tests[] = {{"selected as if sorted", selected_as_if_sorted},
								   {"zeros have no sign", zeros_have_no_sign},
								   {"values far apart", values_far_apart}};

	return up_run_tests("order statistics", tests, UP_LENGTH(tests));
}
