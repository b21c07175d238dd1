/*
 * step.c - fits one step on the training rows; see step.h
 *
 * Sums are taken in canonical order, so that they have the same last bit whatever order rows arrived in.
 */
#include "prep/step.h"

#include "num/sort.h"
#include "num/moments.h"
#include "num/order_statistics.h"
#include "prep/impute.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NEAR_UNIQUE_SHARE 0.9
#define NEAR_UNIQUE_ROWS  10

/* Whether no row misses the value at position j of the column. */
static bool
is_complete(const UpStep *step, const UpStepInput *in, uint32_t j)
{
	return in->complete != NULL && in->complete[step->source + j] && step->value_of == NULL;
}

/* How many values of position j of the column are known. */
static size_t
count_known(const UpStepInput *in, uint32_t j)
{
	const double *v = in->v + (size_t) j * in->n;
	size_t known = 0;

	for (size_t i = 0; i < in->n; i++)
		known += !isnan(v[i]);
	return known;
}

static bool
misses_some(const UpStepInput *in, uint32_t width)
{
	for (size_t i = 0; i < in->n * width; i++)
	{
		if (isnan(in->v[i]))
			return true;
	}
	return false;
}

static double
constant_number(const UpStep *step, const UpPlan *plan)
{
	const UpValue *v = plan->fill_value;

	if (step->kind == UP_COLUMN_BOOLEAN && v->type == UP_BOOLEAN)
		return v->boolean;
	if (v->type != UP_NUMBER || (step->kind == UP_COLUMN_BOOLEAN && v->number != 0 && v->number != 1))
		up_fail(UP_INVALID_PARAMETER, "the \"fill_value\" of column \"%s\" in \"prepare\" must be a %s, not %s",
				step->name, step->kind == UP_COLUMN_BOOLEAN ? "boolean" : "number", up_value_text(v));
	return v->number;
}

/* What stands for missing values at position j, of which so many are known. */
static double
fill_of(const UpStep *step, const UpPlan *plan, const UpStepInput *in, uint32_t j, size_t known)
{
	const double *v = in->v + (size_t) j * in->n;

	switch (step->impute)
	{
		case UP_IMPUTE_MEAN:
			return up_mean(in->copy, up_known_values(v, in->n, in->copy));
		case UP_IMPUTE_MOST_FREQUENT:
			return up_impute_most_frequent(in->copy, up_known_values(v, in->n, in->copy));
		case UP_IMPUTE_CONSTANT:
			return constant_number(step, plan);
		case UP_IMPUTE_NONE:
			return 0;
		default:
			return up_impute_median(v, in->n, known, in->copy);
	}
}

/* The values at position j of the column that its scale is fitted to, filled in; returns their number. */
static size_t
filled_values(const UpStep *step, const UpStepInput *in, uint32_t j, double *out)
{
	const double *v = in->v + (size_t) j * in->n;
	size_t n = 0;

	for (size_t i = 0; i < in->n; i++)
	{
		if (!isnan(v[i]))
			out[n++] = v[i];
		else if (step->impute != UP_IMPUTE_NONE)
			out[n++] = step->fill[j];
	}
	/* An element of an array that nothing is known of stays what it is. */
	if (n == 0)
		out[n++] = 0;
	return n;
}

/* Scales of the features that the values of a number or array column are, which are needed no more. */
static void
fit_scales(UpStep *step, const UpPlan *plan, const UpStepInput *in)
{
	UpPlan with = *plan;
	UpScaleOptions options;

	if (with.scale == 0)
		with.scale = in->scale;
	if (with.scale == 0 || with.scale == 1 + UP_SCALE_NONE)
		return;
	options = up_plan_scale(&with, step->name != NULL ? step->name : "of the array");
	step->scales = up_alloc_array(UP_MAX(step->width, 1), sizeof(UpScale));
	for (uint32_t j = 0; j < step->width; j++)
	{
		bool whole = in->n > 0 && is_complete(step, in, j);
		double *v = whole ? in->v + (size_t) j * in->n : in->copy;
		size_t n = whole ? in->n : filled_values(step, in, j, v);

		step->scales[j] = up_scale_fit(&options, v, n, step->name != NULL ? step->name : "of the array");
	}
}

