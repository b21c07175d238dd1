/*
 * select.c - chooses features by their scores; see select.h
 *
 * Filters (prep/score.h) look at one feature at a time. mrmr (Peng, Long, Ding 2005) takes, one after the other, the
 * feature whose mutual information with the target, less its mean with those taken before, is greatest. l1 ranks by
 * the penalty at which a feature enters the lasso (select_linear.h) or the penalized logistic regression (l1_logistic.h), rfe
 * by least squares (select_linear.h). permutation trains a learner on 70 percent of the rows and measures on the others how
 * much worse it gets when a feature's values are shuffled (Breiman 2001).
 *
 * Cost: reading a feature O(n); filters as in score.h; mrmr O(d n log n + k d n); permutation one training and d predictions.
 */
#include "learn/select.h"

#include "base/params.h"
#include "base/rng.h"
#include "num/sort.h"
#include "learn/linear/l1_logistic.h"
#include "learn/linear/select_linear.h"
#include "learn/request.h"
#include "score/permute.h"
#include "score/score.h"
#include "learn/learners.h"
#include "score/mutual_info.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define READ_FEATURES 16 /* read in one pass over the rows */
#define BLOCK_ROWS    1024
#define HELD_OUT      0.3
#define SHUFFLES      5

const char *const up_select_method_names[] = {
	"pearson",  "spearman", "information_gain", "gain_ratio", "mutual_info", "chi2", "anova_f",
	"variance", "l1",       "permutation",      "rfe",        "mrmr",        NULL};

typedef struct SelectParams
{
	int method;
	int64_t k;
	double threshold;
} SelectParams;

#define UP_PARAMS_OF SelectParams
static const UpParam select_params[] = {
	UP_CHOICE_PARAM("method", method, "mutual_info", up_select_method_names, "what features are scored by"),
	UP_INT_PARAM("k", k, "null", 1, 100000, "how many to keep", .nullable = true),
	UP_REAL_PARAM("threshold", threshold, "null", -1e300, 1e300, "without k: keeps features of greater score",
				  .nullable = true),
};
static const UpParamTable select_table = {select_params, UP_LENGTH(select_params)};

UpSelectOptions
up_select_parse(const UpValue *given)
{
	UpSelectOptions o = {0};
	SelectParams p = {0};

	up_params_parse(&select_table, NULL, 0, given, "\"select\"", &p);
	o.method = (UpSelectMethod) p.method;
	o.k = p.k == INT64_MIN ? 0 : (uint32_t) p.k;
	o.threshold = p.threshold;
	if ((p.k == INT64_MIN) == isnan(p.threshold))
		up_fail_with(UP_INVALID_PARAMETER, NULL, "For example {\"method\": \"mutual_info\", \"k\": 10}.",
					 "\"select\" needs either \"k\" or \"threshold\"");
	return o;
}

/* Features first … first + n - 1 of all rows, column by column. */
static void
read_features(const UpData *d, uint32_t first, uint32_t n, double *columns)
{
	double *row = up_alloc_array(d->n_features, sizeof(double));

	for (size_t i = 0; i < d->n_rows; i++)
	{
		up_data_rows(d, i, 1, row);
		if (i % 1024 == 0)
			up_tick();
		for (uint32_t j = 0; j < n; j++)
			columns[j * d->n_rows + i] = row[first + j];
	}
	up_free(row);
}

/* A feature of 0 and 1 alone is a category: its neighbours would all be ties. */
static bool
is_binary(const double *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		if (!isnan(v[i]) && v[i] != 0 && v[i] != 1)
			return false;
	}
	return true;
}

