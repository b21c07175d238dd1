/*
 * tree_grow.c - grows a tree depth first, or best first where the leaves are limited; see tree_grow.h
 *
 * A node's rows are a range of one array, which a split parts in two, keeping their order. All features tried: each node has
 * histograms of all, the smaller child's are counted and the larger one's are what is left of the parent's. Some features tried
 * (forests), wide tables and small nodes: one histogram at a time is counted of the node's rows, which are gathered anew on the way
 * down (tree_blocks.h).
 *
 * Cost: O(rows × features tried) a level of the tree, and 256 cells a feature and node.
 */
#include "learn/tree/tree_grow.h"

#include "learn/tree/tree_absolute.h"
#include "learn/tree/tree_blocks.h"
#include "learn/tree/tree_shared.h"

#include <math.h>
#include <string.h>

#define FIRST_NODES 64                /* that there is room for */
#define LEAST_NODE  24                /* the same where a row is one word */
#define HELD_BYTES  (2 * 1024 * 1024) /* histograms of a node that are worth keeping */

void
up_grower_try(UpGrower *w, UpGrowth *node, uint32_t feature)
{
	UpSplitNode at = {node->sums, node->low, node->high};
	const double *cells = node->cells != NULL ? node->cells + (size_t) feature * UP_CELLS * w->n_sums : w->one;
	uint8_t present[UP_CELLS];
	uint32_t n_present;

	if (w->absolute != NULL)
	{
		up_absolute_find(w, node, feature);
		return;
	}
	if (w->words != NULL)
	{
		up_packed_find(w, node, feature);
		return;
	}
	if (node->cells != NULL && w->gradients != NULL)
	{
		up_gradient_find(w, node, feature);
		return;
	}
	if (node->cells != NULL)
		n_present = up_grow_codes_of(cells, w->n_sums, w->g->bins->features[feature].n_bins, present);
	else
		n_present = up_grow_count_one(w, node, feature, present);
	up_split_find(w->g, feature, cells, present, n_present, &at, &node->split);
}

bool
up_grower_may_split(const UpGrower *w, const UpGrowth *node)
{
	const UpGrowing *g = w->g;

	if (node->depth >= g->max_depth || node->n < g->min_samples_split || node->n < 2 * g->min_samples_leaf ||
		node->n < 2)
		return false;
	if (g->criterion == UP_GRADIENT)
		return node->sums[1] >= 2 * g->min_weight;
	/* A pure node: nothing is left to be told. */
	if (w->n_sums > 3)
	{
		for (uint32_t k = 0; k < g->n_classes; k++)
		{
			if (node->sums[2 + k] == node->sums[1])
				return false;
		}
		return true;
	}
	if (up_grows_classes(g))
		return node->sums[2] > 0 && node->sums[2] < node->sums[1];
	for (uint32_t i = 1; i < node->n; i++)
	{
		if (up_grow_y(w, node->first + i) != up_grow_y(w, node->first))
			return true;
	}
	return false;
}

/* Features drawn without replacement: as many as are wanted, and on until one of them splits. */
static void
try_some(UpGrower *w, UpGrowth *node)
{
	const UpGrowing *g = w->g;
	uint32_t d = g->bins->n_features;

	if (w->words != NULL)
		up_packed_gather(w, node);
	for (uint32_t tried = 0; tried < d; tried++)
	{
		uint32_t at = tried + (uint32_t) up_rng_below(g->rng, d - tried), feature = w->features[at];

		if (tried >= g->max_features && node->split.gain > -INFINITY)
			break;
		w->features[at] = w->features[tried];
		w->features[tried] = feature;
		up_grower_try(w, node, feature);
	}
}

void
up_grower_settle(const UpGrower *w, UpGrowth *node)
{
	const UpGrowing *g = w->g;

	if (g->criterion == UP_GRADIENT ? node->split.gain <= g->min_decrease
									: node->split.gain / w->total_weight + 1e-15 < g->min_decrease)
		node->split.gain = -INFINITY;
}

/* The best split of a node goes into it; its gain is -INFINITY where it is to be a leaf. */
static void
find_split(UpGrower *w, UpGrowth *node)
{
	const UpGrowing *g = w->g;
	uint32_t d = g->bins->n_features;

	node->split.gain = -INFINITY;
	if (!up_grower_may_split(w, node))
		return;
	if (w->absolute != NULL)
		up_absolute_gather(w, node);
	if (node->cells != NULL && w->gradients != NULL)
		up_gradient_gather(w, node);
	if (g->max_features < d)
		try_some(w, node);
	for (uint32_t j = 0; g->max_features >= d && j < d; j++)
	{
		up_grower_try(w, node, j);
		up_grow_tick(w, 0);
	}
	up_grower_settle(w, node);
}

