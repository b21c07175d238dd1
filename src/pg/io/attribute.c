/*
 * attribute.c - values of one column as numbers or text
 *
 * Times count seconds from 2000-01-01 UTC, intervals seconds (a month of 30 days, as PostgreSQL's comparison has
 * it). Text made from dates and times is ISO and does not depend on DateStyle, TimeZone or IntervalStyle, nor that of arrays on
 * extra_float_digits. Arrays are as many numbers as they are long: of numbers of any type, and types of their own that cast to real[]
 * (pgvector's vector), so that embeddings of images, text or sound count as features.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "parser/parse_coerce.h"
#include "utils/array.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/float.h"
#include "utils/guc.h"
#include "utils/json.h"
#include "utils/jsonb.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"
#include "utils/uuid.h"

#include "base/rng.h"
#include "pg/io/attribute.h"
#include "pg/io/local_setting.h"
#include "pg/io/money.h"

#include <math.h>

#define NAME_SEED 4

UpSourceKind
up_source_of_type(Oid type)
{
	char category;
	bool preferred;

	switch (type)
	{
		case INT2ARRAYOID:
		case INT4ARRAYOID:
		case INT8ARRAYOID:
		case FLOAT4ARRAYOID:
		case FLOAT8ARRAYOID:
		case NUMERICARRAYOID:
			return UP_FROM_ARRAY;
		case INT2OID:
			return UP_FROM_INT2;
		case INT4OID:
			return UP_FROM_INT4;
		case INT8OID:
			return UP_FROM_INT8;
		case FLOAT4OID:
			return UP_FROM_FLOAT4;
		case FLOAT8OID:
			return UP_FROM_FLOAT8;
		case NUMERICOID:
			return UP_FROM_NUMERIC;
		case CASHOID:
			return UP_FROM_MONEY;
		case BOOLOID:
			return UP_FROM_BOOL;
		case DATEOID:
			return UP_FROM_DATE;
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return UP_FROM_TIMESTAMP;
		case TIMEOID:
			return UP_FROM_TIME;
		case INTERVALOID:
			return UP_FROM_INTERVAL;
		case TEXTOID:
		case VARCHAROID:
			return UP_FROM_TEXT;
		case UUIDOID:
			return UP_FROM_OUTPUT;
		default:
			get_type_category_preferred(type, &category, &preferred);
			return category == TYPCATEGORY_STRING || category == TYPCATEGORY_ENUM ||
						   category == TYPCATEGORY_NETWORK
					   ? UP_FROM_OUTPUT
					   : UP_FROM_NOTHING;
	}
}

static UpColumnKind
kind_of_source(UpSourceKind source)
{
	switch (source)
	{
		case UP_FROM_BOOL:
			return UP_COLUMN_BOOLEAN;
		case UP_FROM_DATE:
		case UP_FROM_TIMESTAMP:
			return UP_COLUMN_TIME;
		case UP_FROM_TEXT:
		case UP_FROM_OUTPUT:
			return UP_COLUMN_CATEGORY;
		case UP_FROM_ARRAY:
		case UP_FROM_CAST:
			return UP_COLUMN_ARRAY;
		default:
			return UP_COLUMN_NUMBER;
	}
}

static bool
type_is_string(Oid type)
{
	char category;
	bool preferred;

	get_type_category_preferred(type, &category, &preferred);
	return category == TYPCATEGORY_STRING;
}

static bool
has_cast(Oid from, Oid to, FmgrInfo *cast)
{
	Oid function;

	if (find_coercion_pathway(to, from, COERCION_EXPLICIT, &function) != COERCION_PATH_FUNC)
		return false;
	fmgr_info(function, cast);
	return true;
}

/* pgvector's vector, of a type that stands beside it and is its sparsevec. */
static Oid
vector_of_sparse(Oid type)
{
	HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
	Form_pg_type form = (Form_pg_type) GETSTRUCT(tuple);
	Oid vector = InvalidOid;

	if (strcmp(NameStr(form->typname), "sparsevec") == 0)
		vector = GetSysCacheOid2(TYPENAMENSP, Anum_pg_type_oid, CStringGetDatum("vector"),
								 ObjectIdGetDatum(form->typnamespace));
	ReleaseSysCache(tuple);
	return vector;
}

