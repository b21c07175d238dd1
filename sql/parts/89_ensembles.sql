
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
