/*
 * tree_cells.c - counts the rows of a node; see tree_cells.h
 *
 * Where all features are tried, rows are read one after the other; where some are, one feature's codes after the other's, from a
 * copy that stands feature by feature. Cells that no row falls to are neither cleared nor looked at in small nodes.
 */
#include "learn/tree/tree_cells.h"

#include <math.h>
#include <string.h>

#define LARGE_NODE 512 /* rows from which clearing all cells of a feature does not matter */
#define TICK_ROWS  16384

#define TILE_ROWS    1024
#define TILE_COLUMNS 32

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
		cell[2 + (uint32_t) pair[1]] += pair[0];
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

/* Weights, and what y adds (of several classes, which it is), side by side; and codes as they are looked at. */
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
		if (w->pairs == NULL)
			continue;
		w->pairs[2 * (size_t) i] = weight;
		w->pairs[2 * (size_t) i + 1] =
			g->criterion == UP_GRADIENT || w->n_sums > 3 ? g->y[row] : weight * g->y[row];
	}
	/* Tile by tile: a line of the rows is read once, and as many columns are written as the processor keeps track of. */
	for (size_t tile = 0; w->columns != NULL && tile < n; tile += TILE_ROWS)
	{
		size_t end = UP_MIN(tile + TILE_ROWS, n);

		up_tick();
		for (size_t first = 0; first < d; first += TILE_COLUMNS)
		{
			size_t last = UP_MIN(first + TILE_COLUMNS, d);

			for (size_t i = tile; i < end; i++)
			{
				const uint8_t *codes = g->codes + g->rows[i] * d;

				for (size_t j = first; j < last; j++)
					w->columns[j * n + i] = codes[j];
			}
		}
	}
}

