/*
 * svm_newton.c - linear support vector machines in the primal, by Newton's method
 *
 * Minimizes ½‖w‖² + Σ C_i l(z_i) with z_i = 1 - y_i w·x_i for two classes, |y_i - w·x_i| - ε for regression, and one of
 * two losses (Chapelle 2007; Keerthi, DeCoste 2005; Ho, Lin 2012):
 *
 *   squared         l(z) = max(0, z)²: quadratic on the active rows, so that a step with the right set of active rows
 *                   is exact. Stops when the gradient is at most tol · (rows of the smaller class / rows) · the one at 0,
 *                   and the gap to the dual, which is ½‖gradient‖², at most tol of the objective.
 *   absolute        Huber's smoothing h_δ(z) = 0, z²/2δ or z - δ/2 for z <= 0, z <= δ, z > δ, lowered up to threefold
 *                   from 2 (the deviation of y). a_i = C_i min(1, max(0, z_i/δ)) is feasible in the dual, so the gap between
 *                   the objective and Σ a_i (z_i at w = 0) - ½‖Σ a_i s_i x_i‖² is known, s_i = -∂z_i/∂(w·x_i); it stops
 *                   when that is at most tol of the objective. A bias that costs nothing makes Σ a_i s_i = 0 a condition
 *                   of the dual, so it is set to its minimum before each look.
 *
 * A step solves (R + Σ_curved k_i x_i x_i') s = -gradient, nearly, then goes along s to where the derivative of
 * the objective (which needs x_i·s alone) has become small.
 *
 * Arrays: n rows of d values, w of d. Cost of a step: 2 n d and the system.
 */
#include "learn/svm/svm_newton.h"

#include "num/dense.h"
#include "num/vec.h"
#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

