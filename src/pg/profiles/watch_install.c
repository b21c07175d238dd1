/*
 * watch_install.c - making, checking and removing the triggers and queues of watched tables; see watch_install.h
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
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_depend.h"
#include "catalog/pg_extension.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_trigger.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/syscache.h"
#include "utils/typcache.h"

#include "base/platform.h"
#include "pg/profiles/queue.h"
#include "pg/profiles/watch.h"
#include "pg/profiles/watch_install.h"
#include "pg/profiles/watch_read.h"
#include "pg/io/nearest.h"
#include "pg/io/relation.h"
#include "pg/io/query.h"
#include "pg/io/shards.h"

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

/* The table with its partitions and children: a statement that names one of them fires its own triggers only. */
static List *
members(Oid relation)
{
	return find_all_inheritors(relation, NoLock, NULL);
}

static char *
trigger_name(int64 id, const Kind *kind)
{
	return psprintf("uprofile_" INT64_FORMAT "_%s", id, kind->name);
}

static void
check_table(Oid relation)
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

static void
make_triggers(Oid trigger_function, int64 id, UpWatchForm form, Oid relation)
{
	const Kind *kinds = form == UP_WATCH_STATEMENT ? of_statements : of_rows;
	int n = form == UP_WATCH_STATEMENT ? (int) lengthof(of_statements) : (int) lengthof(of_rows);

	check_table(relation);
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

/* A number that nobody can guess, so that nobody can take it before us. */
static int64
new_id(void)
{
	uint64 id;

	if (!pg_strong_random(&id, sizeof(id)))
		ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("could not generate random values")));
	return (int64) (id >> 2) + 1;
}

static Oid
make_queue(const char *schema, const char *name, int n, const Oid *types)
{
	Oid namespace = get_namespace_oid(schema, false);

	if (OidIsValid(get_relname_relid(name, namespace)))
		ereport(ERROR,
				(errcode(ERRCODE_DUPLICATE_TABLE),
				 errmsg("relation %s already exists", quote_qualified_identifier(schema, name)),
				 errdetail("The profile's queue needs this name."), errhint("Rename it, or the profile.")));
	up_query(false, up_queue_definition(schema, name, n, types), 0, NULL, NULL, NULL);
	CommandCounterIncrement();
	return get_relname_relid(name, namespace);
}

static Datum
oid_array(List *oids)
{
	Datum *values = palloc(sizeof(Datum) * (Size) Max(list_length(oids), 1));
	int n = 0;
	ListCell *cell;

	foreach (cell, oids)
		values[n++] = ObjectIdGetDatum(lfirst_oid(cell));
	return PointerGetDatum(construct_array(values, n, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}

static Datum
text_array(List *names)
{
	Datum *values = palloc(sizeof(Datum) * (Size) Max(list_length(names), 1));
	int n = 0;
	ListCell *cell;

	foreach (cell, names)
		values[n++] = CStringGetTextDatum((char *) lfirst(cell));
	return PointerGetDatum(construct_array(values, n, TEXTOID, -1, false, TYPALIGN_INT));
}

/* Partitions and children, without the table itself. */
static List *
leaves_of(Oid relation)
{
	return list_delete_first(members(relation));
}

static void
store(UpWatchBook book, const char *schema, const char *profile, int64 id, const UpWatchEntry *entry,
	  const char *queue_schema, const char *queue_name, Oid queue)
{
	Oid types[] = {INT8OID, TEXTOID, TEXTOID,     TEXTOID,      OIDOID,  TEXTOID, TEXTOID,
				   OIDOID,  TEXTOID, OIDARRAYOID, TEXTARRAYOID, TEXTOID, TEXTOID, TEXTOID};
	Datum values[] = {
		Int64GetDatum(id),
		CStringGetTextDatum(profile),
		CStringGetTextDatum(get_namespace_name(get_rel_namespace(entry->relation))),
		CStringGetTextDatum(get_rel_name(entry->relation)),
		ObjectIdGetDatum(entry->relation),
		CStringGetTextDatum(queue_schema),
		CStringGetTextDatum(queue_name),
		ObjectIdGetDatum(queue),
		CStringGetTextDatum(up_watch_database()),
		oid_array(leaves_of(entry->relation)),
		text_array(entry->columns),
		entry->key_query != NULL ? CStringGetTextDatum(entry->key_query) : (Datum) 0,
		CStringGetTextDatum(entry->found),
		CStringGetTextDatum(up_watch_form_names[entry->form]),
	};
	char nulls[] = "              ";

	if (entry->key_query == NULL)
		nulls[11] = 'n';
	up_query(false,
			 psprintf("INSERT INTO %s.%s VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, "
					  "$12, $13, $14)",
					  schema, up_watch_table(book)),
			 lengthof(types), types, values, nulls);
}

static Oid
column_type(Oid relation, const char *name)
{
	AttrNumber number = get_attnum(relation, name);

	if (number <= 0)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_COLUMN),
				 errmsg("column \"%s\" of watched table %s does not exist", name, up_relation_name(relation)),
				 up_hint_nearest(up_nearest_column(name, up_relation_columns(relation)), NULL)));
