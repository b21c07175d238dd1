/*
 * items.c - baskets of items, from rows (basket, item) in any order (see items.h)
 *
 * Cost: one look into a window or a hash table a key, 4 bytes a row, or 8 and a counting sort. Keys that come repeatedly in a row are the caller's
 * affair (it remembers the last one).
 */
#include "mine/items.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

#define FIRST_KEYS   512
#define FIRST_ROWS   4096
#define FIRST_WINDOW 1024
#define LEAST_WINDOW 65536 /* that is allowed however few keys there are */
#define WINDOW_SHARE 2     /* numbers in the window for each key that there is room for, as slots in a table */
#define TICK_PAIRS   (1 << 20)

typedef struct Bytes
{
	uint64_t hash;
	const void *bytes;
	size_t len;
} Bytes;

/* For bytes, the hash stands in numbers. */
static inline bool
is_bytes(const UpKeys *k, uint32_t i, Bytes key)
{
	return (uint64_t) k->numbers[i] == key.hash && k->starts[i + 1] - k->starts[i] == key.len &&
		   memcmp(k->bytes + k->starts[i], key.bytes, key.len) == 0;
}

#define UP_HASH_NAME             bytes
#define UP_HASH_OWNER            UpKeys
#define UP_HASH_KEY              Bytes
#define UP_HASH_EQUAL(k, i, key) is_bytes(k, i, key)
#define UP_HASH_OF(k, i)         (uint64_t)(k)->numbers[i]
#include "num/hash_table.h"

#define UP_HASH_NAME             number
#define UP_HASH_OWNER            UpKeys
#define UP_HASH_KEY              int64_t
#define UP_HASH_EQUAL(k, i, key) ((k)->numbers[i] == (key))
#define UP_HASH_OF(k, i)         up_mix64((uint64_t) (k)->numbers[i])
#include "num/hash_table.h"

void
up_keys_init(UpKeys *k, bool of_bytes)
{
	memset(k, 0, sizeof(*k));
	k->capacity = FIRST_KEYS;
	k->numbers = up_alloc_array(k->capacity, sizeof(int64_t));
	if (of_bytes)
	{
		bytes_resize(&k->table, k, 0, FIRST_KEYS);
		k->starts = up_alloc_array(k->capacity + 1, sizeof(uint64_t));
		k->starts[0] = 0;
		k->bytes_capacity = 8192;
		k->bytes = up_alloc(k->bytes_capacity);
	}
}

void
up_keys_free(UpKeys *k)
{
	up_free(k->table.slots);
	up_free(k->window);
	up_free(k->numbers);
	up_free(k->starts);
	up_free(k->bytes);
	memset(k, 0, sizeof(*k));
}

static size_t
keys_memory(const UpKeys *k)
{
	return (k->table.n_slots + k->n_window) * sizeof(uint32_t) +
		   k->capacity * (sizeof(int64_t) + (k->starts != NULL ? sizeof(uint64_t) : 0)) + k->bytes_capacity;
}

/* Numbers are told apart as those without a sign, from the window's first one on, which may wrap around. */
static size_t
most_window(const UpKeys *k)
{
	return UP_MAX(WINDOW_SHARE * k->capacity, LEAST_WINDOW);
}

/* Makes the window reach that number, and as far again beyond it. False: it would be too large for so few keys. */
static bool
window_reach(UpKeys *k, uint64_t number)
{
	uint64_t above = number - k->window_first, below = k->window_first - number;
	bool up = above < below;
	size_t most = most_window(k), n;
	uint32_t *window;

	if (k->n_window == 0)
	{
		k->window_first = number;
		above = 0;
		up = true;
	}
	if ((up ? above : below + k->n_window) >= most)
		return false;
	n = UP_MAX(up ? (size_t) above + 1 : (size_t) below + k->n_window, FIRST_WINDOW);
	n = UP_MIN(UP_MAX(n, 2 * k->n_window), most);
	up_reserve(keys_memory(k) + n * sizeof(uint32_t), "the dictionary of baskets and items");
	window = up_alloc0(n * sizeof(uint32_t));
	if (!up)
		k->window_first -= n - k->n_window;
	if (k->n_window > 0)
		memcpy(window + (up ? 0 : n - k->n_window), k->window, k->n_window * sizeof(uint32_t));
	up_free(k->window);
	k->window = window;
	k->n_window = n;
	return true;
}

static void
window_close(UpKeys *k)
{
	up_free(k->window);
	k->window = NULL;
	k->n_window = 0;
}

