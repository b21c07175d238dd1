/*
 * test_adjust.c - isotonic regression, thresholds, intervals and maps in use
 */
#include "check.h"

#include "assess/cut.h"
#include "assess/out_of_fold.h"
#include "base/rng.h"
#include "learn/platt.h"

static void
test_isotonic(void)
{
	/* IsotonicRegression(out_of_bounds="clip") of scikit-learn 1.2.1. */
	static const double x[] = {0.1, 0.4, 0.35, 0.8, 0.8, 0.8, 0.2, 0.9, 0.6, 0.55, 0.95, 0.05},
						y[] = {0, 0, 1, 1, 0, 1, 0, 1, 1, 0, 1, 0},
						at[] = {-1, 0.05, 0.3, 0.37, 0.5, 0.575, 0.7, 0.85, 0.93, 2},
						want[] = {0, 0, 2.0 / 9, 1.0 / 3, 1.0 / 3, 13.0 / 24, 0.75, 0.875, 1, 1};
	UpIsotonic f = up_isotonic_fit(UP_LENGTH(x), x, y, NULL), one, flat;
	static const double falling[] = {1, 0, 0.5};

	for (size_t i = 0; i < UP_LENGTH(at); i++)
		CHECK_NEAR(up_isotonic_proba(&f, at[i]), want[i], 1e-15);
	for (uint32_t i = 1; i < f.n; i++)
		CHECK(f.x[i - 1] < f.x[i] && f.y[i - 1] <= f.y[i]);
	one = up_isotonic_fit(1, x, y + 3, NULL);
	CHECK(one.n == 1 && up_isotonic_proba(&one, 5) == 1 && up_isotonic_proba(&one, -5) == 1);
	flat = up_isotonic_fit(3, x, falling, NULL);
	CHECK(up_isotonic_proba(&flat, 0.4) == 0.5 && up_isotonic_proba(&flat, 0.2) == 0.5);
}

/* Weights that add up to 1, or to next to nothing, say what larger ones do; huge ones leave a map too. */
static void
test_sizes_of_weights(const double *score, const double *y, const double *weights)
{
	static const double sizes[] = {1e-3, 1e-12, 1e-300}, huge[] = {1e20, 1e49};
	double sum = 0, scaled[8];
	UpPlatt p, other;

	for (size_t i = 0; i < 8; i++)
		sum += weights[i];
	for (size_t i = 0; i < 8; i++)
		scaled[i] = weights[i] * 8 / sum;
	p = up_platt_fit(8, score, y, scaled);
	for (size_t k = 0; k < UP_LENGTH(sizes); k++)
	{
		for (size_t i = 0; i < 8; i++)
			scaled[i] = weights[i] * sizes[k] / sum;
		other = up_platt_fit(8, score, y, scaled);
		CHECK_NEAR(other.a, p.a, 1e-9);
		CHECK_NEAR(other.b, p.b, 1e-9);
	}
	for (size_t k = 0; k < UP_LENGTH(huge); k++)
	{
		for (size_t i = 0; i < 8; i++)
			scaled[i] = weights[i] * huge[k];
		other = up_platt_fit(8, score, y, scaled);
		if (k == 0)
			p = other;
		CHECK(other.a < -1e-3);
		CHECK_NEAR(other.a, p.a, 1e-9);
		CHECK_NEAR(other.b, p.b, 1e-9);
	}
}

