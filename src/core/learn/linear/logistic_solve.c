/*
 * logistic_solve.c - three ways to the minimum of logistic_solve.h
 *
 *   newton    up to UP_LOGISTIC_DIMS coefficients without an absolute-value penalty: Newton's steps by Cholesky's factor, halved until
 *             the objective falls enough (Armijo 1966). Near the minimum the digits double with each step.
 *   l-bfgs    more coefficients: the limited-memory quasi-Newton method (Nocedal 1980; Liu, Nocedal 1989), 10 pairs.
 *   proximal newton  with an absolute-value penalty: an output's losses are replaced by their second-order expansion, which plus
 *             penalty is minimized by coordinate descent, and the step halved until the objective falls (Friedman, Hastie,
 *             Tibshirani 2010; Yuan, Ho, Lin 2012); outputs take turns.
 *
 * Several outputs may all be moved by the same vector without changing a probability. Where no penalty forbids it, Newton's matrix
 * gets a share of that direction, along which the gradient is 0, so that the step stays where the sum over outputs is.
 */
#include "learn/linear/logistic_solve.h"

#include "num/dense.h"
#include "num/vec.h"

#include <math.h>
#include <string.h>

#define HALVINGS  40
#define ARMIJO    1e-4
#define PAIRS     10
#define SWEEPS    1000
#define SEPARATED 35.0 /* margins of all rows beyond it: probabilities are 0 and 1 to the last digit */

static double
largest(const double *v, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = UP_MAX(most, fabs(v[i]));
	return most;
}

/* Whether all rows are on the right side by far. */
static bool
is_separated(const UpLogisticWork *w)
{
	const UpLogisticProblem *p = w->p;

	for (size_t i = 0; i < p->n; i++)
	{
		double right =
			w->k == 1 ? (p->y[i] > 0 ? w->prob[i] : 1 - w->prob[i]) : w->prob[i * w->k + (size_t) p->y[i]];

		if (p->cost[i] > 0 && !(right > 1 - 1e-6))
			return false;
	}
	return p->n > 0;
}

/*
 * Along theta + step, halved until the objective has fallen by a share of slope (which is negative). Returns the new objective, or
 * the old one if nothing helps; theta is moved.
 */
static double
search(UpLogisticWork *w, double *theta, const double *step, double before, double slope, double *next)
{
	double t = 1;

	for (int i = 0; i < HALVINGS; i++, t /= 2)
	{
		double objective;

		for (size_t j = 0; j < w->dims; j++)
			next[j] = theta[j] + t * step[j];
		objective = up_logistic_objective(w, next);
		if (objective <= before + ARMIJO * t * slope)
		{
			memcpy(theta, next, w->dims * sizeof(double));
			return objective;
		}
	}
	up_logistic_objective(w, theta);
	return before;
}

/* Makes the matrix invertible: directions in which nothing curves get some. */
static void
fill_flat(const UpLogisticWork *w, double *h)
{
	const UpLogisticProblem *p = w->p;
	size_t dims = w->dims;
	double trace = 0;

	for (size_t i = 0; i < dims; i++)
		trace += h[i * (dims + 1)];
	for (size_t j = 0; j < w->per; j++)
	{
		double share = 0;

		if (j < p->d && p->l2[j] > 0)
			continue;
		for (uint32_t a = 0; a < w->k; a++)
			share += h[(a * w->per + j) * (dims + 1)];
		for (uint32_t a = 0; w->k > 1 && a < w->k; a++)
		{
			for (uint32_t b = a; b < w->k; b++)
				h[(a * w->per + j) * dims + b * w->per + j] += share / w->k;
		}
	}
	for (uint32_t a = 0; a < w->k; a++)
	{
		size_t i = a * w->per + p->d;

		if (p->fit_intercept)
			continue;
		for (size_t j = 0; j < dims; j++)
			h[UP_MIN(i, j) * dims + UP_MAX(i, j)] = i == j ? 1 : 0;
	}
	for (size_t i = 0; i < dims; i++)
	{
		if (!(h[i * (dims + 1)] > 1e-14 * trace / (double) dims))
			h[i * (dims + 1)] += 1e-8 * trace / (double) dims + 1e-300;
	}
}

