/*
 * describing.c - rows of a source as columns that are described; see describing.h
 */
#include "postgres.h"

#include "catalog/pg_proc.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#include "pg/module.h"
#include "pg/sql/describing.h"

#define SCALE_BITS 0x7ff /* of the typmod of numeric, from PostgreSQL 15 on; before it has zeros beside them */

static UpFactKind
kind_of(const UpAttribute *a)
{
	switch (a->source)
	{
		case UP_FROM_BOOL:
			return UP_FACT_BOOLEAN;
		case UP_FROM_DATE:
		case UP_FROM_TIMESTAMP:
			return UP_FACT_TIME;
		case UP_FROM_TEXT:
		case UP_FROM_OUTPUT:
			return UP_FACT_CATEGORY;
		case UP_FROM_ARRAY:
		case UP_FROM_CAST:
			return UP_FACT_ARRAY;
		case UP_FROM_NOTHING:
			return UP_FACT_OTHER;
		default:
			return UP_FACT_NUMBER;
	}
}

/* Half of the memory for what is held, the other for sorting and the tables of counts that grow. */
static size_t
capacity_of_each(int n_attributes)
{
	return (size_t) up_max_memory_kb * 1024 / 2 / Max(n_attributes, 1);
}

uint64
up_describing_most_rows(TupleDesc desc)
{
	UpRowReader *reader = up_row_reader_new(desc);

	for (int i = 0; i < reader->n_attributes; i++)
	{
		if (reader->attributes[i].source == UP_FROM_OUTPUT &&
			func_parallel(reader->attributes[i].output.fn_oid) != PROPARALLEL_SAFE)
			return 0;
	}
	return up_summary_most_held(capacity_of_each(reader->n_attributes));
}

uint32
up_describing_most_texts(TupleDesc desc, int column)
{
	UpAttribute a;

	up_attribute_init(&a, TupleDescAttr(desc, column));
	return kind_of(&a) == UP_FACT_CATEGORY ? up_summary_most_texts(capacity_of_each(desc->natts)) : 0;
}

/* Numbers without fractions by their type, such as keys that come as numeric(38). */
static bool
is_whole(const UpAttribute *a, Form_pg_attribute att)
{
	int32 typmod = att->atttypmod;

	if (a->source != UP_FROM_NUMERIC)
		return a->source == UP_FROM_INT2 || a->source == UP_FROM_INT4 || a->source == UP_FROM_INT8;
	(void) getBaseTypeAndTypmod(att->atttypid, &typmod);
	return typmod >= (int32) VARHDRSZ && ((typmod - VARHDRSZ) & SCALE_BITS) == 0;
}

UpDescribing *
up_describing_new(TupleDesc desc, bool has_target)
{
	MemoryContext context =
		AllocSetContextCreate(CurrentMemoryContext, "uprofile describe", ALLOCSET_DEFAULT_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(context);
	UpDescribing *d = palloc0(sizeof(UpDescribing));
	size_t capacity;

	d->context = context;
	d->reader = up_row_reader_new(desc);
	d->summaries = palloc(sizeof(UpSummary *) * Max(d->reader->n_attributes, 1));
	capacity = capacity_of_each(d->reader->n_attributes);
	for (int i = 0; i < d->reader->n_attributes; i++)
	{
		const UpAttribute *a = &d->reader->attributes[i];
		UpFactKind kind = kind_of(a);

		d->summaries[i] = up_summary_new(a->name, kind, kind == UP_FACT_CATEGORY,
										 is_whole(a, TupleDescAttr(desc, i)), has_target, capacity, &d->memory);
	}
	d->row_context = AllocSetContextCreate(CurrentMemoryContext, "uprofile row", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(outer);
	return d;
}

static void
describe_value(UpDescribing *d, int i, Datum value)
{
	UpAttribute *a = &d->reader->attributes[i];
	UpSummary *s = d->summaries[i];
	MemoryContext outer;
	double number;
	char *t;

	/* What most columns are: without a look at anything else. */
	switch (a->source)
	{
		case UP_FROM_FLOAT8:
			up_summary_number(s, DatumGetFloat8(value));
			return;
		case UP_FROM_INT4:
			up_summary_number(s, DatumGetInt32(value));
			return;
		case UP_FROM_INT8:
			up_summary_number(s, (double) DatumGetInt64(value));
			return;
		default:
			break;
	}
	switch (kind_of(a))
	{
		case UP_FACT_ARRAY:
		case UP_FACT_OTHER:
			/* Known, and no more is told. */
			up_summary_number(s, 0);
			break;
		case UP_FACT_CATEGORY:
			outer = MemoryContextSwitchTo(d->row_context);
			if (a->source == UP_FROM_TEXT)
			{
				text *packed = DatumGetTextPP(value);

				MemoryContextSwitchTo(outer);
				up_summary_text(s, VARDATA_ANY(packed), VARSIZE_ANY_EXHDR(packed));
				break;
			}
			t = up_attribute_text(a, value);
			MemoryContextSwitchTo(outer);
			up_summary_text(s, t, strlen(t));
			break;
		default:
			/* A numeric is read as text. */
			outer = MemoryContextSwitchTo(d->row_context);
			number = up_attribute_raw(a, value);
			MemoryContextSwitchTo(outer);
			up_summary_number(s, number);
	}
}

void
up_describing_row(void *arg, TupleTableSlot *slot)
{
	UpDescribing *d = arg;

	slot_getallattrs(slot);
	for (int i = 0; i < d->reader->n_attributes; i++)
	{
		if (slot->tts_isnull[i])
			up_summary_missing(d->summaries[i]);
		else
			describe_value(d, i, slot->tts_values[i]);
	}
	if ((++d->rows & 0xfff) == 0)
	{
		size_t bytes = 0;

		for (int i = 0; i < d->reader->n_attributes; i++)
			bytes += up_summary_bytes(d->summaries[i]);
		up_reserve(bytes, "describing the source");
		up_progress("reading rows", d->rows, 0);
		MemoryContextReset(d->row_context);
	}
}
