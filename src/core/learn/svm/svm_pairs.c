/*
 * svm_pairs.c - classification by kernel machines, one for each pair of classes; see svm_machines.h
 *
 * C-SVC (Cortes, Vapnik 1995) in the dual, a machine for each pair of classes; the class that most of them choose wins, of equal
 * ones the first (Knerr et al. 1990; LIBSVM). Probabilities: a sigmoid a machine over decisions of rows that it was not trained
 * on, five folds (Platt 2000; Lin, Lin, Weng 2007); of more classes those of all pairs are coupled by minimizing sum_i sum_{j != i}
 * (r_ji p_i - r_ij p_j)² over p that sum to 1 (Wu, Lin, Weng 2004).
 *
 * Where there is more than one training (pairs, folds), workers take whole ones, the largest first; a single one shares out its passes.
 */
#include "learn/svm/svm_machines.h"

#include "num/vec_smo.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FOLDS 5
#define WHOLE UINT32_MAX /* in place of a fold: a training on all rows */

enum
{
	SAMPLES,
	NORMS,
	LABELS,
	COSTS,
	WEIGHTS, /* or NULL */
	TRAININGS,
	COEFS,
	DECISIONS,
	RESULTS,
	N_ARRAYS
};

/* One training. */
typedef struct Training
{
	uint32_t machine, plus, minus; /* classes */
	uint32_t held;                 /* the fold that is left out, or WHOLE */
	size_t n;                      /* rows of both classes */
	size_t decisions;              /* where those of the machine stand */
} Training;

/* What it found beside the coefficients. */
typedef struct Result
{
	UpSmoResult solved;
	UpPlatt sigmoid;
} Result;

typedef struct Job
{
	UpKernel kernel;
	size_t n, ld, cache_bytes;
	double tol;
	int64_t max_iter;
	uint64_t seed;
	uint32_t d, n_classes;
	bool shrinking;
} Job;

/* The rows of two classes, as a problem. */
typedef struct Pair
{
	const Job *job;
	const Training *training;
	UpKernelRows *rows;
	uint32_t *at; /* rows of the job */
	size_t n;
	double *y, *p, *cost, *a;
	UpKernelStore *store; /* or NULL */
} Pair;

static void
pair_alloc(Pair *pair, size_t n)
{
	pair->at = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	pair->y = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	pair->p = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	pair->cost = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	pair->a = up_alloc0(UP_MAX(n, 1) * sizeof(double));
	for (size_t i = 0; i < n; i++)
		pair->p[i] = -1;
}

static void
pair_free(Pair *pair)
{
	if (pair->rows != NULL)
		up_kernel_rows_free(pair->rows);
	up_free(pair->at);
	up_free(pair->y);
	up_free(pair->p);
	up_free(pair->cost);
	up_free(pair->a);
}

/* Without samples, which not all want. */
static void
pair_init(Pair *pair, const Job *job, void *const *arrays, const Training *t)
{
	const double *labels = arrays[LABELS], *costs = arrays[COSTS];

	memset(pair, 0, sizeof(*pair));
	pair->job = job;
	pair->training = t;
	pair_alloc(pair, t->n);
	for (size_t i = 0; i < job->n; i++)
	{
		if (labels[i] != t->plus && labels[i] != t->minus)
			continue;
		pair->at[pair->n] = (uint32_t) i;
		pair->y[pair->n] = labels[i] == t->plus ? 1 : -1;
		pair->cost[pair->n++] = costs[i];
	}
}

static void
pair_load(Pair *pair, void *const *arrays)
{
	UpKernelRows all = {.n = pair->job->n,
						.ld = pair->job->ld,
						.d = pair->job->d,
						.xt = arrays[SAMPLES],
						.norms = arrays[NORMS]};

	pair->rows = up_kernel_rows_pick(&all, pair->at, pair->n);
}

static UpSmoResult
pair_solve(const Pair *pair)
{
	const Job *job = pair->job;
	UpSmoProblem p = {.rows = pair->rows,
					  .kernel = &job->kernel,
					  .y = pair->y,
					  .p = pair->p,
					  .cost = pair->cost,
					  .a = pair->a,
					  .tol = job->tol,
					  .max_iter = job->max_iter,
					  .shrinking = job->shrinking,
					  .store = pair->store};

	p.cache_bytes = UP_MIN(job->cache_bytes, pair->n * UP_SMO_UP(UP_MAX(pair->n, 2)) * sizeof(float));
	return up_smo_solve(&p);
}

