/*
 * svm_problem.h - one linear support vector problem, and what solvers give
 */
#ifndef UPROFILE_SVM_PROBLEM_H
#define UPROFILE_SVM_PROBLEM_H

#include "num/rows.h"

typedef enum UpSvmLoss
{
	UP_SVM_SQUARED_HINGE,
	UP_SVM_HINGE,
	UP_SVM_EPSILON /* regression: deviations above epsilon */
} UpSvmLoss;

struct UpSvmMatrix;

typedef struct UpSvmProblem
{
	size_t n;
	size_t width; /* of the rows: the features, the constant of the bias, zeros up to at least 8 */
	UpRows rows;
	const double *y;    /* -1 or 1; the target in regression */
	const double *cost; /* C_i; 0: the row does not count */
	UpSvmLoss loss;
	double tol;
	int64_t max_iter;
	double epsilon;
	bool free_bias;             /* w[bias] costs nothing; its column is constant 1 */
	size_t bias;                /* its column */
	uint64_t seed;              /* of the dual */
	struct UpSvmMatrix *matrix; /* what problems on the same rows share (svm_work.h), or NULL */
} UpSvmProblem;

typedef struct UpSvmResult
{
	double objective; /* ½‖w‖² + Σ C_i loss_i */
	double tolerance; /* reached: relative gradient (squared hinge in the primal) or relative duality gap */
	int64_t iterations;
	bool converged;
	bool dual; /* which solver */
} UpSvmResult;

#endif
