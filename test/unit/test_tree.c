/*
 * test_tree.c - trees against plain search over all splits, SHAP values against all subsets, forests, odd data
 */
#include "check.h"
#include "arrays.h"
#include "codes.h"

#include "base/rng.h"
#include "learn/learners.h"
#include "learn/tree/boost_loss.h"
#include "learn/tree/boost_tree.h"
#include "learn/tree/forest_body.h"
#include "learn/tree/tree_grow.h"
#include "learn/train.h"

#include <stdlib.h>
#include <string.h>

#define ROWS 60
#define WIDE 4

static double x[ROWS * WIDE], y[ROWS];

static void
make_rows(uint64_t seed, int classes, int different)
{
	UpRng rng;

	up_rng_init(&rng, seed, 1);
	for (int i = 0; i < ROWS; i++)
	{
		for (int j = 0; j < WIDE; j++)
			x[i * WIDE + j] = (double) up_rng_below(&rng, (uint64_t) different);
		y[i] = classes > 0 ? (double) up_rng_below(&rng, (uint64_t) classes) : up_rng_normal(&rng);
	}
}

static UpFit
fit_of(const UpLearner *learner, const UpData *d, UpTask task, uint32_t classes, const char *param,
	   UpValue *value)
{
	static const char *const names[] = {"a", "b", "c"};
	UpValue *given = up_value_object();
	UpFit fit = {0};

	if (param != NULL)
		up_value_set(given, param, value);
	fit.data = d;
	fit.task = task;
	fit.params = up_request_parse(learner, given)->params;
	fit.n_features = d->n_features;
	fit.n_classes = classes;
	fit.classes = names;
	fit.info = up_value_object();
	return fit;
}

static double
impurity(const int *rows, int n, int classes, bool entropy)
{
	double count[3] = {0}, sum = 0, mean = 0;

	if (classes == 0)
	{
		for (int i = 0; i < n; i++)
			mean += y[rows[i]] / n;
		for (int i = 0; i < n; i++)
			sum += (y[rows[i]] - mean) * (y[rows[i]] - mean);
		return sum;
	}
	for (int i = 0; i < n; i++)
		count[(int) y[rows[i]]]++;
	for (int c = 0; c < classes; c++)
	{
		double p = count[c] / n;

		sum += entropy ? (p > 0 ? -p * log2(p) : 0) : p * (1 - p);
	}
	return sum * n;
}

/* The least impurity of all splits of these rows. */
static double
best_split(const int *rows, int n, int classes, bool entropy)
{
	double best = INFINITY;

	for (int j = 0; j < WIDE; j++)
	{
		for (int at = 0; at < n; at++)
		{
			int left[ROWS], right[ROWS], l = 0, r = 0;
			double v;

			for (int i = 0; i < n; i++)
			{
				if (x[rows[i] * WIDE + j] <= x[rows[at] * WIDE + j])
					left[l++] = rows[i];
				else
					right[r++] = rows[i];
			}
			if (r == 0)
				continue;
			v = impurity(left, l, classes, entropy) + impurity(right, r, classes, entropy);
			best = v < best ? v : best;
		}
	}
	return best;
}

/* Every split of the tree is as good as the best one of its node's rows. */
static void
check_node(const UpForest *f, uint32_t node, const int *rows, int n, int classes, bool entropy)
{
	const UpTree *t = f->trees[0];
	int left[ROWS], right[ROWS], l = 0, r = 0;
	double best = best_split(rows, n, classes, entropy);

	CHECK_NEAR(t->cover[node], n, 1e-12);
	if ((t->nodes[node].flags & UP_NODE_LEAF) != 0)
	{
		/* pure, or all rows alike */
		CHECK(impurity(rows, n, classes, entropy) < 1e-12 || best == INFINITY);
		return;
	}
	for (int i = 0; i < n; i++)
	{
		uint8_t codes[WIDE];

		up_bins_encode(f->bins, x + rows[i] * WIDE, 1, codes);
		if (codes[t->nodes[node].feature] <= t->nodes[node].bin)
			left[l++] = rows[i];
		else
			right[r++] = rows[i];
	}
	CHECK(l > 0 && r > 0);
	CHECK_NEAR(impurity(left, l, classes, entropy) + impurity(right, r, classes, entropy), best, 1e-9);
	check_node(f, node + 1, left, l, classes, entropy);
	check_node(f, t->nodes[node].next, right, r, classes, entropy);
}

static void
test_splits(void)
{
	const UpLearner *tree = up_learner_by_name("tree");

	for (int classes = 0; classes <= 3; classes++)
	{
		if (classes == 1)
			continue;
		for (int entropy = 0; entropy < 2; entropy++)
		{
			int rows[ROWS];
			UpFit fit;

			make_rows((uint64_t) classes + 1, classes, 12);
			for (int i = 0; i < ROWS; i++)
				rows[i] = i;
			fit = fit_of(tree, data_from_arrays(x, y, ROWS, WIDE, (uint32_t) classes),
						 classes > 0 ? UP_TASK_CLASSIFY : UP_TASK_REGRESS, (uint32_t) classes,
						 classes > 0 && entropy ? "criterion" : NULL, up_value_string("entropy"));
			check_node(tree->fit(&fit), 0, rows, ROWS, classes, classes > 0 && entropy);
		}
	}
}

