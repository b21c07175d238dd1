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
	/* The score where row i has the column's value of row order[i]. */
	double (*score)(void *arg, uint32_t column, const size_t *order);
	void *arg;
} UpPermute;

/*
 * Of the columns from first to before end the mean of what is lost, and unless NULL the deviation of that (ddof 0): each in its place among
 * those of all columns. whole: the score of the rows as they are.
 */
extern void up_permute(const UpPermute *p, double whole, uint32_t first, uint32_t end, double *mean,
					   double *deviation);

#endif
