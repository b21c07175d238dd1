/*
 * products.h - the correlations of all pairs of columns from products of their values, a chunk of rows after the other
 */
#ifndef UPROFILE_PRODUCTS_H
#define UPROFILE_PRODUCTS_H

#include "score/score.h"

typedef struct UpProducts UpProducts;

extern UpProducts *up_products_new(uint32_t d);
/*
 * Adds n rows: d columns, NaN where missing. Where the first is within a large array, all of them are, and workers share the work. The
 * scale of a column is found in its first rows.
 */
extern void up_products_add(UpProducts *p, const double *const *v, size_t n);
/*
 * Pearson's r of a pair and its p-value. *doubtful: the rows where both are known are so unlike the columns that digits are lost;
 * the pair's rows are wanted once more.
 */
extern UpScore up_products_correlation(const UpProducts *p, uint32_t a, uint32_t b, bool *doubtful);

/* Doubtful pairs, summed up around their own means: NULL where there are none. */
typedef struct UpDoubts UpDoubts;
extern UpDoubts *up_products_doubts(const UpProducts *p);
extern void up_doubts_add(UpDoubts *doubts, const double *const *v, size_t n);
/* Of the next pair, in the order of a, then b. */
extern UpScore up_doubts_next(UpDoubts *doubts);

#endif
