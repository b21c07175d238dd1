/*
 * eigen.c - eigenvalues and eigenvectors of symmetric matrices; see eigen.h
 *
 * A = Q T Q' with T tridiagonal, by Householder's reflections, then T = Z L Z' by implicit QL steps with Wilkinson's shift (Golub, Van Loan,
 * Matrix Computations, 8.3). The vectors are the columns of Q Z, kept as rows here, so that every loop runs along a row. A QL step does
 * not look at vectors: its rotations are collected, and applied to a few columns at a time, which stay in a cache meanwhile. The error of
 * a value is some units of the last digit of the largest one.
 *
 * Arrays: the matrix and the vectors, n × n each. Cost: 8/3 n^3 operations for T and Q, about 5 n^3 for the rotations.
 */
#include "num/eigen.h"

#include "num/vec.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define MOST_STEPS     60        /* QL steps for one value; two or three are usual */
#define MOST_ROTATIONS (1 << 16) /* collected before they are applied */
#define COLUMNS        64        /* of the vectors, that rotations are applied to together */

/* Turns rows row and row + 1. */
typedef struct Rotation
{
	double c, s;
	size_t row;
} Rotation;

typedef struct Tridiagonal
{
	size_t n;
	double *diagonal; /* n */
	double *beside;   /* n: beside[i] stands in row i, column i + 1; the last is 0 */
	double largest;   /* of what stands in a row of both */
	double *vectors;  /* n × n */
	Rotation *rotations;
	size_t n_rotations;
} Tridiagonal;

size_t
up_eigen_bytes(size_t n)
{
	return MOST_ROTATIONS * sizeof(Rotation) + 4 * n * sizeof(double);
}

/*
 * The reflection I - beta v v' that takes x (m values) to (alpha, 0, …, 0); v replaces x. Returns beta; 0: nothing is to be done.
 */
static double
reflection(double *x, size_t m, double *alpha)
{
	double largest = 0, norm;

	for (size_t i = 1; i < m; i++)
		largest = fmax(largest, fabs(x[i]));
	*alpha = x[0];
	/* Below normal numbers: nothing, and 1 / largest would not be finite. */
	if (largest < DBL_MIN)
		return 0;
	largest = fmax(largest, fabs(x[0]));
	up_vec_scale(x, 1 / largest, m);
	norm = sqrt(up_vec_dot(x, x, m));
	*alpha = x[0] > 0 ? -norm : norm;
	x[0] -= *alpha;
	norm = -1 / (*alpha * x[0]);
	*alpha *= largest;
	return norm;
}

/* p = A v of the last m rows and columns of a, whose upper triangle is read. */
static void
product(const double *a, size_t n, size_t ld, size_t m, const double *v, double *p)
{
	size_t first = n - m;

	memset(p, 0, m * sizeof(double));
	for (size_t i = 0; i < m; i++)
	{
		const double *row = a + (first + i) * ld + first;

		p[i] += up_vec_dot(row + i, v + i, m - i);
		up_vec_axpy(p + i + 1, v[i], row + i + 1, m - i - 1);
	}
}

/* A -= v w' + w v' of the same. */
static void
subtract_pair(double *a, size_t n, size_t ld, size_t m, const double *UP_RESTRICT v,
			  const double *UP_RESTRICT w)
{
	size_t first = n - m;

	for (size_t i = 0; i < m; i++)
	{
		double *UP_RESTRICT row = a + (first + i) * ld + first;
		double vi = v[i], wi = w[i];

		for (size_t j = i; j < m; j++)
			row[j] -= vi * w[j] + wi * v[j];
	}
}

/* T into t, and the reflections into what was the upper triangle of a, with their betas. */
static void
tridiagonalize(double *a, size_t ld, Tridiagonal *t, double *beta)
{
	size_t n = t->n;
	double *w = up_alloc_array(n, sizeof(double));

	for (size_t k = 0; k < n; k++)
	{
		size_t m = n - k - 1;
		double *v = a + k * ld + k + 1;

		up_tick();
		t->diagonal[k] = a[k * ld + k];
		t->beside[k] = beta[k] = 0;
		if (m == 0)
			break;
		beta[k] = reflection(v, m, &t->beside[k]);
		if (beta[k] == 0)
			continue;
		product(a, n, ld, m, v, w);
		up_vec_scale(w, beta[k], m);
		up_vec_axpy(w, -0.5 * beta[k] * up_vec_dot(w, v, m), v, m);
		subtract_pair(a, n, ld, m, v, w);
	}
	up_free(w);
}

/* The columns of Q as rows of the vectors: the reflections, the last one first, each on the part that it reaches. */
static void
gather(const double *a, size_t ld, Tridiagonal *t, const double *beta)
{
	size_t n = t->n;

	memset(t->vectors, 0, n * n * sizeof(double));
	for (size_t i = 0; i < n; i++)
		t->vectors[i * n + i] = 1;
	for (size_t k = n; k-- > 0;)
	{
		const double *v = a + k * ld + k + 1;
		size_t m = n - k - 1;

		up_tick();
		for (size_t i = k + 1; beta[k] != 0 && i < n; i++)
		{
			double *row = t->vectors + i * n + k + 1;

			up_vec_axpy(row, -beta[k] * up_vec_dot(row, v, m), v, m);
		}
	}
}

