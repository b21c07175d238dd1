/*
 * mine.c - definitions of mines and the parts of their baskets, as rows; see mine.h
 *
 * A part is a row: its baskets, and the sets that are known of it. One whose baskets are the same stays as it is.
 */
#include "postgres.h"

#include "access/xact.h"
#include "access/xlog.h"
#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"

#include "pg/io/nearest.h"
#include "pg/io/query.h"
#include "pg/io/written.h"
#include "pg/mines/mine.h"
#include "pg/models/owner.h"
#include "pg/models/registry_guard.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

static void
check_may_write(const char *name)
{
	if (RecoveryInProgress() || XactReadOnly)
		ereport(ERROR, (errcode(ERRCODE_READ_ONLY_SQL_TRANSACTION),
						errmsg("mine \"%s\" cannot be made or refreshed %s", name,
							   RecoveryInProgress() ? "on a standby" : "in a read-only transaction"),
						RecoveryInProgress() ? errhint("Do it on the primary. The views uprofile_rules and "
													   "uprofile_itemset_list are read here.")
											 : 0));
}

static void
check_name(const char *name)
{
	if (name[0] == '\0')
		ereport(ERROR, (errcode(ERRCODE_INVALID_NAME), errmsg("a mine's name must not be empty")));
}

static void
refuse_name(const char *name)
{
	ereport(ERROR, (errcode(ERRCODE_DUPLICATE_OBJECT), errmsg("mine \"%s\" already exists", name),
					errdetail("Names of mines are unique in a database, and so are known to everybody in it."),
					errhint("Choose another name, or drop it with uprofile_drop_mine.")));
}

void
up_mine_add(const char *schema, const UpMineOrder *o)
{
	Oid types[] = {TEXTOID,   TEXTOID, TEXTOID, TEXTOID, TEXTOID, INTERVALOID, FLOAT8OID,
				   FLOAT8OID, INT4OID, INT4OID, INT8OID, TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(o->name),
					  CStringGetTextDatum(o->source),
					  CStringGetTextDatum(o->basket),
					  CStringGetTextDatum(o->item),
					  o->event_time != NULL ? CStringGetTextDatum(o->event_time) : (Datum) 0,
					  IntervalPGetDatum(o->time_window),
					  Float8GetDatum(o->min_support),
					  Float8GetDatum(o->min_confidence),
					  Int32GetDatum(o->max_len),
					  Int32GetDatum(o->max_rhs),
					  Int64GetDatum(o->max_rules),
					  CStringGetTextDatum(GetConfigOption("search_path", false, false)),
					  o->watch != NULL ? CStringGetTextDatum(o->watch) : (Datum) 0};
	char nulls[] = "             ";
	UpRows r;

	check_may_write(o->name);
	up_registry_guard(schema, RowExclusiveLock);
	check_name(o->name);
	nulls[4] = o->event_time == NULL ? 'n' : ' ';
	nulls[5] = o->time_window == NULL ? 'n' : ' ';
	nulls[12] = o->watch == NULL ? 'n' : ' ';
	r = up_query(
		false,
		psprintf("INSERT INTO %s.uprofile_mine_definitions (name, source, basket, item, event_time, "
				 "time_window, min_support, "
				 "min_confidence, max_len, max_rhs, max_rules, source_path, watch) VALUES ($1, $2, $3, $4, "
				 "$5, $6, $7, $8, $9, $10, "
				 "$11, $12, $13) ON CONFLICT DO NOTHING RETURNING 1",
				 schema),
		lengthof(types), types, values, nulls);
	if (r.n == 0)
		refuse_name(o->name);
}

/* Texts of items, one after the other: u32 format (1), u32 number, of each its text. */
static void
get_items(UpMine *m, bytea *bytes)
{
	UpReader r;
	uint32_t n;

	up_keys_init(&m->items, true);
	if (bytes == NULL)
		return;
	up_reader_init(&r, VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes), "mine");
	if (up_get_u32(&r) != 1)
		up_corrupt(&r, "its format is not known");
	n = up_get_count(&r, sizeof(uint32_t), UINT32_MAX / 4, "items");
	for (uint32_t i = 0; i < n; i++)
	{
		char *text = up_get_text(&r);

		if (text == NULL || up_keys_bytes(&m->items, text, strlen(text)) != i)
			up_corrupt(&r, "an item is there twice");
		up_free(text);
	}
	up_get_end(&r);
}