/* Stratified: the rows of each class go round the folds in a random order. Returns the number of folds; 0: too few rows. */
static uint32_t
choose_folds(const Pair *pair, uint8_t *fold)
{
	size_t *order = up_alloc_array(UP_MAX(pair->n, 1), sizeof(size_t)), seen[2] = {0, 0}, n_plus = 0, fewest;
	uint32_t folds;
	UpRng rng;

	for (size_t i = 0; i < pair->n; i++)
	{
		order[i] = i;
		n_plus += pair->y[i] > 0;
	}
	fewest = UP_MIN(n_plus, pair->n - n_plus);
	folds = fewest < 2 ? 0 : (uint32_t) UP_MIN(fewest, FOLDS);
	up_rng_init(&rng, pair->job->seed, 100 + pair->training->machine);
	up_rng_shuffle(&rng, order, pair->n);
	for (size_t i = 0; folds > 0 && i < pair->n; i++)
		fold[order[i]] = (uint8_t) (seen[pair->y[order[i]] > 0]++ % folds);
	up_free(order);
	return folds;
}

/* Decisions of the rows of one fold by a machine that was trained on the others (part). */
static void
decide_fold(const Pair *pair, const Pair *part, double bias, const uint8_t *fold, double *decisions)
{
	uint32_t *vectors = up_alloc_array(UP_MAX(part->n, 1), sizeof(uint32_t));
	float *x = up_alloc_array(UP_MAX(pair->rows->d, 1), sizeof(float)), *k;
	UpKernelRows *rows;
	size_t n = 0;

	for (uint32_t i = 0; i < part->n; i++)
	{
		if (part->a[i] != 0)
			vectors[n++] = i;
	}
	rows = up_kernel_rows_pick(part->rows, vectors, n);
	k = up_alloc_array(UP_SMO_UP(UP_MAX(n, 1)), sizeof(float));
	for (size_t i = 0; i < pair->n; i++)
	{
		if (fold[i] != pair->training->held)
			continue;
		up_tick();
		up_kernel_rows_get(pair->rows, i, x);
		up_kernel_row(&pair->job->kernel, rows, x, k);
		decisions[i] = bias;
		for (size_t s = 0; s < n; s++)
			decisions[i] += part->a[vectors[s]] * part->y[vectors[s]] * (double) k[s];
	}
	up_kernel_rows_free(rows);
	up_free(vectors);
	up_free(x);
	up_free(k);
}

static void
train_fold(const Pair *pair, const uint8_t *fold, double *decisions)
{
	Pair part = *pair;
	UpSmoResult r;

	pair_alloc(&part, pair->n);
	part.n = 0;
	for (size_t i = 0; i < pair->n; i++)
	{
		if (fold[i] == pair->training->held)
			continue;
		part.at[part.n] = (uint32_t) i;
		part.y[part.n] = pair->y[i];
		part.cost[part.n++] = pair->cost[i];
	}
	part.store = NULL;
	part.rows = up_kernel_rows_pick(pair->rows, part.at, part.n);
	r = pair_solve(&part);
	decide_fold(pair, &part, r.bias, fold, decisions);
	pair_free(&part);
}

static void
train(const Job *job, void *const *arrays, const Training *t, UpKernelStore *store)
{
	double *coef = arrays[COEFS];
	Pair pair;

	pair_init(&pair, job, arrays, t);
	pair_load(&pair, arrays);
	if (t->held != WHOLE)
	{
		uint8_t *fold = up_alloc0(UP_MAX(pair.n, 1));

		if (t->held < choose_folds(&pair, fold))
			train_fold(&pair, fold, (double *) arrays[DECISIONS] + t->decisions);
		up_free(fold);
		pair_free(&pair);
		return;
	}
	pair.store = store;
	((Result *) arrays[RESULTS])[t->machine].solved = pair_solve(&pair);
	for (size_t i = 0; i < pair.n; i++)
	{
		uint32_t mine = pair.y[i] > 0 ? t->plus : t->minus, other = pair.y[i] > 0 ? t->minus : t->plus;
		uint32_t row = job->n_classes <= 2 ? 0 : other < mine ? other : other - 1;

		if (pair.a[i] != 0)
			coef[row * job->n + pair.at[i]] = pair.a[i] * pair.y[i];
	}
	pair_free(&pair);
}

