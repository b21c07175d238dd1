-- Models that learn on from more rows, and models that become one.

CREATE FUNCTION uprofile_agg_update_features(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.float8[])
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_update_features';
COMMENT ON FUNCTION uprofile_agg_update_features(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.float8[]) IS
'support function of uprofile_update: takes one row of features';

CREATE FUNCTION uprofile_agg_update_boolean(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.float8[], pg_catalog.bool)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_update_boolean';
COMMENT ON FUNCTION uprofile_agg_update_boolean(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.float8[], pg_catalog.bool) IS
'support function of uprofile_update: takes one row of features and its boolean label';

CREATE FUNCTION uprofile_agg_update_boolean(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_update_boolean';
COMMENT ON FUNCTION uprofile_agg_update_boolean(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb) IS
'support function of uprofile_update: takes one row of features and its boolean label, with params';

CREATE FUNCTION uprofile_agg_update_number(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.float8[], pg_catalog.float8)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_update_number';
COMMENT ON FUNCTION uprofile_agg_update_number(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.float8[], pg_catalog.float8) IS
'support function of uprofile_update: takes one row of features and its number label';

CREATE FUNCTION uprofile_agg_update_number(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_update_number';
COMMENT ON FUNCTION uprofile_agg_update_number(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb) IS
'support function of uprofile_update: takes one row of features and its number label, with params';

CREATE FUNCTION uprofile_agg_update_text(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_update_text';
COMMENT ON FUNCTION uprofile_agg_update_text(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text) IS
'support function of uprofile_update: takes one row of features and its text label';

CREATE FUNCTION uprofile_agg_update_text(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_update_text';
COMMENT ON FUNCTION uprofile_agg_update_text(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb) IS
'support function of uprofile_update: takes one row of features and its text label, with params';

CREATE FUNCTION uprofile_agg_update_row(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.record)
RETURNS pg_catalog.bytea LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_update_row';
COMMENT ON FUNCTION uprofile_agg_update_row(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.record) IS
'support function of uprofile_update: takes one row of named columns';

CREATE FUNCTION uprofile_agg_update_row(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.record, pg_catalog.jsonb)
RETURNS pg_catalog.bytea LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_agg_update_row';
COMMENT ON FUNCTION uprofile_agg_update_row(pg_catalog.bytea, pg_catalog.bytea, pg_catalog.record, pg_catalog.jsonb) IS
'support function of uprofile_update: takes one row of named columns, with params';

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
