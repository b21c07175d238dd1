/*
 * standing.c - which part each basket is in (see standing.h)
 *
 * Cost: one hash probe a basket; for baskets that leave a part their bits, and for each set known there its items' words. Memory: 20 bytes a basket and 4 an item,
 * beside the same of those that came.
 */
#include "mine/standing.h"

#include <math.h>
#include <string.h>

#include "num/bitset.h"

#define USUAL_PARTS 2
#define YOUNG       8 /* a young part has at most one of so many shares of a usual part */
#define FEWEST      24 /* baskets that a set must have to be known in a part: with fewer, chance makes too many */
/* Of a part's share of min_count: what numbers of baskets may change before others are mined again. */
#define SLACK            0.9
#define TICK_ITEMS       (1 << 20)
#define TICK_BASKETS     (1 << 20)
#define WORK_OF_A_BASKET 16 /* beside its items, for up_tick_work */

uint64_t
up_standing_baskets(const UpStanding *s)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < s->n_parts; i++)
		n += s->parts[i]->n;
	return n;
}

void
up_standing_counts(const UpStanding *s, uint32_t *counts)
{
	memset(counts, 0, UP_MAX(s->n_items, 1) * sizeof(uint32_t));
	for (uint32_t i = 0; i < s->n_parts; i++)
	{
		const UpMinePart *p = s->parts[i];

		for (uint32_t j = 0; j < p->starts[p->n]; j++)
		{
			if (j % TICK_ITEMS == 0)
				up_tick();
			counts[p->items[j]]++;
		}
	}
}

static int
compare_numbers(uint32_t a, uint32_t b)
{
	return a < b ? -1 : a > b;
}

static bool
number_before(const void *context, uint32_t a, uint32_t b)
{
	(void) context;
	return compare_numbers(a, b) < 0;
}

static void
sort_baskets(UpBaskets *b)
{
	size_t work = 0;

	for (uint32_t i = 0; i < b->n_baskets; i++)
	{
		uint32_t n = b->starts[i + 1] - b->starts[i];

		up_sort_numbers(b->items + b->starts[i], n, number_before, NULL);
		up_tick_work(&work, WORK_OF_A_BASKET * ((size_t) n + 1));
	}
}

/* ---- parts ---- */

static UpMinePart *
part_new(uint32_t n, size_t n_items)
{
	UpMinePart *p = up_alloc0(sizeof(UpMinePart));

	up_reserve((size_t) n * (2 * sizeof(uint64_t) + sizeof(uint32_t)) + n_items * sizeof(uint32_t),
			   "a part of the baskets");
	p->keys = up_alloc_array(UP_MAX(2 * (size_t) n, 1), sizeof(uint64_t));
	p->starts = up_alloc_array((size_t) n + 1, sizeof(uint32_t));
	p->items = up_alloc_array(UP_MAX(n_items, 1), sizeof(uint32_t));
	p->starts[0] = 0;
	p->changed = true;
	return p;
}

static void
part_free(UpMinePart *p)
{
	up_free(p->keys);
	up_free(p->starts);
	up_free(p->items);
	up_free(p->left);
	up_free(p->at);
	up_free(p->set_counts);
	up_free(p->set_starts);
	up_free(p->set_items);
	up_free(p);
}

static void
part_add(UpMinePart *p, const uint64_t *key, const uint32_t *items, uint32_t n)
{
	memcpy(p->keys + 2 * (size_t) p->n, key, 2 * sizeof(uint64_t));
	memcpy(p->items + p->starts[p->n], items, n * sizeof(uint32_t));
	p->starts[p->n + 1] = p->starts[p->n] + n;
	p->n++;
}

static size_t
work_of(const UpMinePart *p, uint32_t i)
{
	return WORK_OF_A_BASKET + 2 * (size_t) (p->starts[i + 1] - p->starts[i]);
}

