/*
 * svm_newton.c - linear support vector machines in the primal, by Newton's method
 *
 * Minimizes ½‖w‖² + C Σ c_i l(z_i) with z_i = 1 - y_i w·x_i for two classes, |y_i - w·x_i| - ε for regression, and one of
 * two losses (Chapelle 2007; Keerthi, DeCoste 2005; Ho, Lin 2012):
 *
 *   squared         l(z) = max(0, z)²: quadratic on the active rows, so that a step with the right set of active rows
 *                   is exact. Stops when the gradient is at most tol · (rows of the smaller class / rows) · the one at 0,
 *                   and the gap to the dual, which is ½‖gradient‖², at most tol of the objective.
 *   absolute        Huber's smoothing h_δ(z) = 0, z²/2δ or z - δ/2 for z <= 0, z <= δ, z > δ, lowered up to threefold
 *                   from 2 (the deviation of y). a_i = C c_i min(1, max(0, z_i/δ)) is feasible in the dual, so the gap between
 *                   the objective and Σ a_i (z_i at w = 0) - ½‖Σ a_i s_i x_i‖² is known, s_i = -∂z_i/∂(w·x_i); it stops
 *                   when that is at most tol of the objective. A bias that costs nothing makes Σ a_i s_i = 0 a condition
 *                   of the dual, so it is set to its minimum before each look.
 *
 * A step solves (R + Σ_curved k_i x_i x_i') s = -gradient, nearly, then goes along s to where the derivative of
 * the objective (which needs x_i·s alone) has become small.
 *
 * The passes over the rows are svm_work.c's, which know costs in units of C. Arrays: n rows of d values, w of d. Cost of a step: 2 n d and the system.
 */
#include "learn/svm/svm_newton.h"

#include "learn/svm/svm_work.h"
#include "num/dense.h"
#include "num/vec.h"
#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

/* (R + Σ k_i x_i x_i') s = -g over the curved rows; R is the identity, 0 for the free bias. */
typedef struct NewtonStep
{
	const UpSvmProblem *p;
	UpSvmWork *work;
	double *s;        /* solution, width values */
	bool dense;       /* conjugate gradients have proved to be the dearer way */
	double precision; /* of conjugate gradients: ‖residual‖ against ‖g‖ */

	/* of conjugate gradients: width values each */
	double *residual, *direction, *product, *diagonal, *scaled;
	double *h; /* of the dense system, made when it is wanted */
} NewtonStep;

/* The weight of w_j² / 2. */
static double
ridge_of(const UpSvmProblem *p, size_t j)
{
	return p->free_bias && j == p->bias ? 0 : 1;
}

/* ---- the linear system of a Newton step: Cholesky's factors, or conjugate gradients ---- */

/*
 * Few columns: the matrix is made and factored, n d² / 2 + d³ / 6 multiply-adds for n curved rows. More: conjugate gradients
 * with the diagonal as preconditioner (Keerthi, DeCoste 2005; Hsia, Chiang, Lin 2018), 2 n d a round, of which a well
 * conditioned problem needs ten. What a round costs is bound by memory, so the matrix is worth about d / 20 + d² / 6 n of
 * them; where they do not suffice, that step takes the direction found so far and the steps after it the matrix, if it is
 * not too large. Both are decided by counts alone, so that a training is the same in every run.
 */

#define DENSE_WIDTH 192  /* up to so many columns the matrix is always cheaper */
#define LARGEST     4096 /* side of a matrix that is made at all */
#define MOST_ROUNDS 1000
#define SMALLEST    1e-12 /* element of the preconditioner */

static NewtonStep *
step_new(UpSvmWork *work)
{
	NewtonStep *t = up_alloc0(sizeof(NewtonStep));
	size_t bytes = work->p->width * sizeof(double);

	t->p = work->p;
	t->work = work;
	t->s = up_alloc0(bytes);
	t->residual = up_alloc(bytes);
	t->direction = up_alloc(bytes);
	t->product = up_alloc(bytes);
	t->diagonal = up_alloc(bytes);
	t->scaled = up_alloc(bytes);
	t->dense = t->p->width <= DENSE_WIDTH;
	return t;
}

static void
step_free(NewtonStep *t)
{
	up_free(t->s);
	up_free(t->residual);
	up_free(t->direction);
	up_free(t->product);
	up_free(t->diagonal);
	up_free(t->scaled);
	up_free(t->h);
	up_free(t);
}

