/*
 * silhouette.c - the silhouette of a clustering (Rousseeuw 1987); see silhouette.h
 */
#include "assess/silhouette.h"

#include "num/sort.h"
#include "num/vec.h"

#include <math.h>
#include <string.h>

#define PART_ROWS       64
#define SECONDS_A_PAIR  8e-9 /* of rows, about */
#define SECONDS_A_VALUE 4e-10

/* The silhouette of one row from the sums of its distances to the rows of every cluster. */
static double
row_silhouette(const double *sums, const size_t *counts, uint32_t n_clusters, uint32_t own)
{
	double inner, outer = INFINITY;

	if (counts[own] < 2)
		return 0;
	inner = sums[own] / (double) (counts[own] - 1);
	for (uint32_t k = 0; k < n_clusters; k++)
	{
		if (k != own && counts[k] > 0)
			outer = UP_MIN(outer, sums[k] / (double) counts[k]);
	}
	return UP_MAX(inner, outer) > 0 ? (outer - inner) / UP_MAX(inner, outer) : 0;
}

/* Of several clusterings of the same rows. A row's places are those of its clusters among the clusters of all clusterings. */
typedef struct Job
{
	size_t n, width;
	uint32_t n_clusterings;
} Job;

enum
{
	ROWS,
	PLACES, /* n × n_clusterings */
	FIRSTS, /* n_clusterings + 1: of the places */
	COUNTS, /* of the rows in each place */
	OUT,    /* n × n_clusterings */
	N_ARRAYS
};

static void
silhouette_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const Job *job = fixed;
	const double *x = arrays[ROWS];
	const uint32_t *places = arrays[PLACES], *firsts = arrays[FIRSTS];
	const size_t *counts = arrays[COUNTS];
	uint32_t g = job->n_clusterings, k = firsts[g];
	size_t first = (size_t) part * PART_ROWS, end = UP_MIN(first + PART_ROWS, job->n);
	double *sums = up_alloc_array(UP_MAX(k, 1), sizeof(double)), *out = arrays[OUT];

	for (size_t i = first; i < end; i++)
	{
		up_tick();
		memset(sums, 0, k * sizeof(double));
		for (size_t j = 0; j < job->n; j++)
		{
			double distance = sqrt(up_vec_sqdist(x + i * job->width, x + j * job->width, job->width));

			for (uint32_t c = 0; c < g; c++)
				sums[places[j * g + c]] += distance;
		}
		for (uint32_t c = 0; c < g; c++)
			out[i * g + c] = row_silhouette(sums + firsts[c], counts + firsts[c], firsts[c + 1] - firsts[c],
											places[i * g + c] - firsts[c]);
	}
	up_free(sums);
}

void
up_row_silhouettes(size_t n, size_t width, const double *x, const UpClustering *of, uint32_t n_clusterings,
				   double *out)
{
	Job job = {n, width, n_clusterings};
	void *arrays[N_ARRAYS];
	uint32_t *places, *firsts;
	size_t *counts, values = UP_MAX(n * n_clusterings, 1);

	up_workers_begin((double) n * (double) n * (SECONDS_A_PAIR + (double) width * SECONDS_A_VALUE));
	arrays[ROWS] =
		memcpy(up_alloc_large_array(UP_MAX(n * width, 1), sizeof(double)), x, n * width * sizeof(double));
	arrays[PLACES] = places = up_alloc_large_array(values, sizeof(uint32_t));
	arrays[FIRSTS] = firsts = up_alloc_large_array((size_t) n_clusterings + 1, sizeof(uint32_t));
	firsts[0] = 0;
	for (uint32_t c = 0; c < n_clusterings; c++)
		firsts[c + 1] = firsts[c] + of[c].k;
	arrays[COUNTS] = counts = up_alloc_large_zeroed(UP_MAX(firsts[n_clusterings], 1), sizeof(size_t));
	for (size_t i = 0; i < n; i++)
	{
		for (uint32_t c = 0; c < n_clusterings; c++)
			counts[places[i * n_clusterings + c] = firsts[c] + (uint32_t) of[c].cluster[i]]++;
	}
	arrays[OUT] = up_alloc_large_array(values, sizeof(double));
	up_parallel((uint32_t) ((n + PART_ROWS - 1) / PART_ROWS), silhouette_part, &job, sizeof(job), arrays,
				N_ARRAYS);
	memcpy(out, arrays[OUT], n * n_clusterings * sizeof(double));
	for (int a = 0; a < N_ARRAYS; a++)
		up_free_large(arrays[a]);
	up_workers_end();
}

/* Adds the silhouette of each row to that of its cluster. counts: rows of each. False with fewer than two clusters. */
static bool
add_silhouettes(size_t n, size_t width, const double *x, const double *cluster, uint32_t n_clusters,
				size_t *counts, double *totals)
{
	double *of_rows;
	uint32_t used = 0;

	for (size_t i = 0; i < n; i++)
		used += counts[(uint32_t) cluster[i]]++ == 0;
	if (used < 2)
		return false;
	of_rows = up_alloc_array(n, sizeof(double));
	up_row_silhouettes(n, width, x, &(UpClustering){n_clusters, cluster}, 1, of_rows);
	for (size_t i = 0; i < n; i++)
		totals[(uint32_t) cluster[i]] += of_rows[i];
	up_free(of_rows);
	return true;
}

