-- Interests that fade.

CREATE TYPE uprofile_interest;

CREATE FUNCTION uprofile_interest_in(pg_catalog.cstring)
RETURNS uprofile_interest LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_in';
COMMENT ON FUNCTION uprofile_interest_in(pg_catalog.cstring) IS
'Input of uprofile_interest: its text, {"half_life": seconds, "max_items": …, "dropped": weight, "items": [[item, weight], …]}, where a weight m, e, x is (m + e) times 2^x at 2000-01-01 00:00 UTC.';

CREATE FUNCTION uprofile_interest_out(uprofile_interest)
RETURNS pg_catalog.cstring LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_out';
COMMENT ON FUNCTION uprofile_interest_out(uprofile_interest) IS
'Output of uprofile_interest, heaviest items first; read back it is the same value.';

CREATE FUNCTION uprofile_interest_recv(pg_catalog.internal)
RETURNS uprofile_interest LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_recv';
COMMENT ON FUNCTION uprofile_interest_recv(pg_catalog.internal) IS
'Binary input of uprofile_interest; everything is checked.';

CREATE FUNCTION uprofile_interest_send(uprofile_interest)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_send';
COMMENT ON FUNCTION uprofile_interest_send(uprofile_interest) IS
'Binary output of uprofile_interest.';

CREATE TYPE uprofile_interest
(
	INPUT = @extschema@.uprofile_interest_in,
	OUTPUT = @extschema@.uprofile_interest_out,
	RECEIVE = @extschema@.uprofile_interest_recv,
	SEND = @extschema@.uprofile_interest_send,
	INTERNALLENGTH = VARIABLE,
	STORAGE = extended
);
COMMENT ON TYPE uprofile_interest IS
'Interests that fade: items with weights that halve with every half-life; of the heaviest max_items. Made by uprofile_interests and uprofile_interest_empty, added by +.';

CREATE FUNCTION uprofile_interest_eq(uprofile_interest, uprofile_interest)
RETURNS pg_catalog.bool LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_eq';
COMMENT ON FUNCTION uprofile_interest_eq(uprofile_interest, uprofile_interest) IS
'Whether both are the same to the last bit.';

CREATE FUNCTION uprofile_interest_ne(uprofile_interest, uprofile_interest)
RETURNS pg_catalog.bool LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_ne';
COMMENT ON FUNCTION uprofile_interest_ne(uprofile_interest, uprofile_interest) IS
'Whether they differ, if only in the last bit.';

CREATE FUNCTION uprofile_interest_hash(uprofile_interest)
RETURNS pg_catalog.int4 LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_hash';
COMMENT ON FUNCTION uprofile_interest_hash(uprofile_interest) IS
'A hash of uprofile_interest, for DISTINCT and GROUP BY.';

CREATE FUNCTION uprofile_interest_plus(a uprofile_interest, b uprofile_interest)
RETURNS uprofile_interest LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_plus';
COMMENT ON FUNCTION uprofile_interest_plus(uprofile_interest, uprofile_interest) IS
'The interests of the events of both, which have the same half-life; the operator + does the same.';

CREATE OPERATOR =
(
	FUNCTION = @extschema@.uprofile_interest_eq, LEFTARG = uprofile_interest, RIGHTARG = uprofile_interest,
	COMMUTATOR = OPERATOR(@extschema@.=), NEGATOR = OPERATOR(@extschema@.<>),
	RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel, HASHES
);
COMMENT ON OPERATOR = (uprofile_interest, uprofile_interest) IS
'the same to the last bit';

