/*
 * test_miners.c - every miner and every target against all subsets of small databases; hierarchies; time
 */
#include "check.h"

#include "base/rng.h"
#include "mine/hierarchy.h"
#include "mine/rules.h"

#define MAX_ITEMS 8
#define ALL       (1u << MAX_ITEMS)

typedef struct Database
{
	UpBaskets baskets;
	uint32_t n, n_items;
	uint32_t masks[64];
	uint32_t counts[ALL]; /* by mask */
	uint32_t number[MAX_ITEMS];
} Database;

static uint32_t
bit_count(uint32_t mask)
{
	return (uint32_t) __builtin_popcount(mask);
}

/* Numbers of items in sets are those of the baskets, backwards. */
static void
add_basket(Database *d, uint32_t mask)
{
	if (mask == 0)
		return;
	for (uint32_t item = 0; item < d->n_items; item++)
	{
		if ((mask >> item & 1) != 0)
			up_baskets_add(&d->baskets, d->n, d->n_items - 1 - item);
	}
	d->masks[d->n++] = mask;
}

static void
database_end(Database *d)
{
	up_baskets_group(&d->baskets);
	for (uint32_t i = 0; i < d->n_items; i++)
		d->number[i] = d->n_items - 1 - i;
	for (uint32_t set = 0; set < ALL; set++)
	{
		d->counts[set] = 0;
		for (uint32_t i = 0; i < d->n; i++)
			d->counts[set] += (d->masks[i] & set) == set;
	}
}

static void
random_database(Database *d, uint64_t seed)
{
	UpRng rng;
	uint32_t n, density;

	up_rng_init(&rng, seed, 0);
	d->n = 0;
	d->n_items = 1 + (uint32_t) up_rng_below(&rng, MAX_ITEMS);
	n = 1 + (uint32_t) up_rng_below(&rng, 12);
	density = 1 + (uint32_t) up_rng_below(&rng, 9);
	up_baskets_init(&d->baskets);
	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t mask = 0;

		for (uint32_t item = 0; item < d->n_items; item++)
			mask |= (up_rng_below(&rng, 10) < density ? 1u : 0u) << item;
		add_basket(d, mask);
	}
	database_end(d);
}

static uint32_t
mask_of(const UpItemsets *s, uint32_t set)
{
	uint32_t mask = 0;

	for (uint32_t j = 0; j < s->sets[set]->len; j++)
		mask |= 1u << s->sets[set]->items[j];
	return mask;
}

/* By the definitions; allowed: the items that are mined. */
static bool
is_wanted(const Database *d, const UpMining *o, uint32_t set, uint32_t allowed)
{
	uint32_t len = bit_count(set), count = d->counts[set];

	if (set == 0 || (set & ~allowed) != 0 || count < o->min_count || len < o->min_len ||
		(o->max_len > 0 && len > o->max_len))
		return false;
	for (uint32_t item = 0; item < d->n_items; item++)
	{
		uint32_t one = 1u << item;

		if (o->target == UP_GENERATORS && (set & one) != 0 && d->counts[set & ~one] == count)
			return false;
		if ((set & one) != 0 || (allowed & one) == 0)
			continue;
		if (o->target == UP_CLOSED && d->counts[set | one] == count)
			return false;
		if (o->target == UP_MAXIMAL && d->counts[set | one] >= o->min_count)
			return false;
	}
	return true;
}

/* Whether what was found is what is wanted, each once, in order, or the first of it. */
static bool
is_right(const Database *d, const UpMining *o, uint32_t allowed, const UpItemsets *s)
{
	bool seen[ALL] = {false};
	uint32_t wanted = 0;

	for (uint32_t set = 1; set < 1u << d->n_items; set++)
		wanted += is_wanted(d, o, set, allowed);
	if (s->n != UP_MIN(wanted, o->max_sets) || s->truncated != (wanted > o->max_sets))
		return false;
	for (uint32_t i = 0; i < s->n; i++)
	{
		uint32_t set = mask_of(s, i), before = i > 0 ? mask_of(s, i - 1) : 0;

		if (seen[set] || !is_wanted(d, o, set, allowed) || d->counts[set] != s->sets[i]->count)
			return false;
		seen[set] = true;
		if (i > 0 && (d->counts[before] < d->counts[set] ||
					  (d->counts[before] == d->counts[set] && bit_count(before) > bit_count(set))))
			return false;
	}
	return true;
}

