/*
 * svm_set.c - working sets; see svm_set.h
 *
 * With F_t = -y_t (gradient)_t: a step takes i, of the variables that may move up the one of largest F, and j, of those that may
 * move down the one by which the objective falls most (Fan, Chen, Lin 2005), and moves a_i y_i and a_j y_j against each other. Moving
 * by v changes all F by -v (K_i - K_j).
 *
 * Of a variable of either sign the objective has a kink at 0, and a slope of -epsilon there to go up and of +epsilon to go down:
 * up and low hold them. Such a variable stands for the two of support vector regression, of which one is always 0, with one kernel
 * row instead of two; a step ends at the kink.
 *
 * Half of a set stays for the next one, since variables that have just come are seldom where they belong (Wen et al. 2018).
 */
#include "learn/svm/svm_set.h"

#include "num/vec_smo.h"

#include <math.h>
#include <string.h>

#define MOST    256 /* variables of a set */
#define AT_ONCE 512 /* that are looked at before the farthest of them are told */
#define TINY    1e-12

/* How far a variable violates, from one side. */
typedef struct UpSmoCandidate
{
	double by;
	uint32_t at;
} Candidate;

void
up_smo_set_init(UpSmoSet *s, size_t n)
{
	size_t padded;

	memset(s, 0, sizeof(*s));
	s->most = UP_MIN(n, MOST);
	padded = UP_SMO_UP(UP_MAX(s->most, 1));
	s->at = up_alloc_array(padded, sizeof(uint32_t));
	s->variable = up_alloc_array(padded, sizeof(uint32_t));
	s->moves = up_alloc_array(padded, sizeof(UpSmoMove));
	s->f = up_alloc_array(padded, sizeof(double));
	s->up = up_alloc_array(padded, sizeof(double));
	s->low = up_alloc_array(padded, sizeof(double));
	s->before = up_alloc_array(padded, sizeof(double));
	s->diagonal = up_alloc_array(padded, sizeof(float));
	s->candidates = up_alloc_array(s->most + AT_ONCE + 1, sizeof(Candidate));
	s->taken = up_alloc0(UP_MAX(n, 1));
}

void
up_smo_set_free(UpSmoSet *s)
{
	up_free(s->at);
	up_free(s->variable);
	up_free(s->moves);
	up_free(s->f);
	up_free(s->up);
	up_free(s->low);
	up_free(s->before);
	up_free(s->diagonal);
	up_free(s->candidates);
	up_free(s->taken);
}

void
up_smo_bounds(const UpSmoProblem *p, uint32_t t, double *up, double *low)
{
	if (p->signed_too)
	{
		*up = !(p->a[t] < p->cost[t]) ? -INFINITY : p->a[t] < 0 ? p->epsilon : -p->epsilon;
		*low = !(p->a[t] > -p->cost[t]) ? INFINITY : p->a[t] > 0 ? -p->epsilon : p->epsilon;
	}
	else
	{
		bool below = p->a[t]<p->cost[t], above = p->a[t]> 0;

		*up = (p->y[t] > 0 ? below : above) ? 0 : -INFINITY;
		*low = (p->y[t] > 0 ? above : below) ? 0 : INFINITY;
	}
}

/* ---- the choice ---- */

/* The farther one goes first, of equal ones that of the lower position. */
static inline bool
goes_before(Candidate a, Candidate b)
{
	return a.by > b.by || (a.by == b.by && a.at < b.at);
}

static inline void
swap(Candidate *a, Candidate *b)
{
	Candidate c = *a;

	*a = *b;
	*b = c;
}

/*
 * The first k of n in the order come to the front, in any order (Hoare's selection, in Wirth's form): it ends as soon as
 * they are there, wherever among them the k-th is.
 */
static void
select_first(Candidate *c, size_t n, size_t k)
{
	ptrdiff_t low = 0, high = (ptrdiff_t) n - 1, at = (ptrdiff_t) k - 1;

	while (low < high && at >= 0 && at < high)
	{
		ptrdiff_t i = low, j = high;
		Candidate pivot = c[at];

		while (i <= j)
		{
			while (goes_before(c[i], pivot))
				i++;
			while (goes_before(pivot, c[j]))
				j--;
			if (i <= j)
				swap(&c[i++], &c[j--]);
		}
		/* low … j are at or before the pivot, i … high at or after it. */
		if (j < at)
			low = i;
		if (at < i)
			high = j;
	}
}

/* How far the k-th of them in the order violates. */
static double
least_of(const Candidate *c, size_t k)
{
	double least = INFINITY;

	for (size_t i = 0; i < k; i++)
		least = UP_MIN(least, c[i].by);
	return least;
}

static void
add(UpSmoSet *s, uint32_t at, uint32_t variable)
{
	s->at[s->n] = at;
	s->variable[s->n++] = variable;
	s->taken[at] = 1;
}

/* The younger half of the last set, as far as it is active: it becomes the older one. */
static void
keep_half(UpSmoSet *s, const uint32_t *position)
{
	size_t first = s->n > s->most / 2 ? s->n - s->most / 2 : 0, last = s->n;

	s->n = 0;
	for (size_t i = first; i < last; i++)
	{
		uint32_t t = s->variable[i];

		if (position[t] != UINT32_MAX)
			add(s, position[t], t);
	}
}

