/*
 * sort.h - sorting many numbers
 */
#ifndef UPROFILE_SORT_H
#define UPROFILE_SORT_H

#include "base/platform.h"

/* Sorts n values, none of them NaN, ascending (-0 before 0); room: for n more, or NULL. */
extern void up_sort_doubles(double *v, size_t n, double *room);
/* qsort that ticks, and keeps equal items in their order. */
extern void up_sort(void *items, size_t n, size_t size, int (*compare)(const void *, const void *));

#endif
