/*
 * tree_finish.c - a tree that was grown, as it is kept; see tree_grower.h
 *
 * Cost: O(nodes).
 */
#include "learn/tree/tree_grower.h"

#include "learn/tree/tree_absolute.h"

#include <string.h>

static void
set_values(const UpGrower *w, const UpGrowth *node, double *values)
{
	const UpGrowing *g = w->g;

	if (w->absolute != NULL && node->left == UP_NO_NODE)
		values[0] = up_absolute_leaf(w, node);
	else if (w->absolute != NULL)
	{
		uint32_t *rows = up_alloc_array(UP_MAX(node->n, 1), sizeof(uint32_t));

		for (uint32_t i = 0; i < node->n; i++)
			rows[i] = g->rows[w->rows[node->first + i]];
		up_absolute_error(g, rows, node->n, values);
		up_free(rows);
	}
	else if (!up_grows_classes(g))
		values[0] = UP_MIN(UP_MAX(up_grow_value(g, node->sums), node->low), node->high);
	else if (g->n_classes <= 2)
	{
		values[g->n_classes - 1] = g->n_classes == 2 ? node->sums[2] / node->sums[1] : 1;
		if (g->n_classes == 2)
			values[0] = 1 - values[1];
	}
	else
	{
		for (uint32_t k = 0; k < g->n_classes; k++)
			values[k] = node->sums[2 + k] / node->sums[1];
	}
}

/* Subsets of categories behind those that the tree has. */
static void
append_subsets(UpTree *t, const uint8_t *subsets, uint32_t n)
{
	size_t before = (size_t) t->n_subsets * UP_SUBSET_BYTES, bytes = (size_t) n * UP_SUBSET_BYTES;

	if (t->subset == NULL)
		t->subset = up_alloc0((size_t) t->n_nodes * sizeof(uint32_t));
	t->subsets = t->subsets == NULL ? up_alloc(bytes) : up_realloc(t->subsets, before + bytes);
	memcpy(t->subsets + before, subsets, bytes);
	t->n_subsets += n;
}

/* A tree of the size of all that was grown; rows are those of the grower. */
static UpGrown
new_grown(const UpGrower *w)
{
	const UpGrowing *g = w->g;
	UpTree *t = up_alloc0(sizeof(UpTree));
	UpGrown grown = {.tree = t, .rows = w->rows};

	t->width = up_grows_classes(g) ? g->n_classes : 1;
	t->n_nodes = w->n_nodes;
	for (uint32_t i = 0; w->shared != NULL && i < w->n_nodes; i++)
		t->n_nodes += w->nodes[i].graft != NULL ? w->nodes[i].graft->tree->n_nodes - 1 : 0;
	if (g->inner || w->tells_gain)
		grown.gain = up_alloc_array(t->n_nodes, sizeof(double));
	if (g->inner)
		grown.inner = up_alloc_array(t->n_nodes, t->width * sizeof(double));
	grown.leaf_first = up_alloc_array((size_t) t->n_nodes + 2, sizeof(uint32_t));
	t->nodes = up_alloc0((size_t) t->n_nodes * sizeof(UpNode));
	t->cover = up_alloc_array(t->n_nodes, sizeof(double));
	t->values = up_alloc_array(((size_t) t->n_nodes + 1) / 2 * t->width, sizeof(double));
	return grown;
}

static void
put_leaf(UpGrower *w, const UpGrowth *node, uint32_t at, UpGrown *grown)
{
	UpTree *t = grown->tree;

	t->nodes[at] = (UpNode){.flags = UP_NODE_LEAF, .next = t->n_leaves};
	set_values(w, node, t->values + (size_t) t->n_leaves * t->width);
	grown->leaf_first[t->n_leaves++] = node->first;
}

static void
put_split(const UpSplit *split, uint32_t at, UpTree *t)
{
	UpNode *to = &t->nodes[at];

	to->feature = (uint16_t) split->feature;
	to->bin = split->by_subset ? 0 : split->bin;
	to->flags =
		(uint8_t) ((split->missing_left ? UP_NODE_MISSING_LEFT : 0) | (split->by_subset ? UP_NODE_SUBSET : 0));
	if (split->by_subset)
	{
		append_subsets(t, split->subset, 1);
		t->subset[at] = t->n_subsets - 1;
	}
}

