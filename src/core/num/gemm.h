/*
 * gemm.h - small dense products of float4 matrices
 *
 * What a neural network needs, nothing more: C = A B + bias, C (+)= A'B, column sums and a transposition. Row-major
 * with leading dimensions; n, the columns of B and C, is a multiple of UP_GEMM_PAD (the caller pads with zeros), m
 * and k are any. Every element is summed over k in ascending order, so it does not depend on m, n or its place.
 *
 * Dispatched at run time to AVX-512, AVX2 with FMA, or the compiler's baseline; the results are the same in every
 * run on one machine. Cost: m n k multiply-adds.
 */
#ifndef UPROFILE_GEMM_H
#define UPROFILE_GEMM_H

#include "base/platform.h"

#define UP_GEMM_PAD   16
#define UP_GEMM_UP(n) (((size_t) (n) + UP_GEMM_PAD - 1) / UP_GEMM_PAD * UP_GEMM_PAD)

/* C (m × n) = A (m × k) B (k × n) + bias (n values for every row; NULL: zeros). */
extern void up_gemm_nn(float *c, size_t ldc, const float *bias, const float *a, size_t lda, const float *b,
					   size_t ldb, size_t m, size_t n, size_t k);
/* C (m × n) = A'B with A: k × m; added to C if add. */
extern void up_gemm_tn(float *c, size_t ldc, bool add, const float *a, size_t lda, const float *b, size_t ldb,
					   size_t m, size_t n, size_t k);
/* out (n values) = the sums of the columns of A (m × n); added to out if add. */
extern void up_gemm_sums(float *out, bool add, const float *a, size_t lda, size_t m, size_t n);
/* B (columns × rows) = A' with A: rows × columns, any sizes. */
extern void up_gemm_transpose(float *b, size_t ldb, const float *a, size_t lda, size_t rows, size_t columns);

/* The kernels of one instruction set, for tests: levels count from 0, the best comes first; NULL: not on this machine. */
typedef struct UpGemm
{
	const char *name;
	void (*nn)(float *, size_t, const float *, const float *, size_t, const float *, size_t, size_t, size_t,
			   size_t);
	void (*tn)(float *, size_t, bool, const float *, size_t, const float *, size_t, size_t, size_t, size_t);
	void (*sums)(float *, bool, const float *, size_t, size_t, size_t);
} UpGemm;
#define UP_GEMM_LEVELS 3
extern const UpGemm *up_gemm_level(int level);

#endif
