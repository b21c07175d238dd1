/*
 * test_linear.c - linear and logistic regression: gradients, parts that join and part, odd data
 */
#include "check.h"
#include "arrays.h"

#include "num/dense.h"
#include "learn/learners.h"
#include "base/rng.h"
#include "num/vec.h"
#include "learn/linear/linear_solve.h"
#include "learn/linear/logistic_solve.h"
#include "learn/linear/logistic_work.h"
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

	fit.data = data_from_arrays(x, y, rows, WIDE, classes);
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
	UpCentred *all = up_centred_start(WIDE + 1, false), *first = up_centred_start(WIDE + 1, false),
			  *second = up_centred_start(WIDE + 1, false), *copy = up_centred_start(WIDE + 1, false);

	make_rows(1, 0);
	for (int i = 0; i < ROWS; i++)
	{
		up_centred_add(all, x + i * WIDE, &y[i]);
		up_centred_add(i < 50 ? first : second, x + i * WIDE, &y[i]);
	}
	up_centred_settle(all);
	up_centred_settle(second);
	up_centred_merge(copy, first);
	up_centred_merge(copy, second);
	up_centred_settle(copy);
	CHECK(copy->rows == ROWS && all->rows == ROWS);
	for (size_t i = 0; i <= WIDE; i++)
	{
		CHECK_NEAR(copy->mean[i], all->mean[i], 1e-12);
		for (size_t j = i; j <= WIDE; j++)
			CHECK_NEAR(copy->products[i * copy->ld + j], all->products[i * all->ld + j], 1e-9);
	}
	CHECK(up_centred_subtract(copy, second));
	up_centred_settle(first);
	for (size_t i = 0; i <= WIDE; i++)
	{
		for (size_t j = i; j <= WIDE; j++)
			CHECK_NEAR(copy->products[i * copy->ld + j], first->products[i * first->ld + j], 1e-9);
	}
	CHECK(!up_centred_subtract(first, all));
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
		fit.data = data_from_arrays(x + 70 * WIDE, y + 70, ROWS - 70, WIDE, 0);
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