/* The expected value of the tree when only the features of a subset are known. */
static double
expected(const UpForest *f, const UpTree *t, uint32_t node, const uint8_t *codes, unsigned known,
		 uint32_t output)
{
	const UpNode *n = &t->nodes[node];
	double left, right;

	if ((n->flags & UP_NODE_LEAF) != 0)
		return t->values[(size_t) n->next * t->width + output];
	left = t->cover[node + 1] / t->cover[node];
	right = t->cover[n->next] / t->cover[node];
	if ((known >> n->feature & 1) != 0)
	{
		bool goes_left = codes[n->feature] == UP_BIN_MISSING ? (n->flags & UP_NODE_MISSING_LEFT) != 0
															 : codes[n->feature] <= n->bin;

		left = goes_left;
		right = !goes_left;
	}
	return (left > 0 ? left * expected(f, t, node + 1, codes, known, output) : 0) +
		   (right > 0 ? right * expected(f, t, n->next, codes, known, output) : 0);
}

/* Shapley values by their definition. */
static void
test_shap(void)
{
	static const double factorial[] = {1, 1, 2, 6, 24};
	const UpLearner *forest = up_learner_by_name("forest");

	for (int classes = 0; classes <= 3; classes++)
	{
		UpFit fit;
		UpForest *f;
		uint32_t outputs = classes == 3 ? 3 : 1;

		if (classes == 1)
			continue;
		make_rows(20 + (uint64_t) classes, classes, 9);
		fit = fit_of(forest, data_from_arrays(x, y, ROWS, WIDE, (uint32_t) classes),
					 classes > 0 ? UP_TASK_CLASSIFY : UP_TASK_REGRESS, (uint32_t) classes, "n_estimators",
					 up_value_number(5));
		f = forest->fit(&fit);
		for (int row = 0; row < 10; row++)
		{
			double got[3 * (WIDE + 1)], raw[3];
			uint8_t codes[WIDE];

			forest->explain(f, x + row * WIDE, got);
			forest->raw_scores(f, x + row * WIDE, raw);
			up_bins_encode(f->bins, x + row * WIDE, 1, codes);
			for (uint32_t o = 0; o < outputs; o++)
			{
				double sum = 0;
				uint32_t output = classes == 2 ? 1 : o;

				for (int j = 0; j <= WIDE; j++)
					sum += got[o * (WIDE + 1) + (uint32_t) j];
				CHECK_NEAR(sum, raw[o], 1e-9);
				for (uint32_t j = 0; j < WIDE; j++)
				{
					double want = 0;

					for (unsigned s = 0; s < 1u << WIDE; s++)
					{
						int size = __builtin_popcount(s);

						if ((s >> j & 1) != 0)
							continue;
						for (uint32_t t = 0; t < f->n_trees; t++)
							want += factorial[size] * factorial[WIDE - size - 1] / factorial[WIDE] /
									f->n_trees *
									(expected(f, f->trees[t], 0, codes, s | 1u << j, output) -
									 expected(f, f->trees[t], 0, codes, s, output));
					}
					CHECK_NEAR(got[o * (WIDE + 1) + j], want, 1e-9);
				}
			}
		}
	}
}

/* Deep trees whose paths meet many features again and again: with missing values, more than a few points of quadrature. */
static void
test_shap_deep(void)
{
	enum
	{
		MANY = 12,
		DEEP_ROWS = 120,
		SETS = 1 << MANY
	};
	static double rows[DEEP_ROWS * MANY], values[DEEP_ROWS], v[SETS], factorial[MANY + 1];
	const UpLearner *tree = up_learner_by_name("tree");
	UpForest *f;
	UpFit fit;
	UpRng rng;

	up_rng_init(&rng, 77, 1);
	factorial[0] = 1;
	for (int k = 1; k <= MANY; k++)
		factorial[k] = factorial[k - 1] * k;
	for (int i = 0; i < DEEP_ROWS * MANY; i++)
		rows[i] = up_rng_below(&rng, 10) == 0 ? NAN : (double) up_rng_below(&rng, 7);
	for (int i = 0; i < DEEP_ROWS; i++)
		values[i] = up_rng_normal(&rng);
	fit = fit_of(tree, data_from_arrays(rows, values, DEEP_ROWS, MANY, 0), UP_TASK_REGRESS, 0, "splitter",
				 up_value_string("random"));
	f = tree->fit(&fit);
	CHECK(up_tree_depth(f->trees[0]) > 8);
	for (int row = 0; row < 10; row++)
	{
		double got[MANY + 1];
		uint8_t codes[MANY];

		tree->explain(f, rows + row * MANY, got);
		up_bins_encode(f->bins, rows + row * MANY, 1, codes);
		for (unsigned set = 0; set < SETS; set++)
			v[set] = expected(f, f->trees[0], 0, codes, set, 0);
		CHECK_NEAR(got[MANY], v[0], 1e-13);
		for (unsigned j = 0; j < MANY; j++)
		{
			double want = 0;

			for (unsigned set = 0; set < SETS; set++)
			{
				int size = __builtin_popcount(set);

				if ((set >> j & 1) == 0)
					want += factorial[size] * factorial[MANY - size - 1] / factorial[MANY] *
							(v[set | 1u << j] - v[set]);
			}
			CHECK_NEAR(got[j], want, 1e-13);
		}
	}
}

