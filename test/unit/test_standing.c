/*
 * test_standing.c - item sets that are kept while baskets come and go, against mining all of them from scratch
 */
#include "check.h"

#include "base/rng.h"
#include "mine/miner.h"
#include "mine/standing.h"

#define N_ITEMS 12

typedef struct World
{
	uint32_t n, next;
	uint32_t ids[4000];
	uint32_t masks[4000];
} World;

static uint32_t
random_mask(UpRng *rng, uint32_t shift)
{
	uint32_t mask = 0;

	for (uint32_t i = 0; i < N_ITEMS; i++)
	{
		if (up_rng_below(rng, 20) > (i + shift) % N_ITEMS + 6)
			mask |= 1u << i;
	}
	return mask != 0 ? mask : 1;
}

/* Some come, the oldest go, some change; what is liked drifts with time. */
static void
go_on(World *w, UpRng *rng, uint32_t come, uint32_t go, uint32_t change, uint32_t shift)
{
	go = UP_MIN(go, w->n);
	memmove(w->ids, w->ids + go, (w->n - go) * sizeof(uint32_t));
	memmove(w->masks, w->masks + go, (w->n - go) * sizeof(uint32_t));
	w->n -= go;
	for (uint32_t i = 0; i < change && w->n > 0; i++)
		w->masks[up_rng_below(rng, w->n)] = random_mask(rng, shift);
	for (uint32_t i = 0; i < come; i++)
	{
		w->ids[w->n] = w->next++;
		w->masks[w->n++] = random_mask(rng, shift);
	}
}

/* In any order, as a source has no order. */
static void
read_world(const World *w, UpRng *rng, UpKeys *keys, UpBaskets *b)
{
	uint32_t from = w->n > 0 ? (uint32_t) up_rng_below(rng, w->n) : 0;

	up_keys_init(keys, true);
	up_baskets_init(b);
	for (uint32_t k = 0; k < w->n; k++)
	{
		uint32_t i = (from + k) % w->n;
		uint64_t key[2] = {w->ids[i], up_mix64(w->ids[i])};
		uint32_t basket = up_keys_bytes(keys, key, sizeof(key));

		for (uint32_t item = N_ITEMS; item-- > 0;)
		{
			if ((w->masks[i] >> item & 1) != 0)
				up_baskets_add(b, basket, item);
		}
	}
	up_baskets_group(b);
}

static const uint32_t reversed[N_ITEMS] = {11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};

static void
same_sets(const UpItemsets *a, const UpItemsets *b, int seed, int round)
{
	bool same = a->n == b->n;

	for (uint32_t i = 0; same && i < a->n; i++)
	{
		const UpItemset *x = a->sets[i], *y = b->sets[i];

		same = x->count == y->count && up_items_compare(x->items, x->len, y->items, y->len) == 0;
	}
	up_check(same, __FILE__, __LINE__, "seed %d, round %d: %u sets, from scratch %u", seed, round, a->n, b->n);
}

typedef struct Stored
{
	UpWriter baskets, sets, left;
} Stored;

static Stored stored[10000];
static uint32_t n_stored;

/* As it is stored between two refreshes: only what changed is written. */
static void
store_and_read(UpStanding *s)
{
	for (uint32_t i = 0; i < s->n_parts; i++)
	{
		UpMinePart *p = s->parts[i];
		Stored *t = &stored[p->id];

		if (p->id == 0 || (p->mined && p->n_left > 0))
		{
			p->id = ++n_stored;
			t = &stored[p->id];
			up_writer_init(&t->baskets);
			up_put_part_baskets(&t->baskets, p);
			t->left.len = 0;
			p->mined = true;
		}
		else if (p->thinned)
		{
			up_writer_init(&t->left);
			up_put_part_left(&t->left, p);
		}
		if (p->mined)
		{
			up_writer_init(&t->sets);
			up_put_part_sets(&t->sets, p);
		}
		s->parts[i] = up_get_part(t->baskets.bytes, t->baskets.len, t->sets.bytes, t->sets.len, t->left.bytes,
								  t->left.len, N_ITEMS);
		s->parts[i]->id = p->id;
	}
}

