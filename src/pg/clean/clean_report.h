/*
 * clean_report.h - what a cleaning did, in rows
 */
#ifndef UPROFILE_CLEAN_REPORT_H
#define UPROFILE_CLEAN_REPORT_H

#include "pg/clean/clean_table.h"
#include "pg/io/srf.h"

extern void up_clean_report(UpCleanTable *t, UpSrf *srf);

/*
 * Of a run of the log, which is of changes or of removals: how often it has each pair of values of a column and step, and the first item with
 * it, from the run's first on. false: there are more than most.
 */
typedef struct UpCleanCount
{
	uint64 hash;
	uint32 item;
	uint32 n;
} UpCleanCount;
extern bool up_clean_count(UpCleanTable *t, bool removals, size_t first, size_t n, UpCleanCount *counts,
						   size_t most, size_t *found);
/*
 * Those of all runs, added up in the order of the log, are what the report says: t->counts. It is NULL, and the report counts itself, where
 * there are too many of them, or they are left.
 */
extern void up_clean_counts_begin(UpCleanTable *t);
extern void up_clean_counts_add(UpCleanTable *t, bool removals, size_t first, const UpCleanCount *counts,
								size_t n);
extern void up_clean_counts_leave(UpCleanTable *t);

#endif