#if PG_VERSION_NUM >= 180000
	if (get_attgenerated(relation, number) == ATTRIBUTE_GENERATED_VIRTUAL)
		ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
						errmsg("column \"%s\" of watched table %s is generated when it is read", name,
							   up_relation_name(relation)),
						errdetail("A trigger sees no value of it."), errhint("Make it STORED.")));
#endif
	return getBaseType(get_atttype(relation, number));
}

/* The columns of a key hold what the key can be. */
static void
check_columns(const UpKey *key, const UpWatchEntry *entry)
{
	if (list_length(entry->columns) != key->n)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("watch entry for table %s names %d columns, but the key has %d",
							   up_relation_name(entry->relation), list_length(entry->columns), key->n)));
	for (int i = 0; i < key->n; i++)
	{
		const char *name = list_nth(entry->columns, i);
		Oid type = column_type(entry->relation, name);
		Oid function;

		if (up_key_conversion(type, key->parts[i].type, &function) == UP_CONVERT_NEVER)
			ereport(
				ERROR,
				(errcode(ERRCODE_DATATYPE_MISMATCH),
				 errmsg("column \"%s\" of watched table %s is of type %s, but the key \"%s\" is of type %s",
						name, up_relation_name(entry->relation), format_type_be(type), key->parts[i].name,
						format_type_be(key->parts[i].type)),
				 errhint("Name the column that holds the key, or write {\"table\": …, \"key\": \"SELECT … FROM "
						 "changed\"}.")));
	}
}

static Oid
queue_for_query(const UpWatchEntry *entry, const char *schema, const char *name)
{
	Oid types[UP_MAX_KEY];
	ListCell *cell;
	int n = 0;

	if (list_length(entry->columns) > UP_MAX_KEY)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the key of watched table %s is found by %d columns, of which there may be %d",
							   up_relation_name(entry->relation), list_length(entry->columns), UP_MAX_KEY)));
	foreach (cell, entry->columns)
		types[n++] = column_type(entry->relation, lfirst(cell));
	for (int i = 0; i < n; i++)
	{
		if (!OidIsValid(lookup_type_cache(types[i], TYPECACHE_CMP_PROC)->cmp_proc))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("the key of watched table %s is found by column \"%s\", whose type %s cannot be "
							"compared",
							up_relation_name(entry->relation), (char *) list_nth(entry->columns, i),
							format_type_be(types[i]))));
	}
	return make_queue(schema, name, n, types);
}

void
up_watch_check(const UpKey *key, List *entries)
{
	ListCell *cell;

	foreach (cell, entries)
	{
		UpWatchEntry *entry = lfirst(cell);

		check_table(entry->relation);
		if (entry->key_query == NULL)
			check_columns(key, entry);
	}
}

void
up_watch_install_in(UpWatchBook book, const char *schema, Oid trigger_function, const char *profile,
					const UpKey *key, List *entries, const char *queue_schema, const char *base)
{
	char *main_name = psprintf("%s_queue", base);
	Oid types[UP_MAX_KEY];
	Oid main_queue = InvalidOid;
	int n_queries = 0;
	ListCell *cell;

	up_watch_check(key, entries);
	for (int i = 0; i < key->n; i++)
		types[i] = key->parts[i].type;
	foreach (cell, entries)
	{
		UpWatchEntry *entry = lfirst(cell);
		int64 id = new_id();
		char *name = main_name;
		Oid queue;
		ListCell *member;

		if (entry->key_query == NULL)
		{
			if (!OidIsValid(main_queue))
				main_queue = make_queue(queue_schema, main_name, key->n, types);
			queue = main_queue;
		}
		else
		{
			name = psprintf("%s_%d", main_name, ++n_queries);
			queue = queue_for_query(entry, queue_schema, name);
		}
		store(book, schema, profile, id, entry, queue_schema, name, queue);
		foreach (member, members(entry->relation))
			make_triggers(trigger_function, id, entry->form, lfirst_oid(member));
	}
}

