/*
 * linear_qr.h - least squares from the rows themselves, by Householder's reflections
 */
#ifndef UPROFILE_LINEAR_QR_H
#define UPROFILE_LINEAR_QR_H

#include "prep/data.h"

/* Rows that are at hand: data, or n rows of (features, target) that are ld apart. */
typedef struct UpLinearRows
{
	const UpData *data;
	const double *block;
	size_t n, ld;
} UpLinearRows;

/* What a column is made of: (v - mean) / scale; scale 0: left out. mean: d + 1 values, of the target last; NULL: none. */
typedef struct UpLinearQr
{
	size_t d;
	const double *mean, *scale;
	bool *skipped; /* d: set where a column follows from those before it */
	double
		*r; /* d × d, upper triangle: R with R'R the products of the columns; rows and columns left out are 0 */
	double *w;    /* d: the solution, 0 where left out */
	double shift; /* and its constant, where there are means */
	double rss;
	size_t rank;
} UpLinearQr;

extern void up_linear_qr(UpLinearQr *q, const UpLinearRows *rows);

#endif
