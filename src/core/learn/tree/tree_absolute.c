/*
 * tree_absolute.c - splits by absolute error; see tree_cells.h
 *
 * The impurity of rows is sum w |y - m| with m their weighted median; a split gains what it lessens that by. The rows of a node are known by
 * value, as sqrt(n) groups of as many. Weights and sums of each bin and group are counted once; along the bins those of the groups add up, which
 * tells the group that the median is in, and its rows tell the rest. From the left and from the right, so that each split is known.
 * Missing values are tried on both sides.
 *
 * Cost: O(n + bins sqrt(n)) a feature and node. The order by value is found once: a split parts it as it does the rows.
 */
#include "learn/tree/tree_absolute.h"

#include "num/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct Amount
{
	double weight, sum; /* of w, and of w y */
} Amount;

/* Of the node that is looked at. */
struct UpAbsolute
{
	const double *value, *weight; /* of its rows, by value */
	uint8_t *place;               /* of the bin of each, among those of a feature */
	uint32_t n, shift;            /* rows, and 1 << shift of them a group */
	uint32_t n_groups;
	Amount *cells; /* place by place, of each group */
	/* Along the places: those that have entered, and what their rows make. */
	bool entered[UP_CELLS];
	Amount *groups, all;
	double left[UP_CELLS], right[UP_CELLS]; /* impurity on either side of each place */
	double rows_left[UP_CELLS];             /* rows up to each place */
};

/* Groups are about as many as rows in one. */
static uint32_t
shift_of(uint32_t n)
{
	uint32_t shift = 0;

	while ((UINT64_C(1) << 2 * shift) < n)
		shift++;
	return shift;
}

void
up_absolute_scratch(UpGrower *w, uint32_t n)
{
	size_t groups = UINT64_C(1) << shift_of(n);
	struct UpAbsolute *a = w->absolute = up_alloc0(sizeof(struct UpAbsolute));

	a->place = up_alloc_array(UP_MAX(n, 1), 1);
	a->cells = up_alloc_array(UP_CELLS * groups, sizeof(Amount));
	a->groups = up_alloc_array(groups, sizeof(Amount));
}

void
up_absolute_start(UpGrower *w)
{
	UpByValue *v = &w->by_value;
	size_t n = UP_MAX(w->g->n_rows, 1);

	if (w->shared == NULL)
		*v = (UpByValue){up_alloc_array(n, sizeof(uint32_t)), up_alloc_array(n, sizeof(double)),
						 up_alloc_array(n, sizeof(double)), up_alloc_array(n, sizeof(uint32_t))};
	for (uint32_t i = 0; i < w->g->n_rows; i++)
		v->value[i] = w->g->y[w->g->rows[i]];
	up_order_doubles(v->value, w->g->n_rows, v->order);
	up_absolute_scratch(w, w->g->n_rows);
}

void
up_absolute_end(UpGrower *w)
{
	struct UpAbsolute *a = w->absolute;

	if (a == NULL)
		return;
	if (w->shared == NULL)
	{
		up_free(w->by_value.order);
		up_free(w->by_value.value);
		up_free(w->by_value.weight);
		up_free(w->by_value.rank);
	}
	up_free(a->place);
	up_free(a->cells);
	up_free(a->groups);
	up_free(a);
}

void
up_absolute_fill(UpGrower *w, const UpGrowth *node, uint32_t from, uint32_t end)
{
	UpByValue *v = &w->by_value;

	for (uint32_t i = from; i < end; i++)
	{
		uint32_t at = v->order[node->first + i];

		v->value[node->first + i] = w->g->y[w->g->rows[at]];
		v->weight[node->first + i] = w->pairs[2 * (size_t) at];
		v->rank[at] = i;
	}
	up_grow_tick(w, end - from);
}