/* Only baskets that may be others are read. */
static void
change_some(UpStanding *s, const World *w, const World *before, UpArrivals *found)
{
	UpKeys touched, keys;
	UpBaskets b;

	up_keys_init(&touched, true);
	up_keys_init(&keys, true);
	up_baskets_init(&b);
	for (uint32_t id = 0; id < w->next; id++)
	{
		uint64_t key[2] = {id, up_mix64(id)};
		uint32_t was = 0, is = 0;

		for (uint32_t i = 0; i < before->n; i++)
			was |= before->ids[i] == id ? before->masks[i] : 0;
		for (uint32_t i = 0; i < w->n; i++)
			is |= w->ids[i] == id ? w->masks[i] : 0;
		/* Some that are as they were are asked for as well. */
		if (was == is && id % 50 != 0)
			continue;
		up_keys_bytes(&touched, key, sizeof(key));
		for (uint32_t item = 0; item < N_ITEMS; item++)
		{
			if ((is >> item & 1) != 0)
				up_baskets_add(&b, up_keys_bytes(&keys, key, sizeof(key)), item);
		}
	}
	up_baskets_group(&b);
	up_standing_change(s, &touched, &keys, &b, found);
}

static void
check_round(UpStanding *s, const World *w, const World *touched, UpRng *rng, int seed, int round,
			uint32_t *mined)
{
	UpMining options = {
		.min_len = 1, .max_len = s->max_len, .max_sets = 100000, .number = reversed, .n_numbers = N_ITEMS};
	UpItemsets kept, scratch;
	UpArrivals found;
	UpKeys keys;
	UpBaskets b;

	read_world(w, rng, &keys, &b);
	if (touched != NULL)
		change_some(s, w, touched, &found);
	else
		up_standing_update(s, &keys, &b, &found);
	CHECK(up_standing_baskets(s) == w->n);
	up_standing_mine(s, reversed, 100000, &kept, mined);
	options.min_count = (uint32_t) up_min_count(s->min_support, w->n);
	up_mine_itemsets(&b, &options, &scratch);
	same_sets(&kept, &scratch, seed, round);
	store_and_read(s);
}

static void
sets_stay_exact(void)
{
	static World w, before;

	for (int seed = 1; seed <= 20; seed++)
	{
		UpStanding s = {.min_support = seed % 3 == 0   ? 9
									   : seed % 3 == 1 ? 0.05
													   : 0.3,
						.max_len = seed % 4 == 0 ? 2 : 0,
						.n_items = N_ITEMS};
		UpRng rng;
		uint32_t mined;

		memset(&w, 0, sizeof(w));
		up_rng_init(&rng, (uint64_t) seed, 0);
		for (int round = 0; round < 12; round++)
		{
			uint32_t come = (uint32_t) up_rng_below(&rng, round == 0 ? 800 : 120),
					 go = (uint32_t) up_rng_below(&rng, 120);

			if (round == 9)
				go = w.n;
			before = w;
			go_on(&w, &rng, come, go, (uint32_t) up_rng_below(&rng, 4), (uint32_t) round / 3);
			check_round(&s, &w, seed % 2 == 0 ? &before : NULL, &rng, seed, round, &mined);
		}
	}
}

/* A day of thirty more, and the first one gone: few parts are mined, whatever the number of days. */
static void
a_day_costs_a_day(void)
{
	static World w;
	UpStanding s = {.min_support = 0.2, .n_items = N_ITEMS};
	UpRng rng;
	uint32_t mined;

	memset(&w, 0, sizeof(w));
	up_rng_init(&rng, 7, 0);
	go_on(&w, &rng, 1500, 0, 0, 0);
	check_round(&s, &w, NULL, &rng, 0, 0, &mined);
	CHECK(s.n_parts == 2 && mined == 2);
	for (int day = 1; day <= 40; day++)
	{
		go_on(&w, &rng, 50, 50, 0, 0);
		check_round(&s, &w, NULL, &rng, 0, day, &mined);
		up_check(mined <= 3 && s.n_parts <= 32, __FILE__, __LINE__, "day %d: %u of %u parts mined", day, mined,
				 s.n_parts);
	}
	check_round(&s, &w, NULL, &rng, 0, 41, &mined);
	CHECK(mined == 0);
}

