/*
 * select.c - chooses features by their scores; see select.h
 *
 * Filters (score/score.h) look at one feature at a time. mrmr (Peng, Long, Ding 2005) takes, one after the other, the
 * feature whose mutual information with the target, less its mean with those taken before, is greatest. l1 ranks by
 * the penalty at which a feature enters the lasso (select_linear.h) or the penalized logistic regression (l1_logistic.h), rfe
 * by least squares (select_linear.h). permutation trains a learner on 70 percent of the rows and measures on the others how
 * much worse it gets when a feature's values are shuffled (Breiman 2001).
 *
 * Cost: reading a feature O(n); filters as in score.h; mrmr O(d n log n + k d n); permutation one training and 5 d predictions,
 * which are shared out by features.
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

#define READ_FEATURES    16 /* read in one pass over the rows */
#define BLOCK_ROWS       1024
#define HELD_OUT         0.3
#define SHUFFLES         5
#define MOST_PARTS       32    /* each reads what was learned */
#define SECONDS_A_NUMBER 7e-10 /* of a row that a linear machine predicts */
#define NET_PLANES       15    /* linear machines that take as long as a network */

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

bool
up_select_streams(UpSelectMethod method)
{
	return method == UP_SELECT_PEARSON || method == UP_SELECT_ANOVA_F || method == UP_SELECT_VARIANCE;
}

UpScore
up_select_score_of_sums(UpSelectMethod method, const UpScoreSums *sums, uint32_t column, uint32_t n_classes,
						const double *value_of)
{
	if (method == UP_SELECT_VARIANCE)
		return up_score_sums_variance(sums, column);
	if (method == UP_SELECT_PEARSON)
		return n_classes > 2 ? up_score_sums_groups(sums, column, true)
							 : up_score_sums_correlation(sums, column, value_of);
	return n_classes > 0 ? up_score_sums_groups(sums, column, false) : up_score_sums_f(sums, column, value_of);
}

static bool
is_filter(UpSelectMethod method)
{
	return method <= UP_SELECT_VARIANCE;
}

/* Labels, where workers see them. */
static UpVariable
target_of(const UpData *d, double *labels)
{
	UpVariable y = {labels, d->n_classes};

	up_data_labels(d, 0, d->n_rows, labels);
	return y;
}

/* ---- columns as parts ---- */

enum
{
	BASE,
	COLUMNS,
	TARGET,
	OTHERS, /* of mrmr: codes and what was found */
	N_ARRAYS
};

typedef struct Told
{
	UpSelectMethod method;
	size_t n;
	uint32_t target_values;
	uint32_t best; /* of mrmr */
	uint64_t seed;
} Told;

typedef struct Scored
{
	ptrdiff_t place; /* from the first column's values, in bytes */
	uint32_t n_values;
	bool gone; /* taken */
	double value, p_value;
	size_t n;
	int how;
} Scored;

/* What scores say of themselves: texts are not where they are in another process. */
static const char *const hows[] = {"pearson", "spearman", "correlation_ratio", "cramers_v",
								   "f",       "chi2",     "independence",      "variance",
								   "bins",    "counts",   "neighbours"};

static UpVariable
variable_of(void *const *arrays, uint32_t j)
{
	const Scored *c = (const Scored *) arrays[COLUMNS] + j;

	return (UpVariable){(const double *) ((const char *) arrays[BASE] + c->place), c->n_values};
}

static Scored *
places_of(const UpVariable *x, uint32_t n)
{
	Scored *c = up_alloc_large_array(UP_MAX(n, 1), sizeof(Scored));

	for (uint32_t j = 0; j < n; j++)
		c[j] = (Scored){.place = (intptr_t) x[j].v - (intptr_t) x[0].v, .n_values = x[j].n_values};
	return c;
}

static void
score_column(const void *fixed, void *const *arrays, uint32_t j)
{
	const Told *t = fixed;
	Scored *c = (Scored *) arrays[COLUMNS] + j;
	UpVariable x = variable_of(arrays, j), y = {arrays[TARGET], t->target_values};
	UpScore s;

	up_tick();
	s = up_select_score(t->method, &x, &y, t->n, t->seed);
	c->value = s.value;
	c->p_value = s.p_value;
	c->n = s.n;
	while ((size_t) c->how + 1 < UP_LENGTH(hows) && strcmp(hows[c->how], s.how) != 0)
		c->how++;
}

