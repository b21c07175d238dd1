/*
 * bayes_show.c - what naive Bayes says of itself: in model_info, and as a table of each class
 */
#include "learn/bayes/bayes.h"

#include <math.h>
#include <string.h>

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
	size_t room;
} Text;

/* Takes over text. */
static void
add(Text *t, char *text)
{
	size_t n = strlen(text);

	if (t->room - t->len <= n)
	{
		t->room = (t->room + n) * 2;
		t->bytes = up_realloc(t->bytes, t->room);
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
