/*
 * test_vec.c - vector kernels against plain loops and exact values
 */
#include "check.h"

#include "base/rng.h"
#include "num/vec.h"
#include "num/vec_columns.h"
#include "num/vec_gradient.h"
#include "num/vec_leaves.h"
#include "num/vec_places.h"
#include "num/vec_nearest_f32.h"

#include <float.h>
#include <math.h>
#include <string.h>

static void
test_reductions(void)
{
	/* Whole numbers add up exactly in any order, at every length around the 8 lanes. */
	for (size_t n = 0; n <= 40; n++)
	{
		double a[40] = {0}, b[40] = {0}, dot = 0, sum = 0, sqdist = 0;

		for (size_t i = 0; i < n; i++)
		{
			a[i] = (double) ((i * 7) % 11) - 5;
			b[i] = (double) ((i * 5) % 13) - 6;
			dot += a[i] * b[i];
			sum += a[i];
			sqdist += (a[i] - b[i]) * (a[i] - b[i]);
		}
		CHECK(up_vec_dot(a, b, n) == dot);
		CHECK(up_vec_sum(a, n) == sum);
		CHECK(up_vec_sqdist(a, b, n) == sqdist);
	}
}

static void
test_axpy_scale(void)
{
	double y[11], x[11];

	for (int i = 0; i < 11; i++)
	{
		y[i] = i;
		x[i] = 2 * i + 1;
	}
	up_vec_axpy(y, 3, x, 11);
	for (int i = 0; i < 11; i++)
		CHECK(y[i] == 7 * i + 3);
	up_vec_scale(y, 0.5, 10);
	for (int i = 0; i < 10; i++)
		CHECK(y[i] == (7 * i + 3) / 2.0);
	CHECK(y[10] == 73);
}

/* The bits of four steps. */
static void
test_axpy4(void)
{
	double y[23], step[23], x[4][23];
	const double alpha[4] = {0.1, -1e9, 3e-7, 1 / 3.0};
	const double *rows[4] = {x[0], x[1], x[2], x[3]};

	for (size_t n = 0; n <= 23; n++)
	{
		for (int i = 0; i < 23; i++)
		{
			y[i] = step[i] = sin(i);
			for (int k = 0; k < 4; k++)
				x[k][i] = cos(i * 7 + k) * (k + 1);
		}
		for (int k = 0; k < 4; k++)
			up_vec_axpy(step, alpha[k], x[k], n);
		up_vec_axpy4(y, alpha, rows, n);
		CHECK(memcmp(y, step, sizeof(y)) == 0);
	}
}

static void
test_softmax(void)
{
	double p[3] = {log(1), log(2), log(5)};
	double far[3] = {1000, 1000, -1000};
	double one[1] = {-7};

	CHECK_NEAR(up_vec_softmax(p, 3), log(8), 1e-15);
	CHECK_NEAR(p[0], 0.125, 1e-16);
	CHECK_NEAR(p[1], 0.25, 1e-16);
	CHECK_NEAR(p[2], 0.625, 1e-15);
	CHECK_NEAR(up_vec_softmax(far, 3), 1000 + log(2), 1e-12);
	CHECK(far[0] == 0.5 && far[1] == 0.5 && far[2] == 0);
	CHECK(up_vec_softmax(one, 1) == -7);
	CHECK(one[0] == 1);
}

static void
test_logistic(void)
{
	CHECK(up_sigmoid(0) == 0.5);
	CHECK_NEAR(up_sigmoid(log(3)), 0.75, 1e-15);
	CHECK_NEAR(up_sigmoid(-log(3)), 0.25, 1e-15);
	CHECK(up_sigmoid(1000) == 1);
	CHECK(up_sigmoid(-1000) == 0);
	CHECK(up_sigmoid(-700) > 0);
	CHECK_NEAR(up_log1pexp(0), log(2), 1e-16);
	CHECK(up_log1pexp(1000) == 1000);
	CHECK(up_log1pexp(-1000) == 0);
	/* log(1 + exp(-40)) = exp(-40) up to a relative 1e-17. */
	CHECK_NEAR(up_log1pexp(-40) / exp(-40), 1, 1e-14);
	CHECK_NEAR(up_log1pexp(5) - up_log1pexp(-5), 5, 1e-14);
}

