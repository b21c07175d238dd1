/*
 * svm_smo.c - the dual of kernel machines, by working sets of some hundred variables; see svm_smo.h
 *
 * A round takes the variables that violate optimality most (svm_set.c), solves their small problem by sequential minimal optimization,
 * all others as they are, and takes what they have moved off the F of all (Joachims 1998; on many processors Zanni, Serafini, Zanghirati
 * 2006). It ends when max F (up) - min F (down) <= tol; the bias is then what F is of the variables between their bounds. What costs most
 * goes over the samples in batches (svm_rows.c): products of matrices, which workers share.
 *
 * Shrinking: variables at a bound that could only move the wrong way by far are left out of the rounds (Joachims 1998), their F is
 * brought up to date when the rest is nearly solved, and once more at the end, by the variables that have moved since they went. Arrays
 * of the active variables stand side by side, as do their columns of samples.
 *
 * Cost: a round O(active (new rows d + moved)), and the steps of the small problem.
 */
#include "learn/svm/svm_smo.h"

#include "num/vec_smo.h"
#include "learn/svm/svm_set.h"

#include <math.h>
#include <string.h>

#define SHRINK_EVERY 2000
#define ROUND_ENDS   0.3 /* of the violation before: what is left of it then */

/* Variables that were left out at one time: their F is as it was then. */
typedef struct Left
{
	uint32_t *index; /* n_left of them */
	size_t n_left;
	uint32_t *stayed; /* those that did not go, n_stayed, ascending: only these have moved since */
	double *a;        /* and where they stood */
	size_t n_stayed;
} Left;

typedef struct Smo
{
	const UpSmoProblem *p;
	size_t n;
	UpSmoSide side;     /* of the active variables: large arrays */
	uint32_t *index;    /* active position → variable */
	uint32_t *position; /* variable → active position, or UINT32_MAX */
	UpKernelRows *rows; /* of the active variables; p->rows where all are */
	double *f_all;      /* of all; of those that were left out as it was then */
	Left *left;         /* one each time, the first ones first */
	size_t n_left;
	UpSmoRows *kernel;
	UpSmoSet set;
	double most, least; /* max F (up), min F (down) of the active ones */
} Smo;

/* Everything of the active variables out of index; those in keep (positions before) are what is left. */
static void
make_active(Smo *s)
{
	size_t padded = UP_SMO_UP(UP_MAX(s->side.n, 1));

	for (size_t t = 0; t < s->n; t++)
		s->position[t] = UINT32_MAX;
	for (size_t at = 0; at < s->side.n; at++)
	{
		s->position[s->index[at]] = (uint32_t) at;
		s->side.f[at] = s->f_all[s->index[at]];
		up_smo_bounds(s->p, s->index[at], &s->side.up[at], &s->side.low[at]);
	}
	for (size_t at = s->side.n; at < padded; at++)
	{
		s->side.f[at] = 0;
		s->side.up[at] = -INFINITY;
		s->side.low[at] = INFINITY;
	}
	if (s->rows != s->p->rows)
		up_kernel_rows_free(s->rows);
	s->rows =
		s->side.n == s->n ? (UpKernelRows *) s->p->rows : up_kernel_rows_pick(s->p->rows, s->index, s->side.n);
}

static void
save_f(Smo *s)
{
	for (size_t at = 0; at < s->side.n; at++)
		s->f_all[s->index[at]] = s->side.f[at];
}

static void
find_extremes(Smo *s)
{
	s->most = -INFINITY;
	s->least = INFINITY;
	for (size_t at = 0; at < s->side.n; at++)
	{
		s->most = UP_MAX(s->most, s->side.f[at] + s->side.up[at]);
		s->least = UP_MIN(s->least, s->side.f[at] + s->side.low[at]);
	}
}

