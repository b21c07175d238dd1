/*
 * combine.h - models out of models: two trained on different rows as one, and a model without rows it has learned
 */
#ifndef UPROFILE_COMBINE_H
#define UPROFILE_COMBINE_H

#include "learn/model.h"

/*
 * Both take models of one algorithm, with the same parameters, target and preparation of columns; each may have classes,
 * categories and columns that the other did not meet. What is given keeps parts of both.
 */
extern UpModel *up_model_merge(const UpModel *a, const UpModel *b);
/* model as if it had never seen the rows of part; fails where they cannot be among its own, or none is left. */
extern UpModel *up_model_subtract(const UpModel *model, const UpModel *part);
/* Of rows that a learner finds not to be among its own. */
extern void up_fail_not_a_part(void) UP_NORETURN;

#endif
