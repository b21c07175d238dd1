/*
 * linear_text.c - what linear models say of themselves; see linear_text.h
 */
#include "learn/linear_text.h"

#include "base/value.h"

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
	double sum = 0;

	memset(out, 0, d * sizeof(double));
	for (uint32_t k = 0; k < n_outputs; k++)
	{
		for (uint32_t j = 0; j < d; j++)
			out[j] += fabs(w[(size_t) k * d + j]) * deviation[j];
	}
	for (uint32_t j = 0; j < d; j++)
		sum += out[j];
	for (uint32_t j = 0; sum > 0 && j < d; j++)
		out[j] /= sum;
}

char *
up_linear_formula(const char *what, const double *w, double intercept, const char *const *names, uint32_t d)
{
	size_t room = strlen(what) + 64, len;
	char *out;

	for (uint32_t j = 0; j < d; j++)
		room += w[j] != 0 ? strlen(names[j]) + 48 : 0;
	out = up_alloc(room);
	len = (size_t) snprintf(out, room, "%s = %.6g\n", what, intercept);
	for (uint32_t j = 0; j < d; j++)
	{
		if (w[j] != 0)
			len += (size_t) snprintf(out + len, room - len, "  %s %.6g * %s\n", w[j] < 0 ? "-" : "+",
									 fabs(w[j]), names[j]);
	}
	return out;
}