/* A category whose codes tell nothing by their order, and missing values that do. */
static void
test_native(void)
{
	const UpLearner *tree = up_learner_by_name("tree");
	static uint32_t n_values[] = {1000, 0};
	static double rows[4000 * 2], labels[4000];
	UpData *d;
	UpFit fit;
	double out[4000], more[4];

	for (int i = 0; i < 4000; i++)
	{
		rows[2 * i] = i % 1000;
		rows[2 * i + 1] = i % 7 == 0 ? NAN : i % 5;
		/* Of categories 0 … 99 (all others are there as often) every third one; and what is missing. */
		labels[i] = (i % 1000 < 100 && i % 1000 % 3 == 0) || i % 7 == 0;
	}
	d = data_from_arrays(rows, labels, 4000, 2, 2);
	d->n_values = n_values;
	fit = fit_of(tree, d, UP_TASK_CLASSIFY, 2, NULL, NULL);
	tree->predict(tree->fit(&fit), rows, 4000, out);
	for (int i = 0; i < 4000; i++)
		CHECK(out[i] == labels[i]);
	/* A category that was never seen, and a code beyond all, count as missing. */
	memcpy(more, (double[]){NAN, NAN, 5000, 3}, sizeof(more));
	tree->predict(tree->fit(&fit), more, 2, out);
	CHECK(out[0] == 1);
}

static void
test_odd(void)
{
	static const char *const learners[] = {"tree", "forest", "boost"};
	static double constant[50], missing[50], many[3 * 5000];
	double label = 1, out[50], labels[50];

	for (int i = 0; i < 50; i++)
	{
		constant[i] = 3;
		missing[i] = NAN;
		labels[i] = i % 2;
	}
	for (int i = 0; i < 3 * 5000; i++)
		many[i] = i;
	for (size_t l = 0; l < UP_LENGTH(learners); l++)
	{
		const UpLearner *learner = up_learner_by_name(learners[l]);
		UpFit fit =
			fit_of(learner, data_from_arrays(constant, &label, 1, 1, 2), UP_TASK_CLASSIFY, 2, NULL, NULL);

		learner->predict(learner->fit(&fit), constant, 1, out);
		CHECK(out[0] == 1);
		fit = fit_of(learner, data_from_arrays(constant, labels, 50, 1, 2), UP_TASK_CLASSIFY, 2, NULL, NULL);
		learner->proba(learner->fit(&fit), constant, 1, out);
		CHECK_NEAR(out[0] + out[1], 1, 1e-12);
		fit = fit_of(learner, data_from_arrays(missing, labels, 50, 1, 2), UP_TASK_CLASSIFY, 2, NULL, NULL);
		learner->proba(learner->fit(&fit), missing, 1, out);
		CHECK(out[0] > 0.2 && out[0] < 0.8);
		fit = fit_of(learner, data_from_arrays(many, labels, 3, 5000, 2), UP_TASK_CLASSIFY, 2, NULL, NULL);
		learner->predict(learner->fit(&fit), many, 3, out);
		/* Three rows are less than boosting makes a leaf of. */
		CHECK(l == 2 || (out[0] == 0 && out[1] == 1 && out[2] == 0));
	}
}

/* Pruning: leaves fall as ccp_alpha grows, to one; a weight counts as that many rows. */
static void
test_pruning_and_weights(void)
{
	const UpLearner *tree = up_learner_by_name("tree");
	UpValue *weights = up_value_object();
	uint32_t before = UINT32_MAX;
	static double twice[2 * ROWS * WIDE], labels[2 * ROWS], a[2 * ROWS], b[2 * ROWS];
	int n = 0;
	UpFit fit;

	make_rows(7, 2, 12);
	for (double alpha = 0; alpha < 0.5; alpha += 0.01)
	{
		fit = fit_of(tree, data_from_arrays(x, y, ROWS, WIDE, 2), UP_TASK_CLASSIFY, 2, "ccp_alpha",
					 up_value_number(alpha));
		UpForest *f = tree->fit(&fit);

		CHECK(f->trees[0]->n_leaves <= before);
		before = f->trees[0]->n_leaves;
	}
	CHECK(before == 1);
	for (int i = 0; i < ROWS; i++)
	{
		for (int copies = y[i] == 1 ? 2 : 1; copies > 0; copies--)
		{
			memcpy(twice + n * WIDE, x + i * WIDE, WIDE * sizeof(double));
			labels[n++] = y[i];
		}
	}
	up_value_set(weights, "b", up_value_number(2));
	fit = fit_of(tree, data_from_arrays(twice, labels, (size_t) n, WIDE, 2), UP_TASK_CLASSIFY, 2, NULL, NULL);
	tree->proba(tree->fit(&fit), x, ROWS, a);
	fit = fit_of(tree, data_from_arrays(x, y, ROWS, WIDE, 2), UP_TASK_CLASSIFY, 2, "class_weight", weights);
	tree->proba(tree->fit(&fit), x, ROWS, b);
	for (int i = 0; i < 2 * ROWS; i++)
		CHECK_NEAR(a[i], b[i], 1e-12);
	fit = fit_of(tree, data_from_arrays(x, y, ROWS, WIDE, 2), UP_TASK_CLASSIFY, 2, "class_weight",
				 up_value_string("even"));
	CHECK_FAILS(UP_INVALID_PARAMETER, "must be \"balanced\" or an object", tree->fit(&fit));
	fit = fit_of(tree, data_from_arrays(x, y, ROWS, WIDE, 2), UP_TASK_CLASSIFY, 2, "max_features",
				 up_value_string("most"));
	CHECK_FAILS(UP_INVALID_PARAMETER, "\"max_features\" of algorithm \"tree\" is \"most\"", tree->fit(&fit));
}

