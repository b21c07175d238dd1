/*
 * kmeans.c - k-means: k centres that minimize the squared distances of the rows to their nearest centre
 *
 * Minimizes inertia = sum over rows x of min over c of |x - m_c|^2. Of n_init runs from different first centres
 * (kmeans_run.h), each brought to a local minimum by Lloyd's iterations, the one with the least
 * inertia is kept. Clusters are numbered by descending size, equal sizes by their centres' coordinates, or as they were in
 * the version before (assess/clusters.h). The greedy seeding, tol (times the mean column variance, about the shift) and the
 * stopping rule are those of scikit-learn's KMeans.
 *
 * Shapes: centres k × d, row-major, kept minus the shift of the training data (kmeans_run.c): a prediction repeats the
 * arithmetic of training, so that the rows trained on get the clusters that the sizes count. Cost: n k d
 * multiply-adds for the rows that an iteration reads; memory n (10 d + 8) bytes, and
 * 8 n more where first centres are drawn by distance.
 */
#include "learn/kmeans/kmeans_run.h"

#include "learn/kmeans/cluster_numbers.h"
#include "num/assignment.h"
#include "prep/pipeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ITERATIONS 1000000
#define MAX_RUNS       1000

/* A run must be better than the best by this share: the last digits depend on the order of additions. */
#define CLEARLY_BETTER (1 - 1e-12)

#define ALL_LOOKED_AT 10   /* iterations that look at most rows */
#define A_SECOND      1e10 /* multiply-adds */

/* Renumbering moves rows that are equally far from two centres; each round makes larger clusters larger. */
#define RENUMBER_ROUNDS 8

typedef struct KmeansParams
{
	int64_t k;
	int64_t n_init;
	int64_t max_iter;
	double tol;
	UpValue *init;
} KmeansParams;

typedef enum Init
{
	INIT_GREEDY,
	INIT_RANDOM,
	INIT_GIVEN
} Init;

#define UP_PARAMS_OF KmeansParams
static const UpParam kmeans_params[] = {
	UP_INT_PARAM("k", k, "8", 1, UP_KMEANS_LIMIT, "number of clusters"),
	UP_INT_PARAM("n_init", n_init, "10", 1, MAX_RUNS,
				 "runs with different first centres, of which the best is kept"),
	UP_INT_PARAM("max_iter", max_iter, "300", 1, MAX_ITERATIONS, "the most iterations of a run"),
	UP_REAL_PARAM("tol", tol, "0.0001", 0, 1e100,
				  "a run ends when the squared shift of the centres is at most tol times the mean variance of "
				  "the columns, which is about the median where few rows are far from all others"),
	UP_TREE_PARAM("init", init, "k-means++", "\"k-means++\", \"random\" or array of k arrays of numbers",
				  "the first centres: drawn by squared distance, drawn evenly, or given (one run)"),
};

static Init
init_of(const UpValue *v)
{
	if (v == NULL || v->type == UP_NULL)
		return INIT_GREEDY;
	if (v->type == UP_ARRAY)
		return INIT_GIVEN;
	if (v->type == UP_STRING && strcmp(v->string, "k-means++") == 0)
		return INIT_GREEDY;
	if (v->type == UP_STRING && strcmp(v->string, "random") == 0)
		return INIT_RANDOM;
	up_fail_with(UP_INVALID_PARAMETER,
				 up_format("Expected \"k-means++\", \"random\" or an array of k arrays of numbers, found %s.",
						   up_value_text(v)),
				 NULL, "invalid value of parameter \"init\" of algorithm \"kmeans\"");
}

/* The given centres as a k × d array. */
static double *
given_centres(const UpValue *init, uint32_t k, uint32_t d)
{
	double *centres = up_alloc_array((size_t) k * UP_MAX(d, 1), sizeof(double));

	if (init->n != k)
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Give one array of numbers for each of the k clusters.",
					 "parameter \"init\" has %u centres, but k is %u", init->n, k);
	for (uint32_t c = 0; c < k; c++)
	{
		const UpValue *centre = init->items[c];

		if (centre->type != UP_ARRAY)
			up_fail_with(UP_INVALID_PARAMETER, NULL, "Give one array of numbers for each of the k clusters.",
						 "centre %u of parameter \"init\" is a %s, not an array", c + 1,
						 up_value_type_name(centre));
		if (centre->n != d)
			up_fail_with(UP_INVALID_PARAMETER, NULL, "Give one number for each feature.",
						 "centre %u of parameter \"init\" has %u numbers, but there are %u features", c + 1,
						 centre->n, d);
		for (uint32_t j = 0; j < d; j++)
		{
			if (centre->items[j]->type != UP_NUMBER || !isfinite(centre->items[j]->number))
				up_fail_with(UP_INVALID_PARAMETER, NULL, NULL,
							 "centre %u of parameter \"init\" has an element that is not a finite number: %s",
							 c + 1, up_value_text(centre->items[j]));
			centres[(size_t) c * d + j] = centre->items[j]->number;
		}
	}
	return centres;
}

