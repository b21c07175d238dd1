/*
 * shared.c - reading what another role shares with the current one; see shared.h
 *
 * Row-level security shows a model to its owner alone, with its bytes and its source. Whoever it is shared with sees the
 * row that says so, and no more. So his rights are looked at first, as himself: which roles' models of this name he may use. Then
 * the tables' owner reads, in a security-restricted operation, the model of that name if it is one of these roles', and the deployed version if
 * it is the model's: rows of the registry are untrusted, and "deployed" may name a version of another model.
 */
#include "postgres.h"

#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/regproc.h"
#include "utils/syscache.h"
#include "access/htup_details.h"

#include "pg/io/query.h"
#include "pg/models/registry_guard.h"
#include "pg/models/shared.h"

/* An oid, or InvalidOid where the tables are those of an earlier version. */
static Oid
registry_table(const char *schema, const char *table)
{
	RangeVar *name = makeRangeVarFromNameList(stringToQualifiedNameList(psprintf("%s.%s", schema, table)
#if PG_VERSION_NUM >= 160000
																			,
																		NULL
#endif
																		));

	return RangeVarGetRelid(name, NoLock, true);
}

void
up_shared_begin(UpAsRole *before, const char *schema)
{
	HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(registry_table(schema, "uprofile_model_names")));
	Oid owner;

	if (!HeapTupleIsValid(tuple))
		elog(ERROR, "table uprofile_model_names does not exist");
	owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
	ReleaseSysCache(tuple);
	up_as_role_begin(before, owner, "pg_catalog");
}

/* What the current role may use under a name: rows of owner_oid and profile, the latter where the profile is shared. */
static UpRows
rights(const char *schema, const char *model, const char *profile)
{
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {model != NULL ? CStringGetTextDatum(model) : (Datum) 0,
					  profile != NULL ? CStringGetTextDatum(profile) : (Datum) 0};
	char nulls[] = {model != NULL ? ' ' : 'n', profile != NULL ? ' ' : 'n', '\0'};

	up_registry_guard(schema, AccessShareLock);
	return up_query(
		true,
		psprintf("SELECT DISTINCT owner_oid, profile FROM %s.uprofile_granted WHERE (model = $1 OR profile = "
				 "$2) AND owner_mark = (SELECT mark FROM %s.uprofile_installation) AND "
				 "pg_has_role(grantee_oid, 'USAGE')",
				 schema, schema),
		2, types, values, nulls);
}

static Datum
array_of(const UpRows *r, const char *column, Oid type, int16 len, bool byval)
{
	Datum *values = palloc(sizeof(Datum) * Max(r->n, 1));
	bool *nulls = palloc(sizeof(bool) * Max(r->n, 1));
	int n = (int) r->n, lower = 1;

	for (int i = 0; i < n; i++)
		values[i] = up_rows_get(r, (uint64) i, column, &nulls[i]);
	return PointerGetDatum(construct_md_array(values, nulls, 1, &n, &lower, type, len, byval, TYPALIGN_INT));
}

int64
up_shared_deployed(const char *schema, const char *name)
{
	const char *dot = strrchr(name, '.');
	Oid types[] = {TEXTOID, OIDARRAYOID, TEXTARRAYOID, TEXTOID};
	Datum values[lengthof(types)];
	char nulls[] = "    ";
	UpAsRole before;
	UpRows r;
	int64 id;
	bool isnull;

	if (!OidIsValid(registry_table(schema, "uprofile_granted")))
		return -1;
	r = rights(schema, name, dot != NULL ? pnstrdup(name, (Size) (dot - name)) : NULL);
	if (r.n == 0)
		return -1;
	values[0] = CStringGetTextDatum(name);
	values[1] = array_of(&r, "owner_oid", OIDOID, sizeof(Oid), true);
	values[2] = array_of(&r, "profile", TEXTOID, -1, false);
	values[3] = dot != NULL ? CStringGetTextDatum(dot + 1) : (Datum) 0;
	nulls[3] = dot != NULL ? ' ' : 'n';
	up_shared_begin(&before, schema);
	r = up_query(
		true,
		psprintf(
			"SELECT coalesce(v.id, 0) AS id FROM %s.uprofile_model_names n LEFT JOIN "
			"%s.uprofile_model_versions v "
			"ON v.id = n.deployed AND v.model = n.name WHERE n.name = $1 AND n.owner_mark = (SELECT mark FROM "
			"%s.uprofile_installation) AND EXISTS (SELECT FROM unnest($2, $3) g (owner_oid, profile) WHERE "
			"g.owner_oid = n.owner_oid AND (g.profile IS NULL OR EXISTS (SELECT FROM "
			"%s.uprofile_profile_definitions d WHERE d.name = g.profile AND d.owner_oid = n.owner_oid AND "
			"d.owner_mark = n.owner_mark AND d.models ? $4)))",
			schema, schema, schema, schema),
		lengthof(types), types, values, nulls);
	id = r.n == 0 ? -1 : DatumGetInt64(up_rows_get(&r, 0, "id", &isnull));
	up_as_role_end(&before);
	return id;
}

bytea *
up_shared_bytes(const char *schema, int64 id)
{
	Oid type = INT8OID;
	Datum value = Int64GetDatum(id);
	bytea *bytes;
	UpAsRole before;
	UpRows r;
	bool isnull;

	up_shared_begin(&before, schema);
	r = up_query(true, psprintf("SELECT bytes FROM %s.uprofile_model_versions WHERE id = $1", schema), 1, &type,
				 &value, NULL);
	if (r.n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT), errmsg("a deployed version of a model is not there")));
	bytes = (bytea *) PG_DETOAST_DATUM_COPY(up_rows_get(&r, 0, "bytes", &isnull));
	up_as_role_end(&before);
	return bytes;
}

bool
up_shared_profile(const char *schema, const char *name)
{
	Oid types[] = {TEXTOID, OIDARRAYOID};
	Datum values[lengthof(types)];
	UpAsRole before;
	UpRows r;

	if (!OidIsValid(registry_table(schema, "uprofile_granted")))
		return false;
	r = rights(schema, NULL, name);
	if (r.n == 0)
		return false;
	values[0] = CStringGetTextDatum(name);
	values[1] = array_of(&r, "owner_oid", OIDOID, sizeof(Oid), true);
	up_shared_begin(&before, schema);
	r = up_query(
		true,
		psprintf("SELECT FROM %s.uprofile_profile_definitions d WHERE d.name = $1 AND d.owner_oid = ANY ($2) "
				 "AND d.owner_mark = (SELECT mark FROM %s.uprofile_installation)",
				 schema, schema),
		lengthof(types), types, values, NULL);
	up_as_role_end(&before);
	return r.processed > 0;
}
