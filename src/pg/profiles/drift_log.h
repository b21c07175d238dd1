/*
 * drift_log.h - whether the users of a profile still look as those that its models were trained on, as refreshes measure it
 */
#ifndef UPROFILE_DRIFT_LOG_H
#define UPROFILE_DRIFT_LOG_H

#include "nodes/pg_list.h"

#include "learn/model.h"
#include "pg/profiles/profile.h"

/*
 * Measures every usable model, as the owner, from a sample of the profile's table, where it is time: everybody was computed, or since the
 * last time as many changes were written as a tenth of the users. A list for up_drift_log_keep; it must not fail for what it finds.
 */
extern List *up_drift_log_measure(const UpProfile *p, bool everybody, int64 users, int64 changes);
/* What the last measurement said of this version, and its largest PSI; NULL: it has not drifted, or is not measured. */
extern const char *up_drift_log_last(const UpProfile *p, const UpProfileModel *m, int32 version, double *psi);
/* A version, also one that this statement has trained. */
extern const UpModel *up_drift_log_model(const UpProfile *p, int64 version_id);
/* Writes down what was measured, under the run's number. */
extern void up_drift_log_keep(const UpProfile *p, int64 run, const List *measured);

#endif
