/*
 * space.c - where the best parameters are looked for; see space.h
 */
#include "assess/space.h"

#include <math.h>
#include <string.h>

#define MOST_CHOICES 10000

static const char *const kind_names[] = {"choice", "uniform", "log_uniform", "integer", "log_integer"};

static const UpParam *
param_named(const UpParamTable *table, const char *name)
{
	for (int i = 0; i < table->n; i++)
	{
		if (strcmp(table->params[i].name, name) == 0)
			return &table->params[i];
	}
	return NULL;
}

/* Fails unless the parameter may have this value beside the fixed ones. */
static void
check_value(const UpLearner *learner, const UpValue *fixed, const char *name, UpValue *value)
{
	UpValue *one = up_value_copy(fixed);

	up_value_set(one, name, up_value_copy(value));
	up_request_parse(learner, one);
}

static void
set_range(UpDimension *d, const UpLearner *learner, const UpValue *range)
{
	const UpParam *p = param_named(&learner->params, d->name);
	bool whole = d->kind == UP_DIMENSION_INTEGER || d->kind == UP_DIMENSION_LOG_INTEGER;
	const char *kind = kind_names[d->kind];

	if (range->type != UP_ARRAY || range->n != 2 || range->items[0]->type != UP_NUMBER ||
		range->items[1]->type != UP_NUMBER || !(range->items[0]->number < range->items[1]->number))
		up_fail_with(UP_INVALID_PARAMETER, "Expected: two numbers, the lower one first.", NULL,
					 "\"%s\" of \"%s\" in the search is %s", kind, d->name, up_value_text(range));
	d->low = range->items[0]->number;
	d->high = range->items[1]->number;
	if ((d->kind == UP_DIMENSION_LOG_UNIFORM || d->kind == UP_DIMENSION_LOG_INTEGER) && d->low <= 0)
		up_fail(UP_INVALID_PARAMETER, "\"%s\" of \"%s\" in the search must begin above 0, not at %s", kind,
				d->name, up_value_text(range->items[0]));
	if (whole && (d->low != floor(d->low) || d->high != floor(d->high)))
		up_fail(UP_INVALID_PARAMETER, "\"%s\" of \"%s\" in the search needs whole numbers, not %s", kind,
				d->name, up_value_text(range));
	if (p != NULL && p->type == UP_P_INT && !whole)
		up_fail_with(UP_INVALID_PARAMETER, NULL,
					 up_format("Use {\"%sinteger\": %s}.", d->kind == UP_DIMENSION_UNIFORM ? "" : "log_",
							   up_value_text(range)),
					 "parameter \"%s\" of algorithm \"%s\" must be a whole number", d->name, learner->name);
}

static void
set_choices(UpDimension *d, const UpValue *choices)
{
	d->kind = UP_DIMENSION_CHOICE;
	if (choices->n == 0)
		up_fail(UP_INVALID_PARAMETER, "\"%s\" in the search has no choice", d->name);
	if (choices->n > MOST_CHOICES)
		up_fail(UP_LIMIT, "\"%s\" in the search has %u choices, more than %d", d->name, choices->n,
				MOST_CHOICES);
	d->n = choices->n;
	d->choices = choices->items;
}

/* What is meant by the names of two bounds, as other libraries have them: {"min": 0, "max": 1}; NULL: that is none. */
static const char *
meant_by_bounds(const UpParam *p, const UpValue *given)
{
	static const char *const bounds[][2] = {
		{"min", "max"}, {"low", "high"}, {"from", "to"}, {"lower", "upper"}};

	for (size_t i = 0; i < UP_LENGTH(bounds); i++)
	{
		const UpValue *low = up_value_get(given, bounds[i][0]), *high = up_value_get(given, bounds[i][1]);

		if (low != NULL && high != NULL)
			return up_format("Perhaps you meant {\"%s\": [%s, %s]}.",
							 p != NULL && p->type == UP_P_INT ? "integer" : "uniform", up_value_text(low),
							 up_value_text(high));
	}
	return NULL;
}