static double *
random_array(UpRng *rng, size_t n)
{
	double *v = up_alloc_array(n + 1, sizeof(double));

	for (size_t i = 0; i < n; i++)
		v[i] = up_rng_normal(rng);
	return v;
}

/* A block of rows, k centres: the kernels against distances made one by one. */
static void
check_nearest(UpRng *rng, uint32_t k, uint32_t d)
{
	size_t n = UP_NEAREST_ROWS;
	double *x = random_array(rng, n * d), *centres = random_array(rng, (size_t) k * d);
	double *distance = up_alloc_array(n, sizeof(double)), *row = up_alloc_array(d + 1, sizeof(double));
	double *zero = up_alloc0((d + 1) * sizeof(double));
	uint32_t *label = up_alloc_array(n, sizeof(uint32_t)), *again = up_alloc_array(n, sizeof(uint32_t));
	float *gap = up_alloc_array(n, sizeof(float));
	UpNearest c;

	up_nearest_init(&c, k, d);
	up_nearest_set(&c, centres, k);
	up_vec_nearest(&c, x, label, distance);
	up_vec_nearest_gaps(&c, x, again, NULL, gap);
	CHECK(memcmp(label, again, n * sizeof(uint32_t)) == 0);
	for (size_t i = 0; i < n; i++)
	{
		double least = INFINITY, second = INFINITY;
		uint32_t nearest = 0;

		for (uint32_t j = 0; j < d; j++)
			row[j] = x[j * UP_NEAREST_ROWS + i];
		for (uint32_t u = 0; u < k; u++)
		{
			double t = up_vec_sqdist(row, centres + (size_t) u * d, d);

			if (t < least)
			{
				second = least;
				least = t;
				nearest = u;
			}
			else
				second = UP_MIN(second, t);
		}
		CHECK_NEAR(distance[i], least, 1e-12 * (1 + least));
		CHECK(label[i] == nearest || second - least < 1e-12 * (1 + least));
		CHECK(up_vec_nearest_one(&c, row, zero) == label[i]);
		if (k > 1 && d > 0)
		{
			CHECK(gap[i] < sqrt(second) - sqrt(least));
			CHECK_NEAR(gap[i], sqrt(second) - sqrt(least), 3e-5 * (sqrt(second) + sqrt(least)));
		}
	}
	up_nearest_free(&c);
}

static void
test_nearest(void)
{
	UpRng rng;

	up_rng_init(&rng, 1, 0);
	for (uint32_t k = 1; k <= 18; k++)
		for (uint32_t d = 1; d <= 9; d += 4)
			check_nearest(&rng, k, d);
	check_nearest(&rng, 100, 31);
	check_nearest(&rng, 3, 0);
}

/* Rows as columns, and coarse ones: within half of what is counted in, or marked. Returns how many are marked. */
static size_t
check_columns(const double *rows, uint32_t d, double scale, double *x, float *coarse)
{
	int16_t *whole = up_alloc_array((size_t) d * UP_NEAREST_ROWS + 1, sizeof(int16_t));
	const double *at[UP_NEAREST_ROWS];
	const int16_t *whole_at[UP_NEAREST_ROWS];
	size_t marked = 0;

	up_nearest_f32_rows(rows, UP_NEAREST_ROWS, d, scale, whole);
	for (size_t i = 0; i < UP_NEAREST_ROWS; i++)
	{
		at[i] = rows + i * d;
		whole_at[i] = whole + i * d;
	}
	up_vec_columns(at, d, x);
	up_vec_columns_i16(whole_at, d, coarse);
	for (size_t i = 0; i < UP_NEAREST_ROWS; i++)
	{
		bool fits = whole[i * d] != UP_NEAREST_OUTSIDE;

		marked += !fits;
		for (size_t j = 0; j < d; j++)
		{
			double v = rows[i * d + j];

			CHECK(x[j * UP_NEAREST_ROWS + i] == v);
			CHECK(coarse[j * UP_NEAREST_ROWS + i] == (float) whole[i * d + j]);
			CHECK(!fits || fabs(whole[i * d + j] - v * scale) <= 0.5);
		}
	}
	return marked;
}

