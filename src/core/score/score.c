/*
 * score.c - correlation, chi-square, analysis of variance, information gain; see score.h
 *
 * Only rows where both columns are known count. Tables of counts are small: categories × classes.
 * Cost: O(n); ranks and bins O(n log n).
 */
#include "score/score.h"

#include "num/distributions.h"
#include "num/sort.h"
#include "num/moments.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TICK_ROWS 65536

static UpScore
undefined(size_t n, const char *how)
{
	UpScore s = {NAN, NAN, n, how};

	return s;
}

/* Copies the rows where both are known; returns their number. */
static size_t
complete_pairs(const UpVariable *a, const UpVariable *b, size_t n, double *x, double *y)
{
	size_t known = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		if (isnan(a->v[i]) || isnan(b->v[i]))
			continue;
		x[known] = a->v[i];
		y[known++] = b->v[i];
	}
	return known;
}

double
up_score_of_products(double xy, double xx, double yy)
{
	double product = xx * yy, r;

	/* One root is exact where both columns are equal; their product may not be there where the two are. */
	r = xy / (product >= DBL_MIN && product <= DBL_MAX ? sqrt(product) : sqrt(xx) * sqrt(yy));
	return isfinite(r) && isfinite(xx) && isfinite(yy) ? UP_MAX(UP_MIN(r, 1), -1) : NAN;
}

static double
correlation(const double *x, const double *y, size_t n)
{
	double mx = up_mean(x, n), my = up_mean(y, n);
	double xx[4] = {0}, yy[4] = {0}, xy[4] = {0};

	for (size_t i = 0; i < n; i++)
	{
		double a = x[i] - mx, b = y[i] - my;

		if (i % TICK_ROWS == 0)
			up_tick();
		xx[i & 3] += a * a;
		yy[i & 3] += b * b;
		xy[i & 3] += a * b;
	}
	return up_score_of_products((xy[0] + xy[1]) + (xy[2] + xy[3]), (xx[0] + xx[1]) + (xx[2] + xx[3]),
								(yy[0] + yy[1]) + (yy[2] + yy[3]));
}

double
up_score_correlation_p(double r, size_t n)
{
	if (n <= 2 || isnan(r))
		return NAN;
	return up_t_test(r * sqrt((double) (n - 2) / UP_MAX((1 - r) * (1 + r), 0)), (double) (n - 2));
}

static UpScore
number_correlation(double *x, double *y, size_t n, bool spearman)
{
	UpScore s = undefined(n, spearman ? "spearman" : "pearson");
	double r;

	if (n < 2)
		return s;
	if (spearman)
	{
		double *ranks = up_alloc_array(n, sizeof(double));

		up_rank_doubles(x, n, ranks);
		memcpy(x, ranks, n * sizeof(double));
		up_rank_doubles(y, n, ranks);
		memcpy(y, ranks, n * sizeof(double));
		up_free(ranks);
	}
	r = correlation(x, y, n);
	s.value = r;
	s.p_value = up_score_correlation_p(r, n);
	return s;
}

static UpAnova
analyse(const double *group, const double *v, size_t n, uint32_t n_groups)
{
	double *sum = up_alloc0((size_t) n_groups * sizeof(double)), mean = up_mean(v, n);
	double *count = up_alloc0((size_t) n_groups * sizeof(double));
	UpAnova a = {0, 0, 0};

	for (size_t i = 0; i < n; i++)
	{
		uint32_t g = (uint32_t) group[i];

		count[g]++;
		sum[g] += v[i] - mean;
	}
	for (uint32_t g = 0; g < n_groups; g++)
	{
		if (count[g] == 0)
			continue;
		a.groups++;
		a.between += sum[g] * sum[g] / count[g];
		sum[g] = mean + sum[g] / count[g];
	}
	for (size_t i = 0; i < n; i++)
	{
		double d = v[i] - sum[(uint32_t) group[i]];

		a.within += d * d;
	}
	up_free(sum);
	up_free(count);
	return a;
}

static double
f_statistic(const UpAnova *a, size_t n)
{
	if (a->groups < 2 || n <= a->groups)
		return NAN;
	return (a->between / (a->groups - 1)) / (a->within / (double) (n - a->groups));
}