/* Two sets of NIST's Statistical Reference Datasets, at which products of columns fail: Wampler1 and Filip, with certified values. */
static void
test_certified(void)
{
	static const double at[82] = {
		-6.860120914, -4.324130045, -4.358625055, -4.358426747, -6.955852379, -6.661145254, -6.355462942,
		-6.118102026, -7.115148017, -6.815308569, -6.519993057, -6.204119983, -5.853871964, -6.109523091,
		-5.79832982,  -5.482672118, -5.171791386, -4.851705903, -4.517126416, -4.143573228, -3.709075441,
		-3.499489089, -6.300769497, -5.953504836, -5.642065153, -5.031376979, -4.680685696, -4.329846955,
		-3.928486195, -8.56735134,  -8.363211311, -8.107682739, -7.823908741, -7.522878745, -7.218819279,
		-6.920818754, -6.628932138, -6.323946875, -5.991399828, -8.781464495, -8.663140179, -8.473531488,
		-8.247337057, -7.971428747, -7.676129393, -7.352812702, -7.072065318, -6.774174009, -6.478861916,
		-6.159517513, -6.835647144, -6.53165267,  -6.224098421, -5.910094889, -5.598599459, -5.290645224,
		-4.974284616, -4.64454848,  -4.290560426, -3.885055584, -3.408378962, -3.13200249,  -8.726767166,
		-8.66695597,  -8.511026475, -8.165388579, -7.886056648, -7.588043762, -7.283412422, -6.995678626,
		-6.691862621, -6.392544977, -6.067374056, -6.684029655, -6.378719832, -6.065855188, -5.752272167,
		-5.132414673, -4.811352704, -4.098269308, -3.66174277,  -3.2644011};
	static const double values[82] = {
		0.8116, 0.9072, 0.9052, 0.9039, 0.8053, 0.8377, 0.8667, 0.8809, 0.7975, 0.8162, 0.8515, 0.8766,
		0.8885, 0.8859, 0.8959, 0.8913, 0.8959, 0.8971, 0.9021, 0.909,  0.9139, 0.9199, 0.8692, 0.8872,
		0.89,   0.891,  0.8977, 0.9035, 0.9078, 0.7675, 0.7705, 0.7713, 0.7736, 0.7775, 0.7841, 0.7971,
		0.8329, 0.8641, 0.8804, 0.7668, 0.7633, 0.7678, 0.7697, 0.77,   0.7749, 0.7796, 0.7897, 0.8131,
		0.8498, 0.8741, 0.8061, 0.846,  0.8751, 0.8856, 0.8919, 0.8934, 0.894,  0.8957, 0.9047, 0.9129,
		0.9209, 0.9219, 0.7739, 0.7681, 0.7665, 0.7703, 0.7702, 0.7761, 0.7809, 0.7961, 0.8253, 0.8602,
		0.8809, 0.8301, 0.8664, 0.8834, 0.8898, 0.8964, 0.8963, 0.9074, 0.9119, 0.9228};
	static const double certified[11] = {-1467.48961422980,      -2772.17959193342,     -2316.37108160893,
										 -1127.97394098372,      -354.478233703349,     -75.1242017393757,
										 -10.8753180355343,      -1.06221498588947,     -0.670191154593408E-01,
										 -0.246781078275479E-02, -0.402962525080404E-04};
	UpLinearOptions options = {.penalty = UP_LINEAR_NONE, .fit_intercept = true};
	UpCentred *s = up_centred_start(6, false);
	double block[21 * 8] = {0}, *wide = up_alloc0(82 * 16 * sizeof(double));
	UpLinearRows rows = {NULL, block, 21, 8};
	UpLinearFit *f;

	for (int i = 0; i < 21; i++)
	{
		double *row = block + i * 8;

		for (int j = 0; j < 5; j++)
			row[j] = pow(i, j + 1);
		row[5] = 1 + row[0] + row[1] + row[2] + row[3] + row[4];
		up_centred_add(s, row, NULL);
	}
	up_centred_settle(s);
	f = up_linear_solve(s, &rows, &options);
	CHECK_NEAR(f->intercept, 1, 1e-8);
	for (int j = 0; j < 5; j++)
		CHECK_NEAR(f->coef[j], 1, 1e-9);
	CHECK(f->n_aliased == 0 && f->df == 15);
	s = up_centred_start(11, false);
	for (int i = 0; i < 82; i++)
	{
		double *row = wide + i * 16;

		row[10] = values[i];
		for (int j = 0; j < 10; j++)
			row[j] = pow(at[i], j + 1);
		up_centred_add(s, row, NULL);
	}
	up_centred_settle(s);
	rows = (UpLinearRows){NULL, wide, 82, 16};
	f = up_linear_solve(s, &rows, &options);
	CHECK(f->n_aliased == 0);
	CHECK_NEAR(f->intercept / certified[0], 1, 1e-6);
	for (int j = 0; j < 10; j++)
		CHECK_NEAR(f->coef[j] / certified[j + 1], 1, 1e-6);
	CHECK_NEAR(sqrt(f->rss / f->df) / 0.334801051324544E-02, 1, 1e-6);
	/* A column that repeats two others is still left out, and those after it are not harmed. */
	for (int i = 0; i < 21; i++)
	{
		double *row = block + i * 8;

		row[2] = row[0] + row[1];
		row[3] = i % 4;
		row[4] = i % 3;
		row[5] = 2 + row[0] + 3 * row[3] - row[4];
	}
	s = up_centred_start(6, false);
	for (int i = 0; i < 21; i++)
		up_centred_add(s, block + i * 8, NULL);
	up_centred_settle(s);
	rows = (UpLinearRows){NULL, block, 21, 8};
	f = up_linear_solve(s, &rows, &options);
	CHECK(f->n_aliased == 1 && f->aliased[2] && f->coef[2] == 0);
	CHECK_NEAR(f->coef[3], 3, 1e-10);
	CHECK_NEAR(f->coef[4], -1, 1e-10);
	CHECK_NEAR(f->intercept, 2, 1e-9);
}

/* A category that only one class has: its coefficient has no end, and that is said; an honest one's has. */
static void
test_separation(void)
{
	UpValue *given = up_value_object();
	UpRng rng;
	UpFit fit;

	up_value_set(given, "penalty", up_value_string("none"));
	up_rng_init(&rng, 8, 1);
	for (int honest = 0; honest < 2; honest++)
	{
		for (int i = 0; i < ROWS; i++)
		{
			for (int j = 0; j < WIDE; j++)
				x[i * WIDE + j] = up_rng_normal(&rng);
			x[i * WIDE] = i % 10 == 0;
			y[i] = i % 10 == 0 ? (honest ? i % 20 == 0 : 1) : (double) up_rng_below(&rng, 2);
		}
		fit = fit_of(up_learner_by_name("logistic"), UP_TASK_CLASSIFY, 2, ROWS, given);
		up_test_warnings = 0;
		up_learner_by_name("logistic")->fit(&fit);
		CHECK(up_test_warnings == (honest ? 0 : 1));
		CHECK((up_value_get(fit.info, "separation_note") == NULL) == honest);
	}
}

