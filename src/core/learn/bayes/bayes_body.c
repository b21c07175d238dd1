/*
 * bayes_body.c - a trained naive Bayes in use; see bayes_body.h
 *
 * The log joint of a class is log p(c) + sum_j log p(x_j | c): additive, so its exact Shapley values under the marginals of the
 * training rows are the terms minus their means over these rows, which follow from the sums: of a Gaussian
 *   E log N(x; m, v) = -log(2 pi v) / 2 - (V + (M - m)^2) / (2 v),  M and V: mean and variance of all rows.
 */
#include "learn/bayes/bayes_body.h"

#include "num/vec.h"

#include <math.h>
#include <string.h>

#define LOG_2_PI       1.8378770664093454835606594728112
#define LEAST_VARIANCE 1e-300
#define LEAST_TERM     (-1e300) /* a value so far out that its square is infinite */
#define TICK_TERMS     65536

static double *
log_p_of(const UpBayes *b, uint32_t k, uint32_t j)
{
	return b->log_p + (size_t) k * b->sums->offset[b->sums->n_features] + b->sums->offset[j];
}

static double *
expected_of(const UpBayes *b, uint32_t k, uint32_t j)
{
	return b->expected + (size_t) k * b->sums->n_features + j;
}

static void
derive_gaussian(UpBayes *b, uint32_t j, const double all[4], double epsilon, double n_rows)
{
	const UpBayesSums *s = b->sums;

	/* A number that never varies says nothing about the class. */
	b->n_known[j] = all[0] > 0 && all[3] > 0;
	for (uint32_t k = 0; k < s->n_classes && b->n_known[j] > 0; k++)
	{
		const double *stats = up_bayes_stats(s, k, j);
		double *out = log_p_of(b, k, j), variance, off;

		/* A class that knows no value of it: as all rows. */
		if (stats[0] == 0)
			stats = all;
		variance = UP_MAX(stats[3] / stats[0] + epsilon, LEAST_VARIANCE);
		out[0] = -0.5 * (LOG_2_PI + log(variance));
		out[1] = stats[1];
		out[2] = stats[2];
		out[3] = 0.5 / variance;
		off = (all[1] - stats[1]) + (all[2] - stats[2]);
		*expected_of(b, k, j) = all[0] / n_rows * (out[0] - (all[3] / all[0] + off * off) * out[3]);
	}
}

static void
derive_flags(UpBayes *b, uint32_t j, double n_rows)
{
	const UpBayesSums *s = b->sums;
	double known = 0, ones = 0;

	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		known += up_bayes_stats(s, k, j)[0];
		ones += up_bayes_stats(s, k, j)[1];
	}
	b->n_known[j] = 2;
	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		const double *stats = up_bayes_stats(s, k, j);
		double *out = log_p_of(b, k, j), total = log(stats[0] + 2 * b->alpha);

		out[0] = log(stats[0] - stats[1] + b->alpha) - total;
		out[1] = log(stats[1] + b->alpha) - total;
		*expected_of(b, k, j) = ((known - ones) * out[0] + ones * out[1]) / n_rows;
	}
}

static void
derive_categories(UpBayes *b, uint32_t j, double n_rows)
{
	const UpBayesSums *s = b->sums;
	uint32_t n = s->n_values[j], different = 0, beyond = 0;
	double *all = up_alloc0(UP_MAX(n, 1) * sizeof(double));

	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		for (uint32_t v = 0; v < n; v++)
			all[v] += up_bayes_stats(s, k, j)[v];
	}
	for (uint32_t v = 0; v < n; v++)
	{
		different += all[v] > 0;
		beyond = all[v] > 0 ? v + 1 : beyond;
	}
	/* Codes are counted up to the largest one; categories only if a row has them. */
	b->n_known[j] = s->kind[j] == UP_BAYES_CODES ? beyond : different;
	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		const double *stats = up_bayes_stats(s, k, j);
		double *out = log_p_of(b, k, j), total = b->n_known[j] * b->alpha;

		for (uint32_t v = 0; v < n; v++)
			total += stats[v];
		for (uint32_t v = 0; v < n; v++)
		{
			bool counts = s->kind[j] == UP_BAYES_CODES ? v < beyond : all[v] > 0;

			out[v] = counts ? log(stats[v] + b->alpha) - log(total) : 0;
			*expected_of(b, k, j) += all[v] * out[v] / n_rows;
		}
	}
	up_free(all);
}

