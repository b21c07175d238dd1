/*
 * itemsets.c - the frequent item sets that were found, at most so many (see itemsets.h)
 *
 * Twice the limit is taken in before the better half is kept, so that a push costs O(log limit) at worst. Order: a
 * radix sort by count, length and as many items as fit into one word, then a merge sort of the few that agree in all these.
 */
#include "mine/itemsets.h"

#include "num/sort.h"

#include <string.h>

#define LONGEST_KEY 64 /* bits */

static size_t
store_bytes(size_t capacity, size_t items_capacity)
{
	return capacity * (sizeof(uint32_t) + sizeof(size_t)) + items_capacity * sizeof(uint32_t);
}

size_t
up_itemsets_bytes(const UpItemsets *s)
{
	return store_bytes(s->capacity, s->items_capacity) + (s->order != NULL ? s->n * sizeof(uint32_t) : 0);
}

void
up_itemsets_init(UpItemsets *s, uint32_t least_count, uint32_t limit)
{
	memset(s, 0, sizeof(*s));
	s->least_count = least_count;
	s->most_len = UINT32_MAX;
	s->limit = limit;
	s->capacity = 1024;
	s->items_capacity = 8192;
	up_reserve(store_bytes(s->capacity, s->items_capacity), "the item sets");
	s->counts = up_alloc_array(s->capacity, sizeof(uint32_t));
	s->starts = up_alloc_array((size_t) s->capacity + 1, sizeof(size_t));
	s->items = up_alloc_array(s->items_capacity, sizeof(uint32_t));
	s->starts[0] = 0;
}

void
up_itemsets_free(UpItemsets *s)
{
	up_free(s->counts);
	up_free(s->starts);
	up_free(s->items);
	up_free(s->order);
	memset(s, 0, sizeof(*s));
}

/* Merges the sorted halves of src into dst. */
static void
merge(uint32_t *dst, const uint32_t *src, size_t half, size_t n, UpBeforeFn before, const void *context)
{
	size_t left = 0, right = half;

	for (size_t i = 0; i < n; i++)
	{
		if (left < half && (right >= n || !before(context, src[right], src[left])))
			dst[i] = src[left++];
		else
			dst[i] = src[right++];
	}
}

void
up_sort_numbers(uint32_t *numbers, size_t n, UpBeforeFn before, const void *context)
{
	const size_t run = 8;
	uint32_t *from = numbers, *to;

	for (size_t start = 0; start < n; start += run)
	{
		for (size_t i = start + 1; i < UP_MIN(start + run, n); i++)
		{
			uint32_t moved = numbers[i];
			size_t j = i;

			for (; j > start && before(context, moved, numbers[j - 1]); j--)
				numbers[j] = numbers[j - 1];
			numbers[j] = moved;
		}
	}
	if (n <= run)
		return;
	to = up_alloc_array(n, sizeof(uint32_t));
	for (size_t width = run; width < n; width *= 2)
	{
		uint32_t *swap = from;

		for (size_t start = 0; start < n; start += 2 * width)
		{
			size_t here = UP_MIN(2 * width, n - start);

			merge(to + start, from + start, UP_MIN(width, here), here, before, context);
			if (here > 1024)
				up_tick();
		}
		from = to;
		to = swap;
	}
	if (from != numbers)
	{
		memcpy(numbers, from, n * sizeof(uint32_t));
		to = from;
	}
	up_free(to);
}

/* How count, length and the first items of a set share a word. */
typedef struct KeyForm
{
	uint32_t most, longest; /* count, length */
	unsigned len_bits, item_bits;
	uint32_t n_items;
} KeyForm;

static unsigned
bits_of(uint32_t most)
{
	return most == 0 ? 0 : 32 - (unsigned) __builtin_clz(most);
}