/* Numbers, booleans, times and arrays. */
static char *
fit_numbers(UpStep *step, const UpPlan *plan, const UpStepInput *in)
{
	bool any = false;

	if (plan->impute == UP_IMPUTE_AUTO)
		step->impute = in->native                        ? UP_IMPUTE_NONE
					   : step->kind == UP_COLUMN_BOOLEAN ? UP_IMPUTE_MOST_FREQUENT
														 : UP_IMPUTE_MEDIAN;
	if (step->kind == UP_COLUMN_BOOLEAN && (step->impute == UP_IMPUTE_MEAN || step->impute == UP_IMPUTE_MEDIAN))
		step->impute = UP_IMPUTE_MOST_FREQUENT;
	if (step->impute == UP_IMPUTE_NONE && !in->native && misses_some(in, step->width))
		up_fail_with(UP_INVALID_DATA, NULL,
					 "Choose another \"impute\", or an algorithm that takes missing values.",
					 "column \"%s\" has missing values, which this algorithm cannot take", step->name);
	step->fill = up_alloc0(UP_MAX(step->width, 1) * sizeof(double));
	for (uint32_t j = 0; j < step->width; j++)
	{
		size_t known;

		if (is_complete(step, in, j) && step->impute != UP_IMPUTE_CONSTANT)
		{
			/* Nothing will ever be filled. */
			any = any || in->n > 0;
			continue;
		}
		known = count_known(in, j);
		any = any || known > 0;
		if (known > 0 || step->impute == UP_IMPUTE_CONSTANT)
			step->fill[j] = fill_of(step, plan, in, j, known);
	}
	if (!any)
		return up_strdup(UP_NOTHING_KNOWN);
	step->n_features = step->width;
	if (step->encode == UP_ENCODE_CYCLIC)
	{
		step->parts = plan->parts;
		step->n_features = 0;
		for (int part = 0; part < UP_TIME_PARTS; part++)
			step->n_features += (step->parts >> part & 1) * 2;
		return NULL;
	}
	if (step->kind != UP_COLUMN_BOOLEAN || plan->scale != 0)
		fit_scales(step, plan, in);
	return NULL;
}

void
up_step_of_values(UpStep *step, const UpNearValues *values)
{
	step->encode = UP_ENCODE_NUMBER;
	step->n_features = step->width;
	step->fill = up_alloc0(step->width * sizeof(double));
	step->impute = values == NULL                    ? UP_IMPUTE_NONE
				   : step->kind == UP_COLUMN_BOOLEAN ? UP_IMPUTE_MOST_FREQUENT
													 : UP_IMPUTE_MEDIAN;
	for (uint32_t j = 0; values != NULL && j < step->width; j++)
		step->fill[j] = step->impute == UP_IMPUTE_MEDIAN ? up_near_values_median(&values[j])
														 : up_near_values_most_frequent(&values[j]);
}

static int
compare_counts(const void *a, const void *b)
{
	size_t x = *(const size_t *) a, y = *(const size_t *) b;

	return x > y ? -1 : x < y;
}

/* The count of the last category that is kept when only cap are. */
static size_t
count_at_cap(const size_t *count, uint32_t n, uint32_t cap)
{
	size_t *sorted = up_alloc_array(UP_MAX(n, 1), sizeof(size_t)), least;

	memcpy(sorted, count, n * sizeof(size_t));
	up_sort(sorted, n, sizeof(size_t), compare_counts);
	least = sorted[cap - 1];
	up_free(sorted);
	return least;
}

