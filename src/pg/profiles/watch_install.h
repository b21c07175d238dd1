/*
 * watch_install.h - triggers and queues of watched tables: made and removed
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

#endif
