-- Columns that know the answer.

CREATE FUNCTION uprofile_leaks(
	source pg_catalog.text,
	target pg_catalog.text,
	key pg_catalog.text DEFAULT NULL,
	label_time pg_catalog.text DEFAULT NULL,
	threshold pg_catalog.float8 DEFAULT 0.98,
	OUT column_name pg_catalog.text,
	OUT reason pg_catalog.text,
	OUT score pg_catalog.float8,
	OUT detail pg_catalog.text)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE ROWS 5
AS 'MODULE_PATHNAME', 'uprofile_leaks';
COMMENT ON FUNCTION uprofile_leaks(pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.text, pg_catalog.float8) IS
'Columns that know the target, one by one: equal, one_to_one, missing, auc, rule, correlation (score from threshold on), key (counts rows, or text that never comes twice), time (later than label_time; score: in what share of rows). key: columns that are none.';
