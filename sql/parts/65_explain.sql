-- Why a model says what it says: importance, contributions, and the model in words.

CREATE FUNCTION uprofile_importance
(
	model pg_catalog.bytea,
	OUT feature pg_catalog.text,
	OUT importance pg_catalog.float8,
	OUT rank pg_catalog.int4
)
RETURNS SETOF pg_catalog.record LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_importance';
COMMENT ON FUNCTION uprofile_importance(pg_catalog.bytea) IS
'The importance of each feature: decreases of impurity by its splits, as shares that sum to 1.';

CREATE FUNCTION uprofile_explain
(
	model pg_catalog.bytea,
	features pg_catalog.float8[],
	OUT label pg_catalog.text,
	OUT feature pg_catalog.text,
	OUT feature_value pg_catalog.text,
	OUT contribution pg_catalog.float8
)
RETURNS SETOF pg_catalog.record LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_explain';
COMMENT ON FUNCTION uprofile_explain(pg_catalog.bytea, pg_catalog.float8[]) IS
'What each feature adds to a prediction, and the base value: exact SHAP values that sum to the value, the probability of the label, or (boosting) its log-odds.';

CREATE FUNCTION uprofile_explain
(
	model pg_catalog.bytea,
	features pg_catalog.record,
	OUT label pg_catalog.text,
	OUT feature pg_catalog.text,
	OUT feature_value pg_catalog.text,
	OUT contribution pg_catalog.float8
)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_explain_row';
COMMENT ON FUNCTION uprofile_explain(pg_catalog.bytea, pg_catalog.record) IS
'What each feature adds to a prediction, and the base value: exact SHAP values that sum to the value, the probability of the label, or (boosting) its log-odds.';

CREATE FUNCTION uprofile_show(model pg_catalog.bytea)
RETURNS pg_catalog.text LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_show';
COMMENT ON FUNCTION uprofile_show(pg_catalog.bytea) IS
'A model as text: the rules of its trees.';

CREATE FUNCTION uprofile_importance
(
	model pg_catalog.text,
	OUT feature pg_catalog.text,
	OUT importance pg_catalog.float8,
	OUT rank pg_catalog.int4
)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_importance_named';
COMMENT ON FUNCTION uprofile_importance(pg_catalog.text) IS
'The importance of each feature of the deployed version of a named model: decreases of impurity by its splits, as shares that sum to 1.';

CREATE FUNCTION uprofile_explain
(
	model pg_catalog.text,
	features pg_catalog.float8[],
	OUT label pg_catalog.text,
	OUT feature pg_catalog.text,
	OUT feature_value pg_catalog.text,
	OUT contribution pg_catalog.float8
)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_explain_named';
COMMENT ON FUNCTION uprofile_explain(pg_catalog.text, pg_catalog.float8[]) IS
'What each feature adds to a prediction of the deployed version of a named model, and the base value: exact SHAP values that sum to the value, the probability of the label, or (boosting) its log-odds.';

CREATE FUNCTION uprofile_explain
(
	model pg_catalog.text,
	features pg_catalog.record,
	OUT label pg_catalog.text,
	OUT feature pg_catalog.text,
	OUT feature_value pg_catalog.text,
	OUT contribution pg_catalog.float8
)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_explain_named_row';
COMMENT ON FUNCTION uprofile_explain(pg_catalog.text, pg_catalog.record) IS
'What each feature adds to a prediction of the deployed version of a named model, and the base value: exact SHAP values that sum to the value, the probability of the label, or (boosting) its log-odds.';

CREATE FUNCTION uprofile_show(model pg_catalog.text)
RETURNS pg_catalog.text LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_show_named';
COMMENT ON FUNCTION uprofile_show(pg_catalog.text) IS
'A model of the deployed version of a named model as text: the rules of its trees.';
