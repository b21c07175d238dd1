-- Traits of users from the times of their events: aggregates that stand in any source.

CREATE TYPE uprofile_rfm_trait AS (
	recency_days pg_catalog.float8,
	frequency pg_catalog.int8,
	monetary pg_catalog.float8,
	mean_gap_days pg_catalog.float8,
	tenure_days pg_catalog.float8,
	first_time pg_catalog.timestamptz,
	last_time pg_catalog.timestamptz);
COMMENT ON TYPE uprofile_rfm_trait IS
'What uprofile_rfm tells.';

CREATE TYPE uprofile_sessions_trait AS (
	sessions pg_catalog.int8,
	events pg_catalog.int8,
	mean_events pg_catalog.float8,
	mean_minutes pg_catalog.float8,
	longest_minutes pg_catalog.float8,
	first_start pg_catalog.timestamptz,
	last_start pg_catalog.timestamptz);
COMMENT ON TYPE uprofile_sessions_trait IS
'What the aggregate uprofile_sessions tells.';

CREATE TYPE uprofile_habits_trait AS (
	events pg_catalog.int8,
	hours pg_catalog.float8[],
	weekdays pg_catalog.float8[],
	top_hour pg_catalog.int4,
	top_weekday pg_catalog.int4,
	hour_entropy pg_catalog.float8,
	weekday_entropy pg_catalog.float8,
	weekend_share pg_catalog.float8,
	regularity pg_catalog.float8);
COMMENT ON TYPE uprofile_habits_trait IS
'What uprofile_habits tells.';

CREATE TYPE uprofile_trend_trait AS (
	periods pg_catalog.int8,
	mean pg_catalog.float8,
	slope pg_catalog.float8,
	slope_error pg_catalog.float8);
COMMENT ON TYPE uprofile_trend_trait IS
'What uprofile_trend tells.';

CREATE TYPE uprofile_streak_trait AS (
	longest pg_catalog.int8,
	current_run pg_catalog.int8,
	periods pg_catalog.int8,
	longest_start pg_catalog.timestamptz);
COMMENT ON TYPE uprofile_streak_trait IS
'What uprofile_streak tells.';

CREATE FUNCTION uprofile_agg_trait_times(pg_catalog.bytea, pg_catalog.timestamptz)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trait_times';
COMMENT ON FUNCTION uprofile_agg_trait_times(pg_catalog.bytea, pg_catalog.timestamptz) IS
'support function of traits: takes a time';

