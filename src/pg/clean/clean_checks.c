/*
 * clean_checks.c - rules that ask whether a value is right: missing, allowed, range, required; see clean_checks.h
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/formatting.h"

#include "pg/clean/clean_cells.h"
#include "pg/clean/clean_checks.h"
#include "prep/dictionary.h"

#include <math.h>

/* ---- sets of values ---- */

typedef struct ValueSet
{
	uint32_t n;
	char **texts; /* text columns: sorted by bytes, without regard to case where wanted */
	Datum *values;
	Datum with; /* what other values become */
} ValueSet;

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static ValueSet *
value_set(UpCleanTable *t, UpCleanValues *v, const UpCleanRule *rule)
{
	ValueSet *s = palloc0(sizeof(ValueSet));

	s->n = rule->values->n;
	s->texts = palloc(sizeof(char *) * s->n);
	s->values = palloc(sizeof(Datum) * s->n);
	for (uint32_t i = 0; i < s->n; i++)
	{
		const char *text = up_clean_scalar_text(rule->values->items[i]);

		if (v->is_text)
			s->texts[i] = rule->ignore_case ? str_tolower(text, strlen(text), v->collation) : pstrdup(text);
		else
			s->values[i] = up_clean_from_text(t, v, text);
	}
	if (v->is_text)
		qsort(s->texts, s->n, sizeof(char *), compare_texts);
	if (rule->with != NULL)
		s->with = up_clean_from_text(t, v, up_clean_scalar_text(rule->with));
	return s;
}

static bool
in_set(UpCleanCells *cells, Datum value)
{
	const ValueSet *s = cells->arg;

	if (cells->v->is_text)
	{
		size_t len;
		const char *text = up_clean_characters(cells->v, value, &len);

		if (cells->rule->ignore_case)
		{
			text = str_tolower(text, len, cells->v->collation);
			len = strlen(text);
		}
		return up_sorted_texts_find(s->texts, s->n, text, len) >= 0;
	}
	for (uint32_t i = 0; i < s->n; i++)
	{
		if (up_clean_equal(cells->v, s->values[i], value))
			return true;
	}
	return false;
}

static UpCleanVerdict
missing_cell(UpCleanCells *cells, Datum value, Datum *out, const char **complaint)
{
	return in_set(cells, value) ? UP_CELL_MISSING : UP_CELL_KEEP;
}

static UpCleanVerdict
allowed_cell(UpCleanCells *cells, Datum value, Datum *out, const char **complaint)
{
	if (in_set(cells, value))
		return UP_CELL_KEEP;
	if (cells->rule->action == UP_ACTION_REPLACE)
	{
		*out = ((const ValueSet *) cells->arg)->with;
		/* Otherwise a value that replaces itself would count as a change. */
		return up_clean_equal(cells->v, *out, value) ? UP_CELL_KEEP : UP_CELL_SET;
	}
	*complaint = "is not one of the allowed values";
	return UP_CELL_BAD;
}

/* ---- ranges ---- */

static UpCleanVerdict
outside(UpCleanCells *cells, bool above, Datum *out, const char **complaint)
{
	const UpCleanBounds *b = cells->arg;

	if (cells->rule->action == UP_ACTION_CLIP)
	{
		*out = above ? b->max_value : b->min_value;
		return UP_CELL_SET;
	}
	*complaint = above ? b->above : b->below;
	return UP_CELL_BAD;
}

static UpCleanVerdict
bounds_cell(UpCleanCells *cells, Datum value, Datum *out, const char **complaint)
{
	const UpCleanBounds *b = cells->arg;

	if (b->numbers)
	{
		double x = up_clean_number(cells->v, value);

		if (b->has_min && (x < b->min || (b->min_open && x == b->min)))
			return outside(cells, false, out, complaint);
		if (b->has_max && (x > b->max || (b->max_open && x == b->max)))
			return outside(cells, true, out, complaint);
		return UP_CELL_KEEP; /* NaN is missing, not out of range */
	}
	if (b->has_min)
	{
		int order = up_clean_compare(cells->v, value, b->min_value);

		if (order < 0 || (b->min_open && order == 0))
			return outside(cells, false, out, complaint);
	}
	if (b->has_max)
	{
		int order = up_clean_compare(cells->v, value, b->max_value);

		if (order > 0 || (b->max_open && order == 0))
			return outside(cells, true, out, complaint);
	}
	return UP_CELL_KEEP;
}

