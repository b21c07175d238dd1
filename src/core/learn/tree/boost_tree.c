/*
 * boost_tree.c - grows a tree of a boosting, some nodes at a time; see boost_tree.h
 *
 * Where leaves are limited the best one is split next (Ke et al. 2017); otherwise so many nodes at a time as make good parts, the last
 * ones first, so that few histograms wait. Of two children the smaller one is counted, the larger one has what is left of the
 * parent's; where no histogram is kept (children that are not split again, or a full pool), both are counted, with the same sums.
 *
 * Cost: O(rows × features) a level of the tree, and 256 cells a feature and node.
 */
#include "learn/tree/boost_tree.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS  16384
#define GROUP_ROWS  8192 /* at least, of a node that is counted in groups of blocks */
#define MOST_GROUPS 16
#define MOST_PIECES (1 << 20)
#define SLICES      4  /* of a panel, where there are fewer tasks */
#define WIDE        64 /* features from which panels are parts enough */
#define BATCH       16 /* nodes that are split at a time */
#define POOL_BYTES  ((size_t) 64 * 1024 * 1024)

typedef struct Node
{
	uint32_t depth, n, left, right;
	uint32_t slot;
	bool parted; /* its children have pieces of their own */
	uint64_t word;
	double low, high; /* bounds of its value, for monotone features */
	UpBoostFound found;
} Node;

struct UpBoostGrower
{
	UpBoostHow how;
	void *arrays[UP_BOOST_ARRAYS];
	const UpGrowing *g;
	Node *nodes;
	uint32_t n_nodes, capacity, n_leaves;
	uint32_t *free_slots, n_free;
	UpArena *memory;               /* of what lives from tree to tree, whatever memory trees are grown in */
	size_t bytes[UP_BOOST_ARRAYS]; /* that there is room for */
	UpBoostTask tasks[2 * BATCH];
	uint32_t n_tasks;
};

static void
run_parts(UpBoostGrower *w, uint32_t parts, UpPart fn)
{
	up_parallel(parts, fn, &w->how, sizeof(w->how), w->arrays, UP_BOOST_ARRAYS);
}

/* An array with room for n items; what stood there may be lost. */
static void *
room(UpBoostGrower *w, UpBoostArray which, size_t n, size_t size)
{
	void *before;

	if (w->bytes[which] >= n * size && w->arrays[which] != NULL)
		return w->arrays[which];
	before = up_arena_visit(w->memory);
	up_free_large(w->arrays[which]);
	w->arrays[which] = up_alloc_large_array(UP_MAX(n, 1), size);
	w->bytes[which] = n * size;
	up_arena_return(before);
	return w->arrays[which];
}

/* Twice as many nodes. */
static void
more_nodes(UpBoostGrower *w)
{
	size_t bytes = (size_t) w->capacity * w->how.n_blocks * sizeof(UpBoostPiece);
	void *before = up_arena_visit(w->memory), *pieces = up_alloc_large(UP_MAX(2 * bytes, 1));

	memcpy(pieces, w->arrays[UP_BOOST_PIECES], bytes);
	up_free_large(w->arrays[UP_BOOST_PIECES]);
	w->arrays[UP_BOOST_PIECES] = pieces;
	w->bytes[UP_BOOST_PIECES] = 2 * bytes;
	w->capacity *= 2;
	w->nodes = up_realloc(w->nodes, (size_t) w->capacity * sizeof(Node));
	up_arena_return(before);
}

/* ---- nodes ---- */

static uint32_t
new_node(UpBoostGrower *w, uint32_t depth, uint32_t n, uint64_t word)
{
	Node *node;

	if (w->n_nodes == w->capacity)
		more_nodes(w);
	node = &w->nodes[w->n_nodes];
	memset(node, 0, sizeof(Node));
	node->depth = depth;
	node->n = n;
	node->word = word;
	node->left = node->right = node->slot = UP_BOOST_NONE;
	node->low = -INFINITY;
	node->high = INFINITY;
	node->found.split.gain = -INFINITY;
	return w->n_nodes++;
}

static inline UpBoostPiece *
pieces_of(const UpBoostGrower *w, uint32_t node)
{
	return (UpBoostPiece *) w->arrays[UP_BOOST_PIECES] + (size_t) node * w->how.n_blocks;
}