static void
apply_rotations(Tridiagonal *t)
{
	size_t n = t->n, work = 0;

	for (size_t first = 0; first < n; first += COLUMNS)
	{
		size_t width = UP_MIN(COLUMNS, n - first);

		for (size_t k = 0; k < t->n_rotations; k++)
		{
			const Rotation *r = &t->rotations[k];
			double *UP_RESTRICT low = t->vectors + r->row * n + first;
			double *UP_RESTRICT high = low + n;
			double c = r->c, s = r->s;

			for (size_t j = 0; j < width; j++)
			{
				double x = low[j], y = high[j];

				low[j] = c * x - s * y;
				high[j] = s * x + c * y;
			}
			up_tick_work(&work, width);
		}
	}
	t->n_rotations = 0;
}

/*
 * Where the block that begins at first falls off: the first place from there on beside which nothing counts. That is reckoned by the
 * largest number, as the error is: where ranks are missing, neighbours are both but what rounding left, and never settle among themselves.
 */
static size_t
block_end(const Tridiagonal *t, size_t first)
{
	size_t last = first;

	while (last + 1 < t->n && fabs(t->beside[last]) > UP_MAX(DBL_MIN, DBL_EPSILON * t->largest))
		last++;
	return last;
}

/*
 * A QL step on rows first … last with the eigenvalue of the first two by two as shift, the nearer one: the bulge is chased from the
 * last row up.
 */
static void
ql_step(Tridiagonal *t, size_t first, size_t last)
{
	double *d = t->diagonal, *e = t->beside;
	double half = (d[first + 1] - d[first]) / (2 * e[first]);
	double shift = d[first] - e[first] / (half + copysign(hypot(half, 1), half));
	double c = 1, s = 1, lost = 0, g = d[last] - shift;

	for (size_t i = last; i-- > first;)
	{
		double f = s * e[i], b = c * e[i], r = hypot(f, g), turned;

		e[i + 1] = r;
		if (r == 0)
		{
			/* It falls apart here. */
			d[i + 1] -= lost;
			e[last] = 0;
			return;
		}
		s = f / r;
		c = g / r;
		g = d[i + 1] - lost;
		turned = (d[i] - g) * s + 2 * c * b;
		lost = s * turned;
		d[i + 1] = g + lost;
		g = c * turned - b;
		t->rotations[t->n_rotations++] = (Rotation){c, s, i};
		if (t->n_rotations == MOST_ROTATIONS)
			apply_rotations(t);
	}
	d[first] -= lost;
	e[first] = g;
	e[last] = 0;
}

static void
diagonalize(Tridiagonal *t)
{
	for (size_t i = 0; i < t->n; i++)
		t->largest = UP_MAX(t->largest, fabs(t->diagonal[i]) + fabs(t->beside[i]));
	for (size_t first = 0; first < t->n; first++)
	{
		size_t last;

		for (int steps = 0; (last = block_end(t, first)) > first; steps++)
		{
			if (steps == MOST_STEPS)
				up_fail(UP_INVALID_DATA, "the eigenvalues of a matrix were not found in %d steps", MOST_STEPS);
			ql_step(t, first, last);
		}
		up_tick();
	}
	apply_rotations(t);
}

/* Descending, with the vectors. */
static void
order(Tridiagonal *t, double *values)
{
	size_t n = t->n;
	double *row = up_alloc_array(n, sizeof(double));

	for (size_t i = 0; i < n; i++)
	{
		size_t best = i;

		for (size_t j = i + 1; j < n; j++)
			best = t->diagonal[j] > t->diagonal[best] ? j : best;
		values[i] = t->diagonal[best];
		if (best == i)
			continue;
		t->diagonal[best] = t->diagonal[i];
		t->diagonal[i] = values[i];
		memcpy(row, t->vectors + i * n, n * sizeof(double));
		memcpy(t->vectors + i * n, t->vectors + best * n, n * sizeof(double));
		memcpy(t->vectors + best * n, row, n * sizeof(double));
		if (i % 64 == 63)
			up_tick();
	}
	up_free(row);
}

void
up_eigen_symmetric(double *a, size_t n, size_t ld, double *values, double *vectors)
{
	Tridiagonal t = {.n = n, .vectors = vectors};
	double *beta = up_alloc_array(UP_MAX(n, 1), sizeof(double));

	t.diagonal = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	t.beside = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	t.rotations = up_alloc_array(MOST_ROTATIONS, sizeof(Rotation));
	tridiagonalize(a, ld, &t, beta);
	gather(a, ld, &t, beta);
	diagonalize(&t);
	order(&t, values);
	up_free(t.rotations);
	up_free(t.beside);
	up_free(t.diagonal);
	up_free(beta);
}
