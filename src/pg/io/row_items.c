/*
 * row_items.c - rows as items; see row_items.h
 *
 * The source is read twice under one snapshot: values of numbers are kept from the first reading to be cut, of others only which different ones there are.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "mine/items.h"
#include "pg/io/row_items.h"
#include "pg/io/source_query.h"
#include "prep/dictionary.h"

#include <math.h>

#define USUAL_BINS 4
#define MOST_BINS  1000
#define NEAR_ROWS  20 /* rows from which on text with nearly as many values is left out */

typedef struct UpItemColumn
{
	bool used, is_number, kept;
	bool may_be_large, large; /* whole numbers that may have been rounded onto each other */
	const char *why;          /* it is left out */
	uint32_t n_bins;          /* of numbers; 0: cuts are given */
	UpCuts cuts;
	double *values;
	size_t n_values, capacity;
	UpKeys keys; /* different texts, at most one more than are allowed */
	uint64 n_texts;
	bool many;
	const char *prefix; /* "column=" */
} ItemColumn;

/* ---- bins ---- */

static uint32_t
number_of_bins(const UpValue *v, const char *name)
{
	if (v->type != UP_NUMBER || v->number < 1 || v->number > MOST_BINS || v->number != floor(v->number))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be a whole number of bins from 1 to %d, or an array of cuts, not %s",
							   name, MOST_BINS, up_value_text(v)),
						errhint("For example bins => '5', or '{\"age\": [18, 30, 65], \"income\": 4}'.")));
	return (uint32_t) v->number;
}

static void
set_cuts(ItemColumn *c, const UpValue *v, const char *name)
{
	double *cuts = palloc(sizeof(double) * Max(v->n, 1));

	for (uint32_t i = 0; i < v->n; i++)
	{
		if (v->items[i]->type != UP_NUMBER || (i > 0 && !(v->items[i]->number > cuts[i - 1])))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the cuts of column \"%s\" must be numbers, each above the one before", name)));
		cuts[i] = v->items[i]->number;
	}
	c->n_bins = 0;
	up_cuts_given(cuts, v->n, &c->cuts);
}

static void
set_bins(UpRowItems *r, const UpValue *bins)
{
	uint32_t usual = bins != NULL && bins->type == UP_NUMBER ? number_of_bins(bins, "bins") : USUAL_BINS;

	if (bins != NULL && bins->type != UP_NUMBER && bins->type != UP_OBJECT && bins->type != UP_NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("bins must be a number or an object of columns, not %s", up_value_type_name(bins)),
				 errhint("For example bins => '5', or '{\"age\": [18, 30, 65], \"income\": 4}'.")));
	for (int i = 0; i < r->reader->n_attributes; i++)
		r->columns[i].n_bins = usual;
	for (uint32_t i = 0; bins != NULL && bins->type == UP_OBJECT && i < bins->n; i++)
	{
		ItemColumn *c = &r->columns[up_row_reader_find(r->reader, bins->keys[i], "bins")];

		if (!c->is_number)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("bins are of numbers, and column \"%s\" is none", bins->keys[i])));
		if (bins->items[i]->type == UP_ARRAY)
			set_cuts(c, bins->items[i], bins->keys[i]);
		else
			c->n_bins = number_of_bins(bins->items[i], psprintf("the bins of column \"%s\"", bins->keys[i]));
	}
}

/* ---- the first reading ---- */

static void
add_number(UpRowItems *r, ItemColumn *c, double v)
{
	if (isnan(v) || c->n_bins == 0)
		return;
	if (c->n_values == c->capacity)
	{
		size_t more = Max(c->capacity, 1024);

		r->memory += more * sizeof(double);
		up_reserve(2 * r->memory, "the values of columns");
		c->capacity += more;
		c->values = c->values == NULL ? up_alloc_array(c->capacity, sizeof(double))
									  : up_realloc(c->values, c->capacity * sizeof(double));
	}
	c->values[c->n_values++] = v == 0 ? 0 : v;
}

static void
add_text(UpRowItems *r, ItemColumn *c, UpAttribute *a, Datum value)
{
	MemoryContext outer;
	const char *text;

	c->n_texts++;
	if (c->many)
		return;
	outer = MemoryContextSwitchTo(r->row_context);
	text = up_attribute_text(a, value);
	MemoryContextSwitchTo(outer);
	up_keys_bytes(&c->keys, text, strlen(text));
	c->many = c->keys.n > UP_CATEGORY_LIMIT && !c->kept;
}

static void
look_at_row(void *arg, TupleTableSlot *slot)
{
	UpRowItems *r = arg;

	slot_getallattrs(slot);
	if ((++r->n_rows & 16383) == 0)
		up_progress("looking at columns", r->n_rows, 0);
	if ((r->key >= 0 && slot->tts_isnull[r->key]) || (r->target >= 0 && slot->tts_isnull[r->target]))
		return;
	r->n_counted++;
	for (int i = 0; i < r->reader->n_attributes; i++)
	{
		ItemColumn *c = &r->columns[i];
		UpAttribute *a = &r->reader->attributes[i];

		if (!c->used || slot->tts_isnull[i])
			continue;
		if (c->is_number)
		{
			/* A numeric is read as text. */
			MemoryContext outer = MemoryContextSwitchTo(r->row_context);
			double number = up_attribute_raw(a, slot->tts_values[i]);

			MemoryContextSwitchTo(outer);
			c->large = c->large || (c->may_be_large && fabs(number) >= 0x1p53);
			add_number(r, c, number);
		}
		else
			add_text(r, c, a, slot->tts_values[i]);
	}
	MemoryContextReset(r->row_context);
}

