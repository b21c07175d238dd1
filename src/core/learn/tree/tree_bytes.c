/*
 * tree_bytes.c - grown trees written and read; see tree_nodes.h
 *
 * Nodes in preorder, a token each, as a number of seven bits a byte, the lowest first. A split: feature << 3 | by subset << 2 | missing
 * left << 1, then the bin, or 32 bytes of the subset. A leaf: weight << 3 | form << 1 | 1, then what its form says: one class alone
 * (which one, where there are more than two), whole weights of the classes, or values as they are. Where trees grow from rows that are
 * drawn so and so often, weights are whole numbers, those of inner nodes are the sums of their children, and shares of classes are
 * quotients of them; so a node takes about two bytes, and reads back to the same numbers. Other weights are written as they are.
 *
 * A split that takes UP_LONG bytes or more with all below it has behind its bin, as another number, the bytes of its left side; and each
 * tree begins with how many bytes its nodes take. So a reader comes to a row's leaf without reading what the row does not come by.
 *
 * What is written begins with FORM_LENGTHS. Before there were lengths it was FORM_TOKENS; and before that a node took 16 bytes, and the
 * number of nodes came first, which is odd.
 *
 * A reader believes nothing: nodes must form one tree in preorder, name features and bins that exist, and use each leaf once
 * and in order (tree_compact.c).
 */
#include "learn/tree/tree_compact.h"

#include <string.h>

#define NUMBER       10 /* bytes at most */
#define FORM_TOKENS  0
#define FORM_LENGTHS 2

/* Writes a number; returns where it ends. */
static uint8_t *
put_number(uint8_t *at, uint64_t v)
{
	for (; v >= 128; v >>= 7)
		*at++ = (uint8_t) (v | 128);
	*at++ = (uint8_t) v;
	return at;
}

static bool
is_whole(double v)
{
	return v >= 1 && v <= UP_MOST_WHOLE && v == (double) (uint64_t) v;
}

/* Whether the weights of inner nodes follow from those of the leaves, which are whole. */
static bool
covers_follow(const UpTree *t)
{
	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		if ((t->nodes[i].flags & UP_NODE_LEAF) != 0
				? !is_whole(t->cover[i])
				: t->cover[i] != t->cover[i + 1] + t->cover[t->nodes[i].next])
			return false;
	}
	return t->cover[0] <= UP_MOST_WHOLE;
}

/* How much of the whole cover a share stands for; -1: it is not the quotient. */
static double
whole_part(double share, double cover)
{
	double part;

	if (!(share >= 0 && share <= 1))
		return -1;
	part = (double) (uint64_t) (share * cover + 0.5);
	return part <= cover && part / cover == share ? part : -1;
}

/* What a leaf with one class alone holds of it. */
static uint32_t
only_class(const double *values, uint32_t width)
{
	uint32_t only = UINT32_MAX;

	for (uint32_t k = 0; k < width; k++)
	{
		if (values[k] == 1 && only == UINT32_MAX)
			only = k;
		else if (values[k] != 0)
			return UINT32_MAX;
	}
	return only;
}

static int
form_of(const double *values, uint32_t width, double cover, bool whole)
{
	uint32_t only = only_class(values, width);

	if (width < 2)
		return UP_LEAF_PLAIN;
	if (only != UINT32_MAX)
		return width == 2 && only == 1 ? UP_LEAF_ALONE_SECOND : UP_LEAF_ALONE;
	if (width == 2)
		return whole && whole_part(values[1], cover) >= 0 && values[0] == 1 - values[1] ? UP_LEAF_WHOLE
																						: UP_LEAF_PLAIN;
	for (uint32_t k = 0; k < width; k++)
	{
		if (!whole || whole_part(values[k], cover) < 0)
			return UP_LEAF_PLAIN;
	}
	return UP_LEAF_WHOLE;
}

