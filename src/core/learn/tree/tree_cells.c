/*
 * tree_cells.c - counts the rows of a node; see tree_cells.h
 *
 * Where all features are tried, rows are read one after the other; where some are, one feature's codes after the other's, from a
 * copy that stands feature by feature. Cells that no row falls to are neither cleared nor looked at in small nodes.
 */
#include "learn/tree/tree_cells.h"

#include <string.h>

#define LARGE_NODE 512 /* rows from which clearing all cells of a feature does not matter */
#define TICK_ROWS  16384

void
up_grow_tick(UpGrower *w, uint32_t rows)
{
	w->since_tick += rows + 256;
	if (w->since_tick > TICK_ROWS)
	{
		w->since_tick = 0;
		up_tick();
	}
}

/* The row at a position into a cell. */
static inline void
add_row(const UpGrower *w, uint32_t at, double *cell)
{
	const double *pair = w->pairs + 2 * (size_t) at;

	cell[0]++;
	cell[1] += pair[0];
	if (w->n_sums > 3)
		cell[2 + (uint32_t) w->g->y[w->g->rows[at]]] += pair[0];
	else
		cell[2] += pair[1];
}

void
up_grow_sum(const UpGrower *w, const UpGrowth *node, double *sums)
{
	memset(sums, 0, w->n_sums * sizeof(double));
	for (uint32_t i = 0; i < node->n; i++)
		add_row(w, w->rows[node->first + i], sums);
}

/* Weights, and what y adds, side by side; and codes as they are looked at. */
void
up_grow_gather(UpGrower *w)
{
	const UpGrowing *g = w->g;
	size_t d = g->bins->n_features, n = g->n_rows;

	for (uint32_t i = 0; i < g->n_rows; i++)
	{
		uint32_t row = g->rows[i];
		double weight = g->weight != NULL ? g->weight[row] : 1;

		w->rows[i] = i;
		w->pairs[2 * (size_t) i] = weight;
		w->pairs[2 * (size_t) i + 1] = g->criterion == UP_GRADIENT ? g->y[row] : weight * g->y[row];
	}
	for (size_t i = 0; w->columns != NULL && i < n; i++)
	{
		const uint8_t *codes = g->codes + g->rows[i] * d;

		if (i % 4096 == 0)
			up_tick();
		for (size_t j = 0; j < d; j++)
			w->columns[j * n + i] = codes[j];
	}
}

/* Histograms of all features. */
void
up_grow_count_all(UpGrower *w, const UpGrowth *node, double *cells)
{
	const UpGrowing *g = w->g;
	uint32_t d = g->bins->n_features, n_sums = w->n_sums;

	memset(cells, 0, w->cells_bytes);
	for (uint32_t i = 0; i < node->n; i++)
	{
		uint32_t at = w->rows[node->first + i], row = g->rows[at];
		const uint8_t *codes = g->codes + (size_t) row * d;
		double weight = w->pairs[2 * (size_t) at], add = w->pairs[2 * (size_t) at + 1];

		if (i % 1024 == 0)
			up_grow_tick(w, 1024 * d / 8);
		if (n_sums == 3)
		{
			for (uint32_t j = 0; j < d; j++)
			{
				double *cell = cells + ((size_t) j * UP_CELLS + codes[j]) * 3;

				cell[0]++;
				cell[1] += weight;
				cell[2] += add;
			}
			continue;
		}
		for (uint32_t j = 0; j < d; j++)
		{
			double *cell = cells + ((size_t) j * UP_CELLS + codes[j]) * n_sums;

			cell[0]++;
			cell[1] += weight;
			cell[2 + (uint32_t) g->y[row]] += weight;
		}
	}
}

/* The codes that occur in a held histogram. */
uint32_t
up_grow_codes_of(const double *cells, uint32_t n_sums, uint32_t n_bins, uint8_t *present)
{
	uint32_t n_present = 0;

	for (uint32_t b = 0; b < n_bins; b++)
	{
		if (cells[(size_t) b * n_sums] > 0)
			present[n_present++] = (uint8_t) b;
	}
	return n_present;
}

/* Large nodes, one number or two classes: the cells are cleared all at once, and nothing else is asked of a row. */
static void
count_plainly(UpGrower *w, const UpGrowth *node, uint32_t feature)
{
	const uint32_t *UP_RESTRICT rows = w->rows + node->first;
	const uint8_t *UP_RESTRICT codes = w->columns + (size_t) feature * w->g->n_rows;
	const double *UP_RESTRICT pairs = w->pairs;
	double *UP_RESTRICT cells = w->one;

	memset(cells, 0, (size_t) UP_CELLS * 3 * sizeof(double));
	for (uint32_t i = 0; i < node->n; i++)
	{
		uint32_t at = rows[i];
		double *cell = cells + (size_t) codes[at] * 3;

		cell[0]++;
		cell[1] += pairs[2 * (size_t) at];
		cell[2] += pairs[2 * (size_t) at + 1];
	}
	up_grow_tick(w, node->n);
}

/* The histogram of one feature, and the codes that occur, ascending; returns their number. Other cells are left as they were. */
uint32_t
up_grow_count_one(UpGrower *w, const UpGrowth *node, uint32_t feature, uint8_t *present)
{
	const uint32_t *rows = w->rows + node->first;
	uint64_t seen[4] = {0, 0, 0, 0};
	uint32_t n_present = 0;

	if (node->n >= LARGE_NODE && w->columns != NULL && w->n_sums == 3)
	{
		count_plainly(w, node, feature);
		return up_grow_codes_of(w->one, 3, w->g->bins->features[feature].n_bins, present);
	}
	for (uint32_t i = 0; i < node->n; i++)
	{
		uint32_t code = up_grow_code(w, feature, rows[i]);
		double *cell = w->one + (size_t) code * w->n_sums;

		if ((seen[code >> 6] >> (code & 63) & 1) == 0)
		{
			seen[code >> 6] |= UINT64_C(1) << (code & 63);
			memset(cell, 0, w->n_sums * sizeof(double));
		}
		add_row(w, rows[i], cell);
	}
	if (seen[3] >> 63 == 0)
		memset(w->one + (size_t) UP_BIN_MISSING * w->n_sums, 0, w->n_sums * sizeof(double));
	seen[3] &= ~(UINT64_C(1) << 63);
	for (uint32_t word = 0; word < 4; word++)
	{
		for (uint64_t bits = seen[word]; bits != 0; bits &= bits - 1)
			present[n_present++] = (uint8_t) (word * 64 + (uint32_t) __builtin_ctzll(bits));
	}
	up_grow_tick(w, node->n);
	return n_present;
}
