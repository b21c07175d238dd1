/*
 * kmeans_lloyd.c - Lloyd's iterations
 *
 * Minimizes sum over rows of min over c of |x - m_c|^2: assign every row to its nearest centre, move every centre to
 * the mean of its rows, until no row changes its cluster or the centres move by at most tol. S. Lloyd, "Least
 * squares quantization in PCM", IEEE Trans. Inf. Theory 28 (1982).
 *
 * Assignment is exact: all k distances of every row in float8, blockwise in registers. Sums are kept between
 * iterations and corrected by the rows that change their cluster, few after the first; at the end they are made
 * afresh, so that nothing of the corrections' rounding stays. Cost of an iteration: n k d multiply-adds and
 * 8 n d bytes read.
 */
#include "learn/kmeans/kmeans.h"

#include "num/vec.h"

#include <math.h>
#include <string.h>

#define NO_CLUSTER UINT32_MAX

/* Multiply-adds between two ticks: well under a millisecond. */
#define TICK_WORK (UINT64_C(1) << 22)

typedef struct Lloyd
{
	UpKmeansRows *rows;
	UpKmeansRun *run;
	UpNearest nearest;
	double *sums;     /* k × d */
	uint64_t *counts; /* k */
} Lloyd;

static size_t
blocks_a_step(const UpKmeansRows *rows, uint32_t k)
{
	uint64_t work = (uint64_t) UP_MAX(rows->d, 1) * k * UP_NEAREST_ROWS;

	return UP_MIN(UP_MAX(TICK_WORK / work, 1), UP_KMEANS_CHUNK_BLOCKS);
}

static inline const double *
row_at(const UpKmeansRows *rows, size_t i)
{
	return rows->x + i / UP_NEAREST_ROWS * UP_NEAREST_ROWS * rows->d + i % UP_NEAREST_ROWS;
}

static inline void
add_row(double *sum, const double *row, uint32_t d)
{
	for (uint32_t j = 0; j < d; j++)
		sum[j] += row[(size_t) j * UP_NEAREST_ROWS];
}

static inline void
subtract_row(double *sum, const double *row, uint32_t d)
{
	for (uint32_t j = 0; j < d; j++)
		sum[j] -= row[(size_t) j * UP_NEAREST_ROWS];
}

/* Row i goes to cluster label. */
static inline void
move_row(Lloyd *s, size_t i, uint32_t label)
{
	UpKmeansRows *rows = s->rows;
	uint32_t from = rows->labels[i], d = rows->d;
	const double *row = row_at(rows, i);

	if (from != NO_CLUSTER)
	{
		subtract_row(s->sums + (size_t) from * d, row, d);
		s->counts[from]--;
	}
	add_row(s->sums + (size_t) label * d, row, d);
	s->counts[label]++;
	rows->labels[i] = label;
}

/* Every row to its nearest centre. Returns how many changed. */
static size_t
assign_rows(Lloyd *s)
{
	UpKmeansRows *rows = s->rows;
	size_t step = blocks_a_step(rows, s->run->k), changed = 0;
	uint32_t labels[UP_KMEANS_CHUNK_ROWS];

	up_nearest_set(&s->nearest, s->run->centres, s->run->k);
	for (size_t b = 0; b < rows->n_blocks; b += step)
	{
		size_t first = b * UP_NEAREST_ROWS;
		size_t n = UP_MIN(rows->n - first, step * UP_NEAREST_ROWS);

		up_tick();
		up_vec_nearest(&s->nearest, rows->x + first * rows->d, UP_MIN(rows->n_blocks - b, step), labels, NULL);
		for (size_t i = 0; i < n; i += UP_NEAREST_ROWS)
		{
			size_t m = UP_MIN(n - i, UP_NEAREST_ROWS);

			if (memcmp(labels + i, rows->labels + first + i, m * sizeof(uint32_t)) == 0)
				continue;
			for (size_t r = i; r < i + m; r++)
			{
				if (labels[r] == rows->labels[first + r])
					continue;
				move_row(s, first + r, labels[r]);
				changed++;
			}
		}
	}
	return changed;
}

/* Distances of all rows to their centres into rows->closest, 0 after the last row; labels unless NULL. */
static void
measure_rows(UpKmeansRows *rows, const UpNearest *nearest, uint32_t *labels)
{
	size_t step = blocks_a_step(rows, nearest->k);
	uint32_t unused[UP_KMEANS_CHUNK_ROWS];

	for (size_t b = 0; b < rows->n_blocks; b += step)
	{
		size_t first = b * UP_NEAREST_ROWS;

		up_tick();
		up_vec_nearest(nearest, rows->x + first * rows->d, UP_MIN(rows->n_blocks - b, step),
					   labels != NULL ? labels + first : unused, rows->closest + first);
	}
	for (size_t i = rows->n; i < rows->n_blocks * UP_NEAREST_ROWS; i++)
		rows->closest[i] = 0;
}

/* The row farthest from its centre, of those that have company in their cluster; n if none has any distance. */
static size_t
farthest_row(const Lloyd *s)
{
	const UpKmeansRows *rows = s->rows;
	double most = 0;
	size_t farthest = rows->n;

	for (size_t i = 0; i < rows->n; i++)
	{
		if (i % UP_KMEANS_CHUNK_ROWS == 0)
			up_tick();
		if (rows->closest[i] > most && s->counts[rows->labels[i]] > 1)
		{
			most = rows->closest[i];
			farthest = i;
		}
	}
	return farthest;
}

