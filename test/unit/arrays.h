/*
 * arrays.h - plain row-major arrays as data, in the order given
 */
#ifndef UPROFILE_ARRAYS_H
#define UPROFILE_ARRAYS_H

#include "prep/data.h"

#include <string.h>

/* y may be NULL. */
static inline UpData *
data_from_arrays(const double *x, const double *y, size_t n, uint32_t n_features, uint32_t n_classes)
{
	UpData *d = up_alloc0(sizeof(UpData));
	UpSamples *samples = up_samples_new(n_features);
	size_t *order = up_alloc_array(UP_MAX(n, 1), sizeof(size_t));

	for (size_t i = 0; i < n; i++)
	{
		double *row = up_samples_add(samples);

		memcpy(row, x + i * n_features, n_features * sizeof(double));
		row[n_features] = y != NULL ? y[i] : 0;
		order[i] = i;
	}
	d->samples = samples;
	d->order = order;
	d->n_rows = n;
	d->n_features = n_features;
	d->n_classes = n_classes;
	return d;
}

#endif
