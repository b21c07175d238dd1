/*
 * scaler.c - scaling of features: zscore, minmax, maxabs, robust, quantile, log, yeo_johnson
 *
 * Every method is x' = ((x - center) - rest) · factor + low for each feature; rest is what the center as one number is
 * short of, so that features around 1e9 keep their digits:
 *
 *   zscore   center = mean, factor = 1 / deviation (ddof 0), low = 0
 *   minmax   center = minimum, factor = (hi - lo) / (maximum - minimum), low = lo of feature_range [lo, hi]
 *   maxabs   center = 0, factor = 1 / maximum of |x|
 *   robust   center = median, factor = 1 / (upper - lower quantile), quantiles interpolated linearly
 *
 * The other methods follow curves: prep/scale.h. A constant feature has nothing to tell: it becomes 0 (with minmax: lo).
 * The first three need one pass and sums that
 * merge: with s the first value seen, n, sum (x - s) and sum (x - s)^2 (Chan, Golub, LeVeque 1983), so that values
 * around 1e9 with a variance of 1 lose nothing; each block of rows has a shift of its own, and blocks are joined by
 * their formula for two parts. The robust scaler and those with curves hold the rows.
 *
 * Arrays: one value a feature. Cost: O(features) a row; the robust one O(rows log rows) a feature.
 */
#include "learn/learner.h"
#include "learn/scaler/scaler_sums.h"
#include "prep/scale.h"

#include <math.h>
#include <string.h>

/* As UpScaleMethod has them; they stand in model bytes. */
enum
{
	ZSCORE,
	MINMAX,
	MAXABS,
	ROBUST,
	QUANTILE,
	LOG,
	YEO_JOHNSON
};

static const char *const method_names[] = {"zscore",   "minmax", "maxabs",      "robust",
										   "quantile", "log",    "yeo_johnson", NULL};
static const char *const distribution_names[] = {"uniform", "normal", NULL};

typedef struct ScalerParams
{
	int method;
	UpValue *feature_range;
	UpValue *quantile_range;
	bool with_centering;
	bool with_scaling;
	int64_t n_quantiles;
	int output_distribution;
} ScalerParams;

#define UP_PARAMS_OF ScalerParams
static const UpParam scaler_params[] = {
	UP_CHOICE_PARAM("method", method, "zscore", method_names, "what to scale by"),
	UP_TREE_PARAM("feature_range", feature_range, "[0,1]", "array of two numbers",
				  "minmax: lowest and highest result"),
	UP_TREE_PARAM("quantile_range", quantile_range, "[25,75]", "array of two numbers",
				  "robust: percentiles whose distance is the scale"),
	UP_BOOL_PARAM("with_centering", with_centering, "true", "zscore and robust: subtract mean or median"),
	UP_BOOL_PARAM("with_scaling", with_scaling, "true",
				  "zscore and robust: divide by deviation or quantile distance"),
	UP_INT_PARAM("n_quantiles", n_quantiles, "1000", 2, 100000,
				 "quantile: landmarks, at most the number of rows"),
	UP_CHOICE_PARAM("output_distribution", output_distribution, "uniform", distribution_names,
					"quantile: of the results"),
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
	UpScale *curves; /* from QUANTILE on; the arrays from center to factor are then not used */
	/* What the numbers come from, for updates and merges; NULL where rows were held, or in models from before. */
	UpSums *sums;
	bool with_centering, with_scaling;
	const UpPipeline *names; /* of features in errors, while they are fitted; or NULL */
	double high;
} Scaler;

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
	return ((const ScalerParams *) params)->method < ROBUST;
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
					 "%s cannot be scaled: its values are too large or too close together",
					 up_feature_called(b->names, j));
	b->center[j] = center;
	b->factor[j] = factor;
}

static void
set_zscore(Scaler *b, uint32_t j)
{
	const UpSums *s = b->sums;
	double n = (double) s->rows;
	double mean = (s->sum[j] + s->block_sum[j]) / n;
	double variance = (s->squares[j] + s->block_squares[j]) / n - mean * mean;
	bool constant = s->minimum[j] == s->maximum[j];

	/* The shift is a row or the mean: only squares that are no numbers, too large or too small, make no variance. */
	set_feature(b, j, s->shift[j] + mean,
				constant || !b->with_scaling ? 0
				: variance > 0               ? sqrt(variance)
											 : NAN);
	b->rest[j] = mean - (b->center[j] - s->shift[j]);
	if (!b->with_scaling && !constant)
		b->factor[j] = 1;
	if (!b->with_centering && !constant)
		b->center[j] = b->rest[j] = 0;
}

