/*
 * moments.c - sums around a value near the mean, so that values around 1e9 keep their digits; see moments.h
 */
#include "num/moments.h"

#define TICK_VALUES 65536

double
up_shifted_sum(const double *v, size_t n, double shift, bool squared)
{
	double sum[8] = {0};
	size_t i = 0;

	for (; i + 8 <= n; i += 8)
	{
		if (i % TICK_VALUES == 0)
			up_tick();
		for (int j = 0; j < 8; j++)
		{
			double d = v[i + j] - shift;

			sum[j] += squared ? d * d : d;
		}
	}
	for (; i < n; i++)
	{
		double d = v[i] - shift;

		sum[0] += squared ? d * d : d;
	}
	return ((sum[0] + sum[1]) + (sum[2] + sum[3])) + ((sum[4] + sum[5]) + (sum[6] + sum[7]));
}

double
up_moments(const double *v, size_t n, double *mean)
{
	double m = up_shifted_sum(v, n, v[0], false) / (double) n;
	double around = up_shifted_sum(v, n, v[0] + m, false) / (double) n;
	double squares = up_shifted_sum(v, n, v[0] + m, true) / (double) n;

	UP_ASSERT(n > 0);
	*mean = m + around;
	return squares - around * around;
}

double
up_far_mean(const double *v, size_t n)
{
	double mean = 0;

	for (size_t i = 0; i < n; i++)
		mean += v[i] / (double) n;
	return mean;
}

double
up_sorted_quantile(const double *sorted, size_t n, double share)
{
	double at = share * (double) (n - 1);
	size_t below = (size_t) at;
	double part = at - (double) below;

	UP_ASSERT(n > 0 && share >= 0 && share <= 1);
	if (below + 1 >= n)
		return sorted[n - 1];
	return up_between(sorted[below], sorted[below + 1], part);
}
