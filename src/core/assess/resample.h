/*
 * resample.h - figures of samples of the rows, drawn with replacement: how far they are off because of just these rows
 */
#ifndef UPROFILE_RESAMPLE_H
#define UPROFILE_RESAMPLE_H

#include "base/platform.h"

#define UP_RESAMPLES_LEAST 10
#define UP_RESAMPLES_MOST  100000

/* Measures the chosen rows, as many as there are; NaN: a figure has no meaning there, as of one class. */
typedef void (*UpSampleFn)(void *arg, const size_t *chosen, double *figures);
/* The figures of so many samples, one figure after the other. */
extern double *up_resample(size_t n_rows, uint32_t n_figures, uint32_t resamples, uint64_t seed,
						   UpSampleFn measure, void *arg);
/*
 * Between which lie 95 % of one figure's samples, those without NaN; how many these are: of fewer than UP_RESAMPLES_LEAST nothing is set.
 * Reorders them.
 */
extern size_t up_resampled_interval(double *drawn, uint32_t resamples, double *low, double *high);

#endif