/* Everything that follows from the sums. */
static void
set_features(Scaler *b)
{
	const UpSums *s = b->sums;

	memcpy(b->minimum, s->minimum, s->n * sizeof(double));
	memcpy(b->maximum, s->maximum, s->n * sizeof(double));
	for (uint32_t j = 0; j < s->n; j++)
	{
		if (b->method == ZSCORE)
			set_zscore(b, j);
		else if (b->method == MINMAX)
		{
			set_feature(b, j, s->minimum[j], s->maximum[j] - s->minimum[j]);
			b->factor[j] *= b->high - b->low;
		}
		else
		{
			set_feature(b, j, 0, UP_MAX(fabs(s->minimum[j]), fabs(s->maximum[j])));
			/* Constant, so it becomes 0 like any other; its value is the center. */
			if (s->minimum[j] == s->maximum[j])
				set_feature(b, j, s->minimum[j], 0);
		}
	}
	up_sums_centre(b->sums);
}

static void *
scaler_finish(const void *sums, const UpFit *fit)
{
	const ScalerParams *p = fit->params;
	const UpSums *s = sums;
	Scaler *b = new_scaler(s->n, p->method);
	double range[2], quantiles[2];

	check_params(p, range, quantiles);
	b->names = fit->pipeline;
	b->sums = up_sums_start(s->n);
	up_sums_merge(b->sums, s);
	b->with_centering = p->with_centering;
	b->with_scaling = p->with_scaling;
	if (p->method == MINMAX)
	{
		b->low = range[0];
		b->high = range[1];
	}
	set_features(b);
	return b;
}

#define FIT_ROWS  256
#define WITH_SUMS 0x80 /* in the byte of the method */

/* Each feature's values, one feature after the other. */
static double *
columns_of(const UpData *d)
{
	double *columns = up_alloc_large_array(UP_MAX(d->n_rows, 1), UP_MAX(d->n_features, 1) * sizeof(double));
	size_t done = 0;

	for (UpDataBlock b = up_data_blocks(d, FIT_ROWS, false); up_data_next(&b); done += b.n)
	{
		for (uint32_t j = 0; j < d->n_features; j++)
		{
			double *to = columns + j * d->n_rows + done;

			for (size_t i = 0; i < b.n; i++)
				to[i] = b.x[i * d->n_features + j];
		}
	}
	return columns;
}

/* The methods that hold the rows. */
static void *
fit_rows(const UpFit *fit, const ScalerParams *p, const double quantiles[2])
{
	const UpData *d = fit->data;
	size_t n = d->n_rows, width = d->n_features;
	Scaler *b = new_scaler(d->n_features, p->method);
	UpScaleOptions options = up_scale_options((UpScaleMethod) p->method);
	UpScaleColumn *fits = up_alloc0(UP_MAX(width, 1) * sizeof(UpScaleColumn));
	const UpValue *names = fit->pipeline != NULL ? up_pipeline_feature_names(fit->pipeline) : NULL;
	double *columns;

	options.with_centering = p->with_centering;
	options.with_scaling = p->with_scaling;
	options.n_quantiles = (uint32_t) p->n_quantiles;
	options.normal = p->output_distribution == 1;
	memcpy(options.quantile_range, quantiles, sizeof(options.quantile_range));
	up_progress("scaler: features", 0, width);
	up_workers_begin(up_scale_seconds(options.method, (double) n * (double) width));
	columns = columns_of(d);
	for (uint32_t j = 0; j < width; j++)
		fits[j] = (UpScaleColumn){.v = columns + j * n,
								  .n = n,
								  .name = names != NULL ? names->items[j]->string : up_format("x%u", j + 1)};
	up_scale_fit_columns(&options, fits, (uint32_t) width);
	up_free_large(columns);
	up_workers_end();
	b->curves = p->method == ROBUST ? NULL : up_alloc_array(UP_MAX(width, 1), sizeof(UpScale));
	for (uint32_t j = 0; j < width; j++)
	{
		b->minimum[j] = fits[j].minimum;
		b->maximum[j] = fits[j].maximum;
		b->center[j] = fits[j].scale.center;
		b->factor[j] = fits[j].scale.factor;
		if (b->curves != NULL)
			b->curves[j] = fits[j].scale;
	}
	up_free(fits);
	return b;
}