static Datum
clip_value(UpCleanTable *t, int column, double bound, int direction, const char *owner)
{
	Datum value;

	if (!up_clean_from_number(t->columns[column].now, bound, direction, &value))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("%s: bound %g is beyond type %s of column \"%s\"", owner, bound,
							   format_type_be(t->columns[column].now->type), t->columns[column].name)));
	return up_clean_table_keep(t, t->columns[column].now, value);
}

void
up_clean_apply_bounds(UpCleanTable *t, int column, const UpCleanRule *rule, UpCleanBounds *b)
{
	if (b->numbers && rule->action == UP_ACTION_CLIP)
	{
		if (b->has_min)
			b->min_value = clip_value(t, column, b->min, 1, rule->owner);
		if (b->has_max)
			b->max_value = clip_value(t, column, b->max, -1, rule->owner);
	}
	up_clean_cells(t, column, rule, bounds_cell, b, !b->numbers);
}

static void
apply_range(UpCleanTable *t, int column, const UpCleanRule *rule)
{
	UpCleanValues *v = t->columns[column].now;
	UpCleanBounds b = {0};

	b.has_min = rule->min != NULL;
	b.has_max = rule->max != NULL;
	b.min_open = rule->min_open;
	b.max_open = rule->max_open;
	b.numbers = v->number <= UP_FROM_NUMERIC;
	if ((b.has_min && (rule->min->type == UP_NUMBER) != b.numbers) ||
		(b.has_max && (rule->max->type == UP_NUMBER) != b.numbers))
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("%s: the bounds of column \"%s\" must be %s", rule->owner,
							   t->columns[column].name, b.numbers ? "numbers" : "texts"),
						errdetail("The column is of type %s.", format_type_be(v->type)),
						b.numbers ? 0 : errhint("To make numbers of text, use rule \"type\" before.")));
	if (!b.numbers)
		up_clean_need_order(t, column, rule->owner);
	if (b.has_min)
	{
		b.below = psprintf("is %s %s", b.min_open ? "not above" : "below", up_clean_scalar_text(rule->min));
		if (b.numbers)
			b.min = rule->min->number;
		else
			b.min_value = up_clean_from_text(t, v, rule->min->string);
	}
	if (b.has_max)
	{
		b.above = psprintf("is %s %s", b.max_open ? "not below" : "above", up_clean_scalar_text(rule->max));
		if (b.numbers)
			b.max = rule->max->number;
		else
			b.max_value = up_clean_from_text(t, v, rule->max->string);
	}
	up_clean_apply_bounds(t, column, rule, &b);
}

static void
apply_required(UpCleanTable *t, int column)
{
	for (size_t row = 0; row < t->n_rows; row++)
	{
		if ((row & 0xffff) == 0)
			up_tick();
		if (!t->removed[row] && up_clean_is_missing(t->columns[column].now, row))
			up_clean_table_quarantine(t, row, column, "is missing");
	}
}

void
up_clean_checks(UpCleanTable *t, const UpCleanRule *rule)
{
	for (int i = 0; i < t->step->n_columns; i++)
	{
		int column = t->step->columns[i];
		UpCleanValues *v = t->columns[column].now;

		if (rule->kind == UP_CLEAN_RANGE)
			apply_range(t, column, rule);
		else if (rule->kind == UP_CLEAN_REQUIRED)
			apply_required(t, column);
		else
			up_clean_cells(t, column, rule, rule->kind == UP_CLEAN_MISSING ? missing_cell : allowed_cell,
						   value_set(t, v, rule), true);
	}
}
