/*
 * test_kmeans.c - k-means against scikit-learn 1.2.1 and exact cases
 *
 * Constants come from sklearn.cluster.KMeans(algorithm="lloyd") on iris: the centres given, n_init = 1 and default
 * tol where a run is compared, n_init = 50 where the best inertia is.
 */
#include "check.h"
#include "arrays.h"

#include "base/rng.h"
#include "learn/kmeans/kmeans_run.h"
#include "learn/learner.h"

#include <stdlib.h>

#define IRIS_ROWS     150
#define IRIS_FEATURES 4

extern const UpLearner up_kmeans;

/* The learner's own parameter struct, as its table lays it out; the defaults but for what a test sets. */
typedef struct Params
{
	void *bytes;
	UpValue *info;
	bool strict;
	uint64_t seed;
} Params;

static void *
field(Params *p, const char *name)
{
	for (int i = 0; i < up_kmeans.params.n; i++)
	{
		if (strcmp(up_kmeans.params.params[i].name, name) == 0)
			return (char *) p->bytes + up_kmeans.params.params[i].offset;
	}
	up_check(false, __FILE__, __LINE__, "no parameter %s", name);
	abort();
}

static Params
params_of(int64_t k)
{
	Params p = {.bytes = up_alloc0(up_kmeans.params_size), .info = up_value_object()};

	up_params_parse(&up_kmeans.params, NULL, 0, NULL, "algorithm \"kmeans\"", p.bytes);
	*(int64_t *) field(&p, "k") = k;
	return p;
}

static void
set_init(Params *p, UpValue *init)
{
	*(UpValue **) field(p, "init") = init;
}

static void *
fit_rows(Params *p, const double *x, size_t n, uint32_t d)
{
	UpFit fit = {.task = UP_TASK_CLUSTER, .n_features = d, .seed = p->seed, .strict = p->strict};

	fit.params = p->bytes;
	fit.info = p->info;
	fit.data = data_from_arrays(x, NULL, n, d, 0);
	return up_kmeans.fit(&fit);
}

static UpValue *
describe(const void *body)
{
	UpValue *info = up_value_object();

	up_kmeans.describe(body, info);
	return info;
}

static double
number(const void *body, const char *key)
{
	return up_value_get(describe(body), key)->number;
}

static double
centre(const void *body, uint32_t c, uint32_t j)
{
	return up_value_get(describe(body), "centres")->items[c]->items[j]->number;
}

static UpWriter
bytes_of(const void *body)
{
	UpWriter w;

	up_writer_init(&w);
	up_kmeans.write(body, &w);
	return w;
}

static const double *
iris(void)
{
	double *x = up_alloc_array(IRIS_ROWS * IRIS_FEATURES, sizeof(double));
	FILE *f = fopen("test/data/iris.csv", "r");
	char line[200];
	size_t n = 0;

	if (f == NULL || fgets(line, sizeof(line), f) == NULL)
	{
		printf("not ok - test/data/iris.csv cannot be read: run the tests in the root of the project\n");
		exit(1);
	}
	while (n < IRIS_ROWS && fgets(line, sizeof(line), f) != NULL)
	{
		char *p = line;

		for (int j = 0; j < IRIS_FEATURES; j++, p++)
			x[n * IRIS_FEATURES + j] = strtod(p, &p);
		n++;
	}
	fclose(f);
	CHECK(n == IRIS_ROWS);
	return x;
}

static UpValue *
rows_of_iris(const double *x, const int *rows, int k)
{
	UpValue *init = up_value_array();

	for (int i = 0; i < k; i++)
		up_value_append(init, up_value_numbers(x + rows[i] * IRIS_FEATURES, IRIS_FEATURES));
	return init;
}

static void
check_sizes(const void *body, const double *want, uint32_t k)
{
	UpValue *sizes = up_value_get(describe(body), "sizes");

	CHECK(sizes->n == k);
	for (uint32_t c = 0; c < UP_MIN(k, sizes->n); c++)
		CHECK_NEAR(sizes->items[c]->number, want[c], 0);
}

