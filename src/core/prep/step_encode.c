/*
 * step_encode.c - replays a fitted step on one row, and tells about it; see step_encode.h
 */
#include "prep/step_encode.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>

#define SECONDS_A_DAY 86400.0
#define TURN          6.283185307179586476925286766559 /* 2 pi */

static bool
is_leap(int64_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Year and day of the year (0 …) of a day counted from 2000-01-01 in the Gregorian calendar. */
static int64_t
year_of(int64_t day, int64_t *year_day)
{
	int64_t era = day >= 0 ? day / 146097 : -((146096 - day) / 146097);
	int64_t rest = day - era * 146097, year = era * 400 + 2000;

	/* 400 years have 146,097 days; the first year of each 400, 100 (but the 400th) and 4 is a long one. */
	while (rest >= 365 + is_leap(year))
	{
		rest -= 365 + is_leap(year);
		year++;
	}
	*year_day = rest;
	return year;
}

/* Where a time stands in a part that comes round again: 0 … 1. */
static double
phase(UpTimePart part, double seconds)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	double day = floor(seconds / SECONDS_A_DAY), within = seconds / SECONDS_A_DAY - day;
	int64_t year, year_day, month = 0;

	if (part == UP_PART_HOUR)
		return within;
	if (part == UP_PART_WEEKDAY)
		return (day - floor(day / 7) * 7 + within) / 7;
	/* Beyond any calendar: nothing that PostgreSQL can hold. */
	if (!(fabs(day) < 1e9))
		return 0;
	year = year_of((int64_t) day, &year_day);
	if (part == UP_PART_YEAR_DAY)
		return ((double) year_day + within) / (365 + is_leap(year));
	while (year_day >= lengths[month] + (month == 1 && is_leap(year)))
	{
		year_day -= lengths[month] + (month == 1 && is_leap(year));
		month++;
	}
	if (part == UP_PART_MONTH)
		return (double) month / 12;
	return ((double) year_day + within) / (lengths[month] + (month == 1 && is_leap(year)));
}

static void
encode_cyclic(const UpStep *step, double seconds, double *out)
{
	for (int part = 0; part < UP_TIME_PARTS; part++)
	{
		if ((step->parts >> part & 1) == 0)
			continue;
		double angle = TURN * phase((UpTimePart) part, seconds);

		*out++ = sin(angle);
		*out++ = cos(angle);
	}
}

/* The number of the category that a row's value stands for, or -1 where none does. */
static int32_t
category_of_value(const UpStep *step, double v)
{
	int32_t category = step->impute == UP_IMPUTE_NONE ? -1 : (int32_t) step->fill[0];

	if (!isnan(v))
	{
		int32_t known = step->category_of != NULL ? step->category_of[(uint32_t) v] : (int32_t) v;

		/* Not seen in the rows of training: the shared one where there is one, else as if missing. */
		category = known >= 0 ? known : step->other ? (int32_t) step->n_categories : category;
	}
	return category;
}

static void
encode_category(const UpStep *step, double v, double *out)
{
	int32_t category = category_of_value(step, v);

	UP_ASSERT(category < (int32_t) (step->n_categories + step->other));
	if (step->encode == UP_ENCODE_NATIVE)
		*out = category < 0 ? NAN : category;
	else if (step->encode == UP_ENCODE_ORDINAL)
		*out = category < 0 ? NAN : step->ranks[category];
	else
	{
		uint32_t width = step->n_categories + step->other;

		for (uint32_t j = 0; j < width; j++)
			out[j] = 0;
		if (category >= 0)
			out[category] = 1;
	}
}

static void
encode_hash(const UpStep *step, double v, int fold, double *out)
{
	if (step->encode == UP_ENCODE_NATIVE)
	{
		*out = v;
		return;
	}
	if (isnan(v) && step->impute == UP_IMPUTE_CONSTANT)
		v = step->fill[0];
	if (step->encode == UP_ENCODE_TARGET)
	{
		const double *values = up_target_find(step->target, v, fold);

		for (uint32_t j = 0; j < step->target->n_outputs; j++)
			out[j] = step->scales != NULL ? up_scaled(&step->scales[j], values[j]) : values[j];
		return;
	}
	for (uint32_t j = 0; j < step->n_buckets; j++)
		out[j] = 0;
	if (!isnan(v))
		out[up_mix64((uint64_t) v) % step->n_buckets] = 1;
}

static void
encode_numbers(const UpStep *step, const double *v, double *out)
{
	for (uint32_t j = 0; j < step->width; j++)
	{
		double x = isnan(v[j]) && step->impute != UP_IMPUTE_NONE ? step->fill[j] : v[j];

		out[j] = step->scales != NULL ? up_scaled(&step->scales[j], x) : x;
	}
}

