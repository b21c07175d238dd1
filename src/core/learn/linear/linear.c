/*
 * linear.c - linear regression: least squares with standard errors, ridge, lasso, elastic net
 *
 * Needs only means and products of the columns (num/centred.h), so aggregates hold no rows, and models update, merge and
 * forget exactly; linear_solve.c says what is minimized. A body keeps its sums up to MOST_SUMS features.
 *
 * Contributions to a prediction are coef_j (x_j - mean_j): the exact SHAP values of a linear model (Lundberg, Lee 2017).
 */
#include "learn/centred_stream.h"

#include "num/distributions.h"
#include "num/vec.h"
#include "num/vec_syrk.h"
#include "learn/linear/linear_solve.h"
#include "learn/planes.h"

#include <math.h>
#include <string.h>

#define MOST_SUMS 1000 /* features: products of more are too large to be carried along */
#define READ_ROWS 256
#define SUMS_OF   "least squares"

static const char *const penalties[] = {"none", "l2", "l1", "elasticnet", NULL};

#define UP_PARAMS_OF UpLinearOptions
static const UpParam linear_params[] = {
	UP_CHOICE_PARAM("penalty", penalty, "none", penalties,
					"none: least squares; l2: ridge; l1: lasso; elasticnet: both"),
	UP_REAL_PARAM(
		"alpha", alpha, "1", 0, 1e300,
		"weight of the penalty: of alpha |w|^2 beside the sum of squares (l2), else beside half their mean"),
	UP_REAL_PARAM("l1_ratio", l1_ratio, "0.5", 0, 1, "elasticnet: share of the l1 penalty"),
	UP_BOOL_PARAM("fit_intercept", fit_intercept, "true", "whether there is an intercept"),
	UP_REAL_PARAM("tol", tol, "1e-9", 0, 1,
				  "l1, elasticnet: ends when no coefficient moves by more, in deviations of the target"),
	UP_INT_PARAM("max_iter", max_iter, "10000", 1, 1000000000,
				 "l1, elasticnet: the most sweeps over the coefficients"),
};

typedef struct Linear
{
	uint32_t d;
	UpLinearOptions options;
	UpLinearFit *fit;
	double rows;
	double *mean;      /* d */
	double *deviation; /* d */
	UpCentred *sums;   /* or NULL */
} Linear;

static bool
linear_usable(const void *params)
{
	(void) params;
	return true;
}

static double *
deviations(const UpCentred *s)
{
	uint32_t d = s->width - 1;
	double *deviation = up_alloc_array(UP_MAX(d, 1), sizeof(double));

	for (uint32_t j = 0; j < d; j++)
		deviation[j] = sqrt(s->products[j * s->ld + j] / (double) s->rows);
	return deviation;
}

/* A body out of settled sums, which it keeps. */
static Linear *
solve(UpCentred *s, const UpLinearRows *rows, const UpLinearOptions *options)
{
	Linear *b = up_alloc0(sizeof(Linear));

	up_centred_check(s);
	b->d = s->width - 1;
	b->options = *options;
	b->fit = up_linear_solve(s, rows, options);
	b->rows = (double) s->rows;
	b->mean = up_alloc_array(UP_MAX(b->d, 1), sizeof(double));
	memcpy(b->mean, s->mean, b->d * sizeof(double));
	b->deviation = deviations(s);
	if (b->d <= MOST_SUMS)
		b->sums = s;
	for (uint32_t j = 0; j < b->d; j++)
	{
		if (!isfinite(b->fit->coef[j]) || !isfinite(b->fit->intercept))
			up_fail_with(UP_INVALID_DATA, NULL, "Scale the features.",
						 "linear regression left the range of numbers");
	}
	return b;
}

