/*
 * segment_figures.h - how well a model's segments are apart, how steady they are, and their typical users
 */
#ifndef UPROFILE_SEGMENT_FIGURES_H
#define UPROFILE_SEGMENT_FIGURES_H

#include "learn/model.h"
#include "pg/profiles/segments.h"

typedef struct UpSegmentFigure
{
	const char *segment;
	double silhouette;   /* NaN: not known */
	const char *typical; /* the key of the member nearest to the segment's centre */
} UpSegmentFigure;

/* Of a sample of the profile's users, the same for the same rows. *stability: see core/assess/cluster_figures.h; NaN. */
extern UpSegmentFigure *up_segment_figures_of(const UpSegments *s, const UpSegmentSet *set, const UpModel *m,
											  int64 users, int *n, double *stability);

#endif
