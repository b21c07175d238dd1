/*
 * test_sequences.c - sequential patterns against the enumeration of everything that each user has
 */
#include "check.h"

#include "base/rng.h"
#include "mine/funnel.h"
#include "mine/items.h"
#include "mine/next.h"
#include "mine/paths.h"
#include "mine/sequences.h"

#include <string.h>

#define MAX_LEN   5
#define MAX_STEPS 6

/* One user's steps as masks of items. */
typedef struct User
{
	uint32_t n;
	int64_t times[MAX_STEPS];
	uint32_t masks[MAX_STEPS];
} User;

/* Every sequence that some user has, with the number of users and the last of them. */
typedef struct Truth
{
	UpKeys keys;
	uint32_t *counts, *user;
	uint32_t capacity;
	const UpSequenceOptions *options;
	const User *of;
	uint32_t number;
} Truth;

static void
note(Truth *t, const uint32_t *codes, uint32_t len)
{
	uint32_t known = t->keys.n, i = up_keys_bytes(&t->keys, codes, len * sizeof(uint32_t));

	if (t->keys.n > t->capacity)
	{
		t->capacity = 2 * t->keys.n;
		t->counts = up_realloc(t->counts, t->capacity * sizeof(uint32_t));
		t->user = up_realloc(t->user, t->capacity * sizeof(uint32_t));
	}
	if (i == known)
		t->counts[i] = t->user[i] = 0;
	t->counts[i] += t->user[i] != t->number;
	t->user[i] = t->number;
}

/* All ways to go on after step `last` of those that began with step `first`. */
static void
enumerate(Truth *t, uint32_t first, uint32_t last, uint32_t *codes, uint32_t len)
{
	const User *u = t->of;
	const UpSequenceOptions *o = t->options;

	for (uint32_t f = len == 0 ? 0 : last + 1; f < u->n; f++)
	{
		if (len > 0)
		{
			uint64_t gap = (uint64_t) (u->times[f] - u->times[last]);

			if (gap < o->min_gap || gap > o->max_gap || (uint64_t) (u->times[f] - u->times[first]) > o->span)
				continue;
		}
		for (uint32_t set = 1; set <= u->masks[f]; set++)
		{
			uint32_t n = len;

			if ((set & u->masks[f]) != set || len + (uint32_t) __builtin_popcount(set) > MAX_LEN)
				continue;
			for (uint32_t item = 0; set >> item != 0; item++)
			{
				if ((set >> item & 1) != 0)
				{
					codes[n] = 2 * item + (n == len);
					n++;
				}
			}
			note(t, codes, n);
			enumerate(t, len == 0 ? f : first, f, codes, n);
		}
	}
}

static void
truth_of(Truth *t, const User *users, uint32_t n, const UpSequenceOptions *o)
{
	uint32_t codes[2 * MAX_LEN];

	memset(t, 0, sizeof(*t));
	up_keys_init(&t->keys, true);
	t->options = o;
	t->capacity = 64;
	t->counts = up_alloc_array(t->capacity, sizeof(uint32_t));
	t->user = up_alloc_array(t->capacity, sizeof(uint32_t));
	for (uint32_t u = 0; u < n; u++)
	{
		t->of = &users[u];
		t->number = u + 1;
		enumerate(t, 0, 0, codes, 0);
	}
}

static uint32_t
next_step(const uint32_t *codes, uint32_t len, uint32_t at)
{
	for (at++; at < len && (codes[at] & 1) == 0; at++)
		;
	return at;
}

static uint32_t
mask_of(const uint32_t *codes, uint32_t from, uint32_t to)
{
	uint32_t mask = 0;

	for (uint32_t i = from; i < to; i++)
		mask |= 1u << codes[i] / 2;
	return mask;
}

/* Whether b, beginning with any of its steps, contains a. */
static bool
contains(const uint32_t *a, uint32_t n_a, const uint32_t *b, uint32_t n_b)
{
	uint32_t a_end, b_end;

	if (n_a == 0)
		return true;
	if (n_b == 0)
		return false;
	a_end = next_step(a, n_a, 0);
	b_end = next_step(b, n_b, 0);
	if ((mask_of(a, 0, a_end) & ~mask_of(b, 0, b_end)) == 0 &&
		contains(a + a_end, n_a - a_end, b + b_end, n_b - b_end))
		return true;
	return contains(a, n_a, b + b_end, n_b - b_end);
}