UpScore
up_select_score(UpSelectMethod method, const UpVariable *x, const UpVariable *y, size_t n, uint64_t seed)
{
	/* A correlation with two classes is one with 0 and 1. */
	UpVariable number = {y->v, y->n_values == 2 ? 0 : y->n_values}, binary = {x->v, 2};
	UpScore s;

	switch (method)
	{
		case UP_SELECT_PEARSON:
		case UP_SELECT_SPEARMAN:
			s = up_score_correlation(x, x->n_values == 0 ? &number : y, n, method == UP_SELECT_SPEARMAN);
			break;
		case UP_SELECT_INFORMATION_GAIN:
		case UP_SELECT_GAIN_RATIO:
			s = up_score_information_gain(x, y, n, method == UP_SELECT_GAIN_RATIO);
			break;
		case UP_SELECT_CHI2:
			s = up_score_chi2(x, y, n);
			break;
		case UP_SELECT_ANOVA_F:
			s = up_score_anova(x, y, n);
			break;
		case UP_SELECT_VARIANCE:
			s = up_score_variance(x, n);
			break;
		default:
			s = up_score_mutual_info(x->n_values == 0 && is_binary(x->v, n) ? &binary : x, y, n, seed);
	}
	return s;
}

static bool
is_filter(UpSelectMethod method)
{
	return method <= UP_SELECT_VARIANCE;
}

static UpVariable
target_of(const UpData *d, double *labels)
{
	UpVariable y = {labels, d->n_classes};

	up_data_labels(d, 0, d->n_rows, labels);
	return y;
}

static void
filter_scores(UpSelectMethod method, const UpData *d, const UpVariable *y, uint64_t seed, double *score)
{
	uint32_t group = UP_MIN(READ_FEATURES, d->n_features);
	double *columns;

	columns = up_alloc_array((size_t) group * d->n_rows, sizeof(double));
	for (uint32_t first = 0; first < d->n_features; first += group)
	{
		uint32_t n = UP_MIN(group, d->n_features - first);

		read_features(d, first, n, columns);
		for (uint32_t j = 0; j < n; j++)
		{
			UpVariable x = {columns + j * d->n_rows, d->n_values != NULL ? d->n_values[first + j] : 0};

			up_progress("scoring features", first + j, d->n_features);
			score[first + j] = up_select_score(method, &x, y, d->n_rows, seed).value;
			if (method == UP_SELECT_PEARSON || method == UP_SELECT_SPEARMAN)
				score[first + j] = fabs(score[first + j]);
		}
	}
	up_free(columns);
}

/* A number is cut once, not for every pair. */
static UpVariable
coded(const UpVariable *x, size_t n)
{
	double *codes = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	UpVariable c = {codes, up_score_codes(x, n, codes)};

	return c;
}

void
up_select_mrmr(const UpVariable *x, uint32_t n_features, const UpVariable *y, size_t n, uint32_t k,
			   double *score, uint32_t *taken)
{
	UpArena *arena = up_arena_enter();
	double *relevance = up_alloc_array(n_features, sizeof(double));
	UpVariable *codes = up_alloc_array(n_features, sizeof(UpVariable)), target;
	double *redundancy = up_alloc0((size_t) n_features * sizeof(double));
	bool *gone = up_alloc0((size_t) n_features * sizeof(bool));

	target = coded(y, n);
	for (uint32_t j = 0; j < n_features; j++)
	{
		double v;

		codes[j] = coded(&x[j], n);
		v = up_score_mutual_info_binned(&codes[j], &target, n).value;
		relevance[j] = v;
		score[j] = NAN;
	}
	for (uint32_t round = 0; round < k; round++)
	{
		uint32_t best = UINT32_MAX;
		double most = -INFINITY;

		up_progress("mrmr: features taken", round, k);
		for (uint32_t j = 0; j < n_features; j++)
		{
			double v = relevance[j] - (round > 0 ? redundancy[j] / round : 0);

			/* What is never known together with the target comes last. */
			if (gone[j] || !(v > most || best == UINT32_MAX))
				continue;
			most = isnan(v) ? -INFINITY : v;
			best = j;
		}
		gone[best] = true;
		score[best] = isinf(most) ? NAN : most;
		taken[round] = best;
		for (uint32_t j = 0; j < n_features; j++)
		{
			double v = gone[j] ? 0 : up_score_mutual_info_binned(&codes[j], &codes[best], n).value;

			redundancy[j] += isnan(v) ? 0 : v;
		}
	}
	up_arena_leave(arena);
}

