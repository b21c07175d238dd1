/*
 * watch_read.c - rows of uprofile_watches; see watch_read.h
 *
 * A trigger reads its row whatever the writer's rights are, and with the newest snapshot: a transaction that began
 * before the watch was installed has the triggers as well, since catalogues are always read as they are now.
 */
#include "postgres.h"

#include "access/genam.h"
#include "access/htup_details.h"
#include "access/table.h"
#include "access/xlog.h"
#include "catalog/namespace.h"
#include "catalog/partition.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_inherits.h"
#include "catalog/pg_proc.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"

#include "pg/profiles/watch.h"
#include "pg/profiles/watch_read.h"
#include "pg/io/query.h"

/* The columns of uprofile_watches. */
enum
{
	W_ID,
	W_PROFILE,
	W_TABLE_SCHEMA,
	W_TABLE_NAME,
	W_TABLE_OID,
	W_QUEUE_SCHEMA,
	W_QUEUE_NAME,
	W_QUEUE_OID,
	W_OIDS_OF,
	W_LEAVES,
	W_COLUMN_NAMES,
	W_KEY_QUERY,
	W_FOUND,
	W_FORM,
	W_N
};

typedef struct Book
{
	const char *table, *index, *column;
	const char *definitions, *definitions_index;
} Book;

static const Book books[] = {
	[UP_WATCHED_BY_PROFILES] = {"uprofile_watches", "uprofile_watches_pkey", "profile",
								"uprofile_profile_definitions", "uprofile_profile_definitions_pkey"},
	[UP_WATCHED_BY_MINES] = {"uprofile_mine_watches", "uprofile_mine_watches_pkey", "mine",
							 "uprofile_mine_definitions", "uprofile_mine_definitions_pkey"},
};

const char *
up_watch_table(UpWatchBook book)
{
	return books[book].table;
}

const char *
up_watch_column(UpWatchBook book)
{
	return books[book].column;
}

Oid
up_watch_trigger_function(Oid function)
{
	oidvector *none = buildoidvector(NULL, 0);
	Oid trigger = GetSysCacheOid3(PROCNAMEARGSNSP, Anum_pg_proc_oid, CStringGetDatum("uprofile_watch_trigger"),
								  PointerGetDatum(none), ObjectIdGetDatum(get_func_namespace(function)));

	if (!OidIsValid(trigger))
		elog(ERROR, "function uprofile_watch_trigger() does not exist");
	return trigger;
}

char *
up_watch_database(void)
{
	return psprintf(UINT64_FORMAT ".%u", GetSystemIdentifier(), MyDatabaseId);
}

const char *const up_watch_form_names[] = {"statement", "row", "always"};

static UpWatchForm
form_of(const char *name)
{
	for (int i = UP_WATCH_ROW; i <= UP_WATCH_ALWAYS; i++)
	{
		if (strcmp(name, up_watch_form_names[i]) == 0)
			return (UpWatchForm) i;
	}
	return UP_WATCH_STATEMENT;
}

