/*
 * weighting.h - what a pair's weight counts
 */
#ifndef UPROFILE_WEIGHTING_H
#define UPROFILE_WEIGHTING_H

#include <math.h>

#include "learn/recommend/recommender.h"

typedef enum UpWeighting
{
	UP_WEIGHT_LOG,    /* log(1 + weight): a thousand pieces count seven times one */
	UP_WEIGHT_LINEAR, /* the weight */
	UP_WEIGHT_BINARY  /* whether there is any; with a half-life, how recent it is */
} UpWeighting;

extern const char *const up_weighting_names[];

static inline double
up_weighting(UpWeighting how, const double *weights, const double *recency, size_t i)
{
	switch (how)
	{
		case UP_WEIGHT_LOG:
			return log1p(weights[i]);
		case UP_WEIGHT_LINEAR:
			return weights[i];
		case UP_WEIGHT_BINARY:
			break;
	}
	return recency != NULL ? recency[i] : 1;
}

#endif