/* A block of rows around far, of this size: what float4 tells apart, float8 tells apart likewise, and by no less. */
static size_t
check_nearest_f32(UpRng *rng, uint32_t k, uint32_t d, double far_away, double size)
{
	double *rows = random_array(rng, (size_t) d * UP_NEAREST_ROWS),
		   *centres = random_array(rng, (size_t) k * d);
	double *x = up_alloc_array((size_t) d * UP_NEAREST_ROWS, sizeof(double));
	double distance[UP_NEAREST_ROWS], scale, squares = 0;
	float *coarse = up_alloc_array((size_t) d * UP_NEAREST_ROWS, sizeof(float)), gap[UP_NEAREST_ROWS];
	uint32_t label[UP_NEAREST_ROWS], exact[UP_NEAREST_ROWS];
	size_t told = 0;
	UpNearestF32 c = {.k = k, .d = d, .packed = up_alloc_array(up_nearest_values(k, d), sizeof(float))};
	UpNearest e;

	for (size_t i = 0; i < (size_t) k * d; i++)
		centres[i] = (far_away + centres[i]) * size;
	for (size_t i = 0; i < (size_t) d * UP_NEAREST_ROWS; i++)
	{
		squares += (far_away + rows[i]) * (far_away + rows[i]);
		rows[i] = (far_away + rows[i]) * size;
	}
	scale = up_nearest_f32_scale(squares / UP_NEAREST_ROWS / d) * ldexp(1, -ilogb(size));
	CHECK(check_columns(rows, d, scale, x, coarse) == 0);
	up_nearest_f32_set(&c, centres, scale);
	up_vec_nearest_f32(&c, coarse, label, gap);
	up_nearest_init(&e, k, d);
	up_nearest_set(&e, centres, k);
	up_vec_nearest(&e, x, exact, distance);
	for (size_t i = 0; i < UP_NEAREST_ROWS; i++)
	{
		double second = INFINITY;

		if (!(gap[i] > 0))
			continue;
		told++;
		CHECK(label[i] == exact[i]);
		for (uint32_t u = 0; u < k; u++)
		{
			double t = 0;

			for (uint32_t j = 0; j < d; j++)
			{
				double gone = (x[j * UP_NEAREST_ROWS + i] - centres[(size_t) u * d + j]) * scale;

				t += gone * gone;
			}
			second = u != exact[i] ? UP_MIN(second, t) : second;
		}
		CHECK(gap[i] <= sqrt(second) - sqrt(distance[i]) * scale || k == 1);
	}
	up_nearest_free(&e);
	return told;
}

/* Rows that do not fit are marked, whatever makes them so. */
static void
test_columns_outside(void)
{
	const double odd[] = {33, -33, 1e300, -1e300, 32.9, -1e-300};
	double rows[9 * UP_NEAREST_ROWS] = {0}, x[9 * UP_NEAREST_ROWS];
	float coarse[9 * UP_NEAREST_ROWS];

	for (size_t i = 0; i < UP_LENGTH(odd); i++)
		rows[9 * i + 3 * (i % 3)] = odd[i];
	CHECK(up_nearest_f32_scale(1) == 512);
	CHECK(check_columns(rows, 9, 1000, x, coarse) == 5);
	CHECK(check_columns(rows, 9, 990, x, coarse) == 2);
	CHECK(check_columns(rows, 9, 1e-299, x, coarse) == 0);
}

static void
test_nearest_f32(void)
{
	const uint32_t ks[] = {5, 8, 9, 16, 17, 40};
	float kept[UP_NEAREST_ROWS], drift[40];
	uint32_t label[UP_NEAREST_ROWS], some[UP_NEAREST_ROWS];
	UpRng rng;

	up_rng_init(&rng, 3, 0);
	for (uint32_t k = 1; k <= 18; k++)
	{
		for (uint32_t d = 1; d <= 33; d += 8)
		{
			CHECK(check_nearest_f32(&rng, k, d, 0, 1) >= UP_NEAREST_ROWS * 3 / 4);
			CHECK(check_nearest_f32(&rng, k, d, 0, 1e-150) >= UP_NEAREST_ROWS * 3 / 4);
			CHECK(check_nearest_f32(&rng, k, d, 0, 1e150) >= UP_NEAREST_ROWS * 3 / 4);
			(void) check_nearest_f32(&rng, k, d, 1e4, 1);
			(void) check_nearest_f32(&rng, k, d, 1e9, 1);
		}
	}
	for (size_t t = 0; t < UP_LENGTH(ks); t++)
	{
		size_t want = 0, found;

		for (uint32_t u = 0; u < ks[t]; u++)
			drift[u] = u % 5 == 4 ? NAN : (float) (u % 5);
		for (uint32_t i = 0; i < UP_NEAREST_ROWS; i++)
		{
			label[i] = (i * 7) % ks[t];
			kept[i] = i % 7 == 0 ? NAN : i % 11 == 0 ? -INFINITY : (float) (i % 4);
		}
		found = up_vec_sift_f32(kept, label, drift, ks[t], 100, some);
		for (uint32_t i = 0; i < UP_NEAREST_ROWS; i++)
		{
			if (!(kept[i] > drift[label[i]]))
				CHECK(some[want++] == 100 + i);
		}
		CHECK(found == want && found > 0);
	}
}

