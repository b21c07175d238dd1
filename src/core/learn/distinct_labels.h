/*
 * distinct_labels.h - which labels there are
 */
#ifndef UPROFILE_DISTINCT_LABELS_H
#define UPROFILE_DISTINCT_LABELS_H

#include "num/samples.h"

typedef struct UpDistinctLabels
{
	double *values; /* ascending, 0 for -0; room for limit + 1 */
	uint32_t n, limit;
	bool whole; /* all are whole numbers, those that are too many as well */
} UpDistinctLabels;

/*
 * Adds the labels of the rows at these n positions. label_of: what codes stand for, or NULL: they are values. Where there are
 * more than limit, or more than a few with fractions among them, n becomes limit + 1, and which of them are in values is left
 * open. If these are all rows, they are read as they stand in memory, and by all workers where they are lent.
 */
extern void up_distinct_labels(UpDistinctLabels *d, const UpSamples *s, const size_t *order, size_t n,
							   const double *label_of);

#endif
