/*
 * test_score.c - scores against arithmetic and brute force
 */
#include "check.h"

#include "num/distributions.h"
#include "score/mutual_info.h"
#include "base/rng.h"
#include "num/sort.h"
#include "score/correlation.h"
#include "score/score_sums.h"
#include "score/score.h"

static void
test_correlations(void)
{
	static const double x[] = {1, 2, NAN, 4, 5}, y[] = {2, 1, 7, 3, NAN}, g[] = {0, 0, 1, 1, 1},
						c[] = {1, 1, 0, 0, 0};
	UpVariable vx = {x, 0}, vy = {y, 0}, vg = {g, 2}, vc = {c, 2};
	UpScore s = up_score_correlation(&vx, &vy, 5, false);

	/* pairs (1, 2), (2, 1), (4, 3): r = 2 / sqrt(14/3 · 2) */
	CHECK(s.n == 3);
	CHECK_NEAR(s.value, 2 / sqrt(14.0 / 3 * 2), 1e-15);
	/* df 1: the tail of Cauchy's distribution */
	CHECK_NEAR(s.p_value, 1 - 2 * atan(s.value / sqrt(1 - s.value * s.value)) / 3.14159265358979323846, 1e-12);
	s = up_score_correlation(&vx, &vy, 5, true);
	CHECK_NEAR(s.value, 0.5, 1e-15);
	/* groups 1 2 and 4 5: mean 3, between 9, in all 10 */
	s = up_score_correlation(&vg, &vx, 5, false);
	CHECK_NEAR(s.value, sqrt(9.0 / 10), 1e-15);
	CHECK_NEAR(s.p_value, up_f_tail(18, 1, 2), 1e-15);
	s = up_score_correlation(&vg, &vc, 5, false);
	CHECK_NEAR(s.value, 1, 1e-15);
	CHECK(strcmp(s.how, "cramers_v") == 0);
	s = up_score_correlation(&vg, &vg, 1, false);
	CHECK(isnan(s.value) && isnan(s.p_value));
	CHECK(isnan(up_score_correlation(&vx, &(UpVariable){(double[]){3, 3, 3, 3, 3}, 0}, 5, false).value));
	CHECK(isnan(up_score_correlation(&vx, &vy, 0, true).value));
}

static void
test_gains(void)
{
	static const double x[] = {0, 0, 1, 1}, y[] = {0, 0, 1, 1}, z[] = {0, 1, 0, 1};
	UpVariable vx = {x, 2}, vy = {y, 2}, vz = {z, 2}, number = {x, 0};

	CHECK_NEAR(up_score_information_gain(&vx, &vy, 4, false).value, 1, 1e-15);
	CHECK_NEAR(up_score_information_gain(&vx, &vy, 4, true).value, 1, 1e-15);
	CHECK_NEAR(up_score_information_gain(&vz, &vy, 4, false).value, 0, 1e-15);
	CHECK_NEAR(up_score_information_gain(&number, &vy, 4, false).value, 1, 1e-15);
	CHECK_NEAR(up_score_mutual_info(&vx, &vy, 4, 0).value, log(2), 1e-15);
	CHECK_NEAR(up_score_variance(&vx, 4).value, 0.5, 1e-15);
	CHECK_NEAR(up_score_variance(&number, 4).value, 0.25, 1e-15);
	/* sums by class 0 and 2, expected 1 and 1 */
	CHECK_NEAR(up_score_chi2(&number, &vy, 4).value, 2, 1e-15);
	CHECK_NEAR(up_score_chi2(&vx, &vy, 4).value, 4, 1e-15);
	CHECK_FAILS(UP_INVALID_DATA, "not negative",
				up_score_chi2(&(UpVariable){(double[]){-1, 0, 1, 1}, 0}, &vy, 4));
	CHECK_FAILS(UP_INVALID_PARAMETER, "a target of classes", up_score_chi2(&vx, &number, 4));
}

