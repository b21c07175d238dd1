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
	void *texts;           /* what codes stand for, where other processes want to know */
	MemoryContext row_context;
	uint64 rows;
} UpDescribing;

extern UpDescribing *up_describing_new(TupleDesc desc, bool has_target);
/* An UpRowFn: in the context of all that is kept. */
extern void up_describing_row(void *d, TupleTableSlot *slot);
/* So many rows of these columns are held, not estimated, by processes that each collect some of them; 0: one has to read them all. */
extern uint64 up_describing_most_rows(TupleDesc desc);
/* Different texts of a column that are told apart; 0: it is not one of texts. */
extern uint32 up_describing_most_texts(TupleDesc desc, int column);

/*
 * All rows of a source: where the planner thinks that it pays, by a parallel plan whose processes hold their rows each, numbers and codes of
 * texts, and sum up a column each in turn (describe_plan.c). The facts are the same, if for the first rows, which tell of the association with a target.
 */
extern UpDescribing *up_describe_source(const char *query, const char *target, int *target_at);

#endif
