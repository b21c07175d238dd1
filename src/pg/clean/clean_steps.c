/*
 * clean_steps.c - one rule after the other, one column after the other, one value after the other; see clean_steps.h
 *
 * Columns of real tables repeat their values, so what was decided of a value is remembered in a small table; a value
 * that hashes to the same place takes the other's.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/datum.h"
#include "utils/memutils.h"

#include "pg/clean/clean_steps.h"

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
			r = &memory[datum_image_hash(value, cells.v->byval, cells.v->len) % MEMORY_SLOTS];
		if (!remember || !r->used || !datum_image_eq(r->value, value, cells.v->byval, cells.v->len))
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

static void
rule_error_context(void *arg)
{
	errcontext("%s of uprofile_clean", ((const UpCleanRule *) arg)->owner);
}

/* The columns of a rule: those it names, or all of text. */
static void
choose_columns(UpCleanTable *t, UpCleanStep *step)
{
	const UpCleanRule *rule = step->rule;

	step->columns = palloc(sizeof(int) * (t->n_columns + rule->n_columns));
	for (uint32_t i = 0; i < rule->n_columns; i++)
		step->columns[step->n_columns++] = up_clean_table_find(t, rule->columns[i], rule->owner);
	if (rule->n_columns > 0 || rule->kind == UP_CLEAN_DUPLICATES)
		return;
	if (rule->kind == UP_CLEAN_DUPLICATE_KEYS)
	{
		if (t->n_keys == 0)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s has no column", rule->owner),
							errhint("Give the function a key, or the rule a \"column\" or \"columns\".")));
		for (int i = 0; i < t->n_keys; i++)
			step->columns[step->n_columns++] = t->keys[i];
		return;
	}
	for (int i = 0; i < t->n_columns; i++)
	{
		if (t->columns[i].now->is_text)
			step->columns[step->n_columns++] = i;
	}
}

static void
run_rule(UpCleanTable *t, const UpCleanRule *rule)
{
	switch (rule->kind)
	{
		case UP_CLEAN_DUPLICATES:
		case UP_CLEAN_DUPLICATE_KEYS:
			up_clean_duplicates(t, rule);
			break;
		case UP_CLEAN_TRIM:
		case UP_CLEAN_CASE:
		case UP_CLEAN_REPLACE:
		case UP_CLEAN_SYNONYMS:
		case UP_CLEAN_MATCH:
			up_clean_texts(t, rule);
			break;
		case UP_CLEAN_MISSING:
		case UP_CLEAN_ALLOWED:
		case UP_CLEAN_RANGE:
		case UP_CLEAN_REQUIRED:
			up_clean_checks(t, rule);
			break;
		case UP_CLEAN_TYPE:
			up_clean_types(t, rule);
			break;
		case UP_CLEAN_OUTLIERS:
			up_clean_outliers(t, rule);
			break;
		case UP_CLEAN_FILL:
			up_clean_fill(t, rule);
			break;
	}
}

void
up_clean_run(UpCleanTable *t, const UpCleanRules *rules)
{
	t->steps = palloc0(sizeof(UpCleanStep) * Max(rules->n, 1));
	for (uint32_t i = 0; i < rules->n; i++)
	{
		ErrorContextCallback context = {error_context_stack, rule_error_context, &rules->rules[i]};
		UpCleanStep *step = &t->steps[t->n_steps++];

		error_context_stack = &context;
		step->number = i + 1;
		step->rule = &rules->rules[i];
		step->first_change = t->n_changes;
		step->first_removal = t->n_removals;
		choose_columns(t, step);
		t->step = step;
		run_rule(t, step->rule);
		error_context_stack = context.previous;
	}
}
