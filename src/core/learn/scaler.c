/*
 * scaler.c - scaling of features: zscore, minmax, maxabs, robust
 *
 * Every method is x' = ((x - center) - rest) · factor + low for each feature; rest is what the center as one number is
 * short of, so that features around 1e9 keep their digits:
 *
 *   zscore   center = mean, factor = 1 / deviation (ddof 0), low = 0
 *   minmax   center = minimum, factor = (hi - lo) / (maximum - minimum), low = lo of feature_range [lo, hi]
 *   maxabs   center = 0, factor = 1 / maximum of |x|
 *   robust   center = median, factor = 1 / (upper - lower quantile), quantiles interpolated linearly
 *
 * A constant feature has nothing to tell: it becomes 0 (with minmax: lo). The first three need one pass and sums that
 * merge: with s the first value seen, n, sum (x - s) and sum (x - s)^2 (Chan, Golub, LeVeque 1983), so that values
 * around 1e9 with a variance of 1 lose nothing; each block of rows has a shift of its own, and blocks are joined by
 * their formula for two parts. The robust scaler holds the rows and selects.
 *
 * Arrays: one value a feature. Cost: O(features) a row; the robust one O(rows log rows) a feature.
 */
#include "learn/learner.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum
{
	ZSCORE,
	MINMAX,
	MAXABS,
	ROBUST
};

static const char *const method_names[] = {"zscore", "minmax", "maxabs", "robust", NULL};

typedef struct ScalerParams
{
	int method;
	UpValue *feature_range;
	UpValue *quantile_range;
	bool with_centering;
	bool with_scaling;
} ScalerParams;

static const UpParam scaler_params[] = {
	{.name = "method",
	 .type = UP_P_CHOICE,
	 .offset = offsetof(ScalerParams, method),
	 .initial = "zscore",
	 .choices = method_names,
	 .help = "what to scale by"},
	{.name = "feature_range",
	 .type = UP_P_TREE,
	 .offset = offsetof(ScalerParams, feature_range),
	 .initial = "[0,1]",
	 .shape = "array of two numbers",
	 .help = "minmax: lowest and highest result"},
	{.name = "quantile_range",
	 .type = UP_P_TREE,
	 .offset = offsetof(ScalerParams, quantile_range),
	 .initial = "[25,75]",
	 .shape = "array of two numbers",
	 .help = "robust: percentiles whose distance is the scale"},
	{.name = "with_centering",
	 .type = UP_P_BOOL,
	 .offset = offsetof(ScalerParams, with_centering),
	 .initial = "true",
	 .help = "zscore and robust: subtract mean or median"},
	{.name = "with_scaling",
	 .type = UP_P_BOOL,
	 .offset = offsetof(ScalerParams, with_scaling),
	 .initial = "true",
	 .help = "zscore and robust: divide by deviation or quantile distance"},
};

typedef struct Scaler
{
	uint32_t n;
	int method;
	double low; /* added at the end */
	double *center;
	double *rest;
	double *factor;  /* 0: a constant feature */
	double *minimum; /* of the training data */
	double *maximum;
} Scaler;

/* Sums of one pass. */
typedef struct Sums
{
	uint32_t n;
	uint64_t rows;
	double *shift;   /* the first row */
	double *sum;     /* of x - shift */
	double *squares; /* of (x - shift)^2 */
	double *minimum;
	double *maximum;
	/* A block: its own sums, moved into the totals when it is full, so that long sums stay exact. */
	uint32_t block_rows;
	double *block_sum;
	double *block_squares;
} Sums;

#define BLOCK_ROWS 1024
#define SUM_ARRAYS 7

static bool
is_finite_pair(const UpValue *v)
{
	return v->type == UP_ARRAY && v->n == 2 && v->items[0]->type == UP_NUMBER &&
		   v->items[1]->type == UP_NUMBER && v->items[0]->number < v->items[1]->number;
}

