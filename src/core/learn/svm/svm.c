/*
 * svm.c - linear support vector machines, binary and one against the rest, with probabilities where wanted
 *
 * Minimizes ½‖w‖² + Σ C_i max(0, 1 - y_i (w·x_i + b)), or with the square of the loss (the default), as scikit-learn's
 * LinearSVC and LIBLINEAR do: the bias is the weight of a constant feature of value intercept_scaling, and is
 * regularized with the others. Solved in the primal (svm_newton.c), or, where rows are few for their columns, first in the
 * dual (svm_dual.c), and in the primal if that does not end.
 * Several classes: one problem a class, that class against the rest. Probabilities: a sigmoid over the scores that
 * rows got from machines trained without them, on five folds (platt.c); of several classes, divided by their sum.
 *
 * With another kernel than the linear one, the dual is solved for each pair of classes (svm_machines.c, svm_smo.c); hinge is then
 * the loss, and the bias is free.
 *
 * Arrays: rows n × width (features, the constant, zeros up to 8), or with features listed that are nearly always 0 (make_rows.h); weights
 * n_machines × n_features.
 */
#include "learn/svm/svm_body.h"

#include "base/rng.h"
#include "num/vec.h"
#include "num/vec_syrk.h"
#include "learn/svm/svm_dual.h"
#include "learn/svm/svm_kept.h"
#include "learn/svm/svm_newton.h"
#include "learn/svm/svm_work.h"
#include "learn/class_weights.h"
#include "learn/reuse.h"

#include <math.h>
#include <string.h>

#define TICK_ROWS        131072
#define FOLDS            5
#define SECONDS_A_NUMBER 4e-9 /* of a machine: what its steps take */
#define SECONDS_OF_FOLD  6e-9 /* a number: of a machine that begins with the solution of all rows */
#define HINGE_TIMES      4    /* as many steps */
#define MANY_COLUMNS     192  /* and what takes them conjugate gradients */
#define MANY_TIMES       6

/*
 * Up to so many rows a column the dual is tried first, for so many passes. Below two rows a column any labels can be told apart, and
 * it takes a hundred cheap passes where Newton's steps do not end; from four it does not end.
 */
#define DUAL_ROWS   3
#define DUAL_PASSES 1000

static const char *const loss_names[] = {"squared_hinge", "hinge", NULL};

#define UP_PARAMS_OF UpSvmParams
static const UpParam svm_params[] = {
	UP_REAL_PARAM("C", C, "1", 0, 1e15, "weight of the losses against the size of the weights",
				  .min_open = true),
	UP_CHOICE_PARAM("loss", loss, "squared_hinge", loss_names, "what a row on the wrong side costs"),
	UP_REAL_PARAM("tol", tol, "null", 0, 1,
				  "when to stop: relative gradient (squared_hinge) or duality gap (hinge, few rows for their "
				  "columns), null: 0.0001; with a kernel the largest violation, null: 0.001",
				  .nullable = true, .min_open = true),
	UP_INT_PARAM("max_iter", max_iter, "null", 1, 1000000000,
				 "the most steps of the solver; null: 1000, with a kernel any number", .nullable = true),
	UP_TREE_PARAM("class_weight", class_weight, "null", "\"balanced\", or object of labels and weights",
				  "factor of C for the rows of a class; balanced: rows / (classes × rows of the class)"),
	UP_BOOL_PARAM("fit_intercept", fit_intercept, "true", "whether there is a bias"),
	UP_REAL_PARAM("intercept_scaling", intercept_scaling, "1", 0, 1e9, "the constant feature of the bias",
				  .min_open = true),
	UP_BOOL_PARAM("probability", probability, "false",
				  "whether the model can tell probabilities; takes five more trainings"),
	UP_KERNEL_PARAMS(UpSvmParams, "linear"),
};

/* What a training works on. */
typedef struct Job
{
	const UpFit *fit;
	const UpSvmParams *params;
	size_t n;
	size_t width;
	UpRowsPlan plan;
	UpMadeRows made;
	double *labels;
	double *class_weights; /* or NULL */
	double *row_weights;   /* NULL: 1 each */
	UpSvmMachine *machine;
	const char *class_costs; /* the parameter, as text */
	char *family;            /* of the solutions that a machine can start from */
	uint8_t *fold;           /* of each row, for probabilities */
	int n_folds;             /* 0: scores of the training rows have to do */
} Job;

