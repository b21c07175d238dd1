/*
 * search.c - what miners share (see search.h)
 */
#include "mine/search.h"

#include <string.h>

#define TICKS_A_LOOK 64 /* at the clock */
#define ITEMS_A_ROW  16 /* that are gone through rather than listed */
#define ITEMS_SORTED 32 /* that are gone through rather than one put in order */

void *
up_search_take(UpSearch *s, size_t n, size_t size)
{
	s->memory += n * size;
	up_reserve(s->memory, "the mining of item sets");
	s->sets->beside = s->memory;
	return up_alloc_array(UP_MAX(n, 1), size);
}

void
up_search_give_back(UpSearch *s, void *p, size_t bytes)
{
	s->memory -= bytes;
	s->sets->beside = s->memory;
	up_free(p);
}

void
up_search_tick(UpSearch *s)
{
	up_tick();
	if (s->deadline == 0 || ++s->ticks % TICKS_A_LOOK != 0 || s->sets->out_of_time)
		return;
	if (up_seconds() < s->deadline)
		return;
	s->sets->out_of_time = true;
	up_itemsets_end_search(s->sets);
}

void
up_search_begin(UpSearch *s)
{
	s->stamp++;
	s->full = false;
}

void
up_search_extend(UpSearch *s, uint32_t len, uint32_t label)
{
	const uint32_t *prefix = s->prefix[len];
	uint32_t *next = s->prefix[len + 1];
	uint32_t i = len;

	for (; i > 0 && prefix[i - 1] > label; i--)
		next[i] = prefix[i - 1];
	next[i] = label;
	memcpy(next, prefix, i * sizeof(uint32_t));
	if (s->relatives != NULL)
	{
		s->stamp++;
		for (uint32_t r = s->relatives->first[label]; r < s->relatives->first[label + 1]; r++)
			s->barred[s->relatives->items[r]] = s->stamp;
	}
	if (s->limited != NULL)
	{
		uint32_t n = 0;

		for (i = 0; i <= len; i++)
			n += s->limited[next[i]];
		s->full = n >= s->max_limited;
	}
}

/* Too many: the search is given up, with what is known of the bound. */
static void
give_up(UpSearch *s)
{
	UpItemsets *sets = s->sets;

	sets->gave_up = true;
	sets->bound_count = UP_MAX(sets->least_count, up_packed_bound(s->packed));
	sets->bound_len = UINT32_MAX;
	up_itemsets_end_search(sets);
}

/* How many have room depends on what the root holds, and not on what a search happens to hold beside it: so it is the same in parts. */
static void
keep_packed(UpSearch *s, uint32_t len, uint32_t label, uint32_t count)
{
	if (s->packed->first == NULL)
		s->at_root = s->memory;
	if (count < up_itemsets_least(s->sets, len + 1))
		return;
	if (!up_packed_add(s->packed, len, label, count, s->at_root))
		give_up(s);
	s->sets->least_count = UP_MAX(s->sets->least_count, s->packed->least);
}

void
up_search_take_packed(UpSearch *s, const UpPackedImage *image)
{
	if (!up_packed_take_image(s->packed, image, s->at_root))
		give_up(s);
	s->sets->least_count = UP_MAX(s->sets->least_count, s->packed->least);
}

void
up_search_found(UpSearch *s, uint32_t len, uint32_t label, uint32_t count)
{
	if (s->packed != NULL)
	{
		keep_packed(s, len, label, count);
		/* The set itself is wanted only to see what may not follow it. */
		if (s->relatives == NULL && s->limited == NULL)
			return;
	}
	else if (len + 1 >= s->min_len)
		up_itemsets_push(s->sets, s->prefix[len], len, label, count);
	up_search_extend(s, len, label);
}

void
up_search_turn(UpSearch *s, uint32_t **first, uint32_t **rows)
{
	uint32_t *next = up_search_take(s, (size_t) s->k + 1, sizeof(uint32_t));

	*first = up_search_take(s, (size_t) s->k + 1, sizeof(uint32_t));
	*rows = up_search_take(s, s->n_cells, sizeof(uint32_t));
	(*first)[0] = 0;
	for (uint32_t j = 0; j < s->k; j++)
		(*first)[j + 1] = (*first)[j] + s->counts[j];
	memcpy(next, *first, ((size_t) s->k + 1) * sizeof(uint32_t));
	for (uint32_t r = 0; r < s->n_rows; r++)
	{
		if ((r & 16383) == 0)
			up_tick();
		for (const uint32_t *cell = s->cells + s->starts[r]; *cell != UP_END; cell++)
			(*rows)[next[*cell]++] = r;
	}
	up_search_give_back(s, next, ((size_t) s->k + 1) * sizeof(uint32_t));
}

void
up_tally_init(UpTally *t, UpSearch *s, uint32_t k)
{
	size_t before = s->memory;

	t->counts = up_search_take(s, k, sizeof(uint32_t));
	t->items = up_search_take(s, (size_t) k + 1, sizeof(uint32_t));
	t->n = 0;
	t->k = k;
	t->bytes = s->memory - before;
	memset(t->counts, 0, (size_t) k * sizeof(uint32_t));
}

void
up_tally_begin(UpTally *t, size_t n_rows)
{
	for (uint32_t i = 0; i < t->n; i++)
		t->counts[t->items[i]] = 0;
	t->n = 0;
	t->listed = n_rows < t->k / ITEMS_A_ROW;
}

static bool
item_comes_before(const void *context, uint32_t a, uint32_t b)
{
	(void) context;
	return a < b;
}

/* What is in the list, without those before first. */
static void
list_from(UpTally *t, uint32_t first)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < t->n; i++)
	{
		if (t->items[i] >= first)
			t->items[n++] = t->items[i];
		else
			t->counts[t->items[i]] = 0;
	}
	t->n = n;
}

void
up_tally_order(UpTally *t, uint32_t first)
{
	uint32_t n = 0;

	if (t->listed)
	{
		list_from(t, first);
		if (t->n < (t->k - UP_MIN(first, t->k)) / ITEMS_SORTED)
		{
			up_sort_numbers(t->items, t->n, item_comes_before, NULL);
			return;
		}
	}
	else
		memset(t->counts, 0, (size_t) UP_MIN(first, t->k) * sizeof(uint32_t));
	for (uint32_t j = first; j < t->k; j++)
	{
		t->items[n] = j;
		n += t->counts[j] != 0;
	}
	t->n = n;
}

void
up_tally_free(UpTally *t, UpSearch *s)
{
	up_free(t->counts);
	up_search_give_back(s, t->items, t->bytes);
}
