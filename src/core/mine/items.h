/*
 * items.h - baskets of items, from rows (basket, item) in any order
 *
 * A dictionary numbers baskets and items by first appearance. Where the rows of each basket come one after the other, their items are kept
 * (4 bytes a row); else rows are pairs of numbers (8 bytes each), grouped at the end by one counting sort. An item counts once a basket.
 */
#ifndef UPROFILE_ITEMS_H
#define UPROFILE_ITEMS_H

#include "num/hash_table.h"

/*
 * Keys, all numbers or all bytes, numbered 0, 1, … as they first appear. Numbers that lie close together, as those that a sequence gave do,
 * are looked up by their place in a window; the table is of bytes, and of numbers that lie far apart.
 */
typedef struct UpKeys
{
	uint32_t n;
	UpHashTable table;
	uint32_t *window; /* [n_window] from the number window_first on: a key's number + 1, or 0 */
	size_t n_window;  /* 0 where the table is in use */
	uint64_t window_first;
	int64_t *numbers; /* [n]; for bytes their hash */
	uint64_t *starts; /* [n + 1] into bytes; NULL for numbers */
	char *bytes;
	size_t capacity; /* of numbers and starts */
	size_t bytes_capacity;
} UpKeys;

extern void up_keys_init(UpKeys *k, bool of_bytes);
extern uint32_t up_keys_number(UpKeys *k, int64_t key);
extern uint32_t up_keys_bytes(UpKeys *k, const void *key, size_t len);
/* Whether these bytes are there; nothing is added. */
extern bool up_keys_has(const UpKeys *k, const void *key, size_t len);
extern const char *up_keys_get(const UpKeys *k, uint32_t number, size_t *len);
extern void up_keys_free(UpKeys *k);
/*
 * All of them as bytes without pointers, a multiple of 8: how many bytes that are, and these. Those of others are taken in as if each appeared
 * now, in their order: number[i] is that of the one that was i there. Returns where they end; how many there are is told without that.
 */
extern size_t up_keys_image_bytes(const UpKeys *k);
extern void up_keys_write_image(const UpKeys *k, void *image);
extern uint32_t up_keys_in_image(const void *image);
extern const void *up_keys_take_image(UpKeys *k, const void *image, uint32_t *number);

typedef struct UpBaskets
{
	uint32_t *pairs; /* [2 n_pairs] basket, item, where a basket came back after another; gone when grouped */
	size_t n_pairs, capacity;
	uint32_t n_baskets;
	uint32_t n_items;
	uint32_t *starts; /* [n_baskets + 1] into items */
	size_t starts_capacity;
	uint32_t *items;  /* grouped: each once a basket */
	uint32_t *counts; /* [n_items] baskets that have it */
} UpBaskets;

extern void up_baskets_init(UpBaskets *b);
extern void up_baskets_grow(UpBaskets *b);
/* From the last basket to another. */
extern void up_baskets_turn(UpBaskets *b, uint32_t basket);
/* Items get other numbers, below n_items. */
extern void up_baskets_renumber(UpBaskets *b, const uint32_t *number, uint32_t n_items);
/* Baskets stay, as many as there are, without any items. */
extern void up_baskets_empty(UpBaskets *b);
extern void up_baskets_group(UpBaskets *b);
/* Gives back what they hold, but for the counts of items. */
extern void up_baskets_release(UpBaskets *b);
/* What grouped baskets hold. */
extern size_t up_baskets_bytes(const UpBaskets *b);

static inline void
up_baskets_add(UpBaskets *b, uint32_t basket, uint32_t item)
{
	if (b->n_pairs == b->capacity)
		up_baskets_grow(b);
	if (basket + 1 != b->n_baskets)
		up_baskets_turn(b, basket);
	if (b->pairs == NULL)
		b->items[b->n_pairs] = item;
	else
	{
		b->pairs[2 * b->n_pairs] = basket;
		b->pairs[2 * b->n_pairs + 1] = item;
	}
	b->n_pairs++;
	if (item >= b->n_items)
		b->n_items = item + 1;
}

/*
 * The least count that a support stands for: up to 1 a share of n baskets, above 1 a count. A share s is met by
 * count >= s n (1 - 1e-12), so that 0.1 of 30 is 3 whatever the last bit of 0.1 says. At least 1.
 */
extern uint64_t up_min_count(double support, uint64_t n);

#endif
