/*
 * tree_split.h - the best split of a node's rows by one feature
 */
#ifndef UPROFILE_TREE_SPLIT_H
#define UPROFILE_TREE_SPLIT_H

#include "learn/tree/tree_growing.h"

/*
 * What is summed over rows: [0] rows, [1] weight, [2 …] with two classes or a number: weight × y; with more classes their
 * weights. A histogram has 256 cells of n_sums doubles a feature, by code.
 */
typedef struct UpSplit
{
	double gain; /* -INFINITY: none */
	uint32_t feature;
	uint8_t bin;
	bool missing_left;
	bool by_subset;
	uint8_t subset[UP_SUBSET_BYTES];
} UpSplit;

#define UP_CELLS 256

/* A bin and the mean of what is to be predicted there. */
typedef struct UpBinMean
{
	double mean;
	uint32_t n;
	uint8_t code;
} UpBinMean;
/* By mean, equal ones by code. */
extern void up_sort_bins(UpBinMean *bins, uint32_t n);

extern uint32_t up_split_sums(const UpGrowing *g);
/* How good sums are: the gain of a split is that of its parts less that of the whole. */
extern double up_split_score(const UpGrowing *g, const double *sums);
/* A node as its splits are looked for: its sums, and the bounds of its value for monotone features. */
typedef struct UpSplitNode
{
	const double *sums;
	double low, high;
} UpSplitNode;

/*
 * The best split by a feature, given its histogram, if better than *best. present: the n_present codes that occur, ascending,
 * without the missing one; cells of others are not looked at, but that of the missing one is. Space for 256 in present.
 */
extern void up_split_find(const UpGrowing *g, uint32_t feature, const double *cells, uint8_t *present,
						  uint32_t n_present, const UpSplitNode *node, UpSplit *best);

static inline bool
up_split_goes_left(const UpSplit *s, uint8_t code)
{
	if (code == UP_BIN_MISSING)
		return s->missing_left;
	return s->by_subset ? (s->subset[code >> 3] >> (code & 7) & 1) != 0 : code <= s->bin;
}

#endif
