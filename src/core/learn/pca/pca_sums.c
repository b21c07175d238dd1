/*
 * pca_sums.c - means and centred products of rows, block by block; see pca_sums.h
 *
 * Of every row the first one is taken off, so that features around 1e9 keep their digits. A block's products are taken around its own
 * means, and blocks are joined by M = M_a + M_b + n_a n_b / (n_a + n_b) g g' with g the gap of the means (Chan, Golub, LeVeque 1983); products
 * know nothing of shifts, so that parts with different ones join and part again. Cost: d^2 / 2 a row.
 */
#include "learn/pca/pca_sums.h"

#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

#define FIRST_ROWS 4
#define BLOCK_ROWS 256
#define PART_ROWS  32  /* of a wide block, between two ticks */
#define WIDE       256 /* columns */

static size_t
side_of(uint32_t d)
{
	return UP_SYRK_PAD(UP_MAX((size_t) d, UP_ROWS_MIN));
}

size_t
up_pca_sums_bytes(uint32_t d)
{
	size_t ld = side_of(d);

	return sizeof(UpPcaSums) + (ld * ld + ld * (BLOCK_ROWS + 2)) * sizeof(double);
}

void *
up_pca_sums_start(uint32_t d)
{
	UpPcaSums *s;

	up_reserve(up_pca_sums_bytes(d), "products of features");
	s = up_alloc0(sizeof(UpPcaSums));
	s->d = d;
	s->ld = side_of(d);
	s->shift = up_alloc0(s->ld * sizeof(double));
	s->mean = up_alloc0(s->ld * sizeof(double));
	s->products = up_alloc0(s->ld * s->ld * sizeof(double));
	return s;
}

/* Adds rows, their means (with this shift) and centred products. */
static void
join(UpPcaSums *s, uint64_t rows, const double *mean, const double *products, double sign)
{
	size_t ld = s->ld;
	double all = (double) s->rows + sign * (double) rows;
	double weight = sign * (double) s->rows * (double) rows / all, share = sign * (double) rows / all;
	double *gap = up_alloc_array(ld, sizeof(double));

	for (size_t j = 0; j < ld; j++)
		gap[j] = mean[j] - s->mean[j];
	for (size_t i = 0; i < s->d; i++)
	{
		double times = gap[i] * weight, *row = s->products + i * ld;
		const double *other = products + i * ld;

		for (size_t j = i; j < s->d; j++)
			row[j] += sign * other[j] + times * gap[j];
	}
	for (size_t j = 0; j < ld; j++)
		s->mean[j] += gap[j] * share;
	s->rows = sign > 0 ? s->rows + rows : s->rows - rows;
	up_free(gap);
}

/* Takes the means off the rows that wait. */
static double *
centre_block(UpPcaSums *s)
{
	double *mean = up_alloc0(s->ld * sizeof(double));

	for (uint32_t i = 0; i < s->n_block; i++)
	{
		const double *row = s->block + i * s->ld;

		for (size_t j = 0; j < s->ld; j++)
			mean[j] += row[j];
	}
	for (size_t j = 0; j < s->ld; j++)
		mean[j] /= s->n_block;
	for (uint32_t i = 0; i < s->n_block; i++)
	{
		double *row = s->block + i * s->ld;

		for (size_t j = 0; j < s->ld; j++)
			row[j] -= mean[j];
	}
	return mean;
}

void
up_pca_sums_settle(UpPcaSums *s)
{
	size_t ld = s->ld;
	double *mean, *products = s->products;

	if (s->n_block == 0)
		return;
	mean = centre_block(s);
	/* The first block makes the totals. */
	if (s->rows > 0)
		products = up_alloc0(ld * ld * sizeof(double));
	for (uint32_t part = 0; part < s->n_block; part += PART_ROWS)
	{
		if (ld > WIDE)
			up_tick();
		up_vec_syrk(products, ld, s->block + part * ld, UP_MIN(PART_ROWS, s->n_block - part));
	}
	if (s->rows == 0)
	{
		memcpy(s->mean, mean, ld * sizeof(double));
		s->rows = s->n_block;
	}
	else
	{
		join(s, s->n_block, mean, products, 1);
		up_free(products);
	}
	s->n_block = 0;
	up_free(mean);
}

static double *
next_row(UpPcaSums *s)
{
	if (s->n_block == s->capacity)
	{
		if (s->capacity == BLOCK_ROWS)
			up_pca_sums_settle(s);
		else
		{
			s->capacity = s->capacity == 0 ? FIRST_ROWS : UP_MIN(s->capacity * 4, BLOCK_ROWS);
			s->block = s->block == NULL ? up_alloc_array(s->capacity, s->ld * sizeof(double))
										: up_realloc(s->block, s->capacity * s->ld * sizeof(double));
		}
	}
	UP_ASSERT(s->n_block < s->capacity);
	return s->block + s->n_block++ * s->ld;
}