void
up_absolute_look(UpGrower *w, const UpGrowth *node)
{
	struct UpAbsolute *a = w->absolute;

	a->value = w->by_value.value + node->first;
	a->weight = w->by_value.weight + node->first;
	a->n = node->n;
	a->shift = shift_of(a->n);
	a->n_groups = (uint32_t) (((uint64_t) a->n + (UINT64_C(1) << a->shift) - 1) >> a->shift);
}

void
up_absolute_gather(UpGrower *w, const UpGrowth *node)
{
	up_absolute_fill(w, node, 0, node->n);
	up_absolute_look(w, node);
}

static void
empty(struct UpAbsolute *a)
{
	memset(a->entered, 0, sizeof(a->entered));
	memset(a->groups, 0, a->n_groups * sizeof(Amount));
	a->all = (Amount){0, 0};
}

static void
enter(struct UpAbsolute *a, uint32_t place)
{
	const Amount *UP_RESTRICT cells = a->cells + (size_t) place * a->n_groups;
	Amount *UP_RESTRICT groups = a->groups;

	a->entered[place] = true;
	for (uint32_t k = 0; k < a->n_groups; k++)
	{
		groups[k].weight += cells[k].weight;
		groups[k].sum += cells[k].sum;
		a->all.weight += cells[k].weight;
		a->all.sum += cells[k].sum;
	}
}

/* Of the rows that have entered. */
static double
impurity(const struct UpAbsolute *a)
{
	double half = a->all.weight / 2, median = a->value[a->n - 1];
	Amount below = {0, 0};
	uint32_t group = 0, end;

	if (a->all.weight <= 0)
		return 0;
	for (; group + 1 < a->n_groups && below.weight + a->groups[group].weight < half; group++)
	{
		below.weight += a->groups[group].weight;
		below.sum += a->groups[group].sum;
	}
	end = UP_MIN((group + 1) << a->shift, a->n);
	for (uint32_t i = group << a->shift; i < end; i++)
	{
		if (!a->entered[a->place[i]])
			continue;
		median = a->value[i];
		if (below.weight + a->weight[i] >= half)
			break;
		below.weight += a->weight[i];
		below.sum += a->weight[i] * median;
	}
	return UP_MAX(median * below.weight - below.sum + (a->all.sum - below.sum) -
					  median * (a->all.weight - below.weight),
				  0);
}

/* Places of bins: by code, or of categories by the mean of their rows; rows that miss theirs have the one behind. Returns their number. */
static uint32_t
order_bins(const UpGrower *w, const UpGrowth *node, uint32_t feature, UpBinMean *bins, uint32_t *n_missing)
{
	struct UpAbsolute *a = w->absolute;
	const uint32_t *rows = w->rows + node->first;
	bool means = w->g->bins->features[feature].n_values > 0;
	uint32_t count[UP_CELLS] = {0}, n = 0;
	double sum[UP_CELLS] = {0};
	uint8_t places[UP_CELLS];

	for (uint32_t i = 0; i < a->n; i++)
	{
		uint8_t code = up_grow_code(w, feature, rows[i]);

		a->place[w->by_value.rank[rows[i]]] = code;
		count[code]++;
	}
	for (uint32_t i = 0; means && i < a->n; i++)
		sum[a->place[i]] += a->value[i];
	*n_missing = count[UP_BIN_MISSING];
	for (uint32_t code = 0; code < UP_BIN_MISSING; code++)
	{
		if (count[code] > 0)
			bins[n++] = (UpBinMean){sum[code] / count[code], count[code], (uint8_t) code};
	}
	if (means)
		up_sort_bins(bins, n);
	for (uint32_t b = 0; b < n; b++)
		places[bins[b].code] = (uint8_t) b;
	places[UP_BIN_MISSING] = (uint8_t) n;
	for (uint32_t i = 0; i < a->n; i++)
		a->place[i] = places[a->place[i]];
	return n;
}

