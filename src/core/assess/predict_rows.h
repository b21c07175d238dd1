/*
 * predict_rows.h - what a model says of many rows of a frame
 */
#ifndef UPROFILE_PREDICT_ROWS_H
#define UPROFILE_PREDICT_ROWS_H

#include "assess/binding.h"

/*
 * Answers of n rows, and probabilities, n × width (at least the model's classes; what is beyond them is 0), unless proba is NULL. Blocks of
 * rows are shared out to workers where that takes long.
 */
extern void up_bound_predict(const UpBinding *b, const size_t *rows, size_t n, double *predicted, double *proba,
							 uint32_t width);

/* A model as parts read it, by up_get_model from a large array of n bytes; without what its training looked like. */
extern void *up_model_for_parts(const UpModel *m, size_t *n);

#endif
