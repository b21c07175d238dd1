/*
 * event_table.h - tables of events that uprofile_create_events made
 *
 * An event table is partitioned by months of event_time (UTC); what is older than its first month lies in <table>_before. There is no
 * default partition: to attach a month would lock it, and sessions that read it would meet crosswise. <table>_ids holds the event_id of every
 * event that is there, so that an id is one in all partitions; triggers keep it, whoever writes. How long events are kept, and how many months are
 * made ahead, are arguments of the trigger, which a dump carries.
 */
#ifndef UPROFILE_EVENT_TABLE_H
#define UPROFILE_EVENT_TABLE_H

#include "access/attnum.h"
#include "datatype/timestamp.h"
#include "utils/reltrigger.h"

#define UP_EVENT_TRIGGER "uprofile_events_insert"

typedef struct UpEventTable
{
	Oid relation;
	Oid owner;
	char *name;         /* quoted, with its schema */
	char *ids;          /* likewise; _check_ids before it is written to */
	const char *schema; /* of the trigger's function */
	char *retention;    /* an interval; "": for ever */
	int months_ahead;
} UpEventTable;

/* The event table of this name, locked as an INSERT does; fails in words where there is none. function: one of the extension's. */
extern UpEventTable *up_event_table(const char *name, Oid function);
/* The same of a table whose trigger is known, in the current memory; but for the owner. */
extern void up_event_table_of(Oid relation, const Trigger *trigger, UpEventTable *t);
/* The table of ids is written to as the owner: fails in words where none of this name is his. */
extern void up_event_table_check_ids(const UpEventTable *t);
extern void up_event_table_create(const char *name, Oid key_type, const char *retention, int months_ahead,
								  TimestampTz since, const char *schema);
/* Says anew how long events are kept (NULL: for ever) and how many months are made ahead. */
extern void up_event_table_alter(UpEventTable *t, const char *retention, int months_ahead, const char *schema);
/* Makes the months up to a time that are not there; how many. */
extern int up_event_table_extend(UpEventTable *t, TimestampTz until);
/* Makes the month of an event, if none is there and the caller may. */
extern void up_event_table_make_room(UpEventTable *t, TimestampTz at);
/* Events before it are too old for the table, as of the transaction. */
extern TimestampTz up_event_table_oldest(const UpEventTable *t);
/* Forgets the ids of all events of a partition; how many. As the owner, after _check_ids. */
extern int64 up_event_table_forget(const UpEventTable *t, Oid partition);
/* Drops the months that are older than the table keeps, and makes those ahead; how many events went, or -1: the table is in use. */
extern int64 up_event_table_prune(UpEventTable *t);

#endif