/* Two ascending numbers within bounds. */
static void
get_pair(const UpValue *v, const char *name, double min, double max, double pair[2])
{
	if (v == NULL || !is_finite_pair(v) || v->items[0]->number < min || v->items[1]->number > max)
		up_fail_with(UP_INVALID_PARAMETER, "Expected: two numbers, the lower one first.", NULL,
					 "parameter \"%s\" of algorithm \"scaler\" is %s", name, up_value_text(v));
	pair[0] = v->items[0]->number;
	pair[1] = v->items[1]->number;
}

static void
check_params(const ScalerParams *p, double range[2], double quantiles[2])
{
	get_pair(p->feature_range, "feature_range", -1e300, 1e300, range);
	get_pair(p->quantile_range, "quantile_range", 0, 100, quantiles);
}

static bool
scaler_usable(const void *params)
{
	return ((const ScalerParams *) params)->method != ROBUST;
}

/* The arrays, to be treated alike. */
static void
list_arrays(const Sums *s, double *arrays[SUM_ARRAYS])
{
	double *const all[SUM_ARRAYS] = {s->shift,   s->sum,       s->squares,      s->minimum,
									 s->maximum, s->block_sum, s->block_squares};

	memcpy(arrays, all, sizeof(all));
}

static void *
scaler_start(uint32_t n_features)
{
	Sums *s = up_alloc0(sizeof(Sums));

	s->n = n_features;
	s->shift = up_alloc0((size_t) n_features * sizeof(double));
	s->sum = up_alloc0((size_t) n_features * sizeof(double));
	s->squares = up_alloc0((size_t) n_features * sizeof(double));
	s->minimum = up_alloc0((size_t) n_features * sizeof(double));
	s->maximum = up_alloc0((size_t) n_features * sizeof(double));
	s->block_sum = up_alloc0((size_t) n_features * sizeof(double));
	s->block_squares = up_alloc0((size_t) n_features * sizeof(double));
	return s;
}

static void
close_block(Sums *s)
{
	for (uint32_t j = 0; j < s->n; j++)
	{
		s->sum[j] += s->block_sum[j];
		s->squares[j] += s->block_squares[j];
	}
	memset(s->block_sum, 0, s->n * sizeof(double));
	memset(s->block_squares, 0, s->n * sizeof(double));
	s->block_rows = 0;
}

static void
scaler_add(void *sums, const double *x, double label)
{
	Sums *s = sums;
	uint32_t n = s->n;
	const double *UP_RESTRICT shift = s->shift;
	double *UP_RESTRICT sum = s->block_sum;
	double *UP_RESTRICT squares = s->block_squares;
	double *UP_RESTRICT minimum = s->minimum;
	double *UP_RESTRICT maximum = s->maximum;

	(void) label;
	if (s->rows == 0)
	{
		memcpy(s->shift, x, n * sizeof(double));
		memcpy(s->minimum, x, n * sizeof(double));
		memcpy(s->maximum, x, n * sizeof(double));
	}
	for (uint32_t j = 0; j < n; j++)
	{
		double d = x[j] - shift[j];

		sum[j] += d;
		squares[j] += d * d;
		minimum[j] = x[j] < minimum[j] ? x[j] : minimum[j];
		maximum[j] = x[j] > maximum[j] ? x[j] : maximum[j];
	}
	s->rows++;
	if (++s->block_rows == BLOCK_ROWS)
		close_block(s);
}

/*
 * Moves the sums of other to this one's shift: with d = other.shift - shift, sum (x - shift) = sum' + n d and
 * sum (x - shift)^2 = squares' + 2 d sum' + n d^2. Shifts are values of the data, so d is of the order of its spread.
 */