static void
put_leaf(UpWriter *w, const double *values, uint32_t width, double cover, bool whole)
{
	int form = form_of(values, width, cover, whole);
	uint8_t *at = up_put_room(w, ((size_t) width + 1) * NUMBER);

	at = put_number(at, (whole ? (uint64_t) cover << 3 : 0) | (uint64_t) form << 1 | 1);
	if (form == UP_LEAF_ALONE && width > 2)
		at = put_number(at, only_class(values, width));
	if (form == UP_LEAF_WHOLE)
	{
		for (uint32_t k = width == 2 ? 1 : 0; k < width; k++)
			at = put_number(at, (uint64_t) whole_part(values[k], cover));
	}
	up_put_end(w, at);
	if (form == UP_LEAF_PLAIN)
		up_put_f64_array(w, values, width);
}

static void
put_split(UpWriter *w, const UpTree *t, uint32_t i)
{
	const UpNode *node = &t->nodes[i];
	bool subset = (node->flags & UP_NODE_SUBSET) != 0;
	uint8_t *at = up_put_room(w, NUMBER + 1);

	at = put_number(at, (uint64_t) node->feature << 3 | (subset ? 4 : 0) |
							((node->flags & UP_NODE_MISSING_LEFT) != 0 ? 2 : 0));
	if (!subset)
		*at++ = node->bin;
	up_put_end(w, at);
	if (subset)
		up_put_bytes(w, up_tree_subset(t, i), UP_SUBSET_BYTES);
}

/* Places: where each node begins, and where the last one ends. */
static void
put_nodes(UpWriter *w, const UpTree *t, bool whole, size_t *places)
{
	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		const UpNode *node = &t->nodes[i];

		places[i] = w->len;
		if ((node->flags & UP_NODE_LEAF) != 0)
			put_leaf(w, t->values + (size_t) node->next * t->width, t->width, t->cover[i], whole);
		else
			put_split(w, t, i);
	}
	places[t->n_nodes] = w->len;
}

/* What each node takes with all below it, and the lengths among them. */
static size_t *
sizes_of(const UpTree *t, const size_t *places)
{
	size_t *sizes = up_alloc_array(t->n_nodes, sizeof(size_t));

	for (uint32_t i = t->n_nodes; i-- > 0;)
	{
		sizes[i] = places[i + 1] - places[i];
		if ((t->nodes[i].flags & UP_NODE_LEAF) != 0)
			continue;
		sizes[i] += sizes[i + 1] + sizes[t->nodes[i].next];
		for (size_t v = sizes[i] >= UP_LONG ? sizes[i + 1] : 0; v > 0; v >>= 7)
			sizes[i]++;
	}
	return sizes;
}

static void
put_tree(UpWriter *w, const UpTree *t)
{
	bool whole;
	UpWriter nodes;
	size_t *places, *sizes, done = 0;

	if (t->nodes == NULL)
	{
		up_compact_put(w, t);
		return;
	}
	if (t->written != NULL)
	{
		up_put_bytes(w, t->written, t->n_written);
		return;
	}
	UP_ASSERT(t->n_nodes > 0 && t->n_leaves * 2 == t->n_nodes + 1);
	whole = covers_follow(t);
	places = up_alloc_array((size_t) t->n_nodes + 1, sizeof(size_t));
	up_writer_init(&nodes);
	put_nodes(&nodes, t, whole, places);
	sizes = sizes_of(t, places);
	if (sizes[0] > UINT32_MAX)
		up_fail(UP_LIMIT, "a tree takes %zu bytes, more than the 4 GB that a model can have", sizes[0]);
	up_put_u32(w, t->n_nodes);
	up_put_u32(w, t->n_subsets);
	up_put_u32(w, (uint32_t) sizes[0]);
	up_put_u8(w, whole);
	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		if (sizes[i] < UP_LONG || (t->nodes[i].flags & UP_NODE_LEAF) != 0)
			continue;
		up_put_bytes(w, nodes.bytes + done, places[i + 1] - done);
		up_put_end(w, put_number(up_put_room(w, NUMBER), sizes[i + 1]));
		done = places[i + 1];
	}
	up_put_bytes(w, nodes.bytes + done, nodes.len - done);
	if (!whole)
		up_put_f64_array(w, t->cover, t->n_nodes);
	up_free(nodes.bytes);
	up_free(places);
	up_free(sizes);
}

void
up_tree_write_ahead(UpTree *t)
{
	UpWriter w;

	up_writer_init(&w);
	put_tree(&w, t);
	t->written = w.bytes;
	t->n_written = w.len;
}

