/*
 * distributions.c - incomplete beta and gamma functions, and the tails that they give; see distributions.h
 *
 * Continued fractions by Lentz's method (DLMF 8.17.22 for beta, 8.9.2 for gamma) where they converge fast, else the
 * reflection or the power series (DLMF 8.7.1). The leading factors x^a y^b / B(a, b) and x^a e^-x / G(a) would lose all
 * digits as differences of log gammas when a is large; they are written with Stirling's remainder and the deviance
 * k log(k / m) + m - k instead, as C. Loader does for the binomial (Fast and accurate computation of binomial
 * probabilities, 2000). Where I_x would be near 0 it is never found as 1 - (something near 1): x and 1 - x are both given.
 *
 * Relative error below 1e-12 for parameters up to millions. Cost: about sqrt(a) steps near the mean, tens elsewhere.
 */
#include "num/distributions.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#define STEPS       1000000
#define TINY        1e-300
#define LOG_TWO_PI  1.83787706640934548356
#define STIRLING_AT 10

/* log gamma(a) - ((a - 1/2) log a - a + log(2 pi) / 2) */
static double
stirling_remainder(double a)
{
	double y = 1 / (a * a);

	if (a < STIRLING_AT)
		return lgamma(a) - ((a - 0.5) * log(a) - a + LOG_TWO_PI / 2);
	return (1.0 / 12 -
			y * (1.0 / 360 -
				 y * (1.0 / 1260 - y * (1.0 / 1680 - y * (1.0 / 1188 - y * (691.0 / 360360 - y / 156)))))) /
		   a;
}

/* k log(k / m) + m - k, also where k is near m: with v = (k - m) / (k + m), log(k / m) = 2 (v + v^3 / 3 + …). */
static double
deviance(double k, double m)
{
	double difference = k - m, v, sum, term;

	if (!(fabs(difference) < 0.1 * (k + m)))
		return k * log(k / m) + m - k;
	v = difference / (k + m);
	sum = difference * v;
	term = 2 * k * v;
	for (int i = 3; i < 200; i += 2)
	{
		double before = sum;

		term *= v * v;
		sum += term / i;
		if (sum == before)
			break;
	}
	return sum;
}

/* x^a y^b / B(a, b), y = 1 - x. */
static double
beta_factor(double a, double b, double x, double y)
{
	double n = a + b;

	return sqrt(a / n * b) * exp(stirling_remainder(n) - stirling_remainder(a) - stirling_remainder(b) -
								 deviance(a, n * x) - deviance(b, n * y) - LOG_TWO_PI / 2);
}

/* A step of a continued fraction b_0 + a_1 / (b_1 + …) by Lentz's method (1976): what its value is multiplied by. */
static double
next_factor(double b, double a, double *c, double *d)
{
	*d = b + a * *d;
	*c = b + a / *c;
	*d = 1 / (fabs(*d) < TINY ? TINY : *d);
	*c = fabs(*c) < TINY ? TINY : *c;
	return *c * *d;
}

/*
 * 1 / (1 + d_1 / (1 + d_2 / (1 + …))) of DLMF 8.17.22, contracted to its even part 1 / (b_0 + a_1 / (b_1 + …)) with
 * b_m = 1 + d_2m + d_2m+1 and a_m = - d_2m-1 d_2m. Where a is large and x near 1, 1 + d_2m+1 would lose most of its digits;
 * over its denominator it is a (1 + 2 m - b) + m (3 m + 2 - b) + (a + m) (a + b + m) y.
 */
static double
beta_fraction(double a, double b, double x, double y)
{
	bool small = x < 0.5;
	double last = -(a + b) * x / (a + 1), value = small ? 1 + last : (1 - b + (a + b) * y) / (a + 1), c, d = 0;

	value = fabs(value) < TINY ? TINY : value;
	c = value;
	for (int step = 1; step < STEPS; step++)
	{
		double m = step, below = (a + 2 * m) * (a + 2 * m + 1), whole, part, change;
		double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
		double odd = -(a + m) * (a + b + m) * x / below;

		whole =
			small ? 1 + odd : (a * (1 + 2 * m - b) + m * (3 * m + 2 - b) + (a + m) * (a + b + m) * y) / below;
		whole += even;
		part = -last * even;
		last = odd;
		change = next_factor(whole, part, &c, &d);
		value *= change;
		if (fabs(change - 1) <= DBL_EPSILON)
			break;
	}
	return 1 / value;
}

/* I_x(a, b) of x and y = 1 - x, each as exact as the caller has it. */
static double
beta_share(double a, double b, double x, double y)
{
	if (!(x > 0))
		return 0;
	if (!(y > 0))
		return 1;
	if (x < (a + 1) / (a + b + 2))
		return beta_factor(a, b, x, y) * beta_fraction(a, b, x, y) / a;
	return 1 - beta_factor(b, a, y, x) * beta_fraction(b, a, y, x) / b;
}

