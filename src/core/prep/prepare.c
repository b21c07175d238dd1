/*
 * prepare.c - params.prepare, parsed and checked; see prepare.h
 */
#include "prep/prepare.h"

#include <math.h>
#include <string.h>

#define EVERY_COLUMN "*"

static const char *const impute_choices[] = {"auto",     "mean", "median", "most_frequent",
											 "constant", "none", NULL};
static const char *const encode_choices[] = {"auto", "number", "one_hot", "ordinal", "target",
											 "hash", "cyclic", "words",   "native",  NULL};
static const char *const distribution_choices[] = {"uniform", "normal", NULL};
const char *const up_scale_choices[] = {"auto",     "zscore", "minmax",      "maxabs", "robust",
										"quantile", "log",    "yeo_johnson", "none",   NULL};
const char *const up_time_part_names[] = {"hour", "weekday", "month_day", "month", "year_day", NULL};

#define UP_PARAMS_OF UpPlan
static const UpParam plan_params[] = {
	UP_CHOICE_PARAM("impute", impute, "auto", impute_choices,
					"what missing values become; auto: the median, or the most frequent category"),
	UP_TREE_PARAM("fill_value", fill_value, "null", "number, text or boolean", "impute constant: the constant"),
	UP_BOOL_PARAM("indicator", indicator, "false", "one more feature: 1 where the value was missing"),
	UP_CHOICE_PARAM("encode", encode, "auto", encode_choices,
					"how the column becomes numbers; auto: one_hot for categories"),
	UP_INT_PARAM("max_categories", max_categories, "null", 1, UP_LABEL_LIMIT,
				 "one_hot: only so many, the most frequent; the rest share a feature", .nullable = true),
	UP_TREE_PARAM("order", order, "null", "array of texts",
				  "ordinal: the categories, lowest first; else by bytes"),
	UP_REAL_PARAM("smooth", smooth, "null", 0, 1e15,
				  "target: weight of the overall mean, in rows; null: by empirical Bayes", .nullable = true),
	UP_INT_PARAM("buckets", buckets, "64", 2, 65536,
				 "hash and words: features that values or words are spread over"),
	UP_TREE_PARAM("parts", part_names, "null", "array of hour, weekday, month_day, month, year_day",
				  "cyclic: parts of the time, a sine and a cosine each; null: hour, weekday, year_day"),
	UP_CHOICE_PARAM("scale", scale, "auto", up_scale_choices,
					"what numbers are scaled by; auto: zscore for learners that need it"),
	UP_TREE_PARAM("feature_range", feature_range, "[0,1]", "array of two numbers",
				  "minmax: lowest and highest result"),
	UP_TREE_PARAM("quantile_range", quantile_range, "[25,75]", "array of two numbers",
				  "robust: percentiles whose distance is the scale"),
	UP_INT_PARAM("n_quantiles", n_quantiles, "1000", 2, 100000, "quantile: landmarks"),
	UP_CHOICE_PARAM("output_distribution", output_distribution, "uniform", distribution_choices,
					"quantile: of the results"),
};
const UpParamTable up_plan_params = {plan_params, UP_LENGTH(plan_params)};

const char *
up_encode_name(UpEncode encode)
{
	return encode_choices[encode];
}

static const UpValue *
column_object(const UpValue *prepare, const char *name)
{
	const UpValue *v = prepare != NULL && prepare->type == UP_OBJECT ? up_value_get(prepare, name) : NULL;

	if (v != NULL && v->type != UP_OBJECT)
		up_fail_with(
			UP_INVALID_PARAMETER, NULL, "For example {\"prepare\": {\"age\": {\"scale\": \"robust\"}}}.",
			"parameter \"prepare\" of column \"%s\" must be an object, not %s", name, up_value_type_name(v));
	return v;
}

/* Reads the names of time parts into bits. */
static unsigned
time_parts(const UpValue *names, const char *owner)
{
	unsigned parts = 0;

	if (names == NULL)
		return 1u << UP_PART_HOUR | 1u << UP_PART_WEEKDAY | 1u << UP_PART_YEAR_DAY;
	for (uint32_t i = 0; names->type == UP_ARRAY && i < names->n; i++)
	{
		int part = 0;

		while (part < UP_TIME_PARTS && (names->items[i]->type != UP_STRING ||
										strcmp(names->items[i]->string, up_time_part_names[part]) != 0))
			part++;
		if (part == UP_TIME_PARTS)
			up_fail_with(UP_INVALID_PARAMETER, "Allowed: hour, weekday, month_day, month, year_day.", NULL,
						 "parameter \"parts\" of %s has no choice %s", owner, up_value_text(names->items[i]));
		parts |= 1u << part;
	}
	if (parts == 0)
		up_fail(UP_INVALID_PARAMETER, "parameter \"parts\" of %s must be an array of names, not %s", owner,
				up_value_text(names));
	return parts;
}