/* Those from first to end - 1 of another part. */
static void
part_add_some(UpMinePart *p, const UpMinePart *other, uint32_t first, uint32_t end)
{
	size_t work = 0;

	for (uint32_t i = first; i < end; i++)
	{
		part_add(p, other->keys + 2 * (size_t) i, other->items + other->starts[i],
				 other->starts[i + 1] - other->starts[i]);
		up_tick_work(&work, work_of(other, i));
	}
}

/* ---- baskets that leave ---- */

#define IN_A_SET (UINT32_MAX - 1)

/* Of baskets of a part, those that have an item, as bits; for items that stand in a known set. */
typedef struct LeavingBits
{
	size_t words;
	uint32_t *place; /* [n_items] n_places or more: none has it, or it is in no set */
	uint32_t n_places;
	uint64_t *bits;
	uint64_t *work;
} LeavingBits;

static void
make_leaving_bits(LeavingBits *b, const UpMinePart *p, const uint32_t *which, uint32_t n, uint32_t n_items)
{
	size_t work = 0;

	b->n_places = 0;
	b->words = up_bitset_words(n);
	b->place = up_alloc_array(UP_MAX(n_items, 1), sizeof(uint32_t));
	memset(b->place, 0xff, UP_MAX(n_items, 1) * sizeof(uint32_t));
	for (size_t i = 0; i < p->set_starts[p->n_sets]; i++)
	{
		if (i % TICK_ITEMS == 0)
			up_tick();
		b->place[p->set_items[i]] = IN_A_SET;
	}
	for (uint32_t k = 0; k < n; k++)
	{
		for (uint32_t i = p->starts[which[k]]; i < p->starts[which[k] + 1]; i++)
		{
			if (b->place[p->items[i]] == IN_A_SET)
				b->place[p->items[i]] = b->n_places++;
		}
		up_tick_work(&work, work_of(p, which[k]));
	}
	up_reserve(((size_t) b->n_places + 1) * b->words * sizeof(uint64_t), "the baskets that leave, by item");
	b->bits = up_alloc0(UP_MAX(b->n_places * b->words, 1) * sizeof(uint64_t));
	b->work = up_alloc_array(UP_MAX(b->words, 1), sizeof(uint64_t));
	for (uint32_t k = 0; k < n; k++)
	{
		for (uint32_t i = p->starts[which[k]]; i < p->starts[which[k] + 1]; i++)
		{
			uint32_t place = b->place[p->items[i]];

			if (place < b->n_places)
				up_bitset_add(b->bits + place * b->words, k);
		}
		up_tick_work(&work, work_of(p, which[k]));
	}
}

/* How many of them have all items. */
static uint32_t
count_leaving(const LeavingBits *b, const uint32_t *items, size_t len)
{
	const uint64_t *first;
	size_t n;

	for (size_t i = 0; i < len; i++)
	{
		if (b->place[items[i]] >= b->n_places)
			return 0;
	}
	first = b->bits + b->place[items[0]] * b->words;
	n = len == 1 ? up_bitset_count(first, b->words) : 0;
	for (size_t i = 1; i < len; i++)
		n = up_bitset_and(b->work, i == 1 ? first : b->work, b->bits + b->place[items[i]] * b->words, b->words);
	return (uint32_t) n;
}

/* They are taken off the counts; sets that become rarer than `least` are not known any more. */
static void
subtract(UpMinePart *p, const uint32_t *which, uint32_t n, uint32_t n_items)
{
	LeavingBits b;
	uint32_t kept = 0;
	size_t end = 0, work = 0;

	make_leaving_bits(&b, p, which, n, n_items);
	for (uint32_t i = 0; i < p->n_sets; i++)
	{
		const uint32_t *items = p->set_items + p->set_starts[i];
		size_t len = p->set_starts[i + 1] - p->set_starts[i];
		uint32_t count = p->set_counts[i], less = count_leaving(&b, items, len);

		up_tick_work(&work, len * (b.words + 1) * 4);
		/* Counts that are not true can come from bytes alone. */
		if (less > count || count - less < p->least)
			continue;
		memmove(p->set_items + end, items, len * sizeof(uint32_t));
		p->set_starts[kept] = end;
		p->set_counts[kept++] = count - less;
		end += len;
	}
	p->n_sets = kept;
	p->set_starts[kept] = end;
	up_free(b.place);
	up_free(b.bits);
	up_free(b.work);
}

