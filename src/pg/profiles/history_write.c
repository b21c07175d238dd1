/*
 * history_write.c - the changes that a refresh writes; see history_write.h
 *
 * They are kept aside (on disk where they are many) and stored by one statement. A user who is new or gone has all of his
 * values, and one who changed those that did, so that what is stored grows with what changed.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/profiles/history_values.h"
#include "pg/profiles/history_write.h"
#include "pg/servers.h"

#define NOTED "uprofile_noted"

struct UpChanges
{
	UpProfile *p;
	TupleDesc columns;
	UpJsonType **types; /* of the columns */
	int key[UP_MAX_KEY];
	MemoryContext context; /* of one change */
	Tuplestorestate *rows;
	TupleDesc desc; /* of rows: key_1, …, operation, since, values_before, values_after */
	int64 n;
};

UpChanges *
up_changes_begin(UpProfile *p, TupleDesc columns)
{
	UpChanges *c;
	int n = p->key_parts.n;

	if (p->policy->history == NULL)
		return NULL;
	c = palloc0(sizeof(UpChanges));
	c->p = p;
	c->columns = columns;
	c->types = palloc(sizeof(UpJsonType *) * (Size) columns->natts);
	for (int i = 0; i < columns->natts; i++)
		c->types[i] = up_json_type(TupleDescAttr(columns, i)->atttypid);
	c->desc = CreateTemplateTupleDesc(n + 4);
	for (int i = 0; i < n; i++)
	{
		Form_pg_attribute a = up_attribute_named(columns, p->key_parts.parts[i].name);

		c->key[i] = a->attnum - 1;
		TupleDescInitEntry(c->desc, i + 1, psprintf("key_%d", i + 1), a->atttypid, a->atttypmod, a->attndims);
		TupleDescInitEntryCollation(c->desc, i + 1, a->attcollation);
	}
	TupleDescInitEntry(c->desc, n + 1, "operation", TEXTOID, -1, 0);
	TupleDescInitEntry(c->desc, n + 2, "since", TIMESTAMPTZOID, -1, 0);
	TupleDescInitEntry(c->desc, n + 3, "values_before", JSONBOID, -1, 0);
	TupleDescInitEntry(c->desc, n + 4, "values_after", JSONBOID, -1, 0);
	up_columns_done(c->desc);
	c->context = AllocSetContextCreate(CurrentMemoryContext, "uprofile change", ALLOCSET_DEFAULT_SIZES);
	c->rows = tuplestore_begin_heap(true, false, work_mem);
	return c;
}

static bool
is_same(const UpChanges *c, int column, UpHistoryRow a, UpHistoryRow b)
{
	Form_pg_attribute of = TupleDescAttr(c->columns, column);

	if (a.nulls[column] || b.nulls[column])
		return a.nulls[column] && b.nulls[column];
	return datum_image_eq(a.values[column], b.values[column], of->attbyval, of->attlen);
}

/* The values of a row in which it differs from the other, or all. */
static Datum
values_of(const UpChanges *c, UpHistoryRow row, UpHistoryRow other)
{
	UpJsonOut out = {0};

	up_json_push(&out, WJB_BEGIN_OBJECT, NULL);
	for (int i = 0; i < c->columns->natts; i++)
	{
		JsonbValue name = {.type = jbvString}, v = {.type = jbvNull};

		if (other.values != NULL && is_same(c, i, row, other))
			continue;
		name.val.string.val = NameStr(TupleDescAttr(c->columns, i)->attname);
		name.val.string.len = (int) strlen(name.val.string.val);
		if (!row.nulls[i])
			v = up_json_from(c->types[i], row.values[i]);
		up_json_push(&out, WJB_KEY, &name);
		up_json_push(&out, WJB_VALUE, &v);
	}
	up_json_push(&out, WJB_END_OBJECT, NULL);
	return JsonbPGetDatum(JsonbValueToJsonb(out.result));
}

void
up_changes_add(UpChanges *c, UpHistoryRow before, TimestampTz since, UpHistoryRow after)
{
	int n = c->p->key_parts.n;
	const UpHistoryRow *named = after.values != NULL ? &after : &before;
	MemoryContext outer = MemoryContextSwitchTo(c->context);
	Datum values[UP_MAX_KEY + 4] = {0};
	bool nulls[UP_MAX_KEY + 4] = {false};

	for (int i = 0; i < n; i++)
		values[i] = named->values[c->key[i]];
	values[n] = CStringGetTextDatum(before.values == NULL  ? "insert"
									: after.values == NULL ? "delete"
														   : "update");
	values[n + 1] = TimestampTzGetDatum(since);
	nulls[n + 1] = since == 0;
	nulls[n + 2] = before.values == NULL;
	if (!nulls[n + 2])
		values[n + 2] = values_of(c, before, after);
	nulls[n + 3] = after.values == NULL;
	if (!nulls[n + 3])
		values[n + 3] = values_of(c, after, before);
	tuplestore_putvalues(c->rows, c->desc, values, nulls);
	c->n++;
	MemoryContextSwitchTo(outer);
	MemoryContextReset(c->context);
}

void
up_changes_end(UpChanges *c)
{
	StringInfoData keys;
	const char *at;

	initStringInfo(&keys);
	for (int i = 0; i < c->p->key_parts.n; i++)
		appendStringInfo(&keys, "key_%d, ", i + 1);
	if (c->n > 0)
	{
		at = up_history_at(c->p);
		up_query_over(NOTED, c->rows, c->desc,
					  psprintf("INSERT INTO %s (%schanged_at, step, operation, since, values_before, "
							   "values_after) SELECT %s%s, %d, operation, since, values_before, values_after "
							   "FROM " NOTED,
							   c->p->history->table, keys.data, keys.data, at, ++c->p->history->step),
					  0, NULL, NULL);
	}
	tuplestore_end(c->rows);
	MemoryContextDelete(c->context);
}
