/*
 * linear_solve.c - linear regression from centred products; see linear_solve.h
 *
 * With M the products of the centred features, m those with the target, n rows (without an intercept: around 0):
 *
 *   none         M w = m (R's lm, scikit-learn's LinearRegression); a column that is a linear combination of those before it is
 *                left out, as lm does. Where the products are nearly singular and the
 *                rows at hand: by reflections (linear_qr.c). Errors: sqrt(s^2 (M^-1)_jj), s^2 = rss / df; of the intercept sqrt(s^2 (1/n + mean' M^-1 mean)).
 *   l2           (M + alpha I) w = m (scikit-learn's Ridge).
 *   l1, elasticnet  1/(2n) |y - X w|^2 + alpha l1_ratio |w|_1 + alpha (1 - l1_ratio)/2 |w|^2 (scikit-learn's ElasticNet) by coordinate
 *                descent on M (Friedman, Hastie, Tibshirani 2010), then the exact solution for the signs it has found, if that
 *                keeps them.
 *
 * Systems are scaled to a unit diagonal. Cost: d^3 / 3; coordinate descent d a changed coefficient.
 */
#include "learn/linear/linear_solve.h"

#include "learn/linear/descent.h"
#include "num/dense.h"
#include "num/vec.h"

#include <math.h>
#include <string.h>

#define ALIASED 1e-11 /* share of a column's square that the columns before it leave */
/* Where they leave less than this, the rows are asked, if that is no more work than WORK and there are no more than COLUMNS. */
#define POOR    1e-3
#define WORK    2e8
#define COLUMNS 200

/* The problem in a unit diagonal. */
typedef struct Scaled
{
	size_t d;
	double n;
	double *m;     /* d × d, both triangles */
	double *b;     /* d */
	double *scale; /* d: root of the diagonal; 0: a constant column */
	double yy;
} Scaled;

static Scaled
scale_products(const UpCentred *s, bool centred)
{
	size_t d = s->width - 1;
	Scaled p = {.d = d, .n = (double) s->rows};
	double *raw;

	up_reserve((2 * d + 4) * d * sizeof(double), "linear regression");
	p.m = up_alloc_array(UP_MAX(d * d, 1), sizeof(double));
	p.b = up_alloc_array(UP_MAX(d, 1), sizeof(double));
	p.scale = up_alloc_array(UP_MAX(d, 1), sizeof(double));
	raw = up_alloc_array(d + 1, sizeof(double));
	for (size_t i = 0; i <= d; i++)
		raw[i] = s->products[i * s->ld + i] + (centred ? 0 : p.n * s->mean[i] * s->mean[i]);
	for (size_t i = 0; i < d; i++)
	{
		/* Rounding of the mean alone is no spread. */
		double noise = centred ? 1e-30 * p.n * s->mean[i] * s->mean[i] : 0;

		p.scale[i] = raw[i] > noise ? sqrt(raw[i]) : 0;
	}
	p.yy = raw[d];
	for (size_t i = 0; i < d; i++)
	{
		up_tick();
		for (size_t j = i; j <= d; j++)
		{
			double v = s->products[i * s->ld + j] + (centred ? 0 : p.n * s->mean[i] * s->mean[j]);

			v = p.scale[i] > 0 ? v / p.scale[i] : 0;
			if (j == d)
				p.b[i] = v;
			else
				p.m[i * d + j] = p.m[j * d + i] = p.scale[j] > 0 ? v / p.scale[j] : 0;
		}
	}
	up_free(raw);
	return p;
}

/* What every solution has: w are coefficients of the scaled columns. */
static void
finish(const UpCentred *s, const Scaled *p, const UpLinearOptions *o, const double *w, UpLinearFit *f)
{
	double fitted = 0, *mw = up_alloc_array(UP_MAX(p->d, 1), sizeof(double));

	f->intercept = o->fit_intercept ? s->mean[p->d] : 0;
	for (size_t j = 0; j < p->d; j++)
	{
		f->coef[j] = p->scale[j] > 0 ? w[j] / p->scale[j] : 0;
		if (o->fit_intercept)
			f->intercept -= f->coef[j] * s->mean[j];
		mw[j] = up_vec_dot(p->m + j * p->d, w, p->d);
	}
	for (size_t j = 0; j < p->d; j++)
		fitted += w[j] * (2 * p->b[j] - mw[j]);
	f->tss = p->yy;
	f->rss = UP_MAX(p->yy - fitted, 0);
	up_free(mw);
}

