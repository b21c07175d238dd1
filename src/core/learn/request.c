/*
 * request.c - parameters that a user gave, for a learner; see request.h
 */
#include "learn/request.h"

#include "learn/learners.h"

#include <string.h>

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

bool
up_request_has_proba(const UpRequest *q)
{
	const UpValue *probability = up_value_get(q->values, "probability");

	return q->adjust.calibrate != UP_CALIBRATE_NONE ||
		   (q->learner->proba != NULL && (probability == NULL || probability->boolean));
}
