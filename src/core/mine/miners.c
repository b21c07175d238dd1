/*
 * miners.c - the table of miners, and the way to them (see miner.h)
 *
 * Before a miner is called, rare items are left out, the others numbered rarest first, and each basket becomes a row of these numbers.
 * Too many sets: all frequent ones are packed, and once twice as many as wanted have come, those that cannot be among the first are dropped. Where
 * many times as many come nonetheless, or memory has no room for them, the search is given up, and lengths are allowed one after the other.
 * As many as wanted are written out from what is packed, if memory has room.
 */
#include "mine/search.h"

#include "num/bitset.h"

#include <math.h>
#include <string.h>

#define DENSE_ITEMS 24
#define DENSE_SHARE 0.25 /* of these items, in a basket */
#define TICK_SETS   32768

static const UpMiner miners[] = {
	{"apriori", up_apriori_search},
	{"eclat", up_eclat_search},
	{"fpgrowth", up_fpgrowth_search},
};

const UpMiner *
up_miner_get(uint32_t i)
{
	return i < UP_LENGTH(miners) ? &miners[i] : NULL;
}

const UpMiner *
up_miner_find(const char *name)
{
	for (size_t i = 0; i < UP_LENGTH(miners); i++)
	{
		if (strcmp(miners[i].name, name) == 0)
			return &miners[i];
	}
	return NULL;
}

const UpMiner *
up_miner_for(uint64_t n_baskets, uint32_t n_items, uint64_t n_cells)
{
	/* Measured: many items, of which a basket has a large part, are a matter of bit sets from the second item on. */
	bool dense = n_items >= DENSE_ITEMS && (double) n_cells >= DENSE_SHARE * (double) n_baskets * n_items;

	return up_miner_find(dense ? "eclat" : "apriori");
}

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
		if (subsets > (double) max_sets || len >= UP_LONGEST_SET)
			return len;
	}
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

/* Different numbers below 64 times the words, which are zeros before and after, are marked in these and read off. */
static void
sort_by_marks(uint32_t *cells, size_t n, uint64_t *marks, size_t words)
{
	uint32_t *next = cells;

	for (size_t i = 0; i < n; i++)
		up_bitset_add(marks, cells[i]);
	for (size_t w = 0; w < words; w++)
	{
		for (uint64_t left = marks[w]; left != 0; left &= left - 1)
			*next++ = (uint32_t) (64 * w) + (uint32_t) __builtin_ctzll(left);
		marks[w] = 0;
	}
}

