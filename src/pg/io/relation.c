/*
 * relation.c - see relation.h
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_namespace.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"

#include "pg/io/relation.h"

char *
up_relation_name(Oid relation)
{
	return quote_qualified_identifier(get_namespace_name(get_rel_namespace(relation)), get_rel_name(relation));
}

TupleDesc
up_relation_columns(Oid relation)
{
	Relation r = table_open(relation, NoLock);
	TupleDesc desc = CreateTupleDescCopy(RelationGetDescr(r));

	table_close(r, NoLock);
	return desc;
}

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

char *
up_collation_name(Oid collation)
{
	HeapTuple tuple = SearchSysCache1(COLLOID, ObjectIdGetDatum(collation));
	Form_pg_collation row;
	char *name;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "cache lookup failed for collation %u", collation);
	row = (Form_pg_collation) GETSTRUCT(tuple);
	name = quote_qualified_identifier(get_namespace_name(row->collnamespace), NameStr(row->collname));
	ReleaseSysCache(tuple);
	return name;
}

AclResult
up_schema_rights(Oid schema, Oid role, AclMode rights)
{
#if PG_VERSION_NUM >= 160000
	return object_aclcheck(NamespaceRelationId, schema, role, rights);
#else
	return pg_namespace_aclcheck(schema, role, rights);
#endif
}