void
up_watch_install(const char *schema, Oid trigger_function, const char *profile, const UpKey *key, List *entries,
				 const char *queue_schema, const char *base)
{
	up_watch_install_in(UP_WATCHED_BY_PROFILES, schema, trigger_function, profile, key, entries, queue_schema,
						base);
}

/* ---- what there is --------------------------------------------------------------------------------------------- */

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

/* Every trigger that calls our function, on whatever table. */
static List *
all_triggers(Oid trigger_function)
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

static void
remove_triggers(const UpWatch *w, List *triggers)
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

static Oid
queue_oid(const UpWatch *w)
{
	Oid namespace = get_namespace_oid(w->queue_schema, true);

	if (w->here)
		return get_rel_relkind(w->queue) == RELKIND_RELATION ? w->queue : InvalidOid;
	return OidIsValid(namespace) ? get_relname_relid(w->queue_name, namespace) : InvalidOid;
}

/* A registry row may name any table: dropped is only a queue that belongs to the profile's owner. */
static bool
is_queue_of(Oid oid, Oid owner)
{
	Relation queue = OidIsValid(oid) ? try_relation_open(oid, AccessShareLock) : NULL;
	bool is_queue;

	if (queue == NULL)
		return false;
	is_queue = queue->rd_rel->relkind == RELKIND_RELATION && queue->rd_rel->relowner == owner &&
			   up_queue_is_shaped(queue);
	relation_close(queue, AccessShareLock);
	return is_queue;
}

Relation
up_watch_open_queue(const UpWatch *watch, Oid owner, LOCKMODE lock)
{
	Oid oid = queue_oid(watch);
	Relation queue = OidIsValid(oid) ? try_relation_open(oid, lock) : NULL;

	if (queue == NULL)
		return NULL;
	if ((!OidIsValid(owner) || queue->rd_rel->relowner == owner) && up_queue_problem(queue) == NULL)
		return queue;
	relation_close(queue, lock);
	return NULL;
}

void
up_watch_remove_in(UpWatchBook book, const char *schema, Oid trigger_function, const char *name)
{
	List *watches = up_watch_list_in(book, schema, name);
	List *triggers = watches != NIL ? all_triggers(trigger_function) : NIL;
	List *queues = NIL;
	Oid owner = up_watch_owner_in(book, get_func_namespace(trigger_function), name);
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(name);
	ListCell *cell;

	foreach (cell, watches)
	{
		remove_triggers(lfirst(cell), triggers);
		queues = list_append_unique_oid(queues, queue_oid(lfirst(cell)));
	}
	up_query(false,
			 psprintf("DELETE FROM %s.%s WHERE %s = $1", schema, up_watch_table(book), up_watch_column(book)),
			 1, &type, &value, NULL);
	foreach (cell, queues)
	{
		if (is_queue_of(lfirst_oid(cell), owner))
			up_query(false, psprintf("DROP TABLE %s", up_relation_name(lfirst_oid(cell))), 0, NULL, NULL, NULL);
	}
}

void
up_watch_remove(const char *schema, Oid trigger_function, const char *profile)
{
	up_watch_remove_in(UP_WATCHED_BY_PROFILES, schema, trigger_function, profile);
}

/* ---- its state ------------------------------------------------------------------------------------------------- */

static Oid
watched_table(const UpWatch *w)
{
	Oid namespace;

	if (w->here)
		return get_rel_name(w->table) != NULL ? w->table : InvalidOid;
	namespace = get_namespace_oid(w->table_schema, true);
	return OidIsValid(namespace) ? get_relname_relid(w->table_name, namespace) : InvalidOid;
}

/* Whether triggers of the table fire for all that may happen to it; disabled ones count as missing. */
static bool
is_fired(const UpWatch *w, const Found *found)
{
	if (w->form == UP_WATCH_ALWAYS)
		return found->enabled == TRIGGER_FIRES_ALWAYS;
	return found->enabled != TRIGGER_DISABLED && found->enabled != TRIGGER_FIRES_ON_REPLICA;
}

static bool
firing(const UpWatch *w, Oid relation, Oid trigger_function)
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

static const char *
column_problem(const UpWatch *w, Oid table)
{
	for (int i = 0; i < w->n_columns; i++)
	{
		if (get_attnum(table, w->columns[i]) <= 0)
			return psprintf("column \"%s\" is gone", w->columns[i]);
	}
	return NULL;
}

static bool
same_leaves(const UpWatch *w, List *leaves)
{
	if (!w->here)
		return leaves == NIL && w->n_leaves == 0;
	if (list_length(leaves) != w->n_leaves)
		return false;
	for (int i = 0; i < w->n_leaves; i++)
	{
		if (!list_member_oid(leaves, w->leaves[i]))
			return false;
	}
	return true;
}

