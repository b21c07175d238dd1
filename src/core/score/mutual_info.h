/*
 * mutual_info.h - mutual information of any two columns
 */
#ifndef UPROFILE_MUTUAL_INFO_H
#define UPROFILE_MUTUAL_INFO_H

#include "score/score.h"

/*
 * Mutual information in nats: exact for categories; numbers by nearest neighbours (Kraskov, Stögbauer, Grassberger 2004;
 * Ross 2014; k = 3, values scaled to unit deviation, ties broken by noise of 1e-10), and where that would take too long,
 * by bins.
 */
#define UP_NEIGHBOUR_ROWS 100000
extern UpScore up_score_mutual_info(const UpVariable *x, const UpVariable *y, size_t n, uint64_t seed);

#endif
