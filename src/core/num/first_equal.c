/*
 * first_equal.c - equal hashes, found part by part; see first_equal.h
 *
 * Hashes are dealt out by their upper bits to parts, each of which has a hash table that stays in the processor's cache, where one for all
 * would miss it at every look-up. O(n).
 */
#include "num/first_equal.h"

#include "num/sort.h"

#define PART_ROWS 8192 /* about so many each */
#define MOST_BITS 12   /* of the parts' numbers */
#define FEW       512
#define TICK_ROWS 65536
#define A_HASH    3.5e-8 /* seconds */

#define UP_HASH_NAME               first
#define UP_HASH_OWNER              UpKeyed
#define UP_HASH_KEY                uint64_t
#define UP_HASH_SLOT               size_t
#define UP_HASH_EQUAL(items, i, k) ((items)[i].key == (k))
#define UP_HASH_OF(items, i)       (items)[i].key
#include "num/hash_table.h"

enum
{
	ITEMS,  /* UpKeyed: hashes and their places, a part after the other */
	STARTS, /* size_t: where each part begins, and the last one ends */
	FIRST,
	N_ARRAYS
};

/* The first of each hash are kept in front of the part. */
static void
find_in_part(const void *fixed, void *const *arrays, uint32_t part)
{
	const size_t *starts = arrays[STARTS];
	UpKeyed *items = (UpKeyed *) arrays[ITEMS] + starts[part];
	size_t *first = arrays[FIRST], n = starts[part + 1] - starts[part], kept = 0;
	UpHashTable table = {0};

	(void) fixed;
	first_resize(&table, items, 0, FEW);
	for (size_t i = 0; i < n; i++)
	{
		UpKeyed item = items[i];
		size_t *slot;

		if (i % TICK_ROWS == 0)
			up_tick();
		if (up_hash_table_is_full(&table, kept + 1))
			first_resize(&table, items, kept, 2 * kept);
		slot = first_find(&table, items, item.key, item.key);
		if (*slot == 0)
		{
			items[kept++] = item;
			*slot = kept;
		}
		first[item.position] = items[*slot - 1].position;
	}
	up_free(table.slots);
}

static inline uint32_t
part_of(uint64_t hash, int bits)
{
	return bits == 0 ? 0 : (uint32_t) (hash >> (64 - bits));
}

/* Places in their order within each part. */
static void
deal_out(const uint64_t *hashes, size_t n, const size_t *first, int bits, UpKeyed *items, size_t *starts)
{
	uint32_t parts = UINT32_C(1) << bits;
	size_t *next = up_alloc0((parts + 1) * sizeof(size_t));

	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		next[part_of(hashes[i], bits)] += first[i] != SIZE_MAX;
	}
	starts[0] = 0;
	for (uint32_t p = 0; p < parts; p++)
	{
		starts[p + 1] = starts[p] + next[p];
		next[p] = starts[p];
	}
	for (size_t i = 0; i < n; i++)
	{
		if (i % TICK_ROWS == 0)
			up_tick();
		if (first[i] != SIZE_MAX)
			items[next[part_of(hashes[i], bits)]++] = (UpKeyed){hashes[i], i};
	}
	up_free(next);
}

void
up_first_equal(const uint64_t *hashes, size_t n, size_t *first)
{
	void *arrays[N_ARRAYS];
	int bits = 0;

	while (bits < MOST_BITS && n >> bits > PART_ROWS)
		bits++;
	arrays[ITEMS] = up_alloc_large_array(n + 1, sizeof(UpKeyed));
	arrays[STARTS] = up_alloc_large_array((UINT32_C(1) << bits) + 1, sizeof(size_t));
	arrays[FIRST] = first;
	deal_out(hashes, n, first, bits, arrays[ITEMS], arrays[STARTS]);
	up_parallel(UINT32_C(1) << bits, find_in_part, &bits, sizeof(bits), arrays, N_ARRAYS);
	up_free_large(arrays[STARTS]);
	up_free_large(arrays[ITEMS]);
}

double
up_first_equal_seconds(double n)
{
	return n * A_HASH;
}
