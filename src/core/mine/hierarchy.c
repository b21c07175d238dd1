/*
 * hierarchy.c - items that belong to others (see hierarchy.h)
 *
 * Cost: the number of pairs (item, ancestor), and that of items in the baskets with their ancestors.
 */
#include "mine/hierarchy.h"

#include <string.h>

#define TICK_BASKET 64 /* the work of one, beside its items */

typedef struct Walk
{
	UpHierarchy *h;
	const uint32_t *first, *parents; /* [n_items + 1] into the second */
	uint8_t *state;                  /* [n_items] */
	uint32_t *path, *next;           /* the items that are open, and which of their parents comes next */
	uint32_t *seen, stamp;           /* [n_items] last item that has it among its ancestors, from 1 */
	size_t n, capacity;              /* of ancestors */
	size_t *start, *end;             /* [n_items] of an item's ancestors, in the order they came */
} Walk;

enum
{
	UNSEEN,
	OPEN,
	DONE
};

static void
add_ancestor(Walk *w, uint32_t ancestor)
{
	if (w->seen[ancestor] == w->stamp)
		return;
	w->seen[ancestor] = w->stamp;
	if (w->n == w->capacity)
	{
		w->capacity *= 2;
		up_reserve(2 * w->capacity * sizeof(uint32_t), "the hierarchy of items");
		w->h->ancestors = up_realloc(w->h->ancestors, w->capacity * sizeof(uint32_t));
	}
	w->h->ancestors[w->n++] = ancestor;
}

/* All parents of an item are done. */
static void
close_item(Walk *w, uint32_t item)
{
	w->stamp++;
	w->start[item] = w->n;
	for (uint32_t p = w->first[item]; p < w->first[item + 1]; p++)
	{
		uint32_t parent = w->parents[p];

		add_ancestor(w, parent);
		for (size_t a = w->start[parent]; a < w->end[parent]; a++)
			add_ancestor(w, w->h->ancestors[a]);
	}
	w->end[item] = w->n;
	w->state[item] = DONE;
}

static void
tell_cycle(Walk *w, uint32_t depth, uint32_t again)
{
	uint32_t from = depth;

	while (w->path[from - 1] != again)
		from--;
	w->h->n_cycle = depth - from + 2;
	w->h->cycle = up_alloc_array(w->h->n_cycle, sizeof(uint32_t));
	memcpy(w->h->cycle, w->path + from - 1, (size_t) (depth - from + 1) * sizeof(uint32_t));
	w->h->cycle[w->h->n_cycle - 1] = again;
}

/* Depth first from one item; false: there is a cycle. */
static bool
walk_from(Walk *w, uint32_t item)
{
	uint32_t depth = 1;

	w->path[0] = item;
	w->next[0] = w->first[item];
	w->state[item] = OPEN;
	while (depth > 0)
	{
		uint32_t here = w->path[depth - 1], parent;

		up_tick();
		if (w->next[depth - 1] == w->first[here + 1])
		{
			close_item(w, here);
			depth--;
			continue;
		}
		parent = w->parents[w->next[depth - 1]++];
		if (w->state[parent] == OPEN)
		{
			tell_cycle(w, depth, parent);
			return false;
		}
		if (w->state[parent] == DONE)
			continue;
		w->state[parent] = OPEN;
		w->path[depth] = parent;
		w->next[depth++] = w->first[parent];
	}
	return true;
}

/* Pairs by item. */
static void
sort_pairs(uint32_t n_items, const uint32_t (*pairs)[2], size_t n_pairs, uint32_t **first, uint32_t **parents)
{
	uint32_t sum = 0;

	*first = up_alloc0(((size_t) n_items + 2) * sizeof(uint32_t));
	*parents = up_alloc_array(UP_MAX(n_pairs, 1), sizeof(uint32_t));
	for (size_t i = 0; i < n_pairs; i++)
		(*first)[pairs[i][0] + 1]++;
	for (uint32_t i = 0; i <= n_items; i++)
	{
		sum += (*first)[i];
		(*first)[i] = sum;
	}
	for (size_t i = 0; i < n_pairs; i++)
		(*parents)[(*first)[pairs[i][0]]++] = pairs[i][1];
	memmove(*first + 1, *first, (size_t) n_items * sizeof(uint32_t));
	(*first)[0] = 0;
}

/* The ancestors item by item. */
static void
put_in_order(Walk *w)
{
	UpHierarchy *h = w->h;
	uint32_t *ordered = up_alloc_array(UP_MAX(w->n, 1), sizeof(uint32_t));
	size_t n = 0;

	h->first = up_alloc_array((size_t) h->n_items + 1, sizeof(size_t));
	for (uint32_t i = 0; i < h->n_items; i++)
	{
		h->first[i] = n;
		memcpy(ordered + n, h->ancestors + w->start[i], (w->end[i] - w->start[i]) * sizeof(uint32_t));
		n += w->end[i] - w->start[i];
	}
	h->first[h->n_items] = n;
	up_free(h->ancestors);
	h->ancestors = ordered;
}

