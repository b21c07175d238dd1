/*
 * test_suppress.c - small groups stay hidden from one who knows all sums; and the figures of clusters
 */
#include "check.h"

#include "assess/cluster_figures.h"
#include "assess/silhouette.h"
#include "assess/suppress.h"
#include "base/rng.h"

#define MOST 30

/* Whether a hidden cell follows from the sums of rows and columns and the cells that are shown: by elimination, over the hidden cells. */
static bool
follows(const uint8_t *hidden, size_t rows, size_t columns, size_t cell)
{
	double a[2 * MOST + 1][MOST + 1] = {{0}};
	size_t place[MOST], n = 0, rank = 0, equations = rows + columns;

	for (size_t i = 0; i < rows * columns; i++)
		place[i] = hidden[i] ? n++ : SIZE_MAX;
	for (size_t i = 0; i < rows * columns; i++)
	{
		if (hidden[i])
			a[i / columns][place[i]] = a[rows + i % columns][place[i]] = 1;
	}
	for (size_t j = 0; j < n && rank < equations; j++)
	{
		size_t pivot = rank;

		while (pivot < equations && fabs(a[pivot][j]) < 1e-9)
			pivot++;
		if (pivot == equations)
			continue;
		for (size_t c = 0; c < n; c++)
		{
			double t = a[pivot][c];

			a[pivot][c] = a[rank][c];
			a[rank][c] = t;
		}
		for (size_t r = 0; r < equations; r++)
		{
			double by = a[r][j] / a[rank][j];

			for (size_t c = 0; r != rank && c < n; c++)
				a[r][c] -= by * a[rank][c];
		}
		rank++;
	}
	/* A row that has this cell alone. */
	for (size_t r = 0; r < rank; r++)
	{
		size_t others = 0;

		for (size_t c = 0; c < n; c++)
			others += c != place[cell] && fabs(a[r][c]) > 1e-9;
		if (others == 0 && fabs(a[r][place[cell]]) > 1e-9)
			return true;
	}
	return false;
}

static void
test_tables(void)
{
	UpRng rng;
	size_t shown = 0, small = 0;

	up_rng_init(&rng, 17, 0);
	for (int round = 0; round < 2000; round++)
	{
		size_t rows = 2 + up_rng_below(&rng, 4), columns = 2 + up_rng_below(&rng, 4);
		int64_t counts[MOST], k = 5;
		uint8_t hidden[MOST];

		for (size_t i = 0; i < rows * columns; i++)
			counts[i] = (int64_t) (up_rng_below(&rng, 4) == 0 ? up_rng_below(&rng, 6) : up_rng_below(&rng, 60));
		up_suppress(counts, rows, columns, k, hidden);
		for (size_t i = 0; i < rows * columns; i++)
		{
			CHECK(hidden[i] || counts[i] == 0 || counts[i] >= k);
			CHECK(!hidden[i] || !follows(hidden, rows, columns, i));
			shown += !hidden[i];
			small += counts[i] > 0 && counts[i] < k;
		}
	}
	CHECK(shown > 5000 && small > 1000);
}

static void
test_lines(void)
{
	static const int64_t sizes[] = {3, 97}, three[] = {2, 10, 100}, fine[] = {5, 0, 40},
						 ones[] = {1, 1, 1, 50, 60};
	uint8_t hidden[5];

	up_suppress(sizes, 1, 2, 10, hidden);
	CHECK(hidden[0] && hidden[1]);
	up_suppress(three, 1, 3, 5, hidden);
	CHECK(hidden[0] && hidden[1] && !hidden[2]);
	up_suppress(fine, 1, 3, 5, hidden);
	CHECK(!hidden[0] && !hidden[1] && !hidden[2]);
	/* Three of one are a group of three: one more. */
	up_suppress(ones, 1, 5, 5, hidden);
	CHECK(hidden[0] && hidden[1] && hidden[2] && hidden[3] && !hidden[4]);
	up_suppress(sizes, 1, 2, 1, hidden);
	CHECK(!hidden[0] && !hidden[1]);
	up_suppress(sizes, 0, 0, 10, hidden);
}

/* sklearn.metrics.adjusted_rand_score and silhouette_samples. */
static void
test_figures(void)
{
	static const double a[] = {0, 0, 1, 1}, b[] = {0, 0, 1, 2}, c[] = {1, 1, 0, 0}, d[] = {0, 1, 0, 1};
	static const double x[] = {0, 1, 10, 12, 11};
	static const double cluster[] = {0, 0, 1, 1, 1};
	double silhouettes[2];
	UpClusterFigures f;

	CHECK_NEAR(up_adjusted_rand(4, a, 2, b, 3), 0.5714285714285714, 1e-15);
	CHECK_NEAR(up_adjusted_rand(4, a, 2, c, 2), 1, 0);
	CHECK_NEAR(up_adjusted_rand(4, a, 2, d, 2), -0.5, 1e-15);
	CHECK_NEAR(up_adjusted_rand(1, a, 1, a, 1), 1, 0);
	up_cluster_figures(5, 1, x, cluster, 2, &f);
	CHECK(f.typical[0] == 0 && f.typical[1] == 4);
	up_silhouettes(5, 1, x, cluster, 2, silhouettes);
	CHECK_NEAR((2 * silhouettes[0] + 3 * silhouettes[1]) / 5, up_silhouette(5, 1, x, cluster, 2), 1e-15);
	CHECK_NEAR(f.silhouette[0], silhouettes[0], 0);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"tables", test_tables},
		{"lines", test_lines},
		{"figures", test_figures},
	};

	return up_run_tests("suppress", tests, UP_LENGTH(tests));
}
