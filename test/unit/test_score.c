/*
 * test_score.c - distributions against scipy 1.10, scores against arithmetic, selection of what is known to matter
 */
#include "check.h"

#include "base/distributions.h"
#include "base/normal.h"
#include "base/rng.h"
#include "learn/select.h"
#include "learn/select_linear.h"
#include "prep/score.h"

static void
check_relative(double got, double want, double tolerance)
{
	CHECK_NEAR(got / want, 1, tolerance);
}

/* scipy.special.betainc, gammaincc, digamma; scipy.stats t.sf, f.sf, chi2.sf, norm.ppf */
static void
test_distributions(void)
{
	check_relative(up_beta_share(2.5, 0.5, 0.3), 0.01892712407194565, 1e-13);
	check_relative(up_beta_share(50, 0.5, 0.97), 0.08169933372182267, 1e-12);
	check_relative(up_beta_share(5000, 0.5, 0.9999), 0.3173105072577324, 1e-11);
	CHECK_NEAR(up_beta_share(1, 1, 0.25), 0.25, 1e-15);
	check_relative(up_gamma_tail(0.5, 3.2), 0.01141203638600166, 1e-13);
	check_relative(up_gamma_tail(10, 4), 0.9918677572030661, 1e-13);
	check_relative(up_gamma_tail(10, 30), 7.121750862815593e-06, 1e-12);
	check_relative(up_gamma_tail(500, 520), 0.18469114909874365, 1e-11);
	check_relative(up_t_test(2.3, 17), 0.034387033315243946, 1e-12);
	check_relative(up_f_tail(3.7, 4, 95), 0.007632054283004386, 1e-12);
	check_relative(up_chi2_tail(31.4, 20), 0.0501264153534208, 1e-12);
	CHECK_NEAR(up_digamma(1), -0.5772156649015329, 1e-14);
	CHECK_NEAR(up_digamma(0.5), -1.9635100260214235, 1e-14);
	CHECK_NEAR(up_digamma(100.25), 4.602671243274712, 1e-14);
	check_relative(up_normal_quantile(1e-7), -5.1993375821928165, 1e-14);
	check_relative(up_normal_quantile(0.025), -1.9599639845400545, 1e-14);
	check_relative(up_normal_quantile(0.9), 1.2815515655446004, 1e-14);
	CHECK_NEAR(up_normal_quantile(0.5), 0, 1e-16);
	CHECK_NEAR(up_normal_cdf(up_normal_quantile(0.3)), 0.3, 1e-15);
	CHECK(isnan(up_t_test(NAN, 3)) && isnan(up_f_tail(1, 0, 3)) && up_t_test(INFINITY, 3) == 0);
}

static void
test_correlations(void)
{
	static const double x[] = {1, 2, NAN, 4, 5}, y[] = {2, 1, 7, 3, NAN}, g[] = {0, 0, 1, 1, 1},
						c[] = {1, 1, 0, 0, 0};
	UpVariable vx = {x, 0}, vy = {y, 0}, vg = {g, 2}, vc = {c, 2};
	UpScore s = up_score_correlation(&vx, &vy, 5, false);

	/* pairs (1, 2), (2, 1), (4, 3): r = 2 / sqrt(14/3 · 2) */
	CHECK(s.n == 3);
	CHECK_NEAR(s.value, 2 / sqrt(14.0 / 3 * 2), 1e-15);
	/* df 1: the tail of Cauchy's distribution */
	CHECK_NEAR(s.p_value, 1 - 2 * atan(s.value / sqrt(1 - s.value * s.value)) / 3.14159265358979323846, 1e-12);
	s = up_score_correlation(&vx, &vy, 5, true);
	CHECK_NEAR(s.value, 0.5, 1e-15);
	/* groups 1 2 and 4 5: mean 3, between 9, in all 10 */
	s = up_score_correlation(&vg, &vx, 5, false);
	CHECK_NEAR(s.value, sqrt(9.0 / 10), 1e-15);
	CHECK_NEAR(s.p_value, up_f_tail(18, 1, 2), 1e-15);
	s = up_score_correlation(&vg, &vc, 5, false);
	CHECK_NEAR(s.value, 1, 1e-15);
	CHECK(strcmp(s.how, "cramers_v") == 0);
	s = up_score_correlation(&vg, &vg, 1, false);
	CHECK(isnan(s.value) && isnan(s.p_value));
	CHECK(isnan(up_score_correlation(&vx, &(UpVariable){(double[]){3, 3, 3, 3, 3}, 0}, 5, false).value));
	CHECK(isnan(up_score_correlation(&vx, &vy, 0, true).value));
}

static void
test_gains(void)
{
	static const double x[] = {0, 0, 1, 1}, y[] = {0, 0, 1, 1}, z[] = {0, 1, 0, 1};
	UpVariable vx = {x, 2}, vy = {y, 2}, vz = {z, 2}, number = {x, 0};

	CHECK_NEAR(up_score_information_gain(&vx, &vy, 4, false).value, 1, 1e-15);
	CHECK_NEAR(up_score_information_gain(&vx, &vy, 4, true).value, 1, 1e-15);
	CHECK_NEAR(up_score_information_gain(&vz, &vy, 4, false).value, 0, 1e-15);
	CHECK_NEAR(up_score_information_gain(&number, &vy, 4, false).value, 1, 1e-15);
	CHECK_NEAR(up_score_mutual_info(&vx, &vy, 4, 0).value, log(2), 1e-15);
	CHECK_NEAR(up_score_variance(&vx, 4).value, 0.5, 1e-15);
	CHECK_NEAR(up_score_variance(&number, 4).value, 0.25, 1e-15);
	/* sums by class 0 and 2, expected 1 and 1 */
	CHECK_NEAR(up_score_chi2(&number, &vy, 4).value, 2, 1e-15);
	CHECK_NEAR(up_score_chi2(&vx, &vy, 4).value, 4, 1e-15);
	CHECK_FAILS(UP_INVALID_DATA, "not negative",
				up_score_chi2(&(UpVariable){(double[]){-1, 0, 1, 1}, 0}, &vy, 4));
	CHECK_FAILS(UP_INVALID_PARAMETER, "a target of classes", up_score_chi2(&vx, &number, 4));
}

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
	return up_data_from_arrays(x, y, 400, 12, classes ? 2 : 0);
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

int
main(void)
{
	static const UpTest tests[] = {
		{"distributions", test_distributions},
		{"correlations", test_correlations},
		{"gains", test_gains},
		{"selection", test_selection},
		{"options", test_options},
		{"elimination", test_elimination},
	};

	return up_run_tests("score", tests, UP_LENGTH(tests));
}
