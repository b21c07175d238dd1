/*
 * gemm_double.c - dense products of float8 matrices; see gemm_double.h and, for how, gemm.c
 */
#include "num/gemm_double.h"

#include "num/kernels.h"

#define REAL double
#ifdef __x86_64__
#define GEMM(name)    avx512_##name
#define GEMM_TARGET   __attribute__((target("avx512f,avx2,fma")))
#define LANES         8
#define BLOCK_ROWS    8
#define BLOCK_VECTORS 2
#include "num/gemm_kernel.h"

#define GEMM(name)    avx2_##name
#define GEMM_TARGET   __attribute__((target("avx2,fma")))
#define LANES         4
#define BLOCK_ROWS    6
#define BLOCK_VECTORS 2
#include "num/gemm_kernel.h"
#endif

#define GEMM(name) base_##name
#define GEMM_TARGET
#define LANES      2
#define BLOCK_ROWS 4
#ifdef __aarch64__
#define BLOCK_VECTORS 4
#else
#define BLOCK_VECTORS 2
#endif
#include "num/gemm_kernel.h"

#define HAS_AVX512 __builtin_cpu_supports("avx512f")

void
up_gemm_double_nn(double *c, size_t ldc, const double *a, size_t lda, const double *b, size_t ldb, size_t m,
				  size_t n, size_t k)
{
	UP_ASSERT(ldc >= n && ldb >= n && lda >= k && n % UP_GEMM_DOUBLE_PAD == 0);
	UP_DISPATCH(nn, c, ldc, NULL, a, lda, b, ldb, m, n, k);
}

void
up_gemm_double_tn(double *c, size_t ldc, bool add, const double *a, size_t lda, const double *b, size_t ldb,
				  size_t m, size_t n, size_t k)
{
	UP_ASSERT(ldc >= n && ldb >= n && lda >= m && n % UP_GEMM_DOUBLE_PAD == 0);
	UP_DISPATCH(tn, c, ldc, add, a, lda, b, ldb, m, n, k);
}
