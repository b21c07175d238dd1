/*
 * scaler_sums.c - one pass over the rows; see scaler_sums.h
 *
 * With s the first row: sum (x - s) and sum (x - s)^2 (Chan, Golub, LeVeque 1983), so that values around 1e9 with a variance
 * of 1 lose nothing; each block of rows has sums of its own, so that long sums stay exact. Cost: O(features) a row.
 */
#include "learn/scaler/scaler_sums.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS 1024
#define SUM_ARRAYS 7

/* The arrays, to be treated alike. */
static void
list_arrays(const UpSums *s, double *arrays[SUM_ARRAYS])
{
	double *const all[SUM_ARRAYS] = {s->shift,   s->sum,       s->squares,      s->minimum,
									 s->maximum, s->block_sum, s->block_squares};

	memcpy(arrays, all, sizeof(all));
}

void *
up_sums_start(uint32_t n_features)
{
	UpSums *s = up_alloc0(sizeof(UpSums));

	s->n = n_features;
	s->shift = up_alloc0((size_t) n_features * sizeof(double));
	s->sum = up_alloc0((size_t) n_features * sizeof(double));
	s->squares = up_alloc0((size_t) n_features * sizeof(double));
	s->minimum = up_alloc0((size_t) n_features * sizeof(double));
	s->maximum = up_alloc0((size_t) n_features * sizeof(double));
	s->block_sum = up_alloc0((size_t) n_features * sizeof(double));
	s->block_squares = up_alloc0((size_t) n_features * sizeof(double));
	return s;
}

static void
close_block(UpSums *s)
{
	for (uint32_t j = 0; j < s->n; j++)
	{
		s->sum[j] += s->block_sum[j];
		s->squares[j] += s->block_squares[j];
	}
	memset(s->block_sum, 0, s->n * sizeof(double));
	memset(s->block_squares, 0, s->n * sizeof(double));
	s->block_rows = 0;
}

void
up_sums_add(void *sums, const double *x, double label)
{
	UpSums *s = sums;
	uint32_t n = s->n;
	const double *UP_RESTRICT shift = s->shift;
	double *UP_RESTRICT sum = s->block_sum;
	double *UP_RESTRICT squares = s->block_squares;
	double *UP_RESTRICT minimum = s->minimum;
	double *UP_RESTRICT maximum = s->maximum;

	(void) label;
	if (s->rows == 0)
	{
		memcpy(s->shift, x, n * sizeof(double));
		memcpy(s->minimum, x, n * sizeof(double));
		memcpy(s->maximum, x, n * sizeof(double));
	}
	for (uint32_t j = 0; j < n; j++)
	{
		double d = x[j] - shift[j];

		sum[j] += d;
		squares[j] += d * d;
		minimum[j] = x[j] < minimum[j] ? x[j] : minimum[j];
		maximum[j] = x[j] > maximum[j] ? x[j] : maximum[j];
	}
	s->rows++;
	if (++s->block_rows == BLOCK_ROWS)
		close_block(s);
}

/*
 * Moves the sums of other to this one's shift: with d = other.shift - shift, sum (x - shift) = sum' + n d and
 * sum (x - shift)^2 = squares' + 2 d sum' + n d^2. Shifts are values of the data, so d is of the order of its spread.
 */
void
up_sums_merge(void *sums, const void *others)
{
	UpSums *s = sums;
	const UpSums *o = others;
	double *to[SUM_ARRAYS], *from[SUM_ARRAYS];

	UP_ASSERT(s->n == o->n);
	if (o->rows == 0)
		return;
	if (s->rows == 0)
	{
		s->rows = o->rows;
		s->block_rows = o->block_rows;
		list_arrays(s, to);
		list_arrays(o, from);
		for (int i = 0; i < SUM_ARRAYS; i++)
			memcpy(to[i], from[i], s->n * sizeof(double));
		return;
	}
	close_block(s);
	for (uint32_t j = 0; j < s->n; j++)
	{
		double d = o->shift[j] - s->shift[j];
		double sum = o->sum[j] + o->block_sum[j];
		double squares = o->squares[j] + o->block_squares[j];

		s->sum[j] += sum + (double) o->rows * d;
		s->squares[j] += squares + 2 * d * sum + (double) o->rows * d * d;
		s->minimum[j] = UP_MIN(s->minimum[j], o->minimum[j]);
		s->maximum[j] = UP_MAX(s->maximum[j], o->maximum[j]);
	}
	s->rows += o->rows;
}

void
up_sums_centre(UpSums *s)
{
	double n = (double) s->rows;

	if (s->rows == 0)
		return;
	close_block(s);
	for (uint32_t j = 0; j < s->n; j++)
	{
		double to = s->shift[j] + s->sum[j] / n, d = s->shift[j] - to;

		if (!isfinite(to))
			continue;
		s->squares[j] = UP_MAX(s->squares[j] + 2 * d * s->sum[j] + n * d * d, 0);
		s->sum[j] += n * d;
		s->shift[j] = to;
	}
}

void
up_sums_put(const void *sums, UpWriter *w)
{
	const UpSums *s = sums;
	double *arrays[SUM_ARRAYS];

	list_arrays(s, arrays);
	up_put_u64(w, s->rows);
	up_put_u32(w, s->block_rows);
	for (int i = 0; i < SUM_ARRAYS; i++)
		up_put_f64_array(w, arrays[i], s->n);
}

void *
up_sums_get(UpReader *r, uint32_t n_features)
{
	double *arrays[SUM_ARRAYS];
	UpSums *s;

	if ((r->len - r->pos) / sizeof(double) / SUM_ARRAYS < n_features)
		up_corrupt(r, "sums of the scaler");
	s = up_sums_start(n_features);
	s->rows = up_get_u64(r);
	s->block_rows = up_get_u32(r);
	list_arrays(s, arrays);
	for (int i = 0; i < SUM_ARRAYS; i++)
		up_get_f64_array(r, arrays[i], n_features);
	if (s->block_rows >= BLOCK_ROWS || s->block_rows > s->rows || s->rows > UINT64_C(1) << 53)
		up_corrupt(r, "number of rows");
	for (uint32_t j = 0; j < n_features; j++)
	{
		if (!(s->minimum[j] <= s->maximum[j]) || s->squares[j] < 0 || s->block_squares[j] < 0)
			up_corrupt(r, "sums of the scaler");
	}
	return s;
}

size_t
up_sums_bytes(uint32_t n_features)
{
	return sizeof(UpSums) + (size_t) SUM_ARRAYS * n_features * sizeof(double);
}
