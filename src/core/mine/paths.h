/*
 * paths.h - the ways that users went, whole, and how often each
 */
#ifndef UPROFILE_PATHS_H
#define UPROFILE_PATHS_H

#include "mine/items.h"
#include "mine/itemsets.h"
#include "mine/sequences.h"

#define UP_ANY_ITEM UINT32_MAX

typedef struct UpPathOptions
{
	uint32_t max_len;   /* what is longer is cut; at least 1 */
	bool collapse;      /* the same item several times in a row counts once */
	uint64_t new_visit; /* a pause that is longer begins another way; UP_ANY_TIME: none does */
	/* Only from the first of these on, to the first of those after it; ways without it do not count. Or UP_ANY_ITEM. */
	uint32_t first_item, last_item;
} UpPathOptions;

typedef struct UpPaths
{
	UpKeys keys;      /* a path: its items, and 1 where it was cut, else 0 */
	uint64_t *counts; /* [keys.n] */
	uint32_t *users;  /* [keys.n] who went it */
	uint32_t *order;  /* [keys.n] by count (most first), items */
	uint64_t n;       /* all that count */
	uint32_t capacity;
} UpPaths;

extern void up_count_paths(const UpTrails *trails, const UpPathOptions *options, UpPaths *paths);
/* The i-th in the order of the numbers of `order`. */
extern const uint32_t *up_path_get(const UpPaths *paths, uint32_t i, uint32_t *len, bool *cut);

/*
 * Calls visit once for each way of each user: its events, in order, consecutive repetitions left out where `collapse`. The events are valid
 * until it returns.
 */
typedef void (*UpVisitFn)(void *arg, uint32_t user, const uint32_t *items, size_t n);
extern void up_each_visit(const UpTrails *trails, uint64_t new_visit, bool collapse, UpVisitFn visit,
						  void *arg);

#endif
