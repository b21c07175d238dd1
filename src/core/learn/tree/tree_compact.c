/*
 * tree_compact.c - trees as they stand in a model's bytes; see tree_compact.h, and tree_bytes.c for what the bytes are
 *
 * A model that is asked for a row or two is not worth making nodes of, which are ten times its bytes: the way of a row through a tree is
 * a few of them. All are read once, from the first to the last, and checked. On the way it is noted where right sides begin behind left
 * ones of SHORT bytes and more; shorter ones are walked past. Skips stand in the order of their nodes: each split adds one, and takes it
 * away again where its left side was short, when all within it have gone; so on its way down a row meets them one after the other.
 *
 * Cost: to check, a few nanoseconds a node. A row: about ten tokens a step to the right at the lower end of its way.
 */
#include "learn/tree/tree_compact.h"

#include <math.h>
#include <string.h>

#define SHORT 96
#define NEAR  32 /* bytes of the most that is read without a look at the end */

/* Where the right side of a node begins. Places are bytes from the tree's first token. */
typedef struct Skip
{
	uint32_t node;  /* where its left side begins; NOWHERE: the tree has no more of them */
	uint32_t right; /* where its right side does … */
	uint32_t skip;  /* … and which skip is the first one there */
} Skip;

#define NOWHERE UINT32_MAX

/* A split whose right side is still to come: where its left side begins, and its skip if it is to have one. */
typedef struct Pending
{
	uint32_t place, skip;
} Pending;

#define OUTSIDE UINT32_C(0x80000000) /* the place of what the root is in: everything is far from there */

/*
 * Nodes that need no further look, by their first byte: splits by thresholds, and leaves of one class of two alone, whose tokens have
 * one or two bytes. most: the greatest byte that may follow; -1: it is not so simple.
 */
typedef struct Simple
{
	int16_t most[256];
} Simple;

struct UpCompactModel
{
	const UpBins *bins;
	UpArena *arena; /* for trees that are opened */
	size_t held;    /* bytes of them */
	uint32_t width;
	bool shares;
	const uint8_t *bytes;
	size_t start; /* of what is kept, in the bytes of the reader */
	Skip *skips;
	uint32_t n_skips, capacity;
	/* while they are checked */
	Pending *pending;
	uint32_t deepest;
	Simple simple, splits; /* where weights are whole, or not */
};

typedef struct UpCompact
{
	UpCompactModel *of;
	size_t start;  /* where it stands in the bytes */
	size_t tokens; /* where its nodes do */
	size_t end;    /* behind it */
	size_t covers; /* where weights of its nodes stand; 0: they follow from those of the leaves */
	uint32_t skip; /* its first one */
} UpCompact;

static void
set_simple(Simple *simple, uint32_t n_features, bool leaves)
{
	for (uint32_t byte = 0; byte < 256; byte++)
	{
		bool two = byte >= 128, leaf = (byte & 1) != 0;
		uint32_t low = (byte & 127) >> 3;

		simple->most[byte] = -1;
		if ((byte & 4) != 0 || (leaf ? !leaves || low == 0 : low >= n_features))
			continue;
		/* Of a number, the higher bits; else anything. */
		simple->most[byte] = two ? 127 : 255;
		if (two && !leaf)
			simple->most[byte] = (int16_t) UP_MIN((n_features - 1 - low) >> 4, 127);
	}
}

UpCompactModel *
up_compact_begin(const UpReader *r, const UpBins *bins, uint32_t width, bool shares)
{
	UpCompactModel *of = up_alloc0(sizeof(UpCompactModel));

	if (r->len > INT32_MAX)
		up_fail(UP_LIMIT, "the trees of a model take more than 2 GB");
	of->bins = bins;
	of->width = width;
	of->shares = shares;
	of->start = r->pos;
	of->capacity = 1024;
	of->skips = up_alloc_array(of->capacity, sizeof(Skip));
	set_simple(&of->simple, bins->n_features, width == 2);
	set_simple(&of->splits, bins->n_features, false);
	of->arena = up_arena_enter();
	up_arena_suspend(of->arena);
	return of;
}

