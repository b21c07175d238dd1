/*
 * tree_grow.h - grows one tree on binned features
 */
#ifndef UPROFILE_TREE_GROW_H
#define UPROFILE_TREE_GROW_H

#include "learn/tree/tree_growing.h"

/* Values of a leaf: shares of the classes (n_classes of them), or one number. */
extern UpGrown up_tree_grow(const UpGrowing *g);

#endif
