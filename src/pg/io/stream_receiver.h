/*
 * stream_receiver.h - a destination of statements that hands rows on
 */
#ifndef UPROFILE_STREAM_RECEIVER_H
#define UPROFILE_STREAM_RECEIVER_H

#include "access/tupdesc.h"
#include "executor/tuptable.h"
#include "tcop/dest.h"

/* start sees the columns once, row each row, both in the receiver's memory context; a slot's contents are valid until row returns. */
typedef void (*UpStartFn)(void *arg, TupleDesc desc);
typedef void (*UpRowFn)(void *arg, TupleTableSlot *slot);

typedef struct UpStreamReceiver
{
	DestReceiver base;
	UpStartFn start; /* or NULL */
	UpRowFn row;
	void *arg;
	MemoryContext context;
	uint64 n;           /* rows so far */
	const bool *enough; /* no more rows are wanted; or NULL */
	TupleDesc columns;  /* as they were when the statement was planned, or NULL */
} UpStreamReceiver;

/* In the current memory context. */
extern UpStreamReceiver up_stream_receiver(UpStartFn start, UpRowFn row, void *arg);

#endif
