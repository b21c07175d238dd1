/*
 * svm_kernel.c - kernels of rows of float4; see svm_kernel.h
 *
 * Cost of a kernel row: n d multiply-adds and n exponentials.
 */
#include "learn/svm/svm_kernel.h"

#include "num/vec_smo.h"

#include <math.h>
#include <string.h>

const char *const up_kernel_names[] = {"linear", "rbf", "poly", "sigmoid", NULL};

UpKernelRows *
up_kernel_rows_new(size_t n, uint32_t d)
{
	UpKernelRows *r = up_alloc0(sizeof(UpKernelRows));

	r->n = n;
	r->d = d;
	r->ld = UP_SMO_UP(UP_MAX(n, 1));
	r->xt = up_alloc_large_zeroed(r->ld * UP_MAX(d, 1), sizeof(float));
	r->norms = up_alloc_large_zeroed(r->ld, sizeof(float));
	return r;
}

void
up_kernel_rows_free(UpKernelRows *r)
{
	up_free_large(r->xt);
	up_free_large(r->norms);
	up_free(r);
}

void
up_kernel_rows_set(UpKernelRows *r, size_t i, const double *x)
{
	float norm = 0;

	for (uint32_t f = 0; f < r->d; f++)
	{
		float v = (float) x[f];

		r->xt[f * r->ld + i] = v;
		norm += v * v;
	}
	r->norms[i] = norm;
	if (!(norm < 1e37f))
		up_fail_with(UP_INVALID_DATA, NULL, "Scale the features.",
					 "a row is too large for the kernel of a support vector machine");
}

void
up_kernel_rows_get(const UpKernelRows *r, size_t i, float *x)
{
	for (uint32_t f = 0; f < r->d; f++)
		x[f] = r->xt[f * r->ld + i];
}

UpKernelRows *
up_kernel_rows_pick(const UpKernelRows *r, const uint32_t *positions, size_t n)
{
	UpKernelRows *p = up_kernel_rows_new(n, r->d);
	size_t work = 0;

	for (uint32_t f = 0; f < r->d; f++)
	{
		const float *from = r->xt + f * r->ld;
		float *to = p->xt + f * p->ld;

		up_tick_work(&work, n);
		for (size_t i = 0; i < n; i++)
			to[i] = from[positions[i]];
	}
	for (size_t i = 0; i < n; i++)
		p->norms[i] = r->norms[positions[i]];
	return p;
}

static double
power(double base, int64_t degree)
{
	double out = 1;

	for (; degree > 0; degree >>= 1, base *= base)
		out *= (degree & 1) != 0 ? base : 1;
	return out;
}

static void
from_products(const UpKernel *k, float *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
	{
		double z = k->gamma * (double) v[i] + k->coef0;

		v[i] = (float) (k->kind == UP_KERNEL_POLY ? power(z, k->degree) : tanh(z));
	}
}

void
up_kernel_finish(const UpKernel *k, const float *norms, float norm, float *out, size_t n)
{
	if (k->kind == UP_KERNEL_RBF)
		up_smo_rbf(out, norms, norm, (float) k->gamma, n);
	else if (k->kind != UP_KERNEL_LINEAR)
		from_products(k, out, n);
}

void
up_kernel_row(const UpKernel *k, const UpKernelRows *rows, const float *x, float *out)
{
	float norm = 0;

	up_smo_dots(out, rows->xt, rows->ld, rows->d, x, rows->n);
	for (uint32_t f = 0; f < rows->d; f++)
		norm += x[f] * x[f];
	up_kernel_finish(k, rows->norms, norm, out, rows->n);
}

void
up_kernel_diagonal(const UpKernel *k, const UpKernelRows *rows, float *out)
{
	memcpy(out, rows->norms, rows->n * sizeof(float));
	if (k->kind == UP_KERNEL_RBF)
	{
		for (size_t i = 0; i < rows->n; i++)
			out[i] = 1;
	}
	else if (k->kind != UP_KERNEL_LINEAR)
		from_products(k, out, rows->n);
}

double
up_kernel_gamma(const UpValue *given, const UpKernelRows *rows, const char *owner)
{
	double sum = 0, squares = 0, n = (double) rows->n * rows->d, variance;
	size_t work = 0;

	if (given != NULL && given->type == UP_NUMBER && given->number > 0 && given->number < 1e15)
		return given->number;
	if (given != NULL && (given->type != UP_STRING ||
						  (strcmp(given->string, "scale") != 0 && strcmp(given->string, "auto") != 0)))
		up_fail(UP_INVALID_PARAMETER,
				"parameter \"gamma\" of %s must be \"scale\", \"auto\" or a number above 0, not %s", owner,
				up_value_text(given));
	if (given != NULL && strcmp(given->string, "auto") == 0)
		return 1.0 / UP_MAX(rows->d, 1);
	for (uint32_t f = 0; f < rows->d; f++)
	{
		up_tick_work(&work, rows->n);
		for (size_t i = 0; i < rows->n; i++)
			sum += (double) rows->xt[f * rows->ld + i];
	}
	for (uint32_t f = 0; f < rows->d; f++)
	{
		up_tick_work(&work, rows->n);
		for (size_t i = 0; i < rows->n; i++)
		{
			double gap = (double) rows->xt[f * rows->ld + i] - sum / n;

			squares += gap * gap;
		}
	}
	variance = n > 0 ? squares / n : 0;
	return variance > 0 ? 1 / (rows->d * variance) : 1;
}
