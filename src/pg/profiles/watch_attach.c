/*
 * watch_attach.c - triggers put on watched tables, found and taken off; see watch_attach.h
 *
 * Triggers are made with the right of the current role (CREATE TRIGGER asks for it), but removed without one: whoever
 * may use the profile takes its own triggers off again, also from tables that he does not own. What may be removed is
 * known by two marks: the trigger calls our function, and its argument is a number of the profile's own rows in the
 * registry, which nobody else can guess. It may stand on a partition that was taken off.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/dependency.h"
#include "catalog/indexing.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"

#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/io/shards.h"
#include "pg/profiles/watch_attach.h"

typedef struct Kind
{
	const char *name;
	const char *events;
	const char *each;
} Kind;

static const Kind of_statements[] = {
	{"insert", "INSERT", "REFERENCING NEW TABLE AS uprofile_new FOR EACH STATEMENT"},
	{"update", "UPDATE", "REFERENCING OLD TABLE AS uprofile_old NEW TABLE AS uprofile_new FOR EACH STATEMENT"},
	{"delete", "DELETE", "REFERENCING OLD TABLE AS uprofile_old FOR EACH STATEMENT"},
	{"truncate", "TRUNCATE", "FOR EACH STATEMENT"},
};
static const Kind of_rows[] = {
	{"row", "INSERT OR UPDATE OR DELETE", "FOR EACH ROW"},
	{"truncate", "TRUNCATE", "FOR EACH STATEMENT"},
};
/* What a table's triggers must fire for. */
static const int16 all_events[] = {TRIGGER_TYPE_INSERT, TRIGGER_TYPE_UPDATE, TRIGGER_TYPE_DELETE,
								   TRIGGER_TYPE_TRUNCATE};

static char *
trigger_name(int64 id, const Kind *kind)
{
	return psprintf("uprofile_" INT64_FORMAT "_%s", id, kind->name);
}

void
up_watch_check_table(Oid relation)
{
	char kind = get_rel_relkind(relation);

	if (kind == RELKIND_FOREIGN_TABLE)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("foreign table %s cannot be watched", up_relation_name(relation)),
						errdetail("What changes it elsewhere fires no trigger here."),
						errhint("Leave it out: then each refresh computes everybody, or with the policy "
								"\"full_every\" who changed elsewhere, and all at that interval.")));
	if (up_is_sharded(relation))
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("distributed table %s cannot be watched", up_relation_name(relation)),
						errdetail("What changes its shards on other nodes fires no trigger here."),
						errhint("Leave it out: then each refresh computes everybody, or with the policy "
								"\"full_every\" who changed elsewhere, and all at that interval.")));
	if (kind != RELKIND_RELATION && kind != RELKIND_PARTITIONED_TABLE)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("%s cannot be watched: it is no table", up_relation_name(relation))));
	if (get_rel_persistence(relation) == RELPERSISTENCE_TEMP)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("temporary table \"%s\" cannot be watched", get_rel_name(relation)),
						errdetail("Other sessions do not see it.")));
	if (pg_class_aclcheck(relation, GetUserId(), ACL_TRIGGER) != ACLCHECK_OK)
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("permission denied to watch table %s", up_relation_name(relation)),
						errhint("Let its owner run: GRANT TRIGGER ON %s TO %s;", up_relation_name(relation),
								quote_identifier(GetUserNameFromId(GetUserId(), false)))));
}

/* So that DROP EXTENSION takes the trigger with it. ALTER TRIGGER … DEPENDS ON EXTENSION asks for the table's owner. */
static void
depend_on_extension(Oid trigger, Oid trigger_function)
{
	ObjectAddress depender, extension;

	ObjectAddressSet(depender, TriggerRelationId, trigger);
	ObjectAddressSet(extension, ExtensionRelationId,
					 getExtensionOfObject(ProcedureRelationId, trigger_function));
	if (OidIsValid(extension.objectId))
		recordDependencyOn(&depender, &extension, DEPENDENCY_AUTO_EXTENSION);
}

static bool
is_own(Oid relation)
{
#if PG_VERSION_NUM >= 160000
	return object_ownercheck(RelationRelationId, relation, GetUserId());
#else
	return pg_class_ownercheck(relation, GetUserId());
#endif
}

static void
make_trigger(Oid trigger_function, int64 id, UpWatchForm form, const Kind *kind, Oid relation)
{
	char *function = quote_qualified_identifier(get_namespace_name(get_func_namespace(trigger_function)),
												get_func_name(trigger_function));
	char *name = trigger_name(id, kind);

	up_query(false,
			 psprintf("CREATE TRIGGER %s AFTER %s ON %s %s EXECUTE FUNCTION %s('" INT64_FORMAT "')", name,
					  kind->events, up_relation_name(relation), kind->each, function, id),
			 0, NULL, NULL, NULL);
	CommandCounterIncrement();
	depend_on_extension(get_trigger_oid(relation, name, false), trigger_function);
	if (form == UP_WATCH_ALWAYS)
		up_query(false, psprintf("ALTER TABLE %s ENABLE ALWAYS TRIGGER %s", up_relation_name(relation), name),
				 0, NULL, NULL, NULL);
}

