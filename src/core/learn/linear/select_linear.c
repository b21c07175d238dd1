/*
 * select_linear.c - the lasso's path and recursive feature elimination on correlations; see select_linear.h
 *
 * The lasso minimizes 1/2 |y - X w|^2 / n + penalty |w|_1 over standardized columns by coordinate descent (Friedman, Hastie,
 * Tibshirani 2010), which needs only X'X and X'y. Elimination solves (X'X + ridge I) w = X'y and drops one feature
 * a round; the inverse is updated by the block formula instead of being solved anew.
 *
 * Cost: O(n d^2) for the products, once; a penalty O(d^2) a sweep; elimination O(d^3) in all.
 */
#include "learn/linear/select_linear.h"

#include "learn/linear/descent.h"
#include "num/cross.h"
#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS UP_CROSS_ROWS
#define PENALTIES  100
#define SMALLEST   1e-3
#define SWEEPS     1000
#define CLOSE      1e-7
#define RIDGE      1e-6

static double
output_of(const UpData *data, double label, uint32_t output)
{
	if (data->n_classes == 0)
		return label;
	return data->n_classes == 2 ? label == 1 : label == output;
}

/* Means and deviations of the columns and outputs, two passes over the rows. */
static void
standardize(const UpData *data, uint32_t width, double *mean, double *deviation)
{
	uint32_t d = data->n_features;

	memset(mean, 0, width * sizeof(double));
	memset(deviation, 0, width * sizeof(double));
	for (int pass = 0; pass < 2; pass++)
	{
		double *sum = pass == 0 ? mean : deviation;

		for (UpDataBlock b = up_data_blocks(data, BLOCK_ROWS, true); up_data_next(&b);)
		{
			for (size_t i = 0; i < b.n; i++)
			{
				for (uint32_t j = 0; j < width; j++)
				{
					double v = j < d ? b.x[i * d + j] : output_of(data, b.y[i], j - d);

					sum[j] += pass == 0 ? v : (v - mean[j]) * (v - mean[j]);
				}
			}
		}
		for (uint32_t j = 0; j < width; j++)
			sum[j] = pass == 0 ? sum[j] / (double) data->n_rows : sqrt(sum[j] / (double) data->n_rows);
	}
}

/* Products of all standardized columns and outputs: upper triangle, side ld. */
static double *
products(const UpData *data, uint32_t width, size_t ld, const double *mean, const double *deviation)
{
	uint32_t d = data->n_features;
	double *all = up_alloc_array(ld * ld, sizeof(double));
	UpCross *cross = up_cross_begin(ld, data->n_rows);

	for (UpDataBlock b = up_data_blocks(data, BLOCK_ROWS, true); up_data_next(&b);)
	{
		double *z = up_cross_rows(cross, b.n);

		for (size_t i = 0; i < b.n; i++)
		{
			for (uint32_t j = 0; j < width; j++)
			{
				double v = j < d ? b.x[i * d + j] : output_of(data, b.y[i], j - d);

				z[i * ld + j] = deviation[j] > 0 ? (v - mean[j]) / deviation[j] : 0;
			}
		}
	}
	up_cross_end(cross, all);
	return all;
}

UpGram *
up_gram_new(const UpData *data)
{
	UpGram *g = up_alloc0(sizeof(UpGram));
	uint32_t d = data->n_features, k = data->n_classes > 2 ? data->n_classes : 1, width = d + k;
	size_t ld = UP_SYRK_PAD((size_t) width);
	double *mean, *deviation, *all, share = 1 / (double) UP_MAX(data->n_rows, 1);

	if (d > UP_GRAM_FEATURES)
		up_fail_with(UP_LIMIT, NULL, "Filter with pearson, anova_f or mutual_info first.",
					 "%u features are more than the %d that l1 and rfe can weigh against each other", d,
					 UP_GRAM_FEATURES);
	up_reserve((ld * ld + (size_t) d * width + BLOCK_ROWS * (size_t) d) * sizeof(double),
			   "products of features");
	g->d = d;
	g->n_outputs = k;
	g->xx = up_alloc0((size_t) d * d * sizeof(double));
	g->xy = up_alloc0((size_t) d * k * sizeof(double));
	g->constant = up_alloc0(d * sizeof(bool));
	mean = up_alloc_array(width, sizeof(double));
	deviation = up_alloc_array(width, sizeof(double));
	standardize(data, width, mean, deviation);
	all = products(data, width, ld, mean, deviation);
	for (uint32_t j = 0; j < d; j++)
	{
		g->constant[j] = !(deviation[j] > 0);
		for (uint32_t l = j; l < d; l++)
			g->xx[(size_t) l * d + j] = g->xx[(size_t) j * d + l] = all[j * ld + l] * share;
		for (uint32_t o = 0; o < k; o++)
			g->xy[(size_t) j * k + o] = all[j * ld + d + o] * share;
	}
	up_free(mean);
	up_free(deviation);
	up_free(all);
	return g;
}

