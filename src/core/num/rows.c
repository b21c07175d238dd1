/*
 * rows.c - passes over rows of which columns may be listed; see rows.h
 *
 * Entries are few and lie together; what is read and added to by them is a vector that stays in the first cache, or a matrix in the
 * second. Sums are made row by row in the order of entries, which is the same in every run.
 */
#include "num/rows.h"

#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS   512
#define BLOCK_VALUES 32768 /* of packed rows that are to stay in a cache */
#define SYRK_ROWS    64    /* that are multiplied together */

/* ---- vectors ---- */

static inline __attribute__((always_inline)) double
entries_dot(const UpRows *r, size_t i, const double *v, bool ones)
{
	double sum = 0;

	for (size_t e = r->starts[i]; e < r->starts[i + 1]; e++)
		sum += ones ? v[r->at[e]] : r->values[e] * v[r->at[e]];
	return sum;
}

/* Adds what the entries of n rows give: those at rows, or NULL: from first on. */
static void
add_entries(const UpRows *r, const uint32_t *rows, size_t first, size_t n, const double *v, double *out)
{
	if (r->listed == 0)
		return;
	if (r->values == NULL)
	{
		for (size_t k = 0; k < n; k++)
			out[k] += entries_dot(r, rows != NULL ? rows[k] : first + k, v, true);
	}
	else
	{
		for (size_t k = 0; k < n; k++)
			out[k] += entries_dot(r, rows != NULL ? rows[k] : first + k, v, false);
	}
}

void
up_rows_dot(const UpRows *r, size_t first, size_t n, const double *v, double *out)
{
	up_vec_rows_dot(out, r->x + first * r->dense, n, r->dense, v + r->listed);
	add_entries(r, NULL, first, n, v, out);
}

void
up_rows_dot_at(const UpRows *r, const uint32_t *rows, size_t n, const double *v, double *out)
{
	up_vec_rows_dot_at(out, r->x, rows, n, r->dense, v + r->listed);
	add_entries(r, rows, 0, n, v, out);
}

void
up_rows_axpy(const UpRows *r, size_t first, const uint32_t *rows, const double *a, size_t n, double *sums)
{
	up_vec_rows_axpy(sums + r->listed, r->x + first * r->dense, r->dense, rows, a, n);
	for (size_t k = 0; r->listed > 0 && k < n; k++)
	{
		size_t i = first + rows[k], end = r->starts[i + 1];

		for (size_t e = r->starts[i]; e < end; e++)
			sums[r->at[e]] += r->values == NULL ? a[k] : a[k] * r->values[e];
	}
}

void
up_rows_add_squares(const UpRows *r, size_t i, double a, double *sums)
{
	const double *x = r->x + i * r->dense;

	for (size_t j = 0; j < r->dense; j++)
		sums[r->listed + j] += a * x[j] * x[j];
	for (size_t e = r->listed > 0 ? r->starts[i] : 0; r->listed > 0 && e < r->starts[i + 1]; e++)
		sums[r->at[e]] += r->values == NULL ? a : a * r->values[e] * r->values[e];
}

/* ---- matrices ---- */

UpRowsGram
up_rows_gram(const UpRows *r, double *gram)
{
	UpRowsGram g = {
		.rows = r, .gram = gram, .ld = UP_SYRK_PAD(up_rows_width(r)), .side = UP_SYRK_PAD(r->dense)};

	g.most = UP_MAX(UP_MIN(BLOCK_ROWS, BLOCK_VALUES / g.side), SYRK_ROWS);
	g.packed = up_alloc0(g.most * g.side * sizeof(double));
	g.square = r->listed == 0 ? gram : up_alloc0(g.side * g.side * sizeof(double));
	memset(gram, 0, g.ld * g.ld * sizeof(double));
	return g;
}

static void
multiply_packed(UpRowsGram *g)
{
	for (size_t at = 0; at < g->n; at += SYRK_ROWS)
	{
		up_tick();
		up_vec_syrk(g->square, g->side, g->packed + at * g->side, UP_MIN(SYRK_ROWS, g->n - at));
	}
	g->n = 0;
}

/* What the entries of a row give with each other and with its dense values. */
static void
add_products(UpRowsGram *g, size_t i, double a)
{
	const UpRows *r = g->rows;
	const uint32_t *at = r->at;
	const double *x = r->x + i * r->dense;
	size_t start = r->starts[i], end = r->starts[i + 1];

	up_tick_work(&g->work, (end - start) * (end - start + r->dense));
	for (size_t e = start; e < end; e++)
	{
		double *row = g->gram + at[e] * g->ld, *dense = row + r->listed,
			   by = r->values == NULL ? a : a * r->values[e];

		for (size_t f = e; f < end; f++)
			row[at[f]] += r->values == NULL ? by : by * r->values[f];
		for (size_t j = 0; j < r->dense; j++)
			dense[j] += by * x[j];
	}
}

void
up_rows_gram_add(UpRowsGram *g, size_t i, double a)
{
	const UpRows *r = g->rows;
	size_t dense = r->dense;
	const double *UP_RESTRICT x = r->x + i * dense;
	double root = sqrt(a), *UP_RESTRICT packed = g->packed + g->n * g->side;

	for (size_t j = 0; j < dense; j++)
		packed[j] = root * x[j];
	if (r->listed > 0)
		add_products(g, i, a);
	if (++g->n == g->most)
		multiply_packed(g);
}

void
up_rows_gram_end(UpRowsGram *g)
{
	const UpRows *r = g->rows;

	multiply_packed(g);
	for (size_t i = 0; r->listed > 0 && i < r->dense; i++)
		memcpy(g->gram + (r->listed + i) * g->ld + r->listed + i, g->square + i * g->side + i,
			   (r->dense - i) * sizeof(double));
	if (r->listed > 0)
		up_free(g->square);
	up_free(g->packed);
}
