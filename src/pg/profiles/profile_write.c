/*
 * profile_write.c - the rows of a refresh: compared with the table and written; see profile_write.h
 *
 * Three statements delete, change and add what differs. Rows that are as they were are neither written nor locked; keys
 * are equal where the unique index of the table says so.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/lsyscache.h"

#include "pg/io/aside.h"
#include "pg/io/query.h"
#include "pg/profiles/history_values.h"
#include "pg/profiles/history_write.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/profile_rows.h"
#include "pg/profiles/consent.h"
#include "pg/profiles/profile_shards.h"
#include "pg/profiles/profile_write.h"

#define FRESH       "uprofile_fresh"
#define MAY_BE_GONE 10 /* users that may always be deleted */

/* The names of the columns, each with this before it, but not this one (or NULL). */
static char *
columns_but(TupleDesc columns, const char *before, const char *but)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < columns->natts; i++)
	{
		const char *name = NameStr(TupleDescAttr(columns, i)->attname);

		if (but == NULL || strcmp(name, but) != 0)
			appendStringInfo(&list, "%s%s%s", list.len > 0 ? ", " : "", before, quote_identifier(name));
	}
	return list.data;
}

static char *
column_list(TupleDesc columns, const char *before)
{
	return columns_but(columns, before, NULL);
}

/* Of a statement: keys (or none) are the first, the keys of those who failed are the next. Returns how many there are. */
static int
parameters(const UpFreshRows *fresh, const UpKeys *keys, Oid *types, Datum *values)
{
	const UpKeys *first = keys != NULL ? keys : &fresh->failed;
	int n = first->n > 0 ? first->n_parts : 0;

	if (n > 0)
	{
		up_keys_arguments(first, types, values);
		up_keys_arguments(fresh->failed.n > 0 ? &fresh->failed : first, types + n, values + n);
	}
	return 2 * n;
}

static UpRows
run_over(const UpFreshRows *fresh, const UpKeys *keys, const char *statement)
{
	Oid types[2 * UP_MAX_KEY];
	Datum values[2 * UP_MAX_KEY];
	int n = parameters(fresh, keys, types, values);

	return up_query_over(FRESH, fresh->rows, fresh->columns, statement, n, types, values);
}

/* The same for a query, row by row, whose values are noted. */
static void
run_each(const UpFreshRows *fresh, const UpKeys *keys, const char *query, UpRowFn row, void *arg)
{
	Oid types[2 * UP_MAX_KEY];
	Datum values[2 * UP_MAX_KEY];
	int n = parameters(fresh, keys, types, values);
	EphemeralNamedRelation offered = up_rows_offer(up_rows_named(FRESH, fresh->rows, fresh->columns));
	int level = up_json_settings();

	up_query_stream(query, n, types, values, NULL, NULL, row, arg);
	AtEOXact_GUC(true, level);
	(void) up_rows_offer(offered);
}

/* What helps where rows have the same key. */
static char *
keeping_one(const UpProfile *p)
{
	return p->clean != NULL
			   ? pstrdup("the rule {\"rule\": \"duplicate_keys\"} in its cleaning keeps one of them")
			   : psprintf("uprofile_alter(%s, clean => '[{\"rule\": \"duplicate_keys\"}]') keeps one of them",
						  quote_literal_cstr(p->name));
}

void
up_profile_refuse_repeated(const UpProfile *p, const UpFreshRows *fresh)
{
	const UpKey *key = &p->key_parts;
	char *list = up_keys_list(key, "fresh");
	UpRows r = run_over(fresh, NULL,
						psprintf("SELECT count(*) AS uprofile_n, %s FROM " FRESH
								 " fresh GROUP BY %s HAVING count(*) > 1 ORDER BY uprofile_n DESC, %s LIMIT 1",
								 list, list, list));
	Oid types[UP_MAX_KEY];
	Datum values[UP_MAX_KEY];
	UpKeyOutput output;
	bool isnull;

	if (r.n == 0)
		return;
	for (int i = 0; i < key->n; i++)
		values[i] = heap_getattr(r.rows[0], i + 2, r.desc, &isnull);
	up_key_types_in(key, fresh->columns, types);
	up_key_output_init(&output, key->n, types);
	ereport(ERROR, (errcode(ERRCODE_CARDINALITY_VIOLATION),
					errmsg("%lld rows of the source have the same %s, which is the key: %s; %s",
						   (long long) DatumGetInt64(up_rows_get(&r, 0, "uprofile_n", &isnull)),
						   up_key_title(key), up_key_shown(&output, values), keeping_one(p))));
}

