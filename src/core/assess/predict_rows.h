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

#endif
