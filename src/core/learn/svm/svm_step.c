/*
 * svm_step.c - the linear system of a Newton step: Cholesky's factors, or conjugate gradients; see svm_step.h
 *
 * Few columns: the matrix is made and factored, n d² / 2 + d³ / 6 multiply-adds for n curved rows. More: conjugate gradients
 * with the diagonal as preconditioner (Keerthi, DeCoste 2005; Hsia, Chiang, Lin 2018), 2 n d a round, of which a well
 * conditioned problem needs ten. What a round costs is bound by memory, so the matrix is worth about d / 20 + d² / 6 n of
 * them; where they do not suffice, that step takes the direction found so far and the steps after it the matrix, if it is
 * not too large. Both are decided by counts alone, so that a training is the same in every run.
 */
#include "learn/svm/svm_step.h"

#include "num/dense.h"
#include "num/vec.h"
#include "num/vec_syrk.h"

#include <math.h>
#include <string.h>

#define BLOCK_ROWS   512
#define BLOCK_VALUES 32768 /* of a block that is to stay in a cache between its two uses */
#define DENSE_WIDTH  192   /* up to so many columns the matrix is always cheaper */
#define LARGEST      4096  /* side of a matrix that is made at all */
#define MOST_ROUNDS  1000
#define SMALLEST     1e-12 /* element of the preconditioner */

UpSvmStep *
up_svm_step_new(const UpSvmProblem *p)
{
	UpSvmStep *t = up_alloc0(sizeof(UpSvmStep));

	t->p = p;
	t->rows = up_alloc_array(UP_MAX(p->n, 1), sizeof(uint32_t));
	t->k = up_alloc_array(UP_MAX(p->n, 1), sizeof(double));
	t->s = up_alloc0(p->width * sizeof(double));
	t->t = up_alloc_array(BLOCK_ROWS, sizeof(double));
	t->residual = up_alloc_array(p->width, sizeof(double));
	t->direction = up_alloc_array(p->width, sizeof(double));
	t->product = up_alloc_array(p->width, sizeof(double));
	t->diagonal = up_alloc_array(p->width, sizeof(double));
	t->scaled = up_alloc_array(p->width, sizeof(double));
	t->dense = p->width <= DENSE_WIDTH;
	return t;
}

void
up_svm_step_free(UpSvmStep *t)
{
	up_free(t->rows);
	up_free(t->k);
	up_free(t->s);
	up_free(t->t);
	up_free(t->residual);
	up_free(t->direction);
	up_free(t->product);
	up_free(t->diagonal);
	up_free(t->scaled);
	up_free(t->h);
	up_free(t->packed);
	up_free(t);
}

/* Σ k_i x_i x_i' into h. */
static void
make_matrix(UpSvmStep *t)
{
	const UpSvmProblem *p = t->p;
	size_t ld = UP_SYRK_PAD(p->width);

	if (t->h == NULL)
	{
		t->h = up_alloc_array(ld * ld, sizeof(double));
		t->packed = up_alloc0(BLOCK_ROWS * ld * sizeof(double));
	}
	memset(t->h, 0, ld * ld * sizeof(double));
	for (size_t first = 0; first < t->n; first += BLOCK_ROWS)
	{
		size_t rows = UP_MIN(BLOCK_ROWS, t->n - first);

		for (size_t i = 0; i < rows; i++)
		{
			const double *x = p->x + (size_t) t->rows[first + i] * p->width;
			double root = sqrt(t->k[first + i]), *row = t->packed + i * ld;

			for (size_t j = 0; j < p->width; j++)
				row[j] = root * x[j];
		}
		/* In parts, as a block of a wide matrix is some tenths of a second. */
		for (size_t part = 0; part < rows; part += 64)
		{
			up_tick();
			up_vec_syrk(t->h, ld, t->packed + part * ld, UP_MIN(64, rows - part));
		}
	}
}

