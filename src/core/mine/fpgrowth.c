/*
 * fpgrowth.c - all frequent sets from a tree of the baskets' common beginnings (a miner; see search.h)
 *
 * Han, Pei, Yin 2000. A basket is a path from the root, most frequent item first; baskets that begin alike share nodes. What may precede
 * an item of a path is found on the way up, so an item's projection is the tree of what is above its nodes, without rare items: the
 * ancestors are copied once each, whatever number of nodes lie below, and their weights are summed from the bottom.
 * Nodes that come to stand side by side with the same item are left apart: that costs room, not correctness.
 *
 * Shapes: nodes in arrays, parents before children; nodes of an item together. Cost: the nodes above an item's nodes, for each set
 * that ends with it.
 */
#include "mine/search.h"

#include <string.h>

/* Numbers of a tree's items are 0 … k - 1, rarest first; a child's is less than its parent's. */
typedef struct Tree
{
	uint32_t k, n;
	uint32_t *labels, *counts; /* [k] */
	uint32_t *item, *parent;   /* [n] parent: UP_END below the root */
	uint32_t *weight;          /* [n] baskets through the node */
	uint32_t *first, *nodes;   /* [k + 1] into the second, [n] */
	uint32_t *copy;            /* [n] scratch: 1 + the place in the projection's list, or 0 */
	size_t bytes;
} Tree;

typedef struct Miner
{
	UpSearch *s;
	/* scratch of one projection: what is above the nodes of an item, parents first; [root's n] */
	uint32_t *node, *parent, *weight;
	uint32_t *local; /* [k] */
	UpTally tally;
} Miner;

static void
tree_take(UpSearch *s, Tree *t, uint32_t k, uint32_t n)
{
	t->bytes = s->memory;
	t->k = k;
	t->n = n;
	t->labels = up_search_take(s, k, sizeof(uint32_t));
	t->counts = up_search_take(s, k, sizeof(uint32_t));
	t->first = up_search_take(s, (size_t) k + 1, sizeof(uint32_t));
	t->item = up_search_take(s, 5 * (size_t) n, sizeof(uint32_t));
	t->parent = t->item + n;
	t->weight = t->parent + n;
	t->nodes = t->weight + n;
	t->copy = t->nodes + n;
	t->bytes = s->memory - t->bytes;
}

static void
tree_free(UpSearch *s, Tree *t)
{
	up_free(t->labels);
	up_free(t->counts);
	up_free(t->first);
	up_search_give_back(s, t->item, t->bytes);
}

/* nodes and first, from item. */
static void
tree_index(Tree *t)
{
	uint32_t sum = 0;

	memset(t->first, 0, ((size_t) t->k + 1) * sizeof(uint32_t));
	memset(t->copy, 0, (size_t) t->n * sizeof(uint32_t));
	for (uint32_t i = 0; i < t->n; i++)
		t->first[t->item[i]]++;
	for (uint32_t j = 0; j <= t->k; j++)
	{
		uint32_t n = t->first[j];

		t->first[j] = sum;
		sum += n;
	}
	for (uint32_t i = 0; i < t->n; i++)
		t->nodes[t->first[t->item[i]]++] = i;
	memmove(t->first + 1, t->first, (size_t) t->k * sizeof(uint32_t));
	t->first[0] = 0;
}

/* What is above the nodes of item i, parents first, with the weights that come from there; returns its length. */
static uint32_t
list_above(Miner *m, Tree *t, uint32_t i)
{
	uint32_t n = 0;

	for (uint32_t v = t->first[i]; v < t->first[i + 1]; v++)
	{
		uint32_t from = t->nodes[v], depth = 0, above;

		for (uint32_t p = t->parent[from]; p != UP_END && t->copy[p] == 0; p = t->parent[p])
			depth++;
		/* From the place that the lowest one will have, upwards. */
		n += depth;
		above = n;
		for (uint32_t p = t->parent[from]; depth > 0; depth--, p = t->parent[p])
		{
			m->node[--above] = p;
			m->weight[above] = 0;
			t->copy[p] = above + 1;
		}
		if (t->parent[from] != UP_END)
			m->weight[t->copy[t->parent[from]] - 1] += t->weight[from];
	}
	for (uint32_t x = 0; x < n; x++)
	{
		uint32_t p = t->parent[m->node[x]];

		m->parent[x] = p == UP_END ? UP_END : t->copy[p] - 1;
	}
	for (uint32_t x = 0; x < n; x++)
		t->copy[m->node[x]] = 0;
	return n;
}

