/*
 * logistic_solve.c - three ways to the minimum of logistic_solve.h
 *
 *   newton    few coefficients, no absolute-value penalty: Newton's steps by Cholesky's factor, halved until the objective falls
 *             enough (Armijo 1966). Near the minimum the digits double with each step.
 *   newton-cg more coefficients: the same steps, solved by conjugate gradients (logistic_rounds.c), at first to a tenth
 *             and then as well as the gradient has become small (Dembo, Eisenstat, Steihaug 1982; Lin, Weng, Keerthi 2008), without a
 *             matrix. Where that takes more rounds than a matrix would cost, the matrix is made.
 *   proximal newton  with an absolute-value penalty: an output's losses are replaced by their second-order expansion, which plus
 *             penalty is minimized by coordinate descent, and the step halved until the objective falls (Friedman, Hastie,
 *             Tibshirani 2010; Yuan, Ho, Lin 2012); outputs take turns. Of many features those that have a coefficient or whose gradient
 *             the penalty does not balance are looked at.
 *
 * Several outputs may all be moved by the same vector without changing a probability. Where no penalty forbids it, Newton's matrix
 * gets a share of that direction, along which the gradient is 0, so that the step stays where the sum over outputs is.
 */
#include "learn/linear/logistic_solve.h"

#include "learn/linear/descent.h"
#include "learn/linear/logistic_rounds.h"
#include "num/dense.h"
#include "num/vec.h"
#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

#define HALVINGS    40
#define ARMIJO      1e-4
#define SWEEPS      1000
#define LAST_DIGITS 1e-14 /* of the objective */
#define FEW         32    /* features that need no active set */
#define GOOD_FALL   0.1   /* of the gradient in a step: below it, a matrix of elsewhere is good enough */
/*
 * A matrix takes n d² k (k + 1) / 4 multiply-adds bound by arithmetic, and a round of conjugate gradients 2 n d k bound by memory, of
 * which a step takes about ten: up to so many (k + 1) d the matrix is the cheaper way.
 */
#define DENSE 150

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
 * the old one if nothing helps; theta is moved. g: the gradient there, or NULL.
 */
static double
search(UpLogisticWork *w, double *theta, const double *step, double before, double slope, double *next,
	   double *g)
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
			if (g != NULL)
				up_logistic_gradient(w, theta, g);
			return objective;
		}
	}
	up_logistic_objective(w, theta);
	if (g != NULL)
		up_logistic_gradient(w, theta, g);
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

/* Second derivatives as a matrix that steps are made with. */
typedef struct Factor
{
	double *h;
	bool *skipped;
	bool here; /* made where theta is */
	bool old;  /* made of those that another problem left */
} Factor;

/* Newton's matrix where theta is; or of the curve, as long as that is good enough. */
static void
factor(UpLogisticWork *w, Factor *f, bool good)
{
	const UpLogisticProblem *p = w->p;
	UpLogisticCurve *curve = p->curve;
	size_t dims = w->dims;

	f->here = curve == NULL || curve->C == 0 || !good;
	if (!f->here && f->old)
		return;
	if (!f->here)
	{
		memcpy(f->h, curve->h, dims * dims * sizeof(double));
		up_vec_scale(f->h, p->C / curve->C, dims * dims);
	}
	else
	{
		up_logistic_hessian(w, f->h);
		if (curve != NULL)
		{
			memcpy(curve->h, f->h, dims * dims * sizeof(double));
			curve->C = p->C;
		}
	}
	f->old = true;
	up_logistic_add_rest(w, f->h);
	fill_flat(w, f->h);
	up_dense_cholesky(f->h, dims, dims, 1e-13, f->skipped);
}

/* The scale of gradients is the one at 0. zeros, g: dims values. */
static double
gradient_scale(UpLogisticWork *w, const double *zeros, double *g)
{
	const UpLogisticProblem *p = w->p;

	if (p->curve != NULL && p->curve->scale > 0)
		return p->curve->scale * p->C;
	up_logistic_both(w, zeros, g);
	if (p->curve != NULL)
		p->curve->scale = UP_MAX(largest(g, w->dims), 1e-300) / p->C;
	return UP_MAX(largest(g, w->dims), 1e-300);
}