static void
test_iris_best(void)
{
	static const double inertia[] = {152.3479517603579, 78.851441426146, 57.22847321428572};
	static const double sizes[] = {62, 50, 38};
	const double *x = iris();

	for (int k = 2; k <= 4; k++)
		for (uint64_t seed = 0; seed < 5; seed++)
		{
			Params p = params_of(k);
			void *body;

			p.seed = seed;
			body = fit_rows(&p, x, IRIS_ROWS, IRIS_FEATURES);
			CHECK_NEAR(number(body, "inertia"), inertia[k - 2], k == 3 ? 1e-9 : 0.005 * inertia[k - 2]);
			CHECK(up_value_get(describe(body), "converged")->boolean);
			CHECK(up_value_get(p.info, "note") == NULL);
			if (k == 3)
				check_sizes(body, sizes, 3);
		}
	CHECK(up_test_warnings == 0);
}

static void
test_iris_random_starts(void)
{
	const double *x = iris();
	Params p = params_of(3);
	void *body;

	set_init(&p, up_value_string("random"));
	body = fit_rows(&p, x, IRIS_ROWS, IRIS_FEATURES);
	CHECK_NEAR(number(body, "inertia"), 78.851441426146, 1e-9);
	CHECK(number(body, "runs") == 10);
}

/* The same first centres: scikit-learn's iterations, stop, centres and sizes. */
static void
test_given_centres(void)
{
	static const int first[] = {0, 50, 100}, close[] = {1, 2, 3}, four[] = {10, 60, 110, 149};
	static const double sizes[] = {62, 50, 38}, close_sizes[] = {61, 50, 39}, four_sizes[] = {50, 41, 32, 27};
	static const double centres[] = {5.901612903225806,
									 2.7483870967741937,
									 4.393548387096774,
									 1.4338709677419355,
									 5.006,
									 3.428,
									 1.462,
									 0.246,
									 6.85,
									 3.0736842105263156,
									 5.742105263157894,
									 2.0710526315789473};
	const double *x = iris();
	Params p = params_of(3);
	void *body;

	set_init(&p, rows_of_iris(x, first, 3));
	body = fit_rows(&p, x, IRIS_ROWS, IRIS_FEATURES);
	CHECK_NEAR(number(body, "inertia"), 78.851441426146, 1e-9);
	CHECK(number(body, "iterations") == 4);
	CHECK(number(body, "runs") == 1);
	check_sizes(body, sizes, 3);
	for (int i = 0; i < 12; i++)
		CHECK_NEAR(centre(body, i / 4, i % 4), centres[i], 1e-9);

	/* This one ends by tol, before the labels stand still. */
	set_init(&p, rows_of_iris(x, close, 3));
	body = fit_rows(&p, x, IRIS_ROWS, IRIS_FEATURES);
	CHECK_NEAR(number(body, "inertia"), 78.85566582597731, 1e-9);
	CHECK(number(body, "iterations") == 13);
	check_sizes(body, close_sizes, 3);

	p = params_of(4);
	set_init(&p, rows_of_iris(x, four, 4));
	body = fit_rows(&p, x, IRIS_ROWS, IRIS_FEATURES);
	CHECK_NEAR(number(body, "inertia"), 57.25600931571816, 1e-9);
	CHECK(number(body, "iterations") == 7);
	check_sizes(body, four_sizes, 4);
}

static void
test_max_iter(void)
{
	static const int first[] = {0, 50, 100};
	const double *x = iris();
	Params p = params_of(3);
	void *body;

	*(int64_t *) field(&p, "max_iter") = 2;
	set_init(&p, rows_of_iris(x, first, 3));
	body = fit_rows(&p, x, IRIS_ROWS, IRIS_FEATURES);
	CHECK_NEAR(number(body, "inertia"), 78.94269779286928, 1e-9);
	CHECK(number(body, "iterations") == 2);
	CHECK(!up_value_get(describe(body), "converged")->boolean);
	CHECK_NEAR(centre(body, 2, 0), 6.821052631578947, 1e-9);
}

/* A given centre that attracts no row: re-seeded, and the run ends as scikit-learn's does. */
static void
test_empty_cluster(void)
{
	const double *x = iris();
	double given[3][4] = {{5, 3, 1, 0}, {6, 3, 5, 2}, {100, 100, 100, 100}};
	UpValue *init = up_value_array();
	Params p = params_of(3);
	void *body;

	for (int c = 0; c < 3; c++)
		up_value_append(init, up_value_numbers(given[c], 4));
	set_init(&p, init);
	body = fit_rows(&p, x, IRIS_ROWS, IRIS_FEATURES);
	CHECK_NEAR(number(body, "inertia"), 78.851441426146, 1e-9);
	CHECK(number(body, "iterations") == 7);
}