static bool
may_split(const UpBoostGrower *w, const Node *node)
{
	const UpGrowing *g = w->g;

	return node->depth < g->max_depth && node->n >= 2 && node->n >= g->min_samples_split &&
		   node->n >= 2 * g->min_samples_leaf &&
		   (uint32_t) node->word * w->how.step_h >= 2 * g->min_weight * (1 - 1e-4);
}

static void
release_slot(UpBoostGrower *w, Node *node)
{
	if (node->slot != UP_BOOST_NONE)
		w->free_slots[w->n_free++] = node->slot;
	node->slot = UP_BOOST_NONE;
}

static double
value_of(const UpBoostGrower *w, uint64_t word)
{
	return -(up_boost_g(word) * w->how.step_g) / ((uint32_t) word * w->how.step_h + w->how.l2);
}

/* What a monotone feature's split lets each side be. */
static void
bound_children(const UpBoostGrower *w, const Node *node, Node *left, Node *right)
{
	const int8_t *monotone = w->g->monotone;
	double a, b;

	left->low = right->low = node->low;
	left->high = right->high = node->high;
	if (monotone == NULL || monotone[node->found.split.feature] == 0)
		return;
	a = UP_MIN(UP_MAX(value_of(w, left->word), node->low), node->high);
	b = UP_MIN(UP_MAX(value_of(w, right->word), node->low), node->high);
	if (monotone[node->found.split.feature] > 0)
		left->high = right->low = (a + b) / 2;
	else
		left->low = right->high = (a + b) / 2;
}

static void
set_table(const UpSplit *split, uint8_t *goes_left)
{
	for (uint32_t code = 0; code < UP_CELLS; code++)
		goes_left[code] = up_split_goes_left(split, (uint8_t) code);
}

/* ---- looking for splits ---- */

static UpBoostLook
look_at(const UpBoostGrower *w, uint32_t at, bool wanted)
{
	const Node *node = &w->nodes[at];

	return (UpBoostLook){at, node->n, UP_BOOST_NONE, wanted, node->word, node->low, node->high};
}

/* Adds a task; the histograms of what it counts are kept where its children may need them. */
static void
add_task(UpBoostGrower *w, uint32_t counted, bool wanted, uint32_t other)
{
	UpBoostTask *t = &w->tasks[w->n_tasks++];
	Node *node = &w->nodes[counted];
	uint32_t groups = UP_MIN(UP_MIN(node->n / GROUP_ROWS, w->how.n_blocks), MOST_GROUPS);

	t->counted = look_at(w, counted, wanted);
	if (wanted && node->depth + 1 < w->g->max_depth && w->n_free > 0)
		t->counted.slot = node->slot = w->free_slots[--w->n_free];
	t->other.node = UP_BOOST_NONE;
	if (other != UP_BOOST_NONE)
	{
		t->other = look_at(w, other, true);
		t->other.slot = w->nodes[other].slot;
	}
	t->groups = w->how.n_features >= WIDE || groups < 2 ? 1 : groups;
}

static void
add_children(UpBoostGrower *w, uint32_t at)
{
	Node *node = &w->nodes[at], *left = &w->nodes[node->left], *right = &w->nodes[node->right];
	bool left_smaller = left->n <= right->n;
	uint32_t small = left_smaller ? node->left : node->right, large = left_smaller ? node->right : node->left;
	bool small_may = node->parted && may_split(w, &w->nodes[small]);
	bool large_may = node->parted && may_split(w, &w->nodes[large]);

	if (large_may && node->slot != UP_BOOST_NONE)
	{
		w->nodes[large].slot = node->slot;
		node->slot = UP_BOOST_NONE;
		add_task(w, small, small_may, large);
		return;
	}
	release_slot(w, node);
	if (small_may)
		add_task(w, small, true, UP_BOOST_NONE);
	if (large_may)
		add_task(w, large, true, UP_BOOST_NONE);
}

/* The best of what was found in the panels, slice by slice. */
static void
take_found(UpBoostGrower *w, uint32_t at, const UpBoostFound *found)
{
	Node *node = &w->nodes[at];
	double step = w->how.step_g;

	for (uint32_t i = 0; i < w->how.n_panels * w->how.slices; i++)
	{
		if (found[(size_t) i * 2].split.gain > node->found.split.gain)
			node->found = found[(size_t) i * 2];
	}
	node->found.split.gain *= step * step;
	if (!(node->found.split.gain > w->g->min_decrease))
		node->found.split.gain = -INFINITY;
	if (!(node->found.split.gain > -INFINITY) || node->depth + 1 >= w->g->max_depth)
		release_slot(w, node);
}

