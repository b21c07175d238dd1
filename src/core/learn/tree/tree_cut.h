/*
 * tree_cut.h - a tree of which some nodes have become leaves
 */
#ifndef UPROFILE_TREE_CUT_H
#define UPROFILE_TREE_CUT_H

#include "learn/tree/tree_grow.h"

/* leaf: one byte a node: it is a leaf now. What is below a leaf is left out. values: of each node, as a leaf: n_nodes × width. */
extern UpTree *up_tree_compact(const UpTree *t, const uint8_t *leaf, const double *values);
/*
 * The tree that would have been grown with this max_depth, out of one that was grown deeper, depth first, with what its nodes are as
 * leaves (UpGrowing.inner). Decreases of impurity are added to importance. Its rows are those of the deeper one.
 */
extern UpGrown up_tree_cut(const UpGrown *deep, uint32_t max_depth, double *importance);

#endif
