-- Versions of a model beside each other, and what is to be known of one.

CREATE FUNCTION uprofile_compare(
	model pg_catalog.text,
	version_a pg_catalog.int4,
	version_b pg_catalog.int4,
	source pg_catalog.text DEFAULT NULL,
	target pg_catalog.text DEFAULT NULL,
	rows pg_catalog.text DEFAULT NULL,
	bootstrap pg_catalog.int4 DEFAULT 1000,
	seed pg_catalog.int8 DEFAULT 0,
	weight pg_catalog.text DEFAULT NULL,
	OUT metric pg_catalog.text,
	OUT value_a pg_catalog.float8,
	OUT value_b pg_catalog.float8,
	OUT difference pg_catalog.float8,
	OUT low pg_catalog.float8,
	OUT high pg_catalog.float8,
	OUT p_value pg_catalog.float8,
	OUT test pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_compare';
COMMENT ON FUNCTION uprofile_compare(pg_catalog.text, pg_catalog.int4, pg_catalog.int4, pg_catalog.text, pg_catalog.text,
	pg_catalog.text, pg_catalog.int4, pg_catalog.int8, pg_catalog.text) IS
'Two versions of a model on the same rows: held out from both of version_b''s source, or all of a source that is given. difference: b - a; low, high: 95 % of so many samples of the rows. p_value: of no difference, by McNemar''s test for accuracy (without weights), else by the samples.';

CREATE FUNCTION uprofile_card(
	model pg_catalog.text,
	version pg_catalog.int4 DEFAULT NULL,
	source pg_catalog.text DEFAULT NULL,
	by pg_catalog.text DEFAULT NULL,
	bootstrap pg_catalog.int4 DEFAULT 200,
	seed pg_catalog.int8 DEFAULT 0)
RETURNS pg_catalog.text LANGUAGE c VOLATILE PARALLEL UNSAFE
AS 'MODULE_PATHNAME', 'uprofile_card';
COMMENT ON FUNCTION uprofile_card(pg_catalog.text, pg_catalog.int4, pg_catalog.text, pg_catalog.text, pg_catalog.int4, pg_catalog.int8) IS
'A model card as markdown: what the deployed version, or the one given, predicts, its data, method, figures on rows held out (of its source, or of the one given) with intervals and the best constant, groups (by), calibration, what matters most, and limits that the numbers hold.';
