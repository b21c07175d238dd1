/*
 * linear_sums.c - means and centred products, block by block; see linear_sums.h
 *
 * A block's products are taken around its own means, and blocks are joined by M = M_a + M_b + n_a n_b / (n_a + n_b) g g' with g the
 * gap of the means (Chan, Golub, LeVeque 1983). So nothing is lost to large offsets, and parts join and part again. Cost: d^2 / 2 a
 * row.
 */
#include "learn/linear/linear_sums.h"

#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

#define FIRST_ROWS 4
#define BLOCK_ROWS 256

static UpLinearSums *
new_sums(uint32_t d)
{
	UpLinearSums *s = up_alloc0(sizeof(UpLinearSums));

	s->d = d;
	s->ld = UP_SYRK_PAD(UP_MAX((size_t) d + 1, UP_ROWS_MIN));
	s->mean = up_alloc0(s->ld * sizeof(double));
	s->products = up_alloc0(s->ld * s->ld * sizeof(double));
	return s;
}

void *
up_linear_sums_start(uint32_t d)
{
	up_reserve(up_linear_sums_bytes(d), "products of features");
	return new_sums(d);
}

size_t
up_linear_sums_bytes(uint32_t d)
{
	size_t ld = UP_SYRK_PAD(UP_MAX((size_t) d + 1, UP_ROWS_MIN));

	return sizeof(UpLinearSums) + (ld * ld + ld * (BLOCK_ROWS + 1)) * sizeof(double);
}

/* Adds rows, their means and centred products. */
static void
join(UpLinearSums *s, uint64_t rows, const double *mean, const double *products, double sign)
{
	size_t width = (size_t) s->d + 1, ld = s->ld;
	double all = (double) s->rows + sign * (double) rows;
	double weight = sign * (double) s->rows * (double) rows / all, share = sign * (double) rows / all;

	for (size_t i = 0; i < width; i++)
	{
		double gap = (mean[i] - s->mean[i]) * weight;
		double *row = s->products + i * ld;

		for (size_t j = i; j < width; j++)
			row[j] += sign * products[i * ld + j] + gap * (mean[j] - s->mean[j]);
	}
	for (size_t i = 0; i < width; i++)
		s->mean[i] += (mean[i] - s->mean[i]) * share;
	s->rows = sign > 0 ? s->rows + rows : s->rows - rows;
}

void
up_linear_sums_settle(UpLinearSums *s)
{
	size_t width = (size_t) s->d + 1, ld = s->ld;
	double *mean, *products;

	if (s->n_block == 0)
		return;
	mean = up_alloc0(ld * sizeof(double));
	for (uint32_t i = 0; i < s->n_block; i++)
	{
		for (size_t j = 0; j < width; j++)
			mean[j] += s->block[i * ld + j];
	}
	for (size_t j = 0; j < width; j++)
		mean[j] /= s->n_block;
	for (uint32_t i = 0; i < s->n_block; i++)
	{
		for (size_t j = 0; j < width; j++)
			s->block[i * ld + j] -= mean[j];
	}
	if (s->rows == 0)
	{
		/* The first block makes the totals. */
		up_vec_syrk(s->products, ld, s->block, s->n_block);
		memcpy(s->mean, mean, ld * sizeof(double));
		s->rows = s->n_block;
	}
	else
	{
		products = up_alloc0(ld * ld * sizeof(double));
		for (uint32_t part = 0; part < s->n_block; part += 16)
		{
			if (width > 256)
				up_tick();
			up_vec_syrk(products, ld, s->block + part * ld, UP_MIN(16, s->n_block - part));
		}
		join(s, s->n_block, mean, products, 1);
		up_free(products);
	}
	s->n_block = 0;
	up_free(mean);
}

void
up_linear_sums_add(void *sums, const double *x, double y)
{
	UpLinearSums *s = sums;
	double *row;

	if (s->n_block == s->capacity)
	{
		if (s->capacity == BLOCK_ROWS)
			up_linear_sums_settle(s);
		else
		{
			s->capacity = s->capacity == 0 ? FIRST_ROWS : UP_MIN(s->capacity * 4, BLOCK_ROWS);
			s->block = s->block == NULL ? up_alloc_array(s->capacity, s->ld * sizeof(double))
										: up_realloc(s->block, s->capacity * s->ld * sizeof(double));
		}
	}
	UP_ASSERT(s->n_block < s->capacity);
	row = s->block + s->n_block++ * s->ld;
	memcpy(row, x, s->d * sizeof(double));
	row[s->d] = y;
	for (size_t j = (size_t) s->d + 1; j < s->ld; j++)
		row[j] = 0;
}

void
up_linear_sums_merge(void *sums, const void *others)
{
	UpLinearSums *s = sums;
	const UpLinearSums *o = others;

	UP_ASSERT(s->d == o->d);
	up_linear_sums_settle(s);
	if (o->rows > 0 && s->rows == 0)
	{
		s->rows = o->rows;
		memcpy(s->mean, o->mean, s->ld * sizeof(double));
		memcpy(s->products, o->products, s->ld * s->ld * sizeof(double));
	}
	else if (o->rows > 0)
		join(s, o->rows, o->mean, o->products, 1);
	for (uint32_t i = 0; i < o->n_block; i++)
		up_linear_sums_add(s, o->block + i * o->ld, o->block[i * o->ld + o->d]);
}

bool
up_linear_sums_subtract(UpLinearSums *s, const UpLinearSums *other)
{
	double *before;

	if (other->rows >= s->rows)
		return false;
	before = up_alloc_array((size_t) s->d + 1, sizeof(double));
	for (size_t i = 0; i <= s->d; i++)
		before[i] = s->products[i * s->ld + i];
	join(s, other->rows, other->mean, other->products, -1);
	for (size_t i = 0; i <= s->d; i++)
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

/* rows, means, the upper triangle, the rows that wait. */
void
up_linear_sums_put(const void *sums, UpWriter *w)
{
	const UpLinearSums *s = sums;

	up_put_u64(w, s->rows);
	up_put_u32(w, s->n_block);
	up_put_f64_array(w, s->mean, (size_t) s->d + 1);
	for (size_t i = 0; i <= s->d; i++)
		up_put_f64_array(w, s->products + i * s->ld + i, s->d + 1 - i);
	for (uint32_t i = 0; i < s->n_block; i++)
		up_put_f64_array(w, s->block + i * s->ld, (size_t) s->d + 1);
}

void *
up_linear_sums_get(UpReader *r, uint32_t d)
{
	size_t width = (size_t) d + 1, values = (r->len - r->pos) / sizeof(double);
	UpLinearSums *s;
	uint32_t n_block;
	uint64_t rows;
	double *row;

	rows = up_get_u64(r);
	n_block = up_get_u32(r);
	if (width > values || width * (width + 1) / 2 > values || n_block > BLOCK_ROWS || rows > UINT64_C(1) << 53)
		up_corrupt(r, "sums of least squares");
	up_reserve(up_linear_sums_bytes(d), "products of features");
	s = new_sums(d);
	s->rows = rows;
	up_get_f64_array(r, s->mean, width);
	for (size_t i = 0; i < width; i++)
	{
		up_get_f64_array(r, s->products + i * s->ld + i, width - i);
		if (s->products[i * s->ld + i] < 0)
			up_corrupt(r, "squares of least squares");
	}
	row = up_alloc_array(width, sizeof(double));
	for (uint32_t i = 0; i < n_block; i++)
	{
		up_get_f64_array(r, row, width);
		up_linear_sums_add(s, row, row[d]);
	}
	up_free(row);
	return s;
}
