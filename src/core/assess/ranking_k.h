/*
 * ranking_k.h - how good a list of recommended items is for a user, by the items that turned out to matter to him
 *
 * Each figure is of one user; what is told of many is the mean over those that have relevant items (NaN: this one has none).
 * k: only the first so many count; UP_ALL_RANKS: the whole list.
 */
#ifndef UPROFILE_RANKING_K_H
#define UPROFILE_RANKING_K_H

#include "base/platform.h"

#define UP_ALL_RANKS UINT32_MAX

typedef struct UpRanked
{
	uint32_t n;
	double *gains; /* [n] what the item at each rank is worth; 0: it is not relevant */
	uint32_t n_relevant;
	double *ideal; /* [n_relevant] what all that are relevant are worth, the best first */
} UpRanked;

/*
 * Looks up recommended items among the relevant ones. grades: what each relevant item is worth, above 0; NULL: 1 each. An item that is
 * recommended again counts at its first rank alone; one that is relevant twice by its best grade. NULL texts are no items: they
 * take a rank, and are not relevant. Fails where a grade is negative or not finite; those of 0 are not relevant.
 */
extern UpRanked *up_ranked(const char *const *recommended, uint32_t n, const char *const *relevant,
						   const double *grades, uint32_t n_relevant);

/* Relevant items among the first k, by k (by the length of the list, where k is UP_ALL_RANKS). */
extern double up_precision_at(const UpRanked *r, uint32_t k);
/* Relevant items among the first k, by all that are relevant. */
extern double up_recall_at(const UpRanked *r, uint32_t k);
/* 1 if one of the first k is relevant, else 0. */
extern double up_hit_at(const UpRanked *r, uint32_t k);
/* 1 / rank of the first relevant item; 0 if none of the first k is. */
extern double up_reciprocal_rank_at(const UpRanked *r, uint32_t k);
/* The precision at the rank of each relevant item among the first k, summed up, by the most there could be: min(k, relevant ones). */
extern double up_average_precision_at(const UpRanked *r, uint32_t k);
/* sum of gain / log2(rank + 1) over the first k, by that of the best list (gains as they are, as in scikit-learn's ndcg_score). */
extern double up_ndcg_at(const UpRanked *r, uint32_t k);

/* Of n_items, the share that was recommended to anybody. */
extern double up_coverage(const uint8_t *was_recommended, uint32_t n_items);
/* How surprising an item is that so many of all users have: -log2 of their share; of one that nobody has, as if one half had. */
extern double up_novelty_term(double users, double all_users);

#endif
