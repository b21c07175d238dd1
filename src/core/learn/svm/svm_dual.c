/*
 * svm_dual.c - the linear support vector machine in the dual, for no more rows than columns
 *
 * Dual coordinate descent (Hsieh, Chang, Lin, Keerthi, Sundararajan 2008): with w = Σ a_i y_i x_i, one a_i at a time is
 * set to the minimum of ½ a'(Q + D) a - Σ a within 0 <= a_i <= U_i; hinge: D = 0, U_i = C_i; squared hinge:
 * D_ii = 1 / (2 C_i), U = infinity. Rows are taken in a new random order in every pass. It ends when the gap between the
 * two objectives is at most tol of the primal one, or
 * when it is seen that it will not end in time.
 *
 * Rows that few columns cannot tell apart without error take it thousands of passes, and Newton's steps (svm_newton.c) few;
 * where nearly every row can be put on its side it is the other way round.
 *
 * Shrinking: a row at a bound whose gradient points outwards by more than any in the pass before is left out, until those
 * that are left are nearly solved.
 *
 * A row's step wants the weights that the row before it left, so a pass is one process's work; what all rows are looked at for is shared
 * out: their norms, and now and then the gap.
 *
 * Arrays: n rows of d values. Cost of a pass: 4 n d for the rows that are left, and 2 n d now and then for the gap.
 */
#include "learn/svm/svm_dual.h"

#include "base/rng.h"
#include "num/vec.h"

#include <math.h>
#include <string.h>

#define FIRST_LOOK 5   /* passes before the first look at the gap */
#define LOOK_LATER 8   /* a look after every so manieth part of the passes so far */
#define NEARLY     0.1 /* of the largest violation at the start: the rest is looked at again */
#define PATIENCE   40  /* passes after which it has to be seen that it will end */
#define HOPE       3

typedef struct Dual
{
	const UpSvmProblem *p;
	double *w;
	double *a;
	double *norms; /* ‖x_i‖² + D_ii, which is looked at of rows that count */
	double *f;
	size_t *order; /* of the n rows that count, those that are active first */
	size_t n, active;
	double most, least; /* projected gradients in this pass */
	size_t work;
} Dual;

static double
diagonal(const UpSvmProblem *p, size_t i)
{
	return p->loss == UP_SVM_HINGE ? 0 : 0.5 / (p->C * p->cost[i]);
}

/* ---- products of all rows ---- */

#define PART_VALUES 1000000

enum
{
	ROWS,
	WEIGHTS, /* NULL: each row's product with itself */
	PRODUCTS,
	N_ARRAYS
};

typedef struct Products
{
	size_t n, width, part_rows;
} Products;

static void
products_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Products *q = fixed;
	size_t first = part * q->part_rows, end = UP_MIN(first + q->part_rows, q->n);
	const double *w = arrays[WEIGHTS];
	double *out = arrays[PRODUCTS];

	for (size_t i = first; i < end; i++)
	{
		const double *x = (const double *) arrays[ROWS] + i * q->width;

		out[i] = up_vec_dot(w != NULL ? w : x, x, q->width);
	}
}

static void
make_products(const UpSvmProblem *p, double *w, double *out)
{
	Products q = {.n = p->n, .width = p->width, .part_rows = PART_VALUES / p->width + 1};

	up_parallel((uint32_t) ((p->n + q.part_rows - 1) / q.part_rows), products_part, &q, sizeof(q),
				(void *[]){(void *) p->rows.x, w, out}, N_ARRAYS);
}

/* ---- the method ---- */

/* One row. False if it is at a bound for good: beyond the gradients most and least of the pass before. */
static bool
descend_row(Dual *s, size_t i, double most, double least)
{
	const UpSvmProblem *p = s->p;
	const double *x = p->rows.x + i * p->width;
	double upper = p->loss == UP_SVM_HINGE ? p->C * p->cost[i] : INFINITY, old = s->a[i], a;
	double gradient = p->y[i] * up_vec_dot(s->w, x, p->width) - 1 + diagonal(p, i) * old;
	double projected = old <= 0 ? UP_MIN(gradient, 0) : old >= upper ? UP_MAX(gradient, 0) : gradient;

	if ((old <= 0 && gradient > most) || (old >= upper && gradient < least))
		return false;
	s->most = UP_MAX(s->most, projected);
	s->least = UP_MIN(s->least, projected);
	if (projected == 0 || !(s->norms[i] > 0))
		return true;
	a = UP_MIN(UP_MAX(old - gradient / s->norms[i], 0), upper);
	if (a != old)
		up_vec_axpy(s->w, (a - old) * p->y[i], x, p->width);
	s->a[i] = a;
	return true;
}

