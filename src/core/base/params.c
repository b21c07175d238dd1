/*
 * params.c - parameters declared once: parsing, errors, and what is said of them; see params.h
 */
#include "base/params.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *
up_param_type_name(const UpParam *p)
{
	switch (p->type)
	{
		case UP_P_BOOL:
			return "boolean";
		case UP_P_INT:
			return "integer";
		case UP_P_REAL:
			return "float";
		case UP_P_CHOICE:
			return "text";
		case UP_P_TREE:
			break;
	}
	return p->shape;
}

/* A bound as text; bounds beyond any sensible value are no bounds. */
static bool
is_bound(double v)
{
	return fabs(v) < 9e15;
}

static char *
number_text(double v)
{
	return up_value_text(up_value_number(v));
}

static char *
choices_text(const UpParam *p)
{
	char *text = up_strdup("");

	for (int i = 0; p->choices[i] != NULL; i++)
	{
		char *longer = up_format("%s%s%s", text, i > 0 ? ", " : "", p->choices[i]);

		up_free(text);
		text = longer;
	}
	return text;
}

char *
up_param_range(const UpParam *p)
{
	const char *null = p->nullable ? " or null" : "";

	if (p->type == UP_P_CHOICE)
		return choices_text(p);
	if ((p->type != UP_P_INT && p->type != UP_P_REAL) || (p->min == 0 && p->max == 0))
		return up_strdup("");
	if (is_bound(p->min) && is_bound(p->max))
	{
		if (p->min_open)
			return up_format("above %s, up to %s%s", number_text(p->min), number_text(p->max), null);
		return up_format("%s to %s%s", number_text(p->min), number_text(p->max), null);
	}
	if (is_bound(p->min))
		return up_format("%s %s%s", p->min_open ? ">" : ">=", number_text(p->min), null);
	if (is_bound(p->max))
		return up_format("<= %s%s", number_text(p->max), null);
	return up_strdup("");
}

#define NAME_BYTES 64

/*
 * Edits from one text to another, not more than limit + 1: insertions, deletions, replacements, and neighbours that
 * changed places (optimal string alignment; Damerau 1964, Wagner and Fischer 1974). Three rows of the table, and no more
 * of them where the two that the next is made of are beyond the limit.
 */
