/*
 * gmm.c - Gaussian mixtures: rows as drawn from k normal distributions, to each of which a row belongs with a probability
 *
 * Maximizes the log-likelihood sum over rows x of log sum over c of w_c N(x; mu_c, S_c) by expectation-maximization (gmm_run.h)
 * from the clusters of k-means, of n_init runs the best. Components are numbered by descending weight, equal ones by their means, or as
 * they were in the version before (assess/clusters.h). Likelihoods are of the features as the learner sees them, scaled if they
 * are. With p parameters and n rows AIC = 2 p - 2 n L and BIC = p log n - 2 n L, L the mean log-likelihood (Schwarz 1978).
 *
 * Shapes: means k × d, minus the shift of the rows of k-means (kmeans_run.h); covariances as gmm_run.h has them. Memory
 * that of those rows (kmeans.c), and of full covariances 24 k d^2.
 */
#include "learn/kmeans/gmm_run.h"

#include "learn/kmeans/cluster_numbers.h"
#include "learn/kmeans/kmeans_run.h"
#include "num/vec.h"
#include "prep/pipeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_COMPONENTS 4096
#define MAX_ITERATIONS  1000000
#define MAX_RUNS        1000
#define KMEANS_TOL      1e-4
#define KMEANS_ROUNDS   300
#define STARTS          4 /* of k-means in a run: the best of them, after a few rounds, goes on */
#define START_ROUNDS    5
#define START_ROWS      16384 /* of many rows so many, or this for each cluster, are enough for it */
#define START_ROWS_EACH 256

#define USUAL_ITERATIONS 20
#define A_SECOND         5e9 /* multiply-adds */

#define CLEARLY_BETTER 1e-12 /* of the log-likelihood: last digits depend on the order of additions */

typedef struct GmmParams
{
	int64_t k;
	int type; /* UpCovariance */
	int64_t n_init;
	int64_t max_iter;
	double tol;
	double reg_covar;
} GmmParams;

static const char *const type_names[] = {"full", "tied", "diag", "spherical", NULL};

#define UP_PARAMS_OF GmmParams
static const UpParam gmm_params[] = {
	UP_INT_PARAM("k", k, "8", 1, MOST_COMPONENTS, "number of components"),
	UP_CHOICE_PARAM(
		"covariance_type", type, "full", type_names,
		"full: each component has its own covariances; tied: all have the same; diag: variances alone; "
		"spherical: one variance"),
	UP_INT_PARAM("n_init", n_init, "1", 1, MAX_RUNS,
				 "runs from different clusters of k-means, of which the best is kept"),
	UP_INT_PARAM("max_iter", max_iter, "100", 1, MAX_ITERATIONS, "the most iterations of a run"),
	UP_REAL_PARAM("tol", tol, "0.001", 0, 1e100,
				  "a run ends when the mean log-likelihood of a row changes by less"),
	UP_REAL_PARAM("reg_covar", reg_covar, "0.000001", 0, 1e100,
				  "added to variances, so that they stay positive"),
};

typedef struct Gmm
{
	uint32_t d;
	uint64_t n;
	double *shift;
	UpClusters clusters;
	uint32_t n_runs, best_run; /* from 1 */
	UpGmmRun run;
} Gmm;

/* ---- training -------------------------------------------------------------------------------------------------- */

/* Fewer components than asked for: noted in the model with a warning, or a failure where the caller is strict. */
static void
lower_k(const UpFit *fit, UpArena *arena, uint32_t k, uint32_t found)
{
	char *what;

	if (fit->strict)
		up_fail_with(UP_INVALID_DATA, NULL, up_format("Use a k of at most %u.", found),
					 "a mixture with k = %u is not possible: %u is the number of distinct rows", k, found);
	up_arena_suspend(arena);
	what = up_format("k was lowered from %u to %u, the number of distinct rows", k, found);
	up_value_set(fit->info, "note", up_value_string(what));
	up_arena_resume(arena);
	up_warn("Use a smaller k, or more rows.", "%s", what);
}

/* The rows of k-means: minus the shift. */
static UpGmmRows
rows_of(const UpKmeansRows *clustered, UpCovariance type)
{
	UpGmmRows rows = {
		.n = clustered->n, .d = clustered->d, .x = clustered->x, .spread = clustered->mean_variance};

	if (type == UP_COVARIANCE_TIED)
		up_gmm_total(&rows);
	return rows;
}

