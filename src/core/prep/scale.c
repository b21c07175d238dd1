/*
 * scale.c - fits, applies and undoes the scaling of one column; see scale.h
 *
 *   zscore       center = mean, factor = 1 / deviation (ddof 0)
 *   minmax       center = minimum, factor = (hi - lo) / (maximum - minimum), low = lo
 *   maxabs       center = 0, factor = 1 / maximum of |x|
 *   robust       center = median, factor = 1 / (upper - lower quantile), interpolated linearly
 *   quantile     the empirical distribution function at n_quantiles landmarks, linear in between; where values repeat, the
 *                mean of the functions continuous from the left and from the right
 *   log          g(x) = sign(x) log(1 + |x|), then zscore
 *   yeo_johnson  g(x) = ((x + 1)^lambda - 1) / lambda for x >= 0 and -((1 - x)^(2 - lambda) - 1) / (2 - lambda) below (Yeo,
 *                Johnson 2000), lambda of the greatest likelihood; then zscore
 *
 * rest is what the center as one number is short of, so that columns around 1e9 keep their digits. A constant column has
 * nothing to tell: it becomes 0 (with minmax: lo).
 *
 * Cost: O(n); quantiles O(n log n); yeo_johnson about 20 passes.
 */
#include "prep/scale.h"

#include "num/normal.h"
#include "num/sort.h"
#include "num/moments.h"
#include "prep/power.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define MOST_QUANTILES 100000
#define LANES          8    /* of a column, whose values are looked at independently */
#define QUANTILE_EDGE  1e-7 /* shares of normal deviates are kept so far from 0 and 1, as scikit-learn has it */

const char *const up_scale_method_names[] = {"zscore", "minmax",      "maxabs", "robust", "quantile",
											 "log",    "yeo_johnson", "none",   NULL};

const uint8_t up_scale_traits[] = {
	[UP_SCALE_ZSCORE] = UP_SCALE_LINEAR | UP_SCALE_CENTRED | UP_SCALE_SUMMED,
	[UP_SCALE_MINMAX] = UP_SCALE_LINEAR | UP_SCALE_CENTRED | UP_SCALE_SUMMED,
	[UP_SCALE_MAXABS] = UP_SCALE_LINEAR | UP_SCALE_CENTRED | UP_SCALE_SUMMED,
	[UP_SCALE_ROBUST] = UP_SCALE_LINEAR | UP_SCALE_CENTRED,
	[UP_SCALE_QUANTILE] = 0,
	[UP_SCALE_LOG] = UP_SCALE_CENTRED,
	[UP_SCALE_YEO_JOHNSON] = UP_SCALE_CENTRED,
	[UP_SCALE_NONE] = UP_SCALE_SUMMED,
};

UpScaleOptions
up_scale_options(UpScaleMethod method)
{
	UpScaleOptions o = {
		.method = method,
		.range = {0, 1},
		.quantile_range = {25, 75},
		.with_centering = true,
		.with_scaling = true,
		.n_quantiles = 1000,
		.normal = false,
	};

	return o;
}

/* Center and factor; a spread of 0 is a constant column. */
static void
set_linear(UpScale *s, double center, double spread)
{
	double factor = spread > 0 ? 1 / spread : 0;

	s->unfit |= !isfinite(center) || !isfinite(spread) || !isfinite(factor);
	s->center = center;
	s->factor = factor;
}

static void
refuse_unfit(const UpScale *s, const char *name)
{
	if (s->unfit)
		up_fail_with(UP_INVALID_DATA, NULL, "Scale the column by a power of ten first, or leave it out.",
					 "values of column \"%s\" are too large or too close together to be scaled", name);
}

static void
find_range(const double *v, size_t n, double *minimum, double *maximum)
{
	double least[LANES], most[LANES];
	size_t i = 0;

	for (int j = 0; j < LANES; j++)
		least[j] = most[j] = v[0];
	for (; i + LANES <= n; i += LANES)
	{
		for (int j = 0; j < LANES; j++)
		{
			least[j] = v[i + j] < least[j] ? v[i + j] : least[j];
			most[j] = v[i + j] > most[j] ? v[i + j] : most[j];
		}
	}
	for (; i < n; i++)
	{
		least[0] = UP_MIN(least[0], v[i]);
		most[0] = UP_MAX(most[0], v[i]);
	}
	*minimum = least[0];
	*maximum = most[0];
	for (int j = 1; j < LANES; j++)
	{
		*minimum = UP_MIN(*minimum, least[j]);
		*maximum = UP_MAX(*maximum, most[j]);
	}
}