/* All given centres equal: every cluster but one is re-seeded, each with another row. */
static void
test_many_empty(void)
{
	enum
	{
		K = 20
	};
	double x[400];
	UpValue *init = up_value_array();
	double zero = 0;
	Params p = params_of(K);
	void *body;

	for (int i = 0; i < 400; i++)
		x[i] = i % K * 10;
	for (int c = 0; c < K; c++)
		up_value_append(init, up_value_numbers(&zero, 1));
	set_init(&p, init);
	body = fit_rows(&p, x, 400, 1);
	CHECK_NEAR(number(body, "inertia"), 0, 1e-20);
	for (uint32_t c = 0; c < K; c++)
		CHECK_NEAR(centre(body, c, 0), c * 10, 1e-12);
}

static void
test_one_cluster(void)
{
	const double *x = iris();
	Params p = params_of(1);
	void *body = fit_rows(&p, x, IRIS_ROWS, IRIS_FEATURES);

	/* The total sum of squares and the means of the columns: awk over the file. */
	CHECK_NEAR(number(body, "inertia"), 681.3706, 1e-9);
	CHECK_NEAR(centre(body, 0, 0), 5.843333333333334, 1e-12);
	CHECK_NEAR(centre(body, 0, 2), 3.758, 1e-12);
}

static void
test_k_is_n(void)
{
	double x[2 * 37], out[37];
	bool seen[37] = {false};
	Params p = params_of(37);
	void *body;

	for (int i = 0; i < 37; i++)
	{
		x[2 * i] = i * i;
		x[2 * i + 1] = i;
	}
	body = fit_rows(&p, x, 37, 2);
	CHECK_NEAR(number(body, "inertia"), 0, 1e-20);
	CHECK(number(body, "k") == 37);
	CHECK(up_test_warnings == 0);
	/* All sizes are 1: numbered by coordinates. */
	up_kmeans.predict(body, x, 37, out);
	for (int i = 0; i < 37; i++)
	{
		CHECK(out[i] == i);
		CHECK(!seen[(int) out[i]]);
		seen[(int) out[i]] = true;
	}
}

static void
check_k_lowered(UpValue *init)
{
	static const double sizes[] = {300, 200, 100};
	double x[600], out[3], rows[3] = {5, -1, 2};
	Params p = params_of(8);
	void *body;

	up_test_warnings = 0;
	set_init(&p, init);
	for (int i = 0; i < 600; i++)
		x[i] = i % 6 < 3 ? 5 : i % 6 < 5 ? -1 : 2;
	body = fit_rows(&p, x, 600, 1);
	CHECK(number(body, "k") == 3);
	CHECK(up_test_warnings == 1);
	CHECK(strcmp(up_value_get(p.info, "note")->string,
				 "k was lowered from 8 to 3, the number of distinct rows") == 0);
	check_sizes(body, sizes, 3);
	CHECK_NEAR(number(body, "inertia"), 0, 1e-20);
	up_kmeans.predict(body, rows, 3, out);
	CHECK(out[0] == 0 && out[1] == 1 && out[2] == 2);
	p.strict = true;
	CHECK_FAILS(UP_INVALID_DATA, "k-means with k = 8 is not possible: 3 is the number of distinct rows",
				fit_rows(&p, x, 600, 1));
}

static void
test_k_lowered(void)
{
	check_k_lowered(NULL);
	check_k_lowered(up_value_string("random"));
}

static void
test_no_variance(void)
{
	double x[300];
	Params one = params_of(1), many = params_of(5);
	void *body;

	for (int i = 0; i < 300; i++)
		x[i] = 0.1;
	body = fit_rows(&one, x, 100, 3);
	CHECK(number(body, "inertia") == 0);
	CHECK(up_test_warnings == 0);
	body = fit_rows(&many, x, 100, 3);
	CHECK(number(body, "k") == 1 && up_test_warnings == 1);
	CHECK_NEAR(centre(body, 0, 2), 0.1, 1e-16);
	/* 0 and -0 are no different rows. */
	for (int i = 0; i < 300; i++)
		x[i] = i % 2 ? -0.0 : 0.0;
	body = fit_rows(&many, x, 300, 1);
	CHECK(number(body, "k") == 1);
}

