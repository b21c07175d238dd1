-- Models that learn on from more rows, and models that become one.

-- generated: update functions

CREATE FUNCTION uprofile_agg_merge(pg_catalog.bytea, pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_merge';
COMMENT ON FUNCTION uprofile_agg_merge(pg_catalog.bytea, pg_catalog.bytea) IS
'support function of uprofile_merge: one model out of two';

CREATE AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.float8[])
(
	SFUNC = @extschema@.uprofile_agg_update_features,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = '',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.float8[]) IS
'A new model out of a model and more rows: (model, features).';

CREATE AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_update_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = '',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.bool) IS
'A new model out of a model and more rows: (model, features, boolean label).';

CREATE AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_update_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = '',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb) IS
'A new model out of a model and more rows: (model, features, boolean label). params replace those of the model.';

CREATE AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_update_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = '',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.float8) IS
'A new model out of a model and more rows: (model, features, number label).';

CREATE AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_update_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = '',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb) IS
'A new model out of a model and more rows: (model, features, number label). params replace those of the model.';

CREATE AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_update_text,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = '',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text) IS
'A new model out of a model and more rows: (model, features, text label).';

CREATE AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_update_text,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = '',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb) IS
'A new model out of a model and more rows: (model, features, text label). params replace those of the model.';

CREATE AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.record)
(
	SFUNC = @extschema@.uprofile_agg_update_row,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = '',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.record) IS
'A new model out of a model and more rows: (model, row), the label being the column that the model was trained on.';

CREATE AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.record, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_update_row,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = '',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_update(pg_catalog.bytea, pg_catalog.record, pg_catalog.jsonb) IS
'A new model out of a model and more rows: (model, row), the label being the column that the model was trained on. params replace those of the model.';

CREATE AGGREGATE uprofile_merge(pg_catalog.bytea)
(
	SFUNC = @extschema@.uprofile_agg_merge,
	STYPE = pg_catalog.bytea,
	COMBINEFUNC = @extschema@.uprofile_agg_merge,
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_merge(pg_catalog.bytea) IS
'One model out of several that were trained alike on different rows: scalers, forests, linear models, naive Bayes.';