/* Coefficients of the first two of three classes against the last's, and their covariance by the inverse of their matrix. */
static void
reduced_covariance(const UpCoefficient *c, double *inverse)
{
	enum
	{
		PER = WIDE + 1,
		DIMS = 2 * PER
	};
	double h[DIMS * DIMS] = {0};

	for (int i = 0; i < ROWS; i++)
	{
		double score[3], z[PER] = {1};

		memcpy(z + 1, x + i * WIDE, WIDE * sizeof(double));
		for (int a = 0; a < 3; a++)
		{
			score[a] = 0;
			for (int j = 0; j < PER; j++)
				score[a] += c[a * PER + j].estimate * z[j];
		}
		up_vec_softmax(score, 3);
		for (int s = 0; s < DIMS; s++)
		{
			for (int t = s; t < DIMS; t++)
				h[s * DIMS + t] +=
					score[s / PER] * ((s / PER == t / PER) - score[t / PER]) * z[s % PER] * z[t % PER];
		}
	}
	CHECK(up_dense_cholesky(h, DIMS, DIMS, 0, NULL) == DIMS);
	memset(inverse, 0, DIMS * DIMS * sizeof(double));
	for (int s = 0; s < DIMS; s++)
	{
		inverse[s * (DIMS + 1)] = 1;
		up_dense_solve(h, DIMS, DIMS, NULL, inverse + (size_t) s * DIMS);
	}
}

/*
 * Without a penalty each class's coefficients, whose sum over the classes is 0, have the standard errors that follow from those of
 * two classes against the third. A feature twice has none, and changes those of the others not at all.
 */
static void
test_multinomial_errors(void)
{
	enum
	{
		PER = WIDE + 1,
		DIMS = 2 * PER
	};
	static const double parts[3][2] = {{2.0 / 3, -1.0 / 3}, {-1.0 / 3, 2.0 / 3}, {-1.0 / 3, -1.0 / 3}};
	const UpLearner *logistic = up_learner_by_name("logistic");
	UpValue *given = up_value_object();
	double inverse[DIMS * DIMS];
	UpCoefficient *c, *again;
	UpFit fit;
	uint32_t n;

	up_value_set(given, "penalty", up_value_string("none"));
	make_rows(11, 3);
	fit = fit_of(logistic, UP_TASK_CLASSIFY, 3, ROWS, given);
	c = logistic->coefficients(logistic->fit(&fit), &n);
	CHECK(n == 3 * PER);
	reduced_covariance(c, inverse);
	for (int j = 0; j < PER; j++)
	{
		double sum = 0;

		for (int a = 0; a < 3; a++)
		{
			double first = parts[a][0], second = parts[a][1], variance;

			variance = first * first * inverse[j * DIMS + j] +
					   second * second * inverse[(PER + j) * DIMS + PER + j] +
					   2 * first * second * inverse[j * DIMS + PER + j];
			sum += c[a * PER + j].estimate;
			CHECK_NEAR(c[a * PER + j].error / sqrt(variance), 1, 1e-6);
			CHECK(c[a * PER + j].p > 0 && c[a * PER + j].p <= 1);
		}
		CHECK_NEAR(sum, 0, 1e-10);
	}
	for (int i = 0; i < ROWS; i++)
		x[i * WIDE + 4] = 2 * x[i * WIDE] + 1;
	fit = fit_of(logistic, UP_TASK_CLASSIFY, 3, ROWS, given);
	c = logistic->coefficients(logistic->fit(&fit), &n);
	for (int i = 0; i < ROWS; i++)
		x[i * WIDE + 4] = 7;
	fit = fit_of(logistic, UP_TASK_CLASSIFY, 3, ROWS, given);
	again = logistic->coefficients(logistic->fit(&fit), &n);
	for (uint32_t i = 0; i < n; i++)
	{
		CHECK(isnan(c[i].error) == (i % PER == 5) && isnan(again[i].error) == (i % PER == 5));
		if (i % PER != 5)
			CHECK_NEAR(c[i].error / again[i].error, 1, 1e-6);
	}
}

/* Of several classes too: told apart whole, and by a category that only one of them has. */
static void
test_multinomial_separation(void)
{
	UpValue *given = up_value_object();
	UpRng rng;
	UpFit fit;

	up_value_set(given, "penalty", up_value_string("none"));
	up_rng_init(&rng, 8, 1);
	for (int how = 0; how < 3; how++)
	{
		for (int i = 0; i < ROWS; i++)
		{
			y[i] = (double) up_rng_below(&rng, 3);
			for (int j = 0; j < WIDE; j++)
				x[i * WIDE + j] = up_rng_normal(&rng);
			x[i * WIDE] = how == 0 ? 10 * (y[i] == 1) + up_rng_double(&rng) : i % 10 == 0;
			x[i * WIDE + 1] += how == 0 ? 30 * y[i] : 0;
			if (how == 1 && i % 10 == 0)
				y[i] = 2;
		}
		fit = fit_of(up_learner_by_name("logistic"), UP_TASK_CLASSIFY, 3, ROWS, given);
		up_test_warnings = 0;
		up_learner_by_name("logistic")->fit(&fit);
		CHECK(up_test_warnings == (how == 2 ? 0 : 1));
		CHECK((up_value_get(fit.info, "separation_note") == NULL) == (how == 2));
	}
}

