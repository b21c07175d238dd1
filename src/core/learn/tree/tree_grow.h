/*
 * tree_grow.h - grows one tree on binned features
 */
#ifndef UPROFILE_TREE_GROW_H
#define UPROFILE_TREE_GROW_H

#include "learn/tree/tree_growing.h"

typedef struct UpGrown
{
	UpTree *tree;
	uint32_t *rows;       /* the rows, leaf by leaf */
	uint32_t *leaf_first; /* n_leaves + 1 */
	/* With g->inner, of each node, else NULL: by what its split lessens impurity, and its values as a leaf. */
	double *gain;
	double *inner;
} UpGrown;

/* Values of a leaf: shares of the classes (n_classes of them), or one number. */
extern UpGrown up_tree_grow(const UpGrowing *g);

#endif
