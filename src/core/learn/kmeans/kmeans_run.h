/*
 * kmeans_run.h - the parts of k-means: rows as the kernels want them, first centres, Lloyd's iterations
 */
#ifndef UPROFILE_KMEANS_RUN_H
#define UPROFILE_KMEANS_RUN_H

#include "base/rng.h"
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
	size_t n_blocks;
	double *x;            /* n_blocks blocks (vec_nearest.h) of rows minus shift; zeros after the last row */
	float *narrow;        /* n × d, row-major: rows minus shift, times scale */
	double scale;         /* see vec_nearest_f32.h */
	double *shift;        /* d column means */
	double mean_variance; /* of the columns, ddof 0 */
	uint32_t *labels;     /* n_blocks × UP_NEAREST_ROWS: the cluster of every row in the present run */
	float *kept;          /* as many: see kmeans_lloyd.c */
	double *closest;      /* as many squared distances: scratch of seeding, re-seeding and scoring */
	UpNearest trial;      /* space for UP_NEAREST_TRIALS centres */
} UpKmeansRows;

/* Row i, minus shift. */
static inline void
up_kmeans_row(const UpKmeansRows *rows, size_t i, double *out)
{
	const double *p = rows->x + i / UP_NEAREST_ROWS * UP_NEAREST_ROWS * rows->d + i % UP_NEAREST_ROWS;

	for (uint32_t j = 0; j < rows->d; j++)
		out[j] = p[(size_t) j * UP_NEAREST_ROWS];
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
extern UpKmeansRows *up_kmeans_load(const UpData *data);
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
