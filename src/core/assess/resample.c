/*
 * resample.c - figures of samples of the rows, drawn with replacement (the percentile bootstrap: Efron 1979); see resample.h
 *
 * Cost: drawing n rows and measuring them, once a sample.
 */
#include "assess/resample.h"

#include "base/rng.h"
#include "num/sort.h"

#include <math.h>

double *
up_resample(size_t n_rows, uint32_t n_figures, uint32_t resamples, uint64_t seed, UpSampleFn measure, void *arg)
{
	size_t *chosen = up_alloc_array(n_rows, sizeof(size_t));
	double *figures = up_alloc_array(UP_MAX(n_figures, 1), sizeof(double)), *drawn;
	UpRng rng;

	up_reserve((size_t) n_figures * resamples * sizeof(double), "the figures of all samples");
	drawn = up_alloc_array((size_t) n_figures * resamples, sizeof(double));
	up_rng_init(&rng, seed, 1);
	for (uint32_t s = 0; s < resamples; s++)
	{
		UpArena *arena = up_arena_enter();

		up_progress("measuring samples of the rows", s, resamples);
		for (size_t i = 0; i < n_rows; i++)
			chosen[i] = (size_t) up_rng_below(&rng, n_rows);
		measure(arg, chosen, figures);
		for (uint32_t i = 0; i < n_figures; i++)
			drawn[(size_t) i * resamples + s] = figures[i];
		up_arena_leave(arena);
	}
	up_free(figures);
	up_free(chosen);
	return drawn;
}

/* Between the values around it, as numpy's percentile; n > 0. */
static double
percentile(const double *sorted, size_t n, double share)
{
	double at = share * (double) (n - 1);
	size_t below = (size_t) floor(at);
	size_t above = UP_MIN(below + 1, n - 1);

	return sorted[below] + (sorted[above] - sorted[below]) * (at - (double) below);
}

size_t
up_resampled_interval(double *drawn, uint32_t resamples, double *low, double *high)
{
	size_t n = 0;

	for (uint32_t i = 0; i < resamples; i++)
	{
		if (!isnan(drawn[i]))
			drawn[n++] = drawn[i];
	}
	if (n < UP_RESAMPLES_LEAST)
		return n;
	up_sort_doubles(drawn, n, NULL);
	*low = percentile(drawn, n, 0.025);
	*high = percentile(drawn, n, 0.975);
	return n;
}
