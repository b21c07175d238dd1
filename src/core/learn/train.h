/*
 * train.h - from collected rows to a model
 */
#ifndef UPROFILE_TRAIN_H
#define UPROFILE_TRAIN_H

#include "learn/model.h"
#include "learn/request.h"

typedef struct UpTraining
{
	const UpRequest *request;
	UpFrame *frame;          /* its codes are sorted by training */
	const uint8_t *held_out; /* one byte a row: not to be trained on; or NULL */
	const UpValue *key;      /* array of names of columns that are no features, or NULL */
	bool strict;             /* one class, or fewer distinct rows than clusters, is a failure */
} UpTraining;

extern UpModel *up_train(const UpTraining *t);
/* Whether arrays of features with such a label need not be held: sums of them are enough. */
extern bool up_request_streams(const UpRequest *request, UpLabelKind label_kind);

typedef struct UpSumsOfRows
{
	const void *sums; /* of learner->stream */
	UpLabelKind label_kind;
	uint32_t n_features;
	uint64_t n_rows;
	uint64_t n_null_rows, n_null_labels; /* that were skipped */
} UpSumsOfRows;
/* The same from sums. */
extern UpModel *up_train_from_sums(const UpRequest *request, const UpSumsOfRows *s);

#endif