/* Categories that are kept, in the dictionary's order, which is sorted. */
static void
keep_categories(UpStep *step, const UpPlan *plan, const UpDictionary *d, const size_t *count)
{
	bool capped = step->encode == UP_ENCODE_ONE_HOT && plan->max_categories != INT64_MIN;
	uint32_t cap = capped ? (uint32_t) plan->max_categories : UINT32_MAX, above = 0, seen = 0, at_least = 0;
	size_t least = 1;

	for (uint32_t i = 0; i < d->n; i++)
		seen += count[i] > 0;
	if (seen > cap)
	{
		least = count_at_cap(count, d->n, cap);
		step->other = true;
		for (uint32_t i = 0; i < d->n; i++)
			above += count[i] > least;
		at_least = cap - above; /* of those with the least count, the first so many */
	}
	for (uint32_t i = 0; i < d->n; i++)
	{
		step->category_of[i] = -1;
		if (count[i] == 0)
			continue;
		if (step->other && (count[i] < least || (count[i] == least && at_least == 0)))
			continue;
		at_least -= step->other && count[i] == least;
		step->category_of[i] = (int32_t) step->n_categories;
		step->categories[step->n_categories++] = up_strdup(d->texts[i]);
	}
	for (uint32_t i = 0; step->other && i < d->n; i++)
	{
		if (count[i] > 0 && step->category_of[i] < 0)
			step->category_of[i] = (int32_t) step->n_categories;
	}
}

/* A constant that never occurs becomes a category of its own. Returns its number. */
static uint32_t
add_constant(UpStep *step, const UpPlan *plan, uint32_t n_codes)
{
	const UpValue *v = plan->fill_value;
	const char *text = v->type == UP_STRING ? v->string : up_value_text(v);
	int64_t found = up_sorted_texts_find(step->categories, step->n_categories, text, strlen(text));
	uint32_t at = 0;

	if (found >= 0)
		return (uint32_t) found;
	while (at < step->n_categories && strcmp(step->categories[at], text) < 0)
		at++;
	memmove(step->categories + at + 1, step->categories + at, (step->n_categories - at) * sizeof(char *));
	step->categories[at] = up_strdup(text);
	step->n_categories++;
	for (uint32_t i = 0; i < n_codes; i++)
		step->category_of[i] += step->category_of[i] >= (int32_t) at;
	return at;
}

static void
set_ranks(UpStep *step, const UpPlan *plan)
{
	const UpValue *order = plan->order;

	step->ranks = up_alloc_array(UP_MAX(step->n_categories, 1), sizeof(double));
	for (uint32_t i = 0; i < step->n_categories; i++)
	{
		bool found = order == NULL;

		step->ranks[i] = i;
		for (uint32_t j = 0; order != NULL && order->type == UP_ARRAY && j < order->n; j++)
		{
			if (order->items[j]->type == UP_STRING && strcmp(order->items[j]->string, step->categories[i]) == 0)
			{
				step->ranks[i] = j;
				found = true;
			}
		}
		if (!found)
			up_fail_with(UP_INVALID_PARAMETER, up_format("It is %s.", up_value_text(order)),
						 "Name every value of the column, lowest first.",
						 "the \"order\" of column \"%s\" in \"prepare\" lacks the value \"%s\"", step->name,
						 step->categories[i]);
	}
}

static uint32_t
most_frequent_category(const UpStep *step, const size_t *count, uint32_t n_codes)
{
	uint32_t width = step->n_categories + step->other, best = 0;
	size_t *total = up_alloc0(((size_t) width + 1) * sizeof(size_t));

	for (uint32_t i = 0; i < n_codes; i++)
	{
		if (step->category_of[i] >= 0)
			total[step->category_of[i]] += count[i];
	}
	/* The shared bucket is no category: a missing value is one of the others. */
	for (uint32_t k = 1; k < step->n_categories; k++)
		best = total[k] > total[best] ? k : best;
	up_free(total);
	return best;
}