static UpGmmRun
new_run(UpCovariance type, uint32_t k, uint32_t d)
{
	UpGmmRun run = {.mixture = up_mixture_new(type, k, d)};

	run.sizes = up_alloc0(k * sizeof(uint64_t));
	return run;
}

static void
free_run(UpGmmRun *run)
{
	UpMixture *m = &run->mixture;

	up_free(m->weights);
	up_free(m->means);
	up_free(m->covariances);
	up_free(m->constant);
	up_free(m->precision);
	up_free(m->image);
	up_free(run->sizes);
}

/*
 * From the first centres that lead to the least inertia within a few rounds: a mixture seldom leaves bad ones. Samples are ordered by
 * a hash of their content, so that the first of them are like all.
 */
static void
find_start(const UpKmeansRows *rows, UpRng *rng, const UpKmeansLimits *limits, UpKmeansRun *best)
{
	uint32_t d = rows->d, k = best->k;
	UpKmeansLimits few = *limits;
	UpKmeansRows some = *rows;
	UpKmeansRun run = {.k = k};

	run.centres = up_alloc0((size_t) k * d * sizeof(double));
	run.sizes = up_alloc0(k * sizeof(uint64_t));
	few.max_iter = START_ROUNDS;
	some.n_blocks = UP_MIN(rows->n_blocks, UP_MAX(START_ROWS, START_ROWS_EACH * (size_t) k) / UP_NEAREST_ROWS);
	some.n = UP_MIN(rows->n, some.n_blocks * UP_NEAREST_ROWS);
	if (up_kmeans_distinct(&some, k) < k)
		some = *rows;
	/* Of few rows another run costs little: n_init asks for it. */
	for (int start = 0; start < (rows->n > START_ROWS ? STARTS : 1); start++)
	{
		run.k = up_kmeans_seed_greedy(&some, k, rng, run.centres);
		up_kmeans_lloyd(&some, &few, &run);
		if (start > 0 && run.inertia >= best->inertia)
			continue;
		best->k = run.k;
		best->inertia = run.inertia;
		memcpy(best->centres, run.centres, (size_t) run.k * d * sizeof(double));
	}
	up_free(run.centres);
	up_free(run.sizes);
}

/* One run: clusters of k-means from the run's own stream of numbers, and the mixture that they lead to. */
static UpGmmRun
do_run(const UpFit *fit, UpKmeansRows *clustered, const UpGmmRows *rows, uint32_t k, uint32_t number)
{
	const GmmParams *params = fit->params;
	uint32_t d = fit->n_features, iterations = (uint32_t) params->max_iter;
	UpGmmLimits limits = {.tol = params->tol, .reg_covar = params->reg_covar, .max_iter = iterations};
	UpKmeansLimits first = {.tol = KMEANS_TOL * clustered->mean_variance, .max_iter = KMEANS_ROUNDS};
	UpKmeansRun clusters = {.k = k};
	UpGmmRun run;
	UpRng rng;

	limits.done = (uint64_t) (number - 1) * iterations;
	limits.total = (uint64_t) params->n_init * iterations;
	first.done = limits.done;
	first.total = limits.total;
	clusters.centres = up_alloc0((size_t) k * d * sizeof(double));
	clusters.sizes = up_alloc0(k * sizeof(uint64_t));
	up_rng_init(&rng, fit->seed, number);
	find_start(clustered, &rng, &first, &clusters);
	up_kmeans_lloyd(clustered, &first, &clusters);
	run = new_run((UpCovariance) params->type, clusters.k, d);
	memcpy(run.mixture.means, clusters.centres, (size_t) clusters.k * d * sizeof(double));
	up_gmm_run(rows, clustered->labels, &limits, &run);
	up_free(clusters.centres);
	up_free(clusters.sizes);
	return run;
}

typedef struct Ranked
{
	uint32_t at, d;
	double weight;
	const double *mean;
} Ranked;

static int
compare_ranked(const void *a, const void *b)
{
	const Ranked *x = a, *y = b;

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	for (uint32_t j = 0; j < x->d; j++)
	{
		if (x->mean[j] != y->mean[j])
			return x->mean[j] < y->mean[j] ? -1 : 1;
	}
	return x->at < y->at ? -1 : x->at > y->at;
}

