/*
 * tree_small.h - small trees laid out so that each split is asked for many rows at once
 */
#ifndef UPROFILE_TREE_SMALL_H
#define UPROFILE_TREE_SMALL_H

#include "learn/tree/bins.h"
#include "learn/tree/tree_nodes.h"

typedef struct UpSmallTrees UpSmallTrees;

/* Those of the trees that are small. They are not looked at again. What is half made stands in *half, NULL at first, for the next attempt. */
extern UpSmallTrees *up_small_new(UpTree *const *trees, uint32_t n_trees, uint32_t n_features,
								  UpSmallTrees **half);
extern void up_small_free(UpSmallTrees *s);
extern bool up_small_has(const UpSmallTrees *s, uint32_t tree);
extern uint32_t up_small_count(const UpSmallTrees *s);
/* Bytes that codes of n rows take. */
extern size_t up_small_codes(const UpSmallTrees *s, size_t n);
extern void up_small_encode(const UpSmallTrees *s, const UpBins *bins, const double *x, size_t n,
							int8_t *codes);
/* Adds what a tree's leaves say to each of n rows, whose values stand width apart: the last value of one or two, else all. */
extern void up_small_add(const UpSmallTrees *s, uint32_t tree, const int8_t *codes, size_t n, uint32_t width,
						 double *out);

#endif
