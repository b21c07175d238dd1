/*
 * test_interests.c - interests that fade: against sums in long double, orders of merging, bounds, and damaged bytes
 */
#include "check.h"

#include "base/rng.h"
#include "mine/interests.h"

#define N_EVENTS 3000
#define DAY      INT64_C(86400000000)

typedef struct Event
{
	char item[8];
	double weight;
	int64_t t;
} Event;

static void
make_events(Event *e, uint32_t n, uint32_t items, uint64_t seed)
{
	UpRng rng;

	up_rng_init(&rng, seed, 1);
	for (uint32_t i = 0; i < n; i++)
	{
		uint32_t a = (uint32_t) up_rng_below(&rng, items), b = (uint32_t) up_rng_below(&rng, items);

		snprintf(e[i].item, sizeof(e[i].item), "i%u", a * b / items % 100000);
		e[i].weight = 0.1 + (double) up_rng_below(&rng, 1000) / 77;
		e[i].t =
			(int64_t) up_rng_below(&rng, 900) * DAY + (int64_t) up_rng_below(&rng, (uint64_t) DAY) - 300 * DAY;
	}
}

static void
add_event(UpInterests *v, const Event *e)
{
	up_interests_add(v, e->item, strlen(e->item), e->weight, e->t);
}

static double
weight_of(const UpInterests *v, const char *item, int64_t at)
{
	const UpInterest *i = up_interests_find(v, item, strlen(item));

	return i != NULL ? up_interests_weight(v, &i->weight, at) : 0;
}

static double
truth(const Event *e, uint32_t n, const char *item, int64_t half_life, int64_t at)
{
	long double sum = 0;

	for (uint32_t i = 0; i < n; i++)
	{
		if (strcmp(e[i].item, item) == 0)
			sum += e[i].weight * exp2l(-(long double) (at - e[i].t) / ((long double) half_life * 1000000));
	}
	return (double) sum;
}

static bool
near(double a, double b)
{
	return fabs(a - b) <= 1e-12 * fmax(fabs(a), fabs(b));
}

static void
test_sums(void)
{
	static Event e[N_EVENTS];
	UpInterests all, reverse, parts[4];
	int64_t h = 86400 * 11 + 5, at = 650 * DAY + 12345;

	make_events(e, N_EVENTS, 60, 1);
	up_interests_init(&all, h, 100);
	up_interests_init(&reverse, h, 100);
	for (int p = 0; p < 4; p++)
		up_interests_init(&parts[p], h, 100);
	for (uint32_t i = 0; i < N_EVENTS; i++)
	{
		add_event(&all, &e[i]);
		add_event(&reverse, &e[N_EVENTS - 1 - i]);
		add_event(&parts[i * 7 % 4], &e[i]);
	}
	up_interests_merge(&parts[3], &parts[1]);
	up_interests_merge(&parts[0], &parts[2]);
	up_interests_merge(&parts[3], &parts[0]);
	CHECK(all.n == reverse.n && all.n == parts[3].n && all.dropped.hi == 0);
	for (uint32_t i = 0; i < all.n; i++)
	{
		char item[8] = {0};
		double want;

		memcpy(item, all.items[i].item, all.items[i].len);
		want = truth(e, N_EVENTS, item, h, at);
		CHECK(near(weight_of(&all, item, at), want));
		CHECK(near(weight_of(&reverse, item, at), want));
		CHECK(near(weight_of(&parts[3], item, at), want));
	}
}

/* A million tenths: additions carry their error along. */
static void
test_many(void)
{
	UpInterests v;

	up_interests_init(&v, 3600, 10);
	for (int i = 0; i < 1000000; i++)
		up_interests_add(&v, "a", 1, 0.1, 0);
	CHECK_NEAR(weight_of(&v, "a", 0), 100000, 1e-10);
}

