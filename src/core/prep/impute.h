/*
 * impute.h - what stands for missing values: statistics of the known ones
 */
#ifndef UPROFILE_IMPUTE_H
#define UPROFILE_IMPUTE_H

#include "base/platform.h"

/* Of n > 0 known values in canonical order, which is lost. */
extern double up_impute_median(double *v, size_t n);
extern double up_impute_most_frequent(double *v, size_t n); /* ties: the smaller value */

#endif