/* Gradients and hessians against differences of the loss. */
static void
test_gradients(void)
{
	static const UpLoss losses[] = {UP_LOSS_LOG,      UP_LOSS_LOG,      UP_LOSS_SQUARED,
									UP_LOSS_ABSOLUTE, UP_LOSS_QUANTILE, UP_LOSS_POISSON};

	for (size_t l = 0; l < UP_LENGTH(losses); l++)
	{
		UpLossSpec s = {losses[l], l == 0 ? 2 : l == 1 ? 3 : 0, l == 1 ? 3 : 1, 0.3};
		double label = l == 1 ? 2 : 1, scores[3] = {0.4, -0.7, 0.2}, gradient[1], hessian[1], h = 1e-5;
		uint32_t row = 0;

		for (uint32_t k = 0; k < s.n_outputs; k++)
		{
			double kept = scores[k], low, mid, high;

			up_loss_gradients(&s, k, &label, NULL, scores, &row, 1, gradient, hessian);
			mid = up_loss_mean(up_loss_sum(&s, &label, NULL, scores, &row, 1));
			scores[k] = kept - h;
			low = up_loss_mean(up_loss_sum(&s, &label, NULL, scores, &row, 1));
			scores[k] = kept + h;
			high = up_loss_mean(up_loss_sum(&s, &label, NULL, scores, &row, 1));
			scores[k] = kept;
			CHECK_NEAR(gradient[0], (high - low) / (2 * h), 1e-8);
			if (!up_loss_leaf_is_quantile(&s))
				CHECK_NEAR(hessian[0], (l == 1 ? 1.5 : 1) * (high - 2 * mid + low) / (h * h), 1e-4);
		}
	}
}

/* Quantiles of rows that weigh are those of rows that come as often. */
static void
test_loss_quantiles(void)
{
	static const double values[] = {4, -1, 9, 2, 2, 7}, weights[] = {2, 1, 3, 1, 4, 2},
						parts[] = {0.25, 0.75, 0.5, 0.25, 1, 0.125};
	double times[13], zero[13] = {0}, same[6], buffer[26], start[2];
	uint32_t rows[13], n = 0;

	for (uint32_t i = 0; i < 6; i++)
	{
		for (int k = 0; k < (int) weights[i]; k++)
			times[n++] = values[i];
		same[i] = 0.001;
	}
	CHECK(n == 13);
	for (uint32_t i = 0; i < n; i++)
		rows[i] = i;
	for (int k = 0; k <= 20; k++)
	{
		UpLossSpec s = {k == 10 ? UP_LOSS_ABSOLUTE : UP_LOSS_QUANTILE, 0, 1, k / 20.0};

		CHECK_NEAR(up_loss_leaf_quantile(&s, values, weights, zero, rows, 6, buffer),
				   up_loss_leaf_quantile(&s, times, NULL, zero, rows, 13, buffer), 1e-12);
		CHECK_NEAR(up_loss_leaf_quantile(&s, values, same, zero, rows, 6, buffer),
				   up_loss_leaf_quantile(&s, values, NULL, zero, rows, 6, buffer), 1e-12);
		up_loss_start(&s, values, weights, rows, 6, &start[0]);
		up_loss_start(&s, times, NULL, rows, 13, &start[1]);
		CHECK_NEAR(start[0], start[1], 1e-12);
	}
	/* -1 has 0.75 of 2.875, the values 2 have 1.25. */
	UpLossSpec s = {UP_LOSS_ABSOLUTE, 0, 1, 0};
	CHECK_NEAR(up_loss_leaf_quantile(&s, values, parts, zero, rows, 6, buffer), 2, 1e-12);
}

/* One round with a learning rate of 1 and all leaves: the means of equal rows. Contributions add up to the score. */
static void
test_boosting(void)
{
	const UpLearner *boost = up_learner_by_name("boost");
	static double rows[] = {1, 1, 2, 2, 3, 3}, values[] = {1, 3, 10, 12, 7, 9};
	UpValue *given = up_value_object();
	UpFit fit = {0};
	double out[6], got[WIDE + 1], raw, sum = 0;
	void *body;

	up_value_set(given, "n_estimators", up_value_number(1));
	up_value_set(given, "learning_rate", up_value_number(1));
	up_value_set(given, "min_samples_leaf", up_value_number(1));
	up_value_set(given, "l2_regularization", up_value_number(0));
	fit = fit_of(boost, data_from_arrays(rows, values, 6, 1, 0), UP_TASK_REGRESS, 0, NULL, NULL);
	fit.params = up_request_parse(boost, given)->params;
	boost->predict(boost->fit(&fit), rows, 6, out);
	for (int i = 0; i < 6; i++)
		CHECK_NEAR(out[i], (values[i / 2 * 2] + values[i / 2 * 2 + 1]) / 2, 1e-12);
	make_rows(5, 2, 9);
	up_value_set(given, "n_estimators", up_value_number(20));
	fit = fit_of(boost, data_from_arrays(x, y, ROWS, WIDE, 2), UP_TASK_CLASSIFY, 2, NULL, NULL);
	fit.params = up_request_parse(boost, given)->params;
	body = boost->fit(&fit);
	boost->explain(body, x, got);
	boost->raw_scores(body, x, &raw);
	for (int j = 0; j <= WIDE; j++)
		sum += got[j];
	CHECK_NEAR(sum, raw, 1e-9);
}

typedef struct Way
{
	const char *names[3];
	double numbers[3];
	const char *texts[3];
} Way;

