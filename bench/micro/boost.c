/*
 * boost.c - times of gradient boosting without a server
 *
 *   boost [rows [columns [rounds]]]     default 100000 20 100
 *
 * Two classes by ten normal columns, with noise. Prints CPU seconds, the least of three: bins and codes, then the whole training of
 * depth 6 and learning rate 0.3; and the training loss. Build from the root:
 *
 *   cc -std=gnu11 -O3 -Isrc/core -Itest/unit -o boost bench/micro/boost.c test/unit/platform_libc.c \
 *      $(find src/core -name "*.c") -lm
 */
#include "check.h"
#include "arrays.h"
#include "cpu.h"

#include "base/rng.h"
#include "learn/learners.h"
#include "learn/request.h"
#include "learn/tree/bins.h"

#include <stdlib.h>

#define ROUNDS 3

/* Any value: the text as JSON would be read. */
static UpValue *
params_of(double rounds)
{
	UpValue *given = up_value_object();

	up_value_set(given, "n_estimators", up_value_number(rounds));
	up_value_set(given, "max_depth", up_value_number(6));
	up_value_set(given, "max_leaf_nodes", up_value_null());
	up_value_set(given, "min_samples_leaf", up_value_number(1));
	up_value_set(given, "learning_rate", up_value_number(0.3));
	return given;
}

int
main(int argc, char **argv)
{
	size_t n = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
	uint32_t d = argc > 2 ? (uint32_t) atoi(argv[2]) : 20, rounds = argc > 3 ? (uint32_t) atoi(argv[3]) : 100;
	const UpLearner *boost = up_learner_by_name("boost");
	double *x = up_alloc_array(n * d, sizeof(double)), *y = up_alloc_array(n, sizeof(double));
	double least[2] = {INFINITY, INFINITY}, loss = 0;
	UpData *data;
	UpRng rng;

	up_test_memory_limit = SIZE_MAX;
	up_rng_init(&rng, 1, 0);
	for (size_t i = 0; i < n; i++)
	{
		double sum = up_rng_normal(&rng);

		for (uint32_t j = 0; j < d; j++)
		{
			x[i * d + j] = up_rng_normal(&rng);
			sum += j < 10 ? x[i * d + j] * (j % 3 == 0 ? fabs(x[i * d + j]) : 1) : 0;
		}
		y[i] = sum > 0;
	}
	data = data_from_arrays(x, y, n, d, 2);
	for (int round = 0; round < ROUNDS; round++)
	{
		static const char *const names[] = {"a", "b"};
		UpArena *arena = up_arena_enter();
		UpFit fit = {.data = data, .task = UP_TASK_CLASSIFY, .n_features = d, .n_classes = 2, .classes = names};
		uint8_t *codes, *by_feature;
		double t[3], *labels;

		fit.params = up_request_parse(boost, params_of(rounds))->params;
		fit.info = up_value_object();
		t[0] = cpu_seconds();
		up_bins_rows(data, NULL, &codes, &by_feature, &labels);
		t[1] = cpu_seconds();
		boost->fit(&fit);
		t[2] = cpu_seconds();
		for (int i = 0; i < 2; i++)
			least[i] = UP_MIN(least[i], t[i + 1] - t[i]);
		loss = up_value_get(fit.info, "training_loss")->number;
		up_arena_leave(arena);
	}
	printf("%zu x %u, %u rounds\n", n, d, rounds);
	printf("bins        %8.3f s\n", least[0]);
	printf("training    %8.3f s, loss %.6f\n", least[1], loss);
	return 0;
}