void
up_watch_attach(Oid trigger_function, int64 id, UpWatchForm form, Oid relation)
{
	const Kind *kinds = form == UP_WATCH_STATEMENT ? of_statements : of_rows;
	int n = form == UP_WATCH_STATEMENT ? (int) lengthof(of_statements) : (int) lengthof(of_rows);

	up_watch_check_table(relation);
	if (form == UP_WATCH_ALWAYS && !is_own(relation))
		ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
						errmsg("must be owner of table %s to watch what is replicated into it",
							   up_relation_name(relation)),
						errdetail("A trigger that fires ALWAYS is enabled by the table's owner.")));
	for (int i = 0; i < n; i++)
	{
		if (!OidIsValid(get_trigger_oid(relation, trigger_name(id, &kinds[i]), true)))
			make_trigger(trigger_function, id, form, &kinds[i], relation);
	}
}

/* ---- what there is ----------------------------------------------------------------------------------------- */

typedef struct Found
{
	Oid trigger;
	Oid relation;
	int64 id;
	char enabled;
	int16 type;
	bool cloned; /* by the server, from the one of a partitioned table */
} Found;

/* Whether it is one that calls our function. */
static bool
describe_trigger(HeapTuple tuple, TupleDesc desc, Oid trigger_function, Found *found)
{
	Form_pg_trigger form = (Form_pg_trigger) GETSTRUCT(tuple);
	bytea *bytes;
	bool isnull;
	Datum args = heap_getattr(tuple, Anum_pg_trigger_tgargs, desc, &isnull);

	if (isnull || form->tgfoid != trigger_function || form->tgnargs != 1 ||
		(form->tgisinternal && !OidIsValid(form->tgparentid)))
		return false;
	bytes = DatumGetByteaPP(args);
	found->trigger = form->oid;
	found->relation = form->tgrelid;
	found->enabled = form->tgenabled;
	found->type = form->tgtype;
	found->cloned = OidIsValid(form->tgparentid);
	found->id = strtoll(pnstrdup(VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes)), NULL, 10);
	return true;
}

/* Ours among the triggers that have this in a column of the catalogue. */
static List *
read_triggers(Oid trigger_function, AttrNumber column, Oid value, Oid index)
{
	Relation relation = table_open(TriggerRelationId, AccessShareLock);
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	List *list = NIL;

	ScanKeyInit(&key, column, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(value));
	scan = systable_beginscan(relation, index, true, NULL, 1, &key);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Found *found = palloc(sizeof(Found));

		if (describe_trigger(tuple, RelationGetDescr(relation), trigger_function, found))
			list = lappend(list, found);
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return list;
}

List *
up_watch_attached(Oid trigger_function)
{
	Relation relation = table_open(DependRelationId, AccessShareLock);
	ScanKeyData keys[2];
	SysScanDesc scan;
	HeapTuple tuple;
	List *list = NIL;

	ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(ProcedureRelationId));
	ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
				ObjectIdGetDatum(trigger_function));
	scan = systable_beginscan(relation, DependReferenceIndexId, true, NULL, 2, keys);
	while (HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Form_pg_depend form = (Form_pg_depend) GETSTRUCT(tuple);

		if (form->classid == TriggerRelationId)
			list = list_concat(
				list, read_triggers(trigger_function, Anum_pg_trigger_oid, form->objid, TriggerOidIndexId));
	}
	systable_endscan(scan);
	table_close(relation, AccessShareLock);
	return list;
}

void
up_watch_detach(const UpWatch *w, List *triggers)
{
	ListCell *cell;

	foreach (cell, triggers)
	{
		Found *found = lfirst(cell);
		ObjectAddress address;
		Relation relation;

		/* A clone goes with what it was cloned from. */
		if (found->id != w->id || found->cloned)
			continue;
		relation = try_relation_open(found->relation, ShareRowExclusiveLock);
		if (relation == NULL)
			continue;
		ObjectAddressSet(address, TriggerRelationId, found->trigger);
		relation_close(relation, NoLock);
		performDeletion(&address, DROP_RESTRICT, PERFORM_DELETION_INTERNAL | PERFORM_DELETION_QUIETLY);
	}
}

/* Whether triggers of the table fire for all that may happen to it; disabled ones count as missing. */
static bool
is_fired(const UpWatch *w, const Found *found)
{
	if (w->form == UP_WATCH_ALWAYS)
		return found->enabled == TRIGGER_FIRES_ALWAYS;
	return found->enabled != TRIGGER_DISABLED && found->enabled != TRIGGER_FIRES_ON_REPLICA;
}

bool
up_watch_fires(const UpWatch *w, Oid relation, Oid trigger_function)
{
	int events = 0;
	ListCell *cell;

	foreach (cell, read_triggers(trigger_function, Anum_pg_trigger_tgrelid, relation, TriggerRelidNameIndexId))
	{
		Found *found = lfirst(cell);

		if (found->id != w->id || !is_fired(w, found))
			continue;
		for (int i = 0; i < (int) lengthof(all_events); i++)
			events |= found->type & all_events[i];
	}
	for (int i = 0; i < (int) lengthof(all_events); i++)
	{
		if ((events & all_events[i]) == 0)
			return false;
	}
	return true;
}
