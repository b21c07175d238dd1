/*
 * permute.c - importance by shuffling columns (Breiman 2001; Fisher, Rudin, Dominici 2019); see permute.h
 *
 * A column goes from the rows to others in a random order while all the rest stays: what the score falls by is what it draws from that
 * column alone. Cost: 1 + columns × repeats scores.
 */
#include "score/permute.h"

#include "base/rng.h"

#include <math.h>

static void
permute_column(const UpPermute *p, double whole, uint32_t column, size_t *order, double *mean,
			   double *deviation)
{
	double sum = 0, squares = 0;
	UpRng rng;

	UP_ASSERT(p->repeats > 0);
	for (uint32_t r = 0; r < p->repeats; r++)
	{
		double lost;

		if (p->progress)
			up_progress("importance: columns", (uint64_t) column * p->repeats + r,
						(uint64_t) p->n_columns * p->repeats);
		if (r == 0 || p->afresh)
		{
			up_rng_init(&rng, p->seed, p->first + column * p->step + r);
			for (size_t i = 0; i < p->n; i++)
				order[i] = i;
		}
		up_rng_shuffle(&rng, order, p->n);
		lost = whole - p->score(p->arg, column, order);
		sum += lost;
		squares += lost * lost;
	}
	*mean = sum / p->repeats;
	*deviation = sqrt(UP_MAX(squares / p->repeats - *mean * *mean, 0));
}

void
up_permute(const UpPermute *p, double whole, uint32_t first, uint32_t end, double *mean, double *deviation)
{
	size_t *order = up_alloc_array(UP_MAX(p->n, 1), sizeof(size_t));
	double unwanted;

	for (uint32_t j = first; j < end; j++)
		permute_column(p, whole, j, order, &mean[j], deviation != NULL ? &deviation[j] : &unwanted);
	up_free(order);
}