static bool
is_open(const Truth *t, uint32_t i)
{
	size_t len, other_len;
	const uint32_t *codes = (const uint32_t *) up_keys_get(&t->keys, i, &len);

	for (uint32_t j = 0; j < t->keys.n; j++)
	{
		const uint32_t *other = (const uint32_t *) up_keys_get(&t->keys, j, &other_len);

		if (t->counts[i] == t->counts[j] && other_len > len &&
			contains(codes, (uint32_t) (len / 4), other, (uint32_t) (other_len / 4)))
			return true;
	}
	return false;
}

static uint32_t
random_users(User *users, UpTrails *trails, uint32_t n, uint32_t n_items, UpRng *rng)
{
	static const uint32_t same[] = {0, 1, 2, 3, 4, 5, 6, 7};
	uint32_t used = 0;

	up_trails_init(trails);
	for (uint32_t u = 0; u < n; u++)
	{
		uint32_t rows = (uint32_t) up_rng_below(rng, 9);

		users[used] = (User){0};
		for (uint32_t row = 0; row < rows; row++)
		{
			int64_t time = (int64_t) up_rng_below(rng, 12) - 4;
			uint32_t item = (uint32_t) up_rng_below(rng, n_items), at = 0;
			User *w = &users[used];

			while (at < w->n && w->times[at] < time)
				at++;
			if (at == w->n || w->times[at] != time)
			{
				if (w->n == MAX_STEPS)
					continue;
				memmove(w->times + at + 1, w->times + at, (w->n - at) * sizeof(int64_t));
				memmove(w->masks + at + 1, w->masks + at, (w->n - at) * sizeof(uint32_t));
				w->n++;
				w->times[at] = time;
				w->masks[at] = 0;
			}
			w->masks[at] |= 1u << item;
			up_trails_add(trails, used, time, item);
		}
		used += users[used].n > 0;
	}
	up_trails_sort(trails, same);
	return used;
}

static bool
in_order(const UpSequences *s, uint32_t i)
{
	if (s->counts[i] != s->counts[i + 1])
		return s->counts[i] > s->counts[i + 1];
	return up_sequences_len(s, i) <= up_sequences_len(s, i + 1);
}

static void
against_enumeration(const User *users, uint32_t n, const UpTrails *trails, UpSequenceOptions o, int seed)
{
	UpSequences s;
	Truth t;
	uint32_t expected = 0, wrong = 0;

	truth_of(&t, users, n, &o);
	up_mine_sequences(trails, &o, &s);
	for (uint32_t i = 0; i < t.keys.n; i++)
	{
		size_t len;

		up_keys_get(&t.keys, i, &len);
		expected += t.counts[i] >= o.min_count && len / 4 >= o.min_len && !(o.closed && is_open(&t, i));
	}
	up_check(s.n == UP_MIN(expected, o.max_sequences), __FILE__, __LINE__,
			 "seed %d, closed %d: %u sequences, expected %u", seed, o.closed, s.n, expected);
	CHECK(s.truncated == (expected > o.max_sequences));
	for (uint32_t i = 0; i < s.n; i++)
	{
		size_t bytes = up_sequences_len(&s, i) * sizeof(uint32_t);

		if (!up_keys_has(&t.keys, s.codes + s.starts[i], bytes))
			wrong++;
		else
		{
			uint32_t at = up_keys_bytes(&t.keys, s.codes + s.starts[i], bytes);

			wrong += t.counts[at] != s.counts[i] || (o.closed && is_open(&t, at));
		}
		wrong += i + 1 < s.n && !in_order(&s, i);
	}
	up_check(wrong == 0, __FILE__, __LINE__, "seed %d, closed %d: %u wrong", seed, o.closed, wrong);
}