static UpLogisticResult
newton(UpLogisticWork *w, double *theta)
{
	const UpLogisticProblem *p = w->p;
	size_t dims = w->dims;
	UpLogisticResult r = {.solver = "newton"};
	double *h = up_alloc_array(dims * dims, sizeof(double)), *g = up_alloc_array(dims, sizeof(double)),
		   *step = up_alloc_array(dims, sizeof(double)), *next = up_alloc0(dims * sizeof(double)), scale;
	bool *skipped = up_alloc0(dims);

	/* The scale of gradients is the one at 0. */
	up_logistic_objective(w, next);
	up_logistic_gradient(w, next, g);
	scale = UP_MAX(largest(g, dims), 1e-300);
	r.objective = up_logistic_objective(w, theta);
	for (;;)
	{
		double slope = 0, before = r.objective;

		up_logistic_gradient(w, theta, g);
		r.gradient = largest(g, dims) / scale;
		if (r.gradient <= p->tol)
		{
			r.converged = true;
			break;
		}
		if (r.iterations >= p->max_iter)
			break;
		up_progress("logistic regression", (uint64_t) r.iterations, (uint64_t) p->max_iter);
		up_logistic_hessian(w, h, false);
		fill_flat(w, h);
		up_dense_cholesky(h, dims, dims, 1e-13, skipped);
		for (size_t i = 0; i < dims; i++)
			step[i] = -g[i];
		up_dense_solve(h, dims, dims, skipped, step);
		for (size_t i = 0; i < dims; i++)
			slope += step[i] * g[i];
		r.iterations++;
		r.objective = search(w, theta, step, before, slope, next);
		if (p->center == NULL && largest(p->l2, p->d) == 0 && is_separated(w))
		{
			r.separated = true;
			break;
		}
		/* Nothing falls any more: the last digits are reached. */
		if (r.objective >= before)
		{
			r.converged = r.gradient <= 1e-5;
			break;
		}
	}
	up_free(h);
	up_free(g);
	up_free(step);
	up_free(next);
	up_free(skipped);
	return r;
}

/* The two loops of the quasi-Newton method: step = -H g. s, q: PAIRS × dims, the newest at (count - 1) % PAIRS. */
static void
quasi_step(size_t dims, const double *g, const double *s, const double *q, const double *rho, int64_t count,
		   double *step)
{
	double alpha[PAIRS], scale = 1;
	int64_t first = UP_MAX(0, count - PAIRS);

	memcpy(step, g, dims * sizeof(double));
	for (int64_t i = count - 1; i >= first; i--)
	{
		size_t at = (size_t) (i % PAIRS);

		alpha[at] = rho[at] * up_vec_dot(s + at * dims, step, dims);
		up_vec_axpy(step, -alpha[at], q + at * dims, dims);
	}
	if (count > 0)
	{
		const double *last = q + (size_t) ((count - 1) % PAIRS) * dims;

		scale = 1 / (rho[(count - 1) % PAIRS] * up_vec_dot(last, last, dims));
	}
	up_vec_scale(step, scale, dims);
	for (int64_t i = first; i < count; i++)
	{
		size_t at = (size_t) (i % PAIRS);

		up_vec_axpy(step, alpha[at] - rho[at] * up_vec_dot(q + at * dims, step, dims), s + at * dims, dims);
	}
	up_vec_scale(step, -1, dims);
}

