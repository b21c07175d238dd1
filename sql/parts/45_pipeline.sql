-- The pipeline alone: columns to features, and the features that any model sees.

-- also for: rows names
CREATE FUNCTION uprofile_transform(model pg_catalog.bytea, features pg_catalog.float8[])
RETURNS pg_catalog.float8[] LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
SUPPORT @extschema@.uprofile_predict_support
AS 'MODULE_PATHNAME', 'uprofile_transform';
COMMENT ON FUNCTION uprofile_transform(pg_catalog.bytea, pg_catalog.float8[]) IS
'The features that the {model''s learner|model''s learner|deployed version of a named model|deployed version of a named model} sees of {an array: scaled and selected as in training|a row: imputed, encoded, scaled and selected as in training; their names are in uprofile_model_info|an array|a row}.';
