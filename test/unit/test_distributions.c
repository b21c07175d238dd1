/*
 * test_distributions.c - tails against mpmath 1.2.1 at 40 digits and against closed forms; normal quantiles against scipy 1.10
 */
#include "check.h"

#include "num/distributions.h"
#include "num/normal.h"
#include "num/sort.h"

static void
check_relative(double got, double want)
{
	CHECK_NEAR(got / want, 1, 1e-12);
}

static void
test_beta(void)
{
	check_relative(up_beta_share(2.5, 0.5, 0.3), 0.01892712407194565);
	check_relative(up_beta_share(50, 0.5, 0.97), 0.08169933372182263);
	check_relative(up_beta_share(5000, 0.5, 0.9999), 0.31731050725795346);
	check_relative(up_beta_share(3, 7000, 0.001), 0.9704642699158081);
	check_relative(up_beta_share(120000, 90000, 0.572), 0.7015967992943081);
	check_relative(up_beta_share(0.5, 0.5, 0.2), 0.2951672353008666);
	check_relative(up_beta_share(250, 4, 0.4), 1.9009037534738262e-94);
	CHECK_NEAR(up_beta_share(1, 1, 0.25), 0.25, 1e-15);
	CHECK(up_beta_share(2, 3, 0) == 0 && up_beta_share(2, 3, 1) == 1);
	CHECK(isnan(up_beta_share(NAN, 3, 0.5)) && isnan(up_beta_share(2, 0, 0.5)));
}

static void
test_gamma(void)
{
	check_relative(up_gamma_tail(0.5, 3.2), 0.011412036386001653);
	check_relative(up_gamma_tail(10, 4), 0.9918677572030662);
	check_relative(up_gamma_tail(10, 30), 7.121750862815577e-06);
	check_relative(up_gamma_tail(500, 520), 0.1846911490987436);
	check_relative(up_gamma_tail(500000, 503000), 1.1445084182949126e-05);
	check_relative(up_gamma_tail(1000000, 1001000), 0.15865521363165971);
	check_relative(up_gamma_tail(0.5, 300), 1.6741679846917878e-132);
	check_relative(up_gamma_tail(3, 600), 4.7866426786913154e-256);
	CHECK(up_gamma_tail(3, 0) == 1 && up_gamma_tail(3, INFINITY) == 0 && isnan(up_gamma_tail(0, 1)));
}

/* Against exact fractions. */
static void
test_hypergeometric(void)
{
	check_relative(up_hypergeometric_tail(3, 5, 4, 10), 0.2619047619047619);
	check_relative(up_hypergeometric_tail(1, 5, 4, 10), 0.9761904761904762);
	check_relative(up_hypergeometric_tail(8, 20, 30, 100), 0.20463293283674577);
	check_relative(up_hypergeometric_tail(40, 200, 300, 5000), 4.243611141740382e-12);
	check_relative(up_hypergeometric_tail(12, 200, 300, 5000), 0.5442272617699898);
	check_relative(up_hypergeometric_tail(13, 200, 300, 5000), 0.42383791273047705);
	check_relative(up_hypergeometric_tail(900, 2000, 1500, 9000), 2.25093513016697e-276);
	check_relative(up_hypergeometric_tail(150, 151, 150, 300), 1.6104999859679737e-87);
	check_relative(up_hypergeometric_tail(5, 1000, 1000, 100000), 0.9718732314446792);
	check_relative(up_hypergeometric_tail(60, 1000, 1000, 100000), 5.147937263651989e-28);
	CHECK(up_hypergeometric_tail(2, 3, 2, 3) == 1 && up_hypergeometric_tail(0, 3, 0, 5) == 1);
	CHECK(up_hypergeometric_tail(3, 2, 4, 5) == 0 && isnan(up_hypergeometric_tail(1, 6, 2, 5)));
}