/* The loss of the training rows must not end above the constant's, nor be no number. */
static void
check_loss(const UpData *d, UpTask task, uint32_t classes, const Way *way)
{
	const UpLearner *boost = up_learner_by_name("boost");
	UpFit fit = fit_of(boost, d, task, classes, NULL, NULL);
	UpValue *given = up_value_object();
	double before, after;

	for (int i = 0; i < 3 && way->names[i] != NULL; i++)
		up_value_set(given, way->names[i],
					 strcmp(way->names[i], "early_stopping") == 0 ? up_value_bool(true)
					 : way->texts[i] != NULL                      ? up_value_string(way->texts[i])
																  : up_value_number(way->numbers[i]));
	fit.params = up_request_parse(boost, given)->params;
	boost->fit(&fit);
	before = up_value_get(fit.info, "start_loss")->number;
	after = up_value_get(fit.info, "training_loss")->number;
	if (!(after <= before))
		printf("%s: loss %g from %g\n", up_value_text(given), after, before);
	CHECK(after <= before);
}

/* Classes of a few rows in thousands, outliers, and rates that overstep. */
static void
test_rare_classes(void)
{
	enum
	{
		N = 3000
	};
	static const Way ways[] = {{{NULL}, {0}, {NULL}},
							   {{"l2_regularization", "min_child_weight"}, {0}, {NULL}},
							   {{"l2_regularization", "min_samples_leaf"}, {0, 1}, {NULL}},
							   {{"learning_rate"}, {1}, {NULL}},
							   {{"learning_rate"}, {50}, {NULL}},
							   {{"n_estimators"}, {1}, {NULL}},
							   {{"n_estimators", "min_samples_leaf"}, {5, 1}, {NULL}},
							   {{"n_estimators", "learning_rate"}, {20, 0.001}, {NULL}},
							   {{"n_estimators", "class_weight"}, {2, 0}, {NULL, "balanced"}},
							   {{"early_stopping", "learning_rate"}, {1, 3}, {NULL}},
							   {{"subsample", "learning_rate"}, {0.3, 0.5}, {NULL}},
							   {{"early_stopping", "n_iter_no_change"}, {1, 3}, {NULL}},
							   {{"class_weight"}, {0}, {"balanced"}}};
	static const Way numbers[] = {{{"loss", "learning_rate"}, {0, 3}, {"squared_error"}},
								  {{"loss"}, {0}, {"poisson"}},
								  {{"loss", "l2_regularization"}, {0}, {"poisson"}},
								  {{"loss", "learning_rate"}, {0, 2}, {"poisson"}},
								  {{"loss", "learning_rate"}, {0, 3}, {"absolute_error"}},
								  {{"loss", "quantile"}, {0, 0.99}, {"quantile"}},
								  {{"loss", "quantile", "learning_rate"}, {0, 0.999, 5}, {"quantile"}}};
	static double rows[N * 3], two[N], three[N], amount[N];

	for (int i = 0; i < N; i++)
	{
		int a = (int) (i * 7919LL % 1009), b = (int) (i * 104729LL % 997);

		rows[3 * i] = a;
		rows[3 * i + 1] = b;
		rows[3 * i + 2] = i * 31 % 100;
		two[i] = a < 3 && b < 500;
		three[i] = a < 2 ? 0 : b < 4 ? 1 : 2;
		amount[i] = a < 3 && b < 500 ? 1e6 : 0;
	}
	for (size_t i = 0; i < UP_LENGTH(ways); i++)
	{
		check_loss(data_from_arrays(rows, two, N, 3, 2), UP_TASK_CLASSIFY, 2, &ways[i]);
		check_loss(data_from_arrays(rows, three, N, 3, 3), UP_TASK_CLASSIFY, 3, &ways[i]);
	}
	for (size_t i = 0; i < UP_LENGTH(numbers); i++)
		check_loss(data_from_arrays(rows, amount, N, 3, 0), UP_TASK_REGRESS, 0, &numbers[i]);
}

/*
 * Weights of a half do not fit into whole words, and halve all that a split gains: the general way must grow the very trees
 * that the packed one does, with missing values and without.
 */
static void
test_packed(void)
{
	enum
	{
		MANY = 900
	};
	double *wide = up_alloc_array(MANY * WIDE, sizeof(double)), *labels = up_alloc_array(MANY, sizeof(double));
	const UpLearner *forest = up_learner_by_name("forest");
	double a[2 * MANY], b[2 * MANY];
	UpRng rng;

	for (int round = 0; round < 4; round++)
	{
		UpValue *half = up_value_object(), *given = up_value_object();
		UpData *d;
		UpFit fit;

		up_rng_init(&rng, 5 + (uint64_t) round, 1);
		for (int i = 0; i < MANY; i++)
		{
			for (int j = 0; j < WIDE; j++)
				wide[i * WIDE + j] =
					(round & 1) != 0 && up_rng_below(&rng, 10) == 0 ? NAN : up_rng_normal(&rng);
			labels[i] = (wide[i * WIDE] > 0) != (up_rng_below(&rng, 5) == 0);
		}
		d = data_from_arrays(wide, labels, MANY, WIDE, 2);
		if ((round & 1) != 0)
			d->n_values = up_alloc0(WIDE * sizeof(uint32_t));
		fit = fit_of(forest, d, UP_TASK_CLASSIFY, 2, "n_estimators", up_value_number(12));
		forest->proba(forest->fit(&fit), wide, MANY, a);
		up_value_set(half, "a", up_value_number(0.5));
		up_value_set(half, "b", up_value_number(0.5));
		up_value_set(given, "n_estimators", up_value_number(12));
		up_value_set(given, "class_weight", half);
		fit.params = up_request_parse(forest, given)->params;
		forest->proba(forest->fit(&fit), wide, MANY, b);
		CHECK(memcmp(a, b, sizeof(a)) == 0);
	}
}

