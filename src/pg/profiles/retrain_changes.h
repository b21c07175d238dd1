/*
 * retrain_changes.h - how many users have changed since a model was trained
 */
#ifndef UPROFILE_RETRAIN_CHANGES_H
#define UPROFILE_RETRAIN_CHANGES_H

#include "pg/profiles/profile.h"
#include "pg/profiles/profile_rows.h"

/* Whether a model of the profile asks for it. */
extern bool up_retrain_counts(const UpProfile *p);
/*
 * Notes who of the users that were read (before anything of them is written) differs from his row in the table or has none, for
 * every model that asks for it. Returns how many they are.
 */
extern int64 up_retrain_note(const UpProfile *p, const UpProfileTable *table, const UpFreshRows *held);
/* Takes a user's hash out of what was noted; returns of how many models. */
extern int64 up_retrain_forget(const UpProfile *p, const UpKey *key, const Datum *values);
/* The same of users who left, for versions that were trained before this time. */
extern void up_retrain_note_gone(const UpProfile *p, int64 gone, TimestampTz before);
/* The query of these users' rows, over what is held. */
extern char *up_retrain_changed_query(const UpProfile *p, const UpProfileTable *table, const UpFreshRows *held);
/* How many different users changed since the last version of the model was trained, as far as it was noted. */
extern double up_retrain_changed(const UpProfile *p, const UpProfileModel *m);

#endif
