/*
 * clean_stage.c - cleaning as a part of a profile's refresh; see clean_stage.h
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "pg/clean/clean_run.h"
#include "pg/clean/clean_stage.h"
#include "pg/clean/clean_write.h"
#include "pg/servers.h"

const char *const up_clean_scope_names[] = {"row", "user", "statistics", "all users"};

UpCleanTable *
up_clean_stage(const UpCleanRules *rules, Tuplestorestate *rows, TupleDesc columns, const char *key,
			   const UpValue *statistics)
{
	UpCleanTable *t = up_clean_table_of(rows, columns, key);

	t->stage = true;
	t->known = statistics;
	t->statistics = up_value_array();
	up_clean_run(t, rules);
	return t;
}

static bool
has_key(const UpCleanTable *t, const int *columns, int n)
{
	for (int i = 0; i < t->n_keys; i++)
	{
		bool found = false;

		for (int j = 0; j < n; j++)
			found = found || columns[j] == t->keys[i];
		if (!found)
			return false;
	}
	return true;
}

/* Rows that are equal are those of one user, unless the key need not be equal. */
static bool
excludes_key(const UpCleanTable *t, const UpCleanRule *rule)
{
	for (uint32_t i = 0; rule->exclude != NULL && i < rule->exclude->n; i++)
	{
		if (up_clean_is_key(t, up_clean_table_find(t, rule->exclude->items[i]->string, rule->owner)))
			return true;
	}
	return false;
}

static UpCleanScope
scope_of_fill(const UpCleanTable *t, const UpCleanRule *rule)
{
	switch (rule->fill)
	{
		case UP_FILL_CONSTANT:
			return UP_CLEAN_BY_ROW;
		case UP_FILL_PREDICTED:
			return UP_CLEAN_BY_ALL;
		case UP_FILL_PREVIOUS:
			if (rule->by == NULL ||
				(t->n_keys == 1 && up_clean_is_key(t, up_clean_table_find(t, rule->by->string, rule->owner))))
				return UP_CLEAN_BY_USER;
			return UP_CLEAN_BY_ALL;
		default:
			return UP_CLEAN_BY_STATISTICS;
	}
}

UpCleanScope
up_clean_scope(const UpCleanTable *t, const UpCleanStep *step)
{
	switch (step->rule->kind)
	{
		case UP_CLEAN_DUPLICATES:
			return excludes_key(t, step->rule) ? UP_CLEAN_BY_ALL : UP_CLEAN_BY_USER;
		case UP_CLEAN_DUPLICATE_KEYS:
			return has_key(t, step->columns, step->n_columns) ? UP_CLEAN_BY_USER : UP_CLEAN_BY_ALL;
		case UP_CLEAN_OUTLIERS:
			return UP_CLEAN_BY_STATISTICS;
		case UP_CLEAN_FILL:
			return scope_of_fill(t, step->rule);
		default:
			return UP_CLEAN_BY_ROW;
	}
}

UpCleanTable *
up_clean_stage_try(const UpValue *rules, TupleDesc columns, const char *key)
{
	Tuplestorestate *none = tuplestore_begin_heap(true, false, work_mem);
	UpCleanTable *t = up_clean_stage(up_clean_rules_parse(rules), none, columns, key, NULL);

	tuplestore_end(none);
	return t;
}

const UpCleanStep *
up_clean_stage_obstacle(const UpCleanTable *t)
{
	for (int i = 0; i < t->n_steps; i++)
	{
		if (up_clean_scope(t, &t->steps[i]) == UP_CLEAN_BY_ALL)
			return &t->steps[i];
	}
	return NULL;
}

void
up_clean_stage_rows(UpCleanTable *t, Tuplestorestate *rows, TupleDesc columns)
{
	Datum *values = palloc(sizeof(Datum) * t->n_columns);
	bool *nulls = palloc(sizeof(bool) * t->n_columns);

	for (size_t row = 0; row < t->n_rows; row++)
	{
		if ((row & 0xfff) == 0)
			up_tick();
		if (t->removed[row])
			continue;
		for (int i = 0; i < t->n_columns; i++)
		{
			values[i] = t->columns[i].now->values[row];
			nulls[i] = t->columns[i].now->nulls[row];
		}
		tuplestore_putvalues(rows, columns, values, nulls);
	}
}

