/*
 * clean_rules.c - the rules of cleaning: their parameters, and how they are read; see clean_rules.h
 */
#include "clean/clean_rules.h"

#include <math.h>
#include <string.h>

#define UP_PARAMS_OF UpCleanRule

/* Parameters that several rules share. */
#define COLUMN  UP_TREE_PARAM("column", column, "null", "text", "The column.")
#define COLUMNS UP_TREE_PARAM("columns", column_list, "null", "array of texts", "Several columns.")
#define ORDER                                                                                                  \
	UP_TREE_PARAM("order", order, "null", "text",                                                              \
				  "The column that says what comes first; by default rows come as they are read.")
#define IGNORE_CASE                                                                                            \
	UP_BOOL_PARAM("ignore_case", ignore_case, "false", "Capital and small letters are the same.")
#define ACTION(list)                                                                                           \
	UP_CHOICE_PARAM("action", action, "quarantine", list, "What becomes of a value that does not fit.")
#define PATTERN UP_TREE_PARAM("pattern", pattern, "null", "text", "A regular expression of PostgreSQL.")
#define VALUES  UP_TREE_PARAM("values", values, "null", "array of values", "The values.")

static const char *const keep_rows[] = {"first", "last", NULL};
static const char *const keep_keys[] = {"first", "last", "complete", NULL};
static const char *const actions[] = {"quarantine", "missing", NULL};
static const char *const range_actions[] = {"quarantine", "missing", "clip", NULL};
static const char *const allowed_actions[] = {"quarantine", "missing", "replace", NULL};
static const char *const outlier_actions[] = {"clip", "missing", "quarantine", NULL};
static const char *const cases[] = {"lower", "upper", "title", NULL};
static const char *const types[] = {"number",    "integer",     "float",   "date",
									"timestamp", "timestamptz", "boolean", NULL};
static const char *const decimals[] = {".", ",", NULL};
static const char *const date_orders[] = {"ymd", "dmy", "mdy", NULL};
static const char *const methods[] = {"iqr", "zscore", "winsorize", NULL};
static const char *const fills[] = {"mean", "median", "mode", "constant", "previous", "predicted", NULL};