void
up_silhouettes(size_t n, size_t width, const double *x, const double *cluster, uint32_t n_clusters, double *out)
{
	size_t *counts = up_alloc0(UP_MAX(n_clusters, 1) * sizeof(size_t));
	bool apart;

	memset(out, 0, n_clusters * sizeof(double));
	apart = add_silhouettes(n, width, x, cluster, n_clusters, counts, out);
	for (uint32_t k = 0; k < n_clusters; k++)
		out[k] = apart && counts[k] > 0 ? out[k] / (double) counts[k] : NAN;
	up_free(counts);
}

double
up_silhouette(size_t n, size_t width, const double *x, const double *cluster, uint32_t n_clusters)
{
	size_t *counts = up_alloc0(UP_MAX(n_clusters, 1) * sizeof(size_t));
	double *totals = up_alloc0(UP_MAX(n_clusters, 1) * sizeof(double)), total = 0;
	bool apart = add_silhouettes(n, width, x, cluster, n_clusters, counts, totals);

	for (uint32_t k = 0; k < n_clusters; k++)
		total += totals[k];
	up_free(counts);
	up_free(totals);
	return apart ? total / (double) n : NAN;
}

uint32_t
up_clusters_dense(double *clusters, size_t n)
{
	double *sorted = up_alloc_array(UP_MAX(n, 1), sizeof(double)),
		   *scratch = up_alloc_array(UP_MAX(n, 1), sizeof(double));
	size_t different = 0;

	memcpy(sorted, clusters, n * sizeof(double));
	up_sort_doubles(sorted, n, scratch);
	for (size_t i = 0; i < n; i++)
	{
		if (i == 0 || sorted[i] != sorted[different - 1])
			sorted[different++] = sorted[i];
	}
	for (size_t i = 0; i < n; i++)
	{
		size_t low = 0, high = different;

		while (high - low > 1)
		{
			size_t mid = low + (high - low) / 2;

			if (sorted[mid] <= clusters[i])
				low = mid;
			else
				high = mid;
		}
		clusters[i] = (double) low;
	}
	up_free(sorted);
	up_free(scratch);
	return (uint32_t) different;
}

static double
distance_squared(const double *a, const double *b, size_t width)
{
	double sum = 0;

	for (size_t j = 0; j < width; j++)
		sum += (a[j] - b[j]) * (a[j] - b[j]);
	return sum;
}

/* Means of rows and the number of them, by cluster; the last one is of all rows. */
static double *
find_centres(size_t n, size_t width, const double *x, const double *cluster, uint32_t k, double *rows)
{
	double *centres = up_alloc0(((size_t) k + 1) * UP_MAX(width, 1) * sizeof(double));

	for (size_t i = 0; i < n; i++)
	{
		uint32_t of[] = {(uint32_t) cluster[i], k};

		for (int c = 0; c < 2; c++)
		{
			double *centre = centres + of[c] * width;

			rows[of[c]]++;
			for (size_t j = 0; j < width; j++)
				centre[j] += (x[i * width + j] - centre[j]) / rows[of[c]];
		}
	}
	return centres;
}

static double
davies_bouldin_of(const double *centres, const double *spread, size_t width, uint32_t k)
{
	double sum = 0;

	for (uint32_t i = 0; i < k; i++)
	{
		double worst = 0;

		up_tick();
		for (uint32_t j = 0; j < k; j++)
		{
			double d = sqrt(distance_squared(centres + i * width, centres + j * width, width));

			if (j != i && d > 0)
				worst = UP_MAX(worst, (spread[i] + spread[j]) / d);
		}
		sum += worst;
	}
	return sum / k;
}

void
up_cluster_spreads(size_t n, size_t width, const double *x, const double *cluster, uint32_t k,
				   double *davies_bouldin, double *calinski_harabasz)
{
	double *rows = up_alloc0(((size_t) k + 1) * sizeof(double)),
		   *spread = up_alloc0(UP_MAX(k, 1) * sizeof(double));
	double *centres = find_centres(n, width, x, cluster, k, rows), within = 0, between = 0;

	*davies_bouldin = *calinski_harabasz = NAN;
	if (k > 1 && n > k)
	{
		for (size_t i = 0; i < n; i++)
		{
			uint32_t c = (uint32_t) cluster[i];
			double off = distance_squared(x + i * width, centres + c * width, width);

			within += off;
			spread[c] += sqrt(off) / rows[c];
		}
		for (uint32_t c = 0; c < k; c++)
			between += rows[c] * distance_squared(centres + c * width, centres + (size_t) k * width, width);
		*davies_bouldin = davies_bouldin_of(centres, spread, width, k);
		*calinski_harabasz = within > 0 ? between * (double) (n - k) / (within * (k - 1)) : 1;
	}
	up_free(rows);
	up_free(spread);
	up_free(centres);
}
