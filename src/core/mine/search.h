/*
 * search.h - what miners share: the baskets as they are searched, the present set, and what may follow it
 *
 * Items that may be in a set are numbered 0 … k - 1, rarest first. A miner goes through them from the last to the first and extends
 * each set by later items alone, so that all subsets of a set come before it: a search that is ended early leaves sets with all their
 * subsets.
 */
#ifndef UPROFILE_SEARCH_H
#define UPROFILE_SEARCH_H

#include "mine/itemsets.h"
#include "mine/miner.h"
#include "mine/packed_sets.h"

#define UP_END UINT32_MAX
/* A set of this many items has more subsets than could be kept; also bounds the recursion. */
#define UP_LONGEST_SET 1000

typedef struct UpSearch
{
	UpItemsets *sets;
	UpPackedSets *packed; /* where frequent sets go instead, or NULL */
	uint32_t min_len, max_len;
	uint32_t n_baskets;
	uint32_t k;
	uint32_t *labels; /* [k] numbers in the sets */
	uint32_t *counts; /* [k] baskets that have them */
	/* Baskets with at least one of the items: their items ascending, ended by UP_END. */
	uint32_t n_rows;
	uint32_t *starts; /* [n_rows] into cells */
	uint32_t *cells;
	size_t n_cells;    /* occurrences of items; before the first row stands an end, too */
	uint32_t **prefix; /* [max_len + 1] the present set of so many items, by labels, ascending */
	size_t memory;     /* bytes held, with what was held before */
	size_t at_root;    /* … when the first set was packed */
	double deadline;
	uint32_t ticks;
	/* by labels: what may not follow the present set */
	const UpRelatives *relatives;
	const uint8_t *limited;
	uint32_t max_limited;
	bool full; /* it has so many limited ones */
	uint32_t *barred;
	uint32_t stamp;
} UpSearch;

/* How often items occur in some baskets, and which do: so that items that do not cost nothing, however many there are. */
typedef struct UpTally
{
	uint32_t *counts; /* [k] 0 where an item is not in the list */
	uint32_t *items;  /* [k + 1] those that occur */
	uint32_t n, k;
	bool listed; /* the list is made while they are counted; else afterwards, by going through all */
	size_t bytes;
} UpTally;

static inline void
up_tally_add(UpTally *t, uint32_t item, uint32_t n)
{
	if (t->listed)
	{
		t->items[t->n] = item;
		t->n += t->counts[item] == 0;
	}
	t->counts[item] += n;
}

/* The items of a row from a cell on. */
static inline void
up_tally_row(UpTally *t, const uint32_t *cell)
{
	if (t->listed)
	{
		for (; *cell != UP_END; cell++)
			up_tally_add(t, *cell, 1);
	}
	else
	{
		for (; *cell != UP_END; cell++)
			t->counts[*cell]++;
	}
}

extern void up_tally_init(UpTally *t, UpSearch *s, uint32_t k);
/* Begins anew, with so many rows to come. */
extern void up_tally_begin(UpTally *t, size_t n_rows);
/* The items ascending, without those before first. */
extern void up_tally_order(UpTally *t, uint32_t first);
extern void up_tally_free(UpTally *t, UpSearch *s);

extern void *up_search_take(UpSearch *s, size_t n, size_t size);
extern void up_search_give_back(UpSearch *s, void *p, size_t bytes);
/* up_tick; the search ends by itself when its time is over. */
extern void up_search_tick(UpSearch *s);
/* The empty set: anything may follow. */
extern void up_search_begin(UpSearch *s);
/*
 * The present set of len items and one more: keeps it, and makes it the present set of len + 1 items. From here to the next one found,
 * up_search_is_barred tells what may not follow it.
 */
extern void up_search_found(UpSearch *s, uint32_t len, uint32_t label, uint32_t count);
/* Sets that another search packed, found now. */
extern void up_search_take_packed(UpSearch *s, const UpPackedImage *image);
/* The same without keeping it. */
extern void up_search_extend(UpSearch *s, uint32_t len, uint32_t label);
/* The baskets of each item: [k + 1] places in the second list, the numbers of rows ascending. */
extern void up_search_turn(UpSearch *s, uint32_t **first, uint32_t **rows);

static inline bool
up_search_is_barred(const UpSearch *s, uint32_t label)
{
	return (s->barred != NULL && s->barred[label] == s->stamp) || (s->full && s->limited[label]);
}

/* The miners; see miners.c. */
extern void up_apriori_search(UpSearch *s);
extern void up_eclat_search(UpSearch *s);
extern void up_fpgrowth_search(UpSearch *s);
/* closed, maximal; see condensed.c. And generators.c. */
extern void up_condensed_search(UpSearch *s, bool maximal);
extern void up_generator_search(UpSearch *s);

#endif