/* ---- the check ---- */

static uint64_t
get_number(UpReader *r)
{
	uint64_t v = 0;

	for (uint32_t shift = 0; shift < 64; shift += 7)
	{
		uint8_t byte = up_get_u8(r);

		v |= (uint64_t) (byte & 127) << shift;
		if (byte < 128)
			return v;
	}
	up_corrupt(r, "number of a tree");
}

static void
check_plain(UpReader *r, uint32_t width, bool shares)
{
	for (uint32_t k = 0; k < width; k++)
	{
		double v = up_get_f64(r);

		if (shares && !(v >= 0 && v <= 1))
			up_corrupt(r, "probabilities of a tree");
	}
}

static void
check_leaf(UpReader *r, const UpCompactModel *of, uint64_t token, bool whole)
{
	int form = (int) (token >> 1 & 3);
	double weight = (double) (token >> 3), sum = 0;
	uint32_t width = of->width;

	if (whole ? weight < 1 || weight > UP_MOST_WHOLE : weight != 0)
		up_corrupt(r, "weight of a leaf");
	if (form != UP_LEAF_PLAIN &&
		(width < 2 || (form == UP_LEAF_ALONE_SECOND && width > 2) || (form == UP_LEAF_WHOLE && !whole)))
		up_corrupt(r, "leaf of a tree");
	if (form == UP_LEAF_PLAIN)
		check_plain(r, width, of->shares);
	else if (form == UP_LEAF_WHOLE)
	{
		for (uint32_t k = width == 2 ? 1 : 0; k < width; k++)
			sum += (double) get_number(r);
		if (sum > weight)
			up_corrupt(r, "classes of a leaf");
	}
	else if (width > 2 && get_number(r) >= width)
		up_corrupt(r, "class of a leaf");
}

static void
check_split(UpReader *r, const UpCompactModel *of, uint64_t token, UpTree *t)
{
	uint8_t subset[32];

	if (token >> 3 >= of->bins->n_features)
		up_corrupt(r, "node of a tree");
	t->n_subsets += (token & 4) != 0;
	up_get_bytes(r, subset, (token & 4) != 0 ? sizeof(subset) : 1);
}

/* Any node; whether it is a leaf. */
static bool
check_node(UpReader *r, const UpCompactModel *of, UpTree *t, bool whole)
{
	uint64_t token = get_number(r);

	if ((token & 1) != 0)
		check_leaf(r, of, token, whole);
	else
		check_split(r, of, token, t);
	return (token & 1) != 0;
}

static inline double
double_at(const uint8_t *at)
{
	uint64_t bits = 0;
	double v;

	for (int i = 0; i < 8; i++)
		bits |= (uint64_t) at[i] << (8 * i);
	memcpy(&v, &bits, sizeof(v));
	return v;
}

/* A number of up to two bytes, and past it; longer ones: UINT32_MAX. */
static inline uint32_t
short_number(const uint8_t **at)
{
	uint32_t low = (*at)[0], high;

	if (low < 128)
	{
		(*at)++;
		return low;
	}
	high = (*at)[1];
	*at += 2;
	return high < 128 ? (low & 127) | high << 7 : UINT32_MAX;
}

/* Whether a leaf with values is in order, of the kinds that most are, and past it; else *at is anywhere. */
static inline bool
pass_leaf(const uint8_t **at, uint32_t width, bool whole, bool shares)
{
	uint32_t token = short_number(at), form = token >> 1 & 3;
	double value;

	if (token == UINT32_MAX || (token >> 3 > 0) != whole)
		return false;
	if (width == 2 && form == UP_LEAF_WHOLE)
		return whole && short_number(at) <= token >> 3;
	if (width != 1 || form != UP_LEAF_PLAIN)
		return false;
	value = double_at(*at);
	*at += sizeof(value);
	return isfinite(value) && (!shares || (value >= 0 && value <= 1));
}

