/*
 * ensemble.h - several models that answer as one
 *
 * Soft voting: the weighted mean of the members' probabilities, or values. Stacking (Wolpert 1992): a further model, of what the
 * members say. Members are whole models with pipelines of their own; the ensemble's pipeline only gathers the columns that they
 * take, each as it is: categories by number, missing values as NaN. Its features are these columns, and what members make of
 * them is theirs.
 */
#ifndef UPROFILE_ENSEMBLE_H
#define UPROFILE_ENSEMBLE_H

#include "learn/model.h"

#define UP_MEMBERS_LIMIT 100

/* A vote of these models of rows; names: for messages. Fails where they do not predict the same of the same columns. */
extern UpModel *up_ensemble_vote(UpModel *const *members, const char *const *names, const double *weights,
								 uint32_t n);
/* Makes a stack of it. meta: a model of arrays, of what up_ensemble_answers gives. */
extern UpModel *up_ensemble_stack(const UpModel *vote, const UpModel *meta);
/* Numbers that a member answers with for a row: of two classes one. */
extern uint32_t up_ensemble_answers(UpTask task, uint32_t n_classes);

#endif
