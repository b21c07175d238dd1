-- From 0.1.0 to 0.2.0. What stands here makes an installed 0.1.0 equal to a fresh 0.2.0; the sections follow the parts
-- of the install script. Until 0.2.0 is released every change to an installed object is repeated here.

-- ---- models as values (parts 10 to 45) ------------------------------------------------------------------------------

-- ---- mining (50) ----------------------------------------------------------------------------------------------------

-- ---- the registry (60) ----------------------------------------------------------------------------------------------

-- ---- explanations (65) ----------------------------------------------------------------------------------------------

-- The base value became a column of its own.
DROP FUNCTION uprofile_explain(pg_catalog.bytea, pg_catalog.float8[]);
DROP FUNCTION uprofile_explain(pg_catalog.bytea, pg_catalog.record);
DROP FUNCTION uprofile_explain(pg_catalog.text, pg_catalog.float8[]);
DROP FUNCTION uprofile_explain(pg_catalog.text, pg_catalog.record);

CREATE FUNCTION uprofile_explain
(
	model pg_catalog.bytea,
	features pg_catalog.float8[],
	OUT label pg_catalog.text,
	OUT feature pg_catalog.text,
	OUT feature_value pg_catalog.text,
	OUT contribution pg_catalog.float8,
	OUT base_value pg_catalog.float8
)
RETURNS SETOF pg_catalog.record LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_explain';
COMMENT ON FUNCTION uprofile_explain(pg_catalog.bytea, pg_catalog.float8[]) IS
'What each feature adds to a prediction, the greatest first: SHAP values that with the base value (the same in every row of a label) sum to the value, the probability of the label, or its score (boosting, linear models). Exact for trees, forests, boosting, linear models and naive Bayes; for others Shapley values against the mean row of training.';

CREATE FUNCTION uprofile_explain
(
	model pg_catalog.bytea,
	features pg_catalog.record,
	OUT label pg_catalog.text,
	OUT feature pg_catalog.text,
	OUT feature_value pg_catalog.text,
	OUT contribution pg_catalog.float8,
	OUT base_value pg_catalog.float8
)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_explain_row';
COMMENT ON FUNCTION uprofile_explain(pg_catalog.bytea, pg_catalog.record) IS
'What each feature adds to a prediction, the greatest first: SHAP values that with the base value (the same in every row of a label) sum to the value, the probability of the label, or its score (boosting, linear models). Exact for trees, forests, boosting, linear models and naive Bayes; for others Shapley values against the mean row of training.';

CREATE FUNCTION uprofile_explain
(
	model pg_catalog.text,
	features pg_catalog.float8[],
	OUT label pg_catalog.text,
	OUT feature pg_catalog.text,
	OUT feature_value pg_catalog.text,
	OUT contribution pg_catalog.float8,
	OUT base_value pg_catalog.float8
)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_explain_named';
COMMENT ON FUNCTION uprofile_explain(pg_catalog.text, pg_catalog.float8[]) IS
'What each feature adds to a prediction of the deployed version of a named model, the greatest first: SHAP values that with the base value (the same in every row of a label) sum to the value, the probability of the label, or its score. Exact for trees, forests, boosting, linear models and naive Bayes; for others Shapley values against the mean row of training.';

CREATE FUNCTION uprofile_explain
(
	model pg_catalog.text,
	features pg_catalog.record,
	OUT label pg_catalog.text,
	OUT feature pg_catalog.text,
	OUT feature_value pg_catalog.text,
	OUT contribution pg_catalog.float8,
	OUT base_value pg_catalog.float8
)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_explain_named_row';
COMMENT ON FUNCTION uprofile_explain(pg_catalog.text, pg_catalog.record) IS
'What each feature adds to a prediction of the deployed version of a named model, the greatest first: SHAP values that with the base value (the same in every row of a label) sum to the value, the probability of the label, or its score. Exact for trees, forests, boosting, linear models and naive Bayes; for others Shapley values against the mean row of training.';

-- ---- profiles (70) --------------------------------------------------------------------------------------------------
