/*
 * test_kernel_svm.c - kernel machines: optimality conditions, caches and shrinking, the exponential, odd problems
 */
#include "check.h"

#include "base/rng.h"
#include "num/vec_smo.h"
#include "learn/svm/svm_machines.h"
#include "learn/svm/svm_set.h"
#include "learn/train.h"

#include <stdlib.h>

#define ROWS 400
#define WIDE 3

static double x[ROWS * WIDE], y[ROWS], p[ROWS], cost[ROWS], a[ROWS];

static UpKernelRows *
make_rows(uint64_t seed)
{
	UpKernelRows *rows = up_kernel_rows_new(ROWS, WIDE);
	UpRng rng;

	up_rng_init(&rng, seed, 1);
	for (int i = 0; i < ROWS; i++)
	{
		double sum = 0;

		for (int j = 0; j < WIDE; j++)
		{
			x[i * WIDE + j] = up_rng_normal(&rng);
			sum += x[i * WIDE + j] * x[i * WIDE + j];
		}
		y[i] = (sum > 2.5) != (up_rng_below(&rng, 8) == 0) ? 1 : -1;
		p[i] = -1;
		cost[i] = i % 3 == 0 ? 0.5 : 2;
		a[i] = 0;
		up_kernel_rows_set(rows, (size_t) i, x + i * WIDE);
	}
	return rows;
}

static double
kernel_by_hand(const UpKernel *k, const double *u, const double *v)
{
	double dot = 0, gap = 0;

	for (int j = 0; j < WIDE; j++)
	{
		dot += u[j] * v[j];
		gap += (u[j] - v[j]) * (u[j] - v[j]);
	}
	return k->kind == UP_KERNEL_LINEAR ? dot
		   : k->kind == UP_KERNEL_RBF  ? exp(-k->gamma * gap)
		   : k->kind == UP_KERNEL_POLY ? pow(k->gamma * dot + k->coef0, (double) k->degree)
									   : tanh(k->gamma * dot + k->coef0);
}

static UpSmoProblem
problem_of(const UpKernelRows *rows, const UpKernel *kernel)
{
	UpSmoProblem q = {rows, kernel, y, p, cost, a, 1e-4, -1, true, 1024 * 1024, false, 0, NULL};

	return q;
}

static void
test_exponential(void)
{
	static float out[512], norms[512];

	for (int i = 0; i < 512; i++)
		norms[i] = (float) i * 0.17f;
	up_smo_rbf(out, norms, 0, 1, 512);
	for (int i = 0; i < 512; i++)
		CHECK(fabs((double) out[i] / exp(-(double) norms[i]) - 1) < 3e-7);
	norms[0] = 1e30f;
	norms[1] = -1e-3f;
	out[0] = out[1] = 0;
	up_smo_rbf(out, norms, 0, 1, 2);
	CHECK(out[0] >= 0 && out[0] < 1e-37f && out[1] == 1);
}

static void
test_kernels(void)
{
	UpKernelRows *rows = make_rows(1);
	float one[WIDE], out[UP_SMO_UP(ROWS)], diagonal[UP_SMO_UP(ROWS)];

	for (int kind = UP_KERNEL_LINEAR; kind <= UP_KERNEL_SIGMOID; kind++)
	{
		UpKernel k = {kind, 0.3, 0.7, 3};

		up_kernel_rows_get(rows, 5, one);
		up_kernel_row(&k, rows, one, out);
		up_kernel_diagonal(&k, rows, diagonal);
		for (int i = 0; i < ROWS; i++)
		{
			double want = kernel_by_hand(&k, x + 5 * WIDE, x + i * WIDE);

			CHECK_NEAR((double) out[i], want, 1e-5 * UP_MAX(1, fabs(want)));
			want = kernel_by_hand(&k, x + i * WIDE, x + i * WIDE);
			CHECK_NEAR((double) diagonal[i], want, 1e-5 * UP_MAX(1, fabs(want)));
		}
	}
}

/* Karush, Kuhn and Tucker: at 0 the margin is at least 1, at the cost at most 1, between it is 1. */
static void
test_optimality(void)
{
	UpKernelRows *rows = make_rows(2);
	UpKernel kernel = {UP_KERNEL_RBF, 0.4, 0, 3};
	UpSmoProblem q = problem_of(rows, &kernel);
	UpSmoResult r = up_smo_solve(&q);
	double balance = 0, objective = 0;

	CHECK(r.converged && r.violation <= 1e-4 + 1e-9);
	for (int i = 0; i < ROWS; i++)
	{
		double f = r.bias;

		for (int s = 0; s < ROWS; s++)
			f += a[s] * y[s] * kernel_by_hand(&kernel, x + s * WIDE, x + i * WIDE);
		CHECK(a[i] >= 0 && a[i] <= cost[i]);
		if (a[i] < cost[i])
			CHECK(y[i] * f > 1 - 1e-3);
		if (a[i] > 0)
			CHECK(y[i] * f < 1 + 1e-3);
		balance += a[i] * y[i];
		objective += 0.5 * a[i] * (y[i] * (f - r.bias)) - a[i];
	}
	CHECK_NEAR(balance, 0, 1e-9);
	CHECK_NEAR(objective, r.objective, 1e-4 * fabs(objective));
}