/* Those that are not in keep (n of them) go, and who stays is noted. */
static void
leave_out(Smo *s, const uint32_t *keep, size_t n)
{
	Left left = {.n_stayed = n};
	size_t k = 0;

	left.index = up_alloc_array(UP_MAX(s->side.n - n, 1), sizeof(uint32_t));
	left.stayed = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	left.a = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	for (size_t at = 0; at < s->side.n; at++)
	{
		if (k == n || keep[k] != at)
		{
			left.index[left.n_left++] = s->index[at];
			continue;
		}
		left.stayed[k] = s->index[at];
		left.a[k] = s->p->a[s->index[at]];
		k++;
	}
	if (s->left == NULL)
		s->left = up_alloc(sizeof(Left));
	else
		s->left = up_realloc(s->left, (s->n_left + 1) * sizeof(Left));
	s->left[s->n_left++] = left;
}

static void
shrink(Smo *s)
{
	uint32_t *keep = up_alloc_array(UP_MAX(s->side.n, 1), sizeof(uint32_t));
	size_t n = 0;

	find_extremes(s);
	for (size_t at = 0; at < s->side.n; at++)
	{
		/* If it can go up, it is below all that could come down, and above all that could go up if it can go down. */
		if (s->side.f[at] + s->side.up[at] < s->least && s->side.f[at] + s->side.low[at] > s->most)
			continue;
		keep[n++] = (uint32_t) at;
	}
	/* Moving everything pays when enough goes. */
	if (n < s->side.n - s->side.n / 10 && n >= 2)
	{
		save_f(s);
		leave_out(s, keep, n);
		up_smo_rows_shorten(s->kernel, keep, n, s->index, s->side.n);
		for (size_t i = 0; i < n; i++)
			s->index[i] = s->index[keep[i]];
		s->side.n = n;
		make_active(s);
		find_extremes(s);
	}
	up_free(keep);
}

/* F of those that were left out, by the variables that have moved since: of those that stayed, at each time. */
static void
catch_up(Smo *s)
{
	const UpSmoProblem *p = s->p;
	UpSmoMove *moves = up_alloc_array(UP_MAX(s->n, 1), sizeof(UpSmoMove));

	for (size_t g = 0; g < s->n_left; g++)
	{
		const Left *left = &s->left[g];
		UpKernelRows *gone = up_kernel_rows_pick(p->rows, left->index, left->n_left);
		double *f = up_alloc_large_array(UP_SMO_UP(left->n_left), sizeof(double));
		size_t n = 0;

		for (size_t i = 0; i < left->n_stayed; i++)
		{
			uint32_t t = left->stayed[i];

			if (p->a[t] != left->a[i])
				moves[n++] = (UpSmoMove){t, p->y[t] * (p->a[t] - left->a[i])};
		}
		for (size_t i = 0; i < left->n_left; i++)
			f[i] = s->f_all[left->index[i]];
		up_smo_rows_apply(s->kernel, gone, left->index, false, moves, n, f);
		for (size_t i = 0; i < left->n_left; i++)
			s->f_all[left->index[i]] = f[i];
		up_kernel_rows_free(gone);
		up_free_large(f);
	}
	up_free(moves);
}

static void
forget_left(Smo *s)
{
	for (size_t g = 0; g < s->n_left; g++)
	{
		up_free(s->left[g].index);
		up_free(s->left[g].stayed);
		up_free(s->left[g].a);
	}
	s->n_left = 0;
}

/* All variables active again. */
static void
unshrink(Smo *s)
{
	if (s->side.n == s->n)
		return;
	save_f(s);
	catch_up(s);
	forget_left(s);
	up_smo_rows_forget(s->kernel);
	for (size_t t = 0; t < s->n; t++)
		s->index[t] = (uint32_t) t;
	s->side.n = s->n;
	make_active(s);
	find_extremes(s);
}

static void
start(Smo *s, const UpSmoProblem *p)
{
	size_t n = p->rows->n, padded = UP_SMO_UP(UP_MAX(n, 1)), n_moves = 0;
	UpSmoMove *moves = up_alloc_array(UP_MAX(n, 1), sizeof(UpSmoMove));

	s->p = p;
	s->n = s->side.n = n;
	s->rows = (UpKernelRows *) p->rows;
	s->index = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	s->position = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	s->side.f = up_alloc_large_array(padded, sizeof(double));
	s->side.up = up_alloc_array(padded, sizeof(double));
	s->side.low = up_alloc_array(padded, sizeof(double));
	s->f_all = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	s->kernel = up_smo_rows_new(p->rows, p->kernel, p->store, p->cache_bytes);
	up_smo_set_init(&s->set, n);
	for (size_t t = 0; t < n; t++)
	{
		s->index[t] = (uint32_t) t;
		s->f_all[t] = -p->y[t] * p->p[t];
		if (p->a[t] != 0)
			moves[n_moves++] = (UpSmoMove){(uint32_t) t, p->y[t] * p->a[t]};
	}
	make_active(s);
	up_smo_rows_apply(s->kernel, s->rows, s->index, false, moves, n_moves, s->side.f);
	find_extremes(s);
	up_free(moves);
}