static void
train_part(const void *fixed, void *const *arrays, uint32_t part)
{
	train(fixed, arrays, (const Training *) arrays[TRAININGS] + part, NULL);
}

/* Of the machine of a training, when its folds are done. */
static void
sigmoid_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Training *t = (const Training *) arrays[TRAININGS] + part;
	double *decisions = (double *) arrays[DECISIONS] + t->decisions, *weights = NULL;
	Result *result = (Result *) arrays[RESULTS] + t->machine;
	uint8_t *fold;
	Pair pair;

	if (t->held != WHOLE)
		return;
	pair_init(&pair, fixed, arrays, t);
	fold = up_alloc0(UP_MAX(pair.n, 1));
	/* Too few rows to set some aside: the side is all that is known. */
	if (choose_folds(&pair, fold) == 0)
	{
		for (size_t i = 0; i < pair.n; i++)
			decisions[i] = result->solved.bias + pair.y[i];
	}
	if (arrays[WEIGHTS] != NULL)
		weights = up_alloc_array(UP_MAX(pair.n, 1), sizeof(double));
	for (size_t i = 0; weights != NULL && i < pair.n; i++)
		weights[i] = ((const double *) arrays[WEIGHTS])[pair.at[i]];
	result->sigmoid = up_platt_fit(pair.n, decisions, pair.y, weights);
	up_free(weights);
	up_free(fold);
	pair_free(&pair);
}

static int
by_size(const void *p, const void *q)
{
	const Training *a = p, *b = q;

	if ((a->held == WHOLE) != (b->held == WHOLE) && a->n == b->n)
		return a->held == WHOLE ? -1 : 1;
	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	if (a->machine != b->machine)
		return a->machine < b->machine ? -1 : 1;
	return a->held < b->held ? -1 : a->held > b->held;
}

/* What is to be trained, the largest first, and how many decisions all of it has. */
static Training *
list_trainings(const UpMachinesFit *f, uint32_t machines, uint32_t *n, size_t *decisions)
{
	uint32_t classes = f->fit->n_classes, machine = 0;
	size_t *counts = up_alloc0(classes * sizeof(size_t));
	Training *all = up_alloc_large_array((size_t) machines * (1 + FOLDS), sizeof(Training));

	for (size_t i = 0; i < f->fit->data->n_rows; i++)
		counts[(uint32_t) f->y[i]]++;
	*n = 0;
	*decisions = 0;
	for (uint32_t a = 0; a < classes; a++)
	{
		for (uint32_t b = a + 1; b < classes; b++, machine++)
		{
			Training t = {.machine = machine, .plus = a, .minus = b, .held = WHOLE, .decisions = *decisions};

			/* Of two classes the second is the positive one. */
			if (classes == 2)
				t = (Training){.plus = 1, .minus = 0, .held = WHOLE};
			t.n = counts[a] + counts[b];
			all[(*n)++] = t;
			for (t.held = 0; f->probability && t.held < FOLDS; t.held++)
				all[(*n)++] = t;
			*decisions += f->probability ? t.n : 0;
		}
	}
	qsort(all, *n, sizeof(Training), by_size);
	up_free(counts);
	return all;
}

/* Vectors class by class, in the order of the rows. */
static void
collect(const UpMachinesFit *f, const UpKernelRows *rows, const double *coef, UpMachines *m)
{
	uint32_t *kept = up_alloc_array(UP_MAX(rows->n, 1), sizeof(uint32_t)), n = 0;

	if (m->n_classes > 2)
		m->of_class = up_alloc0(((size_t) m->n_classes + 1) * sizeof(uint32_t));
	for (uint32_t a = 0; a < (m->n_classes > 2 ? m->n_classes : 1); a++)
	{
		if (m->of_class != NULL)
			m->of_class[a] = n;
		for (size_t i = 0; i < rows->n; i++)
		{
			bool used = false;

			for (uint32_t row = 0; row < m->n_coefs; row++)
				used |= coef[row * rows->n + i] != 0;
			if (used && (m->n_classes <= 2 || f->y[i] == a))
				kept[n++] = (uint32_t) i;
		}
	}
	if (m->of_class != NULL)
		m->of_class[m->n_classes] = n;
	m->vectors = up_kernel_rows_pick(rows, kept, n);
	m->coef = up_alloc_array(UP_MAX((size_t) n * m->n_coefs, 1), sizeof(double));
	for (uint32_t row = 0; row < m->n_coefs; row++)
	{
		for (uint32_t s = 0; s < n; s++)
			m->coef[(size_t) row * n + s] = coef[(size_t) row * rows->n + kept[s]];
	}
	up_free(kept);
}

