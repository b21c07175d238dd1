/*
 * profile_write.c - the rows of a refresh: compared with the table and written; see profile_write.h
 *
 * Three statements delete, change and add what differs. Rows that are as they were are neither written nor locked; keys
 * are equal where the unique index of the table says so.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"

#include "pg/io/query.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/profile_rows.h"
#include "pg/profiles/profile_write.h"

#define FRESH       "uprofile_fresh"
#define MAY_BE_GONE 10 /* users that may always be deleted */

/* The names of the columns, each with this before it. */
static char *
column_list(TupleDesc columns, const char *before)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < columns->natts; i++)
		appendStringInfo(&list, "%s%s%s", i > 0 ? ", " : "", before,
						 quote_identifier(NameStr(TupleDescAttr(columns, i)->attname)));
	return list.data;
}

/* keys: the first parameters of the statement, or NULL; the keys of those who failed are the next. */
static UpRows
run_over(const UpFreshRows *fresh, const UpKeys *keys, const char *statement)
{
	const UpKeys *first = keys != NULL ? keys : &fresh->failed;
	Oid types[2 * UP_MAX_KEY];
	Datum values[2 * UP_MAX_KEY];
	int n = first->n > 0 ? first->n_parts : 0;

	if (n > 0)
	{
		up_keys_arguments(first, types, values);
		up_keys_arguments(fresh->failed.n > 0 ? &fresh->failed : first, types + n, values + n);
	}
	return up_query_over(FRESH, fresh->rows, fresh->columns, statement, 2 * n, types, values);
}

/* Of two rows with one key the statements would take either, so this comes first. */
static void
refuse_repeated(const UpProfile *p, const UpFreshRows *fresh)
{
	const UpKey *key = &p->key_parts;
	char *list = up_keys_list(key, "fresh");
	UpRows r = run_over(fresh, NULL,
						psprintf("SELECT count(*) AS n, %s FROM " FRESH
								 " fresh GROUP BY %s HAVING count(*) > 1 ORDER BY n DESC, %s LIMIT 1",
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
					errmsg("%lld rows of the source have the same %s, which is the key: %s",
						   (long long) DatumGetInt64(up_rows_get(&r, 0, "n", &isnull)), up_key_title(key),
						   up_key_shown(&output, values))));
}

int64
up_profile_count(const UpProfile *p)
{
	UpRows r = up_query(false, psprintf("SELECT count(*) AS n FROM %s", p->table), 0, NULL, NULL, NULL);
	bool isnull;

	return DatumGetInt64(up_rows_get(&r, 0, "n", &isnull));
}

static void
refuse_many_deleted(const UpProfile *p, int64 gone, UpDeletable deletable)
{
	int64 all = gone + deletable.already, users;

	if (gone == 0 || all <= MAY_BE_GONE)
		return;
	users = up_profile_count(p) + deletable.already;
	if ((double) all <= deletable.share * (double) users)
		return;
	ereport(
		ERROR,
		(errcode(ERRCODE_CARDINALITY_VIOLATION),
		 errmsg("%lld of %lld users are no longer in the source, more than the share of %g that a refresh may "
				"delete; if they are to go, refresh with max_deleted => 1",
				(long long) all, (long long) users, deletable.share)));
}

/* Rows of the table whose users are gone: what stands after FROM. */
static char *
gone_rows(const UpProfile *p, const UpFreshRows *fresh, const UpKeys *keys)
{
	const UpKey *key = &p->key_parts;
	Oid types[UP_MAX_KEY];

	up_key_types_in(key, fresh->columns, types);
	return psprintf("%s old WHERE %s %s NOT EXISTS (SELECT FROM " FRESH " fresh WHERE %s)", p->table,
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

UpWritten
up_profile_write(const UpProfile *p, const UpFreshRows *fresh, const UpKeys *keys, UpDeletable deletable)
{
	char *columns = column_list(fresh->columns, "");
	char *theirs = column_list(fresh->columns, "fresh.");
	char *gone = gone_rows(p, fresh, keys);
	UpWritten w = {0};

	refuse_repeated(p, fresh);
	w.deleted = count_gone(fresh, keys, gone);
	refuse_many_deleted(p, w.deleted, deletable);
	if (w.deleted > 0)
		w.deleted = (int64) run_over(fresh, keys, psprintf("DELETE FROM %s", gone)).processed;
	if (fresh->n == 0)
		return w;
	w.updated = (int64) run_over(fresh, NULL,
								 psprintf("UPDATE %s old SET (%s, " UP_CHANGED_AT ") = ROW(%s, "
										  "pg_catalog.clock_timestamp()) FROM " FRESH " fresh WHERE %s AND "
										  "pg_catalog.record_image_ne(ROW(%s), ROW(%s))",
										  p->table, columns, theirs, fresh->equal,
										  column_list(fresh->columns, "old."), theirs))
					.processed;
	w.inserted = (int64) run_over(fresh, NULL,
								  psprintf("INSERT INTO %s (%s, " UP_CHANGED_AT ") SELECT %s, "
										   "pg_catalog.clock_timestamp() FROM " FRESH
										   " fresh WHERE NOT EXISTS (SELECT FROM %s old WHERE %s)",
										   p->table, columns, theirs, p->table, fresh->equal))
					 .processed;
	return w;
}
