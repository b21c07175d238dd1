/*
 * curves.c - ROC, precision and recall, calibration, lift; see curves.h
 *
 * Scores are sorted once (O(n)); each curve is one walk over them, a step for all rows that share a score.
 */
#include "assess/curves.h"

#include "num/sort.h"

#include <math.h>
#include <string.h>

#define TICK_ROWS 65536

static inline double
weight_of(const UpScored *s, size_t i)
{
	return s->weight != NULL ? s->weight[i] : 1;
}

UpScored *
up_scored_new(size_t n, const uint8_t *hit, const double *score, const double *weight)
{
	UpScored *s = up_alloc0(sizeof(UpScored));
	uint32_t *order;

	if (n >= UINT32_MAX)
		up_fail(UP_LIMIT, "a curve of %zu rows is too long", n);
	up_reserve(n * (2 * sizeof(double) + 1 + sizeof(uint32_t) + 32), "sorting the scores");
	s->n = n;
	s->score = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	s->hit = up_alloc_array(UP_MAX(n, 1), 1);
	s->weight = weight != NULL ? up_alloc_array(UP_MAX(n, 1), sizeof(double)) : NULL;
	order = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	up_order_doubles(score, n, order);
	for (size_t i = 0; i < n; i++)
	{
		uint32_t from = order[n - 1 - i];

		s->score[i] = score[from] + 0.0; /* one zero */
		s->hit[i] = hit[from];
		if (weight != NULL)
			s->weight[i] = weight[from];
		s->all += weight_of(s, i);
		s->hits += hit[from] ? weight_of(s, i) : 0;
	}
	up_free(order);
	return s;
}

static UpCurve *
curve_new(size_t room)
{
	UpCurve *c = up_alloc0(sizeof(UpCurve));

	up_reserve(3 * room * sizeof(double), "the points of a curve");
	c->threshold = up_alloc_array(room, sizeof(double));
	c->x = up_alloc_array(room, sizeof(double));
	c->y = up_alloc_array(room, sizeof(double));
	return c;
}

static void
add_point(UpCurve *c, double threshold, double x, double y)
{
	c->threshold[c->n] = threshold;
	c->x[c->n] = x;
	c->y[c->n++] = y;
}

UpCurve *
up_count_curve(const UpScored *s)
{
	UpCurve *c = curve_new(s->n + 1);
	double hits = 0, misses = 0;

	add_point(c, INFINITY, 0, 0);
	for (size_t i = 0; i < s->n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		hits += s->hit[i] ? weight_of(s, i) : 0;
		misses += s->hit[i] ? 0 : weight_of(s, i);
		if (i + 1 == s->n || s->score[i + 1] != s->score[i])
			add_point(c, s->score[i], misses, hits);
	}
	return c;
}

UpCurve *
up_roc_curve(const UpScored *s)
{
	UpCurve *c = up_count_curve(s);
	double misses = c->x[c->n - 1], hits = c->y[c->n - 1];
	size_t kept = 1;

	/*
	 * The first point and those of the first and the last score stay; another goes if the step to it is the step from it, as
	 * roc_curve has it. A point is written to its own place or one before it, so that both neighbours are still as they were.
	 */
	for (size_t i = 1; i < c->n; i++)
	{
		if (i > 1 && i + 1 < c->n && c->x[i + 1] - c->x[i] == c->x[i] - c->x[i - 1] &&
			c->y[i + 1] - c->y[i] == c->y[i] - c->y[i - 1])
			continue;
		c->threshold[kept] = c->threshold[i];
		c->x[kept] = c->x[i];
		c->y[kept++] = c->y[i];
	}
	c->n = kept;
	for (size_t i = 0; i < c->n; i++)
	{
		c->x[i] /= misses;
		c->y[i] /= hits;
	}
	return c;
}

UpCurve *
up_precision_recall_curve(const UpScored *s)
{
	UpCurve *steps = up_count_curve(s), *c = curve_new(steps->n);

	for (size_t i = steps->n - 1; i > 0; i--)
		add_point(c, steps->threshold[i], steps->y[i] / (steps->x[i] + steps->y[i]),
				  steps->y[i] / steps->y[steps->n - 1]);
	add_point(c, INFINITY, 1, 0);
	return c;
}

/* ---- bins ---- */

/* The value below which this share of the scores lies, between the ones around it, as numpy's percentile. */
static double
quantile(const UpScored *s, double share)
{
	double at = share * (double) (s->n - 1);
	size_t below = (size_t) floor(at), above = UP_MIN(below + 1, s->n - 1);
	double a = s->score[s->n - 1 - below], b = s->score[s->n - 1 - above], rest = at - (double) below;

	/* numpy's own interpolation, which comes from the nearer end. */
	return rest >= 0.5 ? b - (b - a) * (1 - rest) : a + (b - a) * rest;
}

