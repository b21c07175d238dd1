/*
 * order.c - an LSD radix sort of the bits of doubles, 11 bits a pass; see order.h
 *
 * Digits that are the same everywhere are passed over. Scratch: 32 bytes a value.
 */
#include "num/order.h"

#include <math.h>
#include <string.h>

#define DIGIT_BITS 11
#define DIGITS     6
#define BUCKETS    (1 << DIGIT_BITS)
#define TICK_ROWS  262144

typedef struct Keyed
{
	uint64_t key;
	uint32_t at;
} Keyed;

/* Sorts as the value does; NaN last, one zero. */
static uint64_t
sortable(double v)
{
	uint64_t bits;

	if (isnan(v))
		return UINT64_MAX;
	v += 0.0;
	memcpy(&bits, &v, sizeof(bits));
	return bits ^ ((uint64_t) ((int64_t) bits >> 63) | UINT64_C(1) << 63);
}

/* One pass; false: all values have the same digit. */
static bool
sort_digit(const Keyed *from, Keyed *to, size_t n, int shift, size_t *places)
{
	size_t place = 0;

	memset(places, 0, BUCKETS * sizeof(size_t));
	for (size_t i = 0; i < n; i++)
		places[from[i].key >> shift & (BUCKETS - 1)]++;
	if (places[from[0].key >> shift & (BUCKETS - 1)] == n)
		return false;
	for (int b = 0; b < BUCKETS; b++)
	{
		size_t count = places[b];

		places[b] = place;
		place += count;
	}
	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		to[places[from[i].key >> shift & (BUCKETS - 1)]++] = from[i];
	}
	return true;
}

size_t
up_order_doubles(const double *v, size_t n, uint32_t *order)
{
	Keyed *from, *to;
	size_t *places, known = 0;

	if (n >= UINT32_MAX)
		up_fail(UP_LIMIT, "%zu rows are too many to be sorted", n);
	if (n == 0)
		return 0;
	from = up_alloc_array(n, sizeof(Keyed));
	to = up_alloc_array(n, sizeof(Keyed));
	places = up_alloc_array(BUCKETS, sizeof(size_t));
	for (size_t i = 0; i < n; i++)
	{
		from[i] = (Keyed){sortable(v[i]), (uint32_t) i};
		known += !isnan(v[i]);
	}
	for (int digit = 0; digit < DIGITS; digit++)
	{
		up_tick();
		if (sort_digit(from, to, n, digit * DIGIT_BITS, places))
		{
			Keyed *t = from;

			from = to;
			to = t;
		}
	}
	for (size_t i = 0; i < n; i++)
		order[i] = from[i].at;
	up_free(from);
	up_free(to);
	up_free(places);
	return known;
}
