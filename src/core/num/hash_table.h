/*
 * hash_table.h - a hash index over entries that stand elsewhere; a template, written out for each use
 *
 * The owner keeps its entries in order of arrival. A slot holds the position + 1 of one, or 0: open addressing, linear probing, at
 * most half of the slots taken, no removal. A .c file defines, and includes this:
 *
 *   UP_HASH_NAME                   what the functions' names begin with
 *   UP_HASH_OWNER, UP_HASH_KEY     types of what has the entries, and of what is looked for
 *   UP_HASH_EQUAL(owner, i, key)   whether entry i is that one
 *   UP_HASH_OF(owner, i)           the hash of entry i; left out where a table never grows
 *   UP_HASH_SLOT                   the type of a slot; uint32_t if left out
 *
 * All are undefined again. Made from them:
 *
 *   UP_HASH_SLOT *NAME_find(const UpHashTable *t, const UP_HASH_OWNER *owner, uint64_t hash, UP_HASH_KEY key)
 *       the slot of the entry, or the empty one where it belongs
 *   void NAME_prefetch(const UpHashTable *t, uint64_t hash)
 *       has the processor fetch the slot where that hash begins, for a look-up that follows soon
 *   void NAME_resize(UpHashTable *t, const UP_HASH_OWNER *owner, size_t n, size_t capacity)
 *       slots for capacity entries, at least, with the n that there are
 *
 * The struct begins as zeros and is resized before the first look-up.
 */
#ifndef UPROFILE_HASH_TABLE_H
#define UPROFILE_HASH_TABLE_H

#include "base/platform.h"

#include <string.h>

typedef struct UpHashTable
{
	size_t n_slots; /* a power of two */
	void *slots;
} UpHashTable;

#define UP_HASH_FIRST_SLOTS 16

#define UP_HASH_CONCAT(a, b) a##b
#define UP_HASH_NAMED(a, b)  UP_HASH_CONCAT(a, b)

/* Slots that capacity entries take. */
static inline size_t
up_hash_table_slots(size_t capacity)
{
	size_t n_slots = UP_HASH_FIRST_SLOTS;

	while (n_slots / 2 < capacity)
		n_slots *= 2;
	return n_slots;
}

static inline bool
up_hash_table_is_full(const UpHashTable *t, size_t n)
{
	return n >= t->n_slots / 2;
}

#endif

#ifdef UP_HASH_NAME

#ifndef UP_HASH_SLOT
#define UP_HASH_SLOT uint32_t
#endif

static inline UP_HASH_SLOT *
UP_HASH_NAMED(UP_HASH_NAME, _find)(const UpHashTable *t, const UP_HASH_OWNER *owner, uint64_t hash,
								   UP_HASH_KEY key)
{
	UP_HASH_SLOT *slots = t->slots;
	size_t mask = t->n_slots - 1, at = (size_t) hash & mask;

	(void) owner;
	UP_ASSERT(t->n_slots >= UP_HASH_FIRST_SLOTS && (t->n_slots & mask) == 0);
	while (slots[at] != 0 && !(UP_HASH_EQUAL(owner, slots[at] - 1, key)))
		at = (at + 1) & mask;
	return &slots[at];
}

static inline void
UP_HASH_NAMED(UP_HASH_NAME, _prefetch)(const UpHashTable *t, uint64_t hash)
{
	__builtin_prefetch((UP_HASH_SLOT *) t->slots + ((size_t) hash & (t->n_slots - 1)));
}

static inline void
UP_HASH_NAMED(UP_HASH_NAME, _resize)(UpHashTable *t, const UP_HASH_OWNER *owner, size_t n, size_t capacity)
{
	UP_HASH_SLOT *slots = NULL;

	(void) owner;
	(void) n;
	(void) slots;
	UP_ASSERT(n <= capacity && n < (UP_HASH_SLOT) -1);
	/* As many slots as before stay where they are: whoever only reorders may be in memory that does not last. */
	if (t->slots != NULL && t->n_slots == up_hash_table_slots(capacity))
		memset(t->slots, 0, t->n_slots * sizeof(UP_HASH_SLOT));
	else
	{
		up_free(t->slots);
		t->slots = NULL;
		t->n_slots = up_hash_table_slots(capacity);
		t->slots = up_alloc0(t->n_slots * sizeof(UP_HASH_SLOT));
	}
	slots = t->slots;
#ifdef UP_HASH_OF
	for (size_t i = 0; i < n; i++)
	{
		size_t at = (size_t) (UP_HASH_OF(owner, i)) & (t->n_slots - 1);

		if ((i & 65535) == 65535)
			up_tick();
		while (slots[at] != 0)
			at = (at + 1) & (t->n_slots - 1);
		slots[at] = (UP_HASH_SLOT) (i + 1);
	}
#endif
}

#undef UP_HASH_NAME
#undef UP_HASH_OWNER
#undef UP_HASH_KEY
#undef UP_HASH_EQUAL
#undef UP_HASH_OF
#undef UP_HASH_SLOT
#endif
