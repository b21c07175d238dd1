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
	const char *query;  /* that is read in its place, or NULL */
	const char *target;
	const UpLearner *learner;
	const char *key; /* or NULL */
	UpValue *params; /* an object */
	UpSplit split;
	/* Other ways of preparing the columns than that of the params, each with a frame of its own; or none. */
	uint32_t n_prepares;
	UpValue *const *prepares;
	/* For a training that follows. */
	double test_size;                     /* rows that are held out are in no fold */
	bool hashes;                          /* of all rows */
	bool quiet;                           /* says nothing of keys that come again */
	const struct UpHoldoutOrder *holdout; /* in place of test_size; or NULL */
} UpValidationOrder;

typedef struct UpValidated
{
	UpRequest *request; /* of the params */
	UpSourceFrame *read;
	UpValidation *validation; /* of the params' way of preparing, or the first */
	UpSplitFolds *folds;
	uint32_t n; /* ways of preparing */
	UpValue *const *prepares;
	UpSourceFrame **reads;
	UpValidation **validations;
	UpValue *key; /* names of columns that are no features, or NULL */
} UpValidated;

/* Reads the source once. Everything lives in the current memory context. */
extern UpValidated *up_validated_source(const UpValidationOrder *order);
/* The way of preparing that a request has: its number. */
extern uint32_t up_validated_way(const UpValidated *v, const UpRequest *request);
/* One WARNING where folds had rows of one class only to train on. */
extern void up_validated_warn(const UpValidated *v);

#endif
