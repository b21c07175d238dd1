/*
 * tree_split.c - scans a histogram for the best split; see tree_split.h
 *
 * Decreases of impurity, times the weight of the rows: with S the sum of w y and W that of w, squared error S^2 / W; gini of two
 * classes 2 S^2 / W, of more sum_k S_k^2 / W; entropy sum_k S_k log2(S_k / W); gradients 1/2 G^2 / (H + l2). Numbers: every edge
 * between bins. Categories: bins ordered by their mean (for two classes and numbers one of these splits is the best of all
 * subsets: Fisher 1958, Breiman et al. 1984; for more classes, by their share of the node's most frequent class). Missing values
 * are tried on both sides; where there are none in training, they go with more rows.
 */
#include "learn/tree/tree_split.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_SUMS 64 /* on the stack; more classes take the slower way */

uint32_t
up_split_sums(const UpGrowing *g)
{
	return up_grows_classes(g) && g->n_classes > 2 ? 2 + g->n_classes : 3;
}

static inline double
plogp(double s, double w)
{
	return s > 0 ? s * log2(s / w) : 0;
}

/* several: more than two classes. Written out for each criterion. */
static inline __attribute__((always_inline)) double
score_by(const UpGrowing *g, UpCriterion criterion, bool several, const double *sums)
{
	double w = sums[1], s = sums[2], score = 0;

	if (w <= 0 && criterion != UP_GRADIENT)
		return 0;
	switch (criterion)
	{
		case UP_SQUARED_ERROR:
			return s * s / w;
		case UP_GRADIENT:
			return w + g->l2 > 0 ? 0.5 * s * s / (w + g->l2) : 0;
		case UP_GINI:
			if (!several)
				return 2 * s * s / w;
			for (uint32_t k = 0; k < g->n_classes; k++)
				score += sums[2 + k] * sums[2 + k];
			return score / w;
		default:
			if (!several)
				return plogp(s, w) + plogp(w - s, w);
			for (uint32_t k = 0; k < g->n_classes; k++)
				score += plogp(sums[2 + k], w);
			return score;
	}
}

double
up_split_score(const UpGrowing *g, const double *sums)
{
	return score_by(g, g->criterion, g->n_classes > 2, sums);
}

/* A scan in progress: bins in some order, sums of what went left. */
typedef struct Scan
{
	const UpGrowing *g;
	uint32_t feature;
	const double *cells;
	const UpSplitNode *node;
	uint32_t n_sums;
	double parent;        /* the node's own score */
	const uint8_t *order; /* codes that occur, in the order in which they are tried */
	uint32_t n_order;
	bool by_subset;
	double *left, *right;
} Scan;

/* Whether the leaf values of a split keep to the direction that is asked for and to the bounds from above. */
static bool
keeps_direction(const Scan *s)
{
	int8_t direction = s->g->monotone != NULL ? s->g->monotone[s->feature] : 0;
	double sign = s->g->criterion == UP_GRADIENT ? -1 : 1, l2 = s->g->criterion == UP_GRADIENT ? s->g->l2 : 0;
	double a, b;

	if (s->g->monotone == NULL)
		return true;
	a = sign * s->left[2] / (s->left[1] + l2);
	b = sign * s->right[2] / (s->right[1] + l2);
	a = UP_MIN(UP_MAX(a, s->node->low), s->node->high);
	b = UP_MIN(UP_MAX(b, s->node->low), s->node->high);
	return direction == 0 || (direction > 0 ? a <= b : a >= b);
}

/* The gain of the split as it stands, or -INFINITY where it is not allowed. */
static inline __attribute__((always_inline)) double
gain_here(const Scan *s, UpCriterion criterion, bool several)
{
	if (s->left[0] < s->g->min_samples_leaf || s->right[0] < s->g->min_samples_leaf || s->left[0] < 1 ||
		s->right[0] < 1 || s->left[1] < s->g->min_weight || s->right[1] < s->g->min_weight ||
		!keeps_direction(s))
		return -INFINITY;
	return score_by(s->g, criterion, several, s->left) + score_by(s->g, criterion, several, s->right) -
		   s->parent;
}

static void
record(const Scan *s, double gain, uint32_t last, bool missing_left, UpSplit *best)
{
	best->gain = gain;
	best->feature = s->feature;
	best->missing_left = missing_left;
	best->by_subset = s->by_subset;
	/* Codes between two that occur here go with the nearer one. */
	best->bin = last + 1 < s->n_order ? (uint8_t) (s->order[last] + (s->order[last + 1] - s->order[last]) / 2)
									  : UP_MOST_BINS - 1;
	if (!s->by_subset)
		return;
	memset(best->subset, 0, sizeof(best->subset));
	for (uint32_t i = 0; i <= last; i++)
		best->subset[s->order[i] >> 3] |= (uint8_t) (1 << (s->order[i] & 7));
}

