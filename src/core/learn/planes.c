/*
 * planes.c - linear scores; see planes.h
 */
#include "learn/planes.h"

#include "num/vec.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void
up_linear_explain(const double *w, double intercept, const double *mean, const double *x, uint32_t d,
				  double *out)
{
	out[d] = intercept;
	for (uint32_t j = 0; j < d; j++)
	{
		out[j] = w[j] * (x[j] - mean[j]);
		out[d] += w[j] * mean[j];
	}
}

void
up_linear_importance(const double *w, const double *deviation, uint32_t d, uint32_t n_outputs, double *out)
{
	memset(out, 0, d * sizeof(double));
	for (uint32_t k = 0; k < n_outputs; k++)
	{
		for (uint32_t j = 0; j < d; j++)
			out[j] += fabs(w[(size_t) k * d + j]) * deviation[j];
	}
	up_vec_to_shares(out, d);
}

char *
up_linear_formula(const char *what, const double *w, double intercept, const char *const *names, uint32_t d)
{
	size_t capacity = strlen(what) + 64, len;
	char *out;

	for (uint32_t j = 0; j < d; j++)
		capacity += w[j] != 0 ? strlen(names[j]) + 48 : 0;
	out = up_alloc(capacity);
	len = (size_t) snprintf(out, capacity, "%s = %.6g\n", what, intercept);
	for (uint32_t j = 0; j < d; j++)
	{
		if (w[j] != 0)
			len += (size_t) snprintf(out + len, capacity - len, "  %s %.6g * %s\n", w[j] < 0 ? "-" : "+",
									 fabs(w[j]), names[j]);
	}
	return out;
}

uint32_t
up_planes_for(uint32_t n_classes)
{
	return n_classes < 2 ? 0 : n_classes == 2 ? 1 : n_classes;
}

double
up_plane_score(const UpPlanes *p, uint32_t k, const double *x)
{
	UP_ASSERT(k < p->n);
	return up_vec_dot(p->w + (size_t) k * p->d, x, p->d) + p->b[k];
}

double
up_planes_class(const UpPlanes *p, const double *x)
{
	double best = p->n > 0 ? up_plane_score(p, 0, x) : 0;
	uint32_t class = 0;

	if (p->n == 1)
		return best > 0;
	for (uint32_t k = 1; k < p->n; k++)
	{
		double score = up_plane_score(p, k, x);

		if (score > best)
		{
			best = score;
			class = k;
		}
	}
	return class;
}

void
up_planes_scores(const UpPlanes *p, const double *x, double *out)
{
	out[0] = 0;
	for (uint32_t k = 0; k < p->n; k++)
		out[k] = up_plane_score(p, k, x);
}

void
up_planes_describe(const UpPlanes *p, UpValue *info)
{
	UpValue *coefficients = up_value_array();

	if (p->n == 0)
		return;
	for (uint32_t k = 0; k < p->n; k++)
		up_value_append(coefficients, up_value_numbers(p->w + (size_t) k * p->d, p->d));
	up_value_set(info, "coef", p->n == 1 ? coefficients->items[0] : coefficients);
	up_value_set(info, "intercept", p->n == 1 ? up_value_number(p->b[0]) : up_value_numbers(p->b, p->n));
}

bool
up_planes_get(const UpPlanes *p, uint32_t output, double *w, double *intercept)
{
	if (p->n == 0)
		return false;
	UP_ASSERT(output < p->n);
	memcpy(w, p->w + (size_t) output * p->d, p->d * sizeof(double));
	*intercept = p->b[output];
	return true;
}

char *
up_planes_show(const UpPlanes *p, const UpNames *names, const char *single)
{
	char *out = up_strdup("");

	if (p->n == 0)
		return up_format("always %s\n", names->classes != NULL ? names->classes[0] : "the one class");
	for (uint32_t k = 0; k < p->n; k++)
	{
		uint32_t class = p->n == 1 ? 1 : k;
		char *what = up_format("%s of %s", p->n == 1 ? single : "score",
							   names->classes != NULL ? names->classes[class] : up_format("class %u", class));

		out = up_format("%s%s", out,
						up_linear_formula(what, p->w + (size_t) k * p->d, p->b[k], names->features, p->d));
	}
	return out;
}
