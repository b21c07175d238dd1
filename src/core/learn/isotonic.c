/*
 * isotonic.c - isotonic regression by pooling adjacent violators
 *
 * Minimizes sum_i (g(x_i) - y_i)² over all g that never fall (Zadrozny, Elkan 2002; Ayer et al. 1955): equal scores are one point,
 * the mean of their y with their number, or the sum of their weights, as weight; points in order of score, where one is below the one before both become their
 * mean, and so on backwards. Of a block of one height only the first and the last point are kept. Between points the line is
 * straight, as scikit-learn has it, so that it ranks rows wherever it rises.
 *
 * Cost: O(n log n).
 */
#include "learn/isotonic.h"

#include "num/sort.h"

/* Points of one height. */
typedef struct Block
{
	double weight, y;
	size_t first, last;
} Block;

/* Different scores, ascending, into x; the mean of y and the weight of each into blocks. Returns their number. */
static size_t
points_of(size_t n, const double *scores, const double *y, const double *weights, double *x, Block *blocks)
{
	uint32_t *order = up_alloc_array(n, sizeof(uint32_t));
	size_t points = 0;

	up_order_doubles(scores, n, order);
	for (size_t i = 0; i < n; points++)
	{
		double sum = 0, all = 0;

		x[points] = scores[order[i]];
		for (; i < n && scores[order[i]] == x[points]; i++)
		{
			double w = weights != NULL ? weights[order[i]] : 1;

			sum += w * y[order[i]];
			all += w;
		}
		blocks[points] = (Block){all, sum / all, points, points};
	}
	up_free(order);
	return points;
}

/* Pools in place; returns the number of blocks that are left. */
static size_t
pool(Block *blocks, size_t n)
{
	size_t top = 0;

	for (size_t i = 1; i < n; i++)
	{
		blocks[++top] = blocks[i];
		while (top > 0 && blocks[top - 1].y >= blocks[top].y)
		{
			Block *a = &blocks[top - 1], *b = &blocks[top];
			double weight = a->weight + b->weight;

			a->y = (a->weight * a->y + b->weight * b->y) / weight;
			a->weight = weight;
			a->last = b->last;
			top--;
		}
	}
	return n > 0 ? top + 1 : 0;
}

UpIsotonic
up_isotonic_fit(size_t n, const double *scores, const double *y, const double *weights)
{
	double *x = up_alloc_array(n, sizeof(double));
	Block *blocks = up_alloc_array(n, sizeof(Block));
	UpIsotonic f = {0};
	size_t kept;

	if (n >= UINT32_MAX)
		up_fail(UP_LIMIT, "more rows than the %u that can calibrate", UINT32_MAX - 1);
	up_tick();
	kept = pool(blocks, points_of(n, scores, y, weights, x, blocks));
	f.x = up_alloc_array(2 * kept, sizeof(double));
	f.y = up_alloc_array(2 * kept, sizeof(double));
	for (size_t b = 0; b < kept; b++)
	{
		for (int end = 0; end < (blocks[b].last > blocks[b].first ? 2 : 1); end++)
		{
			f.x[f.n] = x[end == 0 ? blocks[b].first : blocks[b].last];
			f.y[f.n++] = UP_MIN(UP_MAX(blocks[b].y, 0), 1);
		}
	}
	up_free(x);
	up_free(blocks);
	return f;
}

double
up_isotonic_proba(const UpIsotonic *f, double score)
{
	size_t at = up_lower_bound(f->x, f->n, score);

	if (at == 0)
		return f->y[0];
	if (at == f->n)
		return f->y[f->n - 1];
	return f->y[at - 1] + (f->y[at] - f->y[at - 1]) * ((score - f->x[at - 1]) / (f->x[at] - f->x[at - 1]));
}
