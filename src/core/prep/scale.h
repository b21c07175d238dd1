/*
 * scale.h - one column of numbers to a comparable range
 *
 * x' = ((g(x) - center) - rest) * factor + low, where g is the identity, a logarithm, Yeo and Johnson's power
 * transform, or the column's own distribution function. Fitted once, applied and undone as often as wanted.
 */
#ifndef UPROFILE_SCALE_H
#define UPROFILE_SCALE_H

#include "base/codec.h"

/* Stand in model bytes: never renumbered. */
typedef enum UpScaleMethod
{
	UP_SCALE_ZSCORE,      /* (x - mean) / deviation, ddof 0 */
	UP_SCALE_MINMAX,      /* to range[0] … range[1] */
	UP_SCALE_MAXABS,      /* x / max |x| */
	UP_SCALE_ROBUST,      /* (x - median) / (upper - lower quantile) */
	UP_SCALE_QUANTILE,    /* the share of values below, 0 … 1, or the normal deviate of it */
	UP_SCALE_LOG,         /* sign(x) log(1 + |x|), then zscore */
	UP_SCALE_YEO_JOHNSON, /* power transform of greatest likelihood, then zscore */
	UP_SCALE_NONE         /* x */
} UpScaleMethod;

extern const char *const up_scale_method_names[]; /* "zscore", …, "none", NULL */

/* What a method is like. */
enum
{
	UP_SCALE_LINEAR = 1,  /* g(x) = x */
	UP_SCALE_CENTRED = 2, /* has a center and a factor: all but quantile and none */
	UP_SCALE_SUMMED = 4   /* fitted from sums: the values need not be held */
};
extern const uint8_t up_scale_traits[];

typedef struct UpScaleOptions
{
	UpScaleMethod method;
	double range[2];          /* minmax; 0 and 1 */
	double quantile_range[2]; /* robust, percent; 25 and 75 */
	bool with_centering;
	bool with_scaling;
	uint32_t n_quantiles; /* quantile: landmarks, at most the number of values; 1000 */
	bool normal;          /* quantile: normal deviates instead of shares */
} UpScaleOptions;

/* The defaults above for a method. */
extern UpScaleOptions up_scale_options(UpScaleMethod method);

typedef struct UpScale
{
	UpScaleMethod method;
	double center, rest, factor, low; /* factor 0: a constant column */
	double lambda;                    /* yeo_johnson */
	bool normal;
	bool unfit; /* while it is fitted: values are too large or too close together */
	uint32_t n_quantiles;
	double *quantiles; /* ascending */
} UpScale;

/*
 * Fits on n > 0 known, finite values, in canonical order; the order of v is lost. name stands in errors. What it
 * returns lives in the current memory.
 */
extern UpScale up_scale_fit(const UpScaleOptions *options, double *v, size_t n, const char *name);
/*
 * The same for columns beside each other, each a part of the work of a scope of workers, who see columns that lie in one large array. Of
 * those that cannot be scaled the first is named. n may be 0.
 */
typedef struct UpScaleColumn
{
	double *v;
	size_t n;
	const char *name;
	/* what becomes of it */
	UpScale scale;
	double minimum, maximum;
} UpScaleColumn;
extern void up_scale_fit_columns(const UpScaleOptions *options, UpScaleColumn *columns, uint32_t n_columns);
/* About how long so many values take one process, all columns together. */
extern double up_scale_seconds(UpScaleMethod method, double n_values);
/*
 * The same for zscore, minmax, maxabs and none from sums, a block of values at a time: n, and with s the first value of
 * all, sum (x - s) and sum (x - s)^2.
 */
typedef struct UpScaleSums
{
	uint64_t n;
	double shift, sum, squares;
	double minimum, maximum;
} UpScaleSums;
extern void up_scale_sums_add(UpScaleSums *sums, const double *v, size_t n);
/* A z-score by the mean of x - shift and the deviation. */
extern UpScale up_scale_zscore(double shift, double mean, double deviation, bool constant, const char *name);
extern UpScale up_scale_from_sums(const UpScaleOptions *options, const UpScaleSums *sums, const char *name);

extern double up_scale_apply(const UpScale *s, double x);
/* The same, with the linear methods in line: most features of most models. */
static inline double
up_scaled(const UpScale *s, double x)
{
	if ((up_scale_traits[s->method] & UP_SCALE_LINEAR) != 0)
		return ((x - s->center) - s->rest) * s->factor + s->low;
	return up_scale_apply(s, x);
}
extern double up_scale_invert(const UpScale *s, double y);

extern void up_put_scale(UpWriter *w, const UpScale *s);
extern UpScale up_get_scale(UpReader *r);

#endif
