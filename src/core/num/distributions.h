/*
 * distributions.h - probabilities beyond a statistic: the tails of t, F, chi-square and the hypergeometric (of the normal: normal.h)
 *
 * Relative error below 1e-12, also far out in the tails. NaN where a parameter has no meaning.
 */
#ifndef UPROFILE_DISTRIBUTIONS_H
#define UPROFILE_DISTRIBUTIONS_H

/* The regularized incomplete beta function I_x(a, b) and upper incomplete gamma function Q(a, x). */
extern double up_beta_share(double a, double b, double x);
extern double up_gamma_tail(double a, double x);
/* Two-sided: of |T| > |t|. */
extern double up_t_test(double t, double df);
extern double up_f_tail(double f, double df1, double df2);
extern double up_chi2_tail(double x, double df);
/* Of at least k marked ones among so many drawn of total without return: Fisher's exact test, one-sided. Whole numbers. */
extern double up_hypergeometric_tail(double k, double marked, double drawn, double total);
/* The derivative of log gamma, x > 0. */
extern double up_digamma(double x);

#endif
