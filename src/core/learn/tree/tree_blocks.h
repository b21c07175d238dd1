/*
 * tree_blocks.h - on the way down a tree, the rows of a node gathered so that what is below it stays in the cache
 */
#ifndef UPROFILE_TREE_BLOCKS_H
#define UPROFILE_TREE_BLOCKS_H

#include "learn/tree/tree_cells.h"

/* Rows that were gathered: positions of w->rows in [first, first + n) count from the first of them. */
typedef struct UpBlock
{
	struct UpBlock *outer;
	uint32_t first, n;
	uint32_t *outside; /* of each position, which one it is outside */
	uint32_t *row;     /* of each position, the row of g; where y is asked for */
	/* What it stands for. */
	uint8_t *columns;
	uint32_t n_columns;
	uint64_t *words;
	double *pairs;
} UpBlock;

/* Before a node is split: gathers its rows where that pays. Nodes are split depth first. */
extern void up_blocks_enter(UpGrower *w, const UpGrowth *node);
/* Leaves blocks in which this place of w->rows does not lie. */
extern void up_blocks_leave(UpGrower *w, uint32_t first);

/* The y of the row at a place of w->rows. */
static inline double
up_grow_y(const UpGrower *w, uint32_t place)
{
	uint32_t at = w->rows[place];

	return w->g->y[w->block != NULL ? w->block->row[at] : w->g->rows[at]];
}

#endif