/* Stratified: the rows of a class go round the folds in a random order. */
static void
assign_folds(Job *job)
{
	size_t *counts = up_alloc0(job->fit->n_classes * sizeof(size_t));
	size_t *order = up_alloc_array(job->n, sizeof(size_t));
	size_t *seen = up_alloc0(job->fit->n_classes * sizeof(size_t));
	size_t fewest = job->n;
	UpRng rng;

	for (size_t i = 0; i < job->n; i++)
		counts[(size_t) job->labels[i]]++;
	for (uint32_t k = 0; k < job->fit->n_classes; k++)
		fewest = UP_MIN(fewest, counts[k]);
	job->n_folds = fewest >= 2 ? (int) UP_MIN(fewest, FOLDS) : 0;
	job->fold = up_alloc_large_zeroed(job->n, 1);
	for (size_t i = 0; i < job->n; i++)
		order[i] = i;
	up_rng_init(&rng, job->fit->seed, 1);
	up_rng_shuffle(&rng, order, job->n);
	for (size_t i = 0; i < job->n && job->n_folds > 0; i++)
		job->fold[order[i]] = (uint8_t) (seen[(size_t) job->labels[order[i]]]++ % (size_t) job->n_folds);
}

static double
tol_of(const UpSvmParams *p)
{
	return !isnan(p->tol) ? p->tol : p->k.kernel == UP_KERNEL_LINEAR ? 1e-4 : 1e-3;
}

static int64_t
max_iter_of(const UpSvmParams *p)
{
	return p->max_iter != INT64_MIN ? p->max_iter : p->k.kernel == UP_KERNEL_LINEAR ? 1000 : -1;
}

/* The problem of a machine, but for the costs of its rows. */
static UpSvmProblem
problem_of(Job *job)
{
	return (UpSvmProblem){
		.n = job->n,
		.width = job->width,
		.rows = job->made.rows,
		.y = job->machine->y,
		.cost = job->machine->cost,
		.C = job->params->C,
		.loss = job->params->loss == 1 ? UP_SVM_HINGE : UP_SVM_SQUARED_HINGE,
		.tol = tol_of(job->params),
		.max_iter = max_iter_of(job->params),
		.seed = job->fit->seed,
		.matrix = &job->machine->matrix,
		.end = &job->machine->end,
	};
}

/* Whether rows are so few that the dual is tried, which wants them as they are. */
static bool
is_flat(size_t n, size_t width)
{
	return n <= DUAL_ROWS * width;
}

static UpSvmResult
solve(UpSvmProblem p, double *w, double *scores)
{
	int64_t max_iter = p.max_iter;
	UpSvmResult dual, newton;

	if (!is_flat(p.n, p.width))
		return up_svm_newton(&p, w, scores);
	p.end = NULL;
	p.max_iter = UP_MIN(max_iter, DUAL_PASSES);
	dual = up_svm_dual(&p, w, scores);
	if (dual.converged)
		return dual;
	p.max_iter = max_iter;
	newton = up_svm_newton(&p, w, scores);
	newton.iterations += dual.iterations;
	return newton;
}

/* Labels and costs of one machine: its class against the rest. As in LIBLINEAR, the rest of several has weight 1. */
static void
set_machine(Job *job, uint32_t positive)
{
	UpSvmMachine *m = job->machine;
	bool binary = job->fit->n_classes == 2, same = true;

	if (m->class_costs != NULL && strcmp(m->class_costs, job->class_costs) == 0)
		return;
	/* A training that is broken off leaves costs of two kinds. */
	up_free(m->class_costs);
	m->class_costs = NULL;
	for (size_t i = 0; i < job->n; i++)
	{
		uint32_t k = (uint32_t) job->labels[i];
		bool hit = k == positive;
		double cost = (hit || binary ? up_class_weight(job->class_weights, k) : 1) *
					  (job->row_weights != NULL ? job->row_weights[i] : 1);

		if (i % TICK_ROWS == 0)
			up_tick();
		m->y[i] = hit ? 1 : -1;
		same = same && m->cost[i] == cost;
		m->cost[i] = cost;
	}
	m->matrix.known = m->matrix.known && same;
	m->end.known = m->end.looked = false;
	m->end.scale = 0;
	if (binary)
		up_svm_keep_text(job->fit, m, &m->class_costs, job->class_costs);
}