/* What is odd, said once. encoded: columns of categories, where an alias is the category that others are compared with. */
static void
report(const Linear *b, UpValue *info, bool encoded)
{
	if (b->fit->n_aliased > 0 && !encoded)
		up_warn("Leave them out, or use {\"penalty\": \"l2\"}.",
				"%u of %u features are constant or linear combinations of features before them, and get the "
				"coefficient 0",
				b->fit->n_aliased, b->d);
	if (!b->fit->converged)
		up_warn("Raise max_iter or tol, or scale the features.",
				"coordinate descent stopped at max_iter = %lld", (long long) b->options.max_iter);
	if (b->options.penalty >= UP_LINEAR_L1)
		up_value_set(info, "iterations", up_value_number((double) b->fit->iterations));
}

static void *
linear_finish(const void *sums, const UpFit *fit)
{
	const UpCentred *given = sums;
	/* Few rows still wait in their block. */
	UpLinearRows rows = {NULL, given->block, given->n_block, given->ld};
	Linear *b = solve(up_centred_copy(sums), given->rows == 0 ? &rows : NULL, fit->params);

	report(b, fit->info, fit->by_name);
	return b;
}

static void
add_rows(UpCentred *s, const UpData *d)
{
	up_centred_begin(s, d->n_rows);
	for (UpDataBlock b = up_data_blocks(d, READ_ROWS, true); up_data_next(&b);)
	{
		for (size_t i = 0; i < b.n; i++)
			up_centred_add(s, b.x + i * d->n_features, &b.y[i]);
	}
	up_centred_end(s);
}

/* Means and centred products of rows that weigh w, which is made to add up to their number. Two passes. */
static void
add_weighted(UpCentred *s, const UpData *d, const double *w)
{
	size_t ld = s->ld, width = (size_t) d->n_features + 1;
	double *block = up_alloc0(READ_ROWS * ld * sizeof(double));

	for (UpDataBlock b = up_data_blocks(d, READ_ROWS, true); up_data_next(&b);)
	{
		for (size_t i = 0; i < b.n; i++)
		{
			up_vec_axpy(s->mean, w[b.first + i] / (double) d->n_rows, b.x + i * d->n_features, d->n_features);
			s->mean[width - 1] += w[b.first + i] / (double) d->n_rows * b.y[i];
		}
	}
	for (UpDataBlock b = up_data_blocks(d, READ_ROWS, true); up_data_next(&b);)
	{
		for (size_t i = 0; i < b.n; i++)
		{
			double root = sqrt(w[b.first + i]), *row = block + i * ld;

			for (size_t j = 0; j + 1 < width; j++)
				row[j] = root * (b.x[i * d->n_features + j] - s->mean[j]);
			row[width - 1] = root * (b.y[i] - s->mean[width - 1]);
		}
		up_vec_syrk(s->products, ld, block, b.n);
	}
	s->rows = d->n_rows;
	up_free(block);
}

/*
 * As many rows as there are, each with its share of the weights. The penalty of ridge stands beside the weighted sum of squares, so it
 * has its share as well; those of the others stand beside a mean.
 */
static Linear *
fit_weighted(const UpFit *fit, double *w)
{
	UpCentred *s = up_centred_start(fit->n_features + 1, false);
	const UpLinearOptions *given = fit->params;
	UpLinearOptions options = *given;
	double sum = 0, n = (double) fit->data->n_rows;
	Linear *b;

	for (size_t i = 0; i < fit->data->n_rows; i++)
		sum += w[i];
	if (!isfinite(sum))
		up_fail_with(UP_INVALID_DATA, NULL, "Scale the weights.", "the weights of the rows are too large");
	up_vec_scale(w, n / sum, fit->data->n_rows);
	if (options.penalty == UP_LINEAR_L2)
		options.alpha *= n / sum;
	add_weighted(s, fit->data, w);
	b = solve(s, NULL, &options);
	b->options = *given;
	b->sums = NULL; /* they would count its rows alike */
	return b;
}

static void *
linear_fit(const UpFit *fit)
{
	UpCentred *s = up_centred_start(fit->n_features + 1, false);
	UpLinearRows rows = {.data = fit->data};
	double *weights = up_data_weights(fit->data);
	Linear *b;

	if (weights == NULL)
		add_rows(s, fit->data);
	b = weights == NULL ? solve(s, &rows, fit->params) : fit_weighted(fit, weights);
	up_free(weights);
	report(b, fit->info, fit->data->pipeline != NULL);
	return b;
}