/* h's upper triangle becomes its Cholesky factor, then s. */
static void
solve_dense(UpSvmStep *t, const double *g)
{
	size_t d = t->p->width, ld = UP_SYRK_PAD(d);
	bool *skipped = up_alloc_array(d, sizeof(bool));

	for (size_t i = 0; i < d; i++)
	{
		t->h[i * ld + i] += up_svm_ridge(t->p, i);
		t->s[i] = -g[i];
	}
	/* The matrix is at least the identity: rounding alone can bring a pivot below 1. */
	up_dense_cholesky(t->h, d, ld, 0, skipped);
	up_dense_solve(t->h, d, ld, skipped, t->s);
	up_free(skipped);
}

static size_t
block_rows(const UpSvmProblem *p)
{
	return UP_MAX(UP_MIN(BLOCK_ROWS, BLOCK_VALUES / p->width), 8);
}

/* out = (R + Σ k_i x_i x_i') v, a block of rows at a time. */
static void
multiply(UpSvmStep *t, const double *v, double *out)
{
	const UpSvmProblem *p = t->p;
	size_t block = block_rows(p);

	for (size_t j = 0; j < p->width; j++)
		out[j] = up_svm_ridge(p, j) * v[j];
	for (size_t first = 0; first < t->n; first += block)
	{
		size_t rows = UP_MIN(block, t->n - first);
		const uint32_t *at = t->rows + first;

		if (first / block % 16 == 0)
			up_tick();
		up_vec_rows_dot_at(t->t, p->x, at, rows, p->width, v);
		for (size_t i = 0; i < rows; i++)
			t->t[i] *= t->k[first + i];
		up_vec_rows_axpy(out, p->x, p->width, at, t->t, rows);
	}
}

/* The diagonal of the matrix. */
static void
precondition(UpSvmStep *t)
{
	const UpSvmProblem *p = t->p;
	double *sum = t->diagonal;

	for (size_t j = 0; j < p->width; j++)
		sum[j] = up_svm_ridge(p, j);
	for (size_t i = 0; i < t->n; i++)
	{
		const double *x = p->x + (size_t) t->rows[i] * p->width;
		double k = t->k[i];

		if (i % 256 == 0)
			up_tick();
		for (size_t j = 0; j < p->width; j++)
			sum[j] += k * x[j] * x[j];
	}
	for (size_t j = 0; j < p->width; j++)
		sum[j] = 1 / UP_MAX(sum[j], SMALLEST);
}

/* True if the rounds sufficed. */
static bool
solve_rounds(UpSvmStep *t, const double *g, size_t rounds)
{
	size_t d = t->p->width;
	double *r = t->residual, *v = t->direction, *z = t->scaled, old, aim;

	precondition(t);
	memset(t->s, 0, d * sizeof(double));
	for (size_t j = 0; j < d; j++)
	{
		r[j] = -g[j];
		v[j] = z[j] = t->diagonal[j] * r[j];
	}
	old = up_vec_dot(r, z, d);
	aim = t->precision * t->precision * old;
	for (size_t round = 0; round < rounds && old > 0; round++)
	{
		double curve, a, now;

		multiply(t, v, t->product);
		curve = up_vec_dot(v, t->product, d);
		if (!(curve > 0))
			return true;
		a = old / curve;
		up_vec_axpy(t->s, a, v, d);
		up_vec_axpy(r, -a, t->product, d);
		for (size_t j = 0; j < d; j++)
			z[j] = t->diagonal[j] * r[j];
		now = up_vec_dot(r, z, d);
		if (now <= aim)
			return true;
		for (size_t j = 0; j < d; j++)
			v[j] = z[j] + now / old * v[j];
		old = now;
	}
	return !(old > 0);
}

void
up_svm_step_solve(UpSvmStep *t, const double *g)
{
	size_t d = t->p->width;

	if (t->dense)
	{
		make_matrix(t);
		solve_dense(t, g);
	}
	else if (d > LARGEST)
		solve_rounds(t, g, MOST_ROUNDS);
	else
		t->dense = !solve_rounds(t, g, 4 + d / 20 + d * d / (6 * t->n + 1));
}