static double
distances(const int *rows, int n)
{
	double best = INFINITY;

	for (int m = 0; m < n; m++)
	{
		double sum = 0;

		for (int i = 0; i < n; i++)
			sum += fabs(y[rows[i]] - y[rows[m]]);
		best = UP_MIN(best, sum);
	}
	return n > 0 ? best : 0;
}

/* One split by absolute error: none of all splits leaves less, with missing values on either side; leaves hold medians. */
static void
test_absolute(void)
{
	const UpLearner *tree = up_learner_by_name("tree");

	for (uint64_t seed = 1; seed <= 6; seed++)
	{
		UpValue *given = up_value_object();
		double least = INFINITY, out[ROWS], got = 0;
		UpData *d;
		UpFit fit;

		make_rows(seed, 0, 6);
		for (int i = 0; seed % 2 == 0 && i < ROWS; i += 7)
			x[i * WIDE + 1] = NAN;
		d = data_from_arrays(x, y, ROWS, WIDE, 0);
		d->n_values = up_alloc0(WIDE * sizeof(uint32_t));
		up_value_set(given, "criterion", up_value_string("absolute_error"));
		up_value_set(given, "max_depth", up_value_number(1));
		fit = fit_of(tree, d, UP_TASK_REGRESS, 0, NULL, NULL);
		fit.params = up_request_parse(tree, given)->params;
		tree->predict(tree->fit(&fit), x, ROWS, out);
		for (int i = 0; i < ROWS; i++)
			got += fabs(y[i] - out[i]);
		for (int j = 0; j < WIDE; j++)
		{
			for (int side = 0; side < 2; side++)
			{
				for (double edge = 0; edge <= 6; edge++)
				{
					int left[ROWS], right[ROWS], l = 0, r = 0;

					for (int i = 0; i < ROWS; i++)
					{
						double v = x[i * WIDE + j];

						if (isnan(v) ? side == 0 : v <= edge)
							left[l++] = i;
						else
							right[r++] = i;
					}
					if (l > 0 && r > 0)
						least = UP_MIN(least, distances(left, l) + distances(right, r));
				}
			}
		}
		CHECK_NEAR(got, least, 1e-9);
		/* Pruned to the root, it is the median. */
		up_value_set(given, "ccp_alpha", up_value_number(1e9));
		fit.params = up_request_parse(tree, given)->params;
		tree->predict(tree->fit(&fit), x, ROWS, out);
		for (int i = 0, all[ROWS]; i < 1; i++)
		{
			for (int k = 0; k < ROWS; k++)
				all[k] = k;
			got = 0;
			for (int k = 0; k < ROWS; k++)
				got += fabs(y[k] - out[0]);
			CHECK_NEAR(got, distances(all, ROWS), 1e-9);
		}
	}
}

/* Gradients in whole steps: the first split of many rows is as good as the best, by exact sums. */
static void
test_steps(void)
{
	enum
	{
		MANY = 700
	};
	static double wide[MANY * WIDE], gradient[MANY], hessian[MANY];
	static uint8_t codes[MANY * WIDE];
	static uint32_t rows[MANY], leaf_of[MANY];
	UpRng rng;

	up_rng_init(&rng, 8, 1);
	for (int i = 0; i < MANY; i++)
	{
		for (int j = 0; j < WIDE; j++)
			wide[i * WIDE + j] = up_rng_normal(&rng);
		gradient[i] = up_rng_normal(&rng) + (wide[i * WIDE + 2] > 0.3 ? 0.7 : 0);
		hessian[i] = 0.05 + up_rng_double(&rng) / 4;
		rows[i] = (uint32_t) i;
	}
	for (int missing = 0; missing < 2; missing++)
	{
		UpGrowing g = {.y = gradient,
					   .weight = hessian,
					   .rows = rows,
					   .n_rows = MANY,
					   .n_all = MANY,
					   .criterion = UP_GRADIENT,
					   .max_depth = 1,
					   .min_samples_split = 2,
					   .min_samples_leaf = 1,
					   .l2 = 1,
					   .max_features = WIDE};
		double best = 0, whole_g = 0, whole_h = 0, left_g = 0, left_h = 0, got;
		UpBoostGrower *grower;
		UpData *d;
		UpTree *t;

		for (int i = 0; missing && i < MANY; i += 9)
			wide[i * WIDE + 2] = NAN;
		d = data_from_arrays(wide, gradient, MANY, WIDE, 0);
		d->n_values = up_alloc0(WIDE * sizeof(uint32_t));
		g.bins = bins_and_codes(d, codes);
		g.codes = codes;
		grower = up_boost_grower_new(&g);
		t = up_boost_tree(grower, &g, NULL, leaf_of);
		up_boost_grower_free(grower);
		for (int i = 0; i < MANY; i++)
		{
			whole_g += gradient[i];
			whole_h += hessian[i];
			left_g += leaf_of[i] == 0 ? gradient[i] : 0;
			left_h += leaf_of[i] == 0 ? hessian[i] : 0;
			CHECK_NEAR(*up_tree_walk(t, codes + i * WIDE), t->values[leaf_of[i]], 0);
		}
		CHECK(t->n_leaves == 2);
		CHECK_NEAR(t->values[0], -left_g / (left_h + 1), 1e-9);
		CHECK_NEAR(t->values[1], -(whole_g - left_g) / (whole_h - left_h + 1), 1e-9);
		got = left_g * left_g / (left_h + 1) + (whole_g - left_g) * (whole_g - left_g) / (whole_h - left_h + 1);
		for (int j = 0; j < WIDE; j++)
		{
			for (int side = 0; side < 2; side++)
			{
				for (int edge = 0; edge < UP_MOST_BINS; edge++)
				{
					double a = 0, h = 0;

					for (int i = 0; i < MANY; i++)
					{
						uint8_t code = codes[i * WIDE + j];

						if (code == UP_BIN_MISSING ? side == 0 : code <= edge)
						{
							a += gradient[i];
							h += hessian[i];
						}
					}
					best = UP_MAX(best, a * a / (h + 1) + (whole_g - a) * (whole_g - a) / (whole_h - h + 1));
				}
			}
		}
		CHECK(got > best * (1 - 1e-3));
	}
}

