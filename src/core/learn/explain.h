/*
 * explain.h - what each feature adds to a prediction, for every learner
 */
#ifndef UPROFILE_EXPLAIN_H
#define UPROFILE_EXPLAIN_H

#include "learn/model.h"

/* How many outputs are explained: the value, the score or probability of the second class, or one a class. Fails where there are none. */
extern uint32_t up_explain_outputs(const UpModel *m);
/*
 * x: encoded features. out: outputs × (n_features + 1): contributions, then the base value; they sum to the output.
 */
extern void up_explain(const UpModel *m, const double *x, double *out);

/* Whether the model can be explained so: it was trained with what that takes. */
extern bool up_explain_can(const UpModel *m);
/*
 * The same by columns, fast enough for every user: column_of, one a feature, ascending. out: outputs × (n_columns + 1). Exact where
 * up_explain is, but of a forest of more than 10,000 nodes some of the trees speak for all; else the columns are the players, and
 * there are about 200 predictions.
 */
extern void up_explain_columns(const UpModel *m, const double *x, const uint32_t *column_of, uint32_t n_columns,
							   double *out);

/* Whether explanations need the training rows' means, and those (n_features values), of a sample of the rows. */
extern bool up_explain_needs_means(const UpLearner *learner, UpTask task);
extern double *up_explain_means(const UpData *data);

#endif
