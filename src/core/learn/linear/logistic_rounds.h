/*
 * logistic_rounds.h - steps of logistic regression by conjugate gradients, without a matrix
 */
#ifndef UPROFILE_LOGISTIC_ROUNDS_H
#define UPROFILE_LOGISTIC_ROUNDS_H

#include "learn/linear/logistic_work.h"

typedef struct UpLogisticRounds UpLogisticRounds;

/* What the steps of one problem share; it goes with the memory that is current. */
extern UpLogisticRounds *up_logistic_rounds(UpLogisticWork *w);
/*
 * After up_logistic_both: step = -H⁻¹ g with the second derivatives H there, to a residual of the share precision; false: most rounds did
 * not suffice for that.
 */
extern bool up_logistic_rounds_solve(UpLogisticRounds *x, const double *g, double precision, size_t most,
									 double *step);

#endif
