/*
 * apriori.c - all sets of items that occur together in at least so many baskets (see apriori.h)
 *
 * The task is Apriori's (Agrawal, Srikant 1994: a set is frequent only if its subsets are); the search is depth-first
 * over projected baskets, which visits the same sets without generating candidates of one length at a time.
 *
 * Items are taken rarest first. For a set S, its baskets are cut to the items after S's last one. If these are dense,
 * every item becomes a bit set over them, and supersets are intersections (Zaki 2000); if not, supersets of one more
 * item are counted by delivering each basket to its items (Uno 2004), and the baskets, without what has become rare,
 * are the next level's. Bit sets that have become mostly zero are pressed together. Baskets with fewer than two
 * items left can make no further set and are left out.
 *
 * Shapes: rows of a level in one array of cells, ascending local numbers ended by END; places[i]: the cells after each
 * occurrence of item i. Cost: about the sum of the projected baskets, plus words / 8 vector operations an intersection.
 */
#include "mine/apriori.h"

#include <string.h>

#include "num/bitset.h"

#define END UINT32_MAX
/* A set of this many items has more subsets than could be kept; also bounds the recursion. */
#define LONGEST 1000

/* One level of bit sets: of the candidates that extend a set of so many items. Reused by all sets of this length. */
typedef struct Level
{
	uint64_t *bits;
	size_t bits_capacity;
	uint32_t *labels, *counts; /* of the candidates */
	uint64_t **sets;
	size_t capacity;
	uint32_t *prefix; /* the set itself: level items, ascending */
} Level;

