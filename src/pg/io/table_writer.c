/*
 * table_writer.c - bulk writing into a table of the caller's; see table_writer.h
 *
 * Nobody else sees a table that this transaction created before it ends, and it has no index, constraint or trigger yet,
 * so rows go straight into its heap: on pages that are filled in memory (heap_pages.h), or, where those are not for that table, many at a time without
 * the map of free space, as COPY and CREATE TABLE AS have it.
 * Rows of a table that was there before are kept aside, and replace its rows at the end.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "miscadmin.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/platform.h"
#include "pg/io/heap_pages.h"
#include "pg/io/made_table.h"
#include "pg/io/query.h"
#include "pg/io/table_writer.h"

#define BATCH_ROWS 1000
/* What is formed is still in the nearest cache when it goes to its page: of 1 MB writing takes 6 % more. */
#define BATCH_BYTES (32 * 1024)
/* Of rows, after which the server's process for its log is told that there is something to write: by default it does so from 1 MB on. */
#define LOG_BYTES (1024 * 1024)

struct UpTableWriter
{
	Relation relation;
	UpHeapPages *pages; /* or NULL, and then: */
	BulkInsertState bulk;
	CommandId command;
	MemoryContext context; /* what an insertion allocates */
	TupleTableSlot **slots;
	int n_slots; /* made so far */
	int n;       /* filled */
	Size bytes;
	/* Both ways. */
	Size untold; /* that the process for the server's log was not told of */
	uint64 rows;
	/* Instead of all that, for a table that was there before. */
	Oid replaced;
	TupleDesc columns;
	Tuplestorestate *kept;
};

/* columns: those it was created with, or NULL where nothing could change them. */
static bool
is_as_created(Relation relation, TupleDesc columns)
{
	TupleDesc there = RelationGetDescr(relation);
	bool same = relation->rd_createSubid != InvalidSubTransactionId && relation->trigdesc == NULL &&
				!relation->rd_rel->relhasindex && relation->rd_rel->relchecks == 0 &&
				!relation->rd_rel->relispartition && (columns == NULL || columns->natts == there->natts);

	for (int i = 0; same && columns != NULL && i < columns->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(columns, i), b = TupleDescAttr(there, i);

		same = a->atttypid == b->atttypid && a->atttypmod == b->atttypmod && !b->attisdropped &&
			   (a->attnotnull || !b->attnotnull);
	}
	return same;
}

static UpTableWriter *
writer_of(Relation relation, TupleDesc columns)
{
	UpTableWriter *w = palloc0(sizeof(UpTableWriter));

	if (!is_as_created(relation, columns))
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("table \"%s\" is not as it was created", RelationGetRelationName(relation)),
						errhint("An event trigger may have changed it.")));
	w->relation = relation;
	w->command = GetCurrentCommandId(true);
	w->pages = up_heap_pages_begin(relation, w->command);
	if (w->pages != NULL)
		return w;
	w->bulk = GetBulkInsertState();
	w->context = AllocSetContextCreate(CurrentMemoryContext, "uprofile table writer", ALLOCSET_DEFAULT_SIZES);
	w->slots = palloc0(sizeof(TupleTableSlot *) * BATCH_ROWS);
	return w;
}

UpTableWriter *
up_table_writer_open(const char *schema, const char *name, TupleDesc columns)
{
	return writer_of(table_openrv(makeRangeVar(pstrdup(schema), pstrdup(name), -1), RowExclusiveLock), columns);
}

UpTableWriter *
up_table_writer_replace(Oid table, TupleDesc columns)
{
	UpTableWriter *w = palloc0(sizeof(UpTableWriter));

	w->replaced = table;
	w->columns = columns;
	w->kept = tuplestore_begin_heap(true, false, work_mem);
	return w;
}

UpTableWriter *
up_table_writer_new(const char *destination, const char *query)
{
	RangeVar *name = up_made_name(destination);

	up_query_in_path(psprintf("CREATE TABLE %s AS SELECT * FROM (%s) AS uprofile_source WITH NO DATA",
							  quote_qualified_identifier(name->schemaname, name->relname), query));
	CommandCounterIncrement();
	return writer_of(table_openrv(name, RowExclusiveLock), up_query_columns(query));
}

UpTableWriter *
up_table_writer_join(Oid table)
{
	return writer_of(table_open(table, NoLock), NULL);
}

Oid
up_table_writer_table(const UpTableWriter *w)
{
	return w->kept != NULL ? w->replaced : RelationGetRelid(w->relation);
}

TupleDesc
up_table_writer_columns(const UpTableWriter *w)
{
	return w->kept != NULL ? w->columns : RelationGetDescr(w->relation);
}

/*
 * Has the server's log written in the background. Else that process sleeps for most of the time, and this one writes the log and waits for the
 * disk, as soon as there is no more room for it or a page gives its place to the next one.
 */
static void
write_log(UpTableWriter *w, Size written)
{
	w->untold += written;
	if (w->untold < LOG_BYTES || !RelationNeedsWAL(w->relation) || XactLastRecEnd == InvalidXLogRecPtr)
		return;
	w->untold = 0;
	XLogSetAsyncXactLSN(XactLastRecEnd);
}

