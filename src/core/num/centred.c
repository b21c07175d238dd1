/*
 * centred.c - means and centred products of rows, block by block; see centred.h
 *
 * A block's products are taken around its own means, and blocks are joined by M = M_a + M_b + n_a n_b / (n_a + n_b) g g' with g the gap
 * of the means (Chan, Golub, LeVeque 1983). So nothing is lost to large offsets, and parts join and part again. Where the means
 * themselves must keep the digits of columns around 1e9, the first row is taken off every other one; products know nothing of shifts, so that
 * parts with different ones join as well. Cost: width^2 / 2 a row.
 *
 * Where rows are shared out, several blocks wait. Their means, and so how each is joined, are known before their products are; of these
 * each part makes a band of columns, block by block.
 */
#include "num/centred.h"

#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

#define FIRST_ROWS 4
#define BLOCK_ROWS 256
#define PART_ROWS  32  /* of a wide block, between two ticks: how it is cut changes no bit */
#define WIDE       256 /* columns */

#define MOST_BLOCKS    32 /* that wait */
#define ROUND_VALUES   (1 << 20)
#define MOST_BANDS     24
#define SHARED_COLUMNS 32    /* at least */
#define SECONDS_A_PAIR 3e-11 /* multiply-add, about */

static size_t
side_of(uint32_t width)
{
	return UP_SYRK_PAD(UP_MAX((size_t) width, UP_ROWS_MIN));
}

size_t
up_centred_bytes(uint32_t width)
{
	size_t ld = side_of(width);

	return sizeof(UpCentred) + (2 * ld * ld + ld * (BLOCK_ROWS + 2)) * sizeof(double);
}

UpCentred *
up_centred_start(uint32_t width, bool shifted)
{
	UpCentred *p;

	up_reserve(up_centred_bytes(width), "products of features");
	p = up_alloc0(sizeof(UpCentred));
	p->width = width;
	p->ld = side_of(width);
	p->shifted = shifted;
	p->shift = up_alloc0(p->ld * sizeof(double));
	p->mean = up_alloc0(p->ld * sizeof(double));
	p->products = up_alloc0(p->ld * p->ld * sizeof(double));
	return p;
}

/* One product of both. Written once: where a compiler fuses multiplication and addition, it does so everywhere or nowhere. */
static inline double
joined(double all, double other, double times, double gap)
{
	return all + (other + times * gap);
}

/* Adds rows, their means (with this shift) and centred products; sign -1: takes them away. */
static void
join(UpCentred *p, uint64_t rows, const double *mean, const double *products, double sign)
{
	size_t ld = p->ld;
	double all = (double) p->rows + sign * (double) rows;
	double weight = sign * (double) p->rows * (double) rows / all, share = sign * (double) rows / all;
	double *gap = up_alloc_array(ld, sizeof(double));
	size_t work = 0;

	for (size_t j = 0; j < ld; j++)
		gap[j] = mean[j] - p->mean[j];
	for (size_t i = 0; i < p->width; i++)
	{
		double times = gap[i] * weight, *row = p->products + i * ld;
		const double *other = products + i * ld;

		up_tick_work(&work, p->width - i);
		for (size_t j = i; j < p->width; j++)
			row[j] = joined(row[j], sign < 0 ? -other[j] : other[j], times, gap[j]);
	}
	for (size_t j = 0; j < ld; j++)
		p->mean[j] += gap[j] * share;
	p->rows = sign > 0 ? p->rows + rows : p->rows - rows;
	up_free(gap);
}

/* Takes the means off n rows that wait, from this one on. */
static double *
centre_block(UpCentred *p, uint32_t first, uint32_t n)
{
	double *mean = up_alloc0(p->ld * sizeof(double)), *block = p->block + first * p->ld;

	for (uint32_t i = 0; i < n; i++)
	{
		const double *row = block + i * p->ld;

		for (size_t j = 0; j < p->ld; j++)
			mean[j] += row[j];
	}
	for (size_t j = 0; j < p->ld; j++)
		mean[j] /= n;
	for (uint32_t i = 0; i < n; i++)
	{
		double *row = block + i * p->ld;

		for (size_t j = 0; j < p->ld; j++)
			row[j] -= mean[j];
	}
	return mean;
}

