/*
 * assignment.h - pairs of rows and columns with the largest sum of values
 */
#ifndef UPROFILE_ASSIGNMENT_H
#define UPROFILE_ASSIGNMENT_H

#include "base/platform.h"

#define UP_UNASSIGNED UINT32_MAX

/*
 * Gives each row another column (UP_UNASSIGNED where there are fewer columns), so that the sum of the values of all pairs
 * is as large as it can be. value: rows × columns, row-major, finite. column_of: one a row.
 */
extern void up_assign(const double *value, uint32_t rows, uint32_t columns, uint32_t *column_of);

#endif
