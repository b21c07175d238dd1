/*
 * products.c - means and centred products of rows, block by block; see products.h
 *
 * A block's products are taken around its own means, and blocks are joined by M = M_a + M_b + n_a n_b / (n_a + n_b) g g' with g the gap
 * of the means (Chan, Golub, LeVeque 1983). So nothing is lost to large offsets, and parts join and part again. Where the means
 * themselves must keep the digits of columns around 1e9, the first row is taken off every other one; products know nothing of shifts, so that
 * parts with different ones join as well. Cost: width^2 / 2 a row.
 */
#include "num/products.h"

#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

#define FIRST_ROWS 4
#define BLOCK_ROWS 256
#define PART_ROWS  32  /* of a wide block, between two ticks: how it is cut changes no bit */
#define WIDE       256 /* columns */

static size_t
side_of(uint32_t width)
{
	return UP_SYRK_PAD(UP_MAX((size_t) width, UP_ROWS_MIN));
}

size_t
up_products_bytes(uint32_t width)
{
	size_t ld = side_of(width);

	return sizeof(UpProducts) + (ld * ld + ld * (BLOCK_ROWS + 2)) * sizeof(double);
}

UpProducts *
up_products_start(uint32_t width, bool shifted)
{
	UpProducts *p;

	up_reserve(up_products_bytes(width), "products of features");
	p = up_alloc0(sizeof(UpProducts));
	p->width = width;
	p->ld = side_of(width);
	p->shifted = shifted;
	p->shift = up_alloc0(p->ld * sizeof(double));
	p->mean = up_alloc0(p->ld * sizeof(double));
	p->products = up_alloc0(p->ld * p->ld * sizeof(double));
	return p;
}

/* Adds rows, their means (with this shift) and centred products; sign -1: takes them away. */
static void
join(UpProducts *p, uint64_t rows, const double *mean, const double *products, double sign)
{
	size_t ld = p->ld;
	double all = (double) p->rows + sign * (double) rows;
	double weight = sign * (double) p->rows * (double) rows / all, share = sign * (double) rows / all;
	double *gap = up_alloc_array(ld, sizeof(double));

	for (size_t j = 0; j < ld; j++)
		gap[j] = mean[j] - p->mean[j];
	for (size_t i = 0; i < p->width; i++)
	{
		double times = gap[i] * weight, *row = p->products + i * ld;
		const double *other = products + i * ld;

		for (size_t j = i; j < p->width; j++)
			row[j] += sign * other[j] + times * gap[j];
	}
	for (size_t j = 0; j < ld; j++)
		p->mean[j] += gap[j] * share;
	p->rows = sign > 0 ? p->rows + rows : p->rows - rows;
	up_free(gap);
}

/* Takes the means off the rows that wait. */
static double *
centre_block(UpProducts *p)
{
	double *mean = up_alloc0(p->ld * sizeof(double));

	for (uint32_t i = 0; i < p->n_block; i++)
	{
		const double *row = p->block + i * p->ld;

		for (size_t j = 0; j < p->ld; j++)
			mean[j] += row[j];
	}
	for (size_t j = 0; j < p->ld; j++)
		mean[j] /= p->n_block;
	for (uint32_t i = 0; i < p->n_block; i++)
	{
		double *row = p->block + i * p->ld;

		for (size_t j = 0; j < p->ld; j++)
			row[j] -= mean[j];
	}
	return mean;
}

void
up_products_settle(UpProducts *p)
{
	size_t ld = p->ld;
	double *mean, *products = p->products;

	if (p->n_block == 0)
		return;
	mean = centre_block(p);
	/* The first block makes the totals. */
	if (p->rows > 0)
		products = up_alloc0(ld * ld * sizeof(double));
	for (uint32_t part = 0; part < p->n_block; part += PART_ROWS)
	{
		if (ld > WIDE)
			up_tick();
		up_vec_syrk(products, ld, p->block + part * ld, UP_MIN(PART_ROWS, p->n_block - part));
	}
	if (p->rows == 0)
	{
		memcpy(p->mean, mean, ld * sizeof(double));
		p->rows = p->n_block;
	}
	else
	{
		join(p, p->n_block, mean, products, 1);
		up_free(products);
	}
	p->n_block = 0;
	up_free(mean);
}

static double *
next_row(UpProducts *p)
{
	double *row;

	if (p->n_block == p->capacity)
	{
		if (p->capacity == BLOCK_ROWS)
			up_products_settle(p);
		else
		{
			p->capacity = p->capacity == 0 ? FIRST_ROWS : UP_MIN(p->capacity * 4, BLOCK_ROWS);
			p->block = p->block == NULL ? up_alloc_array(p->capacity, p->ld * sizeof(double))
										: up_realloc(p->block, p->capacity * p->ld * sizeof(double));
		}
	}
	UP_ASSERT(p->n_block < p->capacity);
	row = p->block + p->n_block++ * p->ld;
	for (size_t j = p->width; j < p->ld; j++)
		row[j] = 0;
	return row;
}

