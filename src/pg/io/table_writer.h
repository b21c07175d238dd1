/*
 * table_writer.h - a new table of the caller's, and rows written into it in bulk
 */
#ifndef UPROFILE_TABLE_WRITER_H
#define UPROFILE_TABLE_WRITER_H

#include "access/htup.h"
#include "access/tupdesc.h"

typedef struct UpTableWriter UpTableWriter;

/*
 * Creates a table with the columns of a reading query (without its rows), under the caller's search_path, and opens it
 * for writing. Fails with a hint if destination exists.
 */
extern UpTableWriter *up_table_writer_new(const char *destination, const char *query);
/* Opens a table that this transaction has created and not touched since. */
extern UpTableWriter *up_table_writer_open(const char *schema, const char *name);
/* Adds a row; values are copied. */
extern void up_table_writer_add(UpTableWriter *w, const Datum *values, const bool *nulls);
/* The same of a row that is a tuple of just these columns already; it is copied. */
extern void up_table_writer_add_tuple(UpTableWriter *w, HeapTuple tuple);
/* Writes what is left, closes, and makes the rows visible. Returns their number. */
extern uint64 up_table_writer_end(UpTableWriter *w);

#endif
