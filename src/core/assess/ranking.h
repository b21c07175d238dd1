/*
 * ranking.h - how well scores separate two classes
 */
#ifndef UPROFILE_RANKING_H
#define UPROFILE_RANKING_H

#include "base/platform.h"

/*
 * Area under the receiver operating characteristic: the probability that a hit scores above a miss, ties one half. NaN if
 * either is missing. Scores must not be NaN; they are not changed.
 */
extern double up_auc(const double *hits, size_t n_hits, const double *misses, size_t n_misses);
/*
 * The precision at each score of a hit, averaged over the hits: sum over thresholds of (recall's step) × precision, without
 * interpolation. NaN without a hit.
 */
extern double up_average_precision(const double *hits, size_t n_hits, const double *misses, size_t n_misses);

/* The same where each row counts by its weight, above 0. */
extern double up_auc_weighted(const double *hits, const double *hit_weights, size_t n_hits,
							  const double *misses, const double *miss_weights, size_t n_misses);
extern double up_average_precision_weighted(const double *hits, const double *hit_weights, size_t n_hits,
											const double *misses, const double *miss_weights, size_t n_misses);

/* -log of the probability given to what happened, clipped to [eps, 1 - eps], eps = 2^-52 as in scikit-learn. */
extern double up_log_loss_term(double probability);

#endif
