/*
 * svr.c - support vector regression: deviations up to epsilon cost nothing
 *
 * Minimizes |w|² / 2 + C sum max(0, |y - f(x)| - epsilon) in the dual (Drucker et al. 1997; LIBSVM's epsilon-SVR). That has two
 * variables a row, of which one is 0 in the solution; here a row has one, their difference, of either sign: b' K b / 2 - y'b +
 * epsilon sum |b_i| is minimized over -C <= b_i <= C, sum b_i = 0. f(x) = sum b_i K(x_i, x) + bias.
 *
 * With the linear kernel the same is minimized in the primal (svm_newton.c), as that costs a hundredth of it; the machine then has
 * one vector, the weights, with coefficient 1.
 */
#include "learn/svm/svm_machines.h"

#include "num/vec_syrk.h"
#include "learn/svm/svm_newton.h"
#include "prep/make_rows.h"

#include <math.h>
#include <string.h>

#define SECONDS_A_NUMBER 2.5e-8 /* linear: what the steps take */

typedef struct SvrParams
{
	double C;
	double epsilon;
	double tol;
	int64_t max_iter;
	UpKernelParams k;
} SvrParams;

#define UP_PARAMS_OF SvrParams
static const UpParam svr_params[] = {
	UP_REAL_PARAM("C", C, "1", 0, 1e15, "weight of the losses against the smoothness of the function",
				  .min_open = true),
	UP_REAL_PARAM("epsilon", epsilon, "0.1", 0, 1e300, "deviations that cost nothing, in units of the target"),
	UP_REAL_PARAM("tol", tol, "null", 0, 1e300,
				  "when to stop: duality gap (linear), null: 0.0001; with another kernel the largest violation "
				  "of optimality, null: 0.001",
				  .nullable = true, .min_open = true),
	UP_INT_PARAM("max_iter", max_iter, "null", 1, 1000000000,
				 "the most steps of the solver; null: 1000 (linear), with another kernel any number",
				 .nullable = true),
	UP_KERNEL_PARAMS(SvrParams, "rbf"),
};

/* What model_info tells, in the terms of the dual as with every kernel. */
static void
tell_linear(const UpFit *fit, const UpSvmResult *r, size_t vectors, int64_t max_iter)
{
	up_value_set(fit->info, "solver", up_value_string("newton"));
	up_value_set(fit->info, "objective", up_value_number(-r->objective));
	up_value_set(fit->info, "duality_gap", up_value_number(r->tolerance));
	up_value_set(fit->info, "support_vectors", up_value_number((double) vectors));
	up_value_set(fit->info, "iterations", up_value_number((double) r->iterations));
	up_value_set(fit->info, "converged", up_value_bool(r->converged));
	if (!r->converged)
		up_warn("Raise max_iter or tol, or scale the features.",
				"training of the support vector machine stopped at max_iter = %lld with a relative duality gap "
				"of %.3g",
				(long long) max_iter, r->tolerance);
}

static UpMachines *
linear_machine(const double *w, const uint32_t *columns, uint32_t d)
{
	double *plane = up_alloc_array((size_t) d + 1, sizeof(double));
	UpKernelRows *rows = up_kernel_rows_new(1, d);
	UpKernel kernel = {.kind = UP_KERNEL_LINEAR, .gamma = 1};
	double one = 1;
	UpMachines *m;

	for (uint32_t j = 0; j <= d; j++)
	{
		plane[j] = w[columns[j]];
		if (!isfinite(plane[j]))
			up_fail_with(UP_INVALID_DATA, NULL, "Scale the features.",
						 "training of the support vector machine left the range of numbers");
	}
	up_kernel_rows_set(rows, 0, plane);
	m = up_machines_single(rows, &kernel, &one, plane[d]);
	up_free(plane);
	up_kernel_rows_free(rows);
	return m;
}

