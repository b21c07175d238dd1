/*
 * out_of_fold.h - training, and what a model learns of itself from predictions of rows that were not trained on
 *
 * The training rows fall into folds (classes alike in all, groups in one); each is predicted by the whole pipeline and the learner
 * trained on the others. On these predictions probabilities are calibrated, a threshold is chosen and intervals are measured
 * (learn/adjust.h). The model itself is trained on all training rows, so that they are those of slightly smaller models.
 */
#ifndef UPROFILE_OUT_OF_FOLD_H
#define UPROFILE_OUT_OF_FOLD_H

#include "learn/train.h"

/* up_train, and what the request asks for beside it. */
extern UpModel *up_train_whole(const UpTraining *t);
/*
 * What the request asks for beside, of a model that was trained so. Where it cannot be: a failure if t is strict, else the model stays as
 * it is, with a warning.
 */
extern void up_adjust_model(const UpTraining *t, UpModel *m);

#endif