CREATE OPERATOR <>
(
	FUNCTION = @extschema@.uprofile_interest_ne, LEFTARG = uprofile_interest, RIGHTARG = uprofile_interest,
	COMMUTATOR = OPERATOR(@extschema@.<>), NEGATOR = OPERATOR(@extschema@.=),
	RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR <> (uprofile_interest, uprofile_interest) IS
'not the same';

CREATE OPERATOR +
(
	FUNCTION = @extschema@.uprofile_interest_plus, LEFTARG = uprofile_interest, RIGHTARG = uprofile_interest,
	COMMUTATOR = OPERATOR(@extschema@.+)
);
COMMENT ON OPERATOR + (uprofile_interest, uprofile_interest) IS
'the interests of the events of both, which have the same half-life';

CREATE OPERATOR FAMILY uprofile_interest_ops USING hash;
COMMENT ON OPERATOR FAMILY uprofile_interest_ops USING hash IS
'Equality of uprofile_interest.';
CREATE OPERATOR CLASS uprofile_interest_ops DEFAULT FOR TYPE uprofile_interest USING hash FAMILY uprofile_interest_ops AS
	OPERATOR 1 @extschema@.= (uprofile_interest, uprofile_interest),
	FUNCTION 1 @extschema@.uprofile_interest_hash(uprofile_interest);
COMMENT ON OPERATOR CLASS uprofile_interest_ops USING hash IS
'Equality of uprofile_interest, for DISTINCT and GROUP BY.';

CREATE FUNCTION uprofile_agg_interests(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.timestamptz, pg_catalog.interval)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_interests';
COMMENT ON FUNCTION uprofile_agg_interests(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.timestamptz, pg_catalog.interval) IS
'uprofile_interests: takes one event';

CREATE FUNCTION uprofile_agg_interests(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.timestamptz, pg_catalog.interval, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_interests';
COMMENT ON FUNCTION uprofile_agg_interests(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.timestamptz, pg_catalog.interval, pg_catalog.jsonb) IS
'uprofile_interests: takes one event, with params';

CREATE FUNCTION uprofile_agg_interests_value(pg_catalog.bytea, uprofile_interest)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_interests_value';
COMMENT ON FUNCTION uprofile_agg_interests_value(pg_catalog.bytea, uprofile_interest) IS
'uprofile_interests: takes one value';

CREATE FUNCTION uprofile_agg_interests_combine(pg_catalog.bytea, pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_interests_combine';
COMMENT ON FUNCTION uprofile_agg_interests_combine(pg_catalog.bytea, pg_catalog.bytea) IS
'uprofile_interests: combines two states';

CREATE FUNCTION uprofile_agg_interests_final(pg_catalog.bytea)
RETURNS uprofile_interest LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_interests_final';
COMMENT ON FUNCTION uprofile_agg_interests_final(pg_catalog.bytea) IS
'uprofile_interests: the value';

CREATE AGGREGATE uprofile_interests(item pg_catalog.text, weight pg_catalog.float8, event_time pg_catalog.timestamptz, half_life pg_catalog.interval)
(
	SFUNC = @extschema@.uprofile_agg_interests,
	STYPE = pg_catalog.bytea,
	SSPACE = 8192,
	FINALFUNC = @extschema@.uprofile_agg_interests_final,
	COMBINEFUNC = @extschema@.uprofile_agg_interests_combine,
	INITCOND = '',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_interests(pg_catalog.text, pg_catalog.float8, pg_catalog.timestamptz, pg_catalog.interval) IS
'Interests that fade, of events in any order: an item weighs the sum of weight * 2^(-(at - event_time) / half_life), worked out when it is read. Kept are the 100 heaviest items. Weights are not negative; rows with a NULL are passed over.';

CREATE AGGREGATE uprofile_interests(item pg_catalog.text, weight pg_catalog.float8, event_time pg_catalog.timestamptz, half_life pg_catalog.interval,
	params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_interests,
	STYPE = pg_catalog.bytea,
	SSPACE = 8192,
	FINALFUNC = @extschema@.uprofile_agg_interests_final,
	COMBINEFUNC = @extschema@.uprofile_agg_interests_combine,
	INITCOND = '',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_interests(pg_catalog.text, pg_catalog.float8, pg_catalog.timestamptz, pg_catalog.interval, pg_catalog.jsonb) IS
'Interests that fade, of events in any order: an item weighs the sum of weight * 2^(-(at - event_time) / half_life), worked out when it is read. params: {"max_items": 100}, how many of the heaviest are kept. Weights are not negative; rows with a NULL are passed over.';

CREATE AGGREGATE uprofile_interests(interests uprofile_interest)
(
	SFUNC = @extschema@.uprofile_agg_interests_value,
	STYPE = pg_catalog.bytea,
	SSPACE = 8192,
	FINALFUNC = @extschema@.uprofile_agg_interests_final,
	COMBINEFUNC = @extschema@.uprofile_agg_interests_combine,
	INITCOND = '',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_interests(uprofile_interest) IS
'The interests of the events of all values, which have the same half-life: the sum by +, NULLs passed over.';

CREATE FUNCTION uprofile_interest_empty(half_life pg_catalog.interval, max_items pg_catalog.int4 DEFAULT 100)
RETURNS uprofile_interest LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_empty';
COMMENT ON FUNCTION uprofile_interest_empty(pg_catalog.interval, pg_catalog.int4) IS
'Interests before the first event.';

CREATE FUNCTION uprofile_interest_add(interests uprofile_interest, item pg_catalog.text, weight pg_catalog.float8, event_time pg_catalog.timestamptz)
RETURNS uprofile_interest LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_add';
COMMENT ON FUNCTION uprofile_interest_add(uprofile_interest, pg_catalog.text, pg_catalog.float8, pg_catalog.timestamptz) IS
'The same interests after one event more, whenever it was; an event with a NULL changes nothing.';

CREATE FUNCTION uprofile_interest_at(interests uprofile_interest, at pg_catalog.timestamptz DEFAULT pg_catalog.now(),
	OUT item pg_catalog.text, OUT weight pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 100
AS 'MODULE_PATHNAME', 'uprofile_interest_at';
COMMENT ON FUNCTION uprofile_interest_at(uprofile_interest, pg_catalog.timestamptz) IS
'All items with their weights at a time, heaviest first: the sum of weight * 2^(-(at - event_time) / half_life) over the events.';

CREATE FUNCTION uprofile_interest_top(interests uprofile_interest, n pg_catalog.int4 DEFAULT 10, at pg_catalog.timestamptz DEFAULT pg_catalog.now(),
	OUT item pg_catalog.text, OUT weight pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 10
AS 'MODULE_PATHNAME', 'uprofile_interest_top';
COMMENT ON FUNCTION uprofile_interest_top(uprofile_interest, pg_catalog.int4, pg_catalog.timestamptz) IS
'The n heaviest items with their weights at a time; equal ones by their bytes.';

CREATE FUNCTION uprofile_interest_of(interests uprofile_interest, item pg_catalog.text, at pg_catalog.timestamptz DEFAULT pg_catalog.now())
RETURNS pg_catalog.float8 LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_of';
COMMENT ON FUNCTION uprofile_interest_of(uprofile_interest, pg_catalog.text, pg_catalog.timestamptz) IS
'The weight of one item at a time; 0 where it is not among those kept.';

CREATE FUNCTION uprofile_interest_error(interests uprofile_interest, at pg_catalog.timestamptz DEFAULT pg_catalog.now())
RETURNS pg_catalog.float8 LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_error';
COMMENT ON FUNCTION uprofile_interest_error(uprofile_interest, pg_catalog.timestamptz) IS
'What weights can lack at most at a time, since the lighter of more than max_items were dropped; 0 while all were kept.';
