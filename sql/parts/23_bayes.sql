-- Naive Bayes: rows with columns as they are (categories, missing values), or arrays.

CREATE FUNCTION uprofile_subtract(model pg_catalog.bytea, part pg_catalog.bytea)
RETURNS pg_catalog.bytea LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100
AS 'MODULE_PATHNAME', 'uprofile_subtract';
COMMENT ON FUNCTION uprofile_subtract(pg_catalog.bytea, pg_catalog.bytea) IS
'The model as if the rows that part was trained on, which are among its own, had never been there (linear regression, naive Bayes). An error where they cannot be, or where the two were not trained alike.';
