/*
 * search.c - which parameters are tried next, and which were best; see search.h
 */
#include "assess/search.h"

#include "num/sort.h"

#include <math.h>
#include <string.h>

#define SEARCH_STREAM  UINT64_C(0x736561726368)
#define DEFAULT_TRIALS 20
#define MOST_TRIALS    100000
#define DRAWS          200 /* in which a random point that is new should be found */

const char *const up_search_method_names[] = {"grid", "random", "halving", "hyperband", "tpe", NULL};

/* As the user gave it, or by the method and the space. */
static uint32_t
chosen_trials(const UpSearch *s)
{
	const UpSearchOptions *o = &s->options;

	if (o->method == UP_SEARCH_GRID)
		return (uint32_t) UP_MIN(s->n_points, UINT32_MAX);
	if (o->max_trials > 0)
		return o->max_trials;
	if (o->method == UP_SEARCH_HYPERBAND)
		return UINT32_MAX;
	if (o->method == UP_SEARCH_HALVING)
		return s->n_points > 0 ? (uint32_t) UP_MIN(s->n_points, 81) : 27;
	return DEFAULT_TRIALS;
}

static void
check_grid(const UpSearch *s)
{
	for (uint32_t i = 0; i < s->space->n; i++)
	{
		if (s->space->dimensions[i].kind != UP_DIMENSION_CHOICE)
			up_fail_with(UP_INVALID_PARAMETER, NULL, "Give choices, or choose another method.",
						 "a search by method \"grid\" needs choices, and \"%s\" has a range",
						 s->space->dimensions[i].name);
	}
	if (s->n_points == 0 || s->n_points > MOST_TRIALS)
		up_fail_with(UP_LIMIT, NULL, "Give fewer choices, or search by method \"random\".",
					 "the grid has more than %d points", MOST_TRIALS);
	if (s->options.max_trials > 0 && s->n_points > s->options.max_trials)
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Search by method \"random\", or allow more.",
					 "the grid has %llu points, more than max_trials", (unsigned long long) s->n_points);
}

UpSearch *
up_search_new(const UpSpace *space, const UpSearchOptions *options)
{
	UpSearch *s = up_alloc0(sizeof(UpSearch));

	s->space = space;
	s->options = *options;
	s->n_points = up_space_points(space);
	up_rng_init(&s->rng, options->seed, SEARCH_STREAM);
	if (options->method == UP_SEARCH_GRID)
		check_grid(s);
	s->options.max_trials = chosen_trials(s);
	if (options->method == UP_SEARCH_HALVING || options->method == UP_SEARCH_HYPERBAND)
		s->rungs = up_rungs_new(s);
	return s;
}

UpTrial *
up_search_add(UpSearch *s, const double *x)
{
	UpTrial *t = up_alloc0(sizeof(UpTrial));

	if (s->n_trials == s->capacity)
	{
		s->capacity = UP_MAX(s->capacity * 2, 64);
		s->trials = s->trials == NULL ? up_alloc_array(s->capacity, sizeof(UpTrial *))
									  : up_realloc(s->trials, s->capacity * sizeof(UpTrial *));
	}
	t->x = up_alloc_array(s->space->n, sizeof(double));
	memcpy(t->x, x, s->space->n * sizeof(double));
	t->varied = up_space_varied(s->space, x);
	t->share = 1;
	t->loss = t->mean = t->std = NAN;
	t->number = s->n_trials + 1;
	s->trials[s->n_trials++] = t;
	return t;
}

bool
up_search_tried(const UpSearch *s, const double *x)
{
	for (uint32_t i = 0; i < s->n_trials; i++)
	{
		if (memcmp(s->trials[i]->x, x, s->space->n * sizeof(double)) == 0)
			return true;
	}
	return false;
}

UpTrial *
up_search_draw(UpSearch *s)
{
	double *x = up_alloc_array(s->space->n, sizeof(double));
	uint64_t first;

	for (int draw = 0; draw < DRAWS; draw++)
	{
		up_space_draw(s->space, &s->rng, x);
		if (!up_search_tried(s, x))
			return up_search_add(s, x);
	}
	/* Few are left, if any: the next from a random one on. */
	if (s->n_points == 0 || s->n_points > MOST_TRIALS)
		return s->n_points == 0 ? NULL : up_search_add(s, x);
	first = up_rng_below(&s->rng, s->n_points);
	for (uint64_t i = 0; i < s->n_points; i++)
	{
		up_space_point(s->space, (first + i) % s->n_points, x);
		if (!up_search_tried(s, x))
			return up_search_add(s, x);
	}
	return NULL;
}

UpTrial *
up_search_next(UpSearch *s)
{
	double *x;

	if (s->rungs != NULL)
		return up_rungs_next(s);
	if (s->n_trials >= s->options.max_trials)
		return NULL;
	if (s->options.method == UP_SEARCH_RANDOM)
		return up_search_draw(s);
	if (s->options.method == UP_SEARCH_TPE)
		return up_tpe_next(s);
	x = up_alloc_array(s->space->n, sizeof(double));
	up_space_point(s->space, s->n_trials, x);
	return up_search_add(s, x);
}

UpTrial *
up_search_more(UpSearch *s)
{
	if (s->rungs != NULL)
		return up_rungs_more(s);
	return s->options.method == UP_SEARCH_TPE ? NULL : up_search_next(s);
}

uint32_t
up_search_planned(const UpSearch *s)
{
	return s->options.max_trials == UINT32_MAX ? 0 : s->options.max_trials;
}

/* Equal but for rounding. */
static bool
alike(double a, double b)
{
	return fabs(a - b) <= 1e-12 * UP_MAX(fabs(a), fabs(b));
}

int
up_trial_compare(const void *a, const void *b)
{
	const UpTrial *x = *(UpTrial *const *) a, *y = *(UpTrial *const *) b;

	if (isnan(x->loss) != isnan(y->loss))
		return isnan(x->loss) ? 1 : -1;
	if (!isnan(x->loss) && x->loss != y->loss)
		return x->loss < y->loss ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

static int
compare_trials(const void *a, const void *b)
{
	const UpTrial *x = *(UpTrial *const *) a, *y = *(UpTrial *const *) b;

	if (x->pruned != y->pruned)
		return x->pruned ? 1 : -1;
	if (x->share != y->share)
		return x->share > y->share ? -1 : 1;
	if (isnan(x->loss) != isnan(y->loss))
		return isnan(x->loss) ? 1 : -1;
	if (!isnan(x->loss) && !alike(x->loss, y->loss))
		return x->loss < y->loss ? -1 : 1;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	return x->number < y->number ? -1 : 1;
}

UpTrial *
up_search_rank(UpSearch *s)
{
	UpTrial **sorted = up_alloc_array(UP_MAX(s->n_trials, 1), sizeof(UpTrial *)), *best;

	if (s->n_trials == 0)
		return NULL;
	memcpy(sorted, s->trials, s->n_trials * sizeof(UpTrial *));
	/* Whose turn on more rows did not come is given up as well. */
	for (uint32_t i = 0; i < s->n_trials; i++)
		s->trials[i]->pruned = s->trials[i]->pruned || s->trials[i]->share < 1;
	up_sort(sorted, s->n_trials, sizeof(UpTrial *), compare_trials);
	for (uint32_t i = 0; i < s->n_trials; i++)
		sorted[i]->rank = i + 1;
	best = sorted[0];
	up_free(sorted);
	return best;
}
