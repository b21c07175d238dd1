/*
 * test_linear.c - linear and logistic regression: gradients, parts that join and part, odd data
 */
#include "check.h"

#include "num/dense.h"
#include "base/rng.h"
#include "learn/linear/linear_solve.h"
#include "learn/linear/logistic_solve.h"
#include "learn/train.h"

#define ROWS 120
#define WIDE 5

static double x[ROWS * WIDE], y[ROWS];

static void
make_rows(uint64_t seed, int classes)
{
	UpRng rng;

	up_rng_init(&rng, seed, 1);
	for (int i = 0; i < ROWS; i++)
	{
		double sum = 0;

		for (int j = 0; j < WIDE; j++)
		{
			x[i * WIDE + j] = up_rng_normal(&rng) * (j + 1) + 10 * j;
			sum += x[i * WIDE + j] / (j + 1) - 10.0 * j / (j + 1);
		}
		y[i] = classes == 0 ? sum + up_rng_normal(&rng) : (double) up_rng_below(&rng, (uint64_t) classes);
	}
}

static UpFit
fit_of(const UpLearner *learner, UpTask task, uint32_t classes, size_t rows, const UpValue *given)
{
	static const char *const names[] = {"a", "b", "c"};
	UpFit fit = {0};

	fit.data = up_data_from_arrays(x, y, rows, WIDE, classes);
	fit.task = task;
	fit.params = up_request_parse(learner, given)->params;
	fit.n_features = WIDE;
	fit.n_classes = classes;
	fit.classes = names;
	fit.info = up_value_object();
	return fit;
}

/* A'A with a known inverse; a row that repeats others is left out. */
static void
test_dense(void)
{
	double a[16] = {4, 2, 6, 0, 2, 5, 7, 1, 6, 7, 13, 1, 0, 1, 1, 3}, b[4] = {2, 1, 3, 5}, inverse[4], v[4];
	bool skipped[4];

	CHECK(up_dense_cholesky(a, 4, 4, 1e-12, skipped) == 3);
	CHECK(!skipped[0] && !skipped[1] && skipped[2] && !skipped[3]);
	memcpy(v, b, sizeof(v));
	up_dense_solve(a, 4, 4, skipped, v);
	CHECK(v[2] == 0);
	CHECK_NEAR(4 * v[0] + 2 * v[1], 2, 1e-12);
	CHECK_NEAR(2 * v[0] + 5 * v[1] + v[3], 1, 1e-12);
	CHECK_NEAR(v[1] + 3 * v[3], 5, 1e-12);
	up_dense_inverse_diagonal(a, 4, 4, skipped, inverse);
	/* By hand: the inverse of {{4,2,0},{2,5,1},{0,1,3}}, whose determinant is 44. */
	CHECK_NEAR(inverse[0], 14.0 / 44, 1e-12);
	CHECK_NEAR(inverse[1], 12.0 / 44, 1e-12);
	CHECK_NEAR(inverse[3], 16.0 / 44, 1e-12);
	CHECK(isnan(inverse[2]));
	a[0] = -1;
	CHECK(up_dense_cholesky(a, 4, 4, 0, NULL) == 0);
}

/* Sums of parts are the sums of all; what was added can be taken away. */
static void
test_sums(void)
{
	UpLinearSums *all = up_linear_sums_start(WIDE), *first = up_linear_sums_start(WIDE),
				 *second = up_linear_sums_start(WIDE), *copy = up_linear_sums_start(WIDE);

	make_rows(1, 0);
	for (int i = 0; i < ROWS; i++)
	{
		up_linear_sums_add(all, x + i * WIDE, y[i]);
		up_linear_sums_add(i < 50 ? first : second, x + i * WIDE, y[i]);
	}
	up_linear_sums_settle(all);
	up_linear_sums_settle(second);
	up_linear_sums_merge(copy, first);
	up_linear_sums_merge(copy, second);
	up_linear_sums_settle(copy);
	CHECK(copy->rows == ROWS && all->rows == ROWS);
	for (size_t i = 0; i <= WIDE; i++)
	{
		CHECK_NEAR(copy->mean[i], all->mean[i], 1e-12);
		for (size_t j = i; j <= WIDE; j++)
			CHECK_NEAR(copy->products[i * copy->ld + j], all->products[i * all->ld + j], 1e-9);
	}
	CHECK(up_linear_sums_subtract(copy, second));
	up_linear_sums_settle(first);
	for (size_t i = 0; i <= WIDE; i++)
	{
		for (size_t j = i; j <= WIDE; j++)
			CHECK_NEAR(copy->products[i * copy->ld + j], first->products[i * first->ld + j], 1e-9);
	}
	CHECK(!up_linear_sums_subtract(first, all));
}

