/*
 * gemm_double.h - dense products of float8 matrices, as gemm.h has them of float4
 */
#ifndef UPROFILE_GEMM_DOUBLE_H
#define UPROFILE_GEMM_DOUBLE_H

#include "base/platform.h"

/* n is a multiple of it. */
#define UP_GEMM_DOUBLE_PAD   16
#define UP_GEMM_DOUBLE_UP(n) (((size_t) (n) + 15) & ~(size_t) 15)

/* C (m × n) = A (m × k) B (k × n). */
extern void up_gemm_double_nn(double *c, size_t ldc, const double *a, size_t lda, const double *b, size_t ldb,
							  size_t m, size_t n, size_t k);
/* C (m × n) = A'B with A: k × m; added to C if add. */
extern void up_gemm_double_tn(double *c, size_t ldc, bool add, const double *a, size_t lda, const double *b,
							  size_t ldb, size_t m, size_t n, size_t k);

#endif
