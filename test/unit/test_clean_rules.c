/*
 * test_clean_rules.c - rules of cleaning: defaults, and the words of their errors
 */
#include "check.h"

#include "clean/clean_rules.h"

/* An array of one rule with up to two more keys. */
static UpValue *
rule(const char *name, const char *key, UpValue *v, const char *key2, UpValue *v2)
{
	UpValue *array = up_value_array(), *object = up_value_object();

	if (name != NULL)
		up_value_set(object, "rule", up_value_string(name));
	if (key != NULL)
		up_value_set(object, key, v);
	if (key2 != NULL)
		up_value_set(object, key2, v2);
	up_value_append(array, object);
	return array;
}

static void
test_defaults(void)
{
	const UpCleanRule *r;

	CHECK(up_clean_rules_parse(up_value_array())->n == 0);
	r = up_clean_rules_parse(rule("duplicates", NULL, NULL, NULL, NULL))->rules;
	CHECK(r->kind == UP_CLEAN_DUPLICATES && r->keep == UP_KEEP_FIRST && r->n_columns == 0 && r->order == NULL);
	r = up_clean_rules_parse(rule("outliers", "column", up_value_string("x"), NULL, NULL))->rules;
	CHECK(r->method == UP_OUTLIERS_IQR && isnan(r->factor) && r->action == UP_ACTION_CLIP && r->lower == 0.05);
	CHECK(r->n_columns == 1 && strcmp(r->columns[0], "x") == 0);
	r = up_clean_rules_parse(rule("fill", "column", up_value_string("x"), NULL, NULL))->rules;
	CHECK(r->fill == UP_FILL_MEDIAN && strcmp(r->learner->string, "tree") == 0);
	r = up_clean_rules_parse(rule("type", "column", up_value_string("x"), "decimal", up_value_string(",")))
			->rules;
	CHECK(r->decimal == 1 && r->to_type == UP_TYPE_NUMBER && r->action == UP_ACTION_QUARANTINE);
}

/* The same words choose the same action, whatever their place in a rule's list. */
static void
test_actions(void)
{
	static const struct
	{
		const char *rule;
		const char *key;
		const char *action;
		int want;
	} cases[] = {
		{"range", "min", "quarantine", UP_ACTION_QUARANTINE},
		{"range", "min", "missing", UP_ACTION_MISSING},
		{"range", "min", "clip", UP_ACTION_CLIP},
		{"outliers", "factor", "missing", UP_ACTION_MISSING},
		{"outliers", "factor", "quarantine", UP_ACTION_QUARANTINE},
	};

	for (size_t i = 0; i < UP_LENGTH(cases); i++)
	{
		UpValue *given = rule(cases[i].rule, "column", up_value_string("x"), cases[i].key, up_value_number(1));

		up_value_set(given->items[0], "action", up_value_string(cases[i].action));
		CHECK(up_clean_rules_parse(given)->rules->action == cases[i].want);
	}
}

static void
fails(const char *message, const char *hint, UpValue *given)
{
	up_test_hint[0] = '\0';
	CHECK_FAILS(UP_INVALID_PARAMETER, message, up_clean_rules_parse(given));
	CHECK(hint == NULL || strcmp(up_test_hint, hint) == 0);
}

static void
test_errors(void)
{
	UpValue *twice = up_value_array(), *wrong = up_value_array();

	up_value_append(twice, up_value_string("x"));
	up_value_append(twice, up_value_string("x"));
	up_value_append(wrong, up_value_number(1));
	fails("rules must be an array of objects, not object", NULL, up_value_object());
	fails("rule 1 must be an object, not number", NULL, wrong);
	fails("rule 1 has no name in \"rule\"", NULL, rule(NULL, "column", up_value_string("x"), NULL, NULL));
	fails("rule 1 is \"trimm\", which does not exist", "Perhaps you meant \"trim\".",
		  rule("trimm", NULL, NULL, NULL, NULL));
	fails("rule 1 (range) has no parameter \"mni\"", "Perhaps you meant \"min\".",
		  rule("range", "column", up_value_string("x"), "mni", up_value_number(1)));
	fails("rule 1 (range) needs parameter \"min\" or \"max\"", NULL,
		  rule("range", "column", up_value_string("x"), NULL, NULL));
	fails("rule 1 (range) needs parameter \"column\" or \"columns\"", NULL,
		  rule("range", "min", up_value_number(1), NULL, NULL));
	fails("rule 1 (trim) has both \"column\" and \"columns\"", NULL,
		  rule("trim", "column", up_value_string("x"), "columns", twice));
	fails("rule 1 (trim) names column \"x\" twice", NULL, rule("trim", "columns", twice, NULL, NULL));
	fails("parameter \"columns\" of rule 1 (trim) must be of type array of texts, not [1]", NULL,
		  rule("trim", "columns", wrong, NULL, NULL));
	fails("parameter \"action\" of rule 1 (match) has no choice \"clip\"", NULL,
		  rule("match", "column", up_value_string("x"), "action", up_value_string("clip")));
	fails("rule 1 (match) needs parameter \"pattern\"", NULL,
		  rule("match", "column", up_value_string("x"), NULL, NULL));
	fails("rule 1 (range) cannot clip to an open bound",
		  "A value can only become a bound that belongs to the range.", ({
			  UpValue *v = rule("range", "column", up_value_string("x"), "min", up_value_number(0));

			  up_value_set(v->items[0], "min_open", up_value_bool(true));
			  up_value_set(v->items[0], "action", up_value_string("clip"));
			  v;
		  }));
	fails("rule 1 (range) has a bound beyond the range of double precision", NULL,
		  rule("range", "column", up_value_string("x"), "max", up_value_number(INFINITY)));
	fails("rule 1 (fill) needs parameter \"value\"", NULL,
		  rule("fill", "column", up_value_string("x"), "with", up_value_string("constant")));
	fails("rule 1 (fill) has a \"value\", but does not fill with a constant", "Use {\"with\": \"constant\"}.",
		  rule("fill", "column", up_value_string("x"), "value", up_value_number(1)));
	fails("parameter \"lower\" of rule 1 (outliers) is 0.7, which is out of range", NULL,
		  rule("outliers", "column", up_value_string("x"), "lower", up_value_number(0.7)));
	fails("must be of type object of texts, or a source, not number", NULL,
		  rule("synonyms", "column", up_value_string("x"), "table", up_value_number(1)));
}

int
main(void)
{
	static const UpTest tests[] = {
		{"defaults", test_defaults},
		{"actions", test_actions},
		{"errors", test_errors},
	};

	return up_run_tests("clean_rules", tests, UP_LENGTH(tests));
}
