/*
 * clean_rows.c - equal rows and equal keys; see clean_rows.h
 *
 * Values are equal as their type has it (1.0 and 1.00 are), and missing ones are equal among themselves.
 * Rows are hashed by this process, as functions of types may do what they like; which hashes are equal is found together with workers,
 * where that pays. Memory: 40 bytes a row.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/rng.h"
#include "num/first_equal.h"
#include "pg/clean/clean_rows.h"

#define BLOCK   1024 /* rows, a column after the other */
#define FINDING "finding equal rows"

/* While rows are grouped: five numbers a row. */
static size_t
groups_bytes(const UpCleanTable *t)
{
	return t->bytes + 5 * (t->n_rows + 1) * sizeof(size_t);
}

/* Of n rows from the first one on, a column after the other. */
static void
hash_rows(UpCleanTable *t, const int *columns, int n_columns, size_t first, size_t n, uint64 *hashes)
{
	memset(hashes, 0, sizeof(uint64) * n);
	for (int c = 0; c < n_columns; c++)
	{
		const UpCleanValues *v = t->columns[columns[c]].now;

		for (size_t i = 0; i < n; i++)
		{
			size_t row = first + i;

			if (!t->removed[row])
				hashes[i] = up_mix64(hashes[i] +
									 (v->nulls[row] ? 0x9e3779b97f4a7c15 : up_clean_hash(v, v->values[row])));
		}
	}
}

static bool
rows_equal(UpCleanTable *t, const int *columns, int n_columns, size_t a, size_t b)
{
	for (int i = 0; i < n_columns; i++)
	{
		const UpCleanValues *v = t->columns[columns[i]].now;

		if (v->nulls[a] != v->nulls[b])
			return false;
		if (!v->nulls[a] && !up_clean_equal(v, v->values[a], v->values[b]))
			return false;
	}
	return true;
}

static bool
all_missing(UpCleanTable *t, const int *columns, int n_columns, size_t row)
{
	for (int i = 0; i < n_columns; i++)
	{
		if (!up_clean_is_missing(t->columns[columns[i]].now, row))
			return false;
	}
	return true;
}

