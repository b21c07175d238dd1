/*
 * validated.h - the rows of a source, split into folds on which requests are validated
 */
#ifndef UPROFILE_VALIDATED_H
#define UPROFILE_VALIDATED_H

#include "assess/validate.h"
#include "pg/io/source_frame.h"

typedef struct UpValidationOrder
{
	const char *source; /* as given */
	const char *target;
	const UpLearner *learner;
	const char *key; /* or NULL */
	UpValue *params; /* an object */
	UpSplit split;
} UpValidationOrder;

typedef struct UpValidated
{
	UpRequest *request; /* of the params */
	UpSourceFrame *read;
	UpValidation *validation;
	UpFolds *folds;
} UpValidated;

/* Reads the source once. Everything lives in the current memory context. */
extern UpValidated *up_validated_source(const UpValidationOrder *order);
/* One WARNING where folds had rows of one class only to train on. */
extern void up_validated_warn(const UpValidated *v);

#endif