/*
 * Sums of nodes, the latest block first, each as large as all before. Apart they would take twice the memory, and none of it would count as the call's
 * (large_memory.h): a tree may have millions of nodes.
 */
typedef struct UpSums
{
	struct UpSums *before;
	uint32_t n, capacity; /* nodes */
	double sums[];
} UpSums;

static double *
new_sums(UpGrower *w)
{
	UpSums *block = w->sums;

	if (block == NULL || block->n == block->capacity)
	{
		uint32_t capacity = UP_MAX(w->n_nodes, FIRST_NODES);

		block = up_alloc(sizeof(UpSums) + (size_t) capacity * w->n_sums * sizeof(double));
		*block = (UpSums){.before = w->sums, .capacity = capacity};
		w->sums = block;
	}
	return block->sums + (size_t) block->n++ * w->n_sums;
}

static void
free_sums(UpGrower *w)
{
	while (w->sums != NULL)
	{
		UpSums *block = w->sums;

		w->sums = block->before;
		up_free(block);
	}
}

uint32_t
up_grower_add(UpGrower *w, uint32_t first, uint32_t n, uint32_t depth)
{
	UpGrowth *node;

	if (w->n_nodes == w->capacity)
	{
		w->capacity *= 2;
		w->nodes = up_realloc(w->nodes, (size_t) w->capacity * sizeof(UpGrowth));
	}
	node = &w->nodes[w->n_nodes];
	memset(node, 0, sizeof(UpGrowth));
	node->first = first;
	node->n = n;
	node->depth = depth;
	node->left = node->right = UP_NO_NODE;
	node->low = -INFINITY;
	node->high = INFINITY;
	node->sums = new_sums(w);
	node->split.gain = -INFINITY;
	return w->n_nodes++;
}

static void
add_up(const UpGrower *w, const UpGrowth *node)
{
	if (w->words != NULL)
		up_packed_sum(w, node, node->sums);
	else
		up_grow_sum(w, node, node->sums);
}

/* Of gradients, which are no whole numbers anyway, the larger child has what is left; shares of classes stay exact. */
static void
add_up_children(const UpGrower *w, const UpGrowth *node, const UpGrowth *left, const UpGrowth *right)
{
	const UpGrowth *small = left->n <= right->n ? left : right, *large = small == left ? right : left;

	add_up(w, small);
	if (w->gradients == NULL)
	{
		add_up(w, large);
		return;
	}
	for (uint32_t k = 0; k < w->n_sums; k++)
		large->sums[k] = node->sums[k] - small->sums[k];
	large->sums[1] = UP_MAX(large->sums[1], 0);
}

/* Parts a node's rows as they stand here, each side in its order; returns how many went left. */
static uint32_t
part_positions(UpGrower *w, const UpSplit *split, uint32_t *rows, uint32_t n)
{
	uint32_t n_left = 0, n_right = 0;
	uint8_t one = split->missing_left, bin = (uint8_t) (split->bin + one);

	/* Both sides are written and one of them counts, since a processor cannot guess which; 1 more makes the missing code 0. */
	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t at = rows[i];
		uint8_t code = up_grow_code(w, split->feature, at);
		uint32_t left = split->by_subset ? up_split_goes_left(split, code) : (uint8_t) (code + one) <= bin;

		rows[n_left] = at;
		w->spare[n_right] = at;
		n_left += left;
		n_right += 1 - left;
	}
	memcpy(rows + n_left, w->spare, n_right * sizeof(uint32_t));
	up_grow_tick(w, n);
	return n_left;
}

static uint32_t
part_rows(UpGrower *w, const UpGrowth *node)
{
	if (w->by_value.order != NULL)
		part_positions(w, &node->split, w->by_value.order + node->first, node->n);
	return part_positions(w, &node->split, w->rows + node->first, node->n);
}

/* What a monotone feature's split lets each side be. */
static void
bound_children(UpGrower *w, const UpGrowth *node, UpGrowth *left, UpGrowth *right)
{
	const UpGrowing *g = w->g;
	double a, b, mid;

	left->low = right->low = node->low;
	left->high = right->high = node->high;
	if (g->monotone == NULL || g->monotone[node->split.feature] == 0)
		return;
	a = UP_MIN(UP_MAX(up_grow_value(g, left->sums), node->low), node->high);
	b = UP_MIN(UP_MAX(up_grow_value(g, right->sums), node->low), node->high);
	mid = (a + b) / 2;
	if (g->monotone[node->split.feature] > 0)
		left->high = right->low = mid;
	else
		left->low = right->high = mid;
}