static void
add_rows(const UpData *d, UpSums *s)
{
	for (UpDataBlock b = up_data_blocks(d, FIT_ROWS, false); up_data_next(&b);)
	{
		for (size_t i = 0; i < b.n; i++)
			up_sums_add(s, b.x + i * d->n_features, 0);
	}
}

static void *
scaler_fit(const UpFit *fit)
{
	const ScalerParams *p = fit->params;
	double range[2], quantiles[2];
	UpSums *s;

	check_params(p, range, quantiles);
	if (p->method >= ROBUST)
		return fit_rows(fit, p, quantiles);
	s = up_sums_start(fit->data->n_features);
	add_rows(fit->data, s);
	return scaler_finish(s, fit);
}

/* A scaler like this one, to be filled from sums. */
static Scaler *
like(const Scaler *b)
{
	Scaler *next = new_scaler(b->n, b->method);

	if (b->sums == NULL)
		up_fail_with(UP_WRONG_KIND, NULL, "Train it anew.",
					 b->method >= ROBUST
						 ? "a scaler of the method \"%s\" keeps no sums to go on from"
						 : "this scaler of the method \"%s\" was trained by a version that kept no sums",
					 method_names[b->method]);
	next->low = b->low;
	next->high = b->high;
	next->with_centering = b->with_centering;
	next->with_scaling = b->with_scaling;
	next->sums = up_sums_start(b->n);
	up_sums_merge(next->sums, b->sums);
	return next;
}

static void *
scaler_update(const void *body, const UpFit *fit)
{
	Scaler *next = like(body);
	UpSums *more = up_sums_start(next->n);

	add_rows(fit->data, more);
	up_sums_merge(next->sums, more);
	next->names = fit->pipeline;
	set_features(next);
	return next;
}

static void *
scaler_merge(const void *a, const void *b)
{
	const Scaler *x = a, *y = b;
	Scaler *next = like(x);

	if (x->method != y->method || x->low != y->low || x->high != y->high ||
		x->with_centering != y->with_centering || x->with_scaling != y->with_scaling)
		up_fail(UP_INVALID_DATA, "scalers of different parameters cannot be merged");
	up_sums_merge(next->sums, like(y)->sums);
	set_features(next);
	return next;
}

static void
follow_curves(const Scaler *b, const double *x, size_t n, double *out, bool inverse)
{
	for (size_t i = 0; i < n; i++)
	{
		for (uint32_t j = 0; j < b->n; j++)
		{
			double v = x[i * b->n + j];

			out[i * b->n + j] = inverse ? up_scale_invert(&b->curves[j], v) : up_scale_apply(&b->curves[j], v);
		}
	}
}

static void
scaler_transform(const void *body, const double *x, size_t n, double *out, bool inverse)
{
	const Scaler *b = body;
	const double *UP_RESTRICT center = b->center;
	const double *UP_RESTRICT rest = b->rest;
	const double *UP_RESTRICT factor = b->factor;
	double low = b->low;

	if (b->curves != NULL)
	{
		follow_curves(b, x, n, out, inverse);
		return;
	}
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

	up_put_u8(w, (uint8_t) (b->method | (b->sums != NULL ? WITH_SUMS : 0)));
	if (b->curves != NULL)
	{
		for (uint32_t j = 0; j < b->n; j++)
			up_put_scale(w, &b->curves[j]);
		up_put_f64_array(w, b->minimum, b->n);
		up_put_f64_array(w, b->maximum, b->n);
		return;
	}
	up_put_f64(w, b->low);
	up_put_f64_array(w, b->center, b->n);
	up_put_f64_array(w, b->rest, b->n);
	up_put_f64_array(w, b->factor, b->n);
	up_put_f64_array(w, b->minimum, b->n);
	up_put_f64_array(w, b->maximum, b->n);
	if (b->sums == NULL)
		return;
	up_put_u8(w, (uint8_t) (b->with_centering | b->with_scaling << 1));
	up_put_f64(w, b->high);
	up_sums_put(b->sums, w);
}