static bool
mines_right(const Database *d, const UpMining *o, uint32_t allowed)
{
	UpItemsets s;
	bool right;

	up_mine_itemsets(&d->baskets, o, &s);
	right = is_right(d, o, allowed, &s);
	up_itemsets_free(&s);
	return right;
}

/* Each miner for all sets; for the other targets there is one way. */
static void
all_targets(void)
{
	for (uint64_t seed = 1; seed <= 200; seed++)
	{
		Database d;
		uint32_t wrong = 0, allowed;

		random_database(&d, seed);
		allowed = (1u << d.n_items) - 1;
		if (seed % 3 == 0)
		{
			d.number[0] = UP_NO_ITEM;
			allowed &= ~(1u << (d.n_items - 1));
		}
		for (uint32_t least = 1; least <= 4; least++)
			for (uint32_t lengths = 0; lengths < 3; lengths++)
				for (uint32_t way = 0; way < 6; way++)
				{
					UpMining o = {
						.min_count = least, .max_sets = 1000, .number = d.number, .n_numbers = MAX_ITEMS};

					o.min_len = lengths == 0 ? 1 : 2;
					o.max_len = lengths == 2 ? 3 : 0;
					o.miner = up_miner_get(way);
					o.target = way < 3 ? UP_ALL_FREQUENT : (UpTarget) (way - 2);
					wrong += !mines_right(&d, &o, allowed);
				}
		up_check(wrong == 0, __FILE__, __LINE__, "seed %d: %u of 72 are wrong", (int) seed, wrong);
	}
}

/* Dense, sparse and very dense baskets, each in a way of its own. */
static void
larger_baskets(void)
{
	static const uint32_t chances[] = {2, 30, 500, 970, 998};

	for (uint32_t c = 0; c < UP_LENGTH(chances); c++)
	{
		enum
		{
			N = 8000,
			ITEMS = 60
		};
		UpBaskets b;
		UpItemsets s[3];
		UpRng rng;
		uint32_t number[ITEMS], wrong = 0;
		UpMining o = {
			.min_count = chances[c] < 500 ? 3 : N * 9 / 20, .min_len = 1, .max_len = 4, .max_sets = 10000000};

		up_rng_init(&rng, c + 1, 0);
		up_baskets_init(&b);
		for (uint32_t i = 0; i < N; i++)
			for (uint32_t item = 0; item < ITEMS; item++)
			{
				if (up_rng_below(&rng, 1000) < chances[c])
					up_baskets_add(&b, i, item);
			}
		up_baskets_group(&b);
		for (uint32_t i = 0; i < ITEMS; i++)
			number[i] = i;
		o.max_len = chances[c] > 900 ? 3 : 4;
		o.number = number;
		o.n_numbers = ITEMS;
		for (uint32_t m = 0; m < 3; m++)
		{
			o.miner = up_miner_get(m);
			up_mine_itemsets(&b, &o, &s[m]);
		}
		CHECK(s[0].n >= ITEMS && s[1].n == s[0].n && s[2].n == s[0].n);
		for (uint32_t i = 0; i < s[0].n; i++)
			for (uint32_t m = 1; m < 3; m++)
			{
				const UpItemset *x = s[0].sets[i], *y = s[m].sets[i];

				wrong += x->count != y->count || up_items_compare(x->items, x->len, y->items, y->len) != 0;
			}
		CHECK(wrong == 0);
	}
}

