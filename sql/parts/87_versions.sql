
-- Looking after registered models.

CREATE FUNCTION uprofile_prune_models(
	keep pg_catalog.int4 DEFAULT 5,
	model pg_catalog.text DEFAULT NULL,
	OUT model_name pg_catalog.text,
	OUT versions_dropped pg_catalog.int4,
	OUT bytes_freed pg_catalog.int8)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_prune_models';
COMMENT ON FUNCTION uprofile_prune_models(pg_catalog.int4, pg_catalog.text) IS
'Drops old versions of a model, or of all that are yours: what stays is the newest so many of each, the deployed one, and the one that uprofile_rollback would go back to. One row a model that lost any.';

CREATE FUNCTION uprofile_rename_model(model pg_catalog.text, new_name pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_rename_model';
COMMENT ON FUNCTION uprofile_rename_model(pg_catalog.text, pg_catalog.text) IS
'Gives a model another name; its versions, deployments and grants go with it. A profile''s models keep theirs.';

CREATE FUNCTION uprofile_comment_model(model pg_catalog.text, comment pg_catalog.text)
RETURNS pg_catalog.void LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_comment_model';
COMMENT ON FUNCTION uprofile_comment_model(pg_catalog.text, pg_catalog.text) IS
'Says something of a model, which uprofile_models shows; NULL takes it away.';

CREATE FUNCTION uprofile_export_model(model pg_catalog.text, version pg_catalog.int4 DEFAULT NULL)
RETURNS pg_catalog.jsonb LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_export_model';
COMMENT ON FUNCTION uprofile_export_model(pg_catalog.text, pg_catalog.int4) IS
'A model of yours as one JSON document, to be imported into another database: the deployed version, or the one given, with its figures. At most 180 MB.';

CREATE FUNCTION uprofile_import_model(
	exported pg_catalog.jsonb,
	model pg_catalog.text DEFAULT NULL,
	deploy pg_catalog.bool DEFAULT true,
	OUT model_name pg_catalog.text,
	OUT version pg_catalog.int4,
	OUT deployed pg_catalog.bool)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_import_model';
COMMENT ON FUNCTION uprofile_import_model(pg_catalog.jsonb, pg_catalog.text, pg_catalog.bool) IS
'Registers what uprofile_export_model returned, as a new version of the model of that name or of the one given. The bytes are checked; the figures are those of the database they come from.';
