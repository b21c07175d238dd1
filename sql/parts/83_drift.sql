-- Drift: whether rows look as those that a model was trained on.

-- also for: names
CREATE FUNCTION uprofile_drift(
	model pg_catalog.bytea,
	source pg_catalog.text,
	params pg_catalog.jsonb DEFAULT NULL,
	OUT column_name pg_catalog.text,
	OUT kind pg_catalog.text,
	OUT statistic pg_catalog.text,
	OUT value pg_catalog.float8,
	OUT threshold pg_catalog.float8,
	OUT drifted pg_catalog.bool,
	OUT detail pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_drift';
COMMENT ON FUNCTION uprofile_drift(pg_catalog.bytea, pg_catalog.text, pg_catalog.jsonb) IS
'Whether a source looks as what {a model|the deployed version of a model} was trained on: psi, ks, chi_squared, unseen and missing of each column and of the predictions. drifted: the value is above the threshold, what matters (params, see uprofile_params(''drift'')) and beyond chance.';