void
up_gram_lasso_order(const UpGram *g, double *score)
{
	double *w = up_alloc_array(UP_MAX(g->d, 1), sizeof(double)),
		   *rest = up_alloc_array(UP_MAX(g->d, 1), sizeof(double)),
		   *penalty = up_alloc_array(UP_MAX(g->d, 1), sizeof(double));
	UpDescent descent = {g->d, g->xx, true, penalty, NULL, g->constant, CLOSE, SWEEPS};

	for (uint32_t j = 0; j < g->d; j++)
		score[j] = 0;
	for (uint32_t o = 0; o < g->n_outputs; o++)
	{
		double most = 0;

		for (uint32_t j = 0; j < g->d; j++)
		{
			w[j] = 0;
			rest[j] = g->xy[(size_t) j * g->n_outputs + o];
			most = UP_MAX(most, fabs(rest[j]));
		}
		for (int i = 1; most > 0 && i <= PENALTIES; i++)
		{
			double share = pow(SMALLEST, (double) i / PENALTIES);

			up_progress("lasso: penalties", (uint64_t) i, PENALTIES);
			for (uint32_t j = 0; j < g->d; j++)
				penalty[j] = share * most;
			up_descend(&descent, w, rest, NULL);
			for (uint32_t j = 0; j < g->d; j++)
			{
				if (w[j] != 0 && share > score[j])
					score[j] = share;
			}
		}
	}
	up_free(w);
	up_free(rest);
	up_free(penalty);
}

/* In place; a is symmetric and positive definite (Gauss and Jordan, no exchange needed). */
static void
invert(double *a, uint32_t d)
{
	for (uint32_t p = 0; p < d; p++)
	{
		double *pivot_row = a + (size_t) p * d, pivot = 1 / pivot_row[p];

		up_tick();
		pivot_row[p] = 1;
		for (uint32_t j = 0; j < d; j++)
			pivot_row[j] *= pivot;
		for (uint32_t i = 0; i < d; i++)
		{
			double *UP_RESTRICT row = a + (size_t) i * d;
			double f = row[p];

			if (i == p)
				continue;
			row[p] = 0;
			for (uint32_t j = 0; j < d; j++)
				row[j] -= f * pivot_row[j];
		}
	}
}

/* The inverse of what is left without feature p: A'ij = Aij - Aip Apj / App. */
static void
drop_feature(double *a, uint32_t d, uint32_t p)
{
	const double *drop = a + (size_t) p * d;

	for (uint32_t i = 0; i < d; i++)
	{
		double *row = a + (size_t) i * d, f = row[p] / drop[p];

		if (i == p)
			continue;
		for (uint32_t j = 0; j < d; j++)
			row[j] -= f * drop[j];
	}
}

static uint32_t
least_feature(const UpGram *g, const double *inverse, const bool *gone)
{
	uint32_t least = UINT32_MAX;
	double smallest = INFINITY;

	for (uint32_t j = 0; j < g->d; j++)
	{
		double squares = 0;

		if (gone[j])
			continue;
		for (uint32_t o = 0; o < g->n_outputs; o++)
		{
			double w = 0;

			for (uint32_t l = 0; l < g->d; l++)
				w += gone[l] ? 0 : inverse[(size_t) j * g->d + l] * g->xy[(size_t) l * g->n_outputs + o];
			squares += w * w;
		}
		/* Of equal ones the later goes. */
		if (squares <= smallest || least == UINT32_MAX)
		{
			smallest = squares;
			least = j;
		}
	}
	return least;
}

void
up_gram_eliminate(const UpGram *g, double *rank)
{
	uint32_t d = g->d;
	double *inverse = up_alloc_array((size_t) d * d, sizeof(double));
	bool *gone = up_alloc0(UP_MAX(d, 1) * sizeof(bool));

	memcpy(inverse, g->xx, (size_t) d * d * sizeof(double));
	for (uint32_t j = 0; j < d; j++)
		inverse[(size_t) j * d + j] = (g->constant[j] ? 1 : inverse[(size_t) j * d + j]) + RIDGE;
	invert(inverse, d);
	for (uint32_t left = d; left > 0; left--)
	{
		uint32_t p = least_feature(g, inverse, gone);

		up_tick();
		up_progress("eliminating features", d - left, d);
		rank[p] = left;
		gone[p] = true;
		drop_feature(inverse, d, p);
	}
	up_free(inverse);
	up_free(gone);
}
