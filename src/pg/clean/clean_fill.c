/*
 * clean_fill.c - outliers, and what missing values become; see clean_fill.h
 *
 * Quantiles interpolate linearly between neighbouring values (type 7 of Hyndman, Fan 1996, the default of numpy), and are selected; sums
 * run over the ordered values, so that the order of the rows does not show. Deviations are those of the population.
 */
#include "postgres.h"

#include "utils/builtins.h"
#include "utils/memutils.h"

#include "num/moments.h"
#include "num/order_statistics.h"
#include "num/sort.h"
#include "pg/clean/clean_cells.h"
#include "pg/clean/clean_checks.h"
#include "pg/clean/clean_fill.h"
#include "pg/clean/clean_predict.h"
#include "pg/clean/clean_rows.h"

#include <math.h>

/* ---- statistics of one column ---- */

typedef struct Numbers
{
	size_t n;
	double *values; /* finite */
	double *space;  /* for as many */
} Numbers;

static Numbers
numbers_of(UpCleanTable *t, int column, const UpCleanRule *rule)
{
	const UpCleanValues *v = t->columns[column].now;
	MemoryContext outer, inner;
	Numbers x = {0};

	if (v->number == UP_FROM_NOTHING)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("%s needs numbers or times, and column \"%s\" is of type %s", rule->owner,
							   t->columns[column].name, format_type_be(v->type)),
						v->is_text ? errhint("To make numbers of text, use rule \"type\" before.") : 0));
	up_reserve(t->bytes + 2 * (t->n_rows + 1) * sizeof(double), "the numbers of a column");
	x.values = up_alloc_array(t->n_rows + 1, sizeof(double));
	x.space = up_alloc_array(t->n_rows + 1, sizeof(double));
	inner = AllocSetContextCreate(CurrentMemoryContext, "uprofile numbers", ALLOCSET_DEFAULT_SIZES);
	outer = MemoryContextSwitchTo(inner);
	for (size_t row = 0; row < t->n_rows; row++)
	{
		double number;

		if ((row & 0xfff) == 0)
		{
			/* A number of many digits becomes one by way of its text. */
			MemoryContextReset(inner);
			up_tick();
		}
		if (t->removed[row] || v->nulls[row])
			continue;
		/* What is not finite includes NaN, which is missing. */
		number = up_clean_number(v, v->values[row]);
		if (isfinite(number))
			x.values[x.n++] = number;
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(inner);
	return x;
}

static void
free_numbers(Numbers *x)
{
	up_free(x->values);
	up_free(x->space);
}

static double
quantile(const Numbers *x, double share)
{
	return up_quantile(x->values, x->n, share, x->space);
}

/* Mean and deviation, relative to the median so that large offsets cost no digits. Orders the values. */
static double
mean_of(Numbers *x, double *deviation)
{
	double center, sum = 0, square = 0, mean;

	up_sort_doubles(x->values, x->n, x->space);
	center = up_sorted_quantile(x->values, x->n, 0.5);
	for (size_t i = 0; i < x->n; i++)
		sum += x->values[i] - center;
	mean = center + sum / (double) x->n;
	if (!isfinite(mean))
		mean = up_far_mean(x->values, x->n);
	for (size_t i = 0; i < x->n; i++)
		square += (x->values[i] - mean) * (x->values[i] - mean);
	if (deviation != NULL)
		*deviation = sqrt(square / (double) x->n);
	return mean;
}

/* ---- statistics that are kept ---- */

/* What was found of a column in this step when all rows were there, or NULL. */
static const UpValue *
known_statistic(const UpCleanTable *t, int column)
{
	for (uint32_t i = 0; t->known != NULL && t->known->type == UP_ARRAY && i < t->known->n; i++)
	{
		const UpValue *one = t->known->items[i], *step, *name;

		if (one->type != UP_OBJECT)
			continue;
		step = up_value_get(one, "step");
		name = up_value_get(one, "column");
		if (step != NULL && step->type == UP_NUMBER && step->number == (double) t->step->number &&
			name != NULL && name->type == UP_STRING && strcmp(name->string, t->columns[column].name) == 0)
			return one;
	}
	return NULL;
}

static UpValue *
new_statistic(UpCleanTable *t, int column)
{
	UpValue *one = up_value_object();

	up_value_set(one, "step", up_value_number(t->step->number));
	up_value_set(one, "column", up_value_string(t->columns[column].name));
	if (t->statistics != NULL)
		up_value_append(t->statistics, one);
	return one;
}

/* With all its digits. */
static void
write_number(UpValue *one, const char *name, double v)
{
	up_value_set(one, name, up_value_string(psprintf("%.17g", v)));
}

static bool
read_number(const UpValue *one, const char *name, double *v)
{
	const UpValue *text = up_value_get(one, name);
	char *end;

	if (text == NULL || text->type != UP_STRING)
		return false;
	*v = strtod(text->string, &end);
	return *end == '\0' && isfinite(*v);
}