/* Centres that are equal, or equally far: the lower one, in blocks and for one row. */
static void
test_nearest_ties(void)
{
	double centres[11 * 2], x[2 * UP_NEAREST_ROWS], zero[2] = {0}, middle[2] = {0.5, 7};
	uint32_t label[UP_NEAREST_ROWS];
	float gap[UP_NEAREST_ROWS];
	UpNearest c;

	for (int u = 0; u < 11; u++)
	{
		centres[2 * u] = u % 2;
		centres[2 * u + 1] = u < 2 ? 100 : 7;
	}
	for (int i = 0; i < UP_NEAREST_ROWS; i++)
	{
		x[i] = 0.5;
		x[UP_NEAREST_ROWS + i] = 7;
	}
	up_nearest_init(&c, 11, 2);
	up_nearest_set(&c, centres, 11);
	up_vec_nearest(&c, x, label, NULL);
	for (int i = 0; i < UP_NEAREST_ROWS; i++)
		CHECK(label[i] == 2);
	CHECK(up_vec_nearest_one(&c, middle, zero) == 2);
	up_vec_nearest_gaps(&c, x, label, NULL, gap);
	for (int i = 0; i < UP_NEAREST_ROWS; i++)
		CHECK(label[i] == 2 && gap[i] == -INFINITY);
	middle[0] = 0.75;
	CHECK(up_vec_nearest_one(&c, middle, zero) == 3);
}

static void
test_nearest_trials(void)
{
	enum
	{
		D = 3,
		N = UP_NEAREST_ROWS
	};
	UpRng rng;

	up_rng_init(&rng, 2, 0);
	for (uint32_t m = 1; m <= UP_NEAREST_TRIALS; m++)
	{
		double *x = random_array(&rng, N * D), *centres = random_array(&rng, (size_t) m * D);
		double closest[N], before[N], potential[UP_NEAREST_TRIALS], want[UP_NEAREST_TRIALS] = {0};
		UpNearest c;

		for (int i = 0; i < N; i++)
			closest[i] = before[i] = i % 7 == 0 ? INFINITY : i % 5;
		up_nearest_init(&c, UP_NEAREST_TRIALS, D);
		up_nearest_set(&c, centres, m);
		up_vec_nearest_trials(&c, x, closest, potential);
		for (int i = 0; i < N; i++)
		{
			double near = before[i];

			for (uint32_t u = 0; u < m; u++)
			{
				double t = 0;

				for (int j = 0; j < D; j++)
				{
					double v = x[j * N + i];

					t += (v - centres[u * D + j]) * (v - centres[u * D + j]);
				}
				if (u == 0)
					near = UP_MIN(near, t);
				want[u] += UP_MIN(near, t);
			}
			CHECK_NEAR(closest[i], near, 1e-12 * (1 + near));
		}
		for (uint32_t u = 0; u < m; u++)
			CHECK_NEAR(potential[u], want[u], 1e-10);
	}
}

