-- Rows in a space of few dimensions, for indexes of vectors.

-- also for: rows names
CREATE FUNCTION uprofile_embed(model pg_catalog.bytea, features pg_catalog.float8[])
RETURNS pg_catalog.float4[] LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10
AS 'MODULE_PATHNAME', 'uprofile_embed';
COMMENT ON FUNCTION uprofile_embed(pg_catalog.bytea, pg_catalog.float8[]) IS
'Where {an array of features|a row|an array of features|a row} stands in the space of {a model|a model|the deployed version of a named model|the deployed version of a named model}: the principal components of pca, the last hidden layer of mlp.';