void
up_select_score_all(UpSelectMethod method, const UpVariable *x, uint32_t n_columns, const UpVariable *y,
					size_t n, uint64_t seed, UpScore *scores)
{
	Told t = {.method = method, .n = n, .target_values = y->n_values, .seed = seed};
	void *arrays[N_ARRAYS] = {n_columns > 0 ? (void *) (uintptr_t) x[0].v : NULL, places_of(x, n_columns),
							  (void *) (uintptr_t) y->v};
	const Scored *c = arrays[COLUMNS];

	/* One column after the other, so that it is always the same one that cannot be scored. */
	for (uint32_t j = 0; method == UP_SELECT_CHI2 && j < n_columns; j++)
		score_column(&t, arrays, j);
	if (method != UP_SELECT_CHI2)
		up_parallel(n_columns, score_column, &t, sizeof(t), arrays, OTHERS);
	for (uint32_t j = 0; j < n_columns; j++)
		scores[j] = (UpScore){c[j].value, c[j].p_value, c[j].n, hows[c[j].how]};
	up_free_large(arrays[COLUMNS]);
}

double
up_select_seconds(UpSelectMethod method, uint32_t n_columns, size_t n)
{
	double numbers = (double) n * n_columns;

	switch (method)
	{
		case UP_SELECT_SPEARMAN:
		case UP_SELECT_INFORMATION_GAIN:
		case UP_SELECT_GAIN_RATIO:
			return 1.5e-7 * numbers;
		case UP_SELECT_MUTUAL_INFO:
			return 3e-7 * numbers;
		case UP_SELECT_MRMR:
			return (1e-7 + 1e-9 * n_columns) * numbers;
		case UP_SELECT_PERMUTATION:
			return (3e-8 + HELD_OUT * SHUFFLES * SECONDS_A_NUMBER * (n_columns + 10)) * numbers;
		default:
			return 3e-8 * numbers;
	}
}

static void
filter_scores(UpSelectMethod method, const UpData *d, const UpVariable *y, uint64_t seed, double *score)
{
	uint32_t group = UP_MIN(READ_FEATURES, d->n_features);
	UpVariable x[READ_FEATURES];
	UpScore found[READ_FEATURES];
	double *columns;

	columns = up_alloc_large_array((size_t) group * d->n_rows, sizeof(double));
	for (uint32_t first = 0; first < d->n_features; first += group)
	{
		uint32_t n = UP_MIN(group, d->n_features - first);

		up_progress("scoring features", first, d->n_features);
		read_features(d, first, n, columns);
		for (uint32_t j = 0; j < n; j++)
			x[j] = (UpVariable){columns + j * d->n_rows, d->n_values != NULL ? d->n_values[first + j] : 0};
		up_select_score_all(method, x, n, y, d->n_rows, seed, found);
		for (uint32_t j = 0; j < n; j++)
		{
			score[first + j] = found[j].value;
			if (method == UP_SELECT_PEARSON || method == UP_SELECT_SPEARMAN)
				score[first + j] = fabs(score[first + j]);
		}
	}
	up_free_large(columns);
}

/* A number is cut once, not for every pair: into OTHERS, the target's codes behind those of all columns. */
static void
code_column(const void *fixed, void *const *arrays, uint32_t j)
{
	const Told *t = fixed;
	Scored *c = (Scored *) arrays[COLUMNS] + j;
	UpVariable x = variable_of(arrays, j), y = {arrays[TARGET], t->target_values};
	UpVariable code = {(double *) arrays[OTHERS] + j * t->n, 0};

	up_tick();
	code.n_values = up_score_codes(&x, t->n, (double *) arrays[OTHERS] + j * t->n);
	c->n_values = code.n_values;
	c->value = up_score_mutual_info_binned(&code, &y, t->n).value;
}

static void
compare_with_best(const void *fixed, void *const *arrays, uint32_t j)
{
	const Told *t = fixed;
	Scored *c = (Scored *) arrays[COLUMNS];
	const double *codes = arrays[OTHERS];
	UpVariable x = {codes + j * t->n, c[j].n_values}, best = {codes + t->best * t->n, c[t->best].n_values};

	if (c[j].gone)
		return;
	up_tick();
	c[j].value = up_score_mutual_info_binned(&x, &best, t->n).value;
}

