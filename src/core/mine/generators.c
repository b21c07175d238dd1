/*
 * generators.c - the sets that say something: no set with fewer items is in as few baskets (see search.h)
 *
 * Subsets of a generator are generators, and in more baskets (Bastide et al. 2000). Depth first as other miners do, all subsets before a
 * set: it is extended by generators alone, its parents' counts are at hand, and those of the other subsets with one item less are looked up
 * among what was found, by the exclusive or of their items' hashes.
 *
 * Cost: an intersection of bit sets for each pair that follows a set, a look-up for each item of a set; 4 bytes an item and about 32 a
 * generator.
 */
#include "mine/search.h"

#include <string.h>

#include "base/rng.h"
#include "num/bitset.h"
#include "num/hash_table.h"

/* One level: what may follow the present set. */
typedef struct Level
{
	uint32_t n;
	uint32_t *labels, *counts; /* [n] */
	bool *good;                /* [n] with it, the set is a generator; known for those after the present one */
	uint64_t **sets;           /* [n] */
	uint64_t *pool;
	size_t capacity, pool_words;
} Level;

typedef struct Miner
{
	UpSearch *s;
	Level *levels;
	/* the root */
	uint32_t *local;
	UpTally tally;
	/* what was found */
	UpHashTable table;
	size_t n, capacity, n_items, items_capacity;
	uint32_t *counts;
	uint64_t *starts;
	uint64_t *hashes;
	uint32_t *items;
} Miner;

/* A set without one of its items. */
typedef struct Subset
{
	uint64_t hash;
	const uint32_t *items;
	uint32_t len, without; /* of the set; the place that is left out */
} Subset;

static uint64_t
item_hash(uint32_t item)
{
	return up_mix64((uint64_t) item + 1);
}

static bool
is_subset(const Miner *m, size_t i, Subset key)
{
	const uint32_t *item = m->items + m->starts[i];

	if (m->hashes[i] != key.hash || m->starts[i + 1] - m->starts[i] != key.len - 1)
		return false;
	for (uint32_t j = 0; j < key.len; j++)
	{
		if (j != key.without && *item++ != key.items[j])
			return false;
	}
	return true;
}

#define UP_HASH_NAME             found
#define UP_HASH_OWNER            Miner
#define UP_HASH_KEY              Subset
#define UP_HASH_EQUAL(m, i, key) is_subset(m, i, key)
#define UP_HASH_OF(m, i)         (m)->hashes[i]
#include "num/hash_table.h"

static void
found_grow(Miner *m, uint32_t len)
{
	size_t one = sizeof(uint32_t) + 2 * sizeof(uint64_t);

	if (m->n + 1 >= m->capacity)
	{
		up_search_give_back(m->s, NULL, m->capacity * one + m->table.n_slots * sizeof(uint32_t));
		m->capacity *= 2;
		m->s->memory += m->capacity * one + up_hash_table_slots(m->capacity) * sizeof(uint32_t);
		up_reserve(m->s->memory, "the generators that were found");
		m->counts = up_realloc(m->counts, m->capacity * sizeof(uint32_t));
		m->starts = up_realloc(m->starts, (m->capacity + 1) * sizeof(uint64_t));
		m->hashes = up_realloc(m->hashes, m->capacity * sizeof(uint64_t));
		found_resize(&m->table, m, m->n, m->capacity);
	}
	if (m->n_items + len > m->items_capacity)
	{
		m->s->memory += m->items_capacity * sizeof(uint32_t);
		up_reserve(m->s->memory, "the generators that were found");
		m->items_capacity *= 2;
		m->items = up_realloc(m->items, m->items_capacity * sizeof(uint32_t));
	}
	m->s->sets->beside = m->s->memory;
}