/*
 * The large ones at both ends, from where parts are taken, so that the last to be done are small and nobody waits for long. Histograms and
 * splits do not depend on the order.
 */
static void
order_tasks(UpBoostGrower *w)
{
	UpBoostTask sorted[2 * BATCH];
	uint32_t first = 0, end = w->n_tasks;

	for (uint32_t i = 0; i < w->n_tasks; i++)
	{
		uint32_t at = i;

		for (; at > 0 && sorted[at - 1].counted.n < w->tasks[i].counted.n; at--)
			sorted[at] = sorted[at - 1];
		sorted[at] = w->tasks[i];
	}
	for (uint32_t i = 0; i < w->n_tasks; i++)
		w->tasks[i % 2 == 0 ? first++ : --end] = sorted[i];
}

/* Counts and looks, for all tasks. */
static void
find_splits(UpBoostGrower *w)
{
	size_t cells = (size_t) w->how.panel * UP_CELLS * sizeof(uint64_t);
	uint32_t n_panels = w->how.n_panels, partials = 0, parts;
	const UpBoostFound *found;

	if (w->n_tasks == 0)
		return;
	order_tasks(w);
	for (uint32_t i = 0; i < w->n_tasks; i++)
	{
		w->tasks[i].partial = partials;
		partials += w->tasks[i].groups > 1 ? w->tasks[i].groups * n_panels : 0;
	}
	memcpy(room(w, UP_BOOST_WORK, w->n_tasks, sizeof(UpBoostTask)), w->tasks, w->n_tasks * sizeof(UpBoostTask));
	room(w, UP_BOOST_PARTIAL, partials, cells);
	w->how.n_work = w->n_tasks;
	run_parts(w, partials, up_boost_count_part);
	/* Of the root, and its children, there is but one task. */
	w->how.slices = partials > 0 && w->n_tasks * n_panels < SLICES ? SLICES : 1;
	parts = n_panels * w->how.slices;
	found = room(w, UP_BOOST_OUT, (size_t) w->n_tasks * parts * 2, sizeof(UpBoostFound));
	run_parts(w, w->n_tasks * parts, up_boost_find_part);
	for (uint32_t i = 0; i < w->n_tasks; i++, found += (size_t) parts * 2)
	{
		if (w->tasks[i].counted.wanted)
			take_found(w, w->tasks[i].counted.node, found);
		if (w->tasks[i].other.node != UP_BOOST_NONE)
			take_found(w, w->tasks[i].other.node, found + 1);
	}
	w->n_tasks = 0;
}

/* ---- splitting ---- */

/* Parts the rows of nodes; those whose children stay leaves wait for the end. */
static void
part_rows(UpBoostGrower *w, const uint32_t *at, uint32_t n)
{
	UpBoostSplit *splits = room(w, UP_BOOST_WORK, n, sizeof(UpBoostSplit));
	uint8_t *tables = room(w, UP_BOOST_TABLES, n, UP_CELLS);

	w->how.n_work = 0;
	for (uint32_t i = 0; i < n; i++)
	{
		const Node *node = &w->nodes[at[i]];

		if (!node->parted)
			continue;
		set_table(&node->found.split, tables + (size_t) w->how.n_work * UP_CELLS);
		splits[w->how.n_work++] = (UpBoostSplit){at[i], node->found.split.feature};
	}
	room(w, UP_BOOST_OUT, (size_t) w->how.n_work * w->how.n_blocks, sizeof(uint32_t));
	if (w->how.n_work > 0)
		run_parts(w, w->how.n_blocks, up_boost_part_part);
}

/* The children of a node; lefts: how many rows of each block went left. */
static void
add_nodes(UpBoostGrower *w, uint32_t at, const uint32_t *lefts)
{
	Node node = w->nodes[at];
	uint32_t left = new_node(w, node.depth + 1, 0, node.found.left);
	uint32_t right = new_node(w, node.depth + 1, node.n, node.word - node.found.left);

	w->nodes[at].left = left;
	w->nodes[at].right = right;
	for (uint32_t block = 0; node.parted && block < w->how.n_blocks; block++)
	{
		UpBoostPiece piece = pieces_of(w, at)[block];

		pieces_of(w, left)[block] = (UpBoostPiece){piece.first, lefts[block]};
		pieces_of(w, right)[block] = (UpBoostPiece){piece.first + lefts[block], piece.n - lefts[block]};
		w->nodes[left].n += lefts[block];
		w->nodes[right].n -= lefts[block];
	}
	bound_children(w, &w->nodes[at], &w->nodes[left], &w->nodes[right]);
	if (w->g->importance != NULL)
		w->g->importance[node.found.split.feature] += UP_MAX(node.found.split.gain, 0);
}

