/*
 * standing_mine.c - frequent sets of all parts, from what is known of each (see standing.h)
 *
 * Cost: mining the parts that changed; one hash probe for each known set of each part; for a set that may be frequent and is not known in a part, its items' bits there.
 */
#include "mine/standing.h"

#include <math.h>
#include <string.h>

#include "mine/miner.h"
#include "num/bitset.h"

#define SLACK      0.9 /* see standing.c */
#define TICK_ITEMS (1 << 20)
#define TICK_SETS  32768

/* ---- one part ---- */

/* The count from which sets are to be known in a part. */
static uint32_t
least_of(const UpMinePart *p, uint64_t n, uint64_t min_count)
{
	double share = (double) min_count * p->n / (double) n;

	return (uint32_t) UP_MIN(UP_MAX(floor(SLACK * share), 1), UINT32_MAX - 1);
}

/* As many of its baskets as may have a set that is not known. */
static uint32_t
unknown_of(const UpMinePart *p)
{
	return UP_MIN(p->least - 1, p->n);
}

static void
keep_sets(UpMinePart *p, const UpItemsets *sets)
{
	size_t n_items = 0;

	up_free(p->set_counts);
	up_free(p->set_starts);
	up_free(p->set_items);
	for (uint32_t i = 0; i < sets->n; i++)
		n_items += sets->sets[i]->len;
	up_reserve(up_itemsets_bytes(sets) + sets->n * (sizeof(uint32_t) + sizeof(size_t)) +
				   n_items * sizeof(uint32_t),
			   "the item sets of a part");
	p->n_sets = sets->n;
	p->set_counts = up_alloc_array(UP_MAX(sets->n, 1), sizeof(uint32_t));
	p->set_starts = up_alloc_array((size_t) sets->n + 1, sizeof(size_t));
	p->set_items = up_alloc_array(UP_MAX(n_items, 1), sizeof(uint32_t));
	p->set_starts[0] = 0;
	for (uint32_t i = 0; i < sets->n; i++)
	{
		const UpItemset *set = sets->sets[i];

		if (i % TICK_SETS == 0)
			up_tick();
		p->set_counts[i] = set->count;
		memcpy(p->set_items + p->set_starts[i], set->items, set->len * sizeof(uint32_t));
		p->set_starts[i + 1] = p->set_starts[i] + set->len;
	}
}

static void
mine_part(const UpStanding *s, UpMinePart *p, uint32_t least, uint32_t max_sets)
{
	UpBaskets b = {.n_baskets = p->n, .n_items = s->n_items, .starts = p->starts, .items = p->items};
	UpMining options = {.min_count = least, .min_len = 1, .max_len = s->max_len, .max_sets = max_sets};
	uint32_t *same = up_alloc_array(UP_MAX(s->n_items, 1), sizeof(uint32_t));
	UpItemsets sets;

	b.counts = up_alloc0(UP_MAX(s->n_items, 1) * sizeof(uint32_t));
	for (uint32_t i = 0; i < p->starts[p->n]; i++)
	{
		if (i % TICK_ITEMS == 0)
			up_tick();
		b.counts[p->items[i]]++;
	}
	for (uint32_t i = 0; i < s->n_items; i++)
		same[i] = i;
	options.number = same;
	options.n_numbers = s->n_items;
	up_mine_itemsets(&b, &options, &sets);
	up_free(b.counts);
	up_free(same);
	if (sets.truncated)
		up_fail_with(UP_LIMIT, NULL, "Raise min_support or uprofile.max_memory, or set max_len.",
					 "more than %u item sets are frequent in a part of the baskets", max_sets);
	keep_sets(p, &sets);
	up_itemsets_free(&sets);
	p->least = least;
	p->changed = false;
	p->mined = true;
}

/* Of the parts whose sets may be known from a lower count on, the one with the most to give; or NULL. */
static UpMinePart *
strictest(const UpStanding *s, const UpMinePart *young, uint64_t n, uint64_t min_count)
{
	UpMinePart *found = NULL;

	for (uint32_t i = 0; i < s->n_parts; i++)
	{
		UpMinePart *p = s->parts[i];

		if (p != young && p->least > least_of(p, n, min_count) &&
			(found == NULL || (double) p->least * found->n > (double) found->least * p->n))
			found = p;
	}
	return found;
}

/* As many as may have a set that is known in no part but maybe the young one. */
static uint64_t
sum_of_unknown(const UpStanding *s, const UpMinePart *young)
{
	uint64_t sum = 0;

	for (uint32_t i = 0; i < s->n_parts; i++)
		sum += s->parts[i] == young ? 0 : unknown_of(s->parts[i]);
	return sum;
}

