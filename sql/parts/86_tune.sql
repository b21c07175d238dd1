-- Trust in a model before it is trained: cross-validation.

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