/* last: no leaf is split any more after these. */
static void
split_nodes(UpBoostGrower *w, const uint32_t *at, uint32_t n, bool last)
{
	uint32_t s = 0;

	for (uint32_t i = 0; i < n; i++)
		w->nodes[at[i]].parted = !last && w->nodes[at[i]].depth + 1 < w->g->max_depth;
	part_rows(w, at, n);
	for (uint32_t i = 0; i < n; i++)
	{
		add_nodes(w, at[i], (const uint32_t *) w->arrays[UP_BOOST_OUT] + (size_t) s * w->how.n_blocks);
		s += w->nodes[at[i]].parted;
	}
	w->n_leaves += n;
	for (uint32_t i = 0; i < n; i++)
		add_children(w, at[i]);
	find_splits(w);
}

/* The leaf whose split gains most, of those that are there. */
static uint32_t
best_leaf(const UpBoostGrower *w)
{
	uint32_t best = UP_BOOST_NONE;

	for (uint32_t i = 0; i < w->n_nodes; i++)
	{
		if (w->nodes[i].left == UP_BOOST_NONE && w->nodes[i].found.split.gain > -INFINITY &&
			(best == UP_BOOST_NONE || w->nodes[i].found.split.gain > w->nodes[best].found.split.gain))
			best = i;
	}
	return best;
}

static void
grow(UpBoostGrower *w)
{
	uint32_t *stack, n_stack = 0, most = w->g->max_leaf_nodes, batch[BATCH];

	if (most > 0)
	{
		for (uint32_t at = best_leaf(w); at != UP_BOOST_NONE && w->n_leaves < most; at = best_leaf(w))
			split_nodes(w, &at, 1, w->n_leaves + 1 == most);
		return;
	}
	stack = up_alloc_array((size_t) w->how.n_rows + 2, sizeof(uint32_t));
	if (w->nodes[0].found.split.gain > -INFINITY)
		stack[n_stack++] = 0;
	while (n_stack > 0)
	{
		uint32_t n = 0, before = w->n_nodes;

		while (n < BATCH && n_stack > 0)
			batch[n++] = stack[--n_stack];
		split_nodes(w, batch, n, false);
		for (uint32_t i = w->n_nodes; i-- > before;)
		{
			if (w->nodes[i].found.split.gain > -INFINITY)
				stack[n_stack++] = i;
		}
	}
	up_free(stack);
}

/* ---- the tree ---- */

static void
set_split(UpTree *t, uint32_t at, const UpSplit *s)
{
	UpNode *to = &t->nodes[at];

	to->feature = (uint16_t) s->feature;
	to->bin = s->by_subset ? 0 : s->bin;
	to->flags = (uint8_t) ((s->missing_left ? UP_NODE_MISSING_LEFT : 0) | (s->by_subset ? UP_NODE_SUBSET : 0));
	if (s->by_subset)
		memcpy(up_tree_new_subset(t, at), s->subset, UP_SUBSET_BYTES);
}

/* Nodes in preorder; leaf_node: of each leaf, its node. */
static UpTree *
build_tree(const UpBoostGrower *w, uint32_t *leaf_node)
{
	UpTree *t = up_alloc0(sizeof(UpTree));
	uint32_t *stack = up_alloc_array((size_t) w->n_nodes + 2, sizeof(uint32_t)), n_stack = 0;
	uint32_t *parent = up_alloc_array((size_t) w->n_nodes + 2, sizeof(uint32_t));

	t->n_nodes = w->n_nodes;
	t->width = 1;
	t->nodes = up_alloc0((size_t) t->n_nodes * sizeof(UpNode));
	t->cover = up_alloc_array(t->n_nodes, sizeof(double));
	t->values = up_alloc_array(w->n_leaves, sizeof(double));
	parent[0] = UP_BOOST_NONE;
	stack[n_stack++] = 0;
	for (uint32_t at = 0; n_stack > 0; at++)
	{
		uint32_t from = stack[--n_stack];
		const Node *node = &w->nodes[from];

		if (parent[n_stack] != UP_BOOST_NONE)
			t->nodes[parent[n_stack]].next = at;
		if (node->left == UP_BOOST_NONE)
		{
			t->nodes[at].flags = UP_NODE_LEAF;
			t->nodes[at].next = t->n_leaves;
			leaf_node[t->n_leaves++] = from;
			continue;
		}
		set_split(t, at, &node->found.split);
		parent[n_stack] = at;
		stack[n_stack++] = node->right;
		parent[n_stack] = UP_BOOST_NONE;
		stack[n_stack++] = node->left;
	}
	up_free(stack);
	up_free(parent);
	return t;
}

