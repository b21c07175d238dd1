-- How sure a prediction is.

-- also for: rows names
CREATE FUNCTION uprofile_predict_interval(model pg_catalog.bytea, features pg_catalog.float8[], OUT low pg_catalog.float8, OUT high pg_catalog.float8)
RETURNS pg_catalog.record LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_predict_interval';
COMMENT ON FUNCTION uprofile_predict_interval(pg_catalog.bytea, pg_catalog.float8[]) IS
'Between which values the number that a regression predicts lies, for the share of rows that its parameter intervals names, {of an array of features|of a row: columns are matched by name|by the deployed version of a model, of an array|by the deployed version of a model, of a row}.';
