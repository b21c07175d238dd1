/*
 * svm_newton.c - the linear support vector machine in the primal, by Newton's method
 *
 * Minimizes ½‖w‖² + Σ C_i l(z_i), z_i = 1 - y_i w·x_i, with one of two losses (Chapelle 2007; Keerthi, DeCoste 2005):
 *
 *   squared hinge   l(z) = max(0, z)²: quadratic on the active rows, so that a step with the right set of active rows
 *                   is exact. Stops when the gradient is at most tol · (rows of the smaller class / rows) · the one at 0.
 *   hinge           Huber's smoothing h_δ(z) = 0, z²/2δ or z - δ/2 for z <= 0, z <= δ, z > δ, with δ lowered tenfold
 *                   from 1. a_i = C_i min(1, max(0, z_i/δ)) is feasible in the dual, so the gap between the hinge
 *                   objective and Σ a_i - ½‖Σ a_i y_i x_i‖² is known; it stops when that is at most tol of the
 *                   objective.
 *
 * A step solves (I + Σ_active k_i x_i x_i') s = -gradient by Cholesky's factors, then goes along s to where the
 * derivative of the objective (which needs x_i·s alone) has become small.
 *
 * Arrays: n rows of d values, w of d. Cost of a step: 2 n d + a d²/2 + d³/3 for a active rows.
 */
#include "learn/svm/svm.h"

#include "num/vec.h"
#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS  512
#define LINE_STEPS  30
#define FIRST_DELTA 1.0
#define LAST_DELTA  1e-9

typedef struct Newton
{
	const UpSvmProblem *p;
	double delta; /* smoothing of the hinge; 0: squared hinge */
	size_t ld;    /* side of the matrix */
	double *w;
	double *f;      /* x · w */
	double *t;      /* x · s */
	double *s;      /* step */
	double *g;      /* gradient */
	double *h;      /* ld × ld */
	double *packed; /* BLOCK_ROWS × ld */
	uint32_t *rows; /* BLOCK_ROWS */
	double *weights;
} Newton;

/* Loss of one row, and its first two derivatives by z. */
static inline double
loss(double delta, double z)
{
	if (z <= 0)
		return 0;
	if (delta == 0)
		return z * z;
	return z < delta ? z * z / (2 * delta) : z - delta / 2;
}

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

static void
row_products(const UpSvmProblem *p, const double *v, double *out)
{
	for (size_t first = 0; first < p->n; first += BLOCK_ROWS)
	{
		if (first % (16 * BLOCK_ROWS) == 0)
			up_tick();
		up_vec_rows_dot(out + first, p->x + first * p->width, UP_MIN(BLOCK_ROWS, p->n - first), p->width, v);
	}
}

/* Gradient into g, curvature matrix without the identity into h. */
static void
derivatives(Newton *k)
{
	const UpSvmProblem *p = k->p;

	memcpy(k->g, k->w, p->width * sizeof(double));
	memset(k->h, 0, k->ld * k->ld * sizeof(double));
	for (size_t first = 0; first < p->n; first += BLOCK_ROWS)
	{
		size_t rows = UP_MIN(BLOCK_ROWS, p->n - first), sloped = 0, curved = 0;
		const double *x = p->x + first * p->width;

		if (first % (4 * BLOCK_ROWS) == 0)
			up_tick();
		for (size_t i = 0; i < rows; i++)
		{
			double y = p->y[first + i], c = p->cost[first + i], z = 1 - y * k->f[first + i];

			if (!(z > 0) || c == 0)
				continue;
			k->rows[sloped] = (uint32_t) i;
			k->weights[sloped++] = -c * slope(k->delta, z) * y;
			if (curvature(k->delta, z) > 0)
			{
				double root = sqrt(c * curvature(k->delta, z));
				double *row = k->packed + curved++ * k->ld;

				for (size_t j = 0; j < p->width; j++)
					row[j] = root * x[i * p->width + j];
			}
		}
		up_vec_rows_axpy(k->g, x, p->width, k->rows, k->weights, sloped);
		up_vec_syrk(k->h, k->ld, k->packed, curved);
	}
}

