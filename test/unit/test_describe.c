/*
 * test_describe.c - sketches within their stated errors, tallies exact and dropped, sorting, facts computed by hand
 */
#include "check.h"

#include "num/sort.h"
#include "describe/describe.h"
#include "num/sketch_distinct.h"
#include "num/sketch_quantiles.h"
#include "describe/tally.h"

#include <stdlib.h>

static int
compare_doubles(const void *a, const void *b)
{
	double x = *(const double *) a, y = *(const double *) b;

	return x < y ? -1 : x > y;
}

static void
test_sort(void)
{
	static double v[5000], want[5000], room[5000];
	UpRng rng;

	up_rng_init(&rng, 1, 1);
	for (size_t n = 1; n <= 5000; n = n * 3 + 1)
	{
		for (size_t i = 0; i < n; i++)
			v[i] = want[i] = up_rng_normal(&rng) * pow(10, (double) up_rng_below(&rng, 600) - 300);
		v[0] = want[0] = -INFINITY;
		up_sort_doubles(v, n, room);
		qsort(want, n, sizeof(double), compare_doubles);
		CHECK(memcmp(v, want, n * sizeof(double)) == 0);
	}
}

/* What differs in its last digits alone, for some of the items or for all; equal keys keep their order. */
static void
test_close_sort(void)
{
	enum
	{
		MANY = 20000
	};
	static double v[MANY], want[MANY];
	static UpKeyed items[MANY];
	UpRng rng;

	up_rng_init(&rng, 3, 1);
	for (int of = 1; of <= 10000; of *= 10)
	{
		for (size_t i = 0; i < MANY; i++)
		{
			bool close = i % 10000 < (size_t) of;

			v[i] = want[i] = close ? 1e9 + (double) up_rng_below(&rng, 5000) / 1024 : up_rng_normal(&rng) * 1e6;
			items[i] = (UpKeyed){(close ? 7 : up_rng_next(&rng)) << 12 | up_rng_below(&rng, 50), i};
		}
		up_sort_doubles(v, MANY, NULL);
		qsort(want, MANY, sizeof(double), compare_doubles);
		CHECK(memcmp(v, want, sizeof(v)) == 0);
		up_sort_keyed(items, MANY);
		for (int i = 1; i < MANY; i++)
			CHECK(items[i - 1].key < items[i].key ||
				  (items[i - 1].key == items[i].key && items[i - 1].position < items[i].position));
	}
}

/* Few and many, of which some are equal. */
static void
test_sort_keyed(void)
{
	static const size_t sizes[] = {0, 1, 2, 3, 40, 63, 64, 65, 700};
	UpKeyed items[700];
	uint64_t words[700];
	UpRng rng;

	up_rng_init(&rng, 8, 0);
	for (size_t s = 0; s < UP_LENGTH(sizes); s++)
	{
		size_t n = sizes[s];

		for (size_t i = 0; i < n; i++)
		{
			items[i] = (UpKeyed){up_rng_below(&rng, n / 2 + 1) << 40, i};
			words[i] = items[i].key | (i % 3 == 0 ? UINT64_C(1) << 63 : 0);
		}
		up_sort_keyed(items, n);
		up_sort_words(words, n);
		for (size_t i = 1; i < n; i++)
		{
			CHECK(items[i - 1].key < items[i].key ||
				  (items[i - 1].key == items[i].key && items[i - 1].position < items[i].position));
			CHECK(words[i - 1] <= words[i]);
		}
	}
}

typedef struct Pair
{
	int key, at;
} Pair;

static int
compare_pairs(const void *a, const void *b)
{
	const Pair *p = a, *q = b;

	return p->key < q->key ? -1 : p->key > q->key;
}

/* Long sorts tick, and equal items keep their order. */
static void
test_long_sort(void)
{
	enum
	{
		MANY = 600000
	};
	double *v = calloc(MANY, sizeof(double));
	Pair *pairs = calloc(MANY, sizeof(Pair));
	UpRng rng;

	up_rng_init(&rng, 5, 1);
	for (int i = 0; i < MANY; i++)
	{
		v[i] = up_rng_normal(&rng);
		pairs[i] = (Pair){(int) up_rng_below(&rng, 1000), i};
	}
	up_test_ticks = 0;
	up_sort_doubles(v, MANY, NULL);
	CHECK(up_test_ticks >= 15);
	up_test_ticks = 0;
	up_sort(pairs, MANY, sizeof(Pair), compare_pairs);
	CHECK(up_test_ticks >= 50);
	for (int i = 1; i < MANY; i++)
	{
		CHECK(v[i - 1] <= v[i]);
		CHECK(pairs[i - 1].key < pairs[i].key ||
			  (pairs[i - 1].key == pairs[i].key && pairs[i - 1].at < pairs[i].at));
	}
	free(v);
	free(pairs);
}

