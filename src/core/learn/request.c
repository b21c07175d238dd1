/*
 * request.c - parameters that a user gave, for a learner; see request.h
 */
#include "learn/request.h"

#include "learn/learners.h"

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

bool
up_request_has_proba(const UpRequest *q)
{
	const UpValue *probability = up_value_get(q->values, "probability");

	return q->adjust.calibrate != UP_CALIBRATE_NONE ||
		   (q->learner->proba != NULL && (probability == NULL || probability->boolean));
}