static void
test_one_row(void)
{
	double x[3] = {1, -2, 1e6}, out = -1;
	Params p = params_of(8);
	void *body = fit_rows(&p, x, 1, 3);

	CHECK(number(body, "k") == 1);
	CHECK(number(body, "inertia") == 0);
	CHECK(centre(body, 0, 0) == 1 && centre(body, 0, 1) == -2 && centre(body, 0, 2) == 1e6);
	up_kmeans.predict(body, x, 1, &out);
	CHECK(out == 0);
	CHECK_FAILS(UP_INVALID_DATA, "no row", fit_rows(&p, x, 0, 3));
}

/* Large values with small differences: groups 1 apart around 1e9, and around 1e15. */
static void
test_large_values(void)
{
	double x[3000];

	for (double base = 1e9; base <= 1e15; base *= 1e6)
	{
		Params p = params_of(2);
		void *body;

		for (int i = 0; i < 3000; i++)
			x[i] = base + (i % 3 == 0 ? 1 : 0);
		body = fit_rows(&p, x, 3000, 1);
		CHECK_NEAR(number(body, "inertia"), 0, 1e-6);
		CHECK_NEAR(centre(body, 0, 0), base, base * 1e-15);
		CHECK_NEAR(centre(body, 1, 0), base + 1, base * 1e-15);
		CHECK(up_value_get(describe(body), "sizes")->items[0]->number == 2000);
	}
	for (int i = 0; i < 3000; i++)
		x[i] = i % 2 ? 1e200 : -1e200;
	Params p = params_of(2);
	CHECK_FAILS(UP_INVALID_DATA, "too large", fit_rows(&p, x, 3000, 1));
}

/* Differences of 1e-200 have squares of 0: one cluster, and a note. */
static void
test_tiny_values(void)
{
	double x[100];
	Params p = params_of(2);
	void *body;

	for (int i = 0; i < 100; i++)
		x[i] = i % 2 * 1e-200;
	body = fit_rows(&p, x, 100, 1);
	CHECK(number(body, "k") == 1);
	CHECK(up_test_warnings == 1);
	CHECK(strstr(up_value_get(p.info, "note")->string, "lowered from 2 to 1") != NULL);
	/* Squares of 1e-300 are numbers still. */
	up_test_warnings = 0;
	for (int i = 0; i < 100; i++)
		x[i] = i % 2 * 1e-150;
	body = fit_rows(&p, x, 100, 1);
	CHECK(number(body, "k") == 2 && up_test_warnings == 0);
}

static double *
blobs(size_t n, uint32_t d, uint32_t k)
{
	double *x = up_alloc_array(n * d, sizeof(double)), *means = up_alloc_array((size_t) k * d, sizeof(double));
	UpRng rng;

	up_rng_init(&rng, 42, 0);
	for (size_t i = 0; i < (size_t) k * d; i++)
		means[i] = 8 * up_rng_double(&rng);
	for (size_t i = 0; i < n; i++)
	{
		size_t c = up_rng_below(&rng, k);

		for (uint32_t j = 0; j < d; j++)
			x[i * d + j] = means[c * d + j] + up_rng_normal(&rng);
	}
	return x;
}

/*
 * A run on 5,003 rows in 7 columns, checked from outside: sizes and inertia are those of the predictions, every row
 * is with the nearest centre, no cluster is larger than the one before it, and the centres are means of their rows
 * (within what tol leaves).
 */
static void
test_consistent(void)
{
	enum
	{
		N = 5003,
		D = 7,
		K = 11
	};
	double *x = blobs(N, D, K), *out = up_alloc_array(N, sizeof(double));
	double sizes[K] = {0}, sums[K][D] = {{0}}, inertia = 0;
	Params p = params_of(K);
	UpValue *centres, *told;
	void *body;

	*(int64_t *) field(&p, "n_init") = 2;
	*(double *) field(&p, "tol") = 0;
	body = fit_rows(&p, x, N, D);
	centres = up_value_get(describe(body), "centres");
	told = up_value_get(describe(body), "sizes");
	up_kmeans.predict(body, x, N, out);
	for (int i = 0; i < N; i++)
	{
		double least = INFINITY, own = 0;

		for (int c = 0; c < K; c++)
		{
			double t = 0;

			for (int j = 0; j < D; j++)
				t += pow(x[i * D + j] - centres->items[c]->items[j]->number, 2);
			least = UP_MIN(least, t);
			own = c == out[i] ? t : own;
		}
		CHECK_NEAR(own, least, 1e-9);
		inertia += own;
		sizes[(int) out[i]]++;
		for (int j = 0; j < D; j++)
			sums[(int) out[i]][j] += x[i * D + j];
	}
	CHECK_NEAR(number(body, "inertia"), inertia, 1e-8);
	for (int c = 0; c < K; c++)
	{
		CHECK(told->items[c]->number == sizes[c]);
		CHECK(c == 0 || sizes[c] <= sizes[c - 1]);
		for (int j = 0; j < D; j++)
			CHECK_NEAR(centres->items[c]->items[j]->number, sums[c][j] / sizes[c], 1e-9);
	}
}

