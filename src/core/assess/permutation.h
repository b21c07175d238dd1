/*
 * permutation.h - the importance of columns as what a model loses when one is shuffled
 */
#ifndef UPROFILE_PERMUTATION_H
#define UPROFILE_PERMUTATION_H

#include "assess/evaluate.h"

/*
 * Of each column of the model's pipeline, over repeats shuffles: the mean of how much the score on these labelled rows falls (accuracy, or
 * r2 of a regression), and the deviation of that (ddof 0).
 */
extern void up_permutation_importance(const UpBinding *b, const size_t *rows, size_t n, uint32_t repeats,
									  uint64_t seed, double *mean, double *deviation);

#endif