static void
finish(Smo *s, UpSmoResult *r)
{
	const UpSmoProblem *p = s->p;
	double free_sum = 0, n_free = 0;

	find_extremes(s);
	for (size_t t = 0; t < s->n; t++)
	{
		double gradient = -p->y[t] * s->side.f[t];

		r->objective += 0.5 * p->a[t] * (gradient + p->p[t]);
		if (p->signed_too)
			r->objective += p->epsilon * fabs(p->a[t]);
		/* The same slope both ways; at a bound, INFINITY of another sign. */
		if (s->side.up[t] == s->side.low[t])
		{
			free_sum += s->side.f[t] + s->side.up[t];
			n_free++;
		}
	}
	r->violation = s->most - s->least;
	if (n_free > 0)
		r->bias = free_sum / n_free;
	else if (isfinite(s->most) && isfinite(s->least))
		r->bias = (s->most + s->least) / 2;
	else
		r->bias = isfinite(s->most) ? s->most : isfinite(s->least) ? s->least : 0;
	if (s->rows != p->rows)
		up_kernel_rows_free(s->rows);
	up_free(s->index);
	up_free(s->position);
	up_free_large(s->side.f);
	up_free(s->side.up);
	up_free(s->side.low);
	up_free(s->f_all);
	up_free(s->left);
	up_smo_rows_free(s->kernel);
	up_smo_set_free(&s->set);
}

/* One round; the number of its steps. */
static int64_t
take_round(Smo *s, int64_t most_steps)
{
	const UpSmoProblem *p = s->p;
	double aim = UP_MAX(p->tol, ROUND_ENDS * (s->most - s->least));
	const float *square;
	int64_t steps;

	up_smo_set_choose(&s->set, &s->side, s->index, s->position, s->most, s->least, p->tol);
	square = up_smo_rows_square(s->kernel, s->set.variable, s->set.n);
	steps = up_smo_set_solve(&s->set, p, &s->side, square, aim, most_steps);
	up_smo_rows_apply(s->kernel, s->rows, s->index, true, s->set.moves, s->set.n_moves, s->side.f);
	find_extremes(s);
	return steps;
}

UpSmoResult
up_smo_solve(const UpSmoProblem *p)
{
	UpSmoResult r = {0};
	bool woken = false;
	int64_t until_shrink;
	Smo s = {0};

	start(&s, p);
	until_shrink = (int64_t) UP_MIN(s.n, SHRINK_EVERY);
	while (p->max_iter < 0 || r.iterations < p->max_iter)
	{
		int64_t steps;

		up_tick();
		if (!(s.most - s.least > p->tol))
		{
			if (s.side.n == s.n)
			{
				r.converged = true;
				break;
			}
			/* Solved among the active ones; now all of them, and on if that shows more. */
			unshrink(&s);
			until_shrink = (int64_t) UP_MIN(s.n, SHRINK_EVERY);
			continue;
		}
		if (p->shrinking && until_shrink <= 0)
		{
			until_shrink = (int64_t) UP_MIN(s.n, SHRINK_EVERY);
			/* Nearly there: who was left out is looked at once more. */
			if (!woken && s.most - s.least <= 10 * p->tol)
			{
				woken = true;
				unshrink(&s);
			}
			shrink(&s);
		}
		steps = take_round(&s, p->max_iter < 0 ? INT64_MAX : p->max_iter - r.iterations);
		/* What is left is rounding. */
		if (steps == 0)
			break;
		r.iterations += steps;
		until_shrink -= steps;
	}
	unshrink(&s);
	finish(&s, &r);
	return r;
}
