/*
 * drifted.h - drift of a source against what a model was trained on
 */
#ifndef UPROFILE_DRIFTED_H
#define UPROFILE_DRIFTED_H

#include "assess/drift.h"

/* What the model and its answers looked like, of the rows of a source, by which are held out. */
extern UpDistribution *up_distribution_of(const UpBinding *b, size_t *trained, size_t n_trained,
										  size_t *held_out, size_t n_held_out);
/*
 * The rows of a query against the model's training, in the current memory. Columns that the query does not have are told among the
 * results. NULL where the model keeps no distribution.
 */
extern UpDrift *up_drift_of_query(const UpModel *m, const char *query, const UpDriftParams *params);

#endif
