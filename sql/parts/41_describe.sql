-- What there is to know of the columns of a source.

CREATE FUNCTION uprofile_describe
(
	source pg_catalog.text,
	target pg_catalog.text DEFAULT NULL,
	OUT column_name pg_catalog.text,
	OUT data_type pg_catalog.text,
	OUT kind pg_catalog.text,
	OUT n_rows pg_catalog.int8,
	OUT missing pg_catalog.int8,
	OUT distinct_values pg_catalog.int8,
	OUT exact pg_catalog.bool,
	OUT minimum pg_catalog.text,
	OUT maximum pg_catalog.text,
	OUT mean pg_catalog.float8,
	OUT deviation pg_catalog.float8,
	OUT skew pg_catalog.float8,
	OUT p01 pg_catalog.float8,
	OUT p05 pg_catalog.float8,
	OUT quartile1 pg_catalog.float8,
	OUT median pg_catalog.float8,
	OUT quartile3 pg_catalog.float8,
	OUT p95 pg_catalog.float8,
	OUT p99 pg_catalog.float8,
	OUT outliers pg_catalog.int8,
	OUT most_frequent pg_catalog.jsonb,
	OUT estimate_error pg_catalog.text,
	OUT advice pg_catalog.text
)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 100000 ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_describe';
COMMENT ON FUNCTION uprofile_describe(pg_catalog.text, pg_catalog.text) IS
'A row a column: type, kind (number, boolean, time, category, text, key, other), counts, moments, quantiles, outliers, frequent values, and advice in words, with target also on what tells too much of it. Exact within uprofile.max_memory, estimated beyond; estimate_error says how closely.';
