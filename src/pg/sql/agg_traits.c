/*
 * agg_traits.c - traits of a user as aggregates over the times of his events
 *
 * The initial value of the state is the trait's name; how it lives, expanded.h tells. It keeps the events, 16 bytes each: sorted at
 * the end, they are the same array in whatever order and parts they came. uprofile_time_since keeps one, uprofile_top a sum for each category.
 * A row with a NULL is passed over, and so is an event after the moment that is asked for.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "common/int.h"
#include "fmgr.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
#include "utils/memutils.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "mine/items.h"
#include "mine/traits.h"
#include "pg/sql/expanded.h"
#include "pg/sql/trait_options.h"

#include <math.h>

#define STATE_FORMAT 1
#define MOST_TOP     1000
static const char flat_magic[4] = {'U', 'P', 'T', 'R'};

typedef struct TraitState
{
	UpExpanded expanded;
	uint8 trait;
	UpTraitOptions options;
	size_t n, capacity;
	UpOccasion *events;
	/* uprofile_top */
	int32 wanted;
	UpKeys categories;
	UpTotal *totals; /* [capacity] */
} TraitState;

/* ---- states that travel ------------------------------------------------------------------------------------------ */

static void
put_state(UpWriter *w, const void *state)
{
	const TraitState *s = state;

	up_put_bytes(w, flat_magic, sizeof(flat_magic));
	up_put_u16(w, STATE_FORMAT);
	up_put_u8(w, s->trait);
	up_put_u8(w, s->expanded.begun);
	up_put_trait_options(w, &s->options);
	up_put_u32(w, (uint32) s->wanted);
	if (s->trait == UP_TRAIT_TOP)
	{
		up_put_u32(w, s->categories.n);
		for (uint32 i = 0; i < s->categories.n; i++)
		{
			size_t len;
			const char *text = up_keys_get(&s->categories, i, &len);

			up_put_u32(w, (uint32) len);
			up_put_bytes(w, text, len);
			up_put_f64(w, s->totals[i].high);
			up_put_f64(w, s->totals[i].low);
		}
		return;
	}
	up_put_u64(w, s->n);
	for (size_t i = 0; i < s->n; i++)
	{
		up_put_u64(w, (uint64) s->events[i].at);
		up_put_f64(w, s->events[i].value);
	}
}

static void
grow(TraitState *s, size_t size, const char *what, void **array)
{
	size_t capacity = s->capacity == 0 ? 8 : 2 * s->capacity;

	/* Small ones are not worth the question. */
	if (capacity > 65536)
		up_reserve(capacity * size, what);
	*array = s->capacity == 0 ? up_alloc_array(capacity, size) : up_realloc(*array, capacity * size);
	s->capacity = capacity;
}

static void
add_event(TraitState *s, int64 at, double value)
{
	if (s->n == s->capacity)
	{
		MemoryContext outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);

		grow(s, sizeof(UpOccasion), "the events", (void **) &s->events);
		MemoryContextSwitchTo(outer);
	}
	s->events[s->n++] = (UpOccasion){at, value};
}

static void
add_to_category(TraitState *s, const char *text, size_t len, const UpTotal *more)
{
	uint32 at = up_keys_bytes(&s->categories, text, len);

	if (at == s->capacity)
		grow(s, sizeof(UpTotal), "the categories", (void **) &s->totals);
	if (at == s->n)
		s->totals[s->n++] = (UpTotal){0, 0};
	up_total_add(&s->totals[at], more->high);
	up_total_add(&s->totals[at], more->low);
}

static void
get_categories(TraitState *s, UpReader *r)
{
	uint32 n = up_get_count(r, 20, UINT32_MAX, "categories");

	for (uint32 i = 0; i < n; i++)
	{
		uint32 len = up_get_count(r, 1, UINT32_MAX, "length of a category");
		const char *text = (const char *) r->bytes + r->pos;
		UpTotal total;

		if (!up_text_is_valid(text, len))
			up_corrupt(r, "a category is no text");
		r->pos += len;
		total.high = up_get_f64(r);
		total.low = up_get_f64(r);
		add_to_category(s, text, len, &total);
		if (s->n != i + 1)
			up_corrupt(r, "a category comes twice");
	}
}

