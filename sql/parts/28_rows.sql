-- Rows with names, where a row of a table would lose them.

CREATE FUNCTION uprofile_row(given pg_catalog.record)
RETURNS pg_catalog.record LANGUAGE c STABLE STRICT PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_row';
COMMENT ON FUNCTION uprofile_row(pg_catalog.record) IS
'The row as it is, of type record: an aggregate over a distributed table takes uprofile_row(t), which is sent to the shards, where Citus refuses t.';

CREATE FUNCTION uprofile_row(names pg_catalog.text[], VARIADIC fields pg_catalog."any")
RETURNS pg_catalog.record LANGUAGE c STABLE PARALLEL SAFE
AS 'MODULE_PATHNAME', 'uprofile_row_named';
COMMENT ON FUNCTION uprofile_row(pg_catalog.text[], pg_catalog."any") IS
'A row of these values under these names, for aggregates and predictions that take rows: ROW(…) has no names. It is sent to the shards of a distributed table.';
