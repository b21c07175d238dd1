/*
 * cross.c - G = sum of z z' over rows z; see cross.h
 *
 * Rows are collected in rounds; of a round each part makes a band of G's columns, so that every sum adds the rows in their order: no
 * bit depends on how many processes there are. Cost: ld^2 / 2 a row.
 */
#include "num/cross.h"

#include "num/vec_syrk.h"

#include <string.h>

#define MOST_BANDS     24
#define ROUND_VALUES   (1 << 20) /* of rows */
#define CHUNK_VALUES   (1 << 14) /* that stay in the first caches */
#define SECONDS_A_PAIR 3e-11     /* multiply-add, about */

enum
{
	G,
	ROWS,
	N_ARRAYS
};

typedef struct Job
{
	size_t ld, n;
	uint32_t bands;
} Job;

static size_t
round_rows(size_t ld)
{
	return UP_MAX(ROUND_VALUES / ld / UP_CROSS_ROWS, 1) * UP_CROSS_ROWS;
}

UpCross *
up_cross_begin(size_t ld, size_t n_rows)
{
	UpCross *c = up_alloc0(sizeof(UpCross));

	c->ld = ld;
	c->most = UP_MIN(round_rows(ld), (n_rows / UP_CROSS_ROWS + 1) * UP_CROSS_ROWS);
	up_workers_begin((double) ld * (double) ld / 2 * (double) n_rows * SECONDS_A_PAIR);
	c->g = up_alloc_large_zeroed(ld * ld, sizeof(double));
	c->rows = up_alloc_large_zeroed(c->most * ld, sizeof(double));
	return c;
}

static void
band_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *job = fixed;
	size_t from = up_syrk_band(job->ld, job->bands, part), end = up_syrk_band(job->ld, job->bands, part + 1);
	size_t chunk = UP_MAX(CHUNK_VALUES / job->ld, 16), work = 0;
	const double *rows = arrays[ROWS];

	for (size_t at = 0; at < job->n; at += chunk)
	{
		size_t n = UP_MIN(chunk, job->n - at);

		up_tick_work(&work, n * end * (end - from) / 8);
		up_vec_syrk_columns(arrays[G], job->ld, rows + at * job->ld, n, from, end);
	}
}

static void
flush(UpCross *c)
{
	Job job = {c->ld, c->n, (uint32_t) UP_MIN(MOST_BANDS, c->ld / 8)};
	void *arrays[N_ARRAYS] = {[G] = c->g, [ROWS] = c->rows};

	if (c->n > 0)
		up_parallel(job.bands, band_part, &job, sizeof(job), arrays, N_ARRAYS);
	c->n = 0;
}

double *
up_cross_rows(UpCross *c, size_t n)
{
	double *rows;

	UP_ASSERT(n <= UP_CROSS_ROWS);
	if (c->n + n > c->most)
		flush(c);
	rows = c->rows + c->n * c->ld;
	c->n += n;
	return rows;
}

void
up_cross_end(UpCross *c, double *g)
{
	flush(c);
	memcpy(g, c->g, c->ld * c->ld * sizeof(double));
	up_free_large(c->g);
	up_free_large(c->rows);
	up_free(c);
	up_workers_end();
}
