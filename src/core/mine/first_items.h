/*
 * first_items.h - a search of frequent sets shared out by the first items of sets
 *
 * The sets that begin with one item are a part of the work. What parts find is put together in the order in which one process would have
 * found it, so that nothing else depends on who did what.
 */
#ifndef UPROFILE_FIRST_ITEMS_H
#define UPROFILE_FIRST_ITEMS_H

#include "mine/search.h"

#define UP_ROOT_ARRAYS 4

typedef struct UpFirstItems
{
	/* Finds all sets that begin with item a. */
	void (*mine)(void *miner, uint32_t a);
	void *miner;
	/* The same elsewhere, between up_first_part_begin and up_first_part_end. */
	UpPart part;
	/* What parts see of the baskets, as their first arrays. */
	void *arrays[UP_ROOT_ARRAYS];
	size_t bytes[UP_ROOT_ARRAYS];
} UpFirstItems;

/* All sets, from the last first item to the first; workers help where that is likely to take long. */
extern void up_search_first_items(UpSearch *s, const UpFirstItems *f);

/* A search for the sets of one first item, within a part. */
typedef struct UpFirstPart
{
	UpSearch s; /* with k, n_rows, and the lengths that are allowed */
	UpItemsets sets;
	UpPackedSets packed;
	uint32_t a;
} UpFirstPart;

extern void up_first_part_begin(UpFirstPart *p, const void *fixed, uint32_t part);
extern void up_first_part_end(UpFirstPart *p, const void *fixed, void *const *arrays, uint32_t part);

#endif
