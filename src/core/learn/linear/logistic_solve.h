/*
 * logistic_solve.h - logistic and multinomial regression as a minimum, and how it is found
 */
#ifndef UPROFILE_LOGISTIC_SOLVE_H
#define UPROFILE_LOGISTIC_SOLVE_H

#include "learn/linear/logistic_work.h"

typedef struct UpLogisticResult
{
	double objective;
	double gradient; /* largest component, of that at theta = 0 */
	int64_t iterations;
	bool converged;
	bool separated; /* without a penalty the coefficients grow without end */
	const char *solver;
} UpLogisticResult;

/* The most coefficients that a matrix of their products is made for. */
#define UP_LOGISTIC_DIMS 1200

/* Whether that matrix is the cheapest way for so many outputs and features. */
extern bool up_logistic_is_dense(uint32_t n_outputs, uint32_t d);

/* theta: outputs × (d + 1), the start and the result. */
extern UpLogisticResult up_logistic_solve(const UpLogisticProblem *p, double *theta);

#endif
