/*
 * tree_absolute.c - splits by absolute error; see tree_cells.h
 *
 * The impurity of rows is sum w |y - m| with m their weighted median; a split gains what it lessens that by. Along a feature's bins
 * rows enter a Fenwick tree (Fenwick 1994) over the node's values in order, which holds weights and sums: the median is found by
 * going down it, the impurity follows from the sums on either side. From the left and from the right, so that each split is known.
 * Missing values are tried on both sides.
 *
 * Cost: O(n log n) a feature and node.
 */
#include "learn/tree/tree_absolute.h"

#include "num/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ENTRY 8 /* what a row that enters takes, in rows that are looked at */

typedef struct Ranked
{
	double y;
	uint32_t at;
} Ranked;

struct UpAbsolute
{
	uint32_t *rank;       /* of each of the node's rows among its values */
	Ranked *sorted;       /* the node's rows by value */
	double *weight, *sum; /* Fenwick trees, from 1 */
	uint32_t *order;      /* the node's rows, by place of their bin */
	double *left, *right; /* impurity on either side of each place */
	double *rows_left;    /* rows up to each place */
	uint32_t n, top;      /* of the tree; its highest power of two */
	double all_weight, all_sum;
};

static int
compare_ranked(const void *a, const void *b)
{
	const Ranked *x = a, *y = b;

	if (x->y != y->y)
		return x->y < y->y ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

void
up_absolute_start(UpGrower *w)
{
	size_t n = UP_MAX(w->g->n_rows, 1);
	struct UpAbsolute *a = w->absolute = up_alloc0(sizeof(struct UpAbsolute));

	a->rank = up_alloc_array(n, sizeof(uint32_t));
	a->sorted = up_alloc_array(n, sizeof(Ranked));
	a->weight = up_alloc_array(n + 1, sizeof(double));
	a->sum = up_alloc_array(n + 1, sizeof(double));
	a->order = up_alloc_array(n, sizeof(uint32_t));
	a->left = up_alloc_array(UP_CELLS + 1, sizeof(double));
	a->right = up_alloc_array(UP_CELLS + 1, sizeof(double));
	a->rows_left = up_alloc_array(UP_CELLS + 1, sizeof(double));
}

void
up_absolute_end(UpGrower *w)
{
	struct UpAbsolute *a = w->absolute;

	if (a == NULL)
		return;
	up_free(a->rank);
	up_free(a->sorted);
	up_free(a->weight);
	up_free(a->sum);
	up_free(a->order);
	up_free(a->left);
	up_free(a->right);
	up_free(a->rows_left);
	up_free(a);
}

void
up_absolute_gather(UpGrower *w, const UpGrowth *node)
{
	struct UpAbsolute *a = w->absolute;

	for (uint32_t i = 0; i < node->n; i++)
		a->sorted[i] = (Ranked){w->g->y[w->g->rows[w->rows[node->first + i]]], i};
	up_sort(a->sorted, node->n, sizeof(Ranked), compare_ranked);
	for (uint32_t i = 0; i < node->n; i++)
		a->rank[a->sorted[i].at] = i;
	a->n = node->n;
	for (a->top = 1; a->top * 2 <= a->n;)
		a->top *= 2;
	up_grow_tick(w, node->n);
}

static void
empty(struct UpAbsolute *a)
{
	memset(a->weight, 0, ((size_t) a->n + 1) * sizeof(double));
	memset(a->sum, 0, ((size_t) a->n + 1) * sizeof(double));
	a->all_weight = a->all_sum = 0;
}

static void
enter(UpGrower *w, const UpGrowth *node, uint32_t i)
{
	struct UpAbsolute *a = w->absolute;
	double weight = w->pairs[2 * (size_t) w->rows[node->first + i]], value = weight * a->sorted[a->rank[i]].y;

	up_grow_tick(w, ENTRY);
	a->all_weight += weight;
	a->all_sum += value;
	for (uint32_t k = a->rank[i] + 1; k <= a->n; k += k & (0 - k))
	{
		a->weight[k] += weight;
		a->sum[k] += value;
	}
}

/* Of the rows that have entered. */
static double
impurity(const struct UpAbsolute *a)
{
	double half = a->all_weight / 2, weight = 0, sum = 0, median;
	uint32_t k = 0;

	if (a->all_weight <= 0)
		return 0;
	for (uint32_t step = a->top; step > 0; step /= 2)
	{
		if (k + step <= a->n && weight + a->weight[k + step] < half)
		{
			k += step;
			weight += a->weight[k];
			sum += a->sum[k];
		}
	}
	median = a->sorted[UP_MIN(k, a->n - 1)].y;
	return UP_MAX(median * weight - sum + (a->all_sum - sum) - median * (a->all_weight - weight), 0);
}

/* Places of bins: by code, or of categories by the mean of their rows. Returns their number; the missing one is not among them. */
static uint32_t
order_bins(const UpGrower *w, const UpGrowth *node, uint32_t feature, UpBinMean *bins, uint32_t *n_missing)
{
	uint32_t count[UP_CELLS] = {0}, n = 0;
	double sum[UP_CELLS] = {0};

	for (uint32_t i = 0; i < node->n; i++)
	{
		uint8_t code = up_grow_code(w, feature, w->rows[node->first + i]);

		count[code]++;
		sum[code] += w->absolute->sorted[w->absolute->rank[i]].y;
	}
	*n_missing = count[UP_BIN_MISSING];
	for (uint32_t code = 0; code < UP_BIN_MISSING; code++)
	{
		if (count[code] > 0)
			bins[n++] = (UpBinMean){sum[code] / count[code], count[code], (uint8_t) code};
	}
	if (w->g->bins->features[feature].n_values > 0)
		up_sort_bins(bins, n);
	return n;
}

/* The node's rows, missing ones first, then bin by bin. */
static void
order_rows(const UpGrower *w, const UpGrowth *node, uint32_t feature, const UpBinMean *bins, uint32_t n_bins,
		   uint32_t n_missing)
{
	uint32_t next[UP_CELLS] = {0}, at = n_missing;

	for (uint32_t b = 0; b < n_bins; b++)
	{
		next[bins[b].code] = at;
		at += bins[b].n;
	}
	for (uint32_t i = 0; i < node->n; i++)
		w->absolute->order[next[up_grow_code(w, feature, w->rows[node->first + i])]++] = i;
}

static void
record(const UpGrower *w, uint32_t feature, const UpBinMean *bins, uint32_t last, uint32_t n_bins,
	   bool missing_left, double gain, UpSplit *best)
{
	best->gain = gain;
	best->feature = feature;
	best->missing_left = missing_left;
	best->by_subset = w->g->bins->features[feature].n_values > 0;
	best->bin = last + 1 < n_bins ? (uint8_t) (bins[last].code + (bins[last + 1].code - bins[last].code) / 2)
								  : UP_MOST_BINS - 1;
	if (!best->by_subset)
		return;
	memset(best->subset, 0, sizeof(best->subset));
	for (uint32_t b = 0; b <= last; b++)
		best->subset[bins[b].code >> 3] |= (uint8_t) (1 << (bins[b].code & 7));
}

/* All splits with the missing rows on one side. */
static void
try_side(UpGrower *w, UpGrowth *node, uint32_t feature, const UpBinMean *bins, uint32_t n_bins,
		 uint32_t n_missing, bool missing_left, uint32_t only)
{
	struct UpAbsolute *a = w->absolute;
	double least = UP_MAX(w->g->min_samples_leaf, 1), whole, rows = missing_left ? n_missing : 0;
	uint32_t at = n_missing, places = !missing_left && n_missing > 0 ? n_bins : n_bins - 1;

	empty(a);
	for (uint32_t i = 0; missing_left && i < n_missing; i++)
		enter(w, node, a->order[i]);
	for (uint32_t b = 0; b < n_bins; b++)
	{
		for (uint32_t i = 0; i < bins[b].n; i++)
			enter(w, node, a->order[at++]);
		rows += bins[b].n;
		a->rows_left[b] = rows;
		a->left[b] = impurity(a);
	}
	empty(a);
	for (uint32_t i = 0; !missing_left && i < n_missing; i++)
		enter(w, node, a->order[i]);
	for (uint32_t b = n_bins; b-- > 0;)
	{
		a->right[b] = impurity(a);
		for (uint32_t i = 0; i < bins[b].n; i++)
			enter(w, node, a->order[--at]);
	}
	for (uint32_t i = 0; missing_left && i < n_missing; i++)
		enter(w, node, a->order[i]);
	whole = impurity(a);
	for (uint32_t b = 0; b < places; b++)
	{
		double gain = whole - a->left[b] - a->right[b], left = a->rows_left[b], right = node->n - left;

		if ((only != UINT32_MAX && b != only) || left < least || right < least)
			continue;
		if (gain > node->split.gain)
			record(w, feature, bins, b, n_bins, n_missing > 0 ? missing_left : left >= right, gain,
				   &node->split);
	}
}

void
up_absolute_find(UpGrower *w, UpGrowth *node, uint32_t feature)
{
	UpBinMean bins[UP_CELLS];
	uint32_t n_missing, n_bins = order_bins(w, node, feature, bins, &n_missing), only = UINT32_MAX;

	if (n_bins + (n_missing > 0) < 2 || n_bins == 0)
		return;
	order_rows(w, node, feature, bins, n_bins, n_missing);
	if (w->g->random_splits)
		only = n_bins > 1 ? (uint32_t) up_rng_below(w->g->rng, n_bins - 1) : 0;
	try_side(w, node, feature, bins, n_bins, n_missing, false, only);
	if (n_missing > 0)
		try_side(w, node, feature, bins, n_bins, n_missing, true, only);
}

double
up_absolute_error(const UpGrowing *g, const uint32_t *rows, uint32_t n, double *median)
{
	Ranked *sorted = up_alloc_array(UP_MAX(n, 1), sizeof(Ranked));
	double all = 0, below = 0, error = 0;
	uint32_t k = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		sorted[i] = (Ranked){g->y[rows[i]], i};
		all += g->weight != NULL ? g->weight[rows[i]] : 1;
	}
	up_sort(sorted, n, sizeof(Ranked), compare_ranked);
	for (; k + 1 < n; k++)
	{
		below += g->weight != NULL ? g->weight[rows[sorted[k].at]] : 1;
		if (below >= all / 2)
			break;
	}
	/* Half on either side: between the two. */
	*median = below == all / 2 && k + 1 < n ? sorted[k].y / 2 + sorted[k + 1].y / 2 : sorted[k].y;
	for (uint32_t i = 0; i < n; i++)
		error += (g->weight != NULL ? g->weight[rows[i]] : 1) * fabs(g->y[rows[i]] - *median);
	up_free(sorted);
	return error;
}