/* Objective and gradient g where theta is; as they are known, without looking at the rows. */
static double
begin_at(UpLogisticWork *w, const double *theta, double *g)
{
	const UpLogisticProblem *p = w->p;
	UpLogisticCurve *curve = p->curve;

	if (curve == NULL || !curve->known || curve->C == 0)
		return up_logistic_both(w, theta, g);
	for (size_t i = 0; i < w->dims; i++)
		g[i] = p->C * curve->slope[i];
	up_logistic_add_penalty(w, theta, g);
	return p->C * curve->losses + up_logistic_penalty(w, theta);
}

/* What the next problem can begin with. */
static void
tell_end(const UpLogisticWork *w, const double *theta, double objective, const double *g)
{
	const UpLogisticProblem *p = w->p;
	UpLogisticCurve *curve = p->curve;

	if (curve == NULL)
		return;
	memset(curve->slope, 0, w->dims * sizeof(double));
	up_logistic_add_penalty(w, theta, curve->slope);
	for (size_t i = 0; i < w->dims; i++)
		curve->slope[i] = (g[i] - curve->slope[i]) / p->C;
	curve->losses = (objective - up_logistic_penalty(w, theta)) / p->C;
	curve->known = true;
}

/* Where a step is expected to change less than the last digits of the objective: takes it if it lessens the gradient g. */
static bool
take_last_step(UpLogisticWork *w, double *theta, const double *step, double *objective, double *next, double *g)
{
	double before = largest(g, w->dims), fallen;

	for (size_t j = 0; j < w->dims; j++)
		next[j] = theta[j] + step[j];
	fallen = up_logistic_both(w, next, g);
	if (largest(g, w->dims) < before)
	{
		memcpy(theta, next, w->dims * sizeof(double));
		*objective = fallen;
		return true;
	}
	up_logistic_both(w, theta, g);
	return false;
}

/* Goes along step from where the gradient is g; false: nothing falls. */
static bool
take_step(UpLogisticWork *w, double *theta, double *objective, const double *step, double *next, double *g)
{
	double slope = 0, before = *objective;

	for (size_t i = 0; i < w->dims; i++)
		slope += step[i] * g[i];
	if (-slope <= LAST_DIGITS * fabs(before))
		return take_last_step(w, theta, step, objective, next, g);
	*objective = search(w, theta, step, before, slope, next, g);
	return *objective < before;
}

/* One step of Newton's. */
static bool
newton_step(UpLogisticWork *w, const Factor *f, double *theta, double *objective, double *step, double *next,
			double *g)
{
	for (size_t i = 0; i < w->dims; i++)
		step[i] = -g[i];
	up_dense_solve(f->h, w->dims, w->dims, f->skipped, step);
	return take_step(w, theta, objective, step, next, g);
}

static UpLogisticResult
newton(UpLogisticWork *w, double *theta)
{
	const UpLogisticProblem *p = w->p;
	size_t dims = w->dims;
	UpLogisticResult r = {.solver = "newton"};
	double *g = up_alloc_array(dims, sizeof(double)), *step = up_alloc_array(dims, sizeof(double)),
		   *next = up_alloc0(dims * sizeof(double)), scale, last = INFINITY;
	Factor f = {.h = up_alloc_array(dims * dims, sizeof(double)), .skipped = up_alloc0(dims)};

	scale = gradient_scale(w, next, g);
	r.objective = begin_at(w, theta, g);
	for (;;)
	{
		bool fallen;

		r.gradient = largest(g, dims) / scale;
		r.converged = r.gradient <= p->tol;
		if (r.converged || r.iterations >= p->max_iter)
			break;
		up_progress("logistic regression", (uint64_t) r.iterations, (uint64_t) p->max_iter);
		factor(w, &f, r.gradient <= GOOD_FALL * last);
		last = r.gradient;
		fallen = newton_step(w, &f, theta, &r.objective, step, next, g);
		r.iterations++;
		if (p->center == NULL && largest(p->l2, p->d) == 0 && is_separated(w))
		{
			r.separated = true;
			break;
		}
		/* Nothing falls any more: the last digits are reached, if the matrix was the right one. */
		if (!fallen && f.here)
		{
			r.converged = r.gradient <= 1e-5;
			break;
		}
		if (!fallen)
			last = 0;
	}
	tell_end(w, theta, r.objective, g);
	return r;
}

