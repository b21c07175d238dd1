-- The pipeline alone: columns to features, and the features that any model sees.

CREATE FUNCTION uprofile_transform(model pg_catalog.bytea, features pg_catalog.float8[])
RETURNS pg_catalog.float8[] LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_transform';
COMMENT ON FUNCTION uprofile_transform(pg_catalog.bytea, pg_catalog.float8[]) IS
'The features that the model''s learner sees of an array: scaled and selected as in training.';

CREATE FUNCTION uprofile_transform(model pg_catalog.bytea, features pg_catalog.record)
RETURNS pg_catalog.float8[] LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_transform_row';
COMMENT ON FUNCTION uprofile_transform(pg_catalog.bytea, pg_catalog.record) IS
'The features that the model''s learner sees of a row: imputed, encoded, scaled and selected as in training; their names are in uprofile_model_info.';

CREATE FUNCTION uprofile_transform(model pg_catalog.text, features pg_catalog.float8[])
RETURNS pg_catalog.float8[] LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_transform_named';
COMMENT ON FUNCTION uprofile_transform(pg_catalog.text, pg_catalog.float8[]) IS
'The features that the deployed version of a named model sees of an array.';

CREATE FUNCTION uprofile_transform(model pg_catalog.text, features pg_catalog.record)
RETURNS pg_catalog.float8[] LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_transform_named_row';
COMMENT ON FUNCTION uprofile_transform(pg_catalog.text, pg_catalog.record) IS
'The features that the deployed version of a named model sees of a row.';