void
up_products_add(UpProducts *p, const double *x, const double *last)
{
	size_t n = p->width - (last != NULL);
	bool first = p->rows == 0 && p->n_block == 0;
	double *row = next_row(p);

	memcpy(row, x, n * sizeof(double));
	if (last != NULL)
		row[n] = *last;
	if (!p->shifted)
		return;
	if (first)
		memcpy(p->shift, row, p->width * sizeof(double));
	for (size_t j = 0; j < p->width; j++)
		row[j] -= p->shift[j];
}

/* The means of other with the shift of p. */
static double *
shifted_means(const UpProducts *p, const UpProducts *other)
{
	double *mean = up_alloc0(p->ld * sizeof(double));

	for (size_t j = 0; j < p->width; j++)
		mean[j] = other->mean[j] + (other->shift[j] - p->shift[j]);
	return mean;
}

void
up_products_merge(UpProducts *p, const UpProducts *other)
{
	size_t ld = p->ld;

	UP_ASSERT(p->width == other->width && p->shifted == other->shifted);
	if (other->rows == 0 && other->n_block == 0)
		return;
	up_products_settle(p);
	if (p->rows == 0)
	{
		memcpy(p->shift, other->shift, ld * sizeof(double));
		memcpy(p->mean, other->mean, ld * sizeof(double));
		memcpy(p->products, other->products, ld * ld * sizeof(double));
		p->rows = other->rows;
	}
	else if (other->rows > 0)
	{
		double *mean = shifted_means(p, other);

		join(p, other->rows, mean, other->products, 1);
		up_free(mean);
	}
	for (uint32_t i = 0; i < other->n_block; i++)
	{
		double *row = next_row(p);

		for (size_t j = 0; j < p->width; j++)
			row[j] = other->block[i * ld + j] + (other->shift[j] - p->shift[j]);
	}
}

UpProducts *
up_products_copy(const UpProducts *from)
{
	UpProducts *p = up_products_start(from->width, from->shifted);

	up_products_merge(p, from);
	up_products_settle(p);
	return p;
}

bool
up_products_subtract(UpProducts *p, const UpProducts *other)
{
	double *mean, *before;

	if (other->rows >= p->rows)
		return false;
	mean = shifted_means(p, other);
	before = up_alloc_array(p->ld, sizeof(double));
	for (size_t j = 0; j < p->width; j++)
		before[j] = p->products[j * p->ld + j];
	join(p, other->rows, mean, other->products, -1);
	up_free(mean);
	for (size_t j = 0; j < p->width; j++)
	{
		double *square = &p->products[j * p->ld + j];

		/* What is left of squares may be below 0 by rounding alone, of what there was: the part's may be 0. */
		if (*square < 0 && -*square > 1e-9 * before[j])
			return false;
		*square = UP_MAX(*square, 0);
	}
	up_free(before);
	return true;
}

/* rows, the shift where there is one, means, the upper triangle, the rows that wait. */
void
up_products_put(const UpProducts *p, UpWriter *w)
{
	up_put_u64(w, p->rows);
	up_put_u32(w, p->n_block);
	if (p->shifted)
		up_put_f64_array(w, p->shift, p->width);
	up_put_f64_array(w, p->mean, p->width);
	for (size_t i = 0; i < p->width; i++)
		up_put_f64_array(w, p->products + i * p->ld + i, p->width - i);
	for (uint32_t i = 0; i < p->n_block; i++)
		up_put_f64_array(w, p->block + i * p->ld, p->width);
}

UpProducts *
up_products_get(UpReader *r, uint32_t width, bool shifted, const char *what)
{
	size_t values = (r->len - r->pos) / sizeof(double), triangle = (size_t) width * ((size_t) width + 1) / 2;
	uint64_t rows = up_get_u64(r);
	uint32_t n_block = up_get_u32(r);
	UpProducts *p;

	if (triangle > values || n_block > BLOCK_ROWS || (size_t) n_block * width > values ||
		rows > UINT64_C(1) << 53)
		up_corrupt(r, up_format("sums of %s", what));
	p = up_products_start(width, shifted);
	p->rows = rows;
	if (shifted)
		up_get_f64_array(r, p->shift, width);
	up_get_f64_array(r, p->mean, width);
	for (size_t i = 0; i < width; i++)
	{
		up_get_f64_array(r, p->products + i * p->ld + i, width - i);
		if (p->products[i * p->ld + i] < 0)
			up_corrupt(r, up_format("squares of %s", what));
	}
	for (uint32_t i = 0; i < n_block; i++)
		up_get_f64_array(r, next_row(p), width);
	return p;
}