static UpLogisticResult
lbfgs(UpLogisticWork *w, double *theta)
{
	const UpLogisticProblem *p = w->p;
	size_t dims = w->dims;
	UpLogisticResult r = {.solver = "l-bfgs"};
	double *room, *s, *q, *g, *g_next, *step, *next, rho[PAIRS], scale;
	int64_t count = 0, most = p->max_iter > INT64_MAX / 20 ? INT64_MAX : 20 * p->max_iter;

	up_reserve((2 * PAIRS + 4) * dims * sizeof(double), "logistic regression");
	room = up_alloc0((2 * PAIRS + 4) * dims * sizeof(double));
	s = room;
	q = s + PAIRS * dims;
	g = q + PAIRS * dims;
	g_next = g + dims;
	step = g_next + dims;
	next = step + dims;
	up_logistic_objective(w, next);
	up_logistic_gradient(w, next, g);
	scale = UP_MAX(largest(g, dims), 1e-300);
	r.objective = up_logistic_objective(w, theta);
	up_logistic_gradient(w, theta, g);
	for (; r.iterations < most; r.iterations++)
	{
		size_t at = (size_t) (count % PAIRS);
		double slope, before = r.objective, curve;

		r.gradient = largest(g, dims) / scale;
		r.converged = r.gradient <= p->tol;
		if (r.converged)
			break;
		up_progress("logistic regression", (uint64_t) r.iterations, (uint64_t) most);
		quasi_step(dims, g, s, q, rho, count, step);
		if (count == 0)
			up_vec_scale(step, 1 / UP_MAX(sqrt(up_vec_dot(g, g, dims)), 1e-300), dims);
		slope = up_vec_dot(step, g, dims);
		memcpy(s + at * dims, theta, dims * sizeof(double));
		r.objective = search(w, theta, step, before, slope, next);
		if (p->center == NULL && largest(p->l2, p->d) == 0 && is_separated(w))
		{
			r.separated = true;
			break;
		}
		if (r.objective >= before)
		{
			/* Once more straight down; else the last digits are reached. */
			if (count == 0)
			{
				r.converged = r.gradient <= 1e-5;
				break;
			}
			count = 0;
			continue;
		}
		up_logistic_gradient(w, theta, g_next);
		for (size_t i = 0; i < dims; i++)
		{
			s[at * dims + i] = theta[i] - s[at * dims + i];
			q[at * dims + i] = g_next[i] - g[i];
		}
		memcpy(g, g_next, dims * sizeof(double));
		curve = up_vec_dot(s + at * dims, q + at * dims, dims);
		if (curve > 1e-12 * up_vec_dot(q + at * dims, q + at * dims, dims))
		{
			rho[at] = 1 / curve;
			count++;
		}
	}
	up_free(room);
	return r;
}

static double
shrunk(double v, double by)
{
	return v > by ? v - by : v < -by ? v + by : 0;
}

/*
 * Minimizes g·s + s' H s / 2 + sum l1 |t + s| over s by coordinate descent; h: per × per, both triangles.
 */
static void
descend(const UpLogisticProblem *p, const double *h, size_t per, const double *g, const double *t,
		double enough, double *s)
{
	double *slope = up_alloc_array(per, sizeof(double));
	bool all = true;

	memcpy(slope, g, per * sizeof(double));
	memset(s, 0, per * sizeof(double));
	for (int sweep = 0; sweep < SWEEPS; sweep++)
	{
		double most = 0;

		up_tick();
		for (size_t j = 0; j < per; j++)
		{
			double curve = h[j * per + j], at = t[j] + s[j], next, change;

			if ((j == p->d && !p->fit_intercept) || !(curve > 0) || (!all && at == 0))
				continue;
			next = shrunk(at - slope[j] / curve, j < p->d ? p->l1[j] / curve : 0);
			change = next - at;
			if (change == 0)
				continue;
			s[j] += change;
			up_vec_axpy(slope, change, h + j * per, per);
			most = UP_MAX(most, fabs(change) * sqrt(curve));
		}
		if (most <= enough && all)
			break;
		all = most <= enough;
	}
	up_free(slope);
}

