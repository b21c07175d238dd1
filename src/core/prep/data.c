/*
 * data.c - encoded rows in a given order; see data.h
 */
#include "prep/data.h"

#include "num/sort.h"

#include <string.h>

#define TICK_ROWS 4096
#define AHEAD     16 /* rows */
#define LINE      8  /* values of a cache line */

/*
 * Rows in canonical order are anywhere in memory: the one that is wanted soon is asked for while others are read. Of a wide row
 * the processor finds the rest by itself.
 */
__attribute__((always_inline)) static inline void
ask_ahead(const UpData *d, size_t i, size_t end)
{
	if (i + AHEAD < end)
		up_samples_ask(d->samples, d->order[i + AHEAD], 0, UP_MIN(d->samples->n_columns + 1, 4 * LINE + 1));
}

void
up_data_rows(const UpData *d, size_t first, size_t n, double *x)
{
	double *space = d->pipeline != NULL ? up_samples_space(d->samples) : NULL;

	UP_ASSERT(first + n <= d->n_rows);
	for (size_t i = 0; i < n; i++)
	{
		size_t row = d->order[first + i];

		ask_ahead(d, first + i, d->n_rows);
		if (i % TICK_ROWS == TICK_ROWS - 1)
			up_tick();
		if (d->pipeline == NULL)
			up_samples_values(d->samples, row, 0, d->n_features, x);
		else
			up_pipeline_encode_training(d->pipeline, up_samples_read(d->samples, row, space), row, x);
		x += d->n_features;
	}
	up_free(space);
}

void
up_data_rows_f32(const UpData *d, size_t first, size_t n, float *x)
{
	double *space = up_samples_space(d->samples);
	double *wide = d->pipeline != NULL ? up_alloc_array(UP_MAX(d->n_features, 1), sizeof(double)) : NULL;

	UP_ASSERT(first + n <= d->n_rows);
	for (size_t i = 0; i < n; i++)
	{
		const double *row = up_samples_read(d->samples, d->order[first + i], space);

		ask_ahead(d, first + i, d->n_rows);
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
	up_free(space);
}

void
up_data_labels(const UpData *d, size_t first, size_t n, double *y)
{
	UP_ASSERT(first + n <= d->n_rows);
	UP_ASSERT(d->class_values == NULL || d->n_classes > 0);
	for (size_t i = 0; i < n; i++)
	{
		double label = up_samples_value(d->samples, d->order[first + i], d->samples->n_columns);

		if (first + i + AHEAD < d->n_rows)
			up_samples_ask(d->samples, d->order[first + i + AHEAD], d->samples->n_columns, 1);
		if (d->label_of != NULL)
			label = d->label_of[(uint32_t) label];
		y[i] =
			d->class_values == NULL ? label : (double) up_lower_bound(d->class_values, d->n_classes - 1, label);
	}
}

double *
up_data_weights(const UpData *d)
{
	double *w;

	if (d->weight_at == 0)
		return NULL;
	w = up_alloc_array(UP_MAX(d->n_rows, 1), sizeof(double));
	for (size_t i = 0; i < d->n_rows; i++)
		w[i] = up_samples_value(d->samples, d->order[i], d->weight_at - 1);
	return w;
}

UpDataBlock
up_data_blocks(const UpData *d, size_t most, bool labels)
{
	UpDataBlock b = {.data = d, .most = most};

	UP_ASSERT(most > 0);
	b.x = up_alloc_array(most * UP_MAX(d->n_features, 1), sizeof(double));
	b.y = labels ? up_alloc_array(most, sizeof(double)) : NULL;
	return b;
}

bool
up_data_next(UpDataBlock *b)
{
	b->first += b->n;
	b->n = UP_MIN(b->most, b->data->n_rows - b->first);
	if (b->n == 0)
	{
		up_free(b->x);
		up_free(b->y);
		return false;
	}
	up_tick();
	up_data_rows(b->data, b->first, b->n, b->x);
	if (b->y != NULL)
		up_data_labels(b->data, b->first, b->n, b->y);
	return true;
}

double *
up_data_padded(const UpData *d, size_t n, size_t width, double constant)
{
	double *x = up_alloc_large_array(UP_MAX(n, 1), width * sizeof(double));

	UP_ASSERT(n <= d->n_rows && width > d->n_features);
	for (size_t i = 0; i < n; i++)
	{
		double *row = x + i * width;

		if (i % TICK_ROWS == 0)
			up_tick();
		up_data_rows(d, i, 1, row);
		row[d->n_features] = constant;
		memset(row + d->n_features + 1, 0, (width - d->n_features - 1) * sizeof(double));
	}
	return x;
}

const double **
up_data_places(const UpData *d)
{
	const double **places;

	if (d->pipeline != NULL || up_samples_packed(d->samples))
		return NULL;
	places = up_alloc_array(UP_MAX(d->n_rows, 1), sizeof(double *));
	for (size_t i = 0; i < d->n_rows; i++)
		places[i] = up_samples_row(d->samples, d->order[i]);
	return places;
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
