/*
 * dense.c - Cholesky's factor row by row; see dense.h
 *
 * Rows are taken in order, each less its shares of those before it (left-looking), so that inner loops run along rows and write to
 * one alone. Cost: n^3 / 3 for the factor, n^2 a solution.
 */
#include "num/dense.h"

#include "num/vec.h"

#include <math.h>
#include <string.h>

/* What the rows above take off row i, of columns from i on. */
static void
take_off(const double *a, size_t i, size_t n, size_t ld, double *row)
{
	const double *from[4];
	double factor[4];
	size_t held = 0;

	for (size_t m = 0; m < i; m++)
	{
		if (a[m * ld + i] == 0)
			continue;
		factor[held] = -a[m * ld + i];
		from[held++] = a + m * ld + i;
		if (held < 4)
			continue;
		up_vec_axpy4(row, factor, from, n - i);
		held = 0;
	}
	for (size_t k = 0; k < held; k++)
		up_vec_axpy(row, factor[k], from[k], n - i);
}

size_t
up_dense_cholesky(double *a, size_t n, size_t ld, double tol, bool *skipped)
{
	double *diagonal = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	size_t rank = 0, work = 0;

	UP_ASSERT(ld >= n && tol >= 0);
	for (size_t i = 0; i < n; i++)
		diagonal[i] = a[i * ld + i];
	for (size_t i = 0; i < n; i++)
	{
		double *row = a + i * ld, root;

		up_tick_work(&work, i * (n - i));
		take_off(a, i, n, ld, row + i);
		if (!(row[i] > tol * diagonal[i]) || !(row[i] > 0) || !isfinite(row[i]))
		{
			if (skipped == NULL)
			{
				up_free(diagonal);
				return 0;
			}
			skipped[i] = true;
			memset(row + i, 0, (n - i) * sizeof(double));
			continue;
		}
		if (skipped != NULL)
			skipped[i] = false;
		rank++;
		root = sqrt(row[i]);
		up_vec_scale(row + i, 1 / root, n - i);
		row[i] = root;
	}
	up_free(diagonal);
	return rank;
}

/* R' x = b. */
static void
solve_lower(const double *r, size_t n, size_t ld, const bool *skipped, double *x)
{
	for (size_t i = 0; i < n; i++)
	{
		if (skipped != NULL && skipped[i])
		{
			x[i] = 0;
			continue;
		}
		x[i] /= r[i * ld + i];
		if (x[i] != 0)
			up_vec_axpy(x + i + 1, -x[i], r + i * ld + i + 1, n - i - 1);
	}
}

void
up_dense_solve(const double *r, size_t n, size_t ld, const bool *skipped, double *x)
{
	UP_ASSERT(ld >= n);
	solve_lower(r, n, ld, skipped, x);
	for (size_t i = n; i-- > 0;)
	{
		if (skipped != NULL && skipped[i])
			continue;
		x[i] = (x[i] - up_vec_dot(r + i * ld + i + 1, x + i + 1, n - i - 1)) / r[i * ld + i];
	}
}

double
up_dense_inverse_form(const double *r, size_t n, size_t ld, const bool *skipped, double *v)
{
	UP_ASSERT(ld >= n);
	solve_lower(r, n, ld, skipped, v);
	return up_vec_dot(v, v, n);
}

void
up_dense_inverse_diagonal(const double *r, size_t n, size_t ld, const bool *skipped, double *out)
{
	double *v = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	size_t work = 0;

	UP_ASSERT(ld >= n);
	for (size_t i = 0; i < n; i++)
	{
		up_tick_work(&work, (n - i) * (n - i) / 2);
		if (skipped != NULL && skipped[i])
		{
			out[i] = NAN;
			continue;
		}
		/* The rows before i stay zero. */
		memset(v, 0, n * sizeof(double));
		v[i] = 1;
		solve_lower(r + i * ld + i, n - i, ld, skipped != NULL ? skipped + i : NULL, v + i);
		out[i] = up_vec_dot(v + i, v + i, n - i);
	}
	up_free(v);
}
