/*
 * tpe.c - tree-structured Parzen estimators; see search.h
 *
 * Of the trials so far the best are set apart; each dimension has a density of those, l, and of the others, g. Of points drawn from l
 * the one with the largest l / g is tried: a larger one means a larger expected improvement (Bergstra, Bardenet, Bengio, Kégl 2011).
 * A density is a mixture of normals at what was tried, as wide as the way to the neighbours, and of a wide one in the middle;
 * of choices, their shares. Cost: O(trials) a candidate and dimension.
 */
#include "assess/search.h"

#include "num/sort.h"

#include <math.h>
#include <string.h>

#define RANDOM_FIRST 10
#define CANDIDATES   24
#define MOST_GOOD    25
#define ROOT_2       1.4142135623730951

/* One dimension of some trials. */
typedef struct Parzen
{
	const UpDimension *dimension;
	uint32_t n;         /* kernels: the first is the prior */
	double *at, *width; /* of ranges, stretched */
	double *mass;       /* of the kernels between the ends */
	double *weight;     /* of choices */
} Parzen;

static double
normal_below(double z)
{
	return 0.5 * erfc(-z / ROOT_2);
}

static void
set_widths(Parzen *p, double from, double to)
{
	double least = (to - from) / UP_MIN(100, p->n + 1);

	p->at[0] = (from + to) / 2;
	p->width[0] = to - from;
	up_sort_doubles(p->at + 1, p->n - 1, NULL);
	for (uint32_t i = 1; i < p->n; i++)
	{
		double before = i > 1 ? p->at[i - 1] : from, after = i + 1 < p->n ? p->at[i + 1] : to;
		double width = UP_MAX(p->at[i] - before, after - p->at[i]);

		p->width[i] = UP_MIN(UP_MAX(width, least), to - from);
	}
	for (uint32_t i = 0; i < p->n; i++)
		p->mass[i] =
			normal_below((to - p->at[i]) / p->width[i]) - normal_below((from - p->at[i]) / p->width[i]);
}

static Parzen
parzen_of(const UpSearch *s, UpTrial *const *trials, uint32_t n, uint32_t dimension)
{
	const UpDimension *d = &s->space->dimensions[dimension];
	Parzen p = {.dimension = d, .n = n + 1};

	if (d->kind == UP_DIMENSION_CHOICE)
	{
		p.weight = up_alloc_array(d->n, sizeof(double));
		for (uint32_t i = 0; i < d->n; i++)
			p.weight[i] = 1.0 / d->n;
		for (uint32_t i = 0; i < n; i++)
			p.weight[(uint32_t) trials[i]->x[dimension]]++;
		for (uint32_t i = 0; i < d->n; i++)
			p.weight[i] /= n + 1;
		return p;
	}
	p.at = up_alloc_array(p.n, sizeof(double));
	p.width = up_alloc_array(p.n, sizeof(double));
	p.mass = up_alloc_array(p.n, sizeof(double));
	for (uint32_t i = 0; i < n; i++)
		p.at[i + 1] = up_dimension_warp(d, trials[i]->x[dimension]);
	set_widths(&p, up_dimension_from(d), up_dimension_to(d));
	return p;
}

static double
parzen_draw(const Parzen *p, UpRng *rng)
{
	const UpDimension *d = p->dimension;
	uint32_t kernel;
	double u, w;

	if (d->kind == UP_DIMENSION_CHOICE)
	{
		uint32_t choice = 0;

		u = up_rng_double(rng);
		while (choice + 1 < d->n && u >= p->weight[choice])
			u -= p->weight[choice++];
		return choice;
	}
	kernel = (uint32_t) up_rng_below(rng, p->n);
	do
		w = p->at[kernel] + p->width[kernel] * up_rng_normal(rng);
	while (w < up_dimension_from(d) || w > up_dimension_to(d));
	return up_dimension_unwarp(d, w);
}

static double
parzen_log(const Parzen *p, double x)
{
	const UpDimension *d = p->dimension;
	double w, sum = 0;

	if (d->kind == UP_DIMENSION_CHOICE)
		return log(p->weight[(uint32_t) x]);
	w = up_dimension_warp(d, x);
	for (uint32_t i = 0; i < p->n; i++)
	{
		double z = (w - p->at[i]) / p->width[i];

		sum += exp(-0.5 * z * z) / (p->width[i] * p->mass[i]);
	}
	return log(sum / p->n + 1e-300);
}

/* The most promising of the candidates that have not been tried, into x; false: there is none. */
static bool
choose(UpSearch *s, const Parzen *good, const Parzen *bad, double *x)
{
	double *candidate = up_alloc_array(s->space->n, sizeof(double)), best = -INFINITY;

	for (int c = 0; c < CANDIDATES; c++)
	{
		double gain = 0;

		for (uint32_t i = 0; i < s->space->n; i++)
		{
			candidate[i] = parzen_draw(&good[i], &s->rng);
			gain += parzen_log(&good[i], candidate[i]) - parzen_log(&bad[i], candidate[i]);
		}
		if (gain > best && !up_search_tried(s, candidate))
		{
			best = gain;
			memcpy(x, candidate, s->space->n * sizeof(double));
		}
	}
	return best > -INFINITY;
}

UpTrial *
up_tpe_next(UpSearch *s)
{
	uint32_t n_good = UP_MIN((s->n_trials + 9) / 10, MOST_GOOD);
	UpTrial **sorted;
	Parzen *good, *bad;
	UpArena *arena;
	double *x;
	bool found;

	if (s->n_trials < RANDOM_FIRST)
		return up_search_draw(s);
	x = up_alloc_array(s->space->n, sizeof(double));
	arena = up_arena_enter();
	sorted = up_alloc_array(s->n_trials, sizeof(UpTrial *));
	memcpy(sorted, s->trials, s->n_trials * sizeof(UpTrial *));
	up_sort(sorted, s->n_trials, sizeof(UpTrial *), up_trial_compare);
	good = up_alloc_array(s->space->n, sizeof(Parzen));
	bad = up_alloc_array(s->space->n, sizeof(Parzen));
	for (uint32_t i = 0; i < s->space->n; i++)
	{
		good[i] = parzen_of(s, sorted, n_good, i);
		bad[i] = parzen_of(s, sorted + n_good, s->n_trials - n_good, i);
	}
	found = choose(s, good, bad, x);
	up_arena_leave(arena);
	return found ? up_search_add(s, x) : up_search_draw(s);
}
