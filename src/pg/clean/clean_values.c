/*
 * clean_values.c - single values of a table that is cleaned: as numbers, as text, compared; see clean_table.h
 */
#include "postgres.h"

#include "access/transam.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/lsyscache.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "base/rng.h"
#include "pg/clean/clean_values.h"
#include "pg/io/money.h"
#include "pg/io/numeric_double.h"

#include <math.h>

static UpSourceKind
number_of_type(Oid type)
{
	UpSourceKind source = up_source_of_type(type);

	return source <= UP_FROM_MONEY || source == UP_FROM_DATE || source == UP_FROM_TIMESTAMP ? source
																							: UP_FROM_NOTHING;
}

/* Whether values are equal where their bytes are, and only there: all types without an equality of their own, and these. */
static bool
equal_by_image(const UpCleanValues *v)
{
	switch (v->base)
	{
		case BOOLOID:
		case INT2OID:
		case INT4OID:
		case INT8OID:
		case DATEOID:
		case TIMESTAMPOID:
		case TIMESTAMPTZOID:
			return true;
		case TEXTOID:
		case VARCHAROID:
			return get_collation_isdeterministic(v->collation);
		default:
			return !OidIsValid(v->cache->hash_proc_finfo.fn_oid) || !OidIsValid(v->cache->eq_opr_finfo.fn_oid);
	}
}

UpCleanValues *
up_clean_values_new(MemoryContext context, Oid type, int32 typmod, Oid collation)
{
	UpCleanValues *v = MemoryContextAllocZero(context, sizeof(UpCleanValues));
	char category, align;
	bool preferred, is_varlena;
	Oid function;

	if (get_typtype(type) == TYPTYPE_PSEUDO)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("columns of type %s cannot be cleaned", format_type_be(type)),
						errhint("Cast the column to a type that a table can hold.")));
	v->type = type;
	v->typmod = typmod;
	v->base = getBaseType(type);
	v->collation = OidIsValid(collation) ? collation : DEFAULT_COLLATION_OID;
	get_typlenbyvalalign(type, &v->len, &v->byval, &align);
	get_type_category_preferred(v->base, &category, &preferred);
	v->is_text = category == TYPCATEGORY_STRING && v->len == -1;
	v->through_input = v->base != type || typmod >= 0;
	v->number = number_of_type(v->base);
	v->money_units = v->number == UP_FROM_MONEY ? up_money_units() : NAN;
	getTypeOutputInfo(type, &function, &is_varlena);
	fmgr_info_cxt(function, &v->output, context);
	getTypeInputInfo(type, &function, &v->input_param);
	fmgr_info_cxt(function, &v->input, context);
	v->cache = lookup_type_cache(v->base,
								 TYPECACHE_HASH_PROC_FINFO | TYPECACHE_EQ_OPR_FINFO | TYPECACHE_CMP_PROC_FINFO);
	v->by_image = equal_by_image(v);
	return v;
}

bool
up_clean_is_built_in(const UpCleanValues *v)
{
	return v->base == v->type && v->type < FirstGenbkiObjectId;
}

bool
up_clean_is_missing(const UpCleanValues *v, size_t row)
{
	if (v->nulls[row])
		return true;
	switch (v->number)
	{
		case UP_FROM_FLOAT4:
			return isnan(DatumGetFloat4(v->values[row]));
		case UP_FROM_FLOAT8:
			return isnan(DatumGetFloat8(v->values[row]));
		case UP_FROM_NUMERIC:
			return up_numeric_is_nan(v->values[row]);
		default:
			return false;
	}
}

double
up_clean_number(const UpCleanValues *v, Datum value)
{
	switch (v->number)
	{
		case UP_FROM_MONEY:
			return up_money_number(value, v->money_units);
		case UP_FROM_DATE:
			if (DATE_NOT_FINITE(DatumGetDateADT(value)))
				return DATE_IS_NOBEGIN(DatumGetDateADT(value)) ? -INFINITY : INFINITY;
			return DatumGetDateADT(value);
		case UP_FROM_TIMESTAMP:
			if (TIMESTAMP_NOT_FINITE(DatumGetTimestamp(value)))
				return TIMESTAMP_IS_NOBEGIN(DatumGetTimestamp(value)) ? -INFINITY : INFINITY;
			return (double) DatumGetTimestamp(value);
		case UP_FROM_NOTHING:
			break;
		default:
			return up_source_number(v->number, value);
	}
	elog(ERROR, "type %u is not a number", v->type);
}

