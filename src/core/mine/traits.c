/*
 * traits.c - what the times of a user's events say; see traits.h
 *
 * Each in one pass over n sorted events, after a sort of O(n log n). Sums are compensated (T. J. Dekker, "A floating-point technique for
 * extending the available precision", 1971), so that parts that are merged in any order agree.
 */
#include "mine/traits.h"

#include <math.h>

#include "num/sort.h"

#define USECS_PER_MINUTE 60000000.0
#define USECS_PER_HOUR   INT64_C(3600000000)

static int
compare_occasions(const void *a, const void *b)
{
	const UpOccasion *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return (x->value > y->value) - (x->value < y->value);
}

void
up_occasions_sort(UpOccasion *events, size_t n)
{
	size_t i = 1;

	while (i < n && compare_occasions(&events[i - 1], &events[i]) <= 0)
		i++;
	if (i < n)
		up_sort(events, n, sizeof(UpOccasion), compare_occasions);
}

void
up_total_add(UpTotal *t, double v)
{
	double sum = t->high + v, part = sum - t->high;

	t->low += (t->high - (sum - part)) + (v - part);
	t->high = sum;
	if (!isfinite(t->high) || !isfinite(t->low))
		up_fail(UP_INVALID_DATA, "a sum is out of range of double precision");
}

/* From a to b, which is not before it. */
static double
between(int64_t a, int64_t b)
{
	return (double) ((uint64_t) b - (uint64_t) a);
}

/* ---- recency, frequency, monetary -------------------------------------------------------------------------------- */

void
up_rfm(const UpOccasion *events, size_t n, int64_t at, const int64_t *steps, double step_days, UpRfm *out)
{
	UpTotal total = {0, 0};
	double span;

	out->first = events[0].at;
	out->last = events[n - 1].at;
	out->frequency = steps == NULL ? n : 1;
	for (size_t i = 0; i < n; i++)
	{
		if ((i & 65535) == 65535)
			up_tick();
		up_total_add(&total, events[i].value);
		if (steps != NULL && i > 0)
			out->frequency += steps[i] != steps[i - 1];
	}
	out->monetary = up_total(&total);
	out->recency_days = between(out->last, at) / (double) UP_USECS_PER_DAY;
	out->tenure_days = between(out->first, at) / (double) UP_USECS_PER_DAY;
	span = steps == NULL ? between(out->first, out->last) / (double) UP_USECS_PER_DAY
						 : between(steps[0], steps[n - 1]) * step_days;
	out->mean_gap_days = out->frequency > 1 ? span / (double) (out->frequency - 1) : NAN;
}

/* ---- visits ------------------------------------------------------------------------------------------------------ */

void
up_visits(const UpOccasion *events, size_t n, uint64_t gap, UpVisits *out)
{
	double all = 0, longest = 0;

	out->visits = 1;
	out->first = out->last = events[0].at;
	for (size_t i = 1; i <= n; i++)
	{
		bool ends = i == n || (uint64_t) events[i].at - (uint64_t) events[i - 1].at > gap;

		if ((i & 65535) == 65535)
			up_tick();
		if (!ends)
			continue;
		all += between(out->last, events[i - 1].at);
		longest = fmax(longest, between(out->last, events[i - 1].at));
		if (i == n)
			break;
		out->visits++;
		out->last = events[i].at;
	}
	out->mean_events = (double) n / (double) out->visits;
	out->mean_minutes = all / USECS_PER_MINUTE / (double) out->visits;
	out->longest_minutes = longest / USECS_PER_MINUTE;
}

/* ---- habits ------------------------------------------------------------------------------------------------------ */

