/*
 * vec_smo_kernel.h - the bodies of vec_smo.c's kernels for one instruction set
 *
 * Included once a set, with SMO(name) the function's name and SMO_TARGET its target attribute. Lanes are spelled out as arrays of
 * WIDTH numbers, which the compiler turns into vectors.
 */
#define WIDTH 16
#define TILES 4

SMO_TARGET
static void
SMO(dots)(float *UP_RESTRICT out, const float *UP_RESTRICT xt, size_t ld, uint32_t d, const float *x, size_t n)
{
	size_t padded = UP_SMO_UP(n);

	size_t j = 0;

	/* A tile of samples stays in registers over all features; four at a time wait less for each other. */
	for (; j + TILES * WIDTH <= padded; j += TILES * WIDTH)
	{
		float sum[TILES][WIDTH] = {{0}};

		for (uint32_t f = 0; f < d; f++)
		{
			const float *UP_RESTRICT column = xt + (size_t) f * ld + j;
			float v = x[f];

			for (int t = 0; t < TILES; t++)
				for (int l = 0; l < WIDTH; l++)
					sum[t][l] += v * column[t * WIDTH + l];
		}
		for (int t = 0; t < TILES; t++)
			for (int l = 0; l < WIDTH; l++)
				out[j + (size_t) (t * WIDTH + l)] = sum[t][l];
	}
	for (; j < padded; j += WIDTH)
	{
		float sum[WIDTH] = {0};

		for (uint32_t f = 0; f < d; f++)
		{
			const float *UP_RESTRICT column = xt + (size_t) f * ld + j;
			float v = x[f];

			for (int l = 0; l < WIDTH; l++)
				sum[l] += v * column[l];
		}
		for (int l = 0; l < WIDTH; l++)
			out[j + (size_t) l] = sum[l];
	}
}

/*
 * e^-v for v >= 0: 2^-k e^r with |r| <= log(2) / 2, e^r by a polynomial (Cephes' expf, Moshier 1989). Beyond 87 it stays e^-87.
 */
SMO_TARGET
static void
SMO(rbf)(float *UP_RESTRICT out, const float *UP_RESTRICT norms, float norm, float gamma, size_t n)
{
	size_t padded = UP_SMO_UP(n);

	for (size_t first = 0; first < padded; first += WIDTH)
	{
		float v[WIDTH], scale[WIDTH];
		int32_t bits[WIDTH];
		float *UP_RESTRICT to = out + first;
		const float *UP_RESTRICT from = norms + first;

		for (int l = 0; l < WIDTH; l++)
			v[l] = gamma * (norm + from[l] - 2 * to[l]);
		/* Into 0 … 87, as whole numbers: compilers choose between those without branches. */
		memcpy(bits, v, sizeof(v));
		for (int l = 0; l < WIDTH; l++)
		{
			int32_t some = bits[l] > 0 ? bits[l] : 0;

			bits[l] = some < 0x42ae0000 ? some : 0x42ae0000;
		}
		memcpy(v, bits, sizeof(v));
		for (int l = 0; l < WIDTH; l++)
		{
			int32_t k = (int32_t) (v[l] * 1.44269504088896341f + 0.5f);
			float r = ((float) k * 0.693359375f - v[l]) - (float) k * 2.12194440e-4f, p;

			p = 1.9875691500e-4f;
			p = p * r + 1.3981999507e-3f;
			p = p * r + 8.3334519073e-3f;
			p = p * r + 4.1665795894e-2f;
			p = p * r + 1.6666665459e-1f;
			p = p * r + 5.0000001201e-1f;
			v[l] = p * r * r + r + 1;
			bits[l] = (127 - k) << 23;
		}
		memcpy(scale, bits, sizeof(v));
		for (int l = 0; l < WIDTH; l++)
			to[l] = v[l] * scale[l];
	}
}

#undef TILES
#undef WIDTH
#define WIDTH 8