static void
get_events(TraitState *s, UpReader *r)
{
	uint64 n = up_get_count64(r, 16, "events");

	for (uint64 i = 0; i < n; i++)
	{
		int64 at = (int64) up_get_u64(r);

		if (!IS_VALID_TIMESTAMP(at))
			up_corrupt(r, "time of an event");
		add_event(s, at, up_get_f64(r));
	}
}

static void
get_state(void *state, const char *bytes, Size len)
{
	TraitState *s = state;
	UpReader r;
	char start[4];

	if (len < sizeof(flat_magic) || memcmp(bytes, flat_magic, sizeof(flat_magic)) != 0)
	{
		while (s->trait < UP_N_TRAITS &&
			   (strlen(up_trait_names[s->trait]) != len || memcmp(up_trait_names[s->trait], bytes, len) != 0))
			s->trait++;
		if (s->trait == UP_N_TRAITS)
			ereport(ERROR, (errcode(ERRCODE_DATA_CORRUPTED), errmsg("damaged aggregate state: not a trait")));
		up_trait_options(&s->options, s->trait, NULL);
		if (s->trait == UP_TRAIT_TOP)
			up_keys_init(&s->categories, true);
		return;
	}
	up_reader_init(&r, bytes, len, "aggregate state");
	up_get_bytes(&r, start, sizeof(start));
	if (up_get_u16(&r) != STATE_FORMAT)
		up_corrupt(&r, "format");
	s->trait = up_get_u8(&r);
	if (s->trait >= UP_N_TRAITS)
		up_corrupt(&r, "trait");
	s->expanded.begun = up_get_bool(&r);
	up_get_trait_options(&r, &s->options);
	s->wanted = (int32) up_get_u32(&r);
	if (s->wanted < 0 || s->wanted > MOST_TOP)
		up_corrupt(&r, "number of categories");
	if (s->trait == UP_TRAIT_TOP)
	{
		up_keys_init(&s->categories, true);
		get_categories(s, &r);
	}
	else
		get_events(s, &r);
	up_get_end(&r);
}

static void
check_state(const void *state, const void *other)
{
	const TraitState *s = state, *o = other;

	if (s->trait != o->trait)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("states of different traits")));
	if (s->expanded.begun && o->expanded.begun &&
		(!up_trait_options_equal(&s->options, &o->options) || s->wanted != o->wanted))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("params differ between rows of one aggregate"),
						errhint("Give the same params with every row; GROUP BY them to have each.")));
}

static void
keep_latest(TraitState *s, int64 at)
{
	if (s->n == 0)
		add_event(s, at, 0);
	else
		s->events[0].at = Max(s->events[0].at, at);
}

static void
merge_state(void *state, void *other)
{
	TraitState *s = state, *o = other;

	if (s->trait == UP_TRAIT_TOP)
	{
		for (uint32 i = 0; i < o->categories.n; i++)
		{
			size_t len;
			const char *text = up_keys_get(&o->categories, i, &len);

			add_to_category(s, text, len, &o->totals[i]);
		}
		return;
	}
	for (size_t i = 0; i < o->n; i++)
	{
		if (s->trait == UP_TRAIT_SINCE)
			keep_latest(s, o->events[i].at);
		else
			add_event(s, o->events[i].at, o->events[i].value);
	}
}

static const UpExpandedKind trait_state = {
	.name = "trait",
	.size = sizeof(TraitState),
	.put = put_state,
	.get = get_state,
	.check = check_state,
	.merge = merge_state,
	.too_large = "SET max_parallel_workers_per_gather = 0.",
};

PG_FUNCTION_INFO_V1(uprofile_agg_trait_combine);
Datum
uprofile_agg_trait_combine(PG_FUNCTION_ARGS)
{
	return up_expanded_combine(fcinfo, &trait_state);
}

/* ---- rows -------------------------------------------------------------------------------------------------------- */

