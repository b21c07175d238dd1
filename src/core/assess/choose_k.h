/*
 * choose_k.h - how many clusters rows fall into
 */
#ifndef UPROFILE_CHOOSE_K_H
#define UPROFILE_CHOOSE_K_H

#include "learn/train.h"

#define UP_CHOOSE_K_MOST 1000 /* clusters */

typedef struct UpChoice
{
	uint32_t k;
	double inertia;
	double silhouette;     /* NaN: there is none for one cluster */
	double gap, gap_error; /* NaN: an inertia of 0 has no logarithm */
	bool chosen;
} UpChoice;

/*
 * A line for each k from k_min to k_max, fewer where there are no more distinct rows; one is chosen. t->request is one of k-means, given
 * what it was parsed of. What is asked for beside it stands in params: {"references": 10, "sample": 5000}.
 */
extern UpChoice *up_choose_k(const UpTraining *t, const UpValue *given, const UpValue *params, uint32_t k_min,
							 uint32_t k_max, uint32_t *n);
/* Takes these keys out of what a user gave: they are no parameters of k-means. */
extern UpValue *up_choose_k_params(UpValue **given);

#endif
