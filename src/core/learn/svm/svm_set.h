/*
 * svm_set.h - the working set of a kernel machine's solver: the variables that move next, and their own small problem
 */
#ifndef UPROFILE_SVM_SET_H
#define UPROFILE_SVM_SET_H

#include "learn/svm/svm_rows.h"
#include "learn/svm/svm_smo_problem.h"

/* What the solver follows of its active variables; up and low are added to f, INFINITY is no move. */
typedef struct UpSmoSide
{
	size_t n;
	double *f, *up, *low;
} UpSmoSide;

/* What a variable can do where it stands. */
extern void up_smo_bounds(const UpSmoProblem *p, uint32_t variable, double *up, double *low);

typedef struct UpSmoSet
{
	size_t n, most;
	uint32_t *at;       /* positions among the active ones */
	uint32_t *variable; /* which those are */
	UpSmoMove *moves;   /* of the last solution: those that moved, n_moves */
	size_t n_moves;
	/* of the small problem */
	double *f, *up, *low, *before;
	float *diagonal;
	/* of the choice */
	struct UpSmoCandidate *candidates;
	uint8_t *taken; /* active position → whether it is in the set, while that is chosen */
} UpSmoSet;

/* For a problem of n variables. */
extern void up_smo_set_init(UpSmoSet *s, size_t n);
extern void up_smo_set_free(UpSmoSet *s);
/*
 * Chooses those that violate optimality most by more than tol, of either side half of what there is room for, and keeps the younger half
 * of the last set as far as it is active. index: active position → variable, position: the other way round, UINT32_MAX: not active.
 */
extern void up_smo_set_choose(UpSmoSet *s, const UpSmoSide *side, const uint32_t *index,
							  const uint32_t *position, double most, double least, double tol);
/*
 * Solves the problem of the set's variables, all others as they are, down to a violation of tol or to at most so many steps, which it returns.
 * square: their kernel with each other.
 */
extern int64_t up_smo_set_solve(UpSmoSet *s, const UpSmoProblem *p, const UpSmoSide *side, const float *square,
								double tol, int64_t most_steps);

#endif
