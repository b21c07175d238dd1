-- From 0.1.0 to 0.2.0. What stands here makes an installed 0.1.0 equal to a fresh 0.2.0; the sections follow the parts
-- of the install script. Until 0.2.0 is released every change to an installed object is repeated here.

-- ---- models as values (parts 10 to 45) ------------------------------------------------------------------------------

-- Each run takes a snapshot of its own, after it has locked what the source reads.
ALTER FUNCTION uprofile_clean_rules(pg_catalog.text, pg_catalog.text) VOLATILE;

COMMENT ON AGGREGATE uprofile_pipeline(pg_catalog.record, pg_catalog.jsonb) IS
'Fits a pipeline to rows: imputes, encodes and scales columns by their kinds; use it with uprofile_transform. params: see uprofile_params(''pipeline'').';

COMMENT ON AGGREGATE uprofile_log_loss(pg_catalog.bool, pg_catalog.float8) IS
'Mean of -log of the probability given to what happened, clipped to eps and 1 - eps, eps = 2^-52 = 2.22e-16 (that of double precision). The score is the probability of the positive label. The positive label is true or 1; otherwise params must say which one is.';
COMMENT ON AGGREGATE uprofile_log_loss(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb) IS
'Mean of -log of the probability given to what happened, clipped to eps and 1 - eps, eps = 2^-52 = 2.22e-16 (that of double precision). The score is the probability of the positive label. params: {"positive": label}.';
COMMENT ON AGGREGATE uprofile_log_loss(pg_catalog.float8, pg_catalog.float8) IS
'Mean of -log of the probability given to what happened, clipped to eps and 1 - eps, eps = 2^-52 = 2.22e-16 (that of double precision). The score is the probability of the positive label. The positive label is true or 1; otherwise params must say which one is.';
COMMENT ON AGGREGATE uprofile_log_loss(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb) IS
'Mean of -log of the probability given to what happened, clipped to eps and 1 - eps, eps = 2^-52 = 2.22e-16 (that of double precision). The score is the probability of the positive label. params: {"positive": label}.';
COMMENT ON AGGREGATE uprofile_log_loss(pg_catalog.text, pg_catalog.float8) IS
'Mean of -log of the probability given to what happened, clipped to eps and 1 - eps, eps = 2^-52 = 2.22e-16 (that of double precision). The score is the probability of the positive label. The positive label is true or 1; otherwise params must say which one is.';
COMMENT ON AGGREGATE uprofile_log_loss(pg_catalog.text, pg_catalog.float8, pg_catalog.jsonb) IS
'Mean of -log of the probability given to what happened, clipped to eps and 1 - eps, eps = 2^-52 = 2.22e-16 (that of double precision). The score is the probability of the positive label. params: {"positive": label}.';

-- ---- mining (50) ----------------------------------------------------------------------------------------------------

-- Each run takes a snapshot of its own, after it has locked what the source reads.
ALTER FUNCTION uprofile_itemsets(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8, pg_catalog.int4,
	pg_catalog.int4, pg_catalog.int8) VOLATILE;
ALTER FUNCTION uprofile_apriori(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8, pg_catalog.float8,
	pg_catalog.int4, pg_catalog.int4, pg_catalog.int4, pg_catalog.text[], pg_catalog.text[], pg_catalog.text[],
	pg_catalog.text[], pg_catalog.float8, pg_catalog.int8) VOLATILE;
ALTER FUNCTION uprofile_recommend(pg_catalog.text, pg_catalog.text[], pg_catalog.int4) VOLATILE;

COMMENT ON FUNCTION uprofile_itemsets(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8,
	pg_catalog.int4, pg_catalog.int4, pg_catalog.int8) IS
'The sets of items that occur together in many baskets, most frequent first. source: a relation or a query as text, one
row an item, or an array of items; basket, item: its columns, of any type with a text form; what is NULL does not count,
an item counts once a basket. min_support: up to 1 a share of the baskets, above 1 a number of them. min_len, max_len: items
of a set (0: any). Where there are more than max_itemsets the most frequent are returned, among equals the shortest,
with a warning and truncated true on every row.';

COMMENT ON FUNCTION uprofile_apriori(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8,
	pg_catalog.float8, pg_catalog.int4, pg_catalog.int4, pg_catalog.int4, pg_catalog.text[], pg_catalog.text[],
	pg_catalog.text[], pg_catalog.text[], pg_catalog.float8, pg_catalog.int8) IS
'Rules "who has lhs has rhs" by lift, support and items; source, basket, item and min_support as in uprofile_itemsets.
min_len, max_len: items of both sides (0: any), with min_len 1 there are also rules with an empty lhs, what everybody
has; max_rhs: items of rhs (0: any). lhs_items, rhs_items: the items
allowed on a side; either_items: allowed on both; a side is open to all items if neither its list nor either_items is
given. exclude_items: not mined. conviction is Infinity where confidence is 1. Where there are more than max_rules the
first are returned, with a warning and truncated true on every row.';

-- ---- the registry (60) ----------------------------------------------------------------------------------------------

-- Each run takes a snapshot of its own, after it has locked what the source reads.
ALTER FUNCTION uprofile_evaluate(pg_catalog.text, pg_catalog.text, pg_catalog.text) VOLATILE;
ALTER TABLE @extschema@.uprofile_model_versions ADD COLUMN holdout pg_catalog.bytea;

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
