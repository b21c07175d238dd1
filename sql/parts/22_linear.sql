-- Linear and logistic regression, and their coefficients with what is known of them.

-- also for: names
CREATE FUNCTION uprofile_coefficients
(
	model pg_catalog.bytea,
	OUT label pg_catalog.text,
	OUT term pg_catalog.text,
	OUT estimate pg_catalog.float8,
	OUT std_error pg_catalog.float8,
	OUT statistic pg_catalog.float8,
	OUT p_value pg_catalog.float8
)
RETURNS SETOF pg_catalog.record LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_coefficients';
COMMENT ON FUNCTION uprofile_coefficients(pg_catalog.bytea) IS
'Coefficients of {a linear or logistic|the deployed version of a named} model, with standard errors, t (least squares) or z (logistic) and two-sided p-values where there is no penalty; label: the class, where there is a score for each.';