void
up_grower_drop_cells(UpGrower *w, UpGrowth *node)
{
	if (node->cells != NULL && w->shared != NULL)
		up_shared_drop_cells(w, node);
	else
		up_free(node->cells);
	node->cells = NULL;
}

/* Counted histograms of a node. */
static double *
new_cells(UpGrower *w, const UpGrowth *node)
{
	double *cells = up_alloc(w->cells_bytes);

	if (w->gradients != NULL)
		up_gradient_count(w, node, (uint64_t *) (void *) cells);
	else
		up_grow_count_all(w, node, 0, w->g->bins->n_features, cells);
	return cells;
}

/* Histograms of the children: the smaller one's counted, the larger one's what is left of the parent's. */
static void
share_cells(UpGrower *w, UpGrowth *node, UpGrowth *left, UpGrowth *right)
{
	UpGrowth *small = left->n <= right->n ? left : right, *large = small == left ? right : left;
	size_t n = w->cells_bytes / sizeof(double);

	if (node->cells == NULL || large->n < (w->gradients != NULL ? LEAST_NODE : UP_SMALL_NODE) ||
		large->depth >= w->g->max_depth)
	{
		up_grower_drop_cells(w, node);
		return;
	}
	small->cells = new_cells(w, small);
	large->cells = node->cells;
	if (w->gradients != NULL)
	{
		uint64_t *UP_RESTRICT rest = (uint64_t *) (void *) large->cells;
		const uint64_t *UP_RESTRICT less = (const uint64_t *) (const void *) small->cells;

		for (size_t i = 0; i < n; i++)
			rest[i] -= less[i];
	}
	for (size_t i = 0; w->gradients == NULL && i < n; i++)
		large->cells[i] -= small->cells[i];
	node->cells = NULL;
	if (small->n < (w->gradients != NULL ? LEAST_NODE : UP_SMALL_NODE))
		up_grower_drop_cells(w, small);
}

static void
split_node(UpGrower *w, uint32_t at)
{
	uint32_t n_left = part_rows(w, &w->nodes[at]), first = w->nodes[at].first, n = w->nodes[at].n;
	uint32_t depth = w->nodes[at].depth + 1;
	uint32_t left = up_grower_add(w, first, n_left, depth),
			 right = up_grower_add(w, first + n_left, n - n_left, depth);
	UpGrowth *node = &w->nodes[at];

	node->left = left;
	node->right = right;
	add_up_children(w, node, &w->nodes[left], &w->nodes[right]);
	bound_children(w, node, &w->nodes[left], &w->nodes[right]);
	share_cells(w, node, &w->nodes[left], &w->nodes[right]);
	find_split(w, &w->nodes[left]);
	find_split(w, &w->nodes[right]);
}

/* The leaf whose split gains most, of those that are there. */
static uint32_t
best_leaf(const UpGrower *w)
{
	uint32_t best = UP_NO_NODE;

	for (uint32_t i = 0; i < w->n_nodes; i++)
	{
		if (w->nodes[i].left == UP_NO_NODE && w->nodes[i].split.gain > -INFINITY &&
			(best == UP_NO_NODE || w->nodes[i].split.gain > w->nodes[best].split.gain))
			best = i;
	}
	return best;
}

static void
grow(UpGrower *w)
{
	uint32_t *stack, n_stack = 0, leaves = 1;

	if (w->g->max_leaf_nodes > 0)
	{
		for (uint32_t at = best_leaf(w); at != UP_NO_NODE && leaves < w->g->max_leaf_nodes;
			 at = best_leaf(w), leaves++)
		{
			if (w->g->importance != NULL)
				w->g->importance[w->nodes[at].split.feature] += UP_MAX(w->nodes[at].split.gain, 0);
			if (w->shared != NULL && up_shared_is_large(w, &w->nodes[at]))
				up_shared_split(w, at);
			else
				split_node(w, at);
		}
		return;
	}
	if (w->shared != NULL)
	{
		up_shared_grow(w);
		return;
	}
	stack = up_alloc_array((size_t) w->g->n_rows + 2, sizeof(uint32_t));
	stack[n_stack++] = 0;
	while (n_stack > 0)
	{
		uint32_t at = stack[--n_stack];

		up_blocks_leave(w, w->nodes[at].first);
		if (!(w->nodes[at].split.gain > -INFINITY))
		{
			up_grower_drop_cells(w, &w->nodes[at]);
			continue;
		}
		up_blocks_enter(w, &w->nodes[at]);
		split_node(w, at);
		stack[n_stack++] = w->nodes[at].right;
		stack[n_stack++] = w->nodes[at].left;
	}
	up_blocks_leave(w, w->g->n_rows);
	up_free(stack);
}

