/*
 * queue.c - appending to a queue of changed keys and taking from it; see queue.h
 *
 * Rows are written straight into the heap. No code of a user runs: no default, constraint, trigger or index of the
 * table, and keys are compared by their bytes. So the writer's rights do not matter, and nothing can fail that would
 * not fail for any table.
 */
#include "postgres.h"

#include "access/heapam.h"
#include "access/tableam.h"
#include "access/xact.h"
#include "catalog/pg_am.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "common/hashfn.h"
#include "executor/tuptable.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "base/platform.h"
#include "pg/profiles/queue.h"
#include "pg/servers.h"

/* A row stays below the size at which the server begins to compress or to move values out of line. */
#define ROW_BYTES 1700
/* A statement leaves out what it wrote lately, so that memory stays bounded; a refresh leaves out the rest. */
#define MAX_RECENT 16384
/* Rows that are written together: fewer locks of pages and records of the log. */
#define ROWS_AT_ONCE 32

char *
up_queue_definition(const char *schema, const char *name, int n, const Oid *types)
{
	StringInfoData ddl;

	initStringInfo(&ddl);
	appendStringInfo(&ddl, "CREATE TABLE %s (", quote_qualified_identifier(schema, name));
	for (int i = 0; i < n; i++)
	{
		Oid array = get_array_type(types[i]);

		if (!OidIsValid(array))
			ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
							errmsg("users whose key is of type %s cannot be queued", format_type_be(types[i])),
							errhint("Use watch => 'none' and a full refresh.")));
		appendStringInfo(&ddl, "key_%d %s, ", i + 1,
						 format_type_extended(array, -1, FORMAT_TYPE_FORCE_QUALIFY));
	}
	/* Taken entries are dead rows at the front, which vacuum is to give back soon. */
	appendStringInfoString(
		&ddl, "changed_at pg_catalog.timestamptz NOT NULL, because pg_catalog.text) USING heap WITH "
			  "(autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, "
			  "autovacuum_vacuum_insert_threshold = -1)");
	return ddl.data;
}

bool
up_queue_is_shaped(Relation queue)
{
	TupleDesc desc = RelationGetDescr(queue);
	int n = up_queue_parts(queue);

	if (n < 1 || n > UP_MAX_KEY || TupleDescAttr(desc, n)->atttypid != TIMESTAMPTZOID ||
		TupleDescAttr(desc, n + 1)->atttypid != TEXTOID)
		return false;
	for (int i = 0; i < desc->natts; i++)
	{
		if (TupleDescAttr(desc, i)->attisdropped || TupleDescAttr(desc, i)->attgenerated != '\0' ||
			(i < n && !OidIsValid(up_queue_type(queue, i))))
			return false;
	}
	return true;
}

const char *
up_queue_problem(Relation queue)
{
	if (queue->rd_rel->relkind != RELKIND_RELATION || queue->rd_rel->relispartition ||
		queue->rd_rel->relam != HEAP_TABLE_AM_OID)
		return "is no ordinary table";
	if (!up_queue_is_shaped(queue))
		return "has other columns than it was created with";
	if (queue->rd_rel->relhasindex)
		return "has an index, which a queue must not have";
	return NULL;
}

/* ---- appending ------------------------------------------------------------------------------------------------ */

typedef struct Part
{
	Oid type;
	int16 len;
	bool byval;
	char align;
	Datum *waiting; /* of the keys that are not written yet */
	Datum *recent;  /* of those seen last, by place */
} Part;

struct UpQueueWriter
{
	Relation queue;
	BulkInsertState bulk;
	MemoryContext context; /* of what waits: emptied when it is written */
	int n_parts;
	Part parts[UP_MAX_KEY];
	int n, capacity; /* keys that wait */
	int bytes;       /* of them, roughly */
	TupleTableSlot *rows[ROWS_AT_ONCE];
	int n_rows, n_slots; /* rows that wait, slots that were made for them */
	bool one_word;       /* a key is one value that is passed as it is */
	uint32 *hashes;      /* of the keys seen last; 0: none */
	uint32 mask;
};

