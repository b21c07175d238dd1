/*
 * test_metrics.c - metrics against arithmetic done by hand, and AUC against counting all pairs
 */
#include "check.h"

#include "assess/marginals.h"
#include "assess/metrics.h"
#include "assess/measure.h"
#include "assess/ranking.h"
#include "assess/silhouette.h"
#include "base/rng.h"

static double
number(const UpValue *report, const char *key)
{
	UpValue *v = up_value_get(report, key);

	return v != NULL ? v->number : NAN;
}

/* TP 3, FN 1, FP 2, TN 4 */
static void
test_two_classes(void)
{
	static const double actual[] = {1, 1, 1, 1, 0, 0, 0, 0, 0, 0}, predicted[] = {1, 1, 1, 0, 1, 1, 0, 0, 0, 0};
	static const char *const classes[] = {"no", "yes"};
	UpValue *r = up_metrics_classification(10, actual, predicted, NULL, 2, classes, 1, false);

	CHECK_NEAR(number(r, "accuracy"), 0.7, 1e-15);
	CHECK_NEAR(number(r, "precision"), 0.6, 1e-15);
	CHECK_NEAR(number(r, "recall"), 0.75, 1e-15);
	CHECK_NEAR(number(r, "f1"), 6.0 / 9, 1e-15);
	CHECK_NEAR(number(up_value_get(up_value_get(r, "confusion"), "no"), "yes"), 2, 0);
	CHECK(up_value_get(r, "auc") == NULL);
}

/* Class 0: 2 of 3 found, 2 of 2 right; class 1: 1 of 2, 1 of 3; class 2: 1 of 1, 1 of 1. */
static void
test_averages(void)
{
	static const double actual[] = {0, 0, 0, 1, 1, 2}, predicted[] = {0, 0, 1, 1, 1, 2};
	UpMarginals *m = up_marginals_new(3);
	UpClassScores s;

	for (int i = 0; i < 6; i++)
	{
		m->actual[(int) actual[i]]++;
		m->predicted[(int) predicted[i]]++;
		m->hits[(int) actual[i]] += actual[i] == predicted[i];
	}
	m->n = 6;
	s = up_marginals_average(m, UP_AVERAGE_MACRO);
	CHECK_NEAR(s.precision, (1 + 2.0 / 3 + 1) / 3, 1e-15);
	CHECK_NEAR(s.recall, (2.0 / 3 + 1 + 1) / 3, 1e-15);
	s = up_marginals_average(m, UP_AVERAGE_WEIGHTED);
	CHECK_NEAR(s.precision, (3 * 1 + 2 * (2.0 / 3) + 1) / 6, 1e-15);
	CHECK_NEAR(up_marginals_average(m, UP_AVERAGE_MICRO).f1, 5.0 / 6, 1e-15);
}

static void
test_auc(void)
{
	UpRng rng;
	double hits[300], misses[300], pairs = 0, good = 0;
	size_t n_hits = 0, n_misses = 0;

	up_rng_init(&rng, 9, 0);
	for (int i = 0; i < 300; i++)
	{
		double score = floor(up_rng_normal(&rng) * 5) / 5; /* with ties and both signs */

		if (up_rng_double(&rng) < 0.3)
			hits[n_hits++] = score;
		else
			misses[n_misses++] = score;
	}
	for (size_t i = 0; i < n_hits; i++)
	{
		for (size_t j = 0; j < n_misses; j++)
		{
			pairs++;
			good += hits[i] > misses[j] ? 1 : hits[i] == misses[j] ? 0.5 : 0;
		}
	}
	CHECK_NEAR(up_auc(hits, n_hits, misses, n_misses), good / pairs, 1e-12);
	CHECK(isnan(up_auc(hits, n_hits, misses, 0)));
	CHECK(isnan(up_auc(NULL, 0, NULL, 0)));
}

static void
test_log_loss(void)
{
	CHECK_NEAR(up_log_loss_term(0.25), log(4), 1e-15);
	CHECK_NEAR(up_log_loss_term(0), -log(2.220446049250313e-16), 1e-12);
	CHECK(up_log_loss_term(1) < 1e-14);
}

/* mean of actual 2.5, total 5; errors 1, 0, -1, 2: squares 6 */
static void
test_regression(void)
{
	static const double actual[] = {1, 2, 3, 4}, predicted[] = {0, 2, 4, 2};
	UpValue *r = up_metrics_regression(4, actual, predicted, false);

	CHECK_NEAR(number(r, "rmse"), sqrt(1.5), 1e-15);
	CHECK_NEAR(number(r, "mae"), 1, 1e-15);
	CHECK_NEAR(number(r, "r2"), 1 - 6.0 / 5, 1e-15);
}

