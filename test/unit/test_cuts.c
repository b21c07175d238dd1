/*
 * test_cuts.c - numbers as items: bins of about as many values, short cuts, names
 */
#include "check.h"

#include "base/rng.h"
#include "mine/cuts.h"

static void
expect_names(const double *values, size_t n, uint32_t n_bins, const char *const *names, uint32_t n_names)
{
	double *v = n > 0 ? up_alloc_array(n, sizeof(double)) : NULL;
	UpCuts c;

	if (n > 0)
		memcpy(v, values, n * sizeof(double));
	up_cuts_of_values(v, n, n_bins, &c);
	up_check(c.n + 1 == n_names, __FILE__, __LINE__, "%u bins, expected %u", c.n + 1, n_names);
	for (uint32_t i = 0; i < UP_MIN(c.n + 1, n_names); i++)
		up_check(strcmp(c.names[i], names[i]) == 0, __FILE__, __LINE__, "bin %u: %s, expected %s", i,
				 c.names[i], names[i]);
}

static void
bins_have_names(void)
{
	expect_names((double[]){3, 1, 2, 4, 5, 6, 8, 7}, 8, 4, (const char *[]){"<3", "3-5", "5-7", ">=7"}, 4);
	/* One value each; a zero has no sign. */
	expect_names((double[]){-0.0, 2.5, 2.5, -1}, 4, 4, (const char *[]){"-1", "0", "2.5"}, 3);
	expect_names((double[]){1.23456, 1.98765, 2.34567, 7.77777}, 4, 2, (const char *[]){"<2", ">=2"}, 2);
	expect_names((double[]){-9, -5.55, -5.45, 3}, 4, 3, (const char *[]){"<-6", "-6 to -5.5", ">=-5.5"}, 3);
	/* A value that most have stands alone, on either end. */
	expect_names((double[]){0, 0, 0, 0, 0, 0, 1, 2, 3, 4}, 10, 3, (const char *[]){"<1", "1-3", ">=3"}, 3);
	expect_names((double[]){1, 2, 3, 9, 9, 9, 9, 9, 9, 9}, 10, 3, (const char *[]){"<9", ">=9"}, 2);
	expect_names(NULL, 0, 3, (const char *[]){"any"}, 1);
	expect_names((double[]){5, 5}, 2, 3, (const char *[]){"5"}, 1);
	expect_names((double[]){5, 6}, 2, 1, (const char *[]){"any"}, 1);
}

/* Each bin has about its share, and each value is where its cuts say. */
static void
bins_are_even(void)
{
	for (uint64_t seed = 1; seed <= 50; seed++)
	{
		enum
		{
			N = 1000
		};
		static double v[N];
		uint32_t bins = 2 + (uint32_t) seed % 9, count[11] = {0};
		UpRng rng;
		UpCuts c;

		up_rng_init(&rng, seed, 0);
		for (int i = 0; i < N; i++)
			v[i] = (double) up_rng_below(&rng, 1000000) / 997 - 500;
		up_cuts_of_values(v, N, bins, &c);
		CHECK(c.n == bins - 1);
		for (int i = 0; i < N; i++)
		{
			const char *name = up_cuts_name(&c, v[i]);
			uint32_t bin = 0;

			while (bin < c.n && v[i] >= c.cuts[bin])
				bin++;
			CHECK(name == c.names[bin]);
			count[bin]++;
		}
		for (uint32_t b = 0; b <= c.n; b++)
			CHECK(count[b] >= N / bins - 2 && count[b] <= N / bins + 2);
	}
}

int
main(void)
{
	const UpTest tests[] = {{"bins have names", bins_have_names}, {"bins are even", bins_are_even}};

	return up_run_tests("cuts", tests, UP_LENGTH(tests));
}
