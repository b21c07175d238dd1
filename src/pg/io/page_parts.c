/*
 * page_parts.c - a table's pages as parts of jobs; see page_parts.h
 */
#include "postgres.h"

#include "access/table.h"
#include "catalog/pg_class.h"
#include "storage/predicate.h"

#include "base/platform.h"
#include "pg/io/page_parts.h"

bool
up_pages_can_be_shared(Relation table)
{
	return table->rd_tableam == GetHeapamTableAmRoutine() &&
		   table->rd_rel->relpersistence != RELPERSISTENCE_TEMP;
}

void *
up_pages_snapshot(Relation table)
{
	Snapshot snapshot = GetActiveSnapshot();
	void *image = up_alloc_large(EstimateSnapshotSpace(snapshot));

	PredicateLockRelation(table, snapshot);
	SerializeSnapshot(snapshot, image);
	return image;
}

void
up_pages_tell_read(Relation table, BlockNumber n_pages)
{
	elog(DEBUG1, "%u pages of table \"%s\" read by several processes", n_pages, RelationGetRelationName(table));
}

void
up_page_scan_begin(UpPageScan *s, Oid table, void *snapshot, BlockNumber first, BlockNumber end)
{
	ItemPointerData from, to;

	s->table = table_open(table, AccessShareLock);
	s->snapshot = RegisterSnapshot(RestoreSnapshot(snapshot));
	ItemPointerSet(&from, first, FirstOffsetNumber);
	ItemPointerSet(&to, end - 1, MaxOffsetNumber);
	/* One that leaves other tables' pages in shared buffers, as a scan of a large table does. */
	s->scan = s->table->rd_tableam->scan_begin(s->table, s->snapshot, 0, NULL, NULL,
											   SO_TYPE_TIDRANGESCAN | SO_ALLOW_PAGEMODE | SO_ALLOW_STRAT);
	s->table->rd_tableam->scan_set_tidrange(s->scan, &from, &to);
	s->slot = table_slot_create(s->table, NULL);
}

void
up_page_scan_end(UpPageScan *s)
{
	ExecDropSingleTupleTableSlot(s->slot);
	table_endscan(s->scan);
	UnregisterSnapshot(s->snapshot);
	table_close(s->table, NoLock);
}
