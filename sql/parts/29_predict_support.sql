-- What the planner asks about predictions (30).

CREATE FUNCTION uprofile_predict_support(pg_catalog.internal)
RETURNS pg_catalog.internal LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_predict_support';
COMMENT ON FUNCTION uprofile_predict_support(pg_catalog.internal) IS
'Planner support of predictions: plans that compute them predict blocks of rows together.';
