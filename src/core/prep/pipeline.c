/*
 * pipeline.c - fits and replays impute, encode and scale; see pipeline.h
 *
 * Fitting reads the rows in canonical order, so that sums have the same last bit whatever order rows arrived in.
 * Cost: O(rows) a column, the median by selection on a copy of the column.
 */
#include "prep/pipeline.h"

#include "base/params.h"

#include <math.h>
#include <string.h>

#define TICK_ROWS         65536
#define NEAR_UNIQUE_SHARE 0.9
#define NEAR_UNIQUE_ROWS  10

/* The k-th smallest of v (Hoare's selection, median of three); reorders v. */
static double
select_kth(double *v, size_t n, size_t k)
{
	size_t low = 0, high = n - 1;

	while (low < high)
	{
		double a = v[low], b = v[low + (high - low) / 2], c = v[high];
		double pivot = UP_MAX(UP_MIN(a, b), UP_MIN(UP_MAX(a, b), c));
		size_t i = low, j = high;

		up_tick();
		while (i <= j)
		{
			while (v[i] < pivot)
				i++;
			while (v[j] > pivot)
				j--;
			if (i > j)
				break;
			double t = v[i];

			v[i++] = v[j];
			v[j] = t;
			if (j == 0)
				break;
			j--;
		}
		if (k <= j && j < i)
			high = j;
		else if (k >= i)
			low = i;
		else
			break;
	}
	return v[k];
}

static double
median_of(double *v, size_t n)
{
	double upper = select_kth(v, n, n / 2);
	double lower = upper;

	if (n % 2 == 0)
	{
		lower = v[0];
		for (size_t i = 1; i < n / 2; i++)
			lower = UP_MAX(lower, v[i]);
	}
	return lower + (upper - lower) / 2;
}

/* Values of a column in order, missing ones as they are. */
static void
read_column(const UpFrame *f, const size_t *order, size_t n, uint32_t column, double *v)
{
	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		v[i] = up_samples_row(f->samples, order[i])[column];
	}
}

/* Mean and deviation by sums shifted by the first value (Chan, Golub, LeVeque 1983). */
static void
fit_zscore(UpStep *step, const double *v, size_t n)
{
	double shift = isnan(v[0]) ? step->fill : v[0];
	double sum = 0, squares = 0, mean, variance;

	for (size_t i = 0; i < n; i++)
		sum += (isnan(v[i]) ? step->fill : v[i]) - shift;
	mean = sum / (double) n;
	for (size_t i = 0; i < n; i++)
	{
		double d = (isnan(v[i]) ? step->fill : v[i]) - shift - mean;

		squares += d * d;
	}
	variance = squares / (double) n;
	step->center = shift + mean;
	step->factor = variance > 0 ? 1 / sqrt(variance) : 0;
	if (!isfinite(step->center) || !isfinite(variance) || !isfinite(step->factor))
		up_fail_with(UP_INVALID_DATA, NULL, "Scale the column, or leave it out with params.exclude.",
					 "values of column \"%s\" are too large or too close together to be z-scored",
					 step->name != NULL ? step->name : "of the array");
}

static void
leave_out(UpPipeline *p, const char *name, const char *why)
{
	up_value_set(p->left_out, name, up_value_string(why));
}

/* Numbers and times; false if nothing is known of the column. */
static bool
fit_number(UpPipeline *p, UpStep *step, double *v, double *copy, size_t n)
{
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (!isnan(v[i]))
			copy[known++] = v[i];
	}
	if (known == 0)
	{
		leave_out(p, step->name, "no value is known");
		return false;
	}
	step->fill = median_of(copy, known);
	if (p->zscore)
		fit_zscore(step, v, n);
	return true;
}

static bool
fit_boolean(UpPipeline *p, UpStep *step, const double *v, size_t n)
{
	size_t count[2] = {0, 0};

	for (size_t i = 0; i < n; i++)
	{
		if (!isnan(v[i]))
			count[v[i] != 0]++;
	}
	if (count[0] + count[1] == 0)
	{
		leave_out(p, step->name, "no value is known");
		return false;
	}
	step->fill = count[1] > count[0];
	return true;
}

