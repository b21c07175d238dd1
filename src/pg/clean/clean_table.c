/*
 * clean_table.c - a source in memory, and the log of its changes; see clean_table.h
 */
#include "postgres.h"

#include "access/detoast.h"
#include "catalog/pg_collation.h"
#include "catalog/pg_type.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "pg/clean/clean_table.h"
#include "pg/io/local_setting.h"
#include "pg/io/nearest.h"
#include "pg/io/query.h"
#include "pg/module.h"
#include "pg/workers.h"

#define CHUNK          (256 * 1024)
#define FIRST_CAPACITY 4096
#define SHARED_ROWS    20000 /* that are expected, from which on workers may see them */

void
up_clean_table_count(UpCleanTable *t, size_t bytes)
{
	t->bytes += bytes;
	up_reserve(t->bytes, "cleaning the source");
}

/* Workers see the values as long as all of them have room where they do. */
static char *
more_space(UpCleanTable *t, size_t size)
{
	up_clean_table_count(t, size);
	if (t->region != NULL && up_grow_large(t->region, t->region_used + size))
	{
		t->region_used += size;
		return t->region + t->region_used - size;
	}
	t->region = NULL;
	return MemoryContextAllocHuge(t->context, size);
}

/* Values are many and small and never freed one by one. */
static void *
table_alloc(UpCleanTable *t, size_t size)
{
	char *p;

	size = MAXALIGN(size);
	if (size > CHUNK / 8)
		return more_space(t, size);
	if (size > t->chunk_left)
	{
		t->chunk = more_space(t, CHUNK);
		t->chunk_left = CHUNK;
	}
	p = t->chunk;
	t->chunk += size;
	t->chunk_left -= size;
	return p;
}

Datum
up_clean_table_keep(UpCleanTable *t, const UpCleanValues *v, Datum value)
{
	struct varlena *flat;
	size_t size;
	void *copy;

	if (v->byval)
		return value;
	if (v->len >= 0)
	{
		copy = table_alloc(t, v->len);
		memcpy(copy, DatumGetPointer(value), v->len);
		return PointerGetDatum(copy);
	}
	if (v->len == -2)
	{
		size = strlen(DatumGetCString(value)) + 1;
		copy = table_alloc(t, size);
		memcpy(copy, DatumGetPointer(value), size);
		return PointerGetDatum(copy);
	}
	flat = PG_DETOAST_DATUM_PACKED(value);
	size = VARSIZE_ANY(flat);
	copy = table_alloc(t, size);
	memcpy(copy, flat, size);
	if ((Pointer) flat != DatumGetPointer(value))
		pfree(flat);
	return PointerGetDatum(copy);
}

Datum
up_clean_from_text(UpCleanTable *t, UpCleanValues *v, const char *text)
{
	Datum value = InputFunctionCall(&v->input, unconstify(char *, text), v->input_param, v->typmod);

	return up_clean_table_keep(t, v, value);
}

Datum
up_clean_table_coerce(UpCleanTable *t, UpCleanValues *v, Datum value)
{
	return v->through_input ? up_clean_from_text(t, v, up_clean_text(v, value))
							: up_clean_table_keep(t, v, value);
}

/* ---- reading ---- */

typedef struct Reading
{
	UpCleanTable *table;
	const char *key;
	MemoryContext row_context;
} Reading;

static void
find_key(UpCleanTable *t, TupleDesc desc, const char *key)
{
	AttrNumber numbers[UP_MAX_KEY];

	t->n_keys = up_key_columns(key, desc, numbers);
	for (int i = 0; i < t->n_keys; i++)
		t->keys[i] = numbers[i] - 1;
}

bool
up_clean_is_key(const UpCleanTable *t, int column)
{
	for (int i = 0; i < t->n_keys; i++)
	{
		if (t->keys[i] == column)
			return true;
	}
	return false;
}

