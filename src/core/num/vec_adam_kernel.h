/*
 * vec_adam_kernel.h - the bodies of vec_adam.c's kernels for one vector width
 *
 * Included once an instruction set, with these defined: ADAM(name) the function's name, ADAM_TARGET its target
 * attribute, LANES floats a vector (a divisor of 16), VEC_SQRT(v) the square root of every lane.
 */
typedef float ADAM(vec) __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
typedef int32_t ADAM(ivec) __attribute__((vector_size(LANES * 4), aligned(4), may_alias));
#define VEC                 ADAM(vec)
#define IVEC                ADAM(ivec)
#define LOAD(p)             (*(const VEC *) (p))
#define STORE(p, v)         (*(VEC *) (p) = (v))
#define SPLAT(x)            ((VEC){0} + (float) (x))
#define KEEP(v, mask)       ((VEC) ((IVEC) (v) & (mask)))
#define PICK(mask, yes, no) ((VEC) (((IVEC) (yes) & (mask)) | ((IVEC) (no) & ~(mask))))
#define INLINE              static inline __attribute__((always_inline))

/* Through memory: lanes in pairs, in a fixed order. */
ADAM_TARGET
INLINE double
ADAM(lanes)(VEC sum)
{
	float lanes[LANES];

	STORE(lanes, sum);
	for (int half = LANES / 2; half > 0; half /= 2)
		for (int i = 0; i < half; i++)
			lanes[i] += lanes[i + half];
	return lanes[0];
}

ADAM_TARGET
static double
ADAM(adam)(float *w, float *m, float *v, const float *g, size_t n, const UpAdamStep *step)
{
	VEC b1 = SPLAT(step->beta_1), b2 = SPLAT(step->beta_2);
	VEC c1 = SPLAT(1.0 - step->beta_1), c2 = SPLAT(1.0 - step->beta_2);
	VEC rate = SPLAT(step->rate), epsilon = SPLAT(step->epsilon), decay = SPLAT(step->decay);
	VEC tiny = SPLAT(MOMENT_TINY), sum = {0};

	for (size_t i = 0; i < n; i += LANES)
	{
		VEC weight = LOAD(w + i), slope = LOAD(g + i) + decay * weight;
		VEC first = b1 * LOAD(m + i) + c1 * slope, second = b2 * LOAD(v + i) + c2 * (slope * slope);

		first = KEEP(first, (first > tiny) | (first < -tiny));
		second = KEEP(second, second > tiny);
		sum += weight * weight;
		STORE(m + i, first);
		STORE(v + i, second);
		STORE(w + i, weight - rate * first / (VEC_SQRT(second) + epsilon));
	}
	return ADAM(lanes)(sum);
}

ADAM_TARGET
static double
ADAM(momentum)(float *w, float *v, const float *g, size_t n, const UpMomentumStep *step)
{
	VEC rate = SPLAT(step->rate), momentum = SPLAT(step->momentum), decay = SPLAT(step->decay);
	VEC tiny = SPLAT(MOMENT_TINY), sum = {0};
	VEC ahead = SPLAT(step->nesterov ? step->momentum : 1), again = SPLAT(step->nesterov ? 1 : 0);

	for (size_t i = 0; i < n; i += LANES)
	{
		VEC weight = LOAD(w + i), push = rate * (LOAD(g + i) + decay * weight);
		VEC speed = momentum * LOAD(v + i) - push;

		speed = KEEP(speed, (speed > tiny) | (speed < -tiny));
		sum += weight * weight;
		STORE(v + i, speed);
		STORE(w + i, weight + (ahead * speed - again * push));
	}
	return ADAM(lanes)(sum);
}

/*
 * exp(x) = 2^n exp(r), |r| <= log(2) / 2; n by adding 1.5 * 2^23, which leaves the nearest whole number in the low
 * bits; log(2) in two parts, the first exact in products with n (Cody, Waite 1980); exp(r) by a polynomial of degree
 * 6. For x in [-87, 88]; beyond, the ends stand in.
 */
ADAM_TARGET
INLINE VEC
ADAM(exp)(VEC x)
{
	VEC low = SPLAT(-87.0), high = SPLAT(88.0), shift = SPLAT(12582912.0), n, r, p;

	x = PICK(x < low, low, x);
	x = PICK(x > high, high, x);
	n = x * 1.44269504f + shift;
	r = n - shift;
	r = (x - r * 0.693359375f) + r * 2.12194440e-4f;
	p = r * (1.0f / 720) + 1.0f / 120;
	p = p * r + 1.0f / 24;
	p = p * r + 1.0f / 6;
	p = p * r + 0.5f;
	p = p * r + 1.0f;
	p = p * r + 1.0f;
	return p * (VEC) ((((IVEC) n - 0x4b400000) + 127) << 23);
}

ADAM_TARGET
static void
ADAM(relu)(float *x, size_t n)
{
	for (size_t i = 0; i < n; i += LANES)
	{
		VEC v = LOAD(x + i);

		/* Not a number stays one, so that a failed training is seen. */
		STORE(x + i, KEEP(v, ~(v <= SPLAT(0))));
	}
}

/*
 * tanh(x) = 1 - 2 / (exp(2 |x|) + 1) with the sign of x, and, below 1/2, where that loses digits, the continued
 * fraction x / (1 + x^2 / (3 + x^2 / (5 + x^2 / (7 + x^2 / 9)))) of Lambert.
 */
ADAM_TARGET
static void
ADAM(tanh)(float *x, size_t n)
{
	for (size_t i = 0; i < n; i += LANES)
	{
		VEC v = LOAD(x + i), square = v * v;
		IVEC sign = (IVEC) v & INT32_MIN;
		VEC size = (VEC) ((IVEC) v & INT32_MAX);
		VEC large = 1.0f - 2.0f / (ADAM(exp)(size + size) + 1.0f);
		VEC above = v * (945.0f + square * (105.0f + square));
		VEC below = 945.0f + square * (420.0f + square * 15.0f);

		large = (VEC) ((IVEC) large | sign);
		v = PICK(size < SPLAT(0.5), above / below, PICK(v == v, large, v));
		STORE(x + i, v);
	}
}

ADAM_TARGET
static void
ADAM(logistic)(float *x, size_t n)
{
	for (size_t i = 0; i < n; i += LANES)
	{
		VEC v = LOAD(x + i);

		v = PICK(v == v, 1.0f / (1.0f + ADAM(exp)(-v)), v);
		STORE(x + i, v);
	}
}

ADAM_TARGET
static void
ADAM(relu_back)(float *d, const float *a, size_t n)
{
	for (size_t i = 0; i < n; i += LANES)
	{
		VEC v = LOAD(d + i);

		STORE(d + i, KEEP(v, LOAD(a + i) > SPLAT(0)));
	}
}

ADAM_TARGET
static void
ADAM(tanh_back)(float *d, const float *a, size_t n)
{
	for (size_t i = 0; i < n; i += LANES)
	{
		VEC v = LOAD(a + i);

		STORE(d + i, LOAD(d + i) * (1.0f - v * v));
	}
}

ADAM_TARGET
static void
ADAM(logistic_back)(float *d, const float *a, size_t n)
{
	for (size_t i = 0; i < n; i += LANES)
	{
		VEC v = LOAD(a + i);

		STORE(d + i, LOAD(d + i) * (v * (1.0f - v)));
	}
}

#undef VEC
#undef IVEC
#undef LOAD
#undef STORE
#undef SPLAT
#undef KEEP
#undef PICK
#undef INLINE
#undef ADAM
#undef ADAM_TARGET
#undef LANES
#undef VEC_SQRT
