/*
 * svm_kernel.h - kernels, and rows of samples as the kernels want them
 */
#ifndef UPROFILE_SVM_KERNEL_H
#define UPROFILE_SVM_KERNEL_H

#include "base/codec.h"
#include "base/value.h"

/* Stand in model bytes. */
typedef enum UpKernelKind
{
	UP_KERNEL_LINEAR, /* x·z */
	UP_KERNEL_RBF,    /* exp(-gamma |x - z|²) */
	UP_KERNEL_POLY,   /* (gamma x·z + coef0)^degree */
	UP_KERNEL_SIGMOID /* tanh(gamma x·z + coef0) */
} UpKernelKind;

typedef struct UpKernel
{
	int kind;
	double gamma;
	double coef0;
	int64_t degree;
} UpKernel;

extern const char *const up_kernel_names[];

/* Samples feature by feature (vec_smo.h), and their squared lengths: large arrays. */
typedef struct UpKernelRows
{
	size_t n, ld;
	uint32_t d;
	float *xt;
	float *norms;
} UpKernelRows;

extern UpKernelRows *up_kernel_rows_new(size_t n, uint32_t d);
extern void up_kernel_rows_set(UpKernelRows *r, size_t i, const double *x);
extern void up_kernel_rows_get(const UpKernelRows *r, size_t i, float *x);
/* The rows at these positions alone. */
extern UpKernelRows *up_kernel_rows_pick(const UpKernelRows *r, const uint32_t *positions, size_t n);
extern void up_kernel_rows_free(UpKernelRows *r);

/* out (space for UP_SMO_UP(n)): the kernel of x (d values) with each of the rows. */
extern void up_kernel_row(const UpKernel *k, const UpKernelRows *rows, const float *x, float *out);
/* The same out of the products x · row that stand in out; norms: of the n rows, norm: of x. */
extern void up_kernel_finish(const UpKernel *k, const float *norms, float norm, float *out, size_t n);
/* out: the kernel of each row with itself. */
extern void up_kernel_diagonal(const UpKernel *k, const UpKernelRows *rows, float *out);

/* gamma: "scale": 1 / (d times the variance of all values), "auto": 1 / d, or a number above 0. */
extern double up_kernel_gamma(const UpValue *given, const UpKernelRows *rows, const char *owner);

#endif