/* The models of parts, merged, updated and parted, have the coefficients of the whole. */
static void
test_models(void)
{
	const UpLearner *linear = up_learner_by_name("linear");
	UpValue *given = up_value_object();
	double whole[WIDE + 1], other[WIDE + 1], base, raw, sum;
	bool kept = true;
	void *all, *first, *second;
	UpFit fit;

	make_rows(2, 0);
	for (int penalty = 0; penalty < 4; penalty++)
	{
		static const char *const names[] = {"none", "l2", "l1", "elasticnet"};
		double contributions[WIDE + 1];

		up_value_set(given, "penalty", up_value_string(names[penalty]));
		up_value_set(given, "alpha", up_value_number(0.05));
		fit = fit_of(linear, UP_TASK_REGRESS, 0, ROWS, given);
		all = linear->fit(&fit);
		fit = fit_of(linear, UP_TASK_REGRESS, 0, 70, given);
		first = linear->fit(&fit);
		fit.data = up_data_from_arrays(x + 70 * WIDE, y + 70, ROWS - 70, WIDE, 0);
		second = linear->fit(&fit);
		CHECK(linear->plane(all, 0, whole, whole + WIDE));
		for (int way = 0; way < 3; way++)
		{
			void *same = way == 0   ? linear->merge(first, second)
						 : way == 1 ? linear->update(first, &fit)
									: linear->merge(linear->subtract(all, second, &kept), second);

			linear->plane(same, 0, other, other + WIDE);
			for (int j = 0; j <= WIDE; j++)
				CHECK_NEAR(other[j], whole[j], 1e-8);
		}
		linear->explain(all, x, contributions);
		linear->raw_scores(all, x, &raw);
		for (int j = 0, n = WIDE; j <= n; j++)
			sum = j == 0 ? contributions[0] : sum + contributions[j];
		CHECK_NEAR(sum, raw, 1e-10);
		base = contributions[WIDE];
		for (int i = 0, n = ROWS; i < n; i++)
		{
			linear->raw_scores(all, x + i * WIDE, &raw);
			base -= raw / ROWS;
		}
		/* The base value is the mean prediction. */
		CHECK_NEAR(base, 0, 1e-10);
	}
}

/* Gradients and second derivatives against differences; the solution has no gradient. */
static void
test_curvature(void)
{
	enum
	{
		LD = 8,
		DIMS = 3 * (WIDE + 1)
	};
	static double wide[ROWS * LD], cost[ROWS], l2[WIDE], h[DIMS * DIMS], h2[DIMS * DIMS];
	double theta[DIMS], g[DIMS], up[DIMS], down[DIMS];
	UpRng rng;

	for (uint32_t outputs = 1; outputs <= 3; outputs += 2)
	{
		UpLogisticProblem p = {.n = ROWS,
							   .d = WIDE,
							   .ld = LD,
							   .n_outputs = outputs,
							   .x = wide,
							   .y = y,
							   .cost = cost,
							   .l2 = l2,
							   .fit_intercept = true,
							   .tol = 1e-12,
							   .max_iter = 100};
		size_t dims = outputs * (WIDE + 1);
		UpLogisticResult r;

		make_rows(3, outputs == 1 ? 2 : 3);
		up_rng_init(&rng, 4, 1);
		for (int i = 0; i < ROWS; i++)
		{
			for (int j = 0; j < LD; j++)
				wide[i * LD + j] = j < WIDE ? up_rng_normal(&rng) : j == WIDE;
			cost[i] = 0.5 + (double) up_rng_below(&rng, 1000) / 1000;
		}
		for (size_t k = 0; k < dims; k++)
			theta[k] = 0.3 * up_rng_normal(&rng);
		up_logistic_curvature(&p, theta, g, h);
		for (size_t k = 0; k < dims; k++)
		{
			double at = theta[k];

			theta[k] = at + 1e-6;
			up_logistic_curvature(&p, theta, up, h2);
			theta[k] = at - 1e-6;
			up_logistic_curvature(&p, theta, down, h2);
			theta[k] = at;
			for (size_t m = 0; m < dims; m++)
				CHECK_NEAR(h[UP_MIN(k, m) * dims + UP_MAX(k, m)], (up[m] - down[m]) / 2e-6, 1e-5);
		}
		for (int j = 0; j < WIDE; j++)
			l2[j] = 0.7;
		r = up_logistic_solve(&p, theta);
		CHECK(r.converged);
		up_logistic_curvature(&p, theta, g, NULL);
		for (size_t k = 0; k < dims; k++)
			CHECK_NEAR(g[k] + (k % (WIDE + 1) < WIDE ? 0.7 * theta[k] : 0), 0, 1e-8);
	}
}

/* Classes that can be told apart, constant columns, one row, more columns than rows. */
static void
test_odd(void)
{
	const UpLearner *logistic = up_learner_by_name("logistic"), *linear = up_learner_by_name("linear");
	UpValue *given = up_value_object();
	double out[ROWS * 2], w[WIDE], b;
	UpFit fit;

	up_value_set(given, "penalty", up_value_string("none"));
	make_rows(5, 2);
	for (int i = 0; i < ROWS; i++)
	{
		y[i] = x[i * WIDE] > 0;
		x[i * WIDE + 1] = 3;
	}
	fit = fit_of(logistic, UP_TASK_CLASSIFY, 2, ROWS, given);
	logistic->proba(logistic->fit(&fit), x, ROWS, out);
	for (int i = 0; i < ROWS; i++)
		CHECK(isfinite(out[2 * i + 1]) && (out[2 * i + 1] > 0.5) == (y[i] > 0));
	fit = fit_of(linear, UP_TASK_REGRESS, 0, 3, given);
	CHECK(linear->plane(linear->fit(&fit), 0, w, &b));
	linear->predict(linear->fit(&fit), x, 3, out);
	for (int i = 0; i < 3; i++)
		CHECK_NEAR(out[i], y[i], 1e-8);
	fit = fit_of(linear, UP_TASK_REGRESS, 0, 1, given);
	linear->predict(linear->fit(&fit), x, 1, out);
	CHECK(out[0] == y[0]);
	CHECK(up_value_get(fit.info, "iterations") == NULL);
	x[0] = 1e300;
	x[WIDE] = -1e300;
	CHECK_FAILS(UP_INVALID_DATA, "too large", {
		fit = fit_of(logistic, UP_TASK_CLASSIFY, 2, ROWS, given);
		logistic->fit(&fit);
	});
}

int
main(void)
{
	static const UpTest tests[] = {
		{"dense", test_dense},         {"sums", test_sums}, {"models", test_models},
		{"curvature", test_curvature}, {"odd", test_odd},
	};

	return up_run_tests("linear", tests, UP_LENGTH(tests));
}
