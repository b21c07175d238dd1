/*
 * test_mine.c - item sets and rules against plain enumeration of all subsets
 */
#include "check.h"

#include "base/rng.h"
#include "mine/miner.h"
#include "mine/rules.h"

#define MAX_ITEMS 12

/* Random baskets over n_items items as masks; item i is in a basket with chance (i + 1) / spread. */
static void
random_baskets(UpBaskets *b, uint32_t *masks, uint32_t n, uint32_t n_items, uint64_t spread, uint64_t seed)
{
	UpRng rng;
	uint32_t basket = 0;

	up_rng_init(&rng, seed, 0);
	up_baskets_init(b);
	for (uint32_t i = 0; i < n; i++)
	{
		masks[basket] = 0;
		for (uint32_t item = 0; item < n_items; item++)
		{
			if (up_rng_below(&rng, spread) > item)
				continue;
			masks[basket] |= 1u << item;
			up_baskets_add(b, basket, item);
			if (up_rng_below(&rng, 4) == 0)
				up_baskets_add(b, basket, item);
		}
		basket += masks[basket] != 0;
	}
	up_baskets_group(b);
}

static uint32_t
mask_of(const UpItemsets *s, uint32_t i)
{
	uint32_t mask = 0;

	for (uint32_t j = 0; j < s->sets[i]->len; j++)
		mask |= 1u << s->sets[i]->items[j];
	return mask;
}

static uint32_t
count_of(const uint32_t *masks, uint32_t n, uint32_t set)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < n; i++)
		count += (masks[i] & set) == set;
	return count;
}

static const uint32_t identity[MAX_ITEMS] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};

/* The order that itemsets.h promises. */
static bool
in_order(const UpItemsets *s, uint32_t i)
{
	const UpItemset *a = s->sets[i], *b = s->sets[i + 1];

	if (a->count != b->count)
		return a->count > b->count;
	if (a->len != b->len)
		return a->len < b->len;
	return up_items_compare(a->items, a->len, b->items, b->len) < 0;
}

/* One after the other, and again, they are the same. */
static void
in_a_stream(const UpBaskets *b, const UpMining *options, const UpItemsets *s)
{
	UpSetStream stream;

	up_mine_stream(b, options, &stream);
	CHECK(stream.n == s->n && stream.found.truncated == s->truncated);
	for (int round = 0; round < 2; round++)
	{
		const UpItemset *set;
		uint32_t n = 0, wrong = 0;

		for (; (set = up_set_stream_next(&stream)) != NULL; n++)
			wrong += n >= s->n || set->count != s->sets[n]->count || set->len != s->sets[n]->len ||
					 memcmp(set->items, s->sets[n]->items, set->len * sizeof(uint32_t)) != 0;
		CHECK(n == s->n && wrong == 0);
		up_set_stream_rewind(&stream);
	}
	up_set_stream_free(&stream);
}

static void
against_all_subsets(uint32_t n, uint32_t n_items, uint64_t spread, UpMining options, uint64_t seed)
{
	uint32_t *masks = up_alloc_array(n + 1, sizeof(uint32_t));
	uint32_t expected = 0, wrong = 0;
	UpBaskets b;
	UpItemsets s;

	random_baskets(&b, masks, n, n_items, spread, seed);
	options.number = identity;
	up_mine_itemsets(&b, &options, &s);
	for (uint32_t set = 1; set < 1u << n_items; set++)
	{
		uint32_t len = (uint32_t) __builtin_popcount(set);

		expected += len >= options.min_len && (options.max_len == 0 || len <= options.max_len) &&
					count_of(masks, b.n_baskets, set) >= options.min_count;
	}
	up_check(s.n == UP_MIN(expected, options.max_sets), __FILE__, __LINE__,
			 "%u baskets, seed %d: %u sets, expected %u", n, (int) seed, s.n, expected);
	CHECK(s.truncated == (expected > options.max_sets));
	for (uint32_t i = 0; i < s.n; i++)
	{
		wrong += count_of(masks, b.n_baskets, mask_of(&s, i)) != s.sets[i]->count;
		wrong += i + 1 < s.n && !in_order(&s, i);
	}
	CHECK(wrong == 0);
	in_a_stream(&b, &options, &s);
}