/* Their places go from those that are there to those that have left. */
static void
note_left(UpMinePart *p, const uint32_t *which, uint32_t n)
{
	uint32_t *left = up_alloc_array(p->n_left + (size_t) n, sizeof(uint32_t));

	if (p->n_left > 0)
		memcpy(left, p->left, p->n_left * sizeof(uint32_t));
	for (uint32_t k = 0; k < n; k++)
	{
		if (k % TICK_BASKETS == 0)
			up_tick();
		left[p->n_left + k] = p->at[which[k]];
	}
	up_sort_numbers(left, p->n_left + n, number_before, NULL);
	up_free(p->left);
	p->left = left;
	p->n_left += n;
	p->thinned = true;
}

static void
compact(UpMinePart *p, const bool *leaves)
{
	uint32_t kept = 0, end = 0;
	size_t work = 0;

	for (uint32_t i = 0; i < p->n; i++)
	{
		uint32_t start = p->starts[i], len = p->starts[i + 1] - start;

		up_tick_work(&work, work_of(p, i));
		if (leaves[i])
			continue;
		memmove(p->items + end, p->items + start, len * sizeof(uint32_t));
		memmove(p->keys + 2 * (size_t) kept, p->keys + 2 * (size_t) i, 2 * sizeof(uint64_t));
		p->at[kept] = p->at[i];
		p->starts[kept++] = end;
		end += len;
	}
	p->starts[kept] = end;
	p->n = kept;
}

void
up_part_thin(UpMinePart *p, const bool *leaves, uint32_t n_items)
{
	uint32_t *which = up_alloc_array(UP_MAX(p->n, 1), sizeof(uint32_t)), n = 0;

	if (p->at == NULL)
	{
		p->at = up_alloc_array(UP_MAX(p->n, 1), sizeof(uint32_t));
		for (uint32_t i = 0; i < p->n; i++)
			p->at[i] = i;
		p->n_stored = p->n;
	}
	for (uint32_t i = 0; i < p->n; i++)
	{
		if (i % TICK_BASKETS == 0)
			up_tick();
		if (leaves[i])
			which[n++] = i;
	}
	if (n > 0)
	{
		if (!p->changed)
			subtract(p, which, n, n_items);
		note_left(p, which, n);
		compact(p, leaves);
	}
	up_free(which);
}

/* ---- what came, what went ---- */

typedef struct Coming
{
	UpKeys *touched; /* NULL: all */
	UpKeys *keys;
	UpBaskets *fresh;
	bool *known; /* [fresh->n_baskets] is in a part as it is */
	bool *moved; /* [fresh->n_baskets] was in a part with other items */
	UpArrivals *found;
} Coming;

/* The fresh basket of this key, or UINT32_MAX. */
static uint32_t
find_fresh(const Coming *c, const uint64_t *key)
{
	return up_keys_has(c->keys, key, 16) ? up_keys_bytes(c->keys, key, 16) : UINT32_MAX;
}

static bool
is_same(const UpMinePart *p, uint32_t i, const UpBaskets *fresh, uint32_t b)
{
	uint32_t n = p->starts[i + 1] - p->starts[i];

	return n == fresh->starts[b + 1] - fresh->starts[b] &&
		   memcmp(p->items + p->starts[i], fresh->items + fresh->starts[b], n * sizeof(uint32_t)) == 0;
}

