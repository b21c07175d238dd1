/*
 * learner_for.h - the algorithm that a call names, and what it is given besides
 */
#ifndef UPROFILE_LEARNER_FOR_H
#define UPROFILE_LEARNER_FOR_H

#include "learn/learners.h"

#define UP_AUTO "auto" /* stands for an algorithm where one is to be found, see auto.h */

/* The algorithm of this name; fails where it needs a target and there is none, or the other way round. */
extern const UpLearner *up_learner_for(const char *algorithm, const char *target);
/* Classifiers that can have probabilities get them: profiles and thresholds need them. */
extern void up_want_probability(const UpLearner *learner, UpValue *params);

#endif
