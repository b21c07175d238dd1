/*
 * score.h - how much one column tells about another: statistics that filter features
 */
#ifndef UPROFILE_SCORE_H
#define UPROFILE_SCORE_H

#include "base/platform.h"

/* n values; NaN is missing. n_values: 0: numbers; k > 0: codes 0 … k - 1 of categories or classes. */
typedef struct UpVariable
{
	const double *v;
	uint32_t n_values;
} UpVariable;

typedef struct UpScore
{
	double value;    /* NaN: not defined for these columns */
	double p_value;  /* NaN: there is none */
	size_t n;        /* rows where both are known */
	const char *how; /* the statistic that was used, e.g. "cramers_v" */
} UpScore;

/*
 * The strength of an association. Numbers: Pearson's (or Spearman's) correlation, p by Student's t. A category and
 * a number: the correlation ratio eta, p by F. Categories: Cramér's V, p by chi-square. In -1 … 1 and 0 … 1.
 */
extern UpScore up_score_correlation(const UpVariable *a, const UpVariable *b, size_t n, bool spearman);

/* Pearson's r out of sums of products and squares around the means; NaN where a sum of squares is zero, or beyond the numbers. */
extern double up_score_of_products(double xy, double xx, double yy);
/* Two-sided, by Student's t with n - 2 degrees of freedom; NaN where there are none. */
extern double up_score_correlation_p(double r, size_t n);

/* Of groups of a number: the sums of squares between and within them, and how many occur. */
typedef struct UpAnova
{
	double between, within;
	uint32_t groups;
} UpAnova;

/* What n numbers in groups give: F, or the correlation ratio eta. */
extern UpScore up_score_of_groups(const UpAnova *a, size_t n, bool ratio);
/* The F of a correlation. */
extern UpScore up_score_of_line(double r, size_t n);

/*
 * Of a feature x for a target y (classes, or numbers). information_gain and gain_ratio in bits: numbers of more than
 * UP_SCORE_VALUES different values are cut into UP_SCORE_BINS parts of equally many rows. p of the likelihood-ratio test of
 * independence (2 n times the mutual information in nats is chi-square).
 */
#define UP_SCORE_VALUES 20
#define UP_SCORE_BINS   10
extern UpScore up_score_information_gain(const UpVariable *x, const UpVariable *y, size_t n, bool ratio);
/* Sums of a feature that is not negative, by class (as scikit-learn's chi2); of categories, the test of independence. */
extern UpScore up_score_chi2(const UpVariable *x, const UpVariable *y, size_t n);
/* Analysis of variance between classes; of two numbers, the F of their correlation. */
extern UpScore up_score_anova(const UpVariable *x, const UpVariable *y, size_t n);
/* ddof 0; of categories the sum over their 0/1 columns. */
extern UpScore up_score_variance(const UpVariable *x, size_t n);
/* By the bins of information gain, in nats: for any two columns, fast. */
extern UpScore up_score_mutual_info_binned(const UpVariable *x, const UpVariable *y, size_t n);

/*
 * The same bins as codes, NaN where v is missing: cut over all known values of the column. Space for n; returns the number of
 * codes.
 */
extern uint32_t up_score_codes(const UpVariable *x, size_t n, double *codes);

#endif
