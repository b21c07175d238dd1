/*
 * test_select.c - selection of what is known to matter; l1 against scikit-learn 1.2.1
 */
#include "check.h"
#include "arrays.h"

#include "base/rng.h"
#include "learn/linear/l1_logistic.h"
#include "learn/linear/logistic_solve.h"
#include "num/vec.h"
#include "num/vec_syrk.h"
#include "learn/select.h"
#include "learn/linear/select_linear.h"

/* Ten columns of noise and two that make the target. */
static UpData *
made_data(bool classes)
{
	static double x[400 * 12], y[400];
	UpRng rng;

	up_rng_init(&rng, 1, 1);
	for (int i = 0; i < 400; i++)
	{
		for (int j = 0; j < 12; j++)
			x[i * 12 + j] = up_rng_normal(&rng);
		y[i] = 2 * x[i * 12 + 3] - 1.6 * x[i * 12 + 7] + 0.3 * up_rng_normal(&rng);
		if (classes)
			y[i] = y[i] > 0;
	}
	return data_from_arrays(x, y, 400, 12, classes ? 2 : 0);
}

/* Every method finds the two. */
static void
test_selection(void)
{
	for (int m = 0; up_select_method_names[m] != NULL; m++)
	{
		UpSelectOptions o = {(UpSelectMethod) m, 2, 0};
		uint32_t selected[12];

		for (int classes = 0; classes < 2; classes++)
		{
			/* chi2 wants what is not negative; variance knows no target, and these are alike. */
			if (m == UP_SELECT_CHI2 || m == UP_SELECT_VARIANCE)
				continue;
			CHECK(up_select_fit(&o, made_data(classes != 0), classes ? UP_TASK_CLASSIFY : UP_TASK_REGRESS, 0,
								selected) == 2);
			CHECK(selected[0] == 3 && selected[1] == 7);
		}
	}
}

static void
test_options(void)
{
	UpValue *given = up_value_object();
	UpSelectOptions o;

	CHECK_FAILS(UP_INVALID_PARAMETER, "either \"k\" or \"threshold\"", up_select_parse(given));
	up_value_set(given, "k", up_value_number(3));
	up_value_set(given, "method", up_value_string("anova_f"));
	o = up_select_parse(given);
	CHECK(o.k == 3 && o.method == UP_SELECT_ANOVA_F);
	up_value_set(given, "method", up_value_string("anova"));
	CHECK_FAILS(UP_INVALID_PARAMETER, "has no choice \"anova\"", up_select_parse(given));
	o = (UpSelectOptions){UP_SELECT_PEARSON, 0, 2};
	uint32_t selected[12];

	CHECK_FAILS(UP_INVALID_DATA, "above the threshold of 2",
				up_select_fit(&o, made_data(true), UP_TASK_CLASSIFY, 0, selected));
	o = (UpSelectOptions){UP_SELECT_PEARSON, 3, 0};
	CHECK_FAILS(UP_INVALID_PARAMETER, "needs a target",
				up_select_fit(&o, made_data(true), UP_TASK_CLUSTER, 0, selected));
	o.k = 100;
	CHECK(up_select_fit(&o, made_data(true), UP_TASK_CLASSIFY, 0, selected) == 12);
}

/* The last feature left by elimination, one at a time, is the one that solving anew each time leaves. */
static void
test_elimination(void)
{
	UpGram *g = up_gram_new(made_data(false));
	double rank[12], score[12];

	up_gram_eliminate(g, rank);
	CHECK(rank[3] == 1 && rank[7] == 2);
	up_gram_lasso_order(g, score);
	CHECK(score[3] > score[7] && score[7] > 0.2);
	/* soft threshold of the first: it enters where the penalty is below its correlation */
	for (int j = 0; j < 12; j++)
		CHECK(score[j] <= score[3]);
}