void
up_select_mrmr(const UpVariable *x, uint32_t n_features, const UpVariable *y, size_t n, uint32_t k,
			   double *score, uint32_t *taken)
{
	UpArena *arena = up_arena_enter();
	double *relevance = up_alloc_array(UP_MAX(n_features, 1), sizeof(double));
	double *redundancy = up_alloc0((size_t) n_features * sizeof(double));
	double *target = up_alloc_large_array(UP_MAX(n, 1), sizeof(double));
	void *arrays[N_ARRAYS] = {n_features > 0 ? (void *) (uintptr_t) x[0].v : NULL, places_of(x, n_features),
							  target, up_alloc_large_array(UP_MAX((size_t) n_features * n, 1), sizeof(double))};
	Scored *c = arrays[COLUMNS];
	Told t = {.n = n, .target_values = up_score_codes(y, n, target)};

	up_parallel(n_features, code_column, &t, sizeof(t), arrays, N_ARRAYS);
	for (uint32_t j = 0; j < n_features; j++)
	{
		relevance[j] = c[j].value;
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
			if (c[j].gone || !(v > most || best == UINT32_MAX))
				continue;
			most = isnan(v) ? -INFINITY : v;
			best = j;
		}
		c[best].gone = true;
		score[best] = isinf(most) ? NAN : most;
		taken[round] = best;
		t.best = best;
		if (round + 1 < k)
			up_parallel(n_features, compare_with_best, &t, sizeof(t), arrays, N_ARRAYS);
		for (uint32_t j = 0; j < n_features; j++)
			redundancy[j] += c[j].gone || isnan(c[j].value) ? 0 : c[j].value;
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

	columns = up_alloc_large_array((size_t) d->n_features * d->n_rows, sizeof(double));
	read_features(d, 0, d->n_features, columns);
	for (uint32_t j = 0; j < d->n_features; j++)
		x[j] = (UpVariable){columns + (size_t) j * d->n_rows, d->n_values != NULL ? d->n_values[j] : 0};
	up_select_mrmr(x, d->n_features, y, d->n_rows, k, score, taken);
	up_free_large(columns);
	/* The order of taking is what counts. */
	for (uint32_t j = 0; j < d->n_features; j++)
		score[j] = -INFINITY;
	for (uint32_t round = 0; round < k; round++)
		score[taken[round]] = -(double) round;
	up_free(taken);
	up_free(x);
}

/* ---- permutation ---- */

/* A learner's body and the rows that it is measured on. */
typedef struct Held
{
	const UpLearner *learner;
	const void *body;
	UpTask task;
	size_t n;
	uint32_t d;
	const double *x, *y;
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

enum
{
	BODY, /* of the learner, as it is written: in memory it is full of pointers */
	HELD_ROWS,
	HELD_LABELS,
	LOSSES, /* [n_features] */
	N_SHUFFLED
};

typedef struct Shuffling
{
	UpTask task;
	uint32_t n_features, n_classes, per_part;
	size_t n, body_bytes;
	uint64_t seed;
	double whole;
} Shuffling;

static const UpLearner *
judge_of(UpTask task)
{
	return up_learner_by_name(task == UP_TASK_CLASSIFY ? "svm" : "mlp");
}

static Held
held_of(const Shuffling *s, void *const *arrays)
{
	Held h = {judge_of(s->task), NULL, s->task, s->n, s->n_features, arrays[HELD_ROWS], arrays[HELD_LABELS]};
	UpShape shape = {.task = s->task, .n_features = s->n_features, .n_classes = s->n_classes};
	UpReader r;

	up_reader_init(&r, arrays[BODY], s->body_bytes, "permutation");
	h.body = h.learner->read(&r, &shape);
	return h;
}

/* What is lost by the features from first up to end. */
static void
shuffle_features(const Shuffling *s, Held *h, void *const *arrays, uint32_t first, uint32_t end, bool progress)
{
	UpPermute p = {.n_columns = s->n_features,
				   .n = s->n,
				   .repeats = SHUFFLES,
				   .seed = s->seed,
				   .first = 12,
				   .step = 1,
				   .progress = progress,
				   .score = quality,
				   .arg = h};

	up_permute(&p, s->whole, first, end, arrays[LOSSES], NULL);
}

static void
shuffle_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Shuffling *s = fixed;
	Held h = held_of(s, arrays);
	uint32_t first = part * s->per_part;

	shuffle_features(s, &h, arrays, first, UP_MIN(first + s->per_part, s->n_features), false);
}

