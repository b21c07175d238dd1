/*
 * pca.c - principal components: the directions in which rows differ most, and rows as coordinates along them
 *
 * With m the means and C = sum (x - m)(x - m)' / (n - 1) = sum_c v_c w_c w_c' (eigenvectors of length 1, v_1 >= v_2 >= …), a row becomes
 * z_c = w_c (x - m), whitened z_c / sqrt(v_c); the largest loading of each w_c is positive (the first of them where some are as large but for
 * rounding), so that the same rows give the same signs. Definitions are scikit-learn's (PCA, svd_flip, Tipping and Bishop's noise variance: the
 * mean of the v_c that are left out). A direction in which rows differ by rounding alone has v_c = 0, and whitened it is 0.
 *
 * Needs only means and products (num/centred.h), so aggregates hold no rows, and models update, merge and forget exactly; a body keeps
 * its sums up to MOST_SUMS features. Arrays: k × d components. Cost: d^2 / 2 a row, 8 d^3 at the end; k d a row that is transformed.
 */
#include "learn/centred_stream.h"

#include "num/eigen.h"
#include "num/vec.h"
#include "num/vec_syrk.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define MOST_SUMS   1000  /* features: products of more are too large to be carried along */
#define MOST_TOLD   65536 /* loadings that model_info tells */
#define MOST_SHOWN  20    /* components that are shown, … */
#define MOST_TERMS  8     /* … with so many loadings each */
#define READ_ROWS   256
#define SUMS_OF     "principal components"
#define TICK_ROWS   32         /* of them are added between two looks for a cancel */
#define SAME_LENGTH (1 - 1e-9) /* loadings that are so near to the largest are as large */

typedef struct PcaParams
{
	UpValue *n_components;
	bool whiten;
} PcaParams;

#define UP_PARAMS_OF PcaParams
static const UpParam pca_params[] = {
	UP_TREE_PARAM(
		"n_components", n_components, "null", "integer, or a number between 0 and 1",
		"how many there are, or the share of the variance that they explain; without it, all of them"),
	UP_BOOL_PARAM("whiten", whiten, "false", "whether each component is divided by its deviation"),
};

typedef struct Pca
{
	uint32_t d, k;
	bool whiten;
	double asked; /* 0: all; below 1: a share of the variance; else their number */
	double rows;
	double *centre;     /* d: the means, … */
	double *rest;       /* … and what they are short of as one number each */
	double *components; /* k × d */
	double *variance;   /* k */
	double *factor;     /* k: 1, or 1 / deviation; 0 where there is none */
	double total;       /* variance, of all */
	double noise;       /* the mean variance of what is left out */
	UpCentred *sums;    /* or NULL */
} Pca;

static double
asked_components(const PcaParams *p)
{
	const UpValue *v = p->n_components;

	if (v == NULL || v->type == UP_NULL)
		return 0;
	if (v->type == UP_NUMBER && v->number > 0 && (v->number < 1 || v->number == floor(v->number)))
		return v->number;
	up_fail_with(UP_INVALID_PARAMETER,
				 "Allowed: a whole number of components, a share of the variance between 0 and 1, or null.",
				 NULL, "parameter \"n_components\" of algorithm \"pca\" is %s", up_value_text(v));
}

static bool
pca_usable(const void *params)
{
	asked_components(params);
	return true;
}

static Pca *
new_pca(uint32_t d, uint32_t k)
{
	Pca *b = up_alloc0(sizeof(Pca));

	b->d = d;
	b->k = k;
	b->centre = up_alloc0((size_t) d * sizeof(double));
	b->rest = up_alloc0((size_t) d * sizeof(double));
	b->components = up_alloc_array((size_t) k * d, sizeof(double));
	b->variance = up_alloc_array(k, sizeof(double));
	b->factor = up_alloc_array(k, sizeof(double));
	return b;
}

/* ---- from sums to components ---- */

