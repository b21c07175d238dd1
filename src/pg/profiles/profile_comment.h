/*
 * profile_comment.h - what a profile's table says of itself: the comments on it and on its columns
 */
#ifndef UPROFILE_PROFILE_COMMENT_H
#define UPROFILE_PROFILE_COMMENT_H

#include "pg/profiles/profile.h"

/*
 * Writes the comments that are not as they should be, with the rights of the current role, the table's owner. One that
 * somebody else wrote, or took away, stays so. After up_profile_resolve, with the models' versions found.
 */
extern void up_profile_comment(UpProfile *p, Oid table);

#endif
