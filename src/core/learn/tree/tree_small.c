/*
 * tree_small.c - small trees asked for many rows at once; see tree_small.h, and vec_leaves.h for how
 *
 * Codes of UP_LEAVES_ROWS rows stand together, feature by feature. Features that no split asks have no column; those that are asked by
 * splits that send missing values to the left have another one, where these are below all.
 *
 * Cost: O(splits) a row and tree; the leaves' values are added in the order of the trees, as walks add them.
 */
#include "learn/tree/tree_small.h"

#include "learn/tree/tree_compact.h"
#include "num/vec_leaves.h"

#include <string.h>

#define ROWS UP_LEAVES_ROWS
#define NONE UINT32_MAX

typedef struct Small
{
	UpLeavesSplit *splits; /* NULL: not a small one, or a leaf alone */
	uint32_t n_splits;
	uint8_t *subsets;
	double *values; /* NULL: not a small one */
} Small;

struct UpSmallTrees
{
	uint32_t n_trees, n_small;
	uint32_t per_leaf; /* values */
	Small *trees;
	uint32_t n_columns;
	uint32_t *features; /* of each column */
	bool *low;          /* whether missing values are below all there */
	/* while they are made: of each feature, and of those with missing values below all, its column */
	uint32_t *columns;
};

static bool
is_small(const UpTree *t)
{
	return t->n_leaves <= up_vec_leaves_worth();
}

static uint32_t
column_of(UpSmallTrees *s, uint32_t feature, bool low, uint32_t n_features)
{
	uint32_t *column = &s->columns[feature + (low ? n_features : 0)];

	if (*column == NONE)
	{
		*column = s->n_columns++;
		s->features[*column] = feature;
		s->low[*column] = low;
	}
	return *column;
}

/* Which codes go right. */
static void
set_subset(uint8_t *to, const UpTree *t, uint32_t node, bool missing_left)
{
	const uint8_t *left = up_tree_subset(t, node);

	for (int i = 0; i < UP_SUBSET_BYTES; i++)
		to[i] = (uint8_t) ~left[i];
	to[UP_BIN_MISSING >> 3] &= 127;
	to[UP_BIN_MISSING >> 3] |= missing_left ? 0 : 128;
}

static void
lay_out(UpSmallTrees *s, const UpTree *t, uint32_t n_features, Small *small)
{
	uint32_t n_subsets = 0, n_leaves = 0;

	small->splits = up_alloc_array(UP_MAX(t->n_leaves - 1, 1), sizeof(UpLeavesSplit));
	small->subsets = t->n_subsets > 0 ? up_alloc_array(t->n_subsets, UP_SUBSET_BYTES) : NULL;
	small->values = up_alloc_array((size_t) t->n_leaves * s->per_leaf, sizeof(double));
	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		const UpNode *node = &t->nodes[i];
		bool missing_left = (node->flags & UP_NODE_MISSING_LEFT) != 0;
		bool subset = (node->flags & UP_NODE_SUBSET) != 0;
		UpLeavesSplit *split = &small->splits[small->n_splits];

		if ((node->flags & UP_NODE_LEAF) != 0)
		{
			/* Of one or two values the last; leaves stand in preorder. */
			memcpy(small->values + (size_t) n_leaves * s->per_leaf,
				   t->values + (size_t) node->next * t->width + (t->width - s->per_leaf),
				   s->per_leaf * sizeof(double));
			n_leaves++;
			if (small->n_splits > 0)
				split[-1].leaves++;
			continue;
		}
		split->column = ROWS * column_of(s, node->feature, missing_left && !subset, n_features);
		split->bin = (int8_t) (node->bin - UP_LEAVES_SIGN);
		split->leaves = 0;
		split->subset = -1;
		if (subset)
		{
			set_subset(small->subsets + (size_t) n_subsets * UP_SUBSET_BYTES, t, i, missing_left);
			split->subset = (int16_t) n_subsets++;
		}
		small->n_splits++;
	}
}

