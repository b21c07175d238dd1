/*
 * cuts.h - numbers as items: bins of about as many values each, and what they are called
 */
#ifndef UPROFILE_CUTS_H
#define UPROFILE_CUTS_H

#include "base/platform.h"

/* Bin i holds what is at least cuts[i - 1] and below cuts[i]; the first has no lower bound, the last no upper one. */
typedef struct UpCuts
{
	uint32_t n;
	double *cuts;   /* [n] ascending */
	char **names;   /* [n + 1] "<30", "30-40", ">=40"; with one value each, the value */
	bool of_values; /* each bin holds one value */
} UpCuts;

/*
 * Of values that are not NaN (they are sorted in place) at most n_bins of about as many values each; equal values stay together. At most n_bins different
 * values: each is one. Cuts are as short in decimals as the values around them allow.
 */
extern void up_cuts_of_values(double *values, size_t n, uint32_t n_bins, UpCuts *cuts);
/* Cuts that are given. */
extern void up_cuts_given(const double *given, uint32_t n, UpCuts *cuts);
extern const char *up_cuts_name(const UpCuts *cuts, double value);

#endif
