/*
 * cuts.c - numbers as items (see cuts.h)
 *
 * Values are gone through in order; a bin is closed where it is nearer to its share of what was left when it began than with the next value in it. So a value that
 * many have takes a bin of its own, and the others are still cut.
 */
#include "mine/cuts.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/value.h"
#include "num/sort.h"

static char *
number_text(double v)
{
	return up_value_text(up_value_number(v));
}

/* The number of fewest digits that is above `below` and at most `at`. */
static double
short_cut(double below, double at)
{
	char text[40];

	for (int digits = 1; digits <= 17; digits++)
	{
		double rounded;

		snprintf(text, sizeof(text), "%.*e", digits - 1, at);
		rounded = strtod(text, NULL);
		if (rounded > below && rounded <= at)
			return rounded;
	}
	return at;
}

static size_t
different_values(const double *v, size_t n, size_t most)
{
	size_t found = n > 0;

	for (size_t i = 1; i < n && found <= most; i++)
		found += v[i] != v[i - 1];
	return found;
}

static void
name_bins(UpCuts *c)
{
	c->names = up_alloc_array((size_t) c->n + 1, sizeof(char *));
	for (uint32_t i = 0; i <= c->n; i++)
	{
		if (c->n == 0)
			c->names[i] = up_strdup("any");
		else if (i == 0)
			c->names[i] = up_format("<%s", number_text(c->cuts[0]));
		else if (i == c->n)
			c->names[i] = up_format(">=%s", number_text(c->cuts[i - 1]));
		else
			c->names[i] = up_format(c->cuts[i - 1] < 0 ? "%s to %s" : "%s-%s", number_text(c->cuts[i - 1]),
									number_text(c->cuts[i]));
	}
}

static void
name_values(UpCuts *c, const double *v, size_t n)
{
	uint32_t at = 0;

	c->of_values = true;
	c->names = up_alloc_array((size_t) c->n + 1, sizeof(char *));
	for (size_t i = 0; i < n; i++)
	{
		if (i > 0 && v[i] == v[i - 1])
			continue;
		if (i > 0)
			c->cuts[at - 1] = v[i];
		c->names[at++] = number_text(v[i] == 0 ? 0 : v[i]);
	}
}

void
up_cuts_of_values(double *v, size_t n, uint32_t n_bins, UpCuts *c)
{
	size_t start = 0;

	*c = (UpCuts){.cuts = up_alloc_array(n_bins, sizeof(double))};
	up_sort_doubles(v, n, NULL);
	if (n > 0 && different_values(v, n, n_bins) <= n_bins)
	{
		c->n = (uint32_t) different_values(v, n, n_bins) - 1;
		name_values(c, v, n);
		return;
	}
	for (size_t i = 0, next; i < n && c->n + 1 < n_bins; i = next)
	{
		double share = (double) (n - start) / (n_bins - c->n);

		for (next = i; next < n && v[next] == v[i]; next++)
			;
		/* Without these values, or with them? */
		if (i > start && fabs((double) (i - start) - share) <= fabs((double) (next - start) - share))
		{
			c->cuts[c->n++] = short_cut(v[i - 1], v[i]);
			start = i;
		}
	}
	name_bins(c);
}

void
up_cuts_given(const double *given, uint32_t n, UpCuts *c)
{
	*c = (UpCuts){.n = n, .cuts = up_alloc_array(UP_MAX(n, 1), sizeof(double))};
	memcpy(c->cuts, given, n * sizeof(double));
	name_bins(c);
}

const char *
up_cuts_name(const UpCuts *c, double value)
{
	uint32_t low = 0, high = c->n;

	while (low < high)
	{
		uint32_t mid = low + (high - low) / 2;

		if (c->cuts[mid] <= value)
			low = mid + 1;
		else
			high = mid;
	}
	return c->names[low];
}
