/*
 * tree_absolute.h - splits by the mean distance to the median
 */
#ifndef UPROFILE_TREE_ABSOLUTE_H
#define UPROFILE_TREE_ABSOLUTE_H

#include "learn/tree/tree_cells.h"

/* Gather before the features of a node; find improves node->split. */
extern void up_absolute_start(UpGrower *w);
extern void up_absolute_gather(UpGrower *w, const UpGrowth *node);
extern void up_absolute_find(UpGrower *w, UpGrowth *node, uint32_t feature);
extern void up_absolute_end(UpGrower *w);
/* Where others fill what a node is looked at by: space for nodes of so many rows; some of the places of a node; the node, filled. */
extern void up_absolute_scratch(UpGrower *w, uint32_t n);
extern void up_absolute_fill(UpGrower *w, const UpGrowth *node, uint32_t from, uint32_t end);
extern void up_absolute_look(UpGrower *w, const UpGrowth *node);
/* The weighted median of a leaf. */
extern double up_absolute_leaf(const UpGrower *w, const UpGrowth *node);
/* The summed weighted distances of rows to their weighted median. */
extern double up_absolute_error(const UpGrowing *g, const uint32_t *rows, uint32_t n, double *median);

#endif
