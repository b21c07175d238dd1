/*
 * numbers.h - what all numbers of a column tell: of each column for itself, so that columns can be shared out
 */
#ifndef UPROFILE_NUMBERS_H
#define UPROFILE_NUMBERS_H

#include "base/rng.h"

#define UP_BLOCK_VALUES  1024 /* whose moments are taken together */
#define UP_CONTENT_LANES 8    /* hashes that do not wait for each other */

#define UP_FACT_QUANTILES 7 /* 1, 5, 25, 50, 75, 95, 99 percent */
#define UP_FACT_TOP       5

typedef struct UpTopValue
{
	double number;
	char *text; /* of texts */
	uint64_t count;
} UpTopValue;

/* n, mean and sums of powers around it. */
typedef struct UpPowers
{
	double n, mean, m2, m3;
} UpPowers;

/* Takes in a block of n values, UP_BLOCK_VALUES at most. */
extern void up_powers_add(UpPowers *p, const double *block, size_t n);

/* A hash of all values in their order: of every so many rows one. hash: of the value, or 0 where it is missing. */
static inline void
up_content_add(uint64_t *content, uint64_t row, uint64_t hash)
{
	uint64_t *lane = &content[row % UP_CONTENT_LANES];

	*lane = up_mix64(*lane * UINT64_C(0x9fb21c651e98df25) + hash);
}

typedef struct UpNumbers
{
	size_t n; /* rows */
	uint64_t content[UP_CONTENT_LANES];
	uint64_t missing, infinite;
	/* Of those that are neither: */
	size_t n_known;
	double minimum, maximum;
	UpPowers powers;
	double distinct, quantiles[UP_FACT_QUANTILES];
	uint64_t outliers;
	uint32_t n_top;
	UpTopValue top[UP_FACT_TOP];
} UpNumbers;

/*
 * Takes in n more values, one a row: NaN where missing. Those that are neither missing nor infinite go to known, behind the ones that are
 * there: it has room for all values, and may be where they stand.
 */
extern void up_numbers_add(UpNumbers *f, const double *v, size_t n, double *known);
/* Sums up what was taken in. known is in another order then; buffer has as much room. */
extern void up_numbers_finish(UpNumbers *f, double *known, double *buffer);

/* The shares of rows of UP_FACT_QUANTILES. */
extern const double up_fact_shares[UP_FACT_QUANTILES];

#endif