/* Where all numbers lie close enough by now. */
static bool
window_open(UpKeys *k)
{
	int64_t least = k->numbers[0], most = k->numbers[0];

	for (uint32_t i = 1; i < k->n; i++)
	{
		least = UP_MIN(least, k->numbers[i]);
		most = UP_MAX(most, k->numbers[i]);
	}
	if (!window_reach(k, (uint64_t) least) || !window_reach(k, (uint64_t) most))
	{
		window_close(k);
		return false;
	}
	for (uint32_t i = 0; i < k->n; i++)
		k->window[(uint64_t) k->numbers[i] - k->window_first] = i + 1;
	up_free(k->table.slots);
	k->table = (UpHashTable){0};
	return true;
}

/* The table in the place of the window, or larger. */
static void
use_table(UpKeys *k)
{
	window_close(k);
	number_resize(&k->table, k, k->n, k->capacity);
}

static void
keys_grow(UpKeys *k)
{
	if (k->capacity > UINT32_MAX / 4)
		up_fail(UP_LIMIT, "there are more than %u distinct keys", k->n);
	up_reserve(2 * keys_memory(k), "the dictionary of baskets and items");
	k->capacity *= 2;
	k->numbers = up_realloc(k->numbers, k->capacity * sizeof(int64_t));
	if (k->starts == NULL)
	{
		if (k->n_window == 0 && !window_open(k))
			use_table(k);
		return;
	}
	k->starts = up_realloc(k->starts, (k->capacity + 1) * sizeof(uint64_t));
	bytes_resize(&k->table, k, k->n, k->capacity);
}

static uint32_t
keys_add(UpKeys *k, uint32_t *slot, int64_t number)
{
	UP_ASSERT(k->n < k->capacity);
	*slot = k->n + 1;
	k->numbers[k->n++] = number;
	/* The last key that fits: the next one finds room. */
	if (k->n == k->capacity)
		keys_grow(k);
	return k->n - 1;
}

/* The slot of a number that is not in the window. */
static uint32_t *
slot_beyond(UpKeys *k, int64_t key)
{
	if (k->table.slots == NULL)
	{
		if (window_reach(k, (uint64_t) key))
			return &k->window[(uint64_t) key - k->window_first];
		use_table(k);
	}
	return number_find(&k->table, k, up_mix64((uint64_t) key), key);
}

uint32_t
up_keys_number(UpKeys *k, int64_t key)
{
	uint64_t at = (uint64_t) key - k->window_first;
	uint32_t *slot = at < k->n_window ? &k->window[at] : slot_beyond(k, key);

	UP_ASSERT(k->starts == NULL);
	return *slot != 0 ? *slot - 1 : keys_add(k, slot, key);
}

bool
up_keys_has(const UpKeys *k, const void *key, size_t len)
{
	uint64_t hash = up_hash_bytes(key, len, 0);

	UP_ASSERT(k->starts != NULL);
	return *bytes_find(&k->table, k, hash, (Bytes){hash, key, len}) != 0;
}

static inline uint32_t
number_of_bytes(UpKeys *k, uint64_t hash, const void *key, size_t len)
{
	uint32_t *slot = bytes_find(&k->table, k, hash, (Bytes){hash, key, len});
	size_t start = k->starts[k->n];

	UP_ASSERT(k->starts != NULL);
	if (*slot != 0)
		return *slot - 1;
	if (start + len > k->bytes_capacity)
	{
		k->bytes_capacity = UP_MAX(2 * k->bytes_capacity, start + len);
		up_reserve(keys_memory(k), "the dictionary of baskets and items");
		k->bytes = up_realloc(k->bytes, k->bytes_capacity);
	}
	memcpy(k->bytes + start, key, len);
	k->starts[k->n + 1] = start + len;
	return keys_add(k, slot, (int64_t) hash);
}

uint32_t
up_keys_bytes(UpKeys *k, const void *key, size_t len)
{
	return number_of_bytes(k, up_hash_bytes(key, len, 0), key, len);
}

const char *
up_keys_get(const UpKeys *k, uint32_t number, size_t *len)
{
	UP_ASSERT(k->starts != NULL && number < k->n);
	*len = k->starts[number + 1] - k->starts[number];
	return k->bytes + k->starts[number];
}

/* An image is their number, numbers and, of bytes, starts and bytes. */
size_t
up_keys_image_bytes(const UpKeys *k)
{
	size_t words = 1 + (size_t) k->n;

	if (k->starts != NULL)
		words += (size_t) k->n + 1 + (k->starts[k->n] + 7) / 8;
	return words * sizeof(uint64_t);
}

