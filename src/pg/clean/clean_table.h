/*
 * clean_table.h - a source held in memory while it is cleaned, with every change that is made to it
 *
 * Columns of Datums, so that a rule reads one column from end to end. A change of type gives a column a new
 * generation of values; the earlier ones stay, as changes and removed rows refer to them. Rows are numbered from 0 here
 * and from 1 for the user. Everything is counted against the memory setting.
 */
#ifndef UPROFILE_CLEAN_TABLE_H
#define UPROFILE_CLEAN_TABLE_H

#include "access/tupdesc.h"
#include "utils/tuplestore.h"
#include "fmgr.h"

#include "clean/clean_rules.h"
#include "pg/clean/clean_values.h"
#include "pg/io/key_columns.h"

typedef struct UpCleanColumn
{
	char *name;
	int n_generations;
	UpCleanValues **generations;
	UpCleanValues *now; /* the last one */
} UpCleanColumn;

/* One value that was changed. Its types: the column's generations before and after. */
typedef struct UpCleanChange
{
	size_t row;
	Datum before;
	Datum after;
	uint32 step;
	uint16 column;
	uint8 generation_before;
	uint8 generation_after;
	bool before_null;
	bool after_null;
} UpCleanChange;

/* One row that left. */
typedef struct UpCleanRemoval
{
	size_t row;
	size_t kept;           /* the row it was merged into; UP_CLEAN_NO_ROW: quarantined */
	Datum value;           /* of the column, when it left */
	const char *complaint; /* kept as values are */
	uint32 step;
	int16 column; /* that was objected to, or -1 */
	uint8 generation;
	bool value_null;
} UpCleanRemoval;

#define UP_CLEAN_NO_ROW ((size_t) -1)

typedef struct UpCleanStep
{
	uint32 number; /* from 1 */
	const UpCleanRule *rule;
	int n_columns; /* that it worked on */
	int *columns;
	size_t n_rows; /* rows that it changed or removed */
	size_t first_change;
	size_t n_changes;
	size_t first_removal;
	size_t n_removals;
} UpCleanStep;

typedef struct UpCleanTable
{
	MemoryContext context; /* of the table and all its values */
	TupleDesc desc;        /* of the source */
	size_t n_rows;
	size_t capacity;
	int n_columns;
	UpCleanColumn *columns;
	int n_keys; /* columns of the key; 0: none */
	int keys[UP_MAX_KEY];
	bool utf8;
	bool *removed;
	uint32 *touched; /* the last step that did something to a row */
	size_t n_changes;
	size_t change_capacity;
	UpCleanChange *changes;
	size_t n_removals;
	size_t removal_capacity;
	UpCleanRemoval *removals;
	size_t n_merged;
	int n_steps;
	UpCleanStep *steps;
	UpCleanStep *step;    /* being done */
	bool stage;           /* of a profile: the key's columns are not changed */
	const UpValue *known; /* statistics of all rows, while these are some; or NULL */
	UpValue *statistics;  /* those that were found, or used */
	size_t bytes;
	char *chunk; /* where values go */
	size_t chunk_left;
	char *region; /* where all of them are, which workers can see; or NULL */
	size_t region_used;
	ptrdiff_t shift;       /* of what points to values: 0 but in a worker's view of the table */
	const char *complaint; /* the last one of rows that left */
	Datum *column_names;   /* and those of the rules of steps, as texts, once they were needed */
	Datum *rule_names;
	struct UpCleanKeys *keys_of_original; /* clean_original.c */
	struct UpCleanBatch *batch;           /* clean_batch.c, while workers stand by */
	struct UpCleanCounts *counts;         /* clean_report.c */
} UpCleanTable;

/*
 * Reads all rows of a query, in the order of a plan without parallel workers. key: as in key_columns.h, or NULL. shared: workers are to see them
 * where that may pay.
 */
extern UpCleanTable *up_clean_table_read(const char *query, const char *key, bool shared);

/* The same of rows that are kept aside; they may be none. */
extern UpCleanTable *up_clean_table_of(Tuplestorestate *rows, TupleDesc columns, const char *key);

extern bool up_clean_is_key(const UpCleanTable *t, int column);
/* The column of this name; fails with the nearest one as a hint. owner: who asks, such as "rule 3 (range)". */
extern int up_clean_table_find(const UpCleanTable *t, const char *name, const char *owner);
/* The column's values from now on; every row's are set by the caller. */
extern void up_clean_table_retype(UpCleanTable *t, int column, UpCleanValues *values);

/* A text through the type's input; fails as that does; it lives as long as the table. */
extern Datum up_clean_from_text(UpCleanTable *t, UpCleanValues *v, const char *text);
/* A copy that lives as long as the table, detoasted. */
extern Datum up_clean_table_keep(UpCleanTable *t, const UpCleanValues *v, Datum value);
/* The same of a new value, which passes the type's input where it must. */
extern Datum up_clean_table_coerce(UpCleanTable *t, UpCleanValues *v, Datum value);
extern void up_clean_table_count(UpCleanTable *t, size_t bytes);

/* Notes a change and makes it. after lives as long as the table. */
extern void up_clean_table_change(UpCleanTable *t, size_t row, int column, Datum after, bool after_null);
/* A row that the step did something to, where that is no change. */
extern void up_clean_table_touch(UpCleanTable *t, size_t row);
/* Notes that a value has become that of the column's new generation. */
extern void up_clean_table_note_repair(UpCleanTable *t, size_t row, int column, bool after_null);
extern void up_clean_table_quarantine(UpCleanTable *t, size_t row, int column, const char *complaint);
extern void up_clean_table_merge(UpCleanTable *t, size_t row, size_t kept, const char *complaint);
/* A value that the table has, where this process sees it. */
static inline Datum
up_clean_here(const UpCleanTable *t, const UpCleanValues *v, Datum value)
{
	return v->byval ? value : value + (Datum) t->shift;
}

/* Gives the rows that left their first values back. */
extern void up_clean_table_restore_removed(UpCleanTable *t);
/* Fails where the column's type has no order. */
extern void up_clean_need_order(const UpCleanTable *t, int column, const char *owner);

#endif