static void
all_sets_are_found(void)
{
	for (uint64_t seed = 1; seed <= 40; seed++)
	{
		UpMining options = {.min_count = 1 + (uint32_t) (seed % 7), .min_len = 1, .max_sets = 100000};

		against_all_subsets(60, 10, 12, options, seed);
		against_all_subsets(200, MAX_ITEMS, 60, options, seed);
		options.min_len = 2;
		options.max_len = 3;
		against_all_subsets(60, 10, 12, options, seed);
	}
	/* Enough baskets that bit sets are pressed together. */
	against_all_subsets(20000, MAX_ITEMS, 40, (UpMining){.min_count = 3, .min_len = 1, .max_sets = 100000}, 99);
	against_all_subsets(0, 4, 4, (UpMining){.min_count = 1, .min_len = 1, .max_sets = 10}, 1);
}

/* Sparse baskets over many items take the way of rows; pairs and triples counted one by one. */
static void
sparse_baskets(void)
{
	enum
	{
		N = 3000,
		ITEMS = 400,
		LEN = 6,
		LEAST = 3
	};
	static uint8_t has[N][ITEMS];
	uint32_t *number = up_alloc_array(ITEMS, sizeof(uint32_t));
	uint32_t pairs = 0, triples = 0, wrong = 0;
	uint32_t found[LEN + 2] = {0};
	UpBaskets b;
	UpItemsets s;
	UpRng rng;

	up_rng_init(&rng, 5, 0);
	memset(has, 0, sizeof(has));
	up_baskets_init(&b);
	for (uint32_t j = 0; j < LEN; j++)
		for (uint32_t i = 0; i < N; i++)
		{
			/* the smaller of two: some items are far more frequent than others */
			uint32_t x = (uint32_t) up_rng_below(&rng, ITEMS), y = (uint32_t) up_rng_below(&rng, ITEMS);

			has[i][UP_MIN(x, y)] = 1;
			up_baskets_add(&b, i, UP_MIN(x, y));
		}
	CHECK(b.pairs != NULL);
	up_baskets_group(&b);
	for (uint32_t i = 0; i < ITEMS; i++)
		number[i] = i;
	up_mine_itemsets(&b, &(UpMining){.min_count = LEAST, .min_len = 1, .max_sets = 1000000, .number = number},
					 &s);
	for (uint32_t i = 0; i < s.n; i++)
	{
		uint32_t len = s.sets[i]->len, count = 0;

		found[len]++;
		for (uint32_t basket = 0; len <= 3 && basket < N; basket++)
		{
			bool all = true;

			for (uint32_t j = 0; j < len; j++)
				all = all && has[basket][s.sets[i]->items[j]];
			count += all;
		}
		wrong += len <= 3 && count != s.sets[i]->count;
	}
	CHECK(wrong == 0);
	for (uint32_t x = 0; x < ITEMS; x++)
		for (uint32_t y = x + 1; y < ITEMS; y++)
		{
			uint32_t together[N], n = 0;

			for (uint32_t i = 0; i < N; i++)
			{
				if (has[i][x] && has[i][y])
					together[n++] = i;
			}
			pairs += n >= LEAST;
			for (uint32_t z = y + 1; n >= LEAST && z < ITEMS; z++)
			{
				uint32_t all = 0;

				for (uint32_t i = 0; i < n; i++)
					all += has[together[i]][z];
				triples += all >= LEAST;
			}
		}
	CHECK(pairs > 1000);
	CHECK(found[2] == pairs);
	CHECK(found[3] == triples);
}

static void
the_best_are_kept(void)
{
	for (uint64_t seed = 1; seed <= 20; seed++)
	{
		uint32_t masks[301];
		UpMining options = {.min_count = 1, .min_len = 1, .max_sets = 100000, .number = identity};
		UpBaskets b;
		UpItemsets all, best;
		uint32_t wrong = 0;

		random_baskets(&b, masks, 300, MAX_ITEMS, 14, seed);
		up_mine_itemsets(&b, &options, &all);
		CHECK(!all.truncated);
		options.max_sets = 1 + (uint32_t) seed * 37;
		up_mine_itemsets(&b, &options, &best);
		CHECK(best.truncated && best.n == options.max_sets);
		for (uint32_t i = 0; i < best.n; i++)
			wrong += mask_of(&all, i) != mask_of(&best, i) || all.sets[i]->count != best.sets[i]->count;
		CHECK(wrong == 0);
		in_a_stream(&b, &options, &best);
		options.max_sets = all.n - 10;
		up_mine_itemsets(&b, &options, &best);
		in_a_stream(&b, &options, &best);
	}
}

