/*
 * boost_parts.h - the work on rows and histograms that a tree of a boosting takes, in parts that can be done side by side
 *
 * A row is its number, in the order of the nodes; its steps are one word: the hessian (16 bits) below, the gradient (16 bits, signed)
 * above. A cell of a histogram is one word: the sum of hessians below, that of gradients above, 32 bits each. Sums of whole numbers do
 * not depend on their order, so that parts may be cut anyhow.
 *
 * Rows stand in blocks of some ten thousand. Each block is parted for itself, so that it stays in the cache: a node has one piece of
 * each block. Codes stand in panels of some features, row by row within one, so that a panel's histograms stay in the nearest cache.
 */
#ifndef UPROFILE_BOOST_PARTS_H
#define UPROFILE_BOOST_PARTS_H

#include "learn/tree/tree_split.h"

#define UP_BOOST_PANEL 32 /* most features of a panel */
#define UP_BOOST_NONE  UINT32_MAX

/* What all parts are told. */
typedef struct UpBoostHow
{
	size_t n_all; /* rows of the columns */
	uint32_t n_rows, n_blocks, block_rows;
	uint32_t n_features, panel, n_panels;
	uint32_t n_work; /* splits, tasks or leaves, whatever it is about */
	uint32_t slices; /* of a panel, whose splits are looked for apart */
	bool columns;    /* there is a copy feature by feature */
	bool directions; /* some features are monotone */
	double l2, min_weight, min_samples_leaf;
	double step_g, step_h;
	uint32_t most_h; /* the greatest hessian of a row, in steps */
} UpBoostHow;

typedef enum UpBoostArray
{
	UP_BOOST_ROWS,  /* n_rows row numbers */
	UP_BOOST_CODES, /* panel after panel */
	UP_BOOST_COLUMNS,
	UP_BOOST_GRADIENT, /* by row number */
	UP_BOOST_HESSIAN,
	UP_BOOST_STEPS,
	UP_BOOST_ITEMS, /* n_rows row numbers, in the order of the nodes */
	UP_BOOST_SPARE,
	UP_BOOST_LEAF_OF,  /* by row number */
	UP_BOOST_FEATURES, /* UpBoostFeature of each */
	UP_BOOST_PIECES,   /* UpBoostPiece: of each node, one a block */
	UP_BOOST_WORK,     /* UpBoostSplit, UpBoostTask or UpBoostLeaf */
	UP_BOOST_TABLES,   /* 256 bytes each: which codes go left */
	UP_BOOST_CELLS,    /* slots of histograms of all features */
	UP_BOOST_PARTIAL,  /* histograms of a panel, of some of a node's blocks */
	UP_BOOST_OUT,      /* what parts found: see each */
	UP_BOOST_ARRAYS
} UpBoostArray;

typedef struct UpBoostFeature
{
	uint16_t n_bins;
	uint8_t is_category;
	int8_t direction;
} UpBoostFeature;

typedef struct UpBoostPiece
{
	uint32_t first, n; /* of the items */
} UpBoostPiece;

/* How large the gradients and hessians of a block are. */
typedef struct UpBoostMeasure
{
	double most_g, most_h, sum_g, sum_h;
} UpBoostMeasure;

/* Of a block: the sum of its rows as a word, and the greatest hessian in steps. */
typedef struct UpBoostBlock
{
	uint64_t word;
	uint32_t most_part;
} UpBoostBlock;

/* A node whose rows are parted; its table says by which codes of the feature. */
typedef struct UpBoostSplit
{
	uint32_t node, feature;
} UpBoostSplit;

/* A node as its splits are looked for. */
typedef struct UpBoostLook
{
	uint32_t node, n;
	uint32_t slot; /* of its histograms, or NONE: they are not kept */
	bool wanted;
	uint64_t word; /* the sum of its rows */
	double low, high;
} UpBoostLook;

/* A node to be counted, and its sibling (or NONE), which has what is left of their parent's histograms, in their place. */
typedef struct UpBoostTask
{
	UpBoostLook counted, other;
	uint32_t groups;  /* of blocks, that are counted apart; 1: not apart */
	uint32_t partial; /* place of the first group's histogram, of each panel */
} UpBoostTask;

/* The best split, its gain in squares of steps; the sum of the rows that go left. */
typedef struct UpBoostFound
{
	UpSplit split;
	uint64_t left;
} UpBoostFound;

/* A leaf, or two whose rows are not parted yet: by a table. */
typedef struct UpBoostLeaf
{
	uint32_t node, leaf, other; /* other: of what goes right, or NONE */
	uint32_t feature, table;
} UpBoostLeaf;

typedef struct UpBoostSums
{
	double rows, hessian, gradient;
} UpBoostSums;

extern UpBoostMeasure up_boost_measure(const double *gradient, const double *hessian, const uint32_t *rows,
									   uint32_t n);
/* Parts: blocks. Out: UpBoostMeasure each. */
extern void up_boost_measure_part(const void *fixed, void *const *arrays, uint32_t block);
/* Parts: blocks. Out: UpBoostBlock each. */
extern void up_boost_quantize_part(const void *fixed, void *const *arrays, uint32_t block);
/* Parts: blocks. Work: splits. Out: uint32_t [split][block], how many went left. */
extern void up_boost_part_part(const void *fixed, void *const *arrays, uint32_t block);
/* Parts: (group, panel) of all tasks, as partial counts them. */
extern void up_boost_count_part(const void *fixed, void *const *arrays, uint32_t part);
/* Parts: (task, panel, slice). Out: UpBoostFound [task][panel][slice][2]. */
extern void up_boost_find_part(const void *fixed, void *const *arrays, uint32_t part);
/* Parts: blocks. Work: leaves. Out: UpBoostSums [block][leaf]. */
extern void up_boost_assign_part(const void *fixed, void *const *arrays, uint32_t block);

static inline int32_t
up_boost_g(uint64_t word)
{
	return (int32_t) (uint32_t) (word >> 32);
}

#endif
