/*
 * vec_gradient_kernel.h - the bodies of vec_gradient.c's kernels for one vector width
 *
 * Included once a width, with these defined: GRADIENT(name) the function's name, GRADIENT_TARGET its target attribute, LANES doubles a
 * vector.
 */
typedef double GRADIENT(vec) __attribute__((vector_size(LANES * 8), aligned(8), may_alias));
typedef int64_t GRADIENT(ivec) __attribute__((vector_size(LANES * 8), aligned(8), may_alias));
typedef int32_t GRADIENT(half) __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
#define VEC           GRADIENT(vec)
#define HALF          GRADIENT(half)
#define IVEC          GRADIENT(ivec)
#define LOAD(p)       (*(const VEC *) (p))
#define STORE(p, v)   (*(VEC *) (p) = (v))
#define SPLAT(s)      ((VEC){0} + (s))
#define PICK(c, a, b) ((VEC) (((IVEC) (c) & (IVEC) (a)) | (~(IVEC) (c) & (IVEC) (b))))

/*
 * exp(x) = 2^n exp(r), |r| <= log(2) / 2; n by adding 1.5 * 2^52, which leaves the nearest whole number in the low bits; log(2) in two
 * parts, the first exact in products with n (Cody, Waite 1980); exp(r) by its series up to r^13, in pairs. For x in [-708, 0].
 */
GRADIENT_TARGET
static inline VEC
GRADIENT(exp)(VEC x)
{
	VEC low = SPLAT(-708.0), shift = SPLAT(6755399441055744.0), n, r, s, p;

	x = PICK(x < low, low, x);
	n = x * 1.4426950408889634 + shift;
	r = n - shift;
	r = (x - r * 0.693147180369123816490) - r * 1.90821492927058770002e-10;
	s = r * r;
	p = r * (1.0 / 6227020800) + 1.0 / 479001600;
	p = p * s + (r * (1.0 / 39916800) + 1.0 / 3628800);
	p = p * s + (r * (1.0 / 362880) + 1.0 / 40320);
	p = p * s + (r * (1.0 / 5040) + 1.0 / 720);
	p = p * s + (r * (1.0 / 120) + 1.0 / 24);
	p = p * s + (r * (1.0 / 6) + 0.5);
	p = p * s + (r + 1.0);
	return p * (VEC) (((IVEC) n + 1023) << 52);
}

GRADIENT_TARGET
static void
GRADIENT(log_gradients)(const double *score, const double *y, size_t n, double *gradient, double *hessian)
{
	for (size_t i = 0; i < n; i += LANES)
	{
		double tail[2 * LANES] = {0}, out[2 * LANES];
		size_t here = UP_MIN((size_t) LANES, n - i);
		VEC s, label, e, q, p;

		if (here < LANES)
		{
			for (size_t l = 0; l < here; l++)
			{
				tail[l] = score[i + l];
				tail[LANES + l] = y[i + l];
			}
		}
		s = here < LANES ? LOAD(tail) : LOAD(score + i);
		label = here < LANES ? LOAD(tail + LANES) : LOAD(y + i);
		e = GRADIENT(exp)((VEC) ((IVEC) s | INT64_MIN));
		q = 1.0 / (1.0 + e);
		/* p, or -(1 - p) where y is 1, each without a difference that loses digits. */
		p = PICK(s < SPLAT(0), e * q, q);
		p = PICK(label == SPLAT(1), -PICK(s < SPLAT(0), q, e * q), p - label);
		STORE(out, p);
		STORE(out + LANES, e * q * q);
		if (here == LANES)
		{
			STORE(gradient + i, p);
			STORE(hessian + i, e * q * q);
			continue;
		}
		for (size_t l = 0; l < here; l++)
		{
			gradient[i + l] = out[l];
			hessian[i + l] = out[LANES + l];
		}
	}
}

GRADIENT_TARGET
static void
GRADIENT(steps)(const double *gradient, const double *hessian, size_t n, double per_g, double per_h,
				double *rest, int32_t *g, int32_t *h)
{
	VEC shift = SPLAT(6755399441055744.0), one = SPLAT(1);

	for (size_t part = 0; part < UP_STEP_LANES; part += LANES)
	{
		VEC rest_g = LOAD(rest + part), rest_h = LOAD(rest + UP_STEP_LANES + part);

		for (size_t i = part; i < n; i += UP_STEP_LANES)
		{
			VEC a = LOAD(gradient + i) * per_g + rest_g, b = LOAD(hessian + i) * per_h + rest_h;
			VEC whole_a = (a + shift) - shift, whole_b = (b + shift) - shift;

			/* A row is always seen. */
			whole_b = PICK(whole_b < one, one, whole_b);
			rest_g = a - whole_a;
			rest_h = b - whole_b;
			rest_h = PICK(rest_h < -one, -one, rest_h);
			*(HALF *) (g + i) = __builtin_convertvector(whole_a, HALF);
			*(HALF *) (h + i) = __builtin_convertvector(whole_b, HALF);
		}
		STORE(rest + part, rest_g);
		STORE(rest + UP_STEP_LANES + part, rest_h);
	}
}

GRADIENT_TARGET
static void
GRADIENT(halves)(const uint64_t *words, size_t n, double step, double *upper, double *lower)
{
	for (size_t i = 0; i < n; i++)
	{
		upper[i] = (double) ((int64_t) words[i] >> 32);
		lower[i] = (double) (int64_t) (words[i] & UINT32_MAX) * step;
	}
}

GRADIENT_TARGET
static void
GRADIENT(gains)(const double *g, const double *h, size_t n, const UpGains *of, double *gain)
{
	double all_g = of->all_g, all_h = of->all_h, l2 = of->l2, least = of->least_h;

	for (size_t i = 0; i < n; i++)
	{
		double a = all_g - g[i], rest = all_h - h[i], left = h[i] + l2, right = rest + l2;
		double here = 0.5 * (g[i] * g[i] * right + a * a * left) / (left * right);

		here = h[i] < least ? -INFINITY : here;
		gain[i] = rest < least ? -INFINITY : here;
	}
}

#undef VEC
#undef IVEC
#undef HALF
#undef LOAD
#undef STORE
#undef SPLAT
#undef PICK
#undef GRADIENT
#undef GRADIENT_TARGET
#undef LANES
