/*
 * tree_nodes.c - grown trees measured; see tree_nodes.h
 */
#include "learn/tree/tree_nodes.h"

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

uint8_t *
up_tree_new_subset(UpTree *t, uint32_t node)
{
	if (t->subset == NULL)
		t->subset = up_alloc0((size_t) t->n_nodes * sizeof(uint32_t));
	t->subsets = t->subsets == NULL ? up_alloc(UP_SUBSET_BYTES)
									: up_realloc(t->subsets, ((size_t) t->n_subsets + 1) * UP_SUBSET_BYTES);
	t->subset[node] = t->n_subsets++;
	return up_tree_subset(t, node);
}

size_t
up_tree_bytes(const UpTree *t)
{
	return sizeof(UpTree) + (size_t) t->n_nodes * (sizeof(UpNode) + sizeof(double)) +
		   (size_t) t->n_leaves * t->width * sizeof(double) + (size_t) t->n_subsets * UP_SUBSET_BYTES +
		   t->n_written;
}

void
up_tree_free_nodes(UpTree *t)
{
	up_free(t->nodes);
	up_free(t->cover);
	up_free(t->values);
	up_free(t->subsets);
	up_free(t->subset);
	up_free(t->written);
}

/* The arrays of a tree: eight bytes, four and one a piece. */
enum
{
	NODES,
	COVER,
	VALUES,
	SUBSETS,
	SUBSET,
	WRITTEN,
	PIECES
};

static size_t
size_of(const UpTree *t, int piece)
{
	switch (piece)
	{
		case NODES:
			return (size_t) t->n_nodes * sizeof(UpNode);
		case COVER:
			return (size_t) t->n_nodes * sizeof(double);
		case VALUES:
			return (size_t) t->n_leaves * t->width * sizeof(double);
		case SUBSETS:
			return (size_t) t->n_subsets * UP_SUBSET_BYTES;
		case SUBSET:
			return t->n_subsets > 0 ? (size_t) t->n_nodes * sizeof(uint32_t) : 0;
		default:
			return t->n_written;
	}
}

size_t
up_tree_pack(const UpTree *t, void *place, size_t size)
{
	const void *const from[PIECES] = {t->nodes, t->cover, t->values, t->subsets, t->subset, t->written};
	size_t bytes = sizeof(UpTree);
	char *to = place;

	for (int piece = 0; piece < PIECES; piece++)
		bytes += size_of(t, piece);
	if (bytes > size)
		return bytes;
	memcpy(to, t, sizeof(UpTree));
	to += sizeof(UpTree);
	for (int piece = 0; piece < PIECES; piece++)
	{
		if (size_of(t, piece) > 0)
			memcpy(to, from[piece], size_of(t, piece));
		to += size_of(t, piece);
	}
	return bytes;
}

UpTree
up_tree_packed(const void *place)
{
	char *from = (char *) place + sizeof(UpTree);
	void *at[PIECES];
	UpTree t;

	memcpy(&t, place, sizeof(UpTree));
	for (int piece = 0; piece < PIECES; piece++)
	{
		size_t size = size_of(&t, piece);

		at[piece] = size > 0 ? from : NULL;
		from += size;
	}
	t.nodes = at[NODES];
	t.cover = at[COVER];
	t.values = at[VALUES];
	t.subsets = at[SUBSETS];
	t.subset = at[SUBSET];
	t.written = at[WRITTEN];
	return t;
}

static void *
copy_of(const void *from, size_t size)
{
	return from == NULL ? NULL : memcpy(up_alloc(size), from, size);
}

UpTree *
up_tree_unpack(const void *place)
{
	UpTree *t = up_alloc(sizeof(UpTree));

	*t = up_tree_packed(place);
	t->nodes = copy_of(t->nodes, size_of(t, NODES));
	t->cover = copy_of(t->cover, size_of(t, COVER));
	t->values = copy_of(t->values, size_of(t, VALUES));
	t->subsets = copy_of(t->subsets, size_of(t, SUBSETS));
	t->subset = copy_of(t->subset, size_of(t, SUBSET));
	t->written = copy_of(t->written, size_of(t, WRITTEN));
	return t;
}