static void
all_sequences_are_found(void)
{
	static const uint64_t gaps[][3] = {
		{0, UP_ANY_TIME, UP_ANY_TIME}, {0, 3, UP_ANY_TIME}, {2, UP_ANY_TIME, UP_ANY_TIME},
		{0, UP_ANY_TIME, 5},           {2, 4, 7},           {0, 2, 3}};

	for (int seed = 1; seed <= 200; seed++)
	{
		User users[12];
		UpTrails trails;
		UpRng rng;
		uint32_t n;
		const uint64_t *limits = gaps[seed % 6];
		UpSequenceOptions o = {.min_count = 1 + (uint32_t) seed % 3,
							   .min_len = 1 + (uint32_t) (seed % 5 == 0),
							   .max_len = MAX_LEN,
							   .max_sequences = 100000,
							   .min_gap = limits[0],
							   .max_gap = limits[1],
							   .span = limits[2]};

		up_rng_init(&rng, (uint64_t) seed, 0);
		n = random_users(users, &trails, 3 + (uint32_t) seed % 9, 2 + (uint32_t) seed % 3, &rng);
		against_enumeration(users, n, &trails, o, seed);
		/* The enumeration compares all pairs. */
		o.min_count = UP_MAX(o.min_count, 2);
		o.closed = true;
		if (seed % 2 == 0)
			against_enumeration(users, n, &trails, o, seed);
	}
}

/* Three users with the same thirty steps: 2^30 sequences, of which the first so many are kept. */
static void
explosions_end(void)
{
	static const uint32_t same[30] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14,
									  15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29};
	UpTrails trails;
	UpSequences s;
	UpSequenceOptions o = {
		.min_count = 2, .min_len = 1, .max_sequences = 1000, .max_gap = UP_ANY_TIME, .span = UP_ANY_TIME};

	up_trails_init(&trails);
	for (uint32_t i = 0; i < 90; i++)
		up_trails_add(&trails, i % 3, i / 3, i / 3);
	up_trails_sort(&trails, same);
	up_mine_sequences(&trails, &o, &s);
	CHECK(s.n == 1000 && s.truncated && !s.ended);
	CHECK(up_sequences_len(&s, 29) == 1 && up_sequences_len(&s, 30) == 2 && up_sequences_len(&s, 999) == 3);
	/* Nobody: nothing. */
	up_trails_init(&trails);
	up_trails_sort(&trails, same);
	up_mine_sequences(&trails, &o, &s);
	CHECK(s.n == 0 && !s.truncated);
}

/* Two users with all events, of which none is frequent. */
static void
long_trails_tick(void)
{
	static const uint32_t same[2] = {0, 1};
	UpTrails trails;
	UpSequences s;
	UpSequenceOptions o = {
		.min_count = 3, .min_len = 1, .max_sequences = 1000, .max_gap = UP_ANY_TIME, .span = UP_ANY_TIME};

	up_trails_init(&trails);
	for (uint32_t i = 0; i < 3000000; i++)
		up_trails_add(&trails, i / 1500000, i, i % 2);
	up_test_ticks = 0;
	up_trails_sort(&trails, same);
	CHECK(up_test_ticks >= 2 * 3000000 / 65536);
	up_test_ticks = 0;
	up_mine_sequences(&trails, &o, &s);
	CHECK(up_test_ticks >= 6 && s.n == 0);
}

/* More than memory may hold: the first of them. */
static void
memory_is_short(void)
{
	size_t limit = up_test_memory_limit;
	UpTrails trails;
	UpSequences s, all;
	uint32_t same[20], wrong = 0;
	UpSequenceOptions o = {.min_count = 2,
						   .min_len = 1,
						   .max_sequences = 1000000,
						   .max_gap = UP_ANY_TIME,
						   .span = UP_ANY_TIME,
						   .max_len = 6};

	for (uint32_t i = 0; i < 20; i++)
		same[i] = i;
	up_trails_init(&trails);
	for (uint32_t i = 0; i < 60; i++)
		up_trails_add(&trails, i % 3, i / 3, i / 3);
	up_trails_sort(&trails, same);
	up_mine_sequences(&trails, &o, &all);
	up_test_memory_limit = 1 << 20;
	up_mine_sequences(&trails, &o, &s);
	up_test_memory_limit = limit;
	CHECK(!all.truncated && s.truncated && !s.ended && s.n >= 1000 && s.n < all.n);
	for (uint32_t i = 0; i < s.n; i++)
		wrong += up_sequences_len(&s, i) != up_sequences_len(&all, i) ||
				 memcmp(s.codes + s.starts[i], all.codes + all.starts[i],
						up_sequences_len(&s, i) * sizeof(uint32_t)) != 0;
	CHECK(wrong == 0);
}

