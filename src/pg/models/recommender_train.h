/*
 * recommender_train.h - training a version of a named recommender
 *
 * Recommenders stand in the registry as models do, with the task "recommendation". What is compared before a version is deployed are ways of
 * recommending, all trained on the same part of the events of today: what was ordered, popularity, and the way of the deployed
 * version where that is another. The version itself is then trained on all events.
 */
#ifndef UPROFILE_RECOMMENDER_TRAIN_H
#define UPROFILE_RECOMMENDER_TRAIN_H

#include "pg/models/recommender_source.h"
#include "pg/models/train_order.h"

typedef struct UpRecommendOrder
{
	const char *schema; /* of the extension, quoted */
	const char *name;
	const char *source;
	UpRecommendColumns columns;
	const char *algorithm; /* or "auto" */
	const UpValue *params;
	double test_size;
	UpDeployRule deploy;
} UpRecommendOrder;

typedef struct UpRecommendTrained
{
	int32_t version;
	const char *algorithm;
	uint32_t n_users, n_items;
	uint64_t n_events;
	UpValue *metrics;
	bool deployed;
	char *note; /* or NULL */
} UpRecommendTrained;

extern UpRecommendTrained *up_train_recommender(const UpRecommendOrder *order);
/*
 * The figures of a version of a recommender on the events of a source, and of popularity among them: the last of them are hidden, and
 * the others are what users have. Returns how many users were measured; fails where nobody has events on both sides.
 */
extern uint32_t up_recommend_evaluate(const char *schema, int64 id, const char *source, uint64_t seed,
									  double *figures, double *baseline);

/* Fails where versions of a model of this name are recommenders, or are none. */
extern void up_recommend_check_task(const char *schema, const char *name, bool recommender);

#endif
