/*
 * silhouette.h - how well clusters are apart
 */
#ifndef UPROFILE_SILHOUETTE_H
#define UPROFILE_SILHOUETTE_H

#include "base/platform.h"

#define UP_SILHOUETTE_ROWS 5000 /* more rows are sampled */

/*
 * The mean over rows of (b - a) / max(a, b): a the mean distance to the other rows of the own cluster, b that to the
 * rows of the nearest other cluster; 0 for a row that is alone in its cluster. NaN with fewer than two clusters. x: n ×
 * width, row-major; cluster numbers below n_clusters. Cost: O(n² width).
 */
extern double up_silhouette(size_t n, size_t width, const double *x, const double *cluster,
							uint32_t n_clusters);
/* A clustering of rows: the number of clusters, and of each row its cluster. */
typedef struct UpClustering
{
	uint32_t k;
	const double *cluster;
} UpClustering;

/*
 * The silhouette of each row, n × n_clusterings, of several clusterings at once: the distance of two rows is the same for each. Blocks of
 * rows are shared out to workers. 0 where there is no other cluster.
 */
extern void up_row_silhouettes(size_t n, size_t width, const double *x, const UpClustering *of,
							   uint32_t n_clusterings, double *out);
/* The same of each cluster: the mean over its rows; NaN where it has none. */
extern void up_silhouettes(size_t n, size_t width, const double *x, const double *cluster, uint32_t n_clusters,
						   double *out);
/*
 * From the centres of the clusters, in one walk over the rows and n_clusters² distances; definitions and edge cases are scikit-learn's.
 * NaN with fewer than two clusters or no more rows than clusters.
 * Davies, Bouldin (1979): the mean over clusters of the largest (s_i + s_j) / d_ij, s the mean distance to the centre; less is better.
 * Calinski, Harabasz (1974): (B / (k - 1)) / (W / (n - k)), sums of squared distances between and within.
 */
extern void up_cluster_spreads(size_t n, size_t width, const double *x, const double *cluster,
							   uint32_t n_clusters, double *davies_bouldin, double *calinski_harabasz);
/* Numbers of clusters as their places among those that occur, from 0 on; how many these are is returned. */
extern uint32_t up_clusters_dense(double *clusters, size_t n);

#endif
