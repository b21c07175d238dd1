/*
 * profile_shards.c - a profile's table whose rows lie on other nodes; see profile_shards.h
 *
 * A statement over such a table takes no rows that are kept aside here. So the rows that are there are copied aside as well and
 * compared here, and what differs goes out as an array of rows of the table, which the planner of shards takes as a parameter: new ones
 * are routed to their shards, changed ones are sent to each, or, where they are many, sorted by shard first. All in the transaction of the
 * refresh, which is one on all nodes.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "access/table.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/rel.h"

#include "base/platform.h"
#include "pg/io/aside.h"
#include "pg/io/query.h"
#include "pg/io/relation.h"
#include "pg/profiles/key_sql.h"
#include "pg/profiles/profile_shards.h"

#define THERE     "uprofile_there"
#define FRESH     "uprofile_fresh"
#define AT_A_TIME 10000              /* rows of one statement, */
#define BYTES     (32 * 1024 * 1024) /* and their bytes */
#define TO_ALL    1000               /* changed rows that every shard is sent */

/* ---- what is there ------------------------------------------------------------------------------------------------ */

typedef struct Copy
{
	Tuplestorestate *rows;
	TupleDesc columns;
	uint64 n;
} Copy;

static void
start_copy(void *arg, TupleDesc desc)
{
	((Copy *) arg)->columns = CreateTupleDescCopy(desc);
}

static void
copy_row(void *arg, TupleTableSlot *slot)
{
	Copy *c = arg;

	tuplestore_puttupleslot(c->rows, slot);
	if ((++c->n & 0x3ff) == 0)
		up_progress("reading the profile", c->n, 0);
}

void
up_shards_let_go(void)
{
	EphemeralNamedRelation last = up_rows_offer_beside(NULL);

	if (last != NULL)
		tuplestore_end(last->reldata);
}

const char *
up_shards_there(const UpProfile *p, const UpProfileTable *table, TupleDesc columns, const UpKeys *keys)
{
	Copy c = {NULL};
	StringInfoData sql;
	Oid in_table[UP_MAX_KEY], types[UP_MAX_KEY];
	Datum values[UP_MAX_KEY];

	if (!table->sharded)
		return p->table;
	up_shards_let_go();
	initStringInfo(&sql);
	appendStringInfoString(&sql, "SELECT old." UP_CHANGED_AT);
	for (int i = 0; i < columns->natts; i++)
	{
		const char *name = NameStr(TupleDescAttr(columns, i)->attname);

		if (strcmp(name, UP_CHANGED_AT) != 0 && up_attribute_named(table->columns, name) != NULL)
			appendStringInfo(&sql, ", old.%s", quote_identifier(name));
	}
	appendStringInfo(&sql, " FROM %s old", p->table);
	if (keys != NULL)
	{
		up_key_types_in(&p->key_parts, table->columns, in_table);
		up_keys_arguments(keys, types, values);
		appendStringInfo(&sql, " WHERE %s", up_keys_among(&p->key_parts, "old", in_table, keys, 1));
	}
	c.rows = tuplestore_begin_heap(true, false, work_mem);
	up_query_stream(sql.data, keys != NULL ? keys->n_parts : 0, types, values, NULL, start_copy, copy_row, &c);
	(void) up_rows_offer_beside(up_rows_named(THERE, c.rows, c.columns));
	return THERE;
}

const char *
up_shards_column(const UpProfileTable *table)
{
	Oid type = OIDOID;
	Datum value = ObjectIdGetDatum(table->relation);
	UpRows r;

	if (!table->sharded)
		return NULL;
	/* A table that is copied to every node has none. */
	r = up_query(true,
				 "SELECT column_to_column_name(logicalrelid, partkey) AS name FROM pg_dist_partition WHERE "
				 "logicalrelid = $1",
				 1, &type, &value, NULL);
	return r.n > 0 ? up_rows_text(&r, 0, "name") : NULL;
}

/* ---- writing ------------------------------------------------------------------------------------------------------ */