/* ---- shared out ---- */

typedef struct UpCentredJob
{
	size_t ld;
	uint32_t width, n_block, bands;
	double weights[MOST_BLOCKS]; /* of the gaps of each block; 0: it makes the totals */
	void *arrays[3];
} UpCentredJob;

enum
{
	BLOCK,
	GAPS, /* of each block's means from those before */
	PRODUCTS,
	N_ARRAYS
};

/* The columns of a band, of the products of all blocks, joined one after the other as join does. */
static void
band_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const UpCentredJob *job = fixed;
	size_t ld = job->ld, from = up_syrk_band(ld, job->bands, part),
		   end = up_syrk_band(ld, job->bands, part + 1);
	double *products = arrays[PRODUCTS], *of_block = up_alloc_array(end * ld, sizeof(double));

	for (uint32_t first = 0; first < job->n_block; first += BLOCK_ROWS)
	{
		const double *gap = (const double *) arrays[GAPS] + first / BLOCK_ROWS * ld;
		double weight = job->weights[first / BLOCK_ROWS];

		for (size_t i = 0; i < end; i++)
			memset(of_block + i * ld + from, 0, (end - from) * sizeof(double));
		for (uint32_t at = first; at < UP_MIN(first + BLOCK_ROWS, job->n_block); at += PART_ROWS)
		{
			up_tick();
			up_vec_syrk_columns(of_block, ld, (const double *) arrays[BLOCK] + at * ld,
								UP_MIN(PART_ROWS, job->n_block - at), from, end);
		}
		for (size_t i = 0; i < UP_MIN(end, job->width); i++)
		{
			double times = gap[i] * weight, *row = products + i * ld;
			const double *other = of_block + i * ld;

			for (size_t j = UP_MAX(i, from); j < UP_MIN(end, job->width); j++)
				row[j] = weight == 0 ? other[j] : joined(row[j], other[j], times, gap[j]);
		}
	}
	up_free(of_block);
}

static void
settle_shared(UpCentred *p)
{
	UpCentredJob *job = p->shared;
	size_t ld = p->ld;

	job->n_block = p->n_block;
	for (uint32_t first = 0; first < p->n_block; first += BLOCK_ROWS)
	{
		uint32_t rows = UP_MIN(BLOCK_ROWS, p->n_block - first), b = first / BLOCK_ROWS;
		double all = (double) p->rows + (double) rows, *gap = (double *) job->arrays[GAPS] + b * ld;
		double *mean = centre_block(p, first, rows), share = (double) rows / all;

		job->weights[b] = (double) p->rows * (double) rows / all;
		for (size_t j = 0; j < ld; j++)
		{
			gap[j] = mean[j] - p->mean[j];
			p->mean[j] = p->rows == 0 ? mean[j] : p->mean[j] + gap[j] * share;
		}
		p->rows += rows;
		up_free(mean);
	}
	up_parallel(job->bands, band_part, job, sizeof(*job), job->arrays, N_ARRAYS);
	p->n_block = 0;
}

void
up_centred_begin(UpCentred *p, size_t n_rows)
{
	size_t ld = p->ld, blocks = UP_MAX(UP_MIN(ROUND_VALUES / ld / BLOCK_ROWS, MOST_BLOCKS), 2);
	UpCentredJob *job;

	UP_ASSERT(p->shared == NULL && p->n_block == 0);
	up_workers_begin((double) p->width * (double) p->width / 2 * (double) n_rows * SECONDS_A_PAIR);
	if (up_workers() == 1 || p->width < SHARED_COLUMNS)
		return;
	job = up_alloc0(sizeof(*job));
	job->ld = ld;
	job->width = p->width;
	job->bands = (uint32_t) UP_MIN(MOST_BANDS, ld / 8);
	job->arrays[BLOCK] = up_alloc_large_array(blocks * BLOCK_ROWS * ld, sizeof(double));
	job->arrays[GAPS] = up_alloc_large_array(blocks * ld, sizeof(double));
	job->arrays[PRODUCTS] = up_alloc_large_array(ld * ld, sizeof(double));
	memcpy(job->arrays[PRODUCTS], p->products, ld * ld * sizeof(double));
	up_free(p->block);
	p->block = job->arrays[BLOCK];
	p->capacity = (uint32_t) blocks * BLOCK_ROWS;
	p->shared = job;
}

