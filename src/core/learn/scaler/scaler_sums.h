/*
 * scaler_sums.h - what a scaler keeps of rows that it need not hold: shifted sums and ranges, mergeable
 */
#ifndef UPROFILE_SCALER_SUMS_H
#define UPROFILE_SCALER_SUMS_H

#include "base/codec.h"

/* Sums of one pass. */
typedef struct UpSums
{
	uint32_t n;
	uint64_t rows;
	double *shift;   /* the first row; in a model, which keeps no row, the means */
	double *sum;     /* of x - shift */
	double *squares; /* of (x - shift)^2 */
	double *minimum;
	double *maximum;
	/* A block: its own sums, moved into the totals when it is full, so that long sums stay exact. */
	uint32_t block_rows;
	double *block_sum;
	double *block_squares;
} UpSums;

/* The functions of UpStream (learner.h); the sums are UpSums. */
extern void *up_sums_start(uint32_t n_features);
extern void up_sums_add(void *sums, const double *x, double label);
extern void up_sums_merge(void *sums, const void *others);
extern void up_sums_put(const void *sums, UpWriter *w);
extern void *up_sums_get(UpReader *r, uint32_t n_features);
/* Moves the shift to the means. */
extern void up_sums_centre(UpSums *s);
extern size_t up_sums_bytes(uint32_t n_features);

#endif