/* Minimizes the mean loss + penalty |w|_1; theta: d weights and the intercept, the start and the result. */
static UpLogisticResult
fit_l1(const double *x, const double *y, size_t n, uint32_t d, double penalty, double *theta)
{
	size_t ld = UP_SYRK_PAD(UP_MAX((size_t) d + 1, UP_ROWS_MIN));
	double *rows = up_alloc0(n * ld * sizeof(double)), *cost = up_alloc_array(n, sizeof(double)),
		   *l1 = up_alloc_array(d, sizeof(double)), *l2 = up_alloc0(d * sizeof(double));
	UpLogisticProblem p = {.n = n,
						   .d = d,
						   .ld = ld,
						   .n_outputs = 1,
						   .x = rows,
						   .y = y,
						   .cost = cost,
						   .l1 = l1,
						   .l2 = l2,
						   .fit_intercept = true,
						   .tol = 1e-10,
						   .max_iter = 100};

	for (size_t i = 0; i < n; i++)
	{
		memcpy(rows + i * ld, x + i * d, d * sizeof(double));
		rows[i * ld + d] = 1;
		cost[i] = 1 / (double) n;
	}
	for (uint32_t j = 0; j < d; j++)
		l1[j] = penalty;
	return up_logistic_solve(&p, theta);
}

/* Of 100 features 97 are noise: the active set finds the minimum, as its conditions tell, from any start. */
static void
test_active_set(void)
{
	enum
	{
		N = 400,
		D = 100
	};
	double *x = up_alloc_array(N * D, sizeof(double)), *y = up_alloc_array(N, sizeof(double)), w[D + 1] = {0},
		   v[D + 1] = {0};
	UpLogisticResult r, again;
	UpRng rng;
	int chosen = 0;

	up_rng_init(&rng, 4, 1);
	for (int i = 0; i < N; i++)
	{
		for (int j = 0; j < D; j++)
			x[i * D + j] = up_rng_normal(&rng);
		y[i] = x[i * D + 7] - 2 * x[i * D + 50] + x[i * D + 99] + up_rng_normal(&rng) > 0;
	}
	r = fit_l1(x, y, N, D, 0.05, w);
	CHECK(r.converged && w[7] > 0.2 && w[50] < -0.5 && w[99] > 0.2);
	for (int j = 0; j < D; j++)
	{
		double slope = 0;

		for (int i = 0; i < N; i++)
		{
			double f = w[D];

			for (int l = 0; l < D; l++)
				f += w[l] * x[i * D + l];
			slope += (up_sigmoid(f) - y[i]) * x[i * D + j] / N;
		}
		CHECK(w[j] == 0 ? fabs(slope) <= 0.05 + 1e-9 : fabs(slope + (w[j] > 0 ? 0.05 : -0.05)) < 1e-8);
		chosen += w[j] != 0;
		v[j] = up_rng_normal(&rng);
	}
	CHECK(chosen < 20);
	again = fit_l1(x, y, N, D, 0.05, v);
	CHECK(again.converged);
	CHECK_NEAR(again.objective, r.objective, 1e-12);
	for (int j = 0; j <= D; j++)
		CHECK_NEAR(v[j], w[j], 1e-7);
}

