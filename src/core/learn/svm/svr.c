/*
 * svr.c - support vector regression: deviations up to epsilon cost nothing
 *
 * Minimizes |w|² / 2 + C sum max(0, |y - f(x)| - epsilon) in the dual over 2 n variables, a and a*, of which a row has one above it
 * and one below (Drucker et al. 1997; LIBSVM's epsilon-SVR): y = 1, p = epsilon - y_i for the first, y = -1, p = epsilon + y_i for the
 * second. f(x) = sum (a_i - a*_i) K(x_i, x) + bias. Each row stands twice among the samples of the problem.
 */
#include "learn/svm/svm_machines.h"

#include <math.h>
#include <string.h>

typedef struct SvrParams
{
	double C;
	double epsilon;
	double tol;
	int64_t max_iter;
	UpKernelParams k;
} SvrParams;

static const UpParam svr_params[] = {
	{.name = "C",
	 .type = UP_P_REAL,
	 .offset = offsetof(SvrParams, C),
	 .initial = "1",
	 .min = 0,
	 .max = 1e15,
	 .min_open = true,
	 .help = "weight of the losses against the smoothness of the function"},
	{.name = "epsilon",
	 .type = UP_P_REAL,
	 .offset = offsetof(SvrParams, epsilon),
	 .initial = "0.1",
	 .min = 0,
	 .max = 1e300,
	 .help = "deviations that cost nothing, in units of the target"},
	{.name = "tol",
	 .type = UP_P_REAL,
	 .offset = offsetof(SvrParams, tol),
	 .initial = "0.001",
	 .min = 0,
	 .max = 1e300,
	 .min_open = true,
	 .help = "when to stop: the largest violation of optimality"},
	{.name = "max_iter",
	 .type = UP_P_INT,
	 .offset = offsetof(SvrParams, max_iter),
	 .initial = "null",
	 .nullable = true,
	 .min = 1,
	 .max = 1000000000,
	 .help = "the most steps of the solver; null: any number"},
	UP_KERNEL_PARAMS(SvrParams, "rbf"),
};

static void *
svr_fit(const UpFit *fit)
{
	const SvrParams *params = fit->params;
	size_t n = fit->data->n_rows;
	UpKernelRows *rows = up_machines_load(fit->data), *twice;
	UpKernel kernel = up_machines_kernel(&params->k, rows, "algorithm \"svr\"");
	uint32_t *positions = up_alloc_array(UP_MAX(2 * n, 1), sizeof(uint32_t));
	double *room = up_alloc0(UP_MAX(9 * n, 1) * sizeof(double));
	double *p = room, *y = p + 2 * n, *cost = y + 2 * n, *a = cost + 2 * n, *target = a + 2 * n;
	UpMachinesReport report = {.converged = true};
	UpSmoProblem problem;
	UpSmoResult r;
	UpMachines *m;

	up_reserve(n * ((size_t) fit->n_features * 2 * sizeof(float) + 200), "support vector regression");
	up_data_labels(fit->data, 0, n, target);
	for (size_t i = 0; i < 2 * n; i++)
	{
		positions[i] = (uint32_t) (i % n);
		y[i] = i < n ? 1 : -1;
		p[i] = params->epsilon - y[i] * target[i % n];
		cost[i] = params->C;
	}
	twice = up_kernel_rows_pick(rows, positions, 2 * n);
	problem = up_machines_problem(&params->k, twice, &kernel, params->tol,
								  params->max_iter == INT64_MIN ? -1 : params->max_iter);
	problem.p = p;
	problem.y = y;
	problem.cost = cost;
	problem.a = a;
	r = up_smo_solve(&problem);
	up_machines_add(&report, &r);
	for (size_t i = 0; i < n; i++)
		a[i] -= a[n + i];
	m = up_machines_single(rows, &kernel, a, r.bias);
	up_machines_tell(&report, fit, problem.max_iter);
	up_kernel_rows_free(rows);
	up_kernel_rows_free(twice);
	up_free(positions);
	up_free(room);
	return m;
}

static void *
svr_read(UpReader *r, const UpShape *shape)
{
	if (shape->task != UP_TASK_REGRESS)
		up_corrupt(r, "task of support vector regression");
	return up_machines_read(r, shape->n_features, 0, false);
}

const UpLearner up_svr = {
	.name = "svr",
	.number = 13,
	.abilities = UP_L_REGRESS | UP_L_SCALE | UP_L_ABSOLUTE,
	.help = "support vector regression: with a kernel or linear, deviations up to epsilon free",
	.params = {svr_params, UP_LENGTH(svr_params)},
	.params_size = sizeof(SvrParams),
	.fit = svr_fit,
	.predict = up_machines_decide,
	.write = up_machines_write,
	.read = svr_read,
	.describe = up_machines_describe,
	.raw_scores = up_machines_raw_scores,
	.n_outputs = up_machines_n_outputs,
};
