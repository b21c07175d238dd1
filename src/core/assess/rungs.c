/*
 * rungs.c - successive halving and Hyperband; see search.h
 *
 * Many trials on a few rows, the best third of them on three times as many, and so on to all rows. Hyperband does so in brackets
 * that begin with fewer trials and more rows each, for what only shows on many rows (Li, Jamieson, DeSalvo, Rostamizadeh, Talwalkar
 * 2018, algorithm 1; the resource is the share of the rows).
 */
#include "assess/search.h"

#include "num/sort.h"

#include <math.h>
#include <string.h>

struct UpRungs
{
	uint32_t brackets; /* of Hyperband */
	uint32_t bracket;  /* counts down */
	uint32_t rung;
	uint32_t n_rungs;
	double share;     /* of this rung */
	uint32_t to_draw; /* of the first rung, trials still to be drawn */
	uint32_t n, next; /* of this rung: trials, and those that have been handed out */
	uint32_t capacity;
	UpTrial **trials;
};

/* eta^-power; powers of 3 are exact. */
static double
share_of(uint32_t power)
{
	double units = 1;

	for (uint32_t i = 0; i < power; i++)
		units *= UP_SEARCH_ETA;
	return 1 / units;
}

uint32_t
up_hyperband_brackets(double least_share)
{
	uint32_t s = 0;

	while (s < 4 && share_of(s + 1) >= least_share)
		s++;
	return s + 1;
}

UpRung
up_hyperband_rung(uint32_t brackets, uint32_t bracket, uint32_t rung)
{
	double eta_s = 1 / share_of(bracket);
	double n = ceil((double) brackets * eta_s / (bracket + 1) - 1e-9);

	return (UpRung){(uint32_t) floor(n * share_of(rung) + 1e-9), share_of(bracket - rung)};
}

static void
begin_bracket(UpSearch *s)
{
	UpRungs *r = s->rungs;

	r->rung = r->n = r->next = 0;
	if (s->options.method == UP_SEARCH_HYPERBAND)
	{
		r->n_rungs = r->bracket + 1;
		r->to_draw = up_hyperband_rung(r->brackets, r->bracket, 0).n;
	}
	else
	{
		/* So many rungs that one is left on all rows, as far as there are rows enough. */
		uint32_t most = up_hyperband_brackets(s->options.least_share);

		r->to_draw = s->options.max_trials;
		r->n_rungs = 1;
		while (r->n_rungs < most && share_of(r->n_rungs) * r->to_draw >= 1)
			r->n_rungs++;
	}
	r->share = share_of(r->n_rungs - 1);
}

UpRungs *
up_rungs_new(UpSearch *s)
{
	UpRungs *r = up_alloc0(sizeof(UpRungs));

	s->rungs = r;
	r->brackets = up_hyperband_brackets(s->options.least_share);
	r->bracket = r->brackets - 1;
	begin_bracket(s);
	return r;
}

/* The best of the rung go on; false: it was the last one. */
static bool
climb(UpRungs *r)
{
	uint32_t kept = UP_MAX(r->n / UP_SEARCH_ETA, 1);

	if (r->rung + 1 >= r->n_rungs)
		return false;
	up_sort(r->trials, r->n, sizeof(UpTrial *), up_trial_compare);
	for (uint32_t i = kept; i < r->n; i++)
		r->trials[i]->pruned = true;
	r->n = kept;
	r->next = 0;
	r->rung++;
	r->share = share_of(r->n_rungs - 1 - r->rung);
	return true;
}

static UpTrial *
draw(UpSearch *s)
{
	UpRungs *r = s->rungs;
	UpTrial *t;
	double *x;

	if (s->n_trials >= s->options.max_trials)
		return NULL;
	if (s->options.method == UP_SEARCH_HALVING && s->n_points > 0 && s->n_points <= s->options.max_trials)
	{
		if (s->n_trials >= s->n_points)
			return NULL;
		x = up_alloc_array(s->space->n, sizeof(double));
		up_space_point(s->space, s->n_trials, x);
		t = up_search_add(s, x);
	}
	else
		t = up_search_draw(s);
	if (t == NULL)
		return NULL;
	if (r->n == r->capacity)
	{
		r->capacity = UP_MAX(r->capacity * 2, 64);
		r->trials = r->trials == NULL ? up_alloc_array(r->capacity, sizeof(UpTrial *))
									  : up_realloc(r->trials, r->capacity * sizeof(UpTrial *));
	}
	r->trials[r->n++] = t;
	r->to_draw--;
	return t;
}

/* The next of this rung. */
UpTrial *
up_rungs_more(UpSearch *s)
{
	UpRungs *r = s->rungs;
	UpTrial *t = r->rung == 0 && r->to_draw > 0 ? draw(s) : NULL;

	if (t == NULL && r->rung == 0)
		r->to_draw = 0;
	if (t != NULL)
		r->next = r->n;
	else if (r->next < r->n)
		t = r->trials[r->next++];
	if (t != NULL)
		t->share = r->share;
	return t;
}

UpTrial *
up_rungs_next(UpSearch *s)
{
	UpRungs *r = s->rungs;

	for (;;)
	{
		UpTrial *t = up_rungs_more(s);

		if (t != NULL)
			return t;
		if (r->n > 0 && climb(r))
			continue;
		if (s->options.method == UP_SEARCH_HALVING || r->bracket == 0 || r->n == 0)
			return NULL;
		r->bracket--;
		begin_bracket(s);
	}
}
