/*
 * bins.c - features as bytes; see bins.h
 *
 * Numbers are cut by their training rows (bin_edges.c); of many, by 200,000 that are spread evenly over their order, which is random
 * (a bin's share then is right to a tenth of itself). Categories have a bin each, the most frequent ones first; those beyond the 254th
 * share the last. A missing value, or a category that was not seen, has the code 255.
 * Rows that are read and coded, and columns of numbers, are parts of jobs. Cost: sorting what was drawn of a column; a search among 254
 * edges a value.
 */
#include "learn/tree/bins.h"

#include "num/sort.h"
#include "num/vec_places.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define READ_ROWS         1024
#define FEW_ROWS          64     /* read at once, in turn with others */
#define PART_ROWS         8192   /* that are read, or coded, as a part of a job */
#define SAMPLE_ROWS       200000 /* that bins are made by */
#define SECONDS_A_SAMPLED 1.5e-8 /* number that is sorted, about */
#define SECONDS_A_CODE    5e-9
#define GROUP_BYTES       ((size_t) 32 * 1024 * 1024)
#define AHEAD             32 /* rows */
#define GROUP             16 /* features at least, or coded at once: their edges stay in the nearest cache */

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

/* What a part finds of a column of numbers. */
typedef struct Numbers
{
	uint32_t n_bins;
	double edges[UP_PLACES_EDGES];
} Numbers;

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

/* Which columns of the n rows that are drawn of all are read: so many features from first on. */
typedef struct Drawing
{
	UpDataForm rows;
	size_t n;
	uint32_t first, here;
} Drawing;

/* Which of all rows is the i-th of those drawn, evenly. */
static size_t
drawn_row(const Drawing *w, const UpData *data, size_t i)
{
	return (size_t) ((uint64_t) i * data->n_rows / w->n);
}

/* Rows drawn, from begin to before end, column by column. */
static void
read_columns(const Drawing *w, const UpData *data, size_t begin, size_t end, double *row, double *columns)
{
	double few[GROUP * FEW_ROWS];
	size_t n = w->n, work = 0;

	for (size_t at = begin; at < end; at += FEW_ROWS)
	{
		size_t rows = UP_MIN(FEW_ROWS, end - at);

		up_tick_work(&work, rows * w->here);
		for (uint32_t j0 = 0; j0 < w->here; j0 += GROUP)
		{
			uint32_t width = UP_MIN(GROUP, w->here - j0);

			for (size_t i = 0; i < rows; i++)
			{
				size_t of = drawn_row(w, data, at + i);

				if (data->pipeline != NULL)
				{
					up_data_rows(data, of, 1, row);
					for (uint32_t j = 0; j < width; j++)
						few[j * FEW_ROWS + i] = row[w->first + j0 + j];
					continue;
				}
				if (j0 == 0 && at + i + AHEAD < n)
					up_samples_ask(data->samples, data->order[drawn_row(w, data, at + i + AHEAD)], w->first,
								   w->here);
				up_samples_values(data->samples, data->order[of], w->first + j0, width, row);
				for (uint32_t j = 0; j < width; j++)
					few[j * FEW_ROWS + i] = row[j];
			}
			for (uint32_t j = 0; j < width; j++)
				memcpy(columns + (j0 + j) * n + at, few + j * FEW_ROWS, rows * sizeof(double));
		}
	}
}

/* A part of a job: some of the rows drawn; arrays: those of the rows, values. */
static void
read_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Drawing *w = fixed;
	const UpData *data = up_data_open(&w->rows, arrays);
	UpSamplesPart rows = up_samples_part(w->n, PART_ROWS, part);

	read_columns(w, data, rows.first, rows.end, up_alloc_array(UP_MAX(data->n_features, 1), sizeof(double)),
				 arrays[UP_DATA_ARRAYS]);
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
	clear_edges(numbers->edges);
	numbers->n_bins = up_bin_edges(known, n, numbers->edges);
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

/* Codes row by row from those that stand feature by feature; arrays: from, to. */
typedef struct Turning
{
	size_t n, width;
} Turning;

static void
turn_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Turning *t = fixed;
	const uint8_t *from = arrays[0];
	uint8_t *to = arrays[1];
	UpSamplesPart rows = up_samples_part(t->n, PART_ROWS, part);

	for (size_t first = rows.first; first < rows.end; first += FEW_ROWS)
	{
		size_t here = UP_MIN(FEW_ROWS, rows.end - first);

		up_tick();
		for (size_t j = 0; j < t->width; j++)
		{
			for (size_t i = 0; i < here; i++)
				to[(first + i) * t->width + j] = from[j * t->n + first + i];
		}
	}
}

static void
turn_codes(uint8_t *from, uint8_t *to, size_t n, size_t width)
{
	Turning t = {n, width};
	void *arrays[] = {from, to};

	up_parallel(up_samples_parts(n, PART_ROWS), turn_part, &t, sizeof(t), arrays, UP_LENGTH(arrays));
}