void
up_hierarchy_build(UpHierarchy *h, uint32_t n_items, const uint32_t (*pairs)[2], size_t n_pairs)
{
	Walk w = {.h = h, .capacity = 1024};
	size_t n = UP_MAX(n_items, 1);
	uint32_t *first, *parents;

	up_reserve(n * (5 * sizeof(uint32_t) + 2 * sizeof(size_t) + 1) + n_pairs * sizeof(uint32_t),
			   "the hierarchy of items");
	memset(h, 0, sizeof(*h));
	h->n_items = n_items;
	sort_pairs(n_items, pairs, n_pairs, &first, &parents);
	w.first = first;
	w.parents = parents;
	h->ancestors = up_alloc_array(w.capacity, sizeof(uint32_t));
	w.state = up_alloc0(n);
	w.path = up_alloc_array(n, sizeof(uint32_t));
	w.next = up_alloc_array(n, sizeof(uint32_t));
	w.seen = up_alloc0(n * sizeof(uint32_t));
	w.start = up_alloc_array(n, sizeof(size_t));
	w.end = up_alloc_array(n, sizeof(size_t));
	for (uint32_t i = 0; i < n_items && h->n_cycle == 0; i++)
	{
		if (w.state[i] == UNSEEN)
			(void) walk_from(&w, i);
	}
	if (h->n_cycle == 0)
		put_in_order(&w);
	up_free(first);
	up_free(parents);
	up_free(w.state);
	up_free(w.path);
	up_free(w.next);
	up_free(w.seen);
	up_free(w.start);
	up_free(w.end);
}

/* The items of a basket and their ancestors, each once; into out, if it is there. Returns how many. */
static uint32_t
extend_basket(const UpHierarchy *h, const UpBaskets *b, uint32_t basket, uint32_t *seen, uint32_t stamp,
			  uint32_t *out)
{
	uint32_t n = 0;

	for (uint32_t i = b->starts[basket]; i < b->starts[basket + 1]; i++)
	{
		uint32_t item = b->items[i];

		for (size_t a = h->first[item]; a <= h->first[item + 1]; a++)
		{
			uint32_t one = a == h->first[item + 1] ? item : h->ancestors[a];

			if (seen[one] == stamp)
				continue;
			seen[one] = stamp;
			if (out != NULL)
				out[n] = one;
			n++;
		}
	}
	return n;
}

void
up_hierarchy_extend(const UpHierarchy *h, UpBaskets *b)
{
	uint32_t *seen = up_alloc0(UP_MAX(h->n_items, 1) * sizeof(uint32_t));
	uint32_t *starts, *items, *counts;
	uint64_t n = 0;
	size_t work = 0;

	UP_ASSERT(h->n_items >= b->n_items);
	for (uint32_t basket = 0; basket < b->n_baskets; basket++)
	{
		uint32_t here = extend_basket(h, b, basket, seen, basket + 1, NULL);

		n += here;
		up_tick_work(&work, TICK_BASKET + 4 * (size_t) here);
	}
	if (n >= UINT32_MAX)
		up_fail_with(UP_LIMIT, NULL, "Mine a sample of the baskets, or leave out the rarest items.",
					 "the baskets have more than %u items with their ancestors", UINT32_MAX);
	up_reserve(up_baskets_bytes(b) + (n + 2 * (size_t) h->n_items + b->n_baskets + 1) * sizeof(uint32_t),
			   "the baskets with the ancestors of their items");
	memset(seen, 0, UP_MAX(h->n_items, 1) * sizeof(uint32_t));
	starts = up_alloc_array((size_t) b->n_baskets + 1, sizeof(uint32_t));
	items = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	counts = up_alloc0(UP_MAX(h->n_items, 1) * sizeof(uint32_t));
	n = 0;
	for (uint32_t basket = 0; basket < b->n_baskets; basket++)
	{
		uint32_t here = extend_basket(h, b, basket, seen, basket + 1, items + n);

		starts[basket] = (uint32_t) n;
		for (uint32_t i = 0; i < here; i++)
			counts[items[n + i]]++;
		n += here;
		up_tick_work(&work, TICK_BASKET + 4 * (size_t) here);
	}
	starts[b->n_baskets] = (uint32_t) n;
	up_free(seen);
	up_free(b->starts);
	up_free(b->items);
	up_free(b->counts);
	b->starts = starts;
	b->items = items;
	b->counts = counts;
	b->n_items = h->n_items;
}

void
up_hierarchy_relatives(const UpHierarchy *h, uint32_t n_items, const uint32_t *number, uint32_t n_numbers,
					   UpRelatives *relatives)
{
	uint32_t *first = up_alloc0(((size_t) n_numbers + 1) * sizeof(uint32_t)), *items = NULL;

	/* Once to count, once to fill: both ways, as either may come first. */
	for (int pass = 0; pass < 2; pass++)
	{
		for (uint32_t i = 0; i < n_items; i++)
		{
			for (size_t a = h->first[i]; number[i] != UP_NO_ITEM && a < h->first[i + 1]; a++)
			{
				uint32_t other = number[h->ancestors[a]];

				if (other == UP_NO_ITEM)
					continue;
				if (pass == 1)
				{
					items[first[number[i]]] = other;
					items[first[other]] = number[i];
				}
				first[number[i]]++;
				first[other]++;
			}
		}
		if (pass == 0)
		{
			uint32_t sum = 0;

			for (uint32_t j = 0; j <= n_numbers; j++)
			{
				uint32_t n = first[j];

				first[j] = sum;
				sum += n;
			}
			up_reserve((size_t) sum * sizeof(uint32_t), "the hierarchy of items");
			items = up_alloc_array(UP_MAX(sum, 1), sizeof(uint32_t));
		}
	}
	memmove(first + 1, first, (size_t) n_numbers * sizeof(uint32_t));
	first[0] = 0;
	relatives->first = first;
	relatives->items = items;
}