typedef struct Writer
{
	const UpProfile *p;
	TupleDesc columns; /* of the table */
	Oid array;         /* the type of an array of its rows */
	const char *statement;
	int first;      /* of the columns of a row that comes, that of the first which is written */
	int n_columns;  /* that come */
	AttrNumber *to; /* where they go */
	AttrNumber changed_at;
	AttrNumber by; /* the column by which rows are spread, or 0 */
	TimestampTz at;
	int64 shard;   /* of the rows that wait */
	Datum *rows;   /* that wait, */
	Datum *spread; /* with their values of that column */
	int n;
	Size bytes;
	MemoryContext context; /* of them */
	int64 done;
} Writer;

static void
send(Writer *w)
{
	MemoryContext outer = MemoryContextSwitchTo(w->context);
	Oid types[2] = {w->array};
	Datum values[2];
	int n = 1;

	if (w->n > 0)
	{
		Oid row = w->columns->tdtypeid;

		values[0] = PointerGetDatum(construct_array(w->rows, w->n, row, -1, false, TYPALIGN_DOUBLE));
		if (w->by > 0)
		{
			Form_pg_attribute a = TupleDescAttr(w->columns, w->by - 1);

			types[n] = get_array_type(a->atttypid);
			values[n++] = PointerGetDatum(
				construct_array(w->spread, w->n, a->atttypid, a->attlen, a->attbyval, a->attalign));
		}
		w->done += (int64) up_query(false, w->statement, n, types, values, NULL).processed;
		up_progress("writing users", (uint64_t) w->done, 0);
	}
	MemoryContextSwitchTo(outer);
	MemoryContextReset(w->context);
	w->n = 0;
	w->bytes = 0;
}

/* A row that is to be written, as one of the table: what is not ours stays NULL, and is not named by the statement. */
static void
take_row(void *arg, TupleTableSlot *slot)
{
	Writer *w = arg;
	int n = w->columns->natts;
	MemoryContext outer;
	Datum *values;
	bool *nulls, isnull;
	int64 shard;
	HeapTuple tuple;

	slot_getallattrs(slot);
	shard = w->first > 0 ? DatumGetInt64(slot_getattr(slot, 1, &isnull)) : 0;
	if (w->n == AT_A_TIME || w->bytes > BYTES || (w->n > 0 && shard != w->shard))
		send(w);
	w->shard = shard;
	outer = MemoryContextSwitchTo(w->context);
	values = palloc0(sizeof(Datum) * (Size) n);
	nulls = palloc(sizeof(bool) * (Size) n);
	memset(nulls, true, sizeof(bool) * (Size) n);
	for (int i = 0; i < w->n_columns; i++)
	{
		values[w->to[i] - 1] = slot->tts_values[w->first + i];
		nulls[w->to[i] - 1] = slot->tts_isnull[w->first + i];
	}
	values[w->changed_at - 1] = TimestampTzGetDatum(w->at != 0 ? w->at : GetCurrentTimestamp());
	nulls[w->changed_at - 1] = false;
	tuple = heap_form_tuple(w->columns, values, nulls);
	w->rows[w->n] = HeapTupleGetDatum(tuple);
	if (w->by > 0)
		w->spread[w->n] = heap_getattr(tuple, w->by, w->columns, &isnull);
	w->n++;
	w->bytes += tuple->t_len;
	MemoryContextSwitchTo(outer);
}

/* "a = fresh.a, b = fresh.b" for the columns of the rows, but not the one by which the table is spread. */
static char *
settings(const UpFreshRows *rows, const char *spread)
{
	StringInfoData list;

	initStringInfo(&list);
	for (int i = 0; i < rows->columns->natts; i++)
	{
		const char *name = NameStr(TupleDescAttr(rows->columns, i)->attname), *quoted = quote_identifier(name);

		if (spread == NULL || strcmp(name, spread) != 0)
			appendStringInfo(&list, "%s = fresh.%s, ", quoted, quoted);
	}
	appendStringInfoString(&list, UP_CHANGED_AT " = fresh." UP_CHANGED_AT);
	return list.data;
}

static char *
update_statement(const UpProfile *p, const UpFreshRows *rows, const Writer *w, const char *spread)
{
	StringInfoData sql;

	initStringInfo(&sql);
	appendStringInfo(&sql, "UPDATE %s old SET %s FROM pg_catalog.unnest($1) fresh WHERE %s", p->table,
					 settings(rows, spread), rows->equal);
	/* By this the planner of shards sees which it concerns. */
	if (w->by > 0)
	{
		UpKey only = {.n = 1};
		UpKeys keys = {.n = 1, .n_parts = 1};
		Oid type = TupleDescAttr(w->columns, w->by - 1)->atttypid;

		only.parts[0].name = unconstify(char *, spread);
		keys.types[0] = type;
		appendStringInfo(&sql, " AND %s", up_keys_among(&only, "old", &type, &keys, 2));
	}
	return sql.data;
}

