/*
 * boost_scores.c - gradients and scores of a boosting's rows; see boost_scores.h
 *
 * Cost: O(rows × outputs) a round.
 */
#include "learn/tree/boost_scores.h"

enum
{
	ROWS,
	LABELS,
	WEIGHTS, /* or NULL */
	SCORES,
	GRADIENTS, /* output after output */
	HESSIANS,
	MEASURED, /* or NULL */
	LEAF_OF,
	VALUES, /* of leaves that are added to the scores, or NULL */
	LOSSES, /* UpLossSum of each block, or NULL */
	N_ARRAYS
};

typedef struct Job
{
	UpLossSpec loss;
	size_t n_all;
	uint32_t n, block_rows, n_blocks;
	uint32_t output;
	bool gradients;
} Job;

static void
add_leaves(const Job *job, void *const *arrays, const uint32_t *rows, uint32_t n)
{
	const uint32_t *leaf_of = arrays[LEAF_OF];
	const double *values = arrays[VALUES];
	double *scores = (double *) arrays[SCORES] + job->output;
	size_t outputs = job->loss.n_outputs;

	for (uint32_t i = 0; i < n; i++)
		scores[rows[i] * outputs] += values[leaf_of[rows[i]]];
}

static void
take_gradients(const Job *job, void *const *arrays, uint32_t block, const uint32_t *rows, uint32_t n)
{
	UpBoostMeasure *measured = arrays[MEASURED];

	for (uint32_t output = 0; output < job->loss.n_outputs; output++)
	{
		double *gradient = (double *) arrays[GRADIENTS] + output * job->n_all;
		double *hessian = (double *) arrays[HESSIANS] + output * job->n_all;

		up_loss_gradients(&job->loss, output, arrays[LABELS], arrays[WEIGHTS], arrays[SCORES], rows, n,
						  gradient, hessian);
		if (measured != NULL)
			measured[(size_t) output * job->n_blocks + block] = up_boost_measure(gradient, hessian, rows, n);
	}
}

static void
block_part(const void *fixed, void *const *arrays, uint32_t block)
{
	const Job *job = fixed;
	uint32_t first = block * job->block_rows, n = UP_MIN(job->block_rows, job->n - first);
	const uint32_t *rows = (const uint32_t *) arrays[ROWS] + first;

	up_tick();
	if (arrays[VALUES] != NULL)
		add_leaves(job, arrays, rows, n);
	if (job->gradients)
		take_gradients(job, arrays, block, rows, n);
	if (arrays[LOSSES] != NULL)
		((UpLossSum *) arrays[LOSSES])[block] =
			up_loss_sum(&job->loss, arrays[LABELS], arrays[WEIGHTS], arrays[SCORES], rows, n);
}

static void
run_job(const UpBoosting *w, Job job, double *values, UpLossSum *losses, const uint32_t *rows, uint32_t n)
{
	void *arrays[N_ARRAYS] = {(void *) rows, w->y,        w->weight,  w->scores, w->gradient,
							  w->hessian,    w->measured, w->leaf_of, values,    losses};

	job.loss = w->b->loss;
	job.n_all = w->n;
	job.n = n;
	job.block_rows = w->block_rows;
	job.n_blocks = up_boost_blocks(w, n);
	up_parallel(job.n_blocks, block_part, &job, sizeof(job), arrays, N_ARRAYS);
}

void
up_boost_gradients(UpBoosting *w, const uint32_t *rows, uint32_t n)
{
	run_job(w, (Job){.gradients = true}, NULL, NULL, rows, n);
}

void
up_boost_add_leaves(UpBoosting *w, const UpTree *t, uint32_t output, const uint32_t *rows, uint32_t n,
					bool gradients)
{
	double *values = up_alloc_large_array(t->n_leaves, sizeof(double));

	UP_ASSERT(output < w->b->loss.n_outputs && t->width == 1);
	for (uint32_t leaf = 0; leaf < t->n_leaves; leaf++)
		values[leaf] = t->values[leaf];
	run_job(w, (Job){.output = output, .gradients = gradients}, values, NULL, rows, n);
	up_free_large(values);
}

double
up_boost_loss(const UpBoosting *w, const uint32_t *rows, uint32_t n)
{
	uint32_t n_blocks = up_boost_blocks(w, n);
	UpLossSum *losses = up_alloc_large_array(UP_MAX(n_blocks, 1), sizeof(UpLossSum)), sum = {0, 0};

	run_job(w, (Job){.gradients = false}, NULL, losses, rows, n);
	for (uint32_t i = 0; i < n_blocks; i++)
	{
		sum.loss += losses[i].loss;
		sum.weight += losses[i].weight;
	}
	up_free_large(losses);
	return up_loss_mean(sum);
}
