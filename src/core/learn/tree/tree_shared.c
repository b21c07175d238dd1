/*
 * tree_shared.c - one tree grown by all processes; see tree_shared.h
 *
 * Where all features are tried at a split, it depends on the node's rows alone, and so does what is below the node. So the rows of large nodes
 * are parted block by block, and counted and searched by groups of features, each of them a part of a job. Smaller nodes below them wait until
 * there are some; each is then grown as a tree by one process, on a copy of its rows that its cache holds, and grafted. Sums are added row by row
 * as one process would add them, and of equal splits the first is taken: the tree has the same bytes as if grown by one.
 *
 * Memory: histograms of nodes that are open (at most NODES_OPEN, since they have rows of their own) or wait; what the grown ones at most take, in slots,
 * or as many at a time as a share of the memory setting holds.
 *
 * Cost: O(rows × features) a level, of which one process does what adds up a child's sums.
 */
#include "learn/tree/tree_shared.h"

#include "learn/tree/tree_absolute.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LEAST_ROWS    16384 /* of a tree that is shared out, … */
#define LEAST_LARGE   4096  /* … and of a node, or one of */
#define NODES_OPEN    32    /* shares of the rows: what is larger is large */
#define MOST_WAITING  32
#define LEAST_WAITING 8
#define POOL_BYTES    ((size_t) 16 << 20) /* of histograms of nodes that wait, but those of the least */
#define POOL          (NODES_OPEN + MOST_WAITING + 1)
#define SLOTS_BYTES   ((size_t) 64 << 20) /* at most, unless one is larger */
#define BLOCK_ROWS    8192
#define GROUP         5 /* features, at least: each group reads the rows again */
#define MOST_GROUPS   64
#define NO_CELLS      UINT32_MAX

enum
{
	CODES,
	LABELS,
	WEIGHTS, /* or NULL */
	TAKEN,   /* rows of g */
	BINS,    /* UpBinning of each feature: how many bins and values */
	ROWS,
	SPARE,
	PAIRS,
	ORDER, /* UpByValue */
	VALUE,
	VALUE_WEIGHT,
	RANK,
	CELLS,
	LEFT,  /* of each block, how many of its rows go left, and how many of those before */
	SUMS,  /* of two nodes */
	FOUND, /* the best split of each of two nodes and each group */
	WAITING,
	SLOTS,
	ARRAYS
};

/* A node as parts see it. */
typedef struct Site
{
	uint32_t first, n, depth;
	uint32_t cells; /* its histograms in the pool, or NO_CELLS */
	/* Of one that waits: */
	uint32_t node;
	size_t slot;
} Site;

typedef struct Job
{
	UpGrowing g; /* its places are set by each process */
	size_t cells_bytes;
	double total_weight;
	uint32_t d, n_sums, per_group, n_groups;
	bool categories; /* some feature is one */
	/* Of one job: */
	Site site;
	UpSplit split;
	int array; /* that is parted: ROWS or ORDER */
	uint32_t n_left;
	Site children[2];
	uint32_t n_children;
	bool adds[2]; /* their sums are asked for */
} Job;

/* What was grown of nodes that waited together: slots, one behind the other. */
typedef struct Grafts
{
	struct Grafts *before;
	char bytes[];
} Grafts;

struct UpShared
{
	Job job;
	void *arrays[ARRAYS];
	uint32_t large;            /* rows above which a node is */
	uint32_t free_cells[POOL]; /* of the pool */
	uint32_t n_free;
	uint32_t waiting[MOST_WAITING], n_waiting; /* nodes */
	uint32_t most_waiting, pool;               /* of them, and of histograms */
	size_t slots_bytes, slots_needed;          /* of SLOTS; of what waits */
	Grafts *grafts;
};

bool
up_shared_pays(const UpGrowing *g)
{
	return g->n_rows >= LEAST_ROWS && g->max_features >= g->bins->n_features && !g->random_splits &&
		   g->monotone == NULL && g->transposed == NULL && g->criterion != UP_GRADIENT;
}

bool
up_shared_is_large(const UpGrower *w, const UpGrowth *node)
{
	return node->n > w->shared->large;
}