static void
count_cells(UpGrower *w, uint32_t n_places)
{
	struct UpAbsolute *a = w->absolute;

	memset(a->cells, 0, (size_t) n_places * a->n_groups * sizeof(Amount));
	for (uint32_t group = 0; group < a->n_groups; group++)
	{
		uint32_t first = group << a->shift, end = UP_MIN((group + 1) << a->shift, a->n);

		for (uint32_t i = first; i < end; i++)
		{
			Amount *cell = &a->cells[(size_t) a->place[i] * a->n_groups + group];

			cell->weight += a->weight[i];
			cell->sum += a->weight[i] * a->value[i];
		}
		up_grow_tick(w, end - first);
	}
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
	uint32_t places = !missing_left && n_missing > 0 ? n_bins : n_bins - 1;

	empty(a);
	if (missing_left)
		enter(a, n_bins);
	for (uint32_t b = 0; b < n_bins; b++)
	{
		enter(a, b);
		rows += bins[b].n;
		a->rows_left[b] = rows;
		a->left[b] = impurity(a);
	}
	up_grow_tick(w, n_bins << a->shift);
	empty(a);
	if (!missing_left && n_missing > 0)
		enter(a, n_bins);
	for (uint32_t b = n_bins; b-- > 0;)
	{
		a->right[b] = impurity(a);
		enter(a, b);
	}
	if (missing_left)
		enter(a, n_bins);
	whole = impurity(a);
	up_grow_tick(w, n_bins << a->shift);
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
	count_cells(w, n_bins + (n_missing > 0));
	if (w->g->random_splits)
		only = n_bins > 1 ? (uint32_t) up_rng_below(w->g->rng, n_bins - 1) : 0;
	try_side(w, node, feature, bins, n_bins, n_missing, false, only);
	if (n_missing > 0)
		try_side(w, node, feature, bins, n_bins, n_missing, true, only);
}

typedef struct Ranked
{
	double y;
	uint32_t at;
} Ranked;

static int
compare_ranked(const void *a, const void *b)
{
	const Ranked *x = a, *y = b;

	if (x->y != y->y)
		return x->y < y->y ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static double
weight_of(const UpGrowing *g, uint32_t row)
{
	return g->weight != NULL ? g->weight[row] : 1;
}

/* The median of rows by value, whose weights sum up to all. */
static double
median_of(const UpGrowing *g, const uint32_t *sorted, uint32_t n, double all)
{
	double below = 0;
	uint32_t k = 0;

	for (; k + 1 < n; k++)
	{
		below += weight_of(g, sorted[k]);
		if (below >= all / 2)
			break;
	}
	/* Half on either side: between the two. */
	return below == all / 2 && k + 1 < n ? g->y[sorted[k]] / 2 + g->y[sorted[k + 1]] / 2 : g->y[sorted[k]];
}

double
up_absolute_leaf(const UpGrower *w, const UpGrowth *node)
{
	const UpGrowing *g = w->g;
	uint32_t *sorted = up_alloc_array(UP_MAX(node->n, 1), sizeof(uint32_t));
	double all = 0, median;

	for (uint32_t i = 0; i < node->n; i++)
	{
		sorted[i] = g->rows[w->by_value.order[node->first + i]];
		all += weight_of(g, g->rows[w->rows[node->first + i]]);
	}
	median = median_of(g, sorted, node->n, all);
	up_free(sorted);
	return median;
}

double
up_absolute_error(const UpGrowing *g, const uint32_t *rows, uint32_t n, double *median)
{
	Ranked *ranked = up_alloc_array(UP_MAX(n, 1), sizeof(Ranked));
	uint32_t *sorted = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	double all = 0, error = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		ranked[i] = (Ranked){g->y[rows[i]], i};
		all += weight_of(g, rows[i]);
	}
	up_sort(ranked, n, sizeof(Ranked), compare_ranked);
	for (uint32_t i = 0; i < n; i++)
		sorted[i] = rows[ranked[i].at];
	*median = median_of(g, sorted, n, all);
	for (uint32_t i = 0; i < n; i++)
		error += weight_of(g, rows[i]) * fabs(g->y[rows[i]] - *median);
	up_free(ranked);
	up_free(sorted);
	return error;
}
