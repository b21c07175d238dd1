/*
 * tree_cells.h - a tree while it grows: its nodes, and histograms of their rows
 */
#ifndef UPROFILE_TREE_CELLS_H
#define UPROFILE_TREE_CELLS_H

#include "learn/tree/tree_split.h"

#define UP_NO_NODE    UINT32_MAX
#define UP_SMALL_NODE 64 /* rows below which histograms of all features do not pay */

/* A node while the tree grows. */
typedef struct UpGrowth
{
	uint32_t first, n; /* of the rows */
	uint32_t depth;
	uint32_t left, right; /* UP_NO_NODE: a leaf so far */
	double low, high;     /* bounds of its value, for monotone features */
	double *sums;
	double *cells; /* histograms of all features, or NULL */
	UpSplit split;
	struct UpGrown *graft; /* what others have grown in its place, or NULL */
} UpGrowth;

/* The rows of each node by y. */
typedef struct UpByValue
{
	uint32_t *order; /* positions; NULL: not asked for */
	/* Of nodes that are looked at: */
	double *value, *weight; /* of each place of order */
	uint32_t *rank;         /* of each position, how many of the node's rows are before it */
} UpByValue;

typedef struct UpGrower
{
	const UpGrowing *g;
	uint32_t n_sums;
	size_t cells_bytes; /* of all features */
	bool holds_cells;
	uint32_t *rows, *spare; /* positions in g->rows */
	UpByValue by_value;     /* where absolute errors are asked for */
	double *pairs;          /* of each position: weight, and what its y adds */
	uint8_t *columns;       /* codes feature by feature, by position; where only some features are tried */
	uint32_t n_columns;     /* codes a feature */
	struct UpBlock *block;  /* of tree_blocks.c: rows below a node, gathered; or NULL: all rows */
	uint64_t *words;        /* of each position, packed sums (tree_cells.c), or NULL */
	uint32_t words_fit;     /* so many of them add up in one word */
	uint64_t *node_words;   /* of the rows of the node that is looked at */
	uint64_t *counts;
	uint64_t *gradients; /* of each position, or NULL; histograms are then words */
	uint64_t node_word;  /* of all rows of the node that is looked at */
	double step_g, step_h;
	struct UpAbsolute *absolute; /* of tree_absolute.c, or NULL */
	struct UpShared *shared;     /* of tree_shared.c, or NULL: grown by this process alone */
	bool tells_gain;             /* what is grown is grafted */
	UpGrowth *nodes;
	uint32_t n_nodes, capacity;
	struct UpSums *sums; /* theirs, of tree_grow.c */
	double *one;         /* the histogram of one feature */
	uint32_t *features;  /* to draw from */
	double total_weight;
	uint64_t since_tick;
} UpGrower;

static inline uint8_t
up_grow_code(const UpGrower *w, uint32_t feature, uint32_t at)
{
	if (w->g->transposed != NULL)
		return w->g->transposed[(size_t) feature * w->g->n_all + w->g->rows[at]];
	return w->columns != NULL ? w->columns[(size_t) feature * w->n_columns + at]
							  : w->g->codes[(size_t) w->g->rows[at] * w->g->bins->n_features + feature];
}

/* Lets a cancellation in, once so many rows were met. */
extern void up_grow_tick(UpGrower *w, uint32_t rows);
/* Weights, and what y adds, side by side; and codes as they are looked at. */
extern void up_grow_gather(UpGrower *w);
extern void up_grow_sum(const UpGrower *w, const UpGrowth *node, double *sums);
/* Histograms of the features from one on, and before another (end). */
extern void up_grow_count_all(UpGrower *w, const UpGrowth *node, uint32_t from, uint32_t end, double *cells);
/* The histogram of one feature, and the codes that occur, ascending; returns their number. Other cells stay as they were. */
extern uint32_t up_grow_count_one(UpGrower *w, const UpGrowth *node, uint32_t feature, uint8_t *present);
/* The codes that occur in a held histogram. */
extern uint32_t up_grow_codes_of(const double *cells, uint32_t n_sums, uint32_t n_bins, uint8_t *present);

/*
 * The same in one word a row. start sets w->words, or leaves NULL where that does not do; gather before the
 * features of a node; find improves node->split.
 */
extern void up_packed_start(UpGrower *w);
extern void up_packed_sum(const UpGrower *w, const UpGrowth *node, double *sums);
extern void up_packed_gather(UpGrower *w, const UpGrowth *node);
extern void up_packed_find(UpGrower *w, UpGrowth *node, uint32_t feature);

/* Histograms of all features in one word a row, likewise. */
extern void up_gradient_start(UpGrower *w);
extern void up_gradient_count(UpGrower *w, const UpGrowth *node, uint64_t *cells);
/* gather before the features of a node, then find. */
extern void up_gradient_gather(UpGrower *w, const UpGrowth *node);
extern void up_gradient_find(UpGrower *w, UpGrowth *node, uint32_t feature);

#endif
