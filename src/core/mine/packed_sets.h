/*
 * packed_sets.h - frequent sets as a search finds them depth first, a few bytes each, told in the order of itemsets.h
 *
 * A set is its length, its last item and how much rarer it is than the set without that item, which was found before it. There are no
 * pointers, so nothing is kept but these bytes; the sets are told in bands of like frequency, each put into order when it is reached.
 */
#ifndef UPROFILE_PACKED_SETS_H
#define UPROFILE_PACKED_SETS_H

#include "mine/itemsets.h"

/* Counts by their leading 8 bits: exact to 255, then to less than a hundredth. */
#define UP_COUNT_CLASSES (256 + 24 * 128)

typedef struct UpPackedBlock
{
	struct UpPackedBlock *next;
	size_t used, size;
	uint8_t bytes[];
} UpPackedBlock;

typedef struct UpPackedSets
{
	UpPackedBlock *first, *last;
	size_t bytes;
	uint32_t min_len, limit; /* shorter sets do not count; the first so many are told */
	size_t most_bytes;       /* of blocks: at first as many as memory has room for */
	uint64_t n_all;
	uint32_t n;                /* that count */
	uint64_t most;             /* that count, at most */
	uint64_t look_at;          /* that count, when it is looked at next */
	bool drops;                /* sets that are not among the first any more: */
	uint32_t least;            /* count of a set that still may be */
	uint32_t longest, largest; /* the most items of a set; the most sets of a class */
	uint32_t last_item;        /* the greatest */
	uint32_t *counts;          /* [depth + 1] of the sets on the way to the present one */
	uint32_t depth;
	uint32_t classes[UP_COUNT_CLASSES];
} UpPackedSets;

extern void up_packed_init(UpPackedSets *p, uint32_t n_baskets, uint32_t min_len, uint32_t limit);
extern void up_packed_free(UpPackedSets *p);
/* From here on sets that are not among the first are dropped, where many more come than are wanted. */
extern void up_packed_drop(UpPackedSets *p);
/*
 * The set of the last one's first len items and this one. beside: bytes that are held meanwhile. False: it was not taken, as there are
 * many times as many as are wanted, or more than could be put into order within the limit of memory.
 */
extern bool up_packed_add(UpPackedSets *p, uint32_t len, uint32_t item, uint32_t count, size_t beside);
/*
 * All of them as bytes without a pointer or a gap, a multiple of 8, none with a count below least; and those of others, as if each were added now:
 * false as above.
 */
#define UP_PACKED_SHORT 5 /* bytes of a set, at least */
typedef struct UpPackedImage
{
	uint64_t n_bytes, n_all;
	uint32_t least, n, longest, last_item, largest;
	uint32_t classes[UP_COUNT_CLASSES];
	uint8_t bytes[];
} UpPackedImage;

extern size_t up_packed_image_bytes(const UpPackedSets *p);
extern void up_packed_write_image(const UpPackedSets *p, uint32_t least, UpPackedImage *image);
extern bool up_packed_take_image(UpPackedSets *p, const UpPackedImage *image, size_t beside);
/* No set with a lower count is among the first `limit`. */
extern uint32_t up_packed_bound(const UpPackedSets *p);

/* Sets that stand together in the order: of counts from least to end - 1, and, where that is one count, of some lengths. */
typedef struct UpPackedRange
{
	uint32_t least, end;
	uint32_t shortest, longest;
	uint32_t n;
} UpPackedRange;

typedef struct UpPackedReader
{
	const UpPackedSets *sets;
	uint32_t told;
	UpPackedRange *ranges; /* [n_ranges] still to come, the next one last */
	uint32_t n_ranges, capacity;
	uint32_t at, n_band;              /* of the present band */
	uint32_t *path, *counts, *sorted; /* [longest + 1] */
	UpItemsets band;
	/* or, where items have low numbers, */
	uint32_t word_bytes; /* 0: they have not */
	uint32_t item_bits;
	void *way;               /* [longest + 1] words of the sets on it */
	uint32_t *all_counts;    /* sets by their count, or NULL: that would be too many */
	void *words;             /* [n_words] the band */
	uint32_t n_words, width; /* width: counts of the band, from least */
	uint32_t least, count;   /* count: of the set that was told last */
	uint32_t *ends;          /* [width] where the sets of a count end in words */
	UpItemset *set;          /* what is told */
} UpPackedReader;

extern void up_packed_read(UpPackedReader *r, const UpPackedSets *p);
/* What sets hold and telling them takes. */
extern size_t up_packed_reading(const UpPackedReader *r);
/* The next set, until the next call; NULL: there is none. */
extern const UpItemset *up_packed_next(UpPackedReader *r);
extern void up_packed_end(UpPackedReader *r);

#endif
