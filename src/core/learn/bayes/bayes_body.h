/*
 * bayes_body.h - a trained naive Bayes: its sums and what prediction derives from them
 */
#ifndef UPROFILE_BAYES_BODY_H
#define UPROFILE_BAYES_BODY_H

#include "learn/bayes/bayes_sums.h"

typedef struct UpBayes
{
	UpBayesSums *sums;
	double var_smoothing;
	double alpha;
	bool fit_prior;
	double *given_prior;        /* n_classes, or NULL */
	const char *const *classes; /* or NULL */

	/* Derived. */
	double *log_prior; /* n_classes; -infinity where a class has no row */
	uint32_t *n_known; /* n_features: categories that occur; 0: the feature tells nothing */
	/*
	 * Beside the sums: of a number the log of the density at the mean, center, rest, 1 / (2 variance); of a threshold log(1 - p)
	 * and log p; of a count log p; of each category log p.
	 */
	double *log_p;
	double *expected; /* n_classes × n_features: the mean of a feature's term over the training rows */
} UpBayes;

/* Fills what is derived. */
extern void up_bayes_derive(UpBayes *b);
/* log p(x | class) of one feature; 0 where x is missing or was never seen. */
extern double up_bayes_term(const UpBayes *b, uint32_t k, uint32_t feature, double x);

extern void up_bayes_predict(const void *body, const double *x, size_t n, double *out);
extern void up_bayes_proba(const void *body, const double *x, size_t n, double *out);
extern void up_bayes_importance(const void *body, double *out);
extern void up_bayes_explain(const void *body, const double *x, double *out);
extern void up_bayes_raw_scores(const void *body, const double *x, double *out);
extern uint32_t up_bayes_n_outputs(const void *body);
extern void up_bayes_describe(const void *body, UpValue *info);
extern char *up_bayes_show(const void *body, const UpNames *names);

#endif