UpQueueWriter *
up_queue_writer(Relation queue, int64 expected)
{
	UpQueueWriter *w = palloc0(sizeof(UpQueueWriter));
	uint32 places = 4;

	while (places < MAX_RECENT && places < expected * 2)
		places *= 2;
	w->queue = queue;
	w->context = AllocSetContextCreate(CurrentMemoryContext, "uprofile queue", ALLOCSET_DEFAULT_SIZES);
	w->n_parts = up_queue_parts(queue);
	w->capacity = ROW_BYTES;
	w->mask = places - 1;
	w->hashes = palloc0(sizeof(uint32) * places);
	if (expected < w->capacity)
		w->capacity = (int) Max(expected, 1);
	for (int i = 0; i < w->n_parts; i++)
	{
		Part *part = &w->parts[i];

		part->type = up_queue_type(queue, i);
		get_typlenbyvalalign(part->type, &part->len, &part->byval, &part->align);
		part->waiting = palloc(sizeof(Datum) * (Size) w->capacity);
		part->recent = palloc(sizeof(Datum) * places);
	}
	w->one_word = w->n_parts == 1 && w->parts[0].byval;
	return w;
}

static void
value_bytes(const Part *part, Datum *value, const unsigned char **bytes, int *len)
{
	if (part->byval)
	{
		*bytes = (const unsigned char *) value;
		*len = sizeof(Datum);
	}
	else if (part->len == -1)
	{
		*bytes = (const unsigned char *) VARDATA_ANY(DatumGetPointer(*value));
		*len = (int) VARSIZE_ANY_EXHDR(DatumGetPointer(*value));
	}
	else
	{
		*bytes = (const unsigned char *) DatumGetPointer(*value);
		*len = part->len == -2 ? (int) strlen(DatumGetCString(*value)) : part->len;
	}
}

static uint32
hash_key(const UpQueueWriter *w, Datum *key)
{
	uint32 hash = 0;

	for (int i = 0; i < w->n_parts; i++)
	{
		const unsigned char *bytes;
		int len;

		if (w->parts[i].byval)
		{
			hash = hash_combine(hash, murmurhash32((uint32) key[i] ^ (uint32) ((uint64) key[i] >> 32)));
			continue;
		}
		value_bytes(&w->parts[i], &key[i], &bytes, &len);
		hash = hash_combine(hash, hash_bytes(bytes, len));
	}
	return hash;
}

static bool
is_recent(UpQueueWriter *w, uint32 at, Datum *key)
{
	for (int i = 0; i < w->n_parts; i++)
	{
		const unsigned char *a, *b;
		int a_len, b_len;

		if (w->parts[i].byval)
		{
			if (w->parts[i].recent[at] != key[i])
				return false;
			continue;
		}
		value_bytes(&w->parts[i], &w->parts[i].recent[at], &a, &a_len);
		value_bytes(&w->parts[i], &key[i], &b, &b_len);
		if (a_len != b_len || memcmp(a, b, (size_t) a_len) != 0)
			return false;
	}
	return true;
}

static void
write_rows(UpQueueWriter *w)
{
	if (w->n_rows == 1)
		heap_insert(w->queue, ExecFetchSlotHeapTuple(w->rows[0], false, NULL), GetCurrentCommandId(true), 0,
					w->bulk);
	else if (w->n_rows > 1)
	{
		if (w->bulk == NULL)
			w->bulk = GetBulkInsertState();
		heap_multi_insert(w->queue, w->rows, w->n_rows, GetCurrentCommandId(true), 0, w->bulk);
	}
	for (int i = 0; i < w->n_rows; i++)
		ExecClearTuple(w->rows[i]);
	w->n_rows = 0;
	MemoryContextReset(w->context);
	CHECK_FOR_INTERRUPTS();
}

/* Makes a row of the keys that wait. */
static void
close_row(UpQueueWriter *w)
{
	MemoryContext outer;
	Datum values[UP_MAX_KEY + 2];
	bool nulls[UP_MAX_KEY + 2] = {false};

	if (w->n_rows == w->n_slots)
		w->rows[w->n_slots++] = MakeSingleTupleTableSlot(RelationGetDescr(w->queue), &TTSOpsHeapTuple);
	outer = MemoryContextSwitchTo(w->context);
	for (int i = 0; i < w->n_parts; i++)
		values[i] = PointerGetDatum(construct_array(w->parts[i].waiting, w->n, w->parts[i].type,
													w->parts[i].len, w->parts[i].byval, w->parts[i].align));
	values[w->n_parts] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	nulls[w->n_parts + 1] = true;
	ExecStoreHeapTuple(heap_form_tuple(RelationGetDescr(w->queue), values, nulls), w->rows[w->n_rows++], false);
	MemoryContextSwitchTo(outer);
	w->n = 0;
	w->bytes = 0;
	if (w->n_rows == ROWS_AT_ONCE)
		write_rows(w);
}