/* None is less frequent than another, so that none can be dropped: the search is given up, and goes on length by length. */
static void
sets_that_are_alike(void)
{
	enum
	{
		ALIKE = 20
	};
	uint32_t number[ALIKE];
	UpMining options = {.min_count = 1, .min_len = 1, .max_sets = 100, .number = number};
	UpBaskets b;
	UpItemsets s;

	up_baskets_init(&b);
	for (uint32_t basket = 0; basket < 30; basket++)
	{
		for (uint32_t item = 0; item < ALIKE; item++)
		{
			number[item] = item;
			up_baskets_add(&b, basket, item);
		}
	}
	up_baskets_group(&b);
	up_mine_itemsets(&b, &options, &s);
	CHECK(s.truncated && s.n == 100);
	CHECK(s.sets[ALIKE - 1]->len == 1 && s.sets[ALIKE]->len == 2 && s.sets[99]->len == 2);
	in_a_stream(&b, &options, &s);
}

/* Sets as a search finds them: each followed by those that begin with it. */
typedef struct Found
{
	UpPackedSets packed;
	UpItemsets sets;
	UpRng rng;
	uint32_t *labels; /* of items 0 … n_items - 1 */
	uint32_t n_items, most_less;
	uint32_t path[64];
} Found;

static void
find_sets(Found *f, uint32_t len, uint32_t from, uint32_t count)
{
	for (uint32_t item = from; item < f->n_items; item++)
	{
		uint32_t less = (uint32_t) up_rng_below(&f->rng, f->most_less), sorted[64], n = 0;

		if (less >= count || up_rng_below(&f->rng, 4) == 0 || f->sets.n >= 70000)
			continue;
		f->path[len] = f->labels[item];
		for (uint32_t i = 0; i < len; i++)
		{
			uint32_t j = n++;

			for (; j > 0 && sorted[j - 1] > f->path[i]; j--)
				sorted[j] = sorted[j - 1];
			sorted[j] = f->path[i];
		}
		up_itemsets_push(&f->sets, sorted, len, f->labels[item], count - less);
		CHECK(up_packed_add(&f->packed, len, f->labels[item], count - less, 0));
		find_sets(f, len + 1, item + 1, count - less);
	}
}

/* Whatever their numbers: few items are bits of a word, many or many baskets are not. */
static void
packed_in_order(uint32_t n_items, uint32_t spread, uint32_t n_baskets, uint32_t most_less, uint32_t limit)
{
	Found f = {.n_items = n_items, .most_less = most_less};
	UpPackedReader reader;
	const UpItemset *set;
	uint32_t n = 0, wrong = 0;

	up_rng_init(&f.rng, n_items + spread, 0);
	f.labels = up_alloc_array(n_items, sizeof(uint32_t));
	for (uint32_t i = 0; i < n_items; i++)
		f.labels[i] = (i * 5 % n_items) * spread;
	up_packed_init(&f.packed, n_baskets, 1, limit);
	up_itemsets_init(&f.sets, 0, 1000000);
	find_sets(&f, 0, 0, n_baskets);
	up_itemsets_finish(&f.sets);
	CHECK(f.sets.n > 30000);
	up_packed_read(&reader, &f.packed);
	for (; (set = up_packed_next(&reader)) != NULL; n++)
		wrong += n >= f.sets.n || set->count != f.sets.sets[n]->count || set->len != f.sets.sets[n]->len ||
				 memcmp(set->items, f.sets.sets[n]->items, set->len * sizeof(uint32_t)) != 0;
	up_check(n == UP_MIN(limit, f.sets.n) && wrong == 0, __FILE__, __LINE__,
			 "%u items, spread %u: %u sets, %u wrong", n_items, spread, n, wrong);
	up_packed_end(&reader);
	up_packed_free(&f.packed);
	up_itemsets_free(&f.sets);
}

static void
packed_sets_are_told_in_order(void)
{
	packed_in_order(24, 1, 5000, 300, 1000000);
	/* Many of few counts, and all of one. */
	packed_in_order(24, 1, 300, 2, 1000000);
	packed_in_order(24, 1, 8, 1, 1000000);
	packed_in_order(24, 1, 5000, 300, 40000);
	packed_in_order(56, 1, 5000, 700, 1000000);
	packed_in_order(57, 1, 5000, 700, 1000000);
	packed_in_order(64, 1, 300, 70, 1000000);
	packed_in_order(66, 1, 40, 9, 1000000);
	packed_in_order(119, 1, 5000, 1200, 1000000);
	packed_in_order(122, 1, 5000, 1200, 1000000);
	packed_in_order(24, 1000, 5000, 300, 1000000);
	packed_in_order(24, 1, (1 << 23) - 1, 3000000, 1000000);
	packed_in_order(24, 1, 1 << 23, 3000000, 1000000);
}

