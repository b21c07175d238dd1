/*
 * tree_compact.c - trees as they stand in a model's bytes; see tree_compact.h, and tree_bytes.c for what the bytes are
 *
 * A model that is asked for a row or two is not worth making nodes of, which are ten times its bytes, nor even reading through: the way of
 * a row through a tree is a few of them, since trees say how long they are, and large splits where their right sides begin. So nothing
 * is checked before it is used: whoever takes a number, a bin or a value looks whether it is there and makes sense, here and whenever it
 * is come to again. Every step leads on within the node's own bytes, which end where its parent said; so a walk ends, whatever the bytes are.
 *
 * Cost: a row, some nanoseconds a step, and about as many tokens to pass as UP_LONG has bytes; to open or to check, as much a node.
 */
#include "learn/tree/tree_compact.h"

#include <math.h>
#include <string.h>

#define TICK_NODES 65536                       /* of one tree, between ticks */
#define STEP       (UP_TICK_WORK / TICK_NODES) /* the work of a node */

struct UpCompactModel
{
	const UpBins *bins;
	UpArena *arena; /* for trees that are opened */
	size_t held;    /* bytes of them */
	uint32_t width;
	double *values; /* so many: of a leaf that is looked at */
	bool shares;
	bool lengths;
	const uint8_t *bytes; /* of all trees */
	size_t start, len;    /* where they begin in the bytes of the reader, and how many these are */
	/*
	 * Nodes that need no further look, by their first byte: splits by thresholds, and leaves of one class of two alone, whose tokens have
	 * one or two bytes. The greatest byte that may follow; -1: it is not so simple. Where weights are whole; and else, when only splits are.
	 */
	int16_t simple[256], simple_splits[256];
};

typedef struct UpCompact
{
	UpCompactModel *of;
	size_t start, end;    /* where it stands in the bytes … */
	size_t nodes, covers; /* … and its nodes do, and behind them weights of theirs, if they are not whole */
	bool whole;           /* those of splits follow from the leaves' */
	bool checked;         /* all of it */
} UpCompact;

static void
set_simple(int16_t *most, uint32_t n_features, bool leaves)
{
	for (uint32_t byte = 0; byte < 256; byte++)
	{
		bool two = byte >= 128, leaf = (byte & 1) != 0;
		uint32_t low = (byte & 127) >> 3;

		most[byte] = -1;
		if ((byte & 4) != 0 || (leaf ? !leaves || low == 0 : low >= n_features))
			continue;
		/* Of a number, the higher bits; else anything. */
		most[byte] = two ? 127 : 255;
		if (two && !leaf)
			most[byte] = (int16_t) UP_MIN((n_features - 1 - low) >> 4, 127);
	}
}

UpCompactModel *
up_compact_begin(const UpReader *r, const UpBins *bins, uint32_t width, bool shares, bool lengths)
{
	UpCompactModel *of = up_alloc0(sizeof(UpCompactModel));

	of->bins = bins;
	of->width = width;
	of->values = up_alloc_array(UP_MAX(width, 1), sizeof(double));
	of->shares = shares;
	of->lengths = lengths;
	of->bytes = r->bytes + r->pos;
	of->start = r->pos;
	of->len = r->len;
	set_simple(of->simple, bins->n_features, width == 2);
	set_simple(of->simple_splits, bins->n_features, false);
	of->arena = up_arena_enter();
	up_arena_suspend(of->arena);
	return of;
}

/* ---- bytes that nobody has looked at ---- */

/* Where a walk is, and where the node that it is at ends with all below it. */
typedef struct Cursor
{
	const UpCompactModel *of;
	const uint8_t *at, *end;
	bool whole;
} Cursor;

static Cursor
nodes_of(const UpCompact *p)
{
	return (Cursor){p->of, p->of->bytes + p->nodes, p->of->bytes + p->covers, p->whole};
}

static UP_NORETURN void
damaged(const Cursor *c, const char *what)
{
	UpReader r;

	up_reader_init(&r, NULL, c->of->len, "model");
	r.pos = c->of->start + (size_t) (c->at - c->of->bytes);
	up_corrupt(&r, what);
}

static inline const uint8_t *
take(Cursor *c, size_t n)
{
	const uint8_t *at = c->at;

	if (n > (size_t) (c->end - at))
		damaged(c, "nodes of a tree");
	c->at += n;
	return at;
}

