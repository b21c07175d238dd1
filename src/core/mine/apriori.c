/*
 * apriori.c - all frequent sets by what each set's baskets hold besides, as rows or as bits (a miner; see search.h)
 *
 * The task is Apriori's (Agrawal, Srikant 1994: a set is frequent only if its subsets are); the search is depth-first
 * over projected baskets, which visits the same sets without generating candidates of one length at a time.
 *
 * For a set S, its baskets are cut to the items after S's last one. If these are dense,
 * every item becomes a bit set over them, and supersets are intersections (Zaki 2000); if not, supersets of one more
 * item are counted by delivering each basket to its items (Uno 2004), and the baskets, without what has become rare,
 * are the next level's. Bit sets that have become mostly zero are pressed together. Baskets with fewer than two
 * items left can make no further set and are left out.
 *
 * Shapes: rows of a level in one array of cells, ascending local numbers ended by UP_END; places[i]: the cells after each
 * occurrence of item i. Cost: about the sum of the projected baskets, plus words / 8 vector operations an intersection.
 */
#include "mine/search.h"

#include <string.h>

#include "num/bitset.h"

#define WORK_OF_A_ROW 64 /* for up_tick_work */

/* One level of bit sets: of the candidates that extend a set of so many items. Reused by all sets of this length. */
typedef struct Level
{
	uint64_t *bits;
	size_t bits_capacity;
	uint32_t *labels, *counts; /* of the candidates */
	uint64_t **sets;
	size_t capacity;
} Level;

typedef struct Miner
{
	UpSearch *s;
	Level *levels; /* [max_len + 1] */
	size_t work;   /* since the last tick */
} Miner;

/* Baskets of one projection. Local item numbers 0 … k - 1, rarest first. */
typedef struct Rows
{
	uint32_t k;
	uint32_t *labels; /* [k] numbers in the sets */
	uint32_t *counts; /* [k] */
	uint32_t *cells;
	uint32_t *first; /* [k + 1] into places */
	uint32_t *places;
	size_t bytes;
} Rows;

/* Space for n candidates of so many words, one after the other, in the level for sets of len items. */
static Level *
prepare_level(Miner *m, uint32_t len, size_t n, size_t words)
{
	Level *level = &m->levels[len];

	if (n > level->capacity)
	{
		size_t one = 2 * sizeof(uint32_t) + sizeof(uint64_t *);

		m->s->memory -= level->capacity * one;
		up_free(level->labels);
		up_free(level->counts);
		up_free(level->sets);
		level->labels = up_search_take(m->s, n, sizeof(uint32_t));
		level->counts = up_search_take(m->s, n, sizeof(uint32_t));
		level->sets = up_search_take(m->s, n, sizeof(uint64_t *));
		level->capacity = n;
	}
	if (n * words > level->bits_capacity)
	{
		up_search_give_back(m->s, level->bits, level->bits_capacity * sizeof(uint64_t));
		level->bits = NULL;
		level->bits_capacity = n * words;
		level->bits = up_search_take(m->s, n * words, sizeof(uint64_t));
	}
	return level;
}

/*
 * The n candidates of level len (sets of len items, each candidate one more), as bit sets of so many words: all sets
 * with two and more candidates.
 */
static void
mine_bits(Miner *m, uint32_t len, uint32_t n, size_t words)
{
	Level *level = &m->levels[len];

	for (uint32_t a = n; a-- > 0;)
	{
		uint32_t least = up_itemsets_least(m->s->sets, len + 2), n_next = 0;
		size_t pressed = up_bitset_words(level->counts[a]);
		Level *next;

		up_search_tick(m->s);
		if (level->counts[a] < up_itemsets_least(m->s->sets, len + 1))
			continue;
		up_search_found(m->s, len, level->labels[a], level->counts[a]);
		if (len + 1 >= m->s->max_len || a + 1 == n)
			continue;
		next = prepare_level(m, len + 1, n - 1, words);
		for (uint32_t b = a + 1; b < n; b++)
		{
			uint64_t *out = next->bits + n_next * words;
			size_t count;

			if (up_search_is_barred(m->s, level->labels[b]))
				continue;
			count = up_bitset_and(out, level->sets[a], level->sets[b], words);
			if (count < least)
				continue;
			next->labels[n_next] = level->labels[b];
			next->counts[n_next] = (uint32_t) count;
			next->sets[n_next++] = out;
		}
		if (n_next >= 4 && pressed * 4 <= words)
		{
			for (uint32_t b = 0; b < n_next; b++)
				up_bitset_press(next->sets[b], pressed, next->sets[b], level->sets[a], words);
		}
		else
			pressed = words;
		if (n_next > 0)
			mine_bits(m, len + 1, n_next, pressed);
	}
}

