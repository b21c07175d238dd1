/*
 * watch_read.h - the registry's rows of watched tables
 */
#ifndef UPROFILE_WATCH_READ_H
#define UPROFILE_WATCH_READ_H

#include "pg/profiles/watch.h"

extern const char *const up_watch_form_names[];
/* The function that our triggers call, of the extension that this function belongs to. */
extern Oid up_watch_trigger_function(Oid function);
/* The database in which OIDs hold: a dump and restore leads to another one. */
extern char *up_watch_database(void);
/* Reads one watch by its number, with the newest snapshot and whatever the rights; false if there is none. */
extern bool up_watch_read(Oid extension_namespace, int64 id, UpWatch *watch);
/* The owner of a profile, whatever the rights; InvalidOid if there is none. */
extern Oid up_watch_profile_owner(Oid extension_namespace, const char *profile);
/* The owner of whatever watches; names as up_watch_list_in has them. */
extern Oid up_watch_owner_in(UpWatchBook book, Oid extension_namespace, const char *name);
/* Whether the table is the watched one, or a partition or child of it. */
extern bool up_watch_is_of(const UpWatch *watch, Relation relation);
/* The watches of a profile that the caller may use. */
extern List *up_watch_list(const char *schema, const char *profile);
/* The same of a profile or mine. */
extern List *up_watch_list_in(UpWatchBook book, const char *schema, const char *name);
/* Where they stand, and the column of what watches. */
extern const char *up_watch_table(UpWatchBook book);
extern const char *up_watch_column(UpWatchBook book);
/* Its table and queue as they are now, in a restored database by their names; InvalidOid: gone. */
extern Oid up_watch_table_oid(const UpWatch *watch);
extern Oid up_watch_queue_oid(const UpWatch *watch);
/* A table with its partitions and children, since a statement that names one of them fires its own triggers only; and those without it. */
extern List *up_watch_family(Oid relation);
extern List *up_watch_leaves(Oid relation);
extern Datum up_watch_leaves_array(Oid relation); /* oid[] */

#endif