/* The counts of all multinomial features belong together. */
static void
derive_counts(UpBayes *b, double n_rows)
{
	const UpBayesSums *s = b->sums;
	double *all = up_alloc0(UP_MAX(s->n_features, 1) * sizeof(double));
	uint32_t n = 0;

	for (uint32_t j = 0; j < s->n_features; j++)
	{
		n += s->kind[j] == UP_BAYES_MULTINOMIAL;
		for (uint32_t k = 0; k < s->n_classes && s->kind[j] == UP_BAYES_MULTINOMIAL; k++)
			all[j] += up_bayes_stats(s, k, j)[0];
	}
	for (uint32_t k = 0; k < s->n_classes && n > 0; k++)
	{
		double total = n * b->alpha;

		up_tick();
		for (uint32_t j = 0; j < s->n_features; j++)
			total += s->kind[j] == UP_BAYES_MULTINOMIAL ? up_bayes_stats(s, k, j)[0] : 0;
		for (uint32_t j = 0; j < s->n_features; j++)
		{
			double *out = log_p_of(b, k, j);

			if (s->kind[j] != UP_BAYES_MULTINOMIAL)
				continue;
			b->n_known[j] = 1;
			out[0] = log(up_bayes_stats(s, k, j)[0] + b->alpha) - log(total);
			*expected_of(b, k, j) = all[j] / n_rows * out[0];
		}
	}
	up_free(all);
}

/* Returns the number of training rows. */
static double
derive_priors(UpBayes *b)
{
	const UpBayesSums *s = b->sums;
	double n_rows = 0;
	uint32_t present = 0;

	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		n_rows += s->rows[k];
		present += s->rows[k] > 0;
	}
	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		if (s->rows[k] == 0)
			b->log_prior[k] = -INFINITY;
		else if (b->given_prior != NULL)
			b->log_prior[k] = log(b->given_prior[k]);
		else
			b->log_prior[k] = b->fit_prior ? log(s->rows[k] / n_rows) : -log(present);
	}
	return n_rows;
}

void
up_bayes_derive(UpBayes *b)
{
	const UpBayesSums *s = b->sums;
	size_t width = (size_t) s->n_classes * s->offset[s->n_features];
	double *pools = up_alloc_array((size_t) s->n_features * 4 + 1, sizeof(double)), n_rows, largest = 0;

	b->log_prior = up_alloc_array(UP_MAX(s->n_classes, 1), sizeof(double));
	b->n_known = up_alloc0(UP_MAX(s->n_features, 1) * sizeof(uint32_t));
	b->log_p = up_alloc0(UP_MAX(width, 1) * sizeof(double));
	b->expected = up_alloc0(UP_MAX((size_t) s->n_classes * s->n_features, 1) * sizeof(double));
	n_rows = derive_priors(b);
	for (uint32_t j = 0; j < s->n_features; j++)
	{
		if (s->kind[j] != UP_BAYES_GAUSSIAN)
			continue;
		up_bayes_gaussian_pool(s, j, pools + 4 * (size_t) j);
		if (pools[4 * (size_t) j] > 0)
			largest = UP_MAX(largest, pools[4 * (size_t) j + 3] / pools[4 * (size_t) j]);
	}
	for (uint32_t j = 0; j < s->n_features && n_rows > 0; j++)
	{
		up_tick();
		switch (s->kind[j])
		{
			case UP_BAYES_GAUSSIAN:
				derive_gaussian(b, j, pools + 4 * (size_t) j, UP_MIN(b->var_smoothing * largest, 1e300),
								n_rows);
				break;
			case UP_BAYES_BERNOULLI:
			case UP_BAYES_FLAG:
				derive_flags(b, j, n_rows);
				break;
			case UP_BAYES_CATEGORY:
			case UP_BAYES_CODES:
				derive_categories(b, j, n_rows);
				break;
			default:
				break;
		}
	}
	derive_counts(b, UP_MAX(n_rows, 1));
	for (size_t i = 0; i < (size_t) s->n_classes * s->n_features; i++)
		b->expected[i] = b->expected[i] > LEAST_TERM ? b->expected[i] : LEAST_TERM;
	up_free(pools);
}

