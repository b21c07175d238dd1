/*
 * recommend_many.h - what many users are recommended, and many users as vectors
 */
#ifndef UPROFILE_RECOMMEND_MANY_H
#define UPROFILE_RECOMMEND_MANY_H

#include "learn/recommend/recommend.h"

typedef struct UpRecommendMany UpRecommendMany;

/* For about n_users in all, the best k for each. From the first users on until its end workers may stand by. */
extern UpRecommendMany *up_recommend_many_begin(const UpRecommendModel *m, uint32_t n_users, uint32_t k);
/* Of some users: tops (n × k) are items that their histories do not have, the best first; n_tops: how many. */
extern void up_recommend_many(UpRecommendMany *r, UpHistory *const *histories, uint32_t n, uint32_t *tops,
							  uint32_t *n_tops);
extern void up_recommend_many_end(UpRecommendMany *r);

/* up_recommend_vector of each user, a row each. */
extern void up_recommend_vectors(const UpRecommendModel *m, const UpInteractions *users, double *out);

#endif
