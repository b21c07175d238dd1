/*
 * request.c - parameters that a user gave, for a learner; see request.h
 */
#include "learn/request.h"

#include "learn/learners.h"

#include <math.h>
#include <string.h>

static void
check_weight(const UpLearner *learner, const UpValue *weight)
{
	char *names = up_strdup("");

	if (weight == NULL)
		return;
	if (weight->type != UP_STRING)
		up_fail(UP_INVALID_PARAMETER, "parameter \"weight\" must be the name of a column, not %s",
				up_value_text(weight));
	if ((learner->abilities & UP_L_WEIGHTS) != 0)
		return;
	for (int i = 0; i < up_n_learners; i++)
	{
		if ((up_learners[i]->abilities & UP_L_WEIGHTS) != 0)
			names = up_format("%s%s%s", names, names[0] != '\0' ? ", " : "", up_learners[i]->name);
	}
	up_fail_with(UP_INVALID_PARAMETER, NULL, up_format("These can: %s.", names),
				 "algorithm \"%s\" cannot weigh rows", learner->name);
}

UpRequest *
up_request_parse(const UpLearner *learner, const UpValue *given)
{
	const UpParamTable *common = &up_common_params, *own = &learner->params;
	UpRequest *request = up_alloc0(sizeof(UpRequest));
	char *owner = up_format("algorithm \"%s\"", learner->name);
	UpValue *common_values;

	request->learner = learner;
	request->params = up_alloc0(UP_MAX(learner->params_size, 1));
	request->values = up_params_parse(own, &common, 1, given, owner, request->params);
	common_values = up_params_parse(common, &own, 1, given, owner, &request->common);
	request->adjust = up_adjust_parse(&request->common);
	check_weight(learner, request->common.weight);
	for (uint32_t i = 0; i < common_values->n; i++)
	{
		/* The seed has a place of its own in the model; defaults of the others need not be told. */
		if (given != NULL && up_value_get(given, common_values->keys[i]) != NULL &&
			strcmp(common_values->keys[i], "seed") != 0)
			up_value_set(request->values, common_values->keys[i], common_values->items[i]);
	}
	up_free(owner);
	return request;
}

const char *
up_request_weight(const UpRequest *q)
{
	return q->common.weight != NULL ? q->common.weight->string : NULL;
}

/* Rounded down to two digits, so that it can be said and typed. */
static double
two_digits(double n)
{
	double unit = 1;

	while (n / unit >= 100)
		unit *= 10;
	return UP_MAX(floor(n / unit) * unit, 1);
}

static double
bytes_held(const UpRequest *q, double n_rows, uint32_t n_features)
{
	if (q->learner->holds == NULL)
		return 0;
	if (q->common.max_rows != INT64_MIN)
		n_rows = UP_MIN(n_rows, (double) q->common.max_rows);
	return q->learner->holds(q->params, n_rows, n_features);
}

bool
up_request_fits(const UpRequest *q, double n_rows, uint32_t n_features)
{
	return bytes_held(q, n_rows, n_features) <= (double) up_memory_limit();
}

uint32_t
up_request_least_features(const UpRequest *q, const UpFrame *f)
{
	UpPipelineOptions o = {
		.features = q->common.features, .exclude = q->common.exclude, .weight = up_request_weight(q)};
	uint32_t n = 0;

	if (q->common.select != NULL)
		return 1;
	if (!f->by_name)
		return f->n_values;
	for (uint32_t i = 0; i < f->n_columns; i++)
	{
		const UpColumn *column = &f->columns[i];

		if (column->kind == UP_COLUMN_NUMBER && up_pipeline_wants(&o, column->name))
			n += column->width;
	}
	return UP_MAX(n, 1);
}

void
up_request_check_memory(const UpRequest *q, double n_rows, uint32_t n_features, bool about)
{
	double need = bytes_held(q, n_rows, n_features), fits = n_rows;

	if (need <= (about ? 1.5 : 1) * (double) up_memory_limit())
		return;
	if (q->common.max_rows != INT64_MIN)
		n_rows = UP_MIN(n_rows, (double) q->common.max_rows);
	while (fits > 1 && !up_request_fits(q, fits, n_features))
		fits *= 0.9;
	up_fail_with(
		UP_LIMIT, NULL,
		up_format("Raise uprofile.max_memory, or learn from a sample: {\"max_rows\": %.0f}.", two_digits(fits)),
		"algorithm \"%s\" needs about %.0f MB of memory for %s%.0f rows of %s%u feature%s, more than the %zu "
		"MB allowed",
		q->learner->name, ceil(need / (1024 * 1024)), about ? "some " : "", about ? two_digits(n_rows) : n_rows,
		about ? "at least " : "", n_features, n_features == 1 ? "" : "s", up_memory_limit() / (1024 * 1024));
}

bool
up_request_has_proba(const UpRequest *q)
{
	const UpValue *probability = up_value_get(q->values, "probability");

	return q->adjust.calibrate != UP_CALIBRATE_NONE ||
		   (q->learner->proba != NULL && (probability == NULL || probability->boolean));
}
