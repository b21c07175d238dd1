/*
 * baskets_read.c - the baskets of a source, read; see baskets_read.h
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/io/baskets_read.h"
#include "pg/io/baskets_together.h"
#include "pg/io/query.h"
#include "pg/io/source_query.h"

static void
take_row(void *arg, TupleTableSlot *slot)
{
	UpBasketSource *s = arg;

	slot_getallattrs(slot);
	if ((++s->n_rows & 65535) == 0)
		up_progress("reading baskets", s->n_rows, 0);
	if (s->deadline > 0 && (s->n_rows & 63) == 0 && up_seconds() >= s->deadline)
	{
		s->late = true;
		up_reading_stop(s->reading);
	}
	if (!slot->tts_isnull[0] && !slot->tts_isnull[1])
		up_baskets_take(s, slot->tts_values[0], slot->tts_values[1]);
}

/* Before the first row: a table is read by workers as well, where they can. */
static void
read_together(void *arg, TupleDesc columns)
{
	UpBasketSource *s = arg;
	AttrNumber numbers[2];
	Oid table = up_reading_table(s->reading, numbers);

	if (OidIsValid(table) && up_baskets_read_together(s, table, numbers, up_reading_n_rows(s->reading)))
		up_reading_stop(s->reading);
}

UpBasketSource *
up_baskets_read_rows(const char *source, const char *basket, const char *item, double deadline)
{
	UpBasketSource *s = palloc0(sizeof(UpBasketSource));
	const char *query = up_source_query(source);
	UpRowReader *reader = up_row_reader_new(up_query_columns(query));
	UpReading *reading;

	up_row_reader_find(reader, basket, "basket");
	up_row_reader_find(reader, item, "item");
	reading = up_reading_begin(
		psprintf("SELECT s.%s, s.%s FROM (%s) AS s", quote_identifier(basket), quote_identifier(item), query));
	reader = up_row_reader_new(up_reading_columns(reading));
	up_key_column_init(&s->basket, &reader->attributes[0], "basket", false);
	up_key_column_init(&s->item, &reader->attributes[1], "item", true);
	up_baskets_init(&s->baskets);
	s->row_context = AllocSetContextCreate(CurrentMemoryContext, "uprofile basket row", ALLOCSET_DEFAULT_SIZES);
	s->deadline = deadline;
	s->reading = reading;
	up_reading_run(reading, read_together, take_row, s);
	up_reading_end(reading);
	MemoryContextDelete(s->row_context);
	return s;
}

static void
start_rows(void *arg, TupleDesc desc)
{
	UpBasketSource *s = arg;
	UpRowReader *reader = up_row_reader_new(CreateTupleDescCopy(desc));

	up_key_column_init(&s->basket, &reader->attributes[0], "basket", false);
	up_key_column_init(&s->item, &reader->attributes[1], "item", true);
}

UpBasketSource *
up_baskets_read_query(const char *query, int n_args, const Oid *types, const Datum *values)
{
	UpBasketSource *s = palloc0(sizeof(UpBasketSource));

	up_baskets_init(&s->baskets);
	s->row_context = AllocSetContextCreate(CurrentMemoryContext, "uprofile basket row", ALLOCSET_DEFAULT_SIZES);
	up_query_stream(query, n_args, types, values, NULL, start_rows, take_row, s);
	MemoryContextDelete(s->row_context);
	return s;
}

UpBasketSource *
up_baskets_read(const char *source, const char *basket, const char *item, double deadline)
{
	UpBasketSource *s = up_baskets_read_rows(source, basket, item, deadline);

	if (s->late)
	{
		up_warn("Raise time_budget, or let the source have fewer rows.",
				"the time budget ended while the baskets were read: nothing is returned");
		up_baskets_empty(&s->baskets);
	}
	up_keys_free(&s->basket.keys);
	up_baskets_group(&s->baskets);
	return s;
}
