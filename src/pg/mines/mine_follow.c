/*
 * mine_follow.c - which baskets of a watched mine have changed; see mine_follow.h
 *
 * Baskets are known by the text of their keys, but queues hold values, each of which may stand for others that are equal. So keys
 * are of types in which equal values have one text.
 * Rows leave a window by time alone: those that are there now, between where it began at the last refresh and where it begins.
 * Others that left were changed or deleted as well, so that their baskets are on the queue.
 */
#include "postgres.h"

#include "access/table.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "pg/io/as_role.h"
#include "pg/io/query.h"
#include "pg/io/source_query.h"
#include "pg/mines/mine_follow.h"
#include "pg/profiles/follow.h"
#include "pg/profiles/keys.h"
#include "pg/profiles/queue_keys.h"
#include "pg/profiles/source_analysis.h"
#include "pg/profiles/source_calls.h"
#include "pg/profiles/watch_install.h"
#include "pg/profiles/watch_read.h"
#include "pg/profiles/watch_state.h"
#include "pg/profiles/watch_spec.h"
#include "pg/profiles/watch_start.h"

#define MANY_KEYS   100 /* from which on a share of the baskets counts */
#define LARGE_SHARE 0.2
#define FILES       " files: " /* what stands before them in an identity */

/* ---- what can be followed ---- */

/* Types in which equal values have one text, as baskets are told apart. */
static bool
has_one_text(const UpKeyPart *key)
{
	static const Oid types[] = {BOOLOID,   CHAROID,    INT2OID, INT4OID,      INT8OID,        OIDOID, FLOAT4OID,
								FLOAT8OID, NUMERICOID, DATEOID, TIMESTAMPOID, TIMESTAMPTZOID, UUIDOID};

	if (key->type == TEXTOID || key->type == VARCHAROID)
		return !OidIsValid(key->collation) || get_collation_isdeterministic(key->collation);
	for (size_t i = 0; i < lengthof(types); i++)
	{
		if (key->type == types[i])
			return true;
	}
	return get_typtype(key->type) == TYPTYPE_ENUM;
}

/* Why single baskets cannot be followed, texts; none: they can. */
static List *
obstacles(const UpFollowedMine *m, const UpSourceAnalysis *source, const UpWatchPlan *plan)
{
	List *found = up_watch_obstacles(plan);
	const UpKeyPart *key = &source->key.parts[0];

	if (source->clock != NIL)
		found = lappend(found, psprintf("the source reads %s, so that baskets change with time alone; give "
										"event_time and time_window in its place",
										((UpClockUse *) linitial(source->clock))->what));
	if (!has_one_text(key))
		found = lappend(found, psprintf("basket column \"%s\" is of type %s, of which equal values may have "
										"different texts",
										m->basket, format_type_be(key->type)));
	if (found == NIL && !plan->keyed)
		found = lappend(found, pstrdup("the source reads no table"));
	return found;
}

static UpSourceAnalysis *
analyse(const UpFollowedMine *m)
{
	return up_source_analyse(up_source_query(m->source), up_key_columns_text(1, &m->basket), NULL);
}

/* A name for the queue, in the schema where the owner makes tables. */
static char *
queue_base(const UpFollowedMine *m, Oid namespace)
{
	int len = pg_mbcliplen(m->name, (int) strlen(m->name), NAMEDATALEN - 24);
	char *first = psprintf("%.*s_mine", len, m->name), *base = first;

	for (int i = 2; OidIsValid(get_relname_relid(psprintf("%s_queue", base), namespace)); i++)
		base = psprintf("%s_%d", first, i);
	return base;
}

static Oid
queue_schema(const UpFollowedMine *m)
{
	List *path = fetch_search_path(false);
	Oid namespace = path == NIL ? InvalidOid : linitial_oid(path);

	if (!OidIsValid(namespace))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA), errmsg("the queue of mine \"%s\" needs a schema", m->name),
				 errhint("Set search_path so that it begins with a schema in which you may make tables.")));
	if (isTempNamespace(namespace))
		ereport(ERROR, (errcode(ERRCODE_INVALID_TABLE_DEFINITION),
						errmsg("the queue of mine \"%s\" would be temporary", m->name),
						errhint("Let search_path begin with another schema than pg_temp.")));
	return namespace;
}

Oid
up_mine_trigger_function(Oid function)
{
	return up_watch_trigger_function(function);
}