static uint64 *
hash_all(UpCleanTable *t, const int *columns, int n_columns)
{
	uint64 *hashes = up_alloc_array(t->n_rows + 1, sizeof(uint64));
	MemoryContext inner =
					  AllocSetContextCreate(CurrentMemoryContext, "uprofile hashes", ALLOCSET_DEFAULT_SIZES),
				  outer = MemoryContextSwitchTo(inner);

	for (size_t first = 0; first < t->n_rows; first += BLOCK)
	{
		up_progress(FINDING, first, t->n_rows);
		/* What functions of types leave behind. */
		MemoryContextReset(inner);
		hash_rows(t, columns, n_columns, first, Min(BLOCK, t->n_rows - first), hashes + first);
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(inner);
	return hashes;
}

/* Of each row the first one of the same hash. */
static size_t *
find_first_rows(UpCleanTable *t, const int *columns, int n_columns, bool pass_missing, const uint64 *hashes)
{
	size_t *first;

	/* No more than this is done while workers stand by: functions of types may touch tables. */
	up_workers_begin(up_first_equal_seconds((double) t->n_rows));
	first = up_alloc_large_array(t->n_rows + 1, sizeof(size_t));
	for (size_t row = 0; row < t->n_rows; row++)
	{
		if ((row & 0xffff) == 0)
			up_tick();
		first[row] = t->removed[row] || (pass_missing && all_missing(t, columns, n_columns, row))
						 ? UP_CLEAN_NO_ROW
						 : row;
	}
	up_first_equal(hashes, t->n_rows, first);
	up_workers_end();
	return first;
}

/* Groups whose first row has the hash of another group's. */
typedef struct Others
{
	UpCleanTable *t;
	const int *columns;
	int n_columns;
	const uint64 *hashes; /* of rows */
	UpCleanGroups *groups;
	UpHashTable table;
	size_t n;
	size_t capacity;
	size_t *which;
} Others;

#define UP_HASH_NAME    other
#define UP_HASH_OWNER   Others
#define UP_HASH_KEY     size_t
#define UP_HASH_SLOT    size_t
#define FIRST_ROW(o, i) (o)->groups->first[(o)->which[i]]
#define UP_HASH_EQUAL(o, i, row)                                                                               \
	((o)->hashes[FIRST_ROW(o, i)] == (o)->hashes[row] &&                                                       \
	 rows_equal((o)->t, (o)->columns, (o)->n_columns, FIRST_ROW(o, i), row))
#define UP_HASH_OF(o, i) (o)->hashes[FIRST_ROW(o, i)]
#include "num/hash_table.h"

static size_t
new_group(UpCleanGroups *g, size_t row)
{
	g->first[g->n] = row;
	return g->n++;
}

static size_t
find_other(Others *o, MemoryContext context, size_t row)
{
	size_t *slot;

	if (o->n == o->capacity)
	{
		MemoryContext outer = MemoryContextSwitchTo(context);
		size_t capacity = Max(2 * o->capacity, 512);

		up_reserve(groups_bytes(o->t) + (capacity + up_hash_table_slots(capacity)) * sizeof(size_t), FINDING);
		o->which = o->which == NULL ? up_alloc_array(capacity, sizeof(size_t))
									: up_realloc(o->which, capacity * sizeof(size_t));
		o->capacity = capacity;
		other_resize(&o->table, o, o->n, capacity);
		MemoryContextSwitchTo(outer);
	}
	slot = other_find(&o->table, o, o->hashes[row], row);
	if (*slot == 0)
	{
		o->which[o->n++] = new_group(o->groups, row);
		*slot = o->n;
	}
	return o->which[*slot - 1];
}

/* The first rows of equal hashes become groups of equal rows, numbered in the order of their first rows. */
static void
number_groups(Others *o)
{
	UpCleanGroups *g = o->groups;
	MemoryContext inner =
					  AllocSetContextCreate(CurrentMemoryContext, "uprofile groups", ALLOCSET_DEFAULT_SIZES),
				  outer = MemoryContextSwitchTo(inner);

	for (size_t row = 0; row < o->t->n_rows; row++)
	{
		size_t first = g->group_of[row];

		if (row % BLOCK == 0)
		{
			up_tick();
			MemoryContextReset(inner);
		}
		if (first == UP_CLEAN_NO_ROW)
			continue;
		if (first == row)
			g->group_of[row] = new_group(g, row);
		else if (rows_equal(o->t, o->columns, o->n_columns, first, row))
			g->group_of[row] = g->group_of[first];
		else
			g->group_of[row] = find_other(o, outer, row);
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(inner);
}

UpCleanGroups *
up_clean_group(UpCleanTable *t, const int *columns, int n_columns, bool pass_missing)
{
	UpCleanGroups *g = palloc0(sizeof(UpCleanGroups));
	Others others = {.t = t, .columns = columns, .n_columns = n_columns, .groups = g};
	uint64 *hashes;

	up_reserve(groups_bytes(t), FINDING);
	others.hashes = hashes = hash_all(t, columns, n_columns);
	g->group_of = find_first_rows(t, columns, n_columns, pass_missing, hashes);
	g->first = up_alloc_array(t->n_rows + 1, sizeof(size_t));
	number_groups(&others);
	up_free(others.which);
	up_free(others.table.slots);
	up_free(hashes);
	return g;
}

void
up_clean_groups_free(UpCleanGroups *g)
{
	up_free(g->first);
	up_free_large(g->group_of);
	pfree(g);
}

static int
count_present(UpCleanTable *t, size_t row)
{
	int n = 0;

	for (int i = 0; i < t->n_columns; i++)
		n += !up_clean_is_missing(t->columns[i].now, row);
	return n;
}

/* Whether a later row is to stay in the place of an earlier one. order: a column, or -1. */
static bool
is_better(UpCleanTable *t, UpCleanKeep keep, int order, size_t row, size_t than)
{
	const UpCleanValues *v = order >= 0 ? t->columns[order].now : NULL;
	int after = 0; /* the row comes before or after the other */

	if (keep == UP_KEEP_COMPLETE)
	{
		int more = count_present(t, row) - count_present(t, than);

		if (more != 0)
			return more > 0;
	}
	if (v == NULL)
		return keep == UP_KEEP_LAST;
	/* A row without order never wins over one that has it. */
	if (v->nulls[row] || v->nulls[than])
		return v->nulls[row] == v->nulls[than] ? keep == UP_KEEP_LAST : v->nulls[than];
	after = up_clean_compare(v, v->values[row], v->values[than]);
	if (keep == UP_KEEP_FIRST)
		return after < 0;
	return keep == UP_KEEP_LAST ? after >= 0 : after > 0;
}

/* All columns but those that need not be equal. */
static int
compared_columns(UpCleanTable *t, const UpCleanRule *rule, int *columns)
{
	bool *excluded = palloc0(sizeof(bool) * t->n_columns);
	int n = 0;

	for (uint32_t i = 0; rule->exclude != NULL && i < rule->exclude->n; i++)
		excluded[up_clean_table_find(t, rule->exclude->items[i]->string, rule->owner)] = true;
	for (int i = 0; i < t->n_columns; i++)
	{
		if (!excluded[i])
			columns[n++] = i;
	}
	if (n == 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s excludes every column", rule->owner)));
	return n;
}

void
up_clean_duplicates(UpCleanTable *t, const UpCleanRule *rule)
{
	bool keys = rule->kind == UP_CLEAN_DUPLICATE_KEYS;
	int *columns = palloc(sizeof(int) * t->n_columns);
	int n_columns = keys ? t->step->n_columns : compared_columns(t, rule, columns);
	int order = rule->order != NULL ? up_clean_table_find(t, rule->order->string, rule->owner) : -1;
	const char *complaint = keys ? "has the key of row" : "is equal to row";
	UpCleanGroups *g;

	if (order >= 0)
		up_clean_need_order(t, order, rule->owner);
	g = up_clean_group(t, keys ? t->step->columns : columns, n_columns, keys);
	for (size_t row = 0; row < t->n_rows; row++)
	{
		size_t group = g->group_of[row];

		if ((row & 0x3ff) == 0)
			up_tick();
		if (group != UP_CLEAN_NO_ROW && g->first[group] != row &&
			is_better(t, (UpCleanKeep) rule->keep, order, row, g->first[group]))
			g->first[group] = row;
	}
	for (size_t row = 0; row < t->n_rows; row++)
	{
		size_t group = g->group_of[row];

		if ((row & 0xffff) == 0)
			up_tick();
		if (group != UP_CLEAN_NO_ROW && g->first[group] != row)
			up_clean_table_merge(t, row, g->first[group], complaint);
	}
	up_clean_groups_free(g);
}
