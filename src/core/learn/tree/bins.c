/*
 * bins.c - bins of equally many rows, or one for each value where there are few; see bins.h
 *
 * Edges lie half way between neighbouring values of the training rows. Categories have a bin each, the most frequent ones
 * first; those beyond the 254th share the last. A missing value, or a category that was not seen, has the code 255.
 * Cost: sorting a column; a binary search a value.
 */
#include "learn/tree/bins.h"

#include "num/sort.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define READ_ROWS 1024

static uint8_t
code_of(const UpBinning *f, double v)
{
	uint32_t below = 0, left = f->n_bins - 1;
	const double *edges = f->edges;

	if (isnan(v))
		return UP_BIN_MISSING;
	if (f->n_values > 0)
		return v >= 0 && v < f->n_values ? f->bin_of[(uint32_t) v] : UP_BIN_MISSING;
	/* How many edges are below v: halves without a branch, since which one it is cannot be guessed. */
	while (left > 0)
	{
		uint32_t half = (left + 1) / 2, is_below = edges[below + half - 1] < v;

		below += half & (0 - is_below);
		left -= half;
	}
	return (uint8_t) below;
}

/* A number above a that is not above b, half way if there is one. */
static double
between(double a, double b)
{
	double mid = a / 2 + b / 2;

	return mid >= a && mid < b ? mid : a;
}

/* v: known values; sorted here. */
static void
fit_number(UpBinning *f, double *v, size_t n, double *buffer)
{
	size_t different = 0;

	f->n_bins = 1;
	f->edges = up_alloc_array(UP_MOST_BINS, sizeof(double));
	if (n == 0)
		return;
	up_sort_doubles(v, n, buffer);
	for (size_t i = 0; i < n && different <= UP_MOST_BINS; i++)
		different += i == 0 || v[i] != v[i - 1];
	if (different <= UP_MOST_BINS)
	{
		for (size_t i = 1; i < n; i++)
		{
			if (v[i] != v[i - 1])
				f->edges[f->n_bins++ - 1] = between(v[i - 1], v[i]);
		}
		return;
	}
	for (uint32_t b = 1; b < UP_MOST_BINS; b++)
	{
		/* The first place at or after this share where the value changes. */
		size_t at = (size_t) ((double) b * (double) n / UP_MOST_BINS);

		while (at < n && (at == 0 || v[at] == v[at - 1]))
			at++;
		if (at == n)
			break;
		if (f->n_bins == 1 || f->edges[f->n_bins - 2] < between(v[at - 1], v[at]))
			f->edges[f->n_bins++ - 1] = between(v[at - 1], v[at]);
	}
}

typedef struct Frequent
{
	size_t count;
	uint32_t value;
} Frequent;

static int
compare_frequent(const void *a, const void *b)
{
	const Frequent *x = a, *y = b;

	if (x->count != y->count)
		return x->count > y->count ? -1 : 1;
	return x->value < y->value ? -1 : 1;
}

static void
fit_category(UpBinning *f, const double *v, size_t n)
{
	Frequent *values = up_alloc_array(f->n_values, sizeof(Frequent));

	f->bin_of = up_alloc_array(f->n_values, sizeof(uint8_t));
	for (uint32_t k = 0; k < f->n_values; k++)
		values[k] = (Frequent){0, k};
	for (size_t i = 0; i < n; i++)
		values[(uint32_t) v[i]].count++;
	if (f->n_values > UP_MOST_BINS)
		up_sort(values, f->n_values, sizeof(Frequent), compare_frequent);
	for (uint32_t k = 0; k < f->n_values; k++)
		f->bin_of[values[k].value] = (uint8_t) UP_MIN(k, UP_MOST_BINS - 1);
	f->n_bins = UP_MIN(f->n_values, UP_MOST_BINS);
	up_free(values);
}

