/*
 * rewritten.c - relations that are not what the transaction's snapshot knew; see rewritten.h
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_class.h"
#include "nodes/plannodes.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "pg/io/rewritten.h"

/* Names the storage that a relation has now, and that it had for this snapshot; 0 for none. */
static void
find_storage(Relation catalog, Oid relation, Snapshot snapshot, Oid *now, Oid *then)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(relation));
	ScanKeyData key;
	SysScanDesc scan;

	*now = *then = InvalidOid;
	if (!HeapTupleIsValid(tuple))
		return;
	*now = ((Form_pg_class) GETSTRUCT(tuple))->relfilenode;
	ReleaseSysCache(tuple);
	ScanKeyInit(&key, Anum_pg_class_oid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	scan = systable_beginscan(catalog, ClassOidIndexId, true, snapshot, 1, &key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		*then = ((Form_pg_class) GETSTRUCT(tuple))->relfilenode;
	systable_endscan(scan);
}

void
up_refuse_rewritten(const List *statements)
{
	Relation catalog = table_open(RelationRelationId, AccessShareLock);
	ListCell *at, *relation;

	foreach (at, statements)
	{
		foreach (relation, lfirst_node(PlannedStmt, at)->relationOids)
		{
			Oid now, then;

			find_storage(catalog, lfirst_oid(relation), GetActiveSnapshot(), &now, &then);
			if (now != then)
				ereport(ERROR,
						(errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						 errmsg("could not read relation \"%s\": it was rewritten after the snapshot of this "
								"transaction was taken",
								get_rel_name(lfirst_oid(relation))),
						 errhint("Try the transaction again.")));
		}
	}
	table_close(catalog, AccessShareLock);
}