static const UpParam duplicates_params[] = {
	UP_TREE_PARAM("exclude", exclude, "null", "array of texts", "Columns that need not be equal."),
	UP_CHOICE_PARAM("keep", keep, "first", keep_rows, "Which of equal rows stays."),
	ORDER,
};
static const UpParam duplicate_keys_params[] = {
	COLUMN,
	COLUMNS,
	UP_CHOICE_PARAM("keep", keep, "first", keep_keys, "Which of the rows with one key stays."),
	ORDER,
};
static const UpParam trim_params[] = {
	COLUMN,
	COLUMNS,
	UP_BOOL_PARAM("collapse", collapse, "false", "Runs of blanks within become one space."),
};
static const UpParam case_params[] = {
	COLUMN,
	COLUMNS,
	UP_CHOICE_PARAM("to", to_case, "lower", cases, "The case of the letters."),
};
static const UpParam replace_params[] = {
	COLUMN,
	COLUMNS,
	PATTERN,
	UP_TREE_PARAM("with", with, "null", "text", "What comes in its place; \\1 … \\9 are its brackets."),
	IGNORE_CASE,
	UP_BOOL_PARAM("all", all, "true", "Every occurrence, not only the first."),
};
static const UpParam synonyms_params[] = {
	COLUMN,
	COLUMNS,
	UP_TREE_PARAM("table", table, "null", "object of texts, or a source",
				  "What each value becomes; a source's first two columns say it."),
	IGNORE_CASE,
};
static const UpParam missing_params[] = {COLUMN, COLUMNS, VALUES, IGNORE_CASE};
static const UpParam type_params[] = {
	COLUMN,
	COLUMNS,
	UP_CHOICE_PARAM("to", to_type, "number", types, "The type that the text should have."),
	UP_CHOICE_PARAM("decimal", decimal, ".", decimals, "The decimal sign of numbers."),
	UP_TREE_PARAM("unit", unit, "null", "text",
				  "What may stand before or after a number and is dropped, such as % or kg."),
	UP_CHOICE_PARAM("date_order", date_order, "ymd", date_orders,
					"The order of dates in figures that do not begin with the year."),
	ACTION(actions),
};
static const UpParam range_params[] = {
	COLUMN,
	COLUMNS,
	UP_TREE_PARAM("min", min, "null", "number or text", "The least value."),
	UP_TREE_PARAM("max", max, "null", "number or text", "The greatest value."),
	UP_BOOL_PARAM("min_open", min_open, "false", "The least value itself does not fit."),
	UP_BOOL_PARAM("max_open", max_open, "false", "The greatest value itself does not fit."),
	ACTION(range_actions),
};
static const UpParam allowed_params[] = {
	COLUMN,
	COLUMNS,
	VALUES,
	IGNORE_CASE,
	ACTION(allowed_actions),
	UP_TREE_PARAM("with", with, "null", "text, number or boolean",
				  "What other values become, where the action is replace."),
};
static const UpParam match_params[] = {
	COLUMN,      COLUMNS,         PATTERN, UP_BOOL_PARAM("negate", negate, "false", "It must not match."),
	IGNORE_CASE, ACTION(actions),
};
static const UpParam outliers_params[] = {
	COLUMN,
	COLUMNS,
	UP_CHOICE_PARAM("method", method, "iqr", methods, "How bounds are found."),
	UP_REAL_PARAM("factor", factor, "null", 0, 1e300,
				  "Quartile distances beyond the quartiles (1.5), or deviations (3).", .min_open = true,
				  .nullable = true),
	UP_REAL_PARAM("lower", lower, "0.05", 0, 0.5, "The lower quantile of winsorize."),
	UP_REAL_PARAM("upper", upper, "0.95", 0.5, 1, "Its upper quantile."),
	UP_CHOICE_PARAM("action", action, "clip", outlier_actions, "What becomes of an outlier."),
};
static const UpParam fill_params[] = {
	COLUMN,
	COLUMNS,
	UP_CHOICE_PARAM("with", fill, "median", fills, "What missing values become."),
	UP_TREE_PARAM("value", value, "null", "text, number or boolean", "The constant."),
	ORDER,
	UP_TREE_PARAM("by", by, "null", "text",
				  "previous: the column within whose values one looks back; by default the key."),
	UP_TREE_PARAM("learner", learner, "tree", "text",
				  "predicted: the algorithm that learns from the rows where the column is known."),
	UP_TREE_PARAM("params", params, "null", "object", "predicted: its parameters."),
};
static const UpParam required_params[] = {COLUMN, COLUMNS};

typedef struct Declared
{
	const char *name;
	UpParamTable table;
	bool needs_column;
} Declared;

#define RULE(rule, needs)                                                                                      \
	{                                                                                                          \
#rule, {rule##_params, (int) UP_LENGTH(rule##_params) }, needs                                         \
	}

/* In the order of UpCleanKind. */
static const Declared declared[] = {
	RULE(duplicates, false), RULE(duplicate_keys, false), RULE(trim, false),    RULE(case, true),
	RULE(replace, true),     RULE(synonyms, true),        RULE(missing, false), RULE(type, true),
	RULE(range, true),       RULE(allowed, true),         RULE(match, true),    RULE(outliers, true),
	RULE(fill, true),        RULE(required, true),
};

static const UpParam rule_param[] = {
	UP_TREE_PARAM("rule", rule, "null", "text", "Which rule."),
};
static const UpParamTable rule_table = {rule_param, 1};

static char *
names_text(const char *const *names, int n)
{
	char *text = up_strdup("");

	for (int i = 0; i < n; i++)
		text = up_format("%s%s%s", text, i > 0 ? ", " : "", names[i]);
	return text;
}