UpPlan
up_prepare_plan(const UpValue *prepare, const char *name)
{
	const UpValue *every = column_object(prepare, EVERY_COLUMN), *own = column_object(prepare, name);
	UpValue *given = up_value_object();
	char *owner = up_format("column \"%s\" in \"prepare\"", name);
	UpPlan plan;

	if (prepare != NULL && prepare->type != UP_OBJECT && prepare->type != UP_NULL)
		up_fail_with(UP_INVALID_PARAMETER, NULL,
					 "For example {\"prepare\": {\"age\": {\"scale\": \"robust\"}}}.",
					 "parameter \"prepare\" must be an object with a key for each column, not %s",
					 up_value_type_name(prepare));
	for (uint32_t i = 0; every != NULL && i < every->n; i++)
		up_value_set(given, every->keys[i], every->items[i]);
	for (uint32_t i = 0; own != NULL && i < own->n; i++)
		up_value_set(given, own->keys[i], own->items[i]);
	memset(&plan, 0, sizeof(plan));
	up_params_parse(&up_plan_params, NULL, 0, given, owner, &plan);
	plan.explicit_encode = own != NULL && plan.encode != UP_ENCODE_AUTO;
	plan.parts = time_parts(plan.part_names, owner);
	if (plan.impute == UP_IMPUTE_CONSTANT && plan.fill_value == NULL)
		up_fail_with(UP_INVALID_PARAMETER, NULL, "For example \"fill_value\": 0.",
					 "%s imputes a constant, but has no \"fill_value\"", owner);
	if (plan.impute == UP_IMPUTE_AUTO && plan.fill_value != NULL)
		plan.impute = UP_IMPUTE_CONSTANT;
	up_free(owner);
	return plan;
}

void
up_prepare_check(const UpValue *prepare, const UpFrame *f)
{
	if (prepare == NULL || prepare->type != UP_OBJECT || prepare->n == 0)
		return;
	if (!f->by_name)
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Use the row form, or \"scale\" for all features of an array.",
					 "parameter \"prepare\" needs named columns, which an array of features does not have");
	for (uint32_t i = 0; i < prepare->n; i++)
	{
		const char *name = prepare->keys[i];

		if (strcmp(name, EVERY_COLUMN) != 0 && up_frame_column(f, name) == NULL &&
			up_value_get(f->left_out, name) == NULL)
			up_frame_no_column(f, name, "prepare");
	}
}

/* Whether a column of this kind can be encoded so. */
static bool
encoding_fits(UpEncode encode, UpColumnKind kind)
{
	switch (encode)
	{
		case UP_ENCODE_AUTO:
			return true;
		case UP_ENCODE_NUMBER:
			return kind != UP_COLUMN_CATEGORY;
		case UP_ENCODE_ORDINAL:
		case UP_ENCODE_WORDS:
			return kind == UP_COLUMN_CATEGORY;
		case UP_ENCODE_CYCLIC:
			return kind == UP_COLUMN_TIME;
		default:
			return kind != UP_COLUMN_ARRAY;
	}
}

UpColumnKind
up_plan_reads(const UpPlan *plan)
{
	const UpValue *fill = plan->fill_value;

	if (plan->encode == UP_ENCODE_CYCLIC || plan->encode == UP_ENCODE_NUMBER)
		return plan->encode == UP_ENCODE_CYCLIC && plan->explicit_encode ? UP_COLUMN_TIME : UP_COLUMN_NUMBER;
	/* What only categories have asks for categories. */
	if (plan->encode != UP_ENCODE_AUTO || plan->max_categories != INT64_MIN || plan->order != NULL ||
		(fill != NULL && fill->type == UP_STRING))
		return UP_COLUMN_CATEGORY;
	return UP_COLUMN_NUMBER;
}

UpColumnKind
up_prepare_kind(const UpPlan *plan, const char *name, UpColumnKind kind, uint32_t *width, uint32_t *limit)
{
	static const char *const nouns[] = {"numbers", "booleans", "text", "times", "text", "text", "arrays"};
	UpEncode encode = (UpEncode) plan->encode;

	*width = kind == UP_COLUMN_ARRAY ? 0 : 1;
	*limit = plan->explicit_encode || plan->max_categories != INT64_MIN ? UP_LABEL_LIMIT : UP_CATEGORY_LIMIT;
	/* Text is read as what the encoding takes. */
	if (kind == UP_COLUMN_CATEGORY && plan->explicit_encode &&
		(encode == UP_ENCODE_NUMBER || encode == UP_ENCODE_CYCLIC))
		return kind;
	if (!encoding_fits(encode, kind))
	{
		/* What "*" says holds where it fits. */
		if (!plan->explicit_encode)
			return kind;
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Choose another encoding, or cast the column.",
					 "column \"%s\" has %s, which cannot be encoded as \"%s\"", name, nouns[kind],
					 up_encode_name(encode));
	}
	switch (encode)
	{
		case UP_ENCODE_ONE_HOT:
		case UP_ENCODE_ORDINAL:
			return UP_COLUMN_CATEGORY;
		case UP_ENCODE_TARGET:
		case UP_ENCODE_HASH:
			return UP_COLUMN_HASH;
		case UP_ENCODE_WORDS:
			*width = (uint32_t) plan->buckets;
			return UP_COLUMN_WORDS;
		default:
			return kind;
	}
}

static void
get_pair(const UpValue *v, const char *column, const char *param, double min, double max, double pair[2])
{
	bool good = v != NULL && v->type == UP_ARRAY && v->n == 2 && v->items[0]->type == UP_NUMBER &&
				v->items[1]->type == UP_NUMBER && v->items[0]->number < v->items[1]->number;

	if (!good || v->items[0]->number < min || v->items[1]->number > max)
		up_fail_with(UP_INVALID_PARAMETER, "Expected: two numbers, the lower one first.", NULL,
					 "parameter \"%s\" of column \"%s\" is %s", param, column, up_value_text(v));
	pair[0] = v->items[0]->number;
	pair[1] = v->items[1]->number;
}

UpScaleOptions
up_plan_scale(const UpPlan *plan, const char *name)
{
	UpScaleOptions o = up_scale_options((UpScaleMethod) (plan->scale - 1));

	get_pair(plan->feature_range, name, "feature_range", -1e300, 1e300, o.range);
	get_pair(plan->quantile_range, name, "quantile_range", 0, 100, o.quantile_range);
	o.n_quantiles = (uint32_t) plan->n_quantiles;
	o.normal = plan->output_distribution == 1;
	return o;
}
