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
 * Trainings on references are shared out to workers, each as a whole; those on all rows share out their passes.
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
#define SETS_AT_ONCE   4 /* of references, between two looks at how far it is */
/* Of a feature of a row beside a centre, in a training of references, about. */
#define SECONDS_A_VALUE 2e-8

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
request_of(const UpLearner *learner, const UpValue *params, uint32_t k, bool reference)
{
	UpValue *given = up_value_copy(params), *runs = up_value_get(given, "n_init");

	up_value_set(given, "k", up_value_number(k));
	if (reference)
		up_value_set(given, "n_init",
					 up_value_number(runs != NULL ? UP_MIN(runs->number, REFERENCE_RUNS) : REFERENCE_RUNS));
	return up_request_parse(learner, given);
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

static UpClustering
new_clustering(const Choosing *c, const UpModel *m)
{
	double *clusters = up_alloc_array(UP_MAX(c->n, 1), sizeof(double));

	m->learner->predict(m->body, c->x, c->n, clusters);
	return (UpClustering){UP_MAX(up_clusters_dense(clusters, c->n), 1), clusters};
}

static void
find_silhouettes(const Choosing *c, const UpClustering *all, UpChoice *choices, uint32_t n)
{
	double *of_rows = up_alloc_array(UP_MAX(c->n * n, 1), sizeof(double));

	up_stage("silhouette", c->done, c->total);
	up_row_silhouettes(c->n, c->d, c->x, all, n, of_rows);
	for (uint32_t g = 0; g < n; g++)
	{
		double total = 0;

		for (size_t i = 0; i < c->n; i++)
			total += of_rows[i * n + g];
		choices[g].silhouette = all[g].k > 1 ? total / (double) c->n : NAN;
	}
	up_free(of_rows);
}

/* ---- gap ---- */

/* Trainings as parts: each of one k, on one set of references or, after these, on the rows themselves. */
typedef struct GapJob
{
	size_t n, given;
	uint32_t d, n_choices, references, first; /* of the sets */
	uint16_t learner;
	uint64_t seed;
} GapJob;

enum
{
	ROWS,
	LOW, /* d: the range of each feature */
	HIGH,
	GIVEN, /* the parameters as bytes */
	KS,    /* n_choices */
	LOGS,  /* a row of n_choices for each set of references, and for the rows */
	N_ARRAYS
};

static void
draw_reference(const GapJob *job, void *const *arrays, uint32_t number, double *x)
{
	const double *low = arrays[LOW], *high = arrays[HIGH];
	UpRng rng;

	up_rng_init(&rng, job->seed, FIRST_STREAM + number);
	for (size_t i = 0; i < job->n; i++)
	{
		for (uint32_t j = 0; j < job->d; j++)
			x[i * job->d + j] = low[j] + up_rng_double(&rng) * (high[j] - low[j]);
	}
}

/* A clustering of rows as they are; its inertia. */
static double
inertia_of(const GapJob *job, const double *x, const UpRequest *q)
{
	UpSamples *samples = up_samples_new(job->d);
	size_t *order = up_alloc_array(UP_MAX(job->n, 1), sizeof(size_t));
	UpData data = {.samples = samples, .n_rows = job->n, .order = order, .n_features = job->d};
	UpFit fit = {
		.data = &data, .task = UP_TASK_CLUSTER, .params = q->params, .seed = job->seed, .n_features = job->d};
	UpValue *info = up_value_object();

	for (size_t i = 0; i < job->n; i++)
	{
		double *row = up_samples_add(samples);

		memcpy(row, x + i * job->d, job->d * sizeof(double));
		row[job->d] = 0;
		order[i] = i;
	}
	fit.info = info;
	q->learner->describe(q->learner->fit(&fit), info);
	return up_value_get(info, "inertia")->number;
}

static void
gap_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const GapJob *job = fixed;
	/* What takes longest comes first. */
	uint32_t b = job->first + part / job->n_choices, g = job->n_choices - 1 - part % job->n_choices;
	UpArena *arena = up_arena_enter();
	const double *x = arrays[ROWS];
	UpReader r;

	up_arena_hush(arena);
	if (b < job->references)
	{
		double *drawn = up_alloc_array(UP_MAX(job->n * job->d, 1), sizeof(double));

		draw_reference(job, arrays, b, drawn);
		x = drawn;
	}
	up_reader_init(&r, arrays[GIVEN], job->given, "parameters");
	((double *) arrays[LOGS])[(size_t) b * job->n_choices + g] = log(inertia_of(
		job, x,
		request_of(up_learner_by_number(job->learner), up_get_value(&r), ((uint32_t *) arrays[KS])[g], true)));
	up_arena_leave(arena);
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

/* The logarithms of the inertia of each k: a row for each set of references, and where the rows are a sample one for them. */
static double *
find_logs(Choosing *c, const UpChoice *choices, uint32_t n)
{
	uint32_t sets = (uint32_t) c->params.references + c->sampled;
	GapJob job = {.n = c->n,
				  .d = c->d,
				  .n_choices = n,
				  .references = (uint32_t) c->params.references,
				  .learner = c->t->request->learner->number,
				  .seed = c->seed};
	void *arrays[N_ARRAYS];
	double *logs = up_alloc_array((size_t) sets * n, sizeof(double)), work = (double) c->n * c->d * sets;
	uint32_t *ks;
	UpWriter w;

	up_writer_init(&w);
	up_put_value(&w, c->given);
	job.given = w.len;
	up_workers_begin(work * n * choices[n - 1].k * SECONDS_A_VALUE);
	arrays[ROWS] =
		memcpy(up_alloc_large_array(c->n * c->d, sizeof(double)), c->x, c->n * c->d * sizeof(double));
	arrays[LOW] = up_alloc_large_array(c->d, sizeof(double));
	arrays[HIGH] = up_alloc_large_array(c->d, sizeof(double));
	arrays[GIVEN] = memcpy(up_alloc_large(w.len), w.bytes, w.len);
	arrays[KS] = ks = up_alloc_large_array(n, sizeof(uint32_t));
	arrays[LOGS] = up_alloc_large_array((size_t) sets * n, sizeof(double));
	find_ranges(c, arrays[LOW], arrays[HIGH]);
	for (uint32_t g = 0; g < n; g++)
		ks[g] = choices[g].k;
	for (; job.first < sets; job.first += SETS_AT_ONCE)
	{
		up_stage("gap statistic", c->done + (uint64_t) job.first * n, c->total);
		up_parallel(UP_MIN(SETS_AT_ONCE, sets - job.first) * n, gap_part, &job, sizeof(job), arrays, N_ARRAYS);
	}
	memcpy(logs, arrays[LOGS], (size_t) sets * n * sizeof(double));
	for (int a = 0; a < N_ARRAYS; a++)
		up_free_large(arrays[a]);
	up_workers_end();
	return logs;
}

static void
find_gaps(Choosing *c, UpChoice *choices, uint32_t n)
{
	uint32_t references = (uint32_t) c->params.references;
	double *logs = find_logs(c, choices, n), *l = up_alloc_array(references, sizeof(double));

	for (uint32_t g = 0; g < n; g++)
	{
		double mean, spread = 0, w = c->sampled ? logs[(size_t) references * n + g] : log(choices[g].inertia);

		for (uint32_t b = 0; b < references; b++)
			l[b] = logs[(size_t) b * n + g];
		mean = up_vec_sum(l, references) / references;
		for (uint32_t b = 0; b < references; b++)
			spread += (l[b] - mean) * (l[b] - mean);
		choices[g].gap = isfinite(w) && isfinite(mean) ? mean - w : NAN;
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
	UpClustering *all = up_alloc_array(k_max - k_min + 1, sizeof(UpClustering));
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
		UpRequest *q = request_of(t->request->learner, given, k, false);
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
		all[(*n)++] = new_clustering(&c, m);
		up_arena_resume(arena);
		up_arena_leave(arena);
	}
	find_silhouettes(&c, all, choices, *n);
	find_gaps(&c, choices, *n);
	up_stage(NULL, 0, 0);
	choose(choices, *n);
	return choices;
}