/* A machine for each fold, as parts: each begins with the weights and the matrix of all rows. */
enum
{
	X,
	STARTS,
	COLUMNS,
	VALUES,
	Y,
	COST, /* of all rows */
	FOLD,
	WEIGHTS,
	MATRIX, /* NULL: it was not made */
	IN_MATRIX,
	ALL_SCORES,
	SCORES, /* what is found: of each row by the machine that has not seen it */
	N_ARRAYS
};

static void
train_fold(const void *fixed, void *const *arrays, uint32_t fold)
{
	UpSvmProblem p = *(const UpSvmProblem *) fixed;
	const uint8_t *of = arrays[FOLD];
	size_t size = up_svm_matrix_values(p.width) * sizeof(double);
	double *cost = up_alloc_array(p.n, sizeof(double)), *scores = up_alloc_array(p.n, sizeof(double)),
		   *w = up_alloc_array(p.width, sizeof(double)), *found = arrays[SCORES];
	struct UpSvmMatrix matrix = {.cost = arrays[COST], .in = up_alloc(p.n), .known = arrays[MATRIX] != NULL};
	UpSvmEnd end = {.known = true, .slope = up_alloc_array(p.width, sizeof(double)), .now = up_alloc(p.n)};

	p.rows.x = arrays[X];
	p.rows.starts = arrays[STARTS];
	p.rows.at = arrays[COLUMNS];
	p.rows.values = arrays[VALUES];
	p.y = arrays[Y];
	p.cost = cost;
	p.matrix = &matrix;
	p.end = &end;
	memcpy(matrix.in, arrays[IN_MATRIX], p.n);
	if (matrix.known)
	{
		matrix.h = up_alloc(size);
		memcpy(matrix.h, arrays[MATRIX], size);
	}
	memcpy(w, arrays[WEIGHTS], p.width * sizeof(double));
	memcpy(scores, arrays[ALL_SCORES], p.n * sizeof(double));
	for (size_t i = 0; i < p.n; i++)
		cost[i] = of[i] == fold ? 0 : matrix.cost[i];
	(void) solve(p, w, scores);
	for (size_t i = 0; i < p.n; i++)
	{
		if (of[i] == fold)
			found[i] = scores[i];
	}
}

/* The sigmoid of the machine: every fold is scored by a machine that has not seen it. */
static UpPlatt
fit_sigmoid(Job *job)
{
	UpSvmProblem p = problem_of(job);
	const UpSvmMachine *m = job->machine;
	size_t size = up_svm_matrix_values(job->width);
	double *scores = up_alloc_large_array(job->n, sizeof(double)), *h = NULL;
	UpPlatt sigmoid;

	memcpy(scores, m->scores, job->n * sizeof(double));
	if (m->matrix.known)
	{
		h = up_alloc_large_array(size, sizeof(double));
		memcpy(h, m->matrix.h, size * sizeof(double));
	}
	up_parallel((uint32_t) job->n_folds, train_fold, &p, sizeof(p),
				(void *[]){(void *) p.rows.x, (void *) p.rows.starts, (void *) p.rows.at,
						   (void *) p.rows.values, m->y, m->cost, job->fold, m->w, h, m->matrix.in, m->scores,
						   scores},
				N_ARRAYS);
	sigmoid = up_platt_fit(job->n, scores, m->y, job->row_weights);
	up_free_large(scores);
	up_free_large(h);
	return sigmoid;
}

/* What all machines together say of their training. */
typedef struct Summary
{
	double objective;
	double tolerance;
	int64_t iterations;
	bool converged;
	bool primal; /* one machine at least was solved there */
} Summary;

