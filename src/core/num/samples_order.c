/*
 * samples_order.c - rows in canonical order; see samples.h
 *
 * What is sorted are numbers: the upper bits of a row's hash, and its position in as many lower bits as positions take. They
 * are dealt out to buckets of about BUCKET_ROWS by their upper bits, and each bucket is put in order while it lies in a cache.
 * Rows whose upper bits are the same (two of 10^12 pairs of a million rows) are looked at again: whole hashes, then content.
 * Each of the three steps is a job of parts.
 *
 * Cost: O(n), one pass over the rows; 8 bytes a row.
 */
#include "num/samples.h"

#include "base/rng.h"
#include "num/sort.h"

#include <math.h>
#include <string.h>

#define TICK_ROWS   16384
#define ROW_COST    128   /* of a row that is hashed, in values */
#define PART_ROWS   16384 /* at least */
#define BUCKET_ROWS 2048
#define BUCKET_BITS 12 /* of the number of buckets, at most */
#define MOST_MOVES  64 /* of a key, before it is sorted by comparisons */
#define SLOT_BITS   11 /* that a bucket is put in order by, before what is left is moved by insertion */

/* Equal values have equal bits: one zero, one NaN. */
static uint64_t
value_bits(double v)
{
	uint64_t bits;

	if (isnan(v))
		return UINT64_C(0x7ff8000000000000);
	v += 0.0;
	memcpy(&bits, &v, sizeof(bits));
	return bits;
}

static uint64_t
row_hash(const double *row, size_t width)
{
	uint64_t lanes[4] = {1, 2, 3, 4};
	size_t i = 0;

	/* Four independent chains of multiply and shift keep the processor busy; the mix at the end joins them. */
	for (; i + 4 <= width; i += 4)
	{
		for (size_t j = 0; j < 4; j++)
		{
			uint64_t x = (lanes[j] ^ value_bits(row[i + j])) * UINT64_C(0x9e3779b97f4a7c15);

			lanes[j] = x ^ (x >> 32);
		}
	}
	for (; i < width; i++)
	{
		uint64_t x = (lanes[0] ^ value_bits(row[i])) * UINT64_C(0x9e3779b97f4a7c15);

		lanes[0] = x ^ (x >> 32);
	}
	return up_mix64(up_mix64(up_mix64(up_mix64(lanes[0]) ^ lanes[1]) ^ lanes[2]) ^ lanes[3]);
}

static int
compare_content(const UpSamples *s, const uint32_t *columns, uint32_t n, uint64_t a, uint64_t b)
{
	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t c = columns != NULL ? columns[i] : i;
		uint64_t u = value_bits(up_samples_value(s, a, c)), v = value_bits(up_samples_value(s, b, c));

		if (u != v)
			return u < v ? -1 : 1;
	}
	return 0;
}

/* The upper bits of a hash, then the position; it stands where the position alone does in the end. */
typedef size_t Key;
#define KEY_BITS 64
_Static_assert(sizeof(Key) * 8 == KEY_BITS, "a key holds a hash");

/* What all steps know. */
typedef struct Ordering
{
	UpSamplesForm rows;
	size_t n, buckets;
	unsigned position_bits, bucket_bits;
	uint32_t parts;
	uint32_t n_columns;
} Ordering;

enum
{
	KEYS = UP_SAMPLES_ARRAYS, /* as the rows stand; then space to sort buckets in */
	ORDER,                    /* keys bucket by bucket; in the end the positions alone */
	PLACES,                   /* of a part's keys in each bucket: how many, then where the next one goes */
	STARTS,                   /* of buckets, and n */
	COLUMNS,                  /* or NULL: all */
	N_ARRAYS
};
_Static_assert(N_ARRAYS <= UP_MOST_ARRAYS, "a job's arrays");

static size_t
position_of(const Ordering *o, Key key)
{
	return (size_t) (key & (((Key) 1 << o->position_bits) - 1));
}

/* Of all columns, or of some of them. */
static uint64_t
hash_at(const Ordering *o, const UpSamples *s, const uint32_t *columns, uint64_t i, double *space,
		double *picked)
{
	const double *row = up_samples_read(s, i, space);

	if (columns == NULL)
		return row_hash(row, o->n_columns);
	for (uint32_t j = 0; j < o->n_columns; j++)
		picked[j] = row[columns[j]];
	return row_hash(picked, o->n_columns);
}

