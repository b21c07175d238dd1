/*
 * sequences.h - what many users did in this order: frequent sequential patterns
 *
 * What a user did at one time is one step: a set of items. A sequence is a list of such sets. A user has it if there are steps of his,
 * each later than the one before, that hold its sets one after the other, so that from each to the next it takes at least min_gap and at
 * most max_gap, and from the first to the last at most span. Its count is the number of users who have it.
 *
 * A sequence is written as codes, one an item: 2 item + 1 if the item begins a new step, 2 item if it is at the same time as the one before.
 * Items of a step ascend.
 */
#ifndef UPROFILE_SEQUENCES_H
#define UPROFILE_SEQUENCES_H

#include "mine/trails.h"

#define UP_ANY_TIME         UINT64_MAX
#define UP_LONGEST_SEQUENCE 1000

typedef struct UpSequenceOptions
{
	uint32_t min_count;              /* at least 1 */
	uint32_t min_len, max_len;       /* items; max_len 0: UP_LONGEST_SEQUENCE */
	uint32_t max_sequences;          /* the first so many in the order of the result */
	uint64_t min_gap, max_gap, span; /* in the units of times; UP_ANY_TIME: no matter how long */
	bool closed;     /* only sequences that no longer one that was found contains with the same count */
	double deadline; /* as up_seconds counts; 0: none. What was found until then is an answer, ended */
} UpSequenceOptions;

/* By count (most first), length (shortest first), codes. */
typedef struct UpSequences
{
	uint32_t n;
	uint32_t *counts; /* [n] */
	size_t *starts;   /* [n + 1] into codes */
	uint32_t *codes;
	bool truncated;       /* more were frequent than are here, or the search was ended */
	bool ended;           /* by the deadline */
	bool short_of_memory; /* there are as many as fit */
	uint32_t capacity;
	size_t codes_capacity;
} UpSequences;

static inline uint32_t
up_sequences_len(const UpSequences *s, uint32_t i)
{
	return (uint32_t) (s->starts[i + 1] - s->starts[i]);
}

/* trails: sorted. */
extern void up_mine_sequences(const UpTrails *trails, const UpSequenceOptions *options, UpSequences *sequences);

/* The store, for the miner: what comes after the first `limit` of the order is dropped now and then, which raises the bound. */
typedef struct UpSequenceStore
{
	UpSequences *found;
	uint32_t limit;
	uint32_t least_count, most_len; /* what must be met: a count above, or equal and not longer */
	bool cut;                       /* some were dropped */
} UpSequenceStore;

extern void up_sequences_init(UpSequenceStore *s, UpSequences *found, uint32_t least_count, uint32_t limit);
extern void up_sequences_push(UpSequenceStore *s, const uint32_t *codes, uint32_t len, uint32_t count);
/* Into order, and no more than limit. */
extern void up_sequences_finish(UpSequenceStore *s);
/*
 * Drops what a longer one contains with the same count. by_one: it is enough to look at those that are longer by one item. Of a store that was
 * cut, those of the last count go too, as longer ones may be missing. At the deadline (as up_seconds counts; 0: none) it ends with the counts
 * that were looked through, the most frequent.
 */
extern void up_sequences_close(UpSequenceStore *store, bool by_one, double deadline);

/* Whether a deadline, as up_seconds counts, is over; 0: there is none. */
static inline bool
up_sequences_late(double deadline)
{
	return deadline > 0 && up_seconds() > deadline;
}

static inline bool
up_sequences_wanted(const UpSequenceStore *s, uint32_t count, uint32_t len)
{
	return count > s->least_count || (count == s->least_count && len <= s->most_len);
}

#endif
