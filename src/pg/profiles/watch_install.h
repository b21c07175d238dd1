/*
 * watch_install.h - triggers and queues of watched tables: made, looked at, mended and removed
 */
#ifndef UPROFILE_WATCH_INSTALL_H
#define UPROFILE_WATCH_INSTALL_H

#include "pg/profiles/watch.h"

/* Fails in words where a table or column cannot be watched for users of this key. */
extern void up_watch_check(const UpKey *key, List *entries);
/*
 * Watches tables for a profile of the current role, which needs the TRIGGER right on each: makes the queues, registry
 * rows and triggers. Queues are named after base in table_schema. Tables are locked until the transaction ends, writers
 * to them are waited for.
 */
extern void up_watch_install(const char *schema, Oid trigger_function, const char *profile, const UpKey *key,
							 List *entries, const char *queue_schema, const char *base);
/* The same for a profile or mine. */
extern void up_watch_install_in(UpWatchBook book, const char *schema, Oid trigger_function, const char *name,
								const UpKey *key, List *entries, const char *queue_schema, const char *base);
/* Removes triggers, registry rows and queues, also from tables that the current role does not own. */
extern void up_watch_remove(const char *schema, Oid trigger_function, const char *profile);
extern void up_watch_remove_in(UpWatchBook book, const char *schema, Oid trigger_function, const char *name);
/* Gives the queues to a role, with the rights of the current one. */
extern void up_watch_give_queues(List *watches, Oid role);
/* The queue of a watch, if it is one and belongs to this role (InvalidOid: to any); else NULL. */
extern Relation up_watch_open_queue(const UpWatch *watch, Oid owner, LOCKMODE lock);

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
