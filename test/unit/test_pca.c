/*
 * test_pca.c - eigenvalues of symmetric matrices, and principal components made of sums; scikit-learn's numbers: test/specs/pca.py
 */
#include "check.h"
#include "arrays.h"

#include "base/rng.h"
#include "num/eigen.h"
#include "num/vec.h"
#include "learn/train.h"

extern const UpLearner up_pca;

#define MOST 160

static double a[MOST * (MOST + 8)], kept[MOST * MOST], values[MOST], vectors[MOST * MOST];

/* The largest entry of A V' - V' L and of V V' - 1, as shares of the largest of A. */
static double
residual(size_t n)
{
	double worst = 0, largest = 1e-300;

	for (size_t i = 0; i < n * n; i++)
		largest = fmax(largest, fabs(kept[i]));
	for (size_t k = 0; k < n; k++)
	{
		const double *v = vectors + k * n;

		for (size_t i = 0; i < n; i++)
		{
			worst = fmax(worst, fabs(up_vec_dot(kept + i * n, v, n) - values[k] * v[i]) / largest);
			worst = fmax(worst, fabs(up_vec_dot(vectors + i * n, v, n) - (i == k)));
		}
		CHECK(k == 0 || values[k] <= values[k - 1]);
	}
	return worst;
}

/* kept, whose upper triangle is taken. */
static void
decompose(size_t n, size_t ld)
{
	for (size_t i = 0; i < n; i++)
	{
		for (size_t j = 0; j < ld; j++)
			a[i * ld + j] = j < i || j >= n ? NAN : kept[i * n + j];
	}
	up_eigen_symmetric(a, n, ld, values, vectors);
}

static void
set(size_t n, size_t i, size_t j, double v)
{
	kept[i * n + j] = kept[j * n + i] = v;
}

static void
test_random(void)
{
	static const size_t sizes[] = {1, 2, 3, 4, 5, 8, 17, 64, 65, 160};
	UpRng rng;

	up_rng_init(&rng, 5, 1);
	for (size_t s = 0; s < UP_LENGTH(sizes); s++)
	{
		size_t n = sizes[s];

		for (size_t i = 0; i < n; i++)
		{
			for (size_t j = i; j < n; j++)
				set(n, i, j, up_rng_normal(&rng) * 100);
		}
		decompose(n, n + s % 2 * 8);
		up_check(residual(n) < 1e-13 * (double) n, __FILE__, __LINE__, "%zu rows: %g", n, residual(n));
	}
}

/* Of 20 rows of 160 numbers: what rounding leaves of the 140 values that are 0 has to settle. */
static void
test_few_rows(void)
{
	enum
	{
		N = MOST,
		ROWS = 20
	};
	static double x[ROWS][N];

	for (size_t r = 0; r < ROWS; r++)
	{
		for (size_t j = 0; j < N; j++)
			x[r][j] = sin((double) (r + 1) * 12.9898 + (double) (j + 1) * 78.233 +
						  (double) ((r + 1) * (j + 1)) * 0.37);
	}
	for (size_t i = 0; i < N; i++)
	{
		for (size_t j = i; j < N; j++)
		{
			double sum = 0;

			for (size_t r = 0; r < ROWS; r++)
				sum += x[r][i] * x[r][j];
			set(N, i, j, sum);
		}
	}
	decompose(N, N);
	up_check(residual(N) < 1e-13 * (double) N, __FILE__, __LINE__, "few rows: %g", residual(N));
	CHECK(fabs(values[ROWS]) < 1e-13 * values[0] * N && values[ROWS - 1] > 1e-6 * values[0]);
}

