/*
 * eclat.c - all frequent sets by intersecting the baskets of items (a miner; see search.h)
 *
 * Zaki 2000, with diffsets (Zaki, Gouda 2003). The first two lengths are counted along the baskets, so that items which hardly meet cost
 * nothing. Then, for a set S with the baskets T(S), each item x that may follow stands with one of
 *   bits:  a bit for each basket of T(S), set where it has x
 *   tids:  the numbers of the baskets of T(S + x)
 *   diffs: the numbers of those of T(S) that are not in T(S + x)
 * whichever makes intersections cheapest: per pair, words / 4 + 6 cycles for bits (vectors of 8 words), 3 a number that is read for
 * lists. So tids are for the few, diffs for the nearly all. diffs stay diffs: D(S + x + y) = D(S + y) without D(S + x).
 * Dense baskets begin as bits: all pairs of words are fewer than all pairs of items within baskets. Then workers may take first items.
 *
 * Cost: the sum of the baskets' squared lengths, and the above a pair of items that follow the same set.
 */
#include "mine/first_items.h"

#include <string.h>

#include "num/bitset.h"

#define DENSE_SHARE 16 /* one in so many cells of baskets by items: lists are for less */

typedef enum Form
{
	BITS,
	TIDS,
	DIFFS
} Form;

/* The items that may follow one set. One for each length, reused. */
typedef struct Class
{
	Form form;
	uint32_t n;
	uint32_t universe;         /* baskets of the set; numbers are below */
	size_t words;              /* of each bit set */
	uint32_t *labels, *counts; /* [n] */
	size_t *at;                /* [n] into pool, counted in words (bits) or numbers */
	uint32_t *lengths;         /* [n] of lists */
	size_t capacity;
	uint64_t *pool;
	size_t pool_capacity; /* in words */
} Class;

typedef struct Miner
{
	UpSearch *s;
	Class *classes; /* [max_len + 1] */
	/* the root */
	uint32_t *local; /* [k] */
	UpTally tally;
} Miner;

static inline uint64_t *
bits_of(const Class *c, uint32_t i)
{
	return c->pool + c->at[i];
}

static inline uint32_t *
list_of(const Class *c, uint32_t i)
{
	return (uint32_t *) (void *) c->pool + c->at[i];
}

static void
class_room(Miner *m, Class *c, size_t n, size_t words)
{
	const size_t one = 3 * sizeof(uint32_t) + sizeof(size_t);

	if (n > c->capacity)
	{
		m->s->memory -= c->capacity * one;
		up_free(c->labels);
		up_free(c->counts);
		up_free(c->at);
		up_free(c->lengths);
		c->labels = up_search_take(m->s, n, sizeof(uint32_t));
		c->counts = up_search_take(m->s, n, sizeof(uint32_t));
		c->lengths = up_search_take(m->s, n, sizeof(uint32_t));
		c->at = up_search_take(m->s, n, sizeof(size_t));
		c->capacity = n;
	}
	if (words > c->pool_capacity)
	{
		up_search_give_back(m->s, c->pool, c->pool_capacity * sizeof(uint64_t));
		c->pool = NULL;
		c->pool_capacity = words;
		c->pool = up_search_take(m->s, words, sizeof(uint64_t));
	}
}

/* The cheapest form for n items with n_cells baskets in all, out of universe each. */
static Form
best_form(size_t universe, size_t n, size_t n_cells)
{
	double bits = (double) up_bitset_words(universe) / 4 + 6;
	double tids = 6 * (double) n_cells / (double) n, diffs = 6 * (double) (universe * n - n_cells) / (double) n;

	if (bits <= tids && bits <= diffs)
		return BITS;
	return tids <= diffs ? TIDS : DIFFS;
}

/* out = a without b, ascending lists; returns its length. */
static uint32_t
without(uint32_t *out, const uint32_t *a, uint32_t n_a, const uint32_t *b, uint32_t n_b)
{
	uint32_t n = 0, j = 0;

	for (uint32_t i = 0; i < n_a; i++)
	{
		while (j < n_b && b[j] < a[i])
			j++;
		out[n] = a[i];
		n += j == n_b || b[j] != a[i];
	}
	return n;
}