/* A projection under way: n_starts rows of cells, counted. */
typedef struct Projection
{
	const uint32_t *cells;
	const uint32_t *starts; /* each row from here to UP_END */
	uint32_t n_starts;
	const uint32_t *labels;
	const UpTally *tally; /* of the items in these rows, in order */
	uint32_t *local;      /* [k] scratch: the items' numbers in the projection, or UP_END */
} Projection;

/* Bit sets of the n items that stay, over the rows that have at least two of them. */
static void
project_bits(Miner *m, const Projection *p, uint32_t len, uint32_t n)
{
	size_t capacity = up_bitset_words(p->n_starts), row = 0;
	Level *level = prepare_level(m, len, n, capacity);

	memset(level->bits, 0, n * capacity * sizeof(uint64_t));
	for (uint32_t t = 0; t < p->tally->n; t++)
	{
		uint32_t j = p->tally->items[t], i = p->local[j];

		if (i == UP_END)
			continue;
		level->labels[i] = p->labels[j];
		level->counts[i] = p->tally->counts[j];
		level->sets[i] = level->bits + i * capacity;
	}
	for (uint32_t s = 0; s < p->n_starts; s++)
	{
		const uint32_t *cell = p->cells + p->starts[s];
		uint32_t held = UP_END, here = 0;

		up_tick_work(&m->work, WORK_OF_A_ROW);
		for (; *cell != UP_END; cell++)
		{
			uint32_t i = p->local[*cell];

			if (i == UP_END)
				continue;
			if (here++ == 0)
			{
				held = i;
				continue;
			}
			if (here == 2)
				up_bitset_add(level->sets[held], row);
			up_bitset_add(level->sets[i], row);
		}
		row += here >= 2;
	}
	mine_bits(m, len, n, up_bitset_words(row));
}

static void mine_rows(Miner *m, const Rows *rows, uint32_t len);

/* places and first from cells, which hold n_cells cells. */
static void
rows_index(Rows *r, size_t n_cells)
{
	uint32_t sum = 0;

	memset(r->first, 0, ((size_t) r->k + 1) * sizeof(uint32_t));
	for (size_t i = 0; i < n_cells; i++)
	{
		if (r->cells[i] != UP_END)
			r->first[r->cells[i]]++;
	}
	for (uint32_t j = 0; j <= r->k; j++)
	{
		uint32_t n = r->first[j];

		r->first[j] = sum;
		sum += n;
	}
	for (size_t i = 0; i < n_cells; i++)
	{
		if (r->cells[i] != UP_END)
			r->places[r->first[r->cells[i]]++] = (uint32_t) i + 1;
	}
	/* Each has moved to the next one's beginning. */
	memmove(r->first + 1, r->first, (size_t) r->k * sizeof(uint32_t));
	r->first[0] = 0;
}

/* The rows that have at least two of the n items that stay (n_cells occurrences in all), as a level of their own. */
static void
project_rows(Miner *m, const Projection *p, uint32_t len, uint32_t n, size_t n_cells)
{
	size_t capacity = n_cells + p->n_starts, used = 0;
	Rows r = {.k = n};

	r.bytes = m->s->memory;
	r.labels = up_search_take(m->s, n, sizeof(uint32_t));
	r.counts = up_search_take(m->s, n, sizeof(uint32_t));
	r.cells = up_search_take(m->s, capacity, sizeof(uint32_t));
	r.first = up_search_take(m->s, (size_t) n + 1, sizeof(uint32_t));
	r.places = up_search_take(m->s, n_cells, sizeof(uint32_t));
	r.bytes = m->s->memory - r.bytes;
	for (uint32_t t = 0; t < p->tally->n; t++)
	{
		uint32_t j = p->tally->items[t];

		if (p->local[j] == UP_END)
			continue;
		r.labels[p->local[j]] = p->labels[j];
		r.counts[p->local[j]] = p->tally->counts[j];
	}
	for (uint32_t s = 0; s < p->n_starts; s++)
	{
		const uint32_t *cell = p->cells + p->starts[s];
		size_t start = used;

		up_tick_work(&m->work, WORK_OF_A_ROW);
		for (; *cell != UP_END; cell++)
		{
			if (p->local[*cell] != UP_END)
				r.cells[used++] = p->local[*cell];
		}
		if (used - start < 2)
			used = start;
		else
			r.cells[used++] = UP_END;
	}
	up_tick();
	rows_index(&r, used);
	mine_rows(m, &r, len);
	up_free(r.labels);
	up_free(r.counts);
	up_free(r.cells);
	up_free(r.first);
	up_free(r.places);
	m->s->memory -= r.bytes;
}

