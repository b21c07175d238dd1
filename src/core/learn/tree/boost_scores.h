/*
 * boost_scores.h - gradients and scores of a boosting's rows, in parts that can be done side by side
 */
#ifndef UPROFILE_BOOST_SCORES_H
#define UPROFILE_BOOST_SCORES_H

#include "learn/tree/boost_work.h"

/* Gradients and hessians of these rows, of all outputs, at the scores that they have; measured block by block. */
extern void up_boost_gradients(UpBoosting *w, const uint32_t *rows, uint32_t n);
/*
 * Adds to the scores of an output, of these rows, what their leaves say (w->leaf_of); gradients: and takes those at the new scores, while
 * they are at hand.
 */
extern void up_boost_add_leaves(UpBoosting *w, const UpTree *t, uint32_t output, const uint32_t *rows,
								uint32_t n, bool gradients);
/* The mean loss of these rows. */
extern double up_boost_loss(const UpBoosting *w, const uint32_t *rows, uint32_t n);

#endif
