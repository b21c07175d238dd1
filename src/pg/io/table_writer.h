/*
 * table_writer.h - a table of the caller's, new or made by us before, and rows written into it in bulk
 */
#ifndef UPROFILE_TABLE_WRITER_H
#define UPROFILE_TABLE_WRITER_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "executor/tuptable.h"

typedef struct UpTableWriter UpTableWriter;

/*
 * Creates a table with the columns of a reading query (without its rows), under the caller's search_path, and opens it
 * for writing. Nothing of that name may exist; see up_made_find.
 */
extern UpTableWriter *up_table_writer_new(const char *destination, const char *query);
/* Opens a table that this transaction has created with these columns and not touched since. */
extern UpTableWriter *up_table_writer_open(const char *schema, const char *name, TupleDesc columns);
/*
 * The same of a table that was made before (see made_table.h) and has just these columns: its rows are replaced at the
 * end, once all new ones are known.
 */
extern UpTableWriter *up_table_writer_replace(Oid table, TupleDesc columns);
/* Writes rows into a table that this command has created, and that others close. */
extern UpTableWriter *up_table_writer_join(Oid table);
extern Oid up_table_writer_table(const UpTableWriter *w);
/* Of which its rows are formed. */
extern TupleDesc up_table_writer_columns(const UpTableWriter *w);
/* Adds a row; values are copied. */
extern void up_table_writer_add(UpTableWriter *w, const Datum *values, const bool *nulls);
/* The same of a row that is a tuple of just these columns already; it is copied. */
extern void up_table_writer_add_tuple(UpTableWriter *w, HeapTuple tuple);
/* The same of a row in a slot. */
extern void up_table_writer_add_slot(UpTableWriter *w, TupleTableSlot *slot);
/* Writes what is left of those of a table that was joined. */
extern void up_table_writer_leave(UpTableWriter *w);
/* Writes what is left, closes, and makes the rows visible. Returns their number. */
extern uint64 up_table_writer_end(UpTableWriter *w);

#endif