static void
flush(UpTableWriter *w)
{
	MemoryContext outer;

	if (w->n == 0)
		return;
	outer = MemoryContextSwitchTo(w->context);
	table_multi_insert(w->relation, w->slots, w->n, w->command, TABLE_INSERT_SKIP_FSM, w->bulk);
	MemoryContextSwitchTo(outer);
	MemoryContextReset(w->context);
	for (int i = 0; i < w->n; i++)
		ExecClearTuple(w->slots[i]);
	w->rows += (uint64) w->n;
	write_log(w, w->bytes);
	w->n = 0;
	w->bytes = 0;
	up_tick();
}

static TupleTableSlot *
next_slot(UpTableWriter *w)
{
	if (w->n == w->n_slots)
	{
		MemoryContext outer = MemoryContextSwitchTo(MemoryContextGetParent(w->context));

		w->slots[w->n_slots++] =
			MakeSingleTupleTableSlot(RelationGetDescr(w->relation), table_slot_callbacks(w->relation));
		MemoryContextSwitchTo(outer);
	}
	return w->slots[w->n++];
}

static void
note_bytes(UpTableWriter *w, Size bytes)
{
	w->bytes += bytes;
	if (w->n == BATCH_ROWS || w->bytes > BATCH_BYTES)
		flush(w);
}

/* A row went to a page, with which so many bytes were written. */
static void
note_row(UpTableWriter *w, Size written)
{
	w->rows++;
	if (written > 0)
		write_log(w, written);
}

void
up_table_writer_add_tuple(UpTableWriter *w, HeapTuple tuple)
{
	if (w->kept != NULL)
	{
		tuplestore_puttuple(w->kept, tuple);
		return;
	}
	if (w->pages != NULL)
	{
		note_row(w, up_heap_pages_add_tuple(w->pages, tuple));
		return;
	}
	ExecForceStoreHeapTuple(tuple, next_slot(w), false);
	note_bytes(w, tuple->t_len);
}

/* NULL: it is values, or a tuple of another kind. */
static HeapTuple
tuple_of(const TupleTableSlot *slot)
{
	return TTS_IS_BUFFERTUPLE(slot) || TTS_IS_HEAPTUPLE(slot) ? ((const HeapTupleTableSlot *) slot)->tuple
															  : NULL;
}

/* Of a row whose memory is the slot's. */
static Size
bytes_of(TupleTableSlot *slot)
{
	if (tuple_of(slot) != NULL)
		return tuple_of(slot)->t_len;
	slot_getallattrs(slot);
	return heap_compute_data_size(slot->tts_tupleDescriptor, slot->tts_values, slot->tts_isnull);
}

void
up_table_writer_add_slot(UpTableWriter *w, TupleTableSlot *slot)
{
	TupleTableSlot *to;

	if (w->pages != NULL)
	{
		HeapTuple tuple = tuple_of(slot);

		if (tuple == NULL)
			slot_getallattrs(slot);
		note_row(w, tuple != NULL ? up_heap_pages_add_tuple(w->pages, tuple)
								  : up_heap_pages_add(w->pages, slot->tts_values, slot->tts_isnull));
		return;
	}
	to = next_slot(w);
	ExecCopySlot(to, slot);
	/* Else a row that is still in a page of its table pins that until the batch is written. */
	ExecMaterializeSlot(to);
	note_bytes(w, bytes_of(to));
}

void
up_table_writer_add(UpTableWriter *w, const Datum *values, const bool *nulls)
{
	TupleTableSlot *slot;
	int n;

	if (w->kept != NULL)
	{
		tuplestore_putvalues(w->kept, w->columns, unconstify(Datum *, values), unconstify(bool *, nulls));
		return;
	}
	if (w->pages != NULL)
	{
		note_row(w, up_heap_pages_add(w->pages, values, nulls));
		return;
	}
	n = RelationGetDescr(w->relation)->natts;
	slot = next_slot(w);
	ExecClearTuple(slot);
	memcpy(slot->tts_values, values, sizeof(Datum) * n);
	memcpy(slot->tts_isnull, nulls, sizeof(bool) * n);
	ExecStoreVirtualTuple(slot);
	/* Forms the tuple, so that what the values point to may go. */
	ExecMaterializeSlot(slot);
	note_bytes(w, bytes_of(slot));
}

void
up_table_writer_leave(UpTableWriter *w)
{
	if (w->pages != NULL)
		up_heap_pages_end(w->pages);
	else
	{
		flush(w);
		FreeBulkInsertState(w->bulk);
		table_finish_bulk_insert(w->relation, TABLE_INSERT_SKIP_FSM);
		for (int i = 0; i < w->n_slots; i++)
			ExecDropSingleTupleTableSlot(w->slots[i]);
	}
	table_close(w->relation, NoLock);
}

uint64
up_table_writer_end(UpTableWriter *w)
{
	if (w->kept != NULL)
	{
		w->rows = (uint64) tuplestore_tuple_count(w->kept);
		up_made_replace(w->replaced, w->kept, w->columns);
		tuplestore_end(w->kept);
		CommandCounterIncrement();
		return w->rows;
	}
	up_table_writer_leave(w);
	CommandCounterIncrement();
	return w->rows;
}
