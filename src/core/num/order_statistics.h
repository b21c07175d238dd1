/*
 * order_statistics.h - values at their place among all of them, which are not sorted for it
 */
#ifndef UPROFILE_ORDER_STATISTICS_H
#define UPROFILE_ORDER_STATISTICS_H

#include "base/platform.h"

/*
 * Of n values, so many of which are known, which is not NaN: the k-th smallest known one, from 0, and the next, or the same again where there
 * is none. Which of two zeros it is may depend on the order of values. space: for n values.
 */
extern void up_select(const double *v, size_t n, size_t known, size_t k, double *space, double found[2]);
/* The value at a share 0 … 1 of n > 0 known ones, as up_sorted_quantile has it; of zeros that without a sign. */
extern double up_quantile(const double *v, size_t n, double share, double *space);
/* The known ones of n values, in their order; returns their number. */
extern size_t up_known_values(const double *v, size_t n, double *out);

#endif
