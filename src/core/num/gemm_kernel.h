/*
 * gemm_kernel.h - the bodies of gemm.c's kernels for one vector width
 *
 * Included once an instruction set, with these defined: REAL the type of a number, GEMM(name) the function's name, GEMM_TARGET its
 * target attribute, LANES values a vector, BLOCK_ROWS × BLOCK_VECTORS the largest register tile of C (BLOCK_ROWS at least 4).
 * Rows that are left over go by 4, 2 and 1 with wider tiles, so that enough sums are under way to hide the latency
 * of a multiply-add.
 */
typedef REAL GEMM(vec) __attribute__((vector_size(LANES * sizeof(REAL)), aligned(sizeof(REAL)), may_alias));
#define VEC         GEMM(vec)
#define LOAD(p)     (*(const VEC *) (p))
#define STORE(p, v) (*(VEC *) (p) = (v))

/*
 * One tile of rows × vectors: c = init + sum over k of a[row][k] b[k][column]. Element (i, k) of A stands at
 * a[i * a_row + k * a_col]; init is read with leading dimension ldi, or NULL. Inlined with constant rows, vectors and
 * one constant stride.
 */
GEMM_TARGET
static inline __attribute__((always_inline)) void
GEMM(tile)(const int rows, const int vectors, REAL *c, size_t ldc, const REAL *init, size_t ldi, const REAL *a,
		   size_t a_row, size_t a_col, const REAL *b, size_t ldb, size_t k)
{
	VEC sum[8][8];

#pragma GCC unroll 8
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
		for (int v = 0; v < vectors; v++)
			sum[r][v] = init != NULL ? LOAD(init + r * ldi + v * LANES) : (VEC){0};
	for (size_t l = 0; l < k; l++, a += a_col, b += ldb)
	{
		VEC right[8];

#pragma GCC unroll 8
		for (int v = 0; v < vectors; v++)
			right[v] = LOAD(b + v * LANES);
#pragma GCC unroll 8
		for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
			for (int v = 0; v < vectors; v++)
				sum[r][v] += a[r * a_row] * right[v];
	}
#pragma GCC unroll 8
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 8
		for (int v = 0; v < vectors; v++)
			STORE(c + r * ldc + v * LANES, sum[r][v]);
}

/* Rows first … last - 1, a multiple of rows, columns from *column on as far as tiles of so many vectors reach. */
#define SWEEP(rows, vectors, first, last)                                                                      \
	for (; column + (vectors) *LANES <= n; column += (vectors) *LANES)                                         \
		for (size_t i = (first); i < (last); i += (rows))                                                      \
			GEMM(tile)                                                                                         \
	(rows, vectors, c + i * ldc + column, ldc, init != NULL ? init + i * ldi + column : NULL, ldi,             \
	 a + i * a_row, a_row, a_col, b + column, ldb, k)

GEMM_TARGET
static inline __attribute__((always_inline)) void
GEMM(product)(REAL *c, size_t ldc, const REAL *init, size_t ldi, const REAL *a, size_t a_row, size_t a_col,
			  const REAL *b, size_t ldb, size_t m, size_t n, size_t k)
{
	size_t whole = m / BLOCK_ROWS * BLOCK_ROWS, row = whole, column = 0;

	SWEEP(BLOCK_ROWS, BLOCK_VECTORS, 0, whole);
	SWEEP(BLOCK_ROWS, 1, 0, whole);
	if (m - row >= 4)
	{
		column = 0;
		SWEEP(4, BLOCK_VECTORS, row, row + 4);
		SWEEP(4, 1, row, row + 4);
		row += 4;
	}
	if (m - row >= 2)
	{
		column = 0;
		SWEEP(2, 4, row, row + 2);
		SWEEP(2, 1, row, row + 2);
		row += 2;
	}
	if (m - row >= 1)
	{
		column = 0;
		SWEEP(1, 8, row, row + 1);
		SWEEP(1, 4, row, row + 1);
		SWEEP(1, 1, row, row + 1);
	}
}

GEMM_TARGET
static void
GEMM(nn)(REAL *c, size_t ldc, const REAL *bias, const REAL *a, size_t lda, const REAL *b, size_t ldb, size_t m,
		 size_t n, size_t k)
{
	GEMM(product)(c, ldc, bias, 0, a, lda, 1, b, ldb, m, n, k);
}

GEMM_TARGET
static void
GEMM(tn)(REAL *c, size_t ldc, bool add, const REAL *a, size_t lda, const REAL *b, size_t ldb, size_t m,
		 size_t n, size_t k)
{
	GEMM(product)(c, ldc, add ? c : NULL, ldc, a, 1, lda, b, ldb, m, n, k);
}

/* Not asked for of every type. */
GEMM_TARGET
static __attribute__((unused)) void
GEMM(sums)(REAL *out, bool add, const REAL *a, size_t lda, size_t m, size_t n)
{
	for (size_t j = 0; j < n; j += LANES)
	{
		VEC even = add ? LOAD(out + j) : (VEC){0}, odd = {0};
		size_t i = 0;

		for (; i + 2 <= m; i += 2)
		{
			even += LOAD(a + i * lda + j);
			odd += LOAD(a + (i + 1) * lda + j);
		}
		if (i < m)
			even += LOAD(a + i * lda + j);
		STORE(out + j, even + odd);
	}
}

#undef SWEEP
#undef VEC
#undef LOAD
#undef STORE
#undef GEMM
#undef GEMM_TARGET
#undef LANES
#undef BLOCK_ROWS
#undef BLOCK_VECTORS