/* Solves the machine's problem, from the solution for the nearest C where there is one, and else or if that does not end from 0. */
static UpSvmResult
solve_machine(Job *job, uint32_t machine)
{
	UpReuse *reuse = job->fit->reuse;
	UpSvmMachine *m = job->machine;
	char *family = up_format("%s %u", job->family, machine);
	const UpPathPoint *from = up_path_nearest(reuse, family, job->params->C);
	UpSvmResult r = {0};

	if (from != NULL)
	{
		up_svm_begin_at(m, family, from->w, job->width);
		r = solve(problem_of(job), m->w, m->scores);
	}
	if (!r.converged)
	{
		memset(m->w, 0, job->width * sizeof(double));
		m->end.known = m->end.looked = false;
		r = solve(problem_of(job), m->w, m->scores);
	}
	if (reuse != NULL && r.converged)
		up_path_add(reuse, family, job->params->C, m->w, job->width);
	up_svm_keep_text(job->fit, m, &m->family, family);
	up_free(family);
	return r;
}

static void
train_machine(Job *job, UpSvm *m, uint32_t machine, Summary *summary)
{
	const double *w = job->machine->w;
	const uint32_t *columns = job->made.columns;
	uint32_t n = m->n_features;
	UpSvmResult r;

	set_machine(job, m->n_machines == 1 ? 1 : machine);
	r = solve_machine(job, machine);
	if (!isfinite(r.tolerance) || !isfinite(r.objective))
		up_fail_with(UP_INVALID_DATA, NULL, "Scale the features.",
					 "training of the support vector machine left the range of numbers");
	for (uint32_t j = 0; j < n; j++)
		m->weights[(size_t) machine * n + j] = w[columns[j]];
	m->intercepts[machine] = job->params->fit_intercept ? w[columns[n]] * job->params->intercept_scaling : 0;
	if (m->probability)
		m->sigmoids[machine] = fit_sigmoid(job);
	summary->primal = summary->primal || !r.dual;
	summary->objective += r.objective;
	summary->tolerance = UP_MAX(summary->tolerance, r.tolerance);
	summary->iterations += r.iterations;
	summary->converged = summary->converged && r.converged;
}

static void
report(const UpFit *fit, const Job *job, const UpSvm *m, const Summary *s)
{
	bool gap = !s->primal || job->params->loss == 1;

	up_value_set(fit->info, "solver", up_value_string(s->primal ? "newton" : "dual coordinate descent"));
	up_value_set(fit->info, "objective", up_value_number(s->objective));
	up_value_set(fit->info, gap ? "duality_gap" : "gradient", up_value_number(s->tolerance));
	up_value_set(fit->info, "iterations", up_value_number((double) s->iterations));
	up_value_set(fit->info, "converged", up_value_bool(s->converged));
	if (m->probability && job->n_folds < FOLDS)
		up_value_set(
			fit->info, "probability_note",
			up_value_string(job->n_folds == 0
								? "a class has one row: probabilities come from scores of training rows"
								: "a class has few rows: probabilities come from fewer than five folds"));
	if (!s->converged)
		up_warn("Raise max_iter or tol, or scale the features.",
				"training of the support vector machine stopped at max_iter = %lld with a relative %s of %.3g",
				(long long) max_iter_of(job->params), gap ? "duality gap" : "gradient", s->tolerance);
}

static void *
fit_kernel(const UpFit *fit)
{
	const UpSvmParams *params = fit->params;
	UpSvm *m = up_svm_new(0, fit->n_classes, params->probability);
	size_t n = fit->data->n_rows;
	UpMachinesReport summary = {.converged = true};
	UpMachinesFit f = {.fit = fit,
					   .k = &params->k,
					   .tol = tol_of(params),
					   .max_iter = max_iter_of(params),
					   .probability = params->probability};
	double *labels, *cost, *weights, *row_weights = NULL;

	m->n_features = fit->n_features;
	if (fit->n_classes < 2)
	{
		up_value_set(fit->info, "constant", up_value_bool(true));
		return up_svm_new(fit->n_features, fit->n_classes, params->probability);
	}
	labels = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	cost = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	up_data_labels(fit->data, 0, n, labels);
	weights = up_row_weights(params->class_weight, fit, labels, n, "algorithm \"svm\"");
	for (size_t i = 0; i < n; i++)
		cost[i] = params->C * (weights != NULL ? weights[i] : 1);
	if (params->probability)
		row_weights = up_data_weights(fit->data);
	f.y = labels;
	f.cost = cost;
	f.weights = row_weights;
	if (fit->reuse != NULL)
		f.stores = &up_svm_kept(fit->reuse)->kernels;
	m->kernel = up_machines_classify(&f, &summary);
	up_machines_tell(&summary, fit, f.max_iter);
	up_free(labels);
	up_free(cost);
	up_free(weights);
	up_free(row_weights);
	return m;
}

