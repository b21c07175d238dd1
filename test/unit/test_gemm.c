/*
 * test_gemm.c - float4 products and training kernels against plain loops in double, at every level of this machine
 */
#include "check.h"

#include "num/gemm.h"
#include "base/rng.h"
#include "num/vec_adam.h"

#define SIDE   24 /* rows and inner sizes up to here */
#define LD     96
#define ROOM   (SIDE * LD)
#define CANARY 12345.0f

static UpRng rng;

static void
fill(float *x, size_t n)
{
	for (size_t i = 0; i < n; i++)
		x[i] = (float) (2 * up_rng_double(&rng) - 1);
}

static void
fill_with(float *x, size_t n, float value)
{
	for (size_t i = 0; i < n; i++)
		x[i] = value;
}

/* A is m × k, or k × m if turned. Sums of up to SIDE terms below 1: an error of SIDE units in the last place. */
static double
product_error(const float *c, const float *start, size_t ldstart, const float *a, bool turned, const float *b,
			  size_t m, size_t n, size_t k)
{
	double worst = 0;

	for (size_t i = 0; i < m; i++)
		for (size_t j = 0; j < n; j++)
		{
			double sum = start != NULL ? start[i * ldstart + j] : 0;

			for (size_t l = 0; l < k; l++)
				sum += (double) (turned ? a[l * LD + i] : a[i * LD + l]) * b[l * LD + j];
			worst = fmax(worst, fabs(sum - c[i * LD + j]));
		}
	return worst;
}

static bool
untouched(const float *c, size_t m, size_t n)
{
	for (size_t i = 0; i < SIDE; i++)
		for (size_t j = 0; j < LD; j++)
			if ((i >= m || j >= n) && c[i * LD + j] != CANARY)
				return false;
	return true;
}

static void
check_products(const UpGemm *g, size_t m, size_t n, size_t k)
{
	static float a[ROOM], b[ROOM], c[ROOM], before[ROOM], bias[LD];
	double worst;

	fill(a, ROOM);
	fill(b, ROOM);
	fill(bias, LD);

	fill_with(c, ROOM, CANARY);
	g->nn(c, LD, bias, a, LD, b, LD, m, n, k);
	worst = product_error(c, bias, 0, a, false, b, m, n, k);
	up_check(worst < 3e-6 && untouched(c, m, n), __FILE__, __LINE__,
			 "%s: A B + bias, %zu × %zu × %zu: error %g", g->name, m, n, k, worst);

	fill_with(c, ROOM, CANARY);
	g->nn(c, LD, NULL, a, LD, b, LD, m, n, k);
	worst = product_error(c, NULL, 0, a, false, b, m, n, k);
	up_check(worst < 3e-6 && untouched(c, m, n), __FILE__, __LINE__, "%s: A B, %zu × %zu × %zu: error %g",
			 g->name, m, n, k, worst);

	fill_with(c, ROOM, CANARY);
	g->tn(c, LD, false, a, LD, b, LD, m, n, k);
	worst = product_error(c, NULL, 0, a, true, b, m, n, k);
	up_check(worst < 3e-6 && untouched(c, m, n), __FILE__, __LINE__, "%s: A'B, %zu × %zu × %zu: error %g",
			 g->name, m, n, k, worst);

	memcpy(before, c, sizeof(c));
	g->tn(c, LD, true, a, LD, b, LD, m, n, k);
	worst = product_error(c, before, LD, a, true, b, m, n, k);
	up_check(worst < 6e-6 && untouched(c, m, n), __FILE__, __LINE__, "%s: C + A'B, %zu × %zu × %zu: error %g",
			 g->name, m, n, k, worst);
}

static void
products(void)
{
	up_rng_init(&rng, 1, 0);
	for (int level = 0; level < UP_GEMM_LEVELS; level++)
	{
		const UpGemm *g = up_gemm_level(level);

		if (g == NULL)
		{
			printf("# level %d: skipped, not on this machine\n", level);
			continue;
		}
		for (size_t m = 0; m <= SIDE; m++)
			for (size_t n = UP_GEMM_PAD; n <= 80; n += UP_GEMM_PAD)
				for (size_t k = 0; k <= SIDE; k += k < 4 ? 1 : 5)
					check_products(g, m, n, k);
	}
}

/* A row's result has the same bits alone, in a block, and in a wider or narrower product. */
static void
places(void)
{
	static float a[ROOM], b[ROOM], c[ROOM], one[LD];

	up_rng_init(&rng, 2, 0);
	fill(a, ROOM);
	fill(b, ROOM);
	up_gemm_nn(c, LD, NULL, a, LD, b, LD, SIDE, 80, SIDE);
	for (size_t i = 0; i < SIDE; i++)
		for (size_t n = UP_GEMM_PAD; n <= 80; n += UP_GEMM_PAD)
		{
			up_gemm_nn(one, LD, NULL, a + i * LD, LD, b, LD, 1, n, SIDE);
			CHECK(memcmp(one, c + i * LD, n * sizeof(float)) == 0);
		}
}

