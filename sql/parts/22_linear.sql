-- Linear and logistic regression, and their coefficients with what is known of them.

CREATE AGGREGATE uprofile_linear(pg_catalog.float8[], pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'linear',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_linear(pg_catalog.float8[], pg_catalog.float8) IS
'Trains a linear regression (least squares, ridge, lasso or elastic net) on (features, number label).';

CREATE AGGREGATE uprofile_linear(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'linear',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_linear(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb) IS
'Trains a linear regression (least squares, ridge, lasso or elastic net) on (features, number label). params: see uprofile_params(''linear'').';

CREATE AGGREGATE uprofile_linear(pg_catalog.record, pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'linear',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_linear(pg_catalog.record, pg_catalog.text) IS
'Trains a linear regression (least squares, ridge, lasso or elastic net) on (row, name of the target column); columns are imputed and encoded.';

CREATE AGGREGATE uprofile_linear(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'linear',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_linear(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb) IS
'Trains a linear regression (least squares, ridge, lasso or elastic net) on (row, name of the target column); columns are imputed and encoded. params: see uprofile_params(''linear'').';

CREATE AGGREGATE uprofile_logistic(pg_catalog.float8[], pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'logistic',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_logistic(pg_catalog.float8[], pg_catalog.bool) IS
'Trains a logistic regression on (features, boolean label).';

CREATE AGGREGATE uprofile_logistic(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'logistic',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_logistic(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb) IS
'Trains a logistic regression on (features, boolean label). params: see uprofile_params(''logistic'').';

CREATE AGGREGATE uprofile_logistic(pg_catalog.float8[], pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'logistic',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_logistic(pg_catalog.float8[], pg_catalog.float8) IS
'Trains a logistic regression on (features, number label).';

CREATE AGGREGATE uprofile_logistic(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'logistic',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_logistic(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb) IS
'Trains a logistic regression on (features, number label). params: see uprofile_params(''logistic'').';

CREATE AGGREGATE uprofile_logistic(pg_catalog.float8[], pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_text,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'logistic',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_logistic(pg_catalog.float8[], pg_catalog.text) IS
'Trains a logistic regression on (features, text label).';

CREATE AGGREGATE uprofile_logistic(pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_text,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'logistic',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_logistic(pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb) IS
'Trains a logistic regression on (features, text label). params: see uprofile_params(''logistic'').';

CREATE AGGREGATE uprofile_logistic(pg_catalog.record, pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'logistic',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_logistic(pg_catalog.record, pg_catalog.text) IS
'Trains a logistic regression on (row, name of the target column); columns are imputed, encoded and z-scored.';

CREATE AGGREGATE uprofile_logistic(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'logistic',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_logistic(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb) IS
'Trains a logistic regression on (row, name of the target column); columns are imputed, encoded and z-scored. params: see uprofile_params(''logistic'').';

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
'Coefficients of a linear or logistic model, with standard errors, t (least squares) or z (logistic) and two-sided p-values where there is no penalty; label: the class, where there is a score for each.';

CREATE FUNCTION uprofile_coefficients
(
	model pg_catalog.text,
	OUT label pg_catalog.text,
	OUT term pg_catalog.text,
	OUT estimate pg_catalog.float8,
	OUT std_error pg_catalog.float8,
	OUT statistic pg_catalog.float8,
	OUT p_value pg_catalog.float8
)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_coefficients_named';
COMMENT ON FUNCTION uprofile_coefficients(pg_catalog.text) IS
'Coefficients of the deployed version of a named model, with standard errors, t (least squares) or z (logistic) and two-sided p-values where there is no penalty; label: the class, where there is a score for each.';