static int
key_bytes(const UpQueueWriter *w, Datum *key)
{
	int total = 0;

	for (int i = 0; i < w->n_parts; i++)
	{
		const unsigned char *bytes;
		int len = w->parts[i].len;

		if (len < 0)
		{
			value_bytes(&w->parts[i], &key[i], &bytes, &len);
			len += VARHDRSZ + 4;
		}
		total += len;
	}
	return total;
}

/* Remembers a key in the place of another one; true if it stood there already. */
static bool
remember(UpQueueWriter *w, Datum *key)
{
	uint32 hash = hash_key(w, key) | 1;
	uint32 at = (hash >> 1) & w->mask;

	if (w->hashes[at] == hash && is_recent(w, at, key))
		return true;
	for (int i = 0; i < w->n_parts; i++)
	{
		Part *part = &w->parts[i];

		if (!part->byval && w->hashes[at] != 0)
			pfree(DatumGetPointer(part->recent[at]));
		part->recent[at] = datumCopy(key[i], part->byval, part->len);
	}
	w->hashes[at] = hash;
	return false;
}

/* The same for keys of one word, which most are: it runs for each row that others change. */
static void
add_word(UpQueueWriter *w, Datum key)
{
	Part *part = &w->parts[0];
	uint32 hash = murmurhash32((uint32) key ^ (uint32) ((uint64) key >> 32)) | 1;
	uint32 at = (hash >> 1) & w->mask;

	if (w->hashes[at] == hash && part->recent[at] == key)
		return;
	w->hashes[at] = hash;
	part->recent[at] = key;
	if (w->n == w->capacity || w->bytes + part->len > ROW_BYTES)
		close_row(w);
	part->waiting[w->n++] = key;
	w->bytes += part->len;
}

void
up_queue_add(UpQueueWriter *w, const Datum *key)
{
	Datum whole[UP_MAX_KEY];
	MemoryContext outer;
	int bytes;

	if (w->one_word)
	{
		add_word(w, key[0]);
		return;
	}
	for (int i = 0; i < w->n_parts; i++)
		whole[i] = w->parts[i].len == -1 ? PointerGetDatum(PG_DETOAST_DATUM_PACKED(key[i])) : key[i];
	if (remember(w, whole))
		return;
	bytes = key_bytes(w, whole);
	if (w->n > 0 && (w->n == w->capacity || w->bytes + bytes > ROW_BYTES))
		close_row(w);
	outer = MemoryContextSwitchTo(w->context);
	for (int i = 0; i < w->n_parts; i++)
		w->parts[i].waiting[w->n] = datumCopy(whole[i], w->parts[i].byval, w->parts[i].len);
	MemoryContextSwitchTo(outer);
	w->n++;
	w->bytes += bytes;
}

void
up_queue_end(UpQueueWriter *w)
{
	if (w->n > 0)
		close_row(w);
	write_rows(w);
	for (int i = 0; i < w->n_slots; i++)
		ExecDropSingleTupleTableSlot(w->rows[i]);
	if (w->bulk != NULL)
		FreeBulkInsertState(w->bulk);
	MemoryContextDelete(w->context);
}

void
up_queue_add_all(Relation queue, const char *reason)
{
	int n = up_queue_parts(queue);
	Datum values[UP_MAX_KEY + 2] = {0};
	bool nulls[UP_MAX_KEY + 2];

	memset(nulls, true, sizeof(nulls));
	values[n] = TimestampTzGetDatum(GetCurrentTransactionStartTimestamp());
	values[n + 1] = CStringGetTextDatum(reason);
	nulls[n] = nulls[n + 1] = false;
	heap_insert(queue, heap_form_tuple(RelationGetDescr(queue), values, nulls), GetCurrentCommandId(true), 0,
				NULL);
}

/* ---- taking --------------------------------------------------------------------------------------------------- */

typedef struct Taking
{
	UpTaken *taken;
	int64 capacity;
	UpQueueKeys keys;
} Taking;

static void
take_keys(Taking *t, Datum *arrays)
{
	Datum *values[UP_MAX_KEY];
	int n = 0;

	for (int i = 0; i < t->keys.n_parts; i++)
	{
		int of_part = up_queue_keys_take(&t->keys, i, arrays[i], &values[i]);

		if (i > 0 && of_part != n)
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED),
							errmsg("an entry of the queue has keys of %d and %d parts", n, of_part)));
		n = of_part;
	}
	if (t->taken->n + n > t->capacity)
	{
		t->capacity = Max(t->capacity * 2, t->taken->n + n);
		for (int i = 0; i < t->keys.n_parts; i++)
			t->taken->keys[i] = repalloc_huge(t->taken->keys[i], sizeof(Datum) * (Size) t->capacity);
	}
	for (int i = 0; i < t->keys.n_parts; i++)
		memcpy(t->taken->keys[i] + t->taken->n, values[i], sizeof(Datum) * (Size) n);
	t->taken->n += n;
}

