/*
 * condensed.c - closed and maximal sets, without the other frequent ones (see search.h)
 *
 * After DCI-Closed (Lucchese, Orlando, Perego 2006). Let T(S) be the baskets of a closed set S. It is extended by each item p that may
 * follow, in their order; those before p, and those passed over on the way to S, come "before". If all of T(S + p) have an item from
 * before, the extension's closure was found there, and nothing that follows is new. Otherwise items after p that all of T(S + p) have
 * belong to the closure, which is closed, and found once; nothing need be kept to know that.
 * Maximal is a closed set that no item is frequent with. If all that may follow is frequent together, that set alone is looked at.
 *
 * For each first item the others are bit sets over its baskets; they are pressed together as these become few. Cost: for each closed set
 * and item that may follow, an intersection with each other item that is frequent there, before or after.
 */
#include "mine/search.h"

#include <string.h>

#include "num/bitset.h"

/* Sets that nest deeper are a matter of thousands of items in ever fewer baskets. */
#define DEEPEST    4000
#define NEIGHBOURS 64

/* The items that are frequent in the baskets of one set: n_before that come before, then those that may follow, in order. */
typedef struct Around
{
	uint32_t n, n_before;
	size_t words;
	uint32_t *items, *counts; /* [n] */
	uint64_t **sets;          /* [n] */
	uint64_t *pool;
	size_t capacity, pool_words;
} Around;

typedef struct Miner
{
	UpSearch *s;
	bool maximal;
	uint32_t min_count; /* what is frequent; the store may want more */
	Around *levels;
	uint32_t n_levels;
	uint32_t *set, len; /* the present one, in the order it came about */
	uint32_t *sorted;   /* scratch */
	uint64_t *all;      /* scratch: of all that may follow, and again with one more */
	size_t all_words;
} Miner;

static void
around_room(Miner *m, Around *a, size_t n, size_t words)
{
	const size_t one = 2 * sizeof(uint32_t) + sizeof(uint64_t *);

	if (n > a->capacity)
	{
		m->s->memory -= a->capacity * one;
		up_free(a->items);
		up_free(a->counts);
		up_free(a->sets);
		a->items = up_search_take(m->s, n, sizeof(uint32_t));
		a->counts = up_search_take(m->s, n, sizeof(uint32_t));
		a->sets = up_search_take(m->s, n, sizeof(uint64_t *));
		a->capacity = n;
	}
	if (n * words > a->pool_words)
	{
		up_search_give_back(m->s, a->pool, a->pool_words * sizeof(uint64_t));
		a->pool = NULL;
		a->pool_words = n * words;
		a->pool = up_search_take(m->s, n * words, sizeof(uint64_t));
	}
}

static Around *
level(Miner *m, uint32_t depth)
{
	if (depth == m->n_levels)
	{
		if (depth >= DEEPEST)
			up_fail_with(UP_LIMIT, NULL, "Raise min_support, or ask for the frequent item sets.",
						 "closed item sets nest more than %d deep", DEEPEST);
		m->levels = up_realloc(m->levels, 2 * (size_t) m->n_levels * sizeof(Around));
		memset(m->levels + m->n_levels, 0, m->n_levels * sizeof(Around));
		m->n_levels *= 2;
	}
	return &m->levels[depth];
}

/* Keeps the present set, which is closed. around: how many items are frequent with it. */
static void
keep(Miner *m, uint32_t count, uint32_t around)
{
	UpSearch *s = m->s;

	if (m->len < s->min_len || m->len > s->max_len || (m->maximal && around > 0))
		return;
	for (uint32_t i = 0; i < m->len; i++)
	{
		uint32_t label = s->labels[m->set[i]], j = i;

		for (; j > 0 && m->sorted[j - 1] > label; j--)
			m->sorted[j] = m->sorted[j - 1];
		m->sorted[j] = label;
	}
	up_itemsets_push(s->sets, m->sorted, m->len - 1, m->sorted[m->len - 1], count);
}

/*
 * What is around the set that grows by item p of a level, which is frequent there: into the next one. The items that belong to the closure
 * are added to the present set. False: it comes before.
 */