/* Remembers the present set, of len items. */
static void
remember(Miner *m, const uint32_t *items, uint32_t len, uint32_t count)
{
	uint64_t hash = 0;

	found_grow(m, len);
	for (uint32_t i = 0; i < len; i++)
		hash ^= item_hash(items[i]);
	memcpy(m->items + m->n_items, items, len * sizeof(uint32_t));
	m->n_items += len;
	m->counts[m->n] = count;
	m->hashes[m->n] = hash;
	m->starts[m->n + 1] = m->n_items;
	/* Without any of its items: none of it is left out. */
	*found_find(&m->table, m, hash, (Subset){hash, items, len + 1, len}) = (uint32_t) ++m->n;
}

/* Whether all sets with one item less are generators in more baskets; those without the last item that came are known to be. */
static bool
is_generator(const Miner *m, const uint32_t *items, uint32_t len, uint32_t count)
{
	uint64_t hash = 0;

	for (uint32_t i = 0; i < len; i++)
		hash ^= item_hash(items[i]);
	for (uint32_t i = 0; len > 1 && i < len; i++)
	{
		uint64_t one = hash ^ item_hash(items[i]);
		uint32_t place = *found_find(&m->table, m, one, (Subset){one, items, len, i});

		if (place == 0 || m->counts[place - 1] <= count)
			return false;
	}
	return true;
}

static void
level_room(Miner *m, Level *l, size_t n, size_t words)
{
	const size_t one = 2 * sizeof(uint32_t) + sizeof(uint64_t *) + sizeof(bool);

	if (n > l->capacity)
	{
		m->s->memory -= l->capacity * one;
		up_free(l->labels);
		up_free(l->counts);
		up_free(l->good);
		up_free(l->sets);
		l->labels = up_search_take(m->s, n, sizeof(uint32_t));
		l->counts = up_search_take(m->s, n, sizeof(uint32_t));
		l->good = up_search_take(m->s, n, sizeof(bool));
		l->sets = up_search_take(m->s, n, sizeof(uint64_t *));
		l->capacity = n;
	}
	if (n * words > l->pool_words)
	{
		up_search_give_back(m->s, l->pool, l->pool_words * sizeof(uint64_t));
		l->pool = NULL;
		l->pool_words = n * words;
		l->pool = up_search_take(m->s, n * words, sizeof(uint64_t));
	}
}

static void
mine(Miner *m, uint32_t len, size_t words)
{
	UpSearch *s = m->s;
	Level *l = &m->levels[len], *next = l + 1;

	for (uint32_t a = l->n; a-- > 0;)
	{
		uint32_t least = up_itemsets_least(s->sets, len + 2);
		size_t pressed = up_bitset_words(l->counts[a]);

		up_search_tick(s);
		l->good[a] = false;
		if (l->counts[a] < up_itemsets_least(s->sets, len + 1))
			continue;
		up_search_extend(s, len, l->labels[a]);
		l->good[a] = is_generator(m, s->prefix[len + 1], len + 1, l->counts[a]);
		if (!l->good[a])
			continue;
		up_search_found(s, len, l->labels[a], l->counts[a]);
		remember(m, s->prefix[len + 1], len + 1, l->counts[a]);
		if (len + 1 >= s->max_len || a + 1 == l->n)
			continue;
		level_room(m, next, l->n - 1, words);
		next->n = 0;
		for (uint32_t b = a + 1; b < l->n; b++)
		{
			uint64_t *out = next->pool + next->n * words;
			uint32_t count;

			if (!l->good[b])
				continue;
			count = (uint32_t) up_bitset_and(out, l->sets[a], l->sets[b], words);
			if (count < least || count == l->counts[a] || count == l->counts[b])
				continue;
			next->labels[next->n] = l->labels[b];
			next->counts[next->n] = count;
			next->sets[next->n++] = out;
		}
		if (next->n >= 4 && pressed * 4 <= words)
		{
			for (uint32_t b = 0; b < next->n; b++)
				up_bitset_press(next->sets[b], pressed, next->sets[b], l->sets[a], words);
		}
		else
			pressed = words;
		if (next->n > 0)
			mine(m, len + 1, pressed);
	}
}