static char *
insert_statement(const UpProfile *p, const UpFreshRows *rows)
{
	StringInfoData names, values;

	initStringInfo(&names);
	initStringInfo(&values);
	for (int i = 0; i < rows->columns->natts; i++)
	{
		const char *name = quote_identifier(NameStr(TupleDescAttr(rows->columns, i)->attname));

		appendStringInfo(&names, "%s, ", name);
		appendStringInfo(&values, "fresh.%s, ", name);
	}
	return psprintf("INSERT INTO %s (%s" UP_CHANGED_AT ") SELECT %sfresh." UP_CHANGED_AT
					" FROM pg_catalog.unnest($1) fresh",
					p->table, names.data, values.data);
}

static Writer
writer_of(const UpProfile *p, const UpFreshRows *rows, TimestampTz at)
{
	Writer w = {.p = p, .at = at, .n_columns = rows->columns->natts};
	/* As it is now, and of its own type. */
	Relation relation = table_open(rows->table->relation, NoLock);

	w.columns = CreateTupleDescCopy(RelationGetDescr(relation));
	table_close(relation, NoLock);
	w.array = get_array_type(w.columns->tdtypeid);
	w.to = palloc(sizeof(AttrNumber) * (Size) Max(w.n_columns, 1));
	for (int i = 0; i < w.n_columns; i++)
		w.to[i] = up_attribute_named(w.columns, NameStr(TupleDescAttr(rows->columns, i)->attname))->attnum;
	w.changed_at = up_attribute_named(w.columns, UP_CHANGED_AT)->attnum;
	w.rows = palloc(sizeof(Datum) * AT_A_TIME);
	w.context = AllocSetContextCreate(CurrentMemoryContext, "uprofile rows for shards", ALLOCSET_DEFAULT_SIZES);
	return w;
}

int64
up_shards_write(const UpProfile *p, const UpFreshRows *rows, TimestampTz at, bool update)
{
	Writer w = writer_of(p, rows, at);
	const char *spread = up_shards_column(rows->table);
	EphemeralNamedRelation offered;
	char *query = "SELECT fresh.* FROM " FRESH " fresh";

	if (update && spread != NULL && rows->n > TO_ALL)
	{
		w.by = up_attribute_named(w.columns, spread)->attnum;
		w.spread = palloc(sizeof(Datum) * AT_A_TIME);
		w.first = 1;
		query =
			psprintf("SELECT pg_catalog.get_shard_id_for_distribution_column(%u, fresh.%s), fresh.* FROM " FRESH
					 " fresh ORDER BY 1",
					 rows->table->relation, quote_identifier(spread));
	}
	w.statement = update ? update_statement(p, rows, &w, spread) : insert_statement(p, rows);
	offered = up_rows_offer(up_rows_named(FRESH, rows->rows, rows->columns));
	up_query_stream(query, 0, NULL, NULL, NULL, NULL, take_row, &w);
	(void) up_rows_offer(offered);
	send(&w);
	MemoryContextDelete(w.context);
	return w.done;
}

int64
up_shards_delete(const UpProfile *p, const UpProfileTable *table, const UpKeyRows *gone)
{
	Oid in_table[UP_MAX_KEY], types[UP_MAX_KEY];
	Datum values[UP_MAX_KEY];
	int64 done = 0;

	up_key_types_in(&p->key_parts, table->columns, in_table);
	for (int64 from = 0; from < gone->n; from += AT_A_TIME)
	{
		UpKeys keys = up_key_rows_some(gone, from, Min(gone->n - from, AT_A_TIME));

		up_keys_arguments(&keys, types, values);
		done += (int64) up_query(false,
								 psprintf("DELETE FROM %s old WHERE %s", p->table,
										  up_keys_among(&p->key_parts, "old", in_table, &keys, 1)),
								 keys.n_parts, types, values, NULL)
					.processed;
	}
	return done;
}
