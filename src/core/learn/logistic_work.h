/*
 * logistic_work.h - losses, gradients and second derivatives that the solvers of logistic regression share
 */
#ifndef UPROFILE_LOGISTIC_WORK_H
#define UPROFILE_LOGISTIC_WORK_H

#include "learn/logistic_solve.h"

typedef struct UpLogisticWork
{
	const UpLogisticProblem *p;
	uint32_t k;     /* outputs */
	size_t per;     /* d + 1 */
	size_t dims;    /* k × per */
	double *f;      /* n × k: margins */
	double *prob;   /* n × k: probabilities (of one output: of the second class) */
	double *scores; /* room for n */
	double *packed; /* a block of weighted rows */
	double *gram;   /* ld × ld */
	double *padded; /* ld */
} UpLogisticWork;

extern void up_logistic_work_init(UpLogisticWork *w, const UpLogisticProblem *p);
extern void up_logistic_work_free(UpLogisticWork *w);
extern size_t up_logistic_work_bytes(const UpLogisticProblem *p);
/* Margins and probabilities at theta; returns the whole objective. */
extern double up_logistic_objective(UpLogisticWork *w, const double *theta);
/* After objective: of everything but l1. */
extern void up_logistic_gradient(UpLogisticWork *w, const double *theta, double *g);
/* After objective: dims × dims, upper triangle, of everything; losses alone if bare. */
extern void up_logistic_hessian(UpLogisticWork *w, double *h, bool bare);
/* out: the second derivatives of one output alone, per × per, upper triangle. */
extern void up_logistic_block(UpLogisticWork *w, uint32_t output, double *h);

#endif
