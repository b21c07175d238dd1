/*
 * svm_smo.c - sequential minimal optimization with second-order working sets; see svm_smo.h
 *
 * With F_t = -y_t (gradient)_t: a step takes i, of the variables that may move up the one of largest F, and j, of those that may
 * move down the one by which the objective falls most (Fan, Chen, Lin 2005), and moves a_i y_i and a_j y_j against each other. Moving
 * by v changes all F by -v (K_i - K_j). It ends when max F (up) - min F (down) <= tol; the bias is then what F is of the variables
 * between their bounds.
 *
 * Of a variable of either sign the objective has a kink at 0, and a slope of -epsilon there to go up and of +epsilon to go down:
 * up and low hold them. Such a variable stands for the two of support vector regression, of which one is always 0, with one kernel
 * row instead of two; a step ends at the kink.
 *
 * Shrinking: variables at a bound that could only move the wrong way by far are left out of the passes (Joachims 1998), their F is
 * brought up to date when the rest is nearly solved, and once more at the end, by the variables that have moved since they went. Arrays of the active variables stand side by side, as do their
 * columns of samples; kernel rows over them are kept, the least recently used one goes.
 *
 * Cost: a step two passes over the active variables and up to two kernel rows of O(active d).
 */
#include "learn/svm/svm_smo.h"

#include "num/vec_smo.h"

#include <math.h>
#include <string.h>

#define SHRINK_EVERY 1000
#define TINY         1e-12
#define NO_SLOT      UINT32_MAX
#define SLAB_BYTES   ((size_t) 8 << 20)

/* Rows of the kernel matrix, over the active variables. */
typedef struct Cache
{
	uint32_t n_slots, used;
	uint32_t each; /* slots of a slab */
	size_t stride; /* numbers of a slot */
	float **slabs;
	uint32_t *owner; /* slot → variable */
	uint32_t *newer, *older;
	uint32_t newest, oldest;
	uint32_t *slot_of; /* variable → slot */
} Cache;

/* Variables that were left out at one time: their F is as it was then. */
typedef struct Left
{
	uint32_t *index; /* n_left of them */
	size_t n_left;
	uint32_t *stayed; /* those that did not go, n_stayed, ascending: only these have moved since */
	double *a;        /* and where they stood */
	size_t n_stayed, at;
} Left;

typedef struct Smo
{
	const UpSmoProblem *p;
	size_t n, active;
	uint32_t *index;      /* active position → variable */
	uint32_t *position;   /* variable → active position, or UINT32_MAX */
	UpKernelRows *rows;   /* of the active variables; p->rows where all are */
	double *f, *up, *low; /* of the active variables; up and low are added to f, INFINITY is no move */
	float *diagonal;
	double *f_all; /* of all; of those that were left out as it was then */
	Left *left;    /* one each time, the first ones first */
	size_t n_left;
	Cache cache;
	float *x; /* a sample */
	double most, least;
	size_t work;  /* since the last tick */
	size_t first; /* the variable of the most, by active position */
} Smo;

static void
cache_init(Cache *c, size_t n, size_t bytes)
{
	size_t row = UP_SMO_UP(n) * sizeof(float), slots = UP_MAX(bytes / row, 2);

	c->n_slots = (uint32_t) UP_MIN(slots, UP_MAX(n, 2));
	c->stride = UP_SMO_UP(UP_MAX(n, 1));
	c->each = (uint32_t) UP_MIN(UP_MAX(SLAB_BYTES / (c->stride * sizeof(float)), 1), c->n_slots);
	c->slabs = up_alloc0((c->n_slots / c->each + 1) * sizeof(float *));
	c->owner = up_alloc_array(c->n_slots, sizeof(uint32_t));
	c->newer = up_alloc_array(c->n_slots, sizeof(uint32_t));
	c->older = up_alloc_array(c->n_slots, sizeof(uint32_t));
	c->slot_of = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	for (size_t t = 0; t < n; t++)
		c->slot_of[t] = NO_SLOT;
	c->newest = c->oldest = NO_SLOT;
}

/* Where a slot's row stands. Slabs are large and stay: small pieces, come and gone, cost more than the kernel. */
static float *
cache_row(const Cache *c, uint32_t slot)
{
	return c->slabs[slot / c->each] + slot % c->each * c->stride;
}

static void
cache_free(Cache *c)
{
	for (uint32_t i = 0; i <= c->n_slots / c->each; i++)
		up_free(c->slabs[i]);
	up_free(c->slabs);
	up_free(c->owner);
	up_free(c->newer);
	up_free(c->older);
	up_free(c->slot_of);
}

static void
cache_forget(Cache *c)
{
	for (uint32_t s = 0; s < c->used; s++)
		c->slot_of[c->owner[s]] = NO_SLOT;
	c->used = 0;
	c->newest = c->oldest = NO_SLOT;
}