static void
test_words(void)
{
	const UpLearner *tree = up_learner_by_name("tree");
	static double rows[] = {1, 2, 3, 4}, labels[] = {0, 0, 1, 1};
	static const char *const names[] = {"age"}, *const labels_of[] = {"no", "yes"};
	UpNames named = {.features = names, .classes = labels_of};
	UpFit fit = fit_of(tree, data_from_arrays(rows, labels, 4, 1, 2), UP_TASK_CLASSIFY, 2, NULL, NULL);

	CHECK(strcmp(tree->show(tree->fit(&fit), &named), "age <= 2.5 or missing: no 1\nage > 2.5: yes 1\n") == 0);
}

/*
 * Trees in steps against those of the general way, on columns of all kinds: where gradients are whole numbers of a step both see the
 * same sums, and find the same splits; rows that leaves need, directions, blocks and panels, depth or leaves first.
 */
static void
check_same_tree(UpGrowing *g, const uint8_t *codes)
{
	uint32_t *leaf_of = up_alloc_array(g->n_all, sizeof(uint32_t)), d = g->bins->n_features;
	UpBoostGrower *grower = up_boost_grower_new(g);
	UpTree *a = up_boost_tree(grower, g, NULL, leaf_of), *b = up_tree_grow(g).tree;

	up_boost_grower_free(grower);
	CHECK(a->n_nodes == b->n_nodes && a->n_leaves == b->n_leaves && a->n_subsets == b->n_subsets);
	for (uint32_t i = 0; i < a->n_nodes && a->n_nodes == b->n_nodes; i++)
	{
		CHECK(a->nodes[i].feature == b->nodes[i].feature && a->nodes[i].bin == b->nodes[i].bin);
		CHECK(a->nodes[i].next == b->nodes[i].next);
		/* Where none are missing, the one way sends them with more rows and the other with more hessian. */
		CHECK(((a->nodes[i].flags ^ b->nodes[i].flags) & ~UP_NODE_MISSING_LEFT) == 0);
		CHECK_NEAR(a->cover[i], b->cover[i], 0);
	}
	for (uint32_t i = 0; i < a->n_leaves && a->n_leaves == b->n_leaves; i++)
		CHECK_NEAR(a->values[i], b->values[i], 1e-9);
	for (uint32_t i = 0; i < g->n_rows; i++)
		CHECK(up_tree_walk(a, codes + (size_t) g->rows[i] * d) == a->values + leaf_of[g->rows[i]]);
}

static void
test_same_trees(void)
{
	enum
	{
		MANY = 40000,
		MOST = 70
	};
	static double wide[MANY * MOST], gradient[MANY], hessian[MANY];
	static uint8_t codes[MANY * MOST];
	static uint32_t rows[MANY];
	static int8_t directions[MOST];
	UpRng rng;

	up_rng_init(&rng, 9, 1);
	for (int way = 0; way < 6; way++)
	{
		uint32_t d = way == 3 ? MOST : 6, n = way == 2 ? MANY : 3000, *n_values;
		UpGrowing g = {.y = gradient, .weight = hessian, .rows = rows, .criterion = UP_GRADIENT, .l2 = 1};
		UpData *data;

		for (uint32_t i = 0; i < n; i++)
		{
			for (uint32_t j = 0; j < d; j++)
				wide[i * d + j] = j == 0   ? (double) up_rng_below(&rng, 9)
								  : j == 1 ? (up_rng_below(&rng, 5) == 0 ? NAN : up_rng_double(&rng))
										   : floor(up_rng_normal(&rng) * 30);
			gradient[i] = (double) up_rng_below(&rng, 31) - 15 + (wide[i * d + 2] > 10 ? 6 : 0) +
						  (wide[i * d] == 4 || wide[i * d] == 7 ? 5 : 0);
			hessian[i] = (double) (1 + up_rng_below(&rng, 8)) / 4;
			rows[i] = i;
		}
		/* The greatest ones make a step of 1 / 2^k of a unit, so that sums are exact. */
		gradient[0] = 32766. / 1024;
		hessian[0] = 65534. / 4096;
		data = data_from_arrays(wide, gradient, n, d, 0);
		data->n_values = n_values = up_alloc0(d * sizeof(uint32_t));
		n_values[0] = way == 5 ? 0 : 9;
		memset(directions, 0, sizeof(directions));
		directions[2] = -1;
		g.bins = bins_and_codes(data, codes);
		g.codes = codes;
		g.n_all = n;
		g.n_rows = n - (way == 1 ? 100 : 0);
		g.max_depth = way == 4 ? UINT32_MAX : 5;
		g.max_leaf_nodes = way == 4 ? 12 : 0;
		g.min_samples_split = 2;
		g.min_samples_leaf = way == 0 ? 1 : 150;
		g.min_weight = 1;
		g.max_features = d;
		g.monotone = way == 5 ? directions : NULL;
		check_same_tree(&g, codes);
	}
}