static const Declared *
find_rule(const UpValue *given, uint32_t number)
{
	const UpValue *name = up_value_get(given, "rule");
	const char *names[UP_LENGTH(declared)];
	const char *nearest;

	for (size_t i = 0; i < UP_LENGTH(declared); i++)
		names[i] = declared[i].name;
	if (name == NULL || name->type != UP_STRING)
		up_fail_with(UP_INVALID_PARAMETER,
					 up_format("Rules: %s.", names_text(names, (int) UP_LENGTH(declared))),
					 "Give each rule its name, such as {\"rule\": \"trim\"}.",
					 "rule %u has no name in \"rule\"", number);
	for (size_t i = 0; i < UP_LENGTH(declared); i++)
	{
		if (strcmp(declared[i].name, name->string) == 0)
			return &declared[i];
	}
	nearest = up_nearest_name(name->string, names, (int) UP_LENGTH(declared));
	up_fail_with(UP_INVALID_PARAMETER, up_format("Rules: %s.", names_text(names, (int) UP_LENGTH(declared))),
				 nearest != NULL ? up_format("Perhaps you meant \"%s\".", nearest) : NULL,
				 "rule %u is \"%s\", which does not exist", number, name->string);
}

static void
check_keys(const Declared *d, const UpValue *given, const char *owner)
{
	const char *names[32];
	const char *nearest;

	for (int i = 0; i < d->table.n; i++)
		names[i] = d->table.params[i].name;
	for (uint32_t i = 0; i < given->n; i++)
	{
		bool known = strcmp(given->keys[i], "rule") == 0;

		for (int j = 0; j < d->table.n && !known; j++)
			known = strcmp(given->keys[i], names[j]) == 0;
		if (known)
			continue;
		nearest = up_nearest_name(given->keys[i], names, d->table.n);
		up_fail_with(UP_INVALID_PARAMETER, up_format("Parameters: %s.", names_text(names, d->table.n)),
					 nearest != NULL ? up_format("Perhaps you meant \"%s\".", nearest) : NULL,
					 "%s has no parameter \"%s\"", owner, given->keys[i]);
	}
}

/* The one parameter of this name, for its shape. */
static void
fail_shape(const Declared *d, const char *name, const UpValue *v, const char *owner)
{
	/* Of an array it is the contents that do not fit. */
	const char *got = v->type == UP_ARRAY || v->type == UP_OBJECT ? up_value_text(v) : up_value_type_name(v);

	for (int i = 0; i < d->table.n; i++)
	{
		if (strcmp(d->table.params[i].name, name) == 0)
			up_fail(UP_INVALID_PARAMETER, "parameter \"%s\" of %s must be of type %s, not %.100s", name, owner,
					d->table.params[i].shape, got);
	}
}

static bool
is_scalar(const UpValue *v)
{
	return v->type == UP_STRING || v->type == UP_NUMBER || v->type == UP_BOOLEAN;
}

static bool
is_texts(const UpValue *v)
{
	bool good = v->type == UP_ARRAY && v->n > 0;

	for (uint32_t i = 0; good && i < v->n; i++)
		good = v->items[i]->type == UP_STRING;
	return good;
}

static bool
is_scalars(const UpValue *v)
{
	bool good = v->type == UP_ARRAY && v->n > 0;

	for (uint32_t i = 0; good && i < v->n; i++)
		good = is_scalar(v->items[i]);
	return good;
}

static bool
is_synonyms(const UpValue *v)
{
	bool good = v->type == UP_OBJECT && v->n > 0;

	for (uint32_t i = 0; good && i < v->n; i++)
		good = v->items[i]->type == UP_STRING;
	return good || v->type == UP_STRING;
}