static bytea *
as_bytea(UpWriter *w)
{
	return up_written(w, "a part of the mine", "Mine a sample of the baskets, or a shorter time.");
}

static bytea *
put_items(const UpMine *m)
{
	UpWriter w;

	up_writer_init(&w);
	up_put_u32(&w, 1);
	up_put_u32(&w, m->items.n);
	for (uint32_t i = 0; i < m->items.n; i++)
	{
		size_t len;
		const char *text = up_keys_get(&m->items, i, &len);

		up_put_u32(&w, (uint32_t) len);
		up_put_bytes(&w, text, len);
	}
	return as_bytea(&w);
}

/* A value of bytes, and the copy of it that was made if it stood elsewhere. */
typedef struct Stored
{
	const void *bytes; /* NULL: none */
	size_t len;
	void *copy;
} Stored;

static Stored
get_stored(const UpRows *r, uint64 row, const char *column)
{
	Stored s = {0};
	bool isnull;
	Datum value = up_rows_get(r, row, column, &isnull);
	bytea *b;

	if (isnull)
		return s;
	b = DatumGetByteaPP(value);
	s.bytes = VARDATA_ANY(b);
	s.len = VARSIZE_ANY_EXHDR(b);
	s.copy = (Pointer) b != DatumGetPointer(value) ? b : NULL;
	return s;
}

/* Pages that were written before are used again at no cost. */
static void
free_stored(Stored *s)
{
	if (s->copy != NULL)
		pfree(s->copy);
}

static void
load_parts(UpMine *m)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(m->name);
	UpRows r = up_query(
		false,
		psprintf("SELECT part, baskets, sets, gone FROM %s.uprofile_mine_parts WHERE mine = $1 ORDER BY place",
				 m->schema),
		1, &type, &value, NULL);
	size_t bytes = 0;
	bool isnull;

	if (r.n > UP_MOST_PARTS)
		ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
						errmsg("mine \"%s\" has more than %d parts", m->name, UP_MOST_PARTS)));
	for (uint64 i = 0; i < r.n; i++)
	{
		Stored baskets = get_stored(&r, i, "baskets"), sets = get_stored(&r, i, "sets");
		Stored left = get_stored(&r, i, "gone");
		UpMinePart *p;

		bytes += baskets.len + sets.len;
		up_reserve(2 * bytes, "the parts of a mine");
		p = up_get_part(baskets.bytes, baskets.len, sets.bytes, sets.len, left.bytes, left.len, m->items.n);
		p->id = (uint32_t) DatumGetInt32(up_rows_get(&r, i, "part", &isnull));
		m->standing.parts[m->standing.n_parts++] = p;
		free_stored(&baskets);
		free_stored(&sets);
		free_stored(&left);
		heap_freetuple(r.rows[i]);
	}
}

static void
fill_followed(UpMine *m, const UpRows *r, Oid trigger_function)
{
	UpFollowedMine *f = &m->followed;
	bool isnull;
	Datum value;

	f->schema = m->schema;
	f->name = m->name;
	f->owner = m->owner;
	f->source = m->source;
	f->source_path = m->source_path;
	f->basket = m->basket;
	f->watch = up_rows_text(r, 0, "watch");
	f->covered = up_rows_text(r, 0, "covered");
	f->event_time = m->event_time;
	f->since = m->since;
	f->covered_since = up_rows_text(r, 0, "covered_since");
	value = up_rows_get(r, 0, "set_back", &isnull);
	f->set_back = !isnull && DatumGetBool(value);
	value = up_rows_get(r, 0, "baskets", &isnull);
	f->n_baskets = isnull ? 0 : DatumGetInt64(value);
	f->trigger_function = trigger_function;
}

static UP_NORETURN void
fail_unknown(const char *schema, const char *name)
{
	up_fail_unknown("mine", name,
					psprintf("SELECT mine AS name FROM %s.uprofile_mines ORDER BY mine LIMIT 1000", schema));
}

#define TIME_TEXT "AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US+00 BC')"

