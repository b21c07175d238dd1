/*
 * learner_for.c - the algorithm that a call names, and what it is given besides; see learner_for.h
 */
#include "postgres.h"

#include "pg/models/learner_for.h"

void
up_want_probability(const UpLearner *learner, UpValue *params)
{
	for (int i = 0; i < learner->params.n; i++)
	{
		const UpParam *p = &learner->params.params[i];

		if (strcmp(p->name, "probability") == 0 && p->type == UP_P_BOOL &&
			up_value_get(params, "probability") == NULL)
			up_value_set(params, "probability", up_value_bool(true));
	}
}

const UpLearner *
up_learner_for(const char *algorithm, const char *target)
{
	const UpLearner *learner;
	bool needs_label;

	if (strcmp(algorithm, UP_AUTO) == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("no algorithm is chosen automatically here"),
				 errhint("uprofile_train and uprofile_tune can choose one; its name and parameters are in what "
						 "they return.")));
	learner = up_learner_by_name(algorithm);
	needs_label = (learner->abilities & (UP_L_CLASSIFY | UP_L_REGRESS)) != 0;
	if (needs_label && target == NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("algorithm \"%s\" needs a target", learner->name),
						errhint("Name the column to be predicted: target => '…'.")));
	if (!needs_label && target != NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("algorithm \"%s\" has no target", learner->name),
						errhint("Leave the target out, and exclude the column if it is no feature.")));
	return learner;
}
