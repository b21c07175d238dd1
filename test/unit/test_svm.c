/*
 * test_svm.c - linear support vector machines: exact small cases, optimality, and the solver against another
 *
 * scikit-learn's and LIBLINEAR's numbers are compared through SQL in test/specs/svm.py.
 */
#include "check.h"

#include "base/rng.h"
#include "learn/svm/svm_dual.h"
#include "learn/svm/svm_newton.h"
#include "learn/svm/svm_work.h"
#include "learn/platt.h"

#include <stdlib.h>

#define N     400
#define WIDTH 12

static double x[N * WIDTH], y[N], cost[N], scores[N];

static void
make_problem(UpSvmProblem *p, bool hinge)
{
	UpRng rng;

	up_rng_init(&rng, 5, 0);
	for (size_t i = 0; i < N; i++)
	{
		double sum = 0;

		for (size_t j = 0; j + 1 < WIDTH; j++)
		{
			x[i * WIDTH + j] = up_rng_normal(&rng);
			sum += x[i * WIDTH + j] * (double) (j % 3);
		}
		x[i * WIDTH + WIDTH - 1] = 1;
		y[i] = sum + 2 * up_rng_normal(&rng) > 0.5 ? 1 : -1;
		cost[i] = 1;
	}
	*p = (UpSvmProblem){N,    WIDTH, {.dense = WIDTH, .x = x}, y, cost, 1, hinge, 1e-8, 100000, 0, false, 0, 0,
						NULL, NULL};
}

static double
objective(const UpSvmProblem *p, const double *w)
{
	double sum = 0;

	for (size_t j = 0; j < p->width; j++)
		sum += w[j] * w[j] / 2;
	for (size_t i = 0; i < p->n; i++)
	{
		double z = 1;

		for (size_t j = 0; j < p->width; j++)
			z -= p->y[i] * p->rows.x[i * p->width + j] * w[j];
		z = z > 0 ? z : 0;
		sum += p->cost[i] * (p->loss == UP_SVM_HINGE ? z : z * z);
	}
	return sum;
}

/* At the minimum of the squared hinge the gradient is zero. */
static void
test_gradient(void)
{
	UpSvmProblem p;
	double w[WIDTH] = {0};
	UpSvmResult r;

	make_problem(&p, false);
	r = up_svm_newton(&p, w, scores);
	CHECK(r.converged);
	CHECK_NEAR(r.objective, objective(&p, w), 1e-9 * r.objective);
	for (size_t j = 0; j < WIDTH; j++)
	{
		double g = w[j];

		for (size_t i = 0; i < N; i++)
			g -= 2 * fmax(0, 1 - y[i] * scores[i]) * y[i] * x[i * WIDTH + j];
		CHECK_NEAR(g, 0, 1e-5);
	}
}

/* Dual coordinate descent (Hsieh et al. 2008) without its refinements: another algorithm with the same minimum. */
static void
descend(const UpSvmProblem *p, double *w)
{
	double *a = calloc(p->n, sizeof(double));

	for (double moved = 1; moved > 1e-7;)
	{
		moved = 0;
		for (size_t i = 0; i < p->n; i++)
		{
			const double *row = p->rows.x + i * p->width;
			double ridge = p->loss == UP_SVM_HINGE ? 0 : 0.5 / p->cost[i], norm = ridge, f = ridge * a[i] - 1,
				   next;

			for (size_t j = 0; j < p->width; j++)
			{
				norm += row[j] * row[j];
				f += p->y[i] * row[j] * w[j];
			}
			next = fmax(0, a[i] - f / norm);
			if (p->loss == UP_SVM_HINGE)
				next = fmin(next, p->cost[i]);
			for (size_t j = 0; j < p->width; j++)
				w[j] += (next - a[i]) * p->y[i] * row[j];
			moved = fmax(moved, fabs(next - a[i]));
			a[i] = next;
		}
	}
	free(a);
}

