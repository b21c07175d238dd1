/*
 * update.h - models that learn on from more rows
 */
#ifndef UPROFILE_UPDATE_H
#define UPROFILE_UPDATE_H

#include "learn/train.h"

/* Names of the learners that can learn on; predict: and that predict. */
extern char *up_update_learners(bool predict);
/* The model's parameters, with those given (an object) in their place. Fails where the learner cannot learn on. */
extern UpRequest *up_update_request(const UpModel *base, const UpValue *given);
/* The position of this label among the model's classes; fails where it is none. */
extern double up_update_class(const UpModel *base, const char *text);
extern double up_update_class_value(const UpModel *base, double value);

/*
 * A new model out of base and of rows: columns are the model's inputs (pipeline->n_inputs numbers, NaN where missing), the label
 * is a class number or a value. base stays as it is.
 */
extern UpModel *up_update(const UpModel *base, const UpRequest *request, const UpFrame *rows);

#endif