static inline uint64_t
take_number(Cursor *c)
{
	uint64_t v = *take(c, 1);

	if (v < 128)
		return v;
	v &= 127;
	for (uint32_t shift = 7; shift < 64; shift += 7)
	{
		uint8_t byte = *take(c, 1);

		v |= (uint64_t) (byte & 127) << shift;
		if (byte < 128)
			return v;
	}
	damaged(c, "number of a tree");
}

/* Of a split: its bin, or its subset. */
static inline const uint8_t *
take_asked(Cursor *c, uint64_t token)
{
	if (token >> 3 >= c->of->bins->n_features)
		damaged(c, "node of a tree");
	return take(c, (token & 4) != 0 ? UP_SUBSET_BYTES : 1);
}

/* Whether the node that is come to says, if it is a split, where its right side begins. */
static inline bool
is_long(const Cursor *c)
{
	return c->of->lengths && c->end - c->at >= UP_LONG;
}

/* Where the right side of a split does that says so. */
static inline const uint8_t *
take_right(Cursor *c)
{
	uint64_t left = take_number(c);

	if (left == 0 || left >= (uint64_t) (c->end - c->at))
		damaged(c, "sides of a tree");
	return c->at + left;
}

static double
double_at(const uint8_t *at)
{
	uint64_t bits = 0;
	double v;

	for (int i = 0; i < 8; i++)
		bits |= (uint64_t) at[i] << (8 * i);
	memcpy(&v, &bits, sizeof(v));
	return v;
}

static void
take_plain(Cursor *c, double *values)
{
	uint32_t width = c->of->width;
	const uint8_t *at = take(c, (size_t) width * sizeof(double));

	for (uint32_t k = 0; k < width; k++)
	{
		values[k] = double_at(at + k * sizeof(double));
		if (!isfinite(values[k]) || (c->of->shares && !(values[k] >= 0 && values[k] <= 1)))
			damaged(c, "values of a leaf");
	}
}

/* Of more than two classes. */
static void
take_classes(Cursor *c, uint64_t token, double *values)
{
	uint32_t width = c->of->width;
	double weight = (double) (token >> 3), sum = 0;
	uint64_t only;

	if ((token >> 1 & 3) == UP_LEAF_ALONE)
	{
		only = take_number(c);
		if (only >= width)
			damaged(c, "class of a leaf");
		memset(values, 0, width * sizeof(double));
		values[only] = 1;
		return;
	}
	for (uint32_t k = 0; k < width; k++)
	{
		double part = (double) take_number(c);

		sum += part;
		values[k] = part / weight;
	}
	if (sum > weight)
		damaged(c, "classes of a leaf");
}

/* What a leaf says: width values. */
static inline void
take_values(Cursor *c, uint64_t token, double *values)
{
	uint32_t form = (uint32_t) (token >> 1 & 3), width = c->of->width;
	double weight = (double) (token >> 3);

	if (c->whole ? weight < 1 || weight > UP_MOST_WHOLE : weight != 0)
		damaged(c, "weight of a leaf");
	if (form == UP_LEAF_PLAIN)
	{
		take_plain(c, values);
		return;
	}
	if (width < 2 || (form == UP_LEAF_ALONE_SECOND && width > 2) || (form == UP_LEAF_WHOLE && !c->whole))
		damaged(c, "leaf of a tree");
	if (width > 2)
	{
		take_classes(c, token, values);
		return;
	}
	values[1] = form == UP_LEAF_WHOLE ? (double) take_number(c) / weight : form == UP_LEAF_ALONE_SECOND;
	if (values[1] > 1)
		damaged(c, "classes of a leaf");
	values[0] = 1 - values[1];
}

/*
 * Past a node that is not long and all below it; how many nodes they are, and how many of them split by subsets. Whether a node is a
 * split or a leaf cannot be guessed, so there is no branch on it: simple ones are passed alike.
 */
static uint32_t
pass_nodes(Cursor *c, uint32_t *subsets)
{
	const int16_t *most = c->whole ? c->of->simple : c->of->simple_splits;
	uint32_t n = 0;

	for (uint32_t left = 1; left > 0; n++)
	{
		uint64_t token;

		if (n % TICK_NODES == TICK_NODES - 1)
			up_tick();
		if (c->end - c->at > 2 && c->at[1] <= most[*c->at])
		{
			uint32_t leaf = *c->at & 1;

			c->at += 2 + (*c->at >> 7) - leaf;
			left += 1 - 2 * leaf;
			continue;
		}
		token = take_number(c);
		if ((token & 1) != 0)
		{
			take_values(c, token, c->of->values);
			left--;
			continue;
		}
		(void) take_asked(c, token);
		*subsets += (token & 4) != 0;
		left++;
	}
	return n;
}