/*
 * About how long it takes one process, less what two save that is lost to sharing, which may be all that one machine of squares takes.
 * Folds are whole machines, so that two of them save all that they take.
 */
static double
seconds_of(const Job *job, const UpSvm *m)
{
	double machines = (double) m->n_machines, width = job->plan.work;
	double solved = machines * (job->width > MANY_COLUMNS ? MANY_TIMES
								: job->params->loss == 1  ? HINGE_TIMES
														  : 1);
	double folds = m->probability ? machines * FOLDS * SECONDS_OF_FOLD * width : 0;

	return (double) job->n * (SECONDS_A_NUMBER * (width + 10) * solved + folds) -
		   2 * up_seconds_to_share((double) job->n * (width + 5) * sizeof(double));
}

/* The rows and what else machines are trained with. */
static void
set_up(Job *job, const UpSvm *m)
{
	const UpFit *fit = job->fit;
	const UpSvmParams *p = job->params;
	double constant = p->fit_intercept ? p->intercept_scaling : 0;

	job->made = up_svm_make_rows(fit, &job->plan, constant, &job->labels);
	job->machine = up_svm_machine(fit, job->width, constant, m->n_machines == 1);
	job->class_costs = p->class_weight != NULL ? up_value_text(p->class_weight) : "";
	job->family = up_format("%d %.17g %s", p->loss, constant, job->class_costs);
	job->row_weights = up_data_weights(fit->data);
	job->class_weights = up_class_weights(p->class_weight, fit, job->labels, job->n, "algorithm \"svm\"");
	if (m->probability)
		assign_folds(job);
}

static void *
svm_fit(const UpFit *fit)
{
	const UpSvmParams *params = fit->params;
	UpSvm *m = up_svm_new(fit->n_features, fit->n_classes, params->probability);
	Job job = {.fit = fit, .params = params, .n = fit->data->n_rows};
	Summary summary = {.converged = true};
	UpArena *arena;

	if (params->k.kernel != UP_KERNEL_LINEAR)
		return fit_kernel(fit);
	if (m->n_machines == 0)
	{
		up_value_set(fit->info, "constant", up_value_bool(true));
		return m;
	}
	job.width = UP_MAX((size_t) fit->n_features + 1, UP_ROWS_MIN);
	job.plan = up_svm_plan_rows(fit, !is_flat(job.n, job.width));
	up_workers_begin(seconds_of(&job, m));
	arena = up_arena_enter();
	set_up(&job, m);
	for (uint32_t k = 0; k < m->n_machines; k++)
		train_machine(&job, m, k, &summary);
	for (size_t i = 0; i < (size_t) m->n_machines * m->n_features; i++)
	{
		if (!isfinite(m->weights[i]))
			up_fail_with(UP_INVALID_DATA, NULL, "Scale the features.",
						 "training of the support vector machine left the range of numbers");
	}
	up_arena_suspend(arena);
	report(fit, &job, m, &summary);
	up_arena_resume(arena);
	up_arena_leave(arena);
	up_workers_end();
	return m;
}

/* ---- linear machines that learn on, row by row ---- */

/*
 * Stochastic steps from the weights that there are, each divided by the curvature that rows have given a weight so far: the diagonal of
 * Newton's matrix, w_j -= g_j / H_j with H_j = 1 + sum 2 C x_j² over the active rows (Bordes, Bottou, Gallinari 2009). Of the old rows
 * H_j is not kept; they count as many times what the new rows show, so that an old row weighs what a new one does. The new rows come
 * in an order that the seed decides; max_iter passes, 1 by default.
 *
 * Cost: O(rows × features) a machine and pass.
 */