/* Rows that weigh are rows that come as often: of both maps, and of each threshold. */
static void
test_weights(void)
{
	static const double score[] = {0.1, 0.9, 0.4, 0.4, 0.7, 0.2, 0.8, 0.3}, y[] = {0, 1, 0, 1, 1, 0, 0, 1},
						weights[] = {2, 1, 3, 1, 1, 4, 2, 1};
	static const UpThreshold each[] = {UP_THRESHOLD_F1, UP_THRESHOLD_COST, UP_THRESHOLD_RATE};
	double times[15], hits[15], figure, figure_of_times;
	size_t n = 0;
	UpIsotonic f;
	UpPlatt p, p_of_times;

	for (int i = 0; i < 8; i++)
	{
		for (int k = 0; k < (int) weights[i]; k++, n++)
		{
			times[n] = score[i];
			hits[n] = y[i];
		}
	}
	CHECK(n == 15);
	f = up_isotonic_fit(n, times, hits, NULL);
	for (int i = 0; i < 8; i++)
	{
		UpIsotonic g = up_isotonic_fit(8, score, y, weights);

		CHECK_NEAR(up_isotonic_proba(&g, score[i]), up_isotonic_proba(&f, score[i]), 1e-15);
	}
	p = up_platt_fit(8, score, y, weights);
	p_of_times = up_platt_fit(n, times, hits, NULL);
	CHECK_NEAR(p.a, p_of_times.a, 1e-9);
	CHECK_NEAR(p.b, p_of_times.b, 1e-9);
	test_sizes_of_weights(score, y, weights);
	for (size_t i = 0; i < UP_LENGTH(each); i++)
	{
		UpAdjustOptions o = {.threshold = each[i], .cost = {{0, 1}, {3, 0}}, .rate = 0.3, .level = NAN};

		CHECK_NEAR(up_best_threshold(&o, 8, score, y, weights, &figure),
				   up_best_threshold(&o, n, times, hits, NULL, &figure_of_times), 1e-15);
		CHECK_NEAR(figure, figure_of_times, 1e-15);
	}
}

static UpAdjustOptions
by(UpThreshold threshold)
{
	return (UpAdjustOptions){.threshold = threshold, .cost = {{0, 1}, {10, 0}}, .rate = 0.25, .level = NAN};
}

static void
test_threshold(void)
{
	static const double p[] = {0.1, 0.9, 0.4, 0.4, 0.7, 0.2, 0.8, 0.3}, y[] = {0, 1, 0, 1, 1, 0, 0, 0},
						none[8] = {0}, all[] = {1, 1, 1, 1, 1, 1, 1, 1};
	UpAdjustOptions f1 = by(UP_THRESHOLD_F1), cost = by(UP_THRESHOLD_COST), rate = by(UP_THRESHOLD_RATE);
	double figure;

	/* 3 of 5 from 0.4 on: 2 · 3 / (2 · 3 + 2 + 0). */
	CHECK_NEAR(up_best_threshold(&f1, 8, p, y, NULL, &figure), 0.35, 1e-15);
	CHECK_NEAR(figure, 0.75, 1e-15);
	CHECK_NEAR(up_best_threshold(&cost, 8, p, y, NULL, &figure), 0.35, 1e-15);
	CHECK_NEAR(figure, 0.25, 1e-15);
	CHECK_NEAR(up_best_threshold(&rate, 8, p, y, NULL, &figure), 0.75, 1e-15);
	CHECK_NEAR(figure, 0.25, 1e-15);
	/* No row is worth it, all are; equal probabilities cannot be told apart. */
	CHECK(up_best_threshold(&cost, 8, p, none, NULL, &figure) == UP_THRESHOLD_NEVER && figure == 0);
	CHECK(up_best_threshold(&f1, 8, p, all, NULL, &figure) == 0 && figure == 1);
	CHECK(up_best_threshold(&f1, 8, all, y, NULL, &figure) == 0);
	CHECK(up_best_threshold(&f1, 0, p, y, NULL, &figure) == UP_THRESHOLD_NEVER);
}