/* ---- what was corrected ---- */

static TupleDesc
corrected_columns(void)
{
	static const struct
	{
		const char *name;
		Oid type;
	} columns[] = {{"user_key", TEXTOID},    {"step", INT4OID},   {"rule", TEXTOID},
				   {"column_name", TEXTOID}, {"action", TEXTOID}, {"before", TEXTOID},
				   {"after", TEXTOID},       {"reason", TEXTOID}, {"original", JSONBOID}};
	TupleDesc desc = CreateTemplateTupleDesc(lengthof(columns));

	for (int i = 0; i < (int) lengthof(columns); i++)
		TupleDescInitEntry(desc, (AttrNumber) (i + 1), columns[i].name, columns[i].type, -1, 0);
	return up_columns_done(desc);
}

typedef struct Corrected
{
	Tuplestorestate *rows;
	TupleDesc desc;
	Datum values[9];
	bool nulls[9];
} Corrected;

static void
start_row(Corrected *c, UpCleanTable *t, size_t row, uint32 step, const char *action)
{
	memset(c->nulls, true, sizeof(c->nulls));
	up_clean_key_text(t, row, &c->values[0], &c->nulls[0]);
	c->values[1] = Int32GetDatum((int32) step);
	c->values[2] = CStringGetTextDatum(t->steps[step - 1].rule->name);
	c->values[4] = CStringGetTextDatum(action);
	c->nulls[1] = c->nulls[2] = c->nulls[4] = false;
}

static void
set_text(Corrected *c, int i, char *text)
{
	c->nulls[i] = text == NULL;
	c->values[i] = text == NULL ? (Datum) 0 : CStringGetTextDatum(text);
}

static void
add_change(Corrected *c, UpCleanTable *t, const UpCleanChange *change)
{
	UpCleanColumn *column = &t->columns[change->column];

	start_row(c, t, change->row, change->step, "changed");
	set_text(c, 3, column->name);
	set_text(c, 5,
			 change->before_null
				 ? NULL
				 : up_clean_text(column->generations[change->generation_before], change->before));
	set_text(c, 6,
			 change->after_null ? NULL
								: up_clean_text(column->generations[change->generation_after], change->after));
	tuplestore_putvalues(c->rows, c->desc, c->values, c->nulls);
}

static void
add_removal(Corrected *c, UpCleanTable *t, const UpCleanRemoval *r)
{
	bool merged = r->kept != UP_CLEAN_NO_ROW;

	start_row(c, t, r->row, r->step, merged ? "merged" : "quarantined");
	if (r->column >= 0)
		set_text(c, 3, t->columns[r->column].name);
	if (r->column >= 0 && !r->value_null)
		set_text(c, 5, up_clean_text(t->columns[r->column].generations[r->generation], r->value));
	/* Rows of a profile have no numbers that mean something tomorrow. */
	set_text(c, 7, merged ? pstrdup("another row of the user stays") : up_clean_reason(t, r));
	c->values[8] = up_clean_original(t, r->row);
	c->nulls[8] = false;
	tuplestore_putvalues(c->rows, c->desc, c->values, c->nulls);
}

TupleDesc
up_clean_corrected(UpCleanTable *t, Tuplestorestate *rows)
{
	Corrected c = {rows, corrected_columns()};
	MemoryContext inner = AllocSetContextCreate(CurrentMemoryContext, "uprofile row", ALLOCSET_DEFAULT_SIZES),
				  outer = CurrentMemoryContext;

	up_clean_table_restore_removed(t);
	for (size_t i = 0; i < t->n_changes + t->n_removals; i++)
	{
		if ((i & 0xfff) == 0)
			up_tick();
		MemoryContextReset(inner);
		MemoryContextSwitchTo(inner);
		if (i < t->n_changes)
			add_change(&c, t, &t->changes[i]);
		else
			add_removal(&c, t, &t->removals[i - t->n_changes]);
		MemoryContextSwitchTo(outer);
	}
	MemoryContextDelete(inner);
	return c.desc;
}