/* What the categories become, once they are known. */
static void
fit_encoding(UpStep *step, const UpPlan *plan, const UpDictionary *d, const size_t *count)
{
	step->fill = up_alloc0(sizeof(double));
	if (step->impute == UP_IMPUTE_CONSTANT)
		step->fill[0] = add_constant(step, plan, d->n);
	else if (step->impute != UP_IMPUTE_NONE)
	{
		step->impute = UP_IMPUTE_MOST_FREQUENT;
		step->fill[0] = most_frequent_category(step, count, d->n);
	}
	step->n_features = step->encode == UP_ENCODE_ONE_HOT ? step->n_categories + step->other : 1;
	if (step->encode == UP_ENCODE_ORDINAL)
		set_ranks(step, plan);
}

static char *
fit_category(UpStep *step, const UpPlan *plan, const UpStepInput *in, const UpDictionary *d)
{
	size_t *count = up_alloc0(((size_t) d->n + 1) * sizeof(size_t)), known = 0;
	uint32_t different = 0;

	if (d->overflowed)
		return up_format("more than %u different values", d->limit);
	for (size_t i = 0; i < in->n; i++)
	{
		if (isnan(in->v[i]))
			continue;
		count[(uint32_t) in->v[i]]++;
		known++;
	}
	for (uint32_t i = 0; i < d->n; i++)
		different += count[i] > 0;
	if (known == 0)
		return up_strdup(UP_NOTHING_KNOWN);
	if (!plan->explicit_encode && known >= NEAR_UNIQUE_ROWS && different >= NEAR_UNIQUE_SHARE * (double) known)
		return up_format("nearly every value is different (%u in %zu rows)", different, known);
	if (plan->impute == UP_IMPUTE_AUTO)
		step->impute = step->encode == UP_ENCODE_NATIVE ? UP_IMPUTE_NONE : UP_IMPUTE_MOST_FREQUENT;
	if (step->impute == UP_IMPUTE_NONE && step->encode == UP_ENCODE_ORDINAL && !in->native && known < in->n)
		up_fail_with(UP_INVALID_DATA, NULL,
					 "Choose another \"impute\", or an algorithm that takes missing values.",
					 "column \"%s\" has missing values, which this algorithm cannot take", step->name);
	/* One place more, for a constant that is imputed. */
	step->category_of = up_alloc_array((size_t) d->n + 1, sizeof(int32_t));
	step->categories = up_alloc_array((size_t) d->n + 2, sizeof(char *));
	keep_categories(step, plan, d, count);
	fit_encoding(step, plan, d, count);
	up_free(count);
	return NULL;
}

/* Text by its hash: into buckets, or as the mean of the target. */
static char *
fit_hash(UpStep *step, const UpPlan *plan, const UpStepInput *in)
{
	if (count_known(in, 0) == 0)
		return up_strdup(UP_NOTHING_KNOWN);
	step->fill = up_alloc0(sizeof(double));
	if (step->impute == UP_IMPUTE_CONSTANT)
	{
		const UpValue *v = plan->fill_value;
		const char *text = v->type == UP_STRING ? v->string : up_value_text(v);

		step->fill[0] = up_frame_hash(text, strlen(text));
		for (size_t i = 0; i < in->n; i++)
			in->v[i] = isnan(in->v[i]) ? step->fill[0] : in->v[i];
	}
	else
		step->impute = UP_IMPUTE_NONE;
	if (step->encode == UP_ENCODE_HASH)
	{
		step->n_buckets = step->n_features = (uint32_t) plan->buckets;
		return NULL;
	}
	if (in->labels == NULL)
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Choose another encoding, such as \"hash\".",
					 "column \"%s\" cannot be encoded by the target, as there is none", step->name);
	step->target = up_target_fit(in->v, in->labels, in->folds, in->n, in->n_classes, plan->smooth);
	step->n_features = step->target->n_outputs;
	if (plan->scale == 0 ? in->scale != 0 && in->scale != 1 + UP_SCALE_NONE : plan->scale != 1 + UP_SCALE_NONE)
	{
		UpPlan with = *plan;
		UpScaleOptions options;

		with.scale = plan->scale == 0 ? in->scale : plan->scale;
		options = up_plan_scale(&with, step->name);
		step->scales = up_alloc_array(step->n_features, sizeof(UpScale));
		for (uint32_t j = 0; j < step->n_features; j++)
		{
			for (size_t i = 0; i < in->n; i++)
				in->copy[i] = up_target_find(step->target, in->v[i], in->folds[i])[j];
			step->scales[j] = up_scale_fit(&options, in->copy, in->n, step->name);
		}
	}
	return NULL;
}

