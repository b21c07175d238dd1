-- From 0.1.0 to 0.2.0. What stands here makes an installed 0.1.0 equal to a fresh 0.2.0; the sections follow the parts
-- of the install script. Until 0.2.0 is released every change to an installed object is repeated here.

-- ---- models as values (parts 10 to 45) ------------------------------------------------------------------------------

-- Leaders of parallel plans take over the rows that workers collect.
CREATE FUNCTION uprofile_agg_combine_rows(pg_catalog.bytea, pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000
AS 'MODULE_PATHNAME', 'uprofile_agg_combine';
COMMENT ON FUNCTION uprofile_agg_combine_rows(pg_catalog.bytea, pg_catalog.bytea) IS
'support function of learning aggregates: joins two states that hold rows';

CREATE OR REPLACE AGGREGATE uprofile_scaler(pg_catalog.float8[], pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_features,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'scaler',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_kmeans(pg_catalog.float8[], pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_clusters,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'kmeans',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_kmeans(pg_catalog.float8[], pg_catalog.int4, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_clusters,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'kmeans',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_svm(pg_catalog.float8[], pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'svm',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_svm(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'svm',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_svm(pg_catalog.float8[], pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'svm',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_svm(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'svm',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_mlp(pg_catalog.float8[], pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'mlp',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_mlp(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'mlp',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_mlp(pg_catalog.float8[], pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'mlp',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_mlp(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'mlp',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_tree(pg_catalog.float8[], pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'tree',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_tree(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'tree',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_tree(pg_catalog.float8[], pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'tree',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_tree(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'tree',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_forest(pg_catalog.float8[], pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'forest',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_forest(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'forest',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_forest(pg_catalog.float8[], pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'forest',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_forest(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'forest',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_boost(pg_catalog.float8[], pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'boost',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_boost(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'boost',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_boost(pg_catalog.float8[], pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'boost',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_boost(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'boost',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_logistic(pg_catalog.float8[], pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'logistic',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_logistic(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'logistic',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_logistic(pg_catalog.float8[], pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'logistic',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_logistic(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'logistic',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_svr(pg_catalog.float8[], pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'svr',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_svr(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'svr',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_one_class(pg_catalog.float8[])
(
	SFUNC = @extschema@.uprofile_agg_features,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'one_class',
	PARALLEL = SAFE
);

CREATE OR REPLACE AGGREGATE uprofile_one_class(pg_catalog.float8[], pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_features,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'one_class',
	PARALLEL = SAFE
);

-- Each run takes a snapshot of its own, after it has locked what the source reads.
ALTER FUNCTION uprofile_clean_rules(pg_catalog.text, pg_catalog.text) VOLATILE;

COMMENT ON FUNCTION uprofile_params(pg_catalog.text) IS
'Lists the parameters of an algorithm with type, default and allowed range, those of a search (uprofile_params(''tune'')), of a profile''s policy (''policy'') or of what drift is (''drift''). Of ''auto'': what tune says of it, and what all algorithms have. An unknown name is an error.';
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

COMMENT ON FUNCTION uprofile_subtract(pg_catalog.bytea, pg_catalog.bytea) IS
'The model as if the rows that part was trained on, which are among its own, had never been there (linear regression, naive Bayes). An error where they cannot be, or where the two were not trained alike.';

COMMENT ON FUNCTION uprofile_describe(pg_catalog.text, pg_catalog.text) IS
'A row a column: type, kind (number, boolean, time, category, text, key, other), counts, moments, quantiles, outliers, frequent values, and advice in words, with target also on what tells too much of it. Exact within uprofile.max_memory, estimated beyond; estimate_error says how closely.';

DROP FUNCTION uprofile_clean(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb, pg_catalog.bool);
CREATE FUNCTION uprofile_clean(
	source pg_catalog.text,
	destination pg_catalog.text DEFAULT NULL,
	key pg_catalog.text DEFAULT NULL,
	rules pg_catalog.jsonb DEFAULT NULL,
	dry_run pg_catalog.bool DEFAULT false,
	replace pg_catalog.bool DEFAULT false,
	OUT step pg_catalog.int4,
	OUT rule pg_catalog.text,
	OUT column_name pg_catalog.text,
	OUT rows pg_catalog.int8,
	OUT before pg_catalog.text,
	OUT after pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_clean';
COMMENT ON FUNCTION uprofile_clean(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb,
	pg_catalog.bool, pg_catalog.bool) IS
'Cleans a source into the table destination by rules, in order (NULL: those of uprofile_clean_rules); <destination>_changes and <destination>_quarantine keep what was changed and what left. key: what tells rows apart. dry_run: only reports. replace: rows of your tables of an earlier run are replaced.';

COMMENT ON FUNCTION uprofile_clean_rules(pg_catalog.text, pg_catalog.text) IS
'The rules that uprofile_clean uses when none are given, to be read and edited: trimming, texts that stand for missing values, spellings that differ in capitals, types of text columns, repeated rows, and for the key repeated and missing ones. They invent no value.';

COMMENT ON FUNCTION uprofile_correlation(pg_catalog.text, pg_catalog.text[], pg_catalog.text[]) IS
'Associations of all pairs of columns, or of those named, over the n rows where both are known. methods, by default all that fit: pearson, spearman (two numbers), correlation_ratio (a category and a number), cramers_v (two categories). Booleans count as 0 and 1.';

COMMENT ON FUNCTION uprofile_select_features(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.int4, pg_catalog.int8) IS
'Columns ranked by what they tell about the target, the best k (default: all) selected. method: pearson, spearman, information_gain, gain_ratio, mutual_info, chi2, anova_f, variance, l1, permutation, rfe or mrmr. statistic says how the score was found.';

DROP FUNCTION uprofile_normalize(pg_catalog.text, pg_catalog.text, pg_catalog.text[], pg_catalog.text, pg_catalog.jsonb);
CREATE FUNCTION uprofile_normalize
(
	source pg_catalog.text,
	destination pg_catalog.text,
	columns pg_catalog.text[] DEFAULT NULL,
	method pg_catalog.text DEFAULT 'zscore',
	params pg_catalog.jsonb DEFAULT NULL,
	replace pg_catalog.bool DEFAULT false,
	OUT column_name pg_catalog.text,
	OUT scaled_by pg_catalog.text,
	OUT center pg_catalog.float8,
	OUT scale pg_catalog.float8,
	OUT minimum pg_catalog.float8,
	OUT maximum pg_catalog.float8,
	OUT missing pg_catalog.int8,
	OUT n_rows pg_catalog.int8
)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 100000 ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_normalize';
COMMENT ON FUNCTION uprofile_normalize(pg_catalog.text, pg_catalog.text, pg_catalog.text[], pg_catalog.text, pg_catalog.jsonb,
	pg_catalog.bool) IS
'Writes the table destination: the source with its numeric columns (or those named) scaled by zscore, minmax, maxabs, robust, quantile, log or yeo_johnson; NULL and NaN stay. Returns for each column: result = (value - center) / scale (zscore, maxabs, robust). replace: rows of an earlier run go.';

-- ---- mining (50) ----------------------------------------------------------------------------------------------------

-- Each run takes a snapshot of its own, after it has locked what the source reads.
ALTER FUNCTION uprofile_recommend(pg_catalog.text, pg_catalog.text[], pg_catalog.int4) VOLATILE;

-- Miners, targets, hierarchies, time; more measures, and rules that are no accident.
DROP FUNCTION uprofile_itemsets(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8, pg_catalog.int4,
	pg_catalog.int4, pg_catalog.int8);
DROP FUNCTION uprofile_apriori(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8, pg_catalog.float8,
	pg_catalog.int4, pg_catalog.int4, pg_catalog.int4, pg_catalog.text[], pg_catalog.text[], pg_catalog.text[],
	pg_catalog.text[], pg_catalog.float8, pg_catalog.int8);
CREATE FUNCTION uprofile_stream_support(pg_catalog.internal)
RETURNS pg_catalog.internal LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_stream_support';
COMMENT ON FUNCTION uprofile_stream_support(pg_catalog.internal) IS
'Planner support of functions that hand on their rows one by one where they stand in FROM.';

CREATE FUNCTION uprofile_itemsets(
	source pg_catalog.text,
	basket pg_catalog.text,
	item pg_catalog.text,
	min_support pg_catalog.float8 DEFAULT 0.01,
	min_len pg_catalog.int4 DEFAULT 1,
	max_len pg_catalog.int4 DEFAULT 0,
	max_itemsets pg_catalog.int8 DEFAULT 1000000,
	target pg_catalog.text DEFAULT 'frequent',
	top_k pg_catalog.int8 DEFAULT NULL,
	either_items pg_catalog.text[] DEFAULT NULL,
	exclude_items pg_catalog.text[] DEFAULT NULL,
	hierarchy pg_catalog.text DEFAULT NULL,
	method pg_catalog.text DEFAULT 'auto',
	time_budget pg_catalog.interval DEFAULT NULL,
	OUT items pg_catalog.text[],
	OUT count pg_catalog.int8,
	OUT support pg_catalog.float8,
	OUT truncated pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
SUPPORT @extschema@.uprofile_stream_support
AS 'MODULE_PATHNAME', 'uprofile_itemsets';
COMMENT ON FUNCTION uprofile_itemsets(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8,
	pg_catalog.int4, pg_catalog.int4, pg_catalog.int8, pg_catalog.text, pg_catalog.int8, pg_catalog.text[],
	pg_catalog.text[], pg_catalog.text, pg_catalog.text, pg_catalog.interval) IS
'Sets of items that are often in a basket together, by frequency. source: a row an item, or arrays. min_support: to 1 a share, above a count. target: frequent, closed, maximal, generators. hierarchy: a source (item, parent). method: auto, apriori, eclat, fpgrowth. Cut by max_itemsets or time.';

CREATE FUNCTION uprofile_apriori(
	source pg_catalog.text,
	basket pg_catalog.text,
	item pg_catalog.text,
	min_support pg_catalog.float8 DEFAULT 0.01,
	min_confidence pg_catalog.float8 DEFAULT 0.5,
	min_len pg_catalog.int4 DEFAULT 2,
	max_len pg_catalog.int4 DEFAULT 0,
	max_rhs pg_catalog.int4 DEFAULT 1,
	lhs_items pg_catalog.text[] DEFAULT NULL,
	rhs_items pg_catalog.text[] DEFAULT NULL,
	either_items pg_catalog.text[] DEFAULT NULL,
	exclude_items pg_catalog.text[] DEFAULT NULL,
	min_lift pg_catalog.float8 DEFAULT 0,
	max_rules pg_catalog.int8 DEFAULT 100000,
	min_improvement pg_catalog.float8 DEFAULT NULL,
	max_p_value pg_catalog.float8 DEFAULT NULL,
	correction pg_catalog.text DEFAULT 'none',
	top_k pg_catalog.int8 DEFAULT NULL,
	order_by pg_catalog.text DEFAULT 'lift',
	hierarchy pg_catalog.text DEFAULT NULL,
	method pg_catalog.text DEFAULT 'auto',
	time_budget pg_catalog.interval DEFAULT NULL,
	OUT lhs pg_catalog.text[],
	OUT rhs pg_catalog.text[],
	OUT count pg_catalog.int8,
	OUT support pg_catalog.float8,
	OUT confidence pg_catalog.float8,
	OUT lift pg_catalog.float8,
	OUT leverage pg_catalog.float8,
	OUT conviction pg_catalog.float8,
	OUT zhang pg_catalog.float8,
	OUT jaccard pg_catalog.float8,
	OUT cosine pg_catalog.float8,
	OUT kulczynski pg_catalog.float8,
	OUT imbalance pg_catalog.float8,
	OUT chi_squared pg_catalog.float8,
	OUT p_value pg_catalog.float8,
	OUT improvement pg_catalog.float8,
	OUT truncated pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_apriori';
COMMENT ON FUNCTION uprofile_apriori(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8,
	pg_catalog.float8, pg_catalog.int4, pg_catalog.int4, pg_catalog.int4, pg_catalog.text[], pg_catalog.text[],
	pg_catalog.text[], pg_catalog.text[], pg_catalog.float8, pg_catalog.int8, pg_catalog.float8, pg_catalog.float8, pg_catalog.text,
	pg_catalog.int8, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.interval) IS
'Rules "who has lhs has rhs", by order_by (a measure). min_support: to 1 a share, above a count of baskets; others as in uprofile_itemsets. min_len, max_len: items of both sides, max_rhs: of rhs (0: any). …_items: may stand on a side, either, or nowhere. max_p_value: corrected (none, bonferroni, bh).';

COMMENT ON FUNCTION uprofile_recommend(pg_catalog.text, pg_catalog.text[], pg_catalog.int4) IS
'What rules suggest to somebody who has these items, and not what is among them; the best n, each with the rule that fired. rules: a source with columns lhs, rhs, confidence and lift, as of uprofile_apriori. score: the greatest confidence; ties go by lift, then item.';

-- ---- the registry (60) ----------------------------------------------------------------------------------------------

-- Each run takes a snapshot of its own, after it has locked what the source reads.
ALTER TABLE @extschema@.uprofile_model_versions
	ADD COLUMN holdout pg_catalog.bytea,
	ADD COLUMN seconds pg_catalog.float8,
	ADD COLUMN extension_version pg_catalog.text,
	ADD COLUMN key_form pg_catalog.text,
	DROP CONSTRAINT uprofile_model_versions_model_fkey,
	ADD FOREIGN KEY (model) REFERENCES @extschema@.uprofile_model_names (name) ON UPDATE CASCADE ON DELETE CASCADE;
ALTER TABLE @extschema@.uprofile_deployments
	DROP CONSTRAINT uprofile_deployments_model_fkey,
	ADD FOREIGN KEY (model) REFERENCES @extschema@.uprofile_model_names (name) ON UPDATE CASCADE ON DELETE CASCADE;
CREATE TABLE uprofile_installation
(
	single pg_catalog.bool PRIMARY KEY DEFAULT true CHECK (single),
	mark pg_catalog.uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid()
);
COMMENT ON TABLE uprofile_installation IS 'The mark of this installation, made by CREATE EXTENSION and never dumped: it tells rows of this database from restored ones.';
INSERT INTO @extschema@.uprofile_installation DEFAULT VALUES;
ALTER TABLE uprofile_installation OWNER TO @extowner@;
GRANT SELECT ON uprofile_installation TO PUBLIC;

CREATE FUNCTION uprofile_may_use(owner_oid pg_catalog.oid, ours pg_catalog.bool)
RETURNS pg_catalog.bool LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_may_use';
COMMENT ON FUNCTION uprofile_may_use(pg_catalog.oid, pg_catalog.bool) IS
'Whether you may use what this role owns: as its member, or as the owner of the database if there is no such role. ours:
whether the oid is one of this installation.';

CREATE FUNCTION uprofile_stamp_owner()
RETURNS pg_catalog.trigger LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_stamp_owner';
COMMENT ON FUNCTION uprofile_stamp_owner() IS
'Trigger of the registry: gives new rows to the current role, and rows of a dump to the role of the name that they carry.';

-- Owners so far are names: the roles that have them now.
ALTER TABLE uprofile_model_names
	ALTER COLUMN owner DROP DEFAULT,
	ADD COLUMN owner_oid pg_catalog.oid,
	ADD COLUMN owner_mark pg_catalog.uuid,
	ADD COLUMN last_version pg_catalog.int4 NOT NULL DEFAULT 0,
	ADD COLUMN comment pg_catalog.text,
	ADD COLUMN pinned pg_catalog.bool NOT NULL DEFAULT false;
UPDATE @extschema@.uprofile_model_names n SET
	owner_oid = coalesce((SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) n.owner), '0'),
	owner_mark = (SELECT i.mark FROM @extschema@.uprofile_installation i),
	last_version = coalesce((SELECT pg_catalog.max(v.version) FROM @extschema@.uprofile_model_versions v
							 WHERE v.model OPERATOR(pg_catalog.=) n.name), 0);
ALTER TABLE uprofile_model_names ALTER COLUMN owner_oid SET NOT NULL, ALTER COLUMN owner_mark SET NOT NULL;
COMMENT ON TABLE uprofile_model_names IS 'Registered models: name, owner, deployed version (uprofile_model_versions.id) and the highest number given to a version.';
CREATE TRIGGER uprofile_stamp_owner BEFORE INSERT OR UPDATE OF owner, owner_oid, owner_mark ON uprofile_model_names
	FOR EACH ROW EXECUTE FUNCTION @extschema@.uprofile_stamp_owner();
-- Who may use what is others': "use" is predictions by name, "own" is as its owner. A row counts while the model or profile
-- belongs to the role that it names as owner; the mark holds for both roles. Rows are written by their owners alone, and the trigger fills in
-- all but what is given, the right and the name of the role.
CREATE TABLE uprofile_granted
(
	model pg_catalog.text REFERENCES @extschema@.uprofile_model_names (name) ON UPDATE CASCADE ON DELETE CASCADE,
	profile pg_catalog.text,
	privilege pg_catalog.text NOT NULL CHECK (privilege IN ('use', 'own')),
	grantee pg_catalog.name NOT NULL,
	grantee_oid pg_catalog.oid NOT NULL,
	owner pg_catalog.name NOT NULL,
	owner_oid pg_catalog.oid NOT NULL,
	owner_mark pg_catalog.uuid NOT NULL,
	granted_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	CHECK ((model IS NULL) <> (profile IS NULL))
);
COMMENT ON TABLE uprofile_granted IS 'Models and profiles that are shared with other roles: uprofile_share and uprofile_grant.';
CREATE INDEX uprofile_granted_model ON uprofile_granted (model);
CREATE INDEX uprofile_granted_profile ON uprofile_granted (profile);
CREATE TRIGGER uprofile_stamp_owner BEFORE INSERT ON uprofile_granted
	FOR EACH ROW EXECUTE FUNCTION @extschema@.uprofile_stamp_owner();
ALTER TABLE uprofile_granted ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_granted
	USING (@extschema@.uprofile_may_use(owner_oid, owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)));
CREATE POLICY uprofile_grantee ON uprofile_granted FOR SELECT
	USING (owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
		   AND pg_catalog.pg_has_role(grantee_oid, 'USAGE'));
ALTER TABLE uprofile_granted OWNER TO @extowner@;
GRANT SELECT, INSERT (model, profile, privilege, grantee), DELETE ON uprofile_granted TO PUBLIC;
-- As with models, the names of today; what is for a role that is gone, or was never valid here, is left behind.
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_granted',
	'g (model, profile, privilege, stored_grantee, stored_grantee_oid, stored_owner, stored_owner_oid, mark) '
	'JOIN @extschema@.uprofile_installation i ON i.mark OPERATOR(pg_catalog.=) g.mark CROSS JOIN LATERAL '
	'(SELECT coalesce(max(r.rolname::text), stored_owner) AS owner, coalesce(max(r.oid::text), ''0'') AS owner_oid, '
	'g.mark AS owner_mark FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) stored_owner_oid) o CROSS JOIN LATERAL '
	'(SELECT r.rolname AS grantee, r.oid AS grantee_oid FROM pg_catalog.pg_roles r '
	'WHERE r.oid OPERATOR(pg_catalog.=) stored_grantee_oid) p');

DROP POLICY uprofile_owner ON uprofile_model_names;
CREATE POLICY uprofile_owner ON uprofile_model_names
	USING (@extschema@.uprofile_may_use(owner_oid, owner_mark OPERATOR(pg_catalog.=)
									   (SELECT i.mark FROM @extschema@.uprofile_installation i))
		   OR EXISTS (SELECT 1 FROM @extschema@.uprofile_granted g WHERE g.model OPERATOR(pg_catalog.=) uprofile_model_names.name
			   AND g.privilege OPERATOR(pg_catalog.=) 'own' AND g.owner_oid OPERATOR(pg_catalog.=) uprofile_model_names.owner_oid
			   AND g.owner_mark OPERATOR(pg_catalog.=) uprofile_model_names.owner_mark AND g.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
			   AND pg_catalog.pg_has_role(g.grantee_oid, 'USAGE')));
REVOKE INSERT ON uprofile_model_names FROM PUBLIC;
GRANT INSERT (name), UPDATE (owner_oid, last_version) ON uprofile_model_names TO PUBLIC;
GRANT UPDATE (name, comment, pinned) ON uprofile_model_names TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_model_names',
	'n (name, stored_owner, deployed, created_at, stored_oid) CROSS JOIN LATERAL '
	'(SELECT coalesce(max(r.rolname::text), stored_owner) AS owner, coalesce(max(r.oid::text), ''0'') AS owner_oid '
	'FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) stored_oid) o');

CREATE FUNCTION uprofile_reassign_model(model pg_catalog.text, role pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_reassign_model';
COMMENT ON FUNCTION uprofile_reassign_model(pg_catalog.text, pg_catalog.text) IS
'Gives a model to another role. You must be a member of its owner (or own the database, if that role is gone) and of
the other.';

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
'What each feature adds to a prediction, the greatest first: SHAP values, which sum with base_value (the same in all rows of a label) to the value, the probability or the score. Exact for trees, forests, boosting, linear models and naive Bayes, else Shapley values against the mean row.';

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
'What each feature adds to a prediction, the greatest first: SHAP values, which sum with base_value (the same in all rows of a label) to the value, the probability or the score. Exact for trees, forests, boosting, linear models and naive Bayes, else Shapley values against the mean row.';

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
'What each feature adds to a prediction by the deployed version of a named model, the greatest first: SHAP values, which sum with base_value to the value, the probability or the score. Exact for trees, forests, boosting, linear models and naive Bayes, else Shapley values against the mean row.';

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
'What each feature adds to a prediction by the deployed version of a named model, the greatest first: SHAP values, which sum with base_value to the value, the probability or the score. Exact for trees, forests, boosting, linear models and naive Bayes, else Shapley values against the mean row.';

-- ---- profiles (70) --------------------------------------------------------------------------------------------------

ALTER TABLE uprofile_profile_definitions
	ALTER COLUMN owner DROP DEFAULT,
	ADD COLUMN owner_oid pg_catalog.oid,
	ADD COLUMN owner_mark pg_catalog.uuid,
	ADD COLUMN identity pg_catalog.uuid NOT NULL DEFAULT pg_catalog.gen_random_uuid();
UPDATE @extschema@.uprofile_profile_definitions d SET
	owner_oid = coalesce((SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) d.owner), '0'),
	owner_mark = (SELECT i.mark FROM @extschema@.uprofile_installation i);
ALTER TABLE uprofile_profile_definitions ALTER COLUMN owner_oid SET NOT NULL, ALTER COLUMN owner_mark SET NOT NULL;

-- The tables of profiles get their identity: those of the name in the definition that belong to its owner.
DO $$
DECLARE
	found pg_catalog.record;
BEGIN
	FOR found IN
		SELECT n.nspname, c.relname, d.identity
		FROM @extschema@.uprofile_profile_definitions d
		JOIN pg_catalog.pg_namespace n ON CAST(n.nspname AS pg_catalog.text) OPERATOR(pg_catalog.=) d.table_schema
		JOIN pg_catalog.pg_class c ON c.relnamespace OPERATOR(pg_catalog.=) n.oid
			AND CAST(c.relname AS pg_catalog.text) OPERATOR(pg_catalog.=) d.table_name
			AND c.relowner OPERATOR(pg_catalog.=) d.owner_oid
			AND c.relkind OPERATOR(pg_catalog.=) ANY (CAST('{r,p}' AS pg_catalog."char"[]))
	LOOP
		EXECUTE pg_catalog.format('ALTER TABLE %I.%I ADD CONSTRAINT %I CHECK (true)', found.nspname, found.relname,
			pg_catalog.concat('uprofile_', pg_catalog.replace(CAST(found.identity AS pg_catalog.text), '-', '')));
	END LOOP;
END
$$;

-- Models of profiles were named profile_model and are profile.model. A user's own model of such a name makes way.
INSERT INTO @extschema@.uprofile_model_names (name, owner, deployed, created_at, owner_oid, owner_mark, last_version)
SELECT pg_catalog.concat(pg_catalog.replace(n.name, '.', '_'), '_own'), n.owner, n.deployed, n.created_at, n.owner_oid,
	   n.owner_mark, n.last_version
FROM @extschema@.uprofile_model_names n
WHERE EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d, pg_catalog.jsonb_object_keys(d.models) k
			  WHERE pg_catalog.concat(d.name, '.', k) OPERATOR(pg_catalog.=) n.name);
UPDATE @extschema@.uprofile_model_versions v SET model = pg_catalog.concat(pg_catalog.replace(v.model, '.', '_'), '_own')
WHERE EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d, pg_catalog.jsonb_object_keys(d.models) k
			  WHERE pg_catalog.concat(d.name, '.', k) OPERATOR(pg_catalog.=) v.model);
UPDATE @extschema@.uprofile_deployments v SET model = pg_catalog.concat(pg_catalog.replace(v.model, '.', '_'), '_own')
WHERE EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d, pg_catalog.jsonb_object_keys(d.models) k
			  WHERE pg_catalog.concat(d.name, '.', k) OPERATOR(pg_catalog.=) v.model);
DELETE FROM @extschema@.uprofile_model_names n
WHERE EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d, pg_catalog.jsonb_object_keys(d.models) k
			  WHERE pg_catalog.concat(d.name, '.', k) OPERATOR(pg_catalog.=) n.name);

-- A model of which the profile has not trained every version is its user's and stays so; the profile trains its own.
INSERT INTO @extschema@.uprofile_model_names (name, owner, deployed, created_at, owner_oid, owner_mark, last_version)
SELECT pg_catalog.concat(d.name, '.', k), n.owner, n.deployed, n.created_at, n.owner_oid, n.owner_mark, n.last_version
FROM @extschema@.uprofile_profile_definitions d
CROSS JOIN LATERAL pg_catalog.jsonb_object_keys(d.models) k
JOIN @extschema@.uprofile_model_names n ON n.name OPERATOR(pg_catalog.=) pg_catalog.concat(d.name, '_', k)
	AND n.owner_oid OPERATOR(pg_catalog.=) d.owner_oid
WHERE NOT EXISTS (SELECT 1 FROM @extschema@.uprofile_model_versions v WHERE v.model OPERATOR(pg_catalog.=) n.name
				  AND NOT coalesce(v.source OPERATOR(pg_catalog.=) d.source
								   AND v.key_column OPERATOR(pg_catalog.=) d.key_column, false));
UPDATE @extschema@.uprofile_model_versions v SET model = n.name
FROM @extschema@.uprofile_profile_definitions d
CROSS JOIN LATERAL pg_catalog.jsonb_object_keys(d.models) k
JOIN @extschema@.uprofile_model_names n ON n.name OPERATOR(pg_catalog.=) pg_catalog.concat(d.name, '.', k)
WHERE v.model OPERATOR(pg_catalog.=) pg_catalog.concat(d.name, '_', k);
UPDATE @extschema@.uprofile_deployments v SET model = n.name
FROM @extschema@.uprofile_profile_definitions d
CROSS JOIN LATERAL pg_catalog.jsonb_object_keys(d.models) k
JOIN @extschema@.uprofile_model_names n ON n.name OPERATOR(pg_catalog.=) pg_catalog.concat(d.name, '.', k)
WHERE v.model OPERATOR(pg_catalog.=) pg_catalog.concat(d.name, '_', k);
DELETE FROM @extschema@.uprofile_model_names n
WHERE EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d, pg_catalog.jsonb_object_keys(d.models) k
			  WHERE pg_catalog.concat(d.name, '_', k) OPERATOR(pg_catalog.=) n.name
			  AND EXISTS (SELECT 1 FROM @extschema@.uprofile_model_names x
						  WHERE x.name OPERATOR(pg_catalog.=) pg_catalog.concat(d.name, '.', k)));
INSERT INTO @extschema@.uprofile_model_names (name, owner, owner_oid, owner_mark)
SELECT pg_catalog.concat(d.name, '.', k), d.owner, d.owner_oid, d.owner_mark
FROM @extschema@.uprofile_profile_definitions d, pg_catalog.jsonb_object_keys(d.models) k
ON CONFLICT DO NOTHING;

CREATE TRIGGER uprofile_stamp_owner BEFORE INSERT OR UPDATE OF owner, owner_oid, owner_mark
	ON uprofile_profile_definitions FOR EACH ROW EXECUTE FUNCTION @extschema@.uprofile_stamp_owner();
DROP POLICY uprofile_owner ON uprofile_profile_definitions;
CREATE POLICY uprofile_owner ON uprofile_profile_definitions
	USING (@extschema@.uprofile_may_use(owner_oid, owner_mark OPERATOR(pg_catalog.=)
									   (SELECT i.mark FROM @extschema@.uprofile_installation i)));
REVOKE INSERT ON uprofile_profile_definitions FROM PUBLIC;
-- So far watch was kept and not read: profiles go on with full refreshes until they are created again.
DROP VIEW uprofile_profiles;
ALTER TABLE uprofile_profile_definitions
	ALTER COLUMN watch TYPE pg_catalog.text USING 'none',
	ADD COLUMN scored pg_catalog.jsonb,
	ADD COLUMN policy pg_catalog.jsonb NOT NULL DEFAULT '{}',
	ADD COLUMN table_columns pg_catalog.jsonb,
	ADD COLUMN clean pg_catalog.jsonb,
	ADD COLUMN cleaned pg_catalog.jsonb,
	ADD COLUMN segments pg_catalog.jsonb,
	ADD COLUMN offers pg_catalog.jsonb,
	ADD COLUMN consent pg_catalog.text;
GRANT INSERT (name, table_schema, table_name, source, source_path, key_column, watch, models, policy, clean, segments, offers, consent),
	UPDATE (owner_oid, scored, source, source_path, models, policy, table_columns, clean, cleaned, segments, offers, consent)
	ON uprofile_profile_definitions TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_profile_definitions',
	'd (name, stored_owner, table_schema, table_name, source, source_path, key_column, watch, models, created_at, '
	'stored_oid) CROSS JOIN LATERAL '
	'(SELECT coalesce(max(r.rolname::text), stored_owner) AS owner, coalesce(max(r.oid::text), ''0'') AS owner_oid '
	'FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) stored_oid) o');

CREATE VIEW uprofile_orphans WITH (security_barrier) AS
SELECT o.kind, o.name, o.owner AS former_owner
FROM (SELECT 'model' AS kind, n.name, n.owner, n.owner_oid, n.owner_mark FROM @extschema@.uprofile_model_names n
	  UNION ALL
	  SELECT 'profile', d.name, d.owner, d.owner_oid, d.owner_mark FROM @extschema@.uprofile_profile_definitions d) o
WHERE NOT EXISTS (SELECT 1 FROM pg_catalog.pg_roles r, @extschema@.uprofile_installation i
				  WHERE r.oid OPERATOR(pg_catalog.=) o.owner_oid AND i.mark OPERATOR(pg_catalog.=) o.owner_mark)
AND @extschema@.uprofile_may_use(0, false);
COMMENT ON VIEW uprofile_orphans IS 'For the owner of the database: models and profiles of roles that are gone, to be reassigned or dropped.';
ALTER VIEW uprofile_orphans OWNER TO @extowner@;
GRANT SELECT ON uprofile_orphans TO PUBLIC;

ALTER TABLE uprofile_refresh_log
	ADD COLUMN mode pg_catalog.text NOT NULL DEFAULT 'full' CHECK (mode IN ('full', 'keys', 'none')),
	ADD COLUMN run_as pg_catalog.name,
	ADD COLUMN reason pg_catalog.text,
	ADD COLUMN failed pg_catalog.int8 NOT NULL DEFAULT 0,
	ADD COLUMN remaining pg_catalog.int8 NOT NULL DEFAULT 0;

CREATE TABLE uprofile_refresh_steps
(
	id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run pg_catalog.int8 NOT NULL REFERENCES @extschema@.uprofile_refresh_log (id) ON DELETE CASCADE,
	profile pg_catalog.text NOT NULL,
	model pg_catalog.text NOT NULL,
	attempted pg_catalog.bool NOT NULL,
	decision pg_catalog.text NOT NULL,
	reason pg_catalog.text,
	version pg_catalog.int4,
	definition pg_catalog.jsonb,
	decided_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE uprofile_refresh_steps IS 'What a refresh decided about models: trained, not deployed, failed, missing; and why.';
CREATE INDEX uprofile_refresh_steps_model ON uprofile_refresh_steps (profile, model, id);
CREATE INDEX uprofile_refresh_steps_run ON uprofile_refresh_steps (run);

ALTER TABLE uprofile_refresh_steps ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_refresh_steps
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_refresh_log l JOIN @extschema@.uprofile_profile_definitions d
				   ON d.name OPERATOR(pg_catalog.=) l.profile
				   WHERE l.id OPERATOR(pg_catalog.=) run AND l.profile OPERATOR(pg_catalog.=) uprofile_refresh_steps.profile));
ALTER TABLE uprofile_refresh_steps OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_refresh_steps TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_refresh_steps', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_refresh_steps_id_seq', '');

CREATE TABLE uprofile_refresh_failures
(
	profile pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	user_key pg_catalog.text NOT NULL,
	sqlstate pg_catalog.text NOT NULL,
	message pg_catalog.text NOT NULL,
	since pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	row_at pg_catalog.timestamptz, -- of the row that stays
	row_versions pg_catalog.jsonb, -- of the models that it was computed with: their ids
	PRIMARY KEY (profile, user_key)
);
COMMENT ON TABLE uprofile_refresh_failures IS 'Users whose rows could not be computed when they were last tried, and why.';

ALTER TABLE uprofile_refresh_failures ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_refresh_failures
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_refresh_failures OWNER TO @extowner@;
GRANT SELECT, INSERT, UPDATE (sqlstate, message), DELETE ON uprofile_refresh_failures TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_refresh_failures', '');

CREATE OR REPLACE VIEW uprofile_runs WITH (security_barrier) AS
SELECT l.id AS run, l.profile, l.status, l.started_at, l.finished_at OPERATOR(pg_catalog.-) l.started_at AS duration,
	   l.users, l.inserted, l.updated, l.deleted, l.trained, l.run_by, l.sqlstate,
	   CASE WHEN a.whole THEN l.message END AS message,
	   l.mode, l.run_as, CASE WHEN a.whole THEN l.reason END AS reason, l.failed, l.remaining
FROM @extschema@.uprofile_refresh_log l
JOIN @extschema@.uprofile_profile_definitions d ON d.name OPERATOR(pg_catalog.=) l.profile
CROSS JOIN LATERAL (SELECT @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)) AS whole) a
WHERE a.whole OR EXISTS (
	SELECT 1 FROM @extschema@.uprofile_granted g
	WHERE g.profile OPERATOR(pg_catalog.=) d.name AND g.owner_oid OPERATOR(pg_catalog.=) d.owner_oid
	AND g.owner_mark OPERATOR(pg_catalog.=) d.owner_mark
	AND g.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
	AND pg_catalog.pg_has_role(g.grantee_oid, 'USAGE'));
COMMENT ON VIEW uprofile_runs IS 'The refreshes of all profiles that you may use: what changed, how long it took, and, of your own, why it failed.';
ALTER VIEW uprofile_runs OWNER TO @extowner@;
GRANT SELECT ON uprofile_runs TO PUBLIC;

CREATE VIEW uprofile_failures WITH (security_barrier) AS
SELECT f.profile, f.user_key, f.message AS error, f.sqlstate, f.since
FROM @extschema@.uprofile_refresh_failures f
JOIN @extschema@.uprofile_profile_definitions d ON d.name OPERATOR(pg_catalog.=) f.profile
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_failures IS
'Users whose rows stay as they were, since they cannot be computed; tried again when they change and with all users.';
ALTER VIEW uprofile_failures OWNER TO @extowner@;
GRANT SELECT ON uprofile_failures TO PUBLIC;

CREATE TABLE uprofile_corrected
(
	profile pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	user_key pg_catalog.text,
	step pg_catalog.int4 NOT NULL,
	rule pg_catalog.text NOT NULL,
	column_name pg_catalog.text,
	action pg_catalog.text NOT NULL,
	before pg_catalog.text,
	after pg_catalog.text,
	reason pg_catalog.text,
	original pg_catalog.jsonb,
	since pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE uprofile_corrected IS 'What the cleaning of a profile does to the rows of its users, as of the last refresh that read them.';
CREATE INDEX uprofile_corrected_user ON uprofile_corrected (profile, user_key);
ALTER TABLE uprofile_corrected ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_corrected
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_corrected OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_corrected TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_corrected', '');

CREATE VIEW uprofile_corrections WITH (security_barrier) AS
SELECT c.profile, c.user_key, c.step, c.rule, c.column_name, c.action, c.before, c.after, c.reason, c.original, c.since
FROM @extschema@.uprofile_corrected c
JOIN @extschema@.uprofile_profile_definitions d ON d.name OPERATOR(pg_catalog.=) c.profile
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_corrections IS
'What the cleaning of profiles does to the rows of their users: values changed, rows quarantined or merged; since when.';
ALTER VIEW uprofile_corrections OWNER TO @extowner@;
GRANT SELECT ON uprofile_corrections TO PUBLIC;

CREATE FUNCTION uprofile_cleaning(
	profile pg_catalog.text,
	OUT step pg_catalog.int4,
	OUT rule pg_catalog.text,
	OUT column_names pg_catalog.text[],
	OUT looks_at pg_catalog.text,
	OUT statistics pg_catalog.jsonb)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_cleaning';
COMMENT ON FUNCTION uprofile_cleaning(pg_catalog.text) IS
'The rules that clean a profile, and what each looks at: row and user (as exact for changed users alone), statistics (of the last refresh of everybody, kept here for those of changed users), all users (each refresh computes everybody).';

CREATE VIEW uprofile_run_steps WITH (security_barrier) AS
SELECT s.run, s.profile, s.model, s.attempted, s.decision, s.reason, s.version, s.definition, s.decided_at
FROM @extschema@.uprofile_refresh_steps s
JOIN @extschema@.uprofile_refresh_log l ON l.id OPERATOR(pg_catalog.=) s.run AND l.profile OPERATOR(pg_catalog.=) s.profile
JOIN @extschema@.uprofile_profile_definitions d ON d.name OPERATOR(pg_catalog.=) l.profile
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_run_steps IS 'What each refresh decided about its models, where there was something to decide, and why.';
ALTER VIEW uprofile_run_steps OWNER TO @extowner@;
GRANT SELECT ON uprofile_run_steps TO PUBLIC;

CREATE FUNCTION uprofile_queue_state(
	profile pg_catalog.text,
	OUT changed pg_catalog.int8,
	OUT oldest_change pg_catalog.timestamptz,
	OUT all_changed pg_catalog.bool)
RETURNS pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_queue_state';
COMMENT ON FUNCTION uprofile_queue_state(pg_catalog.text) IS
'What waits on the queue of a profile that you may use: keys (one may stand there several times), since when, and whether
everybody is to be computed. NULL where nothing is watched.';

CREATE FUNCTION uprofile_freshness(
	profile pg_catalog.text,
	identity pg_catalog.uuid,
	made_of pg_catalog.int8,
	OUT computed_at pg_catalog.timestamptz,
	OUT stale pg_catalog.bool)
RETURNS pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_freshness';
COMMENT ON FUNCTION uprofile_freshness(pg_catalog.text, pg_catalog.uuid, pg_catalog.int8) IS
'Called by the view <profile>_current: when the last refresh began that covered all users whose changes do not wait, and whether everybody is to be computed anew. identity: of the profile; made_of: the view''s own hash, by which a refresh sees whether it is as it should be.';

DROP FUNCTION uprofile_create(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text[], pg_catalog.jsonb);
CREATE FUNCTION uprofile_create(
	profile pg_catalog.text,
	source pg_catalog.text,
	key pg_catalog.text,
	watch pg_catalog.text DEFAULT NULL,
	models pg_catalog.jsonb DEFAULT '{}',
	clean pg_catalog.jsonb DEFAULT NULL,
	policy pg_catalog.jsonb DEFAULT NULL,
	segments pg_catalog.jsonb DEFAULT NULL,
	offers pg_catalog.jsonb DEFAULT NULL,
	consent pg_catalog.text DEFAULT NULL)
RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_create';
COMMENT ON FUNCTION uprofile_create(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.jsonb, pg_catalog.jsonb, pg_catalog.jsonb, pg_catalog.jsonb, pg_catalog.jsonb, pg_catalog.text) IS
'Creates the empty table [schema.]<profile>_profile. models: {"name": {"algorithm": …, "target": …}}. watch: auto, none, {table.column}. clean: rules as of uprofile_clean. policy: {"full_every": …}. segments: {"name": "condition"}. offers: {"source": …, "basket": …, "item": …}. consent: table.column.';

CREATE FUNCTION uprofile_alter(
	profile pg_catalog.text,
	source pg_catalog.text DEFAULT NULL,
	key pg_catalog.text DEFAULT NULL,
	watch pg_catalog.text DEFAULT NULL,
	models pg_catalog.jsonb DEFAULT NULL,
	clean pg_catalog.jsonb DEFAULT NULL,
	policy pg_catalog.jsonb DEFAULT NULL,
	drop_columns pg_catalog.text[] DEFAULT NULL,
	segments pg_catalog.jsonb DEFAULT NULL,
	offers pg_catalog.jsonb DEFAULT NULL,
	consent pg_catalog.text DEFAULT NULL)
RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_alter';
COMMENT ON FUNCTION uprofile_alter(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.jsonb, pg_catalog.jsonb, pg_catalog.jsonb, pg_catalog.text[], pg_catalog.jsonb, pg_catalog.jsonb, pg_catalog.text) IS
'Changes a profile in place: NULL stays; models, policy, segments, offers are merged by key, clean is replaced; JSON null (consent: '''') takes away. Grants, own columns and dependent views stay. drop_columns: those that the source has no more, or of another type. The next refresh computes everybody.';

DROP FUNCTION uprofile_refresh(pg_catalog.text, pg_catalog.text, pg_catalog.text);
CREATE FUNCTION uprofile_refresh(
	profile pg_catalog.text,
	retrain pg_catalog.text DEFAULT 'due',
	on_error pg_catalog.text DEFAULT 'record',
	max_deleted pg_catalog.float8 DEFAULT NULL,
	wait pg_catalog.bool DEFAULT true,
	all_users pg_catalog.bool DEFAULT false,
	max_users pg_catalog.int8 DEFAULT NULL,
	time_budget pg_catalog.interval DEFAULT NULL,
	OUT profile_name pg_catalog.text,
	OUT status pg_catalog.text,
	OUT users pg_catalog.int8,
	OUT inserted pg_catalog.int8,
	OUT updated pg_catalog.int8,
	OUT deleted pg_catalog.int8,
	OUT trained pg_catalog.text[],
	OUT seconds pg_catalog.float8,
	OUT message pg_catalog.text,
	OUT mode pg_catalog.text,
	OUT reason pg_catalog.text,
	OUT failed pg_catalog.int8,
	OUT remaining pg_catalog.int8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_refresh';
COMMENT ON FUNCTION uprofile_refresh(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8, pg_catalog.bool,
	pg_catalog.bool, pg_catalog.int8, pg_catalog.interval) IS
'Brings a profile up to date, as its owner: trains what is due (retrain: due, all, none, names), computes changed users (oldest max_users, within time_budget) or all_users, writes what differs. Failures change nothing and are recorded (on_error), as is deleting more than max_deleted. wait: else busy.';

CREATE PROCEDURE uprofile_run(
	profile pg_catalog.text,
	retrain pg_catalog.text DEFAULT 'due',
	max_deleted pg_catalog.float8 DEFAULT NULL,
	wait pg_catalog.bool DEFAULT true,
	all_users pg_catalog.bool DEFAULT false,
	max_users pg_catalog.int8 DEFAULT NULL,
	time_budget pg_catalog.interval DEFAULT NULL)
LANGUAGE c
AS 'MODULE_PATHNAME', 'uprofile_run';
COMMENT ON PROCEDURE uprofile_run(pg_catalog.text, pg_catalog.text, pg_catalog.float8, pg_catalog.bool, pg_catalog.bool,
	pg_catalog.int8, pg_catalog.interval) IS
'uprofile_refresh for schedulers: triggers for new partitions, a refresh (in slices of max_users, each a transaction, until none waits or time_budget is over), its row committed, and then the error of one that failed raised. Inside a transaction block: one slice, and no row of a failure.';

CREATE FUNCTION uprofile_explain_refresh(
	profile pg_catalog.text,
	OUT part pg_catalog.text,
	OUT item pg_catalog.text,
	OUT decision pg_catalog.text,
	OUT reason pg_catalog.text,
	OUT cost pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_explain_refresh';
COMMENT ON FUNCTION uprofile_explain_refresh(pg_catalog.text) IS
'What a refresh would do now and why, without doing it: its mode, the users who wait, which models are due, and how the source would be read, with the costs that the planner expects.';

CREATE FUNCTION uprofile_user_key(profile pg_catalog.text, user_key pg_catalog."any")
RETURNS pg_catalog.text LANGUAGE c STABLE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_user_key';
COMMENT ON FUNCTION uprofile_user_key(pg_catalog.text, pg_catalog."any") IS
'The text by which uprofile_failures and other views name a user of a profile. user_key: a value of the key''s type, its text, or ROW(…) for a key of several columns. NULL where no user can have that key.';

CREATE FUNCTION uprofile_reassign_profile(profile pg_catalog.text, role pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_reassign_profile';
COMMENT ON FUNCTION uprofile_reassign_profile(pg_catalog.text, pg_catalog.text) IS
'Gives a profile, its models and its table to another role, which its source is read as from then on. You must be a
member of its owner (or own the database, if that role is gone) and of the other.';
-- ---- sharing (72) ---------------------------------------------------------------------------------------------------

ALTER TABLE uprofile_granted ADD FOREIGN KEY (profile) REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE;

CREATE OR REPLACE VIEW uprofile_models WITH (security_barrier) AS
SELECT n.name AS model, v.version, coalesce(v.id OPERATOR(pg_catalog.=) n.deployed, false) AS deployed, v.algorithm, v.task, v.target,
	   v.n_rows AS rows_trained, v.n_test_rows AS rows_tested, v.n_features AS features, v.metrics,
	   CASE WHEN a.whole THEN v.note END AS note, CASE WHEN a.whole THEN v.source END AS source, v.key_column,
	   CASE WHEN a.whole THEN v.params END AS params, pg_catalog.octet_length(v.bytes) AS bytes,
	   (SELECT r.rolname FROM pg_catalog.pg_roles r, @extschema@.uprofile_installation i
		WHERE r.oid OPERATOR(pg_catalog.=) n.owner_oid AND i.mark OPERATOR(pg_catalog.=) n.owner_mark) AS owner, v.trained_by,
	   v.trained_at, v.seconds, v.extension_version, CASE WHEN a.whole THEN n.comment END AS comment,
	   v.id OPERATOR(pg_catalog.=) n.deployed AND n.pinned AS pinned
FROM @extschema@.uprofile_model_names n
JOIN @extschema@.uprofile_model_versions v ON v.model OPERATOR(pg_catalog.=) n.name
CROSS JOIN LATERAL (SELECT @extschema@.uprofile_may_use(n.owner_oid, n.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i))
					OR EXISTS (SELECT 1 FROM @extschema@.uprofile_granted g WHERE g.model OPERATOR(pg_catalog.=) n.name
					   AND g.privilege OPERATOR(pg_catalog.=) 'own' AND g.owner_oid OPERATOR(pg_catalog.=) n.owner_oid
					   AND g.owner_mark OPERATOR(pg_catalog.=) n.owner_mark AND g.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
					   AND pg_catalog.pg_has_role(g.grantee_oid, 'USAGE')) AS whole) a
WHERE a.whole OR (v.id OPERATOR(pg_catalog.=) n.deployed AND EXISTS (
	SELECT 1 FROM @extschema@.uprofile_granted g
	WHERE (g.model OPERATOR(pg_catalog.=) n.name OR EXISTS (
			SELECT 1 FROM @extschema@.uprofile_profile_definitions d
			WHERE d.name OPERATOR(pg_catalog.=) g.profile AND d.owner_oid OPERATOR(pg_catalog.=) n.owner_oid
			AND d.owner_mark OPERATOR(pg_catalog.=) n.owner_mark
			AND pg_catalog.starts_with(n.name, pg_catalog.concat(d.name, '.'))
			AND pg_catalog.jsonb_exists(d.models, pg_catalog.substr(n.name, pg_catalog.length(d.name) OPERATOR(pg_catalog.+) 2))))
	AND g.owner_oid OPERATOR(pg_catalog.=) n.owner_oid AND g.owner_mark OPERATOR(pg_catalog.=) n.owner_mark
	AND g.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
	AND pg_catalog.pg_has_role(g.grantee_oid, 'USAGE')));
COMMENT ON VIEW uprofile_models IS 'The versions of all models that you may use: what they are, how good, which is deployed; of a model shared with you for use, the deployed one without source and params.';

CREATE OR REPLACE VIEW uprofile_metrics WITH (security_barrier) AS
SELECT n.model, n.version, n.deployed, m.key AS metric, CAST(m.value AS pg_catalog.float8) AS value
FROM @extschema@.uprofile_models n CROSS JOIN LATERAL pg_catalog.jsonb_each(n.metrics) m
WHERE pg_catalog.jsonb_typeof(m.value) OPERATOR(pg_catalog.=) 'number';

CREATE VIEW uprofile_grants WITH (security_barrier) AS
SELECT CASE WHEN g.model IS NULL THEN 'profile' ELSE 'model' END AS kind, coalesce(g.model, g.profile) AS name, g.privilege,
	   CAST(r.rolname AS pg_catalog.text) AS role_name, g.granted_at
FROM @extschema@.uprofile_granted g JOIN pg_catalog.pg_roles r ON r.oid OPERATOR(pg_catalog.=) g.grantee_oid
WHERE g.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
AND (@extschema@.uprofile_may_use(g.owner_oid, true) OR pg_catalog.pg_has_role(g.grantee_oid, 'USAGE'))
AND (EXISTS (SELECT 1 FROM @extschema@.uprofile_model_names n WHERE n.name OPERATOR(pg_catalog.=) g.model
			 AND n.owner_oid OPERATOR(pg_catalog.=) g.owner_oid AND n.owner_mark OPERATOR(pg_catalog.=) g.owner_mark)
	 OR EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d WHERE d.name OPERATOR(pg_catalog.=) g.profile
				AND d.owner_oid OPERATOR(pg_catalog.=) g.owner_oid AND d.owner_mark OPERATOR(pg_catalog.=) g.owner_mark));
COMMENT ON VIEW uprofile_grants IS 'What is shared: models and profiles of yours with other roles, and theirs with you.';
ALTER VIEW uprofile_grants OWNER TO @extowner@;
GRANT SELECT ON uprofile_grants TO PUBLIC;

CREATE FUNCTION uprofile_share(model pg_catalog.text, role pg_catalog.text, privilege pg_catalog.text DEFAULT 'use')
RETURNS pg_catalog.void LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_share';
COMMENT ON FUNCTION uprofile_share(pg_catalog.text, pg_catalog.text, pg_catalog.text) IS
'Shares a model of yours with another role. privilege: use (predictions, explanations and uprofile_model_info by name, without its
bytes and its source) or own (all that you may, but to share it and to give it away).';

CREATE FUNCTION uprofile_unshare(model pg_catalog.text, role pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_unshare';
COMMENT ON FUNCTION uprofile_unshare(pg_catalog.text, pg_catalog.text) IS
'Takes back what uprofile_share gave a role.';

CREATE FUNCTION uprofile_grant(profile pg_catalog.text, role pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_grant';
COMMENT ON FUNCTION uprofile_grant(pg_catalog.text, pg_catalog.text) IS
'Lets a role read a profile of yours: SELECT on its table and view, USAGE of their schema if you may grant it, its freshness and runs
in the views, and predictions by name with its models.';

CREATE FUNCTION uprofile_revoke(profile pg_catalog.text, role pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_revoke';
COMMENT ON FUNCTION uprofile_revoke(pg_catalog.text, pg_catalog.text) IS
'Takes back what uprofile_grant gave a role, but for USAGE of the schema.';

-- ---- watching (75) --------------------------------------------------------------------------------------------------


CREATE FUNCTION uprofile_dependencies(
	source pg_catalog.text,
	key pg_catalog.text,
	OUT kind pg_catalog.text,
	OUT table_name pg_catalog.text,
	OUT column_names pg_catalog.text[],
	OUT watchable pg_catalog.bool,
	OUT reason pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_dependencies';
COMMENT ON FUNCTION uprofile_dependencies(pg_catalog.text, pg_catalog.text) IS
'What a source depends on. kind table: a table, its columns that equal the key wherever a row matters to a user, or why there are none; users: why one user''s values depend on others; clock: columns that change with time alone. key: columns of the source, joined by commas.';

CREATE TABLE uprofile_watches
(
	id pg_catalog.int8 PRIMARY KEY,
	profile pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	table_schema pg_catalog.text NOT NULL,
	table_name pg_catalog.text NOT NULL,
	table_oid pg_catalog.oid NOT NULL,
	queue_schema pg_catalog.text NOT NULL,
	queue_name pg_catalog.text NOT NULL,
	queue_oid pg_catalog.oid NOT NULL,
	oids_of pg_catalog.text NOT NULL,
	leaves pg_catalog.oid[] NOT NULL,
	column_names pg_catalog.text[] NOT NULL,
	key_query pg_catalog.text,
	found pg_catalog.text NOT NULL CHECK (found IN ('auto', 'given', 'on the way')),
	form pg_catalog.text NOT NULL CHECK (form IN ('statement', 'row', 'always'))
);
COMMENT ON TABLE uprofile_watches IS
'Watched tables: the columns whose values a change puts on a profile''s queue. oids_of: the database in which the OIDs hold.';
CREATE INDEX uprofile_watches_profile ON uprofile_watches (profile);

ALTER TABLE uprofile_watches ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_watches
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_watches OWNER TO @extowner@;
GRANT SELECT, INSERT, UPDATE, DELETE ON uprofile_watches TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_watches', '');

CREATE FUNCTION uprofile_watch_trigger()
RETURNS pg_catalog.trigger LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_watch_trigger';
COMMENT ON FUNCTION uprofile_watch_trigger() IS
'Puts the users whom a statement changed on the queue of a profile. Its triggers are made and removed with the profile.';

CREATE FUNCTION uprofile_watched(
	profile pg_catalog.text,
	OUT table_name pg_catalog.text,
	OUT column_names pg_catalog.text[],
	OUT key_query pg_catalog.text,
	OUT found pg_catalog.text,
	OUT form pg_catalog.text,
	OUT state pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_watched';
COMMENT ON FUNCTION uprofile_watched(pg_catalog.text) IS
'The tables that a profile watches: the columns that are put on its queue, the query that finds the key by them (none
where they are the key), how each was found (auto, given, on the way), the form of its triggers (statement, row, always),
and its state (ok, or what is wrong).';

-- ---- retraining (82) ------------------------------------------------------------------------------------------------

CREATE TABLE uprofile_retrain_state
(
	profile pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	model pg_catalog.text NOT NULL,
	version_id pg_catalog.int8 NOT NULL,
	changed pg_catalog.int8 NOT NULL,
	gone pg_catalog.int8 NOT NULL DEFAULT 0,
	members pg_catalog.bytea NOT NULL,
	PRIMARY KEY (profile, model)
);
COMMENT ON TABLE uprofile_retrain_state IS 'How many users changed, and how many left, since the last version of a profile''s model was trained, where its definition asks for it.';
ALTER TABLE uprofile_retrain_state ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_retrain_state
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_retrain_state OWNER TO @extowner@;
GRANT SELECT, INSERT, UPDATE, DELETE ON uprofile_retrain_state TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_retrain_state', '');

-- ---- versions (87) --------------------------------------------------------------------------------------------------

CREATE FUNCTION uprofile_prune_models(
	keep pg_catalog.int4 DEFAULT 5,
	model pg_catalog.text DEFAULT NULL,
	OUT model_name pg_catalog.text,
	OUT versions_dropped pg_catalog.int4,
	OUT bytes_freed pg_catalog.int8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_prune_models';
COMMENT ON FUNCTION uprofile_prune_models(pg_catalog.int4, pg_catalog.text) IS
'Drops old versions of a model, or of all that are yours: what stays is the newest so many of each, the deployed one, and the one that uprofile_rollback would go back to. One row a model that lost any.';

CREATE FUNCTION uprofile_rename_model(model pg_catalog.text, new_name pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_rename_model';
COMMENT ON FUNCTION uprofile_rename_model(pg_catalog.text, pg_catalog.text) IS
'Gives a model another name; its versions, deployments and grants go with it. A profile''s models keep theirs.';

CREATE FUNCTION uprofile_comment_model(model pg_catalog.text, comment pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_comment_model';
COMMENT ON FUNCTION uprofile_comment_model(pg_catalog.text, pg_catalog.text) IS
'Says something of a model, which uprofile_models shows; NULL takes it away.';

CREATE FUNCTION uprofile_export_model(model pg_catalog.text, version pg_catalog.int4 DEFAULT NULL)
RETURNS pg_catalog.jsonb LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_export_model';
COMMENT ON FUNCTION uprofile_export_model(pg_catalog.text, pg_catalog.int4) IS
'A model of yours as one JSON document, to be imported into another database: the deployed version, or the one given, with its figures. At most 180 MB.';

CREATE FUNCTION uprofile_import_model(
	exported pg_catalog.jsonb,
	model pg_catalog.text DEFAULT NULL,
	deploy pg_catalog.bool DEFAULT true,
	OUT model_name pg_catalog.text,
	OUT version pg_catalog.int4,
	OUT deployed pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_import_model';
COMMENT ON FUNCTION uprofile_import_model(pg_catalog.jsonb, pg_catalog.text, pg_catalog.bool) IS
'Registers what uprofile_export_model returned, as a new version of the model of that name or of the one given. The bytes are checked; the figures are those of the database they come from.';

-- How fresh the values of one user are, and where they come from.

CREATE FUNCTION uprofile_get(profile pg_catalog.text, user_key pg_catalog."any")
RETURNS pg_catalog.jsonb LANGUAGE c STABLE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_get';
COMMENT ON FUNCTION uprofile_get(pg_catalog.text, pg_catalog."any") IS
'One user of a profile as its view has him: each value with its source or the version of its model, as of when it is, and whether it is stale or expired (ttl); and why. Takes SELECT on the view. user_key: a value of the key''s type, its text, or ROW(…) for a key of several columns.';

-- Honest scores: for each fold of the users that a version was trained on a model that has not seen them.
CREATE TABLE uprofile_model_folds
(
	version_id pg_catalog.int8 NOT NULL REFERENCES @extschema@.uprofile_model_versions (id) ON DELETE CASCADE,
	fold pg_catalog.int4 NOT NULL CHECK (fold >= 0),
	bytes pg_catalog.bytea NOT NULL,
	users pg_catalog.bytea NOT NULL, -- 32 bits of the hash of each, ascending
	PRIMARY KEY (version_id, fold)
);
COMMENT ON TABLE uprofile_model_folds IS 'Models for honest scores: of each fold of the users that a version was trained on, one that has not seen them, and who they are.';
ALTER TABLE uprofile_model_folds ALTER COLUMN bytes SET STORAGE EXTERNAL;
ALTER TABLE uprofile_model_folds ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_model_folds
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_model_versions v WHERE v.id OPERATOR(pg_catalog.=) version_id));
ALTER TABLE uprofile_model_folds OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_model_folds TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_model_folds', '');

-- ---- history (80) ---------------------------------------------------------------------------------------------------

-- The past of profiles, kept in <profile>_history where their policy says so.

CREATE FUNCTION uprofile_history(
	profile pg_catalog.text,
	user_key pg_catalog."any",
	OUT changed_at pg_catalog.timestamptz,
	OUT operation pg_catalog.text,
	OUT values_before pg_catalog.jsonb,
	OUT values_after pg_catalog.jsonb)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_history';
COMMENT ON FUNCTION uprofile_history(pg_catalog.text, pg_catalog."any") IS
'What refreshes changed of a user, oldest first: when, insert, update or delete, and the columns that changed with their values before and after. Kept where policy has "history"; needs SELECT on <profile>_history. user_key: as in uprofile_user_key.';

CREATE FUNCTION uprofile_as_of(profile_row pg_catalog.anyelement, at pg_catalog.timestamptz)
RETURNS SETOF pg_catalog.anyelement LANGUAGE c STABLE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_as_of';
COMMENT ON FUNCTION uprofile_as_of(pg_catalog.anyelement, pg_catalog.timestamptz) IS
'The rows of a profile as refreshes had left them at a time: uprofile_as_of(NULL::shop_profile, ''yesterday''). Columns that came later, and your own, are NULL. Needs policy "history", and SELECT on the table and <profile>_history.';

CREATE FUNCTION uprofile_prune(
	profile pg_catalog.text DEFAULT NULL,
	runs pg_catalog.interval DEFAULT '90 days',
	history pg_catalog.interval DEFAULT NULL,
	failures pg_catalog.interval DEFAULT '90 days',
	OUT what pg_catalog.text,
	OUT profile_name pg_catalog.text,
	OUT deleted pg_catalog.int8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_prune';
COMMENT ON FUNCTION uprofile_prune(pg_catalog.text, pg_catalog.interval, pg_catalog.interval, pg_catalog.interval) IS
'Deletes what is older than these times, of a profile or of all of yours: runs (but those that decide on what comes next), history (NULL: as each policy says), failures of users whom the source has no more; of all: months of your event tables too. NULL: none. A row for each where something went.';

-- ---- schedules (84) -------------------------------------------------------------------------------------------------

-- Schedules: what pg_cron was asked to run, and when everybody is computed next. A row here is the wish, which a dump keeps;
-- the job is pg_cron's, named after the profile's identity.

CREATE TABLE uprofile_schedules
(
	profile pg_catalog.text PRIMARY KEY REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	schedule pg_catalog.text NOT NULL,
	run_as pg_catalog.name NOT NULL,
	scheduled_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE uprofile_schedules IS 'When profiles are refreshed by pg_cron, and as which role, as uprofile_schedule was told.';
ALTER TABLE uprofile_schedules ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_schedules
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_schedules OWNER TO @extowner@;
GRANT SELECT, INSERT (profile, schedule, run_as), UPDATE (schedule, run_as, scheduled_at), DELETE ON uprofile_schedules TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_schedules', '');

CREATE FUNCTION uprofile_schedule(profile pg_catalog.text, cron pg_catalog.text DEFAULT NULL)
RETURNS pg_catalog.int8 LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_schedule';
COMMENT ON FUNCTION uprofile_schedule(pg_catalog.text, pg_catalog.text) IS
'Has pg_cron refresh a profile of yours, as you, with uprofile_run; returns the id of the job, which takes the place of the one before. cron: five fields, as ''0 3 * * *'' for every night at three (GMT in pg_cron 1.4); NULL: as it was scheduled last, for instance before a restore.';

CREATE FUNCTION uprofile_unschedule(profile pg_catalog.text)
RETURNS pg_catalog.bool LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_unschedule';
COMMENT ON FUNCTION uprofile_unschedule(pg_catalog.text) IS
'Ends the refreshes that uprofile_schedule ordered; false where there were none.';

CREATE FUNCTION uprofile_next_full(policy pg_catalog.jsonb, scored pg_catalog.jsonb)
RETURNS pg_catalog.timestamptz LANGUAGE c STABLE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_next_full';
COMMENT ON FUNCTION uprofile_next_full(pg_catalog.jsonb, pg_catalog.jsonb) IS
'Called by the view uprofile_profiles: when full_every of a policy makes a refresh compute everybody next. scored: what the registry keeps of the last time. NULL where time does not.';

CREATE VIEW uprofile_profiles WITH (security_barrier) AS
SELECT d.name AS profile, pg_catalog.format('%I.%I', d.table_schema, d.table_name) AS table_name, d.key_column,
	   CASE WHEN a.whole THEN d.source END AS source, CASE WHEN a.whole THEN d.models END AS models,
	   CASE WHEN a.whole THEN d.watch END AS watch,
	   (SELECT r.rolname FROM pg_catalog.pg_roles r, @extschema@.uprofile_installation i
		WHERE r.oid OPERATOR(pg_catalog.=) d.owner_oid AND i.mark OPERATOR(pg_catalog.=) d.owner_mark) AS owner,
	   d.created_at, last.status AS last_status,
	   last.finished_at AS last_refresh, good.finished_at AS fresh_at,
	   pg_catalog.now() OPERATOR(pg_catalog.-) good.finished_at AS age, good.users, CASE WHEN a.whole THEN last.message END AS last_message,
	   last.mode AS last_mode, q.changed, q.oldest_change, q.all_changed,
	   coalesce(d.policy OPERATOR(pg_catalog.->>) 'refresh', 'manual') AS refresh, s.schedule,
	   @extschema@.uprofile_next_full(d.policy, d.scored) AS next_full,
	   CASE WHEN a.whole THEN d.policy END AS policy, CASE WHEN a.whole THEN d.clean END AS clean
FROM @extschema@.uprofile_profile_definitions d
LEFT JOIN LATERAL (SELECT l.status, l.finished_at, l.message, l.mode FROM @extschema@.uprofile_refresh_log l
				   WHERE l.profile OPERATOR(pg_catalog.=) d.name ORDER BY l.id DESC LIMIT 1) last ON true
LEFT JOIN LATERAL (SELECT l.finished_at, l.users FROM @extschema@.uprofile_refresh_log l
				   WHERE l.profile OPERATOR(pg_catalog.=) d.name AND l.status OPERATOR(pg_catalog.=) 'succeeded'
				   ORDER BY l.id DESC LIMIT 1) good ON true
LEFT JOIN @extschema@.uprofile_schedules s ON s.profile OPERATOR(pg_catalog.=) d.name
LEFT JOIN LATERAL @extschema@.uprofile_queue_state(d.name) q ON true
CROSS JOIN LATERAL (SELECT @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)) AS whole) a
WHERE a.whole OR EXISTS (
	SELECT 1 FROM @extschema@.uprofile_granted g
	WHERE g.profile OPERATOR(pg_catalog.=) d.name AND g.owner_oid OPERATOR(pg_catalog.=) d.owner_oid
	AND g.owner_mark OPERATOR(pg_catalog.=) d.owner_mark
	AND g.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
	AND pg_catalog.pg_has_role(g.grantee_oid, 'USAGE'));
COMMENT ON VIEW uprofile_profiles IS 'The profiles that you may use: their tables, how fresh they are, what waits, the last run, when the next ones are due; of your own, source, models, policy and rules as well.';
ALTER VIEW uprofile_profiles OWNER TO @extowner@;
GRANT SELECT ON uprofile_profiles TO PUBLIC;

-- ---- trust before training (86) ---------------------------------------------------------------------------------------

CREATE FUNCTION uprofile_cross_validate(
	source pg_catalog.text,
	target pg_catalog.text,
	algorithm pg_catalog.text,
	params pg_catalog.jsonb DEFAULT '{}',
	folds pg_catalog.int4 DEFAULT NULL,
	split pg_catalog.jsonb DEFAULT NULL,
	key pg_catalog.text DEFAULT NULL,
	seed pg_catalog.int8 DEFAULT NULL,
	OUT fold pg_catalog.int4,
	OUT metric pg_catalog.text,
	OUT value pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 50
AS 'MODULE_PATHNAME', 'uprofile_cross_validate';
COMMENT ON FUNCTION uprofile_cross_validate(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb,
	pg_catalog.int4, pg_catalog.jsonb, pg_catalog.text, pg_catalog.int8) IS
'Trains an algorithm on all folds of a source but one, measures it on that one, and so on (5 folds by default). split:
{"method": hash, random, stratified, group, time or column, "column": …, "folds": …, "repeats": …, "seed": …}. Nothing is
stored.';

-- Users whose rows stay as they were, for the views of profiles.

CREATE FUNCTION uprofile_failed_at(profile pg_catalog.text, identity pg_catalog.uuid, user_key pg_catalog."any")
RETURNS pg_catalog.timestamptz LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_failed_at';
COMMENT ON FUNCTION uprofile_failed_at(pg_catalog.text, pg_catalog.uuid, pg_catalog."any") IS
'Called by the view <profile>_current: as of when the row of a user is who cannot be computed and stays as he was; NULL for all others. identity: of the profile.';

-- ---- drift (83) -------------------------------------------------------------------------------------------------------

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
'Whether a source looks as what a model was trained on: psi, ks, chi_squared, unseen and missing of each column and of the predictions. drifted: the value is above the threshold, what matters (params, see uprofile_params(''drift'')) and beyond chance.';

CREATE FUNCTION uprofile_drift(
	model pg_catalog.text,
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
AS 'MODULE_PATHNAME', 'uprofile_drift_named';
COMMENT ON FUNCTION uprofile_drift(pg_catalog.text, pg_catalog.text, pg_catalog.jsonb) IS
'Whether a source looks as what the deployed version of a model was trained on: psi, ks, chi_squared, unseen and missing of each column and of the predictions. drifted: the value is above the threshold, what matters (params, see uprofile_params(''drift'')) and beyond chance.';

CREATE FUNCTION uprofile_tune(
	source pg_catalog.text,
	target pg_catalog.text,
	algorithm pg_catalog.text,
	search pg_catalog.jsonb,
	method pg_catalog.text DEFAULT NULL,
	metric pg_catalog.text DEFAULT NULL,
	folds pg_catalog.int4 DEFAULT NULL,
	split pg_catalog.jsonb DEFAULT NULL,
	key pg_catalog.text DEFAULT NULL,
	max_trials pg_catalog.int4 DEFAULT NULL,
	time_budget pg_catalog.interval DEFAULT NULL,
	stop_early pg_catalog.bool DEFAULT false,
	seed pg_catalog.int8 DEFAULT NULL,
	OUT trial pg_catalog.int4,
	OUT params pg_catalog.jsonb,
	OUT mean pg_catalog.float8,
	OUT std pg_catalog.float8,
	OUT rank pg_catalog.int4,
	OUT seconds pg_catalog.float8,
	OUT pruned pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_tune';
COMMENT ON FUNCTION uprofile_tune(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb, pg_catalog.text,
	pg_catalog.text, pg_catalog.int4, pg_catalog.jsonb, pg_catalog.text, pg_catalog.int4, pg_catalog.interval,
	pg_catalog.bool, pg_catalog.int8) IS
'Tries parameters of an algorithm, and of its pipeline, by cross-validation: {"C": [0.1, 1]} or {"C": {"log_uniform":
[0.001, 10]}}; method grid, random, halving, hyperband or tpe. The best mean over the folds has rank 1; of equal ones the
smaller model, then the earlier trial.';

CREATE TABLE uprofile_drift_measured
(
	id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	run pg_catalog.int8 NOT NULL REFERENCES @extschema@.uprofile_refresh_log (id) ON DELETE CASCADE,
	profile pg_catalog.text NOT NULL,
	model pg_catalog.text NOT NULL,
	version pg_catalog.int4,
	column_name pg_catalog.text,
	kind pg_catalog.text NOT NULL,
	statistic pg_catalog.text NOT NULL,
	value pg_catalog.float8,
	threshold pg_catalog.float8,
	drifted pg_catalog.bool NOT NULL,
	detail pg_catalog.text NOT NULL,
	measured_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp()
);
COMMENT ON TABLE uprofile_drift_measured IS 'What refreshes found of how users differ from those that models were trained on. It goes with its run.';
CREATE INDEX uprofile_drift_measured_run ON uprofile_drift_measured (run);
CREATE INDEX uprofile_drift_measured_model ON uprofile_drift_measured (profile, model, id);

CREATE TABLE uprofile_drift_state
(
	profile pg_catalog.text PRIMARY KEY REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	changes pg_catalog.int8 NOT NULL
);
COMMENT ON TABLE uprofile_drift_state IS 'How many changes of users refreshes have written since drift was measured.';

ALTER TABLE uprofile_drift_measured ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_drift_measured
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_refresh_log l JOIN @extschema@.uprofile_profile_definitions d
				   ON d.name OPERATOR(pg_catalog.=) l.profile
				   WHERE l.id OPERATOR(pg_catalog.=) run AND l.profile OPERATOR(pg_catalog.=) uprofile_drift_measured.profile));
ALTER TABLE uprofile_drift_state ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_drift_state
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_drift_measured OWNER TO @extowner@;
ALTER TABLE uprofile_drift_state OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_drift_measured TO PUBLIC;
GRANT SELECT, INSERT, UPDATE (changes), DELETE ON uprofile_drift_state TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_drift_measured', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_drift_measured_id_seq', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_drift_state', '');

CREATE VIEW uprofile_drift_log WITH (security_barrier) AS
SELECT m.run, m.profile, m.model, m.version, m.column_name, m.kind, m.statistic, m.value, m.threshold, m.drifted, m.detail, m.measured_at
FROM @extschema@.uprofile_drift_measured m
JOIN @extschema@.uprofile_refresh_log l ON l.id OPERATOR(pg_catalog.=) m.run AND l.profile OPERATOR(pg_catalog.=) m.profile
JOIN @extschema@.uprofile_profile_definitions d ON d.name OPERATOR(pg_catalog.=) l.profile
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_drift_log IS 'Drift as refreshes of your profiles measured it: of each model and run one row that sums it up (kind model), and one for each statistic that drifted.';
ALTER VIEW uprofile_drift_log OWNER TO @extowner@;
GRANT SELECT ON uprofile_drift_log TO PUBLIC;

-- ---- measuring (40, 85) ---------------------------------------------------------------------------------------------

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.bool, predicted pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.bool, pg_catalog.bool) IS
'Of the rows that are not positive, the share predicted as such. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.bool, predicted pg_catalog.bool, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.bool, pg_catalog.bool, pg_catalog.jsonb) IS
'Of the rows that are not positive, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.float8, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.float8, pg_catalog.float8) IS
'Of the rows that are not positive, the share predicted as such. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.float8, predicted pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb) IS
'Of the rows that are not positive, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.text, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.text, pg_catalog.text) IS
'Of the rows that are not positive, the share predicted as such. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.text, predicted pg_catalog.text, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.text, pg_catalog.text, pg_catalog.jsonb) IS
'Of the rows that are not positive, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.bool, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.bool, pg_catalog.text) IS
'Of the rows that are not positive, the share predicted as such. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.bool, predicted pg_catalog.text, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.bool, pg_catalog.text, pg_catalog.jsonb) IS
'Of the rows that are not positive, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.float8, predicted pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.float8, pg_catalog.text) IS
'Of the rows that are not positive, the share predicted as such. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.float8, predicted pg_catalog.text, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.float8, pg_catalog.text, pg_catalog.jsonb) IS
'Of the rows that are not positive, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.bool, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.bool, pg_catalog.float8) IS
'Of the rows that are not positive, the share predicted as such. The positive label is true or 1; otherwise params must say which one is, or how to average.';

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.bool, predicted pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb) IS
'Of the rows that are not positive, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}.';

DROP FUNCTION uprofile_evaluate(pg_catalog.text, pg_catalog.text, pg_catalog.text);
CREATE FUNCTION uprofile_evaluate(
	model pg_catalog.text,
	source pg_catalog.text,
	target pg_catalog.text DEFAULT NULL,
	by pg_catalog.text DEFAULT NULL,
	rows pg_catalog.text DEFAULT 'all',
	bootstrap pg_catalog.int4 DEFAULT 0,
	seed pg_catalog.int8 DEFAULT 0,
	weight pg_catalog.text DEFAULT NULL,
	min_group pg_catalog.int4 DEFAULT 1,
	OUT metric pg_catalog.text,
	OUT value pg_catalog.float8,
	OUT baseline pg_catalog.float8,
	OUT low pg_catalog.float8,
	OUT high pg_catalog.float8,
	OUT group_value pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_evaluate';
COMMENT ON FUNCTION uprofile_evaluate(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.text, pg_catalog.int4, pg_catalog.int8, pg_catalog.text, pg_catalog.int4) IS
'Measures the deployed version of a model on a source. baseline: the best constant answer for these rows. by: a column, one report a value of min_group rows, and what differs between them. rows: all, or held_out. bootstrap: samples for low and high, which hold 95 % of them. weight: a column.';

CREATE FUNCTION uprofile_held_out(
	model pg_catalog.text,
	source pg_catalog.text,
	OUT user_key pg_catalog.text)
RETURNS SETOF pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_held_out';
COMMENT ON FUNCTION uprofile_held_out(pg_catalog.text, pg_catalog.text) IS
'The keys of a source whose rows the deployed version of a model held out of its training, or would have: each once, by bytes.';

CREATE FUNCTION uprofile_roc(
	model pg_catalog.text,
	source pg_catalog.text,
	target pg_catalog.text DEFAULT NULL,
	label pg_catalog.text DEFAULT NULL,
	rows pg_catalog.text DEFAULT 'all',
	weight pg_catalog.text DEFAULT NULL,
	OUT threshold pg_catalog.float8,
	OUT false_positive_rate pg_catalog.float8,
	OUT true_positive_rate pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_roc';
COMMENT ON FUNCTION uprofile_roc(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text) IS
'The ROC curve of a classifier on a source, from the highest threshold down; points on a straight line are left out. label: the class that counts, of two the second. rows: all, or held_out. weight: a column of them.';

CREATE FUNCTION uprofile_precision_recall(
	model pg_catalog.text,
	source pg_catalog.text,
	target pg_catalog.text DEFAULT NULL,
	label pg_catalog.text DEFAULT NULL,
	rows pg_catalog.text DEFAULT 'all',
	weight pg_catalog.text DEFAULT NULL,
	OUT threshold pg_catalog.float8,
	OUT precision_at pg_catalog.float8,
	OUT recall_at pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_precision_recall';
COMMENT ON FUNCTION uprofile_precision_recall(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text) IS
'Precision and recall of a classifier at every threshold, ascending; the last row has none, precision 1 and recall 0. label: the class that counts, of two the second. rows: all, or held_out. weight: a column of them.';

CREATE FUNCTION uprofile_calibration(
	model pg_catalog.text,
	source pg_catalog.text,
	target pg_catalog.text DEFAULT NULL,
	label pg_catalog.text DEFAULT NULL,
	rows pg_catalog.text DEFAULT 'all',
	bins pg_catalog.int4 DEFAULT 10,
	method pg_catalog.text DEFAULT 'uniform',
	weight pg_catalog.text DEFAULT NULL,
	OUT bin pg_catalog.int4,
	OUT low pg_catalog.float8,
	OUT high pg_catalog.float8,
	OUT n_rows pg_catalog.int8,
	OUT predicted pg_catalog.float8,
	OUT observed pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_calibration';
COMMENT ON FUNCTION uprofile_calibration(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.int4, pg_catalog.text, pg_catalog.text) IS
'Whether probabilities are what happens: by ranges of the predicted probability (uniform: equally wide, quantile: equally many rows) its mean and the share of rows of the class. Ranges without rows are left out. label, rows, weight: as uprofile_roc.';

CREATE FUNCTION uprofile_lift(
	model pg_catalog.text,
	source pg_catalog.text,
	target pg_catalog.text DEFAULT NULL,
	label pg_catalog.text DEFAULT NULL,
	rows pg_catalog.text DEFAULT 'all',
	parts pg_catalog.int4 DEFAULT 10,
	weight pg_catalog.text DEFAULT NULL,
	OUT part pg_catalog.int4,
	OUT n_rows pg_catalog.int8,
	OUT low pg_catalog.float8,
	OUT high pg_catalog.float8,
	OUT positives pg_catalog.float8,
	OUT rate pg_catalog.float8,
	OUT lift pg_catalog.float8,
	OUT gain pg_catalog.float8,
	OUT cumulative_lift pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_lift';
COMMENT ON FUNCTION uprofile_lift(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.int4, pg_catalog.text) IS
'Lift and gain by parts of the rows, the highest probabilities first: the share of the class in each beside that of all rows, and what share of the class is found so far. Rows of one probability share. label, rows, weight: as uprofile_roc.';

-- ---- tuning within a training (86) ----------------------------------------------------------------------------------

-- What was tried for a version that was tuned.
CREATE TABLE uprofile_model_trials
(
	version_id pg_catalog.int8 NOT NULL REFERENCES @extschema@.uprofile_model_versions (id) ON DELETE CASCADE,
	trial pg_catalog.int4 NOT NULL,
	params pg_catalog.jsonb NOT NULL,
	metric pg_catalog.text NOT NULL,
	mean pg_catalog.float8,
	std pg_catalog.float8,
	rank pg_catalog.int4 NOT NULL,
	seconds pg_catalog.float8 NOT NULL,
	pruned pg_catalog.bool NOT NULL,
	PRIMARY KEY (version_id, trial)
);
COMMENT ON TABLE uprofile_model_trials IS 'The trials of versions that were tuned as they were trained; uprofile_trials shows them.';
ALTER TABLE uprofile_model_trials ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_model_trials
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_model_versions v WHERE v.id OPERATOR(pg_catalog.=) version_id));
ALTER TABLE uprofile_model_trials OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_model_trials TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_model_trials', '');

CREATE VIEW uprofile_trials WITH (security_barrier) AS
SELECT v.model, v.version, t.trial, t.params, t.metric, t.mean, t.std, t.rank, t.seconds, t.pruned
FROM @extschema@.uprofile_model_trials t
JOIN @extschema@.uprofile_model_versions v ON v.id OPERATOR(pg_catalog.=) t.version_id
JOIN @extschema@.uprofile_model_names n ON n.name OPERATOR(pg_catalog.=) v.model
WHERE @extschema@.uprofile_may_use(n.owner_oid, n.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i))
   OR EXISTS (SELECT 1 FROM @extschema@.uprofile_granted g WHERE g.model OPERATOR(pg_catalog.=) n.name
	   AND g.privilege OPERATOR(pg_catalog.=) 'own' AND g.owner_oid OPERATOR(pg_catalog.=) n.owner_oid
	   AND g.owner_mark OPERATOR(pg_catalog.=) n.owner_mark AND g.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
	   AND pg_catalog.pg_has_role(g.grantee_oid, 'USAGE'));
COMMENT ON VIEW uprofile_trials IS 'What was tried for each version that uprofile_train tuned: parameters, mean and deviation of the metric over the folds, rank (1: trained), time, and whether it was given up.';
ALTER VIEW uprofile_trials OWNER TO @extowner@;
GRANT SELECT ON uprofile_trials TO PUBLIC;

-- Training takes what to tune.
DROP FUNCTION @extschema@.uprofile_train(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8, pg_catalog.text, pg_catalog.int8);
CREATE FUNCTION uprofile_train(
	model pg_catalog.text,
	source pg_catalog.text,
	target pg_catalog.text DEFAULT NULL,
	algorithm pg_catalog.text DEFAULT NULL,
	key pg_catalog.text DEFAULT NULL,
	params pg_catalog.jsonb DEFAULT '{}',
	test_size pg_catalog.float8 DEFAULT 0.2,
	deploy pg_catalog.text DEFAULT 'auto',
	seed pg_catalog.int8 DEFAULT NULL,
	tune pg_catalog.jsonb DEFAULT NULL,
	OUT model_name pg_catalog.text,
	OUT version pg_catalog.int4,
	OUT algorithm_name pg_catalog.text,
	OUT task pg_catalog.text,
	OUT rows_trained pg_catalog.int8,
	OUT rows_tested pg_catalog.int8,
	OUT features pg_catalog.int4,
	OUT metrics pg_catalog.jsonb,
	OUT deployed pg_catalog.bool,
	OUT note pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_train';
COMMENT ON FUNCTION uprofile_train(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8, pg_catalog.text, pg_catalog.int8,
	pg_catalog.jsonb) IS
'Trains a new version of a named model on a source, measures it on rows held out by a stable hash of the key, stores it,
and deploys it unless it is worse than the deployed one on the same rows (deploy: auto, always, never). tune: {"search": …}
and what else uprofile_tune takes; the best is trained.';

-- ---- leaks (88) ---------------------------------------------------------------------------------------------------

CREATE FUNCTION uprofile_leaks(
	source pg_catalog.text,
	target pg_catalog.text,
	key pg_catalog.text DEFAULT NULL,
	label_time pg_catalog.text DEFAULT NULL,
	threshold pg_catalog.float8 DEFAULT 0.98,
	OUT column_name pg_catalog.text,
	OUT reason pg_catalog.text,
	OUT score pg_catalog.float8,
	OUT detail pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 5
AS 'MODULE_PATHNAME', 'uprofile_leaks';
COMMENT ON FUNCTION uprofile_leaks(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8) IS
'Columns that know the target, one by one: equal, one_to_one, missing, auc, rule, correlation (score from threshold on), key (counts rows, or text that never comes twice), time (later than label_time; score: in what share of rows). key: columns that are none.';

-- ---- hold-outs (60, 89) -----------------------------------------------------------------------------------------------

-- How the rows of a version were made and held out, where that is not by the hash of the key.
CREATE TABLE uprofile_model_designs
(
	version_id pg_catalog.int8 PRIMARY KEY REFERENCES @extschema@.uprofile_model_versions (id) ON DELETE CASCADE,
	split pg_catalog.jsonb,
	event pg_catalog.jsonb,
	asked pg_catalog.jsonb
);
COMMENT ON TABLE uprofile_model_designs IS 'How the rows of versions were held out, where that is not by the hash of the key, of what events they were made, and what a profile asked for where it searches.';
ALTER TABLE uprofile_model_designs ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_model_designs
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_model_versions v WHERE v.id OPERATOR(pg_catalog.=) version_id));
ALTER TABLE uprofile_model_designs OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_model_designs TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_model_designs', '');

-- Training takes how rows are held out.
DROP FUNCTION @extschema@.uprofile_train(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8, pg_catalog.text, pg_catalog.int8, pg_catalog.jsonb);
CREATE FUNCTION uprofile_train(
	model pg_catalog.text,
	source pg_catalog.text,
	target pg_catalog.text DEFAULT NULL,
	algorithm pg_catalog.text DEFAULT NULL,
	key pg_catalog.text DEFAULT NULL,
	params pg_catalog.jsonb DEFAULT '{}',
	test_size pg_catalog.float8 DEFAULT 0.2,
	deploy pg_catalog.text DEFAULT 'auto',
	seed pg_catalog.int8 DEFAULT NULL,
	tune pg_catalog.jsonb DEFAULT NULL,
	split pg_catalog.jsonb DEFAULT NULL,
	OUT model_name pg_catalog.text,
	OUT version pg_catalog.int4,
	OUT algorithm_name pg_catalog.text,
	OUT task pg_catalog.text,
	OUT rows_trained pg_catalog.int8,
	OUT rows_tested pg_catalog.int8,
	OUT features pg_catalog.int4,
	OUT metrics pg_catalog.jsonb,
	OUT deployed pg_catalog.bool,
	OUT note pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_train';
COMMENT ON FUNCTION uprofile_train(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8, pg_catalog.text, pg_catalog.int8,
	pg_catalog.jsonb, pg_catalog.jsonb) IS
'Trains a version of a named model, measures it on rows held out (split; else by a stable hash of the key), stores it, and
deploys it unless it is worse than the deployed one on the same rows (deploy: auto, always, never). tune: {"search": …} and
what else uprofile_tune takes. algorithm: or auto.';

-- ---- how sure a prediction is (88) ----------------------------------------------------------------------------------

CREATE FUNCTION uprofile_predict_interval(model pg_catalog.bytea, features pg_catalog.float8[], OUT low pg_catalog.float8, OUT high pg_catalog.float8)
RETURNS pg_catalog.record LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_predict_interval';
COMMENT ON FUNCTION uprofile_predict_interval(pg_catalog.bytea, pg_catalog.float8[]) IS
'Between which values the number that a regression predicts lies, for the share of rows that its parameter intervals names, of an array of features.';

CREATE FUNCTION uprofile_predict_interval(model pg_catalog.bytea, features pg_catalog.record, OUT low pg_catalog.float8, OUT high pg_catalog.float8)
RETURNS pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_predict_interval_row';
COMMENT ON FUNCTION uprofile_predict_interval(pg_catalog.bytea, pg_catalog.record) IS
'Between which values the number that a regression predicts lies, for the share of rows that its parameter intervals names, of a row: columns are matched by name.';

CREATE FUNCTION uprofile_predict_interval(model pg_catalog.text, features pg_catalog.float8[], OUT low pg_catalog.float8, OUT high pg_catalog.float8)
RETURNS pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_predict_interval_named';
COMMENT ON FUNCTION uprofile_predict_interval(pg_catalog.text, pg_catalog.float8[]) IS
'Between which values the number that a regression predicts lies, for the share of rows that its parameter intervals names, by the deployed version of a model, of an array.';

CREATE FUNCTION uprofile_predict_interval(model pg_catalog.text, features pg_catalog.record, OUT low pg_catalog.float8, OUT high pg_catalog.float8)
RETURNS pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_predict_interval_named_row';
COMMENT ON FUNCTION uprofile_predict_interval(pg_catalog.text, pg_catalog.record) IS
'Between which values the number that a regression predicts lies, for the share of rows that its parameter intervals names, by the deployed version of a model, of a row.';

-- ---- comparing versions (91) ----------------------------------------------------------------------------------------

-- What a version's source may do it may do as the role that gave it: nobody writes another's name there.
CREATE POLICY uprofile_trainer ON @extschema@.uprofile_model_versions AS RESTRICTIVE FOR INSERT
	WITH CHECK (trained_by OPERATOR(pg_catalog.=) CURRENT_USER);

CREATE FUNCTION uprofile_compare(
	model pg_catalog.text,
	version_a pg_catalog.int4,
	version_b pg_catalog.int4,
	source pg_catalog.text DEFAULT NULL,
	target pg_catalog.text DEFAULT NULL,
	rows pg_catalog.text DEFAULT NULL,
	bootstrap pg_catalog.int4 DEFAULT 1000,
	seed pg_catalog.int8 DEFAULT 0,
	weight pg_catalog.text DEFAULT NULL,
	OUT metric pg_catalog.text,
	OUT value_a pg_catalog.float8,
	OUT value_b pg_catalog.float8,
	OUT difference pg_catalog.float8,
	OUT low pg_catalog.float8,
	OUT high pg_catalog.float8,
	OUT p_value pg_catalog.float8,
	OUT test pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_compare';
COMMENT ON FUNCTION uprofile_compare(pg_catalog.text, pg_catalog.int4, pg_catalog.int4, pg_catalog.text, pg_catalog.text,
	pg_catalog.text, pg_catalog.int4, pg_catalog.int8, pg_catalog.text) IS
'Two versions of a model on the same rows: held out from both of version_b''s source, or all of a source that is given. difference: b - a; low, high: 95 % of so many samples of the rows. p_value: of no difference, by McNemar''s test for accuracy (without weights), else by the samples.';

CREATE FUNCTION uprofile_card(
	model pg_catalog.text,
	version pg_catalog.int4 DEFAULT NULL,
	source pg_catalog.text DEFAULT NULL,
	by pg_catalog.text DEFAULT NULL,
	bootstrap pg_catalog.int4 DEFAULT 200,
	seed pg_catalog.int8 DEFAULT 0)
RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_card';
COMMENT ON FUNCTION uprofile_card(pg_catalog.text, pg_catalog.int4, pg_catalog.text, pg_catalog.text, pg_catalog.int4, pg_catalog.int8) IS
'A model card as markdown: what the deployed version, or the one given, predicts, its data, method, figures on rows held out (of its source, or of the one given) with intervals and the best constant, groups (by), calibration, what matters most, and limits that the numbers hold.';

-- ---- progress (92) --------------------------------------------------------------------------------------------------

CREATE FUNCTION uprofile_running(
	OUT pid pg_catalog.int4,
	OUT role_oid pg_catalog.oid,
	OUT call pg_catalog.text,
	OUT object pg_catalog.text,
	OUT phase pg_catalog.text,
	OUT share pg_catalog.float8,
	OUT started pg_catalog.timestamptz,
	OUT seconds_left pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'uprofile_running';
COMMENT ON FUNCTION uprofile_running() IS
'The long calls of roles that you are a member of, in this database; uprofile_progress shows them with the roles'' names.';

CREATE VIEW uprofile_progress AS
SELECT r.pid, pg_catalog.pg_get_userbyid(r.role_oid) AS role, r.call, r.object, r.phase, r.share, r.started, r.seconds_left
FROM @extschema@.uprofile_running() r;
COMMENT ON VIEW uprofile_progress IS 'Long calls of your roles in all sessions of this database: what each works on, its phase, the share of the whole call that is done and the seconds that the rest may take (where it has no parts that are known: of its phase).';
ALTER VIEW uprofile_progress OWNER TO @extowner@;
GRANT SELECT ON uprofile_progress TO PUBLIC;

-- ---- ensembles (89) -----------------------------------------------------------------------------------------------

-- Several models as one.

CREATE FUNCTION uprofile_vote(
	model pg_catalog.text,
	source pg_catalog.text,
	target pg_catalog.text,
	models pg_catalog.text[],
	weights pg_catalog.float8[] DEFAULT NULL,
	versions pg_catalog.int4[] DEFAULT NULL,
	refit pg_catalog.bool DEFAULT false,
	key pg_catalog.text DEFAULT NULL,
	test_size pg_catalog.float8 DEFAULT 0.2,
	deploy pg_catalog.text DEFAULT 'auto',
	OUT model_name pg_catalog.text,
	OUT version pg_catalog.int4,
	OUT algorithm_name pg_catalog.text,
	OUT task pg_catalog.text,
	OUT rows_trained pg_catalog.int8,
	OUT rows_tested pg_catalog.int8,
	OUT features pg_catalog.int4,
	OUT metrics pg_catalog.jsonb,
	OUT deployed pg_catalog.bool,
	OUT note pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_vote';
COMMENT ON FUNCTION uprofile_vote(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text[],
	pg_catalog.float8[], pg_catalog.int4[], pg_catalog.bool, pg_catalog.text, pg_catalog.float8, pg_catalog.text) IS
'Makes one model of several registered ones, whose probabilities or values it averages, and measures it on held-out rows of the source. weights: one a model; versions: which, else the deployed ones; refit: their parameters are trained anew on the source''s rows.';

CREATE FUNCTION uprofile_stack(
	model pg_catalog.text,
	source pg_catalog.text,
	target pg_catalog.text,
	models pg_catalog.text[],
	versions pg_catalog.int4[] DEFAULT NULL,
	params pg_catalog.jsonb DEFAULT '{}',
	folds pg_catalog.int4 DEFAULT NULL,
	split pg_catalog.jsonb DEFAULT NULL,
	key pg_catalog.text DEFAULT NULL,
	test_size pg_catalog.float8 DEFAULT 0.2,
	deploy pg_catalog.text DEFAULT 'auto',
	seed pg_catalog.int8 DEFAULT NULL,
	OUT model_name pg_catalog.text,
	OUT version pg_catalog.int4,
	OUT algorithm_name pg_catalog.text,
	OUT task pg_catalog.text,
	OUT rows_trained pg_catalog.int8,
	OUT rows_tested pg_catalog.int8,
	OUT features pg_catalog.int4,
	OUT metrics pg_catalog.jsonb,
	OUT deployed pg_catalog.bool,
	OUT note pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_stack';
COMMENT ON FUNCTION uprofile_stack(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text[],
	pg_catalog.int4[], pg_catalog.jsonb, pg_catalog.int4, pg_catalog.jsonb, pg_catalog.text, pg_catalog.float8,
	pg_catalog.text, pg_catalog.int8) IS
'Trains the parameters of several registered models anew and, on what they say of folds that they have not seen, a logistic or linear regression that weighs them; all of it is one model. params: those of that regression; folds, split: as for uprofile_cross_validate.';

-- ---- weights of rows, and more metrics (40) --------------------------------------------------------------------------

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.bool, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_boolean_weighted';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.bool, pg_catalog.float8) IS
'support function of metrics: takes an actual (boolean) and a predicted label (boolean), with its weight';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.bool, pg_catalog.jsonb, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_boolean_weighted';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.bool, pg_catalog.jsonb, pg_catalog.float8) IS
'support function of metrics: takes an actual (boolean) and a predicted label (boolean), with params and its weight';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_number_weighted';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.float8) IS
'support function of metrics: takes an actual (number) and a predicted label (number), with its weight';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_number_weighted';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'support function of metrics: takes an actual (number) and a predicted label (number), with params and its weight';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.text, pg_catalog.text, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_text_weighted';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.text, pg_catalog.text, pg_catalog.float8) IS
'support function of metrics: takes an actual (text) and a predicted label (text), with its weight';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_text_weighted';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8) IS
'support function of metrics: takes an actual (text) and a predicted label (text), with params and its weight';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.text, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_boolean_text_weighted';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.text, pg_catalog.float8) IS
'support function of metrics: takes an actual (boolean) and a predicted label (text), with its weight';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_boolean_text_weighted';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8) IS
'support function of metrics: takes an actual (boolean) and a predicted label (text), with params and its weight';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.float8, pg_catalog.text, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_number_text_weighted';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.float8, pg_catalog.text, pg_catalog.float8) IS
'support function of metrics: takes an actual (number) and a predicted label (text), with its weight';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.float8, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_number_text_weighted';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.float8, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8) IS
'support function of metrics: takes an actual (number) and a predicted label (text), with params and its weight';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.float8, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_boolean_number_weighted';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.float8, pg_catalog.float8) IS
'support function of metrics: takes an actual (boolean) and a predicted label (number), with its weight';

CREATE FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_labels_boolean_number_weighted';
COMMENT ON FUNCTION uprofile_agg_labels(pg_catalog.bytea, pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'support function of metrics: takes an actual (boolean) and a predicted label (number), with params and its weight';

CREATE FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.bool, pg_catalog.float8, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_scores_boolean_weighted';
COMMENT ON FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.bool, pg_catalog.float8, pg_catalog.float8) IS
'support function of metrics: takes an actual label (boolean) and a score, with its weight';

CREATE FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_scores_boolean_weighted';
COMMENT ON FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'support function of metrics: takes an actual label (boolean) and a score, with params and its weight';

CREATE FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_scores_number_weighted';
COMMENT ON FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.float8) IS
'support function of metrics: takes an actual label (number) and a score, with its weight';

CREATE FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_scores_number_weighted';
COMMENT ON FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'support function of metrics: takes an actual label (number) and a score, with params and its weight';

CREATE FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_scores_text_weighted';
COMMENT ON FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.float8) IS
'support function of metrics: takes an actual label (text) and a score, with its weight';

CREATE FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_scores_text_weighted';
COMMENT ON FUNCTION uprofile_agg_scores(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'support function of metrics: takes an actual label (text) and a score, with params and its weight';

CREATE FUNCTION uprofile_agg_values(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_values';
COMMENT ON FUNCTION uprofile_agg_values(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb) IS
'support function of metrics: takes an actual and a predicted value, with params';

CREATE FUNCTION uprofile_agg_values(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_values_weighted';
COMMENT ON FUNCTION uprofile_agg_values(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.float8) IS
'support function of metrics: takes an actual and a predicted value, with its weight';

CREATE FUNCTION uprofile_agg_values(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_values_weighted';
COMMENT ON FUNCTION uprofile_agg_values(pg_catalog.bytea, pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'support function of metrics: takes an actual and a predicted value, with params and its weight';

CREATE AGGREGATE uprofile_accuracy(actual pg_catalog.bool, predicted pg_catalog.bool, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_accuracy(pg_catalog.bool, pg_catalog.bool, pg_catalog.float8) IS
'Share of rows whose predicted label is the actual one. Rows count by their weight.';

CREATE AGGREGATE uprofile_accuracy(actual pg_catalog.float8, predicted pg_catalog.float8, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_accuracy(pg_catalog.float8, pg_catalog.float8, pg_catalog.float8) IS
'Share of rows whose predicted label is the actual one. Rows count by their weight.';

CREATE AGGREGATE uprofile_accuracy(actual pg_catalog.text, predicted pg_catalog.text, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_accuracy(pg_catalog.text, pg_catalog.text, pg_catalog.float8) IS
'Share of rows whose predicted label is the actual one. Rows count by their weight.';

CREATE AGGREGATE uprofile_accuracy(actual pg_catalog.bool, predicted pg_catalog.text, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_accuracy(pg_catalog.bool, pg_catalog.text, pg_catalog.float8) IS
'Share of rows whose predicted label is the actual one. Rows count by their weight.';

CREATE AGGREGATE uprofile_accuracy(actual pg_catalog.float8, predicted pg_catalog.text, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_accuracy(pg_catalog.float8, pg_catalog.text, pg_catalog.float8) IS
'Share of rows whose predicted label is the actual one. Rows count by their weight.';

CREATE AGGREGATE uprofile_accuracy(actual pg_catalog.bool, predicted pg_catalog.float8, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_accuracy(pg_catalog.bool, pg_catalog.float8, pg_catalog.float8) IS
'Share of rows whose predicted label is the actual one. Rows count by their weight.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.bool, predicted pg_catalog.bool, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.bool, pg_catalog.bool, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the rows predicted as positive, the share that are. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.float8, predicted pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the rows predicted as positive, the share that are. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.text, predicted pg_catalog.text, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.text, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the rows predicted as positive, the share that are. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.bool, predicted pg_catalog.text, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.bool, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the rows predicted as positive, the share that are. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.float8, predicted pg_catalog.text, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.float8, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the rows predicted as positive, the share that are. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_precision(actual pg_catalog.bool, predicted pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the rows predicted as positive, the share that are. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.bool, predicted pg_catalog.bool, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.bool, pg_catalog.bool, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the positive rows, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.float8, predicted pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the positive rows, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.text, predicted pg_catalog.text, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.text, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the positive rows, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.bool, predicted pg_catalog.text, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.bool, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the positive rows, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.float8, predicted pg_catalog.text, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.float8, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the positive rows, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_recall(actual pg_catalog.bool, predicted pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'recall',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the positive rows, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.bool, predicted pg_catalog.bool, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.bool, pg_catalog.bool, pg_catalog.jsonb, pg_catalog.float8) IS
'Harmonic mean of precision and recall. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.float8, predicted pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Harmonic mean of precision and recall. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.text, predicted pg_catalog.text, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.text, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8) IS
'Harmonic mean of precision and recall. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.bool, predicted pg_catalog.text, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.bool, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8) IS
'Harmonic mean of precision and recall. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.float8, predicted pg_catalog.text, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.float8, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8) IS
'Harmonic mean of precision and recall. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_f1(actual pg_catalog.bool, predicted pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'f1',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_f1(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Harmonic mean of precision and recall. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.bool, predicted pg_catalog.bool, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.bool, pg_catalog.bool, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the rows that are not positive, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.float8, predicted pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the rows that are not positive, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.text, predicted pg_catalog.text, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.text, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the rows that are not positive, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.bool, predicted pg_catalog.text, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.bool, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the rows that are not positive, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.float8, predicted pg_catalog.text, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.float8, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the rows that are not positive, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_specificity(actual pg_catalog.bool, predicted pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'specificity',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_specificity(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Of the rows that are not positive, the share predicted as such. params: {"positive": label} or {"average": "macro", "micro" or "weighted"}. Rows count by their weight.';

CREATE AGGREGATE uprofile_balanced_accuracy(actual pg_catalog.bool, predicted pg_catalog.bool, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'balanced_accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_balanced_accuracy(pg_catalog.bool, pg_catalog.bool, pg_catalog.float8) IS
'Mean recall of the labels that occur. Rows count by their weight.';

CREATE AGGREGATE uprofile_balanced_accuracy(actual pg_catalog.float8, predicted pg_catalog.float8, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'balanced_accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_balanced_accuracy(pg_catalog.float8, pg_catalog.float8, pg_catalog.float8) IS
'Mean recall of the labels that occur. Rows count by their weight.';

CREATE AGGREGATE uprofile_balanced_accuracy(actual pg_catalog.text, predicted pg_catalog.text, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'balanced_accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_balanced_accuracy(pg_catalog.text, pg_catalog.text, pg_catalog.float8) IS
'Mean recall of the labels that occur. Rows count by their weight.';

CREATE AGGREGATE uprofile_balanced_accuracy(actual pg_catalog.bool, predicted pg_catalog.text, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'balanced_accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_balanced_accuracy(pg_catalog.bool, pg_catalog.text, pg_catalog.float8) IS
'Mean recall of the labels that occur. Rows count by their weight.';

CREATE AGGREGATE uprofile_balanced_accuracy(actual pg_catalog.float8, predicted pg_catalog.text, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'balanced_accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_balanced_accuracy(pg_catalog.float8, pg_catalog.text, pg_catalog.float8) IS
'Mean recall of the labels that occur. Rows count by their weight.';

CREATE AGGREGATE uprofile_balanced_accuracy(actual pg_catalog.bool, predicted pg_catalog.float8, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'balanced_accuracy',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_balanced_accuracy(pg_catalog.bool, pg_catalog.float8, pg_catalog.float8) IS
'Mean recall of the labels that occur. Rows count by their weight.';

CREATE AGGREGATE uprofile_mcc(actual pg_catalog.bool, predicted pg_catalog.bool, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'mcc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mcc(pg_catalog.bool, pg_catalog.bool, pg_catalog.float8) IS
'Matthews correlation coefficient of actual and predicted labels, for any number of labels. Rows count by their weight.';

CREATE AGGREGATE uprofile_mcc(actual pg_catalog.float8, predicted pg_catalog.float8, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'mcc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mcc(pg_catalog.float8, pg_catalog.float8, pg_catalog.float8) IS
'Matthews correlation coefficient of actual and predicted labels, for any number of labels. Rows count by their weight.';

CREATE AGGREGATE uprofile_mcc(actual pg_catalog.text, predicted pg_catalog.text, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'mcc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mcc(pg_catalog.text, pg_catalog.text, pg_catalog.float8) IS
'Matthews correlation coefficient of actual and predicted labels, for any number of labels. Rows count by their weight.';

CREATE AGGREGATE uprofile_mcc(actual pg_catalog.bool, predicted pg_catalog.text, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'mcc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mcc(pg_catalog.bool, pg_catalog.text, pg_catalog.float8) IS
'Matthews correlation coefficient of actual and predicted labels, for any number of labels. Rows count by their weight.';

CREATE AGGREGATE uprofile_mcc(actual pg_catalog.float8, predicted pg_catalog.text, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'mcc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mcc(pg_catalog.float8, pg_catalog.text, pg_catalog.float8) IS
'Matthews correlation coefficient of actual and predicted labels, for any number of labels. Rows count by their weight.';

CREATE AGGREGATE uprofile_mcc(actual pg_catalog.bool, predicted pg_catalog.float8, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'mcc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mcc(pg_catalog.bool, pg_catalog.float8, pg_catalog.float8) IS
'Matthews correlation coefficient of actual and predicted labels, for any number of labels. Rows count by their weight.';

CREATE AGGREGATE uprofile_kappa(actual pg_catalog.bool, predicted pg_catalog.bool, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'kappa',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_kappa(pg_catalog.bool, pg_catalog.bool, pg_catalog.float8) IS
'Cohen''s kappa: agreement of actual and predicted labels beyond chance; NULL where chance alone agrees. Rows count by their weight.';

CREATE AGGREGATE uprofile_kappa(actual pg_catalog.float8, predicted pg_catalog.float8, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'kappa',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_kappa(pg_catalog.float8, pg_catalog.float8, pg_catalog.float8) IS
'Cohen''s kappa: agreement of actual and predicted labels beyond chance; NULL where chance alone agrees. Rows count by their weight.';

CREATE AGGREGATE uprofile_kappa(actual pg_catalog.text, predicted pg_catalog.text, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'kappa',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_kappa(pg_catalog.text, pg_catalog.text, pg_catalog.float8) IS
'Cohen''s kappa: agreement of actual and predicted labels beyond chance; NULL where chance alone agrees. Rows count by their weight.';

CREATE AGGREGATE uprofile_kappa(actual pg_catalog.bool, predicted pg_catalog.text, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'kappa',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_kappa(pg_catalog.bool, pg_catalog.text, pg_catalog.float8) IS
'Cohen''s kappa: agreement of actual and predicted labels beyond chance; NULL where chance alone agrees. Rows count by their weight.';

CREATE AGGREGATE uprofile_kappa(actual pg_catalog.float8, predicted pg_catalog.text, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'kappa',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_kappa(pg_catalog.float8, pg_catalog.text, pg_catalog.float8) IS
'Cohen''s kappa: agreement of actual and predicted labels beyond chance; NULL where chance alone agrees. Rows count by their weight.';

CREATE AGGREGATE uprofile_kappa(actual pg_catalog.bool, predicted pg_catalog.float8, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'kappa',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_kappa(pg_catalog.bool, pg_catalog.float8, pg_catalog.float8) IS
'Cohen''s kappa: agreement of actual and predicted labels beyond chance; NULL where chance alone agrees. Rows count by their weight.';

CREATE AGGREGATE uprofile_confusion(actual pg_catalog.bool, predicted pg_catalog.bool, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_confusion,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'confusion',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_confusion(pg_catalog.bool, pg_catalog.bool, pg_catalog.float8) IS
'Confusion matrix as an object: actual label, predicted label, rows. Rows count by their weight.';

CREATE AGGREGATE uprofile_confusion(actual pg_catalog.float8, predicted pg_catalog.float8, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_confusion,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'confusion',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_confusion(pg_catalog.float8, pg_catalog.float8, pg_catalog.float8) IS
'Confusion matrix as an object: actual label, predicted label, rows. Rows count by their weight.';

CREATE AGGREGATE uprofile_confusion(actual pg_catalog.text, predicted pg_catalog.text, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_confusion,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'confusion',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_confusion(pg_catalog.text, pg_catalog.text, pg_catalog.float8) IS
'Confusion matrix as an object: actual label, predicted label, rows. Rows count by their weight.';

CREATE AGGREGATE uprofile_confusion(actual pg_catalog.bool, predicted pg_catalog.text, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_confusion,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'confusion',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_confusion(pg_catalog.bool, pg_catalog.text, pg_catalog.float8) IS
'Confusion matrix as an object: actual label, predicted label, rows. Rows count by their weight.';

CREATE AGGREGATE uprofile_confusion(actual pg_catalog.float8, predicted pg_catalog.text, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_confusion,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'confusion',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_confusion(pg_catalog.float8, pg_catalog.text, pg_catalog.float8) IS
'Confusion matrix as an object: actual label, predicted label, rows. Rows count by their weight.';

CREATE AGGREGATE uprofile_confusion(actual pg_catalog.bool, predicted pg_catalog.float8, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_labels,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_confusion,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'confusion',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_confusion(pg_catalog.bool, pg_catalog.float8, pg_catalog.float8) IS
'Confusion matrix as an object: actual label, predicted label, rows. Rows count by their weight.';

CREATE AGGREGATE uprofile_log_loss(actual pg_catalog.bool, score pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'log_loss',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_log_loss(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Mean of -log of the probability given to what happened, clipped to eps and 1 - eps, eps = 2^-52 = 2.22e-16 (that of double precision). The score is the probability of the positive label. params: {"positive": label}. Rows count by their weight.';

CREATE AGGREGATE uprofile_log_loss(actual pg_catalog.float8, score pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'log_loss',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_log_loss(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Mean of -log of the probability given to what happened, clipped to eps and 1 - eps, eps = 2^-52 = 2.22e-16 (that of double precision). The score is the probability of the positive label. params: {"positive": label}. Rows count by their weight.';

CREATE AGGREGATE uprofile_log_loss(actual pg_catalog.text, score pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'log_loss',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_log_loss(pg_catalog.text, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Mean of -log of the probability given to what happened, clipped to eps and 1 - eps, eps = 2^-52 = 2.22e-16 (that of double precision). The score is the probability of the positive label. params: {"positive": label}. Rows count by their weight.';

CREATE AGGREGATE uprofile_brier(actual pg_catalog.bool, score pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'brier',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_brier(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Mean squared difference of the probability of the positive label and what happened. params: {"positive": label}. Rows count by their weight.';

CREATE AGGREGATE uprofile_brier(actual pg_catalog.float8, score pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'brier',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_brier(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Mean squared difference of the probability of the positive label and what happened. params: {"positive": label}. Rows count by their weight.';

CREATE AGGREGATE uprofile_brier(actual pg_catalog.text, score pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'brier',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_brier(pg_catalog.text, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Mean squared difference of the probability of the positive label and what happened. params: {"positive": label}. Rows count by their weight.';

CREATE AGGREGATE uprofile_calibration_error(actual pg_catalog.bool, score pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'calibration_error',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_calibration_error(pg_catalog.bool, pg_catalog.float8) IS
'Expected calibration error: how far the share of positive rows is from the mean probability, over bins of probabilities of equal width, weighted by their rows. The positive label is true or 1; otherwise params must say which one is.';

CREATE AGGREGATE uprofile_calibration_error(actual pg_catalog.bool, score pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'calibration_error',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_calibration_error(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb) IS
'Expected calibration error: how far the share of positive rows is from the mean probability, over bins of probabilities of equal width, weighted by their rows. params: {"positive": label}, {"bins": 10}.';

CREATE AGGREGATE uprofile_calibration_error(actual pg_catalog.bool, score pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'calibration_error',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_calibration_error(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Expected calibration error: how far the share of positive rows is from the mean probability, over bins of probabilities of equal width, weighted by their rows. params: {"positive": label}, {"bins": 10}. Rows count by their weight.';

CREATE AGGREGATE uprofile_calibration_error(actual pg_catalog.float8, score pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'calibration_error',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_calibration_error(pg_catalog.float8, pg_catalog.float8) IS
'Expected calibration error: how far the share of positive rows is from the mean probability, over bins of probabilities of equal width, weighted by their rows. The positive label is true or 1; otherwise params must say which one is.';

CREATE AGGREGATE uprofile_calibration_error(actual pg_catalog.float8, score pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'calibration_error',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_calibration_error(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb) IS
'Expected calibration error: how far the share of positive rows is from the mean probability, over bins of probabilities of equal width, weighted by their rows. params: {"positive": label}, {"bins": 10}.';

CREATE AGGREGATE uprofile_calibration_error(actual pg_catalog.float8, score pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'calibration_error',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_calibration_error(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Expected calibration error: how far the share of positive rows is from the mean probability, over bins of probabilities of equal width, weighted by their rows. params: {"positive": label}, {"bins": 10}. Rows count by their weight.';

CREATE AGGREGATE uprofile_calibration_error(actual pg_catalog.text, score pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'calibration_error',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_calibration_error(pg_catalog.text, pg_catalog.float8) IS
'Expected calibration error: how far the share of positive rows is from the mean probability, over bins of probabilities of equal width, weighted by their rows. The positive label is true or 1; otherwise params must say which one is.';

CREATE AGGREGATE uprofile_calibration_error(actual pg_catalog.text, score pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'calibration_error',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_calibration_error(pg_catalog.text, pg_catalog.float8, pg_catalog.jsonb) IS
'Expected calibration error: how far the share of positive rows is from the mean probability, over bins of probabilities of equal width, weighted by their rows. params: {"positive": label}, {"bins": 10}.';

CREATE AGGREGATE uprofile_calibration_error(actual pg_catalog.text, score pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'calibration_error',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_calibration_error(pg_catalog.text, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Expected calibration error: how far the share of positive rows is from the mean probability, over bins of probabilities of equal width, weighted by their rows. params: {"positive": label}, {"bins": 10}. Rows count by their weight.';

CREATE AGGREGATE uprofile_auc(actual pg_catalog.bool, score pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'auc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_auc(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Area under the ROC curve: the probability that a positive row scores above another, ties one half. NULL without rows of both kinds. params: {"positive": label}. Rows count by their weight.';

CREATE AGGREGATE uprofile_auc(actual pg_catalog.float8, score pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'auc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_auc(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Area under the ROC curve: the probability that a positive row scores above another, ties one half. NULL without rows of both kinds. params: {"positive": label}. Rows count by their weight.';

CREATE AGGREGATE uprofile_auc(actual pg_catalog.text, score pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'auc',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_auc(pg_catalog.text, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Area under the ROC curve: the probability that a positive row scores above another, ties one half. NULL without rows of both kinds. params: {"positive": label}. Rows count by their weight.';

CREATE AGGREGATE uprofile_average_precision(actual pg_catalog.bool, score pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'average_precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_average_precision(pg_catalog.bool, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Average precision: the precision at each score of a positive row, averaged over them. NULL without any. params: {"positive": label}. Rows count by their weight.';

CREATE AGGREGATE uprofile_average_precision(actual pg_catalog.float8, score pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'average_precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_average_precision(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Average precision: the precision at each score of a positive row, averaged over them. NULL without any. params: {"positive": label}. Rows count by their weight.';

CREATE AGGREGATE uprofile_average_precision(actual pg_catalog.text, score pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_scores,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'average_precision',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_average_precision(pg_catalog.text, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Average precision: the precision at each score of a positive row, averaged over them. NULL without any. params: {"positive": label}. Rows count by their weight.';

CREATE AGGREGATE uprofile_rmse(actual pg_catalog.float8, predicted pg_catalog.float8, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_values,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'rmse',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_rmse(pg_catalog.float8, pg_catalog.float8, pg_catalog.float8) IS
'Root of the mean squared error. Rows count by their weight.';

CREATE AGGREGATE uprofile_mae(actual pg_catalog.float8, predicted pg_catalog.float8, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_values,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'mae',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mae(pg_catalog.float8, pg_catalog.float8, pg_catalog.float8) IS
'Mean absolute error. Rows count by their weight.';

CREATE AGGREGATE uprofile_r2(actual pg_catalog.float8, predicted pg_catalog.float8, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_values,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'r2',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_r2(pg_catalog.float8, pg_catalog.float8, pg_catalog.float8) IS
'Coefficient of determination: 1 - squared errors / squared deviations of the actual values. NULL where these do not vary. Rows count by their weight.';

CREATE AGGREGATE uprofile_adjusted_r2(actual pg_catalog.float8, predicted pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_values,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'adjusted_r2',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_adjusted_r2(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb) IS
'R2 less what so many features explain by chance: 1 - (1 - R2) (n - 1) / (n - features - 1). NULL where there are no more rows than features. params: {"features": number}.';

CREATE AGGREGATE uprofile_adjusted_r2(actual pg_catalog.float8, predicted pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_values,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'adjusted_r2',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_adjusted_r2(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'R2 less what so many features explain by chance: 1 - (1 - R2) (n - 1) / (n - features - 1). NULL where there are no more rows than features. params: {"features": number}. Rows count by their weight.';

CREATE AGGREGATE uprofile_quantile_loss(actual pg_catalog.float8, predicted pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_values,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'quantile_loss',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_quantile_loss(pg_catalog.float8, pg_catalog.float8) IS
'Mean pinball loss: what lies above a prediction costs its distance times the quantile, what lies below times 1 - quantile.';

CREATE AGGREGATE uprofile_quantile_loss(actual pg_catalog.float8, predicted pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_values,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'quantile_loss',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_quantile_loss(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb) IS
'Mean pinball loss: what lies above a prediction costs its distance times the quantile, what lies below times 1 - quantile. params: {"quantile": 0.5}.';

CREATE AGGREGATE uprofile_quantile_loss(actual pg_catalog.float8, predicted pg_catalog.float8, params pg_catalog.jsonb, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_values,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'quantile_loss',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_quantile_loss(pg_catalog.float8, pg_catalog.float8, pg_catalog.jsonb, pg_catalog.float8) IS
'Mean pinball loss: what lies above a prediction costs its distance times the quantile, what lies below times 1 - quantile. params: {"quantile": 0.5}. Rows count by their weight.';

CREATE AGGREGATE uprofile_mape(actual pg_catalog.float8, predicted pg_catalog.float8, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_values,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'mape',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mape(pg_catalog.float8, pg_catalog.float8, pg_catalog.float8) IS
'Mean of the absolute errors as shares of the actual values'' size (at least 2.2e-16). Rows count by their weight.';

CREATE AGGREGATE uprofile_median_absolute_error(actual pg_catalog.float8, predicted pg_catalog.float8, weight pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_values,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_metric_final,
	COMBINEFUNC = @extschema@.uprofile_agg_metric_combine,
	INITCOND = 'median_absolute_error',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_median_absolute_error(pg_catalog.float8, pg_catalog.float8, pg_catalog.float8) IS
'Median of the absolute errors. Rows count by their weight.';

-- ---- events (90) ---------------------------------------------------------------------------------------------------

CREATE TABLE uprofile_model_backtests
(
	version_id pg_catalog.int8 NOT NULL REFERENCES @extschema@.uprofile_model_versions (id) ON DELETE CASCADE,
	anchor pg_catalog.timestamptz NOT NULL,
	rows_trained pg_catalog.int8 NOT NULL,
	rows_tested pg_catalog.int8 NOT NULL,
	metric pg_catalog.text,
	value pg_catalog.float8,
	baseline pg_catalog.float8,
	metrics pg_catalog.jsonb NOT NULL,
	PRIMARY KEY (version_id, anchor)
);
COMMENT ON TABLE uprofile_model_backtests IS 'What versions that were trained on events would have been at earlier anchors; uprofile_backtests shows them.';
ALTER TABLE uprofile_model_backtests ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_model_backtests
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_model_versions v WHERE v.id OPERATOR(pg_catalog.=) version_id));
ALTER TABLE uprofile_model_backtests OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_model_backtests TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_model_backtests', '');

CREATE VIEW uprofile_backtests WITH (security_barrier) AS
SELECT v.model, v.version, b.anchor, b.rows_trained, b.rows_tested, b.metric, b.value, b.baseline, b.metrics
FROM @extschema@.uprofile_model_backtests b
JOIN @extschema@.uprofile_model_versions v ON v.id OPERATOR(pg_catalog.=) b.version_id
JOIN @extschema@.uprofile_model_names n ON n.name OPERATOR(pg_catalog.=) v.model
WHERE @extschema@.uprofile_may_use(n.owner_oid, n.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i))
   OR EXISTS (SELECT 1 FROM @extschema@.uprofile_granted g WHERE g.model OPERATOR(pg_catalog.=) n.name
	   AND g.privilege OPERATOR(pg_catalog.=) 'own' AND g.owner_oid OPERATOR(pg_catalog.=) n.owner_oid
	   AND g.owner_mark OPERATOR(pg_catalog.=) n.owner_mark AND g.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i)
	   AND pg_catalog.pg_has_role(g.grantee_oid, 'USAGE'));
COMMENT ON VIEW uprofile_backtests IS 'Of each version trained on events, a row an anchor: trained on what was known then, measured on what came after it; the best constant answer of then beside it.';
ALTER VIEW uprofile_backtests OWNER TO @extowner@;
GRANT SELECT ON uprofile_backtests TO PUBLIC;

CREATE FUNCTION uprofile_anchor()
RETURNS pg_catalog.timestamptz LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_anchor';
COMMENT ON FUNCTION uprofile_anchor() IS
'In features and sources of uprofile_train_event: the moment at which users are looked at. By itself: now.';

CREATE FUNCTION uprofile_event_features(
	events pg_catalog.text,
	key pg_catalog.text,
	event_time pg_catalog.text,
	windows pg_catalog.interval[] DEFAULT '{30 days,90 days}',
	until pg_catalog.timestamptz DEFAULT NULL)
RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_event_features';
COMMENT ON FUNCTION uprofile_event_features(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.interval[],
	pg_catalog.timestamptz) IS
'A features query that suits the columns of the events: counts, sums, values and times since, ever and in windows before the anchor. What uprofile_train_event uses where none is given; to be read, changed and given back.';

CREATE FUNCTION uprofile_event_source(
	users pg_catalog.text,
	events pg_catalog.text,
	key pg_catalog.text,
	event_time pg_catalog.text,
	target pg_catalog.text DEFAULT 'exists(*)',
	horizon pg_catalog.interval DEFAULT '30 days',
	anchors pg_catalog.jsonb DEFAULT NULL,
	features pg_catalog.text DEFAULT NULL,
	since pg_catalog.text DEFAULT NULL,
	windows pg_catalog.interval[] DEFAULT '{30 days,90 days}')
RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_event_source';
COMMENT ON FUNCTION uprofile_event_source(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.interval, pg_catalog.jsonb, pg_catalog.text, pg_catalog.text, pg_catalog.interval[]) IS
'The rows that uprofile_train_event trains on, as one SELECT: a source for uprofile_evaluate, uprofile_cross_validate, uprofile_leaks and the like, with the columns anchor and label.';

CREATE FUNCTION uprofile_event_rows(
	users pg_catalog.text,
	events pg_catalog.text,
	key pg_catalog.text,
	event_time pg_catalog.text,
	target pg_catalog.text DEFAULT 'exists(*)',
	horizon pg_catalog.interval DEFAULT '30 days',
	anchors pg_catalog.jsonb DEFAULT NULL,
	features pg_catalog.text DEFAULT NULL,
	since pg_catalog.text DEFAULT NULL,
	windows pg_catalog.interval[] DEFAULT '{30 days,90 days}',
	OUT user_key pg_catalog.text,
	OUT anchor pg_catalog.timestamptz,
	OUT label pg_catalog.float8,
	OUT feature_values pg_catalog.jsonb)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_event_rows';
COMMENT ON FUNCTION uprofile_event_rows(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.interval, pg_catalog.jsonb, pg_catalog.text, pg_catalog.text, pg_catalog.interval[]) IS
'The rows that uprofile_train_event trains on, to be looked at: each user at each anchor, features of what was before, label of what came within the horizon.';

CREATE FUNCTION uprofile_train_event(
	model pg_catalog.text,
	users pg_catalog.text,
	events pg_catalog.text,
	key pg_catalog.text,
	event_time pg_catalog.text,
	target pg_catalog.text DEFAULT 'exists(*)',
	horizon pg_catalog.interval DEFAULT '30 days',
	anchors pg_catalog.jsonb DEFAULT NULL,
	features pg_catalog.text DEFAULT NULL,
	since pg_catalog.text DEFAULT NULL,
	windows pg_catalog.interval[] DEFAULT '{30 days,90 days}',
	algorithm pg_catalog.text DEFAULT 'boost',
	params pg_catalog.jsonb DEFAULT '{}',
	test_anchors pg_catalog.int4 DEFAULT 1,
	backtest pg_catalog.bool DEFAULT true,
	deploy pg_catalog.text DEFAULT 'auto',
	seed pg_catalog.int8 DEFAULT NULL,
	tune pg_catalog.jsonb DEFAULT NULL,
	OUT model_name pg_catalog.text,
	OUT version pg_catalog.int4,
	OUT algorithm_name pg_catalog.text,
	OUT task pg_catalog.text,
	OUT rows_trained pg_catalog.int8,
	OUT rows_tested pg_catalog.int8,
	OUT n_features pg_catalog.int4,
	OUT metrics pg_catalog.jsonb,
	OUT deployed pg_catalog.bool,
	OUT note pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_train_event';
COMMENT ON FUNCTION uprofile_train_event(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.interval, pg_catalog.jsonb, pg_catalog.text, pg_catalog.text, pg_catalog.interval[], pg_catalog.text,
	pg_catalog.jsonb, pg_catalog.int4, pg_catalog.bool, pg_catalog.text, pg_catalog.int8, pg_catalog.jsonb) IS
'Trains a model of what users do within a horizon, from what they did before each anchor. target: exists(…), not exists(…), count(…), sum(…) of events. The last test_anchors are held out; those whose horizon reaches into them are not trained on. uprofile_score_event scores.';

CREATE FUNCTION uprofile_score_event(
	model pg_catalog.text,
	as_of pg_catalog.timestamptz DEFAULT NULL,
	OUT user_key pg_catalog.text,
	OUT prediction pg_catalog.float8,
	OUT probability pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_score_event';
COMMENT ON FUNCTION uprofile_score_event(pg_catalog.text, pg_catalog.timestamptz) IS
'What a model of uprofile_train_event says of each user who is there now, or was at as_of: by the definition kept with the deployed version, with the rights of the model''s owner.';

-- ---- thresholds (93) ------------------------------------------------------------------------------------------------

CREATE FUNCTION uprofile_thresholds(
	model pg_catalog.text,
	source pg_catalog.text,
	target pg_catalog.text DEFAULT NULL,
	label pg_catalog.text DEFAULT NULL,
	rows pg_catalog.text DEFAULT 'all',
	cost_matrix pg_catalog.jsonb DEFAULT '[[0, 1], [1, 0]]',
	weight pg_catalog.text DEFAULT NULL,
	OUT threshold pg_catalog.float8,
	OUT true_positives pg_catalog.float8,
	OUT false_positives pg_catalog.float8,
	OUT false_negatives pg_catalog.float8,
	OUT true_negatives pg_catalog.float8,
	OUT precision_at pg_catalog.float8,
	OUT recall_at pg_catalog.float8,
	OUT f1_at pg_catalog.float8,
	OUT cost pg_catalog.float8,
	OUT best pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_thresholds';
COMMENT ON FUNCTION uprofile_thresholds(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb, pg_catalog.text) IS
'What a classifier does at every threshold from which its probability counts as yes, from the highest down. cost: the mean of a row by cost_matrix (rows: what is so, columns: what is answered; no, then yes); best: the row of the least. label, rows, weight: as uprofile_roc.';

-- A version that stays deployed.

CREATE FUNCTION uprofile_pin_model(
	model pg_catalog.text,
	version pg_catalog.int4 DEFAULT NULL,
	OUT model_name pg_catalog.text,
	OUT deployed_version pg_catalog.int4,
	OUT previous_version pg_catalog.int4)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_pin_model';
COMMENT ON FUNCTION uprofile_pin_model(pg_catalog.text, pg_catalog.int4) IS
'Keeps the deployed version of a model, or deploys the one given and keeps that: trainings store versions and deploy none, however good, until uprofile_unpin_model; what asks for another version by name (deploy, rollback, deploy => always) is an error.';

CREATE FUNCTION uprofile_unpin_model(model pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_unpin_model';
COMMENT ON FUNCTION uprofile_unpin_model(pg_catalog.text) IS
'Ends what uprofile_pin_model began: the deployed version stays until a better one, or another deployment, comes.';

-- ---- sequences (94) -------------------------------------------------------------------------------------------------

CREATE FUNCTION uprofile_sequences(
	source pg_catalog.text,
	user_key pg_catalog.text,
	event_time pg_catalog.text,
	item pg_catalog.text,
	min_support pg_catalog.float8 DEFAULT 0.01,
	min_len pg_catalog.int4 DEFAULT 1,
	max_len pg_catalog.int4 DEFAULT 5,
	max_gap pg_catalog.interval DEFAULT NULL,
	min_gap pg_catalog.interval DEFAULT NULL,
	span pg_catalog.interval DEFAULT NULL,
	target pg_catalog.text DEFAULT 'frequent',
	max_sequences pg_catalog.int8 DEFAULT 100000,
	time_budget pg_catalog.interval DEFAULT NULL,
	OUT sequence pg_catalog.text[],
	OUT steps pg_catalog.int4[],
	OUT count pg_catalog.int8,
	OUT support pg_catalog.float8,
	OUT truncated pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_sequences';
COMMENT ON FUNCTION uprofile_sequences(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8,
	pg_catalog.int4, pg_catalog.int4, pg_catalog.interval, pg_catalog.interval, pg_catalog.interval, pg_catalog.text, pg_catalog.int8,
	pg_catalog.interval) IS
'What many users did in this order, most frequent first. steps: of each item the number of its step; those of one step are at the same time. max_gap, min_gap: from a step to the next; span: from the first to the last. target: frequent, or closed. min_support: as uprofile_itemsets, of users.';

CREATE FUNCTION uprofile_paths(
	source pg_catalog.text,
	user_key pg_catalog.text,
	event_time pg_catalog.text,
	item pg_catalog.text,
	max_len pg_catalog.int4 DEFAULT 10,
	collapse pg_catalog.bool DEFAULT false,
	new_visit pg_catalog.interval DEFAULT NULL,
	first_item pg_catalog.text DEFAULT NULL,
	last_item pg_catalog.text DEFAULT NULL,
	max_paths pg_catalog.int8 DEFAULT 100000,
	OUT path pg_catalog.text[],
	OUT count pg_catalog.int8,
	OUT share pg_catalog.float8,
	OUT users pg_catalog.int8,
	OUT cut pg_catalog.bool,
	OUT truncated pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_paths';
COMMENT ON FUNCTION uprofile_paths(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.int4, pg_catalog.bool,
	pg_catalog.interval, pg_catalog.text, pg_catalog.text, pg_catalog.int8) IS
'The ways that users went, whole, most common first. max_len: longer ones are cut there; collapse: repetitions count once; new_visit: a longer pause begins another; first_item, last_item: only from the first of these on, to the first of those after. share: of all ways that count.';

CREATE FUNCTION uprofile_funnel(
	source pg_catalog.text,
	user_key pg_catalog.text,
	event_time pg_catalog.text,
	item pg_catalog.text,
	steps pg_catalog.text[],
	within pg_catalog.interval DEFAULT NULL,
	OUT step pg_catalog.int4,
	OUT step_item pg_catalog.text,
	OUT users pg_catalog.int8,
	OUT share_of_first pg_catalog.float8,
	OUT share_of_previous pg_catalog.float8,
	OUT median_time pg_catalog.interval)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_funnel';
COMMENT ON FUNCTION uprofile_funnel(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text[], pg_catalog.interval) IS
'How many users come along these steps in this order, the last at most `within` after the first; anything may lie between. Exact: any of a user''s events may be the first. median_time: since the step before. Events at one time may be in any order.';

CREATE FUNCTION uprofile_train_next(
	source pg_catalog.text,
	user_key pg_catalog.text,
	event_time pg_catalog.text,
	item pg_catalog.text,
	max_order pg_catalog.int4 DEFAULT 3,
	min_count pg_catalog.int4 DEFAULT 2,
	new_visit pg_catalog.interval DEFAULT NULL,
	collapse pg_catalog.bool DEFAULT false)
RETURNS pg_catalog.bytea LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_train_next';
COMMENT ON FUNCTION uprofile_train_next(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.int4, pg_catalog.int4,
	pg_catalog.interval, pg_catalog.bool) IS
'A model of what users do next, for uprofile_next: a Markov model of variable order. Contexts are the last items, up to max_order, that were followed at least min_count times; their probabilities are blended. new_visit, collapse: as uprofile_paths.';

CREATE FUNCTION uprofile_next(
	model pg_catalog.bytea,
	history pg_catalog.text[],
	n pg_catalog.int4 DEFAULT 10,
	OUT item pg_catalog.text,
	OUT probability pg_catalog.float8,
	OUT context pg_catalog.text[],
	OUT count pg_catalog.int8)
RETURNS SETOF pg_catalog.record LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'uprofile_next_of_model';
COMMENT ON FUNCTION uprofile_next(pg_catalog.bytea, pg_catalog.text[], pg_catalog.int4) IS
'The n likeliest items after this history, the last item last, by a model of uprofile_train_next. context: its longest end that the model knows; count: how often the item followed it. Probabilities of all items add up to 1.';

CREATE FUNCTION uprofile_next(
	source pg_catalog.text,
	user_key pg_catalog.text,
	event_time pg_catalog.text,
	item_column pg_catalog.text,
	history pg_catalog.text[],
	n pg_catalog.int4 DEFAULT 10,
	max_order pg_catalog.int4 DEFAULT 3,
	min_count pg_catalog.int4 DEFAULT 2,
	new_visit pg_catalog.interval DEFAULT NULL,
	collapse pg_catalog.bool DEFAULT false,
	OUT item pg_catalog.text,
	OUT probability pg_catalog.float8,
	OUT context pg_catalog.text[],
	OUT count pg_catalog.int8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_next_of_source';
COMMENT ON FUNCTION uprofile_next(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text[], pg_catalog.int4,
	pg_catalog.int4, pg_catalog.int4, pg_catalog.interval, pg_catalog.bool) IS
'The n likeliest items after this history, of a model that is trained on the source and forgotten; arguments as uprofile_train_next.';

-- ---- rows as items (94) ----------------------------------------------------------------------------------------------

CREATE FUNCTION uprofile_as_items(
	source pg_catalog.text,
	key pg_catalog.text,
	bins pg_catalog.jsonb DEFAULT NULL,
	OUT user_key pg_catalog.text,
	OUT item pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_as_items';
COMMENT ON FUNCTION uprofile_as_items(pg_catalog.text, pg_catalog.text, pg_catalog.jsonb) IS
'What each column of each row says, as an item such as age=30-40 or country=DE, to be mined. bins: of numbers, how many (4) or {"age": [18, 30, 65], "income": 5}; by default of as many rows each. Left out: NULL, the key, text of more than 255 values or nearly one a row.';

-- ---- recommenders (95) ----------------------------------------------------------------------------------------------

CREATE FUNCTION uprofile_recommenders(
	OUT algorithm pg_catalog.text,
	OUT description pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_recommenders';
COMMENT ON FUNCTION uprofile_recommenders() IS
'Lists the algorithms of uprofile_train_recommender; uprofile_params(algorithm) lists their parameters.';

CREATE FUNCTION uprofile_train_recommender(
	model pg_catalog.text,
	source pg_catalog.text,
	user_key pg_catalog.text,
	item pg_catalog.text,
	weight pg_catalog.text DEFAULT NULL,
	event_time pg_catalog.text DEFAULT NULL,
	algorithm pg_catalog.text DEFAULT 'auto',
	params pg_catalog.jsonb DEFAULT '{}',
	segment pg_catalog.text DEFAULT NULL,
	test_size pg_catalog.float8 DEFAULT 0.2,
	deploy pg_catalog.text DEFAULT 'auto',
	seed pg_catalog.int8 DEFAULT NULL,
	OUT model_name pg_catalog.text,
	OUT version pg_catalog.int4,
	OUT algorithm_name pg_catalog.text,
	OUT users pg_catalog.int8,
	OUT items pg_catalog.int8,
	OUT events pg_catalog.int8,
	OUT metrics pg_catalog.jsonb,
	OUT deployed pg_catalog.bool,
	OUT note pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_train_recommender';
COMMENT ON FUNCTION uprofile_train_recommender(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.text, pg_catalog.jsonb, pg_catalog.text, pg_catalog.float8, pg_catalog.text, pg_catalog.int8) IS
'Trains a version of a recommender on events of a source: columns user_key, item, weight, event_time, segment. Measured on the last test_size of the events (without times by a hash) beside popularity; deployed unless it is worse than that, or than the deployed one.';

CREATE FUNCTION uprofile_recommend_for(
	model pg_catalog.text,
	user_key "any",
	n pg_catalog.int4 DEFAULT 10,
	exclude_owned pg_catalog.bool DEFAULT true,
	candidates pg_catalog.text DEFAULT NULL,
	segment pg_catalog.text DEFAULT NULL,
	items pg_catalog.text[] DEFAULT NULL,
	events pg_catalog.text DEFAULT NULL,
	OUT item pg_catalog.text,
	OUT score pg_catalog.float8,
	OUT rank pg_catalog.int4,
	OUT reason pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE PARALLEL SAFE COST 10000 ROWS 10
AS 'MODULE_PATHNAME', 'uprofile_recommend_for';
COMMENT ON FUNCTION uprofile_recommend_for(pg_catalog.text, "any", pg_catalog.int4, pg_catalog.bool, pg_catalog.text, pg_catalog.text,
	pg_catalog.text[], pg_catalog.text) IS
'The best n items for a user by what he has now: his events in the model''s source (or another, events), read with your rights, or items. candidates: a source of the items that may be named. segment: in place of that of his events. reason: his items that speak for it, or where it is popular.';

CREATE FUNCTION uprofile_similar_items(
	model pg_catalog.text,
	item "any",
	n pg_catalog.int4 DEFAULT 10,
	OUT similar_item pg_catalog.text,
	OUT score pg_catalog.float8,
	OUT rank pg_catalog.int4)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE PARALLEL SAFE COST 1000 ROWS 10
AS 'MODULE_PATHNAME', 'uprofile_similar_items';
COMMENT ON FUNCTION uprofile_similar_items(pg_catalog.text, "any", pg_catalog.int4) IS
'The n items that are most like an item, as the deployed version of a recommender has learnt it.';

CREATE FUNCTION uprofile_similar_users(
	model pg_catalog.text,
	user_key "any",
	n pg_catalog.int4 DEFAULT 10,
	events pg_catalog.text DEFAULT NULL,
	OUT similar_user pg_catalog.text,
	OUT score pg_catalog.float8,
	OUT rank pg_catalog.int4)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE PARALLEL SAFE COST 100000 ROWS 10
AS 'MODULE_PATHNAME', 'uprofile_similar_users';
COMMENT ON FUNCTION uprofile_similar_users(pg_catalog.text, "any", pg_catalog.int4, pg_catalog.text) IS
'The n users whose events now are most like those of a user, by the cosine of what a recommender makes of them (als, bpr, mf: factors; else what they have). Reads all events of the model''s source, or of another, with your rights.';

CREATE FUNCTION uprofile_class_rules(
	source pg_catalog.text,
	target pg_catalog.text,
	key pg_catalog.text DEFAULT NULL,
	bins pg_catalog.jsonb DEFAULT NULL,
	min_support pg_catalog.float8 DEFAULT 0.01,
	min_confidence pg_catalog.float8 DEFAULT 0.5,
	max_len pg_catalog.int4 DEFAULT 4,
	min_lift pg_catalog.float8 DEFAULT 0,
	max_rules pg_catalog.int8 DEFAULT 100000,
	min_improvement pg_catalog.float8 DEFAULT NULL,
	max_p_value pg_catalog.float8 DEFAULT NULL,
	correction pg_catalog.text DEFAULT 'none',
	order_by pg_catalog.text DEFAULT 'lift',
	time_budget pg_catalog.interval DEFAULT NULL,
	OUT lhs pg_catalog.text[],
	OUT rhs pg_catalog.text[],
	OUT count pg_catalog.int8,
	OUT support pg_catalog.float8,
	OUT confidence pg_catalog.float8,
	OUT lift pg_catalog.float8,
	OUT leverage pg_catalog.float8,
	OUT conviction pg_catalog.float8,
	OUT zhang pg_catalog.float8,
	OUT jaccard pg_catalog.float8,
	OUT cosine pg_catalog.float8,
	OUT kulczynski pg_catalog.float8,
	OUT imbalance pg_catalog.float8,
	OUT chi_squared pg_catalog.float8,
	OUT p_value pg_catalog.float8,
	OUT improvement pg_catalog.float8,
	OUT truncated pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_class_rules';
COMMENT ON FUNCTION uprofile_class_rules(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb, pg_catalog.float8,
	pg_catalog.float8, pg_catalog.int4, pg_catalog.float8, pg_catalog.int8, pg_catalog.float8, pg_catalog.float8, pg_catalog.text,
	pg_catalog.text, pg_catalog.interval) IS
'Rules "rows with these values have this target" of a table: items as of uprofile_as_items, the target''s alone on the right; columns, measures and the other arguments as of uprofile_apriori. Rows without a target do not count. key: a column that is no item. max_len: items of both sides.';

-- ---- mines (96) -----------------------------------------------------------------------------------------------------

CREATE TABLE uprofile_mine_definitions
(
	name pg_catalog.text PRIMARY KEY CHECK (name <> ''),
	owner pg_catalog.name NOT NULL,
	source pg_catalog.text NOT NULL,
	source_path pg_catalog.text NOT NULL,
	basket pg_catalog.text NOT NULL,
	item pg_catalog.text NOT NULL,
	event_time pg_catalog.text,
	time_window pg_catalog.interval,
	min_support pg_catalog.float8 NOT NULL,
	min_confidence pg_catalog.float8 NOT NULL,
	max_len pg_catalog.int4 NOT NULL,
	max_rhs pg_catalog.int4 NOT NULL,
	max_rules pg_catalog.int8 NOT NULL,
	created_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	owner_oid pg_catalog.oid NOT NULL,
	owner_mark pg_catalog.uuid NOT NULL,
	refreshed_at pg_catalog.timestamptz,
	baskets pg_catalog.int8,
	items pg_catalog.bytea,
	watch pg_catalog.text,
	covered pg_catalog.text,
	covered_since pg_catalog.timestamptz,
	itemsets pg_catalog.int8,
	rules pg_catalog.int8
);
COMMENT ON TABLE uprofile_mine_definitions IS 'Named mines: source, bounds, the texts of their items by number, and what the source depended on (covered) and where the window began at the last refresh.';
CREATE TRIGGER uprofile_stamp_owner BEFORE INSERT OR UPDATE OF owner, owner_oid, owner_mark
	ON uprofile_mine_definitions FOR EACH ROW EXECUTE FUNCTION @extschema@.uprofile_stamp_owner();
ALTER TABLE uprofile_mine_definitions ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_mine_definitions
	USING (@extschema@.uprofile_may_use(owner_oid, owner_mark OPERATOR(pg_catalog.=)
									   (SELECT i.mark FROM @extschema@.uprofile_installation i)));
ALTER TABLE uprofile_mine_definitions OWNER TO @extowner@;
GRANT SELECT, INSERT (name, source, source_path, basket, item, event_time, time_window, min_support, min_confidence, max_len, max_rhs, max_rules, watch),
	DELETE ON uprofile_mine_definitions TO PUBLIC;
GRANT UPDATE (name, owner_oid, refreshed_at, baskets, items, covered, covered_since, itemsets, rules) ON uprofile_mine_definitions TO PUBLIC;
-- As with models, the owner's name of today.
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_mine_definitions',
	'd (name, stored_owner, source, source_path, basket, item, event_time, time_window, min_support, min_confidence, max_len, max_rhs, '
	'max_rules, created_at, stored_oid) CROSS JOIN LATERAL '
	'(SELECT coalesce(max(r.rolname::text), stored_owner) AS owner, coalesce(max(r.oid::text), ''0'') AS owner_oid '
	'FROM pg_catalog.pg_roles r WHERE r.oid OPERATOR(pg_catalog.=) stored_oid) o');

CREATE TABLE uprofile_mine_parts
(
	mine pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_mine_definitions (name) ON DELETE CASCADE ON UPDATE CASCADE,
	part pg_catalog.int4 NOT NULL,
	place pg_catalog.int4 NOT NULL,
	baskets pg_catalog.bytea NOT NULL,
	sets pg_catalog.bytea NOT NULL,
	gone pg_catalog.bytea,
	PRIMARY KEY (mine, part)
);
COMMENT ON TABLE uprofile_mine_parts IS 'The baskets of mines in parts, the item sets that are known of each, and which baskets have left since.';
ALTER TABLE uprofile_mine_parts ALTER COLUMN baskets SET STORAGE EXTERNAL, ALTER COLUMN sets SET STORAGE EXTERNAL;
ALTER TABLE uprofile_mine_parts ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_mine_parts
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_mine_definitions d WHERE d.name OPERATOR(pg_catalog.=) mine));
ALTER TABLE uprofile_mine_parts OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE, UPDATE (place, sets, gone) ON uprofile_mine_parts TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_mine_parts', '');

CREATE TABLE uprofile_mined_sets
(
	mine pg_catalog.text PRIMARY KEY REFERENCES @extschema@.uprofile_mine_definitions (name) ON DELETE CASCADE ON UPDATE CASCADE,
	sets pg_catalog.bytea NOT NULL
);
COMMENT ON TABLE uprofile_mined_sets IS 'The frequent item sets of mines as of their last refresh; uprofile_mine_sets and uprofile_mine_rules make rows of them.';
ALTER TABLE uprofile_mined_sets ALTER COLUMN sets SET STORAGE EXTERNAL;
ALTER TABLE uprofile_mined_sets ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_mined_sets
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_mine_definitions d WHERE d.name OPERATOR(pg_catalog.=) mine));
ALTER TABLE uprofile_mined_sets OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE, UPDATE (sets) ON uprofile_mined_sets TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_mined_sets', '');

CREATE TABLE uprofile_mine_watches
(
	id pg_catalog.int8 PRIMARY KEY,
	mine pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_mine_definitions (name) ON DELETE CASCADE ON UPDATE CASCADE,
	table_schema pg_catalog.text NOT NULL,
	table_name pg_catalog.text NOT NULL,
	table_oid pg_catalog.oid NOT NULL,
	queue_schema pg_catalog.text NOT NULL,
	queue_name pg_catalog.text NOT NULL,
	queue_oid pg_catalog.oid NOT NULL,
	oids_of pg_catalog.text NOT NULL,
	leaves pg_catalog.oid[] NOT NULL,
	column_names pg_catalog.text[] NOT NULL,
	key_query pg_catalog.text,
	found pg_catalog.text NOT NULL CHECK (found IN ('auto', 'given', 'on the way')),
	form pg_catalog.text NOT NULL CHECK (form IN ('statement', 'row', 'always'))
);
COMMENT ON TABLE uprofile_mine_watches IS
'Tables that mines watch: the columns whose values a change puts on a mine''s queue. oids_of: the database in which the OIDs hold.';
CREATE INDEX uprofile_mine_watches_mine ON uprofile_mine_watches (mine);
ALTER TABLE uprofile_mine_watches ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_mine_watches
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_mine_definitions d WHERE d.name OPERATOR(pg_catalog.=) mine));
ALTER TABLE uprofile_mine_watches OWNER TO @extowner@;
GRANT SELECT, INSERT, UPDATE, DELETE ON uprofile_mine_watches TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_mine_watches', '');

CREATE FUNCTION uprofile_mine_sets(name pg_catalog.text, OUT items pg_catalog.text[], OUT count pg_catalog.int8, OUT support pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL UNSAFE COST 10000 ROWS 10000
AS 'MODULE_PATHNAME', 'uprofile_mine_sets';
COMMENT ON FUNCTION uprofile_mine_sets(pg_catalog.text) IS
'The frequent item sets of a named mine that you may use, as of its last refresh; the view uprofile_itemset_list has those of all.';

CREATE FUNCTION uprofile_mine_rules(
	name pg_catalog.text,
	OUT lhs pg_catalog.text[],
	OUT rhs pg_catalog.text[],
	OUT count pg_catalog.int8,
	OUT support pg_catalog.float8,
	OUT confidence pg_catalog.float8,
	OUT lift pg_catalog.float8,
	OUT leverage pg_catalog.float8,
	OUT conviction pg_catalog.float8,
	OUT zhang pg_catalog.float8,
	OUT jaccard pg_catalog.float8,
	OUT cosine pg_catalog.float8,
	OUT kulczynski pg_catalog.float8,
	OUT imbalance pg_catalog.float8,
	OUT chi_squared pg_catalog.float8,
	OUT p_value pg_catalog.float8,
	OUT improvement pg_catalog.float8,
	OUT truncated pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL UNSAFE COST 10000 ROWS 10000
AS 'MODULE_PATHNAME', 'uprofile_mine_rules';
COMMENT ON FUNCTION uprofile_mine_rules(pg_catalog.text) IS
'The rules of a named mine that you may use, made from its item sets as of its last refresh, as uprofile_apriori has them; the view uprofile_rules has those of all.';

CREATE VIEW uprofile_mines WITH (security_barrier) AS
SELECT d.name AS mine, d.source, d.basket, d.item, d.event_time, d.time_window, d.min_support, d.min_confidence, d.max_len, d.max_rhs, d.max_rules,
	   (SELECT r.rolname FROM pg_catalog.pg_roles r, @extschema@.uprofile_installation i
		WHERE r.oid OPERATOR(pg_catalog.=) d.owner_oid AND i.mark OPERATOR(pg_catalog.=) d.owner_mark) AS owner,
	   d.created_at, d.refreshed_at, d.baskets, d.itemsets, d.rules, d.watch
FROM @extschema@.uprofile_mine_definitions d
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_mines IS 'The named mines that you may use: what they mine, and when they were brought up to date.';
ALTER VIEW uprofile_mines OWNER TO @extowner@;
GRANT SELECT ON uprofile_mines TO PUBLIC;

CREATE VIEW uprofile_rules WITH (security_barrier) AS
SELECT d.name AS mine, r.lhs, r.rhs, r.count, r.support, r.confidence, r.lift, r.leverage, r.conviction, r.zhang, r.jaccard, r.cosine, r.kulczynski,
	   r.imbalance, r.chi_squared, r.p_value
FROM @extschema@.uprofile_mine_definitions d
CROSS JOIN LATERAL @extschema@.uprofile_mine_rules(d.name) r
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_rules IS 'The rules of the named mines that you may use, as of their last refresh.';
ALTER VIEW uprofile_rules OWNER TO @extowner@;
GRANT SELECT ON uprofile_rules TO PUBLIC;

CREATE VIEW uprofile_itemset_list WITH (security_barrier) AS
SELECT d.name AS mine, s.items, s.count, s.support
FROM @extschema@.uprofile_mine_definitions d
CROSS JOIN LATERAL @extschema@.uprofile_mine_sets(d.name) s
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_itemset_list IS 'The frequent item sets of the named mines that you may use, as of their last refresh.';
ALTER VIEW uprofile_itemset_list OWNER TO @extowner@;
GRANT SELECT ON uprofile_itemset_list TO PUBLIC;

CREATE FUNCTION uprofile_mine(
	name pg_catalog.text,
	source pg_catalog.text,
	basket pg_catalog.text,
	item pg_catalog.text,
	min_support pg_catalog.float8 DEFAULT 0.01,
	min_confidence pg_catalog.float8 DEFAULT 0.5,
	max_len pg_catalog.int4 DEFAULT 0,
	max_rhs pg_catalog.int4 DEFAULT 1,
	event_time pg_catalog.text DEFAULT NULL,
	time_window pg_catalog.interval DEFAULT NULL,
	max_rules pg_catalog.int8 DEFAULT 100000,
	watch pg_catalog.text DEFAULT NULL,
	OUT baskets pg_catalog.int8,
	OUT arrived pg_catalog.int8,
	OUT changed pg_catalog.int8,
	OUT gone pg_catalog.int8,
	OUT itemsets pg_catalog.int8,
	OUT rules pg_catalog.int8,
	OUT parts pg_catalog.int4,
	OUT parts_mined pg_catalog.int4,
	OUT mode pg_catalog.text,
	OUT reason pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_mine';
COMMENT ON FUNCTION uprofile_mine(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8, pg_catalog.float8,
	pg_catalog.int4, pg_catalog.int4, pg_catalog.text, pg_catalog.interval, pg_catalog.int8, pg_catalog.text) IS
'Makes a named mine: its sets and rules stand in uprofile_itemset_list and uprofile_rules, exact as of uprofile_refresh_mine. time_window: only rows of so long ago count. watch: auto or {table.column, …}: a refresh reads only what changed. Read as the owner; other arguments as of uprofile_apriori.';

CREATE FUNCTION uprofile_refresh_mine(
	name pg_catalog.text,
	OUT baskets pg_catalog.int8,
	OUT arrived pg_catalog.int8,
	OUT changed pg_catalog.int8,
	OUT gone pg_catalog.int8,
	OUT itemsets pg_catalog.int8,
	OUT rules pg_catalog.int8,
	OUT parts pg_catalog.int4,
	OUT parts_mined pg_catalog.int4,
	OUT mode pg_catalog.text,
	OUT reason pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_refresh_mine';
COMMENT ON FUNCTION uprofile_refresh_mine(pg_catalog.text) IS
'Brings a named mine up to date; the result is that of mining everything. mode baskets: only those that watched tables say changed were read; all: the source was read and compared, for this reason. Only parts_mined of its parts are mined again.';

CREATE FUNCTION uprofile_drop_mine(name pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_drop_mine';
COMMENT ON FUNCTION uprofile_drop_mine(pg_catalog.text) IS
'Drops a named mine with its baskets, sets and rules.';

CREATE FUNCTION uprofile_rename_mine(name pg_catalog.text, new_name pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_rename_mine';
COMMENT ON FUNCTION uprofile_rename_mine(pg_catalog.text, pg_catalog.text) IS
'Gives a named mine another name; its baskets, sets and watched tables go along.';

CREATE FUNCTION uprofile_reassign_mine(name pg_catalog.text, role pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_reassign_mine';
COMMENT ON FUNCTION uprofile_reassign_mine(pg_catalog.text, pg_catalog.text) IS
'Gives a named mine and its queue to another role, as which its source is read from then on. You must be a member of its owner (or own the database, if that role is gone) and of the other.';


-- Ranked lists: a row a user. Coverage and novelty are of items, the others means over users to whom anything is relevant.

CREATE FUNCTION uprofile_agg_ranking(pg_catalog.bytea, pg_catalog.text[], pg_catalog.text[])
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_ranking';
COMMENT ON FUNCTION uprofile_agg_ranking(pg_catalog.bytea, pg_catalog.text[], pg_catalog.text[]) IS
'support function of figures of ranked lists: takes a user';

CREATE FUNCTION uprofile_agg_ranking(pg_catalog.bytea, pg_catalog.text[], pg_catalog.text[], pg_catalog.int4)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_ranking';
COMMENT ON FUNCTION uprofile_agg_ranking(pg_catalog.bytea, pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'support function of figures of ranked lists: takes a user';

CREATE FUNCTION uprofile_agg_ranking_combine(pg_catalog.bytea, pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_ranking_combine';
COMMENT ON FUNCTION uprofile_agg_ranking_combine(pg_catalog.bytea, pg_catalog.bytea) IS
'support function of figures of ranked lists: joins the states of two parts';

CREATE FUNCTION uprofile_agg_ranking_final(pg_catalog.bytea)
RETURNS pg_catalog.float8 LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_ranking_final';
COMMENT ON FUNCTION uprofile_agg_ranking_final(pg_catalog.bytea) IS
'support function of figures of ranked lists: the figure, or NULL where there is none';

CREATE AGGREGATE uprofile_precision_at_k(recommended pg_catalog.text[], relevant pg_catalog.text[])
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'precision_at_k',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision_at_k(pg_catalog.text[], pg_catalog.text[]) IS
'Of the recommended items, the share that are relevant.';

CREATE AGGREGATE uprofile_precision_at_k(recommended pg_catalog.text[], relevant pg_catalog.text[], k pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'precision_at_k',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_precision_at_k(pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'Of the recommended items, the share that are relevant. Of what is recommended the first k count.';

CREATE AGGREGATE uprofile_recall_at_k(recommended pg_catalog.text[], relevant pg_catalog.text[])
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'recall_at_k',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall_at_k(pg_catalog.text[], pg_catalog.text[]) IS
'Of the relevant items, the share that are recommended.';

CREATE AGGREGATE uprofile_recall_at_k(recommended pg_catalog.text[], relevant pg_catalog.text[], k pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'recall_at_k',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_recall_at_k(pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'Of the relevant items, the share that are recommended. Of what is recommended the first k count.';

CREATE AGGREGATE uprofile_ndcg_at_k(recommended pg_catalog.text[], relevant pg_catalog.text[])
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'ndcg_at_k',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_ndcg_at_k(pg_catalog.text[], pg_catalog.text[]) IS
'Normalized discounted cumulative gain: relevant items by 1 / log2(rank + 1), by the best there could be.';

CREATE AGGREGATE uprofile_ndcg_at_k(recommended pg_catalog.text[], relevant pg_catalog.text[], k pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'ndcg_at_k',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_ndcg_at_k(pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'Normalized discounted cumulative gain: relevant items by 1 / log2(rank + 1), by the best there could be. Of what is recommended the first k count.';

CREATE AGGREGATE uprofile_map_at_k(recommended pg_catalog.text[], relevant pg_catalog.text[])
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'map_at_k',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_map_at_k(pg_catalog.text[], pg_catalog.text[]) IS
'Mean average precision: the precision at the rank of each relevant item, summed up, by the most there could be.';

CREATE AGGREGATE uprofile_map_at_k(recommended pg_catalog.text[], relevant pg_catalog.text[], k pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'map_at_k',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_map_at_k(pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'Mean average precision: the precision at the rank of each relevant item, summed up, by the most there could be. Of what is recommended the first k count.';

CREATE AGGREGATE uprofile_mrr(recommended pg_catalog.text[], relevant pg_catalog.text[])
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'mrr',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mrr(pg_catalog.text[], pg_catalog.text[]) IS
'Mean reciprocal rank: 1 / rank of the first relevant item, 0 if none is.';

CREATE AGGREGATE uprofile_mrr(recommended pg_catalog.text[], relevant pg_catalog.text[], k pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'mrr',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mrr(pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'Mean reciprocal rank: 1 / rank of the first relevant item, 0 if none is. Of what is recommended the first k count.';

CREATE AGGREGATE uprofile_hit_rate(recommended pg_catalog.text[], relevant pg_catalog.text[])
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'hit_rate',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_hit_rate(pg_catalog.text[], pg_catalog.text[]) IS
'The share of users with a relevant item among the recommended ones.';

CREATE AGGREGATE uprofile_hit_rate(recommended pg_catalog.text[], relevant pg_catalog.text[], k pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'hit_rate',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_hit_rate(pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'The share of users with a relevant item among the recommended ones. Of what is recommended the first k count.';

CREATE AGGREGATE uprofile_coverage(recommended pg_catalog.text[], relevant pg_catalog.text[])
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'coverage',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_coverage(pg_catalog.text[], pg_catalog.text[]) IS
'Of all items that are recommended or relevant to anybody, the share that are recommended.';

CREATE AGGREGATE uprofile_coverage(recommended pg_catalog.text[], relevant pg_catalog.text[], k pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'coverage',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_coverage(pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'Of all items that are recommended or relevant to anybody, the share that are recommended. Of what is recommended the first k count.';

CREATE AGGREGATE uprofile_novelty(recommended pg_catalog.text[], relevant pg_catalog.text[])
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'novelty',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_novelty(pg_catalog.text[], pg_catalog.text[]) IS
'Mean of -log2 of the share of users to whom a recommended item is relevant (nobody: as if one half were).';

CREATE AGGREGATE uprofile_novelty(recommended pg_catalog.text[], relevant pg_catalog.text[], k pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_ranking,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_ranking_final,
	COMBINEFUNC = @extschema@.uprofile_agg_ranking_combine,
	INITCOND = 'novelty',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_novelty(pg_catalog.text[], pg_catalog.text[], pg_catalog.int4) IS
'Mean of -log2 of the share of users to whom a recommended item is relevant (nobody: as if one half were). Of what is recommended the first k count.';

-- ---- reasons (98) --------------------------------------------------------------------------------------------------

CREATE FUNCTION uprofile_reasons(model pg_catalog.text, features pg_catalog.record, n pg_catalog.int4)
RETURNS pg_catalog.text[] LANGUAGE c STABLE STRICT PARALLEL SAFE COST 1000
AS 'MODULE_PATHNAME', 'uprofile_reasons';
COMMENT ON FUNCTION uprofile_reasons(pg_catalog.text, pg_catalog.record, pg_catalog.int4) IS
'The n columns of a row that speak most for what a named model predicts of it, as {column = value, …} in the data''s own units; fewer where fewer do. Contributions as of uprofile_explain_columns. NULL where the model cannot tell.';

CREATE FUNCTION uprofile_explain_columns(
	model pg_catalog.text,
	features pg_catalog.record,
	OUT label pg_catalog.text,
	OUT column_name pg_catalog.text,
	OUT column_value pg_catalog.text,
	OUT contribution pg_catalog.float8,
	OUT base_value pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_explain_columns';
COMMENT ON FUNCTION uprofile_explain_columns(pg_catalog.text, pg_catalog.record) IS
'uprofile_explain by columns of the data, what they became added up: exact where that is (large forests: some of their trees), else about 200 predictions. Of classes the predicted one (of two the second); of clusters by how much nearer the column brings the row to its own centre than to the others.';

CREATE FUNCTION uprofile_explain_user(
	profile pg_catalog.text,
	user_key pg_catalog."any",
	model pg_catalog.text DEFAULT NULL,
	OUT model_name pg_catalog.text,
	OUT label pg_catalog.text,
	OUT column_name pg_catalog.text,
	OUT column_value pg_catalog.text,
	OUT contribution pg_catalog.float8,
	OUT base_value pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE PARALLEL UNSAFE ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_explain_user';
COMMENT ON FUNCTION uprofile_explain_user(pg_catalog.text, pg_catalog."any", pg_catalog.text) IS
'What each column of a user''s stored row adds to what the models of a profile of yours (or one of them) predict of him, the greatest first, as uprofile_explain_columns has it. user_key: a value of the key''s type, its text, or ROW(…). No row where there is no such user.';

CREATE FUNCTION uprofile_what_if(
	model pg_catalog.text,
	features pg_catalog.record,
	params pg_catalog.jsonb,
	OUT column_name pg_catalog.text,
	OUT value_before pg_catalog.text,
	OUT value_after pg_catalog.text,
	OUT probability pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 3
AS 'MODULE_PATHNAME', 'uprofile_what_if';
COMMENT ON FUNCTION uprofile_what_if(pg_catalog.text, pg_catalog.record, pg_catalog.jsonb) IS
'The smallest changes of a row that bring a model''s prediction over a threshold, within usual values: {"change": [columns], "target": label, "threshold": 0.5, "direction": "above", "max_changes": 3, "ranges": …}. No row where there are none. probability: with all of them (regressions: the value).';

CREATE FUNCTION uprofile_what_if(
	model pg_catalog.text,
	features pg_catalog.jsonb,
	params pg_catalog.jsonb,
	OUT column_name pg_catalog.text,
	OUT value_before pg_catalog.text,
	OUT value_after pg_catalog.text,
	OUT probability pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 3
AS 'MODULE_PATHNAME', 'uprofile_what_if_json';
COMMENT ON FUNCTION uprofile_what_if(pg_catalog.text, pg_catalog.jsonb, pg_catalog.jsonb) IS
'The same of features as a JSON object: {"tenure": 4, "contract": "Month-to-month"}. A number that is whole stays so.';

-- ---- privacy (99) ---------------------------------------------------------------------------------------------------

CREATE TABLE uprofile_secrets
(
	profile pg_catalog.text PRIMARY KEY REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	secret pg_catalog.bytea NOT NULL CHECK (pg_catalog.octet_length(secret) OPERATOR(pg_catalog.=) 32)
);
COMMENT ON TABLE uprofile_secrets IS 'The secret of each profile by which the keys of forgotten users are hashed.';
ALTER TABLE uprofile_secrets ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_secrets
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_secrets OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE ON uprofile_secrets TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_secrets', '');

CREATE TABLE uprofile_forgotten
(
	id pg_catalog.int8 GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	profile pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	user_hash pg_catalog.bytea NOT NULL, -- HMAC-SHA256 of his key
	forgotten_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	forgotten_by pg_catalog.name NOT NULL,
	lifted_at pg_catalog.timestamptz, -- when he was let back; NULL: he is barred
	retrain pg_catalog.text[] NOT NULL, -- models that may have seen him, by their columns
	receipt pg_catalog.jsonb NOT NULL
);
COMMENT ON TABLE uprofile_forgotten IS 'Receipts of users who were forgotten, by the keyed hash of their key, and whether they are barred.';
CREATE INDEX uprofile_forgotten_user ON uprofile_forgotten (profile, user_hash);
ALTER TABLE uprofile_forgotten ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_forgotten
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_forgotten OWNER TO @extowner@;
GRANT SELECT, INSERT (profile, user_hash, forgotten_by, retrain, receipt), UPDATE (lifted_at), DELETE ON uprofile_forgotten TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_forgotten', '');
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_forgotten_id_seq', '');

-- What runs said of a user is taken out of them, and his hash out of what counts changes and folds.
GRANT UPDATE (message) ON uprofile_refresh_log TO PUBLIC;
GRANT UPDATE (users) ON uprofile_model_folds TO PUBLIC;

CREATE FUNCTION uprofile_forget(
	profile pg_catalog.text,
	user_key pg_catalog."any",
	OUT what pg_catalog.text,
	OUT place pg_catalog.text,
	OUT rows pg_catalog.int8,
	OUT note pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_forget';
COMMENT ON FUNCTION uprofile_forget(pg_catalog.text, pg_catalog."any") IS
'Erases a user from all that a profile keeps, bars him from coming back, and returns the receipt: what was erased, which models saw him and are retrained, who still holds him. user_key: as in uprofile_user_key.';

CREATE FUNCTION uprofile_unforget(profile pg_catalog.text, user_key pg_catalog."any")
RETURNS pg_catalog.bool LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_unforget';
COMMENT ON FUNCTION uprofile_unforget(pg_catalog.text, pg_catalog."any") IS
'Lets a forgotten user back into a profile: the next refresh computes him, if the source still has him. False where he was not barred. What was erased stays so, and the receipt is kept.';

CREATE FUNCTION uprofile_is_forgotten(profile pg_catalog.text, user_key pg_catalog."any")
RETURNS pg_catalog.bool LANGUAGE c STABLE PARALLEL RESTRICTED
AS 'MODULE_PATHNAME', 'uprofile_is_forgotten';
COMMENT ON FUNCTION uprofile_is_forgotten(pg_catalog.text, pg_catalog."any") IS
'Whether a user of a profile of yours is forgotten, and barred from coming back. NULL where user_key is. For sources of models beside the profile: … WHERE NOT uprofile_is_forgotten(''shop'', customer_id).';

CREATE VIEW uprofile_receipts WITH (security_barrier) AS
SELECT f.id AS receipt, f.profile, pg_catalog.encode(f.user_hash, 'hex') AS user_hash, f.forgotten_at, f.forgotten_by, f.lifted_at,
	   r.what, r.place, r.rows, r.note
FROM @extschema@.uprofile_forgotten f
JOIN @extschema@.uprofile_profile_definitions d ON d.name OPERATOR(pg_catalog.=) f.profile
CROSS JOIN LATERAL pg_catalog.jsonb_to_recordset(f.receipt)
	AS r (what pg_catalog.text, place pg_catalog.text, rows pg_catalog.int8, note pg_catalog.text)
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_receipts IS
'What uprofile_forget did for users of your profiles, who are named by a keyed hash alone. lifted_at: when uprofile_unforget let one back.';
ALTER VIEW uprofile_receipts OWNER TO @extowner@;
GRANT SELECT ON uprofile_receipts TO PUBLIC;

-- ---- traits (97) ----------------------------------------------------------------------------------------------------

CREATE TYPE uprofile_rfm_trait AS (
	recency_days pg_catalog.float8,
	frequency pg_catalog.int8,
	monetary pg_catalog.float8,
	mean_gap_days pg_catalog.float8,
	tenure_days pg_catalog.float8,
	first_time pg_catalog.timestamptz,
	last_time pg_catalog.timestamptz);
COMMENT ON TYPE uprofile_rfm_trait IS
'What uprofile_rfm tells.';

CREATE TYPE uprofile_sessions_trait AS (
	sessions pg_catalog.int8,
	events pg_catalog.int8,
	mean_events pg_catalog.float8,
	mean_minutes pg_catalog.float8,
	longest_minutes pg_catalog.float8,
	first_start pg_catalog.timestamptz,
	last_start pg_catalog.timestamptz);
COMMENT ON TYPE uprofile_sessions_trait IS
'What the aggregate uprofile_sessions tells.';

CREATE TYPE uprofile_habits_trait AS (
	events pg_catalog.int8,
	hours pg_catalog.float8[],
	weekdays pg_catalog.float8[],
	top_hour pg_catalog.int4,
	top_weekday pg_catalog.int4,
	hour_entropy pg_catalog.float8,
	weekday_entropy pg_catalog.float8,
	weekend_share pg_catalog.float8,
	regularity pg_catalog.float8);
COMMENT ON TYPE uprofile_habits_trait IS
'What uprofile_habits tells.';

CREATE TYPE uprofile_trend_trait AS (
	periods pg_catalog.int8,
	mean pg_catalog.float8,
	slope pg_catalog.float8,
	slope_error pg_catalog.float8);
COMMENT ON TYPE uprofile_trend_trait IS
'What uprofile_trend tells.';

CREATE TYPE uprofile_streak_trait AS (
	longest pg_catalog.int8,
	current_run pg_catalog.int8,
	periods pg_catalog.int8,
	longest_start pg_catalog.timestamptz);
COMMENT ON TYPE uprofile_streak_trait IS
'What uprofile_streak tells.';

CREATE FUNCTION uprofile_agg_trait_times(pg_catalog.bytea, pg_catalog.timestamptz)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trait_times';
COMMENT ON FUNCTION uprofile_agg_trait_times(pg_catalog.bytea, pg_catalog.timestamptz) IS
'support function of traits: takes a time';

CREATE FUNCTION uprofile_agg_trait_times(pg_catalog.bytea, pg_catalog.timestamptz, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trait_times';
COMMENT ON FUNCTION uprofile_agg_trait_times(pg_catalog.bytea, pg_catalog.timestamptz, pg_catalog.jsonb) IS
'support function of traits: takes a time';

CREATE FUNCTION uprofile_agg_trait_amounts(pg_catalog.bytea, pg_catalog.timestamptz, pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trait_amounts';
COMMENT ON FUNCTION uprofile_agg_trait_amounts(pg_catalog.bytea, pg_catalog.timestamptz, pg_catalog.float8) IS
'support function of traits: takes a time and an amount';

CREATE FUNCTION uprofile_agg_trait_amounts(pg_catalog.bytea, pg_catalog.timestamptz, pg_catalog.float8, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trait_amounts';
COMMENT ON FUNCTION uprofile_agg_trait_amounts(pg_catalog.bytea, pg_catalog.timestamptz, pg_catalog.float8, pg_catalog.jsonb) IS
'support function of traits: takes a time and an amount';

CREATE FUNCTION uprofile_agg_trait_since(pg_catalog.bytea, pg_catalog.timestamptz)
RETURNS pg_catalog.bytea LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trait_since';
COMMENT ON FUNCTION uprofile_agg_trait_since(pg_catalog.bytea, pg_catalog.timestamptz) IS
'support function of traits: takes a time';

CREATE FUNCTION uprofile_agg_trait_since(pg_catalog.bytea, pg_catalog.timestamptz, pg_catalog.timestamptz)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trait_since';
COMMENT ON FUNCTION uprofile_agg_trait_since(pg_catalog.bytea, pg_catalog.timestamptz, pg_catalog.timestamptz) IS
'support function of traits: takes a time';

CREATE FUNCTION uprofile_agg_trait_top(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.int4)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trait_top';
COMMENT ON FUNCTION uprofile_agg_trait_top(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.int4) IS
'support function of traits: takes a category and its weight';

CREATE FUNCTION uprofile_agg_trait_combine(pg_catalog.bytea, pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trait_combine';
COMMENT ON FUNCTION uprofile_agg_trait_combine(pg_catalog.bytea, pg_catalog.bytea) IS
'support function of traits: joins the states of two parts';

CREATE FUNCTION uprofile_agg_rfm_final(pg_catalog.bytea)
RETURNS @extschema@.uprofile_rfm_trait LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_rfm_final';
COMMENT ON FUNCTION uprofile_agg_rfm_final(pg_catalog.bytea) IS
'support function of traits: what they say, or NULL without an event';

CREATE FUNCTION uprofile_agg_sessions_final(pg_catalog.bytea)
RETURNS @extschema@.uprofile_sessions_trait LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_sessions_final';
COMMENT ON FUNCTION uprofile_agg_sessions_final(pg_catalog.bytea) IS
'support function of traits: what they say, or NULL without an event';

CREATE FUNCTION uprofile_agg_habits_final(pg_catalog.bytea)
RETURNS @extschema@.uprofile_habits_trait LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_habits_final';
COMMENT ON FUNCTION uprofile_agg_habits_final(pg_catalog.bytea) IS
'support function of traits: what they say, or NULL without an event';

CREATE FUNCTION uprofile_agg_trend_final(pg_catalog.bytea)
RETURNS @extschema@.uprofile_trend_trait LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_trend_final';
COMMENT ON FUNCTION uprofile_agg_trend_final(pg_catalog.bytea) IS
'support function of traits: what they say, or NULL without an event';

CREATE FUNCTION uprofile_agg_streak_final(pg_catalog.bytea)
RETURNS @extschema@.uprofile_streak_trait LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_streak_final';
COMMENT ON FUNCTION uprofile_agg_streak_final(pg_catalog.bytea) IS
'support function of traits: what they say, or NULL without an event';

CREATE FUNCTION uprofile_agg_since_final(pg_catalog.bytea)
RETURNS pg_catalog.interval LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_since_final';
COMMENT ON FUNCTION uprofile_agg_since_final(pg_catalog.bytea) IS
'support function of traits: what they say, or NULL without an event';

CREATE FUNCTION uprofile_agg_top_final(pg_catalog.bytea)
RETURNS pg_catalog.text[] LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_top_final';
COMMENT ON FUNCTION uprofile_agg_top_final(pg_catalog.bytea) IS
'support function of traits: what they say, or NULL without an event';

CREATE AGGREGATE uprofile_rfm(event_time pg_catalog.timestamptz, amount pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_trait_amounts,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_rfm_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'rfm',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_rfm(pg_catalog.timestamptz, pg_catalog.float8) IS
'Days since the last event and since the first (tenure_days), different times (frequency), sum of amounts, mean days from one time to the next. As of the time of the transaction.';

CREATE AGGREGATE uprofile_rfm(event_time pg_catalog.timestamptz, amount pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_trait_amounts,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_rfm_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'rfm',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_rfm(pg_catalog.timestamptz, pg_catalog.float8, pg_catalog.jsonb) IS
'Days since the last event and since the first (tenure_days), different times (frequency), sum of amounts, mean days from one time to the next. As of the time of the transaction. params: at, another moment; count: times, days or events; time_zone.';

CREATE AGGREGATE uprofile_sessions(event_time pg_catalog.timestamptz)
(
	SFUNC = @extschema@.uprofile_agg_trait_times,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_sessions_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'sessions',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_sessions(pg_catalog.timestamptz) IS
'Visits: a pause of more than 30 minutes begins another. Their number, mean number of events, mean and longest minutes from first to last event, when the first and the last one began.';

CREATE AGGREGATE uprofile_sessions(event_time pg_catalog.timestamptz, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_trait_times,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_sessions_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'sessions',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_sessions(pg_catalog.timestamptz, pg_catalog.jsonb) IS
'Visits: a pause of more than 30 minutes begins another. Their number, mean number of events, mean and longest minutes from first to last event, when the first and the last one began. params: gap, another pause; at: later events do not count.';

CREATE AGGREGATE uprofile_habits(event_time pg_catalog.timestamptz)
(
	SFUNC = @extschema@.uprofile_agg_trait_times,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_habits_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'habits',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_habits(pg_catalog.timestamptz) IS
'Shares of the 24 hours and of the 7 weekdays from Monday, their entropy in bits, the most frequent hour and weekday (1: Monday), share of the weekend, regularity 1 / (1 + sd / mean) of pauses.';

CREATE AGGREGATE uprofile_habits(event_time pg_catalog.timestamptz, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_trait_times,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_habits_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'habits',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_habits(pg_catalog.timestamptz, pg_catalog.jsonb) IS
'Shares of the 24 hours and of the 7 weekdays from Monday, their entropy in bits, the most frequent hour and weekday (1: Monday), share of the weekend, regularity 1 / (1 + sd / mean) of pauses. params: time_zone; at.';

CREATE AGGREGATE uprofile_trend(event_time pg_catalog.timestamptz, amount pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_trait_amounts,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_trend_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'trend',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_trend(pg_catalog.timestamptz, pg_catalog.float8) IS
'Least squares over the sums of months from first to last event, empty ones 0: how many, their mean, the slope a month and its standard error.';

CREATE AGGREGATE uprofile_trend(event_time pg_catalog.timestamptz, amount pg_catalog.float8, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_trait_amounts,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_trend_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'trend',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_trend(pg_catalog.timestamptz, pg_catalog.float8, pg_catalog.jsonb) IS
'Least squares over the sums of months from first to last event, empty ones 0: how many, their mean, the slope a month and its standard error. params: period, such as 7 days; at: whole periods up to it, also empty ones; time_zone.';

CREATE AGGREGATE uprofile_streak(event_time pg_catalog.timestamptz)
(
	SFUNC = @extschema@.uprofile_agg_trait_times,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_streak_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'streak',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_streak(pg_catalog.timestamptz) IS
'Days in a row with an event: the longest run and its start, the run that goes on (the last event was today or yesterday, else 0), all such days. As of the time of the transaction.';

CREATE AGGREGATE uprofile_streak(event_time pg_catalog.timestamptz, params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_trait_times,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_streak_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'streak',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_streak(pg_catalog.timestamptz, pg_catalog.jsonb) IS
'Days in a row with an event: the longest run and its start, the run that goes on (the last event was today or yesterday, else 0), all such days. As of the time of the transaction. params: period, such as 1 month; at; time_zone.';

CREATE AGGREGATE uprofile_time_since(event_time pg_catalog.timestamptz)
(
	SFUNC = @extschema@.uprofile_agg_trait_since,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_since_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'time_since',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_time_since(pg_catalog.timestamptz) IS
'Time from the last event to the time of the transaction; later events do not count.';

CREATE AGGREGATE uprofile_time_since(event_time pg_catalog.timestamptz, at pg_catalog.timestamptz)
(
	SFUNC = @extschema@.uprofile_agg_trait_since,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_since_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'time_since',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_time_since(pg_catalog.timestamptz, pg_catalog.timestamptz) IS
'Time from the last event to a moment; later events do not count.';

CREATE AGGREGATE uprofile_top(category pg_catalog.text, weight pg_catalog.float8, n pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_trait_top,
	STYPE = pg_catalog.bytea,
	SSPACE = 2048,
	FINALFUNC = @extschema@.uprofile_agg_top_final,
	COMBINEFUNC = @extschema@.uprofile_agg_trait_combine,
	INITCOND = 'top',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_top(pg_catalog.text, pg_catalog.float8, pg_catalog.int4) IS
'The n categories of the greatest sums of weights, greatest first, equal ones by their bytes.';

CREATE FUNCTION uprofile_sessions(
	source pg_catalog.text,
	key pg_catalog.text,
	event_time pg_catalog.text,
	gap pg_catalog.interval DEFAULT '30 minutes',
	OUT user_key pg_catalog.text,
	OUT session_number pg_catalog.int8,
	OUT started_at pg_catalog.timestamptz,
	OUT ended_at pg_catalog.timestamptz,
	OUT events pg_catalog.int8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_sessions_of_source';
COMMENT ON FUNCTION uprofile_sessions(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.interval) IS
'The visits of each user, numbered from 1 in order of time: a pause of more than gap begins another. By the text of the key.';

CREATE FUNCTION uprofile_rfm_score(
	source pg_catalog.text,
	key pg_catalog.text,
	event_time pg_catalog.text DEFAULT NULL,
	amount pg_catalog.text DEFAULT NULL,
	recency pg_catalog.text DEFAULT NULL,
	frequency pg_catalog.text DEFAULT NULL,
	monetary pg_catalog.text DEFAULT NULL,
	params pg_catalog.jsonb DEFAULT NULL,
	OUT user_key pg_catalog.text,
	OUT recency_days pg_catalog.float8,
	OUT frequency_count pg_catalog.float8,
	OUT monetary_sum pg_catalog.float8,
	OUT r pg_catalog.int4,
	OUT f pg_catalog.int4,
	OUT m pg_catalog.int4,
	OUT score pg_catalog.int4,
	OUT name pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_rfm_score';
COMMENT ON FUNCTION uprofile_rfm_score(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text,
	pg_catalog.text, pg_catalog.text, pg_catalog.jsonb) IS
'Scores of recency, frequency, monetary: 1 + whole fifths of all users that a user surpasses, so equals score alike; 111 to 555 and a name. Of events (event_time, amount; params as uprofile_rfm) or of the three columns. params.names: rules, or a source of them, first match wins.';

-- ---- tables of events (97) ------------------------------------------------------------------------------------------

CREATE FUNCTION uprofile_create_events(
	events pg_catalog.text,
	retention pg_catalog.interval DEFAULT NULL,
	since pg_catalog.timestamptz DEFAULT NULL,
	months_ahead pg_catalog.int4 DEFAULT 12,
	key_type pg_catalog.regtype DEFAULT 'pg_catalog.text')
RETURNS pg_catalog.void LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_create_events';
COMMENT ON FUNCTION uprofile_create_events(pg_catalog.text, pg_catalog.interval, pg_catalog.timestamptz, pg_catalog.int4, pg_catalog.regtype) IS
'Makes a table of events (user_key, event, properties, event_time, event_id) by months from since (a year ago) to months_ahead from now; older ones lie in <events>_before, ids in <events>_ids. An event_id is there once. retention: what is older is not taken, and dropped by uprofile_prune.';

CREATE FUNCTION uprofile_alter_events(
	events pg_catalog.text,
	retention pg_catalog.interval,
	months_ahead pg_catalog.int4 DEFAULT 12)
RETURNS pg_catalog.void LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_alter_events';
COMMENT ON FUNCTION uprofile_alter_events(pg_catalog.text, pg_catalog.interval, pg_catalog.int4) IS
'Says anew how long a table of uprofile_create_events keeps events (NULL: for ever), and how many months uprofile_prune makes ahead.';

CREATE FUNCTION uprofile_extend_events(events pg_catalog.text, until pg_catalog.timestamptz)
RETURNS pg_catalog.int4 LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_extend_events';
COMMENT ON FUNCTION uprofile_extend_events(pg_catalog.text, pg_catalog.timestamptz) IS
'Makes the months from now to a time that a table of uprofile_create_events does not have yet, so that COPY and roles that are not its owner can write there; how many.';

CREATE FUNCTION uprofile_track(
	events pg_catalog.text,
	user_key "any",
	event pg_catalog.text,
	properties pg_catalog.jsonb DEFAULT '{}',
	event_time pg_catalog.timestamptz DEFAULT pg_catalog.now(),
	event_id pg_catalog.text DEFAULT NULL)
RETURNS pg_catalog.bool LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_track';
COMMENT ON FUNCTION uprofile_track(pg_catalog.text, "any", pg_catalog.text, pg_catalog.jsonb, pg_catalog.timestamptz, pg_catalog.text) IS
'Adds an event to a table of uprofile_create_events; makes its month if you own the table. False: an event of this event_id is there already, whatever its time, or the event is older than the table keeps. Without an event_id each call is an event.';

CREATE FUNCTION uprofile_events_trigger()
RETURNS pg_catalog.trigger LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_events_trigger';
COMMENT ON FUNCTION uprofile_events_trigger() IS
'The triggers of tables of uprofile_create_events: each event_id once, whoever writes.';

-- ---- reports (part 99) ---------------------------------------------------------------------------------------------

CREATE FUNCTION uprofile_report(profile pg_catalog.text)
RETURNS pg_catalog.text LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_report';
COMMENT ON FUNCTION uprofile_report(pg_catalog.text) IS
'A profile as one page of HTML that needs nothing else: how fresh it is, its segments, what its models are worth, drift, rules, the quality of its data, its runs. What the caller may not read is left out, and said.';

CREATE FUNCTION uprofile_report(profile pg_catalog.text, user_key pg_catalog."any")
RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE COST 1000
AS 'MODULE_PATHNAME', 'uprofile_report_user';
COMMENT ON FUNCTION uprofile_report(pg_catalog.text, pg_catalog."any") IS
'One user of a profile as a page of HTML: his values, where they are from and as of when, predictions with their reasons, what changed. Takes SELECT on the view <profile>_current. user_key: as in uprofile_user_key.';

CREATE FUNCTION uprofile_report_model(model pg_catalog.text, version pg_catalog.int4 DEFAULT NULL)
RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_report_model';
COMMENT ON FUNCTION uprofile_report_model(pg_catalog.text, pg_catalog.int4) IS
'A model of yours as a page of HTML: the deployed version, or the one given: what it predicts, its figures on rows held out beside the best constant, curves, importance, limits, columns, parameters, versions.';

-- Segments with meaning: what users of a segment have in common, in words that hold, and who moved from where to where.

CREATE TABLE uprofile_segments_described
(
	profile pg_catalog.text NOT NULL REFERENCES @extschema@.uprofile_profile_definitions (name) ON DELETE CASCADE,
	set_name pg_catalog.text NOT NULL,
	segment pg_catalog.text NOT NULL,
	by_rule pg_catalog.bool NOT NULL,
	place pg_catalog.int4 NOT NULL,
	version_id pg_catalog.int8,
	users pg_catalog.int8,
	everybody pg_catalog.int8,
	name pg_catalog.text,
	description pg_catalog.text,
	statistics pg_catalog.jsonb,
	typical_user pg_catalog.text,
	silhouette pg_catalog.float8,
	stability pg_catalog.float8,
	min_group pg_catalog.int8 NOT NULL,
	described_at pg_catalog.timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
	PRIMARY KEY (profile, by_rule, set_name, segment)
);
COMMENT ON TABLE uprofile_segments_described IS 'The segments of profiles as the last refresh that described them found them; uprofile_segment_list shows them.';
ALTER TABLE uprofile_segments_described ENABLE ROW LEVEL SECURITY;
CREATE POLICY uprofile_owner ON uprofile_segments_described
	USING (EXISTS (SELECT 1 FROM @extschema@.uprofile_profile_definitions d
				   WHERE d.name OPERATOR(pg_catalog.=) profile));
ALTER TABLE uprofile_segments_described OWNER TO @extowner@;
GRANT SELECT, INSERT, DELETE, UPDATE (typical_user) ON uprofile_segments_described TO PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('@extschema@.uprofile_segments_described', '');

CREATE VIEW uprofile_segment_list WITH (security_barrier) AS
SELECT s.profile, CASE WHEN NOT s.by_rule THEN s.set_name END AS model, s.segment,
	   CASE WHEN s.by_rule OR t.told THEN s.name END AS name,
	   CASE WHEN t.told THEN s.users END AS users,
	   CASE WHEN t.told AND s.everybody OPERATOR(pg_catalog.>) 0
			THEN s.users::pg_catalog.float8 OPERATOR(pg_catalog./) s.everybody::pg_catalog.float8 END AS share,
	   CASE WHEN t.told THEN s.description END AS description,
	   CASE WHEN t.told THEN s.statistics END AS statistics,
	   CASE WHEN t.told THEN s.typical_user END AS typical_user,
	   CASE WHEN t.told THEN s.silhouette END AS silhouette,
	   CASE WHEN t.told THEN s.stability END AS stability,
	   s.described_at, s.users IS NULL OR NOT t.told AS hidden
FROM @extschema@.uprofile_segments_described s
JOIN @extschema@.uprofile_profile_definitions d ON d.name OPERATOR(pg_catalog.=) s.profile
CROSS JOIN LATERAL (SELECT COALESCE((d.policy OPERATOR(pg_catalog.->>) 'min_group')::pg_catalog.int8, 1)
						   OPERATOR(pg_catalog.<=) s.min_group AS told) t
WHERE @extschema@.uprofile_may_use(d.owner_oid, d.owner_mark OPERATOR(pg_catalog.=) (SELECT i.mark FROM @extschema@.uprofile_installation i));
COMMENT ON VIEW uprofile_segment_list IS 'The segments of your profiles as the last refresh that described them found them: sizes, names, what stands out, typical users. uprofile_segments counts anew. hidden: smaller than the policy''s min_group, or it would tell of one that is.';
ALTER VIEW uprofile_segment_list OWNER TO @extowner@;
GRANT SELECT ON uprofile_segment_list TO PUBLIC;

CREATE FUNCTION uprofile_segments(
	profile pg_catalog.text,
	OUT model pg_catalog.text,
	OUT segment pg_catalog.text,
	OUT name pg_catalog.text,
	OUT users pg_catalog.int8,
	OUT share pg_catalog.float8,
	OUT description pg_catalog.text,
	OUT statistics pg_catalog.jsonb,
	OUT typical_user pg_catalog.text,
	OUT silhouette pg_catalog.float8,
	OUT stability pg_catalog.float8,
	OUT described_at pg_catalog.timestamptz,
	OUT hidden pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_segments';
COMMENT ON FUNCTION uprofile_segments(pg_catalog.text) IS
'The segments of a profile, of its models and by rule (model is NULL): users and share of now; name, what stands out, the figures of that, the user nearest to the centre, silhouette and stability (adjusted Rand index of trainings on halves) as of described_at.';

CREATE FUNCTION uprofile_overlap(
	profile pg_catalog.text,
	OUT a pg_catalog.text,
	OUT b pg_catalog.text,
	OUT in_both pg_catalog.int8,
	OUT only_a pg_catalog.int8,
	OUT only_b pg_catalog.int8,
	OUT jaccard pg_catalog.float8,
	OUT lift pg_catalog.float8,
	OUT hidden pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_overlap';
COMMENT ON FUNCTION uprofile_overlap(pg_catalog.text) IS
'How segments of a profile overlap: each two of different models or rules that have users (those of one model never do). jaccard: in_both by users in either; lift: in_both by what chance would give.';

CREATE FUNCTION uprofile_segment_members(profile pg_catalog.text, expression pg_catalog.text, OUT user_key pg_catalog.text)
RETURNS SETOF pg_catalog.text LANGUAGE c STABLE STRICT PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_segment_members';
COMMENT ON FUNCTION uprofile_segment_members(pg_catalog.text, pg_catalog.text) IS
'The keys (as uprofile_user_key tells them) of users in segments: names, or model_number, with AND, OR, NOT and parentheses, as in vip AND NOT (churning OR segment_3); other names in double quotes.';

CREATE FUNCTION uprofile_tgi(
	profile pg_catalog.text,
	segment pg_catalog.text,
	base pg_catalog.text DEFAULT NULL,
	OUT column_name pg_catalog.text,
	OUT value pg_catalog.text,
	OUT segment_count pg_catalog.int8,
	OUT segment_share pg_catalog.float8,
	OUT base_count pg_catalog.int8,
	OUT base_share pg_catalog.float8,
	OUT tgi pg_catalog.float8,
	OUT hidden pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_tgi';
COMMENT ON FUNCTION uprofile_tgi(pg_catalog.text, pg_catalog.text, pg_catalog.text) IS
'Target group index: for each category, and each quintile of numbers, its share among a segment''s users by that among the base''s (NULL: all), times 100. segment, base: as expression of uprofile_segment_members. value NULL: users without one.';

CREATE FUNCTION uprofile_migration(
	profile pg_catalog.text,
	since pg_catalog.timestamptz,
	OUT model pg_catalog.text,
	OUT movement pg_catalog.text,
	OUT from_segment pg_catalog.text,
	OUT from_name pg_catalog.text,
	OUT to_segment pg_catalog.text,
	OUT to_name pg_catalog.text,
	OUT users pg_catalog.int8,
	OUT share pg_catalog.float8,
	OUT reason pg_catalog.text,
	OUT statistics pg_catalog.jsonb,
	OUT hidden pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_migration';
COMMENT ON FUNCTION uprofile_migration(pg_catalog.text, pg_catalog.timestamptz) IS
'Who moved from which segment of a model to which since a time (moved, stayed, came, left), the share of those who were there, and what moved them: the columns whose means changed most. Needs the policy history. Names are those of today.';

-- Interests that fade.

CREATE TYPE uprofile_interest;

CREATE FUNCTION uprofile_interest_in(pg_catalog.cstring)
RETURNS uprofile_interest LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_in';
COMMENT ON FUNCTION uprofile_interest_in(pg_catalog.cstring) IS
'Input of uprofile_interest: its text, {"half_life": seconds, "max_items": …, "dropped": weight, "items": [[item, weight], …]}, where a weight m, e, x is (m + e) times 2^x at 2000-01-01 00:00 UTC.';

CREATE FUNCTION uprofile_interest_out(uprofile_interest)
RETURNS pg_catalog.cstring LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_out';
COMMENT ON FUNCTION uprofile_interest_out(uprofile_interest) IS
'Output of uprofile_interest, heaviest items first; read back it is the same value.';

CREATE FUNCTION uprofile_interest_recv(pg_catalog.internal)
RETURNS uprofile_interest LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_recv';
COMMENT ON FUNCTION uprofile_interest_recv(pg_catalog.internal) IS
'Binary input of uprofile_interest; everything is checked.';

CREATE FUNCTION uprofile_interest_send(uprofile_interest)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_send';
COMMENT ON FUNCTION uprofile_interest_send(uprofile_interest) IS
'Binary output of uprofile_interest.';

CREATE TYPE uprofile_interest
(
	INPUT = @extschema@.uprofile_interest_in,
	OUTPUT = @extschema@.uprofile_interest_out,
	RECEIVE = @extschema@.uprofile_interest_recv,
	SEND = @extschema@.uprofile_interest_send,
	INTERNALLENGTH = VARIABLE,
	STORAGE = extended
);
COMMENT ON TYPE uprofile_interest IS
'Interests that fade: items with weights that halve with every half-life; of the heaviest max_items. Made by uprofile_interests and uprofile_interest_empty, added by +.';

CREATE FUNCTION uprofile_interest_eq(uprofile_interest, uprofile_interest)
RETURNS pg_catalog.bool LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_eq';
COMMENT ON FUNCTION uprofile_interest_eq(uprofile_interest, uprofile_interest) IS
'Whether both are the same to the last bit.';

CREATE FUNCTION uprofile_interest_ne(uprofile_interest, uprofile_interest)
RETURNS pg_catalog.bool LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_ne';
COMMENT ON FUNCTION uprofile_interest_ne(uprofile_interest, uprofile_interest) IS
'Whether they differ, if only in the last bit.';

CREATE FUNCTION uprofile_interest_hash(uprofile_interest)
RETURNS pg_catalog.int4 LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_hash';
COMMENT ON FUNCTION uprofile_interest_hash(uprofile_interest) IS
'A hash of uprofile_interest, for DISTINCT and GROUP BY.';

CREATE FUNCTION uprofile_interest_plus(a uprofile_interest, b uprofile_interest)
RETURNS uprofile_interest LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_plus';
COMMENT ON FUNCTION uprofile_interest_plus(uprofile_interest, uprofile_interest) IS
'The interests of the events of both, which have the same half-life; the operator + does the same.';

CREATE OPERATOR =
(
	FUNCTION = @extschema@.uprofile_interest_eq, LEFTARG = uprofile_interest, RIGHTARG = uprofile_interest,
	COMMUTATOR = OPERATOR(@extschema@.=), NEGATOR = OPERATOR(@extschema@.<>),
	RESTRICT = pg_catalog.eqsel, JOIN = pg_catalog.eqjoinsel, HASHES
);
COMMENT ON OPERATOR = (uprofile_interest, uprofile_interest) IS
'the same to the last bit';

CREATE OPERATOR <>
(
	FUNCTION = @extschema@.uprofile_interest_ne, LEFTARG = uprofile_interest, RIGHTARG = uprofile_interest,
	COMMUTATOR = OPERATOR(@extschema@.<>), NEGATOR = OPERATOR(@extschema@.=),
	RESTRICT = pg_catalog.neqsel, JOIN = pg_catalog.neqjoinsel
);
COMMENT ON OPERATOR <> (uprofile_interest, uprofile_interest) IS
'not the same';

CREATE OPERATOR +
(
	FUNCTION = @extschema@.uprofile_interest_plus, LEFTARG = uprofile_interest, RIGHTARG = uprofile_interest,
	COMMUTATOR = OPERATOR(@extschema@.+)
);
COMMENT ON OPERATOR + (uprofile_interest, uprofile_interest) IS
'the interests of the events of both, which have the same half-life';

CREATE OPERATOR FAMILY uprofile_interest_ops USING hash;
COMMENT ON OPERATOR FAMILY uprofile_interest_ops USING hash IS
'Equality of uprofile_interest.';
CREATE OPERATOR CLASS uprofile_interest_ops DEFAULT FOR TYPE uprofile_interest USING hash FAMILY uprofile_interest_ops AS
	OPERATOR 1 @extschema@.= (uprofile_interest, uprofile_interest),
	FUNCTION 1 @extschema@.uprofile_interest_hash(uprofile_interest);
COMMENT ON OPERATOR CLASS uprofile_interest_ops USING hash IS
'Equality of uprofile_interest, for DISTINCT and GROUP BY.';

CREATE FUNCTION uprofile_agg_interests(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.timestamptz, pg_catalog.interval)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_interests';
COMMENT ON FUNCTION uprofile_agg_interests(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.timestamptz, pg_catalog.interval) IS
'uprofile_interests: takes one event';

CREATE FUNCTION uprofile_agg_interests(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.timestamptz, pg_catalog.interval, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_interests';
COMMENT ON FUNCTION uprofile_agg_interests(pg_catalog.bytea, pg_catalog.text, pg_catalog.float8, pg_catalog.timestamptz, pg_catalog.interval, pg_catalog.jsonb) IS
'uprofile_interests: takes one event, with params';

CREATE FUNCTION uprofile_agg_interests_value(pg_catalog.bytea, uprofile_interest)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_interests_value';
COMMENT ON FUNCTION uprofile_agg_interests_value(pg_catalog.bytea, uprofile_interest) IS
'uprofile_interests: takes one value';

CREATE FUNCTION uprofile_agg_interests_combine(pg_catalog.bytea, pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_interests_combine';
COMMENT ON FUNCTION uprofile_agg_interests_combine(pg_catalog.bytea, pg_catalog.bytea) IS
'uprofile_interests: combines two states';

CREATE FUNCTION uprofile_agg_interests_final(pg_catalog.bytea)
RETURNS uprofile_interest LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_interests_final';
COMMENT ON FUNCTION uprofile_agg_interests_final(pg_catalog.bytea) IS
'uprofile_interests: the value';

CREATE AGGREGATE uprofile_interests(item pg_catalog.text, weight pg_catalog.float8, event_time pg_catalog.timestamptz, half_life pg_catalog.interval)
(
	SFUNC = @extschema@.uprofile_agg_interests,
	STYPE = pg_catalog.bytea,
	SSPACE = 8192,
	FINALFUNC = @extschema@.uprofile_agg_interests_final,
	COMBINEFUNC = @extschema@.uprofile_agg_interests_combine,
	INITCOND = '',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_interests(pg_catalog.text, pg_catalog.float8, pg_catalog.timestamptz, pg_catalog.interval) IS
'Interests that fade, of events in any order: an item weighs the sum of weight * 2^(-(at - event_time) / half_life), worked out when it is read. Kept are the 100 heaviest items. Weights are not negative; rows with a NULL are passed over.';

CREATE AGGREGATE uprofile_interests(item pg_catalog.text, weight pg_catalog.float8, event_time pg_catalog.timestamptz, half_life pg_catalog.interval,
	params pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_interests,
	STYPE = pg_catalog.bytea,
	SSPACE = 8192,
	FINALFUNC = @extschema@.uprofile_agg_interests_final,
	COMBINEFUNC = @extschema@.uprofile_agg_interests_combine,
	INITCOND = '',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_interests(pg_catalog.text, pg_catalog.float8, pg_catalog.timestamptz, pg_catalog.interval, pg_catalog.jsonb) IS
'Interests that fade, of events in any order: an item weighs the sum of weight * 2^(-(at - event_time) / half_life), worked out when it is read. params: {"max_items": 100}, how many of the heaviest are kept. Weights are not negative; rows with a NULL are passed over.';

CREATE AGGREGATE uprofile_interests(interests uprofile_interest)
(
	SFUNC = @extschema@.uprofile_agg_interests_value,
	STYPE = pg_catalog.bytea,
	SSPACE = 8192,
	FINALFUNC = @extschema@.uprofile_agg_interests_final,
	COMBINEFUNC = @extschema@.uprofile_agg_interests_combine,
	INITCOND = '',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_interests(uprofile_interest) IS
'The interests of the events of all values, which have the same half-life: the sum by +, NULLs passed over.';

CREATE FUNCTION uprofile_interest_empty(half_life pg_catalog.interval, max_items pg_catalog.int4 DEFAULT 100)
RETURNS uprofile_interest LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_empty';
COMMENT ON FUNCTION uprofile_interest_empty(pg_catalog.interval, pg_catalog.int4) IS
'Interests before the first event.';

CREATE FUNCTION uprofile_interest_add(interests uprofile_interest, item pg_catalog.text, weight pg_catalog.float8, event_time pg_catalog.timestamptz)
RETURNS uprofile_interest LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_add';
COMMENT ON FUNCTION uprofile_interest_add(uprofile_interest, pg_catalog.text, pg_catalog.float8, pg_catalog.timestamptz) IS
'The same interests after one event more, whenever it was; an event with a NULL changes nothing.';

CREATE FUNCTION uprofile_interest_at(interests uprofile_interest, at pg_catalog.timestamptz DEFAULT pg_catalog.now(),
	OUT item pg_catalog.text, OUT weight pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 100
AS 'MODULE_PATHNAME', 'uprofile_interest_at';
COMMENT ON FUNCTION uprofile_interest_at(uprofile_interest, pg_catalog.timestamptz) IS
'All items with their weights at a time, heaviest first: the sum of weight * 2^(-(at - event_time) / half_life) over the events.';

CREATE FUNCTION uprofile_interest_top(interests uprofile_interest, n pg_catalog.int4 DEFAULT 10, at pg_catalog.timestamptz DEFAULT pg_catalog.now(),
	OUT item pg_catalog.text, OUT weight pg_catalog.float8)
RETURNS SETOF pg_catalog.record LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 10
AS 'MODULE_PATHNAME', 'uprofile_interest_top';
COMMENT ON FUNCTION uprofile_interest_top(uprofile_interest, pg_catalog.int4, pg_catalog.timestamptz) IS
'The n heaviest items with their weights at a time; equal ones by their bytes.';

CREATE FUNCTION uprofile_interest_of(interests uprofile_interest, item pg_catalog.text, at pg_catalog.timestamptz DEFAULT pg_catalog.now())
RETURNS pg_catalog.float8 LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_of';
COMMENT ON FUNCTION uprofile_interest_of(uprofile_interest, pg_catalog.text, pg_catalog.timestamptz) IS
'The weight of one item at a time; 0 where it is not among those kept.';

CREATE FUNCTION uprofile_interest_error(interests uprofile_interest, at pg_catalog.timestamptz DEFAULT pg_catalog.now())
RETURNS pg_catalog.float8 LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_interest_error';
COMMENT ON FUNCTION uprofile_interest_error(uprofile_interest, pg_catalog.timestamptz) IS
'What weights can lack at most at a time, since the lighter of more than max_items were dropped; 0 while all were kept.';

-- Gaussian mixtures.

CREATE AGGREGATE uprofile_gmm(pg_catalog.float8[], pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_clusters,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'gmm',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_gmm(pg_catalog.float8[], pg_catalog.int4) IS
'Fits a mixture of k Gaussian distributions to arrays of features: clusters that overlap, numbered from 0 by descending weight.';

CREATE AGGREGATE uprofile_gmm(pg_catalog.float8[], pg_catalog.int4, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_clusters,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine_rows,
	INITCOND = 'gmm',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_gmm(pg_catalog.float8[], pg_catalog.int4, pg_catalog.jsonb) IS
'Fits a mixture of k Gaussian distributions to arrays of features: clusters that overlap, numbered from 0 by descending weight. params: see uprofile_params(''gmm'').';

CREATE AGGREGATE uprofile_gmm(pg_catalog.record, pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_row_clusters,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'gmm',
	PARALLEL = RESTRICTED
);
COMMENT ON AGGREGATE uprofile_gmm(pg_catalog.record, pg_catalog.int4) IS
'Fits a mixture of k Gaussian distributions to rows: clusters that overlap, numbered from 0 by descending weight; columns are imputed, encoded and z-scored.';

CREATE AGGREGATE uprofile_gmm(pg_catalog.record, pg_catalog.int4, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_row_clusters,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'gmm',
	PARALLEL = RESTRICTED
);
COMMENT ON AGGREGATE uprofile_gmm(pg_catalog.record, pg_catalog.int4, pg_catalog.jsonb) IS
'Fits a mixture of k Gaussian distributions to rows: clusters that overlap, numbered from 0 by descending weight; columns are imputed, encoded and z-scored. params: see uprofile_params(''gmm'').';

-- How many clusters.

CREATE FUNCTION uprofile_choose_k(
	source pg_catalog.text,
	k_min pg_catalog.int4 DEFAULT 2,
	k_max pg_catalog.int4 DEFAULT 10,
	params pg_catalog.jsonb DEFAULT '{}',
	key pg_catalog.text DEFAULT NULL,
	OUT k pg_catalog.int4,
	OUT inertia pg_catalog.float8,
	OUT silhouette pg_catalog.float8,
	OUT gap pg_catalog.float8,
	OUT gap_error pg_catalog.float8,
	OUT chosen pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000 ROWS 10
AS 'MODULE_PATHNAME', 'uprofile_choose_k';
COMMENT ON FUNCTION uprofile_choose_k(pg_catalog.text, pg_catalog.int4, pg_catalog.int4, pg_catalog.jsonb, pg_catalog.text) IS
'k-means for each k: inertia, silhouette and the gap statistic with its error; chosen is the greatest silhouette (1 where k_min is 1 and the gap says so). params: those of k-means, "references" (10) and "sample" (5000: more rows are sampled for silhouette and gap).';

-- Aggregates whose states hold rows that a leader cannot take over as they stand are parallel restricted: sending the rows takes longer than
-- collecting them in one process. There is no ALTER AGGREGATE … PARALLEL, and what users have built on them keeps them from being dropped.

UPDATE pg_catalog.pg_proc AS p SET proparallel = 'r'
FROM pg_catalog.pg_aggregate a, pg_catalog.pg_depend d, pg_catalog.pg_extension e, pg_catalog.pg_proc f
WHERE a.aggfnoid OPERATOR(pg_catalog.=) p.oid
  AND d.classid OPERATOR(pg_catalog.=) 'pg_catalog.pg_proc'::pg_catalog.regclass AND d.objid OPERATOR(pg_catalog.=) p.oid
  AND d.refclassid OPERATOR(pg_catalog.=) 'pg_catalog.pg_extension'::pg_catalog.regclass AND d.refobjid OPERATOR(pg_catalog.=) e.oid
  AND d.deptype OPERATOR(pg_catalog.=) 'e' AND e.extname OPERATOR(pg_catalog.=) 'uprofile'
  AND f.oid OPERATOR(pg_catalog.=) a.aggfinalfn AND f.proname OPERATOR(pg_catalog.=) 'uprofile_agg_final'
  AND (a.agginitval OPERATOR(pg_catalog.=) ''
       OR 'pg_catalog.record'::pg_catalog.regtype OPERATOR(pg_catalog.=) ANY (p.proargtypes::pg_catalog.oid[])
       OR 'pg_catalog.text'::pg_catalog.regtype OPERATOR(pg_catalog.=) ANY (p.proargtypes::pg_catalog.oid[]));

-- ---- predictions in blocks (29, 30) ----------------------------------------------------------------------------------

CREATE FUNCTION uprofile_predict_support(pg_catalog.internal)
RETURNS pg_catalog.internal LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_predict_support';
COMMENT ON FUNCTION uprofile_predict_support(pg_catalog.internal) IS
'Planner support of predictions, whose plans predict blocks of rows together, and of aggregates that learn from arrays, whose plans lay these out.';

ALTER FUNCTION uprofile_agg_features(pg_catalog.bytea, pg_catalog.float8[]) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_features(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.jsonb) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_boolean(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.bool) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_boolean(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_number(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.float8) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_number(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_text(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_text(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_clusters(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.int4) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_agg_clusters(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.int4, pg_catalog.jsonb) SUPPORT @extschema@.uprofile_predict_support;

ALTER FUNCTION uprofile_predict(pg_catalog.bytea, pg_catalog.float8[]) COST 100 SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_predict(pg_catalog.bytea, pg_catalog.record) COST 100 SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_predict(pg_catalog.text, pg_catalog.float8[]) COST 100 SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_predict(pg_catalog.text, pg_catalog.record) COST 100 SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_predict_label(pg_catalog.bytea, pg_catalog.float8[]) COST 100 SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_predict_label(pg_catalog.bytea, pg_catalog.record) COST 100 SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_predict_label(pg_catalog.text, pg_catalog.float8[]) COST 100 SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_predict_label(pg_catalog.text, pg_catalog.record) COST 100 SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_predict_proba(pg_catalog.bytea, pg_catalog.float8[]) COST 100 SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_predict_proba(pg_catalog.bytea, pg_catalog.record) COST 100 SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_predict_proba(pg_catalog.text, pg_catalog.float8[]) COST 100 SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_predict_proba(pg_catalog.text, pg_catalog.record) COST 100 SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_predict_proba(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text) COST 100 SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_predict_proba(pg_catalog.bytea, pg_catalog.record, pg_catalog.text) COST 100 SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_predict_proba(pg_catalog.text, pg_catalog.float8[], pg_catalog.text) COST 100 SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_predict_proba(pg_catalog.text, pg_catalog.record, pg_catalog.text) COST 100 SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_scale(pg_catalog.bytea, pg_catalog.float8[]) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_scale(pg_catalog.bytea, pg_catalog.record) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_transform(pg_catalog.bytea, pg_catalog.float8[]) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_transform(pg_catalog.bytea, pg_catalog.record) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_transform(pg_catalog.text, pg_catalog.float8[]) SUPPORT @extschema@.uprofile_predict_support;
ALTER FUNCTION uprofile_transform(pg_catalog.text, pg_catalog.record) SUPPORT @extschema@.uprofile_predict_support;

-- ---- principal components, and rows in a space of few dimensions (20, 46) -------------------------------------------------

CREATE AGGREGATE uprofile_pca(pg_catalog.float8[])
(
	SFUNC = @extschema@.uprofile_agg_features,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'pca',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_pca(pg_catalog.float8[]) IS
'Finds the principal components of arrays of features; use it with uprofile_transform or uprofile_embed.';

CREATE AGGREGATE uprofile_pca(pg_catalog.float8[], pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_features,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'pca',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_pca(pg_catalog.float8[], pg_catalog.jsonb) IS
'Finds the principal components of arrays of features; use it with uprofile_transform or uprofile_embed. params: see uprofile_params(''pca'').';

CREATE AGGREGATE uprofile_pca(pg_catalog.record)
(
	SFUNC = @extschema@.uprofile_agg_row,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'pca',
	PARALLEL = RESTRICTED
);
COMMENT ON AGGREGATE uprofile_pca(pg_catalog.record) IS
'Finds the principal components of rows; columns are imputed, encoded and z-scored; use it with uprofile_transform or uprofile_embed.';

CREATE AGGREGATE uprofile_pca(pg_catalog.record, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_row,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'pca',
	PARALLEL = RESTRICTED
);
COMMENT ON AGGREGATE uprofile_pca(pg_catalog.record, pg_catalog.jsonb) IS
'Finds the principal components of rows; columns are imputed, encoded and z-scored; use it with uprofile_transform or uprofile_embed. params: see uprofile_params(''pca'').';

CREATE FUNCTION uprofile_embed(model pg_catalog.bytea, features pg_catalog.float8[])
RETURNS pg_catalog.float4[] LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_embed';
COMMENT ON FUNCTION uprofile_embed(pg_catalog.bytea, pg_catalog.float8[]) IS
'Where an array of features stands in the space of a model: the principal components of pca, the last hidden layer of mlp.';

CREATE FUNCTION uprofile_embed(model pg_catalog.bytea, features pg_catalog.record)
RETURNS pg_catalog.float4[] LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_embed_row';
COMMENT ON FUNCTION uprofile_embed(pg_catalog.bytea, pg_catalog.record) IS
'Where a row stands in the space of a model: the principal components of pca, the last hidden layer of mlp.';

CREATE FUNCTION uprofile_embed(model pg_catalog.text, features pg_catalog.float8[])
RETURNS pg_catalog.float4[] LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_embed_named';
COMMENT ON FUNCTION uprofile_embed(pg_catalog.text, pg_catalog.float8[]) IS
'Where an array of features stands in the space of the deployed version of a named model: the principal components of pca, the last hidden layer of mlp.';

CREATE FUNCTION uprofile_embed(model pg_catalog.text, features pg_catalog.record)
RETURNS pg_catalog.float4[] LANGUAGE c STABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_embed_named_row';
COMMENT ON FUNCTION uprofile_embed(pg_catalog.text, pg_catalog.record) IS
'Where a row stands in the space of the deployed version of a named model: the principal components of pca, the last hidden layer of mlp.';
-- ---- rows with names (28) ----------------------------------------------------------------------------------------------

CREATE FUNCTION uprofile_row(given pg_catalog.record)
RETURNS pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_row';
COMMENT ON FUNCTION uprofile_row(pg_catalog.record) IS
'The row as it is, of type record: an aggregate over a distributed table takes uprofile_row(t), which is sent to the shards, where Citus refuses t.';

CREATE FUNCTION uprofile_row(names pg_catalog.text[], VARIADIC fields pg_catalog."any")
RETURNS pg_catalog.record LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_row_named';
COMMENT ON FUNCTION uprofile_row(pg_catalog.text[], pg_catalog."any") IS
'A row of these values under these names, for aggregates and predictions that take rows: ROW(…) has no names. It is sent to the shards of a distributed table.';

-- ---- models of parts (26) ------------------------------------------------------------------------------------------------

COMMENT ON AGGREGATE uprofile_merge(pg_catalog.bytea) IS
'One model out of several that were trained alike on different rows. Scalers, linear models, naive Bayes, principal components: that of all rows. Forests: all trees. Logistic regressions, linear machines, k-means, boosting (of scores), networks that began alike: their mean, weighed by rows.';