void
up_centred_end(UpCentred *p)
{
	UpCentredJob *job = p->shared;

	up_centred_settle(p);
	up_free(p->of_block);
	p->of_block = NULL;
	if (job != NULL)
	{
		memcpy(p->products, job->arrays[PRODUCTS], p->ld * p->ld * sizeof(double));
		for (int a = 0; a < N_ARRAYS; a++)
			up_free_large(job->arrays[a]);
		up_free(job);
		p->shared = NULL;
		p->block = NULL;
		p->capacity = 0;
	}
	up_workers_end();
}

/* ---- rows ---- */

void
up_centred_settle(UpCentred *p)
{
	size_t ld = p->ld;
	double *mean, *products = p->products;

	if (p->n_block == 0)
		return;
	if (p->shared != NULL)
	{
		settle_shared(p);
		return;
	}
	mean = centre_block(p, 0, p->n_block);
	/* The first block makes the totals. */
	if (p->rows > 0)
	{
		/* Made once: where it is large, to get fresh memory takes longer than to clear it. */
		if (p->of_block == NULL)
			p->of_block = up_alloc_array(ld * ld, sizeof(double));
		products = memset(p->of_block, 0, ld * ld * sizeof(double));
	}
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
	}
	p->n_block = 0;
	up_free(mean);
}

static double *
next_row(UpCentred *p)
{
	double *row;

	if (p->n_block == p->capacity)
	{
		if (p->capacity >= BLOCK_ROWS)
			up_centred_settle(p);
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
up_centred_add(UpCentred *p, const double *x, const double *last)
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
shifted_means(const UpCentred *p, const UpCentred *other)
{
	double *mean = up_alloc0(p->ld * sizeof(double));

	for (size_t j = 0; j < p->width; j++)
		mean[j] = other->mean[j] + (other->shift[j] - p->shift[j]);
	return mean;
}

void
up_centred_merge(UpCentred *p, const UpCentred *other)
{
	size_t ld = p->ld;

	UP_ASSERT(p->width == other->width && p->shifted == other->shifted);
	if (other->rows == 0 && other->n_block == 0)
		return;
	up_centred_settle(p);
	if (p->rows == 0)
	{
		memcpy(p->shift, other->shift, ld * sizeof(double));
		memcpy(p->mean, other->mean, ld * sizeof(double));
		memcpy(p->products, other->products, ld * ld * sizeof(double));
		p->rows = other->rows;
		up_tick();
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

UpCentred *
up_centred_copy(const UpCentred *from)
{
	UpCentred *p = up_centred_start(from->width, from->shifted);

	up_centred_merge(p, from);
	up_centred_settle(p);
	up_free(p->of_block);
	p->of_block = NULL;
	return p;
}

bool
up_centred_subtract(UpCentred *p, const UpCentred *other)
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

void
up_centred_check(const UpCentred *p)
{
	up_check_finite(p->mean, p->width);
	for (size_t i = 0; i < p->width; i++)
		up_check_finite(p->products + i * p->ld + i, p->width - i);
}

/* rows, the shift where there is one, means, the upper triangle, the rows that wait. */
void
up_centred_put(const UpCentred *p, UpWriter *w)
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

UpCentred *
up_centred_get(UpReader *r, uint32_t width, bool shifted, const char *what)
{
	size_t values = (r->len - r->pos) / sizeof(double), triangle = (size_t) width * ((size_t) width + 1) / 2;
	uint64_t rows = up_get_u64(r);
	uint32_t n_block = up_get_u32(r);
	UpCentred *p;

	if (triangle > values || n_block > BLOCK_ROWS || (size_t) n_block * width > values ||
		rows > UINT64_C(1) << 53)
		up_corrupt(r, up_format("sums of %s", what));
	p = up_centred_start(width, shifted);
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