/* The eigenvalues, descending, and vectors of the covariance. */
static void
decompose(const UpCentred *s, double *variance, double *vectors)
{
	size_t d = s->width, ld = s->ld;
	double *a, largest = 0, smallest;

	up_centred_check(s);
	a = up_alloc_array(d * ld, sizeof(double));
	memcpy(a, s->products, d * ld * sizeof(double));
	for (size_t j = 0; j < d; j++)
		largest = UP_MAX(largest, a[j * ld + j]);
	for (size_t i = 0; i < d; i++)
	{
		for (size_t j = i; j < d; j++)
			a[i * ld + j] = largest > 0 ? a[i * ld + j] / largest : 0;
	}
	up_eigen_symmetric(a, d, ld, variance, vectors);
	smallest = (double) d * DBL_EPSILON * UP_MAX(variance[0], 0);
	for (size_t c = 0; c < d; c++)
		variance[c] = variance[c] > smallest ? variance[c] * (largest / ((double) s->rows - 1)) : 0;
	up_free(a);
}

/* The largest loading is positive. */
static void
turn(double *component, uint32_t d)
{
	double largest = 0;

	for (uint32_t j = 0; j < d; j++)
		largest = UP_MAX(largest, fabs(component[j]));
	for (uint32_t j = 0; j < d; j++)
	{
		if (fabs(component[j]) < largest * SAME_LENGTH)
			continue;
		if (component[j] < 0)
			up_vec_scale(component, -1, d);
		return;
	}
}

/* How many, of so many that there can be. */
static uint32_t
chosen_components(double asked, const double *variance, double total, uint32_t most)
{
	double sum = 0;

	if (asked == 0 || asked >= most)
		return most;
	if (asked >= 1)
		return (uint32_t) asked;
	for (uint32_t c = 0; c < most; c++)
	{
		sum += variance[c];
		if (sum > asked * total || total == 0)
			return c + 1;
	}
	return most;
}

static void
set_centre(Pca *b, const UpCentred *s)
{
	for (uint32_t j = 0; j < b->d; j++)
	{
		b->centre[j] = s->shift[j] + s->mean[j];
		b->rest[j] = s->mean[j] - (b->centre[j] - s->shift[j]);
	}
}

static void
set_factors(Pca *b)
{
	for (uint32_t c = 0; c < b->k; c++)
	{
		b->factor[c] = !b->whiten ? 1 : b->variance[c] > 0 ? 1 / sqrt(b->variance[c]) : 0;
		if (!isfinite(b->factor[c]))
			up_fail_with(UP_INVALID_DATA, NULL, "Scale the features.",
						 "the principal components left the range of numbers");
	}
}

/* A body out of settled sums, which it keeps. */
static Pca *
solve(UpCentred *s, double asked, bool whiten)
{
	uint32_t d = s->width, most, k;
	double *variance, *vectors, total = 0, left = 0;
	Pca *b;

	if (s->rows < 2)
		up_fail_with(UP_INVALID_DATA, up_format("Found: %d.", (int) s->rows), NULL,
					 "principal components need at least two rows");
	up_reserve(2 * (size_t) d * s->ld * sizeof(double) + up_eigen_bytes(d), "eigenvectors of features");
	variance = up_alloc_array(d, sizeof(double));
	vectors = up_alloc_array((size_t) d * d, sizeof(double));
	decompose(s, variance, vectors);
	for (uint32_t c = 0; c < d; c++)
		total += variance[c];
	most = (uint32_t) UP_MIN(s->rows, d);
	k = chosen_components(asked, variance, total, most);
	for (uint32_t c = k; c < most; c++)
		left += variance[c];
	b = new_pca(d, k);
	b->whiten = whiten;
	b->asked = asked;
	b->rows = (double) s->rows;
	b->total = total;
	b->noise = k < most ? left / (most - k) : 0;
	memcpy(b->components, vectors, (size_t) k * d * sizeof(double));
	memcpy(b->variance, variance, k * sizeof(double));
	for (uint32_t c = 0; c < k; c++)
		turn(b->components + (size_t) c * d, d);
	set_centre(b, s);
	set_factors(b);
	up_free(vectors);
	up_free(variance);
	if (d <= MOST_SUMS)
	{
		/* A body keeps no row: that of the sums has the first one as its shift. Products know of none. */
		memcpy(s->shift, b->centre, d * sizeof(double));
		memcpy(s->mean, b->rest, d * sizeof(double));
		b->sums = s;
	}
	return b;
}

