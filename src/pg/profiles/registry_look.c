/*
 * registry_look.c - rows of the registry's tables, read directly; see registry_look.h
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_collation.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"

#include "pg/profiles/registry_look.h"

bool
up_look_begin(UpLook *look, Oid namespace, const char *table, const char *index, int n_keys,
			  const UpLookKey *keys)
{
	Oid table_oid = get_relname_relid(table, namespace);
	Oid index_oid = get_relname_relid(index, namespace);
	ScanKeyData scan_keys[UP_LOOK_KEYS];

	if (!OidIsValid(table_oid) || !OidIsValid(index_oid))
		return false;
	look->table = table_open(table_oid, AccessShareLock);
	look->index = index_open(index_oid, AccessShareLock);
	for (int i = 0; i < n_keys; i++)
		ScanKeyEntryInitialize(&scan_keys[i], 0, get_attnum(table_oid, keys[i].column), BTEqualStrategyNumber,
							   InvalidOid, DEFAULT_COLLATION_OID, keys[i].equal, keys[i].value);
	look->scan = systable_beginscan_ordered(look->table, look->index, GetActiveSnapshot(), n_keys, scan_keys);
	return true;
}

HeapTuple
up_look_next(UpLook *look, ScanDirection direction)
{
	return systable_getnext_ordered(look->scan, direction);
}

Datum
up_look_value(const UpLook *look, HeapTuple tuple, const char *column, bool *isnull)
{
	AttrNumber number = get_attnum(RelationGetRelid(look->table), column);

	*isnull = true;
	return number > 0 ? heap_getattr(tuple, number, RelationGetDescr(look->table), isnull) : (Datum) 0;
}

void
up_look_end(UpLook *look)
{
	systable_endscan_ordered(look->scan);
	index_close(look->index, AccessShareLock);
	table_close(look->table, AccessShareLock);
}

HeapTuple
up_look_profile(UpLook *look, Oid namespace, const char *profile, const pg_uuid_t *identity)
{
	UpLookKey key = {"name", F_TEXTEQ, CStringGetTextDatum(profile)};
	HeapTuple tuple;
	Datum value;
	bool isnull;

	if (!up_look_begin(look, namespace, "uprofile_profile_definitions", "uprofile_profile_definitions_pkey", 1,
					   &key))
		return NULL;
	tuple = up_look_next(look, ForwardScanDirection);
	if (HeapTupleIsValid(tuple))
	{
		value = up_look_value(look, tuple, "identity", &isnull);
		if (!isnull && memcmp(DatumGetUUIDP(value), identity, UUID_LEN) == 0)
			return tuple;
	}
	up_look_end(look);
	return NULL;
}

int64
up_look_deployed(Oid namespace, const char *model)
{
	UpLookKey key = {"name", F_TEXTEQ, CStringGetTextDatum(model)};
	UpLook look;
	HeapTuple tuple;
	int64 id = 0;
	bool isnull = true;

	if (!up_look_begin(&look, namespace, "uprofile_model_names", "uprofile_model_names_pkey", 1, &key))
		return 0;
	tuple = up_look_next(&look, ForwardScanDirection);
	if (HeapTupleIsValid(tuple))
		id = DatumGetInt64(up_look_value(&look, tuple, "deployed", &isnull));
	up_look_end(&look);
	return isnull ? 0 : id;
}
