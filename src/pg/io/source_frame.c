/*
 * source_frame.c - a source read into a frame; see source_frame.h
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "pg/io/query.h"
#include "pg/io/source_frame.h"

typedef struct Reading
{
	UpSourceFrame *result;
	const UpSourceOrder *order;
	size_t room;
	UpRowReader *reader;
	MemoryContext row_context;
} Reading;

static void
start_reading(void *arg, TupleDesc desc)
{
	Reading *r = arg;

	r->reader = up_row_reader_new(desc);
	r->result->frame = up_row_reader_frame(r->reader, r->order->target, r->order->key, r->order->prepare);
	if (r->order->check_target)
		up_row_reader_check_target(r->reader, r->order->task);
	if (r->order->model != NULL)
		up_row_reader_read_for(r->reader, r->result->frame, r->order->model);
}

static void
mark_row(Reading *r)
{
	size_t row = r->result->frame->samples->n_rows - 1;
	double share;

	if (row == r->room)
	{
		r->room = Max(1024, r->room * 2);
		r->result->held_out =
			r->result->held_out == NULL ? up_alloc(r->room) : up_realloc(r->result->held_out, r->room);
	}
	share = (double) (up_row_reader_hash(r->reader) >> 11) * 0x1p-53;
	r->result->held_out[row] = share < r->order->test_size;
	r->result->n_held_out += r->result->held_out[row];
}

static void
read_row(void *arg, TupleTableSlot *slot)
{
	Reading *r = arg;
	UpFrame *f = r->result->frame;
	MemoryContext outer;

	MemoryContextReset(r->row_context);
	slot_getallattrs(slot);
	memcpy(r->reader->values, slot->tts_values, sizeof(Datum) * r->reader->n_attributes);
	memcpy(r->reader->nulls, slot->tts_isnull, sizeof(bool) * r->reader->n_attributes);
	outer = MemoryContextSwitchTo(r->row_context);
	if (!up_row_reader_add(r->reader, f))
		f->n_null_labels++;
	else if (r->order->test_size > 0)
	{
		MemoryContextSwitchTo(r->reader->frame_context);
		mark_row(r);
	}
	MemoryContextSwitchTo(outer);
	if ((f->samples->n_rows & 0x3ff) == 0)
	{
		up_reserve(up_samples_bytes(f->samples), "reading the source");
		up_progress("reading rows", f->samples->n_rows, 0);
	}
}

UpSourceFrame *
up_source_frame_read(const char *query, const UpSourceOrder *order)
{
	Reading r = {0};

	r.result = palloc0(sizeof(UpSourceFrame));
	r.order = order;
	r.row_context = AllocSetContextCreate(CurrentMemoryContext, "uprofile row", ALLOCSET_DEFAULT_SIZES);
	up_query_stream(query, 0, NULL, NULL, NULL, start_reading, read_row, &r);
	MemoryContextDelete(r.row_context);
	return r.result;
}
