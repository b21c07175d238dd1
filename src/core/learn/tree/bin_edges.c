/*
 * bin_edges.c - where a column of numbers is cut into bins; see bin_edges.h
 *
 * Edges lie half way between neighbouring values. Where there are no more values than bins, each has one. Else a value that fills a
 * bin or more, a heavy one, has one of its own; the rest, the light rows, share what is left evenly. But at both ends, where the few
 * rows of a rare class often stand, the outermost values are cut off one by one, then twice as many rows each time, up to an even bin.
 * Cost: sorting; runs of a value are looked for from a few hundred places only, by steps that double.
 */
#include "learn/tree/bin_edges.h"

#include "num/sort.h"

#include <string.h>

#define END_VALUES 8 /* at both ends that are cut off one by one */

/* Rows of one value, in ascending order. */
typedef struct Run
{
	size_t begin, end;
} Run;

/* Sorted values, and how they are cut. */
typedef struct Cutting
{
	const double *v;
	size_t n;
	Run heavy[UP_MOST_BINS];
	uint32_t n_heavy;
	size_t n_light;     /* rows that are not of heavy values, … */
	uint32_t for_light; /* … and how many bins are left for them */
	double *edges;
	uint32_t n_edges;
	size_t last; /* place that was cut at */
} Cutting;

/* A number above a that is not above b, half way if there is one. */
static double
between(double a, double b)
{
	double mid = a / 2 + b / 2;

	return mid >= a && mid < b ? mid : a;
}

/* The rows of the value of the at-th. */
static Run
run_at(const Cutting *c, size_t at)
{
	Run run = {at, at + 1};
	double value = c->v[at];

	/* Steps double while they stay within the run, else halve. */
	for (size_t step = 1; step > 0;)
	{
		bool within = step <= run.begin && c->v[run.begin - step] == value;

		run.begin -= within ? step : 0;
		step = within ? step * 2 : step / 2;
	}
	for (size_t step = 1; step > 0;)
	{
		bool within = step <= c->n - run.end && c->v[run.end + step - 1] == value;

		run.end += within ? step : 0;
		step = within ? step * 2 : step / 2;
	}
	return run;
}

/* Light rows before the k-th heavy value, or behind all, of those from begin to before end. */
static Run
light_rows(const Cutting *c, uint32_t k, size_t begin, size_t end)
{
	return (Run){k == 0 ? begin : c->heavy[k - 1].end, k == c->n_heavy ? end : c->heavy[k].begin};
}

/* Adds to the heavy values those that fill an even bin of the light rows; whether there are any. */
static bool
find_heavy(Cutting *c)
{
	size_t full = (c->n_light + c->for_light - 1) / c->for_light, n_light = c->n_light;
	uint32_t n_found = 0;
	Run found[UP_MOST_BINS];

	for (uint32_t k = 0; k <= c->n_heavy; k++)
	{
		Run light = light_rows(c, k, 0, c->n);

		/* Of every so many rows one: so long a run has at least one of these. */
		for (size_t at = light.begin; at < light.end;)
		{
			Run run = run_at(c, at);

			if (run.end - run.begin < full)
			{
				at += full;
				continue;
			}
			found[n_found++] = run;
			c->n_light -= run.end - run.begin;
			c->for_light--;
			at = run.end;
		}
		if (k < c->n_heavy)
			found[n_found++] = c->heavy[k];
	}
	memcpy(c->heavy, found, n_found * sizeof(Run));
	c->n_heavy = n_found;
	return c->n_light < n_light;
}

/* Places to cut at within the outermost even bin at one end, from outside on; returns their number, an eighth of the bins at most. */
static uint32_t
cut_end(const Cutting *c, bool high, size_t *places)
{
	size_t bin = c->n_light / c->for_light, taken = 0;
	uint32_t n = 0;

	while (n < c->for_light / 8)
	{
		size_t rows = n < END_VALUES ? taken + 1 : taken * 2;
		Run run;

		if (rows >= bin)
			break;
		run = run_at(c, high ? c->n - rows : rows - 1);
		taken = high ? c->n - run.begin : run.end;
		if (taken >= bin)
			break;
		places[n++] = high ? run.begin : run.end;
	}
	return n;
}

/* Cuts before the at-th value, unless that was done before, or divides nothing. */
static void
cut(Cutting *c, size_t at)
{
	if (at <= c->last || at == c->n)
		return;
	UP_ASSERT(c->n_edges < UP_MOST_BINS - 1);
	c->edges[c->n_edges++] = between(c->v[at - 1], c->v[at]);
	c->last = at;
}

/* Cuts the rows from begin to before end, where the light ones that are left are: these evenly, heavy values off on both sides. */
static void
cut_middle(Cutting *c, size_t begin, size_t end)
{
	uint32_t stretches = 0, own, spread, done = 0;
	size_t before = 0;

	for (uint32_t k = 0; k <= c->n_heavy; k++)
	{
		Run light = light_rows(c, k, begin, end);

		stretches += light.begin < light.end;
	}
	/* A bin for each stretch between heavy values, unless they are many: small ones then are in the bin of the next heavy value. */
	own = stretches <= c->for_light / 2 ? 1 : 0;
	spread = c->for_light - own * stretches;
	for (uint32_t k = 0; k <= c->n_heavy; k++)
	{
		Run light = light_rows(c, k, begin, end);
		size_t rows = light.end - light.begin;
		uint32_t until = c->n_light > 0 ? (uint32_t) ((before + rows) * spread / c->n_light) : 0;
		uint32_t bins = until - done + (rows > 0 ? own : 0);

		for (uint32_t b = 1; b < bins; b++)
		{
			size_t at = light.begin + b * rows / bins;

			if (at > light.begin)
				cut(c, run_at(c, at - 1).end);
		}
		before += rows;
		done = until;
		if (k == c->n_heavy)
			break;
		if (bins > 0)
			cut(c, c->heavy[k].begin);
		cut(c, c->heavy[k].end);
	}
}

/* The number of different values, counted up to one more than bins. */
static uint32_t
count_values(const double *v, size_t n)
{
	uint32_t different = n > 0;

	for (size_t i = 1; i < n && different <= UP_MOST_BINS; i++)
		different += v[i] != v[i - 1];
	return different;
}

uint32_t
up_bin_edges(double *v, size_t n, double *edges)
{
	Cutting c = {.v = v, .n = n, .n_light = n, .for_light = UP_MOST_BINS, .edges = edges};
	size_t low[UP_MOST_BINS], high[UP_MOST_BINS], begin, end;
	uint32_t n_low, n_high;

	up_sort_doubles(v, n, NULL);
	if (count_values(v, n) <= UP_MOST_BINS)
	{
		for (size_t i = 1; i < n; i++)
		{
			if (v[i] != v[i - 1])
				cut(&c, i);
		}
		return c.n_edges + 1;
	}
	/* What is left then has fewer rows a bin, so that lighter values fill one. */
	while (find_heavy(&c))
		continue;
	n_low = cut_end(&c, false, low);
	n_high = cut_end(&c, true, high);
	begin = n_low > 0 ? low[n_low - 1] : 0;
	end = n_high > 0 ? high[n_high - 1] : n;
	c.for_light -= n_low + n_high;
	c.n_light -= begin + n - end;
	for (uint32_t k = 0; k < n_low; k++)
		cut(&c, low[k]);
	cut_middle(&c, begin, end);
	while (n_high > 0)
		cut(&c, high[--n_high]);
	return c.n_edges + 1;
}
