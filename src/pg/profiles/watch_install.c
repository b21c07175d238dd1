/*
 * watch_install.c - tables that begin and end to be watched: registry rows, queues, triggers; see watch_install.h
 */
#include "postgres.h"

#include "access/relation.h"
#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"

#include "pg/io/nearest.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/io/texts.h"
#include "pg/profiles/queue.h"
#include "pg/profiles/watch.h"
#include "pg/profiles/watch_attach.h"
#include "pg/profiles/watch_install.h"
#include "pg/profiles/watch_read.h"

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
		up_watch_leaves_array(entry->relation),
		up_text_array(entry->columns),
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

		up_watch_check_table(entry->relation);
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
		foreach (member, up_watch_family(entry->relation))
			up_watch_attach(trigger_function, id, entry->form, lfirst_oid(member));
	}
}

void
up_watch_install(const char *schema, Oid trigger_function, const char *profile, const UpKey *key, List *entries,
				 const char *queue_schema, const char *base)
{
	up_watch_install_in(UP_WATCHED_BY_PROFILES, schema, trigger_function, profile, key, entries, queue_schema,
						base);
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
	Oid oid = up_watch_queue_oid(watch);
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
	List *triggers = watches != NIL ? up_watch_attached(trigger_function) : NIL;
	List *queues = NIL;
	Oid owner = up_watch_owner_in(book, get_func_namespace(trigger_function), name);
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(name);
	ListCell *cell;

	foreach (cell, watches)
	{
		up_watch_detach(lfirst(cell), triggers);
		queues = list_append_unique_oid(queues, up_watch_queue_oid(lfirst(cell)));
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