void
up_keys_write_image(const UpKeys *k, void *image)
{
	uint64_t *at = image;

	*at++ = k->n;
	memcpy(at, k->numbers, k->n * sizeof(int64_t));
	if (k->starts == NULL)
		return;
	at += k->n;
	memcpy(at, k->starts, ((size_t) k->n + 1) * sizeof(uint64_t));
	memcpy(at + k->n + 1, k->bytes, k->starts[k->n]);
}

uint32_t
up_keys_in_image(const void *image)
{
	return (uint32_t) * (const uint64_t *) image;
}

const void *
up_keys_take_image(UpKeys *k, const void *image, uint32_t *number)
{
	uint32_t n = up_keys_in_image(image);
	const int64_t *numbers = (const int64_t *) image + 1;
	const uint64_t *starts = (const uint64_t *) image + 1 + n;
	const char *bytes = (const char *) (starts + n + 1);

	if (k->starts == NULL)
	{
		for (uint32_t i = 0; i < n; i++)
			number[i] = up_keys_number(k, numbers[i]);
		return starts;
	}
	for (uint32_t i = 0; i < n; i++)
		number[i] =
			number_of_bytes(k, (uint64_t) numbers[i], bytes + starts[i], (size_t) (starts[i + 1] - starts[i]));
	return bytes + (starts[n] + 7) / 8 * 8;
}

void
up_baskets_init(UpBaskets *b)
{
	memset(b, 0, sizeof(*b));
	b->capacity = FIRST_ROWS;
	b->items = up_alloc_array(b->capacity, sizeof(uint32_t));
	b->starts_capacity = FIRST_KEYS;
	b->starts = up_alloc_array(b->starts_capacity, sizeof(uint32_t));
}

static void
reserve_rows(size_t rows, bool pairs, size_t starts)
{
	up_reserve((rows * (pairs ? 2 : 1) + starts) * sizeof(uint32_t), "the list of baskets");
}

void
up_baskets_grow(UpBaskets *b)
{
	size_t capacity = 2 * b->capacity;

	UP_ASSERT(b->n_pairs == b->capacity);
	if (b->n_pairs >= UINT32_MAX / 2)
		up_fail_with(UP_LIMIT, NULL, "Mine a sample of the baskets, or leave out the rarest items.",
					 "the source has more than %u rows with basket and item", UINT32_MAX / 2);
	reserve_rows(capacity, b->pairs != NULL, b->starts_capacity);
	if (b->pairs != NULL)
		b->pairs = up_realloc(b->pairs, capacity * 2 * sizeof(uint32_t));
	else
		b->items = up_realloc(b->items, capacity * sizeof(uint32_t));
	b->capacity = capacity;
}

/* Baskets begin here, up to that one; there is room for the end of the last one, too. */
static void
begin_baskets(UpBaskets *b, uint32_t basket)
{
	size_t wanted = (size_t) basket + 2;

	if (wanted > b->starts_capacity)
	{
		b->starts_capacity = UP_MAX(2 * b->starts_capacity, wanted);
		reserve_rows(b->capacity, false, b->starts_capacity);
		b->starts = up_realloc(b->starts, b->starts_capacity * sizeof(uint32_t));
	}
	while (b->n_baskets <= basket)
		b->starts[b->n_baskets++] = (uint32_t) b->n_pairs;
}

/* A basket has come back: rows as pairs, from here on. */
static void
list_pairs(UpBaskets *b)
{
	uint32_t *pair;
	size_t work = 0;

	reserve_rows(b->capacity + b->capacity / 2, true, b->starts_capacity);
	pair = b->pairs = up_alloc_array(b->capacity, 2 * sizeof(uint32_t));
	b->starts[b->n_baskets] = (uint32_t) b->n_pairs;
	for (uint32_t basket = 0; basket < b->n_baskets; basket++)
	{
		for (uint32_t i = b->starts[basket]; i < b->starts[basket + 1]; i++)
		{
			*pair++ = basket;
			*pair++ = b->items[i];
		}
		up_tick_work(&work, (size_t) (b->starts[basket + 1] - b->starts[basket]) + 1);
	}
	up_baskets_release(b);
	b->starts_capacity = 0;
}

void
up_baskets_turn(UpBaskets *b, uint32_t basket)
{
	if (b->pairs != NULL)
		b->n_baskets = UP_MAX(b->n_baskets, basket + 1);
	else if (basket >= b->n_baskets)
		begin_baskets(b, basket);
	else
		list_pairs(b);
}

