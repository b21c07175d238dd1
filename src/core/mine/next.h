/*
 * next.h - what users do next, by what they did before: a Markov model of variable order
 *
 * For each context h, the last k items of somebody (k up to max_order), n(h) is how often something followed it, n(h, x) how often x did, d(h) how many
 * different items. Probabilities are blended from the longest context that is known down to none (interpolated Witten-Bell, as in Witten and Bell
 * 1991; the escape of PPM's method C):
 *
 *   P(x | h) = (n(h, x) + d(h) P(x | h without its first item)) / (n(h) + d(h)),    below the empty context 1 / items
 *
 * so that they add up to 1 and none is 0.
 *
 * As bytes, little-endian:
 *
 *   byte 0  "UPNX"
 *        4  u16 format: 1
 *        6  u16 0
 *        8  u32 bytes of the payload: all that follow
 *       12  u32 crc32c of the payload
 *       16  the payload: u32 max_order, u32 items, u32 contexts, u64 followers; of each item its text; of each context u32 parent, u32 item,
 *           u32 followers; of each follower u32 item, u64 count
 *
 * Contexts are a tree: the first is the empty one, the child of a context has one item before it. They stand in the order of parent and item, so that
 * children are found by halving; followers of a context in the order of items.
 */
#ifndef UPROFILE_NEXT_H
#define UPROFILE_NEXT_H

#include "base/codec.h"
#include "mine/paths.h"

#define UP_NEXT_FORMAT       1
#define UP_NEXT_HEADER_BYTES 16
#define UP_NEXT_MOST_ORDER   100

typedef struct UpContext
{
	uint32_t parent, item; /* of the first: 0 and UINT32_MAX */
	uint64_t first;        /* into followers; they end where those of the next one begin */
	uint64_t n;            /* sum of the counts */
} UpContext;

typedef struct UpNext
{
	uint32_t max_order;
	UpKeys items;        /* texts, in the order of their bytes */
	UpContext *contexts; /* [n_contexts + 1] */
	uint32_t n_contexts, capacity;
	uint32_t *followers; /* [n_followers] items */
	uint64_t *counts;
	uint64_t n_followers, followers_capacity;
} UpNext;

typedef struct UpNextOptions
{
	uint32_t max_order;
	uint32_t min_count; /* contexts that fewer followed are left out */
	bool collapse;      /* as in paths.h */
	uint64_t new_visit;
} UpNextOptions;

/* items: to be filled by the caller with the texts of the trails' items. */
extern UpNext *up_next_train(const UpTrails *trails, const UpNextOptions *options);
extern void up_put_next(UpWriter *w, const UpNext *m);
extern UpNext *up_get_next(const void *bytes, size_t len);

typedef struct UpGuess
{
	uint32_t item;
	double probability;
	uint64_t count; /* how often it followed the context that was used */
} UpGuess;

/*
 * The n likeliest, by probability (greatest first), then item; returns how many there are. history: what somebody did, the last item last; UINT32_MAX
 * is one that is not known. *used: the length of the longest known context.
 */
extern uint32_t up_next_guess(const UpNext *m, const uint32_t *history, uint32_t n_history, uint32_t n,
							  UpGuess *guesses, uint32_t *used);

#endif
