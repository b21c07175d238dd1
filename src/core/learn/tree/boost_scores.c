/*
 * boost_scores.c - gradients and scores of a boosting's rows; see boost_scores.h
 *
 * Cost: O(rows × outputs) a round.
 */
#include "learn/tree/boost_scores.h"

#define PART_ROWS 16384

enum
{
	ROWS,
	LABELS,
	WEIGHTS, /* or anything */
	SCORES,
	GRADIENTS, /* output after output */
	HESSIANS,
	LEAF_OF,
	VALUES,
	N_ARRAYS
};

typedef struct Job
{
	UpLossSpec loss;
	size_t n_all;
	uint32_t n, output;
	bool weighted;
} Job;

static void
run_job(UpBoosting *w, UpPart fn, uint32_t output, double *values, const uint32_t *rows, uint32_t n)
{
	Job job = {w->b->loss, w->n, n, output, w->weight != NULL};
	void *arrays[N_ARRAYS] = {(void *) rows, w->y,        w->weight != NULL ? w->weight : w->y,
							  w->scores,     w->gradient, w->hessian,
							  w->leaf_of,    values};

	up_parallel((n + PART_ROWS - 1) / PART_ROWS, fn, &job, sizeof(job), arrays, N_ARRAYS);
}

static void
gradients_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *job = fixed;
	uint32_t first = part * PART_ROWS, n = UP_MIN(PART_ROWS, job->n - first);

	for (uint32_t output = 0; output < job->loss.n_outputs; output++)
		up_loss_gradients(&job->loss, output, arrays[LABELS], job->weighted ? arrays[WEIGHTS] : NULL,
						  arrays[SCORES], (const uint32_t *) arrays[ROWS] + first, n,
						  (double *) arrays[GRADIENTS] + (size_t) output * job->n_all,
						  (double *) arrays[HESSIANS] + (size_t) output * job->n_all);
}

void
up_boost_gradients(UpBoosting *w, const uint32_t *rows, uint32_t n)
{
	run_job(w, gradients_part, 0, w->y, rows, n);
}

static void
leaves_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *job = fixed;
	uint32_t first = part * PART_ROWS, n = UP_MIN(PART_ROWS, job->n - first), outputs = job->loss.n_outputs;
	const uint32_t *rows = (const uint32_t *) arrays[ROWS] + first, *leaf_of = arrays[LEAF_OF];
	const double *values = arrays[VALUES];
	double *scores = arrays[SCORES];

	up_tick();
	for (uint32_t i = 0; i < n; i++)
		scores[(size_t) rows[i] * outputs + job->output] += values[leaf_of[rows[i]]];
}

void
up_boost_add_leaves(UpBoosting *w, const UpTree *t, uint32_t output, const uint32_t *rows, uint32_t n)
{
	double *values = up_alloc_large_array(t->n_leaves, sizeof(double));

	UP_ASSERT(output < w->b->loss.n_outputs && t->width == 1);
	for (uint32_t leaf = 0; leaf < t->n_leaves; leaf++)
		values[leaf] = t->values[leaf];
	run_job(w, leaves_part, output, values, rows, n);
	up_free_large(values);
}