/* What was found when time is over is right, and has all its subsets. */
static void
time_is_over(void)
{
	UpBaskets b;
	UpRng rng;
	uint32_t number[40];

	up_rng_init(&rng, 1, 0);
	up_baskets_init(&b);
	for (uint32_t i = 0; i < 300; i++)
		for (uint32_t item = 0; item < 40; item++)
		{
			number[item] = item;
			if (up_rng_below(&rng, 10) < 8)
				up_baskets_add(&b, i, item);
		}
	up_baskets_group(&b);
	for (uint32_t way = 0; way < 6; way++)
	{
		UpMining o = {.min_count = 1, .min_len = 1, .max_sets = 100000000, .number = number, .n_numbers = 40};
		UpRuleOptions r = {.n_baskets = b.n_baskets,
						   .n_items = 40,
						   .max_rules = 10,
						   .min_len = 2,
						   .max_rhs = 1,
						   .max_p_value = 1,
						   .min_confidence = 0.5,
						   .improvement = true};
		double before = up_seconds();
		UpItemsets s;
		UpRules rules;

		o.miner = up_miner_get(way);
		o.target = way < 3 ? UP_ALL_FREQUENT : (UpTarget) (way - 2);
		o.deadline = before + 0.02;
		up_mine_itemsets(&b, &o, &s);
		CHECK(s.truncated && s.out_of_time);
		if (way < 3)
		{
			r.deadline = up_seconds() + 0.01;
			up_mine_rules(&s, &r, &rules);
			CHECK(rules.truncated && rules.n == 10);
		}
		up_itemsets_free(&s);
	}
}

/* More sets than memory may hold: the most frequent of them. */
static void
memory_is_short(void)
{
	size_t limit = up_test_memory_limit;
	UpBaskets b;
	UpRng rng;
	uint32_t number[24];
	UpMining o = {.min_count = 1, .min_len = 1, .max_sets = 100000000, .number = number, .n_numbers = 24};
	UpItemsets s, all;
	uint32_t wrong = 0;

	up_rng_init(&rng, 1, 0);
	up_baskets_init(&b);
	for (uint32_t i = 0; i < 100; i++)
		for (uint32_t item = 0; item < 24; item++)
		{
			number[item] = item;
			if (up_rng_below(&rng, 10) < 5)
				up_baskets_add(&b, i, item);
		}
	up_baskets_group(&b);
	up_mine_itemsets(&b, &o, &all);
	up_test_memory_limit = 1 << 20;
	up_mine_itemsets(&b, &o, &s);
	up_test_memory_limit = limit;
	CHECK(s.truncated && s.short_of_memory && s.n >= 1000 && s.n < all.n);
	for (uint32_t i = 0; i < s.n; i++)
		wrong += mask_of(&s, i) != mask_of(&all, i);
	CHECK(wrong == 0);
}

/* Sets that have room while they are packed, and not as they are: as many of the first as do. */
static void
packed_sets_have_room(void)
{
	enum
	{
		ITEMS = 24
	};
	size_t limit = up_test_memory_limit;
	UpBaskets b;
	UpRng rng;
	uint32_t number[ITEMS], last = 0, between = 0;
	UpMining o = {.min_count = 1,
				  .min_len = 1,
				  .max_len = 5,
				  .max_sets = 100000000,
				  .number = number,
				  .n_numbers = ITEMS};
	UpItemsets all;

	up_rng_init(&rng, 1, 0);
	up_baskets_init(&b);
	for (uint32_t i = 0; i < 100; i++)
		for (uint32_t item = 0; item < ITEMS; item++)
		{
			number[item] = item;
			if (up_rng_below(&rng, 10) < 5)
				up_baskets_add(&b, i, item);
		}
	up_baskets_group(&b);
	up_mine_itemsets(&b, &o, &all);
	CHECK(all.n > 40000 && !all.truncated);
	for (size_t kilobytes = 2400; kilobytes <= 6400; kilobytes += 400)
	{
		uint32_t wrong = 0;
		UpItemsets s;

		up_test_memory_limit = kilobytes << 10;
		up_mine_itemsets(&b, &o, &s);
		up_test_memory_limit = limit;
		CHECK(s.truncated == (s.n < all.n) && s.short_of_memory == s.truncated && s.n >= last && s.n > 1000);
		CHECK(!s.truncated || s.limit == s.n);
		for (uint32_t i = 0; i < s.n; i++)
			wrong += mask_of(&s, i) != mask_of(&all, i) || s.sets[i]->count != all.sets[i]->count;
		CHECK(wrong == 0);
		between += s.n < all.n;
		last = s.n;
		up_itemsets_free(&s);
	}
	CHECK(between > 1 && last == all.n);
	up_itemsets_free(&all);
}