/* How far the gradient g is from one that the penalty balances. */
static double
imbalance(const UpLogisticWork *w, const double *theta, const double *g)
{
	const UpLogisticProblem *p = w->p;
	double most = 0;

	for (size_t i = 0; i < w->dims; i++)
	{
		size_t j = i % w->per;
		double l1 = j < p->d ? p->l1[j] : 0, gap;

		if (j == p->d && !p->fit_intercept)
			continue;
		gap = theta[i] > 0 ? fabs(g[i] + l1) : theta[i] < 0 ? fabs(g[i] - l1) : UP_MAX(fabs(g[i]) - l1, 0);
		most = UP_MAX(most, gap);
	}
	return most;
}

/* One step of one output; returns the objective. */
static double
proximal_step(UpLogisticWork *w, uint32_t a, double *theta, double *g, double *h, double *step, double *next,
			  double objective, double enough)
{
	const UpLogisticProblem *p = w->p;
	size_t per = w->per;
	double *t = theta + a * per, falls = 0;

	up_logistic_gradient(w, theta, g);
	up_logistic_block(w, a, h);
	for (size_t i = 0; i < per; i++)
	{
		for (size_t j = i + 1; j < per; j++)
			h[j * per + i] = h[i * per + j];
	}
	memset(step, 0, w->dims * sizeof(double));
	descend(p, h, per, g + a * per, t, enough, step + a * per);
	for (size_t j = 0; j < per; j++)
	{
		double l1 = j < p->d ? p->l1[j] : 0, s = step[a * per + j];

		falls += g[a * per + j] * s + l1 * (fabs(t[j] + s) - fabs(t[j]));
	}
	if (!(falls < 0))
		return objective;
	return search(w, theta, step, objective, falls, next);
}

static UpLogisticResult
proximal(UpLogisticWork *w, double *theta)
{
	const UpLogisticProblem *p = w->p;
	UpLogisticResult r = {.solver = "proximal newton"};
	size_t dims = w->dims, per = w->per;
	double *h, *g = up_alloc_array(dims, sizeof(double)), *step = up_alloc_array(dims, sizeof(double)),
			   *next = up_alloc0(dims * sizeof(double)), scale;

	up_reserve(per * per * sizeof(double), "logistic regression");
	h = up_alloc_array(per * per, sizeof(double));
	up_logistic_objective(w, next);
	up_logistic_gradient(w, next, g);
	scale = UP_MAX(largest(g, dims), 1e-300);
	r.objective = up_logistic_objective(w, theta);
	for (;;)
	{
		double before = r.objective;

		up_logistic_gradient(w, theta, g);
		r.gradient = imbalance(w, theta, g) / scale;
		r.converged = r.gradient <= p->tol;
		if (r.converged || r.iterations >= p->max_iter)
			break;
		r.iterations++;
		up_progress("logistic regression", (uint64_t) r.iterations, (uint64_t) p->max_iter);
		for (uint32_t a = 0; a < w->k; a++)
			r.objective = proximal_step(w, a, theta, g, h, step, next, r.objective, 1e-12 * sqrt(scale));
		if (r.objective >= before)
		{
			r.converged = r.gradient <= 1e-5;
			break;
		}
	}
	/* Intercepts of several outputs are free to move together: their mean is 0, as it is in the other solvers. */
	for (uint32_t a = 0; w->k > 1 && p->fit_intercept && p->center == NULL && a < w->k; a++)
		next[a] = theta[a * per + p->d];
	for (uint32_t a = 0; w->k > 1 && p->fit_intercept && p->center == NULL && a < w->k; a++)
		theta[a * per + p->d] -= up_vec_sum(next, w->k) / w->k;
	up_free(h);
	up_free(g);
	up_free(step);
	up_free(next);
	return r;
}

UpLogisticResult
up_logistic_solve(const UpLogisticProblem *p, double *theta)
{
	UpLogisticWork w;
	UpLogisticResult r;

	up_logistic_work_init(&w, p);
	if (p->l1 != NULL)
		r = proximal(&w, theta);
	else if (w.dims <= UP_LOGISTIC_DIMS)
		r = newton(&w, theta);
	else
		r = lbfgs(&w, theta);
	up_logistic_work_free(&w);
	return r;
}