/* Ranks within three times their deviation. */
static void
test_quantiles(void)
{
	UpQuantiles *q = up_quantiles_new(1);
	const double shares[] = {0, 0.01, 0.25, 0.5, 0.9, 1};
	double values[6];
	size_t n = 400000;

	/* 0 … n - 1 in a scattered order */
	for (size_t i = 0; i < n; i++)
		up_quantiles_add(q, (double) (i * 7919 % n));
	CHECK(up_quantiles_n(q) == n);
	up_quantiles_find(q, shares, 6, values);
	for (int i = 0; i < 6; i++)
		CHECK_NEAR(values[i] / (double) n, shares[i], 3.0 / UP_QUANTILES_BUFFER);
	CHECK_NEAR(up_quantiles_rank(q, 100000) / (double) n, 0.25, 3.0 / UP_QUANTILES_BUFFER);
}

static void
test_distinct(void)
{
	for (uint64_t n = 10; n <= 1000000; n *= 10)
	{
		UpDistinct *d = up_distinct_new();

		for (uint64_t i = 0; i < n; i++)
			up_distinct_add(d, up_mix64(i + 1));
		CHECK_NEAR(up_distinct_estimate(d) / (double) n, 1, 4 * UP_DISTINCT_ERROR);
		up_free(d);
	}
}

static void
test_tally(void)
{
	UpTally *t = up_tally_new(1000);
	const UpTallied *top[3];

	for (int i = 0; i < 900; i++)
		up_tally_number(t, i % 300, 1);
	CHECK(up_tally_distinct(t) == 300 && t->error == 0);
	CHECK(up_tally_top(t, 3, top) == 3 && top[0]->number == 0 && top[2]->number == 2 && top[0]->count == 3);
	/* One value in every second place among many: it stays, and its count is short by no more than is said. */
	t = up_tally_new(100);
	for (int i = 0; i < 100000; i++)
	{
		char *text = up_format("%d", i % 2 == 0 ? -1 : i);

		up_tally_text(t, text, strlen(text));
		up_free(text);
	}
	CHECK(up_tally_top(t, 1, top) == 1 && strcmp(top[0]->text, "-1") == 0);
	CHECK(top[0]->count <= 50000 && top[0]->count + t->error >= 50000);
	CHECK_NEAR(up_tally_distinct(t) / 50001, 1, 4 * UP_DISTINCT_ERROR);
}

static void
test_cut_text(void)
{
	UpTally *t = up_tally_new(10);
	char text[301];
	const UpTallied *top[1];

	for (int i = 0; i < 300; i += 2)
		memcpy(text + i, "\xc3\xa4", 2);
	text[300] = '\0';
	up_tally_text(t, text, 300);
	up_tally_top(t, 1, top);
	CHECK(strlen(top[0]->text) == UP_TALLY_TEXT + 3 &&
		  memcmp(top[0]->text + UP_TALLY_TEXT, "\xe2\x80\xa6", 4) == 0);
}

/* What does not depend on the order of sorting is the same to the last bit, whether numbers are held or taken as they come. */
static void
test_held(void)
{
	enum
	{
		MANY = 5000
	};
	UpHeldMemory memory = {0};
	UpSummary *s[4];
	UpColumnFacts *f;
	double sum = 0, known = 0;
	UpRng rng;

	up_rng_init(&rng, 9, 1);
	for (int j = 0; j < 4; j++)
		s[j] = up_summary_new("n", UP_FACT_NUMBER, false, false, true, j == 1 ? 3 * 8192 : 1 << 20, &memory);
	for (int i = 0; i < MANY; i++)
	{
		uint64_t kind = up_rng_below(&rng, 20);
		double v = kind == 0 ? NAN : kind == 1 ? INFINITY : kind == 2 ? -0.0 : up_rng_normal(&rng);

		for (int j = 0; j < 3; j++)
			up_summary_number(s[j], j == 2 && i == MANY / 2 ? 7 : v);
		up_summary_missing(s[3]);
		if (isfinite(v))
		{
			sum += v;
			known++;
		}
	}
	f = up_summaries_finish(s, 4, 0);
	CHECK(f[0].exact && !f[1].exact && f[1].duplicate_of == 0 && f[2].duplicate_of == -1);
	CHECK(f[0].rows == MANY && f[0].rows - f[0].missing - f[0].infinite == known);
	CHECK_NEAR(f[0].mean, sum / known, 1e-14);
	CHECK(f[1].rows == MANY && f[1].missing == f[0].missing && f[1].infinite == f[0].infinite);
	CHECK(f[1].minimum == f[0].minimum && f[1].maximum == f[0].maximum);
	CHECK_NEAR(f[1].mean, f[0].mean, 1e-14);
	CHECK_NEAR(f[1].deviation, f[0].deviation, 1e-14);
	CHECK_NEAR(f[1].skew, f[0].skew, 1e-12);
	CHECK_NEAR(f[1].leak, 1, 1e-12);
	CHECK(f[0].top[0].number == 0 && !signbit(f[0].top[0].number));
	CHECK(f[3].rows == MANY && f[3].missing == MANY && isnan(f[3].mean) && f[3].distinct == 0);
}