static bool
fit_category(UpPipeline *p, UpStep *step, const UpDictionary *d, const double *v, size_t n)
{
	size_t *count = up_alloc0(((size_t) d->n + 1) * sizeof(size_t));
	size_t known = 0, most = 0;

	if (d->overflowed)
	{
		leave_out(p, step->name, up_format("more than %u different values", d->limit));
		return false;
	}
	for (size_t i = 0; i < n; i++)
	{
		if (isnan(v[i]))
			continue;
		count[(uint32_t) v[i]]++;
		known++;
	}
	step->category_of = up_alloc_array((size_t) d->n + 1, sizeof(int32_t));
	step->categories = up_alloc_array((size_t) d->n + 1, sizeof(char *));
	for (uint32_t i = 0; i < d->n; i++)
	{
		step->category_of[i] = -1;
		if (count[i] == 0)
			continue;
		if (count[i] > most)
		{
			most = count[i];
			step->fill = step->n_categories;
		}
		step->category_of[i] = (int32_t) step->n_categories;
		step->categories[step->n_categories++] = up_strdup(d->texts[i]);
	}
	up_free(count);
	if (known == 0)
		leave_out(p, step->name, "no value is known");
	else if (known >= NEAR_UNIQUE_ROWS && step->n_categories >= NEAR_UNIQUE_SHARE * (double) known)
		leave_out(p, step->name,
				  up_format("nearly every value is different (%u in %zu rows)", step->n_categories, known));
	else
		return true;
	return false;
}

static bool
lists_name(const UpValue *names, const char *name)
{
	for (uint32_t i = 0; names != NULL && i < names->n; i++)
	{
		if (strcmp(names->items[i]->string, name) == 0)
			return true;
	}
	return false;
}

/* Names of params.features or params.exclude must be columns. */
static void
check_names(const UpFrame *f, const UpValue *names, const char *param)
{
	const char **columns;

	if (names == NULL || names->type == UP_NULL)
		return;
	if (names->type != UP_ARRAY)
		up_fail(UP_INVALID_PARAMETER, "parameter \"%s\" must be an array of column names, not %s", param,
				up_value_type_name(names));
	if (!f->by_name)
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Leave elements out of the array instead.",
					 "parameter \"%s\" needs named columns, which an array of features does not have", param);
	columns = up_alloc_array(UP_MAX(f->n_columns, 1), sizeof(char *));
	for (uint32_t j = 0; j < f->n_columns; j++)
		columns[j] = f->columns[j].name;
	for (uint32_t i = 0; i < names->n; i++)
	{
		const char *name = names->items[i]->string;
		bool found = false;

		if (names->items[i]->type != UP_STRING)
			up_fail(UP_INVALID_PARAMETER, "parameter \"%s\" must be an array of column names", param);
		for (uint32_t j = 0; !found && j < f->n_columns; j++)
			found = strcmp(columns[j], name) == 0;
		if (!found && up_value_get(f->left_out, name) == NULL)
		{
			const char *nearest = up_nearest_name(name, columns, (int) f->n_columns);

			up_fail_with(UP_INVALID_PARAMETER, NULL,
						 nearest != NULL ? up_format("Perhaps you meant \"%s\".", nearest) : NULL,
						 "column \"%s\" of parameter \"%s\" does not exist", name, param);
		}
	}
}

static bool
wanted(const UpPipelineOptions *o, const char *name)
{
	if (o->key != NULL && strcmp(o->key, name) == 0)
		return false;
	if (o->features != NULL && o->features->type == UP_ARRAY && !lists_name(o->features, name))
		return false;
	return !(o->exclude != NULL && o->exclude->type == UP_ARRAY && lists_name(o->exclude, name));
}

static bool
fit_step(UpPipeline *p, UpStep *step, const UpFrame *f, double *v, double *copy, size_t n)
{
	switch (step->kind)
	{
		case UP_COLUMN_BOOLEAN:
			return fit_boolean(p, step, v, n);
		case UP_COLUMN_CATEGORY:
			return fit_category(p, step, f->columns[step->source].dictionary, v, n);
		default:
			return fit_number(p, step, v, copy, n);
	}
}

static uint32_t
step_width(const UpStep *step)
{
	return step->kind == UP_COLUMN_CATEGORY ? step->n_categories : 1;
}

