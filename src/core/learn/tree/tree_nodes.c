/*
 * tree_nodes.c - grown trees walked, measured, written and read; see tree_nodes.h
 *
 * A reader believes nothing: nodes must form one tree in preorder, name features and bins that exist, and use each leaf once
 * and in order.
 */
#include "learn/tree/tree_nodes.h"

#include <math.h>
#include <string.h>

uint32_t
up_tree_depth(const UpTree *t)
{
	uint32_t *depth = up_alloc0((size_t) t->n_nodes * sizeof(uint32_t)), most = 0;

	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		most = UP_MAX(most, depth[i]);
		if ((t->nodes[i].flags & UP_NODE_LEAF) != 0)
			continue;
		UP_ASSERT(t->nodes[i].next > i + 1 && t->nodes[i].next < t->n_nodes);
		depth[i + 1] = depth[i] + 1;
		depth[t->nodes[i].next] = depth[i] + 1;
	}
	up_free(depth);
	return most;
}

size_t
up_tree_bytes(const UpTree *t)
{
	return sizeof(UpTree) + (size_t) t->n_nodes * (sizeof(UpNode) + sizeof(double)) +
		   (size_t) t->n_leaves * t->width * sizeof(double) + (size_t) t->n_subsets * 32;
}

static void
put_tree(UpWriter *w, const UpTree *t)
{
	UP_ASSERT(t->n_nodes > 0 && t->n_leaves * 2 == t->n_nodes + 1);
	up_put_u32(w, t->n_nodes);
	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		up_put_u16(w, t->nodes[i].feature);
		up_put_u8(w, t->nodes[i].bin);
		up_put_u8(w, t->nodes[i].flags);
		up_put_u32(w, t->nodes[i].next);
		if ((t->nodes[i].flags & UP_NODE_SUBSET) != 0)
			up_put_bytes(w, t->subsets + (size_t) t->subset[i] * 32, 32);
	}
	up_put_f64_array(w, t->cover, t->n_nodes);
	up_put_f64_array(w, t->values, (size_t) t->n_leaves * t->width);
}

static void
get_subset(UpReader *r, UpTree *t, uint32_t i)
{
	if (t->subset == NULL)
		t->subset = up_alloc0((size_t) t->n_nodes * sizeof(uint32_t));
	t->subsets = t->subsets == NULL ? up_alloc(32) : up_realloc(t->subsets, ((size_t) t->n_subsets + 1) * 32);
	up_get_bytes(r, t->subsets + (size_t) t->n_subsets * 32, 32);
	t->subset[i] = t->n_subsets++;
}

static void
get_nodes(UpReader *r, UpTree *t, const UpBins *bins)
{
	/* Right children that are still to come, innermost last. */
	uint32_t *pending = up_alloc_array(t->n_nodes, sizeof(uint32_t)), n_pending = 0;

	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		UpNode *node = &t->nodes[i];

		node->feature = up_get_u16(r);
		node->bin = up_get_u8(r);
		node->flags = up_get_u8(r);
		node->next = up_get_u32(r);
		if (node->flags > 7)
			up_corrupt(r, "node of a tree");
		if ((node->flags & UP_NODE_LEAF) != 0)
		{
			if (node->flags != UP_NODE_LEAF || node->next != t->n_leaves++)
				up_corrupt(r, "leaf of a tree");
			/* What comes next is the right child that waits, or the end. */
			if (n_pending > 0 ? pending[--n_pending] != i + 1 : i + 1 != t->n_nodes)
				up_corrupt(r, "order of a tree");
			continue;
		}
		if (node->feature >= bins->n_features || node->next <= i + 1 || node->next >= t->n_nodes)
			up_corrupt(r, "node of a tree");
		if ((node->flags & UP_NODE_SUBSET) != 0)
			get_subset(r, t, i);
		pending[n_pending++] = node->next;
	}
	if (n_pending != 0)
		up_corrupt(r, "order of a tree");
	up_free(pending);
}

static UpTree *
get_tree(UpReader *r, const UpBins *bins, uint32_t width)
{
	UpTree *t = up_alloc0(sizeof(UpTree));

	t->n_nodes = up_get_count(r, 16, UINT32_MAX - 1, "nodes");
	t->width = width;
	if (t->n_nodes == 0)
		up_corrupt(r, "a tree without nodes");
	t->nodes = up_alloc_array(t->n_nodes, sizeof(UpNode));
	t->cover = up_alloc_array(t->n_nodes, sizeof(double));
	get_nodes(r, t, bins);
	t->depth = up_tree_depth(t);
	up_get_f64_array(r, t->cover, t->n_nodes);
	if ((r->len - r->pos) / sizeof(double) / UP_MAX(width, 1) < t->n_leaves)
		up_corrupt(r, "leaves of a tree");
	t->values = up_alloc_array((size_t) t->n_leaves * width, sizeof(double));
	up_get_f64_array(r, t->values, (size_t) t->n_leaves * width);
	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		if (!(t->cover[i] > 0))
			up_corrupt(r, "cover of a tree");
	}
	return t;
}

void
up_put_trees(UpWriter *w, UpTree *const *trees, uint32_t n, const double *importance, uint32_t n_features)
{
	for (uint32_t t = 0; t < n; t++)
		put_tree(w, trees[t]);
	up_put_f64_array(w, importance, n_features);
}

UpTree **
up_get_trees(UpReader *r, const UpBins *bins, uint32_t n, uint32_t width, double **importance)
{
	UpTree **trees = up_alloc_array(n, sizeof(UpTree *));

	for (uint32_t t = 0; t < n; t++)
		trees[t] = get_tree(r, bins, width);
	*importance = up_alloc_array(UP_MAX(bins->n_features, 1), sizeof(double));
	up_get_f64_array(r, *importance, bins->n_features);
	for (uint32_t j = 0; j < bins->n_features; j++)
	{
		if (!((*importance)[j] >= 0))
			up_corrupt(r, "importance of a feature");
	}
	return trees;
}