static void
scaler_merge(void *sums, const void *others)
{
	Sums *s = sums;
	const Sums *o = others;
	double *to[SUM_ARRAYS], *from[SUM_ARRAYS];

	if (o->rows == 0)
		return;
	if (s->rows == 0)
	{
		s->rows = o->rows;
		s->block_rows = o->block_rows;
		list_arrays(s, to);
		list_arrays(o, from);
		for (int i = 0; i < SUM_ARRAYS; i++)
			memcpy(to[i], from[i], s->n * sizeof(double));
		return;
	}
	close_block(s);
	for (uint32_t j = 0; j < s->n; j++)
	{
		double d = o->shift[j] - s->shift[j];
		double sum = o->sum[j] + o->block_sum[j];
		double squares = o->squares[j] + o->block_squares[j];

		s->sum[j] += sum + (double) o->rows * d;
		s->squares[j] += squares + 2 * d * sum + (double) o->rows * d * d;
		s->minimum[j] = UP_MIN(s->minimum[j], o->minimum[j]);
		s->maximum[j] = UP_MAX(s->maximum[j], o->maximum[j]);
	}
	s->rows += o->rows;
}

static void
scaler_put_sums(const void *sums, UpWriter *w)
{
	const Sums *s = sums;
	double *arrays[SUM_ARRAYS];

	list_arrays(s, arrays);
	up_put_u64(w, s->rows);
	up_put_u32(w, s->block_rows);
	for (int i = 0; i < SUM_ARRAYS; i++)
		up_put_f64_array(w, arrays[i], s->n);
}

static void *
scaler_get_sums(UpReader *r, uint32_t n_features)
{
	double *arrays[SUM_ARRAYS];
	Sums *s;

	if ((r->len - r->pos) / sizeof(double) / SUM_ARRAYS < n_features)
		up_corrupt(r, "sums of the scaler");
	s = scaler_start(n_features);
	s->rows = up_get_u64(r);
	s->block_rows = up_get_u32(r);
	list_arrays(s, arrays);
	for (int i = 0; i < SUM_ARRAYS; i++)
		up_get_f64_array(r, arrays[i], n_features);
	if (s->block_rows >= BLOCK_ROWS || s->block_rows > s->rows || s->rows > UINT64_C(1) << 53)
		up_corrupt(r, "number of rows");
	for (uint32_t j = 0; j < n_features; j++)
	{
		if (!(s->minimum[j] <= s->maximum[j]) || s->squares[j] < 0 || s->block_squares[j] < 0)
			up_corrupt(r, "sums of the scaler");
	}
	return s;
}

static size_t
scaler_sums_bytes(uint32_t n_features)
{
	return sizeof(Sums) + (size_t) SUM_ARRAYS * n_features * sizeof(double);
}

static Scaler *
new_scaler(uint32_t n, int method)
{
	Scaler *b = up_alloc0(sizeof(Scaler));

	b->n = n;
	b->method = method;
	b->center = up_alloc0((size_t) n * sizeof(double));
	b->rest = up_alloc0((size_t) n * sizeof(double));
	b->factor = up_alloc0((size_t) n * sizeof(double));
	b->minimum = up_alloc0((size_t) n * sizeof(double));
	b->maximum = up_alloc0((size_t) n * sizeof(double));
	return b;
}

/* Sets center and factor of one feature; a spread of 0 is a constant feature. */
static void
set_feature(Scaler *b, uint32_t j, double center, double spread)
{
	double factor = spread > 0 ? 1 / spread : 0;

	if (!isfinite(center) || !isfinite(spread) || !isfinite(factor))
		up_fail_with(UP_INVALID_DATA, NULL, "Divide the feature by a power of ten first.",
					 "feature %u cannot be scaled: its values are too large or too close together", j + 1);
	b->center[j] = center;
	b->factor[j] = factor;
}

static void
set_zscore(Scaler *b, uint32_t j, const Sums *s, const ScalerParams *p)
{
	double n = (double) s->rows;
	double mean = (s->sum[j] + s->block_sum[j]) / n;
	double variance = (s->squares[j] + s->block_squares[j]) / n - mean * mean;
	bool constant = s->minimum[j] == s->maximum[j];

	set_feature(b, j, s->shift[j] + mean, constant ? 0 : sqrt(UP_MAX(variance, 0)));
	b->rest[j] = mean - (b->center[j] - s->shift[j]);
	if (!p->with_scaling && !constant)
		b->factor[j] = 1;
	if (!p->with_centering && !constant)
		b->center[j] = b->rest[j] = 0;
}