static void
put_subsets(const UpTree *sub, uint32_t at, UpTree *t)
{
	uint32_t first = t->n_subsets;

	append_subsets(t, sub->subsets, sub->n_subsets);
	for (uint32_t i = 0; i < sub->n_nodes; i++)
		t->subset[at + i] = (sub->nodes[i].flags & UP_NODE_SUBSET) != 0 ? first + sub->subset[i] : 0;
}

/* What others have grown on the rows of a node. */
static void
put_graft(const UpGrower *w, const UpGrowth *node, uint32_t at, UpGrown *grown)
{
	const UpGrown *from = node->graft;
	const UpTree *sub = from->tree;
	UpTree *t = grown->tree;
	size_t width = t->width;

	if (sub->n_subsets > 0)
		put_subsets(sub, at, t);
	for (uint32_t i = 0; i < sub->n_nodes; i++)
	{
		bool leaf = (sub->nodes[i].flags & UP_NODE_LEAF) != 0;

		t->nodes[at + i] = sub->nodes[i];
		t->nodes[at + i].next += leaf ? t->n_leaves : at;
		if (!leaf && w->g->importance != NULL)
			w->g->importance[sub->nodes[i].feature] += from->gain[i];
	}
	memcpy(t->cover + at, sub->cover, sub->n_nodes * sizeof(double));
	if (grown->inner != NULL)
	{
		memcpy(grown->gain + at, from->gain, sub->n_nodes * sizeof(double));
		memcpy(grown->inner + at * width, from->inner, sub->n_nodes * width * sizeof(double));
	}
	memcpy(t->values + t->n_leaves * width, sub->values, sub->n_leaves * width * sizeof(double));
	for (uint32_t leaf = 0; leaf < sub->n_leaves; leaf++)
		grown->leaf_first[t->n_leaves + leaf] = node->first + from->leaf_first[leaf];
	t->n_leaves += sub->n_leaves;
}

UpGrown
up_grower_finish(UpGrower *w)
{
	UpGrown grown = new_grown(w);
	UpTree *t = grown.tree;
	uint32_t *stack = up_alloc_array((size_t) w->n_nodes + 2, sizeof(uint32_t)), n_stack = 0, at = 0;
	uint32_t *parent = up_alloc_array((size_t) w->n_nodes + 2, sizeof(uint32_t));

	parent[0] = UP_NO_NODE;
	stack[n_stack++] = 0;
	while (n_stack > 0)
	{
		const UpGrowth *node = &w->nodes[stack[--n_stack]];
		double gain = node->left == UP_NO_NODE ? 0 : UP_MAX(node->split.gain, 0);

		if (parent[n_stack] != UP_NO_NODE)
			t->nodes[parent[n_stack]].next = at;
		if (node->graft != NULL)
		{
			put_graft(w, node, at, &grown);
			at += node->graft->tree->n_nodes;
			continue;
		}
		t->cover[at] = w->g->criterion == UP_GRADIENT ? node->sums[0] : node->sums[1];
		if (grown.gain != NULL)
			grown.gain[at] = gain;
		if (grown.inner != NULL)
			set_values(w, node, grown.inner + (size_t) at * t->width);
		if (node->left == UP_NO_NODE)
		{
			put_leaf(w, node, at++, &grown);
			continue;
		}
		/* Decreases add up in the order in which one process splits nodes: best first they have been noted then. */
		if (w->g->importance != NULL && w->g->max_leaf_nodes == 0)
			w->g->importance[node->split.feature] += gain;
		put_split(&node->split, at, t);
		parent[n_stack] = at++;
		stack[n_stack++] = node->right;
		parent[n_stack] = UP_NO_NODE;
		stack[n_stack++] = node->left;
	}
	grown.leaf_first[t->n_leaves] = w->g->n_rows;
	up_free(stack);
	up_free(parent);
	return grown;
}