/* Whether a basket of a part is no more, or has other items, and so comes again. */
static bool
leaves_part(Coming *c, const UpMinePart *p, uint32_t i)
{
	const uint64_t *key = p->keys + 2 * (size_t) i;
	uint32_t b;

	if (c->touched != NULL && !up_keys_has(c->touched, key, 16))
		return false;
	b = find_fresh(c, key);
	if (b == UINT32_MAX || c->known[b] || c->moved[b])
	{
		c->found->gone++;
		return true;
	}
	if (is_same(p, i, c->fresh, b))
	{
		c->known[b] = true;
		return false;
	}
	c->moved[b] = true;
	c->found->changed++;
	return true;
}

static void
follow_part(Coming *c, UpMinePart *p, uint32_t n_items)
{
	bool *leaves = up_alloc0(UP_MAX(p->n, 1) * sizeof(bool));
	bool any = false;

	for (uint32_t i = 0; i < p->n; i++)
	{
		leaves[i] = leaves_part(c, p, i);
		any = any || leaves[i];
		if ((i & 1023) == 0)
			up_tick();
	}
	if (any)
		up_part_thin(p, leaves, n_items);
	up_free(leaves);
}

/* Baskets of a part: a half, but so many that a set of chance is not known there. */
static uint32_t
part_capacity(const UpStanding *s, uint64_t n)
{
	uint64_t min_count = up_min_count(s->min_support, n);
	double fewest = min_count == 0 ? 1 : ceil(FEWEST / SLACK * (double) n / (double) min_count);

	return (uint32_t) UP_MIN(UP_MAX(ceil((double) n / USUAL_PARTS), UP_MAX(fewest, 1)), UINT32_MAX / 2);
}

/* The next baskets that are in no part. */
static uint32_t
add_coming(const Coming *c, UpMinePart *p, uint32_t b, uint32_t n)
{
	const UpBaskets *fresh = c->fresh;
	size_t work = 0;

	for (; n > 0; b++)
	{
		size_t len;

		up_tick_work(&work, WORK_OF_A_BASKET + (size_t) (fresh->starts[b + 1] - fresh->starts[b]));
		if (c->known[b])
			continue;
		part_add(p, (const uint64_t *) (const void *) up_keys_get(c->keys, b, &len),
				 fresh->items + fresh->starts[b], fresh->starts[b + 1] - fresh->starts[b]);
		n--;
	}
	return b;
}

static size_t
items_coming(const Coming *c, uint32_t *n)
{
	size_t n_items = 0;

	*n = 0;
	for (uint32_t b = 0; b < c->fresh->n_baskets; b++)
	{
		if (b % TICK_BASKETS == 0)
			up_tick();
		if (c->known[b])
			continue;
		++*n;
		c->found->arrived += !c->moved[b];
		n_items += c->fresh->starts[b + 1] - c->fresh->starts[b];
	}
	return n_items;
}

UpMinePart *
up_standing_young(const UpStanding *s, uint64_t n)
{
	UpMinePart *last = s->n_parts > 1 ? s->parts[s->n_parts - 1] : NULL;

	return last != NULL && last->n <= part_capacity(s, n) / YOUNG ? last : NULL;
}

/* Cuts a part that is too large into equal ones. */
static void
split_last(UpStanding *s, uint32_t capacity)
{
	UpMinePart *all = s->parts[s->n_parts - 1];
	uint32_t n_parts = (uint32_t) UP_MAX(floor((double) all->n / capacity + 0.5), 1), from = 0;

	if (n_parts == 1)
		return;
	s->n_parts--;
	for (uint32_t k = 0; k < n_parts; k++)
	{
		uint32_t end = (uint32_t) ((uint64_t) all->n * (k + 1) / n_parts);
		UpMinePart *p = part_new(end - from, all->starts[end] - all->starts[from]);

		part_add_some(p, all, from, end);
		from = end;
		s->parts[s->n_parts++] = p;
	}
	part_free(all);
}

