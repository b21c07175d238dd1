/*
 * validated.h - the rows of a source, split into folds on which requests are validated
 */
#ifndef UPROFILE_VALIDATED_H
#define UPROFILE_VALIDATED_H

#include "assess/space.h"
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
	const UpSpace *space; /* of a search whose trials see the same rows, or NULL */
	/* Other ways of preparing the columns than that of the params, each with a frame of its own; or none. */
	uint32_t n_prepares;
	UpValue *const *prepares;
	/* What is trained, where that is not of the params and the space; or none. */
	const UpRequest *const *wanted;
	uint32_t n_wanted;
	/* For a training that follows. */
	double test_size;                     /* rows that are held out are in no fold */
	bool hashes;                          /* of all rows */
	bool training;                        /* its rows are told of, not the folds' */
	const struct UpHoldoutOrder *holdout; /* in place of test_size; or NULL */
	/* For a search between algorithms. */
	bool fit_folds;   /* fewer folds than asked for by default, where rows are few or many */
	size_t most_rows; /* that are split, drawn by the seed; the others are in no fold. 0: all */
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
	UpValue *key;             /* names of columns that are no features, or NULL */
	const uint8_t *not_split; /* one byte a row: held out, or beyond most_rows; NULL: all are split */
} UpValidated;

/* Reads the source once. Everything lives in the current memory context. */
extern UpValidated *up_validated_source(const UpValidationOrder *order);
/*
 * The same within a scope of workers that begins here, for so many trainings on all rows at least, and that the caller ends: they start while
 * rows are read where they can, and put them in order, too.
 */
extern UpValidated *up_validated_begin(const UpValidationOrder *order, double trainings);
/*
 * About how many seconds that takes at least, which is more than starting workers anew for each training. Few rows have no parts, but for
 * forests, which start their own where it pays.
 */
extern double up_validated_seconds(double n_rows, double n_columns, double trainings);
/* What of it other validations use: how a source is read for a request, which columns are no features, and the folds. */
extern void up_validated_reading(const UpValidationOrder *o, const UpRequest *request, UpSourceOrder *reading);
extern UpValue *up_validated_no_features(const UpValidationOrder *o, const UpSourceFrame *read);
extern UpSplitFolds *up_validated_folds(const UpValidationOrder *o, const UpSourceFrame *read,
										const UpValidation *v);
/* The way of preparing that a request has: its number. */
extern uint32_t up_validated_way(const UpValidated *v, const UpRequest *request);
/* One WARNING where folds had rows of one class only to train on. */
extern void up_validated_warn(const UpValidated *v);

#endif
