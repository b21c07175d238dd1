/*
 * trails.c - what users did, in order of time, from a source; see trails.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/int.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/memutils.h"

#include "pg/io/query.h"
#include "pg/io/source_query.h"
#include "pg/io/trails.h"

#include <math.h>

static void
check_time(UpTrailSource *s, UpAttribute *a)
{
	s->when = a;
	s->is_time = a->source == UP_FROM_DATE || a->source == UP_FROM_TIMESTAMP;
	if (s->is_time || (a->source >= UP_FROM_INT2 && a->source <= UP_FROM_NUMERIC))
		return;
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("event_time column \"%s\" has type %s, which is no time", a->name, format_type_be(a->type)),
			 errhint("Cast it to timestamptz in the source; a number only orders.")));
}

static void
refuse_infinite(const UpTrailSource *s)
{
	ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
					errmsg("event_time column \"%s\" has a value that is infinite, or too far from now",
						   s->when->name),
					errhint("Leave such rows out of the source.")));
}

/* Whole numbers in the same order. */
static int64
order_of(double v)
{
	int64 bits;

	v += 0.0; /* -0 is 0 */
	memcpy(&bits, &v, sizeof(bits));
	return bits < 0 ? (int64) (~(uint64) bits | UINT64CONST(0x8000000000000000)) : bits;
}

/* False: not a number, which is as NULL. */
static bool
time_of(const UpTrailSource *s, Datum value, int64 *time)
{
	double number;

	switch (s->when->source)
	{
		case UP_FROM_INT2:
			*time = DatumGetInt16(value);
			return true;
		case UP_FROM_INT4:
			*time = DatumGetInt32(value);
			return true;
		case UP_FROM_INT8:
			*time = DatumGetInt64(value);
			return true;
		case UP_FROM_DATE:
			if (pg_mul_s64_overflow(DatumGetDateADT(value), USECS_PER_DAY, time))
				refuse_infinite(s);
			return true;
		case UP_FROM_TIMESTAMP:
			*time = DatumGetTimestamp(value);
			if (TIMESTAMP_NOT_FINITE(*time))
				refuse_infinite(s);
			return true;
		default:
			number = up_source_number(s->when->source, value);
			if (isinf(number))
				refuse_infinite(s);
			*time = order_of(number);
			return !isnan(number);
	}
}

static void
take_items(UpTrailSource *s, uint32_t user, int64 time, Datum value)
{
	const UpKeyColumn *c = &s->item;
	MemoryContext outer;
	Datum *elements;
	bool *nulls;
	int n;

	if (!OidIsValid(c->element))
	{
		up_trails_add(&s->trails, user, time, up_key_column_number(&s->item, value, s->row_context));
		return;
	}
	outer = MemoryContextSwitchTo(s->row_context);
	deconstruct_array(DatumGetArrayTypeP(value), c->element, c->element_len, c->element_by_value,
					  c->element_align, &elements, &nulls, &n);
	MemoryContextSwitchTo(outer);
	for (int i = 0; i < n; i++)
	{
		if ((i & 4095) == 4095)
			up_tick();
		if (!nulls[i])
			up_trails_add(&s->trails, user, time, up_key_column_number(&s->item, elements[i], s->row_context));
	}
}

/* Whether there is something in it: a user is one only with an item. */
static bool
has_item(const UpTrailSource *s, Datum value)
{
	ArrayType *array;
	bool has = true;

	if (!OidIsValid(s->item.element))
		return true;
	array = DatumGetArrayTypeP(value);
	if (ARR_HASNULL(array))
	{
		Datum *elements;
		bool *nulls;
		int n;

		deconstruct_array(array, s->item.element, s->item.element_len, s->item.element_by_value,
						  s->item.element_align, &elements, &nulls, &n);
		has = false;
		for (int i = 0; i < n && !has; i++)
			has = !nulls[i];
	}
	return has && ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) > 0;
}

static void
take_row(void *arg, TupleTableSlot *slot)
{
	UpTrailSource *s = arg;
	MemoryContext outer;
	int64 time;
	bool has;

	slot_getallattrs(slot);
	if ((++s->n_rows & 65535) == 0)
		up_progress("reading what users did", s->n_rows, 0);
	if (slot->tts_isnull[0] || slot->tts_isnull[1] || slot->tts_isnull[2])
		return;
	outer = MemoryContextSwitchTo(s->row_context);
	has = time_of(s, slot->tts_values[1], &time) && has_item(s, slot->tts_values[2]);
	MemoryContextSwitchTo(outer);
	if (has)
		take_items(s, up_key_column_number(&s->user, slot->tts_values[0], s->row_context), time,
				   slot->tts_values[2]);
	MemoryContextReset(s->row_context);
}