/* ---- the steps ---- */

static size_t
bucket_of(const Ordering *o, Key key)
{
	/* In two steps: there may be no bits of it. */
	return (size_t) (key >> 1 >> (KEY_BITS - 1 - o->bucket_bits));
}

static void
hash_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Ordering *o = fixed;
	const UpSamples *s = up_samples_open(&o->rows, arrays);
	UpSamplesPart rows = up_samples_part(o->n, PART_ROWS, part);
	double *space = up_samples_space(s), *picked = up_samples_space(s);
	size_t *places = (size_t *) arrays[PLACES] + part * o->buckets, work = 0;
	Key *keys = arrays[KEYS];

	memset(places, 0, o->buckets * sizeof(size_t));
	for (size_t i = rows.first; i < rows.end; i++)
	{
		Key hash = hash_at(o, s, arrays[COLUMNS], i, space, picked);

		up_tick_work(&work, o->n_columns + ROW_COST);
		keys[i] = hash >> o->position_bits << o->position_bits | i;
		places[bucket_of(o, keys[i])]++;
	}
	up_free(space);
	up_free(picked);
}

/* From how many there are in each part to where they go. */
static void
set_places(const Ordering *o, size_t *places, size_t *starts)
{
	size_t at = 0;

	for (size_t b = 0; b < o->buckets; b++)
	{
		starts[b] = at;
		for (uint32_t part = 0; part < o->parts; part++)
		{
			size_t n = places[part * o->buckets + b];

			places[part * o->buckets + b] = at;
			at += n;
		}
	}
	starts[o->buckets] = at;
}

static void
deal_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Ordering *o = fixed;
	UpSamplesPart rows = up_samples_part(o->n, PART_ROWS, part);
	size_t *places = (size_t *) arrays[PLACES] + part * o->buckets;
	const Key *keys = arrays[KEYS];
	Key *sorted = arrays[ORDER];

	for (size_t i = rows.first; i < rows.end; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		sorted[places[bucket_of(o, keys[i])]++] = keys[i];
	}
}

static int
compare_keys(const void *a, const void *b)
{
	Key x = *(const Key *) a, y = *(const Key *) b;

	return x < y ? -1 : x > y;
}

/* The next bits that a bucket is put in order by. */
static size_t
slot_of(Key key, unsigned shift)
{
	return (size_t) (key >> shift & ((1 << SLOT_BITS) - 1));
}

/* By the next bits, from keys to sorted; then by insertion, which has little to do, as hashes are spread evenly. */
static void
sort_bucket(const Ordering *o, const Key *keys, Key *sorted, size_t n)
{
	unsigned shift = KEY_BITS - SLOT_BITS - o->bucket_bits;
	size_t place[1 << SLOT_BITS] = {0}, at = 0, moves = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		place[slot_of(keys[i], shift)]++;
	}
	for (size_t slot = 0; slot < UP_LENGTH(place); slot++)
	{
		size_t here = place[slot];

		place[slot] = at;
		at += here;
	}
	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		sorted[place[slot_of(keys[i], shift)]++] = keys[i];
	}
	for (size_t i = 1; i < n; i++)
	{
		Key key = sorted[i];
		size_t to = i;

		if (i % TICK_ROWS == 0)
			up_tick();
		while (to > 0 && key < sorted[to - 1])
		{
			sorted[to] = sorted[to - 1];
			to--;
		}
		sorted[to] = key;
		moves += i - to;
		if (moves > MOST_MOVES * n)
		{
			up_sort(sorted, n, sizeof(Key), compare_keys);
			break;
		}
	}
}

/* Rows, by their hashes already, that may share one: nearly always equal, so an insertion sort that finds them in order. */
static void
sort_equal_hashes(const Ordering *o, const UpSamples *s, const uint32_t *columns, UpKeyed *rows, size_t n)
{
	for (size_t i = 1; i < n; i++)
	{
		UpKeyed row = rows[i];
		size_t j = i;

		if (i % TICK_ROWS == 0)
			up_tick();
		while (j > 0 && rows[j - 1].key == row.key &&
			   compare_content(s, columns, o->n_columns, rows[j - 1].position, row.position) > 0)
		{
			rows[j] = rows[j - 1];
			j--;
		}
		rows[j] = row;
	}
}

