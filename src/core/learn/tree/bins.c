/*
 * bins.c - bins of equally many rows, or one for each value where there are few; see bins.h
 *
 * Edges lie half way between neighbouring values of the training rows; of many rows, of 200,000 that are spread evenly over their
 * order, which is random (a bin's share then is right to a tenth of itself). Categories have a bin each, the most frequent ones
 * first; those beyond the 254th share the last. A missing value, or a category that was not seen, has the code 255.
 * Columns of numbers are parts of a job. Cost: sorting what was drawn of a column; a search among 254 edges a value.
 */
#include "learn/tree/bins.h"

#include "num/sort.h"
#include "num/vec_places.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define READ_ROWS   1024
#define FEW_ROWS    64     /* read at once, in turn with others */
#define SAMPLE_ROWS 200000 /* that bins are made by */
#define TURNED_ROWS 8192
#define PART_ROWS   8192
#define GROUP_BYTES ((size_t) 32 * 1024 * 1024)
#define AHEAD       32 /* rows */
#define GROUP       16 /* features at least, or coded at once: their edges stay in the nearest cache */

/* Edges that are not used are above all numbers. */
static void
clear_edges(double *edges)
{
	for (uint32_t k = 0; k < UP_PLACES_EDGES; k++)
		edges[k] = INFINITY;
}

static void
code_categories(const UpBinning *f, const double *v, uint32_t n, uint8_t *codes)
{
	for (uint32_t i = 0; i < n; i++)
		codes[i] = v[i] >= 0 && v[i] < f->n_values ? f->bin_of[(uint32_t) v[i]] : UP_BIN_MISSING;
}

/* A number above a that is not above b, half way if there is one. */
static double
between(double a, double b)
{
	double mid = a / 2 + b / 2;

	return mid >= a && mid < b ? mid : a;
}

/* What a part finds of a column of numbers. */
typedef struct Numbers
{
	uint32_t n_bins;
	double edges[UP_PLACES_EDGES];
} Numbers;

/* v: known values; sorted here. */
static void
fit_number(Numbers *f, double *v, size_t n)
{
	size_t different = 0;

	f->n_bins = 1;
	clear_edges(f->edges);
	if (n == 0)
		return;
	up_sort_doubles(v, n, NULL);
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

/* Features of the rows drawn, one after the other; n of all rows are drawn. */
typedef struct Drawing
{
	UpDataForm data;
	size_t n;
	uint32_t first, here; /* features */
} Drawing;

static void
draw_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Drawing *r = fixed;
	const UpData *data = up_data_open(&r->data, arrays);
	size_t n = r->n, end = UP_MIN(((size_t) part + 1) * PART_ROWS, n);
	double *columns = arrays[UP_DATA_ARRAYS], few[GROUP * FEW_ROWS];
	double *row = up_alloc_array(UP_MAX(data->n_features, 1), sizeof(double));

	for (size_t at = (size_t) part * PART_ROWS; at < end; at += FEW_ROWS)
	{
		size_t rows = UP_MIN(FEW_ROWS, end - at);

		if (at % READ_ROWS == 0)
			up_tick();
		for (uint32_t j0 = 0; j0 < r->here; j0 += GROUP)
		{
			uint32_t width = UP_MIN(GROUP, r->here - j0);

			for (size_t i = 0; i < rows; i++)
			{
				size_t of = (at + i) * data->n_rows / n;

				if (data->pipeline != NULL)
				{
					up_data_rows(data, of, 1, row);
					for (uint32_t j = 0; j < width; j++)
						few[j * FEW_ROWS + i] = row[r->first + j0 + j];
					continue;
				}
				if (j0 == 0 && at + i + AHEAD < n)
					up_samples_ask(data->samples, data->order[(at + i + AHEAD) * data->n_rows / n], r->first,
								   r->here);
				up_samples_values(data->samples, data->order[of], r->first + j0, width, row);
				for (uint32_t j = 0; j < width; j++)
					few[j * FEW_ROWS + i] = row[j];
			}
			for (uint32_t j = 0; j < width; j++)
				memcpy(columns + (j0 + j) * n + at, few + j * FEW_ROWS, rows * sizeof(double));
		}
	}
	up_free(row);
}

static uint32_t
parts_of(size_t n)
{
	return (uint32_t) ((n + PART_ROWS - 1) / PART_ROWS);
}

