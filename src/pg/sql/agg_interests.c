/*
 * agg_interests.c - uprofile_interests: events, or values made of events, as one value of the type uprofile_interest
 *
 * How a state lives, expanded.h tells; its initial value is empty. Rows with a NULL are passed over. The half-life and params are
 * those of the first row.
 */
#include "postgres.h"

#include "fmgr.h"

#include "base/params.h"
#include "pg/io/value_pg.h"
#include "pg/sql/expanded.h"
#include "pg/sql/interest_value.h"

#define STATE_FORMAT 1

typedef struct InterestState
{
	UpExpanded expanded;
	Interval half_life; /* as the first row gave it */
	UpInterests interests;
} InterestState;

static void
put_state(UpWriter *w, const void *state)
{
	const InterestState *s = state;

	up_put_u8(w, STATE_FORMAT);
	up_put_u8(w, s->expanded.begun);
	if (s->expanded.begun)
		up_interests_put(w, &s->interests);
}

static void
get_state(void *state, const char *bytes, Size len)
{
	InterestState *s = state;
	UpReader r;

	if (len == 0)
		return;
	up_reader_init(&r, bytes, len, "aggregate state");
	if (up_get_u8(&r) != STATE_FORMAT)
		up_corrupt(&r, "format");
	s->expanded.begun = up_get_bool(&r);
	if (s->expanded.begun)
		up_interests_get(&r, &s->interests);
	up_get_end(&r);
}

/* Half-lives are compared where states are merged. */
static void
check_state(const void *state, const void *other)
{
	(void) state;
	(void) other;
}

static void
merge_state(void *state, void *other)
{
	up_interests_merge(&((InterestState *) state)->interests, &((InterestState *) other)->interests);
}

static const UpExpandedKind interest_state = {
	.name = "interests",
	.size = sizeof(InterestState),
	.put = put_state,
	.get = get_state,
	.check = check_state,
	.merge = merge_state,
	.too_large = "Use shorter items.",
};

typedef struct Params
{
	int64_t max_items;
} Params;

#define UP_PARAMS_OF Params
static const UpParam params_of_interests[] = {
	UP_INT_PARAM("max_items", max_items, "100", 1, UP_INTERESTS_MOST,
				 "the heaviest items, of which a value holds as many"),
};
static const UpParamTable interest_params = {params_of_interests, lengthof(params_of_interests)};

static uint32_t
max_items_of(Jsonb *given)
{
	Params params;

	(void) up_params_parse(&interest_params, NULL, 0, given != NULL ? up_value_from_jsonb(given) : NULL,
						   "uprofile_interests", &params);
	return (uint32_t) params.max_items;
}

static void
begin(InterestState *s, const Interval *half_life, Jsonb *params)
{
	up_interests_init(&s->interests, up_half_life(half_life), max_items_of(params));
	if (params != NULL)
		up_expanded_keep_params(&s->expanded, params);
	s->half_life = *half_life;
	s->expanded.begun = true;
}

/* A later row says the same. */
static void
check_row(InterestState *s, const Interval *half_life, Jsonb *params)
{
	if (memcmp(&s->half_life, half_life, sizeof(Interval)) != 0)
	{
		if (up_half_life(half_life) != s->interests.half_life)
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("half_life differs between rows of one aggregate"),
							errhint("Give the same half-life with every row; GROUP BY it to collect each.")));
		s->half_life = *half_life;
	}
	if (params != NULL && !up_expanded_has_params(&s->expanded, params) &&
		max_items_of(params) != s->interests.max_items)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("params differ between rows of one aggregate"),
						errhint("Give the same params with every row; GROUP BY them to collect each.")));
}

PG_FUNCTION_INFO_V1(uprofile_agg_interests);
Datum
uprofile_agg_interests(PG_FUNCTION_ARGS)
{
	InterestState *s = up_expanded_writable(fcinfo, &interest_state);
	MemoryContext outer;
	Jsonb *params;
	text *item;

	if (PG_ARGISNULL(4))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("half_life must not be NULL")));
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
		UP_RETURN_STATE(s);
	params = up_expanded_params(fcinfo, 5);
	item = PG_GETARG_TEXT_PP(1);
	outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);
	if (s->expanded.begun)
		check_row(s, PG_GETARG_INTERVAL_P(4), params);
	else
		begin(s, PG_GETARG_INTERVAL_P(4), params);
	up_interest_add(&s->interests, item, PG_GETARG_FLOAT8(2), PG_GETARG_TIMESTAMPTZ(3));
	MemoryContextSwitchTo(outer);
	UP_RETURN_STATE(s);
}

PG_FUNCTION_INFO_V1(uprofile_agg_interests_value);
Datum
uprofile_agg_interests_value(PG_FUNCTION_ARGS)
{
	InterestState *s = up_expanded_writable(fcinfo, &interest_state);
	MemoryContext outer;
	UpInterests *v;

	if (PG_ARGISNULL(1))
		UP_RETURN_STATE(s);
	v = up_interest_read(PG_GETARG_DATUM(1));
	outer = MemoryContextSwitchTo(s->expanded.header.eoh_context);
	if (!s->expanded.begun)
		up_interests_init(&s->interests, v->half_life, v->max_items);
	s->expanded.begun = true;
	up_interests_merge(&s->interests, v);
	MemoryContextSwitchTo(outer);
	UP_RETURN_STATE(s);
}

PG_FUNCTION_INFO_V1(uprofile_agg_interests_combine);
Datum
uprofile_agg_interests_combine(PG_FUNCTION_ARGS)
{
	return up_expanded_combine(fcinfo, &interest_state);
}

PG_FUNCTION_INFO_V1(uprofile_agg_interests_final);
Datum
uprofile_agg_interests_final(PG_FUNCTION_ARGS)
{
	const InterestState *s;
	UpInterests v;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	s = up_expanded_readable(PG_GETARG_DATUM(0), &interest_state);
	if (!s->expanded.begun)
		PG_RETURN_NULL();
	/* The state stays as it is: what is trimmed is a copy. */
	if (s->interests.n <= s->interests.max_items)
	{
		v = s->interests;
		return up_interest_make(&v);
	}
	up_interests_init(&v, s->interests.half_life, s->interests.max_items);
	up_interests_merge(&v, &s->interests);
	return up_interest_make(&v);
}
