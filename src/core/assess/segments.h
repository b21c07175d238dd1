/*
 * segments.h - what is said of the clusters of a clustering beside their sizes
 */
#ifndef UPROFILE_SEGMENTS_H
#define UPROFILE_SEGMENTS_H

#include "assess/evaluate.h"

typedef struct UpSegmentFigures
{
	double *silhouette; /* one a cluster: the mean over its rows; NaN with fewer than two clusters */
	size_t *typical;    /* the row nearest to the mean of the cluster's rows; the first of those that are */
	double stability;   /* see up_steadiness; NaN */
} UpSegmentFigures;

/*
 * Hubert, Arabie (1985): 1 for the same partition, 0 as by chance. a, b: one cluster number a row, from 0 on.
 * 1 where both have one cluster, or each row is alone.
 */
extern double up_adjusted_rand(size_t n, const double *a, uint32_t n_a, const double *b, uint32_t n_b);
/* x: n × width; cluster: numbers from 0 to k - 1. Cost: O(n² width). */
extern void up_segment_figures(size_t n, size_t width, const double *x, const double *cluster, uint32_t k,
							   UpSegmentFigures *out);
/*
 * The mean adjusted Rand index between these clusters of the rows of a frame and those that trainings give them, each on
 * another half of the rows and with another seed: 1 where they are found again. key: names of columns that are no features. NaN
 * where a half is not enough to train on.
 */
extern double up_steadiness(UpFrame *f, const UpModel *m, const double *cluster, uint32_t k, const UpValue *key);

#endif
