/*
 * tally.c - a hash table of counts that drops the rare ones when it is full; see tally.h
 *
 * Values are told apart by 64 bits of hash: two of ten million different values coincide with a probability of 3e-6. When the
 * table is full, the median count is taken from all and what falls to 0 goes (Misra, Gries 1982; Anderson et al. 2017): a
 * count is short by at most the sum of what was taken. From then on the number of different values is estimated.
 * Cost: O(1) a value.
 */
#include "describe/tally.h"

#include "base/rng.h"
#include "num/sort.h"

#include <stdlib.h>
#include <string.h>

#define NUMBER_SEED 21
#define TEXT_SEED   22

UpTally *
up_tally_new(uint32_t limit)
{
	UpTally *t = up_alloc0(sizeof(UpTally));

	t->limit = limit;
	t->n_slots = 64;
	t->slots = up_alloc0(t->n_slots * sizeof(UpTallied));
	return t;
}

static UpTallied *
slot_of(const UpTally *t, uint64_t hash)
{
	uint32_t mask = t->n_slots - 1, at = (uint32_t) hash & mask;

	while (t->slots[at].count > 0 && t->slots[at].hash != hash)
		at = (at + 1) & mask;
	return &t->slots[at];
}

/* Puts all entries into a table of so many places; those whose count is not above take are dropped. */
static void
rebuild(UpTally *t, uint32_t n_slots, uint64_t take)
{
	UpTallied *old = t->slots;
	uint32_t n_old = t->n_slots;

	t->slots = up_alloc0((size_t) n_slots * sizeof(UpTallied));
	t->n_slots = n_slots;
	t->n = 0;
	for (uint32_t i = 0; i < n_old; i++)
	{
		if (old[i].count <= take)
		{
			if (old[i].text != NULL)
				t->text_bytes -= strlen(old[i].text) + 4;
			up_free(old[i].text);
			continue;
		}
		old[i].count -= take;
		*slot_of(t, old[i].hash) = old[i];
		t->n++;
	}
	up_free(old);
}

static int
compare_counts(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;

	return x < y ? -1 : x > y;
}

static void
drop_rare(UpTally *t)
{
	uint64_t *counts = up_alloc_array(t->n, sizeof(uint64_t)), median;
	uint32_t n = 0;

	up_tick();
	if (t->distinct == NULL)
	{
		t->distinct = up_distinct_new();
		for (uint32_t i = 0; i < t->n_slots; i++)
		{
			if (t->slots[i].count > 0)
				up_distinct_add(t->distinct, t->slots[i].hash);
		}
	}
	for (uint32_t i = 0; i < t->n_slots; i++)
	{
		if (t->slots[i].count > 0)
			counts[n++] = t->slots[i].count;
	}
	up_sort(counts, n, sizeof(uint64_t), compare_counts);
	median = counts[n / 2];
	up_free(counts);
	rebuild(t, t->n_slots, median);
	t->error += median;
}

static UpTallied *
count_hash(UpTally *t, uint64_t hash, uint64_t count)
{
	UpTallied *e;

	if (t->distinct != NULL)
		up_distinct_add(t->distinct, hash);
	e = slot_of(t, hash);
	if (e->count > 0)
	{
		e->count += count;
		return e;
	}
	if (t->n == t->limit)
	{
		drop_rare(t);
		if (t->distinct != NULL)
			up_distinct_add(t->distinct, hash);
		e = slot_of(t, hash);
	}
	else if ((t->n + 1) * 2 > t->n_slots)
	{
		rebuild(t, t->n_slots * 2, 0);
		e = slot_of(t, hash);
	}
	t->n++;
	e->hash = hash;
	e->count = count;
	return e;
}

void
up_tally_number(UpTally *t, double v, uint64_t count)
{
	double canonical = v + 0.0;

	count_hash(t, up_hash_bytes(&canonical, sizeof(canonical), NUMBER_SEED), count)->number = v;
}

UpTallied *
up_tally_text(UpTally *t, const char *text, size_t len)
{
	UpTallied *e = count_hash(t, up_hash_bytes(text, len, TEXT_SEED), 1);
	size_t kept = UP_MIN(len, UP_TALLY_TEXT);

	if (e->text != NULL)
		return e;
	/* Not in the middle of a character of UTF-8. */
	while (kept < len && kept > 0 && ((unsigned char) text[kept] & 0xc0) == 0x80)
		kept--;
	e->text = up_alloc(kept + 4);
	memcpy(e->text, text, kept);
	memcpy(e->text + kept, kept < len ? "\xe2\x80\xa6" : "", kept < len ? 4 : 1);
	t->text_bytes += strlen(e->text) + 4;
	return e;
}

double
up_tally_distinct(const UpTally *t)
{
	return t->distinct != NULL ? up_distinct_estimate(t->distinct) : t->n;
}

static int
compare_tallied(const void *a, const void *b)
{
	const UpTallied *x = *(const UpTallied *const *) a, *y = *(const UpTallied *const *) b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	if (x->text != NULL && y->text != NULL)
		return strcmp(x->text, y->text);
	return x->number < y->number ? -1 : x->number > y->number;
}

uint32_t
up_tally_top(const UpTally *t, uint32_t n, const UpTallied **top)
{
	uint32_t found = 0;

	for (uint32_t i = 0; i < t->n_slots; i++)
	{
		const UpTallied *e = &t->slots[i];

		if (e->count == 0)
			continue;
		if (found == n && compare_tallied(&top[n - 1], &e) <= 0)
			continue;
		if (found < n)
			found++;
		uint32_t at = found - 1;

		for (; at > 0 && compare_tallied(&e, &top[at - 1]) < 0; at--)
			top[at] = top[at - 1];
		top[at] = e;
	}
	return found;
}
