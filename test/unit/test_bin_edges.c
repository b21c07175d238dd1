/*
 * test_bin_edges.c - where numbers are cut: few values, even bins, repeated values, rare extremes
 */
#include "check.h"

#include "base/rng.h"
#include "learn/tree/bin_edges.h"

#define ROWS 20000

/* Whether some edge divides a from b, its neighbour. */
static bool
divides(const double *edges, uint32_t n_bins, double a, double b)
{
	for (uint32_t k = 0; k + 1 < n_bins; k++)
	{
		if (edges[k] >= a && edges[k] < b)
			return true;
	}
	return false;
}

static void
test_few_values(void)
{
	double v[ROWS], edges[UP_MOST_BINS];

	CHECK(up_bin_edges(NULL, 0, edges) == 1);
	for (uint32_t i = 0; i < ROWS; i++)
		v[i] = 7;
	CHECK(up_bin_edges(v, 1, edges) == 1 && up_bin_edges(v, ROWS, edges) == 1);
	/* Each of 255 values has a bin, however rare. */
	for (uint32_t i = 0; i < ROWS; i++)
		v[i] = i < 254 ? 300 - i : 0;
	CHECK(up_bin_edges(v, ROWS, edges) == UP_MOST_BINS);
	CHECK(edges[0] == 23.5);
	for (uint32_t k = 1; k < 254; k++)
		CHECK(edges[k] == 46.5 + k);
}

static void
test_even(void)
{
	double v[ROWS], edges[UP_MOST_BINS];
	uint32_t n_bins, singles = 0;

	for (uint32_t i = 0; i < ROWS; i++)
		v[i] = (double) ((uint64_t) i * 7919 % ROWS);
	n_bins = up_bin_edges(v, ROWS, edges);
	CHECK(n_bins == UP_MOST_BINS);
	for (uint32_t k = 1; k + 1 < n_bins; k++)
	{
		double rows = edges[k] - edges[k - 1];

		CHECK(rows >= 1 && rows <= ROWS / 225.0);
		singles += rows == 1;
	}
	CHECK(singles == 14);
	for (uint32_t k = 1; k <= 8; k++)
	{
		CHECK(edges[k - 1] == k - 0.5);
		CHECK(edges[n_bins - 1 - k] == ROWS - k - 0.5);
	}
	CHECK(edges[8] == 15.5 && edges[9] == 31.5 && edges[10] == 63.5);
}

static void
test_repeated(void)
{
	double v[ROWS], edges[UP_MOST_BINS];
	uint32_t n_bins;

	/* 95 % zeros, 1000 other values, above and below. */
	for (uint32_t i = 0; i < ROWS; i++)
		v[i] = i % 20 == 0 ? (double) i / 20 + 1 - 400 : 0;
	n_bins = up_bin_edges(v, ROWS, edges);
	CHECK(n_bins == UP_MOST_BINS);
	CHECK(divides(edges, n_bins, -1, 0) && divides(edges, n_bins, 0, 1));
	for (double a = -399; a < 600; a += 5)
		CHECK(divides(edges, n_bins, a, a + 5));

	/* More heavy values than there is room for on both sides, and one between each two. */
	for (uint32_t i = 0; i < ROWS; i++)
		v[i] = i < 200 ? 2 * i + 1 : i < 300 ? 400 + i : 2 * (i % 200);
	n_bins = up_bin_edges(v, ROWS, edges);
	CHECK(n_bins <= UP_MOST_BINS && n_bins > 245);
	for (uint32_t k = 0; k < 199; k++)
		CHECK(divides(edges, n_bins, 2 * k, 2 * k + 2));
}

/* Whatever the values: edges ascend, have values on both sides, and do not follow from the order of rows. */
static void
test_any(void)
{
	double v[ROWS], w[ROWS], edges[UP_MOST_BINS], again[UP_MOST_BINS];
	UpRng rng;

	up_rng_init(&rng, 1, 0);
	for (uint32_t round = 0; round < 400; round++)
	{
		size_t n = 1 + up_rng_below(&rng, round % 4 == 0 ? ROWS : 1000), different = 1;
		double power = up_rng_double(&rng) * 12, grid = 10 + up_rng_double(&rng) * 3000;
		uint32_t n_bins;

		for (size_t i = 0; i < n; i++)
		{
			double x = pow(up_rng_double(&rng), power);

			v[i] = round % 2 == 0 ? floor(x * grid) : floor((x - 0.5) * grid) * (up_rng_below(&rng, 3) == 0);
		}
		if (round % 10 == 0)
		{
			v[0] = INFINITY;
			v[n / 2] = -INFINITY;
		}
		for (size_t i = 0; i < n; i++)
			w[i] = v[n - 1 - i];
		n_bins = up_bin_edges(v, n, edges);
		for (size_t i = 1; i < n; i++)
			different += v[i] != v[i - 1];
		CHECK(n_bins >= 1 && n_bins <= UP_MOST_BINS);
		CHECK(different > UP_MOST_BINS ? n_bins > UP_MOST_BINS * 3 / 4 : n_bins == different);
		CHECK(n_bins == 1 || (edges[0] >= v[0] && edges[n_bins - 2] < v[n - 1]));
		for (uint32_t k = 1; k + 1 < n_bins; k++)
			CHECK(edges[k - 1] < edges[k]);
		CHECK(up_bin_edges(w, n, again) == n_bins);
		CHECK(memcmp(edges, again, (n_bins - 1) * sizeof(double)) == 0);
	}
}

int
main(void)
{
	static const UpTest tests[] = {
		{"few values", test_few_values},
		{"even bins", test_even},
		{"repeated values", test_repeated},
		{"any values", test_any},
	};

	return up_run_tests("bin edges", tests, UP_LENGTH(tests));
}