/* 2^300 sets are frequent. */
static void
an_explosion_is_bounded(void)
{
	uint32_t *number = up_alloc_array(300, sizeof(uint32_t));
	UpBaskets b;
	UpItemsets s;

	up_baskets_init(&b);
	for (uint32_t i = 0; i < 300; i++)
	{
		number[i] = i;
		up_baskets_add(&b, 0, i);
	}
	up_baskets_group(&b);
	up_mine_itemsets(&b, &(UpMining){.min_count = 1, .min_len = 1, .max_sets = 1000, .number = number}, &s);
	CHECK(s.truncated && s.n == 1000);
	CHECK(s.sets[299]->len == 1 && s.sets[300]->len == 2 && s.sets[999]->len == 2);
	CHECK(s.sets[300]->items[0] == 0 && s.sets[300]->items[1] == 1);
	/* Pairs with 0: 299, with 1: 298, then the 103 first with 2: up to 105. */
	CHECK(s.sets[999]->items[0] == 2 && s.sets[999]->items[1] == 105);
	CHECK(up_mine_longest(1, 7) == 4 && up_mine_longest(1, 6) == 3);
	up_test_cancel_after = 50;
	up_test_ticks = 0;
	CHECK_FAILS(UP_LIMIT, "cancelled",
				up_mine_itemsets(
					&b, &(UpMining){.min_count = 1, .min_len = 1, .max_sets = 1000, .number = number}, &s));
}

static void
memory_is_counted(void)
{
	uint32_t masks[301];
	UpBaskets b;
	UpItemsets s;
	size_t limit = up_test_memory_limit;

	random_baskets(&b, masks, 300, MAX_ITEMS, 14, 1);
	up_test_memory_limit = 20000;
	CHECK_FAILS(UP_LIMIT, "item sets need",
				up_mine_itemsets(
					&b, &(UpMining){.min_count = 1, .min_len = 1, .max_sets = 100000, .number = identity}, &s));
	up_test_memory_limit = limit;
}

static void
support_is_a_share_or_a_count(void)
{
	CHECK(up_min_count(0.1, 30) == 3);
	CHECK(up_min_count(0.7, 10) == 7);
	CHECK(up_min_count(0.71, 10) == 8);
	CHECK(up_min_count(1, 10) == 10);
	CHECK(up_min_count(1.5, 10) == 2);
	CHECK(up_min_count(2, 10) == 2);
	CHECK(up_min_count(0.01, 0) == 1);
	CHECK(up_min_count(1e-9, 10) == 1);
	CHECK(up_min_count(1e300, 10) > UINT32_MAX);
}

/* Rows of 3000 baskets, of which the first comes back behind row `back`; 0: none does. */
static void
rows_of_baskets(UpBaskets *b, uint32_t back)
{
	up_baskets_init(b);
	for (uint32_t i = 0; i < 30000; i++)
	{
		up_baskets_add(b, i / 10, i * 7 % 23);
		up_baskets_add(b, i / 10, i % 5);
		if (back > 0 && i == back)
			up_baskets_add(b, 0, 22);
	}
}

static void
baskets_that_come_back(void)
{
	static const uint32_t backs[] = {9, 10, 4090, 29999};
	UpBaskets ordered, b;

	rows_of_baskets(&ordered, 0);
	CHECK(ordered.pairs == NULL);
	up_baskets_group(&ordered);
	CHECK(ordered.n_baskets == 3000 && ordered.n_items == 23);
	for (size_t i = 0; i < UP_LENGTH(backs); i++)
	{
		uint32_t first;

		rows_of_baskets(&b, backs[i]);
		CHECK((b.pairs != NULL) == (backs[i] > 9));
		up_baskets_group(&b);
		first = b.starts[1];
		CHECK(b.n_baskets == 3000 && first == ordered.starts[1] + 1 && b.items[first - 1] == 22);
		CHECK(b.starts[3000] == ordered.starts[3000] + 1 && b.counts[22] == ordered.counts[22] + 1);
		CHECK(memcmp(b.items, ordered.items, (first - 1) * sizeof(uint32_t)) == 0);
		CHECK(memcmp(b.items + first, ordered.items + first - 1, (b.starts[3000] - first) * sizeof(uint32_t)) ==
			  0);
	}
	/* Numbers that are passed over are of baskets without items. */
	up_baskets_init(&b);
	up_baskets_add(&b, 2, 0);
	up_baskets_add(&b, 700, 1);
	up_baskets_renumber(&b, (const uint32_t[]){3, 1}, 4);
	up_baskets_group(&b);
	CHECK(b.n_baskets == 701 && b.starts[2] == 0 && b.starts[3] == 1 && b.starts[701] == 2);
	CHECK(b.items[0] == 3 && b.items[1] == 1 && b.counts[3] == 1 && b.counts[0] == 0);
	for (uint32_t back = 0; back < 20; back += 10)
	{
		rows_of_baskets(&b, back);
		up_baskets_empty(&b);
		up_baskets_group(&b);
		CHECK(b.n_baskets == 3000 && b.starts[3000] == 0 && b.counts[0] == 0);
	}
}