static void
test_solvers_agree(void)
{
	for (int hinge = 0; hinge < 2; hinge++)
	{
		UpSvmProblem p;
		double a[WIDTH] = {0}, b[WIDTH] = {0};
		UpSvmResult newton;

		make_problem(&p, hinge);
		p.tol = hinge ? 1e-6 : 1e-8;
		newton = up_svm_newton(&p, a, scores);
		descend(&p, b);
		CHECK(newton.converged);
		CHECK_NEAR(newton.objective, objective(&p, b), 3e-6 * newton.objective);
		for (size_t j = 0; j < WIDTH; j++)
			CHECK_NEAR(a[j], b[j], 0.05);
	}
}

/* Many columns go another way to the step: few steps, few rounds, the same minimum. */
static void
test_wide(void)
{
	enum
	{
		ROWS = 500,
		WIDE = 420
	};
	double *wide = calloc(ROWS * WIDE, sizeof(double)), label[ROWS], one[ROWS], f[ROWS];
	UpRng rng;

	up_rng_init(&rng, 9, 0);
	for (size_t i = 0; i < ROWS; i++)
	{
		double sum = up_rng_normal(&rng);

		for (size_t j = 0; j + 1 < WIDE; j++)
		{
			double *v = wide + i * WIDE + j;

			/* Numbers, categories, and a column of another scale. */
			*v = j < WIDE / 2 ? up_rng_normal(&rng) : up_rng_double(&rng) < 0.05;
			sum += j % 40 == 0 ? *v : 0;
			if (j == 7)
				*v *= 2;
		}
		wide[i * WIDE + WIDE - 1] = one[i] = 1;
		label[i] = sum > 1 ? 1 : -1;
	}
	for (int hinge = 0; hinge < 2; hinge++)
	{
		UpSvmProblem p = {
			ROWS, WIDE, {.dense = WIDE, .x = wide}, label, one, 1, hinge, 1e-4, 1000, 0, false, 0, 0,
			NULL, NULL};
		double *a = calloc(WIDE, sizeof(double)), *b = calloc(WIDE, sizeof(double));
		UpSvmResult r;

		up_test_ticks = 0;
		r = up_svm_newton(&p, a, f);
		CHECK(r.converged);
		CHECK(r.iterations <= (hinge ? 300 : 40));
		descend(&p, b);
		CHECK(r.objective <= (1 + 1e-4) * objective(&p, b));
		free(a);
		free(b);
	}
	free(wide);
}

/* Few rows for their columns: the dual ends soon where Newton's steps do not, with rows left out, and the same in every run. */
static void
test_dual(void)
{
	enum
	{
		ROWS = 150,
		WIDE = 160
	};
	static double wide[ROWS * WIDE], label[ROWS], one[ROWS], f[ROWS];
	UpRng rng;

	up_rng_init(&rng, 12, 0);
	for (size_t i = 0; i < ROWS; i++)
	{
		double sum = up_rng_normal(&rng);

		for (size_t j = 0; j + 1 < WIDE; j++)
		{
			wide[i * WIDE + j] = up_rng_normal(&rng);
			sum += j % 40 == 0 ? wide[i * WIDE + j] : 0;
		}
		wide[i * WIDE + WIDE - 1] = 1;
		one[i] = i % 10 == 9 ? 0 : 1 + (double) (i % 3);
		label[i] = sum > 0.5 ? 1 : -1;
	}
	for (int hinge = 0; hinge < 2; hinge++)
	{
		UpSvmProblem p = {
			ROWS, WIDE, {.dense = WIDE, .x = wide}, label, one, 1, hinge, 1e-5, 1000, 0, false, 0, 5,
			NULL, NULL};
		double a[WIDE], b[WIDE], exact[WIDE] = {0};
		UpSvmResult r = up_svm_dual(&p, a, f), again = up_svm_dual(&p, b, f);

		CHECK(r.converged && r.dual && r.tolerance <= 1e-5);
		CHECK(memcmp(a, b, sizeof(a)) == 0 && r.objective == again.objective);
		CHECK_NEAR(r.objective, objective(&p, a), 1e-9 * r.objective);
		for (size_t i = 0; i < ROWS; i++)
		{
			double want = 0;

			for (size_t j = 0; j < WIDE; j++)
				want += wide[i * WIDE + j] * a[j];
			CHECK_NEAR(f[i], want, 1e-9);
		}
		p.tol = 1e-10;
		p.max_iter = 100000;
		CHECK(up_svm_dual(&p, exact, f).converged);
		CHECK(r.objective <= (1 + 1e-5) * objective(&p, exact));
		/* A pass alone is not enough. */
		p.max_iter = 1;
		CHECK(!up_svm_dual(&p, a, f).converged);
	}
}

