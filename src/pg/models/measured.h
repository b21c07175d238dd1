/*
 * measured.h - the rows of a source that a model is measured on
 */
#ifndef UPROFILE_MEASURED_H
#define UPROFILE_MEASURED_H

#include "assess/evaluate.h"

/*
 * Reads a source, with a label where the model predicts one, and binds it to the model; *rows are those that it can be measured
 * on. target: the label's column. in_order: rows and labels have an order of their own, whatever order the source comes in.
 */
extern UpBinding *up_measured_source(const UpModel *m, const char *source, const char *target, bool in_order,
									 size_t **rows, size_t *n);

#endif