/* Fewer clusters than asked for: noted in the model with a warning, or a failure where the caller is strict. */
static void
lower_k(const UpFit *fit, UpArena *arena, uint32_t k, uint32_t found, const char *why)
{
	char *what;

	if (fit->strict)
		up_fail_with(UP_INVALID_DATA, NULL, up_format("Use a k of at most %u.", found),
					 "k-means with k = %u is not possible: %u is %s", k, found, why);
	up_arena_suspend(arena);
	what = up_format("k was lowered from %u to %u, %s", k, found, why);
	up_value_set(fit->info, "note", up_value_string(what));
	up_arena_resume(arena);
	up_warn("Use a smaller k, or more rows.", "%s", what);
}

static UpKmeansRun
new_run(uint32_t k, uint32_t d)
{
	UpKmeansRun run = {.k = k};

	run.centres = up_alloc0((size_t) k * UP_MAX(d, 1) * sizeof(double));
	run.sizes = up_alloc0(k * sizeof(uint64_t));
	return run;
}

/* Brings the centres of this run to a local minimum; its first centres come from its own stream of numbers. */
static void
do_run(const UpFit *fit, UpKmeansRows *rows, Init init, const double *given, uint32_t number, uint32_t n_runs,
	   UpKmeansRun *run)
{
	const KmeansParams *params = fit->params;
	UpKmeansLimits limits = {0};
	UpRng rng;

	limits.tol = params->tol * rows->mean_variance;
	limits.max_iter = (uint32_t) params->max_iter;
	limits.done = (uint64_t) (number - 1) * limits.max_iter;
	limits.total = (uint64_t) n_runs * limits.max_iter;
	up_progress("k-means", limits.done, limits.total);
	up_rng_init(&rng, fit->seed, number);
	if (init == INIT_GIVEN)
	{
		for (uint32_t c = 0; c < run->k; c++)
			for (uint32_t j = 0; j < rows->d; j++)
				run->centres[(size_t) c * rows->d + j] = given[(size_t) c * rows->d + j] - rows->shift[j];
	}
	else if (init == INIT_RANDOM)
		up_kmeans_seed_random(rows, run->k, &rng, run->centres);
	else
		/* Different rows can be so close that their squared distance is 0: found are fewer. */
		run->k = up_kmeans_seed_greedy(rows, run->k, &rng, run->centres);
	up_kmeans_lloyd(rows, &limits, run);
}

typedef struct Ranked
{
	const double *centre;
	uint64_t size;
	uint32_t d;
} Ranked;

static int
compare_ranked(const void *a, const void *b)
{
	const Ranked *x = a, *y = b;

	if (x->size != y->size)
		return x->size > y->size ? -1 : 1;
	for (uint32_t j = 0; j < x->d; j++)
	{
		if (x->centre[j] != y->centre[j])
			return x->centre[j] < y->centre[j] ? -1 : 1;
	}
	return 0;
}

/* Numbers the clusters by descending size; true if any number changed. */
static bool
renumber(UpKmeansRun *run, uint32_t d)
{
	size_t values = (size_t) run->k * UP_MAX(d, 1);
	double *old = up_alloc_array(values, sizeof(double));
	Ranked *ranked = up_alloc_array(run->k, sizeof(Ranked));
	bool changed = false;

	memcpy(old, run->centres, values * sizeof(double));
	for (uint32_t c = 0; c < run->k; c++)
		ranked[c] = (Ranked){.centre = old + (size_t) c * d, .size = run->sizes[c], .d = d};
	qsort(ranked, run->k, sizeof(Ranked), compare_ranked);
	for (uint32_t c = 0; c < run->k; c++)
	{
		changed = changed || ranked[c].centre != old + (size_t) c * d;
		memcpy(run->centres + (size_t) c * d, ranked[c].centre, d * sizeof(double));
		run->sizes[c] = ranked[c].size;
	}
	up_free(ranked);
	up_free(old);
	return changed;
}

