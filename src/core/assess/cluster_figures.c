/*
 * cluster_figures.c - silhouettes, typical rows and the steadiness of clusters; see cluster_figures.h
 */
#include "assess/cluster_figures.h"

#include "assess/silhouette.h"
#include "base/rng.h"
#include "learn/train.h"
#include "num/vec.h"

#include <math.h>
#include <string.h>

#define TRAININGS 5
#define FEWEST    4 /* rows a cluster, in a half */

static double
pairs(double n)
{
	return n * (n - 1) / 2;
}

double
up_adjusted_rand(size_t n, const double *a, uint32_t n_a, const double *b, uint32_t n_b)
{
	double *table = up_alloc0(UP_MAX((size_t) n_a * n_b, 1) * sizeof(double));
	double *rows = up_alloc0(UP_MAX(n_a, 1) * sizeof(double)),
		   *columns = up_alloc0(UP_MAX(n_b, 1) * sizeof(double));
	double both = 0, in_a = 0, in_b = 0, expected, most;

	for (size_t i = 0; i < n; i++)
	{
		table[(size_t) a[i] * n_b + (size_t) b[i]]++;
		rows[(size_t) a[i]]++;
		columns[(size_t) b[i]]++;
	}
	for (size_t i = 0; i < (size_t) n_a * n_b; i++)
		both += pairs(table[i]);
	for (uint32_t i = 0; i < n_a; i++)
		in_a += pairs(rows[i]);
	for (uint32_t i = 0; i < n_b; i++)
		in_b += pairs(columns[i]);
	up_free(table);
	up_free(rows);
	up_free(columns);
	expected = n > 1 ? in_a * in_b / pairs((double) n) : 0;
	most = (in_a + in_b) / 2;
	return most > expected ? (both - expected) / (most - expected) : 1;
}

/* The means of the clusters' rows, k × width, and how many these are. */
static double *
means_of(size_t n, size_t width, const double *x, const double *cluster, uint32_t k, double *counts)
{
	double *means = up_alloc0(UP_MAX((size_t) k * width, 1) * sizeof(double));

	for (size_t i = 0; i < n; i++)
	{
		uint32_t c = (uint32_t) cluster[i];

		counts[c]++;
		for (size_t j = 0; j < width; j++)
			means[c * width + j] += (x[i * width + j] - means[c * width + j]) / counts[c];
	}
	return means;
}

static void
find_typical(size_t n, size_t width, const double *x, const double *cluster, uint32_t k, size_t *typical)
{
	double *counts = up_alloc0(UP_MAX(k, 1) * sizeof(double)),
		   *least = up_alloc_array(UP_MAX(k, 1), sizeof(double));
	double *means = means_of(n, width, x, cluster, k, counts);

	for (uint32_t c = 0; c < k; c++)
		least[c] = INFINITY;
	for (size_t i = 0; i < n; i++)
	{
		uint32_t c = (uint32_t) cluster[i];
		double d = up_vec_sqdist(x + i * width, means + c * width, width);

		if (d < least[c])
		{
			least[c] = d;
			typical[c] = i;
		}
	}
	up_free(means);
	up_free(counts);
	up_free(least);
}

void
up_cluster_figures(size_t n, size_t width, const double *x, const double *cluster, uint32_t k,
				   UpClusterFigures *out)
{
	out->silhouette = up_alloc_array(UP_MAX(k, 1), sizeof(double));
	out->typical = up_alloc0(UP_MAX(k, 1) * sizeof(size_t));
	out->stability = NAN;
	up_silhouettes(n, width, x, cluster, k, out->silhouette);
	find_typical(n, width, x, cluster, k, out->typical);
}

/* The model's parameters for a frame that has its columns and no others. */
static UpValue *
params_for(const UpFrame *f, const UpModel *m)
{
	UpValue *params = up_value_object(), *prepare = up_value_object();

	for (uint32_t i = 0; i < m->params->n; i++)
	{
		const char *name = m->params->keys[i];

		if (strcmp(name, "features") != 0 && strcmp(name, "exclude") != 0 && strcmp(name, "weight") != 0 &&
			strcmp(name, "prepare") != 0)
			up_value_set(params, name, m->params->items[i]);
		else if (strcmp(name, "prepare") == 0 && m->params->items[i]->type == UP_OBJECT)
		{
			const UpValue *of = m->params->items[i];

			for (uint32_t j = 0; j < of->n; j++)
			{
				if (up_frame_column(f, of->keys[j]) != NULL)
					up_value_set(prepare, of->keys[j], of->items[j]);
			}
			up_value_set(params, name, prepare);
		}
	}
	return params;
}

/* The clusters that a training on half of the rows gives all of them. */
static double
one_training(UpFrame *f, const UpModel *m, const double *cluster, uint32_t k, const UpValue *key,
			 uint64_t stream)
{
	size_t n = f->samples->n_rows, *rows = up_alloc_array(n, sizeof(size_t));
	UpRequest *request = up_request_parse(m->learner, params_for(f, m));
	UpTraining t = {.request = request, .frame = f, .key = key, .quiet = true};
	uint8_t *left_out = up_alloc0(n);
	double *inputs, *labels, index;
	UpRng rng;
	UpModel *other;
	UpBinding *b;
	char *why;

	for (size_t i = 0; i < n; i++)
		rows[i] = i;
	up_rng_init(&rng, (uint64_t) m->seed, stream);
	up_rng_shuffle(&rng, rows, n);
	for (size_t i = n / 2; i < n; i++)
		left_out[rows[i]] = 1;
	t.held_out = left_out;
	request->common.seed = (int64_t) (stream + 1);
	other = up_train(&t);
	up_pipeline_end_training(other->pipeline);
	b = up_bind_frame(f, other, &why);
	if (b == NULL)
		return NAN;
	for (size_t i = 0; i < n; i++)
		rows[i] = i;
	inputs = up_alloc_array(UP_MAX(n * other->pipeline->n_inputs, 1), sizeof(double));
	labels = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	up_bound_inputs(b, rows, n, inputs);
	up_model_predict(other, inputs, n, labels);
	index = up_adjusted_rand(n, cluster, k, labels, up_clusters_dense(labels, n));
	up_free(inputs);
	up_free(labels);
	up_free(rows);
	up_free(left_out);
	return index;
}

double
up_steadiness(UpFrame *f, const UpModel *m, const double *cluster, uint32_t k, const UpValue *key)
{
	double sum = 0;
	UpArena *arena;

	if (k < 2 || f->samples->n_rows / 2 < (size_t) k * FEWEST)
		return NAN;
	/* What halves of the rows lack says nothing of the model. */
	arena = up_arena_enter();
	up_arena_hush(arena);
	for (uint64_t i = 0; i < TRAININGS; i++)
	{
		up_tick();
		sum += one_training(f, m, cluster, k, key, i);
	}
	up_arena_leave(arena);
	return sum / TRAININGS;
}