static int
edit_distance(const char *a, const char *b, int limit)
{
	int rows[3][NAME_BYTES + 1];
	int len_a = (int) strlen(a), len_b = (int) strlen(b), least_above = 0;

	if (len_a > NAME_BYTES || len_b > NAME_BYTES || abs(len_a - len_b) > limit)
		return limit + 1;
	for (int j = 0; j <= len_b; j++)
		rows[0][j] = j;
	for (int i = 1; i <= len_a; i++)
	{
		int *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3], least = i;

		row[0] = i;
		for (int j = 1; j <= len_b; j++)
		{
			row[j] = UP_MIN(UP_MIN(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = UP_MIN(row[j], before[j - 2] + 1);
			least = UP_MIN(least, row[j]);
		}
		if (least > limit && least_above >= limit)
			return limit + 1;
		least_above = least;
	}
	return rows[len_a % 3][len_b];
}

static char *
lower_case(const char *text)
{
	char *copy = up_strdup(text);

	for (char *c = copy; *c != '\0'; c++)
		*c = *c >= 'A' && *c <= 'Z' ? (char) (*c - 'A' + 'a') : *c;
	return copy;
}

#define LEAST_SHARED 3   /* letters of a name that another contains … */
#define SHARED_WORDS 0.3 /* … and how much of the other they are, as whole words … */
#define SHARED_PART  0.6 /* … or as its beginning or its end */

/* How much of the longer name the shorter one is, if it is a word of it, or most of it; else 0. */
static double
shared_part(const char *a, const char *b)
{
	size_t len_a = strlen(a), len_b = strlen(b), len = UP_MIN(len_a, len_b);
	const char *inner = len_a < len_b ? a : b, *outer = len_a < len_b ? b : a;
	double part = (double) len / (double) UP_MAX(UP_MAX(len_a, len_b), 1), most = 0;

	for (const char *at = strstr(outer, inner); len >= LEAST_SHARED && at != NULL; at = strstr(at + 1, inner))
	{
		bool begins = at == outer || at[-1] == '_', ends = at[len] == '_' || at[len] == '\0';

		if ((begins || ends) && part >= (begins && ends ? SHARED_WORDS : SHARED_PART))
			most = part;
	}
	return most;
}

const char *
up_nearest_name(const char *given, const char *const *names, int n)
{
	double most_shared = 0;
	int best = UP_MAX((int) strlen(given) / 3, 1) + 1;
	const char *nearest = NULL, *sharing = NULL;
	char *low = lower_case(given);
	size_t work = 0;

	for (int i = 0; i < n; i++)
	{
		char *name = lower_case(names[i]);
		int distance = edit_distance(low, name, best - 1);
		double shared = shared_part(low, name);

		/* Items may be a million. */
		up_tick_work(&work, (strlen(low) + 1) * UP_MIN(strlen(name) + 1, NAME_BYTES));
		if (distance < best)
		{
			best = distance;
			nearest = names[i];
		}
		if (shared > most_shared)
		{
			most_shared = shared;
			sharing = names[i];
		}
		up_free(name);
	}
	up_free(low);
	return nearest != NULL ? nearest : sharing;
}

static void
fail_type(const UpParam *p, const UpValue *v, const char *owner)
{
	char *range = up_param_range(p);
	bool none = false;

	for (int i = 0; p->type == UP_P_CHOICE && p->choices[i] != NULL; i++)
		none = none || strcmp(p->choices[i], "none") == 0;
	up_fail_with(UP_INVALID_PARAMETER, range[0] != '\0' ? up_format("Allowed: %s.", range) : NULL,
				 v->type != UP_NULL || p->initial == NULL ? NULL
				 : none                                   ? "Perhaps you meant \"none\"."
						: up_format("Leave it out for the default, %s.", p->initial),
				 "parameter \"%s\" of %s must be of type %s, not %s", p->name, owner, up_param_type_name(p),
				 up_value_type_name(v));
}

static void
fail_range(const UpParam *p, const UpValue *v, const char *owner)
{
	char *range = up_param_range(p);

	/* Bounds that only keep a whole number exact are not told elsewhere. */
	up_fail_with(UP_INVALID_PARAMETER,
				 range[0] != '\0' ? up_format("Allowed: %s.", range)
								  : up_format("Allowed: %.0f to %.0f.", p->min, p->max),
				 NULL, "parameter \"%s\" of %s is %s, which is out of range", p->name, owner, up_value_text(v));
}

static bool
in_range(const UpParam *p, double v)
{
	if (isnan(v))
		return false;
	if (p->min == 0 && p->max == 0)
		return true;
	return (p->min_open ? v > p->min : v >= p->min) && v <= p->max;
}

static int
choice_index(const UpParam *p, const char *given, const char *owner)
{
	const char *nearest;
	int n = 0;

	for (; p->choices[n] != NULL; n++)
	{
		if (strcmp(p->choices[n], given) == 0)
			return n;
	}
	nearest = up_nearest_name(given, p->choices, n);
	up_fail_with(UP_INVALID_PARAMETER, up_format("Allowed: %s.", choices_text(p)),
				 nearest != NULL ? up_format("Perhaps you meant \"%s\".", nearest) : NULL,
				 "parameter \"%s\" of %s has no choice \"%s\"", p->name, owner, given);
}

static void
set_number(const UpParam *p, const UpValue *v, const char *owner, void *field)
{
	bool is_null = v->type == UP_NULL && p->nullable;

	if (v->type != UP_NUMBER && !is_null)
		fail_type(p, v, owner);
	if (p->type == UP_P_INT)
	{
		if (!is_null && v->number != floor(v->number))
			up_fail(UP_INVALID_PARAMETER, "parameter \"%s\" of %s must be a whole number, not %s", p->name,
					owner, up_value_text(v));
		if (!is_null && (!in_range(p, v->number) || fabs(v->number) > 9007199254740992.0))
			fail_range(p, v, owner);
		*(int64_t *) field = is_null ? INT64_MIN : (int64_t) v->number;
		return;
	}
	if (!is_null && !in_range(p, v->number))
		fail_range(p, v, owner);
	*(double *) field = is_null ? NAN : v->number;
}

static void
set_field(const UpParam *p, UpValue *v, const char *owner, char *fields)
{
	void *field = fields + p->offset;

	switch (p->type)
	{
		case UP_P_BOOL:
			if (v->type != UP_BOOLEAN)
				fail_type(p, v, owner);
			*(bool *) field = v->boolean;
			break;
		case UP_P_INT:
		case UP_P_REAL:
			set_number(p, v, owner, field);
			break;
		case UP_P_CHOICE:
			if (v->type != UP_STRING)
				fail_type(p, v, owner);
			*(int *) field = choice_index(p, v->string, owner);
			break;
		case UP_P_TREE:
			*(UpValue **) field = v->type == UP_NULL ? NULL : v;
			break;
	}
}

/* The default as a value: numbers, true, false, null; anything else is a string. */
static UpValue *
initial_value(const UpParam *p)
{
	char *end;
	double number;

	if (p->initial == NULL || strcmp(p->initial, "null") == 0)
		return up_value_null();
	if (strcmp(p->initial, "true") == 0 || strcmp(p->initial, "false") == 0)
		return up_value_bool(p->initial[0] == 't');
	if (p->initial[0] == '[')
	{
		/* The one kind of tree that a default can be: an array of numbers. */
		UpValue *array = up_value_array();
		const char *at = p->initial + 1;

		while (*at != ']' && *at != '\0')
		{
			up_value_append(array, up_value_number(strtod(at, &end)));
			at = *end == ',' ? end + 1 : end;
		}
		return array;
	}
	number = strtod(p->initial, &end);
	if (end != p->initial && *end == '\0')
		return up_value_number(number);
	return up_value_string(p->initial);
}

static bool
table_has(const UpParamTable *table, const char *name)
{
	for (int i = 0; i < table->n; i++)
	{
		if (strcmp(table->params[i].name, name) == 0)
			return true;
	}
	return false;
}

static char *
joined(const char *const *names, int n)
{
	char *text = up_strdup("");

	for (int i = 0; i < n; i++)
		text = up_format("%s%s%s", text, i > 0 ? ", " : "", names[i]);
	return text;
}

/* Names that other libraries have, where ours are others and not near to them; of one with two meanings whichever there is. */
static const char *const elsewhere[][2] = {
	{"random_state", "seed"},
	{"n_clusters", "k"},
	{"n_components", "k"},
	{"trees", "n_estimators"},
	{"num_trees", "n_estimators"},
	{"ntree", "n_estimators"},
	{"num_round", "n_estimators"},
	{"num_boost_round", "n_estimators"},
	{"num_iterations", "n_estimators"},
	{"iterations", "n_estimators"},
	{"mtry", "max_features"},
	{"eta", "learning_rate"},
	{"eta", "learning_rate_init"},
	{"learning_rate", "learning_rate_init"},
	{"num_leaves", "max_leaf_nodes"},
	{"max_leaves", "max_leaf_nodes"},
	{"min_data_in_leaf", "min_samples_leaf"},
	{"min_child_samples", "min_samples_leaf"},
	{"colsample_bytree", "colsample"},
	{"feature_fraction", "colsample"},
	{"bagging_fraction", "subsample"},
	{"reg_lambda", "l2_regularization"},
	{"lambda", "l2_regularization"},
	{"epochs", "max_iter"},
	{"sample_weight", "weight"},
	{"scale_pos_weight", "class_weight"},
	{"monotonic_cst", "monotone"},
	{"l2_leaf_reg", "l2_regularization"},
};

/* What uprofile_train and those that measure take beside params. */
static const char *const arguments[] = {"target", "key", "test_size", "split", "tune", "deploy", "folds"};

/* What processes there are for is a setting. */
static const char *const workers[] = {"n_jobs",      "nthread",   "nthreads",
									  "num_threads", "n_threads", "thread_count"};

static bool
is_among(const char *key, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		if (strcmp(key, names[i]) == 0)
			return true;
	}
	return false;
}

