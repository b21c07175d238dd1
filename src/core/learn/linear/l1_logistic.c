/*
 * l1_logistic.c - the order in which features enter a penalized logistic regression; see l1_logistic.h
 *
 * From the smallest penalty that leaves no feature downwards, each solution starting from the last one (logistic_solve.h).
 *
 * Shapes: x n × ld, the constant at d. Cost of a penalty: about 3 steps of n s^2 / 2, for s features with a coefficient, and n d.
 */
#include "learn/linear/l1_logistic.h"

#include "learn/linear/logistic_solve.h"
#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

#define PENALTIES         60
#define SMALLEST          1e-3
#define STEPS             500
#define CLOSE             1e-9
#define EXPLAINED         0.99 /* of the deviance: the path ends */
#define SECONDS_A_PENALTY 4e-9 /* about, of a row and column */

/* p: without penalties; l1: where they belong. */
static void
walk_path(UpLogisticProblem *p, double *l1, double *score)
{
	uint32_t d = p->d, entered = 0, chosen = 0;
	double ones = 0, most = 0, none = 0, *theta = up_alloc0((d + 1) * sizeof(double)),
		   *slope = up_alloc_array((size_t) d + 1, sizeof(double));

	for (size_t i = 0; i < p->n; i++)
		ones += p->y[i];
	if (ones == 0 || ones == (double) p->n)
		return;
	theta[d] = log(ones / ((double) p->n - ones));
	none = -(ones * log(ones / (double) p->n) + ((double) p->n - ones) * log1p(-ones / (double) p->n)) /
		   (double) p->n;
	up_logistic_curvature(p, theta, slope, NULL);
	for (uint32_t j = 0; j < d; j++)
		most = UP_MAX(most, fabs(slope[j]));
	for (int i = 1; most > 0 && i <= PENALTIES && chosen <= UP_L1_ACTIVE && entered < d; i++)
	{
		double share = pow(SMALLEST, (double) i / PENALTIES), loss;

		up_progress("l1: penalties", (uint64_t) i, PENALTIES);
		for (uint32_t j = 0; j < d; j++)
			l1[j] = share * most;
		loss = up_logistic_solve(p, theta).objective;
		entered = chosen = 0;
		for (uint32_t j = 0; j < d; j++)
		{
			loss -= l1[j] * fabs(theta[j]);
			if (theta[j] != 0)
				score[j] = UP_MAX(score[j], share);
			chosen += theta[j] != 0;
			entered += score[j] > 0;
		}
		if (loss < (1 - EXPLAINED) * none)
			break;
	}
}

/* Columns of x, n rows, to mean 0 and deviation 1; constant ones to 0. */
static void
standardize(double *x, size_t ld, size_t n, uint32_t d)
{
	double *mean = up_alloc0(UP_MAX(d, 1) * sizeof(double)), *scale = up_alloc0(UP_MAX(d, 1) * sizeof(double));

	for (int pass = 0; pass < 3; pass++)
	{
		for (size_t i = 0; i < n; i++)
		{
			double *row = x + i * ld;

			if (i % 256 == 0)
				up_tick();
			for (uint32_t j = 0; j < d; j++)
			{
				if (pass == 0)
					mean[j] += row[j];
				else if (pass == 1)
					scale[j] += (row[j] - mean[j]) * (row[j] - mean[j]);
				else
					row[j] = (row[j] - mean[j]) * scale[j];
			}
		}
		for (uint32_t j = 0; j < d; j++)
		{
			if (pass == 0)
				mean[j] /= (double) n;
			else if (pass == 1)
				scale[j] = scale[j] > 1e-24 * mean[j] * mean[j] * (double) n ? sqrt((double) n / scale[j]) : 0;
		}
	}
	up_free(mean);
	up_free(scale);
}

void
up_l1_logistic_order(const UpData *data, double *score)
{
	size_t n = UP_MIN(data->n_rows, UP_L1_ROWS);
	uint32_t d = data->n_features;
	UpArena *arena = up_arena_enter();
	size_t ld = UP_SYRK_PAD(UP_MAX((size_t) d + 1, UP_ROWS_MIN));
	double *x, *labels, *y, *cost, *l1 = up_alloc0((d + 1) * sizeof(double));
	UpLogisticProblem p = {.n = n,
						   .d = d,
						   .ld = ld,
						   .n_outputs = 1,
						   .l1 = l1,
						   .l2 = up_alloc0((d + 1) * sizeof(double)),
						   .fit_intercept = true,
						   .tol = CLOSE,
						   .max_iter = STEPS};

	memset(score, 0, d * sizeof(double));
	up_workers_begin(SECONDS_A_PENALTY * PENALTIES * (double) n * (double) (ld + 30) *
					 UP_MAX(data->n_classes - 1.0, 1));
	labels = up_alloc_large_array(UP_MAX(n, 1), sizeof(double));
	p.x = x = up_data_padded(data, n, ld, 1, labels);
	p.y = y = up_alloc_large_array(UP_MAX(n, 1), sizeof(double));
	p.cost = cost = up_alloc_large_array(UP_MAX(n, 1), sizeof(double));
	for (size_t i = 0; i < n; i++)
		cost[i] = 1 / (double) n;
	standardize(x, ld, n, d);
	for (uint32_t c = data->n_classes > 2 ? 0 : 1; c < data->n_classes; c++)
	{
		for (size_t i = 0; i < n; i++)
			y[i] = labels[i] == c;
		walk_path(&p, l1, score);
	}
	up_workers_end();
	up_arena_leave(arena);
}
