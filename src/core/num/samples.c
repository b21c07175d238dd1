/*
 * samples.c - rows of numbers in blocks, as bytes, and in canonical order
 *
 * Cost of the canonical order: one hash a row, then a radix sort of (hash, position) pairs; content is compared only between rows
 * of equal hash.
 */
#include "num/samples.h"

#include "base/rng.h"
#include "num/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES (512 * 1024)
#define CHUNK_SHARE 8  /* memory is made for an eighth more, … */
#define MOST_BLOCKS 64 /* … but at once for no more than these */
#define FIRST_ROWS  16
#define TICK_ROWS   16384

static size_t
row_bytes(const UpSamples *s)
{
	return ((size_t) s->n_columns + 1) * sizeof(double);
}

static size_t
block_rows(const UpSamples *s)
{
	return (size_t) 1 << s->shift;
}

UpSamples *
up_samples_new(uint32_t n_columns)
{
	UpSamples *s = up_alloc0(sizeof(UpSamples));

	s->n_columns = n_columns;
	while (s->shift < 16 && row_bytes(s) << (s->shift + 1) <= BLOCK_BYTES)
		s->shift++;
	s->block_capacity = 4;
	s->blocks = up_alloc_array(s->block_capacity, sizeof(double *));
	s->chunks = up_alloc_array(s->block_capacity, sizeof(double *));
	return s;
}

/* Memory for so many blocks more, in one piece: of many rows there are thousands of blocks. */
static void
make_blocks(UpSamples *s, size_t n)
{
	size_t made = UP_MAX(s->n_made, 1), values = block_rows(s) * (row_bytes(s) / sizeof(double));
	double *chunk;

	if (made + n > s->block_capacity)
	{
		s->block_capacity = UP_MAX(2 * s->block_capacity, made + n);
		s->blocks = up_realloc(s->blocks, s->block_capacity * sizeof(double *));
		s->chunks = up_realloc(s->chunks, s->block_capacity * sizeof(double *));
	}
	chunk = up_alloc_array(n * values, sizeof(double));
	for (size_t i = 0; i < n; i++)
		s->blocks[made + i] = chunk + i * values;
	s->chunks[s->n_chunks++] = chunk;
	s->n_made = made + n;
}

/* Makes space for row number n_rows: grows the first block, or adds one. */
static void
grow_capacity(UpSamples *s)
{
	size_t block = (size_t) (s->n_rows >> s->shift);

	UP_ASSERT(s->n_blocks <= s->block_capacity);
	UP_ASSERT(s->n_blocks == 0 || s->n_rows <= (uint64_t) s->n_blocks << s->shift);
	if (block == 0)
	{
		if (s->n_blocks == 1 && s->n_rows < s->first_capacity)
			return;
		s->first_capacity = UP_MIN(block_rows(s), s->n_blocks == 0 ? FIRST_ROWS : s->first_capacity * 2);
		if (s->n_blocks == 1)
			s->blocks[0] = up_realloc(s->blocks[0], s->first_capacity * row_bytes(s));
		else
		{
			s->blocks[0] = up_alloc(s->first_capacity * row_bytes(s));
			s->n_blocks = 1;
		}
		return;
	}
	if (block < s->n_blocks)
		return;
	if (s->n_blocks == UP_MAX(s->n_made, 1))
		make_blocks(s, UP_MIN(UP_MAX(s->n_blocks / CHUNK_SHARE, 1), MOST_BLOCKS));
	s->n_blocks++;
}

double *
up_samples_add(UpSamples *s)
{
	uint64_t in_block = s->n_rows & (block_rows(s) - 1);

	UP_ASSERT(s->n_rows < UINT64_MAX);
	if (in_block == 0 || s->n_rows < block_rows(s))
		grow_capacity(s);
	return up_samples_row(s, s->n_rows++);
}

void
up_samples_append(UpSamples *s, const UpSamples *other)
{
	uint64_t n = other->n_rows; /* s and other may be one */

	UP_ASSERT(s->n_columns == other->n_columns);
	for (uint64_t i = 0; i < n; i++)
	{
		double *row = up_samples_add(s);

		if (i % TICK_ROWS == 0)
			up_tick();
		memcpy(row, up_samples_row(other, i), row_bytes(s));
	}
}

UpSamples *
up_samples_reordered(const UpSamples *s, const size_t *order)
{
	UpSamples *to = up_samples_new(s->n_columns);

	for (uint64_t i = 0; i < s->n_rows; i++)
	{
		double *row = up_samples_add(to);

		if (i % TICK_ROWS == 0)
			up_tick();
		memcpy(row, up_samples_row(s, order[i]), row_bytes(s));
	}
	return to;
}

/* Where the blocks of rows that stand one after the other begin. */
static void
set_blocks(UpSamples *s, double *whole)
{
	s->n_blocks = s->n_made = s->block_capacity =
		UP_MAX((size_t) ((s->n_rows + block_rows(s) - 1) >> s->shift), 1);
	s->first_capacity = block_rows(s);
	s->whole = whole;
	s->blocks = up_alloc_array(s->n_blocks, sizeof(double *));
	for (size_t i = 0; i < s->n_blocks; i++)
		s->blocks[i] = whole + i * block_rows(s) * (row_bytes(s) / sizeof(double));
}

