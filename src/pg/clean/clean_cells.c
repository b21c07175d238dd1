/*
 * clean_cells.c - one value of a column after the other; see clean_cells.h
 *
 * Columns of real tables repeat their values, so what was decided of a value is remembered in a small table; a value
 * that hashes to the same place takes the other's.
 */
#include "postgres.h"

#include "utils/memutils.h"

#include "pg/clean/clean_cells.h"

#define MEMORY_SLOTS 8192
#define TICK_ROWS    0x3ff

typedef struct Remembered
{
	bool used;
	UpCleanVerdict verdict;
	Datum value;
	Datum out;
	const char *complaint;
} Remembered;

static Datum
coerced(UpCleanTable *t, UpCleanValues *v, Datum out)
{
	if (v->through_input)
		return up_clean_from_text(t, v, up_clean_text(v, out));
	return up_clean_table_keep(t, v, out);
}

/* A domain may forbid NULL. */
static void
check_may_miss(UpCleanValues *v)
{
	if (v->base != v->type)
		(void) InputFunctionCall(&v->input, NULL, v->input_param, v->typmod);
}

static void
apply(UpCleanCells *cells, size_t row, const Remembered *r)
{
	if (r->verdict == UP_CELL_SET)
		up_clean_table_change(cells->t, row, cells->column, r->out, false);
	else if (r->verdict == UP_CELL_BAD && cells->rule->action == UP_ACTION_QUARANTINE)
		up_clean_table_quarantine(cells->t, row, cells->column, r->complaint);
	else if (r->verdict != UP_CELL_KEEP)
	{
		check_may_miss(cells->v);
		up_clean_table_change(cells->t, row, cells->column, (Datum) 0, true);
	}
}

void
up_clean_cells(UpCleanTable *t, int column, const UpCleanRule *rule, UpCleanCellFn fn, void *arg, bool remember)
{
	UpCleanCells cells = {t, column, t->columns[column].now, rule, arg};
	MemoryContext outer = CurrentMemoryContext,
				  inner = AllocSetContextCreate(outer, "uprofile cells", ALLOCSET_DEFAULT_SIZES);
	Remembered *memory = remember ? palloc0(sizeof(Remembered) * MEMORY_SLOTS) : NULL, one, *r = &one;

	MemoryContextSwitchTo(inner);
	for (size_t row = 0; row < t->n_rows; row++)
	{
		Datum value = cells.v->values[row];

		if ((row & TICK_ROWS) == 0)
		{
			MemoryContextReset(inner);
			up_progress(rule->owner, row, t->n_rows);
		}
		if (t->removed[row] || cells.v->nulls[row])
			continue;
		if (remember)
			r = &memory[up_clean_image_hash(cells.v, value) % MEMORY_SLOTS];
		if (!remember || !r->used || !up_clean_same(cells.v, r->value, value))
		{
			r->used = true;
			r->value = value;
			r->complaint = NULL;
			r->verdict = fn(&cells, value, &r->out, &r->complaint);
			if (r->verdict == UP_CELL_SET)
				r->out = coerced(t, cells.v, r->out);
		}
		apply(&cells, row, r);
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(inner);
	if (memory != NULL)
		pfree(memory);
}

const char *
up_clean_scalar_text(const UpValue *v)
{
	return v->type == UP_STRING ? v->string : up_value_text(v);
}
