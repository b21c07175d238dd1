/*
 * key_sql.c - see key_sql.h
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "catalog/pg_operator.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/ruleutils.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "pg/io/relation.h"
#include "pg/profiles/key_sql.h"

void
up_key_types_in(const UpKey *key, TupleDesc desc, Oid *types)
{
	for (int i = 0; i < key->n; i++)
		types[i] = up_attribute_named(desc, key->parts[i].name)->atttypid;
}

/* A part's equality as a unique index has it: that of the default btree operators of its type. */
static Oid
part_operator(Oid type, const char *name)
{
	TypeCacheEntry *entry = lookup_type_cache(type, TYPECACHE_BTREE_OPFAMILY);
	Oid equal = InvalidOid;

	if (OidIsValid(entry->btree_opf))
		equal = get_opfamily_member(entry->btree_opf, entry->btree_opintype, entry->btree_opintype,
									BTEqualStrategyNumber);
	if (!OidIsValid(equal))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
						errmsg("type %s of the key \"%s\" has no order that a unique index could use",
							   format_type_be(type), name)));
	return equal;
}

static char *
name_of_part(const UpKey *key, int part, const char *alias, bool by_number)
{
	return by_number ? psprintf("%s.key_%d", alias, part + 1)
					 : psprintf("%s.%s", alias, quote_identifier(key->parts[part].name));
}

char *
up_keys_equal(const UpKey *key, const char *left, const Oid *left_types, const char *right,
			  const Oid *right_types, bool right_by_number)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < key->n; i++)
	{
		if (i > 0)
			appendStringInfoString(&sql, " AND ");
		generate_operator_clause(&sql, name_of_part(key, i, left, false), left_types[i],
								 part_operator(left_types[i], key->parts[i].name),
								 name_of_part(key, i, right, right_by_number), right_types[i]);
	}
	return sql.data;
}

/* In FROM those would become a column for each of their own columns. */
static bool
has_rows(const UpKeys *keys)
{
	for (int i = 0; i < keys->n_parts; i++)
	{
		if (type_is_rowtype(keys->types[i]))
			return true;
	}
	return false;
}

char *
up_keys_table(const UpKeys *keys, int first)
{
	StringInfoData sql;

	initStringInfo(&sql);
	if (has_rows(keys))
	{
		appendStringInfoString(&sql, "(SELECT ");
		for (int i = 0; i < keys->n_parts; i++)
			appendStringInfo(&sql, "%spg_catalog.unnest($%d) AS key_%d", i > 0 ? ", " : "", first + i, i + 1);
		appendStringInfoString(&sql, ") uprofile_keys");
		return sql.data;
	}
	appendStringInfoString(&sql, "ROWS FROM (");
	for (int i = 0; i < keys->n_parts; i++)
		appendStringInfo(&sql, "%spg_catalog.unnest($%d)", i > 0 ? ", " : "", first + i);
	appendStringInfoString(&sql, ") uprofile_keys (");
	for (int i = 0; i < keys->n_parts; i++)
		appendStringInfo(&sql, "%skey_%d", i > 0 ? ", " : "", i + 1);
	appendStringInfoChar(&sql, ')');
	return sql.data;
}

/* One part can be looked up in an index. */
static char *
part_among(const UpKey *key, const char *alias, Oid type, int parameter)
{
	Oid equal = part_operator(type, key->parts[0].name);
	HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(equal));
	Form_pg_operator row;
	char *sql;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", equal);
	row = (Form_pg_operator) GETSTRUCT(tuple);
	sql = psprintf("%s OPERATOR(%s.%s) ANY ($%d)", name_of_part(key, 0, alias, false),
				   quote_identifier(get_namespace_name(row->oprnamespace)), NameStr(row->oprname), parameter);
	ReleaseSysCache(tuple);
	return sql;
}

char *
up_keys_among(const UpKey *key, const char *alias, const Oid *types, const UpKeys *keys, int first)
{
	if (key->n == 1)
		return part_among(key, alias, types[0], first);
	return psprintf("EXISTS (SELECT FROM %s WHERE %s)", up_keys_table(keys, first),
					up_keys_equal(key, alias, types, "uprofile_keys", keys->types, true));
}

char *
up_keys_list(const UpKey *key, const char *alias)
{
	StringInfoData sql;

	initStringInfo(&sql);
	for (int i = 0; i < key->n; i++)
		appendStringInfo(&sql, "%s%s", i > 0 ? ", " : "", name_of_part(key, i, alias, false));
	return sql.data;
}

void
up_keys_arguments(const UpKeys *keys, Oid *types, Datum *values)
{
	for (int i = 0; i < keys->n_parts; i++)
	{
		types[i] = get_array_type(keys->types[i]);
		values[i] = keys->arrays[i];
	}
}
