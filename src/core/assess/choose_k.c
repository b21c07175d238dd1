/*
 * choose_k.c - how many clusters rows fall into: inertia, silhouette and the gap statistic for each k
 *
 * Silhouette: the mean over rows of (b - a) / max(a, b), a the mean distance to the other rows of the cluster, b to those of the nearest
 * other one (Rousseeuw 1987); of all k at once, since the distance of two rows is the same for each.
 *
 * Gap (Tibshirani, Walther and Hastie 2001): gap(k) = mean over B references of log W*(k) - log W(k), W the inertia, references of as
 * many rows drawn evenly from the range of each feature; its error s(k) = sd(log W*) sqrt(1 + 1 / B). The rule of the paper takes the
 * first k with gap(k) >= gap(k + 1) - s(k + 1).
 *
 * Chosen is the k of the greatest silhouette, the smaller of equal ones; one cluster, where it was asked for, the rule of the gap takes it, and no
 * clustering is exact.
 *
 * Cost: B + 1 k-means for each k, and n^2 d for the silhouette; both of at most "sample" rows (the references and W(k) that they are
 * compared with as well), the inertia that is told of all.
 */
#include "assess/choose_k.h"

#include "assess/silhouette.h"
#include "base/rng.h"
#include "learn/learners.h"
#include "num/vec.h"

#include <math.h>
#include <string.h>

#define REFERENCE_RUNS 3 /* n_init of references, which have no clusters to be found */
#define SAMPLE_STREAM  11
#define FIRST_STREAM   100

typedef struct Params
{
	int64_t references;
	int64_t sample;
} Params;

#define UP_PARAMS_OF Params
static const UpParam choose_params[] = {
	UP_INT_PARAM("references", references, "10", 1, 1000,
				 "sets of rows without clusters that the gap compares with"),
	UP_INT_PARAM("sample", sample, "5000", 10, 20000, "more rows are sampled for silhouette and gap"),
};
static const UpParamTable choose_table = {choose_params, UP_LENGTH(choose_params)};

typedef struct Choosing
{
	const UpTraining *t;
	const UpValue *given; /* of k-means */
	Params params;
	const UpPrepared *prepared;
	uint64_t seed;
	size_t n; /* rows of x: a sample, if there are more */
	uint32_t d;
	double *x; /* n × d, as the learner sees them */
	bool sampled;
	uint64_t done, total; /* for progress */
} Choosing;

UpValue *
up_choose_k_params(UpValue **given)
{
	UpValue *own = up_value_object(), *others = up_value_object();

	for (uint32_t i = 0; i < (*given)->n; i++)
	{
		bool mine = false;

		for (int j = 0; j < choose_table.n; j++)
			mine = mine || strcmp(choose_table.params[j].name, (*given)->keys[i]) == 0;
		up_value_set(mine ? own : others, (*given)->keys[i], (*given)->items[i]);
	}
	*given = others;
	return own;
}

static UpRequest *
request_of(const Choosing *c, uint32_t k, bool reference)
{
	UpValue *given = up_value_copy(c->given), *runs = up_value_get(given, "n_init");

	up_value_set(given, "k", up_value_number(k));
	if (reference)
		up_value_set(given, "n_init",
					 up_value_number(runs != NULL ? UP_MIN(runs->number, REFERENCE_RUNS) : REFERENCE_RUNS));
	return up_request_parse(c->t->request->learner, given);
}

/* A clustering of rows as they are; its inertia. */
static double
inertia_of(const Choosing *c, const double *x, uint32_t k)
{
	UpRequest *q = request_of(c, k, true);
	UpSamples *samples = up_samples_new(c->d);
	size_t *order = up_alloc_array(UP_MAX(c->n, 1), sizeof(size_t));
	UpData data = {.samples = samples, .n_rows = c->n, .order = order, .n_features = c->d};
	UpFit fit = {
		.data = &data, .task = UP_TASK_CLUSTER, .params = q->params, .seed = c->seed, .n_features = c->d};
	UpValue *info = up_value_object();

	for (size_t i = 0; i < c->n; i++)
	{
		double *row = up_samples_add(samples);

		memcpy(row, x + i * c->d, c->d * sizeof(double));
		row[c->d] = 0;
		order[i] = i;
	}
	fit.info = info;
	q->learner->describe(q->learner->fit(&fit), info);
	return up_value_get(info, "inertia")->number;
}

