/*
 * cross.h - the symmetric product of very many rows, shared out to workers
 */
#ifndef UPROFILE_CROSS_H
#define UPROFILE_CROSS_H

#include "base/platform.h"

typedef struct UpCross
{
	size_t ld;
	double *g;    /* ld × ld, upper triangle */
	double *rows; /* that wait */
	size_t n, most;
} UpCross;

/* For about n_rows rows of ld values, a multiple of 8. Until its end workers stand by. */
extern UpCross *up_cross_begin(size_t ld, size_t n_rows);
/* The place of n more rows, at most UP_CROSS_ROWS, each ld values: zeros, or what other rows had there. */
#define UP_CROSS_ROWS 256
extern double *up_cross_rows(UpCross *c, size_t n);
/* The product of all rows, ld × ld, upper triangle; what stands below the diagonal has no meaning. */
extern void up_cross_end(UpCross *c, double *g);

#endif