UpMine *
up_mine_find(const char *schema, const char *name, Oid trigger_function)
{
	UpMine *m = palloc0(sizeof(UpMine));
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(name);
	bool isnull;
	UpRows r;

	check_may_write(name);
	up_registry_guard(schema, RowExclusiveLock);
	r = up_query(
		false,
		psprintf(
			"SELECT source, source_path, basket, item, event_time, to_char((now() - time_window) " TIME_TEXT
			" AS since, to_char(covered_since " TIME_TEXT " AS covered_since, "
			"now() - time_window < covered_since AS set_back, watch, covered, baskets, "
			"min_support, min_confidence, max_len, max_rhs, max_rules, "
			"owner_oid, %s AS owner_known FROM %s.uprofile_mine_definitions d WHERE name "
			"= $1 FOR NO KEY UPDATE",
			up_owner_known(schema, "d"), schema),
		1, &type, &value, NULL);
	if (r.n == 0)
		fail_unknown(schema, name);
	m->schema = schema;
	m->name = pstrdup(name);
	m->owner = up_owner_get(&r, 0);
	if (!OidIsValid(m->owner))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_OBJECT),
						errmsg("the owner of mine \"%s\" does not exist any more", name),
						errhint("Drop it with uprofile_drop_mine, and make it again.")));
	m->source = up_rows_text(&r, 0, "source");
	m->source_path = up_rows_text(&r, 0, "source_path");
	m->basket = up_rows_text(&r, 0, "basket");
	m->item = up_rows_text(&r, 0, "item");
	m->event_time = up_rows_text(&r, 0, "event_time");
	m->since = up_rows_text(&r, 0, "since");
	m->min_support = m->standing.min_support = DatumGetFloat8(up_rows_get(&r, 0, "min_support", &isnull));
	m->min_confidence = DatumGetFloat8(up_rows_get(&r, 0, "min_confidence", &isnull));
	m->max_len = DatumGetInt32(up_rows_get(&r, 0, "max_len", &isnull));
	m->max_rhs = DatumGetInt32(up_rows_get(&r, 0, "max_rhs", &isnull));
	m->max_rules = DatumGetInt64(up_rows_get(&r, 0, "max_rules", &isnull));
	m->standing.max_len = (uint32_t) m->max_len;
	fill_followed(m, &r, trigger_function);
	return m;
}

void
up_mine_load(UpMine *m)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(m->name);
	UpRows r =
		up_query(false, psprintf("SELECT items FROM %s.uprofile_mine_definitions WHERE name = $1", m->schema),
				 1, &type, &value, NULL);
	bool isnull;
	Datum items = up_rows_get(&r, 0, "items", &isnull);

	get_items(m, isnull ? NULL : DatumGetByteaPP(items));
	m->n_items_stored = m->items.n;
	load_parts(m);
}

/* The right to change it, also where its owner is gone. */
static void
lock_mine(const char *schema, const char *name)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(name);

	check_may_write(name);
	up_registry_guard(schema, RowExclusiveLock);
	if (up_query(false,
				 psprintf("SELECT 1 FROM %s.uprofile_mine_definitions WHERE name = $1 FOR UPDATE", schema), 1,
				 &type, &value, NULL)
			.n == 0)
		fail_unknown(schema, name);
}

void
up_mine_rename(const char *schema, const char *name, const char *new_name)
{
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(name), CStringGetTextDatum(new_name)};

	lock_mine(schema, name);
	check_name(new_name);
	/* The row that claims the new name tells whether it is free, also of names that the caller cannot see. */
	if (up_query(
			false,
			psprintf("INSERT INTO %s.uprofile_mine_definitions (name, source, basket, item, min_support, "
					 "min_confidence, max_len, max_rhs, max_rules, source_path) VALUES ($2, '', '', '', 1, "
					 "1, 0, 0, 0, '') ON CONFLICT DO NOTHING RETURNING 1",
					 schema),
			2, types, values, NULL)
			.n == 0)
		refuse_name(new_name);
	up_query(false, psprintf("DELETE FROM %s.uprofile_mine_definitions WHERE name = $1", schema), 1, types,
			 values + 1, NULL);
	up_query(false, psprintf("UPDATE %s.uprofile_mine_definitions SET name = $2 WHERE name = $1", schema), 2,
			 types, values, NULL);
}

void
up_mine_reassign(const char *schema, const char *name, const char *role, Oid trigger_function)
{
	Oid owner = up_owner_new(role);
	Oid types[] = {TEXTOID, OIDOID};
	Datum values[] = {CStringGetTextDatum(name), ObjectIdGetDatum(owner)};
	UpFollowedMine m = {.schema = schema, .name = name, .trigger_function = trigger_function};

	lock_mine(schema, name);
	up_mine_reassign_queues(&m, owner);
	up_query(false,
			 psprintf("UPDATE %s.uprofile_mine_definitions SET owner_oid = $2, covered = NULL WHERE name = $1",
					  schema),
			 2, types, values, NULL);
}

