/*
 * svm.h - one binary linear support vector problem, and its solvers
 */
#ifndef UPROFILE_SVM_H
#define UPROFILE_SVM_H

#include "base/platform.h"

typedef struct UpSvmProblem
{
	size_t n;
	size_t width;       /* values a row: the features, the constant of the bias, zeros up to at least 8 */
	const double *x;    /* n × width */
	const double *y;    /* -1 or 1 */
	const double *cost; /* C_i; 0: the row does not count */
	bool hinge;         /* else its square */
	double tol;
	int64_t max_iter;
	uint64_t seed;
} UpSvmProblem;

typedef struct UpSvmResult
{
	double objective; /* ½‖w‖² + Σ C_i loss_i */
	double tolerance; /* what was reached: relative gradient (squared hinge) or relative duality gap (hinge) */
	int64_t iterations;
	bool converged;
} UpSvmResult;

/* w: width values, the start at entry. scores: x_i · w at the end. */
extern UpSvmResult up_svm_newton(const UpSvmProblem *p, double *w, double *scores);
/* Dual coordinate descent; starts at 0. */
extern UpSvmResult up_svm_dual(const UpSvmProblem *p, double *w, double *scores);

#endif
