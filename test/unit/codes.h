/*
 * codes.h - bins of rows, and their codes in an array of the test
 */
#ifndef UPROFILE_CODES_H
#define UPROFILE_CODES_H

#include "learn/tree/bins.h"

#include <string.h>

static UpBins *
bins_and_codes(const UpData *d, uint8_t *codes)
{
	uint8_t *made;
	double *y;
	UpBins *b = up_bins_rows(d, NULL, &made, NULL, &y);

	memcpy(codes, made, d->n_rows * d->n_features);
	up_free_large(made);
	up_free_large(y);
	return b;
}

#endif