static uint32_t
blocks_of(uint32_t n)
{
	return (n + BLOCK_ROWS - 1) / BLOCK_ROWS;
}

/* ---- parts ---- */

/* What a grower is made of, with the places of this process. */
typedef struct Seen
{
	UpGrowing g;
	UpBins bins;
} Seen;

/* What grows here, on the arrays of the job. */
static UpGrower
grower_of(const Job *j, void *const *arrays, Seen *seen)
{
	UpGrowing *g = &seen->g;

	*seen = (Seen){j->g, {j->d, arrays[BINS]}};
	g->bins = &seen->bins;
	g->codes = arrays[CODES];
	g->y = arrays[LABELS];
	g->weight = arrays[WEIGHTS];
	g->rows = arrays[TAKEN];
	return (UpGrower){.g = g,
					  .n_sums = j->n_sums,
					  .cells_bytes = j->cells_bytes,
					  .rows = arrays[ROWS],
					  .pairs = arrays[PAIRS],
					  .by_value = {arrays[ORDER], arrays[VALUE], arrays[VALUE_WEIGHT], arrays[RANK]},
					  .total_weight = j->total_weight};
}

static double *
cells_of(const Job *j, void *const *arrays, uint32_t cells)
{
	return cells == NO_CELLS ? NULL : (double *) (void *) ((char *) arrays[CELLS] + cells * j->cells_bytes);
}

static UpGrowth
growth_of(const Job *j, void *const *arrays, uint32_t child)
{
	const Site *s = &j->children[child];

	return (UpGrowth){.first = s->first,
					  .n = s->n,
					  .depth = s->depth,
					  .low = -INFINITY,
					  .high = INFINITY,
					  .sums = (double *) arrays[SUMS] + (size_t) child * j->n_sums,
					  .cells = cells_of(j, arrays, s->cells),
					  .split = {.gain = -INFINITY}};
}

/* Parts the rows of a block: those that go left from its begin on, the others back from its end. */
static void
part_block(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *j = fixed;
	uint32_t first = part * BLOCK_ROWS, n = UP_MIN(j->site.n - first, BLOCK_ROWS), low = 0, high = n - 1;
	const uint32_t *rows = (const uint32_t *) arrays[j->array] + j->site.first + first;
	uint32_t *to = (uint32_t *) arrays[SPARE] + j->site.first + first;
	Seen seen;
	UpGrower w = grower_of(j, arrays, &seen);

	for (uint32_t i = 0; i < n; i++)
	{
		bool left = up_split_goes_left(&j->split, up_grow_code(&w, j->split.feature, rows[i]));

		to[low] = to[high] = rows[i];
		low += left;
		high -= !left;
	}
	((uint32_t *) arrays[LEFT])[2 * part] = low;
}

static void
place_block(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *j = fixed;
	const uint32_t *left = (const uint32_t *) arrays[LEFT] + 2 * (size_t) part;
	uint32_t first = part * BLOCK_ROWS, n = UP_MIN(j->site.n - first, BLOCK_ROWS), n_right = n - left[0];
	const uint32_t *from = (const uint32_t *) arrays[SPARE] + j->site.first + first;
	uint32_t *rows = (uint32_t *) arrays[j->array] + j->site.first,
			 *right = rows + j->n_left + (first - left[1]);

	memcpy(rows + left[1], from, left[0] * sizeof(uint32_t));
	for (uint32_t i = 0; i < n_right; i++)
		right[i] = from[n - 1 - i];
}

/* First the sums of the children; then, group by group, histograms: of the second child what is left of its parent's, which it has taken over. */
static void
count_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *j = fixed;
	Seen seen;
	UpGrower w = grower_of(j, arrays, &seen);
	UpGrowth small, large;
	uint32_t from, end;

	if (part < j->n_children)
	{
		UpGrowth child = growth_of(j, arrays, part);

		if (j->adds[part])
			up_grow_sum(&w, &child, child.sums);
		return;
	}
	small = growth_of(j, arrays, 0);
	from = (part - j->n_children) * j->per_group;
	end = UP_MIN(from + j->per_group, j->d);
	up_grow_count_all(&w, &small, from, end, small.cells);
	if (j->n_children == 1)
		return;
	large = growth_of(j, arrays, 1);
	for (size_t i = (size_t) from * UP_CELLS * j->n_sums; i < (size_t) end * UP_CELLS * j->n_sums; i++)
		large.cells[i] -= small.cells[i];
}

