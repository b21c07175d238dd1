/*
 * clean_original.c - a row as it came, as a JSON object; see clean_record.h
 *
 * What row_to_json makes of it, and jsonb of that: put together here where all columns are of types that are known here, in the order in
 * which an object keeps its keys, which spares a row's text to be written, read and sorted. How a jsonb lies on disk, utils/jsonb.h tells: a
 * word an entry, first those of the keys, then those of the values, then their bytes. All but the values is the same for all rows.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"

#include "pg/clean/clean_record.h"

#include <math.h>

struct UpCleanKeys
{
	bool known;          /* the types of all columns are */
	int *order;          /* columns as an object keeps them: by length of the name, then by bytes */
	Oid *types;          /* without domains */
	StringInfoData head; /* a value up to its keys, with room for the entries of values */
};

static bool
is_known(Oid type)
{
	switch (type)
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case FLOAT4OID:
		case FLOAT8OID:
		case NUMERICOID:
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return true;
		default:
			return false;
	}
}

/* Whether the name of one column stands before that of another in an object. */
static bool
comes_before(const UpCleanTable *t, int a, int b)
{
	const char *of_a = NameStr(TupleDescAttr(t->desc, a)->attname),
			   *of_b = NameStr(TupleDescAttr(t->desc, b)->attname);
	size_t n_a = strlen(of_a), n_b = strlen(of_b);

	return n_a != n_b ? n_a < n_b : memcmp(of_a, of_b, n_a) < 0;
}

/* The entry of what stands at a place: its length or, now and then, where it ends among all bytes. */
static JEntry
entry_at(int place, JEntry type, size_t len, size_t end)
{
	return type | (place % JB_OFFSET_STRIDE == 0 ? JENTRY_HAS_OFF | (JEntry) end : (JEntry) len);
}

static JEntry *
entries_of(const StringInfoData *json)
{
	return ((Jsonb *) json->data)->root.children;
}

static void
make_head(const UpCleanTable *t, struct UpCleanKeys *k)
{
	size_t end = 0;

	initStringInfo(&k->head);
	enlargeStringInfo(&k->head, (int) (sizeof(Jsonb) + 2 * sizeof(JEntry) * (t->n_columns + 1)));
	k->head.len = (int) (offsetof(Jsonb, root.children) + 2 * sizeof(JEntry) * t->n_columns);
	memset(k->head.data, 0, k->head.len);
	((Jsonb *) k->head.data)->root.header = JB_FOBJECT | (uint32) t->n_columns;
	for (int i = 0; i < t->n_columns; i++)
	{
		const char *name = NameStr(TupleDescAttr(t->desc, k->order[i])->attname);

		end += strlen(name);
		entries_of(&k->head)[i] = entry_at(i, JENTRY_ISSTRING, strlen(name), end);
		appendBinaryStringInfo(&k->head, name, (int) strlen(name));
	}
}

static struct UpCleanKeys *
new_keys(UpCleanTable *t)
{
	MemoryContext outer = MemoryContextSwitchTo(t->context);
	struct UpCleanKeys *k = palloc0(sizeof(struct UpCleanKeys));

	k->known = true;
	k->order = palloc(sizeof(int) * t->n_columns);
	k->types = palloc(sizeof(Oid) * t->n_columns);
	for (int i = 0; i < t->n_columns; i++)
	{
		int at = i;

		k->types[i] = getBaseType(TupleDescAttr(t->desc, i)->atttypid);
		k->known = k->known && is_known(k->types[i]) && !TupleDescAttr(t->desc, i)->attisdropped;
		for (; at > 0 && comes_before(t, i, k->order[at - 1]); at--)
			k->order[at] = k->order[at - 1];
		k->order[at] = i;
	}
	make_head(t, k);
	MemoryContextSwitchTo(outer);
	return k;
}

/* Each of these appends a value's bytes and returns what the entry says of its type. */

static JEntry
add_text(StringInfo out, const char *text)
{
	appendBinaryStringInfo(out, text, (int) strlen(text));
	return JENTRY_ISSTRING;
}