void
up_grow_count_all(UpGrower *w, const UpGrowth *node, uint32_t from, uint32_t end, double *cells)
{
	const UpGrowing *g = w->g;
	uint32_t d = g->bins->n_features, n_sums = w->n_sums;

	memset(cells + (size_t) from * UP_CELLS * n_sums, 0,
		   (size_t) (end - from) * UP_CELLS * n_sums * sizeof(double));
	for (uint32_t i = 0; i < node->n; i++)
	{
		uint32_t at = w->rows[node->first + i];
		const uint8_t *codes = g->codes + (size_t) g->rows[at] * d;
		double weight = w->pairs[2 * (size_t) at], add = w->pairs[2 * (size_t) at + 1];

		if (i % 1024 == 0)
			up_grow_tick(w, 1024 * (end - from) / 8);
		if (n_sums == 3)
		{
			for (uint32_t j = from; j < end; j++)
			{
				double *cell = cells + ((size_t) j * UP_CELLS + codes[j]) * 3;

				cell[0]++;
				cell[1] += weight;
				cell[2] += add;
			}
			continue;
		}
		for (uint32_t j = from; j < end; j++)
		{
			double *cell = cells + ((size_t) j * UP_CELLS + codes[j]) * n_sums;

			cell[0]++;
			cell[1] += weight;
			cell[2 + (uint32_t) add] += weight;
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
		present[n_present] = (uint8_t) b;
		n_present += cells[(size_t) b * n_sums] > 0;
	}
	return n_present;
}

/* Large nodes, one number or two classes: the cells are cleared all at once, and nothing else is asked of a row. */
static void
count_plainly(UpGrower *w, const UpGrowth *node, uint32_t feature)
{
	const uint32_t *UP_RESTRICT rows = w->rows + node->first;
	const uint8_t *UP_RESTRICT codes = w->columns + (size_t) feature * w->n_columns;
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

/* ---- the best split by Gini of two classes, counted in one word a row ---- */

/*
 * Where weights are whole numbers (rows drawn so and so often), the number of rows, their weight and the weight of the second
 * class fit into 64 bits, 21 and more each: a histogram is 256 words, a row is one addition, and the sums of a scan come by
 * shifts. All sums are whole, so the splits are those of the general way (tree_split.c), which also takes over where values
 * are missing, categories are split or directions are asked for.
 *
 * Cost: O(rows) a feature, and its bins that occur.
 */

#define BITS         21
#define MASK         ((UINT64_C(1) << BITS) - 1)
#define FEWEST_WORDS 512 /* that are worth adding up at a time */
#define DENSE_NODE   256 /* rows from which all bins are looked at rather than those that were noted */

/* Words of all rows; NULL where they do not fit. */
static uint64_t *
words_of(const UpGrowing *g, uint64_t *most)
{
	uint64_t *words;

	*most = 1;
	if (g->criterion != UP_GINI || g->n_classes != 2)
		return NULL;
	words = up_alloc_array(UP_MAX(g->n_rows, 1), sizeof(uint64_t));
	for (uint32_t i = 0; i < g->n_rows; i++)
	{
		double weight = g->weight != NULL ? g->weight[g->rows[i]] : 1;

		if (!(weight >= 0 && weight <= (double) MASK) || weight != floor(weight))
		{
			up_free(words);
			return NULL;
		}
		words[i] = UINT64_C(1) << 2 * BITS | (uint64_t) weight << BITS |
				   (g->y[g->rows[i]] != 0 ? (uint64_t) weight : 0);
		*most = UP_MAX(*most, (uint64_t) weight);
	}
	return words;
}

void
up_packed_start(UpGrower *w)
{
	uint64_t most;

	w->words = words_of(w->g, &most);
	w->words_fit = (uint32_t) (MASK / most);
	if (w->words != NULL && w->words_fit < UP_MIN(w->g->n_rows, FEWEST_WORDS))
	{
		up_free(w->words);
		w->words = NULL;
	}
	if (w->words == NULL)
		return;
	w->node_words = up_alloc_array(UP_MAX(w->g->n_rows, 1), sizeof(uint64_t));
	w->counts = up_alloc0(UP_CELLS * sizeof(uint64_t));
}

void
up_packed_gather(UpGrower *w, const UpGrowth *node)
{
	const uint32_t *rows = w->rows + node->first;

	for (uint32_t i = 0; i < node->n; i++)
		w->node_words[i] = w->words[rows[i]];
}

static inline void
unpack(uint64_t word, double *sums)
{
	sums[0] = (double) (word >> 2 * BITS);
	sums[1] = (double) (word >> BITS & MASK);
	sums[2] = (double) (word & MASK);
}

void
up_packed_sum(const UpGrower *w, const UpGrowth *node, double *sums)
{
	const uint32_t *rows = w->rows + node->first;

	memset(sums, 0, 3 * sizeof(double));
	for (uint32_t first = 0; first < node->n; first += w->words_fit)
	{
		uint32_t end = node->n - first > w->words_fit ? first + w->words_fit : node->n;
		uint64_t sum = 0;
		double part[3];

		for (uint32_t i = first; i < end; i++)
			sum += w->words[rows[i]];
		unpack(sum, part);
		for (int k = 0; k < 3; k++)
			sums[k] += part[k];
		if (end == node->n)
			break;
	}
}

/* Counts the node's rows by code; returns the number of codes that occur, ascending in present. */
static uint32_t
count(UpGrower *w, const UpGrowth *node, uint32_t feature, uint8_t *present)
{
	const uint32_t *UP_RESTRICT rows = w->rows + node->first;
	const uint8_t *UP_RESTRICT codes = w->columns + (size_t) feature * w->n_columns;
	const uint64_t *UP_RESTRICT words = w->node_words;
	uint64_t *UP_RESTRICT counts = w->counts, seen[4] = {0, 0, 0, 0};
	uint32_t n_present = 0;

	if (node->n >= DENSE_NODE)
	{
		for (uint32_t i = 0; i < node->n; i++)
			counts[codes[rows[i]]] += words[i];
		for (uint32_t code = 0; code < UP_CELLS; code++)
		{
			present[n_present] = (uint8_t) code;
			n_present += counts[code] != 0;
		}
		up_grow_tick(w, node->n);
		return n_present;
	}
	for (uint32_t i = 0; i < node->n; i++)
	{
		uint32_t code = codes[rows[i]];

		counts[code] += words[i];
		seen[code >> 6] |= UINT64_C(1) << (code & 63);
	}
	for (uint32_t part = 0; part < 4; part++)
	{
		for (uint64_t bits = seen[part]; bits != 0; bits &= bits - 1)
			present[n_present++] = (uint8_t) (part * 64 + (uint32_t) __builtin_ctzll(bits));
	}
	up_grow_tick(w, node->n);
	return n_present;
}

/* Numbers without missing values: every edge between codes that occur. */
static void
scan(const UpGrower *w, const UpGrowth *node, uint32_t feature, const uint8_t *present, uint32_t n_present,
	 UpSplit *best)
{
	double parent = up_split_score(w->g, node->sums), least = UP_MAX(w->g->min_samples_leaf, 1);
	double most = node->sums[0] - least, gain = best->gain;
	uint32_t found = UINT32_MAX;
	double found_rows = 0;
	uint64_t sum = 0;

	for (uint32_t i = 0; i + 1 < n_present; i++)
	{
		double left[3], weight, second, here;

		sum += w->counts[present[i]];
		unpack(sum, left);
		if (left[0] < least || left[0] > most)
			continue;
		weight = node->sums[1] - left[1];
		second = node->sums[2] - left[2];
		here = 2 * left[2] * left[2] / left[1] + 2 * second * second / weight - parent;
		if (here > gain)
		{
			gain = here;
			found = i;
			found_rows = left[0];
		}
	}
	if (found == UINT32_MAX)
		return;
	best->gain = gain;
	best->feature = feature;
	best->missing_left = found_rows >= node->sums[0] - found_rows;
	best->by_subset = false;
	/* Codes between two that occur here go with the nearer one. */
	best->bin = (uint8_t) (present[found] + (present[found + 1] - present[found]) / 2);
}

/* A node of more rows than one word can count: part by part into cells of doubles. Returns as count does. */
static uint32_t
count_parts(UpGrower *w, const UpGrowth *node, uint32_t feature, uint8_t *present)
{
	const uint32_t *UP_RESTRICT rows = w->rows + node->first;
	const uint8_t *UP_RESTRICT codes = w->columns + (size_t) feature * w->n_columns;
	uint32_t left = node->n, first = 0;

	memset(w->one, 0, (size_t) UP_CELLS * 3 * sizeof(double));
	while (left > 0)
	{
		uint32_t part = UP_MIN(left, w->words_fit);

		for (uint32_t i = first; i < first + part; i++)
			w->counts[codes[rows[i]]] += w->node_words[i];
		for (uint32_t code = 0; code < UP_CELLS; code++)
		{
			double sums[3];

			unpack(w->counts[code], sums);
			for (int k = 0; k < 3; k++)
				w->one[(size_t) code * 3 + k] += sums[k];
		}
		memset(w->counts, 0, UP_CELLS * sizeof(uint64_t));
		up_grow_tick(w, part);
		first += part;
		left -= part;
	}
	return up_grow_codes_of(w->one, 3, w->g->bins->features[feature].n_bins, present);
}

void
up_packed_find(UpGrower *w, UpGrowth *node, uint32_t feature)
{
	const UpGrowing *g = w->g;
	uint8_t present[UP_CELLS + 1];
	UpSplitNode at = {node->sums, node->low, node->high};
	uint32_t n_present;
	bool misses;

	if (node->n > w->words_fit)
	{
		n_present = count_parts(w, node, feature, present);
		up_split_find(g, feature, w->one, present, n_present, &at, &node->split);
		return;
	}
	n_present = count(w, node, feature, present);
	misses = w->counts[UP_BIN_MISSING] != 0;
	if (!misses && !g->random_splits && g->monotone == NULL && g->min_weight <= 0 &&
		g->bins->features[feature].n_values == 0)
		scan(w, node, feature, present, n_present, &node->split);
	else
	{
		for (uint32_t i = 0; i < n_present; i++)
			unpack(w->counts[present[i]], w->one + (size_t) present[i] * 3);
		unpack(w->counts[UP_BIN_MISSING], w->one + (size_t) UP_BIN_MISSING * 3);
		w->counts[UP_BIN_MISSING] = 0;
		up_split_find(g, feature, w->one, present, n_present - misses, &at, &node->split);
	}
	if (node->n >= DENSE_NODE)
		memset(w->counts, 0, UP_CELLS * sizeof(uint64_t));
	for (uint32_t i = 0; node->n < DENSE_NODE && i < n_present; i++)
		w->counts[present[i]] = 0;
}

/* ---- histograms of gradients in one word a row ---- */

/*
 * Gradients and hessians become whole numbers: of as many steps as their sums over all rows fit into 32 bits with (Shi et al. 2022 show
 * that far fewer do). What rounding leaves goes to the next row: the many small gradients beside a rare class would all round alike,
 * and their sum be off by up to half a step a row. Both stand in one 64-bit word, the gradient above, so that a row is one addition
 * a feature, and the larger child is what is left of its parent exactly. Splits are chosen by these sums; the values of leaves come
 * from exact ones.
 *
 * Where rows are too many for 128 steps, or leaves need a number of rows, the general way counts (tree_cells.c); missing values,
 * categories and directions are split by it (tree_split.c), from these sums.
 */

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
unpack_gradient(const UpGrower *w, uint64_t word, double *sums)
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
scan_gradient(const UpGrower *w, uint32_t feature, const uint64_t *cells, uint32_t n_bins, UpSplit *best)
{
	const UpGrowing *g = w->g;
	uint64_t all = w->node_word, sum = 0;
	double whole[3], gain = best->gain, parent, found_rows = 0;
	uint32_t found = UINT32_MAX, next = 0;

	unpack_gradient(w, all, whole);
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
		unpack_gradient(w, sum, left);
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
		scan_gradient(w, feature, cells, b->n_bins, &node->split);
		return;
	}
	for (uint32_t code = 0; code < b->n_bins; code++)
	{
		if (cells[code] == 0)
			continue;
		unpack_gradient(w, cells[code], w->one + (size_t) code * 3);
		present[n_present++] = (uint8_t) code;
	}
	unpack_gradient(w, cells[UP_BIN_MISSING], w->one + (size_t) UP_BIN_MISSING * 3);
	unpack_gradient(w, w->node_word, sums);
	up_split_find(g, feature, w->one, present, n_present, &at, &node->split);
}
