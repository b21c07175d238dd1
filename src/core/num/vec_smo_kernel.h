/*
 * vec_smo_kernel.h - the bodies of vec_smo.c's kernels for one instruction set
 *
 * Included once a set, with SMO(name) the function's name and SMO_TARGET its target attribute. Lanes are spelled out as arrays of
 * WIDTH numbers, which the compiler turns into vectors; where they choose between numbers, it would branch, so that they are vectors.
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

typedef double SMO(wide) __attribute__((vector_size(WIDTH * 8), aligned(8), may_alias));
typedef int64_t SMO(wide_mask) __attribute__((vector_size(WIDTH * 8), aligned(8), may_alias));
typedef float SMO(narrow) __attribute__((vector_size(WIDTH * 4), aligned(4), may_alias));
typedef int32_t SMO(narrow_mask) __attribute__((vector_size(WIDTH * 4), aligned(4), may_alias));
#define WIDE(p)                 (*(const SMO(wide) *) (p))
#define NARROW(p)               (*(const SMO(narrow) *) (p))
#define WIDENED(p)              __builtin_convertvector(NARROW(p), SMO(wide))
#define PICK(kind, m, yes, no)  ((kind) (((m) & (__typeof__(m)) (yes)) | (~(m) & (__typeof__(m)) (no))))
#define PICK_WIDE(m, yes, no)   PICK(SMO(wide), m, yes, no)
#define PICK_NARROW(m, yes, no) PICK(SMO(narrow), m, yes, no)

/* The largest of WIDTH lanes that is above most, and of equal ones the first position. */
#define FIRST_LARGEST(most, where, best, at)                                                                   \
	do                                                                                                         \
	{                                                                                                          \
		for (int l_ = 0; l_ < WIDTH; l_++)                                                                     \
			(most) = (best)[l_] > (most) ? (best)[l_] : (most);                                                \
		for (int l_ = 0; l_ < WIDTH; l_++)                                                                     \
			(where) = (best)[l_] == (most) && (at)[l_] < (where) ? (at)[l_] : (where);                         \
	} while (0)

SMO_TARGET
static size_t
SMO(move)(double *UP_RESTRICT f, const float *UP_RESTRICT ka, double a, const float *UP_RESTRICT kb, double b,
		  const double *UP_RESTRICT up, size_t n, double *most)
{
	SMO(wide) best = (SMO(wide)){0} - INFINITY;
	SMO(wide_mask) at = (SMO(wide_mask)){0} + INT64_MAX, place = {0, 1, 2, 3, 4, 5, 6, 7};
	int64_t where = INT64_MAX;
	size_t padded = UP_SMO_UP(n);

	*most = -INFINITY;
	for (size_t t = 0; t < padded; t += WIDTH, place += WIDTH)
	{
		SMO(wide) v = WIDE(f + t) - (a * WIDENED(ka + t) + b * WIDENED(kb + t)), raised = v + WIDE(up + t);
		SMO(wide_mask) more = raised > best;

		*(SMO(wide) *) (f + t) = v;
		at = (SMO(wide_mask)) PICK_WIDE(more, place, at);
		best = PICK_WIDE(more, raised, best);
	}
	FIRST_LARGEST(*most, where, best, at);
	return where < (int64_t) n ? (size_t) where : n;
}

SMO_TARGET
static size_t
SMO(partner)(const double *UP_RESTRICT f, const float *UP_RESTRICT k, const float *UP_RESTRICT diagonal,
			 float di, const double *UP_RESTRICT low, double most, size_t n, double *least)
{
	const SMO(narrow) tiny = (SMO(narrow)){0} + 1e-12f;
	SMO(wide) smallest = (SMO(wide)){0} + INFINITY;
	SMO(narrow) best = {0};
	SMO(narrow_mask) at = (SMO(narrow_mask)){0} + INT32_MAX, place = {0, 1, 2, 3, 4, 5, 6, 7};
	float largest = 0;
	int32_t where = INT32_MAX;
	size_t padded = UP_SMO_UP(n);

	for (size_t t = 0; t < padded; t += WIDTH, place += WIDTH)
	{
		SMO(wide) v = WIDE(f + t) + WIDE(low + t), some = most - v;
		SMO(narrow) gap = __builtin_convertvector(PICK_WIDE(some > 0, some, (SMO(wide)){0}), SMO(narrow));
		SMO(narrow) curve = di + NARROW(diagonal + t) - 2 * NARROW(k + t), gain;
		SMO(narrow_mask) more;

		curve = PICK_NARROW(curve > tiny, curve, tiny);
		gain = gap * gap / curve;
		more = gain > best;
		at = (SMO(narrow_mask)) PICK_NARROW(more, place, at);
		best = PICK_NARROW(more, gain, best);
		smallest = PICK_WIDE(v < smallest, v, smallest);
	}
	FIRST_LARGEST(largest, where, best, at);
	*least = INFINITY;
	for (int l = 0; l < WIDTH; l++)
		*least = smallest[l] < *least ? smallest[l] : *least;
	return (size_t) where < n ? (size_t) where : n;
}

#undef WIDE
#undef NARROW
#undef WIDENED
#undef PICK
#undef PICK_WIDE
#undef PICK_NARROW
#undef FIRST_LARGEST
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
#undef SMO
#undef SMO_TARGET
