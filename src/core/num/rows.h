/*
 * rows.h - rows of numbers of which many columns are nearly always 0: those are listed where they are not
 *
 * One-hot columns of texts are 0 but for one of many; to pass over all of them takes ten times as long as to pass over what is there.
 * The first columns are listed, the others stand as they are:
 *
 *   row i = (entries starts[i] … starts[i + 1] - 1: values at columns at[], ascending, below listed), x[i × dense … + dense - 1]
 *
 * so that a vector over all columns has listed values, then dense ones. Whether rows are listed is a matter of their making
 * (prep/make_rows.h); whoever passes over them need not know. Costs of a row: its entries and dense values, and of a product the square
 * of that.
 */
#ifndef UPROFILE_ROWS_H
#define UPROFILE_ROWS_H

#include "base/platform.h"

typedef struct UpRows
{
	size_t listed;        /* columns of which the entries tell; 0: none */
	size_t dense;         /* values a row of x, at least UP_ROWS_MIN; with listed columns a multiple of 8 */
	const double *x;      /* rows × dense */
	const size_t *starts; /* one a row and one more; this and what follows: NULL where nothing is listed */
	const uint32_t *at;
	const double *values; /* NULL: each entry is 1 */
} UpRows;

static inline size_t
up_rows_width(const UpRows *r)
{
	return r->listed + r->dense;
}

/* out[i] = row i · v for the rows first … first + n - 1. */
extern void up_rows_dot(const UpRows *r, size_t first, size_t n, const double *v, double *out);
/* out[k] = row rows[k] · v. */
extern void up_rows_dot_at(const UpRows *r, const uint32_t *rows, size_t n, const double *v, double *out);
/* sums += a[k] × row first + rows[k]. */
extern void up_rows_axpy(const UpRows *r, size_t first, const uint32_t *rows, const double *a, size_t n,
						 double *sums);
/* sums += a × the squares of row i. */
extern void up_rows_add_squares(const UpRows *r, size_t i, double a, double *sums);

/*
 * Sums of a × row × row', the upper triangle of a matrix of side UP_SYRK_PAD(width). Dense values wait until there are many, which are
 * multiplied together.
 */
typedef struct UpRowsGram
{
	const UpRows *rows;
	double *gram;
	size_t ld;
	double *packed; /* most × side: dense values, times the root of a */
	double *square; /* side × side: theirs, unless they are all there is; then it is gram */
	size_t side, most, n;
	size_t work; /* since the last tick */
} UpRowsGram;

/* Clears gram. At the end of all rows, up_rows_gram_end adds what has waited, and frees what the struct holds. */
extern UpRowsGram up_rows_gram(const UpRows *r, double *gram);
extern void up_rows_gram_add(UpRowsGram *g, size_t i, double a);
extern void up_rows_gram_end(UpRowsGram *g);

#endif
