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

void
up_request_check_memory(const UpRequest *q, double n_rows, uint32_t n_features, bool about)
{
	const UpLearner *learner = q->learner;
	double limit = (double) up_memory_limit(), need, fits = n_rows;

	if (learner->holds == NULL)
		return;
	if (q->common.max_rows != INT64_MIN)
		n_rows = UP_MIN(n_rows, (double) q->common.max_rows);
	need = learner->holds(q->params, n_rows, n_features);
	if (need <= (about ? 1.5 : 1) * limit)
		return;
	while (fits > 1 && learner->holds(q->params, fits, n_features) > limit)
		fits *= 0.9;
	up_fail_with(
		UP_LIMIT, NULL,
		up_format("Raise uprofile.max_memory, or learn from a sample: {\"max_rows\": %.0f}.", two_digits(fits)),
		"algorithm \"%s\" needs about %.0f MB of memory for %s%.0f rows of %u features, more than the %zu "
		"MB allowed",
		learner->name, ceil(need / (1024 * 1024)), about ? "some " : "", about ? two_digits(n_rows) : n_rows,
		n_features, up_memory_limit() / (1024 * 1024));
}

bool
up_request_has_proba(const UpRequest *q)
{
	const UpValue *probability = up_value_get(q->values, "probability");

	return q->adjust.calibrate != UP_CALIBRATE_NONE ||
		   (q->learner->proba != NULL && (probability == NULL || probability->boolean));
}
