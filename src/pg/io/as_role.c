/*
 * as_role.c - running stored text as the role that it belongs to; see as_role.h
 *
 * A role that stores a text may have put anything into it and into what it calls: functions of the source, operators,
 * triggers, defaults, checks and index expressions of the table. None of it may run with more rights than that role
 * has, also when a superuser starts it, and nothing may stay behind that runs later with the starter's: so temporary
 * tables, deferred triggers, held cursors and SET ROLE are refused by the server, and settings are taken back. Types in
 * the temporary schema, each of which takes the place of every other type of its name, are refused by the newest servers
 * alone: that none came is looked at in the end.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/indexing.h"
#include "catalog/namespace.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_namespace.h"
#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/guc.h"
#include "utils/varlena.h"

#include "pg/io/as_role.h"
#include "pg/io/local_setting.h"

char *
up_stored_path(const char *search_path)
{
	List *names;
	ListCell *cell;
	StringInfoData path;

	initStringInfo(&path);
	if (!SplitIdentifierString(pstrdup(search_path), ',', &names))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the search_path \"%s\" is not a list of schemas", search_path)));
	foreach (cell, names)
	{
		const char *name = lfirst(cell);

		if (strncmp(name, "pg_temp", strlen("pg_temp")) != 0)
			appendStringInfo(&path, "%s, ", quote_identifier(name));
	}
	appendStringInfoString(&path, "pg_temp");
	return path.data;
}

/* The sum of the OIDs of the types in the session's temporary schema, but for those of tables: 0 if there are none. */
static uint64
sum_temporary_types(void)
{
	Oid schema, toast;
	Relation depend;
	SysScanDesc scan;
	ScanKeyData keys[2];
	HeapTuple tuple;
	uint64 sum = 0;

	GetTempNamespaceState(&schema, &toast);
	if (!OidIsValid(schema))
		return 0;
	depend = table_open(DependRelationId, AccessShareLock);
	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(NamespaceRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(schema));
	scan = systable_beginscan(depend, DependReferenceIndexId, true, NULL, lengthof(keys), keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend row = (Form_pg_depend) GETSTRUCT(tuple);

		if (row->classid == TypeRelationId)
			sum += row->objid;
	}
	systable_endscan(scan);
	table_close(depend, AccessShareLock);
	return sum;
}

void
up_as_role_begin(UpAsRole *before, Oid role, const char *search_path)
{
	char *path = up_stored_path(search_path);

	GetUserIdAndSecContext(&before->user, &before->security);
	SetUserIdAndSecContext(role, before->security | SECURITY_RESTRICTED_OPERATION);
	before->role = role;
	before->temporary_types = sum_temporary_types();
	before->settings = NewGUCNestLevel();
	up_set_locally("search_path", path);
	/* Else the starter's own setting could show hidden rows as an error. */
	up_set_locally("row_security", "on");
}

void
up_as_role_end(const UpAsRole *before)
{
	/* Not kept: what a function of the source sets must not hold for the starter's next statement. */
	AtEOXact_GUC(false, before->settings);
	SetUserIdAndSecContext(before->user, before->security);
	if (sum_temporary_types() != before->temporary_types)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("what was run as role \"%s\" changed the types of the session's temporary schema",
						GetUserNameFromId(before->role, false)),
				 errdetail("One that stays there would take the place of another type in later statements.")));
}