/* mrmr looks at features again and again, so all are held. */
static void
mrmr_scores(const UpData *d, const UpVariable *y, uint32_t k, double *score)
{
	uint32_t *taken = up_alloc_array(d->n_features, sizeof(uint32_t));
	UpVariable *x = up_alloc_array(d->n_features, sizeof(UpVariable));
	double *columns;

	columns = up_alloc_array((size_t) d->n_features * d->n_rows, sizeof(double));
	read_features(d, 0, d->n_features, columns);
	for (uint32_t j = 0; j < d->n_features; j++)
		x[j] = (UpVariable){columns + (size_t) j * d->n_rows, d->n_values != NULL ? d->n_values[j] : 0};
	up_select_mrmr(x, d->n_features, y, d->n_rows, k, score, taken);
	/* The order of taking is what counts. */
	for (uint32_t j = 0; j < d->n_features; j++)
		score[j] = -INFINITY;
	for (uint32_t round = 0; round < k; round++)
		score[taken[round]] = -(double) round;
	up_free(columns);
	up_free(taken);
	up_free(x);
}

/* A learner's body and the rows that it is measured on. */
typedef struct Held
{
	const UpLearner *learner;
	const void *body;
	UpTask task;
	size_t n;
	uint32_t d;
	double *x, *y;
} Held;

/* Minus what a row's prediction costs: a miss, or the square of the error. */
static double
quality(void *arg, uint32_t column, const size_t *order)
{
	const Held *h = arg;
	uint32_t d = h->d;
	double *x = up_alloc_array((size_t) BLOCK_ROWS * UP_MAX(d, 1), sizeof(double)), out[BLOCK_ROWS], sum = 0;

	for (size_t first = 0; first < h->n; first += BLOCK_ROWS)
	{
		size_t n = UP_MIN(BLOCK_ROWS, h->n - first);

		up_tick();
		memcpy(x, h->x + first * d, n * d * sizeof(double));
		for (size_t i = 0; order != NULL && i < n; i++)
			x[i * d + column] = h->x[order[first + i] * d + column];
		h->learner->predict(h->body, x, n, out);
		for (size_t i = 0; i < n; i++)
		{
			double error = out[i] - h->y[first + i];

			sum -= h->task == UP_TASK_CLASSIFY ? error != 0 : error * error;
		}
	}
	up_free(x);
	return sum / (double) UP_MAX(h->n, 1);
}

static void
split_rows(const UpData *d, uint64_t seed, UpData **train, UpData **test)
{
	size_t *at = up_alloc_array(d->n_rows, sizeof(size_t));
	size_t n_test = (size_t) (HELD_OUT * (double) d->n_rows);
	UpRng rng;

	if (n_test == 0)
		up_fail(UP_INVALID_DATA, "permutation needs rows to hold out, and there are only %zu", d->n_rows);
	for (size_t i = 0; i < d->n_rows; i++)
		at[i] = i;
	up_rng_init(&rng, seed, 11);
	up_rng_shuffle(&rng, at, d->n_rows);
	*test = up_data_subset(d, at, n_test);
	*train = up_data_subset(d, at + n_test, d->n_rows - n_test);
}

static void
permutation_scores(const UpData *d, UpTask task, uint64_t seed, double *score)
{
	const UpLearner *learner = up_learner_by_name(task == UP_TASK_CLASSIFY ? "svm" : "mlp");
	UpRequest *request = up_request_parse(learner, NULL);
	UpArena *arena = up_arena_enter();
	UpData *train, *test;
	UpFit fit = {.task = task,
				 .params = request->params,
				 .seed = seed,
				 .n_features = d->n_features,
				 .n_classes = d->n_classes,
				 .info = up_value_object()};
	Held h = {.learner = learner, .task = task, .d = d->n_features};
	UpPermute p = {.n_columns = d->n_features,
				   .repeats = SHUFFLES,
				   .seed = seed,
				   .first = 12,
				   .step = 1,
				   .progress = true,
				   .score = quality,
				   .arg = &h};

	split_rows(d, seed, &train, &test);
	fit.data = train;
	h.body = learner->fit(&fit);
	h.n = p.n = test->n_rows;
	h.x = up_alloc_array(h.n * h.d, sizeof(double));
	h.y = up_alloc_array(h.n, sizeof(double));
	up_data_rows(test, 0, h.n, h.x);
	up_data_labels(test, 0, h.n, h.y);
	up_permute(&p, score, NULL);
	up_arena_leave(arena);
}