static void
read_columns(const UpData *data, size_t n, uint32_t first, uint32_t here, double *columns)
{
	void *arrays[UP_DATA_ARRAYS + 1];
	Drawing r = {.data = up_data_form(data, arrays), .n = n, .first = first, .here = here};

	arrays[UP_DATA_ARRAYS] = columns;
	up_parallel(parts_of(n), draw_part, &r, sizeof(r), arrays, UP_LENGTH(arrays));
}

/* Values of some columns; codes: those that they get, or NULL: not asked for. */
typedef struct Columns
{
	size_t n;
	double *values; /* column by column */
	uint8_t *codes;
} Columns;

/* The values of column j that are known. */
static double *
known_values(const Columns *c, uint32_t j, size_t *n)
{
	const double *v = c->values + j * c->n;
	double *known = up_alloc_array(UP_MAX(c->n, 1), sizeof(double));

	*n = 0;
	for (size_t i = 0; i < c->n; i++)
	{
		known[*n] = v[i];
		*n += !isnan(v[i]);
	}
	return known;
}

/* A part of a job: a column; arrays: values, codes, which columns are categories, Numbers of each. */
static void
fit_part(const void *fixed, void *const *arrays, uint32_t j)
{
	Columns c = {*(const size_t *) fixed, arrays[0], arrays[1]};
	Numbers *numbers = (Numbers *) arrays[3] + j;
	double *known;
	size_t n;

	if (((const bool *) arrays[2])[j])
		return;
	up_tick();
	known = known_values(&c, j, &n);
	fit_number(numbers, known, n);
	if (c.codes != NULL)
		up_vec_places(numbers->edges, c.values + j * c.n, c.n, c.codes + j * c.n);
	up_free(known);
}

/* The bins of features whose columns these are. */
static void
fit_columns(UpBinning *features, uint32_t n_features, const Columns *c)
{
	bool *is_category = up_alloc_large(n_features);
	Numbers *numbers = up_alloc_large_array(n_features, sizeof(Numbers));
	void *arrays[] = {c->values, c->codes, is_category, numbers};

	for (uint32_t j = 0; j < n_features; j++)
		is_category[j] = features[j].n_values > 0;
	up_parallel(n_features, fit_part, &c->n, sizeof(c->n), arrays, UP_LENGTH(arrays));
	for (uint32_t j = 0; j < n_features; j++)
	{
		UpBinning *f = &features[j];
		double *known;
		size_t n;

		if (!is_category[j])
		{
			f->n_bins = numbers[j].n_bins;
			f->edges = memcpy(up_alloc(sizeof(numbers[j].edges)), numbers[j].edges, sizeof(numbers[j].edges));
			continue;
		}
		known = known_values(c, j, &n);
		fit_category(f, known, n);
		if (c->codes != NULL)
			code_categories(f, c->values + j * c->n, (uint32_t) c->n, c->codes + j * c->n);
		up_free(known);
	}
	up_free_large(is_category);
	up_free_large(numbers);
}

/* Codes that stand row by row from those that stand feature by feature, or these from those; arrays: from, to. */
typedef struct Turning
{
	size_t n, width;
	bool to_rows;
} Turning;

static void
turn_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Turning *t = fixed;
	const uint8_t *from = arrays[0];
	uint8_t *to = arrays[1];
	size_t end = UP_MIN(((size_t) part + 1) * TURNED_ROWS, t->n);

	for (size_t first = (size_t) part * TURNED_ROWS; first < end; first += FEW_ROWS)
	{
		size_t here = UP_MIN(FEW_ROWS, end - first);

		up_tick();
		for (size_t j = 0; j < t->width; j++)
		{
			size_t column = j * t->n + first, row = first * t->width + j;

			for (size_t i = 0; t->to_rows && i < here; i++)
				to[row + i * t->width] = from[column + i];
			for (size_t i = 0; !t->to_rows && i < here; i++)
				to[column + i] = from[row + i * t->width];
		}
	}
}

static void
turn_codes(uint8_t *from, uint8_t *to, size_t n, size_t width, bool to_rows)
{
	Turning t = {n, width, to_rows};
	void *arrays[] = {from, to};

	up_parallel((uint32_t) ((n + TURNED_ROWS - 1) / TURNED_ROWS), turn_part, &t, sizeof(t), arrays,
				UP_LENGTH(arrays));
}