/* Gradients of the log loss to the last digits, whatever the score; steps that carry what they leave; gains by their formula. */
static void
test_gradients(void)
{
	enum
	{
		N = 203
	};
	double score[N], y[N], g[N], h[N], gain[N], rest[2 * UP_STEP_LANES] = {0}, sum_g = 0, sum_h = 0;
	int32_t whole_g[N], whole_h[N];
	uint64_t words[N];
	UpGains of = {3, 60, 1, 5};

	for (int i = 0; i < N; i++)
	{
		score[i] = (i - 101) * (i % 5 == 0 ? 6.7 : 0.05);
		y[i] = i % 3 == 0;
	}
	up_vec_log_gradients(score, y, N, g, h);
	for (int i = 0; i < N; i++)
	{
		double p = 1 / (1 + exp(-score[i])), q = 1 / (1 + exp(score[i]));

		CHECK_NEAR(g[i] / (y[i] == 1 ? -q : p), 1, 1e-14);
		CHECK_NEAR(h[i] / p / q, 1, 1e-14);
	}
	up_vec_steps(g, h, 200, 1000, 10, rest, whole_g, whole_h);
	for (int i = 0; i < 200; i++)
	{
		CHECK(whole_h[i] >= 1);
		sum_g += 1000 * g[i] - whole_g[i];
	}
	for (int l = 0; l < UP_STEP_LANES; l++)
		sum_g -= rest[l];
	CHECK_NEAR(sum_g, 0, 1e-9);
	for (int i = 0; i < N; i++)
	{
		g[i] = sin(i);
		h[i] = 0.3 * i;
		words[i] = (uint64_t) (i % 2 == 0 ? -i : i) << 32 | (UINT32_MAX - (uint32_t) i);
	}
	up_vec_halves(words, N, 0.5, y, gain);
	for (int i = 0; i < N; i++)
		CHECK(y[i] == (i % 2 == 0 ? -i : i) && gain[i] == 0.5 * (UINT32_MAX - (uint32_t) i));
	up_vec_gains(g, h, N, &of, gain);
	for (int i = 0; i < N; i++)
	{
		sum_g = g[i] * g[i] / (h[i] + 1) + (3 - g[i]) * (3 - g[i]) / (60 - h[i] + 1);
		sum_h = h[i];
		CHECK(sum_h < 5 || 60 - sum_h < 5 ? gain[i] == -INFINITY : fabs(gain[i] - sum_g / 2) < 1e-12);
	}
}

/* Every version: few edges and all of them, values that are edges, beside them, beyond all, and none. */
static void
test_places(void)
{
	double edges[UP_PLACES_EDGES], v[3 * UP_PLACES_EDGES + 5];
	uint8_t places[UP_LENGTH(v)];
	const int counts[] = {0, 1, 15, 16, 17, 200, 254};

	for (size_t c = 0; c < UP_LENGTH(counts); c++)
	{
		size_t n = 0;

		for (int k = 0; k < UP_PLACES_EDGES; k++)
			edges[k] = k < counts[c] ? sinh(k - 100.0) : INFINITY;
		for (int k = 0; k < counts[c]; k++)
		{
			v[n++] = edges[k];
			v[n++] = nextafter(edges[k], -INFINITY);
			v[n++] = nextafter(edges[k], INFINITY);
		}
		v[n++] = INFINITY;
		v[n++] = -INFINITY;
		v[n++] = NAN;
		v[n++] = -0.0;
		v[n++] = 1e308;
		for (int level = 0; level < 3; level++)
		{
			if (!up_vec_places_level(level, edges, v, n, places))
				continue;
			for (size_t i = 0; i < n; i++)
			{
				unsigned below = 0;

				for (int k = 0; k < counts[c]; k++)
					below += edges[k] < v[i];
				CHECK(places[i] == (isnan(v[i]) ? UP_PLACE_NONE : below));
			}
		}
	}
}

typedef struct Shape
{
	UpLeavesSplit splits[UP_LEAVES_MOST];
	uint32_t n, columns;
	UpRng rng;
} Shape;

/* A tree of so many leaves: balanced, or a list to one side. */
static void
grow(Shape *s, uint32_t leaves, int lean)
{
	UpLeavesSplit *split = &s->splits[s->n];
	uint32_t left = lean == 0 ? 1 + (uint32_t) up_rng_below(&s->rng, leaves - 1) : lean < 0 ? leaves - 1 : 1;

	s->n++;
	split->column = UP_LEAVES_ROWS * (uint32_t) up_rng_below(&s->rng, s->columns);
	split->bin = (int8_t) ((int) up_rng_below(&s->rng, 256) - 128);
	split->subset = up_rng_below(&s->rng, 4) == 0 ? (int16_t) up_rng_below(&s->rng, 3) : -1;
	split->leaves = 0;
	for (int side = 0; side < 2; side++)
	{
		uint32_t here = side == 0 ? left : leaves - left;

		if (here > 1)
			grow(s, here, lean);
		else
			s->splits[s->n - 1].leaves++;
	}
}