void
up_select_scores(UpSelectMethod method, const UpData *d, UpTask task, uint32_t k, uint64_t seed, double *score)
{
	double *labels;
	UpVariable y = {NULL, 0};

	if (task != UP_TASK_CLASSIFY && task != UP_TASK_REGRESS && method != UP_SELECT_VARIANCE)
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Without a target, \"variance\" selects.",
					 "selecting features by \"%s\" needs a target", up_select_method_names[method]);
	if (is_filter(method) || method == UP_SELECT_MRMR)
	{
		labels = up_alloc_array(UP_MAX(d->n_rows, 1), sizeof(double));
		y = target_of(d, labels);
		if (method == UP_SELECT_MRMR)
			mrmr_scores(d, &y, k == 0 ? d->n_features : UP_MIN(k, d->n_features), score);
		else
			filter_scores(method, d, &y, seed, score);
		up_free(labels);
	}
	else if (method == UP_SELECT_PERMUTATION)
		permutation_scores(d, task, seed, score);
	else if (method == UP_SELECT_L1 && task == UP_TASK_CLASSIFY)
		up_l1_logistic_order(d, score);
	else
	{
		UpArena *arena = up_arena_enter();
		UpGram *g = up_gram_new(d);

		if (method == UP_SELECT_L1)
			up_gram_lasso_order(g, score);
		else
		{
			up_gram_eliminate(g, score);
			for (uint32_t j = 0; j < d->n_features; j++)
				score[j] = 1 / score[j];
		}
		up_arena_leave(arena);
	}
}

typedef struct Scored
{
	double score;
	uint32_t feature;
} Scored;

/* Greatest first, ties by position; what has no score last. */
static int
compare_scored(const void *a, const void *b)
{
	const Scored *x = a, *y = b;
	bool no_x = isnan(x->score), no_y = isnan(y->score);

	if (no_x != no_y)
		return no_x ? 1 : -1;
	if (!no_x && x->score != y->score)
		return x->score > y->score ? -1 : 1;
	return x->feature < y->feature ? -1 : 1;
}

void
up_select_rank(const double *score, uint32_t n, uint32_t *by_rank)
{
	Scored *s = up_alloc_array(UP_MAX(n, 1), sizeof(Scored));

	for (uint32_t j = 0; j < n; j++)
		s[j] = (Scored){score[j], j};
	up_sort(s, n, sizeof(Scored), compare_scored);
	for (uint32_t j = 0; j < n; j++)
		by_rank[j] = s[j].feature;
	up_free(s);
}

static int
compare_positions(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *) a, y = *(const uint32_t *) b;

	return x < y ? -1 : x > y;
}

uint32_t
up_select_fit(const UpSelectOptions *options, const UpData *data, UpTask task, uint64_t seed,
			  uint32_t *selected)
{
	uint32_t n = data->n_features, kept = 0;
	double *score = up_alloc_array(n, sizeof(double));
	uint32_t *by_rank = up_alloc_array(n, sizeof(uint32_t));

	up_select_scores(options->method, data, task, options->k, seed, score);
	up_select_rank(score, n, by_rank);
	if (options->k > 0)
		kept = UP_MIN(options->k, n);
	else
	{
		while (kept < n && score[by_rank[kept]] > options->threshold)
			kept++;
	}
	if (kept == 0)
		up_fail_with(UP_INVALID_DATA, up_format("The greatest score is %g.", score[by_rank[0]]),
					 "Lower the threshold, or give \"k\".", "no feature has a score above the threshold of %g",
					 options->threshold);
	memcpy(selected, by_rank, kept * sizeof(uint32_t));
	up_sort(selected, kept, sizeof(uint32_t), compare_positions);
	up_free(score);
	up_free(by_rank);
	return kept;
}