static void
cache_unlink(Cache *c, uint32_t s)
{
	if (c->newer[s] != NO_SLOT)
		c->older[c->newer[s]] = c->older[s];
	else
		c->newest = c->older[s];
	if (c->older[s] != NO_SLOT)
		c->newer[c->older[s]] = c->newer[s];
	else
		c->oldest = c->newer[s];
}

static void
cache_push(Cache *c, uint32_t s)
{
	c->newer[s] = NO_SLOT;
	c->older[s] = c->newest;
	if (c->newest != NO_SLOT)
		c->newer[c->newest] = s;
	c->newest = s;
	if (c->oldest == NO_SLOT)
		c->oldest = s;
}

/* The kernel row of a variable over the active ones. */
static const float *
kernel_row(Smo *s, uint32_t variable)
{
	Cache *c = &s->cache;
	uint32_t slot = c->slot_of[variable];
	float *row;

	if (slot != NO_SLOT)
	{
		cache_unlink(c, slot);
		cache_push(c, slot);
		return cache_row(c, slot);
	}
	if (c->used < c->n_slots)
	{
		slot = c->used++;
		if (c->slabs[slot / c->each] == NULL)
			c->slabs[slot / c->each] = up_alloc_array(c->each * c->stride, sizeof(float));
	}
	else
	{
		slot = c->oldest;
		cache_unlink(c, slot);
		c->slot_of[c->owner[slot]] = NO_SLOT;
	}
	c->owner[slot] = variable;
	c->slot_of[variable] = slot;
	cache_push(c, slot);
	row = cache_row(c, slot);
	up_tick_work(&s->work, s->active * (s->p->rows->d + 8));
	if (up_kernel_store_get(s->p->store, variable, s->index, s->active, row))
		return row;
	up_kernel_rows_get(s->p->rows, variable, s->x);
	up_kernel_row(s->p->kernel, s->rows, s->x, row);
	if (s->active == s->n)
		up_kernel_store_put(s->p->store, variable, row, s->n);
	return row;
}

/* Whether a variable may move up and down, in terms of a y, and what that costs. */
static void
set_bounds(Smo *s, size_t at)
{
	uint32_t t = s->index[at];
	const UpSmoProblem *p = s->p;

	if (p->signed_too)
	{
		s->up[at] = !(p->a[t] < p->cost[t]) ? -INFINITY : p->a[t] < 0 ? p->epsilon : -p->epsilon;
		s->low[at] = !(p->a[t] > -p->cost[t]) ? INFINITY : p->a[t] > 0 ? -p->epsilon : p->epsilon;
	}
	else
	{
		bool below = p->a[t]<p->cost[t], above = p->a[t]> 0;

		s->up[at] = (p->y[t] > 0 ? below : above) ? 0 : -INFINITY;
		s->low[at] = (p->y[t] > 0 ? above : below) ? 0 : INFINITY;
	}
}

/* Everything of the active variables out of index; those in keep (positions before) are what is left. */
static void
make_active(Smo *s)
{
	size_t padded = UP_SMO_UP(UP_MAX(s->active, 1));

	for (size_t t = 0; t < s->n; t++)
		s->position[t] = UINT32_MAX;
	for (size_t at = 0; at < s->active; at++)
	{
		s->position[s->index[at]] = (uint32_t) at;
		s->f[at] = s->f_all[s->index[at]];
		set_bounds(s, at);
	}
	for (size_t at = s->active; at < padded; at++)
	{
		s->f[at] = 0;
		s->up[at] = -INFINITY;
		s->low[at] = INFINITY;
		s->diagonal[at] = 1;
	}
	if (s->rows != s->p->rows)
		up_kernel_rows_free(s->rows);
	s->rows =
		s->active == s->n ? (UpKernelRows *) s->p->rows : up_kernel_rows_pick(s->p->rows, s->index, s->active);
	up_kernel_diagonal(s->p->kernel, s->rows, s->diagonal);
}

static void
save_f(Smo *s)
{
	for (size_t at = 0; at < s->active; at++)
		s->f_all[s->index[at]] = s->f[at];
}

/* The rows that are kept lose the columns that are no longer active. keep: old positions. */
static void
shorten_rows(Smo *s, const uint32_t *keep, size_t n_keep)
{
	for (uint32_t slot = 0; slot < s->cache.used; slot++)
	{
		float *row = cache_row(&s->cache, slot);

		for (size_t i = 0; i < n_keep; i++)
			row[i] = row[keep[i]];
		for (size_t i = n_keep; i < UP_SMO_UP(n_keep); i++)
			row[i] = 0;
		up_tick();
	}
}

