/*
 * baskets.c - baskets of items from a source; see baskets.h
 *
 * Values are the same item when their text is. Integers, dates, booleans and enums are told apart by their word and
 * become text only if they are frequent. The text does not depend on settings: types whose text does are refused.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/numeric.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/io/baskets.h"

/*
 * Types whose text form depends on settings. What names a function, a table or a type is written with its schema or
 * without, as search_path has it, and functions of several arguments' types have one name.
 */
static bool
has_unstable_text(Oid type)
{
	static const Oid types[] = {INTERVALOID,     TIMETZOID,    CASHOID,         BYTEAOID,       REGPROCOID,
								REGPROCEDUREOID, REGOPEROID,   REGCLASSOID,     REGOPERATOROID, REGTYPEOID,
								REGCOLLATIONOID, REGCONFIGOID, REGDICTIONARYOID};
	char category;
	bool preferred;

	for (size_t i = 0; i < lengthof(types); i++)
	{
		if (type == types[i])
			return true;
	}
	get_type_category_preferred(type, &category, &preferred);
	return category == TYPCATEGORY_ARRAY || category == TYPCATEGORY_COMPOSITE || category == TYPCATEGORY_RANGE;
}

/* The elements of an array column, as if they were a column of their own. */
static UpAttribute *
element_attribute(UpKeyColumn *c, const UpAttribute *array)
{
	UpAttribute *a = palloc0(sizeof(UpAttribute));
	Oid output;
	bool is_varlena;

	c->element = array->element;
	get_typlenbyvalalign(c->element, &c->element_len, &c->element_by_value, &c->element_align);
	a->name = array->name;
	a->type = getBaseType(c->element);
	getTypeOutputInfo(a->type, &output, &is_varlena);
	fmgr_info(output, &a->output);
	return a;
}

void
up_key_column_init(UpKeyColumn *c, UpAttribute *attribute, const char *what, bool arrays)
{
	if (arrays && OidIsValid(attribute->element))
		attribute = element_attribute(c, attribute);
	c->attribute = attribute;
	if (has_unstable_text(attribute->type))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg(OidIsValid(c->element)
								   ? "%s column \"%s\" has elements of type %s, whose text depends on settings"
								   : "%s column \"%s\" has type %s, whose text depends on settings",
							   what, attribute->name, format_type_be(attribute->type)),
						arrays ? errhint("Cast the items to text in the source.")
							   : errhint("Cast the column to text in the source.")));
	if (attribute->type == TEXTOID || attribute->type == VARCHAROID)
		c->form = UP_KEY_BYTES;
	else if (attribute->type == FLOAT4OID || attribute->type == FLOAT8OID || !get_typbyval(attribute->type))
		c->form = UP_KEY_TEXT;
	else
		c->form = UP_KEY_DATUM;
	up_keys_init(&c->keys, c->form != UP_KEY_DATUM);
}

static const char *
text_of(UpAttribute *a, Datum value)
{
	char *buffer;
	float8 v;

	switch (a->type)
	{
		case FLOAT4OID:
		case FLOAT8OID:
			/* Shortest text that reads back as the same number; zero has no sign. */
			v = a->type == FLOAT4OID ? DatumGetFloat4(value) : DatumGetFloat8(value);
			buffer = palloc(DOUBLE_SHORTEST_DECIMAL_LEN);
			if (v == 0)
				v = 0;
			if (a->type == FLOAT4OID)
				float_to_shortest_decimal_buf((float4) v, buffer);
			else
				double_to_shortest_decimal_buf(v, buffer);
			return buffer;
		case NUMERICOID:
			return numeric_normalize(DatumGetNumeric(value));
		default:
			return up_attribute_text(a, value);
	}
}

/* Rows of a basket mostly come one after the other. */
static uint32_t
number_of_text(UpKeyColumn *c, const char *text, size_t len)
{
	if (c->any)
	{
		size_t last_len;
		const char *last = up_keys_get(&c->keys, c->last_number, &last_len);

		if (last_len == len && memcmp(last, text, len) == 0)
			return c->last_number;
	}
	c->any = true;
	c->last_number = up_keys_bytes(&c->keys, text, len);
	return c->last_number;
}