static void
the_search_can_be_ended(void)
{
	static const uint32_t same[] = {0, 1, 2, 3};
	UpTrails trails;
	UpSequences s;
	UpSequenceOptions o = {.min_count = 1,
						   .min_len = 1,
						   .max_sequences = 1000,
						   .max_gap = UP_ANY_TIME,
						   .span = UP_ANY_TIME,

						   .deadline = 1e-9};

	up_trails_init(&trails);
	/* Times as far apart as can be. */
	for (uint32_t i = 0; i < 4; i++)
		up_trails_add(&trails, 0, i % 2 == 0 ? INT64_MIN + i : INT64_MAX - i, i);
	up_trails_sort(&trails, same);
	up_mine_sequences(&trails, &o, &s);
	CHECK(s.ended && s.truncated && s.n == 0);
	o.deadline = 0;
	up_mine_sequences(&trails, &o, &s);
	CHECK(!s.ended && !s.truncated && s.n == 15);
	/* What is known of counts that were looked through is kept. */
	for (int gaps = 0; gaps < 2; gaps++)
	{
		o.max_gap = gaps ? UP_ANY_TIME - 1 : UP_ANY_TIME;
		o.closed = true;
		o.deadline = up_seconds() + 1000;
		up_mine_sequences(&trails, &o, &s);
		CHECK(!s.ended && s.n == 1 && up_sequences_len(&s, 0) == 4);
		o.closed = false;
		o.deadline = 0;
		up_mine_sequences(&trails, &o, &s);
		up_sequences_close(&(UpSequenceStore){.found = &s}, !gaps, 1e-9);
		CHECK(s.ended && s.truncated && s.n == 0);
	}
}

/* ---- funnels ---- */

/* How far one comes by any choice of events: distinct ones, not earlier than the one before, in time since the first. */
static uint32_t
farthest(const UpTrailEvent *e, size_t n, const UpFunnelOptions *o, uint32_t step, uint64_t used, int64_t first,
		 int64_t last)
{
	uint32_t best = step;

	for (size_t i = 0; i < n && step < o->n_steps; i++)
	{
		uint32_t far;

		if (e[i].item != o->steps[step] || (used >> i & 1) != 0 || (step > 0 && e[i].time < last) ||
			(step > 0 && (uint64_t) (e[i].time - first) > o->within))
			continue;
		far = farthest(e, n, o, step + 1, used | UINT64_C(1) << i, step == 0 ? e[i].time : first, e[i].time);
		best = UP_MAX(best, far);
	}
	return best;
}

static void
funnels_are_exact(void)
{
	static const uint32_t same[] = {0, 1, 2};

	for (int seed = 1; seed <= 200; seed++)
	{
		UpTrails t;
		UpRng rng;
		uint32_t steps[4];
		uint64_t expected[4] = {0};
		UpFunnelOptions o = {.steps = steps};
		UpFunnel f;

		up_rng_init(&rng, (uint64_t) seed, 1);
		up_trails_init(&t);
		o.n_steps = 1 + (uint32_t) seed % 4;
		o.within = seed % 5 == 0 ? UP_ANY_TIME : up_rng_below(&rng, 8);
		for (uint32_t k = 0; k < o.n_steps; k++)
			steps[k] = (uint32_t) up_rng_below(&rng, 3);
		for (uint32_t u = 0; u < 8; u++)
		{
			for (uint32_t i = 0; i <= up_rng_below(&rng, 12); i++)
				up_trails_add(&t, u, (int64_t) up_rng_below(&rng, 12), (uint32_t) up_rng_below(&rng, 3));
		}
		up_trails_sort(&t, same);
		for (uint32_t u = 0; u < t.n_users; u++)
		{
			uint32_t far = farthest(t.events + t.starts[u], t.starts[u + 1] - t.starts[u], &o, 0, 0, 0, 0);

			for (uint32_t k = 0; k < far; k++)
				expected[k]++;
		}
		up_count_funnel(&t, &o, &f);
		for (uint32_t k = 0; k < o.n_steps; k++)
			up_check(f.users[k] == expected[k], __FILE__, __LINE__, "seed %d, step %u: %d users, expected %d",
					 seed, k + 1, (int) f.users[k], (int) expected[k]);
	}
}

