/*
 * vec_points_kernel.h - the bodies of vec_points.c's kernels for one vector width
 *
 * Included once a width, with these defined: POINTS(name) the function's name, POINTS_TARGET its target attribute, LANES doubles a
 * vector.
 */
typedef double POINTS(vec) __attribute__((vector_size(LANES * 8), aligned(8), may_alias));
#define VEC         POINTS(vec)
#define LOAD(p)     (*(const VEC *) (p))
#define STORE(p, v) (*(VEC *) (p) = (v))

/* Sum of the lanes, in one order. */
POINTS_TARGET
static inline double
POINTS(lane_sum)(VEC v)
{
	double lanes[LANES];

	STORE(lanes, v);
	for (int half = LANES / 2; half > 0; half /= 2)
	{
		for (int l = 0; l < half; l++)
			lanes[l] += lanes[l + half];
	}
	return lanes[0];
}

POINTS_TARGET
static void
POINTS(points_dot)(double *f, const double *const *rows, size_t n, size_t d, const double *w)
{
	size_t whole = d / LANES * LANES, i = 0;

	for (; i + 4 <= n; i += 4)
	{
		const double *x0 = rows[i], *x1 = rows[i + 1], *x2 = rows[i + 2], *x3 = rows[i + 3];
		VEC a0 = {0}, a1 = {0}, a2 = {0}, a3 = {0};
		double r0 = 0, r1 = 0, r2 = 0, r3 = 0;

		for (size_t k = i + 4; k < UP_MIN(i + 8, n); k++)
		{
			for (size_t at = 0; at < UP_MIN(AHEAD_BYTES, d * sizeof(double)); at += LINE_BYTES)
				__builtin_prefetch((const char *) rows[k] + at);
		}
		for (size_t j = 0; j < whole; j += LANES)
		{
			VEC v = LOAD(w + j);

			a0 += v * LOAD(x0 + j);
			a1 += v * LOAD(x1 + j);
			a2 += v * LOAD(x2 + j);
			a3 += v * LOAD(x3 + j);
		}
		for (size_t j = whole; j < d; j++)
		{
			r0 += w[j] * x0[j];
			r1 += w[j] * x1[j];
			r2 += w[j] * x2[j];
			r3 += w[j] * x3[j];
		}
		f[i] = POINTS(lane_sum)(a0) + r0;
		f[i + 1] = POINTS(lane_sum)(a1) + r1;
		f[i + 2] = POINTS(lane_sum)(a2) + r2;
		f[i + 3] = POINTS(lane_sum)(a3) + r3;
	}
	for (; i < n; i++)
	{
		const double *x0 = rows[i];
		VEC a0 = {0};
		double r0 = 0;

		for (size_t j = 0; j < whole; j += LANES)
			a0 += LOAD(w + j) * LOAD(x0 + j);
		for (size_t j = whole; j < d; j++)
			r0 += w[j] * x0[j];
		f[i] = POINTS(lane_sum)(a0) + r0;
	}
}

POINTS_TARGET
static void
POINTS(points_axpy)(double *u, const double *const *rows, const double *a, size_t n, size_t d)
{
	size_t j = 0;

	for (; j + 4 * LANES <= d; j += 4 * LANES)
	{
		VEC s0 = LOAD(u + j), s1 = LOAD(u + j + LANES), s2 = LOAD(u + j + 2 * LANES),
			s3 = LOAD(u + j + 3 * LANES);

		for (size_t k = 0; k < n; k++)
		{
			const double *row = rows[k] + j;

			s0 += a[k] * LOAD(row);
			s1 += a[k] * LOAD(row + LANES);
			s2 += a[k] * LOAD(row + 2 * LANES);
			s3 += a[k] * LOAD(row + 3 * LANES);
		}
		STORE(u + j, s0);
		STORE(u + j + LANES, s1);
		STORE(u + j + 2 * LANES, s2);
		STORE(u + j + 3 * LANES, s3);
	}
	for (; j < d; j++)
	{
		double s = u[j];

		for (size_t k = 0; k < n; k++)
			s += a[k] * rows[k][j];
		u[j] = s;
	}
}

#undef VEC
#undef LOAD
#undef STORE
#undef POINTS
#undef POINTS_TARGET
#undef LANES