/* The state of argument 0, which must be of one of these traits. */
static TraitState *
begin(FunctionCallInfo fcinfo, uint32 traits)
{
	TraitState *s = up_expanded_writable(fcinfo, &trait_state);

	if ((traits & (1u << s->trait)) == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the aggregate state is of uprofile_%s", up_trait_names[s->trait])));
	return s;
}

/* Params come from the first row; a later difference is an error. */
static void
take_params(TraitState *s, FunctionCallInfo fcinfo, int argument)
{
	Jsonb *params = up_expanded_params(fcinfo, argument);
	MemoryContext outer;
	TraitState given = {.trait = s->trait};

	if (s->expanded.begun &&
		((params == NULL && s->expanded.raw_params == NULL) || up_expanded_has_params(&s->expanded, params)))
		return;
	outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);
	up_trait_options(&given.options, s->trait, params);
	given.wanted = s->wanted;
	given.expanded.begun = true;
	check_state(s, &given);
	s->options = given.options;
	if (params != NULL)
		up_expanded_keep_params(&s->expanded, params);
	s->expanded.begun = true;
	MemoryContextSwitchTo(outer);
}

/* False: NULL. */
static bool
time_argument(FunctionCallInfo fcinfo, int argument, const char *name, int64 *at)
{
	if (PG_ARGISNULL(argument))
		return false;
	*at = PG_GETARG_TIMESTAMPTZ(argument);
	if (TIMESTAMP_NOT_FINITE(*at))
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("%s is %s", name, TIMESTAMP_IS_NOBEGIN(*at) ? "-infinity" : "infinity"),
						errhint("Leave such rows out with FILTER or WHERE.")));
	return true;
}

static bool
number_argument(FunctionCallInfo fcinfo, int argument, const char *name, double *v)
{
	if (PG_ARGISNULL(argument))
		return false;
	*v = PG_GETARG_FLOAT8(argument);
	if (!isfinite(*v))
		ereport(ERROR, (errcode(ERRCODE_DATA_EXCEPTION),
						errmsg("%s is %s", name,
							   isnan(*v) ? "NaN"
							   : *v > 0  ? "Infinity"
										 : "-Infinity"),
						errhint("Leave such rows out with FILTER or WHERE.")));
	return true;
}

PG_FUNCTION_INFO_V1(uprofile_agg_trait_times);
Datum
uprofile_agg_trait_times(PG_FUNCTION_ARGS)
{
	TraitState *s = begin(fcinfo, 1 << UP_TRAIT_SESSIONS | 1 << UP_TRAIT_HABITS | 1 << UP_TRAIT_STREAK);
	int64 at;

	take_params(s, fcinfo, 2);
	if (time_argument(fcinfo, 1, "event_time", &at))
		add_event(s, at, 0);
	UP_RETURN_STATE(s);
}

PG_FUNCTION_INFO_V1(uprofile_agg_trait_amounts);
Datum
uprofile_agg_trait_amounts(PG_FUNCTION_ARGS)
{
	TraitState *s = begin(fcinfo, 1 << UP_TRAIT_RFM | 1 << UP_TRAIT_TREND);
	int64 at;
	double amount;

	take_params(s, fcinfo, 3);
	if (time_argument(fcinfo, 1, "event_time", &at) && number_argument(fcinfo, 2, "amount", &amount))
		add_event(s, at, amount);
	UP_RETURN_STATE(s);
}

PG_FUNCTION_INFO_V1(uprofile_agg_trait_since);
Datum
uprofile_agg_trait_since(PG_FUNCTION_ARGS)
{
	TraitState *s = begin(fcinfo, 1 << UP_TRAIT_SINCE);
	int64 at, moment;

	if (PG_NARGS() == 3 && !time_argument(fcinfo, 2, "at", &moment))
		UP_RETURN_STATE(s);
	if (PG_NARGS() == 2)
		moment = up_trait_moment(&s->options);
	else if (s->expanded.begun && (!s->options.has_at || s->options.at != moment))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("at differs between rows of one aggregate"),
				 errhint("Give the same moment with every row; GROUP BY it to have each.")));
	else
	{
		s->options.has_at = true;
		s->options.at = moment;
	}
	s->expanded.begun = true;
	if (time_argument(fcinfo, 1, "event_time", &at) && at <= moment)
		keep_latest(s, at);
	UP_RETURN_STATE(s);
}