static void
fill(UpWatch *w, HeapTuple tuple, TupleDesc desc)
{
	Datum values[W_N];
	bool nulls[W_N];
	Datum *items;
	char *of;

	if (desc->natts != W_N)
		elog(ERROR, "uprofile_watches has %d columns", desc->natts);
	heap_deform_tuple(tuple, desc, values, nulls);
	memset(w, 0, sizeof(UpWatch));
	w->id = DatumGetInt64(values[W_ID]);
	w->profile = TextDatumGetCString(values[W_PROFILE]);
	w->table_schema = TextDatumGetCString(values[W_TABLE_SCHEMA]);
	w->table_name = TextDatumGetCString(values[W_TABLE_NAME]);
	w->table = DatumGetObjectId(values[W_TABLE_OID]);
	w->queue_schema = TextDatumGetCString(values[W_QUEUE_SCHEMA]);
	w->queue_name = TextDatumGetCString(values[W_QUEUE_NAME]);
	w->queue = DatumGetObjectId(values[W_QUEUE_OID]);
	of = TextDatumGetCString(values[W_OIDS_OF]);
	w->here = strcmp(of, up_watch_database()) == 0;
	deconstruct_array(DatumGetArrayTypeP(values[W_LEAVES]), OIDOID, sizeof(Oid), true, TYPALIGN_INT, &items,
					  NULL, &w->n_leaves);
	w->leaves = palloc(sizeof(Oid) * Max(w->n_leaves, 1));
	for (int i = 0; i < w->n_leaves; i++)
		w->leaves[i] = DatumGetObjectId(items[i]);
	deconstruct_array(DatumGetArrayTypeP(values[W_COLUMN_NAMES]), TEXTOID, -1, false, TYPALIGN_INT, &items,
					  NULL, &w->n_columns);
	w->n_columns = Min(w->n_columns, UP_MAX_KEY);
	for (int i = 0; i < w->n_columns; i++)
		w->columns[i] = TextDatumGetCString(items[i]);
	w->key_query = nulls[W_KEY_QUERY] ? NULL : TextDatumGetCString(values[W_KEY_QUERY]);
	w->found = TextDatumGetCString(values[W_FOUND]);
	w->form = form_of(TextDatumGetCString(values[W_FORM]));
}

/* The first row that the index finds. */
static bool
read_row(Oid namespace, const char *table, const char *index, ScanKeyData *key,
		 void (*use)(void *arg, HeapTuple tuple, TupleDesc desc), void *arg)
{
	Oid table_oid = get_relname_relid(table, namespace);
	Oid index_oid = get_relname_relid(index, namespace);
	Relation relation;
	Snapshot snapshot;
	SysScanDesc scan;
	HeapTuple tuple;

	if (!OidIsValid(table_oid) || !OidIsValid(index_oid))
		return false;
	relation = table_open(table_oid, AccessShareLock);
	snapshot = RegisterSnapshot(GetLatestSnapshot());
	scan = systable_beginscan(relation, index_oid, true, snapshot, 1, key);
	tuple = systable_getnext(scan);
	if (HeapTupleIsValid(tuple))
		use(arg, tuple, RelationGetDescr(relation));
	systable_endscan(scan);
	UnregisterSnapshot(snapshot);
	table_close(relation, AccessShareLock);
	return HeapTupleIsValid(tuple);
}

static void
use_watch(void *arg, HeapTuple tuple, TupleDesc desc)
{
	fill(arg, tuple, desc);
}

bool
up_watch_read(Oid extension_namespace, int64 id, UpWatch *watch)
{
	ScanKeyData key;

	ScanKeyInit(&key, 1, BTEqualStrategyNumber, F_INT8EQ, Int64GetDatum(id));
	for (int book = UP_WATCHED_BY_PROFILES; book <= UP_WATCHED_BY_MINES; book++)
	{
		if (read_row(extension_namespace, books[book].table, books[book].index, &key, use_watch, watch))
		{
			watch->book = (UpWatchBook) book;
			return true;
		}
	}
	return false;
}

static void
use_owner(void *arg, HeapTuple tuple, TupleDesc desc)
{
	for (int i = 0; i < desc->natts; i++)
	{
		bool isnull;
		Datum value;

		if (strcmp(NameStr(TupleDescAttr(desc, i)->attname), "owner_oid") != 0)
			continue;
		value = heap_getattr(tuple, i + 1, desc, &isnull);
		if (!isnull)
			*(Oid *) arg = DatumGetObjectId(value);
	}
}

Oid
up_watch_owner_in(UpWatchBook book, Oid extension_namespace, const char *name)
{
	Oid owner = InvalidOid;
	ScanKeyData key;

	ScanKeyEntryInitialize(&key, 0, 1, BTEqualStrategyNumber, InvalidOid, DEFAULT_COLLATION_OID, F_TEXTEQ,
						   CStringGetTextDatum(name));
	read_row(extension_namespace, books[book].definitions, books[book].definitions_index, &key, use_owner,
			 &owner);
	return owner;
}

Oid
up_watch_profile_owner(Oid extension_namespace, const char *profile)
{
	return up_watch_owner_in(UP_WATCHED_BY_PROFILES, extension_namespace, profile);
}

