/*
 * products.h - the number of rows, the means of their columns and their centred products: mergeable, to be taken apart again
 */
#ifndef UPROFILE_PRODUCTS_H
#define UPROFILE_PRODUCTS_H

#include "base/codec.h"

typedef struct UpProducts
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
	double *of_block;             /* ld × ld: what a block's products are made in, or NULL */
	struct UpProductsJob *shared; /* from begin to end */
} UpProducts;

/* Reserves what they take. */
extern UpProducts *up_products_start(uint32_t width, bool shifted);
extern size_t up_products_bytes(uint32_t width);
/* A row: x of all columns, or where last is given, of all but the last. */
extern void up_products_add(UpProducts *p, const double *x, const double *last);
/*
 * Between these two, rows that are added, about so many, are shared out to workers where that pays; nothing else is done with p. The end
 * settles. Sums are the same bits either way.
 */
extern void up_products_begin(UpProducts *p, size_t n_rows);
extern void up_products_end(UpProducts *p);
/* Brings the rows that wait into means and products. */
extern void up_products_settle(UpProducts *p);
/* Adds the rows of other, which has as many columns; their shifts may differ. */
extern void up_products_merge(UpProducts *p, const UpProducts *other);
/* The same, settled, on its own. */
extern UpProducts *up_products_copy(const UpProducts *from);
/* Takes the rows of other away; both are settled. False if they cannot have been among these. */
extern bool up_products_subtract(UpProducts *p, const UpProducts *other);

extern void up_products_put(const UpProducts *p, UpWriter *w);
/* what: whose they are, for the error. */
extern UpProducts *up_products_get(UpReader *r, uint32_t width, bool shifted, const char *what);

#endif
