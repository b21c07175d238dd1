/*
 * rows_below.h - how many rows an aggregation is going to be given
 */
#ifndef UPROFILE_ROWS_BELOW_H
#define UPROFILE_ROWS_BELOW_H

#include "postgres.h"

#include "fmgr.h"

#include "pg/io/rows.h"

/* Of a call of an aggregate's transition function: the tables, partitions of one, that it is given whole, to the end and without conditions. */
typedef struct UpRowsBelow UpRowsBelow;
/* NULL: there is none. */
extern UpRowsBelow *up_rows_below(FunctionCallInfo fcinfo);
/* What the planner expects. */
extern double up_rows_below_expected(const UpRowsBelow *b);
/*
 * Counts them, as the statement sees them: those of which no argument is NULL and, where they are whole rows that a reader with a target
 * takes (else NULL), that have a label. Negative: only the aggregation itself could tell.
 */
extern double up_rows_below_count(const UpRowsBelow *b, const UpRowReader *reader);

#endif
