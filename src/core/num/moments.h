/*
 * moments.h - sums, mean and variance of an array, around its first value
 */
#ifndef UPROFILE_MOMENTS_H
#define UPROFILE_MOMENTS_H

#include <math.h>

#include "base/platform.h"

/* The sum of v - shift, or of its squares, by 8 sums in a fixed order. */
extern double up_shifted_sum(const double *v, size_t n, double shift, bool squared);
/* Variance (ddof 0) of n > 0 values, by two passes; the mean is v[0] + *mean. */
extern double up_moments(const double *v, size_t n, double *mean);
/* Between two values, which may differ by more than a number holds; part: 0 … 1 of the way. */
static inline double
up_between(double low, double high, double part)
{
	double way = high - low;

	if (!isfinite(way))
		return part == 0 || low == high ? low : (1 - part) * low + part * high;
	return part < 0.5 ? low + part * way : high - (1 - part) * way;
}

/* Halfway between, also where their distance is beyond double precision. */
static inline double
up_midpoint(double low, double high)
{
	return isfinite(high - low) ? low + (high - low) / 2 : low / 2 + high / 2;
}

/* The value at a share 0 … 1 of n > 0 sorted ones, interpolated linearly between neighbours. */
extern double up_sorted_quantile(const double *sorted, size_t n, double share);

/* Of n > 0 values whose sum is beyond double precision. */
extern double up_far_mean(const double *v, size_t n);

/* Of n > 0 values. */
static inline double
up_mean(const double *v, size_t n)
{
	double mean = v[0] + up_shifted_sum(v, n, v[0], false) / (double) n;

	return isfinite(mean) ? mean : up_far_mean(v, n);
}

#endif