/* What is odd, said once. */
static void
report(const Pca *b, UpValue *info, bool strict)
{
	const char *what;

	if (b->total == 0)
	{
		what = "all rows are alike: the components tell nothing";
		if (strict)
			up_fail_with(UP_INVALID_DATA, NULL, NULL, "all rows are alike: there are no principal components");
		up_value_set(info, "note", up_value_string(what));
		up_warn(NULL, "%s", what);
	}
	if (b->asked <= b->k)
		return;
	what = up_format("%.0f components were asked for, and %.0f rows of %u features have %u", b->asked, b->rows,
					 b->d, b->k);
	if (strict)
		up_fail_with(UP_INVALID_PARAMETER, NULL, up_format("Use {\"n_components\": %u} or fewer.", b->k), "%s",
					 what);
	up_value_set(info, "note", up_value_string(what));
	up_warn(NULL, "%s", what);
}

static void *
pca_finish(const void *sums, const UpFit *fit)
{
	const PcaParams *p = fit->params;
	Pca *b = solve(up_centred_copy(sums), asked_components(p), p->whiten);

	report(b, fit->info, fit->strict);
	return b;
}

/* A z-score moves each feature and stretches it: products by both of their factors. */
static void *
pca_zscored(const void *sums, UpScale *scales)
{
	UpCentred *s = up_centred_copy(sums);

	up_centred_check(s);
	for (uint32_t j = 0; j < s->width; j++)
	{
		double squares = s->products[j * s->ld + j];

		/* Of a constant all differences from the first row are 0; squares that are lost fail. */
		scales[j] = up_scale_zscore(s->shift[j], s->mean[j], sqrt(squares / (double) s->rows),
									squares == 0 && s->mean[j] == 0, "of the array");
		if (squares == 0 && s->mean[j] != 0)
			up_fail_with(UP_INVALID_DATA, NULL, "Scale the feature by a power of ten first, or leave it out.",
						 "values of feature %u are too close together to be scaled", j + 1);
	}
	for (uint32_t i = 0; i < s->width; i++)
	{
		for (uint32_t j = i; j < s->width; j++)
			s->products[i * s->ld + j] *= scales[i].factor * scales[j].factor;
	}
	/* What the means are short of as one number is taken off too. */
	memset(s->shift, 0, s->width * sizeof(double));
	memset(s->mean, 0, s->ld * sizeof(double));
	return s;
}

/* ---- training ---- */

static void
add_rows(UpCentred *s, const UpData *data)
{
	up_centred_begin(s, data->n_rows);
	for (UpDataBlock b = up_data_blocks(data, READ_ROWS, false); up_data_next(&b);)
	{
		for (size_t i = 0; i < b.n; i++)
			up_centred_add(s, b.x + i * data->n_features, NULL);
	}
	up_centred_end(s);
}

/* Means and centred products of rows that weigh w, which adds up to their number. Two passes. */
static void
add_weighted(UpCentred *s, const UpData *data, const double *w)
{
	size_t ld = s->ld, d = s->width;
	double *block = up_alloc0(READ_ROWS * ld * sizeof(double));

	for (UpDataBlock b = up_data_blocks(data, READ_ROWS, false); up_data_next(&b);)
	{
		if (b.first == 0)
			memcpy(s->shift, b.x, d * sizeof(double));
		for (size_t i = 0; i < b.n; i++)
		{
			for (size_t j = 0; j < d; j++)
				s->mean[j] += w[b.first + i] / (double) data->n_rows * (b.x[i * d + j] - s->shift[j]);
		}
	}
	for (UpDataBlock b = up_data_blocks(data, READ_ROWS, false); up_data_next(&b);)
	{
		for (size_t i = 0; i < b.n; i++)
		{
			double root = sqrt(w[b.first + i]);

			for (size_t j = 0; j < d; j++)
				block[i * ld + j] = root * (b.x[i * d + j] - s->shift[j] - s->mean[j]);
		}
		for (size_t at = 0; at < b.n; at += TICK_ROWS)
		{
			up_tick();
			up_vec_syrk(s->products, ld, block + at * ld, UP_MIN(TICK_ROWS, b.n - at));
		}
	}
	s->rows = data->n_rows;
	up_free(block);
}