static void
find_extremes(Smo *s)
{
	s->most = -INFINITY;
	s->least = INFINITY;
	s->first = s->active;
	for (size_t at = 0; at < s->active; at++)
	{
		if (s->f[at] + s->up[at] > s->most)
		{
			s->most = s->f[at] + s->up[at];
			s->first = at;
		}
		s->least = UP_MIN(s->least, s->f[at] + s->low[at]);
	}
}

/* The most that a variable can move up and down, and where it is then: at a bound to the last digit. */
static double
room_up(const UpSmoProblem *p, uint32_t t, double *end)
{
	double a = p->a[t];

	if (p->signed_too)
		*end = a < 0 ? 0 : p->cost[t];
	else
		*end = p->y[t] > 0 ? p->cost[t] : 0;
	return fabs(*end - a);
}

static double
room_down(const UpSmoProblem *p, uint32_t t, double *end)
{
	double a = p->a[t];

	if (p->signed_too)
		*end = a > 0 ? 0 : -p->cost[t];
	else
		*end = p->y[t] > 0 ? 0 : p->cost[t];
	return fabs(*end - a);
}

/* Those that are not in keep (n of them) go, and who stays is noted. */
static void
leave_out(Smo *s, const uint32_t *keep, size_t n)
{
	Left left = {.n_stayed = n};
	size_t k = 0;

	left.index = up_alloc_array(UP_MAX(s->active - n, 1), sizeof(uint32_t));
	left.stayed = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	left.a = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	for (size_t at = 0; at < s->active; at++)
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
	uint32_t *keep = up_alloc_array(UP_MAX(s->active, 1), sizeof(uint32_t));
	size_t n = 0;

	find_extremes(s);
	for (size_t at = 0; at < s->active; at++)
	{
		/* If it can go up, it is below all that could come down, and above all that could go up if it can go down. */
		if (s->f[at] + s->up[at] < s->least && s->f[at] + s->low[at] > s->most)
			continue;
		keep[n++] = (uint32_t) at;
	}
	/* Moving everything pays when enough goes. */
	if (n < s->active - s->active / 10 && n >= 2)
	{
		save_f(s);
		leave_out(s, keep, n);
		shorten_rows(s, keep, n);
		for (size_t i = 0; i < n; i++)
			s->index[i] = s->index[keep[i]];
		s->active = n;
		make_active(s);
		find_extremes(s);
	}
	up_free(keep);
}

/* How far variable t has moved since each time in moved; the number of times up to the last since which it has. */
static size_t
moved_since(Smo *s, uint32_t t, double *moved)
{
	size_t last = 0;

	for (size_t g = 0; g < s->n_left; g++)
	{
		Left *left = &s->left[g];

		while (left->at < left->n_stayed && left->stayed[left->at] < t)
			left->at++;
		/* Who was gone by then is gone later. */
		if (left->at == left->n_stayed || left->stayed[left->at] != t)
			break;
		moved[g] = s->p->y[t] * (s->p->a[t] - left->a[left->at]);
		if (moved[g] != 0)
			last = g + 1;
	}
	return last;
}

/* F of those that were left out, by the variables that have moved since. */
static void
catch_up(Smo *s)
{
	const UpSmoProblem *p = s->p;
	uint32_t *gone = up_alloc_array(s->n - s->active, sizeof(uint32_t));
	size_t *end = up_alloc_array(s->n_left, sizeof(size_t)), n = 0;
	double *moved = up_alloc_array(s->n_left, sizeof(double));
	UpKernelRows *others;
	float *row;

	for (size_t g = 0; g < s->n_left; g++)
	{
		memcpy(gone + n, s->left[g].index, s->left[g].n_left * sizeof(uint32_t));
		n += s->left[g].n_left;
		end[g] = n;
		s->left[g].at = 0;
	}
	UP_ASSERT(n == s->n - s->active);
	others = up_kernel_rows_pick(p->rows, gone, n);
	row = up_alloc_array(UP_SMO_UP(n), sizeof(float));
	for (size_t t = 0; t < s->n; t++)
	{
		size_t times = moved_since(s, (uint32_t) t, moved);
		UpKernelRows first = *others;

		if (times == 0)
			continue;
		first.n = end[times - 1];
		up_tick_work(&s->work, first.n * (p->rows->d + 8));
		if (!up_kernel_store_get(p->store, (uint32_t) t, gone, first.n, row))
		{
			up_kernel_rows_get(p->rows, t, s->x);
			up_kernel_row(p->kernel, &first, s->x, row);
		}
		for (size_t g = 0, i = 0; g < times; g++)
		{
			for (; i < end[g]; i++)
				s->f_all[gone[i]] -= moved[g] * (double) row[i];
		}
	}
	up_kernel_rows_free(others);
	up_free(row);
	up_free(moved);
	up_free(end);
	up_free(gone);
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
	if (s->active == s->n)
		return;
	save_f(s);
	catch_up(s);
	forget_left(s);
	cache_forget(&s->cache);
	for (size_t t = 0; t < s->n; t++)
		s->index[t] = (uint32_t) t;
	s->active = s->n;
	make_active(s);
	find_extremes(s);
}