void
up_calibration_curve(const UpScored *s, uint32_t n_bins, bool equal_rows, UpBin *bins)
{
	uint32_t bin = 0;

	for (uint32_t k = 0; k < n_bins; k++)
	{
		bins[k] = (UpBin){0};
		bins[k].low = k == 0 ? (equal_rows && s->n > 0 ? quantile(s, 0) : 0) : bins[k - 1].high;
		bins[k].high = (double) (k + 1) / n_bins;
		/* As numpy's linspace and percentile round it, so that a score on the border is in the same bin. */
		if (equal_rows && s->n > 0)
			bins[k].high = quantile(s, k + 1 == n_bins ? 1 : (k + 1) * (1.0 / n_bins) * 100 / 100);
	}
	/* From the least score up; a score that is the upper end of a bin is in it. */
	for (size_t i = s->n; i-- > 0;)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		while (bin + 1 < n_bins && s->score[i] > bins[bin].high)
			bin++;
		bins[bin].rows++;
		bins[bin].weight += weight_of(s, i);
		bins[bin].hits += s->hit[i] ? weight_of(s, i) : 0;
		bins[bin].score += (s->score[i] - bins[bin].score) * (weight_of(s, i) / bins[bin].weight);
	}
}

/* Rows [from, to) of equal scores share their hits: what a part has of them is its part of the rows. */
static double
hits_between(const UpScored *s, const double *hits_before, size_t from, size_t to)
{
	double sum = 0;

	while (from < to)
	{
		size_t first = from, last = from, end;

		while (first > 0 && s->score[first - 1] == s->score[from])
			first--;
		while (last < s->n && s->score[last] == s->score[from])
			last++;
		end = UP_MIN(last, to);
		sum += (hits_before[last] - hits_before[first]) * ((double) (end - from) / (double) (last - first));
		from = end;
	}
	return sum;
}

/* Adds a share of the rows of one score, [first, last), to a part. */
static void
add_to_part(UpBin *part, const UpScored *s, size_t first, double weight, double hit_share)
{
	if (part->weight == 0)
		part->high = s->score[first];
	part->low = s->score[first];
	part->weight += weight;
	part->hits += weight * hit_share;
	part->score += (s->score[first] - part->score) * (weight / part->weight);
}

/* With weights: the rows of one score are spread over the parts like what they weigh. */
static void
weighted_parts(const UpScored *s, uint32_t n_parts, UpBin *parts)
{
	double before = 0;
	uint32_t k = 0;

	memset(parts, 0, n_parts * sizeof(UpBin));
	for (size_t first = 0, last; first < s->n; first = last)
	{
		double weight = 0, hits = 0, left;

		up_tick();
		for (last = first; last < s->n && s->score[last] == s->score[first]; last++)
		{
			uint32_t at = (uint32_t) UP_MIN((before + weight) / s->all * n_parts, n_parts - 1);

			parts[at].rows++;
			weight += weight_of(s, last);
			hits += s->hit[last] ? weight_of(s, last) : 0;
		}
		for (left = weight; left > 0;)
		{
			double room = s->all * (k + 1) / n_parts - before,
				   taken = k + 1 < n_parts ? UP_MIN(left, room) : left;

			if (taken > 0)
				add_to_part(&parts[k], s, first, taken, hits / weight);
			left -= UP_MAX(taken, 0);
			before += UP_MAX(taken, 0);
			k += left > 0;
		}
	}
}

void
up_lift_curve(const UpScored *s, uint32_t n_parts, UpBin *parts)
{
	double *hits_before;

	if (s->weight != NULL)
	{
		weighted_parts(s, n_parts, parts);
		return;
	}
	hits_before = up_alloc_array(s->n + 1, sizeof(double));
	hits_before[0] = 0;
	for (size_t i = 0; i < s->n; i++)
		hits_before[i + 1] = hits_before[i] + s->hit[i];
	for (uint32_t k = 0; k < n_parts; k++)
	{
		size_t from = (size_t) ((uint64_t) s->n * k / n_parts),
			   to = (size_t) ((uint64_t) s->n * (k + 1) / n_parts);

		up_tick();
		parts[k] = (UpBin){0};
		parts[k].rows = to - from;
		parts[k].weight = (double) (to - from);
		if (from == to)
			continue;
		parts[k].high = s->score[from];
		parts[k].low = s->score[to - 1];
		parts[k].hits = hits_between(s, hits_before, from, to);
		for (size_t i = from; i < to; i++)
			parts[k].score += (s->score[i] - parts[k].score) / (double) (i - from + 1);
	}
	up_free(hits_before);
}