/* The largest of WIDTH lanes, of equal ones that of the first position. */
#define FIRST_LARGEST(most, where, best, at)                                                                   \
	do                                                                                                         \
	{                                                                                                          \
		for (int l_ = 0; l_ < WIDTH; l_++)                                                                     \
		{                                                                                                      \
			if ((best)[l_] > (most) || ((best)[l_] == (most) && (at)[l_] < (where)))                           \
			{                                                                                                  \
				(most) = (best)[l_];                                                                           \
				(where) = (at)[l_];                                                                            \
			}                                                                                                  \
		}                                                                                                      \
	} while (0)

SMO_TARGET
static size_t
SMO(move)(double *UP_RESTRICT f, const float *UP_RESTRICT ka, double a, const float *UP_RESTRICT kb, double b,
		  const double *UP_RESTRICT up, size_t n, double *most)
{
	double best[WIDTH], largest = -INFINITY, where = INFINITY;
	double at[WIDTH];
	size_t padded = UP_SMO_UP(n);

	for (int l = 0; l < WIDTH; l++)
	{
		best[l] = -INFINITY;
		at[l] = INFINITY;
	}
	for (size_t t = 0; t < padded; t += WIDTH)
	{
		for (int l = 0; l < WIDTH; l++)
		{
			double v = f[t + (size_t) l] - (a * (double) ka[t + (size_t) l] + b * (double) kb[t + (size_t) l]);
			double raised = v + up[t + (size_t) l];
			double place = (double) (int32_t) t + l;

			f[t + (size_t) l] = v;
			at[l] = raised > best[l] ? place : at[l];
			best[l] = raised > best[l] ? raised : best[l];
		}
	}
	FIRST_LARGEST(largest, where, best, at);
	*most = largest;
	return where < (double) n ? (size_t) where : n;
}

SMO_TARGET
static size_t
SMO(partner)(const double *UP_RESTRICT f, const float *UP_RESTRICT k, const float *UP_RESTRICT diagonal,
			 float di, const double *UP_RESTRICT low, double most, size_t n, double *least)
{
	float best[WIDTH], largest = 0;
	int32_t at[WIDTH], where = INT32_MAX;
	double smallest[WIDTH];
	size_t padded = UP_SMO_UP(n);

	for (int l = 0; l < WIDTH; l++)
	{
		best[l] = 0;
		smallest[l] = INFINITY;
		at[l] = INT32_MAX;
	}
	for (size_t t = 0; t < padded; t += WIDTH)
	{
		float gap[WIDTH];

		for (int l = 0; l < WIDTH; l++)
		{
			double v = f[t + (size_t) l] + low[t + (size_t) l], some = most - v;

			some = some > 0 ? some : 0;
			gap[l] = (float) some;
			smallest[l] = v < smallest[l] ? v : smallest[l];
		}
		for (int l = 0; l < WIDTH; l++)
		{
			float curve = di + diagonal[t + (size_t) l] - 2 * k[t + (size_t) l], gain;
			int32_t place = (int32_t) t + l;

			curve = curve > 1e-12f ? curve : 1e-12f;
			gain = gap[l] * gap[l] / curve;
			at[l] = gain > best[l] ? place : at[l];
			best[l] = gain > best[l] ? gain : best[l];
		}
	}
	FIRST_LARGEST(largest, where, best, at);
	*least = INFINITY;
	for (int l = 0; l < WIDTH; l++)
		*least = smallest[l] < *least ? smallest[l] : *least;
	return (size_t) where < n ? (size_t) where : n;
}

#undef WIDTH
#define WIDTH 16

SMO_TARGET
static void
SMO(take)(double *UP_RESTRICT f, const float *const *rows, const double *by, size_t n_rows, size_t n)
{
	size_t padded = UP_SMO_UP(n);

	for (size_t t = 0; t < padded; t += WIDTH)
	{
		double sum[WIDTH];

		memcpy(sum, f + t, sizeof(sum));
		for (size_t i = 0; i < n_rows; i++)
		{
			const float *UP_RESTRICT row = rows[i] + t;
			double some = by[i];

			for (int l = 0; l < WIDTH; l++)
				sum[l] -= some * (double) row[l];
		}
		memcpy(f + t, sum, sizeof(sum));
	}
}

#undef WIDTH
#undef FIRST_LARGEST
#undef SMO
#undef SMO_TARGET
