/*
 * tree_reuse.c - what trainings of trees and forests on the same rows share; see tree_reuse.h
 */
#include "learn/tree/tree_reuse.h"

#include <math.h>
#include <string.h>

typedef struct Kept
{
	UpTreeRows rows;
	uint32_t n, next;
	UpTreeGrown grown[UP_TREES_MOST_GROWN];
} Kept;

UpTreeRows
up_trees_rows(const UpFit *fit, UpBins *before)
{
	const UpData *d = fit->data;
	UpReuse *reuse = fit->reuse;
	Kept *kept = reuse != NULL ? reuse->kept : NULL;
	UpTreeRows rows = {0};
	void *memory = NULL;

	if (kept != NULL)
		return kept->rows;
	rows.kept = up_reuse_take(reuse, d->n_rows * (d->n_features + sizeof(double)));
	if (rows.kept)
		memory = up_arena_visit(reuse->arena);
	rows.bins = up_bins_rows(d, before, &rows.codes, NULL, &rows.y);
	if (!rows.kept)
		return rows;
	kept = up_alloc0(sizeof(Kept));
	kept->rows = rows;
	up_arena_return(memory);
	reuse->kept = kept;
	return rows;
}

void
up_trees_rows_free(UpTreeRows *rows)
{
	if (rows->kept)
		return;
	up_free_large(rows->codes);
	up_free_large(rows->y);
}

static void
free_tree(UpTree *t)
{
	up_tree_free_nodes(t);
	up_free(t);
}

static void
free_grown(const UpGrown *g)
{
	free_tree(g->tree);
	up_free(g->leaf_first);
	up_free(g->gain);
	up_free(g->inner);
}

static void
forget(UpReuse *reuse, UpTreeGrown *g)
{
	for (uint32_t i = 0; i < g->n_trees; i++)
		free_tree(g->trees[i]);
	up_free(g->trees);
	if (g->deep.tree != NULL)
	{
		free_grown(&g->deep);
		up_free(g->deep.rows);
	}
	up_reuse_give_back(reuse, g->bytes);
	memset(g, 0, sizeof(UpTreeGrown));
}

static bool
grows_alike(const UpGrowParams *a, const UpGrowParams *b)
{
	return a->criterion == b->criterion && a->min_samples_split == b->min_samples_split &&
		   a->min_samples_leaf == b->min_samples_leaf && a->max_leaf_nodes == b->max_leaf_nodes &&
		   a->min_impurity_decrease == b->min_impurity_decrease && a->splitter == b->splitter &&
		   a->max_depth == b->max_depth && up_value_equal(a->max_features, b->max_features) &&
		   up_value_equal(a->class_weight, b->class_weight);
}

static bool
draws_alike(UpForestDraw a, UpForestDraw b)
{
	return a.bootstrap == b.bootstrap &&
		   (a.max_samples == b.max_samples || (isnan(a.max_samples) && isnan(b.max_samples)));
}

UpTreeGrown *
up_trees_kept_forest(UpReuse *reuse, const UpGrowParams *how, UpForestDraw draw)
{
	Kept *kept = reuse != NULL ? reuse->kept : NULL;
	UpTreeGrown *g;
	void *before;

	if (kept == NULL)
		return NULL;
	for (uint32_t i = 0; i < kept->n; i++)
	{
		if (grows_alike(&kept->grown[i].how, how) && draws_alike(kept->grown[i].draw, draw))
			return &kept->grown[i];
	}
	g = &kept->grown[kept->next];
	if (kept->n == UP_TREES_MOST_GROWN)
		forget(reuse, g);
	kept->n = UP_MAX(kept->n, kept->next + 1);
	kept->next = (kept->next + 1) % UP_TREES_MOST_GROWN;
	before = up_arena_visit(reuse->arena);
	g->how = *how;
	g->how.max_features = how->max_features != NULL ? up_value_copy(how->max_features) : NULL;
	g->how.class_weight = how->class_weight != NULL ? up_value_copy(how->class_weight) : NULL;
	g->draw = draw;
	up_arena_return(before);
	return g;
}

UpTreeGrown *
up_trees_kept(UpReuse *reuse, const UpGrowParams *how)
{
	UpGrowParams of_all = *how;

	of_all.max_depth = INT64_MIN;
	return up_trees_kept_forest(reuse, &of_all, (UpForestDraw){false, NAN});
}

void
up_trees_keep_deep(UpReuse *reuse, UpTreeGrown *kept, const UpGrown *deep, uint32_t depth, uint32_t n_rows)
{
	const UpTree *t = deep->tree;
	size_t bytes =
		up_tree_bytes(t) + n_rows * sizeof(uint32_t) + (size_t) t->n_nodes * (t->width + 1) * sizeof(double);

	UP_ASSERT(kept->deep.tree == NULL);
	kept->full = !up_reuse_take(reuse, bytes);
	if (kept->full)
	{
		free_grown(deep);
		return;
	}
	kept->deep = *deep;
	kept->depth = depth;
	kept->bytes += bytes;
}

void
up_trees_keep_next(UpReuse *reuse, UpTreeGrown *kept, UpTree *tree)
{
	size_t bytes = up_tree_bytes(tree);
	void *before;

	kept->full = kept->full || !up_reuse_take(reuse, bytes);
	if (kept->full)
		return;
	before = up_arena_visit(reuse->arena);
	if (kept->n_trees == kept->capacity)
	{
		uint32_t more = UP_MAX(2 * kept->capacity, 16);

		kept->trees = kept->trees == NULL ? up_alloc_array(more, sizeof(UpTree *))
										  : up_realloc(kept->trees, more * sizeof(UpTree *));
		kept->capacity = more;
	}
	up_arena_return(before);
	kept->trees[kept->n_trees++] = tree;
	kept->bytes += bytes;
}
