/*
 * pairs.h - events (user, item, weight, time) in any order become interactions
 *
 * Numbers of users and items are the caller's, from 0 on. What comes out does not depend on the order in which events came.
 */
#ifndef UPROFILE_PAIRS_H
#define UPROFILE_PAIRS_H

#include "learn/recommend/recommender.h"

typedef struct UpPairs
{
	size_t n, capacity;
	uint32_t *pairs; /* [2 n] user, item */
	double *weights; /* [n]; NULL: 1 each */
	double *times;   /* [n]; NULL: none has one */
} UpPairs;

/* weighted, timed: whether weights and times will be given. */
extern void up_pairs_init(UpPairs *e, bool weighted, bool timed);
/*
 * weight: passed over without weights, else checked by up_pairs_group. time: seconds since whenever; NaN: not known, as old as
 * the oldest. Refuses in words what is not finite.
 */
extern void up_pairs_add(UpPairs *e, uint32_t user, uint32_t item, double weight, double time);
/* The latest time; NaN: there is none. */
extern double up_pairs_last(const UpPairs *e);

/* So many bytes at least are taken by so many events; grouped: by grouping all of them, too. */
extern size_t up_pairs_bytes(const UpPairs *e, size_t n, bool grouped);

typedef struct UpGrouping
{
	uint32_t n_users, n_items, n_segments; /* all numbers are below */
	const uint32_t *item_number; /* other numbers for items, UP_NO_ITEM: passed over; NULL: as they are */
	const uint32_t *segments;    /* [n_users] or NULL */
	bool ratings;                /* of a pair the latest event counts (without times the mean), of any sign */
	double half_life;            /* in days, or NaN */
	double now;                  /* from which age is reckoned; NaN: the latest event */
	bool keep_users;             /* else users are put into an order that their events give */
} UpGrouping;

/*
 * Sums up the events of each pair. Fails where a weight is not above 0 (unless they are ratings). Memory is counted; the events stay as
 * they are.
 */
extern UpInteractions *up_pairs_group(const UpPairs *e, const UpGrouping *g);
/* What that may take, with the events. */
extern size_t up_pairs_group_bytes(const UpPairs *e, const UpGrouping *g);
/*
 * The different items of these events, ascending (*n of them), and into pairs, of the same length, the events as of user 0 with
 * the items' places among these.
 */
extern uint32_t *up_pairs_places(const UpPairs *e, uint32_t *pairs, uint32_t *n);
extern void up_interactions_free(UpInteractions *x);

#endif
