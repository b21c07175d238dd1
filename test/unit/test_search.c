/*
 * test_search.c - spaces, the order of a grid, brackets as in the paper, and TPE against random search
 */
#include "check.h"

#include "assess/pace.h"
#include "assess/search.h"
#include "num/sort.h"

#include <stdlib.h>

/* JSON for tests, with single quotes: '{"a": [1, 2]}' without escapes. */
static const char *at;

static UpValue *
parse(void)
{
	while (*at == ' ' || *at == ',' || *at == ':')
		at++;
	if (*at == '[' || *at == '{')
	{
		bool object = *at++ == '{';
		UpValue *v = object ? up_value_object() : up_value_array();

		for (;;)
		{
			while (*at == ' ' || *at == ',')
				at++;
			if (*at == ']' || *at == '}')
			{
				at++;
				return v;
			}
			UpValue *key = parse();

			if (object)
				up_value_set(v, key->string, parse());
			else
				up_value_append(v, key);
		}
	}
	if (*at == '\'')
	{
		char text[64];
		size_t n = strcspn(++at, "'");

		memcpy(text, at, n);
		text[n] = '\0';
		at += n + 1;
		return up_value_string(text);
	}
	if (strncmp(at, "null", 4) == 0)
	{
		at += 4;
		return up_value_null();
	}
	char *end;
	double number = strtod(at, &end);

	at = end;
	return up_value_number(number);
}

static UpValue *
json(const char *text)
{
	at = text;
	return parse();
}

static UpSpace *
space(const char *algorithm, const char *text)
{
	return up_space_parse(json(text), up_learner_by_name(algorithm), up_value_object());
}

static UpSearch *
search_of(UpSpace *s, UpSearchMethod method, uint32_t max_trials, uint64_t seed)
{
	UpSearchOptions o = {.method = method, .max_trials = max_trials, .least_share = 0.01, .seed = seed};

	return up_search_new(s, &o);
}

static void
test_grid(void)
{
	UpSpace *s = space("logistic", "{'C': [0.1, 1], 'scale': ['none', 'zscore', 'robust'], 'max_iter': 50}");
	UpSearch *g = search_of(s, UP_SEARCH_GRID, 0, 0);
	static const char *const expected[] = {
		"{\"C\": 0.1, \"scale\": \"none\"}",   "{\"C\": 1, \"scale\": \"none\"}",
		"{\"C\": 0.1, \"scale\": \"zscore\"}", "{\"C\": 1, \"scale\": \"zscore\"}",
		"{\"C\": 0.1, \"scale\": \"robust\"}", "{\"C\": 1, \"scale\": \"robust\"}"};

	CHECK(up_space_points(s) == 6 && up_search_planned(g) == 6);
	for (uint32_t i = 0; i < 6; i++)
	{
		UpTrial *t = up_search_next(g);

		CHECK(t != NULL && t->number == i + 1 && strcmp(up_value_text(t->varied), expected[i]) == 0);
		CHECK(up_value_get(up_space_params(s, t->x), "max_iter")->number == 50);
		t->loss = i == 2 || i == 4 ? 1 : 2;
		t->size = i == 2 ? 10 : 9;
	}
	CHECK(up_search_next(g) == NULL);
	/* Of equal ones the smaller, then the earlier. */
	CHECK(up_search_rank(g)->number == 5);
	CHECK(g->trials[2]->rank == 2 && g->trials[0]->rank == 3 && g->trials[5]->rank == 6);
}

static void
test_random(void)
{
	UpSpace *few = space("tree", "{'max_depth': [1, 2, 3, 4, 5, 6, 7]}");
	UpSpace *s = space(
		"tree", "{'max_depth': {'integer': [2, 4]}, 'min_samples_leaf': {'log_integer': [1, 1000]}, "
				"'ccp_alpha': {'log_uniform': [0.001, 1]}, 'min_impurity_decrease': {'uniform': [0, 2]}}");
	UpSearch *r = search_of(few, UP_SEARCH_RANDOM, 20, 1), *many = search_of(s, UP_SEARCH_RANDOM, 1000, 1);
	int seen[8] = {0}, depth[8] = {0}, small = 0, low = 0;
	double sum = 0;
	UpTrial *t;

	/* Each point once, and then no more. */
	while ((t = up_search_next(r)) != NULL)
		seen[(int) up_value_get(t->varied, "max_depth")->number]++;
	for (int i = 1; i <= 7; i++)
		CHECK(seen[i] == 1);
	while ((t = up_search_next(many)) != NULL)
	{
		double leaf = up_value_get(t->varied, "min_samples_leaf")->number,
			   alpha = up_value_get(t->varied, "ccp_alpha")->number,
			   decrease = up_value_get(t->varied, "min_impurity_decrease")->number;

		depth[(int) up_value_get(t->varied, "max_depth")->number]++;
		CHECK(leaf >= 1 && leaf <= 1000 && leaf == floor(leaf) && alpha >= 0.001 && alpha <= 1 &&
			  decrease >= 0 && decrease <= 2);
		small += leaf <= 31;
		low += alpha < 0.0316;
		sum += decrease / 1000;
	}
	CHECK(many->n_trials == 1000);
	for (int i = 2; i <= 4; i++)
		CHECK(depth[i] > 280 && depth[i] < 390);
	CHECK(small > 430 && small < 650 && low > 430 && low < 570);
	CHECK_NEAR(sum, 1, 0.06);
}

