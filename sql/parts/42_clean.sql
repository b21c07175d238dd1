-- Cleaning tables, with a record of every change.

CREATE FUNCTION uprofile_clean(
	source pg_catalog.text,
	destination pg_catalog.text DEFAULT NULL,
	key pg_catalog.text DEFAULT NULL,
	rules pg_catalog.jsonb DEFAULT NULL,
	dry_run pg_catalog.bool DEFAULT false,
	replace pg_catalog.bool DEFAULT false,
	OUT step pg_catalog.int4,
	OUT rule pg_catalog.text,
	OUT column_name pg_catalog.text,
	OUT rows pg_catalog.int8,
	OUT before pg_catalog.text,
	OUT after pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_clean';
COMMENT ON FUNCTION uprofile_clean(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb,
	pg_catalog.bool, pg_catalog.bool) IS
'Cleans a source into the table destination by rules, in order (NULL: those of uprofile_clean_rules); <destination>_changes and <destination>_quarantine keep what was changed and what left. key: what tells rows apart. dry_run: only reports. replace: rows of your tables of an earlier run are replaced.';

CREATE FUNCTION uprofile_clean_rules(
	source pg_catalog.text,
	key pg_catalog.text DEFAULT NULL)
RETURNS pg_catalog.jsonb LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_clean_rules';
COMMENT ON FUNCTION uprofile_clean_rules(pg_catalog.text, pg_catalog.text) IS
'The rules that uprofile_clean uses when none are given, to be read and edited: trimming, texts that stand for missing values, spellings that differ in capitals, types of text columns, repeated rows, and for the key repeated and missing ones. They invent no value.';