/* ---- a row ---- */

static inline bool
goes_left(uint64_t token, const uint8_t *asked, uint8_t code)
{
	if (code == UP_BIN_MISSING)
		return (token & 2) != 0;
	return (token & 4) != 0 ? (asked[code >> 3] >> (code & 7) & 1) != 0 : code <= *asked;
}

void
up_compact_add(const UpTree *t, const uint8_t *codes, double *out)
{
	Cursor c = nodes_of(t->compact);
	double *values = c.of->values;
	size_t work = 0;

	for (;;)
	{
		bool says = is_long(&c), left;
		uint64_t token = take_number(&c);
		const uint8_t *asked, *right;
		uint32_t subsets = 0;

		if ((token & 1) != 0)
		{
			take_values(&c, token, values);
			break;
		}
		up_tick_work(&work, STEP);
		asked = take_asked(&c, token);
		left = goes_left(token, asked, codes[token >> 3]);
		if (says)
		{
			right = take_right(&c);
			c.end = left ? right : c.end;
			c.at = left ? c.at : right;
		}
		else if (!left)
			(void) pass_nodes(&c, &subsets);
	}
	if (t->width <= 2)
		*out += values[t->width - 1];
	for (uint32_t k = 0; t->width > 2 && k < t->width; k++)
		out[k] += values[k];
}

/* ---- all of a tree ---- */

static size_t
most_pending(const UpTree *t)
{
	return t->n_nodes / 2 + (size_t) 1;
}

/* A split whose right side is still to come, and where that ends. */
typedef struct Pending
{
	uint32_t node;
	const uint8_t *end;
} Pending;

/* Nodes form one tree in preorder, whose sides are as long as it is said. */
static void
check_nodes(Cursor *c, const UpTree *t)
{
	const uint8_t **ends, **last; /* of right sides to come */
	uint32_t n_nodes = 0, n_subsets = 0;
	size_t work = 0;

	/* As many as of a tree that is opened. */
	up_reserve(most_pending(t) * sizeof(Pending), "the trees of a model");
	last = ends = up_alloc_array(most_pending(t), sizeof(*ends));
	for (;;)
	{
		const uint8_t *end = c->end;
		uint64_t token;

		up_tick_work(&work, STEP);
		if (is_long(c))
		{
			n_nodes++;
			token = take_number(c);
			if ((token & 1) != 0)
				take_values(c, token, c->of->values);
			else
			{
				(void) take_asked(c, token);
				n_subsets += (token & 4) != 0;
				c->end = take_right(c);
				if ((size_t) (last - ends) == most_pending(t))
					damaged(c, "order of a tree");
				*last++ = end;
				continue;
			}
		}
		else
			n_nodes += pass_nodes(c, &n_subsets);
		if (c->at != c->end)
			damaged(c, "sides of a tree");
		if (last == ends)
			break;
		c->end = *--last;
	}
	if (n_nodes != t->n_nodes || n_subsets != t->n_subsets)
		damaged(c, "order of a tree");
	up_free(ends);
}

static inline void
keep_split(UpTree *t, uint32_t i, uint64_t token, const uint8_t *asked)
{
	UpNode *node = &t->nodes[i];

	node->feature = (uint16_t) (token >> 3);
	node->flags = (uint8_t) ((token & 2) != 0 ? UP_NODE_MISSING_LEFT : 0);
	node->bin = *asked;
	if ((token & 4) == 0)
		return;
	node->flags |= UP_NODE_SUBSET;
	node->bin = 0;
	memcpy(t->subsets + (size_t) t->n_subsets * UP_SUBSET_BYTES, asked, UP_SUBSET_BYTES);
	t->subset[i] = t->n_subsets++;
}

/* Nodes that are in order, their values and the weights of leaves, into arrays. */
static void
read_nodes(Cursor *c, UpTree *t)
{
	Pending *pending = up_alloc_array(most_pending(t), sizeof(Pending)), *last = pending;

	t->n_leaves = t->n_subsets = 0;
	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		const uint8_t *end = c->end, *asked;
		bool says = is_long(c);
		uint64_t token = take_number(c);

		if (i % TICK_NODES == TICK_NODES - 1)
			up_tick();
		if ((token & 1) == 0)
		{
			asked = take_asked(c, token);
			c->end = says ? take_right(c) : end;
			keep_split(t, i, token, asked);
			*last++ = (Pending){i, end};
			continue;
		}
		t->nodes[i] = (UpNode){.flags = UP_NODE_LEAF, .next = t->n_leaves};
		t->cover[i] = (double) (token >> 3);
		take_values(c, token, t->values + (size_t) t->n_leaves * t->width);
		t->n_leaves++;
		if (last == pending)
			break;
		last--;
		c->end = last->end;
		t->nodes[last->node].next = i + 1;
	}
	up_free(pending);
}