static void *
read_curves(UpReader *r, uint32_t n, int method)
{
	Scaler *b;

	/* A curve takes 14 bytes and more. */
	if ((r->len - r->pos) / 14 < n)
		up_corrupt(r, "size of the scaler");
	b = new_scaler(n, method);
	b->curves = up_alloc_array(n, sizeof(UpScale));
	for (uint32_t j = 0; j < n; j++)
	{
		b->curves[j] = up_get_scale(r);
		if ((int) b->curves[j].method != method)
			up_corrupt(r, "method of the scaler");
	}
	up_get_f64_array(r, b->minimum, n);
	up_get_f64_array(r, b->maximum, n);
	for (uint32_t j = 0; j < n; j++)
	{
		if (b->minimum[j] > b->maximum[j])
			up_corrupt(r, "scales of the scaler");
	}
	return b;
}

/* Models from before have none. */
static void
read_sums(UpReader *r, Scaler *b)
{
	uint8_t flags = up_get_u8(r);

	b->with_centering = (flags & 1) != 0;
	b->with_scaling = (flags & 2) != 0;
	b->high = up_get_f64(r);
	b->sums = up_sums_get(r, b->n);
	if (flags > 3 || b->sums->rows == 0 || b->method >= ROBUST || (b->method == MINMAX && !(b->low < b->high)))
		up_corrupt(r, "sums of the scaler");
}

static void *
scaler_read(UpReader *r, const UpShape *shape)
{
	Scaler *b;
	uint8_t first = up_get_u8(r), method = first & (WITH_SUMS - 1);

	if (method > YEO_JOHNSON || (first != method && method >= ROBUST))
		up_corrupt(r, "method of the scaler");
	if (method > ROBUST)
		return read_curves(r, shape->n_features, method);
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
	if (first != method)
		read_sums(r, b);
	return b;
}

static void
scaler_describe(const void *body, UpValue *info)
{
	const Scaler *b = body;
	double *scale = up_alloc_array(b->n, sizeof(double));

	for (uint32_t j = 0; j < b->n; j++)
	{
		scale[j] = b->factor[j] > 0 ? 1 / b->factor[j] : 0;
		if (b->method == YEO_JOHNSON)
			scale[j] = b->curves[j].lambda;
	}
	up_value_set(info, "method", up_value_string(method_names[b->method]));
	if (b->curves == NULL)
		up_value_set(info, "center", up_value_numbers(b->center, b->n));
	if (b->curves == NULL || b->method == YEO_JOHNSON)
		up_value_set(info, b->curves == NULL ? "scale" : "lambda", up_value_numbers(scale, b->n));
	up_value_set(info, "minimum", up_value_numbers(b->minimum, b->n));
	up_value_set(info, "maximum", up_value_numbers(b->maximum, b->n));
	up_free(scale);
}

static void *
stream_start(uint32_t n, const uint8_t *flags)
{
	(void) flags;
	return up_sums_start(n);
}

static void *
stream_read(UpReader *r, uint32_t n, const uint8_t *flags)
{
	(void) flags;
	return up_sums_get(r, n);
}

static const UpStream scaler_stream = {
	.usable = scaler_usable,
	.start = stream_start,
	.add = up_sums_add,
	.merge = up_sums_merge,
	.write = up_sums_put,
	.read = stream_read,
	.bytes = up_sums_bytes,
	.finish = scaler_finish,
};

const UpLearner up_scaler = {
	.name = "scaler",
	.number = 1,
	.abilities = UP_L_TRANSFORM | UP_L_NUMBERS_ONLY,
	.help =
		"scales features to comparable ranges: zscore, minmax, maxabs, robust, quantile, log or yeo_johnson",
	.params = {scaler_params, UP_LENGTH(scaler_params)},
	.params_size = sizeof(ScalerParams),
	.stream = &scaler_stream,
	.fit = scaler_fit,
	.transform = scaler_transform,
	.write = scaler_write,
	.read = scaler_read,
	.describe = scaler_describe,
	.update = scaler_update,
	.merge = scaler_merge,
};
