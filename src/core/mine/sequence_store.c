/*
 * sequence_store.c - the sequences that were found, at most so many, and which of them are closed (see sequences.h)
 *
 * A sequence comes after each of its beginnings, as its count is no greater and its length is: so the first `limit` hold with each sequence
 * its beginnings, and the bound that they set may be used where sequences are grown.
 */
#include "mine/sequences.h"

#include <string.h>

#include "base/rng.h"
#include "mine/itemsets.h"
#include "num/hash_table.h"

void
up_sequences_init(UpSequenceStore *s, UpSequences *found, uint32_t least_count, uint32_t limit)
{
	memset(found, 0, sizeof(*found));
	*s = (UpSequenceStore){found, limit, least_count, UINT32_MAX, false};
	found->capacity = 1024;
	found->codes_capacity = 8192;
	found->counts = up_alloc_array(found->capacity, sizeof(uint32_t));
	found->starts = up_alloc_array((size_t) found->capacity + 1, sizeof(size_t));
	found->codes = up_alloc_array(found->codes_capacity, sizeof(uint32_t));
	found->starts[0] = 0;
}

static bool
comes_before(const void *context, uint32_t a, uint32_t b)
{
	const UpSequences *s = context;
	uint32_t n_a = up_sequences_len(s, a), n_b = up_sequences_len(s, b);

	if (s->counts[a] != s->counts[b])
		return s->counts[a] > s->counts[b];
	if (n_a != n_b)
		return n_a < n_b;
	return up_items_compare(s->codes + s->starts[a], n_a, s->codes + s->starts[b], n_b) < 0;
}

/* Keeps these, in this order. */
static void
keep(UpSequences *s, const uint32_t *order, uint32_t n)
{
	uint32_t *counts = up_alloc_array(s->capacity, sizeof(uint32_t));
	size_t *starts = up_alloc_array((size_t) s->capacity + 1, sizeof(size_t));
	uint32_t *codes = up_alloc_array(s->codes_capacity, sizeof(uint32_t));
	size_t end = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t len = up_sequences_len(s, order[i]);

		counts[i] = s->counts[order[i]];
		starts[i] = end;
		memcpy(codes + end, s->codes + s->starts[order[i]], len * sizeof(uint32_t));
		end += len;
	}
	starts[n] = end;
	up_free(s->counts);
	up_free(s->starts);
	up_free(s->codes);
	s->counts = counts;
	s->starts = starts;
	s->codes = codes;
	s->n = n;
}

void
up_sequences_finish(UpSequenceStore *store)
{
	UpSequences *s = store->found;
	uint32_t n = UP_MIN(s->n, store->limit);
	uint32_t *order;

	if (s->n == 0)
		return;
	order = up_alloc_array(s->n, sizeof(uint32_t));
	for (uint32_t i = 0; i < s->n; i++)
		order[i] = i;
	up_sort_numbers(order, s->n, comes_before, s);
	if (s->n > n)
	{
		s->truncated = store->cut = true;
		store->least_count = s->counts[order[n - 1]];
		store->most_len = up_sequences_len(s, order[n - 1]);
	}
	keep(s, order, n);
	up_free(order);
}

/* False: memory has no room for both halves, so that half of the sequences have to do. */
static bool
make_room(UpSequences *s, uint32_t len)
{
	while (s->n == s->capacity || s->starts[s->n] + len > s->codes_capacity)
	{
		/* Sorting needs the arrays twice. */
		size_t bytes = 4 * ((size_t) s->capacity * (sizeof(uint32_t) + sizeof(size_t)) +
							s->codes_capacity * sizeof(uint32_t));

		if (s->n >= 1024 && bytes > up_memory_limit())
			return false;
		up_reserve(bytes, "the sequences");
		if (s->n == s->capacity)
		{
			s->capacity *= 2;
			s->counts = up_realloc(s->counts, s->capacity * sizeof(uint32_t));
			s->starts = up_realloc(s->starts, ((size_t) s->capacity + 1) * sizeof(size_t));
		}
		else
		{
			s->codes_capacity *= 2;
			s->codes = up_realloc(s->codes, s->codes_capacity * sizeof(uint32_t));
		}
	}
	return true;
}

void
up_sequences_push(UpSequenceStore *store, const uint32_t *codes, uint32_t len, uint32_t count)
{
	UpSequences *s = store->found;

	if (s->n >= 2 * (uint64_t) store->limit && s->n >= 1024)
		up_sequences_finish(store);
	while (up_sequences_wanted(store, count, len) && !make_room(s, len))
	{
		store->limit = s->n / 2;
		s->short_of_memory = true;
		up_sequences_finish(store);
	}
	if (!up_sequences_wanted(store, count, len))
		return;
	memcpy(s->codes + s->starts[s->n], codes, len * sizeof(uint32_t));
	s->counts[s->n++] = count;
	s->starts[s->n] = s->starts[s->n - 1] + len;
}

/* ---- closed ---- */

typedef struct Codes
{
	const uint32_t *codes;
	uint32_t len;
} Codes;

static inline uint64_t
hash_codes(const uint32_t *codes, uint32_t len)
{
	return up_hash_bytes(codes, len * sizeof(uint32_t), 0);
}

static inline bool
is_sequence(const UpSequences *s, uint32_t i, Codes key)
{
	return up_sequences_len(s, i) == key.len &&
		   memcmp(s->codes + s->starts[i], key.codes, key.len * sizeof(uint32_t)) == 0;
}