static int64_t
floor_divide(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Counts become shares; the place of the largest is returned. */
static int
to_shares(double *counts, int n, double total, double *entropy)
{
	int top = 0;

	*entropy = 0;
	for (int i = 0; i < n; i++)
	{
		counts[i] /= total;
		if (counts[i] > counts[top])
			top = i;
		if (counts[i] > 0)
			*entropy -= counts[i] * log2(counts[i]);
	}
	return top;
}

static double
regularity(const UpOccasion *events, size_t n)
{
	double sum = 0, squares = 0, mean;
	size_t gaps = 0;

	for (size_t i = 1; i < n; i++)
		gaps += events[i].at != events[i - 1].at;
	if (gaps < 2)
		return NAN;
	mean = between(events[0].at, events[n - 1].at) / (double) gaps;
	for (size_t i = 1; i < n; i++)
	{
		double d = between(events[i - 1].at, events[i].at) - mean;

		if (events[i].at == events[i - 1].at)
			continue;
		sum += d;
		squares += d * d;
	}
	/* The deviations' own mean is that of rounding. */
	squares -= sum * sum / (double) gaps;
	return 1 / (1 + sqrt(fmax(squares, 0) / (double) gaps) / mean);
}

void
up_habits(const UpOccasion *events, const int64_t *local, size_t n, UpHabits *out)
{
	*out = (UpHabits){.regularity = regularity(events, n)};
	for (size_t i = 0; i < n; i++)
	{
		int64_t day = floor_divide(local[i], UP_USECS_PER_DAY);
		int64_t weekday = day + 5 - 7 * floor_divide(day + 5, 7);

		if ((i & 65535) == 65535)
			up_tick();
		out->hours[(local[i] - day * UP_USECS_PER_DAY) / USECS_PER_HOUR]++;
		out->weekdays[weekday]++;
	}
	out->weekend_share = (out->weekdays[5] + out->weekdays[6]) / (double) n;
	out->top_hour = to_shares(out->hours, 24, (double) n, &out->hour_entropy);
	out->top_weekday = 1 + to_shares(out->weekdays, 7, (double) n, &out->weekday_entropy);
}

/* ---- trend ------------------------------------------------------------------------------------------------------- */

typedef struct Line
{
	double at_first, slope;
} Line;

/* The squares of what the line says of the empty periods from a to b - 1: those of the mean, and of the deviations from it. */
static double
squares_of_empty(const Line *l, double a, double b)
{
	double m = b - a, middle = l->at_first + l->slope * (a + b - 1) / 2;

	return m <= 0 ? 0 : m * middle * middle + l->slope * l->slope * m * (m * m - 1) / 12;
}

/* The sum of the period that begins at event i; *i goes on to the next. */
static double
sum_of_period(const UpOccasion *events, size_t n, size_t *i)
{
	UpTotal total = {0, 0};
	int64_t period = events[*i].at;

	for (; *i < n && events[*i].at == period; (*i)++)
		up_total_add(&total, events[*i].value);
	return up_total(&total);
}

/* What the line leaves, squared and summed up. */
static double
residual(const UpOccasion *events, size_t n, double k, const Line *line)
{
	double squares = 0, next = 0;

	for (size_t i = 0; i < n;)
	{
		double x = between(events[0].at, events[i].at);
		double d = sum_of_period(events, n, &i) - (line->at_first + line->slope * x);

		squares += squares_of_empty(line, next, x) + d * d;
		next = x + 1;
	}
	return squares + squares_of_empty(line, next, k);
}

void
up_trend(const UpOccasion *events, size_t n, int64_t last_period, UpTrend *out)
{
	UpTotal total = {0, 0}, product = {0, 0};
	double k = between(events[0].at, last_period) + 1, spread = k * (k * k - 1) / 12;
	Line line;

	out->periods = (uint64_t) last_period - (uint64_t) events[0].at + 1;
	for (size_t i = 0; i < n;)
	{
		double x = between(events[0].at, events[i].at) - (k - 1) / 2, sum = sum_of_period(events, n, &i);

		up_tick();
		up_total_add(&total, sum);
		up_total_add(&product, x * sum);
	}
	out->mean = up_total(&total) / k;
	out->slope = out->error = NAN;
	if (out->periods < 2)
		return;
	out->slope = up_total(&product) / spread;
	line = (Line){out->mean - out->slope * (k - 1) / 2, out->slope};
	if (out->periods > 2)
		out->error = sqrt(residual(events, n, k, &line) / (k - 2) / spread);
}

/* ---- streaks ----------------------------------------------------------------------------------------------------- */

void
up_streak(const int64_t *periods, size_t n, int64_t now_period, UpStreak *out)
{
	int64_t first = periods[0];

	*out = (UpStreak){.periods = 1, .longest = 1, .latest = 1, .longest_period = periods[0]};
	for (size_t i = 1; i < n; i++)
	{
		uint64_t step = (uint64_t) periods[i] - (uint64_t) periods[i - 1];

		if ((i & 65535) == 65535)
			up_tick();
		if (step == 0)
			continue;
		out->periods++;
		out->latest = step == 1 ? out->latest + 1 : 1;
		if (step > 1)
			first = periods[i];
		if (out->latest < out->longest)
			continue;
		out->longest = out->latest;
		out->longest_period = first;
	}
	out->until_now = now_period <= periods[n - 1] || (uint64_t) now_period - (uint64_t) periods[n - 1] <= 1
						 ? out->latest
						 : 0;
}
