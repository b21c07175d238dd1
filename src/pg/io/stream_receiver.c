/*
 * stream_receiver.c - a destination of statements that hands rows on; see stream_receiver.h
 */
#include "postgres.h"

#include "pg/io/relation.h"
#include "pg/io/stream_receiver.h"

/* What a statement calls while it is planned may change what its names mean; whoever reads it knows the columns from before. */
static void
refuse_changed(TupleDesc before, TupleDesc now)
{
	if (!up_same_columns(before, now))
		ereport(ERROR,
				(errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
				 errmsg("the columns of the source changed while it was being planned"),
				 errdetail("A function that it calls may have set another search_path, or altered a table.")));
}

static void
stream_startup(DestReceiver *self, int operation, TupleDesc desc)
{
	UpStreamReceiver *r = (UpStreamReceiver *) self;
	MemoryContext outer = MemoryContextSwitchTo(r->context);

	if (r->columns != NULL)
		refuse_changed(r->columns, desc);
	if (r->start != NULL)
		r->start(r->arg, desc);
	MemoryContextSwitchTo(outer);
}

static bool
stream_receive(TupleTableSlot *slot, DestReceiver *self)
{
	UpStreamReceiver *r = (UpStreamReceiver *) self;
	MemoryContext outer;

	if (r->enough != NULL && *r->enough)
		return false;
	outer = MemoryContextSwitchTo(r->context);
	r->row(r->arg, slot);
	MemoryContextSwitchTo(outer);
	r->n++;
	return r->enough == NULL || !*r->enough;
}

static void
stream_nothing(DestReceiver *self)
{
}

UpStreamReceiver
up_stream_receiver(UpStartFn start, UpRowFn row, void *arg)
{
	return (UpStreamReceiver){
		.base = {stream_receive, stream_startup, stream_nothing, stream_nothing, DestNone},
		.start = start,
		.row = row,
		.arg = arg,
		.context = CurrentMemoryContext,
	};
}
