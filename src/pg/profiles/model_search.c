/*
 * model_search.c - models of profiles whose algorithm or parameters are searched; see model_search.h
 */
#include "postgres.h"

#include "learn/request.h"
#include "pg/models/auto.h"
#include "pg/models/holdout.h"
#include "pg/models/tune.h"
#include "pg/profiles/model_search.h"

static bool
is_auto(const UpModelSearch *s)
{
	return strcmp(s->algorithm, UP_AUTO) == 0;
}

static UpValue *
take_object(const UpValue *definition, const char *key, const char *model)
{
	UpValue *v = up_value_get(definition, key);

	if (v == NULL || v->type == UP_NULL)
		return NULL;
	if (v->type != UP_OBJECT)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("\"%s\" of model \"%s\" must be an object, not %s", key, model,
							   up_value_type_name(v))));
	return up_value_copy(v);
}

/* The search, with what stands beside it: a time budget; and of honest models no vote, whose members have no folds. */
static UpValue *
take_tune(const UpModelSearch *s, const UpValue *definition, const UpSearchedModel *m)
{
	UpValue *tune = take_object(definition, "tune", m->column),
			*budget = up_value_get(definition, "time_budget");
	bool has_budget = budget != NULL && budget->type != UP_NULL;

	if (has_budget && tune == NULL && !is_auto(s))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("model \"%s\" has a \"time_budget\", and nothing is searched", m->column),
						errhint("Add \"tune\": {\"search\": {…}}, or use the algorithm auto.")));
	if (tune == NULL && is_auto(s))
		tune = up_value_object();
	if (has_budget && up_value_get(tune, "time_budget") == NULL)
		up_value_set(tune, "time_budget", up_value_copy(budget));
	if (is_auto(s) && m->honest)
		up_value_set(tune, "vote", up_value_bool(false));
	return tune;
}

static void
tell_model(void *model)
{
	errcontext("model \"%s\" of the profile", (const char *) model);
}

/* Words what the searches and splits have to say of it. */
static void
check(const UpModelSearch *s, const UpSearchedModel *m)
{
	ErrorContextCallback context = {error_context_stack, tell_model, unconstify(char *, m->column)};
	UpTuneOrder tune;
	UpSplit folds;

	error_context_stack = &context;
	if (s->tune != NULL)
	{
		tune = up_tune_parse(s->tune, 0, &folds);
		if (is_auto(s))
			up_auto_check(&tune, m->params);
		else
			(void) up_tune_check(&tune, m->learner, up_value_copy(m->params));
	}
	(void) up_request_parse(m->learner, m->params);
	if (s->split != NULL)
		(void) up_holdout_order(s->split, m->params, m->test_size);
	error_context_stack = context.previous;
}

void
up_model_search_parse(UpModelSearch *s, const UpValue *definition, const UpSearchedModel *m)
{
	s->tune = take_tune(s, definition, m);
	s->split = take_object(definition, "split", m->column);
	if (s->tune == NULL && s->split == NULL)
	{
		up_request_parse(m->learner, m->params);
		return;
	}
	if (m->incremental)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("model \"%s\" cannot learn on: each training %s", m->column,
							   s->tune != NULL ? "searches anew" : "holds out rows in its own way"),
						errhint("Leave out \"learn\".")));
	check(s, m);
}

UpValue *
up_model_search_asked(const UpModelSearch *s, const UpValue *params, double test_size)
{
	UpValue *asked;

	if (s->tune == NULL && s->split == NULL)
		return NULL;
	asked = up_value_object();
	up_value_set(asked, "algorithm", up_value_string(s->algorithm));
	up_value_set(asked, "params", up_value_copy(params));
	up_value_set(asked, "test_size", up_value_number(test_size));
	if (s->tune != NULL)
		up_value_set(asked, "tune", up_value_copy(s->tune));
	if (s->split != NULL)
		up_value_set(asked, "split", up_value_copy(s->split));
	return asked;
}

void
up_model_search_order(const UpModelSearch *s, UpTrainOrder *order)
{
	order->algorithm = s->algorithm;
	order->tune = s->tune;
	order->asked = up_model_search_asked(s, order->params, order->test_size);
	if (s->split != NULL)
		order->holdout = up_holdout_order(s->split, order->params, order->test_size);
}