/* A trained clustering. */
typedef struct Kmeans
{
	uint32_t d;
	double *shift; /* d */
	UpNearest nearest;
	UpClusters clusters; /* numbers: one a centre, or NULL */
	uint32_t n_runs;
	uint32_t best_run; /* from 1 */
	UpKmeansRun run;
} Kmeans;

/* Makes the centres ready to be asked. */
static void
make_ready(Kmeans *body)
{
	up_nearest_init(&body->nearest, body->run.k, body->d);
	up_nearest_set(&body->nearest, body->run.centres, body->run.k);
}

/* How long one process takes: passes that look at all centres, of seeding and of iterations. */
static double
seconds_of(const KmeansParams *params, size_t n, uint32_t d)
{
	double k = (double) params->k, passes = 3 + log(k) + UP_MIN((double) params->max_iter, ALL_LOOKED_AT);

	return (double) params->n_init * passes * k * (double) n * (d + 4.0) / A_SECOND;
}

static void *
kmeans_fit(const UpFit *fit)
{
	const KmeansParams *params = fit->params;
	uint32_t k = (uint32_t) params->k, d = fit->n_features, distinct;
	Init init = init_of(params->init);
	uint32_t n_runs = init == INIT_GIVEN ? 1 : (uint32_t) params->n_init;
	Kmeans *body = up_alloc0(sizeof(Kmeans));
	UpArena *arena = up_arena_enter();
	UpKmeansRows *rows;
	UpKmeansRun run, best = {0};
	double *given = NULL;

	if (fit->data->n_rows == 0)
		up_fail(UP_INVALID_DATA, "there is no row to train on");
	if (init == INIT_GIVEN)
		given = given_centres(params->init, k, d);
	up_workers_begin(seconds_of(params, fit->data->n_rows, d));
	rows = up_kmeans_load(fit->data, "k-means");
	distinct = up_kmeans_distinct(rows, (uint32_t) UP_MIN(k, fit->data->n_rows));
	if (distinct < k)
		lower_k(fit, arena, k, distinct, "the number of distinct rows");
	k = distinct;
	for (uint32_t number = 1; number <= n_runs; number++)
	{
		run = new_run(k, d);
		do_run(fit, rows, init, given, number, n_runs, &run);
		if (number == 1 || run.inertia < best.inertia * CLEARLY_BETTER)
		{
			best = run;
			body->best_run = number;
		}
	}
	/* Without rows in the middle it is the same rows by other numbers. */
	for (int round = 0; round < RENUMBER_ROUNDS && renumber(&best, d) && best.ties > 0; round++)
		up_kmeans_score(rows, &best);
	up_workers_end();
	if (best.k < k)
		lower_k(fit, arena, k, best.k, "the number of rows with a distance above 0 to each other");

	up_arena_suspend(arena);
	body->d = d;
	body->n_runs = n_runs;
	body->run = best;
	body->run.centres = up_alloc_array((size_t) best.k * UP_MAX(d, 1), sizeof(double));
	memcpy(body->run.centres, best.centres, (size_t) best.k * d * sizeof(double));
	body->run.sizes = up_alloc_array(best.k, sizeof(uint64_t));
	memcpy(body->run.sizes, best.sizes, best.k * sizeof(uint64_t));
	body->clusters = (UpClusters){best.k, NULL, best.k};
	body->shift = up_alloc_array(UP_MAX(d, 1), sizeof(double));
	memcpy(body->shift, rows->shift, d * sizeof(double));
	make_ready(body);
	up_arena_resume(arena);
	up_arena_leave(arena);
	return body;
}

static uint32_t
number_of(const Kmeans *body, uint32_t cluster)
{
	return up_cluster_number(&body->clusters, cluster);
}

static void
kmeans_predict(const void *p, const double *x, size_t n, double *out)
{
	const Kmeans *body = p;
	size_t work = 0;

	for (size_t i = 0; i < n; i++)
	{
		up_tick_work(&work, (size_t) body->run.k * body->d + 8);
		out[i] = number_of(body, up_vec_nearest_one(&body->nearest, x + i * body->d, body->shift));
	}
}

/* ---- numbers of clusters ---- */

static UpClusters
kmeans_clusters(const void *p)
{
	return ((const Kmeans *) p)->clusters;
}

