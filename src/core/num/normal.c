/*
 * normal.c - the normal distribution and its inverse; see normal.h
 *
 * The inverse starts from the rational approximation 26.2.23 of Abramowitz and Stegun (1964; error below 4.5e-4) and is
 * refined by three steps of Halley's method on the share of the nearer tail, which the C library's erfc gives in full.
 */
#include "num/normal.h"

#include <math.h>

#define SQRT_HALF   0.70710678118654752440
#define SQRT_TWO_PI 2.50662827463100050242

double
up_normal_cdf(double x)
{
	return 0.5 * erfc(-x * SQRT_HALF);
}

double
up_normal_tail(double x)
{
	return 0.5 * erfc(x * SQRT_HALF);
}

double
up_normal_quantile(double p)
{
	double tail = p < 0.5 ? p : 1 - p, t, x;

	if (!(p > 0))
		return -INFINITY;
	if (!(p < 1))
		return INFINITY;
	t = sqrt(-2 * log(tail));
	/* The value below which the tail lies, so x <= 0. */
	x = (2.515517 + t * (0.802853 + t * 0.010328)) / (1 + t * (1.432788 + t * (0.189269 + t * 0.001308))) - t;
	for (int i = 0; i < 3; i++)
	{
		double step = (up_normal_cdf(x) - tail) * SQRT_TWO_PI * exp(x * x / 2);

		x -= step / (1 + x * step / 2);
	}
	return p < 0.5 ? x : -x;
}
