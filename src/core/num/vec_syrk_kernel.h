/*
 * vec_syrk_kernel.h - the bodies of vec_syrk.c's kernels for one vector width
 *
 * Included once a width, with these defined: SYRK(name) the function's name, SYRK_TARGET its target attribute,
 * LANES doubles a vector, TILE_VECTORS vectors and TILE_ROWS rows of a register tile of G (TILE_VECTORS × LANES
 * and TILE_ROWS divide 8). GNU vectors keep the arithmetic order explicit; the compiler contracts to fused
 * multiply-adds where the target has them.
 */
typedef double SYRK(vec) __attribute__((vector_size(LANES * 8), aligned(8), may_alias));
#define VEC         SYRK(vec)
#define LOAD(p)     (*(const VEC *) (p))
#define STORE(p, v) (*(VEC *) (p) = (v))

/*
 * Sums of the lanes of 4 vectors. Through memory: a fixed order, and cheaper than shuffles that would differ
 * between compilers.
 */
#define LANE_SUM(out, acc)                                                                                     \
	do                                                                                                         \
	{                                                                                                          \
		double lanes_[LANES];                                                                                  \
		STORE(lanes_, acc);                                                                                    \
		for (int half_ = LANES / 2; half_ > 0; half_ /= 2)                                                     \
			for (int l_ = 0; l_ < half_; l_++)                                                                 \
				lanes_[l_] += lanes_[l_ + half_];                                                              \
		(out) = lanes_[0];                                                                                     \
	} while (0)

/* rows: which ones, or NULL for 0 … n - 1. */
SYRK_TARGET
static void
SYRK(rows_dot)(double *f, const double *x, const uint32_t *rows, size_t n, size_t d, const double *w)
{
	size_t whole = d / LANES * LANES;
	/* The last columns are read by a vector that ends with the row; weights of columns read twice are zero. */
	double tail[LANES];
	size_t i = 0;

	for (size_t l = 0; l < LANES; l++)
		tail[l] = d - LANES + l >= whole ? w[d - LANES + l] : 0.0;
	for (; i + 4 <= n; i += 4)
	{
		const double *x0 = x + (rows ? rows[i] : i) * d, *x1 = x + (rows ? rows[i + 1] : i + 1) * d;
		const double *x2 = x + (rows ? rows[i + 2] : i + 2) * d, *x3 = x + (rows ? rows[i + 3] : i + 3) * d;
		VEC t = LOAD(tail);
		VEC a0 = t * LOAD(x0 + d - LANES), a1 = t * LOAD(x1 + d - LANES);
		VEC a2 = t * LOAD(x2 + d - LANES), a3 = t * LOAD(x3 + d - LANES);

		for (size_t j = 0; j < whole; j += LANES)
		{
			VEC v = LOAD(w + j);

			a0 += v * LOAD(x0 + j);
			a1 += v * LOAD(x1 + j);
			a2 += v * LOAD(x2 + j);
			a3 += v * LOAD(x3 + j);
		}
		LANE_SUM(f[i], a0);
		LANE_SUM(f[i + 1], a1);
		LANE_SUM(f[i + 2], a2);
		LANE_SUM(f[i + 3], a3);
	}
	for (; i < n; i++)
	{
		const double *x0 = x + (rows ? rows[i] : i) * d;
		VEC a0 = LOAD(tail) * LOAD(x0 + d - LANES);

		for (size_t j = 0; j < whole; j += LANES)
			a0 += LOAD(w + j) * LOAD(x0 + j);
		LANE_SUM(f[i], a0);
	}
}

SYRK_TARGET
static void
SYRK(rows_axpy)(double *u, const double *x, size_t d, const uint32_t *rows, const double *a, size_t n)
{
	size_t whole = d / LANES * LANES;
	size_t j = 0;

	for (; j + 2 * LANES <= whole; j += 2 * LANES)
	{
		VEC s0 = LOAD(u + j), s1 = LOAD(u + j + LANES);

		for (size_t k = 0; k < n; k++)
		{
			const double *row = x + rows[k] * d + j;

			s0 += a[k] * LOAD(row);
			s1 += a[k] * LOAD(row + LANES);
		}
		STORE(u + j, s0);
		STORE(u + j + LANES, s1);
	}
	for (; j < whole; j += LANES)
	{
		VEC s0 = LOAD(u + j);

		for (size_t k = 0; k < n; k++)
			s0 += a[k] * LOAD(x + rows[k] * d + j);
		STORE(u + j, s0);
	}
	if (whole < d)
	{
		VEC s0 = {0};
		double last[LANES];

		for (size_t k = 0; k < n; k++)
			s0 += a[k] * LOAD(x + rows[k] * d + d - LANES);
		STORE(last, s0);
		for (size_t l = whole - (d - LANES); l < LANES; l++)
			u[d - LANES + l] += last[l];
	}
}

SYRK_TARGET
static void
SYRK(syrk)(double *g, size_t ld, const double *packed, size_t n, size_t from, size_t end)
{
	for (size_t j = from; j < end; j += TILE_VECTORS * LANES)
		for (size_t i = 0; i < j + TILE_VECTORS * LANES; i += TILE_ROWS)
		{
			VEC tile[TILE_ROWS][TILE_VECTORS];
			const double *row = packed;

#pragma GCC unroll 8
			for (int r = 0; r < TILE_ROWS; r++)
#pragma GCC unroll 8
				for (int v = 0; v < TILE_VECTORS; v++)
					tile[r][v] = LOAD(g + (i + r) * ld + j + v * LANES);
			for (size_t k = 0; k < n; k++, row += ld)
			{
#pragma GCC unroll 8
				for (int r = 0; r < TILE_ROWS; r++)
#pragma GCC unroll 8
					for (int v = 0; v < TILE_VECTORS; v++)
						tile[r][v] += row[i + r] * LOAD(row + j + v * LANES);
			}
#pragma GCC unroll 8
			for (int r = 0; r < TILE_ROWS; r++)
#pragma GCC unroll 8
				for (int v = 0; v < TILE_VECTORS; v++)
					STORE(g + (i + r) * ld + j + v * LANES, tile[r][v]);
		}
}

#undef VEC
#undef LOAD
#undef STORE
#undef LANE_SUM
#undef SYRK
#undef SYRK_TARGET
#undef LANES
#undef TILE_VECTORS
#undef TILE_ROWS