static void *
scaler_finish(const void *sums, const UpFit *fit)
{
	const ScalerParams *p = fit->params;
	const Sums *s = sums;
	Scaler *b = new_scaler(s->n, p->method);
	double range[2], quantiles[2];

	check_params(p, range, quantiles);
	memcpy(b->minimum, s->minimum, s->n * sizeof(double));
	memcpy(b->maximum, s->maximum, s->n * sizeof(double));
	for (uint32_t j = 0; j < s->n; j++)
	{
		if (p->method == ZSCORE)
			set_zscore(b, j, s, p);
		else if (p->method == MINMAX)
		{
			set_feature(b, j, s->minimum[j], s->maximum[j] - s->minimum[j]);
			b->factor[j] *= range[1] - range[0];
			b->low = range[0];
		}
		else
		{
			set_feature(b, j, 0, UP_MAX(fabs(s->minimum[j]), fabs(s->maximum[j])));
			/* Constant, so it becomes 0 like any other; its value is the center. */
			if (s->minimum[j] == s->maximum[j])
				set_feature(b, j, s->minimum[j], 0);
		}
	}
	return b;
}

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *) a, y = *(const double *) b;

	return x < y ? -1 : x > y;
}

/* The q-th percentile of sorted values, interpolated linearly between neighbours. */
static double
percentile(const double *sorted, size_t n, double q)
{
	double at = q / 100 * (double) (n - 1);
	size_t below = (size_t) at;
	double share = at - (double) below;

	if (below + 1 >= n)
		return sorted[n - 1];
	return sorted[below] + share * (sorted[below + 1] - sorted[below]);
}

static void *
fit_robust(const UpFit *fit, const ScalerParams *p, const double quantiles[2])
{
	const UpData *d = fit->data;
	size_t n = d->n_rows, width = d->n_features;
	Scaler *b = new_scaler(d->n_features, ROBUST);
	UpArena *arena = up_arena_enter();
	double *rows, *column;

	up_reserve((width + 1) * n * sizeof(double), "the robust scaler");
	rows = up_alloc_array(n * width, sizeof(double));
	column = up_alloc_array(n, sizeof(double));
	up_data_rows(d, 0, n, rows);
	for (uint32_t j = 0; j < width; j++)
	{
		double median;

		up_progress("scaler: features sorted", j, width);
		for (size_t i = 0; i < n; i++)
			column[i] = rows[i * width + j];
		qsort(column, n, sizeof(double), compare_doubles);
		b->minimum[j] = column[0];
		b->maximum[j] = column[n - 1];
		median = percentile(column, n, 50);
		set_feature(b, j, median, percentile(column, n, quantiles[1]) - percentile(column, n, quantiles[0]));
		/* More than half of the values are one: without a distance, the scale is 1, as scikit-learn has it. */
		if ((b->factor[j] == 0 || !p->with_scaling) && column[0] < column[n - 1])
			b->factor[j] = 1;
		if (!p->with_centering && column[0] < column[n - 1])
			b->center[j] = 0;
	}
	up_arena_leave(arena);
	return b;
}

#define FIT_ROWS 256

static void *
scaler_fit(const UpFit *fit)
{
	const ScalerParams *p = fit->params;
	const UpData *d = fit->data;
	double range[2], quantiles[2];
	double *rows;
	Sums *s;

	check_params(p, range, quantiles);
	if (p->method == ROBUST)
		return fit_robust(fit, p, quantiles);
	s = scaler_start(d->n_features);
	rows = up_alloc_array((size_t) FIT_ROWS * d->n_features, sizeof(double));
	for (size_t first = 0; first < d->n_rows; first += FIT_ROWS)
	{
		size_t n = UP_MIN(FIT_ROWS, d->n_rows - first);

		up_tick();
		up_data_rows(d, first, n, rows);
		for (size_t i = 0; i < n; i++)
			scaler_add(s, rows + i * d->n_features, 0);
	}
	up_free(rows);
	return scaler_finish(s, fit);
}

