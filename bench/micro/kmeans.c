/*
 * kmeans.c - times of k-means without a server
 *
 *   kmeans [rows [columns [k [iterations]]]]     default 1000000 16 16 61
 *
 * Rows are drawn around k means that overlap, and read in another order than that of memory, as the canonical one is.
 * Prints CPU seconds, the least of three: reading and centring the rows, greedy k-means++, Lloyd's iterations from given centres, and predictions one row at a time. Build from the root:
 *
 *   cc -std=gnu11 -O3 -Isrc/core -Itest/unit -o kmeans bench/micro/kmeans.c test/unit/platform_libc.c \
 *      $(find src/core -name "*.c") -lm
 */
#include "check.h"
#include "arrays.h"
#include "cpu.h"

#include "base/rng.h"
#include "learn/kmeans/kmeans_run.h"
#include "learn/learner.h"

#include <stdlib.h>

#define ROUNDS 3

extern const UpLearner up_kmeans;

static double *
draw_rows(size_t n, uint32_t d, uint32_t k)
{
	double *x = up_alloc_array(n * d, sizeof(double)), *means = up_alloc_array((size_t) k * d, sizeof(double));
	UpRng rng;

	up_rng_init(&rng, 1, 0);
	for (size_t i = 0; i < (size_t) k * d; i++)
		means[i] = up_rng_normal(&rng);
	for (size_t i = 0; i < n; i++)
	{
		size_t c = up_rng_below(&rng, k);

		for (uint32_t j = 0; j < d; j++)
			x[i * d + j] = means[c * d + j] + up_rng_normal(&rng);
	}
	return x;
}

/* The whole learner, from given centres with tol 0. */
static void *
fit_given(const UpData *data, const double *x, uint32_t k, uint32_t iterations)
{
	char *params = up_alloc0(up_kmeans.params_size);
	UpValue *init = up_value_array();
	UpFit fit = {.data = data, .task = UP_TASK_CLUSTER, .params = params, .n_features = data->n_features};

	fit.info = up_value_object();
	for (uint32_t c = 0; c < k; c++)
		up_value_append(init, up_value_numbers(x + (size_t) c * data->n_features, data->n_features));
	for (int i = 0; i < up_kmeans.params.n; i++)
	{
		const UpParam *p = &up_kmeans.params.params[i];

		if (strcmp(p->name, "k") == 0)
			*(int64_t *) (params + p->offset) = k;
		if (strcmp(p->name, "n_init") == 0)
			*(int64_t *) (params + p->offset) = 1;
		if (strcmp(p->name, "max_iter") == 0)
			*(int64_t *) (params + p->offset) = iterations;
		if (strcmp(p->name, "init") == 0)
			*(UpValue **) (params + p->offset) = init;
	}
	return up_kmeans.fit(&fit);
}

int
main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 1000000;
	uint32_t d = argc > 2 ? (uint32_t) atoi(argv[2]) : 16, k = argc > 3 ? (uint32_t) atoi(argv[3]) : 16;
	uint32_t iterations = argc > 4 ? (uint32_t) atoi(argv[4]) : 61, made = 0;
	double least[4] = {INFINITY, INFINITY, INFINITY, INFINITY}, inertia = 0;
	double *x, *out;
	const UpData *data;
	UpRng rng;

	up_test_memory_limit = SIZE_MAX;
	x = draw_rows(n, d, k);
	out = up_alloc_array(n, sizeof(double));
	data = data_from_arrays(x, NULL, n, d, 0);
	up_rng_init(&rng, 2, 0);
	up_rng_shuffle(&rng, (size_t *) data->order, n);
	for (int round = 0; round < ROUNDS; round++)
	{
		UpArena *arena = up_arena_enter();
		double *centres = up_alloc_array((size_t) k * d, sizeof(double));
		double t[5];
		UpKmeansRows *rows;
		UpValue *info = up_value_object();
		UpRng rng;
		void *body;

		up_rng_init(&rng, 1, 1);
		t[0] = cpu_seconds();
		rows = up_kmeans_load(data, "k-means");
		t[1] = cpu_seconds();
		up_kmeans_seed_greedy(rows, k, &rng, centres);
		t[2] = cpu_seconds();
		body = fit_given(data, x, k, iterations);
		t[3] = cpu_seconds();
		for (size_t i = 0; i < n; i++)
			up_kmeans.predict(body, x + i * d, 1, out + i);
		t[4] = cpu_seconds();
		for (int i = 0; i < 4; i++)
			least[i] = UP_MIN(least[i], t[i + 1] - t[i]);
		up_kmeans.describe(body, info);
		made = (uint32_t) up_value_get(info, "iterations")->number;
		inertia = up_value_get(info, "inertia")->number;
		up_arena_leave(arena);
	}
	printf("%zu x %u, k = %u\n", n, d, k);
	printf("read and centre      %8.3f s\n", least[0]);
	printf("greedy k-means++     %8.3f s\n", least[1]);
	printf("fit, given centres   %8.3f s: %u iterations, %.2f ms each, inertia %.6f\n", least[2], made,
		   (least[2] - least[0]) / made * 1e3, inertia);
	printf("predict, row by row  %8.3f s\n", least[3]);
	return 0;
}