int64
up_profile_count(const UpProfile *p)
{
	UpRows r = up_query(false, psprintf("SELECT count(*) AS n FROM %s", p->table), 0, NULL, NULL, NULL);
	bool isnull;

	return DatumGetInt64(up_rows_get(&r, 0, "n", &isnull));
}

static void
take_count(void *arg, TupleTableSlot *slot)
{
	bool isnull;

	*(int64 *) arg = DatumGetInt64(slot_getattr(slot, 1, &isnull));
}

/*
 * Of those who are gone, who left by withdrawing consent, which no share keeps from acting; 0 where nobody would be left: then it
 * is the consents that are gone.
 */
static int64
withdrawn(const UpProfile *p, const UpFreshRows *fresh, const UpKeys *keys, const char *gone)
{
	Oid types[UP_MAX_KEY], given[2 * UP_MAX_KEY];
	Datum values[2 * UP_MAX_KEY];
	EphemeralNamedRelation offered;
	int64 n = 0;
	int n_given;

	if (p->consent == NULL)
		return 0;
	up_key_types_in(&p->key_parts, fresh->columns, types);
	n_given = parameters(fresh, keys, given, values);
	offered = up_rows_offer(up_rows_named(FRESH, fresh->rows, fresh->columns));
	/* Not as our own statements are: names of a query are looked up as those of the source are. */
	up_query_stream(psprintf("SELECT pg_catalog.count(*) FROM %s AND %s", gone,
							 up_consent_missing(p->consent, &p->key_parts, "old", types)),
					n_given, given, values, NULL, NULL, take_count, &n);
	(void) up_rows_offer(offered);
	return n;
}

static void
refuse_many_deleted(const UpProfile *p, const UpFreshRows *fresh, const UpKeys *keys, const char *from,
					int64 gone, UpDeletable deletable)
{
	int64 all = gone + deletable.already, users, left;

	if (gone == 0 || all <= MAY_BE_GONE)
		return;
	users = up_profile_count(p) + deletable.already;
	if ((double) all <= deletable.share * (double) users)
		return;
	left = withdrawn(p, fresh, keys, from);
	if (left < users && (double) (all - left) <= deletable.share * (double) users)
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_CARDINALITY_VIOLATION),
		 errmsg("%lld of %lld users are no longer in the source, more than the share of %g that a refresh may "
				"delete; if they are to go, refresh with max_deleted => 1",
				(long long) all, (long long) users, deletable.share)));
}

/* Rows of the table, which is there under this name, whose users are gone: what stands after FROM. */
static char *
gone_rows(const UpProfile *p, const UpFreshRows *fresh, const UpKeys *keys, const char *there)
{
	const UpKey *key = &p->key_parts;
	Oid types[UP_MAX_KEY];

	up_key_types_in(key, fresh->columns, types);
	return psprintf("%s old WHERE %s %s NOT EXISTS (SELECT FROM " FRESH " fresh WHERE %s)", there,
					keys != NULL ? psprintf("%s AND", up_keys_among(key, "old", types, keys, 1)) : "",
					fresh->failed.n > 0
						? psprintf("NOT (%s) AND", up_keys_among(key, "old", types, &fresh->failed, key->n + 1))
						: "",
					fresh->equal);
}

