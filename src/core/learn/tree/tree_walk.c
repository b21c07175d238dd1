/*
 * tree_walk.c - walks through trees without branches that a processor could guess wrong; see tree_walk.h
 *
 * A node is eight bytes: which code to compare, the bin to compare it with, and how far away one child is; the other one, which more
 * rows take, follows. Each row has its codes, plus 1, four times: with missing values above all bins and below them, and both
 * mirrored, for nodes whose right child follows; the node says which it asks, so a step is one comparison. A leaf asks for what is
 * above 0 and goes 0 far: it stays. Its value stands in the slot behind it, on the same line of the cache.
 *
 * LANES walks go side by side, so that the memory's delays overlap; one that has arrived makes room for the next. A single row
 * goes through several trees at a time, of a block of rows several go through one tree. Trees that split categories by subsets
 * are walked plainly.
 */
#include "learn/tree/tree_walk.h"

#include <string.h>

#define BLOCK_ROWS 256
#define LANES      8
#define STEPS      3   /* between looks at who has arrived */
#define QUEUE      256 /* walks made ready at a time */

#define COPIES 4
#define MIRROR 512 /* minus a code: turns a comparison round */

typedef struct Slot
{
	uint16_t code; /* which of the row's copies of its codes, and of which feature */
	uint16_t bin;  /* codes above it go far */
	int32_t far;   /* slots from here; 0: a leaf */
} Slot;

struct UpWalker
{
	uint32_t n_trees;
	uint32_t n_features;
	UpTree *const *trees;
	Slot **slots; /* of each tree; NULL: walked plainly */
};

/*
 * Places of nodes: a node's child with more rows of training follows it, so that most steps stay on a line of the cache.
 * near_right: whether that is the right one. Returns the number of slots.
 */
static uint32_t
place_nodes(const UpTree *t, uint32_t *place, bool *near_right)
{
	uint32_t *stack = up_alloc_array((size_t) t->n_nodes + 1, sizeof(uint32_t)), n_stack = 0, at = 0;

	stack[n_stack++] = 0;
	while (n_stack > 0)
	{
		uint32_t i = stack[--n_stack], left = i + 1, right = t->nodes[i].next;

		place[i] = at++;
		if ((t->nodes[i].flags & UP_NODE_LEAF) != 0)
		{
			at++;
			continue;
		}
		near_right[i] = t->cover[right] > t->cover[left];
		stack[n_stack++] = near_right[i] ? left : right;
		stack[n_stack++] = near_right[i] ? right : left;
	}
	up_free(stack);
	return at;
}

static Slot *
lay_out(const UpTree *t, uint32_t d)
{
	uint32_t *place = up_alloc_array(t->n_nodes, sizeof(uint32_t));
	bool *near_right = up_alloc0(t->n_nodes);
	Slot *slots = up_alloc_array(place_nodes(t, place, near_right), sizeof(Slot));

	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		const UpNode *node = &t->nodes[i];
		Slot *slot = &slots[place[i]];
		uint32_t far = near_right[i] ? i + 1 : node->next, code = node->feature;

		if ((node->flags & UP_NODE_LEAF) != 0)
		{
			double says = t->width > 2 ? node->next : t->values[(size_t) node->next * t->width + t->width - 1];

			*slot = (Slot){0, 0, 0};
			memcpy(slot + 1, &says, sizeof(says));
			continue;
		}
		code += (node->flags & UP_NODE_MISSING_LEFT) != 0 ? d : 0;
		slot->code = (uint16_t) (near_right[i] ? 2 * d + code : code);
		slot->bin = (uint16_t) (near_right[i] ? MIRROR - 1 - (node->bin + 1) : node->bin + 1);
		slot->far = (int32_t) (place[far] - place[i]);
	}
	up_free(place);
	up_free(near_right);
	return slots;
}

UpWalker *
up_walker_new(UpTree *const *trees, uint32_t n_trees, uint32_t n_features)
{
	UpWalker *w = up_alloc0(sizeof(UpWalker));

	w->n_trees = n_trees;
	w->n_features = n_features;
	w->trees = trees;
	w->slots = up_alloc0(UP_MAX(n_trees, 1) * sizeof(Slot *));
	for (uint32_t t = 0; t < n_trees; t++)
	{
		if (t % 16 == 0)
			up_tick();
		if (trees[t]->n_subsets == 0 && n_features <= UINT16_MAX / COPIES && trees[t]->n_nodes < INT32_MAX / 2)
			w->slots[t] = lay_out(trees[t], n_features);
	}
	return w;
}

/* What the leaf says that a row falls to. */
static double
walk_plainly(const UpTree *t, const uint8_t *codes)
{
	const double *values = up_tree_walk(t, codes);

	return t->width > 2 ? (double) ((size_t) (values - t->values) / t->width) : values[t->width - 1];
}

/* Codes of one row, plus 1, in all ways in which nodes ask. */
static void
copy_codes(const uint8_t *codes, uint32_t d, uint16_t *out)
{
	for (uint32_t j = 0; j < d; j++)
	{
		uint16_t high = (uint16_t) (codes[j] + 1), low = codes[j] == UP_BIN_MISSING ? 0 : high;

		out[j] = high;
		out[d + j] = low;
		out[2 * d + j] = (uint16_t) (MIRROR - high);
		out[3 * d + j] = (uint16_t) (MIRROR - low);
	}
	if (d == 0)
		out[0] = 1;
}

