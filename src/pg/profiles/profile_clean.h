/*
 * profile_clean.h - cleaning as a part of a profile's refresh
 */
#ifndef UPROFILE_PROFILE_CLEAN_H
#define UPROFILE_PROFILE_CLEAN_H

#include "pg/profiles/profile.h"
#include "pg/profiles/profile_rows.h"

/* Tells whoever makes the profile if single users cannot be cleaned. */
extern void up_profile_clean_tell(const UpProfile *p);

typedef struct UpCleaned
{
	UpFreshRows *held; /* cleaned rows in the place of those that were read */
	Tuplestorestate *corrected;
	TupleDesc corrected_columns;
	UpValue *statistics;
} UpCleaned;

/* Cleans rows of everybody (keys NULL) or of these users, and lets go of those that were read. */
extern UpCleaned *up_profile_clean(const UpProfile *p, UpFreshRows *read, const UpKeys *keys);
/* Keeps what was corrected and, of everybody, the statistics. */
extern void up_profile_clean_keep(const UpProfile *p, const UpCleaned *cleaned, const UpKeys *keys);

#endif