/* By marks, where their words are few for so many cells; else by insertion, as most baskets are short. */
static void
sort_cells(uint32_t *cells, size_t n, uint64_t *marks, size_t words)
{
	if (words <= n * UP_MIN(n / 4, 16))
	{
		sort_by_marks(cells, n, marks, words);
		return;
	}
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

/* place[item of the baskets]: its number in the search, or UP_END. */
static void
make_rows(UpSearch *s, const UpBaskets *b, const uint32_t *place)
{
	size_t used = 1, work = 0, words = ((size_t) s->k + 63) / 64;
	uint64_t *marks = up_search_take(s, words, sizeof(uint64_t));

	memset(marks, 0, words * sizeof(uint64_t));
	s->starts = up_search_take(s, b->n_baskets, sizeof(uint32_t));
	s->cells = up_search_take(s, s->n_cells + b->n_baskets + 1, sizeof(uint32_t));
	s->cells[0] = UP_END;
	for (uint32_t basket = 0; basket < b->n_baskets; basket++)
	{
		size_t start = used;

		up_tick_work(&work, 4 * (size_t) (b->starts[basket + 1] - b->starts[basket]) + 4);
		for (uint32_t i = b->starts[basket]; i < b->starts[basket + 1]; i++)
		{
			if (place[b->items[i]] != UP_END)
				s->cells[used++] = place[b->items[i]];
		}
		if (used == start)
			continue;
		sort_cells(s->cells + start, used - start, marks, words);
		s->starts[s->n_rows++] = (uint32_t) start;
		s->cells[used++] = UP_END;
	}
	up_search_give_back(s, marks, words * sizeof(uint64_t));
}

static void
choose_items(UpSearch *s, const UpBaskets *b, const UpMining *options)
{
	uint32_t *order = up_search_take(s, b->n_items, sizeof(uint32_t)), *place;
	ItemOrder context = {b->counts, options->number};

	for (uint32_t i = 0; i < b->n_items; i++)
	{
		if (b->counts[i] >= options->min_count && options->number[i] != UP_NO_ITEM)
			order[s->k++] = i;
	}
	up_sort_numbers(order, s->k, item_before, &context);
	place = up_search_take(s, b->n_items, sizeof(uint32_t));
	s->labels = up_search_take(s, s->k, sizeof(uint32_t));
	s->counts = up_search_take(s, s->k, sizeof(uint32_t));
	memset(place, 0xff, (size_t) b->n_items * sizeof(uint32_t));
	for (uint32_t i = 0; i < s->k; i++)
	{
		place[order[i]] = i;
		s->labels[i] = options->number[order[i]];
		s->counts[i] = b->counts[order[i]];
		s->n_cells += s->counts[i];
	}
	make_rows(s, b, place);
	up_search_give_back(s, order, b->n_items * sizeof(uint32_t));
	up_search_give_back(s, place, b->n_items * sizeof(uint32_t));
}

/* Whether a set of so many items was kept. */
static bool
has_length(const UpItemsets *s, uint32_t len)
{
	for (uint32_t i = 0; i < s->n; i++)
	{
		if (s->sets[i]->len == len)
			return true;
	}
	return false;
}

/*
 * Too many sets: depth first, the longest would come before the bound that makes them unwanted. So lengths are allowed
 * one after the other, each search beginning with the bound that the last one left. No set of the last length among
 * those kept: no longer one belongs there either, as its subsets come before it. Out of time, the first sets of the lengths that were
 * gone through are the answer, if there are any.
 */
static void
mine_by_length(UpSearch *s, void (*search)(UpSearch *s))
{
	UpItemsets *sets = s->sets, last = *sets;
	uint32_t longest = s->max_len;
	size_t held = 0;
	bool any = false;

	up_itemsets_free(sets);
	for (s->max_len = UP_MIN(s->min_len, longest);; s->max_len++)
	{
		uint32_t count = any ? last.least_count : last.bound_count, len = any ? last.most_len : last.bound_len;

		up_itemsets_init(sets, count, last.limit);
		sets->most_len = len;
		sets->short_of_memory = last.short_of_memory;
		s->memory += held;
		sets->beside = s->memory;
		search(s);
		s->memory -= held;
		if (sets->out_of_time && any)
		{
			up_itemsets_free(sets);
			*sets = last;
			sets->out_of_time = true;
			break;
		}
		up_itemsets_finish(sets);
		if (any)
			up_itemsets_free(&last);
		if (sets->out_of_time || s->max_len == longest || !has_length(sets, s->max_len))
			break;
		any = true;
		last = *sets;
		held = up_itemsets_bytes(sets);
	}
	s->max_len = longest;
	sets->truncated = true;
}

/*
 * They were too many to be packed. If memory was short of room for them, a search that keeps what it has tells how many it has room for. Where
 * more than are wanted had come by then, it passes over those that cannot be among the first.
 */
static void
mine_unpacked(UpSearch *s, uint32_t min_count, void (*search)(UpSearch *s))
{
	UpItemsets *sets = s->sets;
	bool many = s->packed->n >= s->packed->most, more = s->packed->n > s->packed->limit;
	uint32_t least = more ? sets->bound_count : min_count, limit = sets->limit;

	up_packed_free(s->packed);
	s->packed = NULL;
	if (many)
		return;
	up_itemsets_free(sets);
	up_itemsets_init(sets, least, limit);
	sets->truncated = more;
	sets->give_up = true;
	sets->beside = s->memory;
	search(s);
}

static void
search_closed(UpSearch *s)
{
	up_condensed_search(s, false);
}

static void
search_maximal(UpSearch *s)
{
	up_condensed_search(s, true);
}

static void
search_init(UpSearch *s, const UpBaskets *b, const UpMining *options, UpItemsets *sets)
{
	uint32_t longest = up_mine_longest(options->min_len, options->max_sets);
	bool any_length = options->target == UP_CLOSED || options->target == UP_MAXIMAL;

	*s = (UpSearch){.sets = sets,
					.min_len = options->min_len,
					.n_baskets = b->n_baskets,
					.deadline = options->deadline,
					.memory = options->beside};
	choose_items(s, b, options);
	if (options->spent != NULL)
	{
		s->memory -= UP_MIN(up_baskets_bytes(options->spent), s->memory);
		up_baskets_release(options->spent);
	}
	s->max_len = options->max_len == 0 ? UINT32_MAX : options->max_len;
	s->max_len = UP_MIN(s->max_len, UP_MAX(s->k, 1));
	if (!any_length)
		s->max_len = UP_MIN(s->max_len, longest);
	s->prefix = up_search_take(s, (size_t) s->max_len + 1, sizeof(uint32_t *));
	for (uint32_t len = 0; len <= s->max_len; len++)
		s->prefix[len] = any_length ? NULL : up_search_take(s, len + 1, sizeof(uint32_t));
	s->relatives = options->relatives;
	if (s->relatives != NULL)
	{
		s->barred = up_search_take(s, options->n_numbers, sizeof(uint32_t));
		memset(s->barred, 0, (size_t) options->n_numbers * sizeof(uint32_t));
	}
	s->limited = options->limited;
	s->max_limited = options->max_limited;
}

static void
search_free(UpSearch *s)
{
	for (uint32_t len = 0; len <= s->max_len; len++)
		up_free(s->prefix[len]);
	up_free(s->prefix);
	up_free(s->labels);
	up_free(s->counts);
	up_free(s->starts);
	up_free(s->cells);
	up_free(s->barred);
}

/* The search, into sets, or packed where all of them have room so; then sets has what became of it. */
static void
mine(const UpBaskets *b, const UpMining *options, UpItemsets *sets, UpPackedSets *packed)
{
	static void (*const condensed[])(UpSearch * s) = {
		[UP_CLOSED] = search_closed, [UP_MAXIMAL] = search_maximal, [UP_GENERATORS] = up_generator_search};
	UpSearch s;
	void (*search)(UpSearch * s);

	up_itemsets_init(sets, options->min_count, options->max_sets);
	up_progress("mining item sets", 0, 0);
	search_init(&s, b, options, sets);
	s.packed = packed;
	if (options->target != UP_ALL_FREQUENT)
		search = condensed[options->target];
	else if (options->miner != NULL)
		search = options->miner->search;
	else
		search = up_miner_for(s.n_rows, s.k, s.n_cells)->search;
	/* Only where all subsets of a set are wanted before it are lengths gone through one by one. */
	sets->give_up = options->target == UP_ALL_FREQUENT || options->target == UP_GENERATORS;
	if (s.deadline != 0 && up_seconds() >= s.deadline)
		sets->out_of_time = true;
	else
		search(&s);
	if (sets->gave_up && packed != NULL)
		mine_unpacked(&s, options->min_count, search);
	if (sets->gave_up)
		mine_by_length(&s, search);
	else if (s.packed == NULL)
		up_itemsets_finish(sets);
	sets->truncated |= sets->out_of_time;
	search_free(&s);
}

void
up_mine_stream(const UpBaskets *b, const UpMining *options, UpSetStream *stream)
{
	memset(stream, 0, sizeof(*stream));
	stream->is_packed = options->target == UP_ALL_FREQUENT;
	if (!stream->is_packed)
	{
		mine(b, options, &stream->found, NULL);
		stream->n = stream->found.n;
		return;
	}
	up_packed_init(&stream->packed, b->n_baskets, options->min_len, options->max_sets);
	up_packed_drop(&stream->packed);
	mine(b, options, &stream->found, &stream->packed);
	/* Where there were too many, they are gone. */
	stream->is_packed = stream->packed.counts != NULL;
	stream->n = stream->found.n;
	if (!stream->is_packed)
		return;
	stream->n = UP_MIN(stream->packed.n, options->max_sets);
	stream->found.truncated |= stream->packed.n > stream->n;
	up_packed_read(&stream->reader, &stream->packed);
}

const UpItemset *
up_set_stream_next(UpSetStream *stream)
{
	if (stream->is_packed)
		return up_packed_next(&stream->reader);
	return stream->told < stream->n ? stream->found.sets[stream->told++] : NULL;
}

void
up_set_stream_rewind(UpSetStream *stream)
{
	stream->told = 0;
	if (!stream->is_packed)
		return;
	up_packed_end(&stream->reader);
	up_packed_read(&stream->reader, &stream->packed);
}

void
up_set_stream_free(UpSetStream *stream)
{
	if (stream->is_packed)
		up_packed_end(&stream->reader);
	if (stream->is_packed)
		up_packed_free(&stream->packed);
	up_itemsets_free(&stream->found);
}

/* The sets of a stream, which ends with that: all, or the first ones, where memory has no room for the others beside those that are packed. */
static void
keep_stream(UpSetStream *stream, size_t beside, UpItemsets *sets)
{
	const UpItemset *set;

	*sets = stream->found;
	up_itemsets_expect(sets, stream->n, beside + up_packed_reading(&stream->reader));
	for (uint32_t i = 0; (set = up_set_stream_next(stream)) != NULL; i++)
	{
		if (i % TICK_SETS == 0)
			up_tick();
		if (!up_itemsets_append(sets, set))
			break;
	}
	up_packed_end(&stream->reader);
	up_packed_free(&stream->packed);
}

void
up_mine_itemsets(const UpBaskets *b, const UpMining *options, UpItemsets *sets)
{
	UpSetStream stream;
	size_t spent = options->spent != NULL ? up_baskets_bytes(options->spent) : 0;

	up_mine_stream(b, options, &stream);
	if (stream.is_packed)
		keep_stream(&stream, options->beside - UP_MIN(spent, options->beside), sets);
	else
		*sets = stream.found;
}