/* Why a column is no item, after what was seen; NULL: it is one. */
static const char *
reason_to_leave_out(const UpRowItems *r, const ItemColumn *c)
{
	if (c->large && c->cuts.of_values)
		return "whole numbers beyond 2^53: cast it to text";
	if (c->kept)
		return NULL;
	if (c->is_number)
		return c->n_bins > 0 && c->cuts.n == 0 && c->cuts.of_values && c->n_values == r->n_counted
				   ? "it has one value"
				   : NULL;
	if (c->many)
		return psprintf("more than %d different values", UP_CATEGORY_LIMIT);
	if (c->n_texts >= NEAR_ROWS && c->keys.n > c->n_texts / 2)
		return "nearly as many values as rows";
	return c->keys.n == 1 && c->n_texts == r->n_counted && r->n_counted > 1 ? "it has one value" : NULL;
}

static void
decide(UpRowItems *r)
{
	StringInfoData left;

	initStringInfo(&left);
	for (int i = 0; i < r->reader->n_attributes; i++)
	{
		ItemColumn *c = &r->columns[i];
		const char *why = c->why;

		if (c->used && c->is_number && c->n_bins > 0)
		{
			up_cuts_of_values(c->values, c->n_values, c->n_bins, &c->cuts);
			up_free(c->values);
		}
		if (c->used)
			why = reason_to_leave_out(r, c);
		if (why == NULL)
			continue;
		c->used = false;
		if (c->kept)
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("target column \"%s\" has %s", r->reader->attributes[i].name,
								   "whole numbers beyond 2^53, not all of which are told apart"),
							errhint("Cast it to text in the source.")));
		appendStringInfo(&left, "%s\"%s\" (%s)", left.len == 0 ? "" : ", ", r->reader->attributes[i].name, why);
	}
	if (left.len > 0)
		ereport(NOTICE, (errmsg("columns that are no items: %s", left.data)));
}

UpRowItems *
up_row_items_begin(const char *source, const char *key, const UpValue *bins, const char *kept, int *kept_column)
{
	UpRowItems *r = palloc0(sizeof(UpRowItems));
	UpReading *reading = up_reading_begin(up_source_query(source));
	int n, target = -1;

	r->target = -1;
	r->reader = up_row_reader_new(up_reading_columns(reading));
	n = r->reader->n_attributes;
	r->columns = palloc0(sizeof(ItemColumn) * Max(n, 1));
	r->key = key == NULL ? -1 : up_row_reader_find(r->reader, key, "key");
	if (kept != NULL)
		*kept_column = r->target = target = up_row_reader_find(r->reader, kept, "target");
	if (target >= 0 && target == r->key)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("column \"%s\" cannot be key and target", kept)));
	r->row_context = AllocSetContextCreate(CurrentMemoryContext, "uprofile row", ALLOCSET_DEFAULT_SIZES);
	for (int i = 0; i < n; i++)
	{
		ItemColumn *c = &r->columns[i];
		const UpAttribute *a = &r->reader->attributes[i];

		c->kept = i == target;
		c->is_number = a->source <= UP_FROM_MONEY;
		c->may_be_large = a->source == UP_FROM_INT8 || a->source == UP_FROM_NUMERIC;
		c->used = i != r->key && a->source != UP_FROM_NOTHING && a->source != UP_FROM_ARRAY &&
				  a->source != UP_FROM_CAST;
		c->why = i == r->key || c->used ? NULL : psprintf("type %s", format_type_be(a->type));
		c->prefix = psprintf("%s=", a->name);
		if (c->used && !c->is_number)
			up_keys_init(&c->keys, true);
	}
	if (target >= 0 && !r->columns[target].used)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("target column \"%s\" has type %s, which cannot be an item", kept,
							   format_type_be(r->reader->attributes[target].type))));
	set_bins(r, bins);
	r->replay = up_replay_new(reading);
	up_replay_run(r->replay, look_at_row, r);
	decide(r);
	return r;
}

/* ---- the second reading ---- */

static const char *
item_of(const ItemColumn *c, UpAttribute *a, Datum value)
{
	double v;

	if (!c->is_number)
		return psprintf("%s%s", c->prefix, up_attribute_text(a, value));
	v = up_attribute_raw(a, value);
	return isnan(v) ? NULL : psprintf("%s%s", c->prefix, up_cuts_name(&c->cuts, v));
}

static void
take_row(void *arg, TupleTableSlot *slot)
{
	UpRowItems *r = arg;
	MemoryContext outer = MemoryContextSwitchTo(r->row_context);
	const char *key = NULL;

	slot_getallattrs(slot);
	if ((++r->n_rows & 16383) == 0)
		up_progress("reading rows as items", r->n_rows, 0);
	if (r->key >= 0 && !slot->tts_isnull[r->key])
		key = up_attribute_text(&r->reader->attributes[r->key], slot->tts_values[r->key]);
	for (int i = 0; i < r->reader->n_attributes && (key != NULL || r->key < 0); i++)
	{
		const ItemColumn *c = &r->columns[i];
		const char *item;

		if (!c->used || slot->tts_isnull[i])
			continue;
		item = item_of(c, &r->reader->attributes[i], slot->tts_values[i]);
		if (item == NULL)
			continue;
		MemoryContextSwitchTo(outer);
		r->item(r->arg, r->n_rows - 1, key, i, item);
		MemoryContextSwitchTo(r->row_context);
	}
	MemoryContextSwitchTo(outer);
	MemoryContextReset(r->row_context);
}

void
up_row_items_each(UpRowItems *r, UpRowItemFn item, void *arg)
{
	r->item = item;
	r->arg = arg;
	r->n_rows = 0;
	up_replay_run(r->replay, take_row, r);
	up_replay_end(r->replay);
}