/* A cache of two rows, no shrinking, and everything: the same minimum. */
static void
test_ways(void)
{
	double first = 0;

	for (int way = 0; way < 4; way++)
	{
		UpKernelRows *rows = make_rows(3);
		UpKernel kernel = {UP_KERNEL_RBF, 2, 0, 3};
		UpSmoProblem q = problem_of(rows, &kernel);
		UpSmoResult r;

		q.shrinking = (way & 1) != 0;
		q.cache_bytes = (way & 2) != 0 ? 1 : 1024 * 1024;
		q.tol = 1e-6;
		r = up_smo_solve(&q);
		first = way == 0 ? r.objective : first;
		CHECK(r.converged);
		CHECK_NEAR(r.objective, first, 1e-6 * fabs(first));
	}
}

/* One row, one side alone, equal rows, a limit of steps. */
static void
test_odd(void)
{
	UpKernelRows *rows = make_rows(4), *one = up_kernel_rows_new(1, WIDE), *same = up_kernel_rows_new(20, WIDE);
	UpKernel kernel = {UP_KERNEL_RBF, 1, 0, 3};
	UpSmoProblem q = problem_of(one, &kernel);
	UpSmoResult r;

	up_kernel_rows_set(one, 0, x);
	r = up_smo_solve(&q);
	CHECK(r.converged && isfinite(r.bias) && a[0] == 0);
	for (int i = 0; i < 20; i++)
		up_kernel_rows_set(same, (size_t) i, x);
	q = problem_of(same, &kernel);
	r = up_smo_solve(&q);
	CHECK(r.converged && isfinite(r.bias) && isfinite(r.objective));
	make_rows(4);
	q = problem_of(rows, &kernel);
	q.max_iter = 3;
	r = up_smo_solve(&q);
	CHECK(!r.converged && r.iterations == 3);
	x[0] = 1e30;
	CHECK_FAILS(UP_INVALID_DATA, "too large", up_kernel_rows_set(one, 0, x));
}

/* Between two ticks lies little work, however long the rows are. */
static void
test_ticks(void)
{
	enum
	{
		MANY = 20000
	};
	UpKernelRows *rows = up_kernel_rows_new(MANY, 8);
	UpKernel kernel = {.kind = UP_KERNEL_RBF, .gamma = 0.1};
	double *room = calloc(4 * MANY, sizeof(double)), v[8];
	UpSmoProblem q = {rows,    &kernel, room, room + MANY, room + 2 * MANY, room + 3 * MANY, 1e-4, 60, true,
					  1 << 20, false,   0,    NULL};
	UpRng rng;

	up_rng_init(&rng, 3, 0);
	for (size_t i = 0; i < MANY; i++)
	{
		for (int j = 0; j < 8; j++)
			v[j] = up_rng_normal(&rng);
		up_kernel_rows_set(rows, i, v);
		room[i] = v[0] > 0 ? 1 : -1;
		room[MANY + i] = -1;
		room[2 * MANY + i] = 1;
	}
	up_test_ticks = 0;
	up_smo_solve(&q);
	/* 60 steps of two rows, each of 20,000 kernels of 8 products: 40 million and more in all. */
	CHECK(up_test_ticks >= 15);
	up_kernel_rows_free(rows);
	free(room);
}

/* Variables of either sign stand for two of one sign each, as support vector regression is written down. */
static void
test_either_sign(void)
{
	enum
	{
		TWICE = 2 * ROWS
	};
	static double twice_y[TWICE], twice_p[TWICE], twice_cost[TWICE], twice_a[TWICE];
	static uint32_t positions[TWICE];
	static const double widths[] = {0, 0.1, 3, 1e6};
	UpKernel kernel = {UP_KERNEL_RBF, 0.4, 0, 3};
	UpKernelRows *rows = make_rows(5), *twice;

	for (size_t i = 0; i < TWICE; i++)
		positions[i] = (uint32_t) (i % ROWS);
	twice = up_kernel_rows_pick(rows, positions, TWICE);
	for (size_t w = 0; w < UP_LENGTH(widths); w++)
	{
		UpSmoProblem one = problem_of(rows, &kernel), two;
		UpSmoResult r, r2;
		double balance = 0;

		for (int i = 0; i < TWICE; i++)
		{
			double target = sin(3 * x[i % ROWS * WIDE]) + x[i % ROWS * WIDE + 1];

			twice_y[i] = i < ROWS ? 1 : -1;
			twice_p[i] = widths[w] - twice_y[i] * target;
			twice_cost[i] = cost[i % ROWS];
			twice_a[i] = 0;
			p[i % ROWS] = -target;
			y[i % ROWS] = 1;
			a[i % ROWS] = 0;
		}
		one.shrinking = w % 2 == 1;
		one.signed_too = true;
		one.epsilon = widths[w];
		two = (UpSmoProblem){twice, &kernel, twice_y, twice_p, twice_cost, twice_a, 1e-4,
							 -1,    true,    1 << 20, false,   0,          NULL};
		r = up_smo_solve(&one);
		r2 = up_smo_solve(&two);
		CHECK(r.converged && r2.converged);
		CHECK_NEAR(r.objective, r2.objective, 1e-4 * UP_MAX(fabs(r2.objective), 1));
		CHECK_NEAR(r.bias, r2.bias, 2e-3);
		for (int i = 0; i < ROWS; i++)
		{
			CHECK(fabs(a[i]) <= cost[i]);
			balance += a[i];
		}
		CHECK_NEAR(balance, 0, 1e-9);
	}
}