/* ---- as earlier versions wrote them ---- */

static void
get_plain_nodes(UpReader *r, UpTree *t, const UpBins *bins)
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
			up_get_bytes(r, up_tree_new_subset(t, i), UP_SUBSET_BYTES);
		pending[n_pending++] = node->next;
	}
	if (n_pending != 0)
		up_corrupt(r, "order of a tree");
	up_free(pending);
}

static UpTree *
get_plain_tree(UpReader *r, uint32_t n_nodes, const UpBins *bins, uint32_t width, bool shares)
{
	UpTree *t = up_alloc0(sizeof(UpTree));

	t->n_nodes = n_nodes;
	t->width = width;
	if (n_nodes == 0 || n_nodes > (r->len - r->pos) / 16)
		up_corrupt(r, "nodes of a tree");
	t->nodes = up_alloc_array(t->n_nodes, sizeof(UpNode));
	t->cover = up_alloc_array(t->n_nodes, sizeof(double));
	get_plain_nodes(r, t, bins);
	t->depth = up_tree_depth(t);
	up_get_f64_array(r, t->cover, t->n_nodes);
	if ((r->len - r->pos) / sizeof(double) / UP_MAX(width, 1) < t->n_leaves)
		up_corrupt(r, "leaves of a tree");
	t->values = up_alloc_array((size_t) t->n_leaves * width, sizeof(double));
	up_get_f64_array(r, t->values, (size_t) t->n_leaves * width);
	for (size_t i = 0; shares && i < (size_t) t->n_leaves * width; i++)
	{
		if (!(t->values[i] >= 0 && t->values[i] <= 1))
			up_corrupt(r, "probabilities of a tree");
	}
	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		if (!(t->cover[i] > 0))
			up_corrupt(r, "cover of a tree");
	}
	return t;
}

#define MORE_PARTS UINT32_C(0x80000000) /* beside the number of trees */

void
up_put_tree_count(UpWriter *w, uint32_t n, bool more)
{
	up_put_u32(w, n | (more ? MORE_PARTS : 0));
}

uint32_t
up_get_tree_count(UpReader *r, uint32_t most, bool *more)
{
	uint32_t n = up_get_u32(r);

	*more = (n & MORE_PARTS) != 0;
	n &= ~MORE_PARTS;
	if (n == 0 || n > most || n > (r->len - r->pos) / 6)
		up_corrupt(r, "number of trees");
	return n;
}

void
up_put_trees(UpWriter *w, UpTree *const *trees, uint32_t n, const double *importance, uint32_t n_features)
{
	up_put_u32(w, FORM_LENGTHS);
	for (uint32_t t = 0; t < n; t++)
		put_tree(w, trees[t]);
	up_put_f64_array(w, importance, n_features);
}

UpTree **
up_get_trees(UpReader *r, const UpBins *bins, uint32_t n, uint32_t width, bool shares, double **importance)
{
	UpTree **trees = up_alloc_array(n, sizeof(UpTree *)), *read = NULL;
	uint32_t first = up_get_u32(r);
	bool lengths = first == FORM_LENGTHS, compact = lengths || first == FORM_TOKENS;
	UpCompactModel *of = NULL;

	if (compact)
	{
		/* Beside its bytes; forged ones are not to take what the caller may not. */
		up_reserve((size_t) n * 3 * sizeof(UpTree), "the trees of a model");
		read = up_alloc0((size_t) n * sizeof(UpTree));
		of = up_compact_begin(r, bins, width, shares, lengths);
	}
	for (uint32_t t = 0; t < n; t++)
	{
		if (t % 16 == 0)
			up_tick();
		trees[t] = compact ? &read[t] : get_plain_tree(r, t == 0 ? first : up_get_u32(r), bins, width, shares);
		if (compact)
			up_compact_get(r, of, trees[t]);
	}
	if (lengths)
		up_compact_keep(r, of);
	*importance = up_alloc_array(UP_MAX(bins->n_features, 1), sizeof(double));
	up_get_f64_array(r, *importance, bins->n_features);
	for (uint32_t j = 0; j < bins->n_features; j++)
	{
		if (!((*importance)[j] >= 0))
			up_corrupt(r, "importance of a feature");
	}
	return trees;
}