static void
take_reason(UpTaken *taken, const char *reason)
{
	ListCell *cell;

	taken->all = true;
	foreach (cell, taken->reasons)
	{
		if (strcmp(lfirst(cell), reason) == 0)
			return;
	}
	taken->reasons = lappend(taken->reasons, pstrdup(reason));
}

static void
take_entry(Taking *t, TupleTableSlot *slot)
{
	UpTaken *taken = t->taken;
	bool usable = true;

	slot_getallattrs(slot);
	if (!slot->tts_isnull[t->keys.n_parts])
	{
		TimestampTz at = DatumGetTimestampTz(slot->tts_values[t->keys.n_parts]);

		if (taken->oldest == 0 || at < taken->oldest)
			taken->oldest = at;
	}
	if (!slot->tts_isnull[t->keys.n_parts + 1])
		take_reason(taken, TextDatumGetCString(slot->tts_values[t->keys.n_parts + 1]));
	for (int i = 0; i < t->keys.n_parts; i++)
	{
		usable = usable && !slot->tts_isnull[i];
		/* The arrays must outlive the slot. */
		if (usable)
			slot->tts_values[i] = PointerGetDatum(DatumGetArrayTypePCopy(slot->tts_values[i]));
	}
	if (usable)
		take_keys(t, slot->tts_values);
}

/* True if the entry is ours now. */
static bool
delete_entry(Relation queue, TupleTableSlot *slot, Snapshot snapshot)
{
	TM_Result result = up_tuple_delete(queue, slot, snapshot, false);

	if (result != TM_Ok && IsolationUsesXactSnapshot())
		ereport(ERROR, (errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
						errmsg("could not serialize access due to a concurrent refresh")));
	return result == TM_Ok;
}

static int
compare_keys(const void *a, const void *b, void *arg)
{
	const Taking *t = arg;
	int64 i = *(const int64 *) a;
	int64 j = *(const int64 *) b;

	for (int part = 0; part < t->keys.n_parts; part++)
	{
		int c = up_queue_keys_compare(&t->keys, part, t->taken->keys[part][i], t->taken->keys[part][j]);

		if (c != 0)
			return c;
	}
	return 0;
}

static void
make_unique(Taking *t)
{
	UpTaken *taken = t->taken;
	int64 *order = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(int64) * (Size) Max(taken->n, 1));
	int64 n = 0;

	for (int64 i = 0; i < taken->n; i++)
		order[i] = i;
	qsort_arg(order, (size_t) taken->n, sizeof(int64), compare_keys, t);
	for (int64 i = 0; i < taken->n; i++)
	{
		if (n == 0 || compare_keys(&order[i], &order[n - 1], t) != 0)
			order[n++] = order[i];
	}
	for (int part = 0; part < t->keys.n_parts; part++)
	{
		Datum *keys = MemoryContextAllocHuge(CurrentMemoryContext, sizeof(Datum) * (Size) Max(n, 1));

		for (int64 i = 0; i < n; i++)
			keys[i] = taken->keys[part][order[i]];
		pfree(taken->keys[part]);
		taken->keys[part] = keys;
	}
	taken->n = n;
	pfree(order);
}

static void
start_taking(Taking *t, Relation queue, const Oid *collations)
{
	t->taken = palloc0(sizeof(UpTaken));
	t->capacity = 64;
	up_queue_keys_init(&t->keys, queue, collations);
	for (int i = 0; i < t->keys.n_parts; i++)
		t->taken->keys[i] = palloc(sizeof(Datum) * (Size) t->capacity);
}

/* An entry that could be taken. */
typedef struct Entry
{
	ItemPointerData at;
	TimestampTz changed;
	int64 n;
} Entry;

typedef struct Listing
{
	Entry *entries;
	int64 n, capacity;
	bool all; /* everybody is stale */
} Listing;

static int64
keys_of(TupleTableSlot *slot)
{
	ArrayType *keys;

	if (slot->tts_isnull[0])
		return 0;
	keys = DatumGetArrayTypeP(slot->tts_values[0]);
	return ArrayGetNItems(ARR_NDIM(keys), ARR_DIMS(keys));
}