typedef struct Miner
{
	UpItemsets *sets;
	uint32_t min_len, max_len;
	size_t memory;
	Level *levels; /* [max_len + 1] */
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

uint32_t
up_mine_longest(uint32_t min_len, uint64_t max_sets)
{
	for (uint32_t len = min_len;; len++)
	{
		double subsets = 0, choose = 1;

		/* Choose j of len, from j = len down to min_len. */
		for (uint32_t j = len; j >= min_len && j > 0; j--)
		{
			subsets += choose;
			choose = choose * j / (len - j + 1);
		}
		if (subsets > (double) max_sets || len >= LONGEST)
			return len;
	}
}

static void *
take(Miner *m, size_t n, size_t size)
{
	m->memory += n * size;
	up_reserve(m->memory, "the mining of item sets");
	return up_alloc_array(UP_MAX(n, 1), size);
}

static void
give_back(Miner *m, void *p, size_t bytes)
{
	m->memory -= bytes;
	up_free(p);
}

/* Space for n candidates of so many words, one after the other, in the level for sets of len items. */
static Level *
prepare_level(Miner *m, uint32_t len, size_t n, size_t words)
{
	Level *level = &m->levels[len];

	if (n > level->capacity)
	{
		size_t one = 2 * sizeof(uint32_t) + sizeof(uint64_t *);

		m->memory += (n - level->capacity) * one;
		up_reserve(m->memory, "the mining of item sets");
		up_free(level->labels);
		up_free(level->counts);
		up_free(level->sets);
		level->labels = up_alloc_array(n, sizeof(uint32_t));
		level->counts = up_alloc_array(n, sizeof(uint32_t));
		level->sets = up_alloc_array(n, sizeof(uint64_t *));
		level->capacity = n;
	}
	if (n * words > level->bits_capacity)
	{
		give_back(m, level->bits, level->bits_capacity * sizeof(uint64_t));
		level->bits = NULL;
		level->bits_capacity = n * words;
		level->bits = take(m, n * words, sizeof(uint64_t));
	}
	return level;
}

/* The set of len items at level len and one more item: keeps it, and makes it the next level's prefix. */
static void
found(Miner *m, uint32_t len, uint32_t label, uint32_t count)
{
	const uint32_t *prefix = m->levels[len].prefix;
	uint32_t *next = m->levels[len + 1].prefix;
	uint32_t i = len;

	if (len + 1 >= m->min_len)
		up_itemsets_push(m->sets, prefix, len, label, count);
	for (; i > 0 && prefix[i - 1] > label; i--)
		next[i] = prefix[i - 1];
	next[i] = label;
	memcpy(next, prefix, i * sizeof(uint32_t));
}

/*
 * The n candidates of level len (sets of len items, each candidate one more), as bit sets of so many words: all sets
 * with two and more candidates.
 */
static void
mine_bits(Miner *m, uint32_t len, uint32_t n, size_t words)
{
	Level *level = &m->levels[len];

	for (uint32_t a = 0; a < n; a++)
	{
		uint32_t least = up_itemsets_least(m->sets, len + 2), n_next = 0;
		size_t pressed = up_bitset_words(level->counts[a]);
		Level *next;

		up_tick();
		if (level->counts[a] < up_itemsets_least(m->sets, len + 1))
			continue;
		found(m, len, level->labels[a], level->counts[a]);
		if (len + 1 >= m->max_len || a + 1 == n)
			continue;
		next = prepare_level(m, len + 1, n - a - 1, words);
		for (uint32_t b = a + 1; b < n; b++)
		{
			uint64_t *out = next->bits + n_next * words;
			size_t count = up_bitset_and(out, level->sets[a], level->sets[b], words);

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
	const uint32_t *starts; /* each row from here to END */
	uint32_t n_starts;
	uint32_t first; /* items from here on occur */
	uint32_t k;     /* up to here */
	const uint32_t *labels;
	const uint32_t *counts; /* of the items in these rows */
	uint32_t *local;        /* [k] scratch: the items' numbers in the projection, or END */
} Projection;

/* Bit sets of the n items that stay, over the rows that have at least two of them. */
static void
project_bits(Miner *m, const Projection *p, uint32_t len, uint32_t n)
{
	size_t capacity = up_bitset_words(p->n_starts), row = 0;
	Level *level = prepare_level(m, len, n, capacity);

	memset(level->bits, 0, n * capacity * sizeof(uint64_t));
	for (uint32_t j = p->first; j < p->k; j++)
	{
		uint32_t i = p->local[j];

		if (i == END)
			continue;
		level->labels[i] = p->labels[j];
		level->counts[i] = p->counts[j];
		level->sets[i] = level->bits + i * capacity;
	}
	for (uint32_t s = 0; s < p->n_starts; s++)
	{
		const uint32_t *cell = p->cells + p->starts[s];
		uint32_t held = END, here = 0;

		for (; *cell != END; cell++)
		{
			uint32_t i = p->local[*cell];

			if (i == END)
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
		if (r->cells[i] != END)
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
		if (r->cells[i] != END)
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

	r.bytes = m->memory;
	r.labels = take(m, n, sizeof(uint32_t));
	r.counts = take(m, n, sizeof(uint32_t));
	r.cells = take(m, capacity, sizeof(uint32_t));
	r.first = take(m, (size_t) n + 1, sizeof(uint32_t));
	r.places = take(m, n_cells, sizeof(uint32_t));
	r.bytes = m->memory - r.bytes;
	for (uint32_t j = p->first; j < p->k; j++)
	{
		if (p->local[j] == END)
			continue;
		r.labels[p->local[j]] = p->labels[j];
		r.counts[p->local[j]] = p->counts[j];
	}
	for (uint32_t s = 0; s < p->n_starts; s++)
	{
		const uint32_t *cell = p->cells + p->starts[s];
		size_t start = used;

		for (; *cell != END; cell++)
		{
			if (p->local[*cell] != END)
				r.cells[used++] = p->local[*cell];
		}
		if (used - start < 2)
			used = start;
		else
			r.cells[used++] = END;
	}
	up_tick();
	rows_index(&r, used);
	mine_rows(m, &r, len);
	up_free(r.labels);
	up_free(r.counts);
	up_free(r.cells);
	up_free(r.first);
	up_free(r.places);
	m->memory -= r.bytes;
}

/*
 * All sets that extend the present one, of len items, by items of the projection. Bit sets cost n² / 2 words for the
 * pairs, in vectors of 8; rows the sum of their squared lengths over 2, a few cycles each, and their own building.
 */
static void
project(Miner *m, const Projection *p, uint32_t len)
{
	uint32_t least = up_itemsets_least(m->sets, len + 1), n = 0;
	double n_cells = 0, by_bits, by_rows;

	for (uint32_t j = p->first; j < p->k; j++)
	{
		p->local[j] = p->counts[j] >= least ? n++ : END;
		if (p->local[j] != END)
			n_cells += p->counts[j];
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
	uint32_t *counts = take(m, rows->k, sizeof(uint32_t));
	uint32_t *local = take(m, rows->k, sizeof(uint32_t));

	for (uint32_t i = 0; i < rows->k; i++)
	{
		Projection p = {rows->cells,
						rows->places + rows->first[i],
						rows->first[i + 1] - rows->first[i],
						i + 1,
						rows->k,
						rows->labels,
						counts,
						local};

		if (len == 0)
			up_progress("mining item sets", i, rows->k);
		else
			up_tick();
		if (rows->counts[i] < up_itemsets_least(m->sets, len + 1))
			continue;
		found(m, len, rows->labels[i], rows->counts[i]);
		if (len + 1 >= m->max_len)
			continue;
		memset(counts + i, 0, (rows->k - i) * sizeof(uint32_t));
		for (uint32_t s = 0; s < p.n_starts; s++)
		{
			for (const uint32_t *cell = rows->cells + p.starts[s]; *cell != END; cell++)
				counts[*cell]++;
		}
		project(m, &p, len + 1);
	}
	give_back(m, counts, rows->k * sizeof(uint32_t));
	give_back(m, local, rows->k * sizeof(uint32_t));
}

/* Items that may be in a set, rarest first. */
typedef struct ItemOrder
{
	const uint32_t *counts, *number;
} ItemOrder;

static bool
item_before(const void *context, uint32_t a, uint32_t b)
{
	const ItemOrder *o = context;

	return o->counts[a] != o->counts[b] ? o->counts[a] < o->counts[b] : o->number[a] < o->number[b];
}

static bool
number_before(const void *context, uint32_t a, uint32_t b)
{
	(void) context;
	return a < b;
}

/* Insertion, as most baskets are short. */
static void
sort_cells(uint32_t *cells, size_t n)
{
	if (n > 64)
	{
		up_sort_numbers(cells, n, number_before, NULL);
		return;
	}
	for (size_t i = 1; i < n; i++)
	{
		uint32_t moved = cells[i];
		size_t j = i;

		for (; j > 0 && cells[j - 1] > moved; j--)
			cells[j] = cells[j - 1];
		cells[j] = moved;
	}
}

/* Cells of all baskets, items renumbered by place (ascending in each basket), ended by END. */
static void
mine_all(Miner *m, const UpBaskets *b, const uint32_t *order, uint32_t k, const uint32_t *number)
{
	size_t capacity = (size_t) b->starts[b->n_baskets] + b->n_baskets, used = 0, taken = m->memory;
	uint32_t *place = take(m, b->n_items, sizeof(uint32_t));
	uint32_t *labels = take(m, k, sizeof(uint32_t)), *counts = take(m, k, sizeof(uint32_t));
	uint32_t *local = take(m, k, sizeof(uint32_t));
	uint32_t *starts = take(m, b->n_baskets, sizeof(uint32_t)), *cells = take(m, capacity, sizeof(uint32_t));
	Projection p = {cells, starts, 0, 0, k, labels, counts, local};

	taken = m->memory - taken;
	for (uint32_t i = 0; i < b->n_items; i++)
		place[i] = END;
	for (uint32_t i = 0; i < k; i++)
	{
		place[order[i]] = i;
		labels[i] = number[order[i]];
		counts[i] = b->counts[order[i]];
	}
	for (uint32_t basket = 0; basket < b->n_baskets; basket++)
	{
		size_t start = used;

		for (uint32_t i = b->starts[basket]; i < b->starts[basket + 1]; i++)
		{
			if (place[b->items[i]] != END)
				cells[used++] = place[b->items[i]];
		}
		if (used == start)
			continue;
		sort_cells(cells + start, used - start);
		starts[p.n_starts++] = (uint32_t) start;
		cells[used++] = END;
		if ((basket & 1023) == 0)
			up_tick();
	}
	project(m, &p, 0);
	m->memory -= taken;
	up_free(place);
	up_free(labels);
	up_free(counts);
	up_free(local);
	up_free(starts);
	up_free(cells);
}

static void
levels_free(Miner *m)
{
	for (uint32_t len = 0; len <= m->max_len; len++)
	{
		up_free(m->levels[len].bits);
		up_free(m->levels[len].labels);
		up_free(m->levels[len].counts);
		up_free(m->levels[len].sets);
		up_free(m->levels[len].prefix);
	}
	up_free(m->levels);
}

/* Whether a set of so many items was kept. */
static bool
has_length(const UpItemsets *s, uint32_t len)
{
	for (uint32_t i = 0; i < s->n; i++)
	{
		if (up_itemsets_len(s, i) == len)
			return true;
	}
	return false;
}

/*
 * Too many sets: depth first, the longest would come before the bound that makes them unwanted. So lengths are allowed
 * one after the other, each search beginning with the bound that the last one left. No set of the last length among
 * those kept: no longer one belongs there either, as its subsets come before it.
 */
static void
mine_by_length(Miner *m, const UpBaskets *b, const uint32_t *order, uint32_t k, const UpMining *options)
{
	UpItemsets *sets = m->sets;
	uint32_t longest = m->max_len, count = sets->bound_count, len = sets->bound_len;

	for (m->max_len = UP_MIN(m->min_len, longest);; m->max_len++)
	{
		up_itemsets_free(sets);
		up_itemsets_init(sets, count, options->max_sets);
		sets->most_len = len;
		mine_all(m, b, order, k, options->number);
		up_itemsets_finish(sets);
		if (m->max_len == longest || !has_length(sets, m->max_len))
			break;
		count = sets->least_count;
		len = sets->most_len;
	}
	m->max_len = longest;
	sets->truncated = true;
}

void
up_mine_itemsets(const UpBaskets *b, const UpMining *options, UpItemsets *sets)
{
	uint32_t longest = up_mine_longest(options->min_len, options->max_sets);
	uint32_t *order = up_alloc_array(UP_MAX(b->n_items, 1), sizeof(uint32_t));
	ItemOrder context = {b->counts, options->number};
	Miner m = {.sets = sets, .min_len = options->min_len};
	uint32_t k = 0;

	up_itemsets_init(sets, options->min_count, options->max_sets);
	for (uint32_t i = 0; i < b->n_items; i++)
	{
		if (b->counts[i] >= options->min_count && options->number[i] != UP_NO_ITEM)
			order[k++] = i;
	}
	up_sort_numbers(order, k, item_before, &context);
	m.max_len = options->max_len == 0 ? longest : UP_MIN(options->max_len, longest);
	m.max_len = UP_MIN(m.max_len, UP_MAX(k, 1));
	m.levels = up_alloc0(((size_t) m.max_len + 1) * sizeof(Level));
	for (uint32_t len = 0; len <= m.max_len; len++)
		m.levels[len].prefix = up_alloc_array(len + 1, sizeof(uint32_t));
	sets->give_up = true;
	up_progress("mining item sets", 0, 0);
	mine_all(&m, b, order, k, options->number);
	if (sets->gave_up)
		mine_by_length(&m, b, order, k, options);
	else
		up_itemsets_finish(sets);
	levels_free(&m);
	up_free(order);
}