/* About how long one process takes for all. */
static double
seconds_of(const UpMachinesFit *f)
{
	uint32_t classes = f->fit->n_classes;
	double seconds = up_machines_seconds(f->k, 2 * (double) f->fit->data->n_rows / classes, f->fit->n_features);

	return seconds * (classes * (classes - 1) / 2) * (f->probability ? 1 + 0.6 * FOLDS : 1);
}

static void
train_all(const UpMachinesFit *f, Job *job, void *const *arrays, uint32_t n, UpKernelStores *stores)
{
	Training *all = arrays[TRAININGS];

	if (n > 1 && stores == NULL)
	{
		job->cache_bytes /= UP_MIN(up_workers(), n);
		up_parallel(n, train_part, job, sizeof(*job), arrays, N_ARRAYS);
	}
	else
	{
		/* Alone, or what trainings share is this process's. */
		for (uint32_t i = 0; i < n; i++)
		{
			up_progress("support vector machines", i, n);
			train(job, arrays, &all[i], stores != NULL ? &stores->stores[all[i].machine] : NULL);
		}
	}
	if (f->probability)
		up_parallel(n, sigmoid_part, job, sizeof(*job), arrays, N_ARRAYS);
}

UpMachines *
up_machines_classify(const UpMachinesFit *f, UpMachinesReport *report)
{
	UpMachines *m = up_alloc0(sizeof(UpMachines));
	uint32_t classes = f->fit->n_classes, n_trainings;
	size_t n = UP_MAX(f->fit->data->n_rows, 1), decisions;
	UpKernelStores *stores = NULL;
	UpKernelRows *rows;
	Result *results;
	double *values, *weights = NULL;
	Training *all;
	Job job;

	UP_ASSERT(classes >= 2);
	up_workers_begin(seconds_of(f));
	rows = up_machines_load(f->fit->data);
	m->kernel = up_machines_kernel(f->k, rows, "algorithm \"svm\"");
	m->n_classes = classes;
	m->n_coefs = classes > 2 ? classes - 1 : 1;
	m->n_machines = classes > 2 ? classes * (classes - 1) / 2 : 1;
	m->probability = f->probability;
	m->machines = up_alloc0(m->n_machines * sizeof(UpMachine));
	all = list_trainings(f, m->n_machines, &n_trainings, &decisions);
	/* labels, costs, coefficients, decisions */
	values = up_alloc_large_array((2 + m->n_coefs) * n + decisions, sizeof(double));
	memset(values + 2 * n, 0, (m->n_coefs * n + decisions) * sizeof(double));
	memcpy(values, f->y, rows->n * sizeof(double));
	memcpy(values + n, f->cost, rows->n * sizeof(double));
	if (f->weights != NULL)
		weights = memcpy(up_alloc_large_array(n, sizeof(double)), f->weights, rows->n * sizeof(double));
	results = up_alloc_large_array(m->n_machines, sizeof(Result));
	if (f->stores != NULL)
		stores = up_kernel_stores(f->fit->reuse, f->stores, &m->kernel, m->n_machines);
	job = (Job){.kernel = m->kernel,
				.n = rows->n,
				.ld = rows->ld,
				.cache_bytes = up_machines_problem(f->k, rows, &m->kernel, f->tol, f->max_iter).cache_bytes,
				.tol = f->tol,
				.max_iter = f->max_iter,
				.seed = f->fit->seed,
				.d = rows->d,
				.n_classes = classes,
				.shrinking = f->k->shrinking};
	train_all(f, &job,
			  (void *[]){rows->xt, rows->norms, values, values + n, weights, all, values + 2 * n,
						 values + (2 + m->n_coefs) * n, results},
			  n_trainings, stores);
	up_workers_end();
	for (uint32_t i = 0; i < m->n_machines; i++)
	{
		up_machines_add(report, &results[i].solved);
		m->machines[i].bias = results[i].solved.bias;
		m->machines[i].sigmoid = results[i].sigmoid;
	}
	collect(f, rows, values + 2 * n, m);
	up_kernel_rows_free(rows);
	up_free_large(values);
	up_free_large(weights);
	up_free_large(all);
	up_free_large(results);
	return m;
}