void
up_mine_watch_start(const UpFollowedMine *m)
{
	UpWatchSpec *spec = m->watch != NULL ? up_watch_parse(m->watch) : NULL;
	UpSourceAnalysis *source;
	UpWatchPlan *plan;
	List *against;
	Oid namespace;

	up_query_refuse_temporary(up_source_query(m->source), psprintf("mine \"%s\"", m->name),
							  "uprofile_itemsets and uprofile_apriori read temporary tables.");
	if (spec == NULL || spec->mode == UP_WATCH_NONE)
		return;
	source = analyse(m);
	plan = up_watch_plan(spec, source, false);
	if (spec->mode == UP_WATCH_LIST)
		up_watch_check(&source->key, plan->entries);
	against = obstacles(m, source, plan);
	if (against != NIL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("mine \"%s\" cannot follow its baskets one by one", m->name),
						errdetail_internal("%s.", up_watch_join(against, ".\n")),
						errhint("Without watch each refresh reads the whole source and compares.")));
	namespace = queue_schema(m);
	up_watch_install_in(UP_WATCHED_BY_MINES, m->schema, m->trigger_function, m->name, &source->key,
						plan->entries, get_namespace_name(namespace), queue_base(m, namespace));
}

void
up_mine_watch_end(const UpFollowedMine *m)
{
	up_watch_remove_in(UP_WATCHED_BY_MINES, m->schema, m->trigger_function, m->name);
}

/* ---- what a refresh reads ---- */

/* All that the baskets depend on but rows; files of tables last, since no trigger fires when one is written anew. */
static const char *
identity(const UpFollowedMine *m, List *watches)
{
	TupleDesc columns;
	Query *query = up_query_parse(up_source_query(m->source), NULL, &columns);

	return psprintf("%s %s %s" FILES "%s", up_follow_hash(nodeToString(query)),
					up_follow_hash(up_calls_bodies(query)),
					m->since != NULL ? GetConfigOption("TimeZone", false, false) : "", up_watch_files(watches));
}

/* Why the source as it is now cannot be followed with these watches, or NULL. */
static const char *
not_covered(const UpFollowedMine *m, List *watches)
{
	UpSourceAnalysis *source = analyse(m);
	UpWatchPlan *plan = up_watch_plan(up_watch_parse(m->watch), source, false);
	List *against = obstacles(m, source, plan);
	ListCell *cell;

	if (against != NIL)
		return linitial(against);
	foreach (cell, plan->entries)
	{
		const UpWatchEntry *entry = lfirst(cell);

		if (!up_follow_watches(watches, entry))
			return psprintf("table %s is not watched; drop the mine and make it again to watch it",
							quote_identifier(get_rel_name(entry->relation)));
	}
	return NULL;
}

/* Whether identities are the same without the files. */
static bool
same_definition(const char *a, const char *b)
{
	size_t n = (size_t) (strstr(a, FILES) - a), n_b = (size_t) (strstr(b, FILES) - b);

	return n == n_b && memcmp(a, b, n) == 0;
}

/* on_queue: why what the queue has is not enough, or NULL. */
static const char *
why_all(const UpFollowedMine *m, UpMineChanges *c, List *watches, const char *on_queue)
{
	const char *problem;

	if (m->covered == NULL || strstr(m->covered, FILES) == NULL || !same_definition(m->covered, c->covered))
	{
		problem = not_covered(m, watches);
		if (problem == NULL)
			return m->covered == NULL ? "it is the first time"
									  : "the source, or a view or function that it uses, has changed";
		c->covered = NULL;
		return problem;
	}
	if (on_queue != NULL)
		return on_queue;
	if (strcmp(m->covered, c->covered) != 0)
		return "a watched table was written anew";
	if (m->since != NULL && m->covered_since == NULL)
		return "the window was not known";
	return m->since != NULL && m->set_back ? "the clock was set back" : NULL;
}

static void
take_leaving(void *arg, TupleTableSlot *slot)
{
	UpKeyRows *rows = arg;
	bool isnull;
	Datum key = slot_getattr(slot, 1, &isnull);

	if (!isnull)
		up_key_rows_add(rows, &key);
}

