/*
 * cluster_numbers.h - the numbers by which clusters are told (learner.h: UpClusters), and how they are stored
 */
#ifndef UPROFILE_CLUSTER_NUMBERS_H
#define UPROFILE_CLUSTER_NUMBERS_H

#include "base/text.h"
#include "learn/learner.h"

static inline uint32_t
up_cluster_number(const UpClusters *clusters, uint32_t cluster)
{
	return clusters->numbers != NULL ? clusters->numbers[cluster] : cluster;
}

/* A copy of these. */
extern UpClusters up_cluster_numbers_copy(const UpClusters *clusters);
/* Positions of the clusters by ascending number: in this order they are told. */
extern uint32_t *up_clusters_by_number(const UpClusters *clusters);
/* At the end of a body, and only where they are not 0 to k - 1: u32 next, u32 number × k. */
extern void up_put_cluster_numbers(UpWriter *w, const UpClusters *clusters);
extern UpClusters up_get_cluster_numbers(UpReader *r, uint32_t k);

/* A centre in words, in the units of the data: a line a column. */
extern void up_add_cluster_centre(UpText *out, const UpPipeline *p, const UpValue *names, const double *centre);

#endif