/* The run with its components by descending weight, in the current memory. */
static UpGmmRun
ranked_run(const UpGmmRun *from)
{
	const UpMixture *m = &from->mixture;
	uint32_t k = m->k, d = m->d;
	size_t each = up_mixture_covariances(m->type, 1, d);
	UpGmmRun run = new_run(m->type, k, d);
	Ranked *ranked = up_alloc_array(k, sizeof(Ranked));

	for (uint32_t c = 0; c < k; c++)
		ranked[c] = (Ranked){.at = c, .d = d, .weight = m->weights[c], .mean = m->means + (size_t) c * d};
	qsort(ranked, k, sizeof(Ranked), compare_ranked);
	for (uint32_t c = 0; c < k; c++)
	{
		uint32_t at = ranked[c].at;

		run.mixture.weights[c] = m->weights[at];
		memcpy(run.mixture.means + (size_t) c * d, ranked[c].mean, d * sizeof(double));
		if (m->type != UP_COVARIANCE_TIED)
			memcpy(run.mixture.covariances + c * each, m->covariances + at * each, each * sizeof(double));
		else if (c == 0)
			memcpy(run.mixture.covariances, m->covariances, each * sizeof(double));
	}
	run.bound = from->bound;
	run.iterations = from->iterations;
	run.converged = from->converged;
	run.widened = from->widened;
	if (!up_mixture_prepare(&run.mixture))
		up_fail(UP_INVALID_DATA, "the covariances of the mixture are not positive");
	up_free(ranked);
	return run;
}

/* How long one process takes. */
static double
seconds_of(const GmmParams *params, size_t n, uint32_t d, uint32_t k)
{
	double each = params->type <= UP_COVARIANCE_TIED ? (double) d * d : 2.0 * d;

	return (double) params->n_init * (double) UP_MIN(params->max_iter, USUAL_ITERATIONS) * (double) n * k *
		   (each + 20) / A_SECOND;
}

static void *
gmm_fit(const UpFit *fit)
{
	const GmmParams *params = fit->params;
	uint32_t k = (uint32_t) params->k, d = fit->n_features, distinct;
	size_t n = fit->data->n_rows;
	Gmm *body = up_alloc0(sizeof(Gmm));
	UpArena *arena = up_arena_enter();
	UpKmeansRows *clustered;
	UpGmmRows rows;
	UpGmmRun run, best = {.bound = -INFINITY};

	if (n == 0)
		up_fail(UP_INVALID_DATA, "there is no row to train on");
	k = (uint32_t) UP_MIN(k, n);
	up_workers_begin(seconds_of(params, n, d, k));
	clustered = up_kmeans_load(fit->data, "a mixture");
	distinct = up_kmeans_distinct(clustered, k);
	if (distinct < params->k)
		lower_k(fit, arena, (uint32_t) params->k, distinct);
	rows = rows_of(clustered, (UpCovariance) params->type);
	for (uint32_t number = 1; number <= params->n_init; number++)
	{
		run = do_run(fit, clustered, &rows, distinct, number);
		if (number > 1 && !(run.bound > best.bound + CLEARLY_BETTER * fabs(best.bound)))
		{
			free_run(&run);
			continue;
		}
		if (number > 1)
			free_run(&best);
		best = run;
		body->best_run = number;
	}
	up_workers_end();

	up_arena_suspend(arena);
	body->d = d;
	body->n = n;
	body->n_runs = (uint32_t) params->n_init;
	body->run = ranked_run(&best);
	body->clusters = (UpClusters){best.mixture.k, NULL, best.mixture.k};
	body->shift = up_alloc_array(d, sizeof(double));
	memcpy(body->shift, clustered->shift, d * sizeof(double));
	up_arena_resume(arena);
	up_gmm_score(&rows, &body->run);
	up_arena_leave(arena);
	return body;
}

/* ---- answers --------------------------------------------------------------------------------------------------- */

/* For each block of rows their log joints, n × k. */
typedef struct Asked
{
	const Gmm *body;
	double *x, *joint, *scratch;
	size_t work;
} Asked;

static Asked
ask(const Gmm *body, size_t n)
{
	size_t rows = UP_MIN(n, UP_GMM_ROWS);

	return (Asked){body, up_alloc_array(UP_MAX(rows, 1) * body->d, sizeof(double)),
				   up_alloc_array(UP_MAX(rows, 1) * body->run.mixture.k, sizeof(double)),
				   up_mixture_scratch(&body->run.mixture, UP_MAX(rows, 1)), 0};
}