UpSmallTrees *
up_small_new(UpTree *const *trees, uint32_t n_trees, uint32_t n_features, UpSmallTrees **half)
{
	UpSmallTrees *s;

	up_small_free(*half);
	s = *half = up_alloc0(sizeof(UpSmallTrees));
	s->trees = up_alloc0(UP_MAX(n_trees, 1) * sizeof(Small));
	s->n_trees = n_trees;
	s->columns = up_alloc_array(UP_MAX(n_features, 1), 2 * sizeof(uint32_t));
	memset(s->columns, 0xff, (size_t) n_features * 2 * sizeof(uint32_t));
	s->per_leaf = n_trees > 0 && trees[0]->width > 2 ? trees[0]->width : 1;
	s->features = up_alloc_array(UP_MAX(n_features, 1), 2 * sizeof(uint32_t));
	s->low = up_alloc_array(UP_MAX(n_features, 1), 2 * sizeof(bool));
	for (uint32_t t = 0; t < n_trees; t++)
	{
		if (t % 64 == 0)
			up_tick();
		if (!is_small(trees[t]))
			continue;
		if (trees[t]->nodes != NULL)
			lay_out(s, trees[t], n_features, &s->trees[t]);
		else
		{
			UpTree opened = up_compact_nodes(trees[t]);

			lay_out(s, &opened, n_features, &s->trees[t]);
			up_tree_free_nodes(&opened);
		}
		s->n_small++;
	}
	up_free(s->columns);
	s->columns = NULL;
	*half = NULL;
	return s;
}

void
up_small_free(UpSmallTrees *s)
{
	if (s == NULL)
		return;
	for (uint32_t t = 0; t < s->n_trees; t++)
	{
		up_free(s->trees[t].splits);
		up_free(s->trees[t].subsets);
		up_free(s->trees[t].values);
	}
	up_free(s->trees);
	up_free(s->features);
	up_free(s->low);
	up_free(s->columns);
	up_free(s);
}

bool
up_small_has(const UpSmallTrees *s, uint32_t tree)
{
	return s->trees[tree].values != NULL;
}

uint32_t
up_small_count(const UpSmallTrees *s)
{
	return s->n_small;
}

size_t
up_small_codes(const UpSmallTrees *s, size_t n)
{
	return (n + ROWS - 1) / ROWS * ROWS * UP_MAX(s->n_columns, 1);
}

void
up_small_encode(const UpSmallTrees *s, const UpBins *bins, const double *x, size_t n, int8_t *codes)
{
	for (size_t first = 0; first < n; first += ROWS)
	{
		size_t rows = UP_MIN(ROWS, n - first);
		int8_t *to = codes + first * s->n_columns;

		if (rows < ROWS)
			memset(to, 0, (size_t) ROWS * s->n_columns);
		up_bins_encode_columns(bins, s->features, s->n_columns, x + first * bins->n_features, rows,
							   (uint8_t *) to, ROWS);
		for (uint32_t c = 0; c < s->n_columns; c++)
		{
			uint8_t *column = (uint8_t *) to + (size_t) c * ROWS;

			/* Missing values are above all, as they are, or below. */
			for (int i = 0; i < ROWS; i++)
			{
				uint8_t code = s->low[c] && column[i] == UP_BIN_MISSING ? 0 : column[i];

				column[i] = code ^ UP_LEAVES_SIGN;
			}
		}
	}
}

void
up_small_add(const UpSmallTrees *s, uint32_t tree, const int8_t *codes, size_t n, uint32_t width, double *out)
{
	const Small *t = &s->trees[tree];
	uint8_t says[ROWS];

	for (size_t first = 0; first < n; first += ROWS)
	{
		size_t rows = UP_MIN(ROWS, n - first);
		double *to = out + first * width;

		up_vec_leaves(t->splits, t->n_splits, t->subsets, codes + first * s->n_columns, says);
		if (s->per_leaf == 1)
		{
			for (size_t i = 0; i < rows; i++)
				to[i * width] += t->values[says[i]];
			continue;
		}
		for (size_t i = 0; i < rows; i++)
		{
			const double *values = t->values + (size_t) says[i] * width;

			for (uint32_t k = 0; k < width; k++)
				to[i * width + k] += values[k];
		}
	}
}
