/*
 * clean_record.h - the rows of the three tables that a cleaning leaves
 */
#ifndef UPROFILE_CLEAN_RECORD_H
#define UPROFILE_CLEAN_RECORD_H

#include "pg/clean/clean_table.h"

typedef enum UpCleanPlace
{
	UP_CLEAN_DESTINATION,
	UP_CLEAN_QUARANTINE,
	UP_CLEAN_CHANGES,
	UP_CLEAN_PLACES
} UpCleanPlace;

#define UP_CLEAN_RECORD_COLUMNS 9 /* at most, of the quarantine and the changes */

/* A column of the quarantine or the changes. */
typedef struct UpCleanRecordColumn
{
	const char *name;
	Oid type;
	bool may_miss;
} UpCleanRecordColumn;
extern const UpCleanRecordColumn *up_clean_record_columns(UpCleanPlace place, int *n);

/* The columns after the rules; and those of any of the tables. */
extern TupleDesc up_clean_columns(const UpCleanTable *t);
extern TupleDesc up_clean_columns_of(const UpCleanTable *t, UpCleanPlace place);

/*
 * What a table is made of, in order: rows of the source, changes, or removals. false: such a one is no row of it. Values live in the current
 * memory, or as long as the table.
 */
extern size_t up_clean_n_items(const UpCleanTable *t, UpCleanPlace place);
extern bool up_clean_fill_row(UpCleanTable *t, UpCleanPlace place, size_t item, Datum *values, bool *nulls);

/* For records. The key of a row as text; why a row left; and the row as it came, as jsonb (clean_original.c). */
extern void up_clean_key_text(UpCleanTable *t, size_t row, Datum *value, bool *isnull);
extern char *up_clean_reason(UpCleanTable *t, const UpCleanRemoval *r);
extern Datum up_clean_original(UpCleanTable *t, size_t row);

#endif
