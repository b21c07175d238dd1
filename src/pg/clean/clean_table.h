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
#include "fmgr.h"
#include "utils/typcache.h"

#include "clean/clean_rules.h"
#include "pg/io/key_columns.h"

/* How values of a type are counted with. */
typedef enum UpCleanNumber
{
	UP_CLEAN_NO_NUMBER,
	UP_CLEAN_INT2,
	UP_CLEAN_INT4,
	UP_CLEAN_INT8,
	UP_CLEAN_FLOAT4,
	UP_CLEAN_FLOAT8,
	UP_CLEAN_NUMERIC,
	UP_CLEAN_DATE,     /* days */
	UP_CLEAN_TIMESTAMP /* microseconds, with time zone as well */
} UpCleanNumber;

typedef struct UpCleanValues
{
	Oid type; /* as declared */
	Oid base; /* below domains */
	int32 typmod;
	Oid collation; /* of the column; the default one where it has none */
	int16 len;
	bool byval;
	bool is_text;       /* varlena of characters */
	bool through_input; /* a new value must pass the type's input: domains, and types with a modifier */
	UpCleanNumber number;
	FmgrInfo output;
	FmgrInfo input;
	Oid input_param;
	TypeCacheEntry *cache;
	Datum *values;
	bool *nulls;
} UpCleanValues;

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
	size_t kept; /* the row it was merged into; UP_CLEAN_NO_ROW: quarantined */
	Datum value; /* of the column, when it left */
	const char *complaint;
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
	size_t room;
	int n_columns;
	UpCleanColumn *columns;
	int n_keys; /* columns of the key; 0: none */
	int keys[UP_MAX_KEY];
	bool utf8;
	bool *removed;
	uint32 *touched; /* the last step that did something to a row */
	size_t n_changes;
	size_t change_room;
	UpCleanChange *changes;
	size_t n_removals;
	size_t removal_room;
	UpCleanRemoval *removals;
	size_t n_merged;
	int n_steps;
	UpCleanStep *steps;
	UpCleanStep *step; /* being done */
	size_t bytes;
	char *chunk; /* where values go */
	size_t chunk_left;
} UpCleanTable;

/* Reads all rows of a query, in the order of a plan without parallel workers. key: as in key_columns.h, or NULL. */
extern UpCleanTable *up_clean_table_read(const char *query, const char *key);

extern bool up_clean_is_key(const UpCleanTable *t, int column);
/* The column of this name; fails with the nearest one as a hint. owner: who asks, such as "rule 3 (range)". */
extern int up_clean_table_find(const UpCleanTable *t, const char *name, const char *owner);
/* A description of values of a type, without any. */
extern UpCleanValues *up_clean_values_new(UpCleanTable *t, Oid type, int32 typmod, Oid collation);
/* The column's values from now on; every row's are set by the caller. */
extern void up_clean_table_retype(UpCleanTable *t, int column, UpCleanValues *values);

/* A copy that lives as long as the table, detoasted. */
extern Datum up_clean_table_keep(UpCleanTable *t, const UpCleanValues *v, Datum value);
extern void up_clean_table_count(UpCleanTable *t, size_t bytes);

/* Notes a change and makes it. after lives as long as the table. */
extern void up_clean_table_change(UpCleanTable *t, size_t row, int column, Datum after, bool after_null);
/* Notes that a value has become that of the column's new generation. */
extern void up_clean_table_note_repair(UpCleanTable *t, size_t row, int column, bool after_null);
extern void up_clean_table_quarantine(UpCleanTable *t, size_t row, int column, const char *complaint);
extern void up_clean_table_merge(UpCleanTable *t, size_t row, size_t kept, const char *complaint);
/* Gives the rows that left their first values back. */
extern void up_clean_table_restore_removed(UpCleanTable *t);

/* NULL, or NaN. */
extern bool up_clean_is_missing(const UpCleanValues *v, size_t row);
extern double up_clean_number(const UpCleanValues *v, Datum value);
/*
 * A number as a value of the type. direction: to whole numbers, where the type has no others: -1 down, 0 to the
 * nearest, 1 up. False where it is beyond the type.
 */
extern bool up_clean_from_number(const UpCleanValues *v, double number, int direction, Datum *out);
extern char *up_clean_text(UpCleanValues *v, Datum value);
/* Through the type's input; fails as that does. */
extern Datum up_clean_from_text(UpCleanTable *t, UpCleanValues *v, const char *text);
/* Characters of a text value, without the padding of char(n). */
extern const char *up_clean_characters(const UpCleanValues *v, Datum value, size_t *len);
/* As the column's type has it: equality and hash (types without: by image). */
extern bool up_clean_equal(const UpCleanValues *v, Datum a, Datum b);
extern uint32 up_clean_hash(const UpCleanValues *v, Datum value);
/* Fails where the type has no order. */
extern int up_clean_compare(const UpCleanValues *v, Datum a, Datum b);
extern void up_clean_need_order(const UpCleanTable *t, int column, const char *owner);

#endif
