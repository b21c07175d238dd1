/*
 * logistic_solve.h - logistic and multinomial regression as a minimum, and how it is found
 */
#ifndef UPROFILE_LOGISTIC_SOLVE_H
#define UPROFILE_LOGISTIC_SOLVE_H

#include "base/platform.h"

/*
 * Rows of standardized features and a constant. Coefficients theta: outputs × width, those of an output being its weights (of the
 * standardized features) and, at position d, its intercept. Minimized is
 *
 *   sum_i cost_i loss(theta, row i) + sum over features of l2_j w^2 / 2 + l1_j |w|  +  [slope·t + t' H t / 2, t = theta - center]
 *
 * with the logistic loss for one output and the softmax loss for several; the last part is what older rows were worth.
 */
typedef struct UpLogisticProblem
{
	size_t n;
	uint32_t d;
	size_t ld;          /* values a row: d, the constant, zeros up to a multiple of 8 */
	uint32_t n_outputs; /* 1, or the number of classes */
	const double *x;    /* n × ld */
	const double *y;    /* class numbers */
	const double *cost;
	const double *l2; /* d */
	const double *l1; /* d, or NULL */
	bool fit_intercept;
	/* Older rows, or NULL; dims = outputs × (d + 1) values. */
	const double *center;
	const double *slope;
	const double *hessian; /* dims × dims, upper triangle */
	double tol;
	int64_t max_iter;
} UpLogisticProblem;

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

/* theta: outputs × (d + 1), the start and the result. */
extern UpLogisticResult up_logistic_solve(const UpLogisticProblem *p, double *theta);
/* The gradient of the losses alone, and (unless NULL) their matrix of second derivatives, dims × dims, upper triangle. */
extern void up_logistic_curvature(const UpLogisticProblem *p, const double *theta, double *gradient,
								  double *hessian);

#endif