double
up_bayes_term(const UpBayes *b, uint32_t k, uint32_t j, double x)
{
	const UpBayesSums *s = b->sums;
	const double *p = log_p_of(b, k, j);
	double term;

	UP_ASSERT(k < s->n_classes && j < s->n_features);
	if (b->n_known[j] == 0 || isnan(x))
		return 0;
	switch (s->kind[j])
	{
		case UP_BAYES_GAUSSIAN:
			term = (x - p[1]) - p[2];
			term = p[0] - term * term * p[3];
			break;
		case UP_BAYES_BERNOULLI:
			return p[x > s->threshold];
		case UP_BAYES_FLAG:
			return p[x > 0.5];
		case UP_BAYES_MULTINOMIAL:
			term = x * p[0];
			break;
		default:
			return x >= 0 && x < s->n_values[j] && x == floor(x) ? p[(uint32_t) x] : 0;
	}
	/* Where the square is infinite, or its product with a tiny density no number. */
	return term > LEAST_TERM ? UP_MIN(term, -LEAST_TERM) : LEAST_TERM;
}

/* The log joint of one row with each class. */
static void
log_joint(const UpBayes *b, const double *x, double *out)
{
	const UpBayesSums *s = b->sums;

	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		double sum = b->log_prior[k];

		if (k % 256 == 255)
			up_tick();
		for (uint32_t j = 0; j < s->n_features; j++)
			sum += up_bayes_term(b, k, j, x[j]);
		out[k] = sum;
	}
}

/* Rows that may pass between two ticks. */
static size_t
rows_a_tick(const UpBayes *b)
{
	return TICK_TERMS / UP_MIN((size_t) b->sums->n_classes * b->sums->n_features + 1, TICK_TERMS);
}

void
up_bayes_predict(const void *body, const double *x, size_t n, double *out)
{
	const UpBayes *b = body;
	uint32_t classes = b->sums->n_classes;
	size_t tick = rows_a_tick(b);
	double small[64], *joint = classes <= UP_LENGTH(small) ? small : up_alloc_array(classes, sizeof(double));

	for (size_t i = 0; i < n; i++)
	{
		uint32_t best = 0;

		if (i % tick == tick - 1)
			up_tick();
		log_joint(b, x + i * b->sums->n_features, joint);
		for (uint32_t k = 1; k < classes; k++)
			best = joint[k] > joint[best] ? k : best;
		out[i] = best;
	}
	if (joint != small)
		up_free(joint);
}

void
up_bayes_proba(const void *body, const double *x, size_t n, double *out)
{
	const UpBayes *b = body;
	size_t tick = rows_a_tick(b);

	for (size_t i = 0; i < n; i++)
	{
		if (i % tick == tick - 1)
			up_tick();
		log_joint(b, x + i * b->sums->n_features, out + i * b->sums->n_classes);
		up_vec_softmax(out + i * b->sums->n_classes, b->sums->n_classes);
	}
}

uint32_t
up_bayes_n_outputs(const void *body)
{
	uint32_t classes = ((const UpBayes *) body)->sums->n_classes;

	return classes > 2 ? classes : 1;
}

void
up_bayes_raw_scores(const void *body, const double *x, double *out)
{
	const UpBayes *b = body;
	double joint[2];

	if (b->sums->n_classes != 2)
	{
		log_joint(b, x, out);
		return;
	}
	log_joint(b, x, joint);
	out[0] = joint[1] - joint[0];
}

void
up_bayes_explain(const void *body, const double *x, double *out)
{
	const UpBayes *b = body;
	uint32_t d = b->sums->n_features, classes = b->sums->n_classes;

	memset(out, 0, (size_t) up_bayes_n_outputs(b) * (d + 1) * sizeof(double));
	for (uint32_t k = 0; k < classes; k++)
	{
		/* Of two classes the log odds: the second's minus the first's. */
		double sign = classes == 2 && k == 0 ? -1 : 1;
		double *to = out + (classes == 2 ? 0 : (size_t) k * (d + 1));

		to[d] += sign * b->log_prior[k];
		for (uint32_t j = 0; j < d; j++)
		{
			double mean = *expected_of(b, k, j);

			to[j] += sign * (up_bayes_term(b, k, j, x[j]) - mean);
			to[d] += sign * mean;
		}
	}
}

/*
 * What a feature tells on average of the class, in nats: sum_c p(c) (E_c log p(x | c) - E log p(x | c)), where E_c is over the
 * class's distribution and E over the mixture of all.
 */