static void
start_reading(void *arg, TupleDesc desc)
{
	Reading *r = arg;
	UpCleanTable *t = r->table;

	if (desc->natts == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_TABLE_DEFINITION), errmsg("the source has no columns")));
	t->desc = CreateTupleDescCopy(desc);
	t->n_columns = desc->natts;
	t->columns = palloc0(sizeof(UpCleanColumn) * desc->natts);
	for (int i = 0; i < desc->natts; i++)
	{
		Form_pg_attribute att = TupleDescAttr(desc, i);
		UpCleanColumn *c = &t->columns[i];

		c->name = pstrdup(NameStr(att->attname));
		for (int j = 0; j < i; j++)
		{
			if (strcmp(c->name, t->columns[j].name) == 0)
				ereport(ERROR,
						(errcode(ERRCODE_DUPLICATE_COLUMN), errmsg("column name \"%s\" appears twice", c->name),
						 errhint("Give one of the columns another name with AS.")));
		}
		c->n_generations = 1;
		c->generations = palloc(sizeof(UpCleanValues *));
		c->now = c->generations[0] =
			up_clean_values_new(t->context, att->atttypid, att->atttypmod, att->attcollation);
	}
	if (r->key != NULL)
		find_key(t, desc, r->key);
}

static void
set_capacity(UpCleanTable *t, size_t capacity)
{
	bool first = t->capacity == 0;

	up_clean_table_count(t, (capacity - t->capacity) * t->n_columns * (sizeof(Datum) + sizeof(bool)));
	for (int i = 0; i < t->n_columns; i++)
	{
		UpCleanValues *v = t->columns[i].now;

		v->values =
			first ? up_alloc_array(capacity, sizeof(Datum)) : up_realloc(v->values, capacity * sizeof(Datum));
		v->nulls =
			first ? up_alloc_array(capacity, sizeof(bool)) : up_realloc(v->nulls, capacity * sizeof(bool));
	}
	t->capacity = capacity;
}

static void
read_row(void *arg, TupleTableSlot *slot)
{
	Reading *r = arg;
	UpCleanTable *t = r->table;
	size_t row = t->n_rows;
	MemoryContext outer;

	if (row == t->capacity)
		set_capacity(t, t->capacity == 0 ? FIRST_CAPACITY : t->capacity * 2);
	slot_getallattrs(slot);
	outer = MemoryContextSwitchTo(r->row_context);
	for (int i = 0; i < t->n_columns; i++)
	{
		UpCleanValues *v = t->columns[i].now;

		v->nulls[row] = slot->tts_isnull[i];
		if (v->nulls[row])
			v->values[row] = (Datum) 0;
		else
			v->values[row] = up_clean_table_keep(t, v, slot->tts_values[i]);
	}
	MemoryContextSwitchTo(outer);
	t->n_rows++;
	if ((row & 0xff) == 0)
	{
		MemoryContextReset(r->row_context);
		up_progress("reading rows", row, 0);
	}
}

typedef struct Measured
{
	const UpCleanTable *table;
	size_t n_rows;
	size_t bytes; /* of the values that columns point to */
} Measured;

static size_t
row_bytes(const UpCleanTable *t)
{
	return t->n_columns * (sizeof(Datum) + sizeof(bool)) + sizeof(bool) + sizeof(uint32);
}

/* As up_clean_table_keep copies it. */
static size_t
kept_bytes(const UpCleanValues *v, Datum value)
{
	const struct varlena *flat = (const struct varlena *) DatumGetPointer(value);

	if (v->byval)
		return 0;
	if (v->len >= 0)
		return MAXALIGN(v->len);
	if (v->len == -2)
		return MAXALIGN(strlen(DatumGetCString(value)) + 1);
	/* One that stands elsewhere is short, too. */
	return MAXALIGN(VARATT_IS_SHORT(flat) && !VARATT_IS_EXTERNAL(flat) ? VARSIZE_SHORT(flat)
																	   : toast_raw_datum_size(value));
}

static void
measure_row(void *arg, TupleTableSlot *slot)
{
	Measured *m = arg;

	up_tick();
	slot_getallattrs(slot);
	for (int i = 0; i < m->table->n_columns; i++)
	{
		if (!slot->tts_isnull[i])
			m->bytes += kept_bytes(m->table->columns[i].now, slot->tts_values[i]);
	}
	m->n_rows++;
}

/* A source that may be too large is measured, and read if it is not. */
static void
check_memory(UpCleanTable *t, UpReading *reading)
{
	Measured m = {.table = t};

	if (up_reading_n_rows(reading) * (row_bytes(t) + up_reading_width(reading)) < up_memory_limit() ||
		!up_reading_measure(reading, measure_row, &m))
		return;
	up_reserve(m.n_rows * row_bytes(t) + m.bytes, "cleaning the source");
	set_capacity(t, Max(m.n_rows, 1));
}