/* Moves i up and j down as far as is best and allowed; then all F, and the next i. */
static void
step(Smo *s, size_t i, size_t j)
{
	const UpSmoProblem *p = s->p;
	uint32_t a = s->index[i], b = s->index[j];
	const float *row_a = kernel_row(s, a), *row_b = kernel_row(s, b);
	double curve = (double) s->diagonal[i] + (double) s->diagonal[j] - 2 * (double) row_a[j];
	double v = (s->f[i] + s->up[i] - (s->f[j] + s->low[j])) / UP_MAX(curve, TINY), end_a, end_b;
	double room_a = room_up(p, a, &end_a), room_b = room_down(p, b, &end_b);
	double moved = UP_MIN(v, UP_MIN(room_a, room_b));

	p->a[a] = moved == room_a ? end_a : p->a[a] + p->y[a] * moved;
	p->a[b] = moved == room_b ? end_b : p->a[b] - p->y[b] * moved;
	set_bounds(s, i);
	set_bounds(s, j);
	s->first = up_smo_move(s->f, row_a, moved, row_b, -moved, s->up, s->active, &s->most);
}

static void
start(Smo *s, const UpSmoProblem *p)
{
	size_t n = p->rows->n, padded = UP_SMO_UP(UP_MAX(n, 1));

	s->p = p;
	s->n = s->active = n;
	s->rows = (UpKernelRows *) p->rows;
	s->index = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	s->position = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	s->f = up_alloc_array(padded, sizeof(double));
	s->up = up_alloc_array(padded, sizeof(double));
	s->low = up_alloc_array(padded, sizeof(double));
	s->diagonal = up_alloc_array(padded, sizeof(float));
	s->f_all = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	s->x = up_alloc_array(UP_MAX(p->rows->d, 1), sizeof(float));
	cache_init(&s->cache, n, p->cache_bytes);
	for (size_t t = 0; t < n; t++)
	{
		s->index[t] = (uint32_t) t;
		s->f_all[t] = -p->y[t] * p->p[t];
	}
	make_active(s);
	for (size_t t = 0; t < n; t++)
	{
		const float *row;

		if (p->a[t] == 0)
			continue;
		up_tick();
		row = kernel_row(s, (uint32_t) t);
		for (size_t i = 0; i < n; i++)
			s->f[i] -= p->y[t] * p->a[t] * (double) row[i];
	}
	find_extremes(s);
}

static void
finish(Smo *s, UpSmoResult *r)
{
	const UpSmoProblem *p = s->p;
	double free_sum = 0, n_free = 0;

	find_extremes(s);
	for (size_t t = 0; t < s->n; t++)
	{
		double gradient = -p->y[t] * s->f[t];

		r->objective += 0.5 * p->a[t] * (gradient + p->p[t]);
		if (p->signed_too)
			r->objective += p->epsilon * fabs(p->a[t]);
		/* The same slope both ways; at a bound, INFINITY of another sign. */
		if (s->up[t] == s->low[t])
		{
			free_sum += s->f[t] + s->up[t];
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
	up_free(s->f);
	up_free(s->up);
	up_free(s->low);
	up_free(s->diagonal);
	up_free(s->f_all);
	up_free(s->left);
	up_free(s->x);
	cache_free(&s->cache);
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
		size_t j = s.active;

		up_tick_work(&s.work, 4 * s.active + 1000);
		if (p->shrinking && --until_shrink <= 0)
		{
			until_shrink = (int64_t) UP_MIN(s.n, SHRINK_EVERY);
			find_extremes(&s);
			/* Nearly there: who was left out is looked at once more. */
			if (!woken && s.most - s.least <= 10 * p->tol)
			{
				woken = true;
				unshrink(&s);
			}
			shrink(&s);
		}
		if (s.first < s.active)
			j = up_smo_partner(s.f, kernel_row(&s, s.index[s.first]), s.diagonal, s.diagonal[s.first], s.low,
							   s.most, s.active, &s.least);
		if (j == s.active || s.most - s.least <= p->tol)
		{
			if (s.active == s.n)
			{
				r.converged = true;
				break;
			}
			/* Solved among the active ones; now all of them, and on if that shows more. */
			unshrink(&s);
			until_shrink = 1;
			if (s.most - s.least <= p->tol)
			{
				r.converged = true;
				break;
			}
			until_shrink = (int64_t) UP_MIN(s.n, SHRINK_EVERY);
			continue;
		}
		UP_ASSERT(s.first < s.active && j < s.active && j != s.first);
		step(&s, s.first, j);
		r.iterations++;
	}
	unshrink(&s);
	finish(&s, &r);
	return r;
}
