/*
 * train_order.h - what is to be trained as a version of a named model
 */
#ifndef UPROFILE_TRAIN_ORDER_H
#define UPROFILE_TRAIN_ORDER_H

#include "base/value.h"
#include "pg/models/holdout.h"

typedef enum UpDeployRule
{
	UP_DEPLOY_AUTO, /* unless it is worse than the deployed version on the same rows */
	UP_DEPLOY_ALWAYS,
	UP_DEPLOY_NEVER
} UpDeployRule;

typedef struct UpEnsembleOrder UpEnsembleOrder; /* ensembles.h */

typedef struct UpTrainOrder
{
	const char *schema; /* of the extension, quoted */
	const char *name;
	const char *source; /* as given */
	const char *query;  /* that is read in its place, or NULL */
	const char *target; /* or NULL */
	const char *algorithm;
	const char *key; /* or NULL */
	UpValue *params; /* an object; may be changed */
	double test_size;
	int folds; /* for honest scores of the users that it is trained on; 0: none. With a key and a target */
	UpDeployRule deploy;
	const char
		*learn_from; /* the deployed version learns on from the rows of this query; NULL: it is trained anew */
	const UpValue *tune;             /* an object as for up_tune_parse, or NULL */
	const UpEnsembleOrder *ensemble; /* in place of an algorithm; or NULL */
	UpHoldoutOrder *holdout;         /* NULL: by the hash of the key */
	const UpValue *asked;            /* what the training was asked for, kept with the version; or NULL */
	/* Sees the training when its version, with this id, is stored; or NULL. */
	void (*trained)(void *arg, const UpTraining *training, const UpSourceFrame *read, const UpModel *m,
					int64 id);
	void *arg;
} UpTrainOrder;

#endif