/* The leaf of a row, its splits from *at on; n: leaves before. */
static void
walk(const Shape *s, const uint8_t *subsets, const int8_t *codes, uint32_t *at, uint32_t *n, bool here,
	 uint32_t *leaf)
{
	const UpLeavesSplit *split = &s->splits[*at];
	int code = codes[split->column];
	bool right = split->subset < 0
					 ? code > split->bin
					 : (subsets[split->subset * 32 + (code + 128) / 8] >> (code + 128) % 8 & 1) != 0;

	/* Whether a side is a leaf is told by how many follow the splits in it. */
	for (int side = 0; side < 2; side++)
	{
		bool there = here && right == (side == 1);
		uint32_t before = 0, splits = *at;

		for (uint32_t i = 0; i <= splits; i++)
			before += s->splits[i].leaves;
		if (before > *n)
		{
			if (there)
				*leaf = *n;
			(*n)++;
			continue;
		}
		(*at)++;
		walk(s, subsets, codes, at, n, there, leaf);
	}
}

/* Every version: trees of all kinds of shapes, with subsets; codes at their ends. */
static void
test_leaves(void)
{
	static const uint32_t counts[] = {2, 3, 8, 33, 64, 255, 256};
	static int8_t codes[5 * UP_LEAVES_ROWS];
	uint8_t subsets[3 * 32], says[UP_LEAVES_ROWS];
	Shape s = {.columns = 5};

	up_rng_init(&s.rng, 12, 1);
	for (size_t i = 0; i < sizeof(codes); i++)
		codes[i] = (int8_t) ((int) up_rng_below(&s.rng, 256) - 128);
	for (size_t i = 0; i < sizeof(subsets); i++)
		subsets[i] = (uint8_t) up_rng_below(&s.rng, 256);
	for (size_t c = 0; c < UP_LENGTH(counts) * 3; c++)
	{
		s.n = 0;
		grow(&s, counts[c / 3], (int) (c % 3) - 1);
		CHECK(s.n == counts[c / 3] - 1);
		for (int level = 0; level < 3; level++)
		{
			if (!up_vec_leaves_level(level, s.splits, s.n, subsets, codes, says))
				continue;
			for (uint32_t i = 0; i < UP_LEAVES_ROWS; i++)
			{
				uint32_t at = 0, n = 0, leaf = UINT32_MAX;

				walk(&s, subsets, codes + i, &at, &n, true, &leaf);
				CHECK(n == counts[c / 3]);
				CHECK(says[i] == leaf);
			}
		}
	}
	/* A leaf alone. */
	memset(says, 1, sizeof(says));
	up_vec_leaves(s.splits, 0, subsets, codes, says);
	for (int i = 0; i < UP_LEAVES_ROWS; i++)
		CHECK(says[i] == 0);
}

static void
test_finite(void)
{
	const double odd[] = {NAN, -NAN, INFINITY, -INFINITY},
				 fine[] = {0.0, -0.0, DBL_MAX, -DBL_MAX, DBL_MIN, -5e-324, 1.5};
	double x[41] = {0};

	for (size_t n = 0; n <= UP_LENGTH(x); n++)
	{
		for (size_t i = 0; i < n; i++)
			x[i] = fine[(i + n) % UP_LENGTH(fine)];
		CHECK(up_vec_is_finite(x, n));
		for (size_t i = 0; i < n; i++)
		{
			double kept = x[i];

			x[i] = odd[(i + n) % UP_LENGTH(odd)];
			CHECK(!up_vec_is_finite(x, n));
			x[i] = kept;
		}
	}
}

int
main(void)
{
	static const UpTest tests[] = {
		{"reductions at every length", test_reductions},
		{"axpy and scale", test_axpy_scale},
		{"four times axpy", test_axpy4},
		{"what is not finite", test_finite},
		{"softmax", test_softmax},
		{"sigmoid and log1pexp", test_logistic},
		{"nearest centre against plain loops", test_nearest},
		{"nearest centre in float4", test_nearest_f32},
		{"coarse rows as columns", test_columns_outside},
		{"ties go to the lower centre", test_nearest_ties},
		{"seeding trials against plain loops", test_nearest_trials},
		{"gradients and gains", test_gradients},
		{"places among edges", test_places},
		{"leaves of small trees", test_leaves},
	};

	return up_run_tests("vec", tests, UP_LENGTH(tests));
}
