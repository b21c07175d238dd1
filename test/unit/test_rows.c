/*
 * test_rows.c - passes over listed rows against the same rows as they stand, and a solver by both
 */
#include "check.h"

#include "base/rng.h"
#include "learn/svm/svm_newton.h"
#include "num/rows.h"
#include "num/vec_syrk.h"
#include "prep/make_rows.h"

#include <math.h>
#include <string.h>

#define N        3000
#define FEATURES 61

static double table[N][FEATURES + 1];

/* Three numbers, and three texts of 30, 20 and 8 values as flags; flag is what they are where they are not 0. */
static UpSamples *
make_table(double flag)
{
	UpSamples *s = up_samples_new(FEATURES);
	UpRng rng;

	up_rng_init(&rng, 3, 0);
	memset(table, 0, sizeof(table));
	for (size_t i = 0; i < N; i++)
	{
		double *row = up_samples_add(s), sum = 0;
		size_t at = 3;

		for (uint32_t j = 0; j < 3; j++)
			table[i][j] = up_rng_normal(&rng);
		for (size_t values = 30; values > 5; values = values == 30 ? 20 : values == 20 ? 8 : 0)
		{
			uint64_t v = up_rng_below(&rng, values);

			/* One of each text is missing at times. */
			if (up_rng_below(&rng, 50) > 0)
				table[i][at + v] = flag == 1 ? 1 : flag + (double) (i % 3);
			at += values;
		}
		for (uint32_t j = 0; j < FEATURES; j++)
			sum += table[i][j] * ((double) (j % 5) - 2);
		table[i][FEATURES] = sum + up_rng_normal(&rng) > 0;
		memcpy(row, table[i], sizeof(table[i]));
	}
	return s;
}

static UpData
data_of(const UpSamples *s)
{
	static size_t order[N];

	for (size_t i = 0; i < N; i++)
		order[i] = i;
	return (UpData){.samples = s, .n_rows = N, .order = order, .n_features = FEATURES};
}

static UpMadeRows
make(const UpData *d, bool may_list)
{
	static double labels[N];
	UpRowsPlan plan = up_plan_rows(d, may_list);

	return up_make_rows(d, &plan, 2, labels);
}

static double
value_of(const UpMadeRows *m, size_t i, uint32_t column)
{
	for (uint32_t j = 0; j < FEATURES; j++)
	{
		if (m->columns[j] == column)
			return table[i][j];
	}
	return m->columns[FEATURES] == column ? 2 : 0;
}

static void
check_passes(const UpMadeRows *m)
{
	size_t width = up_rows_width(&m->rows), ld = UP_SYRK_PAD(width);
	double *v = up_alloc0(width * sizeof(double)), *sums = up_alloc0(2 * width * sizeof(double)),
		   *squares = sums + width, *gram = up_alloc(ld * ld * sizeof(double)), out[N], picked[3],
		   a[3] = {2, -1, 0.5};
	uint32_t rows[3] = {0, 7, 2000};
	UpRowsGram g = up_rows_gram(&m->rows, gram);

	for (uint32_t c = 0; c < width; c++)
		v[c] = c % 7;
	up_rows_dot(&m->rows, 0, N, v, out);
	up_rows_dot_at(&m->rows, rows, 3, v, picked);
	for (size_t i = 0; i < N; i++)
	{
		double sum = 0;

		for (uint32_t c = 0; c < width; c++)
			sum += v[c] * value_of(m, i, c);
		CHECK_NEAR(out[i], sum, 1e-12);
		up_rows_gram_add(&g, i, (double) (i % 3));
	}
	up_rows_gram_end(&g);
	up_rows_axpy(&m->rows, 5, rows, a, 3, sums);
	for (int k = 0; k < 3; k++)
	{
		CHECK_NEAR(picked[k], out[rows[k]], 1e-12);
		up_rows_add_squares(&m->rows, rows[k], a[k], squares);
	}
	for (uint32_t c = 0; c < width; c++)
	{
		double sum = 0, square = 0;

		for (int k = 0; k < 3; k++)
		{
			double x = value_of(m, rows[k], c);

			sum += a[k] * value_of(m, 5 + rows[k], c);
			square += a[k] * x * x;
		}
		CHECK_NEAR(sums[c], sum, 1e-12);
		CHECK_NEAR(squares[c], square, 1e-12);
	}
	for (uint32_t c = 0; c < width; c += 5)
	{
		for (uint32_t e = c; e < width; e += 3)
		{
			double sum = 0;

			for (size_t i = 0; i < N; i++)
				sum += (double) (i % 3) * value_of(m, i, c) * value_of(m, i, e);
			CHECK_NEAR(gram[c * ld + e], sum, 1e-8);
		}
	}
	up_free(v);
	up_free(sums);
	up_free(gram);
}

