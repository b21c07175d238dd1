/*
 * tree_walk.c - walks through trees without branches that a processor could guess wrong; see tree_walk.h
 *
 * A node is a slot of four bytes: which code to compare, the bin to compare it with, and how far away one child is; the other one,
 * which more rows take, follows. Trees with many features or nodes have the same in eight bytes. Each row has its codes four times:
 * with missing values above all bins and below them, and both mirrored, for nodes whose right child follows; the node says which it
 * asks, so a step is one comparison. A leaf asks for a code that is above all and goes 0 far: it stays. Behind it stands the place of
 * what it says among the values of all trees, where equal ones stand once: most leaves of a forest are of one class.
 *
 * LANES walks go side by side, so that the memory's delays overlap; one that has arrived makes room for the next. A single row
 * goes through several trees at a time. Of many rows a block goes through one tree, which is fetched into the cache first, after the
 * other: a forest is larger than the cache, and each node would be waited for.
 * Small trees are not walked where there are many rows: all their splits are asked for them at once (tree_small.h). Large ones that split
 * categories by subsets are walked plainly; and so are all for the first rows, as they are or as they were read (tree_compact.h), since
 * to lay them out takes as long as hundreds of walks: a model that is trained and stored, or read for a row or two, is never laid out.
 *
 * Cost: little more than a nanosecond a node on a row's way, of single rows as long as the trees' memory takes.
 */
#include "learn/tree/tree_walk.h"

#include "learn/tree/tree_compact.h"
#include "learn/tree/tree_small.h"

#include <string.h>

#define BLOCK_BYTES                                                                                            \
	(1300 *                                                                                                    \
	 1024) /* codes of a block of rows, which are read in order: the more rows, the less a tree's coming costs */
#define BLOCK_LEAST 64
#define BLOCK_MOST  16384
#define LANES       8
#define STEPS       3   /* between looks at who has arrived */
#define QUEUE       256 /* walks at a time */
#define FETCHED     (512 * 1024)
#define FEW_VALUES  4096
#define FEW_ROWS    8 /* for which trees are not laid out … */
#define FEW_NODES                                                                                              \
	10 /* … and one more for as many nodes that a tree has: to lay out one costs as much as a tenth of a walk */
#define TICK_TREES  1024 /* walked between two looks for a cancel */
#define MANY_ROWS   64   /* for which small trees are not walked (tree_small.h) */
#define SMALL_BLOCK 4096 /* rows where all trees are small */

/* Of memory that a part of a model takes beside its trees: for itself, and for each feature. */
#define WALKER_BYTES  ((size_t) 20 * 1024)
#define FEATURE_BYTES ((size_t) 2200)

#define COPIES 4
#define MIRROR 255 /* minus a code: turns a comparison round */

typedef struct Narrow
{
	uint8_t code; /* which of the row's copies of its codes, and of which feature */
	uint8_t bin;  /* codes above it go far */
	uint16_t far; /* slots from here; 0: a leaf */
} Narrow;

typedef struct Wide
{
	uint16_t code;
	uint16_t bin;
	uint32_t far;
} Wide;

/* The slots of a tree, one or the other; neither: walked plainly. */
typedef struct Laid
{
	Narrow *narrow;
	Wide *wide;
	size_t bytes;
} Laid;

struct UpWalker
{
	uint32_t n_trees;
	uint32_t n_features;
	uint32_t width; /* values a leaf */
	UpTree *const *trees;
	UpArena *arena; /* for what is laid out, which lives as long as the walker */
	size_t seen;    /* rows, up to few_rows */
	size_t few_rows;
	enum
	{
		NOT_LAID,
		LAID_LARGE, /* all but small trees */
		LAID_ALL
	} ready;
	Laid *laid;
	UpSmallTrees *small, *half_small; /* for many rows, or NULL so far; one is not ready */
	double *
		values; /* what leaves say: the last of their values; with more than two they say their number instead */
	uint32_t n_values, capacity;
	uint32_t *few; /* by hash: 1 + the place of a value that was met, while trees are laid out */
};

/*
 * Places of nodes: a node's child with more rows of training follows it, so that most steps stay on a line of the cache.
 * near_right: whether that is the right one. Returns the number of slots; most: the longest way from a node to its far child.
 */