/* Whether a type of its own casts to real[], sparse vectors through vector; sets a->cast and a->cast_before. */
static bool
casts_to_array(UpAttribute *a)
{
	char category;
	bool preferred;
	Oid vector;

	get_type_category_preferred(a->type, &category, &preferred);
	if (category != TYPCATEGORY_USER)
		return false;
	if (has_cast(a->type, FLOAT4ARRAYOID, &a->cast))
		return true;
	vector = vector_of_sparse(a->type);
	return OidIsValid(vector) && has_cast(a->type, vector, &a->cast_before) &&
		   has_cast(vector, FLOAT4ARRAYOID, &a->cast);
}

/* A cast function takes the value, and some of them its modifier and whether it was asked for. */
static Datum
cast_value(FmgrInfo *cast, Datum value)
{
	switch (cast->fn_nargs)
	{
		case 1:
			return FunctionCall1(cast, value);
		case 2:
			return FunctionCall2(cast, value, Int32GetDatum(-1));
		default:
			return FunctionCall3(cast, value, Int32GetDatum(-1), BoolGetDatum(true));
	}
}

void
up_attribute_init(UpAttribute *a, Form_pg_attribute att)
{
	Oid output;
	bool is_varlena;

	a->column = -1;
	if (att->attisdropped)
	{
		a->source = UP_FROM_NOTHING;
		a->name = pstrdup("");
		return;
	}
	a->name = pstrdup(NameStr(att->attname));
	a->name_hash = up_hash_bytes(a->name, strlen(a->name), NAME_SEED);
	a->type = getBaseType(att->atttypid);
	a->source = up_source_of_type(a->type);
	a->is_string = type_is_string(a->type);
	a->element = get_element_type(a->type);
	if (a->source == UP_FROM_NOTHING && casts_to_array(a))
		a->source = UP_FROM_CAST;
	a->kind = kind_of_source(a->source);
	getTypeOutputInfo(a->type, &output, &is_varlena);
	fmgr_info(output, &a->output);
}

UpLabelKind
up_attribute_label_kind(const UpAttribute *a)
{
	switch (a->source)
	{
		case UP_FROM_BOOL:
			return UP_LABEL_BOOLEAN;
		case UP_FROM_INT2:
		case UP_FROM_INT4:
		case UP_FROM_INT8:
		case UP_FROM_FLOAT4:
		case UP_FROM_FLOAT8:
		case UP_FROM_NUMERIC:
		case UP_FROM_MONEY:
			return UP_LABEL_NUMBER;
		default:
			return UP_LABEL_TEXT;
	}
}

void
up_attribute_infinite(const UpAttribute *a, double v)
{
	const char *shown = v > 0 ? "Infinity" : "-Infinity";

	ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION), errmsg("column \"%s\" has the value %s", a->name, shown),
					errhint("Replace infinite values, by NULL if nothing better is known: NULLIF(%s, '%s').",
							quote_identifier(a->name), shown)));
}

double
up_source_raw(UpSourceKind source, Datum value)
{
	switch (source)
	{
		case UP_FROM_INT2:
		case UP_FROM_INT4:
		case UP_FROM_INT8:
		case UP_FROM_FLOAT4:
		case UP_FROM_FLOAT8:
		case UP_FROM_NUMERIC:
			return up_source_number(source, value);
		case UP_FROM_MONEY:
			return up_money_number(value, up_money_units());
		case UP_FROM_BOOL:
			return DatumGetBool(value);
		case UP_FROM_DATE:
			if (DATE_NOT_FINITE(DatumGetDateADT(value)))
				return DATE_IS_NOBEGIN(DatumGetDateADT(value)) ? -INFINITY : INFINITY;
			return (double) DatumGetDateADT(value) * SECS_PER_DAY;
		case UP_FROM_TIMESTAMP:
			if (TIMESTAMP_NOT_FINITE(DatumGetTimestamp(value)))
				return TIMESTAMP_IS_NOBEGIN(DatumGetTimestamp(value)) ? -INFINITY : INFINITY;
			return (double) DatumGetTimestamp(value) / USECS_PER_SEC;
		case UP_FROM_TIME:
			return (double) DatumGetTimeADT(value) / USECS_PER_SEC;
		case UP_FROM_INTERVAL:
		{
			const Interval *i = DatumGetIntervalP(value);

#ifdef INTERVAL_NOT_FINITE /* from PostgreSQL 17 on */
			if (INTERVAL_NOT_FINITE(i))
				return INTERVAL_IS_NOBEGIN(i) ? -INFINITY : INFINITY;
#endif
			return ((double) i->month * DAYS_PER_MONTH + i->day) * SECS_PER_DAY +
				   (double) i->time / USECS_PER_SEC;
		}
		default:
			elog(ERROR, "values of kind %d are no numbers", (int) source);
	}
}

