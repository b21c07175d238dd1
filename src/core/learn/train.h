/*
 * train.h - from collected rows to a model
 */
#ifndef UPROFILE_TRAIN_H
#define UPROFILE_TRAIN_H

#include "learn/model.h"
#include "learn/request.h"

/* Whole numbers with at most so many different values classify, unless it is said otherwise. */
#define UP_AUTO_CLASSES 20

typedef struct UpTraining
{
	const UpRequest *request;
	UpFrame *frame;          /* its codes are sorted by training */
	const uint8_t *held_out; /* one byte a row: not to be trained on; or NULL */
	const UpValue *key;      /* array of names of columns that are no features, or NULL */
	bool strict;             /* one class, or fewer distinct rows than clusters, is a failure */
	bool quiet;              /* one class is no warning either */
	const size_t *order;     /* of all rows, as from up_train_order for the same request; NULL: to be found */
	const uint64_t *
		groups; /* a number a row: rows of one are never on both sides of a split within; UINT64_MAX: of none. Or NULL */
	const uint8_t *
		complete; /* one byte a value of the rows: neither these nor any row that is predicted misses it; or NULL */
} UpTraining;

extern UpModel *up_train(const UpTraining *t);

/*
 * The same in steps, for trainings that share some: the rows to train on, their labels and the pipeline, and then the learner. A
 * model holds parts of what was prepared. What may differ between requests for one preparation are the learner's own
 * parameters.
 */
typedef struct UpPrepared
{
	UpModel *model; /* without a body */
	UpData data;
	struct UpReuse *reuse; /* given to each training on this, or NULL */
} UpPrepared;
/*
 * All rows in canonical order by the columns that may become features, so that no other decides what is drawn by chance; sorts
 * the frame's codes.
 */
extern size_t *up_train_order(const UpTraining *t);
/* Rows and labels alone: no pipeline. */
extern UpPrepared *up_train_labels(const UpTraining *t);
extern UpPrepared *up_train_prepare(const UpTraining *t);
extern UpModel *up_train_prepared(const UpPrepared *p, const UpRequest *request, bool strict);
/* Whether features with such a label need not be held: sums of them are enough. */
extern bool up_request_streams(const UpRequest *request, UpLabelKind label_kind);

typedef struct UpSumsOfRows
{
	const void *sums; /* of learner->stream */
	UpLabelKind label_kind;
	uint32_t n_features;
	uint64_t n_rows;
	uint64_t n_null_rows, n_null_labels; /* that were skipped */
	/* Of rows of named columns: what made features of them, and a frame like theirs; NULL: arrays. */
	UpPipeline *pipeline;
	const UpFrame *frame;
	bool strict; /* one class is a failure */
} UpSumsOfRows;
/* The same from sums. */
extern UpModel *up_train_from_sums(const UpRequest *request, const UpSumsOfRows *s);

#endif