/* Who begins twice: too late from the first time, in time from the second; the wait is that of the second. */
static void
funnels_begin_again(void)
{
	static const uint32_t same[] = {0, 1}, steps[] = {0, 1, 5};
	UpTrails t;
	UpFunnelOptions o = {steps, 3, 4};
	UpFunnel f;

	up_trails_init(&t);
	up_trails_add(&t, 0, 0, 0);
	up_trails_add(&t, 0, 10, 0);
	up_trails_add(&t, 0, 13, 1);
	up_trails_add(&t, 1, 0, 0);
	up_trails_add(&t, 1, 5, 1);
	up_trails_sort(&t, same);
	up_count_funnel(&t, &o, &f);
	CHECK(f.users[0] == 2 && f.users[1] == 1 && f.users[2] == 0);
	CHECK(isnan(f.medians[0]) && f.medians[1] == 3 && isnan(f.medians[2]));
}

/* ---- paths, and what comes next ---- */

static void
walks(UpTrails *t)
{
	/* User 0: 0 1 1 0 | 1 after a pause; user 1: 0 1; user 2: 2. */
	static const uint32_t same[] = {0, 1, 2};
	static const struct
	{
		uint32_t user;
		int64_t time;
		uint32_t item;
	} rows[] = {{0, 9, 1}, {0, 1, 0}, {0, 2, 1}, {0, 3, 1}, {0, 4, 0}, {1, 7, 0}, {1, 8, 1}, {2, 1, 2}};

	up_trails_init(t);
	for (size_t i = 0; i < UP_LENGTH(rows); i++)
		up_trails_add(t, rows[i].user, rows[i].time, rows[i].item);
	up_trails_sort(t, same);
}

static void
check_path(const UpPaths *p, uint32_t i, const uint32_t *items, uint32_t n, uint64_t count, bool was_cut)
{
	uint32_t len;
	bool cut;
	const uint32_t *got = up_path_get(p, p->order[i], &len, &cut);

	CHECK(len == n && memcmp(got, items, n * sizeof(uint32_t)) == 0 && p->counts[p->order[i]] == count &&
		  cut == was_cut);
}

static void
paths_are_counted(void)
{
	UpTrails t;
	UpPaths p;
	UpPathOptions o = {.max_len = 10, .new_visit = 3, .first_item = UP_ANY_ITEM, .last_item = UP_ANY_ITEM};

	walks(&t);
	up_count_paths(&t, &o, &p);
	CHECK(p.n == 4 && p.keys.n == 4);
	check_path(&p, 1, (uint32_t[]){0, 1, 1, 0}, 4, 1, false);
	o.max_len = 2;
	up_count_paths(&t, &o, &p);
	/* Cut and whole are two. */
	CHECK(p.n == 4 && p.keys.n == 4);
	check_path(&p, 0, (uint32_t[]){0, 1}, 2, 1, false);
	check_path(&p, 1, (uint32_t[]){0, 1}, 2, 1, true);
	o = (UpPathOptions){10, true, UP_ANY_TIME, 0, 1};
	up_count_paths(&t, &o, &p);
	CHECK(p.n == 2 && p.keys.n == 1);
	check_path(&p, 0, (uint32_t[]){0, 1}, 2, 2, false);
	/* From one to the next of it. */
	o.last_item = 0;
	up_count_paths(&t, &o, &p);
	CHECK(p.n == 1);
	check_path(&p, 0, (uint32_t[]){0, 1, 0}, 3, 1, false);
}