/* The work of telling each row its leaf; returns how much. */
static void
list_leaves(UpBoostGrower *w, const uint32_t *leaf_node, uint32_t n_leaves)
{
	uint32_t *leaf_at = up_alloc_array(w->n_nodes, sizeof(uint32_t)), n_tables = 0;
	UpBoostLeaf *leaves = room(w, UP_BOOST_WORK, n_leaves, sizeof(UpBoostLeaf));
	uint8_t *tables;

	w->how.n_work = 0;
	memset(leaf_at, 0xff, w->n_nodes * sizeof(uint32_t));
	for (uint32_t leaf = 0; leaf < n_leaves; leaf++)
		leaf_at[leaf_node[leaf]] = leaf;
	for (uint32_t i = 0; i < w->n_nodes; i++)
		n_tables += w->nodes[i].left != UP_BOOST_NONE && !w->nodes[i].parted;
	tables = room(w, UP_BOOST_TABLES, n_tables, UP_CELLS);
	n_tables = 0;
	/* Leaves without pieces come by their parent. */
	for (uint32_t i = 0; i < w->n_nodes; i++)
	{
		const Node *node = &w->nodes[i];

		for (int side = 0; node->left != UP_BOOST_NONE && node->parted && side < 2; side++)
		{
			uint32_t child = side == 0 ? node->left : node->right;

			if (leaf_at[child] != UP_BOOST_NONE)
				leaves[w->how.n_work++] = (UpBoostLeaf){child, leaf_at[child], UP_BOOST_NONE, 0, 0};
		}
		if (node->left == UP_BOOST_NONE || node->parted)
			continue;
		set_table(&node->found.split, tables + (size_t) n_tables * UP_CELLS);
		leaves[w->how.n_work++] =
			(UpBoostLeaf){i, leaf_at[node->left], leaf_at[node->right], node->found.split.feature, n_tables++};
	}
	if (n_leaves == 1)
		leaves[w->how.n_work++] = (UpBoostLeaf){0, 0, UP_BOOST_NONE, 0, 0};
	up_free(leaf_at);
}

/* Tells each row its leaf, and each leaf its exact sums and so its value. */
static void
finish_leaves(UpBoostGrower *w, UpTree *t, const uint32_t *leaf_node)
{
	UpBoostSums *sums = room(w, UP_BOOST_OUT, (size_t) t->n_leaves * w->how.n_blocks, sizeof(UpBoostSums));

	list_leaves(w, leaf_node, t->n_leaves);
	run_parts(w, w->how.n_blocks, up_boost_assign_part);
	for (uint32_t at = t->n_nodes; at-- > 0;)
	{
		uint32_t leaf = t->nodes[at].next;
		const Node *node;
		UpBoostSums sum;

		if ((t->nodes[at].flags & UP_NODE_LEAF) == 0)
		{
			t->cover[at] = t->cover[at + 1] + t->cover[t->nodes[at].next];
			continue;
		}
		node = &w->nodes[leaf_node[leaf]];
		sum = sums[leaf];
		for (uint32_t block = 1; block < w->how.n_blocks; block++)
		{
			const UpBoostSums *more = &sums[(size_t) block * t->n_leaves + leaf];

			sum.rows += more->rows;
			sum.gradient += more->gradient;
			sum.hessian += more->hessian;
		}
		t->cover[at] = sum.rows;
		t->values[leaf] = UP_MIN(UP_MAX(-sum.gradient / (sum.hessian + w->how.l2), node->low), node->high);
	}
}

/* ---- from rows to the root ---- */