void
up_step_encode(const UpStep *step, const double *v, int fold, double *out)
{
	double value;

	if (step->value_of != NULL)
	{
		value = isnan(v[0]) ? NAN : step->value_of[(uint32_t) v[0]];
		v = &value;
	}
	if (step->indicator)
	{
		bool missing = false;

		for (uint32_t j = 0; j < step->width; j++)
			missing = missing || isnan(v[j]);
		out[step->n_features - 1] = missing;
	}
	switch (step->kind)
	{
		case UP_COLUMN_CATEGORY:
			encode_category(step, v[0], out);
			break;
		case UP_COLUMN_HASH:
			encode_hash(step, v[0], fold, out);
			break;
		default:
			if (step->encode == UP_ENCODE_CYCLIC)
			{
				double x = isnan(v[0]) ? step->fill[0] : v[0];

				encode_cyclic(step, x, out);
			}
			else
				encode_numbers(step, v, out);
	}
}

double
up_step_category(const UpStep *step, const char *text, size_t len)
{
	int64_t code = up_sorted_texts_find(step->categories, step->n_categories, text, len);

	if (code >= 0)
		return (double) code;
	return step->other ? step->n_categories : NAN;
}

static void
add_name(UpValue *names, char *name)
{
	up_value_append(names, up_value_string(name));
	up_free(name);
}

static void
category_names(const UpStep *step, UpValue *names)
{
	if (step->encode != UP_ENCODE_ONE_HOT)
	{
		up_value_append(names, up_value_string(step->name));
		return;
	}
	for (uint32_t j = 0; j < step->n_categories; j++)
		add_name(names, up_format("%s=%s", step->name, step->categories[j]));
	if (step->other)
		add_name(names, up_format("%s: other", step->name));
}

void
up_step_names(const UpStep *step, uint32_t position, UpValue *names)
{
	uint32_t n = step->n_features - step->indicator;

	if (step->name == NULL)
		add_name(names, up_format("x%u", position + 1));
	else if (step->kind == UP_COLUMN_CATEGORY)
		category_names(step, names);
	else if (step->encode == UP_ENCODE_CYCLIC)
	{
		for (int part = 0; part < UP_TIME_PARTS; part++)
		{
			if ((step->parts >> part & 1) == 0)
				continue;
			add_name(names, up_format("%s: sine of %s", step->name, up_time_part_names[part]));
			add_name(names, up_format("%s: cosine of %s", step->name, up_time_part_names[part]));
		}
	}
	else if (n == 1 && step->kind != UP_COLUMN_ARRAY)
		up_value_append(names, up_value_string(step->name));
	else
	{
		for (uint32_t j = 0; j < n; j++)
			add_name(names, up_format("%s[%u]", step->name, j + 1));
	}
	if (step->indicator)
		add_name(names, up_format("%s is missing", step->name));
}

static UpValue *
fill_value(const UpStep *step)
{
	if (step->kind == UP_COLUMN_CATEGORY)
		return up_value_string(step->categories[(uint32_t) step->fill[0]]);
	if (step->kind == UP_COLUMN_BOOLEAN)
		return up_value_bool(step->fill[0] != 0);
	return step->kind == UP_COLUMN_ARRAY ? up_value_numbers(step->fill, step->width)
										 : up_value_number(step->fill[0]);
}

static void
describe_scale(const UpStep *step, UpValue *input)
{
	const UpScale *s = step->scales;

	up_value_set(input, "scale", up_value_string(up_scale_choices[s->method + 1]));
	if (step->n_features - step->indicator != 1)
		return;
	if (s->method == UP_SCALE_ZSCORE)
	{
		up_value_set(input, "mean", up_value_number(s->center + s->rest));
		up_value_set(input, "deviation", up_value_number(s->factor > 0 ? 1 / s->factor : 0));
	}
	if (s->method == UP_SCALE_YEO_JOHNSON)
		up_value_set(input, "lambda", up_value_number(s->lambda));
}

UpValue *
up_step_describe(const UpStep *step, uint32_t position)
{
	UpValue *input = up_value_object();
	bool hashed = step->kind == UP_COLUMN_HASH || step->kind == UP_COLUMN_WORDS;

	up_value_set(input, "name",
				 up_value_string(step->name != NULL ? step->name : up_format("x%u", position + 1)));
	up_value_set(input, "kind", up_value_string(up_column_kind_name(step->kind)));
	if (step->form == UP_FORM_TEXT)
		up_value_set(input, "kept_as", up_value_string("text"));
	if (step->name != NULL && step->impute != UP_IMPUTE_NONE && !hashed)
		up_value_set(input, "impute", fill_value(step));
	if (step->indicator)
		up_value_set(input, "indicator", up_value_bool(true));
	if (step->encode != UP_ENCODE_NUMBER)
		up_value_set(input, "encode", up_value_string(up_encode_name(step->encode)));
	if (step->kind == UP_COLUMN_CATEGORY)
	{
		UpValue *values = up_value_array();

		for (uint32_t j = 0; j < step->n_categories; j++)
			up_value_append(values, up_value_string(step->categories[j]));
		up_value_set(input, "categories", values);
		if (step->other)
			up_value_set(input, "other", up_value_bool(true));
	}
	if (step->target != NULL)
		up_value_set(input, "categories", up_value_number(step->target->n_keys));
	if (step->n_features > 1 && step->kind != UP_COLUMN_CATEGORY)
		up_value_set(input, "features", up_value_number(step->n_features));
	if (step->scales != NULL)
		describe_scale(step, input);
	return input;
}
