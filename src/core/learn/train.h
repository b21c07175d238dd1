/*
 * train.h - from collected rows to a model
 */
#ifndef UPROFILE_TRAIN_H
#define UPROFILE_TRAIN_H

#include "learn/model.h"

/* What the user asked for: an algorithm's parameters and those that every algorithm has. */
typedef struct UpRequest
{
	const UpLearner *learner;
	void *params; /* the learner's own struct */
	UpCommonParams common;
	UpValue *values;      /* all parameters as values, for the model */
	const UpValue *given; /* updates: those that were named this time, or NULL */
} UpRequest;

/* Parses and checks given (an object or NULL). */
extern UpRequest *up_request_parse(const UpLearner *learner, const UpValue *given);

typedef struct UpTraining
{
	const UpRequest *request;
	UpFrame *frame;          /* its codes are sorted by training */
	const uint8_t *held_out; /* one byte a row: not to be trained on; or NULL */
	const char *key;         /* a column that is not a feature, or NULL */
	bool strict;             /* one class, or fewer distinct rows than clusters, is a failure */
} UpTraining;

extern UpModel *up_train(const UpTraining *t);
/* The same from sums (learner->stream); n_null_rows were skipped. */
extern UpModel *up_train_from_sums(const UpRequest *request, const void *sums, uint32_t n_features,
								   uint64_t n_rows, uint64_t n_null_rows);

#endif
