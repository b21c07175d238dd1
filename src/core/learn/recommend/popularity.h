/*
 * popularity.h - how many have an item, of all and of a segment
 */
#ifndef UPROFILE_POPULARITY_H
#define UPROFILE_POPULARITY_H

#include "learn/recommend/recommender.h"

typedef struct UpPopularity
{
	uint32_t n_items;
	uint32_t n_segments;
	double total;           /* users, or their weights */
	double prior;           /* that many of all are added to each segment */
	double *counts;         /* [n_items] */
	double *segment_totals; /* [n_segments] */
	uint64_t *starts;       /* [n_segments + 1] into what follows */
	uint32_t *items;        /* ascending within a segment */
	double *segment_counts;
} UpPopularity;

/* by_weight: weights are summed up, not users; smoothing: users of all that are added to a segment. */
extern UpPopularity *up_popularity_fit(const UpInteractions *data, bool by_weight, double smoothing);
extern void up_put_popularity(UpWriter *w, const UpPopularity *p);
extern UpPopularity *up_get_popularity(UpReader *r, uint32_t n_items, uint32_t n_segments);
/* out: the share of the segment (UP_NO_SEGMENT or one unknown: of all) that has each item, n_items numbers. */
extern void up_popularity_score(const UpPopularity *p, uint32_t segment, double *out);

#endif