/* Bounds that let rows keep their clusters unread lead where looking at every row leads: an iteration begun anew looks at all. */
static void
check_bounds(const double *x, size_t n, uint32_t d, uint32_t k, uint32_t iterations)
{
	double *first = up_alloc_array((size_t) k * d, sizeof(double));
	UpKmeansRows *rows = up_kmeans_load(data_from_arrays(x, NULL, n, d, 0), "k-means");
	UpKmeansLimits all = {.max_iter = iterations, .total = iterations}, one = {.max_iter = 1, .total = 1};
	UpKmeansRun a = {.k = k}, b = {.k = k};
	UpRng rng;

	up_rng_init(&rng, 5, 1);
	up_kmeans_seed_random(rows, k, &rng, first);
	for (UpKmeansRun *run = &a; run != NULL; run = run == &a ? &b : NULL)
	{
		run->centres = up_alloc_array((size_t) k * d, sizeof(double));
		memcpy(run->centres, first, (size_t) k * d * sizeof(double));
		run->sizes = up_alloc0(k * sizeof(uint64_t));
	}
	up_kmeans_lloyd(rows, &all, &a);
	for (uint32_t i = 0; i < a.iterations; i++)
		up_kmeans_lloyd(rows, &one, &b);
	CHECK_NEAR(a.inertia, b.inertia, 1e-9 * b.inertia);
	for (uint32_t i = 0; i < k * d; i++)
		CHECK_NEAR(a.centres[i], b.centres[i], 1e-9);
	for (uint32_t c = 0; c < k; c++)
		CHECK(a.sizes[c] == b.sizes[c]);
}

static void
test_bounds(void)
{
	check_bounds(blobs(30011, 3, 4), 30011, 3, 8, 40);
	check_bounds(blobs(20000, 16, 10), 20000, 16, 20, 30);
	check_bounds(blobs(999, 2, 25), 999, 2, 50, 60);
	check_bounds(blobs(40, 1, 1), 40, 1, 2, 10);
}

/* Few rows so far away that all others look alike coarsely, and have to be looked at closely. */
static void
test_far_rows(void)
{
	enum
	{
		N = 98304,
#ifdef UP_ASSERTIONS /* under sanitizers, where each takes twenty times as long */
		EACH = 5
#else
		EACH = 1
#endif
	};
	double *x = up_alloc_array(2 * N, sizeof(double));

	for (int i = 0; i < N; i++)
	{
		x[2 * i] = i % 1000 == 0 ? 1e6 * (1 + i % 7) : sin(i * 12.9898) + cos(i * 0.37);
		x[2 * i + 1] = sin(i * 78.233);
	}
	for (uint32_t k = 2; k <= 12; k += EACH)
		check_bounds(x, N, 2, k, 30);
}

/* A row as far off as numbers go has a cluster of its own, and costs the others neither digits nor their clusters. */
static void
test_row_far_off(void)
{
	enum
	{
		N = 1000,
		FAR = 500
	};
	static const double off[] = {1e6, 9223372036854775807.0, 1e30, 1e150};
	double x[2 * N], out[N], near = 0;

	for (size_t k = 0; k < UP_LENGTH(off); k++)
	{
		Params p = params_of(3);
		UpValue *sizes;
		void *body;

		for (int i = 0; i < N; i++)
		{
			x[2 * i] = i == FAR ? off[k] : i % 100 / 100.0;
			x[2 * i + 1] = i % 2 * 7;
		}
		body = fit_rows(&p, x, N, 2);
		if (k == 0)
			near = number(body, "inertia");
		sizes = up_value_get(describe(body), "sizes");
		CHECK(sizes->items[0]->number == N / 2 && sizes->items[1]->number == N / 2 - 1 &&
			  sizes->items[2]->number == 1);
		CHECK_NEAR(number(body, "inertia"), near, 1e-6 * near);
		CHECK(centre(body, 2, 0) == off[k]);
		up_kmeans.predict(body, x, N, out);
		for (int i = 0; i < N; i++)
			CHECK(out[i] == (i == FAR ? 2 : i % 2 == 1 ? 0 : 1));
	}
}