/* ---- steps by conjugate gradients ---- */

#define MOST_ROUNDS 2000
#define ROUGH       0.1 /* residual of a step far from the minimum */

/* Where all outputs may be moved together for nothing, their mean is 0. */
static void
centre_free(const UpLogisticWork *w, double *theta)
{
	const UpLogisticProblem *p = w->p;

	for (size_t j = 0; w->k > 1 && p->center == NULL && j < w->per; j++)
	{
		double sum = 0;

		if (j < p->d ? p->l2[j] > 0 : !p->fit_intercept)
			continue;
		for (uint32_t a = 0; a < w->k; a++)
			sum += theta[a * w->per + j];
		for (uint32_t a = 0; a < w->k; a++)
			theta[a * w->per + j] -= sum / w->k;
	}
}

/* Objective and gradient at theta into g; returns the scale of gradients, which is the one at 0. next: dims zeros. */
static double
begin(UpLogisticWork *w, const double *theta, const double *zeros, double *g, double *objective)
{
	double scale;

	*objective = up_logistic_both(w, zeros, g);
	scale = UP_MAX(largest(g, w->dims), 1e-300);
	if (largest(theta, w->dims) > 0)
		*objective = up_logistic_both(w, theta, g);
	return scale;
}

static UpLogisticResult
newton_cg(UpLogisticWork *w, double *theta)
{
	const UpLogisticProblem *p = w->p;
	size_t dims = w->dims, affordable = dims <= UP_LOGISTIC_DIMS ? 20 + dims / 10 : MOST_ROUNDS;
	UpLogisticResult r = {.solver = "newton-cg"};
	double *space, *g, *step, *next, scale;
	UpLogisticRounds *x = up_logistic_rounds(w);

	up_reserve(3 * dims * sizeof(double), "logistic regression");
	space = up_alloc0(3 * dims * sizeof(double));
	g = space;
	step = g + dims;
	next = step + dims;
	scale = begin(w, theta, next, g, &r.objective);
	for (;;)
	{
		double precision, before = r.objective;

		r.gradient = largest(g, dims) / scale;
		r.converged = r.gradient <= p->tol;
		if (r.converged || r.iterations >= p->max_iter)
			break;
		up_progress("logistic regression", (uint64_t) r.iterations, (uint64_t) p->max_iter);
		precision = UP_MAX(UP_MIN(ROUGH, sqrt(r.gradient)), UP_MIN(ROUGH, 0.3 * p->tol / r.gradient));
		if (!up_logistic_rounds_solve(x, g, precision, affordable, step) && dims <= UP_LOGISTIC_DIMS)
			return newton(w, theta);
		r.iterations++;
		if (!take_step(w, theta, &r.objective, step, next, g))
		{
			r.converged = r.gradient <= 1e-5;
			break;
		}
		if (p->center == NULL && largest(p->l2, p->d) == 0 && is_separated(w))
		{
			r.separated = true;
			break;
		}
		UP_ASSERT(r.objective <= before + fabs(before));
	}
	centre_free(w, theta);
	return r;
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

/* What the steps of one problem share. */
typedef struct Proximal
{
	double *g, *step, *next; /* dims */
	double *h;               /* per × per */
	double *l1, *to, *rest;  /* per */
	bool *skipped;           /* per: the intercept, where there is to be none */
	double enough;
} Proximal;

/* One step of one output; returns the objective. */
static double
proximal_step(UpLogisticWork *w, Proximal *x, uint32_t a, double *theta, double objective)
{
	size_t per = w->per;
	UpDescent d = {per, x->h, false, x->l1, NULL, x->skipped, x->enough, SWEEPS};
	double *t = theta + a * per, *step = x->step + a * per, falls = 0;

	up_logistic_gradient(w, theta, x->g);
	up_logistic_block(w, a, x->h);
	for (size_t i = 0; i < per; i++)
	{
		for (size_t j = i + 1; j < per; j++)
			x->h[j * per + i] = x->h[i * per + j];
	}
	memset(x->step, 0, w->dims * sizeof(double));
	memcpy(x->to, t, per * sizeof(double));
	for (size_t j = 0; j < per; j++)
		x->rest[j] = -x->g[a * per + j];
	up_descend(&d, x->to, x->rest, NULL);
	for (size_t j = 0; j < per; j++)
	{
		step[j] = x->to[j] - t[j];
		falls += x->g[a * per + j] * step[j] + x->l1[j] * (fabs(x->to[j]) - fabs(t[j]));
	}
	if (!(falls < 0))
		return objective;
	return search(w, theta, x->step, objective, falls, x->next, NULL);
}

static Proximal
proximal_new(const UpLogisticWork *w, double enough)
{
	size_t per = w->per;
	Proximal x = {.enough = enough};

	up_reserve(per * per * sizeof(double), "logistic regression");
	x.h = up_alloc_array(per * per, sizeof(double));
	x.g = up_alloc_array(w->dims, sizeof(double));
	x.step = up_alloc_array(w->dims, sizeof(double));
	x.next = up_alloc0(w->dims * sizeof(double));
	x.l1 = up_alloc0(per * sizeof(double));
	memcpy(x.l1, w->p->l1, w->p->d * sizeof(double));
	x.to = up_alloc_array(per, sizeof(double));
	x.rest = up_alloc_array(per, sizeof(double));
	x.skipped = up_alloc0(per);
	x.skipped[w->p->d] = !w->p->fit_intercept;
	return x;
}

/* On all features; scale: that of gradients. */
static UpLogisticResult
proximal(UpLogisticWork *w, double scale, double *theta)
{
	const UpLogisticProblem *p = w->p;
	UpLogisticResult r = {.solver = "proximal newton"};
	size_t per = w->per;
	Proximal x = proximal_new(w, 1e-12 * sqrt(scale));

	r.objective = up_logistic_objective(w, theta);
	for (;;)
	{
		double before = r.objective;

		up_logistic_gradient(w, theta, x.g);
		r.gradient = imbalance(w, theta, x.g) / scale;
		r.converged = r.gradient <= p->tol;
		if (r.converged || r.iterations >= p->max_iter)
			break;
		r.iterations++;
		up_progress("logistic regression", (uint64_t) r.iterations, (uint64_t) p->max_iter);
		for (uint32_t a = 0; a < w->k; a++)
			r.objective = proximal_step(w, &x, a, theta, r.objective);
		if (r.objective >= before)
		{
			r.converged = r.gradient <= 1e-5;
			break;
		}
	}
	/* Intercepts of several outputs are free to move together: their mean is 0, as it is in the other solvers. */
	for (uint32_t a = 0; w->k > 1 && p->fit_intercept && p->center == NULL && a < w->k; a++)
		x.next[a] = theta[a * per + p->d];
	for (uint32_t a = 0; w->k > 1 && p->fit_intercept && p->center == NULL && a < w->k; a++)
		theta[a * per + p->d] -= up_vec_sum(x.next, w->k) / w->k;
	return r;
}

/* The features of the active set: n of them, in the order in which they came. */
typedef struct Active
{
	uint32_t n;
	uint32_t *at;
	bool *in;
} Active;

/* Takes in features with a coefficient, and (unless g is NULL) those whose gradient their penalty does not balance. */
static void
extend(Active *s, const UpLogisticWork *w, const double *theta, const double *g, double slack)
{
	const UpLogisticProblem *p = w->p;

	for (uint32_t j = 0; j < p->d; j++)
	{
		for (uint32_t a = 0; a < w->k && !s->in[j]; a++)
		{
			size_t i = a * w->per + j;

			if (theta[i] != 0 || (g != NULL && fabs(g[i]) > p->l1[j] + slack))
			{
				s->in[j] = true;
				s->at[s->n++] = j;
			}
		}
	}
}

/* Copies the coefficients of the set from a vector of all (of which each output has d and an intercept) to one of the set, or back. */
static void
exchange(const Active *s, const UpLogisticProblem *p, double *all, double *part, bool back)
{
	for (uint32_t a = 0; a < p->n_outputs; a++)
	{
		for (uint32_t k = 0; k <= s->n; k++)
		{
			double *one = part + (size_t) a * (s->n + 1) + k;
			double *of = all + (size_t) a * (p->d + 1) + (k < s->n ? s->at[k] : p->d);

			if (back)
				*of = *one;
			else
				*one = *of;
		}
	}
}

/* The problem of the features in the set alone; theta is that of all. */
static UpLogisticResult
solve_active(const Active *s, const UpLogisticProblem *all, int64_t max_iter, double scale, double *theta)
{
	UpArena *arena = up_arena_enter();
	UpLogisticProblem p = *all;
	UpLogisticWork w;
	UpLogisticResult r;
	double *x, *l1 = up_alloc_array(UP_MAX(s->n, 1), sizeof(double)),
			   *l2 = up_alloc_array(UP_MAX(s->n, 1), sizeof(double)),
			   *part = up_alloc_array((size_t) all->n_outputs * (s->n + 1), sizeof(double));

	p.d = s->n;
	p.ld = UP_SYRK_PAD(UP_MAX((size_t) s->n + 1, UP_ROWS_MIN));
	p.max_iter = max_iter;
	x = up_alloc0(UP_MAX(p.n, 1) * p.ld * sizeof(double));
	for (size_t i = 0; i < p.n; i++)
	{
		const double *row = all->x + i * all->ld;

		if ((i & 0xfff) == 0)
			up_tick();
		for (uint32_t k = 0; k <= s->n; k++)
			x[i * p.ld + k] = row[k < s->n ? s->at[k] : all->d];
	}
	for (uint32_t k = 0; k < s->n; k++)
	{
		l1[k] = all->l1[s->at[k]];
		l2[k] = all->l2[s->at[k]];
	}
	p.x = x;
	p.l1 = l1;
	p.l2 = l2;
	exchange(s, all, theta, part, false);
	up_logistic_work_init(&w, &p);
	r = proximal(&w, scale, part);
	exchange(s, all, theta, part, true);
	up_arena_leave(arena);
	return r;
}

/*
 * On an active set of features, which those join that break the conditions of the optimum, until none does (Friedman, Hastie,
 * Tibshirani 2010); on all, where that is half of them.
 */
static UpLogisticResult
sparse(UpLogisticWork *w, double scale, double *theta, double *g)
{
	const UpLogisticProblem *p = w->p;
	UpLogisticResult r = {.solver = "proximal newton"}, last;
	Active s = {0, up_alloc_array(p->d, sizeof(uint32_t)), up_alloc0(p->d)};
	bool begun = false;

	/* Where there is no coefficient to begin with, the intercept comes first: it alone makes gradients that tell something. */
	extend(&s, w, theta, NULL, 0);
	for (begun = s.n == 0;; begun = false)
	{
		uint32_t before = s.n;

		if (!begun)
		{
			r.objective = up_logistic_both(w, theta, g);
			r.gradient = imbalance(w, theta, g) / scale;
			extend(&s, w, theta, g, p->tol * scale);
			if (r.iterations > 0 && (s.n == before || r.iterations >= p->max_iter))
				break;
		}
		last = s.n > p->d / 2 ? proximal(w, scale, theta)
							  : solve_active(&s, p, p->max_iter - r.iterations, scale, theta);
		r.iterations += UP_MAX(last.iterations, 1);
		r.converged = last.converged;
		if (s.n > p->d / 2)
		{
			last.iterations = r.iterations;
			r = last;
			break;
		}
	}
	return r;
}

bool
up_logistic_is_dense(uint32_t n_outputs, uint32_t d)
{
	return ((size_t) n_outputs + 1) * ((size_t) d + 1) <= DENSE;
}

UpLogisticResult
up_logistic_solve(const UpLogisticProblem *p, double *theta)
{
	UpArena *arena = up_arena_enter();
	UpLogisticWork w;
	UpLogisticResult r;

	UP_ASSERT(p->n_outputs > 0 && p->ld > p->d);
	up_logistic_work_init(&w, p);
	if (p->l1 != NULL)
	{
		double *g = up_alloc_array(w.dims, sizeof(double)), *none = up_alloc0(w.dims * sizeof(double)), scale;

		up_logistic_both(&w, none, g);
		scale = UP_MAX(largest(g, w.dims), 1e-300);
		r = p->d < FEW || p->center != NULL ? proximal(&w, scale, theta) : sparse(&w, scale, theta, g);
	}
	else if (up_logistic_is_dense(p->n_outputs, p->d))
		r = newton(&w, theta);
	else
		r = newton_cg(&w, theta);
	up_arena_leave(arena);
	return r;
}
