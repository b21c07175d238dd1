/*
 * test_traits.c - what times of events say: sums in any order, visits, habits, lines through periods, runs
 */
#include "check.h"

#include "base/rng.h"
#include "mine/traits.h"

#define DAY UP_USECS_PER_DAY

static void
rfm_is_counted(void)
{
	UpOccasion e[] = {{5 * DAY, 3}, {0, 1}, {5 * DAY, 2}, {-DAY, 0.5}};
	int64_t steps[4];
	UpRfm r;

	up_occasions_sort(e, 4);
	CHECK(e[0].at == -DAY && e[2].value == 2 && e[3].value == 3);
	for (int i = 0; i < 4; i++)
		steps[i] = e[i].at / DAY;
	up_rfm(e, 4, 7 * DAY, steps, 1, &r);
	CHECK(r.frequency == 3 && r.first == -DAY && r.last == 5 * DAY);
	CHECK_NEAR(r.recency_days, 2, 0);
	CHECK_NEAR(r.tenure_days, 8, 0);
	CHECK_NEAR(r.mean_gap_days, 3, 0);
	CHECK_NEAR(r.monetary, 6.5, 0);
	up_rfm(e, 1, 0, NULL, 1, &r);
	CHECK(r.frequency == 1 && isnan(r.mean_gap_days));
	/* Times further apart than int64 can tell. */
	e[0].at = INT64_MIN / 2;
	e[1].at = INT64_MAX;
	up_rfm(e, 2, INT64_MAX, NULL, 1, &r);
	CHECK(r.tenure_days > 0 && r.mean_gap_days == r.tenure_days);
}

static void
sums_do_not_depend_on_parts(void)
{
	UpTotal all = {0, 0}, half = {0, 0}, other = {0, 0};

	for (int i = 1; i < 10000; i++)
	{
		up_total_add(&all, 1e12 / i);
		up_total_add(i % 3 ? &half : &other, 1e12 / i);
	}
	up_total_add(&half, other.low);
	up_total_add(&half, other.high);
	CHECK_NEAR(up_total(&half), up_total(&all), 0);
	all = (UpTotal){1e308, 0};
	CHECK_FAILS(UP_INVALID_DATA, "out of range", up_total_add(&all, 1e308));
}

static void
visits_end_with_pauses(void)
{
	UpOccasion e[] = {{0, 0}, {60000000, 0}, {180000000, 0}, {180000001, 0}, {900000000, 0}};
	UpVisits v;

	up_visits(e, 5, 120000000, &v);
	CHECK(v.visits == 2 && v.first == 0 && v.last == 900000000);
	CHECK_NEAR(v.mean_events, 2.5, 0);
	CHECK_NEAR(v.longest_minutes, 180000001 / 60e6, 0);
	CHECK_NEAR(v.mean_minutes, 180000001 / 120e6, 0);
	up_visits(e, 5, 119999999, &v);
	CHECK(v.visits == 3);
	up_visits(e, 1, 1, &v);
	CHECK(v.visits == 1 && v.mean_minutes == 0);
}

static void
habits_have_entropy(void)
{
	/* 1999-12-31 23:00, a Friday; 2000-01-01 00:00 and 01:00, a Saturday; 2000-01-03 00:00, a Monday. */
	UpOccasion e[] = {{-DAY / 24, 0}, {0, 0}, {DAY / 24, 0}, {2 * DAY, 0}};
	int64_t local[] = {-DAY / 24, 0, DAY / 24, 2 * DAY};
	UpHabits h;

	up_habits(e, local, 4, &h);
	CHECK(h.hours[23] == 0.25 && h.hours[0] == 0.5 && h.hours[1] == 0.25 && h.top_hour == 0);
	CHECK(h.weekdays[4] == 0.25 && h.weekdays[5] == 0.5 && h.weekdays[0] == 0.25 && h.top_weekday == 6);
	CHECK_NEAR(h.hour_entropy, 1.5, 1e-15);
	CHECK_NEAR(h.weekend_share, 0.5, 0);
	CHECK_NEAR(h.regularity, 1 / (1 + sqrt(2.0 / 9 * 46 * 46) / (49.0 / 3)), 1e-14);
	up_habits(e, local, 3, &h);
	CHECK_NEAR(h.regularity, 1, 0);
	up_habits(e, local, 2, &h);
	CHECK(isnan(h.regularity));
}