/* mean is that of x - shift. A deviation that is not a number makes it unfit. */
static void
set_zscore(UpScale *s, const UpScaleOptions *o, double shift, double mean, double deviation, bool constant)
{
	set_linear(s, shift + mean, constant ? 0 : deviation);
	s->rest = mean - (s->center - shift);
	if (!o->with_scaling && !constant)
		s->factor = 1;
	if (!o->with_centering && !constant)
		s->center = s->rest = 0;
}

static double
deviation_of(double variance)
{
	return variance < 0 ? 0 : sqrt(variance);
}

/* Squares of values are beyond a double, or nothing, long before the values are: then of values times a power of two, in place. */
static void
fit_zscore(UpScale *s, const UpScaleOptions *o, double *v, size_t n, double minimum, double maximum)
{
	double mean, variance, shift = v[0];
	int exponent = 0;

	variance = up_moments(v, n, &mean);
	if (minimum < maximum && !(variance > 0 && isfinite(variance)))
	{
		(void) frexp(maximum / 2 - minimum / 2, &exponent);
		for (size_t i = 0; i < n; i++)
			v[i] = ldexp(v[i], -exponent);
		variance = up_moments(v, n, &mean);
		mean = ldexp(mean, exponent);
	}
	set_zscore(s, o, shift, mean, ldexp(deviation_of(variance), exponent), minimum == maximum);
}

static void
set_range(UpScale *s, const UpScaleOptions *o, double minimum, double maximum)
{
	if (s->method == UP_SCALE_MINMAX)
	{
		set_linear(s, minimum, maximum - minimum);
		s->factor *= o->range[1] - o->range[0];
		s->low = o->range[0];
		return;
	}
	set_linear(s, 0, UP_MAX(fabs(minimum), fabs(maximum)));
	/* Constant, so it becomes 0 like any other; its value is the center. */
	if (minimum == maximum)
		set_linear(s, minimum, 0);
}

void
up_scale_sums_add(UpScaleSums *sums, const double *v, size_t n)
{
	double minimum, maximum;

	if (n == 0)
		return;
	find_range(v, n, &minimum, &maximum);
	if (sums->n == 0)
	{
		sums->shift = v[0];
		sums->minimum = minimum;
		sums->maximum = maximum;
	}
	sums->n += n;
	sums->sum += up_shifted_sum(v, n, sums->shift, false);
	sums->squares += up_shifted_sum(v, n, sums->shift, true);
	sums->minimum = UP_MIN(sums->minimum, minimum);
	sums->maximum = UP_MAX(sums->maximum, maximum);
}

UpScale
up_scale_zscore(double shift, double mean, double deviation, bool constant, const char *name)
{
	UpScaleOptions o = up_scale_options(UP_SCALE_ZSCORE);
	UpScale s = {.method = UP_SCALE_ZSCORE, .factor = 1};

	set_zscore(&s, &o, shift, mean, deviation, constant);
	refuse_unfit(&s, name);
	return s;
}

UpScale
up_scale_from_sums(const UpScaleOptions *options, const UpScaleSums *sums, const char *name)
{
	UpScale s = {.method = options->method, .factor = 1};
	double mean = sums->sum / (double) sums->n;

	if (options->method == UP_SCALE_ZSCORE)
		set_zscore(&s, options, sums->shift, mean, deviation_of(sums->squares / (double) sums->n - mean * mean),
				   sums->minimum == sums->maximum);
	else if (options->method == UP_SCALE_MINMAX || options->method == UP_SCALE_MAXABS)
		set_range(&s, options, sums->minimum, sums->maximum);
	refuse_unfit(&s, name);
	return s;
}

static void
fit_robust(UpScale *s, const UpScaleOptions *o, double *v, size_t n)
{
	bool constant;

	up_sort_doubles(v, n, NULL);
	constant = v[0] == v[n - 1];
	set_linear(s, up_sorted_quantile(v, n, 0.5),
			   up_sorted_quantile(v, n, o->quantile_range[1] / 100) -
				   up_sorted_quantile(v, n, o->quantile_range[0] / 100));
	/* More than half of the values are one: without a distance, the scale is 1, as scikit-learn has it. */
	if ((s->factor == 0 || !o->with_scaling) && !constant)
		s->factor = 1;
	if (!o->with_centering && !constant)
		s->center = 0;
}

