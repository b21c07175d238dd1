/*
 * heap_pages.c - pages of a new heap table, filled in memory and appended whole; see heap_pages.h
 *
 * The server's own way makes a tuple of each row, copies it to a page in the server's buffers and once more into a record of the log. Its file gets each
 * of these pages twice: as zeros, when the table becomes longer, and when its buffer is needed for another one. Here a row is formed where its page is
 * filled, and pages go to the file and, as images, to the log, as those of a table do that is rewritten (CLUSTER) or of a new index. They look as the
 * server would have filled them, and rows stand in the order in which they were added.
 *
 * Values that are too long for a page go into the table for those first, in the server's own way. Images say nothing of rows to those who decode
 * the log, so tables of which they hear are not written like this. What an image takes more of the log than rows are the heads of rows, 21 bytes each.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/heaptoast.h"
#include "access/htup_details.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "access/xlog.h"
#include "access/xloginsert.h"
#include "catalog/catalog.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "storage/bufpage.h"
#include "storage/predicate.h"
#include "storage/smgr.h"
#include "utils/memutils.h"

#include "base/platform.h"
#include "pg/io/heap_pages.h"

/* What is filled is still in the nearest cache when it is appended. */
#define N_PAGES 4
/* As the server asks for where its files are read and written past the system's cache. */
#define ALIGNMENT 4096

struct UpHeapPages
{
	Relation relation;
	CommandId command;
	TransactionId transaction;
	MemoryContext context; /* what a long row takes */
	Size spared;           /* of each page, for later versions of its rows */
	int n;                 /* begun; rows go to the last one */
	int n_rows;            /* on them */
	void *memory;
	Page pages[N_PAGES];
};

UpHeapPages *
up_heap_pages_begin(Relation relation, CommandId command)
{
	UpHeapPages *p;

	if (relation->rd_tableam != GetHeapamTableAmRoutine() || RelationIsLogicallyLogged(relation))
		return NULL;
	p = palloc(sizeof(UpHeapPages));
	p->relation = relation;
	p->command = command;
	p->transaction = InvalidTransactionId;
	p->context = AllocSetContextCreate(CurrentMemoryContext, "uprofile long row", ALLOCSET_DEFAULT_SIZES);
	p->spared = RelationGetTargetPageFreeSpace(relation, HEAP_DEFAULT_FILLFACTOR);
	p->n = p->n_rows = 0;
	p->memory = palloc(N_PAGES * BLCKSZ + ALIGNMENT);
	for (int i = 0; i < N_PAGES; i++)
		p->pages[i] = (Page) TYPEALIGN(ALIGNMENT, p->memory) + i * BLCKSZ;
	return p;
}

/* ---- appending ---- */

static SMgrRelation
file_of(Relation relation)
{
#if PG_VERSION_NUM >= 150000
	return RelationGetSmgr(relation);
#else
	RelationOpenSmgr(relation);
	return relation->rd_smgr;
#endif
}

/* Of rows, which now know where they are. */
static void
place_rows(Page page, BlockNumber block)
{
	OffsetNumber n = PageGetMaxOffsetNumber(page);

	for (OffsetNumber i = FirstOffsetNumber; i <= n; i++)
	{
		HeapTupleHeader row = (HeapTupleHeader) PageGetItem(page, PageGetItemId(page, i));

		ItemPointerSet(&row->t_ctid, block, i);
	}
}

static void
log_pages(UpHeapPages *p, BlockNumber first)
{
	BlockNumber blocks[N_PAGES];
	Page pages[N_PAGES];

	for (int i = 0; i < p->n; i++)
	{
		blocks[i] = first + (BlockNumber) i;
		pages[i] = p->pages[i];
	}
#if PG_VERSION_NUM >= 160000
	log_newpages(&p->relation->rd_locator, MAIN_FORKNUM, p->n, blocks, pages, true);
#else
	log_newpages(&p->relation->rd_node, MAIN_FORKNUM, p->n, blocks, pages, true);
#endif
}

static void
set_checksum(Page page, BlockNumber block)
{
#if PG_VERSION_NUM >= 190000
	PageSetChecksum(page, block);
#else
	PageSetChecksumInplace(page, block);
#endif
}

/*
 * To the file first, which the next checkpoint syncs, and then to the log. So where recovery begins after their record, the checkpoint that says so
 * was told of them in time: were they logged first, one in between would miss them. (Others sync the whole file at the end instead.) After a crash before
 * that record nobody knows the table.
 *
 * Where their record is, they cannot know yet. They name the end of what was there: a checkpoint after that makes the server log them as a whole when they
 * are changed, as one after the record does; and before the first one they are not logged once more, for what a reader notes on them, say.
 */
static Size
append(UpHeapPages *p)
{
	bool logged = RelationNeedsWAL(p->relation);
	XLogRecPtr end = logged ? GetXLogInsertRecPtr() : InvalidXLogRecPtr;
	SMgrRelation file = file_of(p->relation);
	BlockNumber first = smgrnblocks(file, MAIN_FORKNUM);
	Size bytes = (Size) p->n * BLCKSZ;

	CheckForSerializableConflictIn(p->relation, NULL, InvalidBlockNumber);
	for (int i = 0; i < p->n; i++)
	{
		BlockNumber block = first + (BlockNumber) i;

		place_rows(p->pages[i], block);
		PageSetLSN(p->pages[i], end);
		set_checksum(p->pages[i], block);
		smgrextend(file, MAIN_FORKNUM, block, p->pages[i], false);
	}
	if (logged)
		log_pages(p, first);
	pgstat_count_heap_insert(p->relation, p->n_rows);
	p->n = p->n_rows = 0;
	up_tick();
	return bytes;
}

