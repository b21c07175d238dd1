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
