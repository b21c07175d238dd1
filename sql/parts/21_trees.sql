-- Trees and forests: rows with columns as they are (categories, missing values), or arrays.

CREATE AGGREGATE uprofile_tree(pg_catalog.float8[], pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'tree',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_tree(pg_catalog.float8[], pg_catalog.bool) IS
'Trains a decision tree on (features, boolean label).';

CREATE AGGREGATE uprofile_tree(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'tree',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_tree(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb) IS
'Trains a decision tree on (features, boolean label). params: see uprofile_params(''tree'').';

CREATE AGGREGATE uprofile_tree(pg_catalog.float8[], pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'tree',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_tree(pg_catalog.float8[], pg_catalog.float8) IS
'Trains a decision tree on (features, number label).';

CREATE AGGREGATE uprofile_tree(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'tree',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_tree(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb) IS
'Trains a decision tree on (features, number label). params: see uprofile_params(''tree'').';

CREATE AGGREGATE uprofile_tree(pg_catalog.float8[], pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_text,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'tree',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_tree(pg_catalog.float8[], pg_catalog.text) IS
'Trains a decision tree on (features, text label).';

CREATE AGGREGATE uprofile_tree(pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_text,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'tree',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_tree(pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb) IS
'Trains a decision tree on (features, text label). params: see uprofile_params(''tree'').';

CREATE AGGREGATE uprofile_tree(pg_catalog.record, pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'tree',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_tree(pg_catalog.record, pg_catalog.text) IS
'Trains a decision tree on (row, name of the target column); columns as they are: categories are split by subsets, missing values go to a side.';

CREATE AGGREGATE uprofile_tree(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'tree',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_tree(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb) IS
'Trains a decision tree on (row, name of the target column); columns as they are: categories are split by subsets, missing values go to a side. params: see uprofile_params(''tree'').';

CREATE AGGREGATE uprofile_forest(pg_catalog.float8[], pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'forest',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_forest(pg_catalog.float8[], pg_catalog.bool) IS
'Trains a random forest on (features, boolean label).';

CREATE AGGREGATE uprofile_forest(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'forest',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_forest(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb) IS
'Trains a random forest on (features, boolean label). params: see uprofile_params(''forest'').';

CREATE AGGREGATE uprofile_forest(pg_catalog.float8[], pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'forest',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_forest(pg_catalog.float8[], pg_catalog.float8) IS
'Trains a random forest on (features, number label).';

CREATE AGGREGATE uprofile_forest(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'forest',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_forest(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb) IS
'Trains a random forest on (features, number label). params: see uprofile_params(''forest'').';

CREATE AGGREGATE uprofile_forest(pg_catalog.float8[], pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_text,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'forest',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_forest(pg_catalog.float8[], pg_catalog.text) IS
'Trains a random forest on (features, text label).';

CREATE AGGREGATE uprofile_forest(pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_text,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'forest',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_forest(pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb) IS
'Trains a random forest on (features, text label). params: see uprofile_params(''forest'').';

CREATE AGGREGATE uprofile_forest(pg_catalog.record, pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'forest',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_forest(pg_catalog.record, pg_catalog.text) IS
'Trains a random forest on (row, name of the target column); columns as they are: categories are split by subsets, missing values go to a side.';

CREATE AGGREGATE uprofile_forest(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'forest',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_forest(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb) IS
'Trains a random forest on (row, name of the target column); columns as they are: categories are split by subsets, missing values go to a side. params: see uprofile_params(''forest'').';

CREATE AGGREGATE uprofile_boost(pg_catalog.float8[], pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'boost',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_boost(pg_catalog.float8[], pg_catalog.bool) IS
'Trains gradient boosting on (features, boolean label).';

CREATE AGGREGATE uprofile_boost(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'boost',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_boost(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb) IS
'Trains gradient boosting on (features, boolean label). params: see uprofile_params(''boost'').';

CREATE AGGREGATE uprofile_boost(pg_catalog.float8[], pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'boost',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_boost(pg_catalog.float8[], pg_catalog.float8) IS
'Trains gradient boosting on (features, number label).';

CREATE AGGREGATE uprofile_boost(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'boost',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_boost(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb) IS
'Trains gradient boosting on (features, number label). params: see uprofile_params(''boost'').';

CREATE AGGREGATE uprofile_boost(pg_catalog.float8[], pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_text,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'boost',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_boost(pg_catalog.float8[], pg_catalog.text) IS
'Trains gradient boosting on (features, text label).';

CREATE AGGREGATE uprofile_boost(pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_text,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'boost',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_boost(pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb) IS
'Trains gradient boosting on (features, text label). params: see uprofile_params(''boost'').';

CREATE AGGREGATE uprofile_boost(pg_catalog.record, pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'boost',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_boost(pg_catalog.record, pg_catalog.text) IS
'Trains gradient boosting on (row, name of the target column); columns as they are: categories are split by subsets, missing values go to a side.';

CREATE AGGREGATE uprofile_boost(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'boost',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_boost(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb) IS
'Trains gradient boosting on (row, name of the target column); columns as they are: categories are split by subsets, missing values go to a side. params: see uprofile_params(''boost'').';
