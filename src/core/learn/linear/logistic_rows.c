/*
 * logistic_rows.c - the rows of a training, standardized, and kept for the next one; see logistic_inner.h
 *
 * A part of the rows at a time, by workers too. Cost: two passes over n × d values, and a copy of them where they do not stay as they come.
 */
#include "learn/linear/logistic_inner.h"

#include "num/vec.h"
#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

#define PART_ROWS   8192
#define MOST_AWAY   1000 /* deviations: a mean beyond takes digits with it */
#define PART_VALUES 2000000

typedef struct Rows
{
	size_t n, ld, part_rows;
	uint32_t d;
	double constant;
} Rows;

enum
{
	ROWS,
	PLACES, /* or NULL */
	SHIFT,  /* d values, and d factors */
	SUMS,   /* parts × 2 d: sums and squares */
	N_ARRAYS
};

static void
measure_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Rows *r = fixed;
	size_t first = part * r->part_rows, end = UP_MIN(first + r->part_rows, r->n), done = 0;
	const double *shift = arrays[SHIFT], *const *places = arrays[PLACES];
	double *sums = (double *) arrays[SUMS] + part * 2 * (size_t) r->d, *squares = sums + r->d;

	memset(sums, 0, 2 * (size_t) r->d * sizeof(double));
	for (size_t i = first; i < end; i++)
	{
		const double *row = places != NULL ? places[i] : (const double *) arrays[ROWS] + i * r->ld;

		up_tick_work(&done, r->d);
		for (uint32_t j = 0; j < r->d; j++)
		{
			double v = row[j] - shift[j];

			sums[j] += v;
			squares[j] += v * v;
		}
	}
}

static void
standardize_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Rows *r = fixed;
	size_t first = part * r->part_rows, end = UP_MIN(first + r->part_rows, r->n), done = 0;
	const double *mean = arrays[SHIFT], *deviation = mean + r->d;

	for (size_t i = first; i < end; i++)
	{
		double *row = (double *) arrays[ROWS] + i * r->ld;

		up_tick_work(&done, r->d);
		for (uint32_t j = 0; j < r->d; j++)
			row[j] = (row[j] - mean[j]) / deviation[j];
		row[r->d] = r->constant;
	}
}

/* Of the sums of all parts over shifted rows. Without intercepts, features keep their zero. */
static void
set_moments(const Job *job, const double *shift, const double *sums, UpLogistic *m)
{
	uint32_t d = m->d;

	for (uint32_t j = 0; j < d; j++)
	{
		double sum = sums[j], squares = sums[d + j], n = (double) job->n;

		m->mean[j] = shift[j] + sum / n;
		m->deviation[j] = sqrt(UP_MAX(squares / n - sum / n * (sum / n), 0));
		if (!(m->deviation[j] > 1e-14 * fabs(m->mean[j])))
			m->deviation[j] = 1;
		if (!job->params->fit_intercept)
			m->mean[j] = 0;
		if (!isfinite(squares) || !isfinite(m->mean[j]))
			up_fail_with(UP_INVALID_DATA, NULL, "Scale the features.",
						 "%s is too large for logistic regression", up_feature_called(job->fit->pipeline, j));
	}
}

/*
 * Whether rows may stay as they come: so many features that to copy them takes as long as a dozen passes, and of one output, whose
 * passes take them where they are. What is shared, updated or told of later wants them standardized.
 */
static bool
may_stay(const Job *job, const UpLogistic *m)
{
	return m->n_outputs == 1 && m->d >= UP_LOGISTIC_CURVED && job->fit->reuse == NULL &&
		   job->params->penalty == PENALTY_L2;
}

/* And no mean is so large that taking it away at the end loses digits. */
static bool
can_stay(const Job *job, const UpLogistic *m)
{
	for (uint32_t j = 0; j < m->d; j++)
	{
		if (!(fabs(m->mean[j]) <= MOST_AWAY * m->deviation[j]))
			return false;
	}
	return may_stay(job, m);
}

/* By their own means and deviations, or (own false) by those of the model. */
static void
standardize(Job *job, UpLogistic *m, bool own)
{
	size_t d = m->d;
	Rows r = {job->n, job->ld, UP_MAX(UP_MIN(PART_ROWS, PART_VALUES / job->ld), 256), m->d, m->fit_intercept};
	uint32_t parts = (uint32_t) ((r.n + r.part_rows - 1) / r.part_rows);
	double *shift, *sums;
	void *arrays[N_ARRAYS];

	if (job->n == 0)
		return;
	up_reserve((parts + (size_t) 1) * 2 * d * sizeof(double), "logistic regression");
	shift = up_alloc_large_array(UP_MAX(2 * d, 1), sizeof(double));
	sums = up_alloc_large_array(UP_MAX(parts * 2 * d, 1), sizeof(double));
	arrays[ROWS] = job->x;
	arrays[PLACES] = job->places;
	arrays[SHIFT] = shift;
	arrays[SUMS] = sums;
	if (own)
	{
		memcpy(shift, job->places != NULL ? job->places[0] : job->x, d * sizeof(double));
		up_parallel(parts, measure_part, &r, sizeof(r), arrays, N_ARRAYS);
		for (uint32_t part = 1; part < parts; part++)
			up_vec_axpy(sums, 1, sums + part * 2 * d, 2 * d);
		set_moments(job, shift, sums, m);
	}
	memcpy(shift, m->mean, d * sizeof(double));
	memcpy(shift + d, m->deviation, d * sizeof(double));
	up_free_large(sums);
	if (own && can_stay(job, m))
	{
		job->shift = shift;
		return;
	}
	if (job->places != NULL)
		job->x = up_data_padded(job->fit->data, job->n, job->ld, 0, NULL);
	job->places = NULL;
	arrays[ROWS] = job->x;
	up_parallel(parts, standardize_part, &r, sizeof(r), arrays, N_ARRAYS);
	up_free_large(shift);
}