static void
fit_quantiles(UpScale *s, const UpScaleOptions *o, double *v, size_t n)
{
	uint32_t k = (uint32_t) UP_MIN((size_t) o->n_quantiles, n);

	up_sort_doubles(v, n, NULL);
	s->normal = o->normal;
	s->n_quantiles = k;
	s->quantiles = up_alloc_array(k, sizeof(double));
	for (uint32_t i = 0; i < k; i++)
	{
		double q = up_sorted_quantile(v, n, k > 1 ? (double) i / (k - 1) : 0);

		/* Rounding must not make them descend. */
		s->quantiles[i] = i > 0 && q < s->quantiles[i - 1] ? s->quantiles[i - 1] : q;
	}
}

static void
fit_curve(UpScale *s, const UpScaleOptions *o, double *v, size_t n, double minimum, double maximum)
{
	s->lambda = 1;
	for (size_t i = 0; i < n; i++)
		v[i] = up_signed_log(v[i]);
	if (s->method == UP_SCALE_YEO_JOHNSON)
	{
		if (minimum < maximum)
			s->lambda = up_power_lambda(v, n);
		for (size_t i = 0; i < n; i++)
			v[i] = up_power_of_log(v[i], s->lambda);
	}
	find_range(v, n, &minimum, &maximum);
	fit_zscore(s, o, v, n, minimum, maximum);
}

/* Of values between these two. */
static UpScale
fit_column(const UpScaleOptions *options, double *v, size_t n, double minimum, double maximum)
{
	UpScale s = {.method = options->method, .factor = 1};

	switch (options->method)
	{
		case UP_SCALE_ZSCORE:
			fit_zscore(&s, options, v, n, minimum, maximum);
			break;
		case UP_SCALE_MINMAX:
		case UP_SCALE_MAXABS:
			set_range(&s, options, minimum, maximum);
			break;
		case UP_SCALE_ROBUST:
			fit_robust(&s, options, v, n);
			break;
		case UP_SCALE_QUANTILE:
			fit_quantiles(&s, options, v, n);
			break;
		case UP_SCALE_LOG:
		case UP_SCALE_YEO_JOHNSON:
			fit_curve(&s, options, v, n, minimum, maximum);
			break;
		case UP_SCALE_NONE:
			break;
	}
	return s;
}

UpScale
up_scale_fit(const UpScaleOptions *options, double *v, size_t n, const char *name)
{
	double minimum = NAN, maximum = NAN;
	UpScale s;

	if (n > 0)
		find_range(v, n, &minimum, &maximum);
	s = fit_column(options, v, n, minimum, maximum);
	refuse_unfit(&s, name);
	return s;
}

/* ---- columns as parts ---- */

enum
{
	VALUES,
	FITS,
	LANDMARKS, /* n_quantiles a column, or NULL */
	N_ARRAYS
};

/* A column where workers see it. */
typedef struct Fit
{
	ptrdiff_t place; /* from the first column's values */
	size_t n;
	UpScaleColumn column;
} Fit;

static void
fit_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const UpScaleOptions *o = fixed;
	Fit *f = (Fit *) arrays[FITS] + part;
	UpScaleColumn *c = &f->column;
	double *v = (double *) (void *) ((char *) arrays[VALUES] + f->place);

	c->scale.method = o->method;
	if (f->n == 0)
		return;
	up_tick();
	find_range(v, f->n, &c->minimum, &c->maximum);
	c->scale = fit_column(o, v, f->n, c->minimum, c->maximum);
	if (c->scale.quantiles != NULL)
		memcpy((double *) arrays[LANDMARKS] + (size_t) part * o->n_quantiles, c->scale.quantiles,
			   c->scale.n_quantiles * sizeof(double));
}