static double
information(const UpBayes *b, const double *prior, uint32_t j)
{
	const UpBayesSums *s = b->sums;
	double sum = 0, mean = 0, variance = 0;

	if (s->kind[j] != UP_BAYES_GAUSSIAN)
	{
		uint32_t n = s->kind[j] == UP_BAYES_BERNOULLI || s->kind[j] == UP_BAYES_FLAG ? 2
					 : s->kind[j] == UP_BAYES_MULTINOMIAL                            ? 1
																					 : s->n_values[j];

		for (uint32_t v = 0; v < n; v++)
		{
			double all = 0;

			for (uint32_t k = 0; k < s->n_classes; k++)
				all += prior[k] * exp(log_p_of(b, k, j)[v]);
			for (uint32_t k = 0; k < s->n_classes; k++)
				sum += prior[k] * (exp(log_p_of(b, k, j)[v]) - all) * log_p_of(b, k, j)[v];
		}
		return sum;
	}
	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		const double *p = log_p_of(b, k, j), *first = log_p_of(b, 0, j);

		mean += prior[k] * ((p[1] - first[1]) + (p[2] - first[2]));
	}
	for (uint32_t pass = 0; pass < 2; pass++)
	{
		for (uint32_t k = 0; k < s->n_classes; k++)
		{
			const double *p = log_p_of(b, k, j), *first = log_p_of(b, 0, j);
			double off = (p[1] - first[1]) + (p[2] - first[2]) - mean;

			if (pass == 0)
				variance += prior[k] * (0.5 / p[3] + off * off);
			else
				sum += prior[k] * ((variance + off * off) * p[3] - 0.5);
		}
	}
	return sum;
}

/* Multinomial features are weighted by how much a row counts; one that is rarely known tells less. */
static double
weight_of(const UpBayesSums *s, uint32_t j, double n_rows, double counts)
{
	double known = 0;

	if (s->kind[j] == UP_BAYES_MULTINOMIAL)
		return counts / n_rows;
	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		const double *stats = up_bayes_stats(s, k, j);

		if (s->n_values[j] == 0)
			known += stats[0];
		for (uint32_t v = 0; v < s->n_values[j]; v++)
			known += stats[v];
	}
	return known / n_rows;
}

void
up_bayes_importance(const void *body, double *out)
{
	const UpBayes *b = body;
	const UpBayesSums *s = b->sums;
	double *prior = up_alloc_array(UP_MAX(s->n_classes, 1), sizeof(double)), n_rows = 0, counts = 0, total = 0;

	memcpy(prior, b->log_prior, s->n_classes * sizeof(double));
	up_vec_softmax(prior, s->n_classes);
	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		n_rows += s->rows[k];
		for (uint32_t j = 0; j < s->n_features; j++)
			counts += s->kind[j] == UP_BAYES_MULTINOMIAL ? up_bayes_stats(s, k, j)[0] : 0;
	}
	for (uint32_t j = 0; j < s->n_features; j++)
	{
		up_tick();
		out[j] = b->n_known[j] > 0 ? information(b, prior, j) * weight_of(s, j, n_rows, counts) : 0;
		out[j] = out[j] > 0 ? UP_MIN(out[j], 1e290) : 0;
		total += out[j];
	}
	for (uint32_t j = 0; j < s->n_features && total > 0; j++)
		out[j] /= total;
	up_free(prior);
}

/* ---- what naive Bayes says of itself: in model_info, and as a table of each class ---- */

static const char *const kind_names[] = {"gaussian",    "bernoulli",   "multinomial",
										 "categorical", "categorical", "bernoulli"};

/* Mean and variance (ddof 0) of a number in a class; false: no value is known. */
static bool
moments(const UpBayesSums *s, uint32_t k, uint32_t j, double *mean, double *variance)
{
	const double *stats = up_bayes_stats(s, k, j);

	if (stats[0] == 0)
		return false;
	*mean = stats[1] + stats[2];
	*variance = stats[3] / stats[0];
	return true;
}

/* What is counted of a feature in a class: a number, or one a category; null for a Gaussian. */
static UpValue *
counts_of(const UpBayesSums *s, uint32_t k, uint32_t j)
{
	const double *stats = up_bayes_stats(s, k, j);

	if (s->kind[j] == UP_BAYES_GAUSSIAN)
		return up_value_null();
	if (s->n_values[j] > 0)
		return up_value_numbers(stats, s->n_values[j]);
	return up_value_number(stats[s->kind[j] != UP_BAYES_MULTINOMIAL]);
}

