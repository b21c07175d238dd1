/*
 * trails.h - what users did, in order of time: from rows (user, time, item) in any order
 *
 * Users and items are numbers (items.h numbers them). A row takes 16 bytes, twice while they are sorted.
 */
#ifndef UPROFILE_TRAILS_H
#define UPROFILE_TRAILS_H

#include "base/platform.h"

typedef struct UpTrailEvent
{
	int64_t time;
	uint32_t user;
	uint32_t item;
} UpTrailEvent;

typedef struct UpTrails
{
	UpTrailEvent *events; /* [n]; sorted: by user, time, item */
	size_t n, capacity;
	uint32_t n_users, n_items;
	size_t *starts; /* [n_users + 1] into events, when sorted */
} UpTrails;

extern void up_trails_init(UpTrails *t);
extern void up_trails_grow(UpTrails *t);
/* rank: the numbers that items have from now on; rows of a user at one time are in the order of these. */
extern void up_trails_sort(UpTrails *t, const uint32_t *rank);

static inline void
up_trails_add(UpTrails *t, uint32_t user, int64_t time, uint32_t item)
{
	if (t->n == t->capacity)
		up_trails_grow(t);
	t->events[t->n++] = (UpTrailEvent){time, user, item};
	if (user >= t->n_users)
		t->n_users = user + 1;
	if (item >= t->n_items)
		t->n_items = item + 1;
}

/* The time from one event to a later one; times may be as far apart as numbers of 64 bits can be. */
static inline uint64_t
up_time_between(int64_t from, int64_t to)
{
	return (uint64_t) to - (uint64_t) from;
}

#endif
