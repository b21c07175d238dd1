/*
 * factors.c - items as vectors; see factors.h
 *
 * float4: a score is a sum of some dozens of products, of which the sixth digit orders nothing. Sums over all rows are float8.
 */
#include "learn/recommend/factors.h"

#include <math.h>
#include <string.h>

#include "num/gemm.h"

#define GRAM_ROWS 512 /* rows whose products are summed up in float4 */

UpFactors *
up_factors_new(uint32_t n, uint32_t k, bool biased)
{
	UpFactors *f = up_alloc0(sizeof(*f));

	f->n = n;
	f->k = k;
	f->ld = UP_FACTORS_UP(k);
	f->rows = up_alloc0((size_t) n * f->ld * sizeof(float));
	if (biased)
		f->bias = up_alloc0(n * sizeof(double));
	return f;
}

size_t
up_factors_bytes(uint32_t n, uint32_t k)
{
	return (size_t) n * (UP_FACTORS_UP(k) * sizeof(float) + sizeof(double));
}

void
up_factors_draw(UpFactors *f, double deviation, UpRng *rng)
{
	size_t work = 0;

	for (size_t i = 0; i < f->n; i++)
	{
		up_tick_work(&work, 24 * (size_t) f->k);
		for (uint32_t j = 0; j < f->k; j++)
			up_factors_row(f, i)[j] = (float) (deviation * up_rng_normal(rng));
	}
}

void
up_factors_gram(const UpFactors *f, double *gram, size_t ld_gram)
{
	float *part = up_alloc_array((size_t) f->ld * f->ld, sizeof(float));
	size_t work = 0;

	for (uint32_t i = 0; i < f->k; i++)
		memset(gram + i * ld_gram, 0, f->k * sizeof(double));
	for (size_t first = 0; first < f->n; first += GRAM_ROWS)
	{
		size_t rows = UP_MIN(GRAM_ROWS, f->n - first);

		up_tick_work(&work, rows * f->ld * f->ld / 8);
		up_gemm_tn(part, f->ld, false, up_factors_row(f, first), f->ld, up_factors_row(f, first), f->ld, f->ld,
				   f->ld, rows);
		for (uint32_t i = 0; i < f->k; i++)
			for (uint32_t j = 0; j < f->k; j++)
				gram[i * ld_gram + j] += part[(size_t) i * f->ld + j];
	}
	up_free(part);
}

void
up_factors_score(const UpFactors *f, const double *x, double *out)
{
	float *v = up_alloc0(f->ld * sizeof(float));
	size_t work = 0;

	for (uint32_t j = 0; j < f->k; j++)
		v[j] = (float) x[j];
	for (size_t i = 0; i < f->n; i++)
	{
		up_tick_work(&work, f->ld / 8);
		out[i] = (double) up_factors_dot(up_factors_row(f, i), v, f->ld) + (f->bias != NULL ? f->bias[i] : 0);
	}
	up_free(v);
}

void
up_factors_similar(const UpFactors *f, uint32_t item, double *out)
{
	const float *row = up_factors_row(f, item);
	double length = sqrt((double) up_factors_dot(row, row, f->ld));
	size_t work = 0;

	for (size_t i = 0; i < f->n; i++)
	{
		const float *other = up_factors_row(f, i);
		double both = length * sqrt((double) up_factors_dot(other, other, f->ld));

		up_tick_work(&work, f->ld / 4);
		out[i] = both > 0 ? (double) up_factors_dot(other, row, f->ld) / both : 0;
		out[i] = UP_MAX(UP_MIN(out[i], 1), -1);
	}
}

void
up_put_factors(UpWriter *w, const UpFactors *f)
{
	up_put_u32(w, f->k);
	for (size_t i = 0; i < f->n; i++)
		up_put_f32_array(w, up_factors_row(f, i), f->k);
	if (f->bias != NULL)
		up_put_f64_array(w, f->bias, f->n);
}

/* What is written is far below: sums of products must not overflow. */
#define MOST_FACTOR 1e15f
#define MOST_BIAS   1e30

UpFactors *
up_get_factors(UpReader *r, uint32_t n, bool biased)
{
	uint32_t k = up_get_u32(r);
	UpFactors *f;

	if (k < 1 || k > UP_FACTORS_LIMIT || n > (r->len - r->pos) / (k * sizeof(float)))
		up_corrupt(r, "number of factors");
	f = up_factors_new(n, k, biased);
	for (size_t i = 0; i < n; i++)
	{
		float *row = up_factors_row(f, i);

		up_get_f32_array(r, row, k);
		for (uint32_t j = 0; j < k; j++)
		{
			if (fabsf(row[j]) > MOST_FACTOR)
				up_corrupt(r, "a factor");
		}
	}
	for (size_t i = 0; biased && i < n; i++)
	{
		f->bias[i] = up_get_f64(r);
		if (fabs(f->bias[i]) > MOST_BIAS)
			up_corrupt(r, "a bias");
	}
	return f;
}