/* How fine the steps are; false: none would do. */
static bool
set_steps(UpBoostGrower *w, const UpBoostMeasure *blocks)
{
	UpBoostMeasure all = {0};
	double n = w->how.n_rows;

	if (blocks == NULL)
	{
		blocks = room(w, UP_BOOST_OUT, w->how.n_blocks, sizeof(UpBoostMeasure));
		run_parts(w, w->how.n_blocks, up_boost_measure_part);
	}
	for (uint32_t i = 0; i < w->how.n_blocks; i++)
	{
		all.most_g = UP_MAX(all.most_g, blocks[i].most_g);
		all.most_h = UP_MAX(all.most_h, blocks[i].most_h);
		all.sum_g += blocks[i].sum_g;
		all.sum_h += blocks[i].sum_h;
	}
	if (!isfinite(all.sum_g) || !isfinite(all.sum_h) || !(all.most_h > 0) || n > 1 << 29)
		return false;
	/* One more a row is carried, and one given to those that have next to none. */
	w->how.step_g = UP_MAX(all.most_g / 32766, all.sum_g / (2147483647.0 - n));
	w->how.step_h = UP_MAX(all.most_h / 65534, all.sum_h / (4294967295.0 - 2 * n));
	if (all.most_g == 0)
		w->how.step_g = 1;
	return w->how.step_h > 0 && isfinite(1 / w->how.step_h) && isfinite(1 / w->how.step_g) &&
		   isfinite(w->how.step_g * w->how.step_g * 1e20);
}

static void
start_tree(UpBoostGrower *w)
{
	const UpBoostBlock *blocks = room(w, UP_BOOST_OUT, w->how.n_blocks, sizeof(UpBoostBlock));
	uint64_t word = 0;

	w->n_nodes = 0;
	w->n_leaves = 1;
	room(w, UP_BOOST_PIECES, (size_t) w->capacity * w->how.n_blocks, sizeof(UpBoostPiece));
	run_parts(w, w->how.n_blocks, up_boost_quantize_part);
	w->how.most_h = 1;
	for (uint32_t i = 0; i < w->how.n_blocks; i++)
	{
		uint32_t first = i * w->how.block_rows;

		word += blocks[i].word;
		w->how.most_h = UP_MAX(w->how.most_h, blocks[i].most_part);
		pieces_of(w, 0)[i] = (UpBoostPiece){first, UP_MIN(w->how.block_rows, w->how.n_rows - first)};
	}
	new_node(w, 0, w->how.n_rows, word);
	if (may_split(w, &w->nodes[0]))
		add_task(w, 0, true, UP_BOOST_NONE);
	find_splits(w);
}

/* Not so few that the blocks' pieces of all nodes would be more than the rows. */
uint32_t
up_boost_block_rows(const UpGrowing *g, uint32_t n_rows)
{
	double leaves = n_rows / UP_MAX(g->min_samples_leaf, 1);
	uint32_t blocks;

	leaves = g->max_leaf_nodes > 0 ? UP_MIN(leaves, g->max_leaf_nodes) : leaves;
	leaves = g->max_depth < 32 ? UP_MIN(leaves, ldexp(1, (int) g->max_depth)) : leaves;
	blocks = (uint32_t) UP_MAX(UP_MIN(n_rows / BLOCK_ROWS, MOST_PIECES / (2 * UP_MAX(leaves, 1))), 1);
	return (n_rows + blocks - 1) / blocks;
}

bool
up_boost_has_parts(size_t n_rows, uint32_t n_features)
{
	return n_rows >= 2 * BLOCK_ROWS || n_features > UP_BOOST_PANEL;
}

UpTree *
up_boost_tree(UpBoostGrower *w, const UpGrowing *g, const UpBoostMeasure *measured, uint32_t *leaf_of)
{
	UpTree *t;
	uint32_t *leaf_node;

	w->g = g;
	if (g->n_rows == 0)
		return NULL;
	w->how.n_rows = g->n_rows;
	w->how.block_rows = up_boost_block_rows(g, g->n_rows);
	w->how.n_blocks = (g->n_rows + w->how.block_rows - 1) / w->how.block_rows;
	w->arrays[UP_BOOST_ROWS] = (void *) g->rows;
	w->arrays[UP_BOOST_GRADIENT] = (void *) g->y;
	w->arrays[UP_BOOST_HESSIAN] = (void *) g->weight;
	w->arrays[UP_BOOST_LEAF_OF] = leaf_of;
	if (!set_steps(w, measured))
		return NULL;
	start_tree(w);
	grow(w);
	leaf_node = up_alloc_array(w->n_leaves, sizeof(uint32_t));
	t = build_tree(w, leaf_node);
	finish_leaves(w, t, leaf_node);
	for (uint32_t i = 0; i < w->n_nodes; i++)
		release_slot(w, &w->nodes[i]);
	up_free(leaf_node);
	return t;
}

