/*
 * permutation.c - a model's importance by shuffling columns (score/permute.h); see permutation.h
 */
#include "assess/permutation.h"

#include "score/permute.h"

#include <string.h>

#define BLOCK_ROWS 256

/* Accuracy, or r2. */
static double
quality(const UpModel *m, const double *actual, const double *predicted, size_t n)
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

typedef struct Measured
{
	const UpBinding *b;
	const size_t *rows;
	size_t n;
	double *actual, *predicted;
} Measured;

/* With the values of one step taken from other rows. */
static double
score_shuffled(void *arg, uint32_t column, const size_t *order)
{
	Measured *m = arg;
	const UpPipeline *p = m->b->model->pipeline;
	uint32_t d = p->n_inputs, first = 0;
	double *inputs = up_alloc_array((size_t) BLOCK_ROWS * UP_MAX(d, 1), sizeof(double)),
		   *foreign = up_alloc_array((size_t) BLOCK_ROWS * UP_MAX(d, 1), sizeof(double));
	size_t others[BLOCK_ROWS];

	for (uint32_t j = 0; j < column; j++)
		first += p->steps[j].width;
	for (size_t at = 0; at < m->n; at += BLOCK_ROWS)
	{
		size_t count = UP_MIN(BLOCK_ROWS, m->n - at);

		up_tick();
		up_bound_inputs(m->b, m->rows + at, count, inputs);
		for (size_t i = 0; order != NULL && i < count; i++)
			others[i] = m->rows[order[at + i]];
		if (order != NULL)
			up_bound_inputs(m->b, others, count, foreign);
		for (size_t i = 0; order != NULL && i < count; i++)
			memcpy(inputs + i * d + first, foreign + i * d + first, p->steps[column].width * sizeof(double));
		up_model_predict(m->b->model, inputs, count, m->predicted + at);
	}
	up_free(inputs);
	up_free(foreign);
	return quality(m->b->model, m->actual, m->predicted, m->n);
}

void
up_permutation_importance(const UpBinding *b, const size_t *rows, size_t n, uint32_t repeats, uint64_t seed,
						  double *mean, double *deviation)
{
	Measured m = {b, rows, n, up_alloc_array(UP_MAX(n, 1), sizeof(double)),
				  up_alloc_array(UP_MAX(n, 1), sizeof(double))};
	/* Each column and repetition has an order of its own, whatever the others are. */
	UpPermute p = {.n_columns = b->model->pipeline->n_steps,
				   .n = n,
				   .repeats = repeats,
				   .seed = seed,
				   .step = 1000003,
				   .afresh = true,
				   .score = score_shuffled,
				   .arg = &m};

	up_bound_labels(b, rows, n, m.actual);
	up_permute(&p, mean, deviation);
	up_free(m.actual);
	up_free(m.predicted);
}