bool
up_clean_from_number(const UpCleanValues *v, double number, int direction, Datum *out)
{
	double whole = direction < 0 ? floor(number) : direction > 0 ? ceil(number) : rint(number);

	switch (v->number)
	{
		case UP_FROM_INT2:
			if (!(whole >= PG_INT16_MIN && whole <= PG_INT16_MAX))
				return false;
			*out = Int16GetDatum((int16) whole);
			return true;
		case UP_FROM_INT4:
			if (!(whole >= PG_INT32_MIN && whole <= PG_INT32_MAX))
				return false;
			*out = Int32GetDatum((int32) whole);
			return true;
		case UP_FROM_INT8:
			if (!(whole >= -9223372036854775808.0 && whole < 9223372036854775808.0))
				return false;
			*out = Int64GetDatum((int64) whole);
			return true;
		case UP_FROM_FLOAT4:
			*out = Float4GetDatum((float4) number);
			return !isinf((float4) number);
		case UP_FROM_FLOAT8:
			*out = Float8GetDatum(number);
			return true;
		case UP_FROM_NUMERIC:
			*out = DirectFunctionCall1(float8_numeric, Float8GetDatum(number));
			return true;
		case UP_FROM_MONEY:
			return up_money_from_number(number, v->money_units, direction, out);
		case UP_FROM_DATE:
			if (!(whole >= DATETIME_MIN_JULIAN - POSTGRES_EPOCH_JDATE &&
				  whole < DATE_END_JULIAN - POSTGRES_EPOCH_JDATE))
				return false;
			*out = DateADTGetDatum((DateADT) whole);
			return true;
		case UP_FROM_TIMESTAMP:
			if (!(whole >= (double) MIN_TIMESTAMP && whole < (double) END_TIMESTAMP))
				return false;
			*out = TimestampGetDatum((Timestamp) whole);
			return true;
		default:
			return false;
	}
}

char *
up_clean_text(UpCleanValues *v, Datum value)
{
	return OutputFunctionCall(&v->output, value);
}

/* The bytes of a value that is a pointer. */
static inline const void *
bytes_of(const UpCleanValues *v, Datum value, size_t *len)
{
	struct varlena *flat;

	if (v->len != -1)
	{
		*len = v->len >= 0 ? (size_t) v->len : strlen(DatumGetCString(value));
		return DatumGetPointer(value);
	}
	flat = (struct varlena *) DatumGetPointer(value);
	if (VARATT_IS_COMPRESSED(flat) || VARATT_IS_EXTERNAL(flat))
		flat = PG_DETOAST_DATUM_PACKED(value);
	*len = VARSIZE_ANY_EXHDR(flat);
	return VARDATA_ANY(flat);
}

const char *
up_clean_characters(const UpCleanValues *v, Datum value, size_t *len)
{
	const char *c = bytes_of(v, value, len);

	while (v->base == BPCHAROID && *len > 0 && c[*len - 1] == ' ')
		(*len)--;
	return c;
}

bool
up_clean_same(const UpCleanValues *v, Datum a, Datum b)
{
	size_t n_a, n_b;
	const void *of_a, *of_b;

	if (a == b || v->byval)
		return a == b;
	of_a = bytes_of(v, a, &n_a);
	of_b = bytes_of(v, b, &n_b);
	return n_a == n_b && memcmp(of_a, of_b, n_a) == 0;
}

uint64
up_clean_image_hash(const UpCleanValues *v, Datum value)
{
	size_t len;
	const void *bytes;

	if (v->byval)
		return up_mix64((uint64) value);
	bytes = bytes_of(v, value, &len);
	return up_hash_bytes(bytes, len, 0);
}

bool
up_clean_equal(const UpCleanValues *v, Datum a, Datum b)
{
	if (v->by_image)
		return up_clean_same(v, a, b);
	return a == b || DatumGetBool(FunctionCall2Coll(&v->cache->eq_opr_finfo, v->collation, a, b));
}

uint64
up_clean_hash(const UpCleanValues *v, Datum value)
{
	if (v->by_image)
		return up_clean_image_hash(v, value);
	return DatumGetUInt32(FunctionCall1Coll(&v->cache->hash_proc_finfo, v->collation, value));
}

int
up_clean_compare(const UpCleanValues *v, Datum a, Datum b)
{
	return DatumGetInt32(FunctionCall2Coll(&v->cache->cmp_proc_finfo, v->collation, a, b));
}
