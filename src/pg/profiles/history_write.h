/*
 * history_write.h - the changes that a refresh writes, on their way to the history
 */
#ifndef UPROFILE_HISTORY_WRITE_H
#define UPROFILE_HISTORY_WRITE_H

#include "access/tupdesc.h"
#include "utils/timestamp.h"

#include "pg/profiles/history.h"

typedef struct UpChanges UpChanges;

/* A row of the profile, or none. */
typedef struct UpHistoryRow
{
	const Datum *values; /* of the columns; NULL: there is none */
	const bool *nulls;
} UpHistoryRow;

/* columns: those that a refresh writes, in the table's own types. NULL where no history is kept. */
extern UpChanges *up_changes_begin(UpProfile *p, TupleDesc columns);
/* Under up_json_settings. A user is new (no row before), gone (none after) or another. since: the row before was so; 0: no row. */
extern void up_changes_add(UpChanges *c, UpHistoryRow before, TimestampTz since, UpHistoryRow after);
/* Stores them. */
extern void up_changes_end(UpChanges *c);

#endif