/* By the matrix and its Cholesky factor. */
static void
solve_dense(NewtonStep *t, const double *g)
{
	size_t d = t->p->width, ld = UP_SYRK_PAD(d);
	bool *skipped = up_alloc_array(d, sizeof(bool));
	double factor;
	const double *sums = up_svm_matrix(t->work, &factor);

	if (t->h == NULL)
		t->h = up_alloc_array(ld * ld, sizeof(double));
	for (size_t i = 0; i < ld * ld; i++)
		t->h[i] = t->p->C * factor * sums[i];
	for (size_t i = 0; i < d; i++)
	{
		t->h[i * ld + i] += ridge_of(t->p, i);
		t->s[i] = -g[i];
	}
	/* The matrix is at least the identity: rounding alone can bring a pivot below 1. */
	up_dense_cholesky(t->h, d, ld, 0, skipped);
	up_dense_solve(t->h, d, ld, skipped, t->s);
	up_free(skipped);
}

/* out = (R + Σ k_i x_i x_i') v. */
static void
multiply(NewtonStep *t, const double *v, double *out)
{
	up_svm_times(t->work, v, out);
	for (size_t j = 0; j < t->p->width; j++)
		out[j] = t->p->C * out[j] + ridge_of(t->p, j) * v[j];
}

static void
precondition(NewtonStep *t)
{
	up_svm_diagonal(t->work, t->diagonal);
	for (size_t j = 0; j < t->p->width; j++)
		t->diagonal[j] = 1 / UP_MAX(t->p->C * t->diagonal[j] + ridge_of(t->p, j), SMALLEST);
}

/* True if the rounds sufficed. */
static bool
solve_rounds(NewtonStep *t, const double *g, size_t rounds)
{
	size_t d = t->p->width;
	double *r = t->residual, *v = t->direction, *z = t->scaled, old, aim;

	precondition(t);
	memset(t->s, 0, d * sizeof(double));
	for (size_t j = 0; j < d; j++)
	{
		r[j] = -g[j];
		v[j] = z[j] = t->diagonal[j] * r[j];
	}
	old = up_vec_dot(r, z, d);
	aim = t->precision * t->precision * old;
	for (size_t round = 0; round < rounds && old > 0; round++)
	{
		double curve, a, now;

		multiply(t, v, t->product);
		curve = up_vec_dot(v, t->product, d);
		if (!(curve > 0))
			return true;
		a = old / curve;
		up_vec_axpy(t->s, a, v, d);
		up_vec_axpy(r, -a, t->product, d);
		for (size_t j = 0; j < d; j++)
			z[j] = t->diagonal[j] * r[j];
		now = up_vec_dot(r, z, d);
		if (now <= aim)
			return true;
		for (size_t j = 0; j < d; j++)
			v[j] = z[j] + now / old * v[j];
		old = now;
	}
	return !(old > 0);
}

static void
step_solve(NewtonStep *t, const double *g)
{
	size_t d = t->p->width;

	if (t->dense)
		solve_dense(t, g);
	else if (d > LARGEST)
		solve_rounds(t, g, MOST_ROUNDS);
	else
		t->dense = !solve_rounds(t, g, 4 + d / 20 + d * d / (6 * t->work->n_curved + 1));
	t->work->list = !t->dense;
}

/* ---- the method ---- */

#define LINE_STEPS 40
#define LAST_DELTA 1e-9 /* of the first */

typedef struct Newton
{
	const UpSvmProblem *p;
	UpSvmWork work;
	double *w;
	double *g;     /* gradient */
	double *slope; /* of the losses a unit of C */
	NewtonStep *step;
	double centred; /* derivative by a free bias that counts as none */
	bool moved;     /* from where it began */
} Newton;

/* Products of the weights that cost. */
static double
ridge_dot(const UpSvmProblem *p, const double *a, const double *b)
{
	double all = up_vec_dot(a, b, p->width);

	return p->free_bias ? all - a[p->bias] * b[p->bias] : all;
}

/* How far to go to where the derivative of the objective is at most aim; ws, ss: products of w and the step. unit: of a step of the scores alone, or 0. */
static double
line_search(Newton *k, UpSvmAlong at, double ws, double ss, double unit, double aim)
{
	double low = 0, high = INFINITY, a = 1;

	for (int i = 0; i < LINE_STEPS; i++)
	{
		double first = k->p->C * at.first + ws + a * ss, next;

		if (fabs(first) <= aim)
			break;
		if (first < 0)
			low = a;
		else
			high = a;
		next = a - first / (k->p->C * at.second + ss);
		if (!(next > low && next < high))
			next = isinf(high) ? 2 * a : (low + high) / 2;
		a = next;
		if (i + 1 < LINE_STEPS)
			at = up_svm_along(&k->work, a, unit);
	}
	return a;
}

/* Sets a free bias to its minimum. */
static void
centre(Newton *k)
{
	const UpSvmProblem *p = k->p;
	double first, unit, a;

	if (!p->free_bias)
		return;
	first = p->C * up_svm_along(&k->work, 0, 1).first;
	if (fabs(first) <= k->centred)
		return;
	unit = first > 0 ? -1 : 1;
	a = line_search(k, up_svm_along(&k->work, 1, unit), 0, 0, unit, k->centred);
	k->w[p->bias] += a * unit;
	k->work.step = a;
	k->work.unit = unit;
}

