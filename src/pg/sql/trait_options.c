/*
 * trait_options.c - params of the aggregates over times of events; see trait_options.h
 */
#include "postgres.h"

#include "fmgr.h"
#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/datetime.h"
#include "utils/fmgrprotos.h"

#include "base/params.h"
#include "pg/io/interval_text.h"
#include "pg/io/value_pg.h"
#include "pg/sql/trait_options.h"

#include <limits.h>

const char *const up_trait_names[UP_N_TRAITS] = {"rfm",    "sessions",   "habits", "trend",
												 "streak", "time_since", "top"};

/* Periods of days and less begin with a Monday. */
#define FIRST_MONDAY (2 * USECS_PER_DAY)
#define ZONE_LENGTH  255

typedef struct Given
{
	UpValue *at, *time_zone, *gap, *period;
	int count;
} Given;

#define UP_PARAMS_OF Given
static const char *const counts[] = {"times", "days", "events", NULL};

#define AT UP_TREE_PARAM("at", at, "null", "text", "the moment as of which to tell; later events do not count")
#define ZONE                                                                                                   \
	UP_TREE_PARAM("time_zone", time_zone, "null", "text", "whose days and hours; null: those of the session")
#define PERIOD(initial)                                                                                        \
	UP_TREE_PARAM("period", period, "null", "text", "an interval of months, or of days and less; " initial)

static const UpParam rfm_params[] = {
	AT, ZONE,
	UP_CHOICE_PARAM("count", count, "times", counts,
					"what is one occasion: a different time, a day, an event")};
static const UpParam sessions_params[] = {
	AT, UP_TREE_PARAM("gap", gap, "null", "text", "the longest pause within a visit; 30 minutes")};
static const UpParam habits_params[] = {AT, ZONE};
static const UpParam trend_params[] = {AT, ZONE, PERIOD("1 month")};
static const UpParam streak_params[] = {AT, ZONE, PERIOD("1 day")};
static const UpParam no_params[1];

static const UpParamTable tables[UP_N_TRAITS] = {{rfm_params, lengthof(rfm_params)},
												 {sessions_params, lengthof(sessions_params)},
												 {habits_params, lengthof(habits_params)},
												 {trend_params, lengthof(trend_params)},
												 {streak_params, lengthof(streak_params)},
												 {no_params, 0},
												 {no_params, 0}};

static const char *
text_of(const UpValue *v, const char *name)
{
	if (v == NULL || v->type == UP_NULL)
		return NULL;
	if (v->type != UP_STRING)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("parameter \"%s\" must be of type text, not %s", name, up_value_type_name(v))));
	return v->string;
}

static void
set_at(UpTraitOptions *o, const char *text)
{
	if (text == NULL)
		return;
	/* Words such as now would be the clock, unseen by who follows a source. */
	if (text[strspn(text, " ")] < '0' || text[strspn(text, " ")] > '9')
		ereport(
			ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("parameter \"at\" is \"%s\", which is no moment", text),
			 errhint("For example \"2026-03-31 18:00+00\"; without it, it is the time of the transaction.")));
	o->at = DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in, CStringGetDatum(text),
													ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
	o->has_at = true;
}

static Interval *
interval_of(const char *text, const char *name)
{
	Interval *i = up_interval_of(text, psprintf("parameter \"%s\"", name));
	double all = (i->month * 30.0 + i->day) * (double) USECS_PER_DAY + (double) i->time;

	if (!(all > 0) || all > 9e18)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("parameter \"%s\" is \"%s\", which is out of range", name, text),
						errdetail("Allowed: intervals above 0.")));
	return i;
}

static void
set_gap(UpTraitOptions *o, const char *text)
{
	Interval *i;

	o->gap = 30 * (uint64) USECS_PER_MINUTE;
	if (text == NULL)
		return;
	i = interval_of(text, "gap");
	o->gap = (uint64) ((i->month * INT64CONST(30) + i->day) * USECS_PER_DAY + i->time);
}

static void
set_period(UpTraitOptions *o, const char *text)
{
	Interval *i;

	if (text == NULL)
		return;
	i = interval_of(text, "period");
	if (i->month != 0 && (i->day != 0 || i->time != 0))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("parameter \"period\" is \"%s\": months do not go with days and hours", text),
						errhint("For example \"1 month\", \"7 days\" or \"1 hour\".")));
	o->months = i->month;
	o->period = i->day * USECS_PER_DAY + i->time;
}

/* An unknown zone is found out at once, not at the first time. */
static void
set_zone(UpTraitOptions *o, const char *text)
{
	if (text == NULL)
		return;
	if (strlen(text) > ZONE_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("parameter \"time_zone\" is too long")));
	o->time_zone = pstrdup(text);
	(void) up_trait_local(o, 0);
}