static KeyForm
key_form(const UpItemsets *s)
{
	KeyForm f = {.longest = s->longest};
	uint32_t least = UINT32_MAX;
	unsigned taken;

	for (uint32_t i = 0; i < s->n; i++)
	{
		f.most = UP_MAX(f.most, s->counts[i]);
		least = UP_MIN(least, s->counts[i]);
	}
	f.len_bits = bits_of(f.longest);
	f.item_bits = bits_of(UP_MAX(s->last_item, 1));
	taken = bits_of(f.most - UP_MIN(least, f.most)) + f.len_bits;
	if (taken < LONGEST_KEY)
		f.n_items = UP_MIN((LONGEST_KEY - taken) / f.item_bits, f.longest);
	return f;
}

static uint64_t
order_key(const UpItemsets *s, uint32_t i, const KeyForm *f)
{
	uint32_t len = up_itemsets_len(s, i);
	const uint32_t *items = s->items + s->starts[i];
	uint64_t key = (uint64_t) (f->most - s->counts[i]) << f->len_bits | len;

	for (uint32_t j = 0; j < f->n_items; j++)
		key = key << f->item_bits | (j < len ? items[j] : 0);
	return key;
}

static bool
set_before(const void *context, uint32_t a, uint32_t b)
{
	const UpItemsets *s = context;
	uint32_t n_a = up_itemsets_len(s, a), n_b = up_itemsets_len(s, b);

	return n_a != n_b ? n_a < n_b
					  : up_items_compare(s->items + s->starts[a], n_a, s->items + s->starts[b], n_b) < 0;
}

/* The sets' numbers in order. */
static uint32_t *
order_sets(const UpItemsets *s)
{
	uint32_t *order = up_alloc_array(UP_MAX(s->n, 1), sizeof(uint32_t));
	KeyForm form = key_form(s);
	UpKeyed *sorted;

	up_reserve(s->beside + store_bytes(s->capacity, s->items_capacity) + 2 * s->n * sizeof(UpKeyed),
			   "the sorting of item sets");
	sorted = up_alloc_array(UP_MAX(s->n, 1), sizeof(UpKeyed));
	for (uint32_t i = 0; i < s->n; i++)
	{
		if ((i & 65535) == 0)
			up_tick();
		sorted[i] = (UpKeyed){order_key(s, i, &form), i};
	}
	up_sort_keyed(sorted, s->n);
	for (uint32_t i = 0; i < s->n; i++)
		order[i] = (uint32_t) sorted[i].position;
	for (uint32_t start = 0, end; start < s->n && form.n_items < form.longest; start = end)
	{
		for (end = start + 1; end < s->n && sorted[end].key == sorted[start].key; end++)
			;
		if ((start & 65535) == 0)
			up_tick();
		if (end - start > 1)
			up_sort_numbers(order + start, end - start, set_before, s);
	}
	up_free(sorted);
	return order;
}

/* Orders the sets and keeps the first limit of them, in their order. */
static void
keep_first(UpItemsets *s)
{
	uint32_t *order = order_sets(s);
	uint32_t n = UP_MIN(s->n, s->limit);
	uint32_t *counts = up_alloc_array(s->capacity, sizeof(uint32_t));
	size_t *starts = up_alloc_array((size_t) s->capacity + 1, sizeof(size_t));
	uint32_t *items = up_alloc_array(s->items_capacity, sizeof(uint32_t));
	size_t end = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t len = up_itemsets_len(s, order[i]);

		if ((i & 65535) == 0)
			up_tick();
		counts[i] = s->counts[order[i]];
		starts[i] = end;
		memcpy(items + end, s->items + s->starts[order[i]], len * sizeof(uint32_t));
		end += len;
	}
	starts[n] = end;
	up_free(order);
	up_free(s->counts);
	up_free(s->starts);
	up_free(s->items);
	s->counts = counts;
	s->starts = starts;
	s->items = items;
	if (s->n > s->limit)
	{
		s->truncated = s->kept = true;
		s->least_count = counts[n - 1];
		s->most_len = up_itemsets_len(s, n - 1);
	}
	s->n = n;
}