static inline double
said(const Slot *leaf)
{
	double says;

	memcpy(&says, leaf + 1, sizeof(says));
	return says;
}

/* A walk: where it is, with which codes, and where what the leaf says goes. */
typedef struct Walk
{
	const Slot *at;
	const uint16_t *codes;
	double *out;
} Walk;

static inline const Slot *
step(const Slot *slot, const uint16_t *codes)
{
	int32_t beyond = -(int32_t) (codes[slot->code] > slot->bin);

	return slot + 1 + ((slot->far - 1) & beyond);
}

static void
walk_alone(const Walk *walk)
{
	const Slot *at = walk->at;

	while (at->far != 0)
		at = step(at, walk->codes);
	*walk->out = said(at);
}

static void
walk_all(const Walk *walks, size_t n)
{
	const Slot *at[LANES];
	const uint16_t *codes[LANES];
	double *out[LANES];
	size_t next = LANES;

	if (n < LANES)
	{
		for (size_t i = 0; i < n; i++)
			walk_alone(walks + i);
		return;
	}
	for (int lane = 0; lane < LANES; lane++)
	{
		at[lane] = walks[lane].at;
		codes[lane] = walks[lane].codes;
		out[lane] = walks[lane].out;
	}
	while (next < n)
	{
		for (int k = 0; k < STEPS; k++)
		{
#pragma GCC unroll 8
			for (int lane = 0; lane < LANES; lane++)
				at[lane] = step(at[lane], codes[lane]);
		}
#pragma GCC unroll 8
		for (int lane = 0; lane < LANES; lane++)
		{
			if (at[lane]->far != 0 || next == n)
				continue;
			*out[lane] = said(at[lane]);
			at[lane] = walks[next].at;
			codes[lane] = walks[next].codes;
			out[lane] = walks[next].out;
			next++;
		}
	}
	for (int lane = 0; lane < LANES; lane++)
	{
		Walk last = {at[lane], codes[lane], out[lane]};

		walk_alone(&last);
	}
}

/* One row through all trees. */
static void
walk_row(const UpWalker *w, const uint8_t *codes, const uint16_t *copies, double *out)
{
	Walk queue[QUEUE];
	size_t n = 0;

	for (uint32_t t = 0; t < w->n_trees; t++)
	{
		if (w->slots[t] == NULL)
			out[t] = walk_plainly(w->trees[t], codes);
		else
			queue[n++] = (Walk){w->slots[t], copies, out + t};
		if (n == QUEUE || t + 1 == w->n_trees)
		{
			walk_all(queue, n);
			n = 0;
		}
	}
}

/* n rows through one tree. */
static void
walk_tree(const UpWalker *w, uint32_t t, const uint8_t *codes, const uint16_t *copies, size_t n, double *out)
{
	size_t d = w->n_features;
	Walk queue[QUEUE];

	for (size_t first = 0; w->slots[t] != NULL && first < n; first += QUEUE)
	{
		size_t rows = UP_MIN(QUEUE, n - first);

		for (size_t i = 0; i < rows; i++)
			queue[i] =
				(Walk){w->slots[t], copies + (first + i) * COPIES * d, out + (first + i) * w->n_trees + t};
		walk_all(queue, rows);
	}
	for (size_t i = 0; w->slots[t] == NULL && i < n; i++)
		out[i * w->n_trees + t] = walk_plainly(w->trees[t], codes + i * d);
}

/*
 * codes: n × n_features, as up_bins_encode makes them. out: n × n_trees, what each tree's leaf says: its last value (the only
 * one, or that of the second class), or with more than two values a leaf the leaf's number.
 */
static void
walk_block(const UpWalker *w, const uint8_t *codes, size_t n, double *out)
{
	uint16_t small[1024], *copies = small;
	size_t d = w->n_features, capacity = n * UP_MAX(COPIES * d, 1);

	if (capacity > UP_LENGTH(small))
		copies = up_alloc_array(capacity, sizeof(uint16_t));
	for (size_t i = 0; i < n; i++)
		copy_codes(codes + i * d, w->n_features, copies + i * COPIES * d);
	if (n == 1)
		walk_row(w, codes, copies, out);
	for (uint32_t t = 0; n > 1 && t < w->n_trees; t++)
	{
		up_tick();
		walk_tree(w, t, codes, copies, n, out);
	}
	if (copies != small)
		up_free(copies);
}

void
up_walker_rows(const UpWalker *w, const UpBins *bins, const double *x, size_t n, UpTakeLeaves take,
			   const void *body, uint32_t width, double *out)
{
	uint32_t d = bins->n_features;
	uint8_t small[1024], *codes = small;
	double few[256], *leaves = few;
	size_t block = UP_MIN(BLOCK_ROWS, n);

	UP_ASSERT(d == w->n_features);
	if (block * d > sizeof(small))
		codes = up_alloc_array(block, d);
	if (block * w->n_trees > UP_LENGTH(few))
		leaves = up_alloc_array(block * w->n_trees, sizeof(double));
	for (size_t first = 0; first < n; first += block)
	{
		size_t rows = UP_MIN(block, n - first);

		up_bins_encode(bins, x + first * d, rows, codes);
		walk_block(w, codes, rows, leaves);
		for (size_t i = 0; i < rows; i++)
			take(body, leaves + i * w->n_trees, out + (first + i) * width);
	}
	if (codes != small)
		up_free(codes);
	if (leaves != few)
		up_free(leaves);
}
