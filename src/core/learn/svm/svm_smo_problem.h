/*
 * svm_smo_problem.h - the dual problem of kernel machines
 */
#ifndef UPROFILE_SVM_SMO_PROBLEM_H
#define UPROFILE_SVM_SMO_PROBLEM_H

#include "learn/svm/svm_store.h"

/*
 * min ½ a'Qa + p'a, Q_st = y_s y_t K(s, t), over 0 <= a_t <= cost_t with y'a as it is at the start. signed_too: over
 * -cost_t <= a_t <= cost_t, with epsilon Σ |a_t| added and all y 1.
 */
typedef struct UpSmoProblem
{
	const UpKernelRows *rows;
	const UpKernel *kernel;
	const double *y;    /* -1 or 1 */
	const double *p;    /* linear part */
	const double *cost; /* above 0 */
	double *a;          /* the start, and the solution */
	double tol;         /* of the largest violation of optimality */
	int64_t max_iter;   /* < 0: no limit */
	bool shrinking;
	size_t cache_bytes;
	bool signed_too;
	double epsilon;
	UpKernelStore *store; /* of these rows with this kernel; or NULL */
} UpSmoProblem;

#endif
