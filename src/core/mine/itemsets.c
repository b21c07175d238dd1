/*
 * itemsets.c - the frequent item sets that were found, at most so many (see itemsets.h)
 *
 * Sets stand in blocks, which are never moved: all that is done to one while it is found is to write it down. Twice the limit is taken in
 * before the better half is kept, so that a push costs O(log limit) at worst. Order: a radix sort by count, length and as many items as
 * fit into one word, then a merge sort of the few that agree in all these.
 */
#include "mine/itemsets.h"

#include "num/sort.h"

#include <string.h>

#define LONGEST_KEY  64        /* bits */
#define FIRST_BLOCK  (1 << 13) /* words */
#define LAST_BLOCK   (1 << 22)
#define HEADING      2 /* words of a set before its items */
#define TICK_SETS    32768
#define TICK_NUMBERS 65536 /* that are merged */
#define FEW_SETS     1024  /* that are not dropped for want of memory */

static size_t
block_bytes(size_t words)
{
	return sizeof(UpSetBlock) + words * sizeof(uint32_t);
}

static void
add_block(UpItemsets *s, size_t words)
{
	UpSetBlock *b = up_alloc(block_bytes(words));

	b->next = NULL;
	b->used = 0;
	b->size = words;
	s->bytes += block_bytes(words);
	if (s->last == NULL)
		s->first = b;
	else
		s->last->next = b;
	s->last = b;
}

static void
free_blocks(UpSetBlock *b)
{
	while (b != NULL)
	{
		UpSetBlock *next = b->next;

		up_free(b);
		b = next;
	}
}

size_t
up_itemsets_bytes(const UpItemsets *s)
{
	return s->bytes + (s->sets != NULL ? s->n * sizeof(UpItemset *) : 0);
}

void
up_itemsets_init(UpItemsets *s, uint32_t least_count, uint32_t limit)
{
	memset(s, 0, sizeof(*s));
	s->least_count = least_count;
	s->most_len = UINT32_MAX;
	s->limit = limit;
	up_reserve(block_bytes(FIRST_BLOCK), "the item sets");
	add_block(s, FIRST_BLOCK);
}

void
up_itemsets_free(UpItemsets *s)
{
	free_blocks(s->first);
	up_free(s->sets);
	memset(s, 0, sizeof(*s));
}

void
up_itemsets_reuse(UpItemsets *s, size_t n, uint32_t longest)
{
	size_t words = n * (HEADING + (size_t) longest);
	UpSetBlock *b = s->first;

	up_free(s->sets);
	if (b == NULL || b->size < words)
	{
		free_blocks(b);
		memset(s, 0, sizeof(*s));
		add_block(s, words);
		b = s->first;
	}
	free_blocks(b->next);
	b->next = NULL;
	b->used = 0;
	*s = (UpItemsets){
		.first = b, .last = b, .bytes = block_bytes(b->size), .most_len = UINT32_MAX, .limit = UINT32_MAX};
}

/* Merges the sorted halves of src into dst. */
static void
merge(uint32_t *dst, const uint32_t *src, size_t half, size_t n, UpBeforeFn before, const void *context)
{
	size_t left = 0, right = half;

	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_NUMBERS == TICK_NUMBERS - 1)
			up_tick();
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
		if (start % TICK_NUMBERS == TICK_NUMBERS - run)
			up_tick();
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
	uint32_t most;
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
	KeyForm f = {
		.most = s->most, .len_bits = bits_of(s->longest), .item_bits = bits_of(UP_MAX(s->last_item, 1))};
	unsigned taken = bits_of(s->most) + f.len_bits;

	if (taken < LONGEST_KEY)
		f.n_items = UP_MIN((LONGEST_KEY - taken) / f.item_bits, s->longest);
	return f;
}

static uint64_t
order_key(const UpItemset *set, const KeyForm *f)
{
	uint64_t key = (uint64_t) (f->most - set->count) << f->len_bits | set->len;
	uint32_t n = UP_MIN(set->len, f->n_items);

	for (uint32_t j = 0; j < n; j++)
		key = key << f->item_bits | set->items[j];
	/* In two steps, as all 64 bits at once are not defined. */
	return (key << (f->n_items - n) * f->item_bits / 2) << ((f->n_items - n) * f->item_bits + 1) / 2;
}

