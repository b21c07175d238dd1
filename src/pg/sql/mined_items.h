/*
 * mined_items.h - frequent items as text, and arrays of them
 */
#ifndef UPROFILE_MINED_ITEMS_H
#define UPROFILE_MINED_ITEMS_H

#include "postgres.h"

#include "utils/array.h"

#include "mine/miner.h"
#include "pg/io/baskets.h"

typedef struct UpMinedItem
{
	uint32_t raw; /* number in the baskets */
	const char *text;
	size_t len;
	char *image; /* as an array's element, padded */
	size_t image_len;
} UpMinedItem;

/* Frequent items in the order of their bytes: the numbers that sets have are places in this list. */
typedef struct UpMinedItems
{
	uint32_t n;
	UpMinedItem *items;
	uint32_t *number; /* [all items of the baskets] */
	/* Where no image has more bytes than UP_IMAGE_STEP: all of them side by side, and their lengths; else NULL. */
	char *images;
	uint8_t *lengths;
	UpBasketSource *source;
	int n_looked_for; /* of those that were named and are not frequent */
} UpMinedItems;

extern UpMinedItems *up_mined_items(UpBasketSource *s, uint32_t min_count);
/* Sets a flag at each of the items that an array names; what is not frequent does not matter, and what no basket has is told of. */
extern void up_mined_flag(UpMinedItems *items, ArrayType *array, uint8_t *flags, uint8_t flag);
/* Those with a flag are not mined. */
extern void up_mined_exclude(UpMinedItems *items, const uint8_t *excluded);
/* A text[] of these items has room in so many bytes; and is written there: returns its size, a multiple of 4. */
#define UP_IMAGE_STEP 16
extern size_t up_mined_array_room(const UpMinedItems *items, const uint32_t *numbers, size_t n);
extern size_t up_mined_array(const UpMinedItems *items, const uint32_t *numbers, size_t n, char *out);

#endif
