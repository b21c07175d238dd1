/*
 * tree_nodes.h - grown trees: eight bytes a node, values of the leaves, and the walk from the root
 */
#ifndef UPROFILE_TREE_NODES_H
#define UPROFILE_TREE_NODES_H

#include "learn/tree/bins.h"

enum
{
	UP_NODE_LEAF = 1,
	UP_NODE_MISSING_LEFT = 2, /* where a missing value goes */
	UP_NODE_SUBSET = 4        /* bin is not a threshold: the node's subset of bins goes left */
};

/* Nodes stand in preorder: the left child follows its parent. */
typedef struct UpNode
{
	uint16_t feature;
	uint8_t bin; /* codes up to it go left */
	uint8_t flags;
	uint32_t next; /* the right child; of a leaf, the place of its values */
} UpNode;

#define UP_TREES_FORMAT 7 /* of models whose trees are written as they are now */

typedef struct UpTree
{
	uint32_t n_nodes;
	uint32_t n_leaves;
	uint32_t width; /* values a leaf */
	uint32_t depth; /* 0: not known yet */
	UpNode *nodes;
	double *values;   /* n_leaves × width */
	double *cover;    /* training weight at each node */
	uint8_t *subsets; /* UP_SUBSET_BYTES each */
	uint32_t *subset; /* of each node with one: its number; NULL if there are none */
	uint32_t n_subsets;
	uint8_t *written; /* the bytes that it is written as, where they are known already, or NULL */
	size_t n_written;
	struct UpCompact *compact; /* of a tree that was read and has no nodes yet: where they stand */
} UpTree;

/* Of a node with one. */
static inline uint8_t *
up_tree_subset(const UpTree *t, uint32_t node)
{
	return t->subsets + (size_t) t->subset[node] * UP_SUBSET_BYTES;
}

/* The leaf that a row of codes falls to: its values. */
static inline const double *
up_tree_walk(const UpTree *t, const uint8_t *codes)
{
	uint32_t i = 0;

	while ((t->nodes[i].flags & UP_NODE_LEAF) == 0)
	{
		const UpNode *node = &t->nodes[i];
		uint8_t code = codes[node->feature];
		bool left;

		if (code == UP_BIN_MISSING)
			left = (node->flags & UP_NODE_MISSING_LEFT) != 0;
		else if ((node->flags & UP_NODE_SUBSET) != 0)
		{
			const uint8_t *subset = up_tree_subset(t, i);

			left = (subset[code >> 3] >> (code & 7) & 1) != 0;
		}
		else
			left = code <= node->bin;
		UP_ASSERT(node->next > i + 1 && node->next < t->n_nodes);
		i = left ? i + 1 : node->next;
	}
	UP_ASSERT(t->nodes[i].next < t->n_leaves);
	return t->values + (size_t) t->nodes[i].next * t->width;
}

extern uint32_t up_tree_depth(const UpTree *t);
/* A node gets one, to be filled. */
extern uint8_t *up_tree_new_subset(UpTree *t, uint32_t node);
extern size_t up_tree_bytes(const UpTree *t);
extern void up_tree_free_nodes(UpTree *t); /* its arrays */
/* Makes the bytes of a tree that does not change any more: whoever grows it may have the time that its writer has not. */
extern void up_tree_write_ahead(UpTree *t);
/*
 * A tree as it is in memory, in one piece that other processes can read: writes it to place, if it takes no more than size bytes, and
 * returns what it takes. up_tree_unpack makes a tree of it again; up_tree_packed one whose arrays lie there.
 */
extern size_t up_tree_pack(const UpTree *t, void *place, size_t size);
extern UpTree *up_tree_unpack(const void *place);
extern UpTree up_tree_packed(const void *place);
/* Gives a tree its nodes, values and weights. Those that up_get_trees reads have none before. */
extern void up_tree_open(UpTree *t);
/* The number of a part's trees, which are at most so many (and take six bytes each at least), and whether another part follows. */
extern void up_put_tree_count(UpWriter *w, uint32_t n, bool more);
extern uint32_t up_get_tree_count(UpReader *r, uint32_t most, bool *more);
/* Trees of a width, and the importance of the bins' features; shares: values are shares of classes. */
extern void up_put_trees(UpWriter *w, UpTree *const *trees, uint32_t n, const double *importance,
						 uint32_t n_features);
extern UpTree **up_get_trees(UpReader *r, const UpBins *bins, uint32_t n, uint32_t width, bool shares,
							 double **importance);

#endif
