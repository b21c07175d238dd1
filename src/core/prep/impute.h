/*
 * impute.h - what stands for missing values: statistics of the known ones
 */
#ifndef UPROFILE_IMPUTE_H
#define UPROFILE_IMPUTE_H

#include "base/platform.h"

/* The median of the known ones of n values, of which there are so many, at least one; space for n values. */
extern double up_impute_median(const double *v, size_t n, size_t known, double *space);
/* The most frequent of n > 0 known values, whose order is lost; ties: the smaller one. */
extern double up_impute_most_frequent(double *v, size_t n);

#endif
