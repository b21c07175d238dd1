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
#include "num/vec.h"
#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS UP_CROSS_ROWS
#define PENALTIES  100
#define SMALLEST   1e-3
#define SWEEPS     1000
#define CLOSE      1e-7
#define RIDGE      1e-6

#define PART_VALUES    16384 /* of rows that are a part of the elimination */
#define SECONDS_A_STEP 6e-10 /* of elimination, a feature and value of the matrix */

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

/* ---- elimination: rows of the inverse as parts ---- */

enum
{
	INVERSE,
	WEIGHTS, /* XY */
	GONE,
	SQUARES, /* [d] of the weights of a feature */
	N_ARRAYS
};

typedef struct Elimination
{
	uint32_t d, n_outputs, per_part;
	uint32_t pivot; /* d: none */
} Elimination;

/* One step of Gauss and Jordan: every row without the pivot's, which has been made ready. */
static void
invert_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Elimination *e = fixed;
	uint32_t d = e->d, first = part * e->per_part, end = UP_MIN(first + e->per_part, d);
	const double *pivot_row = (const double *) arrays[INVERSE] + (size_t) e->pivot * d;

	for (uint32_t i = first; i < end; i++)
	{
		double *row = (double *) arrays[INVERSE] + (size_t) i * d, f = row[e->pivot];

		if (i == e->pivot)
			continue;
		row[e->pivot] = 0;
		up_vec_axpy(row, -f, pivot_row, d);
	}
}

static double
squared_weights(const Elimination *e, void *const *arrays, const double *row)
{
	const double *xy = arrays[WEIGHTS];
	const bool *gone = arrays[GONE];
	double squares = 0;

	for (uint32_t o = 0; o < e->n_outputs; o++)
	{
		double w = 0;

		for (uint32_t l = 0; l < e->d; l++)
			w += gone[l] ? 0 : row[l] * xy[(size_t) l * e->n_outputs + o];
		squares += w * w;
	}
	return squares;
}

/* The inverse of what is left without the feature at the pivot, A'ij = Aij - Aip Apj / App, and the weights by it. */
static void
drop_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Elimination *e = fixed;
	uint32_t d = e->d, first = part * e->per_part, end = UP_MIN(first + e->per_part, d);
	const double *drop = (const double *) arrays[INVERSE] + (size_t) e->pivot * d;

	for (uint32_t i = first; i < end; i++)
	{
		double *row = (double *) arrays[INVERSE] + (size_t) i * d;

		if (((const bool *) arrays[GONE])[i])
			continue;
		if (e->pivot < d)
			up_vec_axpy(row, -row[e->pivot] / drop[e->pivot], drop, d);
		((double *) arrays[SQUARES])[i] = squared_weights(e, arrays, row);
	}
}

/* In place; the matrix is symmetric and positive definite, so that no exchange is needed. */
static void
invert(Elimination *e, uint32_t parts, void *const *arrays)
{
	for (e->pivot = 0; e->pivot < e->d; e->pivot++)
	{
		double *row = (double *) arrays[INVERSE] + (size_t) e->pivot * e->d, pivot = 1 / row[e->pivot];

		up_tick();
		row[e->pivot] = 1;
		for (uint32_t j = 0; j < e->d; j++)
			row[j] *= pivot;
		up_parallel(parts, invert_part, e, sizeof(*e), arrays, N_ARRAYS);
	}
}

/* Of equal ones the later goes. */
static uint32_t
least_feature(uint32_t d, const double *squares, const bool *gone)
{
	uint32_t least = UINT32_MAX;

	for (uint32_t j = 0; j < d; j++)
	{
		if (!gone[j] && (least == UINT32_MAX || squares[j] <= squares[least]))
			least = j;
	}
	return least;
}

void
up_gram_eliminate(const UpGram *g, double *rank)
{
	uint32_t d = g->d, parts;
	size_t square = (size_t) d * d;
	Elimination e = {.d = d, .n_outputs = g->n_outputs};
	double *inverse;
	void *arrays[N_ARRAYS];
	bool *gone;

	up_workers_begin((double) square * d * SECONDS_A_STEP);
	inverse = arrays[INVERSE] = up_alloc_large_array(UP_MAX(square, 1), sizeof(double));
	arrays[WEIGHTS] = up_alloc_large_array(UP_MAX(d, 1), g->n_outputs * sizeof(double));
	gone = arrays[GONE] = up_alloc_large_zeroed(UP_MAX(d, 1), sizeof(bool));
	arrays[SQUARES] = up_alloc_large_array(UP_MAX(d, 1), sizeof(double));
	memcpy(inverse, g->xx, square * sizeof(double));
	memcpy(arrays[WEIGHTS], g->xy, (size_t) d * g->n_outputs * sizeof(double));
	for (uint32_t j = 0; j < d; j++)
		inverse[(size_t) j * d + j] = (g->constant[j] ? 1 : inverse[(size_t) j * d + j]) + RIDGE;
	e.per_part = UP_MAX(PART_VALUES / UP_MAX(d, 1), 1);
	parts = (d + e.per_part - 1) / e.per_part;
	/* Leaves the pivot at d: the first weights are those of all features. */
	invert(&e, parts, arrays);
	for (uint32_t left = d; left > 0; left--)
	{
		up_tick();
		up_progress("eliminating features", d - left, d);
		up_parallel(parts, drop_part, &e, sizeof(e), arrays, N_ARRAYS);
		e.pivot = least_feature(d, arrays[SQUARES], gone);
		rank[e.pivot] = left;
		gone[e.pivot] = true;
	}
	for (uint32_t i = 0; i < N_ARRAYS; i++)
		up_free_large(arrays[i]);
	up_workers_end();
}