static void
check_shapes(const Declared *d, const UpCleanRule *r)
{
	const struct
	{
		const char *name;
		const UpValue *v;
	} texts[] = {{"column", r->column},   {"order", r->order}, {"by", r->by},
				 {"pattern", r->pattern}, {"unit", r->unit},   {"learner", r->learner}};

	for (size_t i = 0; i < UP_LENGTH(texts); i++)
	{
		if (texts[i].v != NULL && texts[i].v->type != UP_STRING)
			fail_shape(d, texts[i].name, texts[i].v, r->owner);
	}
	if (r->column_list != NULL && !is_texts(r->column_list))
		fail_shape(d, "columns", r->column_list, r->owner);
	if (r->exclude != NULL && !is_texts(r->exclude))
		fail_shape(d, "exclude", r->exclude, r->owner);
	if (r->values != NULL && !is_scalars(r->values))
		fail_shape(d, "values", r->values, r->owner);
	if (r->with != NULL && (r->kind == UP_CLEAN_REPLACE ? r->with->type != UP_STRING : !is_scalar(r->with)))
		fail_shape(d, "with", r->with, r->owner);
	if (r->value != NULL && !is_scalar(r->value))
		fail_shape(d, "value", r->value, r->owner);
	if (r->min != NULL && r->min->type != UP_NUMBER && r->min->type != UP_STRING)
		fail_shape(d, "min", r->min, r->owner);
	if (r->max != NULL && r->max->type != UP_NUMBER && r->max->type != UP_STRING)
		fail_shape(d, "max", r->max, r->owner);
	if (r->table != NULL && !is_synonyms(r->table))
		fail_shape(d, "table", r->table, r->owner);
	if (r->params != NULL && r->params->type != UP_OBJECT)
		fail_shape(d, "params", r->params, r->owner);
}

static void
need(const UpCleanRule *r, const UpValue *v, const char *name)
{
	if (v == NULL)
		up_fail(UP_INVALID_PARAMETER, "%s needs parameter \"%s\"", r->owner, name);
}

/* What a rule type was given, but has no use for with that type. */
static void
fail_useless(const UpCleanRule *r, const char *param, const char *made, const char *hint)
{
	up_fail_with(UP_INVALID_PARAMETER, up_format("Parameter \"to\" is \"%s\".", types[r->to_type]), hint,
				 "%s has a \"%s\", but makes no %s", r->owner, param, made);
}

static void
check_type(const UpCleanRule *r, const UpValue *given)
{
	bool numbers = r->to_type <= UP_TYPE_FLOAT, dates = !numbers && r->to_type != UP_TYPE_BOOLEAN;

	if (!dates && up_value_get(given, "date_order") != NULL)
		fail_useless(r, "date_order", "dates", "Add \"to\": \"date\" or \"to\": \"timestamp\".");
	if (!numbers && up_value_get(given, "decimal") != NULL)
		fail_useless(r, "decimal", "numbers", "Leave \"decimal\" out, or add \"to\": \"number\".");
	if (!numbers && r->unit != NULL)
		fail_useless(r, "unit", "numbers", "Leave \"unit\" out, or add \"to\": \"number\".");
	if (r->unit != NULL &&
		(r->unit->string[0] == '\0' || strpbrk(r->unit->string, " ()+-.,'0123456789") == r->unit->string))
		up_fail_with(UP_INVALID_PARAMETER, NULL, "For example {\"unit\": \"%\"} or {\"unit\": \"kg\"}.",
					 "%s has \"unit\" \"%s\", which may be a part of a number", r->owner, r->unit->string);
}

/* What one kind of rule cannot do without. */
static void
check_needs(const UpCleanRule *r)
{
	if (r->kind == UP_CLEAN_REPLACE || r->kind == UP_CLEAN_MATCH)
		need(r, r->pattern, "pattern");
	if (r->kind == UP_CLEAN_SYNONYMS)
		need(r, r->table, "table");
	if (r->kind == UP_CLEAN_MISSING || r->kind == UP_CLEAN_ALLOWED)
		need(r, r->values, "values");
	if (r->kind == UP_CLEAN_ALLOWED && r->action == UP_ACTION_REPLACE)
		need(r, r->with, "with");
	if (r->kind == UP_CLEAN_FILL && r->fill == UP_FILL_CONSTANT)
		need(r, r->value, "value");
	if (r->kind == UP_CLEAN_FILL && r->fill != UP_FILL_CONSTANT && r->value != NULL)
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Use {\"with\": \"constant\"}.",
					 "%s has a \"value\", but does not fill with a constant", r->owner);
	if (r->kind == UP_CLEAN_RANGE && r->min == NULL && r->max == NULL)
		up_fail(UP_INVALID_PARAMETER, "%s needs parameter \"min\" or \"max\"", r->owner);
	if ((r->min != NULL && r->min->type == UP_NUMBER && !isfinite(r->min->number)) ||
		(r->max != NULL && r->max->type == UP_NUMBER && !isfinite(r->max->number)))
		up_fail(UP_INVALID_PARAMETER, "%s has a bound beyond the range of double precision", r->owner);
	if (r->kind == UP_CLEAN_RANGE && r->action == UP_ACTION_CLIP && (r->min_open || r->max_open))
		up_fail_with(UP_INVALID_PARAMETER, NULL, "A value can only become a bound that belongs to the range.",
					 "%s cannot clip to an open bound", r->owner);
	if (r->kind == UP_CLEAN_RANGE && r->min != NULL && r->max != NULL && r->min->type == UP_NUMBER &&
		r->max->type == UP_NUMBER && r->min->number > r->max->number)
		up_fail(UP_INVALID_PARAMETER, "%s has a \"min\" above its \"max\"", r->owner);
}