/* Few baskets, or one, may have most of the rows. */
static void
long_baskets_tick(void)
{
	uint32_t same[7000];
	UpBaskets b;

	for (uint32_t item = 0; item < 7000; item++)
		same[item] = item;
	up_baskets_init(&b);
	for (uint32_t i = 0; i < 3000000; i++)
		up_baskets_add(&b, i < 2500000 ? 0 : i % 10, i % 7000);
	CHECK(b.pairs != NULL);
	up_test_ticks = 0;
	up_baskets_renumber(&b, same, 7000);
	CHECK(up_test_ticks >= 3);
	up_test_ticks = 0;
	up_baskets_group(&b);
	CHECK(up_test_ticks >= 8);
}

static void
keys_are_numbered(void)
{
	UpKeys numbers, texts;
	uint32_t wrong = 0;
	size_t len;

	up_keys_init(&numbers, false);
	up_keys_init(&texts, true);
	for (int pass = 0; pass < 2; pass++)
		for (uint32_t i = 0; i < 5000; i++)
		{
			char text[20];
			int n = snprintf(text, sizeof(text), "%u", i * 7919u);

			wrong += up_keys_number(&numbers, (int64_t) i * -1234567) != i;
			wrong += up_keys_has(&texts, text, (size_t) n) != (pass == 1);
			wrong += up_keys_bytes(&texts, text, (size_t) n) != i;
		}
	CHECK(wrong == 0);
	CHECK(numbers.n == 5000 && texts.n == 5000);
	CHECK(up_keys_bytes(&texts, "", 0) == 5000 && up_keys_bytes(&texts, "\0", 1) == 5001);
	CHECK(strncmp(up_keys_get(&texts, 1, &len), "7919", 4) == 0 && len == 4);
	up_keys_free(&numbers);
	up_keys_free(&texts);
}

/* Keys of another dictionary are numbered as if they came now. */
static void
keys_are_taken_over(void)
{
	for (int of_bytes = 0; of_bytes < 2; of_bytes++)
	{
		UpKeys from, to;
		uint32_t number[1000], wrong = 0;
		uint64_t *image;

		up_keys_init(&from, of_bytes);
		up_keys_init(&to, of_bytes);
		for (uint32_t i = 0; i < 1000; i++)
		{
			char text[20];
			int n = snprintf(text, sizeof(text), "%*u", (int) (i % 8), i);

			(void) (of_bytes ? up_keys_bytes(&from, text, (size_t) n) : up_keys_number(&from, i));
			if (i % 3 == 0)
				(void) (of_bytes ? up_keys_bytes(&to, text, (size_t) n) : up_keys_number(&to, i));
		}
		image = up_alloc(up_keys_image_bytes(&from) + sizeof(uint64_t));
		image[up_keys_image_bytes(&from) / sizeof(uint64_t)] = 77;
		up_keys_write_image(&from, image);
		CHECK(up_keys_image_bytes(&from) % 8 == 0 && up_keys_in_image(image) == 1000);
		CHECK(*(const uint64_t *) up_keys_take_image(&to, image, number) == 77);
		for (uint32_t i = 0; i < 1000; i++)
			wrong += number[i] != (i % 3 == 0 ? i / 3 : 334 + i - i / 3 - 1);
		CHECK(wrong == 0 && to.n == 1000);
		up_keys_free(&from);
		up_keys_init(&from, of_bytes);
		up_keys_write_image(&from, image);
		CHECK(up_keys_in_image(image) == 0);
		(void) up_keys_take_image(&to, image, number);
		CHECK(to.n == 1000);
		up_free(image);
	}
}

static int64_t
sequence(uint32_t i)
{
	return 536365 + (int64_t) i;
}

static int64_t
descending(uint32_t i)
{
	return 100 - (int64_t) i;
}

/* In both directions around a number, across zero and beyond the end of all numbers. */
static int64_t
around(uint32_t i)
{
	return i % 2 == 0 ? (int64_t) (i / 2) : -(int64_t) (i / 2) - 1;
}

static int64_t
around_the_ends(uint32_t i)
{
	return i % 2 == 0 ? INT64_MAX - (int64_t) (i / 2) : INT64_MIN + (int64_t) (i / 2);
}

