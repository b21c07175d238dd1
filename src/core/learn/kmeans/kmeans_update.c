/*
 * kmeans_update.c - moves trained centres towards more rows
 *
 * Mini-batch k-means (Sculley 2010): the rows, in an order that the seed decides, come in batches; each goes to its nearest centre
 * as it was before the batch, whose count v grows by one, and the centre moves by 1 / v of the way to it. So a centre is the mean
 * of all rows that were ever given to it, and old ones weigh as much as new ones. Clusters keep their numbers.
 *
 * Cost: O(rows k d).
 */
#include "learn/kmeans/kmeans.h"

#include <math.h>
#include <string.h>

#define BATCH 1024

void
up_kmeans_finish(UpKmeans *body)
{
	up_nearest_init(&body->nearest, body->run.k, body->d);
	up_nearest_set(&body->nearest, body->run.centres, body->run.k);
}

static UpKmeans *
copy_of(const UpKmeans *from)
{
	UpKmeans *body = up_alloc(sizeof(UpKmeans));
	size_t values = (size_t) from->run.k * from->d;

	*body = *from;
	body->run.centres = up_alloc_array(UP_MAX(values, 1), sizeof(double));
	memcpy(body->run.centres, from->run.centres, values * sizeof(double));
	body->run.sizes = up_alloc_array(from->run.k, sizeof(uint64_t));
	memcpy(body->run.sizes, from->run.sizes, from->run.k * sizeof(uint64_t));
	up_kmeans_finish(body);
	return body;
}

/* x: n rows; labels: room for as many. Returns the sum of their squared distances to the centres before. */
static double
learn_batch(UpKmeans *body, const double *x, size_t n, uint32_t *labels)
{
	uint32_t d = body->d;
	double inertia = 0;

	for (size_t i = 0; i < n; i++)
		labels[i] = up_vec_nearest_one(&body->nearest, x + i * d, body->shift);
	for (size_t i = 0; i < n; i++)
	{
		double *centre = body->run.centres + (size_t) labels[i] * d;
		double share = 1 / (double) ++body->run.sizes[labels[i]];

		for (uint32_t j = 0; j < d; j++)
		{
			double gap = x[i * d + j] - body->shift[j] - centre[j];

			inertia += gap * gap;
			centre[j] += gap * share;
		}
	}
	up_nearest_set(&body->nearest, body->run.centres, body->run.k);
	return inertia;
}

void *
up_kmeans_update(const void *old, const UpFit *fit)
{
	UpKmeans *body = copy_of(old);
	const UpData *data = fit->data;
	size_t n = data->n_rows;
	size_t *positions = up_alloc_array(UP_MAX(n, 1), sizeof(size_t));
	double *x = up_alloc_array((size_t) BATCH * UP_MAX(body->d, 1), sizeof(double)), inertia = 0;
	uint32_t *labels = up_alloc_array(BATCH, sizeof(uint32_t));
	UpRng rng;

	for (size_t i = 0; i < n; i++)
		positions[i] = i;
	up_rng_init(&rng, fit->seed, 1);
	up_rng_shuffle(&rng, positions, n);
	for (size_t first = 0; first < n; first += BATCH)
	{
		size_t rows = UP_MIN(BATCH, n - first);

		up_progress("k-means: rows", first, n);
		for (size_t i = 0; i < rows; i++)
			up_data_rows(data, positions[first + i], 1, x + i * body->d);
		inertia += learn_batch(body, x, rows, labels);
	}
	for (size_t i = 0; i < (size_t) body->run.k * body->d; i++)
	{
		if (!isfinite(body->run.centres[i]))
			up_fail_with(UP_INVALID_DATA, NULL, "Scale the features.",
						 "updating the centres of k-means left the range of numbers");
	}
	/* Of all rows, as far as it can be known without the old ones. */
	body->run.inertia += inertia;
	up_value_set(fit->info, "update_inertia", up_value_number(inertia));
	up_free(positions);
	up_free(x);
	up_free(labels);
	return body;
}
