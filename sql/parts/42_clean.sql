-- Cleaning tables, with a record of every change.

CREATE FUNCTION uprofile_clean(
	source pg_catalog.text,
	destination pg_catalog.text DEFAULT NULL,
	key pg_catalog.text DEFAULT NULL,
	rules pg_catalog.jsonb DEFAULT NULL,
	dry_run pg_catalog.bool DEFAULT false,
	OUT step pg_catalog.int4,
	OUT rule pg_catalog.text,
	OUT column_name pg_catalog.text,
	OUT rows pg_catalog.int8,
	OUT before pg_catalog.text,
	OUT after pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_clean';
COMMENT ON FUNCTION uprofile_clean(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.jsonb,
	pg_catalog.bool) IS
'Cleans a source into a new table and reports every kind of change. source: a relation or a query as text; destination:
the table to create, schema-qualified or not, beside it <destination>_quarantine (rows that left, as they came, with the
reason) and <destination>_changes (every value that was changed); key: the column that tells rows apart; rules: an array
of rule objects, run in order (NULL: those of uprofile_clean_rules); dry_run: reports and writes nothing. Rules:
duplicates, duplicate_keys, trim, case, replace, synonyms, missing, type, range, allowed, match, outliers, fill,
required. The report has one row a step with the rows it touched (before and after NULL), below it the changes by value
(the 20 most frequent, the rest in one row), at the end the rows cleaned, quarantined and merged, which add up to the
input. Fails if one of the tables exists.';

CREATE FUNCTION uprofile_clean_rules(
	source pg_catalog.text,
	key pg_catalog.text DEFAULT NULL)
RETURNS pg_catalog.jsonb LANGUAGE c VOLATILE PARALLEL UNSAFE COST 10000
AS 'MODULE_PATHNAME', 'uprofile_clean_rules';
COMMENT ON FUNCTION uprofile_clean_rules(pg_catalog.text, pg_catalog.text) IS
'The rules that uprofile_clean uses when none are given, to be read and edited: trimming, texts that stand for missing
values, spellings that differ in capitals, types that every value of a text column has, repeated rows, and for the key
repeated and missing ones. It invents no value: ranges, outliers and fillings are for you to add.';
