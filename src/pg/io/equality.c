/*
 * equality.c - see equality.h
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "parser/parse_oper.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "pg/io/equality.h"

/* Whether the server takes one of its own for these, casting what it casts by itself. */
static bool
has_own(List *name, Oid a_type, Oid b_type)
{
	Operator found = oper(NULL, name, a_type, b_type, true, -1);

	if (found == NULL)
		return false;
	ReleaseSysCache(found);
	return true;
}

bool
up_append_equal_of_type(StringInfo s, const char *a, Oid a_type, const char *b, Oid b_type)
{
	Oid equal = lookup_type_cache(a_type, TYPECACHE_EQ_OPR)->eq_opr;

	if (!OidIsValid(equal))
		return false;
	generate_operator_clause(s, a, a_type, equal, b, b_type);
	return true;
}

void
up_append_equal(StringInfo s, const char *a, Oid a_type, const char *b, Oid b_type)
{
	List *name = list_make2(makeString("pg_catalog"), makeString("="));

	/* A path may have another that fits better, but for just these types. */
	if (OidIsValid(OpernameGetOprid(name, a_type, b_type)))
		appendStringInfo(s, "%s = %s", a, b);
	else if (getBaseType(a_type) != getBaseType(b_type) || !up_append_equal_of_type(s, a, a_type, b, b_type))
		appendStringInfo(s, has_own(name, a_type, b_type) ? "%s OPERATOR(pg_catalog.=) %s" : "%s = %s", a, b);
}
