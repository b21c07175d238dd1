/*
 * barred.h - users who are forgotten and may not come back, known by a keyed hash of their keys
 */
#ifndef UPROFILE_BARRED_H
#define UPROFILE_BARRED_H

#include "fmgr.h"

#include "pg/profiles/profile.h"

/* The key as the profile's own table has it, which is there though the source may not be readable. */
extern void up_barred_key(const UpProfile *p, UpKey *key);
/*
 * HMAC-SHA256 of a user's key under the profile's secret: the same for values that count as the same user, in every session and
 * after a dump and restore. Without a secret it is made, or where it is not to be made NULL is returned.
 */
extern bytea *up_barred_hash(const UpProfile *p, const UpKey *key, const Datum *values, bool make);
/* Looks whether anybody is barred, and sets what rows of the source have to satisfy; see up_profile_admitted. */
extern void up_barred_find(UpProfile *p);

#endif
