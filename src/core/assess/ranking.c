/*
 * ranking.c - area under the curve, average precision and log loss; see ranking.h
 *
 * Hits and misses are sorted apart (a radix sort: O(n)) and met together once. Each hit counts the misses below it and half of
 * those that are tied with it; all numbers are whole or halves, so the area is exact up to one division.
 */
#include "assess/ranking.h"

#include "num/sort.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define TICK_ROWS 65536

/* A sorted copy; one zero. */
static double *
sorted(const double *scores, size_t n, double *buffer)
{
	double *copy = up_alloc_array(UP_MAX(n, 1), sizeof(double));

	for (size_t i = 0; i < n; i++)
		copy[i] = scores[i] + 0.0;
	up_sort_doubles(copy, n, buffer);
	return copy;
}

typedef struct Ranking
{
	double *hits;
	double *misses;
	double *buffer;
} Ranking;

static Ranking
rank(const double *hits, size_t n_hits, const double *misses, size_t n_misses)
{
	Ranking r;

	up_reserve((n_hits + n_misses + UP_MAX(n_hits, n_misses)) * sizeof(double), "sorting the scores");
	r.buffer = up_alloc_array(UP_MAX(UP_MAX(n_hits, n_misses), 1), sizeof(double));
	r.hits = sorted(hits, n_hits, r.buffer);
	r.misses = sorted(misses, n_misses, r.buffer);
	return r;
}

static void
ranking_free(Ranking *r)
{
	up_free(r->hits);
	up_free(r->misses);
	up_free(r->buffer);
}

double
up_auc(const double *hits, size_t n_hits, const double *misses, size_t n_misses)
{
	size_t below = 0, tied = 0;
	double good = 0;
	Ranking r;

	if (n_hits == 0 || n_misses == 0)
		return NAN;
	r = rank(hits, n_hits, misses, n_misses);
	for (size_t i = 0; i < n_hits; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		while (below < n_misses && r.misses[below] < r.hits[i])
			below++;
		tied = UP_MAX(tied, below);
		while (tied < n_misses && r.misses[tied] == r.hits[i])
			tied++;
		good += ((double) below + (double) tied) / 2;
	}
	ranking_free(&r);
	return good / (double) n_hits / (double) n_misses;
}

double
up_average_precision(const double *hits, size_t n_hits, const double *misses, size_t n_misses)
{
	size_t h = n_hits, m = n_misses;
	double sum = 0;
	Ranking r;

	if (n_hits == 0)
		return NAN;
	r = rank(hits, n_hits, misses, n_misses);
	while (h > 0)
	{
		double threshold = r.hits[h - 1];
		size_t before = h;

		if ((n_hits - h) % TICK_ROWS == 0)
			up_tick();
		while (h > 0 && r.hits[h - 1] == threshold)
			h--;
		while (m > 0 && r.misses[m - 1] >= threshold)
			m--;
		sum +=
			(double) (before - h) * ((double) (n_hits - h) / ((double) (n_hits - h) + (double) (n_misses - m)));
	}
	ranking_free(&r);
	return sum / (double) n_hits;
}

/* Scores in order, with their weights. */
typedef struct Weighed
{
	double *score, *weight;
} Weighed;

static Weighed
weighed(const double *scores, const double *weights, size_t n)
{
	Weighed w;
	uint32_t *order;

	if (n >= UINT32_MAX)
		up_fail(UP_LIMIT, "%zu weighted rows are too many", n);
	up_reserve(n * (2 * sizeof(double) + sizeof(uint32_t) + 32), "sorting the scores");
	w.score = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	w.weight = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	order = up_alloc_array(UP_MAX(n, 1), sizeof(uint32_t));
	up_order_doubles(scores, n, order);
	for (size_t i = 0; i < n; i++)
	{
		w.score[i] = scores[order[i]] + 0.0;
		w.weight[i] = weights[order[i]];
	}
	up_free(order);
	return w;
}

static void
weighed_free(Weighed *w)
{
	up_free(w->score);
	up_free(w->weight);
}

static double
sum_of(const double *v, size_t n)
{
	double sum = 0, rest = 0;

	for (size_t i = 0; i < n; i++)
	{
		double next = sum + v[i];

		rest += sum >= v[i] ? (sum - next) + v[i] : (v[i] - next) + sum;
		sum = next;
	}
	return sum + rest;
}

double
up_auc_weighted(const double *hits, const double *hit_weights, size_t n_hits, const double *misses,
				const double *miss_weights, size_t n_misses)
{
	size_t at = 0;
	double good = 0, below = 0, all;
	Weighed h, m;

	if (n_hits == 0 || n_misses == 0)
		return NAN;
	h = weighed(hits, hit_weights, n_hits);
	m = weighed(misses, miss_weights, n_misses);
	all = sum_of(h.weight, n_hits) * sum_of(m.weight, n_misses);
	for (size_t i = 0; i < n_hits;)
	{
		double score = h.score[i], weight = 0, tied = 0;

		if (i % TICK_ROWS == 0)
			up_tick();
		for (; at < n_misses && m.score[at] < score; at++)
			below += m.weight[at];
		for (; at < n_misses && m.score[at] == score; at++)
			tied += m.weight[at];
		for (; i < n_hits && h.score[i] == score; i++)
			weight += h.weight[i];
		good += weight * (below + tied / 2);
		below += tied;
	}
	weighed_free(&h);
	weighed_free(&m);
	return good / all;
}

double
up_average_precision_weighted(const double *hits, const double *hit_weights, size_t n_hits,
							  const double *misses, const double *miss_weights, size_t n_misses)
{
	size_t h = n_hits, m = n_misses;
	double sum = 0, found = 0, wrong = 0, all;
	Weighed of_hits, of_misses;

	if (n_hits == 0)
		return NAN;
	of_hits = weighed(hits, hit_weights, n_hits);
	of_misses = weighed(misses, miss_weights, n_misses);
	all = sum_of(of_hits.weight, n_hits);
	while (h > 0)
	{
		double threshold = of_hits.score[h - 1], step = 0;

		if (h % TICK_ROWS == 0)
			up_tick();
		for (; h > 0 && of_hits.score[h - 1] == threshold; h--)
			step += of_hits.weight[h - 1];
		for (; m > 0 && of_misses.score[m - 1] >= threshold; m--)
			wrong += of_misses.weight[m - 1];
		found += step;
		sum += step * (found / (found + wrong));
	}
	weighed_free(&of_hits);
	weighed_free(&of_misses);
	return sum / all;
}

double
up_log_loss_term(double probability)
{
	return -log(UP_MIN(UP_MAX(probability, DBL_EPSILON), 1 - DBL_EPSILON));
}