/* Half of the rows stand exactly between two centres: sizes still descend and are those of predict. */
static void
test_ties(void)
{
	double x[4 * 60], out[240], sizes[4] = {0};
	Params p = params_of(4);
	UpValue *init = up_value_array(), *told;
	void *body;

	for (int i = 0; i < 240; i++)
		x[i] = i % 8;
	for (int c = 0; c < 4; c++)
	{
		double v = 2 * c;

		up_value_append(init, up_value_numbers(&v, 1));
	}
	set_init(&p, init);
	body = fit_rows(&p, x, 240, 1);
	told = up_value_get(describe(body), "sizes");
	up_kmeans.predict(body, x, 240, out);
	for (int i = 0; i < 240; i++)
		sizes[(int) out[i]]++;
	for (int c = 0; c < 4; c++)
	{
		CHECK(told->items[c]->number == sizes[c]);
		CHECK(c == 0 || sizes[c] <= sizes[c - 1]);
	}
}

static void
test_reproducible(void)
{
	double *x = blobs(3000, 5, 6);
	Params p = params_of(6), q = params_of(6);
	UpWriter a, b, c;

	p.seed = 7;
	a = bytes_of(fit_rows(&p, x, 3000, 5));
	b = bytes_of(fit_rows(&p, x, 3000, 5));
	CHECK(a.len == b.len && memcmp(a.bytes, b.bytes, a.len) == 0);
	/* Another seed begins elsewhere. */
	*(int64_t *) field(&p, "max_iter") = 1;
	*(int64_t *) field(&q, "max_iter") = 1;
	q.seed = 8;
	a = bytes_of(fit_rows(&p, x, 3000, 5));
	c = bytes_of(fit_rows(&q, x, 3000, 5));
	CHECK(a.len != c.len || memcmp(a.bytes, c.bytes, a.len) != 0);
}

static void
test_write_read(void)
{
	const double *x = iris();
	UpShape shape = {.task = UP_TASK_CLUSTER, .n_features = 4};
	double out[IRIS_ROWS], again[IRIS_ROWS];
	Params p = params_of(3);
	void *body = fit_rows(&p, x, IRIS_ROWS, IRIS_FEATURES), *copy;
	UpWriter w = bytes_of(body), w2;
	UpReader r;

	up_reader_init(&r, w.bytes, w.len, "model");
	copy = up_kmeans.read(&r, &shape);
	up_get_end(&r);
	w2 = bytes_of(copy);
	CHECK(w2.len == w.len && memcmp(w.bytes, w2.bytes, w.len) == 0);
	CHECK(up_value_equal(describe(body), describe(copy)));
	up_kmeans.predict(body, x, IRIS_ROWS, out);
	up_kmeans.predict(copy, x, IRIS_ROWS, again);
	CHECK(memcmp(out, again, sizeof(out)) == 0);
}

/* Reads damaged bytes; afterwards the model is refused, or it predicts a cluster that it has. */
static void
try_damaged(const uint8_t *bytes, size_t len)
{
	UpShape shape = {.task = UP_TASK_CLUSTER, .n_features = 4};
	double row[4] = {5, 3, 4, 1}, out = -1;

	up_test_catching = true;
	if (setjmp(up_test_jump) == 0)
	{
		UpReader r;
		void *body;

		up_reader_init(&r, bytes, len, "model");
		body = up_kmeans.read(&r, &shape);
		up_get_end(&r);
		up_kmeans.predict(body, row, 1, &out);
		CHECK(out >= 0 && out < number(body, "k"));
		CHECK(isfinite(number(body, "inertia")));
	}
	else
		CHECK(up_test_code == UP_CORRUPT);
	up_test_catching = false;
}

