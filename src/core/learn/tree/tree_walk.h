/*
 * tree_walk.h - many trees laid out for walking: a row through several trees side by side, or several rows through one
 */
#ifndef UPROFILE_TREE_WALK_H
#define UPROFILE_TREE_WALK_H

#include "learn/tree/bins.h"
#include "learn/tree/tree_nodes.h"

typedef struct UpWalker UpWalker;

/* The trees stay in use. */
extern UpWalker *up_walker_new(UpTree *const *trees, uint32_t n_trees, uint32_t n_features);

/* What a row's leaves, one of each tree, come to: some values of out. */
typedef void (*UpTakeLeaves)(const void *body, const double *leaves, double *out);
/* Rows x of the bins' features, a block at a time through all trees; width: values that take writes a row. */
extern void up_walker_rows(const UpWalker *w, const UpBins *bins, const double *x, size_t n, UpTakeLeaves take,
						   const void *body, uint32_t width, double *out);

#endif