/* ---- filling ---- */

static bool
fits(const UpHeapPages *p, Size length)
{
	PageHeader page = (PageHeader) p->pages[p->n - 1];
	Size need = MAXALIGN(length) + sizeof(ItemIdData);

	if (page->pd_lower == SizeOfPageHeaderData)
		return true;
	return page->pd_upper - page->pd_lower >= need + p->spared &&
		   page->pd_lower < SizeOfPageHeaderData + MaxHeapTuplesPerPage * sizeof(ItemIdData);
}

/* Makes room for a row on the last page, and returns how many bytes of pages had to be appended for that. */
static Size
make_room(UpHeapPages *p, Size length)
{
	Size appended = 0;

	if (likely(p->n > 0 && fits(p, length)))
		return 0;
	if (p->n == N_PAGES)
		appended = append(p);
	/* Rows are those of the subtransaction that adds them. */
	p->transaction = GetCurrentTransactionId();
	PageInit(p->pages[p->n++], BLCKSZ, 0);
	return appended;
}

/* Where the next row is formed: zeros, as heap_fill_tuple asks for. */
static HeapTupleHeader
next_row(UpHeapPages *p, Size length)
{
	char *page = p->pages[p->n - 1];

	return (HeapTupleHeader) (page + ((PageHeader) page)->pd_upper - MAXALIGN(length));
}

/* The row that was formed there belongs to the page. */
static void
keep_row(UpHeapPages *p, HeapTupleHeader row, Size length)
{
	PageHeader page = (PageHeader) p->pages[p->n - 1];
	Offset at = (char *) row - (char *) page;

	ItemIdSetNormal((ItemId) ((char *) page + page->pd_lower), at, length);
	page->pd_lower += sizeof(ItemIdData);
	page->pd_upper = at;
	row->t_infomask = (row->t_infomask & ~HEAP_XACT_MASK) | HEAP_XMAX_INVALID;
	row->t_infomask2 &= ~HEAP2_XACT_MASK;
	HeapTupleHeaderSetXmin(row, p->transaction);
	HeapTupleHeaderSetCmin(row, p->command);
	HeapTupleHeaderSetXmax(row, InvalidTransactionId);
	p->n_rows++;
}

static Size
add_short(UpHeapPages *p, HeapTuple tuple)
{
	Size appended = make_room(p, tuple->t_len);
	HeapTupleHeader row = next_row(p, tuple->t_len);

	memcpy(row, tuple->t_data, tuple->t_len);
	keep_row(p, row, tuple->t_len);
	return appended;
}

/* A row with values for which there is another table. */
static Size
add_long(UpHeapPages *p, HeapTuple tuple)
{
	HeapTuple shorter;
	MemoryContext outer = MemoryContextSwitchTo(p->context);
	Size appended;

	shorter = heap_toast_insert_or_update(p->relation, tuple, NULL, HEAP_INSERT_SKIP_FSM);
	MemoryContextSwitchTo(outer);
	if (MAXALIGN(shorter->t_len) > MaxHeapTupleSize)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("row is too big: size %zu, maximum size %zu", (Size) MAXALIGN(shorter->t_len),
							   (Size) MaxHeapTupleSize)));
	appended = add_short(p, shorter);
	MemoryContextReset(p->context);
	return appended;
}

Size
up_heap_pages_add_tuple(UpHeapPages *p, HeapTuple tuple)
{
	if (unlikely(tuple->t_len > TOAST_TUPLE_THRESHOLD || HeapTupleHasExternal(tuple)))
		return add_long(p, tuple);
	return add_short(p, tuple);
}

/* false: it has values that stand elsewhere. */
static bool
form_row(HeapTupleHeader row, TupleDesc columns, Size header, Size data, const Datum *values, const bool *nulls,
		 bool some_missing)
{
	HeapTupleHeaderSetNatts(row, columns->natts);
	row->t_hoff = (uint8) header;
	heap_fill_tuple(columns, unconstify(Datum *, values), unconstify(bool *, nulls), (char *) row + header,
					data, &row->t_infomask, some_missing ? row->t_bits : NULL);
	return (row->t_infomask & HEAP_HASEXTERNAL) == 0;
}

Size
up_heap_pages_add(UpHeapPages *p, const Datum *values, const bool *nulls)
{
	TupleDesc columns = RelationGetDescr(p->relation);
	bool some_missing = memchr(nulls, true, columns->natts) != NULL;
	Size header = MAXALIGN(SizeofHeapTupleHeader + (some_missing ? BITMAPLEN(columns->natts) : 0)),
		 data = heap_compute_data_size(columns, unconstify(Datum *, values), unconstify(bool *, nulls)),
		 appended = 0;
	HeapTuple tuple;

	if (likely(header + data <= TOAST_TUPLE_THRESHOLD))
	{
		HeapTupleHeader row;

		appended = make_room(p, header + data);
		row = next_row(p, header + data);
		if (likely(form_row(row, columns, header, data, values, nulls, some_missing)))
		{
			keep_row(p, row, header + data);
			return appended;
		}
		memset(row, 0, header + data);
	}
	tuple = heap_form_tuple(columns, unconstify(Datum *, values), unconstify(bool *, nulls));
	appended += add_long(p, tuple);
	heap_freetuple(tuple);
	return appended;
}

void
up_heap_pages_end(UpHeapPages *p)
{
	if (p->n > 0)
		(void) append(p);
	MemoryContextDelete(p->context);
	pfree(p->memory);
	pfree(p);
}