static void
even_weights(double *w, size_t n)
{
	double sum = up_vec_sum(w, n);

	if (!isfinite(sum))
		up_fail_with(UP_INVALID_DATA, NULL, "Scale the weights.", "the weights of the rows are too large");
	up_vec_scale(w, (double) n / sum, n);
}

static void *
pca_fit(const UpFit *fit)
{
	const PcaParams *p = fit->params;
	double asked = asked_components(p), *weights = up_data_weights(fit->data);
	UpCentred *s = up_centred_start(fit->n_features, true);
	Pca *b;

	if (weights == NULL)
		add_rows(s, fit->data);
	else
	{
		even_weights(weights, fit->data->n_rows);
		add_weighted(s, fit->data, weights);
	}
	b = solve(s, asked, p->whiten);
	if (weights != NULL)
		b->sums = NULL; /* they would count its rows alike */
	up_free(weights);
	report(b, fit->info, fit->strict);
	return b;
}

static UpCentred *
sums_of(const Pca *b)
{
	if (b->sums == NULL)
		up_fail_with(
			UP_WRONG_KIND, NULL, "Train it anew.",
			"principal components of more than %d features, or of weighted rows, do not carry their sums along",
			MOST_SUMS);
	return up_centred_copy(b->sums);
}

static void *
pca_update(const void *body, const UpFit *fit)
{
	const PcaParams *p = fit->params;
	UpCentred *s = sums_of(body);
	Pca *b;

	add_rows(s, fit->data);
	b = solve(s, asked_components(p), p->whiten);
	report(b, fit->info, fit->strict);
	return b;
}

static void *
pca_merge(const void *a, const void *b)
{
	const Pca *x = a, *y = b;
	UpCentred *s;

	if (x->asked != y->asked || x->whiten != y->whiten)
		up_fail(UP_INVALID_DATA, "principal components of different parameters cannot be merged");
	s = sums_of(x);
	up_centred_merge(s, sums_of(y));
	up_centred_settle(s);
	return solve(s, x->asked, x->whiten);
}

static void *
pca_subtract(const void *a, const void *b, bool *kept)
{
	const Pca *x = a;
	UpCentred *s = sums_of(x);

	(void) kept;
	up_centred_take_away(s, sums_of(b));
	return solve(s, x->asked, x->whiten);
}

/* ---- rows ---- */

static uint32_t
pca_width(const void *body)
{
	return ((const Pca *) body)->k;
}

static void
forward(const Pca *b, const double *x, double *centred, double *out)
{
	for (uint32_t j = 0; j < b->d; j++)
		centred[j] = (x[j] - b->centre[j]) - b->rest[j];
	for (uint32_t c = 0; c < b->k; c++)
		out[c] = up_vec_dot(b->components + (size_t) c * b->d, centred, b->d) * b->factor[c];
}

static void
backward(const Pca *b, const double *z, double *offset, double *out)
{
	memset(offset, 0, b->d * sizeof(double));
	for (uint32_t c = 0; c < b->k; c++)
	{
		if (b->factor[c] > 0)
			up_vec_axpy(offset, z[c] / b->factor[c], b->components + (size_t) c * b->d, b->d);
	}
	for (uint32_t j = 0; j < b->d; j++)
		out[j] = offset[j] + b->rest[j] + b->centre[j];
}

