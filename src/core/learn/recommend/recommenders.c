/*
 * recommenders.c - everything that recommends, out of recommenders.list, and the parameters that all have
 */
#include "learn/recommend/weighting.h"

#include <string.h>

const char *const up_weighting_names[] = {"log", "linear", "binary", NULL};

#define UP_RECOMMENDER(name) &up_recommend_##name,
const UpRecommender *const up_recommenders[] = {
#include "learn/recommend/recommenders.list"
};
#undef UP_RECOMMENDER
const int up_n_recommenders = UP_LENGTH(up_recommenders);

#define UP_PARAMS_OF UpRecommendCommon
static const UpParam common_params[] = {
	UP_INT_PARAM("seed", seed, "0", -9007199254740992.0, 9007199254740992.0,
				 "start of everything that is random"),
	UP_REAL_PARAM("half_life", half_life, "null", 0, 1e6,
				  "days after which an event counts half as much; null: all count the same", .min_open = true,
				  .nullable = true),
};
const UpParamTable up_recommend_common = {common_params, UP_LENGTH(common_params)};

const UpRecommender *
up_recommender_by_number(uint16_t number)
{
	for (int i = 0; i < up_n_recommenders; i++)
	{
		if (up_recommenders[i]->number == number)
			return up_recommenders[i];
	}
	return NULL;
}

const UpRecommender *
up_recommender_by_name(const char *name)
{
	const char *names[UP_LENGTH(up_recommenders)];
	const char *nearest;
	char *all = up_strdup("");

	for (int i = 0; i < up_n_recommenders; i++)
	{
		if (strcmp(up_recommenders[i]->name, name) == 0)
			return up_recommenders[i];
		names[i] = up_recommenders[i]->name;
		all = up_format("%s%s%s", all, i > 0 ? ", " : "", names[i]);
	}
	nearest = up_nearest_name(name, names, up_n_recommenders);
	up_fail_with(UP_INVALID_PARAMETER, up_format("There are: %s.", all),
				 nearest != NULL ? up_format("Perhaps you meant \"%s\".", nearest) : NULL,
				 "recommender \"%s\" does not exist", name);
}