/* (R + Σ k_i x_i x_i') s = -g over the curved rows; R is the identity, 0 for the free bias. */
typedef struct NewtonStep
{
	const UpSvmProblem *p;
	uint32_t *rows; /* of the problem, which are curved */
	double *k;      /* above 0 */
	size_t n;
	double *s;        /* solution, width values */
	bool dense;       /* conjugate gradients have proved to be the dearer way */
	double precision; /* of conjugate gradients: ‖residual‖ against ‖g‖ */

	/* of conjugate gradients: width values each */
	double *residual, *direction, *product, *diagonal, *scaled;
	double *t; /* a block of rows */
	/* of the dense system, made when it is wanted */
	double *h, *packed;
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

#define BLOCK_ROWS   512
#define BLOCK_VALUES 32768 /* of a block that is to stay in a cache between its two uses */
#define DENSE_WIDTH  192   /* up to so many columns the matrix is always cheaper */
#define LARGEST      4096  /* side of a matrix that is made at all */
#define MOST_ROUNDS  1000
#define SMALLEST     1e-12 /* element of the preconditioner */

static NewtonStep *
step_new(const UpSvmProblem *p)
{
	NewtonStep *t = up_alloc0(sizeof(NewtonStep));

	t->p = p;
	t->rows = up_alloc_array(UP_MAX(p->n, 1), sizeof(uint32_t));
	t->k = up_alloc_array(UP_MAX(p->n, 1), sizeof(double));
	t->s = up_alloc0(p->width * sizeof(double));
	t->t = up_alloc_array(BLOCK_ROWS, sizeof(double));
	t->residual = up_alloc_array(p->width, sizeof(double));
	t->direction = up_alloc_array(p->width, sizeof(double));
	t->product = up_alloc_array(p->width, sizeof(double));
	t->diagonal = up_alloc_array(p->width, sizeof(double));
	t->scaled = up_alloc_array(p->width, sizeof(double));
	t->dense = p->width <= DENSE_WIDTH;
	return t;
}

static void
step_free(NewtonStep *t)
{
	up_free(t->rows);
	up_free(t->k);
	up_free(t->s);
	up_free(t->t);
	up_free(t->residual);
	up_free(t->direction);
	up_free(t->product);
	up_free(t->diagonal);
	up_free(t->scaled);
	up_free(t->h);
	up_free(t->packed);
	up_free(t);
}

/* Σ k_i x_i x_i' into h. */
static void
make_matrix(NewtonStep *t)
{
	const UpSvmProblem *p = t->p;
	size_t ld = UP_SYRK_PAD(p->width);

	if (t->h == NULL)
	{
		t->h = up_alloc_array(ld * ld, sizeof(double));
		t->packed = up_alloc0(BLOCK_ROWS * ld * sizeof(double));
	}
	memset(t->h, 0, ld * ld * sizeof(double));
	for (size_t first = 0; first < t->n; first += BLOCK_ROWS)
	{
		size_t rows = UP_MIN(BLOCK_ROWS, t->n - first);

		for (size_t i = 0; i < rows; i++)
		{
			const double *x = p->x + (size_t) t->rows[first + i] * p->width;
			double root = sqrt(t->k[first + i]), *row = t->packed + i * ld;

			for (size_t j = 0; j < p->width; j++)
				row[j] = root * x[j];
		}
		/* In parts, as a block of a wide matrix is some tenths of a second. */
		for (size_t part = 0; part < rows; part += 64)
		{
			up_tick();
			up_vec_syrk(t->h, ld, t->packed + part * ld, UP_MIN(64, rows - part));
		}
	}
}

/* h's upper triangle becomes its Cholesky factor, then s. */
static void
solve_dense(NewtonStep *t, const double *g)
{
	size_t d = t->p->width, ld = UP_SYRK_PAD(d);
	bool *skipped = up_alloc_array(d, sizeof(bool));

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

static size_t
block_rows(const UpSvmProblem *p)
{
	return UP_MAX(UP_MIN(BLOCK_ROWS, BLOCK_VALUES / p->width), 8);
}

/* out = (R + Σ k_i x_i x_i') v, a block of rows at a time. */
static void
multiply(NewtonStep *t, const double *v, double *out)
{
	const UpSvmProblem *p = t->p;
	size_t block = block_rows(p);

	for (size_t j = 0; j < p->width; j++)
		out[j] = ridge_of(p, j) * v[j];
	for (size_t first = 0; first < t->n; first += block)
	{
		size_t rows = UP_MIN(block, t->n - first);
		const uint32_t *at = t->rows + first;

		if (first / block % 16 == 0)
			up_tick();
		up_vec_rows_dot_at(t->t, p->x, at, rows, p->width, v);
		for (size_t i = 0; i < rows; i++)
			t->t[i] *= t->k[first + i];
		up_vec_rows_axpy(out, p->x, p->width, at, t->t, rows);
	}
}

/* The diagonal of the matrix. */
static void
precondition(NewtonStep *t)
{
	const UpSvmProblem *p = t->p;
	double *sum = t->diagonal;

	for (size_t j = 0; j < p->width; j++)
		sum[j] = ridge_of(p, j);
	for (size_t i = 0; i < t->n; i++)
	{
		const double *x = p->x + (size_t) t->rows[i] * p->width;
		double k = t->k[i];

		if (i % 256 == 0)
			up_tick();
		for (size_t j = 0; j < p->width; j++)
			sum[j] += k * x[j] * x[j];
	}
	for (size_t j = 0; j < p->width; j++)
		sum[j] = 1 / UP_MAX(sum[j], SMALLEST);
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
	{
		make_matrix(t);
		solve_dense(t, g);
	}
	else if (d > LARGEST)
		solve_rounds(t, g, MOST_ROUNDS);
	else
		t->dense = !solve_rounds(t, g, 4 + d / 20 + d * d / (6 * t->n + 1));
}

/* ---- the method ---- */

#define LINE_STEPS 40
#define LAST_DELTA 1e-9 /* of the first */

typedef struct Newton
{
	const UpSvmProblem *p;
	double delta; /* smoothing; 0: the square */
	double *w;
	double *f; /* x · w */
	double *t; /* x · s */
	double *g; /* gradient */
	uint32_t *rows;
	double *weights; /* BLOCK_ROWS each */
	NewtonStep *step;
} Newton;

/* First two derivatives of the loss by z. */
static inline double
slope(double delta, double z)
{
	if (z <= 0)
		return 0;
	if (delta == 0)
		return 2 * z;
	return z < delta ? z / delta : 1;
}

static inline double
curvature(double delta, double z)
{
	if (z <= 0 || (delta > 0 && z >= delta))
		return 0;
	return delta == 0 ? 2 : 1 / delta;
}

/* z of a row with score f; s: -1 times its derivative by f. */
static inline double
deviation(const UpSvmProblem *p, size_t i, double f, double *s)
{
	double y = p->y[i];

	if (p->loss != UP_SVM_EPSILON)
	{
		*s = y;
		return 1 - y * f;
	}
	*s = y > f ? 1 : -1;
	return fabs(y - f) - p->epsilon;
}

static void
row_products(const UpSvmProblem *p, const double *v, double *out)
{
	size_t every = UP_MAX((size_t) 1000000 / p->width, BLOCK_ROWS) / BLOCK_ROWS;

	for (size_t first = 0; first < p->n; first += BLOCK_ROWS)
	{
		if (first / BLOCK_ROWS % every == 0)
			up_tick();
		up_vec_rows_dot(out + first, p->x + first * p->width, UP_MIN(BLOCK_ROWS, p->n - first), p->width, v);
	}
}

/* Gradient into g, and the curved rows for the step. */
static void
derivatives(Newton *k)
{
	const UpSvmProblem *p = k->p;
	NewtonStep *step = k->step;

	for (size_t j = 0; j < p->width; j++)
		k->g[j] = ridge_of(p, j) * k->w[j];
	step->n = 0;
	for (size_t first = 0; first < p->n; first += BLOCK_ROWS)
	{
		size_t rows = UP_MIN(BLOCK_ROWS, p->n - first), sloped = 0;

		up_tick();
		for (size_t i = 0; i < rows; i++)
		{
			double c = p->cost[first + i], s, z = deviation(p, first + i, k->f[first + i], &s);

			if (!(z > 0) || c == 0)
				continue;
			k->rows[sloped] = (uint32_t) i;
			k->weights[sloped++] = -c * slope(k->delta, z) * s;
			if (curvature(k->delta, z) > 0)
			{
				step->rows[step->n] = (uint32_t) (first + i);
				step->k[step->n++] = c * curvature(k->delta, z);
			}
		}
		/* In parts, that wide rows are still in the cache when their next columns are read. */
		for (size_t part = 0; part < sloped; part += 64)
			up_vec_rows_axpy(k->g, p->x + first * p->width, p->width, k->rows + part, k->weights + part,
							 UP_MIN(64, sloped - part));
	}
}

/* The derivative of the objective at w + a s by a, and its own derivative. */
static double
along(const Newton *k, double a, double ws, double ss, double *second)
{
	const UpSvmProblem *p = k->p;
	double first = ws + a * ss, curve = ss;

	for (size_t i = 0; i < p->n; i++)
	{
		double t = k->t[i], s, z = deviation(p, i, k->f[i] + a * t, &s);

		first -= p->cost[i] * slope(k->delta, z) * s * t;
		curve += p->cost[i] * curvature(k->delta, z) * t * t;
	}
	*second = curve;
	return first;
}

/* How far to go along s: to where the derivative is at most aim. */
static double
line_search(const Newton *k, double ws, double ss, double aim)
{
	double second;
	double low = 0, high = INFINITY, a = 1;

	for (int i = 0; i < LINE_STEPS; i++)
	{
		double first = along(k, a, ws, ss, &second), next;

		up_tick();
		if (fabs(first) <= aim)
			break;
		if (first < 0)
			low = a;
		else
			high = a;
		next = a - first / second;
		if (!(next > low && next < high))
			next = isinf(high) ? 2 * a : (low + high) / 2;
		a = next;
	}
	return a;
}

/* Products of the weights that cost. */
static double
ridge_dot(const UpSvmProblem *p, const double *a, const double *b)
{
	double all = up_vec_dot(a, b, p->width);

	return p->free_bias ? all - a[p->bias] * b[p->bias] : all;
}

/* ½‖w‖² + Σ C l(z) for the loss itself, not its smoothing. */
static double
objective(const Newton *k)
{
	const UpSvmProblem *p = k->p;
	double sum = 0;

	for (size_t i = 0; i < p->n; i++)
	{
		double s, z = UP_MAX(deviation(p, i, k->f[i], &s), 0);

		sum += p->cost[i] * (p->loss == UP_SVM_SQUARED_HINGE ? z * z : z);
	}
	return ridge_dot(p, k->w, k->w) / 2 + sum;
}

/* Sets a free bias to its minimum. */
static void
centre(Newton *k)
{
	const UpSvmProblem *p = k->p;
	double second, first, sign, a, aim = 0;

	if (!p->free_bias)
		return;
	for (size_t i = 0; i < p->n; i++)
	{
		k->t[i] = 1;
		aim += 1e-12 * p->cost[i];
	}
	first = along(k, 0, 0, 0, &second);
	if (fabs(first) <= aim)
		return;
	sign = first > 0 ? -1 : 1;
	for (size_t i = 0; i < p->n; i++)
		k->t[i] = sign;
	a = line_search(k, 0, 0, aim);
	k->w[p->bias] += a * sign;
	up_vec_axpy(k->f, a, k->t, p->n);
}

/*
 * The dual value of a_i = C_i slope(z_i): Σ a_i (z_i + s_i f_i) - ½‖u‖², u = Σ a_i s_i x_i. At the start of a step, w - u is
 * the gradient. A free bias is taken out of f, so that what rounding leaves of Σ a_i s_i is not multiplied by it.
 */
static double
dual_value(const Newton *k)
{
	const UpSvmProblem *p = k->p;
	double sum = 0, norm = 0, bias = p->free_bias ? k->w[p->bias] : 0;

	for (size_t i = 0; i < p->n; i++)
	{
		double s, z = deviation(p, i, k->f[i], &s);

		if (z > 0)
			sum += p->cost[i] * slope(k->delta, z) * (z + s * (k->f[i] - bias));
	}
	for (size_t j = 0; j < p->width; j++)
		norm += ridge_of(p, j) * (k->w[j] - k->g[j]) * (k->w[j] - k->g[j]);
	return sum - norm / 2;
}

static Newton *
new_newton(const UpSvmProblem *p, double *w, double *scores)
{
	Newton *k = up_alloc0(sizeof(Newton));

	k->p = p;
	k->w = w;
	k->f = scores;
	k->t = up_alloc_array(p->n, sizeof(double));
	k->g = up_alloc_array(p->width, sizeof(double));
	k->rows = up_alloc_array(BLOCK_ROWS, sizeof(uint32_t));
	k->weights = up_alloc_array(BLOCK_ROWS, sizeof(double));
	k->step = step_new(p);
	row_products(p, w, scores);
	return k;
}

static void
free_newton(Newton *k)
{
	step_free(k->step);
	up_free(k->t);
	up_free(k->g);
	up_free(k->rows);
	up_free(k->weights);
	up_free(k);
}

static void
take_step(Newton *k, UpSvmResult *r)
{
	const UpSvmProblem *p = k->p;
	const double *s = k->step->s;
	double a, ws, ss, second;

	step_solve(k->step, k->g);
	row_products(p, s, k->t);
	ws = ridge_dot(p, k->w, s);
	ss = ridge_dot(p, s, s);
	a = line_search(k, ws, ss, 0.01 * fabs(along(k, 0, ws, ss, &second)));
	up_vec_axpy(k->w, a, s, p->width);
	up_vec_axpy(k->f, a, k->t, p->n);
	up_progress("support vector machine: Newton steps", (uint64_t) ++r->iterations, 0);
}

/* ‖gradient at w = 0‖ of the squared hinge, scaled as LIBLINEAR's stopping rule has it. */
static double
gradient_scale(const UpSvmProblem *p)
{
	double *u = up_alloc0(p->width * sizeof(double));
	double positive = 0, counted = 0, norm;

	for (size_t i = 0; i < p->n; i++)
	{
		if (i % 256 == 0)
			up_tick();
		if (p->cost[i] == 0)
			continue;
		counted++;
		positive += p->y[i] > 0;
		up_vec_axpy(u, -2 * p->cost[i] * p->y[i], p->x + i * p->width, p->width);
	}
	norm = sqrt(up_vec_dot(u, u, p->width));
	up_free(u);
	return norm * UP_MAX(UP_MIN(positive, counted - positive), 1) / UP_MAX(counted, 1);
}

static void
minimize_squared(Newton *k, UpSvmResult *r)
{
	double scale = gradient_scale(k->p);

	k->delta = 0;
	for (;;)
	{
		double norm;

		derivatives(k);
		norm = sqrt(up_vec_dot(k->g, k->g, k->p->width));
		r->tolerance = scale > 0 ? norm / scale : 0;
		r->converged = r->tolerance <= k->p->tol && norm * norm / 2 <= k->p->tol * objective(k);
		if (r->converged || r->iterations >= k->p->max_iter)
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
		derivatives(k);
		primal = objective(k);
		wanted = k->p->tol * primal;
		gap = primal - dual_value(k);
		rest = ridge_dot(k->p, k->g, k->g) / 2;
		smoothing = gap - rest;
		r->tolerance = primal > 0 ? gap / primal : 0;
		r->converged = r->tolerance <= k->p->tol;
		if (r->converged || r->iterations >= k->p->max_iter)
			return true;
		*next = UP_MAX(0.3, UP_MIN(0.4 * wanted / smoothing, 0.5)) * k->delta;
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
	double sum = 0, squares = 0, n = 0;

	if (p->loss != UP_SVM_EPSILON)
		return 2;
	for (size_t i = 0; i < p->n; i++)
	{
		sum += p->y[i];
		n++;
	}
	for (size_t i = 0; i < p->n; i++)
		squares += (p->y[i] - sum / n) * (p->y[i] - sum / n);
	return squares > 0 ? sqrt(squares / n) : 1;
}

UpSvmResult
up_svm_newton(const UpSvmProblem *p, double *w, double *scores)
{
	Newton *k = new_newton(p, w, scores);
	UpSvmResult r = {0};

	UP_ASSERT(p->width >= UP_ROWS_MIN && (!p->free_bias || p->bias < p->width));
	if (p->loss == UP_SVM_SQUARED_HINGE)
		minimize_squared(k, &r);
	else
	{
		double first = first_delta(p), next;

		for (k->delta = first; k->delta >= LAST_DELTA * first; k->delta = next)
		{
			if (minimize_smoothed(k, &r, &next))
				break;
		}
	}
	r.objective = objective(k);
	free_newton(k);
	return r;
}
