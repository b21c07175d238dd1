/*
 * target_table.c - target encoding with smoothing, out of fold for the rows that it was fitted on
 *
 * The value of category c with n_c rows is (n_c m_c + s m) / (n_c + s), where m_c is the mean of the target in c, m
 * the overall mean and s the smoothing (Micci-Barreca 2001). By empirical Bayes, s is the variance of the target within
 * c over its variance overall, so it is w m_c + (1 - w) m with w = V n_c / (V n_c + S_c / n_c), S_c the sum of squares
 * around m_c and V the overall variance (ddof 0): scikit-learn's TargetEncoder(smooth="auto"). Training rows see the
 * table of the rows outside their fold, so that no row's label is in its own feature.
 *
 * Cost: sorting n values, then one pass a fold and output.
 */
#include "prep/target_table.h"

#include "num/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The different values, ascending; returns their number. */
static uint32_t
distinct_keys(const double *v, size_t n, double *keys)
{
	size_t known = 0;
	uint32_t found = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (!isnan(v[i]))
			keys[known++] = v[i] + 0.0; /* one zero */
	}
	up_sort_doubles(keys, known, NULL);
	for (size_t i = 0; i < known; i++)
	{
		if (found > 0 && keys[found - 1] == keys[i])
			continue;
		if (found == UINT32_MAX - 1)
			up_fail(UP_LIMIT, "a column has more than %u different values", UINT32_MAX - 1);
		keys[found++] = keys[i];
	}
	return found;
}

/* The position of v among the keys, or their number. */
static uint32_t
find_key(const UpTargetTable *t, double v)
{
	uint32_t low = (uint32_t) up_lower_bound(t->keys, t->n_keys, v);

	return low < t->n_keys && t->keys[low] == v ? low : t->n_keys;
}

/* What is known of one category: rows, mean and sum of squares around it, updated one value at a time (Welford 1962). */
typedef struct Moments
{
	double n, mean, squares;
} Moments;

static void
add_value(Moments *m, double y)
{
	double d = y - m->mean;

	m->n++;
	m->mean += d / m->n;
	m->squares += d * (y - m->mean);
}

static double
smoothed(const Moments *m, const Moments *all, double smooth)
{
	double weight;

	if (m->n == 0)
		return all->mean;
	if (!isnan(smooth))
		return (m->n * m->mean + smooth * all->mean) / (m->n + smooth);
	weight = all->squares / all->n * m->n;
	if (weight == 0)
		return all->mean;
	weight /= weight + m->squares / m->n;
	return weight * m->mean + (1 - weight) * all->mean;
}

/* One output from the rows outside a fold (-1: of all rows) into values. */
static void
fit_output(const UpTargetTable *t, const uint32_t *key, const double *y, const uint8_t *fold, size_t n,
		   int without, double class_number, double smooth, uint32_t output, double *values)
{
	Moments *m = up_alloc0(((size_t) t->n_keys + 1) * sizeof(Moments)), all = {0};

	for (size_t i = 0; i < n; i++)
	{
		double v = class_number < 0 ? y[i] : y[i] == class_number;

		if ((i & 0xffff) == 0)
			up_tick();
		if (fold[i] == without)
			continue;
		add_value(&all, v);
		add_value(&m[key[i]], v);
	}
	for (uint32_t k = 0; k < t->n_keys; k++)
		values[(size_t) k * t->n_outputs + output] = smoothed(&m[k], &all, smooth);
	values[(size_t) t->n_keys * t->n_outputs + output] = all.mean;
	up_free(m);
}

UpTargetTable *
up_target_fit(const double *v, const double *y, const uint8_t *fold, size_t n, uint32_t n_classes,
			  double smooth)
{
	UpTargetTable *t = up_alloc0(sizeof(UpTargetTable));
	uint32_t *key = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	size_t cells;

	t->keys = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	t->n_keys = distinct_keys(v, n, t->keys);
	t->n_outputs = n_classes > 2 ? n_classes : 1;
	cells = ((size_t) t->n_keys + 1) * t->n_outputs;
	up_reserve(cells * (UP_TARGET_FOLDS + 1) * sizeof(double), "target encoding");
	t->values = up_alloc_array(cells, sizeof(double));
	t->fold_values = up_alloc_array(cells * UP_TARGET_FOLDS, sizeof(double));
	for (size_t i = 0; i < n; i++)
		key[i] = isnan(v[i]) ? t->n_keys : find_key(t, v[i]);
	for (uint32_t output = 0; output < t->n_outputs; output++)
	{
		double class_number = n_classes == 0 ? -1 : n_classes <= 2 ? 1 : (double) output;

		fit_output(t, key, y, fold, n, -1, class_number, smooth, output, t->values);
		for (int f = 0; f < UP_TARGET_FOLDS; f++)
			fit_output(t, key, y, fold, n, f, class_number, smooth, output,
					   t->fold_values + cells * (size_t) f);
	}
	up_free(key);
	return t;
}

const double *
up_target_find(const UpTargetTable *t, double v, int fold)
{
	size_t k = isnan(v) ? t->n_keys : find_key(t, v);
	const double *values = t->values;

	UP_ASSERT(k <= t->n_keys);
	if (fold >= 0 && t->fold_values != NULL)
		values = t->fold_values + ((size_t) t->n_keys + 1) * t->n_outputs * (size_t) fold;
	return values + k * t->n_outputs;
}

void
up_put_target(UpWriter *w, const UpTargetTable *t)
{
	up_put_u32(w, t->n_outputs);
	up_put_u32(w, t->n_keys);
	up_put_f64_array(w, t->keys, t->n_keys);
	up_put_f64_array(w, t->values, ((size_t) t->n_keys + 1) * t->n_outputs);
}

UpTargetTable *
up_get_target(UpReader *r)
{
	UpTargetTable *t = up_alloc0(sizeof(UpTargetTable));
	size_t cells;

	t->n_outputs = up_get_u32(r);
	t->n_keys = up_get_count(r, sizeof(double), UINT32_MAX - 1, "target encoding");
	cells = ((size_t) t->n_keys + 1) * t->n_outputs;
	if (t->n_outputs == 0 || t->n_outputs > 65535 || (r->len - r->pos) / sizeof(double) < cells + t->n_keys)
		up_corrupt(r, "target encoding");
	t->keys = up_alloc_array(UP_MAX(t->n_keys, 1), sizeof(double));
	t->values = up_alloc_array(cells, sizeof(double));
	up_get_f64_array(r, t->keys, t->n_keys);
	up_get_f64_array(r, t->values, cells);
	for (uint32_t k = 1; k < t->n_keys; k++)
	{
		if (!(t->keys[k - 1] < t->keys[k]))
			up_corrupt(r, "target encoding");
	}
	return t;
}
