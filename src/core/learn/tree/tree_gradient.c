/*
 * tree_gradient.c - histograms of gradients in one word a row; see tree_cells.h
 *
 * Gradients and hessians become whole numbers: of as many steps as their sums over all rows fit into 32 bits with (Shi et al. 2022 show
 * that far fewer do). What rounding leaves goes to the next row: the many small gradients beside a rare class would all round alike,
 * and their sum be off by up to half a step a row. Both stand in one 64-bit word, the gradient above, so that a row is one addition
 * a feature, and the larger child is what is left of its parent exactly. Splits are chosen by these sums; the values of leaves come
 * from exact ones.
 *
 * Where rows are too many for 128 steps, or leaves need a number of rows, the general way counts (tree_cells.c); missing values,
 * categories and directions are split by it (tree_split.c), from these sums.
 */
#include "learn/tree/tree_cells.h"

#include <math.h>
#include <string.h>

#define LEAST_STEPS 128
#define MOST_STEPS  (1 << 20)

void
up_gradient_start(UpGrower *w)
{
	const UpGrowing *g = w->g;
	/* One less than fits, for what is carried. */
	double most_g = 0, most_h = 0, per_g, per_h, steps = floor(2147483647.0 / UP_MAX(g->n_rows, 1)) - 1;
	double rest_g = 0, rest_h = 0;

	if (g->criterion != UP_GRADIENT || g->weight == NULL || g->min_samples_leaf > 1 || steps < LEAST_STEPS)
		return;
	steps = UP_MIN(steps, MOST_STEPS);
	for (uint32_t i = 0; i < g->n_rows; i++)
	{
		double a = fabs(g->y[g->rows[i]]), h = g->weight[g->rows[i]];

		most_g = a > most_g ? a : most_g;
		most_h = h > most_h ? h : most_h;
	}
	if (!(most_h > 0) || !isfinite(most_g) || !isfinite(most_h))
		return;
	w->step_g = most_g > 0 ? most_g / steps : 1;
	w->step_h = most_h / steps;
	w->gradients = up_alloc_array(UP_MAX(g->n_rows, 1), sizeof(uint64_t));
	per_g = 1 / w->step_g;
	per_h = 1 / w->step_h;
	for (uint32_t i = 0; i < g->n_rows; i++)
	{
		double a = g->y[g->rows[i]] * per_g + rest_g, h = g->weight[g->rows[i]] * per_h + rest_h;
		int32_t whole = (int32_t) (a + (a < 0 ? -0.5 : 0.5)), part = (int32_t) (h + 0.5);

		/* A row is always seen. */
		part = UP_MAX(part, 1);
		rest_g = a - whole;
		rest_h = UP_MAX(h - part, -1);
		w->gradients[i] = ((uint64_t) (uint32_t) whole << 32) + (uint32_t) part;
	}
}

/* The sums of a word. */
static inline void
unpack(const UpGrower *w, uint64_t word, double *sums)
{
	uint32_t h = (uint32_t) word;

	sums[0] = h;
	sums[1] = h * w->step_h;
	sums[2] = (double) (int32_t) (uint32_t) (word >> 32) * w->step_g;
}

void
up_gradient_count(UpGrower *w, const UpGrowth *node, uint64_t *cells)
{
	const UpGrowing *g = w->g;
	uint32_t d = g->bins->n_features;
	const uint32_t *rows = w->rows + node->first;

	memset(cells, 0, (size_t) d * UP_CELLS * sizeof(uint64_t));
	for (uint32_t i = 0; i < node->n; i++)
	{
		uint32_t at = rows[i];
		const uint8_t *UP_RESTRICT codes = g->codes + (size_t) g->rows[at] * d;
		uint64_t word = w->gradients[at], *cell = cells;

		if (i % 1024 == 0)
			up_grow_tick(w, 1024 * d / 16);
		for (uint32_t j = 0; j < d; j++, cell += UP_CELLS)
			cell[codes[j]] += word;
	}
}

/* Numbers without missing values: every edge after a bin that occurs. */
static void
scan(const UpGrower *w, uint32_t feature, const uint64_t *cells, uint32_t n_bins, UpSplit *best)
{
	const UpGrowing *g = w->g;
	uint64_t all = w->node_word, sum = 0;
	double whole[3], gain = best->gain, parent, found_rows = 0;
	uint32_t found = UINT32_MAX, next = 0;

	unpack(w, all, whole);
	parent = 0.5 * whole[2] * whole[2] / (whole[1] + g->l2);
	for (uint32_t code = 0; code < n_bins; code++)
	{
		double left[3], h, a, here;

		if (cells[code] == 0)
			continue;
		/* Codes between two that occur go with the nearer one. */
		if (found != UINT32_MAX && next == 0)
			next = code;
		sum += cells[code];
		unpack(w, sum, left);
		h = whole[1] - left[1];
		if (left[1] < g->min_weight || h < g->min_weight || sum == all)
			continue;
		a = whole[2] - left[2];
		here = 0.5 * left[2] * left[2] / (left[1] + g->l2) + 0.5 * a * a / (h + g->l2) - parent;
		if (here > gain)
		{
			gain = here;
			found = code;
			found_rows = left[0];
			next = 0;
		}
	}
	if (found == UINT32_MAX)
		return;
	best->gain = gain;
	best->feature = feature;
	best->missing_left = found_rows >= whole[0] - found_rows;
	best->by_subset = false;
	best->bin = (uint8_t) (found + (next - found) / 2);
}

void
up_gradient_gather(UpGrower *w, const UpGrowth *node)
{
	const uint64_t *cells = (const uint64_t *) (const void *) node->cells;

	/* Each feature has all rows. */
	w->node_word = 0;
	for (uint32_t code = 0; code < UP_CELLS; code++)
		w->node_word += cells[code];
}

void
up_gradient_find(UpGrower *w, UpGrowth *node, uint32_t feature)
{
	const UpGrowing *g = w->g;
	const uint64_t *cells = (const uint64_t *) (const void *) node->cells + (size_t) feature * UP_CELLS;
	const UpBinning *b = &g->bins->features[feature];
	uint8_t present[UP_CELLS + 1];
	uint32_t n_present = 0;
	double sums[3];
	UpSplitNode at = {sums, node->low, node->high};

	if (cells[UP_BIN_MISSING] == 0 && g->monotone == NULL && !g->random_splits && b->n_values == 0)
	{
		scan(w, feature, cells, b->n_bins, &node->split);
		return;
	}
	for (uint32_t code = 0; code < b->n_bins; code++)
	{
		if (cells[code] == 0)
			continue;
		unpack(w, cells[code], w->one + (size_t) code * 3);
		present[n_present++] = (uint8_t) code;
	}
	unpack(w, cells[UP_BIN_MISSING], w->one + (size_t) UP_BIN_MISSING * 3);
	unpack(w, w->node_word, sums);
	up_split_find(g, feature, w->one, present, n_present, &at, &node->split);
}