static void
test_damaged(void)
{
	const double *x = iris();
	UpShape shape = {.task = UP_TASK_CLUSTER, .n_features = 4};
	Params p = params_of(3);
	UpWriter w = bytes_of(fit_rows(&p, x, IRIS_ROWS, IRIS_FEATURES));
	UpReader r;

	for (size_t len = 0; len < w.len; len++)
	{
		uint8_t *cut = up_alloc(UP_MAX(len, 1));

		memcpy(cut, w.bytes, len);
		up_reader_init(&r, cut, len, "model");
		CHECK_FAILS(UP_CORRUPT, "", up_kmeans.read(&r, &shape));
		up_free(cut);
	}
	for (size_t i = 0; i < w.len; i++)
		for (int bit = 0; bit < 8; bit++)
		{
			w.bytes[i] ^= 1 << bit;
			try_damaged(w.bytes, w.len);
			w.bytes[i] ^= 1 << bit;
		}
	memset(w.bytes, 0, 4);
	up_reader_init(&r, w.bytes, w.len, "model");
	CHECK_FAILS(UP_CORRUPT, "without a cluster", up_kmeans.read(&r, &shape));
}

static void
test_bad_init(void)
{
	const double *x = iris();
	double nan_row[4] = {1, 2, NAN, 4};
	static const int two[] = {0, 50};
	Params p = params_of(3);
	UpValue *init;

	set_init(&p, up_value_string("kmeans"));
	CHECK_FAILS(UP_INVALID_PARAMETER, "found \"kmeans\"", fit_rows(&p, x, IRIS_ROWS, 4));
	set_init(&p, up_value_number(1));
	CHECK_FAILS(UP_INVALID_PARAMETER, "found 1", fit_rows(&p, x, IRIS_ROWS, 4));
	set_init(&p, rows_of_iris(x, two, 2));
	CHECK_FAILS(UP_INVALID_PARAMETER, "has 2 centres, but k is 3", fit_rows(&p, x, IRIS_ROWS, 4));
	init = rows_of_iris(x, two, 2);
	up_value_append(init, up_value_numbers(x, 3));
	set_init(&p, init);
	CHECK_FAILS(UP_INVALID_PARAMETER, "centre 3 of parameter \"init\" has 3 numbers, but there are 4 features",
				fit_rows(&p, x, IRIS_ROWS, 4));
	init = rows_of_iris(x, two, 2);
	up_value_append(init, up_value_string("x"));
	set_init(&p, init);
	CHECK_FAILS(UP_INVALID_PARAMETER, "centre 3 of parameter \"init\" is a string",
				fit_rows(&p, x, IRIS_ROWS, 4));
	init = rows_of_iris(x, two, 2);
	up_value_append(init, up_value_numbers(nan_row, 4));
	set_init(&p, init);
	CHECK_FAILS(UP_INVALID_PARAMETER, "not a finite number", fit_rows(&p, x, IRIS_ROWS, 4));
}

static void
test_cancel(void)
{
	double *x = blobs(20000, 6, 9);
	Params p = params_of(9);

	up_test_ticks = 0;
	up_test_cancel_after = 150;
	CHECK_FAILS(UP_LIMIT, "cancelled", fit_rows(&p, x, 20000, 6));
	CHECK(up_test_ticks == 151);
	up_test_cancel_after = 0;
}

/* Very many columns, some with a row that is far off: their shift is near all others, and it can be cancelled meanwhile. */
static void
test_many_columns(void)
{
	size_t n = 200;
	uint32_t d = 20000;
	double *x = up_alloc_array(n * d, sizeof(double));
	UpKmeansRows *rows;
	bool near = true;
	UpRng rng;

	up_rng_init(&rng, 5, 0);
	for (size_t i = 0; i < n * d; i++)
		x[i] = up_rng_normal(&rng);
	for (uint32_t j = 0; j < d; j += 7)
		x[j % n * d + j] = 1e30;
	up_test_ticks = 0;
	rows = up_kmeans_load(data_from_arrays(x, NULL, n, d, 0), "k-means");
	CHECK(up_test_ticks > 30);
	for (uint32_t j = 0; j < d; j++)
		near = near && fabs(rows->shift[j]) < 1;
	CHECK(near);
}