CREATE FUNCTION uprofile_agg_trait_times(pg_catalog.bytea, pg_catalog.timestamptz, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trait_times';
COMMENT ON FUNCTION uprofile_agg_trait_times(pg_catalog.bytea, pg_catalog.timestamptz, pg_catalog.jsonb) IS
'support function of traits: takes a time';

CREATE FUNCTION uprofile_agg_trait_amounts(pg_catalog.bytea, pg_catalog.timestamptz, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trait_amounts';
COMMENT ON FUNCTION uprofile_agg_trait_amounts(pg_catalog.bytea, pg_catalog.timestamptz, pg_catalog.float8) IS
'support function of traits: takes a time and an amount';

CREATE FUNCTION uprofile_agg_trait_amounts(pg_catalog.bytea, pg_catalog.timestamptz, pg_catalog.float8, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trait_amounts';
COMMENT ON FUNCTION uprofile_agg_trait_amounts(pg_catalog.bytea, pg_catalog.timestamptz, pg_catalog.float8, pg_catalog.jsonb) IS
'support function of traits: takes a time and an amount';

CREATE FUNCTION uprofile_agg_trait_since(pg_catalog.bytea, pg_catalog.timestamptz)
RETURNS pg_catalog.bytea LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trait_since';
COMMENT ON FUNCTION uprofile_agg_trait_since(pg_catalog.bytea, pg_catalog.timestamptz) IS
'support function of traits: takes a time';

CREATE FUNCTION uprofile_agg_trait_since(pg_catalog.bytea, pg_catalog.timestamptz, pg_catalog.timestamptz)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trait_since';
COMMENT ON FUNCTION uprofile_agg_trait_since(pg_catalog.bytea, pg_catalog.timestamptz, pg_catalog.timestamptz) IS
'support function of traits: takes a time';

CREATE FUNCTION uprofile_agg_trait_top(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.int4)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trait_top';
COMMENT ON FUNCTION uprofile_agg_trait_top(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.int4) IS
'support function of traits: takes a category and its weight';

CREATE FUNCTION uprofile_agg_trait_combine(pg_catalog.bytea, pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trait_combine';
COMMENT ON FUNCTION uprofile_agg_trait_combine(pg_catalog.bytea, pg_catalog.bytea) IS
'support function of traits: joins the states of two parts';

CREATE FUNCTION uprofile_agg_rfm_final(pg_catalog.bytea)
RETURNS @extschema@.uprofile_rfm_trait LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_rfm_final';
COMMENT ON FUNCTION uprofile_agg_rfm_final(pg_catalog.bytea) IS
'support function of traits: what they say, or NULL without an event';

CREATE FUNCTION uprofile_agg_sessions_final(pg_catalog.bytea)
RETURNS @extschema@.uprofile_sessions_trait LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_sessions_final';
COMMENT ON FUNCTION uprofile_agg_sessions_final(pg_catalog.bytea) IS
'support function of traits: what they say, or NULL without an event';

CREATE FUNCTION uprofile_agg_habits_final(pg_catalog.bytea)
RETURNS @extschema@.uprofile_habits_trait LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_habits_final';
COMMENT ON FUNCTION uprofile_agg_habits_final(pg_catalog.bytea) IS
'support function of traits: what they say, or NULL without an event';

CREATE FUNCTION uprofile_agg_trend_final(pg_catalog.bytea)
RETURNS @extschema@.uprofile_trend_trait LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trend_final';
COMMENT ON FUNCTION uprofile_agg_trend_final(pg_catalog.bytea) IS
'support function of traits: what they say, or NULL without an event';

CREATE FUNCTION uprofile_agg_streak_final(pg_catalog.bytea)
RETURNS @extschema@.uprofile_streak_trait LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_streak_final';
COMMENT ON FUNCTION uprofile_agg_streak_final(pg_catalog.bytea) IS
'support function of traits: what they say, or NULL without an event';

CREATE FUNCTION uprofile_agg_since_final(pg_catalog.bytea)
RETURNS pg_catalog.interval LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_since_final';
COMMENT ON FUNCTION uprofile_agg_since_final(pg_catalog.bytea) IS
'support function of traits: what they say, or NULL without an event';

CREATE FUNCTION uprofile_agg_top_final(pg_catalog.bytea)
RETURNS pg_catalog.text[] LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_top_final';
COMMENT ON FUNCTION uprofile_agg_top_final(pg_catalog.bytea) IS
'support function of traits: what they say, or NULL without an event';

CREATE AGGREGATE uprofile_rfm(event_time pg_catalog.timestamptz, amount pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_trait_amounts,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_rfm_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'rfm',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_rfm(pg_catalog.timestamptz, pg_catalog.float8) IS
'Days since the last event and since the first (tenure_days), different times (frequency), sum of amounts, mean days from one time to the next. As of the time of the transaction.';

CREATE AGGREGATE uprofile_rfm(event_time pg_catalog.timestamptz, amount pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_trait_amounts,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_rfm_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'rfm',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_rfm(pg_catalog.timestamptz, pg_catalog.float8, pg_catalog.jsonb) IS
'Days since the last event and since the first (tenure_days), different times (frequency), sum of amounts, mean days from one time to the next. As of the time of the transaction. params: at, another moment; count: times, days or events; time_zone.';

CREATE AGGREGATE uprofile_sessions(event_time pg_catalog.timestamptz)
(
	SFUNC = @extschema@.uprofile_agg_trait_times,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_sessions_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'sessions',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_sessions(pg_catalog.timestamptz) IS
'Visits: a pause of more than 30 minutes begins another. Their number, mean number of events, mean and longest minutes from first to last event, when the first and the last one began.';

CREATE AGGREGATE uprofile_sessions(event_time pg_catalog.timestamptz, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_trait_times,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_sessions_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'sessions',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_sessions(pg_catalog.timestamptz, pg_catalog.jsonb) IS
'Visits: a pause of more than 30 minutes begins another. Their number, mean number of events, mean and longest minutes from first to last event, when the first and the last one began. params: gap, another pause; at: later events do not count.';

CREATE AGGREGATE uprofile_habits(event_time pg_catalog.timestamptz)
(
	SFUNC = @extschema@.uprofile_agg_trait_times,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_habits_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'habits',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_habits(pg_catalog.timestamptz) IS
'Shares of the 24 hours and of the 7 weekdays from Monday, their entropy in bits, the most frequent hour and weekday (1: Monday), share of the weekend, regularity 1 / (1 + sd / mean) of pauses.';

CREATE AGGREGATE uprofile_habits(event_time pg_catalog.timestamptz, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_trait_times,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_habits_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'habits',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_habits(pg_catalog.timestamptz, pg_catalog.jsonb) IS
'Shares of the 24 hours and of the 7 weekdays from Monday, their entropy in bits, the most frequent hour and weekday (1: Monday), share of the weekend, regularity 1 / (1 + sd / mean) of pauses. params: time_zone; at.';

CREATE AGGREGATE uprofile_trend(event_time pg_catalog.timestamptz, amount pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_trait_amounts,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_trend_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'trend',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_trend(pg_catalog.timestamptz, pg_catalog.float8) IS
'Least squares over the sums of months from first to last event, empty ones 0: how many, their mean, the slope a month and its standard error.';

CREATE AGGREGATE uprofile_trend(event_time pg_catalog.timestamptz, amount pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_trait_amounts,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_trend_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'trend',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_trend(pg_catalog.timestamptz, pg_catalog.float8, pg_catalog.jsonb) IS
'Least squares over the sums of months from first to last event, empty ones 0: how many, their mean, the slope a month and its standard error. params: period, such as 7 days; at: whole periods up to it, also empty ones; time_zone.';

CREATE AGGREGATE uprofile_streak(event_time pg_catalog.timestamptz)
(
	SFUNC = @extschema@.uprofile_agg_trait_times,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_streak_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'streak',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_streak(pg_catalog.timestamptz) IS
'Days in a row with an event: the longest run and its start, the run that goes on (the last event was today or yesterday, else 0), all such days. As of the time of the transaction.';

CREATE AGGREGATE uprofile_streak(event_time pg_catalog.timestamptz, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_trait_times,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_streak_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'streak',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_streak(pg_catalog.timestamptz, pg_catalog.jsonb) IS
'Days in a row with an event: the longest run and its start, the run that goes on (the last event was today or yesterday, else 0), all such days. As of the time of the transaction. params: period, such as 1 month; at; time_zone.';

CREATE AGGREGATE uprofile_time_since(event_time pg_catalog.timestamptz)
(
	SFUNC = @extschema@.uprofile_agg_trait_since,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_since_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'time_since',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_time_since(pg_catalog.timestamptz) IS
'Time from the last event to the time of the transaction; later events do not count.';

CREATE AGGREGATE uprofile_time_since(event_time pg_catalog.timestamptz, at pg_catalog.timestamptz)
(
	SFUNC = @extschema@.uprofile_agg_trait_since,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_since_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'time_since',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_time_since(pg_catalog.timestamptz, pg_catalog.timestamptz) IS
'Time from the last event to a moment; later events do not count.';

CREATE AGGREGATE uprofile_top(category pg_catalog.text, weight pg_catalog.float8, n pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_trait_top,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_top_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'top',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_top(pg_catalog.text, pg_catalog.float8, pg_catalog.int4) IS
'The n categories of the greatest sums of weights, greatest first, equal ones by their bytes.';

CREATE FUNCTION uprofile_sessions(
	source pg_catalog.text,
	key pg_catalog.text,
	event_time pg_catalog.text,
	gap pg_catalog.interval DEFAULT '30 minutes',
	OUT user_key pg_catalog.text,
	OUT session_number pg_catalog.int8,
	OUT started_at pg_catalog.timestamptz,
	OUT ended_at pg_catalog.timestamptz,
	OUT events pg_catalog.int8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_sessions_of_source';
COMMENT ON FUNCTION uprofile_sessions(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.interval) IS
'The visits of each user, numbered from 1 in order of time: a pause of more than gap begins another. By the text of the key.';

CREATE FUNCTION uprofile_rfm_score(
	source pg_catalog.text,
	key pg_catalog.text,
	event_time pg_catalog.text DEFAULT NULL,
	amount pg_catalog.text DEFAULT NULL,
	recency pg_catalog.text DEFAULT NULL,
	frequency pg_catalog.text DEFAULT NULL,
	monetary pg_catalog.text DEFAULT NULL,
	params pg_catalog.jsonb DEFAULT NULL,
	OUT user_key pg_catalog.text,
	OUT recency_days pg_catalog.float8,
	OUT frequency_count pg_catalog.float8,
	OUT monetary_sum pg_catalog.float8,
	OUT r pg_catalog.int4,
	OUT f pg_catalog.int4,
	OUT m pg_catalog.int4,
	OUT score pg_catalog.int4,
	OUT name pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_rfm_score';
COMMENT ON FUNCTION uprofile_rfm_score(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.text, pg_catalog.text, pg_catalog.jsonb) IS
'Scores of recency, frequency, monetary: 1 + whole fifths of all users that a user surpasses, so equals score alike; 111 to 555 and a name. Of events (event_time, amount; params as uprofile_rfm) or of the three columns. params.names: rules, or a source of them, first match wins.';