/* ---- a tree, and a part of one ---- */

static void
start(UpGrower *w)
{
	const UpGrowing *g = w->g;
	uint32_t d = g->bins->n_features;

	UP_ASSERT(g->rng != NULL || (g->max_features >= d && !g->random_splits));
	w->n_sums = up_split_sums(g);
	w->cells_bytes = (size_t) d * UP_CELLS * w->n_sums * sizeof(double);
	w->holds_cells = g->max_features >= d && w->cells_bytes <= HELD_BYTES &&
					 g->criterion != UP_ABSOLUTE_ERROR && g->n_rows >= UP_SMALL_NODE;
	if (g->shares && up_shared_pays(g))
		up_shared_start(w);
	else
		w->rows = up_alloc_array(UP_MAX(g->n_rows, 1), sizeof(uint32_t));
	if (g->max_features < d)
		w->columns = up_alloc_array(UP_MAX(g->n_rows, 1), d);
	w->n_columns = g->n_rows;
	if (w->columns != NULL)
		up_packed_start(w);
	if (w->words == NULL && w->shared == NULL)
		w->pairs = up_alloc_array(UP_MAX(g->n_rows, 1), 2 * sizeof(double));
	if (g->criterion == UP_ABSOLUTE_ERROR)
		up_absolute_start(w);
	up_grow_gather(w);
	if (w->holds_cells)
		up_gradient_start(w);
	up_tick();
	if (w->gradients != NULL)
		w->cells_bytes = (size_t) d * UP_CELLS * sizeof(uint64_t);
	if (w->shared == NULL)
		w->spare = up_alloc_array(UP_MAX(g->n_rows, 1), sizeof(uint32_t));
	w->capacity = FIRST_NODES;
	w->nodes = up_alloc_array(w->capacity, sizeof(UpGrowth));
	w->one = up_alloc_array((size_t) UP_CELLS * w->n_sums, sizeof(double));
	w->features = up_alloc_array(UP_MAX(d, 1), sizeof(uint32_t));
	for (uint32_t j = 0; j < d; j++)
		w->features[j] = j;
}

/* The rows of the tree as rows of g. */
static uint32_t *
rows_of(UpGrower *w)
{
	const UpGrowing *g = w->g;
	uint32_t *rows = w->shared != NULL ? up_alloc_array(UP_MAX(g->n_rows, 1), sizeof(uint32_t)) : w->rows;

	for (uint32_t i = 0; i < g->n_rows; i++)
		rows[i] = g->rows[w->rows[i]];
	return rows;
}

static UpGrown
end(UpGrower *w)
{
	UpGrown grown = up_grower_finish(w);

	UP_ASSERT(w->n_nodes <= w->capacity && grown.leaf_first[grown.tree->n_leaves] == w->g->n_rows);
	grown.rows = rows_of(w);
	for (uint32_t i = 0; i < w->n_nodes; i++)
		up_grower_drop_cells(w, &w->nodes[i]);
	free_sums(w);
	up_absolute_end(w);
	if (w->shared != NULL)
		up_shared_end(w);
	else
	{
		up_free(w->pairs);
		up_free(w->spare);
	}
	up_free(w->nodes);
	up_free(w->words);
	up_free(w->gradients);
	up_free(w->node_words);
	up_free(w->counts);
	up_free(w->columns);
	up_free(w->one);
	up_free(w->features);
	return grown;
}

UpGrown
up_tree_grow(const UpGrowing *g)
{
	UpGrower w = {.g = g};
	UpGrowth *root;

	start(&w);
	up_grower_add(&w, 0, g->n_rows, 0);
	root = &w.nodes[0];
	add_up(&w, root);
	up_tick();
	w.total_weight = root->sums[1];
	if (w.shared != NULL)
		up_shared_root(&w);
	else
	{
		if (w.holds_cells)
			root->cells = new_cells(&w, root);
		find_split(&w, root);
	}
	grow(&w);
	return end(&w);
}

UpGrown
up_tree_grow_below(const UpGrowing *g, uint32_t depth, const double *cells, double total_weight)
{
	UpGrower w = {.g = g, .tells_gain = true};
	UpGrowth *root;

	start(&w);
	w.total_weight = total_weight;
	up_grower_add(&w, 0, g->n_rows, depth);
	root = &w.nodes[0];
	add_up(&w, root);
	if (cells != NULL)
		root->cells = memcpy(up_alloc(w.cells_bytes), cells, w.cells_bytes);
	find_split(&w, root);
	grow(&w);
	return end(&w);
}