static void
set_errors(const UpCentred *s, const Scaled *p, const UpLinearOptions *o, const double *r, const bool *skipped,
		   UpLinearFit *f)
{
	size_t d = p->d;
	double variance = f->rss / f->df, *v = up_alloc0(UP_MAX(d, 1) * sizeof(double));

	up_dense_inverse_diagonal(r, d, d, skipped, f->errors);
	for (size_t j = 0; j < d; j++)
	{
		f->errors[j] = f->aliased[j] ? NAN : sqrt(variance * f->errors[j]) / p->scale[j];
		v[j] = p->scale[j] > 0 ? s->mean[j] / p->scale[j] : 0;
	}
	if (o->fit_intercept)
		f->errors[d] = sqrt(variance * (1 / p->n + up_dense_inverse_form(r, d, d, skipped, v)));
	up_free(v);
}

/* Whether the products have lost what the rows still hold. r: the factor of the products. */
static bool
is_poor(const Scaled *p, const double *r, const bool *skipped)
{
	bool poor = false;

	for (size_t j = 0; j < p->d; j++)
		poor = poor || (p->scale[j] > 0 && (skipped[j] || r[j * p->d + j] * r[j * p->d + j] < POOR));
	return poor && p->n * (double) (p->d * p->d) <= WORK && p->d <= COLUMNS;
}

static void
least_squares(const UpCentred *s, const UpLinearRows *rows, const Scaled *p, const UpLinearOptions *o,
			  UpLinearFit *f)
{
	size_t d = p->d, rank;
	bool *skipped = up_alloc0(UP_MAX(d, 1)), ridge = o->penalty == UP_LINEAR_L2;
	double *r = up_alloc_array(UP_MAX(d * d, 1), sizeof(double)),
		   *w = up_alloc_array(UP_MAX(d, 1), sizeof(double));

	memcpy(r, p->m, d * d * sizeof(double));
	memcpy(w, p->b, d * sizeof(double));
	up_tick();
	for (size_t j = 0; ridge && j < d; j++)
		r[j * d + j] += p->scale[j] > 0 ? o->alpha / (p->scale[j] * p->scale[j]) : 0;
	rank = up_dense_cholesky(r, d, d, ridge && o->alpha > 0 ? 0 : ALIASED, skipped);
	if (!ridge && rows != NULL && is_poor(p, r, skipped))
	{
		UpLinearQr q = {d, o->fit_intercept ? s->mean : NULL, p->scale, skipped, r, w, 0, 0, 0};

		up_linear_qr(&q, rows);
		rank = q.rank;
		finish(s, p, o, w, f);
		f->intercept += q.shift;
		f->rss = q.rss;
	}
	else
	{
		up_dense_solve(r, d, d, skipped, w);
		finish(s, p, o, w, f);
	}
	for (size_t j = 0; j < d; j++)
	{
		f->aliased[j] = skipped[j] || p->scale[j] == 0;
		f->n_aliased += f->aliased[j];
	}
	if (!ridge)
	{
		f->df = p->n - (double) rank - o->fit_intercept;
		if (f->df > 0)
			set_errors(s, p, o, r, skipped, f);
	}
	f->converged = true;
	up_free(skipped);
	up_free(r);
	up_free(w);
}

/* Penalties of the scaled coefficients: of their sizes, and of their squares. */
typedef struct Penalties
{
	double *l1, *l2;
} Penalties;