/* Of no more rows than columns the objective is near its minimum too, not just small beside what it was at 0. */
static void
test_gap(void)
{
	enum
	{
		ROWS = 60,
		WIDE = 64
	};
	static double wide[ROWS * WIDE], label[ROWS], one[ROWS], f[ROWS], w[WIDE], v[WIDE];
	UpSvmProblem p = {
		ROWS, WIDE, {.dense = WIDE, .x = wide}, label, one, 1, UP_SVM_SQUARED_HINGE, 0.01, 1000, 0, false, 0, 0,
		NULL, NULL};
	UpRng rng;
	UpSvmResult r;

	up_rng_init(&rng, 13, 0);
	for (size_t i = 0; i < ROWS; i++)
	{
		for (size_t j = 0; j < WIDE; j++)
			wide[i * WIDE + j] = 30 * up_rng_normal(&rng);
		label[i] = i % 2 == 0 ? 1 : -1;
		one[i] = 1;
	}
	r = up_svm_newton(&p, w, f);
	p.tol = 1e-9;
	CHECK(r.converged && r.objective <= 1.01 * up_svm_dual(&p, v, f).objective);
}

/* Regression through three points, of which no line is near all: no other line nearby is better. */
static void
test_regression(void)
{
	static const double points[] = {-1, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0};
	static const double targets[] = {-3, 0, 13}, costs[] = {10, 10, 10};
	double w[8] = {0}, f[3];
	UpSvmProblem p = {
		3,    8,   {.dense = 8, .x = points}, targets, costs, 1, UP_SVM_EPSILON, 1e-9, 1000, 1, true, 1, 0,
		NULL, NULL};
	UpSvmResult r = up_svm_newton(&p, w, f);

	CHECK(r.converged);
	for (int step = 0; step < 100; step++)
	{
		double a = w[0] + (step % 10 - 5) * 0.01, b = w[1] + (step / 10 - 5) * 0.01, value = a * a / 2;

		for (int i = 0; i < 3; i++)
			value += 10 * fmax(0, fabs(targets[i] - a * points[8 * i] - b) - 1);
		CHECK(value >= r.objective - 1e-6);
	}
	/* A shift of the targets shifts the bias alone, however far. */
	{
		double moved[] = {1e6 - 3, 1e6, 1e6 + 13}, v[8] = {0};

		p.y = moved;
		r = up_svm_newton(&p, v, f);
		CHECK_NEAR(v[0], w[0], 1e-4);
		CHECK_NEAR(v[1], 1e6 + w[1], 1e-4);
	}
}

/*
 * Two points at -1 and 1, C = 10, hinge: w = 1 touches both margins, the objective is 1/2. With C = 1/4: w = 2 C = 1/2,
 * losses of 1/2 each: 1/8 + 1/4.
 */