/* As many as are wanted are the most frequent, and memory ends among the others, which are left out all the same. */
static void
others_are_left_out(void)
{
	enum
	{
		OFTEN = 11,
		RARE = 14
	};
	size_t limit = up_test_memory_limit;
	uint32_t number[OFTEN + RARE];
	UpMining o = {.min_count = 1,
				  .min_len = 1,
				  .max_sets = (1 << OFTEN) - 1,
				  .number = number,
				  .n_numbers = OFTEN + RARE,
				  .miner = up_miner_find("apriori")};
	UpBaskets b;

	up_baskets_init(&b);
	for (uint32_t i = 0; i < OFTEN + RARE; i++)
		number[i] = i;
	for (uint32_t i = 0; i < 30; i++)
		for (uint32_t item = i < 20 ? 0 : OFTEN; item < (i < 20 ? OFTEN : OFTEN + RARE); item++)
			up_baskets_add(&b, i, item);
	up_baskets_group(&b);
	for (size_t kilobytes = 400; kilobytes <= 1000; kilobytes += 50)
	{
		UpItemsets s;

		up_test_memory_limit = kilobytes << 10;
		up_mine_itemsets(&b, &o, &s);
		up_test_memory_limit = limit;
		CHECK(s.truncated && (s.short_of_memory || s.n == o.max_sets) && s.sets[s.n - 1]->count == 20);
		up_itemsets_free(&s);
	}
}

/* What other processes find is taken over as it would have been found: with nothing dropped, with much dropped, with short sets that do not count. */
static void
others_find_the_same(void)
{
	enum
	{
		ITEMS = 40,
		BASKETS = 6000
	};
	static const uint32_t most[] = {100000000, 60000, 5000, 100000000, 5000}, shortest[] = {1, 1, 1, 4, 3};
	static const size_t memory[] = {1 << 30, 1 << 30, 1 << 30, 1 << 30, 12 << 20};
	size_t limit = up_test_memory_limit;
	uint32_t number[ITEMS];
	UpBaskets b;
	UpRng rng;

	up_rng_init(&rng, 3, 0);
	up_baskets_init(&b);
	for (uint32_t i = 0; i < BASKETS; i++)
		for (uint32_t item = 0; item < ITEMS; item++)
		{
			number[item] = item * 7 % ITEMS;
			if (up_rng_below(&rng, 100) < 38 + item / 3)
				up_baskets_add(&b, i, item);
		}
	up_baskets_group(&b);
	for (uint32_t i = 0; i < UP_LENGTH(most); i++)
	{
		UpMining o = {.min_count = 200,
					  .min_len = shortest[i],
					  .max_sets = most[i],
					  .number = number,
					  .n_numbers = ITEMS,
					  .miner = up_miner_find("eclat")};
		UpItemsets alone, shared;
		uint32_t wrong = 0;

		up_test_memory_limit = memory[i];
		up_mine_itemsets(&b, &o, &alone);
		up_test_workers = 4;
		up_mine_itemsets(&b, &o, &shared);
		up_test_workers = 1;
		up_test_memory_limit = limit;
		CHECK(alone.n > 4000 && alone.n == shared.n && alone.truncated == shared.truncated);
		for (uint32_t k = 0; k < UP_MIN(alone.n, shared.n); k++)
			wrong +=
				alone.sets[k]->count != shared.sets[k]->count || alone.sets[k]->len != shared.sets[k]->len ||
				memcmp(alone.sets[k]->items, shared.sets[k]->items, alone.sets[k]->len * sizeof(uint32_t)) != 0;
		CHECK(wrong == 0);
		up_itemsets_free(&alone);
		up_itemsets_free(&shared);
	}
}