/* Whether w is where a problem has ended that has told what is known there. */
static bool
is_known(const Newton *k)
{
	const UpSvmEnd *end = k->p->end;

	return end != NULL && end->looked && !k->moved && k->p->loss == UP_SVM_SQUARED_HINGE && !k->work.list;
}

static void
recall(Newton *k)
{
	const UpSvmEnd *end = k->p->end;

	memcpy(k->slope, end->slope, k->p->width * sizeof(double));
	k->work.losses = end->losses;
	k->work.n_curved = end->n_curved;
	k->work.n_flipped = end->n_flipped;
}

/* What is known at w, for the next problem. */
static void
tell_end(const Newton *k)
{
	UpSvmEnd *end = k->p->end;

	if (end == NULL)
		return;
	end->known = true;
	end->looked = k->p->loss == UP_SVM_SQUARED_HINGE;
	memcpy(end->slope, k->slope, k->p->width * sizeof(double));
	end->losses = k->work.losses;
	end->n_curved = k->work.n_curved;
	end->n_flipped = k->work.n_flipped;
}

/* Gradient into g, and what else is to be known at w. */
static void
look(Newton *k)
{
	const UpSvmProblem *p = k->p;

	if (is_known(k))
		recall(k);
	else
		up_svm_look(&k->work, p->free_bias ? k->w[p->bias] : 0, k->slope);
	for (size_t j = 0; j < p->width; j++)
		k->g[j] = p->C * k->slope[j] + ridge_of(p, j) * k->w[j];
}

/* After a look: ½‖w‖² + C Σ c l(z) for the loss itself, not its smoothing. */
static double
objective(const Newton *k)
{
	return ridge_dot(k->p, k->w, k->w) / 2 + k->p->C * k->work.losses;
}

/*
 * The dual value of a_i = C c_i slope(z_i): Σ a_i (z_i + s_i f_i) - ½‖u‖², u = Σ a_i s_i x_i. After a look, w - u is
 * the gradient. A free bias is taken out of f, so that what rounding leaves of Σ a_i s_i is not multiplied by it.
 */
static double
dual_value(const Newton *k)
{
	const UpSvmProblem *p = k->p;
	double norm = 0;

	for (size_t j = 0; j < p->width; j++)
		norm += ridge_of(p, j) * (k->w[j] - k->g[j]) * (k->w[j] - k->g[j]);
	return k->p->C * k->work.dual - norm / 2;
}

static bool
is_zero(const double *w, size_t n)
{
	for (size_t j = 0; j < n; j++)
	{
		if (w[j] != 0)
			return false;
	}
	return true;
}

static void
start(Newton *k, const UpSvmProblem *p, double *w, double *scores)
{
	memset(k, 0, sizeof(*k));
	k->p = p;
	k->w = w;
	k->g = up_alloc_array(2 * p->width, sizeof(double));
	k->slope = k->g + p->width;
	up_svm_work_init(&k->work, p, scores);
	k->step = step_new(&k->work);
	k->work.list = !k->step->dense;
	for (size_t i = 0; p->free_bias && i < p->n; i++)
		k->centred += 1e-12 * p->C * p->cost[i];
	/* From 0 the first step of squares is a little longer, as more and more rows do not count; smoothed losses bend any step. */
	k->work.far = p->loss != UP_SVM_SQUARED_HINGE || is_zero(w, p->width);
	if (!is_zero(w, p->width) && (p->end == NULL || !p->end->known))
		up_svm_scores(&k->work, w);
}

static void
finish(Newton *k)
{
	step_free(k->step);
	up_svm_work_free(&k->work);
	up_free(k->g);
}

static void
take_step(Newton *k, UpSvmResult *r)
{
	const UpSvmProblem *p = k->p;
	const double *s = k->step->s;
	UpSvmAlong before, after;
	double a, ws, ss;

	step_solve(k->step, k->g);
	up_svm_direct(&k->work, s, &before, &after);
	ws = ridge_dot(p, k->w, s);
	ss = ridge_dot(p, s, s);
	a = line_search(k, after, ws, ss, 0, 0.01 * fabs(p->C * before.first + ws));
	up_vec_axpy(k->w, a, s, p->width);
	k->work.step = a;
	k->work.unit = 0;
	k->moved = true;
	k->work.far = k->work.delta > 0;
	up_progress("support vector machine: Newton steps", (uint64_t) ++r->iterations, 0);
}

