/*
 * sketch_quantiles.h - quantiles of more values than memory holds
 */
#ifndef UPROFILE_SKETCH_QUANTILES_H
#define UPROFILE_SKETCH_QUANTILES_H

#include "base/rng.h"

typedef struct UpQuantiles UpQuantiles;

/* Ranks are off by about 1 / UP_QUANTILES_BUFFER of all values (one standard deviation). */
#define UP_QUANTILES_BUFFER 8192

extern UpQuantiles *up_quantiles_new(uint64_t seed);
extern void up_quantiles_add(UpQuantiles *q, double v);
extern size_t up_quantiles_bytes(const UpQuantiles *q);
extern uint64_t up_quantiles_n(const UpQuantiles *q);
/* The values at n_shares ascending shares 0 … 1. */
extern void up_quantiles_find(const UpQuantiles *q, const double *shares, int n_shares, double *values);
/* About how many values are below v. */
extern double up_quantiles_rank(const UpQuantiles *q, double v);

#endif