/* Counted before a row is touched. */
static int64
count_gone(const UpFreshRows *fresh, const UpKeys *keys, const char *gone)
{
	UpRows r = run_over(fresh, keys, psprintf("SELECT count(*) AS n FROM %s", gone));
	bool isnull;

	return DatumGetInt64(up_rows_get(&r, 0, "n", &isnull));
}

/* ---- with a history ---- */

/* What is to be written, compared before: with a history each change is seen once more, and shards get nothing else. */
typedef struct Comparison
{
	UpChanges *changes; /* or NULL */
	UpFreshRows changed, added;
} Comparison;

#define BEFORE "old." UP_CHANGED_AT ", "

/* A row that goes: since when it was so, and its columns. */
static void
note_gone(void *arg, TupleTableSlot *slot)
{
	slot_getallattrs(slot);
	up_changes_add(arg, (UpHistoryRow){slot->tts_values + 1, slot->tts_isnull + 1},
				   DatumGetTimestampTz(slot->tts_values[0]), (UpHistoryRow){NULL});
}

/* A row that comes or changes: since when it was as it is, its columns, the new ones, and whether it comes. */
static void
note_other(void *arg, TupleTableSlot *slot)
{
	Comparison *c = arg;
	int n = c->added.columns->natts;
	UpHistoryRow before = {NULL}, after;
	TimestampTz since = 0;
	UpFreshRows *to = &c->added;

	slot_getallattrs(slot);
	after = (UpHistoryRow){slot->tts_values + 1 + n, slot->tts_isnull + 1 + n};
	if (!DatumGetBool(slot->tts_values[1 + 2 * n]))
	{
		before = (UpHistoryRow){slot->tts_values + 1, slot->tts_isnull + 1};
		since = DatumGetTimestampTz(slot->tts_values[0]);
		to = &c->changed;
	}
	if (c->changes != NULL)
		up_changes_add(c->changes, before, since, after);
	tuplestore_putvalues(to->rows, to->columns, unconstify(Datum *, after.values),
						 unconstify(bool *, after.nulls));
	to->n++;
}

/* One comparison finds what changed and what is new; the statements that write look at these rows only. */
static void
compare(const UpProfile *p, const UpFreshRows *fresh, const char *table, Comparison *c)
{
	const char *spread = up_shards_column(fresh->table);
	char *ours = column_list(fresh->columns, "old."), *theirs = column_list(fresh->columns, "fresh.");
	/* A part of the primary key. */
	char *there = psprintf("old.%s", quote_identifier(p->key_parts.parts[0].name));

	c->changed = c->added = *fresh;
	c->changed.n = c->added.n = 0;
	c->changed.rows = tuplestore_begin_heap(true, false, work_mem);
	c->added.rows = tuplestore_begin_heap(true, false, work_mem);
	run_each(
		fresh, NULL,
		psprintf("SELECT " BEFORE "%s, %s, %s IS NULL FROM " FRESH " fresh LEFT JOIN %s old ON %s WHERE %s "
				 "IS NULL OR pg_catalog.record_image_ne(ROW(%s), ROW(%s))",
				 ours, theirs, there, table, fresh->equal, there, columns_but(fresh->columns, "old.", spread),
				 columns_but(fresh->columns, "fresh.", spread)),
		note_other, c);
}

/* ---- the statements ---- */

static void
take_gone(void *arg, TupleTableSlot *slot)
{
	slot_getallattrs(slot);
	up_key_rows_add(arg, slot->tts_values);
}

/* Of these, from shards. */
static int64
delete_from_shards(const UpProfile *p, const UpFreshRows *fresh, const UpKeys *keys, const char *gone)
{
	const UpKey *key = &p->key_parts;
	Oid types[UP_MAX_KEY];
	UpKeyRows rows;

	up_key_types_in(key, fresh->columns, types);
	for (int i = 0; i < key->n; i++)
		types[i] = getBaseType(types[i]);
	up_key_rows_init(&rows, key->n, types);
	run_each(fresh, keys, psprintf("SELECT %s FROM %s", up_keys_list(key, "old"), gone), take_gone, &rows);
	return up_shards_delete(p, fresh->table, &rows);
}

