/*
 * apriori.h - all sets of items that occur together in at least so many baskets
 */
#ifndef UPROFILE_APRIORI_H
#define UPROFILE_APRIORI_H

#include "mine/items.h"
#include "mine/itemsets.h"

#define UP_NO_ITEM UINT32_MAX

typedef struct UpMining
{
	uint32_t min_count; /* at least 1 */
	uint32_t min_len;   /* at least 1; shorter sets are not kept */
	uint32_t max_len;   /* 0: any */
	uint32_t max_sets;  /* the first so many in the order of itemsets.h, at least 1 */
	/*
	 * Items by the numbers that baskets have → the numbers that sets have, or UP_NO_ITEM to leave an item out. Sets
	 * are ordered by these; they must be distinct.
	 */
	const uint32_t *number;
} UpMining;

extern void up_mine_itemsets(const UpBaskets *baskets, const UpMining *options, UpItemsets *sets);
/*
 * The longest set worth looking at when only max_sets are kept: one more item, and its subsets of min_len items and
 * more would be too many.
 */
extern uint32_t up_mine_longest(uint32_t min_len, uint64_t max_sets);

#endif