static void
add_skip(UpCompactModel *of, uint32_t at, Skip skip)
{
	if (at >= of->capacity)
	{
		of->capacity = UP_MAX(2 * of->capacity, at + 1);
		up_reserve((size_t) of->capacity * sizeof(Skip), "the trees of a model");
		of->skips = up_realloc(of->skips, (size_t) of->capacity * sizeof(Skip));
	}
	of->skips[at] = skip;
}

/* A node that is not simple: past it, and whether it is a leaf. */
static bool
pass_node(UpReader *r, const UpCompactModel *of, UpTree *t, bool whole, const uint8_t **at)
{
	const uint8_t *node = *at;
	bool leaf = true;

	if (r->len - (size_t) (node - r->bytes) > NEAR && (*node & 1) != 0 &&
		pass_leaf(at, of->width, whole, of->shares))
		return leaf;
	r->pos = (size_t) (node - r->bytes);
	leaf = check_node(r, of, t, whole);
	*at = r->bytes + r->pos;
	return leaf;
}

/*
 * Nodes form one tree in preorder. Whether a node is a split or a leaf cannot be guessed, so there is no branch on it: simple ones are
 * taken alike.
 */
static void
check_nodes(UpReader *r, UpCompactModel *of, UpTree *t, bool whole)
{
	const Simple *simple = whole ? &of->simple : &of->splits;
	const uint8_t *first = r->bytes + r->pos, *at = first, *near = r->bytes + r->len - UP_MIN(r->len, NEAR);
	uint32_t n = of->n_skips, i;
	Pending *pending = of->pending, *last = pending;

	*last = (Pending){OUTSIDE, 0};
	for (i = 0; i < t->n_nodes; i++)
	{
		Pending split = *last;
		uint32_t leaf, place;

		if (at < near && at[1] <= simple->most[*at])
		{
			leaf = *at & 1;
			at += 2 + (*at >> 7) - leaf;
		}
		else
			leaf = pass_node(r, of, t, whole, &at);
		place = (uint32_t) (at - first);
		if ((leaf & (place - split.place >= SHORT)) != 0)
		{
			if (last == pending)
				break;
			last--;
			add_skip(of, split.skip, (Skip){split.place, place, n});
			continue;
		}
		last[1] = (Pending){place, n};
		last += 1 - 2 * (ptrdiff_t) leaf;
		n = (n + 1) ^ (((n + 1) ^ split.skip) & (0 - leaf));
	}
	r->pos = (size_t) (at - r->bytes);
	if (i + 1 != t->n_nodes)
		up_corrupt(r, "order of a tree");
	t->n_leaves = t->n_nodes / 2 + 1;
	add_skip(of, n, (Skip){NOWHERE, 0, 0});
	of->n_skips = n + 1;
}

void
up_compact_check(UpReader *r, UpCompactModel *of, UpTree *t)
{
	UpCompact *p = up_alloc0(sizeof(UpCompact));
	bool whole;

	p->of = of;
	p->start = r->pos;
	p->skip = of->n_skips;
	t->compact = p;
	t->width = of->width;
	t->n_nodes = up_get_count(r, 1, UINT32_MAX - 1, "nodes");
	whole = up_get_bool(r);
	if (t->n_nodes == 0 || t->n_nodes > r->len - r->pos)
		up_corrupt(r, "nodes of a tree");
	if (t->n_nodes + 2 > of->deepest)
	{
		of->deepest = t->n_nodes + 2;
		up_reserve((size_t) of->deepest * sizeof(Pending), "the trees of a model");
		up_free(of->pending);
		of->pending = up_alloc_array(of->deepest, sizeof(Pending));
	}
	p->tokens = r->pos;
	check_nodes(r, of, t, whole);
	p->covers = whole ? 0 : r->pos;
	for (uint32_t i = 0; !whole && i < t->n_nodes; i++)
	{
		if (!(up_get_f64(r) > 0))
			up_corrupt(r, "cover of a tree");
	}
	p->end = r->pos;
}

