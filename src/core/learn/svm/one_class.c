/*
 * one_class.c - support vectors around most of the rows: what lies outside is an outlier
 *
 * Separates the rows from the origin of the kernel's space but for a share nu of them (Schölkopf et al. 2001): the dual min a'Ka / 2
 * over 0 <= a <= 1, sum a = nu n, from the first nu n rows at 1 (LIBSVM). f(x) = sum a_i K(x_i, x) - rho; an ordinary row has f >= 0.
 */
#include "learn/svm/svm_machines.h"

#include <math.h>
#include <string.h>

typedef struct OneClassParams
{
	double nu;
	double tol;
	int64_t max_iter;
	UpKernelParams k;
} OneClassParams;

#define UP_PARAMS_OF OneClassParams
static const UpParam one_class_params[] = {
	UP_REAL_PARAM("nu", nu, "0.5", 0, 1, "at most so large a share of the training rows is outside",
				  .min_open = true),
	UP_REAL_PARAM("tol", tol, "0.001", 0, 1e300, "when to stop: the largest violation of optimality",
				  .min_open = true),
	UP_INT_PARAM("max_iter", max_iter, "null", 1, 1000000000, "the most steps of the solver; null: any number",
				 .nullable = true),
	UP_KERNEL_PARAMS(OneClassParams, "rbf"),
};

static void
fill_problem(const UpFit *fit, double *p, double *y, double *cost, UpSmoProblem *problem)
{
	size_t n = fit->data->n_rows;
	double left = ((const OneClassParams *) fit->params)->nu * (double) n;

	(void) p;
	for (size_t i = 0; i < n; i++)
	{
		y[i] = cost[i] = 1;
		problem->a[i] = UP_MIN(left, 1);
		left -= problem->a[i];
	}
}

static void *
one_class_fit(const UpFit *fit)
{
	const OneClassParams *params = fit->params;
	UpMachines *m = up_machines_fit_single(fit, &params->k, "algorithm \"one_class\"", params->tol,
										   params->max_iter, fill_problem);
	size_t outside = 0;

	for (size_t s = 0; s < m->vectors->n; s++)
		outside += m->coef[s] == 1;
	up_value_set(fit->info, "outside", up_value_number((double) outside));
	return m;
}

static void
one_class_predict(const void *body, const double *x, size_t n, double *out)
{
	up_machines_decide(body, x, n, out);
	for (size_t i = 0; i < n; i++)
		out[i] = out[i] >= 0 ? 1 : -1;
}

static void *
one_class_read(UpReader *r, const UpShape *shape)
{
	if (shape->task != UP_TASK_OUTLIER)
		up_corrupt(r, "task of a one-class machine");
	return up_machines_read(r, shape->n_features, 0, false);
}

/* Kernel machines come back to any row at any time. */
static double
one_class_holds(const void *params, double n_rows, uint32_t n_features)
{
	const OneClassParams *p = params;

	return up_machines_bytes(&p->k, n_rows, n_features);
}

const UpLearner up_one_class = {
	.name = "one_class",
	.number = 11,
	.abilities = UP_L_OUTLIER | UP_L_SCALE,
	.help = "finds outliers: support vectors around most of the rows; 1 is ordinary, -1 is outside",
	.params = {one_class_params, UP_LENGTH(one_class_params)},
	.params_size = sizeof(OneClassParams),
	.holds = one_class_holds,
	.fit = one_class_fit,
	.predict = one_class_predict,
	.write = up_machines_write,
	.read = one_class_read,
	.describe = up_machines_describe,
	.raw_scores = up_machines_raw_scores,
	.n_outputs = up_machines_n_outputs,
};
