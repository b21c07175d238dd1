/*
 * key_type.c - the types of keys; see key_type.h
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "access/transam.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "parser/parse_coerce.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/typcache.h"

#include "pg/io/as_role.h"
#include "pg/profiles/key_type.h"
#include "pg/servers.h"

/* Families, narrow types first. */
static const Oid families[][4] = {
	{INT2OID, INT4OID, INT8OID, NUMERICOID},
	{FLOAT4OID, FLOAT8OID},
	{DATEOID, TIMESTAMPOID},
};

static int
place(const Oid *family, Oid type)
{
	for (int i = 0; i < 4 && OidIsValid(family[i]); i++)
	{
		if (family[i] == type)
			return i;
	}
	return -1;
}

static bool
is_text(Oid type)
{
	return type == TEXTOID || type == VARCHAROID;
}

bool
up_key_family(Oid key, Oid type)
{
	if (key == type || (is_text(key) && is_text(type)))
		return true;
	for (size_t i = 0; i < lengthof(families); i++)
	{
		if (place(families[i], key) >= 0 && place(families[i], type) >= 0)
			return true;
	}
	return false;
}

bool
up_key_widens(Oid from, Oid to)
{
	if (from == to || (is_text(from) && is_text(to)))
		return true;
	for (size_t i = 0; i < lengthof(families); i++)
	{
		if (place(families[i], from) >= 0 && place(families[i], from) < place(families[i], to))
			return true;
	}
	return false;
}

UpConversion
up_key_conversion(Oid from, Oid to, Oid *function)
{
	bool integers =
		place(families[0], from) >= 0 && from != NUMERICOID && place(families[0], to) >= 0 && to != NUMERICOID;

	*function = InvalidOid;
	if (from == to || (is_text(from) && is_text(to)))
		return UP_CONVERT_NONE;
	if (integers)
		return UP_CONVERT_INTEGER;
	if (up_key_widens(from, to) &&
		find_coercion_pathway(to, from, COERCION_IMPLICIT, function) == COERCION_PATH_FUNC)
		return UP_CONVERT_CAST;
	return UP_CONVERT_NEVER;
}

bool
up_key_convert_integer(Oid from, Oid to, Datum *value)
{
	int64 v = from == INT2OID   ? DatumGetInt16(*value)
			  : from == INT4OID ? DatumGetInt32(*value)
								: DatumGetInt64(*value);

	if (to == INT2OID && (v < PG_INT16_MIN || v > PG_INT16_MAX))
		return false;
	if (to == INT4OID && (v < PG_INT32_MIN || v > PG_INT32_MAX))
		return false;
	*value = to == INT2OID   ? Int16GetDatum((int16) v)
			 : to == INT4OID ? Int32GetDatum((int32) v)
							 : Int64GetDatum(v);
	return true;
}

bool
up_key_equality(const UpKeyPart *key, Oid operator, Oid collation)
{
	TypeCacheEntry *of_key = lookup_type_cache(key->type, TYPECACHE_BTREE_OPFAMILY);
	Oid left, right;

	if (!OidIsValid(operator) || op_volatile(operator) != PROVOLATILE_IMMUTABLE)
		return false;
	/* Equality of a finer or the same collation: two texts that it calls equal are equal to the key's as well. */
	if (OidIsValid(collation) && collation != key->collation && !get_collation_isdeterministic(collation))
		return false;
	if (OidIsValid(of_key->btree_opf) &&
		get_op_opfamily_strategy(operator, of_key->btree_opf) == BTEqualStrategyNumber)
		return true;
	/* int4 = int8 is the key's own family of operators, numeric = numeric is another. */
	op_input_types(operator, & left, &right);
	if (left != right || !up_key_family(key->type, left))
		return false;
	return get_op_opfamily_strategy(operator, lookup_type_cache(left, TYPECACHE_BTREE_OPFAMILY)->btree_opf) ==
		   BTEqualStrategyNumber;
}

static void
add_part(UpKey *key, AttrNumber number, TupleDesc columns)
{
	Form_pg_attribute a = TupleDescAttr(columns, number - 1);
	UpKeyPart *part = &key->parts[key->n++];
	TypeCacheEntry *type;

	part->name = pstrdup(NameStr(a->attname));
	part->number = number;
	part->type = getBaseType(a->atttypid == UNKNOWNOID ? TEXTOID : a->atttypid);
	part->collation = a->attcollation;
	type = lookup_type_cache(part->type, TYPECACHE_CMP_PROC);
	if (!OidIsValid(type->cmp_proc))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("key column \"%s\" is of type %s, which cannot be compared", part->name,
							   format_type_be(a->atttypid)),
						errhint("A key needs a type that a unique index can hold.")));
}

void
up_key_resolve(UpKey *key, const char *names, TupleDesc columns)
{
	AttrNumber numbers[UP_MAX_KEY];
	int n = up_key_columns(names, columns, numbers);

	memset(key, 0, sizeof(UpKey));
	for (int i = 0; i < n; i++)
		add_part(key, numbers[i], columns);
}

static void
names_of(const UpKey *key, const char **names)
{
	for (int i = 0; i < key->n; i++)
		names[i] = key->parts[i].name;
}

char *
up_key_text(const UpKey *key)
{
	const char *names[UP_MAX_KEY];

	names_of(key, names);
	return up_key_columns_text(key->n, names);
}

char *
up_key_title(const UpKey *key)
{
	const char *names[UP_MAX_KEY];

	names_of(key, names);
	return up_key_columns_title(key->n, names);
}

bool
up_key_has(const UpKey *key, const char *column)
{
	for (int i = 0; i < key->n; i++)
	{
		if (strcmp(key->parts[i].name, column) == 0)
			return true;
	}
	return false;
}

