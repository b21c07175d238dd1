-- What models, algorithms and parameters say of themselves.

CREATE FUNCTION uprofile_algorithms(
	OUT algorithm pg_catalog.text,
	OUT tasks pg_catalog.text[],
	OUT one_pass pg_catalog.bool,
	OUT description pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_algorithms';
COMMENT ON FUNCTION uprofile_algorithms() IS
'Lists the algorithms: what each can do, and whether it can keep sums instead of rows.';

CREATE FUNCTION uprofile_params(
	algorithm pg_catalog.text,
	OUT name pg_catalog.text,
	OUT type pg_catalog.text,
	OUT initial pg_catalog.text,
	OUT range pg_catalog.text,
	OUT description pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_params';
COMMENT ON FUNCTION uprofile_params(pg_catalog.text) IS
'Lists the parameters of an algorithm with type, default and allowed range, those of a search (uprofile_params(''tune'')), of a profile''s policy (''policy'') or of what drift is (''drift''). Of ''auto'': what tune says of it, and what all algorithms have. An unknown name is an error.';

-- also for: names
CREATE FUNCTION uprofile_model_info(model pg_catalog.bytea)
RETURNS pg_catalog.jsonb LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_model_info';
COMMENT ON FUNCTION uprofile_model_info(pg_catalog.bytea) IS
'Everything {a model tells of itself: algorithm, parameters, features, classes, training summary|that the deployed version of a registered model tells of itself}.';
