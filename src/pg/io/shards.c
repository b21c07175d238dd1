/*
 * shards.c - tables whose rows lie on other nodes; see shards.h
 *
 * Citus keeps its tables in pg_catalog.pg_dist_partition, which nobody but a superuser can make, and the backends through which
 * its nodes speak to each other have an application_name of their own. Nothing here needs Citus: where it is not installed
 * the answer is no, and costs one look into the cache of relations.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "nodes/nodeFuncs.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "pg/io/aside.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/io/shards.h"
#include "pg/io/source_query.h"

/* Of a table that Citus knows: of a local one it does not say that rows lie elsewhere. */
static bool
lies_elsewhere(HeapTuple row, TupleDesc desc)
{
	Form_pg_attribute method = up_attribute_named(desc, "partmethod");
	Form_pg_attribute copies = up_attribute_named(desc, "repmodel");
	Form_pg_attribute group = up_attribute_named(desc, "colocationid");
	bool isnull;

	if (method == NULL || copies == NULL || group == NULL)
		return true;
	return DatumGetChar(heap_getattr(row, method->attnum, desc, &isnull)) != 'n' ||
		   DatumGetChar(heap_getattr(row, copies->attnum, desc, &isnull)) == 't' ||
		   DatumGetInt32(heap_getattr(row, group->attnum, desc, &isnull)) != 0;
}

bool
up_is_sharded(Oid relation)
{
	Oid known = get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE);
	Form_pg_attribute column;
	Relation catalog;
	bool found = false;

	if (!OidIsValid(known))
		return false;
	catalog = table_open(known, AccessShareLock);
	column = up_attribute_named(RelationGetDescr(catalog), "logicalrelid");
	if (column != NULL)
	{
		ScanKeyData key;
		SysScanDesc scan;
		HeapTuple row;

		ScanKeyInit(&key, column->attnum, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
		scan = systable_beginscan(catalog, InvalidOid, false, NULL, 1, &key);
		row = systable_getnext(scan);
		found = HeapTupleIsValid(row) && lies_elsewhere(row, RelationGetDescr(catalog));
		systable_endscan(scan);
	}
	table_close(catalog, AccessShareLock);
	return found;
}

static bool
reads_shards_walker(Node *node, void *unused)
{
	if (node == NULL)
		return false;
	if (IsA(node, RangeTblEntry))
		return ((RangeTblEntry *) node)->rtekind == RTE_RELATION &&
			   up_is_sharded(((RangeTblEntry *) node)->relid);
	if (IsA(node, Query))
		return query_tree_walker((Query *) node, reads_shards_walker, unused, QTW_EXAMINE_RTES_BEFORE);
	return expression_tree_walker(node, reads_shards_walker, unused);
}

bool
up_reads_shards(const char *query)
{
	QueryEnvironment *environment = NULL;
	EphemeralNamedRelation kept[] = {up_rows_offered(), up_rows_offered_beside()};
	TupleDesc columns;

	if (!OidIsValid(get_relname_relid("pg_dist_partition", PG_CATALOG_NAMESPACE)))
		return false;
	/* What it reads may be rows that are kept aside. */
	for (int i = 0; i < (int) lengthof(kept); i++)
	{
		if (kept[i] == NULL)
			continue;
		if (environment == NULL)
			environment = create_queryEnv();
		register_ENR(environment, kept[i]);
	}
	return reads_shards_walker((Node *) up_query_parse(query, environment, &columns), NULL);
}

bool
up_is_on_other_nodes(Oid relation)
{
	Oid type = OIDOID;
	Datum value = ObjectIdGetDatum(relation);

	return OidIsValid(get_relname_relid("pg_dist_object", PG_CATALOG_NAMESPACE)) &&
		   up_query(true,
					"SELECT FROM pg_dist_object WHERE classid = 'pg_class'::regclass AND objid = $1 AND "
					"objsubid = 0",
					1, &type, &value, NULL)
				   .n > 0;
}

bool
up_works_for_node(void)
{
	const char *name = GetConfigOption("application_name", true, false);

	return name != NULL && strncmp(name, "citus_internal", 14) == 0;
}
