/*
 * sort.h - sorting many numbers
 */
#ifndef UPROFILE_SORT_H
#define UPROFILE_SORT_H

#include "base/platform.h"

/* Sorts n values, none of them NaN, ascending (-0 before 0); room: for n more. */
extern void up_sort_doubles(double *v, size_t n, double *room);

#endif