static UpCentred *
sums_of(const Linear *b)
{
	if (b->sums == NULL)
		up_fail_with(
			UP_WRONG_KIND, NULL, "Train it anew.",
			"a linear model of more than %d features, or of weighted rows, does not carry its sums along",
			MOST_SUMS);
	return up_centred_copy(b->sums);
}

static void *
linear_update(const void *body, const UpFit *fit)
{
	UpCentred *s = sums_of(body);
	Linear *b;

	add_rows(s, fit->data);
	b = solve(s, NULL, fit->params);
	report(b, fit->info, fit->data->pipeline != NULL);
	return b;
}

static void *
linear_merge(const void *a, const void *b)
{
	UpCentred *s = sums_of(a);

	up_centred_merge(s, sums_of(b));
	up_centred_settle(s);
	return solve(s, NULL, &((const Linear *) a)->options);
}

static void *
linear_subtract(const void *a, const void *b, bool *kept)
{
	UpCentred *s = sums_of(a);

	(void) kept;
	up_centred_take_away(s, sums_of(b));
	return solve(s, NULL, &((const Linear *) a)->options);
}

static void
linear_predict(const void *body, const double *x, size_t n, double *out)
{
	const Linear *b = body;

	for (size_t i = 0; i < n; i++)
		out[i] = up_vec_dot(b->fit->coef, x + i * b->d, b->d) + b->fit->intercept;
}

/*
 * u8 penalty | alpha, l1_ratio, tol | u8 flags | u64 max_iter | rows | coef | intercept | rss, tss | errors with u8 whether there are |
 * df | means | deviations | sums. Numbers are finite: a standard error that there is not is -1.
 */
enum
{
	HAS_INTERCEPT = 1,
	HAS_ERRORS = 2,
	HAS_SUMS = 4,
	CONVERGED = 8
};

static void
linear_write(const void *body, UpWriter *w)
{
	const Linear *b = body;
	const UpLinearFit *f = b->fit;
	bool errors = f->df > 0;

	up_put_u8(w, (uint8_t) b->options.penalty);
	up_put_f64(w, b->options.alpha);
	up_put_f64(w, b->options.l1_ratio);
	up_put_f64(w, b->options.tol);
	up_put_u64(w, (uint64_t) b->options.max_iter);
	up_put_u8(w, (uint8_t) ((b->options.fit_intercept ? HAS_INTERCEPT : 0) | (errors ? HAS_ERRORS : 0) |
							(b->sums != NULL ? HAS_SUMS : 0) | (f->converged ? CONVERGED : 0)));
	up_put_f64(w, b->rows);
	up_put_f64_array(w, f->coef, b->d);
	up_put_f64(w, f->intercept);
	up_put_f64(w, f->rss);
	up_put_f64(w, f->tss);
	for (uint32_t j = 0; j < b->d; j++)
		up_put_u8(w, f->aliased[j]);
	if (errors)
	{
		up_put_f64(w, f->df);
		for (uint32_t j = 0; j <= b->d; j++)
			up_put_f64(w, isnan(f->errors[j]) ? -1 : f->errors[j]);
	}
	up_put_f64_array(w, b->mean, b->d);
	up_put_f64_array(w, b->deviation, b->d);
	if (b->sums != NULL)
		up_centred_put(b->sums, w);
}

static void
read_errors(UpReader *r, Linear *b)
{
	UpLinearFit *f = b->fit;

	f->df = up_get_f64(r);
	if (!(f->df > 0))
		up_corrupt(r, "degrees of freedom");
	for (uint32_t j = 0; j <= b->d; j++)
	{
		double error = up_get_f64(r);

		f->errors[j] = error < 0 ? NAN : error;
	}
}