static int
compare_texts(const void *a, const void *b)
{
	const UpItemText *x = a, *y = b;
	int by = memcmp(x->text, y->text, Min(x->len, y->len));

	return by != 0 ? by : x->len < y->len ? -1 : x->len > y->len;
}

static void
number_items(UpTrailSource *s)
{
	uint32_t n = s->trails.n_items;
	uint32_t *rank = up_alloc_array(Max(n, 1), sizeof(uint32_t));

	up_reserve((size_t) n * (sizeof(UpItemText) + sizeof(uint32_t)) + s->trails.capacity * sizeof(UpTrailEvent),
			   "the items");
	s->items = up_alloc_array(Max(n, 1), sizeof(UpItemText));
	for (uint32_t i = 0; i < n; i++)
	{
		s->items[i].text = up_key_column_text(&s->item, i, &s->items[i].len);
		s->items[i].number = i;
		s->items[i].datum = (Datum) 0;
	}
	qsort(s->items, n, sizeof(UpItemText), compare_texts);
	for (uint32_t i = 0; i < n; i++)
		rank[s->items[i].number] = i;
	up_trails_sort(&s->trails, rank);
	up_free(rank);
}

UpTrailSource *
up_trails_read(const char *source, const char *user_key, const char *event_time, const char *item)
{
	UpTrailSource *s = palloc0(sizeof(UpTrailSource));
	const char *query = up_source_query(source);
	UpRowReader *reader = up_row_reader_new(up_query_columns(query));
	UpReading *reading;

	up_row_reader_find(reader, user_key, "user_key");
	up_row_reader_find(reader, event_time, "event_time");
	up_row_reader_find(reader, item, "item");
	reading = up_reading_begin(psprintf("SELECT s.%s, s.%s, s.%s FROM (%s) AS s", quote_identifier(user_key),
										quote_identifier(event_time), quote_identifier(item), query));
	reader = up_row_reader_new(up_reading_columns(reading));
	up_key_column_init(&s->user, &reader->attributes[0], "user_key", false);
	check_time(s, &reader->attributes[1]);
	up_key_column_init(&s->item, &reader->attributes[2], "item", true);
	up_trails_init(&s->trails);
	s->row_context = AllocSetContextCreate(CurrentMemoryContext, "uprofile event", ALLOCSET_DEFAULT_SIZES);
	up_reading_run(reading, NULL, take_row, s);
	up_reading_end(reading);
	MemoryContextDelete(s->row_context);
	up_keys_free(&s->user.keys);
	number_items(s);
	return s;
}

bool
up_trails_find(const UpTrailSource *s, const char *text, size_t len, uint32_t *item)
{
	UpItemText key = {text, len, 0, (Datum) 0};
	UpItemText *found = bsearch(&key, s->items, s->trails.n_items, sizeof(UpItemText), compare_texts);

	if (found != NULL)
		*item = (uint32_t) (found - s->items);
	return found != NULL;
}

static Datum
item_text(UpTrailSource *s, uint32_t item)
{
	UpItemText *i = &s->items[item];

	if (i->datum == (Datum) 0)
	{
		if (i->len > MaxAllocSize / 2)
			ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("an item is too long")));
		i->datum = PointerGetDatum(cstring_to_text_with_len(i->text, (int) i->len));
	}
	return i->datum;
}

Datum
up_trails_texts(UpTrailSource *s, const uint32_t *items, uint32_t n)
{
	Datum *texts = palloc(sizeof(Datum) * Max(n, 1));
	Datum array;

	for (uint32_t i = 0; i < n; i++)
		texts[i] = item_text(s, items[i]);
	array = PointerGetDatum(construct_array(texts, (int) n, TEXTOID, -1, false, TYPALIGN_INT));
	pfree(texts);
	return array;
}

uint64_t
up_trails_interval(const UpTrailSource *s, const Interval *interval, const char *name, uint64_t none)
{
	double days, all;

	if (interval == NULL)
		return none;
	days = interval->month * 30.0 + interval->day;
	all = days * (double) USECS_PER_DAY + (double) interval->time;
	if (all < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be negative", name)));
	if (!s->is_time)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("%s is an interval, and event_time column \"%s\" is a number, which only orders",
							   name, s->when->name),
						errhint("Make a timestamp of it in the source, for example by to_timestamp.")));
	if (all > 9e18)
		return UINT64_MAX;
	return (uint64_t) ((int64) (interval->month * INT64CONST(30) + interval->day) * USECS_PER_DAY +
					   interval->time);
}
