/*
 * gemm.c - small dense products of float4 matrices (see gemm.h)
 *
 * A register tile of C is summed over all of k before it is stored: BLOCK_ROWS broadcasts of A times BLOCK_VECTORS
 * loads of B a step, as in K. Goto, R. van de Geijn, "Anatomy of high-performance matrix multiplication", ACM TOMS 34
 * (2008). Nothing is packed: the layers of a network over a batch fit the first or second cache, and the columns of B
 * that a tile needs are read again by the next rows while they are still there.
 */
#include "num/gemm.h"

#include "num/kernels.h"

#define REAL float
#ifdef __x86_64__
#define GEMM(name)    avx512_##name
#define GEMM_TARGET   __attribute__((target("avx512f,avx2,fma")))
#define LANES         16
#define BLOCK_ROWS    8
#define BLOCK_VECTORS 2
#include "num/gemm_kernel.h"

#define GEMM(name)    avx2_##name
#define GEMM_TARGET   __attribute__((target("avx2,fma")))
#define LANES         8
#define BLOCK_ROWS    6
#define BLOCK_VECTORS 2
#include "num/gemm_kernel.h"
#endif

#define GEMM(name) base_##name
#define GEMM_TARGET
#define LANES      4
#define BLOCK_ROWS 4
#ifdef __aarch64__
#define BLOCK_VECTORS 4
#else
#define BLOCK_VECTORS 2
#endif
#include "num/gemm_kernel.h"

#define TABLE(level)                                                                                           \
	{                                                                                                          \
#level, level##_nn, level##_tn, level##_sums                                                           \
	}

#define HAS_AVX512 __builtin_cpu_supports("avx512f")
UP_KERNEL_TABLES(UpGemm, up_gemm_level, TABLE)

void
up_gemm_nn(float *c, size_t ldc, const float *bias, const float *a, size_t lda, const float *b, size_t ldb,
		   size_t m, size_t n, size_t k)
{
	UP_ASSERT(ldc >= n && ldb >= n && lda >= k);
	best()->nn(c, ldc, bias, a, lda, b, ldb, m, n, k);
}

void
up_gemm_tn(float *c, size_t ldc, bool add, const float *a, size_t lda, const float *b, size_t ldb, size_t m,
		   size_t n, size_t k)
{
	UP_ASSERT(ldc >= n && ldb >= n && lda >= m);
	best()->tn(c, ldc, add, a, lda, b, ldb, m, n, k);
}

void
up_gemm_sums(float *out, bool add, const float *a, size_t lda, size_t m, size_t n)
{
	UP_ASSERT(lda >= n);
	best()->sums(out, add, a, lda, m, n);
}

/* A block of 4 × 4 transposed in registers; plain code that compilers make shuffles of. */
static inline void
turn_4x4(float *UP_RESTRICT b, size_t ldb, const float *UP_RESTRICT a, size_t lda)
{
	typedef float Four __attribute__((vector_size(16), aligned(4), may_alias));
	Four r0 = *(const Four *) a, r1 = *(const Four *) (a + lda);
	Four r2 = *(const Four *) (a + 2 * lda), r3 = *(const Four *) (a + 3 * lda);

	*(Four *) b = (Four){r0[0], r1[0], r2[0], r3[0]};
	*(Four *) (b + ldb) = (Four){r0[1], r1[1], r2[1], r3[1]};
	*(Four *) (b + 2 * ldb) = (Four){r0[2], r1[2], r2[2], r3[2]};
	*(Four *) (b + 3 * ldb) = (Four){r0[3], r1[3], r2[3], r3[3]};
}

void
up_gemm_transpose(float *b, size_t ldb, const float *a, size_t lda, size_t rows, size_t columns)
{
	size_t whole_rows = rows / 4 * 4, whole_columns = columns / 4 * 4;

	UP_ASSERT(lda >= columns && ldb >= rows);
	for (size_t i = 0; i < whole_rows; i += 4)
	{
		for (size_t j = 0; j < whole_columns; j += 4)
			turn_4x4(b + j * ldb + i, ldb, a + i * lda + j, lda);
		for (size_t j = whole_columns; j < columns; j++)
			for (size_t r = i; r < i + 4; r++)
				b[j * ldb + r] = a[r * lda + j];
	}
	for (size_t i = whole_rows; i < rows; i++)
		for (size_t j = 0; j < columns; j++)
			b[j * ldb + i] = a[i * lda + j];
}
