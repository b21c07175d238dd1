/*
 * profile_comment.h - what a profile's table and view say of themselves: their comments and those of their columns
 */
#ifndef UPROFILE_PROFILE_COMMENT_H
#define UPROFILE_PROFILE_COMMENT_H

#include "pg/profiles/profile.h"

/*
 * Writes the comments that are not as they should be, with the rights of the current role, the table's owner. One that
 * somebody else wrote, or took away, stays so. After up_profile_resolve, with the models' versions found.
 */
extern void up_profile_comment(UpProfile *p, Oid table);
/* The same for the columns of the profile's view (InvalidOid: it has none). anew: it was made just now. */
extern void up_profile_comment_view(UpProfile *p, Oid table, Oid view, bool anew);

#endif
