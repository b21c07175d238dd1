/*
 * profile_view.h - the view <profile>_current: the profile as it is when it is read
 *
 * It has the columns of the table, the live ones, computed_at and stale, and belongs to the profile's owner, so that
 * reading it needs SELECT on it and nothing else. It is known as the profile's by its call of uprofile_freshness, which
 * names the profile's identity, and a hash of what the view was made of.
 */
#ifndef UPROFILE_PROFILE_VIEW_H
#define UPROFILE_PROFILE_VIEW_H

#include "pg/profiles/profile.h"

/* The profile's own view, or InvalidOid: there is none, or another relation has its name. */
extern Oid up_view_find(const UpProfile *p);
/*
 * Makes the view, as the current role, under its search_path; fails where the name is taken. table: the profile's own,
 * locked. To be called after up_profile_resolve.
 */
extern void up_view_create(const UpProfile *p, Oid table);
/*
 * Makes the view anew if it is not what it should be. It keeps its grants, its comments, and the views upon it; a relation
 * of its name that is not the profile's is left alone. False then.
 */
extern bool up_view_update(const UpProfile *p, Oid table);
/* The same, in a refresh: what cannot be done is said in a WARNING. */
extern bool up_view_keep(const UpProfile *p, Oid table);
/*
 * Leaves the view without rows and reading nothing, so that its table and queues can be changed; grants and what depends on
 * it stay. To be followed by up_view_update.
 */
extern void up_view_empty(const UpProfile *p);
/* Drops the profile's own view; fails if something depends on it. */
extern void up_view_drop(const UpProfile *p);
/* Gives the view, whoever has it since, to another role. */
extern void up_view_reassign(const UpProfile *p, Oid role);

#endif