static bool
grow(Miner *m, const Around *a, uint32_t p, uint32_t least, Around *next)
{
	uint32_t count = a->counts[p];

	next->n = next->n_before = 0;
	next->words = a->words;
	for (uint32_t q = 0; q < a->n; q++)
	{
		uint64_t *out = next->pool + next->n * a->words;
		uint32_t here;

		if (q == p)
		{
			next->n_before = next->n;
			continue;
		}
		if (a->counts[q] < least)
			continue;
		here = (uint32_t) up_bitset_and(out, a->sets[p], a->sets[q], a->words);
		if (here == count)
		{
			if (q < p)
				return false;
			m->set[m->len++] = a->items[q];
			continue;
		}
		if (here < least)
			continue;
		next->items[next->n] = a->items[q];
		next->counts[next->n] = here;
		next->sets[next->n++] = out;
	}
	return true;
}

static void
press(const Around *a, uint32_t p, Around *next)
{
	size_t pressed = up_bitset_words(a->counts[p]);

	if (next->n < 4 || pressed * 4 > a->words)
		return;
	for (uint32_t q = 0; q < next->n; q++)
		up_bitset_press(next->sets[q], pressed, next->sets[q], a->sets[p], a->words);
	next->words = pressed;
}

/* All that may follow is frequent together: no other maximal set is to be found here than that one, if it is maximal. */
static bool
is_last_maximal(Miner *m, const Around *a)
{
	UpSearch *s = m->s;
	uint32_t count = 0, around = 0, len = m->len;

	if (a->n == a->n_before)
		return false;
	if (2 * a->words > m->all_words)
	{
		up_search_give_back(s, m->all, m->all_words * sizeof(uint64_t));
		m->all = NULL;
		m->all_words = 2 * a->words;
		m->all = up_search_take(s, m->all_words, sizeof(uint64_t));
	}
	for (uint32_t q = a->n_before; q < a->n; q++)
	{
		count = q == a->n_before
					? a->counts[q]
					: (uint32_t) up_bitset_and(m->all, q == a->n_before + 1 ? a->sets[q - 1] : m->all,
											   a->sets[q], a->words);
		if (count < m->min_count)
			return false;
	}
	for (uint32_t q = 0; q < a->n_before && around == 0; q++)
		around += up_bitset_and(m->all + a->words, a->n == a->n_before + 1 ? a->sets[a->n - 1] : m->all,
								a->sets[q], a->words) >= m->min_count;
	for (uint32_t q = a->n_before; q < a->n; q++)
		m->set[m->len++] = a->items[q];
	keep(m, count, around);
	m->len = len;
	return true;
}

static void
mine(Miner *m, uint32_t depth)
{
	UpSearch *s = m->s;
	uint32_t len = m->len, n = m->levels[depth].n;

	if (m->maximal && is_last_maximal(m, &m->levels[depth]))
		return;
	for (uint32_t p = m->levels[depth].n_before; p < n; p++)
	{
		Around *next = level(m, depth + 1), *a = &m->levels[depth];
		uint32_t least = up_itemsets_least(s->sets, len + 1);

		up_search_tick(s);
		if (a->counts[p] < least)
			continue;
		/* What is maximal is a question of all that is frequent, also of what the store does not want any more. */
		if (m->maximal)
			least = m->min_count;
		around_room(m, next, a->n, a->words);
		m->set[m->len++] = a->items[p];
		if (grow(m, a, p, least, next) && m->len <= s->max_len)
		{
			keep(m, a->counts[p], next->n);
			press(a, p, next);
			if (next->n > next->n_before)
				mine(m, depth + 1);
		}
		m->len = len;
	}
}