static void
end_reading(UpCleanTable *t)
{
	up_clean_table_count(t, (t->n_rows + 1) * (sizeof(bool) + sizeof(uint32)));
	t->removed = up_alloc0((t->n_rows + 1) * sizeof(bool));
	t->touched = up_alloc0((t->n_rows + 1) * sizeof(uint32));
}

UpCleanTable *
up_clean_table_read(const char *query, const char *key, bool shared)
{
	UpCleanTable *t = palloc0(sizeof(UpCleanTable));
	Reading r = {t, key, NULL};
	UpReading *reading;
	int level = NewGUCNestLevel();

	t->context = CurrentMemoryContext;
	t->utf8 = GetDatabaseEncoding() == PG_UTF8;
	/* Rows are numbered as they come, so they must come in the order in which the source has them. */
	up_set_locally("max_parallel_workers_per_gather", "0");
	up_set_locally("synchronize_seqscans", "off");
	r.row_context = AllocSetContextCreate(CurrentMemoryContext, "uprofile row", ALLOCSET_DEFAULT_SIZES);
	reading = up_reading_begin(query);
	start_reading(&r, up_reading_columns(reading));
	check_memory(t, reading);
	if (shared && up_workers_allowed() > 0 && (up_debug_workers || up_reading_n_rows(reading) >= SHARED_ROWS))
		t->region = up_alloc_growing(CHUNK);
	up_reading_run(reading, NULL, read_row, &r);
	up_reading_end(reading);
	MemoryContextDelete(r.row_context);
	AtEOXact_GUC(true, level);
	end_reading(t);
	return t;
}

UpCleanTable *
up_clean_table_of(Tuplestorestate *rows, TupleDesc columns, const char *key)
{
	UpCleanTable *t = palloc0(sizeof(UpCleanTable));
	Reading r = {t, key, NULL};
	TupleTableSlot *slot;

	t->context = CurrentMemoryContext;
	t->utf8 = GetDatabaseEncoding() == PG_UTF8;
	start_reading(&r, columns);
	r.row_context = AllocSetContextCreate(CurrentMemoryContext, "uprofile row", ALLOCSET_DEFAULT_SIZES);
	slot = MakeSingleTupleTableSlot(columns, &TTSOpsMinimalTuple);
	tuplestore_rescan(rows);
	while (tuplestore_gettupleslot(rows, true, false, slot))
		read_row(&r, slot);
	ExecDropSingleTupleTableSlot(slot);
	MemoryContextDelete(r.row_context);
	end_reading(t);
	return t;
}

int
up_clean_table_find(const UpCleanTable *t, const char *name, const char *owner)
{
	const char **names = palloc(sizeof(char *) * t->n_columns);
	const char *nearest;

	for (int i = 0; i < t->n_columns; i++)
	{
		if (strcmp(t->columns[i].name, name) == 0)
			return i;
		names[i] = t->columns[i].name;
	}
	nearest = up_nearest_name(name, names, t->n_columns);
	ereport(ERROR, (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("%s: column \"%s\" does not exist", owner, name),
					up_hint_nearest(nearest, NULL)));
}

void
up_clean_table_retype(UpCleanTable *t, int column, UpCleanValues *values)
{
	UpCleanColumn *c = &t->columns[column];

	if (c->n_generations >= UINT8_MAX)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("column \"%s\" changes its type too often", c->name)));
	c->generations = repalloc(c->generations, sizeof(UpCleanValues *) * (c->n_generations + 1));
	c->generations[c->n_generations++] = values;
	c->now = values;
}

/* ---- the log ---- */

void
up_clean_table_touch(UpCleanTable *t, size_t row)
{
	if (t->touched[row] == t->step->number)
		return;
	t->touched[row] = t->step->number;
	t->step->n_rows++;
}

/* The array, which has space for one more. */
static void *
grown(UpCleanTable *t, void *array, size_t n, size_t *capacity, size_t size)
{
	size_t wanted = *capacity == 0 ? FIRST_CAPACITY : *capacity * 2;

	if (n < *capacity)
		return array;
	up_clean_table_count(t, (wanted - *capacity) * size);
	*capacity = wanted;
	return array == NULL ? MemoryContextAllocHuge(t->context, wanted * size) : up_realloc(array, wanted * size);
}