/* ---- the grower ---- */

/* Codes panel after panel; those row by row where one panel has them all. */
static uint8_t *
panel_codes(const UpGrowing *g, uint32_t panel)
{
	size_t d = g->bins->n_features, n = g->n_all;
	uint8_t *panels;

	if (panel >= d)
		return (uint8_t *) g->codes;
	panels = up_alloc_large_array(UP_MAX(n, 1), d);
	for (size_t first = 0; first < d; first += panel)
	{
		size_t width = UP_MIN(panel, d - first);

		up_tick();
		for (size_t i = 0; i < n; i++)
			memcpy(panels + first * n + i * width, g->codes + i * d + first, width);
	}
	return panels;
}

UpBoostGrower *
up_boost_grower_new(const UpGrowing *g)
{
	UpBoostGrower *w = up_alloc0(sizeof(UpBoostGrower));
	size_t d = g->bins->n_features, n = UP_MAX(g->n_all, 1), cells = d * UP_CELLS * sizeof(uint64_t);
	size_t slots = UP_MIN(POOL_BYTES, up_memory_limit() / 4) / UP_MAX(cells, 1), needed;
	UpBoostFeature *features;

	w->how = (UpBoostHow){.n_all = n,
						  .n_features = (uint32_t) d,
						  .columns = g->transposed != NULL,
						  .directions = g->monotone != NULL,
						  .l2 = g->l2,
						  .min_weight = g->min_weight,
						  .min_samples_leaf = g->min_samples_leaf};
	w->how.panel = d <= UP_BOOST_PANEL ? (uint32_t) UP_MAX(d, 1) : 16;
	w->how.n_panels = (uint32_t) ((d + w->how.panel - 1) / w->how.panel);
	w->memory = up_arena_enter();
	features = up_alloc_large_array(UP_MAX(d, 1), sizeof(UpBoostFeature));
	for (size_t j = 0; j < d; j++)
		features[j] =
			(UpBoostFeature){(uint16_t) g->bins->features[j].n_bins, g->bins->features[j].n_values > 0,
							 g->monotone != NULL ? g->monotone[j] : 0};
	needed = g->max_leaf_nodes > 0 ? g->max_leaf_nodes : (size_t) BATCH * (UP_MIN(g->max_depth, 64) + 1);
	slots = UP_MIN(slots, UP_MIN(needed, n));
	w->arrays[UP_BOOST_CODES] = panel_codes(g, w->how.panel);
	w->arrays[UP_BOOST_COLUMNS] = g->transposed != NULL ? (void *) g->transposed : w->arrays[UP_BOOST_CODES];
	w->arrays[UP_BOOST_STEPS] = up_alloc_large_array(n, sizeof(uint32_t));
	w->arrays[UP_BOOST_ITEMS] = up_alloc_large_array(n, sizeof(uint32_t));
	w->arrays[UP_BOOST_SPARE] = up_alloc_large_array(n, sizeof(uint32_t));
	w->arrays[UP_BOOST_FEATURES] = features;
	w->arrays[UP_BOOST_CELLS] = up_alloc_large_array(UP_MAX(slots, 1), UP_MAX(cells, 1));
	w->free_slots = up_alloc_array(UP_MAX(slots, 1), sizeof(uint32_t));
	for (; w->n_free < slots; w->n_free++)
		w->free_slots[w->n_free] = w->n_free;
	w->capacity = 64;
	w->nodes = up_alloc_array(w->capacity, sizeof(Node));
	/* Jobs are told all arrays, whether they use them or not. */
	room(w, UP_BOOST_WORK, 1, sizeof(UpBoostTask));
	room(w, UP_BOOST_TABLES, 1, UP_CELLS);
	room(w, UP_BOOST_PARTIAL, 1, 1);
	room(w, UP_BOOST_PIECES, 1, 1);
	up_arena_suspend(w->memory);
	return w;
}

void
up_boost_grower_free(UpBoostGrower *w)
{
	up_arena_leave(w->memory);
	up_free(w);
}