/*
 * Up to k variables that violate by more than tol, those that do most: by sign × (f + bound) + from. Looked for without branches, as half of
 * all may be such; of many, those that go before the k-th of the ones so far.
 */
static void
add_farthest(UpSmoSet *s, const UpSmoSide *side, const uint32_t *index, const double *bound, double sign,
			 double from, double tol, size_t k)
{
	Candidate *candidates = s->candidates;
	size_t n = 0;

	for (size_t first = 0; first < side->n; first += AT_ONCE)
	{
		size_t end = UP_MIN(first + AT_ONCE, side->n);

		for (size_t at = first; at < end; at++)
		{
			double by = sign * (side->f[at] + bound[at]) + from;

			candidates[n] = (Candidate){by, (uint32_t) at};
			n += (size_t) (by > tol) & (size_t) !s->taken[at];
		}
		if (n <= s->most)
			continue;
		select_first(candidates, n, k);
		tol = least_of(candidates, k);
		n = k;
	}
	k = UP_MIN(k, n);
	select_first(candidates, n, k);
	for (size_t i = 0; i < k; i++)
		add(s, candidates[i].at, index[candidates[i].at]);
}

void
up_smo_set_choose(UpSmoSet *s, const UpSmoSide *side, const uint32_t *index, const uint32_t *position,
				  double most, double least, double tol)
{
	if (side->n <= s->most)
	{
		for (size_t at = 0; at < side->n; at++)
		{
			s->at[at] = (uint32_t) at;
			s->variable[at] = index[at];
		}
		s->n = side->n;
		return;
	}
	keep_half(s, position);
	add_farthest(s, side, index, side->up, 1, -least, tol, (s->most - s->n) / 2);
	add_farthest(s, side, index, side->low, -1, most, tol, s->most - s->n);
	for (size_t i = 0; i < s->n; i++)
		s->taken[s->at[i]] = 0;
}

/* ---- the small problem ---- */

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

/* What a step looks at: the variable that can go up and has the largest F, and that F. */
typedef struct Top
{
	size_t first;
	double most;
} Top;

/* Moves i up and j down as far as is best and allowed; then all F of the set. */
static Top
take_step(UpSmoSet *s, const UpSmoProblem *p, const float *row_i, const float *row_j, size_t i, size_t j)
{
	uint32_t a = s->variable[i], b = s->variable[j];
	double curve = (double) s->diagonal[i] + (double) s->diagonal[j] - 2 * (double) row_i[j];
	double v = (s->f[i] + s->up[i] - (s->f[j] + s->low[j])) / UP_MAX(curve, TINY), end_a, end_b;
	double room_a = room_up(p, a, &end_a), room_b = room_down(p, b, &end_b);
	double moved = UP_MIN(v, UP_MIN(room_a, room_b));
	Top top;

	p->a[a] = moved == room_a ? end_a : p->a[a] + p->y[a] * moved;
	p->a[b] = moved == room_b ? end_b : p->a[b] - p->y[b] * moved;
	up_smo_bounds(p, a, &s->up[i], &s->low[i]);
	up_smo_bounds(p, b, &s->up[j], &s->low[j]);
	top.first = up_smo_move(s->f, row_i, moved, row_j, -moved, s->up, s->n, &top.most);
	return top;
}

static Top
start(UpSmoSet *s, const UpSmoProblem *p, const UpSmoSide *side, const float *square)
{
	size_t padded = UP_SMO_UP(UP_MAX(s->n, 1));
	Top top = {s->n, -INFINITY};

	for (size_t i = 0; i < s->n; i++)
	{
		s->f[i] = side->f[s->at[i]];
		s->up[i] = side->up[s->at[i]];
		s->low[i] = side->low[s->at[i]];
		s->before[i] = p->a[s->variable[i]];
		s->diagonal[i] = square[i * padded + i];
		if (s->f[i] + s->up[i] > top.most)
			top = (Top){i, s->f[i] + s->up[i]};
	}
	for (size_t i = s->n; i < padded; i++)
	{
		s->f[i] = 0;
		s->up[i] = -INFINITY;
		s->low[i] = INFINITY;
		s->diagonal[i] = 1;
	}
	return top;
}

int64_t
up_smo_set_solve(UpSmoSet *s, const UpSmoProblem *p, const UpSmoSide *side, const float *square, double tol,
				 int64_t most_steps)
{
	size_t stride = UP_SMO_UP(UP_MAX(s->n, 1)), work = 0;
	Top top = start(s, p, side, square);
	int64_t steps = 0;

	while (steps < most_steps && top.first < s->n)
	{
		const float *row = square + top.first * stride;
		double least;
		size_t j =
			up_smo_partner(s->f, row, s->diagonal, s->diagonal[top.first], s->low, top.most, s->n, &least);

		up_tick_work(&work, 4 * s->n + 1000);
		if (j == s->n || top.most - least <= tol)
			break;
		UP_ASSERT(j != top.first);
		top = take_step(s, p, row, square + j * stride, top.first, j);
		steps++;
	}
	s->n_moves = 0;
	for (size_t i = 0; i < s->n; i++)
	{
		uint32_t t = s->variable[i];

		side->up[s->at[i]] = s->up[i];
		side->low[s->at[i]] = s->low[i];
		if (p->a[t] != s->before[i])
			s->moves[s->n_moves++] = (UpSmoMove){t, p->y[t] * (p->a[t] - s->before[i])};
	}
	return steps;
}