static uint32_t
place_nodes(const UpTree *t, uint32_t *place, bool *near_right, uint32_t *most)
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
	*most = 0;
	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		if ((t->nodes[i].flags & UP_NODE_LEAF) == 0)
			*most = UP_MAX(*most, place[near_right[i] ? i + 1 : t->nodes[i].next] - place[i]);
	}
	up_free(stack);
	return at;
}

/* The place of a value; the same for all that are equal, but for few that are told apart again. */
static uint32_t
place_of_value(UpWalker *w, double value)
{
	uint32_t *known;
	uint64_t bits;

	memcpy(&bits, &value, sizeof(bits));
	known = &w->few[(bits * UINT64_C(0x9E3779B97F4A7C15)) >> 52];
	if (*known > 0 && memcmp(&w->values[*known - 1], &value, sizeof(value)) == 0)
		return *known - 1;
	if (w->n_values == w->capacity)
	{
		w->capacity *= 2;
		w->values = up_realloc(w->values, (size_t) w->capacity * sizeof(double));
	}
	w->values[w->n_values++] = value;
	*known = w->n_values;
	return w->n_values - 1;
}

static void
lay_out(UpWalker *w, const UpTree *t, Laid *laid)
{
	uint32_t *place = up_alloc_array(t->n_nodes, sizeof(uint32_t)), d = w->n_features, most;
	bool *near_right = up_alloc0(t->n_nodes);
	uint32_t n = place_nodes(t, place, near_right, &most);

	if (COPIES * d < 256 && most <= UINT16_MAX)
		laid->narrow = up_alloc_array(n, sizeof(Narrow));
	else
		laid->wide = up_alloc_array(n, sizeof(Wide));
	laid->bytes = n * (laid->narrow != NULL ? sizeof(Narrow) : sizeof(Wide));
	for (uint32_t i = 0; i < t->n_nodes; i++)
	{
		const UpNode *node = &t->nodes[i];
		uint32_t far = near_right[i] ? i + 1 : node->next, code = node->feature, bin = node->bin;
		Wide slot = {(uint16_t) (COPIES * d), 0, 0};

		if ((node->flags & UP_NODE_LEAF) == 0)
		{
			code += (node->flags & UP_NODE_MISSING_LEFT) != 0 ? d : 0;
			/* A code c above b goes right; not above b, so MIRROR - c above MIRROR - 1 - b, left. */
			slot.code = (uint16_t) (near_right[i] ? 2 * d + code : code);
			slot.bin = (uint16_t) (near_right[i] ? MIRROR - 1 - bin : bin);
			slot.far = place[far] - place[i];
		}
		if (laid->narrow != NULL)
			laid->narrow[place[i]] = (Narrow){(uint8_t) slot.code, (uint8_t) slot.bin, (uint16_t) slot.far};
		else
			laid->wide[place[i]] = slot;
		if ((node->flags & UP_NODE_LEAF) != 0)
		{
			uint32_t says = t->width > 2
								? node->next
								: place_of_value(w, t->values[(size_t) node->next * t->width + t->width - 1]);

			memcpy(laid->narrow != NULL ? (void *) &laid->narrow[place[i] + 1]
										: (void *) &laid->wide[place[i] + 1],
				   &says, sizeof(says));
		}
	}
	up_free(place);
	up_free(near_right);
}

/* A tree as it was read needs its nodes for that alone, unless it will be asked for values. */
static void
lay_out_tree(UpWalker *w, UpTree *t, Laid *laid)
{
	UpTree opened;

	if (t->width > 2)
		up_tree_open(t);
	if (t->nodes != NULL)
	{
		lay_out(w, t, laid);
		return;
	}
	opened = up_compact_nodes(t);
	lay_out(w, &opened, laid);
	up_tree_free_nodes(&opened);
}

void
up_walker_reserve(size_t walkers, uint32_t n_features)
{
	up_reserve(walkers * (WALKER_BYTES + n_features * FEATURE_BYTES), "the parts of a model of trees");
	if (walkers % 16 == 0)
		up_tick();
}

