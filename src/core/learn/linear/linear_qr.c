/*
 * linear_qr.c - least squares by Householder's reflections (Golub 1965); see linear_qr.h
 *
 * The products of columns square their condition: of a polynomial of degree five half of the digits are lost, of degree ten all.
 * R of the columns does not. It is brought up to date block by block: reflections of R's row j and column j of the block. A
 * column of which those before it leave less than ALIASED is zeroed and R made anew from R, as its row would take a
 * direction away from the columns after it. Cost: 2 n d².
 */
#include "learn/linear/linear_qr.h"

#include "num/vec.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS 64
#define ALIASED    1e-10 /* share of a column's norm; of Filip's tenth power 3e-10 is left */

/* R: side × side; block: side columns of n values, BLOCK_ROWS apart. */
static void
reflect(double *r, size_t side, double *block, size_t n)
{
	for (size_t j = 0; j < side; j++)
	{
		double *v = block + j * BLOCK_ROWS, *row = r + j * side, norm = up_vec_dot(v, v, n), head, size;

		if (norm == 0)
			continue;
		size = sqrt(row[j] * row[j] + norm);
		head = row[j] + (row[j] >= 0 ? size : -size);
		norm += head * head;
		for (size_t k = j; k < side; k++)
		{
			double *to = block + k * BLOCK_ROWS, by = 2 * (head * row[k] + up_vec_dot(v, to, n)) / norm;

			row[k] -= by * head;
			if (k > j)
				up_vec_axpy(to, -by, v, n);
		}
	}
}

static size_t
n_rows(const UpLinearRows *rows)
{
	return rows->data != NULL ? rows->data->n_rows : rows->n;
}

/* Columns of a block: 1 where there are means, the features, the target. */
static void
fill(const UpLinearQr *q, const UpLinearRows *rows, size_t first, size_t n, double *x, double *block)
{
	double y[BLOCK_ROWS], *to = block;

	if (rows->data != NULL)
	{
		up_data_rows(rows->data, first, n, x);
		up_data_labels(rows->data, first, n, y);
	}
	for (size_t i = 0; rows->data == NULL && i < n; i++)
	{
		memcpy(x + i * q->d, rows->block + (first + i) * rows->ld, q->d * sizeof(double));
		y[i] = rows->block[(first + i) * rows->ld + q->d];
	}
	for (size_t i = 0; q->mean != NULL && i < n; i++)
		to[i] = 1;
	to += q->mean != NULL ? BLOCK_ROWS : 0;
	for (size_t j = 0; j < q->d; j++, to += BLOCK_ROWS)
	{
		for (size_t i = 0; i < n; i++)
			to[i] = q->scale[j] > 0 ? (x[i * q->d + j] - (q->mean != NULL ? q->mean[j] : 0)) / q->scale[j] : 0;
	}
	for (size_t i = 0; i < n; i++)
		to[i] = y[i] - (q->mean != NULL ? q->mean[q->d] : 0);
}

/* R once more, with column at zero. */
static void
leave_out(double *r, size_t side, size_t at, double *block)
{
	double *old = up_alloc_array(side * side, sizeof(double));

	memcpy(old, r, side * side * sizeof(double));
	memset(r, 0, side * side * sizeof(double));
	for (size_t first = 0; first < side; first += BLOCK_ROWS)
	{
		size_t n = UP_MIN(BLOCK_ROWS, side - first);

		for (size_t j = 0; j < side; j++)
		{
			for (size_t i = 0; i < n; i++)
				block[j * BLOCK_ROWS + i] = j == at || first + i > j ? 0 : old[(first + i) * side + j];
		}
		reflect(r, side, block, n);
	}
	up_free(old);
}

static void
substitute(UpLinearQr *q, const double *r, size_t side)
{
	size_t d = q->d, one = q->mean != NULL;

	q->rank = 0;
	for (size_t i = d; i-- > 0;)
	{
		const double *row = r + (i + one) * side + one;

		memset(q->r + i * d, 0, d * sizeof(double));
		q->w[i] = 0;
		if (q->skipped[i])
			continue;
		memcpy(q->r + i * d + i, row + i, (d - i) * sizeof(double));
		q->w[i] = (row[d] - up_vec_dot(row + i + 1, q->w + i + 1, d - i - 1)) / row[i];
		q->rank++;
	}
	q->shift = one ? (r[side - 1] - up_vec_dot(r + 1, q->w, d)) / r[0] : 0;
	q->rss = r[side * side - 1] * r[side * side - 1];
}

void
up_linear_qr(UpLinearQr *q, const UpLinearRows *rows)
{
	size_t one = q->mean != NULL, side = q->d + 1 + one, n = n_rows(rows);
	double *r = up_alloc0(side * side * sizeof(double)),
		   *block = up_alloc_array(side * BLOCK_ROWS, sizeof(double)),
		   *x = up_alloc_array(UP_MAX(q->d, 1) * BLOCK_ROWS, sizeof(double));

	for (size_t first = 0; first < n; first += BLOCK_ROWS)
	{
		up_tick();
		fill(q, rows, first, UP_MIN(BLOCK_ROWS, n - first), x, block);
		reflect(r, side, block, UP_MIN(BLOCK_ROWS, n - first));
	}
	for (size_t j = 0; j < q->d; j++)
	{
		size_t at = j + one;

		up_tick();
		q->skipped[j] = !(fabs(r[at * side + at]) > ALIASED);
		if (q->skipped[j])
			leave_out(r, side, at, block);
	}
	substitute(q, r, side);
	up_free(r);
	up_free(block);
	up_free(x);
}