static bool
set_before(const void *context, uint32_t a, uint32_t b)
{
	const UpItemset *const *sets = context;

	return sets[a]->len != sets[b]->len
			   ? sets[a]->len < sets[b]->len
			   : up_items_compare(sets[a]->items, sets[a]->len, sets[b]->items, sets[b]->len) < 0;
}

/* Puts n sets that agree in their keys into order. */
static void
order_alike(const UpItemset **sets, uint32_t n)
{
	uint32_t *order = up_alloc_array(n, sizeof(uint32_t));
	const UpItemset **before = up_alloc_array(n, sizeof(UpItemset *));

	for (uint32_t i = 0; i < n; i++)
		order[i] = i;
	memcpy(before, sets, n * sizeof(UpItemset *));
	up_sort_numbers(order, n, set_before, before);
	for (uint32_t i = 0; i < n; i++)
		sets[i] = before[order[i]];
	up_free(order);
	up_free(before);
}

/* Two or a handful need no memory. */
static void
order_few(const UpItemset **sets, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++)
	{
		const UpItemset *moved = sets[i];
		uint32_t j = i;

		for (; j > 0; j--)
		{
			const UpItemset *const pair[2] = {sets[j - 1], moved};

			if (!set_before(pair, 1, 0))
				break;
			sets[j] = sets[j - 1];
		}
		sets[j] = moved;
	}
}

/* Where each set stands, with its key, in the order they came. */
static UpKeyed *
list_sets(const UpItemsets *s)
{
	UpKeyed *list = up_alloc_array(UP_MAX(s->n, 1), sizeof(UpKeyed));
	KeyForm form = key_form(s);
	uint32_t n = 0;

	for (const UpSetBlock *b = s->first; b != NULL; b = b->next)
	{
		for (size_t at = 0; at < b->used;)
		{
			const UpItemset *set = (const UpItemset *) (const void *) (b->words + at);

			if (n % TICK_SETS == 0)
				up_tick();
			list[n++] = (UpKeyed){order_key(set, &form), (uint64_t) (uintptr_t) set};
			at += HEADING + set->len;
		}
	}
	UP_ASSERT(n == s->n);
	return list;
}

/* The sets in order. */
static const UpItemset **
order_sets(const UpItemsets *s)
{
	const UpItemset **sets = up_alloc_array(UP_MAX(s->n, 1), sizeof(UpItemset *));
	KeyForm form = key_form(s);
	UpKeyed *sorted;

	up_reserve(s->beside + s->bytes + s->n * (2 * sizeof(UpKeyed) + sizeof(UpItemset *)),
			   "the sorting of item sets");
	sorted = list_sets(s);
	up_sort_keyed(sorted, s->n);
	for (uint32_t i = 0; i < s->n; i++)
		sets[i] = (const UpItemset *) (uintptr_t) sorted[i].position;
	for (uint32_t start = 0, end; start < s->n && form.n_items < s->longest; start = end)
	{
		for (end = start + 1; end < s->n && sorted[end].key == sorted[start].key; end++)
			;
		if (start % TICK_SETS == 0)
			up_tick();
		if (end - start > 8)
			order_alike(sets + start, end - start);
		else if (end - start > 1)
			order_few(sets + start, end - start);
	}
	up_free(sorted);
	return sets;
}

/* Room for a set of so many items, at the end. */
static UpItemset *
next_set(UpItemsets *s, uint32_t len)
{
	UpItemset *set = (UpItemset *) (void *) (s->last->words + s->last->used);

	UP_ASSERT(s->last->used + HEADING + len <= s->last->size);
	s->last->used += HEADING + len;
	return set;
}

static size_t
next_block_words(const UpItemsets *s, uint32_t len)
{
	size_t words = UP_MIN(UP_MAX(2 * s->last->size, FIRST_BLOCK), LAST_BLOCK);

	return UP_MAX(words, (size_t) HEADING + len);
}