/* ‖gradient at w = 0‖ of a unit of the squared hinge, scaled as LIBLINEAR's stopping rule has it. there: that is where the slope is. */
static double
gradient_scale(Newton *k, bool there)
{
	const UpSvmProblem *p = k->p;
	double *u = k->slope, positive = 0, counted = 0, norm;

	if (p->end != NULL && p->end->scale > 0)
		return p->end->scale;
	if (!there)
	{
		u = up_alloc_array(p->width, sizeof(double));
		up_svm_gradient_at_zero(&k->work, u);
	}
	for (size_t i = 0; i < p->n; i++)
	{
		counted += p->cost[i] > 0;
		positive += p->cost[i] > 0 && p->y[i] > 0;
	}
	norm = sqrt(up_vec_dot(u, u, p->width));
	if (u != k->slope)
		up_free(u);
	norm *= UP_MAX(UP_MIN(positive, counted - positive), 1) / UP_MAX(counted, 1);
	if (p->end != NULL)
		p->end->scale = norm;
	return norm;
}

static void
minimize_squared(Newton *k, UpSvmResult *r)
{
	bool at_zero = is_zero(k->w, k->p->width);
	double scale = at_zero ? 0 : k->p->C * gradient_scale(k, false);

	k->work.delta = 0;
	for (;;)
	{
		double norm;

		look(k);
		if (at_zero)
			scale = k->p->C * gradient_scale(k, true);
		at_zero = false;
		norm = sqrt(up_vec_dot(k->g, k->g, k->p->width));
		r->tolerance = scale > 0 ? norm / scale : 0;
		r->converged = r->tolerance <= k->p->tol && norm * norm / 2 <= k->p->tol * objective(k);
		if (r->converged || !isfinite(r->tolerance) || r->iterations >= k->p->max_iter)
			return;
		/* No closer than the end of it all asks for. */
		k->step->precision = UP_MAX(UP_MIN(0.1, 0.3 * k->p->tol / r->tolerance), 0.01);
		take_step(k, r);
	}
}

/*
 * One smoothing, to where it is minimized well enough for the next; true once the gap is small enough. The gap is what
 * smoothing adds, Σ C_i z_i (1 - slope(z_i)), which falls with δ, and ½‖gradient‖². next: δ for which the first is small enough.
 */
static bool
minimize_smoothed(Newton *k, UpSvmResult *r, double *next)
{
	for (;;)
	{
		double primal, gap, rest, smoothing, wanted;

		centre(k);
		look(k);
		primal = objective(k);
		wanted = k->p->tol * primal;
		gap = primal - dual_value(k);
		rest = ridge_dot(k->p, k->g, k->g) / 2;
		smoothing = gap - rest;
		r->tolerance = primal > 0 ? gap / primal : 0;
		r->converged = r->tolerance <= k->p->tol;
		if (r->converged || !isfinite(r->tolerance) || r->iterations >= k->p->max_iter)
			return true;
		*next = UP_MAX(0.3, UP_MIN(0.4 * wanted / smoothing, 0.5)) * k->work.delta;
		if (rest <= 0.1 * gap)
			return false;
		k->step->precision = 0.1;
		take_step(k, r);
		/* -g·s / 2 is about what this smoothing still had to give. */
		if (smoothing > 0.5 * wanted && -up_vec_dot(k->g, k->step->s, k->p->width) <= 0.2 * smoothing)
			return false;
	}
}

/* What the smoothing starts with: the unit of z, and such that rows are curved at w = 0. */
static double
first_delta(const UpSvmProblem *p)
{
	double mean = 0, largest = 0, squares = 0, n = (double) p->n;

	if (p->loss != UP_SVM_EPSILON)
		return 2;
	for (size_t i = 0; i < p->n; i++)
		mean += p->y[i] / n;
	for (size_t i = 0; i < p->n; i++)
		largest = UP_MAX(largest, fabs(p->y[i] - mean));
	if (!(largest > 0) || isinf(largest))
		return 1;
	/* In shares of the largest, whose square may be no number. */
	for (size_t i = 0; i < p->n; i++)
		squares += (p->y[i] - mean) / largest * ((p->y[i] - mean) / largest);
	return largest * sqrt(squares / n);
}

UpSvmResult
up_svm_newton(const UpSvmProblem *p, double *w, double *scores)
{
	Newton k;
	UpSvmResult r = {0};

	UP_ASSERT(p->width >= UP_ROWS_MIN && (!p->free_bias || p->bias < p->width));
	start(&k, p, w, scores);
	if (p->loss == UP_SVM_SQUARED_HINGE)
		minimize_squared(&k, &r);
	else
	{
		double first = first_delta(p), next;

		for (k.work.delta = first; k.work.delta >= LAST_DELTA * first; k.work.delta = next)
		{
			if (minimize_smoothed(&k, &r, &next))
				break;
		}
	}
	if (k.work.step != 0)
		look(&k);
	r.objective = objective(&k);
	tell_end(&k);
	finish(&k);
	return r;
}
