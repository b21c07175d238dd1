/*
 * vec_nearest_kernel.h - the kernels of vec_nearest.c for one width of vectors; included once a width
 *
 * NEAREST(name) and NEAREST_TARGET name a function and its target; LANES doubles are a vector, and a register tile
 * is HALF centres × TILE_VECTORS vectors of rows. Every distance is summed by the one statement of NEAREST(tile),
 * or by its twin in NEAREST(one), so that the compiler contracts all of them in the same way.
 */
#define VEC         NEAREST(vec)
#define IVEC        NEAREST(ivec)
#define LOAD(p)     (*(const VEC *) (p))
#define STORE(p, v) (*(VEC *) (p) = (v))
/* Where mask (all ones or zeros a lane): a, else b. */
#define SELECT(mask, a, b) (((mask) & (a)) | (~(mask) & (b)))
#define MINIMUM(a, b)      ((VEC) SELECT((a) < (b), (IVEC) (a), (IVEC) (b)))

typedef double VEC __attribute__((vector_size(LANES * sizeof(double)), aligned(sizeof(double)), may_alias));
typedef int64_t IVEC __attribute__((vector_size(LANES * sizeof(int64_t)), aligned(sizeof(int64_t)), may_alias));

/* acc[u][r]: distances of TILE_VECTORS vectors of rows to HALF centres, which start at p. */
NEAREST_TARGET
static inline __attribute__((always_inline)) void
NEAREST(tile)(VEC acc[HALF][TILE_VECTORS], const double *p, const double *x, uint32_t d)
{
#pragma GCC unroll 8
	for (int u = 0; u < HALF; u++)
#pragma GCC unroll 8
		for (int r = 0; r < TILE_VECTORS; r++)
			acc[u][r] = (VEC){0};
	for (uint32_t j = 0; j < d; j++, p += UP_NEAREST_TILE, x += UP_NEAREST_ROWS)
	{
#pragma GCC unroll 8
		for (int u = 0; u < HALF; u++)
#pragma GCC unroll 8
			for (int r = 0; r < TILE_VECTORS; r++)
			{
				VEC t = LOAD(x + r * LANES) - p[u];

				acc[u][r] += t * t;
			}
	}
}

/* Centre u0 of the packed ones, u0 a multiple of HALF. */
static inline const double *
NEAREST(centre)(const UpNearest *c, uint32_t u0)
{
	return c->packed + (size_t) (u0 / UP_NEAREST_TILE) * c->d * UP_NEAREST_TILE + u0 % UP_NEAREST_TILE;
}

/* gap (or NULL) is known at compile time: rows and gaps below are two functions. */
NEAREST_TARGET
static inline __attribute__((always_inline)) void
NEAREST(search)(const UpNearest *c, const double *x, uint32_t *label, double *distance, float *gap)
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
			VEC acc[HALF][TILE_VECTORS];

			NEAREST(tile)(acc, NEAREST(centre)(c, u0), x + i, c->d);
#pragma GCC unroll 8
			for (int u = 0; u < HALF; u++)
#pragma GCC unroll 8
				for (int r = 0; r < TILE_VECTORS; r++)
				{
					IVEC less = acc[u][r] < best[r];

					if (gap != NULL)
					{
						VEC worse = (VEC) SELECT(less, (IVEC) best[r], (IVEC) acc[u][r]);

						second[r] = MINIMUM(worse, second[r]);
					}
					best[r] = (VEC) SELECT(less, (IVEC) acc[u][r], (IVEC) best[r]);
					index[r] = SELECT(less, (int64_t) u0 + u, index[r]);
				}
		}