/* 30 rows of 4; scikit-learn: LogisticRegression(penalty="l1", solver="saga", C=1 / (30 penalty), tol=1e-14). */
static void
test_l1_logistic(void)
{
	static const double x[] = {
		-0.8,  -1.32, -0.25, 0.42,  1.14,  0.11,  -0.55, -0.78, 0.75,  1.63,  0.27,  -1.23, -0.96, 1.6,   0.2,
		-1.73, -0.08, -1.16, -0.63, -0.49, -0.71, 0.55,  -0.06, -0.59, 0.41,  0.83,  -1.64, -0.26, -0.98, -0.17,
		-1.29, 0.02,  -0.04, -0.3,  -1.05, -0.4,  -1.09, -1.36, 0.22,  -1.11, 1.17,  0.72,  -2.0,  0.27,  -1.1,
		0.03,  0.04,  -1.99, -0.23, -0.26, 0.96,  -1.18, 0.74,  -1.1,  -0.33, -0.84, 1.45,  0.57,  2.43,  0.64,
		0.84,  0.84,  -0.61, -0.07, 1.35,  -0.4,  0.19,  -0.02, 0.61,  -0.36, -0.15, 0.24,  0.1,   -0.86, 0.9,
		-1.3,  -1.2,  -1.28, 0.97,  -0.36, -0.97, -1.14, 0.42,  -1.05, -1.27, 0.61,  -1.2,  -0.32, -0.01, -0.45,
		-0.05, 1.34,  -0.52, -1.26, -1.84, -0.2,  -0.35, 0.27,  -0.46, -0.48, -0.72, -0.52, 0.16,  -0.38, 0.1,
		1.9,   0.48,  -1.58, 1.73,  0.35,  -0.94, 0.91,  0.02,  -0.62, -0.63, -0.99, 0.05,  1.07,  -0.33, 0.42};
	static const double y[] = {1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 1, 0, 0, 1, 1,
							   1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0, 1, 1, 0, 1};
	static const double want[2][4] = {
		{1.2095814911572411, 0.17425005882429473, -0.32027841757126385, 0.7861897715437024},
		{0.5310655314982451, 0, 0, 0.04709375685200448}};
	static const double penalties[] = {0.05, 0.15}, intercepts[] = {1.1204421499774369, 0.6087456609037872};

	for (int k = 0; k < 2; k++)
	{
		double w[5] = {0, 0, 0.5, 0, 0};

		fit_l1(x, y, 30, 4, penalties[k], w);
		CHECK_NEAR(w[4], intercepts[k], 1e-7);
		for (int j = 0; j < 4; j++)
			CHECK_NEAR(w[j], want[k][j], 1e-7);
	}
	/* classes that a line divides have no minimum without penalty; with one they do */
	double line[] = {-2, -1, 1, 2}, classes[] = {0, 0, 1, 1}, w[2] = {0, 0};

	fit_l1(line, classes, 4, 1, 1e-4, w);
	CHECK(isfinite(w[0]) && w[0] > 3);
	CHECK_NEAR(w[1], 0, 1e-6);
}

/* What is missing everywhere is taken last and has no score; a copy of what was taken adds nothing. */
static void
test_mrmr(void)
{
	double missing[60], a[60], b[60], y[60], score[4];
	UpVariable x[4] = {{missing, 0}, {a, 2}, {a, 2}, {b, 2}}, target = {y, 4};
	uint32_t taken[4];

	for (int i = 0; i < 60; i++)
	{
		missing[i] = NAN;
		a[i] = i % 2;
		b[i] = i / 2 % 2;
		y[i] = 2 * a[i] + b[i];
	}
	up_select_mrmr(x, 4, &target, 60, 4, score, taken);
	CHECK(taken[0] == 1 && taken[1] == 3 && taken[2] == 2 && taken[3] == 0);
	CHECK_NEAR(score[1], log(2), 1e-12);
	CHECK_NEAR(score[3], log(2), 1e-12);
	CHECK_NEAR(score[2], log(2) / 2, 1e-12);
	CHECK(isnan(score[0]));
	CHECK(isnan(up_score_information_gain(&x[0], &target, 60, true).value));
}

/* Three classes: what tells any of them apart counts. */
static void
test_l1_classes(void)
{
	double x[300 * 3], y[300], score[3];
	UpRng rng;

	up_rng_init(&rng, 2, 1);
	for (int i = 0; i < 300; i++)
	{
		y[i] = i % 3;
		x[i * 3] = up_rng_normal(&rng);
		x[i * 3 + 1] = up_rng_normal(&rng) + 2 * (y[i] == 2);
		x[i * 3 + 2] = 5;
	}
	up_l1_logistic_order(data_from_arrays(x, y, 300, 3, 3), score);
	CHECK(score[1] > 0.8 && score[0] < 0.5 && score[2] == 0);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"selection", test_selection},
		{"options", test_options},
		{"elimination", test_elimination},
		{"l1 logistic", test_l1_logistic},
		{"active set", test_active_set},
		{"l1 of classes", test_l1_classes},
		{"mrmr", test_mrmr},
	};

	return up_run_tests("select", tests, UP_LENGTH(tests));
}
