/*
 * item_hierarchy.h - items and what they belong to, from a source
 */
#ifndef UPROFILE_ITEM_HIERARCHY_H
#define UPROFILE_ITEM_HIERARCHY_H

#include "mine/miner.h"
#include "pg/io/baskets.h"

/*
 * Reads the columns item and parent of a source; each basket has the ancestors of its items from here on, as items of their own. Names are
 * compared as text. A cycle is an error that names one.
 */
extern void up_item_hierarchy_read(UpBasketSource *baskets, const char *source);
/* Ancestors and descendants of the items that are mined, see miner.h; NULL without a hierarchy. */
extern UpRelatives *up_item_relatives(const UpBasketSource *baskets, const uint32_t *number,
									  uint32_t n_numbers);

#endif
