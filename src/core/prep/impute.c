/*
 * impute.c - median and mode of known values; see impute.h
 *
 * The median by selection, O(n); the mode by sorting.
 */
#include "prep/impute.h"

#include "num/sort.h"

#include <stdlib.h>

/* The k-th smallest of v (Hoare's selection, median of three); reorders v. */
static double
select_kth(double *v, size_t n, size_t k)
{
	size_t low = 0, high = n - 1;

	while (low < high)
	{
		double a = v[low], b = v[low + (high - low) / 2], c = v[high];
		double pivot = UP_MAX(UP_MIN(a, b), UP_MIN(UP_MAX(a, b), c));
		size_t i = low, j = high;

		up_tick();
		while (i <= j)
		{
			while (v[i] < pivot)
				i++;
			while (v[j] > pivot)
				j--;
			if (i > j)
				break;
			double t = v[i];

			v[i++] = v[j];
			v[j] = t;
			if (j == 0)
				break;
			j--;
		}
		if (k <= j && j < i)
			high = j;
		else if (k >= i)
			low = i;
		else
			break;
	}
	return v[k];
}

double
up_impute_median(double *v, size_t n)
{
	double upper = select_kth(v, n, n / 2);
	double lower = upper;

	if (n % 2 == 0)
	{
		lower = v[0];
		for (size_t i = 1; i < n / 2; i++)
			lower = UP_MAX(lower, v[i]);
	}
	return lower + (upper - lower) / 2;
}

double
up_impute_most_frequent(double *v, size_t n)
{
	size_t most = 0;
	double best = v[0];

	up_sort_doubles(v, n, NULL);
	for (size_t first = 0, next; first < n; first = next)
	{
		for (next = first + 1; next < n && v[next] == v[first]; next++)
			;
		if (next - first > most)
		{
			most = next - first;
			best = v[first] + 0.0;
		}
	}
	return best;
}
