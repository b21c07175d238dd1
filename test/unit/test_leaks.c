/*
 * test_leaks.c - columns that know the answer, and such that only seem to
 */
#include "check.h"

#include "assess/leaks.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

#define N 1000

static double x[N], y[N];

static UpLeak
look(uint32_t n_values, uint32_t n_classes)
{
	UpVariable a = {x, n_values}, b = {y, n_classes};

	return up_leak(&a, &b, NULL, N, UP_LEAK_THRESHOLD, N);
}

static void
make(UpRng *rng, double share)
{
	for (int i = 0; i < N; i++)
	{
		x[i] = up_rng_double(rng);
		y[i] = up_rng_double(rng) < share;
	}
}

static void
test_no_leaks(void)
{
	UpRng rng;

	up_rng_init(&rng, 1, 0);
	for (int trial = 0; trial < 200; trial++)
	{
		make(&rng, trial % 2 ? 0.5 : 0.01);
		CHECK(look(0, 2).reason == UP_LEAK_NONE);
		for (int i = 0; i < N; i++)
			x[i] = floor(x[i] * 200);
		CHECK(look(200, 2).reason == UP_LEAK_NONE);
		for (int i = 0; i < N; i++)
			x[i] = x[i] < 20 ? NAN : x[i];
		CHECK(look(0, 2).reason == UP_LEAK_NONE);
	}
	/* Constant, or nothing at all. */
	for (int i = 0; i < N; i++)
		x[i] = 1;
	CHECK(look(0, 2).reason == UP_LEAK_NONE);
	for (int i = 0; i < N; i++)
		x[i] = NAN;
	CHECK(look(0, 2).reason == UP_LEAK_NONE);
	make(&rng, 0);
	CHECK(look(0, 2).reason == UP_LEAK_NONE);
}

static void
test_classes(void)
{
	UpRng rng;

	up_rng_init(&rng, 2, 0);
	make(&rng, 0.2);
	for (int i = 0; i < N; i++)
		x[i] = 1 - y[i];
	CHECK(look(0, 2).reason == UP_LEAK_ONE_TO_ONE);
	CHECK(look(2, 2).reason == UP_LEAK_ONE_TO_ONE);
	for (int i = 0; i < N; i++)
		x[i] = y[i] > 0 ? 3 : i % 3;
	CHECK(look(4, 2).reason == UP_LEAK_CORRELATION); /* a table of all rows that agree */
	CHECK_NEAR(look(4, 2).score, 1, 1e-15);
	for (int i = 0; i < N; i++)
		x[i] = up_rng_double(&rng) - 2 * y[i];
	CHECK(look(0, 2).reason == UP_LEAK_AUC);
	CHECK_NEAR(look(0, 2).score, 1, 1e-15);
	for (int i = 0; i < N; i++)
		x[i] = y[i] > 0 ? NAN : up_rng_double(&rng);
	CHECK(look(0, 2).reason == UP_LEAK_MISSING);
	for (int i = 0; i < N; i++)
		x[i] = y[i] > 0 ? up_rng_double(&rng) : NAN;
	CHECK(look(0, 2).reason == UP_LEAK_MISSING);
	/* Missing in some rows of one class alone is no answer. */
	for (int i = 0; i < N; i++)
		x[i] = y[i] > 0 && i % 2 ? NAN : up_rng_double(&rng);
	CHECK(look(0, 2).reason == UP_LEAK_NONE);
}

static void
test_values(void)
{
	UpRng rng;

	up_rng_init(&rng, 3, 0);
	for (int i = 0; i < N; i++)
		x[i] = y[i] = up_rng_double(&rng);
	CHECK(look(0, 0).reason == UP_LEAK_EQUAL);
	for (int i = 0; i < N; i++)
		x[i] = exp(-20 * y[i]);
	CHECK(look(0, 0).reason == UP_LEAK_CORRELATION);
	CHECK_NEAR(look(0, 0).score, 1, 1e-12);
	for (int i = 0; i < N; i++)
		x[i] = y[i] + up_rng_double(&rng);
	CHECK(look(0, 0).reason == UP_LEAK_NONE);
	for (int i = 0; i < N; i++)
		x[i] = (i * 7) % N;
	CHECK(look(0, 0).reason == UP_LEAK_KEY);
	for (int i = 0; i < N; i++)
		x[i] = (i * 7) % 500;
	CHECK(look(0, 0).reason == UP_LEAK_NONE);
}

/* Of more rows than are looked at. */
static UpLeakReason
look_at_some(size_t all)
{
	UpVariable a = {x, 0}, b = {y, 0};

	return up_leak(&a, &b, NULL, N, UP_LEAK_THRESHOLD, all).reason;
}

static void
test_keys_of_some(void)
{
	UpRng rng;

	up_rng_init(&rng, 4, 0);
	for (int i = 0; i < N; i++)
	{
		y[i] = up_rng_double(&rng);
		x[i] = (i * 7) % N * 10 + (double) up_rng_below(&rng, 10);
	}
	CHECK(look_at_some(N) == UP_LEAK_NONE);
	CHECK(look_at_some(10 * N) == UP_LEAK_KEY);
	for (int i = 0; i < N; i++)
		x[i] = x[i < N / 2 ? i : i - N / 2];
	CHECK(look_at_some(10 * N) == UP_LEAK_NONE);
	/* So few of so many differ anyway. */
	for (int i = 0; i < N; i++)
		x[i] = (i * 7) % N * 1000;
	CHECK(look_at_some(1000 * N) == UP_LEAK_NONE);
}

static void
test_times(void)
{
	double t[] = {1, 2, 3, NAN}, later[] = {1, 3, NAN, 5};

	CHECK_NEAR(up_leak_later(later, t, 4), 0.5, 0);
	CHECK_NEAR(up_leak_later(t, t, 4), 0, 0);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"no leaks", test_no_leaks},         {"of classes", test_classes}, {"of values", test_values},
		{"keys of some", test_keys_of_some}, {"of times", test_times},
	};

	return up_run_tests("leaks", tests, UP_LENGTH(tests));
}
