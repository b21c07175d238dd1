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

#define UP_HASH_NAME             entry
#define UP_HASH_OWNER            UpTally
#define UP_HASH_KEY              uint64_t
#define UP_HASH_EQUAL(t, i, key) ((t)->entries[i].hash == (key))
#define UP_HASH_OF(t, i)         (t)->entries[i].hash
#include "num/hash_table.h"

UpTally *
up_tally_new(uint32_t limit)
{
	UpTally *t = up_alloc0(sizeof(UpTally));

	t->limit = limit;
	t->capacity = 32;
	t->entries = up_alloc_array(t->capacity, sizeof(UpTallied));
	entry_resize(&t->table, t, 0, t->capacity);
	return t;
}

size_t
up_tally_bytes(const UpTally *t)
{
	return t->capacity * sizeof(UpTallied) + t->table.n_slots * sizeof(uint32_t) + t->text_bytes;
}

/* Takes so many from each count; what falls to 0 goes. */
static void
take_from_all(UpTally *t, uint64_t take)
{
	uint32_t kept = 0;

	UP_ASSERT(t->n <= t->capacity);
	for (uint32_t i = 0; i < t->n; i++)
	{
		UpTallied e = t->entries[i];

		if (e.count > take)
		{
			e.count -= take;
			t->entries[kept++] = e;
			continue;
		}
		if (e.text != NULL)
			t->text_bytes -= strlen(e.text) + 4;
		up_free(e.text);
	}
	t->n = kept;
	entry_resize(&t->table, t, t->n, t->capacity);
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

	UP_ASSERT(t->n == t->limit && t->n > 0);
	up_tick();
	if (t->distinct == NULL)
	{
		t->distinct = up_distinct_new();
		for (uint32_t i = 0; i < t->n; i++)
			up_distinct_add(t->distinct, t->entries[i].hash);
	}
	for (uint32_t i = 0; i < t->n; i++)
		counts[i] = t->entries[i].count;
	up_sort(counts, t->n, sizeof(uint64_t), compare_counts);
	median = counts[t->n / 2];
	up_free(counts);
	take_from_all(t, median);
	t->error += median;
}

static UpTallied *
count_hash(UpTally *t, uint64_t hash, uint64_t count)
{
	uint32_t *slot;

	UP_ASSERT(t->n <= t->limit && t->n <= t->capacity && count > 0);
	if (t->distinct != NULL)
		up_distinct_add(t->distinct, hash);
	slot = entry_find(&t->table, t, hash, hash);
	if (*slot != 0)
	{
		t->entries[*slot - 1].count += count;
		return &t->entries[*slot - 1];
	}
	if (t->n == t->limit)
	{
		drop_rare(t);
		up_distinct_add(t->distinct, hash);
		slot = entry_find(&t->table, t, hash, hash);
	}
	else if (t->n == t->capacity)
	{
		t->capacity *= 2;
		t->entries = up_realloc(t->entries, (size_t) t->capacity * sizeof(UpTallied));
		entry_resize(&t->table, t, t->n, t->capacity);
		slot = entry_find(&t->table, t, hash, hash);
	}
	t->entries[t->n] = (UpTallied){.hash = hash, .count = count};
	*slot = ++t->n;
	return &t->entries[t->n - 1];
}

void
up_tally_number(UpTally *t, double v, uint64_t count)
{
	count_hash(t, up_hash_number(v + 0.0, NUMBER_SEED), count)->number = v;
}

uint64_t
up_tally_hash(const char *text, size_t len)
{
	return up_hash_bytes(text, len, TEXT_SEED);
}

void
up_tally_again(UpTally *t, uint64_t hash, const char *text, uint64_t count)
{
	UpTallied *e = count_hash(t, hash, count);

	if (text == NULL || e->text != NULL)
		return;
	e->text = up_strdup(text);
	t->text_bytes += strlen(e->text) + 4;
}

UpTallied *
up_tally_text(UpTally *t, const char *text, size_t len)
{
	UpTallied *e = count_hash(t, up_tally_hash(text, len), 1);
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

	for (uint32_t i = 0; i < t->n; i++)
	{
		const UpTallied *e = &t->entries[i];

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