/* As it is written where a setting is this. */
static char *
text_under(UpAttribute *a, Datum value, const char *setting, const char *as)
{
	int level = NewGUCNestLevel();
	char *text;

	up_set_locally(setting, as);
	text = OutputFunctionCall(&a->output, value);
	AtEOXact_GUC(true, level);
	return text;
}

char *
up_attribute_text(UpAttribute *a, Datum value)
{
	char buffer[MAXDATELEN + 1];
	int utc = 0;
	char *trimmed;

	switch (a->type)
	{
		case DATEOID:
		case TIMESTAMPOID:
			return pstrdup(JsonEncodeDateTime(buffer, value, a->type, NULL));
		case TIMESTAMPTZOID:
			return pstrdup(JsonEncodeDateTime(buffer, value, a->type, &utc));
		case INTERVALOID:
			if (IntervalStyle != INTSTYLE_POSTGRES)
				return text_under(a, value, "intervalstyle", "postgres");
			return OutputFunctionCall(&a->output, value);
		case BOOLOID:
			return pstrdup(DatumGetBool(value) ? "true" : "false");
		case FLOAT4OID:
		case FLOAT8OID:
			return up_value_text(up_value_number(up_attribute_number(a, value)));
		case TEXTOID:
		case VARCHAROID:
			return TextDatumGetCString(value);
		case BPCHAROID:
			trimmed = TextDatumGetCString(value);
			for (size_t len = strlen(trimmed); len > 0 && trimmed[len - 1] == ' '; len--)
				trimmed[len - 1] = '\0';
			return trimmed;
		default:
			/* From 1 on numbers are written to the last bit. */
			if ((a->source == UP_FROM_ARRAY || a->source == UP_FROM_CAST) && extra_float_digits < 1)
				return text_under(a, value, "extra_float_digits", "1");
			return OutputFunctionCall(&a->output, value);
	}
}

double *
up_attribute_array(UpAttribute *a, Datum value, uint32_t *n)
{
	Oid element = a->source == UP_FROM_CAST ? FLOAT4OID : a->element;
	UpSourceKind source = up_source_of_type(element);
	ArrayType *array;
	Datum *elements;
	bool *nulls, byval;
	int16 length;
	char align;
	int count;
	double *numbers;

	if (a->source == UP_FROM_CAST && OidIsValid(a->cast_before.fn_oid))
		value = cast_value(&a->cast_before, value);
	if (a->source == UP_FROM_CAST)
		value = cast_value(&a->cast, value);
	array = DatumGetArrayTypeP(value);
	get_typlenbyvalalign(element, &length, &byval, &align);
	deconstruct_array(array, element, length, byval, align, &elements, &nulls, &count);
	if (count > UP_COLUMN_LIMIT)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("column \"%s\" has an array of %d elements, more than the %d features that a model can "
						"have",
						a->name, count, UP_COLUMN_LIMIT)));
	numbers = palloc(sizeof(double) * Max(count, 1));
	for (int i = 0; i < count; i++)
	{
		numbers[i] = nulls[i] ? NAN : up_source_number(source, elements[i]);
		if (isinf(numbers[i]) && a->no_feature)
			numbers[i] = NAN;
		if (isinf(numbers[i]))
			ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
							errmsg("element %d of column \"%s\" is %s", i + 1, a->name,
								   numbers[i] > 0 ? "Infinity" : "-Infinity"),
							errhint("Replace infinite values, by NULL if nothing better is known.")));
	}
	*n = (uint32_t) count;
	return numbers;
}