/* The exact solution for the coefficients that are not 0 and their signs, if it is one. */
static void
polish(const Scaled *p, const Penalties *k, double *w)
{
	size_t d = p->d, n = 0;
	size_t *active = up_alloc_array(UP_MAX(d, 1), sizeof(size_t));
	double *a, *x, *whole;
	bool good = true;

	for (size_t j = 0; j < d; j++)
	{
		if (w[j] != 0)
			active[n++] = j;
	}
	a = up_alloc_array(UP_MAX(n * n, 1), sizeof(double));
	x = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	whole = up_alloc0(UP_MAX(d, 1) * sizeof(double));
	for (size_t i = 0; i < n; i++)
	{
		size_t at = active[i];

		for (size_t j = i; j < n; j++)
			a[i * n + j] = p->m[at * d + active[j]];
		a[i * n + i] += k->l2[at];
		x[i] = p->b[at] - (w[at] > 0 ? k->l1[at] : -k->l1[at]);
	}
	if (n > 0 && up_dense_cholesky(a, n, n, ALIASED, NULL) == n)
	{
		up_dense_solve(a, n, n, NULL, x);
		for (size_t i = 0; i < n; i++)
		{
			whole[active[i]] = x[i];
			good = good && (x[i] > 0) == (w[active[i]] > 0);
		}
		for (size_t j = 0; good && j < d; j++)
		{
			double rest = p->b[j] - up_vec_dot(p->m + j * d, whole, d);

			good = w[j] != 0 || p->scale[j] == 0 || fabs(rest) <= k->l1[j] + 1e-9 * sqrt(p->yy);
		}
		if (good)
			memcpy(w, whole, d * sizeof(double));
	}
	up_free(active);
	up_free(a);
	up_free(x);
	up_free(whole);
}

static void
sparse(const UpCentred *s, const Scaled *p, const UpLinearOptions *o, UpLinearFit *f)
{
	double l1 = o->alpha * (o->penalty == UP_LINEAR_L1 ? 1 : o->l1_ratio), l2 = o->alpha - l1;
	double *w = up_alloc0(UP_MAX(p->d, 1) * sizeof(double)),
		   *rest = up_alloc_array(UP_MAX(p->d, 1), sizeof(double));
	bool *constant = up_alloc_array(UP_MAX(p->d, 1), sizeof(bool));
	UpDescent d;
	Penalties k = {up_alloc0(UP_MAX(p->d, 1) * sizeof(double)), up_alloc0(UP_MAX(p->d, 1) * sizeof(double))};

	for (size_t j = 0; j < p->d; j++)
	{
		rest[j] = p->b[j];
		constant[j] = p->scale[j] == 0;
		if (constant[j])
			continue;
		k.l1[j] = l1 * p->n / p->scale[j];
		k.l2[j] = l2 * p->n / (p->scale[j] * p->scale[j]);
	}
	d = (UpDescent){p->d, p->m, true, k.l1, k.l2, constant, o->tol * sqrt(p->yy), o->max_iter};
	f->iterations = up_descend(&d, w, rest, &f->converged);
	polish(p, &k, w);
	finish(s, p, o, w, f);
	up_free(w);
	up_free(rest);
	up_free(constant);
	up_free(k.l1);
	up_free(k.l2);
}

UpLinearFit *
up_linear_solve(const UpCentred *s, const UpLinearRows *rows, const UpLinearOptions *o)
{
	UpLinearFit *f = up_alloc0(sizeof(UpLinearFit));
	size_t d = s->width - 1;
	Scaled p;

	f->coef = up_alloc0(UP_MAX(d, 1) * sizeof(double));
	f->aliased = up_alloc0(UP_MAX(d, 1));
	f->errors = up_alloc_array(d + 1, sizeof(double));
	for (size_t j = 0; j <= d; j++)
		f->errors[j] = NAN;
	f->df = NAN;
	p = scale_products(s, o->fit_intercept);
	if (o->penalty == UP_LINEAR_NONE || o->penalty == UP_LINEAR_L2)
		least_squares(s, rows, &p, o, f);
	else
		sparse(s, &p, o, f);
	up_free(p.m);
	up_free(p.b);
	up_free(p.scale);
	return f;
}