static void
test_errors(void)
{
	CHECK_FAILS(UP_INVALID_PARAMETER, "has no parameter \"c\"", space("logistic", "{'c': [1]}"));
	CHECK_FAILS(UP_INVALID_PARAMETER, "out of range", space("logistic", "{'C': [1, 0]}"));
	CHECK_FAILS(UP_INVALID_PARAMETER, "has no choice", space("logistic", "{'C': []}"));
	CHECK_FAILS(UP_INVALID_PARAMETER, "is [2, 1]", space("logistic", "{'C': {'uniform': [2, 1]}}"));
	CHECK_FAILS(UP_INVALID_PARAMETER, "begin above 0", space("logistic", "{'C': {'log_uniform': [0, 1]}}"));
	CHECK_FAILS(UP_INVALID_PARAMETER, "no distribution \"uniforn\"",
				space("logistic", "{'C': {'uniforn': [0, 1]}}"));
	CHECK(strcmp(up_test_hint, "Perhaps you meant \"uniform\".") == 0);
	CHECK_FAILS(UP_INVALID_PARAMETER, "must be a whole number",
				space("tree", "{'max_depth': {'uniform': [1, 3]}}"));
	CHECK_FAILS(UP_INVALID_PARAMETER, "whole numbers", space("tree", "{'max_depth': {'integer': [1, 3.5]}}"));
	CHECK_FAILS(UP_INVALID_PARAMETER, "nothing to choose from", space("tree", "{'max_depth': 3}"));
	CHECK_FAILS(UP_INVALID_PARAMETER, "nothing to be searched", space("tree", "{'seed': [1, 2]}"));
	CHECK_FAILS(UP_INVALID_PARAMETER, "needs choices",
				search_of(space("tree", "{'max_depth': {'integer': [1, 3]}}"), UP_SEARCH_GRID, 0, 0));
}

/* Li et al. 2018, table 1: R = 81, eta = 3. */
static void
test_brackets(void)
{
	static const uint32_t n[5][5] = {{81, 27, 9, 3, 1}, {34, 11, 3, 1}, {15, 5, 1}, {8, 2}, {5}};
	static const double share[5] = {1.0 / 81, 1.0 / 27, 1.0 / 9, 1.0 / 3, 1};

	CHECK(up_hyperband_brackets(1.0 / 81) == 5 && up_hyperband_brackets(0.001) == 5);
	CHECK(up_hyperband_brackets(0.12) == 2 && up_hyperband_brackets(1) == 1);
	for (uint32_t b = 0; b < 5; b++)
	{
		for (uint32_t i = 0; i + b < 5; i++)
		{
			UpRung r = up_hyperband_rung(5, 4 - b, i);

			CHECK(r.n == n[b][i]);
			CHECK_NEAR(r.share, share[b + i], 1e-15);
		}
	}
}

/* The quadratic, which is the clearer the more rows there are. */
static double
bowl(const UpTrial *t)
{
	double a = t->x[0] - 0.3, b = t->x[1] - 0.7;

	return a * a + b * b;
}

static void
test_halving(void)
{
	UpSpace *s =
		space("tree", "{'ccp_alpha': {'uniform': [0, 1]}, 'min_impurity_decrease': {'uniform': [0, 1]}}");
	UpSearch *h = search_of(s, UP_SEARCH_HALVING, 27, 0), *b = search_of(s, UP_SEARCH_HYPERBAND, 0, 0);
	uint32_t of_share[4] = {0}, measured = 0, whole = 0;
	UpTrial *t;

	while ((t = up_search_next(h)) != NULL)
	{
		of_share[(int) lround(-log(t->share) / log(3))]++;
		t->loss = bowl(t);
	}
	CHECK(of_share[3] == 27 && of_share[2] == 9 && of_share[1] == 3 && of_share[0] == 1);
	t = up_search_rank(h);
	CHECK(!t->pruned && t->share == 1);
	for (uint32_t i = 0; i < 27; i++)
		CHECK(h->trials[i]->loss >= t->loss && h->trials[i]->pruned == (h->trials[i] != t));
	while ((t = up_search_next(b)) != NULL)
	{
		measured++;
		whole += t->share == 1;
		t->loss = bowl(t);
	}
	CHECK(b->n_trials == 81 + 34 + 15 + 8 + 5 && whole == 1 + 1 + 1 + 2 + 5);
	CHECK(measured == 121 + 49 + 21 + 10 + 5);
	/* Few choices: each once, whatever the brackets would take. */
	b = search_of(space("tree", "{'max_depth': [1, 2, 3, 4]}"), UP_SEARCH_HYPERBAND, 0, 0);
	while ((t = up_search_next(b)) != NULL)
		t->loss = t->x[0];
	CHECK(b->n_trials == 4 && up_search_rank(b)->x[0] == 0);
}

