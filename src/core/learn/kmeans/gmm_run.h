/*
 * gmm_run.h - the parts of Gaussian mixtures: components ready to be asked, and expectation-maximization
 */
#ifndef UPROFILE_GMM_RUN_H
#define UPROFILE_GMM_RUN_H

#include "learn/learner.h"

typedef enum UpCovariance
{
	UP_COVARIANCE_FULL,
	UP_COVARIANCE_TIED,
	UP_COVARIANCE_DIAG,
	UP_COVARIANCE_SPHERICAL
} UpCovariance;

/* Rows that are worked on at a time. */
#define UP_GMM_ROWS 128

typedef struct UpMixture
{
	UpCovariance type;
	uint32_t k, d;
	double *weights; /* k; they sum to 1 */
	double *means;   /* k × d, minus the shift of the body */
	/*
	 * full: k matrices d × d, tied: one; of each the upper triangle is read. diag: k × d variances; spherical: k.
	 */
	double *covariances;
	/* Made of these by up_mixture_prepare: the log density of component c is constant[c] - |(x - mean) P|^2 / 2. */
	double *constant;
	double *
		precision; /* full: d × (k d, padded), tied: d × (d, padded): P = R^-1, covariance = R'R; else 1 / deviation */
	double *image; /* full: means P, k d; tied: k × d */
	size_t ld;     /* of precision */
} UpMixture;

extern size_t up_mixture_covariances(UpCovariance type, uint32_t k, uint32_t d);
extern UpMixture up_mixture_new(UpCovariance type, uint32_t k, uint32_t d);
/* False where a covariance is not positive. */
extern bool up_mixture_prepare(UpMixture *m);
/* Space for up_mixture_log_joint of so many rows. */
extern double *up_mixture_scratch(const UpMixture *m, size_t rows);
/* out: n × k: log of weight times density, of n <= UP_GMM_ROWS rows (d values each) minus the shift. */
extern void up_mixture_log_joint(const UpMixture *m, const double *x, size_t n, double *scratch, double *out);

typedef struct UpGmmRun
{
	UpMixture mixture;
	double log_likelihood; /* mean a row, of the mixture as it is */
	double bound;          /* of the mixture before the last step: what runs are compared by */
	uint32_t iterations;
	bool converged;
	bool widened;    /* covariances were not positive and had to be made wider */
	uint64_t *sizes; /* k: rows whose most likely component it is */
} UpGmmRun;

typedef struct UpGmmRows
{
	size_t n;
	uint32_t d;
	double *x;     /* n × d, minus the shift */
	double *total; /* tied: sum of x x', d × d, the upper triangle */
	double spread; /* mean variance of the columns about the shift */
} UpGmmRows;

typedef struct UpGmmLimits
{
	double tol, reg_covar;
	uint32_t max_iter;
	uint64_t done, total; /* iterations, for progress */
} UpGmmLimits;

/* From labels (a component a row) to all of run, whose mixture is new and whose means are the clusters' centres. */
extern void up_gmm_run(const UpGmmRows *rows, const uint32_t *labels, const UpGmmLimits *limits, UpGmmRun *run);
/* Log-likelihood and sizes of the mixture as it is. */
extern void up_gmm_score(const UpGmmRows *rows, UpGmmRun *run);
/* Sums that tied covariances need. */
extern void up_gmm_total(UpGmmRows *rows);

#endif
