/*
 * funnel.h - how far users come along given steps, in order, within a time
 *
 * A user comes as far as step k if he has k events, one for each of the steps 1 … k, in this order of time, and the last at most `within` after the
 * first. Events at one time may be in any order; an event counts for one step.
 */
#ifndef UPROFILE_FUNNEL_H
#define UPROFILE_FUNNEL_H

#include "mine/sequences.h"

#define UP_MOST_STEPS 100

typedef struct UpFunnelOptions
{
	const uint32_t *steps; /* [n_steps] items; UINT32_MAX: one that nobody has */
	uint32_t n_steps;      /* 1 … UP_MOST_STEPS */
	uint64_t within;       /* UP_ANY_TIME: no matter how long */
} UpFunnelOptions;

typedef struct UpFunnel
{
	uint64_t users[UP_MOST_STEPS]; /* that came as far as this step */
	/*
	 * The median time since the step before, of these users: NaN for the first step, and where there are none. Of each user's ways the one that
	 * came farthest first counts, of several the one that began last.
	 */
	double medians[UP_MOST_STEPS];
} UpFunnel;

extern void up_count_funnel(const UpTrails *trails, const UpFunnelOptions *options, UpFunnel *funnel);

#endif