static UpMachines *
fit_linear(const UpFit *fit, const SvrParams *params)
{
	size_t n = fit->data->n_rows, width = UP_MAX((size_t) fit->n_features + 1, UP_ROWS_MIN), vectors = 0;
	double *buffer, *target, *cost, *scores, *w = up_alloc0(width * sizeof(double)),
											 *weights = up_data_weights(fit->data);
	UpSvmProblem p = {.n = n, .width = width, .loss = UP_SVM_EPSILON, .epsilon = params->epsilon};
	UpRowsPlan plan = up_plan_rows(fit->data, true);
	UpMadeRows made;
	UpSvmResult r;
	UpMachines *m;

	up_workers_begin((double) n * SECONDS_A_NUMBER * (plan.work + 10) -
					 2 * up_seconds_to_share((double) n * plan.work * sizeof(double)));
	buffer = up_alloc_large_array(UP_MAX(3 * n, 1), sizeof(double));
	p.y = target = buffer;
	p.cost = cost = buffer + n;
	scores = buffer + 2 * n;
	made = up_make_rows(fit->data, &plan, 1, target);
	p.rows = made.rows;
	for (size_t i = 0; i < n; i++)
		cost[i] = weights != NULL ? weights[i] : 1;
	up_free(weights);
	p.C = params->C;
	p.free_bias = true;
	p.bias = made.columns[fit->n_features];
	p.tol = isnan(params->tol) ? 1e-4 : params->tol;
	p.max_iter = params->max_iter == INT64_MIN ? 1000 : params->max_iter;
	r = up_svm_newton(&p, w, scores);
	if (!isfinite(r.tolerance) || !isfinite(r.objective))
		up_fail_with(UP_INVALID_DATA, NULL, "Scale the features.",
					 "training of the support vector machine left the range of numbers");
	for (size_t i = 0; i < n; i++)
		vectors += fabs(target[i] - scores[i]) >= params->epsilon;
	tell_linear(fit, &r, vectors, p.max_iter);
	m = linear_machine(w, made.columns, fit->n_features);
	up_made_rows_free(&made);
	up_free_large(buffer);
	up_free(w);
	up_workers_end();
	return m;
}

static void
fill_problem(const UpFit *fit, double *p, double *y, double *cost, UpSmoProblem *problem)
{
	const SvrParams *params = fit->params;
	size_t n = fit->data->n_rows;
	double *weights = up_data_weights(fit->data);

	up_data_labels(fit->data, 0, n, p);
	for (size_t i = 0; i < n; i++)
	{
		p[i] = -p[i];
		y[i] = 1;
		cost[i] = params->C * (weights != NULL ? weights[i] : 1);
	}
	up_free(weights);
	problem->signed_too = true;
	problem->epsilon = params->epsilon;
}

static void *
fit_kernel(const UpFit *fit, const SvrParams *params)
{
	return up_machines_fit_single(fit, &params->k, "algorithm \"svr\"", isnan(params->tol) ? 1e-3 : params->tol,
								  params->max_iter, fill_problem);
}

static void *
svr_fit(const UpFit *fit)
{
	const SvrParams *params = fit->params;

	return params->k.kernel == UP_KERNEL_LINEAR ? fit_linear(fit, params) : fit_kernel(fit, params);
}

static void *
svr_read(UpReader *r, const UpShape *shape)
{
	if (shape->task != UP_TASK_REGRESS)
		up_corrupt(r, "task of support vector regression");
	return up_machines_read(r, shape->n_features, 0, false);
}

/* Kernel machines come back to any row at any time. */
static double
svr_holds(const void *params, double n_rows, uint32_t n_features)
{
	const SvrParams *p = params;

	return p->k.kernel == UP_KERNEL_LINEAR ? 0 : up_machines_bytes(&p->k, n_rows, n_features);
}

const UpLearner up_svr = {
	.name = "svr",
	.number = 13,
	.abilities = UP_L_REGRESS | UP_L_SCALE | UP_L_ABSOLUTE | UP_L_WEIGHTS,
	.help = "support vector regression: with a kernel or linear, deviations up to epsilon free",
	.params = {svr_params, UP_LENGTH(svr_params)},
	.params_size = sizeof(SvrParams),
	.path = "C",
	.holds = svr_holds,
	.fit = svr_fit,
	.predict = up_machines_decide,
	.write = up_machines_write,
	.read = svr_read,
	.describe = up_machines_describe,
	.raw_scores = up_machines_raw_scores,
	.n_outputs = up_machines_n_outputs,
};