static void
list_entry(Listing *l, TupleTableSlot *slot, int n_parts)
{
	Entry *e;

	slot_getallattrs(slot);
	if (l->n == l->capacity)
	{
		l->capacity = Max(l->capacity * 2, 64);
		l->entries = l->entries == NULL ? palloc(sizeof(Entry) * (Size) l->capacity)
										: repalloc_huge(l->entries, sizeof(Entry) * (Size) l->capacity);
	}
	e = &l->entries[l->n++];
	e->at = slot->tts_tid;
	e->changed = slot->tts_isnull[n_parts] ? 0 : DatumGetTimestampTz(slot->tts_values[n_parts]);
	e->n = keys_of(slot);
	l->all = l->all || !slot->tts_isnull[n_parts + 1];
}

static int
compare_entries(const void *a, const void *b)
{
	const Entry *x = a, *y = b;

	if (x->changed != y->changed)
		return x->changed < y->changed ? -1 : 1;
	return ItemPointerCompare(unconstify(ItemPointerData *, &x->at), unconstify(ItemPointerData *, &y->at));
}

/* The last keys that were taken, beyond max_keys, go back as they were. */
static void
put_back(Taking *t, Relation queue, TimestampTz changed, int64 max_keys)
{
	UpTaken *taken = t->taken;
	Datum values[UP_MAX_KEY + 2] = {0};
	bool nulls[UP_MAX_KEY + 2] = {false};

	for (int i = 0; i < t->keys.n_parts; i++)
		values[i] = up_queue_keys_array(&t->keys, i, taken->keys[i] + max_keys, (int) (taken->n - max_keys));
	values[t->keys.n_parts] = TimestampTzGetDatum(changed);
	nulls[t->keys.n_parts + 1] = true;
	heap_insert(queue, heap_form_tuple(RelationGetDescr(queue), values, nulls), GetCurrentCommandId(true), 0,
				NULL);
	taken->left += taken->n - max_keys;
	taken->n = max_keys;
}

static void
take_oldest(Taking *t, Relation queue, Listing *l, Snapshot snapshot, TupleTableSlot *slot, int64 max_keys)
{
	qsort(l->entries, (size_t) l->n, sizeof(Entry), compare_entries);
	for (int64 i = 0; i < l->n; i++)
	{
		Entry *e = &l->entries[i];

		CHECK_FOR_INTERRUPTS();
		if (t->taken->n >= max_keys)
			t->taken->left += e->n;
		else if (table_tuple_fetch_row_version(queue, &e->at, snapshot, slot) &&
				 delete_entry(queue, slot, snapshot))
		{
			take_entry(t, slot);
			if (t->taken->n > max_keys)
				put_back(t, queue, e->changed, max_keys);
		}
	}
}

/* What is done with each entry that is seen. */
typedef enum Way
{
	LOOK, /* it stays */
	TAKE,
	LIST /* what is taken is chosen later */
} Way;

static void
scan_entries(Taking *t, Relation queue, Snapshot snapshot, TupleTableSlot *slot, Way way, Listing *listing)
{
	TableScanDesc scan = up_table_scan(queue, snapshot);

	while (table_scan_getnextslot(scan, ForwardScanDirection, slot))
	{
		CHECK_FOR_INTERRUPTS();
		if (way == LIST)
			list_entry(listing, slot, t->keys.n_parts);
		else if (way == LOOK || delete_entry(queue, slot, snapshot))
			take_entry(t, slot);
	}
	table_endscan(scan);
}

static UpTaken *
take(Relation queue, const Oid *collations, Way way, int64 max_keys)
{
	const char *problem = up_queue_problem(queue);
	Snapshot snapshot;
	TupleTableSlot *slot;
	Taking t = {0};
	Listing listing = {0};

	if (problem != NULL)
		ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
						errmsg("table \"%s\" %s", RelationGetRelationName(queue), problem)));
	start_taking(&t, queue, collations);
	snapshot = RegisterSnapshot(GetTransactionSnapshot());
	slot = table_slot_create(queue, NULL);
	scan_entries(&t, queue, snapshot, slot, way, &listing);
	if (way == LIST)
		take_oldest(&t, queue, &listing, snapshot, slot, listing.all ? PG_INT64_MAX : max_keys);
	ExecDropSingleTupleTableSlot(slot);
	UnregisterSnapshot(snapshot);
	make_unique(&t);
	return t.taken;
}

UpTaken *
up_queue_take(Relation queue, const Oid *collations, int64 max_keys)
{
	UpTaken *taken = take(queue, collations, max_keys > 0 ? LIST : TAKE, max_keys);

	CommandCounterIncrement();
	return taken;
}

UpTaken *
up_queue_look(Relation queue, const Oid *collations)
{
	return take(queue, collations, LOOK, 0);
}
