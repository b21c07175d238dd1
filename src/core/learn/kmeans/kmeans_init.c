/*
 * kmeans_init.c - first centres of k-means
 *
 * Greedy k-means++: the first centre is a random row; each further one the best of 2 + floor(ln k) candidates, drawn
 * with probability proportional to D(x)^2, the squared distance to the nearest centre so far; best is the one that
 * leaves the smallest potential sum D(x)^2. D. Arthur, S. Vassilvitskii, "k-means++: the advantages of careful
 * seeding", SODA 2007.
 *
 * One pass over the rows per centre: it brings D(x) up to date with the centre chosen last and sums the potentials
 * of all candidates, by chunk. A candidate is then drawn by chunk first, and D(x) with the last centre made for its
 * chunk alone. Cost: n d k (3 + ln k) multiply-adds, n doubles of memory.
 */
#include "learn/kmeans/kmeans.h"

#include "num/vec.h"

#include <math.h>
#include <string.h>

typedef struct Seeding
{
	UpKmeansRows *rows;
	UpRng *rng;
	size_t n_chunks;
	double *potentials; /* UP_NEAREST_TRIALS × n_chunks */
	double *candidates; /* UP_NEAREST_TRIALS × d; the first is the centre chosen last */
} Seeding;

/* The potential of each of m candidates. */
static void
sum_potentials(Seeding *s, uint32_t m, double *totals)
{
	UpKmeansRows *rows = s->rows;

	up_nearest_set(&rows->trial, s->candidates, m);
	for (size_t c = 0; c < s->n_chunks; c++)
	{
		size_t first = c * UP_KMEANS_CHUNK_BLOCKS;
		double sums[UP_NEAREST_TRIALS];

		up_tick();
		up_vec_nearest_trials(&rows->trial, rows->x + first * UP_NEAREST_ROWS * rows->d,
							  UP_MIN(rows->n_blocks - first, UP_KMEANS_CHUNK_BLOCKS),
							  rows->closest + first * UP_NEAREST_ROWS, sums);
		for (uint32_t u = 0; u < m; u++)
			s->potentials[u * s->n_chunks + c] = sums[u];
	}
	for (uint32_t u = 0; u < m; u++)
		totals[u] = up_vec_sum(s->potentials + u * s->n_chunks, s->n_chunks);
}

/* A row drawn by D(x)^2, where candidate 0 is the last centre and these are the potentials it left, by chunk. */
static size_t
draw_row(Seeding *s, const double *potentials, double total)
{
	UpKmeansRows *rows = s->rows;
	double r = up_rng_double(s->rng) * total;
	size_t chunk = s->n_chunks, last = 0;
	uint32_t labels[UP_KMEANS_CHUNK_ROWS];
	double distance[UP_KMEANS_CHUNK_ROWS];
	size_t first, n;

	/* Rounding can leave a remainder behind the end: it belongs to the last chunk, or row, that has any share. */
	for (size_t c = 0; c < s->n_chunks && chunk == s->n_chunks; c++)
	{
		if (!(potentials[c] > 0))
			continue;
		last = c;
		if (r < potentials[c])
			chunk = c;
		else
			r -= potentials[c];
	}
	first = (chunk < s->n_chunks ? chunk : last) * UP_KMEANS_CHUNK_ROWS;
	n = UP_MIN(rows->n - first, UP_KMEANS_CHUNK_ROWS);
	up_nearest_set(&rows->trial, s->candidates, 1);
	up_vec_nearest(&rows->trial, rows->x + first * rows->d, (n + UP_NEAREST_ROWS - 1) / UP_NEAREST_ROWS, labels,
				   distance);
	last = 0;
	for (size_t i = 0; i < n; i++)
	{
		double share = UP_MIN(distance[i], rows->closest[first + i]);

		if (!(share > 0))
			continue;
		last = i;
		if (r < share)
			break;
		r -= share;
	}
	return first + last;
}

uint32_t
up_kmeans_seed_greedy(UpKmeansRows *rows, uint32_t k, UpRng *rng, double *centres)
{
	uint32_t d = rows->d, n_candidates = 2 + (uint32_t) log((double) k), found = 1, best = 0;
	Seeding s = {.rows = rows, .rng = rng};
	double totals[UP_NEAREST_TRIALS];

	s.n_chunks = (rows->n_blocks + UP_KMEANS_CHUNK_BLOCKS - 1) / UP_KMEANS_CHUNK_BLOCKS;
	s.potentials = up_alloc_array(s.n_chunks * UP_NEAREST_TRIALS, sizeof(double));
	s.candidates = up_alloc_array((size_t) UP_NEAREST_TRIALS * UP_MAX(d, 1), sizeof(double));
	for (size_t i = 0; i < rows->n_blocks * UP_NEAREST_ROWS; i++)
		rows->closest[i] = i < rows->n ? INFINITY : 0;

	up_kmeans_row(rows, up_rng_below(rng, rows->n), s.candidates);
	memcpy(centres, s.candidates, d * sizeof(double));
	if (k > 1)
		sum_potentials(&s, 1, totals);
	while (found < k && totals[best] > 0)
	{
		for (uint32_t u = 1; u <= n_candidates; u++)
			up_kmeans_row(rows, draw_row(&s, s.potentials + best * s.n_chunks, totals[best]),
						  s.candidates + (size_t) u * d);
		sum_potentials(&s, n_candidates + 1, totals);
		best = 1;
		for (uint32_t u = 2; u <= n_candidates; u++)
		{
			if (totals[u] < totals[best])
				best = u;
		}
		memcpy(s.candidates, s.candidates + (size_t) best * d, d * sizeof(double));
		memcpy(centres + (size_t) found * d, s.candidates, d * sizeof(double));
		found++;
	}
	up_free(s.candidates);
	up_free(s.potentials);
	return found;
}

#define UP_HASH_NAME                position
#define UP_HASH_OWNER               UpKmeansRows
#define UP_HASH_KEY                 size_t
#define UP_HASH_SLOT                size_t
#define UP_HASH_EQUAL(rows, i, key) ((i) == (key))
#include "num/hash_table.h"

/*
 * k different positions (R. Floyd's sampling without replacement; J. Bentley, CACM 30, 1987): of equal rows, all but
 * one centre come out empty and are re-seeded.
 */
void
up_kmeans_seed_random(const UpKmeansRows *rows, uint32_t k, UpRng *rng, double *centres)
{
	UpHashTable taken = {0};
	size_t chosen = 0;

	UP_ASSERT(k <= rows->n);
	position_resize(&taken, rows, 0, k);
	for (size_t j = rows->n - k; j < rows->n; j++)
	{
		size_t i = up_rng_below(rng, j + 1);
		size_t *slot = position_find(&taken, rows, up_mix64(i), i);

		if (*slot != 0)
		{
			i = j; /* taken: j itself cannot be */
			slot = position_find(&taken, rows, up_mix64(i), i);
		}
		*slot = i + 1;
		up_kmeans_row(rows, i, centres + chosen++ * rows->d);
	}
	up_free(taken.slots);
}