/* No set holds more of these items than it may. */
static void
limited_items(void)
{
	static const uint8_t limited[MAX_ITEMS] = {1, 0, 1, 1, 0, 1, 0, 1};

	for (uint64_t seed = 1; seed <= 30; seed++)
	{
		Database d;

		random_database(&d, seed);
		for (uint32_t way = 0; way < 3; way++)
		{
			UpMining o = {
				.min_count = 2, .min_len = 1, .max_sets = 1000, .number = d.number, .n_numbers = MAX_ITEMS};
			uint32_t wanted = 0, wrong = 0;
			UpItemsets s;

			o.miner = up_miner_get(way);
			o.limited = limited;
			o.max_limited = 1 + (uint32_t) seed % 2;
			for (uint32_t set = 1; set < 1u << d.n_items; set++)
				wanted += d.counts[set] >= 2 && bit_count(set & 0xad) <= o.max_limited;
			up_mine_itemsets(&d.baskets, &o, &s);
			for (uint32_t i = 0; i < s.n; i++)
				wrong += bit_count(mask_of(&s, i) & 0xad) > o.max_limited;
			CHECK(s.n == wanted && wrong == 0);
			up_itemsets_free(&s);
		}
	}
}

/* Items 0 1 2 under 5, 3 under 6, 5 and 6 under 7, 3 also under 7 itself; 4 stands alone. */
static const uint32_t parents[][2] = {{0, 5}, {1, 5}, {2, 5}, {3, 6}, {5, 7}, {6, 7}, {3, 7}, {0, 5}};

static uint32_t
with_ancestors(uint32_t mask)
{
	for (int pass = 0; pass < 3; pass++)
		for (uint32_t p = 0; p < UP_LENGTH(parents); p++)
		{
			if ((mask >> parents[p][0] & 1) != 0)
				mask |= 1u << parents[p][1];
		}
	return mask;
}

/* No item is there with an ancestor. */
static bool
is_level(uint32_t set)
{
	for (uint32_t item = 0; item < MAX_ITEMS; item++)
	{
		if ((set >> item & 1) != 0 && (with_ancestors(1u << item) & ~(1u << item) & set) != 0)
			return false;
	}
	return true;
}

static void
hierarchies(void)
{
	static const uint32_t identity[MAX_ITEMS] = {0, 1, 2, 3, 4, 5, 6, 7};
	UpHierarchy h;

	up_hierarchy_build(&h, MAX_ITEMS, parents, UP_LENGTH(parents));
	CHECK(h.n_cycle == 0 && h.first[MAX_ITEMS] == 10);
	for (uint64_t seed = 1; seed <= 30; seed++)
		for (uint32_t way = 0; way < 3; way++)
		{
			UpMining o = {
				.min_count = 2, .min_len = 1, .max_sets = 1000, .number = identity, .n_numbers = MAX_ITEMS};
			uint32_t masks[20], n = 0, wanted = 0, wrong = 0;
			UpRelatives relatives;
			UpBaskets b;
			UpItemsets s;
			UpRng rng;

			up_rng_init(&rng, seed, 0);
			up_baskets_init(&b);
			for (; n < 20; n++)
			{
				/* Now and then an ancestor is bought as such. */
				masks[n] = 1u << up_rng_below(&rng, MAX_ITEMS) | 1u << up_rng_below(&rng, 5);
				for (uint32_t item = 0; item < MAX_ITEMS; item++)
				{
					if ((masks[n] >> item & 1) != 0)
						up_baskets_add(&b, n, item);
				}
				masks[n] = with_ancestors(masks[n]);
			}
			up_baskets_group(&b);
			up_hierarchy_extend(&h, &b);
			up_hierarchy_relatives(&h, MAX_ITEMS, identity, MAX_ITEMS, &relatives);
			o.relatives = &relatives;
			o.miner = up_miner_get(way);
			up_mine_itemsets(&b, &o, &s);
			for (uint32_t set = 1; set < ALL; set++)
			{
				uint32_t count = 0;

				for (uint32_t i = 0; i < n; i++)
					count += (masks[i] & set) == set;
				wanted += count >= 2 && is_level(set);
			}
			for (uint32_t i = 0; i < s.n; i++)
			{
				uint32_t count = 0;

				for (uint32_t j = 0; j < n; j++)
					count += (masks[j] & mask_of(&s, i)) == mask_of(&s, i);
				wrong += count != s.sets[i]->count || !is_level(mask_of(&s, i));
			}
			CHECK(s.n == wanted && wrong == 0);
		}
}