PG_FUNCTION_INFO_V1(uprofile_agg_trait_top);
Datum
uprofile_agg_trait_top(PG_FUNCTION_ARGS)
{
	TraitState *s = begin(fcinfo, 1 << UP_TRAIT_TOP);
	int32 wanted = PG_ARGISNULL(3) ? 0 : PG_GETARG_INT32(3);
	UpTotal weight = {0, 0};

	if (wanted < 1 || wanted > MOST_TOP)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						PG_ARGISNULL(3) ? errmsg("n must not be NULL")
										: errmsg("n is %d, which is out of range", wanted),
						errdetail("Allowed: 1 to %d.", MOST_TOP)));
	if (s->expanded.begun && s->wanted != wanted)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("n differs between rows of one aggregate")));
	s->wanted = wanted;
	s->expanded.begun = true;
	if (!PG_ARGISNULL(1) && number_argument(fcinfo, 2, "weight", &weight.high))
	{
		text *category = PG_GETARG_TEXT_PP(1);
		MemoryContext outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);

		add_to_category(s, VARDATA_ANY(category), VARSIZE_ANY_EXHDR(category), &weight);
		MemoryContextSwitchTo(outer);
	}
	UP_RETURN_STATE(s);
}

/* ---- what they say ----------------------------------------------------------------------------------------------- */

typedef struct Events
{
	const TraitState *state;
	UpOccasion *events; /* sorted, none after the moment */
	size_t n;
} Events;

/* False: there is none. all: without a moment, later events count as well. */
static bool
read_events(FunctionCallInfo fcinfo, UpTrait trait, bool all, Events *e)
{
	const TraitState *s;
	int64 moment;

	if (PG_ARGISNULL(0))
		return false;
	e->state = s = up_expanded_readable(PG_GETARG_DATUM(0), &trait_state);
	if (s->trait != trait)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the aggregate state is of uprofile_%s", up_trait_names[s->trait])));
	moment = all && !s->options.has_at ? PG_INT64_MAX : up_trait_moment(&s->options);
	if (s->n > 65536)
		up_reserve(s->n * sizeof(UpOccasion), "the events, sorted");
	e->events = up_alloc_array(Max(s->n, 1), sizeof(UpOccasion));
	e->n = 0;
	for (size_t i = 0; i < s->n; i++)
	{
		if (s->events[i].at <= moment)
			e->events[e->n++] = s->events[i];
	}
	up_occasions_sort(e->events, e->n);
	return e->n > 0;
}

/* The same times by the user's clock. */
static int64 *
local_times(const Events *e)
{
	int64 *local = up_alloc_array(e->n, sizeof(int64));
	MemoryContext scratch = AllocSetContextCreate(CurrentMemoryContext, "uprofile times", ALLOCSET_SMALL_SIZES);
	MemoryContext outer = MemoryContextSwitchTo(scratch);

	for (size_t i = 0; i < e->n; i++)
	{
		local[i] = up_trait_local(&e->state->options, e->events[i].at);
		if ((i & 1023) != 1023)
			continue;
		CHECK_FOR_INTERRUPTS();
		MemoryContextReset(scratch);
	}
	MemoryContextSwitchTo(outer);
	MemoryContextDelete(scratch);
	return local;
}

static int64 *
periods_of(const Events *e, const UpTraitOptions *o)
{
	int64 *periods = local_times(e);

	for (size_t i = 0; i < e->n; i++)
		periods[i] = up_trait_period(o, periods[i]);
	/* Clocks are set back. */
	for (size_t i = 1; i < e->n; i++)
		periods[i] = Max(periods[i], periods[i - 1]);
	return periods;
}

static Datum
one_row(FunctionCallInfo fcinfo, const Datum *values, const bool *nulls)
{
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	return HeapTupleGetDatum(
		heap_form_tuple(BlessTupleDesc(desc), unconstify(Datum *, values), unconstify(bool *, nulls)));
}

static Datum
number(double v, bool *isnull)
{
	*isnull = isnan(v);
	return Float8GetDatum(*isnull ? 0 : v);
}

