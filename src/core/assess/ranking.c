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

double
up_log_loss_term(double probability)
{
	return -log(UP_MIN(UP_MAX(probability, DBL_EPSILON), 1 - DBL_EPSILON));
}