void
up_compact_keep(UpReader *r, UpCompactModel *of)
{
	size_t len = r->pos - of->start;

	of->bytes = r->bytes + of->start;
	if (r->lasting)
		r->kept = true;
	else
		of->bytes = memcpy(up_alloc(UP_MAX(len, 1)), of->bytes, len);
	of->skips = up_realloc(of->skips, UP_MAX(of->n_skips, 1) * sizeof(Skip));
	up_free(of->pending);
	of->pending = NULL;
	of->deepest = 0;
}

/* ---- in use: the bytes are in order ---- */

static inline uint64_t
number_at(const uint8_t **at)
{
	uint64_t v = *(*at)++;

	if (v < 128)
		return v;
	v &= 127;
	for (uint32_t shift = 7;; shift += 7)
	{
		uint8_t byte = *(*at)++;

		v |= (uint64_t) (byte & 127) << shift;
		if (byte < 128)
			return v;
	}
}

/* Past what a leaf's token stands before. */
static inline const uint8_t *
behind_leaf(const uint8_t *at, uint64_t token, uint32_t width)
{
	uint32_t form = (uint32_t) (token >> 1 & 3), numbers = 0;

	if (form == UP_LEAF_PLAIN)
		return at + (size_t) width * sizeof(double);
	if (form == UP_LEAF_WHOLE)
		numbers = width == 2 ? 1 : width;
	else if (width > 2)
		numbers = 1;
	for (; numbers > 0; numbers--)
		(void) number_at(&at);
	return at;
}

/* The values of a leaf, and past it. */
static const uint8_t *
leaf_values(const uint8_t *at, uint64_t token, uint32_t width, double *values)
{
	uint32_t form = (uint32_t) (token >> 1 & 3);
	double weight = (double) (token >> 3);

	if (form == UP_LEAF_PLAIN)
	{
		for (uint32_t k = 0; k < width; k++)
			values[k] = double_at(at + k * sizeof(double));
		return at + (size_t) width * sizeof(double);
	}
	if (width == 2)
	{
		values[1] = form == UP_LEAF_WHOLE ? (double) number_at(&at) / weight : form == UP_LEAF_ALONE_SECOND;
		values[0] = 1 - values[1];
		return at;
	}
	memset(values, 0, width * sizeof(double));
	if (form != UP_LEAF_WHOLE)
		values[number_at(&at)] = 1;
	for (uint32_t k = 0; form == UP_LEAF_WHOLE && k < width; k++)
		values[k] = (double) number_at(&at) / weight;
	return at;
}

/* Past a node and all below it. */
static const uint8_t *
behind_nodes(const uint8_t *at, uint32_t width)
{
	for (uint32_t left = 1; left > 0;)
	{
		uint64_t token = number_at(&at);

		if ((token & 1) != 0)
		{
			at = behind_leaf(at, token, width);
			left--;
			continue;
		}
		at += (token & 4) != 0 ? 32 : 1;
		left++;
	}
	return at;
}

static inline bool
goes_left(uint64_t token, const uint8_t *asks, uint8_t code)
{
	if (code == UP_BIN_MISSING)
		return (token & 2) != 0;
	return (token & 4) != 0 ? (asks[code >> 3] >> (code & 7) & 1) != 0 : code <= *asks;
}

void
up_compact_add(const UpTree *t, const uint8_t *codes, double *out)
{
	const UpCompact *p = t->compact;
	const uint8_t *first = p->of->bytes + (p->tokens - p->of->start), *at = first;
	const Skip *skips = p->of->skips, *skip = skips + p->skip;
	double small[64], *values = t->width <= UP_LENGTH(small) ? small : up_alloc_array(t->width, sizeof(double));
	uint64_t token;

	for (token = number_at(&at); (token & 1) == 0; token = number_at(&at))
	{
		const uint8_t *asks = at;
		bool noted;

		at += (token & 4) != 0 ? 32 : 1;
		noted = skip->node == (uint32_t) (at - first);
		if (goes_left(token, asks, codes[token >> 3]))
			skip += noted;
		else if (noted)
		{
			at = first + skip->right;
			skip = skips + skip->skip;
		}
		else
			at = behind_nodes(at, t->width);
	}
	leaf_values(at, token, t->width, values);
	if (t->width <= 2)
		*out += values[t->width - 1];
	for (uint32_t k = 0; t->width > 2 && k < t->width; k++)
		out[k] += values[k];
	if (values != small)
		up_free(values);
}