uint32_t
up_key_column_number(UpKeyColumn *c, Datum value, MemoryContext row_context)
{
	MemoryContext outer;
	const char *text;
	size_t len;

	if (c->form == UP_KEY_DATUM)
	{
		if (c->any && value == c->last)
			return c->last_number;
		c->any = true;
		c->last = value;
		c->last_number = up_keys_number(&c->keys, (int64_t) value);
		return c->last_number;
	}
	outer = MemoryContextSwitchTo(row_context);
	if (c->form == UP_KEY_BYTES)
	{
		struct varlena *packed = PG_DETOAST_DATUM_PACKED(value);

		text = VARDATA_ANY(packed);
		len = VARSIZE_ANY_EXHDR(packed);
	}
	else
	{
		text = text_of(c->attribute, value);
		len = strlen(text);
	}
	MemoryContextSwitchTo(outer);
	return number_of_text(c, text, len);
}

void
up_baskets_check_text(const UpAttribute *a, const char *what)
{
	if (has_unstable_text(a->type))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("%s column \"%s\" has type %s, whose text depends on settings", what, a->name,
							   format_type_be(a->type)),
						errhint("Cast the column to text in the source.")));
}

const char *
up_baskets_text(UpBasketSource *s, UpAttribute *a, Datum value, size_t *len)
{
	MemoryContext outer = MemoryContextSwitchTo(s->row_context);
	const char *text;

	if (a->type == TEXTOID || a->type == VARCHAROID)
	{
		struct varlena *packed = PG_DETOAST_DATUM_PACKED(value);

		text = VARDATA_ANY(packed);
		*len = VARSIZE_ANY_EXHDR(packed);
	}
	else
	{
		text = text_of(a, value);
		*len = strlen(text);
	}
	MemoryContextSwitchTo(outer);
	return text;
}

void
up_baskets_name_items(UpBasketSource *s)
{
	UpKeys names;

	if (s->item.form != UP_KEY_DATUM)
		return;
	up_keys_init(&names, true);
	for (uint32_t i = 0; i < s->item.keys.n; i++)
	{
		char *text = unconstify(char *, text_of(s->item.attribute, (Datum) s->item.keys.numbers[i]));

		if (up_keys_bytes(&names, text, strlen(text)) != i)
			elog(ERROR, "two items have the same text");
		if ((i & 4095) == 0)
			up_tick();
	}
	up_keys_free(&s->item.keys);
	s->item.keys = names;
	s->item.form = UP_KEY_TEXT;
}

/* A basket is one only with an item that is not NULL. */
static void
take_array(UpBasketSource *s, Datum key, Datum array)
{
	UpKeyColumn *c = &s->item;
	MemoryContext outer = MemoryContextSwitchTo(s->row_context);
	Datum *elements;
	bool *nulls;
	int n;
	uint32_t basket = 0;
	bool any = false;

	deconstruct_array(DatumGetArrayTypeP(array), c->element, c->element_len, c->element_by_value,
					  c->element_align, &elements, &nulls, &n);
	MemoryContextSwitchTo(outer);
	for (int i = 0; i < n; i++)
	{
		if ((i & 4095) == 4095)
			up_tick();
		if (nulls[i])
			continue;
		if (!any)
			basket = up_key_column_number(&s->basket, key, s->row_context);
		any = true;
		up_baskets_add(&s->baskets, basket, up_key_column_number(c, elements[i], s->row_context));
	}
	MemoryContextReset(s->row_context);
}

void
up_baskets_take(UpBasketSource *s, Datum basket, Datum item)
{
	uint32_t number;

	if (OidIsValid(s->item.element))
	{
		take_array(s, basket, item);
		return;
	}
	number = up_key_column_number(&s->basket, basket, s->row_context);
	up_baskets_add(&s->baskets, number, up_key_column_number(&s->item, item, s->row_context));
	if (s->basket.form != UP_KEY_DATUM || s->item.form != UP_KEY_DATUM)
		MemoryContextReset(s->row_context);
}

const char *
up_key_column_value_text(UpKeyColumn *c, Datum value)
{
	return text_of(c->attribute, value);
}

const char *
up_key_column_text(UpKeyColumn *c, uint32_t number, size_t *len)
{
	const char *text;

	if (c->form != UP_KEY_DATUM)
		return up_keys_get(&c->keys, number, len);
	text = text_of(c->attribute, (Datum) c->keys.numbers[number]);
	*len = strlen(text);
	return text;
}

const char *
up_baskets_item_text(UpBasketSource *s, uint32_t item, size_t *len)
{
	return up_key_column_text(&s->item, item, len);
}