/* Rows as they come say what standardized ones do, wherever they stand. */
static void
test_raw(void)
{
	enum
	{
		MANY = 700,
		WIDTH = 13,
		STRIDE = 16,
		ALL = WIDTH + 1
	};
	static double raw[MANY * STRIDE], standard[MANY * STRIDE], y[MANY], cost[MANY];
	static const double *places[MANY];
	double mean[WIDTH] = {0}, deviation[WIDTH] = {0}, l2[WIDTH], theta[ALL] = {0}, other[ALL] = {0}, g[3][ALL],
		   h[3][ALL * ALL];
	UpLogisticProblem p = {.n = MANY,
						   .d = WIDTH,
						   .ld = STRIDE,
						   .n_outputs = 1,
						   .x = standard,
						   .y = y,
						   .cost = cost,
						   .l2 = l2,
						   .fit_intercept = true,
						   .tol = 1e-9,
						   .max_iter = 100};
	UpLogisticResult r;
	double objective;
	UpRng rng;

	up_rng_init(&rng, 4, 0);
	for (size_t i = 0; i < MANY; i++)
	{
		for (uint32_t j = 0; j < WIDTH; j++)
		{
			raw[i * STRIDE + j] = 20 * j + (j + 1) * up_rng_normal(&rng);
			mean[j] += raw[i * STRIDE + j] / MANY;
		}
		raw[i * STRIDE + WIDTH] = NAN;
		y[i] = raw[i * STRIDE + 2] - 40 + up_rng_normal(&rng) > 0;
		cost[i] = 1 + (double) (i % 2);
		places[MANY - 1 - i] = raw + i * STRIDE;
	}
	for (size_t i = 0; i < MANY * STRIDE; i++)
	{
		if (i % STRIDE < WIDTH)
			deviation[i % STRIDE] += (raw[i] - mean[i % STRIDE]) * (raw[i] - mean[i % STRIDE]) / MANY;
	}
	for (uint32_t j = 0; j < WIDTH; j++)
	{
		deviation[j] = sqrt(deviation[j]);
		l2[j] = 0.5 + j;
	}
	for (size_t i = 0; i < MANY; i++)
	{
		for (uint32_t j = 0; j < WIDTH; j++)
			standard[i * STRIDE + j] = (raw[i * STRIDE + j] - mean[j]) / deviation[j];
		standard[i * STRIDE + WIDTH] = 1;
	}
	r = up_logistic_solve(&p, theta);
	objective = r.objective;
	up_logistic_curvature(&p, theta, g[0], h[0]);
	p.mean = mean;
	p.deviation = deviation;
	for (int standing = 0; standing < 2; standing++)
	{
		p.x = standing ? NULL : raw;
		p.places = standing ? places : NULL;
		/* Places have the rows the other way round. */
		for (size_t i = 0; standing && i < MANY / 2; i++)
		{
			double t = y[i], c = cost[i];

			y[i] = y[MANY - 1 - i];
			y[MANY - 1 - i] = t;
			cost[i] = cost[MANY - 1 - i];
			cost[MANY - 1 - i] = c;
		}
		memset(other, 0, sizeof(other));
		r = up_logistic_solve(&p, other);
		CHECK(r.converged);
		CHECK_NEAR(r.objective, objective, 1e-9 * objective);
		up_logistic_curvature(&p, theta, g[1 + standing], h[1 + standing]);
		for (int i = 0; i < ALL; i++)
		{
			CHECK_NEAR(other[i], theta[i], 1e-6);
			CHECK_NEAR(g[1 + standing][i], g[0][i], 1e-8);
			for (int j = i; j < ALL; j++)
				CHECK_NEAR(h[1 + standing][i * ALL + j], h[0][i * ALL + j], 1e-8);
		}
	}
}

int
main(void)
{
	static const UpTest tests[] = {
		{"dense", test_dense},
		{"sums", test_sums},
		{"models", test_models},
		{"curvature", test_curvature},
		{"odd", test_odd},
		{"certified", test_certified},
		{"separation", test_separation},
		{"multinomial errors", test_multinomial_errors},
		{"multinomial separation", test_multinomial_separation},
		{"rows as they come", test_raw},
	};

	return up_run_tests("linear", tests, UP_LENGTH(tests));
}
