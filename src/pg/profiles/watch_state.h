/*
 * watch_state.h - whether triggers, queues and partitions of watched tables are as they should be
 */
#ifndef UPROFILE_WATCH_STATE_H
#define UPROFILE_WATCH_STATE_H

#include "pg/profiles/watch.h"

typedef struct UpWatchState
{
	const UpWatch *watch;
	const char *problem; /* in words; NULL: none */
	List *without;       /* OIDs of partitions and children that have no triggers yet */
	bool leaves_changed; /* some came or went since they were last looked at: everybody may be stale */
} UpWatchState;

extern UpWatchState *up_watch_state(Oid trigger_function, const UpWatch *watch);
/* Notes the present partitions, and in a restored database the present OIDs. */
extern void up_watch_note(const char *schema, const UpWatch *watch);
/* Adds the missing triggers as well, with the rights of the current role, which must be the profile's owner. Waits for
 * writers as lock_timeout allows. */
extern void up_watch_mend(const char *schema, Oid trigger_function, const UpWatchState *state);
/* The files of watched tables: a table that was written anew may hold other values, and no trigger has fired. */
extern char *up_watch_files(List *watches);
/* The watched tables of a profile with their partitions and children, as they are now. */
typedef struct UpWatchMembers
{
	List *oids;
	bool known; /* they are those that the registry knows */
} UpWatchMembers;

extern UpWatchMembers up_watch_members(const char *schema, const char *profile);
extern UpWatchMembers up_watch_members_of(List *watches);
/*
 * After a refresh: puts everybody on the queue where partitions came or went meanwhile, so that one part of the users
 * may have been computed with them and another without; or where they were new and the transaction's snapshot is older.
 */
extern void up_watch_settle(const char *schema, const char *profile, Oid owner, const UpWatchMembers *before);
extern void up_watch_settle_of(List *watches, Oid owner, const UpWatchMembers *before);

#endif