/* The baskets of rows that left the window by time alone are others as well. */
static void
add_leaving(const UpFollowedMine *m, const UpKey *key, UpKeys *keys)
{
	UpKeyRows rows;

	up_key_rows_take(&rows, keys);
	/* Of the key's type, whatever the source is by now. */
	up_query_stream(
		psprintf("SELECT CAST(w.%s AS %s) FROM (%s) AS w WHERE w.%s OPERATOR(pg_catalog.>=) CAST('%s' AS "
				 "pg_catalog.timestamptz) AND w.%s OPERATOR(pg_catalog.<) CAST('%s' AS "
				 "pg_catalog.timestamptz)",
				 quote_identifier(m->basket), format_type_be_qualified(key->parts[0].type),
				 up_source_query(m->source), quote_identifier(m->event_time), m->covered_since,
				 quote_identifier(m->event_time), m->since),
		0, NULL, NULL, NULL, NULL, take_leaving, &rows);
	up_key_rows_make_unique(&rows, key);
	*keys = up_key_rows_some(&rows, 0, rows.n);
}

static void
take(const UpFollowedMine *m, UpKey *key, List *watches, UpMineChanges *c)
{
	UpFollow *f;

	c->covered = identity(m, watches);
	f = up_follow_take_watches(m->schema, m->owner, key, watches, m->trigger_function);
	c->full = why_all(m, c, watches, f->full);
	if (c->full != NULL)
		return;
	if (m->since != NULL)
		add_leaving(m, key, &f->keys);
	c->n = f->keys.n;
	c->array_type = get_array_type(key->parts[0].type);
	c->keys = f->keys.arrays[0];
	if (c->n > MANY_KEYS && (double) c->n > LARGE_SHARE * (double) m->n_baskets)
		c->full = psprintf(INT64_FORMAT " baskets have changed", c->n);
}

/* Whether a queue has baskets of another type than the source has now. */
static bool
has_other_type(const UpFollowedMine *m, const UpKey *key, List *watches)
{
	bool other = false;
	ListCell *cell;

	foreach (cell, watches)
	{
		UpWatch *w = lfirst(cell);
		Relation queue = w->key_query == NULL ? up_watch_open_queue(w, m->owner, AccessShareLock) : NULL;

		if (queue == NULL)
			continue;
		other = other || up_queue_type(queue, 0) != key->parts[0].type;
		table_close(queue, NoLock);
	}
	return other;
}

/* What is watched, with a queue for baskets as the source has them: after ALTER TABLE … TYPE a new one, since all are read anyway. */
static List *
watches_of(const UpFollowedMine *m, const UpKey *key, List *watches)
{
	if (!has_other_type(m, key, watches) || not_covered(m, watches) != NULL)
		return watches;
	up_mine_watch_end(m);
	CommandCounterIncrement();
	up_mine_watch_start(m);
	CommandCounterIncrement();
	return up_watch_list_in(UP_WATCHED_BY_MINES, m->schema, m->name);
}

UpMineChanges *
up_mine_changes(const UpFollowedMine *m)
{
	UpMineChanges *c = palloc0(sizeof(UpMineChanges));
	List *watches = up_watch_list_in(UP_WATCHED_BY_MINES, m->schema, m->name);
	UpKey key;
	UpAsRole before;
	UpWatchMembers *members = palloc(sizeof(UpWatchMembers));

	if (watches == NIL)
	{
		c->full = "nothing is watched";
		return c;
	}
	if (up_follow_mend_watches(m->schema, m->owner, watches, m->trigger_function))
		watches = up_watch_list_in(UP_WATCHED_BY_MINES, m->schema, m->name);
	up_as_role_begin(&before, m->owner, m->source_path);
	up_key_resolve(&key, up_key_columns_text(1, &m->basket), up_query_columns(up_source_query(m->source)));
	watches = watches_of(m, &key, watches);
	*members = up_watch_members_of(watches);
	c->members = members;
	take(m, &key, watches, c);
	up_as_role_end(&before);
	return c;
}

void
up_mine_settle(const UpFollowedMine *m, const UpMineChanges *c)
{
	if (c->members != NULL)
		up_watch_settle_of(up_watch_list_in(UP_WATCHED_BY_MINES, m->schema, m->name), m->owner, c->members);
}

void
up_mine_reassign_queues(const UpFollowedMine *m, Oid role)
{
	up_watch_give_queues(up_watch_list_in(UP_WATCHED_BY_MINES, m->schema, m->name), role);
}