UpSamples *
up_samples_over(double *whole, uint64_t n_rows, uint32_t n_columns)
{
	UpSamples *s = up_samples_new(n_columns);

	up_free(s->blocks);
	up_free(s->chunks);
	s->chunks = NULL;
	s->n_rows = n_rows;
	set_blocks(s, whole);
	return s;
}

static void
free_blocks(UpSamples *s)
{
	if (s->whole == NULL && s->n_blocks > 0)
		up_free(s->blocks[0]);
	for (size_t i = 0; i < s->n_chunks; i++)
		up_free(s->chunks[i]);
	up_free(s->chunks);
	up_free(s->blocks);
	up_free_large(s->whole);
	s->chunks = NULL;
	s->n_chunks = 0;
}

void
up_samples_move(UpSamples *s)
{
	double *whole = up_alloc_large_array(UP_MAX(s->n_rows, 1), row_bytes(s));

	for (uint64_t i = 0; i < s->n_rows;)
	{
		size_t rows = (size_t) UP_MIN(block_rows(s), s->n_rows - i);

		up_tick();
		memcpy(whole + i * (row_bytes(s) / sizeof(double)), up_samples_row(s, i), rows * row_bytes(s));
		i += rows;
	}
	free_blocks(s);
	set_blocks(s, whole);
}

size_t
up_samples_bytes(const UpSamples *s)
{
	if (s->whole != NULL)
		return (size_t) s->n_rows * row_bytes(s);
	if (s->n_blocks <= 1)
		return s->first_capacity * row_bytes(s);
	return s->n_made * block_rows(s) * row_bytes(s);
}

void
up_samples_free(UpSamples *s)
{
	if (s == NULL)
		return;
	free_blocks(s);
	up_free(s);
}

void
up_put_samples(UpWriter *w, const UpSamples *s)
{
	up_put_u32(w, s->n_columns);
	up_put_u64(w, s->n_rows);
	for (uint64_t i = 0; i < s->n_rows;)
	{
		size_t rows = (size_t) UP_MIN(block_rows(s), s->n_rows - i);

		up_tick();
		up_put_f64_array_any(w, up_samples_row(s, i), rows * (s->n_columns + 1));
		i += rows;
	}
}

UpSamples *
up_get_samples(UpReader *r)
{
	uint32_t n_columns = up_get_u32(r);
	size_t width = (size_t) n_columns + 1;
	uint64_t n = up_get_count64(r, width * sizeof(double), "rows");
	UpSamples *s = up_samples_new(n_columns);

	for (uint64_t i = 0; i < n; i++)
	{
		double *row = up_samples_add(s);

		if (i % TICK_ROWS == 0)
			up_tick();
		for (size_t j = 0; j < width; j++)
			row[j] = up_get_f64_any(r);
	}
	return s;
}

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
	const double *x = up_samples_row(s, a), *y = up_samples_row(s, b);

	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t c = columns != NULL ? columns[i] : i;
		uint64_t u = value_bits(x[c]), v = value_bits(y[c]);

		if (u != v)
			return u < v ? -1 : 1;
	}
	return 0;
}

/* Rows that share a hash: nearly always equal, so an insertion sort that finds them in order. */
static void
sort_equal_hashes(const UpSamples *s, const uint32_t *columns, uint32_t n_columns, UpKeyed *rows, size_t n)
{
	for (size_t start = 0; start < n;)
	{
		size_t end = start + 1;

		while (end < n && rows[end].key == rows[start].key)
			end++;
		for (size_t i = start + 1; i < end; i++)
		{
			UpKeyed row = rows[i];
			size_t j = i;

			if (i % TICK_ROWS == 0)
				up_tick();
			while (j > start && compare_content(s, columns, n_columns, rows[j - 1].position, row.position) > 0)
			{
				rows[j] = rows[j - 1];
				j--;
			}
			rows[j] = row;
		}
		start = end;
	}
}

void
up_samples_canonical_order(const UpSamples *s, size_t *order)
{
	up_samples_order_by(s, NULL, s->n_columns + 1, order);
}

void
up_samples_order_by(const UpSamples *s, const uint32_t *columns, uint32_t n_columns, size_t *order)
{
	size_t n = (size_t) s->n_rows;
	double *packed = columns != NULL ? up_alloc_array(UP_MAX(n_columns, 1), sizeof(double)) : NULL;
	UpKeyed *rows;

	UP_ASSERT(n_columns <= s->n_columns + 1);
	if (n == 0)
		return;
	rows = up_alloc_array(n, sizeof(UpKeyed));
	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		const double *row = up_samples_row(s, i);

		for (uint32_t j = 0; packed != NULL && j < n_columns; j++)
			packed[j] = row[columns[j]];
		rows[i].key = row_hash(packed != NULL ? packed : row, n_columns);
		rows[i].position = i;
	}
	up_sort_keyed(rows, n);
	sort_equal_hashes(s, columns, n_columns, rows, n);
	for (size_t i = 0; i < n; i++)
		order[i] = (size_t) rows[i].position;
	up_free(rows);
	up_free(packed);
}
