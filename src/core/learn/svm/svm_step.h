/*
 * svm_step.h - the linear system of a Newton step of support vector machines
 */
#ifndef UPROFILE_SVM_STEP_H
#define UPROFILE_SVM_STEP_H

#include "learn/svm/svm.h"

/* (R + Σ k_i x_i x_i') s = -g over the curved rows; R is the identity, 0 for the free bias. */
typedef struct UpSvmStep
{
	const UpSvmProblem *p;
	uint32_t *rows; /* of the problem, which are curved */
	double *k;      /* above 0 */
	size_t n;
	double *s;        /* solution, width values */
	bool dense;       /* conjugate gradients have proved to be the dearer way */
	double precision; /* of conjugate gradients: ‖residual‖ against ‖g‖ */

	/* of conjugate gradients: width values each */
	double *residual, *direction, *product, *diagonal, *scaled;
	double *t; /* a block of rows */
	/* of the dense system, made when it is wanted */
	double *h, *packed;
} UpSvmStep;

extern UpSvmStep *up_svm_step_new(const UpSvmProblem *p);
extern void up_svm_step_free(UpSvmStep *t);
/* Solves for s, or gives a direction of descent near it. */
extern void up_svm_step_solve(UpSvmStep *t, const double *g);
/* The weight of w_j² / 2. */
static inline double
up_svm_ridge(const UpSvmProblem *p, size_t j)
{
	return p->free_bias && j == p->bias ? 0 : 1;
}

#endif
