/*
 * test_metrics.c - metrics against arithmetic done by hand, and AUC against counting all pairs
 */
#include "check.h"

#include "assess/metrics.h"
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
	UpValue *r = up_metrics_classification(10, actual, predicted, NULL, 2, classes, 1);

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
	UpConfusion *c = up_confusion_new(3);
	UpClassScores s;

	for (int i = 0; i < 6; i++)
		c->counts[(int) actual[i] * 3 + (int) predicted[i]]++;
	c->n = 6;
	s = up_confusion_average(c, UP_AVERAGE_MACRO);
	CHECK_NEAR(s.precision, (1 + 2.0 / 3 + 1) / 3, 1e-15);
	CHECK_NEAR(s.recall, (2.0 / 3 + 1 + 1) / 3, 1e-15);
	s = up_confusion_average(c, UP_AVERAGE_WEIGHTED);
	CHECK_NEAR(s.precision, (3 * 1 + 2 * (2.0 / 3) + 1) / 6, 1e-15);
	CHECK_NEAR(up_confusion_average(c, UP_AVERAGE_MICRO).f1, 5.0 / 6, 1e-15);
}

static void
test_auc(void)
{
	UpRng rng;
	double scores[300], pairs = 0, good = 0;
	uint8_t hits[300];

	up_rng_init(&rng, 9, 0);
	for (int i = 0; i < 300; i++)
	{
		scores[i] = floor(up_rng_normal(&rng) * 5) / 5; /* with ties and both signs */
		hits[i] = up_rng_double(&rng) < 0.3;
	}
	for (int i = 0; i < 300; i++)
	{
		for (int j = 0; j < 300; j++)
		{
			if (!hits[i] || hits[j])
				continue;
			pairs++;
			good += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
		}
	}
	CHECK_NEAR(up_auc(300, scores, hits), good / pairs, 1e-12);
	memset(hits, 1, sizeof(hits));
	CHECK(isnan(up_auc(300, scores, hits)));
	CHECK(isnan(up_auc(0, scores, hits)));
}

static void
test_log_loss(void)
{
	CHECK_NEAR(up_log_loss_term(0.25), log(4), 1e-15);
	CHECK_NEAR(up_log_loss_term(0), -log(1e-15), 1e-9);
	CHECK(up_log_loss_term(1) < 1e-14);
}

/* mean of actual 2.5, total 5; errors 1, 0, -1, 2: squares 6 */
static void
test_regression(void)
{
	static const double actual[] = {1, 2, 3, 4}, predicted[] = {0, 2, 4, 2};
	UpValue *r = up_metrics_regression(4, actual, predicted);

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

int
main(void)
{
	static const UpTest tests[] = {
		{"two classes", test_two_classes}, {"averages", test_averages},     {"area under the curve", test_auc},
		{"log loss", test_log_loss},       {"regression", test_regression}, {"silhouette", test_silhouette},
	};

	return up_run_tests("metrics", tests, UP_LENGTH(tests));
}