static double
solve(const UpMadeRows *m, UpSvmLoss loss, double *weights)
{
	static double y[N], cost[N], scores[N], w[FEATURES + 1];
	size_t width = up_rows_width(&m->rows);
	UpSvmProblem p = {.n = N,
					  .width = width,
					  .rows = m->rows,
					  .y = y,
					  .cost = cost,
					  .C = 1,
					  .loss = loss,
					  .tol = 1e-10,
					  .max_iter = 1000};
	UpSvmResult r;

	memset(w, 0, sizeof(w));
	for (size_t i = 0; i < N; i++)
	{
		y[i] = table[i][FEATURES] > 0 ? 1 : -1;
		cost[i] = 0.1;
	}
	r = up_svm_newton(&p, w, scores);
	CHECK(r.converged);
	for (uint32_t j = 0; j <= FEATURES; j++)
		weights[j] = w[m->columns[j]];
	return r.objective;
}

static void
test_passes(void)
{
	for (int flag = 1; flag <= 2; flag++)
	{
		UpSamples *s = make_table(flag);
		UpData d = data_of(s);
		UpMadeRows listed = make(&d, true), dense = make(&d, false);

		CHECK(listed.rows.listed == FEATURES + 1 - 8 && listed.rows.dense == 8);
		CHECK((listed.rows.values == NULL) == (flag == 1));
		CHECK(dense.rows.listed == 0 && dense.rows.dense == FEATURES + 1);
		check_passes(&listed);
		check_passes(&dense);
		for (int loss = UP_SVM_SQUARED_HINGE; loss <= UP_SVM_HINGE; loss++)
		{
			double a[FEATURES + 1], b[FEATURES + 1], objective = solve(&dense, loss, a);

			CHECK_NEAR(solve(&listed, loss, b), objective, 1e-9 * objective);
			for (uint32_t j = 0; j <= FEATURES && loss == UP_SVM_SQUARED_HINGE; j++)
				CHECK_NEAR(a[j], b[j], 1e-6);
		}
		up_made_rows_free(&listed);
		up_made_rows_free(&dense);
		up_samples_free(s);
	}
}

/* What the first rows do not show is kept all the same. */
static void
test_late(void)
{
	UpSamples *s = make_table(1);
	UpData d;
	UpMadeRows m;
	double v[FEATURES + 1], out[N];

	for (size_t i = N / 2; i < N; i++)
	{
		for (uint32_t j = 3; j < FEATURES; j++)
		{
			table[i][j] = (double) j;
			up_samples_set(s, i, j, (double) j);
		}
	}
	d = data_of(s);
	m = make(&d, true);
	CHECK(m.rows.listed > 0 && m.rows.values != NULL);
	for (uint32_t c = 0; c <= FEATURES; c++)
		v[c] = 1;
	up_rows_dot(&m.rows, 0, N, v, out);
	for (size_t i = 0; i < N; i++)
	{
		double sum = 2;

		for (uint32_t j = 0; j < FEATURES; j++)
			sum += table[i][j];
		CHECK_NEAR(out[i], sum, 1e-10);
	}
	up_made_rows_free(&m);
	up_samples_free(s);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"passes and solvers against dense rows", test_passes},
		{"what the first rows do not show", test_late},
	};

	return up_run_tests("rows", tests, UP_LENGTH(tests));
}