/*
 * A million equal gradients of a third of a step to either side of an edge: rounded one by one they are nothing, and the one large
 * gradient would draw the edge to itself.
 */
static void
test_carried(void)
{
	enum
	{
		MANY = 1000000,
		VALUES = 10
	};
	static double gradient[MANY], hessian[MANY];
	static uint8_t codes[MANY];
	static uint32_t rows[MANY], leaf_of[MANY];
	double one[VALUES], sum = 0;
	UpBoostGrower *grower;
	UpGrowing g = {.y = gradient,
				   .weight = hessian,
				   .rows = rows,
				   .n_rows = MANY,
				   .n_all = MANY,
				   .criterion = UP_GRADIENT,
				   .max_depth = 1,
				   .min_samples_split = 2,
				   .min_samples_leaf = 1,
				   .l2 = 1,
				   .max_features = 1};

	for (int i = 0; i < VALUES; i++)
		one[i] = i;
	g.bins = bins_and_codes(data_from_arrays(one, one, VALUES, 1, 0), codes);
	for (uint32_t i = 0; i < MANY; i++)
	{
		codes[i] = (uint8_t) (i * 7919ULL % 1009 * VALUES / 1009);
		gradient[i] = codes[i] < 5 ? -0.00015 : 0.00015;
		hessian[i] = 0.00015;
		rows[i] = i;
	}
	gradient[0] = -1;
	g.codes = codes;
	grower = up_boost_grower_new(&g);
	CHECK(up_boost_tree(grower, &g, NULL, leaf_of)->n_leaves == 2);
	up_boost_grower_free(grower);
	for (uint32_t i = 0; i < MANY; i++)
	{
		CHECK((codes[i] < 5) == (leaf_of[i] == 0));
		sum += leaf_of[i] == 0 ? gradient[i] : 0;
	}
	CHECK(sum < -70);
}

/* A row whose class is beyond all numbers has the loss that it has. */
static void
test_small_shares(void)
{
	UpLossSpec s = {UP_LOSS_LOG, 3, 3, 0.5};
	double label = 2, scores[3] = {1000, 0, -1000};
	uint32_t row = 0;

	CHECK_NEAR(up_loss_mean(up_loss_sum(&s, &label, NULL, scores, &row, 1)), 2000, 1e-9);
}

/* Moves of the start: the probabilities of each class sum to its rows, and the loss never rises. */
static void
test_refit(void)
{
	for (uint32_t classes = 2; classes < 4; classes++)
	{
		UpLossSpec s = {UP_LOSS_LOG, classes, classes > 2 ? classes : 1, 0.5};
		double label[ROWS], scores[ROWS * 3], weight[ROWS], moves[3], before, after, proba[3], sums[3] = {0};
		uint32_t rows[ROWS];
		UpRng rng;

		up_rng_init(&rng, 3, 1);
		for (uint32_t i = 0; i < ROWS; i++)
		{
			rows[i] = i;
			label[i] = i % 20 == 0 ? 0 : i % 7 == 0 && classes == 3 ? 2 : 1;
			weight[i] = 0.5 + up_rng_double(&rng);
			for (uint32_t k = 0; k < s.n_outputs; k++)
				scores[i * s.n_outputs + k] = 3 * up_rng_normal(&rng);
		}
		after = up_loss_mean(up_loss_sum(&s, label, weight, scores, rows, ROWS));
		for (int step = 0; step < 200; step++)
		{
			before = after;
			up_loss_refit(&s, label, weight, scores, rows, ROWS, moves);
			for (uint32_t i = 0; i < ROWS * s.n_outputs; i++)
				scores[i] += moves[i % s.n_outputs];
			after = up_loss_mean(up_loss_sum(&s, label, weight, scores, rows, ROWS));
			CHECK(after <= before + 1e-12);
		}
		for (uint32_t i = 0; i < ROWS; i++)
		{
			up_loss_proba(&s, scores + i * s.n_outputs, proba);
			for (uint32_t k = 0; k < classes; k++)
				sums[k] += weight[i] * (proba[k] - (label[i] == k));
		}
		for (uint32_t k = 0; k < classes; k++)
			CHECK_NEAR(sums[k], 0, 1e-6);
	}
}

int
main(void)
{
	static const UpTest tests[] = {
		{"splits", test_splits},
		{"shap", test_shap},
		{"shap of deep trees", test_shap_deep},
		{"native columns", test_native},
		{"odd data", test_odd},
		{"pruning and weights", test_pruning_and_weights},
		{"words", test_words},
		{"gradients", test_gradients},
		{"quantiles of weighted rows", test_loss_quantiles},
		{"boosting", test_boosting},
		{"boosting rare classes", test_rare_classes},
		{"packed", test_packed},
		{"absolute error", test_absolute},
		{"gradients in steps", test_steps},
		{"trees in steps", test_same_trees},
		{"gradients carried", test_carried},
		{"loss of small shares", test_small_shares},
		{"start fitted again", test_refit},
	};

	return up_run_tests("tree", tests, UP_LENGTH(tests));
}