/* What the steps of one machine work on; the last weight is the constant's. */
typedef struct Steps
{
	const UpSvmParams *p;
	uint32_t d;
	double constant; /* 0: no intercept */
	double *w;       /* d + 1 */
	double *curve;   /* d + 1 */
	double *x;       /* a row, and the constant */
} Steps;

static double
slack(const Steps *s, double y)
{
	return 1 - y * up_vec_dot(s->w, s->x, s->d + 1);
}

static void
take_step(Steps *s, double y, double cost)
{
	double z = slack(s, y), pull;

	if (!(z > 0))
		return;
	/* The loss is z² or z. */
	pull = s->p->loss == 1 ? cost * y : 2 * cost * z * y;
	for (uint32_t j = 0; j <= s->d; j++)
	{
		s->curve[j] += 2 * cost * s->x[j] * s->x[j];
		s->w[j] += pull * s->x[j] / s->curve[j];
	}
}

/* The new rows as a machine sees them: which class is 1, and what they cost. */
typedef struct Rows
{
	const UpData *data;
	const double *labels, *weights;
	size_t *order;
	uint32_t positive;
	bool binary;
	double C;
} Rows;

static double
read_row(const Rows *r, Steps *s, size_t i, double *cost)
{
	uint32_t k = (uint32_t) r->labels[i];

	up_data_rows(r->data, i, 1, s->x);
	s->x[s->d] = s->constant;
	*cost = r->C * (k == r->positive || r->binary ? up_class_weight(r->weights, k) : 1);
	return k == r->positive ? 1 : -1;
}

/* The curvature of rows_before rows, by what the new ones show. */
static void
start_curve(const Rows *r, Steps *s, uint64_t rows_before)
{
	double share = (double) rows_before / (double) UP_MAX(r->data->n_rows, 1), cost;

	memset(s->curve, 0, ((size_t) s->d + 1) * sizeof(double));
	for (size_t i = 0; i < r->data->n_rows; i++)
	{
		double y = read_row(r, s, i, &cost);

		if (i % 256 == 0)
			up_tick();
		for (uint32_t j = 0; slack(s, y) > 0 && j <= s->d; j++)
			s->curve[j] += 2 * cost * share * s->x[j] * s->x[j];
	}
	for (uint32_t j = 0; j <= s->d; j++)
		s->curve[j] += 1;
}

static void
update_machine(Rows *r, Steps *s, UpRng *rng, int64_t passes, uint64_t rows_before)
{
	start_curve(r, s, rows_before);
	for (int64_t pass = 0; pass < passes; pass++)
	{
		up_rng_shuffle(rng, r->order, r->data->n_rows);
		for (size_t i = 0; i < r->data->n_rows; i++)
		{
			double cost, y = read_row(r, s, r->order[i], &cost);

			if (i % 256 == 0)
				up_progress("support vector machine: rows", i, r->data->n_rows);
			take_step(s, y, cost);
		}
	}
}

static UpSvm *
copy_of(const UpSvm *from)
{
	UpSvm *m = up_svm_new(from->n_features, from->n_classes, from->probability);

	memcpy(m->weights, from->weights, (size_t) from->n_machines * from->n_features * sizeof(double));
	memcpy(m->intercepts, from->intercepts, from->n_machines * sizeof(double));
	memcpy(m->sigmoids, from->sigmoids, from->n_machines * sizeof(UpPlatt));
	return m;
}

