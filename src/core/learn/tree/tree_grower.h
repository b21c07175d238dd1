/*
 * tree_grower.h - the steps of growing, for those who take them in an order of their own (tree_grow.c, tree_shared.c)
 */
#ifndef UPROFILE_TREE_GROWER_H
#define UPROFILE_TREE_GROWER_H

#include "learn/tree/tree_cells.h"

/* A new leaf; nodes that were there may move. */
extern uint32_t up_grower_add(UpGrower *w, uint32_t first, uint32_t n, uint32_t depth);
/* Whether any split of a node would do; asks for its sums. */
extern bool up_grower_may_split(const UpGrower *w, const UpGrowth *node);
/* The better one of a node's split and of those by a feature, which becomes its split. */
extern void up_grower_try(UpGrower *w, UpGrowth *node, uint32_t feature);
/* Takes the split away where it lessens impurity by less than is asked for. */
extern void up_grower_settle(const UpGrower *w, UpGrowth *node);
/* The histograms of a node are kept no more. */
extern void up_grower_drop_cells(UpGrower *w, UpGrowth *node);
/* Grows what is below a node of a larger tree: the same histograms (NULL: none), sums over all rows of that tree. Tells the gain. */
extern UpGrown up_tree_grow_below(const UpGrowing *g, uint32_t depth, const double *cells, double total_weight);

/* A grown tree in preorder, with what is grafted on it. */
extern UpGrown up_grower_finish(UpGrower *w);

/* What a leaf of one number says. */
static inline double
up_grow_value(const UpGrowing *g, const double *sums)
{
	return g->criterion == UP_GRADIENT ? -sums[2] / (sums[1] + g->l2) : sums[2] / sums[1];
}

#endif