/* Each number once, in an order that leaves gaps until late. */
static int64_t
scattered(uint32_t i)
{
	return (int64_t) ((uint64_t) i * 60013 % 150001);
}

static int64_t
anywhere(uint32_t i)
{
	return (int64_t) up_mix64(i);
}

/* Close together, then one far away, then close together again. */
static int64_t
outlier(uint32_t i)
{
	return i == 1000 ? INT64_C(1) << 40 : (int64_t) i;
}

static int64_t
far_apart(uint32_t i)
{
	return (int64_t) i << 32;
}

static void
close_and_far_numbers(void)
{
	static int64_t (*const series[])(uint32_t) = {sequence,  descending, around,  around_the_ends,
												  scattered, anywhere,   outlier, far_apart};

	for (size_t s = 0; s < UP_LENGTH(series); s++)
	{
		UpKeys k;
		uint32_t wrong = 0, n = 150000;

		up_keys_init(&k, false);
		for (uint32_t i = 0; i < n; i++)
		{
			wrong += up_keys_number(&k, series[s](i)) != i;
			wrong += up_keys_number(&k, series[s](i / 2)) != i / 2;
		}
		for (uint32_t i = 0; i < n; i++)
			wrong += up_keys_number(&k, series[s](i)) != i || k.numbers[i] != series[s](i);
		CHECK(wrong == 0 && k.n == n);
		up_keys_free(&k);
	}
}

/* All splits of all sets, counted from the baskets. */
static void
rules_against_all_splits(double min_confidence, double min_lift, uint32_t max_rhs, uint32_t min_len,
						 const uint8_t *sides, uint64_t seed)
{
	uint32_t masks[101], expected = 0, wrong = 0;
	UpRuleOptions options = {.n_items = 8,
							 .sides = sides,
							 .min_confidence = min_confidence,
							 .min_lift = min_lift,
							 .min_len = min_len,
							 .max_rhs = max_rhs,
							 .max_rules = 100000,
							 .max_p_value = 1};
	UpBaskets b;
	UpItemsets s;
	UpRules r;

	random_baskets(&b, masks, 100, 8, 10, seed);
	up_mine_itemsets(&b, &(UpMining){.min_count = 5, .min_len = 1, .max_sets = 10000, .number = identity}, &s);
	options.n_baskets = b.n_baskets;
	up_mine_rules(&s, &options, &r);
	for (uint32_t set = 1; set < 256; set++)
	{
		uint32_t whole = count_of(masks, b.n_baskets, set);

		for (uint32_t rhs = min_len < 2 ? set : (set - 1) & set; whole >= 5 && rhs != 0; rhs = (rhs - 1) & set)
		{
			uint32_t lhs = set & ~rhs, c_lhs = count_of(masks, b.n_baskets, lhs);
			double lift = (double) whole * b.n_baskets / ((double) c_lhs * count_of(masks, b.n_baskets, rhs));
			bool allowed = true;

			for (int i = 0; i < 8 && sides != NULL; i++)
			{
				allowed = allowed && ((lhs >> i & 1) == 0 || (sides[i] & UP_ON_LEFT) != 0);
				allowed = allowed && ((rhs >> i & 1) == 0 || (sides[i] & UP_ON_RIGHT) != 0);
			}
			expected += allowed && whole >= min_confidence * c_lhs * (1 - 1e-12) &&
						lift >= min_lift * (1 - 1e-12) &&
						(max_rhs == 0 || (uint32_t) __builtin_popcount(rhs) <= max_rhs);
		}
	}
	up_check(r.n == expected, __FILE__, __LINE__, "seed %d: %u rules, expected %u", (int) seed, r.n, expected);
	for (uint32_t i = 0; i < r.n; i++)
	{
		bool empty = r.rules[i].lhs == UP_EMPTY_SET;
		uint32_t lhs = empty ? 0 : mask_of(&s, r.rules[i].lhs), rhs = mask_of(&s, r.rules[i].rhs);

		wrong += (lhs & rhs) != 0 || (lhs | rhs) != mask_of(&s, r.rules[i].whole);
		wrong += empty && (r.rules[i].lift != 1 || up_rule_numbers(&r, i).leverage != 0);
		wrong += i > 0 && r.rules[i].lift > r.rules[i - 1].lift * (1 + 1e-12);
	}
	CHECK(wrong == 0);
}

