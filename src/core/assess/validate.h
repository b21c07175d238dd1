/*
 * validate.h - cross-validation: a request trained and measured on each fold of a frame
 *
 * The whole pipeline (impute, encode, scale, select) is fitted on the rows that a fold trains on. Rows, labels, folds and, for
 * requests that prepare the rows alike, the pipelines are made once and kept; of many requests, also what their trainings share.
 */
#ifndef UPROFILE_VALIDATE_H
#define UPROFILE_VALIDATE_H

#include "assess/measure.h"
#include "assess/splits.h"
#include "learn/train.h"

typedef struct UpValidation UpValidation;

/* Rows and labels of a training: what is held out there is in no fold. Request and key stay the caller's. */
extern UpValidation *up_validation_new(const UpTraining *t);
extern UpTask up_validation_task(const UpValidation *v);
/* 0: a regression. */
extern uint32_t up_validation_n_classes(const UpValidation *v);
/* What folds are made of, but for hashes and column. */
extern UpSplitRows up_validation_rows(const UpValidation *v);
extern void up_validation_split(UpValidation *v, const UpSplitFolds *folds);

/*
 * Many requests are to be validated: what their trainings share (learn/reuse.h) and the rows of the folds as the learner sees them are
 * kept, in so many bytes at most. measure: the only metric that is asked for, or NULL. After up_validation_split.
 */
extern void up_validation_share(UpValidation *v, const UpMeasure *measure, size_t most);
/* The greatest value of the learner's path that will be asked for; INFINITY: there is no greatest. */
extern void up_validation_path(UpValidation *v, double end);

typedef struct UpFoldScore
{
	UpValue *metrics; /* as from up_metrics_…: all of them, or the one that is asked for */
	size_t size;      /* of the model, bytes of its body */
	bool constant;    /* the rows to train on are of one class */
} UpFoldScore;

/*
 * What models say of the rows that they are tried on goes there as well: n_rows of the samples × the classes' probabilities, or the
 * value; other rows are left as they are. For models that have probabilities. NULL: nowhere.
 */
extern void up_validation_tell(UpValidation *v, double *out);

/*
 * Trains this request, of the same algorithm, and measures it on the rows of one fold (1 …). share: of the rows that are trained on,
 * those of a smaller share being among those of a larger one, and each class has as large a part of them. Where the rows to
 * train on are of one class the model is constant, and counted. To be called from one and the same memory.
 */
extern UpFoldScore up_validate(UpValidation *v, const UpRequest *request, uint32_t repeat, uint32_t fold,
							   double share);
/* Metrics of such answers on the rows of one fold. */
extern UpValue *up_validation_measure(const UpValidation *v, uint32_t repeat, uint32_t fold,
									  const double *said);
extern uint32_t up_validation_constant(const UpValidation *v);
/* Folds of one class that were counted elsewhere. */
extern void up_validation_add_constant(UpValidation *v, uint32_t n);

/*
 * What is kept of folds and of solutions is let go of, so that the next training is as the first one. A stage is a part of a row of
 * trainings on one fold at whose beginning another process may go on with it (learn/reuse.h).
 */
extern void up_validation_let_go(UpValidation *v);
extern void up_validation_stage(UpValidation *v, uint32_t stage);
/* What decides on the features of a training, as text. */
extern char *up_validation_way(const UpRequest *q, double share);

#endif