UpWalker *
up_walker_new(UpTree *const *trees, uint32_t n_trees, uint32_t n_features)
{
	UpWalker *w = up_alloc0(sizeof(UpWalker));

	w->n_trees = n_trees;
	w->n_features = n_features;
	w->width = n_trees > 0 ? trees[0]->width : 1;
	w->trees = trees;
	for (uint32_t t = 0; t < n_trees; t++)
		w->few_rows += trees[t]->n_nodes;
	w->few_rows = FEW_ROWS + w->few_rows / UP_MAX(n_trees, 1) / FEW_NODES;
	w->laid = up_alloc0(UP_MAX(n_trees, 1) * sizeof(Laid));
	w->arena = up_arena_enter();
	up_arena_suspend(w->arena);
	return w;
}

/* Trees that cannot be laid out. */
static bool
stays_plain(const UpWalker *w, const UpTree *t)
{
	return t->n_subsets > 0 || w->n_features >= UINT16_MAX / COPIES || t->n_nodes >= INT32_MAX / 2;
}

/* If it is left halfway, by a cancellation, it begins anew the next time. all: small trees as well. */
static void
lay_out_all(UpWalker *w, bool all)
{
	void *before = up_arena_visit(w->arena);

	w->ready = NOT_LAID;
	up_free(w->few);
	up_free(w->values);
	w->few = NULL;
	w->values = NULL;
	w->n_values = 0;
	w->capacity = 256;
	w->values = up_alloc_array(w->capacity, sizeof(double));
	w->few = up_alloc0(FEW_VALUES * sizeof(uint32_t));
	for (uint32_t t = 0; t < w->n_trees; t++)
	{
		/* Of an attempt that was left halfway. */
		up_free(w->laid[t].narrow);
		up_free(w->laid[t].wide);
		w->laid[t] = (Laid){0};
		if (t % 16 == 0)
			up_tick();
		if (!all && up_small_has(w->small, t))
			continue;
		if (stays_plain(w, w->trees[t]))
			up_tree_open(w->trees[t]);
		else
			lay_out_tree(w, w->trees[t], &w->laid[t]);
	}
	up_free(w->few);
	w->few = NULL;
	w->ready = all ? LAID_ALL : LAID_LARGE;
	up_arena_return(before);
}

/* Codes of one row in all ways in which nodes ask, and one that is above all. */
static void
copy_codes(const uint8_t *codes, uint32_t d, uint8_t *out)
{
	for (uint32_t j = 0; j < d; j++)
	{
		uint8_t high = codes[j], low = high == UP_BIN_MISSING ? 0 : high;

		out[j] = high;
		out[d + j] = low;
		out[2 * d + j] = (uint8_t) (MIRROR - high);
		out[3 * d + j] = (uint8_t) (MIRROR - low);
	}
	out[COPIES * d] = MIRROR;
}

/* ---- the walk, for both kinds of slots ---- */

#define UP_WALK_NAME walk_narrow
#define UP_WALK_SLOT Narrow
#include "learn/tree/tree_lanes_kernel.h"

#define UP_WALK_NAME walk_wide
#define UP_WALK_SLOT Wide
#include "learn/tree/tree_lanes_kernel.h"

static void
walk_plainly(const UpWalker *w, uint32_t t, const uint8_t *codes, double *out)
{
	const UpTree *tree = w->trees[t];
	const double *values;

	if (tree->nodes == NULL)
	{
		up_compact_add(tree, codes, out);
		return;
	}
	values = up_tree_walk(tree, codes);
	if (w->width <= 2)
		*out += values[w->width - 1];
	for (uint32_t k = 0; w->width > 2 && k < w->width; k++)
		out[k] += values[k];
}

/* What a leaf says is added. */
static inline void
add(const UpWalker *w, uint32_t t, uint32_t says, double *out)
{
	const double *values;

	if (w->width <= 2)
	{
		*out += w->values[says];
		return;
	}
	values = w->trees[t]->values + (size_t) says * w->width;
	for (uint32_t k = 0; k < w->width; k++)
		out[k] += values[k];
}

