/*
 * suppress.h - tables of counts in which small groups are hidden so that no sum tells them
 */
#ifndef UPROFILE_SUPPRESS_H
#define UPROFILE_SUPPRESS_H

#include "base/platform.h"

/*
 * Which cells of a table of counts (n_rows × n_columns) are to be hidden, where the reader knows the sums of all rows and columns:
 * those from 1 to k - 1, and as many more, the smallest first, as it takes that (a) no hidden cell follows from the others
 * and the sums, and (b) the hidden cells of a row or column have k users or more together. A table of one row is known
 * by the sum of the row alone. Cells of 0 are not hidden by themselves. hidden: one byte a cell. k < 2 hides nothing.
 */
extern void up_suppress(const int64_t *counts, size_t n_rows, size_t n_columns, int64_t k, uint8_t *hidden);

#endif
