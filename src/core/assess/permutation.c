/*
 * permutation.c - a model's importance by shuffling columns (score/permute.h); see permutation.h
 *
 * Inputs are made once. A row that gets the value that it has is not predicted anew: of a column of few values those are most. Blocks
 * of columns are shared out to workers; each part reads the model from its bytes, as a model in memory is full of pointers.
 *
 * Arrays: n rows of n_inputs values.
 */
#include "assess/permutation.h"

#include "assess/predict_rows.h"
#include "score/permute.h"

#include <string.h>

#define BLOCK_ROWS 256
#define MOST_PARTS 32 /* each reads the model */

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
	const UpModel *model;
	size_t n;
	const double *inputs, *actual, *plain; /* plain: what is predicted of the rows as they are */
	double *predicted;
	double *block; /* BLOCK_ROWS rows */
} Measured;

/* Predicts the rows of the block, which are these. */
static void
predict_block(Measured *m, const size_t *rows, size_t n)
{
	double out[BLOCK_ROWS];

	up_tick();
	up_model_predict(m->model, m->block, n, out);
	for (size_t i = 0; i < n; i++)
		m->predicted[rows[i]] = out[i];
}

/* With the values of one step taken from other rows. */
static double
score_shuffled(void *arg, uint32_t column, const size_t *order)
{
	Measured *m = arg;
	const UpPipeline *p = m->model->pipeline;
	size_t d = p->n_inputs, bytes = p->steps[column].width * sizeof(double), first = 0, waiting = 0, work = 0;
	size_t rows[BLOCK_ROWS];

	for (uint32_t j = 0; j < column; j++)
		first += p->steps[j].width;
	for (size_t i = 0; i < m->n; i++)
	{
		const double *row = m->inputs + i * d, *other = m->inputs + order[i] * d + first;
		double *to = m->block + waiting * d;

		up_tick_work(&work, d);
		if (memcmp(row + first, other, bytes) == 0)
		{
			m->predicted[i] = m->plain[i];
			continue;
		}
		memcpy(to, row, d * sizeof(double));
		memcpy(to + first, other, bytes);
		rows[waiting++] = i;
		if (waiting == BLOCK_ROWS)
		{
			predict_block(m, rows, waiting);
			waiting = 0;
		}
	}
	if (waiting > 0)
		predict_block(m, rows, waiting);
	return quality(m->model, m->actual, m->predicted, m->n);
}

enum
{
	INPUTS,
	ACTUAL,
	PLAIN,
	MODEL, /* its bytes; NULL: it is the job's */
	MEANS,
	DEVIATIONS,
	N_ARRAYS
};

typedef struct Job
{
	size_t n, model_bytes;
	double whole;
	uint64_t seed;
	uint32_t repeats, n_columns, per_part;
} Job;

/* The columns from first up to end. */
static void
measure_columns(const Job *q, const UpModel *model, void *const *arrays, uint32_t first, uint32_t end,
				bool progress)
{
	Measured m = {.model = model,
				  .n = q->n,
				  .inputs = arrays[INPUTS],
				  .actual = arrays[ACTUAL],
				  .plain = arrays[PLAIN],
				  .predicted = up_alloc_array(UP_MAX(q->n, 1), sizeof(double)),
				  .block = up_alloc_array(BLOCK_ROWS, UP_MAX(model->pipeline->n_inputs, 1) * sizeof(double))};
	/* Each column and repetition has an order of its own, whatever the others are. */
	UpPermute p = {.n_columns = q->n_columns,
				   .n = q->n,
				   .repeats = q->repeats,
				   .seed = q->seed,
				   .step = 1000003,
				   .afresh = true,
				   .progress = progress,
				   .score = score_shuffled,
				   .arg = &m};

	up_permute(&p, q->whole, first, end, arrays[MEANS], arrays[DEVIATIONS]);
	up_free(m.predicted);
	up_free(m.block);
}

static void
measure_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *q = fixed;
	bool kept;
	const UpModel *model = up_get_model_on(arrays[MODEL], q->model_bytes, &kept);
	uint32_t first = part * q->per_part;

	measure_columns(q, model, arrays, first, UP_MIN(first + q->per_part, q->n_columns), false);
}

/* About how long all of it takes one process: a block of rows is predicted to know. */
static double
seconds_of(const UpBinding *b, const size_t *rows, size_t n, uint32_t repeats)
{
	const UpPipeline *p = b->model->pipeline;
	size_t count = UP_MIN(n, BLOCK_ROWS);
	double *inputs = up_alloc_array(BLOCK_ROWS, UP_MAX(p->n_inputs, 1) * sizeof(double)), out[BLOCK_ROWS],
		   began;

	up_bound_inputs(b, rows, count, inputs);
	up_model_predict(b->model, inputs, count, out);
	began = up_seconds();
	up_model_predict(b->model, inputs, count, out);
	began = up_seconds() - began;
	up_free(inputs);
	return began / (double) UP_MAX(count, 1) * (double) n * p->n_steps * repeats;
}

void
up_permutation_importance(const UpBinding *b, const size_t *rows, size_t n, uint32_t repeats, uint64_t seed,
						  double *mean, double *deviation)
{
	const UpModel *model = b->model;
	size_t d = model->pipeline->n_inputs, all = UP_MAX(n, 1), columns = UP_MAX(model->pipeline->n_steps, 1);
	Job job = {.n = n, .seed = seed, .repeats = repeats, .n_columns = model->pipeline->n_steps};
	double *inputs, *actual, *plain, *means;
	void *bytes = NULL;
	bool alone;

	up_workers_begin(seconds_of(b, rows, n, repeats));
	/* Each process has an order and predictions of its own. */
	alone = up_workers() == 1 || up_workers() * all * (sizeof(double) + sizeof(size_t)) > up_memory_limit();
	inputs = up_alloc_large_array(all, UP_MAX(d, 1) * sizeof(double));
	actual = up_alloc_large_array(2 * all, sizeof(double));
	plain = actual + all;
	means = up_alloc_large_array(2 * columns, sizeof(double));
	up_bound_labels(b, rows, n, actual);
	for (size_t at = 0; at < n; at += BLOCK_ROWS)
	{
		size_t count = UP_MIN(BLOCK_ROWS, n - at);

		up_tick();
		up_bound_inputs(b, rows + at, count, inputs + at * d);
		up_model_predict(model, inputs + at * d, count, plain + at);
	}
	job.whole = quality(model, actual, plain, n);
	job.per_part = (uint32_t) ((columns + MOST_PARTS - 1) / MOST_PARTS);
	if (!alone)
	{
		bytes = up_model_for_parts(model, &job.model_bytes);
		up_parallel((job.n_columns + job.per_part - 1) / job.per_part, measure_part, &job, sizeof(job),
					(void *[]){inputs, actual, plain, bytes, means, means + columns}, N_ARRAYS);
	}
	else
		measure_columns(&job, model, (void *[]){inputs, actual, plain, NULL, means, means + columns}, 0,
						job.n_columns, true);
	memcpy(mean, means, job.n_columns * sizeof(double));
	memcpy(deviation, means + columns, job.n_columns * sizeof(double));
	up_free_large(inputs);
	up_free_large(actual);
	up_free_large(means);
	up_free_large(bytes);
	up_workers_end();
}
