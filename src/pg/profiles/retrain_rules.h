/*
 * retrain_rules.h - what a model's definition says of when it is trained again, and how
 */
#ifndef UPROFILE_RETRAIN_RULES_H
#define UPROFILE_RETRAIN_RULES_H

#include "base/params.h"
#include "learn/learner.h"

/* A figure that the deployed version must keep. */
typedef struct UpRetrainLimit
{
	const char *metric;
	double limit;
	bool more_is_better;
	unsigned abilities; /* of the learners whose models are measured so */
} UpRetrainLimit;

typedef struct UpRetrainRules
{
	bool manual;       /* only where it is asked for by 'all' or its name */
	bool incremental;  /* it learns on from the users who changed */
	const char *after; /* an interval as text, or NULL */
	double share;      /* of the users who have changed; NaN: no matter how many */
	double drift;      /* PSI of columns or predictions; NaN: whatever it is */
	int n_limits;
	UpRetrainLimit *limits;
} UpRetrainRules;

/* Whether it is a key of a model's definition, and no parameter of its algorithm. */
extern bool up_retrain_is_key(const char *key);
/* Reads and checks them. model: its name, for errors. */
extern void up_retrain_rules_parse(UpRetrainRules *rules, const UpValue *definition, const char *model,
								   const UpLearner *learner, double test_size);
/* Fails where figures are not of the tasks (UP_L_CLASSIFY, UP_L_REGRESS) that the model may come to have, or not all of one. */
extern void up_retrain_check_tasks(const UpRetrainRules *rules, const char *model, unsigned tasks);
/* Fails where a key that neither the definition nor the algorithm has is nearest to one of the definition's. */
extern void up_retrain_check_key(const char *key, const char *model, const UpLearner *learner);

#endif