static void *
linear_read(UpReader *r, const UpShape *shape)
{
	Linear *b = up_alloc0(sizeof(Linear));
	UpLinearFit *f = b->fit = up_alloc0(sizeof(UpLinearFit));
	uint32_t d = shape->n_features;
	uint8_t penalty = up_get_u8(r), flags;

	if (shape->task != UP_TASK_REGRESS || penalty > UP_LINEAR_ELASTICNET)
		up_corrupt(r, "penalty of a linear model");
	if ((r->len - r->pos) / sizeof(double) / 3 < d)
		up_corrupt(r, "size of a linear model");
	b->d = d;
	b->options.penalty = penalty;
	b->options.alpha = up_get_f64(r);
	b->options.l1_ratio = up_get_f64(r);
	b->options.tol = up_get_f64(r);
	b->options.max_iter = (int64_t) up_get_u64(r);
	flags = up_get_u8(r);
	b->options.fit_intercept = (flags & HAS_INTERCEPT) != 0;
	f->converged = (flags & CONVERGED) != 0;
	b->rows = up_get_f64(r);
	f->coef = up_alloc_array(UP_MAX(d, 1), sizeof(double));
	up_get_f64_array(r, f->coef, d);
	f->intercept = up_get_f64(r);
	f->rss = up_get_f64(r);
	f->tss = up_get_f64(r);
	if (flags > 15 || b->options.alpha < 0 || b->options.l1_ratio < 0 || b->options.l1_ratio > 1 ||
		b->options.tol < 0 || b->options.max_iter < 1 || b->rows < 1 || f->rss < 0 || f->tss < 0)
		up_corrupt(r, "linear model with impossible numbers");
	f->aliased = up_alloc_array(UP_MAX(d, 1), sizeof(bool));
	for (uint32_t j = 0; j < d; j++)
	{
		f->aliased[j] = up_get_bool(r);
		f->n_aliased += f->aliased[j];
	}
	f->df = NAN;
	f->errors = up_alloc_array((size_t) d + 1, sizeof(double));
	for (uint32_t j = 0; j <= d; j++)
		f->errors[j] = NAN;
	if ((flags & HAS_ERRORS) != 0)
		read_errors(r, b);
	b->mean = up_alloc_array(UP_MAX(d, 1), sizeof(double));
	b->deviation = up_alloc_array(UP_MAX(d, 1), sizeof(double));
	up_get_f64_array(r, b->mean, d);
	up_get_f64_array(r, b->deviation, d);
	if ((flags & HAS_SUMS) != 0)
	{
		b->sums = up_centred_get(r, d + 1, false, SUMS_OF);
		if (b->sums->rows == 0 || b->sums->n_block > 0)
			up_corrupt(r, "sums of a linear model");
	}
	return b;
}

/* Values that JSON can hold; null where there are none. */
static UpValue *
numbers_or_null(const double *v, uint32_t n)
{
	UpValue *list = up_value_array();

	for (uint32_t j = 0; j < n; j++)
		up_value_append(list, isfinite(v[j]) ? up_value_number(v[j]) : up_value_null());
	return list;
}

static void
linear_describe(const void *body, UpValue *info)
{
	const Linear *b = body;
	const UpLinearFit *f = b->fit;
	UpValue *aliased = up_value_array();
	double r2 = f->tss > 0 ? 1 - f->rss / f->tss : NAN;

	up_value_set(info, "coef", up_value_numbers(f->coef, b->d));
	up_value_set(info, "intercept", up_value_number(f->intercept));
	if (isfinite(r2))
		up_value_set(info, "r2", up_value_number(r2));
	for (uint32_t j = 0; j < b->d; j++)
	{
		if (f->aliased[j])
			up_value_append(aliased, up_value_number(j + 1));
	}
	if (f->n_aliased > 0)
		up_value_set(info, "aliased", aliased);
	if (!(f->df > 0))
		return;
	up_value_set(info, "std_error", numbers_or_null(f->errors, b->d));
	if (b->options.fit_intercept)
		up_value_set(info, "intercept_std_error", up_value_number(f->errors[b->d]));
	up_value_set(info, "residual_df", up_value_number(f->df));
	up_value_set(info, "sigma", up_value_number(sqrt(f->rss / f->df)));
	if (isfinite(r2))
	{
		double used = b->rows - f->df - b->options.fit_intercept;
		double share = (1 - r2) * (b->rows - b->options.fit_intercept) / f->df;
		double statistic = (f->tss - f->rss) / used / (f->rss / f->df);

		up_value_set(info, "adjusted_r2", up_value_number(1 - share));
		if (used > 0 && isfinite(statistic) && statistic >= 0)
		{
			up_value_set(info, "f", up_value_number(statistic));
			up_value_set(info, "f_p_value", up_value_number(up_f_tail(statistic, used, f->df)));
		}
	}
}