/* Columns of several kinds, a tenth missing in every second one. */
static UpVariable *
made_columns(size_t n, uint32_t d)
{
	UpVariable *c = up_alloc_array(d, sizeof(UpVariable));
	UpRng rng;

	up_rng_init(&rng, 4, 1);
	for (uint32_t j = 0; j < d; j++)
	{
		double *v = up_alloc_array(n, sizeof(double));

		for (size_t i = 0; i < n; i++)
		{
			v[i] = j % 5 == 4 ? (double) up_rng_below(&rng, 4)
							  : floor(up_rng_normal(&rng) * 8) * (j + 1) + 1e4 * j;
			if (j > 0 && j % 5 != 4)
				v[i] += c[0].v[i] * j;
			if (j % 2 == 1 && up_rng_below(&rng, 10) == 0)
				v[i] = NAN;
		}
		c[j] = (UpVariable){v, j % 5 == 4 ? 4 : 0};
	}
	return c;
}

typedef struct Seen
{
	const UpVariable *columns;
	size_t n, calls;
} Seen;

/* What one pass finds for all pairs is what each pair gives alone. */
static void
check_pair(void *arg, uint32_t a, uint32_t b, const UpScore *got)
{
	Seen *seen = arg;
	bool spearman = strcmp(got->how, "spearman") == 0;
	UpScore want = up_score_correlation(&seen->columns[a], &seen->columns[b], seen->n, spearman);

	seen->calls++;
	CHECK(a < b && got->n == want.n && strcmp(got->how, want.how) == 0);
	CHECK(isnan(got->value) == isnan(want.value) && isnan(got->p_value) == isnan(want.p_value));
	if (!isnan(want.value))
		CHECK_NEAR(got->value, want.value, 1e-12);
	if (!isnan(want.p_value) && want.p_value > 1e-200)
		CHECK_NEAR(got->p_value / want.p_value, 1, 1e-9);
}

static void
test_all_pairs(void)
{
	Seen seen = {made_columns(700, 20), 700, 0};

	up_correlate(seen.columns, 20, seen.n, UP_CORRELATE_ALL, check_pair, &seen);
	/* 16 numbers, 4 categories */
	CHECK(seen.calls == 190 + 120);
	seen.calls = 0;
	up_correlate(seen.columns, 20, seen.n, UP_CORRELATE_SPEARMAN | UP_CORRELATE_CRAMERS_V, check_pair, &seen);
	CHECK(seen.calls == 120 + 6);
	for (seen.n = 0, seen.calls = 0; seen.n < 4; seen.n++)
		up_correlate(seen.columns, 20, seen.n, UP_CORRELATE_ALL, check_pair, &seen);
	CHECK(seen.calls == 4 * 310);
	up_correlate(seen.columns, 0, 700, UP_CORRELATE_ALL, check_pair, &seen);
	up_correlate(seen.columns, 1, 700, UP_CORRELATE_ALL, check_pair, &seen);
	CHECK(seen.calls == 4 * 310);
}

/* Of columns without missing values ranks come from sorting alone. */
static void
test_complete_ranks(void)
{
	double x[1000], y[1000], z[1000];
	UpVariable columns[3] = {{x, 0}, {y, 0}, {z, 0}};
	Seen seen = {columns, 1000, 0};

	for (int i = 0; i < 1000; i++)
	{
		x[i] = i * 7919 % 1009;
		y[i] = i * 31 % 17 - 8; /* many are equal */
		z[i] = i % 3 == 0 ? INFINITY : exp(x[i] / 100) * (i % 2 == 0 ? 1 : -0.0);
	}
	up_correlate(columns, 3, seen.n, UP_CORRELATE_SPEARMAN, check_pair, &seen);
	CHECK(seen.calls == 3);
	y[999] = NAN;
	up_correlate(columns, 3, seen.n, UP_CORRELATE_SPEARMAN, check_pair, &seen);
	CHECK(seen.calls == 6);
}

/* Common rows that are nothing like the columns: the whole range lies where the other is missing. */
static void
test_odd_pairs(void)
{
	double x[100], y[100], z[100];
	UpVariable columns[3] = {{x, 0}, {y, 0}, {z, 0}};
	Seen seen = {columns, 100, 0};

	for (int i = 0; i < 100; i++)
	{
		x[i] = i < 50 ? i * 1e-9 : i * 1e9;
		y[i] = i < 50 ? sin(i) * 1e-8 : NAN;
		z[i] = i < 50 ? 3 : i;
	}
	up_correlate(columns, 3, 100, UP_CORRELATE_ALL, check_pair, &seen);
	CHECK(seen.calls == 6);
}

#define CHUNKS  3
#define MANY    3000
#define NUMBERS 6

