/*
 * history_values.c - values of columns as JSON; see history_values.h
 *
 * Numbers of JSON are numeric, which holds the shortest text of a float exactly; NaN, the infinities and a negative zero
 * are texts, and so are numbers so large or small that numeric would write more zeros than digits. A list is one where it has one dimension that begins with 1. JSON in a column stays JSON where it is an object
 * or an array; its scalars are texts of JSON, so that its null is not taken for a missing value.
 */
#include "postgres.h"

#include <math.h>

#include "catalog/pg_type.h"
#include "common/shortest_dec.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/clean/clean_write.h"
#include "pg/io/local_setting.h"
#include "pg/profiles/history_values.h"
#include "pg/servers.h"

#define LARGE 1e30

typedef enum Form
{
	BOOLEAN,
	INTEGER,
	NUMERIC,
	FLOAT,
	TEXTUAL,
	JSON,
	LIST,
	WRITTEN /* as its type writes it */
} Form;

struct UpJsonType
{
	Oid type;
	Form form;
	FmgrInfo output, input;
	Oid param;  /* of input */
	Oid listed; /* what a list is declared as one of: perhaps a domain */
	UpJsonType *element;
	int16 len;
	bool byval;
	char align;
};

static Form
form_of(Oid type)
{
	switch (type)
	{
		case BOOLOID:
			return BOOLEAN;
		case INT2OID:
		case INT4OID:
		case INT8OID:
			return INTEGER;
		case NUMERICOID:
			return NUMERIC;
		case FLOAT4OID:
		case FLOAT8OID:
			return FLOAT;
		case TEXTOID:
		case VARCHAROID:
		case BPCHAROID:
			return TEXTUAL;
		case JSONBOID:
			return JSON;
		default:
			return OidIsValid(get_element_type(type)) ? LIST : WRITTEN;
	}
}

UpJsonType *
up_json_type(Oid type)
{
	UpJsonType *t = palloc0(sizeof(UpJsonType));
	Oid output, input;
	bool varlena;

	t->type = getBaseType(type);
	t->form = form_of(t->type);
	getTypeOutputInfo(t->type, &output, &varlena);
	fmgr_info(output, &t->output);
	getTypeInputInfo(t->type, &input, &t->param);
	fmgr_info(input, &t->input);
	get_typlenbyvalalign(t->type, &t->len, &t->byval, &t->align);
	if (t->form == LIST)
	{
		t->listed = get_element_type(t->type);
		t->element = up_json_type(t->listed);
	}
	return t;
}

int
up_json_settings(void)
{
	static const char *const settings[][2] = {
		{"search_path", "pg_catalog, pg_temp"}, {"lc_monetary", "C"}, {"xmloption", "content"}};
	int level = up_clean_text_settings();

	for (size_t i = 0; i < lengthof(settings); i++)
		up_set_locally(settings[i][0], settings[i][1]);
	return level;
}

/* ---- to JSON ----------------------------------------------------------------------------------------------------- */

static JsonbValue
string_of(char *text, size_t len)
{
	JsonbValue v = {.type = jbvString};

	v.val.string.val = text;
	v.val.string.len = (int) len;
	return v;
}

static JsonbValue
number_of(Numeric number)
{
	JsonbValue v = {.type = jbvNumeric};

	v.val.numeric = number;
	return v;
}

static JsonbValue
binary_of(Jsonb *json)
{
	JsonbValue v = {.type = jbvBinary};

	v.val.binary.data = &json->root;
	v.val.binary.len = VARSIZE(json) - VARHDRSZ;
	return v;
}

static JsonbValue
from_integer(Oid type, Datum value)
{
	int64 v = type == INT2OID   ? DatumGetInt16(value)
			  : type == INT4OID ? DatumGetInt32(value)
								: DatumGetInt64(value);

	return number_of(int64_to_numeric(v));
}

static JsonbValue
from_float(Oid type, Datum value)
{
	double v = type == FLOAT4OID ? (double) DatumGetFloat4(value) : DatumGetFloat8(value);
	char *text = palloc(DOUBLE_SHORTEST_DECIMAL_LEN);

	if (isnan(v))
		return string_of("NaN", 3);
	if (isinf(v))
		return v > 0 ? string_of("Infinity", 8) : string_of("-Infinity", 9);
	if (type == FLOAT4OID)
		float_to_shortest_decimal_buf(DatumGetFloat4(value), text);
	else
		double_to_shortest_decimal_buf(v, text);
	if (v == 0 ? signbit(v) : fabs(v) >= LARGE || fabs(v) < 1 / LARGE)
		return string_of(text, strlen(text));
	return number_of(DatumGetNumeric(DirectFunctionCall3(numeric_in, CStringGetDatum(text),
														 ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1))));
}