static void
column_sums(void)
{
	static float a[ROOM], out[LD], again[LD];

	up_rng_init(&rng, 3, 0);
	fill(a, ROOM);
	for (int level = 0; level < UP_GEMM_LEVELS; level++)
	{
		const UpGemm *g = up_gemm_level(level);

		for (size_t m = 0; g != NULL && m <= SIDE; m++)
		{
			fill_with(out, LD, CANARY);
			g->sums(out, false, a, LD, m, 48);
			memcpy(again, out, sizeof(out));
			g->sums(again, true, a, LD, m, 48);
			for (size_t j = 0; j < LD; j++)
			{
				double sum = 0;

				for (size_t i = 0; i < m; i++)
					sum += a[i * LD + j];
				CHECK_NEAR(out[j], j < 48 ? sum : CANARY, 3e-6);
				CHECK_NEAR(again[j], j < 48 ? 2 * sum : CANARY, 6e-6);
			}
		}
	}
}

static void
transpositions(void)
{
	static float a[ROOM], b[LD * SIDE];

	up_rng_init(&rng, 4, 0);
	fill(a, ROOM);
	for (size_t rows = 0; rows <= 18; rows++)
		for (size_t columns = 0; columns <= 21; columns++)
		{
			bool same = true;

			fill_with(b, LD * SIDE, CANARY);
			up_gemm_transpose(b, SIDE, a, LD, rows, columns);
			for (size_t i = 0; i < LD; i++)
				for (size_t j = 0; j < SIDE; j++)
					same = same && b[i * SIDE + j] == (i < columns && j < rows ? a[j * LD + i] : CANARY);
			up_check(same, __FILE__, __LINE__, "transposition of %zu × %zu", rows, columns);
		}
}

/* Ten steps of Adam as the paper writes it, in double. */
static void
adam(void)
{
	enum
	{
		N = 48
	};
	const double beta_1 = 0.9, beta_2 = 0.999, epsilon = 1e-8, rate = 0.01, decay = 0.1;

	up_rng_init(&rng, 5, 0);
	for (int level = 0; level < UP_VEC_ADAM_LEVELS; level++)
	{
		const UpVecAdam *v = up_vec_adam_level(level);
		float w[N], m[N] = {0}, s[N] = {0}, g[N];
		double w64[N], m64[N] = {0}, s64[N] = {0};

		if (v == NULL)
			continue;
		fill(w, N);
		for (int i = 0; i < N; i++)
			w64[i] = w[i];
		for (int t = 1; t <= 10; t++)
		{
			UpAdamStep step = {beta_1, beta_2, epsilon, rate * sqrt(1 - pow(beta_2, t)) / (1 - pow(beta_1, t)),
							   decay};
			double squares = 0;

			fill(g, N);
			for (int i = 0; i < N; i++)
			{
				double slope = g[i] + decay * w64[i];

				squares += w64[i] * w64[i];
				m64[i] = beta_1 * m64[i] + (1 - beta_1) * slope;
				s64[i] = beta_2 * s64[i] + (1 - beta_2) * slope * slope;
				w64[i] -=
					rate * sqrt(1 - pow(beta_2, t)) / (1 - pow(beta_1, t)) * m64[i] / (sqrt(s64[i]) + epsilon);
			}
			CHECK_NEAR(v->adam(w, m, s, g, N, &step), squares, 1e-5 * squares);
		}
		for (int i = 0; i < N; i++)
		{
			/* beta_1 and beta_2 in float4 are off by 1e-8, which 1 - beta_2 feels by 1e-5. */
			CHECK_NEAR(w[i], w64[i], 1e-5);
			CHECK_NEAR(m[i], m64[i], 1e-6);
			CHECK_NEAR(s[i], s64[i], 1e-6);
		}
	}
}

/* Padding stays zero, and moments that die out end at zero instead of denormal numbers. */
static void
adam_at_zero(void)
{
	for (int level = 0; level < UP_VEC_ADAM_LEVELS; level++)
	{
		const UpVecAdam *v = up_vec_adam_level(level);
		float w[16] = {0}, m[16] = {0}, s[16] = {0}, g[16] = {0};
		UpAdamStep step = {0.9f, 0.999f, 1e-8f, 0.001f, 0};

		if (v == NULL)
			continue;
		m[3] = 1e-3f;
		s[3] = 1e-3f;
		for (int t = 0; t < 1000; t++)
			v->adam(w, m, s, g, 16, &step);
		CHECK(m[3] == 0);
		CHECK(w[3] < 0);
		CHECK(w[2] == 0 && m[2] == 0 && s[2] == 0);
	}
}