static void
let_go(UpReuse *reuse, Kept *kept)
{
	up_free_large(kept->x);
	up_free_large(kept->y);
	up_free_large(kept->cost);
	up_free_large(kept->curve.prob);
	up_free(kept->curve.h);
	up_free(kept->curve.slope);
	up_free(kept->mean);
	up_free(kept->deviation);
	up_free(kept->family);
	up_reuse_give_back(reuse, kept->bytes);
	reuse->kept = NULL;
	up_free(kept);
}

/* At another stage: rows of the other kind, and second derivatives, would not be there if they were not kept. */
static void
begin_stage(UpReuse *reuse, const UpLogistic *m)
{
	Kept *kept = reuse != NULL ? reuse->kept : NULL;

	if (kept == NULL || kept->stage == reuse->stage)
		return;
	if (kept->fit_intercept != m->fit_intercept)
	{
		let_go(reuse, kept);
		return;
	}
	up_free(kept->family);
	kept->family = NULL;
	kept->stage = reuse->stage;
}

/* Rows, labels, means and deviations as they were kept; false: there are none, or of another kind. */
static bool
take_kept(Job *job, UpLogistic *m)
{
	const Kept *kept = job->fit->reuse != NULL ? job->fit->reuse->kept : NULL;

	if (kept == NULL || kept->fit_intercept != m->fit_intercept)
		return false;
	job->x = kept->x;
	job->y = kept->y;
	memcpy(m->mean, kept->mean, m->d * sizeof(double));
	memcpy(m->deviation, kept->deviation, m->d * sizeof(double));
	return true;
}

static double *
copy_kept(const double *v, size_t n)
{
	double *copy = up_alloc_array(UP_MAX(n, 1), sizeof(double));

	memcpy(copy, v, n * sizeof(double));
	return copy;
}

/* Keeps what was made, which is in the memory of what is kept. */
static void
keep_rows(const Job *job, const UpLogistic *m)
{
	size_t dims = up_logistic_dims(m);
	Kept *kept = up_alloc0(sizeof(Kept));

	kept->fit_intercept = m->fit_intercept;
	kept->mean = copy_kept(m->mean, m->d);
	kept->deviation = copy_kept(m->deviation, m->d);
	kept->x = job->x;
	kept->y = job->y;
	kept->stage = job->fit->reuse->stage;
	kept->bytes = job->n * (job->ld + 1) * sizeof(double);
	if (up_reuse_take(job->fit->reuse, job->n * ((size_t) m->n_outputs + 1) * sizeof(double)))
	{
		kept->bytes += job->n * ((size_t) m->n_outputs + 1) * sizeof(double);
		kept->cost = up_alloc_large_array(UP_MAX(job->n, 1), sizeof(double));
		kept->curve.prob = up_alloc_large_array(UP_MAX(job->n, 1), m->n_outputs * sizeof(double));
	}
	if (up_logistic_is_dense(m->n_outputs, m->d) &&
		up_reuse_take(job->fit->reuse, (dims + 1) * dims * sizeof(double)))
	{
		kept->bytes += (dims + 1) * dims * sizeof(double);
		kept->curve.h = up_alloc_array(dims * dims, sizeof(double));
		kept->curve.slope = up_alloc_array(dims, sizeof(double));
	}
	job->fit->reuse->kept = kept;
}

void
up_logistic_read_rows(Job *job, const UpLogistic *before, UpLogistic *m)
{
	const UpData *data = job->fit->data;
	UpReuse *reuse = job->fit->reuse;
	void *memory = NULL;
	bool keep;

	job->n = data->n_rows;
	job->ld = UP_SYRK_PAD(UP_MAX((size_t) data->n_features + 1, UP_ROWS_MIN));
	begin_stage(reuse, m);
	if (take_kept(job, m))
		return;
	keep =
		reuse != NULL && reuse->kept == NULL && up_reuse_take(reuse, job->n * (job->ld + 1) * sizeof(double));
	if (keep)
		memory = up_arena_visit(reuse->arena);
	/* Others see a copy alone. */
	job->places = before == NULL && may_stay(job, m) && up_workers() == 1 ? up_data_places(data) : NULL;
	job->y = up_alloc_large_array(UP_MAX(job->n, 1), sizeof(double));
	if (job->places == NULL)
		job->x = up_data_padded(data, job->n, job->ld, 0, job->y);
	else
		up_data_all_labels(data, job->y);
	if (before != NULL)
	{
		memcpy(m->mean, before->mean, m->d * sizeof(double));
		memcpy(m->deviation, before->deviation, m->d * sizeof(double));
	}
	standardize(job, m, before == NULL);
	if (!keep)
		return;
	keep_rows(job, m);
	up_arena_return(memory);
}
