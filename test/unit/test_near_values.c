/*
 * test_near_values.c - medians of values that are counted, against those of all values
 */
#include "check.h"

#include "base/rng.h"
#include "num/near_values.h"
#include "num/sort.h"

#define MANY 60000

static double values[MANY];

static UpNearValues
counted(size_t first, size_t n, size_t step)
{
	UpNearValues s = {0};

	for (size_t i = 0; i < n; i++)
		up_near_values_add(&s, &values[first + i * step % n], 1);
	return s;
}

static bool
same(const UpNearValues *a, const UpNearValues *b)
{
	UpWriter x, y;

	up_writer_init(&x);
	up_writer_init(&y);
	up_put_near_values(&x, a);
	up_put_near_values(&y, b);
	return x.len == y.len && up_near_values_median(a) == up_near_values_median(b) && a->known == b->known;
}

/* The share of the values below v. */
static double
rank_of(double v)
{
	size_t below = 0;

	for (size_t i = 0; i < MANY; i++)
		below += values[i] < v;
	return (double) below / MANY;
}

static void
few_values_are_exact(void)
{
	UpNearValues s;

	for (size_t i = 0; i < MANY; i++)
		values[i] = (double) (i * i % 4093 % 2000) / 10 - 100;
	s = counted(0, MANY, 1);
	CHECK(s.shift == 0);
	up_sort_doubles(values, MANY, NULL);
	CHECK(up_near_values_median(&s) == (values[MANY / 2 - 1] + values[MANY / 2]) / 2);
	s = (UpNearValues){0};
	for (int i = 0; i < 10; i++)
		up_near_values_add(&s, &(double){i % 2 == 0 ? 0.0 : i % 4 == 1 ? -0.0 : 1}, 1);
	CHECK(s.n == 2 && up_near_values_most_frequent(&s) == 0 && up_near_values_median(&s) == 0);
	s = (UpNearValues){0};
	up_near_values_add(&s, &(double){1}, 1);
	up_near_values_add(&s, &(double){0}, 1);
	CHECK(up_near_values_most_frequent(&s) == 0 && up_near_values_median(&s) == 0.5);
}

static void
medians_are_near(void)
{
	UpRng rng;

	up_rng_init(&rng, 7, 0);
	for (int shape = 0; shape < 6; shape++)
	{
		UpNearValues forth, back, a, b;

		for (size_t i = 0; i < MANY; i++)
		{
			double v = up_rng_normal(&rng);

			values[i] = shape == 0   ? v
						: shape == 1 ? 1e9 + v
						: shape == 2 ? exp(2 * v)
						: shape == 3 ? -exp(3 * v)
						: shape == 4 ? (i % 3 == 0 ? 0 : v + 10)
									 : v * 1e-300;
		}
		forth = counted(0, MANY, 1);
		back = counted(0, MANY, MANY - 1);
		CHECK(forth.n <= UP_NEAR_VALUES && forth.n > UP_NEAR_VALUES / 8);
		CHECK_NEAR(rank_of(up_near_values_median(&forth)), 0.5, 5e-4);
		CHECK(same(&forth, &back));
		a = counted(0, 1000, 1);
		b = counted(1000, MANY - 1000, 1);
		up_near_values_merge(&a, &b);
		CHECK(same(&forth, &a));
		a = counted(0, MANY - 1000, 1);
		b = counted(MANY - 1000, 1000, 1);
		up_near_values_merge(&b, &a);
		CHECK(same(&forth, &b));
	}
}

static void
bytes_are_checked(void)
{
	UpNearValues s, read;
	UpWriter w;
	UpReader r;

	for (size_t i = 0; i < MANY; i++)
		values[i] = sqrt((double) i);
	s = counted(0, MANY, 1);
	up_writer_init(&w);
	up_put_near_values(&w, &s);
	up_reader_init(&r, w.bytes, w.len, "values");
	up_get_near_values(&r, &read);
	CHECK(same(&s, &read));
	up_near_values_add(&read, &(double){-3}, 1);
	up_near_values_add(&s, &(double){-3}, 1);
	CHECK(same(&s, &read));
	w.bytes[0] = 70;
	up_reader_init(&r, w.bytes, w.len, "values");
	CHECK_FAILS(UP_CORRUPT, "values", up_get_near_values(&r, &read));
	w.bytes[0] = 63;
	up_reader_init(&r, w.bytes, w.len, "values");
	CHECK_FAILS(UP_CORRUPT, "values", up_get_near_values(&r, &read));
}

int
main(void)
{
	static const UpTest tests[] = {
		{"few values are exact", few_values_are_exact},
		{"medians are near", medians_are_near},
		{"bytes are checked", bytes_are_checked},
	};

	return up_run_tests("near values", tests, UP_LENGTH(tests));
}
