/*
 * centred.h - the number of rows, the means of their columns and their centred products: mergeable, to be taken apart again
 */
#ifndef UPROFILE_CENTRED_H
#define UPROFILE_CENTRED_H

#include "base/codec.h"

typedef struct UpCentred
{
	uint32_t width;   /* columns */
	size_t ld;        /* side of products: width, rounded up */
	uint64_t rows;    /* in means and products */
	bool shifted;     /* whether the first row is taken off every other */
	double *shift;    /* ld: that row, or 0 */
	double *mean;     /* ld: of z - shift */
	double *products; /* ld × ld, upper triangle: sum of (z - mean)(z - mean)' */
	/* Rows that wait until they are enough, without the shift. */
	double *block; /* capacity × ld */
	uint32_t n_block, capacity;
	double *of_block;            /* ld × ld: what a block's products are made in, or NULL */
	struct UpCentredJob *shared; /* from begin to end */
} UpCentred;

/* Reserves what they take. */
extern UpCentred *up_centred_start(uint32_t width, bool shifted);
extern size_t up_centred_bytes(uint32_t width);
/* A row: x of all columns, or where last is given, of all but the last. */
extern void up_centred_add(UpCentred *p, const double *x, const double *last);
/*
 * Between these two, rows that are added, about so many, are shared out to workers where that pays; nothing else is done with p. The end
 * settles. Sums are the same bits either way.
 */
extern void up_centred_begin(UpCentred *p, size_t n_rows);
extern void up_centred_end(UpCentred *p);
/* Brings the rows that wait into means and products. */
extern void up_centred_settle(UpCentred *p);
/* Adds the rows of other, which has as many columns; their shifts may differ. */
extern void up_centred_merge(UpCentred *p, const UpCentred *other);
/* The same, settled, on its own. */
extern UpCentred *up_centred_copy(const UpCentred *from);
/* Takes the rows of other away; both are settled. False if they cannot have been among these. */
extern bool up_centred_subtract(UpCentred *p, const UpCentred *other);

/* Fails, as _put does, where a sum has grown beyond all numbers: so one answer whether sums travelled between processes or not. */
extern void up_centred_check(const UpCentred *p);
extern void up_centred_put(const UpCentred *p, UpWriter *w);
/* what: whose they are, for the error. */
extern UpCentred *up_centred_get(UpReader *r, uint32_t width, bool shifted, const char *what);

#endif
