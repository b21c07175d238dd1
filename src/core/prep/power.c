/*
 * power.c - the lambda of greatest likelihood; see power.h
 *
 * g(x) = ((x + 1)^lambda - 1) / lambda for x >= 0 and -((1 - x)^(2 - lambda) - 1) / (2 - lambda) below, logarithms at lambda 0
 * and 2 (Yeo, Johnson 2000). The likelihood -n/2 log var g(x) + (lambda - 1) sum sign(x) log(1 + |x|) has one maximum, found
 * by Brent's method (1973) between three points. Cost: about 20 passes over n values.
 */
#include "prep/power.h"

#include "num/moments.h"

#include <float.h>
#include <math.h>

#define TICK_VALUES 65536

double
up_signed_log(double x)
{
	return x >= 0 ? log1p(x) : -log1p(-x);
}

/* The power transform of a value whose signed_log is given. */
double
up_power_of_log(double signed_log_x, double lambda)
{
	double exponent = signed_log_x >= 0 ? lambda : 2 - lambda;
	double size = fabs(signed_log_x);
	double g = fabs(exponent) < DBL_EPSILON ? size : expm1(exponent * size) / exponent;

	return signed_log_x >= 0 ? g : -g;
}

/* Minus the likelihood of lambda; logs: of the values. */
static double
cost_of_lambda(const double *logs, size_t n, double sum_of_logs, double lambda, double *buffer)
{
	double mean, variance, cost;

	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_VALUES == 0)
			up_tick();
		buffer[i] = up_power_of_log(logs[i], lambda);
	}
	variance = up_moments(buffer, n, &mean);
	cost = (double) n / 2 * log(variance) - (lambda - 1) * sum_of_logs;
	return isfinite(cost) ? cost : INFINITY;
}

/* What the search needs to know of a point. */
typedef struct Point
{
	double lambda, cost;
} Point;

typedef struct Search
{
	const double *logs;
	size_t n;
	double sum;
	double *buffer;
} Search;

static Point
try_lambda(const Search *s, double lambda)
{
	Point p = {lambda, cost_of_lambda(s->logs, s->n, s->sum, lambda, s->buffer)};

	return p;
}

#define GOLDEN     1.6180339887498949
#define MOST_STEPS 200

/* Three points, the middle one not above the others: expands from 0, 1 downhill. */
static void
bracket(const Search *s, Point *a, Point *b, Point *c)
{
	*a = try_lambda(s, 0);
	*b = try_lambda(s, 1);
	if (a->cost < b->cost)
	{
		Point t = *a;

		*a = *b;
		*b = t;
	}
	*c = try_lambda(s, b->lambda + GOLDEN * (b->lambda - a->lambda));
	for (int i = 0; i < MOST_STEPS && c->cost < b->cost; i++)
	{
		*a = *b;
		*b = *c;
		*c = try_lambda(s, b->lambda + GOLDEN * (b->lambda - a->lambda));
	}
}

/*
 * A step of Brent's method into *step: by the parabola through three points where that is well inside and less than half
 * of the step before the last, else golden section of the larger part.
 */
static void
next_step(Point x, Point w, Point v, double a, double b, double tolerance, double *step, double *last)
{
	double r = (x.lambda - w.lambda) * (x.cost - v.cost), q = (x.lambda - v.lambda) * (x.cost - w.cost);
	double p = (x.lambda - v.lambda) * q - (x.lambda - w.lambda) * r, before_last = *last;

	q = 2 * (q - r);
	p = q > 0 ? -p : p;
	q = fabs(q);
	*last = *step;
	if (fabs(before_last) > tolerance && fabs(p) < fabs(q * before_last / 2) && p > q * (a - x.lambda) &&
		p < q * (b - x.lambda))
	{
		*step = p / q;
		if (x.lambda + *step - a < 2 * tolerance || b - x.lambda - *step < 2 * tolerance)
			*step = x.lambda < (a + b) / 2 ? tolerance : -tolerance;
		return;
	}
	*last = x.lambda < (a + b) / 2 ? b - x.lambda : a - x.lambda;
	*step = (2 - GOLDEN) * *last;
}

double
up_power_lambda(const double *logs, size_t n)
{
	Search search = {logs, n, up_shifted_sum(logs, n, 0, false), up_alloc_array(n, sizeof(double))},
		   *s = &search;
	Point low, x, high, w, v;
	double a, b, step = 0, last = 0;

	bracket(s, &low, &x, &high);
	a = UP_MIN(low.lambda, high.lambda);
	b = UP_MAX(low.lambda, high.lambda);
	w = v = x;
	for (int i = 0; i < MOST_STEPS; i++)
	{
		double tolerance = 1e-9 * fabs(x.lambda) + 1e-10;
		Point u;

		if (fabs(x.lambda - (a + b) / 2) <= 2 * tolerance - (b - a) / 2)
			break;
		next_step(x, w, v, a, b, tolerance, &step, &last);
		u = try_lambda(s, x.lambda + (fabs(step) >= tolerance ? step : step > 0 ? tolerance : -tolerance));
		if (u.cost <= x.cost)
		{
			if (u.lambda < x.lambda)
				b = x.lambda;
			else
				a = x.lambda;
			v = w;
			w = x;
			x = u;
			continue;
		}
		if (u.lambda < x.lambda)
			a = u.lambda;
		else
			b = u.lambda;
		if (u.cost <= w.cost || w.lambda == x.lambda)
		{
			v = w;
			w = u;
		}
		else if (u.cost <= v.cost || v.lambda == x.lambda || v.lambda == w.lambda)
			v = u;
	}
	up_free(search.buffer);
	return x.lambda;
}