PG_FUNCTION_INFO_V1(uprofile_agg_rfm_final);
Datum
uprofile_agg_rfm_final(PG_FUNCTION_ARGS)
{
	Events e;
	UpRfm rfm;
	Datum values[7];
	bool nulls[7] = {false};
	UpTraitOptions days;
	int64 *steps = NULL;

	if (!read_events(fcinfo, UP_TRAIT_RFM, false, &e))
		PG_RETURN_NULL();
	days = e.state->options;
	days.months = 0;
	days.period = days.count == UP_COUNT_TIMES ? 1 : USECS_PER_DAY;
	if (days.count == UP_COUNT_DAYS)
		steps = periods_of(&e, &days);
	else if (days.count == UP_COUNT_TIMES)
	{
		steps = up_alloc_array(e.n, sizeof(int64));
		for (size_t i = 0; i < e.n; i++)
			steps[i] = e.events[i].at;
	}
	up_rfm(e.events, e.n, up_trait_moment(&e.state->options), steps,
		   (double) days.period / (double) USECS_PER_DAY, &rfm);
	values[0] = Float8GetDatum(rfm.recency_days);
	values[1] = Int64GetDatum((int64) rfm.frequency);
	values[2] = Float8GetDatum(rfm.monetary);
	values[3] = number(rfm.mean_gap_days, &nulls[3]);
	values[4] = Float8GetDatum(rfm.tenure_days);
	values[5] = TimestampTzGetDatum(rfm.first);
	values[6] = TimestampTzGetDatum(rfm.last);
	return one_row(fcinfo, values, nulls);
}

PG_FUNCTION_INFO_V1(uprofile_agg_sessions_final);
Datum
uprofile_agg_sessions_final(PG_FUNCTION_ARGS)
{
	Events e;
	UpVisits visits;
	Datum values[7];
	bool nulls[7] = {false};

	if (!read_events(fcinfo, UP_TRAIT_SESSIONS, true, &e))
		PG_RETURN_NULL();
	up_visits(e.events, e.n, e.state->options.gap, &visits);
	values[0] = Int64GetDatum((int64) visits.visits);
	values[1] = Int64GetDatum((int64) e.n);
	values[2] = Float8GetDatum(visits.mean_events);
	values[3] = Float8GetDatum(visits.mean_minutes);
	values[4] = Float8GetDatum(visits.longest_minutes);
	values[5] = TimestampTzGetDatum(visits.first);
	values[6] = TimestampTzGetDatum(visits.last);
	return one_row(fcinfo, values, nulls);
}