UpWatchState *
up_watch_state(Oid trigger_function, const UpWatch *watch)
{
	UpWatchState *state = palloc0(sizeof(UpWatchState));
	Oid table = watched_table(watch);
	List *leaves;
	Relation queue;
	ListCell *cell;

	state->watch = watch;
	if (!OidIsValid(table))
	{
		state->problem = "the table is gone";
		return state;
	}
	state->problem = column_problem(watch, table);
	if (!firing(watch, table, trigger_function))
	{
		state->without = list_make1_oid(table);
		state->problem = "a trigger is missing or disabled";
	}
	leaves = leaves_of(table);
	state->leaves_changed = !same_leaves(watch, leaves);
	foreach (cell, leaves)
	{
		if (!firing(watch, lfirst_oid(cell), trigger_function))
			state->without = lappend_oid(state->without, lfirst_oid(cell));
	}
	queue = OidIsValid(queue_oid(watch)) ? try_relation_open(queue_oid(watch), AccessShareLock) : NULL;
	if (queue == NULL)
		state->problem = "the queue is gone";
	else
	{
		if (up_queue_problem(queue) != NULL)
			state->problem = psprintf("the queue %s", up_queue_problem(queue));
		table_close(queue, AccessShareLock);
	}
	return state;
}

void
up_watch_note(const char *schema, const UpWatch *w)
{
	Oid table = watched_table(w);
	Oid types[] = {INT8OID, OIDOID, OIDOID, TEXTOID, OIDARRAYOID};
	Datum values[5];

	if (!OidIsValid(table))
		return;
	values[0] = Int64GetDatum(w->id);
	values[1] = ObjectIdGetDatum(table);
	values[2] = ObjectIdGetDatum(queue_oid(w));
	values[3] = CStringGetTextDatum(up_watch_database());
	values[4] = oid_array(leaves_of(table));
	up_query(false,
			 psprintf("UPDATE %s.%s SET table_oid = $2, queue_oid = $3, oids_of = $4, leaves = $5 WHERE "
					  "id = $1",
					  schema, up_watch_table(w->book)),
			 lengthof(types), types, values, NULL);
}

void
up_watch_mend(const char *schema, Oid trigger_function, const UpWatchState *state)
{
	ListCell *cell;

	foreach (cell, state->without)
		make_triggers(trigger_function, state->watch->id, state->watch->form, lfirst_oid(cell));
	up_watch_note(schema, state->watch);
}

char *
up_watch_files(List *watches)
{
	StringInfoData files;
	ListCell *cell, *member;

	initStringInfo(&files);
	foreach (cell, watches)
	{
		Oid table = watched_table(lfirst(cell));

		foreach (member, OidIsValid(table) ? members(table) : NIL)
		{
			HeapTuple tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(lfirst_oid(member)));

			if (!HeapTupleIsValid(tuple))
				continue;
			appendStringInfo(&files, "%u ", ((Form_pg_class) GETSTRUCT(tuple))->relfilenode);
			ReleaseSysCache(tuple);
		}
	}
	return files.data;
}

UpWatchMembers
up_watch_members_of(List *watches)
{
	UpWatchMembers m = {NIL, true};
	ListCell *cell;

	foreach (cell, watches)
	{
		const UpWatch *w = lfirst(cell);
		Oid table = watched_table(w);
		List *leaves = OidIsValid(table) ? leaves_of(table) : NIL;

		m.known = m.known && same_leaves(w, leaves);
		m.oids = list_concat(lappend_oid(m.oids, table), leaves);
	}
	return m;
}

UpWatchMembers
up_watch_members(const char *schema, const char *profile)
{
	return up_watch_members_of(up_watch_list(schema, profile));
}

void
up_watch_settle_of(List *watches, Oid owner, const UpWatchMembers *before)
{
	UpWatchMembers now = up_watch_members_of(watches);
	Relation queue;

	if (equal(now.oids, before->oids) && (before->known || !IsolationUsesXactSnapshot()))
		return;
	queue = up_watch_open_queue(linitial(watches), owner, RowExclusiveLock);
	if (queue == NULL)
		return;
	up_queue_add_all(queue, "partitions of a watched table changed during the last refresh");
	table_close(queue, NoLock);
}

void
up_watch_settle(const char *schema, const char *profile, Oid owner, const UpWatchMembers *before)
{
	up_watch_settle_of(up_watch_list(schema, profile), owner, before);
}