/* Columns whose first missing values come in different chunks, and of which pairs have rows far from the others. */
static double (*chunked(void))[MANY]
{
	static double v[NUMBERS][MANY];
	UpRng rng;

	up_rng_init(&rng, 3, 1);
	for (int i = 0; i < MANY; i++)
	{
		for (int j = 0; j < NUMBERS; j++)
			v[j][i] = up_rng_normal(&rng) + (j > 0 ? 0.5 * v[0][i] : 1e9);
		if (i > 1200 && i % 3 == 0)
			v[1][i] = NAN;
		if (i > 2200 && i % 5 == 0)
			v[2][i] = NAN;
		v[3][i] = i < 1500 ? 4 : v[3][i];
		/* Known together with the first ones only where they are near 0. */
		v[4][i] = i < 2000 ? v[4][i] * 1e-6 : v[4][i] * 1e6;
		v[5][i] = i < 2000 ? v[5][i] : NAN;
	}
	return v;
}

static void
test_chunks(void)
{
	double(*v)[MANY] = chunked();
	UpVariable columns[NUMBERS];
	Seen seen = {columns, MANY, 0};
	UpCorrelating *c = up_correlating_new(NUMBERS);
	int runs = 0;

	for (int j = 0; j < NUMBERS; j++)
		columns[j] = (UpVariable){v[j], 0};
	do
	{
		for (int at = 0; at < MANY; at += MANY / CHUNKS)
		{
			const double *some[NUMBERS];

			for (int j = 0; j < NUMBERS; j++)
				some[j] = v[j] + at;
			up_correlating_add(c, some, MANY / CHUNKS);
		}
		runs++;
	} while (up_correlating_again(c));
	up_correlating_finish(c, check_pair, &seen);
	CHECK(runs == 2 && seen.calls == NUMBERS * (NUMBERS - 1) / 2);
	c = up_correlating_new(2);
	CHECK(!up_correlating_again(c));
}

static void
check_scores(UpScore got, UpScore want)
{
	CHECK(got.n == want.n && strcmp(got.how, want.how) == 0);
	CHECK_NEAR(got.value, want.value, 1e-10 * UP_MAX(1, fabs(want.value)));
	if (want.p_value > 1e-200)
		CHECK_NEAR(got.p_value / want.p_value, 1, 1e-9);
}

static void
test_sums_by_class(void)
{
	static const double order[] = {0, 1, 2};
	double(*v)[MANY] = chunked(), y[MANY], whole[MANY];
	UpScoreSums *numbers = up_score_sums_new(NUMBERS, false, 20), *codes = up_score_sums_new(NUMBERS, true, 0),
				*classes = up_score_sums_new(NUMBERS, false, 20);
	UpVariable label = {y, 0}, class = {whole, 3};
	uint32_t n;

	for (int i = 0; i < MANY; i++)
	{
		y[i] = v[0][i] + i % 7 / 3.0;
		whole[i] = i / 1000 == 1 ? i % 3 : i % 2;
	}
	for (int at = 0; at < MANY; at += MANY / CHUNKS)
	{
		const double *some[NUMBERS];

		for (int j = 0; j < NUMBERS; j++)
			some[j] = v[j] + at;
		up_score_sums_add(numbers, some, y + at, MANY / CHUNKS);
		up_score_sums_add(codes, some, whole + at, MANY / CHUNKS);
		up_score_sums_add(classes, some, whole + at, MANY / CHUNKS);
	}
	CHECK(up_score_sums_labels(numbers, &n) == NULL);
	CHECK(up_score_sums_labels(classes, &n) != NULL && n == 3);
	CHECK(up_score_sums_labels(codes, &n) != NULL && n == 3);
	for (int j = 0; j < NUMBERS; j++)
	{
		UpVariable x = {v[j], 0}, as_number = {whole, 0};

		check_scores(up_score_sums_correlation(numbers, (uint32_t) j, NULL),
					 up_score_correlation(&x, &label, MANY, false));
		check_scores(up_score_sums_f(numbers, (uint32_t) j, NULL), up_score_anova(&x, &label, MANY));
		check_scores(up_score_sums_groups(codes, (uint32_t) j, false), up_score_anova(&x, &class, MANY));
		check_scores(up_score_sums_groups(classes, (uint32_t) j, true),
					 up_score_correlation(&x, &class, MANY, false));
		check_scores(up_score_sums_correlation(codes, (uint32_t) j, order),
					 up_score_correlation(&x, &as_number, MANY, false));
		check_scores(up_score_sums_f(codes, (uint32_t) j, order), up_score_anova(&x, &as_number, MANY));
		check_scores(up_score_sums_variance(codes, (uint32_t) j), up_score_variance(&x, MANY));
	}
}