/* One text of many: some are missing, empty, numbers, dates, long, or differ by case alone. */
static void
add_text(UpSummary *s, int i)
{
	char text[200];

	switch (i % 6)
	{
		case 0:
			up_summary_missing(s);
			return;
		case 1:
			up_summary_text(s, "", 0);
			return;
		case 2:
			snprintf(text, sizeof(text), i % 12 == 2 ? "%d,5" : "%d", i % 50);
			break;
		case 3:
			snprintf(text, sizeof(text), "2020-01-%02d", i % 30);
			break;
		case 4:
			snprintf(text, sizeof(text), "%0*d", 100 + i % 90, i % 3);
			break;
		default:
			snprintf(text, sizeof(text), "%s", i % 12 == 5 ? "Word" : "word ");
	}
	up_summary_text(s, text, strlen(text));
}

static void
check_texts(const UpColumnFacts *a, const UpColumnFacts *b)
{
	CHECK(a->kind == b->kind && a->rows == b->rows && a->missing == b->missing && b->missing > 0 && b->exact);
	CHECK(a->distinct == b->distinct && a->loose_distinct == b->loose_distinct &&
		  b->loose_distinct == b->distinct - 1);
	CHECK(strcmp(a->min_text, b->min_text) == 0 && strcmp(a->max_text, b->max_text) == 0);
	CHECK(memcmp(&a->texts, &b->texts, sizeof(a->texts)) == 0 && b->texts.forms[UP_MEANS_MISSING] > 0 &&
		  b->texts.forms[UP_SEPARATED] > 0 && b->texts.forms[UP_BY_COMMA] > b->texts.forms[UP_BY_POINT] &&
		  b->texts.dates[UP_YEAR_FIRST] > 0 && b->texts.placeholders != 0);
	CHECK(a->n_top == UP_FACT_TOP && b->n_top == UP_FACT_TOP && a->duplicate_of == -1 && b->duplicate_of == -1);
	for (int i = 0; i < UP_FACT_TOP; i++)
		CHECK(strcmp(a->top[i].text, b->top[i].text) == 0 && a->top[i].count == b->top[i].count);
}

