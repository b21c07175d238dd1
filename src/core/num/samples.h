/*
 * samples.h - rows of numbers in blocks
 *
 * n_columns float8 values a row and one label, row after row in blocks of at most about 512 kB, so that growing
 * never copies what is there and no allocation nears 1 GB. NaN stands for a missing value. Samples know nothing
 * of names or categories; a frame (prep/frame.h) does.
 */
#ifndef UPROFILE_SAMPLES_H
#define UPROFILE_SAMPLES_H

#include "base/codec.h"

typedef struct UpSamples
{
	uint32_t n_columns;
	uint64_t n_rows;
	unsigned shift;        /* a full block holds 1 << shift rows */
	size_t first_capacity; /* rows that the first block has space for: it starts small and grows */
	size_t n_blocks;
	size_t n_made; /* blocks that there is memory for */
	size_t block_capacity;
	double **blocks; /* rows of n_columns + 1 values: features, then the label */
	size_t n_chunks;
	double **chunks; /* where the memory of some blocks begins */
	double *whole;   /* a large array that all rows stand in, one after the other, or NULL */
} UpSamples;

extern UpSamples *up_samples_new(uint32_t n_columns);
/* Space for one more row of n_columns + 1 values, counted as added; the caller fills it. */
extern double *up_samples_add(UpSamples *s);
extern void up_samples_append(UpSamples *s, const UpSamples *other); /* same n_columns */
/* A copy whose row i is row order[i] of s. */
extern UpSamples *up_samples_reordered(const UpSamples *s, const size_t *order);
extern size_t up_samples_bytes(const UpSamples *s);
extern void up_samples_free(UpSamples *s);

/*
 * All rows in one large array: the same samples, moved into one that other processes can see, and samples of theirs over it. Nothing may be
 * added any more.
 */
extern void up_samples_move(UpSamples *s);
extern UpSamples *up_samples_over(double *whole, uint64_t n_rows, uint32_t n_columns);

static inline double *
up_samples_row(const UpSamples *s, uint64_t i)
{
	UP_ASSERT((i >> s->shift) < s->n_blocks);
	return s->blocks[i >> s->shift] + (i & ((UINT64_C(1) << s->shift) - 1)) * (s->n_columns + 1);
}

extern void up_put_samples(UpWriter *w, const UpSamples *s);
extern UpSamples *up_get_samples(UpReader *r);

/*
 * The canonical order: positions of the rows sorted by a 64-bit hash of their content, then by content (equal rows
 * are interchangeable). The same set of rows gives the same sequence of rows, whatever order they arrived in.
 * order receives n_rows positions.
 */
extern void up_samples_canonical_order(const UpSamples *s, size_t *order);
/* The same by these columns alone (n_columns is the label's): as if there were no others. */
extern void up_samples_order_by(const UpSamples *s, const uint32_t *columns, uint32_t n_columns, size_t *order);

#endif
