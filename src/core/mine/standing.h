/*
 * standing.h - item sets that are kept exact while baskets arrive, change and leave
 *
 * The baskets are kept in parts. Of each part all sets of at least `least` of its baskets are known, with their counts; of a set that is not known there it is known
 * that at most least - 1 have it. As long as
 *
 *   sum over the parts of (least - 1) < min_count
 *
 * a set that is frequent in all is known in at least one part (the partitions of Savasere, Omiecinski, Navathe 1995, with bounds of their own). So when baskets change,
 * only few parts are mined again; then all known sets are added up, those that cannot be frequent are dropped by their bounds, and the few others are counted in
 * the parts that do not know them.
 *
 * A basket that leaves is taken off the counts of its part's sets; what is not known there can only become rarer. A basket that changed leaves and comes again. New
 * baskets make a young part, of up to a sixteenth of all, whose `least` is what the others leave of min_count; when it is full it goes into the last of the
 * others. So a day more costs the mining of a day, and now and then of a half.
 */
#ifndef UPROFILE_STANDING_H
#define UPROFILE_STANDING_H

#include "base/codec.h"
#include "mine/items.h"
#include "mine/itemsets.h"

#define UP_MOST_PARTS 64

typedef struct UpMinePart
{
	uint32_t n;       /* baskets */
	uint64_t *keys;   /* [2 n] what they are known by: 128 bits of a hash */
	uint32_t *starts; /* [n + 1] into items */
	uint32_t *items;  /* ascending in each */
	uint32_t id;      /* for whoever stores it: 0 for one whose baskets are new */
	bool changed;     /* the sets are not those of the baskets */
	bool mined;       /* the sets are new */
	bool thinned;     /* more baskets have left than is stored */
	/* What is stored of it are n_stored baskets, and those that have left, by their places among them, ascending. */
	uint32_t n_stored, n_left;
	uint32_t *left; /* [n_left] */
	uint32_t *at;   /* [n] places of the others */
	uint32_t least;
	/* All sets of at least `least` of its baskets; items ascending. */
	uint32_t n_sets;
	uint32_t *set_counts; /* [n_sets] */
	size_t *set_starts;   /* [n_sets + 1] into set_items */
	uint32_t *set_items;
} UpMinePart;

typedef struct UpStanding
{
	uint32_t n_parts;
	UpMinePart *parts[UP_MOST_PARTS];
	/* what may differ from mine to mine */
	double min_support; /* as up_min_count has it */
	uint32_t max_len;   /* 0: any */
	uint32_t n_items;   /* numbers of items are below */
} UpStanding;

/* What an update found. */
typedef struct UpArrivals
{
	uint64_t arrived, gone, changed;
} UpArrivals;

/*
 * The baskets that there are now. keys: a dictionary of 16 bytes a basket, in their numbers; fresh: grouped, which are sorted here. Parts whose baskets differ are
 * marked as changed.
 */
extern void up_standing_update(UpStanding *s, const UpKeys *keys, UpBaskets *fresh, UpArrivals *found);
/* The same where only these baskets (a dictionary as keys) may have come, changed or left: fresh are those of them that there are. */
extern void up_standing_change(UpStanding *s, const UpKeys *touched, const UpKeys *keys, UpBaskets *fresh,
							   UpArrivals *found);
/*
 * Mines what changed, and adds up: all frequent sets, in the order of itemsets.h, items numbered by rank[number]. *mined: parts that were. Fails where a part has
 * more than max_sets.
 */
extern void up_standing_mine(UpStanding *s, const uint32_t *rank, uint32_t max_sets, UpItemsets *sets,
							 uint32_t *mined);
extern uint64_t up_standing_baskets(const UpStanding *s);
/* counts: [n_items] baskets that have each item. */
extern void up_standing_counts(const UpStanding *s, uint32_t *counts);
/* The young part among so many baskets, which is the last one; or NULL. */
extern UpMinePart *up_standing_young(const UpStanding *s, uint64_t n);
/* These baskets leave the part. */
extern void up_part_thin(UpMinePart *p, const bool *leaves, uint32_t n_items);

/*
 * A part's baskets, its sets, and which baskets have left since they were stored (left_len 0: none), as bytes; reading checks everything but whether the
 * counts are true. The baskets and the sets are stored as they are now, so both or, where none has left, the sets alone.
 */
extern void up_put_part_baskets(UpWriter *w, const UpMinePart *p);
extern void up_put_part_sets(UpWriter *w, const UpMinePart *p);
extern void up_put_part_left(UpWriter *w, const UpMinePart *p);
extern UpMinePart *up_get_part(const void *baskets, size_t baskets_len, const void *sets, size_t sets_len,
							   const void *left, size_t left_len, uint32_t n_items);

#endif