static void
all_rules_are_found(void)
{
	static const uint8_t sides[8] = {1, 2, 3, 3, 1, 2, 0, 3};

	for (uint64_t seed = 1; seed <= 10; seed++)
	{
		rules_against_all_splits(0, 0, 0, 2, NULL, seed);
		rules_against_all_splits(0.8, 0, 0, 2, NULL, seed);
		rules_against_all_splits(0.5, 1.1, 1, 2, NULL, seed);
		rules_against_all_splits(0.3, 0, 2, 2, sides, seed);
		rules_against_all_splits(0.1, 0, 1, 1, NULL, seed);
		rules_against_all_splits(0, 0.9, 0, 1, NULL, seed);
		rules_against_all_splits(0.1, 0, 2, 1, sides, seed);
	}
}

static void
the_best_rules_are_kept(void)
{
	uint32_t masks[301], wrong = 0;
	UpRuleOptions options = {.n_items = MAX_ITEMS, .max_rules = 1000000, .min_len = 2, .max_p_value = 1};
	UpBaskets b;
	UpItemsets s;
	UpRules all, best;

	random_baskets(&b, masks, 300, MAX_ITEMS, 14, 3);
	up_mine_itemsets(&b, &(UpMining){.min_count = 2, .min_len = 1, .max_sets = 10000, .number = identity}, &s);
	options.n_baskets = b.n_baskets;
	up_mine_rules(&s, &options, &all);
	CHECK(!all.truncated && all.n > 5000);
	options.max_rules = 700;
	up_mine_rules(&s, &options, &best);
	CHECK(best.truncated && best.n == 700);
	for (uint32_t i = 0; i < best.n; i++)
		wrong += best.rules[i].lift != all.rules[i].lift || best.rules[i].whole != all.rules[i].whole ||
				 best.rules[i].lhs != all.rules[i].lhs || best.rules[i].rhs != all.rules[i].rhs;
	CHECK(wrong == 0);
}

/* Baskets ab, ab, a, b, c: count 2 of 5, a 3, b 3. */
static void
numbers_of_a_rule(void)
{
	static const uint32_t rows[][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}, {3, 1}, {4, 2}};
	UpRuleOptions options = {.n_baskets = 5, .n_items = 3, .max_rules = 10, .min_len = 2, .max_p_value = 1};
	UpBaskets b;
	UpItemsets s;
	UpRules r;
	UpRuleNumbers v;

	up_baskets_init(&b);
	for (size_t i = 0; i < UP_LENGTH(rows); i++)
		up_baskets_add(&b, rows[i][0], rows[i][1]);
	up_baskets_group(&b);
	up_mine_itemsets(&b, &(UpMining){.min_count = 2, .min_len = 1, .max_sets = 10, .number = identity}, &s);
	up_mine_rules(&s, &options, &r);
	CHECK(r.n == 2);
	v = up_rule_numbers(&r, 0);
	CHECK(v.count == 2);
	CHECK_NEAR(v.support, 0.4, 1e-15);
	CHECK_NEAR(v.confidence, 2.0 / 3, 1e-15);
	CHECK_NEAR(v.lift, 10.0 / 9, 1e-15);
	CHECK_NEAR(v.leverage, 0.04, 1e-15);
	CHECK_NEAR(v.conviction, 1.2, 1e-14);
	CHECK_NEAR(v.zhang, 0.25, 1e-15);
	CHECK_NEAR(v.jaccard, 0.5, 1e-15);
	CHECK_NEAR(v.cosine, 2.0 / 3, 1e-15);
	CHECK_NEAR(v.kulczynski, 2.0 / 3, 1e-15);
	CHECK_NEAR(v.imbalance, 0, 0);
	CHECK_NEAR(v.chi_squared, 5.0 / 36, 1e-14);
	CHECK_NEAR(v.p_value, 0.7, 1e-14);
	CHECK(isnan(v.improvement));
}