void
up_mine_drop(const char *schema, const char *name, Oid trigger_function)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(name);
	UpFollowedMine m = {.schema = schema, .name = name, .trigger_function = trigger_function};
	UpRows r;

	check_may_write(name);
	up_registry_guard(schema, RowExclusiveLock);
	up_mine_watch_end(&m);
	r = up_query(false,
				 psprintf("DELETE FROM %s.uprofile_mine_definitions WHERE name = $1 RETURNING 1", schema), 1,
				 &type, &value, NULL);
	if (r.n == 0)
		fail_unknown(schema, name);
}

/* ---- what is kept ---- */

static void
store_part(const UpMine *m, const UpMinePart *p, int32 place, bool is_new)
{
	Oid types[] = {TEXTOID, INT4OID, INT4OID, BYTEAOID, BYTEAOID};
	Datum values[] = {CStringGetTextDatum(m->name), Int32GetDatum((int32) p->id), Int32GetDatum(place),
					  (Datum) 0, (Datum) 0};
	UpWriter w;

	up_writer_init(&w);
	up_put_part_sets(&w, p);
	values[3] = PointerGetDatum(as_bytea(&w));
	if (is_new)
	{
		up_writer_init(&w);
		up_put_part_baskets(&w, p);
		values[4] = PointerGetDatum(as_bytea(&w));
		up_query(false,
				 psprintf("INSERT INTO %s.uprofile_mine_parts (mine, part, place, sets, baskets) VALUES ($1, "
						  "$2, $3, $4, $5)",
						  m->schema),
				 5, types, values, NULL);
		pfree(DatumGetPointer(values[4]));
	}
	else
		up_query(
			false,
			psprintf("UPDATE %s.uprofile_mine_parts SET place = $3, sets = $4 WHERE mine = $1 AND part = $2",
					 m->schema),
			4, types, values, NULL);
	pfree(DatumGetPointer(values[3]));
}

static void
store_left(const UpMine *m, const UpMinePart *p)
{
	Oid types[] = {TEXTOID, INT4OID, BYTEAOID};
	Datum values[] = {CStringGetTextDatum(m->name), Int32GetDatum((int32) p->id), (Datum) 0};
	UpWriter w;

	up_writer_init(&w);
	up_put_part_left(&w, p);
	values[2] = PointerGetDatum(as_bytea(&w));
	up_query(false,
			 psprintf("UPDATE %s.uprofile_mine_parts SET gone = $3 WHERE mine = $1 AND part = $2", m->schema),
			 3, types, values, NULL);
}

static void
store_place(const UpMine *m, const UpMinePart *p, int32 place)
{
	Oid types[] = {TEXTOID, INT4OID, INT4OID};
	Datum values[] = {CStringGetTextDatum(m->name), Int32GetDatum((int32) p->id), Int32GetDatum(place)};

	up_query(
		false,
		psprintf("UPDATE %s.uprofile_mine_parts SET place = $3 WHERE mine = $1 AND part = $2 AND place <> $3",
				 m->schema),
		3, types, values, NULL);
}

/* Parts that are no more go; their numbers are not given again as long as higher ones are there. */
static void
store_parts(UpMine *m)
{
	UpStanding *s = &m->standing;
	Datum *ids = palloc(sizeof(Datum) * UP_MOST_PARTS);
	Oid types[] = {TEXTOID, INT4ARRAYOID};
	Datum values[2];
	uint32_t last = 0;
	int n = 0;

	for (uint32_t i = 0; i < s->n_parts; i++)
	{
		UpMinePart *p = s->parts[i];

		last = Max(last, p->id);
		/* Sets are those of the baskets that are stored; and what has left takes no more than a fourth of the place. */
		if (p->n_left > 0 && (p->mined || p->n_left > p->n_stored / 4))
			p->id = 0;
		if (p->id != 0)
			ids[n++] = Int32GetDatum((int32) p->id);
	}
	values[0] = CStringGetTextDatum(m->name);
	values[1] = PointerGetDatum(construct_array(ids, n, INT4OID, 4, true, TYPALIGN_INT));
	up_query(false,
			 psprintf("DELETE FROM %s.uprofile_mine_parts WHERE mine = $1 AND part <> ALL ($2)", m->schema), 2,
			 types, values, NULL);
	for (uint32_t i = 0; i < s->n_parts; i++)
	{
		UpMinePart *p = s->parts[i];
		bool is_new = p->id == 0;

		if (is_new)
			p->id = ++last;
		if (is_new || p->mined)
			store_part(m, p, (int32) i, is_new);
		else
			store_place(m, p, (int32) i);
		if (!is_new && p->thinned)
			store_left(m, p);
	}
}