static void
linear_importance(const void *body, double *out)
{
	const Linear *b = body;

	up_linear_importance(b->fit->coef, b->deviation, b->d, 1, out);
}

static uint32_t
linear_n_outputs(const void *body)
{
	(void) body;
	return 1;
}

static void
linear_raw_scores(const void *body, const double *x, double *out)
{
	linear_predict(body, x, 1, out);
}

static void
linear_explain(const void *body, const double *x, double *out)
{
	const Linear *b = body;

	up_linear_explain(b->fit->coef, b->fit->intercept, b->mean, x, b->d, out);
}

static char *
linear_show(const void *body, const UpNames *names)
{
	const Linear *b = body;

	return up_linear_formula("value", b->fit->coef, b->fit->intercept, names->features, b->d);
}

static UpCoefficient *
linear_coefficients(const void *body, uint32_t *n)
{
	const Linear *b = body;
	UpCoefficient *c = up_alloc0(((size_t) b->d + 1) * sizeof(UpCoefficient));

	*n = b->d + b->options.fit_intercept;
	for (uint32_t i = 0; i < *n; i++)
	{
		/* The intercept comes first. */
		uint32_t j = b->options.fit_intercept ? (i == 0 ? b->d : i - 1) : i;

		c[i].feature = j;
		c[i].estimate = j < b->d ? b->fit->coef[j] : b->fit->intercept;
		c[i].error = b->fit->errors[j];
		c[i].statistic = c[i].estimate / c[i].error;
		c[i].p = isfinite(c[i].statistic) ? up_t_test(c[i].statistic, b->fit->df) : NAN;
	}
	return c;
}

static bool
linear_plane(const void *body, uint32_t output, double *w, double *intercept)
{
	const Linear *b = body;

	(void) output;
	memcpy(w, b->fit->coef, b->d * sizeof(double));
	*intercept = b->fit->intercept;
	return true;
}

/* ---- of rows as they come: features and the target beside them ---- */

static void *
stream_start(uint32_t d, const uint8_t *flags)
{
	(void) flags;
	return up_centred_start(d + 1, false);
}

static void
stream_add(void *sums, const double *x, double y)
{
	up_centred_add(sums, x, &y);
}

static void *
stream_read(UpReader *r, uint32_t d, const uint8_t *flags)
{
	(void) flags;
	return up_centred_get(r, d + 1, false, SUMS_OF);
}

static size_t
stream_bytes(uint32_t d)
{
	return up_centred_bytes(d + 1);
}

static const UpStream linear_stream = {
	.usable = linear_usable,
	.start = stream_start,
	.add = stream_add,
	.merge = up_centred_stream_merge,
	.write = up_centred_stream_write,
	.read = stream_read,
	.bytes = stream_bytes,
	.finish = linear_finish,
};

const UpLearner up_linear = {
	.name = "linear",
	.number = 9,
	.abilities = UP_L_REGRESS | UP_L_WEIGHTS,
	.help = "linear regression: least squares with standard errors, ridge, lasso, elastic net",
	.params = {linear_params, UP_LENGTH(linear_params)},
	.params_size = sizeof(UpLinearOptions),
	.stream = &linear_stream,
	.fit = linear_fit,
	.predict = linear_predict,
	.write = linear_write,
	.read = linear_read,
	.describe = linear_describe,
	.importance = linear_importance,
	.explain = linear_explain,
	.raw_scores = linear_raw_scores,
	.n_outputs = linear_n_outputs,
	.show = linear_show,
	.update = linear_update,
	.merge = linear_merge,
	.subtract = linear_subtract,
	.coefficients = linear_coefficients,
	.plane = linear_plane,
};