/*
 * The bins of all features, and codes of all rows (by_feature: feature by feature as well, or NULL) if these are few enough to be looked
 * at whole; else *coded is false.
 */
static UpBins *
fit_bins(const UpData *data, uint8_t *codes, uint8_t *by_feature, bool *coded)
{
	UpBins *b = up_alloc0(sizeof(UpBins));
	size_t n = UP_MIN(data->n_rows, SAMPLE_ROWS), width = data->n_features;
	size_t group = UP_MIN(width, UP_MAX(GROUP_BYTES / (UP_MAX(n, 1) * sizeof(double)), GROUP));
	Columns c = {.n = n};

	b->n_features = data->n_features;
	b->features = up_alloc0(width * sizeof(UpBinning));
	for (size_t j = 0; data->n_values != NULL && j < width; j++)
		b->features[j].n_values = data->n_values[j];
	c.values = up_alloc_large_array(UP_MAX(group, 1) * n, sizeof(double));
	*coded = n == data->n_rows && group == width;
	if (*coded)
		c.codes = by_feature != NULL ? by_feature : up_alloc_large_array(UP_MAX(n, 1), UP_MAX(width, 1));
	for (size_t first = 0; first < width; first += group)
	{
		uint32_t here = (uint32_t) UP_MIN(group, width - first);

		up_progress("binning features", first, width);
		read_columns(data, n, (uint32_t) first, here, c.values);
		fit_columns(b->features + first, here, &c);
	}
	up_free_large(c.values);
	if (*coded)
		turn_codes(c.codes, codes, n, width, true);
	if (by_feature == NULL)
		up_free_large(c.codes);
	return b;
}

/* Codes of at most FEW_ROWS rows, wherever they stand. */
static void
encode_rows(const UpBins *b, const double *const *rows, size_t n, uint8_t *codes)
{
	double few[GROUP * FEW_ROWS];
	uint8_t few_codes[FEW_ROWS];

	for (uint32_t first = 0; first < b->n_features; first += GROUP)
	{
		uint32_t here = UP_MIN(GROUP, b->n_features - first);

		for (size_t i = 0; i < n; i++)
		{
			for (uint32_t j = 0; j < here; j++)
				few[j * FEW_ROWS + i] = rows[i][first + j];
		}
		for (uint32_t j = 0; j < here; j++)
		{
			const UpBinning *f = &b->features[first + j];

			if (f->n_values > 0)
				code_categories(f, few + j * FEW_ROWS, (uint32_t) n, few_codes);
			else
				up_vec_places(f->edges, few + j * FEW_ROWS, n, few_codes);
			for (size_t i = 0; i < n; i++)
				codes[i * b->n_features + first + j] = few_codes[i];
		}
	}
}

void
up_bins_encode(const UpBins *b, const double *x, size_t n, uint8_t *codes)
{
	const double *rows[FEW_ROWS];

	for (size_t first = 0; first < n; first += FEW_ROWS)
	{
		size_t here = UP_MIN(FEW_ROWS, n - first);

		for (size_t i = 0; i < here; i++)
			rows[i] = x + (first + i) * b->n_features;
		encode_rows(b, rows, here, codes + first * b->n_features);
	}
}

void
up_bins_encode_columns(const UpBins *b, const uint32_t *features, uint32_t n_features, const double *x,
					   size_t n, uint8_t *codes, size_t stride)
{
	double few[FEW_ROWS];

	for (size_t first = 0; first < n; first += FEW_ROWS)
	{
		size_t here = UP_MIN(FEW_ROWS, n - first);

		for (uint32_t k = 0; k < n_features; k++)
		{
			const UpBinning *f = &b->features[features[k]];
			const double *v = x + first * b->n_features + features[k];
			uint8_t *to = codes + k * stride + first;

			for (size_t i = 0; i < here; i++)
				few[i] = v[i * b->n_features];
			if (f->n_values > 0)
				code_categories(f, few, (uint32_t) here, to);
			else
				up_vec_places(f->edges, few, here, to);
		}
	}
}

/* Codes of all rows of data, some in each part. */
typedef struct Encoding
{
	UpDataForm data;
	uint32_t n_features;
} Encoding;

enum
{
	CODES = UP_DATA_ARRAYS,
	BINS,  /* where this process alone does all parts; … */
	EDGES, /* … else those of all features, which are numbers */
	N_ENCODING_ARRAYS
};

