/*
 * table_writer.c - bulk writing into a table that this transaction created; see table_writer.h
 *
 * Nobody else sees the table before the transaction ends, and it has no index, constraint or trigger yet, so rows go
 * straight into its heap, many at a time, without the map of free space - as COPY and CREATE TABLE AS have it.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "nodes/makefuncs.h"
#include "utils/builtins.h"
#include "utils/memutils.h"
#include "utils/regproc.h"
#include "utils/rel.h"

#include "base/platform.h"
#include "pg/io/query.h"
#include "pg/io/table_writer.h"

#define BATCH_ROWS  1000
#define BATCH_BYTES (1024 * 1024)

struct UpTableWriter
{
	Relation relation;
	BulkInsertState bulk;
	CommandId command;
	MemoryContext context; /* what an insertion allocates */
	TupleTableSlot **slots;
	int n_slots; /* made so far */
	int n;       /* filled */
	Size bytes;
	uint64 rows;
};

static RangeVar *
parse_name(const char *destination)
{
	List *names = stringToQualifiedNameList(destination
#if PG_VERSION_NUM >= 160000
											,
											NULL
#endif
	);

	return makeRangeVarFromNameList(names);
}

static UpTableWriter *
open_writer(RangeVar *name)
{
	UpTableWriter *w = palloc0(sizeof(UpTableWriter));

	w->relation = table_openrv(name, RowExclusiveLock);
	if (w->relation->rd_createSubid == InvalidSubTransactionId || w->relation->trigdesc != NULL ||
		w->relation->rd_rel->relhasindex)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("table \"%s\" is not as it was created", name->relname),
						errhint("An event trigger may have changed it.")));
	w->bulk = GetBulkInsertState();
	w->command = GetCurrentCommandId(true);
	w->context = AllocSetContextCreate(CurrentMemoryContext, "uprofile table writer", ALLOCSET_DEFAULT_SIZES);
	w->slots = palloc0(sizeof(TupleTableSlot *) * BATCH_ROWS);
	return w;
}

UpTableWriter *
up_table_writer_open(const char *schema, const char *name)
{
	return open_writer(makeRangeVar(pstrdup(schema), pstrdup(name), -1));
}

UpTableWriter *
up_table_writer_new(const char *destination, const char *query)
{
	RangeVar *name = parse_name(destination);
	char *quoted;

	if (name->catalogname != NULL)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("destination \"%s\" has too many parts", destination),
						errhint("Give a name, or schema.name.")));
	if (OidIsValid(RangeVarGetRelid(name, NoLock, true)))
		ereport(ERROR, (errcode(ERRCODE_DUPLICATE_TABLE), errmsg("relation \"%s\" already exists", destination),
						errhint("Drop it first, or choose another destination.")));
	quoted = quote_qualified_identifier(name->schemaname, name->relname);
	up_query_in_path(
		psprintf("CREATE TABLE %s AS SELECT * FROM (%s) AS uprofile_source WITH NO DATA", quoted, query));
	CommandCounterIncrement();
	return open_writer(name);
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
	w->n = 0;
	w->bytes = 0;
	up_tick();
}

static TupleTableSlot *
next_slot(UpTableWriter *w)
{
	if (w->n == w->n_slots)
		w->slots[w->n_slots++] =
			MakeSingleTupleTableSlot(RelationGetDescr(w->relation), table_slot_callbacks(w->relation));
	return w->slots[w->n++];
}

void
up_table_writer_add_tuple(UpTableWriter *w, HeapTuple tuple)
{
	ExecForceStoreHeapTuple(tuple, next_slot(w), false);
	w->bytes += tuple->t_len;
	if (w->n == BATCH_ROWS || w->bytes > BATCH_BYTES)
		flush(w);
}

void
up_table_writer_add(UpTableWriter *w, const Datum *values, const bool *nulls)
{
	int n = RelationGetDescr(w->relation)->natts;
	TupleTableSlot *slot = next_slot(w);

	ExecClearTuple(slot);
	memcpy(slot->tts_values, values, sizeof(Datum) * n);
	memcpy(slot->tts_isnull, nulls, sizeof(bool) * n);
	ExecStoreVirtualTuple(slot);
	/* Forms the tuple, so that what the values point to may go. */
	ExecMaterializeSlot(slot);
	if (TTS_IS_BUFFERTUPLE(slot) || TTS_IS_HEAPTUPLE(slot))
		w->bytes += ((HeapTupleTableSlot *) slot)->tuple->t_len;
	if (w->n == BATCH_ROWS || w->bytes > BATCH_BYTES)
		flush(w);
}

uint64
up_table_writer_end(UpTableWriter *w)
{
	flush(w);
	FreeBulkInsertState(w->bulk);
	table_finish_bulk_insert(w->relation, TABLE_INSERT_SKIP_FSM);
	for (int i = 0; i < w->n_slots; i++)
		ExecDropSingleTupleTableSlot(w->slots[i]);
	table_close(w->relation, NoLock);
	CommandCounterIncrement();
	return w->rows;
}