/* {"uniform": [0, 1]} */
static void
set_distribution(UpDimension *d, const UpLearner *learner, const UpValue *given)
{
	const char *nearest, *meant = meant_by_bounds(param_named(&learner->params, d->name), given);
	size_t kind = 0;

	if (given->n != 1)
		up_fail_with(UP_INVALID_PARAMETER,
					 "Expected: one of choice, uniform, log_uniform, integer, log_integer.",
					 meant != NULL ? meant : "What is fixed and an object goes into an array: [{…}].",
					 "\"%s\" in the search is %s", d->name, up_value_text(given));
	while (kind < UP_LENGTH(kind_names) && strcmp(kind_names[kind], given->keys[0]) != 0)
		kind++;
	nearest = up_nearest_name(given->keys[0], kind_names, UP_LENGTH(kind_names));
	if (kind == UP_LENGTH(kind_names))
		up_fail_with(UP_INVALID_PARAMETER, "Allowed: choice, uniform, log_uniform, integer, log_integer.",
					 nearest != NULL ? up_format("Perhaps you meant \"%s\".", nearest)
									 : "What is fixed and an object goes into an array: [{…}].",
					 "\"%s\" in the search has no distribution \"%s\"", d->name, given->keys[0]);
	d->kind = (UpDimensionKind) kind;
	if (d->kind != UP_DIMENSION_CHOICE)
	{
		set_range(d, learner, given->items[0]);
		return;
	}
	if (given->items[0]->type != UP_ARRAY)
		up_fail(UP_INVALID_PARAMETER, "\"choice\" of \"%s\" in the search must be an array, not %s", d->name,
				up_value_type_name(given->items[0]));
	set_choices(d, given->items[0]);
}

static void
check_dimension(const UpDimension *d, const UpLearner *learner, const UpValue *fixed)
{
	for (uint32_t i = 0; i < d->n; i++)
		check_value(learner, fixed, d->name, d->choices[i]);
	if (d->kind == UP_DIMENSION_CHOICE)
		return;
	check_value(learner, fixed, d->name, up_value_number(d->low));
	check_value(learner, fixed, d->name, up_value_number(d->high));
}

UpSpace *
up_space_parse(const UpValue *given, const UpLearner *learner, const UpValue *fixed)
{
	UpSpace *s = up_alloc0(sizeof(UpSpace));

	if (given != NULL && given->type == UP_OBJECT && given->n == 0)
		up_fail_with(
			UP_INVALID_PARAMETER, NULL,
			up_format("SELECT * FROM uprofile_params('%s') lists those that there are.", learner->name),
			"the search names no parameter");
	if (given == NULL || given->type != UP_OBJECT)
		up_fail_with(UP_INVALID_PARAMETER, NULL,
					 "For example {\"C\": [0.1, 1, 10]} or {\"C\": {\"log_uniform\": [0.001, 1000]}}.",
					 "the search must be an object with a key for each parameter%s%s",
					 given != NULL && given->type != UP_OBJECT ? ", not " : "",
					 given != NULL && given->type != UP_OBJECT ? up_value_type_name(given) : "");
	s->fixed = up_value_copy(fixed);
	s->dimensions = up_alloc0(given->n * sizeof(UpDimension));
	for (uint32_t i = 0; i < given->n; i++)
	{
		UpValue *v = given->items[i];

		if (v->type != UP_ARRAY && v->type != UP_OBJECT)
			up_value_set(s->fixed, given->keys[i], up_value_copy(v));
	}
	up_request_parse(learner, s->fixed);
	for (uint32_t i = 0; i < given->n; i++)
	{
		UpDimension *d = &s->dimensions[s->n];
		const UpValue *v = given->items[i];

		if (v->type != UP_ARRAY && v->type != UP_OBJECT)
			continue;
		d->name = given->keys[i];
		if (strcmp(d->name, "seed") == 0 || strcmp(d->name, "task") == 0)
			up_fail(UP_INVALID_PARAMETER, "\"%s\" is nothing to be searched", d->name);
		if (v->type == UP_ARRAY)
			set_choices(d, v);
		else
			set_distribution(d, learner, v);
		check_dimension(d, learner, s->fixed);
		s->n++;
	}
	if (s->n == 0)
		up_fail_with(UP_INVALID_PARAMETER, NULL, "For example {\"C\": [0.1, 1, 10]}.",
					 "the search has nothing to choose from: every parameter is fixed");
	s->inner = s->n;
	for (uint32_t i = 0; i < s->n; i++)
	{
		if (learner->path != NULL && strcmp(s->dimensions[i].name, learner->path) == 0)
			s->inner = i;
	}
	return s;
}

const UpDimension *
up_space_dimension(const UpSpace *s, const char *name)
{
	for (uint32_t i = 0; i < s->n; i++)
	{
		if (strcmp(s->dimensions[i].name, name) == 0)
			return &s->dimensions[i];
	}
	return NULL;
}

