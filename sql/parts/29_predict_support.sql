-- What the planner asks about predictions (30), and about aggregates that learn from arrays (20).

CREATE FUNCTION uprofile_predict_support(pg_catalog.internal)
RETURNS pg_catalog.internal LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_predict_support';
COMMENT ON FUNCTION uprofile_predict_support(pg_catalog.internal) IS
'Planner support of predictions, whose plans predict blocks of rows together, and of aggregates that learn from arrays, whose plans lay these out.';

-- The planner asks what a transition function costs, which loads this library before paths are made: its hook then finds the arrays.
ALTER FUNCTION uprofile_agg_features(pg_catalog.bytea, pg_catalog.float8[]) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_features(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.jsonb) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_boolean(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.bool) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_boolean(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_number(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.float8) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_number(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_text(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_text(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_clusters(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.int4) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_clusters(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.int4, pg_catalog.jsonb) SUPPORT @extschema@.uprofile_predict_support;