/* out = a and b. */
static uint32_t
both(uint32_t *out, const uint32_t *a, uint32_t n_a, const uint32_t *b, uint32_t n_b)
{
	uint32_t n = 0;

	for (uint32_t i = 0, j = 0; i < n_a && j < n_b;)
	{
		uint32_t x = a[i], y = b[j];

		out[n] = x;
		n += x == y;
		i += x <= y;
		j += y <= x;
	}
	return n;
}

static void
follow_bits(Miner *m, uint32_t len, uint32_t a, uint32_t least)
{
	const Class *c = &m->classes[len];
	Class *next = &m->classes[len + 1];
	size_t pressed = up_bitset_words(c->counts[a]), work = 0;

	class_room(m, next, c->n, (size_t) (c->n - 1) * c->words);
	next->form = BITS;
	next->words = c->words;
	next->universe = c->universe;
	for (uint32_t b = a + 1; b < c->n; b++)
	{
		size_t count;

		if (up_search_is_barred(m->s, c->labels[b]))
			continue;
		up_tick_work(&work, c->words);
		next->at[next->n] = next->n * c->words;
		count = up_bitset_and(bits_of(next, next->n), bits_of(c, a), bits_of(c, b), c->words);
		if (count < least)
			continue;
		next->labels[next->n] = c->labels[b];
		next->counts[next->n++] = (uint32_t) count;
	}
	/* The root is left once an item, and many an intersection follows. */
	if (next->n < 4 || (len == 0 ? pressed == c->words : pressed * 4 > c->words))
		return;
	for (uint32_t b = 0; b < next->n; b++)
		up_bitset_press(bits_of(next, b), pressed, bits_of(next, b), bits_of(c, a), c->words);
	next->words = pressed;
	next->universe = c->counts[a];
}

static void
follow_lists(Miner *m, const Class *c, uint32_t a, uint32_t least, Class *next)
{
	size_t used = 0, room = 0;

	for (uint32_t b = a + 1; b < c->n; b++)
		room += c->form == TIDS ? UP_MIN(c->lengths[a], c->lengths[b]) : c->lengths[b];
	class_room(m, next, c->n, room / 2 + 1 + c->n);
	next->form = c->form;
	next->universe = c->universe;
	for (uint32_t b = a + 1; b < c->n; b++)
	{
		uint32_t length, count;

		if (up_search_is_barred(m->s, c->labels[b]))
			continue;
		next->at[next->n] = used;
		if (c->form == TIDS)
			count = length =
				both(list_of(next, next->n), list_of(c, a), c->lengths[a], list_of(c, b), c->lengths[b]);
		else
		{
			length =
				without(list_of(next, next->n), list_of(c, b), c->lengths[b], list_of(c, a), c->lengths[a]);
			count = c->counts[a] - length;
		}
		if (count < least)
			continue;
		used += length;
		next->labels[next->n] = c->labels[b];
		next->lengths[next->n] = length;
		next->counts[next->n++] = count;
	}
}

static void mine_class(Miner *m, uint32_t len);

/* All sets that extend the present one, of len items, by item a of its class, and maybe more. */
static void
extend(Miner *m, uint32_t len, uint32_t a)
{
	Class *c = &m->classes[len], *next = c + 1;
	UpSearch *s = m->s;
	uint32_t least = up_itemsets_least(s->sets, len + 2);

	up_search_tick(s);
	if (c->counts[a] < up_itemsets_least(s->sets, len + 1))
		return;
	up_search_found(s, len, c->labels[a], c->counts[a]);
	if (len + 1 >= s->max_len || a + 1 == c->n || c->counts[a] < least)
		return;
	next->n = 0;
	if (c->form == BITS)
		follow_bits(m, len, a, least);
	else
		follow_lists(m, c, a, least, next);
	if (next->n > 0)
		mine_class(m, len + 1);
}