/* The projection of what is in the scratch list; false: nothing is frequent. */
static bool
project(Miner *m, const Tree *t, uint32_t i, uint32_t n, uint32_t least, Tree *out)
{
	uint32_t k = 0, kept = 0;

	up_tally_begin(&m->tally, n);
	for (uint32_t x = n; x-- > 0;)
	{
		up_tally_add(&m->tally, t->item[m->node[x]], m->weight[x]);
		if (m->parent[x] != UP_END)
			m->weight[m->parent[x]] += m->weight[x];
	}
	up_tally_order(&m->tally, i + 1);
	for (uint32_t a = 0; a < m->tally.n; a++)
	{
		uint32_t j = m->tally.items[a];

		m->local[j] = m->tally.counts[j] >= least && !up_search_is_barred(m->s, t->labels[j]) ? k++ : UP_END;
	}
	if (k == 0)
		return false;
	for (uint32_t x = 0; x < n; x++)
		kept += m->local[t->item[m->node[x]]] != UP_END;
	tree_take(m->s, out, k, kept);
	for (uint32_t a = 0; a < m->tally.n; a++)
	{
		uint32_t j = m->tally.items[a];

		if (m->local[j] == UP_END)
			continue;
		out->labels[m->local[j]] = t->labels[j];
		out->counts[m->local[j]] = m->tally.counts[j];
	}
	kept = 0;
	/* In place of its node, each now has the nearest node of the projection upwards, itself included. */
	for (uint32_t x = 0; x < n; x++)
	{
		uint32_t item = m->local[t->item[m->node[x]]];
		uint32_t above = m->parent[x] == UP_END ? UP_END : m->node[m->parent[x]];

		if (item != UP_END)
		{
			out->item[kept] = item;
			out->parent[kept] = above;
			out->weight[kept] = m->weight[x];
			above = kept++;
		}
		m->node[x] = above;
	}
	tree_index(out);
	return true;
}

static void
mine_tree(Miner *m, Tree *t, uint32_t len)
{
	UpSearch *s = m->s;

	for (uint32_t i = t->k; i-- > 0;)
	{
		Tree next;
		uint32_t n;

		if (len == 0)
			up_progress("mining item sets", t->k - i, t->k);
		up_search_tick(s);
		if (t->counts[i] < up_itemsets_least(s->sets, len + 1))
			continue;
		up_search_found(s, len, t->labels[i], t->counts[i]);
		if (len + 1 >= s->max_len || i + 1 == t->k)
			continue;
		n = list_above(m, t, i);
		up_tick();
		if (n == 0 || !project(m, t, i, n, up_itemsets_least(s->sets, len + 2), &next))
			continue;
		mine_tree(m, &next, len + 1);
		tree_free(s, &next);
	}
}

/* Rows by their items from the last, the most frequent, on; a beginning before what goes on. */
static bool
row_before(const void *context, uint32_t a, uint32_t b)
{
	const uint32_t *const *ends = context;
	const uint32_t *x = ends[a], *y = ends[b];

	while (*x == *y && *x != UP_END)
	{
		x--;
		y--;
	}
	/* Before the first item of a row stands the end of the one before. */
	return *x != *y && (*x == UP_END || (*y != UP_END && *x > *y));
}

/* Grows the path of one row below what it shares with the last one; path: the nodes of the last one, of so many. */
static uint32_t
add_row(Tree *t, const uint32_t *last_item, uint32_t *path, uint32_t depth, uint32_t *n)
{
	uint32_t at = 0;

	while (at < depth && *last_item == t->item[path[at]])
	{
		last_item--;
		at++;
	}
	for (; *last_item != UP_END; last_item--)
	{
		t->item[*n] = *last_item;
		t->parent[*n] = at == 0 ? UP_END : path[at - 1];
		t->weight[*n] = 0;
		path[at++] = (*n)++;
	}
	t->weight[path[at - 1]]++;
	return at;
}

static void
build(UpSearch *s, Tree *t)
{
	size_t before = s->memory;
	const uint32_t **ends = up_search_take(s, s->n_rows, sizeof(uint32_t *));
	uint32_t *order = up_search_take(s, s->n_rows, sizeof(uint32_t));
	uint32_t *path = up_search_take(s, s->k, sizeof(uint32_t));
	uint32_t depth = 0, n = 0;

	for (uint32_t r = 0; r < s->n_rows; r++)
	{
		size_t end = r + 1 < s->n_rows ? s->starts[r + 1] : s->n_cells + s->n_rows + 1;

		ends[r] = s->cells + end - 2;
		order[r] = r;
	}
	up_sort_numbers(order, s->n_rows, row_before, ends);
	before = s->memory - before;
	tree_take(s, t, s->k, (uint32_t) s->n_cells);
	memcpy(t->labels, s->labels, (size_t) s->k * sizeof(uint32_t));
	memcpy(t->counts, s->counts, (size_t) s->k * sizeof(uint32_t));
	for (uint32_t r = 0; r < s->n_rows; r++)
	{
		if ((r & 16383) == 0)
			up_tick();
		depth = add_row(t, ends[order[r]], path, depth, &n);
	}
	t->n = n;
	for (uint32_t i = n; i-- > 0;)
	{
		if (t->parent[i] != UP_END)
			t->weight[t->parent[i]] += t->weight[i];
	}
	tree_index(t);
	up_free(ends);
	up_free(order);
	up_search_give_back(s, path, before);
}

void
up_fpgrowth_search(UpSearch *s)
{
	Miner m = {.s = s};
	Tree t;
	size_t before;

	up_search_begin(s);
	build(s, &t);
	before = s->memory;
	m.node = up_search_take(s, t.n, sizeof(uint32_t));
	m.parent = up_search_take(s, t.n, sizeof(uint32_t));
	m.weight = up_search_take(s, t.n, sizeof(uint32_t));
	up_tally_init(&m.tally, s, s->k);
	m.local = up_search_take(s, s->k, sizeof(uint32_t));
	mine_tree(&m, &t, 0);
	up_free(m.node);
	up_free(m.parent);
	up_free(m.weight);
	up_tally_free(&m.tally, s);
	up_search_give_back(s, m.local, s->memory - before);
	tree_free(s, &t);
}