/* Few baskets with many items each. */
static void
long_baskets_tick(void)
{
	static const uint32_t pairs[][2] = {{0, 1}};
	UpHierarchy h;
	UpBaskets b;

	up_baskets_init(&b);
	for (uint32_t i = 0; i < 1000000; i++)
		up_baskets_add(&b, i / 500000, i % 500000);
	up_baskets_group(&b);
	up_hierarchy_build(&h, 500000, pairs, UP_LENGTH(pairs));
	up_test_ticks = 0;
	up_hierarchy_extend(&h, &b);
	CHECK(up_test_ticks >= 4 && b.counts[1] == 2 && b.starts[2] == 1000000);
}

static void
cycles(void)
{
	static const uint32_t round[][2] = {{0, 1}, {1, 2}, {2, 3}, {3, 1}}, self[][2] = {{2, 2}};
	UpHierarchy h;

	up_hierarchy_build(&h, 4, round, UP_LENGTH(round));
	CHECK(h.n_cycle == 4 && h.cycle[0] == 1 && h.cycle[1] == 2 && h.cycle[2] == 3 && h.cycle[3] == 1);
	up_hierarchy_build(&h, 4, self, 1);
	CHECK(h.n_cycle == 2 && h.cycle[0] == 2 && h.cycle[1] == 2);
	up_hierarchy_build(&h, 0, self, 0);
	CHECK(h.n_cycle == 0 && h.first[0] == 0);
}

/* By each measure, the first of all rules in its order. */
static void
rules_by_measures(void)
{
	Database d;
	UpMining o = {.min_count = 2, .min_len = 1, .max_sets = 1000, .n_numbers = MAX_ITEMS};
	UpRuleOptions r = {.n_items = MAX_ITEMS,
					   .max_rules = 100000,
					   .min_len = 2,
					   .max_p_value = 1,
					   .improvement = true,
					   .min_improvement = -1};
	UpItemsets s;

	d.n = 0;
	d.n_items = MAX_ITEMS;
	up_baskets_init(&d.baskets);
	for (uint32_t i = 0; i < 60; i++)
		add_basket(&d, ((i * 2654435761u >> 7) | (i * 40503u >> 3)) & (ALL - 1));
	database_end(&d);
	o.number = d.number;
	up_mine_itemsets(&d.baskets, &o, &s);
	r.n_baskets = d.n;
	for (UpMeasure m = UP_BY_LIFT; m < UP_MEASURES; m++)
	{
		UpRules all, first;
		uint32_t wrong = 0;

		r.order_by = m;
		r.max_rules = 100000;
		up_mine_rules(&s, &r, &all);
		r.max_rules = 50;
		up_mine_rules(&s, &r, &first);
		CHECK(all.n > 200 && first.n == 50 && first.truncated);
		for (uint32_t i = 0; i < 50; i++)
			wrong += first.rules[i].whole != all.rules[i].whole || first.rules[i].lhs != all.rules[i].lhs ||
					 first.rules[i].rhs != all.rules[i].rhs;
		for (uint32_t i = 1; i < all.n; i++)
			wrong += m != UP_BY_LIFT && all.rules[i].score > all.rules[i - 1].score;
		up_check(wrong == 0, __FILE__, __LINE__, "by %s: %u", up_measure_name(m), wrong);
	}
}

int
main(void)
{
	static const UpTest tests[] = {
		{"every miner and target against all subsets", all_targets},
		{"miners agree on larger baskets", larger_baskets},
		{"what was found when time is over", time_is_over},
		{"what memory has room for", memory_is_short},
		{"what memory has room for once sets are packed", packed_sets_have_room},
		{"what memory has no room for, beside what is wanted", others_are_left_out},
		{"what other processes find", others_find_the_same},
		{"items of which a set has few", limited_items},
		{"ancestors count as items, and never stand with descendants", hierarchies},
		{"long baskets with ancestors can be cancelled", long_baskets_tick},
		{"cycles are found", cycles},
		{"rules by every measure", rules_by_measures},
	};

	return up_run_tests("miners", tests, UP_LENGTH(tests));
}
