/*
 * svm_store.h - rows of a kernel matrix that are kept from one training to the next (reuse.h)
 *
 * Trainings that differ in C ask for the same rows of the same matrix. Each problem (a pair of classes) has a store; when another kernel
 * comes, what is stored of the last one goes.
 */
#ifndef UPROFILE_SVM_STORE_H
#define UPROFILE_SVM_STORE_H

#include "learn/reuse.h"
#include "learn/svm/svm_kernel.h"

typedef struct UpKernelStore
{
	UpReuse *reuse;
	size_t n;
	float **rows; /* of each variable over all, or NULL; NULL: nothing is stored yet */
} UpKernelStore;

typedef struct UpKernelStores
{
	UpKernel kernel;
	uint32_t n;
	UpKernelStore *stores; /* one a problem */
} UpKernelStores;

/*
 * Those of n problems with this kernel: *kept as it was, emptied for another kernel, or made. NULL: nothing is shared, or it does not pay.
 */
extern UpKernelStores *up_kernel_stores(UpReuse *reuse, UpKernelStores **kept, const UpKernel *kernel,
										uint32_t n);
/* The row of a variable at these n places, to out (space for UP_SMO_UP(n)); false: it is not stored. store: or NULL. */
extern bool up_kernel_store_get(const UpKernelStore *store, uint32_t variable, const uint32_t *places, size_t n,
								float *out);
/* Stores the row of a variable over all n, if there is room. */
extern void up_kernel_store_put(UpKernelStore *store, uint32_t variable, const float *row, size_t n);

#endif