static int64
delete_gone(const UpProfile *p, const UpFreshRows *fresh, const UpKeys *keys, const char *gone,
			UpChanges *changes)
{
	if (changes != NULL)
		run_each(fresh, keys,
				 psprintf("SELECT " BEFORE "%s FROM %s", column_list(fresh->columns, "old."), gone), note_gone,
				 changes);
	if (fresh->table->sharded)
		return delete_from_shards(p, fresh, keys, gone);
	return (int64) run_over(fresh, keys, psprintf("DELETE FROM %s", gone)).processed;
}

/* now: changed_at of the rows that are written. */
static int64
change(const UpProfile *p, const UpFreshRows *fresh, const char *now)
{
	char *theirs = column_list(fresh->columns, "fresh.");

	return (int64) run_over(fresh, NULL,
							psprintf("UPDATE %s old SET (%s, " UP_CHANGED_AT ") = ROW(%s, %s) FROM " FRESH
									 " fresh WHERE %s AND pg_catalog.record_image_ne(ROW(%s), ROW(%s))",
									 p->table, column_list(fresh->columns, ""), theirs, now, fresh->equal,
									 column_list(fresh->columns, "old."), theirs))
		.processed;
}

static int64
add(const UpProfile *p, const UpFreshRows *fresh, const char *now)
{
	return (int64) run_over(fresh, NULL,
							psprintf("INSERT INTO %s (%s, " UP_CHANGED_AT ") SELECT %s, %s FROM " FRESH
									 " fresh WHERE NOT EXISTS (SELECT FROM %s old WHERE %s)",
									 p->table, column_list(fresh->columns, ""),
									 column_list(fresh->columns, "fresh."), now, p->table, fresh->equal))
		.processed;
}

static void
write_compared(UpProfile *p, const Comparison *c, UpWritten *w)
{
	const char *now = c->changes != NULL ? up_history_at(p) : NULL;

	if (c->changed.table->sharded)
	{
		TimestampTz at = c->changes != NULL ? p->history->stamp : 0;

		w->updated = c->changed.n > 0 ? up_shards_write(p, &c->changed, at, true) : 0;
		w->inserted = c->added.n > 0 ? up_shards_write(p, &c->added, at, false) : 0;
		return;
	}
	if (c->changed.n > 0)
		w->updated = change(p, &c->changed, now);
	if (c->added.n > 0)
		w->inserted = add(p, &c->added, now);
}

static void
change_and_add(UpProfile *p, const UpFreshRows *fresh, const char *there, UpChanges *changes, UpWritten *w)
{
	Comparison c = {changes};

	if (changes == NULL && !fresh->table->sharded)
	{
		w->updated = change(p, fresh, "pg_catalog.clock_timestamp()");
		w->inserted = add(p, fresh, "pg_catalog.clock_timestamp()");
		return;
	}
	compare(p, fresh, there, &c);
	if (c.changed.n > 0 || c.added.n > 0)
		write_compared(p, &c, w);
	tuplestore_end(c.changed.rows);
	tuplestore_end(c.added.rows);
}

UpWritten
up_profile_write(UpProfile *p, const UpFreshRows *fresh, const UpKeys *keys, UpDeletable deletable)
{
	UpChanges *changes = up_changes_begin(p, fresh->columns);
	const char *there = up_shards_there(p, fresh->table, fresh->columns, keys);
	char *gone = gone_rows(p, fresh, keys, there);
	UpWritten w = {0};

	up_profile_refuse_repeated(p, fresh);
	w.deleted = count_gone(fresh, keys, gone);
	refuse_many_deleted(p, fresh, keys, gone, w.deleted, deletable);
	if (w.deleted > 0)
		w.deleted = delete_gone(p, fresh, keys, gone, changes);
	if (fresh->n > 0)
		change_and_add(p, fresh, there, changes, &w);
	if (changes != NULL)
		up_changes_end(changes);
	up_shards_let_go();
	return w;
}