/* Keeps the first limit of the sets, written down anew in their order. */
static void
keep_first(UpItemsets *s)
{
	const UpItemset **sets = order_sets(s);
	UpSetBlock *before = s->first;
	uint32_t n = UP_MIN(s->n, s->limit);
	size_t words = 0;

	for (uint32_t i = 0; i < n; i++)
		words += HEADING + sets[i]->len;
	s->first = s->last = NULL;
	s->bytes = 0;
	add_block(s, UP_MAX(words, FIRST_BLOCK));
	for (uint32_t i = 0; i < n; i++)
	{
		UpItemset *set = next_set(s, sets[i]->len);

		if (i % TICK_SETS == 0)
			up_tick();
		memcpy(set, sets[i], (HEADING + sets[i]->len) * sizeof(uint32_t));
		s->worst = set;
	}
	if (s->n > n)
	{
		s->truncated = s->kept = true;
		s->least_count = s->worst->count;
		s->most_len = s->worst->len;
	}
	s->n = n;
	free_blocks(before);
	up_free(sets);
}

/* A block more. False: memory has no room for both halves, so that half of the sets have to do. */
static bool
grow(UpItemsets *s, uint32_t len)
{
	size_t words = next_block_words(s, len);
	/* Dropping the worse half needs the blocks twice, sorting two keys a set. */
	size_t bytes = s->beside + 2 * (s->bytes + block_bytes(words)) +
				   2 * (size_t) s->n * (2 * sizeof(UpKeyed) + sizeof(UpItemset *));

	if (s->n >= FEW_SETS && bytes > up_memory_limit())
		return false;
	up_reserve(bytes, "the item sets");
	add_block(s, words);
	return true;
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
	UpItemset *set;
	uint32_t i = len;

	if (s->n >= 2 * (uint64_t) s->limit && s->n >= 1024)
		drop_worse(s);
	while (count >= up_itemsets_least(s, len + 1) && s->last->used + HEADING + len + 1 > s->last->size)
	{
		if (grow(s, len + 1))
			continue;
		s->limit = s->n / 2;
		s->short_of_memory = true;
		drop_worse(s);
	}
	if (count < up_itemsets_least(s, len + 1))
		return;
	set = next_set(s, len + 1);
	set->count = count;
	set->len = len + 1;
	for (; i > 0 && items[i - 1] > extra; i--)
		set->items[i] = items[i - 1];
	set->items[i] = extra;
	for (uint32_t j = 0; j < i; j++)
		set->items[j] = items[j];
	/* As good as the last one that was kept, by count and length: whichever comes before. */
	if (s->kept && count == s->least_count && len + 1 == s->most_len &&
		up_items_compare(set->items, len + 1, s->worst->items, s->worst->len) >= 0)
	{
		s->last->used -= HEADING + len + 1;
		return;
	}
	s->longest = UP_MAX(s->longest, len + 1);
	s->last_item = UP_MAX(s->last_item, set->items[len]);
	s->most = UP_MAX(s->most, count);
	s->n++;
}

void
up_itemsets_finish(UpItemsets *s)
{
	if (s->n > s->limit)
		keep_first(s);
	s->sets = order_sets(s);
}

void
up_itemsets_expect(UpItemsets *s, uint32_t n, size_t beside)
{
	size_t limit = up_memory_limit(), one = sizeof(UpItemset *) + 2 * (HEADING + 1) * sizeof(uint32_t);
	size_t most = beside < limit ? (limit - beside) / one : 0;

	s->capacity = (uint32_t) UP_MIN(n, UP_MAX(most, FEW_SETS));
	s->beside = beside + s->capacity * sizeof(UpItemset *);
	up_reserve(s->beside, "the item sets");
	s->sets = up_alloc_array(UP_MAX(s->capacity, 1), sizeof(UpItemset *));
}

bool
up_itemsets_append(UpItemsets *s, const UpItemset *set)
{
	bool room = s->n < s->capacity;

	if (room && s->last->used + HEADING + set->len > s->last->size)
	{
		size_t words = next_block_words(s, set->len);
		/* As much again is left to who makes something of them. */
		size_t bytes = s->beside + 2 * (s->bytes + block_bytes(words));

		room = s->n < FEW_SETS || bytes <= up_memory_limit();
		if (room)
		{
			up_reserve(bytes, "the item sets");
			add_block(s, words);
		}
	}
	if (!room)
	{
		s->truncated = s->short_of_memory = true;
		s->limit = s->n;
		return false;
	}
	s->sets[s->n++] = memcpy(next_set(s, set->len), set, (HEADING + set->len) * sizeof(uint32_t));
	return true;
}
