/*
 * miner.h - the one interface of miners: all sets of items that occur together in at least so many baskets
 *
 * A miner is a struct of functions; the table in miners.c lists them. All give the same sets.
 */
#ifndef UPROFILE_MINER_H
#define UPROFILE_MINER_H

#include "mine/items.h"
#include "mine/itemsets.h"
#include "mine/packed_sets.h"

#define UP_NO_ITEM UINT32_MAX

struct UpSearch;

typedef struct UpMiner
{
	const char *name;
	void (*search)(struct UpSearch *s);
} UpMiner;

/* By name; NULL: there is none. */
extern const UpMiner *up_miner_find(const char *name);
/* The i-th of the table, or NULL. */
extern const UpMiner *up_miner_get(uint32_t i);

/* Which of the frequent sets are wanted. */
typedef enum UpTarget
{
	UP_ALL_FREQUENT,
	UP_CLOSED,    /* no set with more items is in as many baskets */
	UP_MAXIMAL,   /* no set with more items is frequent */
	UP_GENERATORS /* no set with fewer items, not even the empty one, is in as few baskets */
} UpTarget;

/* Items that never stand in one set, by their numbers in sets: those of i are items[first[i]] … items[first[i + 1] - 1]. */
typedef struct UpRelatives
{
	const uint32_t *first;
	const uint32_t *items;
} UpRelatives;

typedef struct UpMining
{
	uint32_t min_count; /* at least 1 */
	uint32_t min_len;   /* at least 1; shorter sets are not kept */
	uint32_t max_len;   /* 0: any */
	uint32_t max_sets;  /* the first so many in the order of itemsets.h, at least 1 */
	/*
	 * Items by the numbers that baskets have → the numbers that sets have, or UP_NO_ITEM to leave an item out. Sets
	 * are ordered by these; they must be distinct, and below n_numbers.
	 */
	const uint32_t *number;
	uint32_t n_numbers;
	const UpMiner *miner; /* NULL: whichever suits the baskets */
	UpTarget
		target; /* closed and maximal: among the items that are not left out, whatever min_len and max_len */
	const UpRelatives *relatives; /* or NULL; for all frequent sets alone */
	const uint8_t *limited;       /* by number, or NULL: of these a set has at most max_limited */
	uint32_t max_limited;
	double deadline; /* as up_seconds counts; 0: none. What was found until then is an answer, out_of_time */
	size_t beside;   /* bytes that are held meanwhile */
	UpBaskets *
		spent; /* the baskets, if they are wanted no more: they go when the search has rows of its own; or NULL */
} UpMining;

extern void up_mine_itemsets(const UpBaskets *baskets, const UpMining *options, UpItemsets *sets);

/* The same sets in the same order, one after the other: for who wants each once. */
typedef struct UpSetStream
{
	UpItemsets found;    /* what became of the search; the sets, unless they are packed */
	UpPackedSets packed; /* all frequent ones, unless there were far too many */
	UpPackedReader reader;
	bool is_packed;
	uint32_t n, told;
} UpSetStream;

extern void up_mine_stream(const UpBaskets *baskets, const UpMining *options, UpSetStream *stream);
/* The next set, until the next call; NULL: there is none. */
extern const UpItemset *up_set_stream_next(UpSetStream *stream);
/* From the first again. */
extern void up_set_stream_rewind(UpSetStream *stream);
extern void up_set_stream_free(UpSetStream *stream);
/* The miner that up_mine_itemsets takes for so many baskets, frequent items, and occurrences of these. */
extern const UpMiner *up_miner_for(uint64_t n_baskets, uint32_t n_items, uint64_t n_cells);
/*
 * The longest set worth looking at when only max_sets are kept: one more item, and its subsets of min_len items and
 * more would be too many.
 */
extern uint32_t up_mine_longest(uint32_t min_len, uint64_t max_sets);

#endif