/* 0 and 1 together, 5 and 7 together: b and a of each by hand. */
static void
test_silhouette(void)
{
	static const double x[] = {0, 1, 5, 7}, cluster[] = {0, 0, 1, 1};
	double want = ((6 - 1) / 6.0 + (5 - 1) / 5.0 + (4.5 - 2) / 4.5 + (6.5 - 2) / 6.5) / 4;
	static const double one[] = {0, 0, 0, 0}, single[] = {0, 0, 0, 1};

	CHECK_NEAR(up_silhouette(4, 1, x, cluster, 2), want, 1e-15);
	CHECK(isnan(up_silhouette(4, 1, x, one, 1)));
	/* The row that is alone counts as 0. */
	CHECK(up_silhouette(4, 1, x, single, 2) < 1);
}

/* By hand: thresholds 0.9 (1 of 1), 0.5 (2 of 4, tied with a miss and one above), 0.1 (3 of 6). */
static void
test_average_precision(void)
{
	static const double hits[] = {0.5, 0.1, 0.9}, misses[] = {0.5, 0.7, 0.1};

	CHECK_NEAR(up_average_precision(hits, 3, misses, 3), (1 + 2.0 / 4 + 3.0 / 6) / 3, 1e-15);
	CHECK_NEAR(up_auc(hits, 3, misses, 3), (3 + 1.5 + 0.5) / 9, 1e-15);
	CHECK_NEAR(up_average_precision(hits, 3, misses, 0), 1, 1e-15);
	CHECK(isnan(up_average_precision(hits, 0, misses, 3)));
	/* One zero. */
	CHECK_NEAR(up_auc((double[]){0.0}, 1, (double[]){-0.0}, 1), 0.5, 0);
}

/* Confusion 3 1 / 2 4 by hand: hits 7 of 10, chance (4 * 5 + 6 * 5) / 100. */
static void
test_agreement(void)
{
	UpMarginals *m = up_marginals_new(3);

	m->n = 10;
	memcpy(m->hits, (double[]){3, 4, 0}, 3 * sizeof(double));
	memcpy(m->actual, (double[]){4, 6, 0}, 3 * sizeof(double));
	memcpy(m->predicted, (double[]){5, 5, 0}, 3 * sizeof(double));
	CHECK_NEAR(up_marginals_kappa(m), (0.7 - 0.5) / (1 - 0.5), 1e-15);
	CHECK_NEAR(up_marginals_mcc(m), (3 * 4 - 1 * 2) / sqrt(4.0 * 6 * 5 * 5), 1e-15);
	CHECK_NEAR(up_marginals_balanced_accuracy(m), (3.0 / 4 + 4.0 / 6) / 2, 1e-15);
	m = up_marginals_new(1);
	m->n = m->hits[0] = m->actual[0] = m->predicted[0] = 5;
	CHECK(isnan(up_marginals_kappa(m)) && up_marginals_mcc(m) == 0);
	m = up_marginals_new(2);
	CHECK(isnan(up_marginals_kappa(m)) && up_marginals_mcc(m) == 0 && up_marginals_balanced_accuracy(m) == 0);
}

/* Weights: ties across, as sums by hand; a weight of 2 is a row twice. */
static void
test_weights(void)
{
	double hits[] = {0.9, 0.5}, of_hits[] = {1, 2}, misses[] = {0.5, 0.1, 0.95}, of_misses[] = {3, 1, 1};
	double values[] = {1, 2, 4}, off[] = {2, 2, 1}, w[] = {2, 1, 1};
	double twice[] = {1, 1, 2, 4}, off_twice[] = {2, 2, 2, 1};

	/* Of 0.9: 4 below; of 0.5: 1 below and 3 tied. */
	CHECK_NEAR(up_auc_weighted(hits, of_hits, 2, misses, of_misses, 3), (1 * 4 + 2 * (1 + 1.5)) / (3.0 * 5),
			   1e-15);
	CHECK_NEAR(up_average_precision_weighted(hits, of_hits, 2, misses, of_misses, 3),
			   (1 * (1.0 / 2) + 2 * (3.0 / 7)) / 3, 1e-15);
	CHECK(isnan(up_auc_weighted(hits, of_hits, 0, misses, of_misses, 3)));
	for (int i = 0; i < up_n_measures; i++)
	{
		const UpMeasure *m = &up_measures[i];

		/* The weighted median is the lower one. */
		if (m->family == UP_MEASURE_VALUES && (m->flags & (UP_MEASURE_KEEPS | UP_MEASURE_ADJUSTED)) == 0)
			CHECK_NEAR(up_measure_values(m, 3, values, off, w, 0.3),
					   up_measure_values(m, 4, twice, off_twice, NULL, 0.3), 1e-15);
	}
}

