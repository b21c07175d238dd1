/*
 * sort.c - radix sort by the bits of numbers, merge sort of anything; see sort.h
 *
 * A double's bits sort as an unsigned number once the sign bit is flipped, and all bits of negative ones. Six digits of 11
 * bits, lowest first; a digit that all values share is passed over, and so is the lower half where the upper one leaves nearly nothing
 * to be put in order. Cost: O(n), about ten times as fast as comparing.
 *
 * Anything else: runs sorted by insertion, then merged two by two. The C library's qsort can neither be cancelled nor left by a
 * long jump, as it may hold memory.
 */
#include "num/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define DIGIT_BITS 11
#define DIGITS     6
#define UPPER      3 /* digits from this one on are sorted by first */
#define VALUES     (1 << DIGIT_BITS)
#define FEW        512
#define FEW_KEYED  64
#define RUN        16
#define TICK_ROWS  262144

/* The bits of numbers, in the place of the numbers. */
typedef uint64_t __attribute__((may_alias)) Word;

int
up_compare_doubles(const void *a, const void *b)
{
	double x = *(const double *) a, y = *(const double *) b;

	return x < y ? -1 : x > y;
}

static inline uint64_t
to_key(uint64_t bits)
{
	return bits ^ ((uint64_t) - (int64_t) (bits >> 63) | UINT64_C(0x8000000000000000));
}

static inline uint64_t
from_key(uint64_t key)
{
	return key ^ (((key >> 63) - 1) | UINT64_C(0x8000000000000000));
}

/* Sorts by one digit, of which there are so many each. */
static inline __attribute__((always_inline)) void
sort_by_digit(const Word *from, Word *to, size_t n, size_t words, int digit, const size_t *counts)
{
	size_t place[VALUES], at = 0;

	for (int k = 0; k < VALUES; k++)
	{
		place[k] = at;
		at += counts[k];
	}
	for (size_t i = 0; i < n; i++)
	{
		size_t here = place[(from[i * words] >> (digit * DIGIT_BITS)) & (VALUES - 1)]++;

		if (i % TICK_ROWS == 0)
			up_tick();
		for (size_t w = 0; w < words; w++)
			to[here * words + w] = from[i * words + w];
	}
}

/* Sorts what is nearly sorted; false: it is not, and stands in any order, equal items in theirs. */
static inline __attribute__((always_inline)) bool
settle(Word *items, size_t n, size_t words)
{
	size_t moves = 0;

	for (size_t i = 1; i < n; i++)
	{
		Word item[2];
		size_t at = i;

		if (i % TICK_ROWS == 0)
			up_tick();
		if (!(items[i * words] < items[(i - 1) * words]))
			continue;
		memcpy(item, items + i * words, words * sizeof(Word));
		while (at > 0 && item[0] < items[(at - 1) * words] && moves++ < n)
		{
			memcpy(items + at * words, items + (at - 1) * words, words * sizeof(Word));
			at--;
		}
		memcpy(items + at * words, item, words * sizeof(Word));
		if (moves >= n)
			return false;
	}
	return true;
}

/*
 * Sorts n items of so many words (1 or 2) by their first one, equal ones in their order; returns where they are then: in from or in to.
 * The upper digits come first: hashes, and numbers that are spread, hardly differ in the lower ones alone, and are settled then.
 * Written out for each number of words.
 */
static inline __attribute__((always_inline)) Word *
radix_sort(Word *from, Word *to, size_t n, size_t words)
{
	size_t(*count)[VALUES] = up_alloc0(sizeof(size_t[DIGITS][VALUES]));
	bool sorted = false;

	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		for (int d = 0; d < DIGITS; d++)
			count[d][(from[i * words] >> (d * DIGIT_BITS)) & (VALUES - 1)]++;
	}
	for (int first = UPPER; !sorted && first >= 0; first -= UPPER)
	{
		for (int d = first; d < DIGITS; d++)
		{
			Word *swap;

			up_tick();
			if (count[d][(from[0] >> (d * DIGIT_BITS)) & (VALUES - 1)] == n)
				continue;
			sort_by_digit(from, to, n, words, d, count[d]);
			swap = from;
			from = to;
			to = swap;
		}
		sorted = first == 0 || settle(from, n, words);
	}
	up_free(count);
	return from;
}

void
up_sort_doubles(double *v, size_t n, double *scratch)
{
	Word *words = (Word *) (void *) v, *sorted;
	double *own = NULL;

	/* Of none there may be no array. */
	if (n < 2)
		return;
	if (n < FEW)
	{
		qsort(v, n, sizeof(double), up_compare_doubles);
		return;
	}
	if (scratch == NULL)
		scratch = own = up_alloc_array(n, sizeof(double));
	for (size_t i = 0; i < n; i++)
		words[i] = to_key(words[i]);
	sorted = radix_sort(words, (Word *) (void *) scratch, n, 1);
	for (size_t i = 0; i < n; i++)
		words[i] = from_key(sorted[i]);
	up_free(own);
}

/* Measured: below some 60 this is sooner done than the digits are counted. */
static void
insert_keyed(UpKeyed *items, size_t n)
{
	for (size_t i = 1; i < n; i++)
	{
		UpKeyed moved = items[i];
		size_t j = i;

		for (; j > 0 && items[j - 1].key > moved.key; j--)
			items[j] = items[j - 1];
		items[j] = moved;
	}
}

