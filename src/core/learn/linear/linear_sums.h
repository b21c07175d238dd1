/*
 * linear_sums.h - what least squares needs of rows: their number, means, and centred products of features and target
 */
#ifndef UPROFILE_LINEAR_SUMS_H
#define UPROFILE_LINEAR_SUMS_H

#include "base/codec.h"

typedef struct UpLinearSums
{
	uint32_t d;
	size_t ld;        /* side of products: d + 1, rounded up */
	uint64_t rows;    /* in means and products */
	double *mean;     /* ld: of the features, then of the target */
	double *products; /* ld × ld, upper triangle: sum of (z - mean)(z - mean)' over z = (x, y) */
	/* Rows that wait until they are enough. */
	double *block; /* capacity × ld */
	uint32_t n_block, capacity;
} UpLinearSums;

/* The functions of UpStream (learner.h). */
extern void *up_linear_sums_start(uint32_t d);
extern void up_linear_sums_add(void *sums, const double *x, double y);
extern void up_linear_sums_merge(void *sums, const void *other);
extern void up_linear_sums_put(const void *sums, UpWriter *w);
extern void *up_linear_sums_get(UpReader *r, uint32_t d);
extern size_t up_linear_sums_bytes(uint32_t d);

/* Brings the rows that wait into means and products. */
extern void up_linear_sums_settle(UpLinearSums *s);
/* Takes the rows of other away; both are settled. False if they cannot have been among these. */
extern bool up_linear_sums_subtract(UpLinearSums *s, const UpLinearSums *other);

#endif