/* One row through all trees: several of them side by side, whose leaves are added in their order. */
static void
walk_row(const UpWalker *w, const uint8_t *codes, const uint8_t *copies, uint32_t outputs, double *out)
{
	uint32_t step = w->width > 2 ? 0 : 1;

	for (uint32_t first = 0; first < w->n_trees; first += QUEUE)
	{
		uint32_t n = UP_MIN(w->n_trees - first, QUEUE), said[QUEUE], n_narrow = 0, n_wide = 0;
		const Narrow *narrow[QUEUE];
		const Wide *wide[QUEUE];

		for (uint32_t i = 0; i < n; i++)
		{
			if (w->laid[first + i].narrow != NULL)
				narrow[n_narrow++] = w->laid[first + i].narrow;
			else if (w->laid[first + i].wide != NULL)
				wide[n_wide++] = w->laid[first + i].wide;
		}
		walk_narrow(narrow, 1, copies, 0, n_narrow, said);
		walk_wide(wide, 1, copies, 0, n_wide, said + n_narrow);
		n_wide = n_narrow;
		n_narrow = 0;
		for (uint32_t i = 0; i < n; i++)
		{
			const Laid *laid = &w->laid[first + i];
			double *to = out + (first + i) % outputs * step;

			if (laid->narrow != NULL)
				add(w, first + i, said[n_narrow++], to);
			else if (laid->wide != NULL)
				add(w, first + i, said[n_wide++], to);
			else
				walk_plainly(w, first + i, codes, to);
		}
	}
}

/* n rows, QUEUE at most, through one tree. */
static void
walk_tree(const UpWalker *w, uint32_t t, const uint8_t *copies, size_t n, uint32_t *said)
{
	size_t width = COPIES * (size_t) w->n_features + 1;
	const Laid *laid = &w->laid[t];

	if (laid->narrow != NULL)
		walk_narrow((const Narrow *const *) &laid->narrow, 0, copies, width, n, said);
	else
		walk_wide((const Wide *const *) &laid->wide, 0, copies, width, n, said);
}

/* Brings a tree into the cache, in order. */
static void
fetch(const Laid *laid)
{
	const char *bytes = laid->narrow != NULL ? (const char *) laid->narrow : (const char *) laid->wide;

	for (size_t i = 0; i < laid->bytes && i < FETCHED; i += 64)
		__builtin_prefetch(bytes + i);
}

/* Codes of a block of rows, as walks and small trees want them. */
typedef struct Codes
{
	const uint8_t *codes;  /* NULL: all trees are small */
	const uint8_t *copies; /* of them */
	const int8_t *small;   /* NULL: no tree is */
} Codes;

/* A block of rows through a tree that is not small; to has width values a row. */
static void
walk_rows(const UpWalker *w, uint32_t t, const Codes *c, size_t n, uint32_t width, double *to)
{
	size_t d = w->n_features;
	uint32_t said[QUEUE];

	if (w->laid[t].narrow == NULL && w->laid[t].wide == NULL)
	{
		for (size_t i = 0; i < n; i++)
			walk_plainly(w, t, c->codes + i * d, to + i * width);
		return;
	}
	fetch(&w->laid[t]);
	for (size_t first = 0; first < n; first += QUEUE)
	{
		size_t rows = UP_MIN(QUEUE, n - first);

		walk_tree(w, t, c->copies + first * (COPIES * d + 1), rows, said);
		for (size_t i = 0; i < rows; i++)
			add(w, t, said[i], to + (first + i) * width);
	}
}

/* A block of rows through all trees; each row has width values in out. */
static void
walk_block(const UpWalker *w, const Codes *c, size_t n, uint32_t outputs, uint32_t width, double *out)
{
	uint32_t step = w->width > 2 ? 0 : 1;

	for (uint32_t t = 0; t < w->n_trees; t++)
	{
		double *to = out + t % outputs * step;

		up_tick();
		if (c->small != NULL && up_small_has(w->small, t))
			up_small_add(w->small, t, c->small, n, width, to);
		else
			walk_rows(w, t, c, n, width, to);
	}
}

/* Few rows, through trees as they are. */
static void
walk_few(const UpWalker *w, const UpBins *bins, const double *x, size_t n, uint32_t outputs,
		 const double *start, double *out)
{
	uint32_t d = bins->n_features, width = w->width > 2 ? w->width : outputs, step = w->width > 2 ? 0 : 1;
	uint8_t small[1024], *codes = d <= sizeof(small) ? small : up_alloc(d);

	for (size_t i = 0; i < n; i++)
	{
		double *to = out + i * width;

		up_bins_encode(bins, x + i * d, 1, codes);
		for (uint32_t k = 0; k < width; k++)
			to[k] = start != NULL ? start[k] : 0;
		for (uint32_t t = 0; t < w->n_trees; t++)
		{
			if (t % TICK_TREES == 0)
				up_tick();
			walk_plainly(w, t, codes, to + t % outputs * step);
		}
	}
	if (codes != small)
		up_free(codes);
}

