/*
 * profile_grant.h - letting other roles read a profile
 */
#ifndef UPROFILE_PROFILE_GRANT_H
#define UPROFILE_PROFILE_GRANT_H

#include "pg/profiles/profile.h"

/* Gives every role that the profile is shared with SELECT on its table and view, as after the view was made anew. */
extern void up_profile_grant_again(const UpProfile *p);

#endif
