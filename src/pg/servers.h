/*
 * servers.h - calls whose form differs between versions of PostgreSQL, under one name
 *
 * What differs in one place alone stands there.
 */
#ifndef UPROFILE_SERVERS_H
#define UPROFILE_SERVERS_H

#include "access/tableam.h"
#include "access/tupdesc.h"
#include "access/xact.h"
#include "utils/jsonb.h"

/* Of a description that was made column by column: before it is used. */
static inline TupleDesc
up_columns_done(TupleDesc columns)
{
#if PG_VERSION_NUM >= 190000
	TupleDescFinalize(columns);
#endif
	return columns;
}

/* Of a description that is being made: NULL is no value of this column. */
static inline void
up_column_required(TupleDesc columns, int i)
{
	TupleDescAttr(columns, i)->attnotnull = true;
#if PG_VERSION_NUM >= 180000
	populate_compact_attribute(columns, i);
#endif
}

static inline TableScanDesc
up_table_scan(Relation relation, Snapshot snapshot)
{
#if PG_VERSION_NUM >= 190000
	return table_beginscan(relation, snapshot, 0, NULL, SO_NONE);
#else
	return table_beginscan(relation, snapshot, 0, NULL);
#endif
}

static inline TM_Result
up_tuple_delete(Relation relation, TupleTableSlot *slot, Snapshot snapshot, bool wait)
{
	TM_FailureData failure;
	CommandId command = GetCurrentCommandId(true);

#if PG_VERSION_NUM >= 190000
	return table_tuple_delete(relation, &slot->tts_tid, command, 0, snapshot, InvalidSnapshot, wait, &failure);
#else
	return table_tuple_delete(relation, &slot->tts_tid, command, snapshot, InvalidSnapshot, wait, &failure,
							  false);
#endif
}

/* JSON that is being written; all zeros at first, result is there when it is complete. */
#if PG_VERSION_NUM >= 190000
typedef JsonbInState UpJsonOut;
#else
typedef struct UpJsonOut
{
	JsonbValue *result;
	JsonbParseState *state;
} UpJsonOut;
#endif

static inline void
up_json_push(UpJsonOut *out, JsonbIteratorToken token, JsonbValue *value)
{
#if PG_VERSION_NUM >= 190000
	pushJsonbValue(out, token, value);
#else
	out->result = pushJsonbValue(&out->state, token, value);
#endif
}

#endif
