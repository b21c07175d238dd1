/*
 * page_parts.h - a table's pages as parts of jobs: what this process prepares, and the scan of some pages within a part
 */
#ifndef UPROFILE_PAGE_PARTS_H
#define UPROFILE_PAGE_PARTS_H

#include "access/tableam.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

/* Whether workers see the table, as heap's pages. */
extern bool up_pages_can_be_shared(Relation table);
/*
 * The active snapshot as parts see it, in a large array. Where transactions are serializable, it is noted that the table is read, as a scan from
 * beginning to end does.
 */
extern void *up_pages_snapshot(Relation table);
extern void up_pages_tell_read(Relation table, BlockNumber n_pages);

typedef struct UpPageScan
{
	Relation table;
	Snapshot snapshot;
	TableScanDesc scan;
	TupleTableSlot *slot; /* the row */
} UpPageScan;

/* Pages from one on, before another, of which there is one at least. */
extern void up_page_scan_begin(UpPageScan *s, Oid table, void *snapshot, BlockNumber first, BlockNumber end);
extern void up_page_scan_end(UpPageScan *s);

static inline bool
up_page_scan_next(UpPageScan *s)
{
	return table_scan_getnextslot_tidrange(s->scan, ForwardScanDirection, s->slot);
}

#endif