/* Into the young part while it has room; else both into the last of the others, which is cut where it is too large. */
static void
take_new(UpStanding *s, Coming *c, uint64_t n_before)
{
	uint32_t n;
	size_t n_items = items_coming(c, &n);
	uint64_t n_now = n_before + n;
	uint32_t capacity = part_capacity(s, n_now), merged = 0;
	UpMinePart *young = up_standing_young(s, n_now), *now;

	if (n == 0)
		return;
	if (s->n_parts > 0 && (young != NULL ? young->n : 0) + (uint64_t) n <= capacity / YOUNG)
		merged = young != NULL ? 1 : 0;
	else
		merged = UP_MIN(s->n_parts, young != NULL ? 2 : 1);
	for (uint32_t i = s->n_parts - merged; i < s->n_parts; i++)
		n_items += s->parts[i]->starts[s->parts[i]->n];
	now = part_new((uint32_t) UP_MIN(n_now, UINT32_MAX / 2), n_items);
	for (uint32_t i = s->n_parts - merged; i < s->n_parts; i++)
	{
		part_add_some(now, s->parts[i], 0, s->parts[i]->n);
		part_free(s->parts[i]);
	}
	s->n_parts -= merged;
	add_coming(c, now, 0, n);
	s->parts[s->n_parts++] = now;
	split_last(s, capacity);
}

static void
drop_part(UpStanding *s, uint32_t i)
{
	part_free(s->parts[i]);
	memmove(s->parts + i, s->parts + i + 1, (s->n_parts - i - 1) * sizeof(UpMinePart *));
	s->n_parts--;
}

/* Part i and the next one become one. */
static void
join_parts(UpStanding *s, uint32_t i)
{
	UpMinePart *a = s->parts[i], *b = s->parts[i + 1];
	UpMinePart *both = part_new(a->n + b->n, (size_t) a->starts[a->n] + b->starts[b->n]);

	part_add_some(both, a, 0, a->n);
	part_add_some(both, b, 0, b->n);
	part_free(a);
	s->parts[i] = both;
	drop_part(s, i + 1);
}

/* Parts that have become too small are joined with the smaller neighbour; so are the smallest where there would be too many. The young one is small. */
static void
join_small(UpStanding *s, uint32_t most)
{
	for (uint32_t i = 0; i < s->n_parts;)
	{
		if (s->parts[i]->n == 0)
			drop_part(s, i);
		else
			i++;
	}
	for (;;)
	{
		uint64_t total = up_standing_baskets(s);
		uint32_t small = 0, n = s->n_parts - (up_standing_young(s, total) != NULL);

		for (uint32_t i = 1; i < n; i++)
		{
			if (s->parts[i]->n < s->parts[small]->n)
				small = i;
		}
		if (n < 2 || (n <= most && s->parts[small]->n >= part_capacity(s, total) / 2))
			return;
		if (small == n - 1 || (small > 0 && s->parts[small - 1]->n < s->parts[small + 1]->n))
			small--;
		join_parts(s, small);
	}
}

void
up_standing_change(UpStanding *s, const UpKeys *touched, const UpKeys *keys, UpBaskets *fresh,
				   UpArrivals *found)
{
	/* Looking up what is there adds nothing. */
	Coming c = {(UpKeys *) (uintptr_t) touched, (UpKeys *) (uintptr_t) keys, fresh, NULL, NULL, found};

	*found = (UpArrivals){0};
	c.known = up_alloc0(UP_MAX(fresh->n_baskets, 1) * sizeof(bool));
	c.moved = up_alloc0(UP_MAX(fresh->n_baskets, 1) * sizeof(bool));
	sort_baskets(fresh);
	for (uint32_t i = 0; i < s->n_parts; i++)
		follow_part(&c, s->parts[i], s->n_items);
	/* Those that come fill at most a half and two parts more each. */
	join_small(s, UP_MOST_PARTS / 2);
	take_new(s, &c, up_standing_baskets(s));
	join_small(s, UP_MOST_PARTS / 2);
	up_free(c.known);
	up_free(c.moved);
}

void
up_standing_update(UpStanding *s, const UpKeys *keys, UpBaskets *fresh, UpArrivals *found)
{
	up_standing_change(s, NULL, keys, fresh, found);
}