/* The places of a block of a child by value. */
static void
fill_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *j = fixed;
	uint32_t before = blocks_of(j->children[0].n), child = part >= before;
	uint32_t from = (child ? part - before : part) * BLOCK_ROWS;
	Seen seen;
	UpGrower w = grower_of(j, arrays, &seen);
	UpGrowth node = growth_of(j, arrays, child);

	up_absolute_fill(&w, &node, from, UP_MIN(node.n, from + BLOCK_ROWS));
}

static void
find_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *j = fixed;
	uint32_t child = part / j->n_groups, from = part % j->n_groups * j->per_group;
	Seen seen;
	UpGrower w = grower_of(j, arrays, &seen);
	UpGrowth node = growth_of(j, arrays, child);

	w.one = up_alloc_array((size_t) UP_CELLS * j->n_sums, sizeof(double));
	if (j->g.criterion == UP_ABSOLUTE_ERROR)
	{
		up_absolute_scratch(&w, node.n);
		up_absolute_look(&w, &node);
	}
	for (uint32_t f = from; f < UP_MIN(from + j->per_group, j->d); f++)
	{
		up_grower_try(&w, &node, f);
		up_tick();
	}
	((UpSplit *) arrays[FOUND])[part] = node.split;
}

/* ---- trees of nodes that wait ---- */

static size_t
whole_words(size_t bytes)
{
	return (bytes + 7) / 8 * 8;
}

/* What a tree of so many rows takes at most: the tree, gains, where leaves begin, and values of all nodes. */
static size_t
most_bytes(const Job *j, uint32_t n, uint32_t depth)
{
	size_t leaves = (size_t) UP_MAX(n / UP_MAX(j->g.min_samples_leaf, 1), 1), levels = j->g.max_depth - depth,
		   nodes;
	size_t width = up_grows_classes(&j->g) ? j->g.n_classes : 1;

	if (levels < 32)
		leaves = UP_MIN(leaves, (size_t) 1 << levels);
	nodes = 2 * leaves - 1;
	return whole_words(sizeof(UpTree) + nodes * (sizeof(UpNode) + 2 * sizeof(double)) +
					   leaves * (width * sizeof(double) + sizeof(uint32_t)) +
					   (j->categories ? nodes * sizeof(uint32_t) + leaves * UP_SUBSET_BYTES : 0) +
					   (j->g.inner ? nodes * width * sizeof(double) : 0) + 64);
}

/* A slot begins with what the tree takes, and with all that follows it. */
typedef struct Slot
{
	uint64_t tree_bytes, bytes;
} Slot;

/* A tree in a slot, and where what follows it begins. */
static UpGrown
grown_at(char *slot, size_t tree_bytes, const UpTree *t, bool inner)
{
	double *gain = (double *) (void *) (slot + sizeof(Slot) + whole_words(tree_bytes));
	double *values = gain + t->n_nodes, *end = values + (inner ? (size_t) t->n_nodes * t->width : 0);

	return (UpGrown){.gain = gain, .inner = inner ? values : NULL, .leaf_first = (uint32_t *) (void *) end};
}

static void
pack(char *slot, size_t size, const UpGrown *grown)
{
	const UpTree *t = grown->tree;
	size_t tree_bytes = up_tree_pack(t, slot + sizeof(Slot), size - sizeof(Slot));
	UpGrown to = grown_at(slot, tree_bytes, t, grown->inner != NULL);
	char *end = (char *) (to.leaf_first + t->n_leaves);

	memcpy(to.gain, grown->gain, t->n_nodes * sizeof(double));
	if (grown->inner != NULL)
		memcpy(to.inner, grown->inner, (size_t) t->n_nodes * t->width * sizeof(double));
	memcpy(to.leaf_first, grown->leaf_first, t->n_leaves * sizeof(uint32_t));
	*(Slot *) (void *) slot = (Slot){tree_bytes, whole_words((size_t) (end - slot))};
	UP_ASSERT(end <= slot + size);
}

