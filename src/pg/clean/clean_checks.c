/*
 * clean_checks.c - rules that ask whether a value is right: missing, allowed, range, required; see clean_checks.h
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/formatting.h"

#include "pg/clean/clean_cells.h"
#include "pg/clean/clean_checks.h"

#include <math.h>

/* ---- sets of values ---- */

static int
compare_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *) a, *(char *const *) b);
}

static const UpTextRule *
text_set(const UpCleanValues *v, const UpCleanRule *rule)
{
	uint32_t n = rule->values->n;
	char **texts = palloc(sizeof(char *) * n);

	for (uint32_t i = 0; i < n; i++)
	{
		const char *text = up_clean_scalar_text(rule->values->items[i]);

		texts[i] = rule->ignore_case ? str_tolower(text, strlen(text), v->collation) : pstrdup(text);
	}
	qsort(texts, n, sizeof(char *), compare_texts);
	return up_text_rule_new(rule, v, v, n, texts, NULL);
}

/* As many as the rule has. */
static const Datum *
value_set(UpCleanTable *t, UpCleanValues *v, const UpCleanRule *rule)
{
	Datum *values = palloc(sizeof(Datum) * rule->values->n);

	for (uint32_t i = 0; i < rule->values->n; i++)
		values[i] = up_clean_from_scalar(t, v, rule->values->items[i]);
	return values;
}

static UpCleanAnswer
value_in_set(const UpCleanCells *cells, Datum value)
{
	const UpCleanValues *v = cells->t->columns[cells->column].now;
	const Datum *values = cells->arg;
	bool missing = cells->rule->kind == UP_CLEAN_MISSING;

	for (uint32_t i = 0; i < cells->rule->values->n; i++)
	{
		if (up_clean_equal(v, values[i], value))
			return (UpCleanAnswer){.verdict = missing ? UP_CELL_MISSING : UP_CELL_KEEP};
	}
	return (UpCleanAnswer){.verdict = missing ? UP_CELL_KEEP : UP_CELL_BAD, .complaint = cells->complaint};
}

/* missing, allowed */
static void
apply_set(UpCleanTable *t, int column, const UpCleanRule *rule)
{
	UpCleanValues *v = t->columns[column].now;
	UpCleanCells cells = {.t = t,
						  .column = column,
						  .rule = rule,
						  .complaint = "is not one of the allowed values",
						  .ask = value_in_set,
						  .remember = true};

	if (v->is_text)
		cells.text = text_set(v, rule);
	else
		cells.arg = value_set(t, v, rule);
	if (rule->with != NULL)
		cells.with = up_clean_from_scalar(t, v, rule->with);
	up_clean_cells(&cells);
}

/* ---- ranges ---- */

static UpCleanAnswer
outside(const UpCleanCells *cells, bool above)
{
	const UpCleanBounds *b = cells->arg;

	if (cells->rule->action == UP_ACTION_CLIP)
		return (UpCleanAnswer){.verdict = UP_CELL_SET, .out = above ? b->max_value : b->min_value};
	return (UpCleanAnswer){.verdict = UP_CELL_BAD, .complaint = above ? b->above : b->below};
}

static UpCleanAnswer
number_in_bounds(const UpCleanCells *cells, Datum value)
{
	const UpCleanBounds *b = cells->arg;
	double x = up_clean_number(cells->t->columns[cells->column].now, value);

	if (b->has_min && (x < b->min || (b->min_open && x == b->min)))
		return outside(cells, false);
	if (b->has_max && (x > b->max || (b->max_open && x == b->max)))
		return outside(cells, true);
	return (UpCleanAnswer){.verdict = UP_CELL_KEEP}; /* NaN is missing, not out of range */
}

static UpCleanAnswer
value_in_bounds(const UpCleanCells *cells, Datum value)
{
	const UpCleanBounds *b = cells->arg;
	const UpCleanValues *v = cells->t->columns[cells->column].now;

	if (b->has_min)
	{
		int order = up_clean_compare(v, value, b->min_value);

		if (order < 0 || (b->min_open && order == 0))
			return outside(cells, false);
	}
	if (b->has_max)
	{
		int order = up_clean_compare(v, value, b->max_value);

		if (order > 0 || (b->max_open && order == 0))
			return outside(cells, true);
	}
	return (UpCleanAnswer){.verdict = UP_CELL_KEEP};
}

/* False: the bound was found among the values, and none of the type is beyond it. */
static bool
clip_value(UpCleanTable *t, int column, const UpCleanRule *rule, double bound, int direction, Datum *out)
{
	Datum value;

	if (!up_clean_from_number(t->columns[column].now, bound, direction, &value))
	{
		if (rule->kind == UP_CLEAN_OUTLIERS)
			return false;
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("%s: bound %g is beyond type %s of column \"%s\"", rule->owner, bound,
							   format_type_be(t->columns[column].now->type), t->columns[column].name)));
	}
	*out = up_clean_table_keep(t, t->columns[column].now, value);
	return true;
}

void
up_clean_apply_bounds(UpCleanTable *t, int column, const UpCleanRule *rule, UpCleanBounds *b)
{
	if (b->numbers && rule->action == UP_ACTION_CLIP)
	{
		if (b->has_min)
			b->has_min = clip_value(t, column, rule, b->min, 1, &b->min_value);
		if (b->has_max)
			b->has_max = clip_value(t, column, rule, b->max, -1, &b->max_value);
	}
	up_clean_cells(&(UpCleanCells){.t = t,
								   .column = column,
								   .rule = rule,
								   .ask = b->numbers ? number_in_bounds : value_in_bounds,
								   .arg = b,
								   .remember = !b->numbers});
}

/* Amounts of money may also be given as they are written. */
static bool
is_fit_bound(const UpCleanValues *v, const UpValue *bound)
{
	return bound == NULL || v->number == UP_FROM_MONEY ||
		   (bound->type == UP_NUMBER) == (v->number <= UP_FROM_MONEY);
}

static double
bound_number(UpCleanTable *t, UpCleanValues *v, const UpValue *bound)
{
	return bound->type == UP_NUMBER ? bound->number
									: up_clean_number(v, up_clean_from_text(t, v, bound->string));
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
	b.numbers = v->number <= UP_FROM_MONEY;
	if (!is_fit_bound(v, rule->min) || !is_fit_bound(v, rule->max))
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
			b.min = bound_number(t, v, rule->min);
		else
			b.min_value = up_clean_from_text(t, v, rule->min->string);
	}
	if (b.has_max)
	{
		b.above = psprintf("is %s %s", b.max_open ? "not below" : "above", up_clean_scalar_text(rule->max));
		if (b.numbers)
			b.max = bound_number(t, v, rule->max);
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

		if (rule->kind == UP_CLEAN_RANGE)
			apply_range(t, column, rule);
		else if (rule->kind == UP_CLEAN_REQUIRED)
			apply_required(t, column);
		else
			apply_set(t, column, rule);
	}
}