/* ---- outliers ---- */

static bool
differ(const Numbers *x)
{
	for (size_t i = 1; i < x->n; i++)
	{
		if (x->values[i] != x->values[0])
			return true;
	}
	return false;
}

/* False where there is nothing to tell outliers by. */
static bool
bounds_of(Numbers *x, const UpCleanRule *rule, const char *name, UpCleanBounds *b)
{
	double low, high, deviation, mean, reach;

	if (x->n == 0)
		return false;
	if (rule->method == UP_OUTLIERS_WINSORIZE)
	{
		b->min = quantile(x, rule->lower);
		b->max = quantile(x, rule->upper);
	}
	else if (rule->method == UP_OUTLIERS_IQR)
	{
		low = quantile(x, 0.25);
		high = quantile(x, 0.75);
		reach = (isnan(rule->factor) ? 1.5 : rule->factor) * (high - low);
		b->min = low - reach;
		b->max = high + reach;
		if (high == low && differ(x))
		{
			up_warn("Use method zscore or winsorize, or rule \"range\".",
					"half of the values of column \"%s\" are equal: no outliers by quartiles", name);
			return false;
		}
	}
	else
	{
		mean = mean_of(x, &deviation);
		reach = (isnan(rule->factor) ? 3 : rule->factor) * deviation;
		b->min = mean - reach;
		b->max = mean + reach;
	}
	return true;
}

static bool
find_bounds(UpCleanTable *t, int column, const UpCleanRule *rule, UpCleanBounds *b)
{
	Numbers x = numbers_of(t, column, rule);
	bool found = bounds_of(&x, rule, t->columns[column].name, b);

	free_numbers(&x);
	return found;
}

static void
clip_outliers(UpCleanTable *t, int column, const UpCleanRule *rule)
{
	UpCleanBounds b = {.numbers = true, .has_min = true, .has_max = true};
	const UpValue *known = known_statistic(t, column);
	UpValue *found;

	if (t->known != NULL)
	{
		if (known == NULL || !read_number(known, "min", &b.min) || !read_number(known, "max", &b.max))
			return;
	}
	else if (!find_bounds(t, column, rule, &b))
		return;
	found = new_statistic(t, column);
	write_number(found, "min", b.min);
	write_number(found, "max", b.max);
	b.below = "is an outlier, too low";
	b.above = "is an outlier, too high";
	up_clean_apply_bounds(t, column, rule, &b);
}

void
up_clean_outliers(UpCleanTable *t, const UpCleanRule *rule)
{
	for (int i = 0; i < t->step->n_columns; i++)
		clip_outliers(t, t->step->columns[i], rule);
}

/* ---- missing values ---- */

/* The most frequent value; among equally frequent ones the smallest, or (types without order) the first. */
static bool
find_mode(UpCleanTable *t, int column, Datum *out)
{
	const UpCleanValues *v = t->columns[column].now;
	UpCleanGroups *g = up_clean_group(t, &column, 1, true);
	uint64_t *counts;
	size_t best = 0;
	bool found = g->n > 0;

	up_reserve(t->bytes + (2 * t->n_rows + g->n + 3) * sizeof(size_t), "filling a column");
	counts = up_alloc0((g->n + 1) * sizeof(uint64_t));
	for (size_t row = 0; row < t->n_rows; row++)
	{
		if ((row & 0xffff) == 0)
			up_tick();
		if (g->group_of[row] != UP_CLEAN_NO_ROW)
			counts[g->group_of[row]]++;
	}
	for (size_t i = 1; i < g->n; i++)
	{
		if ((i & 0xfff) == 0)
			up_tick();
		if (counts[i] > counts[best] ||
			(counts[i] == counts[best] && OidIsValid(v->cache->cmp_proc_finfo.fn_oid) &&
			 up_clean_compare(v, v->values[g->first[i]], v->values[g->first[best]]) < 0))
			best = i;
	}
	if (found)
		*out = v->values[g->first[best]];
	up_free(counts);
	up_clean_groups_free(g);
	return found;
}

static bool
find_center(UpCleanTable *t, int column, const UpCleanRule *rule, Datum *out)
{
	UpCleanValues *v = t->columns[column].now;
	Numbers x = numbers_of(t, column, rule);
	double center = NAN;

	if (x.n > 0)
		center = rule->fill == UP_FILL_MEAN ? mean_of(&x, NULL) : quantile(&x, 0.5);
	free_numbers(&x);
	/* Sums may be beyond a number. */
	if (!isfinite(center) || !up_clean_from_number(v, center, 0, out))
		return false;
	*out = up_clean_table_coerce(t, v, *out);
	return true;
}

