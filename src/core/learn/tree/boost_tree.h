/*
 * boost_tree.h - grows the trees of a boosting on gradients that are whole numbers
 */
#ifndef UPROFILE_BOOST_TREE_H
#define UPROFILE_BOOST_TREE_H

#include "learn/tree/boost_parts.h"

typedef struct UpBoostGrower UpBoostGrower;

/* Whether so many rows and features are work for more than one process. */
extern bool up_boost_has_parts(size_t n_rows, uint32_t n_features);

/* For trees like g, of at most n_all rows; all features are tried at each split. g->rows are given with each tree. */
extern UpBoostGrower *up_boost_grower_new(const UpGrowing *g);
extern void up_boost_grower_free(UpBoostGrower *w);
/* Trees of so many rows are grown by blocks of them: how many rows has each? */
extern uint32_t up_boost_block_rows(const UpGrowing *g, uint32_t n_rows);
/*
 * A tree on g->rows with gradients g->y and hessians g->weight, of each block measured, or NULL: not yet. leaf_of[row] gets the leaf of
 * each of these rows. NULL: the numbers are none that could be counted in steps (not finite, no hessian at all).
 */
extern UpTree *up_boost_tree(UpBoostGrower *w, const UpGrowing *g, const UpBoostMeasure *measured,
							 uint32_t *leaf_of);

#endif
