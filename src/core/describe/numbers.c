/*
 * numbers.c - sums up the numbers of a column; see numbers.h
 *
 * All but the content is read off the sorted numbers, so that it depends on no order of rows: processes that share a scan deal them out as
 * they come. Moments are of blocks around their own mean, joined by the formulas of Chan, Golub and LeVeque (1983) and Pébay (2008). Cost:
 * O(n), most of it for sorting.
 */
#include "describe/numbers.h"

#include "num/moments.h"
#include "num/sort.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define LANES     4     /* sums that do not wait for each other */
#define TICK_ROWS 65536 /* a whole number of blocks */

const double up_fact_shares[UP_FACT_QUANTILES] = {0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99};

void
up_powers_add(UpPowers *p, const double *block, size_t count)
{
	UpPowers b = {(double) count, 0, 0, 0};
	double sum[LANES] = {0}, m2[LANES] = {0}, m3[LANES] = {0}, n, d;

	if (count == 0)
		return;
	for (size_t i = 0; i < count; i++)
		sum[i % LANES] += block[i] - block[0];
	b.mean = block[0] + ((sum[0] + sum[1]) + (sum[2] + sum[3])) / b.n;
	for (size_t i = 0; i < count; i++)
	{
		double e = block[i] - b.mean;

		m2[i % LANES] += e * e;
		m3[i % LANES] += e * e * e;
	}
	b.m2 = (m2[0] + m2[1]) + (m2[2] + m2[3]);
	b.m3 = (m3[0] + m3[1]) + (m3[2] + m3[3]);
	if (p->n == 0)
	{
		*p = b;
		return;
	}
	n = p->n + b.n;
	d = b.mean - p->mean;
	p->m3 += b.m3 + d * d * d * p->n * b.n * (p->n - b.n) / (n * n) + 3 * d * (p->n * b.m2 - b.n * p->m2) / n;
	p->m2 += b.m2 + d * d * p->n * b.n / n;
	p->mean += d * b.n / n;
	p->n = n;
}

/* The content of some rows, the first of which has this number; those that are known move to out. Returns how many these are. */
static size_t
take_rows(const double *v, size_t n, uint64_t row, double *out, UpNumbers *f)
{
	size_t known = 0, missing = 0;

	for (size_t i = 0; i < n; i++)
	{
		double x = v[i];
		uint64_t bits;

		memcpy(&bits, &x, sizeof(bits));
		up_content_add(f->content, row + i, x == x ? bits | 1 : 0);
		out[known] = x;
		known += fabs(x) <= DBL_MAX;
		missing += x != x;
	}
	f->missing += missing;
	f->infinite += n - known - missing;
	return known;
}

void
up_numbers_add(UpNumbers *f, const double *v, size_t n, double *known)
{
	for (size_t at = 0; at < n; at += UP_BLOCK_VALUES)
	{
		size_t rows = UP_MIN(UP_BLOCK_VALUES, n - at);

		up_tick();
		f->n_known += take_rows(v + at, rows, f->n, known + f->n_known, f);
		f->n += rows;
	}
}

static void
add_top(UpNumbers *f, double number, uint64_t count)
{
	uint32_t at;

	if (f->n_top == UP_FACT_TOP && count <= f->top[UP_FACT_TOP - 1].count)
		return;
	f->n_top = UP_MIN(f->n_top + 1, UP_FACT_TOP);
	for (at = f->n_top - 1; at > 0 && f->top[at - 1].count < count; at--)
		f->top[at] = f->top[at - 1];
	f->top[at] = (UpTopValue){number, NULL, count};
}

static void
take_moments(const double *v, size_t n, UpPowers *powers)
{
	for (size_t at = 0; at < n; at += UP_BLOCK_VALUES)
	{
		if (at % TICK_ROWS == 0)
			up_tick();
		up_powers_add(powers, v + at, UP_MIN(UP_BLOCK_VALUES, n - at));
	}
}

static void
take_distinct(const double *v, size_t n, UpNumbers *f)
{
	size_t work = 0;

	for (size_t first = 0, next; first < n; first = next)
	{
		for (next = first + 1; next < n && v[next] == v[first]; next++)
			;
		f->distinct++;
		add_top(f, v[first], next - first);
		up_tick_work(&work, next - first);
	}
}

static void
take_quantiles(const double *v, size_t n, UpNumbers *f)
{
	double distance;

	for (int q = 0; q < UP_FACT_QUANTILES; q++)
		f->quantiles[q] = up_sorted_quantile(v, n, up_fact_shares[q]);
	distance = 1.5 * (f->quantiles[4] - f->quantiles[2]);
	f->outliers = up_lower_bound(v, n, f->quantiles[2] - distance) + n -
				  up_lower_bound(v, n, nextafter(f->quantiles[4] + distance, INFINITY));
}

void
up_numbers_finish(UpNumbers *f, double *v, double *buffer)
{
	size_t n = f->n_known;

	f->minimum = INFINITY;
	f->maximum = -INFINITY;
	if (n == 0)
		return;
	up_sort_doubles(v, n, buffer);
	f->minimum = v[0];
	f->maximum = v[n - 1];
	take_moments(v, n, &f->powers);
	take_distinct(v, n, f);
	take_quantiles(v, n, f);
}
