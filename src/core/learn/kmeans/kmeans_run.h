/*
 * kmeans_run.h - the parts of k-means: rows as the kernels want them, first centres, Lloyd's iterations
 */
#ifndef UPROFILE_KMEANS_RUN_H
#define UPROFILE_KMEANS_RUN_H

#include "base/rng.h"
#include "num/vec_columns.h"
#include "num/vec_nearest_f32.h"
#include "learn/learner.h"

/* The most clusters: labels stay small, and a seeding pass tries 2 + ln k candidates at once. */
#define UP_KMEANS_LIMIT 65535

/* Rows that are summed by themselves before they are added to a total. */
#define UP_KMEANS_CHUNK_BLOCKS 32
#define UP_KMEANS_CHUNK_ROWS   (UP_KMEANS_CHUNK_BLOCKS * UP_NEAREST_ROWS)

typedef struct UpKmeansRows
{
	size_t n;
	uint32_t d;
	size_t n_blocks; /* of UP_NEAREST_ROWS rows, which the kernels take at a time */
	double *x;       /* n × d, row-major: rows minus shift */
	int16_t *coarse; /* n × d: the same rows, times scale; see vec_nearest_f32.h */
	double scale;
	double *shift;        /* d: column means, or medians where a mean is far from most rows */
	double mean_variance; /* of the columns about the shift, ddof 0 */
	uint32_t *labels;     /* n_blocks × UP_NEAREST_ROWS: the cluster of every row in the present run */
	float *kept;          /* as many: see kmeans_lloyd.c */
	double *closest;      /* as many squared distances, or NULL: see up_kmeans_closest */
	UpNearest trial;      /* space for UP_NEAREST_TRIALS centres */
} UpKmeansRows;

/* The columns of block b of n rows. Behind the last row it stands again. */
static inline void
up_kmeans_block(const double *x, size_t n, uint32_t d, size_t b, double *block)
{
	const double *rows[UP_NEAREST_ROWS];

	for (size_t i = 0; i < UP_NEAREST_ROWS; i++)
		rows[i] = x + UP_MIN(b * UP_NEAREST_ROWS + i, n - 1) * d;
	up_vec_columns(rows, d, block);
}

/* Space for such a block. */
static inline double *
up_kmeans_block_space(uint32_t d)
{
	return up_alloc_array((size_t) UP_MAX(d, 1) * UP_NEAREST_ROWS, sizeof(double));
}

/* One run: its centres (minus shift) and what they are worth. */
typedef struct UpKmeansRun
{
	uint32_t k;
	double *centres; /* k × d */
	uint64_t *sizes; /* k */
	double inertia;
	uint64_t ties; /* rows as far from another centre as from their own */
	uint32_t iterations;
	bool converged;
} UpKmeansRun;

/* Into how many parts the rows are cut for k centres: by what is there, never by who works on it. */
extern uint32_t up_kmeans_parts(size_t n, uint32_t k);
/* what: who asks, for the error. */
extern UpKmeansRows *up_kmeans_load(const UpData *data, const char *what);
/* Scratch of seeding and re-seeding, made where it is first asked for. */
extern double *up_kmeans_closest(UpKmeansRows *rows);
/* The number of different rows, counted up to limit. */
extern uint32_t up_kmeans_distinct(const UpKmeansRows *rows, uint32_t limit);

/* First centres, k × d. The number found: fewer than k if the rows have no more different values. */
extern uint32_t up_kmeans_seed_greedy(UpKmeansRows *rows, uint32_t k, UpRng *rng, double *centres);
extern void up_kmeans_seed_random(const UpKmeansRows *rows, uint32_t k, UpRng *rng, double *centres);

/* Where a run stands among all, for progress. */
typedef struct UpKmeansLimits
{
	double tol; /* of the summed squared shift of the centres */
	uint32_t max_iter;
	uint64_t done; /* iterations that earlier runs were allowed */
	uint64_t total;
} UpKmeansLimits;

/* From run->k and run->centres to all of run. */
extern void up_kmeans_lloyd(UpKmeansRows *rows, const UpKmeansLimits *limits, UpKmeansRun *run);
/* Labels, sizes and inertia of these centres. */
extern void up_kmeans_score(UpKmeansRows *rows, UpKmeansRun *run);

#endif