UpScore
up_score_of_groups(const UpAnova *a, size_t n, bool ratio)
{
	UpScore s = undefined(n, ratio ? "correlation_ratio" : "f");
	double f = f_statistic(a, n);

	/* Where a sum is beyond the numbers, nothing is known of the other's share. */
	if (n < 2 || !isfinite(a->between + a->within) || (ratio && !(a->between + a->within > 0)))
		return s;
	s.value = ratio ? sqrt(a->between / (a->between + a->within)) : f;
	s.p_value = up_f_tail(f, (double) a->groups - 1, (double) n - a->groups);
	return s;
}

UpScore
up_score_of_line(double r, size_t n)
{
	UpScore s = undefined(n, "f");

	if (n <= 2)
		return s;
	s.value = r * r / UP_MAX((1 - r) * (1 + r), 0) * (double) (n - 2);
	s.p_value = up_f_tail(s.value, 1, (double) (n - 2));
	return s;
}

static UpScore
correlation_ratio(const double *group, const double *v, size_t n, uint32_t n_groups)
{
	UpAnova a = {0, 0, 0};

	if (n >= 2)
		a = analyse(group, v, n, n_groups);
	return up_score_of_groups(&a, n, true);
}

/* Counts of pairs of codes, and what they sum to. */
typedef struct Table
{
	uint32_t rows, columns;
	double *cells, *row_sums, *column_sums;
	uint32_t used_rows, used_columns;
	double n;
} Table;

static Table
count_pairs(const double *x, const double *y, size_t n, uint32_t rows, uint32_t columns)
{
	Table t = {.rows = rows, .columns = columns, .n = (double) n};

	up_reserve((size_t) rows * columns * sizeof(double), "a table of counts");
	t.cells = up_alloc0((size_t) rows * columns * sizeof(double));
	t.row_sums = up_alloc0((size_t) rows * sizeof(double));
	t.column_sums = up_alloc0((size_t) columns * sizeof(double));
	for (size_t i = 0; i < n; i++)
		t.cells[(size_t) x[i] * columns + (size_t) y[i]]++;
	for (uint32_t i = 0; i < rows; i++)
	{
		for (uint32_t j = 0; j < columns; j++)
		{
			t.row_sums[i] += t.cells[(size_t) i * columns + j];
			t.column_sums[j] += t.cells[(size_t) i * columns + j];
		}
		t.used_rows += t.row_sums[i] > 0;
	}
	for (uint32_t j = 0; j < columns; j++)
		t.used_columns += t.column_sums[j] > 0;
	return t;
}

static void
table_free(Table *t)
{
	up_free(t->cells);
	up_free(t->row_sums);
	up_free(t->column_sums);
}

static double
chi_square(const Table *t)
{
	double sum = 0;

	for (uint32_t i = 0; i < t->rows; i++)
	{
		if (t->row_sums[i] == 0)
			continue;
		for (uint32_t j = 0; j < t->columns; j++)
		{
			double expected = t->row_sums[i] * t->column_sums[j] / t->n;
			double d = t->cells[(size_t) i * t->columns + j] - expected;

			if (expected > 0)
				sum += d * d / expected;
		}
	}
	return sum;
}

static UpScore
cramers_v(const double *x, const double *y, size_t n, uint32_t rows, uint32_t columns)
{
	UpScore s = undefined(n, "cramers_v");
	Table t = count_pairs(x, y, n, rows, columns);
	uint32_t least = UP_MIN(t.used_rows, t.used_columns);
	double chi2 = chi_square(&t);

	if (least > 1)
	{
		s.value = sqrt(chi2 / (t.n * (least - 1)));
		s.p_value = up_chi2_tail(chi2, (double) (t.used_rows - 1) * (t.used_columns - 1));
	}
	table_free(&t);
	return s;
}

UpScore
up_score_correlation(const UpVariable *a, const UpVariable *b, size_t n, bool spearman)
{
	double *x = up_alloc_array(UP_MAX(n, 1), sizeof(double)), *y = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	size_t known = complete_pairs(a, b, n, x, y);
	UpScore s;

	if (a->n_values == 0 && b->n_values == 0)
		s = number_correlation(x, y, known, spearman);
	else if (a->n_values > 0 && b->n_values > 0)
		s = cramers_v(x, y, known, a->n_values, b->n_values);
	else if (a->n_values > 0)
		s = correlation_ratio(x, y, known, a->n_values);
	else
		s = correlation_ratio(y, x, known, b->n_values);
	up_free(x);
	up_free(y);
	return s;
}