static double
best_of(UpSpace *s, UpSearchMethod method, uint64_t seed)
{
	UpSearch *r = search_of(s, method, 40, seed);
	UpTrial *t;

	while ((t = up_search_next(r)) != NULL)
	{
		double a = log10(t->x[0]) - 1, b = t->x[1] - 0.7, c = (t->x[2] - 12) / 20, d = t->x[3] != 1;

		t->loss = a * a / 4 + b * b + c * c + d / 4;
	}
	return up_search_rank(r)->loss;
}

/* Trials that are handed out before the others are measured are those that would have come one by one. */
static void
test_ahead(void)
{
	static const UpSearchMethod methods[] = {UP_SEARCH_RANDOM, UP_SEARCH_HALVING, UP_SEARCH_HYPERBAND,
											 UP_SEARCH_TPE};
	UpSpace *s =
		space("tree", "{'ccp_alpha': {'uniform': [0, 1]}, 'min_impurity_decrease': {'uniform': [0, 1]}}");

	for (size_t m = 0; m < UP_LENGTH(methods); m++)
	{
		UpSearch *a = search_of(s, methods[m], 40, 3), *b = search_of(s, methods[m], 40, 3);
		UpTrial *batch[64], *t;
		uint32_t n, most = 0;
		bool same = true;

		while ((batch[0] = up_search_next(a)) != NULL)
		{
			for (n = 1; n < 50 && (batch[n] = up_search_more(a)) != NULL; n++)
				;
			most = UP_MAX(most, n);
			for (uint32_t i = 0; i < n; i++)
			{
				t = up_search_next(b);
				same = same && t != NULL && t->share == batch[i]->share && t->number == batch[i]->number &&
					   memcmp(t->x, batch[i]->x, 2 * sizeof(double)) == 0;
				if (t != NULL)
					t->loss = bowl(t);
				batch[i]->loss = bowl(batch[i]);
			}
		}
		CHECK(same && up_search_next(b) == NULL);
		CHECK(methods[m] == UP_SEARCH_TPE ? most == 1 : most > 20);
	}
}

/* A quadratic over a logarithmic, a straight, a whole and a chosen dimension: median of 15 seeds. */
static void
test_tpe(void)
{
	UpSpace *s = space(
		"tree", "{'ccp_alpha': {'log_uniform': [0.001, 1000]}, 'min_impurity_decrease': {'uniform': [0, 1]}, "
				"'max_depth': {'integer': [1, 30]}, 'criterion': ['gini', 'entropy']}");
	double tpe[15], random[15];

	for (uint64_t seed = 0; seed < 15; seed++)
	{
		tpe[seed] = best_of(s, UP_SEARCH_TPE, seed);
		random[seed] = best_of(s, UP_SEARCH_RANDOM, seed);
	}
	CHECK(best_of(s, UP_SEARCH_TPE, 3) == tpe[3]);
	up_sort_doubles(tpe, 15, NULL);
	up_sort_doubles(random, 15, NULL);
	up_check(tpe[7] < 0.7 * random[7], __FILE__, __LINE__, "tpe %.4f, random %.4f", tpe[7], random[7]);
}

/* A line through two measurements, from above what takes ever less for a row, and never below four fifths of what was measured. */
static void
test_pace(void)
{
	UpPace none = {0, 1}, few = {1000, 2}, more = {3000, 4}, odd = {3000, 1.5};

	CHECK_NEAR(up_pace_on(few, more, 1, 3000), 4, 1e-12);
	CHECK_NEAR(up_pace_on(few, more, 1, 10000), 11, 1e-12);
	CHECK_NEAR(up_pace_on(none, few, 1, 3000), 4, 1e-12);
	/* All of it grows, and with its square. */
	CHECK_NEAR(up_pace_on((UpPace){0, 0}, few, 2, 3000), 18, 1e-12);
	CHECK_NEAR(up_pace_on((UpPace){999, 0.1}, few, 1, 2000), 4, 1e-12);
	/* More rows took less. */
	CHECK_NEAR(up_pace_on(few, odd, 1, 30000), 1.5 * 0.8 + 1.5 * 0.2 * 10, 1e-12);
	/* What takes 0.01 s, and as much for a thousand rows: by two measurements that, by one no less. */
	CHECK_NEAR(up_pace_on((UpPace){2469, 0.03469}, (UpPace){7407, 0.08407}, 1, 160000), 1.61, 1e-9);
	CHECK(up_pace_on((UpPace){0, 0}, (UpPace){2469, 0.03469}, 1, 160000) > 1.61);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"grid", test_grid},         {"random", test_random},   {"errors", test_errors},
		{"brackets", test_brackets}, {"halving", test_halving}, {"tpe", test_tpe},
		{"ahead", test_ahead},       {"pace", test_pace},
	};

	return up_run_tests("search", tests, UP_LENGTH(tests));
}