static void
pca_transform(const void *body, const double *x, size_t n, double *out, bool inverse)
{
	const Pca *b = body;
	double small[256], *row = b->d <= UP_LENGTH(small) ? small : up_alloc_array(b->d, sizeof(double));
	size_t work = 0;

	for (size_t i = 0; i < n; i++)
	{
		if (inverse)
			backward(b, x + i * b->k, row, out + i * b->d);
		else
			forward(b, x + i * b->d, row, out + i * b->k);
		up_tick_work(&work, (size_t) b->k * b->d);
	}
	if (row != small)
		up_free(row);
}

/* ---- bytes ---- */

enum
{
	WHITEN = 1,
	HAS_SUMS = 2
};

/* u8 flags | u32 k | asked, rows, total, noise | centre | rest | components | variances | sums. */
static void
pca_write(const void *body, UpWriter *w)
{
	const Pca *b = body;

	up_put_u8(w, (uint8_t) ((b->whiten ? WHITEN : 0) | (b->sums != NULL ? HAS_SUMS : 0)));
	up_put_u32(w, b->k);
	up_put_f64(w, b->asked);
	up_put_f64(w, b->rows);
	up_put_f64(w, b->total);
	up_put_f64(w, b->noise);
	up_put_f64_array(w, b->centre, b->d);
	up_put_f64_array(w, b->rest, b->d);
	up_put_f64_array(w, b->components, (size_t) b->k * b->d);
	up_put_f64_array(w, b->variance, b->k);
	if (b->sums != NULL)
		up_centred_put(b->sums, w);
}

static void *
pca_read(UpReader *r, const UpShape *shape)
{
	uint8_t flags = up_get_u8(r);
	uint32_t d = shape->n_features, k = up_get_u32(r);
	Pca *b;

	if (flags > 3 || k == 0 || k > d || (r->len - r->pos) / sizeof(double) / d < k)
		up_corrupt(r, "number of principal components");
	b = new_pca(d, k);
	b->whiten = (flags & WHITEN) != 0;
	b->asked = up_get_f64(r);
	b->rows = up_get_f64(r);
	b->total = up_get_f64(r);
	b->noise = up_get_f64(r);
	up_get_f64_array(r, b->centre, d);
	up_get_f64_array(r, b->rest, d);
	up_get_f64_array(r, b->components, (size_t) k * d);
	up_get_f64_array(r, b->variance, k);
	if (b->asked < 0 || (b->asked > 1 && b->asked != floor(b->asked)) || b->rows < 2 || b->total < 0 ||
		b->noise < 0)
		up_corrupt(r, "principal components with impossible numbers");
	for (uint32_t c = 0; c < k; c++)
	{
		if (b->variance[c] < 0 || (c > 0 && b->variance[c] > b->variance[c - 1]) ||
			(b->whiten && b->variance[c] > 0 && !isfinite(1 / sqrt(b->variance[c]))))
			up_corrupt(r, "variances of principal components");
	}
	set_factors(b);
	if ((flags & HAS_SUMS) != 0)
	{
		b->sums = up_centred_get(r, d, true, SUMS_OF);
		if (b->sums->rows < 2 || b->sums->n_block > 0)
			up_corrupt(r, "sums of principal components");
	}
	return b;
}

/* ---- what it says of itself ---- */

static double
share_of(const Pca *b, uint32_t c)
{
	return b->total > 0 ? b->variance[c] / b->total : 0;
}

static void
pca_describe(const void *body, UpValue *info)
{
	const Pca *b = body;
	double *v = up_alloc_array(b->k, sizeof(double)), explained = 0;
	UpValue *components = up_value_array();

	up_value_set(info, "n_components", up_value_number(b->k));
	up_value_set(info, "explained_variance", up_value_numbers(b->variance, b->k));
	for (uint32_t c = 0; c < b->k; c++)
		explained += v[c] = share_of(b, c);
	up_value_set(info, "explained_variance_ratio", up_value_numbers(v, b->k));
	up_value_set(info, "explained", up_value_number(UP_MIN(explained, 1)));
	for (uint32_t c = 0; c < b->k; c++)
		v[c] = sqrt(b->variance[c] * (b->rows - 1));
	up_value_set(info, "singular_values", up_value_numbers(v, b->k));
	up_value_set(info, "noise_variance", up_value_number(b->noise));
	up_value_set(info, "mean", up_value_numbers(b->centre, b->d));
	for (uint32_t c = 0; (size_t) b->k * b->d <= MOST_TOLD && c < b->k; c++)
		up_value_append(components, up_value_numbers(b->components + (size_t) c * b->d, b->d));
	if (components->n > 0)
		up_value_set(info, "components", components);
	up_free(v);
}