/*
 * Numbers → codes: each value its own where there are few, else parts of equally many rows (equal values stay together).
 * Returns the number of codes.
 */
static uint32_t
cut(double *v, size_t n)
{
	uint32_t *order = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t)), code = 0;
	double edges[UP_SCORE_VALUES + UP_SCORE_BINS]; /* the greatest value of each part */
	uint32_t n_edges = 0;
	size_t different = 0;

	up_order_doubles(v, n, order);
	for (size_t i = 0; i < n && different <= UP_SCORE_VALUES; i++)
		different += i == 0 || v[order[i]] != v[order[i - 1]];
	if (different <= UP_SCORE_VALUES)
	{
		for (size_t i = 0; i < n; i++)
		{
			if (i + 1 == n || v[order[i + 1]] != v[order[i]])
				edges[n_edges++] = v[order[i]];
		}
	}
	else
	{
		for (uint32_t part = 1; part <= UP_SCORE_BINS; part++)
		{
			double edge = v[order[UP_MAX((size_t) part * n / UP_SCORE_BINS, 1) - 1]];

			if (n_edges == 0 || edge > edges[n_edges - 1])
				edges[n_edges++] = edge;
		}
	}
	for (size_t i = 0; i < n; i++)
	{
		double *at = &v[order[i]];

		while (*at > edges[code])
			code++;
		*at = code;
	}
	up_free(order);
	return UP_MAX(n_edges, 1);
}

uint32_t
up_score_codes(const UpVariable *x, size_t n, double *codes)
{
	double *known;
	size_t n_known = 0;
	uint32_t n_codes = x->n_values;

	if (n_codes > 0)
	{
		memcpy(codes, x->v, n * sizeof(double));
		return n_codes;
	}
	known = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	for (size_t i = 0; i < n; i++)
	{
		if (!isnan(x->v[i]))
			known[n_known++] = x->v[i];
	}
	n_codes = cut(known, n_known);
	n_known = 0;
	for (size_t i = 0; i < n; i++)
		codes[i] = isnan(x->v[i]) ? NAN : known[n_known++];
	up_free(known);
	return n_codes;
}

/* Entropy of counts, in nats. */
static double
entropy(const double *count, uint32_t n, double total)
{
	double sum = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		if (count[i] > 0)
			sum -= count[i] / total * log(count[i] / total);
	}
	return sum;
}

/* Mutual information of two columns cut into codes, in nats; *own: the entropy of the first. */
static UpScore
binned_information(const UpVariable *a, const UpVariable *b, size_t n, double *own)
{
	double *x = up_alloc_array(UP_MAX(n, 1), sizeof(double)), *y = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	UpScore s =
		undefined(complete_pairs(a, b, n, x, y), a->n_values > 0 && b->n_values > 0 ? "counts" : "bins");
	uint32_t rows = a->n_values > 0 ? a->n_values : cut(x, s.n);
	uint32_t columns = b->n_values > 0 ? b->n_values : cut(y, s.n);

	*own = 0;
	if (s.n > 0)
	{
		Table t = count_pairs(x, y, s.n, rows, columns);
		double joint = 0;

		for (uint32_t i = 0; i < rows; i++)
		{
			for (uint32_t j = 0; j < columns; j++)
			{
				double cell = t.cells[(size_t) i * columns + j];

				if (cell > 0)
					joint += cell / t.n * log(cell * t.n / (t.row_sums[i] * t.column_sums[j]));
			}
		}
		*own = entropy(t.row_sums, rows, t.n);
		s.value = UP_MAX(joint, 0);
		if (t.used_rows > 1 && t.used_columns > 1)
			s.p_value =
				up_chi2_tail(2 * t.n * s.value, (double) (t.used_rows - 1) * (double) (t.used_columns - 1));
		table_free(&t);
	}
	up_free(x);
	up_free(y);
	return s;
}

UpScore
up_score_information_gain(const UpVariable *x, const UpVariable *y, size_t n, bool ratio)
{
	double own;
	UpScore s = binned_information(x, y, n, &own);

	if (s.n == 0)
		return s;
	if (ratio)
		s.value = own > 0 ? s.value / own : 0;
	else
		s.value /= log(2);
	return s;
}

