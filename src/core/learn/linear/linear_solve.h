/*
 * linear_solve.h - linear regression from centred products: least squares, ridge, lasso, elastic net
 */
#ifndef UPROFILE_LINEAR_SOLVE_H
#define UPROFILE_LINEAR_SOLVE_H

#include "learn/linear/linear_qr.h"
#include "num/centred.h"

typedef enum UpLinearPenalty
{
	UP_LINEAR_NONE,
	UP_LINEAR_L2,
	UP_LINEAR_L1,
	UP_LINEAR_ELASTICNET
} UpLinearPenalty;

typedef struct UpLinearOptions
{
	int penalty;
	double alpha;
	double l1_ratio;
	bool fit_intercept;
	double tol;
	int64_t max_iter;
} UpLinearOptions;

typedef struct UpLinearFit
{
	double *coef; /* d; 0 where left out */
	double intercept;
	bool *aliased; /* d: linear combinations of columns before them */
	uint32_t n_aliased;
	double rss;     /* residual sum of squares */
	double tss;     /* of the target: around its mean, or around 0 without an intercept */
	double df;      /* of the residuals; NaN with a penalty */
	double *errors; /* d + 1, the intercept's last: standard errors; NaN where there are none */
	int64_t iterations;
	bool converged;
} UpLinearFit;

/* sums of features and the target beside them are settled and hold a row at least. Everything is allocated in the current memory. rows: the rows of the sums, or NULL. */
extern UpLinearFit *up_linear_solve(const UpCentred *sums, const UpLinearRows *rows,
									const UpLinearOptions *options);

#endif