const char *
up_name_here(const char *given, const char *const (*other_names)[2], size_t n_other, const char *const *names,
			 int n)
{
	for (size_t i = 0; i < n_other; i++)
	{
		for (int j = 0; strcmp(given, other_names[i][0]) == 0 && j < n; j++)
		{
			if (strcmp(names[j], other_names[i][1]) == 0)
				return names[j];
		}
	}
	return given;
}

static void
check_known(const UpParamTable *table, const UpParamTable *const *others, int n_others, const char *key,
			const char *owner)
{
	const char **names;
	const char *nearest;
	int n = table->n, at = 0;

	if (table_has(table, key))
		return;
	for (int i = 0; i < n_others; i++)
	{
		if (table_has(others[i], key))
			return;
		n += others[i]->n;
	}
	names = up_alloc_array(UP_MAX((size_t) n, 1), sizeof(char *));
	for (int i = 0; i < table->n; i++)
		names[at++] = table->params[i].name;
	for (int i = 0; i < n_others; i++)
	{
		for (int j = 0; j < others[i]->n; j++)
			names[at++] = others[i]->params[j].name;
	}
	nearest = up_nearest_name(up_name_here(key, elsewhere, UP_LENGTH(elsewhere), names, n), names, n);
	up_fail_with(UP_INVALID_PARAMETER, NULL,
				 is_among(key, arguments, UP_LENGTH(arguments))
					 ? up_format("Functions that train take it beside params: %s => ….", key)
				 : is_among(key, workers, UP_LENGTH(workers))
					 ? "SET uprofile.max_workers = … says how many processes may work."
				 : nearest != NULL ? up_format("Perhaps you meant \"%s\".", nearest)
				 : strncmp(owner, "algorithm \"", 11) == 0
					 ? up_format("SELECT * FROM uprofile_params('%.*s') lists the parameters.",
								 (int) strcspn(owner + 11, "\""), owner + 11)
					 : up_format("There are: %s.", joined(names, n)),
				 "%s has no parameter \"%s\"", owner, key);
}

UpValue *
up_params_parse(const UpParamTable *table, const UpParamTable *const *others, int n_others,
				const UpValue *given, const char *owner, void *fields)
{
	UpValue *all = up_value_object();

	if (given != NULL && given->type != UP_OBJECT)
		up_fail(UP_INVALID_PARAMETER, "parameters of %s must be an object, not %s", owner,
				up_value_type_name(given));
	for (uint32_t i = 0; given != NULL && i < given->n; i++)
		check_known(table, others, n_others, given->keys[i], owner);
	for (int i = 0; i < table->n; i++)
	{
		const UpParam *p = &table->params[i];
		UpValue *v = given != NULL ? up_value_get(given, p->name) : NULL;

		v = v != NULL ? up_value_copy(v) : initial_value(p);
		set_field(p, v, owner, fields);
		up_value_set(all, p->name, v);
	}
	return all;
}