double
up_beta_share(double a, double b, double x)
{
	if (isnan(x) || !(a > 0) || !(b > 0))
		return NAN;
	return x <= 0 ? 0 : x >= 1 ? 1 : beta_share(a, b, x, 1 - x);
}

double
up_gamma_tail(double a, double x)
{
	double factor;

	if (!(a > 0) || isnan(x))
		return NAN;
	if (x <= 0)
		return 1;
	if (isinf(x))
		return 0;
	factor = sqrt(a) * exp(-stirling_remainder(a) - deviance(a, x) - LOG_TWO_PI / 2);
	if (x < a + 1)
	{
		double term = 1 / a, sum = term;

		for (int i = 1; i < STEPS && term > sum * DBL_EPSILON / 4; i++)
		{
			term *= x / (a + i);
			sum += term;
		}
		return 1 - factor * sum;
	}
	double b = x + 1 - a, c = 1 / TINY, d = 1 / b, h = d;

	for (int i = 1; i < STEPS; i++)
	{
		double part = -i * (i - a), change;

		b += 2;
		change = next_factor(b, part, &c, &d);
		h *= change;
		if (fabs(change - 1) <= DBL_EPSILON)
			break;
	}
	return factor * h;
}

/* The share of F's distribution with these degrees beyond f: of df2 + df1 f, df2 is x and df1 f is y. */
static double
ratio_tail(double f, double df1, double df2)
{
	/* Divided by the greater part, so that nothing overflows. */
	double part = df1 / df2 * f;

	return part <= 1 ? beta_share(df2 / 2, df1 / 2, 1 / (1 + part), part / (1 + part))
					 : beta_share(df2 / 2, df1 / 2, 1 / part / (1 + 1 / part), 1 / (1 + 1 / part));
}

double
up_t_test(double t, double df)
{
	if (!(df > 0) || isnan(t))
		return NAN;
	if (isinf(t * t))
		return 0;
	return ratio_tail(t * t, 1, df);
}

double
up_f_tail(double f, double df1, double df2)
{
	if (!(df1 > 0) || !(df2 > 0) || isnan(f))
		return NAN;
	if (isinf(f))
		return 0;
	return f <= 0 ? 1 : ratio_tail(f, df1, df2);
}

double
up_chi2_tail(double x, double df)
{
	return !(df > 0) ? NAN : up_gamma_tail(df / 2, x / 2);
}

/* By recurrence up to 20, then the asymptotic series (DLMF 5.11.2). */
double
up_digamma(double x)
{
	double sum = 0, y;

	for (; x < 20; x++)
		sum -= 1 / x;
	y = 1 / (x * x);
	return sum + log(x) - 0.5 / x -
		   y * (1.0 / 12 - y * (1.0 / 120 - y * (1.0 / 252 - y * (1.0 / 240 - y * (1.0 / 132)))));
}

/* C(n, k) p^k q^(n - k) as Loader has it; q = 1 - p. */
static double
binomial_share(double k, double n, double p, double q)
{
	if (k == 0)
		return exp(p < 0.1 ? -deviance(n, n * q) - n * p : n * log(q));
	if (k == n)
		return exp(q < 0.1 ? -deviance(n, n * p) - n * q : n * log(p));
	return exp(stirling_remainder(n) - stirling_remainder(k) - stirling_remainder(n - k) - deviance(k, n * p) -
			   deviance(n - k, n * q)) *
		   sqrt(n / (2 * M_PI * k * (n - k)));
}

/* Of exactly k marked ones: three binomials of one p, which cancels and is chosen so that all are near their mean. */
static double
hypergeometric_share(double k, double marked, double drawn, double total)
{
	double p = drawn / total, q = (total - drawn) / total;

	return binomial_share(k, marked, p, q) * binomial_share(drawn - k, total - marked, p, q) /
		   binomial_share(drawn, total, p, q);
}

double
up_hypergeometric_tail(double k, double marked, double drawn, double total)
{
	double least = fmax(0, marked + drawn - total), most = fmin(marked, drawn);
	bool above = k > marked * drawn / total; /* the shorter side is summed, from k away from the mean */
	double term, sum = 0;

	if (!(marked >= 0 && drawn >= 0 && marked <= total && drawn <= total))
		return NAN;
	if (k <= least)
		return 1;
	if (k > most)
		return 0;
	if (!above)
		k -= 1;
	term = hypergeometric_share(k, marked, drawn, total);
	while (term > 0 && (sum += term, term >= sum * (DBL_EPSILON / 16)))
	{
		if (above)
			term *= (marked - k) * (drawn - k) / ((k + 1) * (total - marked - drawn + k + 1));
		else
			term *= k * (total - marked - drawn + k) / ((marked - k + 1) * (drawn - k + 1));
		k += above ? 1 : -1;
	}
	return above ? fmin(sum, 1) : fmax(1 - sum, 0);
}