/* Mines what changed, and what must be known better, so that a set that is known nowhere cannot be frequent. */
static uint32_t
mine_parts(UpStanding *s, uint64_t n, uint64_t min_count, uint32_t max_sets)
{
	UpMinePart *young = up_standing_young(s, n), *p;
	uint32_t mined = 0;

	for (uint32_t i = 0; i < s->n_parts; i++)
	{
		p = s->parts[i];
		if (p->changed && p != young)
		{
			mine_part(s, p, least_of(p, n, min_count), max_sets);
			mined++;
		}
	}
	for (;;)
	{
		uint64_t sum = sum_of_unknown(s, young), allowed = sum < min_count ? min_count - sum : 0;
		uint32_t fair = young != NULL ? least_of(young, n, min_count) : 1;

		if (allowed >= fair && young == NULL)
			return mined;
		if (allowed >= fair && !young->changed && young->least <= allowed)
			return mined;
		if (allowed >= fair || (p = strictest(s, young, n, min_count)) == NULL)
			break;
		mine_part(s, p, least_of(p, n, min_count), max_sets);
		mined++;
	}
	mine_part(s, young, (uint32_t) UP_MIN(UP_MAX(min_count - sum_of_unknown(s, young), 1), UINT32_MAX - 1),
			  max_sets);
	return mined + 1;
}

/* ---- all of them ---- */

typedef struct Sum
{
	const UpStanding *s;
	uint64_t min_count;
	UpKeys keys;     /* sets that are known in some part */
	uint32_t *count; /* [capacity] in the parts that know it */
	uint64_t *parts; /* [capacity] which ones, as bits */
	size_t capacity;
} Sum;

static void
add_known(Sum *sum, uint32_t part)
{
	const UpMinePart *p = sum->s->parts[part];

	for (uint32_t i = 0; i < p->n_sets; i++)
	{
		size_t len = p->set_starts[i + 1] - p->set_starts[i];
		uint32_t at = up_keys_bytes(&sum->keys, p->set_items + p->set_starts[i], len * sizeof(uint32_t));

		if (sum->keys.n > sum->capacity)
		{
			up_reserve(2 * sum->capacity * (sizeof(uint32_t) + sizeof(uint64_t)), "the item sets of all parts");
			sum->count = up_realloc(sum->count, 2 * sum->capacity * sizeof(uint32_t));
			sum->parts = up_realloc(sum->parts, 2 * sum->capacity * sizeof(uint64_t));
			memset(sum->count + sum->capacity, 0, sum->capacity * sizeof(uint32_t));
			memset(sum->parts + sum->capacity, 0, sum->capacity * sizeof(uint64_t));
			sum->capacity *= 2;
		}
		sum->count[at] += p->set_counts[i];
		sum->parts[at] |= UINT64_C(1) << part;
		if (i % TICK_SETS == 0)
			up_tick();
	}
}

/* As many as may have it. */
static uint64_t
bound_of(const Sum *sum, uint32_t i)
{
	uint64_t bound = sum->count[i];

	for (uint32_t p = 0; p < sum->s->n_parts; p++)
	{
		if ((sum->parts[i] >> p & 1) == 0)
			bound += unknown_of(sum->s->parts[p]);
	}
	return bound;
}

/* Bits of the baskets of a part that have an item, for the items that are asked for. */
typedef struct PartBits
{
	size_t words;
	uint32_t *place; /* [n_items] UINT32_MAX: not asked for */
	uint32_t n;
	uint64_t *bits; /* [n words] */
	uint64_t *work;
} PartBits;

static const uint32_t *
set_of(const Sum *sum, uint32_t i, uint32_t *len)
{
	size_t bytes;
	const uint32_t *items = (const uint32_t *) (const void *) up_keys_get(&sum->keys, i, &bytes);

	*len = (uint32_t) (bytes / sizeof(uint32_t));
	return items;
}

static void
make_bits(const Sum *sum, const UpMinePart *p, const uint32_t *wanted, uint32_t n_wanted, PartBits *b)
{
	size_t work = 0;

	memset(b->place, 0xff, UP_MAX(sum->s->n_items, 1) * sizeof(uint32_t));
	b->n = 0;
	for (uint32_t i = 0; i < n_wanted; i++)
	{
		uint32_t len;
		const uint32_t *items = set_of(sum, wanted[i], &len);

		if (i % TICK_SETS == 0)
			up_tick();
		for (uint32_t j = 0; j < len; j++)
		{
			if (b->place[items[j]] == UINT32_MAX)
				b->place[items[j]] = b->n++;
		}
	}
	b->words = up_bitset_words(p->n);
	up_reserve(((size_t) b->n + 1) * b->words * sizeof(uint64_t), "the baskets of a part by item");
	b->bits = up_alloc0(UP_MAX(b->n * b->words, 1) * sizeof(uint64_t));
	b->work = up_alloc_array(b->words, sizeof(uint64_t));
	for (uint32_t basket = 0; basket < p->n; basket++)
	{
		for (uint32_t i = p->starts[basket]; i < p->starts[basket + 1]; i++)
		{
			uint32_t place = b->place[p->items[i]];

			if (place != UINT32_MAX)
				up_bitset_add(b->bits + place * b->words, basket);
		}
		up_tick_work(&work, 8 + 2 * (size_t) (p->starts[basket + 1] - p->starts[basket]));
	}
}