void
up_mine_keep(UpMine *m, const UpMineChanges *c, const UpMineCounts *counts)
{
	Oid types[] = {TEXTOID, BYTEAOID, TEXTOID, TEXTOID, INT8OID, INT8OID, INT8OID};
	Datum values[] = {CStringGetTextDatum(m->name),
					  (Datum) 0,
					  c->covered != NULL ? CStringGetTextDatum(c->covered) : (Datum) 0,
					  m->since != NULL ? CStringGetTextDatum(m->since) : (Datum) 0,
					  Int64GetDatum(counts->baskets),
					  Int64GetDatum(counts->itemsets),
					  Int64GetDatum(counts->rules)};
	char nulls[] = "       ";

	nulls[1] = m->items.n != m->n_items_stored ? ' ' : 'n';
	nulls[2] = c->covered != NULL ? ' ' : 'n';
	nulls[3] = m->since != NULL ? ' ' : 'n';
	store_parts(m);
	if (nulls[1] == ' ')
		values[1] = PointerGetDatum(put_items(m));
	up_query(
		false,
		psprintf("UPDATE %s.uprofile_mine_definitions SET items = coalesce($2, items), covered = $3, "
				 "covered_since = $4::timestamptz, baskets = $5, itemsets = $6, rules = $7, refreshed_at = "
				 "clock_timestamp() WHERE name = $1",
				 m->schema),
		lengthof(types), types, values, nulls);
}

UpMineCounts
up_mine_keep_all(UpMine *m)
{
	Oid types[] = {TEXTOID, TEXTOID};
	Datum values[] = {CStringGetTextDatum(m->name),
					  m->since != NULL ? CStringGetTextDatum(m->since) : (Datum) 0};
	UpRows r =
		up_query(false,
				 psprintf("UPDATE %s.uprofile_mine_definitions SET covered_since = $2::timestamptz, "
						  "refreshed_at = clock_timestamp() WHERE name = $1 RETURNING baskets, itemsets, "
						  "rules, (SELECT count(*)::int4 FROM %s.uprofile_mine_parts WHERE mine = $1) AS "
						  "parts",
						  m->schema, m->schema),
				 2, types, values, m->since != NULL ? NULL : " n");
	bool isnull;

	return (UpMineCounts){DatumGetInt64(up_rows_get(&r, 0, "baskets", &isnull)),
						  DatumGetInt64(up_rows_get(&r, 0, "itemsets", &isnull)),
						  DatumGetInt64(up_rows_get(&r, 0, "rules", &isnull)),
						  DatumGetInt32(up_rows_get(&r, 0, "parts", &isnull))};
}

void
up_mine_keep_sets(const UpMine *m, UpWriter *w)
{
	Oid types[] = {TEXTOID, BYTEAOID};
	Datum values[] = {CStringGetTextDatum(m->name), PointerGetDatum(as_bytea(w))};

	up_query(
		false,
		psprintf("INSERT INTO %s.uprofile_mined_sets AS s (mine, sets) VALUES ($1, $2) ON CONFLICT (mine) DO "
				 "UPDATE SET sets = $2",
				 m->schema),
		2, types, values, NULL);
}

bytea *
up_mine_sets(const char *schema, const char *name)
{
	Oid type = TEXTOID;
	Datum value = CStringGetTextDatum(name);
	UpRows r = up_query(true,
						psprintf("SELECT s.sets FROM %s.uprofile_mine_definitions d LEFT JOIN "
								 "%s.uprofile_mined_sets s ON s.mine = d.name WHERE d.name = $1",
								 schema, schema),
						1, &type, &value, NULL);
	bool isnull;

	if (r.n == 0)
		fail_unknown(schema, name);
	value = up_rows_get(&r, 0, "sets", &isnull);
	return isnull ? NULL : DatumGetByteaPP(value);
}