static bool
is_root(const UpWatch *w, Oid relation)
{
	if (w->here)
		return relation == w->table;
	return strcmp(get_rel_name(relation), w->table_name) == 0 &&
		   strcmp(get_namespace_name(get_rel_namespace(relation)), w->table_schema) == 0;
}

/* Whether a parent, or its parent, is the watched table. */
static bool
descends(const UpWatch *w, Oid relation, int depth)
{
	Relation inherits;
	ScanKeyData key;
	SysScanDesc scan;
	HeapTuple tuple;
	bool found = false;

	if (depth > 32)
		return false;
	inherits = table_open(InheritsRelationId, AccessShareLock);
	ScanKeyInit(&key, Anum_pg_inherits_inhrelid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(relation));
	scan = systable_beginscan(inherits, InheritsRelidSeqnoIndexId, true, NULL, 1, &key);
	while (!found && HeapTupleIsValid(tuple = systable_getnext(scan)))
	{
		Oid parent = ((Form_pg_inherits) GETSTRUCT(tuple))->inhparent;

		found = is_root(w, parent) || descends(w, parent, depth + 1);
	}
	systable_endscan(scan);
	table_close(inherits, AccessShareLock);
	return found;
}

bool
up_watch_is_of(const UpWatch *watch, Relation relation)
{
	Oid oid = RelationGetRelid(relation);

	if (is_root(watch, oid))
		return true;
	/* A partition that was taken off may come back: its changes count meanwhile. */
	for (int i = 0; watch->here && i < watch->n_leaves; i++)
	{
		if (watch->leaves[i] == oid)
			return true;
	}
	return descends(watch, oid, 0);
}

List *
up_watch_list_in(UpWatchBook book, const char *schema, const char *name)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(name);
	UpRows r = up_query(false,
						psprintf("SELECT * FROM %s.%s WHERE %s = $1 ORDER BY table_schema, "
								 "table_name, column_names, id",
								 schema, books[book].table, books[book].column),
						1, &type, &value, NULL);
	List *list = NIL;

	for (uint64 i = 0; i < r.n; i++)
	{
		UpWatch *w = palloc(sizeof(UpWatch));

		fill(w, r.rows[i], r.desc);
		w->book = book;
		list = lappend(list, w);
	}
	return list;
}

List *
up_watch_list(const char *schema, const char *profile)
{
	return up_watch_list_in(UP_WATCHED_BY_PROFILES, schema, profile);
}

/* ---- where it stands --------------------------------------------------------------------------------------------- */

Oid
up_watch_table_oid(const UpWatch *w)
{
	Oid namespace;

	if (w->here)
		return get_rel_name(w->table) != NULL ? w->table : InvalidOid;
	namespace = get_namespace_oid(w->table_schema, true);
	return OidIsValid(namespace) ? get_relname_relid(w->table_name, namespace) : InvalidOid;
}

Oid
up_watch_queue_oid(const UpWatch *w)
{
	Oid namespace = get_namespace_oid(w->queue_schema, true);

	if (w->here)
		return get_rel_relkind(w->queue) == RELKIND_RELATION ? w->queue : InvalidOid;
	return OidIsValid(namespace) ? get_relname_relid(w->queue_name, namespace) : InvalidOid;
}

List *
up_watch_family(Oid relation)
{
	return find_all_inheritors(relation, NoLock, NULL);
}

List *
up_watch_leaves(Oid relation)
{
	return list_delete_first(up_watch_family(relation));
}

Datum
up_watch_leaves_array(Oid relation)
{
	List *leaves = up_watch_leaves(relation);
	Datum *values = palloc(sizeof(Datum) * (Size) Max(list_length(leaves), 1));
	int n = 0;
	ListCell *cell;

	foreach (cell, leaves)
		values[n++] = ObjectIdGetDatum(lfirst_oid(cell));
	return PointerGetDatum(construct_array(values, n, OIDOID, sizeof(Oid), true, TYPALIGN_INT));
}
