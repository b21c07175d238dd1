/*
 * sketch_quantiles.c - levels of buffers, each value of which stands for twice as many as on the level below
 *
 * A full buffer is sorted and every second value of it, beginning at a random one of the first two, goes up a level
 * (Manku, Rajagopalan, Lindsay 1998; Karnin, Lang, Liberty 2016, with buffers of one size). A compaction at level h moves a
 * rank by at most 2^h, to either side alike; over all of them the deviation is about n / buffer.
 * Memory: buffer × log2(n / buffer). Cost: O(log buffer) a value.
 */
#include "num/sketch_quantiles.h"

#include "num/sort.h"

#include <stdlib.h>
#include <string.h>

#define LEVELS 50

struct UpQuantiles
{
	uint64_t n;
	UpRng rng;
	uint32_t n_levels;
	double *values[LEVELS];
	uint32_t filled[LEVELS];
};

UpQuantiles *
up_quantiles_new(uint64_t seed)
{
	UpQuantiles *q = up_alloc0(sizeof(UpQuantiles));

	up_rng_init(&q->rng, seed, 31);
	q->n_levels = 1;
	q->values[0] = up_alloc_array(UP_QUANTILES_BUFFER, sizeof(double));
	return q;
}

static void add_to_level(UpQuantiles *q, uint32_t level, double v);

static void
compact(UpQuantiles *q, uint32_t level)
{
	double *v = q->values[level];
	uint32_t first = (uint32_t) (up_rng_next(&q->rng) >> 63);

	UP_ASSERT(q->filled[level] == UP_QUANTILES_BUFFER);
	up_tick();
	qsort(v, UP_QUANTILES_BUFFER, sizeof(double), up_compare_doubles);
	q->filled[level] = 0;
	for (uint32_t i = first; i < UP_QUANTILES_BUFFER; i += 2)
		add_to_level(q, level + 1, v[i]);
}

/* At most one compaction a level follows, as each sends up half a buffer. */
static void
add_to_level(UpQuantiles *q, uint32_t level, double v)
{
	UP_ASSERT(level <= q->n_levels && level <= LEVELS);
	if (level == q->n_levels)
	{
		if (level == LEVELS)
			up_fail(UP_LIMIT, "too many values for a sketch of quantiles");
		q->values[q->n_levels++] = up_alloc_array(UP_QUANTILES_BUFFER, sizeof(double));
	}
	q->values[level][q->filled[level]++] = v;
	if (q->filled[level] == UP_QUANTILES_BUFFER)
		compact(q, level);
}

void
up_quantiles_add(UpQuantiles *q, double v)
{
	q->n++;
	add_to_level(q, 0, v);
}

size_t
up_quantiles_bytes(const UpQuantiles *q)
{
	return sizeof(UpQuantiles) + (size_t) q->n_levels * UP_QUANTILES_BUFFER * sizeof(double);
}

uint64_t
up_quantiles_n(const UpQuantiles *q)
{
	return q->n;
}

typedef struct Weighted
{
	double v, weight; /* v first: what they are sorted by */
} Weighted;

void
up_quantiles_find(const UpQuantiles *q, const double *shares, int n_shares, double *values)
{
	Weighted *all = up_alloc_array((size_t) q->n_levels * UP_QUANTILES_BUFFER, sizeof(Weighted));
	size_t n = 0, at = 0;
	double total = 0, below = 0;

	for (uint32_t level = 0; level < q->n_levels; level++)
	{
		for (uint32_t i = 0; i < q->filled[level]; i++)
		{
			all[n++] = (Weighted){q->values[level][i], (double) (UINT64_C(1) << level)};
			total += all[n - 1].weight;
		}
	}
	qsort(all, n, sizeof(Weighted), up_compare_doubles);
	for (int s = 0; s < n_shares; s++)
	{
		double rank = shares[s] * total;

		while (at + 1 < n && below + all[at].weight < rank)
			below += all[at++].weight;
		values[s] = all[at].v;
	}
	up_free(all);
}

double
up_quantiles_rank(const UpQuantiles *q, double v)
{
	double below = 0;

	for (uint32_t level = 0; level < q->n_levels; level++)
	{
		for (uint32_t i = 0; i < q->filled[level]; i++)
			below += q->values[level][i] < v ? (double) (UINT64_C(1) << level) : 0;
	}
	return below;
}