/* All splits with the missing values on one side; only: the one after this place. */
static inline __attribute__((always_inline)) void
scan_by(Scan *s, UpCriterion criterion, uint32_t n_sums, bool missing_left, uint32_t only, UpSplit *best)
{
	const double *missing = s->cells + (size_t) UP_BIN_MISSING * n_sums, *sums = s->node->sums;
	double *left = s->left, *right = s->right;
	/* With missing values on the right alone, all that is known may be on the left. */
	uint32_t end = !missing_left && missing[0] > 0 ? s->n_order : s->n_order - 1;

	for (uint32_t k = 0; k < n_sums; k++)
		left[k] = missing_left ? missing[k] : 0;
	for (uint32_t i = 0; i < end; i++)
	{
		const double *cell = s->cells + (size_t) s->order[i] * n_sums;
		double gain;

		for (uint32_t k = 0; k < n_sums; k++)
		{
			left[k] += cell[k];
			right[k] = sums[k] - left[k];
		}
		if (only != UINT32_MAX && i != only)
			continue;
		gain = gain_here(s, criterion, n_sums > 3);
		if (gain > best->gain)
			record(s, gain, i, missing[0] > 0 ? missing_left : left[0] >= right[0], best);
	}
}

static void
scan(Scan *s, bool missing_left, uint32_t only, UpSplit *best)
{
	if (s->n_sums == 3 && s->g->criterion == UP_GINI)
		scan_by(s, UP_GINI, 3, missing_left, only, best);
	else if (s->n_sums == 3 && s->g->criterion == UP_SQUARED_ERROR)
		scan_by(s, UP_SQUARED_ERROR, 3, missing_left, only, best);
	else
		scan_by(s, s->g->criterion, s->n_sums, missing_left, only, best);
}

static int
compare_means(const void *a, const void *b)
{
	const UpBinMean *x = a, *y = b;

	if (x->mean != y->mean)
		return x->mean < y->mean ? -1 : 1;
	return x->code < y->code ? -1 : 1;
}

void
up_sort_bins(UpBinMean *bins, uint32_t n)
{
	UP_ASSERT(n <= UP_CELLS);
	qsort(bins, n, sizeof(UpBinMean), compare_means);
}

/* Bins of a category, by the mean of what is to be predicted. */
static void
order_bins(const Scan *s, uint8_t *order)
{
	UpBinMean bins[UP_CELLS];
	uint32_t best = 2;

	for (uint32_t k = 3; k < s->n_sums; k++)
		best = s->node->sums[k] > s->node->sums[best] ? k : best;
	for (uint32_t i = 0; i < s->n_order; i++)
	{
		const double *cell = s->cells + (size_t) order[i] * s->n_sums;
		double l2 = s->g->criterion == UP_GRADIENT ? s->g->l2 : 0;

		bins[i] = (UpBinMean){cell[1] + l2 > 0 ? cell[best] / (cell[1] + l2) : 0, 0, order[i]};
	}
	up_sort_bins(bins, s->n_order);
	for (uint32_t i = 0; i < s->n_order; i++)
		order[i] = bins[i].code;
}

void
up_split_find(const UpGrowing *g, uint32_t feature, const double *cells, uint8_t *present, uint32_t n_present,
			  const UpSplitNode *node, UpSplit *best)
{
	double buffer[2 * MOST_SUMS];
	uint32_t n_sums = up_split_sums(g), only = UINT32_MAX;
	bool misses = cells[(size_t) UP_BIN_MISSING * n_sums] > 0;
	Scan s = {.g = g,
			  .feature = feature,
			  .cells = cells,
			  .node = node,
			  .n_sums = n_sums,
			  .order = present,
			  .n_order = n_present};
	double *heap;

	if (n_present + misses < 2 || n_present == 0)
		return;
	heap = n_sums > MOST_SUMS ? up_alloc_array(2 * (size_t) n_sums, sizeof(double)) : NULL;
	s.left = heap != NULL ? heap : buffer;
	s.right = s.left + n_sums;
	s.parent = up_split_score(g, node->sums);
	s.by_subset = g->bins->features[feature].n_values > 0;
	if (s.by_subset)
		order_bins(&s, present);
	if (g->random_splits)
		only = n_present > 1 ? (uint32_t) up_rng_below(g->rng, n_present - 1) : 0;
	scan(&s, false, only, best);
	if (misses)
		scan(&s, true, only, best);
	up_free(heap);
}