/* The bins of all features; *columns: the codes of all rows, feature by feature, if these are few enough to be looked at whole, else NULL. */
static UpBins *
fit_bins(const UpData *data, uint8_t **columns)
{
	UpBins *b = up_alloc0(sizeof(UpBins));
	size_t n = UP_MIN(data->n_rows, SAMPLE_ROWS), width = data->n_features;
	size_t group = UP_MIN(width, UP_MAX(GROUP_BYTES / (UP_MAX(n, 1) * sizeof(double)), GROUP));
	void *arrays[UP_DATA_ARRAYS + 1];
	Drawing drawn = {.rows = up_data_form(data, arrays), .n = n};
	Columns c = {.n = n};

	b->n_features = data->n_features;
	b->features = up_alloc0(width * sizeof(UpBinning));
	for (size_t j = 0; data->n_values != NULL && j < width; j++)
		b->features[j].n_values = data->n_values[j];
	if (n == data->n_rows && group == width)
		c.codes = up_alloc_large_array(UP_MAX(n, 1), UP_MAX(width, 1));
	arrays[UP_DATA_ARRAYS] = c.values = up_alloc_large_array(UP_MAX(group, 1) * n, sizeof(double));
	for (size_t first = 0; first < width; first += group)
	{
		drawn.first = (uint32_t) first;
		drawn.here = (uint32_t) UP_MIN(group, width - first);
		up_progress("binning features", first, width);
		up_parallel(up_samples_parts(n, PART_ROWS), read_part, &drawn, sizeof(drawn), arrays,
					UP_LENGTH(arrays));
		fit_columns(b->features + first, drawn.here, &c);
	}
	up_free_large(c.values);
	*columns = c.codes;
	return b;
}

/* Where codes go. */
typedef struct Codes
{
	uint8_t *by_row;
	uint8_t *by_feature; /* as well, or NULL: … */
	size_t stride;       /* … those of a feature so far behind those of the one before */
} Codes;

/* Codes of at most FEW_ROWS rows, wherever they stand, from the at-th on. */
static void
encode_rows(const UpBins *b, const double *const *rows, size_t n, const Codes *to, size_t at)
{
	uint8_t *codes = to->by_row + at * b->n_features;
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
			if (to->by_feature != NULL)
				memcpy(to->by_feature + (first + j) * to->stride + at, few_codes, n);
		}
	}
}

/* Codes of n rows that stand together, from the at-th on. */
static void
encode(const UpBins *b, const double *x, size_t n, const Codes *to, size_t at)
{
	const double *rows[FEW_ROWS];

	for (size_t first = 0; first < n; first += FEW_ROWS)
	{
		size_t here = UP_MIN(FEW_ROWS, n - first);

		for (size_t i = 0; i < here; i++)
			rows[i] = x + (first + i) * b->n_features;
		encode_rows(b, rows, here, to, at + first);
	}
}

