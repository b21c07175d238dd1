/*
 * tpe.c - tree-structured Parzen estimators; see search.h
 *
 * Of the trials so far the best are set apart; there is a density of those, l, and of the others, g. Of points drawn from l the
 * one with the largest l / g is tried: a larger one means a larger expected improvement (Bergstra, Bardenet, Bengio, Kégl 2011).
 * A density is a mixture of one kernel a trial and a wide one in the middle; a kernel is a product over the dimensions (Falkner, Klein,
 * Hutter 2018), so that what goes together stays together: of a range a normal between its ends, as wide as Scott's rule (1992) has it;
 * of choices, mostly the trial's own. Cost: O(trials × dimensions) a candidate.
 */
#include "assess/search.h"

#include "num/sort.h"

#include <math.h>
#include <string.h>

#define RANDOM_FIRST 5
#define CANDIDATES   64
#define GOOD_SHARE   0.15
#define LEAST_GOOD   2
#define MOST_GOOD    25
#define SPREAD       0.2 /* of a range, of one trial */
#define ROOT_2       1.4142135623730951

/* The density of some trials. Kernel 0 is the wide one. */
typedef struct Parzen
{
	const UpSpace *space;
	uint32_t n;        /* kernels */
	double *at;        /* n × dimensions: of ranges stretched, of choices their numbers */
	double *log_scale; /* n: of ranges, log of width and of the mass between the ends, summed */
	double width;      /* of a trial's kernel, as a share of the range */
	double *terms;     /* n */
} Parzen;

static double
normal_below(double z)
{
	return 0.5 * erfc(-z / ROOT_2);
}

static double
width_of(const Parzen *p, uint32_t kernel, uint32_t dimension)
{
	const UpDimension *d = &p->space->dimensions[dimension];

	return (kernel == 0 ? 1 : p->width) * (up_dimension_to(d) - up_dimension_from(d));
}

/* Of a kernel: the probability of its own choice, and of each other one. */
static double
weight_of(const Parzen *p, const UpDimension *d, bool own)
{
	return ((own ? 1 : 0) + 1.0 / p->n) / (1 + (double) d->n / p->n);
}

static Parzen
parzen_of(const UpSearch *s, UpTrial *const *trials, uint32_t n)
{
	uint32_t dimensions = s->space->n;
	Parzen p = {.space = s->space, .n = n + 1};

	p.at = up_alloc_array((size_t) p.n * dimensions, sizeof(double));
	p.log_scale = up_alloc0(p.n * sizeof(double));
	p.terms = up_alloc_array(p.n, sizeof(double));
	p.width = UP_MAX(SPREAD * pow(UP_MAX(n, 1), -1.0 / (dimensions + 4)), 1.0 / UP_MIN(100, n + 2));
	for (uint32_t i = 0; i < dimensions; i++)
	{
		const UpDimension *d = &s->space->dimensions[i];
		double from = up_dimension_from(d), to = up_dimension_to(d);

		for (uint32_t k = 0; k < p.n; k++)
		{
			double *at = &p.at[(size_t) k * dimensions + i], width = width_of(&p, k, i);

			if (d->kind == UP_DIMENSION_CHOICE)
			{
				*at = k == 0 ? -1 : trials[k - 1]->x[i];
				continue;
			}
			*at = k == 0 ? (from + to) / 2 : up_dimension_warp(d, trials[k - 1]->x[i]);
			p.log_scale[k] +=
				log(width * (normal_below((to - *at) / width) - normal_below((from - *at) / width)));
		}
	}
	return p;
}

static double
draw_choice(const Parzen *p, const UpDimension *d, double own, UpRng *rng)
{
	double u = up_rng_double(rng);
	uint32_t choice = 0;

	if (own < 0)
		return (double) up_rng_below(rng, d->n);
	for (; choice + 1 < d->n; choice++)
	{
		u -= weight_of(p, d, choice == own);
		if (u < 0)
			break;
	}
	return choice;
}

static void
parzen_draw(const Parzen *p, UpRng *rng, double *x)
{
	uint32_t kernel = (uint32_t) up_rng_below(rng, p->n);

	for (uint32_t i = 0; i < p->space->n; i++)
	{
		const UpDimension *d = &p->space->dimensions[i];
		double at = p->at[(size_t) kernel * p->space->n + i], w;

		if (d->kind == UP_DIMENSION_CHOICE)
		{
			x[i] = draw_choice(p, d, at, rng);
			continue;
		}
		do
			w = at + width_of(p, kernel, i) * up_rng_normal(rng);
		while (w < up_dimension_from(d) || w > up_dimension_to(d));
		x[i] = up_dimension_unwarp(d, w);
	}
}

static double
parzen_log(const Parzen *p, const double *x)
{
	double most = -INFINITY, sum = 0;

	for (uint32_t k = 0; k < p->n; k++)
		p->terms[k] = -p->log_scale[k];
	for (uint32_t i = 0; i < p->space->n; i++)
	{
		const UpDimension *d = &p->space->dimensions[i];
		bool choice = d->kind == UP_DIMENSION_CHOICE;
		double v = choice ? x[i] : up_dimension_warp(d, x[i]);

		for (uint32_t k = 0; k < p->n; k++)
		{
			double at = p->at[(size_t) k * p->space->n + i], z;

			if (choice)
			{
				p->terms[k] += log(at < 0 ? 1.0 / d->n : weight_of(p, d, v == at));
				continue;
			}
			z = (v - at) / width_of(p, k, i);
			p->terms[k] -= z * z / 2;
		}
	}
	for (uint32_t k = 0; k < p->n; k++)
		most = UP_MAX(most, p->terms[k]);
	for (uint32_t k = 0; k < p->n; k++)
		sum += exp(p->terms[k] - most);
	return most + log(sum / p->n);
}

/* The most promising of the candidates that have not been tried, into x; false: there is none. */
static bool
choose(UpSearch *s, const Parzen *good, const Parzen *bad, double *x)
{
	double *candidate = up_alloc_array(s->space->n, sizeof(double)), best = -INFINITY;

	for (int c = 0; c < CANDIDATES; c++)
	{
		double gain;

		parzen_draw(good, &s->rng, candidate);
		gain = parzen_log(good, candidate) - parzen_log(bad, candidate);
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
	uint32_t n_good = (uint32_t) UP_MIN(UP_MAX(round(GOOD_SHARE * s->n_trials), LEAST_GOOD), MOST_GOOD);
	UpTrial **sorted;
	Parzen good, bad;
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
	good = parzen_of(s, sorted, n_good);
	bad = parzen_of(s, sorted + n_good, s->n_trials - n_good);
	found = choose(s, &good, &bad, x);
	up_arena_leave(arena);
	return found ? up_search_add(s, x) : up_search_draw(s);
}