/* Twice the room for sets, or for their items. False: memory has no room for both halves, so that half of the sets have to do. */
static bool
grow_capacity(UpItemsets *s)
{
	bool of_sets = s->n == s->capacity;
	size_t capacity =
		of_sets ? UP_MIN(2 * (size_t) s->capacity, UP_MAX(2 * (size_t) s->limit, 1024)) : s->capacity;
	size_t items_capacity = of_sets ? s->items_capacity : 2 * s->items_capacity;
	/* Dropping the worse half needs the arrays twice, sorting two keys a set. */
	size_t bytes = s->beside + 2 * store_bytes(capacity, items_capacity) + 2 * capacity * sizeof(UpKeyed);

	if (s->n >= 1024 && bytes > up_memory_limit())
		return false;
	up_reserve(bytes, "the item sets");
	if (of_sets)
	{
		s->capacity = (uint32_t) capacity;
		s->counts = up_realloc(s->counts, s->capacity * sizeof(uint32_t));
		s->starts = up_realloc(s->starts, ((size_t) s->capacity + 1) * sizeof(size_t));
	}
	else
	{
		s->items_capacity = items_capacity;
		s->items = up_realloc(s->items, s->items_capacity * sizeof(uint32_t));
	}
	return true;
}

/* Whether a set as good as the last one kept, by count and length, comes before it. */
static bool
beats_last(const UpItemsets *s, const uint32_t *set, uint32_t len)
{
	uint32_t last = s->limit - 1;

	return up_items_compare(set, len, s->items + s->starts[last], up_itemsets_len(s, last)) < 0;
}

/* What is known of the bound stays, for the next search. */
static void
stop(UpItemsets *s)
{
	s->gave_up = true;
	s->bound_count = s->least_count;
	s->bound_len = s->most_len;
	up_itemsets_end_search(s);
}

void
up_itemsets_end_search(UpItemsets *s)
{
	s->least_count = s->most_len = UINT32_MAX;
}

static void
drop_worse(UpItemsets *s)
{
	bool ended = s->least_count == UINT32_MAX;

	keep_first(s);
	if (ended)
		up_itemsets_end_search(s);
	else if (s->give_up)
		stop(s);
}

void
up_itemsets_push(UpItemsets *s, const uint32_t *items, uint32_t len, uint32_t extra, uint32_t count)
{
	uint32_t *set;
	uint32_t i = len;

	if (s->n >= 2 * (uint64_t) s->limit && s->n >= 1024)
		drop_worse(s);
	while (count >= up_itemsets_least(s, len + 1) &&
		   (s->n == s->capacity || s->starts[s->n] + len + 1 > s->items_capacity))
	{
		if (grow_capacity(s))
			continue;
		s->limit = s->n / 2;
		s->short_of_memory = true;
		drop_worse(s);
	}
	if (count < up_itemsets_least(s, len + 1))
		return;
	set = s->items + s->starts[s->n];
	for (; i > 0 && items[i - 1] > extra; i--)
		set[i] = items[i - 1];
	set[i] = extra;
	for (uint32_t j = 0; j < i; j++)
		set[j] = items[j];
	if (s->kept && count == s->least_count && len + 1 == s->most_len && !beats_last(s, set, len + 1))
		return;
	s->longest = UP_MAX(s->longest, len + 1);
	s->last_item = UP_MAX(s->last_item, set[len]);
	s->counts[s->n++] = count;
	s->starts[s->n] = s->starts[s->n - 1] + len + 1;
}

void
up_itemsets_finish(UpItemsets *s)
{
	if (s->n <= s->limit)
	{
		s->order = order_sets(s);
		return;
	}
	keep_first(s);
	s->order = up_alloc_array(s->n, sizeof(uint32_t));
	for (uint32_t i = 0; i < s->n; i++)
		s->order[i] = i;
}