static double
weight_at(const UpCompact *p, uint32_t i)
{
	return double_at(p->of->bytes + p->covers + (size_t) i * sizeof(double));
}

void
up_compact_check(const UpTree *t)
{
	UpCompact *p = t->compact;
	Cursor c;

	if (t->nodes != NULL || p->checked)
		return;
	c = nodes_of(p);
	check_nodes(&c, t);
	for (uint32_t i = 0; !p->whole && i < t->n_nodes; i++)
	{
		if (!(isfinite(weight_at(p, i)) && weight_at(p, i) > 0))
			damaged(&c, "cover of a tree");
	}
	p->checked = true;
}

UpTree
up_compact_nodes(const UpTree *tree)
{
	const UpCompact *p = tree->compact;
	UpTree t = *tree;
	Cursor c;

	up_compact_check(tree);
	t.compact = NULL;
	t.nodes = up_alloc_array(t.n_nodes, sizeof(UpNode));
	t.cover = up_alloc_array(t.n_nodes, sizeof(double));
	t.values = up_alloc_array((size_t) t.n_leaves * t.width, sizeof(double));
	if (t.n_subsets > 0)
	{
		t.subsets = up_alloc_array(t.n_subsets, UP_SUBSET_BYTES);
		t.subset = up_alloc0((size_t) t.n_nodes * sizeof(uint32_t));
	}
	c = nodes_of(p);
	read_nodes(&c, &t);
	for (uint32_t i = t.n_nodes; i-- > 0;)
	{
		if (!p->whole)
			t.cover[i] = weight_at(p, i);
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
	up_compact_check(t);
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

/* ---- read and written ---- */

/* Of a tree that does not say how long it is: where its nodes end, and how many split by subsets. */
static void
measure_nodes(UpCompact *p, UpTree *t)
{
	Cursor c = nodes_of(p);

	if (pass_nodes(&c, &t->n_subsets) != t->n_nodes)
		damaged(&c, "order of a tree");
	p->covers = (size_t) (c.at - p->of->bytes);
}

static void
get_head(UpReader *r, UpCompact *p, UpTree *t)
{
	size_t nodes;

	p->start = r->pos - p->of->start;
	t->n_nodes = up_get_count(r, 1, UINT32_MAX - 1, "nodes");
	nodes = r->len;
	if (p->of->lengths)
	{
		t->n_subsets = up_get_count(r, UP_SUBSET_BYTES, t->n_nodes / 2, "subsets");
		nodes = up_get_count(r, 1, UINT32_MAX, "bytes of a tree");
	}
	p->whole = up_get_bool(r);
	nodes = UP_MIN(nodes, r->len - r->pos);
	if (t->n_nodes % 2 == 0 || t->n_nodes > nodes)
		up_corrupt(r, "nodes of a tree");
	p->nodes = r->pos - p->of->start;
	p->covers = p->nodes + nodes;
	t->n_leaves = t->n_nodes / 2 + 1;
}

void
up_compact_get(UpReader *r, UpCompactModel *of, UpTree *t)
{
	UpCompact *p = up_alloc0(sizeof(UpCompact));
	size_t weights;

	p->of = of;
	t->compact = p;
	t->width = of->width;
	get_head(r, p, t);
	if (!of->lengths)
		measure_nodes(p, t);
	weights = p->whole ? 0 : (size_t) t->n_nodes * sizeof(double);
	r->pos = of->start + p->covers;
	if (weights > r->len - r->pos)
		up_corrupt(r, "cover of a tree");
	r->pos += weights;
	p->end = r->pos - of->start;
	if (!of->lengths)
		up_tree_open(t);
	else if (!r->lasting)
		up_compact_check(t);
}

void
up_compact_keep(UpReader *r, UpCompactModel *of)
{
	size_t len = r->pos - of->start;

	if (r->lasting)
		r->kept = true;
	else
		of->bytes = memcpy(up_alloc(len), of->bytes, len);
}

void
up_compact_put(UpWriter *w, const UpTree *t)
{
	const UpCompact *p = t->compact;

	up_put_bytes(w, p->of->bytes + p->start, p->end - p->start);
}