UpPipeline *
up_pipeline_fit(const UpFrame *f, const size_t *order, size_t n, const UpPipelineOptions *options)
{
	UpPipeline *p = up_alloc0(sizeof(UpPipeline));
	double *v, *copy;

	check_names(f, options->features, "features");
	check_names(f, options->exclude, "exclude");
	p->by_name = f->by_name;
	p->zscore = options->zscore;
	p->left_out = up_value_copy(f->left_out);
	p->n_inputs = p->n_features = f->n_columns;
	if (!f->by_name && !p->zscore)
		return p;
	up_reserve(2 * n * sizeof(double), "fitting the pipeline");
	v = up_alloc_array(n, sizeof(double));
	copy = up_alloc_array(n, sizeof(double));
	p->steps = up_alloc0(((size_t) f->n_columns + 1) * sizeof(UpStep));
	p->n_inputs = p->n_features = 0;
	for (uint32_t i = 0; i < f->n_columns; i++)
	{
		UpStep *step = &p->steps[p->n_inputs];

		memset(step, 0, sizeof(UpStep));
		if (f->by_name && !wanted(options, f->columns[i].name))
			continue;
		step->name = f->by_name ? up_strdup(f->columns[i].name) : NULL;
		step->kind = f->by_name ? f->columns[i].kind : UP_COLUMN_NUMBER;
		step->source = i;
		step->factor = 1;
		if (options->numbers_only && step->kind != UP_COLUMN_NUMBER)
		{
			leave_out(p, step->name, "not a number");
			continue;
		}
		read_column(f, order, n, i, v);
		if (!fit_step(p, step, f, v, copy, n))
			continue;
		p->n_inputs++;
		p->n_features += step_width(step);
	}
	up_free(v);
	up_free(copy);
	if (p->n_features == 0)
		up_fail_with(UP_INVALID_DATA, up_format("Columns left out: %s", up_value_text(p->left_out)), NULL,
					 "no column is left to learn from");
	if (p->n_features > UP_COLUMN_LIMIT)
		up_fail(UP_LIMIT, "%u features are more than the %d that a model can have", p->n_features,
				UP_COLUMN_LIMIT);
	return p;
}

void
up_pipeline_encode(const UpPipeline *p, const double *row, double *out)
{
	if (p->steps == NULL)
	{
		memcpy(out, row, p->n_features * sizeof(double));
		return;
	}
	for (uint32_t i = 0; i < p->n_inputs; i++)
	{
		const UpStep *step = &p->steps[i];
		double v = row[step->source];

		if (step->kind != UP_COLUMN_CATEGORY)
		{
			*out++ = ((isnan(v) ? step->fill : v) - step->center) * step->factor;
			continue;
		}
		int32_t category = (int32_t) step->fill;

		if (!isnan(v))
		{
			int32_t known = step->category_of != NULL ? step->category_of[(uint32_t) v] : (int32_t) v;

			category = known >= 0 ? known : category;
		}
		for (uint32_t j = 0; j < step->n_categories; j++)
			out[j] = 0;
		out[category] = 1;
		out += step->n_categories;
	}
}

UpValue *
up_pipeline_feature_names(const UpPipeline *p)
{
	UpValue *names = up_value_array();

	for (uint32_t i = 0; i < p->n_inputs; i++)
	{
		const UpStep *step = p->steps != NULL ? &p->steps[i] : NULL;

		if (step == NULL || step->name == NULL)
			up_value_append(names, up_value_string(up_format("x%u", i + 1)));
		else if (step->kind != UP_COLUMN_CATEGORY)
			up_value_append(names, up_value_string(step->name));
		else
		{
			for (uint32_t j = 0; j < step->n_categories; j++)
				up_value_append(names, up_value_string(up_format("%s=%s", step->name, step->categories[j])));
		}
	}
	return names;
}

const char *
up_column_kind_name(UpColumnKind kind)
{
	static const char *const names[] = {"number", "boolean", "category", "time"};

	return names[kind];
}

UpValue *
up_pipeline_describe(const UpPipeline *p)
{
	UpValue *inputs = up_value_array();

	for (uint32_t i = 0; p->steps != NULL && i < p->n_inputs; i++)
	{
		const UpStep *step = &p->steps[i];
		UpValue *input = up_value_object();

		up_value_set(input, "name", up_value_string(step->name != NULL ? step->name : up_format("x%u", i + 1)));
		up_value_set(input, "kind", up_value_string(up_column_kind_name(step->kind)));
		if (step->kind == UP_COLUMN_CATEGORY)
		{
			UpValue *values = up_value_array();

			for (uint32_t j = 0; j < step->n_categories; j++)
				up_value_append(values, up_value_string(step->categories[j]));
			up_value_set(input, "impute", up_value_string(step->categories[(uint32_t) step->fill]));
			up_value_set(input, "categories", values);
		}
		else if (p->by_name)
			up_value_set(input, "impute",
						 step->kind == UP_COLUMN_BOOLEAN ? up_value_bool(step->fill != 0)
														 : up_value_number(step->fill));
		if (p->zscore && (step->kind == UP_COLUMN_NUMBER || step->kind == UP_COLUMN_TIME))
		{
			up_value_set(input, "mean", up_value_number(step->center));
			up_value_set(input, "deviation", up_value_number(step->factor > 0 ? 1 / step->factor : 0));
		}
		up_value_append(inputs, input);
	}
	return inputs;
}