static void
test_tails(void)
{
	check_relative(up_t_test(2.3, 17), 0.03438703331524396);
	check_relative(up_t_test(-1.96, 1e6), 0.04999606758526979);
	check_relative(up_t_test(8, 5e5), 1.2468218485067972e-15);
	check_relative(up_t_test(0.01, 3), 0.992649111412852);
	check_relative(up_t_test(40, 50), 1.2412423784372706e-39);
	check_relative(up_f_tail(3.7, 4, 95), 0.0076320542830043822);
	check_relative(up_f_tail(0.2, 7, 7), 0.9750663847155574);
	check_relative(up_f_tail(1500, 2, 150), 6.8163658969322702e-100);
	check_relative(up_f_tail(30, 14, 4800), 2.7764417791077883e-77);
	check_relative(up_f_tail(1.01, 10000, 9000), 0.31425307321704063);
	check_relative(up_chi2_tail(31.4, 20), 0.050126415353420784);
	check_relative(up_chi2_tail(1200, 1), 6.0995688148084337e-263);
	check_relative(up_chi2_tail(0.001, 1), 0.97477287936996039);
	check_relative(up_chi2_tail(5, 3), 0.17179714429673314);
	CHECK(isnan(up_t_test(NAN, 3)) && isnan(up_f_tail(1, 0, 3)) && up_t_test(INFINITY, 3) == 0);
	CHECK(up_t_test(0, 5) == 1 && up_t_test(1e300, 5) == 0 && up_f_tail(0, 2, 2) == 1);
}

/* Where the tail is an elementary function, at many sizes. */
static void
test_closed_forms(void)
{
	for (double f = 1e-3; f < 1000; f *= 1.7)
	{
		for (double df = 1; df < 2e6; df *= 9)
		{
			double log_tail = -df / 2 * log1p(2 * f / df);

			if (log_tail > -690)
				check_relative(up_f_tail(f, 2, df), exp(log_tail));
			/* the other way round: df1 → the complement, with f → 1 / f */
			if (log_tail > -20)
				CHECK_NEAR(up_f_tail(1 / f, df, 2), -expm1(log_tail), 1e-13);
		}
		check_relative(up_chi2_tail(f, 2), exp(-f / 2));
		check_relative(up_t_test(f, 2), 2 / (2 + f * f + f * sqrt(2 + f * f)));
		check_relative(up_t_test(f, 1), 2 * atan(1 / f) / 3.14159265358979323846);
		if (f < 37 * 37)
			check_relative(up_chi2_tail(f, 1), 2 * up_normal_tail(sqrt(f)));
	}
}

static void
test_normal(void)
{
	static const double p[] = {1e-7, 0.025, 0.9, 1e-300, 0.6};
	static const double x[] = {-5.1993375821928165, -1.9599639845400545, 1.2815515655446004, -37.0470962993612,
							   0.2533471031357997};

	for (int i = 0; i < 5; i++)
		check_relative(up_normal_quantile(p[i]), x[i]);
	check_relative(up_normal_tail(1.5), 0.066807201268858066);
	check_relative(up_normal_tail(8), 6.2209605742717841e-16);
	check_relative(up_normal_tail(37), 5.7255712225245768e-300);
	check_relative(up_normal_tail(-3), 0.99865010196836991);
	CHECK_NEAR(up_normal_quantile(0.5), 0, 1e-16);
	CHECK_NEAR(up_normal_cdf(up_normal_quantile(0.3)), 0.3, 1e-15);
}

static void
test_digamma(void)
{
	CHECK_NEAR(up_digamma(1), -0.57721566490153286, 1e-14);
	CHECK_NEAR(up_digamma(0.5), -1.9635100260214235, 1e-14);
	CHECK_NEAR(up_digamma(7), 1.8727843350984671, 1e-14);
	CHECK_NEAR(up_digamma(100.25), 4.6026712432747126, 1e-14);
	CHECK_NEAR(up_digamma(1e6), 13.815510057964191, 1e-13);
}

static void
test_order(void)
{
	static const double v[] = {3, NAN, -1e300, 0.0, -0.0, INFINITY, -INFINITY, 5e-324, -5e-324, 3};
	static const uint32_t want[] = {6, 2, 8, 3, 4, 7, 0, 9, 5, 1};
	uint32_t order[10];

	CHECK(up_order_doubles(v, 10, order) == 9);
	CHECK(memcmp(order, want, sizeof(want)) == 0);
	CHECK(up_order_doubles(v, 0, order) == 0);
	CHECK(up_order_doubles(v + 1, 1, order) == 0 && order[0] == 0);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"beta", test_beta},
		{"gamma", test_gamma},
		{"draws without return", test_hypergeometric},
		{"tails", test_tails},
		{"closed forms", test_closed_forms},
		{"normal", test_normal},
		{"digamma", test_digamma},
		{"order", test_order},
	};

	return up_run_tests("distributions", tests, UP_LENGTH(tests));
}
