/*
 * traits.h - what the times of a user's events say: recency, visits, habits, trends, streaks
 *
 * Times are microseconds, of any origin; differences are taken without a sign, so that all times that PostgreSQL has will do. Functions
 * want events in order, as up_occasions_sort leaves them, and at least one.
 */
#ifndef UPROFILE_TRAITS_H
#define UPROFILE_TRAITS_H

#include "base/platform.h"

#define UP_USECS_PER_DAY INT64_C(86400000000)

typedef struct UpOccasion
{
	int64_t at;
	double value;
} UpOccasion;

/* By time, then by value: the same events in any order become the same array. */
extern void up_occasions_sort(UpOccasion *events, size_t n);

/* A sum to twice the precision, so that neither order nor parts show in it. Fails where it leaves the numbers. */
typedef struct UpTotal
{
	double high, low;
} UpTotal;
extern void up_total_add(UpTotal *t, double v);
static inline double
up_total(const UpTotal *t)
{
	return t->high + t->low;
}

typedef struct UpRfm
{
	double recency_days, tenure_days; /* from the last and from the first event to the moment */
	double mean_gap_days;             /* NaN: there is one occasion */
	double monetary;
	uint64_t frequency; /* occasions */
	int64_t first, last;
} UpRfm;

/* steps[n], sorted: what counts as an occasion, a number each; NULL: each event. step_days: days that lie between two neighbouring numbers. */
extern void up_rfm(const UpOccasion *events, size_t n, int64_t at, const int64_t *steps, double step_days,
				   UpRfm *out);

typedef struct UpVisits
{
	uint64_t visits;
	double mean_events;
	double mean_minutes, longest_minutes; /* from the first to the last event of a visit */
	int64_t first, last;                  /* when the first and the last visit began */
} UpVisits;

/* A pause of more than gap begins another visit. */
extern void up_visits(const UpOccasion *events, size_t n, uint64_t gap, UpVisits *out);

typedef struct UpHabits
{
	double hours[24];                     /* shares */
	double weekdays[7];                   /* shares, Monday first */
	double hour_entropy, weekday_entropy; /* bits */
	double weekend_share;
	int top_hour, top_weekday; /* the lowest of equals; weekdays from 1 */
	double regularity; /* 1 / (1 + sd / mean) of the pauses between different times; NaN: fewer than two */
} UpHabits;

/* local[n]: the same times by the user's clock, microseconds since a midnight that began a Saturday (2000-01-01). */
extern void up_habits(const UpOccasion *events, const int64_t *local, size_t n, UpHabits *out);

typedef struct UpTrend
{
	uint64_t periods;
	double mean;         /* a period */
	double slope, error; /* NaN: fewer than two, than three periods */
} UpTrend;

/* Events whose at is the number of a period, sorted; the last period counts though nothing is in it. */
extern void up_trend(const UpOccasion *events, size_t n, int64_t last_period, UpTrend *out);

typedef struct UpStreak
{
	uint64_t periods;       /* in which something is */
	uint64_t longest;       /* periods in a row */
	uint64_t latest;        /* of the run that the last event ends */
	uint64_t until_now;     /* the same, or 0 where a whole period has passed since */
	int64_t longest_period; /* the first of the longest run, the latest of equals */
} UpStreak;

/* periods[n]: numbers, sorted. */
extern void up_streak(const int64_t *periods, size_t n, int64_t now_period, UpStreak *out);

#endif