/* Millennia apart, in half-lives of a second. */
static void
test_far_apart(void)
{
	UpInterests v;
	int64_t early = INT64_C(-211813488000000000), late = INT64_C(9223371331200000000);

	up_interests_init(&v, 1, 10);
	up_interests_add(&v, "late", 4, 1e300, late - 1);
	up_interests_add(&v, "early", 5, 1e-300, early);
	up_interests_add(&v, "early", 5, 3, early);
	CHECK_NEAR(weight_of(&v, "early", early), 3, 0);
	CHECK_NEAR(weight_of(&v, "early", early + 2000000), 0.75, 0);
	CHECK_NEAR(weight_of(&v, "early", late), 0, 0);
	CHECK(near(weight_of(&v, "late", late - 1), 1e300));
	CHECK(v.items[up_interests_order(&v)[0]].len == 4);
	CHECK_FAILS(UP_INVALID_DATA, "beyond", weight_of(&v, "late", early));
	CHECK_FAILS(UP_INVALID_DATA, "not negative", up_interests_add(&v, "a", 1, -1, 0));
	CHECK_FAILS(UP_INVALID_DATA, "NaN", up_interests_add(&v, "a", 1, NAN, 0));
	up_interests_add(&v, "nothing", 7, 0, 0);
	CHECK(v.n == 2);
}

/* What is dropped is within what is said. */
static void
test_bound(void)
{
	static Event e[N_EVENTS];
	UpInterests v, merged, part;
	int64_t h = 86400 * 30, at = 700 * DAY;

	make_events(e, N_EVENTS, 90, 2);
	up_interests_init(&v, h, 8);
	up_interests_init(&merged, h, 8);
	up_interests_init(&part, h, 8);
	for (uint32_t i = 0; i < N_EVENTS; i++)
	{
		add_event(&v, &e[i]);
		up_interests_trim(&v);
		add_event(&part, &e[i]);
		if (i % 500 == 499)
		{
			up_interests_trim(&part);
			up_interests_merge(&merged, &part);
			up_interests_trim(&merged);
			up_interests_init(&part, h, 8);
		}
	}
	CHECK(v.n == 8 && merged.n == 8);
	for (int k = 0; k < 2; k++)
	{
		const UpInterests *m = k == 0 ? &v : &merged;
		double error = up_interests_weight(m, &m->dropped, at);

		CHECK(error > 0);
		for (uint32_t i = 0; i < 90; i++)
		{
			char item[8];
			double want, got;

			snprintf(item, sizeof(item), "i%u", i % 100);
			want = truth(e, N_EVENTS, item, h, at);
			got = weight_of(m, item, at);
			CHECK(got <= want * (1 + 1e-12) && want <= (got + error) * (1 + 1e-12));
		}
	}
}

static void
test_bytes(void)
{
	static Event e[300];
	UpInterests v, back;
	UpWriter w, again;
	UpReader r;
	volatile uint32_t read = 0;

	make_events(e, 300, 20, 3);
	up_interests_init(&v, 86400, 12);
	for (uint32_t i = 0; i < 300; i++)
		add_event(&v, &e[i]);
	up_interests_trim(&v);
	up_writer_init(&w);
	up_interests_put(&w, &v);
	up_reader_init(&r, w.bytes, w.len, "value");
	up_interests_get(&r, &back);
	up_get_end(&r);
	up_writer_init(&again);
	up_interests_put(&again, &back);
	CHECK(w.len == again.len && memcmp(w.bytes, again.bytes, w.len) == 0);
	CHECK(strcmp(up_interests_text(&v), up_interests_text(&back)) == 0);
	/* Each byte changed: refused, or another value; never anything else. */
	for (size_t i = 0; i < w.len; i++)
	{
		for (volatile uint8_t flip = 1; flip != 0; flip = (uint8_t) (flip << 1))
		{
			w.bytes[i] ^= flip;
			up_test_catching = true;
			if (setjmp(up_test_jump) == 0)
			{
				up_reader_init(&r, w.bytes, w.len, "value");
				up_interests_get(&r, &back);
				up_get_end(&r);
				read++;
			}
			up_test_catching = false;
			w.bytes[i] ^= flip;
		}
	}
	CHECK(read > 0);
	for (volatile size_t len = 0; len < w.len; len++)
	{
		up_reader_init(&r, w.bytes, len, "value");
		CHECK_FAILS(UP_CORRUPT, "", up_interests_get(&r, &back));
	}
}

int
main(void)
{
	static const UpTest tests[] = {
		{"sums in any order", test_sums},
		{"a million events", test_many},
		{"times far apart", test_far_apart},
		{"the bound of what is dropped", test_bound},
		{"bytes", test_bytes},
	};

	return up_run_tests("interests", tests, UP_LENGTH(tests));
}
