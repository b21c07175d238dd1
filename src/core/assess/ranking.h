/*
 * ranking.h - how well scores separate two classes
 */
#ifndef UPROFILE_RANKING_H
#define UPROFILE_RANKING_H

#include "base/platform.h"

/*
 * Area under the receiver operating characteristic: the probability that a hit scores above a miss, ties one half.
 * hits: 1 for the positive class. NaN if either class is missing. scores must not be NaN.
 */
extern double up_auc(size_t n, const double *scores, const uint8_t *hits);

/* The same with the scores of hits and misses apart; neither is changed. */
extern double up_auc_apart(const double *hits, size_t n_hits, const double *misses, size_t n_misses);
/*
 * The precision at each score of a hit, averaged over the hits: sum over thresholds of (recall's step) × precision, without
 * interpolation. NaN without a hit.
 */
extern double up_average_precision(const double *hits, size_t n_hits, const double *misses, size_t n_misses);

/* -log of the probability given to what happened, clipped to [eps, 1 - eps], eps = 2^-52 as in scikit-learn. */
extern double up_log_loss_term(double probability);

#endif
