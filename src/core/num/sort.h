/*
 * sort.h - sorting many numbers, and positions by them
 */
#ifndef UPROFILE_SORT_H
#define UPROFILE_SORT_H

#include "base/platform.h"

/* Sorts n values, none of them NaN, ascending (-0 before 0); scratch: for n more, or NULL. */
extern void up_sort_doubles(double *v, size_t n, double *scratch);
/* For qsort and bsearch; none of them NaN. */
extern int up_compare_doubles(const void *a, const void *b);

/* The first place of a sorted array whose value is not below v; n: there is none. */
static inline size_t
up_lower_bound(const double *sorted, size_t n, double v)
{
	size_t low = 0, high = n;

	while (low < high)
	{
		size_t mid = low + (high - low) / 2;

		if (sorted[mid] < v)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Sorts by key, equal ones in their order, in O(n). */
typedef struct UpKeyed
{
	uint64_t key;
	uint64_t position;
} UpKeyed;
extern void up_sort_keyed(UpKeyed *items, size_t n);
/* The same of keys alone. */
extern void up_sort_words(uint64_t *keys, size_t n);

/*
 * order[0 … known - 1]: positions of the values that are not NaN, by ascending value, equal ones (and both zeros) by
 * position; after them those of the NaNs. Returns known. n < 2^32. Cost O(n); scratch: 32 bytes a value.
 */
extern size_t up_order_doubles(const double *v, size_t n, uint32_t *order);
/* Ranks from 1 on of the values that are not NaN, equal ones (and both zeros) sharing their mean, by position; of others NaN. Cost as above. */
extern void up_rank_doubles(const double *v, size_t n, double *ranks);

/* Positions by descending value, equal ones (and both zeros) in their order, NaNs last. */
extern uint32_t *up_order_descending(const double *v, uint32_t n);

/* qsort that ticks, and keeps equal items in their order. */
extern void up_sort(void *items, size_t n, size_t size, int (*compare)(const void *, const void *));

#endif