/* Of values whose squares, or products of sums of them, are beyond the numbers: what it is, or nothing; never 0. */
static void
test_scales(void)
{
	static const double scales[] = {1, 1e80, 1e150, 1e-80, 1e-150, 1e160, 1e300}, value_of[] = {0, 1};
	enum
	{
		N = 50
	};
	double x[N], y[N], group[N];
	UpVariable vx = {x, 0}, vy = {y, 0}, classes = {group, 2};
	double r = 0, f = 0;

	for (size_t i = 0; i < UP_LENGTH(scales); i++)
	{
		const double *columns[] = {x, y};
		UpScoreSums *numbers = up_score_sums_new(2, false, 20), *codes = up_score_sums_new(2, true, 0);
		bool known = scales[i] < 1e160;
		UpScore found[6];

		for (int j = 0; j < N; j++)
		{
			x[j] = sin(j) * scales[i];
			y[j] = (sin(j) + cos(j * 1.7)) * scales[i];
			group[j] = j % 3 == 0;
		}
		up_score_sums_add(numbers, columns, y, N);
		up_score_sums_add(codes, columns, group, N);
		found[0] = up_score_correlation(&vx, &vy, N, false);
		found[1] = up_score_sums_correlation(numbers, 0, NULL);
		found[2] = up_score_anova(&vx, &classes, N);
		found[3] = up_score_sums_groups(codes, 0, false);
		found[4] = up_score_correlation(&classes, &vy, N, false);
		found[5] = up_score_sums_correlation(codes, 0, value_of);
		r = i == 0 ? found[0].value : r;
		f = i == 0 ? found[2].value : f;
		for (int k = 0; k < 6; k++)
			CHECK(isnan(found[k].value) == !known && isnan(found[k].p_value) == !known);
		for (int k = 0; k < 2 && known; k++)
		{
			CHECK_NEAR(found[k].value, r, 1e-14);
			CHECK_NEAR(found[2 + k].value / f, 1, 1e-13);
		}
	}
}

static void
test_cancelled(void)
{
	Seen seen = {made_columns(700, 20), 700, 0};

	up_test_ticks = 0;
	up_test_cancel_after = 3;
	up_test_catching = true;
	if (setjmp(up_test_jump) == 0)
	{
		up_correlate(seen.columns, 20, seen.n, UP_CORRELATE_ALL, check_pair, &seen);
		CHECK(!"cancelled");
	}
	up_test_catching = false;
	up_test_cancel_after = 0;
	CHECK(seen.calls == 0);
}

static void
test_ranks_and_codes(void)
{
	static const double v[] = {3, -0.0, 7, 0, 3, 3, -INFINITY, NAN};
	double ranks[8], codes[40], many[40];
	UpVariable x = {many, 0};

	up_rank_doubles(v, 8, ranks);
	CHECK(ranks[0] == 5 && ranks[1] == 2.5 && ranks[2] == 7 && ranks[3] == 2.5 && ranks[6] == 1 &&
		  isnan(ranks[7]));
	up_rank_doubles(v, 0, NULL);
	for (int i = 0; i < 40; i++)
		many[i] = i == 5 ? NAN : (i * 7) % 40;
	/* 39 values: ten parts of 3 or 4 */
	CHECK(up_score_codes(&x, 40, codes) == UP_SCORE_BINS);
	CHECK(isnan(codes[5]) && codes[0] == 0 && codes[(40 * 3 - 1) / 7] <= 9);
	for (int i = 0; i < 40; i++)
		many[i] = i % 3;
	CHECK(up_score_codes(&x, 40, codes) == 3 && codes[4] == 1);
}

int
main(void)
{
	static const UpTest tests[] = {
		{"correlations", test_correlations},
		{"gains", test_gains},
		{"all pairs", test_all_pairs},
		{"odd pairs", test_odd_pairs},
		{"cancelled", test_cancelled},
		{"ranks and codes", test_ranks_and_codes},
		{"ranks of complete columns", test_complete_ranks},
		{"chunks", test_chunks},
		{"sums by class", test_sums_by_class},
		{"scales", test_scales},
	};

	return up_run_tests("score", tests, UP_LENGTH(tests));
}