/* Whether an array of names, or anything else, has this one. */
static bool
has_name(const UpValue *names, const UpValue *name)
{
	for (uint32_t i = 0; i < names->n; i++)
	{
		if (up_value_equal(names->items[i], name))
			return true;
	}
	return false;
}

/* Names that one of the choices has, or that all of them have; NULL where one of them says nothing of columns. */
static UpValue *
names_of(const UpDimension *d, bool in_all)
{
	UpValue *names = up_value_array();

	for (uint32_t i = 0; i < d->n; i++)
	{
		if (d->choices[i]->type != UP_ARRAY)
			return NULL;
		for (uint32_t k = 0; k < d->choices[i]->n; k++)
		{
			const UpValue *name = d->choices[i]->items[k];
			bool wanted = !has_name(names, name);

			for (uint32_t j = 0; in_all && j < d->n && wanted; j++)
				wanted = has_name(d->choices[j], name);
			if (wanted)
				up_value_append(names, up_value_copy(name));
		}
	}
	return names;
}

void
up_space_see_all(const UpSpace *s, UpRequest *q)
{
	const UpDimension *features = up_space_dimension(s, "features");
	const UpDimension *exclude = up_space_dimension(s, "exclude");

	if (features != NULL)
		q->common.features = names_of(features, false);
	if (exclude != NULL)
		q->common.exclude = names_of(exclude, true);
}

uint64_t
up_space_points(const UpSpace *s)
{
	uint64_t points = 1;

	for (uint32_t i = 0; i < s->n; i++)
	{
		if (s->dimensions[i].kind != UP_DIMENSION_CHOICE || points > UINT32_MAX)
			return 0;
		points *= s->dimensions[i].n;
	}
	return points;
}

void
up_space_point(const UpSpace *s, uint64_t number, double *x)
{
	for (uint32_t i = s->n + 1; i-- > 0;)
	{
		uint32_t at = i == s->n ? s->inner : i;

		if (at == s->n || (i == s->inner && i < s->n))
			continue;
		x[at] = (double) (number % s->dimensions[at].n);
		number /= s->dimensions[at].n;
	}
}

static bool
is_log(const UpDimension *d)
{
	return d->kind == UP_DIMENSION_LOG_UNIFORM || d->kind == UP_DIMENSION_LOG_INTEGER;
}

static double
margin(const UpDimension *d)
{
	return d->kind == UP_DIMENSION_INTEGER || d->kind == UP_DIMENSION_LOG_INTEGER ? 0.5 : 0;
}

double
up_dimension_warp(const UpDimension *d, double v)
{
	return is_log(d) ? log(v) : v;
}

double
up_dimension_unwarp(const UpDimension *d, double w)
{
	double v = is_log(d) ? exp(w) : w;

	if (margin(d) > 0)
		v = floor(v + 0.5);
	return UP_MIN(UP_MAX(v, d->low), d->high);
}

double
up_dimension_from(const UpDimension *d)
{
	return up_dimension_warp(d, d->low - margin(d));
}

double
up_dimension_to(const UpDimension *d)
{
	return up_dimension_warp(d, d->high + margin(d));
}

void
up_space_draw(const UpSpace *s, UpRng *rng, double *x)
{
	for (uint32_t i = 0; i < s->n; i++)
	{
		const UpDimension *d = &s->dimensions[i];
		double from = up_dimension_from(d);

		if (d->kind == UP_DIMENSION_CHOICE)
			x[i] = (double) up_rng_below(rng, d->n);
		else
			x[i] = up_dimension_unwarp(d, from + (up_dimension_to(d) - from) * up_rng_double(rng));
	}
}

UpValue *
up_space_varied(const UpSpace *s, const double *x)
{
	UpValue *params = up_value_object();

	for (uint32_t i = 0; i < s->n; i++)
	{
		const UpDimension *d = &s->dimensions[i];

		up_value_set(params, d->name,
					 d->kind == UP_DIMENSION_CHOICE ? up_value_copy(d->choices[(uint32_t) x[i]])
													: up_value_number(x[i]));
	}
	return params;
}

UpValue *
up_space_params(const UpSpace *s, const double *x)
{
	UpValue *params = up_value_copy(s->fixed), *varied = up_space_varied(s, x);

	for (uint32_t i = 0; i < varied->n; i++)
		up_value_set(params, varied->keys[i], varied->items[i]);
	return params;
}
