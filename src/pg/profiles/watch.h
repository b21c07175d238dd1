/*
 * watch.h - watched tables: their entries in the registry, their triggers and queues
 *
 * A watch is one way from a changed row to users: a table, some of its columns, and a queue that takes their values.
 * Either the columns are the key, or a query finds the key by them when the queue is taken. Such a query runs then and
 * not in the trigger: under the owner's rights, once for many changes, and it sees what committed meanwhile.
 */
#ifndef UPROFILE_WATCH_H
#define UPROFILE_WATCH_H

#include "nodes/pg_list.h"
#include "storage/lockdefs.h"
#include "utils/rel.h"
#include "utils/snapshot.h"

#include "pg/profiles/key_type.h"

/*
 * Once a statement, once a row, or once a row also for what is replicated (ALWAYS). The server clones triggers of rows to
 * new partitions by itself; TRUNCATE has one of statements in every form.
 */
typedef enum UpWatchForm
{
	UP_WATCH_STATEMENT,
	UP_WATCH_ROW,
	UP_WATCH_ALWAYS
} UpWatchForm;
extern const char *const up_watch_form_names[];

/* A row of uprofile_watches. */
typedef struct UpWatch
{
	int64 id;
	char *profile;
	char *table_schema, *table_name;
	Oid table;
	char *queue_schema, *queue_name;
	Oid queue;
	bool here; /* the OIDs are of this database; else the names count until the watch is adopted */
	int n_leaves;
	Oid *leaves; /* partitions and children when last looked at */
	int n_columns;
	char *columns[UP_MAX_KEY];
	char *key_query; /* or NULL */
	char *found;
	UpWatchForm form;
} UpWatch;

/* What is to be watched. */
typedef struct UpWatchEntry
{
	Oid relation;
	List *columns;         /* of names */
	const char *key_query; /* or NULL: the columns are the key */
	const char *found;
	UpWatchForm form;
} UpWatchEntry;

/* The function that our triggers call, in the extension's schema. */
extern Oid up_watch_trigger_function(Oid extension_namespace);

/* The database in which OIDs hold: a dump and restore leads to another one. */
extern char *up_watch_database(void);

/* Reads one watch by its number, with the newest snapshot and whatever the rights; false if there is none. */
extern bool up_watch_read(Oid extension_namespace, int64 id, UpWatch *watch);
/* The owner of a profile, whatever the rights; InvalidOid if there is none. */
extern Oid up_watch_profile_owner(Oid extension_namespace, const char *profile);
/* Whether the table is the watched one, or a partition or child of it. */
extern bool up_watch_is_of(const UpWatch *watch, Relation relation);

/* The watches of a profile that the caller may use. */
extern List *up_watch_list(const char *schema, const char *profile);

/* Fails in words where a table or column cannot be watched for users of this key. */
extern void up_watch_check(const UpKey *key, List *entries);
/*
 * Watches tables for a profile of the current role, which needs the TRIGGER right on each: makes the queues, registry
 * rows and triggers. Queues are named after base in table_schema. Tables are locked until the transaction ends, writers
 * to them are waited for.
 */
extern void up_watch_install(const char *schema, Oid trigger_function, const char *profile, const UpKey *key,
							 List *entries, const char *queue_schema, const char *base);
/* Removes triggers, registry rows and queues, also from tables that the current role does not own. */
extern void up_watch_remove(const char *schema, Oid trigger_function, const char *profile);

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
/*
 * After a refresh: puts everybody on the queue where partitions came or went meanwhile, so that one part of the users
 * may have been computed with them and another without; or where they were new and the transaction's snapshot is older.
 */
extern void up_watch_settle(const char *schema, const char *profile, Oid owner, const UpWatchMembers *before);

#endif
