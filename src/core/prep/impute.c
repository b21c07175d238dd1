/*
 * impute.c - median and mode of known values; see impute.h
 *
 * The median from between two values of a sample that most probably enclose it (Floyd, Rivest 1975), so that all values are only looked at
 * and few are moved; where they do not, by selection among all. O(n) both. The mode by sorting.
 */
#include "prep/impute.h"

#include "num/sort.h"

#include <math.h>
#include <stdlib.h>

#define SAMPLE 1024 /* values, of at least … */
#define WORTH  8    /* … so many times as many */
#define BESIDE 64   /* places of the sample from the middle: four standard deviations */

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

/* The mean of the middle ones of n values, of which the upper one is the k-th smallest; reorders v. */
static double
middle_of(double *v, size_t n, size_t k, bool two)
{
	double upper = select_kth(v, n, k), lower = upper;

	if (two)
	{
		lower = v[0];
		for (size_t i = 1; i < k; i++)
			lower = UP_MAX(lower, v[i]);
	}
	return lower + (upper - lower) / 2;
}

/* Two values that enclose the median, as a sample of the known ones says. */
static void
enclose(const double *v, size_t n, double *low, double *high)
{
	double sample[SAMPLE];
	size_t m = 0;

	for (size_t i = 0; i < SAMPLE; i++)
	{
		double x = v[i * (n / SAMPLE)];

		if (!isnan(x))
			sample[m++] = x;
	}
	if (m < SAMPLE / 2)
	{
		*low = *high = NAN;
		return;
	}
	*low = select_kth(sample, m, m / 2 - BESIDE);
	*high = select_kth(sample, m, m / 2 + BESIDE);
}

double
up_impute_median(const double *v, size_t n, size_t known, double *space)
{
	bool two = known % 2 == 0;
	size_t middle = known / 2, below = 0, inside = 0;
	double low = NAN, high = NAN;

	if (n >= WORTH * SAMPLE)
		enclose(v, n, &low, &high);
	/* NaN is neither below nor inside. */
	for (size_t i = 0; i < n && low < high; i++)
	{
		space[inside] = v[i];
		inside += (v[i] >= low) & (v[i] <= high);
		below += v[i] < low;
	}
	if (middle >= below + two && middle < below + inside)
		return middle_of(space, inside, middle - below, two);
	return middle_of(space, up_impute_known(v, n, space), middle, two);
}

size_t
up_impute_known(const double *v, size_t n, double *out)
{
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (!isnan(v[i]))
			out[known++] = v[i];
	}
	return known;
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
