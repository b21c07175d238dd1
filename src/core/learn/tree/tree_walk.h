/*
 * tree_walk.h - many trees laid out for walking: a row through several trees side by side, or several rows through one
 */
#ifndef UPROFILE_TREE_WALK_H
#define UPROFILE_TREE_WALK_H

#include "learn/tree/bins.h"
#include "learn/tree/tree_nodes.h"

typedef struct UpWalker UpWalker;

/* For so many walkers of models that are read: fails before they take more memory than is allowed, and ticks. */
extern void up_walker_reserve(size_t walkers, uint32_t n_features);
/* The trees stay in use. */
extern UpWalker *up_walker_new(UpTree *const *trees, uint32_t n_trees, uint32_t n_features);

/*
 * Rows x of the bins' features, a block at a time through all trees: sums of what their leaves hold, added in the order of the trees to
 * start, or to 0 if it is NULL. Leaves of more than two values: width of them a row. Else of the last value: tree t adds to the
 * t % outputs-th of outputs values a row.
 */
extern void up_walker_sums(UpWalker *w, const UpBins *bins, const double *x, size_t n, uint32_t outputs,
						   const double *start, double *out);

#endif