/* The rows that silhouette and gap look at. */
static void
take_rows(Choosing *c)
{
	const UpData *data = &c->prepared->data;
	size_t *rows = up_alloc_array(UP_MAX(data->n_rows, 1), sizeof(size_t));
	UpRng rng;

	c->n = UP_MIN(data->n_rows, (size_t) c->params.sample);
	c->sampled = c->n < data->n_rows;
	c->d = data->n_features;
	for (size_t i = 0; i < data->n_rows; i++)
		rows[i] = i;
	up_rng_init(&rng, c->seed, SAMPLE_STREAM);
	if (c->sampled)
		up_rng_shuffle(&rng, rows, data->n_rows);
	up_reserve(2 * c->n * c->d * sizeof(double), "the rows of silhouette and gap");
	c->x = up_alloc_array(UP_MAX(c->n * c->d, 1), sizeof(double));
	for (size_t i = 0; i < c->n; i++)
	{
		if (i % 256 == 0)
			up_tick();
		up_data_rows(data, rows[i], 1, c->x + i * c->d);
	}
	up_free(rows);
}

/* ---- silhouettes of several clusterings ---- */

typedef struct Clustering
{
	uint32_t k;
	uint32_t *labels;
	size_t *counts;
	double *sums;
	double total;
} Clustering;

static Clustering
new_clustering(const Choosing *c, const UpModel *m, uint32_t k)
{
	Clustering g = {.k = k};
	double *clusters = up_alloc_array(UP_MAX(c->n, 1), sizeof(double));

	g.labels = up_alloc_array(UP_MAX(c->n, 1), sizeof(uint32_t));
	m->learner->predict(m->body, c->x, c->n, clusters);
	g.k = UP_MAX(up_clusters_dense(clusters, c->n), 1);
	g.counts = up_alloc0(g.k * sizeof(size_t));
	g.sums = up_alloc0(g.k * sizeof(double));
	for (size_t i = 0; i < c->n; i++)
		g.counts[g.labels[i] = (uint32_t) clusters[i]]++;
	up_free(clusters);
	return g;
}

static double
row_silhouette(const Clustering *g, uint32_t own)
{
	double inner, outer = INFINITY;

	if (g->counts[own] < 2)
		return 0;
	inner = g->sums[own] / (double) (g->counts[own] - 1);
	for (uint32_t k = 0; k < g->k; k++)
	{
		if (k != own)
			outer = UP_MIN(outer, g->sums[k] / (double) g->counts[k]);
	}
	return UP_MAX(inner, outer) > 0 ? (outer - inner) / UP_MAX(inner, outer) : 0;
}

static void
find_silhouettes(Choosing *c, Clustering *all, UpChoice *choices, uint32_t n)
{
	for (size_t i = 0; i < c->n; i++)
	{
		if (i % 100 == 0)
			up_progress("silhouette", i, c->n);
		up_tick();
		for (uint32_t g = 0; g < n; g++)
			memset(all[g].sums, 0, all[g].k * sizeof(double));
		for (size_t j = 0; j < c->n; j++)
		{
			double distance = sqrt(up_vec_sqdist(c->x + i * c->d, c->x + j * c->d, c->d));

			for (uint32_t g = 0; g < n; g++)
				all[g].sums[all[g].labels[j]] += distance;
		}
		for (uint32_t g = 0; g < n; g++)
			all[g].total += all[g].k > 1 ? row_silhouette(&all[g], all[g].labels[i]) : 0;
	}
	for (uint32_t g = 0; g < n; g++)
		choices[g].silhouette = all[g].k > 1 ? all[g].total / (double) c->n : NAN;
}

/* ---- gap ---- */

static void
draw_reference(const Choosing *c, const double *low, const double *high, uint32_t number, double *x)
{
	UpRng rng;

	up_rng_init(&rng, c->seed, FIRST_STREAM + number);
	for (size_t i = 0; i < c->n; i++)
	{
		for (uint32_t j = 0; j < c->d; j++)
			x[i * c->d + j] = low[j] + up_rng_double(&rng) * (high[j] - low[j]);
	}
}

static void
find_ranges(const Choosing *c, double *low, double *high)
{
	for (uint32_t j = 0; j < c->d; j++)
	{
		low[j] = INFINITY;
		high[j] = -INFINITY;
		for (size_t i = 0; i < c->n; i++)
		{
			low[j] = UP_MIN(low[j], c->x[i * c->d + j]);
			high[j] = UP_MAX(high[j], c->x[i * c->d + j]);
		}
	}
}

