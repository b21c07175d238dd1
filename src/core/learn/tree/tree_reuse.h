/*
 * tree_reuse.h - what trainings of trees and forests on the same rows share (reuse.h): bins and codes, a tree deeper than is asked for,
 * the trees that begin a larger forest
 */
#ifndef UPROFILE_TREE_REUSE_H
#define UPROFILE_TREE_REUSE_H

#include "learn/reuse.h"
#include "learn/tree/grow_params.h"
#include "learn/tree/tree_grow.h"

#define UP_TREES_MOST_GROWN 8

/* Parameters of a forest beside those of growing, as far as they decide on its trees. */
typedef struct UpForestDraw
{
	bool bootstrap;
	double max_samples;
} UpForestDraw;

/* What was grown by the same parameters. */
typedef struct UpTreeGrown
{
	UpGrowParams how; /* of a single tree without the depth */
	UpForestDraw draw;
	UpGrown deep; /* a single tree, … */
	uint32_t depth;
	uint32_t n_trees, capacity; /* … or the first trees of a forest */
	UpTree **trees;
	size_t bytes;
	bool full; /* there was no room for it */
} UpTreeGrown;

/* Bins, codes and labels of the rows. */
typedef struct UpTreeRows
{
	UpBins *bins;
	uint8_t *codes;
	double *y;
	bool kept;
} UpTreeRows;

/* Those that are kept, or made (with the bins of before, unless it is NULL) and, where there is room, kept. */
extern UpTreeRows up_trees_rows(const UpFit *fit, UpBins *before);
/* Frees codes and labels that are not kept. */
extern void up_trees_rows_free(UpTreeRows *rows);

/* What is kept of a single tree that grows like this but for its depth, or an empty place for it; NULL: there is none. */
extern UpTreeGrown *up_trees_kept(UpReuse *reuse, const UpGrowParams *how);
/* The same of a forest. */
extern UpTreeGrown *up_trees_kept_forest(UpReuse *reuse, const UpGrowParams *how, UpForestDraw draw);
/* Keeps a tree that was grown in the memory of what is kept; without room frees all but its rows. */
extern void up_trees_keep_deep(UpReuse *reuse, UpTreeGrown *kept, const UpGrown *deep, uint32_t depth,
							   uint32_t n_rows);
/* Keeps the next tree of a forest, which was grown there as well, if there is room. */
extern void up_trees_keep_next(UpReuse *reuse, UpTreeGrown *kept, UpTree *tree);

#endif
