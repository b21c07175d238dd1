/*
 * order.h - positions of numbers by ascending value
 */
#ifndef UPROFILE_ORDER_H
#define UPROFILE_ORDER_H

#include "base/platform.h"

/*
 * order[0 … known - 1]: positions of the values that are not NaN, by ascending value, equal ones (and both zeros) by
 * position; after them those of the NaNs. Returns known. n < 2^32. Cost O(n): a radix sort of the bits.
 */
extern size_t up_order_doubles(const double *v, size_t n, uint32_t *order);

#endif