/* The passes of a step beside plain loops; values of a few kinds, so that many are equal. */
static void
check_passes(UpRng *rng, size_t n)
{
	double f[48], up[48], low[48], most, least, largest = -INFINITY, smallest = INFINITY;
	float k[2][48], diagonal[48], best = 0;
	size_t first = n, partner = n;

	for (size_t i = 0; i < 48; i++)
	{
		f[i] = i < n ? (double) up_rng_below(rng, 9) - 4 : 0;
		up[i] = i < n && up_rng_below(rng, 3) > 0 ? 0 : -INFINITY;
		low[i] = i < n && up_rng_below(rng, 3) > 0 ? 0 : INFINITY;
		diagonal[i] = 1;
		k[0][i] = (float) up_rng_below(rng, 3) / 4;
		k[1][i] = (float) up_rng_below(rng, 3) / 4;
	}
	for (size_t i = 0; i < n; i++)
	{
		double gap = 2 - f[i] - low[i];
		float gain = gap > 0 ? (float) gap * (float) gap / (2 - 2 * k[0][i]) : 0;

		smallest = UP_MIN(smallest, f[i] + low[i]);
		partner = gain > best ? i : partner;
		best = UP_MAX(best, gain);
	}
	CHECK(up_smo_partner(f, k[0], diagonal, 1, low, 2, n, &least) == partner && least == smallest);
	for (size_t i = 0; i < n; i++)
	{
		double raised = f[i] - (0.5 * (double) k[0][i] - 0.25 * (double) k[1][i]) + up[i];

		first = raised > largest ? i : first;
		largest = UP_MAX(largest, raised);
	}
	CHECK(up_smo_move(f, k[0], 0.5, k[1], -0.25, up, n, &most) == first && most == largest);
}

static void
test_passes(void)
{
	UpRng rng;

	up_rng_init(&rng, 1, 1);
	for (size_t i = 0; i < 480; i++)
		check_passes(&rng, 1 + i % 48);
}

/* What a full sort puts first. */
typedef struct Violation
{
	double by;
	uint32_t at;
} Violation;

static int
compare_violations(const void *a, const void *b)
{
	const Violation *x = a, *y = b;

	return x->by != y->by ? (x->by < y->by) - (x->by > y->by) : (x->at > y->at) - (x->at < y->at);
}

/* n variables that can all move up, of so many different violations: the set is of those that a sort puts first. */
static void
check_choice(UpRng *rng, uint32_t n, uint32_t different)
{
	UpSmoSide side = {.n = n, .f = up_alloc_array(n, sizeof(double))};
	uint32_t *index = up_alloc_array(n, sizeof(uint32_t)), most;
	Violation *sorted = up_alloc_array(n, sizeof(Violation));
	uint8_t *chosen = up_alloc0(n);
	bool same = true;
	UpSmoSet s;

	side.up = up_alloc_array(n, sizeof(double));
	side.low = up_alloc_array(n, sizeof(double));
	for (uint32_t i = 0; i < n; i++)
	{
		side.f[i] = (double) (1 + up_rng_below(rng, different));
		side.up[i] = 0;
		side.low[i] = INFINITY;
		index[i] = n - 1 - i;
		sorted[i] = (Violation){side.f[i], i};
	}
	qsort(sorted, n, sizeof(Violation), compare_violations);
	up_smo_set_init(&s, n);
	most = (uint32_t) s.most / 2;
	up_smo_set_choose(&s, &side, index, index, (double) different, 0, 0.5);
	CHECK(s.n == most);
	for (size_t i = 0; i < s.n; i++)
	{
		same = same && s.variable[i] == index[s.at[i]];
		chosen[s.at[i]] = 1;
	}
	for (uint32_t i = 0; i < most; i++)
		same = same && chosen[sorted[i].at] == 1;
	CHECK(same);
	up_smo_set_free(&s);
}

static void
test_choice(void)
{
	UpRng rng;

	up_rng_init(&rng, 2, 1);
	for (uint32_t n = 257; n < 4000; n += 50)
	{
		check_choice(&rng, n, 2);
		check_choice(&rng, n, 100);
		check_choice(&rng, n, 1000000);
	}
}

int
main(void)
{
	static const UpTest tests[] = {
		{"exponential", test_exponential},
		{"kernels", test_kernels},
		{"optimality", test_optimality},
		{"ways", test_ways},
		{"odd", test_odd},
		{"ticks", test_ticks},
		{"either sign", test_either_sign},
		{"passes", test_passes},
		{"choice", test_choice},
	};

	return up_run_tests("kernel_svm", tests, UP_LENGTH(tests));
}
