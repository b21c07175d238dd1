/*
 * permute.h - what a score loses where the values of a column go to other rows
 */
#ifndef UPROFILE_PERMUTE_H
#define UPROFILE_PERMUTE_H

#include "base/platform.h"

typedef struct UpPermute
{
	uint32_t n_columns;
	size_t n; /* rows */
	uint32_t repeats;
	uint64_t seed;
	/* Column j begins with the stream first + j * step of random numbers; afresh: so does each repetition r, with r more. */
	uint64_t first, step;
	bool afresh;
	bool progress; /* is told */
	/* The score where row i has the column's value of row order[i]; order is NULL: as the rows are. */
	double (*score)(void *arg, uint32_t column, const size_t *order);
	void *arg;
} UpPermute;

/* Of one column, as seen from the score of all rows as they are. order: space for n. */
extern void up_permute_column(const UpPermute *p, double whole, uint32_t column, size_t *order, double *mean,
							  double *deviation);
/* Of each column the mean of what is lost, and unless NULL the deviation of that (ddof 0). */
extern void up_permute(const UpPermute *p, double *mean, double *deviation);

#endif