#define UP_HASH_NAME             sequence
#define UP_HASH_OWNER            UpSequences
#define UP_HASH_KEY              Codes
#define UP_HASH_EQUAL(s, i, key) is_sequence(s, i, key)
#define UP_HASH_OF(s, i)         hash_codes((s)->codes + (s)->starts[i], up_sequences_len(s, i))
#include "num/hash_table.h"

/* Without one item, whose step begins with the next one where it began with this. */
static void
without_item(const uint32_t *codes, uint32_t len, uint32_t item, uint32_t *rest)
{
	memcpy(rest, codes, item * sizeof(uint32_t));
	memcpy(rest + item, codes + item + 1, (len - item - 1) * sizeof(uint32_t));
	if (item + 1 < len && (codes[item] & 1) != 0)
		rest[item] |= 1;
}

/*
 * What these two leave at the deadline: sequences after the place returned were not compared with others of their count. What has a
 * part of its own count comes after it, so counts that were gone through are told whole.
 */

/* Without limits of gaps a part has at least the count of the whole: where some longer one has the same, one by one item longer has. */
static uint32_t
mark_by_one(const UpSequences *s, bool *open, double deadline)
{
	uint32_t i;
	UpHashTable table = {0};
	uint32_t *rest = up_alloc_array(UP_LONGEST_SEQUENCE + 1, sizeof(uint32_t));
	size_t work = 0;

	up_reserve(up_hash_table_slots(s->n) * sizeof(uint32_t), "the closed sequences");
	sequence_resize(&table, s, s->n, s->n);
	for (i = 0; i < s->n && !up_sequences_late(deadline); i++)
	{
		uint32_t len = up_sequences_len(s, i);

		for (uint32_t item = 0; item < len && len > 1; item++)
		{
			uint32_t slot;

			without_item(s->codes + s->starts[i], len, item, rest);
			slot = *sequence_find(&table, s, hash_codes(rest, len - 1), (Codes){rest, len - 1});
			if (slot != 0 && s->counts[slot - 1] == s->counts[i])
				open[slot - 1] = true;
		}
		up_tick_work(&work, (size_t) len * len * 8);
	}
	up_free(table.slots);
	up_free(rest);
	return i;
}

static uint32_t
step_end(const uint32_t *codes, uint32_t len, uint32_t at)
{
	for (at++; at < len && (codes[at] & 1) == 0; at++)
		;
	return at;
}

/* Whether items [a, a_end) of one step are all in [b, b_end). */
static bool
is_in_step(const uint32_t *a, uint32_t n_a, const uint32_t *b, uint32_t n_b)
{
	uint32_t i = 0;

	for (uint32_t j = 0; j < n_b && i < n_a; j++)
		i += a[i] / 2 == b[j] / 2;
	return i == n_a;
}

static bool
is_part(const uint32_t *a, uint32_t n_a, const uint32_t *b, uint32_t n_b)
{
	uint32_t i = 0;

	for (uint32_t j = 0, j_end; j < n_b && i < n_a; j = j_end)
	{
		uint32_t i_end = step_end(a, n_a, i);

		j_end = step_end(b, n_b, j);
		if (is_in_step(a + i, i_end - i, b + j, j_end - j))
			i = i_end;
	}
	return i == n_a;
}

static uint64_t
signature(const UpSequences *s, uint32_t i)
{
	uint64_t bits = 0;

	for (size_t j = s->starts[i]; j < s->starts[i + 1]; j++)
		bits |= UINT64_C(1) << (up_mix64(s->codes[j] / 2) & 63);
	return bits;
}

/* Where gaps are limited, a longer one may be had by users who do not have the part: all of one count are compared. */
static uint32_t
mark_by_pairs(const UpSequences *s, bool *open, double deadline)
{
	uint64_t *bits = up_alloc_array(s->n, sizeof(uint64_t));
	size_t work = 0;
	uint32_t i;

	for (i = 0; i < s->n; i++)
		bits[i] = signature(s, i);
	for (i = 0; i < s->n && !up_sequences_late(deadline); i++)
	{
		uint32_t len = up_sequences_len(s, i), j = i + 1;

		for (; j < s->n && s->counts[j] == s->counts[i] && !open[i]; j++)
		{
			if ((bits[i] & ~bits[j]) == 0 && up_sequences_len(s, j) > len)
				open[i] =
					is_part(s->codes + s->starts[i], len, s->codes + s->starts[j], up_sequences_len(s, j));
		}
		up_tick_work(&work, (size_t) (j - i) * 4);
	}
	up_free(bits);
	return i;
}

void
up_sequences_close(UpSequenceStore *store, bool by_one, double deadline)
{
	UpSequences *s = store->found;
	bool *open = up_alloc0(UP_MAX(s->n, 1) * sizeof(bool));
	uint32_t *order = up_alloc_array(UP_MAX(s->n, 1), sizeof(uint32_t));
	uint32_t n = 0, last = store->cut && s->n > 0 ? s->counts[s->n - 1] : 0;
	uint32_t done = by_one ? mark_by_one(s, open, deadline) : mark_by_pairs(s, open, deadline);

	if (done < s->n)
	{
		last = s->counts[done];
		s->ended = s->truncated = true;
	}
	for (uint32_t i = 0; i < s->n; i++)
	{
		if (!open[i] && s->counts[i] > last)
			order[n++] = i;
	}
	keep(s, order, n);
	up_free(open);
	up_free(order);
}