static UpEncode
chosen_encoding(const UpStep *step, const UpPlan *plan, bool native)
{
	switch (step->kind)
	{
		case UP_COLUMN_CATEGORY:
			if (plan->encode == UP_ENCODE_ONE_HOT || plan->encode == UP_ENCODE_ORDINAL)
				return (UpEncode) plan->encode;
			if (plan->encode == UP_ENCODE_NATIVE && !native && plan->explicit_encode)
				up_fail_with(UP_INVALID_PARAMETER, NULL, "Choose another encoding, or a tree, forest or boost.",
							 "column \"%s\" cannot be encoded as \"native\": the algorithm takes numbers only",
							 step->name);
			return native ? UP_ENCODE_NATIVE : UP_ENCODE_ONE_HOT;
		case UP_COLUMN_HASH:
			return (UpEncode) plan->encode;
		case UP_COLUMN_WORDS:
			return UP_ENCODE_WORDS;
		case UP_COLUMN_TIME:
			return plan->encode == UP_ENCODE_CYCLIC ? UP_ENCODE_CYCLIC : UP_ENCODE_NUMBER;
		default:
			return UP_ENCODE_NUMBER;
	}
}

char *
up_step_fit(UpStep *step, const UpPlan *plan, const UpStepInput *in)
{
	char *why = NULL;

	step->encode = chosen_encoding(step, plan, in->native);
	step->impute = (UpImpute) plan->impute;
	step->indicator = plan->indicator;
	if (step->kind == UP_COLUMN_CATEGORY)
		why = fit_category(step, plan, in, in->dictionary);
	else if (step->kind == UP_COLUMN_HASH)
		why = fit_hash(step, plan, in);
	else if (step->kind == UP_COLUMN_WORDS)
	{
		/* A text that is missing has no words. */
		step->impute = UP_IMPUTE_CONSTANT;
		step->fill = up_alloc0((size_t) step->width * sizeof(double));
		step->n_features = step->width;
		if (plan->scale != 0)
			fit_scales(step, plan, in);
	}
	else
		why = fit_numbers(step, plan, in);
	step->n_features += step->indicator && why == NULL;
	return why;
}

void
up_step_join_categories(UpStep *step, const UpStep *a, const UpStep *b, uint32_t *of_a, uint32_t *of_b)
{
	uint32_t i = 0, j = 0, n = 0;
	char **all = up_alloc_array((size_t) a->n_categories + b->n_categories + 1, sizeof(char *));

	while (i < a->n_categories || j < b->n_categories)
	{
		int order = i == a->n_categories   ? 1
					: j == b->n_categories ? -1
										   : strcmp(a->categories[i], b->categories[j]);

		all[n] = order <= 0 ? a->categories[i] : up_strdup(b->categories[j]);
		if (of_a != NULL && order <= 0)
			of_a[i] = n;
		if (of_b != NULL && order >= 0)
			of_b[j] = n;
		i += order <= 0;
		j += order >= 0;
		n++;
	}
	if (n > UP_LABEL_LIMIT)
		up_fail(UP_LIMIT, "column \"%s\" has more than %d categories in the models together", step->name,
				UP_LABEL_LIMIT);
	step->categories = all;
	step->n_categories = n;
}