/*
 * All sets that extend the present one, of len items, by items of the projection. Bit sets cost n² / 2 words for the
 * pairs, in vectors of 8; rows the sum of their squared lengths over 2, a few cycles each, and their own building.
 */
static void
project(Miner *m, const Projection *p, uint32_t len)
{
	uint32_t least = up_itemsets_least(m->s->sets, len + 1), n = 0;
	double n_cells = 0, by_bits, by_rows;

	for (uint32_t t = 0; t < p->tally->n; t++)
	{
		uint32_t j = p->tally->items[t], count = p->tally->counts[j];

		p->local[j] = count >= least && !up_search_is_barred(m->s, p->labels[j]) ? n++ : UP_END;
		if (p->local[j] != UP_END)
			n_cells += count;
	}
	if (n == 0)
		return;
	by_bits = (double) n * n / 2 * ((double) p->n_starts / 64) * 0.5;
	by_rows = n_cells * n_cells / UP_MAX(p->n_starts, 1) / 2 * 4 + 10 * n_cells;
	if (by_bits <= by_rows)
		project_bits(m, p, len, n);
	else
		project_rows(m, p, len, n, (size_t) n_cells);
}

static void
mine_rows(Miner *m, const Rows *rows, uint32_t len)
{
	uint32_t *local = up_search_take(m->s, rows->k, sizeof(uint32_t));
	UpTally tally;

	up_tally_init(&tally, m->s, rows->k);
	for (uint32_t i = rows->k; i-- > 0;)
	{
		Projection p = {rows->cells,
						rows->places + rows->first[i],
						rows->first[i + 1] - rows->first[i],
						rows->labels,
						&tally,
						local};

		if (len == 0)
			up_progress("mining item sets", rows->k - i, rows->k);
		up_search_tick(m->s);
		if (rows->counts[i] < up_itemsets_least(m->s->sets, len + 1))
			continue;
		up_search_found(m->s, len, rows->labels[i], rows->counts[i]);
		if (len + 1 >= m->s->max_len)
			continue;
		up_tally_begin(&tally, p.n_starts);
		for (uint32_t s = 0; s < p.n_starts; s++)
		{
			up_tally_row(&tally, rows->cells + p.starts[s]);
			up_tick_work(&m->work, WORK_OF_A_ROW);
		}
		up_tally_order(&tally, i + 1);
		project(m, &p, len + 1);
	}
	up_tally_free(&tally, m->s);
	up_search_give_back(m->s, local, rows->k * sizeof(uint32_t));
}

void
up_apriori_search(UpSearch *s)
{
	Miner m = {s, up_alloc0(((size_t) s->max_len + 1) * sizeof(Level)), 0};
	size_t before = s->memory;
	UpTally all = {.counts = s->counts, .n = s->k};
	Projection p = {s->cells, s->starts, s->n_rows, s->labels, &all, NULL};

	all.items = up_search_take(s, s->k, sizeof(uint32_t));
	for (uint32_t j = 0; j < s->k; j++)
		all.items[j] = j;
	p.local = up_search_take(s, s->k, sizeof(uint32_t));
	up_search_begin(s);
	project(&m, &p, 0);
	for (uint32_t len = 0; len <= s->max_len; len++)
	{
		up_free(m.levels[len].bits);
		up_free(m.levels[len].labels);
		up_free(m.levels[len].counts);
		up_free(m.levels[len].sets);
	}
	up_free(m.levels);
	up_free(all.items);
	up_search_give_back(s, p.local, s->memory - before);
}
