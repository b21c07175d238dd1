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

/*
 * Where a problem has ended, for one that differs from it in C alone and begins there, with the same scores: then these are known. Losses
 * are of a unit of C.
 */
typedef struct UpSvmEnd
{
	bool known;    /* scores are those of the weights */
	bool looked;   /* and so are the losses, which are squared, … */
	double losses; /* … their sum, */
	double *slope; /* gradient (width values), */
	uint8_t *now;  /* and which rows are curved (n), in how many the matrix differs from them */
	size_t n_curved, n_flipped;
	double scale; /* size of the gradient at 0, as the stopping rule has it; 0: not known yet */
} UpSvmEnd;

typedef struct UpSvmProblem
{
	size_t n;
	size_t width; /* of the rows: the features, the constant of the bias, zeros up to at least 8 */
	UpRows rows;
	const double *y;    /* -1 or 1; the target in regression */
	const double *cost; /* of each row, in units of C; 0: it does not count */
	double C;
	UpSvmLoss loss;
	double tol;
	int64_t max_iter;
	double epsilon;
	bool free_bias;             /* w[bias] costs nothing; its column is constant 1 */
	size_t bias;                /* its column */
	uint64_t seed;              /* of the dual */
	struct UpSvmMatrix *matrix; /* what problems on the same rows share (svm_work.h), or NULL */
	UpSvmEnd *end;              /* or NULL */
} UpSvmProblem;

typedef struct UpSvmResult
{
	double objective; /* ½‖w‖² + C Σ cost_i loss_i */
	double tolerance; /* reached: relative gradient (squared hinge in the primal) or relative duality gap */
	int64_t iterations;
	bool converged;
	bool dual; /* which solver */
} UpSvmResult;

#endif