#pragma GCC unroll 8
		for (int r = 0; r < TILE_VECTORS; r++)
		{
#pragma GCC unroll 8
			for (int l = 0; l < LANES; l++)
				label[i + r * LANES + l] = (uint32_t) index[r][l];
			if (distance != NULL)
				STORE(distance + i + r * LANES, best[r]);
			if (gap != NULL)
			{
				float near[LANES], far[LANES];

				for (int l = 0; l < LANES; l++)
				{
					near[l] = sqrtf((float) best[r][l]);
					far[l] = sqrtf((float) second[r][l]);
				}
				for (int l = 0; l < LANES; l++)
				{
					float g = gap_of(near[l], far[l]);

					gap[i + r * LANES + l] = best[r][l] == second[r][l] ? -INFINITY : g;
				}
			}
		}
	}
}

NEAREST_TARGET
static void
NEAREST(rows)(const UpNearest *c, const double *x, uint32_t *label, double *distance)
{
	NEAREST(search)(c, x, label, distance, NULL);
}

NEAREST_TARGET
static void
NEAREST(gaps)(const UpNearest *c, const double *x, uint32_t *label, double *distance, float *gap)
{
	NEAREST(search)(c, x, label, distance, gap);
}

NEAREST_TARGET
static uint32_t
NEAREST(one)(const UpNearest *c, const double *row, const double *shift)
{
	enum
	{
		VECTORS = UP_NEAREST_TILE / LANES
	};
	const double *p = c->packed;
	double least = INFINITY;
	uint32_t label = 0;

	for (uint32_t u0 = 0; u0 < c->k; u0 += UP_NEAREST_TILE)
	{
		VEC acc[VECTORS];
		double distance[UP_NEAREST_TILE];

#pragma GCC unroll 8
		for (int r = 0; r < VECTORS; r++)
			acc[r] = (VEC){0};
		for (uint32_t j = 0; j < c->d; j++, p += UP_NEAREST_TILE)
		{
			double x = row[j] - shift[j];

#pragma GCC unroll 8
			for (int r = 0; r < VECTORS; r++)
			{
				VEC t = x - LOAD(p + r * LANES);

				acc[r] += t * t;
			}
		}
#pragma GCC unroll 8
		for (int r = 0; r < VECTORS; r++)
			STORE(distance + r * LANES, acc[r]);
		for (int u = 0; u < UP_NEAREST_TILE; u++)
		{
			label = distance[u] < least ? u0 + u : label;
			least = distance[u] < least ? distance[u] : least;
		}
	}
	return label;
}

NEAREST_TARGET
static void
NEAREST(trials)(const UpNearest *c, const double *x, double *closest, double *potential)
{
	VEC sums[UP_NEAREST_TRIALS];

	for (int u = 0; u < UP_NEAREST_TRIALS; u++)
		sums[u] = (VEC){0};
	for (size_t i = 0; i < UP_NEAREST_ROWS; i += TILE_VECTORS * LANES)
	{
		VEC near[TILE_VECTORS] = {{0}};

		for (uint32_t u0 = 0; u0 < c->k; u0 += HALF)
		{
			VEC acc[HALF][TILE_VECTORS];

			NEAREST(tile)(acc, NEAREST(centre)(c, u0), x + i, c->d);
			if (u0 == 0)
			{
#pragma GCC unroll 8
				for (int r = 0; r < TILE_VECTORS; r++)
				{
					near[r] = MINIMUM(LOAD(closest + i + r * LANES), acc[0][r]);
					STORE(closest + i + r * LANES, near[r]);
				}
			}
#pragma GCC unroll 8
			for (int u = 0; u < HALF; u++)
#pragma GCC unroll 8
				for (int r = 0; r < TILE_VECTORS; r++)
					sums[u0 + u] += MINIMUM(near[r], acc[u][r]);
		}
	}
	for (uint32_t u = 0; u < c->k; u++)
	{
		potential[u] = 0;
		for (int l = 0; l < LANES; l++)
			potential[u] += sums[u][l];
	}
}

#undef VEC
#undef IVEC
#undef LOAD
#undef STORE
#undef SELECT
#undef MINIMUM
#undef NEAREST
#undef NEAREST_TARGET
#undef LANES
#undef TILE_VECTORS