/* Rows of keys that differ in their positions alone: by the rest of their hashes, then by content. */
static void
sort_alike(const Ordering *o, const UpSamples *s, const uint32_t *columns, Key *keys, size_t n)
{
	double *space = up_samples_space(s), *picked = up_samples_space(s);
	UpKeyed *rows = up_alloc_array(n, sizeof(UpKeyed));
	bool same = true;

	for (size_t i = 0; i < n; i++)
	{
		size_t position = position_of(o, keys[i]);

		if (i % TICK_ROWS == 0)
			up_tick();
		rows[i] = (UpKeyed){hash_at(o, s, columns, position, space, picked), position};
		same = same && rows[i].key == rows[0].key;
	}
	if (!same)
		up_sort_keyed(rows, n);
	sort_equal_hashes(o, s, columns, rows, n);
	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		keys[i] = rows[i].position;
	}
	up_free(rows);
	up_free(space);
	up_free(picked);
}

/* How many keys from the first of n on differ in their positions alone. */
static size_t
alike_at(const Ordering *o, const Key *keys, size_t n)
{
	size_t run = 1;

	while (run < n && (keys[0] ^ keys[run]) >> o->position_bits == 0)
	{
		if (run % TICK_ROWS == 0)
			up_tick();
		run++;
	}
	return run;
}

/* Some buckets. */
static void
sort_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Ordering *o = fixed;
	const UpSamples *s = up_samples_open(&o->rows, arrays);
	const size_t *starts = arrays[STARTS];
	UpSamplesPart buckets = up_samples_part(o->buckets, 1, part);

	for (size_t b = buckets.first; b < buckets.end; b++)
	{
		size_t n = starts[b + 1] - starts[b], run;
		Key *keys = (Key *) arrays[KEYS] + starts[b];
		size_t *order = (size_t *) arrays[ORDER] + starts[b];

		sort_bucket(o, order, keys, n);
		for (size_t i = 0; i < n; i += run)
		{
			run = alike_at(o, keys + i, n - i);
			if (run > 1)
				sort_alike(o, s, arrays[COLUMNS], keys + i, run);
		}
		for (size_t i = 0; i < n; i++)
		{
			if (i % TICK_ROWS == 0)
				up_tick();
			order[i] = position_of(o, keys[i]);
		}
	}
}

/* ---- */

static void
order_rows(const UpSamples *s, const uint32_t *columns, uint32_t n_columns, size_t *order)
{
	size_t n = (size_t) s->n_rows;
	Ordering o = {.n = n, .n_columns = n_columns};
	void *arrays[N_ARRAYS];

	o.rows = up_samples_form(s, arrays);
	o.parts = up_samples_parts(n, PART_ROWS);
	while ((n - 1) >> o.position_bits > 0)
		o.position_bits++;
	while (o.bucket_bits < BUCKET_BITS && n >> o.bucket_bits > BUCKET_ROWS)
		o.bucket_bits++;
	o.buckets = (size_t) 1 << o.bucket_bits;
	arrays[KEYS] = up_alloc_large_array(n, sizeof(Key));
	arrays[ORDER] = order;
	arrays[PLACES] = up_alloc_large_array(o.parts * o.buckets, sizeof(size_t));
	arrays[STARTS] = up_alloc_large_array(o.buckets + 1, sizeof(size_t));
	arrays[COLUMNS] = (void *) columns;
	up_parallel(o.parts, hash_part, &o, sizeof(o), arrays, N_ARRAYS);
	set_places(&o, arrays[PLACES], arrays[STARTS]);
	up_parallel(o.parts, deal_part, &o, sizeof(o), arrays, N_ARRAYS);
	up_parallel(up_samples_parts(o.buckets, 1), sort_part, &o, sizeof(o), arrays, N_ARRAYS);
	up_free_large(arrays[KEYS]);
	up_free_large(arrays[PLACES]);
	up_free_large(arrays[STARTS]);
}

void
up_samples_canonical_order(const UpSamples *s, size_t *order)
{
	if (s->n_rows > 0)
		order_rows(s, NULL, s->n_columns + 1, order);
}

void
up_samples_order_by(const UpSamples *s, const uint32_t *columns, uint32_t n_columns, size_t *order)
{
	UP_ASSERT(n_columns <= s->n_columns + 1);
	if (s->n_rows > 0)
		order_rows(s, columns, n_columns, order);
}
