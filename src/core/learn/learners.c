/*
 * learners.c - everything that learns, out of learners.list, and the parameters that all have
 *
 * A new algorithm is one folder and one row of the list.
 */
#include "learn/learner.h"
#include "prep/prepare.h"

#include <string.h>

#define UP_LEARNER(name, takes, array_form, row_form) extern const UpLearner up_##name;
#include "learn/learners.list"
#undef UP_LEARNER

#define UP_LEARNER(name, takes, array_form, row_form) &up_##name,
const UpLearner *const up_learners[] = {
#include "learn/learners.list"
};
#undef UP_LEARNER
const int up_n_learners = UP_LENGTH(up_learners);

static const char *const task_choices[] = {"auto", "classification", "regression", NULL};

static const UpParam common_params[] = {
	{.name = "seed",
	 .type = UP_P_INT,
	 .offset = offsetof(UpCommonParams, seed),
	 .initial = "0",
	 .min = -9007199254740992.0,
	 .max = 9007199254740992.0,
	 .help = "start of everything that is random"},
	{.name = "task",
	 .type = UP_P_CHOICE,
	 .offset = offsetof(UpCommonParams, task),
	 .initial = "auto",
	 .choices = task_choices,
	 .help = "what to do with the target; auto: by its type and values"},
	{.name = "features",
	 .type = UP_P_TREE,
	 .offset = offsetof(UpCommonParams, features),
	 .initial = "null",
	 .shape = "array of column names",
	 .help = "row form: only these columns are features"},
	{.name = "exclude",
	 .type = UP_P_TREE,
	 .offset = offsetof(UpCommonParams, exclude),
	 .initial = "null",
	 .shape = "array of column names",
	 .help = "row form: these columns are no features"},
	{.name = "scale",
	 .type = UP_P_CHOICE,
	 .offset = offsetof(UpCommonParams, scale),
	 .initial = "auto",
	 .choices = up_scale_choices,
	 .help = "scales numbers before learning; auto: zscore in the row form, for learners that need it"},
	{.name = "prepare",
	 .type = UP_P_TREE,
	 .offset = offsetof(UpCommonParams, prepare),
	 .initial = "null",
	 .shape = "object with a key for each column",
	 .help = "row form: how columns are imputed, encoded and scaled"},
	{.name = "select",
	 .type = UP_P_TREE,
	 .offset = offsetof(UpCommonParams, select),
	 .initial = "null",
	 .shape = "object of method and k",
	 .help = "keeps only the features that a method finds worth it"},
};
const UpParamTable up_common_params = {common_params, UP_LENGTH(common_params)};

const UpLearner *
up_learner_by_number(uint16_t number)
{
	for (int i = 0; i < up_n_learners; i++)
	{
		if (up_learners[i]->number == number)
			return up_learners[i];
	}
	return NULL;
}

const UpLearner *
up_learner_by_name(const char *name)
{
	const char *names[UP_LENGTH(up_learners)];
	const char *nearest;

	for (int i = 0; i < up_n_learners; i++)
	{
		if (strcmp(up_learners[i]->name, name) == 0)
			return up_learners[i];
		names[i] = up_learners[i]->name;
	}
	nearest = up_nearest_name(name, names, up_n_learners);
	up_fail_with(UP_INVALID_PARAMETER, NULL,
				 nearest != NULL ? up_format("Perhaps you meant \"%s\".", nearest)
								 : "SELECT * FROM uprofile_algorithms() lists them.",
				 "algorithm \"%s\" does not exist", name);
}