void
up_pca_sums_add(void *sums, const double *x, double label)
{
	UpPcaSums *s = sums;
	double *row;

	(void) label;
	if (s->rows == 0 && s->n_block == 0)
		memcpy(s->shift, x, s->d * sizeof(double));
	row = next_row(s);
	for (size_t j = 0; j < s->d; j++)
		row[j] = x[j] - s->shift[j];
	for (size_t j = s->d; j < s->ld; j++)
		row[j] = 0;
}

void
up_pca_sums_merge(void *sums, const void *others)
{
	UpPcaSums *s = sums;
	const UpPcaSums *o = others;
	size_t ld = s->ld;
	double *mean;

	UP_ASSERT(s->d == o->d);
	if (o->rows == 0 && o->n_block == 0)
		return;
	up_pca_sums_settle(s);
	if (s->rows == 0)
	{
		memcpy(s->shift, o->shift, s->d * sizeof(double));
		memcpy(s->mean, o->mean, ld * sizeof(double));
		memcpy(s->products, o->products, ld * ld * sizeof(double));
		s->rows = o->rows;
	}
	else if (o->rows > 0)
	{
		mean = up_alloc0(ld * sizeof(double));
		for (size_t j = 0; j < s->d; j++)
			mean[j] = o->mean[j] + (o->shift[j] - s->shift[j]);
		join(s, o->rows, mean, o->products, 1);
		up_free(mean);
	}
	for (uint32_t i = 0; i < o->n_block; i++)
	{
		double *row = next_row(s);

		for (size_t j = 0; j < ld; j++)
			row[j] = j < s->d ? o->block[i * ld + j] + (o->shift[j] - s->shift[j]) : 0;
	}
}

UpPcaSums *
up_pca_sums_copy(const UpPcaSums *from)
{
	UpPcaSums *s = up_pca_sums_start(from->d);

	up_pca_sums_merge(s, from);
	up_pca_sums_settle(s);
	return s;
}

bool
up_pca_sums_subtract(UpPcaSums *s, const UpPcaSums *other)
{
	double *mean, *before;

	if (other->rows >= s->rows)
		return false;
	mean = up_alloc0(s->ld * sizeof(double));
	before = up_alloc_array(s->ld, sizeof(double));
	for (size_t j = 0; j < s->d; j++)
	{
		mean[j] = other->mean[j] + (other->shift[j] - s->shift[j]);
		before[j] = s->products[j * s->ld + j];
	}
	join(s, other->rows, mean, other->products, -1);
	up_free(mean);
	for (size_t i = 0; i < s->d; i++)
	{
		double *p = &s->products[i * s->ld + i];

		/* What is left of squares may be below 0 by rounding alone, of what there was: the part's may be 0. */
		if (*p < 0 && -*p > 1e-9 * before[i])
			return false;
		*p = UP_MAX(*p, 0);
	}
	up_free(before);
	return true;
}

/* rows, the shift, means, the upper triangle, the rows that wait. */
void
up_pca_sums_put(const void *sums, UpWriter *w)
{
	const UpPcaSums *s = sums;

	up_put_u64(w, s->rows);
	up_put_u32(w, s->n_block);
	up_put_f64_array(w, s->shift, s->d);
	up_put_f64_array(w, s->mean, s->d);
	for (size_t i = 0; i < s->d; i++)
		up_put_f64_array(w, s->products + i * s->ld + i, s->d - i);
	for (uint32_t i = 0; i < s->n_block; i++)
		up_put_f64_array(w, s->block + i * s->ld, s->d);
}

void *
up_pca_sums_get(UpReader *r, uint32_t d)
{
	size_t values = (r->len - r->pos) / sizeof(double), triangle = (size_t) d * ((size_t) d + 1) / 2;
	uint64_t rows = up_get_u64(r);
	uint32_t n_block = up_get_u32(r);
	UpPcaSums *s;

	if (triangle > values || n_block > BLOCK_ROWS || (size_t) n_block * d > values || rows > UINT64_C(1) << 53)
		up_corrupt(r, "sums of principal components");
	s = up_pca_sums_start(d);
	s->rows = rows;
	up_get_f64_array(r, s->shift, d);
	up_get_f64_array(r, s->mean, d);
	for (size_t i = 0; i < d; i++)
	{
		up_get_f64_array(r, s->products + i * s->ld + i, d - i);
		if (s->products[i * s->ld + i] < 0)
			up_corrupt(r, "squares of principal components");
	}
	for (uint32_t i = 0; i < n_block; i++)
	{
		double *row = next_row(s);

		up_get_f64_array(r, row, d);
		memset(row + d, 0, (s->ld - d) * sizeof(double));
	}
	return s;
}