void
up_bayes_describe(const void *body, UpValue *info)
{
	const UpBayes *b = body;
	const UpBayesSums *s = b->sums;
	UpValue *kinds = up_value_array(), *prior = up_value_array(), *means = up_value_array(),
			*variances = up_value_array(), *counts = up_value_array();
	bool gaussian = false, counted = false;

	for (uint32_t j = 0; j < s->n_features; j++)
	{
		up_value_append(kinds, up_value_string(kind_names[s->kind[j]]));
		gaussian = gaussian || s->kind[j] == UP_BAYES_GAUSSIAN;
		counted = counted || s->kind[j] != UP_BAYES_GAUSSIAN;
	}
	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		UpValue *mean = up_value_array(), *variance = up_value_array(), *count = up_value_array();

		up_value_append(prior, up_value_number(exp(b->log_prior[k])));
		for (uint32_t j = 0; j < s->n_features; j++)
		{
			double m, v;
			bool known = s->kind[j] == UP_BAYES_GAUSSIAN && moments(s, k, j, &m, &v);

			up_value_append(mean, known ? up_value_number(m) : up_value_null());
			up_value_append(variance, known ? up_value_number(v) : up_value_null());
			up_value_append(count, counts_of(s, k, j));
		}
		up_value_append(means, mean);
		up_value_append(variances, variance);
		up_value_append(counts, count);
	}
	up_value_set(info, "distributions", kinds);
	up_value_set(info, "class_counts", up_value_numbers(s->rows, s->n_classes));
	up_value_set(info, "class_prior", prior);
	if (gaussian)
	{
		up_value_set(info, "means", means);
		up_value_set(info, "variances", variances);
	}
	if (counted)
		up_value_set(info, "counts", counts);
}

typedef struct Text
{
	char *bytes;
	size_t len;
	size_t capacity;
} Text;

/* Takes over text. */
static void
add(Text *t, char *text)
{
	size_t n = strlen(text);

	if (t->capacity - t->len <= n)
	{
		t->capacity = (t->capacity + n) * 2;
		t->bytes = up_realloc(t->bytes, t->capacity);
	}
	memcpy(t->bytes + t->len, text, n + 1);
	t->len += n;
	up_free(text);
}

static void
add_categories(Text *t, const UpBayes *b, uint32_t k, uint32_t j, const char *const *values)
{
	const UpBayesSums *s = b->sums;
	const double *log_p = b->log_p + (size_t) k * s->offset[s->n_features] + s->offset[j];
	const char *comma = "";

	for (uint32_t v = 0; v < s->n_values[j]; v++)
	{
		/* 0: no row of any class has it, or every row. */
		if (log_p[v] == 0 && b->n_known[j] != 1)
			continue;
		if (values != NULL)
			add(t, up_format("%s%s %.6g", comma, values[v], exp(log_p[v])));
		else
			add(t, up_format("%s%u %.6g", comma, v, exp(log_p[v])));
		comma = ", ";
	}
}

static void
add_feature(Text *t, const UpBayes *b, uint32_t k, uint32_t j, const char *name, const char *const *values)
{
	const UpBayesSums *s = b->sums;
	const double *log_p = b->log_p + (size_t) k * s->offset[s->n_features] + s->offset[j];
	double mean, variance;

	add(t, up_format("  %s: ", name));
	switch (s->kind[j])
	{
		case UP_BAYES_GAUSSIAN:
			if (moments(s, k, j, &mean, &variance))
				add(t, up_format("mean %.6g, deviation %.6g", mean, sqrt(variance)));
			else
				add(t, up_strdup("not known"));
			break;
		case UP_BAYES_BERNOULLI:
			add(t, up_format("%.6g above %.6g", exp(log_p[1]), s->threshold));
			break;
		case UP_BAYES_FLAG:
			add(t, up_format("%.6g true", exp(log_p[1])));
			break;
		case UP_BAYES_MULTINOMIAL:
			add(t, up_format("%.6g of what is counted", exp(log_p[0])));
			break;
		default:
			add_categories(t, b, k, j, values);
	}
	add(t, up_strdup("\n"));
}

char *
up_bayes_show(const void *body, const UpNames *names)
{
	const UpBayes *b = body;
	const UpBayesSums *s = b->sums;
	Text t = {up_alloc(256), 0, 256};

	t.bytes[0] = '\0';
	for (uint32_t k = 0; k < s->n_classes; k++)
	{
		char *label = b->classes != NULL ? up_strdup(b->classes[k]) : up_format("%u", k);

		add(&t, up_format("%s: %.0f rows, probability %.6g\n", label, s->rows[k], exp(b->log_prior[k])));
		up_free(label);
		for (uint32_t j = 0; j < s->n_features; j++)
		{
			if (j % 256 == 0)
				up_tick();
			add_feature(&t, b, k, j, names->features[j], names->values != NULL ? names->values[j] : NULL);
		}
	}
	return t.bytes;
}