void
up_trait_options(UpTraitOptions *o, UpTrait trait, Jsonb *params)
{
	Given given = {NULL};

	memset(o, 0, sizeof(*o));
	if (trait == UP_TRAIT_TREND)
		o->months = 1;
	else
		o->period = USECS_PER_DAY;
	if (params != NULL)
		(void) up_params_parse(&tables[trait], NULL, 0, up_value_from_jsonb(params),
							   psprintf("uprofile_%s", up_trait_names[trait]), &given);
	o->count = given.count;
	set_at(o, text_of(given.at, "at"));
	set_zone(o, text_of(given.time_zone, "time_zone"));
	set_gap(o, text_of(given.gap, "gap"));
	set_period(o, text_of(given.period, "period"));
	if (o->has_at && TIMESTAMP_NOT_FINITE(o->at))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("parameter \"at\" must not be infinite")));
}

bool
up_trait_options_equal(const UpTraitOptions *a, const UpTraitOptions *b)
{
	if ((a->time_zone == NULL) != (b->time_zone == NULL) ||
		(a->time_zone != NULL && strcmp(a->time_zone, b->time_zone) != 0))
		return false;
	return a->has_at == b->has_at && a->at == b->at && a->count == b->count && a->gap == b->gap &&
		   a->months == b->months && a->period == b->period;
}

void
up_put_trait_options(UpWriter *w, const UpTraitOptions *o)
{
	up_put_u8(w, o->has_at);
	up_put_u64(w, (uint64) o->at);
	up_put_u8(w, (uint8) o->count);
	up_put_u64(w, o->gap);
	up_put_u32(w, (uint32) o->months);
	up_put_u64(w, (uint64) o->period);
	up_put_text(w, o->time_zone);
}

void
up_get_trait_options(UpReader *r, UpTraitOptions *o)
{
	o->has_at = up_get_bool(r);
	o->at = (int64) up_get_u64(r);
	o->count = up_get_u8(r);
	o->gap = up_get_u64(r);
	o->months = (int32) up_get_u32(r);
	o->period = (int64) up_get_u64(r);
	o->time_zone = up_get_text(r);
	if (o->has_at && !IS_VALID_TIMESTAMP(o->at))
		up_corrupt(r, "moment");
	if (o->count > UP_COUNT_EVENTS)
		up_corrupt(r, "count");
	if (o->months < 0 || o->period < 0 || (o->months == 0) == (o->period == 0))
		up_corrupt(r, "period");
	if (o->time_zone != NULL && strlen(o->time_zone) > ZONE_LENGTH)
		up_corrupt(r, "time zone");
}

int64
up_trait_moment(const UpTraitOptions *o)
{
	return o->has_at ? o->at : GetCurrentTransactionStartTimestamp();
}

Timestamp
up_trait_local(const UpTraitOptions *o, TimestampTz at)
{
	if (o->time_zone == NULL)
		return DatumGetTimestamp(DirectFunctionCall1(timestamptz_timestamp, TimestampTzGetDatum(at)));
	return DatumGetTimestamp(DirectFunctionCall2(
		timestamptz_zone, PointerGetDatum(cstring_to_text(o->time_zone)), TimestampTzGetDatum(at)));
}

static int64
floor_divide(int64 a, int64 b)
{
	return a / b - (a % b < 0);
}

int64
up_trait_period(const UpTraitOptions *o, Timestamp local)
{
	int64 day = floor_divide(local, USECS_PER_DAY);
	int year, month, of_month;

	if (o->months == 0)
		return floor_divide(local - FIRST_MONDAY, o->period);
	j2date((int) (day + POSTGRES_EPOCH_JDATE), &year, &month, &of_month);
	return floor_divide((int64) year * MONTHS_PER_YEAR + month - 1, o->months);
}

TimestampTz
up_trait_period_begin(const UpTraitOptions *o, int64 period)
{
	Timestamp local;

	if (o->months == 0)
		local = period * o->period + FIRST_MONDAY;
	else
	{
		int64 month = period * o->months;
		int year = (int) floor_divide(month, MONTHS_PER_YEAR);

		local = (date2j(year, (int) (month - (int64) year * MONTHS_PER_YEAR) + 1, 1) - POSTGRES_EPOCH_JDATE) *
				USECS_PER_DAY;
	}
	if (!IS_VALID_TIMESTAMP(local))
		local = MIN_TIMESTAMP;
	if (o->time_zone == NULL)
		return DatumGetTimestampTz(DirectFunctionCall1(timestamp_timestamptz, TimestampGetDatum(local)));
	return DatumGetTimestampTz(DirectFunctionCall2(
		timestamp_zone, PointerGetDatum(cstring_to_text(o->time_zone)), TimestampGetDatum(local)));
}