/* What was packed, where it stands. */
static UpGrown *
graft_at(char *slot, bool inner)
{
	size_t tree_bytes = ((const Slot *) (const void *) slot)->tree_bytes;
	UpGrown *graft = up_alloc(sizeof(UpGrown));
	UpTree *t = up_alloc(sizeof(UpTree));

	*t = up_tree_packed(slot + sizeof(Slot));
	*graft = grown_at(slot, tree_bytes, t, inner);
	graft->tree = t;
	return graft;
}

/* Grows what is below a node that waits, on a copy of its rows, and puts them into the order of the leaves. */
static void
grow_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *j = fixed;
	const Site *s = (const Site *) arrays[WAITING] + part;
	uint32_t *rows = (uint32_t *) arrays[ROWS] + s->first, *before = up_alloc_array(s->n, sizeof(uint32_t));
	uint32_t *own = up_alloc_array(s->n, sizeof(uint32_t));
	uint8_t *codes = up_alloc_array(s->n, UP_MAX(j->d, 1));
	double *y = up_alloc_array(s->n, sizeof(double));
	Seen seen;
	const UpGrowing *whole = grower_of(j, arrays, &seen).g;
	double *weight = whole->weight != NULL ? up_alloc_array(s->n, sizeof(double)) : NULL;
	UpGrowing g = *whole;
	UpGrown grown;

	for (uint32_t i = 0; i < s->n; i++)
	{
		uint32_t row = whole->rows[rows[i]];

		own[i] = i;
		before[i] = rows[i];
		memcpy(codes + (size_t) i * j->d, whole->codes + (size_t) row * j->d, j->d);
		y[i] = whole->y[row];
		if (weight != NULL)
			weight[i] = whole->weight[row];
	}
	g.codes = codes;
	g.n_all = g.n_rows = s->n;
	g.y = y;
	g.weight = weight;
	g.rows = own;
	grown = up_tree_grow_below(&g, s->depth, cells_of(j, arrays, s->cells), j->total_weight);
	for (uint32_t i = 0; i < s->n; i++)
		rows[i] = before[grown.rows[i]];
	pack((char *) arrays[SLOTS] + s->slot, most_bytes(j, s->n, s->depth), &grown);
}

static int
by_size(const void *a, const void *b)
{
	const Site *x = a, *y = b;

	return x->n != y->n ? (x->n < y->n ? 1 : -1) : x->first < y->first ? -1 : x->first > y->first;
}

static void
run(const struct UpShared *s, uint32_t parts, UpPart fn)
{
	up_parallel(parts, fn, &s->job, sizeof(s->job), s->arrays, ARRAYS);
}

static Site
site_of(const UpGrower *w, const UpGrowth *node)
{
	const struct UpShared *s = w->shared;
	uint32_t cells = NO_CELLS;

	if (node->cells != NULL)
		cells = (uint32_t) ((size_t) ((char *) node->cells - (char *) s->arrays[CELLS]) / w->cells_bytes);
	return (Site){.first = node->first, .n = node->n, .depth = node->depth, .cells = cells};
}

/* Room for what was grown of these, side by side: pieces of their own would be many, none of which counts as memory that is held. */
static char *
keep_grafts(struct UpShared *s, const Site *sites)
{
	size_t bytes = 0;
	Grafts *grafts;

	for (uint32_t i = 0; i < s->n_waiting; i++)
		bytes += ((const Slot *) (const void *) ((const char *) s->arrays[SLOTS] + sites[i].slot))->bytes;
	grafts = up_alloc(sizeof(Grafts) + bytes);
	grafts->before = s->grafts;
	s->grafts = grafts;
	return grafts->bytes;
}

