/*
 * profile_live.h - columns that a profile computes when it is read, from those that it stores
 */
#ifndef UPROFILE_PROFILE_LIVE_H
#define UPROFILE_PROFILE_LIVE_H

#include "lib/stringinfo.h"

#include "pg/profiles/profile.h"

/*
 * Checks what a policy says of columns against those of the profile's table: each live column is one expression over them
 * that reads nothing else, and a ttl names a column. Names are looked up under the current search_path. tell: the types, in a
 * NOTICE.
 */
extern void up_live_check(const UpProfile *p, Oid table, bool tell);
/* Whether what models may see of them changes with time alone; after up_profile_resolve. */
extern bool up_live_ages(const UpProfile *p);

#endif
