/*
 * tree_nodes.c - grown trees measured; see tree_nodes.h
 */
#include "learn/tree/tree_nodes.h"

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
