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