static void
fill_with(UpCleanTable *t, int column, Datum value)
{
	for (size_t row = 0; row < t->n_rows; row++)
	{
		if ((row & 0xfff) == 0)
			up_tick();
		if (!t->removed[row] && up_clean_is_missing(t->columns[column].now, row))
			up_clean_table_change(t, row, column, value, false);
	}
}

typedef struct Sorting
{
	const UpCleanValues *v;
	uint64 n;
} Sorting;

/* Rows by the order column, those without it last; then as they were read. */
static int
compare_rows(const void *a, const void *b, void *arg)
{
	Sorting *s = arg;
	size_t x = *(const size_t *) a, y = *(const size_t *) b;
	int order = 0;

	if ((++s->n & 0xfff) == 0)
		up_tick();
	if (s->v->nulls[x] != s->v->nulls[y])
		return s->v->nulls[x] ? 1 : -1;
	if (!s->v->nulls[x])
		order = up_clean_compare(s->v, s->v->values[x], s->v->values[y]);
	return order != 0 ? order : (x > y) - (x < y);
}

/* The last value before it, in order, of the same key. */
static void
fill_previous(UpCleanTable *t, int column, const UpCleanRule *rule)
{
	const UpCleanValues *v = t->columns[column].now;
	int by = rule->by != NULL ? up_clean_table_find(t, rule->by->string, rule->owner) : -1;
	int order = rule->order != NULL ? up_clean_table_find(t, rule->order->string, rule->owner) : -1;
	UpCleanGroups *g = by >= 0         ? up_clean_group(t, &by, 1, true)
					   : t->n_keys > 0 ? up_clean_group(t, t->keys, t->n_keys, true)
									   : NULL;
	size_t n_groups = g != NULL ? g->n : 1;
	size_t *last, *rows;

	/* With two numbers a row of the groups. */
	up_reserve(t->bytes + (3 * t->n_rows + n_groups + 4) * sizeof(size_t), "filling a column");
	last = up_alloc_array(n_groups + 1, sizeof(size_t));
	rows = up_alloc_array(t->n_rows + 1, sizeof(size_t));
	for (size_t i = 0; i < n_groups; i++)
		last[i] = UP_CLEAN_NO_ROW;
	for (size_t row = 0; row < t->n_rows; row++)
		rows[row] = row;
	if (order >= 0)
	{
		Sorting s = {t->columns[order].now, 0};

		up_clean_need_order(t, order, rule->owner);
		qsort_arg(rows, t->n_rows, sizeof(size_t), compare_rows, &s);
	}
	for (size_t i = 0; i < t->n_rows; i++)
	{
		size_t row = rows[i], group;

		if ((i & 0xfff) == 0)
			up_tick();
		if (t->removed[row])
			continue;
		group = g != NULL ? g->group_of[row] : 0;
		if (group == UP_CLEAN_NO_ROW)
			continue;
		if (!up_clean_is_missing(v, row))
			last[group] = row;
		else if (last[group] != UP_CLEAN_NO_ROW)
			up_clean_table_change(t, row, column, v->values[last[group]], false);
	}
	if (g != NULL)
		up_clean_groups_free(g);
	up_free(last);
	up_free(rows);
}

/* Kept as text, as the type writes it. */
static bool
find_filling(UpCleanTable *t, int column, const UpCleanRule *rule, Datum *value)
{
	UpCleanValues *v = t->columns[column].now;
	const UpValue *known = known_statistic(t, column), *text;

	if (t->known != NULL)
	{
		text = known != NULL ? up_value_get(known, "value") : NULL;
		if (text == NULL || text->type != UP_STRING)
			return false;
		*value = up_clean_from_text(t, v, text->string);
	}
	else if (!(rule->fill == UP_FILL_MODE ? find_mode(t, column, value) : find_center(t, column, rule, value)))
		return false;
	if (t->statistics != NULL)
		up_value_set(new_statistic(t, column), "value", up_value_string(up_clean_text(v, *value)));
	return true;
}

static void
fill_column(UpCleanTable *t, int column, const UpCleanRule *rule)
{
	Datum value = (Datum) 0;
	bool found = true;

	if (rule->fill == UP_FILL_PREVIOUS)
	{
		fill_previous(t, column, rule);
		return;
	}
	if (rule->fill == UP_FILL_PREDICTED)
	{
		up_clean_predict(t, rule, column);
		return;
	}
	if (rule->fill == UP_FILL_CONSTANT)
		value = up_clean_from_scalar(t, t->columns[column].now, rule->value);
	else
		found = find_filling(t, column, rule, &value);
	if (found)
		fill_with(t, column, value);
	else if (t->n_rows > 0 && t->known == NULL)
		up_warn("Use {\"with\": \"constant\"}.", "column \"%s\" has no value to fill with",
				t->columns[column].name);
}

void
up_clean_fill(UpCleanTable *t, const UpCleanRule *rule)
{
	for (int i = 0; i < t->step->n_columns; i++)
		fill_column(t, t->step->columns[i], rule);
}
