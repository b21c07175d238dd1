/*
 * clean_original.c - a row as it came, as a JSON object; see clean_write.h
 *
 * What row_to_json makes of it, and jsonb of that: put together here where all columns are of types that are known here, in the order in
 * which an object keeps its keys, which spares a row's text to be written, read and sorted.
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

#include "pg/clean/clean_write.h"
#include "pg/servers.h"

#include <math.h>

struct UpCleanKeys
{
	bool known;   /* the types of all columns are */
	int *order;   /* columns as an object keeps them: by length of the name, then by bytes */
	Oid *types;   /* without domains */
	int *lengths; /* of the names */
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

static struct UpCleanKeys *
new_keys(UpCleanTable *t)
{
	MemoryContext outer = MemoryContextSwitchTo(t->context);
	struct UpCleanKeys *k = palloc0(sizeof(struct UpCleanKeys));

	k->known = true;
	k->order = palloc(sizeof(int) * Max(t->n_columns, 1));
	k->types = palloc(sizeof(Oid) * Max(t->n_columns, 1));
	k->lengths = palloc(sizeof(int) * Max(t->n_columns, 1));
	for (int i = 0; i < t->n_columns; i++)
	{
		const char *name = NameStr(TupleDescAttr(t->desc, i)->attname);
		int at = i;

		k->types[i] = getBaseType(TupleDescAttr(t->desc, i)->atttypid);
		k->lengths[i] = (int) strlen(name);
		k->known = k->known && is_known(k->types[i]) && !TupleDescAttr(t->desc, i)->attisdropped;
		/* Equal names in their order: the last one counts. */
		for (; at > 0; at--)
		{
			int other = k->order[at - 1];

			if (k->lengths[other] < k->lengths[i] ||
				(k->lengths[other] == k->lengths[i] &&
				 memcmp(NameStr(TupleDescAttr(t->desc, other)->attname), name, k->lengths[i]) <= 0))
				break;
			k->order[at] = other;
		}
		k->order[at] = i;
	}
	MemoryContextSwitchTo(outer);
	return k;
}

static void
set_string(JsonbValue *j, char *text, int len)
{
	j->type = jbvString;
	j->val.string.val = text;
	j->val.string.len = len;
}

/* A number's text: NaN and infinity are strings. */
static void
set_number(JsonbValue *j, char *text, bool finite)
{
	if (!finite)
	{
		set_string(j, text, (int) strlen(text));
		return;
	}
	j->type = jbvNumeric;
	j->val.numeric = DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text),
														 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

static void
set_value(JsonbValue *j, Oid type, Datum value)
{
	char *text;

	switch (type)
	{
		case BOOLOID:
			j->type = jbvBool;
			j->val.boolean = DatumGetBool(value);
			break;
		case INT2OID:
			j->type = jbvNumeric;
			j->val.numeric = int64_to_numeric(DatumGetInt16(value));
			break;
		case INT4OID:
			j->type = jbvNumeric;
			j->val.numeric = int64_to_numeric(DatumGetInt32(value));
			break;
		case INT8OID:
			j->type = jbvNumeric;
			j->val.numeric = int64_to_numeric(DatumGetInt64(value));
			break;
		case FLOAT4OID:
			text = DatumGetCString(DirectFunctionCall1(float4out, value));
			set_number(j, text, !isnan(DatumGetFloat4(value)) && !isinf(DatumGetFloat4(value)));
			break;
		case FLOAT8OID:
			text = DatumGetCString(DirectFunctionCall1(float8out, value));
			set_number(j, text, !isnan(DatumGetFloat8(value)) && !isinf(DatumGetFloat8(value)));
			break;
		case NUMERICOID:
			j->type = jbvNumeric;
			j->val.numeric = DatumGetNumeric(value);
			if (numeric_is_nan(j->val.numeric) || numeric_is_inf(j->val.numeric))
			{
				text = DatumGetCString(DirectFunctionCall1(numeric_out, value));
				set_string(j, text, (int) strlen(text));
			}
			break;
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			text = JsonEncodeDateTime(palloc(MAXDATELEN + 1), value, type, NULL);
			set_string(j, text, (int) strlen(text));
			break;
		default:
		{
			struct varlena *v = PG_DETOAST_DATUM_PACKED(value);

			set_string(j, VARDATA_ANY(v), (int) VARSIZE_ANY_EXHDR(v));
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
		values[i] = t->columns[i].generations[0]->values[row];
		nulls[i] = t->columns[i].generations[0]->nulls[row];
	}
	tuple = heap_form_tuple(t->desc, values, nulls);
	json = DirectFunctionCall1(row_to_json, HeapTupleGetDatum(tuple));
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(TextDatumGetCString(json)));
}

Datum
up_clean_original(UpCleanTable *t, size_t row)
{
	UpJsonOut out = {0};
	JsonbValue j;

	if (t->keys_of_original == NULL)
		t->keys_of_original = new_keys(t);
	if (!t->keys_of_original->known)
		return any_original(t, row);
	up_json_push(&out, WJB_BEGIN_OBJECT, NULL);
	for (int k = 0; k < t->n_columns; k++)
	{
		int i = t->keys_of_original->order[k];
		const UpCleanValues *v = t->columns[i].generations[0];

		set_string(&j, NameStr(TupleDescAttr(t->desc, i)->attname), t->keys_of_original->lengths[i]);
		up_json_push(&out, WJB_KEY, &j);
		j.type = jbvNull;
		if (!v->nulls[row])
			set_value(&j, t->keys_of_original->types[i], v->values[row]);
		up_json_push(&out, WJB_VALUE, &j);
	}
	up_json_push(&out, WJB_END_OBJECT, NULL);
	return JsonbPGetDatum(JsonbValueToJsonb(out.result));
}
