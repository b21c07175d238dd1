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

/* Whose watches they are: each kind has a table in the registry, of the same columns. */
typedef enum UpWatchBook
{
	UP_WATCHED_BY_PROFILES,
	UP_WATCHED_BY_MINES
} UpWatchBook;

/* A row of uprofile_watches or uprofile_mine_watches. */
typedef struct UpWatch
{
	UpWatchBook book;
	int64 id;
	char *profile; /* or mine */
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

#endif