/* All nodes that wait, the largest first: the last parts are then done by those who come to be free, and small. */
static void
grow_waiting(UpGrower *w)
{
	struct UpShared *s = w->shared;
	Site *sites = s->arrays[WAITING];
	size_t slot = 0;
	char *to;

	for (uint32_t i = 0; i < s->n_waiting; i++)
	{
		sites[i] = site_of(w, &w->nodes[s->waiting[i]]);
		sites[i].node = s->waiting[i];
	}
	qsort(sites, s->n_waiting, sizeof(Site), by_size);
	for (uint32_t i = 0; i < s->n_waiting; i++)
	{
		sites[i].slot = slot;
		slot += most_bytes(&s->job, sites[i].n, sites[i].depth);
	}
	run(s, s->n_waiting, grow_part);
	to = keep_grafts(s, sites);
	for (uint32_t i = 0; i < s->n_waiting; i++)
	{
		const char *slot = (const char *) s->arrays[SLOTS] + sites[i].slot;
		size_t bytes = ((const Slot *) (const void *) slot)->bytes;
		UpGrowth *node = &w->nodes[sites[i].node];

		node->graft = graft_at(memcpy(to, slot, bytes), s->job.g.inner);
		to += bytes;
		up_grower_drop_cells(w, node);
	}
	s->n_waiting = 0;
	s->slots_needed = 0;
}

static void
let_wait(UpGrower *w, uint32_t at)
{
	struct UpShared *s = w->shared;
	size_t bytes = most_bytes(&s->job, w->nodes[at].n, w->nodes[at].depth);

	if (s->n_waiting == s->most_waiting || s->slots_needed + bytes > s->slots_bytes)
		grow_waiting(w);
	s->waiting[s->n_waiting++] = at;
	s->slots_needed += bytes;
}

/* ---- large nodes ---- */

/* Parts the positions of a node, each side in its order; returns how many go left. */
static uint32_t
part_array(UpGrower *w, const UpGrowth *node, int array)
{
	struct UpShared *s = w->shared;
	uint32_t blocks = blocks_of(node->n), *left = s->arrays[LEFT], n_left = 0;

	s->job.site = site_of(w, node);
	s->job.split = node->split;
	s->job.array = array;
	run(s, blocks, part_block);
	for (uint32_t b = 0; b < blocks; b++)
	{
		left[2 * b + 1] = n_left;
		n_left += left[2 * b];
	}
	s->job.n_left = n_left;
	run(s, blocks, place_block);
	return n_left;
}

static double *
take_cells(UpGrower *w)
{
	struct UpShared *s = w->shared;

	UP_ASSERT(s->n_free > 0);
	return cells_of(&s->job, s->arrays, s->free_cells[--s->n_free]);
}

void
up_shared_drop_cells(UpGrower *w, UpGrowth *node)
{
	struct UpShared *s = w->shared;
	char *first = s->arrays[CELLS], *cells = (char *) node->cells;

	if (first != NULL && cells >= first && cells < first + s->pool * w->cells_bytes)
		s->free_cells[s->n_free++] = site_of(w, node).cells;
	else
		up_free(node->cells);
}

/* Sums and histograms of one node, or of two that have taken over the histograms of theirs: the smaller one's first. */
static void
count(UpGrower *w, UpGrowth *const *nodes, uint32_t n)
{
	struct UpShared *s = w->shared;
	Job *j = &s->job;

	j->n_children = n;
	for (uint32_t i = 0; i < n; i++)
	{
		j->children[i] = site_of(w, nodes[i]);
		j->adds[i] = w->g->max_leaf_nodes > 0 || up_shared_is_large(w, nodes[i]);
	}
	run(s, n + (nodes[0]->cells != NULL ? j->n_groups : 0), count_part);
	for (uint32_t i = 0; i < n; i++)
		memcpy(nodes[i]->sums, (double *) s->arrays[SUMS] + (size_t) i * j->n_sums, j->n_sums * sizeof(double));
}

/* The best splits of these nodes. */
static void
find(UpGrower *w, UpGrowth *const *nodes, uint32_t n)
{
	struct UpShared *s = w->shared;
	Job *j = &s->job;
	uint32_t blocks = 0;

	j->n_children = 0;
	for (uint32_t i = 0; i < n; i++)
	{
		if (!up_grower_may_split(w, nodes[i]))
			continue;
		memcpy((double *) s->arrays[SUMS] + (size_t) j->n_children * j->n_sums, nodes[i]->sums,
			   j->n_sums * sizeof(double));
		j->children[j->n_children++] = site_of(w, nodes[i]);
		blocks += blocks_of(nodes[i]->n);
	}
	if (j->g.criterion == UP_ABSOLUTE_ERROR)
		run(s, blocks, fill_part);
	run(s, j->n_children * j->n_groups, find_part);
	for (uint32_t i = 0, child = 0; i < n; i++)
	{
		const UpSplit *found = (const UpSplit *) s->arrays[FOUND] + (size_t) child * j->n_groups;

		if (child == j->n_children || j->children[child].first != nodes[i]->first)
			continue;
		for (uint32_t group = 0; group < j->n_groups; group++)
		{
			if (found[group].gain > nodes[i]->split.gain)
				nodes[i]->split = found[group];
		}
		up_grower_settle(w, nodes[i]);
		child++;
	}
}

