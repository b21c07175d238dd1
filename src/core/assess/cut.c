/*
 * cut.c - the best threshold of probabilities, and the widths of intervals; see cut.h
 *
 * Thresholds stand halfway between different probabilities; each is looked at once, from the highest down. f1: 2 tp / (2 tp + fp + fn).
 * cost: the sum of the cost of all rows. rate: the share of rows that are called positive, which is to be next to the one given.
 *
 * Intervals are split conformal (Vovk et al. 2005; Lei et al. 2018; of cross-validated residuals: Barber et al. 2021): the width is the
 * ceil((n + 1) level)-th smallest of n residuals |y - p|, so that a new row's is below it with a probability of at least the level,
 * whatever the model. Where there are enough rows that is done in parts of equally many rows by the prediction (Mondrian: Vovk et
 * al. 2003), each with a width of its own, since the errors of large predictions are often larger.
 *
 * Cost: O(n log n).
 */
#include "assess/cut.h"

#include "num/sort.h"

#include <math.h>

#define PART_ROWS  200 /* of an interval's width, at least */
#define MOST_PARTS 10

/* Below which no row is called positive, nor a row of a probability above. */
static double
between(double above, double below)
{
	double middle = below + (above - below) / 2;

	return middle > below ? middle : above;
}

/* The larger the better; tp and fp: rows above the cut. */
static double
merit(const UpAdjustOptions *o, double tp, double fp, double positives, double negatives)
{
	double fn = positives - tp, tn = negatives - fp;

	if (o->threshold == UP_THRESHOLD_F1)
		return tp > 0 ? 2 * tp / (2 * tp + fp + fn) : 0;
	if (o->threshold == UP_THRESHOLD_COST)
		return -(tn * o->cost[0][0] + fp * o->cost[0][1] + fn * o->cost[1][0] + tp * o->cost[1][1]);
	return -fabs((tp + fp) / (positives + negatives) - o->rate);
}

double
up_best_threshold(const UpAdjustOptions *o, size_t n, const double *proba, const double *y,
				  const double *weights, double *figure)
{
	uint32_t *order = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	double positives = 0, all = 0, tp = 0, fp = 0, best, threshold = UP_THRESHOLD_NEVER, rate = 0;

	up_order_doubles(proba, n, order);
	for (size_t i = 0; i < n; i++)
	{
		double w = weights != NULL ? weights[i] : 1;

		positives += y[i] > 0 ? w : 0;
		all += w;
	}
	best = merit(o, 0, 0, positives, all - positives);
	for (size_t i = n; i > 0;)
	{
		double p = proba[order[i - 1]], m;

		for (; i > 0 && proba[order[i - 1]] == p; i--)
		{
			double w = weights != NULL ? weights[order[i - 1]] : 1;

			tp += y[order[i - 1]] > 0 ? w : 0;
			fp += y[order[i - 1]] > 0 ? 0 : w;
		}
		m = merit(o, tp, fp, positives, all - positives);
		if (!(m > best))
			continue;
		best = m;
		rate = (tp + fp) / all;
		threshold = i > 0 ? between(p, proba[order[i - 1]]) : 0;
	}
	up_free(order);
	*figure = o->threshold == UP_THRESHOLD_RATE   ? rate
			  : o->threshold == UP_THRESHOLD_COST ? -best / (n > 0 ? all : 1)
												  : best;
	return threshold;
}

/* The width of rows first … last - 1 of the order; false: there are too few. */
static bool
width_of(double level, const double *residuals, const uint32_t *order, size_t first, size_t last, double *width)
{
	size_t n = last - first, rank = (size_t) ceil(((double) n + 1) * level - 1e-9);
	double *part;

	if (rank > n || n == 0)
		return false;
	part = up_alloc_array(n, sizeof(double));
	for (size_t i = 0; i < n; i++)
		part[i] = residuals[order[first + i]];
	up_sort_doubles(part, n, NULL);
	*width = part[UP_MAX(rank, 1) - 1];
	up_free(part);
	return true;
}

bool
up_measure_intervals(UpAdjust *a, double level, size_t n, const double *predicted, const double *actual)
{
	double *residuals = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	uint32_t *order = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	size_t parts = UP_MAX(UP_MIN(n / PART_ROWS, MOST_PARTS), 1), first = 0;

	/* A part must be able to miss some rows. */
	while (parts > 1 && (double) n / (double) parts * (1 - level) < 10)
		parts--;
	for (size_t i = 0; i < n; i++)
		residuals[i] = fabs(actual[i] - predicted[i]);
	up_order_doubles(predicted, n, order);
	a->level = level;
	a->edges = up_alloc_array(parts, sizeof(double));
	a->widths = up_alloc_array(parts, sizeof(double));
	a->n_widths = 0;
	for (size_t part = 0; part < parts; part++)
	{
		size_t last = n * (part + 1) / parts;

		/* Equal predictions stay together. */
		while (part + 1 < parts && last > 0 && last < n && predicted[order[last]] == predicted[order[last - 1]])
			last++;
		if (part + 1 == parts)
			last = n;
		if (last <= first)
			continue;
		if (a->n_widths > 0)
			a->edges[a->n_widths - 1] = predicted[order[first]];
		/* A rest that is too small for a width of its own has the width of the part before. */
		if (width_of(level, residuals, order, first, last, &a->widths[a->n_widths]))
			a->n_widths++;
		first = last;
	}
	up_free(residuals);
	up_free(order);
	return a->n_widths > 0;
}