void
up_scale_fit_columns(const UpScaleOptions *options, UpScaleColumn *columns, uint32_t n_columns)
{
	Fit *fits = up_alloc_large_array(UP_MAX(n_columns, 1), sizeof(Fit));
	double *landmarks = NULL;

	if (options->method == UP_SCALE_QUANTILE)
		landmarks = up_alloc_large_array((size_t) UP_MAX(n_columns, 1) * options->n_quantiles, sizeof(double));
	for (uint32_t j = 0; j < n_columns; j++)
		fits[j] = (Fit){(intptr_t) columns[j].v - (intptr_t) columns[0].v, columns[j].n, columns[j]};
	up_parallel(n_columns, fit_part, options, sizeof(*options),
				(void *[]){n_columns > 0 ? columns[0].v : NULL, fits, landmarks}, N_ARRAYS);
	for (uint32_t j = 0; j < n_columns; j++)
	{
		UpScale *s = &columns[j].scale;

		columns[j] = fits[j].column;
		refuse_unfit(s, columns[j].name);
		if (s->quantiles == NULL)
			continue;
		s->quantiles = up_alloc_array(s->n_quantiles, sizeof(double));
		memcpy(s->quantiles, landmarks + (size_t) j * options->n_quantiles, s->n_quantiles * sizeof(double));
	}
	up_free_large(fits);
	up_free_large(landmarks);
}

double
up_scale_seconds(UpScaleMethod method, double n_values)
{
	switch (method)
	{
		case UP_SCALE_ROBUST:
		case UP_SCALE_QUANTILE:
			return 3e-8 * n_values;
		case UP_SCALE_LOG:
			return 2e-8 * n_values;
		case UP_SCALE_YEO_JOHNSON:
			return 2.5e-7 * n_values;
		default:
			return 2e-9 * n_values;
	}
}

/* The last landmark that is not above x; the first if there is none. */
static uint32_t
last_not_above(const UpScale *s, double x)
{
	uint32_t low = 0, high = s->n_quantiles;

	while (low + 1 < high)
	{
		uint32_t mid = low + (high - low) / 2;

		if (s->quantiles[mid] <= x)
			low = mid;
		else
			high = mid;
	}
	return low;
}

/* The first landmark that is not below x; the last if there is none. */
static uint32_t
first_not_below(const UpScale *s, double x)
{
	UP_ASSERT(s->n_quantiles > 0);
	return (uint32_t) up_lower_bound(s->quantiles, s->n_quantiles - 1, x);
}

/* Which part of the way from low to high that from one to another is; each may be beyond double precision. */
static double
part_of_way(double from, double to, double low, double high)
{
	if (isfinite(high - low))
		return (to - from) / (high - low);
	return (to / 2 - from / 2) / (high / 2 - low / 2);
}

static double
share_below(const UpScale *s, double x)
{
	double steps = s->n_quantiles - 1, right, left;
	uint32_t i, j;

	if (s->quantiles[0] == s->quantiles[s->n_quantiles - 1] || x <= s->quantiles[0])
		return 0;
	if (x >= s->quantiles[s->n_quantiles - 1])
		return 1;
	i = last_not_above(s, x);
	right = (i + part_of_way(s->quantiles[i], x, s->quantiles[i], s->quantiles[i + 1])) / steps;
	j = first_not_below(s, x);
	left = (j - part_of_way(x, s->quantiles[j], s->quantiles[j - 1], s->quantiles[j])) / steps;
	return (left + right) / 2;
}

static double
quantile_apply(const UpScale *s, double x)
{
	double share, edge = QUANTILE_EDGE - DBL_EPSILON;

	if (!s->normal)
		return share_below(s, x);
	if (s->quantiles[0] == s->quantiles[s->n_quantiles - 1])
		return 0;
	share = share_below(s, x);
	if (x + QUANTILE_EDGE > s->quantiles[s->n_quantiles - 1])
		share = 1;
	if (x - QUANTILE_EDGE < s->quantiles[0])
		share = 0;
	return up_normal_quantile(UP_MIN(UP_MAX(share, edge), 1 - edge));
}

static double
quantile_invert(const UpScale *s, double y)
{
	double share = s->normal ? up_normal_cdf(y) : y, at;
	uint32_t below;

	/* What was kept away from 0 and 1. */
	if (s->normal && (share - QUANTILE_EDGE < QUANTILE_EDGE || share + QUANTILE_EDGE > 1 - QUANTILE_EDGE))
		share = share < 0.5 ? 0 : 1;
	share = UP_MIN(UP_MAX(share, 0), 1);
	at = share * (s->n_quantiles - 1);
	below = (uint32_t) at;
	if (below + 1 >= s->n_quantiles)
		return s->quantiles[s->n_quantiles - 1];
	if (!isfinite(s->quantiles[below + 1] - s->quantiles[below]))
		return up_between(s->quantiles[below], s->quantiles[below + 1], at - below);
	return s->quantiles[below] + (at - below) * (s->quantiles[below + 1] - s->quantiles[below]);
}