static JsonbValue
from_written(UpJsonType *t, Datum value)
{
	char *text = OutputFunctionCall(&t->output, value);

	return string_of(text, strlen(text));
}

static JsonbValue
from_numeric(UpJsonType *t, Datum value)
{
	Numeric number = DatumGetNumeric(value);

	return numeric_is_nan(number) || numeric_is_inf(number) ? from_written(t, value) : number_of(number);
}

static JsonbValue
from_text(Datum value)
{
	struct varlena *text = PG_DETOAST_DATUM_PACKED(value);

	return string_of(VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text));
}

static JsonbValue
from_json(UpJsonType *t, Datum value)
{
	Jsonb *json = DatumGetJsonbP(value);

	return JB_ROOT_IS_SCALAR(json) ? from_written(t, value) : binary_of(json);
}

static JsonbValue
from_list(UpJsonType *t, Datum value)
{
	ArrayType *list = DatumGetArrayTypeP(value);
	UpJsonType *of = t->element;
	UpJsonOut out = {0};
	Datum *elements;
	bool *nulls;
	int n;

	if (ARR_NDIM(list) > 1 || (ARR_NDIM(list) == 1 && ARR_LBOUND(list)[0] != 1))
		return from_written(t, value);
	deconstruct_array(list, t->listed, of->len, of->byval, of->align, &elements, &nulls, &n);
	up_json_push(&out, WJB_BEGIN_ARRAY, NULL);
	for (int i = 0; i < n; i++)
	{
		JsonbValue v = {.type = jbvNull};

		if (!nulls[i])
			v = up_json_from(of, elements[i]);
		up_json_push(&out, WJB_ELEM, &v);
	}
	up_json_push(&out, WJB_END_ARRAY, NULL);
	return binary_of(JsonbValueToJsonb(out.result));
}

JsonbValue
up_json_from(UpJsonType *t, Datum value)
{
	JsonbValue v = {.type = jbvBool};

	switch (t->form)
	{
		case BOOLEAN:
			v.val.boolean = DatumGetBool(value);
			return v;
		case INTEGER:
			return from_integer(t->type, value);
		case NUMERIC:
			return from_numeric(t, value);
		case FLOAT:
			return from_float(t->type, value);
		case TEXTUAL:
			return from_text(value);
		case JSON:
			return from_json(t, value);
		case LIST:
			return from_list(t, value);
		case WRITTEN:
			break;
	}
	return from_written(t, value);
}

/* ---- and back ---------------------------------------------------------------------------------------------------- */

static Datum
to_list(UpJsonType *t, const JsonbValue *json)
{
	JsonbContainer *container = json->val.binary.data;
	JsonbIterator *it = JsonbIteratorInit(container);
	int n = 0, dims[1], bounds[1] = {1};
	Datum *elements = palloc(sizeof(Datum) * (Size) Max(JsonContainerSize(container), 1));
	bool *nulls = palloc(sizeof(bool) * (Size) Max(JsonContainerSize(container), 1));
	JsonbValue v;
	JsonbIteratorToken token;

	while ((token = JsonbIteratorNext(&it, &v, true)) != WJB_DONE)
	{
		if (token != WJB_ELEM)
			continue;
		elements[n] = up_json_to(t->element, &v, &nulls[n]);
		n++;
	}
	if (n == 0)
		return PointerGetDatum(construct_empty_array(t->listed));
	dims[0] = n;
	return PointerGetDatum(construct_md_array(elements, nulls, 1, dims, bounds, t->listed, t->element->len,
											  t->element->byval, t->element->align));
}

static Datum
read_text(UpJsonType *t, char *text)
{
	return InputFunctionCall(&t->input, text, t->param, -1);
}

Datum
up_json_to(UpJsonType *t, const JsonbValue *json, bool *isnull)
{
	*isnull = json->type == jbvNull;
	if (*isnull)
		return (Datum) 0;
	if (json->type == jbvString)
		return read_text(t, pnstrdup(json->val.string.val, json->val.string.len));
	if (json->type == jbvBool)
		return t->form == BOOLEAN ? BoolGetDatum(json->val.boolean)
								  : read_text(t, json->val.boolean ? "true" : "false");
	if (json->type == jbvNumeric && t->form == NUMERIC)
		return datumCopy(NumericGetDatum(json->val.numeric), false, -1);
	if (json->type == jbvNumeric)
		return read_text(t,
						 DatumGetCString(DirectFunctionCall1(numeric_out, NumericGetDatum(json->val.numeric))));
	if (json->type == jbvBinary && t->form == JSON)
		return JsonbPGetDatum(JsonbValueToJsonb(unconstify(JsonbValue *, json)));
	if (json->type == jbvBinary && t->form == LIST && JsonContainerIsArray(json->val.binary.data))
		return to_list(t, json);
	ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
					errmsg("what the history holds is no value of type %s", format_type_be(t->type))));
}