/* Solves (I + h) s = -g; h's upper triangle becomes its Cholesky factor. */
static void
solve(Newton *k)
{
	size_t d = k->p->width, ld = k->ld;
	double *h = k->h;

	for (size_t i = 0; i < d; i++)
	{
		double *row = h + i * ld;
		double pivot;

		if (i % 16 == 0)
			up_tick();
		row[i] += 1;
		for (size_t m = 0; m < i; m++)
		{
			double factor = h[m * ld + i];

			if (factor != 0)
				up_vec_axpy(row + i, -factor, h + m * ld + i, d - i);
		}
		/* The matrix is at least the identity; rounding alone can bring a pivot below 1. */
		pivot = sqrt(UP_MAX(row[i], 1e-12));
		up_vec_scale(row + i, 1 / pivot, d - i);
		row[i] = pivot;
	}
	for (size_t i = 0; i < d; i++)
	{
		double v = -k->g[i];

		for (size_t m = 0; m < i; m++)
			v -= h[m * ld + i] * k->s[m];
		k->s[i] = v / h[i * ld + i];
	}
	for (size_t i = d; i-- > 0;)
		k->s[i] = (k->s[i] - up_vec_dot(h + i * ld + i + 1, k->s + i + 1, d - i - 1)) / h[i * ld + i];
}

/* The derivative of the objective at w + a s by a, and its own derivative. */
static double
along(const Newton *k, double a, double ws, double ss, double *second)
{
	const UpSvmProblem *p = k->p;
	double first = ws + a * ss, curve = ss;

	for (size_t i = 0; i < p->n; i++)
	{
		double yt = p->y[i] * k->t[i], z = 1 - p->y[i] * k->f[i] - a * yt;

		first -= p->cost[i] * slope(k->delta, z) * yt;
		curve += p->cost[i] * curvature(k->delta, z) * yt * yt;
	}
	*second = curve;
	return first;
}