static void
momentum(void)
{
	enum
	{
		N = 32
	};

	up_rng_init(&rng, 6, 0);
	for (int level = 0; level < UP_VEC_ADAM_LEVELS; level++)
		for (int nesterov = 0; nesterov < 2; nesterov++)
		{
			const UpVecAdam *v = up_vec_adam_level(level);
			float w[N], speed[N] = {0}, g[N];
			double w64[N], speed64[N] = {0};
			UpMomentumStep step = {0.05f, 0.9f, 0.1f, nesterov};

			if (v == NULL)
				continue;
			fill(w, N);
			for (int i = 0; i < N; i++)
				w64[i] = w[i];
			for (int t = 0; t < 10; t++)
			{
				double squares = 0;

				fill(g, N);
				for (int i = 0; i < N; i++)
				{
					double push = 0.05 * (g[i] + 0.1 * w64[i]);

					squares += w64[i] * w64[i];
					speed64[i] = 0.9 * speed64[i] - push;
					w64[i] += nesterov ? 0.9 * speed64[i] - push : speed64[i];
				}
				CHECK_NEAR(v->momentum(w, speed, g, N, &step), squares, 1e-5 * squares);
			}
			for (int i = 0; i < N; i++)
				CHECK_NEAR(w[i], w64[i], 2e-6);
		}
}

/* Against libm, relative to the result: 4 units in the last place. */
static void
activations(void)
{
	static float x[4096], y[4096];
	const float far[16] = {0,     -0.0f, 1e-30f, -1e-30f, 1e-40f,   20,        -20,  89,
						   -89.f, 1e6f,  -1e6f,  3e38f,   INFINITY, -INFINITY, 0.5f, -0.5f};

	up_rng_init(&rng, 7, 0);
	for (int i = 0; i < 4096; i++)
		x[i] = (float) (exp(10 * up_rng_double(&rng) - 6) * (i % 2 ? 1 : -1));
	memcpy(x, far, sizeof(far));
	for (int level = 0; level < UP_VEC_ADAM_LEVELS; level++)
	{
		const UpVecAdam *v = up_vec_adam_level(level);
		double worst_tanh = 0, worst_logistic = 0;

		if (v == NULL)
			continue;
		memcpy(y, x, sizeof(x));
		v->tanh(y, 4096);
		for (int i = 0; i < 4096; i++)
			if (tanh(x[i]) != 0)
				worst_tanh = fmax(worst_tanh, fabs(y[i] / tanh(x[i]) - 1));
		CHECK(y[0] == 0 && fabs(y[4]) < 1.1e-40);
		memcpy(y, x, sizeof(x));
		v->logistic(y, 4096);
		for (int i = 0; i < 4096; i++)
		{
			double want = 1 / (1 + exp(-(double) x[i]));

			CHECK(y[i] >= 0 && y[i] <= 1);
			if (x[i] > -80)
				worst_logistic = fmax(worst_logistic, fabs(y[i] / want - 1));
		}
		CHECK(worst_tanh < 4 * 6e-8);
		CHECK(worst_logistic < 4 * 6e-8);
		memcpy(y, x, sizeof(x));
		v->relu(y, 4096);
		for (int i = 0; i < 4096; i++)
			CHECK(y[i] == (x[i] > 0 ? x[i] : 0));
	}
}

/* Not a number goes through every activation, so that a diverged training is noticed. */
static void
not_a_number(void)
{
	for (int level = 0; level < UP_VEC_ADAM_LEVELS; level++)
	{
		const UpVecAdam *v = up_vec_adam_level(level);
		float x[16];

		if (v == NULL)
			continue;
		fill_with(x, 16, NAN);
		v->relu(x, 16);
		CHECK(isnan(x[5]));
		v->tanh(x, 16);
		CHECK(isnan(x[5]));
		v->logistic(x, 16);
		CHECK(isnan(x[5]));
	}
}

static void
derivatives(void)
{
	float a[16], d[16];

	for (int i = 0; i < 16; i++)
		a[i] = (i - 8) / 10.0f;
	for (int level = 0; level < UP_VEC_ADAM_LEVELS; level++)
	{
		const UpVecAdam *v = up_vec_adam_level(level);

		if (v == NULL)
			continue;
		fill_with(d, 16, 2);
		v->relu_back(d, a, 16);
		for (int i = 0; i < 16; i++)
			CHECK(d[i] == (a[i] > 0 ? 2 : 0));
		fill_with(d, 16, 2);
		v->tanh_back(d, a, 16);
		for (int i = 0; i < 16; i++)
			CHECK_NEAR(d[i], 2 * (1 - (double) a[i] * a[i]), 3e-7);
		fill_with(d, 16, 2);
		v->logistic_back(d, a, 16);
		for (int i = 0; i < 16; i++)
			CHECK_NEAR(d[i], 2 * (double) a[i] * (1 - a[i]), 3e-7);
	}
}

static const UpTest tests[] = {
	{"products equal plain loops", products},
	{"a row's product does not depend on its place", places},
	{"column sums equal plain loops", column_sums},
	{"transpositions", transpositions},
	{"Adam equals its definition", adam},
	{"Adam leaves padding and dead weights at zero", adam_at_zero},
	{"momentum equals its definition", momentum},
	{"activations equal libm", activations},
	{"not a number stays visible", not_a_number},
	{"derivatives", derivatives},
};

int
main(void)
{
	return up_run_tests("gemm", tests, UP_LENGTH(tests));
}
