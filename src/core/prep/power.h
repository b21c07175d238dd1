/*
 * power.h - Yeo and Johnson's power transform
 */
#ifndef UPROFILE_POWER_H
#define UPROFILE_POWER_H

#include "base/platform.h"

/* sign(x) log(1 + |x|) */
extern double up_signed_log(double x);
/* The power transform of a value whose signed log is given. */
extern double up_power_of_log(double signed_log, double lambda);
/* The lambda of the greatest likelihood for n values, not all equal, whose signed logs are given. */
extern double up_power_lambda(const double *logs, size_t n);

#endif