static UpMeasurement *
measure(const char *name, UpLabelKind kind, int from, int to)
{
	UpMeasurement *m = up_measurement_new(up_measure_by_name(name));
	UpMeasureFamily family = m->measure->family;
	UpRng rng;

	for (int i = 0; i < to; i++)
	{
		char text[2][24];
		double actual, predicted;

		up_rng_init(&rng, (uint64_t) i, 0);
		actual = (double) up_rng_below(&rng, 2);
		predicted = (double) up_rng_below(&rng, kind == UP_LABEL_BOOLEAN ? 2 : 40);
		if (i < from)
			continue;
		snprintf(text[0], sizeof(text[0]), "t%g", actual);
		snprintf(text[1], sizeof(text[1]), "t%g", predicted);
		if (family == UP_MEASURE_VALUES)
			up_measurement_add_value(m, 1e6 + predicted, 1e6 + up_rng_normal(&rng), 1);
		else if (family != UP_MEASURE_LABELS)
			up_measurement_add_score(m, actual != 0, predicted / 40, 1);
		else
		{
			UpLabelPairs *p = up_measurement_pairs(m, kind);
			uint32_t a = kind == UP_LABEL_TEXT ? up_label_pairs_text(p, text[0], strlen(text[0]))
											   : up_label_pairs_number(p, actual);

			up_label_pairs_add(p, a,
							   kind == UP_LABEL_TEXT ? up_label_pairs_text(p, text[1], strlen(text[1]))
													 : up_label_pairs_number(p, predicted),
							   1);
		}
	}
	return m;
}

static const char *const measure_names[] = {"accuracy",
											"balanced_accuracy",
											"mcc",
											"kappa",
											"auc",
											"average_precision",
											"log_loss",
											"brier",
											"rmse",
											"mae",
											"r2",
											"mape",
											"median_absolute_error"};

/* Read or not: every byte that is flipped, every length that is cut, is an error or gives a figure. */
static bool
reads(const uint8_t *bytes, size_t len)
{
	volatile bool good = false;
	UpArena *arena = up_arena_enter();
	UpReader r;

	up_test_catching = true;
	if (setjmp(up_test_jump) == 0)
	{
		UpMeasurement *m;

		up_reader_init(&r, bytes, len, "aggregate state");
		m = up_get_measurement(&r, false);
		up_get_end(&r);
		(void) up_measurement_figure(m);
		good = true;
	}
	up_test_catching = false;
	up_arena_leave(arena);
	return good;
}

static void
test_parts(void)
{
	for (size_t l = 0; l < UP_LENGTH(measure_names); l++)
	{
		for (int kind = UP_LABEL_BOOLEAN; kind <= UP_LABEL_TEXT; kind++)
		{
			UpMeasurement *whole = measure(measure_names[l], (UpLabelKind) kind, 0, 120), *first, *second;
			double figure = up_measurement_figure(whole);
			UpReader r;
			UpWriter w;
			uint8_t *copy;

			up_writer_init(&w);
			up_put_measurement(&w, measure(measure_names[l], (UpLabelKind) kind, 0, 50));
			up_reader_init(&r, w.bytes, w.len, "aggregate state");
			first = up_get_measurement(&r, false);
			second = measure(measure_names[l], (UpLabelKind) kind, 50, 120);
			up_measurement_merge(second, first);
			CHECK(isfinite(figure) && up_measurement_rows(second) == 120);
			CHECK_NEAR(up_measurement_figure(second), figure, 1e-14 * (1 + fabs(figure)));
			/* Again: a figure changes nothing. */
			CHECK(up_measurement_figure(whole) == figure);
			up_measurement_merge(first, up_measurement_new(whole->measure));
			CHECK(up_measurement_rows(first) == 50);
			copy = up_alloc(w.len);
			for (size_t i = 0; i < w.len; i++)
			{
				CHECK(!reads(w.bytes, i));
				memcpy(copy, w.bytes, w.len);
				copy[i] ^= (uint8_t) (1 << i % 8);
				(void) reads(copy, w.len);
			}
			CHECK(reads(w.bytes, w.len));
		}
	}
	CHECK(isnan(up_measurement_figure(up_measurement_new(up_measure_by_name("f1")))));
	CHECK(up_measure_by_name("nothing") == NULL && up_measure_by_number(0) == NULL &&
		  up_measure_by_number(99) == NULL);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"two classes", test_two_classes},
		{"averages", test_averages},
		{"area under the curve", test_auc},
		{"log loss", test_log_loss},
		{"regression", test_regression},
		{"silhouette", test_silhouette},
		{"average precision", test_average_precision},
		{"agreement", test_agreement},
		{"weights", test_weights},
		{"parts", test_parts},
	};

	return up_run_tests("metrics", tests, UP_LENGTH(tests));
}