static void
test_intervals(void)
{
	double predicted[4000], actual[4000], low, high;
	UpAdjust a = {0};
	size_t inside[2] = {0};
	UpRng rng;

	/* The ceil((n + 1) level)-th smallest of 1 … 9. */
	for (int i = 0; i < 9; i++)
	{
		predicted[i] = i;
		actual[i] = i + (i % 2 == 0 ? 1 : -1) * (1 + i * 4 % 9);
	}
	CHECK(up_measure_intervals(&a, 0.9, 9, predicted, actual) && a.n_widths == 1 && a.widths[0] == 9);
	CHECK(up_measure_intervals(&a, 0.5, 9, predicted, actual) && a.widths[0] == 5);
	CHECK(!up_measure_intervals(&a, 0.9, 8, predicted, actual));
	CHECK(!up_measure_intervals(&a, 0.9, 0, predicted, actual));

	/* Errors grow with the prediction, and so do the intervals: small and large ones are covered alike. */
	up_rng_init(&rng, 1, 0);
	for (int i = 0; i < 4000; i++)
	{
		predicted[i] = i % 100;
		actual[i] = predicted[i] + up_rng_normal(&rng) * (1 + predicted[i] / 10);
	}
	CHECK(up_measure_intervals(&a, 0.8, 2000, predicted, actual) && a.n_widths == 10);
	for (int i = 2000; i < 4000; i++)
	{
		up_adjust_interval(&a, predicted[i], &low, &high);
		inside[predicted[i] >= 50] += actual[i] >= low && actual[i] <= high;
	}
	CHECK_NEAR((double) inside[0] / 1000, 0.8, 0.04);
	CHECK_NEAR((double) inside[1] / 1000, 0.8, 0.04);
	/* One prediction for all: one width. */
	for (int i = 0; i < 4000; i++)
		predicted[i] = 1;
	CHECK(up_measure_intervals(&a, 0.8, 4000, predicted, actual) && a.n_widths == 1);
}

/* ---- trained ---- */

static UpValue *
params_of(const char *calibrate, double threshold, double cv)
{
	UpValue *params = up_value_object();

	up_value_set(params, "calibrate", up_value_string(calibrate));
	if (!isnan(threshold))
		up_value_set(params, "threshold", up_value_number(threshold));
	up_value_set(params, "cv", up_value_number(cv));
	return params;
}

/* Each of n users has four equal rows, and a label that is a coin's. */
static UpTraining
coins(size_t n, UpValue *params)
{
	UpFrame *f = up_frame_new(1, false, UP_LABEL_BOOLEAN, NULL);
	uint64_t *groups = up_alloc_array(4 * n, sizeof(uint64_t));
	UpTraining t = {.frame = f, .groups = groups};
	UpRng rng;

	up_rng_init(&rng, 7, 0);
	for (size_t i = 0; i < n; i++)
	{
		double hit = up_rng_double(&rng) < 0.5;

		for (size_t k = 0; k < 4; k++)
		{
			double *row = up_samples_add(f->samples);

			row[0] = (double) i;
			row[1] = hit;
			groups[4 * i + k] = (uint64_t) (i + 1) << 20;
		}
	}
	t.request = up_request_parse(up_learner_by_name("tree"), params);
	return t;
}

static double
furthest_from_half(const UpModel *m, size_t n)
{
	double most = 0, proba[2];

	for (size_t i = 0; i < n; i++)
	{
		double x = (double) i;

		up_model_proba(m, &x, 1, proba);
		most = UP_MAX(most, fabs(proba[1] - 0.5));
	}
	return most;
}

/* What a tree knows by heart is worth nothing: seen only if rows of one user are never on both sides. */
static void
test_groups(void)
{
	UpTraining t = coins(80, params_of("sigmoid", NAN, 5));

	CHECK(furthest_from_half(up_train_whole(&t), 80) < 0.2);
	t.groups = NULL;
	CHECK(furthest_from_half(up_train_whole(&t), 80) > 0.3);
}

static void
test_same_bytes(void)
{
	UpWriter w[2];

	for (int i = 0; i < 2; i++)
	{
		UpTraining t = coins(40, params_of("isotonic", 0.3, 3));

		t.groups = NULL;
		up_writer_init(&w[i]);
		up_put_model(&w[i], up_train_whole(&t));
	}
	CHECK(w[0].len == w[1].len && memcmp(w[0].bytes, w[1].bytes, w[0].len) == 0);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"isotonic", test_isotonic},   {"weights", test_weights}, {"threshold", test_threshold},
		{"intervals", test_intervals}, {"groups", test_groups},   {"same bytes", test_same_bytes},
	};

	return up_run_tests("adjust", tests, UP_LENGTH(tests));
}