static void
set_columns(const Declared *d, UpCleanRule *r)
{
	if (r->column != NULL && r->column_list != NULL)
		up_fail(UP_INVALID_PARAMETER, "%s has both \"column\" and \"columns\"", r->owner);
	if (r->column == NULL && r->column_list == NULL)
	{
		if (d->needs_column)
			up_fail(UP_INVALID_PARAMETER, "%s needs parameter \"column\" or \"columns\"", r->owner);
		return;
	}
	r->n_columns = r->column != NULL ? 1 : r->column_list->n;
	r->columns = up_alloc_array(r->n_columns, sizeof(char *));
	for (uint32_t i = 0; i < r->n_columns; i++)
	{
		r->columns[i] = r->column != NULL ? r->column->string : r->column_list->items[i]->string;
		for (uint32_t j = 0; j < i; j++)
		{
			if (strcmp(r->columns[i], r->columns[j]) == 0)
				up_fail(UP_INVALID_PARAMETER, "%s names column \"%s\" twice", r->owner, r->columns[i]);
		}
	}
}

/* The lists of choices differ from rule to rule; what was chosen is meant by name. */
static int
action_of(UpCleanKind kind, int choice)
{
	const char *const *list = kind == UP_CLEAN_RANGE      ? range_actions
							  : kind == UP_CLEAN_ALLOWED  ? allowed_actions
							  : kind == UP_CLEAN_OUTLIERS ? outlier_actions
														  : actions;
	static const char *const all[] = {"quarantine", "missing", "clip", "replace"};

	for (int i = 0; i < (int) UP_LENGTH(all); i++)
	{
		if (strcmp(all[i], list[choice]) == 0)
			return i;
	}
	return UP_ACTION_QUARANTINE;
}

static void
parse_rule(const UpValue *given, uint32_t number, UpCleanRule *r)
{
	static const UpParamTable *const others[] = {&rule_table};
	const Declared *d;

	if (given->type != UP_OBJECT)
		up_fail_with(UP_INVALID_PARAMETER, NULL, "A rule is an object such as {\"rule\": \"trim\"}.",
					 "rule %u must be an object, not %s", number, up_value_type_name(given));
	d = find_rule(given, number);
	r->kind = (UpCleanKind) (d - declared);
	r->name = d->name;
	r->owner = up_format("rule %u (%s)", number, d->name);
	check_keys(d, given, r->owner);
	up_params_parse(&d->table, others, 1, given, r->owner, r);
	r->action = action_of(r->kind, r->action);
	check_shapes(d, r);
	check_needs(r);
	if (r->kind == UP_CLEAN_TYPE)
		check_type(r, given);
	set_columns(d, r);
}

UpCleanRules *
up_clean_rules_parse(const UpValue *given)
{
	UpCleanRules *rules = up_alloc0(sizeof(UpCleanRules));

	if (given->type != UP_ARRAY)
		up_fail_with(UP_INVALID_PARAMETER, NULL,
					 "For example [{\"rule\": \"duplicates\"}, {\"rule\": \"trim\"}].",
					 "rules must be an array of objects, not %s", up_value_type_name(given));
	rules->n = given->n;
	rules->rules = up_alloc0(UP_MAX((size_t) given->n, 1) * sizeof(UpCleanRule));
	for (uint32_t i = 0; i < given->n; i++)
		parse_rule(given->items[i], i + 1, &rules->rules[i]);
	return rules;
}