static UpBins *
open_bins(const Encoding *e, void *const *arrays)
{
	UpBins *b = arrays[BINS];

	if (b != NULL)
		return b;
	b = up_alloc(sizeof(UpBins));
	b->n_features = e->n_features;
	b->features = up_alloc0(e->n_features * sizeof(UpBinning));
	for (uint32_t j = 0; j < e->n_features; j++)
		b->features[j].edges = (double *) arrays[EDGES] + (size_t) j * UP_PLACES_EDGES;
	return b;
}

static void
encode_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Encoding *e = fixed;
	const UpData *data = up_data_open(&e->data, arrays);
	const UpBins *b = open_bins(e, arrays);
	size_t width = (size_t) data->samples->n_columns + 1, begin = (size_t) part * PART_ROWS,
		   end = UP_MIN(begin + PART_ROWS, data->n_rows);
	double *space = up_alloc_array(FEW_ROWS * width, sizeof(double));
	const double *rows[FEW_ROWS];

	for (size_t first = begin; first < end; first += FEW_ROWS)
	{
		size_t here = UP_MIN(FEW_ROWS, end - first);

		if (first % READ_ROWS == 0)
			up_tick();
		for (size_t i = 0; i < here; i++)
			rows[i] = up_samples_read(data->samples, data->order[first + i], space + i * width);
		for (size_t i = first + FEW_ROWS; i < UP_MIN(first + 2 * FEW_ROWS, end); i++)
			up_samples_ask(data->samples, data->order[i], 0, b->n_features);
		encode_rows(b, rows, here, (uint8_t *) arrays[CODES] + first * b->n_features);
	}
	up_free(space);
}

static void
encode_data(const UpBins *b, const UpData *data, uint8_t *codes)
{
	void *arrays[N_ENCODING_ARRAYS] = {0};
	Encoding e = {.data = up_data_form(data, arrays), .n_features = b->n_features};
	double *edges = NULL;

	if (data->pipeline != NULL)
	{
		for (UpDataBlock block = up_data_blocks(data, READ_ROWS, false); up_data_next(&block);)
			up_bins_encode(b, block.x, block.n, codes + block.first * b->n_features);
		return;
	}
	arrays[CODES] = codes;
	if (e.data.samples.lent)
	{
		arrays[EDGES] = edges = up_alloc_large_array(b->n_features, UP_PLACES_EDGES * sizeof(double));
		for (uint32_t j = 0; j < b->n_features; j++)
			memcpy(edges + (size_t) j * UP_PLACES_EDGES, b->features[j].edges,
				   UP_PLACES_EDGES * sizeof(double));
	}
	else
		arrays[BINS] = (void *) b;
	up_parallel(parts_of(data->n_rows), encode_part, &e, sizeof(e), arrays, N_ENCODING_ARRAYS);
	up_free_large(edges);
}

static UpBins *
bins_of(const UpData *data, UpBins *before, uint8_t *codes, uint8_t *by_feature)
{
	UpBins *b = before;
	bool coded = false;

	if (data->n_features > UP_TREE_COLUMNS)
		up_fail(UP_LIMIT, "%u features are more than the %d that a tree can have", data->n_features,
				UP_TREE_COLUMNS);
	if (before == NULL)
		b = fit_bins(data, codes, by_feature, &coded);
	UP_ASSERT(b->n_features == data->n_features);
	if (coded)
		return b;
	encode_data(b, data, codes);
	if (by_feature != NULL)
		turn_codes(codes, by_feature, data->n_rows, data->n_features, false);
	return b;
}

UpBins *
up_bins_fit(const UpData *data, uint8_t *codes)
{
	return bins_of(data, NULL, codes, NULL);
}

UpBins *
up_bins_rows_into(const UpData *data, UpBins *before, uint8_t *codes, uint8_t *by_feature, double *y)
{
	up_data_all_labels(data, y);
	return bins_of(data, before, codes, by_feature);
}

UpBins *
up_bins_rows(const UpData *data, UpBins *before, uint8_t **codes, double **y)
{
	*codes = up_alloc_large_array(UP_MAX(data->n_rows, 1), UP_MAX(data->n_features, 1));
	*y = up_alloc_large_array(UP_MAX(data->n_rows, 1), sizeof(double));
	return up_bins_rows_into(data, before, *codes, NULL, *y);
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
	f->edges = up_alloc_array(UP_PLACES_EDGES, sizeof(double));
	clear_edges(f->edges);
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