static UpCleanChange *
new_change(UpCleanTable *t, size_t row, int column)
{
	UpCleanChange *c;

	t->changes = grown(t, t->changes, t->n_changes, &t->change_capacity, sizeof(UpCleanChange));
	up_clean_table_touch(t, row);
	c = &t->changes[t->n_changes++];
	t->step->n_changes++;
	c->row = row;
	c->step = t->step->number;
	c->column = (uint16) column;
	return c;
}

void
up_clean_table_change(UpCleanTable *t, size_t row, int column, Datum after, bool after_null)
{
	UpCleanValues *v = t->columns[column].now;
	UpCleanChange *c = new_change(t, row, column);

	c->before = v->values[row];
	c->before_null = v->nulls[row];
	c->after = after;
	c->after_null = after_null;
	c->generation_before = c->generation_after = (uint8) (t->columns[column].n_generations - 1);
	v->values[row] = after_null ? (Datum) 0 : after;
	v->nulls[row] = after_null;
}

void
up_clean_table_note_repair(UpCleanTable *t, size_t row, int column, bool after_null)
{
	UpCleanColumn *col = &t->columns[column];
	UpCleanValues *old = col->generations[col->n_generations - 2];
	UpCleanChange *c = new_change(t, row, column);

	c->before = old->values[row];
	c->before_null = old->nulls[row];
	c->after = col->now->values[row];
	c->after_null = after_null;
	c->generation_before = (uint8) (col->n_generations - 2);
	c->generation_after = (uint8) (col->n_generations - 1);
}

static const char *
kept_complaint(UpCleanTable *t, const char *complaint)
{
	size_t size = strlen(complaint) + 1;

	if (t->complaint == NULL || strcmp(t->complaint, complaint) != 0)
		t->complaint = memcpy(table_alloc(t, size), complaint, size);
	return t->complaint;
}

static UpCleanRemoval *
new_removal(UpCleanTable *t, size_t row, const char *complaint)
{
	UpCleanRemoval *r;

	t->removals = grown(t, t->removals, t->n_removals, &t->removal_capacity, sizeof(UpCleanRemoval));
	up_clean_table_touch(t, row);
	r = &t->removals[t->n_removals++];
	t->step->n_removals++;
	memset(r, 0, sizeof(*r));
	r->row = row;
	r->step = t->step->number;
	r->complaint = kept_complaint(t, complaint);
	r->column = -1;
	r->kept = UP_CLEAN_NO_ROW;
	t->removed[row] = true;
	return r;
}

void
up_clean_table_quarantine(UpCleanTable *t, size_t row, int column, const char *complaint)
{
	UpCleanRemoval *r = new_removal(t, row, complaint);
	UpCleanValues *v = t->columns[column].now;

	r->column = (int16) column;
	r->generation = (uint8) (t->columns[column].n_generations - 1);
	r->value = v->values[row];
	r->value_null = v->nulls[row];
}

void
up_clean_table_merge(UpCleanTable *t, size_t row, size_t kept, const char *complaint)
{
	new_removal(t, row, complaint)->kept = kept;
	t->n_merged++;
}

void
up_clean_table_restore_removed(UpCleanTable *t)
{
	for (size_t i = t->n_changes; i-- > 0;)
	{
		const UpCleanChange *c = &t->changes[i];
		UpCleanValues *v = t->columns[c->column].generations[c->generation_before];

		if ((i & 0xffff) == 0)
			up_tick();
		if (!t->removed[c->row])
			continue;
		v->values[c->row] = c->before;
		v->nulls[c->row] = c->before_null;
	}
}

void
up_clean_need_order(const UpCleanTable *t, int column, const char *owner)
{
	const UpCleanValues *v = t->columns[column].now;

	if (!OidIsValid(v->cache->cmp_proc_finfo.fn_oid))
		ereport(ERROR, (errcode(ERRCODE_UNDEFINED_FUNCTION),
						errmsg("%s cannot order column \"%s\": type %s has no order", owner,
							   t->columns[column].name, format_type_be(v->type))));
}