double
up_scale_apply(const UpScale *s, double x)
{
	switch (s->method)
	{
		case UP_SCALE_QUANTILE:
			return isnan(x) ? x : quantile_apply(s, x);
		case UP_SCALE_NONE:
			return x;
		case UP_SCALE_LOG:
			x = up_signed_log(x);
			break;
		case UP_SCALE_YEO_JOHNSON:
			x = up_power_of_log(up_signed_log(x), s->lambda);
			break;
		default:
			break;
	}
	return ((x - s->center) - s->rest) * s->factor + s->low;
}

/* What signed_log and the power made g of. */
static double
invert_curve(const UpScale *s, double g)
{
	double size = fabs(g), exponent = g >= 0 ? s->lambda : 2 - s->lambda;

	if (s->method == UP_SCALE_YEO_JOHNSON && fabs(exponent) >= DBL_EPSILON)
		/* Beyond what the power can reach: the farthest value that it can. */
		size = log1p(UP_MAX(exponent * size, DBL_EPSILON - 1)) / exponent;
	size = expm1(size);
	size = UP_MIN(size, DBL_MAX);
	return g >= 0 ? size : -size;
}

double
up_scale_invert(const UpScale *s, double y)
{
	double x;

	if (s->method == UP_SCALE_QUANTILE)
		return isnan(y) ? y : quantile_invert(s, y);
	if (s->method == UP_SCALE_NONE)
		return y;
	x = s->factor > 0 ? (y - s->low) / s->factor + s->rest + s->center : s->center;
	return s->method == UP_SCALE_LOG || s->method == UP_SCALE_YEO_JOHNSON ? invert_curve(s, x) : x;
}

void
up_put_scale(UpWriter *w, const UpScale *s)
{
	up_put_u8(w, (uint8_t) s->method);
	if (s->method == UP_SCALE_NONE)
		return;
	if (s->method == UP_SCALE_QUANTILE)
	{
		up_put_u8(w, s->normal);
		up_put_u32(w, s->n_quantiles);
		up_put_f64_array(w, s->quantiles, s->n_quantiles);
		return;
	}
	up_put_f64(w, s->center);
	up_put_f64(w, s->rest);
	up_put_f64(w, s->factor);
	up_put_f64(w, s->low);
	if (s->method == UP_SCALE_YEO_JOHNSON)
		up_put_f64(w, s->lambda);
}

static void
get_quantiles(UpReader *r, UpScale *s)
{
	s->normal = up_get_bool(r);
	s->n_quantiles = up_get_count(r, sizeof(double), MOST_QUANTILES, "quantiles");
	if (s->n_quantiles == 0)
		up_corrupt(r, "quantiles");
	s->quantiles = up_alloc_array(s->n_quantiles, sizeof(double));
	up_get_f64_array(r, s->quantiles, s->n_quantiles);
	for (uint32_t i = 1; i < s->n_quantiles; i++)
	{
		if (s->quantiles[i] < s->quantiles[i - 1])
			up_corrupt(r, "quantiles");
	}
}

UpScale
up_get_scale(UpReader *r)
{
	UpScale s = {.factor = 1};
	uint8_t method = up_get_u8(r);

	if (method > UP_SCALE_NONE)
		up_corrupt(r, "method of a scale");
	s.method = (UpScaleMethod) method;
	if (method == UP_SCALE_QUANTILE)
		get_quantiles(r, &s);
	if ((up_scale_traits[method] & UP_SCALE_CENTRED) == 0)
		return s;
	s.center = up_get_f64(r);
	s.rest = up_get_f64(r);
	s.factor = up_get_f64(r);
	s.low = up_get_f64(r);
	if (!(s.factor >= 0))
		up_corrupt(r, "factor of a scale");
	if (method == UP_SCALE_YEO_JOHNSON)
		s.lambda = up_get_f64(r);
	return s;
}
