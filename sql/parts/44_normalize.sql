-- A table with its numbers scaled, for people who want a table.

CREATE FUNCTION uprofile_normalize
(
	source pg_catalog.text,
	destination pg_catalog.text,
	columns pg_catalog.text[] DEFAULT NULL,
	method pg_catalog.text DEFAULT 'zscore',
	params pg_catalog.jsonb DEFAULT NULL,
	replace pg_catalog.bool DEFAULT false,
	OUT column_name pg_catalog.text,
	OUT scaled_by pg_catalog.text,
	OUT center pg_catalog.float8,
	OUT scale pg_catalog.float8,
	OUT minimum pg_catalog.float8,
	OUT maximum pg_catalog.float8,
	OUT missing pg_catalog.int8,
	OUT n_rows pg_catalog.int8
)
RETURNS SETOF pg_catalog.record LANGUAGE c VOLATILE PARALLEL UNSAFE COST 100000 ROWS 20
AS 'MODULE_PATHNAME', 'uprofile_normalize';
COMMENT ON FUNCTION uprofile_normalize(pg_catalog.text, pg_catalog.text, pg_catalog.text[], pg_catalog.text, pg_catalog.jsonb,
	pg_catalog.bool) IS
'Writes the table destination: the source with its numeric columns (or those named) scaled by zscore, minmax, maxabs, robust, quantile, log or yeo_johnson; NULL and NaN stay. Returns for each column: result = (value - center) / scale (zscore, maxabs, robust). replace: rows of an earlier run go.';