static void
answer(Asked *a, const double *x, size_t n)
{
	const Gmm *body = a->body;
	uint32_t d = body->d;

	up_tick_work(&a->work, n * body->run.mixture.k * ((size_t) d * d + 16));
	for (size_t i = 0; i < n; i++)
	{
		for (uint32_t j = 0; j < d; j++)
			a->x[i * d + j] = x[i * d + j] - body->shift[j];
	}
	up_mixture_log_joint(&body->run.mixture, a->x, n, a->scratch, a->joint);
}

static void
ask_end(Asked *a)
{
	up_free(a->x);
	up_free(a->joint);
	up_free(a->scratch);
}

static void
gmm_predict(const void *p, const double *x, size_t n, double *out)
{
	const Gmm *body = p;
	uint32_t k = body->run.mixture.k;
	Asked a = ask(body, n);

	for (size_t first = 0; first < n; first += UP_GMM_ROWS)
	{
		size_t rows = UP_MIN(n - first, UP_GMM_ROWS);

		answer(&a, x + first * body->d, rows);
		for (size_t i = 0; i < rows; i++)
		{
			const double *joint = a.joint + i * k;
			uint32_t most = 0;

			for (uint32_t c = 1; c < k; c++)
				most = joint[c] > joint[most] ? c : most;
			out[first + i] = up_cluster_number(&body->clusters, most);
		}
	}
	ask_end(&a);
}

static void
gmm_membership(const void *p, const double *x, size_t n, double *out)
{
	const Gmm *body = p;
	uint32_t k = body->run.mixture.k;
	Asked a = ask(body, n);

	for (size_t first = 0; first < n; first += UP_GMM_ROWS)
	{
		size_t rows = UP_MIN(n - first, UP_GMM_ROWS);

		answer(&a, x + first * body->d, rows);
		for (size_t i = 0; i < rows; i++)
		{
			double *joint = a.joint + i * k;
			double most = joint[0];

			for (uint32_t c = 1; c < k; c++)
				most = UP_MAX(most, joint[c]);
			/* Beyond all numbers from every component: as far from each. */
			for (uint32_t c = 0; c < k && !isfinite(most); c++)
				joint[c] = 0;
			(void) up_vec_softmax(joint, k);
		}
		memcpy(out + first * k, a.joint, rows * k * sizeof(double));
	}
	ask_end(&a);
}

static UpClusters
gmm_clusters(const void *p)
{
	return ((const Gmm *) p)->clusters;
}

static void
gmm_set_numbers(void *p, const UpClusters *clusters)
{
	Gmm *body = p;

	UP_ASSERT(clusters->k == body->run.mixture.k);
	body->clusters = up_cluster_numbers_copy(clusters);
}

static void
gmm_centre(const void *p, uint32_t cluster, double *out)
{
	const Gmm *body = p;

	for (uint32_t j = 0; j < body->d; j++)
		out[j] = body->run.mixture.means[(size_t) cluster * body->d + j] + body->shift[j];
}

/* ---- bytes ----------------------------------------------------------------------------------------------------- */

/* Of symmetric matrices the upper triangles. */
static void
put_covariances(UpWriter *w, const UpMixture *m)
{
	size_t values = up_mixture_covariances(m->type, m->k, m->d), square = (size_t) m->d * m->d;

	if (m->type > UP_COVARIANCE_TIED)
	{
		up_put_f64_array(w, m->covariances, values);
		return;
	}
	for (size_t at = 0; at < values; at += square)
	{
		for (uint32_t i = 0; i < m->d; i++)
			up_put_f64_array(w, m->covariances + at + (size_t) i * m->d + i, m->d - i);
	}
}

static void
get_covariances(UpReader *r, UpMixture *m)
{
	size_t values = up_mixture_covariances(m->type, m->k, m->d), square = (size_t) m->d * m->d;

	if (m->type > UP_COVARIANCE_TIED)
	{
		up_get_f64_array(r, m->covariances, values);
		return;
	}
	for (size_t at = 0; at < values; at += square)
	{
		for (uint32_t i = 0; i < m->d; i++)
			up_get_f64_array(r, m->covariances + at + (size_t) i * m->d + i, m->d - i);
	}
}

