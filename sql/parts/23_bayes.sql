-- Naive Bayes: rows with columns as they are (categories, missing values), or arrays.

CREATE AGGREGATE uprofile_bayes(pg_catalog.float8[], pg_catalog.bool)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'bayes',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_bayes(pg_catalog.float8[], pg_catalog.bool) IS
'Trains naive Bayes on (features, boolean label).';

CREATE AGGREGATE uprofile_bayes(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_boolean,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'bayes',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_bayes(pg_catalog.float8[], pg_catalog.bool, pg_catalog.jsonb) IS
'Trains naive Bayes on (features, boolean label). params: see uprofile_params(''bayes'').';

CREATE AGGREGATE uprofile_bayes(pg_catalog.float8[], pg_catalog.float8)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'bayes',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_bayes(pg_catalog.float8[], pg_catalog.float8) IS
'Trains naive Bayes on (features, number label).';

CREATE AGGREGATE uprofile_bayes(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_number,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'bayes',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_bayes(pg_catalog.float8[], pg_catalog.float8, pg_catalog.jsonb) IS
'Trains naive Bayes on (features, number label). params: see uprofile_params(''bayes'').';

CREATE AGGREGATE uprofile_bayes(pg_catalog.float8[], pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_text,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'bayes',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_bayes(pg_catalog.float8[], pg_catalog.text) IS
'Trains naive Bayes on (features, text label).';

CREATE AGGREGATE uprofile_bayes(pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_text,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'bayes',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_bayes(pg_catalog.float8[], pg_catalog.text, pg_catalog.jsonb) IS
'Trains naive Bayes on (features, text label). params: see uprofile_params(''bayes'').';

CREATE AGGREGATE uprofile_bayes(pg_catalog.record, pg_catalog.text)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'bayes',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_bayes(pg_catalog.record, pg_catalog.text) IS
'Trains naive Bayes on (row, name of the target column); columns as they are: numbers are Gaussian, categories and flags have probabilities of their own, missing values are left out.';

CREATE AGGREGATE uprofile_bayes(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb)
(
	SFUNC = @extschema@.uprofile_agg_row_target,
	STYPE = pg_catalog.bytea,
	SSPACE = 65536,
	FINALFUNC = @extschema@.uprofile_agg_final,
	COMBINEFUNC = @extschema@.uprofile_agg_combine,
	INITCOND = 'bayes',
	PARALLEL = SAFE
);
COMMENT ON AGGREGATE uprofile_bayes(pg_catalog.record, pg_catalog.text, pg_catalog.jsonb) IS
'Trains naive Bayes on (row, name of the target column); columns as they are: numbers are Gaussian, categories and flags have probabilities of their own, missing values are left out. params: see uprofile_params(''bayes'').';

CREATE FUNCTION uprofile_subtract(model pg_catalog.bytea, part pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'uprofile_subtract';
COMMENT ON FUNCTION uprofile_subtract(pg_catalog.bytea, pg_catalog.bytea) IS
'The model as if the rows that part was trained on, which are among its own, had never been there (naive Bayes). An error where they cannot be, or where the two were not trained alike.';