void
up_bins_encode(const UpBins *b, const double *x, size_t n, uint8_t *codes)
{
	encode(b, x, n, &(Codes){.by_row = codes}, 0);
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

/* A job that codes all rows, by bins that are lent to it. */
typedef struct Coding
{
	UpDataForm rows;
	uint32_t n_features;
} Coding;

enum
{
	BINNINGS = UP_DATA_ARRAYS, /* whose pointers are another process's: */
	EDGES,                     /* UP_PLACES_EDGES of each feature */
	BINS_OF,                   /* of the categories of each */
	CODES,
	BY_FEATURE, /* or NULL */
	N_ARRAYS
};
_Static_assert(N_ARRAYS <= UP_MOST_ARRAYS, "a job's arrays");

static void
lend_bins(const UpBins *b, void **arrays)
{
	size_t n_values = 0, at = 0;

	for (uint32_t j = 0; j < b->n_features; j++)
		n_values += b->features[j].n_values;
	arrays[BINNINGS] = up_alloc_large_array(UP_MAX(b->n_features, 1), sizeof(UpBinning));
	arrays[EDGES] = up_alloc_large_array(UP_MAX(b->n_features, 1), UP_PLACES_EDGES * sizeof(double));
	arrays[BINS_OF] = up_alloc_large(UP_MAX(n_values, 1));
	memcpy(arrays[BINNINGS], b->features, b->n_features * sizeof(UpBinning));
	for (uint32_t j = 0; j < b->n_features; j++)
	{
		const UpBinning *f = &b->features[j];

		if (f->n_values > 0)
			memcpy((uint8_t *) arrays[BINS_OF] + at, f->bin_of, f->n_values);
		else
			memcpy((double *) arrays[EDGES] + j * UP_PLACES_EDGES, f->edges, UP_PLACES_EDGES * sizeof(double));
		at += f->n_values;
	}
}

static UpBins
open_bins(const Coding *c, void *const *arrays)
{
	UpBins b = {c->n_features, up_alloc_array(UP_MAX(c->n_features, 1), sizeof(UpBinning))};
	uint8_t *bin_of = arrays[BINS_OF];

	memcpy(b.features, arrays[BINNINGS], b.n_features * sizeof(UpBinning));
	for (uint32_t j = 0; j < b.n_features; j++)
	{
		b.features[j].edges = (double *) arrays[EDGES] + j * UP_PLACES_EDGES;
		b.features[j].bin_of = bin_of;
		bin_of += b.features[j].n_values;
	}
	return b;
}

/* Rows from first to before end as they stand in the samples. */
static void
code_rows(const UpBins *b, const UpData *data, size_t first, size_t end, const Codes *to)
{
	const double *rows[FEW_ROWS];
	size_t width = (size_t) data->samples->n_columns + 1;
	double *space = up_alloc_array(FEW_ROWS * width, sizeof(double));

	for (; first < end; first += FEW_ROWS)
	{
		size_t here = UP_MIN(FEW_ROWS, end - first);

		if (first % READ_ROWS == 0)
			up_tick();
		for (size_t i = 0; i < here; i++)
			rows[i] = up_samples_read(data->samples, data->order[first + i], space + i * width);
		for (size_t i = first + FEW_ROWS; i < UP_MIN(first + 2 * FEW_ROWS, end); i++)
			up_samples_ask(data->samples, data->order[i], 0, b->n_features);
		encode_rows(b, rows, here, to, first);
	}
	up_free(space);
}

/* A part of a job: codes of some rows. */
static void
code_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Coding *c = fixed;
	const UpData *data = up_data_open(&c->rows, arrays);
	UpBins b = open_bins(c, arrays);
	UpSamplesPart rows = up_samples_part(data->n_rows, PART_ROWS, part);
	Codes to = {arrays[CODES], arrays[BY_FEATURE], data->n_rows};
	double *x;

	if (data->pipeline == NULL)
	{
		code_rows(&b, data, rows.first, rows.end, &to);
		return;
	}
	x = up_alloc_array(READ_ROWS * UP_MAX(b.n_features, 1), sizeof(double));
	for (size_t first = rows.first; first < rows.end; first += READ_ROWS)
	{
		size_t here = UP_MIN(READ_ROWS, rows.end - first);

		up_tick();
		up_data_rows(data, first, here, x);
		encode(&b, x, here, &to, first);
	}
}

/* Codes of all rows, and feature by feature as well, unless that is NULL. */
static void
code_data(const UpBins *b, const UpData *data, uint8_t *codes, uint8_t *by_feature)
{
	void *arrays[N_ARRAYS];
	Coding c = {.rows = up_data_form(data, arrays), .n_features = b->n_features};

	lend_bins(b, arrays);
	arrays[CODES] = codes;
	arrays[BY_FEATURE] = by_feature;
	up_parallel(up_samples_parts(data->n_rows, PART_ROWS), code_part, &c, sizeof(c), arrays, N_ARRAYS);
	up_free_large(arrays[BINNINGS]);
	up_free_large(arrays[EDGES]);
	up_free_large(arrays[BINS_OF]);
}

/* Room for the codes of all rows. */
static uint8_t *
room_for_codes(const UpData *data)
{
	return up_alloc_large_array(UP_MAX(data->n_rows, 1), UP_MAX(data->n_features, 1));
}

double
up_bins_seconds(const UpData *data)
{
	double width = data->n_features;

	return width * (SECONDS_A_SAMPLED * (double) UP_MIN(data->n_rows, SAMPLE_ROWS) +
					SECONDS_A_CODE * (double) data->n_rows);
}

UpBins *
up_bins_rows(const UpData *data, UpBins *before, uint8_t **codes, uint8_t **by_feature, double **y)
{
	size_t n = data->n_rows, width = data->n_features;
	uint8_t *columns = NULL;
	UpBins *b = before;

	if (width > UP_TREE_COLUMNS)
		up_fail(UP_LIMIT, "%zu features are more than the %d that a tree can have", width, UP_TREE_COLUMNS);
	/* What is made after it gets the memory of what it looked at: that of new pages takes longer than to write them. */
	if (before == NULL)
		b = fit_bins(data, &columns);
	UP_ASSERT(b->n_features == width);
	*codes = room_for_codes(data);
	if (columns != NULL)
		turn_codes(columns, *codes, n, width);
	else
	{
		columns = by_feature != NULL ? room_for_codes(data) : NULL;
		code_data(b, data, *codes, columns);
	}
	if (by_feature != NULL)
		*by_feature = columns;
	else
		up_free_large(columns);
	*y = up_alloc_large_array(UP_MAX(n, 1), sizeof(double));
	up_data_all_labels(data, *y);
	return b;
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
