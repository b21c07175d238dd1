/*
 * svm_store.c - rows of a kernel matrix that are kept between trainings; see svm_store.h
 */
#include "learn/svm/svm_store.h"

#include "num/vec_smo.h"

#include <math.h>
#include <string.h>

static bool
same_kernel(const UpKernel *a, const UpKernel *b)
{
	return a->kind == b->kind && a->gamma == b->gamma && a->coef0 == b->coef0 && a->degree == b->degree;
}

static void
forget(UpKernelStore *s)
{
	for (size_t i = 0; s->rows != NULL && i < s->n; i++)
	{
		if (s->rows[i] == NULL)
			continue;
		up_free(s->rows[i]);
		s->rows[i] = NULL;
		up_reuse_give_back(s->reuse, s->n * sizeof(float));
	}
}

UpKernelStores *
up_kernel_stores(UpReuse *reuse, UpKernelStores **kept, const UpKernel *kernel, uint32_t n)
{
	UpKernelStores *all;
	void *before;

	if (reuse == NULL || isnan(reuse->path_end))
		return NULL;
	if (*kept == NULL)
	{
		before = up_arena_visit(reuse->arena);
		all = up_alloc0(sizeof(UpKernelStores));
		all->stores = up_alloc0(UP_MAX(n, 1) * sizeof(UpKernelStore));
		up_arena_return(before);
		all->n = n;
		for (uint32_t i = 0; i < n; i++)
			all->stores[i].reuse = reuse;
		all->kernel = *kernel;
		*kept = all;
	}
	all = *kept;
	UP_ASSERT(all->n == n);
	for (uint32_t i = 0; i < n && !same_kernel(&all->kernel, kernel); i++)
		forget(&all->stores[i]);
	all->kernel = *kernel;
	return all;
}

bool
up_kernel_store_get(const UpKernelStore *store, uint32_t variable, const uint32_t *places, size_t n, float *out)
{
	const float *row = store != NULL && store->rows != NULL ? store->rows[variable] : NULL;

	if (row == NULL)
		return false;
	if (n == store->n)
		memcpy(out, row, n * sizeof(float));
	for (size_t i = 0; n < store->n && i < n; i++)
		out[i] = row[places[i]];
	for (size_t i = n; i < UP_SMO_UP(n); i++)
		out[i] = 0;
	return true;
}

void
up_kernel_store_put(UpKernelStore *store, uint32_t variable, const float *row, size_t n)
{
	void *before;
	float *copy;

	if (store == NULL || (store->rows == NULL && !up_reuse_take(store->reuse, n * sizeof(float *))))
		return;
	before = up_arena_visit(store->reuse->arena);
	if (store->rows == NULL)
	{
		store->rows = up_alloc0(UP_MAX(n, 1) * sizeof(float *));
		store->n = n;
	}
	UP_ASSERT(store->n == n);
	if (store->rows[variable] == NULL && up_reuse_take(store->reuse, n * sizeof(float)))
	{
		copy = up_alloc_array(UP_MAX(n, 1), sizeof(float));
		memcpy(copy, row, n * sizeof(float));
		store->rows[variable] = copy;
	}
	up_arena_return(before);
}