/*
 * An empty cluster gets the row that is farthest from every centre, counting those given away before it. Returns how
 * many rows moved.
 */
static size_t
reseed_empty(Lloyd *s)
{
	UpKmeansRows *rows = s->rows;
	size_t moved = 0;
	double *row = NULL;

	for (uint32_t c = 0; c < s->run->k; c++)
	{
		size_t i;

		if (s->counts[c] > 0)
			continue;
		if (row == NULL)
		{
			row = up_alloc_array(UP_MAX(rows->d, 1), sizeof(double));
			measure_rows(rows, &s->nearest, NULL);
		}
		i = farthest_row(s);
		if (i == rows->n)
			break;
		/* What rounding left in the sum of an empty cluster. */
		memset(s->sums + (size_t) c * rows->d, 0, rows->d * sizeof(double));
		move_row(s, i, c);
		moved++;

		up_kmeans_row(rows, i, row);
		up_nearest_set(&rows->trial, row, 1);
		for (size_t b = 0; b < rows->n_blocks; b += UP_KMEANS_CHUNK_BLOCKS)
		{
			double unused;

			up_tick();
			up_vec_nearest_trials(&rows->trial, rows->x + b * UP_NEAREST_ROWS * rows->d,
								  UP_MIN(rows->n_blocks - b, UP_KMEANS_CHUNK_BLOCKS),
								  rows->closest + b * UP_NEAREST_ROWS, &unused);
		}
	}
	up_free(row);
	return moved;
}

/* Centres become the means of their rows. Returns the sum of their squared shifts. */
static double
move_centres(Lloyd *s)
{
	uint32_t d = s->rows->d;
	double shift = 0;

	for (uint32_t c = 0; c < s->run->k; c++)
	{
		double *centre = s->run->centres + (size_t) c * d;
		const double *sum = s->sums + (size_t) c * d;
		double n = (double) s->counts[c];

		if (s->counts[c] == 0)
			continue;
		for (uint32_t j = 0; j < d; j++)
		{
			double mean = sum[j] / n;

			shift += (mean - centre[j]) * (mean - centre[j]);
			centre[j] = mean;
		}
	}
	return shift;
}

/* The sums of the labels as they are, summed by chunks of rows: as exact as one gets without much ado. */
static void
rebuild_sums(Lloyd *s)
{
	UpKmeansRows *rows = s->rows;
	uint32_t d = rows->d, k = s->run->k;
	/* Adding up a chunk costs k d additions, which many rows share. */
	size_t chunk = UP_MAX(UP_KMEANS_CHUNK_ROWS, 4 * (size_t) k);
	size_t values = (size_t) k * d;
	double *part = up_alloc_array(UP_MAX(values, 1), sizeof(double));

	memset(s->sums, 0, values * sizeof(double));
	for (size_t first = 0; first < rows->n; first += chunk)
	{
		size_t end = UP_MIN(rows->n, first + chunk);

		memset(part, 0, values * sizeof(double));
		for (size_t i = first; i < end; i++)
		{
			if (i % UP_NEAREST_ROWS == 0)
				up_tick();
			add_row(part + (size_t) rows->labels[i] * d, row_at(rows, i), d);
		}
		up_vec_axpy(s->sums, 1.0, part, values);
	}
	up_free(part);
}

void
up_kmeans_score(UpKmeansRows *rows, UpKmeansRun *run)
{
	UpNearest nearest;

	up_nearest_init(&nearest, run->k, rows->d);
	up_nearest_set(&nearest, run->centres, run->k);
	measure_rows(rows, &nearest, rows->labels);
	up_nearest_free(&nearest);

	run->inertia = 0;
	memset(run->sizes, 0, run->k * sizeof(uint64_t));
	for (size_t first = 0; first < rows->n; first += UP_KMEANS_CHUNK_ROWS)
	{
		size_t n = UP_MIN(rows->n - first, UP_KMEANS_CHUNK_ROWS);

		for (size_t i = first; i < first + n; i++)
			run->sizes[rows->labels[i]]++;
		run->inertia += up_vec_sum(rows->closest + first, n);
	}
}

void
up_kmeans_lloyd(UpKmeansRows *rows, const UpKmeansLimits *limits, UpKmeansRun *run)
{
	size_t values = (size_t) run->k * UP_MAX(rows->d, 1);
	Lloyd s = {.rows = rows, .run = run};

	up_nearest_init(&s.nearest, run->k, rows->d);
	s.sums = up_alloc0(values * sizeof(double));
	s.counts = up_alloc0(run->k * sizeof(uint64_t));
	for (size_t i = 0; i < rows->n; i++)
		rows->labels[i] = NO_CLUSTER;

	run->converged = false;
	run->iterations = 0;
	while (!run->converged && run->iterations < limits->max_iter)
	{
		size_t changed;

		up_progress("k-means", limits->done + run->iterations, limits->total);
		changed = assign_rows(&s);
		changed += reseed_empty(&s);
		run->converged = move_centres(&s) <= limits->tol || changed == 0;
		run->iterations++;
	}
	rebuild_sums(&s);
	move_centres(&s);
	up_free(s.counts);
	up_free(s.sums);
	up_nearest_free(&s.nearest);
	up_kmeans_score(rows, run);
}