static size_t
count_set(const PartBits *b, const uint32_t *items, uint32_t len)
{
	const uint64_t *first = b->bits + b->place[items[0]] * b->words;
	size_t n = len == 1 ? up_bitset_count(first, b->words) : 0;

	for (uint32_t i = 1; i < len; i++)
		n = up_bitset_and(b->work, i == 1 ? first : b->work, b->bits + b->place[items[i]] * b->words, b->words);
	return n;
}

/* Sets that may be frequent are counted where they are not known. */
static void
count_unknown(Sum *sum, uint32_t part, PartBits *b)
{
	const UpMinePart *p = sum->s->parts[part];
	uint32_t *wanted = up_alloc_array(UP_MAX(sum->keys.n, 1), sizeof(uint32_t));
	uint32_t n = 0;
	size_t work = 0;

	for (uint32_t i = 0; i < sum->keys.n; i++)
	{
		if (i % TICK_SETS == 0)
			up_tick();
		if ((sum->parts[i] >> part & 1) == 0 && bound_of(sum, i) >= sum->min_count)
			wanted[n++] = i;
	}
	if (n > 0)
	{
		make_bits(sum, p, wanted, n, b);
		for (uint32_t i = 0; i < n; i++)
		{
			uint32_t len;
			const uint32_t *items = set_of(sum, wanted[i], &len);

			sum->count[wanted[i]] += (uint32_t) count_set(b, items, len);
			sum->parts[wanted[i]] |= UINT64_C(1) << part;
			up_tick_work(&work, len * b->words * 4);
		}
		up_free(b->bits);
		up_free(b->work);
	}
	up_free(wanted);
}

static bool
number_before(const void *context, uint32_t a, uint32_t b)
{
	(void) context;
	return a < b;
}

/* The frequent ones, items by rank. */
static void
give_frequent(const Sum *sum, const uint32_t *rank, uint32_t max_sets, UpItemsets *sets)
{
	uint32_t *ranks = up_alloc_array(UP_MAX(sum->s->n_items, 1), sizeof(uint32_t));

	up_itemsets_init(sets, (uint32_t) UP_MIN(sum->min_count, UINT32_MAX - 1), max_sets);
	for (uint32_t i = 0; i < sum->keys.n; i++)
	{
		uint32_t len;
		const uint32_t *items = set_of(sum, i, &len);

		if (i % TICK_SETS == 0)
			up_tick();
		if (sum->count[i] < sum->min_count || bound_of(sum, i) != sum->count[i])
			continue;
		for (uint32_t j = 0; j < len; j++)
			ranks[j] = rank[items[j]];
		up_sort_numbers(ranks, len, number_before, NULL);
		up_itemsets_push(sets, ranks, len - 1, ranks[len - 1], sum->count[i]);
	}
	up_itemsets_finish(sets);
	up_free(ranks);
}

static void
add_up(const UpStanding *s, uint64_t min_count, const uint32_t *rank, uint32_t max_sets, UpItemsets *sets)
{
	Sum sum = {.s = s, .min_count = min_count, .capacity = 1024};
	PartBits bits = {0};

	up_keys_init(&sum.keys, true);
	sum.count = up_alloc0(sum.capacity * sizeof(uint32_t));
	sum.parts = up_alloc0(sum.capacity * sizeof(uint64_t));
	bits.place = up_alloc_array(UP_MAX(s->n_items, 1), sizeof(uint32_t));
	for (uint32_t p = 0; p < s->n_parts; p++)
		add_known(&sum, p);
	for (uint32_t p = 0; p < s->n_parts; p++)
	{
		up_progress("counting item sets", p, s->n_parts);
		count_unknown(&sum, p, &bits);
	}
	give_frequent(&sum, rank, max_sets, sets);
	up_keys_free(&sum.keys);
	up_free(sum.count);
	up_free(sum.parts);
	up_free(bits.place);
}

void
up_standing_mine(UpStanding *s, const uint32_t *rank, uint32_t max_sets, UpItemsets *sets, uint32_t *mined)
{
	uint64_t n = up_standing_baskets(s), min_count = up_min_count(s->min_support, n);

	*mined = mine_parts(s, n, min_count, max_sets);
	add_up(s, min_count, rank, max_sets, sets);
}