void
up_sort_keyed(UpKeyed *items, size_t n)
{
	UpKeyed *scratch, *sorted;

	if (n < FEW_KEYED)
	{
		insert_keyed(items, n);
		return;
	}
	scratch = up_alloc_array(n, sizeof(UpKeyed));
	sorted = (UpKeyed *) (void *) radix_sort((Word *) (void *) items, (Word *) (void *) scratch, n,
											 sizeof(UpKeyed) / sizeof(Word));
	if (sorted != items)
		memcpy(items, sorted, n * sizeof(UpKeyed));
	up_free(scratch);
}

void
up_sort_words(uint64_t *keys, size_t n)
{
	Word *scratch, *sorted;

	for (size_t i = 1; n < FEW_KEYED && i < n; i++)
	{
		uint64_t moved = keys[i];
		size_t j = i;

		for (; j > 0 && keys[j - 1] > moved; j--)
			keys[j] = keys[j - 1];
		keys[j] = moved;
	}
	if (n < FEW_KEYED)
		return;
	scratch = up_alloc_array(n, sizeof(Word));
	sorted = radix_sort(keys, scratch, n, 1);
	if (sorted != keys)
		memcpy(keys, sorted, n * sizeof(Word));
	up_free(scratch);
}

/* Sorts as the value does; NaN last, one zero. */
static uint64_t
sortable(double v)
{
	uint64_t bits;

	if (isnan(v))
		return UINT64_MAX;
	v += 0.0;
	memcpy(&bits, &v, sizeof(bits));
	return to_key(bits);
}

/* By value, each with its position; *known: that are not NaN. */
static UpKeyed *
sorted_items(const double *v, size_t n, size_t *known)
{
	UpKeyed *items;

	if (n >= UINT32_MAX)
		up_fail(UP_LIMIT, "%zu rows are too many to be sorted", n);
	items = up_alloc_array(UP_MAX(n, 1), sizeof(UpKeyed));
	*known = 0;
	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		items[i] = (UpKeyed){sortable(v[i]), i};
		*known += !isnan(v[i]);
	}
	up_sort_keyed(items, n);
	return items;
}

size_t
up_order_doubles(const double *v, size_t n, uint32_t *order)
{
	size_t known;
	UpKeyed *items = sorted_items(v, n, &known);

	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t) items[i].position;
	up_free(items);
	return known;
}

void
up_rank_doubles(const double *v, size_t n, double *ranks)
{
	size_t known;
	UpKeyed *items = sorted_items(v, n, &known);

	/* The keys are at hand, where the values would have to be fetched from all over. */
	for (size_t first = 0, next, told = 0; first < n; first = next)
	{
		for (next = first + 1; next < n && items[next].key == items[first].key; next++)
			;
		for (size_t i = first; i < next; i++)
			ranks[items[i].position] = first < known ? (double) (first + next + 1) / 2 : NAN;
		if (next - told >= TICK_ROWS)
		{
			up_tick();
			told = next;
		}
	}
	up_free(items);
}

uint32_t *
up_order_descending(const double *v, uint32_t n)
{
	double *down = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	uint32_t *order = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));

	for (uint32_t i = 0; i < n; i++)
		down[i] = -v[i];
	up_order_doubles(down, n, order);
	up_free(down);
	return order;
}

typedef int (*Compare)(const void *, const void *);

static void
insert_sort(char *v, size_t n, size_t size, Compare compare, char *item)
{
	for (size_t i = 1; i < n; i++)
	{
		size_t at = i;

		while (at > 0 && compare(v + (at - 1) * size, v + i * size) > 0)
			at--;
		if (at == i)
			continue;
		memcpy(item, v + i * size, size);
		memmove(v + (at + 1) * size, v + at * size, (i - at) * size);
		memcpy(v + at * size, item, size);
	}
}

void
up_sort(void *items, size_t n, size_t size, Compare compare)
{
	char *from = items, *to, *scratch;
	size_t work = 0;

	if (n < 2)
		return;
	scratch = to = up_alloc_array(n, size);
	for (size_t first = 0; first < n; first += RUN)
	{
		up_tick_work(&work, RUN * RUN);
		insert_sort(from + first * size, UP_MIN(RUN, n - first), size, compare, scratch);
	}
	for (size_t run = RUN; run < n; run *= 2)
	{
		char *swap = from;

		for (size_t first = 0; first < n; first += 2 * run)
		{
			size_t a = first, b = UP_MIN(first + run, n), end_a = b, end_b = UP_MIN(first + 2 * run, n);

			for (size_t k = first; k < end_b; k++)
			{
				bool second = a == end_a || (b < end_b && compare(from + a * size, from + b * size) > 0);

				/* A comparison may be of texts, and misses the cache. */
				up_tick_work(&work, 16);
				memcpy(to + k * size, from + (second ? b++ : a++) * size, size);
			}
		}
		from = to;
		to = swap;
	}
	if (from != (char *) items)
		memcpy(items, from, n * size);
	up_free(scratch);
}