/* Other numbers than 0 to k - 1 are told everywhere, travel, and are checked. */
static void
test_numbers(void)
{
	static const uint32_t numbers[] = {5, 0, 7};
	const double *x = iris();
	UpShape shape = {.task = UP_TASK_CLUSTER, .n_features = 4};
	double plain[IRIS_ROWS], out[IRIS_ROWS], centre[IRIS_FEATURES];
	Params p = params_of(3);
	void *body = fit_rows(&p, x, IRIS_ROWS, IRIS_FEATURES), *copy, *updated;
	UpClusters clusters = {3, numbers, 9};
	UpValue *before = describe(body), *info;
	UpFit fit = {.task = UP_TASK_CLUSTER, .n_features = 4, .info = p.info, .params = p.bytes};
	size_t plain_len = bytes_of(body).len;
	UpWriter w;
	UpReader r;

	up_kmeans.predict(body, x, IRIS_ROWS, plain);
	up_kmeans.set_numbers(body, &clusters);
	up_kmeans.predict(body, x, IRIS_ROWS, out);
	for (int i = 0; i < IRIS_ROWS; i++)
		CHECK(out[i] == numbers[(int) plain[i]]);
	info = describe(body);
	CHECK(strcmp(up_value_text(up_value_get(info, "numbers")), "[0, 5, 7]") == 0);
	for (int i = 0; i < 3; i++)
	{
		static const int from[] = {1, 0, 2};

		CHECK(up_value_equal(up_value_get(info, "sizes")->items[i],
							 up_value_get(before, "sizes")->items[from[i]]));
		CHECK(up_value_equal(up_value_get(info, "centres")->items[i],
							 up_value_get(before, "centres")->items[from[i]]));
	}
	up_kmeans.centre(body, 1, centre);
	for (int j = 0; j < IRIS_FEATURES; j++)
		CHECK(centre[j] == up_value_get(info, "centres")->items[0]->items[j]->number);
	w = bytes_of(body);
	CHECK(w.len == plain_len + 16);
	up_reader_init(&r, w.bytes, w.len, "model");
	copy = up_kmeans.read(&r, &shape);
	up_get_end(&r);
	CHECK(up_value_equal(describe(copy), info));
	CHECK(up_kmeans.clusters(copy).next == 9);
	fit.data = data_from_arrays(x, NULL, IRIS_ROWS, IRIS_FEATURES, 0);
	updated = up_kmeans.update(copy, &fit);
	CHECK(up_value_equal(up_value_get(describe(updated), "numbers"), up_value_get(info, "numbers")));
	for (int i = 0; i < 4; i++)
	{
		/* 9 and up, twice the same, 0 to 2 with next 3 (which are not written), and a next beyond all columns. */
		static const uint32_t forged[][4] = {{9, 5, 0, 9}, {9, 5, 7, 5}, {3, 0, 1, 2}, {0x80000000, 5, 0, 7}};

		for (int j = 0; j < 4; j++)
			for (int byte = 0; byte < 4; byte++)
				w.bytes[plain_len + 4 * j + byte] = (uint8_t) (forged[i][j] >> 8 * byte);
		up_reader_init(&r, w.bytes, w.len, "model");
		CHECK_FAILS(UP_CORRUPT, "numbers of clusters", up_kmeans.read(&r, &shape));
	}
	up_reader_init(&r, w.bytes, w.len - 4, "model");
	CHECK_FAILS(UP_CORRUPT, "", up_kmeans.read(&r, &shape));
}

int
main(void)
{
	static const UpTest tests[] = {
		{"iris: best of 10 runs as scikit-learn's", test_iris_best},
		{"iris: random first centres", test_iris_random_starts},
		{"given centres: runs as scikit-learn's", test_given_centres},
		{"max_iter", test_max_iter},
		{"an empty cluster is re-seeded", test_empty_cluster},
		{"equal first centres", test_many_empty},
		{"k = 1", test_one_cluster},
		{"k = n", test_k_is_n},
		{"more clusters than distinct rows", test_k_lowered},
		{"no variance", test_no_variance},
		{"one row, no row", test_one_row},
		{"large values", test_large_values},
		{"tiny values", test_tiny_values},
		{"labels, sizes, inertia and centres agree", test_consistent},
		{"rows that are not read", test_bounds},
		{"rows far away", test_far_rows},
		{"a row far off", test_row_far_off},
		{"rows between two centres", test_ties},
		{"same seed, same bytes", test_reproducible},
		{"write and read", test_write_read},
		{"damaged bytes", test_damaged},
		{"numbers of clusters", test_numbers},
		{"unusable init", test_bad_init},
		{"cancellation", test_cancel},
		{"many columns", test_many_columns},
	};

	return up_run_tests("kmeans", tests, UP_LENGTH(tests));
}
