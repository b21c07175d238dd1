/*
 * key_sql.c - see key_sql.h
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/stratnum.h"
#include "catalog/pg_operator.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "pg/profiles/key_sql.h"

#define KEY_SHOWN 200 /* bytes of a key in an error */

Form_pg_attribute
up_attribute_named(TupleDesc desc, const char *name)
{
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute a = TupleDescAttr(desc, i);

		if (!a->attisdropped && strcmp(NameStr(a->attname), name) == 0)
			return a;
	}
	return NULL;
}

const char *
up_key_shown(FmgrInfo *output, Datum key)
{
	char *text = OutputFunctionCall(output, key);
	int len = (int) strlen(text);

	return len <= KEY_SHOWN ? text : psprintf("%s…", pnstrdup(text, pg_mbcliplen(text, len, KEY_SHOWN)));
}

/* The key's equality as a unique index has it: that of the default btree operators of its type. */
static Oid
key_operator(Oid key, const char *name)
{
	TypeCacheEntry *type = lookup_type_cache(key, TYPECACHE_BTREE_OPFAMILY);
	Oid equal = InvalidOid;

	if (OidIsValid(type->btree_opf))
		equal = get_opfamily_member(type->btree_opf, type->btree_opintype, type->btree_opintype,
									BTEqualStrategyNumber);
	if (!OidIsValid(equal))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
						errmsg("type %s of the key \"%s\" has no order that a unique index could use",
							   format_type_be(key), name)));
	return equal;
}

char *
up_key_equal(const char *left, Oid left_type, const char *right, Oid right_type, const char *name)
{
	StringInfoData sql;

	initStringInfo(&sql);
	generate_operator_clause(&sql, left, left_type, key_operator(left_type, name), right, right_type);
	return sql.data;
}

char *
up_key_among(const char *table, const char *key, Oid type, int parameter)
{
	Oid equal = key_operator(type, key);
	HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(equal));
	Form_pg_operator row;
	char *sql;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for operator %u", equal);
	row = (Form_pg_operator) GETSTRUCT(tuple);
	sql = psprintf("%s.%s OPERATOR(%s.%s) ANY ($%d)", table, quote_identifier(key),
				   quote_identifier(get_namespace_name(row->oprnamespace)), NameStr(row->oprname), parameter);
	ReleaseSysCache(tuple);
	return sql;
}
