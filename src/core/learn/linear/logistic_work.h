/*
 * logistic_work.h - losses, gradients and second derivatives that the solvers of logistic regression share
 */
#ifndef UPROFILE_LOGISTIC_WORK_H
#define UPROFILE_LOGISTIC_WORK_H

#include "base/platform.h"

/*
 * Rows of standardized features and a constant. Coefficients theta: outputs × width, those of an output being its weights (of the
 * standardized features) and, at position d, its intercept. Minimized is
 *
 *   sum_i cost_i loss(theta, row i) + sum over features of l2_j w^2 / 2 + l1_j |w|  +  [slope·t + t' H t / 2, t = theta - center]
 *
 * with the logistic loss for one output and the softmax loss for several; the last part is what older rows were worth.
 */
typedef struct UpLogisticCurve UpLogisticCurve;

typedef struct UpLogisticProblem
{
	size_t n;
	uint32_t d;
	size_t ld;          /* values a row: d, the constant, zeros up to a multiple of 8 */
	uint32_t n_outputs; /* 1, or the number of classes */
	const double *x;    /* n × ld */
	/*
	 * Rows as they come, of one output and many features: they are standardized by what is made of coefficients before a pass, and of its
	 * sums after it. Not NULL: these are the means and deviations, and x ends with d, the rest of a row being anything.
	 */
	const double *mean, *deviation;
	const double *const *places; /* of such rows, where they do not stand in x; else NULL */
	const double *y;             /* class numbers */
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
	UpLogisticCurve *curve; /* what problems that differ in the cost alone share, or NULL */
	double C;               /* with a curve: the factor of all costs */
} UpLogisticProblem;

/*
 * Second derivatives of the losses at some theta. Those of a theta that is near make steps that are nearly Newton's, without being made
 * anew: the error falls by a factor that is as small as the change of the second derivatives between the two.
 */
struct UpLogisticCurve
{
	double *h;    /* dims × dims, upper triangle */
	double C;     /* which they were made with; 0: there are none yet */
	double scale; /* largest component of the gradient at theta 0, a unit of C; 0: not known yet */
	/* The losses a unit of C and their gradient where theta is: given to a solver if known is true, and told by it where it ends. */
	bool known;
	double losses;
	double *slope; /* dims */
	double *prob;  /* n × outputs, for a solver's probabilities; NULL: it takes its own */
};

typedef struct UpLogisticWork
{
	const UpLogisticProblem *p;
	uint32_t k;    /* outputs */
	size_t per;    /* d + 1 */
	size_t dims;   /* k × per */
	double *own;   /* large array that was taken for these; NULL: it is that of the curve */
	double *prob;  /* n × k: probabilities (of one output: of the second class) */
	double *slope; /* dims: gradient of the losses at the theta of the last objective */
	double *gram;  /* parts × ld × ld, large array; NULL until it is needed */
	/* Coefficients side by side, ld × side, and what each part of the rows sums up; large arrays. */
	size_t side; /* outputs, padded; 1 of one */
	size_t part_rows;
	uint32_t parts;
	double *theta, *slots;
} UpLogisticWork;

extern void up_logistic_work_init(UpLogisticWork *w, const UpLogisticProblem *p);
/* Probabilities and gradients at theta; returns the whole objective. */
extern double up_logistic_objective(UpLogisticWork *w, const double *theta);
/* After objective: of everything but l1. */
extern void up_logistic_gradient(const UpLogisticWork *w, const double *theta, double *g);
/* What everything but the losses is worth, and adds to the gradient. */
extern double up_logistic_penalty(const UpLogisticWork *w, const double *theta);
extern void up_logistic_add_penalty(const UpLogisticWork *w, const double *theta, double *g);
/* Objective and gradient at once. */
extern double up_logistic_both(UpLogisticWork *w, const double *theta, double *g);
/* After objective: the second derivatives of everything but l1, times v; and about their diagonal, features being standardized. */
extern void up_logistic_times(UpLogisticWork *w, const double *v, double *out);
extern void up_logistic_diagonal(const UpLogisticWork *w, double *out);
/* After objective: dims × dims, upper triangle, of the losses alone; and what everything else adds to it. */
extern void up_logistic_hessian(UpLogisticWork *w, double *h);
extern void up_logistic_add_rest(const UpLogisticWork *w, double *h);
/* out: the second derivatives of one output alone, per × per, upper triangle. */
extern void up_logistic_block(UpLogisticWork *w, uint32_t output, double *h);
/* The gradient of the losses alone, and (unless NULL) their matrix of second derivatives, dims × dims, upper triangle. */
extern void up_logistic_curvature(const UpLogisticProblem *p, const double *theta, double *gradient,
								  double *hessian);

#endif