static void
scaler_transform(const void *body, const double *x, size_t n, double *out, bool inverse)
{
	const Scaler *b = body;
	const double *UP_RESTRICT center = b->center;
	const double *UP_RESTRICT rest = b->rest;
	const double *UP_RESTRICT factor = b->factor;
	double low = b->low;

	for (size_t i = 0; i < n; i++)
	{
		const double *UP_RESTRICT from = x + i * b->n;
		double *UP_RESTRICT to = out + i * b->n;

		if (!inverse)
		{
			for (uint32_t j = 0; j < b->n; j++)
				to[j] = ((from[j] - center[j]) - rest[j]) * factor[j] + low;
			continue;
		}
		for (uint32_t j = 0; j < b->n; j++)
			to[j] = factor[j] > 0 ? (from[j] - low) / factor[j] + rest[j] + center[j] : center[j];
	}
}

static void
scaler_write(const void *body, UpWriter *w)
{
	const Scaler *b = body;

	up_put_u8(w, (uint8_t) b->method);
	up_put_f64(w, b->low);
	up_put_f64_array(w, b->center, b->n);
	up_put_f64_array(w, b->rest, b->n);
	up_put_f64_array(w, b->factor, b->n);
	up_put_f64_array(w, b->minimum, b->n);
	up_put_f64_array(w, b->maximum, b->n);
}

static void *
scaler_read(UpReader *r, const UpShape *shape)
{
	Scaler *b;
	uint8_t method = up_get_u8(r);

	if (method > ROBUST)
		up_corrupt(r, "method of the scaler");
	if ((r->len - r->pos) / sizeof(double) / 5 < shape->n_features)
		up_corrupt(r, "size of the scaler");
	b = new_scaler(shape->n_features, method);
	b->low = up_get_f64(r);
	up_get_f64_array(r, b->center, b->n);
	up_get_f64_array(r, b->rest, b->n);
	up_get_f64_array(r, b->factor, b->n);
	up_get_f64_array(r, b->minimum, b->n);
	up_get_f64_array(r, b->maximum, b->n);
	for (uint32_t j = 0; j < b->n; j++)
	{
		if (b->factor[j] < 0 || b->minimum[j] > b->maximum[j])
			up_corrupt(r, "scales of the scaler");
	}
	return b;
}

static void
scaler_describe(const void *body, UpValue *info)
{
	const Scaler *b = body;
	double *scale = up_alloc_array(b->n, sizeof(double));

	for (uint32_t j = 0; j < b->n; j++)
		scale[j] = b->factor[j] > 0 ? 1 / b->factor[j] : 0;
	up_value_set(info, "method", up_value_string(method_names[b->method]));
	up_value_set(info, "center", up_value_numbers(b->center, b->n));
	up_value_set(info, "scale", up_value_numbers(scale, b->n));
	up_value_set(info, "minimum", up_value_numbers(b->minimum, b->n));
	up_value_set(info, "maximum", up_value_numbers(b->maximum, b->n));
	up_free(scale);
}

static const UpStream scaler_stream = {
	.usable = scaler_usable,
	.start = scaler_start,
	.add = scaler_add,
	.merge = scaler_merge,
	.write = scaler_put_sums,
	.read = scaler_get_sums,
	.bytes = scaler_sums_bytes,
	.finish = scaler_finish,
};

const UpLearner up_scaler = {
	.name = "scaler",
	.number = 1,
	.abilities = UP_L_TRANSFORM | UP_L_NUMBERS_ONLY,
	.help = "scales features to comparable ranges: zscore, minmax, maxabs or robust",
	.params = {scaler_params, UP_LENGTH(scaler_params)},
	.params_size = sizeof(ScalerParams),
	.stream = &scaler_stream,
	.fit = scaler_fit,
	.transform = scaler_transform,
	.write = scaler_write,
	.read = scaler_read,
	.describe = scaler_describe,
};
