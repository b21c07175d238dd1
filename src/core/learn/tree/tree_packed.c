/*
 * tree_packed.c - the best split by Gini of two classes, counted in one word a row; see tree_cells.h
 *
 * Where weights are whole numbers (rows drawn so and so often), the number of rows, their weight and the weight of the second
 * class fit into 64 bits, 21 and more each: a histogram is 256 words, a row is one addition, and the sums of a scan come by
 * shifts. All sums are whole, so the splits are those of the general way (tree_split.c), which also takes over where values
 * are missing, categories are split or directions are asked for.
 *
 * Cost: O(rows) a feature, and its bins that occur.
 */
#include "learn/tree/tree_cells.h"

#include <math.h>
#include <string.h>

#define BITS       21
#define MASK       ((UINT64_C(1) << BITS) - 1)
#define DENSE_NODE 256 /* rows from which all bins are looked at rather than those that were noted */

/* Words of all rows; NULL where they do not fit. */
static uint64_t *
words_of(const UpGrowing *g)
{
	uint64_t *words, total = 0;

	if (g->criterion != UP_GINI || g->n_classes != 2 || g->n_rows > MASK)
		return NULL;
	words = up_alloc_array(UP_MAX(g->n_rows, 1), sizeof(uint64_t));
	for (uint32_t i = 0; i < g->n_rows; i++)
	{
		double weight = g->weight != NULL ? g->weight[g->rows[i]] : 1;

		if (!(weight >= 0 && weight <= (double) MASK) || weight != floor(weight) ||
			(total += (uint64_t) weight) > MASK)
		{
			up_free(words);
			return NULL;
		}
		words[i] = UINT64_C(1) << 2 * BITS | (uint64_t) weight << BITS |
				   (g->y[g->rows[i]] != 0 ? (uint64_t) weight : 0);
	}
	return words;
}

void
up_packed_start(UpGrower *w)
{
	w->words = words_of(w->g);
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
	uint64_t sum = 0;

	for (uint32_t i = 0; i < node->n; i++)
		sum += w->words[rows[i]];
	unpack(sum, sums);
}

/* Counts the node's rows by code; returns the number of codes that occur, ascending in present. */
static uint32_t
count(UpGrower *w, const UpGrowth *node, uint32_t feature, uint8_t *present)
{
	const uint32_t *UP_RESTRICT rows = w->rows + node->first;
	const uint8_t *UP_RESTRICT codes = w->columns + (size_t) feature * w->g->n_rows;
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

void
up_packed_find(UpGrower *w, UpGrowth *node, uint32_t feature)
{
	const UpGrowing *g = w->g;
	uint8_t present[UP_CELLS + 1];
	uint32_t n_present = count(w, node, feature, present);
	bool misses = w->counts[UP_BIN_MISSING] != 0;

	if (!misses && !g->random_splits && g->monotone == NULL && g->min_weight <= 0 &&
		g->bins->features[feature].n_values == 0)
		scan(w, node, feature, present, n_present, &node->split);
	else
	{
		UpSplitNode at = {node->sums, node->low, node->high};

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
