/*
 * silhouette.c - the silhouette of a clustering (Rousseeuw 1987); see silhouette.h
 */
#include "assess/silhouette.h"

#include "num/sort.h"
#include "num/vec.h"

#include <math.h>
#include <string.h>

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

double
up_silhouette(size_t n, size_t width, const double *x, const double *cluster, uint32_t n_clusters)
{
	size_t *counts = up_alloc0(UP_MAX(n_clusters, 1) * sizeof(size_t));
	double *sums = up_alloc_array(UP_MAX(n_clusters, 1), sizeof(double));
	uint32_t used = 0;
	double total = 0;

	for (size_t i = 0; i < n; i++)
		used += counts[(uint32_t) cluster[i]]++ == 0;
	for (size_t i = 0; used >= 2 && i < n; i++)
	{
		up_tick();
		memset(sums, 0, n_clusters * sizeof(double));
		for (size_t j = 0; j < n; j++)
			sums[(uint32_t) cluster[j]] += sqrt(up_vec_sqdist(x + i * width, x + j * width, width));
		total += row_silhouette(sums, counts, n_clusters, (uint32_t) cluster[i]);
	}
	up_free(counts);
	up_free(sums);
	return used >= 2 ? total / (double) n : NAN;
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
