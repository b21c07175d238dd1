-- Learners as aggregates. All share one state and one set of support functions, which know no algorithm: its name
-- is the aggregate's initial condition. Array form: (features, label [, params]); row form: (row, target's name
-- [, params]). A model is a bytea.

CREATE FUNCTION uprofile_agg_features(pg_catalog.bytea, pg_catalog.float8[])
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_features';
COMMENT ON FUNCTION uprofile_agg_features(pg_catalog.bytea, pg_catalog.float8[]) IS
'support function of learning aggregates: takes one row of features without label';

CREATE FUNCTION uprofile_agg_features(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_features';
COMMENT ON FUNCTION uprofile_agg_features(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.jsonb) IS
'support function of learning aggregates: takes one row of features without label, with params';

CREATE FUNCTION uprofile_agg_clusters(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.int4)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_clusters';
COMMENT ON FUNCTION uprofile_agg_clusters(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.int4) IS
'support function of learning aggregates: takes one row of features and the number of clusters';

CREATE FUNCTION uprofile_agg_clusters(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.int4, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_clusters';
COMMENT ON FUNCTION uprofile_agg_clusters(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.int4, pg_catalog.jsonb) IS
'support function of learning aggregates: takes one row of features and the number of clusters, with params';

CREATE FUNCTION uprofile_agg_boolean(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.bool)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_boolean';
COMMENT ON FUNCTION uprofile_agg_boolean(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.bool) IS
'support function of learning aggregates: takes one row of features and its boolean label';

CREATE FUNCTION uprofile_agg_boolean(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_boolean';
COMMENT ON FUNCTION uprofile_agg_boolean(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb) IS
'support function of learning aggregates: takes one row of features and its boolean label, with params';

CREATE FUNCTION uprofile_agg_number(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_number';
COMMENT ON FUNCTION uprofile_agg_number(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.float8) IS
'support function of learning aggregates: takes one row of features and its number label';

CREATE FUNCTION uprofile_agg_number(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_number';
COMMENT ON FUNCTION uprofile_agg_number(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb) IS
'support function of learning aggregates: takes one row of features and its number label, with params';

CREATE FUNCTION uprofile_agg_text(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_text';
COMMENT ON FUNCTION uprofile_agg_text(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text) IS
'support function of learning aggregates: takes one row of features and its text label';

CREATE FUNCTION uprofile_agg_text(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_text';
COMMENT ON FUNCTION uprofile_agg_text(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb) IS
'support function of learning aggregates: takes one row of features and its text label, with params';

CREATE FUNCTION uprofile_agg_row(pg_catalog.bytea, pg_catalog.record)
RETURNS pg_catalog.bytea LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_row';
COMMENT ON FUNCTION uprofile_agg_row(pg_catalog.bytea, pg_catalog.record) IS
'support function of learning aggregates: takes one row of named columns';

CREATE FUNCTION uprofile_agg_row(pg_catalog.bytea, pg_catalog.record, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_row';
COMMENT ON FUNCTION uprofile_agg_row(pg_catalog.bytea, pg_catalog.record, pg_catalog.jsonb) IS
'support function of learning aggregates: takes one row of named columns, with params';

CREATE FUNCTION uprofile_agg_row_clusters(pg_catalog.bytea, pg_catalog.record, pg_catalog.int4)
RETURNS pg_catalog.bytea LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_row_clusters';
COMMENT ON FUNCTION uprofile_agg_row_clusters(pg_catalog.bytea, pg_catalog.record, pg_catalog.int4) IS
'support function of learning aggregates: takes one row of named columns and the number of clusters';

CREATE FUNCTION uprofile_agg_row_clusters(pg_catalog.bytea, pg_catalog.record, pg_catalog.int4, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_row_clusters';
COMMENT ON FUNCTION uprofile_agg_row_clusters(pg_catalog.bytea, pg_catalog.record, pg_catalog.int4, pg_catalog.jsonb) IS
'support function of learning aggregates: takes one row of named columns and the number of clusters, with params';

CREATE FUNCTION uprofile_agg_row_target(pg_catalog.bytea, pg_catalog.record, pg_catalog.text)
RETURNS pg_catalog.bytea LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_row_target';
COMMENT ON FUNCTION uprofile_agg_row_target(pg_catalog.bytea, pg_catalog.record, pg_catalog.text) IS
'support function of learning aggregates: takes one row of named columns and the name of the target';

CREATE FUNCTION uprofile_agg_row_target(pg_catalog.bytea, pg_catalog.record, pg_catalog.text, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_row_target';
COMMENT ON FUNCTION uprofile_agg_row_target(pg_catalog.bytea, pg_catalog.record, pg_catalog.text, pg_catalog.jsonb) IS
'support function of learning aggregates: takes one row of named columns and the name of the target, with params';

CREATE FUNCTION uprofile_agg_combine(pg_catalog.bytea, pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_combine';
COMMENT ON FUNCTION uprofile_agg_combine(pg_catalog.bytea, pg_catalog.bytea) IS
'support function of learning aggregates: joins two states';

CREATE FUNCTION uprofile_agg_final(pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_final';
COMMENT ON FUNCTION uprofile_agg_final(pg_catalog.bytea) IS
'support function of learning aggregates: trains and returns the model, or NULL without rows';

-- Scaler

CREATE AGGREGATE uprofile_scaler(pg_catalog.float8[])
(
	SFUNC = @extschema@.uprofile_agg_features,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'scaler',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_scaler(pg_catalog.float8[]) IS
'Fits a scaler (zscore, minmax, maxabs, robust, quantile, log or yeo_johnson) to arrays of features; use it with uprofile_scale.';

CREATE AGGREGATE uprofile_scaler(pg_catalog.float8[], pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_features,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'scaler',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_scaler(pg_catalog.float8[], pg_catalog.jsonb) IS
'Fits a scaler (zscore, minmax, maxabs, robust, quantile, log or yeo_johnson) to arrays of features; use it with uprofile_scale. params: see uprofile_params(''scaler'').';

CREATE AGGREGATE uprofile_scaler(pg_catalog.record)
(
	SFUNC = @extschema@.uprofile_agg_row,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'scaler',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_scaler(pg_catalog.record) IS
'Fits a scaler (zscore, minmax, maxabs, robust, quantile, log or yeo_johnson) to the numeric columns of rows; use it with uprofile_scale.';

CREATE AGGREGATE uprofile_scaler(pg_catalog.record, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_row,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'scaler',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_scaler(pg_catalog.record, pg_catalog.jsonb) IS
'Fits a scaler (zscore, minmax, maxabs, robust, quantile, log or yeo_johnson) to the numeric columns of rows; use it with uprofile_scale. params: see uprofile_params(''scaler'').';

-- k-means

CREATE AGGREGATE uprofile_kmeans(pg_catalog.float8[], pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_clusters,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'kmeans',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_kmeans(pg_catalog.float8[], pg_catalog.int4) IS
'Groups arrays of features into k clusters, numbered from 0 by descending size.';

CREATE AGGREGATE uprofile_kmeans(pg_catalog.float8[], pg_catalog.int4, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_clusters,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'kmeans',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_kmeans(pg_catalog.float8[], pg_catalog.int4, pg_catalog.jsonb) IS
'Groups arrays of features into k clusters, numbered from 0 by descending size. params: see uprofile_params(''kmeans'').';

CREATE AGGREGATE uprofile_kmeans(pg_catalog.record, pg_catalog.int4)
(
	SFUNC = @extschema@.uprofile_agg_row_clusters,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'kmeans',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_kmeans(pg_catalog.record, pg_catalog.int4) IS
'Groups rows into k clusters, numbered from 0 by descending size; columns are imputed, encoded and z-scored.';

CREATE AGGREGATE uprofile_kmeans(pg_catalog.record, pg_catalog.int4, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_row_clusters,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'kmeans',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_kmeans(pg_catalog.record, pg_catalog.int4, pg_catalog.jsonb) IS
'Groups rows into k clusters, numbered from 0 by descending size; columns are imputed, encoded and z-scored. params: see uprofile_params(''kmeans'').';

-- linear support vector machine

CREATE AGGREGATE uprofile_svm(pg_catalog.float8[], pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'svm',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_svm(pg_catalog.float8[], pg_catalog.bool) IS
'Trains a linear support vector machine on (features, boolean label).';

CREATE AGGREGATE uprofile_svm(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'svm',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_svm(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb) IS
'Trains a linear support vector machine on (features, boolean label). params: see uprofile_params(''svm'').';

CREATE AGGREGATE uprofile_svm(pg_catalog.float8[], pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'svm',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_svm(pg_catalog.float8[], pg_catalog.float8) IS
'Trains a linear support vector machine on (features, number label).';

CREATE AGGREGATE uprofile_svm(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'svm',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_svm(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb) IS
'Trains a linear support vector machine on (features, number label). params: see uprofile_params(''svm'').';

CREATE AGGREGATE uprofile_svm(pg_catalog.float8[], pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_text,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'svm',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_svm(pg_catalog.float8[], pg_catalog.text) IS
'Trains a linear support vector machine on (features, text label).';

CREATE AGGREGATE uprofile_svm(pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_text,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'svm',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_svm(pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb) IS
'Trains a linear support vector machine on (features, text label). params: see uprofile_params(''svm'').';

CREATE AGGREGATE uprofile_svm(pg_catalog.record, pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'svm',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_svm(pg_catalog.record, pg_catalog.text) IS
'Trains a linear support vector machine on (row, name of the target column); columns are imputed, encoded and z-scored.';

CREATE AGGREGATE uprofile_svm(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'svm',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_svm(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb) IS
'Trains a linear support vector machine on (row, name of the target column); columns are imputed, encoded and z-scored. params: see uprofile_params(''svm'').';

-- neural network (multi-layer perceptron)

CREATE AGGREGATE uprofile_mlp(pg_catalog.float8[], pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'mlp',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mlp(pg_catalog.float8[], pg_catalog.bool) IS
'Trains a neural network (multi-layer perceptron) on (features, boolean label).';

CREATE AGGREGATE uprofile_mlp(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'mlp',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mlp(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb) IS
'Trains a neural network (multi-layer perceptron) on (features, boolean label). params: see uprofile_params(''mlp'').';

CREATE AGGREGATE uprofile_mlp(pg_catalog.float8[], pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'mlp',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mlp(pg_catalog.float8[], pg_catalog.float8) IS
'Trains a neural network (multi-layer perceptron) on (features, number label).';

CREATE AGGREGATE uprofile_mlp(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'mlp',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mlp(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb) IS
'Trains a neural network (multi-layer perceptron) on (features, number label). params: see uprofile_params(''mlp'').';

CREATE AGGREGATE uprofile_mlp(pg_catalog.float8[], pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_text,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'mlp',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mlp(pg_catalog.float8[], pg_catalog.text) IS
'Trains a neural network (multi-layer perceptron) on (features, text label).';

CREATE AGGREGATE uprofile_mlp(pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_text,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'mlp',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mlp(pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb) IS
'Trains a neural network (multi-layer perceptron) on (features, text label). params: see uprofile_params(''mlp'').';

CREATE AGGREGATE uprofile_mlp(pg_catalog.record, pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'mlp',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mlp(pg_catalog.record, pg_catalog.text) IS
'Trains a neural network (multi-layer perceptron) on (row, name of the target column); columns are imputed, encoded and z-scored.';

CREATE AGGREGATE uprofile_mlp(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'mlp',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_mlp(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb) IS
'Trains a neural network (multi-layer perceptron) on (row, name of the target column); columns are imputed, encoded and z-scored. params: see uprofile_params(''mlp'').';