static void
kmeans_set_numbers(void *p, const UpClusters *clusters)
{
	Kmeans *body = p;

	UP_ASSERT(clusters->k == body->run.k);
	body->clusters = up_cluster_numbers_copy(clusters);
}

static void
kmeans_centre(const void *p, uint32_t cluster, double *out)
{
	const Kmeans *body = p;

	for (uint32_t j = 0; j < body->d; j++)
		out[j] = body->run.centres[(size_t) cluster * body->d + j] + body->shift[j];
}

static void
kmeans_write(const void *p, UpWriter *w)
{
	const Kmeans *body = p;
	const UpKmeansRun *run = &body->run;

	up_put_u32(w, run->k);
	up_put_f64(w, run->inertia);
	up_put_u32(w, run->iterations);
	up_put_u8(w, run->converged);
	up_put_u32(w, body->n_runs);
	up_put_u32(w, body->best_run);
	up_put_f64_array(w, body->shift, body->d);
	up_put_f64_array(w, run->centres, (size_t) run->k * body->d);
	for (uint32_t c = 0; c < run->k; c++)
		up_put_u64(w, run->sizes[c]);
	up_put_cluster_numbers(w, &body->clusters);
}

static void *
kmeans_read(UpReader *r, const UpShape *shape)
{
	Kmeans *body = up_alloc0(sizeof(Kmeans));
	UpKmeansRun *run = &body->run;
	uint32_t d = shape->n_features;
	size_t values;

	run->k = up_get_count(r, ((size_t) d + 1) * sizeof(double), UP_KMEANS_LIMIT, "clusters");
	if (run->k == 0)
		up_corrupt(r, "k-means without a cluster");
	values = (size_t) run->k * d;
	run->inertia = up_get_f64(r);
	run->iterations = up_get_u32(r);
	run->converged = up_get_bool(r);
	body->n_runs = up_get_u32(r);
	body->best_run = up_get_u32(r);
	if (run->inertia < 0 || run->iterations < 1 || run->iterations > MAX_ITERATIONS || body->best_run < 1 ||
		body->best_run > body->n_runs || body->n_runs > MAX_RUNS)
		up_corrupt(r, "k-means with impossible numbers");
	body->d = d;
	body->shift = up_alloc_array(UP_MAX(d, 1), sizeof(double));
	up_get_f64_array(r, body->shift, d);
	run->centres = up_alloc_array(UP_MAX(values, 1), sizeof(double));
	up_get_f64_array(r, run->centres, values);
	for (size_t i = 0; i < values; i++)
	{
		if (!isfinite(run->centres[i] + body->shift[i % d]))
			up_corrupt(r, "k-means with a centre that is not finite");
	}
	run->sizes = up_alloc_array(run->k, sizeof(uint64_t));
	for (uint32_t c = 0; c < run->k; c++)
	{
		run->sizes[c] = up_get_u64(r);
		if (run->sizes[c] > INT64_MAX / UP_KMEANS_LIMIT)
			up_corrupt(r, "k-means with an impossible cluster size");
	}
	body->clusters = up_get_cluster_numbers(r, run->k);
	make_ready(body);
	return body;
}

static void
kmeans_describe(const void *p, UpValue *info)
{
	const Kmeans *body = p;
	const UpKmeansRun *run = &body->run;
	UpValue *sizes = up_value_array(), *centres = up_value_array(), *numbers = up_value_array();
	uint32_t *position = up_clusters_by_number(&body->clusters);

	for (uint32_t i = 0; i < run->k; i++)
	{
		uint32_t c = position[i];
		UpValue *centre = up_value_array();

		for (uint32_t j = 0; j < body->d; j++)
			up_value_append(centre, up_value_number(run->centres[(size_t) c * body->d + j] + body->shift[j]));
		up_value_append(centres, centre);
		up_value_append(sizes, up_value_number((double) run->sizes[c]));
		up_value_append(numbers, up_value_number(number_of(body, c)));
	}
	up_free(position);
	up_value_set(info, "k", up_value_number(run->k));
	up_value_set(info, "inertia", up_value_number(run->inertia));
	up_value_set(info, "iterations", up_value_number(run->iterations));
	up_value_set(info, "converged", up_value_bool(run->converged));
	up_value_set(info, "runs", up_value_number(body->n_runs));
	up_value_set(info, "best_run", up_value_number(body->best_run));
	if (body->clusters.numbers != NULL)
		up_value_set(info, "numbers", numbers);
	up_value_set(info, "sizes", sizes);
	up_value_set(info, "centres", centres);
}

