/*
 * tree_cut.c - a tree of which some nodes have become leaves; see tree_cut.h
 *
 * Grown depth first, with all features tried, a node is split by its own rows alone, so that a smaller max_depth leaves out what is
 * below and changes nothing above. Cost: O(nodes).
 */
#include "learn/tree/tree_cut.h"

#include <string.h>

/* Copies a node that is still split. */
static void
copy_split(UpTree *out, uint32_t at, const UpTree *t, uint32_t from)
{
	if ((t->nodes[from].flags & UP_NODE_SUBSET) == 0)
		return;
	memcpy(out->subsets + (size_t) out->n_subsets * UP_SUBSET_BYTES, up_tree_subset(t, from), UP_SUBSET_BYTES);
	out->subset[at] = out->n_subsets++;
}

UpTree *
up_tree_compact(const UpTree *t, const uint8_t *leaf, const double *values)
{
	UpTree *out = up_alloc0(sizeof(UpTree));
	uint32_t *stack = up_alloc_array((size_t) t->n_nodes + 2, sizeof(uint32_t)), n_stack = 0;
	uint32_t *waiting = up_alloc_array((size_t) t->n_nodes + 2, sizeof(uint32_t));
	size_t width = t->width;

	out->width = t->width;
	out->nodes = up_alloc_array(t->n_nodes, sizeof(UpNode));
	out->cover = up_alloc_array(t->n_nodes, sizeof(double));
	out->values = up_alloc_array((size_t) t->n_nodes * width, sizeof(double));
	if (t->subset != NULL)
	{
		out->subset = up_alloc0((size_t) t->n_nodes * sizeof(uint32_t));
		out->subsets = up_alloc_array(t->n_subsets, UP_SUBSET_BYTES);
	}
	waiting[n_stack] = UINT32_MAX;
	stack[n_stack++] = 0;
	while (n_stack > 0)
	{
		uint32_t from = stack[--n_stack], at = out->n_nodes++;

		if (waiting[n_stack] != UINT32_MAX)
			out->nodes[waiting[n_stack]].next = at;
		out->nodes[at] = t->nodes[from];
		out->cover[at] = t->cover[from];
		if (leaf[from])
		{
			memcpy(out->values + out->n_leaves * width, values + from * width, width * sizeof(double));
			out->nodes[at] = (UpNode){0, 0, UP_NODE_LEAF, out->n_leaves++};
			continue;
		}
		copy_split(out, at, t, from);
		waiting[n_stack] = at;
		stack[n_stack++] = t->nodes[from].next;
		waiting[n_stack] = UINT32_MAX;
		stack[n_stack++] = from + 1;
	}
	up_free(stack);
	up_free(waiting);
	return out;
}

/* Of each node that is left, in preorder: whether it is a leaf now; the decreases of the others; where the leaves' rows begin. */
static void
cut_nodes(const UpGrown *deep, uint32_t max_depth, uint8_t *leaf, double *importance, uint32_t *leaf_first)
{
	const UpTree *t = deep->tree;
	uint32_t *stack = up_alloc_array(2 * ((size_t) t->n_nodes + 2), sizeof(uint32_t)), n_stack = 0,
			 n_leaves = 0;

	stack[n_stack++] = 0;
	stack[n_stack++] = 0;
	while (n_stack > 0)
	{
		uint32_t depth = stack[--n_stack], at = stack[--n_stack], first = at;

		leaf[at] = depth >= max_depth || (t->nodes[at].flags & UP_NODE_LEAF) != 0;
		if (!leaf[at])
		{
			importance[t->nodes[at].feature] += deep->gain[at];
			stack[n_stack++] = t->nodes[at].next;
			stack[n_stack++] = depth + 1;
			stack[n_stack++] = at + 1;
			stack[n_stack++] = depth + 1;
			continue;
		}
		while ((t->nodes[first].flags & UP_NODE_LEAF) == 0)
			first++;
		leaf_first[n_leaves++] = deep->leaf_first[t->nodes[first].next];
	}
	leaf_first[n_leaves] = deep->leaf_first[t->n_leaves];
	up_free(stack);
}

UpGrown
up_tree_cut(const UpGrown *deep, uint32_t max_depth, double *importance)
{
	const UpTree *t = deep->tree;
	uint8_t *leaf = up_alloc0(UP_MAX(t->n_nodes, 1));
	UpGrown cut = {.rows = deep->rows};

	UP_ASSERT(deep->gain != NULL && deep->inner != NULL);
	cut.leaf_first = up_alloc_array((size_t) t->n_leaves + 1, sizeof(uint32_t));
	cut_nodes(deep, max_depth, leaf, importance, cut.leaf_first);
	cut.tree = up_tree_compact(t, leaf, deep->inner);
	up_free(leaf);
	return cut;
}
