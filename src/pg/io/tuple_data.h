/*
 * tuple_data.h - columns that stand at the same place in all tuples without NULLs, read there: tuples need not be taken apart for them
 */
#ifndef UPROFILE_TUPLE_DATA_H
#define UPROFILE_TUPLE_DATA_H

#include "postgres.h"

#include "access/htup_details.h"
#include "executor/tuptable.h"

/* Where in the data; -1: it or a column before it has no fixed width. */
static inline int
up_column_offset(TupleDesc columns, int column)
{
	int at = 0;

	for (int i = 0;; i++)
	{
		Form_pg_attribute a = TupleDescAttr(columns, i);

		if (a->attlen <= 0)
			return -1;
		at = (int) att_align_nominal(at, a->attalign);
		if (i == column)
			return at;
		at += a->attlen;
	}
}

/* The slot's tuple, where it is one, has no NULLs and so many columns at least. */
static inline HeapTuple
up_plain_tuple(const TupleTableSlot *slot, int columns)
{
	HeapTuple tuple;

	if (!TTS_IS_BUFFERTUPLE(slot) && !TTS_IS_HEAPTUPLE(slot))
		return NULL;
	tuple = ((const HeapTupleTableSlot *) slot)->tuple;
	if (tuple == NULL || HeapTupleHasNulls(tuple) || HeapTupleHeaderGetNatts(tuple->t_data) < columns)
		return NULL;
	return tuple;
}

static inline char *
up_tuple_data(HeapTuple tuple)
{
	return (char *) tuple->t_data + tuple->t_data->t_hoff;
}

/* The columns of a slot that are asked for. */
typedef struct UpAskedColumns
{
	int n;         /* the first ones … */
	bool in_place; /* … of which some are read at their place in tuples … */
	int n_apart;   /* … and others are in any case asked for: the first ones */
} UpAskedColumns;

/* Asks for one more. */
static inline void
up_ask_column(UpAskedColumns *asked, int column, bool in_place)
{
	asked->n = Max(asked->n, column + 1);
	if (in_place)
		asked->in_place = true;
	else
		asked->n_apart = Max(asked->n_apart, column + 1);
}

/* Takes them apart. The data of a tuple in which some are read at their place, and need not be; NULL: all are. */
static inline const char *
up_take_apart(const UpAskedColumns *asked, TupleTableSlot *slot)
{
	HeapTuple tuple = asked->in_place ? up_plain_tuple(slot, asked->n) : NULL;

	slot_getsomeattrs(slot, tuple != NULL ? asked->n_apart : asked->n);
	return tuple != NULL ? up_tuple_data(tuple) : NULL;
}

#endif
