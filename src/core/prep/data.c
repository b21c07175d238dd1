/*
 * data.c - encoded rows in a given order; see data.h
 */
#include "prep/data.h"

#include "num/sort.h"

#include <string.h>

#define TICK_ROWS 4096

void
up_data_rows(const UpData *d, size_t first, size_t n, double *x)
{
	UP_ASSERT(first + n <= d->n_rows);
	for (size_t i = 0; i < n; i++)
	{
		const double *row = up_samples_row(d->samples, d->order[first + i]);

		if (i % TICK_ROWS == TICK_ROWS - 1)
			up_tick();
		if (d->pipeline == NULL)
			memcpy(x, row, d->n_features * sizeof(double));
		else
			up_pipeline_encode_training(d->pipeline, row, d->order[first + i], x);
		x += d->n_features;
	}
}

void
up_data_rows_f32(const UpData *d, size_t first, size_t n, float *x)
{
	double *wide = d->pipeline != NULL ? up_alloc_array(UP_MAX(d->n_features, 1), sizeof(double)) : NULL;

	UP_ASSERT(first + n <= d->n_rows);
	for (size_t i = 0; i < n; i++)
	{
		const double *row = up_samples_row(d->samples, d->order[first + i]);

		if (i % TICK_ROWS == TICK_ROWS - 1)
			up_tick();
		if (d->pipeline != NULL)
		{
			up_pipeline_encode_training(d->pipeline, row, d->order[first + i], wide);
			row = wide;
		}
		for (uint32_t j = 0; j < d->n_features; j++)
			x[j] = (float) row[j];
		x += d->n_features;
	}
	up_free(wide);
}

void
up_data_labels(const UpData *d, size_t first, size_t n, double *y)
{
	UP_ASSERT(first + n <= d->n_rows);
	UP_ASSERT(d->class_values == NULL || d->n_classes > 0);
	for (size_t i = 0; i < n; i++)
	{
		double label = up_samples_row(d->samples, d->order[first + i])[d->samples->n_columns];

		if (d->label_of != NULL)
			label = d->label_of[(uint32_t) label];
		y[i] =
			d->class_values == NULL ? label : (double) up_lower_bound(d->class_values, d->n_classes - 1, label);
	}
}

UpData *
up_data_subset(const UpData *d, const size_t *positions, size_t n)
{
	UpData *subset = up_alloc(sizeof(UpData));
	size_t *order = up_alloc_array(UP_MAX(n, 1), sizeof(size_t));

	*subset = *d;
	for (size_t i = 0; i < n; i++)
	{
		UP_ASSERT(positions[i] < d->n_rows);
		order[i] = d->order[positions[i]];
	}
	subset->order = order;
	subset->n_rows = n;
	return subset;
}

UpData *
up_data_from_arrays(const double *x, const double *y, size_t n, uint32_t n_features, uint32_t n_classes)
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