/* ---- moves trained centres towards more rows ---- */

/*
 * Mini-batch k-means (Sculley 2010): the rows, in an order that the seed decides, come in batches; each goes to its nearest centre
 * as it was before the batch, whose count v grows by one, and the centre moves by 1 / v of the way to it. So a centre is the mean
 * of all rows that were ever given to it, and old ones weigh as much as new ones. Clusters keep their numbers.
 *
 * Cost: O(rows k d).
 */

#define BATCH 1024

static Kmeans *
copy_of(const Kmeans *from)
{
	Kmeans *body = up_alloc(sizeof(Kmeans));
	size_t values = (size_t) from->run.k * from->d;

	*body = *from;
	body->run.centres = up_alloc_array(UP_MAX(values, 1), sizeof(double));
	memcpy(body->run.centres, from->run.centres, values * sizeof(double));
	body->run.sizes = up_alloc_array(from->run.k, sizeof(uint64_t));
	memcpy(body->run.sizes, from->run.sizes, from->run.k * sizeof(uint64_t));
	make_ready(body);
	return body;
}

/* x: n rows; labels: space for as many. Returns the sum of their squared distances to the centres before. */
static double
learn_batch(Kmeans *body, const double *x, size_t n, uint32_t *labels)
{
	uint32_t d = body->d;
	double inertia = 0;

	for (size_t i = 0; i < n; i++)
	{
		labels[i] = up_vec_nearest_one(&body->nearest, x + i * d, body->shift);
		UP_ASSERT(labels[i] < body->run.k);
	}
	for (size_t i = 0; i < n; i++)
	{
		double *centre = body->run.centres + (size_t) labels[i] * d;
		double share = 1 / (double) ++body->run.sizes[labels[i]];

		for (uint32_t j = 0; j < d; j++)
		{
			double gap = x[i * d + j] - body->shift[j] - centre[j];

			inertia += gap * gap;
			centre[j] += gap * share;
		}
	}
	up_nearest_set(&body->nearest, body->run.centres, body->run.k);
	return inertia;
}

static void *
kmeans_update(const void *old, const UpFit *fit)
{
	Kmeans *body = copy_of(old);
	const UpData *data = fit->data;
	size_t n = data->n_rows;
	size_t *positions = up_alloc_array(UP_MAX(n, 1), sizeof(size_t));
	double *x = up_alloc_array((size_t) BATCH * UP_MAX(body->d, 1), sizeof(double)), inertia = 0;
	uint32_t *labels = up_alloc_array(BATCH, sizeof(uint32_t));
	UpRng rng;

	for (size_t i = 0; i < n; i++)
		positions[i] = i;
	up_rng_init(&rng, fit->seed, 1);
	up_rng_shuffle(&rng, positions, n);
	for (size_t first = 0; first < n; first += BATCH)
	{
		size_t rows = UP_MIN(BATCH, n - first);

		up_progress("k-means: rows", first, n);
		for (size_t i = 0; i < rows; i++)
			up_data_rows(data, positions[first + i], 1, x + i * body->d);
		inertia += learn_batch(body, x, rows, labels);
	}
	for (size_t i = 0; i < (size_t) body->run.k * body->d; i++)
	{
		if (!isfinite(body->run.centres[i]))
			up_fail_with(UP_INVALID_DATA, NULL, "Scale the features.",
						 "updating the centres of k-means left the range of numbers");
	}
	/* Of all rows, as far as it can be known without the old ones. */
	body->run.inertia += inertia;
	up_value_set(fit->info, "update_inertia", up_value_number(inertia));
	up_free(positions);
	up_free(x);
	up_free(labels);
	return body;
}

/* ---- clusters in words ---- */

static char *
kmeans_show(const void *p, const UpNames *what)
{
	const Kmeans *body = p;
	const UpPipeline *pipeline = what->pipeline;
	UpValue *names = up_pipeline_feature_names(pipeline);
	double *centre = up_alloc_array(UP_MAX(body->d, 1), sizeof(double)), rows = 0;
	uint32_t *position;
	UpText out;

	up_text_init(&out);
	for (uint32_t c = 0; c < body->run.k; c++)
		rows += (double) body->run.sizes[c];
	position = up_clusters_by_number(&body->clusters);
	for (uint32_t i = 0; i < body->run.k; i++)
	{
		uint32_t c = position[i];
		double size = (double) body->run.sizes[c];

		up_tick();
		for (uint32_t j = 0; j < body->d; j++)
			centre[j] =
				up_pipeline_invert(pipeline, j, body->run.centres[(size_t) c * body->d + j] + body->shift[j]);
		up_text_add(&out, up_format("cluster %u: %.0f rows (%.1f %%)\n", number_of(body, c), size,
									rows > 0 ? 100 * size / rows : 0));
		up_add_cluster_centre(&out, pipeline, names, centre);
	}
	up_free(position);
	up_free(centre);
	return out.bytes;
}

