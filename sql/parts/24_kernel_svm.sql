-- Support vector regression, and one-class machines that find outliers. Classification with kernels: uprofile_svm.

CREATE AGGREGATE uprofile_svr(pg_catalog.float8[], pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'svr',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_svr(pg_catalog.float8[], pg_catalog.float8) IS
'Trains a support vector regression on (features, number label).';

CREATE AGGREGATE uprofile_svr(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'svr',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_svr(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb) IS
'Trains a support vector regression on (features, number label). params: see uprofile_params(''svr'').';

CREATE AGGREGATE uprofile_svr(pg_catalog.record, pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'svr',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_svr(pg_catalog.record, pg_catalog.text) IS
'Trains a support vector regression on (row, name of the target column); columns are imputed, encoded and z-scored.';

CREATE AGGREGATE uprofile_svr(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'svr',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_svr(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb) IS
'Trains a support vector regression on (row, name of the target column); columns are imputed, encoded and z-scored. params: see uprofile_params(''svr'').';

CREATE AGGREGATE uprofile_one_class(pg_catalog.float8[])
(
	SFUNC = @extschema@.uprofile_agg_features,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'one_class',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_one_class(pg_catalog.float8[]) IS
'Trains a one-class support vector machine, which predicts 1 for ordinary rows and -1 for outliers, on features.';

CREATE AGGREGATE uprofile_one_class(pg_catalog.float8[], pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_features,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'one_class',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_one_class(pg_catalog.float8[], pg_catalog.jsonb) IS
'Trains a one-class support vector machine, which predicts 1 for ordinary rows and -1 for outliers, on features. params: see uprofile_params(''one_class'').';

CREATE AGGREGATE uprofile_one_class(pg_catalog.record)
(
	SFUNC = @extschema@.uprofile_agg_row,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'one_class',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_one_class(pg_catalog.record) IS
'Trains a one-class support vector machine, which predicts 1 for ordinary rows and -1 for outliers, on rows; columns are imputed, encoded and z-scored.';

CREATE AGGREGATE uprofile_one_class(pg_catalog.record, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_row,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'one_class',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_one_class(pg_catalog.record, pg_catalog.jsonb) IS
'Trains a one-class support vector machine, which predicts 1 for ordinary rows and -1 for outliers, on rows; columns are imputed, encoded and z-scored. params: see uprofile_params(''one_class'').';