void
up_compact_put(UpWriter *w, const UpTree *t)
{
	const UpCompact *p = t->compact;

	up_put_bytes(w, p->of->bytes + (p->start - p->of->start), p->end - p->start);
}

/* ---- opened ---- */

static const uint8_t *
split_node(const uint8_t *at, uint64_t token, UpTree *t, uint32_t i)
{
	UpNode *node = &t->nodes[i];

	node->feature = (uint16_t) (token >> 3);
	node->flags = (uint8_t) ((token & 2) != 0 ? UP_NODE_MISSING_LEFT : 0);
	node->bin = 0;
	if ((token & 4) == 0)
	{
		node->bin = *at;
		return at + 1;
	}
	node->flags |= UP_NODE_SUBSET;
	memcpy(t->subsets + (size_t) t->n_subsets * 32, at, 32);
	t->subset[i] = t->n_subsets++;
	return at + 32;
}

/* Nodes, leaves with their values and weights. */
static void
open_nodes(UpTree *t, const uint8_t *at)
{
	/* Splits whose right child is still to come point to the one around them. */
	uint32_t pending = NOWHERE;

	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		uint64_t token = number_at(&at);

		if ((token & 1) == 0)
		{
			at = split_node(at, token, t, i);
			t->nodes[i].next = pending;
			pending = i;
			continue;
		}
		t->nodes[i] = (UpNode){.flags = UP_NODE_LEAF, .next = t->n_leaves};
		t->cover[i] = (double) (token >> 3);
		at = leaf_values(at, token, t->width, t->values + (size_t) t->n_leaves * t->width);
		t->n_leaves++;
		if (pending != NOWHERE)
		{
			uint32_t split = pending;

			pending = t->nodes[split].next;
			t->nodes[split].next = i + 1;
		}
	}
}

UpTree
up_compact_nodes(const UpTree *tree)
{
	const UpCompact *p = tree->compact;
	const uint8_t *bytes = p->of->bytes - p->of->start;
	UpTree t = *tree;

	t.compact = NULL;
	t.nodes = up_alloc_array(t.n_nodes, sizeof(UpNode));
	t.cover = up_alloc_array(t.n_nodes, sizeof(double));
	t.values = up_alloc_array((size_t) t.n_leaves * t.width, sizeof(double));
	if (t.n_subsets > 0)
	{
		t.subsets = up_alloc_array(t.n_subsets, 32);
		t.subset = up_alloc0((size_t) t.n_nodes * sizeof(uint32_t));
	}
	t.n_leaves = t.n_subsets = 0;
	open_nodes(&t, bytes + p->tokens);
	for (uint32_t i = t.n_nodes; i-- > 0;)
	{
		if (p->covers != 0)
			t.cover[i] = double_at(bytes + p->covers + (size_t) i * sizeof(double));
		else if ((t.nodes[i].flags & UP_NODE_LEAF) == 0)
			t.cover[i] = t.cover[i + 1] + t.cover[t.nodes[i].next];
	}
	return t;
}

void
up_tree_open(UpTree *t)
{
	UpCompactModel *of;
	void *before;
	UpTree opened;
	size_t bytes;

	if (t->nodes != NULL)
		return;
	of = t->compact->of;
	bytes = up_tree_bytes(t);
	up_reserve(of->held + bytes, "the trees of a model");
	before = up_arena_visit(of->arena);
	opened = up_compact_nodes(t);
	up_arena_return(before);
	opened.depth = up_tree_depth(&opened);
	of->held += bytes;
	*t = opened;
}
