/*
 * samples_order.c - rows in canonical order; see samples.h
 *
 * Cost: one hash a row, then a radix sort of (hash, position) pairs; content is compared only between rows of equal hash.
 */
#include "num/samples.h"

#include "base/rng.h"
#include "num/sort.h"

#include <math.h>
#include <string.h>

#define TICK_ROWS 16384

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
	double *space = up_samples_space(s),
		   *picked = columns != NULL ? up_alloc_array(UP_MAX(n_columns, 1), sizeof(double)) : NULL;
	UpKeyed *rows;

	UP_ASSERT(n_columns <= s->n_columns + 1);
	if (n == 0)
		return;
	rows = up_alloc_array(n, sizeof(UpKeyed));
	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		const double *row = up_samples_read(s, i, space);

		for (uint32_t j = 0; picked != NULL && j < n_columns; j++)
			picked[j] = row[columns[j]];
		rows[i].key = row_hash(picked != NULL ? picked : row, n_columns);
		rows[i].position = i;
	}
	up_sort_keyed(rows, n);
	sort_equal_hashes(s, columns, n_columns, rows, n);
	for (size_t i = 0; i < n; i++)
		order[i] = (size_t) rows[i].position;
	up_free(rows);
	up_free(picked);
	up_free(space);
}
