/*
 * mlp.c - times the network's training and prediction alone, without a server
 *
 *   mlp train.bin test.bin key=value …
 *
 * Files: little-endian u64 rows, u64 columns, u64 classes (0: regression), then rows × columns float8, then a float8
 * label a row. Without files ("-" "-"): 100,000 × 20 generated rows of two classes. Keys are the parameters of
 * uprofile_mlp (hidden_layer_sizes=128,64), and seeds=N trains N times with seeds 0 … N - 1. Build:
 *
 *   cc -std=gnu11 -O3 -Isrc/core -Itest/unit -o build/mlp bench/micro/mlp.c $(find src/core -name "*.c") \
 *      test/unit/platform_libc.c -lm
 */
#include "check.h"
#include "arrays.h"

#include "base/rng.h"
#include "learn/learner.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

extern const UpLearner up_mlp;

typedef struct Table
{
	uint64_t n, d, classes;
	double *x, *y;
} Table;

static double
now(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_utime.tv_sec + usage.ru_utime.tv_usec / 1e6;
}

static void
table_alloc(Table *t)
{
	t->x = malloc(t->n * t->d * sizeof(double));
	t->y = malloc(t->n * sizeof(double));
}

static void
table_read(Table *t, const char *path)
{
	FILE *f = fopen(path, "rb");

	if (f == NULL || fread(t, sizeof(uint64_t), 3, f) != 3)
	{
		fprintf(stderr, "cannot read %s\n", path);
		exit(1);
	}
	table_alloc(t);
	if (fread(t->x, sizeof(double), t->n * t->d, f) != t->n * t->d ||
		fread(t->y, sizeof(double), t->n, f) != t->n)
	{
		fprintf(stderr, "%s is too short\n", path);
		exit(1);
	}
	fclose(f);
}

/* Two classes, by a function of the first five columns with a little noise. */
static void
table_generate(Table *t, uint64_t seed)
{
	UpRng rng;

	t->n = 100000;
	t->d = 20;
	t->classes = 2;
	table_alloc(t);
	up_rng_init(&rng, seed, 0);
	for (uint64_t i = 0; i < t->n; i++)
	{
		double *x = t->x + i * t->d;

		for (uint64_t j = 0; j < t->d; j++)
			x[j] = up_rng_normal(&rng);
		t->y[i] = x[0] * x[1] + x[2] - 0.5 * x[3] * x[3] + x[4] + 0.3 * up_rng_normal(&rng) > 0;
	}
}

static UpValue *
value_of(const char *text)
{
	char *end;
	double number = strtod(text, &end);

	if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		return up_value_bool(text[0] == 't');
	if (end == text)
		return up_value_string(text);
	if (*end == 0)
		return up_value_number(number);

	UpValue *array = up_value_array();

	for (;; number = strtod(end + 1, &end))
	{
		up_value_append(array, up_value_number(number));
		if (*end != ',')
			return array;
	}
}

static double
quality(const UpFit *fit, const void *body, const Table *t)
{
	double *out = up_alloc_array(t->n, sizeof(double));
	double right = 0, mean = 0, residual = 0, total = 0;

	up_mlp.predict(body, t->x, t->n, out);
	for (uint64_t i = 0; i < t->n; i++)
		mean += t->y[i] / t->n;
	for (uint64_t i = 0; i < t->n; i++)
	{
		right += out[i] == t->y[i];
		residual += (out[i] - t->y[i]) * (out[i] - t->y[i]);
		total += (t->y[i] - mean) * (t->y[i] - mean);
	}
	up_free(out);
	return fit->task == UP_TASK_CLASSIFY ? right / t->n : 1 - residual / total;
}

static double
row_by_row(const void *body, const Table *t)
{
	double start = now(), sum = 0, out;
	size_t n = 0;

	for (; n < 1000000; n++)
	{
		up_mlp.predict(body, t->x + n % t->n * t->d, 1, &out);
		sum += out;
	}
	return sum >= -1 ? (now() - start) / n : 0;
}

int
main(int argc, char **argv)
{
	Table train = {0}, test = {0};
	UpValue *given = up_value_object();
	int seeds = 1;
	double sum = 0, squares = 0, best = INFINITY;
	void *params = up_alloc0(up_mlp.params_size), *body = NULL;
	UpFit fit = {.params = params};

	if (argc < 3)
		return fprintf(stderr, "usage: mlp train.bin|- test.bin|- [key=value …]\n"), 1;
	if (strcmp(argv[1], "-") == 0)
	{
		table_generate(&train, 1);
		table_generate(&test, 2);
	}
	else
	{
		table_read(&train, argv[1]);
		table_read(&test, argv[2]);
	}
	for (int i = 3; i < argc; i++)
	{
		char *value = strchr(argv[i], '=');

		*value++ = 0;
		if (strcmp(argv[i], "seeds") == 0)
			seeds = atoi(value);
		else
			up_value_set(given, argv[i], value_of(value));
	}
	up_test_memory_limit = SIZE_MAX;
	up_params_parse(&up_mlp.params, NULL, 0, given, "mlp", params);
	fit.task = train.classes > 0 ? UP_TASK_CLASSIFY : UP_TASK_REGRESS;
	fit.data = data_from_arrays(train.x, train.y, train.n, train.d, train.classes);
	fit.n_features = train.d;
	fit.n_classes = train.classes;
	for (int seed = 0; seed < seeds; seed++)
	{
		double start = now(), q;
		UpValue *info = up_value_object();

		fit.seed = seed;
		fit.info = up_value_object();
		body = up_mlp.fit(&fit);
		best = fmin(best, now() - start);
		q = quality(&fit, body, &test);
		sum += q;
		squares += q * q;
		up_mlp.describe(body, info);
		printf("seed %d: %.4f, %g iterations, loss %.5f, fit %.3f s\n", seed, q,
			   up_value_get(info, "iterations")->number, up_value_get(info, "loss")->number, now() - start);
	}
	printf("mean %.4f sd %.4f; least time %.3f s; predict row by row %.2f us", sum / seeds,
		   sqrt(fmax(0, squares / seeds - sum / seeds * sum / seeds)), best, row_by_row(body, &test) * 1e6);

	double start = now();

	quality(&fit, body, &test);
	printf(", all at once %.3f us\n", (now() - start) / test.n * 1e6);
	return 0;
}