UpScore
up_score_mutual_info_binned(const UpVariable *x, const UpVariable *y, size_t n)
{
	double own;

	return binned_information(x, y, n, &own);
}

/* Sums of the feature by class against what the classes' shares of rows let expect. */
static UpScore
chi2_of_sums(const double *x, const double *y, size_t n, uint32_t n_classes)
{
	double *sum = up_alloc0((size_t) n_classes * sizeof(double));
	double *count = up_alloc0((size_t) n_classes * sizeof(double)), total = 0;
	UpScore s = undefined(n, "chi2");
	uint32_t classes = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (x[i] < 0)
			up_fail_with(UP_INVALID_DATA, NULL, "Use anova_f or mutual_info, or scale the column to 0 … 1.",
						 "chi2 needs features that are not negative, and a value is %g", x[i]);
		sum[(uint32_t) y[i]] += x[i];
		count[(uint32_t) y[i]]++;
		total += x[i];
	}
	if (n > 0)
		s.value = 0;
	for (uint32_t c = 0; c < n_classes; c++)
	{
		double expected = count[c] / (double) n * total;

		classes += count[c] > 0;
		if (expected > 0)
			s.value += (sum[c] - expected) * (sum[c] - expected) / expected;
	}
	if (!(total > 0))
		s.value = NAN;
	if (!isnan(s.value))
		s.p_value = up_chi2_tail(s.value, classes - 1);
	up_free(sum);
	up_free(count);
	return s;
}

UpScore
up_score_chi2(const UpVariable *a, const UpVariable *b, size_t n)
{
	double *x = up_alloc_array(UP_MAX(n, 1), sizeof(double)), *y = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	UpScore s = undefined(complete_pairs(a, b, n, x, y), "chi2");

	if (b->n_values == 0)
		up_fail_with(UP_INVALID_PARAMETER, NULL, "Use pearson, spearman, mutual_info or anova_f.",
					 "chi2 needs a target of classes, not of numbers");
	if (a->n_values == 0)
		s = chi2_of_sums(x, y, s.n, b->n_values);
	else if (s.n > 0)
	{
		Table t = count_pairs(x, y, s.n, a->n_values, b->n_values);

		s.how = "independence";
		s.value = chi_square(&t);
		s.p_value = up_chi2_tail(s.value, (double) (t.used_rows - 1) * (t.used_columns - 1));
		table_free(&t);
	}
	up_free(x);
	up_free(y);
	return s;
}

UpScore
up_score_anova(const UpVariable *a, const UpVariable *b, size_t n)
{
	double *x = up_alloc_array(UP_MAX(n, 1), sizeof(double)), *y = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	UpScore s = undefined(complete_pairs(a, b, n, x, y), "f");

	if (a->n_values == 0 && b->n_values == 0 && s.n > 2)
		s = up_score_of_line(correlation(x, y, s.n), s.n);
	else if ((a->n_values == 0) != (b->n_values == 0) && s.n > 1)
	{
		UpAnova v = a->n_values == 0 ? analyse(y, x, s.n, b->n_values) : analyse(x, y, s.n, a->n_values);

		s = up_score_of_groups(&v, s.n, false);
	}
	up_free(x);
	up_free(y);
	return s;
}

UpScore
up_score_variance(const UpVariable *a, size_t n)
{
	double *x = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	UpScore s = undefined(complete_pairs(a, a, n, x, x), "variance");

	if (s.n > 0 && a->n_values == 0)
	{
		double mean = up_mean(x, s.n), sum = 0;

		for (size_t i = 0; i < s.n; i++)
			sum += (x[i] - mean) * (x[i] - mean);
		s.value = sum / (double) s.n;
	}
	else if (s.n > 0)
	{
		double *count = up_alloc0((size_t) a->n_values * sizeof(double));

		s.value = 0;
		for (size_t i = 0; i < s.n; i++)
			count[(uint32_t) x[i]]++;
		for (uint32_t k = 0; k < a->n_values; k++)
			s.value += count[k] / (double) s.n * (1 - count[k] / (double) s.n);
		up_free(count);
	}
	up_free(x);
	return s;
}
