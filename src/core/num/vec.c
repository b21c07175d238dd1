/*
 * vec.c - vector kernels over contiguous arrays
 *
 * Plain loops over one or two arrays of n doubles, O(n) each. A reduction keeps 8 partial sums, element i in sum
 * i mod 8, and adds them in pairs at the end: the order is fixed by this source and not by the compiler's choice of
 * vector width, and the error grows with n / 8. The scalar functions are written so that no intermediate result
 * overflows: Blanchard, Higham, Higham 2021 (log-sum-exp and softmax), Maechler 2012 (log1pexp).
 */
#include "num/vec.h"

#include <math.h>
#include <string.h>

#define LANES 8

static inline double
lanes_sum(const double s[LANES])
{
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]));
}

double
up_vec_dot(const double *a, const double *b, size_t n)
{
	double s[LANES] = {0};
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		for (int j = 0; j < LANES; j++)
			s[j] += a[i + j] * b[i + j];
	for (int j = 0; i + j < n; j++)
		s[j] += a[i + j] * b[i + j];
	return lanes_sum(s);
}

double
up_vec_sqdist(const double *a, const double *b, size_t n)
{
	double s[LANES] = {0};
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		for (int j = 0; j < LANES; j++)
		{
			double t = a[i + j] - b[i + j];

			s[j] += t * t;
		}
	for (int j = 0; i + j < n; j++)
	{
		double t = a[i + j] - b[i + j];

		s[j] += t * t;
	}
	return lanes_sum(s);
}

double
up_vec_sum(const double *a, size_t n)
{
	double s[LANES] = {0};
	size_t i = 0;

	for (; i + LANES <= n; i += LANES)
		for (int j = 0; j < LANES; j++)
			s[j] += a[i + j];
	for (int j = 0; i + j < n; j++)
		s[j] += a[i + j];
	return lanes_sum(s);
}

void
up_vec_axpy(double *UP_RESTRICT y, double alpha, const double *UP_RESTRICT x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		y[i] += alpha * x[i];
}

void
up_vec_axpy4(double *UP_RESTRICT y, const double alpha[4], const double *const x[4], size_t n)
{
	const double *x0 = x[0], *x1 = x[1], *x2 = x[2], *x3 = x[3];
	double a0 = alpha[0], a1 = alpha[1], a2 = alpha[2], a3 = alpha[3];

	for (size_t i = 0; i < n; i++)
		y[i] = (((y[i] + a0 * x0[i]) + a1 * x1[i]) + a2 * x2[i]) + a3 * x3[i];
}

void
up_vec_scale(double *x, double alpha, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] *= alpha;
}

/* The exponent of what is not finite has all bits set, and one more makes it run over into the sign: no chain, as of sums, no branch. */
bool
up_vec_is_finite(const double *x, size_t n)
{
	const uint64_t sign = (uint64_t) 1 << 63, lowest_of_exponent = (uint64_t) 1 << 52;
	uint64_t over = 0;

	for (size_t i = 0; i < n; i++)
	{
		uint64_t bits;

		memcpy(&bits, &x[i], sizeof(bits));
		over |= (bits & ~sign) + lowest_of_exponent;
	}
	return (over & sign) == 0;
}

double
up_vec_softmax(double *p, size_t n)
{
	double max, sum;

	if (n == 0)
		return -INFINITY;
	max = p[0];
	for (size_t i = 1; i < n; i++)
		max = UP_MAX(max, p[i]);
	for (size_t i = 0; i < n; i++)
		p[i] = exp(p[i] - max);
	/* At least 1: the largest term is exp(0). */
	sum = up_vec_sum(p, n);
	for (size_t i = 0; i < n; i++)
		p[i] /= sum;
	return max + log(sum);
}

double
up_sigmoid(double z)
{
	double e;

	/* The exponent is never positive, so exp cannot overflow and 1 + e loses nothing that matters. */
	if (z >= 0)
		return 1.0 / (1.0 + exp(-z));
	e = exp(z);
	return e / (1.0 + e);
}

double
up_log1pexp(double z)
{
	return z > 0 ? z + log1p(exp(-z)) : log1p(exp(z));
}

void
up_vec_to_shares(double *v, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += v[i];
	for (size_t i = 0; sum > 0 && i < n; i++)
		v[i] /= sum;
}