/* What may follow one item, over its baskets. */
static void
root(Miner *m, uint32_t a, const uint32_t *rows, uint32_t least)
{
	UpSearch *s = m->s;
	Level *l = &m->levels[1];
	size_t words = up_bitset_words(s->counts[a]), work = 0;
	uint32_t n = 0;

	up_tally_begin(&m->tally, s->counts[a]);
	for (uint32_t r = 0; r < s->counts[a]; r++)
	{
		up_tally_row(&m->tally, s->cells + s->starts[rows[r]]);
		up_tick_work(&work, 64);
	}
	up_tally_order(&m->tally, a + 1);
	for (uint32_t t = 0; t < m->tally.n; t++)
	{
		uint32_t j = m->tally.items[t], count = m->tally.counts[j];
		bool open =
			count >= least && count < s->counts[a] && count < s->counts[j] && s->counts[j] < s->n_baskets;

		m->local[j] = open ? n++ : UP_END;
	}
	if (n == 0)
		return;
	level_room(m, l, n, words);
	l->n = n;
	memset(l->pool, 0, n * words * sizeof(uint64_t));
	for (uint32_t t = 0; t < m->tally.n; t++)
	{
		uint32_t j = m->tally.items[t], x = m->local[j];

		if (x == UP_END)
			continue;
		l->labels[x] = s->labels[j];
		l->counts[x] = m->tally.counts[j];
		l->sets[x] = l->pool + x * words;
	}
	for (uint32_t r = 0; r < s->counts[a]; r++)
	{
		const uint32_t *cell = s->cells + s->starts[rows[r]];

		up_tick_work(&work, 64);
		while (*cell <= a)
			cell++;
		for (; *cell != UP_END; cell++)
		{
			if (m->local[*cell] != UP_END)
				up_bitset_add(l->sets[m->local[*cell]], r);
		}
	}
	mine(m, 1, words);
}

static void
found_init(Miner *m)
{
	m->capacity = 1024;
	m->items_capacity = 8192;
	m->counts = up_search_take(m->s, m->capacity, sizeof(uint32_t));
	m->starts = up_search_take(m->s, m->capacity + 1, sizeof(uint64_t));
	m->hashes = up_search_take(m->s, m->capacity, sizeof(uint64_t));
	m->items = up_search_take(m->s, m->items_capacity, sizeof(uint32_t));
	m->starts[0] = 0;
	found_resize(&m->table, m, 0, m->capacity);
	m->s->memory += m->table.n_slots * sizeof(uint32_t);
}

void
up_generator_search(UpSearch *s)
{
	Miner m = {.s = s};
	size_t before = s->memory;
	uint32_t *first, *rows;

	up_search_turn(s, &first, &rows);
	m.levels = up_alloc0(((size_t) s->max_len + 2) * sizeof(Level));
	m.local = up_search_take(s, s->k, sizeof(uint32_t));
	up_tally_init(&m.tally, s, s->k);
	found_init(&m);
	for (uint32_t a = s->k; a-- > 0;)
	{
		up_progress("mining item sets", s->k - a, s->k);
		up_search_tick(s);
		if (s->counts[a] < up_itemsets_least(s->sets, 1) || s->counts[a] == s->n_baskets)
			continue;
		up_search_found(s, 0, s->labels[a], s->counts[a]);
		remember(&m, s->prefix[1], 1, s->counts[a]);
		if (s->max_len > 1)
			root(&m, a, rows + first[a], up_itemsets_least(s->sets, 2));
	}
	for (uint32_t len = 0; len < s->max_len + 2; len++)
	{
		up_free(m.levels[len].labels);
		up_free(m.levels[len].counts);
		up_free(m.levels[len].good);
		up_free(m.levels[len].sets);
		up_free(m.levels[len].pool);
	}
	up_free(m.levels);
	up_free(m.local);
	up_tally_free(&m.tally, s);
	up_free(m.table.slots);
	up_free(m.counts);
	up_free(m.starts);
	up_free(m.hashes);
	up_free(m.items);
	up_free(first);
	up_search_give_back(s, rows, s->memory - before);
}
