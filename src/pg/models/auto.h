/*
 * auto.h - algorithm => 'auto': the algorithm and its parameters, by cross-validation within a time
 */
#ifndef UPROFILE_AUTO_H
#define UPROFILE_AUTO_H

#include "pg/models/learner_for.h"
#include "pg/models/tune.h"

/*
 * As up_tune_source, between several algorithms: order->learner need not be set, order->params may have only what all algorithms
 * take. tune->search is NULL or an object: algorithm → its space ({}: as it is searched by default). (*tuned)->params are those of
 * *learner; the trials say the algorithm among their parameters. Time counts from `began`; without a time_budget there is a minute.
 */
extern UpValidated *up_auto_source(const UpTuneOrder *tune, UpValidationOrder *order, TimestampTz began,
								   UpTuned **tuned, const UpLearner **learner);
/* The members of what won, trained and put together. */
/* Checks what can be checked before a row is read. */
extern void up_auto_check(const UpTuneOrder *o, const UpValue *params);
extern UpModel *up_auto_vote(const UpTraining *training, const UpTuned *tuned, const UpSourceFrame *read);
/* What a version's note says of it. */
extern char *up_auto_note(const UpTuned *tuned);

#endif
