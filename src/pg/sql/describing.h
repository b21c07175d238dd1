/*
 * describing.h - rows of a source as columns that are described
 */
#ifndef UPROFILE_DESCRIBING_H
#define UPROFILE_DESCRIBING_H

#include "postgres.h"

#include "executor/tuptable.h"

#include "pg/io/query.h"
#include "pg/io/rows.h"
#include "describe/describe.h"

typedef struct UpDescribing
{
	MemoryContext context; /* of all that is kept */
	UpRowReader *reader;
	UpSummary **summaries; /* one an attribute */
	UpHeldMemory memory;   /* of numbers */
	MemoryContext row_context;
	uint64 rows;
} UpDescribing;

extern UpDescribing *up_describing_new(TupleDesc desc, bool has_target);
/* An UpRowFn: in the context of all that is kept. */
extern void up_describing_row(void *d, TupleTableSlot *slot);
/* So many rows of these columns are held, not estimated, if all are numbers; else 0. */
extern uint64 up_describing_most_rows(TupleDesc desc);

/*
 * All rows of a source: where the planner thinks that it pays, and all columns are numbers, by a parallel plan whose processes hold their rows each,
 * and sum up a column each in turn (describe_plan.c). The facts are the same, if for the first rows, which tell of the association with a target.
 */
extern UpDescribing *up_describe_source(const char *query, const char *target, int *target_at);

#endif
