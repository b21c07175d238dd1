/*
 * boost_rounds.h - the rounds of gradient boosting, on rows that boost.c has prepared
 */
#ifndef UPROFILE_BOOST_ROUNDS_H
#define UPROFILE_BOOST_ROUNDS_H

#include "learn/tree/boost_work.h"
#include "learn/tree/tree_grow.h"

/* Grows the trees of n_rounds; an update goes on from the scores that there are. */
extern void up_boost_rounds(UpBoosting *w, UpGrowing *g, uint32_t n_rounds, bool update);

#endif