static Datum
numbers(const double *v, int n)
{
	Datum elements[24];

	for (int i = 0; i < n; i++)
		elements[i] = Float8GetDatum(v[i]);
	return PointerGetDatum(
		construct_array(elements, n, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

PG_FUNCTION_INFO_V1(uprofile_agg_habits_final);
Datum
uprofile_agg_habits_final(PG_FUNCTION_ARGS)
{
	Events e;
	UpHabits habits;
	Datum values[9];
	bool nulls[9] = {false};

	if (!read_events(fcinfo, UP_TRAIT_HABITS, true, &e))
		PG_RETURN_NULL();
	up_habits(e.events, local_times(&e), e.n, &habits);
	values[0] = Int64GetDatum((int64) e.n);
	values[1] = numbers(habits.hours, 24);
	values[2] = numbers(habits.weekdays, 7);
	values[3] = Int32GetDatum(habits.top_hour);
	values[4] = Int32GetDatum(habits.top_weekday);
	values[5] = Float8GetDatum(habits.hour_entropy);
	values[6] = Float8GetDatum(habits.weekday_entropy);
	values[7] = Float8GetDatum(habits.weekend_share);
	values[8] = number(habits.regularity, &nulls[8]);
	return one_row(fcinfo, values, nulls);
}

/* Whole periods: the one in which the moment lies has not ended. */
static size_t
whole_periods(const Events *e, const int64 *periods, int64 *last)
{
	const UpTraitOptions *o = &e->state->options;
	size_t n = e->n;

	*last = periods[n - 1];
	if (!o->has_at)
		return n;
	*last = up_trait_period(o, up_trait_local(o, o->at)) - 1;
	while (n > 0 && periods[n - 1] > *last)
		n--;
	return n;
}

PG_FUNCTION_INFO_V1(uprofile_agg_trend_final);
Datum
uprofile_agg_trend_final(PG_FUNCTION_ARGS)
{
	Events e;
	UpTrend trend;
	Datum values[4];
	bool nulls[4] = {false};
	int64 *periods, last;
	size_t n;

	if (!read_events(fcinfo, UP_TRAIT_TREND, true, &e))
		PG_RETURN_NULL();
	periods = periods_of(&e, &e.state->options);
	n = whole_periods(&e, periods, &last);
	if (n == 0)
		PG_RETURN_NULL();
	for (size_t i = 0; i < n; i++)
		e.events[i].at = periods[i];
	up_occasions_sort(e.events, n);
	up_trend(e.events, n, last, &trend);
	values[0] = Int64GetDatum((int64) trend.periods);
	values[1] = Float8GetDatum(trend.mean);
	values[2] = number(trend.slope, &nulls[2]);
	values[3] = number(trend.error, &nulls[3]);
	return one_row(fcinfo, values, nulls);
}

PG_FUNCTION_INFO_V1(uprofile_agg_streak_final);
Datum
uprofile_agg_streak_final(PG_FUNCTION_ARGS)
{
	Events e;
	UpStreak streak;
	Datum values[4];
	bool nulls[4] = {false};
	const UpTraitOptions *o;

	if (!read_events(fcinfo, UP_TRAIT_STREAK, false, &e))
		PG_RETURN_NULL();
	o = &e.state->options;
	up_streak(periods_of(&e, o), e.n, up_trait_period(o, up_trait_local(o, up_trait_moment(o))), &streak);
	values[0] = Int64GetDatum((int64) streak.longest);
	values[1] = Int64GetDatum((int64) streak.until_now);
	values[2] = Int64GetDatum((int64) streak.periods);
	values[3] = TimestampTzGetDatum(up_trait_period_begin(o, streak.longest_period));
	return one_row(fcinfo, values, nulls);
}

PG_FUNCTION_INFO_V1(uprofile_agg_since_final);
Datum
uprofile_agg_since_final(PG_FUNCTION_ARGS)
{
	Events e;
	TimestampTz at, last;
	int64 span;

	if (!read_events(fcinfo, UP_TRAIT_SINCE, false, &e))
		PG_RETURN_NULL();
	at = up_trait_moment(&e.state->options);
	last = e.events[e.n - 1].at;
	/* Not every version of timestamp_mi sees it. */
	if (pg_sub_s64_overflow(at, last, &span))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE), errmsg("interval out of range")));
	PG_RETURN_DATUM(DirectFunctionCall2(timestamp_mi, TimestampTzGetDatum(at), TimestampTzGetDatum(last)));
}

/* ---- top --------------------------------------------------------------------------------------------------------- */

typedef struct Category
{
	double weight;
	const char *text;
	size_t len;
} Category;

static int
compare_categories(const void *a, const void *b)
{
	const Category *x = a, *y = b;
	int order = memcmp(x->text, y->text, Min(x->len, y->len));

	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

PG_FUNCTION_INFO_V1(uprofile_agg_top_final);
Datum
uprofile_agg_top_final(PG_FUNCTION_ARGS)
{
	const TraitState *s;
	Category *all;
	Datum top[MOST_TOP];
	int n;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	s = up_expanded_readable(PG_GETARG_DATUM(0), &trait_state);
	if (s->trait != UP_TRAIT_TOP)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("the aggregate state is of uprofile_%s", up_trait_names[s->trait])));
	if (s->n == 0)
		PG_RETURN_NULL();
	all = up_alloc_array(s->n, sizeof(Category));
	for (uint32 i = 0; i < s->n; i++)
	{
		all[i].weight = up_total(&s->totals[i]);
		all[i].text = up_keys_get(&s->categories, i, &all[i].len);
	}
	qsort(all, s->n, sizeof(Category), compare_categories);
	n = (int) Min((size_t) s->wanted, s->n);
	for (int i = 0; i < n; i++)
		top[i] = PointerGetDatum(cstring_to_text_with_len(all[i].text, (int) all[i].len));
	PG_RETURN_ARRAYTYPE_P(construct_array(top, n, TEXTOID, -1, false, TYPALIGN_INT));
}