/* ---- a key as an argument ------------------------------------------------------------------------------------ */

static Datum
part_from_text(const UpKeyPart *part, char *text)
{
	Oid input, param;

	getTypeInputInfo(part->type, &input, &param);
	return OidInputFunctionCall(input, text, param, -1);
}

/* False where no user can have this value. */
static bool
part_from_value(const UpKeyPart *part, Oid type, Datum value, Datum *out)
{
	Oid base = getBaseType(type), function;
	UpConversion conversion = up_key_conversion(base, part->type, &function);

	*out = value;
	if (conversion == UP_CONVERT_INTEGER)
		return up_key_convert_integer(base, part->type, out);
	if (conversion == UP_CONVERT_CAST)
		*out = OidFunctionCall1(function, value);
	else if (base == UNKNOWNOID)
		*out = part_from_text(part, DatumGetCString(value));
	else if (conversion == UP_CONVERT_NEVER && is_text(base))
		*out = part_from_text(part, TextDatumGetCString(value));
	else if (conversion == UP_CONVERT_NEVER)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("user_key is of type %s, but the key \"%s\" is of type %s", format_type_be(type),
							   part->name, format_type_be(part->type)),
						errhint("Give a value of the key's type, or its text.")));
	return true;
}

static bool
key_from_row(const UpKey *key, HeapTupleHeader row, Datum *values)
{
	TupleDesc desc = lookup_rowtype_tupdesc_copy(HeapTupleHeaderGetTypeId(row), HeapTupleHeaderGetTypMod(row));
	HeapTupleData tuple = {.t_len = HeapTupleHeaderGetDatumLength(row), .t_data = row};
	Datum *fields = palloc(sizeof(Datum) * (Size) Max(desc->natts, 1));
	bool *nulls = palloc(sizeof(bool) * (Size) Max(desc->natts, 1));

	ItemPointerSetInvalid(&tuple.t_self);
	if (desc->natts != key->n)
		ereport(ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH), errmsg("user_key has %d columns, but the key %s has %d",
															desc->natts, up_key_title(key), key->n)));
	heap_deform_tuple(&tuple, desc, fields, nulls);
	for (int i = 0; i < key->n; i++)
	{
		if (nulls[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("user_key has no \"%s\", which is a part of the key", key->parts[i].name)));
		if (!part_from_value(&key->parts[i], TupleDescAttr(desc, i)->atttypid, fields[i], &values[i]))
			return false;
	}
	return true;
}

/* The text that ROW(…) has. */
static bool
key_from_row_text(const UpKey *key, char *text, Datum *values)
{
	TupleDesc desc = CreateTemplateTupleDesc(key->n);

	for (int i = 0; i < key->n; i++)
		TupleDescInitEntry(desc, (AttrNumber) (i + 1), key->parts[i].name, key->parts[i].type, -1, 0);
	desc = BlessTupleDesc(up_columns_done(desc));
	return key_from_row(
		key, DatumGetHeapTupleHeader(OidInputFunctionCall(F_RECORD_IN, text, RECORDOID, desc->tdtypmod)),
		values);
}

bool
up_key_from_text(const UpKey *key, char *text, Datum *values)
{
	if (key->n > 1)
		return key_from_row_text(key, text, values);
	values[0] = part_from_text(&key->parts[0], text);
	return true;
}

static bool
user_key(FunctionCallInfo fcinfo, int argument, const UpKey *key, Datum *values)
{
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, argument), base;
	Datum value;

	if (!OidIsValid(type))
		ereport(ERROR, (errcode(ERRCODE_INDETERMINATE_DATATYPE), errmsg("the type of user_key is not known")));
	if (PG_ARGISNULL(argument))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("user_key must not be NULL")));
	base = getBaseType(type);
	value = PG_GETARG_DATUM(argument);
	if (key->n == 1 && base == key->parts[0].type)
	{
		values[0] = value;
		return true;
	}
	if (type_is_rowtype(base))
		return key_from_row(key, DatumGetHeapTupleHeader(value), values);
	if (key->n == 1)
		return part_from_value(&key->parts[0], type, value, &values[0]);
	if (base == UNKNOWNOID)
		return key_from_row_text(key, DatumGetCString(value), values);
	if (is_text(base))
		return key_from_row_text(key, TextDatumGetCString(value), values);
	ereport(ERROR,
			(errcode(ERRCODE_DATATYPE_MISMATCH),
			 errmsg("user_key is of type %s, but the key is %s", format_type_be(type), up_key_title(key)),
			 errhint("Give ROW(…) with a value for each, or its text.")));
}

/* A type that somebody made may call what he likes where a text becomes one, as a domain in it does. */
static bool
has_types_of_users(const UpKey *key)
{
	for (int i = 0; i < key->n; i++)
	{
		if (key->parts[i].type >= FirstNormalObjectId)
			return true;
	}
	return false;
}

bool
up_user_key(FunctionCallInfo fcinfo, int argument, const UpKey *key, Oid owner, Datum *values)
{
	UpAsRole before;
	bool is_key;

	if (owner == GetUserId() || !has_types_of_users(key))
		return user_key(fcinfo, argument, key, values);
	up_as_role_begin(&before, owner, "pg_catalog");
	is_key = user_key(fcinfo, argument, key, values);
	up_as_role_end(&before);
	return is_key;
}

char *
up_user_key_given(FunctionCallInfo fcinfo, int argument)
{
	Oid type = get_fn_expr_argtype(fcinfo->flinfo, argument), output;
	bool is_varlena;

	if (type == UNKNOWNOID)
		return PG_GETARG_CSTRING(argument);
	getTypeOutputInfo(type, &output, &is_varlena);
	return OidOutputFunctionCall(output, PG_GETARG_DATUM(argument));
}
