-- Why a model says what it says: importance, contributions, and the model in words.

-- also for: names
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
'The importance of each feature {as shares that sum to 1: decreases of impurity by its splits (trees, forests, boosting), or the spread that its coefficient makes (linear models)|of the deployed version of a named model: decreases of impurity by its splits, or the spread that its coefficient makes, as shares that sum to 1}.';

-- also for: rows names
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
'What each feature adds to a prediction{|| by the deployed version of a named model| by the deployed version of a named model}, the greatest first: SHAP values, which sum with base_value{ (the same in all rows of a label)| (the same in all rows of a label)||} to the value, the probability or the score. Exact for trees, forests, boosting, linear models and naive Bayes, else Shapley values against the mean row.';

-- also for: names
CREATE FUNCTION uprofile_show(model pg_catalog.bytea)
RETURNS pg_catalog.text LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_show';
COMMENT ON FUNCTION uprofile_show(pg_catalog.bytea) IS
'{A|The deployed version of a named} model as text: the rules of its trees, its formulas, its probabilities.';

-- also for: names
CREATE FUNCTION uprofile_to_sql(model pg_catalog.bytea, input pg_catalog.text DEFAULT NULL)
RETURNS pg_catalog.text LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_to_sql';
COMMENT ON FUNCTION uprofile_to_sql(pg_catalog.bytea, pg_catalog.text) IS
'{A linear model or a|The deployed version of a named linear model or} tree as one SQL expression with the same predictions, over the columns that it was trained on. input: an alias that qualifies the columns, or for models of arrays the expression of the array (features by default).';

-- also for: names
CREATE FUNCTION uprofile_importance
(
	model pg_catalog.bytea,
	source pg_catalog.text,
	target pg_catalog.text DEFAULT NULL,
	repeats pg_catalog.int4 DEFAULT 5,
	seed pg_catalog.int8 DEFAULT 0,
	OUT feature pg_catalog.text,
	OUT importance pg_catalog.float8,
	OUT deviation pg_catalog.float8,
	OUT rank pg_catalog.int4
)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_importance_source';
COMMENT ON FUNCTION uprofile_importance(pg_catalog.bytea, pg_catalog.text, pg_catalog.text, pg_catalog.int4, pg_catalog.int8) IS
'Permutation importance: by how much the accuracy (or r2) of {a|the deployed version of a named} model on a source falls when a column is shuffled; mean and deviation over the repeats. target: the model''s own by default.';