/*
 * Each centre of the part with fewer goes to another one of the other part, so that the squared distances have the least sum, and both
 * become the centre of their rows. Centres that are left stay as they are.
 */
static uint32_t *
pair_centres(const Kmeans *few, const Kmeans *many)
{
	uint32_t *pair = up_alloc_array(few->run.k, sizeof(uint32_t));
	double *value = up_alloc_array((size_t) few->run.k * many->run.k, sizeof(double));

	for (uint32_t i = 0; i < few->run.k; i++)
	{
		up_tick();
		for (uint32_t c = 0; c < many->run.k; c++)
		{
			double square = 0;

			for (uint32_t j = 0; j < few->d; j++)
			{
				double by = few->run.centres[(size_t) i * few->d + j] + few->shift[j] -
							many->run.centres[(size_t) c * many->d + j] - many->shift[j];

				square += by * by;
			}
			value[(size_t) i * many->run.k + c] = -UP_MIN(square, 1e300);
		}
	}
	up_assign(value, few->run.k, many->run.k, pair);
	up_free(value);
	return pair;
}

static void *
kmeans_average(const void *p, double rows_p, const void *q, double rows_q)
{
	const Kmeans *few = p, *many = q;
	Kmeans *m = up_alloc0(sizeof(Kmeans));
	uint32_t *pair;

	/* The sizes of the clusters say more than all rows of a part. */
	(void) rows_p;
	(void) rows_q;
	if (few->run.k > many->run.k)
	{
		many = p;
		few = q;
	}
	*m = *many;
	m->run.inertia = few->run.inertia + many->run.inertia;
	m->run.iterations = UP_MAX(few->run.iterations, many->run.iterations);
	m->run.converged = few->run.converged && many->run.converged;
	m->clusters = (UpClusters){m->run.k, NULL, m->run.k};
	m->run.centres = up_alloc_array(UP_MAX((size_t) m->run.k * m->d, 1), sizeof(double));
	m->run.sizes = up_alloc_array(m->run.k, sizeof(uint64_t));
	memcpy(m->run.centres, many->run.centres, (size_t) m->run.k * m->d * sizeof(double));
	memcpy(m->run.sizes, many->run.sizes, m->run.k * sizeof(uint64_t));
	pair = pair_centres(few, many);
	for (uint32_t i = 0; i < few->run.k; i++)
	{
		double *centre = m->run.centres + (size_t) pair[i] * m->d;
		double share =
			(double) few->run.sizes[i] / UP_MAX((double) (few->run.sizes[i] + m->run.sizes[pair[i]]), 1);
		double square = 0;

		/* Rows stand about a centre as they did about their own, and as far from it as that has moved. */
		for (uint32_t j = 0; j < m->d; j++)
		{
			double gap = few->run.centres[(size_t) i * m->d + j] + few->shift[j] - m->shift[j] - centre[j];

			square += gap * gap;
			centre[j] += share * gap;
		}
		m->run.inertia += share * (double) m->run.sizes[pair[i]] * square;
		m->run.sizes[pair[i]] += few->run.sizes[i];
	}
	(void) renumber(&m->run, m->d);
	make_ready(m);
	return m;
}

extern const UpLearner up_kmeans;

const UpLearner up_kmeans = {
	.name = "kmeans",
	.number = 2,
	.abilities = UP_L_CLUSTER | UP_L_SCALE,
	.help = "segments rows into k clusters around centres (k-means++ and Lloyd's iterations)",
	.params = {kmeans_params, UP_LENGTH(kmeans_params)},
	.params_size = sizeof(KmeansParams),
	.fit = kmeans_fit,
	.predict = kmeans_predict,
	.write = kmeans_write,
	.read = kmeans_read,
	.describe = kmeans_describe,
	.show = kmeans_show,
	.update = kmeans_update,
	.average = kmeans_average,
	.clusters = kmeans_clusters,
	.set_numbers = kmeans_set_numbers,
	.centre = kmeans_centre,
};
