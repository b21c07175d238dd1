/*
 * hierarchy.h - items that belong to others
 *
 * An item has parents, these have parents, and so on; no item is its own ancestor. A basket with an item has all its ancestors
 * (Srikant, Agrawal 1995: generalized association rules). A set never holds an item and its ancestor: that would say nothing.
 */
#ifndef UPROFILE_HIERARCHY_H
#define UPROFILE_HIERARCHY_H

#include "mine/items.h"
#include "mine/miner.h"

typedef struct UpHierarchy
{
	uint32_t n_items;
	size_t *first;       /* [n_items + 1] into ancestors */
	uint32_t *ancestors; /* each once an item */
	uint32_t *cycle;     /* from item to parent, the first once more at the end; NULL: there is none */
	uint32_t n_cycle;
} UpHierarchy;

/* From pairs (item, parent), which may come repeatedly. Where there is a cycle, one is told and nothing else is made. */
extern void up_hierarchy_build(UpHierarchy *h, uint32_t n_items, const uint32_t (*pairs)[2], size_t n_pairs);
/* Adds to grouped baskets the ancestors of their items. */
extern void up_hierarchy_extend(const UpHierarchy *h, UpBaskets *b);
/* Of the items that have numbers in sets: ancestors and descendants. */
extern void up_hierarchy_relatives(const UpHierarchy *h, uint32_t n_items, const uint32_t *number,
								   uint32_t n_numbers, UpRelatives *relatives);

#endif