/* The corrections against their definitions, over all rules; and what is cut away by them. */
static void
likely_rules_are_dropped(void)
{
	UpRuleOptions options = {.n_items = 8, .max_rules = 100000, .min_len = 2, .max_p_value = 1};
	uint32_t wrong = 0, kept = 0;
	UpRng rng;
	UpBaskets b;
	UpItemsets s;
	UpRules plain, bonferroni, bh, cut;

	/* Items 0 and 1 come together, 2 to 7 as they like. */
	up_rng_init(&rng, 3, 0);
	up_baskets_init(&b);
	for (uint32_t i = 0; i < 100; i++)
	{
		for (uint32_t item = 0; item < 8; item++)
		{
			if (item < 2 ? i % 3 == 0 || up_rng_below(&rng, 8) == 0 : up_rng_below(&rng, 2) == 0)
				up_baskets_add(&b, i, item);
		}
	}
	up_baskets_group(&b);
	up_mine_itemsets(&b, &(UpMining){.min_count = 5, .min_len = 1, .max_sets = 10000, .number = identity}, &s);
	options.n_baskets = b.n_baskets;
	up_mine_rules(&s, &options, &plain);
	options.correction = UP_CORRECT_BONFERRONI;
	up_mine_rules(&s, &options, &bonferroni);
	options.correction = UP_CORRECT_BH;
	up_mine_rules(&s, &options, &bh);
	options.max_p_value = 0.05;
	up_mine_rules(&s, &options, &cut);
	CHECK(plain.n > 100 && plain.n_tested == plain.n && bh.n == plain.n);
	for (uint32_t i = 0; i < plain.n; i++)
	{
		double p = plain.p_values[i], least = 1;

		for (uint32_t j = 0; j < plain.n; j++)
		{
			double rank = 0;

			if (plain.p_values[j] < p)
				continue;
			for (uint32_t k = 0; k < plain.n; k++)
				rank += plain.p_values[k] <= plain.p_values[j];
			least = UP_MIN(least, plain.p_values[j] * plain.n / rank);
		}
		wrong += fabs(bh.p_values[i] - least) > 1e-14 || bonferroni.p_values[i] != UP_MIN(1, p * plain.n);
		if (least <= options.max_p_value)
		{
			wrong += kept >= cut.n || cut.rules[kept].whole != plain.rules[i].whole ||
					 cut.rules[kept].lhs != plain.rules[i].lhs || fabs(cut.p_values[kept] - least) > 1e-14;
			kept++;
		}
	}
	CHECK(wrong == 0 && kept == cut.n && kept > 0 && kept < plain.n);
}

/* Improvements against all simpler rules, counted from the baskets. */
static void
simpler_rules_are_better(void)
{
	UpRuleOptions options = {.n_items = 8,
							 .max_rules = 100000,
							 .min_len = 1,
							 .max_p_value = 1,
							 .improvement = true,
							 .min_improvement = -1};
	uint32_t masks[101], wrong = 0, more = 0, n;
	UpBaskets b;
	UpItemsets s;
	UpRules r;

	random_baskets(&b, masks, 100, 8, 10, 5);
	up_mine_itemsets(&b, &(UpMining){.min_count = 5, .min_len = 1, .max_sets = 10000, .number = identity}, &s);
	options.n_baskets = b.n_baskets;
	up_mine_rules(&s, &options, &r);
	for (uint32_t i = 0; i < r.n; i++)
	{
		bool empty = r.rules[i].lhs == UP_EMPTY_SET;
		uint32_t lhs = empty ? 0 : mask_of(&s, r.rules[i].lhs), rhs = mask_of(&s, r.rules[i].rhs);
		double best = -INFINITY, confidence = (double) count_of(masks, b.n_baskets, lhs | rhs) /
											  count_of(masks, b.n_baskets, lhs);

		for (uint32_t sub = lhs; sub != 0;)
		{
			sub = (sub - 1) & lhs;
			best = UP_MAX(best,
						  (double) count_of(masks, b.n_baskets, sub | rhs) / count_of(masks, b.n_baskets, sub));
		}
		wrong +=
			empty ? !isnan(r.rules[i].improvement) : fabs(r.rules[i].improvement - (confidence - best)) > 1e-14;
		more += empty || confidence - best >= 0.02;
	}
	n = r.n;
	options.min_improvement = 0.02;
	up_mine_rules(&s, &options, &r);
	CHECK(wrong == 0 && n > 100 && r.n == more && more < n);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"all frequent sets, none else", all_sets_are_found},
		{"sparse baskets", sparse_baskets},
		{"the first sets in order are kept", the_best_are_kept},
		{"packed sets are told in order", packed_sets_are_told_in_order},
		{"an explosion is bounded and can be cancelled", an_explosion_is_bounded},
		{"memory is counted", memory_is_counted},
		{"support is a share or a count", support_is_a_share_or_a_count},
		{"baskets that come back", baskets_that_come_back},
		{"long baskets can be cancelled", long_baskets_tick},
		{"sets that are alike", sets_that_are_alike},
		{"keys are numbered as they come", keys_are_numbered},
		{"keys are taken over", keys_are_taken_over},
		{"keys close together and far apart", close_and_far_numbers},
		{"all rules, none else", all_rules_are_found},
		{"the best rules are kept", the_best_rules_are_kept},
		{"the numbers of a rule", numbers_of_a_rule},
		{"likely rules are dropped", likely_rules_are_dropped},
		{"improvement on simpler rules", simpler_rules_are_better},
	};

	return up_run_tests("mine", tests, UP_LENGTH(tests));
}
