/*
 * standing.c - which part each basket is in (see standing.h)
 *
 * Cost: one hash probe a basket. Memory: 16 bytes a basket and 4 an item, beside the same of those that came.
 */
#include "mine/standing.h"

#include <math.h>
#include <string.h>

#define USUAL_PARTS 8
#define FEWEST      8 /* baskets that a set must have to be known in a part: with fewer, chance makes too many */
/* Of a part's share of min_count: what numbers of baskets may change before others are mined again. */
#define SLACK 0.9

uint64_t
up_standing_baskets(const UpStanding *s)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < s->n_parts; i++)
		n += s->parts[i]->n;
	return n;
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
	for (uint32_t i = 0; i < b->n_baskets; i++)
	{
		up_sort_numbers(b->items + b->starts[i], b->starts[i + 1] - b->starts[i], number_before, NULL);
		if ((i & 1023) == 0)
			up_tick();
	}
}

/* ---- parts ---- */

static UpPart *
part_new(uint32_t n, size_t n_items)
{
	UpPart *p = up_alloc0(sizeof(UpPart));

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
part_free(UpPart *p)
{
	up_free(p->keys);
	up_free(p->starts);
	up_free(p->items);
	up_free(p->set_counts);
	up_free(p->set_starts);
	up_free(p->set_items);
	up_free(p);
}

static void
part_add(UpPart *p, const uint64_t *key, const uint32_t *items, uint32_t n)
{
	memcpy(p->keys + 2 * (size_t) p->n, key, 2 * sizeof(uint64_t));
	memcpy(p->items + p->starts[p->n], items, n * sizeof(uint32_t));
	p->starts[p->n + 1] = p->starts[p->n] + n;
	p->n++;
}

static void
part_add_all(UpPart *p, const UpPart *other)
{
	for (uint32_t i = 0; i < other->n; i++)
		part_add(p, other->keys + 2 * (size_t) i, other->items + other->starts[i],
				 other->starts[i + 1] - other->starts[i]);
}

/* ---- what came, what went ---- */

typedef struct Coming
{
	UpKeys *keys;
	UpBaskets *fresh;
	bool *known; /* [fresh->n_baskets] is in a part already */
	UpArrivals *found;
} Coming;

/* The fresh basket of this key, or UINT32_MAX. */
static uint32_t
find_fresh(const Coming *c, const uint64_t *key)
{
	return up_keys_has(c->keys, key, 16) ? up_keys_bytes(c->keys, key, 16) : UINT32_MAX;
}

static bool
is_same(const UpPart *p, uint32_t i, const UpBaskets *fresh, uint32_t b)
{
	uint32_t n = p->starts[i + 1] - p->starts[i];

	return n == fresh->starts[b + 1] - fresh->starts[b] &&
		   memcmp(p->items + p->starts[i], fresh->items + fresh->starts[b], n * sizeof(uint32_t)) == 0;
}

/* A part with the baskets that are left, as they are now; itself where nothing changed. */
static UpPart *
follow_part(Coming *c, UpPart *p)
{
	UpArrivals before = *c->found;
	size_t n_items = 0;
	uint32_t n = 0;
	UpPart *now;

	for (uint32_t i = 0; i < p->n; i++)
	{
		uint32_t b = find_fresh(c, p->keys + 2 * (size_t) i);

		if ((i & 1023) == 0)
			up_tick();
		if (b == UINT32_MAX || c->known[b])
		{
			c->found->gone++;
			continue;
		}
		c->known[b] = true;
		c->found->changed += !is_same(p, i, c->fresh, b);
		n_items += c->fresh->starts[b + 1] - c->fresh->starts[b];
		n++;
	}
	if (before.gone == c->found->gone && before.changed == c->found->changed)
		return p;
	now = part_new(n, n_items);
	for (uint32_t i = 0; i < p->n; i++)
	{
		uint32_t b = find_fresh(c, p->keys + 2 * (size_t) i);

		if (b != UINT32_MAX)
			part_add(now, p->keys + 2 * (size_t) i, c->fresh->items + c->fresh->starts[b],
					 c->fresh->starts[b + 1] - c->fresh->starts[b]);
	}
	part_free(p);
	return now;
}

/* Baskets of a part: an eighth, but so many that a set of chance is not known there. */
static uint32_t
part_capacity(const UpStanding *s, uint64_t n)
{
	uint64_t min_count = up_min_count(s->min_support, n);
	double fewest = min_count == 0 ? 1 : ceil(FEWEST / SLACK * (double) n / (double) min_count);

	return (uint32_t) UP_MIN(UP_MAX(ceil((double) n / USUAL_PARTS), UP_MAX(fewest, 1)), UINT32_MAX / 2);
}

/* The new ones into the last part while it has room, then into others. */
static void
take_new(UpStanding *s, Coming *c, uint32_t capacity)
{
	const UpBaskets *fresh = c->fresh;
	uint32_t b = 0;

	while (b < fresh->n_baskets)
	{
		UpPart *last = s->n_parts > 0 ? s->parts[s->n_parts - 1] : NULL, *now;
		bool more = last != NULL && last->n < capacity;
		uint32_t room = more ? capacity - last->n : capacity, n = 0, end = b;
		size_t n_items = more ? last->starts[last->n] : 0;

		for (; end < fresh->n_baskets && n < room; end++)
		{
			if (c->known[end])
				continue;
			n++;
			n_items += fresh->starts[end + 1] - fresh->starts[end];
		}
		if (n == 0)
			break;
		now = part_new((more ? last->n : 0) + n, n_items);
		if (more)
		{
			part_add_all(now, last);
			part_free(last);
			s->n_parts--;
		}
		for (; b < end; b++)
		{
			size_t len;

			if (!c->known[b])
				part_add(now, (const uint64_t *) (const void *) up_keys_get(c->keys, b, &len),
						 fresh->items + fresh->starts[b], fresh->starts[b + 1] - fresh->starts[b]);
		}
		c->found->arrived += n;
		s->parts[s->n_parts++] = now;
	}
}

static void
drop_part(UpStanding *s, uint32_t i)
{
	part_free(s->parts[i]);
	memmove(s->parts + i, s->parts + i + 1, (s->n_parts - i - 1) * sizeof(UpPart *));
	s->n_parts--;
}

/* Part i and the next one become one. */
static void
join_parts(UpStanding *s, uint32_t i)
{
	UpPart *a = s->parts[i], *b = s->parts[i + 1];
	UpPart *both = part_new(a->n + b->n, (size_t) a->starts[a->n] + b->starts[b->n]);

	part_add_all(both, a);
	part_add_all(both, b);
	part_free(a);
	s->parts[i] = both;
	drop_part(s, i + 1);
}

/* Parts that have become too small are joined with the smaller neighbour; so are the smallest where there would be too many. */
static void
join_small(UpStanding *s, uint32_t capacity, uint32_t most)
{
	for (;;)
	{
		uint32_t small = 0;

		for (uint32_t i = 0; i < s->n_parts;)
		{
			if (s->parts[i]->n == 0)
				drop_part(s, i);
			else
				i++;
		}
		for (uint32_t i = 1; i < s->n_parts; i++)
		{
			if (s->parts[i]->n < s->parts[small]->n)
				small = i;
		}
		if (s->n_parts < 2 || (s->n_parts <= most && s->parts[small]->n >= capacity / 4))
			return;
		if (small == s->n_parts - 1 || (small > 0 && s->parts[small - 1]->n < s->parts[small + 1]->n))
			small--;
		join_parts(s, small);
	}
}

void
up_standing_update(UpStanding *s, const UpKeys *keys, UpBaskets *fresh, UpArrivals *found)
{
	/* Looking up what is there adds nothing. */
	Coming c = {(UpKeys *) (uintptr_t) keys, fresh, NULL, found};
	uint32_t capacity = part_capacity(s, fresh->n_baskets);

	*found = (UpArrivals){0};
	c.known = up_alloc0(UP_MAX(fresh->n_baskets, 1) * sizeof(bool));
	sort_baskets(fresh);
	for (uint32_t i = 0; i < s->n_parts; i++)
		s->parts[i] = follow_part(&c, s->parts[i]);
	/* Those that come fill at most an eighth and two parts more each. */
	join_small(s, capacity, UP_MOST_PARTS / 2);
	take_new(s, &c, capacity);
	join_small(s, capacity, UP_MOST_PARTS / 2);
	up_free(c.known);
}