/* The line by its definition, over all periods. */
static void
expect_line(const UpOccasion *e, size_t n, int64_t last)
{
	double k = (double) (last - e[0].at + 1), mean = 0, xy = 0, xx = 0, squares = 0;
	double *y = up_alloc0(sizeof(double) * (size_t) k);
	UpTrend t;

	for (size_t i = 0; i < n; i++)
		y[e[i].at - e[0].at] += e[i].value;
	for (int i = 0; i < k; i++)
		mean += y[i] / k;
	for (int i = 0; i < k; i++)
	{
		xy += (i - (k - 1) / 2) * (y[i] - mean);
		xx += (i - (k - 1) / 2) * (i - (k - 1) / 2);
	}
	for (int i = 0; i < k; i++)
		squares += pow(y[i] - mean - xy / xx * (i - (k - 1) / 2), 2);
	up_trend(e, n, last, &t);
	CHECK(t.periods == (uint64_t) k);
	CHECK_NEAR(t.mean, mean, 1e-9);
	CHECK_NEAR(t.slope, xy / xx, 1e-9);
	CHECK_NEAR(t.error, sqrt(squares / (k - 2) / xx), 1e-9);
}

static void
trends_are_lines(void)
{
	UpOccasion e[40];
	UpTrend t;
	UpRng rng;

	for (int i = 0; i < 10; i++)
		e[i] = (UpOccasion){i, 2.0 * i + 1};
	up_trend(e, 10, 9, &t);
	CHECK_NEAR(t.slope, 2, 1e-15);
	CHECK_NEAR(t.error, 0, 1e-15);
	up_trend(e, 1, 0, &t);
	CHECK(t.periods == 1 && isnan(t.slope) && isnan(t.error));
	up_trend(e, 2, 1, &t);
	CHECK(t.slope == 2 && isnan(t.error));
	up_rng_init(&rng, 1, 0);
	for (int round = 0; round < 50; round++)
	{
		for (int i = 0; i < 40; i++)
			e[i] = (UpOccasion){(int64_t) up_rng_below(&rng, 100), up_rng_double(&rng) * 10};
		up_occasions_sort(e, 40);
		expect_line(e, 40, e[39].at + round % 7);
	}
	/* Periods without number: nothing is made of each. */
	e[0].at = 0;
	up_trend(e, 1, INT64_C(1) << 50, &t);
	CHECK(t.slope < 0 && isfinite(t.error));
}

static void
streaks_are_runs(void)
{
	int64_t days[] = {1, 2, 2, 3, 7, 8, 9, 12};
	UpStreak s;

	up_streak(days, 8, 13, &s);
	CHECK(s.periods == 7 && s.longest == 3 && s.longest_period == 7 && s.latest == 1 && s.until_now == 1);
	up_streak(days, 8, 14, &s);
	CHECK(s.until_now == 0 && s.latest == 1);
	up_streak(days, 4, 3, &s);
	CHECK(s.longest == 3 && s.longest_period == 1 && s.until_now == 3);
}

int
main(void)
{
	const UpTest tests[] = {{"rfm is counted", rfm_is_counted},
							{"sums do not depend on parts", sums_do_not_depend_on_parts},
							{"visits end with pauses", visits_end_with_pauses},
							{"habits have entropy", habits_have_entropy},
							{"trends are lines", trends_are_lines},
							{"streaks are runs", streaks_are_runs}};

	return up_run_tests("traits", tests, UP_LENGTH(tests));
}
