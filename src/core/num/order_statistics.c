/*
 * order_statistics.c - selection; see order_statistics.h
 *
 * From between two values of a sample that most probably enclose what is looked for (Floyd, Rivest 1975), so that all values are only looked
 * at and few are moved; where they do not, by selection among all (Hoare 1961). O(n), a tenth of what sorting takes.
 */
#include "num/order_statistics.h"

#include <math.h>

#include "num/moments.h"

#define SAMPLE 1024 /* values, of at least … */
#define WORTH  8    /* … so many times as many */
#define BESIDE 64   /* places of the sample to both sides: four standard deviations */
#define BLOCK  262144

/* The k-th smallest of v (median of three); reorders v, so that smaller ones are before and larger ones behind it. */
static double
select_kth(double *v, size_t n, size_t k)
{
	size_t low = 0, high = n - 1, work = 0;

	while (low < high)
	{
		double a = v[low], b = v[low + (high - low) / 2], c = v[high];
		double pivot = UP_MAX(UP_MIN(a, b), UP_MIN(UP_MAX(a, b), c));
		size_t i = low, j = high;

		up_tick_work(&work, high - low);
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

/* Two values that enclose the one at a share of all, as a sample of the known ones says; NaN: it says nothing. */
static void
enclose(const double *v, size_t n, double share, double *low, double *high)
{
	double sample[SAMPLE];
	size_t m = 0, at;

	for (size_t i = 0; i < SAMPLE; i++)
	{
		double x = v[i * (n / SAMPLE)];

		if (!isnan(x))
			sample[m++] = x;
	}
	if (m < SAMPLE / 2)
		return;
	at = (size_t) (share * (double) m);
	*low = at < BESIDE ? -INFINITY : select_kth(sample, m, at - BESIDE);
	*high = at + BESIDE >= m ? INFINITY : select_kth(sample, m, at + BESIDE);
}

static void
select_two(double *v, size_t n, size_t k, double found[2])
{
	found[0] = found[1] = select_kth(v, n, k);
	if (k + 1 == n)
		return;
	found[1] = v[k + 1];
	for (size_t i = k + 2; i < n; i++)
		found[1] = UP_MIN(found[1], v[i]);
}

void
up_select(const double *v, size_t n, size_t known, size_t k, double *space, double found[2])
{
	size_t below = 0, inside = 0;
	double low = NAN, high = NAN;

	UP_ASSERT(k < known && known <= n);
	if (n >= WORTH * SAMPLE)
		enclose(v, n, (double) k / (double) known, &low, &high);
	for (size_t first = 0; first < n && low <= high; first += BLOCK)
	{
		size_t end = UP_MIN(first + BLOCK, n);

		up_tick();
		/* NaN is neither below nor inside. */
		for (size_t i = first; i < end; i++)
		{
			space[inside] = v[i];
			inside += (v[i] >= low) & (v[i] <= high);
			below += v[i] < low;
		}
	}
	if (k >= below && (k + 1 < below + inside || (k + 1 == known && k < below + inside)))
		select_two(space, inside, k - below, found);
	else
		select_two(space, up_known_values(v, n, space), k, found);
}

double
up_quantile(const double *v, size_t n, double share, double *space)
{
	double at = share * (double) (n - 1), two[2];
	size_t below = UP_MIN((size_t) at, n - 1);

	UP_ASSERT(n > 0 && share >= 0 && share <= 1);
	up_select(v, n, n, below, space, two);
	return up_between(two[0], two[1], at - (double) below) + 0.0;
}

size_t
up_known_values(const double *v, size_t n, double *out)
{
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (!isnan(v[i]))
			out[known++] = v[i];
	}
	return known;
}