static UpNext *
trained(uint32_t min_count)
{
	UpTrails t;
	UpNextOptions o = {.max_order = 2, .min_count = min_count, .new_visit = 3};
	UpNext *m;

	walks(&t);
	m = up_next_train(&t, &o);
	up_keys_bytes(&m->items, "a", 1);
	up_keys_bytes(&m->items, "b", 1);
	up_keys_bytes(&m->items, "c", 1);
	return m;
}

static void
what_comes_next(void)
{
	/* Ways: abba, b, ab, c. After nothing: a 3, b 4, c 1 of 8; after a: b 2 of 2; after ab: b 1 of 1. */
	UpNext *m = trained(1);
	UpGuess g[3];
	uint32_t used, n = up_next_guess(m, (uint32_t[]){2, 0, 1}, 3, 10, g, &used);
	double p0 = (4 + 3 / 3.0) / 11, after_b = (1 + 2 * p0) / 4;

	/* After b: b 1, a 1; after ab: b 1. */
	CHECK(n == 3 && used == 2 && g[0].item == 1 && g[0].count == 1);
	CHECK_NEAR(g[0].probability, (1 + after_b) / 2, 1e-15);
	CHECK_NEAR(g[0].probability + g[1].probability + g[2].probability, 1, 1e-15);
	/* What is not known ends the context. */
	n = up_next_guess(m, (uint32_t[]){0, UINT32_MAX}, 2, 2, g, &used);
	CHECK(n == 2 && used == 0 && g[0].item == 1 && g[0].count == 4);
	CHECK_NEAR(g[0].probability, p0, 1e-15);
	/* With fewer than two the context goes: after ab there was one. */
	up_next_guess(trained(2), (uint32_t[]){0, 1}, 2, 2, g, &used);
	CHECK(used == 1);
}

/* With one bit changed and the checksum put right: an error or a model that can be asked. */
static void
read_damaged(const uint8_t *bytes, size_t len, size_t at, uint32_t bit)
{
	uint8_t *copy = up_alloc_array(len, 1);
	UpGuess guesses[3];
	uint32_t crc, used;

	memcpy(copy, bytes, len);
	copy[at] ^= (uint8_t) (1u << bit);
	crc = up_crc32c(copy + UP_NEXT_HEADER_BYTES, len - UP_NEXT_HEADER_BYTES);
	memcpy(copy + 12, &crc, 4);
	up_test_catching = true;
	if (setjmp(up_test_jump) == 0)
		up_next_guess(up_get_next(copy, len), (uint32_t[]){0, 1}, 2, 3, guesses, &used);
	up_test_catching = false;
}

static void
models_come_back(void)
{
	UpWriter w;
	UpNext *m;
	UpGuess before[3], after[3];
	uint32_t used;

	up_writer_init(&w);
	m = trained(1);
	up_put_next(&w, m);
	up_next_guess(m, (uint32_t[]){0, 1}, 2, 3, before, &used);
	up_next_guess(up_get_next(w.bytes, w.len), (uint32_t[]){0, 1}, 2, 3, after, &used);
	for (int i = 0; i < 3; i++)
		CHECK(before[i].item == after[i].item && before[i].probability == after[i].probability);
	/* Any byte that is changed, and any end that is missing, is seen, whatever the checksum says. */
	for (size_t i = 0; i < w.len; i++)
	{
		CHECK_FAILS(UP_CORRUPT, "", up_get_next(w.bytes, i));
		for (uint32_t bit = 0; bit < 8 && i >= UP_NEXT_HEADER_BYTES; bit++)
			read_damaged(w.bytes, w.len, i, bit);
	}
}

int
main(void)
{
	const UpTest tests[] = {
		{"all sequences are found", all_sequences_are_found},
		{"explosions end", explosions_end},
		{"long trails can be cancelled", long_trails_tick},
		{"memory is short", memory_is_short},
		{"the search can be ended", the_search_can_be_ended},
		{"funnels are exact", funnels_are_exact},
		{"funnels begin again", funnels_begin_again},
		{"paths are counted", paths_are_counted},
		{"what comes next", what_comes_next},
		{"models come back", models_come_back},
	};

	return up_run_tests("sequences", tests, UP_LENGTH(tests));
}