/* How far to go along s: the derivative there is a tenth of the one at the start, or less. */
static double
line_search(const Newton *k)
{
	double ws = up_vec_dot(k->w, k->s, k->p->width), ss = up_vec_dot(k->s, k->s, k->p->width);
	double second, start = fabs(along(k, 0, ws, ss, &second));
	double low = 0, high = INFINITY, a = 1;

	for (int i = 0; i < LINE_STEPS; i++)
	{
		double first = along(k, a, ws, ss, &second), next;

		up_tick();
		if (fabs(first) <= 0.1 * start)
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

static double
squared_norm(const double *v, size_t n)
{
	return up_vec_dot(v, v, n);
}

/* ½‖w‖² + Σ C l(z) for the loss itself, not its smoothing. */
static double
objective(const Newton *k)
{
	const UpSvmProblem *p = k->p;
	double sum = 0;

	for (size_t i = 0; i < p->n; i++)
	{
		double z = UP_MAX(1 - p->y[i] * k->f[i], 0);

		sum += p->cost[i] * (p->hinge ? z : z * z);
	}
	return squared_norm(k->w, p->width) / 2 + sum;
}

/*
 * The dual value of a_i = C_i slope(z_i): Σ a_i - ½‖u‖², u = Σ a_i y_i x_i. At the start of a step, w - u is the
 * gradient.
 */
static double
dual_value(const Newton *k)
{
	const UpSvmProblem *p = k->p;
	double sum = 0, norm = 0;

	for (size_t i = 0; i < p->n; i++)
		sum += p->cost[i] * slope(k->delta, 1 - p->y[i] * k->f[i]);
	for (size_t j = 0; j < p->width; j++)
		norm += (k->w[j] - k->g[j]) * (k->w[j] - k->g[j]);
	return sum - norm / 2;
}

static Newton *
new_newton(const UpSvmProblem *p, double *w, double *scores)
{
	Newton *k = up_alloc0(sizeof(Newton));

	k->p = p;
	k->w = w;
	k->f = scores;
	k->ld = UP_SYRK_PAD(p->width);
	k->t = up_alloc_array(p->n, sizeof(double));
	k->s = up_alloc0(p->width * sizeof(double));
	k->g = up_alloc_array(p->width, sizeof(double));
	k->h = up_alloc_array(k->ld * k->ld, sizeof(double));
	k->packed = up_alloc0(BLOCK_ROWS * k->ld * sizeof(double));
	k->rows = up_alloc_array(BLOCK_ROWS, sizeof(uint32_t));
	k->weights = up_alloc_array(BLOCK_ROWS, sizeof(double));
	row_products(p, w, scores);
	return k;
}

static void
free_newton(Newton *k)
{
	up_free(k->t);
	up_free(k->s);
	up_free(k->g);
	up_free(k->h);
	up_free(k->packed);
	up_free(k->rows);
	up_free(k->weights);
	up_free(k);
}

static void
take_step(Newton *k)
{
	double a;

	solve(k);
	row_products(k->p, k->s, k->t);
	a = line_search(k);
	up_vec_axpy(k->w, a, k->s, k->p->width);
	up_vec_axpy(k->f, a, k->t, k->p->n);
}

/* ‖gradient at w = 0‖ of the squared hinge, scaled as LIBLINEAR's stopping rule has it. */
static double
gradient_scale(const UpSvmProblem *p)
{
	double *u = up_alloc0(p->width * sizeof(double));
	double positive = 0, counted = 0, norm;

	for (size_t i = 0; i < p->n; i++)
	{
		if (i % 4096 == 0)
			up_tick();
		if (p->cost[i] == 0)
			continue;
		counted++;
		positive += p->y[i] > 0;
		up_vec_axpy(u, -2 * p->cost[i] * p->y[i], p->x + i * p->width, p->width);
	}
	norm = sqrt(squared_norm(u, p->width));
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
		norm = sqrt(squared_norm(k->g, k->p->width));
		r->tolerance = scale > 0 ? norm / scale : 0;
		r->converged = r->tolerance <= k->p->tol;
		if (r->converged || r->iterations >= k->p->max_iter)
			return;
		take_step(k);
		up_progress("support vector machine: Newton steps", (uint64_t) ++r->iterations, 0);
	}
}

/* One smoothing, to where it is minimized well enough for its gap to tell; true once the gap is small enough. */
static bool
minimize_smoothed(Newton *k, UpSvmResult *r)
{
	for (;;)
	{
		double primal, gap, norm;

		derivatives(k);
		primal = objective(k);
		gap = primal - dual_value(k);
		r->tolerance = primal > 0 ? gap / primal : 0;
		r->converged = r->tolerance <= k->p->tol;
		if (r->converged)
			return true;
		if (r->iterations >= k->p->max_iter)
			return true;
		/* ½‖g‖² bounds what this smoothing still has to give (the objective is 1-strongly convex). */
		norm = squared_norm(k->g, k->p->width);
		if (norm / 2 <= 0.1 * gap)
			return false;
		take_step(k);
		up_progress("support vector machine: Newton steps", (uint64_t) ++r->iterations, 0);
	}
}

UpSvmResult
up_svm_newton(const UpSvmProblem *p, double *w, double *scores)
{
	Newton *k = new_newton(p, w, scores);
	UpSvmResult r = {0};

	if (!p->hinge)
		minimize_squared(k, &r);
	else
	{
		for (k->delta = FIRST_DELTA; k->delta >= LAST_DELTA; k->delta /= 10)
		{
			if (minimize_smoothed(k, &r))
				break;
		}
	}
	r.objective = objective(k);
	free_newton(k);
	return r;
}