/* Nothing, ones, equal values, blocks, ranks, and numbers far from 1. */
static void
test_odd(void)
{
	static const double scales[] = {1e-290, 1e-150, 1, 1e150};

	memset(kept, 0, sizeof(kept));
	decompose(7, 8);
	CHECK(residual(7) == 0 && values[0] == 0 && values[6] == 0);
	for (size_t i = 0; i < 7; i++)
		set(7, i, i, 3);
	decompose(7, 7);
	CHECK(residual(7) == 0 && values[0] == 3 && values[6] == 3);
	for (size_t s = 0; s < UP_LENGTH(scales); s++)
	{
		for (size_t i = 0; i < 36; i++)
			kept[i] = scales[s];
		decompose(6, 6);
		CHECK(residual(6) < 1e-14);
		CHECK_NEAR(values[0] / scales[s], 6, 1e-13);
		CHECK_NEAR(values[5] / scales[s], 0, 1e-14);
	}
	memset(kept, 0, sizeof(kept));
	set(4, 0, 3, 2);
	set(4, 1, 2, 5);
	decompose(4, 4);
	CHECK(residual(4) < 1e-15);
	CHECK_NEAR(values[0], 5, 1e-14);
	CHECK_NEAR(values[3], -5, 1e-14);
	/* From 1 down to 1e-30, and one row beside them. */
	for (size_t i = 0; i < 31; i++)
	{
		for (size_t j = i; j < 31; j++)
			set(31, i, j, i == j ? pow(10, -(double) i) : 0);
		set(31, i, 30, i == 30 ? 1 : 1e-3);
	}
	decompose(31, 32);
	CHECK(residual(31) < 1e-14);
}

static void
test_cancel(void)
{
	for (size_t i = 0; i < MOST; i++)
	{
		for (size_t j = i; j < MOST; j++)
			set(MOST, i, j, 1.0 / (double) (i + j + 1));
	}
	up_test_cancel_after = 100;
	CHECK_FAILS(UP_LIMIT, "cancel", decompose(MOST, MOST));
	up_test_cancel_after = 0;
}

static UpModel *
train_on(const UpValue *params, const double *x, size_t n, uint32_t d, size_t first)
{
	UpRequest *request = up_request_parse(&up_pca, params);
	const UpStream *s = up_pca.stream;
	void *sums = s->start(d, NULL), *part = s->start(d, NULL), *empty = s->start(d, NULL);
	UpWriter w;
	UpReader r;

	for (size_t i = 0; i < n; i++)
		s->add(i < first ? part : sums, x + i * d, 0);
	up_writer_init(&w);
	s->write(sums, &w);
	up_reader_init(&r, w.bytes, w.len, "aggregate state");
	s->merge(empty, s->read(&r, d, NULL));
	s->merge(empty, part);
	return up_train_from_sums(request, &(UpSumsOfRows){empty, UP_LABEL_NONE, d, n, 0, 0, NULL, NULL, false});
}

/* Parts of any size, with shifts of their own, say what one pass says. */
static void
test_parts(void)
{
	static double x[2000 * 3];
	static const size_t firsts[] = {1, 5, 255, 256, 257, 1000, 1999};
	UpRng rng;
	double want[3], got[3];

	up_rng_init(&rng, 9, 1);
	for (size_t i = 0; i < 2000; i++)
	{
		double common = up_rng_normal(&rng);

		x[i * 3] = 1e9 + 3 * common;
		x[i * 3 + 1] = -1e7 + common + 0.5 * up_rng_normal(&rng);
		x[i * 3 + 2] = up_rng_normal(&rng) * 0.1;
	}
	up_model_transform(train_on(NULL, x, 2000, 3, 0), x, 1, want, false);
	for (size_t f = 0; f < UP_LENGTH(firsts); f++)
	{
		up_model_transform(train_on(NULL, x, 2000, 3, firsts[f]), x, 1, got, false);
		for (int c = 0; c < 3; c++)
			CHECK_NEAR(got[c], want[c], 1e-9);
	}
}

static void
test_bad(void)
{
	static const double x[] = {1, 2, 3, 4};
	UpValue *params = up_value_object();

	CHECK_FAILS(UP_INVALID_DATA, "at least two rows", train_on(NULL, x, 1, 2, 0));
	up_value_set(params, "n_components", up_value_number(2.5));
	CHECK_FAILS(UP_INVALID_PARAMETER, "n_components", train_on(params, x, 2, 2, 0));
	up_value_set(params, "n_components", up_value_number(-1));
	CHECK_FAILS(UP_INVALID_PARAMETER, "n_components", train_on(params, x, 2, 2, 0));
}

int
main(void)
{
	static const UpTest tests[] = {
		{"random matrices", test_random}, {"few rows", test_few_rows},   {"odd matrices", test_odd},
		{"cancelled", test_cancel},       {"sums of parts", test_parts}, {"bad parameters", test_bad},
	};

	return up_run_tests("pca", tests, UP_LENGTH(tests));
}
