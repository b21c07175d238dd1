/*
 * impute.c - median and mode of known values; see impute.h
 */
#include "prep/impute.h"

#include "num/moments.h"
#include "num/order_statistics.h"
#include "num/sort.h"

double
up_impute_median(const double *v, size_t n, size_t known, double *space)
{
	bool two = known % 2 == 0;
	double middle[2];

	up_select(v, n, known, (known - 1) / 2, space, middle);
	return up_midpoint(middle[0], middle[two]);
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