void
up_shared_root(UpGrower *w)
{
	UpGrowth *root = &w->nodes[0];

	w->shared->job.total_weight = w->total_weight;
	if (w->holds_cells)
		root->cells = take_cells(w);
	count(w, &root, 1);
	find(w, &root, 1);
}

/* The histograms of a node go to its children, or to none. */
static void
pass_cells(UpGrower *w, UpGrowth *node, UpGrowth *small, UpGrowth *large)
{
	if (node->cells == NULL)
		return;
	if (large->n < UP_SMALL_NODE || large->depth >= w->g->max_depth)
	{
		up_grower_drop_cells(w, node);
		return;
	}
	small->cells = take_cells(w);
	large->cells = node->cells;
	node->cells = NULL;
}

void
up_shared_split(UpGrower *w, uint32_t at)
{
	uint32_t first = w->nodes[at].first, n = w->nodes[at].n, depth = w->nodes[at].depth + 1, left, right,
			 n_left;
	bool best_first = w->g->max_leaf_nodes > 0;
	UpGrowth *node, *children[2], *sought[2];
	uint32_t n_sought = 0;

	if (w->by_value.order != NULL)
		part_array(w, &w->nodes[at], ORDER);
	n_left = part_array(w, &w->nodes[at], ROWS);
	left = up_grower_add(w, first, n_left, depth);
	right = up_grower_add(w, first + n_left, n - n_left, depth);
	node = &w->nodes[at];
	node->left = left;
	node->right = right;
	children[0] = &w->nodes[n_left <= n - n_left ? left : right];
	children[1] = &w->nodes[n_left <= n - n_left ? right : left];
	pass_cells(w, node, children[0], children[1]);
	count(w, children, 2);
	if (children[0]->cells != NULL && children[0]->n < UP_SMALL_NODE)
		up_grower_drop_cells(w, children[0]);
	for (int i = 0; i < 2; i++)
	{
		if (best_first || up_shared_is_large(w, children[i]))
			sought[n_sought++] = children[i];
	}
	find(w, sought, n_sought);
	/* What one process splits has histograms of its own. */
	for (int i = 0; best_first && i < 2; i++)
	{
		double *cells = children[i]->cells;

		if (cells == NULL || up_shared_is_large(w, children[i]))
			continue;
		cells = memcpy(up_alloc(w->cells_bytes), cells, w->cells_bytes);
		up_grower_drop_cells(w, children[i]);
		children[i]->cells = cells;
	}
}

void
up_shared_grow(UpGrower *w)
{
	uint32_t open[2 * NODES_OPEN + 2], n_open = 0;

	open[n_open++] = 0;
	while (n_open > 0)
	{
		uint32_t at = open[--n_open], children[2];

		if (!(w->nodes[at].split.gain > -INFINITY))
		{
			up_grower_drop_cells(w, &w->nodes[at]);
			continue;
		}
		if (w->shared->n_free == 0)
			grow_waiting(w);
		up_shared_split(w, at);
		children[0] = w->nodes[at].right;
		children[1] = w->nodes[at].left;
		for (int i = 0; i < 2; i++)
		{
			if (up_shared_is_large(w, &w->nodes[children[i]]))
				open[n_open++] = children[i];
			else
				let_wait(w, children[i]);
		}
	}
	if (w->shared->n_waiting > 0)
		grow_waiting(w);
}

/* ---- begin and end ---- */

static void
describe_features(struct UpShared *s, const UpBins *bins)
{
	UpBinning *seen = s->arrays[BINS] = up_alloc_large_array(UP_MAX(bins->n_features, 1), sizeof(UpBinning));

	for (uint32_t f = 0; f < bins->n_features; f++)
	{
		seen[f] = (UpBinning){.n_bins = bins->features[f].n_bins, .n_values = bins->features[f].n_values};
		s->job.categories |= seen[f].n_values > 0;
	}
}