static void
test_two_points(void)
{
	static const double points[] = {-1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0};
	static const double labels[] = {-1, 1};
	double costs[] = {10, 10}, w[8] = {0}, f[2];
	UpSvmProblem p = {2,    8,   {.dense = 8, .x = points}, labels, costs, 1, true, 1e-9, 1000, 0, false, 0, 0,
					  NULL, NULL};

	CHECK_NEAR(up_svm_newton(&p, w, f).objective, 0.5, 1e-8);
	CHECK_NEAR(w[0], 1, 1e-6);
	costs[0] = costs[1] = 0.25;
	w[0] = 0;
	CHECK_NEAR(up_svm_newton(&p, w, f).objective, 0.375, 1e-8);
	CHECK_NEAR(w[0], 0.5, 1e-6);
}

/* Rows without cost do not count, but are scored. */
static void
test_left_out_rows(void)
{
	UpSvmProblem p;
	double all[WIDTH] = {0}, half[WIDTH] = {0}, some[WIDTH] = {0};

	make_problem(&p, false);
	up_svm_newton(&p, all, scores);
	for (size_t i = N / 2; i < N; i++)
		cost[i] = 0;
	up_svm_newton(&p, half, scores);
	p.n = N / 2;
	up_svm_newton(&p, some, scores);
	for (size_t j = 0; j < WIDTH; j++)
		CHECK_NEAR(half[j], some[j], 1e-7);
}

/* Problems that share a matrix, which changes by the rows that come and go: an outlier that goes leaves nothing of itself. */
static void
test_shared_matrix(void)
{
	static double whole[N];
	static uint8_t in[N];
	struct UpSvmMatrix matrix = {.cost = whole, .in = in};
	UpSvmProblem p;

	for (int loss = 0; loss <= 1; loss++)
	{
		make_problem(&p, loss == 1);
		p.tol = loss == 1 ? 1e-5 : 1e-8;
		x[3] = loss == 1 ? 100 : 1e7;
		for (size_t i = 0; i < N; i++)
			whole[i] = cost[i];
		matrix.known = false;
		for (size_t fold = 0; fold <= 4; fold++)
		{
			double w[WIDTH] = {0}, own[WIDTH] = {0};
			UpSvmResult alone, shared;

			p.matrix = NULL;
			for (size_t i = 0; i < N; i++)
				cost[i] = i % 4 + 1 == fold ? 0 : whole[i];
			alone = up_svm_newton(&p, own, scores);
			p.matrix = &matrix;
			shared = up_svm_newton(&p, w, scores);
			CHECK(alone.converged && shared.converged);
			CHECK_NEAR(shared.objective, alone.objective, 2 * p.tol * alone.objective);
		}
	}
	up_free(matrix.h);
}

static void
test_not_converged(void)
{
	UpSvmProblem p;
	double w[WIDTH] = {0};

	make_problem(&p, true);
	p.max_iter = 1;
	CHECK(!up_svm_newton(&p, w, scores).converged);
}

/* At the maximum of the likelihood the derivatives by a and b are zero, with Platt's smoothed targets. */
static void
test_platt(void)
{
	double score[200], label[200], positive = 0, ga = 0, gb = 0;
	UpPlatt fitted;
	UpRng rng;

	up_rng_init(&rng, 1, 0);
	for (int i = 0; i < 200; i++)
	{
		score[i] = 3 * up_rng_normal(&rng);
		label[i] = up_rng_double(&rng) < 1 / (1 + exp(-score[i] + 0.5)) ? 1 : -1;
		positive += label[i] > 0;
	}
	fitted = up_platt_fit(200, score, label, NULL);
	for (int i = 0; i < 200; i++)
	{
		double target = label[i] > 0 ? (positive + 1) / (positive + 2) : 1 / (200 - positive + 2);
		double miss = target - up_platt_proba(fitted, score[i]);

		ga += score[i] * miss;
		gb += miss;
	}
	CHECK_NEAR(ga, 0, 1e-4);
	CHECK_NEAR(gb, 0, 1e-4);
	CHECK(fitted.a < 0);
	CHECK_NEAR(up_platt_proba(fitted, 1e9), 1, 1e-12);
	CHECK_NEAR(up_platt_proba(fitted, -1e9), 0, 1e-12);
	/* Scores that run against their labels: next to the constant, and never upside down. */
	for (int j = 0; j < 200; j++)
		label[j] = j < 5 ? 1 : -1;
	for (int j = 0; j < 200; j++)
		score[j] = j < 5 ? -1 - j : 1;
	fitted = up_platt_fit(200, score, label, NULL);
	CHECK(up_platt_proba(fitted, 1) > up_platt_proba(fitted, -1));
	CHECK_NEAR(up_platt_proba(fitted, 0), 6.0 / 202, 1e-4);
}

