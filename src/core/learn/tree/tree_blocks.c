/*
 * tree_blocks.c - the rows of a node gathered side by side; see tree_blocks.h
 *
 * Where some features are tried at a split, codes are read feature by feature at the node's rows. These lie the further apart the
 * fewer they are: deep in the tree each read would be a line of the cache of its own, and with many rows a line of memory. So once a
 * node has an eighth of the rows of its block, they are gathered into a block of their own, all features at once. In the outer block
 * they are still so near to one another that its lines are read in order, and the blocks come to be as small as the caches one after
 * the other, whose sizes need not be known (Frigo et al. 1999 on algorithms that are oblivious of them).
 *
 * Memory: an eighth of the outer block, so a seventh of the tree's columns in all. Cost: n_features bytes a row, every third level.
 */
#include "learn/tree/tree_blocks.h"

#include <string.h>

#define RATIO       8
#define LEAST_BYTES (24 * 1024) /* a block that is in the nearest cache */

static bool
pays(const UpGrower *w, const UpGrowth *node)
{
	size_t outer = w->block != NULL ? w->block->n : w->g->n_rows, bytes = w->words != NULL ? 12 : 20;

	return w->columns != NULL && w->g->transposed == NULL && w->absolute == NULL && node->cells == NULL &&
		   node->n > 1 && node->n <= outer / RATIO && outer * (w->g->bins->n_features + bytes) > LEAST_BYTES;
}

static void
gather(UpGrower *w, UpBlock *b, uint8_t *columns, uint64_t *words, double *pairs)
{
	const uint32_t *UP_RESTRICT from = b->outside;
	size_t d = w->g->bins->n_features, n = b->n;

	for (size_t j = 0; j < d; j++)
	{
		const uint8_t *UP_RESTRICT outer = w->columns + j * w->n_columns;
		uint8_t *UP_RESTRICT inner = columns + j * n;

		for (size_t i = 0; i < n; i++)
			inner[i] = outer[from[i]];
		up_grow_tick(w, b->n / 2);
	}
	for (size_t i = 0; words != NULL && i < n; i++)
		words[i] = w->words[from[i]];
	for (size_t i = 0; pairs != NULL && i < n; i++)
		memcpy(pairs + 2 * i, w->pairs + 2 * (size_t) from[i], 2 * sizeof(double));
	for (size_t i = 0; b->row != NULL && i < n; i++)
		b->row[i] = w->block != NULL ? w->block->row[from[i]] : w->g->rows[from[i]];
}

void
up_blocks_enter(UpGrower *w, const UpGrowth *node)
{
	UpBlock *b;
	uint8_t *columns;
	uint64_t *words = NULL;
	double *pairs = NULL;

	if (!pays(w, node))
		return;
	b = up_alloc0(sizeof(UpBlock));
	*b = (UpBlock){.outer = w->block,
				   .first = node->first,
				   .n = node->n,
				   .columns = w->columns,
				   .n_columns = w->n_columns,
				   .words = w->words,
				   .pairs = w->pairs};
	b->outside = up_alloc_array(b->n, sizeof(uint32_t));
	memcpy(b->outside, w->rows + b->first, b->n * sizeof(uint32_t));
	columns = up_alloc_array(b->n, w->g->bins->n_features);
	if (w->words != NULL)
		words = up_alloc_array(b->n, sizeof(uint64_t));
	else
		pairs = up_alloc_array(b->n, 2 * sizeof(double));
	if (w->g->criterion == UP_SQUARED_ERROR)
		b->row = up_alloc_array(b->n, sizeof(uint32_t));
	gather(w, b, columns, words, pairs);
	for (uint32_t i = 0; i < b->n; i++)
		w->rows[b->first + i] = i;
	w->block = b;
	w->columns = columns;
	w->n_columns = b->n;
	w->words = words;
	w->pairs = pairs;
}

static void
leave(UpGrower *w)
{
	UpBlock *b = w->block;

	for (uint32_t i = 0; i < b->n; i++)
		w->rows[b->first + i] = b->outside[w->rows[b->first + i]];
	up_free(w->columns);
	up_free(w->words);
	up_free(w->pairs);
	w->columns = b->columns;
	w->n_columns = b->n_columns;
	w->words = b->words;
	w->pairs = b->pairs;
	w->block = b->outer;
	up_free(b->outside);
	up_free(b->row);
	up_free(b);
}

void
up_blocks_leave(UpGrower *w, uint32_t first)
{
	while (w->block != NULL && (first < w->block->first || first - w->block->first >= w->block->n))
		leave(w);
}