/* A pass over the active rows. */
static void
descend(Dual *s, UpRng *rng)
{
	double most = s->most > 0 ? s->most : INFINITY, least = s->least < 0 ? s->least : -INFINITY;

	s->most = s->least = 0;
	up_rng_shuffle(rng, s->order, s->active);
	for (size_t m = 0; m < s->active;)
	{
		size_t i = s->order[m];

		up_tick_work(&s->work, 2 * s->p->width);
		if (descend_row(s, i, most, least))
			m++;
		else
		{
			s->order[m] = s->order[--s->active];
			s->order[s->active] = i;
		}
	}
}

static void
take_all(Dual *s)
{
	s->active = s->n;
	s->most = s->least = 0;
}

/* Objective and relative gap at w; fills the scores. */
static void
look(Dual *s, UpSvmResult *r)
{
	const UpSvmProblem *p = s->p;
	double norm = up_vec_dot(s->w, s->w, p->width), losses = 0, dual = 0;

	make_products(p, s->w, s->f);
	for (size_t i = 0; i < p->n; i++)
	{
		double z;

		if (p->cost[i] == 0)
			continue;
		z = UP_MAX(1 - p->y[i] * s->f[i], 0);
		losses += p->cost[i] * (p->loss == UP_SVM_HINGE ? z : z * z);
		dual += s->a[i] - diagonal(p, i) * s->a[i] * s->a[i] / 2;
	}
	r->objective = norm / 2 + p->C * losses;
	r->tolerance = r->objective > 0 ? (r->objective - (dual - norm / 2)) / r->objective : 0;
	r->converged = r->tolerance <= p->tol;
}

static void
start(Dual *s, const UpSvmProblem *p, double *w, double *scores)
{
	s->p = p;
	s->w = w;
	s->f = scores;
	s->a = up_alloc0(UP_MAX(p->n, 1) * sizeof(double));
	s->norms = up_alloc_large_array(UP_MAX(p->n, 1), sizeof(double));
	s->order = up_alloc_array(UP_MAX(p->n, 1), sizeof(size_t));
	memset(w, 0, p->width * sizeof(double));
	make_products(p, NULL, s->norms);
	for (size_t i = 0; i < p->n; i++)
	{
		if (p->cost[i] == 0)
			continue;
		s->norms[i] += diagonal(p, i);
		s->order[s->n++] = i;
	}
	take_all(s);
}

/*
 * Whether the gap will be small enough before the last pass: it falls by a factor that gets better from pass to pass, by up to HOPE.
 * before: the gap at an earlier look, so many passes ago.
 */
static bool
will_end(const UpSvmProblem *p, const UpSvmResult *r, double before, int64_t passes)
{
	double fall = log(before / r->tolerance) / (double) passes;

	if (r->iterations < PATIENCE)
		return true;
	return fall > 0 && log(r->tolerance / p->tol) / fall <= HOPE * (double) (p->max_iter - r->iterations);
}

UpSvmResult
up_svm_dual(const UpSvmProblem *p, double *w, double *scores)
{
	Dual s = {0};
	UpSvmResult r = {.dual = true};
	double enough = NEARLY, gap = 1;
	int64_t next = FIRST_LOOK, last = 0, passes;
	UpRng rng;

	UP_ASSERT(p->loss != UP_SVM_EPSILON);
	start(&s, p, w, scores);
	up_rng_init(&rng, p->seed, 17);
	while (r.iterations < p->max_iter)
	{
		descend(&s, &rng);
		up_progress("support vector machine: passes", (uint64_t) ++r.iterations, 0);
		if (r.iterations >= next)
		{
			next = r.iterations + 1 + r.iterations / LOOK_LATER;
			passes = r.iterations - last;
			last = r.iterations;
			look(&s, &r);
			if (r.converged || !will_end(p, &r, gap, passes))
				break;
			gap = r.tolerance;
		}
		/* Gradients at the start are -1. */
		if (s.active < s.n && s.most - s.least <= enough)
		{
			enough *= NEARLY;
			take_all(&s);
		}
	}
	if (last != r.iterations)
		look(&s, &r);
	up_free(s.order);
	up_free(s.a);
	up_free_large(s.norms);
	return r;
}
