/*
 * pca_sums.h - what principal components need of rows: their number, means and centred products, mergeable
 */
#ifndef UPROFILE_PCA_SUMS_H
#define UPROFILE_PCA_SUMS_H

#include "base/codec.h"

typedef struct UpPcaSums
{
	uint32_t d;
	size_t ld;        /* side of products: d, rounded up */
	uint64_t rows;    /* in means and products */
	double *shift;    /* d: the first row, which is taken off every other */
	double *mean;     /* ld: of x - shift */
	double *products; /* ld × ld, upper triangle: sum of (x - mean)(x - mean)' */
	/* Rows that wait until they are enough, without the shift. */
	double *block; /* capacity × ld */
	uint32_t n_block, capacity;
} UpPcaSums;

/* The functions of UpStream (learner.h). */
extern void *up_pca_sums_start(uint32_t d);
extern void up_pca_sums_add(void *sums, const double *x, double label);
extern void up_pca_sums_merge(void *sums, const void *others);
extern void up_pca_sums_put(const void *sums, UpWriter *w);
extern void *up_pca_sums_get(UpReader *r, uint32_t d);
extern size_t up_pca_sums_bytes(uint32_t d);

/* Brings the rows that wait into means and products. */
extern void up_pca_sums_settle(UpPcaSums *s);
/* The same sums, settled, on their own. */
extern UpPcaSums *up_pca_sums_copy(const UpPcaSums *from);
/* Takes the rows of other away; both are settled. False if they cannot have been among these. */
extern bool up_pca_sums_subtract(UpPcaSums *s, const UpPcaSums *other);

#endif
