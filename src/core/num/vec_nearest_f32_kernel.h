/*
 * vec_nearest_f32_kernel.h - the kernels of vec_nearest_f32.c for one width of vectors; included once a width
 *
 * NEAREST(name) and NEAREST_TARGET name a function and its target; LANES floats are a vector, SQRT takes the roots of one, and a register
 * tile is HALF centres × TILE_VECTORS vectors of rows.
 */
#define VEC         NEAREST(vec)
#define IVEC        NEAREST(ivec)
#define LOAD(p)     (*(const VEC *) (p))
#define STORE(p, v) (*(VEC *) (p) = (v))
/* Where mask (all ones or zeros a lane): a, else b. */
#define SELECT(mask, a, b) (((mask) & (a)) | (~(mask) & (b)))

typedef float VEC __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));
typedef int32_t IVEC __attribute__((vector_size(LANES * sizeof(int32_t)), aligned(sizeof(int32_t)), may_alias));

NEAREST_TARGET
static void
NEAREST(two)(const UpNearestF32 *c, const float *x, uint32_t *label, float *gap)
{
	for (size_t i = 0; i < UP_NEAREST_ROWS; i += TILE_VECTORS * LANES)
	{
		VEC best[TILE_VECTORS], second[TILE_VECTORS];
		IVEC index[TILE_VECTORS];

#pragma GCC unroll 8
		for (int r = 0; r < TILE_VECTORS; r++)
		{
			best[r] = (VEC){0} + INFINITY;
			second[r] = best[r];
			index[r] = (IVEC){0};
		}
		for (uint32_t u0 = 0; u0 < c->k; u0 += HALF)
		{
			const float *p =
				c->packed + (size_t) (u0 / UP_NEAREST_TILE) * c->d * UP_NEAREST_TILE + u0 % UP_NEAREST_TILE;
			const float *row = x + i;
			VEC acc[HALF][TILE_VECTORS];

#pragma GCC unroll 8
			for (int u = 0; u < HALF; u++)
#pragma GCC unroll 8
				for (int r = 0; r < TILE_VECTORS; r++)
					acc[u][r] = (VEC){0};
			for (uint32_t j = 0; j < c->d; j++, p += UP_NEAREST_TILE, row += UP_NEAREST_ROWS)
			{
#pragma GCC unroll 8
				for (int u = 0; u < HALF; u++)
#pragma GCC unroll 8
					for (int r = 0; r < TILE_VECTORS; r++)
					{
						VEC t = LOAD(row + r * LANES) - p[u];

						acc[u][r] += t * t;
					}
			}
#pragma GCC unroll 8
			for (int u = 0; u < HALF; u++)
#pragma GCC unroll 8
				for (int r = 0; r < TILE_VECTORS; r++)
				{
					IVEC less = acc[u][r] < best[r];
					VEC worse = (VEC) SELECT(less, (IVEC) best[r], (IVEC) acc[u][r]);
					IVEC nearer = worse < second[r];

					second[r] = (VEC) SELECT(nearer, (IVEC) worse, (IVEC) second[r]);
					best[r] = (VEC) SELECT(less, (IVEC) acc[u][r], (IVEC) best[r]);
					index[r] = SELECT(less, (int32_t) u0 + u, index[r]);
				}
		}
#pragma GCC unroll 8
		for (int r = 0; r < TILE_VECTORS; r++)
		{
			VEC near = SQRT(best[r]), far = SQRT(second[r]);

			if (c->k > 1)
				far = far - near - (far + near) * c->rounding - c->least;
			STORE(gap + i + r * LANES, far);
			*(IVEC *) (label + i + r * LANES) = index[r];
		}
	}
}

NEAREST_TARGET
static void
NEAREST(coarsen)(const double *x, size_t n, uint32_t d, double scale, int16_t *rows)
{
	const double most = INT16_MAX;

	for (size_t i = 0; i < n; i++, x += d, rows += d)
	{
		uint64_t outside = 0;

		/* Loops that the compiler lays over vectors. */
		for (uint32_t j = 0; j < d; j++)
			outside |= (uint64_t) (fabs(x[j]) * scale > most);
		for (uint32_t j = 0; j < d; j++)
		{
			double v = x[j] * scale, low = v > -most ? v : -most, fit = low < most ? low : most;

			rows[j] = (int16_t) ((int32_t) (fit + (most + 1.5)) - (INT16_MAX + 1));
		}
		if (outside)
			rows[0] = UP_NEAREST_OUTSIDE;
	}
}

#undef VEC
#undef IVEC
#undef LOAD
#undef STORE
#undef SELECT
#undef SQRT
#undef NEAREST
#undef NEAREST_TARGET
#undef LANES
#undef HALF
#undef TILE_VECTORS
