/*
 * normal.h - the normal distribution: shares below a value, and the value with a share below
 */
#ifndef UPROFILE_NORMAL_H
#define UPROFILE_NORMAL_H

/* The share of the standard normal distribution below x. */
extern double up_normal_cdf(double x);
/* The share above x, exact also where it is tiny. */
extern double up_normal_tail(double x);
/* The inverse of the share below, for 0 < p < 1; relative error about 1e-15. -infinity at 0, infinity at 1. */
extern double up_normal_quantile(double p);

#endif