/* Whether trees that need their nodes to be laid out may have them; else they are walked as they are. */
static bool
may_be_opened(const UpWalker *w)
{
	size_t bytes = 0;
	bool any = false;

	for (uint32_t t = 0; t < w->n_trees; t++)
	{
		const UpTree *tree = w->trees[t];

		bytes += up_tree_bytes(tree);
		any = any || (tree->nodes == NULL && (tree->width > 2 || stays_plain(w, tree)));
	}
	return !any || bytes <= up_memory_limit();
}

/* Before anything lasting is made of trees: what fails halfway leaves none behind. */
static void
check_all(const UpWalker *w)
{
	for (uint32_t t = 0; t < w->n_trees; t++)
	{
		if (t % 16 == 0)
			up_tick();
		up_compact_check(w->trees[t]);
	}
}

/* Lays out what so many rows at a time want. Whether small trees are asked for all of them at once. */
static bool
make_ready(UpWalker *w, size_t n)
{
	void *before;

	if (w->ready == NOT_LAID && w->small == NULL)
		check_all(w);
	if (n < MANY_ROWS)
	{
		if (w->ready != LAID_ALL)
			lay_out_all(w, true);
		return false;
	}
	if (w->small == NULL)
	{
		before = up_arena_visit(w->arena);
		w->small = up_small_new(w->trees, w->n_trees, w->n_features, &w->half_small);
		up_arena_return(before);
	}
	if (w->ready == NOT_LAID && up_small_count(w->small) < w->n_trees)
		lay_out_all(w, false);
	return up_small_count(w->small) > 0;
}

/* Rows of a block through all trees, with what they need for it in bytes of memory. */
static void
sum_block(const UpWalker *w, const UpBins *bins, const double *x, size_t n, bool small, uint32_t outputs,
		  uint32_t width, uint8_t *bytes, double *out)
{
	size_t d = w->n_features, copied = COPIES * d + 1;
	uint8_t *codes = bytes, *copies = codes + n * d;
	Codes c = {NULL, NULL, NULL};

	if (!small || up_small_count(w->small) < w->n_trees)
	{
		c.codes = codes;
		c.copies = copies;
		up_bins_encode(bins, x, n, codes);
		for (size_t i = 0; i < n; i++)
			copy_codes(codes + i * d, w->n_features, copies + i * copied);
		bytes = copies + n * copied;
	}
	if (small)
	{
		c.small = (int8_t *) bytes;
		up_small_encode(w->small, bins, x, n, (int8_t *) bytes);
	}
	if (n == 1 && !small)
		walk_row(w, codes, copies, outputs, out);
	else
		walk_block(w, &c, n, outputs, width, out);
}

void
up_walker_sums(UpWalker *w, const UpBins *bins, const double *x, size_t n, uint32_t outputs,
			   const double *start, double *out)
{
	uint32_t d = bins->n_features, width = w->width > 2 ? w->width : outputs;
	size_t copied = COPIES * (size_t) d + 1,
		   block = UP_MIN(UP_MAX(BLOCK_BYTES / copied, BLOCK_LEAST), BLOCK_MOST), bytes;
	uint8_t few[2048], *codes = few;
	bool small;

	UP_ASSERT(d == w->n_features);
	if (w->ready == NOT_LAID && w->small == NULL && (w->seen + n <= w->few_rows || !may_be_opened(w)))
	{
		w->seen += n;
		walk_few(w, bins, x, n, outputs, start, out);
		return;
	}
	small = make_ready(w, n);
	if (small && up_small_count(w->small) == w->n_trees)
		block = UP_MIN(block, SMALL_BLOCK);
	block = UP_MIN(block, n);
	bytes = block * (d + copied) + (small ? up_small_codes(w->small, block) : 0);
	if (bytes > sizeof(few))
		codes = up_alloc(bytes);
	for (size_t first = 0; first < n; first += block)
	{
		size_t rows = UP_MIN(block, n - first);
		double *to = out + first * width;

		for (size_t i = 0; i < rows; i++)
		{
			for (uint32_t k = 0; k < width; k++)
				to[i * width + k] = start != NULL ? start[k] : 0;
		}
		sum_block(w, bins, x + first * d, rows, small, outputs, width, codes, to);
	}
	if (codes != few)
		up_free(codes);
}