/* The same by all items of its class. */
static void
mine_class(Miner *m, uint32_t len)
{
	for (uint32_t a = m->classes[len].n; a-- > 0;)
		extend(m, len, a);
}

/* Puts basket number r, with its items that may follow, into the lists or bits of a class. */
static void
add_basket(const Miner *m, Class *c, uint32_t r, const uint32_t *cell)
{
	if (c->form == DIFFS)
	{
		uint32_t x = 0;

		/* Local numbers ascend as items do. */
		for (;; cell++)
		{
			uint32_t here = *cell == UP_END ? c->n : m->local[*cell];

			if (here == UP_END)
				continue;
			for (; x < here; x++)
				list_of(c, x)[c->lengths[x]++] = r;
			if (*cell == UP_END)
				return;
			x++;
		}
	}
	for (; *cell != UP_END; cell++)
	{
		uint32_t x = m->local[*cell];

		if (x == UP_END)
			continue;
		if (c->form == BITS)
			up_bitset_add(bits_of(c, x), r);
		else
			list_of(c, x)[c->lengths[x]++] = r;
	}
}

/* The class of the first item of a set, from its baskets. */
static void
root_class(Miner *m, uint32_t a, const uint32_t *rows, uint32_t least)
{
	UpSearch *s = m->s;
	Class *c = &m->classes[1];
	uint32_t universe = s->counts[a], n = 0;
	size_t n_cells = 0, at = 0, work = 0;

	for (uint32_t t = 0; t < m->tally.n; t++)
	{
		uint32_t j = m->tally.items[t], count = m->tally.counts[j];

		m->local[j] = count >= least && !up_search_is_barred(s, s->labels[j]) ? n++ : UP_END;
		n_cells += m->local[j] != UP_END ? count : 0;
	}
	c->n = n;
	if (n == 0)
		return;
	c->form = best_form(universe, n, n_cells);
	c->universe = universe;
	c->words = up_bitset_words(universe);
	class_room(m, c, n,
			   c->form == BITS ? n * c->words
							   : (c->form == TIDS ? n_cells : universe * (size_t) n - n_cells) / 2 + 1);
	if (c->form == BITS)
		memset(c->pool, 0, n * c->words * sizeof(uint64_t));
	for (uint32_t t = 0; t < m->tally.n; t++)
	{
		uint32_t j = m->tally.items[t], x = m->local[j];

		if (x == UP_END)
			continue;
		c->labels[x] = s->labels[j];
		c->counts[x] = m->tally.counts[j];
		c->lengths[x] = 0;
		c->at[x] = at;
		at += c->form == BITS ? c->words : c->form == TIDS ? c->counts[x] : universe - c->counts[x];
	}
	for (uint32_t r = 0; r < universe; r++)
	{
		const uint32_t *cell = s->cells + s->starts[rows[r]];

		while (*cell <= a)
			cell++;
		up_tick_work(&work, 64);
		add_basket(m, c, r, cell);
	}
}

static void
mine_root(Miner *m, const uint32_t *first, const uint32_t *rows)
{
	UpSearch *s = m->s;

	for (uint32_t a = s->k; a-- > 0;)
	{
		size_t work = 0;

		up_progress("mining item sets", s->k - a, s->k);
		up_search_tick(s);
		if (s->counts[a] < up_itemsets_least(s->sets, 1))
			continue;
		up_search_found(s, 0, s->labels[a], s->counts[a]);
		if (s->max_len < 2)
			continue;
		up_tally_begin(&m->tally, s->counts[a]);
		for (uint32_t r = first[a]; r < first[a + 1]; r++)
		{
			up_tally_row(&m->tally, s->cells + s->starts[rows[r]]);
			up_tick_work(&work, 64);
		}
		up_tally_order(&m->tally, a + 1);
		root_class(m, a, rows + first[a], up_itemsets_least(s->sets, 2));
		if (m->classes[1].n > 0)
			mine_class(m, 1);
	}
}