/* The same rows, dealt out to several processes: of each column the same to the last bit, whoever had which. */
static void
test_collected_apart(void)
{
	enum
	{
		MANY = 20000,
		COLUMNS = 4,
		TEXT = 3,
		PROCESSES = 3
	};
	UpHeldMemory memory[1 + PROCESSES] = {{0}};
	UpSummary *s[1 + PROCESSES][COLUMNS];
	UpColumnFacts *whole, *parts;
	uint64_t rows[1 + PROCESSES] = {0};
	UpHeldShare shares[PROCESSES];
	void *regions[PROCESSES][16];
	UpFound found[COLUMNS];
	double *known = up_alloc_array(MANY, sizeof(double)), *buffer = up_alloc_array(MANY, sizeof(double));
	UpRng rng;

	up_rng_init(&rng, 11, 1);
	for (int p = 0; p <= PROCESSES; p++)
	{
		memory[p].large = p > 0;
		for (int j = 0; j < COLUMNS; j++)
			s[p][j] = up_summary_new("n", j == TEXT ? UP_FACT_CATEGORY : UP_FACT_NUMBER, j == TEXT, false,
									 false, 1 << 22, &memory[p]);
	}
	for (int i = 0; i < MANY; i++)
	{
		/* The second process has few rows, the third none that fills no block. */
		int p = i % 100 == 0 ? 2 : i < 4096 ? 3 : 1;
		double v = i % 7 == 0 ? NAN : up_rng_normal(&rng) * pow(10, (double) up_rng_below(&rng, 20));

		if (p == 3 && rows[3] == 2048)
			p = 1;
		rows[p]++;
		for (int j = 0; j < TEXT; j++)
		{
			up_summary_number(s[0][j], j == 2 ? i % 50 : v);
			up_summary_number(s[p][j], j == 2 ? i % 50 : v);
		}
		add_text(s[0][TEXT], i);
		add_text(s[p][TEXT], i);
	}
	CHECK(rows[2] == 200 && rows[3] == 2048);
	for (int p = 0; p < PROCESSES; p++)
	{
		CHECK(up_held_regions(&memory[1 + p]) <= UP_LENGTH(regions[p]));
		up_held_list_regions(&memory[1 + p], regions[p]);
		CHECK(up_summaries_tell_apart(s[1 + p], COLUMNS, PROCESSES));
		shares[p] = (UpHeldShare){rows[1 + p], regions[p], up_summaries_texts(s[1 + p], COLUMNS)};
	}
	for (size_t j = 0; j < COLUMNS; j++)
		up_shares_sum_up(s[1][j], shares, PROCESSES, COLUMNS, j, known, buffer, &found[j]);
	CHECK(up_summaries_found(s[1], COLUMNS, found));
	whole = up_summaries_finish(s[0], COLUMNS, -1);
	parts = up_summaries_finish(s[1], COLUMNS, -1);
	for (int j = 0; j < TEXT; j++)
		CHECK(memcmp(&whole[j].kind, &parts[j].kind, sizeof(UpColumnFacts) - offsetof(UpColumnFacts, kind)) ==
			  0);
	CHECK(parts[0].rows == MANY && parts[1].duplicate_of == 0 && parts[2].duplicate_of == -1);
	check_texts(&whole[TEXT], &parts[TEXT]);
}

/* 1 2 4 9 missing: by hand. */
static void
test_facts(void)
{
	UpHeldMemory memory = {0};
	UpSummary *s[2];
	UpColumnFacts *f;

	s[0] = up_summary_new("n", UP_FACT_NUMBER, false, true, false, 1 << 20, &memory);
	s[1] = up_summary_new("t", UP_FACT_CATEGORY, true, false, false, 1 << 20, &memory);
	for (int i = 0; i < 4; i++)
	{
		up_summary_number(s[0], (double[]){1, 2, 4, 9}[i]);
		up_summary_text(s[1], (const char *[]){"a", "A ", "b", "a"}[i], (size_t) (1 + (i == 1)));
	}
	up_summary_missing(s[0]);
	up_summary_missing(s[1]);
	f = up_summaries_finish(s, 2, -1);
	CHECK(f[0].rows == 5 && f[0].missing == 1 && f[0].distinct == 4 && f[0].kind == UP_FACT_NUMBER);
	CHECK_NEAR(f[0].mean, 4, 1e-15);
	/* squares 9 + 4 + 0 + 25, cubes -27 - 8 + 0 + 125 */
	CHECK_NEAR(f[0].deviation, sqrt(38.0 / 3), 1e-15);
	CHECK_NEAR(f[0].skew, 4 * sqrt(3) / 2 * 90 / pow(38, 1.5), 1e-14);
	CHECK_NEAR(f[0].quantiles[3], 3, 1e-15);
	CHECK_NEAR(f[0].quantiles[2], 1.75, 1e-15);
	CHECK(f[1].distinct == 3 && f[1].loose_distinct == 2 && f[1].n_top == 3 && f[1].top[0].count == 2);
	CHECK(strcmp(f[1].min_text, "A ") == 0 && strcmp(f[1].max_text, "b") == 0);
	CHECK(f[1].duplicate_of == -1);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"sort", test_sort},
		{"sort with keys", test_sort_keyed},
		{"long sort", test_long_sort},
		{"quantiles", test_quantiles},
		{"sorting what is close", test_close_sort},
		{"distinct", test_distinct},
		{"tally", test_tally},
		{"cut text", test_cut_text},
		{"rows collected apart", test_collected_apart},
		{"facts", test_facts},
		{"numbers held or not", test_held},
	};

	return up_run_tests("describe", tests, UP_LENGTH(tests));
}
