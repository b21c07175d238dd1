/*
 * train_named.h - training a version of a named model: what uprofile_train and a refresh share
 */
#ifndef UPROFILE_TRAIN_NAMED_H
#define UPROFILE_TRAIN_NAMED_H

#include "pg/models/train_order.h"

typedef struct UpTrained
{
	int32_t version; /* 0: there was no row to learn from, and nothing was stored */
	const char *algorithm;
	const char *task;
	uint64_t rows_trained;
	uint64_t rows_tested;
	uint32_t n_features;
	UpValue *metrics;
	bool deployed;
	bool
		worse_than_constant; /* measured to be no better than an answer that is always the same; 'auto' never deploys it */
	char *note;              /* or NULL */
} UpTrained;

/* Trains, measures, stores and deploys, as the current role. Raises errors; leaves nothing behind then. */
extern UpTrained *up_train_named(const UpTrainOrder *order);

#endif