/* Rows that cannot be told apart, two a column: the dual sees that it will not end, and Newton's steps go on from there. */
static void
test_dual_gives_up(void)
{
	enum
	{
		ROWS = 400,
		WIDE = 200
	};
	double *wide = calloc(ROWS * WIDE, sizeof(double)), *w = calloc(WIDE, sizeof(double)), label[ROWS],
		   one[ROWS], f[ROWS];
	UpRng rng;
	UpSvmProblem p = {ROWS, WIDE, {.dense = WIDE, .x = wide}, label, one, 1, false, 1e-4, 1000, 0, false, 0, 5,
					  NULL, NULL};
	UpSvmResult r;

	up_rng_init(&rng, 21, 0);
	for (size_t i = 0; i < ROWS; i++)
	{
		for (size_t j = 0; j < WIDE; j++)
			wide[i * WIDE + j] = up_rng_normal(&rng);
		one[i] = 1;
		label[i] = wide[i * WIDE] + 4 * up_rng_normal(&rng) > 0 ? 1 : -1;
	}
	r = up_svm_dual(&p, w, f);
	CHECK(!r.converged && r.iterations < 200);
	r = up_svm_newton(&p, w, f);
	CHECK(r.converged && r.iterations < 100);
	free(wide);
	free(w);
}

/* Along C each problem begins with what is known where the last one ended; each has the minimum that it has alone. */
static void
test_path(void)
{
	static double slope[WIDTH];
	static uint8_t now[N], in[N];
	UpSvmProblem p;
	struct UpSvmMatrix matrix = {.in = in};
	UpSvmEnd end = {.slope = slope, .now = now};
	double w[WIDTH] = {0};

	make_problem(&p, false);
	matrix.cost = p.cost;
	p.matrix = &matrix;
	p.end = &end;
	for (p.C = 0.01; p.C < 50; p.C *= 3)
	{
		UpSvmProblem fresh = p;
		double own[WIDTH] = {0}, f[N];
		UpSvmResult alone, there;

		fresh.matrix = NULL;
		fresh.end = NULL;
		alone = up_svm_newton(&fresh, own, f);
		there = up_svm_newton(&p, w, scores);
		CHECK(alone.converged && there.converged && end.known && end.looked);
		CHECK_NEAR(there.objective, alone.objective, 1e-9 * alone.objective);
		for (size_t j = 0; j < WIDTH; j++)
			CHECK_NEAR(w[j], own[j], 1e-5);
		for (size_t i = 0; i < N; i++)
			CHECK_NEAR(scores[i], f[i], 1e-4);
	}
	/* The same again: nothing is to be done. */
	p.C /= 3;
	CHECK(up_svm_newton(&p, w, scores).iterations == 0);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"gradient", test_gradient},
		{"solvers agree", test_solvers_agree},
		{"two points", test_two_points},
		{"left-out rows", test_left_out_rows},
		{"shared matrix", test_shared_matrix},
		{"path along C", test_path},
		{"not converged", test_not_converged},
		{"sigmoid", test_platt},
		{"many columns", test_wide},
		{"regression", test_regression},
		{"dual", test_dual},
		{"dual gives up", test_dual_gives_up},
		{"gap", test_gap},
	};

	return up_run_tests("svm", tests, UP_LENGTH(tests));
}
