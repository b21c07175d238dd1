/*
 * svm_dual.c - the linear support vector machine in the dual, for many columns
 *
 * Dual coordinate descent (Hsieh, Chang, Lin, Keerthi, Sundararajan 2008): with w = Σ a_i y_i x_i, one a_i at a time is
 * set to the minimum of ½ a'(Q + D) a - Σ a within 0 <= a_i <= U_i; hinge: D = 0, U_i = C_i; squared hinge:
 * D_ii = 1 / (2 C_i), U = infinity. Rows are taken in a new random order in every pass. Stops when the relative
 * duality gap is at most tol.
 *
 * Arrays: n rows of d values. Cost of a pass: 2 n d, without a matrix of d².
 */
#include "learn/svm/svm.h"

#include "base/rng.h"
#include "num/vec.h"

#include <math.h>
#include <string.h>

#define GAP_EVERY 5 /* passes between two looks at the gap, which cost one pass */

typedef struct Dual
{
	const UpSvmProblem *p;
	double *w;
	double *a;
	double *norms; /* ‖x_i‖² + D_ii */
	double *f;
} Dual;

static double
diagonal(const UpSvmProblem *p, size_t i)
{
	return p->hinge ? 0 : 0.5 / p->cost[i];
}

static void
descend(Dual *s, const size_t *order, size_t n)
{
	const UpSvmProblem *p = s->p;

	for (size_t m = 0; m < n; m++)
	{
		size_t i = order[m];
		const double *x = p->x + i * p->width;
		double upper = p->hinge ? p->cost[i] : INFINITY,
			   gradient = p->y[i] * up_vec_dot(s->w, x, p->width) - 1 + diagonal(p, i) * s->a[i], a;

		if (m % 256 == 0)
			up_tick();
		if (s->norms[i] <= 0)
			continue;
		a = UP_MIN(UP_MAX(s->a[i] - gradient / s->norms[i], 0), upper);
		if (a == s->a[i])
			continue;
		up_vec_axpy(s->w, (a - s->a[i]) * p->y[i], x, p->width);
		s->a[i] = a;
	}
}

/* Objective and relative gap at w; fills the scores. */
static double
gap_at(Dual *s, double *objective)
{
	const UpSvmProblem *p = s->p;
	double norm = up_vec_dot(s->w, s->w, p->width), losses = 0, dual = 0;

	for (size_t i = 0; i < p->n; i++)
	{
		double z;

		if (i % 256 == 0)
			up_tick();
		s->f[i] = up_vec_dot(s->w, p->x + i * p->width, p->width);
		if (p->cost[i] == 0)
			continue;
		z = UP_MAX(1 - p->y[i] * s->f[i], 0);
		losses += p->cost[i] * (p->hinge ? z : z * z);
		dual += s->a[i] - diagonal(p, i) * s->a[i] * s->a[i] / 2;
	}
	*objective = norm / 2 + losses;
	return *objective > 0 ? (*objective - (dual - norm / 2)) / *objective : 0;
}

UpSvmResult
up_svm_dual(const UpSvmProblem *p, double *w, double *scores)
{
	Dual s = {p, w, NULL, NULL, scores};
	UpSvmResult r = {0};
	size_t *order = up_alloc_array(p->n, sizeof(size_t));
	size_t n = 0;
	UpRng rng;

	s.a = up_alloc0(p->n * sizeof(double));
	s.norms = up_alloc0(p->n * sizeof(double));
	memset(w, 0, p->width * sizeof(double));
	for (size_t i = 0; i < p->n; i++)
	{
		const double *x = p->x + i * p->width;

		if (p->cost[i] == 0)
			continue;
		s.norms[i] = up_vec_dot(x, x, p->width) + diagonal(p, i);
		order[n++] = i;
	}
	up_rng_init(&rng, p->seed, 17);
	while (r.iterations < p->max_iter)
	{
		up_rng_shuffle(&rng, order, n);
		descend(&s, order, n);
		up_progress("support vector machine: passes", (uint64_t) ++r.iterations, 0);
		if (r.iterations % GAP_EVERY != 0)
			continue;
		r.tolerance = gap_at(&s, &r.objective);
		r.converged = r.tolerance <= p->tol;
		if (r.converged)
			break;
	}
	if (!r.converged)
	{
		r.tolerance = gap_at(&s, &r.objective);
		r.converged = r.tolerance <= p->tol;
	}
	up_free(order);
	up_free(s.a);
	up_free(s.norms);
	return r;
}