/* The share of the explained variance that stands on each feature. */
static void
pca_importance(const void *body, double *out)
{
	const Pca *b = body;

	memset(out, 0, b->d * sizeof(double));
	for (uint32_t c = 0; c < b->k; c++)
	{
		const double *w = b->components + (size_t) c * b->d;

		for (uint32_t j = 0; j < b->d; j++)
			out[j] += share_of(b, c) * w[j] * w[j];
	}
	up_vec_to_shares(out, b->d);
}

/* The largest loadings of one component that are left, with their signs. */
static char *
show_component(const Pca *b, uint32_t c, const char *const *names)
{
	const double *w = b->components + (size_t) c * b->d;
	bool *shown = up_alloc0(b->d * sizeof(bool));
	char *text = up_format("component %u (%.4g%% of the variance):", c + 1, 100 * share_of(b, c));

	for (uint32_t terms = 0; terms < UP_MIN(b->d, MOST_TERMS); terms++)
	{
		uint32_t best = UINT32_MAX;

		for (uint32_t j = 0; j < b->d; j++)
		{
			if (!shown[j] && (best == UINT32_MAX || fabs(w[j]) > fabs(w[best]) / SAME_LENGTH))
				best = j;
		}
		shown[best] = true;
		text = up_format("%s %s%.4g × %s", text,
						 terms == 0    ? (w[best] < 0 ? "-" : "")
						 : w[best] < 0 ? "- "
									   : "+ ",
						 fabs(w[best]), names[best]);
	}
	if (b->d > MOST_TERMS)
		text = up_format("%s …", text);
	up_free(shown);
	return text;
}

static char *
pca_show(const void *body, const UpNames *names)
{
	const Pca *b = body;
	char *text = up_format("%u principal components of %u features", b->k, b->d);

	for (uint32_t c = 0; c < UP_MIN(b->k, MOST_SHOWN); c++)
		text = up_format("%s\n%s", text, show_component(b, c, names->features));
	if (b->k > MOST_SHOWN)
		text = up_format("%s\n… and %u more", text, b->k - MOST_SHOWN);
	return text;
}

static void *
stream_start(uint32_t d, const uint8_t *flags)
{
	(void) flags;
	return up_centred_start(d, true);
}

static void
stream_add(void *sums, const double *x, double label)
{
	(void) label;
	up_centred_add(sums, x, NULL);
}

static void *
stream_read(UpReader *r, uint32_t d, const uint8_t *flags)
{
	(void) flags;
	return up_centred_get(r, d, true, SUMS_OF);
}

static const UpStream pca_stream = {
	.usable = pca_usable,
	.start = stream_start,
	.add = stream_add,
	.merge = up_centred_stream_merge,
	.write = up_centred_stream_write,
	.read = stream_read,
	.bytes = up_centred_bytes,
	.finish = pca_finish,
	.zscored = pca_zscored,
};

const UpLearner up_pca = {
	.name = "pca",
	.number = 17,
	.abilities = UP_L_TRANSFORM | UP_L_SCALE | UP_L_WEIGHTS,
	.help = "principal components: few numbers for many features, along which rows differ most",
	.params = {pca_params, UP_LENGTH(pca_params)},
	.params_size = sizeof(PcaParams),
	.stream = &pca_stream,
	.fit = pca_fit,
	.transform = pca_transform,
	.width = pca_width,
	.write = pca_write,
	.read = pca_read,
	.describe = pca_describe,
	.importance = pca_importance,
	.show = pca_show,
	.update = pca_update,
	.merge = pca_merge,
	.subtract = pca_subtract,
};