static JEntry
add_numeric(StringInfo out, Numeric number)
{
	static const char zeros[sizeof(int32)];

	appendBinaryStringInfo(out, zeros, (int) INTALIGN(out->len) - out->len);
	appendBinaryStringInfo(out, (const char *) number, (int) VARSIZE_ANY(number));
	return JENTRY_ISNUMERIC;
}

/* A number by its text: NaN and infinity are strings. */
static JEntry
add_number(StringInfo out, const char *text, bool finite)
{
	if (!finite)
		return add_text(out, text);
	return add_numeric(out,
					   DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text),
														   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1))));
}

static JEntry
add_value(StringInfo out, Oid type, Datum value)
{
	switch (type)
	{
		case BOOLOID:
			return DatumGetBool(value) ? JENTRY_ISBOOL_TRUE : JENTRY_ISBOOL_FALSE;
		case INT2OID:
			return add_numeric(out, int64_to_numeric(DatumGetInt16(value)));
		case INT4OID:
			return add_numeric(out, int64_to_numeric(DatumGetInt32(value)));
		case INT8OID:
			return add_numeric(out, int64_to_numeric(DatumGetInt64(value)));
		case FLOAT4OID:
			return add_number(out, DatumGetCString(DirectFunctionCall1(float4out, value)),
							  isfinite(DatumGetFloat4(value)));
		case FLOAT8OID:
			return add_number(out, DatumGetCString(DirectFunctionCall1(float8out, value)),
							  isfinite(DatumGetFloat8(value)));
		case NUMERICOID:
		{
			Numeric number = DatumGetNumeric(value);

			if (numeric_is_nan(number) || numeric_is_inf(number))
				return add_text(out, DatumGetCString(DirectFunctionCall1(numeric_out, value)));
			return add_numeric(out, number);
		}
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
		{
			char text[MAXDATELEN + 1];

			return add_text(out, JsonEncodeDateTime(text, value, type, NULL));
		}
		default:
		{
			struct varlena *v = PG_DETOAST_DATUM_PACKED(value);

			appendBinaryStringInfo(out, VARDATA_ANY(v), (int) VARSIZE_ANY_EXHDR(v));
			return JENTRY_ISSTRING;
		}
	}
}

static Datum
any_original(UpCleanTable *t, size_t row)
{
	Datum *values = palloc(sizeof(Datum) * t->n_columns);
	bool *nulls = palloc(sizeof(bool) * t->n_columns);
	HeapTuple tuple;
	Datum json;

	t->desc = BlessTupleDesc(t->desc);
	for (int i = 0; i < t->n_columns; i++)
	{
		const UpCleanValues *v = t->columns[i].generations[0];

		values[i] = up_clean_here(t, v, v->values[row]);
		nulls[i] = v->nulls[row];
	}
	tuple = heap_form_tuple(t->desc, values, nulls);
	json = DirectFunctionCall1(row_to_json, HeapTupleGetDatum(tuple));
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(json)));
}

Datum
up_clean_original(UpCleanTable *t, size_t row)
{
	const struct UpCleanKeys *k;
	StringInfoData out;
	size_t end;

	if (t->keys_of_original == NULL)
		t->keys_of_original = new_keys(t);
	k = t->keys_of_original;
	if (!k->known)
		return any_original(t, row);
	initStringInfo(&out);
	appendBinaryStringInfo(&out, k->head.data, k->head.len);
	end = k->head.len - (offsetof(Jsonb, root.children) + 2 * sizeof(JEntry) * t->n_columns);
	for (int i = 0; i < t->n_columns; i++)
	{
		const UpCleanValues *v = t->columns[k->order[i]].generations[0];
		int before = out.len;
		JEntry type = v->nulls[row]
						  ? JENTRY_ISNULL
						  : add_value(&out, k->types[k->order[i]], up_clean_here(t, v, v->values[row]));

		end += out.len - before;
		if (end > JENTRY_OFFLENMASK)
			return any_original(t, row); /* which says that it is too much */
		entries_of(&out)[t->n_columns + i] = entry_at(t->n_columns + i, type, out.len - before, end);
	}
	SET_VARSIZE(out.data, out.len);
	return PointerGetDatum(out.data);
}
