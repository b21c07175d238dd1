/*
 * itemsets.h - the frequent item sets that were found, at most so many
 *
 * Sets are ordered by count (most first), length (shortest first) and items (numbers ascending within a set, compared
 * one by one). A superset always comes after each of its subsets. So the first `limit` sets hold all their subsets: when more
 * are pushed, the store keeps the first ones and tells the miner how good a set must be from now on, which bounds
 * memory whatever the data. Where even fewer fit into the memory allowed, the limit becomes what fits.
 */
#ifndef UPROFILE_ITEMSETS_H
#define UPROFILE_ITEMSETS_H

#include "base/platform.h"

typedef struct UpItemset
{
	uint32_t count;
	uint32_t len;
	uint32_t items[]; /* ascending */
} UpItemset;

/* Sets one after the other, as they came. */
typedef struct UpSetBlock
{
	struct UpSetBlock *next;
	size_t used, size; /* in words of 32 bits */
	uint32_t words[];
} UpSetBlock;

typedef struct UpItemsets
{
	/* what must be met: a count above least_count, or equal and not longer than most_len */
	uint32_t least_count;
	uint32_t most_len;
	uint32_t limit;
	bool truncated;       /* there are more sets than are kept */
	bool short_of_memory; /* the limit is what fits into memory */
	bool out_of_time;     /* the search was ended before it was through */
	bool kept;            /* some were dropped from this store already */
	bool give_up; /* at the first overflow want nothing more: bound_count, bound_len are what was known */
	bool gave_up;
	uint32_t bound_count, bound_len;
	uint32_t n;
	const UpItemset **sets; /* [n] in order, once the search is through */
	uint32_t capacity;      /* of sets that come in order */
	UpSetBlock *first, *last;
	const UpItemset *worst; /* kept: the last of those that were */
	size_t bytes;           /* of all blocks */
	size_t beside;          /* bytes that others hold meanwhile */
	uint32_t longest, last_item,
		most; /* the most items, the greatest item, the most baskets that a set came with */
} UpItemsets;

extern void up_itemsets_init(UpItemsets *s, uint32_t least_count, uint32_t limit);
/* Empty again, for so many sets of at most longest items; what it holds serves again if that is enough. */
extern void up_itemsets_reuse(UpItemsets *s, size_t n, uint32_t longest);
/* Adds items[0 … len - 1] (ascending) and extra, wherever it belongs among them. */
extern void up_itemsets_push(UpItemsets *s, const uint32_t *items, uint32_t len, uint32_t extra,
							 uint32_t count);
/*
 * For n sets that come in their order, of which as many are taken as memory has room for, with what others hold. append: the next one, or
 * false where there is no room: then they are truncated, to those that are there.
 */
extern void up_itemsets_expect(UpItemsets *s, uint32_t n, size_t beside);
extern bool up_itemsets_append(UpItemsets *s, const UpItemset *set);
/* Drops the sets beyond the limit and puts the others into order. */
extern void up_itemsets_finish(UpItemsets *s);
/* Ends the search that fills it: no count is enough from now on. */
extern void up_itemsets_end_search(UpItemsets *s);
extern void up_itemsets_free(UpItemsets *s);
/* What it holds. */
extern size_t up_itemsets_bytes(const UpItemsets *s);

/* The least count of a set of so many items that is still wanted. */
static inline uint32_t
up_itemsets_least(const UpItemsets *s, uint32_t len)
{
	return len <= s->most_len ? s->least_count : s->least_count + 1;
}

/* < 0, 0, > 0: two lists of items, one by one; the beginning of a list comes before it. */
static inline int
up_items_compare(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b)
{
	for (size_t i = 0; i < n_a && i < n_b; i++)
	{
		if (a[i] != b[i])
			return a[i] < b[i] ? -1 : 1;
	}
	return n_a < n_b ? -1 : n_a > n_b;
}

/* Sorts n numbers so that before(context, a, b) is not true of a later a and an earlier b; stable. */
typedef bool (*UpBeforeFn)(const void *context, uint32_t a, uint32_t b);
extern void up_sort_numbers(uint32_t *numbers, size_t n, UpBeforeFn before, const void *context);

#endif