static void
damaged_parts_are_refused(void)
{
	static World w;
	UpStanding s = {.min_support = 0.2, .n_items = N_ITEMS};
	UpWriter baskets, sets;
	UpRng rng;
	uint32_t mined;

	memset(&w, 0, sizeof(w));
	up_rng_init(&rng, 3, 0);
	go_on(&w, &rng, 20, 0, 0, 0);
	check_round(&s, &w, NULL, &rng, 0, 0, &mined);
	up_writer_init(&baskets);
	up_writer_init(&sets);
	up_put_part_baskets(&baskets, s.parts[0]);
	up_put_part_sets(&sets, s.parts[0]);
	CHECK_FAILS(UP_CORRUPT, "",
				up_get_part(baskets.bytes, baskets.len - 1, sets.bytes, sets.len, NULL, 0, N_ITEMS));
	CHECK_FAILS(UP_CORRUPT, "",
				up_get_part(baskets.bytes, baskets.len, sets.bytes, sets.len - 4, NULL, 0, N_ITEMS));
	CHECK_FAILS(UP_CORRUPT, "", up_get_part(baskets.bytes, baskets.len, sets.bytes, sets.len, NULL, 0, 3));
	CHECK_FAILS(UP_CORRUPT, "",
				up_get_part(sets.bytes, sets.len, baskets.bytes, baskets.len, NULL, 0, N_ITEMS));
	baskets.bytes[0] = 9;
	CHECK_FAILS(UP_NEWER_FORMAT, "",
				up_get_part(baskets.bytes, baskets.len, sets.bytes, sets.len, NULL, 0, N_ITEMS));
}

#define MANY_BASKETS 400000
#define LARGE_BASKET 2000000

/* One basket with all items, and many small ones. */
static void
many_rows(UpKeys *keys, UpBaskets *b)
{
	up_keys_init(keys, true);
	up_baskets_init(b);
	for (uint32_t i = 0; i < MANY_BASKETS; i++)
	{
		uint64_t key[2] = {i, up_mix64(i)};
		uint32_t basket = up_keys_bytes(keys, key, sizeof(key));

		for (uint32_t item = 0; item < (i == 0 ? LARGE_BASKET : 3); item++)
			up_baskets_add(b, basket, item);
	}
	up_baskets_group(b);
}

/* Little work lies between two ticks, be it one basket or many that take it. */
static void
long_parts_tick(void)
{
	UpStanding s = {.min_support = 1000, .max_len = 1, .n_items = LARGE_BASKET};
	uint32_t *rank = up_alloc_array(LARGE_BASKET, sizeof(uint32_t)),
			 *counts = up_alloc_array(LARGE_BASKET, sizeof(uint32_t)), mined;
	bool *leaves = up_alloc0(MANY_BASKETS * sizeof(bool));
	UpItemsets sets;
	UpArrivals found;
	UpKeys keys;
	UpBaskets b;

	for (uint32_t i = 0; i < LARGE_BASKET; i++)
		rank[i] = i;
	many_rows(&keys, &b);
	up_standing_update(&s, &keys, &b, &found);
	CHECK(found.arrived == MANY_BASKETS && s.n_parts == 2);
	up_test_ticks = 0;
	up_standing_counts(&s, counts);
	CHECK(counts[0] == MANY_BASKETS && counts[5] == 1 && up_test_ticks >= 2);
	up_standing_mine(&s, rank, 100, &sets, &mined);
	CHECK(sets.n == 3 && mined == 2);
	leaves[0] = true;
	for (uint32_t i = 1; i < s.parts[0]->n; i++)
		leaves[i] = i % 2 == 0;
	/* The long one among many, whose items are in no set but for three. */
	up_part_thin(s.parts[0], leaves, LARGE_BASKET);
	CHECK(s.parts[0]->n == MANY_BASKETS / 4 && s.parts[0]->n_sets == 3);
}

int
main(void)
{
	const UpTest tests[] = {
		{"sets stay exact", sets_stay_exact},
		{"a day costs a day", a_day_costs_a_day},
		{"damaged parts are refused", damaged_parts_are_refused},
		{"long parts can be cancelled", long_parts_tick},
	};

	return up_run_tests("standing", tests, UP_LENGTH(tests));
}