/* Whether to begin with bits: pairs of words, each read and pressed, beside pairs of items in baskets, each read twice. */
static bool
is_dense(const UpSearch *s)
{
	double words = (double) up_bitset_words(s->n_rows), k = s->k, cells = (double) s->n_cells, rows = s->n_rows;

	return rows > 0 && DENSE_SHARE * cells >= rows * k && k * k * words <= 2 * cells * cells / rows;
}

/* The class of the empty set: a bit for each basket. */
static void
dense_root(Miner *m)
{
	UpSearch *s = m->s;
	Class *c = &m->classes[0];
	size_t work = 0;

	c->form = BITS;
	c->n = s->k;
	c->universe = s->n_rows;
	c->words = up_bitset_words(s->n_rows);
	class_room(m, c, c->n, c->n * c->words);
	memset(c->pool, 0, c->n * c->words * sizeof(uint64_t));
	for (uint32_t x = 0; x < s->k; x++)
	{
		c->labels[x] = s->labels[x];
		c->counts[x] = s->counts[x];
		c->at[x] = x * c->words;
	}
	for (uint32_t r = 0; r < s->n_rows; r++)
	{
		up_tick_work(&work, 64);
		for (const uint32_t *cell = s->cells + s->starts[r]; *cell != UP_END; cell++)
			up_bitset_add(bits_of(c, *cell), r);
	}
}

static void
mine_dense(void *miner, uint32_t a)
{
	extend(miner, 0, a);
}

static void
free_classes(Miner *m, uint32_t from)
{
	for (uint32_t len = from; len < m->s->max_len + 2; len++)
	{
		up_free(m->classes[len].labels);
		up_free(m->classes[len].counts);
		up_free(m->classes[len].at);
		up_free(m->classes[len].lengths);
		up_free(m->classes[len].pool);
	}
	up_free(m->classes);
}

enum
{
	LABELS,
	COUNTS,
	AT,
	POOL
};

static void
dense_part(const void *fixed, void *const *arrays, uint32_t part)
{
	UpFirstPart p;
	Miner m = {.s = &p.s};

	up_first_part_begin(&p, fixed, part);
	m.classes = up_alloc0(((size_t) p.s.max_len + 2) * sizeof(Class));
	m.classes[0] = (Class){.form = BITS,
						   .n = p.s.k,
						   .universe = p.s.n_rows,
						   .words = up_bitset_words(p.s.n_rows),
						   .labels = arrays[LABELS],
						   .counts = arrays[COUNTS],
						   .at = arrays[AT],
						   .pool = arrays[POOL]};
	extend(&m, 0, p.a);
	free_classes(&m, 1);
	up_first_part_end(&p, fixed, arrays, part);
}

static void
search_dense(Miner *m)
{
	const Class *c = &m->classes[0];

	dense_root(m);
	up_search_first_items(
		m->s,
		&(UpFirstItems){.mine = mine_dense,
						.miner = m,
						.part = dense_part,
						.arrays = {[LABELS] = c->labels, [COUNTS] = c->counts, [AT] = c->at, [POOL] = c->pool},
						.bytes = {[LABELS] = c->n * sizeof(uint32_t),
								  [COUNTS] = c->n * sizeof(uint32_t),
								  [AT] = c->n * sizeof(size_t),
								  [POOL] = c->n * c->words * sizeof(uint64_t)}});
}

static void
search_lists(Miner *m)
{
	UpSearch *s = m->s;
	size_t before = s->memory;
	uint32_t *first, *rows;

	up_search_turn(s, &first, &rows);
	m->local = up_search_take(s, s->k, sizeof(uint32_t));
	up_tally_init(&m->tally, s, s->k);
	mine_root(m, first, rows);
	up_tally_free(&m->tally, s);
	up_free(m->local);
	up_free(first);
	up_search_give_back(s, rows, s->memory - before);
}

void
up_eclat_search(UpSearch *s)
{
	Miner m = {.s = s};
	size_t before = s->memory;

	m.classes = up_alloc0(((size_t) s->max_len + 2) * sizeof(Class));
	up_search_begin(s);
	if (is_dense(s))
		search_dense(&m);
	else
		search_lists(&m);
	free_classes(&m, 0);
	up_search_give_back(s, NULL, s->memory - before);
}
