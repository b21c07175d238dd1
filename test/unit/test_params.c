/*
 * test_params.c - parameters: defaults, types, ranges, choices, and the words of their errors
 */
#include "check.h"

#include "base/params.h"

typedef struct Fields
{
	bool flag;
	int64_t count;
	double rate;
	int mode;
	UpValue *tree;
} Fields;

static const char *const modes[] = {"fast", "exact", NULL};
static const UpParam list[] = {
	{.name = "flag", .type = UP_P_BOOL, .offset = offsetof(Fields, flag), .initial = "true", .help = ""},
	{.name = "max_iter",
	 .type = UP_P_INT,
	 .offset = offsetof(Fields, count),
	 .initial = "10",
	 .min = 1,
	 .max = 100,
	 .help = ""},
	{.name = "rate",
	 .type = UP_P_REAL,
	 .offset = offsetof(Fields, rate),
	 .initial = "0.5",
	 .min = 0,
	 .max = 1e300,
	 .min_open = true,
	 .help = ""},
	{.name = "mode",
	 .type = UP_P_CHOICE,
	 .offset = offsetof(Fields, mode),
	 .initial = "fast",
	 .choices = modes,
	 .help = ""},
	{.name = "range",
	 .type = UP_P_TREE,
	 .offset = offsetof(Fields, tree),
	 .initial = "[0,1]",
	 .shape = "pair",
	 .help = ""},
};
static const UpParamTable table = {list, UP_LENGTH(list)};

static UpValue *
one(const char *key, UpValue *v)
{
	UpValue *o = up_value_object();

	up_value_set(o, key, v);
	return o;
}

static void
parse(const UpValue *given)
{
	Fields f;

	up_params_parse(&table, NULL, 0, given, "algorithm \"x\"", &f);
}

static void
test_defaults(void)
{
	Fields f;
	UpValue *all = up_params_parse(&table, NULL, 0, NULL, "algorithm \"x\"", &f);

	CHECK(f.flag && f.count == 10 && f.rate == 0.5 && f.mode == 0 && f.tree->n == 2);
	CHECK(strcmp(up_value_text(all), "{\"flag\": true, \"max_iter\": 10, \"rate\": 0.5, \"mode\": \"fast\", "
									 "\"range\": [0, 1]}") == 0 ||
		  strcmp(up_value_text(all),
				 "{\"flag\":true,\"max_iter\":10,\"rate\":0.5,\"mode\":\"fast\",\"range\":[0,1]}") == 0);
	up_params_parse(&table, NULL, 0, one("mode", up_value_string("exact")), "algorithm \"x\"", &f);
	CHECK(f.mode == 1);
}

static void
test_errors(void)
{
	CHECK_FAILS(UP_INVALID_PARAMETER, "algorithm \"x\" has no parameter \"max_itr\"",
				parse(one("max_itr", up_value_number(1))));
	CHECK(strcmp(up_test_hint, "Perhaps you meant \"max_iter\".") == 0);
	CHECK_FAILS(UP_INVALID_PARAMETER, "is 0, which is out of range",
				parse(one("max_iter", up_value_number(0))));
	CHECK_FAILS(UP_INVALID_PARAMETER, "is 0, which is out of range", parse(one("rate", up_value_number(0))));
	CHECK_FAILS(UP_INVALID_PARAMETER, "must be a whole number, not 1.5",
				parse(one("max_iter", up_value_number(1.5))));
	CHECK_FAILS(UP_INVALID_PARAMETER, "must be of type integer, not",
				parse(one("max_iter", up_value_string("5"))));
	CHECK_FAILS(UP_INVALID_PARAMETER, "must be of type boolean, not", parse(one("flag", up_value_number(1))));
	CHECK_FAILS(UP_INVALID_PARAMETER, "has no choice \"exakt\"", parse(one("mode", up_value_string("exakt"))));
	CHECK(strcmp(up_test_hint, "Perhaps you meant \"exact\".") == 0);
	CHECK_FAILS(UP_INVALID_PARAMETER, "must be an object", parse(up_value_array()));
}

static void
test_ranges(void)
{
	CHECK(strcmp(up_param_range(&list[1]), "1 to 100") == 0);
	CHECK(strcmp(up_param_range(&list[2]), "> 0") == 0);
	CHECK(strcmp(up_param_range(&list[3]), "fast, exact") == 0);
	CHECK(strcmp(up_param_range(&list[0]), "") == 0);
}

static void
test_nearest(void)
{
	static const char *const names[] = {"kmeans", "svm", "mlp"};

	CHECK(up_nearest_name("kmean", names, 3) == names[0]);
	CHECK(up_nearest_name("SVM", names, 3) == names[1]);
	CHECK(up_nearest_name("smv", names, 3) == names[1]);
	CHECK(up_nearest_name("vsm", names, 3) == names[1]);
	CHECK(up_nearest_name("kmaens", names, 3) == names[0]);
	CHECK(up_nearest_name("forest", names, 3) == NULL);
	CHECK(up_nearest_name("", names, 3) == NULL);
}

/* Names that are words of others, or most of them; not what they have in common by chance. */
static void
test_shared_name(void)
{
	static const char *const names[] = {"auc", "boost", "forest", "max_depth", "ev_n", "log"};

	CHECK(up_nearest_name("roc_auc", names, 6) == names[0]);
	CHECK(up_nearest_name("boosting", names, 6) == names[1]);
	CHECK(up_nearest_name("XGBoost", names, 6) == names[1]);
	CHECK(up_nearest_name("random_forest_classifier", names, 6) == NULL);
	CHECK(up_nearest_name("random_forest", names, 6) == names[2]);
	CHECK(up_nearest_name("depth", names, 6) == names[3]);
	CHECK(up_nearest_name("ev_none", names, 6) == NULL);
	CHECK(up_nearest_name("logistics", names, 6) == NULL);
	CHECK(up_nearest_name("a", names, 6) == NULL);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"defaults", test_defaults},
		{"errors", test_errors},
		{"ranges", test_ranges},
		{"nearest name", test_nearest},
		{"a name within another", test_shared_name},
	};

	return up_run_tests("params", tests, UP_LENGTH(tests));
}
