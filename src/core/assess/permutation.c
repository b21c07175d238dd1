/*
 * permutation.c - importance by shuffling columns (Breiman 2001; Fisher, Rudin, Dominici 2019); see permutation.h
 *
 * A column goes from the rows to others in a random order while all the rest stays: what the score falls by is what the model
 * draws from that column alone. Cost: columns × repeats predictions of all rows.
 */
#include "assess/permutation.h"

#include "base/rng.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS 256

/* Accuracy, or r2. */
static double
score(const UpModel *m, const double *actual, const double *predicted, size_t n)
{
	double hits = 0, mean = 0, errors = 0, squares = 0;

	for (size_t i = 0; i < n; i++)
	{
		hits += actual[i] == predicted[i];
		mean += actual[i] / (double) n;
	}
	if (m->task == UP_TASK_CLASSIFY)
		return hits / (double) n;
	for (size_t i = 0; i < n; i++)
	{
		errors += (actual[i] - predicted[i]) * (actual[i] - predicted[i]);
		squares += (actual[i] - mean) * (actual[i] - mean);
	}
	return squares > 0 ? 1 - errors / squares : 0;
}

/* Predictions with the values of one step (its place and width among the inputs) taken from other rows. */
static void
predict_shuffled(const UpBinding *b, const size_t *rows, const size_t *others, size_t n, uint32_t first,
				 uint32_t width, double *predicted)
{
	uint32_t d = b->model->pipeline->n_inputs;
	double *inputs = up_alloc_array((size_t) BLOCK_ROWS * UP_MAX(d, 1), sizeof(double)),
		   *foreign = up_alloc_array((size_t) BLOCK_ROWS * UP_MAX(d, 1), sizeof(double));

	for (size_t at = 0; at < n; at += BLOCK_ROWS)
	{
		size_t count = UP_MIN(BLOCK_ROWS, n - at);

		up_tick();
		up_bound_inputs(b, rows + at, count, inputs);
		if (width > 0)
			up_bound_inputs(b, others + at, count, foreign);
		for (size_t i = 0; i < count; i++)
			memcpy(inputs + i * d + first, foreign + i * d + first, width * sizeof(double));
		up_model_predict(b->model, inputs, count, predicted + at);
	}
	up_free(inputs);
	up_free(foreign);
}

void
up_permutation_importance(const UpBinding *b, const size_t *rows, size_t n, uint32_t repeats, uint64_t seed,
						  double *mean, double *deviation)
{
	const UpPipeline *p = b->model->pipeline;
	double *actual = up_alloc_array(UP_MAX(n, 1), sizeof(double)),
		   *predicted = up_alloc_array(UP_MAX(n, 1), sizeof(double)), whole;
	size_t *others = up_alloc_array(UP_MAX(n, 1), sizeof(size_t));
	uint32_t first = 0;
	UpRng rng;

	up_bound_labels(b, rows, n, actual);
	predict_shuffled(b, rows, rows, n, 0, 0, predicted);
	whole = score(b->model, actual, predicted, n);
	for (uint32_t j = 0; j < p->n_steps; j++)
	{
		double sum = 0, squares = 0;

		for (uint32_t r = 0; r < repeats; r++)
		{
			double lost;

			up_progress("importance: columns", (uint64_t) j * repeats + r, (uint64_t) p->n_steps * repeats);
			memcpy(others, rows, n * sizeof(size_t));
			/* Each column and repetition has an order of its own, whatever the others are. */
			up_rng_init(&rng, seed, (uint64_t) j * 1000003 + r);
			up_rng_shuffle(&rng, others, n);
			predict_shuffled(b, rows, others, n, first, p->steps[j].width, predicted);
			lost = whole - score(b->model, actual, predicted, n);
			sum += lost;
			squares += lost * lost;
		}
		mean[j] = sum / repeats;
		deviation[j] = sqrt(UP_MAX(squares / repeats - mean[j] * mean[j], 0));
		first += p->steps[j].width;
	}
	up_free(actual);
	up_free(predicted);
	up_free(others);
}
