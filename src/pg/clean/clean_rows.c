/*
 * clean_rows.c - equal rows and equal keys; see clean_rows.h
 *
 * Values are equal as their type has it (1.0 and 1.00 are), and missing ones are equal among themselves.
 * A hash table of the groups; memory: 24 bytes a row and 16 to 32 a group.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "base/rng.h"
#include "pg/clean/clean_rows.h"

#define BLOCK 128 /* rows that are hashed, and their slots fetched, before they are looked up */

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

typedef struct Grouping
{
	UpCleanTable *t;
	const int *columns;
	int n_columns;
	UpCleanGroups *groups;
	uint64 *hashes; /* of the groups */
} Grouping;

typedef struct Row
{
	uint64 hash;
	size_t row;
} Row;

#define UP_HASH_NAME  group
#define UP_HASH_OWNER Grouping
#define UP_HASH_KEY   Row
#define UP_HASH_SLOT  size_t
#define UP_HASH_EQUAL(g, i, key)                                                                               \
	((g)->hashes[i] == (key).hash &&                                                                           \
	 rows_equal((g)->t, (g)->columns, (g)->n_columns, (g)->groups->first[i], (key).row))
#define UP_HASH_OF(g, i) (g)->hashes[i]
#include "num/hash_table.h"

static void
grow_table(UpHashTable *table, const Grouping *grouping, size_t n)
{
	size_t capacity = n == 0 ? 512 : 2 * n;

	up_reserve(grouping->t->bytes + (3 * grouping->t->n_rows + up_hash_table_slots(capacity)) * sizeof(size_t),
			   "finding equal rows");
	group_resize(table, grouping, n, capacity);
}

/* The group of a row; a new one has a slot. */
static size_t
find_group(const Grouping *grouping, const UpHashTable *table, size_t row, uint64 hash)
{
	UpCleanGroups *g = grouping->groups;
	size_t *slot = group_find(table, grouping, hash, (Row){hash, row}), group;

	if (*slot != 0)
		return *slot - 1;
	group = g->n++;
	grouping->hashes[group] = hash;
	g->first[group] = row;
	*slot = group + 1;
	return group;
}

UpCleanGroups *
up_clean_group(UpCleanTable *t, const int *columns, int n_columns, bool pass_missing)
{
	UpCleanGroups *g = palloc0(sizeof(UpCleanGroups));
	Grouping grouping = {t, columns, n_columns, g, NULL};
	UpHashTable table = {0};
	uint64 hashes[BLOCK];
	MemoryContext inner =
					  AllocSetContextCreate(CurrentMemoryContext, "uprofile groups", ALLOCSET_DEFAULT_SIZES),
				  outer = CurrentMemoryContext;

	grow_table(&table, &grouping, 0);
	g->group_of = up_alloc_array(t->n_rows + 1, sizeof(size_t));
	g->first = up_alloc_array(t->n_rows + 1, sizeof(size_t));
	grouping.hashes = up_alloc_array(t->n_rows + 1, sizeof(uint64));
	for (size_t first = 0; first < t->n_rows; first += BLOCK)
	{
		size_t n = Min(BLOCK, t->n_rows - first);

		up_progress("finding equal rows", first, t->n_rows);
		if (up_hash_table_is_full(&table, g->n + n))
			grow_table(&table, &grouping, g->n);
		/* What functions of types leave behind. */
		MemoryContextReset(inner);
		MemoryContextSwitchTo(inner);
		hash_rows(t, columns, n_columns, first, n, hashes);
		for (size_t i = 0; i < n; i++)
			group_prefetch(&table, hashes[i]);
		for (size_t i = 0; i < n; i++)
		{
			size_t row = first + i;
			bool passed = t->removed[row] || (pass_missing && all_missing(t, columns, n_columns, row));

			g->group_of[row] = passed ? UP_CLEAN_NO_ROW : find_group(&grouping, &table, row, hashes[i]);
		}
		MemoryContextSwitchTo(outer);
	}
	MemoryContextDelete(inner);
	up_free(table.slots);
	up_free(grouping.hashes);
	return g;
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
	up_free(g->first);
	up_free(g->group_of);
}
