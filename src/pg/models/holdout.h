/*
 * holdout.h - rows that a training holds out otherwise than by the hash of the key
 */
#ifndef UPROFILE_PG_HOLDOUT_H
#define UPROFILE_PG_HOLDOUT_H

#include "assess/holdout.h"
#include "learn/train.h"
#include "pg/io/source_frame.h"

typedef struct UpHoldoutOrder
{
	UpHoldout *holdout; /* its cut is set by the rows */
	double share;
	bytea *kept;          /* hashes of rows that the deployed version held out in the same way, or NULL */
	const UpValue *event; /* kept with the version as what its rows were made of (events.h), or NULL */
} UpHoldoutOrder;

/* From what is given with a training: {"method": …}; NULL where the hash of the key decides. */
extern UpHoldoutOrder *up_holdout_order(const UpValue *given, const UpValue *params, double share);
/* What the deployed version of this name held out is held out again, where it was held out in the same way. */
extern void up_holdout_keep(UpHoldoutOrder *o, const char *schema, const char *name);
/* What has to be read. */
extern void up_holdout_reading(const UpHoldoutOrder *o, UpSourceOrder *reading);
/* Marks the rows of frames of the same rows; training: of the first one, its order is set. */
extern void up_holdout_apply(const UpHoldoutOrder *o, UpTraining *training, UpSourceFrame **reads, uint32_t n);
/* The column of the split, if it can be no feature, among the names that are none. */
extern const UpValue *up_holdout_no_features(const UpHoldoutOrder *o, const UpValue *names);

/* The hashes of the rows held out, without those that a row trained on has as well; never NULL. */
extern bytea *up_holdout_list(const UpSourceFrame *read);

#endif