/* Bit sets of what is around the sets of one item, over its baskets. tally: of all items there, in order. */
static bool
root(Miner *m, uint32_t i, const uint32_t *rows, const UpTally *tally, uint32_t *local, uint32_t least)
{
	UpSearch *s = m->s;
	Around *a = &m->levels[0];
	uint32_t n = 0, universe = s->counts[i];
	size_t work = 0;

	a->words = up_bitset_words(universe);
	for (uint32_t t = 0; t < tally->n; t++)
	{
		uint32_t j = tally->items[t], count = tally->counts[j];

		local[j] = UP_END;
		if (j < i && count == universe)
			return false;
		if (j > i && count == universe)
			m->set[m->len++] = j;
		else if (j != i && count >= least)
			local[j] = n++;
	}
	a->n = n;
	a->n_before = 0;
	if (n == 0)
		return true;
	around_room(m, a, n, a->words);
	memset(a->pool, 0, n * a->words * sizeof(uint64_t));
	for (uint32_t t = 0; t < tally->n; t++)
	{
		uint32_t j = tally->items[t], q = local[j];

		if (q == UP_END)
			continue;
		a->n_before += j < i;
		a->items[q] = j;
		a->counts[q] = tally->counts[j];
		a->sets[q] = a->pool + q * a->words;
	}
	for (uint32_t r = 0; r < universe; r++)
	{
		up_tick_work(&work, 64);
		for (const uint32_t *cell = s->cells + s->starts[rows[r]]; *cell != UP_END; cell++)
		{
			if (local[*cell] != UP_END)
				up_bitset_add(a->sets[local[*cell]], r);
		}
	}
	return true;
}

/*
 * Whether an item that comes before is in the same baskets: then all is found there. Of a first item no other can have all baskets, as
 * items come rarest first. A look at some neighbours, which spares the counting where many items always come together.
 */
static bool
is_twin(const UpSearch *s, uint32_t i, const uint32_t *first, const uint32_t *rows)
{
	for (uint32_t j = i; j-- > 0 && i - j <= NEIGHBOURS && s->counts[j] == s->counts[i];)
	{
		if (memcmp(rows + first[j], rows + first[i], s->counts[i] * sizeof(uint32_t)) == 0)
			return true;
	}
	return false;
}

static void
mine_item(Miner *m, uint32_t i, const uint32_t *rows, UpTally *tally, uint32_t *local)
{
	UpSearch *s = m->s;
	uint32_t least = up_itemsets_least(s->sets, 1);
	size_t work = 0;

	if (s->counts[i] < least)
		return;
	if (m->maximal)
		least = m->min_count;
	up_tally_begin(tally, s->counts[i]);
	for (uint32_t r = 0; r < s->counts[i]; r++)
	{
		up_tally_row(tally, s->cells + s->starts[rows[r]]);
		up_tick_work(&work, 64);
	}
	up_tally_order(tally, 0);
	m->len = 1;
	m->set[0] = i;
	if (!root(m, i, rows, tally, local, least) || m->len > s->max_len)
		return;
	keep(m, s->counts[i], m->levels[0].n);
	if (m->levels[0].n > m->levels[0].n_before)
		mine(m, 0);
}

void
up_condensed_search(UpSearch *s, bool maximal)
{
	Miner m = {.s = s, .maximal = maximal, .min_count = s->sets->least_count, .n_levels = 8};
	size_t before = s->memory;
	uint32_t *first, *rows;
	uint32_t *local = up_search_take(s, s->k, sizeof(uint32_t));
	UpTally tally;

	up_tally_init(&tally, s, s->k);
	up_search_turn(s, &first, &rows);
	m.set = up_search_take(s, s->k, sizeof(uint32_t));
	m.sorted = up_search_take(s, s->k, sizeof(uint32_t));
	m.levels = up_alloc0(m.n_levels * sizeof(Around));
	for (uint32_t i = 0; i < s->k; i++)
	{
		up_progress("mining item sets", i, s->k);
		up_search_tick(s);
		if (!is_twin(s, i, first, rows))
			mine_item(&m, i, rows + first[i], &tally, local);
	}
	for (uint32_t d = 0; d < m.n_levels; d++)
	{
		up_free(m.levels[d].items);
		up_free(m.levels[d].counts);
		up_free(m.levels[d].sets);
		up_free(m.levels[d].pool);
	}
	up_free(m.levels);
	up_free(m.set);
	up_free(m.sorted);
	up_free(m.all);
	up_tally_free(&tally, s);
	up_free(local);
	up_free(first);
	up_search_give_back(s, rows, s->memory - before);
}