static void *
svm_update(const void *body, const UpFit *fit)
{
	const UpSvm *from = body;
	const UpSvmParams *p = fit->params;
	uint32_t d = fit->n_features;
	Steps s = {.p = p, .d = d, .constant = p->fit_intercept ? p->intercept_scaling : 0};
	Rows r = {.data = fit->data, .binary = fit->n_classes == 2, .C = p->C};
	int64_t passes = fit->given != NULL && up_value_get(fit->given, "max_iter") != NULL ? p->max_iter : 1;
	double *labels = up_alloc_array(UP_MAX(fit->data->n_rows, 1), sizeof(double));
	UpSvm *m;
	UpRng rng;

	if (from->kernel != NULL || p->k.kernel != UP_KERNEL_LINEAR)
		up_fail_with(UP_WRONG_KIND, NULL, "Train it anew, or use the linear kernel.",
					 "a support vector machine with a kernel cannot be updated");
	m = copy_of(from);
	if (m->n_machines == 0)
		return m;
	s.w = up_alloc_array((size_t) d + 1, sizeof(double));
	s.curve = up_alloc_array((size_t) d + 1, sizeof(double));
	s.x = up_alloc_array((size_t) d + 1, sizeof(double));
	r.order = up_alloc_array(UP_MAX(fit->data->n_rows, 1), sizeof(size_t));
	up_data_labels(fit->data, 0, fit->data->n_rows, labels);
	r.labels = labels;
	r.weights = up_class_weights(p->class_weight, fit, labels, fit->data->n_rows, "algorithm \"svm\"");
	for (uint32_t k = 0; k < m->n_machines; k++)
	{
		r.positive = m->n_machines == 1 ? 1 : k;
		for (size_t i = 0; i < fit->data->n_rows; i++)
			r.order[i] = i;
		up_rng_init(&rng, fit->seed, 50 + k);
		memcpy(s.w, m->weights + (size_t) k * d, d * sizeof(double));
		s.w[d] = s.constant > 0 ? m->intercepts[k] / s.constant : 0;
		update_machine(&r, &s, &rng, passes, fit->rows_before);
		memcpy(m->weights + (size_t) k * d, s.w, d * sizeof(double));
		m->intercepts[k] = s.w[d] * s.constant;
		for (uint32_t j = 0; j <= d; j++)
		{
			if (!isfinite(s.w[j]))
				up_fail_with(UP_INVALID_DATA, NULL, "Scale the features.",
							 "updating the support vector machine left the range of numbers");
		}
	}
	up_free(labels);
	return m;
}

/* Kernel machines come back to any row at any time. */
static double
svm_holds(const void *params, double n_rows, uint32_t n_features)
{
	const UpSvmParams *p = params;

	return p->k.kernel == UP_KERNEL_LINEAR ? 0 : up_machines_bytes(&p->k, n_rows, n_features);
}

/* Linear machines: weights and intercepts, and what makes probabilities of their scores. */
static void *
svm_average(const void *p, double rows_p, const void *q, double rows_q)
{
	const UpSvm *a = p, *b = q;
	double share = rows_q / (rows_p + rows_q);
	UpSvm *m;

	if (a->kernel != NULL || b->kernel != NULL)
		up_fail_with(UP_WRONG_KIND, NULL, "What they predict can be averaged.",
					 "machines with a kernel cannot be merged");
	m = up_svm_new(a->n_features, a->n_classes, a->probability);
	for (size_t i = 0; i < (size_t) a->n_machines * a->n_features; i++)
		m->weights[i] = a->weights[i] + share * (b->weights[i] - a->weights[i]);
	for (uint32_t k = 0; k < a->n_machines; k++)
	{
		m->intercepts[k] = a->intercepts[k] + share * (b->intercepts[k] - a->intercepts[k]);
		if (!a->probability)
			continue;
		m->sigmoids[k].a = a->sigmoids[k].a + share * (b->sigmoids[k].a - a->sigmoids[k].a);
		m->sigmoids[k].b = a->sigmoids[k].b + share * (b->sigmoids[k].b - a->sigmoids[k].b);
	}
	return m;
}

const UpLearner up_svm = {
	.name = "svm",
	.number = 3,
	.abilities = UP_L_CLASSIFY | UP_L_SCALE | UP_L_WEIGHTS,
	.help = "support vector machine: linear (one against the rest), or with a kernel (one against one)",
	.params = {svm_params, UP_LENGTH(svm_params)},
	.params_size = sizeof(UpSvmParams),
	.path = "C",
	.holds = svm_holds,
	.fit = svm_fit,
	.predict = up_svm_predict,
	.proba = up_svm_proba,
	.write = up_svm_write,
	.read = up_svm_read,
	.describe = up_svm_describe,
	.raw_scores = up_svm_raw_scores,
	.n_outputs = up_svm_n_outputs,
	.show = up_svm_show,
	.plane = up_svm_plane,
	.update = svm_update,
	.average = svm_average,
};