static void
find_gaps(Choosing *c, UpChoice *choices, uint32_t n)
{
	uint32_t references = (uint32_t) c->params.references;
	double *low = up_alloc_array(c->d, sizeof(double)), *high = up_alloc_array(c->d, sizeof(double)),
		   *x = up_alloc_array(c->n * c->d, sizeof(double)),
		   *logs = up_alloc_array((size_t) n * references, sizeof(double));

	find_ranges(c, low, high);
	for (uint32_t b = 0; b < references; b++)
	{
		draw_reference(c, low, high, b, x);
		for (uint32_t g = 0; g < n; g++)
		{
			UpArena *arena = up_arena_enter();

			up_stage("gap statistic", c->done++, c->total);
			up_arena_hush(arena);
			logs[(size_t) g * references + b] = log(inertia_of(c, x, choices[g].k));
			up_arena_leave(arena);
		}
	}
	for (uint32_t g = 0; g < n; g++)
	{
		const double *l = logs + (size_t) g * references;
		double mean = up_vec_sum(l, references) / references, spread = 0, w = choices[g].inertia;
		UpArena *arena = up_arena_enter();

		up_arena_hush(arena);
		if (c->sampled)
			w = inertia_of(c, c->x, choices[g].k);
		up_arena_leave(arena);
		for (uint32_t b = 0; b < references; b++)
			spread += (l[b] - mean) * (l[b] - mean);
		choices[g].gap = w > 0 && isfinite(mean) ? mean - log(w) : NAN;
		choices[g].gap_error =
			isfinite(choices[g].gap) ? sqrt(spread / references) * sqrt(1 + 1.0 / references) : NAN;
	}
}

/* ---- the choice ---- */

/* Whether the rule of the gap takes the first line. */
static bool
gap_takes_first(const UpChoice *choices, uint32_t n)
{
	return n > 1 && isfinite(choices[0].gap) && isfinite(choices[1].gap) &&
		   choices[0].gap >= choices[1].gap - choices[1].gap_error;
}

static void
choose(UpChoice *choices, uint32_t n)
{
	uint32_t best = 0;

	for (uint32_t g = 1; g < n; g++)
	{
		if (isfinite(choices[g].silhouette) &&
			(!isfinite(choices[best].silhouette) || choices[g].silhouette > choices[best].silhouette))
			best = g;
	}
	if (n > 0 && choices[0].k == 1 && choices[best].inertia > 0 && gap_takes_first(choices, n))
		best = 0;
	if (n > 0)
		choices[best].chosen = true;
}

UpChoice *
up_choose_k(const UpTraining *t, const UpValue *given, const UpValue *params, uint32_t k_min, uint32_t k_max,
			uint32_t *n)
{
	UpChoice *choices = up_alloc0((k_max - k_min + 1) * sizeof(UpChoice));
	Clustering *all = up_alloc_array(k_max - k_min + 1, sizeof(Clustering));
	Choosing c = {.t = t, .given = given};

	(void) up_params_parse(&choose_table, NULL, 0, params, "uprofile_choose_k", &c.params);
	c.prepared = up_train_prepare(t);
	c.seed = (uint64_t) c.prepared->model->seed;
	take_rows(&c);
	c.total = (uint64_t) (k_max - k_min + 1) * (1 + (uint64_t) c.params.references);
	*n = 0;
	for (uint32_t k = k_min; k <= k_max; k++)
	{
		UpArena *arena = up_arena_enter();
		UpRequest *q = request_of(&c, k, false);
		UpModel *m;
		UpValue *info = up_value_object();

		up_stage("clusters", c.done++, c.total);
		up_arena_hush(arena);
		m = up_train_prepared(c.prepared, q, false);
		m->learner->describe(m->body, info);
		if (*n > 0 && up_value_get(info, "k")->number < k)
		{
			up_arena_leave(arena);
			break;
		}
		choices[*n].k = (uint32_t) up_value_get(info, "k")->number;
		choices[*n].inertia = up_value_get(info, "inertia")->number;
		up_arena_suspend(arena);
		all[(*n)++] = new_clustering(&c, m, k);
		up_arena_resume(arena);
		up_arena_leave(arena);
	}
	find_silhouettes(&c, all, choices, *n);
	find_gaps(&c, choices, *n);
	up_stage(NULL, 0, 0);
	choose(choices, *n);
	return choices;
}