/* About how long all shuffles take one process: linear machines tell classes apart, a network predicts numbers. */
static double
shuffling_seconds(const UpData *d, UpTask task)
{
	double planes = task != UP_TASK_CLASSIFY ? NET_PLANES : d->n_classes > 2 ? d->n_classes : 1;
	double a_row = SECONDS_A_NUMBER * (d->n_features + 10.0) * planes;

	return HELD_OUT * (double) d->n_rows * d->n_features * SHUFFLES * a_row;
}

/* Says where the learner has nothing to lose: of classes that are rare it may know none. */
static void
warn_of_nothing_to_lose(const Held *h, uint32_t n_classes, double whole)
{
	size_t *counts = up_alloc0(UP_MAX(n_classes, 1) * sizeof(size_t)), most = 0;

	for (size_t i = 0; i < h->n; i++)
		counts[(uint32_t) h->y[i]]++;
	for (uint32_t c = 0; c < n_classes; c++)
		most = UP_MAX(most, counts[c]);
	/* In rows, and half of one for the digits that dividing cost. */
	if (-whole * (double) h->n > (double) (h->n - most) - 0.5)
		up_warn("Another method tells more, where a class is rare for instance mutual_info or anova_f.",
				"the learner that \"permutation\" asks is no better than the most frequent class: shuffling "
				"its columns "
				"costs it nothing that would tell them apart");
	up_free(counts);
}

static void
permutation_scores(const UpData *d, UpTask task, uint64_t seed, double *score)
{
	const UpLearner *learner = judge_of(task);
	UpRequest *request = up_request_parse(learner, NULL);
	UpArena *arena = up_arena_enter();
	UpData *train, *test;
	UpFit fit = {.task = task,
				 .params = request->params,
				 .seed = seed,
				 .n_features = d->n_features,
				 .n_classes = d->n_classes,
				 .info = up_value_object()};
	Shuffling s = {.task = task, .n_features = d->n_features, .n_classes = d->n_classes, .seed = seed};
	void *arrays[N_SHUFFLED];
	UpWriter w;
	const void *body;
	Held h;

	split_rows(d, seed, &train, &test);
	fit.data = train;
	up_workers_begin(shuffling_seconds(d, task));
	body = learner->fit(&fit);
	up_writer_init(&w);
	learner->write(body, &w);
	s.n = test->n_rows;
	s.body_bytes = w.len;
	s.per_part = (d->n_features + MOST_PARTS - 1) / MOST_PARTS;
	arrays[BODY] = memcpy(up_alloc_large(w.len), w.bytes, w.len);
	arrays[HELD_ROWS] = up_alloc_large_array(s.n, UP_MAX(d->n_features, 1) * sizeof(double));
	arrays[HELD_LABELS] = up_alloc_large_array(s.n, sizeof(double));
	arrays[LOSSES] = up_alloc_large_array(UP_MAX(d->n_features, 1), sizeof(double));
	up_data_rows(test, 0, s.n, arrays[HELD_ROWS]);
	up_data_labels(test, 0, s.n, arrays[HELD_LABELS]);
	h = held_of(&s, arrays);
	s.whole = quality(&h, 0, NULL);
	if (task == UP_TASK_CLASSIFY)
		warn_of_nothing_to_lose(&h, d->n_classes, s.whole);
	if (up_workers() > 1)
		up_parallel((d->n_features + s.per_part - 1) / s.per_part, shuffle_part, &s, sizeof(s), arrays,
					N_SHUFFLED);
	else
		shuffle_features(&s, &h, arrays, 0, d->n_features, true);
	memcpy(score, arrays[LOSSES], d->n_features * sizeof(double));
	up_workers_end();
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
		up_workers_begin(up_select_seconds(method, d->n_features, d->n_rows));
		labels = up_alloc_large_array(UP_MAX(d->n_rows, 1), sizeof(double));
		y = target_of(d, labels);
		if (method == UP_SELECT_MRMR)
			mrmr_scores(d, &y, k == 0 ? d->n_features : UP_MIN(k, d->n_features), score);
		else
			filter_scores(method, d, &y, seed, score);
		up_free_large(labels);
		up_workers_end();
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

typedef struct Ranked
{
	double score;
	uint32_t feature;
} Ranked;

/* Greatest first, ties by position; what has no score last. */
static int
compare_ranked(const void *a, const void *b)
{
	const Ranked *x = a, *y = b;
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
	Ranked *s = up_alloc_array(UP_MAX(n, 1), sizeof(Ranked));

	for (uint32_t j = 0; j < n; j++)
		s[j] = (Ranked){score[j], j};
	up_sort(s, n, sizeof(Ranked), compare_ranked);
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