void
up_baskets_renumber(UpBaskets *b, const uint32_t *number, uint32_t n_items)
{
	uint32_t *items = b->pairs != NULL ? b->pairs + 1 : b->items;
	size_t step = b->pairs != NULL ? 2 : 1;

	for (size_t i = 0; i < b->n_pairs; i++)
	{
		if (i % TICK_PAIRS == 0)
			up_tick();
		items[i * step] = number[items[i * step]];
	}
	b->n_items = n_items;
}

void
up_baskets_empty(UpBaskets *b)
{
	b->n_pairs = 0;
	if (b->pairs == NULL)
		memset(b->starts, 0, b->n_baskets * sizeof(uint32_t));
}

/* starts[i] = where basket i begins. */
static void
place_baskets(UpBaskets *b)
{
	uint32_t sum = 0;

	b->starts = up_alloc0(((size_t) b->n_baskets + 1) * sizeof(uint32_t));
	for (size_t i = 0; i < b->n_pairs; i++)
	{
		if (i % TICK_PAIRS == 0)
			up_tick();
		b->starts[b->pairs[2 * i]]++;
	}
	for (uint32_t i = 0; i <= b->n_baskets; i++)
	{
		uint32_t n = b->starts[i];

		b->starts[i] = sum;
		sum += n;
	}
}

static void
scatter_items(UpBaskets *b)
{
	uint32_t *next;

	b->items = up_alloc_array(UP_MAX(b->n_pairs, 1), sizeof(uint32_t));
	next = up_alloc_array(UP_MAX(b->n_baskets, 1), sizeof(uint32_t));
	memcpy(next, b->starts, (size_t) b->n_baskets * sizeof(uint32_t));
	for (size_t i = 0; i < b->n_pairs; i++)
	{
		if (i % TICK_PAIRS == 0)
			up_tick();
		b->items[next[b->pairs[2 * i]]++] = b->pairs[2 * i + 1];
	}
	up_free(next);
}

/* Drops repeated items of a basket and counts the others. seen[item]: the last basket that had it, from 1. */
static void
drop_repeated(UpBaskets *b)
{
	uint32_t *seen = up_alloc0(UP_MAX(b->n_items, 1) * sizeof(uint32_t));
	uint32_t out = 0;
	size_t work = 0;

	b->counts = up_alloc0(UP_MAX(b->n_items, 1) * sizeof(uint32_t));
	for (uint32_t basket = 0; basket < b->n_baskets; basket++)
	{
		uint32_t from = b->starts[basket], to = b->starts[basket + 1];

		b->starts[basket] = out;
		for (uint32_t i = from; i < to; i++)
		{
			uint32_t item = b->items[i];

			UP_ASSERT(item < b->n_items);
			if (seen[item] == basket + 1)
				continue;
			seen[item] = basket + 1;
			b->counts[item]++;
			b->items[out++] = item;
		}
		up_tick_work(&work, 2 * (size_t) (to - from) + 2);
	}
	b->starts[b->n_baskets] = out;
	up_free(seen);
}

static void
group_pairs(UpBaskets *b)
{
	place_baskets(b);
	scatter_items(b);
	up_free(b->pairs);
	b->pairs = NULL;
}

void
up_baskets_group(UpBaskets *b)
{
	UP_ASSERT(b->n_pairs <= b->capacity);
	reserve_rows(b->capacity + (b->pairs != NULL ? b->n_pairs : 0) / 2, b->pairs != NULL,
				 2 * ((size_t) b->n_baskets + b->n_items));
	if (b->pairs != NULL)
		group_pairs(b);
	else
		b->starts[b->n_baskets] = (uint32_t) b->n_pairs;
	drop_repeated(b);
	b->items = up_realloc(b->items, UP_MAX(b->starts[b->n_baskets], 1) * sizeof(uint32_t));
	up_tick();
}

void
up_baskets_release(UpBaskets *b)
{
	up_free(b->starts);
	up_free(b->items);
	b->starts = b->items = NULL;
}

size_t
up_baskets_bytes(const UpBaskets *b)
{
	return ((size_t) b->n_baskets + 1 + b->starts[b->n_baskets] + b->n_items) * sizeof(uint32_t);
}

uint64_t
up_min_count(double support, uint64_t n)
{
	double least = ceil(support > 1 ? support : support * (double) n * (1 - 1e-12));

	return least < 1 ? 1 : least > 9e15 ? UINT64_C(9000000000000000) : (uint64_t) least;
}
