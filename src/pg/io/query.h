/*
 * query.h - statements, of sources and our own: the only way to SPI
 */
#ifndef UPROFILE_QUERY_H
#define UPROFILE_QUERY_H

#include "access/htup.h"
#include "utils/tuplestore.h"

#include "pg/io/stream_receiver.h"

/*
 * Streams a read-only query, row by row, never materialized; its plan may be parallel. What it reads is locked before its snapshot is taken,
 * so a reload by another session is seen whole or not at all. start and row run in the memory context that was current at the call. Returns the
 * number of rows.
 */
extern uint64 up_query_stream(const char *query, int n_args, const Oid *types, const Datum *values,
							  const char *nulls, UpStartFn start, UpRowFn row, void *arg);

/* What the planner expects a query with these values to cost, in its own units. Locks what the query reads. */
extern double up_query_cost(const char *query, int n_args, const Oid *types, const Datum *values);

/*
 * The same in steps, for a source that is read more than once: begin locks all that the query reads and then takes the
 * snapshot that every run sees; columns are those of the rows: a run fails if they have changed. Ends in reverse order of beginning; an error ends it too.
 */
typedef struct UpReading UpReading;
extern UpReading *up_reading_begin(const char *query);
/*
 * With other options of a cursor's than that it may be parallel; hooks of the planner are told of them for this statement, and for none that it
 * calls.
 */
extern UpReading *up_reading_begin_with(const char *query, int options);
/* What the planner expects: rows, and bytes of one. */
extern double up_reading_n_rows(const UpReading *r);
/*
 * The table that it is from beginning to end, if it is one: nothing of others is called; and which of its columns each one is.
 */
extern Oid up_reading_table(const UpReading *r, AttrNumber *numbers);
extern double up_reading_width(const UpReading *r);
/* Whether several processes run it, which hand rows on as they get to them. */
extern bool up_reading_is_parallel(const UpReading *r);
extern TupleDesc up_reading_columns(const UpReading *r);
/* The relation and its column that the column is as it stands, if it is; else InvalidOid. */
extern Oid up_reading_origin(const UpReading *r, int column, AttrNumber *number);
extern uint64 up_reading_run(UpReading *r, UpStartFn start, UpRowFn row, void *arg);
/*
 * Runs it to be measured, before it is read or from within start: a refusal of what memory does not have must not rest on what the planner
 * expects. False: it was not run, since it may give other rows each time, or reads foreign tables.
 */
extern bool up_reading_measure(UpReading *r, UpRowFn row, void *arg);
/* Whether another run may give other rows. */
extern bool up_reading_varies(const UpReading *r);
/* From within a row: it is the last one of the run. From within start: there is none. */
extern void up_reading_stop(UpReading *r);
extern void up_reading_end(UpReading *r);

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
/*
 * One that writes and sees all that is committed by now, also where one snapshot serves the whole transaction; how many rows. For what goes
 * with a TRUNCATE or DROP, which take the rows of every snapshot.
 */
extern uint64 up_query_latest(const char *query);
/* The rows of such a query, one by one, with the snapshot of the statement that called us. */
extern void up_query_each(const char *query, UpRowFn row, void *arg);
/* up_query over rows that are kept aside: the query sees them as a table of this name, without a schema. */
extern UpRows up_query_over(const char *name, Tuplestorestate *rows, TupleDesc columns, const char *query,
							int n_args, const Oid *types, const Datum *values);
extern Datum up_rows_get(const UpRows *r, uint64 row, const char *column_name, bool *isnull);
/* A column of type text; NULL as NULL. */
extern char *up_rows_text(const UpRows *r, uint64 row, const char *column_name);

/*
 * A statement of ours that reads, planned once for any values and kept by the backend until it is freed; plans follow changes
 * of what they read. It runs as up_query does, with the active snapshot. for_shards: it reads tables whose rows lie on other nodes, where
 * the values say which; then it is planned for each.
 */
typedef struct _SPI_plan UpKept;
extern UpKept *up_kept_new(const char *query, int n_args, const Oid *types, bool for_shards);
extern UpRows up_kept_run(UpKept *kept, const Datum *values);
/* One that writes, without a result; the number of rows. */
extern uint64 up_kept_write(UpKept *kept, const Datum *values);
/* Whether nothing that it reads has changed since it was planned, as far as this backend was told. */
extern bool up_kept_is_valid(UpKept *kept);
extern void up_kept_free(UpKept *kept);
/*
 * The same of a statement that contains a source, under the search_path of the moment of planning and of each run: what it is now, its
 * views replaced by what they select, and what one run is expected to cost and to return (not for_shards); and its rows, one by one, which
 * fails if their columns are no longer these.
 */
extern UpKept *up_kept_source(const char *query, int n_args, const Oid *types, bool for_shards);
extern List *up_kept_queries(UpKept *kept, double *cost, double *n_rows);
extern void up_kept_stream(UpKept *kept, TupleDesc columns, int n_args, const Oid *types, const Datum *values,
						   UpRowFn row, void *arg);

/* Commits the transaction of a procedure and begins the next; what is in the current memory stays. */
extern void up_commit(void);

/* The columns of a query, without running it. */
extern TupleDesc up_query_columns(const char *query);

#endif
