/*
 * failures.h - the users of a profile who could not be computed when they were last tried
 */
#ifndef UPROFILE_FAILURES_H
#define UPROFILE_FAILURES_H

#include "pg/profiles/profile.h"
#include "pg/profiles/profile_rows.h"

/* Keeps who failed, and forgets who of those that were computed (keys; NULL: everybody) does no longer. */
extern void up_failures_keep(const UpProfile *p, const UpFreshRows *fresh, const UpKeys *keys);
/* Keys as tables keep them: an array of texts. */
extern Datum up_failures_key_texts(const UpKeys *keys);

#endif