UpBins *
up_bins_fit(const UpData *data, uint8_t *codes)
{
	UpBins *b = up_alloc0(sizeof(UpBins));
	size_t n = data->n_rows, width = data->n_features, group = UP_MIN(width, 16);
	double *row, *columns, *v, *buffer;

	if (width > UP_TREE_COLUMNS)
		up_fail(UP_LIMIT, "%zu features are more than the %d that a tree can have", width, UP_TREE_COLUMNS);
	b->n_features = data->n_features;
	b->features = up_alloc0(width * sizeof(UpBinning));
	row = up_alloc_array(width, sizeof(double));
	columns = up_alloc_array(group * n, sizeof(double));
	v = up_alloc_array(n, sizeof(double));
	buffer = up_alloc_array(n, sizeof(double));
	for (size_t first = 0; first < width; first += group)
	{
		size_t here = UP_MIN(group, width - first);

		up_progress("binning features", first, width);
		for (size_t i = 0; i < n; i++)
		{
			if (i % READ_ROWS == 0)
				up_tick();
			up_data_rows(data, i, 1, row);
			for (size_t j = 0; j < here; j++)
				columns[j * n + i] = row[first + j];
		}
		for (size_t j = 0; j < here; j++)
		{
			UpBinning *f = &b->features[first + j];
			size_t known = 0;

			up_tick();
			f->n_values = data->n_values != NULL ? data->n_values[first + j] : 0;
			for (size_t i = 0; i < n; i++)
			{
				if (!isnan(columns[j * n + i]))
					v[known++] = columns[j * n + i];
			}
			if (f->n_values > 0)
				fit_category(f, v, known);
			else
				fit_number(f, v, known, buffer);
			for (size_t i = 0; i < n; i++)
				codes[i * width + first + j] = code_of(f, columns[j * n + i]);
		}
	}
	up_free(row);
	up_free(columns);
	up_free(v);
	up_free(buffer);
	return b;
}

void
up_bins_encode(const UpBins *b, const double *x, size_t n, uint8_t *codes)
{
	for (size_t i = 0; i < n; i++)
	{
		for (uint32_t j = 0; j < b->n_features; j++)
			codes[i * b->n_features + j] = code_of(&b->features[j], x[i * b->n_features + j]);
	}
}

UpBins *
up_bins_rows(const UpData *data, UpBins *before, uint8_t **codes, double **y)
{
	*codes = up_alloc_array(UP_MAX(data->n_rows, 1), data->n_features);
	*y = up_alloc_array(UP_MAX(data->n_rows, 1), sizeof(double));
	up_data_labels(data, 0, data->n_rows, *y);
	if (before == NULL)
		return up_bins_fit(data, *codes);
	UP_ASSERT(before->n_features == data->n_features);
	for (UpDataBlock b = up_data_blocks(data, READ_ROWS, false); up_data_next(&b);)
		up_bins_encode(before, b.x, b.n, *codes + b.first * data->n_features);
	return before;
}

void
up_put_bins(UpWriter *w, const UpBins *b)
{
	for (uint32_t j = 0; j < b->n_features; j++)
	{
		const UpBinning *f = &b->features[j];

		up_put_u32(w, f->n_bins);
		up_put_u32(w, f->n_values);
		if (f->n_values > 0)
			up_put_bytes(w, f->bin_of, f->n_values);
		else
			up_put_f64_array(w, f->edges, f->n_bins - 1);
	}
}

static void
get_binning(UpReader *r, UpBinning *f)
{
	f->n_bins = up_get_u32(r);
	f->n_values = up_get_u32(r);
	if (f->n_bins == 0 || f->n_bins > UP_MOST_BINS)
		up_corrupt(r, "number of bins");
	if (f->n_values > 0)
	{
		if (f->n_values > r->len - r->pos || f->n_bins != UP_MIN(f->n_values, UP_MOST_BINS))
			up_corrupt(r, "categories of a tree");
		f->bin_of = up_alloc(f->n_values);
		up_get_bytes(r, f->bin_of, f->n_values);
		for (uint32_t k = 0; k < f->n_values; k++)
		{
			if (f->bin_of[k] >= f->n_bins)
				up_corrupt(r, "categories of a tree");
		}
		return;
	}
	f->edges = up_alloc_array(UP_MOST_BINS, sizeof(double));
	up_get_f64_array(r, f->edges, f->n_bins - 1);
	for (uint32_t k = 1; k + 1 < f->n_bins; k++)
	{
		if (!(f->edges[k - 1] < f->edges[k]))
			up_corrupt(r, "bins");
	}
}

UpBins *
up_get_bins(UpReader *r, uint32_t n_features)
{
	UpBins *b = up_alloc0(sizeof(UpBins));

	if (n_features > UP_TREE_COLUMNS || n_features > (r->len - r->pos) / 8)
		up_corrupt(r, "number of features of a tree");
	b->n_features = n_features;
	b->features = up_alloc0((size_t) n_features * sizeof(UpBinning));
	for (uint32_t j = 0; j < n_features; j++)
		get_binning(r, &b->features[j]);
	return b;
}
