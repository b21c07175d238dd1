-- Learners as aggregates. All share one state and one set of support functions, which know no algorithm: its name
-- is the aggregate's initial condition. Array form: (features, label [, params]); row form: (row, target's name
-- [, params]). A model is a bytea.

-- generated: learner functions

CREATE FUNCTION uprofile_agg_combine(pg_catalog.bytea, pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_combine';
COMMENT ON FUNCTION uprofile_agg_combine(pg_catalog.bytea, pg_catalog.bytea) IS
'support function of learning aggregates: joins two states';

-- A partial state of few rows travels with all of them: worth 25,000 rows of a scan.
CREATE FUNCTION uprofile_agg_combine_rows(pg_catalog.bytea, pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000
AS 'MODULE_PATHNAME', 'uprofile_agg_combine';
COMMENT ON FUNCTION uprofile_agg_combine_rows(pg_catalog.bytea, pg_catalog.bytea) IS
'support function of learning aggregates: joins two states that hold rows';

CREATE FUNCTION uprofile_agg_final(pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_final';
COMMENT ON FUNCTION uprofile_agg_final(pg_catalog.bytea) IS
'support function of learning aggregates: trains and returns the model, or NULL without rows';

-- generated: learner aggregates
