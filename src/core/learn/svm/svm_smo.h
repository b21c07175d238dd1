/*
 * svm_smo.h - the solver of the dual problem of kernel machines
 */
#ifndef UPROFILE_SVM_SMO_H
#define UPROFILE_SVM_SMO_H

#include "learn/svm/svm_smo_problem.h"

typedef struct UpSmoResult
{
	double bias;      /* f(x) = sum a_t y_t K(x_t, x) + bias */
	double objective; /* of the minimum above */
	double violation;
	int64_t iterations;
	bool converged;
} UpSmoResult;

extern UpSmoResult up_smo_solve(const UpSmoProblem *p);

#endif