void
up_shared_start(UpGrower *w)
{
	const UpGrowing *g = w->g;
	struct UpShared *s = w->shared = up_alloc0(sizeof(struct UpShared));
	uint32_t n = g->n_rows, d = g->bins->n_features;
	Job *j = &s->job;

	s->large = UP_MAX(n / NODES_OPEN, LEAST_LARGE);
	*j = (Job){.g = *g,
			   .cells_bytes = w->cells_bytes,
			   .d = d,
			   .n_sums = w->n_sums,
			   .per_group = UP_MAX((d + MOST_GROUPS - 1) / MOST_GROUPS, GROUP)};
	j->n_groups = (d + j->per_group - 1) / j->per_group;
	j->g.shares = false;
	j->g.importance = NULL;
	j->g.rng = NULL;
	describe_features(s, g->bins);
	s->arrays[CODES] = (void *) g->codes;
	s->arrays[LABELS] = (void *) g->y;
	s->arrays[WEIGHTS] = (void *) g->weight;
	s->arrays[TAKEN] = (void *) g->rows;
	s->arrays[ROWS] = w->rows = up_alloc_large_array(n, sizeof(uint32_t));
	s->arrays[SPARE] = w->spare = up_alloc_large_array(n, sizeof(uint32_t));
	s->arrays[PAIRS] = w->pairs = up_alloc_large_array(n, 2 * sizeof(double));
	if (j->g.criterion == UP_ABSOLUTE_ERROR)
	{
		s->arrays[ORDER] = w->by_value.order = up_alloc_large_array(n, sizeof(uint32_t));
		s->arrays[VALUE] = w->by_value.value = up_alloc_large_array(n, sizeof(double));
		s->arrays[VALUE_WEIGHT] = w->by_value.weight = up_alloc_large_array(n, sizeof(double));
		s->arrays[RANK] = w->by_value.rank = up_alloc_large_array(n, sizeof(uint32_t));
	}
	s->most_waiting =
		(uint32_t) UP_MIN(UP_MAX(POOL_BYTES / UP_MAX(w->cells_bytes, 1), LEAST_WAITING), MOST_WAITING);
	s->pool = n / s->large + s->most_waiting + 1;
	s->arrays[CELLS] = w->holds_cells ? up_alloc_large_array(s->pool, w->cells_bytes) : NULL;
	for (uint32_t i = 0; i < s->pool; i++)
		s->free_cells[s->n_free++] = s->pool - 1 - i;
	s->arrays[LEFT] = up_alloc_large_array(blocks_of(n), 2 * sizeof(uint32_t));
	s->arrays[SUMS] = up_alloc_large_array(2 * (size_t) w->n_sums, sizeof(double));
	s->arrays[FOUND] = up_alloc_large_array(2 * (size_t) UP_MAX(j->n_groups, 1), sizeof(UpSplit));
	s->arrays[WAITING] = up_alloc_large_array(MOST_WAITING, sizeof(Site));
	if (g->max_leaf_nodes > 0)
		return;
	s->slots_bytes =
		UP_MIN(most_bytes(j, n, 0) + MOST_WAITING * 512, UP_MIN(SLOTS_BYTES, up_memory_limit() / 4));
	s->slots_bytes = UP_MAX(s->slots_bytes, most_bytes(j, s->large, 1));
	s->arrays[SLOTS] = up_alloc_large(s->slots_bytes);
}

void
up_shared_end(UpGrower *w)
{
	struct UpShared *s = w->shared;

	for (uint32_t i = 0; i < w->n_nodes; i++)
	{
		if (w->nodes[i].graft == NULL)
			continue;
		up_free(w->nodes[i].graft->tree);
		up_free(w->nodes[i].graft);
	}
	while (s->grafts != NULL)
	{
		Grafts *grafts = s->grafts;

		s->grafts = grafts->before;
		up_free(grafts);
	}
	for (int a = BINS; a < ARRAYS; a++)
		up_free_large(s->arrays[a]);
	up_free(s);
}
