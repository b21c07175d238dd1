/*
 * query.h - sources and statements: the only way to SPI
 *
 * A source is a relation's name, or one read-only SELECT, VALUES, TABLE or WITH as text.
 */
#ifndef UPROFILE_QUERY_H
#define UPROFILE_QUERY_H

#include "access/htup.h"
#include "access/tupdesc.h"
#include "executor/tuptable.h"
#include "nodes/parsenodes.h"
#include "utils/queryenvironment.h"

/*
 * The statement of a source. A relation is looked up under the caller's search_path and becomes SELECT * FROM its
 * qualified name; anything else must be a single statement that reads.
 */
extern char *up_source_query(const char *source);

/*
 * Streams a read-only query, row by row, never materialized; its plan may be parallel. start sees the columns once,
 * row each row. Both run in the memory context that was current at the call; a slot's contents are valid until row
 * returns. Returns the number of rows.
 */
typedef void (*UpStartFn)(void *arg, TupleDesc desc);
typedef void (*UpRowFn)(void *arg, TupleTableSlot *slot);
extern uint64 up_query_stream(const char *query, int n_args, const Oid *types, const Datum *values,
							  const char *nulls, UpStartFn start, UpRowFn row, void *arg);

/*
 * Our own statements, which qualify what is not in pg_catalog: they run under search_path = pg_catalog, pg_temp, so
 * that nothing in the caller's path can take the place of what they call. up_query_in_path keeps the caller's path,
 * for statements that contain a source. Small results: all rows, copied into the current memory context. nulls: one char an argument, 'n' for NULL. */
typedef struct UpRows
{
	uint64 n;
	TupleDesc desc; /* NULL for statements without result */
	HeapTuple *rows;
	uint64 processed; /* rows inserted, updated, deleted or returned */
} UpRows;
extern UpRows up_query(bool read_only, const char *query, int n_args, const Oid *types, const Datum *values,
					   const char *nulls);
extern UpRows up_query_in_path(const char *query);
extern Datum up_rows_get(const UpRows *r, uint64 row, const char *column_name, bool *isnull);

/* The columns of a query, without running it. */
extern TupleDesc up_query_columns(const char *query);

/*
 * The tree of a query, names resolved and views replaced by what they select, and its columns. What it reads is locked.
 * environment: row sets that it may read by name, or NULL.
 */
extern Query *up_query_parse(const char *query, QueryEnvironment *environment, TupleDesc *columns);

#endif