static void
gmm_write(const void *p, UpWriter *w)
{
	const Gmm *body = p;
	const UpGmmRun *run = &body->run;
	const UpMixture *m = &run->mixture;

	up_put_u32(w, m->k);
	up_put_u8(w, (uint8_t) m->type);
	up_put_u64(w, body->n);
	up_put_f64(w, run->log_likelihood);
	up_put_u32(w, run->iterations);
	up_put_u8(w, run->converged);
	up_put_u8(w, run->widened);
	up_put_u32(w, body->n_runs);
	up_put_u32(w, body->best_run);
	up_put_f64_array(w, body->shift, body->d);
	up_put_f64_array(w, m->weights, m->k);
	up_put_f64_array(w, m->means, (size_t) m->k * m->d);
	put_covariances(w, m);
	for (uint32_t c = 0; c < m->k; c++)
		up_put_u64(w, run->sizes[c]);
	up_put_cluster_numbers(w, &body->clusters);
}

/* Weights that sum to 1, means that are numbers, sizes that sum to the rows. */
static void
check_body(UpReader *r, const Gmm *body)
{
	const UpMixture *m = &body->run.mixture;
	double sum = 0;
	uint64_t rows = 0;

	for (uint32_t c = 0; c < m->k; c++)
	{
		if (!(m->weights[c] > 0))
			up_corrupt(r, "weight of a component");
		sum += m->weights[c];
		if (body->run.sizes[c] > body->n)
			up_corrupt(r, "size of a component");
		rows += body->run.sizes[c];
	}
	if (fabs(sum - 1) > 1e-6)
		up_corrupt(r, "weights of components");
	if (rows != body->n)
		up_corrupt(r, "sizes of components");
	for (size_t i = 0; i < (size_t) m->k * m->d; i++)
	{
		if (!isfinite(m->means[i] + body->shift[i % m->d]))
			up_corrupt(r, "mean of a component");
	}
}

static void *
gmm_read(UpReader *r, const UpShape *shape)
{
	Gmm *body = up_alloc0(sizeof(Gmm));
	UpGmmRun *run = &body->run;
	uint32_t d = shape->n_features, k;
	uint8_t type;
	size_t triangle = (size_t) d * (d + 1) / 2;

	k = up_get_count(r, ((size_t) d + 2) * sizeof(double), MOST_COMPONENTS, "components");
	type = up_get_u8(r);
	if (k == 0 || d == 0 || type > UP_COVARIANCE_SPHERICAL)
		up_corrupt(r, "components");
	if (type <= UP_COVARIANCE_TIED &&
		(r->len - r->pos) / sizeof(double) < triangle * (type == UP_COVARIANCE_FULL ? k : 1))
		up_corrupt(r, "covariances are missing");
	body->d = d;
	body->n = up_get_u64(r);
	if (body->n == 0 || body->n > INT64_MAX / MOST_COMPONENTS)
		up_corrupt(r, "rows of the mixture");
	run->mixture = up_mixture_new((UpCovariance) type, k, d);
	run->sizes = up_alloc0(k * sizeof(uint64_t));
	run->log_likelihood = up_get_f64(r);
	run->iterations = up_get_u32(r);
	run->converged = up_get_bool(r);
	run->widened = up_get_bool(r);
	body->n_runs = up_get_u32(r);
	body->best_run = up_get_u32(r);
	if (run->iterations < 1 || run->iterations > MAX_ITERATIONS || body->best_run < 1 ||
		body->best_run > body->n_runs || body->n_runs > MAX_RUNS)
		up_corrupt(r, "a mixture with impossible numbers");
	body->shift = up_alloc_array(d, sizeof(double));
	up_get_f64_array(r, body->shift, d);
	up_get_f64_array(r, run->mixture.weights, k);
	up_get_f64_array(r, run->mixture.means, (size_t) k * d);
	get_covariances(r, &run->mixture);
	for (uint32_t c = 0; c < k; c++)
		run->sizes[c] = up_get_u64(r);
	check_body(r, body);
	body->clusters = up_get_cluster_numbers(r, k);
	if (!up_mixture_prepare(&run->mixture))
		up_corrupt(r, "covariances are not positive");
	return body;
}

/* ---- what it tells --------------------------------------------------------------------------------------------- */

static double
free_parameters(const UpMixture *m)
{
	double k = m->k, d = m->d;
	double covariances = m->type == UP_COVARIANCE_FULL   ? k * d * (d + 1) / 2
						 : m->type == UP_COVARIANCE_TIED ? d * (d + 1) / 2
						 : m->type == UP_COVARIANCE_DIAG ? k * d
														 : k;

	return k - 1 + k * d + covariances;
}

static void
gmm_describe(const void *p, UpValue *info)
{
	const Gmm *body = p;
	const UpGmmRun *run = &body->run;
	const UpMixture *m = &run->mixture;
	UpValue *sizes = up_value_array(), *centres = up_value_array(), *numbers = up_value_array(),
			*weights = up_value_array();
	uint32_t *position = up_clusters_by_number(&body->clusters);
	double *centre = up_alloc_array(m->d, sizeof(double)), parameters = free_parameters(m),
		   twice = 2 * run->log_likelihood * (double) body->n;

	for (uint32_t i = 0; i < m->k; i++)
	{
		uint32_t c = position[i];

		gmm_centre(body, c, centre);
		up_value_append(centres, up_value_numbers(centre, m->d));
		up_value_append(sizes, up_value_number((double) run->sizes[c]));
		up_value_append(weights, up_value_number(m->weights[c]));
		up_value_append(numbers, up_value_number(up_cluster_number(&body->clusters, c)));
	}
	up_free(position);
	up_free(centre);
	up_value_set(info, "k", up_value_number(m->k));
	up_value_set(info, "covariance_type", up_value_string(type_names[m->type]));
	up_value_set(info, "log_likelihood", up_value_number(run->log_likelihood));
	up_value_set(info, "n_parameters", up_value_number(parameters));
	up_value_set(info, "aic", up_value_number(2 * parameters - twice));
	up_value_set(info, "bic", up_value_number(parameters * log((double) body->n) - twice));
	up_value_set(info, "iterations", up_value_number(run->iterations));
	up_value_set(info, "converged", up_value_bool(run->converged));
	up_value_set(info, "runs", up_value_number(body->n_runs));
	up_value_set(info, "best_run", up_value_number(body->best_run));
	if (run->widened)
		up_value_set(info, "widened", up_value_bool(true));
	if (body->clusters.numbers != NULL)
		up_value_set(info, "numbers", numbers);
	up_value_set(info, "sizes", sizes);
	up_value_set(info, "weights", weights);
	up_value_set(info, "centres", centres);
}

static char *
gmm_show(const void *p, const UpNames *what)
{
	const Gmm *body = p;
	const UpMixture *m = &body->run.mixture;
	UpValue *names = up_pipeline_feature_names(what->pipeline);
	double *centre = up_alloc_array(m->d, sizeof(double));
	uint32_t *position = up_clusters_by_number(&body->clusters);
	UpText out;

	up_text_init(&out);
	for (uint32_t i = 0; i < m->k; i++)
	{
		uint32_t c = position[i];

		up_tick();
		gmm_centre(body, c, centre);
		for (uint32_t j = 0; j < m->d; j++)
			centre[j] = up_pipeline_invert(what->pipeline, j, centre[j]);
		up_text_add(
			&out, up_format("cluster %u: %.1f %% of the mixture, %.0f rows (%.1f %%) most likely of it\n",
							up_cluster_number(&body->clusters, c), 100 * m->weights[c],
							(double) body->run.sizes[c], 100 * (double) body->run.sizes[c] / (double) body->n));
		up_add_cluster_centre(&out, what->pipeline, names, centre);
	}
	up_free(position);
	up_free(centre);
	return out.bytes;
}

extern const UpLearner up_gmm;

const UpLearner up_gmm = {
	.name = "gmm",
	.number = 16,
	.abilities = UP_L_CLUSTER | UP_L_SCALE,
	.help = "segments rows into k overlapping clusters, each a normal distribution (Gaussian mixture)",
	.params = {gmm_params, UP_LENGTH(gmm_params)},
	.params_size = sizeof(GmmParams),
	.fit = gmm_fit,
	.predict = gmm_predict,
	.membership = gmm_membership,
	.write = gmm_write,
	.read = gmm_read,
	.describe = gmm_describe,
	.show = gmm_show,
	.clusters = gmm_clusters,
	.set_numbers = gmm_set_numbers,
	.centre = gmm_centre,
};
